# CPython's dataclasses. Annotations are texts here, so that types of fields are told by their names.


class _Missing:
    def __repr__(self):
        return "MISSING"


MISSING = _Missing()


class KW_ONLY:
    pass


class InitVar:
    def __class_getitem__(cls, type):
        return cls


class FrozenInstanceError(AttributeError):
    pass


class Field:
    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only):
        self.name = None
        self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = metadata or {}
        self.kw_only = kw_only
        self._init_only = False

    def __repr__(self):
        return f"Field(name={self.name!r},type={self.type!r},default={self.default!r})"


def field(
    *,
    default=MISSING,
    default_factory=MISSING,
    init=True,
    repr=True,
    hash=None,
    compare=True,
    metadata=None,
    kw_only=MISSING,
):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only)


def _collect(cls, kw_only):
    all = {}
    for base in cls.__mro__[:0:-1]:
        all.update(base.__dict__.get("__dataclass_fields__", {}))
    for name, type in cls.__dict__.get("__annotations__", {}).items():
        text = type if isinstance(type, str) else getattr(type, "__name__", "") or repr(type)
        text = text[text.find(".") + 1 :] if "." in text.split("[")[0] else text
        if text == "KW_ONLY":
            kw_only = True
            continue
        if text.startswith("ClassVar"):
            continue
        default = cls.__dict__.get(name, MISSING)
        if isinstance(default, Field):
            f = default
            if f.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, f.default)
        else:
            f = field(default=default)
        if isinstance(f.default, (list, dict, set)):
            raise ValueError(
                f"mutable default {f.default.__class__} for field {name} is not allowed: use default_factory"
            )
        f.name = name
        f.type = type
        f._init_only = text.startswith("InitVar")
        if f.kw_only is MISSING:
            f.kw_only = kw_only
        all[name] = f
    for name, value in cls.__dict__.items():
        if isinstance(value, Field) and name not in all:
            raise TypeError(f"{name!r} is a field but has no type annotation")
    return all


def _function(source, names):
    names = dict(names)
    exec(source, names)
    return names["f"]


def _make_init(fields, frozen, post_init):
    names = {"_M": MISSING, "_set": object.__setattr__}
    params = []
    body = []
    optional = None
    ordered = [f for f in fields if not f.kw_only]
    keywords = [f for f in fields if f.kw_only and f.init]
    for f in ordered + keywords:
        if f is keywords[0] if keywords else False:
            params.append("*")
        value = f.name
        if f.init:
            if f.default is not MISSING:
                names["_d_" + f.name] = f.default
                params.append(f"{f.name}=_d_{f.name}")
            elif f.default_factory is not MISSING:
                params.append(f"{f.name}=_M")
            else:
                if optional and not f.kw_only:
                    raise TypeError(f"non-default argument {f.name!r} follows default argument")
                params.append(f.name)
            if params[-1] != f.name and not f.kw_only:
                optional = f.name
        if f.default_factory is not MISSING:
            names["_f_" + f.name] = f.default_factory
            value = f"_f_{f.name}() if {f.name} is _M else {f.name}" if f.init else f"_f_{f.name}()"
        elif not f.init:
            continue
        if not f._init_only:
            body.append(f" _set(self,{f.name!r},{value})" if frozen else f" self.{f.name}={value}")
    if post_init:
        body.append(" self.__post_init__(" + ",".join([f.name for f in fields if f._init_only]) + ")")
    source = "def f(self," + ",".join(params) + "):\n" + ("\n".join(body) or " pass")
    return _function(source, names)


def _tuple(name, fields):
    return "(" + "".join([f"{name}.{f.name}," for f in fields]) + ")"


def _order(cls, fields, operator):
    a, b = _tuple("self", fields), _tuple("other", fields)
    return _function(
        f"def f(self,other):\n if other.__class__ is self.__class__:\n  return {a}{operator}{b}\n return NotImplemented",
        {},
    )


