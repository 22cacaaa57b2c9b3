//! SSI (data sheet section 4.10): the serial interface to the flash chip, and IO_QSPI and
//! PADS_QSPI, whose chip select pin the boot ROM and the SDK move by hand.

use std::collections::VecDeque;

use super::flash::Flash;

const CTRLR0: u32 = 0x00;
const CTRLR1: u32 = 0x04;
const SSIENR: u32 = 0x08;
const TXFLR: u32 = 0x20;
const RXFLR: u32 = 0x24;
const SR: u32 = 0x28;
const IDR: u32 = 0x58;
const SSI_VERSION_ID: u32 = 0x5C;
const DR0: u32 = 0x60;
const DR35: u32 = 0xEC;

const SR_TFNF: u32 = 1 << 1;
const SR_TFE: u32 = 1 << 2;
const SR_RFNE: u32 = 1 << 3;
const SR_RFF: u32 = 1 << 4;

const FIFO: usize = 16;

/// The serial interface. Transfers take no time of their own.
#[derive(Clone, Debug)]
pub struct Ssi {
    regs: [u32; 64],
    rx: VecDeque<u32>,
}

impl Default for Ssi {
    fn default() -> Ssi {
        let mut regs = [0; 64];
        // SPI_CTRLR0.XIP_CMD: a read.
        regs[0xF4 / 4] = 3 << 24;
        Ssi { regs, rx: VecDeque::new() }
    }
}

impl Ssi {
    /// Plain serial mode, as the ROM leaves it for flash commands.
    pub fn set_serial(&mut self) {
        self.regs[CTRLR0 as usize / 4] = 7 << 16;
        self.regs[CTRLR1 as usize / 4] = 0;
        self.regs[SSIENR as usize / 4] = 1;
        self.rx.clear();
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u32, flash: &mut Flash, forced: bool) -> u32 {
        match offset {
            TXFLR => 0,
            RXFLR => self.rx.len() as u32,
            SR => {
                // The transmit FIFO has drained, so a chip select of the interface's own is high.
                if !forced {
                    flash.select(false);
                }
                let some = if self.rx.is_empty() { 0 } else { SR_RFNE };
                let full = if self.rx.len() >= FIFO { SR_RFF } else { 0 };
                SR_TFNF | SR_TFE | some | full
            }
            IDR => 0x5153_5049,
            SSI_VERSION_ID => 0x3430_312A,
            DR0..=DR35 => self.rx.pop_front().unwrap_or(0),
            _ => self.regs.get(offset as usize / 4).copied().unwrap_or(0),
        }
    }

    /// Writes a register; `forced` says that IO_QSPI drives chip select.
    pub fn write(&mut self, offset: u32, value: u32, flash: &mut Flash, forced: bool) {
        match offset {
            DR0..=DR35 => self.transmit(value, flash, forced),
            SSIENR => {
                self.regs[SSIENR as usize / 4] = value & 1;
                if value & 1 == 0 {
                    self.rx.clear();
                    if !forced {
                        flash.select(false);
                    }
                }
            }
            _ => {
                if let Some(register) = self.regs.get_mut(offset as usize / 4) {
                    *register = value;
                }
            }
        }
    }

    fn transmit(&mut self, value: u32, flash: &mut Flash, forced: bool) {
        let ctrlr0 = self.regs[CTRLR0 as usize / 4];
        if self.regs[SSIENR as usize / 4] == 0 {
            return;
        }
        // Dual and quad frames set up the chip's continuous read mode, which needs no emulation:
        // the flash is mapped memory.
        if ctrlr0 >> 21 & 3 != 0 {
            return;
        }
        if !forced {
            flash.select(true);
        }
        let bits = (ctrlr0 >> 16 & 0x1F) + 1;
        let mut answer = 0;
        for shift in (0..bits.div_ceil(8)).rev() {
            let byte = if flash.selected() { flash.exchange((value >> (8 * shift)) as u8) } else { 0xFF };
            answer = answer << 8 | u32::from(byte);
        }
        // Transmit-only mode receives nothing.
        if ctrlr0 >> 8 & 3 != 1 && self.rx.len() < FIFO {
            self.rx.push_back(answer);
        }
    }
}

