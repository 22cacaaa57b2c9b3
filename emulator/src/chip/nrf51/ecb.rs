//! ECB (reference manual, chapter 24): encrypts a block in memory with AES.

use super::aes;
use super::shared::{Event, Shared, id};
use crate::clock::Time;
use crate::cpu::memory::Memory;

const ECBDATAPTR: u32 = 0x504;

const TASK_STARTECB: u32 = 0;
const TASK_STOPECB: u32 = 1;
const EVENT_ENDECB: u32 = 0;
const EVENT_ERRORECB: u32 = 1;

/// A block (product specification, table 51).
const BLOCK: Time = Time(8_500);

/// The encoder.
#[derive(Clone, Debug, Default)]
pub struct Ecb {
    /// Key, clear text and where the cipher text goes, 16 bytes each.
    data: u32,
}

impl Ecb {
    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_STARTECB => s.schedule_in(Event::Ecb, BLOCK),
            TASK_STOPECB if s.scheduled(Event::Ecb) != Time::NEVER => {
                s.cancel(Event::Ecb);
                s.raise(id::ECB, EVENT_ERRORECB);
            }
            _ => {}
        }
    }

    /// The block is encrypted.
    pub fn tick(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        let start = self.data.wrapping_sub(ram_base) as usize;
        let result = aes::encrypt(&block(ram, start), &block(ram, start + 16));
        ram.write(start + 32, &result);
        s.raise(id::ECB, EVENT_ENDECB);
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        if offset == ECBDATAPTR { self.data } else { 0 }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        if offset == ECBDATAPTR {
            self.data = value;
        }
    }
}

/// Sixteen bytes of memory; what lies outside of it is zero.
pub fn block(ram: &Memory, start: usize) -> [u8; 16] {
    let mut block = [0; 16];
    block.iter_mut().zip(ram.to_vec(start, 16)).for_each(|(to, from)| *to = from);
    block
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn a_block_is_encrypted_in_memory() {
        let (mut s, mut ecb, ram) = (shared(""), Ecb::default(), Memory::new(64));
        ram.write(0, &(0..16).collect::<Vec<u8>>());
        ram.write(16, &(0..16).map(|n| n * 0x11).collect::<Vec<u8>>());
        ecb.write(ECBDATAPTR, 0x2000_0000);
        ecb.task(&mut s, TASK_STARTECB);
        run(&mut s, Time::from_micros(8), |s, _| ecb.tick(s, &ram, 0x2000_0000));
        assert!(!s.raised(id::ECB, EVENT_ENDECB));
        run(&mut s, Time::from_micros(1), |s, _| ecb.tick(s, &ram, 0x2000_0000));
        assert!(s.raised(id::ECB, EVENT_ENDECB));
        assert_eq!(ram.to_vec(32, 4), [0x69, 0xC4, 0xE0, 0xD8]);
        ecb.task(&mut s, TASK_STARTECB);
        ecb.task(&mut s, TASK_STOPECB);
        assert!(s.raised(id::ECB, EVENT_ERRORECB));
    }
}
