@ Resuming a suspended generator in a for loop, and yielding to one. See generator.rs for the layout.

@ ForIter over generator r6.
    .balign 4
    .thumb_func
solderless_resume:
    mov lr, r6
1:  @ To the innermost of those that delegate. (One that is fresh has no target for what is sent either.)
    ldrh r3, [r6, #2]
    cmp r3, #{SUSPENDED}
    bhi 9f
    ldr r3, [r6, #12]
    cmp r3, #0
    beq 2f
    lsls r2, r3, #29
    bne 9f
    ldrb r2, [r3]
    cmp r2, #{KIND_GENERATOR}
    bne 9f
    movs r6, r3
    b 1b
9:  b 90f
8:  @ No room, or an exception of its own: r5 and r7 were used.
    mov r6, ip
7:  ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    b 90f
2:  @ r2: window, r3: buffer, r5: function, r7: end of the frame.
    ldrb r2, [r0, #3]
    adds r2, r1, r2
    ldr r3, [r6, #4]
    ldr r5, [r3, #12]
    cmp r5, #0
    bne 7b
    ldr r5, [r3, #4]
    ldrh r7, [r5, #2]
    adds r7, r7, r2
    adds r7, #32
    mov ip, r6
    ldr r6, [r4, #{VM_STACK_END}]
    cmp r7, r6
    bhi 8b
    mov r6, ip
    str r7, [r4, #{VM_TOP}]
    adds r0, #1
    str r0, [r2]
    str r1, [r2, #4]
    mov r7, lr
    str r7, [r2, #8]
    str r6, [r2, #12]
    movs r7, #{HANDLING}
    ldr r7, [r4, r7]
    str r7, [r2, #16]
    ldr r7, [r4, #{VM_STUBS}]
    adds r7, #{STUB_GEN_PC}
    str r7, [r2, #20]
    mov r1, r2
    adds r1, #12
    str r1, [r2, #24]
    str r5, [r2, #28]
    adds r1, #20
    movs r7, #{RUNNING}
    strh r7, [r6, #2]
    ldr r0, [r3]
    subs r0, #1
    ldr r5, [r3, #8]
    ldr r7, [r6, #8]
    subs r7, #4
    lsls r7, r7, #2
    beq 4f
    @ Two slots at a time: one more than there are does no harm, blocks and the stack's end leave room for it.
    adds r3, #16
    mov ip, r1
3:  ldmia r3!, {{r2, r6}}
    stmia r1!, {{r2, r6}}
    subs r7, #8
    bgt 3b
    mov r1, ip
4:  @ The value sent is None.
    asrs r5, r5, #1
    bmi 5f
    lsls r5, r5, #2
    movs r6, #{NONE}
    str r6, [r1, r5]
5:  ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    NEXT0

OP yield
    movs r2, r1
    subs r2, #20
    ldr r6, [r2]
    subs r2, #12
    ldr r5, [r2]
    @ It still handles what its resumer handles?
    movs r7, #{HANDLING}
    ldr r7, [r4, r7]
    ldr r3, [r2, #16]
    cmp r3, r7
    bne 7b
    @ Room for the live slots? The block's size with its head is 8 bytes below the buffer.
    ldr r3, [r6, #4]
    subs r3, #8
    ldr r7, [r3]
    adds r3, #8
    ldrb r2, [r0, #3]
    lsls r2, r2, #2
    adds r2, #24
    cmp r7, r2
    blo 6f
    subs r2, #8
    lsrs r7, r2, #2
    str r7, [r6, #8]
    subs r2, #16
    adds r0, #5
    str r0, [r3]
    subs r0, #5
    ldrb r7, [r0, #1]
    lsrs r7, r7, #1
    adds r7, #1
    str r7, [r3, #8]
    movs r7, #0
    str r7, [r3, #12]
    movs r7, #{SUSPENDED}
    strh r7, [r6, #2]
    ldrb r7, [r0, #2]
    ldr r7, [r1, r7]
    mov ip, r7
    cmp r2, #0
    beq 4f
    adds r3, #16
    mov lr, r1
3:  ldmia r1!, {{r6, r7}}
    stmia r3!, {{r6, r7}}
    subs r2, #8
    bgt 3b
    mov r1, lr
4:  @ To the loop at r5 - 1 in the frame below: its target, its jump.
    subs r0, r5, #1
    subs r1, #32
    ldr r3, [r4, #{VM_STUBS}]
    subs r2, r0, r3
    cmp r2, #{STUBS_END}
    blo 5f
    ldr r1, [r1, #4]
    subs r2, r1, #4
    ldr r2, [r2]
    ldrh r2, [r2, #2]
    adds r2, r2, r1
    str r2, [r4, #{VM_TOP}]
    ldrb r2, [r0, #2]
    mov r3, ip
    str r3, [r1, r2]
    ldr r2, [r0, #4]
    adds r0, r0, r2
    ldr r7, [r4, #{VM_PENDING}]
    BACKEDGE
5:  @ To native code, or to a stub of a call: the result is the window's first slot.
    mov r3, ip
    str r3, [r1]
    ldr r1, [r1, #4]
    movs r2, #0
    strb r2, [r4, #{VM_ENDED}]
    ldr r7, [r4, #{VM_PENDING}]
    ldr r5, ={TARGETS}
    NEXT0
6:  b 7b

    FALLBACK
