//! Editing by lines: new line with the right indent, indent and dedent, comments, moving lines.

use super::document::{Document, Selection};
use super::marks::shift;
use std::ops::Range;

/// One level of indent, as PEP 8 has it.
const INDENT: &str = "    ";

impl Document {
    /// Enter: a new line, indented as the one before, deeper after a colon, less after `return` and such.
    pub fn new_line(&mut self) {
        let start = self.selection().range().start;
        let (line, column) = self.line_column(start);
        let before: String = self.line_text(line).chars().take(column).collect();
        let indent: String = before.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
        let code = strip_comment(&before);
        let first_word = code.split(|c: char| !super::document::is_word(c)).next().unwrap_or("");
        let mut next = indent.clone();
        if code.ends_with(':') || code.ends_with(['(', '[', '{']) {
            next.push_str(INDENT);
        } else if matches!(first_word, "return" | "break" | "continue" | "pass" | "raise") {
            let keep = next.len().saturating_sub(INDENT.len());
            next.truncate(keep);
        }
        self.insert(&format!("\n{next}"));
    }

    /// Tab: indents the selected lines, or fills up to the next multiple of four.
    pub fn tab(&mut self) {
        let range = self.selection().range();
        if self.rope().char_to_line(range.start) != self.rope().char_to_line(range.end) {
            self.indent();
            return;
        }
        let column = self.line_column(range.start).1;
        self.insert(&INDENT[column % 4..]);
    }

    /// Indents the selected lines by four spaces.
    pub fn indent(&mut self) {
        let lines = self.selected_lines();
        let single = lines.len() == 1;
        self.edit_lines(lines, |text| (single || !text.trim().is_empty()).then(|| (0..0, INDENT.to_owned())));
    }

    /// Takes up to four spaces, or a tab, off the selected lines.
    pub fn dedent(&mut self) {
        self.edit_lines(self.selected_lines(), |text| {
            let spaces = text.chars().take(4).take_while(|c| *c == ' ').count();
            let off = if text.starts_with('\t') { 1 } else { spaces };
            (off > 0).then(|| (0..off, String::new()))
        });
    }

    /// Makes the selected lines comments; if all of them are, makes them code again.
    pub fn toggle_comment(&mut self) {
        let lines = self.selected_lines();
        let texts: Vec<String> = lines.clone().map(|line| self.line_text(line)).collect();
        let filled = || texts.iter().filter(|text| !text.trim().is_empty());
        if filled().count() == 0 {
            return;
        }
        let all_comments = filled().all(|text| text.trim_start().starts_with('#'));
        let depth = filled().map(|text| leading(text)).min().unwrap_or(0);
        self.edit_lines(lines, |text| {
            if text.trim().is_empty() {
                return None;
            }
            if !all_comments {
                return Some((depth..depth, "# ".to_owned()));
            }
            let at = leading(text);
            let space = text.chars().nth(at + 1) == Some(' ');
            Some((at..at + 1 + usize::from(space), String::new()))
        });
    }

    /// Moves the selected lines up or down by one.
    pub fn move_lines(&mut self, down: bool) {
        let lines = self.selected_lines();
        let last = self.line_count() - 1;
        if (down && lines.end > last) || (!down && lines.start == 0) {
            return;
        }
        let (first, other) = if down { (lines.start, lines.end) } else { (lines.start - 1, lines.start - 1) };
        let end_line = if down { lines.end } else { lines.end - 1 };
        let texts: Vec<String> = (first..=end_line).map(|line| self.line_text(line)).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let jump = self.line_text(other).chars().count() + 1;
        if down {
            texts.rotate_right(1);
        } else {
            texts.rotate_left(1);
        }
        let selection = self.selection();
        let range = self.line_range(first).start..self.line_range(end_line).end;
        let text = texts.join("\n");
        self.replace_many(&[(range, text)]);
        let moved = |at: usize| if down { at + jump } else { at - jump };
        self.set_selection(Selection { anchor: moved(selection.anchor), head: moved(selection.head) });
    }

    /// The lines that the selection touches. A selection that ends at the start of a line leaves it out.
    fn selected_lines(&self) -> Range<usize> {
        let range = self.selection().range();
        let first = self.line_column(range.start).0;
        let (mut last, column) = self.line_column(range.end);
        if column == 0 && last > first {
            last -= 1;
        }
        first..last + 1
    }

