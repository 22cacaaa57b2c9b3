//! WATCHDOG (data sheet section 4.7): reset after a time, scratch registers, and the tick.

use super::shared::{Event, Shared};
use crate::chip::Demand;
use crate::clock::Time;

const CTRL: u32 = 0x00;
const LOAD: u32 = 0x04;
const REASON: u32 = 0x08;
const SCRATCH0: u32 = 0x0C;
const TICK: u32 = 0x2C;

const CTRL_ENABLE: u32 = 1 << 30;
const CTRL_TRIGGER: u32 = 1 << 31;
const REASON_TIMER: u32 = 1;
const REASON_FORCE: u32 = 2;

/// The watchdog.
#[derive(Clone, Debug)]
pub struct Watchdog {
    ctrl: u32,
    /// Half-microseconds left at `since`: the counter loses two a tick (erratum RP2040-E1).
    left: u32,
    since: Time,
    reason: u32,
    scratch: [u32; 8],
    tick: u32,
}

impl Default for Watchdog {
    fn default() -> Watchdog {
        Watchdog { ctrl: 0x0700_0000, left: 0, since: Time::ZERO, reason: 0, scratch: [0; 8], tick: 1 << 9 }
    }
}

impl Watchdog {
    /// Nanoseconds of one tick, given CLK_REF; zero when the tick is off.
    pub fn tick_nanos(&self, reference_hz: u64) -> u64 {
        let cycles = u64::from(self.tick & 0x1FF);
        if self.tick & 1 << 9 == 0 || cycles == 0 || reference_hz == 0 {
            0
        } else {
            cycles * 1_000_000_000 / reference_hz
        }
    }

    /// A scratch register, 0 to 7.
    pub fn scratch(&self, n: usize) -> u32 {
        self.scratch[n]
    }

    /// What remains after a reset: scratch registers and the reason.
    pub fn after_reset(&self) -> Watchdog {
        Watchdog { scratch: self.scratch, reason: self.reason, ..Watchdog::default() }
    }

    fn remaining(&self, s: &Shared) -> u32 {
        if self.ctrl & CTRL_ENABLE == 0 {
            return self.left;
        }
        let tick = self.tick_nanos(s.hz.reference).max(1);
        let gone = s.now.saturating_sub(self.since).nanos() * 2 / tick;
        self.left.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX))
    }

    fn plan(&mut self, s: &mut Shared) {
        let tick = self.tick_nanos(s.hz.reference);
        if self.ctrl & CTRL_ENABLE == 0 || tick == 0 {
            s.cancel(Event::Watchdog);
        } else {
            let span = u64::from(self.left) * tick / 2;
            s.schedule(Event::Watchdog, self.since.saturating_add(Time(span)));
        }
    }

    /// Time is up.
    pub fn expire(&mut self, s: &mut Shared) {
        self.reason = REASON_TIMER;
        s.demand = Some(Demand::Reset);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            CTRL => self.ctrl | self.remaining(s) & 0x00FF_FFFF,
            REASON => self.reason,
            SCRATCH0..TICK => self.scratch[((offset - SCRATCH0) / 4) as usize],
            // RUNNING follows ENABLE
            TICK => self.tick | (self.tick & 1 << 9) << 1,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            CTRL => {
                self.left = self.remaining(s);
                self.since = s.now;
                self.ctrl = value & 0x4700_0000;
                if value & CTRL_TRIGGER != 0 {
                    self.reason = REASON_FORCE;
                    s.demand = Some(Demand::Reset);
                }
                self.plan(s);
            }
            LOAD => {
                self.left = value & 0x00FF_FFFF;
                self.since = s.now;
                self.plan(s);
            }
            SCRATCH0..TICK => self.scratch[((offset - SCRATCH0) / 4) as usize] = value,
            TICK => {
                self.tick = value & 0x3FF;
                self.plan(s);
            }
            _ => {}
        }
    }
}
