from asyncio import CancelledError, TimeoutError, _wait, _wake, create_task, current_task, sleep, ticks


# Cancels the task that is in its block when the time is over, and turns that into TimeoutError.
class Timeout:
    def __init__(self, delay):
        self._delay = delay
        self._watch = None
        self._expired = False

    def expired(self):
        return self._expired

    def when(self):
        return self._when

    # `when` is a time of the loop, in seconds.
    def reschedule(self, when):
        if self._watch:
            self._watch.cancel()
        self._when = when
        self._watch = None if when is None else create_task(self._run(when))

    async def _run(self, when):
        await sleep(max(0, when - _time()))
        self._watch = None
        self._expired = True
        self._task.cancel()

    async def __aenter__(self):
        self._task = current_task()
        self.reschedule(None if self._delay is None else _time() + self._delay)
        return self

    async def __aexit__(self, kind, exc, tb):
        if self._watch:
            self._watch.cancel()
            self._watch = None
        if self._expired and kind is CancelledError:
            raise TimeoutError from exc


def timeout(delay):
    return Timeout(delay)


def timeout_at(when):
    return Timeout(None if when is None else when - _time())


def _time():
    return ticks() / 1000


class TaskGroup:
    def __init__(self):
        self._tasks = []
        self._left = 0
        self._errors = []
        self._aborting = False
        # The group's own task was cancelled because another one failed; waits for the others.
        self._cancelled = self._waiting = False
        self._task = None

    async def __aenter__(self):
        if self._task:
            raise RuntimeError("TaskGroup has been already entered")
        self._task = current_task()
        return self

    def create_task(self, coro, *, name=None, context=None):
        if not self._task:
            raise RuntimeError("TaskGroup has not been entered")
        if self._aborting or self._waiting and not self._left:
            coro.close()
            raise RuntimeError("TaskGroup is shutting down")
        task = create_task(coro)
        self._tasks.append(task)
        self._left += 1
        create_task(self._guard(task))
        return task

    async def _guard(self, task):
        try:
            await task
        except CancelledError:
            pass
        except Exception as exc:
            self._errors.append(exc)
            self._abort()
            if not self._waiting and not self._cancelled:
                self._cancelled = True
                self._task.cancel()
        self._left -= 1
        if self._waiting and not self._left:
            _wake(self._task)

    def _abort(self):
        self._aborting = True
        for task in self._tasks:
            if not task.done():
                task.cancel()

    async def __aexit__(self, kind, exc, tb):
        outside = None
        if kind is CancelledError:
            if not self._cancelled:
                outside = exc
        elif exc is not None:
            self._errors.append(exc)
        if exc is not None:
            self._abort()
        while self._left:
            self._waiting = True
            try:
                await _wait()
            except CancelledError as exc:
                outside = exc
                self._abort()
        self._waiting = True
        self._tasks = None
        if self._errors:
            raise BaseExceptionGroup("unhandled errors in a TaskGroup", self._errors) from None
        if outside:
            raise outside
