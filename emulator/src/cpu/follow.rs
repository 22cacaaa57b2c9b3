//! Which registers of a waiting loop count with the clock, and how far the clock may go on before the loop does
//! something else.
//!
//! A loop that waits for a time reads a counter, adds and subtracts, and compares. While a turn is thought
//! through, registers that hold the count plus a constant are followed; everything else has to come out the same.
//! All flags that arise from such a register are constant between a few values of the count: the least distance
//! to one of them is the room for turns that need not be looked at.

use super::step::{Registers, Stepped};

/// What a register holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Holds {
    /// The same in every turn.
    #[default]
    Same,
    /// The count that this turn read, plus a constant.
    Count,
    /// The count that the turn before read, plus a constant.
    Before,
}

/// The registers of a loop, through its turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follow {
    holds: [Holds; 16],
    /// At the turn's beginning.
    began: [Holds; 16],
    /// By how much less than this the count may go on with all flags as they are.
    room: u64,
    /// The count was put to another use.
    failed: bool,
    /// The counter's address, the cycle it was read at, and the count.
    count: Option<(u32, u64, u32)>,
    last: Option<u32>,
}

impl Default for Follow {
    fn default() -> Follow {
        Follow {
            holds: [Holds::Same; 16],
            began: [Holds::Same; 16],
            room: 0,
            failed: false,
            count: None,
            last: None,
        }
    }
}

const SIGN: u32 = 1 << 31;

impl Follow {
    /// A turn begins.
    pub fn begin(&mut self) {
        for holds in &mut self.holds {
            if *holds == Holds::Count {
                *holds = Holds::Before;
            }
        }
        self.began = self.holds;
        self.room = 1 << 32;
        self.failed = false;
        self.last = self.count.take().map(|(_, _, count)| count);
    }

    /// The counter at `address` was read at `cycle`.
    pub fn read(&mut self, address: u32, cycle: u64, count: u32) {
        self.failed |= self.count.replace((address, cycle, count)).is_some();
    }

    /// The counter's address, the cycle at which the turn read it, and by how much it may go on until a later turn
    /// reads it; `None` unless the turn, from `before` to `after`, did to the count what the one before did, and
    /// nothing else.
    pub fn room(&self, before: &Registers, after: &Registers) -> Option<(u32, u64, u64)> {
        let (address, cycle, count) = self.count?;
        let last = self.last?;
        let regular = (0..15).all(|n| match (self.began[n], self.holds[n]) {
            (Holds::Same, Holds::Same) => before.r[n] == after.r[n],
            (Holds::Before, Holds::Count) => after.r[n].wrapping_sub(count) == before.r[n].wrapping_sub(last),
            _ => false,
        });
        if self.failed || !regular || before.flags() != after.flags() {
            return None;
        }
        let room = self.room.checked_sub(1 + u64::from(count.wrapping_sub(last)))?;
        Some((address, cycle, room))
    }

    /// The turn is left out until the count is this one.
    pub fn jump(&mut self, registers: &mut Registers, count: u32) {
        if let Some((_, _, old)) = &mut self.count {
            for (n, holds) in self.holds.iter().enumerate() {
                if *holds == Holds::Count {
                    registers.r[n] = registers.r[n].wrapping_sub(*old).wrapping_add(count);
                }
            }
            *old = count;
        }
    }

    /// The flags change when a register that now is `a` becomes one of these.
    fn limit(&mut self, a: u32, turns: &[u32]) {
        for turn in turns {
            let distance = turn.wrapping_sub(a);
            self.room = self.room.min(if distance == 0 { 1 << 32 } else { distance.into() });
        }
    }

    /// The flags of `a - c` or `c - a`, where `a` counts.
    fn compare(&mut self, a: u32, c: u32) {
        let opposite = c.wrapping_add(SIGN);
        self.limit(a, &[0, SIGN, c, c.wrapping_add(1), opposite, opposite.wrapping_add(1)]);
    }

    fn same(&mut self, n: usize) {
        self.failed |= self.holds[n] != Holds::Same;
    }

    /// `d` becomes what does not count, from registers that must not.
    fn plain(&mut self, d: usize, from: &[usize]) {
        for &n in from {
            self.same(n);
        }
        self.holds[d] = Holds::Same;
    }

    /// `d = a + c` or `a - c` with the flags.
    fn sum(&mut self, d: usize, a: (Holds, u32), c: (Holds, u32), minus: bool) {
        self.holds[d] = match (a.0, c.0) {
            (Holds::Same, Holds::Same) => Holds::Same,
            (holds, Holds::Same) => {
                let c = if minus { c.1 } else { c.1.wrapping_neg() };
                self.compare(a.1, c);
                holds
            }
            (Holds::Same, holds) if !minus => {
                self.compare(c.1, a.1.wrapping_neg());
                holds
            }
            _ => {
                self.failed = true;
                Holds::Same
            }
        };
    }

