//! Solderless: a desktop workbench for MicroPython without the hardware.

pub mod device;
pub mod session;
