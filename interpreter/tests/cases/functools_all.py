# functools against CPython.
from functools import *

print(reduce(lambda a, b: a + b, [1, 2, 3]), reduce(lambda a, b: a * b, [], 7), reduce(max, [3, 9, 2], 5))
try:
    reduce(max, [])
except TypeError as e:
    print("TypeError")


def f(*args, **kw):
    return args, sorted(kw.items())


p = partial(f, 1, x=2)
q = partial(p, 3, y=4)
print(p(5), q(6, x=7), q.args, q.keywords, q.func is f)
print(partial(int, base=2)("101"), sorted(["bb", "a"], key=partial(len)))


def deco(g):
    @wraps(g)
    def inner(*a):
        "inner"
        return g(*a) + 1

    return inner


@deco
def add(a, b):
    return a + b


print(add(1, 2), add.__name__, add.__wrapped__(1, 2))

calls = []


@lru_cache(maxsize=2)
def square(n):
    calls.append(n)
    return n * n


print([square(n) for n in (1, 2, 1, 3, 2, 1)], calls, square.cache_info())
print(square.cache_info().hits, square.cache_parameters()["maxsize"])
square.cache_clear()
print(square.cache_info(), square(4), square.__name__)


@cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(80), fib.cache_info())


@lru_cache
def kinds(*a, **k):
    return len(a) + len(k)


print(kinds(1, x=2), kinds(1, x=2), kinds(1, y=2), kinds(), kinds.cache_info())


@lru_cache(maxsize=None, typed=True)
def typed(x):
    return type(x).__name__


print(typed(1), typed(1.0), typed(True), typed.cache_info().misses)


class C:
    def __init__(self):
        self.n = 0

    @cached_property
    def value(self):
        self.n += 1
        return self.n * 10

    @lru_cache(maxsize=4)
    def method(self, x):
        self.n += 1
        return x + self.n

    half = partialmethod(lambda self, a, b: (self.n, a, b), 5)


c = C()
print(c.value, c.value, c.n, C().value, c.method(1), c.method(1), c.half(6))
print(sorted([3, 1, 2], key=cmp_to_key(lambda a, b: b - a)), max("bca", key=cmp_to_key(lambda a, b: ord(a) - ord(b))))


@total_ordering
class V:
    def __init__(self, v):
        self.v = v

    def __eq__(self, o):
        return self.v == o.v

    def __lt__(self, o):
        return self.v < o.v


@total_ordering
class W(V):
    def __ge__(self, o):
        return self.v >= o.v


for k in (V, W):
    a, b = k(1), k(2)
    print(a < b, a <= b, a > b, a >= b, a <= k(1), a >= k(1), sorted([b, a])[0].v)


@singledispatch
def show(x):
    return "object"


@show.register(int)
def _(x):
    return "int"


@show.register(list)
def show_list(x):
    return "list"


class Base:
    pass


class Derived(Base):
    pass


show.register(Base, lambda x: "base")
print(show(1), show("a"), show([]), show(True), show(Derived()), show(None), show.dispatch(int)(0))
