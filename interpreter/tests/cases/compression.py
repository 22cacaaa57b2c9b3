# zlib and gzip: what one implementation packs, the other unpacks.
import gzip
import io
import zlib

TEXT = b"It was the best of times, it was the worst of times, " * 4


def sample():
    return TEXT + bytes(range(256)) + TEXT + b"\0" * 1000


for wbits in (-15, 15, 31, -9, 9):
    packed = zlib.compress(sample(), 9, wbits)
    print(wbits, len(packed) < len(sample()), zlib.decompress(packed, wbits) == sample())
    print(zlib.decompress(zlib.compress(b"", 9, wbits), wbits))
print(zlib.decompress(zlib.compress(sample()), 47) == sample())
print(zlib.adler32(TEXT), zlib.crc32(TEXT), zlib.crc32(b"more", zlib.crc32(TEXT)), zlib.adler32(b""))

# A block with dynamic codes.
DYNAMIC = b"x\x9c\x05\xc1\x81\x01\x000\x04\x04\xb1\x95\\\x1f\xcfn\x86o\x82d\x06Qq\xc8\x9d\xc5X}<e\xb5g\x83\x0f\x89X\x07\xab"
print(zlib.decompress(DYNAMIC))
for bad in (b"", b"x\x9c", DYNAMIC[:-1], b"\0" + DYNAMIC, DYNAMIC[:-1] + b"\0"):
    try:
        print(zlib.decompress(bad))
    except zlib.error:
        print("zlib.error")

d = zlib.decompressobj()
print(d.decompress(DYNAMIC + b"tail"), d.eof, d.unused_data)
d = zlib.decompressobj()
whole = b""
for i in range(0, len(DYNAMIC), 5):
    whole += d.decompress(DYNAMIC[i : i + 5])
print(whole, d.eof, d.unused_data)
c = zlib.compressobj()
packed = c.compress(TEXT) + c.compress(TEXT) + c.flush()
print(zlib.decompress(packed) == TEXT * 2)

print(gzip.decompress(gzip.compress(sample())) == sample())
f = io.BytesIO()
with gzip.GzipFile(fileobj=f, mode="wb") as g:
    print(g.write(TEXT))
f.seek(0)
with gzip.open(f, "rb") as g:
    print(g.read(10), g.read() == TEXT[10:], g.read())
f.seek(0)
with gzip.open(f, "rt") as g:
    print(g.read() == TEXT.decode())
try:
    gzip.decompress(b"not at all")
except OSError as e:
    print(type(e).__name__)
