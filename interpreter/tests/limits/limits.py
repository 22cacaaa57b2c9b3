# Every limit is an exception, and what comes after it works as before.
import io, json, re, struct


def attempt(name, f):
    try:
        f()
        print(name, "passed")
    except Exception as e:
        print(name, type(e).__name__ if type(e).__name__ in allowed[name] else type(e).__name__ + "!")


allowed = {}


def limit(*kinds):
    def wrap(f):
        allowed[f.__name__] = kinds
        attempt(f.__name__, f)

    return wrap


def deep(n, empty=None):
    for _ in range(n):
        empty = [empty]
    return empty


def tuple_of_tuples():
    d = ()
    for _ in range(2000):
        d = (d,)
    return d


@limit("RecursionError")
def function():
    def f(n):
        return f(n + 1) + 1

    f(0)


@limit("RecursionError")
def through_native_code():
    def f(n):
        return max([n], key=f)

    f(0)


@limit("RecursionError")
def reprs():
    class R:
        def __repr__(self):
            return repr(self)

    repr(R())


@limit("RecursionError")
def comparisons():
    class E:
        def __eq__(self, other):
            return self == other

    E() == 1


@limit("RecursionError")
def attributes():
    class G:
        def __getattr__(self, name):
            return getattr(self, name + "x")

    G().x


@limit("RecursionError", "MemoryError")
def generators():
    def g():
        yield from g()

    list(g())


@limit("RecursionError")
def repr_of_deep_data():
    repr(deep(2000))


@limit("RecursionError")
def comparison_of_deep_data():
    deep(2000) == deep(2000)


@limit("RecursionError")
def hash_of_deep_data():
    hash(tuple_of_tuples())


@limit("RecursionError")
def classes_in_deep_data():
    isinstance(1, tuple_of_tuples())


@limit("RecursionError")
def chained_iterators():
    x = iter([1])
    for _ in range(2000):
        x = map(int, x)
    list(x)


@limit("RecursionError", "ValueError")
def json_of_deep_data():
    json.dumps(deep(2000))


@limit("RecursionError", "ValueError")
def json_text():
    json.loads("[" * 2000 + "]" * 2000)


@limit("RecursionError", "SyntaxError", "MemoryError")
def nested_source():
    eval("(" * 1000 + ")" * 1000)


@limit("RecursionError", "SyntaxError", "MemoryError")
def nested_operators():
    eval("-" * 3000 + "1")


@limit("SyntaxError", "MemoryError")
def indentation():
    exec("".join(" " * i + "if 1:\n" for i in range(150)) + " " * 150 + "pass\n")


@limit("RecursionError", "ValueError", "MemoryError")
def nested_pattern():
    re.compile("(" * 500 + ")" * 500)


@limit("RecursionError", "MemoryError")
def pattern_on_long_text():
    re.match("(a|b)*c", "ab" * 3000)
    raise MemoryError


@limit("MemoryError", "OverflowError")
def list_size():
    [0] * (1 << 29)


@limit("MemoryError", "OverflowError")
def string_size():
    "x" * (1 << 30)


@limit("MemoryError", "OverflowError")
def growing_string():
    s = "abcdefgh"
    while True:
        s += s


@limit("MemoryError")
def growing_list():
    l = []
    while True:
        l.append([len(l)])


@limit("MemoryError")
def growing_dict():
    d = {}
    while True:
        d[len(d)] = {}


@limit("MemoryError", "OverflowError")
def padding():
    "%10000000d" % 1


@limit("MemoryError", "OverflowError", "ValueError")
def format_width():
    "{:>10000000}".format(1)


@limit("MemoryError", "OverflowError")
def shift():
    1 << (1 << 28)


@limit("MemoryError", "OverflowError", "ValueError")
def bytes_size():
    bytes(1 << 30)


@limit("MemoryError", "OverflowError", "ValueError")
def bytearray_size():
    bytearray(1 << 30)


@limit("MemoryError", "OverflowError")
def joined():
    ",".join(["x" * 1000] * 100000)


@limit("MemoryError", "OverflowError")
def replaced():
    ("a" * 10000).replace("a", "b" * 100000)


@limit("MemoryError", "OverflowError")
def stream():
    s = io.BytesIO()
    while True:
        s.write(b"x" * 10000)


@limit("MemoryError", "OverflowError", "ValueError")
def struct_size():
    struct.pack("1000000000s", b"")


@limit("MemoryError", "OverflowError")
def text_of_a_number():
    str(10 ** 20000)
    raise MemoryError


@limit("MemoryError", "RecursionError")
def many_arguments():
    def f(*args):
        return f(*args, *args, 1)

    f(1)


class Special:
    def __add__(self, other):
        return self + other

    def __lt__(self, other):
        return self < other

    def __getitem__(self, i):
        return self[i]

    def __setitem__(self, i, v):
        self[i] = v

    def __neg__(self):
        return -self

    def __iter__(self):
        return self

    def __next__(self):
        for x in self:
            return x

    @property
    def p(self):
        return self.p


def generator():
    return sum(generator() for _ in (1,))


def sets():
    return set(sets() for _ in range(1))


def defaults(a=1, *, b=2):
    return defaults(b=a)


def named(a=1, b=2):
    return named(b=a)


special = Special()
for f in (
    lambda: special + 1,
    lambda: special < 1,
    lambda: special[0],
    lambda: special.__setitem__(0, 1),
    lambda: -special,
    lambda: next(special),
    lambda: special.p,
    lambda: [x for x in special],
    generator,
    sets,
    defaults,
    named,
):
    limit("RecursionError")(f)


print("and on", sum(range(10)), json.loads(json.dumps([1, {"a": 2}])))
