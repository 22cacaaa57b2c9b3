# The I2C controllers as targets, by their registers: data sheet 4.3. The bus waits while a byte is asked for.
from machine import Pin, mem32
from micropython import const
from rp2 import _on_irq, _pin, _rearm
from _rp2_regs import Irq, wake

_CON = const(0x00)
_SAR = const(0x08)
_DATA_CMD = const(0x10)
_INTR_STAT = const(0x2C)
_INTR_MASK = const(0x30)
_RX_TL = const(0x38)
_TX_TL = const(0x3C)
_CLR_INTR = const(0x40)
_CLR_RD_REQ = const(0x50)
_CLR_TX_ABRT = const(0x54)
_CLR_RX_DONE = const(0x58)
_CLR_STOP_DET = const(0x60)
_CLR_START_DET = const(0x64)
_ENABLE = const(0x6C)
_STATUS = const(0x70)
_RXFLR = const(0x78)

# Bits of the interrupts.
_RX_FULL = const(0x004)
_RD_REQ = const(0x020)
_TX_ABRT = const(0x040)
_RX_DONE = const(0x080)
_STOP_DET = const(0x200)
_START_DET = const(0x400)
_ALL = const(0x6E4)

# States of a transfer.
_IDLE = const(0)
_WRITING = const(1)
_READING = const(2)

_targets = {}


