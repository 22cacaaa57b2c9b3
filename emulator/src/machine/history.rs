//! A machine's past: snapshots, going back to an instant, and running on from there.
//!
//! Going back restores the nearest earlier snapshot and runs on from it with the inputs that entered then. What
//! the machine does depends on nothing else, so it comes to the same state, and the trace to the same bits. After
//! that, inputs that had come later come again, until something else enters: then history takes another course.

use std::collections::VecDeque;

use super::{Halt, Machine, MachineError, Stop};
use crate::chip;
use crate::clock::Time;
use crate::cpu::debug::Position;
use crate::trace::TraceMark;

/// How much of a machine's past is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryOptions {
    /// Virtual time between two snapshots.
    pub every: Time,
    /// Bytes that all snapshots together may take. Beyond that they are thinned out, the older the more: power-on
    /// always stays within reach, at the price of a longer run from the snapshot before.
    pub bound: usize,
}

impl Default for HistoryOptions {
    fn default() -> HistoryOptions {
        HistoryOptions { every: Time::from_millis(100), bound: 192 << 20 }
    }
}

/// A machine at an instant: processor cores, memory, peripherals, clocks, parts, flash, and how far the trace and
/// the journal had come. Snapshots share the memory pages that did not change between them.
pub struct Snapshot {
    at: Time,
    position: Position,
    chip: chip::Snapshot,
    halted: Option<Halt>,
    resets: u64,
    trace: TraceMark,
    entered: usize,
}

impl Snapshot {
    /// When it was taken.
    pub fn at(&self) -> Time {
        self.at
    }
}

/// Why a machine cannot go back.
#[derive(Debug, thiserror::Error)]
pub enum GoBackError {
    /// It lies ahead, or the machine keeps no history.
    #[error("{to} is not in the past that is kept: it reaches from {from} to {now}")]
    NotKept {
        /// What was asked for.
        to: Time,
        /// The earliest instant within reach.
        from: Time,
        /// The present.
        now: Time,
    },
    /// The engine failed.
    #[error(transparent)]
    Machine(#[from] MachineError),
}

/// The snapshots of a machine, oldest first.
pub(super) struct History {
    options: HistoryOptions,
    snapshots: VecDeque<Snapshot>,
    /// An upper bound of the bytes they take: pages that several share may be counted for each.
    bytes: usize,
}

/// What a snapshot takes besides pages: peripherals, registers, parts.
const SNAPSHOT_BYTES: usize = 48 << 10;
const PAGE_BYTES: usize = crate::cpu::memory::PAGE;

impl History {
    pub fn new(options: HistoryOptions) -> History {
        let every = options.every.max(Time::from_millis(1));
        History { options: HistoryOptions { every, ..options }, snapshots: VecDeque::new(), bytes: 0 }
    }

    /// When the next snapshot is to be taken: at the first block boundary after a whole multiple of the spacing.
    pub fn next(&self) -> Time {
        let every = self.options.every.nanos();
        self.snapshots.back().map_or(Time::ZERO, |last| Time((last.at.nanos() / every + 1) * every))
    }

    pub fn push(&mut self, snapshot: Snapshot) {
        self.bytes += snapshot.bytes(self.snapshots.back(), None);
        self.snapshots.push_back(snapshot);
        if self.bytes > self.options.bound {
            self.thin_out();
        }
    }

    /// Drops snapshots until a quarter of the bound is free: those first whose neighbours are close together,
    /// measured by how long ago they are.
    fn thin_out(&mut self) {
        let Some(now) = self.snapshots.back().map(|last| last.at.nanos()) else { return };
        while self.bytes > self.options.bound / 4 * 3 && self.snapshots.len() > 2 {
            let gap = |at: usize| {
                let [before, own, after] = [at - 1, at, at + 1].map(|at| self.snapshots[at].at.nanos());
                (after - before) as f64 / (now - own).max(1) as f64
            };
            let candidates = 1..self.snapshots.len() - 1;
            let Some(at) = candidates.min_by(|&a, &b| gap(a).total_cmp(&gap(b))) else { return };
            if let Some(dropped) = self.snapshots.remove(at) {
                let freed = dropped.bytes(self.snapshots.get(at - 1), self.snapshots.get(at));
                self.bytes = self.bytes.saturating_sub(freed);
            }
        }
    }

    /// Forgets what lies at a position or after it, and takes out the newest that is left; when nothing is, the
    /// oldest, and the answer's second half is false.
    pub fn take_before(&mut self, to: Position) -> (Option<Snapshot>, bool) {
        while self.snapshots.len() > 1 && self.snapshots.back().is_some_and(|last| last.position >= to) {
            self.pop();
        }
        let last = self.pop();
        let before = last.as_ref().is_some_and(|last| last.position < to);
        (last, before)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.snapshots.clear();
        self.bytes = 0;
    }

