//! Notes taken of a program while it runs, for exact measurements: marks and a profile.
//!
//! A program sets a mark by storing to an address that is being watched: any register will do that
//! does no harm, such as one of the watchdog's scratch registers. A mark tells how many instructions
//! and cycles the core had done by then. The block with the store counts as a whole, so the cost
//! between two marks set by the same code is exact. Watching costs the program nothing.

use std::collections::HashMap;
use std::ops::RangeInclusive;

/// A store to a watched address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where to.
    pub address: u32,
    /// What.
    pub value: u32,
    /// Instructions the core had executed.
    pub instructions: u64,
    /// Cycles the core had counted, sleep included.
    pub cycles: u64,
}

/// The notes on one core.
#[derive(Debug)]
pub struct Probe {
    watched: RangeInclusive<u32>,
    marks: Vec<Mark>,
    /// Between marks with which values instructions are counted by block.
    span: Option<(u32, u32)>,
    /// Are they being counted?
    pub(super) counting: bool,
    blocks: HashMap<u32, u64>,
}

impl Default for Probe {
    fn default() -> Probe {
        // An empty range: nothing is watched.
        #[allow(clippy::reversed_empty_ranges)]
        let watched = 1..=0;
        Probe { watched, marks: Vec::new(), span: None, counting: false, blocks: HashMap::new() }
    }
}

impl Probe {
    /// Watches stores to these register addresses from now on.
    pub fn watch(&mut self, addresses: RangeInclusive<u32>) {
        self.watched = addresses;
    }

    /// The marks since the last call, oldest first.
    pub fn take_marks(&mut self) -> Vec<Mark> {
        std::mem::take(&mut self.marks)
    }

    /// Counts instructions by block from each mark with the first value to the next with the second.
    pub fn profile(&mut self, from: u32, to: u32) {
        self.span = Some((from, to));
    }

    /// Instructions by the address of the block they lie in, since the last call.
    pub fn take_profile(&mut self) -> Vec<(u32, u64)> {
        let mut blocks: Vec<_> = std::mem::take(&mut self.blocks).into_iter().collect();
        blocks.sort_unstable();
        blocks
    }

    pub(super) fn count(&mut self, block: u32, instructions: u32) {
        *self.blocks.entry(block).or_default() += u64::from(instructions);
    }

    #[inline]
    pub(super) fn store(&mut self, address: u32, value: u32, instructions: u64, cycles: u64) {
        if !self.watched.contains(&address) {
            return;
        }
        self.marks.push(Mark { address, value, instructions, cycles });
        if let Some((from, to)) = self.span {
            self.counting = (self.counting || value == from) && value != to;
        }
    }
}
