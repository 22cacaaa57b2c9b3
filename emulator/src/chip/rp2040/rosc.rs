//! ROSC (data sheet section 2.17): the ring oscillator the chip starts from, and its random bit.

use super::shared::Shared;
use super::xosc::{COMA, Countdown, WAKE};

const CTRL: u32 = 0x00;
const FREQA: u32 = 0x04;
const FREQB: u32 = 0x08;
const DORMANT: u32 = 0x0C;
const DIV: u32 = 0x10;
const PHASE: u32 = 0x14;
const STATUS: u32 = 0x18;
const RANDOMBIT: u32 = 0x1C;
const COUNT: u32 = 0x20;

const ENABLE: u32 = 0xFAB;
const DISABLE: u32 = 0xD1E;

/// Typical frequency at reset settings.
const ROSC_HZ: u64 = 6_500_000;

/// The ring oscillator.
#[derive(Clone, Debug)]
pub struct Rosc {
    ctrl: u32,
    enabled: bool,
    freqa: u32,
    freqb: u32,
    dormant: u32,
    div: u32,
    phase: u32,
    random: u64,
    count: Countdown,
}

impl Default for Rosc {
    fn default() -> Rosc {
        Rosc {
            ctrl: 0xAA0,
            enabled: true,
            freqa: 0,
            freqb: 0,
            dormant: WAKE,
            div: 0xAA0 + 16,
            phase: 8,
            random: 0x9E37_79B9_7F4A_7C15,
            count: Countdown::default(),
        }
    }
}

impl Rosc {
    /// Frequency in hertz. The data sheet gives no exact law; only the divider is honoured.
    pub fn hz(&self) -> u64 {
        if !self.enabled || self.dormant == COMA {
            return 0;
        }
        let div = self.div.wrapping_sub(0xAA0);
        let div = if div == 0 || div > 31 { 32 } else { u64::from(div) };
        ROSC_HZ * 16 / div
    }

    /// As [`super::xosc::Xosc::wake`].
    pub fn wake(&mut self) -> bool {
        std::mem::replace(&mut self.dormant, WAKE) == COMA
    }

    /// Reads a register. The random bit comes from a seeded generator: a run repeats exactly.
    pub fn read(&mut self, s: &Shared, offset: u32) -> u32 {
        match offset {
            CTRL => self.ctrl,
            FREQA => self.freqa,
            FREQB => self.freqb,
            DORMANT => self.dormant,
            DIV => self.div,
            PHASE => self.phase,
            STATUS if self.hz() == 0 => 0,
            STATUS => 1 << 31 | 1 << 12,
            RANDOMBIT => {
                // xorshift64*
                self.random ^= self.random >> 12;
                self.random ^= self.random << 25;
                self.random ^= self.random >> 27;
                (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 63) as u32
            }
            COUNT => self.count.left(s.now, self.hz()),
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &Shared, offset: u32, value: u32) {
        match offset {
            CTRL => {
                self.ctrl = value & 0xFF_FFFF;
                // Any other code keeps it as it is.
                match value >> 12 & 0xFFF {
                    ENABLE => self.enabled = true,
                    DISABLE => self.enabled = false,
                    _ => {}
                }
            }
            FREQA => self.freqa = value,
            FREQB => self.freqb = value,
            DORMANT => self.dormant = value,
            DIV => self.div = value & 0xFFF,
            COUNT => self.count.set(s.now, value),
            PHASE => self.phase = value & 0xFFF,
            _ => {}
        }
    }
}
