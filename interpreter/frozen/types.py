# CPython's types.


def _f():
    yield


async def _c():
    pass


class _C:
    def m(self):
        pass


NoneType = type(None)
EllipsisType = type(...)
NotImplementedType = type(NotImplemented)
FunctionType = LambdaType = type(_f)
MethodType = type(_C().m)
BuiltinFunctionType = BuiltinMethodType = type(len)
GeneratorType = type(_f())
_c = _c()
CoroutineType = type(_c)
_c.close()
CodeType = type(_f.__code__)
ModuleType = type(__import__("sys"))


class SimpleNamespace:
    def __init__(self, mapping=(), /, **kw):
        for name, value in {**dict(mapping), **kw}.items():
            setattr(self, name, value)

    def __eq__(self, other):
        return isinstance(other, SimpleNamespace) and self.__dict__ == other.__dict__

    def __repr__(self):
        return "namespace(" + ", ".join([f"{k}={v!r}" for k, v in self.__dict__.items()]) + ")"


class MappingProxyType:
    def __init__(self, mapping):
        self._m = mapping

    def __getitem__(self, key):
        return self._m[key]

    def __len__(self):
        return len(self._m)

    def __iter__(self):
        return iter(self._m)

    def __contains__(self, key):
        return key in self._m

    def __eq__(self, other):
        return self._m == other

    def get(self, key, default=None):
        return self._m.get(key, default)

    def keys(self):
        return self._m.keys()

    def values(self):
        return self._m.values()

    def items(self):
        return self._m.items()

    def copy(self):
        return self._m.copy()

    def __repr__(self):
        return f"mappingproxy({self._m!r})"


def new_class(name, bases=(), kwds=None, exec_body=None):
    namespace = {}
    if exec_body is not None:
        exec_body(namespace)
    return type(name, bases, namespace)


def coroutine(func):
    return func
