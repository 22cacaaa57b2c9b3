//! Random instruction sequences: every encoding of ARMv6-M with its defined operands, interrupts, and what
//! faults. What the architecture leaves open (UNPREDICTABLE) is not made.

use super::harness::{RAM_BASE, Sequence};

/// SplitMix64: the same sequences from the same seed everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn word(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }

    /// Below `n`, which is not zero.
    pub fn below(&mut self, n: u32) -> u32 {
        self.word() % n
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }
}

/// Memory that addresses usually point into, and the stack above it.
const SCRATCH: u32 = RAM_BASE + 0x400;
const SP: u32 = RAM_BASE + 0xC00;

const ISPR: u32 = 0xE000_E200;
const ICSR: u32 = 0xE000_ED04;
const PENDSVSET: u32 = 1 << 28;

const ISB: [u16; 2] = [0xF3BF, 0x8F6F];
/// The end: interrupts that waited are taken, then SVC. With PRIMASK set it would be a HardFault, for which
/// QEMU stacks the next instruction's address and the architecture manual this one's.
const END: [u16; 4] = [0xB662, ISB[0], ISB[1], 0xDF00];

/// What a load of a literal refers to.
#[derive(Clone, Copy)]
enum Literal {
    Value(u32),
    /// The address of a later instruction, with bits set in it.
    Label(usize, u32),
}

/// A place whose operand is known only at the end.
enum Fix {
    /// LDR (literal).
    Load(usize),
    /// B, conditional or not, and BL, to an instruction that many further on.
    Branch(usize),
    Conditional(usize),
    Call(usize),
}

struct Builder<'r> {
    random: &'r mut Random,
    code: Vec<u16>,
    /// Where each instruction begins, in halfwords.
    starts: Vec<usize>,
    fixes: Vec<(usize, Fix)>,
    literals: Vec<Literal>,
}

/// Bytes of code and literals that no sequence exceeds.
const LONGEST: usize = 400;

/// A sequence for the address that `place` gives for its length in halfwords.
pub fn sequence(random: &mut Random, place: impl Fn(usize) -> Option<u32>) -> Option<(u32, Sequence)> {
    place(LONGEST / 2)?;
    let mut registers = [0; 14];
    for (n, register) in registers.iter_mut().enumerate() {
        *register = match n {
            // These are addresses until something overwrites them.
            4..=7 => scratch(random),
            _ => value(random),
        };
    }
    let start = (
        registers,
        SP + 8 * random.below(16),
        random.word() & 0xF000_0000 | 1 << 24,
        random.word(),
        random.word(),
    );
    let mut builder =
        Builder { random, code: Vec::new(), starts: Vec::new(), fixes: Vec::new(), literals: Vec::new() };
    for _ in 0..4 + builder.random.below(20) {
        builder.instruction();
    }
    // Branches reach a few instructions beyond.
    for _ in 0..4 {
        builder.put(&END);
    }
    let halfwords = builder.code.len().next_multiple_of(2) + 2 * builder.literals.len();
    let at = place(halfwords)?;
    let (registers, psp, xpsr, seed, actions) = start;
    Some((at, Sequence { actions, seed, registers, psp, xpsr, code: builder.finish(at) }))
}

fn scratch(random: &mut Random) -> u32 {
    let at = SCRATCH + random.below(0x400);
    if random.one_in(12) { at } else { at & !3 }
}

fn value(random: &mut Random) -> u32 {
    match random.below(8) {
        0 => random.pick(&[0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, u32::MAX, 0xFF, 0xFFFF_FF80, 0x8000]),
        1 => random.below(80),
        2 => scratch(random),
        _ => random.word(),
    }
}

