//! Emulated microcontrollers.

pub mod bench;
pub mod board;
pub mod clock;
mod net;
pub mod part;
pub mod signal;
pub mod trace;
pub mod world;
