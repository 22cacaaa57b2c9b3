@ The search for a key in a dict or set whose keys' hashes are not stored. See lookup.rs.
@
@ r0: the table's cell, r1: the key, an interned string, a str or a small int, r2: its hash, r3: the heap.
@ Returns the entry's address, 0 if there is none, 1 if only the VM can tell.
@
@ | register | holds |
@ |---|---|
@ | r1 | the key |
@ | r2 | the slot of the index |
@ | r3 | the entry's address |
@ | r4 | the index; without one the end of the entries |
@ | r5 | slots of the index less one |
@ | r6 | bytes of an entry |
@ | r0, r7 | scratch |
@ | ip | where entry 0 would be: they count from 1 |
@ | lr | probes so far |

    .syntax unified
    .pushsection .text.solderless_find, "ax", %progbits
    .thumb

@ One loop: over slots of 1 or 2 bytes, or over all entries, for a key that is a str cell, interned, or an int.
.macro FIND width, key
1:
.ifc \width, byte
    ldrb r3, [r4, r2]
    cmp r3, #0
    beq 9f
    muls r3, r6, r3
    add r3, ip
.endif
.ifc \width, half
    lsls r3, r2, #1
    ldrh r3, [r4, r3]
    cmp r3, #0
    beq 9f
    muls r3, r6, r3
    add r3, ip
.endif
    ldr r7, [r3]
    cmp r7, r1
    beq 8f
.ifc \key, int
    @ Other ints and strings are other keys. What remains may be True or 1.0.
    lsrs r0, r7, #1
    bcs 3f
    cmp r7, #0
    beq 3f
    uxtb r0, r7
    cmp r0, #{TAG_QSTR}
    beq 3f
.endif
.ifc \key, qstr
    @ Only a str cell is equal to an interned string that is not the same one.
    lsls r0, r7, #29
    bne 3f
    cmp r7, #0
    beq 3f
    ldrh r0, [r7, #2]
    ldr r7, [sp]
    cmp r0, r7
    beq 2f
    cmp r0, #0
    bne 3f
.endif
.ifc \key, str
    lsls r0, r7, #29
    bne 4f
    cmp r7, #0
    beq 3f
    ldrh r0, [r7, #2]
    ldr r7, [sp]
    cmp r0, r7
    beq 5f
    cmp r0, #0
    bne 3f
    b 2f
4:  @ An interned string?
    lsrs r0, r7, #1
    bcs 3f
    b 2f
5:  @ The same hash: are heads and texts in the cells the same?
    push {{r2, r4, r5}}
    ldr r7, [r3]
    ldmia r7!, {{r0, r2, r4}}
    ldr r5, [r7]
    ldr r7, [r1]
    cmp r0, r7
    bne 6f
    lsrs r0, r0, #9
    bcs 6f
    ldr r7, [r1, #4]
    cmp r2, r7
    bne 6f
    ldr r7, [r1, #8]
    cmp r4, r7
    bne 6f
    ldr r7, [r1, #12]
    cmp r5, r7
6:  pop {{r2, r4, r5}}
    beq 8f
.endif
2:  mov r7, lr
    bl solderless_find_compare
    mov lr, r7
3:
.ifc \width, none
    adds r3, r3, r6
    cmp r3, r4
    bne 1b
.else
    mov r0, lr
    adds r0, #1
    mov lr, r0
    adds r2, r2, r0
    ands r2, r5
    b 1b
.endif
9:  movs r3, #0
8:  movs r0, r3
    pop {{r2-r7, pc}}
.endm

@ Goes to the loop for the key's sort.
.macro FIND_BY width
    lsrs r0, r1, #1
    bcc 7f
    FIND \width, int
7:  lsls r0, r1, #29
    beq 7f
    FIND \width, qstr
7:  FIND \width, str
.endm

    .balign 4
    .global solderless_table_find
    .type solderless_table_find, %function
    .thumb_func
solderless_table_find:
    push {{r2-r7, lr}}
    ldr r7, [r0]
    movs r6, #8
    uxtb r5, r7
    cmp r5, #{KIND_DICT}
    beq 1f
    movs r6, #4
1:  ldr r3, [r0, #4]
    lsrs r5, r7, #16
    movs r4, #31
    ands r5, r4
    bne 20f
    ldr r4, [r0, #8]
    lsls r4, r4, #2
    adds r4, r4, r3
    FIND_BY none
20: subs r0, r3, r6
    mov ip, r0
    @ The index is at the end of the buffer, whose size is in the block's head.
    subs r3, #8
    ldr r4, [r3]
    lsrs r4, r4, #3
    lsls r4, r4, #3
    adds r4, r4, r3
    movs r0, #1
    lsls r0, r5
    ldr r3, ={GOLDEN}
    muls r3, r2, r3
    movs r2, #32
    subs r2, r2, r5
    lsrs r3, r2
    movs r2, r3
    movs r3, #0
    mov lr, r3
    cmp r5, #8
    bhi 30f
    subs r4, r4, r0
    subs r5, r0, #1
    FIND_BY byte
30: lsls r3, r0, #1
    subs r4, r4, r3
    subs r5, r0, #1
    FIND_BY half

@ Leaves it to Rust whether the entry at r3 has the key; returns if it has not. r7 is left alone.
    .thumb_func
solderless_find_compare:
    mov r0, ip
    push {{r0-r3, lr}}
    ldr r0, [r3]
    ldr r2, [sp, #20]
    ldr r3, [sp, #24]
    bl {same_key}
    cmp r0, #1
    bhs 1f
    pop {{r0-r3}}
    mov ip, r0
    pop {{pc}}
1:  bhi 2f
    ldr r0, [sp, #12]
    b 3f
2:  movs r0, #1
3:  add sp, #20
    pop {{r2-r7, pc}}

    .ltorg
    .popsection
