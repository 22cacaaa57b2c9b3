# Tasks, gather, wait_for, events, locks and queues of asyncio.
import asyncio

log = []


async def worker(name, delay, result):
    log.append(("start", name))
    await asyncio.sleep(delay)
    log.append(("end", name))
    return result


async def fails(delay):
    await asyncio.sleep(delay)
    raise ValueError("failed")


async def gathering():
    print(await asyncio.gather(worker("a", 0.03, 1), worker("b", 0.01, 2), worker("c", 0.02, 3)))
    print(log)
    try:
        await asyncio.gather(worker("d", 0.01, 4), fails(0.0))
    except ValueError as e:
        print("raised", e)
    results = await asyncio.gather(worker("e", 0.01, 5), fails(0.0), return_exceptions=True)
    print(results[0], type(results[1]).__name__)
    print(await asyncio.gather(asyncio.sleep(0.01), worker("f", 0, 6)))
    print(await asyncio.gather())


async def timing_out():
    print(await asyncio.wait_for(worker("g", 0.01, 7), 1))
    task = asyncio.create_task(worker("h", 5, 8))
    try:
        await asyncio.wait_for(task, 0.02)
    except asyncio.TimeoutError:
        print("timed out", task.done())
    try:
        await asyncio.wait_for(fails(0.01), 1)
    except ValueError as e:
        print("raised", e)
    print(await asyncio.wait_for(worker("i", 0, 9), None))


async def cancelling():
    async def stubborn():
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            print("cancelled")
            await asyncio.sleep(0)
            print("cleaned up")
            raise
        finally:
            print("finally")

    async def waits(task):
        await task

    inner = asyncio.create_task(stubborn())
    outer = asyncio.create_task(waits(inner))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print(outer.cancel())
    try:
        await outer
    except asyncio.CancelledError:
        print("outer cancelled", inner.done(), outer.done())
    print(outer.cancel())


async def queues():
    q = asyncio.Queue(2)

    async def producer():
        for i in range(5):
            await q.put(i)
            print("put", i, q.qsize(), q.full())

    async def consumer():
        while True:
            item = await q.get()
            print("got", item)
            q.task_done()

    c = asyncio.create_task(consumer())
    await producer()
    await q.join()
    print("joined", q.empty())
    c.cancel()
    try:
        q.get_nowait()
    except asyncio.QueueEmpty:
        print("empty")
    q.put_nowait(1)
    q.put_nowait(2)
    try:
        q.put_nowait(3)
    except asyncio.QueueFull:
        print("full")
    p = asyncio.PriorityQueue()
    for item in (3, 1, 2):
        p.put_nowait(item)
    print([await p.get() for _ in range(3)])
    s = asyncio.LifoQueue()
    for item in (3, 1, 2):
        await s.put(item)
    print([s.get_nowait() for _ in range(3)])
    try:
        s.task_done()
        s.task_done()
        s.task_done()
        s.task_done()
    except ValueError as e:
        print(e)


async def sharing():
    lock = asyncio.Lock()
    event = asyncio.Event()
    order = []

    async def one(i):
        await event.wait()
        async with lock:
            order.append(i)
            await asyncio.sleep(0)
            order.append(i)

    tasks = [asyncio.create_task(one(i)) for i in range(3)]
    await asyncio.sleep(0)
    print(event.is_set(), lock.locked())
    event.set()
    for t in tasks:
        await t
    print(order, event.is_set(), lock.locked())
    try:
        lock.release()
    except RuntimeError:
        print("not locked")


async def iterating():
    class Numbers:
        def __init__(self, n):
            self.i, self.n = 0, n

        def __aiter__(self):
            return self

        async def __anext__(self):
            if self.i == self.n:
                raise StopAsyncIteration
            self.i += 1
            await asyncio.sleep(0)
            return self.i

    print([n async for n in Numbers(4)])
    async for n in Numbers(2):
        print(n)
    else:
        print("no more")


async def main():
    for step in (gathering, timing_out, cancelling, queues, sharing, iterating):
        print("---", step.__name__)
        await step()
    return "done"


print(asyncio.run(main()))
try:
    asyncio.run(fails(0))
except ValueError as e:
    print("run raised", e)
try:
    asyncio.current_task()
except RuntimeError as e:
    print(e)
