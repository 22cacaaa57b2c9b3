//! Rules for compound statements and their blocks: `if`, loops, `with`, `try`, `match`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, Position, SyntaxError};
use super::expression::starts_expression;
use super::parser::{Parser, TargetUse};
use super::token::Tok;

impl<'s> Parser<'s> {
    /// The colon of a header; CPython names it only where the line ends in its place, or always
    /// where the grammar forces it.
    pub(super) fn colon(&mut self, forced: bool) -> Parse<()> {
        if self.tok == Tok::Colon {
            return self.advance();
        }
        if forced || self.tok == Tok::Newline {
            return self.force(Tok::Colon);
        }
        Err(self.unexpected())
    }

    /// The body after a header's colon; `what` as CPython calls the header, `start` where it is.
    #[inline(never)]
    pub(super) fn block(&mut self, what: &str, start: Span) -> Parse<Block<'s>> {
        self.enter()?;
        let mut body = Block::new();
        if self.tok == Tok::Newline {
            self.indented(what, start)?;
            self.block_body(&mut body)?;
        } else {
            self.line(&mut body)?;
        }
        self.leave();
        body.shrink_to_fit();
        Ok(body)
    }

    /// The line end after a header's colon, and that an indentation follows.
    #[inline(never)]
    pub(super) fn indented(&mut self, what: &str, start: Span) -> Parse<()> {
        let colon = self.prev_end;
        self.advance()?;
        if self.tok == Tok::Indent {
            return Ok(());
        }
        let line = Position::of(self.source(), start.start).line;
        // At the end of the text there is no line to show but the header's.
        let span = if self.tok == Tok::End { Span::new(colon, colon + 1) } else { self.span };
        Err(SyntaxError::indentation(span, format!("expected an indented block after {what} on line {line}")))
    }

    /// Indented statements from the `Indent` up to and with the `Dedent`.
    pub(super) fn block_body(&mut self, body: &mut Block<'s>) -> Parse<()> {
        let level = self.lexer.level();
        self.advance()?;
        loop {
            match self.tok {
                Tok::Dedent => return self.advance(),
                Tok::End => return Ok(()),
                // After recovery the dedent itself may have been skipped.
                _ if self.lexer.level() < level => return Ok(()),
                Tok::Newline => self.advance()?,
                Tok::Indent => {
                    let error = SyntaxError::indentation(self.span, "unexpected indent");
                    if self.errors.is_none() {
                        return Err(error);
                    }
                    self.report(error);
                    self.enter()?;
                    self.block_body(body)?;
                    self.leave();
                }
                _ => self.statement(body)?,
            }
        }
    }

    /// A condition of `if`, `elif` or `while`.
    fn condition(&mut self) -> Parse<BoxExpr<'s>> {
        let test = self.named_expression()?;
        self.assignment_in_expression(&test)?;
        Ok(test)
    }

    #[inline(never)]
    fn orelse(&mut self) -> Parse<Block<'s>> {
        let start = self.span;
        if !self.accept(Tok::Else)? {
            return Ok(Block::new());
        }
        self.colon(true)?;
        self.block("'else' statement", start)
    }

    #[inline(never)]
    pub(super) fn if_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let start = self.span;
        let mut branches = Vec::with_capacity(1);
        loop {
            self.branch(&mut branches)?;
            if self.tok != Tok::Elif {
                break;
            }
        }
        let orelse = self.orelse()?;
        self.finish(out, start, StmtKind::If(branches, orelse))
    }

    fn branch(&mut self, branches: &mut Vec<Branch<'s>>) -> Parse<()> {
        let start = self.span;
        self.advance()?;
        let test = self.condition()?;
        self.colon(false)?;
        let what = if branches.is_empty() { "'if' statement" } else { "'elif' statement" };
        let body = self.block(what, start)?;
        branches.push(Branch { test, body });
        Ok(())
    }

    #[inline(never)]
    pub(super) fn while_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let start = self.span;
        self.advance()?;
        let test = self.condition()?;
        self.colon(false)?;
        let body = self.block("'while' statement", start)?;
        let orelse = self.orelse()?;
        self.finish(out, start, StmtKind::While(test, body, orelse))
    }

    #[inline(never)]
    pub(super) fn for_statement(&mut self, out: &mut Block<'s>, start: Span, is_async: bool) -> Parse<()> {
        self.advance()?;
        let target = self.bind_targets()?;
        self.expect(Tok::In)?;
        let iter = self.star_expressions()?;
        self.no_bare_star(&iter)?;
        self.colon(false)?;
        let body = self.block("'for' statement", start)?;
        let orelse = self.orelse()?;
        self.finish(out, start, StmtKind::For(Box::new(For { is_async, target, iter, body, orelse })))
    }

    #[inline(never)]
    pub(super) fn with_statement(&mut self, out: &mut Block<'s>, start: Span, is_async: bool) -> Parse<()> {
        self.advance()?;
        let items = self.with_items()?;
        self.colon(false)?;
        let body = self.block("'with' statement", start)?;
        self.finish(out, start, StmtKind::With(Box::new(With { is_async, items, body })))
    }

    #[inline(never)]
    #[allow(clippy::type_complexity)]
    fn with_items(&mut self) -> Parse<Vec<(BoxExpr<'s>, Option<BoxExpr<'s>>)>> {
        if let Some(items) = self.parenthesized_items()? {
            return Ok(items);
        }
        let mut items = Vec::with_capacity(1);
        loop {
            items.push(self.with_item()?);
            if !self.accept(Tok::Comma)? {
                return Ok(items);
            }
        }
    }

    /// `(a as b, c as d)`, or None where the parenthesis belongs to an expression.
    #[allow(clippy::type_complexity)]
    fn parenthesized_items(&mut self) -> Parse<Option<Vec<(BoxExpr<'s>, Option<BoxExpr<'s>>)>>> {
        if self.tok != Tok::LeftParen {
            return Ok(None);
        }
        let mark = self.mark();
        self.advance()?;
        let mut items = Vec::new();
        let complete = loop {
            if self.tok == Tok::RightParen {
                break !items.is_empty();
            }
            match self.with_item() {
                Ok(item) => items.push(item),
                Err(_) => break false,
            }
            match self.tok {
                Tok::Comma => {
                    if self.advance().is_err() {
                        break false;
                    }
                }
                Tok::RightParen => {}
                _ => break false,
            }
        };
        if complete && self.advance().is_ok() && self.tok == Tok::Colon {
            return Ok(Some(items));
        }
        self.go_back(mark);
        Ok(None)
    }

    fn with_item(&mut self) -> Parse<(BoxExpr<'s>, Option<BoxExpr<'s>>)> {
        let manager = self.expression()?;
        if !self.accept(Tok::As)? {
            return Ok((manager, None));
        }
        let target = if self.tok == Tok::Star { self.starred()? } else { self.operand(4)? };
        self.check_target(&target, TargetUse::Bind)?;
        Ok((manager, Some(target)))
    }

    #[inline(never)]
    pub(super) fn try_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let start = self.span;
        self.advance()?;
        self.colon(true)?;
        let body = self.block("'try' statement", start)?;
        let mut handlers: Vec<Handler> = Vec::new();
        let mut star = false;
        while self.tok == Tok::Except {
            if let Some(last) = handlers.last()
                && last.kind.is_none()
            {
                return Err(SyntaxError::new(last.span, "default 'except:' must be last"));
            }
            handlers.push(self.handler(&mut star, handlers.is_empty())?);
        }
        let orelse = if handlers.is_empty() { Block::new() } else { self.orelse()? };
        let clause = self.span;
        let finally = if self.accept(Tok::Finally)? {
            self.colon(true)?;
            self.block("'finally' statement", clause)?
        } else if handlers.is_empty() {
            return Err(self.error_here("expected 'except' or 'finally' block"));
        } else {
            Block::new()
        };
        self.finish(out, start, StmtKind::Try(Box::new(Try { body, star, handlers, orelse, finally })))
    }

    #[inline(never)]
    fn handler(&mut self, star: &mut bool, first: bool) -> Parse<Handler<'s>> {
        let start = self.span;
        self.advance()?;
        let (mut kind, mut name) = (None, None);
        let starred = self.accept(Tok::Star)?;
        if !first && starred != *star {
            return Err(self.error_here("cannot have both 'except' and 'except*' on the same 'try'"));
        }
        *star = starred;
        if starred && self.tok == Tok::Colon {
            return Err(self.error_here("expected one or more exception types"));
        }
        if self.tok != Tok::Colon && self.tok != Tok::Newline {
            let class = self.expression()?;
            if self.tok == Tok::Comma {
                let message = "multiple exception types must be parenthesized";
                return Err(SyntaxError::new(class.span.to(self.span), message));
            }
            kind = Some(class);
            if self.accept(Tok::As)? {
                name = Some(self.ident()?);
            }
        }
        let span = self.span_from(start);
        self.colon(false)?;
        let body = self.block("'except' statement", start)?;
        Ok(Handler { span, kind, name, body })
    }

    // match

    /// A `match` statement, or None where `match` is a name.
    #[inline(never)]
    pub(super) fn match_statement(&mut self) -> Parse<Option<StmtKind<'s>>> {
        let start = self.span;
        let mark = self.mark();
        let Some(subject) = self.match_header() else {
            self.go_back(mark);
            return Ok(None);
        };
        let line = Position::of(self.source(), start.start).line;
        if self.tok != Tok::Indent {
            return Err(SyntaxError::indentation(
                self.span,
                format!("expected an indented block after 'match' statement on line {line}"),
            ));
        }
        self.enter()?;
        self.advance()?;
        let mut cases = Vec::new();
        while self.at_name("case") {
            cases.push(self.case()?);
        }
        match self.tok {
            Tok::Dedent => self.advance()?,
            Tok::End => {}
            _ => return Err(self.unexpected()),
        }
        self.leave();
        Ok(Some(StmtKind::Match(Box::new(Match { subject, cases }))))
    }

    /// `match subject:` and its line end; anything else is no match statement.
    #[inline(never)]
    fn match_header(&mut self) -> Option<BoxExpr<'s>> {
        self.advance().ok()?;
        if !starts_expression(self.tok) && self.tok != Tok::Star {
            return None;
        }
        let subject = self.star_named_expressions().ok()?;
        if self.tok != Tok::Colon {
            return None;
        }
        self.advance().ok()?;
        if self.tok != Tok::Newline {
            return None;
        }
        self.advance().ok()?;
        Some(subject)
    }

    #[inline(never)]
    fn case(&mut self) -> Parse<Case<'s>> {
        let start = self.span;
        self.advance()?;
        let pattern = self.patterns()?;
        let guard = if self.accept(Tok::If)? { Some(self.named_expression()?) } else { None };
        self.colon(false)?;
        let body = self.block("'case' statement", start)?;
        Ok(Case { pattern, guard, body })
    }
}
