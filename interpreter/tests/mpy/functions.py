# Parameters of every kind, closures, generators, classes.
def f(a, b=2, *args, k, kk=5, **kw):
    return a, b, args, k, kk, sorted(kw.items())


print(f(1, k=3), f(1, 9, 8, 7, k=3, z=4), f(*(1, 2), **{"k": 6, "q": 7}))
for wrong in ((), (1,)):
    try:
        f(*wrong)
    except TypeError:
        print("TypeError")


def counter(start):
    n = start

    def step(by=1):
        nonlocal n
        n += by
        return n

    return step, lambda: n


step, value = counter(10)
step()
step(5)
print(value())


def generator(n):
    received = []
    for i in range(n):
        received.append((yield i))
    return received


def outer():
    got = yield from generator(3)
    print("got", got)
    yield "last"


g = outer()
print(next(g), g.send("a"), g.send("b"), g.send("c"))
print([i * j for i in range(3) if i for j in range(i)], {i: str(i) for i in range(2)}, {i % 2 for i in range(5)})
print(sum(i for i in range(10)), list(map(lambda x: x * x, range(4))))


class Base:
    kind = "base"

    def __init__(self, x):
        self.x = x

    def show(self):
        return self.kind, self.x

    @property
    def double(self):
        return 2 * self.x


class Derived(Base):
    kind = "derived"

    def __init__(self, x):
        super().__init__(x + 1)

    def show(self):
        return super().show() + (len(self),)

    def __len__(self):
        return 7


d = Derived(4)
print(d.show(), d.double, Derived.__name__)
a, *b, c = range(5)
(x, y), z = (1, 2), 3
print(a, b, c, x, y, z)
l = [3, 1, 2]
l[0], l[1] = l[1], l[0]
l[1:2] = [9, 9]
del l[0]
print(l, l[::-1], l[-1], 2 in l, 9 not in l)
print(10**20, 0xFFFFFFFF, -(2**40), 1.5, 2j, b"bytes\x00", "caf\u00e9", (1, (2, None), "s"))
print(1 < 2 < 3, 1 < 2 > 3, not 0, 5 and 6, 0 or 7, (1 if l else 2), ~5, -5, +5, 7 // 2, 7 % 3, 2**5, 5 ^ 1, 6 & 3, 6 | 1, 1 << 4, 256 >> 3)
s = 0
while True:
    s += 1
    if s == 3:
        continue
    if s > 5:
        break
else:
    print("no")
print(s, [d.setdefault if 0 else s for d in ({},)])
print("%s %r" % ("a", "b"), f"{s!r:>4}|{1 / 3:.2f}")
t = [f(1, k=2), f(2, k=2), f(3, k=2), f(4, k=2), f(5, k=2), f(6, k=2), f(7, k=2), f(8, k=2), f(9, k=2), f(10, k=2)]
print(len(t), t[9][0])
import sys as system
from sys import byteorder

print(system.byteorder == byteorder)
global_one = 1


def use_global():
    global global_one
    global_one += 1
    return global_one


print(use_global(), global_one)
del global_one
try:
    global_one
except NameError:
    print("gone")
