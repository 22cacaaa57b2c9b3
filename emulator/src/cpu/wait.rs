//! Loops that wait are not executed turn by turn.
//!
//! A turn of a loop is a function of the registers it begins with and of what it reads. So when a turn leaves
//! registers and memory as it found them, and everything it read answers the same until some cycle, every turn
//! that ends before that cycle does the same: they are counted and left out. Where a register answers by the
//! clock (a timer's count), the loop goes from one answer to the next. Nothing of this can be seen by the guest,
//! nor in the counters: time, instructions and what follows are those of all the turns, and the last turns before
//! something happens are the engine's own.

use unicorn_engine_sys::RegisterARM;

use super::cost;
use super::follow::Follow;
use super::hooks::Link;
use super::memory::Memory;
use super::step::{Memories, Registers};
use super::{Bus, Core, RegionKind, Steady, engine};

/// Instructions of a turn at most.
const TURN: u32 = 48;
/// Register reads of a turn at most.
const READS: usize = 6;
/// How many turns alike make a loop worth a look.
const ALIKE: i32 = 3;
/// Instructions between two turns' reads at most, for them to be of the same loop.
const NEAR: u64 = 96;
/// Turns that change something, one after another, before the loop counts as one that works.
const RESTLESS: u32 = 4;

/// Loops that are remembered to work.
const WORKING: usize = 64;

/// Looks out for loops: which block reads the same register, or follows itself, again and again.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// Whether anything is left out.
    pub on: bool,
    /// A loop was found: the next block is its head, or lies in it.
    pub found: bool,
    block: u32,
    address: u32,
    at: u64,
    alike: i32,
    /// How many turns alike it takes to look at this loop.
    patience: i32,
    /// Blocks of loops that turned out to work, and how long to wait for the next look at each.
    working: [(u32, i32); WORKING],
    /// Cycles left out.
    pub skipped: u64,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch {
            on: true,
            found: false,
            block: 1,
            address: 0,
            at: 0,
            alike: 0,
            patience: ALIKE,
            working: [(1, ALIKE); WORKING],
            skipped: 0,
        }
    }
}

impl Watch {
    /// Block `block` reads from `address` when `at` instructions have been counted; true when that looks like a
    /// loop that waits.
    #[inline]
    pub fn read(&mut self, block: u32, address: u32, at: u64) -> bool {
        if block != self.block || address != self.address {
            // Another register of the same loop leaves the first one's count alone; it gets its turn later.
            if at.wrapping_sub(self.at) > NEAR {
                (self.block, self.address, self.at, self.alike) = (block, address, at, 0);
                let (working, patience) = self.working[place(block)];
                self.patience = if working == block { patience } else { ALIKE };
            }
            return false;
        }
        if at.wrapping_sub(self.at) > NEAR {
            self.alike = 0;
        }
        self.at = at;
        self.alike += 1;
        self.found = self.on && self.alike >= self.patience;
        self.found
    }

    /// Block `block` follows itself.
    #[inline]
    pub fn again(&mut self, block: u32, at: u64) -> bool {
        self.read(block, 0, at)
    }

    /// What the look at the loop showed.
    pub fn looked(&mut self, skipped: u64) {
        self.found = false;
        self.alike = 0;
        self.skipped += skipped;
        self.patience = if skipped > 0 { ALIKE } else { (self.patience * 4).min(1 << 16) };
        let slot = &mut self.working[place(self.block)];
        if skipped == 0 || slot.0 == self.block {
            *slot = (self.block, self.patience);
        }
    }
}

/// A block's place among the loops that work.
fn place(block: u32) -> usize {
    (block >> 1) as usize % WORKING
}

/// What a register answered, and until when it does.
#[derive(Clone, Copy)]
struct Answer {
    address: u32,
    size: u32,
    says: Steady,
}

/// Nobody asks with a size of zero.
const NO_ANSWER: Answer =
    Answer { address: 0, size: 0, says: Steady { value: 0, until: 0, counts: false, fast: false } };

/// Memory and registers during a turn that is only thought through.
struct Thought<'a, B: Bus> {
    link: &'a Link<B>,
    bus: &'a mut B,
    /// Where the present code lies.
    code: Option<(u32, Memory)>,
    /// The cycle at which the present block begins, and the cycles of its reads so far.
    block: u64,
    accessing: u32,
    /// Cycles saved by the last instruction's reads on the single-cycle port.
    fast: u64,
    /// Until when all that was read answers the same, and all but what counts.
    until: u64,
    others: u64,
    /// What counts was read: where, at which cycle, and the count.
    counted: Option<(u32, u64, u32)>,
    reads: [u32; READS],
    count: usize,
    /// Of this turn and of those before.
    answers: &'a mut [Answer; READS],
}