    /// Changes each line by a replacement in columns, all as one undo step; the selection follows.
    fn edit_lines(&mut self, lines: Range<usize>, edit: impl Fn(&str) -> Option<(Range<usize>, String)>) {
        let mut remembered = false;
        for line in lines {
            let Some((columns, text)) = edit(&self.line_text(line)) else { continue };
            if !remembered {
                self.remember_other();
                remembered = true;
            }
            let start = self.line_range(line).start;
            let range = start + columns.start..start + columns.end;
            let inserted = text.chars().count();
            let selection = self.selection();
            // A caret at the place of insertion goes on; the start of a selection stays and takes it in.
            let moved = |at: usize, is_start: bool| {
                if at == range.start && range.is_empty() && !is_start {
                    at + inserted
                } else {
                    shift(at, range.start, range.len(), inserted)
                }
            };
            let start_at = (!selection.is_empty()).then(|| selection.range().start);
            self.replace_raw(range.clone(), &text);
            self.set_selection(Selection {
                anchor: moved(selection.anchor, start_at == Some(selection.anchor)),
                head: moved(selection.head, start_at == Some(selection.head)),
            });
        }
    }
}

fn leading(text: &str) -> usize {
    text.chars().take_while(|c| *c == ' ' || *c == '\t').count()
}

/// The code of a line without a comment at its end. A `#` inside quotes is not a comment.
fn strip_comment(text: &str) -> &str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '#') => return text[..at].trim(),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, anchor: usize, head: usize) -> Document {
        let mut document = Document::new(text);
        document.select(anchor, head);
        document
    }

    fn enter_after(text: &str) -> String {
        let mut document = with(text, text.chars().count(), text.chars().count());
        document.new_line();
        document.text()[text.len()..].to_owned()
    }

    #[test]
    fn enter_indents_as_the_code_asks() {
        assert_eq!(enter_after("if x:"), "\n    ");
        assert_eq!(enter_after("    for a in b:  # each"), "\n        ");
        assert_eq!(enter_after("    x = 1"), "\n    ");
        assert_eq!(enter_after("        return x"), "\n    ");
        assert_eq!(enter_after("x = '#:"), "\n    ");
        assert_eq!(enter_after("f("), "\n    ");
        assert_eq!(enter_after(""), "\n");
    }

    #[test]
    fn tab_fills_to_the_next_stop_and_indents_selections() {
        let mut document = with("ab", 2, 2);
        document.tab();
        assert_eq!(document.text(), "ab  ");
        let mut document = with("a\n\nb\nc", 0, 4);
        document.tab();
        assert_eq!(document.text(), "    a\n\n    b\nc");
        assert_eq!(document.selected_text(), "    a\n\n    b");
        document.dedent();
        assert_eq!(document.text(), "a\n\nb\nc");
        document.undo();
        document.undo();
        assert_eq!(document.text(), "a\n\nb\nc");
    }

    #[test]
    fn comments_toggle_at_the_common_indent() {
        let source = "    a\n        b\n\n    c\n";
        let mut document = with(source, 0, source.len());
        document.toggle_comment();
        assert_eq!(document.text(), "    # a\n    #     b\n\n    # c\n");
        document.toggle_comment();
        assert_eq!(document.text(), source);
        let mut document = with("#x\ny", 0, 4);
        document.toggle_comment();
        assert_eq!(document.text(), "# #x\n# y");
    }

    #[test]
    fn the_caret_stays_in_its_text_when_its_line_becomes_a_comment() {
        let mut document = with("    led.on()", 8, 8);
        document.toggle_comment();
        assert_eq!(document.selection().head, 10);
        document.toggle_comment();
        assert_eq!(document.selection().head, 8);
    }

    #[test]
    fn lines_move_and_the_selection_with_them() {
        let mut document = with("a\nbb\nc", 2, 4);
        document.move_lines(true);
        assert_eq!(document.text(), "a\nc\nbb");
        assert_eq!(document.selected_text(), "bb");
        document.move_lines(true);
        assert_eq!(document.text(), "a\nc\nbb");
        document.move_lines(false);
        document.move_lines(false);
        assert_eq!(document.text(), "bb\na\nc");
        document.move_lines(false);
        assert_eq!(document.selected_text(), "bb");
    }
}
