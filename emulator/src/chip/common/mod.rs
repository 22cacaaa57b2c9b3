//! What chips have in common below their registers.

pub mod agenda;
pub mod pads;
pub mod reach;
pub mod terminal;
pub mod timeline;
