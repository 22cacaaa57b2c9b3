# Special methods, getters, and builtins over generators that run as frames of the loop.

import sys


class V:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        if isinstance(other, V):
            return V(self.x + other.x)
        if isinstance(other, int):
            return V(self.x + other)
        return NotImplemented

    def __radd__(self, other):
        return V(other + self.x)

    def __mul__(self, k):
        return V(self.x * k)

    __rmul__ = __mul__

    def __imul__(self, k):
        self.x *= k
        return self

    def __neg__(self):
        return V(-self.x)

    def __eq__(self, other):
        return isinstance(other, V) and self.x == other.x

    def __hash__(self):
        return hash(self.x)

    def __lt__(self, other):
        if not isinstance(other, V):
            return NotImplemented
        return self.x < other.x

    def __le__(self, other):
        return [] if self.x > other.x else [1]

    def __getitem__(self, i):
        if i > 3:
            raise IndexError(i)
        return self.x + i

    def __setitem__(self, i, v):
        self.x = self.x * 10 + i * v

    def __contains__(self, y):
        return self.x == y

    def __repr__(self):
        return "V(%r)" % self.x

    @property
    def double(self):
        return 2 * self.x

    @double.setter
    def double(self, v):
        self.x = v // 2

    @property
    def bad(self):
        return self.missing


def main():
    a, b = V(1), V(2)
    print(a + b, a + 5, 5 + a, a * 3, 3 * a, -a, 2.5 + a)
    c = a
    c *= 4
    c += b
    print(c, a)
    for op in (lambda: a + "x", lambda: "x" + a, lambda: a < 3, lambda: 3 < a, lambda: a - b):
        try:
            print(op())
        except TypeError as e:
            print("TypeError", e)
    try:
        a += "x"
    except TypeError as e:
        print("TypeError", e)
    print(a == b, a != b, a == V(4), a < b, b < a, a > b, a <= b, bool(a <= b), a >= b)
    if a < b:
        print("less")
    elif not a <= b:
        print("not less or equal")
    if a == 4:
        print("never")
    if a != 4:
        print("always")
    while a < V(6):
        a = a + 1
    print(a)
    print([a[i] for i in range(3)], list(a), 6 in a, 7 in a)
    a[2] = 3
    print(a, a.double)
    a.double = 9
    print(a.double, a.x)
    try:
        a[9]
    except IndexError as e:
        print("IndexError", e)
    try:
        a.bad
    except AttributeError as e:
        print("AttributeError", e)
    print(sum([V(1), V(2), V(3)], V(0)), sum(V(i) for i in range(4)))
    print(min(V(3), V(1), V(2)), max(V(i * 7 % 5) for i in range(5)), sorted(V(i * 3 % 7) for i in range(7)))


main()


# Iterators in Python.
class Count:
    def __init__(self, n, bad=False):
        self.n = n
        self.bad = bad

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            if self.bad:
                raise ValueError("bad")
            raise StopIteration
        self.n -= 1
        return self.n


def loops():
    for i in Count(3):
        for j in Count(2):
            print(i, j, end=" ")
    print()
    print([x for x in Count(4)], {x: 1 for x in Count(2)}, list(Count(3)), [*Count(2)])
    try:
        for i in Count(2, True):
            print(i)
    except ValueError as e:
        print("ValueError", e)
    for i in Count(5):
        if i == 2:
            break
    else:
        print("no break")
    for i in Count(1):
        pass
    else:
        print("to the end")

    def inner():
        yield from Count(3)

    print(list(inner()))


loops()


# Builtins over generators.
def gen(n, bad=False):
    try:
        for i in range(n):
            yield i * i % 7
        if bad:
            raise KeyError("bad")
    finally:
        closed.append(n)


closed = []


