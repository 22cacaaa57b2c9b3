# Special methods that answer a question of an instruction: truth, length, `in`, iterators, text, attributes.


class Truth:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        return self.value


class Sized:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n


def say(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


def branch(x):
    if x:
        return "yes", not x, bool(x), x and 1, x or 2
    return "no", not x, bool(x), 3 if x else 4, not not x


for x in Truth(True), Truth(False), Truth(1), Sized(0), Sized(3), Sized(-1), Sized("a"), Sized(1 << 20):
    try:
        r = branch(x)
        print(r[0], r[1], r[2], r[3] is x or r[3], r[4] is x or r[4])
    except Exception as e:
        print(type(e).__name__)


class Countdown:
    def __init__(self, n):
        self.n = n

    def __bool__(self):
        self.n -= 1
        return self.n > 0


c = Countdown(1000)
n = 0
while c:
    n += 1
print(n)
c = Countdown(10)
n = 0
while not Truth(not c):
    n += 1
    if n == 5:
        continue
print(n)

say(len, Sized(5))
say(len, Sized((1 << 31) - 1))
say(len, Sized(-1))
say(len, Sized("x"))
say(len, Truth(1))


class Has:
    def __init__(self, answer):
        self.answer = answer

    def __contains__(self, x):
        if self.answer == "raise":
            raise LookupError(x)
        return self.answer


for answer in True, False, [], [1], 0, Truth(True), Sized(0):
    print(1 in Has(answer), 1 not in Has(answer))
say(lambda: 7 in Has("raise"))
say(lambda: 7 in Has(Truth(3)))


class Loop:
    def __init__(self, it):
        self.it = it

    def __iter__(self):
        return self.it


class Step:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration("end")
        self.n -= 1
        return self.n


print([x for x in Loop(iter([1, 2]))], list(Loop(Step(3))), [*Loop(Step(2))])
for x in Loop(Step(2)):
    print(x)
else:
    print("else")
a, b = Loop(Step(2))
print(a, b)
say(lambda: [x for x in Loop(5)])
say(lambda: iter(Loop(5)))
print(next(iter(Loop(Step(9)))))
s = Step(1)
print(next(s))
try:
    next(s)
except StopIteration as e:
    print("stop", e.value)
print(next(s, "default"))


class Text:
    def __init__(self, s, r):
        self.s = s
        self.r = r

    def __str__(self):
        return self.s

    def __repr__(self):
        return self.r


class OnlyRepr:
    def __repr__(self):
        return "only"


print(str(Text("s", "r")), repr(Text("s", "r")), str(OnlyRepr()), repr(OnlyRepr()), f"{OnlyRepr()}")
say(str, Text(1, 2))
say(repr, Text(1, 2))


# Generators asked by next() and send().
def gen():
    x = yield 1
    print("sent", x)
    try:
        y = yield 2
        print("sent", y)
    finally:
        print("finally")
    return 3


g = gen()
print(next(g))
print(g.send("a"))
try:
    next(g)
except StopIteration as e:
    print("value", e.value)
say(lambda: next(g))
try:
    next(g)
except StopIteration as e:
    print("again", e.value, e.args)
g = gen()
say(g.send, 1)
say(lambda: g.send(1))
print(g.__next__(), g.send(None))
g.close()


def bad():
    yield 1
    raise KeyError("inside")


g = bad()
print(next(g))
try:
    next(g)
except KeyError as e:
    print("raised", e)
say(lambda: next(g))


def own():
    yield next(me)


me = own()
say(lambda: next(me))


def stops():
    yield 1
    raise StopIteration(5)


g = stops()
next(g)
say(lambda: next(g))


def outer():
    r = yield from inner()
    yield "got", r


def inner():
    x = yield "in"
    return x


g = outer()
print(next(g), g.send("through"))

# A question within a generator, which then yields.
def asking():
    for v in Truth(True), Truth(False), Sized(2), Has(True):
        if type(v) is Has:
            yield 1 in v
        elif v:
            yield "true"
        else:
            yield "false"
        yield not v if type(v) is not Has else 2 not in v


print(list(asking()))


# A method that itself runs generators.
class Deep:
    def __bool__(self):
        g = gen()
        return next(g) == 1 and any(x for x in asking())

    def __len__(self):
        return sum(1 for _ in Step(4))


print(bool(Deep()), len(Deep()), not Deep())


# In place.
class Add:
    def __init__(self, v):
        self.v = v

    def __iadd__(self, other):
        if other == "no":
            return NotImplemented
        self.v += other
        return self

    def __add__(self, other):
        return "added"

    def __isub__(self, other):
        return NotImplemented


x = y = Add(1)
x += 5
print(x is y, x.v)
x += "no"
print(x)
x = Add(1)
try:
    x -= 1
except TypeError as e:
    print(e)


# Attributes.
class Hooks:
    def __init__(self):
        self.seen = []

    def __getattr__(self, name):
        if name == "missing":
            raise AttributeError("no " + name)
        return "dynamic " + name

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if name != "seen":
            self.seen.append(name)

    known = 1

    @property
    def prop(self):
        return "prop"

    @property
    def broken(self):
        raise AttributeError("broken")


h = Hooks()
h.a = 1
h.b = 2
print(h.a, h.b, h.c, h.known, h.prop, h.seen, h.__class__.__name__, h.broken)
say(lambda: h.missing)
print(hasattr(h, "missing"), getattr(h, "missing", "default"), getattr(h, "other"))


class Typed:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, cls):
        if obj is None:
            return self
        return getattr(obj, self.name, "unset")

    def __set__(self, obj, value):
        if not isinstance(value, int):
            raise TypeError("int wanted")
        setattr(obj, self.name, value)


