//! SIO (data sheet section 2.3.1): GPIO, inter-core FIFOs, spinlocks, dividers, interpolators.

use std::collections::VecDeque;

use super::shared::{Shared, irq};

const CPUID: u32 = 0x000;
const GPIO_IN: u32 = 0x004;
pub const GPIO_HI_IN: u32 = 0x008;
const GPIO_OUT: u32 = 0x010;
const GPIO_OUT_SET: u32 = 0x014;
const GPIO_OUT_CLR: u32 = 0x018;
const GPIO_OUT_XOR: u32 = 0x01C;
const GPIO_OE: u32 = 0x020;
const GPIO_OE_SET: u32 = 0x024;
const GPIO_OE_CLR: u32 = 0x028;
const GPIO_OE_XOR: u32 = 0x02C;
const GPIO_HI_OUT: u32 = 0x030;
const GPIO_HI_OE_XOR: u32 = 0x04C;
const FIFO_ST: u32 = 0x050;
const FIFO_WR: u32 = 0x054;
const FIFO_RD: u32 = 0x058;
const SPINLOCK_ST: u32 = 0x05C;
const DIV_UDIVIDEND: u32 = 0x060;
const DIV_UDIVISOR: u32 = 0x064;
const DIV_SDIVIDEND: u32 = 0x068;
const DIV_SDIVISOR: u32 = 0x06C;
const DIV_QUOTIENT: u32 = 0x070;
const DIV_REMAINDER: u32 = 0x074;
const DIV_CSR: u32 = 0x078;
const INTERP0: u32 = 0x080;
const INTERP1: u32 = 0x0C0;
const SPINLOCK0: u32 = 0x100;
const SPINLOCK31: u32 = 0x17C;

const FIFO_DEPTH: usize = 8;
const MASK: u32 = 0x3FFF_FFFF;

const CSR_READY: u32 = 1;
const CSR_DIRTY: u32 = 2;

/// A core's hardware divider. Its result is there at once: programs wait eight cycles anyway.
#[derive(Clone, Debug, Default)]
struct Divider {
    dividend: u32,
    divisor: u32,
    quotient: u32,
    remainder: u32,
    dirty: bool,
}

impl Divider {
    fn divide(&mut self, signed: bool) {
        let (a, b) = (self.dividend, self.divisor);
        (self.quotient, self.remainder) = match (signed, b) {
            // Division by zero: quotient -1 or, for a negative dividend, 1; remainder the dividend.
            (true, 0) => (if (a as i32) < 0 { 1 } else { u32::MAX }, a),
            (false, 0) => (u32::MAX, a),
            (true, _) => ((a as i32).wrapping_div(b as i32) as u32, (a as i32).wrapping_rem(b as i32) as u32),
            (false, _) => (a / b, a % b),
        };
        self.dirty = true;
    }
}

const CTRL_SIGNED: u32 = 1 << 15;
const CTRL_CROSS_INPUT: u32 = 1 << 16;
const CTRL_CROSS_RESULT: u32 = 1 << 17;
const CTRL_ADD_RAW: u32 = 1 << 18;
const CTRL_BLEND: u32 = 1 << 21;
const CTRL_CLAMP: u32 = 1 << 22;

/// What a lane's shifter and mask make of its accumulator.
#[derive(Clone, Copy)]
struct Lane {
    /// The input, where it is to be added as it is.
    raw: Option<u32>,
    masked: u32,
    /// Masked, and its sign extended if the lane is signed.
    value: u32,
    /// Bits above the mask are set.
    over: bool,
}

/// An interpolator (section 2.3.1.6).
#[derive(Clone, Debug, Default)]
struct Interpolator {
    accum: [u32; 2],
    base: [u32; 3],
    ctrl: [u32; 2],
}

impl Interpolator {
    /// A lane's shifter and mask.
    fn lane(&self, n: usize) -> Lane {
        let ctrl = self.ctrl[n];
        let (shift, low, high) = (ctrl & 0x1F, ctrl >> 5 & 0x1F, ctrl >> 10 & 0x1F);
        let input = self.accum[if ctrl & CTRL_CROSS_INPUT != 0 { 1 - n } else { n }];
        let shifted = input >> shift;
        let mask = if high >= low { (u32::MAX >> (31 - (high - low))) << low } else { 0 };
        let masked = shifted & mask;
        let negative = ctrl & CTRL_SIGNED != 0 && masked >> high & 1 != 0;
        Lane {
            raw: if ctrl & CTRL_ADD_RAW != 0 { Some(input) } else { None },
            masked,
            value: if negative { masked | u32::MAX << high } else { masked },
            over: u64::from(shifted) >> (high + 1) != 0,
        }
    }

