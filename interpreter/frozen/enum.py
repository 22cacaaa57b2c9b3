# CPython's enum, without a metaclass: a class is made an enumeration when it is derived, by __init_subclass__.
# Assigning to a member is therefore not refused.


class auto:
    def __init__(self, value=None):
        self.value = value


    # In a class body the values are not known yet.
    def __or__(self, other):
        return _Union((self, other))

    __ror__ = __or__


class _Union(auto):
    def __init__(self, parts):
        self.parts = parts
        self.value = None


class nonmember:
    def __init__(self, value):
        self.value = value


class member(nonmember):
    pass


def _own(name):
    return not (name.startswith("__") or (name.startswith("_") and name.endswith("_")))


_PLAIN = (type(lambda: 0), classmethod, staticmethod, property, type)


class Enum:
    _member_map_ = {}

    def __init_subclass__(cls, boundary=None, **kw):
        for base in cls.__mro__[1:]:
            if base.__dict__.get("_member_map_") and base is not Enum:
                raise TypeError(f"<enum {cls.__name__!r}> cannot extend <enum {base.__name__!r}>")
        values = [
            (name, value)
            for name, value in cls.__dict__.items()
            if _own(name) and (isinstance(value, (auto, member)) or not isinstance(value, _PLAIN))
        ]
        for data in (int, str, float, bytes, tuple):
            if issubclass(cls, data):
                cls._data = data
        own = cls.__dict__
        make, setup = own.get("__new__"), own.get("__init__")
        if make is not None:
            cls.__new__ = Enum.__new__
        if setup is not None:
            # It is for making members, not for looking them up.
            cls._setup = setup
            cls.__init__ = Enum.__init__
        cls._member_map_ = cls.__members__ = members = {}
        cls._value2member_map_ = {}
        cls._pseudo = {}
        last = []
        for name, value in values:
            if isinstance(value, nonmember):
                if not isinstance(value, member):
                    setattr(cls, name, value.value)
                    continue
                value = value.value
            if isinstance(value, auto):
                if isinstance(value, _Union):
                    value.value = 0
                    for part in value.parts:
                        value.value |= part.value if isinstance(part, auto) else part
                elif value.value is None:
                    value.value = cls._generate_next_value_(name, 1, len(last), last[:])
                value = value.value
            last.append(value)
            cls._add(name, value, make)

    @classmethod
    def _add(cls, name, value, make):
        for other in cls._member_map_.values():
            if make is None and other._value_ == value:
                # Another name of the same.
                cls._member_map_[name] = other
                setattr(cls, name, other)
                return
        args = value if isinstance(value, tuple) else (value,)
        if make is not None:
            one = getattr(make, "__func__", make)(cls, *args)
        elif cls._data is not None:
            one = cls._data.__new__(cls, *args)
        else:
            one = object.__new__(cls)
        if not hasattr(one, "_value_"):
            one._value_ = cls._data(*args) if cls._data is not None else value
        one._name_ = name
        one.__objclass__ = cls
        one._sort_order_ = len(cls._member_map_)
        cls._member_map_[name] = one
        setattr(cls, name, one)
        try:
            cls._value2member_map_.setdefault(one._value_, one)
        except TypeError:
            pass
        if hasattr(cls, "_setup"):
            one._setup(*args)

    # The type that values have besides, as int of IntEnum.
    _data = None

    def __new__(cls, value, names=None, *, module=None, qualname=None, type=None, start=1):
        if not cls._member_map_ and names is not None:
            return cls._create(value, names, start)
        if isinstance(value, cls):
            return value
        try:
            return cls._value2member_map_[value]
        except KeyError:
            pass
        except TypeError:
            for one in cls._member_map_.values():
                if one._value_ == value:
                    return one
        one = cls._missing_(value)
        if isinstance(one, cls):
            return one
        raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")

    def __init__(self, *args, **kw):
        pass

    @classmethod
    def _create(cls, name, names, start):
        if isinstance(names, str):
            names = names.replace(",", " ").split()
        members = {}
        last = []
        for item in names.items() if isinstance(names, dict) else names:
            if isinstance(item, str):
                item = item, cls._generate_next_value_(item, start, len(last), last[:])
            members[item[0]] = item[1]
            last.append(item[1])
        return _type(name, (cls,), members)

    @classmethod
    def _missing_(cls, value):
        return None

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        try:
            return max(last_values) + 1 if last_values else start
        except TypeError:
            raise TypeError("unable to sort non-numeric values") from None

    @classmethod
    def __class_iter__(cls):
        return [m for n, m in cls._member_map_.items() if m._name_ == n]

    @classmethod
    def __class_len__(cls):
        return len(cls.__class_iter__())

    @classmethod
    def __class_getitem__(cls, name):
        return cls._member_map_[name]

    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __repr__(self):
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self._name_}"

    def __format__(self, spec):
        return format(str(self), spec)

    def __hash__(self):
        return hash(self._name_)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce_ex__(self, protocol):
        return type(self), (self._value_,)


