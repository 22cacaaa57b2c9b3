//! Writes a session's inputs to a file as they come, so that a kill loses none of them.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use emulator::clock::Time;
use emulator::record::{Header, Journal, Recording};
use thiserror::Error;

/// Why a recording cannot be written.
#[derive(Debug, Error)]
#[error("cannot write the recording {path}: {why}")]
pub struct RecorderError {
    path: PathBuf,
    why: std::io::Error,
}

/// A recording being made.
pub struct Recorder {
    path: PathBuf,
    file: File,
    header: Header,
    /// Entries in the file, and the journal's revision that they belong to.
    written: usize,
    revision: u32,
}

impl Recorder {
    /// Begins a recording of a board that was just switched on. A file of that name is replaced.
    pub fn create(path: &Path, header: Header, journal: &Journal) -> Result<Recorder, RecorderError> {
        let wrong = |why| RecorderError { path: path.to_owned(), why };
        let mut file = File::create(path).map_err(wrong)?;
        file.write_all(header.to_text().as_bytes()).map_err(wrong)?;
        Ok(Recorder { path: path.to_owned(), file, header, written: 0, revision: journal.revision() })
    }

    /// Appends what has entered since the last call; begins anew when the board went back and took another course.
    pub fn sync(&mut self, journal: &Journal) -> Result<(), RecorderError> {
        self.try_sync(journal).map_err(|why| RecorderError { path: self.path.clone(), why })
    }

    fn try_sync(&mut self, journal: &Journal) -> std::io::Result<()> {
        let mut text = String::new();
        if journal.revision() != self.revision {
            self.revision = journal.revision();
            self.written = 0;
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            text = self.header.to_text();
        }
        for entry in journal.past().iter().skip(self.written) {
            text += &format!("{entry}\n");
            self.written += 1;
        }
        self.file.write_all(text.as_bytes())
    }

    /// Writes down when the session ended.
    pub fn finish(&mut self, journal: &Journal, now: Time) -> Result<(), RecorderError> {
        self.sync(journal)?;
        let wrong = |why| RecorderError { path: self.path.clone(), why };
        self.file.write_all(Recording::end_line(now).as_bytes()).map_err(wrong)
    }
}
