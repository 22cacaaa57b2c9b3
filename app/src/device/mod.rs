//! Boards as a client sees them: a console that takes and gives bytes, the raw REPL spoken over it,
//! and files through the raw REPL. Nothing here knows whether the board is real.

mod connection;
mod files;
mod raw_repl;
mod serial;
mod upload;

pub use connection::{Connection, LinkError};
pub use files::{Digest, FileError, Files, join, sha256};
pub use raw_repl::{Flow, RawRepl, ReplError, Start, last_line};
pub use serial::{PortInfo, SerialConnection, ports};
pub use upload::{UploadError, upload};
