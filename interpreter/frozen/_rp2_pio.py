# PIO and its state machines, by their registers.
import rp2
from rp2 import _on_irq, _rearm, _pin
from machine import mem32, Pin, freq
from _rp2_regs import CLEAR, Irq, SET, wake
from micropython import const

# ---- PIO, data sheet 3.7 ----

_CTRL = const(0x000)
_FSTAT = const(0x004)
_FLEVEL = const(0x00C)
_TXF = const(0x010)
_RXF = const(0x020)
_IRQ = const(0x030)
_MEM = const(0x048)
_SM = const(0x0C8)
_STRIDE = const(0x18)
_CLKDIV = const(0x00)
_EXECCTRL = const(0x04)
_SHIFTCTRL = const(0x08)
_ADDR = const(0x0C)
_INSTR = const(0x10)
_PINCTRL = const(0x14)
_INTE = const(0x12C)
_INTS = const(0x134)

# Fields of an assembled program: code, its place in each PIO, the control words, and pins at the start.
_CODE = const(0)
_PLACE = const(1)
_PROGRAM_EXECCTRL = const(3)
_PROGRAM_SHIFTCTRL = const(4)
_OUT_PINS = const(5)
_SET_PINS = const(6)
_SIDE_PINS = const(7)
# Bits of an instruction that are not for the delay.
_SIDE_BITS = const(8)

_machines = {}
_pios = {}


class PIOASMError(Exception):
    pass


class PIO:
    IN_LOW = 0
    IN_HIGH = 1
    OUT_LOW = 2
    OUT_HIGH = 3
    SHIFT_LEFT = 0
    SHIFT_RIGHT = 1
    JOIN_NONE = 0
    JOIN_TX = 1
    JOIN_RX = 2
    IRQ_SM0 = 0x100
    IRQ_SM1 = 0x200
    IRQ_SM2 = 0x400
    IRQ_SM3 = 0x800

    # One object for each of the two.
    def __new__(cls, id):
        if id not in (0, 1):
            raise ValueError("invalid PIO")
        if id not in _pios:
            self = object.__new__(cls)
            wake(1 << (10 + id))
            self._id = id
            self._base = 0x50200000 + 0x100000 * id
            self._used = 0
            self._irq = Irq()
            _pios[id] = self
        return _pios[id]

    def __init__(self, id):
        pass

    def __repr__(self):
        return "PIO({})".format(self._id)

    def add_program(self, program):
        if program[_PLACE + self._id] >= 0:
            return
        code = program[_CODE]
        size = len(code)
        # Jumps to the program's own start make it position dependent; places are tried from the end.
        for place in range(32 - size, -1, -1):
            mask = ((1 << size) - 1) << place
            if not self._used & mask:
                break
        else:
            raise OSError(12)
        self._used |= mask
        program[_PLACE + self._id] = place
        for i, word in enumerate(code):
            # A jump's address is counted from the program's start.
            if word >> 13 == 0:
                word += place
            mem32[self._base + _MEM + 4 * (place + i)] = word

    def remove_program(self, program=None):
        if program is None:
            self._used = 0
            for machine in _machines.values():
                if machine and machine._pio is self and machine._program:
                    machine._program[_PLACE + self._id] = -1
            return
        place = program[_PLACE + self._id]
        if place >= 0:
            self._used &= ~(((1 << len(program[_CODE])) - 1) << place)
            program[_PLACE + self._id] = -1

    def state_machine(self, id, program=None, freq=-1, **kw):
        if not 0 <= id < 4:
            raise ValueError("invalid state machine")
        machine = StateMachine(self._id * 4 + id)
        if program is not None:
            machine.init(program, freq, **kw)
        return machine

    # Without a handler it only tells of the one there is.
    def irq(self, handler=0, trigger=0xF00, hard=False):
        if handler != 0:
            self._irq = Irq(trigger, handler, hard)
            self._arm()
        return self._irq

    def _arm(self):
        enable = self._irq.trigger() if self._irq._handler else 0
        for i in range(4):
            machine = _machines.get(self._id * 4 + i)
            if machine and machine._irq._handler:
                enable |= 0x100 << i
        mem32[self._base + _INTE] = enable
        _on_irq(7 + 2 * self._id, self._fired if enable else None)

    # Interrupt flags are cleared before the handlers run, which may then wait for the next ones.
    def _fired(self, line):
        ints = mem32[self._base + _INTS]
        mem32[self._base + _IRQ] = ints >> 8 & 0xF
        try:
            if self._irq._handler and ints & self._irq.trigger():
                self._irq.fire(self, ints & self._irq.trigger())
            for i in range(4):
                machine = _machines.get(self._id * 4 + i)
                if machine and machine._irq._handler and ints & 0x100 << i:
                    machine._irq.fire(machine, 1)
        finally:
            _rearm(line)


