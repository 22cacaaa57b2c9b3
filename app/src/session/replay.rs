//! Recordings: what a board's is headed by, and finding again what one was made with.

use std::path::{Path, PathBuf};

use emulator::bench::Bench;
use emulator::board::{self, Node};
use emulator::image::Image;
use emulator::machine::Machine;
use emulator::record::{self, Header, Recording};

use super::emulated::OpenError;
use super::message::{BenchSource, Emulated};

/// A recording that was read, with where it lies: the names in it start there.
pub struct Replay {
    path: PathBuf,
    /// The recording itself.
    pub recording: Recording,
}

impl Replay {
    /// Reads a recording.
    pub fn read(path: &Path) -> Result<Replay, OpenError> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| OpenError::Recording { path: path.to_owned(), why })?;
        let recording = text.parse().map_err(|why| OpenError::BadRecording { path: path.to_owned(), why })?;
        Ok(Replay { path: path.to_owned(), recording })
    }

    fn find(&self, name: &Option<String>) -> Option<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        name.as_ref().map(|name| folder.join(name))
    }

    /// The bench it was made with: its file, or the bare board.
    pub fn bench(&self) -> Result<Bench, OpenError> {
        let header = &self.recording.header;
        let gone =
            |what, name: &Path| OpenError::Gone { path: self.path.clone(), what, name: name.to_owned() };
        match self.find(&header.bench_file) {
            Some(file) if !file.is_file() => Err(gone("bench", &file)),
            Some(file) => Bench::load(&file).map_err(OpenError::Bench),
            None => Ok(board::find(&header.board).map_or_else(Bench::pico, Bench::empty)),
        }
    }

    /// The firmware it was made with, unless that was the board's own.
    pub fn firmware(&self) -> Result<Option<PathBuf>, OpenError> {
        match self.find(&self.recording.header.firmware_file) {
            Some(file) if !file.is_file() => {
                Err(OpenError::Gone { path: self.path.clone(), what: "firmware", name: file })
            }
            found => Ok(found),
        }
    }

    /// The pins of the UART that was offered.
    pub fn uart(&self) -> Option<(String, String)> {
        let (tx, rx) = self.recording.header.uart.as_deref()?.split_once(' ')?;
        Some((tx.to_owned(), rx.to_owned()))
    }

    /// Refuses a board with which it would not repeat.
    pub fn check(&self, present: &Header) -> Result<(), OpenError> {
        let bad = |why| OpenError::BadRecording { path: self.path.clone(), why };
        self.recording.header.check(present).map_err(bad)
    }
}

/// What heads a recording of a board that was just switched on. Its names start at the folder of the recording that
/// is to be written, where they lie in it.
pub fn header(
    what: &Emulated,
    bench: &Bench,
    firmware: Option<&Path>,
    image: &Image,
    machine: &Machine,
) -> Header {
    let folder = what.record.as_deref().and_then(Path::parent).map(absolute);
    let name = |path: &Path| {
        let path = absolute(path);
        let inside = folder.as_ref().and_then(|folder| path.strip_prefix(folder).ok());
        inside.unwrap_or(&path).to_string_lossy().into_owned()
    };
    let bench_file = what.bench.as_ref().and_then(|source| match source {
        // A text that was never saved is that of a bare board.
        BenchSource::File(path) | BenchSource::Text { path, .. } => path.is_file().then(|| name(path)),
    });
    Header {
        board: bench.board.name.to_owned(),
        firmware: image.digest(),
        firmware_file: firmware.map(name),
        bench: bench.digest(),
        bench_file,
        uart: bench_uart(bench),
        script: what.script.as_deref().map(name),
        flash: machine.flash_digest(),
        contents: record::contents(&machine.flash(), machine.flash_base(), image),
    }
}

/// The pins of the board that a serial adapter is wired to: transmitting and receiving.
fn bench_uart(bench: &Bench) -> Option<String> {
    let adapter = bench.parts.iter().find(|part| part.kind.name == "serial_adapter")?;
    let label = |pin: usize| match adapter.pins.get(pin) {
        Some(Some(Node::Gpio(gpio))) => Some(bench.board.label(*gpio)),
        _ => None,
    };
    // The adapter receives where the board transmits.
    Some(format!("{} {}", label(1)?, label(0)?))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
