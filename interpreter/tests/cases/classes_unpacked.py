# Classes with unpacked bases and keywords, their annotations, and tracebacks of what is raised again.
import io
import sys

bases = (dict,)


class A(*bases, **{}):
    kind = "a"

    def me(self):
        return __class__


print(A.__mro__, A().me() is A)


class Base:
    def __init_subclass__(cls, k=1, **kw):
        print(cls.__name__, k, kw)


options = {"k": 5}


class C(Base, **options):
    pass


class D(*[Base], k=7, z=3):
    pass


def outer(*bases):
    class Local(*bases):
        def size(self):
            return super().__len__()

    return Local


print(outer(A)().size(), outer(list)([1, 2]).size(), outer().__bases__)
try:

    class E(*5):
        pass
except TypeError as e:
    print("TypeError")


class F:
    a: int = 1
    b: str

    def f(self):
        local: int = 3
        return local


print(list(F.__annotations__), F().f(), hasattr(F, "b"))
