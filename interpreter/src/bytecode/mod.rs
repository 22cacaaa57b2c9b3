//! The register bytecode: one op table ([`op`]), what the compiler hands over ([`Proto`], built with
//! [`ProtoBuilder`]), and a disassembler.
//!
//! ## An instruction
//! One 4-byte word `[op][a][b][c]` (op in the low byte), followed by the extra words its table row names.
//! `a`, `b`, `c` that name slots are pre-scaled: slot number × 4, so that a handler adds them to the register
//! pointer without shifting. 64 *near* slots (0..=63) can be named; [`Op::LoadFar`] and [`Op::StoreFar`] reach the
//! others. Rows with a 16-bit operand `bx` keep it in bytes 2 and 3.
//!
//! ## A frame window
//! ```text
//! r[-3] return pc   r[-2] caller's registers   r[-1] function   r[0..] parameters, locals, temporaries
//! ```
//! Parameters come first, in CPython's order of `co_varnames`: positional, keyword-only, `*args`, `**kwargs`.
//! Slots other than parameters hold garbage at entry; use [`Op::Unbind`] for locals that may be read unset.
//! A call is built in place by the caller at its own temporaries: a base slot `a` with `r[a]`, `r[a+1]` left
//! free (they become return pc and caller's registers), `r[a+2]` the callee and the arguments from `r[a+3]`.
//! The result lands in `r[a]`. Everything above `r[a]` is lost by the call. All live values must therefore sit
//! below the base of a call, and a proto's slot count must cover the arguments it passes.
//!
//! ## Names and jumps
//! Names are indices into [`Proto::names`]; loading turns them into interned ids or global slots. A `J` operand
//! counts words from its own instruction's first word; a [`Word::Jump`] counts bytes from there.
//! Backward jumps poll for interrupts; forward jumps do not.

mod disasm;
mod op;
pub mod packed;
mod proto;

pub use disasm::disassemble;
pub use op::{Assembled, Field, Machine, Op, Word};
pub use proto::{BuildError, Const, Flags, Handler, Label, Proto, ProtoBuilder, Slot};
