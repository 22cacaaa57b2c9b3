//! The chip as a whole: registers, memory and its core.

use super::clock::Reason;
use super::nvmc::{Nvmc, UICR_BASE, UICR_BYTES, ficr};
use super::shared::Event;
use super::{APB_BASE, APB_BYTES, FICR_BASE, GPIO_BASE, Nrf51, RAM_BASE, RAM_BYTES};
use crate::chip::{self, Area, ChipOptions, DebugPort, Demand, Snapshot, Stop};
use crate::clock::Time;
use crate::console::Said;
use crate::cpu::memory::Memory;
use crate::cpu::probe::Probe;
use crate::cpu::{self, Core, CoreState, EngineError, Model, Region, RegionKind};
use crate::world::World;

/// Where a CoreSight table tells the chip's part and revision: start-up code chooses its workarounds
/// by it.
const PART_BASE: u32 = 0xF000_0000;
/// Third generation, revision H0.
const PART: [(usize, u32); 4] = [(0xFE0, 0x01), (0xFE4, 0x00), (0xFE8, 0x70), (0xFEC, 0x00)];

/// How long after a reset the engine is given a TLB of full size.
const REVIEW: Time = Time::from_millis(20);

/// The whole chip.
pub struct Chip {
    pub(super) bus: Box<Nrf51>,
    pub(super) core: Core<Nrf51>,
    pub(super) regions: Vec<Region>,
    asleep: Time,
    review: Time,
}

/// A chip between two runs, the world behind its pins included, but not its memory.
struct State {
    bus: Nrf51,
    core: CoreState,
    asleep: Time,
    review: Time,
}

impl Chip {
    /// A chip at power-on with erased flash.
    pub fn new(world: Box<dyn World>, options: ChipOptions) -> Result<Chip, EngineError> {
        let flash = Memory::new(options.flash_bytes);
        let uicr = Memory::new(UICR_BYTES);
        let ram = Memory::new(RAM_BYTES);
        let part = Memory::new(0x1000);
        for (offset, value) in PART {
            part.write_u32(offset, value);
        }
        let region = |base: u32, memory: &Memory, kind: fn(Memory) -> RegionKind| Region {
            base,
            size: memory.len().next_multiple_of(4096) as u32,
            kind: kind(memory.clone()),
        };
        let registers = |base: u32, size: u32| Region { base, size, kind: RegionKind::Registers };
        let regions = vec![
            region(0, &flash, RegionKind::WritesTold),
            region(RAM_BASE, &ram, RegionKind::Ram),
            registers(APB_BASE, APB_BYTES),
            registers(GPIO_BASE, 0x1000),
            region(FICR_BASE, &ficr(flash.len(), options.unique_id), RegionKind::ReadOnly),
            region(UICR_BASE, &uicr, RegionKind::WritesTold),
            region(PART_BASE, &part, RegionKind::ReadOnly),
        ];
        let code: [(&[u32], &Memory); 2] = [(&[0], &flash), (&[RAM_BASE], &ram)];
        let core = Core::new(0, Model::CORTEX_M0, &regions, &code)?;
        let bus = Box::new(Nrf51::new(world, Nvmc::new(flash, uicr), ram, options));
        Ok(Chip { bus, core, regions, asleep: Time::ZERO, review: REVIEW })
    }

    /// Handles every event up to the core's present.
    fn fire_due(&mut self) {
        let bus = &mut *self.bus;
        let reached = bus.s.now.max(bus.s.clock.time_at(self.core.cycles()));
        while let Some((event, at)) = bus.s.take_due(reached) {
            bus.s.now = bus.s.now.max(at);
            bus.event(event);
        }
        bus.s.now = reached;
    }

    /// What there is to do when the core is not in the middle of something; the reason to stop there, if there is
    /// one.
    fn between_runs(&mut self, deadline: Time) -> Option<Stop> {
        self.fire_due();
        if let Some(demand) = self.bus.s.demand.take() {
            return Some(Stop::Demand(demand));
        }
        if let Some((start, end)) = self.bus.s.flash_changed.take() {
            self.core.forget_code(start, end);
        }
        let now = self.bus.s.now;
        if now >= deadline {
            // The trace then knows that nothing more happened until now.
            self.bus.event(Event::World);
            return Some(Stop::Reached);
        }
        if now >= self.review {
            self.review = Time::NEVER;
            self.core.forget_ram_code();
        }
        None
    }

    /// Lets time pass without the core until an event.
    fn sleep(&mut self, until: u64) {
        self.rest(until.min(self.core.next_tick()).min(self.bus.s.come_back_at()));
    }

    /// Lets time pass without the core.
    fn rest(&mut self, until: u64) {
        let now = self.core.cycles();
        let next = until.max(now);
        let clock = &self.bus.s.clock;
        self.asleep += clock.time_at(next).saturating_sub(clock.time_at(now));
        self.core.skip_to(next);
    }
}

impl chip::Chip for Chip {
    fn boot(&mut self) -> bool {
        self.review = self.bus.s.now + REVIEW;
        let flash = self.bus.nvmc.flash();
        let (sp, pc) = (flash.read_u32(0), flash.read_u32(4));
        if sp == u32::MAX || pc == u32::MAX {
            return false;
        }
        self.core.start(pc, sp, 0);
        true
    }

