//! ARMv6-M instructions, one at a time, on registers of our own.
//!
//! The engine executes programs; this executes the few instructions that must be looked at one by one: the turns
//! of a loop that waits ([`super::wait`]). What touches more than registers and memory (system registers, sleep,
//! exceptions) is beyond it.

/// Registers and flags of a core in Thumb state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// r0 to r12, sp, lr, and the address of the instruction to execute.
    pub r: [u32; 16],
    /// Negative.
    pub n: bool,
    /// Zero.
    pub z: bool,
    /// Carry.
    pub c: bool,
    /// Overflow.
    pub v: bool,
}

/// Memory as the instructions see it.
pub trait Memories {
    /// The halfword of code at an even address.
    fn fetch(&mut self, address: u32) -> Option<u16>;
    /// Loads 1, 2 or 4 bytes from an aligned address.
    fn load(&mut self, address: u32, size: u32) -> Option<u32>;
    /// Stores 1, 2 or 4 bytes at an aligned address.
    fn store(&mut self, address: u32, size: u32, value: u32) -> Option<()>;
}

/// An instruction that was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Its first halfword.
    pub op: u16,
    /// Its second one, or 0.
    pub second: u16,
    /// It was a conditional branch, and taken.
    pub taken: bool,
    /// It ends a block: what follows it is not the next instruction, or not always.
    pub branch: bool,
}

impl Registers {
    /// The flags as in bits 31 to 28 of APSR.
    pub fn flags(&self) -> u32 {
        u32::from(self.n) << 31 | u32::from(self.z) << 30 | u32::from(self.c) << 29 | u32::from(self.v) << 28
    }

    /// Sets the flags from bits 31 to 28.
    pub fn set_flags(&mut self, apsr: u32) {
        let bit = |n: u32| apsr >> n & 1 != 0;
        (self.n, self.z, self.c, self.v) = (bit(31), bit(30), bit(29), bit(28));
    }

    fn nz(&mut self, value: u32) -> u32 {
        (self.n, self.z) = (value >> 31 != 0, value == 0);
        value
    }

    fn add(&mut self, a: u32, b: u32, carry: bool) -> u32 {
        let wide = u64::from(a) + u64::from(b) + u64::from(carry);
        let sum = wide as u32;
        self.c = wide >> 32 != 0;
        self.v = (!(a ^ b) & (a ^ sum)) >> 31 != 0;
        self.nz(sum)
    }

    fn subtract(&mut self, a: u32, b: u32) -> u32 {
        self.add(a, !b, true)
    }

    /// LSL, LSR, ASR, ROR by 0 to 255 as from a register.
    fn shift(&mut self, kind: u16, value: u32, by: u32) -> u32 {
        if by == 0 {
            return self.nz(value);
        }
        let wide = u64::from(value);
        let (carry, result) = match kind {
            0 => match by {
                1..=32 => (wide >> (32 - by) & 1 != 0, (wide << by) as u32),
                _ => (false, 0),
            },
            1 => match by {
                1..=32 => (wide >> (by - 1) & 1 != 0, (wide >> by) as u32),
                _ => (false, 0),
            },
            2 => {
                let signed = i64::from(value as i32);
                let by = by.min(32);
                (signed >> (by - 1) & 1 != 0, (signed >> by) as u32)
            }
            _ => {
                let result = value.rotate_right(by & 31);
                (result >> 31 != 0, result)
            }
        };
        self.c = carry;
        self.nz(result)
    }

    fn holds(&self, condition: u16) -> bool {
        let holds = match condition >> 1 {
            0 => self.z,
            1 => self.c,
            2 => self.n,
            3 => self.v,
            4 => self.c && !self.z,
            5 => self.n == self.v,
            6 => self.n == self.v && !self.z,
            _ => true,
        };
        holds == (condition & 1 == 0)
    }

