//! The target the window works with: the session, what it last said, and the console it writes to.

use super::console::Terminal;
use crate::device::PortInfo;
use crate::session::{
    Command, Event, RunEnd, Session, Speed, State, Stats, Target, UploadProgress, UploadSummary,
};
use emulator::trace::SharedTrace;
use std::collections::VecDeque;
use std::time::Duration;

/// The speeds that Slower and Faster step through.
const SPEEDS: &[f32] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// What happened that the rest of the window has to know.
#[derive(Debug, PartialEq)]
pub enum Happened {
    /// A program of ours is over.
    Ended(RunEnd),
    /// All files are on the board.
    Uploaded(UploadSummary),
    /// Something did not work: a sentence.
    Failed(String),
    /// The target is gone: a sentence.
    Lost(String),
    /// The board stands at an earlier time; what was done is done again until then.
    WentBack {
        /// Its clock.
        at: Duration,
        /// How far it had come.
        until: Duration,
    },
    /// The board's future is another one now.
    NewCourse {
        /// Its clock.
        at: Duration,
        /// How far it had come.
        until: Duration,
    },
    /// One instruction was executed or taken back.
    Stepped {
        /// The board's clock.
        at: Duration,
        /// Where its first core is.
        place: String,
    },
    /// The session so far, as a file.
    Recording(String),
}

/// A session and what is known about it.
pub struct Runner {
    /// What runs, or would run.
    pub target: Target,
    session: Option<Session>,
    /// What the target is doing.
    pub state: State,
    /// The latest figures.
    pub stats: Stats,
    /// Serial ports as last listed.
    pub ports: Vec<PortInfo>,
    /// The pace that was asked for.
    pub speed: Speed,
    /// The pace to go back to after a pause.
    before_pause: Speed,
    /// How far an upload is.
    pub upload: Option<UploadProgress>,
    /// What the board wrote.
    pub terminal: Terminal,
    /// The same, with the board's time, for looking back.
    said: Said,
    /// The board's clock at what it says next.
    clock: Duration,
    /// The console as it was at an instant of the past.
    past: Option<Terminal>,
    /// How often the console was made anew.
    remade: u64,
}

/// Bytes written to the console, each piece with the board's time.
#[derive(Default)]
struct Said {
    pieces: VecDeque<(Duration, Vec<u8>)>,
    bytes: usize,
}

/// Bytes of console output that can be looked back at.
const SAID: usize = 2 << 20;

impl Said {
    fn push(&mut self, at: Duration, bytes: &[u8]) {
        self.bytes += bytes.len();
        match self.pieces.back_mut() {
            Some((last, piece)) if *last == at => piece.extend(bytes),
            _ => self.pieces.push_back((at, bytes.to_vec())),
        }
        while self.bytes > SAID
            && let Some((_, dropped)) = self.pieces.pop_front()
        {
            self.bytes -= dropped.len();
        }
    }

    /// The console at an instant.
    fn terminal(&self, at: Duration) -> Terminal {
        let mut terminal = Terminal::default();
        self.pieces.iter().take_while(|(when, _)| *when <= at).for_each(|(_, bytes)| terminal.write(bytes));
        terminal
    }

    fn truncate(&mut self, at: Duration) {
        while self.pieces.back().is_some_and(|(when, _)| *when > at)
            && let Some((_, dropped)) = self.pieces.pop_back()
        {
            self.bytes -= dropped.len();
        }
    }
}

