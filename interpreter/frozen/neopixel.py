from machine import bitstream

_FAST = (400, 850, 800, 450)
_SLOW = (800, 1700, 1600, 900)


class NeoPixel:
    # Which byte of a pixel red, green, blue and white go to.
    ORDER = (1, 0, 2, 3)

    def __init__(self, pin, n, bpp=3, timing=1):
        self.pin = pin
        self.n = n
        self.bpp = bpp
        self.buf = bytearray(n * bpp)
        # Nanoseconds high and low of a 0 and of a 1: a tuple, or 1 for 800 kHz and 0 for 400 kHz.
        self.timing = timing if isinstance(timing, tuple) else _FAST if timing else _SLOW
        pin.init(pin.OUT)

    def __len__(self):
        return self.n

    def _at(self, i):
        if not -self.n <= i < self.n:
            raise IndexError("pixel index out of range")
        return i % self.n * self.bpp

    def __setitem__(self, i, colour):
        at = self._at(i)
        for k in range(self.bpp):
            self.buf[at + self.ORDER[k]] = colour[k]

    def __getitem__(self, i):
        at = self._at(i)
        return tuple([self.buf[at + self.ORDER[k]] for k in range(self.bpp)])

    def fill(self, colour):
        for i in range(self.n):
            self[i] = colour

    def write(self):
        bitstream(self.pin, 0, self.timing, self.buf)