impl<B: Bus> Thought<'_, B> {
    fn memory(&self, address: u32) -> Option<(&Memory, u32, bool)> {
        let region = &self.link.regions[self.link.region(address)?];
        match &region.kind {
            RegionKind::Ram(memory) => Some((memory, region.base, true)),
            RegionKind::ReadOnly(memory)
            | RegionKind::WritesIgnored(memory)
            | RegionKind::WritesTold(memory) => Some((memory, region.base, false)),
            RegionKind::Registers => None,
        }
    }
}

fn value(memory: &Memory, offset: usize, size: u32) -> Option<u32> {
    let mut bytes = [0; 4];
    memory.read(offset, &mut bytes[..size as usize]).then(|| u32::from_le_bytes(bytes))
}

impl<B: Bus> Memories for Thought<'_, B> {
    fn fetch(&mut self, address: u32) -> Option<u16> {
        if let Some((base, memory)) = &self.code
            && let Some(offset) = address.checked_sub(*base)
            && offset as usize + 2 <= memory.len()
        {
            return Some(memory.read_u16(offset as usize));
        }
        let (memory, base, _) = self.memory(address)?;
        let op = memory.read_u16((address - base) as usize);
        self.code = Some((base, memory.clone()));
        Some(op)
    }

    fn load(&mut self, address: u32, size: u32) -> Option<u32> {
        if let Some((memory, base, _)) = self.memory(address) {
            return value(memory, (address - base) as usize, size);
        }
        if self.count == READS {
            return None;
        }
        // When the engine would have read it: see `Link::access`.
        let cycle = self.block + u64::from(self.accessing);
        let core = self.link.core;
        let known = |a: &&Answer| a.address == address && a.size == size && cycle < a.says.until;
        let says = match self.answers.iter().find(known) {
            Some(answer) => answer.says,
            None => {
                let says = self.bus.steady(core, cycle, address, size)?;
                let place = self.answers.iter().position(|old| old.address == address || old.size == 0);
                self.answers[place.unwrap_or(0)] = Answer { address, size, says };
                says
            }
        };
        self.reads[self.count] = address;
        self.count += 1;
        self.accessing += if says.fast { 1 } else { 2 };
        self.fast += u64::from(says.fast);
        self.until = self.until.min(says.until);
        if says.counts && size == 4 {
            self.counted = Some((address, cycle, says.value));
        } else {
            self.others = self.others.min(says.until);
        }
        Some(says.value)
    }

    /// Only what is there already.
    fn store(&mut self, address: u32, size: u32, new: u32) -> Option<()> {
        let (memory, base, writable) = self.memory(address)?;
        (writable && value(memory, (address - base) as usize, size)? == new).then_some(())
    }
}

/// What a turn took.
#[derive(Clone, Copy)]
struct Turn {
    cycles: u64,
    instructions: u64,
    until: u64,
    others: u64,
    reads: [u32; READS],
    count: usize,
}

impl<B: Bus> Core<B> {
    /// Whether turns of loops that wait are left out; they are at first. For comparing: nothing but the time that
    /// it takes changes.
    pub fn skip_waits(&mut self, on: bool) {
        self.link_mut().watch.on = on;
    }

    /// Cycles that were left out.
    pub fn skipped(&self) -> u64 {
        self.link().watch.skipped
    }

