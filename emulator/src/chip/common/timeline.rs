//! A chip's time: now, the processor's clock, and what its peripherals have planned.

use super::agenda::{Agenda, Planned};
use crate::clock::{Clock, Time};

/// Now, and what comes next. `E` are the chip's events.
#[derive(Clone, Debug)]
pub struct Timeline<E> {
    /// Now: of the access or event being handled. Never decreases.
    pub now: Time,
    /// Converts the processor's cycles. To change its frequency, see [`Timeline::set_hz`].
    pub clock: Clock,
    agenda: Agenda<E>,
    /// The earliest planned instant as a cycle: what a running core compares with.
    next_cycle: u64,
}

impl<E: Planned> Timeline<E> {
    /// Power-on, with a processor of `hz` cycles a second.
    pub fn new(hz: u64) -> Timeline<E> {
        Timeline { now: Time::ZERO, clock: Clock::new(hz), agenda: Agenda::default(), next_cycle: u64::MAX }
    }

    /// Forgets all plans, as a reset does; time goes on.
    pub fn forget_plans(&mut self) {
        self.agenda.clear();
        self.refresh_next();
    }

    /// Changes the processor's frequency at its cycle `cycle`.
    pub fn set_hz(&mut self, cycle: u64, hz: u64) {
        self.clock.set_hz(cycle, hz);
        self.refresh_next();
    }

    /// Moves to the instant of processor cycle `cycle`, if that is later.
    #[inline]
    pub fn at_cycle(&mut self, cycle: u64) {
        self.now = self.now.max(self.clock.time_at(cycle));
    }

    /// Now, in cycles of the processor.
    pub fn cycle(&self) -> u64 {
        self.clock.cycle_at(self.now)
    }

    /// Plans `event` for `at`, in place of what was planned for it.
    pub fn schedule(&mut self, event: E, at: Time) {
        if self.agenda.schedule(event, at) {
            self.refresh_next();
        }
    }

    /// Plans `event` for `span` from now.
    pub fn schedule_in(&mut self, event: E, span: Time) {
        self.schedule(event, self.now + span);
    }

    /// Takes back a planned event.
    pub fn cancel(&mut self, event: E) {
        self.schedule(event, Time::NEVER);
    }

    /// When `event` is planned.
    pub fn scheduled(&self, event: E) -> Time {
        self.agenda.scheduled(event)
    }

    /// The earliest planned instant.
    pub fn next(&self) -> Time {
        self.agenda.next()
    }

    /// The first cycle that begins at or after the earliest planned instant.
    #[inline]
    pub fn next_cycle(&self) -> u64 {
        self.next_cycle
    }

    /// The first event that is due at `t`, removed from the plan, with its instant.
    pub fn take_due(&mut self, t: Time) -> Option<(E, Time)> {
        let due = self.agenda.take_due(t)?;
        self.refresh_next();
        Some(due)
    }

    fn refresh_next(&mut self) {
        let next = self.agenda.next();
        self.next_cycle = if next == Time::NEVER { u64::MAX } else { self.clock.cycle_at(next) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Alarm;

    impl Planned for Alarm {
        const ALL: &'static [Alarm] = &[Alarm];
        fn index(self) -> usize {
            0
        }
    }

    #[test]
    fn the_next_cycle_follows_plans_and_frequency() {
        let mut time = Timeline::new(1_000_000);
        assert_eq!(time.next_cycle(), u64::MAX);
        time.schedule(Alarm, Time::from_millis(3));
        assert_eq!(time.next_cycle(), 3_000);
        time.at_cycle(1_000);
        assert_eq!(time.now, Time::from_millis(1));
        time.set_hz(1_000, 2_000_000);
        assert_eq!(time.next_cycle(), 5_000);
        assert_eq!(time.take_due(Time::from_millis(2)), None);
        assert_eq!(time.take_due(Time::from_millis(4)), Some((Alarm, Time::from_millis(3))));
        time.schedule_in(Alarm, Time::from_millis(1));
        assert_eq!(time.scheduled(Alarm), Time::from_millis(2));
        time.forget_plans();
        assert_eq!((time.next(), time.next_cycle()), (Time::NEVER, u64::MAX));
    }
}
