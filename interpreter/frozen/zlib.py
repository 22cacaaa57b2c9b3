# CPython's zlib on DeflateIO. Compression levels are taken and mean nothing; windows are at most 1 KB when
# compressing, as the compressor searches them byte by byte.
from deflate import DeflateIO, RAW, ZLIB, GZIP, AUTO, _adler32 as adler32, _crc32 as crc32
from io import BytesIO

MAX_WBITS = 15
DEFLATED = 8
DEF_MEM_LEVEL = 8
Z_NO_COMPRESSION = 0
Z_BEST_SPEED = 1
Z_BEST_COMPRESSION = 9
Z_DEFAULT_COMPRESSION = -1
Z_DEFAULT_STRATEGY = 0
Z_NO_FLUSH = 0
Z_SYNC_FLUSH = 2
Z_FULL_FLUSH = 3
Z_FINISH = 4


# What nothing is compressed to.
_EMPTY = {
    RAW: b"\x03\x00",
    ZLIB: b"x\x9c\x03\x00\x00\x00\x00\x01",
    GZIP: b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03\x03\x00" + bytes(8),
}


class error(Exception):
    pass


def _format(wbits):
    if wbits < 0:
        return RAW, -wbits
    if wbits < 16:
        return ZLIB, wbits
    if wbits < 32:
        return GZIP, wbits - 16
    return AUTO, wbits - 32


def compress(data, /, level=-1, wbits=15):
    c = compressobj(level, DEFLATED, wbits)
    return c.compress(data) + c.flush()


def decompress(data, /, wbits=15, bufsize=16384):
    d = decompressobj(wbits)
    out = d.decompress(data)
    if not d.eof:
        raise error("Error -5 while decompressing data: incomplete or truncated stream")
    return out


class compressobj:
    def __init__(self, level=-1, method=DEFLATED, wbits=15, memLevel=8, strategy=0, zdict=None):
        format, wbits = _format(wbits)
        self._to = BytesIO()
        self._io = DeflateIO(self._to, format, min(wbits, 10))
        self._empty = _EMPTY[format]

    def _take(self):
        out = self._to.getvalue()
        self._to.seek(0)
        self._to.truncate()
        return out

    def compress(self, data):
        if data:
            self._empty = b""
            self._io.write(data)
        return self._take()

    def flush(self, mode=Z_FINISH):
        if mode == Z_FINISH:
            self._io.close()
            return self._take() or self._empty
        return self._take()


class decompressobj:
    def __init__(self, wbits=15, zdict=b""):
        self._format = _format(wbits)
        self._kept = b""
        self._given = 0
        self.unused_data = b""
        self.unconsumed_tail = b""
        self.eof = False

    # What came before is decompressed again: it may have ended anywhere.
    def decompress(self, data, max_length=0):
        if self.eof:
            self.unused_data += data
            return b""
        self._kept += data
        stream = BytesIO(self._kept)
        reader = DeflateIO(stream, *self._format)
        out = bytearray()
        part = bytearray(64)
        try:
            while n := reader.readinto(part):
                out += part[:n]
            self.eof = True
            self.unused_data = stream.read()
        except EOFError:
            # The bytes of the last part that came before the end.
            self._rest(out)
        except OSError:
            raise error("Error -3 while decompressing data: invalid data") from None
        out = bytes(out[self._given :])
        if max_length and len(out) > max_length:
            out = out[:max_length]
            self.eof = False
        self._given += len(out)
        if self.eof:
            self._kept = b""
        return out

    def _rest(self, out):
        reader = DeflateIO(BytesIO(self._kept), *self._format)
        try:
            for _ in range(len(out)):
                reader.read(1)
            while c := reader.read(1):
                out += c
        except EOFError:
            pass

    def flush(self, length=16384):
        return self.decompress(b"")
