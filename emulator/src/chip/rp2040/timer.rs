//! TIMER (data sheet section 4.6): 64-bit microseconds with four alarms.

use super::shared::{Event, Shared, irq};
use crate::clock::Time;

const TIMEHW: u32 = 0x00;
const TIMELW: u32 = 0x04;
const TIMEHR: u32 = 0x08;
const TIMELR: u32 = 0x0C;
const ALARM0: u32 = 0x10;
const ARMED: u32 = 0x20;
const TIMERAWH: u32 = 0x24;
const TIMERAWL: u32 = 0x28;
const DBGPAUSE: u32 = 0x2C;
const PAUSE: u32 = 0x30;
const INTR: u32 = 0x34;
const INTE: u32 = 0x38;
const INTF: u32 = 0x3C;
const INTS: u32 = 0x40;

const ALARMS: [Event; 4] = [Event::Alarm0, Event::Alarm1, Event::Alarm2, Event::Alarm3];

/// The timer.
#[derive(Clone, Debug)]
pub struct Timer {
    /// The counter's value at instant `since`.
    base: u64,
    since: Time,
    /// Nanoseconds a count takes: CLK_REF over the watchdog's tick divider; 0 when stopped.
    tick: u64,
    latched_high: u32,
    write_low: u32,
    alarm: [u32; 4],
    armed: u32,
    dbgpause: u32,
    pause: u32,
    intr: u32,
    inte: u32,
    intf: u32,
}

impl Default for Timer {
    fn default() -> Timer {
        Timer {
            base: 0,
            since: Time::ZERO,
            tick: 0,
            latched_high: 0,
            write_low: 0,
            alarm: [0; 4],
            armed: 0,
            dbgpause: 7,
            pause: 0,
            intr: 0,
            inte: 0,
            intf: 0,
        }
    }
}

impl Timer {
    /// The count at `now`.
    pub fn count(&self, now: Time) -> u64 {
        if self.tick == 0 || self.pause & 1 != 0 {
            return self.base;
        }
        self.base.wrapping_add(now.saturating_sub(self.since).nanos() / self.tick)
    }

    /// The count at `now`, and the instant of the next multiple of `step` (a power of two).
    pub fn count_until(&self, now: Time, step: u64) -> (u64, Time) {
        let count = self.count(now);
        if self.tick == 0 || self.pause & 1 != 0 {
            return (count, Time::NEVER);
        }
        (count, self.counts_on(now, step - count % step))
    }

    /// The instant at which the counter will have counted so many further than at `now`.
    pub fn counts_on(&self, now: Time, ahead: u64) -> Time {
        if self.tick == 0 || self.pause & 1 != 0 {
            return Time::NEVER;
        }
        let counts = self.count(now).wrapping_sub(self.base).wrapping_add(ahead);
        self.since.saturating_add(Time(counts.saturating_mul(self.tick)))
    }

    /// Sets what a count takes.
    pub fn set_tick(&mut self, s: &mut Shared, nanos: u64) {
        if nanos != self.tick {
            self.rebase(s.now);
            self.tick = nanos;
            self.plan(s);
        }
    }

    fn rebase(&mut self, now: Time) {
        let count = self.count(now);
        // Keep the fraction of a count that has passed.
        let passed = now.saturating_sub(self.since).nanos();
        let fraction = if self.tick == 0 { 0 } else { passed % self.tick };
        self.base = count;
        self.since = now.saturating_sub(Time(fraction));
    }

    fn plan(&self, s: &mut Shared) {
        let count = self.count(s.now);
        for (n, event) in ALARMS.into_iter().enumerate() {
            if self.armed >> n & 1 == 0 || self.tick == 0 || self.pause & 1 != 0 {
                s.cancel(event);
                continue;
            }
            // An alarm fires when the low words match: now counts as a whole turn away.
            let ahead = u64::from(self.alarm[n].wrapping_sub(count as u32));
            let ahead = if ahead == 0 { 1 << 32 } else { ahead };
            let counts = count - self.base + ahead;
            s.schedule(event, self.since.saturating_add(Time(counts.saturating_mul(self.tick))));
        }
    }

    /// An alarm's event.
    pub fn alarm(&mut self, s: &mut Shared, n: usize) {
        self.armed &= !(1 << n);
        self.intr |= 1 << n;
        self.update_irq(s);
    }

    fn update_irq(&self, s: &mut Shared) {
        let status = self.intr & self.inte | self.intf;
        for n in 0..4 {
            s.set_irq(irq::TIMER_0 + n, status >> n & 1 != 0);
        }
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            TIMELR => {
                let count = self.count(s.now);
                self.latched_high = (count >> 32) as u32;
                count as u32
            }
            TIMEHR => self.latched_high,
            TIMERAWH => (self.count(s.now) >> 32) as u32,
            TIMERAWL => self.count(s.now) as u32,
            ALARM0..ARMED => self.alarm[((offset - ALARM0) / 4) as usize],
            ARMED => self.armed,
            DBGPAUSE => self.dbgpause,
            PAUSE => self.pause,
            INTR => self.intr,
            INTE => self.inte,
            INTF => self.intf,
            INTS => self.intr & self.inte | self.intf,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            TIMELW => self.write_low = value,
            TIMEHW => {
                self.base = u64::from(value) << 32 | u64::from(self.write_low);
                self.since = s.now;
                self.plan(s);
            }
            ALARM0..ARMED => {
                let n = (offset - ALARM0) / 4;
                self.alarm[n as usize] = value;
                self.armed |= 1 << n;
                self.plan(s);
            }
            ARMED => {
                self.armed &= !value;
                self.plan(s);
            }
            DBGPAUSE => self.dbgpause = value & 6,
            PAUSE => {
                self.rebase(s.now);
                self.pause = value & 1;
                self.since = s.now;
                self.plan(s);
            }
            INTR => self.intr &= !value,
            INTE => self.inte = value & 0xF,
            INTF => self.intf = value & 0xF,
            _ => {}
        }
        self.update_irq(s);
    }
}
