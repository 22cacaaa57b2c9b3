//! Rules for what stands in brackets: tuples, lists, sets, dicts and their comprehensions.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError};
use super::expression::BIT_OR;
use super::parser::Parser;
use super::token::Tok;

impl<'s> Parser<'s> {
    #[inline(never)]
    pub(super) fn parenthesized(&mut self, start: Span) -> Parse<BoxExpr<'s>> {
        match self.tok {
            Tok::RightParen => {
                self.advance()?;
                return self.node(start, ExprKind::Tuple(Vec::new()));
            }
            Tok::Yield => {
                let expr = self.yield_expression()?;
                self.close(Tok::RightParen)?;
                return Ok(expr);
            }
            _ => {}
        }
        let first = self.element()?;
        match self.tok {
            Tok::For | Tok::Async => self.comprehension(start, first, None, Tok::RightParen),
            Tok::Comma => self.elements(start, first, Tok::RightParen),
            _ => {
                if let ExprKind::Starred(_) = first.kind {
                    return Err(SyntaxError::new(first.span, "cannot use starred expression here"));
                }
                self.close(Tok::RightParen)?;
                Ok(first)
            }
        }
    }

    fn element(&mut self) -> Parse<BoxExpr<'s>> {
        let expr = self.star_named()?;
        self.assignment_in_expression(&expr)?;
        self.checked(&expr)?;
        Ok(expr)
    }

    /// A display from its first element, up to and with the closing bracket.
    #[inline(never)]
    fn elements(&mut self, start: Span, first: BoxExpr<'s>, close: Tok) -> Parse<BoxExpr<'s>> {
        let mut items = Vec::new();
        items.push(*first);
        while self.accept(Tok::Comma)? {
            if self.tok == close {
                break;
            }
            let item = self.element()?;
            items.push(*item);
        }
        self.close(close)?;
        items.shrink_to_fit();
        let kind = match close {
            Tok::RightParen => ExprKind::Tuple(items),
            Tok::RightBracket => ExprKind::List(items),
            _ => ExprKind::Set(items),
        };
        self.node(start, kind)
    }

    #[inline(never)]
    pub(super) fn list(&mut self, start: Span) -> Parse<BoxExpr<'s>> {
        if self.accept(Tok::RightBracket)? {
            return self.node(start, ExprKind::List(Vec::new()));
        }
        let first = self.element()?;
        if matches!(self.tok, Tok::For | Tok::Async) {
            return self.comprehension(start, first, None, Tok::RightBracket);
        }
        self.elements(start, first, Tok::RightBracket)
    }

    #[inline(never)]
    fn comprehension(
        &mut self,
        start: Span,
        element: BoxExpr<'s>,
        value: Option<BoxExpr<'s>>,
        close: Tok,
    ) -> Parse<BoxExpr<'s>> {
        if let ExprKind::Starred(_) = element.kind {
            let message = "iterable unpacking cannot be used in comprehension";
            return Err(SyntaxError::new(element.span, message));
        }
        let clauses = self.clauses()?;
        self.close(close)?;
        let is_dict = value.is_some();
        let comp = Box::new(Comprehension { element, value, clauses });
        let kind = match close {
            Tok::RightParen => ExprKind::Generator(comp),
            Tok::RightBracket => ExprKind::ListComp(comp),
            _ if is_dict => ExprKind::DictComp(comp),
            _ => ExprKind::SetComp(comp),
        };
        self.node(start, kind)
    }

    #[inline(never)]
    pub(super) fn dict_or_set(&mut self, start: Span) -> Parse<BoxExpr<'s>> {
        match self.tok {
            Tok::RightBrace => {
                self.advance()?;
                return self.node(start, ExprKind::Dict(Vec::new()));
            }
            Tok::DoubleStar => return self.dict(start, None),
            _ => {}
        }
        let first = self.element()?;
        match self.tok {
            Tok::Colon if !matches!(first.kind, ExprKind::Starred(_)) => self.dict(start, Some(first)),
            Tok::For | Tok::Async => self.comprehension(start, first, None, Tok::RightBrace),
            _ => self.elements(start, first, Tok::RightBrace),
        }
    }

    /// A dict display from its first key (at its colon) or from `**`.
    #[inline(never)]
    fn dict(&mut self, start: Span, first: Option<BoxExpr<'s>>) -> Parse<BoxExpr<'s>> {
        let mut items = Vec::new();
        let mut key = first;
        loop {
            if key.is_none() && self.accept(Tok::DoubleStar)? {
                let mapping = self.operand(BIT_OR)?;
                items.push(DictItem::Unpack(mapping));
                if matches!(self.tok, Tok::For | Tok::Async) {
                    return Err(self.error_here("dict unpacking cannot be used in dict comprehension"));
                }
            } else {
                let key = match key.take() {
                    Some(key) => key,
                    None => self.expression()?,
                };
                let value = self.dict_value()?;
                if items.is_empty() && matches!(self.tok, Tok::For | Tok::Async) {
                    return self.comprehension(start, key, Some(value), Tok::RightBrace);
                }
                items.push(DictItem::Pair(key, value));
            }
            if !self.accept(Tok::Comma)? || self.tok == Tok::RightBrace {
                break;
            }
        }
        self.close(Tok::RightBrace)?;
        items.shrink_to_fit();
        self.node(start, ExprKind::Dict(items))
    }

    /// The colon after a dict's key and the value.
    #[inline(never)]
    fn dict_value(&mut self) -> Parse<BoxExpr<'s>> {
        if self.tok != Tok::Colon {
            return Err(match self.tok {
                Tok::Comma | Tok::RightBrace => SyntaxError::new(
                    Span::new(self.prev_end - 1, self.prev_end),
                    "':' expected after dictionary key",
                ),
                _ => self.unexpected(),
            });
        }
        let colon = self.span;
        self.advance()?;
        if matches!(self.tok, Tok::Comma | Tok::RightBrace) {
            return Err(SyntaxError::new(colon, "expression expected after dictionary key and ':'"));
        }
        let value = self.expression()?;
        self.checked(&value)?;
        Ok(value)
    }
}
