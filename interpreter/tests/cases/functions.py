# Parameters of every kind, closures, decorators, recursion, defaults.
def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw
print(f(1, c=3), f(1, 5, 6, 7, c=8, d=9, e=10), f(c=1, a=2), f(*[1, 2, 3], **{"c": 4, "z": 5}), f(*(1,), 2, *[3], c=0))
def g(a, b, /, c, *, d=1): return a, b, c, d
print(g(1, 2, 3), g(1, 2, c=3, d=4))
for bad in (lambda: f(), lambda: f(1), lambda: f(1, 2, a=1, c=1), lambda: g(a=1, b=2, c=3), lambda: g(1, 2), lambda: g(1, 2, 3, 4), lambda: g(1, 2, 3, x=4),
            lambda: (lambda: 0)(1), lambda: (lambda x: 0)(), lambda: f(**{1: 2}), lambda: f(*5), lambda: f(c=1, **{"c": 2}), lambda: 5()):
    try:
        bad()
    except TypeError as e:
        print(e)
def default(x, acc=[]):
    acc.append(x)
    return acc
print(default(1), default(2), default(3, []))
def counter():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    def get(): return n
    return inc, get
inc, get = counter(); inc(); inc(5); print(get(), counter()[1]())
fs = [lambda: i for i in range(3)]; print([x() for x in fs]); fs = [lambda i=i: i for i in range(3)]; print([x() for x in fs])
def compose(*fns):
    def run(x):
        for fn in fns: x = fn(x)
        return x
    return run
print(compose(lambda x: x + 1, lambda x: x * 2, str)(3))
def deco(tag):
    def wrap(fn):
        def inner(*a, **k):
            return "<%s>%s</%s>" % (tag, fn(*a, **k), tag)
        return inner
    return wrap
@deco("b")
@deco("i")
def hello(name, end="!"): return "hi " + name + end
print(hello("x"), hello("y", end="?"))
def fact(n): return 1 if n < 2 else n * fact(n - 1)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fact(20), fact(30), fib(15))
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
print(deep(50))
def forever(): return forever()
try:
    forever()
except RuntimeError as e:
    print("RuntimeError", "recursion" in str(e))
x = "global"
def scopes():
    x = "local"
    class C:
        y = x
        def m(self): return x
    def inner():
        global x
        x = "changed"
        return x
    return C.y, C().m(), inner(), x
print(scopes(), x)
def unbound():
    print(v)
    v = 1
try:
    unbound()
except UnboundLocalError as e:
    print("UnboundLocalError")
try:
    nowhere
except NameError as e:
    print(e)
try:
    (lambda: nowhere)()
except NameError as e:
    print(e)
print(f.__name__, (lambda: 0).__name__, callable(f), callable(5))
def many(a, b, c, d, e, g, h, i, j, k): return a + b + c + d + e + g + h + i + j + k
print(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), many(*range(10)), (lambda *a, **k: (a, sorted(k)))(1, 2, x=3, y=4))
def big_locals():
    a0=0;a1=1;a2=2;a3=3;a4=4;a5=5;a6=6;a7=7;a8=8;a9=9;b0=0;b1=1;b2=2;b3=3;b4=4;b5=5;b6=6;b7=7;b8=8;b9=9
    c0=0;c1=1;c2=2;c3=3;c4=4;c5=5;c6=6;c7=7;c8=8;c9=9;d0=0;d1=1;d2=2;d3=3;d4=4;d5=5;d6=6;d7=7;d8=8;d9=9
    e0=0;e1=1;e2=2;e3=3;e4=4;e5=5;e6=6;e7=7;e8=8;e9=9;f0=0;f1=1;f2=2;f3=3;f4=4;f5=5;f6=6;f7=7;f8=8;f9=9
    g0=0;g1=1;g2=2;g3=3;g4=4;g5=5;g6=6;g7=7;g8=8;g9=9
    for f9 in range(3): g9 += f9
    return a9+b9+c9+d9+e9+f9+g9+a0*g1, [a1, g8, f7, (e6, d5)], {c4: g3}
print(big_locals())
print((lambda a, b=1, *c, d=2, **e: (a, b, c, d, e))(0, d=5, z=1))
if (n := 10) > 5: print(n, [y := 3, y ** 2], (z := 1) + z)
def gen_default(a, b=None): return b if b is not None else a
print(gen_default(1), gen_default(1, 0), print.__name__ if hasattr(print, "__name__") else "print")
assert True, "never"
try:
    assert 1 == 2, "sum"
except AssertionError as e:
    print("AssertionError", e)
