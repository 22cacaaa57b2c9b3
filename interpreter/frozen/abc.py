# CPython's abc as far as it goes without metaclasses: an abstract class can be instantiated only through a subclass
# that defines its abstract methods.


def abstractmethod(func):
    func.__isabstractmethod__ = True
    return func


def abstractproperty(func):
    return property(abstractmethod(func))


abstractclassmethod = classmethod
abstractstaticmethod = staticmethod


class ABC:
    def __new__(cls, *args, **kw):
        missing = []
        for c in cls.__mro__:
            for name, value in c.__dict__.items():
                if _abstract(value) and name not in missing:
                    for d in cls.__mro__:
                        if name in d.__dict__:
                            if _abstract(d.__dict__[name]):
                                missing.append(name)
                            break
        if missing:
            names = ", ".join([f"'{name}'" for name in sorted(missing)])
            s = "" if len(missing) == 1 else "s"
            raise TypeError(
                f"Can't instantiate abstract class {cls.__name__} without an implementation for abstract method{s} {names}"
            )
        return object.__new__(cls)


def _abstract(value):
    if isinstance(value, property):
        value = getattr(value, "fget", None)
    return getattr(value, "__isabstractmethod__", False) is True
