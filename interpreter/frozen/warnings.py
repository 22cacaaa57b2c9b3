# CPython's warnings: every place warns once, to stderr. Filters apply to categories only.
import sys

_filters = []
_seen = set()


def simplefilter(action, category=Warning, lineno=0, append=False):
    _filters.insert(len(_filters) if append else 0, (action, category, ""))


def filterwarnings(action, message="", category=Warning, module="", lineno=0, append=False):
    _filters.insert(len(_filters) if append else 0, (action, category, message))


def resetwarnings():
    _filters.clear()


def formatwarning(message, category, filename="", lineno=0, line=None):
    return f"{category.__name__}: {message}\n"


def showwarning(message, category, filename="", lineno=0, file=None, line=None):
    print(formatwarning(message, category), end="", file=file or sys.stderr)


def warn(message, category=None, stacklevel=1, source=None):
    if isinstance(message, Warning):
        category = type(message)
    elif category is None:
        category = UserWarning
    text = str(message)
    action = "default"
    for kind, of, start in _filters:
        if issubclass(category, of) and text.startswith(start):
            action = kind
            break
    if action == "error":
        raise message if isinstance(message, Warning) else category(message)
    if action == "ignore" or (action != "always" and (category, text) in _seen):
        return
    _seen.add((category, text))
    if _recording:
        _recording[-1].append(WarningMessage(message if isinstance(message, Warning) else category(message), category))
    else:
        showwarning(text, category)


def warn_explicit(message, category, filename, lineno, **kw):
    warn(message, category)


class WarningMessage:
    def __init__(self, message, category):
        self.message = message
        self.category = category
        self.filename = ""
        self.lineno = 0


_recording = []


class catch_warnings:
    def __init__(self, *, record=False, action=None, category=Warning):
        self._record = record
        self._action = action
        self._category = category

    def __enter__(self):
        self._saved = _filters[:]
        if self._action:
            simplefilter(self._action, self._category)
        if self._record:
            _recording.append([])
            return _recording[-1]

    def __exit__(self, *exc):
        _filters[:] = self._saved
        if self._record:
            _recording.pop()


def deprecated(message, /, *, category=DeprecationWarning, stacklevel=1):
    def decorate(f):
        def wrapper(*args, **kw):
            warn(message, category)
            return f(*args, **kw)

        return wrapper

    return decorate
