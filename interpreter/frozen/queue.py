# CPython's queue, for threads.
from heapq import heappop, heappush
from threading import Condition, Lock


class Empty(Exception):
    pass


class Full(Exception):
    pass


class Queue:
    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self._items = []
        self._changed = Condition(Lock())
        self.unfinished_tasks = 0

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

    def put(self, item, block=True, timeout=None):
        with self._changed:
            self._wait(self.full, block, timeout, Full)
            self._put(item)
            self.unfinished_tasks += 1
            self._changed.notify_all()

    def get(self, block=True, timeout=None):
        with self._changed:
            self._wait(self.empty, block, timeout, Empty)
            item = self._get()
            self._changed.notify_all()
            return item

    def _wait(self, blocked, block, timeout, error):
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        if blocked() and not (block and self._changed.wait_for(lambda: not blocked(), timeout)):
            raise error

    def put_nowait(self, item):
        self.put(item, False)

    def get_nowait(self):
        return self.get(False)

    def task_done(self):
        with self._changed:
            if self.unfinished_tasks <= 0:
                raise ValueError("task_done() called too many times")
            self.unfinished_tasks -= 1
            self._changed.notify_all()

    def join(self):
        with self._changed:
            self._changed.wait_for(lambda: not self.unfinished_tasks)


SimpleQueue = Queue


class LifoQueue(Queue):
    def _get(self):
        return self._items.pop()


class PriorityQueue(Queue):
    def _put(self, item):
        heappush(self._items, item)

    def _get(self):
        return heappop(self._items)
