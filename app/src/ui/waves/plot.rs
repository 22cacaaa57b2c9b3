//! Numbers that scripts print become rows: `temp: 21.5`, `x=3 y=4`.

use emulator::clock::Time;
use emulator::trace::{Channel, Trace};

/// More rows than this are noise, not measurements.
const MAX_NAMES: usize = 32;

/// How much of the printed values is kept, in bytes.
const MEMORY: usize = 16 << 20;

/// Longer lines are no readings.
const MAX_LINE: usize = 512;

/// Collects printed numbers over time.
pub struct Plotter {
    trace: Trace,
    line: Vec<u8>,
}

impl Default for Plotter {
    fn default() -> Self {
        Self { trace: Trace::with_bound(MEMORY), line: Vec::new() }
    }
}

impl Plotter {
    /// What was collected: one analogue channel a name.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Takes what was printed at an instant. Lines may come in pieces.
    pub fn feed(&mut self, time: Time, bytes: &[u8]) {
        self.trace.advance(time);
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => {
                    let line = String::from_utf8_lossy(&self.line).into_owned();
                    self.line.clear();
                    for (name, value) in readings(&line) {
                        self.add(time, name, value);
                    }
                }
                _ if self.line.len() < MAX_LINE => self.line.push(*byte),
                _ => {}
            }
        }
    }

    fn add(&mut self, time: Time, name: &str, value: f64) {
        let known = self.trace.find(name).is_some();
        if known || self.trace.channels().count() < MAX_NAMES {
            let channel = self.trace.define(Channel::analog(name, ""));
            self.trace.sample(channel, time, value as f32);
        }
    }
}

/// The names and numbers of a line. Names are words without spaces, followed by `:` or `=`. JSON objects on one
/// line are read, too: their quotes are dropped.
fn readings(line: &str) -> Vec<(&str, f64)> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find([':', '=']) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        rest = after;
        let before = before.trim_end().trim_end_matches(['"', '\'']);
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || "_.%-/°".contains(c)))
            .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let name = &before[start..];
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            continue;
        }
        let number = after.trim_start();
        let end = number.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(number.len());
        // A unit may follow; a clock (12:30) or an address (0x76, 1.2.3) is no reading.
        let follows = number[end..].chars().next();
        if follows.is_some_and(|c| c == ':' || c == 'x') {
            continue;
        }
        if let Ok(value) = number[..end].parse::<f64>() {
            found.push((name, value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_found_in_the_ways_people_print() {
        assert_eq!(readings("temp: 21.5"), [("temp", 21.5)]);
        assert_eq!(readings("temp:21.5 hum:40 %"), [("temp", 21.5), ("hum", 40.0)]);
        assert_eq!(readings("x=1, y=-2.5e-3"), [("x", 1.0), ("y", -0.0025)]);
        assert_eq!(readings(r#"{"t": 21.5, "anomaly": false, "p": 1013}"#), [("t", 21.5), ("p", 1013.0)]);
        assert_eq!(readings("room temp: 20 C"), [("temp", 20.0)]);
    }

    #[test]
    fn other_colons_are_no_readings() {
        for line in
            ["LED ist jetzt: ON", "12:30:05", "time 12:30", "addr: 0x76", ">>> x", "", ":::", "a: - b"]
        {
            assert!(readings(line).is_empty(), "{line}: {:?}", readings(line));
        }
    }

    #[test]
    fn lines_in_pieces_are_one_reading_at_the_time_of_their_end() {
        let mut plotter = Plotter::default();
        plotter.feed(Time(5), b"te");
        plotter.feed(Time(7), b"mp: 2");
        plotter.feed(Time(9), b"1\r\n");
        let channel = plotter.trace().find("temp").unwrap();
        let samples: Vec<_> = plotter.trace().samples(channel, Time(0), Time(100)).collect();
        assert_eq!(samples, [(Time(9), 21.0)]);
    }

    #[test]
    fn a_flood_of_names_is_bounded() {
        let mut plotter = Plotter::default();
        for i in 0..1_000 {
            plotter.feed(Time(i), format!("n{i}: 1\n").as_bytes());
        }
        assert_eq!(plotter.trace().channels().count(), MAX_NAMES);
    }
}
