# CPython's copy.


class Error(Exception):
    pass


error = Error
_ATOMS = (type(None), int, float, bool, complex, str, bytes, type, range, type(lambda: 0), type(print), type(...))


def _instance(x, memo):
    new = object.__new__(type(x))
    memo[id(x)] = new
    for name, value in x.__dict__.items():
        setattr(new, name, value)
    return new


def copy(x):
    if type(x) in _ATOMS:
        return x
    f = getattr(x, "__copy__", None)
    if f is not None:
        return f()
    cls = type(x)
    if cls in (tuple, frozenset):
        return x
    if cls in (list, dict, set):
        return x.copy()
    if cls is bytearray:
        return cls(x)
    if isinstance(x, type) or not hasattr(x, "__dict__"):
        if hasattr(x, "copy"):
            return x.copy()
        return x
    if isinstance(x, (list, dict, set, tuple, str, int, float, bytes, bytearray, BaseException)):
        new = cls(*x.args) if isinstance(x, BaseException) else cls(x)
        for name, value in x.__dict__.items():
            setattr(new, name, value)
        return new
    return _instance(x, {})


def deepcopy(x, memo=None):
    cls = type(x)
    if cls in _ATOMS or isinstance(x, type):
        return x
    memo = {} if memo is None else memo
    if id(x) in memo:
        return memo[id(x)]
    f = getattr(x, "__deepcopy__", None)
    if f is not None:
        new = f(memo)
    elif isinstance(x, list):
        new = memo[id(x)] = cls()
        for item in x:
            new.append(deepcopy(item, memo))
    elif isinstance(x, dict):
        new = memo[id(x)] = copy(x)
        new.clear()
        for key, value in x.items():
            new[deepcopy(key, memo)] = deepcopy(value, memo)
    elif isinstance(x, tuple):
        items = [deepcopy(item, memo) for item in x]
        if id(x) in memo:
            return memo[id(x)]
        if all(a is b for a, b in zip(items, x)):
            new = x
        else:
            new = cls(*items) if hasattr(x, "_fields") else cls(items)
    elif isinstance(x, (set, frozenset)):
        new = cls([deepcopy(item, memo) for item in x])
    elif hasattr(x, "__dict__") and not hasattr(x, "__next__") and not callable(x):
        new = copy(x) if isinstance(x, (BaseException, str, int, float, bytes)) else _instance(x, memo)
        memo[id(x)] = new
        for name, value in x.__dict__.items():
            setattr(new, name, deepcopy(value, memo))
    else:
        new = copy(x)
    memo[id(x)] = new
    # As long as the copying goes on, nothing else may get its id.
    memo.setdefault(id(memo), []).append(x)
    return new


def replace(obj, /, **changes):
    return obj.__replace__(**changes)