    fn reset(&mut self) {
        let reason = if self.bus.wdt.expired { Reason::Watchdog } else { Reason::Software };
        self.bus.reset(reason);
    }

    fn reset_by_pin(&mut self) {
        self.bus.reset(Reason::Pin);
    }

    fn run_until(&mut self, deadline: Time) -> Stop {
        // After a debugger's stop the core first finishes what it was at.
        let mut interrupted = self.core.inside().is_some();
        if !interrupted {
            self.bus.s.replan_world();
        }
        loop {
            let finishing = std::mem::take(&mut interrupted);
            if !finishing && let Some(stop) = self.between_runs(deadline) {
                return stop;
            }
            let until = deadline.min(self.bus.s.next()).min(self.review);
            let until = self.bus.s.clock.cycle_at(until);
            if self.bus.s.off && !finishing {
                if let Some(reason) = self.bus.wakes() {
                    self.bus.lose_memory();
                    self.core.memory_written(RAM_BASE, RAM_BASE + RAM_BYTES as u32);
                    self.bus.reset(reason);
                    self.boot();
                } else {
                    self.rest(until);
                }
                continue;
            }
            let clock = self.bus.s.clock.clone();
            match self.core.run(&mut self.bus, until, |cycle| clock.time_at(cycle)) {
                cpu::Stop::Reached => {}
                cpu::Stop::Asleep => self.sleep(until),
                cpu::Stop::Fault(report) => {
                    self.bus.s.now = self.bus.s.now.max(report.at);
                    return Stop::Fault(report);
                }
                cpu::Stop::ResetRequest => return Stop::Demand(Demand::Reset),
                cpu::Stop::Debug(halt) => return Stop::Debug(0, halt),
            }
        }
    }

    fn now(&self) -> Time {
        self.bus.s.now
    }

    fn cycles(&self) -> u64 {
        self.core.cycles()
    }

    fn instructions(&self) -> u64 {
        self.core.instructions()
    }

    fn asleep(&self) -> Time {
        self.asleep
    }

    fn registers(&self) -> [u32; 16] {
        self.core.registers()
    }

    fn probe(&mut self) -> &mut Probe {
        self.core.probe()
    }

    fn skip_waits(&mut self, on: bool) {
        self.core.skip_waits(on);
    }

    fn skipped(&self) -> u64 {
        self.core.skipped()
    }

    fn areas(&self) -> Vec<Area> {
        let area = |name, base, memory: &Memory| Area { name, base, memory: memory.clone() };
        vec![
            area("flash", 0, self.bus.nvmc.flash()),
            area("memory", RAM_BASE, &self.bus.ram),
            area("UICR", UICR_BASE, self.bus.nvmc.uicr()),
        ]
    }

    fn take_flash_dirty(&mut self) -> bool {
        self.bus.nvmc.take_dirty()
    }

    fn flash_written(&mut self) {
        self.bus.nvmc.set_dirty();
        self.core.forget_all_code();
    }

    fn console_ready(&self) -> bool {
        self.bus.uart.connected()
    }

    fn console_write(&mut self, bytes: &[u8]) -> usize {
        let bus = &mut *self.bus;
        if bus.uart.connected() { bus.uart.type_in(&mut bus.s, bytes) } else { 0 }
    }

    fn console_read(&mut self) -> Said {
        self.bus.uart.take_sent()
    }

    fn world(&self) -> &dyn World {
        self.bus.s.world.as_ref()
    }

    fn world_mut(&mut self) -> &mut dyn World {
        self.bus.s.world.as_mut()
    }

    fn debug_port(&self) -> Option<&dyn DebugPort> {
        Some(self)
    }

    fn debug_port_mut(&mut self) -> Option<&mut dyn DebugPort> {
        Some(self)
    }

    fn snapshot(&self) -> Result<Snapshot, EngineError> {
        let state = State {
            bus: (*self.bus).clone(),
            core: self.core.save()?,
            asleep: self.asleep,
            review: self.review,
        };
        let memories = vec![
            self.bus.ram.copy(),
            self.bus.nvmc.flash().copy_written(),
            self.bus.nvmc.uicr().copy_written(),
        ];
        Ok(Snapshot { state: Box::new(state), memories })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let (Some(state), [ram, flash, uicr]) =
            (snapshot.state.downcast_ref::<State>(), &snapshot.memories[..])
        else {
            return Ok(());
        };
        *self.bus = state.bus.clone();
        self.core.restore(&state.core)?;
        self.asleep = state.asleep;
        self.review = state.review;
        let mut changed = Vec::new();
        self.bus
            .ram
            .restore(ram, |start, end| changed.push((RAM_BASE + start as u32, RAM_BASE + end as u32)));
        for (start, end) in changed {
            self.core.memory_written(start, end);
        }
        let mut changed = Vec::new();
        self.bus.nvmc.flash().restore(flash, |start, end| changed.push((start as u32, end as u32)));
        self.bus.nvmc.uicr().restore(uicr, |_, _| {});
        for (start, end) in changed {
            self.core.forget_code(start, end);
            self.bus.nvmc.set_dirty();
        }
        Ok(())
    }
}
