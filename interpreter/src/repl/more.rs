//! Whether a statement typed at the prompt goes on, and how far its next line is indented.

use alloc::string::String;

/// Words that open a statement of several lines.
const COMPOUND: [&str; 10] = ["if", "while", "for", "try", "with", "def", "class", "async", "match", "@"];

/// Where a text ends: inside what.
#[derive(Default)]
struct State {
    brackets: i32,
    /// The quote of an open triple-quoted string.
    triple: Option<u8>,
    /// Inside a string of one line that was not closed: an error that more input cannot mend.
    broken: bool,
}

fn scan(text: &str) -> State {
    let bytes = text.as_bytes();
    let mut state = State::default();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'#' => {
                while i < bytes.len() && bytes[i] != b'\n' {
                    i += 1;
                }
            }
            b'(' | b'[' | b'{' => state.brackets += 1,
            b')' | b']' | b'}' => state.brackets -= 1,
            quote @ (b'"' | b'\'') => {
                let triple = bytes[i..].starts_with(&[quote; 3]);
                i += if triple { 3 } else { 1 };
                loop {
                    match bytes.get(i) {
                        None if triple => {
                            state.triple = Some(quote);
                            return state;
                        }
                        None | Some(b'\n') if !triple => {
                            state.broken = true;
                            break;
                        }
                        Some(b'\\') => i += 1,
                        Some(&c) if c == quote && !triple => break,
                        Some(_) if triple && bytes[i..].starts_with(&[quote; 3]) => {
                            i += 2;
                            break;
                        }
                        _ => {}
                    }
                    i += 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
    state
}

fn opens_block(text: &str) -> bool {
    COMPOUND.iter().any(|word| {
        text.strip_prefix(word)
            .is_some_and(|rest| *word == "@" || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

/// Whether the prompt asks for another line: an open bracket or triple-quoted string, a backslash at
/// the end, or a compound statement that no empty line has ended. `text` has no line end after its
/// last line, which may be empty.
pub fn needs_more(text: &str) -> bool {
    let state = scan(text);
    if state.triple.is_some() {
        return true;
    }
    let last = text.rsplit('\n').next().unwrap_or("");
    if !state.broken && (state.brackets > 0 || last.ends_with('\\')) {
        return true;
    }
    if opens_block(text) {
        // `match` is a keyword only where a block follows: `match = 3` is one line.
        let is_match =
            text.starts_with("match") && !text.lines().next().is_some_and(|l| l.trim_end().ends_with(':'));
        return !is_match && !last.is_empty();
    }
    false
}

/// Spaces that the next line begins with: as many as the last one, four more after a colon.
pub fn next_indent(text: &str) -> String {
    let state = scan(text);
    if state.triple.is_some() {
        return String::new();
    }
    let last = text.rsplit('\n').next().unwrap_or("");
    let spaces = last.len() - last.trim_start_matches(' ').len();
    let code = last.split(" #").next().unwrap_or("").trim_end();
    let deeper = if code.ends_with(':') { 4 } else { 0 };
    " ".repeat(spaces + deeper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_when_a_statement_goes_on() {
        for text in [
            "if x:",
            "def f():\n    pass",
            "f(1,",
            "x = [",
            "'''abc\n",
            "a = \\",
            "@dec",
            "class A:\n  x = '''\n'''",
            "async def f():",
            "match x:",
            "for i in x: # (",
        ] {
            assert!(needs_more(text), "{text:?}");
        }
        for text in [
            "x = 1",
            "if x:\n    y\n",
            "f(')')",
            "'abc",
            "('abc",
            "iffy = 3",
            "x = '#('",
            "# (",
            "match = 3",
            "'''a'''",
            "classy()",
            "forty",
            "'\\''",
            ")",
        ] {
            assert!(!needs_more(text), "{text:?}");
        }
    }

    #[test]
    fn indents_as_the_line_before() {
        assert_eq!(next_indent("if x:"), "    ");
        assert_eq!(next_indent("if x:\n    if y: # why"), "        ");
        assert_eq!(next_indent("if x:\n    y = 1"), "    ");
        assert_eq!(next_indent("x = '''"), "");
    }
}
