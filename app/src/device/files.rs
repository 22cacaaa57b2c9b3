//! The board's filesystem, through short programs that any MicroPython runs.
//!
//! Names and contents travel as hexadecimal or as bytes literals, so that nothing in them can be
//! mistaken for the protocol. Each snippet lives in a function that deletes itself: it leaves no name
//! behind in the board's `__main__`.

use std::time::Duration;

use thiserror::Error;

use super::raw_repl::{RawRepl, ReplError, last_line};
use crate::session::FileEntry;

/// Flash is slow to erase and a full filesystem slow to search: how long a snippet may be silent.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a file in one snippet, to begin with. Halved when the board has no room for them.
const CHUNK: usize = 1024;
const SMALLEST_CHUNK: usize = 64;
/// Ends the name of a file that is still being written.
pub const PART: &str = ".part";

/// Why something with a file on the board did not work.
#[derive(Debug, Error)]
pub enum FileError {
    /// The board cannot be spoken to.
    #[error(transparent)]
    Repl(#[from] ReplError),
    /// No such file or folder.
    #[error("{path}: there is no such file on the board")]
    Missing {
        /// On the board.
        path: String,
    },
    /// The filesystem is full. Nothing that was there before is lost.
    #[error(
        "{path}: the board's filesystem is full (ENOSPC); delete something there (`solderless rm`), then try again"
    )]
    Full {
        /// On the board.
        path: String,
    },
    /// Another refusal.
    #[error("{path}: the board refuses: {says}")]
    Refused {
        /// On the board.
        path: String,
        /// The exception.
        says: String,
    },
    /// What the board has is not what was sent.
    #[error(
        "{path}: what arrived on the board differs from what was sent; the old file, if any, is untouched. \
         Try again; if it stays so, try another cable"
    )]
    Corrupt {
        /// On the board.
        path: String,
    },
    /// The board's answer makes no sense.
    #[error(
        "{path}: the board answered `{answer}`, which was not expected; press its reset button, then try again"
    )]
    Answer {
        /// On the board.
        path: String,
        /// Shortened.
        answer: String,
    },
}

/// How the board can prove what a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// There is no such file.
    Absent,
    /// SHA-256 and size.
    Sha256 {
        /// In bytes.
        size: u64,
        /// As hexadecimal digits.
        hex: String,
    },
    /// The board has no hashlib.
    Unhashed {
        /// In bytes.
        size: u64,
    },
}

/// File operations on a board in raw mode.
pub struct Files<'r, 'c> {
    repl: &'r mut RawRepl<'c>,
    chunk: usize,
}

impl<'r, 'c> Files<'r, 'c> {
    /// Operations through this REPL.
    pub fn new(repl: &'r mut RawRepl<'c>) -> Files<'r, 'c> {
        Files { repl, chunk: CHUNK }
    }

    /// What a folder holds, folders first, each kind by name.
    pub fn list(&mut self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        let answer = self.snippet(
            folder,
            &format!(
                "\x20import os\n\
                 \x20try:l=os.ilistdir({})\n\
                 \x20except AttributeError:l=((n,0x8000,0,os.size(n))for n in os.listdir())\n\
                 \x20for e in l:\n\
                 \x20 n=bytes(e[0],'utf8')\n\
                 \x20 print(''.join('%02x'%c for c in n),e[1],e[3] if len(e)>3 else -1)\n",
                quote(folder)
            ),
        )?;
        let mut entries = Vec::new();
        for line in answer.lines() {
            let mut fields = line.split_whitespace();
            let entry = (|| {
                let name = String::from_utf8(unhex(fields.next()?)?).ok()?;
                let folder = fields.next()?.parse::<u32>().ok()? & 0x4000 != 0;
                let size = fields.next()?.parse::<i64>().ok()?.max(0) as u64;
                Some(FileEntry { name, folder, size: if folder { 0 } else { size } })
            })();
            entries.push(entry.ok_or_else(|| odd(folder, line))?);
        }
        entries.sort_by(|a, b| (!a.folder, &a.name).cmp(&(!b.folder, &b.name)));
        Ok(entries)
    }

