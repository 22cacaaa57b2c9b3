//! What the session was doing at which time of the board's: whoever goes back must take it up again there.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::message::Script;

/// What the session is doing with the board.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// Nothing: what the board prints is for the person at its prompt.
    Prompt,
    /// Following a program of ours.
    Running(Rc<Script>),
    /// Speaking the raw REPL's protocol.
    Busy,
}

/// The session's modes, each with the time of its beginning.
#[derive(Debug)]
pub struct Course {
    past: Vec<(Duration, Mode)>,
    /// After going back: what comes again if nothing else happens.
    ahead: VecDeque<(Duration, Mode)>,
}

impl Default for Course {
    fn default() -> Course {
        Course { past: vec![(Duration::ZERO, Mode::Prompt)], ahead: VecDeque::new() }
    }
}

impl Course {
    /// Something else begins now; what was ahead does not come.
    pub fn note(&mut self, at: Duration, mode: Mode) {
        self.ahead.clear();
        if *self.mode() != mode {
            self.past.push((at, mode));
        }
    }

    /// The present mode.
    pub fn mode(&self) -> &Mode {
        self.past.last().map_or(&Mode::Prompt, |(_, mode)| mode)
    }

    /// When another begins.
    pub fn next(&self) -> Option<Duration> {
        self.ahead.front().map(|(at, _)| *at)
    }

    /// Back to what was at a time.
    pub fn back_to(&mut self, at: Duration) {
        while self.past.len() > 1 && self.past.last().is_some_and(|(begun, _)| *begun > at) {
            self.ahead.extend(self.past.pop());
            self.ahead.rotate_right(1);
        }
    }

    /// Takes up the mode that has begun by now, one at a time; false when there is none.
    pub fn advance(&mut self, now: Duration) -> bool {
        let due = self.next().is_some_and(|at| at <= now);
        if due {
            self.past.extend(self.ahead.pop_front());
        }
        due
    }

    /// What was ahead does not come.
    pub fn forget_ahead(&mut self) {
        self.ahead.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_comes_again_until_something_else_does() {
        let at = Duration::from_millis;
        let running = Mode::Running(Rc::new(Script::default()));
        let mut course = Course::default();
        course.note(at(1), Mode::Busy);
        course.note(at(2), running.clone());
        course.note(at(9), Mode::Prompt);
        course.back_to(at(5));
        assert_eq!((course.mode(), course.next()), (&running, Some(at(9))));
        course.back_to(at(1));
        assert_eq!((course.mode(), course.next()), (&Mode::Busy, Some(at(2))));
        assert!(!course.advance(at(1)) && course.advance(at(9)));
        assert_eq!((course.mode(), course.next()), (&running, Some(at(9))));
        course.note(at(4), Mode::Busy);
        assert_eq!((course.mode(), course.next()), (&Mode::Busy, None));
        course.back_to(at(0));
        assert_eq!(course.mode(), &Mode::Prompt);
    }
}