    /// The two lanes' results and the full result; `one` says this is INTERP1, which clamps where INTERP0 blends.
    fn results(&self, one: bool) -> [u32; 3] {
        let lanes = [self.lane(0), self.lane(1)];
        let added = lanes.map(|lane| lane.raw.unwrap_or(lane.value));
        let [b0, b1, b2] = self.base;
        let mut results = [
            b0.wrapping_add(added[0]),
            b1.wrapping_add(added[1]),
            b2.wrapping_add(added[0]).wrapping_add(added[1]),
        ];
        if one && self.ctrl[0] & CTRL_CLAMP != 0 {
            let value = lanes[0].value;
            results[0] = if self.ctrl[0] & CTRL_SIGNED != 0 {
                (value as i32).max(b0 as i32).min(b1 as i32) as u32
            } else {
                value.max(b0).min(b1)
            };
        }
        if !one && self.ctrl[0] & CTRL_BLEND != 0 {
            let alpha = lanes[1].masked & 0xFF;
            let signed = self.ctrl[1] & CTRL_SIGNED != 0;
            let wide = |base: u32| if signed { i64::from(base as i32) } else { i64::from(base) };
            let blended = wide(b0) + (((wide(b1) - wide(b0)) * i64::from(alpha)) >> 8);
            results = [alpha, blended as u32, b2.wrapping_add(added[0])];
        }
        results
    }

    /// FORCE_MSB: bits 29..28 of a lane's result as the processor sees it.
    fn seen(&self, n: usize, result: u32) -> u32 {
        if n < 2 { result | (self.ctrl[n] >> 19 & 3) << 28 } else { result }
    }

    fn pop(&mut self, one: bool) {
        let results = self.results(one);
        self.accum = [0, 1].map(|n| results[if self.ctrl[n] & CTRL_CROSS_RESULT != 0 { 1 - n } else { n }]);
    }

    fn read(&mut self, one: bool, offset: u32) -> u32 {
        match offset {
            0x00 => self.accum[0],
            0x04 => self.accum[1],
            0x08..=0x10 => self.base[(offset as usize - 8) / 4],
            0x14..=0x1C => {
                let n = (offset as usize - 0x14) / 4;
                let result = self.results(one)[n];
                self.pop(one);
                self.seen(n, result)
            }
            0x20..=0x28 => {
                let n = (offset as usize - 0x20) / 4;
                self.seen(n, self.results(one)[n])
            }
            0x2C => {
                let [over0, over1] = [0, 1].map(|n| u32::from(self.lane(n).over));
                self.ctrl[0] & !(7 << 23) | over0 << 23 | over1 << 24 | (over0 | over1) << 25
            }
            0x30 => self.ctrl[1],
            // ACCUM_ADD reads as the shifted and masked value of its lane.
            0x34 | 0x38 => self.lane((offset as usize - 0x34) / 4).value,
            _ => 0,
        }
    }

    fn write(&mut self, offset: u32, value: u32) {
        match offset {
            0x00 => self.accum[0] = value,
            0x04 => self.accum[1] = value,
            0x08..=0x10 => self.base[(offset as usize - 8) / 4] = value,
            0x2C => self.ctrl[0] = value & 0x007F_FFFF,
            0x30 => self.ctrl[1] = value & 0x001F_FFFF,
            0x34 | 0x38 => {
                let n = (offset as usize - 0x34) / 4;
                self.accum[n] = self.accum[n].wrapping_add(value & 0x00FF_FFFF);
            }
            0x3C => {
                let half = |v: u32, signed: bool| {
                    if signed { v as i16 as i32 as u32 } else { v & 0xFFFF }
                };
                self.base[0] = half(value, self.ctrl[0] & CTRL_SIGNED != 0);
                self.base[1] = half(value >> 16, self.ctrl[1] & CTRL_SIGNED != 0);
            }
            _ => {}
        }
    }
}

/// SIO: what both cores share and what each has of its own.
#[derive(Clone, Debug, Default)]
pub struct Sio {
    spinlocks: u32,
    /// FIFO that each core reads from.
    fifo: [VecDeque<u32>; 2],
    wof: [bool; 2],
    roe: [bool; 2],
    divider: [Divider; 2],
    interpolators: [[Interpolator; 2]; 2],
    hi_out: [u32; 2],
    /// Words core 0 sent that core 1's boot code, emulated here, has not answered yet.
    pub to_boot: VecDeque<u32>,
    /// Core 1 runs: its FIFO is its own.
    pub core1_runs: bool,
}

impl Sio {
    /// Whether a core that accesses this register talks to the other one: by a FIFO, or because it finds a spinlock
    /// held.
    pub fn waits_for_other(&self, offset: u32, write: bool) -> bool {
        match offset {
            FIFO_ST..=FIFO_RD => true,
            SPINLOCK0..=SPINLOCK31 => !write && self.is_locked((offset - SPINLOCK0) / 4),
            _ => false,
        }
    }

