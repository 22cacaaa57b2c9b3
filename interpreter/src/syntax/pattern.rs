//! Rules for the patterns of `match`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError};
use super::parser::Parser;
use super::token::Tok;

/// Binds as strongly as `|`, so that a sum (a complex number) is one operand and `|` is not in it.
const SUM: u8 = 8;

impl<'s> Parser<'s> {
    /// The pattern of a `case`: a sequence without brackets where there is a comma.
    pub(super) fn patterns(&mut self) -> Parse<Pattern<'s>> {
        let start = self.span;
        let first = self.star_or_as_pattern()?;
        if self.tok != Tok::Comma {
            if let PatternKind::Star(_) = first.kind {
                return Err(self.unexpected());
            }
            return Ok(first);
        }
        let mut items = Vec::new();
        items.push(first);
        while self.accept(Tok::Comma)? {
            if matches!(self.tok, Tok::Colon | Tok::If) {
                break;
            }
            items.push(self.star_or_as_pattern()?);
        }
        self.sequence(start, items)
    }

    fn sequence(&self, start: Span, items: Vec<Pattern<'s>>) -> Parse<Pattern<'s>> {
        let mut stars = items.iter().filter(|p| matches!(p.kind, PatternKind::Star(_)));
        if let (Some(_), Some(second)) = (stars.next(), stars.next()) {
            let message = "multiple starred expressions in sequence pattern";
            return Err(SyntaxError::new(second.span, message));
        }
        Ok(Pattern { span: self.span_from(start), kind: PatternKind::Sequence(items) })
    }

    fn star_or_as_pattern(&mut self) -> Parse<Pattern<'s>> {
        let start = self.span;
        if !self.accept(Tok::Star)? {
            return self.as_pattern();
        }
        let name = self.ident()?;
        let name = (name.name != "_").then_some(name);
        Ok(Pattern { span: self.span_from(start), kind: PatternKind::Star(name) })
    }

    fn as_pattern(&mut self) -> Parse<Pattern<'s>> {
        let start = self.span;
        self.enter()?;
        let pattern = self.or_pattern()?;
        self.leave();
        if !self.accept(Tok::As)? {
            return Ok(pattern);
        }
        if self.tok != Tok::Name {
            return Err(self.error_here("invalid pattern target"));
        }
        let name = self.ident()?;
        if name.name == "_" {
            return Err(SyntaxError::new(name.span, "cannot use '_' as a target"));
        }
        Ok(Pattern { span: self.span_from(start), kind: PatternKind::As(Box::new(pattern), name) })
    }

    fn or_pattern(&mut self) -> Parse<Pattern<'s>> {
        let start = self.span;
        let first = self.closed_pattern()?;
        if self.tok != Tok::Bar {
            return Ok(first);
        }
        let mut items = Vec::new();
        items.push(first);
        while self.accept(Tok::Bar)? {
            items.push(self.closed_pattern()?);
        }
        for item in &items[..items.len() - 1] {
            let message = match &item.kind {
                PatternKind::Wildcard => "wildcard makes remaining patterns unreachable".into(),
                PatternKind::Capture(name) => {
                    format!("name capture '{}' makes remaining patterns unreachable", name.name)
                }
                _ => continue,
            };
            return Err(SyntaxError::new(item.span, message));
        }
        Ok(Pattern { span: self.span_from(start), kind: PatternKind::Or(items) })
    }

    fn closed_pattern(&mut self) -> Parse<Pattern<'s>> {
        let start = self.span;
        let kind = match self.tok {
            Tok::None | Tok::True | Tok::False => PatternKind::Singleton(self.operand(SUM)?),
            Tok::Int | Tok::Float | Tok::Imaginary | Tok::Minus | Tok::Str | Tok::FStart => {
                let value = self.operand(SUM)?;
                match value.kind {
                    ExprKind::Joined(_) | ExprKind::Template(_) => {
                        let message = "patterns may only match literals and attribute lookups";
                        return Err(SyntaxError::new(value.span, message));
                    }
                    _ => PatternKind::Value(value),
                }
            }
            Tok::LeftParen | Tok::LeftBracket => return self.bracketed(),
            Tok::LeftBrace => self.mapping()?,
            Tok::Name => self.name_pattern()?,
            _ => return Err(self.unexpected()),
        };
        Ok(Pattern { span: self.span_from(start), kind })
    }

    /// A group or a sequence.
    fn bracketed(&mut self) -> Parse<Pattern<'s>> {
        let start = self.span;
        let close = if self.tok == Tok::LeftParen { Tok::RightParen } else { Tok::RightBracket };
        self.enter()?;
        self.advance()?;
        let mut items = Vec::new();
        let mut comma = close == Tok::RightBracket;
        while self.tok != close {
            items.push(self.star_or_as_pattern()?);
            if !self.accept(Tok::Comma)? {
                break;
            }
            comma = true;
        }
        self.expect(close)?;
        self.leave();
        if !comma
            && items.len() == 1
            && !matches!(items[0].kind, PatternKind::Star(_))
            && let Some(item) = items.pop()
        {
            return Ok(item);
        }
        self.sequence(start, items)
    }

    fn mapping(&mut self) -> Parse<PatternKind<'s>> {
        self.enter()?;
        self.advance()?;
        let (mut items, mut rest) = (Vec::new(), None);
        while self.tok != Tok::RightBrace {
            if rest.is_some() {
                return Err(
                    self.error_here("double star pattern '**' must be the last one in a mapping pattern")
                );
            }
            if self.accept(Tok::DoubleStar)? {
                rest = Some(self.ident()?);
            } else {
                let key = self.operand(SUM)?;
                self.expect(Tok::Colon)?;
                items.push((key, self.as_pattern()?));
            }
            if !self.accept(Tok::Comma)? {
                break;
            }
        }
        self.expect(Tok::RightBrace)?;
        self.leave();
        Ok(PatternKind::Mapping(Box::new(MappingPattern { items, rest })))
    }

    /// A capture, a dotted value or a class pattern.
    fn name_pattern(&mut self) -> Parse<PatternKind<'s>> {
        let name = self.ident()?;
        if !matches!(self.tok, Tok::Dot | Tok::LeftParen) {
            return Ok(if name.name == "_" { PatternKind::Wildcard } else { PatternKind::Capture(name) });
        }
        let mut value = Box::new(Expr::new(name.span, ExprKind::Name(name.name)));
        while self.accept(Tok::Dot)? {
            let node = Attribute { object: value, name: self.ident()? };
            value = self.node(name.span, ExprKind::Attribute(Box::new(node)))?;
        }
        if self.tok != Tok::LeftParen {
            return Ok(PatternKind::Value(value));
        }
        self.enter()?;
        self.advance()?;
        let (mut positional, mut keywords) = (Vec::new(), Vec::new());
        while self.tok != Tok::RightParen {
            let start = self.span;
            let pattern = self.as_pattern()?;
            match pattern.kind {
                PatternKind::Capture(name) if self.tok == Tok::Equal => {
                    self.advance()?;
                    keywords.push((name, self.as_pattern()?));
                }
                _ if !keywords.is_empty() => {
                    let message = "positional patterns follow keyword patterns";
                    return Err(SyntaxError::new(self.span_from(start), message));
                }
                _ => positional.push(pattern),
            }
            if !self.accept(Tok::Comma)? {
                break;
            }
        }
        self.expect(Tok::RightParen)?;
        self.leave();
        Ok(PatternKind::Class(Box::new(ClassPattern { class: value, positional, keywords })))
    }
}
