//! Between the worker and its board: a connection that keeps looking into the inbox while it waits,
//! so that Stop, speed and inputs reach a target that is in the middle of something.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::board::Board;
use super::message::{Command, Event};
use super::report::Report;
use super::travel::Travel;
use crate::device::{Connection, LinkError};

/// The longest the inbox goes unread while the board is waited for.
pub const TURN: Duration = Duration::from_millis(15);
/// How often `Event::Stats` comes.
const STATS_EVERY: Duration = Duration::from_millis(250);

/// What has been asked of the worker and not been dealt with. Shared between the worker and the desk,
/// which the raw REPL holds borrowed while a program runs.
pub struct Requests {
    inbox: Receiver<Command>,
    queue: RefCell<VecDeque<Command>>,
    /// Immediate ones: speed and inputs, for the board.
    tuning: RefCell<VecDeque<Command>>,
    travel: Cell<Option<Travel>>,
    stop: Cell<bool>,
    close: Cell<bool>,
    /// Does a Stop end whatever the connection is used for? Not while a program runs: it gets Ctrl-C.
    pub stop_aborts: Cell<bool>,
}

impl Requests {
    /// Reads from this inbox.
    pub fn new(inbox: Receiver<Command>) -> Rc<Requests> {
        Rc::new(Requests {
            inbox,
            queue: RefCell::default(),
            tuning: RefCell::default(),
            travel: Cell::new(None),
            stop: Cell::new(false),
            close: Cell::new(false),
            stop_aborts: Cell::new(true),
        })
    }

    fn sort(&self, command: Command) {
        match command {
            Command::Stop => self.stop.set(true),
            Command::Close => self.close.set(true),
            Command::Travel(travel) => {
                // What was asked for before belongs to a time that will not have been.
                self.travel.set(Some(travel));
                self.queue.borrow_mut().clear();
                self.tuning.borrow_mut().retain(|command| matches!(command, Command::SetSpeed(_)));
            }
            Command::SetSpeed(_)
            | Command::SetInput { .. }
            | Command::ReleaseInput { .. }
            | Command::Serial { .. }
            | Command::TellRecording => {
                self.tuning.borrow_mut().push_back(command);
            }
            other => self.queue.borrow_mut().push_back(other),
        }
    }

    /// Takes in what has come. A handle that is gone means Close.
    pub fn look(&self) {
        loop {
            match self.inbox.try_recv() {
                Ok(command) => self.sort(command),
                Err(crossbeam_channel::TryRecvError::Empty) => return,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return self.close.set(true),
            }
        }
    }

    /// Waits for something to come, at most so long.
    pub fn wait(&self, at_most: Duration) {
        match self.inbox.recv_timeout(at_most) {
            Ok(command) => self.sort(command),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.close.set(true),
        }
    }

    /// The next request in order.
    pub fn next(&self) -> Option<Command> {
        self.queue.borrow_mut().pop_front()
    }

    /// Is there a request in the queue?
    pub fn pending(&self) -> bool {
        !self.queue.borrow().is_empty()
    }

    /// The next request, if this says that it can be dealt with now.
    pub fn next_if(&self, ready: impl Fn(&Command) -> bool) -> Option<Command> {
        let mut queue = self.queue.borrow_mut();
        if ready(queue.front()?) { queue.pop_front() } else { None }
    }

    /// Has Stop been asked for? Asked once, told once.
    pub fn take_stop(&self) -> bool {
        self.stop.take()
    }

    /// Has Stop been asked for, and not been taken?
    pub fn stopping(&self) -> bool {
        self.stop.get()
    }

    /// Has another time been asked for? Told once.
    pub fn take_travel(&self) -> Option<Travel> {
        self.travel.take()
    }

    /// Has another time been asked for, and not been taken?
    pub fn travelling(&self) -> bool {
        self.travel.get().is_some()
    }

    /// Has the session been closed?
    pub fn closing(&self) -> bool {
        self.close.get()
    }

    /// Is there anything that ends what is going on?
    fn aborts(&self) -> bool {
        self.close.get() || (self.stop_aborts.get() && self.stop.get())
    }
}

