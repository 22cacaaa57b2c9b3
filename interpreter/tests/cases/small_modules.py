# The small modules that scripts import without thinking, against CPython.
import abc
import base64
import bisect
import contextlib
import copy
import io
import keyword
import operator
import pprint
import secrets
import string
import textwrap
import types
import typing
import warnings

print("-- string")
print(string.ascii_letters, string.digits, string.hexdigits, len(string.printable), repr(string.whitespace), string.punctuation)
print(string.capwords("hello  big world"), string.capwords("a-b", "-"))
t = string.Template("$who likes ${what}s, $$5 $")
print(t.safe_substitute(who="Tim"), string.Template("$a ${b}c").substitute({"a": 1}, b=2))
for f in (lambda: t.substitute(who=1, what=2), lambda: string.Template("$x").substitute()):
    try:
        f()
    except (ValueError, KeyError) as e:
        print(type(e).__name__, e)

print("-- textwrap")
text = "The quick brown fox jumped over the lazy dog, whose well-known name was Supercalifragilistic.\tReally? Yes."
for width in (10, 20, 45, 200):
    print(textwrap.wrap(text, width))
print(textwrap.fill(text, 30, initial_indent="* ", subsequent_indent="  "))
print(textwrap.wrap(text, 12, break_long_words=False), textwrap.wrap(text, 25, max_lines=2), textwrap.wrap("", 5))
print(textwrap.shorten("Hello  world, this is it", width=15), textwrap.shorten("Hello", width=15), textwrap.shorten("Hello world!", 11, placeholder="..."))
print(repr(textwrap.dedent("\n    a\n      b\n\n    c\n  ")), repr(textwrap.indent("x\n\ny\n", "> ")), repr(textwrap.dedent("\ta\n\tb")))

print("-- bisect")
a = [1, 3, 3, 5]
print(bisect.bisect(a, 3), bisect.bisect_left(a, 3), bisect.bisect_right(a, 9), bisect.bisect(a, 0, 1, 3))
bisect.insort(a, 4)
bisect.insort_left(a, 3)
print(a, bisect.bisect_left([(1, "a"), (5, "b")], 4, key=lambda p: p[0]))

print("-- operator")
print(operator.itemgetter(1)("abc"), operator.itemgetter(2, 0)("abc"), operator.attrgetter("real", "imag")(3 + 4j))
print(operator.methodcaller("split", ",")("a,b"), operator.add(1, 2), operator.mod(7, 3), operator.contains([1], 1), operator.countOf([1, 1, 2], 1))
print(operator.indexOf("abc", "c"), operator.concat([1], [2]), operator.iadd([1], [2]), operator.not_(0), operator.neg(3), operator.xor(6, 3))

print("-- contextlib")


@contextlib.contextmanager
def tag(name):
    print("<" + name + ">")
    try:
        yield name.upper()
    except ValueError as e:
        print("caught", e)
    finally:
        print("</" + name + ">")


with tag("a") as x:
    print(x)
with tag("b"):
    raise ValueError("inside")
try:
    with tag("c"):
        raise KeyError("out")
except KeyError as e:
    print("KeyError", e)


@tag("d")
def decorated():
    print("body")


decorated()
decorated()
with contextlib.suppress(ZeroDivisionError, KeyError):
    1 / 0
with contextlib.closing(io.StringIO("x")) as f:
    print(f.read())
with contextlib.nullcontext(5) as n:
    print(n)
with contextlib.ExitStack() as stack:
    stack.enter_context(tag("e"))
    stack.callback(print, "callback", 1)
    stack.enter_context(tag("f"))
    print("in stack")
with contextlib.ExitStack() as stack:
    stack.enter_context(contextlib.suppress(ValueError))
    raise ValueError("gone")

print("-- copy")


class P:
    def __init__(self, x):
        self.x = x


