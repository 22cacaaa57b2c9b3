//! RNG (reference manual, chapter 22). The numbers come from a generator seeded with the chip's
//! own number, so that runs repeat.

use super::shared::{Event, Shared, id};
use crate::clock::Time;

const CONFIG: u32 = 0x504;
const VALUE: u32 = 0x508;
const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const EVENT_VALRDY: u32 = 0;
const SHORT_VALRDY_STOP: u32 = 0;

/// A byte, without and with bias correction, typical (product specification, table 50).
const PLAIN: Time = Time::from_micros(167);
const CORRECTED: Time = Time::from_micros(677);

/// The random number generator.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    corrected: bool,
    value: u8,
}

impl Rng {
    /// A generator for a chip's number.
    pub fn new(seed: u64) -> Rng {
        Rng { state: seed | 1, corrected: false, value: 0 }
    }

    /// After a reset: noise goes on, settings do not.
    pub fn after_reset(&self) -> Rng {
        Rng::new(self.state)
    }

    fn plan(&self, s: &mut Shared) {
        s.schedule_in(Event::Rng, if self.corrected { CORRECTED } else { PLAIN });
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_START => self.plan(s),
            TASK_STOP => s.cancel(Event::Rng),
            _ => {}
        }
    }

    /// A byte is ready.
    pub fn tick(&mut self, s: &mut Shared) {
        // xorshift64* (Marsaglia, Vigna)
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.value = (self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8;
        s.raise(id::RNG, EVENT_VALRDY);
        if !s.short(id::RNG, SHORT_VALRDY_STOP) {
            self.plan(s);
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CONFIG => u32::from(self.corrected),
            VALUE => u32::from(self.value),
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        if offset == CONFIG {
            self.corrected = value & 1 != 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn bytes_come_until_it_is_stopped() {
        let (mut s, mut rng) = (shared(""), Rng::new(7));
        let mut values = Vec::new();
        rng.task(&mut s, TASK_START);
        run(&mut s, Time(64 * PLAIN.nanos()), |s, _| {
            rng.tick(s);
            values.push(rng.read(VALUE));
        });
        assert_eq!(values.len(), 64);
        values.sort_unstable();
        values.dedup();
        assert!(values.len() > 40, "{values:?}");
        s.interface[id::RNG] = super::super::shared::Interface { shorts: 1, ..Default::default() };
        run(&mut s, PLAIN, |s, _| rng.tick(s));
        assert!(s.raised(id::RNG, EVENT_VALRDY));
        assert_eq!(s.scheduled(Event::Rng), Time::NEVER);
    }
}