def consume():
    print(list(gen(5)), tuple(gen(5)), tuple(gen(2)), sorted(set(gen(9))), sum(gen(5)), sum(gen(0)))
    print(any(gen(3)), any(gen(1)), all(gen(3)), all(x + 1 for x in range(3)), any(gen(0)), all(gen(0)))
    print(min(gen(5)), max(gen(5)), sorted(gen(6)), ",".join(str(x) for x in gen(4)), repr("".join(c for c in "")))
    l = [1]
    print(l.extend(gen(4)), l)
    s = {1}
    print(s.update(gen(4)), sorted(s))
    for f in (list, tuple, set, sum, any, all, min, max, sorted, "".join, l.extend):
        try:
            print(f(gen(2, True)))
        except KeyError as e:
            print("KeyError", e)
        except TypeError as e:
            print("TypeError")
    for f in (min, max):
        try:
            f(gen(0))
        except ValueError as e:
            print("ValueError", e)
    try:
        sum(str(x) for x in gen(3))
    except TypeError as e:
        print("TypeError", e)
    try:
        set([x] for x in gen(3))
    except TypeError as e:
        print("TypeError", e)
    g = gen(3)
    print(list(g), list(g), sum(g))
    g = gen(9)
    print(next(g), any(x == 4 for x in g), next(g), list(g))

    def nested(n):
        return 1 if n == 0 else sum(nested(n - 1) for _ in range(1)) + 1

    print(nested(30))

    def selfish():
        yield from me

    me = selfish()
    try:
        list(me)
    except ValueError as e:
        print("ValueError", e)

    def running():
        yield tuple(me2)

    me2 = running()
    try:
        tuple(me2)
    except ValueError as e:
        print("ValueError", e)
    print(sum((x for x in range(4)), 10), max((x for x in range(4)), key=lambda x: -x), max((x for x in ()), default=3))
    # A comparison that is no plain number.
    print(min(V(5 - i) for i in range(3)), any(V(i) == V(2) for i in range(4)))


consume()


# Deep recursion through special methods.
class Deep:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return other if self.n == 0 else Deep(self.n - 1) + (other + 1)

    def __getitem__(self, i):
        return i if self.n == 0 else Deep(self.n - 1)[i + 1]

    def __eq__(self, other):
        return True if self.n == 0 else Deep(self.n - 1) == other

    @property
    def total(self):
        return 0 if self.n == 0 else Deep(self.n - 1).total + self.n


def deep():
    print(Deep(60) + 1, Deep(60)[0], Deep(60) == 0, Deep(60).total)


deep()


# Attributes of classes in caches.
class K:
    k = 1
    table = [1, 2]

    def f(self):
        return self.k


class L(K):
    pass


def read(o, n):
    s = 0
    for i in range(n):
        s += o.k
    return s


def attributes():
    o, p = K(), L()
    print(read(o, 5), read(p, 5))
    K.k = 2
    print(read(o, 5), read(p, 5))
    L.k = 7
    print(read(o, 5), read(p, 5))
    o.k = 5
    print(read(o, 5), read(p, 5), o.f(), p.f())
    del o.k
    del L.k
    print(read(o, 5), read(p, 5))
    L.k = property(lambda self: 11)
    print(read(p, 5), read(o, 5))
    del L.k
    K.k = 3
    print(read(p, 5), p.table, o.table)
    K.table = (3,)
    print(p.table, o.table)
    K.k = lambda self: 4
    try:
        read(p, 1)
    except TypeError:
        print("TypeError")
    print(sum(sys.maxsize > 0 for i in range(3)))


attributes()


# getattr and setattr with many names.
class Many:
    pass


def many():
    names = ["n%d" % i for i in range(40)] + ["", "x", "n3"]
    total = 0
    for _ in range(3):
        o = Many()
        for _ in range(3):
            for name in names:
                setattr(o, name, getattr(o, name, 0) + 1)
        total += sum(getattr(o, name) for name in names)
        p = Many()
        for name in reversed(names):
            if hasattr(p, name):
                print("has", name)
            setattr(p, name, name)
        print([getattr(p, name) for name in names[:5]], hasattr(p, "n41"))
        delattr(p, "n5")
        print(hasattr(p, "n5"), p.n6, p.n4)
    print(total)
    Many.n7 = property(lambda self: "seven")
    print(o.n7, o.n8)
    try:
        setattr(o, "n7", 1)
    except AttributeError:
        print("AttributeError")


many()


# Division.
def division():
    for a in (7, -7, 0, 1073741823, -1073741824):
        for b in (1, 2, 3, -3, 7, 1073741823, -1073741824):
            print(a // b, a % b, end=" ")
    print()
    for a in (7, -7, 0, 1.5, -2.25, 0.0):
        for b in (2, 4.0, -0.5):
            print(a / b, end=" ")
    print()
    for f in (lambda: 1 // 0, lambda: 1 % 0, lambda: 1 / 0, lambda: 1.5 / 0, lambda: 0 / 0.0):
        try:
            f()
        except ZeroDivisionError as e:
            print("ZeroDivisionError")


division()
