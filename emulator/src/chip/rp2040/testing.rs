//! A peripheral alone, or the chip without its cores, with a bench behind the pins: for the peripherals' tests.

use std::path::Path;

use super::flash::Flash;
use super::pins::function;
use super::shared::{Event, Frequencies, Shared};
use super::{Rp2040, SRAM_BYTES};
use crate::bench::{Bench, BenchWorld};
use crate::clock::Time;
use crate::cpu::memory::Memory;
use crate::cpu::{Access, Bus};
use crate::trace::SharedTrace;

/// The usual clocks with a bench behind the pins, of which `pins` have the function `function`.
pub fn shared(bench: &str, function: u32, pins: &[u32]) -> (Shared, SharedTrace) {
    let bench = Bench::parse(bench, Path::new("bench.toml")).unwrap();
    let trace = SharedTrace::default();
    let world = Box::new(BenchWorld::new(&bench, trace.clone()));
    let mhz = 1_000_000;
    let hz = Frequencies {
        reference: 12 * mhz,
        sys: 125 * mhz,
        peri: 125 * mhz,
        usb: 48 * mhz,
        adc: 48 * mhz,
        rtc: 46_875,
    };
    let mut s = Shared::new(world, hz);
    for &pin in pins {
        select(&mut s, pin, function);
    }
    (s, trace)
}

/// Selects a pin's function.
pub fn select(s: &mut Shared, pin: u32, function: u32) {
    s.io_bank0_write(8 * pin + 4, function);
}

/// Drives a pin from software.
pub fn sio(s: &mut Shared, pin: u32, high: bool) {
    select(s, pin, function::SIO);
    s.pins.sio.oe |= 1 << pin;
    s.pins.sio.out = s.pins.sio.out & !(1 << pin) | u32::from(high) << pin;
    s.pins_changed(1 << pin);
}

/// Lets time pass; `tick` gets what a peripheral has planned.
pub fn run(s: &mut Shared, span: Time, mut tick: impl FnMut(&mut Shared, Event)) {
    let end = s.now + span;
    while let Some((event, at)) = s.take_due(end) {
        s.now = s.now.max(at);
        if event == Event::World {
            let mut inputs = Vec::new();
            s.world.advance(s.now, &mut inputs);
            s.replan_world();
        } else {
            tick(s, event);
        }
    }
    s.now = end;
}

/// The chip without its cores, at 125 MHz.
pub struct Rig {
    pub chip: Rp2040,
    pub trace: SharedTrace,
}

impl Rig {
    /// At power-on.
    pub fn cold(bench: &str) -> Rig {
        let bench = Bench::parse(bench, Path::new("bench.toml")).unwrap();
        let trace = SharedTrace::default();
        let world = Box::new(BenchWorld::new(&bench, trace.clone()));
        let flash = Flash::new(Memory::new(4096), [0; 8]);
        Rig { chip: Rp2040::new(world, flash, Memory::new(SRAM_BYTES)), trace }
    }

    /// All clocks run and nothing is in reset.
    pub fn new(bench: &str) -> Rig {
        let mut rig = Rig::cold(bench);
        for (address, value) in [
            // XOSC on; PLL_SYS: 12 MHz times 125 by 6 and 2; PLL_USB: times 100 by 5 and 5.
            (0x4002_4000, 0xFA_BAA0),
            (0x4000_C000, 0),
            (0x4002_8008, 125),
            (0x4002_8004, 0),
            (0x4002_800C, 6 << 16 | 2 << 12),
            (0x4002_C008, 100),
            (0x4002_C004, 0),
            (0x4002_C00C, 5 << 16 | 5 << 12),
            // CLK_REF from XOSC, CLK_SYS from PLL_SYS; CLK_PERI, CLK_USB, CLK_ADC and CLK_RTC on.
            (0x4000_8030, 2),
            (0x4000_803C, 1),
            (0x4000_8048, 1 << 11),
            (0x4000_8054, 1 << 11),
            (0x4000_8060, 1 << 11),
            (0x4000_8070, 1024 << 8),
            (0x4000_806C, 1 << 11),
        ] {
            rig.write(address, value);
        }
        assert_eq!(rig.chip.s.hz.sys, 125_000_000);
        rig
    }

    fn access(&self) -> Access {
        let cycle = self.chip.s.clock.cycle_at(self.chip.s.now);
        Access { core: 0, cycle, stall: 0, instructions: 0, fast: false }
    }

    pub fn write(&mut self, address: u32, value: u32) {
        let mut access = self.access();
        self.chip.write(&mut access, address, 4, value);
        self.run(Time::ZERO);
    }

    pub fn read(&mut self, address: u32) -> u32 {
        let mut access = self.access();
        let value = self.chip.read(&mut access, address, 4);
        self.run(Time::ZERO);
        value
    }

    /// Selects a function for pins, with their pull-ups on.
    pub fn select(&mut self, function: u32, pins: &[u32]) {
        for &pin in pins {
            self.write(0x4001_C004 + 4 * pin, 0x5A);
            self.write(0x4001_4004 + 8 * pin, function);
        }
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Time) {
        let end = self.chip.s.now + span;
        self.chip.s.replan_world();
        while let Some((event, at)) = self.chip.s.take_due(end) {
            self.chip.s.now = self.chip.s.now.max(at);
            self.chip.event(event);
            self.chip.dma_after();
        }
        self.chip.s.now = end;
    }

    /// A pin's edges so far.
    pub fn edges(&self, pin: &str) -> Vec<(u64, bool)> {
        let trace = self.trace.lock();
        let Some(id) = trace.find(pin) else { return Vec::new() };
        trace.edges(id, Time::ZERO, Time::NEVER).map(|(t, high)| (t.0, high)).collect()
    }
}
