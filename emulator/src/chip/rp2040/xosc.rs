//! XOSC (data sheet section 2.16): a 12 MHz crystal that is stable at once.

use super::shared::Shared;
use crate::clock::Time;

/// The crystal of the Pico and most boards.
pub const XOSC_HZ: u64 = 12_000_000;

const CTRL: u32 = 0x00;
const STATUS: u32 = 0x04;
const DORMANT: u32 = 0x08;
const STARTUP: u32 = 0x0C;
const COUNT: u32 = 0x1C;

/// The two values of DORMANT: "coma" and "wake".
pub const COMA: u32 = 0x636F_6D61;
pub const WAKE: u32 = 0x7761_6B65;

const ENABLE: u32 = 0xFAB;
const DISABLE: u32 = 0xD1E;

/// The eight-bit counter that either oscillator counts down to zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Countdown {
    from: u32,
    since: Time,
}

impl Countdown {
    /// Counts down from here.
    pub fn set(&mut self, now: Time, value: u32) {
        *self = Countdown { from: value & 0xFF, since: now };
    }

    /// What is left, at the oscillator's frequency.
    pub fn left(&self, now: Time, hz: u64) -> u32 {
        let gone = u128::from(now.saturating_sub(self.since).0) * u128::from(hz) / 1_000_000_000;
        self.from.saturating_sub(gone.min(256) as u32)
    }
}

/// The crystal oscillator.
#[derive(Clone, Debug)]
pub struct Xosc {
    ctrl: u32,
    enabled: bool,
    dormant: u32,
    startup: u32,
    count: Countdown,
}

impl Default for Xosc {
    fn default() -> Xosc {
        Xosc { ctrl: 0, enabled: false, dormant: WAKE, startup: 0, count: Countdown::default() }
    }
}

impl Xosc {
    /// Whether it oscillates.
    pub fn running(&self) -> bool {
        self.enabled && self.dormant != COMA
    }

    /// A pin or the RTC wakes it from dormancy; true if it slept.
    pub fn wake(&mut self) -> bool {
        std::mem::replace(&mut self.dormant, WAKE) == COMA
    }

    /// Reads a register.
    pub fn read(&self, s: &Shared, offset: u32) -> u32 {
        match offset {
            CTRL => self.ctrl,
            STATUS if self.running() => 1 << 31 | 1 << 12,
            DORMANT => self.dormant,
            STARTUP => self.startup,
            COUNT => self.count.left(s.now, XOSC_HZ),
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
            DORMANT => self.dormant = value,
            COUNT => self.count.set(s.now, value),
            STARTUP => self.startup = value & 0x10_3FFF,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_codes_switch_it() {
        let (s, _) = super::super::testing::shared("", 5, &[]);
        let mut xosc = Xosc::default();
        xosc.write(&s, CTRL, 0xAA0);
        assert!(!xosc.running());
        xosc.write(&s, CTRL, ENABLE << 12 | 0xAA0);
        // Start-up code writes the range alone, and then sets the code again.
        xosc.write(&s, CTRL, 0xAA0);
        assert!(xosc.running());
        xosc.write(&s, CTRL, DISABLE << 12 | 0xAA0);
        assert!(!xosc.running());
    }
}
