# The assembler for PIO programs. It is forgotten when it has done its work.
from rp2 import PIOASMError


_SOURCES = {"pins": 0, "x": 1, "y": 2, "null": 3, "status": 5, "isr": 6, "osr": 7}
_DESTINATIONS = {"pins": 0, "x": 1, "y": 2, "null": 3, "pindirs": 4, "pc": 5, "isr": 6, "exec": 7}
_MOVES = {"pins": 0, "x": 1, "y": 2, "exec": 4, "pc": 5, "isr": 6, "osr": 7}
_SETS = {"pins": 0, "x": 1, "y": 2, "pindirs": 4}
_CONDITIONS = {
    "always": 0,
    "not_x": 1,
    "x_dec": 2,
    "not_y": 3,
    "y_dec": 4,
    "x_not_y": 5,
    "pin": 6,
    "not_osre": 7,
}


def _field(table, name, what):
    try:
        return table[name]
    except (KeyError, TypeError):
        raise PIOASMError("bad " + what)


# Collects instructions; an operand is a string, or a pair ("~" or "::", source) for mov.
class _Assembler:
    def __init__(self, sides, optional):
        self.sides = sides
        self.optional = optional
        self.delay_bits = 5 - sides - optional
        self.code = []
        self.labels = {}
        self.jumps = []
        self.bottom = 0
        self.top = None

    def emit(self, word):
        if len(self.code) == 32:
            raise PIOASMError("program too long")
        self.code.append(word)
        return self

    # instr(…)[delay]
    def __getitem__(self, delay):
        return self.delay(delay)

    def delay(self, delay):
        if not 0 <= delay < 1 << self.delay_bits:
            raise PIOASMError("delay too large")
        self.code[-1] += delay << 8
        return self

    # instr(…).side(value)
    def side(self, value):
        if not 0 <= value < 1 << self.sides:
            raise PIOASMError("side too large")
        self.code[-1] += value << (13 - self.optional - self.sides) | self.optional << 12
        return self

    def wrap_target(self):
        self.bottom = len(self.code)

    def wrap(self):
        self.top = len(self.code) - 1

    def label(self, name):
        if name in self.labels:
            raise PIOASMError("duplicate label " + str(name))
        self.labels[name] = len(self.code)

    def word(self, word, label=None):
        if label is not None:
            self.jumps.append((len(self.code), label))
        return self.emit(word)

    def nop(self):
        return self.emit(0xA042)

    def jmp(self, condition, label=None):
        if label is None:
            condition, label = "always", condition
        return self.word(_field(_CONDITIONS, condition, "condition") << 5, label)

    def wait(self, polarity, source, index):
        # `irq` is the name of an instruction, too.
        source = source if isinstance(source, str) else "irq"
        source = _field({"gpio": 0, "pin": 1, "pins": 1, "irq": 2}, source, "source")
        return self.emit(0x2000 | polarity << 7 | source << 5 | index)

    def in_(self, source, bits):
        return self.emit(0x4000 | _field(_SOURCES, source, "source") << 5 | self._bits(bits))

    def out(self, destination, bits):
        return self.emit(0x6000 | _field(_DESTINATIONS, destination, "destination") << 5 | self._bits(bits))

    def _bits(self, bits):
        if not 1 <= bits <= 32:
            raise PIOASMError("bits must be 1..32")
        return bits & 31

    def push(self, *flags):
        return self.emit(0x8000 | self._block(flags, "iffull"))

    def pull(self, *flags):
        return self.emit(0x8080 | self._block(flags, "ifempty"))

    def _block(self, flags, condition):
        word = 1 << 5
        for flag in flags:
            if flag == "noblock":
                word &= ~(1 << 5)
            elif flag == condition:
                word |= 1 << 6
            elif flag != "block":
                raise PIOASMError("bad flag")
        return word

    def mov(self, destination, source):
        operation = 0
        if isinstance(source, tuple):
            operation, source = source
        word = _field(_MOVES, destination, "destination") << 5 | operation << 3
        return self.emit(0xA000 | word | _field(_SOURCES, source, "source"))

    def irq(self, *operands):
        word = 0xC000
        for operand in operands:
            if operand == "block":
                word |= 1 << 5
            elif operand == "clear":
                word |= 1 << 6
            elif operand != "noblock":
                word |= operand
        return self.emit(word)

    def set(self, destination, value):
        if not 0 <= value <= 31:
            raise PIOASMError("value must be 0..31")
        return self.emit(0xE000 | _field(_SETS, destination, "destination") << 5 | value)

    def names(self):
        found = {
            name: name
            for table in (_SOURCES, _DESTINATIONS, _CONDITIONS)
            for name in table
            if name not in ("always", "pc", "exec")
        }
        for name in ("gpio", "block", "noblock", "iffull", "ifempty", "clear", "pc", "exec"):
            found[name] = name
        for name in ("word", "nop", "jmp", "wait", "in_", "out", "push", "pull", "mov", "irq", "set"):
            found[name] = getattr(self, name)
        found["wrap_target"] = self.wrap_target
        found["wrap"] = self.wrap
        found["label"] = self.label
        found["invert"] = lambda source: (1, source)
        found["reverse"] = lambda source: (2, source)
        found["rel"] = lambda index: index | 0x10
        return found

    # Runs the program as a function that sees our names in place of its module's own. (The module's must stay: a
    # callback may come meanwhile.)
    def run(self, f):
        type(f)(f.__code__, self.names(), None, None, f.__closure__)()

    def finish(self):
        for at, label in self.jumps:
            if isinstance(label, str):
                if label not in self.labels:
                    raise PIOASMError("unknown label " + label)
                label = self.labels[label]
            self.code[at] += label
        if self.top is None:
            self.top = len(self.code) - 1


