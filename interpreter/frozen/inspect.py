# What of CPython's inspect can be told of objects here.
import sys


def _generator():
    yield


async def _coroutine():
    pass


_Generator = type(_generator())
_made = _coroutine()
_Coroutine = type(_made)
_made.close()
_Function = type(_coroutine)
_Method = type([].append)
_Bound = type(type("_C", (), {"m": lambda self: None})().m)
_Builtin = type(len)
_Module = type(sys)
# As in code objects of CPython.
CO_GENERATOR = 0x20
CO_COROUTINE = 0x80


def getmembers(obj, predicate=None):
    members = []
    for name in sorted(dir(obj)):
        try:
            value = getattr(obj, name)
        except AttributeError:
            continue
        if predicate is None or predicate(value):
            members.append((name, value))
    return members


def isclass(obj):
    return isinstance(obj, type)


def isfunction(obj):
    return isinstance(obj, _Function)


def ismethod(obj):
    return isinstance(obj, _Bound)


def isbuiltin(obj):
    return isinstance(obj, (_Builtin, _Method))


def isroutine(obj):
    return isbuiltin(obj) or isfunction(obj) or ismethod(obj)


def ismodule(obj):
    return isinstance(obj, _Module)


def isgenerator(obj):
    return isinstance(obj, _Generator)


def iscoroutine(obj):
    return isinstance(obj, _Coroutine)


def isawaitable(obj):
    return iscoroutine(obj) or hasattr(obj, "__await__")


def _flag(obj, flag):
    obj = getattr(obj, "__func__", obj)
    return isfunction(obj) and bool(obj.__code__.co_flags & flag)


def isgeneratorfunction(obj):
    return _flag(obj, CO_GENERATOR)


def iscoroutinefunction(obj):
    return _flag(obj, CO_COROUTINE)


def getdoc(obj):
    return getattr(obj, "__doc__", None)


def getmro(cls):
    return cls.__mro__


def currentframe():
    return sys._getframe(1)
