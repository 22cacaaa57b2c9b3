//! A Cortex-M0 or M0+ core ([`model`]) on the Unicorn engine.
//!
//! The engine executes instructions; everything else of the core is here: exceptions, NVIC and
//! SysTick ([`nvic`]), sleep, faults ([`fault`]) and the cycle count ([`cost`]). A [`Core`] runs
//! until a given cycle and comes back at a block boundary; its [`Bus`] answers register accesses
//! and may ask it to come back sooner.

pub mod cost;
pub mod debug;
mod engine;
pub mod fault;
mod follow;
mod hooks;
pub mod memory;
pub mod model;
pub mod nvic;
pub mod probe;
mod state;
pub mod step;
mod wait;

use unicorn_engine_sys::{MemType, RegisterARM};

use cost::CostTable;
use debug::{Halt, Orders, Position, Tracer, on_code};
pub use engine::EngineError;
use engine::{Ended, Engine, Hooks};
use fault::{FaultKind, FaultReport};
use hooks::{
    Break, Io, Link, PPB_BASE, PPB_BYTES, SINK, WFI, on_block, on_edge, on_foreign, on_interrupt, on_invalid,
    on_read, on_tlb_fill, on_write, told_at,
};
use memory::Memory;
pub use model::Model;
use nvic::{HARD_FAULT, Ppb, SVCALL};
use probe::Probe;
pub use state::CoreState;
use wait::Watch;

use crate::clock::Time;

/// One access to a register, and what it does to time.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// Which core asks.
    pub core: u8,
    /// The core's cycle count at the access, exact to the block it lies in.
    pub cycle: u64,
    /// Set by the bus: further cycles the access takes.
    pub stall: u32,
    /// Set by the bus: instructions that the access stands for.
    pub instructions: u32,
    /// Set by the bus: the register is on the single-cycle port.
    pub fast: bool,
}

/// What a core sees of the chip beyond its memory.
pub trait Bus {
    /// Reads `size` bytes (1, 2 or 4, aligned) of a register region.
    fn read(&mut self, access: &mut Access, address: u32, size: u32) -> u32;
    /// Writes to a register region.
    fn write(&mut self, access: &mut Access, address: u32, size: u32, value: u32);
    /// The interrupt lines of a core now. Having looked, the core knows them: what
    /// [`Bus::come_back_at`] answers must not be on their account until one rises again.
    fn irq_lines(&mut self, core: u8) -> u32;
    /// The cycle by which the core must come back; asked after every access. An interrupt line
    /// that rose means "now" (0).
    fn come_back_at(&self, core: u8) -> u64;
    /// SEV was executed on a core.
    fn send_event(&mut self, core: u8);
    /// What a register answers a core at a cycle, if reading it does nothing but answer; `None` for all others.
    fn steady(&mut self, _core: u8, _cycle: u64, _address: u32, _size: u32) -> Option<Steady> {
        None
    }
    /// The cycle at which a register that counts ([`Steady::counts`]) will have counted so many further than at
    /// `cycle`.
    fn counts_on(&self, _address: u32, _cycle: u64, _ahead: u64) -> u64 {
        0
    }
    /// Such a register was read so often in turns of a loop that were not executed one by one.
    fn skipped(&mut self, _address: u32, _times: u64) {}
}

/// The answer of a register that does nothing but answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steady {
    /// The value.
    pub value: u32,
    /// Until which cycle it stays the same if nothing else happens before.
    pub until: u64,
    /// It counts up by one then, and so on.
    pub counts: bool,
    /// As [`Access::fast`].
    pub fast: bool,
}

/// What memory there is and what it may be used for.
#[derive(Clone)]
pub struct Region {
    /// First address, a multiple of 4 KiB.
    pub base: u32,
    /// Bytes, a multiple of 4 KiB.
    pub size: u32,
    /// What answers.
    pub kind: RegionKind,
}

