# CPython's gzip on DeflateIO: one member a file, no file name inside.
from deflate import DeflateIO, GZIP
import builtins
import zlib


class BadGzipFile(OSError):
    pass


def compress(data, compresslevel=9, *, mtime=None):
    return zlib.compress(data, compresslevel, 31)


def decompress(data):
    try:
        return zlib.decompress(data, 31)
    except zlib.error:
        raise BadGzipFile("Not a gzipped file") from None


def GzipFile(filename=None, mode="rb", compresslevel=9, fileobj=None, mtime=None):
    mode = mode[0] + "b"
    if fileobj is None:
        return DeflateIO(builtins.open(filename, mode), GZIP, 0 if mode == "rb" else 10, True)
    return DeflateIO(fileobj, GZIP, 0 if mode == "rb" else 10)


def open(filename, mode="rb", compresslevel=9, encoding=None, errors=None, newline=None):
    if hasattr(filename, "read") or hasattr(filename, "write"):
        f = GzipFile(None, mode, compresslevel, filename)
    else:
        f = GzipFile(filename, mode, compresslevel)
    return _Text(f) if "t" in mode else f


class _Text:
    def __init__(self, f):
        self._f = f

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def read(self):
        return self._f.read().decode()

    def readline(self):
        return self._f.readline().decode()

    def readlines(self):
        return list(self)

    def write(self, text):
        self._f.write(text.encode())
        return len(text)

    def close(self):
        self._f.close()
