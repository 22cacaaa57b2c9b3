from asyncio import CancelledError, TaskQueue, _wait, _wake, current_task


class Lock:
    def __init__(self):
        # False, True, or the task that it was handed to and that has not run since.
        self._owner = False
        self._waiting = TaskQueue()

    def locked(self):
        return self._owner is True

    async def acquire(self):
        if self._owner is not False:
            try:
                await _wait(self._waiting)
            except CancelledError:
                if self._owner is current_task():
                    self._pass_on()
                raise
        self._owner = True
        return True

    def release(self):
        if self._owner is not True:
            raise RuntimeError("Lock not acquired")
        self._pass_on()

    def _pass_on(self):
        if self._waiting:
            self._owner = self._waiting.pop()
            _wake(self._owner)
        else:
            self._owner = False

    async def __aenter__(self):
        return await self.acquire()

    async def __aexit__(self, *exc):
        self.release()
