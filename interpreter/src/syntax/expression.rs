//! Rules for expressions: operators by precedence, atoms, calls, displays, f-strings.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::*;
use super::error::SyntaxError;
use super::lexer::{FEnd, FQuote};
use super::literal::{self, StringLiteral};
use super::parser::{Parse, Parser, TargetUse};
use super::token::Tok;

/// Operands of one chain of left-associative operators, or trailers of one atom: the tree is as
/// deep as its chain is long.
const MAX_CHAIN: u16 = if cfg!(target_pointer_width = "32") { 100 } else { 500 };

// Binding strengths.
const OR: u8 = 0;
const AND: u8 = 1;
const NOT: u8 = 2;
const COMPARE: u8 = 3;
const BIT_OR: u8 = 4;
const UNARY: u8 = 10;

/// The binary operator a token is, and how strongly it binds.
fn binary_op(tok: Tok) -> Option<(BinaryOp, u8)> {
    Some(match tok {
        Tok::Bar => (BinaryOp::Or, BIT_OR),
        Tok::Caret => (BinaryOp::Xor, 5),
        Tok::Amper => (BinaryOp::And, 6),
        Tok::ShiftLeft => (BinaryOp::ShiftLeft, 7),
        Tok::ShiftRight => (BinaryOp::ShiftRight, 7),
        Tok::Plus => (BinaryOp::Add, 8),
        Tok::Minus => (BinaryOp::Subtract, 8),
        Tok::Star => (BinaryOp::Multiply, 9),
        Tok::Slash => (BinaryOp::Divide, 9),
        Tok::DoubleSlash => (BinaryOp::FloorDivide, 9),
        Tok::Percent => (BinaryOp::Modulo, 9),
        Tok::At => (BinaryOp::MatrixMultiply, 9),
        _ => return None,
    })
}

/// Whether an expression can start with this token.
pub(super) fn starts_expression(tok: Tok) -> bool {
    matches!(
        tok,
        Tok::Name
            | Tok::Int
            | Tok::Float
            | Tok::Imaginary
            | Tok::Str
            | Tok::FStart
            | Tok::None
            | Tok::True
            | Tok::False
            | Tok::Dots
            | Tok::LeftParen
            | Tok::LeftBracket
            | Tok::LeftBrace
            | Tok::Minus
            | Tok::Plus
            | Tok::Tilde
            | Tok::Not
            | Tok::Lambda
            | Tok::Await
    )
}

