# Instances with many attributes: their shapes are searched through a memory of what was found.
class A:
    kind = "class"


names = ["attr%d" % i for i in range(90)]
a = A()
b = A()
for i, name in enumerate(names):
    print(hasattr(a, name), end=" ") if i % 30 == 0 else None
    setattr(a, name, i)
    setattr(b, name, -i)
    setattr(a, name, getattr(a, name, 0) + 1)
print()
print(sum(getattr(a, n) for n in names), sum(getattr(b, n) for n in names))
print(a.attr0, a.attr89, b.attr0, b.attr89, a.kind)
print(getattr(a, "nothing", None), getattr(a, "nothing", None))
a.nothing = 5
print(a.nothing, getattr(b, "nothing", "absent"))
del a.attr10
print(hasattr(a, "attr10"), a.attr11, a.nothing, len(vars(a)))
del b.attr0
print(list(vars(b))[:3], b.attr1, b.attr88)
try:
    a.missing
except AttributeError as e:
    print(e)


# What a class lacked it may get later.
class Late:
    pass


def value(o):
    return getattr(o, "late", "none"), getattr(o, "later", "none")


late = Late()
print(value(late), value(late))
late.late = 1
Late.late = property(lambda self: "property")
Late.later = 2
print(value(late), value(Late()))
del Late.late
print(value(late))
for i in range(3):

    class Again:
        if i == 1:
            late = "own"

    print(value(Again()))
    del Again
