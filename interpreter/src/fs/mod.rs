//! The board's file system: littlefs v2 on the flash, as the official firmware has it.

mod lfs;
mod path;

pub use lfs::{Entry, FsError, FsResult, Handle, Kind, Lfs, OpenMode, Whence};
pub use path::{MAX_PATH, resolve};
