//! A peripheral alone with a bench behind its pins: for the peripherals' tests.

use std::path::Path;

use super::pins::function;
use super::shared::{Event, Frequencies, Shared};
use crate::bench::{Bench, BenchWorld};
use crate::clock::Time;
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
