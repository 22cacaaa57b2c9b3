# I2S by PIO and DMA: two buffers go round and round without help, the ring buffer behind them is filled and emptied
# when one of them is done.
import rp2
from machine import Pin, idle, mem32
from micropython import const
from uctypes import addressof

_PIO = const(0x50200000)
_TXF = const(0x10)
_RXF = const(0x20)
# Registers of a DMA channel: an address, and the same as one that starts the transfer.
_READ = const(0x00)
_WRITE = const(0x04)
_READ_TRIG = const(0x3C)
_WRITE_TRIG = const(0x2C)


# Each program's side-set drives the clock and, above it, the word select, which changes one bit before the word. A bit
# is two instructions; y holds how many of them the loops count.
def _send_stereo():
    @rp2.asm_pio(out_init=rp2.PIO.OUT_LOW, sideset_init=(2, 2), autopull=True, fifo_join=1)
    def program():
        label("left")
        out(pins, 1).side(0)
        jmp(x_dec, "left").side(1)
        out(pins, 1).side(2)
        mov(x, y).side(3)
        label("right")
        out(pins, 1).side(2)
        jmp(x_dec, "right").side(3)
        out(pins, 1).side(0)
        mov(x, y).side(1)

    return program


# Both words are the same one, which isr keeps: four instructions a bit.
def _send_mono():
    @rp2.asm_pio(out_init=rp2.PIO.OUT_LOW, sideset_init=(2, 2), fifo_join=1)
    def program():
        label("left")
        out(pins, 1).side(0)[1]
        jmp(x_dec, "left").side(1)[1]
        out(pins, 1).side(2)[1]
        mov(osr, isr).side(3)
        mov(x, y).side(3)
        label("right")
        out(pins, 1).side(2)[1]
        jmp(x_dec, "right").side(3)[1]
        out(pins, 1).side(0)
        mov(x, y).side(0)
        pull(block).side(1)
        mov(isr, osr).side(1)

    return program


def _receive_stereo():
    @rp2.asm_pio(sideset_init=(2, 2), autopush=True, fifo_join=2)
    def program():
        label("left")
        in_(pins, 1).side(1)
        jmp(x_dec, "left").side(0)
        in_(pins, 1).side(1)
        mov(x, y).side(2)
        in_(pins, 1).side(3)
        nop().side(2)
        label("right")
        in_(pins, 1).side(3)
        jmp(x_dec, "right").side(2)
        in_(pins, 1).side(3)
        mov(x, y).side(0)
        in_(pins, 1).side(1)
        nop().side(0)

    return program


# The right word is not looked at.
def _receive_mono():
    @rp2.asm_pio(sideset_init=(2, 2), autopush=True, fifo_join=2)
    def program():
        label("left")
        in_(pins, 1).side(1)
        jmp(x_dec, "left").side(0)
        in_(pins, 1).side(1)
        mov(x, y).side(2)
        in_(pins, 1).side(3)
        nop().side(2)
        label("right")
        nop().side(3)
        jmp(x_dec, "right").side(2)
        nop().side(3)
        mov(x, y).side(0)
        nop().side(1)
        nop().side(0)

    return program


