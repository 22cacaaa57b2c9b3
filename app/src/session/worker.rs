//! What is done with a board: the same for emulated and real ones, for the window's session thread and
//! for the command line. Each action is a method that works until it is done, looking into the inbox
//! all the while; `serve` turns requests into actions.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use emulator::trace::SharedTrace;
use thiserror::Error;

use super::board::Board;
use super::course::{Course, Mode};
use super::desk::{Desk, Requests, TURN};
use super::emulated::{EmulatedBoard, OpenError};
use super::message::{Command, Event, RunEnd, Script, State, Target, Upload, UploadSummary};
use super::report::Report;
use crate::device::{
    Connection, FileError, Files, Flow, LinkError, RawRepl, ReplError, SerialConnection, Start, UploadError,
    last_line, upload,
};
use crate::project::needed;

/// How long a program has for heeding Ctrl-C before an emulated board is reset.
const GRACE: Duration = Duration::from_secs(2);
/// How long a serial port that vanished may take to come back (a board that resets does that).
const COME_BACK: Duration = Duration::from_secs(4);
/// A board that faults again sooner than this is beyond help by a reset.
const FAULTS_APART: Duration = Duration::from_secs(1);

/// Why an action on a board failed.
#[derive(Debug, Error)]
pub enum WorkError {
    /// The emulated board cannot be made.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The board cannot be spoken to.
    #[error(transparent)]
    Repl(#[from] ReplError),
    /// Its filesystem refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// A transfer failed.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The program goes on whatever we do.
    #[error("the program on {name} does not heed Ctrl-C: press the board's reset button")]
    Unheeded {
        /// The port.
        name: String,
    },
}

impl From<LinkError> for WorkError {
    fn from(error: LinkError) -> WorkError {
        WorkError::Repl(error.into())
    }
}

impl WorkError {
    /// The connection's failure underneath, if that is what it is.
    pub fn link(&self) -> Option<&LinkError> {
        match self {
            WorkError::Repl(ReplError::Link(link))
            | WorkError::File(FileError::Repl(ReplError::Link(link)))
            | WorkError::Upload(UploadError::Board(FileError::Repl(ReplError::Link(link)))) => Some(link),
            _ => None,
        }
    }

    /// Did the user end it?
    pub fn stopped(&self) -> bool {
        matches!(self.link(), Some(LinkError::Stopped))
    }
}

/// Works with one board.
pub struct Worker {
    target: Target,
    trace: SharedTrace,
    pub(super) desk: Desk,
    pub(super) requests: Rc<Requests>,
    pub(super) report: Rc<Report>,
    /// When, on the board's clock, it last faulted by itself.
    pub(super) fault_at: Option<Duration>,
    /// Did the last program leave the board at its friendly prompt?
    pub(super) at_prompt: bool,
    /// What was done at which time of the board's.
    pub(super) course: Course,
    /// After going back: up to where what happened once happens again.
    pub(super) horizon: Duration,
}

impl Worker {
    /// Opens the target. What it records goes to `trace`; what it reports goes to `emit`.
    pub fn open(
        target: Target,
        trace: SharedTrace,
        inbox: Receiver<Command>,
        emit: impl Fn(Event) + 'static,
    ) -> Result<Worker, WorkError> {
        let board = open_board(&target, &trace)?;
        let (requests, report) = (Requests::new(inbox), Report::new(emit));
        let desk = Desk::new(board, requests.clone(), report.clone());
        Ok(Worker {
            target,
            trace,
            desk,
            requests,
            report,
            fault_at: None,
            at_prompt: false,
            course: Course::default(),
            horizon: Duration::ZERO,
        })
    }

    /// The emulated board, for what only it can do.
    pub fn emulated(&mut self) -> Option<&mut EmulatedBoard> {
        match &mut self.desk.board {
            Board::Emulated(board) => Some(board),
            Board::Serial(_) => None,
        }
    }

    /// Runs a program in a fresh interpreter until it ends, is stopped, or `limit` of the board's time is
    /// over (which counts as a good end).
    pub fn run(&mut self, script: &Script, limit: Option<Duration>) -> Result<RunEnd, WorkError> {
        self.requests.stop_aborts.set(true);
        self.course.note(self.desk.now(), Mode::Busy);
        let end = match self.prepare(script).and_then(|()| self.run_once(script, Start::Fresh, limit)) {
            // It would not be interrupted: an emulated board can always be reset.
            Err(WorkError::Repl(
                ReplError::Silent { .. } | ReplError::Protocol { .. } | ReplError::Stuck { .. },
            )) if self.can_reset() => {
                self.hard_reset()?;
                self.prepare(script)?;
                self.run_once(script, Start::Fresh, limit)
            }
            other => other,
        };
        self.desk.tell_reports();
        end
    }

