//! RTC0 and RTC1 (reference manual, chapter 19): 24 bits of the 32.768 kHz clock.

use super::shared::{Event, Shared, id};
use crate::clock::Time;

const EVTEN: u32 = 0x340;
const EVTENSET: u32 = 0x344;
const EVTENCLR: u32 = 0x348;
const COUNTER: u32 = 0x504;
const PRESCALER: u32 = 0x508;
const CC0: u32 = 0x540;
const CC3: u32 = 0x54C;

const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const TASK_CLEAR: u32 = 2;
const TASK_TRIGOVRFLW: u32 = 3;
const EVENT_TICK: u32 = 0;
const EVENT_OVRFLW: u32 = 1;
const EVENT_COMPARE0: u32 = 16;

const LFCLK: u64 = 32_768;
const MASK: u32 = 0x00FF_FFFF;

/// One counter.
#[derive(Clone, Debug)]
pub struct Rtc {
    number: usize,
    running: bool,
    evten: u32,
    prescaler: u32,
    cc: [u32; 4],
    /// The counter at the period of the low-frequency clock `since`, from which on it counts.
    count: u32,
    since: u64,
    due: u64,
}

/// Whole periods of the low-frequency clock at an instant.
fn periods(t: Time) -> u64 {
    (u128::from(t.nanos()) * u128::from(LFCLK) / 1_000_000_000) as u64
}

/// The instant at which a period begins.
fn instant(period: u64) -> Time {
    Time((u128::from(period) * 1_000_000_000).div_ceil(u128::from(LFCLK)) as u64)
}

impl Rtc {
    /// RTC `number` at reset.
    pub fn new(number: usize) -> Rtc {
        Rtc { number, running: false, evten: 0, prescaler: 0, cc: [0; 4], count: 0, since: 0, due: u64::MAX }
    }

    fn id(&self) -> usize {
        [id::RTC0, id::RTC1][self.number]
    }

    fn event(&self) -> Event {
        [Event::Rtc0, Event::Rtc1][self.number]
    }

    /// Compare registers: RTC0 has three.
    fn channels(&self) -> usize {
        3 + self.number
    }

    fn counts(&self, s: &Shared) -> bool {
        self.running && s.lfclk_since <= s.now
    }

    fn step(&self) -> u64 {
        u64::from(self.prescaler) + 1
    }

    fn advance(&mut self, s: &Shared, period: u64) {
        if self.counts(s) {
            self.since = self.since.max(periods(s.lfclk_since));
            let steps = period.saturating_sub(self.since) / self.step();
            self.count = self.count.wrapping_add(steps as u32) & MASK;
            self.since += steps * self.step();
        } else {
            self.since = period;
        }
    }

    fn catch_up(&mut self, s: &mut Shared) {
        let now = periods(s.now);
        while self.due <= now {
            let at = self.due;
            self.advance(s, at);
            self.reached(s);
            self.find_due(s);
        }
        self.advance(s, now);
    }

    /// Which events are generated: those enabled for PPI or as an interrupt.
    fn enabled(&self, s: &Shared) -> u32 {
        self.evten | s.interface[self.id()].inten
    }

    /// The counter has just reached its present value.
    fn reached(&mut self, s: &mut Shared) {
        let (id, enabled) = (self.id(), self.enabled(s));
        let mut happened = 1 << EVENT_TICK;
        if self.count == 0 {
            happened |= 1 << EVENT_OVRFLW;
        }
        for n in (0..self.channels()).filter(|&n| self.cc[n] == self.count) {
            happened |= 1 << (EVENT_COMPARE0 + n as u32);
        }
        let events = happened & enabled;
        for event in (0..20).filter(|event| events >> event & 1 != 0) {
            s.raise(id, event);
        }
    }

