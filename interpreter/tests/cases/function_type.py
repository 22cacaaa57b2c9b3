# Functions of code objects, with other globals.
def f():
    return a


ftype = type(f)
g1, g2 = ftype(f.__code__, {"a": 1}), ftype(f.__code__, {"a": 2})
print(g1(), g2(), g1.__name__, g1.__globals__)
try:
    f()
except NameError as e:
    print(e)


def outer(n):
    def inner(x, y=5, *, z=1):
        global made
        made = len(str(n))
        return n + x + y + z, [lambda: n * k for _ in "a"][0]()

    return inner


inner = outer(3)
env = {"k": 7, "len": lambda s: 100, "str": str}
h = ftype(inner.__code__, env, "h", (10,), inner.__closure__)
print(h(1, z=0), h.__name__, env["made"], "made" in globals())
print(f.__closure__, len(inner.__closure__), inner.__closure__[0].cell_contents)

for args in [(None, {}), (f.__code__, None), (inner.__code__, {}), (f.__code__, {}, None, 5), (f.__code__, {}, None, None, 5)]:
    try:
        ftype(*args)
    except (TypeError, ValueError) as e:
        print(type(e).__name__)


class C:
    def m(self):
        return self.v * w

    v = 4


m = ftype(C.m.__code__, {"w": 3})
print(m(C()), C.m.__qualname__, C.__doc__)
print((lambda: 0).__code__ is f.__code__, f.__code__.co_name, f.__code__.co_varnames)
