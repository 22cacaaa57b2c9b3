//! Arithmetic the core has no instructions for, and copying memory: what the compiler calls by the names of ARM's
//! run-time ABI, by hand.
//!
//! The HAL connects these names to the boot ROM, whose floats are neither quite IEEE's (no subnormals; it converts to
//! ints towards minus infinity) nor as quick, so its feature `disable-intrinsics` is on. What is not defined here comes
//! from the compiler's library.

use core::arch::global_asm;

global_asm!(include_str!("float.s"), include_str!("integer.s"), include_str!("memory.s"), options(raw));
