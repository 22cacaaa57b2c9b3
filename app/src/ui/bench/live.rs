//! What the board and its parts are doing right now, read from the trace once a frame.

use emulator::clock::Time;
use emulator::trace::{Kind, SharedTrace};
use std::collections::HashMap;

/// Levels and values at the present.
#[derive(Default)]
pub struct Live {
    levels: HashMap<u8, bool>,
    values: HashMap<String, f32>,
}

impl Live {
    /// Reads the present.
    pub fn read(trace: Option<&SharedTrace>) -> Self {
        let mut live = Self::default();
        let Some(trace) = trace else { return live };
        trace.read(|trace| {
            let now = Time(trace.now().0.saturating_add(1));
            for (id, channel) in trace.channels() {
                match channel.kind {
                    Kind::Digital => {
                        if let (Some(gpio), Some(level)) = (channel.gpio, trace.level_at(id, now)) {
                            live.levels.insert(gpio, level);
                        }
                    }
                    Kind::Analog => {
                        if let Some(value) = trace.last_value(id) {
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

    /// What a part shows or is fed.
    pub fn value(&self, part: &str, name: &str) -> Option<f32> {
        self.values.get(&format!("{part}.{name}")).copied()
    }
}