/// A board and the requests that may concern it while it is waited for.
pub struct Desk {
    /// The board itself.
    pub board: Board,
    requests: Rc<Requests>,
    report: Rc<Report>,
    stats_due: Instant,
    /// Why there is nothing more to read, until it has been told.
    ended: Option<LinkError>,
}

impl Desk {
    /// Puts a board on the desk.
    pub fn new(board: Board, requests: Rc<Requests>, report: Rc<Report>) -> Desk {
        Desk { board, requests, report, stats_due: Instant::now(), ended: None }
    }

    /// Applies what concerns the board itself.
    fn tune(&mut self) {
        self.requests.look();
        if self.requests.travelling() {
            // It is meant for another time.
            return;
        }
        while let Some(command) = { self.requests.tuning.borrow_mut().pop_front() } {
            let (doing, done) = match command {
                Command::SetSpeed(speed) => ("change the speed".to_string(), self.board.set_speed(speed)),
                Command::SetInput { part, input, value } => {
                    (format!("set {part}.{input}"), self.board.set_input(&part, &input, Some(value)))
                }
                Command::ReleaseInput { part, input } => {
                    (format!("release {part}.{input}"), self.board.set_input(&part, &input, None))
                }
                Command::Serial { baud, bytes } => {
                    ("send to the UART".to_string(), self.board.serial_write(baud, &bytes))
                }
                Command::TellRecording => {
                    let told = self.board.recording().map(|text| self.report.event(Event::Recording(text)));
                    ("save the recording".to_string(), told)
                }
                _ => continue,
            };
            if let Err(why) = done {
                self.report.failed(doing, why);
            }
        }
        self.report.paused(self.board.paused());
    }

    /// A board that stands still, or is ahead of its pace, need not be looked after for a moment.
    fn pause(&mut self) {
        let rest = self.board.rest();
        if !rest.is_zero() {
            self.requests.wait(rest.min(TURN));
        }
    }

    fn tell_stats(&mut self) {
        if self.stats_due <= Instant::now() {
            self.stats_due = Instant::now() + STATS_EVERY;
            if let Some(stats) = self.board.stats() {
                self.report.event(Event::Stats(stats));
            }
            self.tell_reports();
        }
    }

    /// Tells what the bench has to say.
    pub fn tell_reports(&mut self) {
        for line in self.board.take_reports() {
            self.report.event(Event::Warning(line));
        }
    }
}

impl Connection for Desk {
    fn name(&self) -> &str {
        self.board.name()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, LinkError> {
        self.board.write(bytes)
    }

    fn read(&mut self, wait: Duration, into: &mut Vec<u8>) -> Result<(), LinkError> {
        let (had, until) = (into.len(), self.now() + wait);
        loop {
            self.tune();
            self.tell_stats();
            if self.requests.travelling() {
                return Err(LinkError::Left);
            }
            if self.requests.aborts() {
                self.requests.stop.set(false);
                return Err(LinkError::Stopped);
            }
            let left = until.saturating_sub(self.now());
            // Last words first: what ended them is told at the next reading.
            let pumped = match self.ended.take() {
                None => self.board.pump(left.min(TURN), into),
                Some(error) => return Err(error),
            };
            let heard = self.board.serial_read();
            if !heard.is_empty() {
                self.report.event(Event::Serial(heard));
            }
            self.ended = match pumped {
                Err(error) => Some(error),
                Ok(()) if self.board.take_restarted() => {
                    Some(LinkError::Restarted { port: self.name().to_string() })
                }
                Ok(()) => None,
            };
            if self.ended.is_some() && into.len() == had {
                continue;
            }
            // While a program runs the worker wants to look at the requests itself, however slowly the
            // board's time passes.
            if into.len() > had || self.now() >= until {
                return Ok(());
            }
            self.pause();
            if !self.requests.stop_aborts.get() {
                return Ok(());
            }
        }
    }

    fn now(&self) -> Duration {
        self.board.now()
    }
}
