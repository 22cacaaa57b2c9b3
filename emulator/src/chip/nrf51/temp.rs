//! TEMP, the die's thermometer (reference manual, chapter 21).

use super::shared::{Event, Shared, id};
use crate::clock::Time;

const TEMP: u32 = 0x508;
const TASK_START: u32 = 0;
const TASK_STOP: u32 = 1;
const EVENT_DATARDY: u32 = 0;

/// A measurement (product specification, table 49).
const CONVERSION: Time = Time::from_micros(35);

/// The thermometer.
#[derive(Clone, Debug, Default)]
pub struct Temp {
    /// In quarters of a degree.
    temp: i32,
}

impl Temp {
    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_START => s.schedule_in(Event::Temp, CONVERSION),
            TASK_STOP => s.cancel(Event::Temp),
            _ => {}
        }
    }

    /// The measurement is done.
    pub fn tick(&mut self, s: &mut Shared) {
        let millidegrees = s.world.die_temperature(s.now);
        self.temp = (millidegrees + 125).div_euclid(250);
        s.raise(id::TEMP, EVENT_DATARDY);
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        if offset == TEMP { self.temp as u32 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn it_measures_in_quarters_of_a_degree() {
        let bench = "[[part]]\ntype = \"die_temperature\"\ninputs.temperature = -3.6\n";
        let (mut s, mut temp) = (shared(bench), Temp::default());
        temp.task(&mut s, TASK_START);
        assert!(!s.raised(id::TEMP, EVENT_DATARDY));
        run(&mut s, Time::from_micros(50), |s, _| temp.tick(s));
        assert!(s.raised(id::TEMP, EVENT_DATARDY));
        assert_eq!(temp.read(TEMP) as i32, -14);
    }
}
