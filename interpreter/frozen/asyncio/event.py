from asyncio import TaskQueue, _ready, _wait, _wake


class Event:
    def __init__(self):
        self._set = False
        self._waiting = TaskQueue()

    def is_set(self):
        return self._set

    def set(self):
        self._set = True
        while self._waiting:
            _wake(self._waiting.pop())

    def clear(self):
        self._set = False

    async def wait(self):
        if not self._set:
            await _wait(self._waiting)
        return True


# An event that interrupt handlers and threads may set: the loop asks for it, as it asks streams, between
# two tasks. Waiting clears it.
class ThreadSafeFlag:
    def __init__(self):
        self._set = False

    def ioctl(self, request, events):
        return events if request == 3 and self._set else 0

    def set(self):
        self._set = True

    def clear(self):
        self._set = False

    async def wait(self):
        if not self._set:
            await _ready(self, 1, True)
        self._set = False
