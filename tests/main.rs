//! End-to-end tests: the program as its users meet it.

mod cli;
mod debugger;
mod drivers;
mod emulated;
mod examples;
mod fake_board;
mod firmware;
mod language;
mod microbit;
mod serial;
mod session;
#[cfg(target_os = "linux")]
mod uart;
