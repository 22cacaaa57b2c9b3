# timeout, TaskGroup and semaphores, as CPython has them.
import asyncio


async def after(seconds, value=None, error=None):
    await asyncio.sleep(seconds)
    if error:
        raise error
    return value


async def timeouts():
    try:
        async with asyncio.timeout(0.02):
            await asyncio.sleep(5)
    except asyncio.TimeoutError as exc:
        print("timeout", type(exc).__name__)
    async with asyncio.timeout(5) as t:
        await asyncio.sleep(0.01)
    print(t.expired())
    async with asyncio.timeout(None):
        await asyncio.sleep(0)
    try:
        async with asyncio.timeout(0.02):
            try:
                await asyncio.sleep(5)
            finally:
                print("cleaned")
    except TimeoutError:
        print("again")


async def groups():
    async with asyncio.TaskGroup() as tg:
        a = tg.create_task(after(0.01, "a"))
        b = tg.create_task(after(0.02, "b"))
        print(await a, b.done())
    print(a.done(), b.done(), await b)
    try:
        async with asyncio.TaskGroup() as tg:
            slow = tg.create_task(after(5))
            tg.create_task(after(0.01, error=ValueError(1)))
            await asyncio.sleep(5)
    except ExceptionGroup as group:
        print([str(exc) for exc in group.exceptions], slow.done())
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(after(5))
            raise KeyError("k")
    except ExceptionGroup as group:
        print([str(exc) for exc in group.exceptions])

    async def inside():
        try:
            async with asyncio.TaskGroup() as tg:
                tg.create_task(after(5))
        except asyncio.CancelledError:
            print("cancelled inside")
            raise

    task = asyncio.create_task(inside())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")


async def semaphores():
    places, log = asyncio.Semaphore(2), []

    async def enter(i):
        async with places:
            log.append(i)
            await asyncio.sleep(0.01)
            log.append(-i)

    await asyncio.gather(*[enter(i) for i in range(1, 5)])
    print(log, places.locked())
    try:
        asyncio.BoundedSemaphore(1).release()
    except ValueError as exc:
        print(exc)


async def main():
    await timeouts()
    await groups()
    await semaphores()


asyncio.run(main())
