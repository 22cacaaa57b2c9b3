# Ints of any size, exact results where 32-bit floats are exact, errors in CPython's words.
def e(f, *a):
    try:
        return f(*a)
    except Exception as x:
        return type(x).__name__ + ': ' + str(x)


big = 1 << 100
for a in (7, -7, 0, big, -big, 2**31, -2**30, 2**30 - 1, 2**62, 2**63 - 1, -2**63):
    for b in (2, -2, 3, big + 1, -(1 << 64), 2**31 - 1):
        print(a + b, a - b, a * b, a // b, a % b, divmod(a, b), a & b, a | b, a ^ b, a < b, a == b, hash(a) == hash(a + 0))
for a in (5, -5, big, -big + 3, 0):
    print([a << n for n in (0, 1, 31, 64)], [a >> n for n in (0, 1, 31, 64, 200)], ~a, -a, +a, abs(a), bool(a))
    print(a.bit_length(), bin(a), hex(a), oct(a), f'{a:,} {a:x} {a:08b} {a:+d}')
print(3 ** 50, (-3) ** 51, pow(3, -1, 7), pow(2, 100, 1000007), pow(-5, 3, -7), pow(0, 0, 1), pow(0, 0, 13))
print(e(lambda: 1 // 0), e(lambda: 1 % 0), e(lambda: 1 / 0), e(divmod, 1, 0), e(lambda: 1.0 // 0), e(lambda: 1.0 % 0), e(divmod, 1.0, 0))
print(e(lambda: 1 << -1), e(pow, 2, 3, 0), e(pow, 2, -1, 4), e(pow, 2.0, 3, 4), e(lambda: 0 ** -1), e(lambda: 0.0 ** -1))
for text in ('12', ' -1_000 ', '0x1F', '', '1__0', '1.5', '+5', '-', 'abc', '٣'[:0] + '9' * 30):
    print(repr(text), e(int, text), e(int, text, 0), e(int, text, 16))
print(e(int, [], 10), e(int, []), e(int, '1', 99), e(int, float('nan')), e(int, float('inf')), int(1e9), int(-2.75), int(True), int(b'42'))
print(int(1e20) == 100000002004087734272 or int(1e20) == 10**20, 10**20 // 1 == int('1' + '0' * 20))
print(0.5 + 0.25, 7.5 // 2, -7.5 // 2, 7.5 % -2, -7.5 % 2, divmod(7.5, -2), 2.0 ** 10, 2 ** -2, 9 / 2, 1 / 4, -1 / 2)
print(round(2.5), round(3.5), round(-2.5), round(1.25, 1), round(25, -1), round(35, -1), round(-25, -1), round(1234, -2), round(5), round(2.5, None))
print(1 == 1.0, 2**24 + 1 == float(2**24), 1 < 1.5, big > 1e10, big == float(big), 3 != 3.0, float('nan') == float('nan'), 0.0 == -0.0)
print(1e10 < 10**11, float('inf') > big, -float('inf') < -big, float('nan') < 1, float('nan') != 1)
print((5).to_bytes(2, 'little'), (258).to_bytes(2, 'big'), int.from_bytes(b'\x01\x02', 'big'), int.from_bytes(b'\xff\xfe', 'little', signed=True))
print(e((300).to_bytes, 1, 'big'), e((5).to_bytes, 1, 'x'), int.from_bytes([1, 0], 'little'), e(int.from_bytes, 'a', 'big'))
print((0.5).hex(), (-0.0).hex(), (1.5).is_integer(), (2.0).is_integer(), (0.75).as_integer_ratio(), (7).as_integer_ratio(), float.fromhex('0x1.8p3'))
print(float('1_0.5'), float(' inf '), float('-Infinity'), e(float, 'x'), e(float, []), float(True), float(big) == 2.0**100)
print(True + True, True & False, True ^ True, True | 2, -True, ~False, True * 'a', isinstance(True, int), int.__name__)
print(complex(1, 2), 1j * 1j, (1 + 2j) / (3 - 4j) * (3 - 4j), abs(3 + 4j), (1 + 2j).conjugate(), -1j, 2j ** 2, 1 + 0j == 1, complex('1+2j'), e(lambda: 1j / 0))
print(e(lambda: 1j < 2), e(lambda: 1j // 2), e(int, 1j), (3 + 4j).real, (3 + 4j).imag, repr(-0j)[-3:])
print(e(lambda: 1 + 'a'), e(lambda: 'a' + 1), e(lambda: 1 < 'a'), e(lambda: -'a'), e(lambda: ~1.5), e(abs, 'x'), e(lambda: 1 @ 2))
print(e(hex, 1.5), e(chr, -1), e(chr, 0x110000), e(ord, 'ab'), e(ord, 5), chr(8364), ord('€'), ascii('é€😀'))


class Index:
    def __index__(self): return 5


class Number:
    def __init__(self, v): self.v = v
    def __add__(self, o): return ('add', self.v, o)
    def __radd__(self, o): return ('radd', self.v, o)
    def __iadd__(self, o): return ('iadd', self.v, o)
    def __neg__(self): return 'neg'
    def __int__(self): return 42
    def __float__(self): return 4.5
    def __round__(self, n=None): return ('round', n)
    def __divmod__(self, o): return 'divmod'
    def __pow__(self, o, m=None): return ('pow', o, m)
    def __bool__(self): return False
    def __lt__(self, o): return 'lt'


n = Number(1)
print(n + 1, 1 + n, -n, int(n), float(n), round(n), round(n, 2), divmod(n, 1), n ** 2, pow(n, 2, 3), bool(n), n < 1, 1 > n)
m = n
m += 2
print(m, hex(Index()), [0] * 6 == [0] * 6, list(range(10))[Index()], 'abcdefg'[Index()], bin(Index()), range(Index()))


class Celsius(float):
    def __repr__(self): return f'{float(self):.1f}C'


class Count(int):
    def __add__(self, o): return Count(int(self) + o)


print(Celsius(20.5), Celsius(1) + 1, Count(5) + 1, type(Count(5) + 1).__name__, Count(3) * 2, Count(7) == 7, hash(Count(7)) == hash(7), [1, 2][Count(1)])
i = 0
for _ in range(70):
    i = i * 2 + 1
print(i, i == 2**70 - 1, i.bit_length())
s = 0
for k in range(100000, 100010):
    s += k * k * k
print(s)