class I2CTarget:
    IRQ_ADDR_MATCH_READ = 1
    IRQ_ADDR_MATCH_WRITE = 2
    IRQ_READ_REQ = 4
    IRQ_WRITE_REQ = 8
    IRQ_END_READ = 16
    IRQ_END_WRITE = 32

    def __init__(self, id=0, addr=None, *, addrsize=7, mem=None, mem_addrsize=8, scl=None, sda=None):
        if id not in (0, 1):
            raise ValueError("I2CTarget({}) doesn't exist".format(id))
        if addr is None:
            raise TypeError("I2CTarget() missing required argument 'addr' (pos 2)")
        if mem_addrsize not in (0, 8, 16, 24, 32):
            raise ValueError("mem_addrsize must be 0, 8, 16, 24 or 32")
        # The lines repeat every four pins.
        self._scl = (5, 7)[id] if scl is None else _pin(scl)
        self._sda = (4, 6)[id] if sda is None else _pin(sda)
        if self._scl & 3 != 2 * id + 1:
            raise ValueError("bad SCL pin")
        if self._sda & 3 != 2 * id:
            raise ValueError("bad SDA pin")
        if id in _targets:
            _targets[id].deinit()
        self._id = id
        self._addr = addr
        self._mem = None if mem is None else memoryview(mem).cast("B")
        self._addr_bytes = mem_addrsize // 8
        self._irq = Irq()
        self._state = _IDLE
        self._fresh = self._stopped = self._silent = False
        # The place in the memory, the one that was last asked for, and how many bytes of it are missing.
        self._at = self.memaddr = self._missing = 0
        self._base = base = 0x40044000 + 0x4000 * id
        self._data = base + _DATA_CMD
        self._status = base + _STATUS
        self._mask = base + _INTR_MASK
        wake(8 << id)
        mem32[base + _ENABLE] = 0
        # As target: the bus waits while the FIFO is full, stops are heard of transfers with us only.
        mem32[base + _CON] = 0x280 | (8 if addrsize == 10 else 0)
        mem32[base + _SAR] = addr
        mem32[base + _TX_TL] = 1
        mem32[base + _RX_TL] = 0
        mem32[base + _CLR_INTR]
        mem32[base + _INTR_MASK] = _ALL
        mem32[base + _ENABLE] = 1
        for pin in (self._scl, self._sda):
            Pin(pin, Pin.ALT, Pin.PULL_UP, alt=Pin.ALT_I2C)
        _targets[id] = self
        _on_irq(23 + id, self._fired)

    def __repr__(self):
        return "I2CTarget({}, addr={}, scl={}, sda={})".format(self._id, self._addr, self._scl, self._sda)

    def deinit(self):
        if _targets.get(self._id) is self:
            _on_irq(23 + self._id, None)
            mem32[self._base + _INTR_MASK] = 0
            mem32[self._base + _ENABLE] = 0
            for pin in (self._scl, self._sda):
                Pin(pin, Pin.IN)
            del _targets[self._id]

    def irq(self, handler=0, trigger=0x30, hard=False):
        if handler != 0:
            if trigger & 15 and not hard:
                raise ValueError("hard IRQ required")
            self._irq = Irq(trigger, handler, hard)
        return self._irq

    # Has the handler deal with an event; was there one who wants it?
    def _tell(self, event):
        irq = self._irq
        if irq._handler and irq._trigger & event:
            irq.fire(self, event)
            return True
        return False

    def _begin(self, state):
        self._end()
        self._tell(2 if state == _WRITING else 1)
        self._state = state
        self._fresh = True
        self._silent = False

    def _end(self):
        state, self._state = self._state, _IDLE
        self._stopped = False
        if self._missing:
            self._select()
        if state != _IDLE and not self._silent:
            self._tell(32 if state == _WRITING else 16)

    # The place in the memory is known, or as much of it as was sent.
    def _select(self):
        self._missing = 0
        self._at %= len(self._mem)
        self.memaddr = self._at

    def _fired(self, line):
        base = self._base
        stat = mem32[base + _INTR_STAT]
        try:
            if stat & _TX_ABRT:
                mem32[base + _CLR_TX_ABRT]
            if stat & _START_DET:
                mem32[base + _CLR_START_DET]
                # The transfer before was turned round; what came with it is dealt with first.
                if self._state == _READING or self._state == _WRITING and not stat & _RX_FULL:
                    self._end()
            if stat & _RX_FULL:
                self._receive()
            # A byte that is asked for belongs to a later transfer than the stop.
            asked = stat & (_RD_REQ | _RX_DONE)
            if stat & _STOP_DET:
                mem32[base + _CLR_STOP_DET]
                if not asked or self._state == _WRITING:
                    self._stop()
            if asked:
                mem32[base + _CLR_RX_DONE]
                mem32[base + _CLR_RD_REQ]
                if self._state != _READING:
                    self._begin(_READING)
                self._send()
                if stat & _STOP_DET and not stat & _RD_REQ:
                    self._stop()
        finally:
            if _targets.get(self._id) is self:
                _rearm(line)

    def _stop(self):
        if self._state == _IDLE:
            # Only the address was sent.
            self._begin(_WRITING)
        if mem32[self._base + _STATUS] & 8:
            # What was received waits for the program.
            self._stopped = True
        else:
            self._end()

    def _receive(self):
        base = self._base
        while mem32[base + _STATUS] & 8:
            if self._state != _WRITING:
                self._begin(_WRITING)
            waiting = mem32[base + _RXFLR]
            asked = self._tell(8)
            if self._mem is not None:
                self._keep(mem32[base + _DATA_CMD])
            elif not asked:
                # Nobody wants it.
                mem32[base + _DATA_CMD]
            elif mem32[base + _RXFLR] == waiting:
                # It will be read later.
                mem32[base + _INTR_MASK] = _ALL & ~_RX_FULL
                break

    def _keep(self, word):
        # The first byte after an address is marked.
        if word & 0x800 and not self._fresh:
            self._begin(_WRITING)
        if self._fresh:
            self._fresh = False
            self._at, self._missing = 0, self._addr_bytes
            # A transfer that only names a place is the beginning of a read.
            self._silent = True
        if self._missing:
            self._at = self._at << 8 | word & 0xFF
            self._missing -= 1
            if not self._missing:
                self._select()
        else:
            self._silent = False
            self._mem[self._at] = word & 0xFF
            self._at = (self._at + 1) % len(self._mem)

    def _send(self):
        told = self._tell(4)
        if self._mem is not None:
            mem32[self._base + _DATA_CMD] = self._mem[self._at]
            self._at = (self._at + 1) % len(self._mem)
        elif not told:
            mem32[self._base + _DATA_CMD] = 0

    # Called by hard handlers, too, which cannot make large ints like addresses.
    def readinto(self, buf):
        data, status, n = self._data, self._status, 0
        while n < len(buf) and mem32[status] & 8:
            buf[n] = mem32[data] & 0xFF
            n += 1
        if not mem32[status] & 8:
            mem32[self._mask] = _ALL
            if self._stopped:
                self._end()
        return n

    def write(self, buf):
        data, status, n = self._data, self._status, 0
        while n < len(buf) and mem32[status] & 2:
            mem32[data] = buf[n]
            n += 1
        return n
