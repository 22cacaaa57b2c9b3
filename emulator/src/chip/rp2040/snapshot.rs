//! The whole chip at an instant, to go back to.

use super::{Chip, Rp2040};
use crate::clock::Time;
use crate::cpu::memory::{Memory, MemoryCopy};
use crate::cpu::{Core, CoreState, EngineError, RegionKind};

/// A chip between two runs, the world behind its pins included.
pub struct Snapshot {
    bus: Rp2040,
    core0: CoreState,
    core1: Option<CoreState>,
    launch: Vec<u32>,
    asleep: Time,
    review: Time,
    /// Every memory that the guest can write, in the order of the regions.
    memories: Vec<MemoryCopy>,
    flash: MemoryCopy,
}

impl Snapshot {
    /// The pages of memory it holds, each with an address that identifies it among all snapshots.
    pub fn pages(&self) -> impl Iterator<Item = usize> {
        self.memories.iter().chain([&self.flash]).flat_map(MemoryCopy::pages)
    }
}

impl Chip {
    /// The chip as it stands now.
    pub fn snapshot(&self) -> Result<Snapshot, EngineError> {
        Ok(Snapshot {
            bus: (*self.bus).clone(),
            core0: self.core0.save()?,
            core1: self.core1.as_ref().map(Core::save).transpose()?,
            launch: self.launch.clone(),
            asleep: self.asleep,
            review: self.review,
            memories: self.writable().map(|(_, memory)| memory.copy()).collect(),
            flash: self.bus.flash.memory().copy_written(),
        })
    }

    /// Puts the chip back to a snapshot of its own; true when that changed the flash contents.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<bool, EngineError> {
        *self.bus = snapshot.bus.clone();
        self.core0.restore(&snapshot.core0)?;
        match &snapshot.core1 {
            Some(state) => self.make_core1()?.restore(state)?,
            None => self.core1 = None,
        }
        self.launch.clone_from(&snapshot.launch);
        self.asleep = snapshot.asleep;
        self.review = snapshot.review;
        let mut changed = Vec::new();
        for ((base, memory), copy) in self.writable().zip(&snapshot.memories) {
            memory.restore(copy, |start, end| changed.push((base + start as u32, base + end as u32)));
        }
        for (start, end) in changed {
            for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                core.memory_written(start, end);
            }
        }
        let mut changed: Option<(u32, u32)> = None;
        self.bus.flash.memory().clone().restore(&snapshot.flash, |start, end| {
            let (a, b) = changed.unwrap_or((start as u32, end as u32));
            changed = Some((a.min(start as u32), b.max(end as u32)));
        });
        if let Some((start, end)) = changed {
            self.forget_flash(start, end);
        }
        Ok(changed.is_some())
    }

    /// The memories that the guest can write, each once, with their addresses.
    fn writable(&self) -> impl Iterator<Item = (u32, &Memory)> {
        self.regions.iter().filter_map(|region| match &region.kind {
            RegionKind::Ram(memory) => Some((region.base, memory)),
            _ => None,
        })
    }
}
