//! Debuggers at a machine.

mod gdb;
mod profile;

pub use gdb::{Front, GdbError, serve};
pub use profile::Profile;
