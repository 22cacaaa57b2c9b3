# sys.settrace: events, frames, local trace functions.
import sys

events = []


def note(frame, event, arg):
    first = frame.f_code.co_firstlineno
    text = "%s %s +%d" % (event, frame.f_code.co_name, frame.f_lineno - first)
    if event == "return":
        text += " " + repr(arg)
    elif event == "exception":
        text += " " + arg[0].__name__ + ": " + str(arg[1]) + " " + str(arg[2] is not None)
    events.append(text)
    return note


def traced(f, *args):
    events.clear()
    print("----", f.__name__)
    sys.settrace(note)
    try:
        f(*args)
    except Exception as e:
        print("raised", type(e).__name__, e)
    finally:
        sys.settrace(None)
    for e in events:
        # Our way out belongs to nobody.
        if " traced " not in e:
            print(e)


def straight(x):
    y = x + 1
    z = y * 2
    return z


traced(straight, 3)


def loops(n):
    total = 0
    for i in range(n):
        total += i
    while n > 0:
        n -= 1
    return total


traced(loops, 2)


def inner(x):
    if x > 1:
        return "big"
    return "small"


def outer():
    a = inner(1)
    b = inner(2)
    return a + b


traced(outer)


def fails(x):
    y = x
    return 1 // y


def catches():
    caught = 0
    try: fails(0)
    except ZeroDivisionError:
        caught = True
    return caught


traced(catches)
traced(fails, 0)


def counting():
    yield 1
    yield 2


def over():
    for v in counting():
        w = v
    return w


traced(over)


class Thing:
    def __init__(self, v):
        self.v = v

    def method(self):
        return self.v


def objects():
    t = Thing(4)
    return t.method()


traced(objects)


# Called by native code.
def key(x):
    return -x


def sorts():
    return sorted([1, 3, 2], key=key)


traced(sorts)


def recursive(n):
    if n == 0:
        return 0
    return recursive(n - 1)


traced(recursive, 2)


# Only calls: the global function gives no local one.
def calls_only(frame, event, arg):
    events.append("%s %s" % (event, frame.f_code.co_name))


events.clear()
sys.settrace(calls_only)
outer()
sys.settrace(None)
print(events)


# Frames: callers, variables, module.
def look(frame, event, arg):
    if event == "line" and frame.f_code.co_name == "inspected":
        events.append((frame.f_lineno - frame.f_code.co_firstlineno, dict(frame.f_locals)))
    if event == "call":
        names = []
        f = frame
        while f is not None:
            names.append(f.f_code.co_name)
            f = f.f_back
        events.append(names)
    return look


def inspected(a, *rest, k=2):
    b = a + k

    def uses():
        return b

    c = len(rest)
    b = 7
    return uses


def calls_inspected():
    inspected(1, 5, 6)


events.clear()
sys.settrace(look)
calls_inspected()
sys.settrace(None)
for e in events:
    if isinstance(e, tuple):
        d = e[1]
        print(e[0], sorted(k for k in d if k != "x" and k != "uses"), d["a"], d.get("b"), d["rest"], d["k"])
    elif "<listcomp>" not in e:
        print(e)


# A different function for one frame; one that raises ends it all.
def first(frame, event, arg):
    return second if frame.f_code.co_name == "inner" else None


def second(frame, event, arg):
    events.append(event)
    return None


events.clear()
sys.settrace(first)
outer()
sys.settrace(None)
print(events)


def breaks(frame, event, arg):
    if event == "line":
        raise ValueError("from the trace function")
    return breaks


sys.settrace(breaks)
try:
    outer()
except ValueError as e:
    print("ValueError", e, sys.gettrace())
sys.settrace(None)


# What is kept of a frame.
def keep(frame, event, arg):
    global kept
    if event == "return" and frame.f_code.co_name == "straight":
        kept = frame
        frame.f_locals
    return keep


sys.settrace(keep)
straight(10)
sys.settrace(None)
print(kept.f_locals, kept.f_code.co_name, kept.f_globals is globals())


def where():
    f = sys._getframe(); return f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno, f.f_back.f_code.co_name


def asks():
    return where(), sys._getframe(1).f_code.co_name


print(asks())
try:
    sys._getframe(100)
except ValueError as e:
    print("ValueError", e)

# A traceback's frames.
try:
    catches.nothing = fails(0)
except ZeroDivisionError as e:
    tb = e.__traceback__
    while tb is not None:
        print(tb.tb_frame.f_code.co_name, tb.tb_lineno > 0)
        tb = tb.tb_next


# Finally and with.
class Manager:
    def __enter__(self):
        return 1

    def __exit__(self, *args):
        return True


def managed():
    with Manager() as m:
        raise KeyError("k")
    return m


traced(managed)


def one_line(x): return x + 1


events.clear()
sys.settrace(note)
one_line(1)
(lambda: 3)()
sys.settrace(None)
print(events)


def switches_off():
    a = 1
    sys.settrace(None)
    b = 2


traced(switches_off)
