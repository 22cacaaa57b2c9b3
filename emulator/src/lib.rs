//! Emulated microcontrollers.

pub mod board;
pub mod clock;
pub mod part;
pub mod signal;
pub mod trace;
pub mod world;