p = P([1, [2]])
q, r = copy.copy(p), copy.deepcopy(p)
p.x[1].append(3)
print(q.x is p.x, r.x, type(r).__name__)
d = {"a": [1], "t": (1, [2]), "s": {3}}
d["self"] = d
e = copy.deepcopy(d)
d["a"].append(2)
print(e["a"], e["self"] is e, e["t"], e["t"] is d["t"], copy.copy([1]), copy.copy((1,)), copy.deepcopy("s"))
shared = [0]
two = copy.deepcopy([shared, shared])
print(two[0] is two[1])


class Own:
    def __copy__(self):
        return "copied"

    def __deepcopy__(self, memo):
        return "deep"


print(copy.copy(Own()), copy.deepcopy([Own()]), copy.deepcopy(bytearray(b"x")), copy.copy({1: 2}))

print("-- types, typing, abc")
n = types.SimpleNamespace(a=1, b="c")
n.d = 2
print(n, n == types.SimpleNamespace(a=1, b="c", d=2), isinstance(len, types.BuiltinFunctionType), isinstance(decorated, types.FunctionType))
print(isinstance((i for i in ""), types.GeneratorType), isinstance(n, types.SimpleNamespace), isinstance(io, types.ModuleType))
m = types.MappingProxyType({"k": 1})
print(m["k"], len(m), list(m), "k" in m)
T = typing.TypeVar("T")


class Box(typing.Generic[T]):
    def get(self) -> typing.Optional[typing.List[int]]:
        return typing.cast(list, self)


print(isinstance(Box().get(), Box), typing.TYPE_CHECKING, typing.NewType("UserId", int)(5), typing.Any is not None)


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self):
        ...

    @property
    @abc.abstractmethod
    def name(self):
        ...

    def describe(self):
        return f"{self.name} {self.area()}"


class Square(Shape):
    name = "square"

    def area(self):
        return 4


print(Square().describe())
for cls in (Shape, type("Half", (Shape,), {"area": lambda self: 1})):
    try:
        cls()
    except TypeError as e:
        print("TypeError", "abstract" in str(e))

print("-- base64")
for data in (b"", b"f", b"fo", b"foo", b"foob", b"\xff\xfe\xfd"):
    print(base64.b64encode(data), base64.urlsafe_b64encode(data), base64.b32encode(data), base64.b16encode(data))
    print(base64.b64decode(base64.b64encode(data)) == data, base64.b32decode(base64.b32encode(data)) == data)
print(base64.b64decode("Zm9v\nYg=="), base64.urlsafe_b64decode("__79"), base64.b16decode("FF00"), base64.b32decode("mzxw6===", True))
for f in (lambda: base64.b32decode("A"), lambda: base64.b16decode("ff")):
    try:
        f()
    except ValueError as e:
        print("ValueError")

print("-- pprint")
data = {"b": list(range(30)), "a": {"nested": ["text" * 4] * 4, "x": (1,)}, "empty": [], "set": {3, 1, 2}}
pprint.pprint(data)
pprint.pprint(data, width=40, indent=2)
pprint.pprint(list(range(40)), compact=True, width=30)
pprint.pprint([[1, [2, [3]]]], depth=2)
pprint.pprint({"z": 1, "a": 2}, sort_dicts=False)
print(pprint.pformat(("a" * 50, "b" * 50)))

print("-- warnings, keyword, secrets")
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    warnings.warn("first")
    warnings.warn("second", DeprecationWarning)
print([(str(x.message), x.category.__name__) for x in w])
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        warnings.warn("raised", RuntimeWarning)
    except RuntimeWarning as e:
        print("RuntimeWarning", e)
print(keyword.iskeyword("for"), keyword.iskeyword("x"), keyword.issoftkeyword("match"))
print(len(secrets.token_bytes(8)), len(secrets.token_hex(4)), secrets.randbelow(1), secrets.choice([7]), 0 <= secrets.randbits(5) < 32)
print(secrets.compare_digest("a", "a"), secrets.compare_digest(b"a", b"b"))
