//! Line editing on a terminal that understands the usual escape sequences.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use super::Terminal;

/// Lines remembered for the up arrow.
const HISTORY: usize = 16;
/// Bytes of the longest line; what is typed beyond is not taken.
const MAX_LINE: usize = 2048;
/// Spaces a tab inserts, and a backspace removes, at the start of a line.
const INDENT: usize = 4;

/// What the tab key found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Text to insert at the cursor.
    pub insert: String,
    /// What it could be, if it is not decided.
    pub choices: Vec<String>,
}

/// What a byte did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Editing,
    /// Ctrl-A to Ctrl-E on an empty line, or Ctrl-C on any.
    Control(u8),
    Line(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    /// After ESC.
    Start,
    /// After ESC [ or ESC O, with the digits so far.
    Sequence(u8),
}

#[derive(Debug, Default)]
pub struct Editor {
    prompt: &'static str,
    text: Vec<u8>,
    /// Byte offset, always at the start of a character.
    cursor: usize,
    /// Bytes of indentation that we offered and the user has not yet confirmed.
    offered: usize,
    escape: Escape,
    /// The first bytes of a character in UTF-8 that is not complete.
    partial: Vec<u8>,
    history: VecDeque<String>,
    /// How far back the up arrow went; 0: the line being typed.
    back: usize,
    /// The line being typed while the history is shown.
    draft: Vec<u8>,
}

/// Columns that text takes: one a character.
fn columns(text: &[u8]) -> usize {
    text.iter().filter(|&&b| b & 0xC0 != 0x80).count()
}

