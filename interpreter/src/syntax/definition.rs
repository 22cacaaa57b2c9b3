//! Rules for functions, their parameters, and classes.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError};
use super::parser::Parser;
use super::token::Tok;

impl<'s> Parser<'s> {
    #[inline(never)]
    pub(super) fn decorated(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let mut decorators = Vec::with_capacity(1);
        while self.accept(Tok::At)? {
            let decorator = self.named_expression()?;
            decorators.push(*decorator);
            self.expect(Tok::Newline)?;
        }
        let start = self.span;
        match self.tok {
            Tok::Def => self.function(out, start, decorators, false),
            Tok::Class => self.class(out, decorators),
            Tok::Async => {
                self.advance()?;
                self.function(out, start, decorators, true)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `[T, *Ts, **P]` after the name of a function, class or type: parsed and dropped.
    pub(super) fn type_params(&mut self) -> Parse<()> {
        if !self.accept(Tok::LeftBracket)? {
            return Ok(());
        }
        while self.tok != Tok::RightBracket {
            if matches!(self.tok, Tok::Star | Tok::DoubleStar) {
                self.advance()?;
            }
            self.ident()?;
            if self.accept(Tok::Colon)? {
                self.expression()?;
            }
            if self.accept(Tok::Equal)? {
                self.expression()?;
            }
            if !self.accept(Tok::Comma)? {
                break;
            }
        }
        self.expect(Tok::RightBracket)
    }

    #[inline(never)]
    pub(super) fn function(
        &mut self,
        out: &mut Block<'s>,
        start: Span,
        decorators: Vec<Expr<'s>>,
        is_async: bool,
    ) -> Parse<()> {
        self.heads_only = false;
        self.expect(Tok::Def)?;
        let name = self.ident()?;
        self.type_params()?;
        self.force(Tok::LeftParen)?;
        let params = self.params(Tok::RightParen)?;
        self.expect(Tok::RightParen)?;
        let returns = if self.accept(Tok::Arrow)? { self.annotation()? } else { None };
        self.colon(true)?;
        let body = self.block("function definition", start)?;
        let node = Function { is_async, name, params, returns, decorators, body };
        self.finish(out, start, StmtKind::Function(Box::new(node)))
    }

    /// Parameters up to `end`; annotated where that is a parenthesis (a lambda has none).
    #[inline(never)]
    pub(super) fn params(&mut self, end: Tok) -> Parse<Vec<Param<'s>>> {
        let mut params: Vec<Param> = Vec::new();
        let mut keyword_only = false;
        let mut bare_star = None;
        while self.tok != end {
            if params.last().is_some_and(|p| p.kind == ParamKind::DoubleStar) {
                return Err(self.error_here("arguments cannot follow var-keyword argument"));
            }
            match self.tok {
                Tok::Slash => {
                    if keyword_only {
                        return Err(self.error_here("/ must be ahead of *"));
                    }
                    if params.is_empty() {
                        return Err(self.error_here("at least one argument must precede /"));
                    }
                    if params.iter().any(|p| p.kind == ParamKind::PositionalOnly) {
                        return Err(self.error_here("/ may appear only once"));
                    }
                    params.iter_mut().for_each(|p| p.kind = ParamKind::PositionalOnly);
                    self.advance()?;
                }
                Tok::Star => {
                    if keyword_only {
                        return Err(self.error_here("* argument may appear only once"));
                    }
                    let star = self.span;
                    self.advance()?;
                    keyword_only = true;
                    if self.tok == Tok::Name {
                        self.param(&mut params, ParamKind::Star, end)?;
                    } else {
                        bare_star = Some(star);
                    }
                }
                Tok::DoubleStar => {
                    self.advance()?;
                    if let Some(star) = bare_star {
                        return Err(SyntaxError::new(star, "named arguments must follow bare *"));
                    }
                    self.param(&mut params, ParamKind::DoubleStar, end)?;
                }
                _ => {
                    let kind = if keyword_only { ParamKind::KeywordOnly } else { ParamKind::Plain };
                    bare_star = None;
                    self.param(&mut params, kind, end)?;
                }
            }
            if !self.accept(Tok::Comma)? {
                break;
            }
        }
        match bare_star {
            Some(star) => Err(SyntaxError::new(star, "named arguments must follow bare *")),
            None => {
                params.shrink_to_fit();
                Ok(params)
            }
        }
    }

    fn param(&mut self, params: &mut Vec<Param<'s>>, kind: ParamKind, end: Tok) -> Parse<()> {
        let name = self.ident()?;
        if params.iter().any(|p| p.name.name == name.name) {
            let message = format!("duplicate argument '{}' in function definition", name.name);
            return Err(SyntaxError::new(name.span, message));
        }
        let mut annotation = None;
        if end == Tok::RightParen && self.accept(Tok::Colon)? {
            if kind == ParamKind::Star && self.tok == Tok::Star {
                self.starred()?;
            } else {
                annotation = self.annotation()?;
            }
        }
        let mut default = None;
        if self.tok == Tok::Equal {
            match kind {
                ParamKind::Star => {
                    return Err(self.error_here("var-positional argument cannot have default value"));
                }
                ParamKind::DoubleStar => {
                    return Err(self.error_here("var-keyword argument cannot have default value"));
                }
                _ => {}
            }
            self.advance()?;
            if self.tok == end || self.tok == Tok::Comma {
                return Err(SyntaxError::new(
                    Span::new(self.prev_end - 1, self.prev_end),
                    "expected default value expression",
                ));
            }
            default = Some(self.expression()?);
        } else if kind == ParamKind::Plain && params.last().is_some_and(|p| p.default.is_some()) {
            let message = "parameter without a default follows parameter with a default";
            return Err(SyntaxError::new(name.span, message));
        }
        params.push(Param { name, kind, annotation, default });
        Ok(())
    }

    #[inline(never)]
    pub(super) fn class(&mut self, out: &mut Block<'s>, decorators: Vec<Expr<'s>>) -> Parse<()> {
        let start = self.span;
        self.expect(Tok::Class)?;
        let name = self.ident()?;
        self.type_params()?;
        let args = if self.accept(Tok::LeftParen)? { self.args()? } else { Vec::new() };
        self.colon(false)?;
        let body = if self.heads_only && self.tok == Tok::Newline {
            self.indented("class definition", start)?;
            self.advance()?;
            self.in_class = true;
            Block::new()
        } else {
            self.block("class definition", start)?
        };
        self.finish(out, start, StmtKind::Class(Box::new(Class { name, args, decorators, body })))
    }

    // match
}
