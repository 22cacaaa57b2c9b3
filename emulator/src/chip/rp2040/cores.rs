//! The chip as a whole: registers, memory and the two cores, which it runs turn about.

use super::resets::bit;
use super::shared::Event;
use super::watchdog::Watchdog;
use super::{
    APB_BASE, APB_BYTES, BOOTSEL, DMA_BASE, Flash, PIO0_BASE, PIO1_BASE, Rp2040, SIO_BASE, SRAM_BANKS_BASE,
    SRAM_BASE, SRAM_BYTES, USBCTRL_DPRAM_BASE, USBCTRL_REGS_BASE, XIP_AUX_BASE, XIP_BASE, XIP_CTRL_BASE,
    XIP_MIRRORS, XIP_SRAM_BASE, XIP_SSI_BASE, bootrom,
};
use crate::chip::{self, Area, DebugPort, Demand, DiskError, DiskInfo, DiskRequest, Snapshot, Stop};
use crate::clock::Time;
use crate::console::Said;
use crate::cpu::debug::Orders;
use crate::cpu::memory::Memory;
use crate::cpu::probe::Probe;
use crate::cpu::{self, Core, EngineError, Model, Region, RegionKind};
use crate::image::boot2_checksum;
use crate::world::World;

/// The words core 0 sends to start core 1 (section 2.8.2); the last three are its vector table,
/// stack and entry.
const LAUNCH: [Option<u32>; 6] = [Some(0), Some(0), Some(1), None, None, None];

/// How far one core may run ahead of the other, in cycles: while they talk through SIO, and otherwise. Each
/// turn costs the host some 200 ns, and as much again for what the other core's turn drove out of its caches. The one
/// divides the other.
const INTERLEAVE: u64 = 64;
const INTERLEAVE_APART: u64 = 512;

/// The whole chip.
pub struct Chip {
    pub(super) bus: Box<Rp2040>,
    pub(super) core0: Core<Rp2040>,
    /// Made when core 0 launches it.
    pub(super) core1: Option<Core<Rp2040>>,
    pub(super) launch: Vec<u32>,
    pub(super) regions: Vec<Region>,
    rom: Memory,
    pub(super) asleep: Time,
    /// When code that ran from memory is forgotten.
    pub(super) review: Time,
    /// A turn of both cores that a debugger's stop interrupted: its end, and the core that has not finished it.
    pub(super) turn: Option<(u64, u8)>,
    /// What a debugger wants of each core, once one is attached.
    pub(super) orders: Option<[Orders; 2]>,
    /// Someone answers semihosting calls.
    pub(super) answers_calls: bool,
    /// Turns of loops that wait are left out.
    skips_waits: bool,
}

/// How long after a reset code that ran from memory is forgotten: boot loaders and flash functions run
/// there, in pages that hold the stack and variables otherwise.
const REVIEW: Time = Time::from_millis(20);
/// The same after flash operations, which come in long rows, each with code that ran from memory.
const REVIEW_AFTER_FLASH: Time = Time::from_secs(1);

