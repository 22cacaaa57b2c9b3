//! A running target behind one handle. The target lives on a thread of its own: commands go in,
//! events come out, and no call here ever waits.

mod message;

use crossbeam_channel::{Receiver, Sender, TryIter, unbounded};

pub use crate::device::{Connection, LinkError};
pub use message::{
    BenchSource, Command, Emulated, Event, FileEntry, RunEnd, Script, Speed, State, Stats, Target, Upload,
    UploadProgress, UploadSummary,
};

/// A target and the thread it runs on. Dropping it closes the target.
pub struct Session {
    target: Target,
    commands: Sender<Command>,
    events: Receiver<Event>,
}

impl Session {
    /// Starts opening the target and returns at once; `Event::State` tells what comes of it.
    /// `wake` is called after each event, on the session's thread: it must not wait.
    pub fn open(target: Target, wake: impl Fn() + Send + 'static) -> Session {
        let (commands, _inbox) = unbounded();
        let (outbox, events) = unbounded();
        let _ = outbox.send(Event::State(State::Connecting));
        wake();
        Session { target, commands, events }
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

    /// For callers that do want to wait (the command line, tests).
    pub fn receiver(&self) -> &Receiver<Event> {
        &self.events
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.send(Command::Close);
    }
}
