//! Boards as a client sees them: a console that takes and gives bytes.

mod connection;

pub use connection::{Connection, LinkError};
