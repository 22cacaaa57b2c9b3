//! What is wrong with a source text, and where.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::ast::Span;

/// Which exception class a syntax error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Syntax,
    Indentation,
    Tab,
}

impl ErrorKind {
    /// The name of the exception class.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::Syntax => "SyntaxError",
            ErrorKind::Indentation => "IndentationError",
            ErrorKind::Tab => "TabError",
        }
    }
}

/// An error at a place of the source, in CPython's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .kind.name())]
pub struct SyntaxError {
    pub kind: ErrorKind,
    pub message: String,
    pub span: Span,
}

/// What rules return. The error is boxed, so that results stay in registers: rules recurse, and
/// the stack of a microcontroller is small.
pub type Parse<T> = Result<T, Box<SyntaxError>>;

impl SyntaxError {
    #[cold]
    #[inline(never)]
    fn boxed(kind: ErrorKind, span: Span, message: String) -> Box<SyntaxError> {
        Box::new(SyntaxError { kind, message, span })
    }

    pub fn new(span: Span, message: impl Into<String>) -> Box<SyntaxError> {
        SyntaxError::boxed(ErrorKind::Syntax, span, message.into())
    }

    pub fn indentation(span: Span, message: impl Into<String>) -> Box<SyntaxError> {
        SyntaxError::boxed(ErrorKind::Indentation, span, message.into())
    }

    pub fn tab(span: Span, message: impl Into<String>) -> Box<SyntaxError> {
        SyntaxError::boxed(ErrorKind::Tab, span, message.into())
    }

    /// The same with line and columns, for people and editors.
    pub fn locate(&self, source: &str) -> Diagnostic {
        let start = Position::of(source, self.span.start);
        let end = Position::of(source, self.span.end.max(self.span.start));
        let end_column = if end.line == start.line {
            end.column
        } else {
            line_text(source, start.line).chars().count() as u32 + 1
        };
        Diagnostic {
            kind: self.kind,
            line: start.line,
            column: start.column,
            end_column: end_column.max(start.column + 1),
            message: self.message.clone(),
        }
    }
}

/// A syntax error for an editor or a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub kind: ErrorKind,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// From 1, in characters, exclusive, on the same line; greater than `column`.
    pub end_column: u32,
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}: {}", self.line, self.column, self.kind.name(), self.message)
    }
}

/// A place as people count: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

impl Position {
    /// Of a byte offset; one past the end is allowed, an offset inside a character is that character's.
    pub fn of(source: &str, offset: u32) -> Position {
        let mut line = 1;
        let mut line_start = 0;
        let bytes = source.as_bytes();
        let offset = (offset as usize).min(bytes.len());
        for (i, &b) in bytes[..offset].iter().enumerate() {
            if b == b'\n' || (b == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                line += 1;
                line_start = i + 1;
            }
        }
        // Continuation bytes do not count: works at any offset.
        let column = bytes[line_start..offset].iter().filter(|&&b| b & 0xC0 != 0x80).count() as u32 + 1;
        Position { line, column }
    }
}

/// The text of a line (from 1) without its end.
pub fn line_text(source: &str, line: u32) -> &str {
    let mut rest = source;
    for _ in 1..line {
        match rest.find(['\n', '\r']) {
            Some(i) => {
                let skip = if rest[i..].starts_with("\r\n") { 2 } else { 1 };
                rest = &rest[i + skip..];
            }
            None => return "",
        }
    }
    rest.split(['\n', '\r']).next().unwrap_or("")
}
