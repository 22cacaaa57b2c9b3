//! Rules for statements and blocks, and the way on after an error.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, Position, SyntaxError};
use super::expression::starts_expression;
use super::parser::{Parser, TargetUse};
use super::token::Tok;

/// The operator of an augmented assignment.
fn augmented_op(tok: Tok) -> Option<BinaryOp> {
    Some(match tok {
        Tok::PlusEqual => BinaryOp::Add,
        Tok::MinusEqual => BinaryOp::Subtract,
        Tok::StarEqual => BinaryOp::Multiply,
        Tok::AtEqual => BinaryOp::MatrixMultiply,
        Tok::SlashEqual => BinaryOp::Divide,
        Tok::DoubleSlashEqual => BinaryOp::FloorDivide,
        Tok::PercentEqual => BinaryOp::Modulo,
        Tok::DoubleStarEqual => BinaryOp::Power,
        Tok::ShiftLeftEqual => BinaryOp::ShiftLeft,
        Tok::ShiftRightEqual => BinaryOp::ShiftRight,
        Tok::AmperEqual => BinaryOp::And,
        Tok::BarEqual => BinaryOp::Or,
        Tok::CaretEqual => BinaryOp::Xor,
        _ => return None,
    })
}

impl<'s> Parser<'s> {
    /// One statement, or a line of them; in recovery an erroneous one is recorded and skipped.
    pub(super) fn statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let (depth, start) = (self.depth, self.span.start);
        match self.compound_or_line(out) {
            Err(error) if self.errors.is_some() => {
                self.depth = depth;
                self.recover(error, start);
                Ok(())
            }
            result => result,
        }
    }

    /// Records `error` and goes on at the next line, past the block of a broken header.
    #[cold]
    #[inline(never)]
    pub(super) fn recover(&mut self, error: Box<SyntaxError>, start: u32) {
        let error = self.refine(error);
        // Never before the statement that failed, so that parsing moves on.
        let mut from = error.span.start.max(start);
        self.report(error);
        let mut orphan = false;
        loop {
            self.lexer.resume_after_line(from);
            match self.advance() {
                Ok(()) => {}
                Err(error) => {
                    from = self.lexer.offset().max(from);
                    self.report(error);
                    if self.lexer.at_end() {
                        self.tok = Tok::End;
                        return;
                    }
                    continue;
                }
            }
            // The body of a header that did not parse, and the clauses that belonged to it.
            if self.tok == Tok::Indent {
                let mut body = Block::new();
                if self.block_body(&mut body).is_err() {
                    return;
                }
                orphan = true;
            }
            if orphan && matches!(self.tok, Tok::Elif | Tok::Else | Tok::Except | Tok::Finally) {
                from = self.span.start;
                continue;
            }
            return;
        }
    }

    pub(super) fn report(&mut self, error: Box<SyntaxError>) {
        if let Some(errors) = &mut self.errors
            && errors.last().is_none_or(|last| last.span.start != error.span.start)
        {
            errors.push(error);
        }
    }

    fn compound_or_line(&mut self, out: &mut Block<'s>) -> Parse<()> {
        match self.tok {
            Tok::If => self.if_statement(out),
            Tok::While => self.while_statement(out),
            Tok::For => self.for_statement(out, self.span, false),
            Tok::With => self.with_statement(out, self.span, false),
            Tok::Try => self.try_statement(out),
            Tok::Def => self.function(out, self.span, Vec::new(), false),
            Tok::Class => self.class(out, Vec::new()),
            Tok::At => self.decorated(out),
            Tok::Async => self.async_statement(out),
            Tok::Name if self.at_name("match") => self.match_or_line(out),
            _ => self.line(out),
        }
    }

    #[inline(never)]
    fn async_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let start = self.span;
        self.advance()?;
        match self.tok {
            Tok::Def => self.function(out, start, Vec::new(), true),
            Tok::For => self.for_statement(out, start, true),
            Tok::With => self.with_statement(out, start, true),
            _ => Err(self.unexpected()),
        }
    }

    #[inline(never)]
    fn match_or_line(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let start = self.span;
        match self.match_statement()? {
            Some(kind) => self.finish(out, start, kind),
            None => self.line(out),
        }
    }

    /// Adds a statement that has been read.
    #[inline(never)]
    fn finish(&mut self, out: &mut Block<'s>, start: Span, kind: StmtKind<'s>) -> Parse<()> {
        out.push(Stmt { span: self.span_from(start), kind });
        Ok(())
    }

    /// Simple statements with semicolons between, and the line end.
    #[inline(never)]
    fn line(&mut self, out: &mut Block<'s>) -> Parse<()> {
        loop {
            let start = self.span;
            let kind = self.simple()?;
            out.push(Stmt { span: self.span_from(start), kind });
            if !self.accept(Tok::Semicolon)? {
                break;
            }
            if self.tok == Tok::Newline {
                break;
            }
        }
        if self.tok == Tok::Newline {
            return self.advance();
        }
        Err(self.after_statement(out))
    }

    /// The error for what follows a complete simple statement on its line.
    #[cold]
    #[inline(never)]
    fn after_statement(&mut self, line: &Block<'s>) -> Box<SyntaxError> {
        let error = self.unexpected();
        if let Some(Stmt { kind: StmtKind::Expr(expr), .. }) = line.last()
            && let ExprKind::Name(name @ ("print" | "exec")) = expr.kind
            && starts_expression(self.tok)
        {
            return SyntaxError::new(
                expr.span.to(self.span),
                format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?"),
            );
        }
        error
    }

    #[inline(never)]
    fn simple(&mut self) -> Parse<StmtKind<'s>> {
        match self.tok {
            Tok::Pass => self.keyword(StmtKind::Pass),
            Tok::Break => self.keyword(StmtKind::Break),
            Tok::Continue => self.keyword(StmtKind::Continue),
            Tok::Return => {
                self.advance()?;
                if self.ends_simple() {
                    return Ok(StmtKind::Return(None));
                }
                let value = self.star_expressions()?;
                self.no_bare_star(&value)?;
                Ok(StmtKind::Return(Some(value)))
            }
            Tok::Raise => {
                self.advance()?;
                if self.ends_simple() {
                    return Ok(StmtKind::Raise(None, None));
                }
                let exception = self.expression()?;
                let cause = if self.accept(Tok::From)? { Some(self.expression()?) } else { None };
                Ok(StmtKind::Raise(Some(exception), cause))
            }
            Tok::Global => Ok(StmtKind::Global(self.name_list()?)),
            Tok::Nonlocal => Ok(StmtKind::Nonlocal(self.name_list()?)),
            Tok::Del => self.delete(),
            Tok::Assert => {
                self.advance()?;
                let test = self.expression()?;
                self.assignment_in_expression(&test)?;
                let message = if self.accept(Tok::Comma)? { Some(self.expression()?) } else { None };
                Ok(StmtKind::Assert(test, message))
            }
            Tok::Import => self.import(),
            Tok::From => self.import_from(),
            Tok::Name if self.at_name("type") => match self.type_alias()? {
                Some(kind) => Ok(kind),
                None => self.expression_statement(),
            },
            _ => self.expression_statement(),
        }
    }

    fn keyword(&mut self, kind: StmtKind<'s>) -> Parse<StmtKind<'s>> {
        self.advance()?;
        Ok(kind)
    }

    fn ends_simple(&self) -> bool {
        matches!(self.tok, Tok::Newline | Tok::Semicolon)
    }

    fn name_list(&mut self) -> Parse<Vec<Ident<'s>>> {
        self.advance()?;
        let mut names = Vec::new();
        loop {
            names.push(self.ident()?);
            if !self.accept(Tok::Comma)? {
                return Ok(names);
            }
        }
    }

    #[inline(never)]
    fn delete(&mut self) -> Parse<StmtKind<'s>> {
        self.advance()?;
        let parenthesized = self.tok == Tok::LeftParen;
        let targets = self.star_expressions()?;
        self.check_target(&targets, TargetUse::Delete)?;
        Ok(StmtKind::Delete(match targets.kind {
            ExprKind::Tuple(items) if !parenthesized || !items.is_empty() => items,
            kind => [Expr { span: targets.span, kind }].into(),
        }))
    }

    #[inline(never)]
    fn expression_statement(&mut self) -> Parse<StmtKind<'s>> {
        let start = self.span;
        let parenthesized = self.tok == Tok::LeftParen;
        let first = self.value()?;
        if let Some(op) = augmented_op(self.tok) {
            match first.kind {
                ExprKind::Name(_) | ExprKind::Attribute(..) | ExprKind::Subscript(..) => {}
                _ => {
                    let message =
                        format!("'{}' is an illegal expression for augmented assignment", first.form());
                    return Err(SyntaxError::new(first.span, message));
                }
            }
            self.advance()?;
            let value = self.value()?;
            self.no_bare_star(&value)?;
            return Ok(StmtKind::AugAssign(first, op, value));
        }
        match self.tok {
            Tok::Equal => self.assignment(first),
            Tok::Colon => self.annotated(start, first, parenthesized),
            Tok::ColonEqual => Err(self.unexpected()),
            _ => {
                self.no_bare_star(&first)?;
                Ok(StmtKind::Expr(first))
            }
        }
    }

    #[inline(never)]
    fn assignment(&mut self, first: BoxExpr<'s>) -> Parse<StmtKind<'s>> {
        let mut targets = Vec::with_capacity(1);
        let mut value = first;
        while self.tok == Tok::Equal {
            self.check_target(&value, TargetUse::Assign)?;
            self.advance()?;
            targets.push(*value);
            value = self.value()?;
        }
        if augmented_op(self.tok).is_some() {
            return Err(self.unexpected());
        }
        self.no_bare_star(&value)?;
        Ok(StmtKind::Assign(targets, value))
    }

    #[inline(never)]
    fn annotated(&mut self, start: Span, target: BoxExpr<'s>, parenthesized: bool) -> Parse<StmtKind<'s>> {
        let message = match target.kind {
            ExprKind::Name(_) | ExprKind::Attribute(..) | ExprKind::Subscript(..) => None,
            ExprKind::Tuple(_) => Some("only single target (not tuple) can be annotated"),
            ExprKind::List(_) => Some("only single target (not list) can be annotated"),
            _ => Some("illegal target for annotation"),
        };
        if let Some(message) = message {
            // `else if x:` and the like end in a colon too: an annotation follows or it is none.
            let span = self.span_from(start);
            self.advance()?;
            return Err(if starts_expression(self.tok) || parenthesized {
                SyntaxError::new(span, message)
            } else {
                SyntaxError::new(Span::new(self.prev_end - 1, self.prev_end), "invalid syntax")
            });
        }
        let colon = self.span;
        self.advance()?;
        if !starts_expression(self.tok) && self.tok != Tok::Yield {
            return Err(if self.tok == Tok::Newline {
                SyntaxError::new(colon, "invalid syntax")
            } else {
                self.unexpected()
            });
        }
        let annotation = self.annotation()?;
        let value = if self.accept(Tok::Equal)? { Some(self.value()?) } else { None };
        if let Some(value) = &value {
            self.no_bare_star(value)?;
        }
        Ok(StmtKind::AnnAssign(target, annotation, value))
    }

    /// An annotation: its text is kept, for classes and the functions that are compiled to machine values.
    fn annotation(&mut self) -> Parse<Option<&'s str>> {
        let start = self.span;
        self.expression()?;
        Ok(Some(self.text(self.span_from(start))))
    }

    /// `type X = value`, or None where `type` is a name.
    #[inline(never)]
    fn type_alias(&mut self) -> Parse<Option<StmtKind<'s>>> {
        let mark = self.mark();
        self.advance()?;
        if self.tok == Tok::Name {
            let name = self.ident()?;
            self.type_params()?;
            if self.accept(Tok::Equal)? {
                let target = Expr::new(name.span, ExprKind::Name(name.name));
                let value = self.expression()?;
                return Ok(Some(StmtKind::Assign([target].into(), value)));
            }
        }
        self.go_back(mark);
        Ok(None)
    }

    // Imports

    fn dotted(&mut self) -> Parse<Vec<Ident<'s>>> {
        let mut path = Vec::with_capacity(1);
        loop {
            path.push(self.ident()?);
            if !self.accept(Tok::Dot)? {
                return Ok(path);
            }
        }
    }

    fn alias(&mut self, path: Vec<Ident<'s>>) -> Parse<Alias<'s>> {
        let name = if self.accept(Tok::As)? { Some(self.ident()?) } else { None };
        Ok(Alias { path, name })
    }

    #[inline(never)]
    fn import(&mut self) -> Parse<StmtKind<'s>> {
        self.advance()?;
        let mut names = Vec::with_capacity(1);
        loop {
            let path = self.dotted()?;
            names.push(self.alias(path)?);
            if !self.accept(Tok::Comma)? {
                return Ok(StmtKind::Import(names));
            }
        }
    }

    #[inline(never)]
    fn import_from(&mut self) -> Parse<StmtKind<'s>> {
        self.advance()?;
        let mut level = 0;
        loop {
            match self.tok {
                Tok::Dot => level += 1,
                Tok::Dots => level += 3,
                _ => break,
            }
            self.advance()?;
        }
        let path = if level > 0 && self.tok == Tok::Import { Vec::new() } else { self.dotted()? };
        self.expect(Tok::Import)?;
        let names = if self.accept(Tok::Star)? {
            None
        } else {
            let parenthesized = self.accept(Tok::LeftParen)?;
            let mut names = Vec::with_capacity(1);
            loop {
                let name = self.ident()?;
                names.push(self.alias([name].into())?);
                if !self.accept(Tok::Comma)? {
                    break;
                }
                if self.tok == Tok::RightParen && parenthesized {
                    break;
                }
                if self.tok == Tok::Newline {
                    return Err(self.error_here("trailing comma not allowed without surrounding parentheses"));
                }
            }
            if parenthesized {
                self.expect(Tok::RightParen)?;
            }
            Some(names)
        };
        Ok(StmtKind::ImportFrom(Box::new(ImportFrom { level, path, names })))
    }

    // Compound statements

    /// The colon of a header; CPython names it only where the line ends in its place, or always
    /// where the grammar forces it.
    fn colon(&mut self, forced: bool) -> Parse<()> {
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
    fn indented(&mut self, what: &str, start: Span) -> Parse<()> {
        self.advance()?;
        if self.tok == Tok::Indent {
            return Ok(());
        }
        let line = Position::of(self.source(), start.start).line;
        Err(SyntaxError::indentation(
            self.span,
            format!("expected an indented block after {what} on line {line}"),
        ))
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
    fn if_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
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
    fn while_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
        let start = self.span;
        self.advance()?;
        let test = self.condition()?;
        self.colon(false)?;
        let body = self.block("'while' statement", start)?;
        let orelse = self.orelse()?;
        self.finish(out, start, StmtKind::While(test, body, orelse))
    }

    #[inline(never)]
    fn for_statement(&mut self, out: &mut Block<'s>, start: Span, is_async: bool) -> Parse<()> {
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
    fn with_statement(&mut self, out: &mut Block<'s>, start: Span, is_async: bool) -> Parse<()> {
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
    fn try_statement(&mut self, out: &mut Block<'s>) -> Parse<()> {
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

    #[inline(never)]
    fn decorated(&mut self, out: &mut Block<'s>) -> Parse<()> {
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
    fn type_params(&mut self) -> Parse<()> {
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
    fn function(
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
    fn class(&mut self, out: &mut Block<'s>, decorators: Vec<Expr<'s>>) -> Parse<()> {
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

    /// A `match` statement, or None where `match` is a name.
    #[inline(never)]
    fn match_statement(&mut self) -> Parse<Option<StmtKind<'s>>> {
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