    /// Puts on an emulated board what the script imports, and what its bench says belongs there. What is on
    /// a real board is for its owner to say.
    pub fn prepare(&mut self, script: &Script) -> Result<(), WorkError> {
        let Some(board) = self.emulated() else { return Ok(()) };
        let mut uploads = board.uploads().to_vec();
        let imported = script.folder.iter().flat_map(|folder| needed(folder, &script.source));
        uploads.extend(imported.filter(|one| !board_has(&uploads, &one.to)).collect::<Vec<_>>());
        if !uploads.is_empty() {
            self.in_raw_mode(|repl| Ok(upload(repl, &uploads, |_| {})?))?;
        }
        Ok(())
    }

    /// Runs a program in the interpreter as it is.
    pub fn exec(&mut self, script: &Script) -> Result<RunEnd, WorkError> {
        self.requests.stop_aborts.set(true);
        self.run_once(script, Start::AsIs, None)
    }

    fn run_once(
        &mut self,
        script: &Script,
        start: Start,
        limit: Option<Duration>,
    ) -> Result<RunEnd, WorkError> {
        self.at_prompt = false;
        self.course.note(self.desk.now(), Mode::Busy);
        let mut repl = RawRepl::enter(&mut self.desk, start)?;
        let end = match repl.start(&script.source) {
            Ok(()) => {
                let script = Rc::new(script.clone());
                Self::follow_to_end(repl, &script, limit, &self.requests, &self.report, &mut self.course)
            }
            Err(error) => Err(error),
        };
        self.conclude(end, script)
    }

    /// Follows a program that runs, and leaves raw mode when it is over.
    pub(super) fn follow_to_end(
        mut repl: RawRepl<'_>,
        script: &Rc<Script>,
        limit: Option<Duration>,
        requests: &Requests,
        report: &Report,
        course: &mut Course,
    ) -> Result<Outcome, ReplError> {
        course.note(repl.link().now(), Mode::Running(script.clone()));
        report.state(State::Running);
        // From here on Stop means Ctrl-C for the program.
        requests.stop_aborts.set(false);
        let outcome = follow(&mut repl, limit, requests, report);
        requests.stop_aborts.set(true);
        if let Ok(Outcome::Ended { .. }) = outcome {
            let now = repl.leave()?;
            course.note(now, Mode::Prompt);
        }
        outcome
    }

