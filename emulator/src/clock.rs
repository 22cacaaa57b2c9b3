//! Virtual time: integer nanoseconds for everything outside the CPU, cycles inside it.
//!
//! A [`Time`] is the trace's axis. A [`Clock`] converts between it and CPU cycles exactly: it
//! keeps the instant of the last frequency change and counts cycles from there, so that no
//! rounding error accumulates however long a run lasts.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant of virtual time in nanoseconds since power-on, or a span between two instants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// Power-on.
    pub const ZERO: Time = Time(0);
    /// Later than every event: "never".
    pub const NEVER: Time = Time(u64::MAX);

    /// A span of whole nanoseconds.
    pub const fn from_nanos(ns: u64) -> Time {
        Time(ns)
    }

    /// A span of whole microseconds.
    pub const fn from_micros(us: u64) -> Time {
        Time(us * 1_000)
    }

    /// A span of whole milliseconds.
    pub const fn from_millis(ms: u64) -> Time {
        Time(ms * 1_000_000)
    }

    /// A span of whole seconds.
    pub const fn from_secs(s: u64) -> Time {
        Time(s * 1_000_000_000)
    }

    /// Nanoseconds since power-on (or in the span).
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds as a float, for display and plotting only: never for scheduling.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// The sum, or [`Time::NEVER`] when it does not fit.
    pub const fn saturating_add(self, span: Time) -> Time {
        Time(self.0.saturating_add(span.0))
    }

    /// The difference, or zero when `earlier` is later.
    pub const fn saturating_sub(self, earlier: Time) -> Time {
        Time(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Time {
    type Output = Time;
    fn add(self, span: Time) -> Time {
        self.saturating_add(span)
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, span: Time) {
        *self = *self + span;
    }
}

impl Sub for Time {
    type Output = Time;
    fn sub(self, earlier: Time) -> Time {
        self.saturating_sub(earlier)
    }
}

impl fmt::Display for Time {
    /// Seconds with nine decimals, so that equal instants print equally.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09} s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

const NANOS: u128 = 1_000_000_000;

/// Converts CPU cycles to [`Time`] and back, across frequency changes.
#[derive(Clone, Debug)]
pub struct Clock {
    hz: u64,
    base_time: Time,
    base_cycles: u64,
}

impl Clock {
    /// A clock of `hz` cycles a second (at least one) that starts at cycle 0, time 0.
    pub fn new(hz: u64) -> Clock {
        Clock { hz: hz.max(1), base_time: Time::ZERO, base_cycles: 0 }
    }

    /// The present frequency in hertz.
    pub fn hz(&self) -> u64 {
        self.hz
    }

    /// Changes the frequency at cycle `now`; what came before keeps its times.
    pub fn set_hz(&mut self, now: u64, hz: u64) {
        let hz = hz.max(1);
        if hz != self.hz {
            self.base_time = self.time_at(now);
            self.base_cycles = now;
            self.hz = hz;
        }
    }

    /// The instant at which cycle `cycles` begins. Cycles before the last frequency change give
    /// the instant of the change.
    pub fn time_at(&self, cycles: u64) -> Time {
        let n = cycles.saturating_sub(self.base_cycles);
        let hz = self.hz;
        // The quotient and remainder keep the common case in 64 bits: `rest * 1e9` fits for any
        // clock below 18 GHz.
        let (seconds, rest) = (n / hz, n % hz);
        let ns = seconds.saturating_mul(NANOS as u64).saturating_add(rest * NANOS as u64 / hz);
        self.base_time.saturating_add(Time(ns))
    }

    /// The first cycle that begins at or after `time`.
    pub fn cycle_at(&self, time: Time) -> u64 {
        let ns = time.saturating_sub(self.base_time).nanos();
        let cycles = (u128::from(ns) * u128::from(self.hz)).div_ceil(NANOS);
        self.base_cycles.saturating_add(u64::try_from(cycles).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_is_exact_over_days() {
        let clock = Clock::new(125_000_000);
        let day = 86_400 * 125_000_000;
        assert_eq!(clock.time_at(day), Time::from_secs(86_400));
        assert_eq!(clock.cycle_at(Time::from_secs(86_400)), day);
        assert_eq!(clock.time_at(1), Time(8));
    }

    #[test]
    fn an_instant_maps_to_the_first_cycle_not_before_it() {
        let clock = Clock::new(133_000_000);
        for ns in [0, 1, 7, 8, 999, 1_000_003, 123_456_789_123] {
            let cycle = clock.cycle_at(Time(ns));
            assert!(clock.time_at(cycle) >= Time(ns) || clock.time_at(cycle + 1) > Time(ns));
            assert!(cycle == 0 || clock.time_at(cycle - 1) < Time(ns));
        }
    }

    #[test]
    fn a_frequency_change_keeps_the_past() {
        let mut clock = Clock::new(1_000_000);
        clock.set_hz(1_000, 125_000_000);
        assert_eq!(clock.time_at(1_000), Time::from_millis(1));
        assert_eq!(clock.time_at(1_000 + 125), Time::from_micros(1_001));
        assert_eq!(clock.cycle_at(Time::from_micros(1_001)), 1_125);
    }

    #[test]
    fn never_stays_never() {
        let clock = Clock::new(125_000_000);
        assert!(clock.cycle_at(Time::NEVER) > u64::MAX / 10);
        assert_eq!(Time::NEVER + Time(1), Time::NEVER);
    }
}