    fn find_due(&mut self, s: &Shared) {
        self.due = u64::MAX;
        if !self.counts(s) {
            return;
        }
        let enabled = self.enabled(s);
        let distance = |to: u32| match to.wrapping_sub(self.count) & MASK {
            0 => u64::from(MASK) + 1,
            steps => u64::from(steps),
        };
        let mut steps = None;
        let mut offer = |event: u32, distance: u64| {
            if enabled >> event & 1 != 0 {
                steps = Some(steps.map_or(distance, |steps: u64| steps.min(distance)));
            }
        };
        offer(EVENT_TICK, 1);
        offer(EVENT_OVRFLW, distance(0));
        for n in 0..self.channels() {
            offer(EVENT_COMPARE0 + n as u32, distance(self.cc[n]));
        }
        if let Some(steps) = steps {
            self.due = self.since + steps * self.step();
        }
    }

    /// Something changed that decides what happens next.
    pub fn plan(&mut self, s: &mut Shared) {
        self.find_due(s);
        if self.due == u64::MAX {
            s.cancel(self.event());
        } else {
            s.schedule(self.event(), instant(self.due));
        }
    }

    /// The planned event has come, or the low-frequency clock is about to start or stop.
    pub fn tick(&mut self, s: &mut Shared) {
        self.catch_up(s);
        self.plan(s);
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        self.catch_up(s);
        match task {
            TASK_START => self.running = true,
            TASK_STOP => self.running = false,
            TASK_CLEAR => self.count = 0,
            TASK_TRIGOVRFLW => self.count = 0x00FF_FFF0,
            _ => {}
        }
        self.plan(s);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        self.catch_up(s);
        match offset {
            EVTEN | EVTENSET | EVTENCLR => self.evten,
            COUNTER => self.count,
            PRESCALER => self.prescaler,
            CC0..=CC3 => self.cc[((offset - CC0) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        self.catch_up(s);
        match offset {
            EVTEN => self.evten = value,
            EVTENSET => self.evten |= value,
            EVTENCLR => self.evten &= !value,
            PRESCALER if !self.running => self.prescaler = value & 0xFFF,
            CC0..=CC3 => self.cc[((offset - CC0) / 4) as usize] = value & MASK,
            _ => {}
        }
        self.plan(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn it_counts_the_slow_clock() {
        let (mut s, mut rtc) = (shared(""), Rtc::new(1));
        rtc.write(&mut s, PRESCALER, 32);
        rtc.task(&mut s, TASK_START);
        run(&mut s, Time::from_secs(1), |s, _| rtc.tick(s));
        assert_eq!(rtc.read(&mut s, COUNTER), 0, "its clock does not run yet");
        s.lfclk_since = s.now;
        run(&mut s, Time::from_secs(10), |s, _| rtc.tick(s));
        assert_eq!(rtc.read(&mut s, COUNTER), 327_680 / 33);
    }

    #[test]
    fn events_are_generated_when_enabled() {
        let (mut s, mut rtc) = (shared(""), Rtc::new(0));
        s.lfclk_since = Time::ZERO;
        rtc.task(&mut s, TASK_START);
        rtc.write(&mut s, CC0, 32_768);
        run(&mut s, Time::from_secs(2), |s, _| rtc.tick(s));
        assert!(!s.raised(id::RTC0, EVENT_COMPARE0));
        rtc.task(&mut s, TASK_CLEAR);
        rtc.write(&mut s, EVTENSET, 1 << EVENT_COMPARE0);
        run(&mut s, Time(999_900_000), |s, _| rtc.tick(s));
        assert!(!s.raised(id::RTC0, EVENT_COMPARE0));
        run(&mut s, Time(200_000), |s, _| rtc.tick(s));
        assert!(s.raised(id::RTC0, EVENT_COMPARE0));
        rtc.write(&mut s, EVTENSET, 1 << EVENT_OVRFLW);
        rtc.task(&mut s, TASK_TRIGOVRFLW);
        run(&mut s, Time::from_millis(1), |s, _| rtc.tick(s));
        assert!(s.raised(id::RTC0, EVENT_OVRFLW));
    }
}
