//! TIMER0 to TIMER2 (reference manual, chapter 18).
//!
//! Nothing ticks: the counter is a function of the 16 MHz clock's cycle, and the next compare match
//! is planned.

use super::shared::{Event, Shared, id};

const MODE: u32 = 0x504;
const BITMODE: u32 = 0x508;
const PRESCALER: u32 = 0x510;
const CC0: u32 = 0x540;
const CC3: u32 = 0x54C;

const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const TASK_COUNT: u32 = 2;
const TASK_CLEAR: u32 = 3;
const TASK_SHUTDOWN: u32 = 4;
const TASK_CAPTURE0: u32 = 16;
const TASK_CAPTURE3: u32 = 19;
const EVENT_COMPARE0: u32 = 16;
/// SHORTS: COMPARE*n* to CLEAR is bit *n*, to STOP bit 8 + *n*.
const SHORT_STOP: u32 = 8;

/// One timer.
#[derive(Clone, Debug)]
pub struct Timer {
    number: usize,
    running: bool,
    counter_mode: bool,
    bitmode: u32,
    prescaler: u32,
    cc: [u32; 4],
    /// The counter at cycle `since`, from which on it counts.
    count: u32,
    since: u64,
    /// The cycle of the next compare match.
    due: u64,
}

impl Timer {
    /// Timer `number` at reset.
    pub fn new(number: usize) -> Timer {
        Timer {
            number,
            running: false,
            counter_mode: false,
            bitmode: 0,
            prescaler: 4,
            cc: [0; 4],
            count: 0,
            since: 0,
            due: u64::MAX,
        }
    }

    fn id(&self) -> usize {
        id::TIMER0 + self.number
    }

    fn event(&self) -> Event {
        [Event::Timer0, Event::Timer1, Event::Timer2][self.number]
    }

    /// Bits of the counter. Only TIMER0 has more than 16.
    fn mask(&self) -> u32 {
        match (self.bitmode, self.number) {
            (1, _) => 0xFF,
            (2, 0) => 0x00FF_FFFF,
            (3, 0) => u32::MAX,
            _ => 0xFFFF,
        }
    }

    fn counts(&self) -> bool {
        self.running && !self.counter_mode
    }

    /// Brings the counter up to `cycle`.
    fn advance(&mut self, cycle: u64) {
        if self.counts() {
            let steps = cycle.saturating_sub(self.since) >> self.prescaler;
            self.count = self.count.wrapping_add(steps as u32) & self.mask();
            self.since += steps << self.prescaler;
        } else {
            self.since = cycle;
        }
    }

    /// Lets all matches up to now happen.
    fn catch_up(&mut self, s: &mut Shared) {
        let now = s.cycle();
        while self.due <= now {
            let at = self.due;
            self.advance(at);
            self.matched(s);
            self.find_due();
        }
        self.advance(now);
    }

    /// The counter has just reached its present value.
    fn matched(&mut self, s: &mut Shared) {
        let (id, mask, count) = (self.id(), self.mask(), self.count);
        for n in (0..4).filter(|&n| self.cc[n as usize] & mask == count) {
            s.raise(id, EVENT_COMPARE0 + n);
            if s.short(id, n) {
                self.count = 0;
            }
            if s.short(id, SHORT_STOP + n) {
                self.running = false;
            }
        }
    }

    fn find_due(&mut self) {
        self.due = u64::MAX;
        if self.counts() {
            let mask = u64::from(self.mask());
            let steps = self.cc.iter().map(|&cc| {
                let steps = u64::from(cc.wrapping_sub(self.count)) & mask;
                if steps == 0 { mask + 1 } else { steps }
            });
            let steps = steps.min().unwrap_or(mask + 1);
            self.due = self.since + (steps << self.prescaler);
        }
    }

    fn plan(&mut self, s: &mut Shared) {
        self.find_due();
        if self.due == u64::MAX {
            s.cancel(self.event());
        } else {
            let at = s.clock.time_at(self.due);
            s.schedule(self.event(), at);
        }
    }

