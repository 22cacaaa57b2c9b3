import uctypes

DESC = {
    "id": uctypes.UINT16 | 0,
    "temp": uctypes.INT16 | 2,
    "flags": uctypes.UINT8 | 4,
    "ready": uctypes.BFUINT8 | 4 | 7 << uctypes.BF_POS | 1 << uctypes.BF_LEN,
    "gain": uctypes.BFINT8 | 4 | 0 << uctypes.BF_POS | 3 << uctypes.BF_LEN,
    "raw": (uctypes.ARRAY | 5, uctypes.UINT8 | 3),
    "xyz": (uctypes.ARRAY | 8, 3, {"lo": uctypes.UINT8 | 0, "hi": uctypes.INT8 | 1}),
    "scale": uctypes.FLOAT32 | 14,
}


def make():
    # Nothing but the structure keeps this buffer.
    data = bytearray(range(18))
    data[14:18] = b"\x00\x00\xc0\x3f"
    return uctypes.struct(uctypes.addressof(data), DESC, uctypes.LITTLE_ENDIAN)


s = make()
junk = [bytes(100) for i in range(200)]
print(hex(s.id), hex(s.temp), s.flags, s.ready, s.gain)
print(s.raw, [hex(s.xyz[i].hi << 8 | s.xyz[i].lo) for i in range(3)], s.scale)
s.temp = -2
s.ready = 1
s.gain = -3
s.raw[1] = 300
s.xyz[2].hi = -1
print(s.temp, s.flags, s.ready, s.gain, s.raw, s.xyz[2].hi)
print(bytes(s) == uctypes.bytes_at(int.from_bytes(bytes(0), "little") + uctypes.addressof(s), 18))
print(uctypes.sizeof(s), uctypes.sizeof(DESC, uctypes.LITTLE_ENDIAN), uctypes.sizeof(DESC))

big = uctypes.struct(uctypes.addressof(b"\x12\x34"), {"v": uctypes.UINT16 | 0}, uctypes.BIG_ENDIAN)
print(hex(big.v))

# A view of memory becomes a copy when it grows.
data = bytearray(b"abcdef")
view = uctypes.bytearray_at(uctypes.addressof(data) + 2, 3)
view[0] = ord("C")
print(data, view, len(view))
view.append(ord("!"))
view[1] = ord("D")
print(data, view)

for bad in (lambda: s.nothing, lambda: s[0], lambda: s.xyz[3], lambda: uctypes.sizeof([]), lambda: int(s)):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)

import micropython

ring = micropython.RingIO(8)
print(ring.write(b"0123456789"), ring.any(), ring.read(3), ring.write(b"abcd"), ring.read(), ring.read())
