//! A MicroPython-compatible interpreter: `no_std`, one fixed heap, the same source on the host and on the chip.
#![no_std]
extern crate alloc;

pub mod bigint;
pub mod bytecode;
pub mod compiler;
pub mod format;
pub mod fs;
pub mod hal;
pub mod heap;
pub mod regex;
pub mod repl;
pub mod syntax;
pub mod value;
