//! NVMC, the flash controller (reference manual, chapter 6), and the information registers FICR
//! and UICR (chapters 7 and 8).

use crate::cpu::memory::Memory;

const READY: u32 = 0x400;
const CONFIG: u32 = 0x504;
const ERASEPCR1: u32 = 0x508;
const ERASEALL: u32 = 0x50C;
const ERASEPCR0: u32 = 0x510;
const ERASEUICR: u32 = 0x514;

const WEN: u32 = 1;
const EEN: u32 = 2;

/// Where UICR lies, and its size.
pub const UICR_BASE: u32 = 0x1000_1000;
/// Bytes of UICR that are flash.
pub const UICR_BYTES: usize = 0x100;
/// Bytes of a page.
pub const PAGE: u32 = 1024;

/// Longest times (product specification, table 55), in cycles: the processor stands still.
const WRITE_CYCLES: u32 = 16 * 46;
const ERASE_CYCLES: u32 = 16 * 22_300;

/// Flash, UICR and their controller.
#[derive(Clone)]
pub struct Nvmc {
    config: u32,
    flash: Memory,
    uicr: Memory,
    dirty: bool,
}

/// What an operation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How long the processor stood still.
    pub cycles: u32,
    /// Addresses whose contents changed: from, to.
    pub changed: Option<(u32, u32)>,
}

impl Nvmc {
    /// A controller of erased memories.
    pub fn new(flash: Memory, uicr: Memory) -> Nvmc {
        flash.fill(0, flash.len(), 0xFF);
        uicr.fill(0, uicr.len(), 0xFF);
        Nvmc { config: 0, flash, uicr, dirty: false }
    }

    /// The program's flash.
    pub fn flash(&self) -> &Memory {
        &self.flash
    }

    /// The customer's registers.
    pub fn uicr(&self) -> &Memory {
        &self.uicr
    }

    /// Whether flash changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Marks flash as changed.
    pub fn set_dirty(&mut self) {
        self.dirty = true;
    }

    /// After a reset nothing may be written.
    pub fn reset(&mut self) {
        self.config = 0;
    }

    fn erase(&mut self, start: u32, len: u32) -> Done {
        if self.config != EEN || !self.flash.fill(start as usize, len as usize, 0xFF) {
            return Done::default();
        }
        self.dirty = true;
        Done { cycles: ERASE_CYCLES, changed: Some((start, start + len)) }
    }

    /// A store to flash or UICR. Only whole words can be written, and only ones become zeros.
    pub fn store(&mut self, address: u32, size: u32, value: u32) -> Done {
        if self.config != WEN || size != 4 {
            return Done::default();
        }
        let (memory, offset) = match address.checked_sub(UICR_BASE) {
            Some(offset) => (&self.uicr, offset),
            None => (&self.flash, address),
        };
        let old = memory.read_u32(offset as usize);
        memory.write_u32(offset as usize, old & value);
        self.dirty = true;
        Done { cycles: WRITE_CYCLES, changed: Some((address, address + 4)) }
    }

    /// Whether writing a register erases the page at the address written.
    pub fn erases_page(offset: u32) -> bool {
        offset == ERASEPCR1 || offset == ERASEPCR0
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            // The processor does not run while the flash is busy.
            READY => 1,
            CONFIG => self.config,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) -> Done {
        match offset {
            CONFIG => self.config = value & 3,
            ERASEPCR1 | ERASEPCR0 => return self.erase(value & !(PAGE - 1), PAGE),
            ERASEALL if value & 1 != 0 => {
                self.uicr.fill(0, self.uicr.len(), 0xFF);
                return self.erase(0, self.flash.len() as u32);
            }
            ERASEUICR if value & 1 != 0 && self.config == EEN => {
                self.uicr.fill(0, self.uicr.len(), 0xFF);
                return Done { cycles: ERASE_CYCLES, changed: None };
            }
            _ => {}
        }
        Done::default()
    }
}

/// FICR of an nRF51822-QFAA with 256 KiB of flash and this device number.
pub fn ficr(flash_bytes: usize, device: [u8; 8]) -> Memory {
    let memory = Memory::new(0x100);
    memory.fill(0, memory.len(), 0xFF);
    let word = |n: usize| u32::from_le_bytes([device[n], device[n + 1], device[n + 2], device[n + 3]]);
    let (low, high) = (word(0), word(4));
    for (offset, value) in [
        (0x010, PAGE),
        (0x014, flash_bytes as u32 / PAGE),
        // Two blocks of 8 KiB RAM
        (0x034, 2),
        (0x038, 0x2000),
        // Hardware QFAA H0, no firmware
        (0x05C, 0xFFFF_008F),
        (0x060, low),
        (0x064, high),
        // Roots of keys, as random as the device's number
        (0x080, low.rotate_left(7) ^ 0x9E37_79B9),
        (0x084, high.rotate_left(11) ^ 0x7F4A_7C15),
        (0x088, low.rotate_left(17) ^ 0xF39C_C060),
        (0x08C, high.rotate_left(23) ^ 0x5CED_C834),
        (0x090, low.rotate_left(5) ^ 0x1082_276B),
        (0x094, high.rotate_left(13) ^ 0xF3A2_7251),
        (0x098, low.rotate_left(19) ^ 0xF86C_6A11),
        (0x09C, high.rotate_left(29) ^ 0xD0C1_8E95),
        // A random static address
        (0x0A0, 0xFFFF_FFFF),
        (0x0A4, low ^ 0x5A5A_5A5A),
        (0x0A8, 0xFFFF_0000 | high >> 16 | 0xC000),
        (0x0AC, 0xFFFF_FFFF),
    ] {
        memory.write_u32(offset, value);
    }
    memory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_is_written_as_flash_is() {
        let mut nvmc = Nvmc::new(Memory::new(4096), Memory::new(UICR_BYTES));
        assert_eq!(nvmc.store(8, 4, 0), Done::default(), "writing is not enabled");
        nvmc.write(CONFIG, WEN);
        assert_eq!(nvmc.store(8, 4, 0xFFFF_00FF).changed, Some((8, 12)));
        nvmc.store(8, 4, 0x0000_FFFF);
        assert_eq!(nvmc.flash().read_u32(8), 0x0000_00FF);
        assert_eq!(nvmc.store(8, 1, 0), Done::default(), "no bytes");
        nvmc.store(UICR_BASE + 0x80, 4, 7);
        assert_eq!(nvmc.uicr().read_u32(0x80), 7);
        assert_eq!(nvmc.write(ERASEPCR1, 1024), Done::default(), "erasing is not enabled");
        nvmc.write(CONFIG, EEN);
        nvmc.flash().write_u32(1024, 0);
        assert_eq!(nvmc.write(ERASEPCR1, 1024).changed, Some((1024, 2048)));
        assert_eq!(nvmc.flash().read_u32(1024), 0xFFFF_FFFF);
        assert_eq!(nvmc.flash().read_u32(8), 0xFF);
        nvmc.write(ERASEALL, 1);
        assert_eq!(nvmc.flash().read_u32(8), 0xFFFF_FFFF);
        assert!(nvmc.take_dirty() && !nvmc.take_dirty());
    }
}
