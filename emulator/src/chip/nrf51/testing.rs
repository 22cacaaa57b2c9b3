//! A peripheral alone with a bench behind its pins: for the peripherals' tests.

use std::path::Path;

use super::shared::{Event, Shared};
use crate::bench::{Bench, BenchWorld};
use crate::clock::Time;
use crate::trace::SharedTrace;

/// A micro:bit's pins with these parts wired to them.
pub fn shared(parts: &str) -> Shared {
    let bench = format!("[board]\ntype = \"microbit\"\n{parts}");
    let bench = Bench::parse(&bench, Path::new("bench.toml")).unwrap();
    Shared::new(Box::new(BenchWorld::new(&bench, SharedTrace::default())))
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
