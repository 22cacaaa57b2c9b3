//! Chips: each a folder with one file a peripheral.

pub mod rp2040;
