//! The program around the sequences: it sets up each one's registers and memory, lets it run, and sends what
//! it left behind through a serial port's register.
//!
//! One image holds many sequences and runs unchanged on both sides: 256 KiB of code at 0, 16 KiB of memory at
//! 0x20000000, a transmit register at [`TXD`]. The exception handlers are the program: a sequence ends in SVC or
//! in a HardFault, whose handler reports and returns into the next.

/// Bytes of code memory.
pub const FLASH: usize = 256 * 1024;
/// First address and bytes of memory.
pub const RAM_BASE: u32 = 0x2000_0000;
pub const RAM: usize = 16 * 1024;
/// The register that a byte of output is written to.
pub const TXD: u32 = 0x4000_251C;
/// Where the records of the sequences begin; a zero word ends them.
const TABLE: usize = 0x400;

/// Below the end, for what pops more than it pushed.
const STACK: u32 = RAM_BASE + RAM as u32 - 0x100;
const RESET: u32 = 0xC1;
const FINISH: u32 = 0xF1;
const INTERRUPT: u32 = 0x1F5;

/// One sequence: what it starts with, and its code.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// What the interrupt handlers do one after the other, three bits each: 0 nothing, 1 to 4 pend an
    /// interrupt, 5 to 7 pend PendSV.
    pub actions: u32,
    /// What memory is filled from.
    pub seed: u32,
    /// r0 to r12, lr.
    pub registers: [u32; 14],
    /// The stack pointer: the frame that starts the sequence lies there.
    pub psp: u32,
    /// Flags, with the Thumb bit.
    pub xpsr: u32,
    /// Code for the address that [`Image::push`] gives it.
    pub code: Vec<u16>,
}

/// An image under construction.
pub struct Image {
    sequences: Vec<(u32, Sequence)>,
    /// Where the next code goes: from the end downwards, as the table grows upwards.
    end: u32,
}

impl Image {
    pub fn new() -> Image {
        Image { sequences: Vec::new(), end: FLASH as u32 }
    }

    /// Where code of `halfwords` would lie; `None` when the image is full.
    pub fn place(&self, halfwords: usize) -> Option<u32> {
        let at = self.end.checked_sub(2 * halfwords as u32)? & !3;
        (at as usize > TABLE + 80 * (self.sequences.len() + 1) + 4).then_some(at)
    }

    /// Adds a sequence whose code was made for address `at`.
    pub fn push(&mut self, at: u32, sequence: Sequence) {
        self.end = at;
        self.sequences.push((at, sequence));
    }

    pub fn sequences(&self) -> &[(u32, Sequence)] {
        &self.sequences
    }

    /// The bytes of code memory.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; FLASH];
        let mut word = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        word(0, STACK);
        word(4, RESET);
        for vector in 2..48 {
            word(vector * 4, if vector == 14 || vector > 15 { INTERRUPT } else { FINISH });
        }
        for (i, (at, sequence)) in self.sequences.iter().enumerate() {
            let r = &sequence.registers;
            let mut record = vec![*at, sequence.actions, sequence.seed];
            record.extend(&r[4..12]);
            record.extend([r[0], r[1], r[2], r[3], r[12], r[13], *at, sequence.xpsr, sequence.psp]);
            for (j, value) in record.into_iter().enumerate() {
                word(TABLE + 80 * i + 4 * j, value);
            }
        }
        let mut halves = |at: usize, code: &[u16]| {
            for (i, half) in code.iter().enumerate() {
                bytes[at + 2 * i..at + 2 * i + 2].copy_from_slice(&half.to_le_bytes());
            }
        };
        halves(RESET as usize & !1, &HARNESS);
        for (at, sequence) in &self.sequences {
            halves(*at as usize, &sequence.code);
        }
        bytes
    }
}

