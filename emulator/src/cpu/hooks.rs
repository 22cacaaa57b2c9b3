//! What the engine calls back into while it runs: blocks, translations, exceptions, page rights
//! and register accesses; and the state that these share with [`super::Core`].

use std::ffi::c_void;

use unicorn_engine_sys as uc;
use unicorn_engine_sys::{MemType, RegisterARM, uc_engine};

use super::cost::{Cost, CostTable, is_foreign};
use super::debug::{Halt, Tracer};
use super::nvic::Ppb;
use super::probe::Probe;
use super::wait::Watch;
use super::{Access, Bus, Region, RegionKind, engine};

/// Why a hook stopped the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    Budget,
    Exception(u32),
    Event,
    Hint,
    Invalid,
    /// The block has an instruction that the engine has and the core has not.
    Foreign,
    Debug(Halt),
}

/// Everything the hooks touch: the user data of all of them.
///
/// While the engine runs only the hooks use it, otherwise only the core.
pub(super) struct Link<B> {
    /// Valid only while the engine runs.
    pub bus: *mut B,
    pub core: u8,
    /// Cycles left until the core must stop; negative when the last block passed the end.
    pub left: i64,
    /// The cycle at which `left` is zero.
    pub end: u64,
    /// The block now executing: address, cost, and cycles of register accesses so far.
    pub block: u32,
    pub block_cycles: u32,
    pub accessing: u32,
    /// Where a conditional branch at the block's end falls through to; 1 when there is none, 0
    /// never occurs as a block's address either.
    pub fall_through: u32,
    /// One of the things is going on that not every block must ask for: a debugger or a profile, or an exception
    /// that waits for PRIMASK.
    pub rare: bool,
    /// An exception waits for PRIMASK alone: look at it at every block.
    pub watch_primask: bool,
    /// Loops that wait.
    pub watch: Watch,
    pub instructions: u64,
    /// What is noted of the program while it runs.
    pub probe: Probe,
    pub tracer: Tracer,
    pub costs: CostTable,
    pub ppb: Ppb,
    pub regions: Vec<Region>,
    /// RAM pages that were fetched from, by region index and page: only these get all rights.
    pub executed: Vec<Vec<bool>>,
    /// The TLB is being grown: every page counts as readable.
    pub growing: bool,
    /// Instructions before which the engine is stopped, as it would execute them.
    pub foreign: Vec<u32>,
    pub broke: Option<Break>,
    /// The access that the TLB hook refused.
    pub failed: Option<MemType>,
}

impl<B> Link<B> {
    pub fn region(&self, address: u32) -> Option<usize> {
        self.regions.iter().position(|r| address.wrapping_sub(r.base) < r.size)
    }

    pub fn word(&self, address: u32) -> Option<u32> {
        let region = &self.regions[self.region(address)?];
        let offset = (address - region.base) as usize;
        match &region.kind {
            RegionKind::ReadOnly(memory)
            | RegionKind::WritesIgnored(memory)
            | RegionKind::WritesTold(memory)
            | RegionKind::Ram(memory) => (offset + 4 <= memory.len()).then(|| memory.read_u32(offset)),
            RegionKind::Registers => None,
        }
    }

    pub fn store_word(&self, address: u32, value: u32) -> bool {
        let Some(index) = self.region(address) else { return false };
        let region = &self.regions[index];
        match &region.kind {
            RegionKind::Ram(memory) => memory.write((address - region.base) as usize, &value.to_le_bytes()),
            _ => false,
        }
    }

    pub fn half(&self, address: u32) -> u16 {
        let shift = (address & 2) * 8;
        self.word(address & !3).map_or(0, |word| (word >> shift) as u16)
    }
}

pub(super) const PPB_BASE: u32 = 0xE000_0000;
pub(super) const PPB_BYTES: u32 = 0x0010_0000;
/// Where ignored writes go: an address that no guest can reach, for no region has it.
pub(super) const SINK: u32 = 0xFFFF_F000;

