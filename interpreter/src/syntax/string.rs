//! Rules for texts: adjacent literals, f-strings and t-strings with their fields.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError};
use super::lexer::{FEnd, FQuote};
use super::literal::{self, StringLiteral};
use super::parser::Parser;
use super::token::Tok;

impl<'s> Parser<'s> {
    /// Adjacent literals as one.
    #[inline(never)]
    pub(super) fn strings(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let mut text = String::new();
        let mut bytes: Option<Vec<u8>> = None;
        let mut parts = Vec::new();
        let (mut any_str, mut any_f, mut template) = (false, false, false);
        while matches!(self.tok, Tok::Str | Tok::FStart) {
            if self.tok == Tok::FStart {
                let quote = self.lexer.fquote(self.span);
                if quote.template {
                    template = true;
                } else {
                    (any_str, any_f) = (true, true);
                }
                self.fstring(quote, &mut text, &mut parts)?;
            } else {
                let literal = StringLiteral::new(self.source(), self.span);
                if literal.bytes {
                    literal::bytes_text(bytes.get_or_insert_default(), &literal)?;
                } else {
                    any_str = true;
                    literal::str_text(&mut text, literal.body, literal.offset, literal.raw, false)?;
                }
            }
            if any_str && bytes.is_some() {
                let span = Span::new(start.start, self.span.end);
                return Err(SyntaxError::new(span, "cannot mix bytes and nonbytes literals"));
            }
            if template && (any_str || bytes.is_some()) {
                let span = Span::new(start.start, self.span.end);
                let message = "cannot mix t-string literals with string or bytes literals";
                return Err(SyntaxError::new(span, message));
            }
            self.advance()?;
        }
        let kind = if let Some(bytes) = bytes {
            ExprKind::Bytes(bytes.into_boxed_slice())
        } else if template {
            flush(&mut text, &mut parts);
            ExprKind::Template(parts)
        } else if any_f && !parts.is_empty() {
            flush(&mut text, &mut parts);
            ExprKind::Joined(parts)
        } else if any_f {
            ExprKind::Joined(if text.is_empty() { parts } else { [FPart::Text(text.into())].into() })
        } else {
            ExprKind::Str(text.into_boxed_str())
        };
        self.node(start, kind)
    }

    /// One f-string after its opening; leaves the current token a stand-in for its end.
    #[inline(never)]
    fn fstring(&mut self, quote: FQuote, text: &mut String, parts: &mut Vec<FPart<'s>>) -> Parse<()> {
        loop {
            let (span, end) = self.lexer.fstring_text(quote, false)?;
            literal::str_text(text, self.text(span), span.start, quote.raw, true)?;
            if end == FEnd::Quote {
                self.span = Span::new(quote.start, self.lexer.offset());
                return Ok(());
            }
            self.field(quote, text, parts).map_err(|error| self.ended_early(quote, error))?;
        }
    }

    /// The quote that ends an f-string within a field looks like the start of another text.
    #[cold]
    #[inline(never)]
    fn ended_early(&self, quote: FQuote, error: Box<SyntaxError>) -> Box<SyntaxError> {
        // `!r` before it looks like the prefix of that text.
        let text = self.source().get(error.span.start as usize..).unwrap_or("");
        let starts_text = text.trim_start_matches(|c: char| c.is_ascii_alphabetic()).as_bytes().first()
            == Some(&quote.quote);
        if !quote.triple && starts_text && error.message.starts_with("unterminated string") {
            return quote.error(error.span, "expecting '}'");
        }
        error
    }

    /// A replacement field after its `{`; afterwards the lexer stands behind its `}`.
    #[inline(never)]
    fn field(&mut self, quote: FQuote, text: &mut String, parts: &mut Vec<FPart<'s>>) -> Parse<()> {
        self.enter()?;
        let start = self.lexer.offset();
        self.advance()?;
        if matches!(self.tok, Tok::RightBrace | Tok::Bang | Tok::Colon | Tok::Equal) {
            let found = self.tok.text().unwrap_or("");
            return Err(quote.error(self.span, &format!("valid expression required before '{found}'")));
        }
        let value = self.value()?;
        self.no_bare_star(&value)?;
        let source = self.text(Span::new(start, self.span.start)).trim_end();
        let documents = self.accept(Tok::Equal)?;
        if documents {
            text.push_str(self.text(Span::new(start, self.span.start)));
        }
        let mut conversion = None;
        if self.accept(Tok::Bang)? {
            conversion = Some(match self.text(self.span) {
                "s" => Conversion::Str,
                "r" => Conversion::Repr,
                "a" => Conversion::Ascii,
                _ if self.tok != Tok::Name => {
                    return Err(quote.error(self.span, "invalid conversion character"));
                }
                other => {
                    let message =
                        format!("invalid conversion character '{other}': expected 's', 'r', or 'a'");
                    return Err(quote.error(self.span, &message));
                }
            });
            self.advance()?;
        }
        flush(text, parts);
        let mut spec = Vec::new();
        match self.tok {
            Tok::RightBrace => {
                if documents && conversion.is_none() {
                    conversion = Some(Conversion::Repr);
                }
            }
            Tok::Colon => self.spec(quote, &mut spec)?,
            _ => {
                let message = if conversion.is_some() {
                    "expecting ':' or '}'"
                } else {
                    "expecting '=', or '!', or ':', or '}'"
                };
                return Err(quote.error(self.span, message));
            }
        }
        parts.push(FPart::Field(Box::new(FField { value, source, conversion, spec })));
        self.leave();
        Ok(())
    }

    #[inline(never)]
    fn spec(&mut self, quote: FQuote, parts: &mut Vec<FPart<'s>>) -> Parse<()> {
        let mut text = String::new();
        loop {
            let (span, end) = self.lexer.fstring_text(quote, true)?;
            literal::str_text(&mut text, self.text(span), span.start, quote.raw, false)?;
            match end {
                FEnd::Field => self.field(quote, &mut text, parts)?,
                FEnd::Spec => {
                    flush(&mut text, parts);
                    return Ok(());
                }
                FEnd::Quote => {
                    let here = Span::new(self.lexer.offset() - 1, self.lexer.offset());
                    return Err(quote.error(here, "expecting '}', or format specs"));
                }
            }
        }
    }
}

fn flush(text: &mut String, parts: &mut Vec<FPart<'_>>) {
    if !text.is_empty() {
        parts.push(FPart::Text(core::mem::take(text).into_boxed_str()));
    }
}
