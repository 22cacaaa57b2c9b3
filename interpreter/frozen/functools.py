# CPython's functools.

_NONE = object()
WRAPPER_ASSIGNMENTS = ("__module__", "__name__", "__qualname__", "__doc__")
WRAPPER_UPDATES = ("__dict__",)


def reduce(function, iterable, initial=_NONE, /):
    it = iter(iterable)
    if initial is _NONE:
        for initial in it:
            break
        else:
            raise TypeError("reduce() of empty iterable with no initial value")
    for item in it:
        initial = function(initial, item)
    return initial


class partial:
    def __init__(self, func, /, *args, **keywords):
        if not callable(func):
            raise TypeError("the first argument must be callable")
        if isinstance(func, partial):
            args = func.args + args
            keywords = {**func.keywords, **keywords}
            func = func.func
        self.func = func
        self.args = args
        self.keywords = keywords

    def __call__(self, /, *args, **keywords):
        return self.func(*self.args, *args, **{**self.keywords, **keywords})

    def __repr__(self):
        parts = [repr(self.func)]
        parts += [repr(arg) for arg in self.args]
        parts += [f"{k}={v!r}" for k, v in self.keywords.items()]
        return "functools.partial(" + ", ".join(parts) + ")"


class partialmethod:
    def __init__(self, func, /, *args, **keywords):
        self.func = func
        self.args = args
        self.keywords = keywords

    def __get__(self, obj, cls=None):
        func = self.func
        if hasattr(func, "__get__"):
            func = func.__get__(obj, cls)
        elif obj is not None:
            func = partial(func, obj)
        return partial(func, *self.args, **self.keywords)


def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    for name in assigned:
        try:
            setattr(wrapper, name, getattr(wrapped, name))
        except AttributeError:
            pass
    for name in updated:
        for key, value in getattr(wrapped, name, {}).items():
            setattr(wrapper, key, value)
    wrapper.__wrapped__ = wrapped
    return wrapper


def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    return lambda wrapper: update_wrapper(wrapper, wrapped, assigned, updated)


class _CacheInfo(tuple):
    hits = property(lambda self: self[0])
    misses = property(lambda self: self[1])
    maxsize = property(lambda self: self[2])
    currsize = property(lambda self: self[3])

    def __repr__(self):
        return "CacheInfo(hits=%r, misses=%r, maxsize=%r, currsize=%r)" % tuple(self)


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return _cached(maxsize, 128, typed)
    if maxsize is not None and maxsize < 0:
        maxsize = 0
    return lambda function: _cached(function, maxsize, typed)


def cache(function, /):
    return _cached(function, None, False)


def _cached(function, maxsize, typed):
    results = {}
    hits = misses = 0

    def wrapper(*args, **kw):
        nonlocal hits, misses
        if kw or typed:
            key = (args, _NONE, tuple(kw.items()))
            if typed:
                key += (tuple(type(v) for v in args), tuple(type(v) for v in kw.values()))
        else:
            key = args
        result = results.get(key, _NONE)
        if result is not _NONE:
            hits += 1
            if maxsize is not None:
                # Dicts keep their order: the oldest result is the first.
                del results[key]
                results[key] = result
            return result
        misses += 1
        result = function(*args, **kw)
        if maxsize != 0:
            if maxsize is not None and len(results) >= maxsize and key not in results:
                del results[next(iter(results))]
            results[key] = result
        return result

    def cache_clear():
        nonlocal hits, misses
        results.clear()
        hits = misses = 0

    update_wrapper(wrapper, function)
    wrapper.cache_info = lambda: _CacheInfo((hits, misses, maxsize, len(results)))
    wrapper.cache_parameters = lambda: {"maxsize": maxsize, "typed": typed}
    wrapper.cache_clear = cache_clear
    return wrapper


class cached_property:
    def __init__(self, func):
        self.func = func
        self.attrname = None
        self.__doc__ = getattr(func, "__doc__", None)

    def __set_name__(self, owner, name):
        self.attrname = name

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        # Not a data descriptor: from now on the attribute is found first.
        value = self.func(obj)
        setattr(obj, self.attrname, value)
        return value


def cmp_to_key(mycmp):
    class K:
        def __init__(self, obj):
            self.obj = obj

        def __lt__(self, other):
            return mycmp(self.obj, other.obj) < 0

        def __gt__(self, other):
            return mycmp(self.obj, other.obj) > 0

        def __le__(self, other):
            return mycmp(self.obj, other.obj) <= 0

        def __ge__(self, other):
            return mycmp(self.obj, other.obj) >= 0

        def __eq__(self, other):
            return mycmp(self.obj, other.obj) == 0

    return K


def total_ordering(cls):
    def has(name):
        return any(name in c.__dict__ for c in cls.__mro__ if c is not object)

    def lt(a, b):
        if has_lt:
            return a < b
        if has_le:
            return a <= b and a != b
        if has_gt:
            return not (a > b) and a != b
        return not (a >= b)

    has_lt, has_le, has_gt, has_ge = has("__lt__"), has("__le__"), has("__gt__"), has("__ge__")
    if not (has_lt or has_le or has_gt or has_ge):
        raise ValueError("must define at least one ordering operation: < > <= >=")
    if not has_lt:
        cls.__lt__ = lt
    if not has_le:
        cls.__le__ = lambda a, b: lt(a, b) or a == b
    if not has_gt:
        cls.__gt__ = lambda a, b: not lt(a, b) and a != b
    if not has_ge:
        cls.__ge__ = lambda a, b: not lt(a, b)
    return cls


def singledispatch(func):
    registry = {object: func}

    def dispatch(cls):
        for c in cls.__mro__ if hasattr(cls, "__mro__") else (cls, object):
            if c in registry:
                return registry[c]
        # Native types may have no __mro__.
        best = object
        for c in registry:
            if issubclass(cls, c) and issubclass(c, best):
                best = c
        return registry[best]

    def register(cls, func=None):
        if func is None:
            return lambda f: register(cls, f)
        registry[cls] = func
        return func

    def wrapper(*args, **kw):
        if not args:
            raise TypeError(f"{func.__name__} requires at least 1 positional argument")
        return dispatch(type(args[0]))(*args, **kw)

    update_wrapper(wrapper, func)
    wrapper.register = register
    wrapper.dispatch = dispatch
    wrapper.registry = registry
    return wrapper
