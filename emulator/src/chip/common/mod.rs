//! What chips have in common below their registers.

pub mod agenda;
pub mod pads;
pub mod terminal;
pub mod timeline;
