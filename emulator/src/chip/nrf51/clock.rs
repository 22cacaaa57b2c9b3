//! CLOCK and POWER (reference manual, chapters 12 and 13), which share a block, and the MPU's
//! registers in it, which keep what is written.

use super::shared::{Event, Shared, id};
use crate::clock::Time;

const HFCLKRUN: u32 = 0x408;
const HFCLKSTAT: u32 = 0x40C;
const LFCLKRUN: u32 = 0x414;
const LFCLKSTAT: u32 = 0x418;
const LFCLKSRCCOPY: u32 = 0x41C;
const LFCLKSRC: u32 = 0x518;
const CTIV: u32 = 0x538;
const XTALFREQ: u32 = 0x550;

const RESETREAS: u32 = 0x400;
const RAMSTATUS: u32 = 0x428;
pub const SYSTEMOFF: u32 = 0x500;
const POFCON: u32 = 0x510;
const GPREGRET: u32 = 0x51C;
const RAMON: u32 = 0x524;
const RESET: u32 = 0x544;
const RAMONB: u32 = 0x554;
const DCDCEN: u32 = 0x578;

const PERR0: u32 = 0x528;
const RLENR0: u32 = 0x52C;
const PROTENSET0: u32 = 0x600;
const PROTENSET1: u32 = 0x604;
const DISABLEINDEBUG: u32 = 0x608;
const PROTBLOCKSIZE: u32 = 0x60C;

const TASK_HFCLKSTART: u32 = 0;
const TASK_HFCLKSTOP: u32 = 1;
const TASK_LFCLKSTART: u32 = 2;
const TASK_LFCLKSTOP: u32 = 3;
const TASK_CAL: u32 = 4;
const EVENT_HFCLKSTARTED: u32 = 0;
const EVENT_LFCLKSTARTED: u32 = 1;
const EVENT_DONE: u32 = 3;

/// Start-up of the 16 MHz crystal, typical (product specification, table 20).
const HF_STARTUP: Time = Time::from_micros(400);
/// Start-up of the 32.768 kHz RC oscillator, and of the crystal.
const RC_STARTUP: Time = Time::from_micros(390);
const XTAL_STARTUP: Time = Time::from_millis(300);
/// A calibration of the RC oscillator.
const CALIBRATION: Time = Time::from_millis(16);

/// Why the chip was reset (RESETREAS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Pin = 1,
    Watchdog = 2,
    Software = 4,
    /// A pin's DETECT, in system OFF.
    Off = 1 << 16,
    /// The comparator, in system OFF.
    Lpcomp = 1 << 17,
}

/// Clocks, power, and what survives a reset.
#[derive(Clone, Debug)]
pub struct ClockPower {
    hf_wanted: bool,
    hf_runs: bool,
    lf_wanted: bool,
    lfclksrc: u32,
    lfclksrccopy: u32,
    ctiv: u32,
    resetreas: u32,
    gpregret: u32,
    pofcon: u32,
    ramon: [u32; 2],
    reset: u32,
    dcdcen: u32,
    perr0: u32,
    rlenr0: u32,
    proten: [u32; 2],
    disable_in_debug: u32,
    protblocksize: u32,
}

impl Default for ClockPower {
    fn default() -> ClockPower {
        ClockPower {
            hf_wanted: false,
            hf_runs: false,
            lf_wanted: false,
            lfclksrc: 0,
            lfclksrccopy: 0,
            ctiv: 0,
            resetreas: 0,
            gpregret: 0,
            pofcon: 0,
            ramon: [3, 3],
            reset: 0,
            dcdcen: 0,
            perr0: 0,
            rlenr0: 0,
            proten: [0; 2],
            disable_in_debug: 1,
            protblocksize: 0,
        }
    }
}

