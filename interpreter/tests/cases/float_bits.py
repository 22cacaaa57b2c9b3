# Arithmetic, order and conversions of 32-bit floats, bit by bit: on the chip they are code of our own. CPython
# calculates with 64 bits and rounds to 32, which for these operations comes to the same.
import struct
def f(b): return struct.unpack('<f', struct.pack('<I', b & 0xffffffff))[0]
def bits(x):
    try: p = struct.pack('<f', x)
    except OverflowError: p = struct.pack('<f', float('inf') if x > 0 else -float('inf'))
    b = struct.unpack('<I', p)[0]
    return 0x7fc00000 if (b & 0x7fffffff) > 0x7f800000 else b
x = 0x12345678
def rnd():
    global x
    x = (x ^ (x << 13)) & 0xffffffff; x ^= x >> 17; x = (x ^ (x << 5)) & 0xffffffff
    return x
special = [0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x800000, 0x807fffff, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x4b000000, 0x3f7fffff, 0x00ffffff, 0x7f000000]
h = 0
def put(b):
    global h
    h = (h * 31 + b) & 0xffffff
def pair(a, b):
    x = f(a); y = f(b)
    put(bits(x + y)); put(bits(x - y)); put(bits(x * y))
    if y != 0: put(bits(x / y))
    put((x < y) + 2 * (x <= y) + 4 * (x == y) + 8 * (x > y) + 16 * (x >= y) + 32 * (x != y))
    if -1e9 < x < 1e9: put(int(x) & 0xffffff)
for a in special:
    for b in special: pair(a, b)
    print(hex(h))
for i in range(300):
    a = rnd(); b = rnd()
    pair(a, b)
    pair(a & 0x807fffff | (120 + (b & 15)) << 23, b & 0x807fffff | (118 + (a & 31) % 20) << 23)
    pair(a & 0x80ffffff, b & 0x83ffffff)
    put(bits(float(a))); put(bits(float(a >> (b & 31))))
print(hex(h))
