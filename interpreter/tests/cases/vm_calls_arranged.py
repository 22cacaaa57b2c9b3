# Calls whose arguments need arranging, in every form; generators that keep different numbers of slots.


def d(a, b=2, c=3):
    return a, b, c


class K:
    def m(self, a, b=[], *, k=1):
        return a, b, k

    def p(self, a, b="b", c="c"):
        return a, b, c

    @staticmethod
    def s(a, b=5):
        return a, b

    @classmethod
    def c(cls, a=1, b=2):
        return cls.__name__, a, b

    def __init__(self, x=1, y=2):
        self.x = x
        self.y = y


def attempt(f):
    try:
        print(f())
    except TypeError as e:
        print("TypeError", e)


def calls():
    k = K()
    free = 9

    def closure(a, b=4):
        return a, b, free

    def late(a, b=4, *rest, **named):
        return a, b, rest, named

    def gen(a, b=3):
        yield a
        yield b

    for _ in range(2):
        print(d(1), d(1, 5), d(1, 5, 6), d(1, c=7), d(c=1, b=2, a=3), d(a=1), d(1, b=0))
        print(k.m(1), k.m(1, 2), k.m(1, k=3), k.m(a=4), k.p(1), k.p(1, 2), k.p(1, c=2), k.p(c=1, a=2, b=3))
        print(k.s(1), K.s(1, b=2), k.c(), K.c(b=3), K(5).y, K(y=7).y, K(3, 4).x)
        print(closure(1), closure(1, b=2), closure(b=1, a=2), late(1), late(1, c=2), late(1, 2, 3, z=4))
        print(list(gen(1)), list(gen(1, b=5)), list(gen(b=1, a=2)))
        attempt(lambda: d())
        attempt(lambda: d(1, 2, 3, 4))
        attempt(lambda: d(1, a=2))
        attempt(lambda: d(1, x=2))
        attempt(lambda: d(b=2))
        attempt(lambda: k.p())
        attempt(lambda: k.p(1, 2, 3, 4))
        attempt(lambda: k.p(b=1))
        attempt(lambda: k.p(1, self=1))
        attempt(lambda: closure())

    # The default changes, and so does the method behind a cached call.
    def call(o):
        return o.p(1, c=2)

    print(call(k))
    K.p = lambda self, a, c: (c, a)
    print(call(k))
    K.p = d
    print(call(k)[1:])
    k.p = lambda a, c=0: (a, c)
    print(call(k))
    def recursive(n, m=0):
        return m if n == 0 else recursive(n - 1, m=m + 1)

    print(recursive(40))
    try:
        recursive(100000)
    except RecursionError:
        print("RecursionError")


calls()


def squares(n):
    for i in range(n):
        x = yield i * i
        if x:
            print("sent", x)


def talk():
    a, b, c, d, e = 1, 2, 3, 4, 5
    got = yield
    f = (got, (yield a), [(yield b), (yield c)], {(yield d): (yield e)})
    print(f)
    try:
        z = yield "try"
    except ValueError as error:
        print("caught", error, a, e)
        z = yield "again"
    return (yield z), a + b + c + d + e


def talking():
    t = talk()
    out = [next(t)]
    for i in range(6):
        out.append(t.send("s%d" % i))
    print(out)
    print(t.throw(ValueError("v")))
    print(t.send("zed"))
    try:
        t.send("last")
    except StopIteration as e:
        print(e.value)
    s = squares(4)
    print(next(s), s.send("hello"), list(s))
    print([list(squares(n)) for n in range(4)])
    print([x for x in (y + z for y in squares(3) for z in squares(2))])
    for p, q in zip(squares(3), (c for c in "abc")):
        print(p, q, end=" ")
    print()

    def deep(n):
        if n:
            yield n
            yield from deep(n - 1)

    print(list(deep(12)), sum(deep(30)))
    print([sum(i for i in range(n)) for n in range(5)], [list(reversed(range(n))) for n in range(4)])
    print(list(range(5, 2)), list(range(-3, 3)), list(reversed(range(-3, 3))), list(range(2**30 - 2, 2**30 + 1)))
    print(list(reversed(range(-(2**30), -(2**30) + 2))), len(range(-(2**30), 2**30)))
    for i in range(2**30 - 2, 2**30):
        print(i, end=" ")
    for i in range(3, 3):
        print("never")
    print()


