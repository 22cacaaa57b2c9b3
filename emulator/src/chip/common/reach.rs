//! Memory and registers as a debugger reaches them, through the regions a chip is made of.

use crate::cpu::{Access, Bus, Region, RegionKind};
use crate::trace::SharedTrace;

/// The region an address lies in.
pub fn region(regions: &[Region], address: u32) -> Option<&Region> {
    regions.iter().find(|region| address.wrapping_sub(region.base) < region.size)
}

/// Reads bytes; registers by `registers`. Gives how many there are before the first address at which nothing answers.
pub fn peek(regions: &[Region], address: u32, into: &mut [u8], registers: &dyn Fn(u32, &mut [u8])) -> usize {
    let mut done = 0;
    while done < into.len() {
        let Some(at) = address.checked_add(done as u32) else { break };
        let Some(region) = region(regions, at) else { break };
        let offset = at - region.base;
        let len = (into.len() - done).min((region.size - offset) as usize);
        let piece = &mut into[done..done + len];
        match &region.kind {
            RegionKind::Registers => registers(at, piece),
            RegionKind::ReadOnly(memory)
            | RegionKind::WritesIgnored(memory)
            | RegionKind::WritesTold(memory)
            | RegionKind::Ram(memory) => {
                memory.read(offset as usize, piece);
            }
        }
        done += len;
    }
    done
}

/// The bytes at `address` out of whole words.
pub fn bytes_of_words(address: u32, into: &mut [u8], mut word: impl FnMut(u32) -> u32) {
    for (n, byte) in into.iter_mut().enumerate() {
        let at = address + n as u32;
        *byte = (word(at & !3) >> (8 * (at & 3))) as u8;
    }
}

/// Writes whole words of registers, as the first core would.
pub fn write_registers(bus: &mut impl Bus, cycle: u64, address: u32, bytes: &[u8]) {
    let mut access = Access { core: 0, cycle, stall: 0, instructions: 0, fast: false };
    for (n, word) in bytes.chunks_exact(4).enumerate() {
        let value = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        bus.write(&mut access, address + 4 * n as u32, 4, value);
    }
}

/// Looks at registers without a trace of it. Reading one may change it: that happens to a copy, and what the copy
/// records is taken back.
pub fn peek_registers<B: Bus + Clone>(
    bus: &B,
    trace: &SharedTrace,
    cycle: u64,
    address: u32,
    into: &mut [u8],
) {
    let mark = trace.lock().mark();
    let mut copy = bus.clone();
    let mut access = Access { core: 0, cycle, stall: 0, instructions: 0, fast: false };
    bytes_of_words(address, into, |at| copy.read(&mut access, at, 4));
    trace.rewind(&mark);
}