    /// Draws the conclusions from how following a program came to an end.
    pub(super) fn conclude(
        &mut self,
        outcome: Result<Outcome, ReplError>,
        script: &Script,
    ) -> Result<RunEnd, WorkError> {
        self.requests.stop_aborts.set(true);
        match outcome {
            Ok(Outcome::Ended { traceback, stopped }) => {
                self.at_prompt = true;
                let interrupted = last_line(&traceback).starts_with("KeyboardInterrupt");
                if stopped && (interrupted || traceback.is_empty()) {
                    return Ok(RunEnd { ok: false, stopped: true, traceback: String::new() });
                }
                Ok(RunEnd {
                    ok: traceback.is_empty(),
                    stopped,
                    traceback: super::traceback::explain(&traceback, script),
                })
            }
            Ok(Outcome::OverTime) => Ok(RunEnd { ok: true, stopped: false, traceback: String::new() }),
            Ok(Outcome::Closed) => Ok(RunEnd { ok: false, stopped: true, traceback: String::new() }),
            Ok(Outcome::Unheeded) => {
                self.force_stop()?;
                Ok(RunEnd { ok: false, stopped: true, traceback: String::new() })
            }
            // The processor gave up: that is how this program ended. The next finds the board restarted.
            Err(ReplError::Link(LinkError::Fault(report))) => {
                self.report.event(Event::Fault(report.clone()));
                self.hard_reset()?;
                Ok(RunEnd { ok: false, stopped: false, traceback: report })
            }
            Err(ReplError::Link(LinkError::Restarted { .. })) => {
                self.course.note(self.desk.now(), Mode::Prompt);
                let traceback = "The board restarted before the program was over.\n".to_string();
                Ok(RunEnd { ok: false, stopped: false, traceback })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A program that does not heed Ctrl-C: an emulated board is reset; for a real one only its own button
    /// is left.
    fn force_stop(&mut self) -> Result<(), WorkError> {
        if self.can_reset() {
            self.hard_reset()
        } else {
            Err(WorkError::Unheeded { name: self.desk.name().to_string() })
        }
    }

    fn can_reset(&self) -> bool {
        matches!(self.desk.board, Board::Emulated(_))
    }

    /// The reset button.
    pub fn hard_reset(&mut self) -> Result<(), WorkError> {
        match &mut self.desk.board {
            Board::Emulated(board) => {
                board.reset();
                self.course.note(board.now(), Mode::Prompt);
                Ok(())
            }
            Board::Serial(_) => {
                let mut repl = RawRepl::enter(&mut self.desk, Start::AsIs)?;
                repl.start("import machine\nmachine.reset()\n")?;
                // The port goes away on boards with native USB, and stays on those behind a bridge.
                match repl.follow(Duration::from_millis(500)) {
                    Err(ReplError::Link(LinkError::Vanished { .. })) => self.reopen(),
                    Err(error) => Err(error.into()),
                    Ok(Flow::Ended { traceback }) if !traceback.is_empty() => {
                        Err(ReplError::Python { traceback }.into())
                    }
                    Ok(_) => Ok(()),
                }
            }
        }
    }

    /// Restarts the interpreter from the friendly prompt: boot.py and main.py run.
    pub fn soft_reset(&mut self) -> Result<(), WorkError> {
        self.course.note(self.desk.now(), Mode::Busy);
        RawRepl::enter(&mut self.desk, Start::AsIs)?.leave()?;
        self.course.note(self.desk.now(), Mode::Prompt);
        self.send(b"\x04")
    }

    /// Copies files; `Event::UploadProgress` tells how far it is.
    pub fn upload(&mut self, what: &[Upload]) -> Result<UploadSummary, WorkError> {
        let report = self.report.clone();
        report.state(State::Transferring);
        self.in_raw_mode(|repl| {
            Ok(upload(repl, what, |progress| report.event(Event::UploadProgress(progress)))?)
        })
    }

    /// Works with the board's files.
    pub fn files<R>(
        &mut self,
        work: impl FnOnce(&mut Files<'_, '_>) -> Result<R, FileError>,
    ) -> Result<R, WorkError> {
        self.in_raw_mode(|repl| Ok(work(&mut Files::new(repl))?))
    }

    /// Enters raw mode, works, and leaves the board at its prompt, also after a failure.
    pub(super) fn in_raw_mode<R>(
        &mut self,
        work: impl FnOnce(&mut RawRepl<'_>) -> Result<R, WorkError>,
    ) -> Result<R, WorkError> {
        self.requests.stop_aborts.set(true);
        self.course.note(self.desk.now(), Mode::Busy);
        let mut repl = RawRepl::enter(&mut self.desk, Start::AsIs)?;
        let done = work(&mut repl);
        match done {
            Ok(result) => {
                let now = repl.leave()?;
                self.course.note(now, Mode::Prompt);
                Ok(result)
            }
            Err(error) => {
                // Stopped half-way through a snippet, say. On a dead line this fails too, and says no more.
                drop(repl);
                let gone = matches!(error.link(), Some(LinkError::Vanished { .. } | LinkError::Left));
                if !gone && !self.requests.closing() {
                    let _ = RawRepl::enter(&mut self.desk, Start::AsIs).and_then(RawRepl::leave);
                    self.course.note(self.desk.now(), Mode::Prompt);
                }
                Err(error)
            }
        }
    }

    /// Lets the board go on by itself for so much of its time, or to the end of the recording that was opened with
    /// it, passing on what it prints and what is typed. Ends at a fault that nothing in a recording answers.
    pub fn watch(&mut self, limit: Option<Duration>) -> Result<Watched, WorkError> {
        self.requests.stop_aborts.set(true);
        let recorded = match &self.desk.board {
            Board::Emulated(board) => board.replay_end(),
            Board::Serial(_) => None,
        };
        let end = limit.into_iter().chain(recorded).min().unwrap_or(Duration::MAX);
        let (mut typed, mut fault_at) = (Vec::new(), None);
        while self.desk.now() < end {
            while let Some(command) = self.requests.next_if(|command| matches!(command, Command::Input(_))) {
                if let Command::Input(bytes) = command {
                    typed.extend(bytes);
                }
            }
            if !typed.is_empty() {
                let taken = self.desk.write(&typed)?;
                typed.drain(..taken);
            }
            let mut bytes = Vec::new();
            let read = self.desk.read(end.saturating_sub(self.desk.now()).min(TURN), &mut bytes);
            if !bytes.is_empty() {
                self.report.event(Event::Output(bytes));
            }
            match read {
                Err(LinkError::Fault(report)) => {
                    self.report.event(Event::Fault(report));
                    // In a recording, what was done about it enters by itself.
                    let again = fault_at.replace(self.desk.now()) == Some(self.desk.now());
                    if recorded.is_none() || again {
                        return Ok(Watched::Faulted);
                    }
                }
                Ok(()) | Err(LinkError::Restarted { .. }) => {}
                Err(LinkError::Stopped) => return Ok(Watched::Stopped),
                Err(error) => return Err(error.into()),
            }
        }
        self.desk.tell_reports();
        Ok(Watched::ToTheEnd)
    }

    /// Types bytes at the console.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), WorkError> {
        let mut rest = bytes;
        let since = Instant::now();
        while !rest.is_empty() {
            let taken = self.desk.write(rest)?;
            rest = &rest[taken..];
            if taken == 0 {
                if since.elapsed() > GRACE {
                    return Err(ReplError::Stuck { name: self.desk.name().to_string() }.into());
                }
                self.listen()?;
            }
        }
        Ok(())
    }

    /// Lets the board go on for a moment and passes on what it prints.
    pub fn listen(&mut self) -> Result<(), WorkError> {
        let mut bytes = Vec::new();
        let read = self.desk.read(TURN, &mut bytes);
        if !bytes.is_empty() {
            self.report.event(Event::Output(bytes));
        }
        Ok(read?)
    }

    /// A port that vanished may only be restarting: tries to open it again for a while.
    fn reopen(&mut self) -> Result<(), WorkError> {
        let since = Instant::now();
        loop {
            match open_board(&self.target, &self.trace) {
                Ok(board) => {
                    self.desk.board = board;
                    return Ok(());
                }
                Err(error) if since.elapsed() > COME_BACK || self.requests.closing() => return Err(error),
                Err(_) => self.requests.wait(Duration::from_millis(100)),
            }
        }
    }

    /// Does what is requested until the session is closed or the target lost.
    pub fn serve(&mut self) {
        self.report.state(State::Idle);
        while !self.requests.closing() {
            // At the prompt Ctrl-C is just a byte.
            self.requests.stop_aborts.set(false);
            self.requests.look();
            let done = if let Some(travel) = self.requests.take_travel() {
                self.travel(travel)
            } else if self.requests.take_stop() {
                self.send(b"\x03")
            } else {
                match self.requests.next() {
                    Some(command) => self.carry_out(command),
                    None => self.listen(),
                }
            };
            if let Err(error) = done
                && let Err(error) = self.recover(error)
            {
                return self.report.state(State::Lost { why: error.to_string() });
            }
        }
    }

    fn carry_out(&mut self, command: Command) -> Result<(), WorkError> {
        let report = self.report.clone();
        let doing = describe(&command);
        let done = match command {
            Command::Input(bytes) => return self.send(&bytes),
            Command::Run(script) => self.run(&script, None).map(|end| self.tell(end)),
            Command::SoftReset => self.soft_reset(),
            Command::HardReset => self.hard_reset(),
            Command::Upload(what) => self.upload(&what).map(|summary| report.event(Event::Uploaded(summary))),
            Command::List(folder) => self
                .files(|files| files.list(&folder))
                .map(|entries| report.event(Event::Files { folder, entries })),
            Command::Read(path) => self
                .files(|files| files.read(&path, |_| {}))
                .map(|bytes| report.event(Event::File { path, bytes })),
            Command::Remove(path) => {
                self.files(|files| files.remove(&path)).map(|()| report.event(Event::FilesChanged))
            }
            Command::MakeDir(path) => {
                self.files(|files| files.make_dir(&path)).map(|()| report.event(Event::FilesChanged))
            }
            // Dealt with before they get here.
            Command::Stop
            | Command::Travel(_)
            | Command::TellRecording
            | Command::Serial { .. }
            | Command::Close
            | Command::SetSpeed(_)
            | Command::SetInput { .. }
            | Command::ReleaseInput { .. } => Ok(()),
        };
        if let Err(error) = done {
            if matches!(error.link(), Some(LinkError::Left)) {
                return Ok(());
            }
            report.failed(doing, &error);
            self.recover(error)?;
        }
        report.state(State::Idle);
        Ok(())
    }

    /// Tells that a program is over.
    pub(super) fn tell(&mut self, end: RunEnd) {
        if self.at_prompt {
            // The raw REPL swallowed the prompt that a person at the console expects.
            self.report.event(Event::Output(b">>> ".to_vec()));
        }
        self.report.event(Event::RunEnded(end));
    }

    /// After a failure: can the session go on? A dead line is opened again if it comes back.
    fn recover(&mut self, error: WorkError) -> Result<(), WorkError> {
        match error.link() {
            Some(LinkError::Vanished { .. }) => {
                self.report.state(State::Connecting);
                self.reopen()?;
                self.report.state(State::Idle);
                Ok(())
            }
            Some(LinkError::Fault(report)) => {
                self.report.event(Event::Fault(report.clone()));
                // A firmware that faults as soon as it starts would do so for ever.
                let now = self.desk.now();
                if self.fault_at.replace(now).is_some_and(|before| now < before + FAULTS_APART) {
                    return Err(error);
                }
                self.hard_reset()
            }
            Some(LinkError::Io { .. }) => Err(error),
            // Stopped, restarted, refused: the board is there for the next request.
            _ => Ok(()),
        }
    }
}

/// How watching a board came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The time is over.
    ToTheEnd,
    /// The processor gave up.
    Faulted,
    /// It was stopped from here.
    Stopped,
}

/// How following a program came to an end.
pub(super) enum Outcome {
    Ended {
        traceback: String,
        stopped: bool,
    },
    OverTime,
    /// It went on after Ctrl-C.
    Unheeded,
    Closed,
}

/// Follows a running program, passing on output and input, until it ends or something ends it.
fn follow(
    repl: &mut RawRepl<'_>,
    limit: Option<Duration>,
    requests: &Requests,
    report: &Report,
) -> Result<Outcome, ReplError> {
    let deadline = limit.map(|limit| repl.link().now() + limit);
    let mut asked: Option<Instant> = None;
    loop {
        let left = deadline.map(|deadline| deadline.saturating_sub(repl.link().now()));
        if left == Some(Duration::ZERO) {
            return Ok(Outcome::OverTime);
        }
        match repl.follow(left.map_or(TURN, |left| left.min(TURN)))? {
            Flow::Output(bytes) => report.event(Event::Output(bytes)),
            Flow::Ended { traceback } => return Ok(Outcome::Ended { traceback, stopped: asked.is_some() }),
            Flow::Quiet => {}
        }
        requests.look();
        if requests.closing() {
            return Ok(Outcome::Closed);
        }
        while let Some(command) = requests.next_if(while_running) {
            match command {
                Command::Input(bytes) => repl.input(&bytes)?,
                other => report.failed(describe(&other), "a program is running on the board; stop it first"),
            }
        }
        // What else is asked for cannot be done beside a running program: it makes way.
        if requests.take_stop() || (asked.is_none() && requests.pending()) {
            asked.get_or_insert_with(Instant::now);
            repl.interrupt()?;
        }
        if asked.is_some_and(|since| since.elapsed() > GRACE) {
            return Ok(Outcome::Unheeded);
        }
    }
}

/// Is this answered at once while a program runs? The rest stops the program.
fn while_running(command: &Command) -> bool {
    matches!(
        command,
        Command::Input(_) | Command::List(_) | Command::Read(_) | Command::Remove(_) | Command::MakeDir(_)
    )
}

fn open_board(target: &Target, trace: &SharedTrace) -> Result<Board, WorkError> {
    Ok(match target {
        Target::Emulated(what) => Board::Emulated(Box::new(EmulatedBoard::boot(what, trace.clone())?)),
        Target::Serial { port } => Board::Serial(SerialConnection::open(port)?),
    })
}

/// Is this path among the uploads, or below one of them?
fn board_has(uploads: &[Upload], path: &str) -> bool {
    uploads.iter().any(|upload| {
        path.strip_prefix(upload.to.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A request as a short phrase, for messages.
fn describe(command: &Command) -> String {
    match command {
        Command::Run(script) => format!("run {}", script.name),
        Command::Stop => "stop".into(),
        Command::SoftReset => "soft reset".into(),
        Command::HardReset => "reset".into(),
        Command::Input(_) => "type at the console".into(),
        Command::SetSpeed(_) => "change the speed".into(),
        Command::SetInput { part, input, .. } | Command::ReleaseInput { part, input } => {
            format!("set {part}.{input}")
        }
        Command::Upload(what) => match what.as_slice() {
            [one] => format!("upload {}", one.to),
            many => format!("upload {} files", many.len()),
        },
        Command::List(folder) => format!("list {folder}"),
        Command::Read(path) => format!("read {path}"),
        Command::Remove(path) => format!("delete {path}"),
        Command::MakeDir(path) => format!("create {path}"),
        Command::Travel(_) => "go back".into(),
        Command::Serial { .. } => "send to the UART".into(),
        Command::TellRecording => "save the recording".into(),
        Command::Close => "close".into(),
    }
}
