@ Calls of Python functions that take exactly the arguments given, and returns.

@ Enters function r3 with r6 arguments in the window at r2; the next instruction is `bytes` further.
.macro ENTER bytes
    mov ip, r6
    ldr r6, [r3, #4]
    ldrh r6, [r6, #2]
    cmp r6, ip
    bne 9f
    ldrh r6, [r3, #2]
    adds r6, r6, r2
    adds r6, #12
    mov ip, r3
    ldr r3, [r4, #{VM_STACK_END}]
    cmp r6, r3
    bhi 9f
    str r6, [r4, #{VM_TOP}]
    adds r0, #\bytes + 1
    str r0, [r2]
    str r1, [r2, #4]
    mov r3, ip
    ldr r3, [r3, #4]
    ldr r0, [r3, #4]
    ldr r6, [r3, #8]
    lsls r6, r6, #2
    adds r0, r0, r6
    adds r2, #12
    mov r1, r2
    NEXT0
.endm

OP call
    ldrb r2, [r0, #1]
    adds r2, r1, r2
    ldr r3, [r2, #8]
    lsls r6, r3, #29
    bne 5f
    ldrb r6, [r3]
    cmp r6, #{KIND_FUNCTION}
    bne 9f
    ldrb r6, [r0, #2]
    ENTER 4
5:  @ A function in Rust, perhaps `len` of a list, bytearray or dict.
    uxtb r6, r3
    cmp r6, #{TAG_NATIVE}
    bne 9f
    ldr r6, ={LEN}
    ldr r6, [r6]
    cmp r3, r6
    beq 7f
6:  CALL_RUST {call_native}
7:  ldrb r6, [r0, #2]
    cmp r6, #1
    bne 6b
    ldr r3, [r2, #12]
    lsls r6, r3, #29
    bne 6b
    ldrb r6, [r3]
    cmp r6, #{KIND_LIST}
    beq 8f
    cmp r6, #{KIND_BYTEARRAY}
    beq 8f
    cmp r6, #{KIND_DICT}
    bne 6b
    adds r3, #4
8:  ldr r3, [r3, #8]
    lsls r3, r3, #1
    adds r3, #1
    str r3, [r2]
    NEXT 4
9:  CALL_RUST {call_other}

@ The cache: a shape and the function, or a kind or module and the function in Rust.
OP call_method
    ldrb r2, [r0, #1]
    adds r2, r1, r2
    ldr r3, [r2, #12]
    lsls r6, r3, #29
    bne 5f
    ldrb r6, [r3]
    cmp r6, #{KIND_INSTANCE}
    bne 6f
    ldrh r6, [r3, #2]
    ldrh r3, [r0, #6]
    cmp r6, r3
    bne 9f
    ldr r3, [r0, #8]
    str r3, [r2, #8]
    ldrb r6, [r0, #2]
    adds r6, #1
    ENTER 12
5:  uxtb r6, r3
    cmp r6, #{TAG_QSTR}
    bne 8f
    movs r6, #{KIND_STR}
6:  @ A native object of kind r6.
    movs r2, #{KEY_KIND_PAGE}
    lsls r2, r2, #8
    orrs r2, r6
    ldrh r3, [r0, #6]
    cmp r3, r2
    bne 9f
    cmp r6, #{KIND_LIST}
    beq 3f
4:  CALL_RUST {call_method_native}
3:  @ Perhaps `append` to a list whose buffer has room: see list_append.
    ldr r3, [r0, #8]
    ldr r6, ={LIST_APPEND}
    cmp r3, r6
    bne 4b
    ldrb r2, [r0, #1]
    adds r2, r1, r2
    ldr r3, [r2, #12]
    ldrb r6, [r3, #1]
    lsrs r6, r6, #1
    bcc 4b
    ldr r6, [r3, #4]
    mov ip, r6
    subs r6, #8
    ldr r6, [r6]
    ldr r2, [r3, #8]
    adds r2, #3
    lsls r2, r2, #2
    cmp r6, r2
    blo 4b
    subs r2, #12
    ldr r6, [r3, #8]
    adds r6, #1
    str r6, [r3, #8]
    add ip, r2
    ldrb r2, [r0, #1]
    adds r2, r1, r2
    ldr r3, [r2, #16]
    mov r6, ip
    str r3, [r6]
    movs r3, #{NONE}
    str r3, [r2]
    NEXT 12
8:  cmp r6, #{TAG_MODULE}
    bne 9f
    ldrh r6, [r0, #6]
    lsrs r3, r3, #8
    movs r2, #{KEY_MODULE_PAGE}
    lsls r2, r2, #8
    orrs r3, r2
    cmp r3, r6
    bne 9f
    CALL_RUST {call_method_native}
9:  b 90f

@ After `__init__`: the frame's function is the instance.
OP init_done
    ldr r3, [r1]
    cmp r3, #{NONE}
    bne 9b
    subs r3, r1, #4
    ldr r3, [r3]
    b 1f
OP return_none
    movs r3, #{NONE}
    b 1f
OP return
    ldrb r2, [r0, #1]
    ldr r3, [r1, r2]
1:  subs r1, #12
    ldr r0, [r1]
    subs r0, #1
    ldr r2, [r1, #4]
    str r3, [r1]
    mov r1, r2
    subs r2, #4
    ldr r2, [r2]
    ldrh r2, [r2, #2]
    adds r2, r2, r1
    str r2, [r4, #{VM_TOP}]
    NEXT0

    FALLBACK
