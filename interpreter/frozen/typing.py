# CPython's typing as far as a program sees it at run time: names that can be subscripted and joined, and nothing
# that checks.
TYPE_CHECKING = False


class _Special:
    def __init__(self, name):
        self._name = name

    def __getitem__(self, parameters):
        return self

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __call__(self, *args, **kw):
        raise TypeError(f"Cannot instantiate {self!r}")

    def __repr__(self):
        return "typing." + self._name


for _name in (
    "Annotated Any Callable ClassVar Concatenate Final Literal LiteralString Never NoReturn NotRequired Optional "
    "ParamSpec Required Self Type TypeAlias TypeGuard Union Unpack Awaitable Coroutine AsyncIterable AsyncIterator "
    "AsyncGenerator Iterable Iterator Generator Hashable Sized Collection Container Sequence MutableSequence "
    "AbstractSet MutableSet Mapping MutableMapping KeysView ItemsView ValuesView ByteString Reversible SupportsInt "
    "SupportsFloat SupportsIndex SupportsAbs SupportsBytes SupportsRound ContextManager IO TextIO BinaryIO "
    "Pattern Match Text AnyStr List Dict Set FrozenSet Tuple Deque DefaultDict OrderedDict Counter ChainMap"
).split():
    globals()[_name] = _Special(_name)


class _Base:
    def __init_subclass__(cls, **kw):
        pass

    def __class_getitem__(cls, parameters):
        return cls


class Generic(_Base):
    pass


class Protocol(_Base):
    pass


class TypedDict(dict):
    def __init_subclass__(cls, **kw):
        pass


# Fields by annotation, or by a list of pairs, are made into a namedtuple.
class _NamedTuple(type):
    def __new__(meta, name, bases, namespace):
        if not bases:
            return type.__new__(meta, name, bases, namespace)
        from collections import namedtuple

        fields = namespace.get("__annotations__", {})
        defaults = [namespace[field] for field in fields if field in namespace]
        rest = {key: value for key, value in namespace.items() if key not in fields}
        rest["_field_defaults"] = {field: namespace[field] for field in fields if field in namespace}
        return type(name, (namedtuple(name, list(fields), defaults=defaults),), rest)

    def __call__(cls, typename, fields=(), **kw):
        from collections import namedtuple

        return namedtuple(typename, [name for name, _ in fields] + list(kw))


class NamedTuple(metaclass=_NamedTuple):
    pass


def TypeVar(name, *constraints, **kw):
    return _Special(name)


def ParamSpec(name, **kw):
    return _Special(name)


def NewType(name, tp):
    def new_type(x):
        return x

    new_type.__name__ = name
    return new_type


def cast(typ, val):
    return val


def overload(func):
    def dummy(*args, **kw):
        raise NotImplementedError("You should not call an overloaded function.")

    return dummy


def _same(x):
    return x


final = no_type_check = runtime_checkable = override = _same


def dataclass_transform(**kw):
    return _same


def get_type_hints(obj, *args, **kw):
    return dict(getattr(obj, "__annotations__", None) or {})


def get_origin(tp):
    return None


def get_args(tp):
    return ()


def assert_type(val, typ):
    return val


reveal_type = _same


def assert_never(arg):
    raise AssertionError(f"Expected code to be unreachable, but got: {arg!r}")