impl Chip {
    /// A chip at power-on with erased flash of `flash_bytes` (a power of two, up to 16 MiB).
    pub fn new(world: Box<dyn World>, flash_bytes: usize, unique_id: [u8; 8]) -> Result<Chip, EngineError> {
        let rom = Memory::new(bootrom::ROM_BYTES);
        rom.write(0, &bootrom::image());
        let flash = Memory::new(flash_bytes);
        let sram = Memory::new(SRAM_BYTES);
        let xip_sram = Memory::new(16 * 1024);
        let region = |base: u32, memory: &Memory, kind: fn(Memory) -> RegionKind| Region {
            base,
            size: memory.len() as u32,
            kind: kind(memory.clone()),
        };
        let registers = |base: u32, size: u32| Region { base, size, kind: RegionKind::Registers };
        let mut regions = vec![
            region(SRAM_BASE, &sram, RegionKind::Ram),
            region(0, &rom, RegionKind::WritesIgnored),
            registers(SIO_BASE, 0x1000),
            registers(APB_BASE, APB_BYTES),
        ];
        // A write to the caching mirror only drops a cache line; to the others it is a bus fault
        // (XIP_CTRL.ERR_BADWRITE).
        regions.extend(XIP_MIRRORS.map(|base| {
            let cached = base == XIP_BASE;
            region(base, &flash, if cached { RegionKind::WritesIgnored } else { RegionKind::ReadOnly })
        }));
        regions.extend([
            registers(XIP_CTRL_BASE, 0x4000),
            region(XIP_SRAM_BASE, &xip_sram, RegionKind::Ram),
            registers(XIP_SSI_BASE, 0x4000),
            registers(SRAM_BANKS_BASE, 0x4_0000),
            registers(DMA_BASE, 0x4000),
            registers(USBCTRL_DPRAM_BASE, 0x4000),
            registers(USBCTRL_REGS_BASE, 0x4000),
            registers(PIO0_BASE, 0x4000),
            registers(PIO1_BASE, 0x4000),
            registers(XIP_AUX_BASE, 0x1000),
            registers(bootrom::MAILBOX, 0x1000),
        ]);
        let bus = Box::new(Rp2040::new(world, Flash::new(flash.clone(), unique_id), sram.clone()));
        let core0 = Self::make_core(0, &regions, &rom, &bus)?;
        let mut chip = Chip {
            bus,
            core0,
            core1: None,
            launch: Vec::new(),
            regions,
            rom,
            asleep: Time::ZERO,
            review: REVIEW,
            turn: None,
            orders: None,
            answers_calls: false,
            skips_waits: true,
        };
        chip.bus.s.demand = None;
        Ok(chip)
    }

    /// Core 1, made if it is not there.
    pub(super) fn make_core1(&mut self) -> Result<&mut Core<Rp2040>, EngineError> {
        match &mut self.core1 {
            Some(core) => Ok(core),
            none => {
                let mut core = Self::make_core(1, &self.regions, &self.rom, &self.bus)?;
                core.answer_calls(self.answers_calls);
                core.skip_waits(self.skips_waits);
                if let Some([_, orders]) = &self.orders {
                    core.attach()?;
                    core.order(orders.clone(), self.core0.instructions());
                }
                Ok(none.insert(core))
            }
        }
    }

    fn make_core(
        number: u8,
        regions: &[Region],
        rom: &Memory,
        bus: &Rp2040,
    ) -> Result<Core<Rp2040>, EngineError> {
        let code: [(&[u32], &Memory); 3] =
            [(&[0], rom), (&XIP_MIRRORS, bus.flash.memory()), (&[SRAM_BASE], &bus.sram)];
        Core::new(number, Model::CORTEX_M0PLUS, regions, &code)
    }

    /// Bytes sent by UART0 since the last call.
    pub fn uart0_sent(&mut self) -> Said {
        self.bus.uart[0].take_sent()
    }

    /// Types into UART0; gives how many bytes were taken.
    pub fn uart0_type(&mut self, bytes: &[u8]) -> usize {
        let bus = &mut *self.bus;
        bus.uart[0].type_in(&mut bus.s, bytes)
    }

