//! Rules for expressions: operators by precedence, atoms, calls.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::*;
use super::error::{Parse, SyntaxError};
use super::literal;
use super::parser::{Parser, TargetUse};
use super::token::Tok;

/// Operands of one chain of left-associative operators: the tree is as deep as its chain is long.
const MAX_CHAIN: u16 = if cfg!(target_pointer_width = "32") { 64 } else { 500 };

// Binding strengths.
const OR: u8 = 0;
const AND: u8 = 1;
const NOT: u8 = 2;
const COMPARE: u8 = 3;
pub(super) const BIT_OR: u8 = 4;
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

// Frames are what nesting costs: a rule that recurses only decides, and what it decides on stands
// in a function of its own that is not inlined into it.
impl<'s> Parser<'s> {
    /// A node from `start` to the last token.
    #[inline(never)]
    pub(super) fn node(&self, start: Span, kind: ExprKind<'s>) -> Parse<BoxExpr<'s>> {
        Ok(Box::new(Expr::new(self.span_from(start), kind)))
    }

    /// `a`, `a, *b`, …: a tuple where there is a comma. A lone `*a` comes back as it is.
    pub(super) fn star_expressions(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let first = self.star_expression()?;
        if self.tok == Tok::Comma {
            self.rest_of_tuple(start, first, Parser::star_expression)
        } else {
            Ok(first)
        }
    }

    /// The same where `:=` is allowed (`match` subjects).
    pub(super) fn star_named_expressions(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let first = self.star_named()?;
        if self.tok == Tok::Comma { self.rest_of_tuple(start, first, Parser::star_named) } else { Ok(first) }
    }

    /// The targets of `for`: operands only, so that `in` ends them.
    pub(super) fn bind_targets(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let mut target = self.bind_target()?;
        if self.tok == Tok::Comma {
            target = self.rest_of_tuple(start, target, Parser::bind_target)?;
        }
        self.check_target(&target, TargetUse::Bind)?;
        Ok(target)
    }

    fn bind_target(&mut self) -> Parse<BoxExpr<'s>> {
        if self.tok == Tok::Star { self.starred() } else { self.operand(BIT_OR) }
    }