/// What answers in a [`Region`].
#[derive(Clone)]
pub enum RegionKind {
    /// Memory whose writes are a bus fault.
    ReadOnly(Memory),
    /// Memory whose writes nobody answers, without a fault.
    WritesIgnored(Memory),
    /// Memory whose writes go to [`Bus::write`]: flash with its controller. At most 1 MiB.
    WritesTold(Memory),
    /// Memory that the guest can write and run.
    Ram(Memory),
    /// Registers, through [`Bus`].
    Registers,
}

/// Why [`Core::run`] came back.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The cycle asked for is reached (or passed by less than one block).
    Reached,
    /// The core sleeps and nothing wakes it yet.
    Asleep,
    /// A HardFault; run on to enter the guest's handler. Locked up: nothing runs until a reset.
    Fault(Box<FaultReport>),
    /// The guest asked for a system reset.
    ResetRequest,
    /// The debugger's orders stopped it.
    Debug(Halt),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sleep {
    Interrupt,
    Event,
}

/// One core.
pub struct Core<B: Bus> {
    // Dropped before the link, which its hooks point to.
    engine: Engine,
    link: *mut Link<B>,
    /// What the register callbacks point to, freed with the core.
    ios: Vec<*mut Io<B>>,
    cycles: u64,
    sleep: Option<Sleep>,
    locked_up: bool,
    /// The next instruction cannot be fetched: a vector without the Thumb bit.
    bad_vector: bool,
    pc: u32,
}

impl<B: Bus> Drop for Core<B> {
    fn drop(&mut self) {
        // SAFETY: all came from `Box::into_raw` and are freed once. The engine is closed only
        // afterwards, but runs no hook and no callback any more.
        unsafe {
            drop(Box::from_raw(self.link));
            for &io in &self.ios {
                drop(Box::from_raw(io));
            }
        }
    }
}

impl<B: Bus> Core<B> {
    /// A core with these regions. `code` says which windows of the address space can hold code,
    /// for the cost table: bases (mirrors of one another) and the memory behind them.
    pub fn new(
        number: u8,
        model: Model,
        regions: &[Region],
        code: &[(&[u32], &Memory)],
    ) -> Result<Core<B>, EngineError> {
        let mut costs = CostTable::new(model.costs);
        for (bases, memory) in code {
            costs.add(bases, memory);
        }
        let executed = regions.iter().map(|r| vec![false; r.size as usize / 4096]).collect();
        let link = Box::into_raw(Box::new(Link::<B> {
            bus: std::ptr::null_mut(),
            core: number,
            left: 0,
            end: 0,
            block: 0,
            block_cycles: 0,
            accessing: 0,
            fall_through: 1,
            rare: false,
            watch_primask: false,
            watch: Watch::default(),
            instructions: 0,
            probe: Probe::default(),
            tracer: Tracer::default(),
            costs,
            ppb: Ppb::new(model),
            regions: regions.to_vec(),
            executed,
            growing: false,
            foreign: Vec::new(),
            broke: None,
            failed: None,
        }));
        // From here on the core owns the link and frees it whatever fails below.
        // Everything below the first writable region is constant for the guest.
        let constant_end = regions
            .iter()
            .filter(|region| matches!(region.kind, RegionKind::Ram(_)))
            .map(|region| region.base)
            .min()
            .unwrap_or(u32::MAX)
            .max(1);
        let engine = match Engine::open() {
            Ok(engine) => engine,
            Err(error) => {
                // SAFETY: made above, shared with nobody yet.
                unsafe { drop(Box::from_raw(link)) };
                return Err(error);
            }
        };
        let mut core = Core {
            engine,
            link,
            ios: Vec::new(),
            cycles: 0,
            sleep: None,
            locked_up: false,
            bad_vector: false,
            pc: 0,
        };
        for (index, region) in regions.iter().enumerate() {
            match &region.kind {
                RegionKind::ReadOnly(memory)
                | RegionKind::WritesIgnored(memory)
                | RegionKind::Ram(memory) => {
                    core.engine.map(region.base, memory)?;
                }
                RegionKind::WritesTold(memory) => {
                    core.engine.map(region.base, memory)?;
                    core.map_callbacks(told_at(index), region.size, region.base)?;
                }
                RegionKind::Registers => {
                    core.map_registers(region.base, region.size)?;
                }
            }
        }
        core.map_registers(PPB_BASE, PPB_BYTES)?;
        core.engine.map(SINK, &Memory::new(memory::PAGE))?;
        let hooks = Hooks {
            block: on_block::<B>,
            edge: on_edge::<B>,
            interrupt: on_interrupt::<B>,
            invalid: on_invalid::<B>,
            tlb_fill: on_tlb_fill::<B>,
        };
        // SAFETY: the link lives until the core is dropped, after which the engine never runs.
        unsafe { core.engine.hook(&hooks, link.cast())? };
        core.engine.code_is_constant_below(constant_end)?;
        Ok(core)
    }

