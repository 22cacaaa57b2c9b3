//! Emulated microcontrollers.

pub mod clock;
pub mod trace;
pub mod world;
