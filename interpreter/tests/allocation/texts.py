s = "ab,c " * 200
u = "äö€ " * 200
b = bytes(range(256)) * 3
l = list(range(300))
print(s, u, b, l)
x = repr(s), repr(u), repr(b), repr(l), str(tuple(l)), str(set(l)), str({i: i for i in l})
x = "%s|%r|%1000d|%-600s" % (s, u, 5, s), "{}{!r:>900}".format(s, s), f"{s}{u!r:^1500}{7:0800b}{1.5:700.300f}"
x = s.upper(), u.upper(), u.title(), s.split(","), s.splitlines(), s.replace("a", "xyz"), s.join(["q"] * 50)
x = s.encode(), u.encode(), b.hex(), b.decode("latin-1"), bytes.fromhex("00" * 400), u.casefold(), s.translate({97: "zz"})
x = s.center(2000), s.zfill(900), s.expandtabs(), sorted(l, key=str), sorted(s)
x = int("7" * 900), str(3**1500), hex(7**900), (3**900) * (7**900), (3**2000) // (7**500), pow(3, 10**40, 7**300)
x = float("1" * 600 + "e-590"), int.from_bytes(b, "big"), (1 << 6000).to_bytes(800, "big"), eval("[" + "1," * 100 + "]")
try:
    raise ValueError(s)
except ValueError as e:
    x = repr(e), str(e)
try:
    getattr(x, "n" * 400)
except AttributeError as e:
    x = str(e)
try:
    {}["k" * 600]
except KeyError as e:
    x = str(e)
try:
    int("x" * 500)
except ValueError as e:
    x = str(e)
try:
    exec("x = = " + "1" * 400)
except SyntaxError as e:
    x = str(e)
try:
    __import__("m" * 400)
except ImportError as e:
    x = str(e)


class C:
    def __init__(self):
        for i in range(40):
            setattr(self, "attribute_%d" % i, i)

    def __repr__(self):
        return "C" * 400


x = repr([C()] * 4), str(C()), dir(C()), f"{C()}", "%s" % C(), vars(C())
setattr(C, "n" * 500, 1)
x = getattr(C, "n" * 500), hasattr(C, "m" * 500), getattr(C(), "o" * 500, None)
d = type("D" * 300, (C,), {"p" * 300: 1})
x = repr(d), d.__name__, d.__mro__, issubclass(d, C), isinstance(d(), C)


def f(*args, **kw):
    return args, kw


x = f(*l), f(**{"k%d" % i: i for i in range(100)}), print(*l, sep="-" * 300), max(*l), "{0}{a}".format(*l, a=s)
try:
    f(**{"k" * 300: 1}, **{"k" * 300: 2})
except TypeError as e:
    x = str(e)