    #[inline(never)]
    fn rest_of_tuple(
        &mut self,
        start: Span,
        first: BoxExpr<'s>,
        item: fn(&mut Self) -> Parse<BoxExpr<'s>>,
    ) -> Parse<BoxExpr<'s>> {
        let mut items = Vec::new();
        items.push(*first);
        while self.accept(Tok::Comma)? {
            if !starts_expression(self.tok) && self.tok != Tok::Star {
                break;
            }
            let item = item(self)?;
            items.push(*item);
        }
        items.shrink_to_fit();
        self.node(start, ExprKind::Tuple(items))
    }

    fn star_expression(&mut self) -> Parse<BoxExpr<'s>> {
        if self.tok == Tok::Star { self.starred() } else { self.expression() }
    }

    pub(super) fn star_named(&mut self) -> Parse<BoxExpr<'s>> {
        if self.tok == Tok::Star { self.starred() } else { self.named_expression() }
    }

    #[inline(never)]
    pub(super) fn starred(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        self.expect(Tok::Star)?;
        let value = self.operand(BIT_OR)?;
        self.node(start, ExprKind::Starred(value))
    }

    /// The right side of an assignment: `yield` or expressions.
    pub(super) fn value(&mut self) -> Parse<BoxExpr<'s>> {
        if self.tok == Tok::Yield { self.yield_expression() } else { self.star_expressions() }
    }

    /// An expression or `name := expression`.
    pub(super) fn named_expression(&mut self) -> Parse<BoxExpr<'s>> {
        let expr = self.expression()?;
        if self.tok == Tok::ColonEqual { self.named(expr) } else { Ok(expr) }
    }

    #[inline(never)]
    fn named(&mut self, target: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        match target.kind {
            ExprKind::Name(name) if self.prev_end == target.span.end => {
                self.advance()?;
                let value = self.expression()?;
                let name = Ident { name, span: target.span };
                self.node(target.span, ExprKind::Named(Box::new(Named { name, value })))
            }
            _ => {
                let message = format!("cannot use assignment expressions with {}", target.form());
                Err(SyntaxError::new(target.span, message))
            }
        }
    }

    /// The error for `=` where a condition or element stands, if that is what is here.
    pub(super) fn assignment_in_expression(&mut self, expr: &Expr<'s>) -> Parse<()> {
        if self.tok == Tok::Equal { self.misplaced_assignment(expr) } else { Ok(()) }
    }

    #[inline(never)]
    fn misplaced_assignment(&mut self, expr: &Expr<'s>) -> Parse<()> {
        let message = match &expr.kind {
            ExprKind::Name(_) => {
                let equal = self.unexpected();
                self.advance()?;
                if !starts_expression(self.tok) {
                    return Err(equal);
                }
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

    pub(super) fn expression(&mut self) -> Parse<BoxExpr<'s>> {
        self.enter()?;
        let result = if self.tok == Tok::Lambda {
            self.lambda()
        } else {
            match self.operand(OR) {
                Ok(body) if self.tok == Tok::If => self.conditional(body),
                result => result,
            }
        };
        self.leave();
        result
    }

    #[inline(never)]
    fn conditional(&mut self, body: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        let start = body.span;
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
        self.node(start, ExprKind::If(Box::new(IfExpr { test, body, orelse })))
    }

    #[inline(never)]
    fn lambda(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        self.advance()?;
        let params = self.params(Tok::Colon)?;
        self.force(Tok::Colon)?;
        let body = self.expression()?;
        self.node(start, ExprKind::Lambda(Box::new(Lambda { params, body })))
    }

    #[inline(never)]
    pub(super) fn yield_expression(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        self.expect(Tok::Yield)?;
        let kind = if self.accept(Tok::From)? {
            ExprKind::YieldFrom(self.expression()?)
        } else if starts_expression(self.tok) || self.tok == Tok::Star {
            let value = self.star_expressions()?;
            self.no_bare_star(&value)?;
            ExprKind::Yield(Some(value))
        } else {
            ExprKind::Yield(None)
        };
        self.node(start, kind)
    }

    /// An operand with all operators in it that bind at least as strongly as `min`.
    pub(super) fn operand(&mut self, min: u8) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let mut left = match self.tok {
            Tok::Not if min <= NOT => self.unary(UnaryOp::Not, NOT)?,
            Tok::Minus => self.unary(UnaryOp::Negative, UNARY)?,
            Tok::Plus => self.unary(UnaryOp::Positive, UNARY)?,
            Tok::Tilde => self.unary(UnaryOp::Invert, UNARY)?,
            Tok::Await => self.await_expression()?,
            _ => self.primary()?,
        };
        if self.tok == Tok::DoubleStar {
            left = self.power(left)?;
        }
        let mut chain = 0;
        loop {
            left = match self.tok {
                Tok::Or if min == OR => self.bool_chain(left, BoolOp::Or)?,
                Tok::And if min <= AND => self.bool_chain(left, BoolOp::And)?,
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
                        self.node(start, ExprKind::Binary(op, left, right))?
                    }
                    _ => return Ok(left),
                },
            };
            chain += 1;
            if chain > MAX_CHAIN {
                return Err(self.error_here("too many operators in one expression"));
            }
        }
    }

    #[inline(never)]
    fn bool_chain(&mut self, first: BoxExpr<'s>, op: BoolOp) -> Parse<BoxExpr<'s>> {
        let start = first.span;
        let (tok, strength) = if op == BoolOp::Or { (Tok::Or, AND) } else { (Tok::And, NOT) };
        let mut items = Vec::new();
        items.push(*first);
        while self.accept(tok)? {
            let item = self.operand(strength)?;
            items.push(*item);
        }
        self.node(start, ExprKind::Bool(op, items))
    }

    #[inline(never)]
    fn comparison(&mut self, left: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        let mut rest = Vec::new();
        while let Some(op) = self.compare_op()? {
            let right = self.operand(BIT_OR)?;
            rest.push((op, *right));
        }
        let start = left.span;
        self.node(start, ExprKind::Compare(left, rest))
    }

    fn compare_op(&mut self) -> Parse<Option<CompareOp>> {
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
            _ => return Ok(None),
        };
        self.advance()?;
        match op {
            CompareOp::NotIn => self.expect(Tok::In)?,
            CompareOp::Is if self.accept(Tok::Not)? => return Ok(Some(CompareOp::IsNot)),
            _ => {}
        }
        Ok(Some(op))
    }

    #[inline(never)]
    fn unary(&mut self, op: UnaryOp, strength: u8) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        self.enter()?;
        self.advance()?;
        let value = self.operand(strength)?;
        self.leave();
        self.node(start, ExprKind::Unary(op, value))
    }

    #[inline(never)]
    fn await_expression(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        self.advance()?;
        let value = self.primary()?;
        self.node(start, ExprKind::Await(value))
    }

    #[inline(never)]
    fn power(&mut self, base: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        // A sign before the base has taken it already: `-a ** b` comes here with `a` only.
        let start = base.span;
        self.enter()?;
        self.advance()?;
        let exponent = self.operand(UNARY)?;
        self.leave();
        self.node(start, ExprKind::Binary(BinaryOp::Power, base, exponent))
    }

    /// An atom with its attributes, calls and subscripts.
    #[inline(never)]
    fn primary(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let mut expr = match self.tok {
            Tok::LeftParen => self.nested(Parser::parenthesized)?,
            Tok::LeftBracket => self.nested(Parser::list)?,
            Tok::LeftBrace => self.nested(Parser::dict_or_set)?,
            Tok::Str | Tok::FStart => self.strings()?,
            _ => self.word()?,
        };
        let mut trailers = 0;
        loop {
            expr = match self.tok {
                Tok::Dot => self.attribute(start, expr)?,
                Tok::LeftParen => self.call(start, expr)?,
                Tok::LeftBracket => self.item(start, expr)?,
                _ => break,
            };
            trailers += 1;
            self.enter()?;
        }
        self.depth -= trailers;
        Ok(expr)
    }

    #[inline(never)]
    fn attribute(&mut self, start: Span, object: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        self.advance()?;
        let name = self.ident()?;
        self.node(start, ExprKind::Attribute(Box::new(Attribute { object, name })))
    }

    #[inline(never)]
    fn call(&mut self, start: Span, callee: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        self.advance()?;
        let args = self.args()?;
        self.node(start, ExprKind::Call(callee, args))
    }

    #[inline(never)]
    fn item(&mut self, start: Span, object: BoxExpr<'s>) -> Parse<BoxExpr<'s>> {
        self.advance()?;
        let index = self.subscript()?;
        self.close(Tok::RightBracket)?;
        self.node(start, ExprKind::Subscript(object, index))
    }

    /// A closing bracket.
    pub(super) fn close(&mut self, tok: Tok) -> Parse<()> {
        if self.tok == tok { self.advance() } else { Err(self.unexpected()) }
    }

    /// CPython's hint, where an expression follows another without comma inside brackets.
    pub(super) fn checked(&mut self, expr: &Expr<'s>) -> Parse<()> {
        let missing = match self.tok {
            Tok::Str | Tok::FStart => !matches!(expr.kind, ExprKind::Name(_)),
            tok => starts_expression(tok) && tok != Tok::Not,
        };
        if missing && self.lexer.in_brackets() && !matches!(expr.kind, ExprKind::Starred(_)) {
            return self.missing_comma(expr);
        }
        Ok(())
    }

    #[inline(never)]
    #[cold]
    fn missing_comma(&mut self, expr: &Expr<'s>) -> Parse<()> {
        let here = self.unexpected();
        let mark = self.mark();
        if let Ok(next) = self.expression() {
            let span = expr.span.to(next.span);
            return Err(SyntaxError::new(span, "invalid syntax. Perhaps you forgot a comma?"));
        }
        self.go_back(mark);
        Err(here)
    }

    #[inline(never)]
    fn subscript(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let first = self.slice()?;
        // A lone star is a tuple of its items here.
        if self.tok != Tok::Comma && !matches!(first.kind, ExprKind::Starred(_)) {
            return Ok(first);
        }
        let mut items = Vec::new();
        items.push(*first);
        while self.accept(Tok::Comma)? {
            if self.tok == Tok::RightBracket {
                break;
            }
            let item = self.slice()?;
            items.push(*item);
        }
        self.node(start, ExprKind::Tuple(items))
    }

    #[inline(never)]
    fn slice(&mut self) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        let lower = match self.tok {
            Tok::Colon => None,
            Tok::Star => return self.starred(),
            _ => {
                let expr = self.named_expression()?;
                self.checked(&expr)?;
                if self.tok != Tok::Colon {
                    return Ok(expr);
                }
                Some(expr)
            }
        };
        self.advance()?;
        let upper = self.slice_part()?;
        let step = if self.accept(Tok::Colon)? { self.slice_part()? } else { None };
        self.node(start, ExprKind::Slice(Box::new(Slice { lower, upper, step })))
    }

    fn slice_part(&mut self) -> Parse<Option<BoxExpr<'s>>> {
        match self.tok {
            Tok::Colon | Tok::Comma | Tok::RightBracket => Ok(None),
            _ => self.expression().map(Some),
        }
    }

    /// The arguments of a call up to and with the closing parenthesis.
    #[inline(never)]
    pub(super) fn args(&mut self) -> Parse<Vec<Arg<'s>>> {
        let mut args = Vec::new();
        while self.tok != Tok::RightParen {
            self.argument(&mut args)?;
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

    fn argument(&mut self, args: &mut Vec<Arg<'s>>) -> Parse<()> {
        let start = self.span;
        match self.tok {
            Tok::Star => {
                self.advance()?;
                if args.iter().any(|a| matches!(a, Arg::DoubleStar(_))) {
                    let message = "iterable argument unpacking follows keyword argument unpacking";
                    return Err(SyntaxError::new(start, message));
                }
                let value = self.expression()?;
                args.push(Arg::Star(value));
            }
            Tok::DoubleStar => {
                self.advance()?;
                let value = self.expression()?;
                args.push(Arg::DoubleStar(value));
            }
            _ => {
                let expr = self.named_expression()?;
                match self.tok {
                    Tok::Equal => self.keyword_argument(args, expr)?,
                    Tok::For | Tok::Async => self.generator_argument(args, expr)?,
                    _ => {
                        self.checked(&expr)?;
                        self.positional(args, expr)?;
                    }
                }
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn positional(&mut self, args: &mut Vec<Arg<'s>>, expr: BoxExpr<'s>) -> Parse<()> {
        let problem = args.iter().rev().find_map(|a| match a {
            Arg::Keyword(..) => Some("positional argument follows keyword argument"),
            Arg::DoubleStar(_) => Some("positional argument follows keyword argument unpacking"),
            _ => None,
        });
        if let Some(message) = problem {
            return Err(SyntaxError::new(expr.span, message));
        }
        args.push(Arg::Positional(expr));
        Ok(())
    }

    #[inline(never)]
    fn keyword_argument(&mut self, args: &mut Vec<Arg<'s>>, expr: BoxExpr<'s>) -> Parse<()> {
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
        let name = Ident { name, span: expr.span };
        self.advance()?;
        if matches!(self.tok, Tok::Comma | Tok::RightParen) {
            return Err(SyntaxError::new(self.span_from(name.span), "expected argument value expression"));
        }
        let value = self.expression()?;
        self.checked(&value)?;
        if matches!(self.tok, Tok::For | Tok::Async) {
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            return Err(SyntaxError::new(self.span_from(name.span), message));
        }
        if args.iter().any(|a| matches!(a, Arg::Keyword(k, _) if k.name == name.name)) {
            let message = format!("keyword argument repeated: {}", name.name);
            return Err(SyntaxError::new(self.span_from(name.span), message));
        }
        args.push(Arg::Keyword(name, value));
        Ok(())
    }

    #[inline(never)]
    fn generator_argument(&mut self, args: &mut Vec<Arg<'s>>, element: BoxExpr<'s>) -> Parse<()> {
        let start = element.span;
        let clauses = self.clauses()?;
        let comp = Comprehension { element, value: None, clauses };
        let generator = self.node(start, ExprKind::Generator(Box::new(comp)))?;
        if !args.is_empty() || self.tok == Tok::Comma {
            let mark = self.mark();
            let more = args.is_empty() && self.accept(Tok::Comma)? && self.tok == Tok::RightParen;
            self.go_back(mark);
            if !more {
                return Err(SyntaxError::new(generator.span, "Generator expression must be parenthesized"));
            }
        }
        args.push(Arg::Positional(generator));
        Ok(())
    }

    /// `for … in … if …`, once or more.
    #[inline(never)]
    pub(super) fn clauses(&mut self) -> Parse<Vec<CompClause<'s>>> {
        let mut clauses = Vec::new();
        while matches!(self.tok, Tok::For | Tok::Async) {
            let is_async = self.accept(Tok::Async)?;
            self.expect(Tok::For)?;
            let target = self.bind_targets()?;
            self.expect(Tok::In)?;
            let iter = self.operand(OR)?;
            let mut conditions = Vec::new();
            while self.accept(Tok::If)? {
                let condition = self.operand(OR)?;
                conditions.push(*condition);
            }
            clauses.push(CompClause { is_async, target, iter, conditions });
        }
        Ok(clauses)
    }

    /// A name, a number or a keyword that is a value.
    #[inline(never)]
    fn word(&mut self) -> Parse<BoxExpr<'s>> {
        let text = self.text(self.span);
        let kind = match self.tok {
            Tok::Name => ExprKind::Name(text),
            Tok::Int => literal::int(text),
            Tok::Float => ExprKind::Float(literal::float(text)),
            Tok::Imaginary => ExprKind::Imaginary(literal::float(text)),
            Tok::None => ExprKind::None,
            Tok::True => ExprKind::True,
            Tok::False => ExprKind::False,
            Tok::Dots => ExprKind::Ellipsis,
            _ => return Err(self.unexpected()),
        };
        let span = self.span;
        self.advance()?;
        self.node(span, kind)
    }

    fn nested(&mut self, rule: fn(&mut Self, Span) -> Parse<BoxExpr<'s>>) -> Parse<BoxExpr<'s>> {
        let start = self.span;
        self.advance()?;
        rule(self, start)
    }
}