/// Where the stores to region `index` are told: a window of addresses that no guest can reach.
pub(super) fn told_at(index: usize) -> u32 {
    0xF100_0000 + ((index as u32) << 20)
}

/// User data of the register callbacks of one region.
pub(super) struct Io<B> {
    pub link: *mut Link<B>,
    pub base: u32,
}

/// # Safety
/// The engine calls it with the [`Link`] given to [`Engine::hook`], which nothing else uses
/// while the engine runs. The same holds for all hooks below.
pub(super) unsafe extern "C" fn on_block<B: Bus>(
    engine: *mut uc_engine,
    address: u64,
    size: u32,
    data: *mut c_void,
) {
    // SAFETY: see above.
    let link = unsafe { &mut *data.cast::<Link<B>>() };
    let pc = address as u32;
    let mut unmasked = false;
    if link.rare {
        if std::mem::take(&mut link.tracer.inside) {
            // The rest of a block that was counted when it began.
            link.tracer.resumed = true;
            return;
        }
        // SAFETY: the engine that calls is open.
        if link.watch_primask && unsafe { engine::reg(engine, RegisterARM::PRIMASK) } & 1 == 0 {
            unmasked = true;
        }
        link.tracer.index = 0;
    }
    if link.left <= 0 || unmasked || pc == link.block && link.watch.again(pc, link.instructions) {
        link.broke = Some(Break::Budget);
        // SAFETY: this is a block hook, where stopping is safe.
        unsafe { engine::stop(engine) };
        return;
    }
    let cost = link.costs.get(pc, size);
    if cost.is_special() {
        // SAFETY: as for this hook.
        unsafe { special_block(engine, link, pc, size) };
        return;
    }
    link.count(pc, size, cost);
}

/// Counts a block that has an SEV or a foreign instruction.
///
/// # Safety
/// As for the hooks.
#[cold]
unsafe fn special_block<B: Bus>(engine: *mut uc_engine, link: &mut Link<B>, pc: u32, size: u32) {
    let mut cost = link.costs.get(pc, size);
    if cost.is_foreign() {
        match link.foreign_from(pc) {
            Some(at) if !link.foreign.contains(&at) => {
                link.broke = Some(Break::Foreign);
                // SAFETY: this is called in a block hook, where stopping is safe.
                unsafe { engine::stop(engine) };
                return;
            }
            // It will be left before that instruction, and the rest given back.
            _ => cost = link.costs.part(pc, size),
        }
    }
    link.count(pc, size, cost);
    if cost.sends_event() {
        link.ppb.event = true;
        // SAFETY: `bus` is set to the caller's exclusive borrow for the time of the run.
        unsafe { (*link.bus).send_event(link.core) };
    }
}

pub(super) unsafe extern "C" fn on_edge<B: Bus>(
    _: *mut uc_engine,
    block: *mut uc::TranslationBlock,
    _: *mut uc::TranslationBlock,
    data: *mut c_void,
) {
    // SAFETY: see `on_block`; the engine passes a valid block.
    let (link, block) = unsafe { (&mut *data.cast::<Link<B>>(), &*block) };
    link.costs.forget(block.pc as u32);
}

pub(super) unsafe extern "C" fn on_interrupt<B: Bus>(engine: *mut uc_engine, number: u32, data: *mut c_void) {
    // SAFETY: see `on_block`.
    let link = unsafe { &mut *data.cast::<Link<B>>() };
    link.broke = Some(Break::Exception(number));
    // SAFETY: this is an interrupt hook, where stopping is safe.
    unsafe { engine::stop(engine) };
}

pub(super) unsafe extern "C" fn on_invalid<B: Bus>(engine: *mut uc_engine, data: *mut c_void) -> bool {
    // SAFETY: see `on_block`.
    let link = unsafe { &mut *data.cast::<Link<B>>() };
    // SAFETY: the engine that calls is open.
    let pc = unsafe { engine::reg(engine, RegisterARM::PC) };
    // WFE and YIELD arrive here with the PC behind them, at their block's end. An undefined instruction
    // that follows one begins a block.
    let behind = pc != link.block;
    link.broke = Some(match link.half(pc.wrapping_sub(2)) {
        WFE if behind => Break::Event,
        YIELD if behind => Break::Hint,
        _ => Break::Invalid,
    });
    // SAFETY: this is an invalid-instruction hook, where stopping is safe.
    unsafe { engine::stop(engine) };
    true
}

