//! File systems: littlefs v2, which the board's flash has as in the official firmware, and FAT.

mod fat;
mod lfs;
mod path;
mod volume;

pub use fat::Fat;
pub use lfs::{Entry, FsError, FsResult, Handle, Kind, Lfs, OpenMode, Whence};
pub use path::{MAX_PATH, resolve};
pub use volume::Volume;
