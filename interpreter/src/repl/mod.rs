//! The interactive prompt, byte by byte.
//!
//! [`Repl`] is a state machine: each byte from the console goes into [`Repl::feed`], which writes the
//! answer and says what to do next. It knows nothing of the virtual machine, so that tests can feed
//! bytes and compare bytes. The protocol is the official one (mpremote, Thonny and the test runner
//! depend on every byte of it); the module's tests show the exchanges.

mod line;
mod more;
pub mod shell;

use alloc::string::String;
use alloc::vec::Vec;

pub use line::Completion;
use line::{Editor, Key};
pub use more::needs_more;

const CTRL_A: u8 = 1;
const CTRL_B: u8 = 2;
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_E: u8 = 5;

const PS1: &str = ">>> ";
const PS2: &str = "... ";
const RAW_GREETING: &[u8] = b"raw REPL; CTRL-B to exit\r\n";

/// Bytes that a sender in raw-paste mode may have on the way. The console's own buffer must hold twice as many.
pub const PASTE_WINDOW: u16 = 256;

/// Bytes by which the memory for a long program grows.
const GROWTH: usize = 4096;

/// What the prompt needs from its surroundings.
pub trait Terminal {
    fn write(&mut self, bytes: &[u8]);
    /// Sees to it that so many bytes can be allocated in one piece, if that is possible.
    fn make_room(&mut self, bytes: usize) {
        let _ = bytes;
    }
    /// What the tab key does after `text`, the line up to the cursor.
    fn complete(&mut self, text: &str) -> Completion {
        let _ = text;
        Completion::default()
    }
}

/// How a source text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Typed at the prompt: the value of an expression is shown.
    Single,
    /// A program.
    File,
}

/// What the caller does after a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Goes on feeding.
    None,
    /// Runs the source, then calls [`Repl::ready`]. If `framed`, the output is followed by [`END`], then
    /// the error if there is one, then [`END`] again.
    Run { source: String, input: Input, framed: bool },
    /// Restarts the interpreter, then calls [`Repl::start`].
    SoftReset,
}

/// Ends a section of a framed answer.
pub const END: &[u8] = &[4];

#[derive(Debug)]
enum Mode {
    Friendly,
    /// After Ctrl-E: collects until Ctrl-D.
    Paste,
    Raw,
    RawPaste {
        /// Bytes until the next grant.
        left: u16,
    },
}

/// The prompt's state.
#[derive(Debug)]
pub struct Repl {
    mode: Mode,
    /// What is being collected: lines of a statement, a paste, a raw program.
    source: Vec<u8>,
    /// The collected text did not fit into memory: it is refused when it ends.
    too_long: bool,
    editor: Editor,
    banner: [&'static str; 2],
    /// The last byte was CR: a LF that follows belongs to it.
    after_cr: bool,
}

impl Repl {
    /// `banner` and `board` are the first line of the greeting; `raw` is the mode to begin in.
    pub fn new(banner: &'static str, board: &'static str, raw: bool) -> Repl {
        Repl {
            mode: if raw { Mode::Raw } else { Mode::Friendly },
            source: Vec::new(),
            too_long: false,
            editor: Editor::default(),
            banner: [banner, board],
            after_cr: false,
        }
    }

    /// Whether main.py runs at the next start: tools in raw mode do not want it.
    pub fn is_friendly(&self) -> bool {
        matches!(self.mode, Mode::Friendly | Mode::Paste)
    }

    /// Greets and prompts: after power-on and after a soft reset.
    pub fn start(&mut self, terminal: &mut dyn Terminal) {
        if self.is_friendly() {
            self.mode = Mode::Friendly;
            self.greet(terminal);
        } else {
            self.mode = Mode::Raw;
            terminal.write(RAW_GREETING);
        }
        self.ready(terminal);
    }

    /// Prompts again: after the source of [`Action::Run`] has run.
    pub fn ready(&mut self, terminal: &mut dyn Terminal) {
        self.source = Vec::new();
        self.too_long = false;
        if self.is_friendly() {
            self.editor.begin(PS1, "", terminal);
        } else {
            terminal.write(b">");
        }
    }

    fn greet(&mut self, terminal: &mut dyn Terminal) {
        terminal.write(self.banner[0].as_bytes());
        terminal.write(b"; ");
        terminal.write(self.banner[1].as_bytes());
        terminal.write(b"\r\nType \"help()\" for more information.\r\n");
    }

    /// Takes one byte from the console.
    pub fn feed(&mut self, byte: u8, terminal: &mut dyn Terminal) -> Action {
        let after_cr = core::mem::replace(&mut self.after_cr, byte == b'\r');
        match &mut self.mode {
            Mode::Friendly if byte == b'\n' && after_cr => Action::None,
            Mode::Friendly => self.friendly(byte, terminal),
            Mode::Paste => self.paste(byte, after_cr, terminal),
            Mode::Raw => self.raw(byte, terminal),
            Mode::RawPaste { left } => match byte {
                CTRL_C | CTRL_D => {
                    self.mode = Mode::Raw;
                    terminal.write(END);
                    if byte == CTRL_D {
                        return self.run(Input::File, terminal);
                    }
                    self.refuse("KeyboardInterrupt: ", terminal);
                    Action::None
                }
                _ => {
                    *left -= 1;
                    if *left == 0 {
                        *left = PASTE_WINDOW;
                        terminal.write(&[1]);
                    }
                    self.collect(&[byte], terminal);
                    Action::None
                }
            },
        }
    }