    /// Is it a folder, and how large is it? `None` when there is nothing of that name.
    pub fn stat(&mut self, path: &str) -> Result<Option<FileEntry>, FileError> {
        let answer = self.snippet(
            path,
            &format!(
                "\x20import os\n\
                 \x20try:\n\
                 \x20 s=os.stat({path})\n\
                 \x20 print(s[0],s[6])\n\
                 \x20except AttributeError:print(0x8000,os.size({flat}))\n",
                path = quote(path),
                flat = quote(flat(path))
            ),
        );
        match answer {
            Err(FileError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
            Ok(line) => {
                let mut fields = line.split_whitespace().map(|field| field.parse::<u64>().ok());
                let (Some(Some(mode)), Some(Some(size))) = (fields.next(), fields.next()) else {
                    return Err(odd(path, &line));
                };
                let name = path.rsplit('/').next().unwrap_or(path).to_string();
                let folder = mode & 0x4000 != 0;
                Ok(Some(FileEntry { name, folder, size: if folder { 0 } else { size } }))
            }
        }
    }

    /// All of a file. `moved` is told how many bytes have come.
    pub fn read(&mut self, path: &str, mut moved: impl FnMut(u64)) -> Result<Vec<u8>, FileError> {
        // One program prints the whole file: the connection keeps it flowing.
        let source = wrap(&format!(
            "{KIND}\x20f=open({},'rb')\n\
             \x20while 1:\n\
             \x20 b=f.read(32 if k else 128)\n\
             \x20 if not b:break\n\
             \x20 print(''.join('%02x'%c for c in b))\n\
             \x20f.close()\n",
            place(path, "k")
        ));
        let answer = self.repl.eval(&source, PATIENCE).map_err(|error| refused(path, error))?;
        let text = String::from_utf8_lossy(&answer);
        let mut bytes = Vec::with_capacity(text.len() / 2);
        for line in text.lines() {
            bytes.extend(unhex(line.trim()).ok_or_else(|| odd(path, line))?);
            moved(bytes.len() as u64);
        }
        Ok(bytes)
    }

    /// What the board can prove about a file's content.
    pub fn digest(&mut self, path: &str) -> Result<Digest, FileError> {
        let answer = self.snippet(
            path,
            &format!(
                "{KIND}\x20p={path}\n\
                 \x20try:print(os.stat(p)[6])\n\
                 \x20except AttributeError:print(os.size(p))\n\
                 \x20try:\n\
                 \x20 import hashlib\n\
                 \x20 h=hashlib.sha256()\n\
                 \x20except (ImportError,AttributeError):\n\
                 \x20 return\n\
                 \x20f=open(p,'rb')\n\
                 \x20while 1:\n\
                 \x20 b=f.read(256)\n\
                 \x20 if not b:break\n\
                 \x20 h.update(b)\n\
                 \x20f.close()\n\
                 \x20print(''.join('%02x'%c for c in h.digest()))\n",
                path = place(path, "k")
            ),
        );
        let answer = match answer {
            Err(FileError::Missing { .. }) => return Ok(Digest::Absent),
            other => other?,
        };
        let mut lines = answer.lines();
        let size =
            lines.next().and_then(|line| line.trim().parse().ok()).ok_or_else(|| odd(path, &answer))?;
        Ok(match lines.next() {
            Some(hex) => Digest::Sha256 { size, hex: hex.trim().to_string() },
            None => Digest::Unhashed { size },
        })
    }

    /// Does the board hold exactly these bytes under this path?
    pub fn holds(&mut self, path: &str, bytes: &[u8]) -> Result<bool, FileError> {
        Ok(match self.digest(path)? {
            Digest::Absent => false,
            Digest::Sha256 { size, hex } => size == bytes.len() as u64 && hex == sha256(bytes),
            Digest::Unhashed { size } => size == bytes.len() as u64 && self.read(path, |_| {})? == bytes,
        })
    }

    /// Writes a file, verified. It is written under another name and takes its place at the end, so
    /// that a failure leaves the old one whole. `moved` is told how many bytes are over there.
    pub fn write(&mut self, path: &str, bytes: &[u8], mut moved: impl FnMut(u64)) -> Result<(), FileError> {
        let part = format!("{path}{PART}");
        let written = self.write_part(&part, bytes, &mut moved).and_then(|()| {
            if self.holds(&part, bytes)? {
                Ok(())
            } else {
                Err(FileError::Corrupt { path: path.to_string() })
            }
        });
        match written {
            Ok(()) => self.replace(path, &part),
            Err(error) => {
                // On a dead connection this fails as well; the next upload overwrites the part.
                if !matches!(error, FileError::Repl(ReplError::Link(_))) {
                    let _ = self.close_and_remove(&part);
                }
                Err(name_after(error, path))
            }
        }
    }

    fn write_part(&mut self, part: &str, bytes: &[u8], moved: &mut impl FnMut(u64)) -> Result<(), FileError> {
        // The open file has to survive from one snippet to the next: the one name we leave, until closed.
        let place = place(part, "not hasattr(__import__('os'),'stat')");
        self.statement(part, &format!("_sl=open({place},'wb')\n"))?;
        let mut at = 0;
        while at < bytes.len() {
            let chunk = &bytes[at..(at + self.chunk).min(bytes.len())];
            match self.statement(part, &format!("print(_sl.write({}))\n", literal(chunk))) {
                Ok(answer) => {
                    let count: usize = answer.trim().parse().map_err(|_| odd(part, &answer))?;
                    if count == 0 || count > chunk.len() {
                        return Err(FileError::Full { path: part.to_string() });
                    }
                    at += count;
                    moved(at as u64);
                }
                Err(FileError::Refused { says, .. })
                    if says.starts_with("MemoryError") && self.chunk > SMALLEST_CHUNK =>
                {
                    self.chunk /= 2;
                }
                Err(error) => return Err(error),
            }
        }
        self.statement(part, "_sl.close()\ndel _sl\n")?;
        Ok(())
    }

    fn close_and_remove(&mut self, part: &str) -> Result<(), FileError> {
        let _ = self.statement(part, "_sl.close()\ndel _sl\n");
        self.remove(part)
    }

    /// Gives `part` the name `path`, over whatever has it.
    fn replace(&mut self, path: &str, part: &str) -> Result<(), FileError> {
        // FAT does not rename over a file that is there; a micro:bit does not rename at all.
        self.snippet(
            path,
            &format!(
                "{KIND}\x20a,b={part},{path}\n\
                 \x20try:\n\
                 \x20 os.rename(a,b)\n\
                 \x20except OSError as e:\n\
                 \x20 if e.args[0]!=17:raise\n\
                 \x20 os.remove(b)\n\
                 \x20 os.rename(a,b)\n\
                 \x20except AttributeError:\n\
                 \x20 f=open(a,'rb')\n\
                 \x20 g=open(b,'wb')\n\
                 \x20 while 1:\n\
                 \x20  c=f.read(64)\n\
                 \x20  if not c:break\n\
                 \x20  g.write(c)\n\
                 \x20 f.close()\n\
                 \x20 g.close()\n\
                 \x20 os.remove(a)\n",
                part = place(part, "k"),
                path = place(path, "k")
            ),
        )?;
        Ok(())
    }

    /// Deletes a file or an empty folder.
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        self.snippet(
            path,
            &format!(
                "{KIND}\x20p={path}\n\
                 \x20if not k and os.stat(p)[0]&0x4000:os.rmdir(p)\n\
                 \x20else:os.remove(p)\n",
                path = place(path, "k")
            ),
        )?;
        Ok(())
    }

