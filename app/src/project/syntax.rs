//! Syntax errors before anything boots: the board's own parser, compiled for this computer.

use interpreter::syntax::{Diagnostic, check, line_text};

/// The first syntax error of a script, if it has one.
pub fn first_error(source: &str) -> Option<Diagnostic> {
    check(source).into_iter().next()
}

/// A syntax error as a person reads it: file, line and column, the line, a caret, what is wrong.
pub fn explain(name: &str, source: &str, error: &Diagnostic) -> String {
    let line = line_text(source, error.line);
    // Tabs stay tabs in the caret's line, so that the caret stands below what it means.
    let indent: String = line
        .chars()
        .take(error.column.saturating_sub(1) as usize)
        .map(|char| if char == '\t' { '\t' } else { ' ' })
        .collect();
    let width = error.end_column.saturating_sub(error.column).max(1) as usize;
    let room = line.chars().count().saturating_sub(indent.chars().count()).max(1);
    format!(
        "  File \"{name}\", line {}, column {}\n    {line}\n    {indent}{}\n{}: {}",
        error.line,
        error.column,
        "^".repeat(width.min(room)),
        error.kind.name(),
        error.message
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_mistake() {
        let source = "a = 1\nif a:\n\tb = = 2\n";
        let error = first_error(source).expect("there is a mistake");
        let text = explain("x.py", source, &error);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  File \"x.py\", line 3, column 6");
        assert_eq!(lines[1], "    \tb = = 2");
        assert_eq!(lines[2], "    \t    ^");
        assert!(lines[3].starts_with("SyntaxError: "), "{}", lines[3]);
    }

    #[test]
    fn a_good_script_has_no_error() {
        assert_eq!(first_error("import machine\nprint(f'{1:>3}')\n"), None);
    }
}