impl ClockPower {
    /// What remains after a reset, and its reason.
    pub fn after_reset(&self, reason: Reason) -> ClockPower {
        let resetreas = self.resetreas | reason as u32;
        ClockPower { resetreas, gpregret: self.gpregret, reset: self.reset, ..ClockPower::default() }
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_HFCLKSTART => {
                self.hf_wanted = true;
                let wait = if self.hf_runs { Time::ZERO } else { HF_STARTUP };
                s.schedule_in(Event::HighClock, wait);
            }
            TASK_HFCLKSTOP => {
                self.hf_wanted = false;
                self.hf_runs = false;
                s.cancel(Event::HighClock);
            }
            TASK_LFCLKSTART => {
                self.lf_wanted = true;
                self.lfclksrccopy = self.lfclksrc;
                let wait = match self.lfclksrc {
                    _ if s.lfclk_since <= s.now => Time::ZERO,
                    1 => XTAL_STARTUP,
                    _ => RC_STARTUP,
                };
                s.schedule_in(Event::LowClock, wait);
            }
            TASK_LFCLKSTOP => {
                self.lf_wanted = false;
                s.lfclk_since = Time::NEVER;
                s.cancel(Event::LowClock);
            }
            TASK_CAL => s.schedule_in(Event::Calibration, CALIBRATION),
            _ => {}
        }
    }

    /// The 16 MHz crystal runs.
    pub fn high_started(&mut self, s: &mut Shared) {
        self.hf_runs = true;
        s.raise(id::CLOCK, EVENT_HFCLKSTARTED);
    }

    /// The 32.768 kHz clock runs.
    pub fn low_started(&mut self, s: &mut Shared) {
        if s.lfclk_since > s.now {
            s.lfclk_since = s.now;
        }
        s.raise(id::CLOCK, EVENT_LFCLKSTARTED);
    }

    /// The RC oscillator is calibrated.
    pub fn calibrated(&mut self, s: &mut Shared) {
        s.raise(id::CLOCK, EVENT_DONE);
    }

    /// Reads a register.
    pub fn read(&self, s: &Shared, offset: u32) -> u32 {
        match offset {
            RESETREAS => self.resetreas,
            HFCLKRUN => u32::from(self.hf_wanted),
            // The RC oscillator runs when the crystal does not.
            HFCLKSTAT => 1 << 16 | u32::from(self.hf_runs),
            LFCLKRUN => u32::from(self.lf_wanted),
            LFCLKSTAT => u32::from(s.lfclk_since <= s.now) << 16 | self.lfclksrccopy,
            LFCLKSRCCOPY => self.lfclksrccopy,
            RAMSTATUS => 3,
            POFCON => self.pofcon,
            LFCLKSRC => self.lfclksrc,
            GPREGRET => self.gpregret,
            RAMON => self.ramon[0],
            PERR0 => self.perr0,
            RLENR0 => self.rlenr0,
            CTIV => self.ctiv,
            RESET => self.reset,
            // 16 MHz
            XTALFREQ => 0xFF,
            RAMONB => self.ramon[1],
            DCDCEN => self.dcdcen,
            PROTENSET0 => self.proten[0],
            PROTENSET1 => self.proten[1],
            DISABLEINDEBUG => self.disable_in_debug,
            PROTBLOCKSIZE => self.protblocksize,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            // Bits are cleared by writing ones.
            RESETREAS => self.resetreas &= !value,
            POFCON => self.pofcon = value & 7,
            LFCLKSRC => self.lfclksrc = value & 3,
            GPREGRET => self.gpregret = value & 0xFF,
            RAMON => self.ramon[0] = value & 0x3_0003,
            PERR0 => self.perr0 = value,
            RLENR0 => self.rlenr0 = value,
            CTIV => self.ctiv = value & 0x7F,
            RESET => self.reset = value & 1,
            RAMONB => self.ramon[1] = value & 0x3_0003,
            DCDCEN => self.dcdcen = value & 1,
            // Protection can only be added, until a reset.
            PROTENSET0 => self.proten[0] |= value,
            PROTENSET1 => self.proten[1] |= value,
            DISABLEINDEBUG => self.disable_in_debug = value & 1,
            PROTBLOCKSIZE => self.protblocksize = value & 3,
            _ => {}
        }
    }

    /// Whether a block of RAM keeps what it holds in system OFF.
    pub fn retains(&self, block: usize) -> bool {
        self.ramon[block / 2] >> (16 + block % 2) & 1 != 0
    }

    /// Whether the 4 KiB block of flash at `address` may not be written or erased.
    pub fn protects(&self, address: u32) -> bool {
        let block = address / 4096;
        self.disable_in_debug == 0
            && block < 64
            && self.proten[(block / 32) as usize] >> (block % 32) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn clocks_need_time_to_start() {
        let (mut s, mut clock) = (shared(""), ClockPower::default());
        clock.task(&mut s, TASK_HFCLKSTART);
        clock.write(LFCLKSRC, 1);
        clock.task(&mut s, TASK_LFCLKSTART);
        let mut act = |s: &mut Shared, event| match event {
            Event::HighClock => clock.high_started(s),
            _ => clock.low_started(s),
        };
        run(&mut s, Time::from_millis(1), &mut act);
        assert!(s.raised(id::CLOCK, EVENT_HFCLKSTARTED) && !s.raised(id::CLOCK, EVENT_LFCLKSTARTED));
        run(&mut s, Time::from_secs(1), &mut act);
        assert!(s.raised(id::CLOCK, EVENT_LFCLKSTARTED));
        assert_eq!(clock.read(&s, LFCLKSTAT), 1 << 16 | 1);
        assert_eq!(clock.read(&s, HFCLKSTAT), 1 << 16 | 1);
    }

    #[test]
    fn reasons_add_up_until_they_are_cleared() {
        let mut clock = ClockPower::default();
        clock.write(GPREGRET, 0x51);
        let mut clock = clock.after_reset(Reason::Software).after_reset(Reason::Pin);
        let s = shared("");
        assert_eq!(clock.read(&s, RESETREAS), 5);
        assert_eq!(clock.read(&s, GPREGRET), 0x51);
        clock.write(RESETREAS, 1);
        assert_eq!(clock.read(&s, RESETREAS), 4);
    }
}