impl<'s> Parser<'s> {
    /// `a`, `a, *b`, …: a tuple where there is a comma. A lone `*a` comes back as it is.
    pub(super) fn star_expressions(&mut self) -> Parse<Expr<'s>> {
        self.comma_list(Parser::star_expression)
    }

    /// The same where `:=` is allowed (subscripts, `match` subjects).
    pub(super) fn star_named_expressions(&mut self) -> Parse<Expr<'s>> {
        self.comma_list(Parser::star_named)
    }

    /// The targets of `for`: operands only, so that `in` ends them.
    pub(super) fn bind_targets(&mut self) -> Parse<Expr<'s>> {
        let target = self.comma_list(|p| if p.tok == Tok::Star { p.starred() } else { p.operand(BIT_OR) })?;
        self.check_target(&target, TargetUse::Bind)?;
        Ok(target)
    }

    fn comma_list(&mut self, item: fn(&mut Self) -> Parse<Expr<'s>>) -> Parse<Expr<'s>> {
        let start = self.span;
        let first = item(self)?;
        if self.tok != Tok::Comma {
            return Ok(first);
        }
        let mut items = Vec::new();
        items.push(first);
        while self.accept(Tok::Comma)? {
            if !starts_expression(self.tok) && self.tok != Tok::Star {
                break;
            }
            items.push(item(self)?);
        }
        items.shrink_to_fit();
        Ok(Expr::new(self.span_from(start), ExprKind::Tuple(items)))
    }

    fn star_expression(&mut self) -> Parse<Expr<'s>> {
        if self.tok == Tok::Star { self.starred() } else { self.expression() }
    }

    fn star_named(&mut self) -> Parse<Expr<'s>> {
        if self.tok == Tok::Star { self.starred() } else { self.named_expression() }
    }

    pub(super) fn starred(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        self.expect(Tok::Star)?;
        let value = self.operand(BIT_OR)?;
        Ok(Expr::new(self.span_from(start), ExprKind::Starred(Box::new(value))))
    }

    /// The right side of an assignment: `yield` or expressions.
    pub(super) fn value(&mut self) -> Parse<Expr<'s>> {
        if self.tok == Tok::Yield { self.yield_expression() } else { self.star_expressions() }
    }

    /// An expression or `name := expression`.
    pub(super) fn named_expression(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        let expr = self.expression()?;
        if self.tok != Tok::ColonEqual {
            return Ok(expr);
        }
        match expr.kind {
            ExprKind::Name(name) if self.prev_end == expr.span.end => {
                self.advance()?;
                let value = self.expression()?;
                let ident = Ident { name, span: expr.span };
                Ok(Expr::new(self.span_from(start), ExprKind::Named(ident, Box::new(value))))
            }
            _ => {
                let message = format!("cannot use assignment expressions with {}", expr.form());
                Err(SyntaxError::new(expr.span, message))
            }
        }
    }

    /// The error for `=` where a condition or element stands, if that is what is here.
    pub(super) fn assignment_in_expression(&mut self, expr: &Expr<'s>) -> Parse<()> {
        if self.tok != Tok::Equal {
            return Ok(());
        }
        let message = match &expr.kind {
            ExprKind::Name(_) => {
                self.advance()?;
                let value = self.operand(BIT_OR)?;
                return Err(SyntaxError::new(
                    expr.span.to(value.span),
                    "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
                ));
            }
            ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Generator(_) => return Ok(()),
            ExprKind::True | ExprKind::False | ExprKind::None => return Ok(()),
            _ => format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", expr.form()),
        };
        Err(SyntaxError::new(expr.span, message))
    }

    pub(super) fn expression(&mut self) -> Parse<Expr<'s>> {
        self.enter()?;
        let result = self.expression_inner();
        self.leave();
        result
    }

    fn expression_inner(&mut self) -> Parse<Expr<'s>> {
        if self.tok == Tok::Lambda {
            return self.lambda();
        }
        let start = self.span;
        let body = self.operand(OR)?;
        if self.tok != Tok::If {
            return Ok(body);
        }
        self.advance()?;
        let test = self.operand(OR)?;
        if self.tok != Tok::Else {
            let message = "expected 'else' after 'if' expression";
            return Err(if self.tok == Tok::Colon {
                self.unexpected()
            } else {
                SyntaxError::new(self.span_from(start), message)
            });
        }
        self.advance()?;
        let orelse = self.expression()?;
        let parts = IfExpr { test, body, orelse };
        Ok(Expr::new(self.span_from(start), ExprKind::If(Box::new(parts))))
    }

    fn lambda(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        self.advance()?;
        let params = self.params(Tok::Colon)?;
        self.force(Tok::Colon)?;
        let body = self.expression()?;
        Ok(Expr::new(self.span_from(start), ExprKind::Lambda(Box::new(Lambda { params, body }))))
    }

    pub(super) fn yield_expression(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        self.expect(Tok::Yield)?;
        let kind = if self.accept(Tok::From)? {
            ExprKind::YieldFrom(Box::new(self.expression()?))
        } else if starts_expression(self.tok) || self.tok == Tok::Star {
            let value = self.star_expressions()?;
            self.no_bare_star(&value)?;
            ExprKind::Yield(Some(Box::new(value)))
        } else {
            ExprKind::Yield(None)
        };
        Ok(Expr::new(self.span_from(start), kind))
    }

    /// An operand with all operators in it that bind at least as strongly as `min`.
    pub(super) fn operand(&mut self, min: u8) -> Parse<Expr<'s>> {
        let start = self.span;
        let mut left = match self.tok {
            Tok::Not if min <= NOT => self.unary(UnaryOp::Not, NOT)?,
            Tok::Minus => self.unary(UnaryOp::Negative, UNARY)?,
            Tok::Plus => self.unary(UnaryOp::Positive, UNARY)?,
            Tok::Tilde => self.unary(UnaryOp::Invert, UNARY)?,
            _ => self.power()?,
        };
        let mut chain = 0;
        loop {
            let kind = match self.tok {
                Tok::Or if min <= OR => ExprKind::Bool(BoolOp::Or, self.bool_chain(left, Tok::Or, AND)?),
                Tok::And if min <= AND => ExprKind::Bool(BoolOp::And, self.bool_chain(left, Tok::And, NOT)?),
                Tok::EqualEqual
                | Tok::NotEqual
                | Tok::Less
                | Tok::LessEqual
                | Tok::Greater
                | Tok::GreaterEqual
                | Tok::In
                | Tok::Is
                | Tok::Not
                    if min <= COMPARE =>
                {
                    self.comparison(left)?
                }
                tok => match binary_op(tok) {
                    Some((op, strength)) if min <= strength => {
                        self.advance()?;
                        let right = self.operand(strength + 1)?;
                        ExprKind::Binary(op, Box::new(left), Box::new(right))
                    }
                    _ => return Ok(left),
                },
            };
            left = Expr::new(self.span_from(start), kind);
            chain += 1;
            if chain > MAX_CHAIN {
                return Err(self.error_here("too many operators in one expression"));
            }
        }
    }

    fn bool_chain(&mut self, first: Expr<'s>, op: Tok, strength: u8) -> Parse<Vec<Expr<'s>>> {
        let mut items = Vec::new();
        items.push(first);
        while self.accept(op)? {
            items.push(self.operand(strength)?);
        }
        Ok(items)
    }

    fn comparison(&mut self, left: Expr<'s>) -> Parse<ExprKind<'s>> {
        let mut rest = Vec::new();
        loop {
            let op = match self.tok {
                Tok::EqualEqual => CompareOp::Equal,
                Tok::NotEqual => CompareOp::NotEqual,
                Tok::Less => CompareOp::Less,
                Tok::LessEqual => CompareOp::LessEqual,
                Tok::Greater => CompareOp::Greater,
                Tok::GreaterEqual => CompareOp::GreaterEqual,
                Tok::In => CompareOp::In,
                Tok::Is => CompareOp::Is,
                Tok::Not => CompareOp::NotIn,
                _ => return Ok(ExprKind::Compare(Box::new(left), rest)),
            };
            self.advance()?;
            let op = match op {
                CompareOp::NotIn => {
                    self.expect(Tok::In)?;
                    op
                }
                CompareOp::Is if self.accept(Tok::Not)? => CompareOp::IsNot,
                op => op,
            };
            rest.push((op, self.operand(BIT_OR)?));
        }
    }

    fn unary(&mut self, op: UnaryOp, strength: u8) -> Parse<Expr<'s>> {
        let start = self.span;
        self.enter()?;
        self.advance()?;
        let value = self.operand(strength)?;
        self.leave();
        Ok(Expr::new(self.span_from(start), ExprKind::Unary(op, Box::new(value))))
    }

    fn power(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        let base = if self.tok == Tok::Await {
            self.advance()?;
            let value = self.primary()?;
            Expr::new(self.span_from(start), ExprKind::Await(Box::new(value)))
        } else {
            self.primary()?
        };
        if self.tok != Tok::DoubleStar {
            return Ok(base);
        }
        self.enter()?;
        self.advance()?;
        let exponent = self.operand(UNARY)?;
        self.leave();
        let kind = ExprKind::Binary(BinaryOp::Power, Box::new(base), Box::new(exponent));
        Ok(Expr::new(self.span_from(start), kind))
    }

    /// An atom with its attributes, calls and subscripts.
    fn primary(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        let mut expr = self.atom()?;
        let mut chain = 0;
        loop {
            let kind = match self.tok {
                Tok::Dot => {
                    self.advance()?;
                    ExprKind::Attribute(Box::new(expr), self.ident()?)
                }
                Tok::LeftParen => {
                    self.enter()?;
                    self.advance()?;
                    let args = self.args()?;
                    self.leave();
                    ExprKind::Call(Box::new(expr), args)
                }
                Tok::LeftBracket => {
                    self.enter()?;
                    self.advance()?;
                    let index = self.subscript()?;
                    self.close(Tok::RightBracket)?;
                    self.leave();
                    ExprKind::Subscript(Box::new(expr), Box::new(index))
                }
                _ => return Ok(expr),
            };
            expr = Expr::new(self.span_from(start), kind);
            chain += 1;
            if chain > MAX_CHAIN {
                return Err(self.error_here("too many trailers in one expression"));
            }
        }
    }

    /// A closing bracket; where another expression stands instead, a comma is missing.
    fn close(&mut self, tok: Tok) -> Parse<()> {
        if self.tok == tok {
            return self.advance();
        }
        Err(self.unexpected())
    }

    /// An element inside brackets, with CPython's hint where the next one follows without comma.
    fn checked(&mut self, expr: Expr<'s>) -> Parse<Expr<'s>> {
        let missing = match self.tok {
            Tok::Str | Tok::FStart => !matches!(expr.kind, ExprKind::Name(_)),
            tok => starts_expression(tok) && tok != Tok::Not,
        };
        if missing && self.lexer.in_brackets() && !matches!(expr.kind, ExprKind::Starred(_)) {
            let here = self.unexpected();
            let mark = self.mark();
            if let Ok(next) = self.expression() {
                let span = expr.span.to(next.span);
                return Err(SyntaxError::new(span, "invalid syntax. Perhaps you forgot a comma?"));
            }
            self.go_back(mark);
            return Err(here);
        }
        Ok(expr)
    }

    fn subscript(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        let first = self.slice()?;
        if self.tok != Tok::Comma {
            // A lone star is a tuple of its items here.
            let kind = match first.kind {
                ExprKind::Starred(_) => {
                    let mut items = Vec::new();
                    items.push(first);
                    ExprKind::Tuple(items)
                }
                _ => return Ok(first),
            };
            return Ok(Expr::new(self.span_from(start), kind));
        }
        let mut items = Vec::new();
        items.push(first);
        while self.accept(Tok::Comma)? {
            if self.tok == Tok::RightBracket {
                break;
            }
            items.push(self.slice()?);
        }
        Ok(Expr::new(self.span_from(start), ExprKind::Tuple(items)))
    }

    fn slice(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        let ends = |tok| matches!(tok, Tok::Colon | Tok::Comma | Tok::RightBracket);
        let lower = match self.tok {
            Tok::Colon => None,
            Tok::Star => return self.starred(),
            _ => {
                let expr = self.named_expression()?;
                Some(self.checked(expr)?)
            }
        };
        let lower = match (lower, self.tok) {
            (lower, Tok::Colon) => lower,
            (Some(index), _) => return Ok(index),
            (None, _) => return Err(self.unexpected()),
        };
        self.advance()?;
        let upper = if ends(self.tok) { None } else { Some(self.expression()?) };
        let step = if self.accept(Tok::Colon)? && !ends(self.tok) { Some(self.expression()?) } else { None };
        Ok(Expr::new(self.span_from(start), ExprKind::Slice(Box::new(Slice { lower, upper, step }))))
    }

    /// The arguments of a call up to and with the closing parenthesis.
    pub(super) fn args(&mut self) -> Parse<Vec<Arg<'s>>> {
        let mut args = Vec::new();
        while self.tok != Tok::RightParen {
            let start = self.span;
            let arg = match self.tok {
                Tok::Star => {
                    self.advance()?;
                    if args.iter().any(|a| matches!(a, Arg::DoubleStar(_))) {
                        let message = "iterable argument unpacking follows keyword argument unpacking";
                        return Err(SyntaxError::new(start, message));
                    }
                    Arg::Star(self.expression()?)
                }
                Tok::DoubleStar => {
                    self.advance()?;
                    Arg::DoubleStar(self.expression()?)
                }
                _ => self.argument(start, &args)?,
            };
            args.push(arg);
            if self.tok == Tok::RightParen {
                break;
            }
            if self.tok != Tok::Comma {
                return Err(self.unexpected());
            }
            self.advance()?;
        }
        self.advance()?;
        args.shrink_to_fit();
        Ok(args)
    }

    fn argument(&mut self, start: Span, before: &[Arg<'s>]) -> Parse<Arg<'s>> {
        let expr = self.named_expression()?;
        if self.tok == Tok::Equal {
            let name = match expr.kind {
                ExprKind::Name(name) if self.prev_end == expr.span.end => name,
                ExprKind::True | ExprKind::False | ExprKind::None => {
                    return Err(SyntaxError::new(expr.span, format!("cannot assign to {}", expr.form())));
                }
                _ => {
                    return Err(SyntaxError::new(
                        expr.span.to(self.span),
                        "expression cannot contain assignment, perhaps you meant \"==\"?",
                    ));
                }
            };
            self.advance()?;
            if matches!(self.tok, Tok::Comma | Tok::RightParen) {
                return Err(SyntaxError::new(self.span_from(start), "expected argument value expression"));
            }
            let value = self.expression()?;
            let value = self.checked(value)?;
            if matches!(self.tok, Tok::For | Tok::Async) {
                let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
                return Err(SyntaxError::new(self.span_from(start), message));
            }
            if before.iter().any(|a| matches!(a, Arg::Keyword(k, _) if k.name == name)) {
                let message = format!("keyword argument repeated: {name}");
                return Err(SyntaxError::new(self.span_from(start), message));
            }
            return Ok(Arg::Keyword(Ident { name, span: expr.span }, value));
        }
        if matches!(self.tok, Tok::For | Tok::Async) {
            let clauses = self.clauses()?;
            let span = self.span_from(start);
            if !before.is_empty() || self.tok == Tok::Comma {
                let mark = self.mark();
                let more = before.is_empty() && self.accept(Tok::Comma)? && self.tok == Tok::RightParen;
                self.go_back(mark);
                if !more {
                    return Err(SyntaxError::new(span, "Generator expression must be parenthesized"));
                }
            }
            let comp = Comprehension { element: expr, value: None, clauses };
            return Ok(Arg::Positional(Expr::new(span, ExprKind::Generator(Box::new(comp)))));
        }
        let expr = self.checked(expr)?;
        let problem = before.iter().rev().find_map(|a| match a {
            Arg::Keyword(..) => Some("positional argument follows keyword argument"),
            Arg::DoubleStar(_) => Some("positional argument follows keyword argument unpacking"),
            _ => None,
        });
        match problem {
            Some(message) => Err(SyntaxError::new(expr.span, message)),
            None => Ok(Arg::Positional(expr)),
        }
    }

    /// `for … in … if …`, once or more.
    fn clauses(&mut self) -> Parse<Vec<CompClause<'s>>> {
        let mut clauses = Vec::new();
        while matches!(self.tok, Tok::For | Tok::Async) {
            let is_async = self.accept(Tok::Async)?;
            self.expect(Tok::For)?;
            let target = self.bind_targets()?;
            self.expect(Tok::In)?;
            let iter = self.operand(OR)?;
            let mut conditions = Vec::new();
            while self.accept(Tok::If)? {
                conditions.push(self.operand(OR)?);
            }
            clauses.push(CompClause { is_async, target, iter, conditions });
        }
        Ok(clauses)
    }

    fn literal(&mut self, kind: ExprKind<'s>) -> Parse<Expr<'s>> {
        let span = self.span;
        self.advance()?;
        Ok(Expr::new(span, kind))
    }

    fn atom(&mut self) -> Parse<Expr<'s>> {
        match self.tok {
            Tok::Name => self.literal(ExprKind::Name(self.text(self.span))),
            Tok::Int => self.literal(literal::int(self.text(self.span))),
            Tok::Float => self.literal(ExprKind::Float(literal::float(self.text(self.span)))),
            Tok::Imaginary => self.literal(ExprKind::Imaginary(literal::float(self.text(self.span)))),
            Tok::None => self.literal(ExprKind::None),
            Tok::True => self.literal(ExprKind::True),
            Tok::False => self.literal(ExprKind::False),
            Tok::Dots => self.literal(ExprKind::Ellipsis),
            Tok::Str | Tok::FStart => self.strings(),
            Tok::LeftParen => self.nested(Parser::parenthesized),
            Tok::LeftBracket => self.nested(Parser::list),
            Tok::LeftBrace => self.nested(Parser::dict_or_set),
            _ => Err(self.unexpected()),
        }
    }

    fn nested(&mut self, rule: fn(&mut Self, Span) -> Parse<Expr<'s>>) -> Parse<Expr<'s>> {
        let start = self.span;
        self.enter()?;
        self.advance()?;
        let expr = rule(self, start)?;
        self.leave();
        Ok(expr)
    }

    fn parenthesized(&mut self, start: Span) -> Parse<Expr<'s>> {
        if self.accept(Tok::RightParen)? {
            return Ok(Expr::new(self.span_from(start), ExprKind::Tuple(Vec::new())));
        }
        if self.tok == Tok::Yield {
            let expr = self.yield_expression()?;
            self.close(Tok::RightParen)?;
            return Ok(expr);
        }
        let first = self.element()?;
        if matches!(self.tok, Tok::For | Tok::Async) {
            return self.comprehension(start, first, None, Tok::RightParen);
        }
        if self.tok != Tok::Comma {
            if let ExprKind::Starred(_) = first.kind {
                return Err(SyntaxError::new(first.span, "cannot use starred expression here"));
            }
            self.close(Tok::RightParen)?;
            return Ok(first);
        }
        let items = self.elements(first, Tok::RightParen)?;
        Ok(Expr::new(self.span_from(start), ExprKind::Tuple(items)))
    }

    fn element(&mut self) -> Parse<Expr<'s>> {
        let expr = self.star_named()?;
        self.assignment_in_expression(&expr)?;
        self.checked(expr)
    }

    /// The elements after the first, up to and with the closing bracket.
    fn elements(&mut self, first: Expr<'s>, close: Tok) -> Parse<Vec<Expr<'s>>> {
        let mut items = Vec::new();
        items.push(first);
        while self.accept(Tok::Comma)? {
            if self.tok == close {
                break;
            }
            items.push(self.element()?);
        }
        self.close(close)?;
        items.shrink_to_fit();
        Ok(items)
    }

    fn list(&mut self, start: Span) -> Parse<Expr<'s>> {
        if self.accept(Tok::RightBracket)? {
            return Ok(Expr::new(self.span_from(start), ExprKind::List(Vec::new())));
        }
        let first = self.element()?;
        if matches!(self.tok, Tok::For | Tok::Async) {
            return self.comprehension(start, first, None, Tok::RightBracket);
        }
        let items = self.elements(first, Tok::RightBracket)?;
        Ok(Expr::new(self.span_from(start), ExprKind::List(items)))
    }

    fn comprehension(
        &mut self,
        start: Span,
        element: Expr<'s>,
        value: Option<Expr<'s>>,
        close: Tok,
    ) -> Parse<Expr<'s>> {
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
        Ok(Expr::new(self.span_from(start), kind))
    }

    fn dict_or_set(&mut self, start: Span) -> Parse<Expr<'s>> {
        if self.accept(Tok::RightBrace)? {
            return Ok(Expr::new(self.span_from(start), ExprKind::Dict(Vec::new())));
        }
        if self.tok == Tok::DoubleStar {
            return self.dict(start, None);
        }
        let first = self.element()?;
        if self.tok == Tok::Colon && !matches!(first.kind, ExprKind::Starred(_)) {
            return self.dict(start, Some(first));
        }
        if matches!(self.tok, Tok::For | Tok::Async) {
            return self.comprehension(start, first, None, Tok::RightBrace);
        }
        let items = self.elements(first, Tok::RightBrace)?;
        Ok(Expr::new(self.span_from(start), ExprKind::Set(items)))
    }

    /// A dict display from its first key (at its colon) or from `**`.
    fn dict(&mut self, start: Span, first: Option<Expr<'s>>) -> Parse<Expr<'s>> {
        let mut items = Vec::new();
        let mut key = first;
        loop {
            if key.is_none() && self.accept(Tok::DoubleStar)? {
                items.push(DictItem::Unpack(self.operand(BIT_OR)?));
                if matches!(self.tok, Tok::For | Tok::Async) {
                    return Err(self.error_here("dict unpacking cannot be used in dict comprehension"));
                }
            } else {
                let key = match key.take() {
                    Some(key) => key,
                    None => self.expression()?,
                };
                if self.tok != Tok::Colon {
                    let after = SyntaxError::new(Span::new(self.prev_end - 1, self.prev_end), "");
                    return Err(match self.tok {
                        Tok::Comma | Tok::RightBrace => {
                            SyntaxError::new(after.span, "':' expected after dictionary key")
                        }
                        _ => self.unexpected(),
                    });
                }
                let colon = self.span;
                self.advance()?;
                if matches!(self.tok, Tok::Comma | Tok::RightBrace) {
                    return Err(SyntaxError::new(colon, "expression expected after dictionary key and ':'"));
                }
                let value = self.expression()?;
                let value = self.checked(value)?;
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
        Ok(Expr::new(self.span_from(start), ExprKind::Dict(items)))
    }

    // Strings

    /// Adjacent literals as one.
    fn strings(&mut self) -> Parse<Expr<'s>> {
        let start = self.span;
        let mut text = String::new();
        let mut bytes: Option<Vec<u8>> = None;
        let mut parts = Vec::new();
        let (mut any_str, mut any_f) = (false, false);
        while matches!(self.tok, Tok::Str | Tok::FStart) {
            if self.tok == Tok::FStart {
                (any_str, any_f) = (true, true);
                let quote = self.lexer.fquote(self.span);
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
            self.advance()?;
        }
        let kind = if let Some(bytes) = bytes {
            ExprKind::Bytes(bytes.into_boxed_slice())
        } else if any_f && !parts.is_empty() {
            flush(&mut text, &mut parts);
            ExprKind::Joined(parts)
        } else if any_f {
            ExprKind::Joined(if text.is_empty() { parts } else { [FPart::Text(text.into())].into() })
        } else {
            ExprKind::Str(text.into_boxed_str())
        };
        Ok(Expr::new(self.span_from(start), kind))
    }

    /// One f-string after its opening; leaves the current token a stand-in for its end.
    fn fstring(&mut self, quote: FQuote, text: &mut String, parts: &mut Vec<FPart<'s>>) -> Parse<()> {
        loop {
            let (span, end) = self.lexer.fstring_text(quote, false)?;
            literal::str_text(text, self.text(span), span.start, quote.raw, true)?;
            if end == FEnd::Quote {
                self.span = Span::new(quote.start, self.lexer.offset());
                return Ok(());
            }
            self.field(quote, text, parts)?;
        }
    }

    /// A replacement field after its `{`; afterwards the lexer stands behind its `}`.
    fn field(&mut self, quote: FQuote, text: &mut String, parts: &mut Vec<FPart<'s>>) -> Parse<()> {
        self.enter()?;
        let start = self.lexer.offset();
        self.advance()?;
        if matches!(self.tok, Tok::RightBrace | Tok::Bang | Tok::Colon | Tok::Equal) {
            let found = self.tok.text().unwrap_or("");
            return Err(self.error_here(format!("f-string: valid expression required before '{found}'")));
        }
        let value = self.value()?;
        self.no_bare_star(&value)?;
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
                    return Err(self.error_here("f-string: invalid conversion character"));
                }
                other => {
                    return Err(self.error_here(format!(
                        "f-string: invalid conversion character '{other}': expected 's', 'r', or 'a'"
                    )));
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
                return Err(self.error_here(if conversion.is_some() {
                    "f-string: expecting ':' or '}'"
                } else {
                    "f-string: expecting '=', or '!', or ':', or '}'"
                }));
            }
        }
        parts.push(FPart::Field(Box::new(FField { value, conversion, spec })));
        self.leave();
        Ok(())
    }

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
                    return Err(SyntaxError::new(here, "f-string: expecting '}', or format specs"));
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
