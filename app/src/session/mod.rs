//! A running target behind one handle. The target lives on a thread of its own: commands go in,
//! events come out, and no call here ever waits.

mod board;
mod course;
mod desk;
mod emulated;
mod message;
mod recorder;
mod replay;
mod report;
mod traceback;
mod travel;
mod worker;

use std::rc::Rc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryIter, unbounded};
use emulator::trace::SharedTrace;

pub use crate::device::{Connection, LinkError};
pub use emulated::{BUILT_IN_FIRMWARE, EmulatedBoard, OpenError};
pub use message::{
    BenchSource, Command, Emulated, Event, FileEntry, RunEnd, Script, Speed, State, Stats, Target, Upload,
    UploadProgress, UploadSummary,
};
pub use travel::Travel;
pub use worker::{Watched, WorkError, Worker};

/// A target and the thread it runs on. Dropping it closes the target.
pub struct Session {
    target: Target,
    commands: Sender<Command>,
    events: Receiver<Event>,
    trace: SharedTrace,
}

impl Session {
    /// Starts opening the target and returns at once; `Event::State` tells what comes of it.
    /// `wake` is called after each event, on the session's thread: it must not wait.
    pub fn open(target: Target, wake: impl Fn() + Send + 'static) -> Session {
        let (commands, inbox) = unbounded();
        let (outbox, events) = unbounded();
        let trace = SharedTrace::default();
        let session = Session { target: target.clone(), commands, events, trace: trace.clone() };
        let last_words = outbox.clone();
        let started = std::thread::Builder::new().name("session".into()).spawn(move || {
            let recorded = trace.clone();
            let emit = Rc::new(move |event| {
                if let Event::Output(_) = event {
                    let now = recorded.read(|trace| trace.now());
                    let _ = outbox.send(Event::At(Duration::from_nanos(now.nanos())));
                }
                // Nobody there to hear: the handle was dropped, and Close is on its way.
                let _ = outbox.send(event);
                wake();
            });
            emit(Event::State(State::Connecting));
            let report = emit.clone();
            match Worker::open(target, trace, inbox, move |event| report(event)) {
                Ok(mut worker) => {
                    if let Some(board) = worker.emulated() {
                        board.keep_history();
                    }
                    worker.serve();
                }
                Err(error) => emit(Event::State(State::Lost { why: error.to_string() })),
            }
        });
        if let Err(error) = started {
            let why = format!("no thread for the session: {error}");
            let _ = last_words.send(Event::State(State::Lost { why }));
        }
        session
    }

    /// What it runs on.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Asks for something. A session that is over ignores it (it has said `State::Lost`).
    pub fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// The events that have come since the last call; does not wait.
    pub fn events(&self) -> TryIter<'_, Event> {
        self.events.try_iter()
    }

    /// For callers that do want to wait (tests).
    pub fn receiver(&self) -> &Receiver<Event> {
        &self.events
    }

    /// What happens on the emulated board's pins and parts; stays empty for a real board.
    pub fn trace(&self) -> &SharedTrace {
        &self.trace
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.send(Command::Close);
    }
}
