# The official package has the loop in a module of this name, which libraries look into.
import asyncio
from asyncio import *
from asyncio import _ready
from select import POLLIN, POLLOUT


def __getattr__(name):
    return getattr(asyncio, name)


# What a coroutine in Python awaits by a bare `yield`.
class IOQueue:
    def queue_read(self, s):
        next(_ready(s, POLLIN))

    def queue_write(self, s):
        next(_ready(s, POLLOUT))


_io_queue = IOQueue()
