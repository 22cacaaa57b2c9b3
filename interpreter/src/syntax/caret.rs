//! The line of carets under a source line that a traceback shows: which part of it failed.

use alloc::string::String;

use super::Parser;
use super::ast::{ExprKind, Span};

/// The carets for bytes `from..to` of `line`, to stand under the line without its indent. None where they would say
/// nothing: all of the line failed, or it is but a call.
pub fn carets(line: &str, from: usize, to: usize) -> Option<String> {
    let text = line.get(from..to)?;
    let indent = line.len() - line.trim_start().len();
    let before = line.get(indent..from)?.chars().count();
    let all = before == 0 && to >= line.trim_end().len();
    // What is underlined, and within it what did it.
    let whole = Span::new(0, text.len() as u32);
    let mut core = whole;
    if let Ok(expr) = Parser::expression_only(text) {
        match &expr.kind {
            ExprKind::Binary(_, left, right) => {
                let between = text.get(left.span.end as usize..right.span.start as usize)?;
                let operator =
                    between.trim_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '\\'));
                let at = left.span.end + between.find(operator).unwrap_or(0) as u32;
                core = Span::new(at, at + operator.len() as u32);
            }
            ExprKind::Subscript(object, _) => core = Span::new(object.span.end, whole.end),
            ExprKind::Call(callee, _) => {
                if matches!(callee.kind, ExprKind::Name(_)) && to >= line.trim_end().len() {
                    return None;
                }
                core = Span::new(callee.span.end, whole.end);
            }
            _ => {}
        }
    }
    if all && core == whole {
        return None;
    }
    let mut out = String::new();
    out.extend(core::iter::repeat_n(' ', before));
    for (at, _) in text.char_indices() {
        let inside = (core.start..core.end).contains(&(at as u32));
        out.push(if inside { '^' } else { '~' });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_failed_is_marked() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("    total += 10 // v", "10 // v", Some("         ~~~^^~~")),
            ("x = a[i][0] + 1", "a[i][0]", Some("    ~~~~^^^")),
            ("return conter + 1", "conter", Some("       ^^^^^^")),
            ("    return f([1, 0])", "f([1, 0])", None),
            ("    g()", "g()", None),
            ("x = o.method(1) + 2", "o.method(1)", Some("    ~~~~~~~~^^^")),
            ("  raise ValueError", "raise ValueError", None),
            ("y = é + bad.name", "bad.name", Some("        ^^^^^^^^")),
        ];
        for (line, part, expected) in cases {
            let from = line.find(part).unwrap();
            assert_eq!(carets(line, from, from + part.len()).as_deref(), *expected, "{line}");
        }
    }
}