    fn map_registers(&mut self, base: u32, size: u32) -> Result<(), EngineError> {
        self.map_callbacks(base, size, base)
    }

    /// Accesses to `size` bytes at `at` reach the bus as ones to those at `base`.
    fn map_callbacks(&mut self, at: u32, size: u32, base: u32) -> Result<(), EngineError> {
        // A callback gets an offset only: the region's base travels in a small pair of its own.
        let io = Box::into_raw(Box::new(Io::<B> { link: self.link, base }));
        self.ios.push(io);
        // SAFETY: the pair is freed with the core, and the link outlives every run of the engine.
        unsafe { self.engine.map_io(at, size, Some(on_read::<B>), Some(on_write::<B>), io.cast()) }
    }

    // While the engine does not run, the core is the link's only user; `&self` and `&mut self`
    // carry Rust's rules over to it.
    fn link(&self) -> &Link<B> {
        // SAFETY: `link` is valid for the core's life; see above.
        unsafe { &*self.link }
    }

    fn link_mut(&mut self) -> &mut Link<B> {
        // SAFETY: as in `link`.
        unsafe { &mut *self.link }
    }

    /// Starts at `pc` with stack pointer `sp` and vector table `vtor`, as after a reset.
    pub fn start(&mut self, pc: u32, sp: u32, vtor: u32) {
        let link = self.link_mut();
        let event = link.ppb.event;
        link.ppb = Ppb::new(link.ppb.model());
        link.ppb.event = event;
        link.ppb.set_vtor(vtor);
        link.tracer.inside = false;
        link.fall_through = 1;
        link.watch_primask = false;
        for register in engine::REGISTERS {
            self.engine.set_reg(register, 0);
        }
        self.engine.set_reg(RegisterARM::XPSR, 1 << 24);
        self.engine.set_reg(RegisterARM::CONTROL, 0);
        self.engine.set_reg(RegisterARM::PRIMASK, 0);
        self.engine.set_reg(RegisterARM::PSP, 0);
        self.engine.set_reg(RegisterARM::MSP, sp & !3);
        self.engine.set_reg(RegisterARM::LR, 0xFFFF_FFFF);
        // Writing the flags last makes the engine recompute what it caches about the mode.
        self.engine.set_reg(RegisterARM::APSR_NZCV, 0);
        self.pc = pc;
        self.sleep = None;
        self.locked_up = false;
        self.bad_vector = pc & 1 == 0;
    }

    /// Sets the link register, as the boot ROM leaves it.
    pub fn set_lr(&mut self, value: u32) {
        self.engine.set_reg(RegisterARM::LR, value);
    }

    /// Cycles this core has counted, sleep included.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Sets the cycle count: only forward, for time that passes without this core.
    pub fn skip_to(&mut self, cycle: u64) {
        self.cycles = self.cycles.max(cycle);
    }

    /// Instructions executed.
    pub fn instructions(&self) -> u64 {
        self.link().instructions
    }

