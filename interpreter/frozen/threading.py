# CPython's threading, over _thread.
import _thread
from _thread import allocate_lock as Lock, get_ident

_threads = {}
_count = 0


class Thread:
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        global _count
        _count += 1
        self.name = name or "Thread-%d" % _count
        self.daemon = bool(daemon)
        self.ident = None
        self._call = target, args, kwargs or {}
        self._done = None

    def __repr__(self):
        state = "initial" if self._done is None else "started" if self.is_alive() else "stopped"
        return "<%s(%s, %s)>" % (type(self).__name__, self.name, state)

    def start(self):
        if self._done:
            raise RuntimeError("threads can only be started once")
        # Held until the thread has ended.
        self._done = Lock()
        self._done.acquire()
        _thread.start_new_thread(self._begin, ())

    def _begin(self):
        self.ident = get_ident()
        _threads[self.ident] = self
        try:
            self.run()
        finally:
            del _threads[self.ident]
            self._done.release()

    def run(self):
        target, args, kwargs = self._call
        if target:
            target(*args, **kwargs)

    def join(self, timeout=None):
        if not self._done:
            raise RuntimeError("cannot join thread before it is started")
        if self is current_thread():
            raise RuntimeError("cannot join current thread")
        if self._done.acquire(True, -1 if timeout is None else max(0, timeout)):
            self._done.release()

    def is_alive(self):
        return self._done is not None and self._done.locked()


class _Main(Thread):
    def is_alive(self):
        return True


_main = _Main(name="MainThread")
_main.ident = get_ident()


def main_thread():
    return _main


def current_thread():
    return _threads.get(get_ident(), _main)


def enumerate():
    return [_main, *_threads.values()]


def active_count():
    return 1 + len(_threads)


class RLock:
    def __init__(self):
        self._lock = Lock()
        self._owner = None
        self._depth = 0

    def acquire(self, blocking=True, timeout=-1):
        me = get_ident()
        if self._owner != me:
            if not self._lock.acquire(blocking, timeout):
                return False
            self._owner = me
        self._depth += 1
        return True

    def release(self):
        if self._owner != get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._lock.release()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc):
        self.release()


class Condition:
    def __init__(self, lock=None):
        self._lock = lock or RLock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release
        # A lock that is held for each thread that waits.
        self._waiting = []

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc):
        self.release()

    def wait(self, timeout=None):
        turn = Lock()
        turn.acquire()
        self._waiting.append(turn)
        self.release()
        try:
            woken = turn.acquire(True, -1 if timeout is None else max(0, timeout))
        finally:
            self.acquire()
        if not woken and turn in self._waiting:
            self._waiting.remove(turn)
        return woken

    def wait_for(self, predicate, timeout=None):
        from time import ticks_diff, ticks_ms

        start = ticks_ms()
        while not (result := predicate()):
            left = None
            if timeout is not None:
                left = timeout - ticks_diff(ticks_ms(), start) / 1000
                if left <= 0:
                    break
            self.wait(left)
        return result

    def notify(self, n=1):
        while self._waiting and n > 0:
            self._waiting.pop(0).release()
            n -= 1

    def notify_all(self):
        self.notify(len(self._waiting))


class Event:
    def __init__(self):
        self._set = False
        self._changed = Condition(Lock())

    def is_set(self):
        return self._set

    def set(self):
        with self._changed:
            self._set = True
            self._changed.notify_all()

    def clear(self):
        self._set = False

    def wait(self, timeout=None):
        with self._changed:
            return self._set or self._changed.wait(timeout) or self._set


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._value = self._most = value
        self._changed = Condition(Lock())

    def acquire(self, blocking=True, timeout=None):
        with self._changed:
            if not self._value and not (blocking and self._changed.wait_for(lambda: self._value, timeout)):
                return False
            self._value -= 1
            return True

    def release(self, n=1):
        with self._changed:
            self._value += n
            self._changed.notify(n)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc):
        self.release()


class BoundedSemaphore(Semaphore):
    def release(self, n=1):
        if self._value + n > self._most:
            raise ValueError("Semaphore released too many times")
        Semaphore.release(self, n)


class Timer(Thread):
    def __init__(self, interval, function, args=None, kwargs=None):
        Thread.__init__(self, target=function, args=args or (), kwargs=kwargs)
        self.interval = interval
        self.finished = Event()

    def cancel(self):
        self.finished.set()

    def run(self):
        if not self.finished.wait(self.interval):
            Thread.run(self)
        self.finished.set()


class local:
    def __init__(self):
        object.__setattr__(self, "_all", {})

    def __getattr__(self, name):
        try:
            return self._all[get_ident()][name]
        except KeyError:
            raise AttributeError("'local' object has no attribute '%s'" % name) from None

    def __setattr__(self, name, value):
        self._all.setdefault(get_ident(), {})[name] = value

    def __delattr__(self, name):
        try:
            del self._all[get_ident()][name]
        except KeyError:
            raise AttributeError(name) from None