    /// What there is to do when no core is in the middle of something; the reason to stop there, if there is one.
    fn between_runs(&mut self, deadline: Time) -> Option<Stop> {
        self.fire_due();
        if let Some(demand) = self.bus.s.demand.take() {
            return Some(Stop::Demand(demand));
        }
        self.bus.s.called_back();
        if let Some((start, end)) = self.bus.memory_changed.take() {
            for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                core.memory_written(SRAM_BASE + start, SRAM_BASE + end);
            }
        }
        self.answer_boot();
        if let Some((start, end)) = self.bus.s.flash_changed.take() {
            self.forget_flash(start, end);
            self.review = self.review.min(self.bus.s.now + REVIEW_AFTER_FLASH);
        }
        let now = self.bus.s.now;
        if now >= deadline {
            // The trace then knows that nothing more happened until now.
            self.bus.event(Event::World);
            return Some(Stop::Reached);
        }
        if now >= self.review {
            self.review = Time::NEVER;
            for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                core.forget_ram_code();
            }
        }
        None
    }

    /// Handles every event up to the cores' present.
    fn fire_due(&mut self) {
        let bus = &mut *self.bus;
        let cycle = self.core0.cycles();
        let reached = bus.s.now.max(bus.s.clock.time_at(cycle));
        while let Some((event, at)) = bus.s.take_due(reached) {
            bus.s.now = bus.s.now.max(at);
            bus.event(event);
            bus.dma_after();
        }
        bus.s.now = reached;
        let reference = bus.s.clock.hz() / 1_000_000;
        self.core0.set_systick_reference(reference);
    }

    fn run_one(&mut self, until: u64) -> Option<Stop> {
        let clock = self.bus.s.clock.clone();
        self.core0.set_others(self.bus.retired);
        match self.core0.run(&mut self.bus, until, |cycle| clock.time_at(cycle)) {
            cpu::Stop::Reached => None,
            cpu::Stop::Asleep => {
                let now = self.core0.cycles();
                let next = until.min(self.core0.next_tick()).min(self.bus.s.come_back_at(0)).max(now);
                self.asleep += clock.time_at(next).saturating_sub(clock.time_at(now));
                self.core0.skip_to(next);
                None
            }
            cpu::Stop::Fault(report) => Some(self.faulted(report)),
            cpu::Stop::ResetRequest => Some(Stop::Demand(Demand::Reset)),
            cpu::Stop::Debug(halt) => Some(Stop::Debug(0, halt)),
        }
    }

    /// Runs both cores turn about, none further than [`INTERLEAVE`] or [`INTERLEAVE_APART`] cycles ahead, until `until` is reached; that
    /// may be passed by as much, but no turn goes beyond `event`.
    fn run_both(&mut self, until: u64, event: u64) -> Option<Stop> {
        let clock = self.bus.s.clock.clone();
        let time = |cycle: u64| clock.time_at(cycle);
        loop {
            let from = self.core0.cycles();
            // Asleep alike, both skip to what wakes one of them.
            let core1 = self.core1.as_mut()?;
            let horizon = if self.core0.is_asleep() && core1.is_asleep() {
                until.min(self.core0.next_tick()).min(core1.next_tick())
            } else {
                // On a fixed grid: where a run was cut must not show in the order of the cores' accesses.
                let grid = if from < self.bus.talks_until { INTERLEAVE } else { INTERLEAVE_APART };
                event.min((from / grid + 1) * grid)
            };
            let (horizon, first) = self.turn.take().unwrap_or((horizon, 0));
            for number in first..2u8 {
                let mut counted = [self.core0.instructions(), self.core1.as_ref()?.instructions()];
                counted[usize::from(1 - number)] += self.bus.retired;
                let asleep = [self.core0.is_asleep(), self.core1.as_ref()?.is_asleep()];
                let core = if number == 0 { &mut self.core0 } else { self.core1.as_mut()? };
                core.set_others(counted[usize::from(1 - number)]);
                if self.orders.as_ref().is_some_and(|orders| orders[usize::from(number)].hold) {
                    core.skip_to(horizon);
                    continue;
                }
                self.bus.asleep = asleep;
                if std::mem::take(&mut self.bus.sev[usize::from(number)]) {
                    core.set_event();
                }
                match core.run(&mut self.bus, horizon, time) {
                    cpu::Stop::Reached => {}
                    cpu::Stop::Asleep => core.skip_to(horizon),
                    cpu::Stop::Fault(report) => return Some(self.faulted(report)),
                    cpu::Stop::ResetRequest => return Some(Stop::Demand(Demand::Reset)),
                    cpu::Stop::Debug(halt) => {
                        self.turn = Some((horizon, number));
                        return Some(Stop::Debug(number, halt));
                    }
                }
            }
            let reached = self.core0.cycles();
            if reached >= until
                || self.bus.s.come_back_at(0) <= reached
                || self.bus.s.come_back_at(1) <= reached
                || !self.bus.sio.core1_runs
            {
                return None;
            }
        }
    }

    fn faulted(&mut self, report: Box<cpu::fault::FaultReport>) -> Stop {
        self.bus.s.now = self.bus.s.now.max(report.at);
        Stop::Fault(report)
    }

    /// Core 1 is off; what it has executed still counts.
    fn drop_core1(&mut self) {
        if let Some(core) = self.core1.take() {
            self.bus.retired += core.instructions();
        }
    }

    /// Core 1's part of the launch protocol, and its end when it is powered off.
    fn answer_boot(&mut self) {
        if self.core1.is_some() && !self.bus.sio.core1_runs {
            self.drop_core1();
            self.launch.clear();
        }
        while let Some(word) = self.bus.sio.to_boot.pop_front() {
            let expected = LAUNCH[self.launch.len()];
            if expected.is_none_or(|expected| expected == word) {
                self.launch.push(word);
            } else {
                // Out of step: the sequence starts anew, with this word if it fits.
                self.launch.clear();
                if word == 0 {
                    self.launch.push(word);
                }
            }
            let bus = &mut *self.bus;
            bus.sio.push(&mut bus.s, 0, word);
            self.core0.set_event();
            if let [_, _, _, vtor, sp, pc] = self.launch[..] {
                self.launch.clear();
                // Without memory for a second engine core 1 stays where it is, waiting.
                let now = self.core0.cycles();
                self.drop_core1();
                if let Ok(core) = self.make_core1() {
                    core.start(pc, sp, vtor);
                    core.set_lr(bootrom::CORE1_RETURN);
                    core.skip_to(now);
                    self.bus.sio.core1_runs = true;
                }
            }
        }
    }

    pub(super) fn forget_flash(&mut self, start: u32, end: u32) {
        for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
            for base in XIP_MIRRORS {
                core.forget_code(base + start, base + end);
            }
        }
    }
}