talking()


# Numbers against small constants, and zeros.
def zeros():
    for x in (0.0, 1.5, -2.5, 100.0, -0.0, 3, "a", None):
        row = []
        for f in (
            lambda: x < 0,
            lambda: x <= 1,
            lambda: x > -3,
            lambda: x >= 100,
            lambda: x == 3,
            lambda: x != 0,
        ):
            try:
                row.append(1 if f() else 0)
            except TypeError:
                row.append("T")
        try:
            if x < 0:
                row.append("neg")
            if not x >= 0:
                row.append("not")
            if x == 0:
                row.append("zero")
            if x > 1:
                row.append("big")
        except TypeError:
            row.append("T")
        print(row)
    a, b, z = 1.5, -1.5, 0.0
    n = -z
    print(n / a, n / b, n / 3, a + n, n + n, n - z, z - n, z + n, 0 + n, n - 0, n * a, n * b, n * 0, n * n, -n, n // a)
    print(0 <= n, 0 == n, 0 > n, 0 != n, 0 < n, 0 >= n, n < 0, n == z, z <= n, n > z, 1 > n, -1 < n, n < 0.5, n in (0,))
    print(a + b, a - a, z + z, z - z, z * a, a * z, z * b, b * z, z / a, z / b, 0 * a, 0 * b, z - a, z + b, 0 + z)


zeros()


def appending():
    l = []
    for i in range(20):
        l.append(i)
    r = l.append(None)
    print(l, r)

    class L(list):
        pass

    m = L()
    m.append(1)
    m.append(2)
    print(m)
    for o in (l, m, bytearray(b"x")):
        o.append(65)
    print(len(l), m, o)


appending()


# Membership in lists and tuples of every mixture.
def membership():
    for items in ([1, 2, 3], (1, 2, 3), (1,), [], (), ["a", "b"], ("a", "b", "c", "d"), [1, "a"], [None, 1], [True, 2.0]):
        row = []
        for x in (1, 3, "a", "".join(["a", ""]), "zz", None, 2.0, True, 1 << 40, (1,)):
            row.append(1 if x in items else 0)
            row.append(1 if x not in items else 0)
        print(row)
    print([1 << 40] == [1 << 40], (1 << 40) in [1, 1 << 40], "".join("ab") in ["x", "ab"], "ab" in ["x", "".join("ab")])
    l = [1, 2]
    g = (x for x in l)
    t = (x for x in (1, 2, 3))
    l.append(3)
    print(list(g), list(t), list(g))
    try:
        (x for x in 5)
    except TypeError as e:
        print("TypeError", e)


membership()


# Sets of a few small values, and what makes them others.
def small_sets():
    s = set()
    for x in (3, 1, 3, "a", 1.0, "".join(["a", ""]), True, None, 2, "b", 2, (1,), "a", 1 << 40, 1 << 40):
        n = len(s)
        s.add(x)
        print(len(s) - n, end=" ")
    print(len(s))
    t = {1, 2, 3}
    t.discard(2)
    t.add(2)
    t.add(2)
    t.remove(1)
    t |= {5, 3}
    print(sorted(t), 1 in t, 2 in t)
    big = set()
    for i in range(40):
        big.add(i * 7 % 31)
    print(len(big), sorted(big)[:5], {i % 3 for i in range(9)} == {0, 1, 2})
    try:
        for x in t:
            t.add(x + 10)
    except RuntimeError as e:
        print("RuntimeError", e)
    print(list(reversed(range(3))), list(reversed(range(0))), list(reversed(range(9, 0, -4))), list(reversed((1, 2))))


small_sets()
