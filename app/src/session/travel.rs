//! Going back in the board's time, and running on from there.
//!
//! What entered the board once enters again by itself, from the machine's journal, until somebody else acts. So long
//! the session only watches: it takes up each mode it was in (see [`Course`]) when its time comes, and shows what it
//! showed then. Who acts ends that, and the session goes on from the mode it finds.

use std::time::Duration;

use super::board::Board;
use super::course::Mode;
use super::desk::TURN;
use super::message::{Event, RunEnd, Script, State};
use super::traceback;
use super::worker::{WorkError, Worker};
use crate::device::{Connection, LinkError, RawRepl};

/// Where to in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// To an instant of the past.
    To(Duration),
    /// One instruction on, or back, from an instant; from the present when there is none.
    Step {
        /// From here.
        from: Option<Duration>,
        /// Back.
        back: bool,
    },
}

/// A program that ends so soon counts as ended: who joined it then might have missed the beginning of its end.
const NEARLY: Duration = Duration::from_millis(30);

/// The end of a program's output, in the raw REPL.
const END: u8 = 4;

impl Worker {
    /// Goes where it is asked to in time, and on from there.
    pub(super) fn travel(&mut self, travel: Travel) -> Result<(), WorkError> {
        let Board::Emulated(board) = &mut self.desk.board else {
            self.report.failed("go back", "a real board's time only goes forwards");
            return Ok(());
        };
        let present = board.now().max(self.horizon);
        let gone = match travel {
            Travel::To(to) => board.go_back(to).map(|()| None),
            Travel::Step { from, back } => board.step_instruction(from, back).map(Some),
        };
        // A step that fails may have come part of the way: what follows holds wherever the board is.
        let place = gone.unwrap_or_else(|why| {
            let doing = if matches!(travel, Travel::To(_)) { "go back" } else { "step" };
            self.report.failed(doing, why);
            None
        });
        let now = board.now();
        self.horizon = present;
        self.course.back_to(now);
        while self.course.advance(now) {}
        if matches!(travel, Travel::To(_)) {
            self.leave_protocol()?;
        }
        self.fault_at = None;
        let (at, until) = (self.desk.now(), self.horizon);
        self.report.event(Event::WentBack { at, until });
        if let Some(place) = place {
            self.report.event(Event::Stepped { at, place });
        }
        if let Board::Emulated(board) = &mut self.desk.board {
            let said = board.said_in_slice();
            self.show(said, &mut Vec::new());
        }
        self.watch_again()
    }

    /// Nobody can join in the middle of a handshake: on to its end.
    fn leave_protocol(&mut self) -> Result<(), WorkError> {
        let Board::Emulated(board) = &mut self.desk.board else { return Ok(()) };
        loop {
            let joinable = match self.course.mode() {
                Mode::Prompt => true,
                Mode::Running(_) => self.course.next().is_none_or(|next| next > board.now() + NEARLY),
                Mode::Busy => false,
            };
            let Some(next) = self.course.next().filter(|_| !joinable) else { return Ok(()) };
            board.run_to(next)?;
            self.course.advance(board.now().max(next));
        }
    }

    /// Watches what happened once happen again.
    fn watch_again(&mut self) -> Result<(), WorkError> {
        self.requests.stop_aborts.set(false);
        // What the raw REPL says after a program's output.
        let mut ending = Vec::new();
        let mut fault_at = None;
        loop {
            self.report.state(match self.course.mode() {
                Mode::Prompt => State::Idle,
                Mode::Running(_) => State::Running,
                Mode::Busy => State::Transferring,
            });
            self.requests.look();
            if self.requests.closing() || self.requests.travelling() {
                return Ok(());
            }
            let Board::Emulated(board) = &mut self.desk.board else { return Ok(()) };
            let acts = board.acts();
            let acted = self.requests.pending() || self.requests.stopping();
            if acted {
                board.stop_replay();
            } else if board.now() >= self.horizon && self.course.next().is_none() && !board.is_replaying() {
                break;
            }
            let mut bytes = Vec::new();
            if !acted {
                let next = self.course.next().unwrap_or(self.horizon).saturating_sub(board.now());
                match self.desk.read(next.clamp(Duration::from_millis(1), TURN), &mut bytes) {
                    Ok(()) | Err(LinkError::Restarted { .. }) => {}
                    Err(LinkError::Fault(report)) => {
                        self.report.event(Event::Fault(report));
                        // What was done about it enters by itself, if it was.
                        if fault_at.replace(self.desk.now()) == Some(self.desk.now()) {
                            return Err(LinkError::Stopped.into());
                        }
                    }
                    Err(LinkError::Left) => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
            self.show(bytes, &mut ending);
            let Board::Emulated(board) = &mut self.desk.board else { return Ok(()) };
            if acted || board.acts() != acts {
                let (at, until) = (board.now(), self.horizon);
                self.horizon = Duration::ZERO;
                self.course.forget_ahead();
                if until > at {
                    self.report.event(Event::NewCourse { at, until });
                }
                break;
            }
            loop {
                let before = self.course.mode().clone();
                if !self.course.advance(self.desk.now()) {
                    break;
                }
                if let (Mode::Running(script), Mode::Prompt) = (before, self.course.mode()) {
                    self.tell_end(&script, &std::mem::take(&mut ending));
                }
            }
        }
        self.take_over(ending)
    }

    /// Shows what the board said, as the present mode has it.
    fn show(&mut self, mut bytes: Vec<u8>, ending: &mut Vec<u8>) {
        match self.course.mode() {
            Mode::Prompt => {}
            Mode::Running(_) if ending.is_empty() => {
                let end = bytes.iter().position(|&byte| byte == END).unwrap_or(bytes.len());
                ending.extend(bytes.drain(end..));
            }
            Mode::Running(_) => {
                ending.append(&mut bytes);
            }
            Mode::Busy => bytes.clear(),
        }
        if !bytes.is_empty() {
            self.report.event(Event::Output(bytes));
        }
    }

    /// A program has ended again.
    fn tell_end(&mut self, script: &Script, ending: &[u8]) {
        // 0x04, the traceback, 0x04, and what leads back to the prompt.
        let said = ending.split(|&byte| byte == END).nth(1).unwrap_or_default();
        let said = String::from_utf8_lossy(said).replace("\r\n", "\n");
        let traceback = traceback::explain(&said, script);
        self.at_prompt = true;
        self.tell(RunEnd { ok: traceback.is_empty(), stopped: false, traceback });
    }

    /// From here on the session acts by itself again.
    fn take_over(&mut self, ending: Vec<u8>) -> Result<(), WorkError> {
        let done = match self.course.mode().clone() {
            Mode::Prompt => Ok(()),
            Mode::Running(script) => {
                let repl = RawRepl::resume(&mut self.desk, ending);
                let end = Worker::follow_to_end(
                    repl,
                    &script,
                    None,
                    &self.requests,
                    &self.report,
                    &mut self.course,
                );
                let end = self.conclude(end, &script)?;
                self.tell(end);
                Ok(())
            }
            Mode::Busy => {
                self.course.note(self.desk.now(), Mode::Busy);
                self.in_raw_mode(|_| Ok(()))
            }
        };
        if done.is_ok() {
            self.report.state(State::Idle);
        }
        done
    }
}
