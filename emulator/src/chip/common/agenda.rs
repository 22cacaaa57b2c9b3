//! When a chip's peripherals act next.

use crate::clock::Time;

/// The kinds of events that a chip's peripherals plan, one instant each.
pub trait Planned: Copy + 'static {
    /// All of them, in the order in which those of the same instant happen.
    const ALL: &'static [Self];

    /// Its place in [`Planned::ALL`].
    fn index(self) -> usize;
}

/// The planned instants, with the earliest at hand.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    at: Vec<Time>,
    next: Time,
    kinds: std::marker::PhantomData<E>,
}

impl<E: Planned> Default for Agenda<E> {
    fn default() -> Agenda<E> {
        Agenda { at: vec![Time::NEVER; E::ALL.len()], next: Time::NEVER, kinds: std::marker::PhantomData }
    }
}

impl<E: Planned> Agenda<E> {
    /// Plans `event` for `at`, in place of what was planned for it. True when that changed something.
    pub fn schedule(&mut self, event: E, at: Time) -> bool {
        let slot = &mut self.at[event.index()];
        let changed = *slot != at;
        if changed {
            *slot = at;
            self.refresh();
        }
        changed
    }

    /// When `event` is planned.
    pub fn scheduled(&self, event: E) -> Time {
        self.at[event.index()]
    }

    /// The earliest planned instant.
    pub fn next(&self) -> Time {
        self.next
    }

    /// The first event that is due at `t`, removed from the plan, with its instant.
    pub fn take_due(&mut self, t: Time) -> Option<(E, Time)> {
        if self.next > t {
            return None;
        }
        let (index, at) = self.at.iter().copied().enumerate().min_by_key(|&(i, at)| (at, i))?;
        self.at[index] = Time::NEVER;
        self.refresh();
        Some((E::ALL[index], at))
    }

    /// Forgets all plans.
    pub fn clear(&mut self) {
        self.at.fill(Time::NEVER);
        self.next = Time::NEVER;
    }

    fn refresh(&mut self) {
        self.next = self.at.iter().copied().min().unwrap_or(Time::NEVER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Event {
        First,
        Second,
    }

    impl Planned for Event {
        const ALL: &'static [Event] = &[Event::First, Event::Second];
        fn index(self) -> usize {
            self as usize
        }
    }

    #[test]
    fn the_earliest_comes_first_and_of_equals_the_lower() {
        let mut agenda = Agenda::default();
        assert!(agenda.schedule(Event::Second, Time(5)));
        assert!(agenda.schedule(Event::First, Time(5)));
        assert!(!agenda.schedule(Event::First, Time(5)));
        assert_eq!(agenda.take_due(Time(4)), None);
        assert_eq!(agenda.take_due(Time(5)), Some((Event::First, Time(5))));
        assert_eq!(agenda.next(), Time(5));
        assert_eq!(agenda.take_due(Time(9)), Some((Event::Second, Time(5))));
        assert_eq!(agenda.next(), Time::NEVER);
    }
}
