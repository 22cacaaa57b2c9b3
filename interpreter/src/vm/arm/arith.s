@ Arithmetic on small ints. A small int is 2 i + 1.

@ The operands b and c in r2 and r3, both small ints.
.macro INTS
    ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #3]
    ldr r3, [r1, r3]
    lsrs r6, r2, #1
    bcc 7f
    lsrs r6, r3, #1
    bcc 7f
.endm

OP add
    INTS
    subs r2, #1
    adds r3, r2, r3
    bvs 9f
    RESULT 4
7:  b solderless_float_add
9:  b 90f

OP sub
    INTS
    subs r3, r2, r3
    bvs 9f
    adds r3, #1
    RESULT 4
7:  b solderless_float_sub
9:  b 90f

@ Factors of 16 bits: their product is right in 32.
OP mul
    INTS
    asrs r2, r2, #1
    sxth r6, r2
    cmp r6, r2
    bne 9f
    asrs r6, r3, #1
    sxth r3, r6
    cmp r6, r3
    bne 9f
    lsls r3, r3, #1
    muls r3, r2, r3
    subs r6, r3, #1
    bvs 9f
    adds r3, #1
    RESULT 4
7:  b solderless_float_mul
9:  b 90f

OP and
    INTS
    ands r3, r2
    RESULT 4
7:
9:  b 90f

OP or
    INTS
    orrs r3, r2
    RESULT 4
7:
9:  b 90f

OP xor
    INTS
    subs r2, #1
    eors r3, r2
    RESULT 4
7:
9:  b 90f

@ Shifts by 0 to 30.
OP lshift
    INTS
    lsrs r3, r3, #1
    cmp r3, #30
    bhi 9f
    subs r2, #1
    movs r6, r2
    lsls r6, r3
    mov ip, r6
    asrs r6, r3
    cmp r6, r2
    bne 9f
    mov r3, ip
    adds r3, #1
    RESULT 4
7:
9:  b 90f

OP rshift
    INTS
    lsrs r3, r3, #1
    cmp r3, #30
    bhi 9f
    asrs r2, r3
    movs r3, #1
    orrs r3, r2
    RESULT 4
7:
9:  b 90f

@ Truncating division by a positive divisor, which is left in r6: the quotient in ip, the remainder in lr. (Four words keep
@ the stack aligned to 8.)
.macro DIVIDE
    INTS
    asrs r6, r3, #1
    cmp r6, #0
    ble 9f
    push {{r0, r1, r2, r6}}
    asrs r0, r2, #1
    movs r1, r6
    bl __aeabi_idivmod
    mov ip, r0
    mov lr, r1
    pop {{r0, r1, r2, r6}}
.endm

@ The quotient rounded down: one less where a remainder is negative.
OP floor_div
    DIVIDE
    mov r2, lr
    asrs r2, r2, #31
    add r2, ip
    lsls r3, r2, #1
    adds r3, #1
    RESULT 4
7:
9:  b 90f

OP mod
    DIVIDE
    mov r3, lr
    asrs r2, r3, #31
    ands r2, r6
    adds r3, r3, r2
    lsls r3, r3, #1
    adds r3, #1
    RESULT 4
7:
9:  b 90f

@ The sign of an unboxed float is bit 2 of its encoding; zero has none.
OP neg
    ldrb r2, [r0, #2]
    ldr r3, [r1, r2]
    lsrs r6, r3, #1
    bcc 1f
    movs r2, #2
    subs r3, r2, r3
    bvs 9f
    RESULT 4
1:  movs r6, #3
    ands r6, r3
    cmp r6, #2
    bne 9f
    movs r6, #4
    eors r3, r6
    RESULT 4
9:  b 90f

OP add_imm
    ldrb r2, [r0, #2]
    ldr r3, [r1, r2]
    movs r2, #3
    ldrsb r2, [r0, r2]
    lsrs r6, r3, #1
    bcc 9f
    lsls r2, r2, #1
    adds r3, r3, r2
    bvs 9f
    RESULT 4
7:
9:  b 90f

    FALLBACK
