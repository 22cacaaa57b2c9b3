//! ADC (reference manual, chapter 31): 8, 9 or 10 bits of eight inputs or the supply.

use super::shared::{Event, Shared, id};
use crate::clock::Time;
use crate::world::{Microvolts, VDD};

const BUSY: u32 = 0x400;
const ENABLE: u32 = 0x500;
const CONFIG: u32 = 0x504;
const RESULT: u32 = 0x508;
const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const EVENT_END: u32 = 0;

/// The internal band gap.
const VBG: Microvolts = 1_200_000;
/// Pins of AIN0 to AIN7.
pub const AIN: [u8; 8] = [26, 27, 1, 2, 3, 4, 5, 6];
/// Pins of AREF0 and AREF1.
pub const AREF: [u8; 2] = [0, 6];

/// The converter.
#[derive(Clone, Debug)]
pub struct Adc {
    enabled: bool,
    config: u32,
    busy: bool,
    result: u32,
}

impl Default for Adc {
    fn default() -> Adc {
        Adc { enabled: false, config: 0x18, busy: false, result: 0 }
    }
}

impl Adc {
    fn bits(&self) -> u32 {
        8 + (self.config & 3).min(2)
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_START if self.enabled => {
                self.busy = true;
                // Product specification, table 47.
                s.schedule_in(Event::Adc, Time::from_micros([20, 36, 68][self.bits() as usize - 8]));
            }
            TASK_STOP => {
                self.busy = false;
                s.cancel(Event::Adc);
            }
            _ => {}
        }
    }

    /// A conversion is done.
    pub fn tick(&mut self, s: &mut Shared) {
        self.busy = false;
        self.result = self.convert(s);
        s.raise(id::ADC, EVENT_END);
    }

    fn convert(&self, s: &mut Shared) -> u32 {
        let selected = self.config >> 8 & 0xFF;
        let input = match selected {
            0 => 0,
            _ => s.world.pin_volts(s.now, AIN[selected.trailing_zeros() as usize]),
        };
        let input = match self.config >> 2 & 7 {
            0 => input,
            1 => input * 2 / 3,
            2 => input / 3,
            5 => VDD * 2 / 3,
            6 => VDD / 3,
            _ => 0,
        };
        let reference = match self.config >> 5 & 3 {
            0 => VBG,
            1 => match self.config >> 16 & 3 {
                n @ (1 | 2) => s.world.pin_volts(s.now, AREF[n as usize - 1]),
                _ => 0,
            },
            2 => VDD / 2,
            _ => VDD / 3,
        };
        let full = (1i64 << self.bits()) - 1;
        let result = (input << self.bits()).checked_div(reference).unwrap_or(full);
        result.clamp(0, full) as u32
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            BUSY => u32::from(self.busy),
            ENABLE => u32::from(self.enabled),
            CONFIG => self.config,
            RESULT => self.result,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            ENABLE => self.enabled = value & 3 == 1,
            CONFIG => self.config = value & 0x0003_FF7F,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    fn measure(config: u32) -> u32 {
        let bench = "[[part]]\ntype = \"potentiometer\"\npins = { wiper = \"P1\" }\ninputs.position = 25\n";
        let (mut s, mut adc) = (shared(bench), Adc::default());
        adc.write(ENABLE, 1);
        adc.write(CONFIG, config);
        adc.task(&mut s, TASK_START);
        assert_eq!(adc.read(BUSY), 1);
        run(&mut s, Time::from_micros(68), |s, _| adc.tick(s));
        assert!(s.raised(id::ADC, EVENT_END));
        adc.read(RESULT)
    }

    #[test]
    fn inputs_prescalers_and_references() {
        // P1 is AIN3 (P0.02): a quarter of the supply, against a third of it, both divided by three.
        let third = 2 << 2 | 3 << 5 | 8 << 8;
        assert_eq!(measure(third | 2), 256);
        assert_eq!(measure(third), 64);
        // 825 mV against 1.2 V
        assert_eq!(measure(8 << 8 | 2), 825 * 1024 / 1200);
        // The supply by three against the band gap
        assert_eq!(measure(6 << 2 | 2), 1100 * 1024 / 1200);
        // Above the reference it saturates: the supply's two thirds.
        assert_eq!(measure(5 << 2 | 1), 511);
    }
}