    /// Whether spinlock `n` is held.
    pub fn is_locked(&self, n: u32) -> bool {
        self.spinlocks >> (n & 31) & 1 != 0
    }

    /// Puts a word into a core's FIFO; false when it is full.
    pub fn push(&mut self, s: &mut Shared, to: u8, word: u32) -> bool {
        let fifo = &mut self.fifo[usize::from(to & 1)];
        if fifo.len() >= FIFO_DEPTH {
            return false;
        }
        fifo.push_back(word);
        self.update_irq(s);
        true
    }

    /// Core 1 comes out of reset into its boot code.
    pub fn restart_core1(&mut self, s: &mut Shared) {
        self.fifo[1].clear();
        self.to_boot.clear();
        (self.wof[1], self.roe[1]) = (false, false);
        self.push(s, 0, 0);
        s.call_back();
    }

    fn update_irq(&self, s: &mut Shared) {
        for core in 0..2u8 {
            let n = usize::from(core);
            let level = !self.fifo[n].is_empty() || self.wof[n] || self.roe[n];
            let number = if core == 0 { irq::SIO_PROC0 } else { irq::SIO_PROC1 };
            s.set_own_irq(core, number, level);
        }
    }

    /// Reads a register as `core` sees it.
    pub fn read(&mut self, s: &mut Shared, core: u8, offset: u32) -> u32 {
        let n = usize::from(core & 1);
        match offset {
            CPUID => u32::from(core),
            GPIO_IN => s.visible_inputs(),
            // SS is pulled up: BOOTSEL is not pressed.
            GPIO_OUT => s.pins.sio.out,
            GPIO_OE => s.pins.sio.oe,
            GPIO_HI_OUT => self.hi_out[0],
            0x040 => self.hi_out[1],
            FIFO_ST => {
                let room = self.fifo[1 - n].len() < FIFO_DEPTH;
                u32::from(!self.fifo[n].is_empty())
                    | u32::from(room) << 1
                    | u32::from(self.wof[n]) << 2
                    | u32::from(self.roe[n]) << 3
            }
            FIFO_RD => match self.fifo[n].pop_front() {
                Some(word) => {
                    self.update_irq(s);
                    word
                }
                None => {
                    self.roe[n] = true;
                    self.update_irq(s);
                    0
                }
            },
            SPINLOCK_ST => self.spinlocks,
            DIV_UDIVIDEND | DIV_SDIVIDEND => self.divider[n].dividend,
            DIV_UDIVISOR | DIV_SDIVISOR => self.divider[n].divisor,
            DIV_QUOTIENT => {
                self.divider[n].dirty = false;
                self.divider[n].quotient
            }
            DIV_REMAINDER => self.divider[n].remainder,
            DIV_CSR => CSR_READY | if self.divider[n].dirty { CSR_DIRTY } else { 0 },
            INTERP0..INTERP1 => self.interpolators[n][0].read(false, offset - INTERP0),
            INTERP1..SPINLOCK0 => self.interpolators[n][1].read(true, offset - INTERP1),
            SPINLOCK0..=SPINLOCK31 => {
                let bit = 1 << ((offset - SPINLOCK0) / 4);
                let free = self.spinlocks & bit == 0;
                self.spinlocks |= bit;
                if free { bit } else { 0 }
            }
            _ => 0,
        }
    }