class I2S:
    RX = 0
    TX = 1
    MONO = 0
    STEREO = 1

    def __init__(self, id, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        if id not in (0, 1):
            raise ValueError("I2S({}) doesn't exist".format(id))
        self._id = id
        self._dma = ()
        self._machine = None
        self.init(sck=sck, ws=ws, sd=sd, mode=mode, bits=bits, format=format, rate=rate, ibuf=ibuf)

    def init(self, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        self.deinit()
        clock, select, data = rp2._pin(sck), rp2._pin(ws), rp2._pin(sd)
        if select != clock + 1:
            raise ValueError("invalid ws (must be sck+1)")
        if mode not in (0, 1):
            raise ValueError("invalid mode")
        if bits not in (16, 32):
            raise ValueError("invalid bits")
        if format not in (0, 1):
            raise ValueError("invalid format")
        if ibuf <= 0:
            raise ValueError("invalid ibuf")
        self._pins = clock, select, data
        self._settings = mode, bits, format, rate, ibuf
        self._handler = self._waiting = None
        self._frame = bits // 8 * (1 + format)
        # The ring fills a buffer while it is filled itself.
        self._chunk = max(32, min(1024, ibuf // 2 & ~7))
        ibuf = max(ibuf, 2 * self._chunk)
        self._ring = memoryview(bytearray(ibuf - ibuf % self._frame))
        # Bytes that ever went in and out: the program counts one of them, the interrupt the other.
        self._in = self._out = 0
        self._start()

    def _start(self):
        mode, bits, format, rate, ibuf = self._settings
        clock, _, data = self._pins
        sending = mode == I2S.TX
        program = (_send_mono, _send_stereo)[format]() if sending else (_receive_mono, _receive_stereo)[format]()
        pio = rp2.PIO(self._id)
        for n in range(3, -1, -1):
            machine = pio.state_machine(n)
            if not machine.active() and machine._program is None:
                break
        else:
            raise OSError(16)
        self._machine = machine
        cycles = 8 if sending and not format else 4
        kw = {"pull_thresh": bits, "out_base": data} if sending else {"push_thresh": bits, "in_base": data}
        if not sending:
            Pin(data, Pin.IN)
        machine.init(program, rate * bits * cycles, sideset_base=clock, **kw)
        for instruction in ("set(y, {})".format(bits - (2 if sending else 3)), "mov(x, y)"):
            machine.exec(instruction)
        chunk = self._chunk
        self._buffers = [bytearray(chunk), bytearray(chunk)]
        self._silence = bytes(chunk)
        self._addresses = [addressof(buffer) for buffer in self._buffers]
        # The second channel gives the first one its next buffer. The ends of its table meet: it lies on a multiple of 8.
        table = bytearray(16)
        at = addressof(table)
        at += -at & 7
        mem32[at], mem32[at + 4] = self._addresses[1], self._addresses[0]
        self._table = table
        self._dma = mover, feeder = rp2.DMA(), rp2.DMA()
        fifo = _PIO + 0x100000 * self._id + (_TXF if sending else _RXF) + 4 * n
        request = 8 * self._id + n + (0 if sending else 4)
        mover.config(
            read=self._addresses[0] if sending else fifo,
            write=fifo if sending else self._addresses[0],
            count=chunk // (bits // 8),
            ctrl=mover.pack_ctrl(
                size=1 if bits == 16 else 2,
                inc_read=sending,
                inc_write=not sending,
                treq_sel=request,
                chain_to=feeder.channel,
                irq_quiet=0,
            ),
        )
        feeder.config(
            read=at,
            write=mover._regs + (_READ_TRIG if sending else _WRITE_TRIG),
            count=1,
            ctrl=feeder.pack_ctrl(inc_write=0, ring_size=3),
        )
        # The address of the buffer that moves tells which of the two is done.
        self._address = mover._regs + (_READ if sending else _WRITE)
        mover.irq(self._fired)
        mover.active(1)
        machine.active(1)

    def deinit(self):
        for dma in self._dma:
            # The other channel must not start it again.
            dma.ctrl = 0
        for dma in self._dma:
            dma.close()
        self._dma = ()
        machine, self._machine = self._machine, None
        if machine:
            machine.active(0)
            machine._pio.remove_program(machine._program)
            machine._program = None

    def __repr__(self):
        return "I2S(id={}, sck={}, ws={}, sd={}, mode={}, bits={}, format={}, rate={}, ibuf={})".format(
            self._id, *self._pins, *self._settings
        )

    def irq(self, handler):
        if handler is not None and not callable(handler):
            raise ValueError("invalid callback")
        self._handler = handler

    # The interrupt of the DMA: one of the buffers is done.
    def _fired(self, dma):
        if not self._dma:
            return
        first = self._addresses[0]
        done = self._buffers[1 if first <= mem32[self._address] < first + self._chunk else 0]
        frame = self._frame
        if self._settings[0] == I2S.TX:
            n = min(self._in - self._out, self._chunk) // frame * frame
            if n < self._chunk:
                done[n:] = self._silence[n:]
            self._take(memoryview(done)[:n])
        else:
            n = min(len(self._ring) - self._in + self._out, self._chunk) // frame * frame
            self._give(memoryview(done)[:n])
        if self._waiting is not None:
            self._go_on()

    # Out of the ring, and into it; there is enough of it.
    def _take(self, into):
        n, size = len(into), len(self._ring)
        at = self._out % size
        part = min(n, size - at)
        into[:part] = self._ring[at : at + part]
        into[part:] = self._ring[: n - part]
        self._out += n

    def _give(self, data):
        n, size = len(data), len(self._ring)
        at = self._in % size
        part = min(n, size - at)
        self._ring[at : at + part] = data[:part]
        self._ring[: n - part] = data[part:]
        self._in += n

    # Moves what can be moved now.
    def _move(self, data):
        if self._settings[0] == I2S.TX:
            n = min(len(data), len(self._ring) - self._in + self._out)
            self._give(data[:n])
        else:
            n = min(len(data), self._in - self._out)
            self._take(data[:n])
        return n

    # With a handler the program does not wait.
    def _go_on(self):
        n = self._move(self._waiting)
        rest = self._waiting[n:]
        self._waiting = rest or None
        if not rest and self._handler:
            self._handler(self)

    def _transfer(self, buf):
        if not self._dma:
            raise OSError(19)
        data = memoryview(buf).cast("B")
        if self._handler:
            self._waiting = data
            return len(data)
        done = self._move(data)
        # Of a stream, as asyncio asks for it, as much as there is.
        while done < len(data) and not self._asked:
            idle()
            done += self._move(data[done:])
        return done

    _asked = False

    def ioctl(self, request, flags):
        if request != 3:
            return -1
        self._asked = True
        n = self._in - self._out
        ready = n < len(self._ring) if self._settings[0] == I2S.TX else n > 0
        return flags & (4 if self._settings[0] == I2S.TX else 1) if ready else 0

    def write(self, buf):
        if self._settings[0] != I2S.TX:
            raise OSError(1)
        return self._transfer(buf)

    def readinto(self, buf):
        if self._settings[0] != I2S.RX:
            raise OSError(1)
        return self._transfer(buf)

    @staticmethod
    def shift(*, buf, bits, shift):
        if bits not in (16, 32):
            raise ValueError("invalid bits")
        samples = memoryview(buf).cast("h" if bits == 16 else "i")
        half = 1 << bits - 1
        for i in range(len(samples)):
            v = samples[i]
            samples[i] = v >> -shift if shift < 0 else ((v << shift) + half & 2 * half - 1) - half
