from asyncio import CancelledError, TaskQueue, _wait, _wake
import heapq


class QueueEmpty(Exception):
    pass


class QueueFull(Exception):
    pass


class Queue:
    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self._items = []
        self._getters = TaskQueue()
        self._putters = TaskQueue()
        self._joiners = TaskQueue()
        self._unfinished = 0

    def qsize(self):
        return len(self._items)

    def empty(self):
        return not self._items

    def full(self):
        return 0 < self.maxsize <= len(self._items)

    # How items are kept is what the kinds of queues differ in.
    def _put(self, item):
        self._items.append(item)

    def _get(self):
        return self._items.pop(0)

    def put_nowait(self, item):
        if self.full():
            raise QueueFull
        self._put(item)
        self._unfinished += 1
        self._wake(self._getters)

    def get_nowait(self):
        if not self._items:
            raise QueueEmpty
        item = self._get()
        self._wake(self._putters)
        return item

    async def put(self, item):
        while self.full():
            await self._turn(self._putters, self.full)
        self.put_nowait(item)

    async def get(self):
        while not self._items:
            await self._turn(self._getters, self.empty)
        return self.get_nowait()

    def _wake(self, waiting):
        if waiting:
            _wake(waiting.pop())

    # Whoever is cancelled after it was woken wakes the next one in its place.
    async def _turn(self, waiting, blocked):
        try:
            await _wait(waiting)
        except CancelledError:
            if not blocked():
                self._wake(waiting)
            raise

    def task_done(self):
        if self._unfinished <= 0:
            raise ValueError("task_done() called too many times")
        self._unfinished -= 1
        if self._unfinished == 0:
            while self._joiners:
                _wake(self._joiners.pop())

    async def join(self):
        while self._unfinished > 0:
            await _wait(self._joiners)


class PriorityQueue(Queue):
    def _put(self, item):
        heapq.heappush(self._items, item)

    def _get(self):
        return heapq.heappop(self._items)


class LifoQueue(Queue):
    def _get(self):
        return self._items.pop()
