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


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError("Semaphore initial value must be >= 0")
        self._value = value
        self._waiting = TaskQueue()
        # Tasks that were given a place and have not run since.
        self._handed = []

    def locked(self):
        return self._value == 0 or bool(self._waiting)

    # A place that is free goes to whoever waits longest: `release` hands it over.
    async def acquire(self):
        if not self.locked():
            self._value -= 1
            return True
        me = current_task()
        try:
            await _wait(self._waiting)
        except CancelledError:
            if me in self._handed:
                self._handed.remove(me)
                self.release()
            raise
        self._handed.remove(me)
        return True

    def release(self):
        if self._waiting:
            task = self._waiting.pop()
            self._handed.append(task)
            _wake(task)
        else:
            self._value += 1

    async def __aenter__(self):
        await self.acquire()

    async def __aexit__(self, *exc):
        self.release()


class BoundedSemaphore(Semaphore):
    def __init__(self, value=1):
        super().__init__(value)
        self._bound = value

    def release(self):
        if self._value >= self._bound:
            raise ValueError("BoundedSemaphore released too many times")
        super().release()
