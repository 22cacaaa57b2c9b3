# What asyncio has beyond CPython's: streams over anything that can be polled, flags, milliseconds.
import asyncio
import io
import select
import time


class Pipe(io.IOBase):
    def __init__(self):
        self.data = b""

    def ioctl(self, request, arg):
        if request != 3:
            return -1
        return (select.POLLIN if self.data else 0) & arg | arg & select.POLLOUT

    def read(self, n=-1):
        n = len(self.data) if n < 0 else n
        part, self.data = self.data[:n], self.data[n:]
        return part

    def readline(self):
        end = self.data.find(b"\n") + 1 or len(self.data)
        return self.read(end)

    def write(self, data):
        # Takes three bytes at a time.
        self.data += bytes(data[:3])
        return min(3, len(data))


async def reading(pipe):
    reader = asyncio.StreamReader(pipe)
    print(await reader.readexactly(8))
    print(await reader.readline())
    print(await reader.read(2))


async def streams():
    pipe = Pipe()
    task = asyncio.create_task(reading(pipe))
    writer = asyncio.StreamWriter(pipe)
    writer.write(b"abcdef")
    writer.write(b"gh")
    await writer.drain()
    await asyncio.sleep_ms(5)
    writer.write(b"line\nx")
    await writer.drain()
    await asyncio.sleep_ms(5)
    writer.write(b"yz")
    await task
    print(pipe.data)


async def flags():
    flag = asyncio.ThreadSafeFlag()

    async def waiter():
        for i in range(2):
            await flag.wait()
            print("flag", i)

    task = asyncio.create_task(waiter())
    for i in range(2):
        await asyncio.sleep_ms(1)
        flag.set()
    await task


async def times():
    start = time.ticks_ms()
    try:
        await asyncio.wait_for_ms(asyncio.sleep_ms(500), 20)
    except asyncio.TimeoutError:
        print("timed out", 20 <= time.ticks_diff(time.ticks_ms(), start) < 60)


def handler(loop, context):
    print(context["message"], repr(context["exception"]), loop is asyncio.get_event_loop())


async def fails():
    raise ValueError("nobody asks")


async def handling():
    asyncio.get_event_loop().set_exception_handler(handler)
    task = asyncio.create_task(fails())
    await asyncio.sleep_ms(1)
    print(task.done())


asyncio.run(streams())
asyncio.run(flags())
asyncio.run(times())
asyncio.run(handling())

# Polling itself.
p = select.poll()
pipe = Pipe()
p.register(pipe, select.POLLIN)
print(p.poll(1))
pipe.write(b"1")
print([(s is pipe, e) for s, e in p.poll()])
p.modify(pipe, select.POLLIN | select.POLLOUT)
print([e for s, e in p.ipoll(0)])
p.unregister(pipe)
print(p.poll(0))
try:
    p.modify(pipe, 1)
except OSError as e:
    print("OSError", e.errno)
print([len(x) for x in select.select([pipe], [pipe], [], 0)])
try:
    p.register(7)
except OSError as e:
    print(e)
