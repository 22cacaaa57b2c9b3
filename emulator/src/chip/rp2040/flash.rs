//! The flash chip: a W25Q16JV (or larger sibling) as seen through its serial commands.

use crate::cpu::memory::Memory;

/// Bytes a sector has, the smallest unit of erasure.
pub const SECTOR: u32 = 4096;

const WRITE_STATUS1: u8 = 0x01;
const PAGE_PROGRAM: u8 = 0x02;
const READ: u8 = 0x03;
const WRITE_DISABLE: u8 = 0x04;
const READ_STATUS1: u8 = 0x05;
const WRITE_ENABLE: u8 = 0x06;
const FAST_READ: u8 = 0x0B;
const SECTOR_ERASE: u8 = 0x20;
const WRITE_STATUS2: u8 = 0x31;
const READ_STATUS2: u8 = 0x35;
const UNIQUE_ID: u8 = 0x4B;
const BLOCK_ERASE_32K: u8 = 0x52;
const CHIP_ERASE_OLD: u8 = 0x60;
const MANUFACTURER_ID: u8 = 0x90;
const JEDEC_ID: u8 = 0x9F;
const CHIP_ERASE: u8 = 0xC7;
const BLOCK_ERASE_64K: u8 = 0xD8;

/// Manufacturer and memory type of Winbond's W25Q series.
const WINBOND: u8 = 0xEF;
const SERIAL_NOR: u8 = 0x40;

/// The chip's contents and the command it is in. A clone shares the contents.
#[derive(Clone)]
pub struct Flash {
    memory: Memory,
    unique_id: [u8; 8],
    write_enabled: bool,
    status2: u8,
    command: Vec<u8>,
    selected: bool,
    changed: Option<(u32, u32)>,
    /// Bytes changed since the last look of whoever saves them.
    dirty: bool,
}

impl Flash {
    /// An erased chip of the memory's size, a power of two.
    pub fn new(memory: Memory, unique_id: [u8; 8]) -> Flash {
        memory.fill(0, memory.len(), 0xFF);
        Flash {
            memory,
            unique_id,
            write_enabled: false,
            // Quad enable is set, as board makers ship it.
            status2: 0x02,
            command: Vec::new(),
            selected: false,
            changed: None,
            dirty: false,
        }
    }

    /// The contents.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Whether something changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Marks the contents as changed.
    pub fn set_dirty(&mut self) {
        self.dirty = true;
    }

    /// The range of offsets that changed since the last call.
    pub fn take_changed(&mut self) -> Option<(u32, u32)> {
        self.changed.take()
    }

    fn mark(&mut self, start: u32, end: u32) {
        let (a, b) = self.changed.unwrap_or((start, end));
        self.changed = Some((a.min(start), b.max(end)));
        self.dirty = true;
    }

    /// Erases `size` bytes at the multiple of `size` that contains `at`.
    pub fn erase(&mut self, at: u32, size: u32) {
        let len = self.memory.len() as u32;
        let size = size.clamp(SECTOR, len.max(SECTOR));
        let start = at % len / size * size;
        let size = size.min(len - start);
        self.memory.fill(start as usize, size as usize, 0xFF);
        self.mark(start, start + size);
    }

    /// Programs bytes: bits can only be cleared. Wraps within each 256-byte page as the chip does
    /// only in so far as callers pass whole pages.
    pub fn program(&mut self, at: u32, bytes: &[u8]) {
        let len = self.memory.len() as u32;
        for (i, &byte) in bytes.iter().enumerate() {
            let at = (at.wrapping_add(i as u32) % len) as usize;
            self.memory.write(at, &[self.memory.read_u8(at) & byte]);
        }
        let start = at % len;
        self.mark(start, (start + bytes.len() as u32).min(len));
    }

    /// Chip select falls (true) or rises.
    pub fn select(&mut self, selected: bool) {
        if selected == self.selected {
            return;
        }
        self.selected = selected;
        if !selected {
            self.execute();
        }
        self.command.clear();
    }

    /// Whether the chip is selected.
    pub fn selected(&self) -> bool {
        self.selected
    }

