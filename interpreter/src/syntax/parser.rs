//! The parser's state and what every rule uses: tokens, errors, nesting, targets.
//!
//! Rules live beside it: [`super::expression`], [`super::statement`], [`super::pattern`]. A rule
//! looks at the current token only; the few places that Python's grammar needs more copy the
//! lexer and go back ([`Parser::mark`]).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::{Block, BoxExpr, Expr, ExprKind, Ident, Piece, Span, Stmt, StmtKind};
use super::error::{Parse, SyntaxError};
use super::lexer::Lexer;
use super::token::{Tok, Token};

/// Nested expressions and blocks; native stack is what they cost.
const MAX_DEPTH: u16 = if cfg!(target_pointer_width = "32") { 40 } else { 100 };

/// Reads a source one top-level statement at a time.
pub struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    pub(super) tok: Tok,
    pub(super) span: Span,
    /// End of the token before the current one.
    pub(super) prev_end: u32,
    pub(super) depth: u16,
    /// Between the head and the end of a class that comes in pieces.
    pub(super) in_class: bool,
    /// Of a class that comes next only the head is wanted.
    pub(super) heads_only: bool,
    /// The parameters may be a star and nothing after it.
    pub(super) lone_star: bool,
    /// Where errors go in recovery; None stops at the first.
    pub(super) errors: Option<Vec<Box<SyntaxError>>>,
}

/// A place to go back to.
pub(super) struct Mark<'s> {
    lexer: Lexer<'s>,
    tok: Tok,
    span: Span,
    prev_end: u32,
    depth: u16,
}

/// What a target is for: it decides what is allowed and how the error says so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetUse {
    Assign,
    /// `for`, `with`, comprehensions: no hint about `==`.
    Bind,
    Delete,
}

impl<'s> Parser<'s> {
    /// A parser of a module or of interactive input.
    pub fn new(source: &'s str) -> Parse<Parser<'s>> {
        Parser::start(Lexer::new(source))
    }

    pub(super) fn start(lexer: Lexer<'s>) -> Parse<Parser<'s>> {
        let mut parser = Parser::unstarted(lexer);
        parser.advance()?;
        Ok(parser)
    }

    pub(super) fn unstarted(lexer: Lexer<'s>) -> Parser<'s> {
        Parser {
            lexer,
            tok: Tok::Newline,
            span: Span::default(),
            prev_end: 0,
            depth: 0,
            in_class: false,
            heads_only: false,
            lone_star: false,
            errors: None,
        }
    }

    /// The next top-level statement, or the next of a top-level class: classes come in pieces,
    /// because they are often most of their module. None at the end of the source.
    pub fn next_piece(&mut self) -> Parse<Option<Piece<'s>>> {
        match self.piece() {
            Err(error) => Err(self.refine(error)),
            piece => piece,
        }
    }

    fn piece(&mut self) -> Parse<Option<Piece<'s>>> {
        self.depth = u16::from(self.in_class);
        loop {
            match self.tok {
                Tok::End if !self.in_class => return Ok(None),
                Tok::Dedent | Tok::End if self.in_class => {
                    self.in_class = false;
                    if self.tok == Tok::Dedent {
                        self.advance()?;
                    }
                    return Ok(Some(Piece::ClassEnd));
                }
                Tok::Newline => self.advance()?,
                tok => {
                    let mut block = Block::new();
                    let outside = !self.in_class;
                    self.heads_only = outside && matches!(tok, Tok::Class | Tok::At);
                    self.statement(&mut block)?;
                    self.heads_only = false;
                    if outside
                        && self.in_class
                        && let Some(Stmt { kind: StmtKind::Class(class), .. }) = block.pop()
                    {
                        return Ok(Some(Piece::ClassStart(class)));
                    }
                    return Ok(Some(Piece::Block(block)));
                }
            }
        }
    }

    /// The whole of `source` as one expression, as `eval` takes it.
    pub fn expression_only(source: &'s str) -> Parse<BoxExpr<'s>> {
        let mut parser = Parser::start(Lexer::for_expression(source))?;
        parser.lone_expression().map_err(|error| parser.refine(error))
    }

    fn lone_expression(&mut self) -> Parse<BoxExpr<'s>> {
        let expr = self.star_expressions()?;
        self.no_bare_star(&expr)?;
        while self.tok == Tok::Newline {
            self.advance()?;
        }
        if self.tok == Tok::End { Ok(expr) } else { Err(self.unexpected()) }
    }

    /// All errors of a module's source; `review` looks at each statement that parsed.
    pub(super) fn errors_of(
        source: &'s str,
        review: impl Fn(&Block<'s>) -> Option<Box<SyntaxError>>,
    ) -> Vec<Box<SyntaxError>> {
        let mut parser = Parser::unstarted(Lexer::new(source));
        parser.errors = Some(Vec::new());
        if let Err(error) = parser.advance() {
            parser.recover(error, 0);
        }
        loop {
            let (depth, start) = (0, parser.span.start);
            let result = match parser.tok {
                Tok::End => break,
                Tok::Newline => parser.advance(),
                // What is left of indentation after an error.
                Tok::Dedent => parser.advance(),
                Tok::Indent => {
                    parser.report(SyntaxError::indentation(parser.span, "unexpected indent"));
                    parser.block_body(&mut Block::new())
                }
                _ => {
                    let found = parser.error_count();
                    let mut block = Block::new();
                    let result = parser.statement(&mut block);
                    if parser.error_count() == found
                        && let Some(error) = review(&block)
                    {
                        parser.report(error);
                    }
                    result
                }
            };
            if let Err(error) = result {
                parser.depth = depth;
                parser.recover(error, start);
            }
        }
        parser.errors.unwrap_or_default()
    }

    fn error_count(&self) -> usize {
        self.errors.as_ref().map_or(0, Vec::len)
    }

    pub fn source(&self) -> &'s str {
        self.lexer.source()
    }

    // Tokens

    #[inline(never)]
    pub(super) fn advance(&mut self) -> Parse<()> {
        self.prev_end = self.span.end;
        let Token { tok, span } = self.lexer.next()?;
        (self.tok, self.span) = (tok, span);
        Ok(())
    }

    pub(super) fn accept(&mut self, tok: Tok) -> Parse<bool> {
        let found = self.tok == tok;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, tok: Tok) -> Parse<()> {
        if self.tok == tok { self.advance() } else { Err(self.unexpected()) }
    }

    /// `expect` with CPython's "expected '…'".
    pub(super) fn force(&mut self, tok: Tok) -> Parse<()> {
        if self.tok == tok {
            self.advance()
        } else {
            Err(self.error_here(format!("expected '{}'", tok.text().unwrap_or(""))))
        }
    }

    pub(super) fn text(&self, span: Span) -> &'s str {
        &self.lexer.source()[span.start as usize..span.end as usize]
    }