impl chip::Chip for Chip {
    fn boot(&mut self) -> bool {
        self.drop_core1();
        self.launch.clear();
        self.review = self.bus.s.now + REVIEW;
        let bus = &mut self.bus;
        let [magic, sp, pc] = [4, 6, 7].map(|n| bus.watchdog.scratch(n));
        let key = bus.watchdog.scratch(5);
        if magic == 0xB007_C0D3 && key == pc ^ magic.wrapping_neg() {
            // Section 2.8.1.1: vector through scratch, once.
            bus.watchdog.write(&mut bus.s, 0x1C, 0);
            self.core0.start(pc | 1, sp, 0);
            return true;
        }
        if bus.s.world.is_pulled_low(bus.s.now, BOOTSEL) {
            // The ROM looks at the button first.
            bus.s.demand = Some(Demand::Bootsel);
            return true;
        }
        let boot2 = bus.flash.memory().to_vec(0, 256);
        let sum = u32::from_le_bytes([boot2[252], boot2[253], boot2[254], boot2[255]]);
        if boot2_checksum(&boot2[..252]) != sum {
            return false;
        }
        let at = bootrom::BOOT_STACK;
        bus.sram.write((at - SRAM_BASE) as usize, &boot2);
        // The ROM has released what it needs to read flash.
        let ready = bus.resets.read(0) & !(1 << bit::IO_QSPI | 1 << bit::PADS_QSPI);
        bus.resets.write(0, ready);
        bus.ssi.set_serial();
        bus.io_qspi.connect();
        self.core0.start(at | 1, at, 0);
        // A zero link register tells the boot loader to go on to the program.
        self.core0.set_lr(0);
        self.core0.forget_code(at, at + 256);
        true
    }

    fn reset(&mut self) {
        let cycle = self.core0.cycles();
        self.bus.reset(cycle);
        self.turn = None;
        self.drop_core1();
        self.launch.clear();
    }

    fn reset_by_pin(&mut self) {
        self.reset();
        self.bus.watchdog = Watchdog::default();
        self.bus.vreg.had_run();
        self.bus.tick_changed();
    }

