//! XOSC (data sheet section 2.16): a 12 MHz crystal that is stable at once.

/// The crystal of the Pico and most boards.
pub const XOSC_HZ: u64 = 12_000_000;

const CTRL: u32 = 0x00;
const STATUS: u32 = 0x04;
const DORMANT: u32 = 0x08;
const STARTUP: u32 = 0x0C;
const COUNT: u32 = 0x1C;

const ENABLE: u32 = 0xFAB;
const DISABLE: u32 = 0xD1E;

/// The crystal oscillator.
#[derive(Clone, Debug)]
pub struct Xosc {
    ctrl: u32,
    enabled: bool,
    dormant: u32,
    startup: u32,
}

impl Default for Xosc {
    fn default() -> Xosc {
        Xosc { ctrl: 0, enabled: false, dormant: 0x7761_6B65, startup: 0xC4 }
    }
}

impl Xosc {
    /// Whether it oscillates.
    pub fn running(&self) -> bool {
        self.enabled
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CTRL => self.ctrl,
            STATUS if self.running() => 1 << 31 | 1 << 12,
            DORMANT => self.dormant,
            STARTUP => self.startup,
            COUNT => 0,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
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
        let mut xosc = Xosc::default();
        xosc.write(CTRL, 0xAA0);
        assert!(!xosc.running());
        xosc.write(CTRL, ENABLE << 12 | 0xAA0);
        // Start-up code writes the range alone, and then sets the code again.
        xosc.write(CTRL, 0xAA0);
        assert!(xosc.running());
        xosc.write(CTRL, DISABLE << 12 | 0xAA0);
        assert!(!xosc.running());
    }
}
