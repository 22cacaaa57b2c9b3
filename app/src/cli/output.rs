//! Where a board's words go: to a terminal or pipe as text, or to a machine as lines of JSON.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::session::{Event, UploadProgress};

/// Prints events as they come.
pub struct Output {
    json: bool,
    /// A carriage return was the last byte: the newline after it ends the line, alone it goes out as it is.
    carriage: Cell<bool>,
    /// The start of a UTF-8 character whose end is still to come (JSON only).
    split: RefCell<Vec<u8>>,
    /// The width of the progress bar on screen, 0 for none.
    bar: Cell<usize>,
}

impl Output {
    /// Text, or JSON lines.
    pub fn new(json: bool) -> Rc<Output> {
        Rc::new(Output { json, carriage: Cell::new(false), split: RefCell::default(), bar: Cell::new(0) })
    }

    /// A board's output, translated to this system's line ends.
    pub fn text(&self, bytes: &[u8]) {
        let bytes = self.lines(bytes);
        if self.json {
            self.split.borrow_mut().extend(bytes);
            let text = take_utf8(&mut self.split.borrow_mut());
            if !text.is_empty() {
                self.json(json!({"event": "output", "text": text}));
            }
        } else {
            write_out(&bytes);
        }
    }

    /// Turns CR LF into LF, also where it is split between two calls.
    fn lines(&self, bytes: &[u8]) -> Vec<u8> {
        let mut lines = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.carriage.replace(byte == b'\r') && byte != b'\n' {
                lines.push(b'\r');
            }
            if byte != b'\r' {
                lines.push(byte);
            }
        }
        lines
    }

    /// One line of JSON.
    pub fn json(&self, value: Value) {
        write_out(format!("{value}\n").as_bytes());
    }

    /// Does a machine read this?
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Draws an upload's progress, on a terminal only.
    pub fn progress(&self, progress: &UploadProgress) {
        if self.json {
            return self.json(json!({
                "event": "progress", "file": progress.file, "done": progress.done, "total": progress.total,
            }));
        }
        if !std::io::stderr().is_terminal() {
            return;
        }
        const WIDTH: u64 = 24;
        let filled = (progress.done * WIDTH).checked_div(progress.total).unwrap_or(WIDTH) as usize;
        let percent = (progress.done * 100).checked_div(progress.total).unwrap_or(100);
        let line =
            format!("{:█<filled$}{:░<rest$} {percent:3} % {}", "", "", progress.file, rest = 24 - filled);
        let width = line.chars().count();
        eprint!("\r{line}{:pad$}", "", pad = self.bar.get().saturating_sub(width));
        self.bar.set(width);
    }

    /// Takes the progress bar away.
    pub fn clear_progress(&self) {
        let width = self.bar.replace(0);
        if width > 0 {
            eprint!("\r{:width$}\r", "");
        }
    }

    /// Prints the usual events.
    pub fn event(&self, event: Event) {
        match event {
            Event::Output(bytes) => self.text(&bytes),
            Event::UploadProgress(progress) => self.progress(&progress),
            Event::Warning(line) => eprintln!("solderless: bench: {line}"),
            Event::Failed { doing, why } => eprintln!("solderless: {doing}: {why}"),
            _ => {}
        }
    }
}

/// A reader that went away (`| head`) is no error of ours.
fn write_out(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Takes all but an unfinished last character; what is no UTF-8 at all becomes U+FFFD.
fn take_utf8(bytes: &mut Vec<u8>) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => bytes.len(),
    };
    let rest = bytes.split_off(whole);
    String::from_utf8_lossy(&std::mem::replace(bytes, rest)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_translated_across_pieces() {
        let output = Output::new(false);
        assert_eq!(output.lines(b"a\r"), b"a");
        assert_eq!(output.lines(b"\nb\rc\r\r\n"), b"\nb\rc\r\n");
    }

    #[test]
    fn characters_are_not_torn() {
        let mut bytes = "a\u{e9}".as_bytes()[..2].to_vec();
        assert_eq!(take_utf8(&mut bytes), "a");
        bytes.push(0xa9);
        assert_eq!(take_utf8(&mut bytes), "\u{e9}");
        let mut wrong = vec![0xff, b'a'];
        assert_eq!(take_utf8(&mut wrong), "\u{fffd}a");
    }
}