    /// Forgets what lies after an instant, and takes out the newest that is left.
    fn take_last_until(&mut self, to: Time) -> Option<Snapshot> {
        while self.snapshots.back()?.at > to {
            self.pop();
        }
        self.pop()
    }

    fn pop(&mut self) -> Option<Snapshot> {
        let last = self.snapshots.pop_back()?;
        self.bytes = self.bytes.saturating_sub(last.bytes(self.snapshots.back(), None));
        Some(last)
    }
}

impl Snapshot {
    /// Bytes that only it takes between two neighbours. A page that is shared is shared with one of them.
    fn bytes(&self, before: Option<&Snapshot>, after: Option<&Snapshot>) -> usize {
        let shared = |other: Option<&Snapshot>| -> Vec<bool> {
            match other {
                Some(other) => self.chip.pages().zip(other.chip.pages()).map(|(a, b)| a == b).collect(),
                None => vec![false; self.chip.pages().count()],
            }
        };
        let own = shared(before).into_iter().zip(shared(after)).filter(|&(a, b)| !a && !b).count();
        own * PAGE_BYTES + SNAPSHOT_BYTES + self.trace.bytes()
    }
}

impl Machine {
    /// Begins to keep a history, from now on; an earlier one is forgotten.
    pub fn keep_history(&mut self, options: HistoryOptions) {
        self.history = Some(History::new(options));
    }

    /// The instants of the snapshots kept, oldest first.
    pub fn snapshots(&self) -> impl Iterator<Item = Time> {
        self.history.iter().flat_map(|history| &history.snapshots).map(|snapshot| snapshot.at)
    }

    /// About how many bytes the history takes.
    pub fn history_bytes(&self) -> usize {
        self.history.as_ref().map_or(0, |history| history.bytes)
    }

    /// The earliest instant to which [`Machine::go_back_to`] can go, if there is any.
    pub fn earliest(&self) -> Option<Time> {
        let trace = self.chip.world().trace().lock();
        let history = self.history.as_ref()?;
        history.snapshots.iter().find(|snapshot| trace.holds(&snapshot.trace)).map(|snapshot| snapshot.at)
    }

    /// The machine as it stands now.
    pub fn snapshot(&mut self) -> Result<Snapshot, MachineError> {
        self.collect_console();
        Ok(Snapshot {
            at: self.now(),
            position: self.chip.debug_port().map(|port| port.position()).unwrap_or_default(),
            chip: self.chip.snapshot()?,
            halted: self.halted,
            resets: self.resets,
            trace: self.chip.world().trace().lock().mark(),
            entered: self.journal.past().len(),
        })
    }

    /// Puts the machine back to a snapshot of its own. The trace ends there then, if it still reaches so far
    /// (otherwise nothing happens and the answer is false). Console output that was not read yet is dropped.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<bool, MachineError> {
        if !self.chip.world().trace().rewind(&snapshot.trace) {
            return Ok(false);
        }
        self.chip.restore(&snapshot.chip)?;
        self.halted = snapshot.halted;
        self.resets = snapshot.resets;
        self.console.clear();
        self.journal.rewind(snapshot.entered);
        Ok(true)
    }

    /// Goes back to the first block boundary not before an instant of the past that is kept. Inputs that entered
    /// at that very instant, or later, come again when the machine runs on, unless others enter before; so do
    /// snapshots.
    pub fn go_back_to(&mut self, to: Time) -> Result<(), GoBackError> {
        let now = self.now();
        let from = self.earliest().unwrap_or(now);
        let refused = GoBackError::NotKept { to, from, now };
        if to > now || to < from {
            return Err(refused);
        }
        let Some(history) = &mut self.history else { return Err(refused) };
        // Taken out, as restoring needs the machine; it goes back in as the newest.
        let Some(snapshot) = history.take_last_until(to) else { return Err(refused) };
        let restored = self.restore(&snapshot)?;
        if let Some(history) = &mut self.history {
            history.push(snapshot);
        }
        if !restored {
            return Err(refused);
        }
        // A fault is a stop on the way, as it was the first time; a halted machine stays at its instant.
        while self.now() < to && !matches!(self.run_until(to), Stop::Halted(_)) {}
        self.console.clear();
        Ok(())
    }

    /// Whether inputs that entered once are still to enter again.
    pub fn is_replaying(&self) -> bool {
        !self.journal.future().is_empty()
    }

    /// Takes a snapshot when one is due.
    pub(super) fn remember(&mut self) -> Result<(), MachineError> {
        if self.history.as_ref().is_some_and(|history| self.now() >= history.next()) {
            let snapshot = self.snapshot()?;
            if let Some(history) = &mut self.history {
                history.push(snapshot);
            }
        }
        Ok(())
    }

    /// When the next snapshot is due.
    pub(super) fn next_snapshot(&self) -> Time {
        self.history.as_ref().map_or(Time::NEVER, History::next)
    }
}
