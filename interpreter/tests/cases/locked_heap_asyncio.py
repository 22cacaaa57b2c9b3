# What runs with a locked heap is compiled when it is imported.
import asyncio

event, flag, lock = asyncio.Event(), asyncio.ThreadSafeFlag() if hasattr(asyncio, "ThreadSafeFlag") else None, asyncio.Lock()
try:
    import micropython

    micropython.heap_lock()
    event.set()
    event.clear()
    if flag:
        flag.set()
        flag.clear()
    locked = lock.locked()
    micropython.heap_unlock()
except ImportError:
    locked = False
print(event.is_set(), locked)