    /// Leaves out turns of the loop at whose beginning the core stands, until shortly before `end` at the latest.
    pub(super) fn skip_turns(&mut self, bus: &mut B, end: u64) {
        let (pc, from, number) = (self.pc & !1, self.cycles, self.link().core);
        let mut registers = Registers { r: self.engine.registers(), ..Registers::default() };
        registers.r[15] = pc;
        registers.set_flags(self.engine.reg(RegisterARM::APSR_NZCV));
        let first = registers;
        let (mut now, mut instructions, mut restless, mut skipped) = (from, 0, 0, 0);
        let mut answers = [NO_ANSWER; READS];
        let mut follow = Follow::default();
        while restless < RESTLESS {
            // What the branch before cost is counted with the block that comes now.
            let Some((after, turn)) = self.think(bus, registers, now, pc, &mut answers, &mut follow) else {
                break;
            };
            // The last turn before something happens is left to the engine.
            let fit = end.saturating_sub(now + turn.cycles) / turn.cycles;
            if fit == 0 {
                break;
            }
            // This turn is right in any case; those alike end before an answer changes.
            let alike = |until: u64| until.saturating_sub(now) / turn.cycles;
            let mut turns = if after == registers { alike(turn.until).clamp(1, fit) } else { 1 };
            let regular = follow.room(&registers, &after);
            registers = after;
            if let Some((address, read, room)) = regular {
                let limit = bus.counts_on(address, read, room + 1).saturating_sub(1);
                let more = limit.saturating_sub(read) / turn.cycles;
                let count = (1 + more).min(alike(turn.others)).min(fit);
                let last = read + count.saturating_sub(1) * turn.cycles;
                if count > turns
                    && let Some(says) = bus.steady(number, last, address, 4)
                {
                    turns = count;
                    follow.jump(&mut registers, says.value);
                }
            }
            restless = if turns > 1 { 0 } else { restless + 1 };
            now += turns * turn.cycles;
            instructions += turns * turn.instructions;
            skipped += u64::from(turns > 1) * turns * turn.cycles;
            for &address in &turn.reads[..turn.count] {
                bus.skipped(address, turns);
            }
        }
        self.link_mut().watch.looked(skipped);
        if now == from {
            return;
        }
        for n in 0..15 {
            if registers.r[n] != first.r[n] {
                self.engine.set_reg(engine::REGISTERS[n], registers.r[n]);
            }
        }
        if registers.flags() != first.flags() {
            self.engine.set_reg(RegisterARM::APSR_NZCV, registers.flags());
        }
        self.cycles = now;
        self.link_mut().instructions += instructions;
    }

    /// Thinks one turn through: the registers after it, and what it took.
    fn think(
        &self,
        bus: &mut B,
        from: Registers,
        now: u64,
        head: u32,
        answers: &mut [Answer; READS],
        follow: &mut Follow,
    ) -> Option<(Registers, Turn)> {
        let link = self.link();
        let mut after = from;
        let (mut cycles, mut instructions) = (0u64, 0u64);
        // The branch into the head was taken if it is a conditional one; every turn begins so.
        let entered = self.taken_into(head);
        let mut thought = Thought {
            link,
            bus,
            code: None,
            block: now + entered,
            accessing: 0,
            fast: 0,
            until: u64::MAX,
            others: u64::MAX,
            counted: None,
            reads: [0; READS],
            count: 0,
            answers,
        };
        follow.begin();
        let last_taken = loop {
            let page = after.r[15] & 0xFFF;
            if instructions > 0 && page == 0 {
                (thought.block, thought.accessing) = (now + entered + cycles, 0);
            }
            let before = after;
            let stepped = after.step(&mut thought)?;
            let counted = thought.counted.take();
            follow.step(stepped, &before, counted.is_some());
            if let Some((address, cycle, count)) = counted {
                follow.read(address, cycle, count);
            }
            // An instruction across the end of a page is a block of its own.
            if page == 0xFFE && stepped.op >> 11 >= 0b11101 {
                return None;
            }
            instructions += 1;
            cycles += u64::from(cost::instruction_cycles(link.costs.core(), stepped.op, stepped.second));
            cycles -= std::mem::take(&mut thought.fast);
            if stepped.branch {
                let taken = if stepped.taken { u64::from(link.costs.taken()) } else { 0 };
                if after.r[15] == head {
                    break taken;
                }
                cycles += taken;
                (thought.block, thought.accessing) = (now + entered + cycles, 0);
            }
            if instructions >= u64::from(TURN) {
                return None;
            }
        };
        // The engine must have come to the head in the same way as this turn does.
        if last_taken != entered {
            return None;
        }
        let Thought { until, others, reads, count, .. } = thought;
        Some((after, Turn { cycles: cycles + entered, instructions, until, others, reads, count }))
    }

    /// What will be added for a taken branch when the block at `head` begins.
    fn taken_into(&self, head: u32) -> u64 {
        let link = self.link();
        let taken = link.fall_through != 1 && link.fall_through != head;
        if taken { u64::from(link.costs.taken()) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_read_again_and_again_is_found_and_a_busy_one_is_left_alone() {
        let mut watch = Watch::default();
        let found = |watch: &mut Watch, n: u64| watch.read(0x1000_0100, 0x4005_4028, 10 * n);
        assert!(!found(&mut watch, 10) && !found(&mut watch, 11) && !found(&mut watch, 12));
        assert!(found(&mut watch, 13));
        watch.looked(0);
        let next = (14..100).find(|&n| found(&mut watch, n)).unwrap();
        assert_eq!(next, 13 + 4 * ALIKE as u64, "it waits longer after a look in vain");
        watch.looked(500);
        assert_eq!((1..20).find(|&n| found(&mut watch, next + n)), Some(ALIKE as u64));
        assert!(!watch.read(0x1000_0100, 0x4005_4028, 10_000), "long after");
    }
}
