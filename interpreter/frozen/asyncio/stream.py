from asyncio import _ready
from select import POLLIN, POLLOUT


# Reads from and writes to anything that `select` can ask: a UART, sys.stdin, objects with `ioctl`.
class StreamReader:
    def __init__(self, s, e={}):
        self.s = s
        self.e = e
        self.out_buf = b""

    def get_extra_info(self, name):
        return self.e[name]

    def close(self):
        pass

    async def wait_closed(self):
        self.s.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        await self.wait_closed()

    async def read(self, n=-1):
        parts = b""
        while True:
            await _ready(self.s, POLLIN)
            part = self.s.read(n)
            if part is not None:
                if n >= 0:
                    return part
                if not part:
                    return parts
                parts += part

    async def readinto(self, buf):
        await _ready(self.s, POLLIN)
        return self.s.readinto(buf)

    async def readexactly(self, n):
        got = b""
        while n:
            await _ready(self.s, POLLIN)
            part = self.s.read(n)
            if part is not None:
                if not part:
                    raise EOFError
                got += part
                n -= len(part)
        return got

    async def readline(self):
        line = b""
        while True:
            await _ready(self.s, POLLIN)
            part = self.s.readline()
            if part is not None:
                line = line + part if line else part
                # An empty part is the end.
                if not part or line[-1:] in (b"\n", "\n"):
                    return line

    # Written at once as far as the stream takes it; `drain` writes the rest.
    def write(self, buf):
        if not self.out_buf:
            n = self.s.write(buf)
            if n == len(buf):
                return
            if n:
                buf = buf[n:]
            self.out_buf = buf
        else:
            self.out_buf = self.out_buf + buf

    async def drain(self):
        if not self.out_buf:
            return
        rest = memoryview(self.out_buf)
        while rest:
            await _ready(self.s, POLLOUT)
            n = self.s.write(rest)
            if n:
                rest = rest[n:]
        self.out_buf = b""

    # Older names, which the official class still has.
    aclose = wait_closed

    async def awrite(self, buf, off=0, sz=-1):
        if off or sz >= 0:
            buf = buf[off : len(buf) if sz < 0 else off + sz]
        self.write(buf)
        await self.drain()

    awritestr = awrite


Stream = StreamReader
StreamWriter = StreamReader


# The board has no network: as in the official firmware, these say so when they are called.
async def open_connection(host, port, ssl=None, server_hostname=None):
    import socket


async def start_server(cb, host, port, backlog=5, ssl=None):
    import socket
