@ 32-bit floats as IEEE 754 has them, rounded to the nearest, halves to even. By hand are the cases in which operands
@ and result are normal numbers; what is left over (zeros, subnormals, infinities, NaN) goes to the compiler's library
@ (`__addsf3`, `__mulsf3`, `__divsf3`), which is right and slow.
@
@ A mantissa about to be rounded has its leading bit at 30: bits 30 to 7 stay. Adding 63 and the last of them carries
@ into bit 7 exactly when the rest is above a half, or a half and the last bit is odd.

    .syntax unified
    .pushsection .text.solderless_float, "ax", %progbits

.macro FUNCTION name
    .balign 4
    .global \name
    .type \name, %function
    .thumb_func
\name:
.endm

@ The mantissas of r0 and r1 with their leading bits at 29, and the smaller one shifted right by r3 into r4, where what
@ is lost is noted in the last bit. Uses r1 and r3.
.macro MANTISSAS
    movs r4, #1
    lsls r4, r4, #29
    lsls r0, r0, #9
    lsrs r0, r0, #3
    orrs r0, r4
    lsls r1, r1, #9
    lsrs r1, r1, #3
    orrs r1, r4
    movs r4, r1
    lsrs r4, r3
    subs r3, #32
    rsbs r3, r3, #0
    lsls r1, r3
    beq 1f
    movs r1, #1
    orrs r4, r1
1:
.endm

@ ---- addition, subtraction ----

FUNCTION __aeabi_frsub
    movs r2, #1
    lsls r2, r2, #31
    eors r0, r2
    b __aeabi_fadd

FUNCTION __aeabi_fsub
    movs r2, #1
    lsls r2, r2, #31
    eors r1, r2

    .global __aeabi_fadd
    .type __aeabi_fadd, %function
    .thumb_func
__aeabi_fadd:
    @ The larger magnitude into r0.
    lsls r2, r0, #1
    lsls r3, r1, #1
    cmp r2, r3
    bhs 2f
    mov ip, r0
    mov r0, r1
    mov r1, ip
    lsls r2, r0, #1
    lsls r3, r1, #1
2:  lsrs r2, r2, #24
    lsrs r3, r3, #24
    beq 7f
    cmp r2, #255
    beq 9f
    subs r3, r2, r3
    cmp r3, #25
    bhi 8f
    push {r4}
    mov ip, r0
    movs r4, r0
    eors r4, r1
    bmi 5f
    MANTISSAS
    adds r0, r0, r4
    lsls r4, r0, #1
    bmi 3f
    movs r0, r4
    subs r2, #1
3:  @ Rounds; r2 is the exponent less one, to which the mantissa's leading bit adds.
    lsrs r4, r0, #8
    movs r4, #63
    adcs r0, r4
    lsrs r0, r0, #7
    cmp r2, #254
    bhs 6f
    lsls r2, r2, #23
    adds r0, r0, r2
4:  mov r2, ip
    lsrs r2, r2, #31
    lsls r2, r2, #31
    orrs r0, r2
    pop {r4}
    bx lr

5:  MANTISSAS
    subs r0, r0, r4
    beq 2f
1:  lsrs r4, r0, #22
    bne 1f
    lsls r0, r0, #8
    subs r2, #8
    b 1b
1:  subs r2, #1
    lsls r0, r0, #1
    lsls r4, r0, #1
    bpl 1b
    b 3b
2:  pop {r4}
8:  bx lr

6:  @ Infinite, or subnormal: then it is exact.
    cmp r2, #0
    blt 1f
    movs r0, #255
    lsls r0, r0, #23
    b 4b
1:  rsbs r2, r2, #0
    lsrs r0, r2
    b 4b

7:  @ A normal number and a zero, or two zeros.
    lsls r3, r1, #1
    bne 9f
    subs r2, #1
    cmp r2, #254
    blo 8b
    lsls r3, r0, #1
    bne 9f
    ands r0, r1
    bx lr
9:  push {r4, lr}
    bl __addsf3
    pop {r4, pc}

@ ---- multiplication ----

