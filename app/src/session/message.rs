//! What a session is told and what it tells back. Plain data: it crosses a channel between two threads.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::travel::Travel;

/// What a session runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A board that exists only in this process.
    Emulated(Emulated),
    /// A board on a serial port, by its system name (`/dev/ttyACM0`, `COM5`).
    Serial {
        /// The port's name as `device::ports` lists it.
        port: String,
    },
}

/// Everything needed to boot an emulated board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emulated {
    /// The parts and their wiring; a bare Pico when absent.
    pub bench: Option<BenchSource>,
    /// Overrides the bench's firmware; the built-in image when neither names one.
    pub firmware: Option<PathBuf>,
    /// Where the board's flash survives this process; lost at its end when absent.
    pub flash: Option<PathBuf>,
    /// How fast it starts out.
    pub speed: Speed,
    /// Where everything that enters the board is written to, for [`Emulated::replay`].
    pub record: Option<PathBuf>,
    /// A recording whose inputs enter at their times. Bench and firmware that are not given are found by the names
    /// in it; the flash contents are those it began with.
    pub replay: Option<PathBuf>,
    /// The script that is going to be run: a recording names it.
    pub script: Option<PathBuf>,
    /// The board's pins, transmitting and receiving, whose UART is offered by `Command::Serial` and `Event::Serial`.
    pub uart: Option<(String, String)>,
}

/// A `bench.toml`, on disk or as the window is editing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BenchSource {
    /// A file; relative paths inside it start at its folder.
    File(PathBuf),
    /// A text not necessarily saved yet, and the path it belongs to (for messages and relative paths).
    Text {
        /// The TOML.
        text: String,
        /// Where it is, or will be, saved.
        path: PathBuf,
    },
}

/// The pace of virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Speed {
    /// Virtual time stands still.
    Paused,
    /// So many virtual seconds a second; `Times(1.0)` is real time.
    Times(f32),
    /// As fast as the host can.
    #[default]
    Max,
}

// `Times` is never NaN (see `FromStr`), so equality is total.
impl Eq for Speed {}

impl Speed {
    /// The pace of a real board.
    pub const REAL: Speed = Speed::Times(1.0);
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Paused => f.write_str("paused"),
            Speed::Times(n) if *n == 1.0 => f.write_str("real"),
            Speed::Times(n) => write!(f, "{n}"),
            Speed::Max => f.write_str("max"),
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        match text {
            "max" => Ok(Speed::Max),
            "real" => Ok(Speed::REAL),
            "paused" => Ok(Speed::Paused),
            number => match number.trim_end_matches(['x', '×']).parse::<f32>() {
                Ok(n) if n > 0.0 && n.is_finite() => Ok(Speed::Times(n)),
                _ => Err(format!("`{text}` is no speed: give `max`, `real`, or a factor such as 2 or 0.1")),
            },
        }
    }
}

/// What a session can be asked to do. Requests are carried out in order, except `Stop`, `SetSpeed`,
/// `SetInput` and `Input`, which also reach a target that is in the middle of something.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Interrupt whatever runs, start from a fresh interpreter (soft reset), run this program.
    Run(Script),
    /// Ctrl-C; an emulated board that ignores it is reset. Also abandons an upload.
    Stop,
    /// Restart the interpreter: boot.py and main.py run as after power-up.
    SoftReset,
    /// Press the board's reset button. Serial boards are asked with `machine.reset()`.
    HardReset,
    /// Bytes typed at the console.
    Input(Vec<u8>),
    /// Emulated boards only.
    SetSpeed(Speed),
    /// Emulated boards only: feed a part's input with a constant from now on.
    SetInput {
        /// The part's name in `bench.toml`.
        part: String,
        /// The input's name, such as `temperature`.
        input: String,
        /// In the input's unit.
        value: f64,
    },
    /// Emulated boards only: put a part's input back to what `bench.toml` drives it with.
    ReleaseInput {
        /// The part's name in `bench.toml`.
        part: String,
        /// The input's name.
        input: String,
    },
    /// Copy files to the board, skipping what it already has.
    Upload(Vec<Upload>),
    /// List a folder of the board's filesystem, such as `/`.
    List(String),
    /// Fetch a file from the board.
    Read(String),
    /// Delete a file or an empty folder on the board.
    Remove(String),
    /// Create a folder on the board.
    MakeDir(String),
    /// Emulated boards only: send bytes to the UART of [`Emulated::uart`], at this rate from now on.
    Serial {
        /// In bits a second.
        baud: u32,
        /// The bytes; none only sets the rate.
        bytes: Vec<u8>,
    },
    /// Emulated boards only: go to another time. Reaches a target that is in the middle of something; what is asked
    /// for afterwards is done there.
    Travel(Travel),
    /// Emulated boards only: answered by `Event::Recording`.
    TellRecording,
    /// End the session. The thread saves the flash and goes.
    Close,
}