impl Builder<'_> {
    fn below(&mut self, n: u32) -> u16 {
        self.random.below(n) as u16
    }

    fn low(&mut self) -> u16 {
        self.below(8)
    }

    /// A register that mostly holds an address.
    fn base(&mut self) -> u16 {
        if self.random.one_in(10) { self.low() } else { 4 + self.below(4) }
    }

    /// A register for results: seldom one of the addresses.
    fn result(&mut self) -> u16 {
        if self.random.one_in(8) { self.low() } else { self.below(4) }
    }

    fn put(&mut self, halves: &[u16]) {
        self.starts.push(self.code.len());
        self.code.extend(halves);
    }

    fn fix(&mut self, fix: Fix) {
        self.fixes.push((self.code.len(), fix));
    }

    /// Instructions into which no branch leads, with literals for the LDRs at these halfwords of them.
    fn piece(&mut self, halves: &[u16], literals: &[(usize, Literal)]) {
        for &(place, literal) in literals {
            self.fixes.push((self.code.len() + place, Fix::Load(self.literals.len())));
            self.literals.push(literal);
        }
        self.put(halves);
    }

    /// The number of an instruction that comes soon, counted from the next `ahead` on.
    fn label(&mut self, ahead: usize) -> usize {
        self.starts.len() + ahead + self.random.below(3) as usize
    }

    fn instruction(&mut self) {
        match self.random.below(100) {
            0..=7 => self.shift(),
            8..=13 => {
                let op = 0x1800 | self.below(0x200) << 3 & 0x07C0 | self.low() << 3 | self.result();
                self.put(&[op]);
            }
            14..=21 => {
                let op = 0x2000 | self.below(4) << 11 | self.result() << 8 | self.below(256);
                self.put(&[op]);
            }
            22..=35 => {
                let op = 0x4000 | self.below(16) << 6 | self.low() << 3 | self.result();
                self.put(&[op]);
            }
            36..=40 => self.high(),
            41 => {
                let value = Literal::Value(value(self.random));
                let op = 0x4800 | self.result() << 8;
                self.piece(&[op], &[(0, value)]);
            }
            42..=55 => self.memory(),
            56..=58 => {
                // Stack-relative loads and stores, and addresses.
                let op = self.random.pick(&[0x9000, 0x9800, 0xA000, 0xA800]);
                let imm = self.below(if op < 0xA000 { 24 } else { 256 });
                let op = op | self.result() << 8 | imm;
                self.put(&[op]);
            }
            59..=60 => {
                let op = 0xB000 | self.below(2) << 7 | self.below(5);
                self.put(&[op]);
            }
            61..=65 => {
                let op = self.random.pick(&[0xB200, 0xB240, 0xB280, 0xB2C0, 0xBA00, 0xBA40, 0xBAC0]);
                let op = op | self.low() << 3 | self.result();
                self.put(&[op]);
            }
            66..=69 => {
                let op = self.random.pick(&[0xB400, 0xB500, 0xBC00]);
                let list = 1 + self.below(255);
                self.put(&[op | list]);
            }
            70..=75 => self.multiple(),
            76..=83 => self.branch(),
            84..=86 => self.special(),
            87..=88 => {
                let op = self.random.pick(&[0xBF00, 0xBF10, 0xBF40, 0xBF50, 0xBFF0, 0xB662, 0xB672]);
                self.put(&[op]);
            }
            89 => {
                let op = self.random.pick(&[0x8F4F, 0x8F5F, 0x8F6F]);
                self.put(&[0xF3BF, op]);
            }
            90..=93 => self.pend(),
            94 => self.wait(),
            95..=96 => self.stack_switch(),
            97 => self.fault(),
            _ => {
                let op = 0x4240 | self.low() << 3 | self.result();
                self.put(&[op]);
            }
        }
    }

    fn shift(&mut self) {
        // Shifts by register see every amount, most of all around 32.
        if self.random.one_in(2) {
            let amount = self.random.pick(&[0, 1, 31, 32, 33, 63, 64, 127, 128, 255, 7]);
            let rs = self.below(4);
            self.put(&[0x2000 | rs << 8 | amount]);
            let op = self.random.pick(&[0x4080, 0x40C0, 0x4100, 0x41C0]) | rs << 3 | self.result();
            self.put(&[op]);
        } else {
            let op = self.below(3) << 11 | self.below(32) << 6 | self.low() << 3 | self.result();
            self.put(&[op]);
        }
    }

    /// ADD, CMP and MOV of high registers.
    fn high(&mut self) {
        let any = |builder: &mut Self| builder.random.pick(&[0, 1, 2, 3, 8, 9, 10, 11, 12, 14]);
        let (rd, rm) = (any(self), self.below(16));
        let op = match self.random.below(3) {
            0 => 0x4400,
            // Two low registers, and the program counter, are not to be compared here.
            1 if rm != 15 && (rd > 7 || rm > 7) => 0x4500,
            _ => 0x4600,
        };
        self.put(&[op | (rd & 8) << 4 | rm << 3 | rd & 7]);
    }

    fn memory(&mut self) {
        let (rt, rn) = (self.result(), self.base());
        match self.random.below(3) {
            0 => {
                let rm = self.below(4);
                if !self.random.one_in(12) {
                    let mask = self.random.pick(&[0xFF, 0xFC, 0xFC, 0xFE]);
                    let offset = self.below(256) & mask;
                    self.put(&[0x2000 | rm << 8 | offset]);
                }
                let op = 0x5000 | self.below(8) << 9 | rm << 6 | rn << 3 | rt;
                self.put(&[op]);
            }
            1 => {
                let op = 0x6000 | self.below(4) << 11 | self.below(32) << 6 | rn << 3 | rt;
                self.put(&[op]);
            }
            _ => {
                let op = 0x8000 | self.below(2) << 11 | self.below(32) << 6 | rn << 3 | rt;
                self.put(&[op]);
            }
        }
    }

    fn multiple(&mut self) {
        let (load, rn) = (self.random.one_in(2), self.base());
        let mut list = 1 + self.below(255);
        // A stored base must be the list's first, or its value is open.
        if !load && list & (1 << rn) != 0 && list & ((1 << rn) - 1) != 0 {
            list &= !(1 << rn);
        }
        self.put(&[0xC000 | u16::from(load) << 11 | rn << 8 | list]);
    }

    fn branch(&mut self) {
        match self.random.below(8) {
            0..=3 => {
                let label = self.label(1);
                self.fix(Fix::Conditional(label));
                let op = 0xD000 | self.below(14) << 8;
                self.put(&[op]);
            }
            4 => {
                let label = self.label(1);
                self.fix(Fix::Branch(label));
                self.put(&[0xE000]);
            }
            5 => {
                let label = self.label(1);
                self.fix(Fix::Call(label));
                self.put(&[0xF000, 0xF800]);
            }
            6 => {
                // BX and BLX, seldom to an even address; MOV and POP to the program counter.
                let rm = self.result();
                let thumb = u32::from(!self.random.one_in(8));
                let label = self.label(1);
                let op = self.random.pick(&[0x4700, 0x4780, 0x4687]) | rm << 3;
                self.piece(&[0x4800 | rm << 8, op], &[(0, Literal::Label(label, thumb))]);
            }
            _ => {
                let rm = self.below(4);
                let label = self.label(1);
                let code = [0x4800 | rm << 8, 0xB400 | 1 << rm, 0xBD00];
                self.piece(&code, &[(0, Literal::Label(label, 1))]);
            }
        }
    }

    /// MRS and MSR.
    fn special(&mut self) {
        if self.random.one_in(2) {
            let rd = self.result();
            let register = self.random.pick(&[0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 20]);
            self.put(&[0xF3EF, 0x8000 | rd << 8 | register]);
        } else {
            let rn = self.low();
            let register = self.random.pick(&[0, 1, 2, 3, 5, 6, 16]);
            // Without bit 27: QEMU keeps a Q flag, which only ARMv7-M has.
            let value = Literal::Value(value(self.random) & !(1 << 27));
            self.piece(&[0x4800 | rn << 8, 0xF380 | rn, 0x8800 | register], &[(0, value)]);
        }
    }

    /// Pends an interrupt, which is taken at the barrier if it may be.
    fn pend(&mut self) {
        let (pendsv, irq) = (self.random.one_in(4), 10 + self.random.below(4));
        let (address, bits) = if pendsv { (ICSR, PENDSVSET) } else { (ISPR, 1 << irq) };
        // Several at once show which is first.
        let bits =
            if !pendsv && self.random.one_in(3) { bits | 1 << (10 + self.random.below(4)) } else { bits };
        // Stored behind the mask, so that it is certain where the interrupt comes: after CPSIE. The addresses
        // then go, before something random uses them.
        let unmask = if self.random.one_in(4) { [0xBF00; 3] } else { [0xB662, ISB[0], ISB[1]] };
        let code = [0xB672, 0x4800, 0x4900, 0x6001, 0x4640, 0x4651, unmask[0], unmask[1], unmask[2]];
        self.piece(&code, &[(1, Literal::Value(address)), (2, Literal::Value(bits))]);
    }

    /// Sleep that ends at once: an event was set, or an interrupt is pending behind the mask. In one piece, so
    /// that no branch leads to the sleep alone.
    fn wait(&mut self) {
        if self.random.one_in(2) {
            self.put(&[0xBF40, 0xBF20]);
            return;
        }
        let code = [0xB672, 0x4A00, 0x4B00, 0x6013, 0x464A, 0xBF30, 0xB662, ISB[0], ISB[1]];
        self.piece(&code, &[(1, Literal::Value(ISPR)), (2, Literal::Value(1 << 11))]);
    }

    /// The other stack, or another place for this one.
    fn stack_switch(&mut self) {
        if self.random.one_in(2) {
            let list = 1 + self.below(255);
            let main = [0x2000, 0xF380, 0x8814, ISB[0], ISB[1]];
            let process = [0x2002, 0xF380, 0x8814, ISB[0], ISB[1]];
            let body = [0xB500 | list, 0xBC00 | list, 0xB001];
            self.put(&[&main[..], &body, &process].concat());
        } else {
            let rn = self.low();
            let sp = SP + 4 * self.random.below(64);
            // MSR PSP; MOV SP.
            let msr = [0x4800 | rn << 8, 0xF380 | rn, 0x8809];
            let mov = [0x4800 | rn << 8, 0x4685 | rn << 3];
            let code = if self.random.one_in(2) { &msr[..] } else { &mov };
            self.piece(code, &[(0, Literal::Value(sp))]);
        }
    }

    fn fault(&mut self) {
        match self.random.below(5) {
            // Undefined: HLT, UDF. Not IT, CBZ, CBNZ and SETEND, which QEMU executes: see `cores.rs`.
            0 => {
                let op = self.random.pick(&[0xBA80, 0xDE00, 0xDEFF]);
                self.put(&[op]);
            }
            1 => {
                let op = 0xBE00 | self.below(0x80);
                self.put(&[op]);
            }
            // 32-bit encodings that ARMv7-M has and ARMv6-M does not.
            2 => {
                let op = self.random.pick(&[0xF8D0, 0xEB00, 0xFB90, 0xE8BD, 0xF7F0, 0xFA00, 0xEE00]);
                let second = if op == 0xF7F0 { 0xA000 } else { self.below(0x1000) };
                self.put(&[op, second]);
            }
            3 => {
                let rn = self.result();
                let at = self.random.pick(&[0x3000_0000, 0x6000_0000, 0x8000_0010, 0xC000_0001, 0x2000_8000]);
                let op = self.random.pick(&[0x6800, 0x6000, 0x7800, 0x8000, 0xC8C0, 0x4780, 0x4700]);
                let operands = match op >> 12 {
                    0x4 => rn << 3,
                    0xC => rn << 8,
                    _ => rn << 3 | 4,
                };
                self.piece(&[0x4800 | rn << 8, op | operands], &[(0, Literal::Value(at))]);
            }
            _ => self.put(&END),
        }
    }

    fn finish(mut self, at: u32) -> Vec<u16> {
        let code = self.code.len().next_multiple_of(2);
        self.code.resize(code, 0);
        let start = |n: usize| self.starts[n.min(self.starts.len() - 1)];
        for &(place, ref fix) in &self.fixes {
            // The program counter reads four bytes on.
            let words = |to: usize| ((to - ((place + 2) & !1)) / 2) as u16;
            let halves = |to: usize| (to as i32 - place as i32 - 2) as u32;
            match *fix {
                Fix::Load(n) => self.code[place] |= words(code + 2 * n),
                Fix::Branch(n) => self.code[place] |= halves(start(n)) as u16 & 0x7FF,
                Fix::Conditional(n) => self.code[place] |= halves(start(n)) as u16 & 0xFF,
                // The way is short and forwards: the upper bits of the offset are zero.
                Fix::Call(n) => self.code[place + 1] |= halves(start(n)) as u16 & 0x7FF,
            }
        }
        for literal in &self.literals {
            let word = match *literal {
                Literal::Value(value) => value,
                Literal::Label(n, bits) => (at + 2 * start(n) as u32) | bits,
            };
            self.code.extend([word as u16, (word >> 16) as u16]);
        }
        self.code
    }
}
