//! Emulated microcontrollers.

pub mod air;
pub mod bench;
pub mod board;
pub mod chip;
pub mod clock;
pub mod console;
pub mod cpu;
pub mod debug;
pub mod image;
pub mod machine;
mod net;
pub mod part;
pub mod record;
pub mod signal;
pub mod trace;
pub mod world;
