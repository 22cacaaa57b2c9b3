# CPython's pprint for dicts, lists, tuples and sets.
import sys


def pformat(object, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True, underscore_numbers=False):
    return _format(object, indent, width, depth, sort_dicts, compact, 0, 0, 0)


def pprint(object, stream=None, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True, **kw):
    text = pformat(object, indent, width, depth, compact=compact, sort_dicts=sort_dicts)
    print(text, file=stream or sys.stdout)


def pp(object, *args, sort_dicts=False, **kw):
    pprint(object, *args, sort_dicts=sort_dicts, **kw)


def saferepr(object):
    return _short(object, None, 0, True)


def isreadable(object):
    return "<" not in saferepr(object)


def _sorted(items):
    items = list(items)
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda x: (str(type(x)), str(x)))


# On one line.
def _short(x, depth, level, sort):
    kind = type(x)
    if kind is dict:
        if not x:
            return "{}"
        if depth and level >= depth:
            return "{...}"
        items = _sorted(x.items()) if sort else x.items()
        return (
            "{"
            + ", ".join(
                [_short(k, depth, level + 1, sort) + ": " + _short(v, depth, level + 1, sort) for k, v in items]
            )
            + "}"
        )
    if kind in (list, tuple):
        left, right = "[]" if kind is list else "()"
        if not x:
            return left + right
        if depth and level >= depth:
            return left + "..." + right
        body = ", ".join([_short(v, depth, level + 1, sort) for v in x])
        return left + body + ("," if kind is tuple and len(x) == 1 else "") + right
    if kind in (set, frozenset) and x:
        body = "{" + ", ".join([repr(v) for v in _sorted(x)]) + "}"
        return body if kind is set else f"frozenset({body})"
    return repr(x)


# `column` is where the text starts, `after` what must follow its last line.
def _format(x, indent, width, depth, sort, compact, column, after, level):
    text = _short(x, depth, level, sort)
    kind = type(x)
    if len(text) <= width - column - after or kind not in (dict, list, tuple, set, frozenset) or not x:
        return text
    if depth and level >= depth:
        return text
    left, right = {dict: "{}", list: "[]", tuple: "()", set: "{}", frozenset: "{}"}[kind]
    if kind is frozenset:
        left, right = "frozenset({", "})"
    if kind is tuple and len(x) == 1:
        right = ",)"
    column += indent + len(left) - 1
    items = (_sorted(x.items()) if sort else list(x.items())) if kind is dict else _sorted(x) if kind in (set, frozenset) else list(x)
    parts = []
    for i, item in enumerate(items):
        end = after + len(right) if i + 1 == len(items) else 1
        if kind is dict:
            key = _short(item[0], depth, level + 1, sort) + ": "
            value = _format(item[1], indent, width, depth, sort, compact, column + len(key), end, level + 1)
            parts.append(key + value)
        else:
            parts.append(_format(item, indent, width, depth, sort, compact, column, end, level + 1))
    separator = ",\n" + " " * column
    if compact and kind is not dict:
        lines = [""]
        for i, part in enumerate(parts):
            room = width - column - (after + len(right) if i + 1 == len(parts) else 1)
            if lines[-1] and len(lines[-1]) + 2 + len(part) > room:
                lines.append(part)
            else:
                lines[-1] += (", " if lines[-1] else "") + part
        parts = lines
    return left + " " * (indent - 1) + separator.join(parts) + right


class PrettyPrinter:
    def __init__(self, indent=1, width=80, depth=None, stream=None, *, compact=False, sort_dicts=True, **kw):
        self._options = dict(indent=indent, width=width, depth=depth, compact=compact, sort_dicts=sort_dicts)
        self._stream = stream

    def pformat(self, object):
        return pformat(object, **self._options)

    def pprint(self, object):
        pprint(object, self._stream, **self._options)
