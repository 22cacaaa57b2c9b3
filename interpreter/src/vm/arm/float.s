@ Floats: addition, subtraction and multiplication of normal numbers, order. See value.rs for the encoding: the bits
@ plus 0x90000000, rotated left by three; the low two bits of an unboxed float but +0.0 are 10. Every such number is
@ normal. Results that are not such a number fall back. Rounding is to nearest, ties to even.

@ Ends a handler that has used r5 and r7: falls back, or goes to the complex numbers if an operand of +, - or * is one.
    .balign 4
8:  ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    ldrb r2, [r0]
    subs r2, #{OP_ADD}
    cmp r2, #2
    bls 1f
    subs r2, #{OP_IADD} - {OP_ADD}
    cmp r2, #2
    bhi 9f
1:  ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    lsls r3, r2, #29
    bne 1f
    ldrb r2, [r2]
    cmp r2, #{KIND_COMPLEX}
    beq 2f
1:  ldrb r2, [r0, #3]
    ldr r2, [r1, r2]
    lsls r3, r2, #29
    bne 9f
    ldrb r2, [r2]
    cmp r2, #{KIND_COMPLEX}
    bne 9f
2:  CALL_RUST {complex_arith}
9:  b 90f

@ A small int, not 0 and below 2^24, to float bits: from and in r2. Uses r5, r6, r7.
.macro TO_FLOAT reg, fail
    asrs \reg, \reg, #1
    beq \fail
    asrs r7, \reg, #31
    eors \reg, r7
    subs \reg, \reg, r7
    lsrs r6, \reg, #24
    bne \fail
    movs r6, #150
    lsrs r5, \reg, #12
    bne 1f
    subs r6, #12
    lsls \reg, \reg, #12
1:  lsrs r5, \reg, #18
    bne 1f
    subs r6, #6
    lsls \reg, \reg, #6
1:  lsrs r5, \reg, #21
    bne 1f
    subs r6, #3
    lsls \reg, \reg, #3
1:  lsrs r5, \reg, #23
    bne 1f
    subs r6, #1
    lsls \reg, \reg, #1
    b 1b
1:  subs r6, #1
    lsls r6, r6, #23
    adds \reg, \reg, r6
    lsls r7, r7, #31
    orrs \reg, r7
.endm

@ From the operands' values in r2 and r3, of which one is no small int, their float bits. Uses r5, r6, r7.
    .balign 4
    .thumb_func
solderless_float_operands:
    movs r7, #7
    lsls r7, r7, #28
    movs r6, #3
    movs r5, r2
    ands r5, r6
    cmp r5, #2
    bne 3f
    rors r2, r6
    adds r2, r2, r7
2:  movs r5, r3
    ands r5, r6
    cmp r5, #2
    bne 4f
    rors r3, r6
    adds r3, r3, r7
    bx lr
9:  @ Negative zero is an object.
    lsls r5, r2, #29
    bne 8b
    ldrb r5, [r2]
    cmp r5, #{KIND_FLOAT}
    bne 8b
    ldr r2, [r2, #4]
    lsls r5, r2, #1
    beq 2b
    b 8b
3:  lsrs r5, r2, #1
    bcs 5f
    ldr r5, ={PLUS_ZERO}
    cmp r2, r5
    bne 9b
    movs r2, #0
    b 2b
5:  TO_FLOAT r2, 6f
    movs r7, #7
    lsls r7, r7, #28
    movs r6, #3
    b 2b
6:  @ Zero, or too large.
    cmp r2, #0
    beq 2b
    b 8b
4:  lsrs r5, r3, #1
    bcs 5f
    ldr r5, ={PLUS_ZERO}
    cmp r3, r5
    beq 7f
    lsls r5, r3, #29
    bne 9f
    ldrb r5, [r3]
    cmp r5, #{KIND_FLOAT}
    bne 9f
    ldr r3, [r3, #4]
    lsls r5, r3, #1
    beq 17f
9:  b 8b
5:  TO_FLOAT r3, 6f
    bx lr
6:  cmp r3, #0
    beq 17f
    b 8b
7:  movs r3, #0
17: bx lr

@ The operands as ints in the same order, in r2 and r3; one of them is no small int. Falls back if it cannot.
    .balign 4
    .thumb_func
solderless_order:
    movs r6, #3
    ands r6, r2
    cmp r6, #2
    bne 1f
2:  movs r6, #3
    ands r6, r3
    cmp r6, #2
    bne 3f
4:  movs r6, #3
    rors r2, r6
    rors r3, r6
    movs r6, #7
    lsls r6, r6, #28
    adds r2, r2, r6
    adds r3, r3, r6
7:  asrs r6, r2, #31
    lsrs r6, r6, #1
    eors r2, r6
    asrs r6, r3, #31
    lsrs r6, r6, #1
    eors r3, r6
    bx lr
1:  ldr r6, ={PLUS_ZERO}
    cmp r2, r6
    beq 2b
    lsrs r6, r2, #1
    bcs 5f
    b 90f
3:  ldr r6, ={PLUS_ZERO}
    cmp r3, r6
    beq 4b
    lsrs r6, r3, #1
    bcs 5f
    b 90f
5:  @ An int and a float.
    mov ip, lr
    bl solderless_float_operands
    mov lr, ip
    @ Negative zero is in its place among the numbers only as zero.
    lsls r6, r3, #1
    bne 6f
    movs r3, #0
6:
    ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    b 7b

@ The same for operand a and the number in r3.
    .balign 4
    .thumb_func
solderless_order_number:
    lsls r3, r3, #1
    adds r3, #1
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    b solderless_order

@ The same for == and !=, where immediates (interned strings, None, types …) are equal only to themselves.
    .balign 4
    .thumb_func
solderless_order_equal:
    movs r6, #7
    ands r6, r2
    cmp r6, #4
    bne solderless_order
    movs r6, #7
    ands r6, r3
    cmp r6, #4
    bne solderless_order
    ldr r6, ={PLUS_ZERO}
    cmp r2, r6
    beq solderless_order
    cmp r3, r6
    beq solderless_order
    bx lr

@ The smaller mantissa r3 shifted right by r6 into r5, with the lost bits jammed into the last.
.macro ALIGN
    movs r5, r3
    lsrs r5, r6
    movs r7, r5
    lsls r7, r6
    cmp r7, r3
    beq 1f
    movs r7, #1
    orrs r5, r7
1:
.endm

    .balign 4
@ The result is zero.
solderless_float_zero:
    ldr r3, ={PLUS_ZERO}
    ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    RESULT 4

    .balign 4
3:  @ Of two zeros the sum is negative only if both are.
    ands r2, r3
    bpl solderless_float_zero
    b 8b
solderless_float_sub:
    bl solderless_float_operands
    movs r6, #1
    lsls r6, r6, #31
    eors r3, r6
    b 1f
5:  b 8b
    .balign 4
solderless_float_add:
    bl solderless_float_operands
1:  @ The larger magnitude into r2.
    lsls r5, r2, #1
    lsls r6, r3, #1
    cmp r5, r6
    bhs 2f
    mov ip, r2
    movs r2, r3
    mov r3, ip
    mov ip, r5
    movs r5, r6
    mov r6, ip
2:  lsrs r5, r5, #24
    lsrs r6, r6, #24
    cmp r5, #0
    beq 5b
    subs r6, r5, r6
    cmp r6, #25
    bhi 7f
    @ ip: the exponent, lr: the sign.
    mov ip, r5
    mov lr, r2
    movs r7, r2
    eors r7, r3
    @ Mantissas in bits 29 to 6.
    bmi 4f
    movs r5, #1
    lsls r5, r5, #31
    lsls r2, r2, #8
    orrs r2, r5
    lsrs r2, r2, #2
    lsls r3, r3, #8
    orrs r3, r5
    lsrs r3, r3, #2
    ALIGN
    adds r2, r2, r5
    b 6f
4:  movs r5, #1
    lsls r5, r5, #31
    lsls r2, r2, #8
    orrs r2, r5
    lsrs r2, r2, #2
    lsls r3, r3, #8
    orrs r3, r5
    lsrs r3, r3, #2
    ALIGN
    subs r2, r2, r5
    beq solderless_float_zero

6:  @ A number from its sign in lr, its mantissa in r2 with the leading bit at 30 or below, and the exponent in ip that
    @ it has if that is at 29.
    mov r5, ip
    adds r5, #1
1:  lsls r6, r2, #1
    bmi 2f
    movs r2, r6
    subs r5, #1
    b 1b
2:  @ To the nearest, halves to even: 63 and the last bit to be kept.
    lsrs r6, r2, #8
    movs r6, #63
    adcs r2, r6
    lsrs r2, r2, #7
    subs r5, #1
    lsls r5, r5, #23
    adds r2, r2, r5
    mov r5, lr
    lsrs r5, r5, #31
    lsls r5, r5, #31
    orrs r2, r5
7:  movs r5, #9
    lsls r5, r5, #28
    adds r3, r2, r5
    movs r5, #29
    rors r3, r5
    movs r5, #3
    ands r5, r3
    cmp r5, #2
    bne 5f
    ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    RESULT 4
5:  b 8b

@ A quotient of numbers that are not zero, by the chip's own division.
OP true_div
    ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #3]
    ldr r3, [r1, r3]
    bl solderless_float_operands
    lsls r5, r3, #1
    beq 5b
    movs r5, r3
    eors r5, r2
    lsls r6, r2, #1
    beq 1f
    push {{r0, r1}}
    movs r0, r2
    movs r1, r3
    bl __aeabi_fdiv
    movs r2, r0
    pop {{r0, r1}}
    b 7b

@ A zero with the sign of r5: a negative one is an object.
    .balign 4
1:  cmp r5, #0
    bmi 5b
    b solderless_float_zero

    .balign 4
solderless_float_mul:
    bl solderless_float_operands
    movs r5, r2
    eors r5, r3
    mov lr, r5
    lsls r6, r3, #1
    lsrs r6, r6, #24
    beq 1b
    lsls r6, r2, #1
    lsrs r6, r6, #24
    beq 1b
    movs r5, r6
    lsls r6, r3, #1
    lsrs r6, r6, #24
    adds r5, r5, r6
    subs r5, #127
    mov ip, r5
    movs r5, #1
    lsls r5, r5, #31
    lsls r2, r2, #8
    orrs r2, r5
    lsls r3, r3, #8
    orrs r3, r5
    @ Halves of 12 bits: r5 r2 times r6 r3.
    lsrs r5, r2, #20
    lsls r2, r2, #12
    lsrs r2, r2, #20
    lsrs r6, r3, #20
    lsls r3, r3, #12
    lsrs r3, r3, #20
    movs r7, r5
    muls r7, r3, r7
    muls r5, r6, r5
    muls r6, r2, r6
    muls r3, r2, r3
    adds r7, r7, r6
    @ r5 * 2^24 + r7 * 2^12 + r3, as r5 * 2^24 + r3 (below 2^24, at the top of its register).
    lsls r6, r7, #20
    lsrs r6, r6, #8
    adds r3, r3, r6
    lsrs r7, r7, #12
    adds r5, r5, r7
    lsrs r6, r3, #24
    adds r5, r5, r6
    lsls r3, r3, #8
    lsls r2, r5, #7
    lsrs r6, r3, #25
    orrs r2, r6
    lsls r3, r3, #7
    beq 6b
    movs r6, #1
    orrs r2, r6
    b 6b

    FALLBACK
