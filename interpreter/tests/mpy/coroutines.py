# async def, await, async with, async for.
class Manager:
    async def __aenter__(self):
        print("enter")
        await pause()
        return self

    async def __aexit__(self, kind, value, traceback):
        print("exit", kind.__name__ if kind else None)
        return kind is ValueError


class Count:
    def __init__(self, n):
        self.i, self.n = 0, n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.i == self.n:
            raise StopAsyncIteration
        self.i += 1
        return self.i


class Pause:
    def __iter__(self):
        yield "pause"

    __await__ = __iter__


async def pause():
    return await Pause()


async def leave(how):
    async for i in Count(2):
        async with Manager():
            if how == "return":
                return i
            if how == "break":
                break
            if how == "raise":
                raise ValueError
            print("body", i)
    return "end"


def run(coroutine):
    try:
        while True:
            print("got", coroutine.send(None))
    except StopIteration as e:
        return e.value


for how in ("return", "break", "raise", "nothing"):
    print(how, run(leave(how)))