    /// Lets a debugger stop the core at any instruction, from now on. It runs at a third of its speed then.
    pub fn attach(&mut self) -> Result<(), EngineError> {
        let link = self.link;
        if !self.link().tracer.attached {
            // SAFETY: the link lives until the core is dropped, after which the engine never runs.
            unsafe { self.engine.hook_code(on_code::<B>, link.cast())? };
            self.link_mut().tracer.attached = true;
        }
        Ok(())
    }

    /// What the debugger wants from now on, and how many instructions the other core has counted.
    pub fn order(&mut self, orders: Orders, others: u64) {
        let tracer = &mut self.link_mut().tracer;
        tracer.orders = orders;
        tracer.others = others;
    }

    /// Whether semihosting calls stop the core ([`Halt::Call`]) rather than being a fault.
    pub fn answer_calls(&mut self, answer: bool) {
        self.link_mut().tracer.semihosting = answer;
    }

    /// How many instructions the other core has counted.
    pub fn set_others(&mut self, others: u64) {
        self.link_mut().tracer.others = others;
    }

    /// Where a debugger would have stopped last since this was asked.
    pub fn take_noted(&mut self) -> Option<(Position, Halt)> {
        self.link_mut().tracer.noted.take()
    }

    /// Which instruction of its block comes next, when a debugger stopped the core there.
    pub fn inside(&self) -> Option<u32> {
        let tracer = &self.link().tracer;
        tracer.inside.then_some(tracer.index)
    }

    /// What is noted of the program while it runs.
    pub fn probe(&mut self) -> &mut Probe {
        &mut self.link_mut().probe
    }

    /// Whether the core sleeps or is locked up.
    pub fn is_asleep(&self) -> bool {
        self.sleep.is_some() || self.locked_up
    }

    /// Whether the core can only be revived by a reset.
    pub fn is_locked_up(&self) -> bool {
        self.locked_up
    }

    /// Sets the event register: SEV from another core.
    pub fn set_event(&mut self) {
        self.link_mut().ppb.event = true;
    }

    /// The cycle at which the core's own timer next pends an exception.
    pub fn next_tick(&self) -> u64 {
        self.link().ppb.next_tick()
    }

    /// CPU cycles in a tick of SysTick's reference clock.
    pub fn set_systick_reference(&mut self, cycles: u64) {
        let now = self.cycles;
        self.link_mut().ppb.set_reference(now, cycles);
    }

    /// r0 to r12, sp, lr, pc.
    pub fn registers(&self) -> [u32; 16] {
        let mut registers = self.engine.registers();
        registers[15] = self.pc & !1;
        registers
    }

    /// r0 to r12, sp, lr, pc, xpsr.
    pub fn all_registers(&self) -> [u32; 17] {
        let registers = self.registers();
        std::array::from_fn(|n| registers.get(n).copied().unwrap_or_else(|| self.xpsr()))
    }

    /// Sets one of [`Core::all_registers`]; of the last only the flags.
    pub fn set_register(&mut self, register: usize, value: u32) {
        match register {
            0..15 => self.engine.set_reg(engine::REGISTERS[register], value),
            15 => {
                self.pc = value & !1;
                self.bad_vector = false;
                let link = self.link_mut();
                link.tracer.inside = false;
                link.fall_through = 1;
            }
            16 => self.engine.set_reg(RegisterARM::APSR_NZCV, value & 0xF000_0000),
            _ => {}
        }
    }

    /// Code between two addresses was changed by someone else than the guest on this core.
    pub fn forget_code(&mut self, start: u32, end: u32) {
        self.engine.forget_code(start, end);
        let link = self.link_mut();
        let mut pc = start;
        while pc < end {
            link.costs.forget(pc);
            pc += 2;
        }
    }

    /// Someone else than the guest on this core wrote to memory: code there is forgotten.
    pub fn memory_written(&mut self, start: u32, end: u32) {
        let link = self.link();
        let mut page = start & !(memory::PAGE as u32 - 1);
        let mut stale = false;
        while page < end {
            if let Some(index) = link.region(page) {
                let n = ((page - link.regions[index].base) / memory::PAGE as u32) as usize;
                stale |= link.executed[index][n];
            }
            page += memory::PAGE as u32;
        }
        if stale {
            self.forget_code(start, end);
        }
    }

