//! Emulated microcontrollers.

pub mod clock;
