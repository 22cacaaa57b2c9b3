@ Items of lists, tuples and bytearrays by small ints.

@ For a dict of so few entries that it has no index: the very same key is the key, whatever it is. r2 is the value that
@ may be such a dict; the entry is in r2 then, its value in r3. All else is left to the slow way.
.macro FIND_SAME key
    lsls r6, r2, #29
    bne 19f
    ldr r6, [r2]
    uxtb r3, r6
    cmp r3, #{KIND_DICT}
    bne 19f
    @ No hashes in the entries (F_A), no index.
    lsrs r6, r6, #13
    movs r3, #0xf9
    tst r6, r3
    bne 19f
    ldrb r3, [r0, #\key]
    ldr r3, [r1, r3]
    ldr r6, [r2, #8]
    ldr r2, [r2, #4]
    lsls r6, r6, #2
    adds r6, r6, r2
    mov ip, r6
11: cmp r2, ip
    beq 19f
    ldmia r2!, {{r6}}
    adds r2, #4
    cmp r6, r3
    bne 11b
    subs r2, #8
    ldr r3, [r2, #4]
    cmp r3, r8
    beq 19f
.endm

OP get_item
    ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #3]
    ldr r3, [r1, r3]
    asrs r3, r3, #1
    bcc 9f
    lsls r6, r2, #29
    bne 9f
    ldrb r6, [r2]
    cmp r6, #{KIND_LIST}
    bne 5f
1:  ldr r6, [r2, #8]
    ldr r2, [r2, #4]
2:  cmp r3, r6
    bhs 4f
3:  lsls r3, r3, #2
    ldr r3, [r2, r3]
    RESULT 4
4:  @ Perhaps counted from the end.
    adds r3, r3, r6
    cmp r3, r6
    blo 3b
    b 90f
5:  cmp r6, #{KIND_TUPLE}
    bne 6f
    ldrb r6, [r2, #1]
    lsrs r6, r6, #1
    bcs 1b
    ldrh r6, [r2, #2]
    adds r2, #4
    b 2b
6:  cmp r6, #{KIND_BYTEARRAY}
    bne 9f
    ldr r6, [r2, #8]
    cmp r3, r6
    bhs 9f
    ldr r2, [r2, #4]
    ldrb r3, [r2, r3]
    lsls r3, r3, #1
    adds r3, #1
    RESULT 4
9:  FIND_SAME 3
    RESULT 4
19: b 90f

OP set_item
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #2]
    ldr r3, [r1, r3]
    asrs r3, r3, #1
    bcc 9f
    lsls r6, r2, #29
    bne 9f
    ldrb r6, [r2]
    cmp r6, #{KIND_LIST}
    bne 5f
    ldr r6, [r2, #8]
    ldr r2, [r2, #4]
    cmp r3, r6
    bhs 4f
3:  lsls r3, r3, #2
    ldrb r6, [r0, #3]
    ldr r6, [r1, r6]
    str r6, [r2, r3]
    NEXT 4
4:  adds r3, r3, r6
    cmp r3, r6
    blo 3b
    b 90f
9:  FIND_SAME 2
    ldrb r6, [r0, #3]
    ldr r6, [r1, r6]
    str r6, [r2, #4]
    NEXT 4
19: b 90f
5:  cmp r6, #{KIND_BYTEARRAY}
    bne 9b
    ldr r6, [r2, #8]
    cmp r3, r6
    bhs 19b
    ldr r2, [r2, #4]
    ldrb r6, [r0, #3]
    ldr r6, [r1, r6]
    @ A small int from 0 to 255: bits 9 and up clear, bit 0 set.
    mov ip, r6
    lsrs r6, r6, #9
    bne 19b
    mov r6, ip
    lsrs r6, r6, #1
    bcc 19b
    strb r6, [r2, r3]
    NEXT 4

@ To a list whose buffer has room: the block's size with its head is 8 bytes below the buffer.
OP list_append
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    ldrb r3, [r2, #1]
    lsrs r3, r3, #1
    bcc 9f
    ldr r3, [r2, #4]
    subs r3, #8
    ldr r6, [r3]
    adds r3, #8
    mov ip, r3
    ldr r3, [r2, #8]
    adds r3, #3
    lsls r3, r3, #2
    cmp r6, r3
    blo 9f
    ldr r6, [r2, #8]
    adds r6, #1
    str r6, [r2, #8]
    subs r3, #12
    ldrb r6, [r0, #2]
    ldr r6, [r1, r6]
    mov r2, ip
    str r6, [r2, r3]
    NEXT 4
9:  b 90f

@ Small ints and interned strings in lists and tuples that hold nothing but such: they are equal only to themselves.
.macro CONTAINS name, found, missing
OP \name
    ldrb r2, [r0, #3]
    ldr r2, [r1, r2]
    ldrb r3, [r0, #2]
    ldr r3, [r1, r3]
    lsls r6, r2, #29
    bne 9f
    ldrb r6, [r2]
    cmp r6, #{KIND_LIST}
    beq 1f
    cmp r6, #{KIND_TUPLE}
    bne 9f
    ldrb r6, [r2, #1]
    lsrs r6, r6, #1
    bcs 1f
    ldrh r6, [r2, #2]
    adds r2, #4
    b 2f
1:  ldr r6, [r2, #8]
    ldr r2, [r2, #4]
2:  lsls r6, r6, #2
    adds r6, r6, r2
    mov ip, r6
    lsrs r6, r3, #1
    bcc 5f
3:  cmp r2, ip
    beq 8f
    ldmia r2!, {{r6}}
    cmp r6, r3
    beq 7f
    lsrs r6, r6, #1
    bcs 3b
9:  b 90f
5:  uxtb r6, r3
    cmp r6, #{TAG_QSTR}
    bne 9b
6:  cmp r2, ip
    beq 8f
    ldmia r2!, {{r6}}
    cmp r6, r3
    beq 7f
    uxtb r6, r6
    cmp r6, #{TAG_QSTR}
    beq 6b
    b 90f
7:  ldr r3, =\found
    RESULT 4
8:  ldr r3, =\missing
    RESULT 4
.endm

    CONTAINS in, {TRUE}, {FALSE}
    CONTAINS not_in, {FALSE}, {TRUE}

    FALLBACK
