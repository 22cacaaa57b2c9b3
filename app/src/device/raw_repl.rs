//! MicroPython's raw REPL, spoken as a client: interrupt, hand over a program, follow its output.
//!
//! The protocol: Ctrl-A enters raw mode, which answers `raw REPL; CTRL-B to exit\r\n>`. A program and
//! Ctrl-D follow; the board answers `OK`, then the program's output, 0x04, the traceback if any, 0x04
//! and `>`. Boards that offer raw-paste take the program under flow control instead: 0x05 `A` 0x01 is
//! answered with `R` 0x01 and a window size, after which the board grants another window with each 0x01.

use std::time::Duration;

use thiserror::Error;

use super::connection::{Connection, LinkError};

const CTRL_A: u8 = 1;
const CTRL_B: u8 = 2;
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_E: u8 = 5;

const RAW_PROMPT: &[u8] = b"raw REPL; CTRL-B to exit\r\n>";

/// How long a board may take over an answer that needs no program to run.
const ANSWER: Duration = Duration::from_secs(2);
/// How long a soft reset may take, boot.py included.
const REBOOT: Duration = Duration::from_secs(10);
/// Nothing heard for so long counts as silence between two bursts of output.
const QUIET: Duration = Duration::from_millis(60);
/// What a UART without flow control takes at once, and the pause it then needs.
const PLAIN_CHUNK: usize = 256;
const PLAIN_PAUSE: Duration = Duration::from_millis(10);

/// Why the board's REPL cannot be used.
#[derive(Debug, Error)]
pub enum ReplError {
    /// The connection failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Not one byte came back.
    #[error(
        "{name} answers nothing: is MicroPython on it? Press its reset button or plug it in again, then try again"
    )]
    Silent {
        /// The port or board.
        name: String,
    },
    /// It talks, but not as a raw REPL does.
    #[error(
        "{name} does not answer as MicroPython does: expected {expected}, heard {heard:?}; \
         press its reset button, then try again"
    )]
    Protocol {
        /// The port or board.
        name: String,
        /// In words.
        expected: &'static str,
        /// The last that came, shortened.
        heard: String,
    },
    /// It stopped taking bytes.
    #[error("{name} takes no more bytes; press its reset button, then try again")]
    Stuck {
        /// The port or board.
        name: String,
    },
    /// A snippet of ours raised an exception on the board.
    #[error("the board says: {}", last_line(.traceback))]
    Python {
        /// The whole traceback.
        traceback: String,
    },
}

/// The last line of a traceback: the exception and its message.
pub fn last_line(traceback: &str) -> &str {
    traceback.trim_end().lines().next_back().unwrap_or("").trim()
}

/// What the interpreter is like when raw mode is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As whatever was interrupted left it.
    AsIs,
    /// Newly started: no names, no peripherals left running (boot.py has run, main.py has not).
    Fresh,
}

/// A piece of a running program's life.
#[derive(Debug, PartialEq, Eq)]
pub enum Flow {
    /// Nothing came in the time given.
    Quiet,
    /// It printed this.
    Output(Vec<u8>),
    /// It is over; the traceback is empty unless an exception ended it.
    Ended {
        /// As the board printed it.
        traceback: String,
    },
}

/// A board held in raw mode. Leave it with `leave`; a dropped one stays in raw mode, from which the
/// next `enter` starts just as well.
pub struct RawRepl<'a> {
    link: &'a mut dyn Connection,
    /// Received, not looked at yet.
    heard: Vec<u8>,
    /// Does the board offer raw-paste? Unknown until first tried.
    paste: Option<bool>,
    following: Following,
}

/// Which part of a program's answer comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Following {
    Nothing,
    Output,
    Traceback,
}

