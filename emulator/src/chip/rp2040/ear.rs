//! A UART's receiver: from a line's edges to frames.

use crate::clock::Time;
use crate::world::UartLine;

/// What was heard of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The data bits.
    pub byte: u8,
    /// The stop bit was low.
    pub framing: bool,
    /// The parity bit does not fit.
    pub parity: bool,
    /// All of it was low.
    pub is_break: bool,
}

/// Listens on a line.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    /// A frame under way: its beginning, and the edges since.
    start: Option<Time>,
    edges: Vec<(Time, bool)>,
    /// The line was low at a stop bit: the next frame begins after it was high.
    low: bool,
}

impl Ear {
    /// An edge; gives when the frame that begins with it can be read, if one does.
    pub fn edge(&mut self, t: Time, high: bool, line: &UartLine) -> Option<Time> {
        if self.start.is_some() {
            self.edges.push((t, high));
            return None;
        }
        if high || self.low {
            self.low &= !high;
            return None;
        }
        self.start = Some(t);
        self.edges.clear();
        Some(sample_time(t, line, frame_bits(line) - 1))
    }

    /// Reads the frame that has come.
    pub fn take(&mut self, line: &UartLine) -> Option<Frame> {
        let start = self.start.take()?;
        let frame = read(start, &self.edges, line);
        self.low = frame.framing && !level(&self.edges, Time::NEVER);
        Some(frame)
    }
}

/// Bits of a frame up to its first stop bit, start bit included.
fn frame_bits(line: &UartLine) -> u64 {
    2 + u64::from(line.bits) + u64::from(line.odd_parity.is_some())
}

/// The middle of a bit.
fn sample_time(start: Time, line: &UartLine, bit: u64) -> Time {
    start + Time((2 * bit + 1) * 1_000_000_000 / (2 * u64::from(line.baud.max(1))))
}

/// The level after what happened up to `t`; low at first.
fn level(edges: &[(Time, bool)], t: Time) -> bool {
    edges.iter().rev().find(|&&(at, _)| at <= t).is_some_and(|&(_, high)| high)
}

/// Reads a frame that began at `start`, of the edges since.
pub fn read(start: Time, edges: &[(Time, bool)], line: &UartLine) -> Frame {
    let bit = |n: u64| level(edges, sample_time(start, line, n));
    let bits = u64::from(line.bits);
    let byte = (0..bits).fold(0, |byte, n| byte | u8::from(bit(n + 1)) << n);
    let stop = bit(frame_bits(line) - 1);
    let parity = line.odd_parity.is_some_and(|odd| {
        let ones = byte.count_ones() + u32::from(bit(bits + 1));
        ones.is_multiple_of(2) == odd
    });
    let is_break = (1..frame_bits(line)).all(|n| !bit(n));
    Frame { byte, framing: !stop, parity: parity && !is_break, is_break }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Step, uart_wave};

    fn edges(line: &UartLine, byte: u8) -> Vec<(Time, bool)> {
        let mut wave = Vec::new();
        uart_wave(&mut wave, Time(1000), line, byte);
        let edge = |&(t, step): &(Time, Step)| match step {
            Step::Edge(_, high) => (t, high),
            Step::Sample => unreachable!("a UART does not sample its own line"),
        };
        wave.iter().map(edge).collect()
    }

    fn hear(sent: &UartLine, byte: u8, own: &UartLine) -> Frame {
        let mut ear = Ear::default();
        let mut due = None;
        for (t, high) in edges(sent, byte) {
            due = due.or(ear.edge(t, high, own));
        }
        assert!(due.is_some());
        ear.take(own).unwrap()
    }

    #[test]
    fn hears_what_a_line_of_its_own_kind_sends() {
        for odd_parity in [None, Some(false), Some(true)] {
            for bits in 5..=8 {
                let line = UartLine { bits, odd_parity, ..UartLine::new_8n1(0, 115_200) };
                for byte in [0x00, 0x55, 0xA7, 0xFF] {
                    let byte = byte & line.mask();
                    assert_eq!(hear(&line, byte, &line), Frame { byte, ..Frame::default() });
                }
            }
        }
    }

    #[test]
    fn a_wrong_parity_and_a_wrong_rate_are_noticed() {
        let line = |odd_parity| UartLine { odd_parity, ..UartLine::new_8n1(0, 9600) };
        assert!(hear(&line(Some(true)), 3, &line(Some(false))).parity);
        // Half as fast: bits 0 to 3 twice each, and the stop bit falls into bit 4.
        let fast = UartLine::new_8n1(0, 19_200);
        let heard = hear(&UartLine::new_8n1(0, 9600), 0b0000_1010, &fast);
        assert_eq!((heard.byte, heard.framing), (0b1001_1000, false));
    }

    #[test]
    fn a_line_held_low_is_one_break() {
        let line = UartLine::new_8n1(0, 9600);
        let mut ear = Ear::default();
        assert!(ear.edge(Time(0), false, &line).is_some());
        let frame = ear.take(&line).unwrap();
        assert!(frame.is_break && frame.framing);
        assert_eq!(ear.edge(Time(9_000_000), true, &line), None);
        assert!(ear.edge(Time(9_100_000), false, &line).is_some());
    }
}
