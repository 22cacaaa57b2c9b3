//! Text from numbers and the three formatting languages: the format-spec mini-language
//! (`format(x, ">8.2f")`), `%` formatting and `str.format` templates.
//!
//! Pure text work: nothing here calls back into the interpreter. The callers fetch the values and
//! their types, this module parses the directions ([`Spec`], [`percent`], [`template`]) and writes the
//! result to a [`core::fmt::Write`] sink.
//!
//! Source: the Python library reference, "Format Specification Mini-Language" and "printf-style
//! String Formatting".

mod float;
mod int;
mod pad;
pub mod percent;
mod spec;
pub mod template;

pub use float::{parse_float, write_float, write_float_repr};
pub use int::{DIGITS_MAX, digits_of, write_int};
pub use pad::write_padded;
pub use spec::{Align, FormatError, Sign, Spec};