    fn run_until(&mut self, deadline: Time) -> Stop {
        // After a debugger's stop the cores first finish what they were at.
        let mut interrupted = self.is_inside();
        if !interrupted {
            self.bus.s.replan_world();
        }
        loop {
            if !std::mem::take(&mut interrupted)
                && let Some(stop) = self.between_runs(deadline)
            {
                return stop;
            }
            if self.bus.is_stopped() {
                // Nothing but the world outside of the chip goes on.
                let next = self.bus.s.next().min(deadline).max(self.bus.s.now);
                let cycle = self.bus.s.clock.cycle_at(next);
                for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                    core.skip_to(cycle.max(core.cycles()));
                }
                self.bus.s.now = next;
                continue;
            }
            let event = self.bus.s.clock.cycle_at(self.bus.s.next().min(self.review));
            let until = self.bus.s.clock.cycle_at(deadline).min(event);
            let stop = if self.core1.is_some() { self.run_both(until, event) } else { self.run_one(until) };
            if let Some(stop) = stop {
                return stop;
            }
        }
    }

    fn now(&self) -> Time {
        self.bus.s.now
    }

    fn cycles(&self) -> u64 {
        self.core0.cycles()
    }

    fn instructions(&self) -> u64 {
        self.core0.instructions() + self.bus.retired + self.core1.as_ref().map_or(0, Core::instructions)
    }

    fn asleep(&self) -> Time {
        self.asleep
    }

    fn registers(&self) -> [u32; 16] {
        self.core0.registers()
    }

    fn probe(&mut self) -> &mut Probe {
        self.core0.probe()
    }

    fn skip_waits(&mut self, on: bool) {
        self.skips_waits = on;
        for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
            core.skip_waits(on);
        }
    }

    fn skipped(&self) -> u64 {
        self.core0.skipped() + self.core1.as_ref().map_or(0, Core::skipped)
    }

    fn areas(&self) -> Vec<Area> {
        let flash = self.bus.flash.memory().clone();
        let sram = self.bus.sram.clone();
        vec![
            Area { name: "flash", base: XIP_BASE, memory: flash },
            Area { name: "memory", base: SRAM_BASE, memory: sram },
        ]
    }

    fn take_flash_dirty(&mut self) -> bool {
        self.bus.flash.take_dirty()
    }

    fn flash_written(&mut self) {
        self.bus.flash.set_dirty();
        for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
            core.forget_all_code();
        }
    }

    fn console_ready(&self) -> bool {
        self.bus.usb_host.open() || !self.bus.usb.attached() && self.bus.uart[0].connected(&self.bus.s)
    }

    fn console_write(&mut self, bytes: &[u8]) -> usize {
        let bus = &mut *self.bus;
        if bus.usb_host.open() {
            bus.usb_host.write(&mut bus.s, bytes)
        } else if self.console_ready() {
            self.uart0_type(bytes)
        } else {
            0
        }
    }

    fn console_read(&mut self) -> Said {
        let mut said = self.uart0_sent();
        if let Some(opened) = self.bus.usb_host.opened() {
            // UART0 is an ordinary port from then on, and its bytes belong to whatever it is wired to.
            said.keep_before(opened);
        }
        said.extend(self.bus.usb_host.read());
        said
    }

    fn disk(&self) -> Option<&DiskInfo> {
        self.bus.usb_host.disk()
    }

    fn disk_request(&mut self, request: DiskRequest) {
        let bus = &mut *self.bus;
        bus.usb_host.disk_request(&mut bus.s, request);
    }

    fn disk_answer(&mut self) -> Option<Result<Vec<u8>, DiskError>> {
        self.bus.usb_host.disk_answer()
    }

    fn world(&self) -> &dyn World {
        self.bus.s.world.as_ref()
    }

    fn world_mut(&mut self) -> &mut dyn World {
        self.bus.s.world.as_mut()
    }

    fn snapshot(&self) -> Result<Snapshot, EngineError> {
        self.take_snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        self.restore_snapshot(snapshot)
    }

    fn debug_port(&self) -> Option<&dyn DebugPort> {
        Some(self)
    }

    fn debug_port_mut(&mut self) -> Option<&mut dyn DebugPort> {
        Some(self)
    }
}
