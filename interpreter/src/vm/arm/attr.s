@ Attributes of instances: the cache (third word) is the header of an instance whose attribute lies c bytes from the
@ start of the cell, or of the buffer if it has one. Or, with a key in the upper half of the name's word (a shape, a native
@ module), it is the value itself, found in the class or module.

OP get_attr
    ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    lsls r3, r2, #29
    bne 8f
    ldr r3, [r2]
    ldr r6, [r0, #8]
    cmp r3, r6
    bne 7f
    ldrb r6, [r0, #3]
    lsrs r3, r3, #9
    bcs 1f
    ldr r3, [r2, r6]
    RESULT 12
1:  ldr r2, [r2, #4]
    ldr r3, [r2, r6]
    RESULT 12
7:  uxtb r2, r3
    cmp r2, #{KIND_INSTANCE}
    bne 9f
    lsrs r3, r3, #16
6:  ldrh r2, [r0, #6]
    cmp r2, r3
    bne 9f
    movs r3, r6
    RESULT 12
8:  uxtb r3, r2
    cmp r3, #{TAG_MODULE}
    bne 9f
    lsrs r2, r2, #8
    movs r3, #{KEY_MODULE_PAGE}
    lsls r3, r3, #8
    orrs r3, r2
    ldr r6, [r0, #8]
    b 6b
9:  b 90f

@ The upper half of the name's word is the shape that a new attribute leads to.
OP set_attr
    ldrb r2, [r0, #1]
    ldr r2, [r1, r2]
    lsls r3, r2, #29
    bne 9f
    ldr r3, [r2]
    ldr r6, [r0, #8]
    cmp r3, r6
    bne 9f
    ldrb r6, [r0, #2]
    ldr r6, [r1, r6]
    lsrs r3, r3, #9
    bcs 1f
    ldrb r3, [r0, #3]
    str r6, [r2, r3]
    ldrh r3, [r0, #6]
    cmp r3, #0
    bne 2f
    NEXT 12
1:  ldr r2, [r2, #4]
    ldrb r3, [r0, #3]
    str r6, [r2, r3]
    NEXT 12
2:  strh r3, [r2, #2]
    NEXT 12
9:  b 90f
    FALLBACK