/// Before an instruction that the engine would execute.
pub(super) unsafe extern "C" fn on_foreign<B: Bus>(
    engine: *mut uc_engine,
    address: u64,
    _size: u32,
    data: *mut c_void,
) {
    // SAFETY: see `on_block`.
    let link = unsafe { &mut *data.cast::<Link<B>>() };
    // Memory may hold other code by now.
    if is_foreign(link.half(address as u32)) {
        link.broke = Some(Break::Invalid);
        // SAFETY: the engine looks for a request to stop after this kind of hook, before the instruction.
        unsafe { engine::stop(engine) };
    }
}

pub(super) const YIELD: u16 = 0xBF10;
pub(super) const WFE: u16 = 0xBF20;
pub(super) const WFI: u16 = 0xBF30;

pub(super) unsafe extern "C" fn on_tlb_fill<B: Bus>(
    _: *mut uc_engine,
    address: u64,
    kind: MemType,
    entry: *mut uc::TlbEntry,
    data: *mut c_void,
) -> bool {
    // SAFETY: see `on_block`; the engine passes a valid entry.
    let (link, entry) = unsafe { (&mut *data.cast::<Link<B>>(), &mut *entry) };
    let va = address as u32;
    if link.growing {
        entry.paddr = address;
        entry.perms = uc::Prot(1);
        return true;
    }
    let perms = match link.region(va) {
        Some(index) => match link.regions[index].kind {
            RegionKind::ReadOnly(_) => 5,
            RegionKind::WritesIgnored(_) if kind == MemType::WRITE => {
                // Such a write goes to a page that nobody reads. A read of the same page then
                // misses again and gets the real one.
                entry.paddr = u64::from(SINK);
                entry.perms = uc::Prot(2);
                return true;
            }
            RegionKind::WritesTold(_) if kind == MemType::WRITE => {
                // Likewise, to a page of callbacks.
                entry.paddr = u64::from(told_at(index) + (va - link.regions[index].base));
                entry.perms = uc::Prot(2);
                return true;
            }
            RegionKind::WritesIgnored(_) | RegionKind::WritesTold(_) => 5,
            RegionKind::Ram(_) => {
                let page = ((va - link.regions[index].base) / 4096) as usize;
                // A store to a page marked executable takes the slow path for ever, so only
                // pages that are executed get that right.
                if kind == MemType::FETCH {
                    link.executed[index][page] = true;
                }
                if link.executed[index][page] { 7 } else { 3 }
            }
            RegionKind::Registers => 3,
        },
        None if (PPB_BASE..PPB_BASE + PPB_BYTES).contains(&va) => 3,
        None => 0,
    };
    let needed = match kind {
        MemType::READ => 1,
        MemType::WRITE => 2,
        _ => 4,
    };
    if perms & needed == 0 {
        link.failed = Some(kind);
        return false;
    }
    entry.paddr = address;
    entry.perms = uc::Prot(perms);
    true
}

impl<B: Bus> Link<B> {
    /// The access that is being made now.
    ///
    /// The engine does not tell where in a block an access lies; counting the accesses and
    /// giving each the cycles a load or store takes keeps their order and spacing.
    pub fn access(&mut self) -> Access {
        let before_block = self.end.wrapping_sub((self.left + i64::from(self.block_cycles)) as u64);
        let into = self.accessing.min(self.block_cycles);
        let cycle = before_block + u64::from(into);
        Access { core: self.core, cycle, stall: 0, instructions: 0, fast: false }
    }

