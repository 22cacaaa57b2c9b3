@ Moves, loads, globals.

OP move
    ldrb r2, [r0, #2]
    ldr r3, [r1, r2]
    RESULT 4

OP load_const
    ldrh r2, [r0, #2]
    lsls r2, r2, #2
    subs r2, r0, r2
    ldr r3, [r2]
    RESULT 4

OP load_int
    movs r2, #2
    ldrsh r3, [r0, r2]
    lsls r3, r3, #1
    adds r3, #1
    RESULT 4

OP load_none
    movs r3, #{NONE}
    RESULT 4

@ The globals are word 2 of the frame's function, a dict whose entries have fixed places.
OP load_global
    subs r2, r1, #4
    ldr r2, [r2]
    ldr r2, [r2, #8]
    ldr r2, [r2, #4]
    ldrh r3, [r0, #2]
    lsls r3, r3, #3
    adds r2, r2, r3
    ldr r3, [r2, #4]
    cmp r3, r8
    beq 1f
    RESULT 8
1:  @ A builtin, in the cache. (A change of a builtin empties the caches.)
    ldr r3, [r0, #4]
    cmp r3, #0
    beq 9f
    RESULT 8
9:  b 90f

OP store_global
    subs r2, r1, #4
    ldr r2, [r2]
    ldr r2, [r2, #8]
    ldr r2, [r2, #4]
    ldrh r3, [r0, #2]
    lsls r3, r3, #3
    adds r2, r2, r3
    ldr r3, [r2, #4]
    cmp r3, r8
    beq 9f
    ldrb r3, [r0, #1]
    ldr r3, [r1, r3]
    str r3, [r2, #4]
    NEXT 4
9:  b 90f

OP load_cell
    ldrb r2, [r0, #2]
    ldr r2, [r1, r2]
    ldr r3, [r2, #4]
    cmp r3, r8
    beq 9f
    RESULT 4
9:  b 90f

    FALLBACK
