# Small and big integers: every operator, across the border between the two representations.
border = [0, 1, -1, 7, -7, 255, 2**29, 2**30 - 1, 2**30, -(2**30), -(2**30) - 1, 2**31 - 1, 2**31, -(2**31),
          2**32, 2**62, 2**63, -(2**63), 2**64 - 1, 2**64, 10**30, -(10**30)]
for a in border:
    print(a, -a, +a, ~a, abs(a), bool(a), a.bit_length(), hex(a), oct(a), bin(a))
    for b in border:
        print(a + b, a - b, a * b, a & b, a | b, a ^ b, a < b, a <= b, a == b, a != b, a > b, a >= b)
        if b:
            print(a // b, a % b, divmod(a, b))
            assert a == a // b * b + a % b

for shift in (0, 1, 29, 30, 31, 32, 33, 64, 100):
    print([a << shift for a in (0, 1, -1, 12345, -12345)], [a >> shift for a in (10**30, -(10**30), 1, -1)])

for bad in (lambda: 1 << -1, lambda: 1 >> -1, lambda: 1 // 0, lambda: 1 % 0, lambda: divmod(2**70, 0), lambda: pow(2, -1, 4)):
    try:
        bad()
    except (ValueError, ZeroDivisionError) as e:
        print(type(e).__name__, e)

print(2**10, (-2)**63, 0**0, 7**40, pow(3, 200, 1000), pow(3, -1, 7), pow(-5, 3, 13), pow(2**70, 9, 10**7))
n = 1
for i in range(1, 60):
    n *= i
print(n, str(n)[::-1], len(str(n)))
for i in range(59, 0, -1):
    n //= i
print(n)

print(int("123"), int(" -42 "), int("0x1f", 16), int("0b101", 0), int("z", 36), int("1_000"), int(b"77"), int(True))
print(int("123456789012345678901234567890"), int("-ffffffffffffffffffff", 16), int(3.99), int(-3.99))
for bad in ("", "abc", "12a", "0x1f", "1__0", "9" * 5 + "z"):
    try:
        print(int(bad))
    except ValueError as e:
        print(e)

print((1000).to_bytes(2, "big"), (1000).to_bytes(4, "little"), (-2).to_bytes(3, "big", signed=True))
print(int.from_bytes(b"\x03\xe8", "big"), int.from_bytes(b"\xfe\xff", "little", signed=True), int.from_bytes(b"", "big"))
try:
    (256).to_bytes(1, "big")
except OverflowError as e:
    print(e)

x = 5
x += 3; x -= 1; x *= 6; x //= 4; x %= 7; x **= 3; x <<= 2; x >>= 1; x |= 8; x &= 0x7f; x ^= 3
print(x)
i = 2**30 - 3
for _ in range(6):
    i += 1
    print(i, end=" ")
i = -(2**30) + 3
for _ in range(6):
    i -= 1
    print(i, end=" ")
print()
print(hash(5) == hash(5), {1: "a", 2**40: "b"}[2**40], 1 == True, isinstance(True, int), True + True, 5 if 2**70 else 6)
print(1 < 2 < 3, 1 < 3 < 2, 3 > 2 >= 2 != 1)
print(0b1010, 0o17, 0xFF, 1_000_000, 10**9 * 10**9)
print(round(12345, -2), round(15, -1), round(25, -1), round(-15, -1))
