# The PIO assembler: whole programs, and single instructions against the data sheet's encoding.
import rp2
from rp2 import PIO, PIOASMError, asm_pio, asm_pio_encode


@asm_pio(sideset_init=PIO.OUT_LOW, out_shiftdir=PIO.SHIFT_LEFT, autopull=True, pull_thresh=24)
def ws2812():
    wrap_target()
    label("bitloop")
    out(x, 1).side(0)[2]
    jmp(not_x, "do_zero").side(1)[1]
    jmp("bitloop").side(1)[4]
    label("do_zero")
    nop().side(0)[4]
    wrap()


# The words are those of the Pico's own examples.
print([hex(w) for w in ws2812[0]], hex(ws2812[3]), hex(ws2812[4]))


@asm_pio(set_init=PIO.OUT_LOW, sideset_init=(PIO.OUT_LOW, PIO.OUT_HIGH), fifo_join=PIO.JOIN_TX)
def mixed():
    set(x, 31)
    label("again")
    nop().side(2)[3]
    jmp(x_dec, "again")
    wrap_target()
    pull(ifempty, noblock).side(1)
    wrap()
    mov(isr, invert(y))
    mov(osr, reverse(x))
    irq(block, rel(2))
    wait(0, irq, 5)


print([hex(w) for w in mixed[0]], hex(mixed[3]), hex(mixed[4]))
for text in (
    "set(pins, 1)",
    "set(pindirs, 3)[5]",
    "in_(pins, 32)",
    "out(pindirs, 4)",
    "push(iffull)",
    "pull()",
    "wait(1, pin, 2)",
    "irq(clear, 7)",
    "mov(exec, osr)",
    "jmp(not_osre, 9)",
    "word(0x1234)",
):
    print(text, hex(asm_pio_encode(text, 0)))
# The program's module is as it was.
print(set, "label" in globals())
for bad in (
    lambda: jmp("nowhere"),
    lambda: set(pins, 32),
    lambda: nop()[32],
    lambda: (label("a"), label("a")),
    lambda: mov(null, x),
    lambda: [nop() for i in range(33)],
):
    try:
        asm_pio()(bad)
    except PIOASMError as e:
        print("PIOASMError", e)
print(rp2.PIOASMError is PIOASMError)
