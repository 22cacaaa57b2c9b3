//! Debuggers at a machine.

mod gdb;
mod profile;
mod stack;

pub use gdb::{Front, GdbError, serve};
pub use profile::Profile;
pub use stack::{Registers, stack};
