//! Python source to a syntax tree, with CPython's error messages.
//!
//! [`Parser`] hands out one top-level statement at a time, so that the tree of a whole module
//! never exists at once. [`check`] serves an editor.

// Nodes and errors travel in boxes on purpose: see `Parse` and `BoxExpr`.
#![allow(clippy::boxed_local, clippy::vec_box)]

pub mod ast;
mod caret;
mod charname;
mod compound;
mod definition;
mod display;
mod error;
mod expression;
mod lexer;
mod literal;
mod parser;
mod pattern;
pub mod similar;
mod statement;
mod string;
mod token;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use caret::carets;
pub use definition::Described;
pub use error::{Diagnostic, ErrorKind, Parse, Position, SyntaxError, line_text};
pub use parser::Parser;

/// All syntax errors of a module's source, in their order; after each, reading goes on at the
/// next line. Statements without errors of form are looked at for errors of meaning
/// ('return' outside function).
pub fn check(source: &str) -> Vec<Diagnostic> {
    let mut errors =
        Parser::errors_of(source, |block| crate::compiler::scope::Scopes::of_block(block, false).err());
    errors.sort_by_key(|e| e.span.start);
    errors.iter().map(|e| e.locate(source)).collect()
}
