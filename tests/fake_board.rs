//! A board on a pseudo-terminal that speaks the raw REPL and understands the few programs the client
//! sends for files. Its faults are what the tests are about: it can fall silent, vanish, garble.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::stat::Mode;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};

/// What is wrong with this board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It never answers.
    Silent,
    /// It talks, but is no MicroPython.
    Modem,
    /// It is unplugged after so many pieces of a file.
    VanishAfter(usize),
    /// It changes a bit of every piece of a file.
    Garble,
    /// Its filesystem holds so many bytes.
    Full(usize),
    /// It has no hashlib.
    NoHash,
    /// It offers no raw-paste.
    NoPaste,
    /// Its programs do not heed Ctrl-C.
    Deaf,
}

/// The board; dropping it unplugs it.
pub struct FakeBoard {
    /// Where it is plugged in.
    pub port: PathBuf,
    /// What is on its filesystem.
    pub files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// How often a file was opened for writing.
    pub writes: Arc<Mutex<usize>>,
    // The board's own end of the line at the far side, so that clients may come and go.
    _slave: OwnedFd,
}

impl FakeBoard {
    pub fn plug_in(fault: Fault) -> FakeBoard {
        // Close-on-exec from the start: a program that another test starts meanwhile must not hold this line.
        let master =
            posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a pseudo-terminal");
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let port = PathBuf::from(ptsname_r(&master).unwrap());
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let slave = open(&port, flags, Mode::empty()).unwrap();
        let mut settings = tcgetattr(&slave).unwrap();
        cfmakeraw(&mut settings);
        tcsetattr(&slave, SetArg::TCSANOW, &settings).unwrap();
        let files: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let writes: Arc<Mutex<usize>> = Arc::default();
        let mut chip = Chip {
            line: File::from(OwnedFd::from(master)),
            fault,
            files: files.clone(),
            writes: writes.clone(),
            open: None,
            pieces: 0,
            unplugged: false,
        };
        thread::spawn(move || while chip.step().is_some() {});
        FakeBoard { port, files, writes, _slave: slave }
    }

    pub fn port(&self) -> &str {
        self.port.to_str().unwrap()
    }

    pub fn put(&self, path: &str, content: &[u8]) {
        self.files.lock().unwrap().insert(path.to_string(), content.to_vec());
    }

    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.files.lock().unwrap().get(path).cloned()
    }

    pub fn times_written(&self) -> usize {
        *self.writes.lock().unwrap()
    }
}

struct Chip {
    line: File,
    fault: Fault,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    writes: Arc<Mutex<usize>>,
    open: Option<(String, Vec<u8>)>,
    pieces: usize,
    unplugged: bool,
}

const RAW_PROMPT: &str = "raw REPL; CTRL-B to exit\r\n>";
const WINDOW: usize = 32;

impl Chip {
    /// One byte at the friendly prompt; `None` when the line is gone for good.
    fn step(&mut self) -> Option<()> {
        let byte = self.byte()?;
        match (self.fault, byte) {
            (Fault::Silent, _) => {}
            (Fault::Modem, b'\r') => self.say("\r\nERROR\r\n")?,
            (Fault::Modem, _) => {}
            (_, 1) => {
                self.say(&format!("\r\n{RAW_PROMPT}"))?;
                self.raw()?;
            }
            (_, 2 | 3 | b'\r') => self.say("\r\n>>> ")?,
            (_, 4) => self.say("MPY: soft reboot\r\nFakePython\r\n>>> ")?,
            (_, typed) => self.say(&(typed as char).to_string())?,
        }
        Some(())
    }

