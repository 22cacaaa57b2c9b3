//! QDEC (reference manual, chapter 30): counts the steps of a rotary encoder. Its LED pin keeps the level that is
//! "off": encoders on a bench need no light.

use super::gpio::selected;
use super::shared::{Event, Shared, id};
use crate::clock::Time;
use crate::world::Level;

const ENABLE: u32 = 0x500;
const LEDPOL: u32 = 0x504;
const SAMPLEPER: u32 = 0x508;
const SAMPLE: u32 = 0x50C;
const REPORTPER: u32 = 0x510;
const ACC: u32 = 0x514;
const ACCREAD: u32 = 0x518;
const PSELLED: u32 = 0x51C;
const PSELA: u32 = 0x520;
const PSELB: u32 = 0x524;
const DBFEN: u32 = 0x528;
const LEDPRE: u32 = 0x540;
const ACCDBL: u32 = 0x544;
const ACCDBLREAD: u32 = 0x548;

const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const TASK_READCLRACC: u32 = 2;
const EVENT_SAMPLERDY: u32 = 0;
const EVENT_REPORTRDY: u32 = 1;
const EVENT_ACCOF: u32 = 2;
const SHORT_REPORTRDY_READCLRACC: u32 = 0;
const SHORT_SAMPLERDY_STOP: u32 = 1;

/// Beyond this ACC stays as it is.
const FULL: i32 = 1023;
/// ACCDBL has four bits.
const FULL_DOUBLE: u32 = 15;

/// The decoder.
#[derive(Clone, Debug)]
pub struct Qdec {
    enabled: bool,
    running: bool,
    ledpol: u32,
    sampleper: u32,
    reportper: u32,
    psel: [u32; 3],
    dbfen: u32,
    ledpre: u32,
    /// The last pair of levels, A above B, and with the debounce filter the one that has to come again.
    levels: Option<u32>,
    candidate: u32,
    sample: i32,
    samples: u32,
    acc: i32,
    accread: i32,
    accdbl: u32,
    accdblread: u32,
}

impl Default for Qdec {
    fn default() -> Qdec {
        Qdec {
            enabled: false,
            running: false,
            ledpol: 0,
            sampleper: 0,
            reportper: 0,
            psel: [u32::MAX; 3],
            dbfen: 0,
            ledpre: 0x10,
            levels: None,
            candidate: 0,
            sample: 0,
            samples: 0,
            acc: 0,
            accread: 0,
            accdbl: 0,
            accdblread: 0,
        }
    }
}

impl Qdec {
    fn plan(&self, s: &mut Shared) {
        s.schedule_in(Event::Qdec, Time::from_micros(128 << self.sampleper));
    }

