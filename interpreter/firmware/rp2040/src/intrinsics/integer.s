@ Integers: products and quotients the core has no instruction for.

    .syntax unified
    .pushsection .text.solderless_integer, "ax", %progbits

@ r0:r1 times r2:r3, 64 bits of it.
FUNCTION __aeabi_lmul
    push {r4}
    muls r1, r2, r1
    muls r3, r0, r3
    adds r1, r1, r3
    mov ip, r1
    @ Halves: r0 r3 times r2 r4.
    uxth r3, r0
    lsrs r0, r0, #16
    uxth r4, r2
    lsrs r2, r2, #16
    movs r1, r3
    muls r1, r4, r1
    muls r3, r2, r3
    muls r4, r0, r4
    muls r2, r0, r2
    adds r3, r3, r4
    bcc 1f
    movs r4, #1
    lsls r4, r4, #16
    adds r2, r2, r4
1:  lsls r0, r3, #16
    lsrs r3, r3, #16
    adds r0, r0, r1
    adcs r2, r3
    mov r1, ip
    adds r1, r1, r2
    pop {r4}
    bx lr

FUNCTION __clzsi2
    cmp r0, #0
    beq 2f
    movs r1, #0
    lsrs r2, r0, #16
    bne 1f
    lsls r0, r0, #16
    adds r1, #16
1:  lsrs r2, r0, #24
    bne 1f
    lsls r0, r0, #8
    adds r1, #8
1:  lsrs r2, r0, #28
    bne 1f
    lsls r0, r0, #4
    adds r1, #4
1:  lsrs r2, r0, #30
    bne 1f
    lsls r0, r0, #2
    adds r1, #2
1:  lsrs r0, r0, #31
    subs r0, r1, r0
    adds r0, #1
    bx lr
2:  movs r0, #32
    bx lr

@ The quotient into r0, the rest into r1, by the core's own divider (SIO). No interrupt may come in between: its handler
@ may divide as well.
.macro DIVIDE_BY_SIO dividend, divisor
    ldr r2, =0xd0000000
    mrs r3, PRIMASK
    cpsid i
    str r0, [r2, #\dividend]
    str r1, [r2, #\divisor]
    @ Eight cycles.
    b 1f
1:  b 1f
1:  b 1f
1:  b 1f
1:  ldr r1, [r2, #0x74]
    ldr r0, [r2, #0x70]
    msr PRIMASK, r3
    bx lr
.endm

    .global __aeabi_uidiv
    .type __aeabi_uidiv, %function
    .thumb_func
__aeabi_uidiv:
FUNCTION __aeabi_uidivmod
    DIVIDE_BY_SIO 0x60, 0x64

    .global __aeabi_idiv
    .type __aeabi_idiv, %function
    .thumb_func
__aeabi_idiv:
FUNCTION __aeabi_idivmod
    DIVIDE_BY_SIO 0x68, 0x6c

    .ltorg
    .popsection
