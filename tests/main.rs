//! End-to-end tests: the program as its users meet it.

mod cli;
mod fake_board;
mod serial;
