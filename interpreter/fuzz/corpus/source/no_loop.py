# Awaiting a task where no event loop runs.
import asyncio

async def foo():
    return 42

async def main():
    t = asyncio.create_task(foo())
    await t

for step in (lambda: main().send(None), lambda: next(asyncio.create_task(foo())), lambda: asyncio.run(main)):
    try:
        step()
    except Exception as e:
        print(type(e).__name__, e)