    /// The planned match has come.
    pub fn tick(&mut self, s: &mut Shared) {
        self.catch_up(s);
        self.plan(s);
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        self.catch_up(s);
        match task {
            TASK_START => self.running = true,
            TASK_STOP | TASK_SHUTDOWN => self.running = false,
            TASK_COUNT if self.running && self.counter_mode => {
                self.count = self.count.wrapping_add(1) & self.mask();
                self.matched(s);
            }
            TASK_CLEAR => {
                self.count = 0;
                self.since = s.cycle();
            }
            TASK_CAPTURE0..=TASK_CAPTURE3 => self.cc[(task - TASK_CAPTURE0) as usize] = self.count,
            _ => {}
        }
        self.plan(s);
    }

    /// Before the common registers are looked at: events that are due are in them.
    pub fn refresh(&mut self, s: &mut Shared) {
        if self.due <= s.cycle() {
            self.tick(s);
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            MODE => u32::from(self.counter_mode),
            BITMODE => self.bitmode,
            PRESCALER => self.prescaler,
            CC0..=CC3 => self.cc[((offset - CC0) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        self.catch_up(s);
        match offset {
            MODE => self.counter_mode = value & 1 != 0,
            BITMODE => self.bitmode = value & 3,
            PRESCALER => self.prescaler = (value & 0xF).min(9),
            CC0..=CC3 => self.cc[((offset - CC0) / 4) as usize] = value,
            _ => {}
        }
        self.plan(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;
    use crate::clock::Time;

    fn started(s: &mut Shared, timer: &mut Timer, settings: &[(u32, u32)]) {
        for &(offset, value) in settings {
            timer.write(s, offset, value);
        }
        timer.task(s, TASK_CLEAR);
        timer.task(s, TASK_START);
    }

    fn count(s: &mut Shared, timer: &mut Timer) -> u32 {
        timer.task(s, TASK_CAPTURE3);
        timer.read(CC3)
    }

    #[test]
    fn it_counts_microseconds_and_matches() {
        let (mut s, mut timer) = (shared(""), Timer::new(1));
        started(&mut s, &mut timer, &[(PRESCALER, 4), (CC0, 100)]);
        run(&mut s, Time::from_micros(99), |s, _| timer.tick(s));
        assert!(!s.raised(9, EVENT_COMPARE0));
        run(&mut s, Time::from_micros(1), |s, _| timer.tick(s));
        assert!(s.raised(9, EVENT_COMPARE0));
        assert_eq!(count(&mut s, &mut timer), 100);
        // 16 bits: the next match comes a whole turn later.
        s.interface[9].events = 0;
        run(&mut s, Time::from_micros(65535), |s, _| timer.tick(s));
        assert!(!s.raised(9, EVENT_COMPARE0));
        run(&mut s, Time::from_micros(1), |s, _| timer.tick(s));
        assert!(s.raised(9, EVENT_COMPARE0));
    }

    #[test]
    fn shortcuts_clear_and_stop() {
        let (mut s, mut timer) = (shared(""), Timer::new(0));
        s.interface[8].shorts = 1 | 1 << (SHORT_STOP + 1);
        started(&mut s, &mut timer, &[(BITMODE, 3), (PRESCALER, 0), (CC0, 1600), (CC0 + 4, 1 << 24)]);
        run(&mut s, Time::from_micros(250), |s, _| timer.tick(s));
        assert_eq!(count(&mut s, &mut timer), 800);
        s.interface[8].shorts = 1 << (SHORT_STOP + 1);
        run(&mut s, Time::from_secs(2), |s, _| timer.tick(s));
        assert_eq!(count(&mut s, &mut timer), 1 << 24);
    }

    #[test]
    fn a_counter_counts_tasks() {
        let (mut s, mut timer) = (shared(""), Timer::new(2));
        started(&mut s, &mut timer, &[(MODE, 1), (BITMODE, 1), (CC0, 2)]);
        timer.task(&mut s, TASK_COUNT);
        assert!(!s.raised(10, EVENT_COMPARE0));
        timer.task(&mut s, TASK_COUNT);
        assert!(s.raised(10, EVENT_COMPARE0));
        run(&mut s, Time::from_secs(1), |s, _| timer.tick(s));
        assert_eq!(count(&mut s, &mut timer), 2);
    }
}
