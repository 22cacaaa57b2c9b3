# The typed subset of @micropython.viper. Expected values are those of 32-bit machine arithmetic.
import micropython


@micropython.viper
def add(a: int, b: int) -> int:
    return a + b


print(add(0x7FFFFFFF, 1), add(-0x80000000, -1), add(1, 2))


@micropython.viper
def uadd(a: uint, b: uint) -> uint:
    return a + b * b - 1


print(uadd(0xFFFFFFFF, 3), uadd(-1, 0), uadd(5, 70000))


@micropython.viper
def shifts(a: int, u: uint, n: int):
    return a << n, a >> n, int(u << n), int(u >> n), -a, ~a


print(shifts(-5, 0x80000001, 4))
print(shifts(3, 3, 31))
print(shifts(3, 3, 40))


@micropython.viper
def hash32(data: ptr8, n: int) -> uint:
    h = uint(0x1505)
    for i in range(n):
        h = (h << 5) + h + data[i]
    return h


print(hash32(b"hello world, this wraps", 23))


@micropython.viper
def fill(p: ptr16, n: int, start: int):
    x = start
    i = 0
    while i < n:
        p[i] = x
        x += 0x1001
        i += 1
    p[0] += 1


buf = bytearray(8)
fill(buf, 4, 0xFFFE)
print(buf)


@micropython.viper
def words(p: ptr32, i: int) -> int:
    p[i] = int(p[i]) ^ 0x12345678
    return p[i]


print(hex(words(buf, 1)), buf)


@micropython.viper
def sum_signed(n: int) -> int:
    total: int = 0
    for i in range(n):
        total += i * i * i * i
    return total


print(sum_signed(200))


@micropython.viper
def divide(a: int, b: int):
    return a // b, a % b, a < b, bool(a), a == b


print(divide(-7, 2), divide(7, -2))


@micropython.viper
def address(x) -> ptr:
    return ptr(x)


a = address(buf)
print(type(a), address(a) == a, address(buf) == a)


@micropython.viper
def nothing() -> int:
    pass


print(nothing())


@micropython.viper
def obj(x, y: int):
    z = [y, x]
    z.append(y + 1)
    return z


print(obj("o", 2))
try:
    add("a", 1)
except TypeError as e:
    print("TypeError", e)


@micropython.native
def plain(a, b):
    return a + b


print(plain(1 << 40, 1))