_type = type


class ReprEnum(Enum):
    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)


class IntEnum(int, ReprEnum):
    _data = int
    __repr__ = Enum.__repr__
    __str__ = ReprEnum.__str__
    __format__ = ReprEnum.__format__

    def __hash__(self):
        return hash(self._value_)


class StrEnum(str, ReprEnum):
    _data = str
    __repr__ = Enum.__repr__
    __str__ = ReprEnum.__str__
    __format__ = ReprEnum.__format__

    def __hash__(self):
        return hash(self._value_)

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()


CONTINUOUS, NAMED_FLAGS, UNIQUE = "CONTINUOUS", "NAMED_FLAGS", "UNIQUE"
STRICT, CONFORM, EJECT, KEEP = "STRICT", "CONFORM", "EJECT", "KEEP"


class Flag(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        most = max(last_values, default=0)
        bit = 1
        while bit <= most:
            bit <<= 1
        return bit

    @classmethod
    def _bits(cls):
        all = 0
        for m in cls._member_map_.values():
            all |= m._value_
        return all

    # Single bits in their order: others are combinations.
    @classmethod
    def __class_iter__(cls):
        return [m for n, m in cls._member_map_.items() if m._name_ == n and m._value_ and not m._value_ & (m._value_ - 1)]

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int):
            return None
        if value in cls._pseudo:
            return cls._pseudo[value]
        all = cls._bits()
        if value < 0:
            value &= all if cls._data is None else -1
            if value >= 0 and value in cls._value2member_map_:
                return cls._value2member_map_[value]
            if value < 0:
                value &= all
        if value & ~all and cls._data is None:
            n = max(value.bit_length() if hasattr(value, "bit_length") else len(bin(value)) - 2, len(bin(all)) - 2)
            raise ValueError(
                f"<flag {cls.__name__!r}> invalid value {value!r}\n    given 0b0 {value:0{n}b}\n  allowed 0b0 {all:0{n}b}"
            )
        one = cls._data.__new__(cls, value) if cls._data else object.__new__(cls)
        one._value_ = value
        names = [m._name_ for m in cls.__class_iter__() if m._value_ & value]
        rest = value & ~all
        if rest:
            names.append(str(rest))
        one._name_ = "|".join(names) or None
        cls._pseudo[value] = one
        return one

    def _other(self, other):
        if isinstance(other, type(self)):
            return other._value_
        if self._data is not None and isinstance(other, int):
            return int(other)
        return None

    def __or__(self, other):
        v = self._other(other)
        return NotImplemented if v is None else type(self)(self._value_ | v)

    def __and__(self, other):
        v = self._other(other)
        return NotImplemented if v is None else type(self)(self._value_ & v)

    def __xor__(self, other):
        v = self._other(other)
        return NotImplemented if v is None else type(self)(self._value_ ^ v)

    __ror__ = __or__
    __rand__ = __and__
    __rxor__ = __xor__

    def __invert__(self):
        return type(self)(self._bits() & ~self._value_)

    def __bool__(self):
        return self._value_ != 0

    def __contains__(self, other):
        return other._value_ & self._value_ == other._value_

    def __iter__(self):
        return iter([m for m in type(self).__class_iter__() if m._value_ & self._value_])

    def __len__(self):
        return bin(self._value_).count("1")

    def __hash__(self):
        return hash(self._value_)

    def __repr__(self):
        cls = type(self).__name__
        return f"<{cls}: {self._value_!r}>" if self._name_ is None else f"<{cls}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        cls = type(self).__name__
        return f"{cls}({self._value_!r})" if self._name_ is None else f"{cls}.{self._name_}"


class IntFlag(int, Flag):
    _data = int
    __or__ = __ror__ = Flag.__or__
    __and__ = __rand__ = Flag.__and__
    __xor__ = __rxor__ = Flag.__xor__
    __invert__ = Flag.__invert__
    __repr__ = Flag.__repr__
    __hash__ = Flag.__hash__

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)


def unique(enumeration):
    aliases = [f"{n} -> {m._name_}" for n, m in enumeration._member_map_.items() if n != m._name_]
    if aliases:
        raise ValueError(f"duplicate values found in <enum {enumeration.__name__!r}>: {', '.join(aliases)}")
    return enumeration


def verify(*checks):
    return lambda enumeration: unique(enumeration) if UNIQUE in checks else enumeration


def global_enum(cls):
    return cls


EnumMeta = EnumType = type