class Plain:
    def __get__(self, obj, cls):
        return "plain", obj is None


class Owner:
    t = Typed()
    p = Plain()

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = value * 2

    @property
    def fixed(self):
        return 1


o = Owner()
print(o.t, o.p, Owner.p)
o.t = 5
o.x = 4
print(o.t, o.x)
try:
    o.t = "a"
except TypeError as e:
    print(e)
try:
    o.fixed = 2
except AttributeError as e:
    print("AttributeError")


# Far deeper than the native stack of a chip would bear.
def nested(use, n):
    class Node:
        def __init__(self, below):
            self.below = below

        def __bool__(self):
            return not self.below if self.below else True

        def __len__(self):
            return 1 + len(self.below) if self.below is not None else 0

        def __contains__(self, x):
            return x in self.below if self.below is not None else x == 1

        def __iter__(self):
            return iter(self.below if self.below is not None else [1, 2])

        def __str__(self):
            return "<" + str(self.below) + ">" if self.below is not None else ""

        def __iadd__(self, x):
            if self.below is not None:
                b = self.below
                b += x
            return self

        def __getattr__(self, name):
            if name == "zz":
                return self.below.zz if self.below is not None else "bottom"
            raise AttributeError(name)

        def __setattr__(self, name, v):
            if name == "yy" and self.below is not None:
                self.below.yy = v
            else:
                object.__setattr__(self, name, v)

    node = None
    for _ in range(n):
        node = Node(node)
    return use(node)


def add(o):
    o += 1
    return "same"


def store(o):
    o.yy = 3
    return "stored"


print(nested(len, 60), nested(lambda o: 1 in o, 60), nested(str, 30), nested(add, 60))
print(nested(lambda o: o.zz, 60), nested(store, 60))


def chain(n):
    if n:
        yield next(chain(n - 1)) + 1
    else:
        yield 0


print(next(chain(50)))


# Exceptions come out at the question, with what handles them there.
class Fails:
    def __bool__(self):
        raise ValueError("bool")

    def __len__(self):
        raise ValueError("len")

    def __contains__(self, x):
        raise ValueError("contains")

    def __iter__(self):
        raise ValueError("iter")

    def __str__(self):
        raise ValueError("str")

    def __iadd__(self, x):
        raise ValueError("iadd")

    def __getattr__(self, name):
        raise ValueError("getattr")

    def __setattr__(self, name, v):
        raise ValueError("setattr")


def attempts():
    f = Fails()
    try:
        if f:
            print("?")
    except ValueError as e:
        yield e
    try:
        print(not f)
    except ValueError as e:
        yield e
    try:
        len(f)
    except ValueError as e:
        yield e
    try:
        1 in f
    except ValueError as e:
        yield e
    try:
        for x in f:
            pass
    except ValueError as e:
        yield e
    try:
        str(f)
    except ValueError as e:
        yield e
    try:
        f += 1
    except ValueError as e:
        yield e
    try:
        f.x
    except ValueError as e:
        yield e
    try:
        f.x = 1
    except ValueError as e:
        yield e


print([str(e) for e in attempts()])


# Fields of f-strings.
class Field:
    def __init__(self, below=None):
        self.below = below

    def __str__(self):
        return "str"

    def __repr__(self):
        return f"({self.below!r})" if self.below else "()"


class Formatted(Field):
    def __format__(self, spec):
        return "[" + spec + "]"


class Wrong:
    def __str__(self):
        return 1

    def __repr__(self):
        return None

    def __format__(self, spec):
        return 2


print(f"{Field()} {Field()!r} {Field()!s:>5} {Field()!r:<4}| {Formatted()} {Formatted():x>3} {Formatted()!s}")
say(lambda: f"{Wrong()}")
say(lambda: f"{Wrong()!s}")
say(lambda: f"{Wrong()!r}")
f = None
for _ in range(50):
    f = Field(f)
print(f"{f!r}")


def fields():
    for x in Field(), Formatted(), OnlyRepr():
        yield f"{x}{x!r}"


print(list(fields()))