    /// Forgets which RAM pages hold code, and the code translated from them, and gives the engine
    /// a TLB of full size. Stores to pages with code are slow, so this pays when such code ran
    /// only once: pages still in use show themselves again at their next fetch. Takes some 15 ms.
    pub fn forget_ram_code(&mut self) {
        let link = self.link_mut();
        let mut pages = Vec::new();
        for (region, executed) in link.regions.iter().zip(&mut link.executed) {
            for (page, executed) in executed.iter_mut().enumerate() {
                if std::mem::take(executed) {
                    pages.push(region.base + page as u32 * memory::PAGE as u32);
                }
            }
        }
        for &page in &pages {
            self.engine.forget_code(page, page + memory::PAGE as u32);
        }
        // Growing the TLB flushes it, and with it what pages may be used for.
        self.link_mut().growing = true;
        self.engine.grow_tlb();
        self.link_mut().growing = false;
    }

    /// All code may have changed.
    pub fn forget_all_code(&mut self) {
        self.engine.forget_all_code();
    }

    /// Runs until cycle `until` or an earlier reason to stop. `now` converts cycles for reports.
    pub fn run(&mut self, bus: &mut B, until: u64, now: impl Fn(u64) -> Time) -> Stop {
        loop {
            if self.locked_up {
                return Stop::Asleep;
            }
            let (number, cycles) = (self.link().core, self.cycles);
            if self.link().tracer.inside {
                let end = until.min(bus.come_back_at(number)).min(self.link().ppb.next_tick()).max(cycles);
                if let Some(stop) = self.execute(bus, end, &now) {
                    return stop;
                }
                continue;
            }
            let lines = bus.irq_lines(number);
            let link = self.link_mut();
            link.ppb.tick(cycles);
            link.ppb.look(lines);
            if link.ppb.reset_request {
                link.ppb.reset_request = false;
                return Stop::ResetRequest;
            }
            // Without anything pending it does not matter.
            let masks = || self.engine.reg(RegisterARM::PRIMASK) & 1 != 0;
            let primask = self.link().ppb.anything_pending() && masks();
            let link = self.link_mut();
            let next = link.ppb.takeable(primask);
            if let Some(kind) = self.sleep {
                let event = kind == Sleep::Event && self.link().ppb.event;
                if event {
                    self.link_mut().ppb.event = false;
                }
                let wakes = self.link().ppb.wakes();
                if !(event || wakes && (kind == Sleep::Interrupt || next.is_some())) {
                    return Stop::Asleep;
                }
                self.sleep = None;
            }
            if let Some(exception) = next
                && !self.enter(exception)
            {
                return self.fault(FaultKind::Stacking, None, &now);
            }
            if self.bad_vector {
                self.bad_vector = false;
                return self.fault(FaultKind::InvalidState, None, &now);
            }
            let cycles = self.cycles;
            let until = until.min(bus.come_back_at(number));
            if cycles >= until {
                return Stop::Reached;
            }
            let link = self.link_mut();
            let end = until.min(link.ppb.next_tick()).max(cycles + 1);
            link.watch_primask = primask && link.ppb.masked();
            if link.watch.found {
                // Whoever looks at every instruction shall see all of them.
                if link.tracer.attached || link.probe.counting {
                    link.watch.looked(0);
                } else {
                    self.skip_turns(bus, end);
                }
            }
            if let Some(stop) = self.execute(bus, end, &now) {
                return stop;
            }
        }
    }