impl<'a> RawRepl<'a> {
    /// Interrupts whatever runs and enters raw mode, from any state the board may be in.
    pub fn enter(link: &'a mut dyn Connection, start: Start) -> Result<RawRepl<'a>, ReplError> {
        let mut repl = RawRepl { link, heard: Vec::new(), paste: None, following: Following::Nothing };
        let mut anything = false;
        // A program may catch the first KeyboardInterrupt, and a busy UART may lose a byte: try again,
        // each time with more patience.
        for patience in [ANSWER / 4, ANSWER / 2, ANSWER] {
            repl.send(&[b'\r', CTRL_C, CTRL_C])?;
            anything |= repl.discard()?;
            repl.send(&[b'\r', CTRL_A])?;
            if repl.find(RAW_PROMPT, patience)?.is_some() {
                if start == Start::Fresh {
                    repl.soft_reset()?;
                }
                return Ok(repl);
            }
            anything |= !repl.heard.is_empty();
        }
        Err(if anything {
            repl.protocol("the raw REPL's prompt")
        } else {
            ReplError::Silent { name: repl.link.name().to_string() }
        })
    }

    /// Takes up following a program that runs already; `heard` is what came of the end of its output, from the first
    /// 0x04 on.
    pub fn resume(link: &'a mut dyn Connection, heard: Vec<u8>) -> RawRepl<'a> {
        RawRepl { link, heard, paste: None, following: Following::Output }
    }

    /// Restarts the interpreter and comes back to raw mode.
    fn soft_reset(&mut self) -> Result<(), ReplError> {
        self.send(&[CTRL_D])?;
        self.expect(b"soft reboot\r\n", REBOOT, "`soft reboot`")?;
        self.expect(RAW_PROMPT, REBOOT, "the raw REPL's prompt after a soft reset")?;
        Ok(())
    }

    /// Hands over a program; it runs when this returns. Follow it with `follow`.
    pub fn start(&mut self, source: &str) -> Result<(), ReplError> {
        let pasted = self.paste != Some(false) && self.paste(source.as_bytes())?;
        self.paste = Some(pasted);
        if !pasted {
            self.type_in(source.as_bytes())?;
        }
        self.following = Following::Output;
        Ok(())
    }

    /// Raw-paste; false when the board does not offer it.
    fn paste(&mut self, source: &[u8]) -> Result<bool, ReplError> {
        self.heard.clear();
        self.send(&[CTRL_E, b'A', CTRL_A])?;
        match self.take(2, ANSWER)?.as_slice() {
            b"R\x01" => {}
            b"R\x00" => return Ok(false),
            // Older firmware takes the three bytes for a line and Ctrl-A: the prompt comes again.
            b"ra" => {
                self.expect(&RAW_PROMPT[2..], ANSWER, "the raw REPL's prompt")?;
                return Ok(false);
            }
            _ => return Err(self.protocol("an answer to the offer of raw-paste")),
        }
        let size = self.take(2, ANSWER)?;
        let window = usize::from(u16::from_le_bytes([size[0], size[1]])).max(1);
        let mut room = window;
        let mut rest = source;
        loop {
            // Grants are read whenever some have come, and waited for when there is no room.
            let full = room == 0 && !rest.is_empty();
            if self.heard.is_empty() {
                self.listen(if full { ANSWER } else { Duration::ZERO })?;
            }
            if full && self.heard.is_empty() {
                return Err(self.protocol("room for more of the program"));
            }
            let grants = self.heard.iter().take_while(|&&byte| byte == CTRL_A).count();
            self.heard.drain(..grants);
            room += grants * window;
            match self.heard.first() {
                None if rest.is_empty() => break,
                None => {}
                // The board has had enough: a syntax error, most likely. It wants that acknowledged.
                Some(&CTRL_D) => {
                    self.heard.remove(0);
                    self.send(&[CTRL_D])?;
                    return Ok(true);
                }
                Some(_) => return Err(self.protocol("room for more of the program")),
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.send(now)?;
            room -= now.len();
            rest = later;
        }
        self.send(&[CTRL_D])?;
        // Grants for what was read meanwhile come first.
        self.expect(&[CTRL_D], ANSWER, "the end of raw-paste")?;
        Ok(true)
    }

    /// Plain raw mode: no flow control, so slowly.
    fn type_in(&mut self, source: &[u8]) -> Result<(), ReplError> {
        self.heard.clear();
        for chunk in source.chunks(PLAIN_CHUNK) {
            self.send(chunk)?;
            let until = self.link.now() + PLAIN_PAUSE;
            while self.link.now() < until {
                self.listen(until.saturating_sub(self.link.now()))?;
            }
        }
        self.send(&[CTRL_D])?;
        self.expect(b"OK", ANSWER, "`OK`")?;
        Ok(())
    }

    /// Waits at most `wait` for the running program to print something or to end.
    pub fn follow(&mut self, wait: Duration) -> Result<Flow, ReplError> {
        if let Some(flow) = self.next_flow() {
            return Ok(flow);
        }
        self.listen(wait)?;
        Ok(self.next_flow().unwrap_or(Flow::Quiet))
    }

    /// What the bytes heard so far amount to; a traceback is told once it is complete.
    fn next_flow(&mut self) -> Option<Flow> {
        let end = self.heard.iter().position(|&byte| byte == CTRL_D);
        if self.following == Following::Output && !self.heard.is_empty() {
            let output: Vec<u8> = self.heard.drain(..end.unwrap_or(self.heard.len())).collect();
            if end.is_some() {
                self.heard.remove(0);
                self.following = Following::Traceback;
            }
            if !output.is_empty() {
                return Some(Flow::Output(output));
            }
            return self.next_flow();
        }
        // The prompt belongs to the answer: taken away here, it cannot be mistaken for the next one's
        // beginning. A board that restarts instead (SystemExit) says something else.
        if self.following == Following::Traceback
            && let Some(end) = end
            && let Some(&after) = self.heard.get(end + 1)
        {
            let traceback = String::from_utf8_lossy(&self.heard[..end]).replace("\r\n", "\n");
            self.heard.drain(..=end + usize::from(after == b'>'));
            self.following = Following::Nothing;
            return Some(Flow::Ended { traceback });
        }
        None
    }

    /// Runs a program to its end and gives back what it printed. For snippets of ours: `patience` is
    /// how long it may stay silent.
    pub fn eval(&mut self, source: &str, patience: Duration) -> Result<Vec<u8>, ReplError> {
        self.start(source)?;
        let mut printed = Vec::new();
        let mut since = self.link.now();
        loop {
            match self.follow(patience)? {
                Flow::Output(bytes) => {
                    printed.extend(bytes);
                    since = self.link.now();
                }
                Flow::Ended { traceback } if traceback.is_empty() => return Ok(printed),
                Flow::Ended { traceback } => return Err(ReplError::Python { traceback }),
                Flow::Quiet if self.link.now() >= since + patience => {
                    return Err(self.protocol("the end of a short program"));
                }
                Flow::Quiet => {}
            }
        }
    }

    /// Sends the running program input, or Ctrl-C.
    pub fn input(&mut self, bytes: &[u8]) -> Result<(), ReplError> {
        self.send(bytes)
    }

    /// Sends Ctrl-C.
    pub fn interrupt(&mut self) -> Result<(), ReplError> {
        self.send(&[CTRL_C])
    }

    /// Goes back to the friendly prompt, where a person finds the board as usual; gives the board's time then.
    pub fn leave(mut self) -> Result<Duration, ReplError> {
        self.heard.clear();
        self.send(&[b'\r', CTRL_B])?;
        self.expect(b">>> ", ANSWER, "the prompt `>>> `")?;
        Ok(self.link.now())
    }

    /// The connection underneath.
    pub fn link(&mut self) -> &mut dyn Connection {
        self.link
    }

    /// Hands all bytes over, however little the board takes at a time.
    fn send(&mut self, bytes: &[u8]) -> Result<(), ReplError> {
        let mut rest = bytes;
        let mut since = self.link.now();
        while !rest.is_empty() {
            let taken = self.link.write(rest)?;
            rest = &rest[taken..];
            if taken > 0 {
                since = self.link.now();
            } else if self.link.now() > since + ANSWER {
                return Err(ReplError::Stuck { name: self.link.name().to_string() });
            } else {
                // Time must pass for the board to take more; it may also be waiting to be read.
                self.link.read(Duration::from_millis(2), &mut self.heard)?;
            }
        }
        Ok(())
    }

    /// Reads what comes within `wait`.
    fn listen(&mut self, wait: Duration) -> Result<(), ReplError> {
        Ok(self.link.read(wait, &mut self.heard)?)
    }

    /// Throws away all that comes until the board falls silent; was there anything? A board that
    /// never falls silent is listened to for a second.
    fn discard(&mut self) -> Result<bool, ReplError> {
        let until = self.link.now() + Duration::from_secs(1);
        let mut anything = false;
        loop {
            self.heard.clear();
            self.listen(QUIET)?;
            if self.heard.is_empty() || self.link.now() > until {
                self.heard.clear();
                return Ok(anything);
            }
            anything = true;
        }
    }

    /// Reads up to and including `mark`, which is taken away with all before it. `None` when it does
    /// not come in time; what did come stays.
    fn find(&mut self, mark: &[u8], patience: Duration) -> Result<Option<Vec<u8>>, ReplError> {
        let until = self.link.now() + patience;
        let mut searched = 0;
        loop {
            let from = searched.min(self.heard.len());
            if let Some(at) = self.heard[from..].windows(mark.len()).position(|window| window == mark) {
                let rest = self.heard.split_off(from + at + mark.len());
                return Ok(Some(std::mem::replace(&mut self.heard, rest)));
            }
            searched = (self.heard.len() + 1).saturating_sub(mark.len());
            let now = self.link.now();
            if now >= until {
                return Ok(None);
            }
            self.listen(until - now)?;
        }
    }

    fn expect(&mut self, mark: &[u8], patience: Duration, words: &'static str) -> Result<Vec<u8>, ReplError> {
        match self.find(mark, patience)? {
            Some(bytes) => Ok(bytes),
            None => Err(self.protocol(words)),
        }
    }

    /// Exactly `count` bytes.
    fn take(&mut self, count: usize, patience: Duration) -> Result<Vec<u8>, ReplError> {
        let until = self.link.now() + patience;
        while self.heard.len() < count {
            let now = self.link.now();
            if now >= until {
                return Err(self.protocol("an answer"));
            }
            self.listen(until - now)?;
        }
        Ok(self.heard.drain(..count).collect())
    }

    fn protocol(&self, expected: &'static str) -> ReplError {
        let tail = &self.heard[self.heard.len().saturating_sub(60)..];
        ReplError::Protocol {
            name: self.link.name().to_string(),
            expected,
            heard: String::from_utf8_lossy(tail).into_owned(),
        }
    }
}
