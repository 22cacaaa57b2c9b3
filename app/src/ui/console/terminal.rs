//! What the board's console shows: bytes in, rows of coloured characters out.
//!
//! Enough of a terminal for MicroPython's line editing and for programs that draw with ANSI sequences:
//! carriage return, backspace, tabs, cursor moves, erasing, colours. Rows have no width; the view wraps them.

use std::collections::VecDeque;

/// How many rows are kept; older ones go.
pub const MAX_ROWS: usize = 5_000;

/// A row longer than this continues on the next, so that output without line ends stays drawable.
const MAX_COLUMNS: usize = 4_000;

/// How a character looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// 0 is the theme's text; 1 to 8 are black to white, 9 to 16 the bright ones.
    pub color: u8,
    /// The same for what is behind.
    pub background: u8,
    /// Brighter or heavier.
    pub bold: bool,
    /// Colours swapped.
    pub inverse: bool,
}

/// One character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub ch: char,
    /// How it looks.
    pub look: Look,
}

/// A place in the console. Rows are counted from the first one ever, so that places survive scrolling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The row, counted since the console was made.
    pub row: u64,
    /// The column.
    pub column: usize,
}

/// A line of a traceback that names a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Columns of the row it covers.
    pub columns: std::ops::Range<usize>,
    /// The file as the board names it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

enum Parse {
    Ground,
    Escape,
    Csi(String),
    /// A title or the like: skipped up to its end.
    Osc,
}

/// The console's contents.
pub struct Terminal {
    rows: VecDeque<Vec<Cell>>,
    /// How many rows have been dropped at the start.
    dropped: u64,
    row: usize,
    column: usize,
    look: Look,
    parse: Parse,
    /// The start of a UTF-8 character whose rest has not come yet.
    partial: Vec<u8>,
    revision: u64,
}

impl Default for Terminal {
    fn default() -> Self {
        Self {
            rows: VecDeque::from([Vec::new()]),
            dropped: 0,
            row: 0,
            column: 0,
            look: Look::default(),
            parse: Parse::Ground,
            partial: Vec::new(),
            revision: 0,
        }
    }
}

impl Terminal {
    // ---- reading ----

