//! Tracebacks of programs that were handed over the REPL: the board calls such a program `<stdin>` and has no file to
//! show its lines from. The user knows it by its name, and its text is here.

use interpreter::bytecode::{Const, Proto};
use interpreter::compiler::compile_spans;
use interpreter::syntax::ast::{BinaryOp, Expr, ExprKind};
use interpreter::syntax::{Parser, carets, line_text};

use super::Script;

/// The board's traceback with the script's name and lines in it, and carets where it is certain what failed.
pub fn explain(traceback: &str, script: &Script) -> String {
    let name = if script.name.is_empty() { "<stdin>" } else { &script.name };
    let lines: Vec<&str> = traceback.split_inclusive('\n').collect();
    let mut parts = None;
    let mut out = String::with_capacity(traceback.len());
    for (i, line) in lines.iter().enumerate() {
        // In a group of exceptions a frame of `|` stands around the lines.
        let (margin, rest) = match line.find("  File \"<stdin>\", line ") {
            Some(at) if line[..at].chars().all(|c| matches!(c, ' ' | '|')) => line.split_at(at),
            _ => {
                out.push_str(line);
                continue;
            }
        };
        let place = &rest["  File \"<stdin>\", ".len()..];
        out.push_str(&format!("{margin}  File \"{name}\", {place}"));
        let next = lines.get(i + 1).and_then(|next| next.get(margin.len()..)).unwrap_or("");
        let number = place["line ".len()..].split(|c: char| !c.is_ascii_digit()).next();
        let Some(number) = number.and_then(|n| n.parse::<u32>().ok()) else { continue };
        let line_end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        let text = line_text(&script.source, number);
        if text.trim().is_empty() || next.starts_with("    ") {
            continue;
        }
        out.push_str(&format!("{margin}    {}{line_end}", text.trim()));
        // What follows a frame is the one that it called, or the exception.
        let error = (!next.starts_with("  ")).then(|| next.trim_end());
        let parts = parts.get_or_insert_with(|| parts_of(&script.source));
        let start = text.as_ptr() as usize - script.source.as_ptr() as usize;
        if let Some((from, to)) = failed(&script.source, parts, start..start + text.len(), error)
            && let Some(carets) = carets(text, from - start, to - start)
        {
            out.push_str(&format!("{margin}    {carets}{line_end}"));
        }
    }
    out
}

/// The parts of a source that its instructions come from.
fn parts_of(source: &str) -> Vec<(usize, usize)> {
    fn collect(proto: &Proto, parts: &mut Vec<(usize, usize)>) {
        parts.extend(proto.spans.iter().map(|&(_, start, end)| (start as usize, end as usize)));
        for constant in &proto.consts {
            if let Const::Code(inner) = constant {
                collect(inner, parts);
            }
        }
    }
    let mut parts = Vec::new();
    if let Some(proto) = compile_spans(source) {
        collect(&proto, &mut parts);
    }
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// The one part of a line that can have failed with this error (a call, where there is none). None if there are
/// several: the board tells the line only.
fn failed(
    source: &str,
    parts: &[(usize, usize)],
    line: std::ops::Range<usize>,
    error: Option<&str>,
) -> Option<(usize, usize)> {
    let fits = |&&(from, to): &&(usize, usize)| {
        line.contains(&from)
            && to <= line.end
            && source.get(from..to).is_some_and(|part| {
                Parser::expression_only(part).is_ok_and(|expr| can_fail(&expr, part, error))
            })
    };
    let mut found = parts.iter().filter(fits);
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

/// Can this expression fail in this way, not counting those in it?
fn can_fail(expr: &Expr<'_>, text: &str, error: Option<&str>) -> bool {
    let is_call = matches!(expr.kind, ExprKind::Call(..));
    let Some((kind, message)) = error.map(|e| e.split_once(": ").unwrap_or((e, ""))) else { return is_call };
    let quoted = || message.split('\'').collect::<Vec<_>>();
    match kind {
        "NameError" | "UnboundLocalError" => quoted().get(1).is_some_and(|name| *name == text),
        "AttributeError" => {
            let attribute = match &expr.kind {
                ExprKind::Call(callee, _) => &callee.kind,
                kind => kind,
            };
            let name = message.split("has no attribute '").nth(1).and_then(|rest| rest.split('\'').next());
            matches!(attribute, ExprKind::Attribute(node) if Some(node.name.name) == name)
        }
        "ZeroDivisionError" => {
            matches!(
                expr.kind,
                ExprKind::Binary(BinaryOp::Divide | BinaryOp::FloorDivide | BinaryOp::Modulo, ..)
            )
        }
        "IndexError" | "KeyError" => matches!(expr.kind, ExprKind::Subscript(..)),
        "TypeError" if message.starts_with("unsupported operand") || message.contains("concatenate") => {
            matches!(expr.kind, ExprKind::Binary(..))
        }
        "TypeError" if message.contains("subscriptable") || message.contains("indices must be") => {
            matches!(expr.kind, ExprKind::Subscript(..))
        }
        _ => is_call,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(name: &str, source: &str) -> Script {
        Script { name: name.into(), source: source.into(), folder: None }
    }

    #[test]
    fn tracebacks_name_the_script_and_show_its_lines() {
        let traceback = "Traceback (most recent call last):\r\n  File \"<stdin>\", line 3, in f\r\n  File \"lib.py\", line 1, in g\r\nNameError: x\r\n";
        let shown = explain(traceback, &script("main.py", "def f():\n    # one\n    g()  \n"));
        let wanted = "Traceback (most recent call last):\r\n  File \"main.py\", line 3, in f\r\n    g()\r\n  File \"lib.py\", line 1, in g\r\nNameError: x\r\n";
        assert_eq!(shown, wanted);
        // Not twice, not what is not there, and within the frame of a group.
        let traceback = "  File \"<stdin>\", line 1\n    x x\n  | File\n  |   File \"<stdin>\", line 9, in f\n  |   File \"<stdin>\", line 2, in f\n";
        let shown = explain(traceback, &script("", "x x\n y\n"));
        assert_eq!(shown, format!("{traceback}  |     y\n"));
    }

    #[test]
    fn carets_stand_where_only_one_part_can_have_failed() {
        for (line, error, carets) in [
            ("total = count + 1", "NameError: name 'count' is not defined", Some("        ^^^^^")),
            ("x = a / b + f(c)", "ZeroDivisionError: division by zero", Some("    ~~^~~")),
            ("x = a / b + c / d", "ZeroDivisionError: division by zero", None),
            ("y = rows[3] + 1", "IndexError: list index out of range", Some("    ~~~~^^^")),
            (
                "y = 1 + led.valeu",
                "AttributeError: 'Pin' object has no attribute 'valeu'. Did you mean: 'value'?",
                Some("        ^^^^^^^^^"),
            ),
            (
                "y = int(text) * 2",
                "ValueError: invalid literal for int() with base 10: 'x'",
                Some("    ~~~^^^^^^"),
            ),
            ("y = int(a) + int(b)", "ValueError: invalid literal for int() with base 10: 'x'", None),
            ("raise ValueError", "ValueError", None),
        ] {
            let traceback = format!(
                "Traceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n{error}\n"
            );
            let shown = explain(&traceback, &script("m.py", line));
            let carets = carets.map_or(String::new(), |c| format!("    {c}\n"));
            let wanted = format!(
                "Traceback (most recent call last):\n  File \"m.py\", line 1, in <module>\n    {line}\n{carets}{error}\n"
            );
            assert_eq!(shown, wanted);
        }
    }
}