    /// Deletes a file, or a folder with all that is in it.
    pub fn remove_all(&mut self, path: &str) -> Result<(), FileError> {
        if self.stat(path)?.is_some_and(|entry| entry.folder) {
            for entry in self.list(path)? {
                self.remove_all(&join(path, &entry.name))?;
            }
        }
        self.remove(path)
    }

    /// Creates a folder, and those above it; fine when it is there.
    pub fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        let mut so_far = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            so_far = format!("{so_far}/{part}");
            match self.stat(&so_far)? {
                Some(entry) if entry.folder => continue,
                Some(_) => {
                    return Err(FileError::Refused {
                        path: so_far,
                        says: "there is a file of that name".into(),
                    });
                }
                None => {}
            }
            self.snippet(&so_far, &format!("\x20import os\n\x20os.mkdir({})\n", quote(&so_far)))?;
        }
        Ok(())
    }

    /// Runs the body of a function and gives back what it printed.
    fn snippet(&mut self, path: &str, body: &str) -> Result<String, FileError> {
        self.statement(path, &wrap(body))
    }

    fn statement(&mut self, path: &str, source: &str) -> Result<String, FileError> {
        let answer = self.repl.eval(source, PATIENCE).map_err(|error| refused(path, error))?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A function around the body, called once and forgotten, even when it raises.
fn wrap(body: &str) -> String {
    format!("def _sl():\n{body}try:\n _sl()\nfinally:\n del _sl\n")
}

fn refused(path: &str, error: ReplError) -> FileError {
    let ReplError::Python { traceback } = &error else { return FileError::Repl(error) };
    let (path, says) = (path.to_string(), last_line(traceback));
    let errno = |number: u32, name: &str| {
        says.starts_with("OSError")
            && (says.contains(name)
                || says.contains(&format!("[Errno {number}]"))
                || says.trim_start_matches("OSError:").trim() == number.to_string())
    };
    // A micro:bit says it in words.
    if errno(2, "ENOENT") || says == "OSError: file not found" {
        FileError::Missing { path }
    } else if errno(28, "ENOSPC") {
        FileError::Full { path }
    } else {
        // littlefs gives bare numbers.
        let words = [
            (20, "a part of the path is a file, not a folder"),
            (21, "it is a folder"),
            (30, "the filesystem is read-only"),
            (39, "the folder is not empty (`rm -r` deletes it with all that is in it)"),
        ];
        let known = words.iter().find(|(number, _)| errno(*number, "?"));
        let says = known.map_or(says.to_string(), |(_, words)| format!("{words} ({says})"));
        FileError::Refused { path, says }
    }
}

/// The same error about the file the user knows, not about its part.
fn name_after(error: FileError, name: &str) -> FileError {
    match error {
        FileError::Full { .. } => FileError::Full { path: name.to_string() },
        FileError::Missing { .. } => FileError::Refused {
            path: name.to_string(),
            says: "its folder is not there, or the file vanished while it was written".into(),
        },
        FileError::Refused { says, .. } => FileError::Refused { path: name.to_string(), says },
        other => other,
    }
}

fn odd(path: &str, answer: &str) -> FileError {
    FileError::Answer { path: path.to_string(), answer: answer.chars().take(60).collect() }
}

/// A path below a folder of the board.
pub fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// SHA-256 as hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// What a path is called on a board without folders, such as a micro:bit: without the slash.
fn flat(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

/// Makes `k` true on a board without folders.
const KIND: &str = "\x20import os\n\x20k=not hasattr(os,'stat')\n";

/// An expression for a path, given one that is true on a board without folders: after [`KIND`], `k`.
fn place(path: &str, without_folders: &str) -> String {
    if flat(path) == path { quote(path) } else { format!("{}[{without_folders}:]", quote(path)) }
}

/// A Python string literal.
fn quote(text: &str) -> String {
    let mut literal = String::from("'");
    for char in text.chars() {
        match char {
            '\'' | '\\' => literal.extend(['\\', char]),
            char if (char as u32) < 32 || char as u32 == 127 => {
                literal.push_str(&format!("\\x{:02x}", char as u32));
            }
            char => literal.push(char),
        }
    }
    literal.push('\'');
    literal
}

/// A Python bytes literal of printable ASCII only.
fn literal(bytes: &[u8]) -> String {
    let mut literal = String::with_capacity(bytes.len() + 8);
    literal.push_str("b'");
    for &byte in bytes {
        match byte {
            b'\'' | b'\\' => literal.extend(['\\', byte as char]),
            b'\n' => literal.push_str("\\n"),
            32..127 => literal.push(byte as char),
            _ => literal.push_str(&format!("\\x{byte:02x}")),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_survive_what_python_would_interpret() {
        assert_eq!(literal(b"a'b\\c\n\x00\xff"), r"b'a\'b\\c\n\x00\xff'");
        assert_eq!(quote("it's\\\n\u{e9}"), "'it\\'s\\\\\\x0a\u{e9}'");
    }

    #[test]
    fn hexadecimal_is_read_strictly() {
        assert_eq!(unhex("00ff10"), Some(vec![0, 255, 16]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("é"), None);
    }

    #[test]
    fn errors_of_the_board_are_told_apart() {
        let of = |line: &str| {
            refused(
                "/x",
                ReplError::Python {
                    traceback: format!(
                        "Traceback (most recent call last):\n  File \"<stdin>\", line 1\n{line}\n"
                    ),
                },
            )
        };
        assert!(matches!(of("OSError: [Errno 2] ENOENT"), FileError::Missing { .. }));
        assert!(matches!(of("OSError: 28"), FileError::Full { .. }));
        assert!(matches!(of("OSError: [Errno 28] ENOSPC"), FileError::Full { .. }));
        let FileError::Refused { says, .. } = of("OSError: [Errno 20] ENOTDIR") else { panic!() };
        assert_eq!(says, "a part of the path is a file, not a folder (OSError: [Errno 20] ENOTDIR)");
    }

    #[test]
    fn paths_join_below_the_root_and_below_folders() {
        assert_eq!(join("/", "main.py"), "/main.py");
        assert_eq!(join("/lib/", "a.py"), "/lib/a.py");
        assert_eq!(join("", "a.py"), "/a.py");
    }
}
