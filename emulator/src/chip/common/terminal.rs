//! The far end of a UART that serves as a console.

use std::collections::VecDeque;

use crate::clock::Time;
use crate::console::Said;

/// Bytes kept for whoever reads, and at most taken from whoever types.
const KEPT: usize = 1 << 16;

/// What was sent to it and not read yet, and what was typed and is not sent yet.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    sent: Said,
    typed: VecDeque<u8>,
}

impl Terminal {
    /// The chip sent a byte. The oldest go when nobody reads.
    pub fn show(&mut self, t: Time, byte: u8) {
        self.sent.push(t, &[byte]);
        // Not at every byte: dropping the oldest moves all others.
        if self.sent.len() >= 2 * KEPT {
            self.sent.keep_last(KEPT);
        }
    }

    /// Takes what the chip sent since the last call.
    pub fn take_sent(&mut self) -> Said {
        std::mem::take(&mut self.sent)
    }

    /// Puts bytes before the chip's receiver; gives how many were taken.
    pub fn type_in(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(KEPT - self.typed.len());
        self.typed.extend(&bytes[..n]);
        n
    }

    /// The next typed byte, now on the line.
    pub fn next_typed(&mut self) -> Option<u8> {
        self.typed.pop_front()
    }

    /// Whether bytes wait for the chip.
    pub fn is_typing(&self) -> bool {
        !self.typed.is_empty()
    }
}
