# Where exceptions passed, and the names that were meant.
import io
import sys


def show(e):
    text = io.StringIO()
    sys.print_exception(e, text)
    for line in text.getvalue().split("\n"):
        if line.startswith("  File "):
            line = "  at" + line[line.rindex(", line") :]
        elif line.startswith("    "):
            continue
        print(line)


def divide(values):
    total = 0
    for v in values:
        total += 10 // v
    return total


def tidy():
    try:
        return divide([1, 0])
    finally:
        v = 1


def again():
    try:
        divide([0])
    except ZeroDivisionError:
        raise


def misspelt():
    counter = 1
    return conter + 1


def builtin():
    return prnt


def nothing_like_it():
    return qwertyuiop


for f in (tidy, again, misspelt, builtin, nothing_like_it):
    try:
        f()
    except Exception as e:
        show(e)
try:
    try:
        raise ValueError("first")
    except ValueError as e:
        raise KeyError("second") from e
except KeyError as e:
    e.add_note("a note")
    show(e)


def deep(n):
    if n:
        deep(n - 1)
    else:
        raise IndexError(n)


for n in (3, 4, 12):
    try:
        deep(n)
    except IndexError as e:
        show(e)
