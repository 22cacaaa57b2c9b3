# try in every shape, chaining, tracebacks' order of cleanup.
def t(n):
    log = []
    try:
        log.append("try")
        if n == 1: raise ValueError("v")
        if n == 2: raise KeyError("k")
        if n == 3: return log
        if n == 4: 1 / 0
    except ValueError as e: log.append("ve:" + str(e))
    except (KeyError, IndexError) as e: log.append("ke:" + repr(e))
    else: log.append("else")
    finally: log.append("finally")
    return log
for i in range(4): print(t(i))
try: t(4)
except ZeroDivisionError as e: print(e)
def loops():
    out = []
    for i in range(5):
        try:
            if i == 1: continue
            if i == 3: break
            out.append(i)
        finally: out.append("f%d" % i)
    else: out.append("no")
    while True:
        try: return out
        finally: out.append("end")
print(loops())
def override():
    try: return 1
    finally: return 2
print(override())
def nested():
    try:
        try: raise ValueError("inner")
        finally: print("cleanup 1")
    except ValueError as e:
        print("caught", e)
        try: raise TypeError("second")
        except TypeError as e2: print(e2.__context__ is e, e2.__cause__)
    try: print(e)
    except NameError: print("e is gone")
nested()
try:
    try: raise KeyError("a")
    except KeyError as e: raise RuntimeError("b") from e
except RuntimeError as e: print(repr(e), repr(e.__cause__), e.__suppress_context__)
try:
    try: raise KeyError("a")
    except KeyError: raise RuntimeError("c") from None
except RuntimeError as e: print(repr(e), e.__cause__, e.__suppress_context__)
try:
    try: raise OSError(2, "no file")
    except OSError as e: print(e.errno, e.args); raise
except OSError as e: print("again", e.args)
for bad in (lambda: (_ for _ in ()).throw(ValueError("x")), lambda: [].pop(), lambda: int("q"), lambda: {}["k"], lambda: None.x, lambda: None(), lambda: None[0], lambda: len(5), lambda: "a".b):
    try: bad()
    except Exception as e: print(type(e).__name__, e)
for bad in (5, "str", None):
    try: raise bad
    except TypeError as e: print(e)
try: raise
except RuntimeError as e: print(e)
class MyErr(Exception): pass
class Sub(MyErr):
    def __str__(self): return "custom " + str(self.args)
for c in (MyErr, Sub):
    try: raise c
    except MyErr as e: print(type(e).__name__, str(e), e.args)
try: raise Sub(1, "b")
except MyErr as e: print(e, repr(e))
print(repr(ValueError()), repr(ValueError("a")), repr(ValueError("a", 1)), str(ValueError()), str(KeyError("k")), str(ValueError(1, 2)), ValueError("a").args)
print(issubclass(KeyError, LookupError), issubclass(ZeroDivisionError, ArithmeticError), issubclass(KeyboardInterrupt, Exception), issubclass(StopIteration, Exception), isinstance(OSError(), Exception))
def swallow():
    for i in range(3):
        try: raise ValueError(i)
        except ValueError: continue
        finally: print("f", i, end=" ")
    return "done"
print(swallow())
def deep(n):
    try:
        if n == 0: raise ValueError("bottom")
        deep(n - 1)
    finally: trail.append(n)
trail = []
try: deep(5)
except ValueError as e: print(e, trail)
class Ctx:
    def __init__(self, n, swallow=False): self.n, self.s = n, swallow
    def __enter__(self): trail.append("+" + self.n); return self.n
    def __exit__(self, *a): trail.append("-" + self.n); return self.s
def withs():
    trail.clear()
    for i in range(3):
        with Ctx("a") as a, Ctx("b", True) as b:
            if i == 0: continue
            if i == 1: raise ValueError
            return a + b
print(withs(), trail)
try:
    with Ctx("x"):
        with 5: pass
except (TypeError, AttributeError) as e: print("not a context manager")
try:
    try: raise ValueError(1)
    except 5: pass
except TypeError as e: print("TypeError")
try:
    exec("def f(:\n pass")
except SyntaxError as e: print("SyntaxError")
try: assert [], "empty"
except AssertionError as e: print(repr(e))
e1 = ValueError("note"); e1.add_note("n1") if hasattr(e1, "add_note") else None
try:
    def g():
        yield 1
        raise ValueError("in gen")
    for x in g(): print(x)
except ValueError as e: print(e)
try: exit_code = None; raise SystemExit(3)
except SystemExit as e: print("exit", e.code, e.args)
print("end")