    /// Raw mode until Ctrl-B.
    fn raw(&mut self) -> Option<()> {
        let mut source = Vec::new();
        loop {
            match self.byte()? {
                1 => self.say(RAW_PROMPT)?,
                2 => return self.say("\r\nFakePython\r\n>>> "),
                3 => source.clear(),
                4 if source.is_empty() => self.say(&format!("OK\r\nMPY: soft reboot\r\n{RAW_PROMPT}"))?,
                4 => {
                    self.say("OK")?;
                    let program = std::mem::take(&mut source);
                    self.answer(&program)?;
                }
                5 if source.is_empty() => {
                    let (_a, _one) = (self.byte()?, self.byte()?);
                    if self.fault == Fault::NoPaste {
                        self.say("R\0")?;
                    } else {
                        let program = self.pasted()?;
                        self.answer(&program)?;
                    }
                }
                byte => source.push(byte),
            }
        }
    }

    fn pasted(&mut self) -> Option<Vec<u8>> {
        self.line.write_all(&[b'R', 1, WINDOW as u8, 0]).ok()?;
        let mut source = Vec::new();
        loop {
            match self.byte()? {
                4 => {
                    self.say("\x04")?;
                    return Some(source);
                }
                byte => source.push(byte),
            }
            // The client may be one window ahead, never two.
            if source.len().is_multiple_of(WINDOW) {
                self.say("\x01")?;
            }
        }
    }

    fn answer(&mut self, program: &[u8]) -> Option<()> {
        let program = String::from_utf8_lossy(program).into_owned();
        let traceback = match self.execute(&program) {
            Ok(()) => String::new(),
            Err(says) => {
                format!(
                    "Traceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\n{says}\r\n"
                )
            }
        };
        if self.unplugged {
            return None;
        }
        // In pieces, as a real line delivers it.
        let (first, rest) = traceback.split_at(traceback.len() / 2);
        self.say(&format!("\x04{first}"))?;
        thread::sleep(Duration::from_millis(2));
        self.say(&format!("{rest}\x04"))?;
        thread::sleep(Duration::from_millis(2));
        self.say(">")
    }