    /// Writes a register as `core` sees it.
    pub fn write(&mut self, s: &mut Shared, core: u8, offset: u32, value: u32) {
        let n = usize::from(core & 1);
        let (out, oe) = (s.pins.sio.out, s.pins.sio.oe);
        let mut gpio = |new_out: u32, new_oe: u32| {
            let (new_out, new_oe) = (new_out & MASK, new_oe & MASK);
            s.pins.sio.out = new_out;
            s.pins.sio.oe = new_oe;
            let changed = (out ^ new_out) & new_oe | (oe ^ new_oe);
            if changed != 0 {
                s.pins_changed(changed);
            }
        };
        match offset {
            GPIO_OUT => gpio(value, oe),
            GPIO_OUT_SET => gpio(out | value, oe),
            GPIO_OUT_CLR => gpio(out & !value, oe),
            GPIO_OUT_XOR => gpio(out ^ value, oe),
            GPIO_OE => gpio(out, value),
            GPIO_OE_SET => gpio(out, oe | value),
            GPIO_OE_CLR => gpio(out, oe & !value),
            GPIO_OE_XOR => gpio(out, oe ^ value),
            GPIO_HI_OUT..=GPIO_HI_OE_XOR => {
                let register = &mut self.hi_out[((offset - GPIO_HI_OUT) / 16) as usize];
                match offset & 0xC {
                    0x0 => *register = value,
                    0x4 => *register |= value,
                    0x8 => *register &= !value,
                    _ => *register ^= value,
                }
                *register &= 0x3F;
            }
            FIFO_ST => {
                self.wof[n] &= value & 4 == 0;
                self.roe[n] &= value & 8 == 0;
                self.update_irq(s);
            }
            FIFO_WR => {
                if core == 0 && !self.core1_runs {
                    self.to_boot.push_back(value);
                    s.call_back();
                } else if !self.push(s, 1 - core, value) {
                    self.wof[n] = true;
                    self.update_irq(s);
                }
            }
            DIV_UDIVIDEND | DIV_SDIVIDEND => {
                self.divider[n].dividend = value;
                self.divider[n].divide(offset == DIV_SDIVIDEND);
            }
            DIV_UDIVISOR | DIV_SDIVISOR => {
                self.divider[n].divisor = value;
                self.divider[n].divide(offset == DIV_SDIVISOR);
            }
            DIV_QUOTIENT => {
                self.divider[n].quotient = value;
                self.divider[n].dirty = true;
            }
            DIV_REMAINDER => {
                self.divider[n].remainder = value;
                self.divider[n].dirty = true;
            }
            INTERP0..INTERP1 => self.interpolators[n][0].write(offset - INTERP0, value),
            INTERP1..SPINLOCK0 => self.interpolators[n][1].write(offset - INTERP1, value),
            SPINLOCK0..=SPINLOCK31 => self.spinlocks &= !(1 << ((offset - SPINLOCK0) / 4)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divider_divides_as_the_data_sheet_says() {
        let mut d = Divider { dividend: 100, divisor: 7, ..Divider::default() };
        d.divide(false);
        assert_eq!((d.quotient, d.remainder), (14, 2));
        d.dividend = -100i32 as u32;
        d.divide(true);
        assert_eq!((d.quotient as i32, d.remainder as i32), (-14, -2));
        d.divisor = 0;
        d.divide(true);
        assert_eq!((d.quotient as i32, d.remainder as i32), (1, -100));
        (d.dividend, d.divisor) = (i32::MIN as u32, u32::MAX);
        d.divide(true);
        assert_eq!((d.quotient, d.remainder), (i32::MIN as u32, 0));
    }

    #[test]
    fn an_interpolator_shifts_masks_adds_and_pops() {
        let mut i = Interpolator::default();
        // Lane 0: shift 8, mask bits 7..0; base 0 is added.
        i.write(0x2C, 8 | 7 << 10);
        i.write(0x00, 0x1234);
        i.write(0x08, 100);
        assert_eq!(i.read(false, 0x20), 100 + 0x12);
        assert_eq!(i.read(false, 0x14), 100 + 0x12);
        assert_eq!(i.read(false, 0x00), 100 + 0x12);
    }

    #[test]
    fn blending_and_clamping() {
        let mut i = Interpolator::default();
        i.write(0x2C, CTRL_BLEND | 31 << 10);
        i.write(0x30, 31 << 10);
        (i.base, i.accum) = ([500, 1000, 7], [3, 0x180]);
        assert_eq!([0x20, 0x24, 0x28].map(|offset| i.read(false, offset)), [128, 750, 10]);
        (i.base[0], i.base[1]) = (-1000i32 as u32, 1000);
        i.write(0x30, 31 << 10 | CTRL_SIGNED);
        assert_eq!(i.read(false, 0x24), 0);
        let mut i = Interpolator::default();
        i.write(0x2C, CTRL_CLAMP | CTRL_SIGNED | 29 << 10 | 2);
        (i.base[0], i.base[1]) = (-2i32 as u32, 3);
        let clamped = [-100i32, -4, 0, 100].map(|value| {
            i.write(0x00, value as u32);
            i.read(true, 0x20) as i32
        });
        assert_eq!(clamped, [-2, -1, 0, 3]);
    }

    #[test]
    fn forced_bits_are_seen_but_not_kept_and_overflow_is_above_the_mask() {
        let mut i = Interpolator::default();
        i.write(0x2C, 3 << 19 | 4 << 5 | 7 << 10);
        i.write(0x30, 31 << 10);
        (i.accum[0], i.base[0]) = (0xFF, 1);
        assert_eq!(i.read(false, 0x34), 0xF0, "without the base");
        assert_eq!(i.read(false, 0x2C) >> 23 & 7, 0, "bits below the mask are none");
        assert_eq!(i.read(false, 0x14), 0x3000_00F1);
        assert_eq!(i.read(false, 0x00), 0xF1);
        i.write(0x00, 0x100);
        assert_eq!(i.read(false, 0x2C) >> 23 & 7, 0b101);
    }
}
