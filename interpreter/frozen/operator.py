# CPython's operator.


def lt(a, b):
    return a < b


def le(a, b):
    return a <= b


def eq(a, b):
    return a == b


def ne(a, b):
    return a != b


def ge(a, b):
    return a >= b


def gt(a, b):
    return a > b


def not_(a):
    return not a


def truth(a):
    return True if a else False


def is_(a, b):
    return a is b


def is_not(a, b):
    return a is not b


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def matmul(a, b):
    return a @ b


def truediv(a, b):
    return a / b


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def pow(a, b):
    return a**b


def lshift(a, b):
    return a << b


def rshift(a, b):
    return a >> b


def and_(a, b):
    return a & b


def or_(a, b):
    return a | b


def xor(a, b):
    return a ^ b


def neg(a):
    return -a


def pos(a):
    return +a


def inv(a):
    return ~a


invert = inv


def index(a):
    return a.__index__()


def concat(a, b):
    return a + b


def contains(a, b):
    return b in a


def countOf(a, b):
    return sum(x is b or x == b for x in a)


def indexOf(a, b):
    for i, x in enumerate(a):
        if x is b or x == b:
            return i
    raise ValueError("sequence.index(x): x not in sequence")


def getitem(a, b):
    return a[b]


def setitem(a, b, c):
    a[b] = c


def delitem(a, b):
    del a[b]


def call(f, /, *args, **kw):
    return f(*args, **kw)


def length_hint(obj, default=0):
    return len(obj) if hasattr(obj, "__len__") else default


def iadd(a, b):
    a += b
    return a


def isub(a, b):
    a -= b
    return a


def imul(a, b):
    a *= b
    return a


def ior(a, b):
    a |= b
    return a


def iand(a, b):
    a &= b
    return a


iconcat = iadd
abs = abs


def itemgetter(item, *items):
    if items:
        items = (item,) + items
        return lambda obj: tuple([obj[i] for i in items])
    return lambda obj: obj[item]


def attrgetter(attr, *attrs):
    def one(path):
        names = path.split(".")

        def get(obj):
            for name in names:
                obj = getattr(obj, name)
            return obj

        return get

    if attrs:
        getters = [one(a) for a in (attr,) + attrs]
        return lambda obj: tuple([g(obj) for g in getters])
    return one(attr)


def methodcaller(name, /, *args, **kw):
    return lambda obj: getattr(obj, name)(*args, **kw)