FUNCTION __aeabi_fmul
    lsls r2, r0, #1
    lsls r3, r1, #1
    lsrs r2, r2, #24
    beq 6f
    lsrs r3, r3, #24
    beq 7f
    cmp r2, #255
    beq 9f
    cmp r3, #255
    beq 9f
    push {r0, r1, r4, r5}
    adds r2, r2, r3
    movs r3, r0
    eors r3, r1
    mov ip, r3
    @ Upper 8 and lower 16 bits: r0 r4 times r1 r3.
    movs r5, #128
    uxth r4, r0
    lsls r0, r0, #8
    lsrs r0, r0, #24
    orrs r0, r5
    uxth r3, r1
    lsls r1, r1, #8
    lsrs r1, r1, #24
    orrs r1, r5
    movs r5, r4
    muls r5, r3, r5
    muls r4, r1, r4
    muls r3, r0, r3
    muls r0, r1, r0
    @ The upper 32 of 48 bits; the rest only counts as not 0.
    adds r3, r3, r4
    lsls r0, r0, #16
    adds r0, r0, r3
    lsrs r1, r5, #16
    adds r0, r0, r1
    lsls r5, r5, #16
    beq 1f
    movs r1, #1
    orrs r0, r1
1:  cmp r0, #0
    blt 2f
    subs r2, #128
    lsrs r1, r0, #8
    movs r1, #63
    adcs r0, r1
    lsrs r0, r0, #7
    b 3f
2:  @ The leading bit is at 31. There is no overflow: the product ends in zeros when it begins with ones.
    subs r2, #127
    lsrs r1, r0, #9
    movs r1, #127
    adcs r0, r1
    lsrs r0, r0, #8
3:  cmp r2, #254
    bhs 8f
    lsls r2, r2, #23
    adds r0, r0, r2
    mov r2, ip
    lsrs r2, r2, #31
    lsls r2, r2, #31
    orrs r0, r2
    add sp, #8
    pop {r4, r5}
    bx lr
6:  @ Zero times what is not infinite.
    lsls r2, r0, #1
    bne 9f
    lsrs r3, r3, #24
    cmp r3, #255
    beq 9f
    b 5f
7:  lsls r3, r1, #1
    bne 9f
    cmp r2, #255
    beq 9f
5:  eors r0, r1
    lsrs r0, r0, #31
    lsls r0, r0, #31
    bx lr
8:  pop {r0, r1, r4, r5}
9:  push {r4, lr}
    bl __mulsf3
    pop {r4, pc}

@ ---- division ----