    /// Executes the instruction at `r[15]`. `None` says that it is beyond this; then the registers are of no use
    /// any more.
    pub fn step(&mut self, memory: &mut impl Memories) -> Option<Stepped> {
        let pc = self.r[15];
        let op = memory.fetch(pc)?;
        let mut stepped = Stepped { op, second: 0, taken: false, branch: false };
        let ahead = pc.wrapping_add(4);
        let mut next = pc.wrapping_add(2);
        let (lo, rn, rm) = (usize::from(op & 7), usize::from(op >> 3 & 7), usize::from(op >> 6 & 7));
        let (imm5, imm8) = (u32::from(op >> 6 & 0x1F), u32::from(op & 0xFF));
        let wide_lo = usize::from(op >> 8 & 7);
        match op >> 11 {
            // MOVS (register) is LSL by nothing; LSR and ASR by nothing mean 32.
            0b00000 => self.r[lo] = self.shift(0, self.r[rn], imm5),
            0b00001 => self.r[lo] = self.shift(1, self.r[rn], if imm5 == 0 { 32 } else { imm5 }),
            0b00010 => self.r[lo] = self.shift(2, self.r[rn], if imm5 == 0 { 32 } else { imm5 }),
            0b00011 => {
                let b = if op >> 10 & 1 != 0 { rm as u32 } else { self.r[rm] };
                let a = self.r[rn];
                self.r[lo] = if op >> 9 & 1 != 0 { self.subtract(a, b) } else { self.add(a, b, false) };
            }
            0b00100 => self.r[wide_lo] = self.nz(imm8),
            0b00101 => {
                self.subtract(self.r[wide_lo], imm8);
            }
            0b00110 => self.r[wide_lo] = self.add(self.r[wide_lo], imm8, false),
            0b00111 => self.r[wide_lo] = self.subtract(self.r[wide_lo], imm8),
            0b01000 if op >> 10 & 1 == 0 => self.process(op >> 6 & 0xF, lo, rn),
            0b01000 => {
                let (d, m) = (usize::from(op >> 4 & 8 | op & 7), usize::from(op >> 3 & 0xF));
                let read = |r: &[u32; 16], n: usize| if n == 15 { ahead } else { r[n] };
                let value = read(&self.r, m);
                match op >> 8 & 3 {
                    0b01 if (d >= 8 || m >= 8) && d != 15 && m != 15 => {
                        self.subtract(self.r[d], value);
                    }
                    kind @ (0b00 | 0b10) => {
                        let result = if kind == 0 { read(&self.r, d).wrapping_add(value) } else { value };
                        match d {
                            15 => {
                                (next, stepped.branch) = (result & !1, true);
                            }
                            13 => self.r[13] = result & !3,
                            _ => self.r[d] = result,
                        }
                    }
                    0b11 if op & 7 == 0 && m != 15 => {
                        next = target(value)?;
                        stepped.branch = true;
                        if op >> 7 & 1 != 0 {
                            self.r[14] = pc.wrapping_add(2) | 1;
                        }
                    }
                    _ => return None,
                }
            }
            0b01001 => self.r[wide_lo] = memory.load((ahead & !3).wrapping_add(imm8 * 4), 4)?,
            0b01010 | 0b01011 => {
                let at = self.r[rn].wrapping_add(self.r[rm]);
                match op >> 9 & 7 {
                    0 => memory.store(aligned(at, 4)?, 4, self.r[lo])?,
                    1 => memory.store(aligned(at, 2)?, 2, self.r[lo] & 0xFFFF)?,
                    2 => memory.store(at, 1, self.r[lo] & 0xFF)?,
                    3 => self.r[lo] = memory.load(at, 1)? as i8 as u32,
                    4 => self.r[lo] = memory.load(aligned(at, 4)?, 4)?,
                    5 => self.r[lo] = memory.load(aligned(at, 2)?, 2)?,
                    6 => self.r[lo] = memory.load(at, 1)?,
                    _ => self.r[lo] = memory.load(aligned(at, 2)?, 2)? as i16 as u32,
                }
            }
            0b01100 => memory.store(aligned(self.r[rn].wrapping_add(imm5 * 4), 4)?, 4, self.r[lo])?,
            0b01101 => self.r[lo] = memory.load(aligned(self.r[rn].wrapping_add(imm5 * 4), 4)?, 4)?,
            0b01110 => memory.store(self.r[rn].wrapping_add(imm5), 1, self.r[lo] & 0xFF)?,
            0b01111 => self.r[lo] = memory.load(self.r[rn].wrapping_add(imm5), 1)?,
            0b10000 => {
                memory.store(aligned(self.r[rn].wrapping_add(imm5 * 2), 2)?, 2, self.r[lo] & 0xFFFF)?;
            }
            0b10001 => self.r[lo] = memory.load(aligned(self.r[rn].wrapping_add(imm5 * 2), 2)?, 2)?,
            0b10010 => memory.store(self.r[13].wrapping_add(imm8 * 4), 4, self.r[wide_lo])?,
            0b10011 => self.r[wide_lo] = memory.load(self.r[13].wrapping_add(imm8 * 4), 4)?,
            0b10100 => self.r[wide_lo] = (ahead & !3).wrapping_add(imm8 * 4),
            0b10101 => self.r[wide_lo] = self.r[13].wrapping_add(imm8 * 4),
            0b10110 | 0b10111 => self.miscellaneous(op, memory, &mut next, &mut stepped)?,
            0b11000 | 0b11001 => {
                let mut at = aligned(self.r[wide_lo], 4)?;
                let load = op >> 11 & 1 != 0;
                if imm8 == 0 {
                    return None;
                }
                let lowest = imm8.trailing_zeros() as usize;
                for n in (0..8).filter(|n| imm8 >> n & 1 != 0) {
                    if load {
                        let value = memory.load(at, 4)?;
                        if n != wide_lo {
                            self.r[n] = value;
                        } else {
                            // Loaded at the end: the base is needed until then, and is not written back.
                            stepped.second = 1;
                            next = value;
                        }
                    } else if n == wide_lo && n != lowest {
                        // What is stored then is unknown.
                        return None;
                    } else {
                        memory.store(at, 4, self.r[n])?;
                    }
                    at = at.wrapping_add(4);
                }
                self.r[wide_lo] = if std::mem::take(&mut stepped.second) != 0 { next } else { at };
                next = pc.wrapping_add(2);
            }
            0b11010 | 0b11011 if op >> 8 & 0xF < 0xE => {
                stepped.branch = true;
                stepped.taken = self.holds(op >> 8 & 0xF);
                if stepped.taken {
                    next = ahead.wrapping_add((imm8 as i8 as u32) << 1);
                }
            }
            0b11100 => {
                stepped.branch = true;
                next = ahead.wrapping_add((((u32::from(op & 0x7FF) << 21) as i32) >> 20) as u32);
            }
            0b11110 => {
                let second = memory.fetch(pc.wrapping_add(2))?;
                stepped.second = second;
                if second >> 14 != 0b11 || second >> 12 & 1 == 0 {
                    return None;
                }
                let sign = u32::from(op >> 10 & 1);
                let i1 = !(u32::from(second >> 13 & 1) ^ sign) & 1;
                let i2 = !(u32::from(second >> 11 & 1) ^ sign) & 1;
                let offset = sign << 24 | i1 << 23 | i2 << 22 | u32::from(op & 0x3FF) << 12;
                let offset = offset | u32::from(second & 0x7FF) << 1;
                self.r[14] = ahead | 1;
                next = ahead.wrapping_add((((offset << 7) as i32) >> 7) as u32);
                stepped.branch = true;
            }
            _ => return None,
        }
        self.r[15] = next;
        Some(stepped)
    }

