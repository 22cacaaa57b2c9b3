//! Solderless.
