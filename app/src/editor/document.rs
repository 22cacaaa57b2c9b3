//! One open text: rope, selection, undo, and marks that move with edits.

use super::highlight::Problem;
use super::marks::{Marks, shift};
use ropey::Rope;
use std::ops::Range;

/// What is selected: from the anchor, where selecting began, to the head, where the caret is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The end that stays.
    pub anchor: usize,
    /// The end that moves: the caret.
    pub head: usize,
}

impl Selection {
    /// A caret without a selection.
    pub fn caret(at: usize) -> Self {
        Self { anchor: at, head: at }
    }

    /// The selected characters.
    pub fn range(self) -> Range<usize> {
        self.anchor.min(self.head)..self.anchor.max(self.head)
    }

    /// Whether nothing is selected.
    pub fn is_empty(self) -> bool {
        self.anchor == self.head
    }
}

/// One replacement of text, in bytes: what the highlighter needs to shift what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The revision that this change led to.
    pub revision: u64,
    /// Where it starts.
    pub start_byte: usize,
    /// How many bytes went.
    pub removed: usize,
    /// How many bytes came.
    pub inserted: usize,
}

/// Ways to move the caret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// One character back.
    Left,
    /// One character on.
    Right,
    /// To the start of the word.
    WordLeft,
    /// To the end of the word.
    WordRight,
    /// So many lines, negative is up.
    Lines(isize),
    /// To the first character that is not a space, then to the start of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// To the start of the text.
    Start,
    /// To the end of the text.
    End,
}

/// What kind of edit a change was, so that typing a word is undone in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Typing,
    Deleting,
    Other,
}

#[derive(Clone)]
struct Snapshot {
    rope: Rope,
    selection: Selection,
    revision: u64,
}

/// How many undo steps are kept: rope clones share their text, so that this is cheap.
const UNDO_STEPS: usize = 1_000;

/// How many changes are remembered for the highlighter, which lags by one or two.
const CHANGE_LOG: usize = 256;

/// The text of one open file.
pub struct Document {
    rope: Rope,
    selection: Selection,
    /// The column that moving up and down tries to keep.
    goal_column: Option<usize>,
    /// What the parser has to say, moving with the text.
    pub problems: Marks<Problem>,
    undo: Vec<Snapshot>,
    redo: Vec<Snapshot>,
    last_step: Option<(Step, usize)>,
    revision: u64,
    next_revision: u64,
    saved_revision: u64,
    changes: Vec<Change>,
    /// The revision before the first of `changes`.
    changes_from: u64,
    crlf: bool,
}

impl Document {
    /// A text as read from disk. Windows line ends are remembered and written back.
    pub fn new(text: &str) -> Self {
        let crlf = text.contains("\r\n");
        let rope = if text.contains('\r') {
            Rope::from_str(&text.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Rope::from_str(text)
        };
        Self {
            rope,
            selection: Selection::default(),
            goal_column: None,
            problems: Marks::default(),
            undo: Vec::new(),
            redo: Vec::new(),
            last_step: None,
            revision: 0,
            next_revision: 1,
            saved_revision: 0,
            changes: Vec::new(),
            changes_from: 0,
            crlf,
        }
    }

    // ---- reading ----

    /// The text, with line feeds between lines.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// The text with the line ends the file came with.
    pub fn text(&self) -> String {
        let text = self.rope.to_string();
        if self.crlf { text.replace('\n', "\r\n") } else { text }
    }

    /// A number that is different for every different text this document has had.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The changes that led from `revision` to the text as it is; `None` if they are forgotten.
    pub fn changes_since(&self, revision: u64) -> Option<&[Change]> {
        if revision == self.changes_from {
            return Some(&self.changes);
        }
        let last = self.changes.iter().rposition(|change| change.revision == revision)?;
        Some(&self.changes[last + 1..])
    }

    /// Whether the text differs from what was last saved or read.
    pub fn is_changed(&self) -> bool {
        self.revision != self.saved_revision
    }

    /// Notes that `revision` is what the disk now holds.
    pub fn mark_saved(&mut self, revision: u64) {
        self.saved_revision = revision;
    }

    /// The selection.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// The selected text.
    pub fn selected_text(&self) -> String {
        self.rope.slice(self.selection.range()).to_string()
    }

    /// How many lines there are; at least one.
    pub fn line_count(&self) -> usize {
        self.rope.len_lines().max(1)
    }

    /// A line's characters, without its line feed.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let line = line.min(self.line_count() - 1);
        let start = self.rope.line_to_char(line);
        let mut end = if line + 1 < self.rope.len_lines() {
            self.rope.line_to_char(line + 1)
        } else {
            self.rope.len_chars()
        };
        if end > start && self.rope.char(end - 1) == '\n' {
            end -= 1;
        }
        start..end
    }

