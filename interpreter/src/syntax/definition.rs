//! Rules for functions, their parameters, and classes.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError};
use super::lexer::Lexer;
use super::parser::Parser;
use super::token::Tok;

/// What of a function's definition no code is made of.
pub struct Described {
    /// Names and texts of its annotations.
    pub annotations: Vec<(String, String)>,
    /// Its docstring.
    pub doc: Option<String>,
}

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
        // The official compiler takes a lone star where it makes machine values.
        self.lone_star = crate::compiler::is_viper(&decorators);
        let (name, params, returns) = self.head()?;
        self.colon(true)?;
        let body = self.block("function definition", start)?;
        let node = Function { is_async, name, params, returns, decorators, body };
        self.finish(out, start, StmtKind::Function(Box::new(node)))
    }

    /// `def name(params) -> returns`
    #[inline(never)]
    #[allow(clippy::type_complexity)]
    fn head(&mut self) -> Parse<(Ident<'s>, Vec<Param<'s>>, Option<&'s str>)> {
        self.expect(Tok::Def)?;
        let name = self.ident()?;
        self.type_params()?;
        self.force(Tok::LeftParen)?;
        let params = self.params(Tok::RightParen)?;
        self.expect(Tok::RightParen)?;
        let returns = if self.accept(Tok::Arrow)? { self.annotation()? } else { None };
        Ok((name, params, returns))
    }

    /// What stands with the function `name` whose definition `source` begins with. None if something else stands there.
    pub fn described(source: &'s str, name: &str) -> Option<Described> {
        let mut parser = Parser::start(Lexer::for_expression(source)).ok()?;
        parser.accept(Tok::Async).ok()?;
        let (found, params, returns) = parser.head().ok()?;
        let texts = params.iter().filter_map(|p| Some((p.name.name, p.annotation?)));
        let texts = texts.chain(returns.map(|text| ("return", text)));
        let annotations = texts.map(|(name, text)| (name.into(), text.into())).collect();
        (found.name == name).then(|| Described { annotations, doc: parser.docstring() })
    }

    /// The text that a function's body begins with, from the colon on.
    fn docstring(&mut self) -> Option<String> {
        self.expect(Tok::Colon).ok()?;
        if self.accept(Tok::Newline).ok()? {
            self.expect(Tok::Indent).ok()?;
        }
        match (self.tok == Tok::Str).then(|| self.expression())?.ok()?.kind {
            ExprKind::Str(text) if matches!(self.tok, Tok::Newline | Tok::Semicolon) => Some(text.into()),
            _ => None,
        }
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
            Some(star) if !self.lone_star => {
                Err(SyntaxError::new(star, "named arguments must follow bare *"))
            }
            _ => {
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
