//! `.mpy` files: modules compiled by the official `mpy-cross`, version 6.
//!
//! A file holds bytecode for a stack machine. Loading translates it: [`read`] takes the file apart,
//! [`Translator`](translate) turns each function into a [`Proto`](crate::bytecode::Proto) as the compiler would have
//! made it. Nothing in the file is believed: what the translator emits is sound whatever the bytes say, and what
//! does not make sense is refused.

mod flow;
mod op;
mod read;
mod strings;
mod translate;

use alloc::boxed::Box;
use alloc::rc::Rc;

use crate::bytecode::Proto;

/// Why a file cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MpyError {
    /// It is for another version, or damaged.
    #[error("incompatible .mpy file")]
    Incompatible,
    /// It holds machine code.
    #[error("native code in .mpy unsupported")]
    Native,
    /// A function needs more registers than a frame has.
    #[error("a function in the .mpy file is too large")]
    TooLarge,
    /// No memory for it.
    #[error("memory allocation failed")]
    NoMemory,
}

type M<T = ()> = Result<T, MpyError>;

/// The code of a module, from its file's bytes.
///
/// # Errors
/// [`MpyError`]
pub fn load(bytes: &[u8]) -> M<Box<Proto>> {
    let file = read::File::parse(bytes)?;
    let source: Rc<str> = file.string(0)?.into();
    translate::module(&file, source)
}
