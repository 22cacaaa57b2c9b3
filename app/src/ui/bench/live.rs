//! What the board and its parts are doing now, or were doing at an instant of the past, read from the trace once a
//! frame.

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::trace::{Kind, Picture, SharedTrace};
use std::collections::HashMap;
use std::sync::Arc;

/// Levels and values at the present.
#[derive(Default)]
pub struct Live {
    levels: HashMap<u8, bool>,
    values: HashMap<String, f32>,
    pictures: HashMap<String, Arc<Picture>>,
}

impl Live {
    /// Reads an instant, or the present.
    pub fn read(trace: Option<&SharedTrace>, at: Option<Time>, bench: &Bench) -> Self {
        let mut live = Self::default();
        let Some(trace) = trace else { return live };
        trace.read(|trace| {
            let now = at.unwrap_or(Time(trace.now().0.saturating_add(1)));
            let picture = |name: &str| trace.picture_at(name, now);
            let pictures =
                bench.parts.iter().filter_map(|part| Some((part.name.clone(), picture(&part.name)?)));
            live.pictures = pictures.collect();
            for (id, channel) in trace.channels() {
                match channel.kind {
                    Kind::Digital => {
                        if let (Some(gpio), Some(level)) = (channel.gpio, trace.level_at(id, now)) {
                            live.levels.insert(gpio, level);
                        }
                    }
                    Kind::Analog => {
                        if let Some(value) = trace.value_at(id, now) {
                            live.values.insert(channel.name.clone(), value);
                        }
                    }
                    Kind::Bus | Kind::Text => {}
                }
            }
        });
        live
    }

    /// A pin's level, if it is known.
    pub fn level(&self, gpio: u8) -> Option<bool> {
        self.levels.get(&gpio).copied()
    }

    /// What a part with a display shows.
    pub fn picture(&self, part: &str) -> Option<&Arc<Picture>> {
        self.pictures.get(part)
    }

    /// What a part shows or is fed.
    pub fn value(&self, part: &str, name: &str) -> Option<f32> {
        self.values.get(&format!("{part}.{name}")).copied()
    }
}
