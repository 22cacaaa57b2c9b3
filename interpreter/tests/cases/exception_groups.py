# ExceptionGroup and except*.


def leaf(e):
    if isinstance(e, BaseExceptionGroup):
        return type(e).__name__ + "(" + e.message + ": " + ", ".join(leaf(x) for x in e.exceptions) + ")"
    return type(e).__name__ + "(" + ", ".join(str(a) for a in e.args) + ")"


eg = ExceptionGroup("one", [ValueError(1), TypeError(2), ExceptionGroup("two", [OSError(3), ValueError(4)])])
print(leaf(eg))
print(str(eg), "|", eg.message, len(eg.exceptions), type(eg.exceptions).__name__)
print(repr(ExceptionGroup("m", [ValueError("x")])))
print(isinstance(eg, Exception), isinstance(eg, BaseExceptionGroup), issubclass(ExceptionGroup, Exception))
print([c.__name__ for c in ExceptionGroup.__mro__])
print(type(BaseExceptionGroup("b", [ValueError()])).__name__, type(BaseExceptionGroup("b", [KeyboardInterrupt()])).__name__)

yes, no = eg.split(ValueError)
print(leaf(yes))
print(leaf(no))
print(eg.split(KeyError)[0], leaf(eg.split(KeyError)[1]))
print(leaf(eg.subgroup((TypeError, OSError))), eg.subgroup(KeyError))
print(leaf(eg.subgroup(lambda e: e.args and e.args[0] == 4)))
print(eg.split(ExceptionGroup)[0] is eg, eg.split(ExceptionGroup)[1])
print(leaf(eg.derive([KeyError(9)])))

for args in [(), ("m",), (1, [ValueError()]), ("m", 5), ("m", []), ("m", [5]), ("m", [KeyboardInterrupt()])]:
    try:
        ExceptionGroup(*args)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, str(e)[:60])


class Mine(ExceptionGroup):
    def derive(self, excs):
        return Mine(self.message + "'", excs)


print(leaf(Mine("mine", [ValueError(1), KeyError(2)]).split(KeyError)[0]))


def run(exc, *, body=None):
    try:
        try:
            if exc is not None:
                raise exc
            print("no exception")
        except* ValueError as e:
            print("  values", leaf(e))
        except* (TypeError, OSError) as e:
            print("  types", leaf(e))
            if body:
                body(e)
        else:
            print("  else")
        finally:
            print("  finally")
    except BaseException as e:
        print("out:", leaf(e), type(e.__context__).__name__)
    else:
        print("nothing out")


run(None)
run(ValueError(5))
run(KeyError(5))
run(eg)
run(ExceptionGroup("g", [KeyError(1), ValueError(2)]))
run(BaseExceptionGroup("g", [KeyboardInterrupt(), ValueError(2)]))


def again(e):
    raise


def other(e):
    raise RuntimeError("new")


def cause(e):
    raise RuntimeError("new") from e


run(ExceptionGroup("g", [TypeError(1), ValueError(2)]), body=other)
run(ExceptionGroup("g", [TypeError(1), ValueError(2), KeyError(3)]), body=other)
run(ExceptionGroup("g", [TypeError(1), ValueError(2), KeyError(3)]), body=cause)
run(TypeError(1), body=other)


def bare(exc):
    try:
        try:
            raise exc
        except* TypeError:
            raise
        except* ValueError as e:
            raise e
    except BaseException as e:
        print("bare:", leaf(e))


bare(ExceptionGroup("g", [TypeError(1), ValueError(2), ExceptionGroup("h", [TypeError(3), KeyError(4)])]))
bare(ExceptionGroup("g", [TypeError(1)]))

# The name goes; loops inside are free to break; nesting.
try:
    raise ExceptionGroup("g", [ValueError(1)])
except* ValueError as e:
    for i in range(5):
        if i == 2:
            break
    print(i)
try:
    e
except NameError:
    print("NameError")


def nested():
    for n in range(3):
        try:
            try:
                raise ExceptionGroup("g", [ValueError(n), KeyError(n)])
            except* ValueError as e:
                print(n, leaf(e))
        except* KeyError as e:
            print(n, leaf(e))
    return "done"


print(nested())

try:
    try:
        raise ValueError
    except* ExceptionGroup:
        pass
except TypeError as e:
    print("TypeError", e)

for source in [
    "try: pass\nexcept* ValueError: pass\nexcept TypeError: pass",
    "try: pass\nexcept*: pass",
    "def f():\n try: pass\n except* ValueError: return 1",
    "while 1:\n try: pass\n except* ValueError: break",
    "while 1:\n try: pass\n except* ValueError: continue",
]:
    try:
        compile(source, "s", "exec")
        print("compiled")
    except SyntaxError as e:
        print("SyntaxError", e.msg)

# Notes and a plain except.
eg = ExceptionGroup("noted", [ValueError(1), KeyError(2)])
eg.add_note("a note")
print(eg.split(KeyError)[0].__notes__)
try:
    raise eg
except Exception as e:
    print(e is eg, eg.__traceback__ is not None)
