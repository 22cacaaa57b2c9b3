//! RTC (data sheet section 4.8): a calendar that counts seconds of CLK_RTC, with an alarm.
//!
//! The date is worked out from the time passed when someone looks; only a set alarm needs events.

use super::shared::{Event, Shared, irq};
use crate::clock::Time;

const CLKDIV_M1: u32 = 0x00;
const SETUP_0: u32 = 0x04;
const SETUP_1: u32 = 0x08;
const CTRL: u32 = 0x0C;
const IRQ_SETUP_0: u32 = 0x10;
const IRQ_SETUP_1: u32 = 0x14;
const RTC_1: u32 = 0x18;
const RTC_0: u32 = 0x1C;
const INTR: u32 = 0x20;
const INTE: u32 = 0x24;
const INTF: u32 = 0x28;
const INTS: u32 = 0x2C;

const CTRL_ENABLE: u32 = 1;
const CTRL_ACTIVE: u32 = 1 << 1;
const CTRL_LOAD: u32 = 1 << 4;
const CTRL_FORCE_NOTLEAPYEAR: u32 = 1 << 8;
const MATCH_ENA: u32 = 1 << 28;
const MATCH_ACTIVE: u32 = 1 << 29;

const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Date {
    year: u32,
    month: u32,
    day: u32,
    weekday: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

impl Date {
    fn new(setup0: u32, setup1: u32) -> Date {
        Date {
            year: setup0 >> 12 & 0xFFF,
            month: setup0 >> 8 & 0xF,
            day: setup0 & 0x1F,
            weekday: setup1 >> 24 & 7,
            hour: setup1 >> 16 & 0x1F,
            minute: setup1 >> 8 & 0x3F,
            second: setup1 & 0x3F,
        }
    }

    fn date(&self) -> u32 {
        self.year << 12 | self.month << 8 | self.day
    }

    fn time(&self) -> u32 {
        self.weekday << 24 | self.hour << 16 | self.minute << 8 | self.second
    }

    fn days_in_month(&self, leap_years: bool) -> u32 {
        match self.month {
            4 | 6 | 9 | 11 => 30,
            // The hardware's rule: every fourth year, unless told otherwise.
            2 if leap_years && self.year.is_multiple_of(4) => 29,
            2 => 28,
            _ => 31,
        }
    }

    fn advance(&mut self, seconds: u64, leap_years: bool) {
        let total = u64::from(self.hour * 3600 + self.minute * 60 + self.second) + seconds;
        let (days, rest) = (total / 86_400, (total % 86_400) as u32);
        (self.hour, self.minute, self.second) = (rest / 3600, rest / 60 % 60, rest % 60);
        for _ in 0..days {
            self.weekday = (self.weekday + 1) % 7;
            self.day += 1;
            if self.day > self.days_in_month(leap_years) {
                self.day = 1;
                self.month += 1;
                if self.month > 12 {
                    self.month = 1;
                    self.year = (self.year + 1) & 0xFFF;
                }
            }
        }
    }
}

/// The real-time clock.
#[derive(Clone, Debug, Default)]
pub struct Rtc {
    clkdiv_m1: u32,
    setup: [u32; 2],
    ctrl: u32,
    irq_setup: [u32; 2],
    inte: u32,
    intf: u32,
    matched: bool,
    /// The date at instant `since`.
    date: Date,
    since: Time,
    /// Reading RTC_0 latches what RTC_1 then shows, so that the two belong together.
    latched: u32,
}

impl Rtc {
    /// What one count of seconds takes: a second when CLKDIV fits CLK_RTC.
    fn second(&self, s: &Shared) -> u64 {
        if s.hz.rtc == 0 {
            return 0;
        }
        (u64::from(self.clkdiv_m1) + 1) * SECOND / s.hz.rtc
    }

    fn catch_up(&mut self, s: &Shared) {
        let second = self.second(s);
        if self.ctrl & CTRL_ENABLE == 0 || second == 0 {
            self.since = s.now;
            return;
        }
        let seconds = s.now.saturating_sub(self.since).nanos() / second;
        self.date.advance(seconds, self.ctrl & CTRL_FORCE_NOTLEAPYEAR == 0);
        self.since += Time(seconds * second);
    }

    fn plan(&mut self, s: &mut Shared) {
        let second = self.second(s);
        let enabled = self.ctrl & CTRL_ENABLE != 0 && self.irq_setup[0] & MATCH_ENA != 0;
        if enabled && second != 0 {
            s.schedule(Event::Rtc, self.since + Time(second));
        } else {
            s.cancel(Event::Rtc);
        }
    }

    /// Whether every enabled field of the alarm matches.
    fn matches(&self) -> bool {
        let [setup0, setup1] = self.irq_setup;
        let (alarm, now) = (Date::new(setup0, setup1), self.date);
        let fields = [
            (setup0 >> 26 & 1, alarm.year == now.year),
            (setup0 >> 25 & 1, alarm.month == now.month),
            (setup0 >> 24 & 1, alarm.day == now.day),
            (setup1 >> 31 & 1, alarm.weekday == now.weekday),
            (setup1 >> 30 & 1, alarm.hour == now.hour),
            (setup1 >> 29 & 1, alarm.minute == now.minute),
            (setup1 >> 28 & 1, alarm.second == now.second),
        ];
        fields.iter().all(|&(enabled, equal)| enabled == 0 || equal)
    }

    /// A second passed with the alarm on.
    pub fn tick(&mut self, s: &mut Shared) {
        self.catch_up(s);
        self.matched = self.matches();
        self.update(s);
        self.plan(s);
    }

    fn status(&self) -> u32 {
        u32::from(self.matched) & self.inte | self.intf
    }

    fn update(&self, s: &mut Shared) {
        s.set_irq(irq::RTC, self.status() != 0);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            CLKDIV_M1 => self.clkdiv_m1,
            SETUP_0 => self.setup[0],
            SETUP_1 => self.setup[1],
            CTRL => self.ctrl | if self.ctrl & CTRL_ENABLE != 0 { CTRL_ACTIVE } else { 0 },
            IRQ_SETUP_0 => {
                let active = if self.irq_setup[0] & MATCH_ENA != 0 { MATCH_ACTIVE } else { 0 };
                self.irq_setup[0] | active
            }
            IRQ_SETUP_1 => self.irq_setup[1],
            RTC_0 => {
                self.catch_up(s);
                self.latched = self.date.date();
                self.date.time()
            }
            RTC_1 => self.latched,
            INTR => u32::from(self.matched),
            INTE => self.inte,
            INTF => self.intf,
            INTS => self.status(),
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        self.catch_up(s);
        match offset {
            CLKDIV_M1 => self.clkdiv_m1 = value & 0xFFFF,
            SETUP_0 => self.setup[0] = value & 0x00FF_FF1F,
            SETUP_1 => self.setup[1] = value & 0x071F_3F3F,
            CTRL => {
                if value & CTRL_LOAD != 0 {
                    self.date = Date::new(self.setup[0], self.setup[1]);
                    self.since = s.now;
                }
                self.ctrl = value & (CTRL_ENABLE | CTRL_FORCE_NOTLEAPYEAR);
            }
            IRQ_SETUP_0 => self.irq_setup[0] = value & 0x17FF_FF1F,
            IRQ_SETUP_1 => self.irq_setup[1] = value & 0xF71F_3F3F,
            INTE => self.inte = value & 1,
            INTF => self.intf = value & 1,
            _ => {}
        }
        if self.irq_setup[0] & MATCH_ENA == 0 {
            self.matched = false;
        }
        self.update(s);
        self.plan(s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_carries_over() {
        let mut date = Date::new(2023 << 12 | 12 << 8 | 31, 23 << 16 | 59 << 8 | 59);
        date.advance(1, true);
        assert_eq!((date.year, date.month, date.day, date.weekday), (2024, 1, 1, 1));
        assert_eq!((date.hour, date.minute, date.second), (0, 0, 0));
        date.advance(59 * 86_400, true);
        assert_eq!((date.month, date.day), (2, 29));
        date.advance(86_400, true);
        assert_eq!((date.month, date.day), (3, 1));
    }
}