    /// Lets the engine run from the present instruction to cycle `end` and does what it came back for.
    fn execute(&mut self, bus: &mut B, end: u64, now: &impl Fn(u64) -> Time) -> Option<Stop> {
        let cycles = self.cycles;
        let link = self.link_mut();
        link.bus = bus;
        link.end = end;
        link.left = i64::try_from(end - cycles).unwrap_or(i64::MAX);
        link.broke = None;
        link.rare = link.tracer.attached || link.tracer.inside || link.watch_primask || link.probe.counting;
        let ended = self.engine.run(self.pc);
        let pc = self.engine.reg(RegisterARM::PC);
        let link = self.link_mut();
        link.bus = std::ptr::null_mut();
        let reached = link.end.wrapping_sub(link.left as u64);
        let broke = link.broke.take();
        let failed = link.failed.take();
        self.cycles = reached;
        self.pc = pc;
        match (broke, ended) {
            (Some(Break::Debug(halt)), _) => return Some(Stop::Debug(halt)),
            (Some(Break::Budget), _) => {
                // After a branch to an even address: running on would set the Thumb bit again.
                self.bad_vector = self.engine.reg(RegisterARM::CPSR) >> 5 & 1 == 0;
            }
            (Some(Break::Exception(8)), _) => {
                // The magic address with its lowest bit cleared.
                if let Err(kind) = self.leave(pc | 1) {
                    return Some(self.fault(kind, None, now));
                }
            }
            (Some(Break::Exception(2)), _) => {
                self.give_back(pc);
                let primask = self.engine.reg(RegisterARM::PRIMASK) & 1 != 0;
                if primask || !self.link().ppb.allows(SVCALL) {
                    self.pc = pc.wrapping_sub(2);
                    return Some(self.fault(FaultKind::Escalated, None, now));
                }
                self.link_mut().ppb.pend(SVCALL);
            }
            (Some(Break::Exception(4)), _) => {
                self.give_back(pc);
                return Some(self.fault(FaultKind::Unaligned, None, now));
            }
            (Some(Break::Exception(7)), _) => {
                self.give_back(pc);
                if self.link().tracer.semihosting && self.link().half(pc) == debug::CALL {
                    return Some(Stop::Debug(Halt::Call));
                }
                return Some(self.fault(FaultKind::Breakpoint, None, now));
            }
            (Some(Break::Foreign), _) => self.stop_before_foreign(pc),
            (Some(Break::Exception(_) | Break::Invalid), _) => {
                self.give_back(pc);
                let thumb = self.engine.reg(RegisterARM::CPSR) >> 5 & 1 != 0;
                let kind = if thumb { FaultKind::Undefined } else { FaultKind::InvalidState };
                return Some(self.fault(kind, None, now));
            }
            (Some(Break::Event), _) => {
                self.give_back(pc);
                let link = self.link_mut();
                if link.ppb.event {
                    link.ppb.event = false;
                } else {
                    self.sleep = Some(Sleep::Event);
                }
            }
            (Some(Break::Hint), _) => self.give_back(pc),
            (None, Ended::Stopped) => {
                self.give_back(pc);
                if self.link().half(pc.wrapping_sub(2)) == WFI {
                    self.sleep = Some(Sleep::Interrupt);
                }
            }
            (None, Ended::Failed) => {
                let kind = match failed {
                    Some(MemType::FETCH) => FaultKind::Fetch,
                    Some(MemType::WRITE) => FaultKind::Write,
                    Some(_) => FaultKind::Read,
                    None => FaultKind::Undefined,
                };
                let address = match kind {
                    FaultKind::Fetch => Some(pc),
                    FaultKind::Undefined => None,
                    _ => self.accessed_address(pc),
                };
                if kind != FaultKind::Fetch {
                    self.give_back(pc);
                }
                return Some(self.fault(kind, address, now));
            }
        }
        None
    }