    /// One byte each way while selected.
    pub fn exchange(&mut self, byte: u8) -> u8 {
        self.command.push(byte);
        let (opcode, n) = (self.command[0], self.command.len() - 1);
        if n == 0 {
            return 0xFF;
        }
        let address = self.address();
        let read = |skip: usize| {
            if n < skip {
                0xFF
            } else {
                let at = (address as usize + n - skip) % self.memory.len();
                self.memory.read_u8(at)
            }
        };
        match opcode {
            READ => read(4),
            FAST_READ => read(5),
            READ_STATUS1 => u8::from(self.write_enabled) << 1,
            READ_STATUS2 => self.status2,
            JEDEC_ID => match n {
                1 => WINBOND,
                2 => SERIAL_NOR,
                3 => self.memory.len().trailing_zeros() as u8,
                _ => 0xFF,
            },
            MANUFACTURER_ID => match n {
                4 => WINBOND,
                5 => self.memory.len().trailing_zeros() as u8 - 1,
                _ => 0xFF,
            },
            UNIQUE_ID if n >= 5 => self.unique_id[(n - 5) % 8],
            _ => 0xFF,
        }
    }

    fn address(&self) -> u32 {
        let byte = |i: usize| u32::from(self.command.get(i).copied().unwrap_or(0));
        byte(1) << 16 | byte(2) << 8 | byte(3)
    }

    /// What happens when chip select rises.
    fn execute(&mut self) {
        let Some(&opcode) = self.command.first() else { return };
        let address = self.address();
        match opcode {
            WRITE_ENABLE => self.write_enabled = true,
            WRITE_DISABLE => self.write_enabled = false,
            _ if !self.write_enabled => {}
            WRITE_STATUS1 => {
                if let Some(&status2) = self.command.get(2) {
                    self.status2 = status2;
                }
                self.write_enabled = false;
            }
            WRITE_STATUS2 => {
                self.status2 = self.command.get(1).copied().unwrap_or(self.status2);
                self.write_enabled = false;
            }
            PAGE_PROGRAM => {
                let data: Vec<u8> = self.command.iter().skip(4).copied().collect();
                // The address wraps within its page.
                for (i, byte) in data.into_iter().enumerate() {
                    let at = address & !0xFF | (address + i as u32) & 0xFF;
                    self.program(at, &[byte]);
                }
                self.write_enabled = false;
            }
            SECTOR_ERASE | BLOCK_ERASE_32K | BLOCK_ERASE_64K => {
                let size = match opcode {
                    SECTOR_ERASE => SECTOR,
                    BLOCK_ERASE_32K => 32 * 1024,
                    _ => 64 * 1024,
                };
                self.erase(address, size);
                self.write_enabled = false;
            }
            CHIP_ERASE | CHIP_ERASE_OLD => {
                self.erase(0, self.memory.len() as u32);
                self.write_enabled = false;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chip() -> Flash {
        Flash::new(Memory::new(2 << 20), [1, 2, 3, 4, 5, 6, 7, 8])
    }

    fn command(flash: &mut Flash, bytes: &[u8], read: usize) -> Vec<u8> {
        flash.select(true);
        for &byte in bytes {
            flash.exchange(byte);
        }
        let answer = (0..read).map(|_| flash.exchange(0)).collect();
        flash.select(false);
        answer
    }

    #[test]
    fn identifies_itself() {
        let mut flash = chip();
        assert_eq!(command(&mut flash, &[JEDEC_ID], 3), [0xEF, 0x40, 21]);
        assert_eq!(command(&mut flash, &[UNIQUE_ID, 0, 0, 0, 0], 8), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(command(&mut flash, &[READ_STATUS2], 1), [2]);
    }

    #[test]
    fn programs_only_when_enabled_and_only_clears_bits() {
        let mut flash = chip();
        command(&mut flash, &[PAGE_PROGRAM, 0, 1, 0, 0x0F], 0);
        assert_eq!(command(&mut flash, &[READ, 0, 1, 0], 1), [0xFF]);
        for byte in [0x0F, 0xF8] {
            command(&mut flash, &[WRITE_ENABLE], 0);
            command(&mut flash, &[PAGE_PROGRAM, 0, 1, 0, byte], 0);
        }
        assert_eq!(command(&mut flash, &[FAST_READ, 0, 1, 0, 0], 1), [0x08]);
        assert_eq!(flash.take_changed(), Some((0x100, 0x101)));
        command(&mut flash, &[WRITE_ENABLE], 0);
        command(&mut flash, &[SECTOR_ERASE, 0, 1, 0], 0);
        assert_eq!(command(&mut flash, &[READ, 0, 1, 0], 1), [0xFF]);
        assert_eq!(flash.take_changed(), Some((0, 4096)));
        assert!(flash.take_dirty() && !flash.take_dirty());
    }
}
