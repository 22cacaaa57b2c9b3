@ Copying and filling memory. Where both ends are aligned to words, sixteen bytes at a time.

    .syntax unified
    .pushsection .text.solderless_memory, "ax", %progbits

@ From r1 to r0, r2 bytes, upwards.
FUNCTION __aeabi_memcpy
    cmp r2, #4
    blo 5f
    movs r3, r0
    orrs r3, r1
    lsls r3, r3, #30
    bne 7f
    .global __aeabi_memcpy4
    .type __aeabi_memcpy4, %function
    .thumb_func
__aeabi_memcpy4:
    .global __aeabi_memcpy8
    .type __aeabi_memcpy8, %function
    .thumb_func
__aeabi_memcpy8:
    subs r2, #16
    blo 2f
    push {r4, r5, r6}
1:  ldmia r1!, {r3, r4, r5, r6}
    stmia r0!, {r3, r4, r5, r6}
    subs r2, #16
    bhs 1b
    pop {r4, r5, r6}
2:  adds r2, #12
    blo 4f
3:  ldmia r1!, {r3}
    stmia r0!, {r3}
    subs r2, #4
    bhs 3b
4:  adds r2, #4
5:  @ Upwards as well: memmove comes here.
    cmp r2, #0
    beq 8f
    adds r0, r0, r2
    adds r1, r1, r2
    rsbs r2, r2, #0
6:  ldrb r3, [r1, r2]
    strb r3, [r0, r2]
    adds r2, #1
    bne 6b
8:  bx lr
7:  @ Not aligned. Bytes until the destination is, then words made of the two that each lies in.
    cmp r2, #16
    blo 5b
    push {r4, r5, r6, r7}
1:  lsls r3, r0, #30
    beq 2f
    ldrb r3, [r1]
    strb r3, [r0]
    adds r0, #1
    adds r1, #1
    subs r2, #1
    b 1b
2:  lsls r4, r1, #30
    lsrs r4, r4, #27
    beq 9f
    @ r4: by how many bits a word lies off, r5: the others, r6: the word begun.
    lsrs r3, r4, #3
    subs r1, r1, r3
    movs r5, #32
    subs r5, r5, r4
    ldmia r1!, {r6}
    subs r2, #4
3:  lsrs r6, r4
    ldmia r1!, {r3}
    movs r7, r3
    lsls r7, r5
    orrs r6, r7
    stmia r0!, {r6}
    movs r6, r3
    subs r2, #4
    bhs 3b
    adds r2, #4
    @ Back to the bytes that are left.
    subs r1, #4
    lsrs r4, r4, #3
    adds r1, r1, r4
    pop {r4, r5, r6, r7}
    b 5b
9:  pop {r4, r5, r6, r7}
    b __aeabi_memcpy4

@ The same where the ranges may overlap.
FUNCTION __aeabi_memmove
    .global __aeabi_memmove4
    .type __aeabi_memmove4, %function
    .thumb_func
__aeabi_memmove4:
    .global __aeabi_memmove8
    .type __aeabi_memmove8, %function
    .thumb_func
__aeabi_memmove8:
    subs r3, r0, r1
    cmp r3, r2
    bhs __aeabi_memcpy
    @ The destination begins within the source: downwards.
    movs r3, r0
    orrs r3, r1
    orrs r3, r2
    lsls r3, r3, #30
    bne 2f
1:  subs r2, #4
    ldr r3, [r1, r2]
    str r3, [r0, r2]
    bne 1b
    bx lr
2:  subs r2, #1
    ldrb r3, [r1, r2]
    strb r3, [r0, r2]
    bne 2b
    bx lr

@ r1 bytes from r0, all of them the lowest byte of r2.
    .balign 4
    .global __aeabi_memclr
    .type __aeabi_memclr, %function
    .thumb_func
__aeabi_memclr:
    .global __aeabi_memclr4
    .type __aeabi_memclr4, %function
    .thumb_func
__aeabi_memclr4:
    .global __aeabi_memclr8
    .type __aeabi_memclr8, %function
    .thumb_func
__aeabi_memclr8:
    movs r2, #0
    .global __aeabi_memset
    .type __aeabi_memset, %function
    .thumb_func
__aeabi_memset:
    .global __aeabi_memset4
    .type __aeabi_memset4, %function
    .thumb_func
__aeabi_memset4:
    .global __aeabi_memset8
    .type __aeabi_memset8, %function
    .thumb_func
__aeabi_memset8:
    cmp r1, #8
    blo 5f
    uxtb r2, r2
    lsls r3, r2, #8
    orrs r2, r3
    lsls r3, r2, #16
    orrs r2, r3
1:  lsls r3, r0, #30
    beq 2f
    strb r2, [r0]
    adds r0, #1
    subs r1, #1
    b 1b
2:  subs r1, #16
    blo 4f
    push {r4, r5}
    movs r3, r2
    movs r4, r2
    movs r5, r2
3:  stmia r0!, {r2, r3, r4, r5}
    subs r1, #16
    bhs 3b
    pop {r4, r5}
4:  adds r1, #12
    blo 2f
1:  stmia r0!, {r2}
    subs r1, #4
    bhs 1b
2:  adds r1, #4
5:  cmp r1, #0
    beq 8f
6:  subs r1, #1
    strb r2, [r0, r1]
    bne 6b
8:  bx lr

    .popsection
