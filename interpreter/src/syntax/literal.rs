//! The values of literals.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::{ExprKind, Span};
use super::error::{Parse, SyntaxError};

/// The value of an `Int` token's text.
pub fn int<'s>(text: &str) -> ExprKind<'s> {
    let lower = text.as_bytes().get(1).map_or(0, |b| b.to_ascii_lowercase());
    let (digits, radix) = match lower {
        b'x' => (&text[2..], 16),
        b'o' => (&text[2..], 8),
        b'b' => (&text[2..], 2),
        _ => (text, 10),
    };
    let mut value = 0i32;
    for b in digits.bytes().filter(|&b| b != b'_') {
        let digit = (b as char).to_digit(radix as u32).unwrap_or(0) as i32;
        match value.checked_mul(radix as i32).and_then(|v| v.checked_add(digit)) {
            Some(v) => value = v,
            None => {
                let digits: String = digits.chars().filter(|&c| c != '_').collect();
                return ExprKind::BigInt(digits.into_boxed_str(), radix);
            }
        }
    }
    ExprKind::Int(value)
}

/// The decimal text of a `Float` or `Imaginary` token.
pub fn float(text: &str) -> Box<str> {
    text.chars().filter(|c| !matches!(c, '_' | 'j' | 'J')).collect::<String>().into_boxed_str()
}

/// A str or bytes literal taken apart.
pub struct StringLiteral<'s> {
    pub bytes: bool,
    pub raw: bool,
    /// Between the quotes.
    pub body: &'s str,
    /// Offset of the body in the source.
    pub offset: u32,
}

impl<'s> StringLiteral<'s> {
    /// Of a whole `Str` token.
    pub fn new(source: &'s str, span: Span) -> StringLiteral<'s> {
        let text = &source[span.start as usize..span.end as usize];
        let prefix_len = text.find(['"', '\'']).unwrap_or(0);
        let (prefix, quoted) = text.split_at(prefix_len);
        let quote = &quoted[..1];
        let quotes = if quoted.len() >= 6 && quoted[1..].starts_with(quote) && quoted[2..].starts_with(quote)
        {
            3
        } else {
            1
        };
        StringLiteral {
            bytes: prefix.contains(['b', 'B']),
            raw: prefix.contains(['r', 'R']),
            body: &quoted[quotes..quoted.len() - quotes],
            offset: span.start + (prefix_len + quotes) as u32,
        }
    }
}

/// Appends the text of `body` with its escapes replaced; in an f-string doubled braces are one.
pub fn str_text(out: &mut String, body: &str, offset: u32, raw: bool, fstring: bool) -> Parse<()> {
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\r' => {
                // Line ends are \n whatever the file uses.
                if chars.peek().is_some_and(|p| p.1 == '\n') {
                    chars.next();
                }
                out.push('\n');
            }
            '{' | '}' if fstring => {
                if chars.peek().is_some_and(|p| p.1 == c) {
                    chars.next();
                }
                out.push(c);
            }
            '\\' if !raw => {
                let (used, value) =
                    escape(&body[at..], false).map_err(|why| unicode_error(body, at, offset, why))?;
                match value {
                    Escape::Char(c) => out.push(c),
                    Escape::None => {}
                    Escape::Unknown => out.push('\\'),
                }
                let end = at + used;
                while chars.peek().is_some_and(|p| p.0 < end) {
                    chars.next();
                }
            }
            _ => out.push(c),
        }
    }
    Ok(())
}

/// Appends the bytes of a bytes literal.
pub fn bytes_text(out: &mut Vec<u8>, literal: &StringLiteral) -> Parse<()> {
    let body = literal.body;
    if let Some((at, c)) = body.char_indices().find(|(_, c)| !c.is_ascii()) {
        let start = literal.offset + at as u32;
        return Err(SyntaxError::new(
            Span::new(start, start + c.len_utf8() as u32),
            "bytes can only contain ASCII literal characters",
        ));
    }
    let mut at = 0;
    while at < body.len() {
        let b = body.as_bytes()[at];
        at += 1;
        match b {
            b'\r' => {
                if body.as_bytes().get(at) == Some(&b'\n') {
                    at += 1;
                }
                out.push(b'\n');
            }
            b'\\' if !literal.raw => {
                let (used, value) = escape(&body[at - 1..], true).map_err(|why| {
                    SyntaxError::new(
                        Span::new(literal.offset, literal.offset + body.len() as u32),
                        format!("(value error) {why} at position {}", at - 1),
                    )
                })?;
                match value {
                    Escape::Char(c) => out.push(c as u32 as u8),
                    Escape::None => {}
                    Escape::Unknown => out.push(b'\\'),
                }
                at += used - 1;
            }
            _ => out.push(b),
        }
    }
    Ok(())
}

