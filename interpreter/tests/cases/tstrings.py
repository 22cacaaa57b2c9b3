# Template strings: what CPython 3.14 and MicroPython 1.28 agree on. The expected output is from the documentation.
from string.templatelib import Interpolation, Template

name = "World"
t = t"Hello {name}!"
print(type(t).__name__, t.strings, t.values)
i = t.interpolations[0]
print(i.value, i.expression, i.conversion, repr(i.format_spec))
width = 6
t = t"{name!r:>{width}} and {1 + 2 = }{name  }"
print(t.strings)
for i in t.interpolations:
    print(repr(i.expression), i.value, i.conversion, repr(i.format_spec))
print([x if isinstance(x, str) else x.value for x in t"a{1}{2}b"])
print(t"" == t"", t"".strings, t"{{}}".strings, rt"\n{1}\t".strings)
print((t"a{1}b" + t"c{2}").strings)
print(repr(t"x{'q'}"))
print(Template("a", "b", Interpolation(1, "n"), Interpolation(2)).strings)
print(Interpolation(5, "five", "r", ">3"))
print(Interpolation(5, format_spec="x").format_spec)
print(t"1" t"{2}" t"3{4}")
try:
    t.strings = ()
except AttributeError:
    print("read-only")
try:
    t"a" + "b"
except TypeError as e:
    print("TypeError")
try:
    Template(1)
except TypeError as e:
    print("TypeError")
for source in ('t"{}"', 't"}"', 't"{1!x}"', 't"a" "b"', 'tf"a"', 't"{1', 'b"a" t"b"'):
    try:
        eval(source)
    except SyntaxError as e:
        print(source, "->", e.msg if hasattr(e, "msg") else e.args[0])


def f(x):
    return t"{x + 1} {[y for y in range(x)]}"


print(f(3).values)
