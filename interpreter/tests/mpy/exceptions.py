# Every way through try, finally and with.
class Manager:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        print("enter", self.name)
        return self

    def __exit__(self, kind, value, traceback):
        print("exit", self.name, kind.__name__ if kind else None)
        return self.swallow


def leave(how):
    for i in range(3):
        try:
            with Manager(i) as m:
                try:
                    print("in", m.name)
                    if how == "return":
                        return i
                    if how == "break":
                        break
                    if how == "continue":
                        continue
                    if how == "raise":
                        raise ValueError(i)
                finally:
                    print("inner finally")
        except ValueError as e:
            print("caught", e)
        else:
            print("else")
        finally:
            print("outer finally")
    return "end"


for how in ("return", "break", "continue", "raise", "nothing"):
    print(how, leave(how))


def override():
    while True:
        try:
            return 1
        finally:
            break
    return 2


print(override())


def nested():
    try:
        try:
            1 // 0
        except ZeroDivisionError:
            try:
                raise
            finally:
                print("re-raising")
    except ZeroDivisionError as e:
        print(type(e).__name__)
    try:
        with Manager("quiet", True):
            raise KeyError
    finally:
        print("done")


nested()


def unbound(flag):
    if flag:
        x = 1
    try:
        return x
    except NameError:
        return "unbound"


print(unbound(True), unbound(False))
try:
    raise TypeError("x") from None
except (KeyError, TypeError) as e:
    print(e)