    /// After an access: time it took, and whether the core must come back earlier now.
    pub fn accessed(&mut self, access: &Access, come_back: u64) {
        self.left -= i64::from(access.stall);
        self.accessing += 2;
        if access.fast {
            self.accessing -= 1;
            self.block_cycles -= 1;
            self.left += 1;
        }
        self.instructions += u64::from(access.instructions);
        if self.probe.counting {
            self.probe.count(self.block, access.instructions);
        }
        if come_back < self.end {
            let less = (self.end - come_back).min(i64::MAX as u64) as i64;
            self.left = self.left.saturating_sub(less);
            self.end = come_back;
        }
    }

    /// A block of `size` bytes begins.
    #[inline(always)]
    fn count(&mut self, pc: u32, size: u32, cost: Cost) {
        // A conditional branch that was taken costs more than one that was not.
        let taken = self.fall_through != 1 && self.fall_through != pc;
        self.fall_through = if cost.conditional() { pc.wrapping_add(size) } else { 1 };
        let taken = if taken { self.costs.taken() } else { 0 };
        self.left -= i64::from(cost.cycles() + taken);
        self.instructions += u64::from(cost.instructions());
        if self.rare && self.probe.counting {
            self.probe.count(pc, cost.instructions());
        }
        self.block = pc;
        self.block_cycles = cost.cycles();
        self.accessing = 0;
    }

    /// The first instruction from `pc` on that the engine has and the core has not.
    pub fn foreign_from(&self, pc: u32) -> Option<u32> {
        let mut at = pc;
        while at < pc.wrapping_add(0x1000) {
            let half = self.half(at);
            if is_foreign(half) {
                return Some(at);
            }
            at += if half >> 11 >= 0b11101 { 4 } else { 2 };
        }
        None
    }

    /// What the core's own registers now demand.
    pub fn own_come_back(&self, cycle: u64) -> u64 {
        if self.ppb.reset_request || self.ppb.masked() { cycle } else { self.ppb.next_tick() }
    }
}

pub(super) unsafe extern "C" fn on_read<B: Bus>(
    _: *mut uc_engine,
    offset: u64,
    size: u32,
    data: *mut c_void,
) -> u64 {
    // SAFETY: the engine passes the pair made in `map_registers`; its link is valid, and so is
    // the bus while the engine runs.
    let (io, link) = unsafe {
        let io = &*data.cast::<Io<B>>();
        (io, &mut *io.link)
    };
    let address = io.base.wrapping_add(offset as u32);
    let mut access = link.access();
    if io.base == PPB_BASE {
        let value = link.ppb.read(access.cycle, offset as u32);
        link.accessing += 2;
        return u64::from(value >> ((offset as u32 & 3) * 8));
    }
    // SAFETY: `bus` is set to the caller's exclusive borrow for the time of the run.
    let bus = unsafe { &mut *link.bus };
    let value = bus.read(&mut access, address, size);
    let waits = link.watch.read(link.block, address, link.instructions);
    let come_back = if waits { 0 } else { bus.come_back_at(link.core) };
    link.accessed(&access, come_back);
    u64::from(value)
}

pub(super) unsafe extern "C" fn on_write<B: Bus>(
    _: *mut uc_engine,
    offset: u64,
    size: u32,
    value: u64,
    data: *mut c_void,
) {
    // SAFETY: as in `on_read`.
    let (io, link) = unsafe {
        let io = &*data.cast::<Io<B>>();
        (io, &mut *io.link)
    };
    let address = io.base.wrapping_add(offset as u32);
    let mut access = link.access();
    if io.base == PPB_BASE {
        link.ppb.write(access.cycle, offset as u32, value as u32);
        let come_back = link.own_come_back(access.cycle);
        link.accessed(&access, come_back);
        return;
    }
    link.probe.store(address, value as u32, link.instructions, access.cycle);
    link.rare |= link.probe.counting;
    // SAFETY: as in `on_read`.
    let bus = unsafe { &mut *link.bus };
    bus.write(&mut access, address, size, value as u32);
    let come_back = bus.come_back_at(link.core);
    link.accessed(&access, come_back);
}
