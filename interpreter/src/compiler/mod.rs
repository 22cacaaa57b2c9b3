//! Syntax tree to register code.
//!
//! [`compile`] reads a source one top-level statement at a time: parse, find the scopes
//! ([`scope`]), generate code ([`unit`] and its neighbours), drop the tree. The result is one
//! [`Proto`] for the module with those of its functions among its constants.

mod asm_thumb;
mod assign;
mod call;
mod comprehension;
mod condition;
mod control;
mod definition;
mod except_star;
mod expression;
mod fold;
mod names;
mod pattern;
mod pin;
pub mod scope;
mod statement;
mod unit;
mod unwind;
mod viper;
mod walk;

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bytecode::Proto;
use crate::syntax::ast::{Class, Piece, Span, Stmt};
use crate::syntax::{ErrorKind, Parse, Parser, SyntaxError, line_text};
use scope::Scopes;
use unit::{Codegen, Unit};
pub(crate) use viper::is_viper;

/// What a source is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module or the argument of `exec`.
    Exec,
    /// One expression whose value is returned.
    Eval,
    /// Interactive input: the value of each expression statement is printed.
    Single,
    /// `exec` with a namespace of its own: a mapping in slot 0.
    ExecIn,
    /// `eval` with a namespace of its own.
    EvalIn,
    /// Interactive input with a namespace of its own.
    SingleIn,
    /// What is left of a frozen module without the bodies of its functions: in place of a body stands the number by
    /// which it is found when the function is first called.
    Frozen,
}

impl Mode {
    fn namespace(self) -> bool {
        matches!(self, Mode::ExecIn | Mode::EvalIn | Mode::SingleIn)
    }
}

/// Why a source was not compiled: what Python's SyntaxError needs to know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct CompileError {
    pub kind: ErrorKind,
    pub message: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// From 1, in characters, exclusive.
    pub end_column: u32,
    /// The source line without its end.
    pub text: String,
}

impl CompileError {
    /// `error` of `source` with its place.
    pub fn new(source: &str, error: &SyntaxError) -> CompileError {
        let d = error.locate(source);
        CompileError {
            kind: d.kind,
            message: d.message,
            line: d.line,
            column: d.column,
            end_column: d.end_column,
            text: String::from(line_text(source, d.line)),
        }
    }
}

/// Compiles `source`; `file` is its name in tracebacks.
///
/// # Errors
/// The first syntax error.
pub fn compile(source: &str, file: &str, mode: Mode) -> Result<Proto, CompileError> {
    compile_at(source, file, mode, 0)
}

/// The same at a level of `micropython.opt_level`: from 1 on without `assert` statements, from 3 on without line numbers.
///
/// # Errors
/// The first syntax error.
pub fn compile_at(source: &str, file: &str, mode: Mode, level: u32) -> Result<Proto, CompileError> {
    match compile_source(source, file, mode, level > 0, false) {
        Ok(mut proto) => {
            if level > 2 {
                proto.forget_lines();
            }
            Ok(*proto)
        }
        Err(error) => Err(CompileError::new(source, &error)),
    }
}

/// What is known throughout a module while it is compiled.
#[derive(Default)]
struct Known {
    /// Module-level names that `const()` made constants.
    consts: Vec<(String, crate::bytecode::Const)>,
    /// `assert` statements are left out.
    optimised: bool,
    /// Functions whose body is a number are compiled later: [`Mode::Frozen`].
    deferring: bool,
    /// Functions keep the texts of their annotations; not known before the first that has some.
    annotates: Option<bool>,
    /// Functions keep their docstrings; not known before the first that has one.
    documents: Option<bool>,
}

/// Compiles a module's source once more, to know from which part of it each instruction comes ([`Proto::spans`]).
pub fn compile_spans(source: &str) -> Option<Box<Proto>> {
    compile_source(source, "", Mode::Exec, false, true).ok()
}

fn compile_source(source: &str, file: &str, mode: Mode, optimised: bool, traces: bool) -> Parse<Box<Proto>> {
    let mut unit = Unit::module(Rc::from(file), mode.namespace());
    unit.b.traces = traces;
    match mode {
        Mode::Eval | Mode::EvalIn => expression(source, unit, mode, optimised),
        _ => module(source, unit, mode, optimised),
    }
}

fn expression(source: &str, unit: Box<Unit<'_, '_>>, mode: Mode, optimised: bool) -> Parse<Box<Proto>> {
    let expr = Parser::expression_only(source)?;
    let scopes = Scopes::of_expression(&expr, mode.namespace())?;
    let mut known = Known { optimised, ..Known::default() };
    let mut codegen = Codegen::new(source, scopes, unit, &mut known, mode);
    codegen.eval(&expr)?;
    codegen.into_unit().finish(source)
}

fn module(source: &str, mut unit: Box<Unit<'_, '_>>, mode: Mode, optimised: bool) -> Parse<Box<Proto>> {
    // Of interactive input nothing is left to look annotations up in later.
    let annotates = matches!(mode, Mode::Single | Mode::SingleIn).then_some(true);
    let mut known = Known { optimised, deferring: mode == Mode::Frozen, annotates, ..Known::default() };
    let mut parser = Parser::new(source)?;
    let mut any = false;
    while let Some(piece) = parser.next_piece()? {
        any = true;
        unit = match piece {
            Piece::Block(block) => {
                let scopes = Scopes::of_block(&block, mode.namespace())?;
                statement(source, &block, scopes, unit, &mut known, mode)?
            }
            Piece::ClassStart(class) => class_in_pieces(&mut parser, &class, unit, &mut known, mode)?,
            Piece::ClassEnd => unit,
        };
    }
    if !any && matches!(mode, Mode::Single | Mode::SingleIn) && source.contains('\\') {
        // A continued line of nothing is no statement.
        let end = source.len() as u32;
        return Err(SyntaxError::new(Span::new(end, end), "unexpected EOF while parsing"));
    }
    unit.end_module();
    unit.finish(source)
}

fn statement<'x, 'y>(
    source: &str,
    block: &[Stmt<'_>],
    scopes: Scopes<'_>,
    unit: Box<Unit<'_, '_>>,
    known: &mut Known,
    mode: Mode,
) -> Parse<Box<Unit<'x, 'y>>> {
    let mut codegen = Codegen::new(source, scopes, unit, known, mode);
    codegen.top_level(block)?;
    Ok(codegen.into_unit())
}

/// A top-level class: its head, each statement of its body, its end; never more than one of them
/// as a tree.
fn class_in_pieces<'x, 'y>(
    parser: &mut Parser<'_>,
    class: &Class<'_>,
    unit: Box<Unit<'_, '_>>,
    known: &mut Known,
    mode: Mode,
) -> Parse<Box<Unit<'x, 'y>>> {
    let source = parser.source();
    let scopes = Scopes::of_class_head(class, mode.namespace())?;
    let mut codegen = Codegen::new(source, scopes, unit, known, mode);
    let (head, mut body) = codegen.class_head(class)?;
    let unit: Box<Unit<'_, '_>> = codegen.into_unit();
    let mut globals = Vec::new();
    while let Some(Piece::Block(block)) = parser.next_piece()? {
        let scopes = Scopes::of_class_block(&block, class.name.name, &globals)?;
        globals = scopes.globals(1).collect();
        body = statement(source, &block, scopes, body, known, Mode::Exec)?;
    }
    let proto = body.end_class(source)?;
    let scopes = Scopes::of_class_head(class, mode.namespace())?;
    let mut codegen = Codegen::new(source, scopes, unit, known, mode);
    codegen.class_end(class, head, proto)?;
    Ok(codegen.into_unit())
}
