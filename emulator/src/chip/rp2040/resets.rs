//! RESETS (data sheet section 2.14): a bit a peripheral.

const RESET: u32 = 0x0;
const WDSEL: u32 = 0x4;
const RESET_DONE: u32 = 0x8;

const ALL: u32 = 0x01FF_FFFF;

/// Bits of the peripherals.
pub mod bit {
    pub const ADC: u32 = 0;
    pub const DMA: u32 = 2;
    pub const I2C0: u32 = 3;
    pub const I2C1: u32 = 4;
    pub const IO_BANK0: u32 = 5;
    pub const IO_QSPI: u32 = 6;
    pub const PADS_BANK0: u32 = 8;
    pub const PADS_QSPI: u32 = 9;
    pub const PIO0: u32 = 10;
    pub const PIO1: u32 = 11;
    pub const PLL_SYS: u32 = 12;
    pub const PLL_USB: u32 = 13;
    pub const PWM: u32 = 14;
    pub const RTC: u32 = 15;
    pub const SPI0: u32 = 16;
    pub const SPI1: u32 = 17;
    pub const SYSCFG: u32 = 18;
    pub const TIMER: u32 = 21;
    pub const UART0: u32 = 22;
    pub const UART1: u32 = 23;
    pub const USBCTRL: u32 = 24;
}

/// The reset controller.
#[derive(Clone, Debug)]
pub struct Resets {
    reset: u32,
    wdsel: u32,
}

impl Default for Resets {
    fn default() -> Resets {
        Resets { reset: ALL, wdsel: 0 }
    }
}

impl Resets {
    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            RESET => self.reset,
            WDSEL => self.wdsel,
            RESET_DONE => !self.reset & ALL,
            _ => 0,
        }
    }

    /// Writes a register; gives the peripherals that enter reset now.
    pub fn write(&mut self, offset: u32, value: u32) -> u32 {
        match offset {
            RESET => {
                let entered = value & ALL & !self.reset;
                self.reset = value & ALL;
                entered
            }
            WDSEL => {
                self.wdsel = value & ALL;
                0
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_is_the_complement_and_entering_is_reported_once() {
        let mut resets = Resets::default();
        assert_eq!(resets.read(RESET_DONE), 0);
        assert_eq!(resets.write(RESET, 0), 0);
        assert_eq!(resets.read(RESET_DONE), ALL);
        assert_eq!(resets.write(RESET, 1 << bit::UART0), 1 << bit::UART0);
        assert_eq!(resets.write(RESET, 1 << bit::UART0), 0);
        assert_eq!(resets.read(RESET), 1 << bit::UART0);
    }
}