    /// Knows the client's snippets by what is peculiar to each, and four programs of the tests'.
    fn execute(&mut self, program: &str) -> Result<(), String> {
        let missing = || "OSError: [Errno 2] ENOENT".to_string();
        if let Some(path) = between(program, "_sl=open('", ",'wb')").map(bare) {
            *self.writes.lock().unwrap() += 1;
            self.open = Some((path.to_string(), Vec::new()));
        } else if let Some(start) = program.find("_sl.write(b'") {
            let literal = &program[start + 12..program.rfind("'))").unwrap()];
            let mut piece = unescape(literal);
            self.pieces += 1;
            match self.fault {
                Fault::VanishAfter(pieces) if self.pieces > pieces => {
                    self.unplugged = true;
                    return Ok(());
                }
                Fault::Garble => piece[0] ^= 1,
                Fault::Full(room) => {
                    let others: usize = self.files.lock().unwrap().values().map(Vec::len).sum();
                    let mine = self.open.as_ref().map_or(0, |(_, bytes)| bytes.len());
                    if others + mine + piece.len() > room {
                        return Err("OSError: 28".into());
                    }
                }
                _ => {}
            }
            self.print(&format!("{}\r\n", piece.len()));
            self.open.as_mut().ok_or("NameError: name '_sl' isn't defined")?.1.extend(piece);
        } else if program.starts_with("_sl.close()") {
            if let Some((path, bytes)) = self.open.take() {
                self.files.lock().unwrap().insert(path, bytes);
            }
        } else if let Some(path) = between(program, "os.ilistdir('", "')") {
            let prefix = format!("{}/", path.trim_end_matches('/'));
            let mut lines = BTreeMap::new();
            for (name, bytes) in self.files.lock().unwrap().iter() {
                if let Some(rest) = name.strip_prefix(&prefix) {
                    let (first, folder) =
                        rest.split_once('/').map_or((rest, false), |(first, _)| (first, true));
                    let hex: String = first.bytes().map(|byte| format!("{byte:02x}")).collect();
                    let (kind, size) = if folder { (0x4000, 0) } else { (0x8000, bytes.len()) };
                    lines.insert(hex.clone(), format!("{hex} {kind} {size}\r\n"));
                }
            }
            self.print(&lines.into_values().collect::<String>());
        } else if program.contains("hashlib.sha256()") {
            let path = between(program, " p='", "\n").map(bare).unwrap_or_default();
            let bytes = self.files.lock().unwrap().get(path).cloned().ok_or_else(missing)?;
            self.print(&format!("{}\r\n", bytes.len()));
            if self.fault != Fault::NoHash {
                self.print(&format!("{}\r\n", solderless::device::sha256(&bytes)));
            }
        } else if let Some((from, to)) =
            between(program, " a,b='", "\n").and_then(|pair| pair.split_once(",'"))
        {
            let (from, to) = (bare(from), bare(to));
            let bytes = self.files.lock().unwrap().remove(from).ok_or_else(missing)?;
            self.files.lock().unwrap().insert(to.to_string(), bytes);
        } else if program.contains("os.remove(p)") {
            let path = between(program, " p='", "\n").map(bare).unwrap_or_default();
            self.files.lock().unwrap().remove(path).ok_or_else(missing)?;
        } else if program.contains("else 128)") {
            let path = between(program, "f=open('", ",'rb')").map(bare).unwrap_or_default();
            let bytes = self.files.lock().unwrap().get(path).cloned().ok_or_else(missing)?;
            for row in bytes.chunks(128) {
                let hex: String = row.iter().map(|byte| format!("{byte:02x}")).collect();
                self.print(&format!("{hex}\r\n"));
            }
        } else if program.contains("print(s[0],s[6])") {
            let path = between(program, "os.stat('", "')").unwrap_or_default();
            let files = self.files.lock().unwrap();
            let folder = files.keys().any(|name| name.starts_with(&format!("{path}/")));
            let size = files.get(path).map(Vec::len);
            drop(files);
            match (size, folder) {
                (Some(size), _) => self.print(&format!("32768 {size}\r\n")),
                (None, true) => self.print("16384 0\r\n"),
                (None, false) => return Err(missing()),
            }
        } else if let Some(path) = between(program, "os.mkdir('", "')") {
            self.files.lock().unwrap().insert(format!("{path}/.keep"), Vec::new());
        } else if program.contains("while True") {
            self.print("looping\r\n");
            while self.byte().is_some_and(|byte| byte != 3 || self.fault == Fault::Deaf) {}
            return Err("KeyboardInterrupt: ".into());
        } else if let Some(says) = between(program, "raise ", "\n") {
            return Err(says.to_string());
        } else if let Some(text) = between(program, "print('", "')") {
            self.print(&format!("{text}\r\n"));
        } else {
            return Err(format!("NotImplementedError: {program:?}"));
        }
        Ok(())
    }

    fn print(&mut self, text: &str) {
        let _ = self.line.write_all(text.as_bytes());
    }

    fn say(&mut self, text: &str) -> Option<()> {
        self.line.write_all(text.as_bytes()).ok()
    }

    /// The next byte; `None` when the test has dropped the board. Clients that hang up are waited out.
    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        loop {
            let mut polled = [PollFd::new(self.line.as_fd(), PollFlags::POLLIN)];
            poll(&mut polled, PollTimeout::from(50u16)).ok()?;
            let events = polled[0].revents().unwrap_or(PollFlags::empty());
            if events.contains(PollFlags::POLLIN) {
                return if self.line.read(&mut byte).ok()? == 1 { Some(byte[0]) } else { None };
            }
            if events.contains(PollFlags::POLLHUP) {
                // Nobody holds the other end: the board was dropped and no client is left.
                if Arc::strong_count(&self.files) == 1 {
                    return None;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// A path from its literal, whose first quote is gone already.
fn bare(literal: &str) -> &str {
    literal.split_once('\'').map_or(literal, |(path, _)| path)
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let start = text.find(before)? + before.len();
    let length = text[start..].find(after)?;
    Some(&text[start..start + length])
}

/// Undoes a Python bytes literal.
fn unescape(literal: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = literal.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'n' => b'\n',
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                plain => plain,
            },
            plain => plain,
        });
    }
    bytes
}