def asm_pio(
    *,
    out_init=None,
    set_init=None,
    sideset_init=None,
    side_pindir=False,
    in_shiftdir=0,
    out_shiftdir=0,
    autopush=False,
    autopull=False,
    push_thresh=32,
    pull_thresh=32,
    fifo_join=0
):
    # How many pins the side-set drives says how many bits remain for delays.
    sides = 0 if sideset_init is None else 1 if isinstance(sideset_init, int) else len(sideset_init)

    def assemble(f):
        assembler = optional = None
        # The side-set is optional if an instruction does without: known only after a first run.
        if sides:
            counter = _Counter(sides, 0)
            counter.run(f)
            optional = int(counter.sided < len(counter.code))
        assembler = _Assembler(sides, optional or 0)
        assembler.run(f)
        assembler.finish()
        execctrl = (optional or 0) << 30 | side_pindir << 29 | assembler.top << 12 | assembler.bottom << 7
        shiftctrl = (
            fifo_join << 30
            | (pull_thresh & 31) << 25
            | (push_thresh & 31) << 20
            | out_shiftdir << 19
            | in_shiftdir << 18
            | int(autopull) << 17
            | int(autopush) << 16
        )
        return [
            assembler.code,
            -1,
            -1,
            execctrl,
            shiftctrl,
            out_init,
            set_init,
            sideset_init,
            sides + (optional or 0),
        ]

    return assemble


# Only counts the instructions with a side-set.
class _Counter(_Assembler):
    def __init__(self, sides, optional):
        _Assembler.__init__(self, sides, optional)
        self.sided = 0

    def side(self, value):
        self.sided += 1
        return self

    def delay(self, delay):
        return self


def asm_pio_encode(instr, sideset_count, sideset_opt=False):
    assembler = _Assembler(sideset_count, int(sideset_opt))
    exec(instr, assembler.names())
    if len(assembler.code) != 1:
        raise PIOASMError("expecting exactly 1 instruction")
    assembler.finish()
    return assembler.code[0]
