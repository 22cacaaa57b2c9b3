# Classes of classes.


class Meta(type):
    made = []

    def __new__(mcls, name, bases, ns, **kw):
        cls = super().__new__(mcls, name, bases, ns)
        mcls.made.append((name, sorted(kw)))
        cls.tag = name.lower()
        return cls

    def __init__(cls, name, bases, ns, **kw):
        super().__init__(name, bases, ns)
        cls.initialised = True

    def __call__(cls, *args, **kw):
        obj = super().__call__(*args, **kw)
        obj.counted = len(args) + len(kw)
        return obj

    def __repr__(cls):
        return "<meta " + cls.__name__ + ">"

    def __len__(cls):
        return 7

    def __iter__(cls):
        return iter([1, 2, cls.__name__])

    def __getitem__(cls, i):
        return cls.__name__, i

    def __contains__(cls, x):
        return x == 3

    def __add__(cls, other):
        return cls.__name__ + "+" + str(other)

    def __radd__(cls, other):
        return str(other) + "+" + cls.__name__

    def __lt__(cls, other):
        return cls.__name__ < other.__name__

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return "made up " + name

    @property
    def title(cls):
        return cls.__name__.upper()

    def method(cls, x):
        return cls.__name__, x


class A(metaclass=Meta):
    def __init__(self, x=0, *rest, **kw):
        self.x = x


class B(A, extra=1):
    y = 5

    def method(self):
        return "instance method"


print(Meta.made)
print(A, B, repr(B), str(A), type(A) is Meta, type(B).__name__, A.__class__ is Meta)
print(A.tag, B.tag, A.initialised, B.initialised)
print(A(5).x, A(5).counted, B(1, 2, z=3).counted)
print(len(A), list(B), A[3], 3 in A, 4 in A)
print(A + 1, 2 + B, A < B, A == A, A == B, A != B)
print(A.nothing, B.title, A.method(4), B.method(None))
print(isinstance(A, Meta), isinstance(A, type), isinstance(A(), A), issubclass(Meta, type), isinstance(Meta, type))
try:
    A().nothing
except AttributeError as e:
    print("AttributeError", e)
try:
    A.title = 1
except AttributeError as e:
    print("AttributeError")
print({A: 1, B: 2}[B], bool(A), hash(A) == hash(A))
print([c.__name__ for c in (B, A)], sorted([B, A])[0].__name__)

# By calling.
D = Meta("D", (A,), {"z": 1})
print(D, D.z, D.tag, type(D) is Meta)
E = type("E", (D,), {})
print(type(E) is Meta)


class Plain(type):
    pass


d = Plain("foo", (), {"v": 3})
print(d.__name__, d.v, d().v, not d, True if d else False, isinstance(d, Plain))

# Conflicts.
try:

    class Bad(A, metaclass=Plain):
        pass

except TypeError as e:
    print("TypeError", str(e)[:18])


# A function as metaclass; __prepare__.
def shout(name, bases, ns, **kw):
    ns["loud"] = name.upper()
    return type(name, bases, ns)


class F(metaclass=shout):
    pass


print(F.loud, type(F) is type)


class Order(dict):
    def __setitem__(self, k, v):
        if not k.startswith("__"):
            names.append(k)
        super().__setitem__(k, v)


names = []


class Prepared(type):
    @classmethod
    def __prepare__(mcls, name, bases, **kw):
        print("prepare", name, bases, kw)
        return {"ready": name}

    def __new__(mcls, name, bases, ns, **kw):
        return super().__new__(mcls, name, bases, ns)

    def __init__(cls, name, bases, ns, **kw):
        pass


class G(metaclass=Prepared, option=2):
    a = ready


print(G.a, G.ready)


class Ordered(type):
    @classmethod
    def __prepare__(mcls, name, bases):
        return Order()

    def __new__(mcls, name, bases, ns):
        return type.__new__(mcls, name, bases, dict(ns))


class H(metaclass=Ordered):
    b = 1
    a = 2


print(names, H.a, H.b)


# Checks and attributes by the metaclass.
class Duck(type):
    def __instancecheck__(cls, obj):
        return hasattr(obj, "quack")

    def __subclasscheck__(cls, c):
        return hasattr(c, "quack")

    def __setattr__(cls, name, value):
        print("set", name)
        super().__setattr__(name, value * 2)

    def __delattr__(cls, name):
        print("del", name)
        type.__delattr__(cls, name)

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return 3

    def __bool__(cls):
        return False


class Q(metaclass=Duck):
    pass


class R:
    quack = 1


print(isinstance(R(), Q), isinstance(5, Q), issubclass(R, Q), issubclass(int, Q), isinstance(R(), (int, Q)))
Q.v = 4
print(Q.v)
del Q.v
print(hasattr(Q, "v"), bool(Q), Q == 5, 5 == Q)


# Singletons, the usual reason.
class Singleton(type):
    _all = {}

    def __call__(cls, *args):
        if cls not in cls._all:
            cls._all[cls] = super().__call__(*args)
        return cls._all[cls]


class One(metaclass=Singleton):
    def __init__(self, v):
        self.v = v


print(One(1) is One(2), One(3).v)


# A registry by __init__, with super() and class methods.
class Registry(type):
    def __init__(cls, name, bases, ns):
        super().__init__(name, bases, ns)
        if bases:
            bases[0].registered.append(name)


class Base(metaclass=Registry):
    registered = []

    @classmethod
    def names(cls):
        return cls.registered


class Sub1(Base):
    pass


class Sub2(Base):
    pass


print(Base.names(), Sub2.__mro__[1] is Base)
