@ The loop's frame, the way to Rust and back. See arm.rs.
    .syntax unified
    .pushsection .text.solderless_vm, "ax", %progbits
    .thumb
    .balign 4

@ Begins a handler.
.macro OP name
    .balign 4
    .global solderless_op_\name
    .thumb_func
solderless_op_\name:
.endm

@ Goes on with the instruction `bytes` further.
.macro NEXT bytes
    ldrb r2, [r0, #\bytes]
    adds r0, #\bytes
    lsls r2, r2, #2
    ldr r3, [r5, r2]
    bx r3
.endm

@ Goes on with the instruction at r0.
.macro NEXT0
    ldrb r2, [r0]
    lsls r2, r2, #2
    ldr r3, [r5, r2]
    bx r3
.endm

@ Goes on with the instruction at r0 after a backward jump: by the table that leads to the events if one waits.
.macro BACKEDGE
    ldrb r2, [r0]
    ldr r5, [r7]
    lsls r2, r2, #2
    ldr r3, [r5, r2]
    bx r3
.endm

@ Stores r3 in slot a and goes on.
.macro RESULT bytes
    ldrb r2, [r0, #1]
    str r3, [r1, r2]
    NEXT \bytes
.endm

@ Goes on by a function in Rust that takes what a handler takes.
.macro CALL_RUST function
    str r0, [r4, #{VM_PC}]
    str r1, [r4, #{VM_R}]
    mov r2, r4
    bl \function
    NEXT0
.endm

@ Where the handlers of one part fall back to Rust: unconditional branches reach 2 KB.
.macro FALLBACK
    .balign 4
90: ldrb r2, [r0]
    lsls r2, r2, #2
    ldr r3, 91f
    bx r3
    .balign 4
91: .word solderless_vm_slow
    .ltorg
.endm

    .global solderless_vm_run
    .thumb_func
solderless_vm_run:
    push {{r4-r7, lr}}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {{r3-r7}}
    mov r4, r2
    ldr r7, [r4, #{VM_PENDING}]
    ldr r5, [r4, #{VM_TABLE}]
    ldr r2, ={UNBOUND}
    mov r8, r2
    NEXT0

OP exit
    movs r0, #1
    b 1f
OP exit_raised
    movs r0, #0
1:  pop {{r3-r7}}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {{r4-r7, pc}}

@ The Rust handler of the op: r2 = 4 * op.
    .balign 4
    .global solderless_vm_slow
    .thumb_func
solderless_vm_slow:
    str r0, [r4, #{VM_PC}]
    str r1, [r4, #{VM_R}]
    ldr r3, ={HANDLERS}
    ldr r3, [r3, r2]
    mov r2, r4
    blx r3
    NEXT0

@ An event waits.
    .balign 4
    .global solderless_vm_poll
    .thumb_func
solderless_vm_poll:
    mov r2, r4
    bl {poll}
    ldr r5, [r4, #{VM_TABLE}]
    NEXT0

@ Any instruction while tracing.
    .balign 4
    .global solderless_vm_traced
    .thumb_func
solderless_vm_traced:
    mov r2, r4
    bl {traced}
    ldr r5, [r7]
    NEXT0

@ The table may have changed: see trace.rs.
    .balign 4
    .global solderless_vm_retable
    .thumb_func
solderless_vm_retable:
    mov r2, r4
    bl {restore_patched}
    ldr r5, [r4, #{VM_TABLE}]
    NEXT0
    .ltorg