impl Runner {
    /// Nothing is opened yet.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            session: None,
            state: State::Idle,
            stats: Stats::default(),
            ports: Vec::new(),
            speed: Speed::REAL,
            before_pause: Speed::REAL,
            upload: None,
            terminal: Terminal::default(),
            said: Said::default(),
            clock: Duration::ZERO,
            past: None,
            remade: 0,
        }
    }

    /// Opens the target, closing the one before.
    pub fn open(&mut self, target: Target, wake: impl Fn() + Send + 'static) {
        self.session = None;
        self.target = target.clone();
        self.stats = Stats::default();
        self.upload = None;
        self.state = State::Connecting;
        self.speed = match &target {
            Target::Emulated(emulated) => emulated.speed,
            Target::Serial { .. } => Speed::REAL,
        };
        if !self.terminal.is_empty() {
            self.terminal.write(b"\r\n");
        }
        // Another board's time begins anew; what was said before stays above it.
        let before: Vec<u8> = self.said.pieces.drain(..).flat_map(|(_, bytes)| bytes).collect();
        self.said = Said::default();
        self.clock = Duration::ZERO;
        self.past = None;
        if !before.is_empty() {
            self.said.push(Duration::ZERO, &before);
            self.said.push(Duration::ZERO, b"\r\n");
        }
        self.session = Some(Session::open(target, wake));
    }

    /// Whether the target is a board that exists only here.
    pub fn is_emulated(&self) -> bool {
        matches!(self.target, Target::Emulated(_))
    }

    /// Whether there is a target to talk to.
    pub fn is_live(&self) -> bool {
        self.session.is_some() && !matches!(self.state, State::Lost { .. })
    }

    /// Whether a program of ours, or a transfer, is going on.
    pub fn is_busy(&self) -> bool {
        matches!(self.state, State::Running | State::Transferring)
    }

    /// What was recorded.
    pub fn trace(&self) -> Option<&SharedTrace> {
        self.session.as_ref().filter(|_| self.is_emulated()).map(Session::trace)
    }

    /// The console as it is to be shown.
    pub fn shown(&self) -> &Terminal {
        self.past.as_ref().unwrap_or(&self.terminal)
    }

    /// Shows the console as it was at an instant, or as it is.
    pub fn look_at(&mut self, at: Option<Duration>) {
        self.past = at.map(|at| self.remake(at));
    }

    /// The console at an instant, made anew.
    fn remake(&mut self, at: Duration) -> Terminal {
        self.remade += 1;
        let mut terminal = self.said.terminal(at);
        terminal.renumber(self.remade << 40);
        terminal
    }

    /// Empties the console.
    pub fn clear_console(&mut self) {
        self.terminal.clear();
        self.said = Said::default();
    }

    /// Writes to the console.
    fn say(&mut self, bytes: &[u8]) {
        self.terminal.write(bytes);
        self.said.push(self.clock, bytes);
    }

    /// Asks the target for something.
    pub fn send(&self, command: Command) {
        if let Some(session) = &self.session {
            session.send(command);
        }
    }

    /// Changes the pace.
    pub fn set_speed(&mut self, speed: Speed) {
        if self.speed == Speed::Paused && speed != Speed::Paused {
            self.before_pause = speed;
        } else if speed == Speed::Paused {
            self.before_pause = self.speed;
        }
        self.speed = speed;
        self.send(Command::SetSpeed(speed));
    }

    /// Pauses, or goes on at the pace before.
    pub fn toggle_pause(&mut self) {
        let speed = if self.speed == Speed::Paused { self.before_pause } else { Speed::Paused };
        self.set_speed(if speed == Speed::Paused && self.speed == Speed::Paused {
            Speed::REAL
        } else {
            speed
        });
    }

    /// The next pace in a direction.
    pub fn step_speed(&mut self, faster: bool) {
        let now = match self.speed {
            Speed::Times(factor) => factor,
            Speed::Max if faster => return,
            Speed::Max => {
                self.set_speed(Speed::Times(SPEEDS[SPEEDS.len() - 1]));
                return;
            }
            Speed::Paused => return self.toggle_pause(),
        };
        let next = if faster {
            SPEEDS.iter().copied().find(|s| *s > now * 1.001)
        } else {
            SPEEDS.iter().rev().copied().find(|s| *s < now * 0.999)
        };
        match next {
            Some(factor) => self.set_speed(Speed::Times(factor)),
            None if faster => self.set_speed(Speed::Max),
            None => {}
        }
    }

    /// Takes what the target said since the last call.
    pub fn drain(&mut self) -> Vec<Happened> {
        let events: Vec<Event> = match &self.session {
            Some(session) => session.events().collect(),
            None => return Vec::new(),
        };
        let mut happened = Vec::new();
        for event in events {
            match event {
                Event::State(State::Lost { why }) => {
                    happened.push(Happened::Lost(why.clone()));
                    self.upload = None;
                    self.state = State::Lost { why };
                }
                Event::State(state) => {
                    if state != State::Transferring {
                        self.upload = None;
                    }
                    self.state = state;
                }
                Event::At(clock) => self.clock = clock,
                Event::Output(bytes) => self.say(&bytes),
                Event::WentBack { at, until } => {
                    self.clock = at;
                    self.said.truncate(at);
                    self.terminal = self.remake(at);
                    self.stats.virtual_time = at;
                    happened.push(Happened::WentBack { at, until });
                }
                Event::NewCourse { at, until } => happened.push(Happened::NewCourse { at, until }),
                Event::Stepped { at, place } => happened.push(Happened::Stepped { at, place }),
                Event::Recording(text) => happened.push(Happened::Recording(text)),
                Event::RunEnded(end) => {
                    if !end.traceback.is_empty() {
                        let text = end.traceback.trim_end().replace("\r\n", "\n").replace('\n', "\r\n");
                        // The board shows its prompt already: the traceback goes before it.
                        let (erase, prompt) =
                            if self.terminal.at_prompt() { ("\r\x1b[K", ">>> ") } else { ("", "") };
                        self.say(format!("{erase}\x1b[31m{text}\x1b[0m\r\n{prompt}").as_bytes());
                    }
                    happened.push(Happened::Ended(end));
                }
                Event::UploadProgress(progress) => self.upload = Some(progress),
                Event::Uploaded(summary) => {
                    self.upload = None;
                    happened.push(Happened::Uploaded(summary));
                }
                Event::Failed { doing, why } => happened.push(Happened::Failed(format!("{doing}: {why}"))),
                Event::Fault(report) => {
                    let text = format!("\r\n\x1b[31m{}\x1b[0m\r\n", report.replace('\n', "\r\n"));
                    self.say(text.as_bytes());
                    happened.push(Happened::Failed(
                        "The board crashed: see the console. Power cycle it to go on.".to_owned(),
                    ));
                }
                Event::Warning(line) => happened.push(Happened::Failed(line)),
                Event::Stats(stats) => self.stats = stats,
                // The window offers no UART.
                Event::Serial(_) => {}
                Event::Files { .. } | Event::File { .. } | Event::FilesChanged => {}
            }
        }
        happened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_can_be_looked_back_at() {
        let at = Duration::from_millis;
        let mut said = Said::default();
        said.push(at(1), b"one\r\n");
        said.push(at(5), b"two");
        said.push(at(5), b" and");
        said.push(at(9), b" three");
        let text = |terminal: &Terminal| {
            (0..terminal.len()).map(|row| terminal.row_text(row)).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(text(&said.terminal(at(4))), "one\n");
        assert_eq!(text(&said.terminal(at(5))), "one\ntwo and");
        said.truncate(at(5));
        assert_eq!((text(&said.terminal(at(99))), said.bytes), ("one\ntwo and".to_owned(), 12));
        said.push(at(10), &vec![b'x'; SAID]);
        assert!(said.bytes <= SAID);
    }

    fn runner() -> Runner {
        Runner::new(Target::Serial { port: "none".into() })
    }

    #[test]
    fn speeds_step_through_the_list_to_both_ends() {
        let mut runner = runner();
        runner.step_speed(true);
        assert_eq!(runner.speed, Speed::Times(2.0));
        for _ in 0..20 {
            runner.step_speed(true);
        }
        assert_eq!(runner.speed, Speed::Max);
        for _ in 0..20 {
            runner.step_speed(false);
        }
        assert_eq!(runner.speed, Speed::Times(0.01));
    }

    #[test]
    fn a_pause_ends_at_the_pace_before() {
        let mut runner = runner();
        runner.set_speed(Speed::Times(4.0));
        runner.toggle_pause();
        assert_eq!(runner.speed, Speed::Paused);
        runner.toggle_pause();
        assert_eq!(runner.speed, Speed::Times(4.0));
    }
}