    /// A number that changes with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How many rows there are; at least one.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1 && self.rows[0].is_empty()
    }

    /// The number, since the start, of the first row that is kept.
    pub fn first_row(&self) -> u64 {
        self.dropped
    }

    /// A row, counted from the first that is kept.
    pub fn row(&self, index: usize) -> &[Cell] {
        self.rows.get(index).map_or(&[], Vec::as_slice)
    }

    /// A row's text.
    pub fn row_text(&self, index: usize) -> String {
        self.row(index).iter().map(|cell| cell.ch).collect()
    }

    /// Where the next character goes.
    pub fn cursor(&self) -> Place {
        Place { row: self.dropped + self.row as u64, column: self.column }
    }

    /// The text between two places, the later one excluded.
    pub fn text_between(&self, a: Place, b: Place) -> String {
        let (start, end) = (a.min(b), a.max(b));
        let mut text = String::new();
        for row in start.row.max(self.dropped)..=end.row {
            let Some(cells) = self.rows.get((row - self.dropped) as usize) else { break };
            let from = if row == start.row { start.column.min(cells.len()) } else { 0 };
            let to = if row == end.row { end.column.min(cells.len()) } else { cells.len() };
            let piece: String = cells[from..to.max(from)].iter().map(|cell| cell.ch).collect();
            text.push_str(if row == end.row { &piece } else { piece.trim_end() });
            if row != end.row {
                text.push('\n');
            }
        }
        text
    }

    /// The traceback line in a row, if it is one.
    pub fn link(&self, index: usize) -> Option<Link> {
        let cells = self.row(index);
        let text: String = cells.iter().map(|cell| cell.ch).collect();
        let start = text.find("File \"")?;
        let name = &text[start + 6..];
        let close = name.find('"')?;
        // What was typed at the prompt is in no file.
        if &name[..close] == "<stdin>" {
            return None;
        }
        let rest = name[close + 1..].strip_prefix(", line ")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let end = start + 6 + close + 1 + ", line ".len() + digits.len();
        let columns = text[..start].chars().count()..text[..end].chars().count();
        Some(Link { columns, file: name[..close].to_owned(), line: digits.parse().ok()? })
    }

    /// Whether the board waits at a prompt of the friendly REPL.
    pub fn at_prompt(&self) -> bool {
        let text = self.row_text(self.row);
        self.column == text.chars().count() && matches!(text.as_str(), ">>> " | "... " | "=== ")
    }

    // ---- writing ----

    /// Gives the contents a number of their own, so that they are not taken for another terminal's.
    pub fn renumber(&mut self, revision: u64) {
        self.revision = revision;
    }

    /// Empties the console. The line with the cursor stays: the prompt is on it.
    pub fn clear(&mut self) {
        self.revision += 1;
        let line = std::mem::take(&mut self.rows[self.row]);
        self.dropped += self.rows.len() as u64;
        self.rows.clear();
        self.rows.push_back(line);
        self.row = 0;
    }

    /// Takes what the board wrote.
    pub fn write(&mut self, bytes: &[u8]) {
        self.revision += 1;
        self.partial.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.partial);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    text.chars().for_each(|c| self.put(c));
                    return;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    // The bytes up to `valid_up_to` are UTF-8.
                    std::str::from_utf8(good).unwrap_or_default().chars().for_each(|c| self.put(c));
                    match error.error_len() {
                        Some(length) => {
                            self.put(char::REPLACEMENT_CHARACTER);
                            rest = &bad[length..];
                        }
                        None => {
                            self.partial = bad.to_vec();
                            return;
                        }
                    }
                }
            }
        }
    }

    fn put(&mut self, c: char) {
        match std::mem::replace(&mut self.parse, Parse::Ground) {
            Parse::Ground => self.put_ground(c),
            Parse::Escape => match c {
                '[' => self.parse = Parse::Csi(String::new()),
                ']' => self.parse = Parse::Osc,
                _ => {}
            },
            Parse::Csi(mut parameters) => match c {
                '\u{40}'..='\u{7e}' => self.control(&parameters, c),
                // A sequence this long is noise (a crashed program, a wrong baud rate).
                _ if parameters.len() < 32 => {
                    parameters.push(c);
                    self.parse = Parse::Csi(parameters);
                }
                _ => {}
            },
            Parse::Osc => match c {
                '\u{7}' => {}
                '\u{1b}' => self.parse = Parse::Escape,
                '\n' => self.put_ground(c),
                _ => self.parse = Parse::Osc,
            },
        }
    }

    fn put_ground(&mut self, c: char) {
        match c {
            '\u{1b}' => self.parse = Parse::Escape,
            '\r' => self.column = 0,
            '\n' => self.line_feed(),
            '\u{8}' => self.column = self.column.saturating_sub(1),
            '\t' => {
                let stop = (self.column / 8 + 1) * 8;
                while self.column < stop {
                    self.print(' ');
                }
            }
            c if c.is_control() => {}
            c => self.print(c),
        }
    }

    fn print(&mut self, ch: char) {
        if self.column >= MAX_COLUMNS {
            self.column = 0;
            self.line_feed();
        }
        let blank = Cell { ch: ' ', look: Look::default() };
        let row = &mut self.rows[self.row];
        if row.len() <= self.column {
            row.resize(self.column + 1, blank);
        }
        row[self.column] = Cell { ch, look: self.look };
        self.column += 1;
    }

    fn line_feed(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push_back(Vec::new());
        }
        while self.rows.len() > MAX_ROWS {
            self.rows.pop_front();
            self.dropped += 1;
            self.row -= 1;
        }
    }

    fn control(&mut self, parameters: &str, command: char) {
        let numbers: Vec<usize> =
            parameters.trim_start_matches('?').split(';').map(|number| number.parse().unwrap_or(0)).collect();
        let count = numbers[0].clamp(1, MAX_COLUMNS);
        match command {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.row = (self.row + count).min(self.rows.len() - 1),
            'C' => self.column = (self.column + count).min(MAX_COLUMNS - 1),
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = count - 1,
            // Home: full-screen programs start over; here the screen is what is shown last.
            'H' => self.column = 0,
            'K' => self.erase_in_row(numbers[0]),
            'J' if numbers[0] == 2 || numbers[0] == 3 => self.clear(),
            'J' => {
                self.erase_in_row(0);
                self.rows.truncate(self.row + 1);
            }
            'P' => {
                let row = &mut self.rows[self.row];
                let from = self.column.min(row.len());
                row.drain(from..(from + count).min(row.len()));
            }
            'm' => numbers.iter().for_each(|number| self.rendition(*number)),
            _ => {}
        }
    }

    fn erase_in_row(&mut self, what: usize) {
        let column = self.column;
        let row = &mut self.rows[self.row];
        match what {
            0 => row.truncate(column),
            1 => row.iter_mut().take(column + 1).for_each(|cell| cell.ch = ' '),
            _ => row.clear(),
        }
    }

    fn rendition(&mut self, number: usize) {
        let look = &mut self.look;
        match number {
            0 => *look = Look::default(),
            1 => look.bold = true,
            22 => look.bold = false,
            7 => look.inverse = true,
            27 => look.inverse = false,
            30..=37 => look.color = (number - 29) as u8,
            39 => look.color = 0,
            40..=47 => look.background = (number - 39) as u8,
            49 => look.background = 0,
            90..=97 => look.color = (number - 81) as u8,
            100..=107 => look.background = (number - 91) as u8,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Vec<String> {
        let mut terminal = Terminal::default();
        terminal.write(bytes);
        (0..terminal.len()).map(|row| terminal.row_text(row)).collect()
    }

    #[test]
    fn line_ends_and_overwriting() {
        assert_eq!(shown(b"one\r\ntwo\r\n"), ["one", "two", ""]);
        assert_eq!(shown(b"12345\rab"), ["ab345"]);
        assert_eq!(shown(b"a\tb"), ["a       b"]);
    }

    #[test]
    fn line_editing_as_micropython_does_it() {
        // Backspace at the end: one back, erase to the end of the line.
        assert_eq!(shown(b">>> prin\x08\x1b[K"), [">>> pri"]);
        // Inserting in the middle: the rest is written again, then the cursor goes back.
        let mut terminal = Terminal::default();
        terminal.write(b">>> ac\x1b[1D");
        terminal.write(b"bc\x1b[1D");
        assert_eq!(terminal.row_text(0), ">>> abc");
        assert_eq!(terminal.cursor().column, 6);
    }

    #[test]
    fn characters_split_between_writes_are_put_together() {
        let mut terminal = Terminal::default();
        for byte in "21 °C".bytes() {
            terminal.write(&[byte]);
        }
        assert_eq!(terminal.row_text(0), "21 °C");
        assert_eq!(shown(b"a\xffb"), ["a\u{fffd}b"]);
    }

    #[test]
    fn sequences_split_between_writes_are_put_together_and_noise_ends() {
        let mut terminal = Terminal::default();
        terminal.write(b"\x1b[3");
        terminal.write(b"1mred\x1b[0m");
        assert_eq!(terminal.row(0)[0].look.color, 2);
        terminal.write(b"\x1b[11111111111111111111111111111111111111111111 end");
        assert!(terminal.row_text(0).ends_with("end"));
        assert_eq!(shown(b"\x1b]0;title\x07x"), ["x"]);
    }

    #[test]
    fn memory_is_bounded_and_places_survive() {
        let mut terminal = Terminal::default();
        for i in 0..MAX_ROWS + 100 {
            terminal.write(format!("{i}\r\n").as_bytes());
        }
        assert_eq!(terminal.len(), MAX_ROWS);
        let row = terminal.first_row();
        let text = terminal.text_between(Place { row, column: 0 }, Place { row: row + 1, column: 9 });
        assert_eq!(text, format!("{row}\n{}", row + 1));
        terminal.write(&vec![b'x'; MAX_COLUMNS * 3]);
        assert!((0..terminal.len()).all(|row| terminal.row(row).len() <= MAX_COLUMNS));
    }

    #[test]
    fn clearing_keeps_the_prompt() {
        let mut terminal = Terminal::default();
        terminal.write(b"old\r\n>>> 1+");
        terminal.clear();
        terminal.write(b"1");
        assert_eq!(terminal.len(), 1);
        assert_eq!(terminal.row_text(0), ">>> 1+1");
    }

    #[test]
    fn tracebacks_link_to_their_line() {
        let mut terminal = Terminal::default();
        terminal.write(b"Traceback (most recent call last):\r\n  File \"main.py\", line 12, in <module>\r\n");
        assert_eq!(terminal.link(0), None);
        assert_eq!(terminal.link(1), Some(Link { columns: 2..25, file: "main.py".into(), line: 12 }));
    }

    #[test]
    fn the_prompt_is_recognised() {
        let mut terminal = Terminal::default();
        terminal.write(b"MicroPython\r\n>>> ");
        assert!(terminal.at_prompt());
        terminal.write(b"x");
        assert!(!terminal.at_prompt());
    }

    #[test]
    fn any_bytes_are_survived() {
        let mut terminal = Terminal::default();
        let mut seed = 1_u32;
        for _ in 0..200_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let byte = (seed >> 24) as u8;
            terminal.write(&[if byte.is_multiple_of(7) {
                0x1b
            } else if byte.is_multiple_of(5) {
                b'['
            } else {
                byte
            }]);
        }
        assert!(terminal.len() <= MAX_ROWS);
    }
}
