//! A MicroPython-compatible interpreter: `no_std`, one fixed heap, the same source on the host and on the chip.
#![no_std]
extern crate alloc;

pub mod bigint;
pub mod builtins;
pub mod bytecode;
pub mod compiler;
pub mod deflate;
pub mod format;
pub mod fs;
pub mod hal;
pub mod heap;
pub mod modules;
pub mod mpy;
pub mod objects;
mod real;
pub mod regex;
pub mod registry;
pub mod repl;
pub mod stack;
pub mod syntax;
pub mod value;
pub mod vm;
