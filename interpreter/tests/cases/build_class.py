# What class statements and imports are made of can be replaced.
import builtins


class A:
    def who(self):
        return type(self).__name__


def body(ns=None):
    pass


made = []
original = builtins.__build_class__


def spy(func, name, *bases, **kw):
    made.append((name, len(bases), sorted(kw)))
    return original(func, name, *bases, **kw)


builtins.__build_class__ = spy


class B(A):
    x = 1

    def who(self):
        return "B" + super().who()


class C(B, A):
    pass


builtins.__build_class__ = original


class D:
    pass


print(made, B().who(), C().who(), C.x, D.__name__)

imported = []
original = builtins.__import__


def spy(name, *more):
    imported.append((name, more[2], more[3]))
    return original(name, *more)


builtins.__import__ = spy
import math
from json import dumps

builtins.__import__ = original
import struct

print(imported[:2], math.sqrt(4.0), dumps([1]), struct.calcsize("<H"))
for bad in (lambda: __build_class__(1, "X"), lambda: __build_class__(body, 1)):
    try:
        bad()
    except TypeError as e:
        print(e)