enum Escape {
    Char(char),
    /// A backslash before a line end.
    None,
    /// No escape: the backslash stays.
    Unknown,
}

/// The escape at the start of `text`: bytes used and its value.
fn escape(text: &str, bytes: bool) -> Result<(usize, Escape), &'static str> {
    let b = text.as_bytes();
    let simple = |c| Ok((2, Escape::Char(c)));
    match b.get(1).copied().unwrap_or(b'\\') {
        b'\n' => Ok((2, Escape::None)),
        b'\r' => Ok((if b.get(2) == Some(&b'\n') { 3 } else { 2 }, Escape::None)),
        b'\\' => simple('\\'),
        b'\'' => simple('\''),
        b'"' => simple('"'),
        b'a' => simple('\x07'),
        b'b' => simple('\x08'),
        b'f' => simple('\x0c'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'v' => simple('\x0b'),
        b'0'..=b'7' => {
            let len = b[1..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
            let value = b[1..1 + len].iter().fold(0u32, |v, b| v * 8 + (b - b'0') as u32);
            let value = if bytes { value & 0xFF } else { value };
            Ok((1 + len, Escape::Char(char::from_u32(value).unwrap_or('\0'))))
        }
        b'x' => match hex(b, 2, 2) {
            Some(v) => Ok((4, Escape::Char(char::from_u32(v).unwrap_or('\0')))),
            None if bytes => Err("invalid \\x escape"),
            None => Err("truncated \\xXX escape"),
        },
        b'u' if !bytes => match hex(b, 2, 4) {
            Some(v) => Ok((6, Escape::Char(surrogate_or(v)))),
            None => Err("truncated \\uXXXX escape"),
        },
        b'U' if !bytes => match hex(b, 2, 8) {
            Some(v) if v <= 0x10FFFF => Ok((10, Escape::Char(surrogate_or(v)))),
            Some(_) => Err("illegal Unicode character"),
            None => Err("truncated \\UXXXXXXXX escape"),
        },
        b'N' if !bytes => {
            let Some(name) = text.get(2..).and_then(|t| t.strip_prefix('{')?.split_once('}')) else {
                return Err("malformed \\N character escape");
            };
            match super::charname::named(name.0) {
                Some(c) => Ok((name.0.len() + 4, Escape::Char(c))),
                None => Err("unknown Unicode character name"),
            }
        }
        _ => Ok((1, Escape::Unknown)),
    }
}

/// A lone surrogate has no UTF-8 form: it becomes the replacement character.
fn surrogate_or(value: u32) -> char {
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn hex(b: &[u8], from: usize, len: usize) -> Option<u32> {
    let digits = b.get(from..from + len)?;
    digits.iter().try_fold(0u32, |v, &b| Some((v << 4) | (b as char).to_digit(16)?))
}

fn unicode_error(body: &str, at: usize, offset: u32, why: &str) -> Box<SyntaxError> {
    // CPython's end position: the last byte that still belonged to the escape.
    let b = &body.as_bytes()[at..];
    let end = match b.get(1) {
        Some(b'x') => 1 + b[2..].iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count(),
        Some(b'u') => 1 + b[2..].iter().take(4).take_while(|b| b.is_ascii_hexdigit()).count(),
        Some(b'U') => 1 + b[2..].iter().take(8).take_while(|b| b.is_ascii_hexdigit()).count(),
        Some(b'N') if b.get(2) == Some(&b'{') => b.iter().position(|&b| b == b'}').unwrap_or(b.len() - 1),
        Some(b'N') => 1,
        _ => 0,
    };
    SyntaxError::new(
        Span::new(offset + at as u32, offset + (at + end + 1) as u32),
        format!(
            "(unicode error) 'unicodeescape' codec can't decode bytes in position {at}-{}: {why}",
            at + end
        ),
    )
}
