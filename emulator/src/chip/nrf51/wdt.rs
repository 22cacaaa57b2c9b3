//! WDT (reference manual, chapter 20): resets the chip unless all enabled reload requests come.

use super::shared::{Event, Shared, id};
use crate::chip::Demand;
use crate::clock::Time;

const RUNSTATUS: u32 = 0x400;
const REQSTATUS: u32 = 0x404;
const CRV: u32 = 0x504;
const RREN: u32 = 0x508;
const CONFIG: u32 = 0x50C;
const RR0: u32 = 0x600;
const RR7: u32 = 0x61C;
const TASK_START: u32 = 0;
const EVENT_TIMEOUT: u32 = 0;

const RELOAD: u32 = 0x6E52_4635;

/// Two periods of the 32.768 kHz clock between TIMEOUT and the reset.
const LAST_WORDS: Time = Time(2 * 1_000_000_000 / 32_768);

/// The watchdog. Once started, nothing but a reset stops it, and its settings are fixed.
#[derive(Clone, Debug)]
pub struct Wdt {
    running: bool,
    crv: u32,
    rren: u32,
    config: u32,
    /// Reload requests that are still missing.
    missing: u32,
    /// The event has been; nothing stops the reset any more.
    bites: bool,
    /// It has bitten: why the chip is reset.
    pub expired: bool,
}

impl Default for Wdt {
    fn default() -> Wdt {
        Wdt { running: false, crv: u32::MAX, rren: 1, config: 1, missing: 1, bites: false, expired: false }
    }
}

impl Wdt {
    fn reload(&mut self, s: &mut Shared) {
        self.missing = self.rren;
        let nanos = (u64::from(self.crv) + 1) * 1_000_000_000 / 32_768;
        s.schedule_in(Event::Wdt, Time(nanos));
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        if task == TASK_START && !self.running {
            self.running = true;
            self.reload(s);
        }
    }

    /// Time is up: first the event, for last words, then the reset.
    pub fn expire(&mut self, s: &mut Shared) {
        if self.bites {
            self.expired = true;
            s.demand = Some(Demand::Reset);
        } else {
            self.bites = true;
            s.raise(id::WDT, EVENT_TIMEOUT);
            s.schedule_in(Event::Wdt, LAST_WORDS);
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            RUNSTATUS => u32::from(self.running),
            REQSTATUS => self.missing,
            CRV => self.crv,
            RREN => self.rren,
            CONFIG => self.config,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            CRV if !self.running => self.crv = value.max(0xF),
            RREN if !self.running => self.rren = value & 0xFF,
            CONFIG if !self.running => self.config = value & 9,
            RR0..=RR7 if self.running && !self.bites && value == RELOAD => {
                self.missing &= !(1 << ((offset - RR0) / 4));
                if self.missing == 0 {
                    self.reload(s);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn it_bites_when_one_request_is_missing() {
        let (mut s, mut wdt) = (shared(""), Wdt::default());
        wdt.write(&mut s, CRV, 32_767);
        wdt.write(&mut s, RREN, 3);
        wdt.task(&mut s, TASK_START);
        run(&mut s, Time::from_millis(900), |s, _| wdt.expire(s));
        wdt.write(&mut s, RR0, RELOAD);
        wdt.write(&mut s, RR0 + 4, RELOAD);
        run(&mut s, Time::from_millis(900), |s, _| wdt.expire(s));
        assert_eq!(s.demand, None);
        wdt.write(&mut s, RR0, RELOAD);
        run(&mut s, Time(100_010_000), |s, _| wdt.expire(s));
        assert!(s.raised(id::WDT, EVENT_TIMEOUT));
        assert_eq!(s.demand, None);
        wdt.write(&mut s, RR0 + 4, RELOAD);
        run(&mut s, Time::from_millis(1), |s, _| wdt.expire(s));
        assert_eq!(s.demand, Some(Demand::Reset));
        assert!(wdt.expired);
    }
}