    /// The sixteen instructions on two low registers.
    fn process(&mut self, what: u16, d: usize, m: usize) {
        let (a, b) = (self.r[d], self.r[m]);
        let result = match what {
            0b0000 => self.nz(a & b),
            0b0001 => self.nz(a ^ b),
            0b0010 => self.shift(0, a, b & 0xFF),
            0b0011 => self.shift(1, a, b & 0xFF),
            0b0100 => self.shift(2, a, b & 0xFF),
            0b0101 => self.add(a, b, self.c),
            0b0110 => self.add(a, !b, self.c),
            0b0111 => self.shift(3, a, b & 0xFF),
            0b1000 => {
                self.nz(a & b);
                return;
            }
            0b1001 => self.subtract(0, b),
            0b1010 => {
                self.subtract(a, b);
                return;
            }
            0b1011 => {
                self.add(a, b, false);
                return;
            }
            0b1100 => self.nz(a | b),
            0b1101 => self.nz(a.wrapping_mul(b)),
            0b1110 => self.nz(a & !b),
            _ => self.nz(!b),
        };
        self.r[d] = result;
    }

    fn miscellaneous(
        &mut self,
        op: u16,
        memory: &mut impl Memories,
        next: &mut u32,
        stepped: &mut Stepped,
    ) -> Option<()> {
        let (lo, rn) = (usize::from(op & 7), usize::from(op >> 3 & 7));
        let value = self.r[rn];
        match op >> 6 & 0x3F {
            0b000000 | 0b000001 => self.r[13] = self.r[13].wrapping_add(u32::from(op & 0x7F) * 4),
            0b000010 | 0b000011 => self.r[13] = self.r[13].wrapping_sub(u32::from(op & 0x7F) * 4),
            0b001000 => self.r[lo] = value as i16 as u32,
            0b001001 => self.r[lo] = value as i8 as u32,
            0b001010 => self.r[lo] = value & 0xFFFF,
            0b001011 => self.r[lo] = value & 0xFF,
            0b010000..=0b010111 if op & 0x1FF != 0 => {
                let list = u32::from(op & 0xFF) | u32::from(op >> 8 & 1) << 14;
                let bottom = self.r[13].wrapping_sub(4 * list.count_ones());
                let mut at = bottom;
                for n in (0..15).filter(|n| list >> n & 1 != 0) {
                    memory.store(at, 4, self.r[n])?;
                    at = at.wrapping_add(4);
                }
                self.r[13] = bottom;
            }
            0b101000 => self.r[lo] = value.swap_bytes(),
            0b101001 => self.r[lo] = (value.swap_bytes()).rotate_right(16),
            0b101011 => self.r[lo] = (value as u16).swap_bytes() as i16 as u32,
            0b110000..=0b110111 if op & 0x1FF != 0 => {
                let mut at = self.r[13];
                for n in (0..8).filter(|n| op >> n & 1 != 0) {
                    self.r[n] = memory.load(at, 4)?;
                    at = at.wrapping_add(4);
                }
                if op >> 8 & 1 != 0 {
                    *next = target(memory.load(at, 4)?)?;
                    stepped.branch = true;
                    at = at.wrapping_add(4);
                }
                self.r[13] = at;
            }
            // NOP
            0b111100 if op == 0xBF00 => {}
            _ => return None,
        }
        Some(())
    }
}

/// Where a branch to an address in a register goes: not to an exception's return, nor out of Thumb state.
fn target(address: u32) -> Option<u32> {
    (address & 1 != 0 && address < 0xF000_0000).then_some(address & !1)
}

fn aligned(address: u32, size: u32) -> Option<u32> {
    address.is_multiple_of(size).then_some(address)
}
