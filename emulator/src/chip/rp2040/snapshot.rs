//! The whole chip at an instant, to go back to.

use super::{Chip, Rp2040};
use crate::chip::Snapshot;
use crate::clock::Time;
use crate::cpu::memory::Memory;
use crate::cpu::{Core, CoreState, EngineError, RegionKind};

/// A chip between two runs, the world behind its pins included, but not its memory.
struct State {
    bus: Rp2040,
    core0: CoreState,
    core1: Option<CoreState>,
    launch: Vec<u32>,
    asleep: Time,
    review: Time,
    turn: Option<(u64, u8)>,
}

impl Chip {
    pub(super) fn take_snapshot(&self) -> Result<Snapshot, EngineError> {
        let state = State {
            bus: (*self.bus).clone(),
            core0: self.core0.save()?,
            core1: self.core1.as_ref().map(Core::save).transpose()?,
            launch: self.launch.clone(),
            asleep: self.asleep,
            review: self.review,
            turn: self.turn,
        };
        // Every memory that the guest can write, in the order of the regions; the last is the flash.
        let mut memories: Vec<_> = self.writable().map(|(_, memory)| memory.copy()).collect();
        memories.push(self.bus.flash.memory().copy_written());
        Ok(Snapshot { state: Box::new(state), memories })
    }

    pub(super) fn restore_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let (Some(state), Some((flash, memories))) =
            (snapshot.state.downcast_ref::<State>(), snapshot.memories.split_last())
        else {
            return Ok(());
        };
        *self.bus = state.bus.clone();
        self.core0.restore(&state.core0)?;
        match &state.core1 {
            Some(state) => self.make_core1()?.restore(state)?,
            None => self.core1 = None,
        }
        self.launch.clone_from(&state.launch);
        self.asleep = state.asleep;
        self.review = state.review;
        self.turn = state.turn;
        let mut changed = Vec::new();
        for ((base, memory), copy) in self.writable().zip(memories) {
            memory.restore(copy, |start, end| changed.push((base + start as u32, base + end as u32)));
        }
        for (start, end) in changed {
            for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                core.memory_written(start, end);
            }
        }
        let mut changed: Option<(u32, u32)> = None;
        self.bus.flash.memory().clone().restore(flash, |start, end| {
            let (a, b) = changed.unwrap_or((start as u32, end as u32));
            changed = Some((a.min(start as u32), b.max(end as u32)));
        });
        if let Some((start, end)) = changed {
            self.forget_flash(start, end);
            self.bus.flash.set_dirty();
        }
        Ok(())
    }

    /// The memories that the guest can write, each once, with their addresses.
    fn writable(&self) -> impl Iterator<Item = (u32, &Memory)> {
        self.regions.iter().filter_map(|region| match &region.kind {
            RegionKind::Ram(memory) => Some((region.base, memory)),
            _ => None,
        })
    }
}