    /// The address that the load or store at `pc` goes to: the engine reports whole pages only.
    fn accessed_address(&self, pc: u32) -> Option<u32> {
        let registers = self.engine.registers();
        let op = u32::from(self.link().half(pc));
        let low = |shift: u32| registers[(op >> shift & 7) as usize];
        let (imm5, imm8) = (op >> 6 & 0x1F, op & 0xFF);
        Some(match op >> 11 {
            0b01001 => (pc & !3).wrapping_add(4 + imm8 * 4),
            0b01010 | 0b01011 => low(3).wrapping_add(low(6)),
            0b01100 | 0b01101 => low(3).wrapping_add(imm5 * 4),
            0b01110 | 0b01111 => low(3).wrapping_add(imm5),
            0b10000 | 0b10001 => low(3).wrapping_add(imm5 * 2),
            0b10010 | 0b10011 => registers[13].wrapping_add(imm8 * 4),
            0b10110 => registers[13].wrapping_sub(4 * (op & 0x1FF).count_ones()),
            0b10111 => registers[13],
            0b11000 | 0b11001 => low(8),
            _ => return None,
        })
    }

    /// The block at `pc` has an instruction that the engine would execute and this core does not: the block will be
    /// left before it. That costs nothing elsewhere.
    fn stop_before_foreign(&mut self, pc: u32) {
        let Some(at) = self.link().foreign_from(pc) else { return };
        let link = self.link;
        self.link_mut().foreign.push(at);
        // SAFETY: the link lives until the core is dropped, after which the engine never runs.
        if unsafe { self.engine.hook_code_at(at, on_foreign::<B>, link.cast()) }.is_ok() {
            self.engine.forget_code(pc, at + 2);
        }
    }

    /// Takes back the cycles of the part of the last block that lies behind `pc`.
    fn give_back(&mut self, pc: u32) {
        let link = self.link_mut();
        let done = pc.wrapping_sub(link.block);
        if done > 1024 {
            return;
        }
        let cost = link.costs.part(link.block, done);
        let unused = link.block_cycles.saturating_sub(cost.cycles());
        self.cycles -= u64::from(unused);
    }

    /// Takes an exception: stacks the frame and goes to the handler. False when the stack is
    /// outside memory.
    fn enter(&mut self, exception: u8) -> bool {
        let registers = self.engine.registers();
        let xpsr = self.xpsr();
        let control = self.engine.reg(RegisterARM::CONTROL);
        let handler = xpsr & 0x1FF != 0;
        let psp = control & 2 != 0 && !handler;
        let sp = registers[13];
        // The frame is eight-byte aligned; bit 9 of the stacked xPSR says a word was skipped.
        let skipped = sp & 4;
        let frame = (sp.wrapping_sub(32)) & !7;
        let words = [
            registers[0],
            registers[1],
            registers[2],
            registers[3],
            registers[12],
            registers[14],
            self.pc & !1,
            xpsr & !(1 << 9) | u32::from(skipped != 0) << 9,
        ];
        let link = self.link_mut();
        for (i, word) in words.into_iter().enumerate() {
            if !link.store_word(frame.wrapping_add(4 * i as u32), word) {
                return false;
            }
        }
        let Some(vector) = link.word(link.ppb.vtor().wrapping_add(4 * u32::from(exception))) else {
            return false;
        };
        link.ppb.activate(exception);
        let lr = match (handler, psp) {
            (true, _) => 0xFFFF_FFF1,
            (false, false) => 0xFFFF_FFF9,
            (false, true) => 0xFFFF_FFFD,
        };
        self.engine.set_reg(if psp { RegisterARM::PSP } else { RegisterARM::MSP }, frame);
        if psp {
            // CONTROL.SPSEL is clear in handler mode. The engine lets it change in thread mode only.
            self.engine.set_reg(RegisterARM::CONTROL, control & !2);
        }
        // Sets IPSR and with it the main stack.
        self.engine
            .set_reg(RegisterARM::XPSR, xpsr & 0xF000_0000 | (vector & 1) << 24 | u32::from(exception));
        self.engine.set_reg(RegisterARM::LR, lr);
        // Last, because it makes the engine recompute its cached mode: without it the return
        // would not be recognised.
        self.engine.set_reg(RegisterARM::APSR_NZCV, xpsr & 0xF000_0000);
        self.pc = vector & !1;
        let link = self.link_mut();
        link.ppb.event = true;
        link.fall_through = 1;
        self.cycles += u64::from(self.link().ppb.model().entry);
        self.bad_vector = vector & 1 == 0;
        true
    }

