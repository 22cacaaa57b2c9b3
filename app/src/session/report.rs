//! What goes out: every event through one place, which also knows the state last told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::message::{Event, State};

/// Where the worker and its desk report to.
pub struct Report {
    emit: Box<dyn Fn(Event)>,
    state: RefCell<State>,
    paused: Cell<bool>,
}

impl Report {
    /// Reports to this.
    pub fn new(emit: impl Fn(Event) + 'static) -> Rc<Report> {
        Rc::new(Report {
            emit: Box::new(emit),
            state: RefCell::new(State::Connecting),
            paused: Cell::new(false),
        })
    }

    /// Tells of something that happened.
    pub fn event(&self, event: Event) {
        (self.emit)(event);
    }

    /// Tells that a request failed.
    pub fn failed(&self, doing: impl Into<String>, why: impl ToString) {
        self.event(Event::Failed { doing: doing.into(), why: why.to_string() });
    }

    /// Tells of a change of state; silent when it is the same.
    pub fn state(&self, state: State) {
        if *self.state.borrow() != state {
            *self.state.borrow_mut() = state.clone();
            if !self.paused.get() || matches!(state, State::Lost { .. }) {
                self.event(Event::State(state));
            }
        }
    }

    /// Tells that the board's time stands still, or goes on with what it was at.
    pub fn paused(&self, paused: bool) {
        if self.paused.replace(paused) != paused {
            let state = if paused { State::Paused } else { self.state.borrow().clone() };
            self.event(Event::State(state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_hides_the_state_and_brings_it_back() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let sink = told.clone();
        let report = Report::new(move |event| sink.borrow_mut().push(event));
        report.state(State::Idle);
        report.state(State::Idle);
        report.paused(true);
        report.state(State::Running);
        report.paused(false);
        let states: Vec<Event> = [State::Idle, State::Paused, State::Running].map(Event::State).into();
        assert_eq!(*told.borrow(), states);
    }
}
