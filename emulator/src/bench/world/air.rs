//! What is on the air around a bench: frames of the chip, of parts, and from other benches.

use super::{BenchWorld, Event};
use crate::air::Frame;
use crate::clock::Time;

/// Frames kept for other benches.
const KEPT: usize = 256;

impl BenchWorld {
    /// A frame from another bench. It must come before its address is through; one that comes later is heard by nobody.
    pub fn hear(&mut self, frame: Frame) {
        let at = frame.start.max(self.now);
        let place = self.coming.partition_point(|other| other.start <= frame.start);
        self.coming.insert(place, frame);
        self.schedule(at, Event::Radio);
    }

    /// The frames that began on this bench since the last call, oldest first.
    pub fn take_frames(&mut self) -> Vec<Frame> {
        self.sent.drain(..).collect()
    }

    /// The chip begins to send.
    pub(super) fn chip_sends(&mut self, t: Time, frame: Frame) {
        self.reach(t);
        self.tell_parts(None, &frame);
        self.keep_sent(frame);
        self.settle();
    }

    pub(super) fn keep_sent(&mut self, frame: Frame) {
        if self.sent.len() == KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back(frame);
    }

    /// All parts but the one that sends hear that a frame begins.
    pub(super) fn tell_parts(&mut self, sender: Option<usize>, frame: &Frame) {
        for slot in (0..self.slots.len()).filter(|&slot| Some(slot) != sender) {
            self.call(slot, |part, cx| part.radio(cx, frame));
        }
    }
}
