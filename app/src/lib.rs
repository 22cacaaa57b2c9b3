//! Solderless: a desktop workbench for MicroPython without the hardware.

pub mod cli;
pub mod command;
pub mod device;
pub mod editor;
pub mod flash;
pub mod project;
pub mod session;
pub mod ui;
