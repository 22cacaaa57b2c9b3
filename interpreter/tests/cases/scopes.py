# Which variable a name means.
x = 'global'


def outer():
    x = 'outer'

    def inner():
        return x

    def assigns():
        nonlocal x
        x = 'assigned'
        return inner()

    class C:
        y = x
        x = 'class'
        z = x

        def method(self):
            return x, __class__.__name__

        both = [x for _ in range(1)] if False else None
        names = [n for n in 'ab']
    return inner(), assigns(), C.y, C.z, C().method(), C.names


print(outer())


def declares():
    global made
    made = 1

    def inner():
        global x
        x = 'changed'
    inner()
    return x


print(declares(), made, x)
funcs = [lambda: i for i in range(3)]
print([f() for f in funcs])
funcs = [lambda i=i: i for i in range(3)]
print([f() for f in funcs])
print([[(i, j) for j in range(i)] for i in range(3)])
print({i: [lambda: (i, j) for j in range(2)][0]() for i in range(2)})
i = 'kept'
[i for i in range(3)]
print(i)


def counter():
    n = 0

    def step(by=1):
        nonlocal n
        n += by
        return n
    return step


a, b = counter(), counter()
print(a(), a(5), b(), a())


def unset(flag):
    if flag:
        v = 1
    try:
        return v
    except UnboundLocalError as e:
        return str(e)


print(unset(True), unset(False))


def deleted():
    v = 1
    del v
    try:
        v
    except UnboundLocalError as e:
        print(e)
    v = 2

    def inner():
        return v
    del v
    try:
        inner()
    except NameError as e:
        print(e)


deleted()
try:
    undefined_name
except NameError as e:
    print(e)
try:
    del undefined_name
except NameError as e:
    print(e)


class Private:
    __x = 1

    def __init__(self):
        self.__y = 2

    def get(self):
        return self.__x, self.__y, self._Private__y

    def __hidden(self):
        return 'hidden'

    def call(self):
        return self.__hidden()


print(Private().get(), Private().call(), sorted(n for n in vars(Private()) if 'y' in n))


class Base:
    def who(self):
        return 'base'

    @classmethod
    def make(cls):
        return cls.__name__


class Derived(Base):
    def who(self):
        return 'derived ' + super().who() + (lambda: super(Derived, self).who())()

    @classmethod
    def make(cls):
        return 'made ' + super().make()

    def comp(self):
        s = super()
        return [s.who() for _ in range(2)]


print(Derived().who(), Derived.make(), Derived().comp())


def comprehension_walrus():
    total = 0
    partial = [total := total + v for v in range(4)]
    any((hit := v) > 1 for v in range(5))
    return partial, total, hit


print(comprehension_walrus())
print([last := v for v in 'xyz'], last)


def generator_scope(n):
    return (a * n for a in range(n) if a)


print(list(generator_scope(4)))
print(list(x for x in [1, 2, 3] if x > 1), x)


def kinds(a, /, b, *args, c=3, **kw):
    return sorted(locals().items())


print(kinds(1, 2, 3, c=4, d=5))
exec('e1 = 1\ndef ef(): return e1 + 1')
print(e1, ef())
space = {'q': 4}
exec('r = q + 1\nclass K:\n  s = r\n  def m(self): return r', space)
print(space['r'], space['K'].s, space['K']().m())
print(eval('q * 2', space), eval('[q for _ in "ab"]', {}, {'q': 1}) if False else 8)


def evaluates():
    v = 7
    return eval('v + 1'), eval('v', {'v': 1})


print(evaluates())


def many():
    v0 = v1 = v2 = v3 = v4 = v5 = v6 = v7 = v8 = v9 = 0
    w0 = w1 = w2 = w3 = w4 = w5 = w6 = w7 = w8 = w9 = 1
    x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = x8 = x9 = 2
    y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = y8 = y9 = 3
    z0 = z1 = z2 = z3 = z4 = z5 = z6 = z7 = z8 = z9 = 4
    for z9 in range(5):
        y9 += z9
        v0 = z9 if z9 % 2 else v0
    z8, (z7, *z6) = 1, (2, 3)
    del z5
    try:
        z5
    except UnboundLocalError:
        z5 = 'gone'
    return v0, w9, x5, y9, z9, z8, z7, z6, z5, [z4 for z4 in range(2)], z4


print(many())