    fn collect(&mut self, bytes: &[u8], terminal: &mut dyn Terminal) {
        // Doubling would need three times the program's size at the last step.
        let room = self.source.capacity() - self.source.len();
        let step = self.source.len().clamp(64, GROWTH).max(bytes.len());
        if room < bytes.len() {
            terminal.make_room(self.source.len() + step + 64);
        }
        if room < bytes.len() && self.source.try_reserve_exact(step).is_err() {
            self.too_long = true;
            self.source = Vec::new();
        }
        if !self.too_long {
            self.source.extend_from_slice(bytes);
        }
    }

    /// Answers a raw program with an error without running it.
    fn refuse(&mut self, why: &str, terminal: &mut dyn Terminal) {
        terminal.write(END);
        terminal.write(b"Traceback (most recent call last):\r\n");
        terminal.write(why.as_bytes());
        terminal.write(b"\r\n");
        terminal.write(END);
        self.ready(terminal);
    }

    /// Hands the collected source over.
    fn run(&mut self, input: Input, terminal: &mut dyn Terminal) -> Action {
        let framed = !self.is_friendly();
        if self.too_long {
            if framed {
                self.refuse("MemoryError: the program is too long for the free memory", terminal);
            } else {
                terminal.write(b"MemoryError: the input is too long for the free memory\r\n");
                self.ready(terminal);
            }
            return Action::None;
        }
        let bytes = core::mem::take(&mut self.source);
        match String::from_utf8(bytes) {
            Ok(source) => Action::Run { source, input, framed },
            Err(_) if framed => {
                self.refuse("UnicodeError: the program is not UTF-8", terminal);
                Action::None
            }
            Err(_) => {
                terminal.write(b"UnicodeError: the input is not UTF-8\r\n");
                self.ready(terminal);
                Action::None
            }
        }
    }

    fn raw(&mut self, byte: u8, terminal: &mut dyn Terminal) -> Action {
        match byte {
            CTRL_A if self.source[..] == [CTRL_E, b'A'] => {
                self.source.clear();
                self.mode = Mode::RawPaste { left: PASTE_WINDOW };
                let [low, high] = PASTE_WINDOW.to_le_bytes();
                terminal.write(&[b'R', 1, low, high, 1]);
            }
            CTRL_A if self.source.len() == 2 && self.source[0] == CTRL_E => {
                // A way of sending that we do not know.
                terminal.write(b"R\0");
                self.ready(terminal);
            }
            CTRL_A => {
                terminal.write(RAW_GREETING);
                self.ready(terminal);
            }
            CTRL_B => {
                self.mode = Mode::Friendly;
                terminal.write(b"\r\n");
                self.greet(terminal);
                self.ready(terminal);
            }
            CTRL_C => {
                self.source = Vec::new();
                self.too_long = false;
            }
            CTRL_D => {
                terminal.write(b"OK");
                if self.source.is_empty() && !self.too_long {
                    terminal.write(b"\r\n");
                    return Action::SoftReset;
                }
                return self.run(Input::File, terminal);
            }
            _ => self.collect(&[byte], terminal),
        }
        Action::None
    }

    fn paste(&mut self, byte: u8, after_cr: bool, terminal: &mut dyn Terminal) -> Action {
        match byte {
            CTRL_C => {
                self.mode = Mode::Friendly;
                terminal.write(b"\r\n");
                self.ready(terminal);
            }
            CTRL_D => {
                self.mode = Mode::Friendly;
                terminal.write(b"\r\n");
                return self.run(Input::File, terminal);
            }
            b'\n' if after_cr => {}
            b'\r' | b'\n' => {
                self.collect(b"\n", terminal);
                terminal.write(b"\r\n=== ");
            }
            _ => {
                self.collect(&[byte], terminal);
                terminal.write(&[byte]);
            }
        }
        Action::None
    }

    fn friendly(&mut self, byte: u8, terminal: &mut dyn Terminal) -> Action {
        let continuing = !self.source.is_empty();
        match self.editor.feed(byte, terminal) {
            Key::Editing => Action::None,
            Key::Control(control) if !continuing => self.control(control, terminal),
            Key::Control(CTRL_C) => {
                terminal.write(b"\r\n");
                self.ready(terminal);
                Action::None
            }
            Key::Control(CTRL_D) => {
                terminal.write(b"\r\n");
                self.run(Input::Single, terminal)
            }
            Key::Control(_) => Action::None,
            Key::Line(line) => self.line(line, terminal),
        }
    }

    /// A control key on an empty line.
    fn control(&mut self, control: u8, terminal: &mut dyn Terminal) -> Action {
        terminal.write(b"\r\n");
        match control {
            CTRL_A => {
                self.mode = Mode::Raw;
                terminal.write(RAW_GREETING);
                self.ready(terminal);
            }
            CTRL_B => {
                self.greet(terminal);
                self.ready(terminal);
            }
            CTRL_D => return Action::SoftReset,
            CTRL_E => {
                self.mode = Mode::Paste;
                terminal.write(b"paste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
            }
            _ => self.ready(terminal),
        }
        Action::None
    }

    fn line(&mut self, line: String, terminal: &mut dyn Terminal) -> Action {
        let blank = line.bytes().all(|b| b == b' ');
        if self.source.is_empty() && blank {
            self.ready(terminal);
            return Action::None;
        }
        // The indentation offered on a line that was then left blank is nobody's text.
        self.collect(if blank { b"" } else { line.as_bytes() }, terminal);
        let text = String::from_utf8_lossy(&self.source);
        if !self.too_long && needs_more(&text) {
            let indent = more::next_indent(&text);
            self.collect(b"\n", terminal);
            self.editor.begin(PS2, &indent, terminal);
            return Action::None;
        }
        self.run(Input::Single, terminal)
    }
}

#[cfg(test)]
mod tests;