fn move_left(n: usize, terminal: &mut dyn Terminal) {
    match n {
        0 => {}
        1..=3 => terminal.write(&[8; 3][..n]),
        _ => {
            let mut digits = [0; 5];
            let mut at = digits.len();
            let mut rest = n.min(99_999);
            while rest > 0 {
                at -= 1;
                digits[at] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            terminal.write(b"\x1b[");
            terminal.write(&digits[at..]);
            terminal.write(b"D");
        }
    }
}

impl Editor {
    /// Shows the prompt and an indentation to start with.
    pub fn begin(&mut self, prompt: &'static str, indent: &str, terminal: &mut dyn Terminal) {
        self.prompt = prompt;
        self.text.clear();
        self.text.extend_from_slice(indent.as_bytes());
        self.cursor = self.text.len();
        self.offered = self.text.len();
        self.escape = Escape::None;
        self.back = 0;
        terminal.write(prompt.as_bytes());
        terminal.write(indent.as_bytes());
    }

    pub fn feed(&mut self, byte: u8, terminal: &mut dyn Terminal) -> Key {
        if self.escape != Escape::None {
            self.escape_byte(byte, terminal);
            return Key::Editing;
        }
        let untouched = self.text.len() == self.offered;
        match byte {
            3 => return Key::Control(3),
            1..=5 if untouched => return Key::Control(byte),
            b'\r' | b'\n' => {
                terminal.write(b"\r\n");
                let line = String::from_utf8_lossy(&self.text).into_owned();
                self.remember(&line);
                return Key::Line(line);
            }
            1 => self.go(0, terminal),
            2 => self.go(self.before(), terminal),
            4 => self.delete(self.cursor, self.after(), terminal),
            5 => self.go(self.text.len(), terminal),
            6 => self.go(self.after(), terminal),
            8 | 127 => {
                let start = self.rubout();
                self.delete(start, self.cursor, terminal);
            }
            b'\t' => self.tab(terminal),
            11 => self.delete(self.cursor, self.text.len(), terminal),
            12 => self.redraw(terminal),
            14 => self.recall(false, terminal),
            16 => self.recall(true, terminal),
            21 => self.delete(0, self.cursor, terminal),
            23 => {
                let start = self.word_start();
                self.delete(start, self.cursor, terminal);
            }
            27 => self.escape = Escape::Start,
            b' ' if self.offered > 0 && self.cursor == self.text.len() && untouched => {
                // Somebody who indents by hand means the spaces from the start of the line.
                self.delete(0, self.text.len(), terminal);
                self.insert(b" ", terminal);
            }
            0x80.. => self.utf8(byte, terminal),
            32.. => self.insert(&[byte], terminal),
            _ => {}
        }
        if self.text.len() != self.offered {
            self.offered = 0;
        }
        Key::Editing
    }

    fn escape_byte(&mut self, byte: u8, terminal: &mut dyn Terminal) {
        let sequence = core::mem::take(&mut self.escape);
        match (sequence, byte) {
            (Escape::Start, b'[' | b'O') => self.escape = Escape::Sequence(0),
            (Escape::Start, b'b') => self.go(self.word_start(), terminal),
            (Escape::Start, b'f') => self.go(self.word_end(), terminal),
            (Escape::Start, b'd') => self.delete(self.cursor, self.word_end(), terminal),
            (Escape::Start, 8 | 127) => self.delete(self.word_start(), self.cursor, terminal),
            (Escape::Sequence(n), b'0'..=b'9') => {
                self.escape = Escape::Sequence(n.wrapping_mul(10).wrapping_add(byte - b'0'));
            }
            // A modifier follows, as in ESC [ 1 ; 5 D.
            (Escape::Sequence(_), b';') => self.escape = Escape::Sequence(100),
            (Escape::Sequence(_), b'A') => self.recall(true, terminal),
            (Escape::Sequence(_), b'B') => self.recall(false, terminal),
            (Escape::Sequence(n), b'C') => {
                self.go(if n > 100 { self.word_end() } else { self.after() }, terminal)
            }
            (Escape::Sequence(n), b'D') => {
                self.go(if n > 100 { self.word_start() } else { self.before() }, terminal)
            }
            (Escape::Sequence(_), b'H') | (Escape::Sequence(1 | 7), b'~') => self.go(0, terminal),
            (Escape::Sequence(_), b'F') | (Escape::Sequence(4 | 8), b'~') => {
                self.go(self.text.len(), terminal)
            }
            (Escape::Sequence(3), b'~') => self.delete(self.cursor, self.after(), terminal),
            _ => {}
        }
        if self.text.len() != self.offered {
            self.offered = 0;
        }
    }

    /// Collects a character of several bytes and inserts it whole; drops what is not UTF-8.
    fn utf8(&mut self, byte: u8, terminal: &mut dyn Terminal) {
        if byte >= 0xC0 {
            self.partial.clear();
        }
        self.partial.push(byte);
        match core::str::from_utf8(&self.partial) {
            Ok(_) => {
                let whole = core::mem::take(&mut self.partial);
                self.insert(&whole, terminal);
            }
            Err(e) if e.error_len().is_some() => self.partial.clear(),
            Err(_) => {}
        }
    }

    /// The character boundary before the cursor.
    fn before(&self) -> usize {
        (0..self.cursor).rev().find(|&i| self.text[i] & 0xC0 != 0x80).unwrap_or(0)
    }

    /// The character boundary after the cursor.
    fn after(&self) -> usize {
        (self.cursor + 1..self.text.len()).find(|&i| self.text[i] & 0xC0 != 0x80).unwrap_or(self.text.len())
    }

    fn is_word(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
    }

    fn word_start(&self) -> usize {
        let head = &self.text[..self.cursor];
        let end = head.iter().rposition(|&b| Self::is_word(b)).map_or(0, |i| i + 1);
        head[..end].iter().rposition(|&b| !Self::is_word(b)).map_or(0, |i| i + 1)
    }

    fn word_end(&self) -> usize {
        let tail = &self.text[self.cursor..];
        let start = tail.iter().position(|&b| Self::is_word(b)).unwrap_or(tail.len());
        let end = tail[start..].iter().position(|&b| !Self::is_word(b)).unwrap_or(tail.len() - start);
        self.cursor + start + end
    }

    /// Where a backspace deletes from: a whole step of indentation, else one character.
    fn rubout(&self) -> usize {
        let indented = self.cursor > 0 && self.text[..self.cursor].iter().all(|&b| b == b' ');
        if indented { (self.cursor - 1) / INDENT * INDENT } else { self.before() }
    }

    fn go(&mut self, to: usize, terminal: &mut dyn Terminal) {
        if to < self.cursor {
            move_left(columns(&self.text[to..self.cursor]), terminal);
        } else {
            terminal.write(&self.text[self.cursor..to]);
        }
        self.cursor = to;
    }

    fn insert(&mut self, bytes: &[u8], terminal: &mut dyn Terminal) {
        if self.text.len() + bytes.len() > MAX_LINE || self.text.try_reserve(bytes.len()).is_err() {
            return;
        }
        let rest = self.text.split_off(self.cursor);
        self.text.extend_from_slice(bytes);
        self.text.extend_from_slice(&rest);
        self.cursor += bytes.len();
        terminal.write(bytes);
        if !rest.is_empty() {
            terminal.write(&rest);
            move_left(columns(&rest), terminal);
        }
    }

    fn delete(&mut self, from: usize, to: usize, terminal: &mut dyn Terminal) {
        if from == to {
            return;
        }
        self.go(from, terminal);
        self.text.drain(from..to);
        if from < self.text.len() {
            terminal.write(&self.text[from..]);
        }
        terminal.write(b"\x1b[K");
        move_left(columns(&self.text[from..]), terminal);
    }

    fn redraw(&mut self, terminal: &mut dyn Terminal) {
        terminal.write(b"\r");
        terminal.write(self.prompt.as_bytes());
        terminal.write(&self.text);
        terminal.write(b"\x1b[K");
        move_left(columns(&self.text[self.cursor..]), terminal);
    }

    fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || self.history.front().is_some_and(|last| last == line) {
            return;
        }
        self.history.truncate(HISTORY - 1);
        self.history.push_front(String::from(line));
    }

    fn recall(&mut self, older: bool, terminal: &mut dyn Terminal) {
        let to = if older { self.back + 1 } else { self.back.saturating_sub(1) };
        if to == self.back || to > self.history.len() {
            return;
        }
        if self.back == 0 {
            self.draft = core::mem::take(&mut self.text);
            self.text.clone_from(&self.draft);
        }
        self.back = to;
        let line = match to {
            0 => core::mem::take(&mut self.draft),
            _ => self.history[to - 1].clone().into_bytes(),
        };
        self.go(0, terminal);
        self.text = line;
        self.cursor = self.text.len();
        terminal.write(&self.text);
        terminal.write(b"\x1b[K");
    }

    fn tab(&mut self, terminal: &mut dyn Terminal) {
        let head = &self.text[..self.cursor];
        if head.iter().all(|&b| b == b' ') {
            let spaces = INDENT - head.len() % INDENT;
            self.insert(&[b' '; INDENT][..spaces], terminal);
            return;
        }
        let found = terminal.complete(&String::from_utf8_lossy(head));
        if !found.insert.is_empty() {
            self.insert(found.insert.as_bytes(), terminal);
        } else if !found.choices.is_empty() {
            terminal.write(b"\r\n");
            let width = found.choices.iter().map(|c| columns(c.as_bytes())).max().unwrap_or(0) + 2;
            let per_line = (80 / width).max(1);
            for (i, choice) in found.choices.iter().enumerate() {
                terminal.write(choice.as_bytes());
                if (i + 1) % per_line == 0 || i + 1 == found.choices.len() {
                    terminal.write(b"\r\n");
                } else {
                    for _ in columns(choice.as_bytes())..width {
                        terminal.write(b" ");
                    }
                }
            }
            self.redraw(terminal);
        }
    }
}
