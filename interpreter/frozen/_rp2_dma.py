# The DMA controller, by its registers.
from rp2 import _on_irq, _rearm
from machine import mem32
from _rp2_regs import CLEAR, Irq, SET, wake
from micropython import const
from uctypes import addressof, bytearray_at

# Data sheet 2.5.7.
_DMA = const(0x50000000)
_DMA_INTE = const(0x50000404)
_DMA_INTS = const(0x5000040C)
_DMA_ABORT = const(0x50000444)
_DMA_LINE = const(11)

_CONTROL = {
    "enable": (0, 1),
    "high_pri": (1, 1),
    "size": (2, 2),
    "inc_read": (4, 1),
    "inc_write": (5, 1),
    "ring_size": (6, 4),
    "ring_sel": (10, 1),
    "chain_to": (11, 4),
    "treq_sel": (15, 6),
    "irq_quiet": (21, 1),
    "bswap": (22, 1),
    "sniff_en": (23, 1),
    "busy": (24, 1),
    "write_err": (29, 1),
    "read_err": (30, 1),
    "ahb_err": (31, 1),
}

_channels = {}


def _dma_fired(line):
    ints = mem32[_DMA_INTS]
    mem32[_DMA_INTS] = ints
    try:
        for channel, dma in _channels.items():
            if ints >> channel & 1 and dma._irq._handler:
                dma._irq.fire(dma, 1)
    finally:
        _rearm(line)


def _address(v):
    return v if isinstance(v, int) else addressof(v)


class DMA:
    def __init__(self):
        wake(1 << 2)
        for channel in range(12):
            if channel not in _channels:
                break
        else:
            raise OSError(16)
        _channels[channel] = self
        self._channel = channel
        self._regs = _DMA + 0x40 * channel
        self._irq = Irq()
        # What is read and written must stay where it is.
        self._kept = [None, None]

    def __repr__(self):
        return "DMA({})".format(self._channel)

    def _at(self, offset):
        if self._regs is None:
            raise ValueError("channel closed")
        return self._regs + offset

    channel = property(lambda self: self._channel)

    def _set(self, i, v):
        self._kept[i] = v
        mem32[self._at(4 * i)] = _address(v)

    read = property(lambda self: mem32[self._at(0)], lambda self, v: self._set(0, v))
    write = property(lambda self: mem32[self._at(4)], lambda self, v: self._set(1, v))

    def _set_count(self, v):
        mem32[self._at(8)] = v

    count = property(lambda self: mem32[self._at(8)], _set_count)

    # Without starting it: the first alias of the register.
    def _set_ctrl(self, v):
        mem32[self._at(0x10)] = v

    ctrl = property(lambda self: mem32[self._at(0x10)], _set_ctrl)

    @property
    def registers(self):
        return memoryview(bytearray_at(self._at(0), 64)).cast("I")

    def pack_ctrl(self, default=None, **fields):
        # Word by word, both addresses counting up, chained to nobody, as fast as it goes, no interrupt.
        ctrl = default
        if ctrl is None:
            ctrl = 1 | 2 << 2 | 1 << 4 | 1 << 5 | self._channel << 11 | 63 << 15 | 1 << 21
        for name, value in fields.items():
            if name not in _CONTROL or name == "busy":
                raise TypeError("unknown field " + name)
            at, bits = _CONTROL[name]
            ctrl = ctrl & ~(((1 << bits) - 1) << at) | (int(value) & ((1 << bits) - 1)) << at
        return ctrl

    @staticmethod
    def unpack_ctrl(ctrl):
        return {name: ctrl >> at & ((1 << bits) - 1) for name, (at, bits) in _CONTROL.items()}

    def config(self, *, read=None, write=None, count=None, ctrl=None, trigger=False):
        if read is not None:
            self.read = read
        if write is not None:
            self.write = write
        if count is not None:
            self.count = count
        if ctrl is not None:
            self.ctrl = ctrl
        if trigger:
            self.active(True)

    def active(self, value=None):
        regs = self._regs
        if regs is None:
            raise ValueError("channel closed")
        if value is not None:
            trigger = regs + 0x0C
            if value:
                mem32[trigger] = mem32[trigger] | 1
            else:
                mem32[_DMA_ABORT] = 1 << self._channel
                while mem32[_DMA_ABORT] >> self._channel & 1:
                    pass
        return mem32[regs + 0x0C] & 0x1000000 != 0

    def irq(self, handler=None, hard=False):
        if handler is not None:
            self._irq = Irq(1, handler, hard)
            mem32[_DMA_INTE + SET] = 1 << self._channel
            _on_irq(_DMA_LINE, _dma_fired)
        return self._irq

    def close(self):
        if self._regs is not None:
            self.active(False)
            mem32[_DMA_INTE + CLEAR] = 1 << self._channel
            mem32[_DMA_INTS] = 1 << self._channel
            self._regs = None
            self._kept = [None, None]
            del _channels[self._channel]
