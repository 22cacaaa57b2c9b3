# The part of heapq that is Python.
from heapq import heapify, heappop, heapreplace


def merge(*iterables, key=None, reverse=False):
    heap = []
    for i, it in enumerate(iterables):
        it = iter(it)
        for value in it:
            heap.append([_Key(value if key is None else key(value), reverse), i, value, it])
            break
    heapify(heap)
    while heap:
        entry = heap[0]
        yield entry[2]
        for value in entry[3]:
            heapreplace(heap, [_Key(value if key is None else key(value), reverse), entry[1], value, entry[3]])
            break
        else:
            heappop(heap)


class _Key:
    def __init__(self, key, reverse):
        self.key = key
        self.reverse = reverse

    def __lt__(self, other):
        return other.key < self.key if self.reverse else self.key < other.key

    def __eq__(self, other):
        return self.key == other.key


def nlargest(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def nsmallest(n, iterable, key=None):
    return sorted(iterable, key=key)[: max(n, 0)]