    /// Returns from an exception through `magic`.
    fn leave(&mut self, magic: u32) -> Result<(), FaultKind> {
        let exception = (self.xpsr() & 0x1FF) as u8;
        let (handler, psp) = match magic {
            0xFFFF_FFF1 => (true, false),
            0xFFFF_FFF9 => (false, false),
            0xFFFF_FFFD => (false, true),
            _ => return Err(FaultKind::BadReturn),
        };
        if !self.link_mut().ppb.deactivate(exception) {
            return Err(FaultKind::BadReturn);
        }
        let stack = if psp { RegisterARM::PSP } else { RegisterARM::MSP };
        let frame = self.engine.reg(stack);
        let mut words = [0; 8];
        for (i, word) in words.iter_mut().enumerate() {
            *word = self.link().word(frame.wrapping_add(4 * i as u32)).ok_or(FaultKind::Stacking)?;
        }
        let xpsr = words[7];
        let ipsr = xpsr & 0x3F;
        if handler != (ipsr != 0) {
            return Err(FaultKind::BadReturn);
        }
        for (register, word) in [
            (RegisterARM::R0, words[0]),
            (RegisterARM::R1, words[1]),
            (RegisterARM::R2, words[2]),
            (RegisterARM::R3, words[3]),
            (RegisterARM::R12, words[4]),
        ] {
            self.engine.set_reg(register, word);
        }
        self.engine.set_reg(stack, frame + 32 + (xpsr >> 9 & 1) * 4);
        self.engine.set_reg(RegisterARM::XPSR, xpsr & 0xF100_0000 | ipsr);
        if !handler {
            let control = self.engine.reg(RegisterARM::CONTROL);
            self.engine.set_reg(RegisterARM::CONTROL, control & !2 | u32::from(psp) << 1);
        }
        self.engine.set_reg(RegisterARM::LR, words[5]);
        self.engine.set_reg(RegisterARM::APSR_NZCV, xpsr & 0xF000_0000);
        self.pc = words[6] & !1;
        self.bad_vector = xpsr >> 24 & 1 == 0;
        let link = self.link_mut();
        link.fall_through = 1;
        link.ppb.event = true;
        self.cycles += u64::from(self.link().ppb.model().exit);
        if self.link().ppb.sleep_on_exit() {
            self.sleep = Some(Sleep::Interrupt);
        }
        Ok(())
    }

    fn xpsr(&self) -> u32 {
        let flags = self.engine.reg(RegisterARM::APSR_NZCV) & 0xF000_0000;
        // A branch to an even address clears the Thumb bit, and the next instruction faults.
        let thumb = self.engine.reg(RegisterARM::CPSR) >> 5 & 1;
        flags | thumb << 24 | u32::from(self.link().ppb.ipsr())
    }

    /// Reports a fault and prepares the HardFault exception, or locks up.
    fn fault(&mut self, kind: FaultKind, address: Option<u32>, now: &impl Fn(u64) -> Time) -> Stop {
        let registers = self.registers();
        let lockup =
            self.link().ppb.running_priority() <= -1 || kind == FaultKind::Stacking && !self.stack_usable();
        let link = self.link_mut();
        link.fall_through = 1;
        if lockup {
            self.locked_up = true;
        } else {
            link.ppb.pend(HARD_FAULT);
        }
        Stop::Fault(Box::new(FaultReport {
            kind,
            core: self.link().core,
            pc: registers[15],
            lr: registers[14],
            address,
            registers,
            xpsr: self.xpsr(),
            lockup,
            at: now(self.cycles),
        }))
    }

    fn stack_usable(&self) -> bool {
        let sp = self.engine.reg(RegisterARM::SP);
        let frame = sp.wrapping_sub(32) & !7;
        let link = self.link();
        [frame, frame.wrapping_add(28)]
            .into_iter()
            .all(|a| link.region(a).is_some_and(|i| matches!(link.regions[i].kind, RegionKind::Ram(_))))
    }
}