    pub(super) fn ident(&mut self) -> Parse<Ident<'s>> {
        if self.tok != Tok::Name {
            return Err(self.unexpected());
        }
        let ident = Ident { name: self.text(self.span), span: self.span };
        self.advance()?;
        Ok(ident)
    }

    /// Whether the current token is this name (a soft keyword).
    pub(super) fn at_name(&self, name: &str) -> bool {
        self.tok == Tok::Name && self.text(self.span) == name
    }

    /// From `start` to the token before the current one.
    pub(super) fn span_from(&self, start: Span) -> Span {
        Span::new(start.start, self.prev_end.max(start.end))
    }

    pub(super) fn mark(&self) -> Mark<'s> {
        Mark {
            lexer: self.lexer.clone(),
            tok: self.tok,
            span: self.span,
            prev_end: self.prev_end,
            depth: self.depth,
        }
    }

    pub(super) fn go_back(&mut self, mark: Mark<'s>) {
        self.lexer = mark.lexer;
        (self.tok, self.span, self.prev_end, self.depth) = (mark.tok, mark.span, mark.prev_end, mark.depth);
    }

    // Errors

    #[cold]
    #[inline(never)]
    pub(super) fn error_here(&self, message: impl Into<String>) -> Box<SyntaxError> {
        SyntaxError::new(self.span, message)
    }

    /// The error for a current token that no rule wants.
    #[cold]
    #[inline(never)]
    pub(super) fn unexpected(&self) -> Box<SyntaxError> {
        match self.tok {
            Tok::Indent => SyntaxError::indentation(self.span, "unexpected indent"),
            Tok::Dedent => SyntaxError::indentation(self.span, "unexpected unindent"),
            _ => self.error_here("invalid syntax"),
        }
    }

    /// An error inside a bracket that nothing closes is that bracket's error, as in CPython.
    #[cold]
    #[inline(never)]
    pub(super) fn refine(&self, error: Box<SyntaxError>) -> Box<SyntaxError> {
        match self.lexer.unclosed_before(error.span.end) {
            Some(unclosed) if self.lexer.clone().stays_open() => unclosed,
            _ => error,
        }
    }

    /// One level deeper; errors leave the count to whoever recovers.
    #[inline(never)]
    pub(super) fn enter(&mut self) -> Parse<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH || crate::stack::is_low() {
            return Err(self.error_here("too many nested parentheses or blocks"));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    // Targets

    pub(super) fn no_bare_star(&self, expr: &Expr<'s>) -> Parse<()> {
        match expr.kind {
            ExprKind::Starred(_) => Err(SyntaxError::new(expr.span, "can't use starred expression here")),
            _ => Ok(()),
        }
    }

    /// Checks that `target` can be assigned or deleted.
    #[inline(never)]
    pub(super) fn check_target(&self, target: &Expr<'s>, how: TargetUse) -> Parse<()> {
        if let ExprKind::Starred(_) = target.kind {
            if how == TargetUse::Delete {
                return Err(SyntaxError::new(target.span, "cannot delete starred"));
            }
            return Err(SyntaxError::new(
                target.span,
                "starred assignment target must be in a list or tuple",
            ));
        }
        self.check_inner(target, how, true)
    }

    fn check_inner(&self, target: &Expr<'s>, how: TargetUse, outermost: bool) -> Parse<()> {
        match &target.kind {
            ExprKind::Name(_) | ExprKind::Attribute(..) | ExprKind::Subscript(..) => Ok(()),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let mut stars = 0;
                for item in items {
                    match &item.kind {
                        ExprKind::Starred(_) if how == TargetUse::Delete => {
                            return Err(SyntaxError::new(item.span, "cannot delete starred"));
                        }
                        ExprKind::Starred(inner) => {
                            stars += 1;
                            self.check_inner(inner, how, false)?;
                        }
                        _ => self.check_inner(item, how, false)?,
                    }
                }
                if stars > 1 {
                    return Err(SyntaxError::new(target.span, "multiple starred expressions in assignment"));
                }
                Ok(())
            }
            _ => {
                let form = target.form();
                let named = matches!(form, "None" | "True" | "False");
                let message = match how {
                    TargetUse::Delete => format!("cannot delete {form}"),
                    TargetUse::Assign if outermost && !named && form != "yield expression" => {
                        format!("cannot assign to {form} here. Maybe you meant '==' instead of '='?")
                    }
                    TargetUse::Assign if form == "yield expression" => {
                        "assignment to yield expression not possible".into()
                    }
                    _ => format!("cannot assign to {form}"),
                };
                Err(SyntaxError::new(target.span, message))
            }
        }
    }
}
