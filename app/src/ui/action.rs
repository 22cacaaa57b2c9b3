//! What panels ask the window to do: a command, or a command that needs an object.

use crate::command::Command;
use crate::session::{Speed, Target};
use emulator::board::Board;
use emulator::clock::Time;
use std::path::PathBuf;

/// One request. Panels push them while they are drawn; the window carries them out before the next frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A command without an object.
    Command(Command),
    /// Show a file of the project in the editor.
    OpenFile(PathBuf),
    /// Show a line (from 1) of a file that the board names.
    GoTo {
        /// As the board names it: `main.py`, `/lib/bme280.py`.
        file: String,
        /// From 1.
        line: usize,
    },
    /// Put the caret of the active file at a character.
    Caret(usize),
    /// Make an open file the active one.
    Activate(u64),
    /// Close an open file; asks first if it holds changes.
    Close(u64),
    /// Close an open file and drop its changes.
    CloseWithoutSaving(u64),
    /// Make a folder the project.
    OpenFolder(PathBuf),
    /// Copy an example to the user's folder, if it is not there, and open it.
    OpenExample(String),
    /// Run on this from now on.
    Target(Target),
    /// Look for serial ports again.
    RefreshPorts,
    /// The pace of virtual time.
    Speed(Speed),
    /// Show this instant of the past; the board waits.
    Look(Time),
    /// Bytes typed at the console.
    Console(Vec<u8>),
    /// Feed a part's input by hand.
    SetInput {
        /// The part's name.
        part: String,
        /// The input's name.
        input: String,
        /// In its unit.
        value: f64,
    },
    /// Give a part's input back to what bench.toml says.
    ReleaseInput {
        /// The part's name.
        part: String,
        /// The input's name.
        input: String,
    },
    /// Create a file or folder in a folder of the project.
    Create {
        /// Where.
        path: PathBuf,
        /// A folder?
        folder: bool,
    },
    /// Give a file or folder another name.
    Rename {
        /// What it is called.
        from: PathBuf,
        /// What it is to be called.
        to: PathBuf,
    },
    /// Delete a file or folder of the project.
    Delete(PathBuf),
    /// Read the headings of a data set of the project, for the bench.
    ReadColumns(PathBuf),
    /// Write this as the bench and boot the board again.
    SetBench(String),
    /// Put this board in the middle of the bench.
    SetBoard(&'static Board),
    /// Tell the user something.
    Toast(Notice),
}

/// Something to tell the user in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It worked.
    Done(String),
    /// It did not.
    Failed(String),
    /// For information.
    Info(String),
}

/// The requests of one frame.
pub type Queue = Vec<Action>;