def _process(cls, init, repr_, eq, order, unsafe_hash, frozen, match_args, kw_only):
    all = _collect(cls, kw_only)
    own = cls.__dict__
    real = [f for f in all.values() if not f._init_only]
    if order and not eq:
        raise ValueError("eq must be true if order is true")
    for base in cls.__mro__[1:]:
        parameters = base.__dict__.get("__dataclass_params__")
        if parameters is not None and parameters[0] != frozen:
            what = "frozen dataclass from a non-frozen" if frozen else "non-frozen dataclass from a frozen"
            raise TypeError(f"cannot inherit {what} one")
    had_eq, had_hash = "__eq__" in own, "__hash__" in own and own["__hash__"] is not None

    def put(name, value):
        if name in own:
            return False
        setattr(cls, name, value)
        return True

    if init:
        put("__init__", _make_init(list(all.values()), frozen, hasattr(cls, "__post_init__")))
    if repr_:

        def __repr__(self):
            parts = [f"{f.name}={getattr(self, f.name)!r}" for f in real if f.repr]
            return f"{type(self).__qualname__}({', '.join(parts)})"

        put("__repr__", __repr__)
    compared = [f for f in real if f.compare]
    if eq:
        put("__eq__", _order(cls, compared, "=="))
    if order:
        for name, operator in (("__lt__", "<"), ("__le__", "<="), ("__gt__", ">"), ("__ge__", ">=")):
            if not put(name, _order(cls, compared, operator)):
                raise TypeError(
                    f"Cannot overwrite attribute {name} in class {cls.__name__}. Consider using functools.total_ordering"
                )
    if frozen:
        names = list(all)

        def __setattr__(self, name, value):
            if type(self) is cls or name in names:
                raise FrozenInstanceError(f"cannot assign to field {name!r}")
            object.__setattr__(self, name, value)

        def __delattr__(self, name):
            raise FrozenInstanceError(f"cannot delete field {name!r}")

        if not (put("__setattr__", __setattr__) and put("__delattr__", __delattr__)):
            raise TypeError(f"Cannot overwrite attribute __setattr__ in class {cls.__name__}")
    if unsafe_hash or (eq and frozen and not had_hash):
        if unsafe_hash and had_hash:
            raise TypeError(f"Cannot overwrite attribute __hash__ in class {cls.__name__}")
        hashed = [f for f in real if (f.compare if f.hash is None else f.hash)]
        cls.__hash__ = _function(f"def f(self):\n return hash({_tuple('self', hashed)})", {})
    elif eq and not had_eq and not had_hash:
        cls.__hash__ = None
    if match_args:
        put("__match_args__", tuple([f.name for f in all.values() if f.init and not f.kw_only]))
    cls.__dataclass_fields__ = all
    cls.__dataclass_params__ = (frozen,)
    return cls


def dataclass(
    cls=None,
    /,
    *,
    init=True,
    repr=True,
    eq=True,
    order=False,
    unsafe_hash=False,
    frozen=False,
    match_args=True,
    kw_only=False,
    slots=False,
    weakref_slot=False,
):
    def wrap(cls):
        return _process(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only)

    return wrap if cls is None else wrap(cls)


def is_dataclass(obj):
    return hasattr(obj if isinstance(obj, type) else type(obj), "__dataclass_fields__")


def fields(class_or_instance):
    try:
        all = class_or_instance.__dataclass_fields__
    except AttributeError:
        raise TypeError("must be called with a dataclass type or instance") from None
    return tuple([f for f in all.values() if not f._init_only])


def _convert(x, whole, dict_factory):
    if is_dataclass(x) and not isinstance(x, type):
        return whole([(f.name, _convert(getattr(x, f.name), whole, dict_factory)) for f in fields(x)])
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[_convert(v, whole, dict_factory) for v in x])
    if isinstance(x, (list, tuple)):
        return type(x)([_convert(v, whole, dict_factory) for v in x])
    if isinstance(x, dict):
        return type(x)([(_convert(k, whole, dict_factory), _convert(v, whole, dict_factory)) for k, v in x.items()])
    from copy import deepcopy

    return deepcopy(x)


def asdict(obj, *, dict_factory=dict):
    if not is_dataclass(obj) or isinstance(obj, type):
        raise TypeError("asdict() should be called on dataclass instances")
    return _convert(obj, dict_factory, dict_factory)


def astuple(obj, *, tuple_factory=tuple):
    if not is_dataclass(obj) or isinstance(obj, type):
        raise TypeError("astuple() should be called on dataclass instances")
    return _convert(obj, lambda items: tuple_factory([v for _, v in items]), dict)


def replace(obj, /, **changes):
    if not is_dataclass(obj) or isinstance(obj, type):
        raise TypeError("replace() should be called on dataclass instances")
    for f in obj.__dataclass_fields__.values():
        if not f.init:
            if f.name in changes:
                raise ValueError(
                    f"field {f.name} is declared with init=False, it cannot be specified with replace()"
                )
        elif f.name not in changes:
            if f._init_only and f.default is MISSING:
                raise ValueError(f"InitVar {f.name!r} must be specified with replace()")
            if not f._init_only:
                changes[f.name] = getattr(obj, f.name)
    return type(obj)(**changes)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, **options):
    names = dict(namespace or {})
    annotations = {}
    for item in fields:
        if isinstance(item, str):
            item = (item, "typing.Any")
        annotations[item[0]] = item[1]
        if len(item) > 2:
            names[item[0]] = item[2]
    names["__annotations__"] = annotations
    return dataclass(type(cls_name, bases, names), **options)