class StateMachine:
    def __new__(cls, id, program=None, freq=-1, **kw):
        if not 0 <= id < 8:
            raise ValueError("invalid StateMachine")
        self = _machines.get(id)
        if self is None:
            self = object.__new__(cls)
            self._id = id
            self._pio = PIO(id >> 2)
            self._base = self._pio._base
            self._n = id & 3
            self._regs = self._base + _SM + _STRIDE * self._n
            # Addresses are large ints: hard handlers cannot make them anew.
            self._fstat = self._base + _FSTAT
            self._flevel = self._base + _FLEVEL
            self._txf = self._base + _TXF + 4 * self._n
            self._rxf = self._base + _RXF + 4 * self._n
            self._program = None
            self._irq = Irq()
            _machines[id] = self
        return self

    def __init__(self, id, program=None, freq=-1, **kw):
        if program is not None:
            self.init(program, freq, **kw)

    def __repr__(self):
        return "StateMachine({})".format(self._id)

    def init(
        self,
        program,
        freq=-1,
        *,
        in_base=None,
        out_base=None,
        set_base=None,
        jmp_pin=None,
        sideset_base=None,
        in_shiftdir=None,
        out_shiftdir=None,
        push_thresh=None,
        pull_thresh=None
    ):
        self.active(0)
        self._pio.add_program(program)
        self._program = program
        place = program[_PLACE + self._pio._id]
        regs = self._regs
        mem32[regs + _CLKDIV] = _divider(freq)
        execctrl = program[_PROGRAM_EXECCTRL]
        # Where the program wraps, counted from its start.
        execctrl += place << 12 | place << 7
        if jmp_pin is not None:
            execctrl |= _pin(jmp_pin) << 24
        mem32[regs + _EXECCTRL] = execctrl
        shiftctrl = program[_PROGRAM_SHIFTCTRL]
        if in_shiftdir is not None:
            shiftctrl = shiftctrl & ~(1 << 18) | in_shiftdir << 18
        if out_shiftdir is not None:
            shiftctrl = shiftctrl & ~(1 << 19) | out_shiftdir << 19
        if push_thresh is not None:
            shiftctrl = shiftctrl & ~(31 << 20) | (push_thresh & 31) << 20
        if pull_thresh is not None:
            shiftctrl = shiftctrl & ~(31 << 25) | (pull_thresh & 31) << 25
        pinctrl = 0
        if in_base is not None:
            pinctrl |= _pin(in_base) << 15
        for base, pins, at, count_at in (
            (out_base, program[_OUT_PINS], 0, 20),
            (set_base, program[_SET_PINS], 5, 26),
            (sideset_base, program[_SIDE_PINS], 10, 29),
        ):
            if base is not None:
                pinctrl |= _pin(base) << at | _count(pins) << count_at
        if sideset_base is not None and execctrl & 1 << 30:
            # The bit that says whether there is a side-set is one of them.
            pinctrl += 1 << 29
        elif sideset_base is None:
            pinctrl |= program[_SIDE_BITS] << 29
        # Writing the join bits empties the FIFOs.
        mem32[regs + _SHIFTCTRL] = shiftctrl ^ 1 << 30
        mem32[regs + _SHIFTCTRL] = shiftctrl
        for base, pins in (
            (out_base, program[_OUT_PINS]),
            (set_base, program[_SET_PINS]),
            (sideset_base, program[_SIDE_PINS]),
        ):
            if base is not None and pins is not None:
                self._start_pins(_pin(base), (pins,) if isinstance(pins, int) else pins)
        mem32[regs + _PINCTRL] = pinctrl
        self.restart()
        mem32[regs + _INSTR] = place

    # Sets direction and level of each pin by `set` instructions, then hands the pin over.
    def _start_pins(self, base, states):
        regs = self._regs
        for i, state in enumerate(states):
            mem32[regs + _PINCTRL] = 1 << 26 | (base + i) << 5
            mem32[regs + _INSTR] = 0xE000 | state & 1
            mem32[regs + _INSTR] = 0xE080 | state >> 1
            Pin(base + i, mode=Pin.ALT, alt=6 + self._pio._id)

    def active(self, value=None):
        ctrl = self._base + _CTRL
        if value is not None:
            mem32[ctrl + (SET if value else CLEAR)] = 1 << self._n
        return bool(mem32[ctrl] >> self._n & 1)

    def restart(self):
        # The state machine, its clock divider; then the FIFOs, which changing a join bit empties.
        mem32[self._base + _CTRL + SET] = 0x110 << self._n
        shiftctrl = mem32[self._regs + _SHIFTCTRL]
        mem32[self._regs + _SHIFTCTRL] = shiftctrl ^ 1 << 30
        mem32[self._regs + _SHIFTCTRL] = shiftctrl
        if self._program:
            mem32[self._regs + _INSTR] = self._program[_PLACE + self._pio._id]

    def exec(self, instr):
        if isinstance(instr, str):
            sides, optional = self._program[_SIDE_BITS], self._program[_PROGRAM_EXECCTRL] >> 30 & 1
            instr = rp2.asm_pio_encode(instr, sides - optional, optional)
        if instr >> 13 == 0 and self._program:
            instr += self._program[_PLACE + self._pio._id]
        mem32[self._regs + _INSTR] = instr

    def rx_fifo(self):
        return mem32[self._flevel] >> (8 * self._n + 4) & 15

    def tx_fifo(self):
        return mem32[self._flevel] >> 8 * self._n & 15

    def put(self, value, shift=0):
        full, fifo, status = 0x10000 << self._n, self._txf, self._fstat
        for word in (value,) if isinstance(value, int) else value:
            while mem32[status] & full:
                pass
            mem32[fifo] = word << shift & 0xFFFFFFFF

    def get(self, buf=None, shift=0):
        empty, fifo, status = 0x100 << self._n, self._rxf, self._fstat
        if buf is None:
            while mem32[status] & empty:
                pass
            return mem32[fifo] >> shift
        for i in range(len(buf)):
            while mem32[status] & empty:
                pass
            buf[i] = mem32[fifo] >> shift & 0xFF if isinstance(buf, bytearray) else mem32[fifo] >> shift

    def irq(self, handler=0, trigger=1, hard=False):
        if handler != 0:
            self._irq = Irq(trigger, handler, hard)
            self._pio._arm()
        return self._irq


def _count(pins):
    return 0 if pins is None else 1 if isinstance(pins, int) else len(pins)


# The clock divider, in 256ths, in the upper half and the byte below.
def _divider(hz):
    clock = freq()
    if hz <= 0:
        return 1 << 16
    divider = clock * 256 // hz
    if not 256 <= divider <= 0x1000000:
        raise ValueError("freq out of range")
    return divider << 8 & 0xFFFFFFFF
