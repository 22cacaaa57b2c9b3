@ Jumps, compare and branch, the bottoms of loops.

@ Jumps by the bytes in r2; a backward jump polls.
.macro TAKE
    cmp r2, #0
    bgt 1f
    ldr r5, [r7]
1:  adds r0, r0, r2
    NEXT0
.endm

OP jump
    movs r2, #2
    ldrsh r2, [r0, r2]
    lsls r2, r2, #2
    TAKE

@ True and False are the most frequent, then None and ints.
.macro JUMPIF name, taken, other
OP \name
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    ldr r3, ={TRUE}
    cmp r2, r3
    beq \taken
    ldr r3, ={FALSE}
    cmp r2, r3
    beq \other
    cmp r2, #{NONE}
    beq \other
    cmp r2, #1
    beq \other
    lsrs r2, r2, #1
    bcs \taken
    b 90f
.endm

    JUMPIF jtrue, 7f, 8f
7:  movs r2, #2
    ldrsh r2, [r0, r2]
    lsls r2, r2, #2
    TAKE
8:  NEXT 4

    JUMPIF jfalse, 8f, 7f
7:  movs r2, #2
    ldrsh r2, [r0, r2]
    lsls r2, r2, #2
    TAKE
8:  NEXT 4

OP jnone
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    cmp r2, #{NONE}
    bne 8f
    movs r2, #2
    ldrsh r2, [r0, r2]
    lsls r2, r2, #2
    TAKE
8:  NEXT 4

OP jnotnone
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    cmp r2, #{NONE}
    beq 8f
    movs r2, #2
    ldrsh r2, [r0, r2]
    lsls r2, r2, #2
    TAKE
8:  NEXT 4

@ Two different values are identical only if both are boxed floats of the same bits.
.macro JUMPIS name, same, other
OP \name
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #2]
    ldr r3, [r1, r3]
    cmp r2, r3
    beq \same
    lsls r6, r2, #29
    bne \other
    lsls r6, r3, #29
    bne \other
    ldrb r6, [r2]
    cmp r6, #{KIND_FLOAT}
    bne \other
    b 90f
.endm

    JUMPIS jis, 7f, 8f