/// IO_QSPI (section 2.19.6.2): SCLK, SS, SD0 to SD3.
#[derive(Clone, Debug)]
pub struct IoQspi {
    ctrl: [u32; 6],
    interrupts: [u32; 10],
    /// The BOOTSEL button is held: it pulls chip select low when nothing drives it.
    pub button: bool,
}

impl Default for IoQspi {
    fn default() -> IoQspi {
        IoQspi { ctrl: [NULL; 6], interrupts: [0; 10], button: false }
    }
}

/// FUNCSEL of nothing.
const NULL: u32 = 31;

const SS: usize = 1;

impl IoQspi {
    /// What chip select is forced to by its override, if it is: `Some(true)` is selected (low).
    pub fn forced_select(&self) -> Option<bool> {
        match self.ctrl[SS] >> 8 & 3 {
            2 => Some(true),
            3 => Some(false),
            _ => None,
        }
    }

    /// The flash interface gets its pins, as the ROM leaves them.
    pub fn connect(&mut self) {
        self.ctrl = [0; 6];
    }

    /// The level at chip select: driven by the interface or an override, or else pulled up unless the button is
    /// held.
    fn chip_select_high(&self) -> bool {
        let ctrl = self.ctrl[SS];
        let driven = match ctrl >> 12 & 3 {
            0 => ctrl & 0x1F != NULL,
            1 => ctrl & 0x1F == NULL,
            2 => false,
            _ => true,
        };
        match ctrl >> 8 & 3 {
            _ if !driven => !self.button,
            2 => false,
            // Between commands the interface's own output is high.
            _ => true,
        }
    }

    /// SIO's view of the six pins: bit 1 is chip select.
    pub fn inputs(&self) -> u32 {
        u32::from(self.chip_select_high()) << SS
    }

    /// Removes the override, as the ROM does when it flushes the cache.
    pub fn release_chip_select(&mut self) {
        self.ctrl[SS] &= !(3 << 8);
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            0..0x30 if offset & 4 != 0 => self.ctrl[(offset / 8) as usize],
            // INFROMPAD and INTOPERI
            0..0x30 if offset / 8 == SS as u32 && self.chip_select_high() => 1 << 17 | 1 << 19,
            0..0x30 => 0,
            0x30..0x58 => self.interrupts[((offset - 0x30) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            0..0x30 if offset & 4 != 0 => self.ctrl[(offset / 8) as usize] = value & 0x3003_331F,
            0x34..0x58 => self.interrupts[((offset - 0x30) / 4) as usize] = value,
            _ => {}
        }
    }
}

/// PADS_QSPI at reset (section 2.19.6.4): voltage, SCLK, SD0 to SD3, SS with its pull-up.
pub const PADS_QSPI_RESET: [u32; 7] = [0, 0x56, 0x52, 0x52, 0x52, 0x52, 0x5A];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::memory::Memory;

    #[test]
    fn a_command_with_a_forced_chip_select() {
        let mut flash = Flash::new(Memory::new(2 << 20), [0; 8]);
        let mut ssi = Ssi::default();
        ssi.set_serial();
        flash.select(true);
        for byte in [0x9F, 0, 0, 0] {
            ssi.write(DR0, byte, &mut flash, true);
        }
        let answer: Vec<u32> = (0..4).map(|_| ssi.read(DR0, &mut flash, true)).collect();
        assert_eq!(answer[1..], [0xEF, 0x40, 21]);
    }

    #[test]
    fn a_status_read_ends_an_unforced_command() {
        let mut flash = Flash::new(Memory::new(2 << 20), [0; 8]);
        let mut ssi = Ssi::default();
        ssi.set_serial();
        ssi.write(DR0, 0x35, &mut flash, false);
        ssi.write(DR0, 0x35, &mut flash, false);
        assert_ne!(ssi.read(SR, &mut flash, false) & SR_RFNE, 0);
        assert!(!flash.selected());
        ssi.read(DR0, &mut flash, false);
        assert_eq!(ssi.read(DR0, &mut flash, false), 2);
    }
}
