# CPython's contextlib.


class ContextDecorator:
    def __call__(self, func):
        def inner(*args, **kw):
            with self._recreate_cm():
                return func(*args, **kw)

        return inner

    def _recreate_cm(self):
        return self


class AbstractContextManager:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None


class AbstractAsyncContextManager:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        return None


class _Manager(ContextDecorator):
    def __init__(self, func, args, kw):
        self._make = func, args, kw
        self._gen = func(*args, **kw)

    # As a decorator it is entered again and again.
    def _recreate_cm(self):
        return _Manager(*self._make)

    def __enter__(self):
        try:
            return next(self._gen)
        except StopIteration:
            raise RuntimeError("generator didn't yield") from None

    def __exit__(self, typ, value, traceback):
        if typ is None:
            try:
                next(self._gen)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        if value is None:
            value = typ()
        try:
            self._gen.throw(value)
        except StopIteration as e:
            return e is not value
        except RuntimeError as e:
            if e is value:
                return False
            if isinstance(value, StopIteration) and e.__cause__ is value:
                return False
            raise
        except BaseException as e:
            if e is not value:
                raise
            return False
        raise RuntimeError("generator didn't stop after throw()")


def contextmanager(func):
    def helper(*args, **kw):
        return _Manager(func, args, kw)

    helper.__name__ = func.__name__
    helper.__wrapped__ = func
    return helper


class _AsyncManager:
    def __init__(self, gen):
        self._gen = gen

    async def __aenter__(self):
        try:
            return await self._gen.__anext__()
        except StopAsyncIteration:
            raise RuntimeError("generator didn't yield") from None

    async def __aexit__(self, typ, value, traceback):
        try:
            if typ is None:
                await self._gen.__anext__()
            else:
                await self._gen.athrow(value)
        except StopAsyncIteration as e:
            return e is not value
        except BaseException as e:
            if e is not value:
                raise
            return False
        raise RuntimeError("generator didn't stop")


def asynccontextmanager(func):
    return lambda *args, **kw: _AsyncManager(func(*args, **kw))


class closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, *exc):
        self.thing.close()


class suppress:
    def __init__(self, *exceptions):
        self._exceptions = exceptions

    def __enter__(self):
        pass

    def __exit__(self, typ, value, traceback):
        return typ is not None and issubclass(typ, self._exceptions)


class nullcontext:
    def __init__(self, enter_result=None):
        self.enter_result = enter_result

    def __enter__(self):
        return self.enter_result

    def __exit__(self, *exc):
        pass

    async def __aenter__(self):
        return self.enter_result

    async def __aexit__(self, *exc):
        pass


class ExitStack:
    def __init__(self):
        self._exits = []

    def enter_context(self, cm):
        result = cm.__enter__()
        self.push(cm)
        return result

    def push(self, exit):
        self._exits.append(exit.__exit__ if hasattr(exit, "__exit__") else exit)
        return exit

    def callback(self, callback, /, *args, **kw):
        self._exits.append(lambda *exc: callback(*args, **kw) and None)
        return callback

    def pop_all(self):
        new = ExitStack()
        new._exits, self._exits = self._exits, []
        return new

    def close(self):
        self.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, typ, value, traceback):
        first = value
        while self._exits:
            try:
                if self._exits.pop()(None if value is None else type(value), value, traceback):
                    value = None
            except BaseException as e:
                value = e
        if value is not None and value is not first:
            raise value
        return first is not None and value is None