/// A program to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What tracebacks call it, in place of `<stdin>`.
    pub name: String,
    /// Python.
    pub source: String,
    /// Where it lies: what it imports from there is put on an emulated board before it runs.
    pub folder: Option<PathBuf>,
}

/// One file or folder to copy to the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// A file or folder here. A folder is copied with all that is in it (except hidden files).
    pub from: PathBuf,
    /// Its path there, such as `/main.py`.
    pub to: String,
}

/// What a session reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The target's state changed.
    State(State),
    /// What the board wrote to its console (bytes: UTF-8 may be split between two of these).
    Output(Vec<u8>),
    /// The program given by `Command::Run` is over.
    RunEnded(RunEnd),
    /// An upload moved on.
    UploadProgress(UploadProgress),
    /// An upload is complete and verified.
    Uploaded(UploadSummary),
    /// Answer to `Command::List`, folders first, each kind by name.
    Files {
        /// The folder asked for.
        folder: String,
        /// What is in it.
        entries: Vec<FileEntry>,
    },
    /// Answer to `Command::Read`.
    File {
        /// The file asked for.
        path: String,
        /// All of it.
        bytes: Vec<u8>,
    },
    /// Answer to `Command::Remove` and `Command::MakeDir`: list the folder again.
    FilesChanged,
    /// A request could not be carried out; the session goes on and takes the next.
    Failed {
        /// What was asked, as a short phrase: "upload main.py".
        doing: String,
        /// Why not and what to do, one sentence or two.
        why: String,
    },
    /// The emulated board hung itself up: what a debugger would show. `HardReset` revives it.
    Fault(String),
    /// The emulated bench noticed something that would be wrong on a desk too: a short circuit, say.
    Warning(String),
    /// What the UART of [`Emulated::uart`] sent.
    Serial(Vec<u8>),
    /// The board's clock at the `Output` that follows.
    At(Duration),
    /// The board stands at an earlier time now; what was recorded after it is gone. What was done once is done again
    /// until then, unless somebody acts.
    WentBack {
        /// The board's clock.
        at: Duration,
        /// How far it had come.
        until: Duration,
    },
    /// Somebody acted after the board had gone back: what had happened later will not happen again.
    NewCourse {
        /// The board's clock.
        at: Duration,
        /// How far it had come.
        until: Duration,
    },
    /// One instruction was executed, or taken back.
    Stepped {
        /// The board's clock.
        at: Duration,
        /// Where the first core is: `pc 0x10001234`, and the function where that is known.
        place: String,
    },
    /// Answer to `Command::TellRecording`: the session so far, as `--replay` reads it.
    Recording(String),
    /// About four times a second while virtual time passes.
    Stats(Stats),
}

/// What a target is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Opening the port or booting the board.
    Connecting,
    /// At the prompt, or running what was on it already.
    Idle,
    /// Running a program of ours.
    Running,
    /// Busy with the board's files.
    Transferring,
    /// The emulated board's time stands still.
    Paused,
    /// The session is over; open a new one.
    Lost {
        /// Why, and what to do.
        why: String,
    },
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// Ended by itself, without an uncaught exception.
    pub ok: bool,
    /// The user stopped it.
    pub stopped: bool,
    /// The uncaught exception's traceback, else empty.
    pub traceback: String,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadProgress {
    /// The file in hand, as the board names it.
    pub file: String,
    /// Bytes done, skipped files included.
    pub done: u64,
    /// Bytes altogether.
    pub total: u64,
}

/// What an upload came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadSummary {
    /// Files written and verified.
    pub written: Vec<String>,
    /// Files the board already had, byte for byte.
    pub skipped: Vec<String>,
    /// Bytes written.
    pub bytes: u64,
}

/// One entry of a folder on the board.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct FileEntry {
    /// Without its folder.
    pub name: String,
    /// Is it a folder?
    pub folder: bool,
    /// In bytes; 0 for a folder.
    pub size: u64,
}

/// How an emulated board is getting on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Since power-on.
    pub virtual_time: Duration,
    /// Virtual seconds a second, lately.
    pub ratio: f64,
    /// Million instructions a second of the host, lately.
    pub mips: f64,
    /// Instructions since power-on.
    pub instructions: u64,
    /// What parts show: `("led1", "brightness") -> 0.5`, in the output's unit.
    pub outputs: BTreeMap<(String, String), f64>,
}
