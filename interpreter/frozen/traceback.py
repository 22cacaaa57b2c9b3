# CPython's traceback on sys.print_exception.
import io
import sys


def _text(e):
    out = io.StringIO()
    if e is None:
        return "NoneType: None\n"
    sys.print_exception(e, out)
    return out.getvalue()


def _value(exc, value):
    return exc if isinstance(exc, BaseException) or exc is None else value


def format_exception(exc, /, value=None, tb=None, limit=None, chain=True):
    return _text(_value(exc, value)).splitlines(True)


def format_exception_only(exc, /, value=None):
    return format_exception(exc, value)[-1:]


def print_exception(exc, /, value=None, tb=None, limit=None, file=None, chain=True):
    print(_text(_value(exc, value)), end="", file=file or sys.stderr)


def _current():
    return sys.exc_info()[1] if hasattr(sys, "exc_info") else None


def format_exc(limit=None, chain=True):
    return _text(_current())


def print_exc(limit=None, file=None, chain=True):
    print(format_exc(), end="", file=file or sys.stderr)