#[rustfmt::skip]
const HARNESS: [u16; 274] = [
    // reset
    0x486B, // 0c0 ldr r0, [pc, #428]
    0x2104, // 0c2 movs r1, #4
    0x6001, // 0c4 str r1, [r0, #0]
    0x486B, // 0c6 ldr r0, [pc, #428]
    0x2101, // 0c8 movs r1, #1
    0x6001, // 0ca str r1, [r0, #0]
    0x486A, // 0cc ldr r0, [pc, #424]
    0x496B, // 0ce ldr r1, [pc, #428]
    0x6001, // 0d0 str r1, [r0, #0]
    0x2100, // 0d2 movs r1, #0
    0x6081, // 0d4 str r1, [r0, #8]
    0x486A, // 0d6 ldr r0, [pc, #424]
    0x496A, // 0d8 ldr r1, [pc, #424]
    0x6001, // 0da str r1, [r0, #0]
    0x496A, // 0dc ldr r1, [pc, #424]
    0x6041, // 0de str r1, [r0, #4]
    0x486A, // 0e0 ldr r0, [pc, #424]
    0x496B, // 0e2 ldr r1, [pc, #428]
    0x6001, // 0e4 str r1, [r0, #0]
    0x486B, // 0e6 ldr r0, [pc, #428]
    0x496B, // 0e8 ldr r1, [pc, #428]
    0x6001, // 0ea str r1, [r0, #0]
    0xDF00, // 0ec svc 0
    0x46C0, // 0ee nop
    // finish
    0x4670, // 0f0 mov r0, lr
    0xF3EF, 0x8109, // 0f2 mrs r1, PSP
    0xF3EF, 0x8210, // 0f6 mrs r2, PRIMASK
    0xF3EF, 0x8314, // 0fa mrs r3, CONTROL
    0xB4FF, // 0fe push {r0, r1, r2, r3, r4, r5, r6, r7}
    0x4640, // 100 mov r0, r8
    0x4649, // 102 mov r1, r9
    0x4652, // 104 mov r2, sl
    0x465B, // 106 mov r3, fp
    0xB40F, // 108 push {r0, r1, r2, r3}
    0xF3EF, 0x8005, // 10a mrs r0, IPSR
    0xB401, // 10e push {r0}
    0x4668, // 110 mov r0, sp
    0x210D, // 112 movs r1, #13
    0xF000, 0xF864, // 114 bl 1e0
    0x4670, // 118 mov r0, lr
    0x9905, // 11a ldr r1, [sp, #20]
    0xF3EF, 0x8009, // 11c mrs r0, PSP
    0x08C9, // 120 lsrs r1, r1, #3
    0xD200, // 122 bcs.n 126
    0xA80D, // 124 add r0, sp, #52
    0x495D, // 126 ldr r1, [pc, #372]
    0x1A09, // 128 subs r1, r1, r0
    0x4A5D, // 12a ldr r2, [pc, #372]
    0x4291, // 12c cmp r1, r2
    0xD300, // 12e bcc.n 132
    0x485C, // 130 ldr r0, [pc, #368]
    0x2108, // 132 movs r1, #8
    0xF000, 0xF854, // 134 bl 1e0
    0x485B, // 138 ldr r0, [pc, #364]
    0x6801, // 13a ldr r1, [r0, #0]
    0x3101, // 13c adds r1, #1
    0xF000, 0xF84F, // 13e bl 1e0
    0x485A, // 142 ldr r0, [pc, #360]
    0x495A, // 144 ldr r1, [pc, #360]
    0x2200, // 146 movs r2, #0
    0x4B5A, // 148 ldr r3, [pc, #360]
    0x3904, // 14a subs r1, #4
    0x5844, // 14c ldr r4, [r0, r1]
    0x4062, // 14e eors r2, r4
    0x435A, // 150 muls r2, r3
    0x2900, // 152 cmp r1, #0
    0xD1F9, // 154 bne.n 14a
    0xB404, // 156 push {r2}
    0x4668, // 158 mov r0, sp
    0x2101, // 15a movs r1, #1
    0xF000, 0xF840, // 15c bl 1e0
    0x4F45, // 160 ldr r7, [pc, #276]
    0x683E, // 162 ldr r6, [r7, #0]
    0x6830, // 164 ldr r0, [r6, #0]
    0x2800, // 166 cmp r0, #0
    0xD103, // 168 bne.n 172
    0x4853, // 16a ldr r0, [pc, #332]
    0x4953, // 16c ldr r1, [pc, #332]
    0x6001, // 16e str r1, [r0, #0]
    0xE7FE, // 170 b.n 170
    0x6871, // 172 ldr r1, [r6, #4]
    0x6079, // 174 str r1, [r7, #4]
    0x2100, // 176 movs r1, #0
    0x60B9, // 178 str r1, [r7, #8]
    0xF381, 0x8810, // 17a msr PRIMASK, r1
    0x4A50, // 17e ldr r2, [pc, #320]
    0x4B45, // 180 ldr r3, [pc, #276]
    0x6013, // 182 str r3, [r2, #0]
    0x4A4F, // 184 ldr r2, [pc, #316]
    0x4B50, // 186 ldr r3, [pc, #320]
    0x6013, // 188 str r3, [r2, #0]
    0x68B2, // 18a ldr r2, [r6, #8]
    0x4847, // 18c ldr r0, [pc, #284]
    0x4948, // 18e ldr r1, [pc, #288]
    0x4B4E, // 190 ldr r3, [pc, #312]
    0x435A, // 192 muls r2, r3
    0x324D, // 194 adds r2, #77
    0x3904, // 196 subs r1, #4
    0x5042, // 198 str r2, [r0, r1]
    0xD1FA, // 19a bne.n 192
    0x6CF0, // 19c ldr r0, [r6, #76]
    0xF380, 0x8809, // 19e msr PSP, r0
    0x4631, // 1a2 mov r1, r6
    0x312C, // 1a4 adds r1, #44
    0x2308, // 1a6 movs r3, #8
    0x680A, // 1a8 ldr r2, [r1, #0]
    0x6002, // 1aa str r2, [r0, #0]
    0x3104, // 1ac adds r1, #4
    0x3004, // 1ae adds r0, #4
    0x3B01, // 1b0 subs r3, #1
    0xD1F9, // 1b2 bne.n 1a8
    0x4630, // 1b4 mov r0, r6
    0x3050, // 1b6 adds r0, #80
    0x6038, // 1b8 str r0, [r7, #0]
    0x69F0, // 1ba ldr r0, [r6, #28]
    0x4680, // 1bc mov r8, r0
    0x6A30, // 1be ldr r0, [r6, #32]
    0x4681, // 1c0 mov r9, r0
    0x6A70, // 1c2 ldr r0, [r6, #36]
    0x4682, // 1c4 mov sl, r0
    0x6AB0, // 1c6 ldr r0, [r6, #40]
    0x4683, // 1c8 mov fp, r0
    0x4841, // 1ca ldr r0, [pc, #260]
    0xF380, 0x8808, // 1cc msr MSP, r0
    0x4940, // 1d0 ldr r1, [pc, #256]
    0x468E, // 1d2 mov lr, r1
    0x4630, // 1d4 mov r0, r6
    0x68C4, // 1d6 ldr r4, [r0, #12]
    0x6905, // 1d8 ldr r5, [r0, #16]
    0x6946, // 1da ldr r6, [r0, #20]
    0x6987, // 1dc ldr r7, [r0, #24]
    0x4770, // 1de bx lr
    // output
    0x4B3D, // 1e0 ldr r3, [pc, #244]
    0x0089, // 1e2 lsls r1, r1, #2
    0x1809, // 1e4 adds r1, r1, r0
    0x7802, // 1e6 ldrb r2, [r0, #0]
    0x601A, // 1e8 str r2, [r3, #0]
    0x3001, // 1ea adds r0, #1
    0x4288, // 1ec cmp r0, r1
    0xD1FA, // 1ee bne.n 1e6
    0x4770, // 1f0 bx lr
    0x46C0, // 1f2 nop
    // irq
    0xF3EF, 0x8005, // 1f4 mrs r0, IPSR
    0x4669, // 1f8 mov r1, sp
    0x4672, // 1fa mov r2, lr
    0x08D3, // 1fc lsrs r3, r2, #3
    0xD301, // 1fe bcc.n 204
    0xF3EF, 0x8109, // 200 mrs r1, PSP
    0xB5F0, // 204 push {r4, r5, r6, r7, lr}
    0x4C1C, // 206 ldr r4, [pc, #112]
    0x68A3, // 208 ldr r3, [r4, #8]
    0x2B18, // 20a cmp r3, #24
    0xD209, // 20c bcs.n 222
    0x009D, // 20e lsls r5, r3, #2
    0x192D, // 210 adds r5, r5, r4
    0x60E8, // 212 str r0, [r5, #12]
    0x612A, // 214 str r2, [r5, #16]
    0x698E, // 216 ldr r6, [r1, #24]
    0x616E, // 218 str r6, [r5, #20]
    0x69CE, // 21a ldr r6, [r1, #28]
    0x61AE, // 21c str r6, [r5, #24]
    0x3304, // 21e adds r3, #4
    0x60A3, // 220 str r3, [r4, #8]
    0x6860, // 222 ldr r0, [r4, #4]
    0x08C1, // 224 lsrs r1, r0, #3
    0x6061, // 226 str r1, [r4, #4]
    0x2107, // 228 movs r1, #7
    0x4008, // 22a ands r0, r1
    0xD00A, // 22c beq.n 244
    0x2805, // 22e cmp r0, #5
    0xD205, // 230 bcs.n 23e
    0x3009, // 232 adds r0, #9
    0x2101, // 234 movs r1, #1
    0x4081, // 236 lsls r1, r0
    0x4A28, // 238 ldr r2, [pc, #160]
    0x6011, // 23a str r1, [r2, #0]
    0xE002, // 23c b.n 244
    0x4928, // 23e ldr r1, [pc, #160]
    0x4A20, // 240 ldr r2, [pc, #128]
    0x6011, // 242 str r1, [r2, #0]
    0xF3BF, 0x8F4F, // 244 dsb sy
    0xF3BF, 0x8F6F, // 248 isb sy
    0xBDF0, // 24c pop {r4, r5, r6, r7, pc}
    0x46C0, // 24e nop
    0x0000, 0x0000, // 250 .word
    0x0000, 0x0000, // 254 .word
    0x0000, 0x0000, // 258 .word
    0x0000, 0x0000, // 25c .word
    0x0000, 0x0000, // 260 .word
    0x0000, 0x0000, // 264 .word
    0x0000, 0x0000, // 268 .word
    0x0000, 0x0000, // 26c .word
    0x2500, 0x4000, // 270 .word 0x40002500
    0x2008, 0x4000, // 274 .word 0x40002008
    0x2000, 0x2000, // 278 .word 0x20002000
    0x0400, 0x0000, // 27c .word 0x00000400
    0xE408, 0xE000, // 280 .word 0xe000e408
    0x0000, 0x4080, // 284 .word 0x40800000
    0xC040, 0x0000, // 288 .word 0x0000c040
    0xED20, 0xE000, // 28c .word 0xe000ed20
    0x0000, 0x00C0, // 290 .word 0x00c00000
    0xE100, 0xE000, // 294 .word 0xe000e100
    0x3C00, 0x0000, // 298 .word 0x00003c00
    0x3FE0, 0x2000, // 29c .word 0x20003fe0
    0x3FE1, 0x0000, // 2a0 .word 0x00003fe1
    0x0250, 0x0000, // 2a4 .word 0x00000250
    0x2008, 0x2000, // 2a8 .word 0x20002008
    0x0000, 0x2000, // 2ac .word 0x20000000
    0x1000, 0x0000, // 2b0 .word 0x00001000
    0x0193, 0x0100, // 2b4 .word 0x01000193
    0xED0C, 0xE000, // 2b8 .word 0xe000ed0c
    0x0004, 0x05FA, // 2bc .word 0x05fa0004
    0xE280, 0xE000, // 2c0 .word 0xe000e280
    0xED04, 0xE000, // 2c4 .word 0xe000ed04
    0x0000, 0x0800, // 2c8 .word 0x08000000
    0x660D, 0x0019, // 2cc .word 0x0019660d
    0x3F00, 0x2000, // 2d0 .word 0x20003f00
    0xFFFD, 0xFFFF, // 2d4 .word 0xfffffffd
    0x251C, 0x4000, // 2d8 .word 0x4000251c
    0xE200, 0xE000, // 2dc .word 0xe000e200
    0x0000, 0x1000, // 2e0 .word 0x10000000
];
