//! LPCOMP (reference manual, chapter 32): compares a pin's voltage with a part of the supply's. Voltages on a bench
//! change at any time, so it looks every [`LOOK`] while it runs.

use super::adc::{AIN, AREF};
use super::shared::{Event, Shared, id};
use crate::clock::Time;
use crate::world::{Microvolts, VDD};

const RESULT: u32 = 0x400;
const ENABLE: u32 = 0x500;
const PSEL: u32 = 0x504;
const REFSEL: u32 = 0x508;
const EXTREFSEL: u32 = 0x50C;
const ANADETECT: u32 = 0x520;

const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const TASK_SAMPLE: u32 = 2;
const EVENT_READY: u32 = 0;
const EVENT_DOWN: u32 = 1;
const EVENT_UP: u32 = 2;
const EVENT_CROSS: u32 = 3;
const SHORT_READY_SAMPLE: u32 = 0;
const SHORT_READY_STOP: u32 = 1;
const SHORT_DOWN_STOP: u32 = 2;
const SHORT_UP_STOP: u32 = 3;
const SHORT_CROSS_STOP: u32 = 4;

const REFERENCE_EXTERNAL: u32 = 7;

/// Start-up, typical (product specification, table 48).
const STARTUP: Time = Time::from_micros(150);
const LOOK: Time = Time::from_millis(1);

/// The comparator.
#[derive(Clone, Debug, Default)]
pub struct Lpcomp {
    enabled: bool,
    running: bool,
    ready: bool,
    psel: u32,
    refsel: u32,
    extrefsel: u32,
    anadetect: u32,
    above: bool,
    result: bool,
    /// What ANADETECT waits for has come: this wakes the chip.
    pub detected: bool,
}

impl Lpcomp {
    fn reference(&self, s: &mut Shared) -> Microvolts {
        match self.refsel {
            REFERENCE_EXTERNAL => s.world.pin_volts(s.now, AREF[self.extrefsel as usize & 1]),
            eighths => VDD * (i64::from(eighths) + 1) / 8,
        }
    }

    fn is_above(&self, s: &mut Shared) -> bool {
        let reference = self.reference(s);
        s.world.pin_volts(s.now, AIN[self.psel as usize & 7]) > reference
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_START if self.enabled && !self.running => {
                (self.running, self.ready) = (true, false);
                s.schedule_in(Event::Lpcomp, STARTUP);
            }
            TASK_STOP => {
                (self.running, self.ready) = (false, false);
                s.cancel(Event::Lpcomp);
            }
            TASK_SAMPLE if self.ready => self.result = self.is_above(s),
            _ => {}
        }
    }

    /// It is time to look.
    pub fn tick(&mut self, s: &mut Shared) {
        s.schedule_in(Event::Lpcomp, LOOK);
        let above = self.is_above(s);
        if !self.ready {
            (self.ready, self.above) = (true, above);
            s.raise(id::LPCOMP, EVENT_READY);
            if s.short(id::LPCOMP, SHORT_READY_SAMPLE) {
                self.task(s, TASK_SAMPLE);
            }
            if s.short(id::LPCOMP, SHORT_READY_STOP) {
                self.task(s, TASK_STOP);
            }
            return;
        }
        if above == self.above {
            return;
        }
        self.above = above;
        let (event, short) = if above { (EVENT_UP, SHORT_UP_STOP) } else { (EVENT_DOWN, SHORT_DOWN_STOP) };
        self.detected |= match self.anadetect {
            0 => true,
            1 => above,
            _ => !above,
        };
        s.raise(id::LPCOMP, event);
        s.raise(id::LPCOMP, EVENT_CROSS);
        if s.short(id::LPCOMP, short) || s.short(id::LPCOMP, SHORT_CROSS_STOP) {
            self.task(s, TASK_STOP);
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            RESULT => u32::from(self.result),
            ENABLE => u32::from(self.enabled),
            PSEL => self.psel,
            REFSEL => self.refsel,
            EXTREFSEL => self.extrefsel,
            ANADETECT => self.anadetect,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            ENABLE => self.enabled = value & 3 == 1,
            PSEL => self.psel = value & 7,
            REFSEL => self.refsel = value & 7,
            EXTREFSEL => self.extrefsel = value & 1,
            ANADETECT => self.anadetect = value & 3,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const BENCH: &str = "[[part]]\ntype = \"potentiometer\"\nname = \"knob\"\npins = { wiper = \"P1\" }\n\
                         inputs.position = { generator = \"square\", min = 20, max = 80, period = \"20ms\" }\n";

    #[test]
    fn crossings_are_told_with_their_direction() {
        let (mut s, mut comparator) = (shared(BENCH), Lpcomp::default());
        // P1 is AIN3, against half of the supply.
        for (offset, value) in [(PSEL, 3), (REFSEL, 3), (ENABLE, 1), (ANADETECT, 2)] {
            comparator.write(offset, value);
        }
        comparator.task(&mut s, TASK_START);
        run(&mut s, Time::from_millis(5), |s, _| comparator.tick(s));
        assert!(s.raised(id::LPCOMP, EVENT_READY) && !s.raised(id::LPCOMP, EVENT_CROSS));
        comparator.task(&mut s, TASK_SAMPLE);
        let first = comparator.read(RESULT);
        run(&mut s, Time::from_millis(10), |s, _| comparator.tick(s));
        let (seen, other) = if first == 1 { (EVENT_DOWN, EVENT_UP) } else { (EVENT_UP, EVENT_DOWN) };
        assert!(
            s.raised(id::LPCOMP, EVENT_CROSS) && s.raised(id::LPCOMP, seen) && !s.raised(id::LPCOMP, other)
        );
        comparator.task(&mut s, TASK_SAMPLE);
        assert_ne!(comparator.read(RESULT), first);
        run(&mut s, Time::from_millis(10), |s, _| comparator.tick(s));
        assert!(s.raised(id::LPCOMP, other) && comparator.detected);
        comparator.task(&mut s, TASK_STOP);
        assert_eq!(s.scheduled(Event::Lpcomp), Time::NEVER);
    }
}
