# framebuf: what is drawn, as text. The expected output was checked by eye and against the formats' definitions.
import framebuf


def show(f, w, h):
    for y in range(h):
        print("".join(".#"[min(f.pixel(x, y), 1)] for x in range(w)))
    print()


buf = bytearray(16 * 2)
f = framebuf.FrameBuffer(buf, 16, 16, framebuf.MONO_HLSB)
f.rect(0, 0, 16, 16, 1)
f.line(2, 2, 13, 8, 1)
f.fill_rect(3, 10, 5, 3, 1)
f.hline(-5, 14, 10, 1)
show(f, 16, 16)
print(bytes(f) == bytes(buf), buf[0], buf[1])

for name in ("MONO_VLSB", "MONO_HMSB", "GS2_HMSB", "GS4_HMSB", "GS8", "RGB565"):
    buf = bytearray(24 * 16)
    f = framebuf.FrameBuffer(buf, 12, 9, getattr(framebuf, name), 12 if name != "GS4_HMSB" else 14)
    f.text("A", 0, 0)
    f.ellipse(8, 4, 3, 3, 1, True, 9)
    f.scroll(1, 1)
    print(name)
    show(f, 12, 9)

from array import array

f = framebuf.FrameBuffer(bytearray(400), 20, 20, framebuf.GS8)
f.poly(2, 2, array("h", [0, 0, 10, 3, 15, 15, 4, 9]), 7, True)
show(f, 20, 18)
small = framebuf.FrameBuffer(bytearray([0, 1, 2, 3]), 2, 2, framebuf.GS8)
palette = framebuf.FrameBuffer(bytearray([9, 8, 7, 6]), 4, 1, framebuf.GS8)
f.fill(0)
f.blit(small, 1, 1, 8, palette)
f.blit((bytes([5, 5]), 2, 1, framebuf.GS8), -1, 0)
print([f.pixel(x, y) for y in range(4) for x in range(4)], f.pixel(20, 0))
for bad in ((bytearray(1), 4, 4, 0), (bytearray(9), 4, 4, 77), (b"read-only" * 9, 4, 4, 0)):
    try:
        framebuf.FrameBuffer(*bad)
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
