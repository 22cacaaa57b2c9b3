# Big ints: short quotients, borders of limbs, signs.
x = 99
def rnd():
    global x
    x = (x * 6364136223846793005 + 1442695040888963407) % (1 << 64)
    return x >> 16
def big(bits):
    n = 0
    while bits > 0:
        n = n << 48 | rnd(); bits -= 48
    return n
h = 0
def put(n):
    global h
    h = (h * 1000003 + n) % ((1 << 61) - 1)
edges = [0, 1, 2, 0xffff, 0x10000, 0x3fffffff, 0x40000000, -0x40000000, -0x40000001, 0xffffffff, 1 << 32, (1 << 64) - 1, 1 << 64, (1 << 96) - 1, 1 << 96, (1 << 256) - 1, 1 << 255]
for a in edges:
    for b in edges:
        for s in (1, -1):
            put(a + s * b); put(a - s * b); put(a * s * b)
            if b:
                put(a // (s * b)); put(a % (s * b)); put((-a) // b)
print(h)
for i in range(150):
    b = big(1 + rnd() % 700); q = rnd() % [7, 100, 65536, 1 << 17, 1 << 34][i % 5]; r = rnd() % (b + 1) if b < 1 << 40 else b - 1 - rnd() % 3
    a = b * q + r % b if b else 5
    if b:
        put(a // b); put(a % b); put((a + 1) // b); put((a - 1) // b); put(-a // b); put(a // -b); put(b // (a + 1))
        assert (b * q) // b == q and (b * q - 1) // b == q - 1
    put(a * b); put(a * a - b * b); put((a - b) * (a + b)); put(a + 1 - a); put(b - a + a - b)
print(h)
l = list(range(10))
for s in (slice(7, None, -1), slice(None, 2, -3), slice(-1, -11, -2), slice(2, 9, 3), slice(20, 3, -1), slice(3, 20, 100), slice(3, 20, -100), slice(None, None, -(1 << 40)), slice(1 << 40, None, -4), slice(-(1 << 40), 1 << 40, 5)):
    print(l[s], tuple(l)[s], bytes(l)[s])
for r in ((0, 10, 3), (10, 0, -3), (5, 5, 1), (5, 5, -1), (-1073741824, 1073741823, 1 << 29), (1073741823, -1073741824, -(1 << 29)), (0, 1073741823, 1073741822), (3, -4, -1), (1073741820, 1073741823, 1), (1073741820, 1073741823, 2)):
    n = []
    for i in range(*r): n.append(i)
    print(r, n)