@ Eight more bits of the quotient in r0: the rest in r1 times 256, divided. The divider (SIO, r2) knows the divisor and
@ takes eight cycles.
.macro EIGHT_BITS
    lsls r1, r1, #8
    str r1, [r2, #0x60]
    lsls r0, r0, #8
    b 1f
1:  b 1f
1:  b 1f
1:  b 1f
1:  ldr r1, [r2, #0x74]
    ldr r4, [r2, #0x70]
    orrs r0, r4
.endm

FUNCTION __aeabi_fdiv
    lsls r2, r0, #1
    lsls r3, r1, #1
    lsrs r2, r2, #24
    beq 9f
    lsrs r3, r3, #24
    beq 9f
    cmp r2, #255
    beq 9f
    cmp r3, #255
    beq 9f
    push {r0, r1, r4, r5}
    subs r5, r2, r3
    eors r0, r1
    mov ip, r0
    movs r4, #1
    lsls r4, r4, #23
    ldr r0, [sp]
    lsls r0, r0, #9
    lsrs r0, r0, #9
    orrs r0, r4
    lsls r1, r1, #9
    lsrs r1, r1, #9
    orrs r1, r4
    @ The quotient is at least 1: its first bit is known. r5: the exponent less one.
    adds r5, #126
    cmp r0, r1
    bhs 1f
    lsls r0, r0, #1
    subs r5, #1
1:  @ No interrupt may divide in between.
    mrs r3, PRIMASK
    ldr r2, =0xd0000000
    cpsid i
    str r1, [r2, #0x64]
    subs r1, r0, r1
    movs r0, #1
    EIGHT_BITS
    EIGHT_BITS
    EIGHT_BITS
    msr PRIMASK, r3
    @ 25 bits, and whether there is a rest.
    lsls r0, r0, #6
    cmp r1, #0
    beq 1f
    movs r1, #1
    orrs r0, r1
1:  lsrs r1, r0, #8
    movs r1, #63
    adcs r0, r1
    lsrs r0, r0, #7
    cmp r5, #254
    bhs 8f
    lsls r5, r5, #23
    adds r0, r0, r5
    mov r2, ip
    lsrs r2, r2, #31
    lsls r2, r2, #31
    orrs r0, r2
    add sp, #8
    pop {r4, r5}
    bx lr
8:  pop {r0, r1, r4, r5}
9:  push {r4, lr}
    bl __divsf3
    pop {r4, pc}

    .ltorg

@ ---- order ----

@ Compares r0 with r1 as signed integers in the floats' order; branches to 9 for NaN.
.macro ORDER
    movs r2, #255
    lsls r2, r2, #24
    lsls r3, r0, #1
    cmp r3, r2
    bhi 9f
    lsls r3, r1, #1
    cmp r3, r2
    bhi 9f
    movs r2, #1
    lsls r2, r2, #31
    cmp r0, #0
    bge 1f
    subs r0, r2, r0
1:  cmp r1, #0
    bge 1f
    subs r1, r2, r1
1:  cmp r0, r1
.endm

.macro COMPARISON name, condition
FUNCTION \name
    ORDER
    b\condition 1f
9:  movs r0, #0
    bx lr
1:  movs r0, #1
    bx lr
.endm

    COMPARISON __aeabi_fcmpeq, eq
    COMPARISON __aeabi_fcmplt, lt
    COMPARISON __aeabi_fcmple, le
    COMPARISON __aeabi_fcmpge, ge
    COMPARISON __aeabi_fcmpgt, gt

FUNCTION __aeabi_fcmpun
    ORDER
    movs r0, #0
    bx lr
9:  movs r0, #1
    bx lr

@ ---- conversions ----

FUNCTION __aeabi_ui2f
    movs r3, #0
    b 1f

FUNCTION __aeabi_i2f
    asrs r3, r0, #31
    eors r0, r3
    subs r0, r0, r3
    lsls r3, r3, #31
1:  cmp r0, #0
    beq 8f
    @ r2: the exponent less one of a number whose leading bit is at 31.
    movs r2, #157
    lsrs r1, r0, #16
    bne 1f
    lsls r0, r0, #16
    subs r2, #16
1:  lsrs r1, r0, #24
    bne 1f
    lsls r0, r0, #8
    subs r2, #8
1:  lsrs r1, r0, #28
    bne 1f
    lsls r0, r0, #4
    subs r2, #4
1:  lsrs r1, r0, #30
    bne 1f
    lsls r0, r0, #2
    subs r2, #2
1:  cmp r0, #0
    blt 1f
    lsls r0, r0, #1
    subs r2, #1
1:  lsls r2, r2, #23
    lsrs r1, r0, #9
    movs r1, #127
    adcs r0, r1
    bcs 2f
    lsrs r0, r0, #8
    adds r0, r0, r2
    orrs r0, r3
8:  bx lr
2:  @ Rounded up to the next power of two.
    movs r0, #1
    lsls r0, r0, #24
    adds r0, r0, r2
    orrs r0, r3
    bx lr

@ Towards zero; the nearest int of what is out of range, 0 for NaN.
FUNCTION __aeabi_f2iz
    lsls r1, r0, #1
    lsrs r1, r1, #24
    subs r1, #127
    blo 8f
    cmp r1, #31
    bhs 2f
    lsls r2, r0, #8
    movs r3, #1
    lsls r3, r3, #31
    orrs r2, r3
    movs r3, #31
    subs r3, r3, r1
    lsrs r2, r3
    asrs r0, r0, #31
    eors r2, r0
    subs r0, r2, r0
    bx lr
2:  movs r2, #255
    lsls r2, r2, #24
    lsls r1, r0, #1
    cmp r1, r2
    bhi 8f
    asrs r0, r0, #31
    mvns r0, r0
    movs r1, #1
    lsls r1, r1, #31
    eors r0, r1
    bx lr
8:  movs r0, #0
    bx lr

FUNCTION __aeabi_f2uiz
    lsls r1, r0, #1
    bcs 8f
    lsrs r1, r1, #24
    subs r1, #127
    blo 8f
    cmp r1, #32
    bhs 2f
    lsls r0, r0, #8
    movs r3, #1
    lsls r3, r3, #31
    orrs r0, r3
    movs r3, #31
    subs r3, r3, r1
    lsrs r0, r3
    bx lr
2:  movs r2, #255
    lsls r2, r2, #23
    cmp r0, r2
    bhi 8f
    movs r0, #0
    mvns r0, r0
    bx lr
8:  movs r0, #0
    bx lr

    .popsection