    fn compared(&mut self, a: (Holds, u32), c: (Holds, u32)) {
        match (a.0, c.0) {
            (Holds::Same, Holds::Same) => {}
            (_, Holds::Same) => self.compare(a.1, c.1),
            (Holds::Same, _) => self.compare(c.1, a.1),
            _ => self.failed = true,
        }
    }

    /// An instruction was executed on these registers; `counter` says that it loaded the counter.
    pub fn step(&mut self, stepped: Stepped, before: &Registers, counter: bool) {
        let op = stepped.op;
        let (lo, rn, rm) = (usize::from(op & 7), usize::from(op >> 3 & 7), usize::from(op >> 6 & 7));
        let wide = usize::from(op >> 8 & 7);
        let holds = self.holds;
        let of = |n: usize| (holds[n], before.r[n]);
        let constant = |value: u16| (Holds::Same, u32::from(value));
        match op >> 11 {
            0b00000 if op >> 6 == 0 => {
                let (holds, value) = of(rn);
                if holds != Holds::Same {
                    self.limit(value, &[0, 1, SIGN]);
                }
                self.holds[lo] = holds;
            }
            0b00000..=0b00010 => self.plain(lo, &[rn]),
            0b00011 => {
                let c = if op >> 10 & 1 != 0 { constant(op >> 6 & 7) } else { of(rm) };
                self.sum(lo, of(rn), c, op >> 9 & 1 != 0);
            }
            0b00100 => self.plain(wide, &[]),
            0b00101 => self.compared(of(wide), constant(op & 0xFF)),
            0b00110 => self.sum(wide, of(wide), constant(op & 0xFF), false),
            0b00111 => self.sum(wide, of(wide), constant(op & 0xFF), true),
            0b01000 if op >> 10 & 1 == 0 => match op >> 6 & 0xF {
                0b1010 => self.compared(of(lo), of(rn)),
                // TST, CMN
                0b1000 | 0b1011 => {
                    self.same(lo);
                    self.same(rn);
                }
                _ => self.plain(lo, &[lo, rn]),
            },
            0b01000 => {
                let (d, m) = (usize::from(op >> 4 & 8 | op & 7), usize::from(op >> 3 & 0xF));
                match op >> 8 & 3 {
                    // No flags.
                    0b00 => match (self.holds[d], self.holds[m]) {
                        (holds, Holds::Same) | (Holds::Same, holds) => self.holds[d] = holds,
                        _ => self.failed = true,
                    },
                    0b01 => self.compared(of(d), of(m)),
                    0b10 => self.holds[d] = self.holds[m],
                    _ => {
                        self.same(m);
                        if op >> 7 & 1 != 0 {
                            self.holds[14] = Holds::Same;
                        }
                    }
                }
                // A branch by the count.
                self.same(15);
                self.same(13);
            }
            0b01001 => self.plain(wide, &[]),
            0b01010 | 0b01011 if op >> 9 & 7 < 3 => {
                for n in [lo, rn, rm] {
                    self.same(n);
                }
            }
            0b01010 | 0b01011 => {
                self.plain(lo, &[rn, rm]);
                self.loaded(lo, counter);
            }
            0b01100..=0b10001 if op >> 11 & 1 == 0 => {
                self.same(lo);
                self.same(rn);
            }
            0b01100..=0b10001 => {
                self.plain(lo, &[rn]);
                self.loaded(lo, counter);
            }
            0b10010 => self.same(wide),
            0b10011..=0b10101 => self.plain(wide, &[]),
            0b10110 | 0b10111 => match op >> 8 & 0xF {
                0b0000 => {}
                0b0010 | 0b1010 => self.plain(lo, &[rn]),
                0b0100 | 0b0101 => {
                    for n in (0..8).filter(|n| op >> n & 1 != 0) {
                        self.same(n);
                    }
                    if op >> 8 & 1 != 0 {
                        self.same(14);
                    }
                }
                0b1100 | 0b1101 => {
                    for n in (0..8).filter(|n| op >> n & 1 != 0) {
                        self.holds[n] = Holds::Same;
                    }
                }
                0b1111 => {}
                _ => self.failed = true,
            },
            0b11000 | 0b11001 => {
                self.same(wide);
                for n in (0..8).filter(|n| op >> n & 1 != 0) {
                    if op >> 11 & 1 != 0 {
                        self.holds[n] = Holds::Same;
                    } else {
                        self.same(n);
                    }
                }
                self.failed |= counter;
            }
            0b11010..=0b11100 => {}
            0b11110 => self.holds[14] = Holds::Same,
            _ => self.failed = true,
        }
    }

    fn loaded(&mut self, d: usize, counter: bool) {
        self.holds[d] = if counter { Holds::Count } else { Holds::Same };
    }
}
