"""The parts of collections that are written in Python."""


def namedtuple(name, fields, rename=False, defaults=None, module=None):
    """A subclass of tuple whose items have names."""
    if isinstance(fields, str):
        fields = fields.replace(",", " ").split()
    fields = tuple(fields)
    for field in fields:
        if not isinstance(field, str):
            raise TypeError("Type names and field names must be strings")
    preset = dict(zip(fields[len(fields) - len(defaults):], defaults)) if defaults else {}

    def new(cls, *args, **kwargs):
        if len(args) > len(fields):
            raise TypeError("%s() takes %d positional arguments but %d were given" % (name, len(fields), len(args)))
        if kwargs or len(args) < len(fields):
            values = list(args)
            for field in fields[len(args):]:
                if field in kwargs:
                    values.append(kwargs.pop(field))
                elif field in preset:
                    values.append(preset[field])
                else:
                    raise TypeError("%s() missing required argument: '%s'" % (name, field))
            for field in kwargs:
                raise TypeError("%s() got an unexpected keyword argument '%s'" % (name, field))
            args = values
        return tuple.__new__(cls, args)

    def text(self):
        return "%s(%s)" % (name, ", ".join(["%s=%r" % pair for pair in zip(fields, self)]))

    def refuse(self, attribute, value):
        raise AttributeError("can't set attribute")

    members = {
        "__new__": new,
        "__repr__": text,
        "__setattr__": refuse,
        "_fields": fields,
        "_field_defaults": preset,
        "_asdict": lambda self: OrderedDict(zip(fields, self)),
        "_make": classmethod(lambda cls, items: cls(*items)),
        "_replace": lambda self, **kwargs: type(self)(*[kwargs.pop(f, v) for f, v in zip(fields, self)], **kwargs),
    }
    for index, field in enumerate(fields):
        members[field] = property(lambda self, index=index: self[index])
    return type(name, (tuple,), members)


class OrderedDict(dict):
    """A dict that knows about its order: equality of two of them looks at it."""

    def move_to_end(self, key, last=True):
        value = self.pop(key)
        if last:
            self[key] = value
        else:
            rest = list(self.items())
            self.clear()
            self[key] = value
            self.update(rest)

    def popitem(self, last=True):
        if last:
            return super().popitem()
        for key in self:
            return key, self.pop(key)
        raise KeyError("dictionary is empty")

    def __eq__(self, other):
        if isinstance(other, OrderedDict):
            return list(self.items()) == list(other.items())
        return dict(self) == other

    def copy(self):
        return OrderedDict(self)

    def __repr__(self):
        return "OrderedDict(%r)" % dict(self)


class defaultdict(dict):
    """A dict that makes the values it lacks."""

    def __init__(self, default_factory=None, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.default_factory = default_factory

    def __missing__(self, key):
        if self.default_factory is None:
            raise KeyError(key)
        value = self[key] = self.default_factory()
        return value

    def copy(self):
        return defaultdict(self.default_factory, self)

    def __repr__(self):
        return "defaultdict(%r, %r)" % (self.default_factory, dict(self))


class Counter(dict):
    """How often each item occurs."""

    def __init__(self, items=None, **kwargs):
        super().__init__()
        self.update(items, **kwargs)

    def __missing__(self, key):
        return 0

    def update(self, items=None, **kwargs):
        if isinstance(items, dict):
            for key, count in items.items():
                self[key] = self[key] + count
        elif items is not None:
            for key in items:
                self[key] = self[key] + 1
        for key, count in kwargs.items():
            self[key] = self[key] + count

    def subtract(self, items):
        pairs = items.items() if isinstance(items, dict) else [(key, 1) for key in items]
        for key, count in pairs:
            self[key] = self[key] - count

    def elements(self):
        for key, count in self.items():
            for _ in range(count):
                yield key

    def most_common(self, n=None):
        pairs = sorted(self.items(), key=lambda pair: pair[1], reverse=True)
        return pairs if n is None else pairs[:n]

    def total(self):
        return sum(self.values())

    def __repr__(self):
        return "Counter(%r)" % dict(self.most_common())


class ChainMap:
    def __init__(self, *maps):
        self.maps = list(maps) or [{}]

    def __getitem__(self, key):
        for m in self.maps:
            if key in m:
                return m[key]
        raise KeyError(key)

    def get(self, key, default=None):
        return self[key] if key in self else default

    def __contains__(self, key):
        return any(key in m for m in self.maps)

    def __iter__(self):
        keys = {}
        for m in self.maps[::-1]:
            keys.update(dict.fromkeys(m))
        return iter(keys)

    def __len__(self):
        return len(list(iter(self)))

    def keys(self):
        return list(self)

    def values(self):
        return [self[k] for k in self]

    def items(self):
        return [(k, self[k]) for k in self]

    def __setitem__(self, key, value):
        self.maps[0][key] = value

    def __delitem__(self, key):
        try:
            del self.maps[0][key]
        except KeyError:
            raise KeyError(f"Key not found in the first mapping: {key!r}") from None

    def pop(self, key, *args):
        return self.maps[0].pop(key, *args)

    def new_child(self, m=None, **kw):
        return ChainMap({**(m or {}), **kw}, *self.maps)

    @property
    def parents(self):
        return ChainMap(*self.maps[1:])

    def __eq__(self, other):
        return dict(self.items()) == (dict(other.items()) if isinstance(other, ChainMap) else other)

    def __repr__(self):
        return "ChainMap(" + ", ".join([repr(m) for m in self.maps]) + ")"
