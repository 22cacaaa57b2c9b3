//! Rules for simple statements and lines of them, and the way on after an error.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError, line_text};
use super::expression::starts_expression;
use super::parser::{Parser, TargetUse};
use super::similar::closest;
use super::token::Tok;

/// The keywords that statements start with and something follows.
const STARTING: [&str; 19] = [
    "if", "elif", "else", "for", "while", "def", "class", "return", "import", "from", "try", "except",
    "finally", "with", "global", "del", "raise", "assert", "async",
];

/// May the rest of a line follow this keyword?
fn fits(keyword: &str, rest: &str) -> bool {
    match keyword {
        "for" => rest.contains(" in "),
        "from" => rest.contains(" import "),
        _ => true,
    }
}

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
    pub(super) fn finish(&mut self, out: &mut Block<'s>, start: Span, kind: StmtKind<'s>) -> Parse<()> {
        out.push(Stmt { span: self.span_from(start), kind });
        Ok(())
    }

    /// Simple statements with semicolons between, and the line end.
    #[inline(never)]
    pub(super) fn line(&mut self, out: &mut Block<'s>) -> Parse<()> {
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
        if let [Stmt { kind: StmtKind::Expr(expr), .. }] = &line[..]
            && let ExprKind::Name(name) = expr.kind
            && starts_expression(self.tok)
            && let rest = line_text(&self.source()[expr.span.end as usize..], 1)
            && let Some(keyword) = closest(name, STARTING.iter().copied().filter(|k| fits(k, rest)))
        {
            return SyntaxError::new(expr.span, format!("invalid syntax. Did you mean '{keyword}'?"));
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
    pub(super) fn annotation(&mut self) -> Parse<Option<&'s str>> {
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
                if self.tok == Tok::From {
                    return Err(self.error_here("Did you mean to use 'from ... import ...' instead?"));
                }
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
}