7:  ldr r2, [r0, #4]
    TAKE
8:  NEXT 8

    JUMPIS jisnot, 8f, 7f
7:  ldr r2, [r0, #4]
    TAKE
8:  NEXT 8

@ Compare and branch on small ints; `skip` is the condition under which the jump is not taken.
.macro BRANCH name, skip, order
OP \name
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #2]
    ldr r3, [r1, r3]
    lsrs r6, r2, #1
    bcc 7f
    lsrs r6, r3, #1
    bcc 7f
6:  cmp r2, r3
    b\skip 8f
    ldr r2, [r0, #4]
    TAKE
8:  NEXT 8
7:  bl \order
    b 6b
.endm

@ The same with a small number in place of the second operand.
.macro BRANCH_IMM name, skip
OP \name
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    movs r3, #2
    ldrsb r3, [r0, r3]
    asrs r2, r2, #1
    bcc 7f
6:  cmp r2, r3
    b\skip 8f
    ldr r2, [r0, #4]
    TAKE
8:  NEXT 8
7:  bl solderless_order_number
    b 6b
.endm

    BRANCH jlt, ge, solderless_order
    BRANCH jle, gt, solderless_order
    BRANCH jgt, le, solderless_order
    BRANCH jge, lt, solderless_order
    BRANCH jeq, ne, solderless_order_equal
    BRANCH jne, eq, solderless_order_equal
    BRANCH jnlt, lt, solderless_order
    BRANCH jnle, le, solderless_order
    BRANCH jngt, gt, solderless_order
    BRANCH jnge, ge, solderless_order
    BRANCH jneq, eq, solderless_order_equal
    BRANCH jnne, ne, solderless_order_equal
    FALLBACK
    BRANCH_IMM jlt_imm, ge
    BRANCH_IMM jle_imm, gt
    BRANCH_IMM jgt_imm, le
    BRANCH_IMM jge_imm, lt
    BRANCH_IMM jeq_imm, ne
    BRANCH_IMM jne_imm, eq
    BRANCH_IMM jnlt_imm, lt
    BRANCH_IMM jnle_imm, le
    BRANCH_IMM jngt_imm, gt
    BRANCH_IMM jnge_imm, ge
    BRANCH_IMM jneq_imm, eq
    BRANCH_IMM jnne_imm, ne

@ Comparisons with a result.
.macro COMPARE name, condition, order
OP \name
    ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #3]
    ldr r3, [r1, r3]
    lsrs r6, r2, #1
    bcc 7f
    lsrs r6, r3, #1
    bcc 7f
6:  cmp r2, r3
    ldr r3, ={TRUE}
    b\condition 1f
    ldr r3, ={FALSE}
1:  RESULT 4
7:  bl \order
    b 6b
.endm

    FALLBACK
    COMPARE lt, lt, solderless_order
    COMPARE le, le, solderless_order
    COMPARE gt, gt, solderless_order
    COMPARE ge, ge, solderless_order
    COMPARE eq, eq, solderless_order_equal
    COMPARE ne, ne, solderless_order_equal

@ State a: the next number, how many are left (a small int; -1 marks an iterator), the step without a tag.
OP for_range
    ldrb r2, [r0, #1]
    adds r2, r1, r2
    ldr r3, [r2, #4]
    subs r3, #2
    bmi 9f
    str r3, [r2, #4]
    ldr r3, [r2]
    ldr r6, [r2, #8]
    adds r6, r6, r3
    str r6, [r2]
    ldrb r2, [r0, #2]
    str r3, [r1, r2]
    ldr r2, [r0, #4]
    adds r0, r0, r2
    BACKEDGE
9:  adds r3, #1
    bne 8f
    NEXT 8
8:  b 90f

@ State a: a list or tuple and the index (a small int, negative for an iterator).
OP for_iter
    ldrb r2, [r0, #1]
    adds r2, r1, r2
    ldr r6, [r2]
    ldr r3, [r2, #4]
    asrs r3, r3, #1
    bmi 9f
    mov ip, r2
    ldrb r2, [r6]
    cmp r2, #{KIND_LIST}
    bne 1f
2:  ldr r2, [r6, #8]
    cmp r3, r2
    bhs 8f
    ldr r6, [r6, #4]
3:  lsls r3, r3, #2
    ldr r6, [r6, r3]
    ldrb r2, [r0, #2]
    str r6, [r1, r2]
    lsrs r3, r3, #1
    adds r3, #3
    mov r2, ip
    str r3, [r2, #4]
    ldr r2, [r0, #4]
    adds r0, r0, r2
    BACKEDGE
1:  @ A tuple: with a buffer as a list, else with up to three items in the cell.
    ldrb r2, [r6, #1]
    lsrs r2, r2, #1
    bcs 2b
    ldrh r2, [r6, #2]
    adds r6, #4
    cmp r3, r2
    blo 3b
8:  NEXT 8
9:  @ An iterator: r6. Generators are dealt with in generator.s.
    ldrb r3, [r6]
    cmp r3, #{KIND_ITER}
    beq 5f
    cmp r3, #{KIND_GENERATOR}
    bne 7f
    ldr r3, 6f
    bx r3
5:  ldrh r3, [r6, #2]
    cmp r3, #{WALK_LIST}
    beq 3f
    cmp r3, #{WALK_RANGE}
    bne 7f
    ldr r3, [r6, #12]
    subs r3, #2
    bmi 4f
    str r3, [r6, #12]
    ldr r3, [r6, #4]
    ldr r2, [r6, #8]
    adds r2, r2, r3
    subs r2, #1
    str r2, [r6, #4]
    ldrb r2, [r0, #2]
    str r3, [r1, r2]
    ldr r2, [r0, #4]
    adds r0, r0, r2
    BACKEDGE
4:  adds r3, #1
    beq 8b
7:  b 90f
3:  @ The iterator of a list: the list, the next index.
    ldr r2, [r6, #4]
    ldr r3, [r6, #8]
    mov ip, r3
    asrs r3, r3, #1
    ldr r6, [r2, #8]
    cmp r3, r6
    bhs 7b
    ldr r6, [r2, #4]
    lsls r3, r3, #2
    ldr r3, [r6, r3]
    ldrb r2, [r0, #1]
    ldr r6, [r1, r2]
    mov r2, ip
    adds r2, #2
    str r2, [r6, #8]
    ldrb r2, [r0, #2]
    str r3, [r1, r2]
    ldr r2, [r0, #4]
    adds r0, r0, r2
    BACKEDGE
    .balign 4
6:  .word solderless_resume

    FALLBACK