    /// A line's text, without its line feed.
    pub fn line_text(&self, line: usize) -> String {
        self.rope.slice(self.line_range(line)).to_string()
    }

    /// Line and column, both from 0, of a position.
    pub fn line_column(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.rope.len_chars());
        let line = self.rope.char_to_line(at);
        (line, at - self.rope.line_to_char(line))
    }

    /// The position of a line and column, both from 0, clamped to what exists.
    pub fn position(&self, line: usize, column: usize) -> usize {
        let range = self.line_range(line);
        (range.start + column).min(range.end)
    }

    /// The word around a position; empty between words.
    pub fn word_at(&self, at: usize) -> Range<usize> {
        let at = at.min(self.rope.len_chars());
        let mut start = at;
        while start > 0 && is_word(self.rope.char(start - 1)) {
            start -= 1;
        }
        let mut end = at;
        while end < self.rope.len_chars() && is_word(self.rope.char(end)) {
            end += 1;
        }
        start..end
    }

    // ---- selecting ----

    /// Selects, clamped to the text.
    pub fn select(&mut self, anchor: usize, head: usize) {
        let end = self.rope.len_chars();
        self.selection = Selection { anchor: anchor.min(end), head: head.min(end) };
        self.goal_column = None;
        self.last_step = None;
    }

    /// Selects everything.
    pub fn select_all(&mut self) {
        self.select(0, self.rope.len_chars());
    }

    /// Moves the caret; `extend` keeps the anchor, as with Shift.
    pub fn move_caret(&mut self, motion: Motion, extend: bool) {
        let selection = self.selection;
        let head = selection.head;
        let mut goal = None;
        let to = match motion {
            Motion::Left if !extend && !selection.is_empty() => selection.range().start,
            Motion::Right if !extend && !selection.is_empty() => selection.range().end,
            Motion::Left => head.saturating_sub(1),
            Motion::Right => (head + 1).min(self.rope.len_chars()),
            Motion::WordLeft => self.word_left(head),
            Motion::WordRight => self.word_right(head),
            Motion::Lines(count) => {
                let (line, column) = self.line_column(head);
                let column = self.goal_column.unwrap_or(column);
                goal = Some(column);
                match line.checked_add_signed(count) {
                    Some(line) if line < self.line_count() => self.position(line, column),
                    Some(_) => self.rope.len_chars(),
                    None => 0,
                }
            }
            Motion::LineStart => {
                let (line, column) = self.line_column(head);
                let indent = self.indent_of(line);
                if column == indent { head - column } else { head - column + indent }
            }
            Motion::LineEnd => self.line_range(self.line_column(head).0).end,
            Motion::Start => 0,
            Motion::End => self.rope.len_chars(),
        };
        self.select(if extend { selection.anchor } else { to }, to);
        self.goal_column = goal;
    }

    fn word_left(&self, mut at: usize) -> usize {
        while at > 0 && !is_word(self.rope.char(at - 1)) {
            at -= 1;
            if self.rope.char(at) == '\n' {
                return at;
            }
        }
        while at > 0 && is_word(self.rope.char(at - 1)) {
            at -= 1;
        }
        at
    }

    fn word_right(&self, mut at: usize) -> usize {
        let end = self.rope.len_chars();
        if at < end && self.rope.char(at) == '\n' {
            return at + 1;
        }
        while at < end && !is_word(self.rope.char(at)) && self.rope.char(at) != '\n' {
            at += 1;
        }
        while at < end && is_word(self.rope.char(at)) {
            at += 1;
        }
        at
    }

    // ---- editing ----

    /// Types text: replaces the selection.
    pub fn insert(&mut self, text: &str) {
        let range = self.selection.range();
        let step =
            if text.chars().all(|c| c != '\n') && range.is_empty() { Step::Typing } else { Step::Other };
        self.remember(step, range.start);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let caret = range.start + text.chars().count();
        self.replace_raw(range, &text);
        self.selection = Selection::caret(caret);
        self.last_step = Some((step, caret));
    }

    /// Replaces a range as one undo step and leaves the caret after it.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        self.remember(Step::Other, range.start);
        let caret = range.start + text.chars().count();
        self.replace_raw(range, text);
        self.selection = Selection::caret(caret);
    }

    /// Several replacements as one undo step. They must not overlap and come in ascending order.
    pub fn replace_many(&mut self, edits: &[(Range<usize>, String)]) {
        if edits.is_empty() {
            return;
        }
        self.remember(Step::Other, 0);
        for (range, text) in edits.iter().rev() {
            let selection = self.selection;
            self.replace_raw(range.clone(), text);
            let inserted = text.chars().count();
            let moved = |at| shift(at, range.start, range.len(), inserted);
            self.selection = Selection { anchor: moved(selection.anchor), head: moved(selection.head) };
        }
    }

    /// Replaces the whole text, as when another program changed the file, as one undo step. What is the
    /// same at start and end is left alone, so that caret and marks stay where they are.
    pub fn reload(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let new = Rope::from_str(&text);
        if new == self.rope {
            return;
        }
        let start = self.rope.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
        let room = self.rope.len_chars().min(new.len_chars()) - start;
        let mut old_end = self.rope.chars_at(self.rope.len_chars());
        let mut new_end = new.chars_at(new.len_chars());
        let mut same = 0;
        while same < room && old_end.prev() == new_end.prev() {
            same += 1;
        }
        let replaced = start..self.rope.len_chars() - same;
        let text = new.slice(start..new.len_chars() - same).to_string();
        self.replace_many(&[(replaced, text)]);
    }

    /// Backspace: deletes the selection, or what is before the caret; four spaces at once in an indent.
    pub fn backspace(&mut self, word: bool) {
        let range = if !self.selection.is_empty() {
            self.selection.range()
        } else {
            let head = self.selection.head;
            let (line, column) = self.line_column(head);
            let start = if word {
                self.word_left(head)
            } else if column > 0 && column <= self.indent_of(line) && self.spaces_only(line, column) {
                head - (1 + (column - 1) % 4)
            } else {
                head.saturating_sub(1)
            };
            start..head
        };
        self.delete(range);
    }

    /// Delete: deletes the selection, or what is after the caret.
    pub fn delete_forward(&mut self, word: bool) {
        let head = self.selection.head;
        let range = if !self.selection.is_empty() {
            self.selection.range()
        } else if word {
            head..self.word_right(head)
        } else {
            head..(head + 1).min(self.rope.len_chars())
        };
        self.delete(range);
    }

    fn delete(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.remember(Step::Deleting, range.end);
        let start = range.start;
        self.replace_raw(range, "");
        self.selection = Selection::caret(start);
        self.last_step = Some((Step::Deleting, start));
    }

    /// The one place where text changes: rope, marks and change log move together.
    pub(super) fn replace_raw(&mut self, range: Range<usize>, text: &str) {
        let start_byte = self.rope.char_to_byte(range.start);
        let removed = self.rope.char_to_byte(range.end) - start_byte;
        if !range.is_empty() {
            self.rope.remove(range.clone());
        }
        if !text.is_empty() {
            self.rope.insert(range.start, text);
        }
        self.problems.edit(range.start, range.len(), text.chars().count());
        self.revision = self.next_revision;
        self.next_revision += 1;
        self.changes.push(Change { revision: self.revision, start_byte, removed, inserted: text.len() });
        if self.changes.len() > CHANGE_LOG {
            self.changes_from = self.changes[CHANGE_LOG / 2 - 1].revision;
            self.changes.drain(..CHANGE_LOG / 2);
        }
        self.goal_column = None;
        self.last_step = None;
    }

    pub(super) fn remember_other(&mut self) {
        self.remember(Step::Other, 0);
    }

    pub(super) fn set_selection(&mut self, selection: Selection) {
        self.selection = selection;
    }

    // ---- undo ----

    /// Notes the text as it is, unless this step only goes on with the one before.
    fn remember(&mut self, step: Step, at: usize) {
        self.redo.clear();
        let continues = step != Step::Other && self.last_step == Some((step, at));
        if continues {
            return;
        }
        self.undo.push(self.snapshot());
        if self.undo.len() > UNDO_STEPS {
            self.undo.remove(0);
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { rope: self.rope.clone(), selection: self.selection, revision: self.revision }
    }

    /// Takes the last step back; false if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(snapshot) = self.undo.pop() else { return false };
        self.redo.push(self.snapshot());
        self.restore(snapshot);
        true
    }

    /// Makes the step again that was taken back; false if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(snapshot) = self.redo.pop() else { return false };
        self.undo.push(self.snapshot());
        self.restore(snapshot);
        true
    }

    /// Whether there is something to undo, and something to redo.
    pub fn can_undo_redo(&self) -> (bool, bool) {
        (!self.undo.is_empty(), !self.redo.is_empty())
    }

    fn restore(&mut self, snapshot: Snapshot) {
        // An old revision comes back, so what led here no longer tells how to get there.
        self.changes.clear();
        self.changes_from = snapshot.revision;
        self.rope = snapshot.rope;
        self.selection = snapshot.selection;
        self.revision = snapshot.revision;
        self.last_step = None;
        self.goal_column = None;
        self.problems = Marks::default();
    }

    // ---- helpers for the line commands ----

    /// How many spaces and tabs a line starts with.
    pub(super) fn indent_of(&self, line: usize) -> usize {
        let range = self.line_range(line);
        self.rope.slice(range).chars().take_while(|c| *c == ' ' || *c == '\t').count()
    }

    fn spaces_only(&self, line: usize, columns: usize) -> bool {
        let start = self.rope.line_to_char(line);
        self.rope.slice(start..start + columns).chars().all(|c| c == ' ')
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Document {
        let mut document = Document::new("");
        for c in text.chars() {
            document.insert(&c.to_string());
        }
        document
    }

    #[test]
    fn typing_a_word_is_undone_in_one_step_and_redone() {
        let mut document = typed("hello");
        assert!(document.undo());
        assert_eq!(document.text(), "");
        assert!(!document.undo());
        assert!(document.redo());
        assert_eq!(document.text(), "hello");
        assert!(!document.redo());
    }

    #[test]
    fn moving_the_caret_starts_a_new_undo_step() {
        let mut document = typed("ab");
        document.move_caret(Motion::Left, false);
        document.insert("x");
        assert_eq!(document.text(), "axb");
        document.undo();
        assert_eq!(document.text(), "ab");
    }

    #[test]
    fn undo_back_to_the_saved_text_is_not_a_change() {
        let mut document = Document::new("a");
        document.mark_saved(document.revision());
        document.insert("b");
        assert!(document.is_changed());
        document.undo();
        assert!(!document.is_changed());
        document.insert("c");
        document.undo();
        assert!(!document.is_changed());
    }

    #[test]
    fn the_caret_keeps_its_column_over_short_lines() {
        let mut document = Document::new("long line\n\nlong line");
        document.select(7, 7);
        document.move_caret(Motion::Lines(1), false);
        assert_eq!(document.line_column(document.selection().head), (1, 0));
        document.move_caret(Motion::Lines(1), false);
        assert_eq!(document.line_column(document.selection().head), (2, 7));
    }

    #[test]
    fn home_goes_to_the_indent_first() {
        let mut document = Document::new("    x = 1");
        document.select(8, 8);
        document.move_caret(Motion::LineStart, false);
        assert_eq!(document.selection().head, 4);
        document.move_caret(Motion::LineStart, false);
        assert_eq!(document.selection().head, 0);
    }

    #[test]
    fn words_are_jumped_over() {
        let mut document = Document::new("led.toggle()  # x");
        document.move_caret(Motion::WordRight, false);
        assert_eq!(document.selection().head, 3);
        document.move_caret(Motion::WordRight, false);
        assert_eq!(document.selection().head, 10);
        document.move_caret(Motion::WordLeft, true);
        assert_eq!(document.selected_text(), "toggle");
    }

    #[test]
    fn backspace_takes_an_indent_at_once_but_only_in_the_indent() {
        let mut document = Document::new("        x    ");
        document.select(8, 8);
        document.backspace(false);
        assert_eq!(document.text(), "    x    ");
        document.move_caret(Motion::LineEnd, false);
        document.backspace(false);
        assert_eq!(document.text(), "    x   ");
    }

    #[test]
    fn windows_line_ends_survive() {
        let mut document = Document::new("a\r\nb\r\n");
        document.move_caret(Motion::End, false);
        document.insert("c\r\nd");
        assert_eq!(document.rope().to_string(), "a\nb\nc\nd");
        assert_eq!(document.text(), "a\r\nb\r\nc\r\nd");
    }

    #[test]
    fn several_replacements_are_one_step() {
        let mut document = Document::new("a b a");
        document.select(5, 5);
        document.replace_many(&[(0..1, "xyz".into()), (4..5, "xyz".into())]);
        assert_eq!(document.text(), "xyz b xyz");
        assert_eq!(document.selection().head, 9);
        document.undo();
        assert_eq!(document.text(), "a b a");
    }

    #[test]
    fn reloading_leaves_the_caret_at_its_text() {
        let mut document = Document::new("one\ntwo\nthree\n");
        document.select(8, 8);
        document.reload("one\n1.5\ntwo\nthree\n");
        assert_eq!(document.text(), "one\n1.5\ntwo\nthree\n");
        assert_eq!(document.line_column(document.selection().head), (3, 0));
        document.reload("one\none\n");
        assert_eq!(document.text(), "one\none\n");
    }

    #[test]
    fn changes_lead_from_one_revision_to_the_next() {
        let mut document = Document::new("äb");
        let first = document.revision();
        document.select(1, 1);
        document.insert("x");
        assert_eq!(document.changes_since(first).map(<[Change]>::len), Some(1));
        assert_eq!(document.changes_since(99), None);
        let second = document.revision();
        document.insert("é");
        assert_eq!(
            document.changes_since(second),
            Some(&[Change { revision: document.revision(), start_byte: 3, removed: 0, inserted: 2 }][..])
        );
        assert_eq!(document.changes_since(document.revision()), Some(&[][..]));
    }

    #[test]
    fn nothing_panics_at_the_ends() {
        let mut document = Document::new("");
        for motion in [Motion::Left, Motion::Right, Motion::WordLeft, Motion::WordRight, Motion::Lines(-3)] {
            document.move_caret(motion, true);
        }
        for motion in [Motion::Lines(9), Motion::LineStart, Motion::LineEnd, Motion::Start, Motion::End] {
            document.move_caret(motion, false);
        }
        document.backspace(true);
        document.delete_forward(false);
        assert_eq!(document.text(), "");
        assert_eq!(document.word_at(99), 0..0);
        assert_eq!(document.position(99, 99), 0);
    }
}