    /// Samples between two reports; none for the reserved values.
    fn report_after(&self) -> u32 {
        [10, 40, 80, 120, 160, 200, 240, 280][self.reportper as usize & 7]
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_START if self.enabled => {
                self.running = true;
                self.samples = 0;
                self.levels = None;
                self.plan(s);
            }
            TASK_STOP => {
                self.running = false;
                s.cancel(Event::Qdec);
            }
            TASK_READCLRACC => {
                (self.accread, self.accdblread) = (self.acc, self.accdbl);
                (self.acc, self.accdbl) = (0, 0);
            }
            _ => {}
        }
    }

    /// It is time for a sample.
    pub fn tick(&mut self, s: &mut Shared) {
        self.plan(s);
        let all = s.world.pin_levels(s.now) as u32;
        let level = |psel: u32| selected(psel).map_or(0, |pin| all >> pin & 1);
        let mut levels = level(self.psel[1]) << 1 | level(self.psel[2]);
        let seen = std::mem::replace(&mut self.candidate, levels);
        if self.dbfen != 0 && seen != levels {
            levels = self.levels.unwrap_or(levels);
        }
        let before = self.levels.replace(levels).unwrap_or(levels);
        self.sample = match (before, levels) {
            (0b00, 0b01) | (0b01, 0b11) | (0b11, 0b10) | (0b10, 0b00) => 1,
            (0b00, 0b10) | (0b10, 0b11) | (0b11, 0b01) | (0b01, 0b00) => -1,
            (a, b) if a == b => 0,
            // Both changed: it turned two steps, nobody knows which way.
            _ => 2,
        };
        match self.sample {
            2 if self.accdbl == FULL_DOUBLE => s.raise(id::QDEC, EVENT_ACCOF),
            2 => self.accdbl += 1,
            step if (self.acc + step).abs() > FULL => s.raise(id::QDEC, EVENT_ACCOF),
            step => self.acc += step,
        }
        s.raise(id::QDEC, EVENT_SAMPLERDY);
        self.samples += 1;
        if self.samples >= self.report_after() {
            self.samples = 0;
            // Only what moved is worth a report.
            if self.acc != 0 || self.accdbl != 0 {
                s.raise(id::QDEC, EVENT_REPORTRDY);
                if s.short(id::QDEC, SHORT_REPORTRDY_READCLRACC) {
                    self.task(s, TASK_READCLRACC);
                }
            }
        }
        if s.short(id::QDEC, SHORT_SAMPLERDY_STOP) {
            self.task(s, TASK_STOP);
        }
    }

    fn hold(&self, s: &mut Shared) {
        let led = selected(self.psel[0]).filter(|_| self.enabled);
        let pins: Vec<_> = led.map(|pin| (pin, Level::from(self.ledpol == 0))).into_iter().collect();
        s.hold_pins(id::QDEC, &pins);
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            ENABLE => u32::from(self.enabled),
            LEDPOL => self.ledpol,
            SAMPLEPER => self.sampleper,
            SAMPLE => self.sample as u32,
            REPORTPER => self.reportper,
            ACC => self.acc as u32,
            ACCREAD => self.accread as u32,
            PSELLED | PSELA | PSELB => self.psel[((offset - PSELLED) / 4) as usize],
            DBFEN => self.dbfen,
            LEDPRE => self.ledpre,
            ACCDBL => self.accdbl,
            ACCDBLREAD => self.accdblread,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            ENABLE => self.enabled = value & 1 != 0,
            LEDPOL => self.ledpol = value & 1,
            SAMPLEPER => self.sampleper = value & 7,
            REPORTPER => self.reportper = value & 7,
            PSELLED | PSELA | PSELB => self.psel[((offset - PSELLED) / 4) as usize] = value,
            DBFEN => self.dbfen = value & 1,
            LEDPRE => self.ledpre = value & 0x1FF,
            _ => return,
        }
        self.hold(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    /// A and B are driven by the port's own outputs, pins 2 and 3.
    fn decoder(s: &mut Shared) -> Qdec {
        let mut qdec = Qdec::default();
        s.gpio_write(0x518, 3 << 2);
        for (offset, value) in [(PSELA, 2), (PSELB, 3), (ENABLE, 1)] {
            qdec.write(s, offset, value);
        }
        qdec.task(s, TASK_START);
        qdec
    }

    fn step(s: &mut Shared, qdec: &mut Qdec, a: u32, b: u32) {
        s.gpio_write(0x504, a << 2 | b << 3);
        run(s, Time::from_micros(128), |s, _| qdec.tick(s));
    }

    #[test]
    fn steps_count_in_their_direction() {
        let mut s = shared("");
        let mut qdec = decoder(&mut s);
        for (a, b) in [(0, 0), (0, 1), (1, 1), (1, 0), (0, 0), (0, 1)] {
            step(&mut s, &mut qdec, a, b);
        }
        assert_eq!(qdec.read(ACC), 5);
        step(&mut s, &mut qdec, 0, 0);
        assert_eq!(qdec.read(SAMPLE) as i32, -1);
        step(&mut s, &mut qdec, 1, 1);
        assert_eq!((qdec.read(SAMPLE), qdec.read(ACCDBL)), (2, 1));
        assert!(s.raised(id::QDEC, EVENT_SAMPLERDY) && !s.raised(id::QDEC, EVENT_REPORTRDY));
        s.interface[id::QDEC].shorts = 1 << SHORT_REPORTRDY_READCLRACC;
        step(&mut s, &mut qdec, 1, 1);
        step(&mut s, &mut qdec, 1, 1);
        assert!(s.raised(id::QDEC, EVENT_REPORTRDY), "ten samples");
        assert_eq!((qdec.read(ACCREAD), qdec.read(ACCDBLREAD), qdec.read(ACC)), (4, 1, 0));
    }

    #[test]
    fn the_filter_wants_a_level_twice() {
        let mut s = shared("");
        let mut qdec = decoder(&mut s);
        qdec.dbfen = 1;
        for (a, b) in [(0, 0), (0, 0), (0, 1), (0, 0), (0, 0)] {
            step(&mut s, &mut qdec, a, b);
        }
        assert_eq!(qdec.read(ACC), 0);
        step(&mut s, &mut qdec, 0, 1);
        step(&mut s, &mut qdec, 0, 1);
        assert_eq!(qdec.read(ACC), 1);
    }
}
