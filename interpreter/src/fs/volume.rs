//! A mounted file system of either kind, with the operations that they share.

use super::{Entry, Fat, FsResult, Handle, Lfs, OpenMode, Whence};
use crate::hal::Flash;

/// A file system.
#[derive(Debug)]
pub enum Volume {
    Lfs(Lfs),
    Fat(Fat),
}

macro_rules! operations {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        impl Volume {
            $(
                /// See [`Lfs`].
                ///
                /// # Errors
                /// As there.
                pub fn $name(&mut self, flash: &mut dyn Flash, $($arg: $type),*) -> $result {
                    match self {
                        Volume::Lfs(fs) => fs.$name(flash, $($arg),*),
                        Volume::Fat(fs) => fs.$name(flash, $($arg),*),
                    }
                }
            )*
        }
    };
}

operations! {
    open(path: &str, mode: OpenMode) -> FsResult<Handle>;
    read(file: Handle, buf: &mut [u8]) -> FsResult<usize>;
    write(file: Handle, bytes: &[u8]) -> FsResult<usize>;
    seek(file: Handle, offset: i32, whence: Whence) -> FsResult<u32>;
    size(file: Handle) -> FsResult<u32>;
    sync(file: Handle) -> FsResult;
    close(file: Handle) -> FsResult;
    close_unless(keep: impl Fn(Handle) -> bool) -> ();
    stat(path: &str) -> FsResult<Entry>;
    mtime(path: &str) -> FsResult<u64>;
    set_mtime(path: &str, ns: u64) -> FsResult;
    list(path: &str, each: impl FnMut(Entry)) -> FsResult;
    mkdir(path: &str) -> FsResult;
    remove(path: &str) -> FsResult;
    rename(from: &str, to: &str) -> FsResult;
}

impl Volume {
    /// Is a file open?
    pub fn any_open(&self) -> bool {
        match self {
            Volume::Lfs(fs) => fs.any_open(),
            Volume::Fat(fs) => fs.any_open(),
        }
    }

    /// Bytes of a unit of space, how many units there are, and how many are free.
    ///
    /// # Errors
    /// EIO.
    pub fn space(&mut self, flash: &mut dyn Flash) -> FsResult<(u32, u32, u32)> {
        match self {
            Volume::Lfs(fs) => {
                let count = flash.flash_block_count();
                let used = fs.used_blocks(flash)?;
                Ok((flash.flash_block_size(), count, count.saturating_sub(used)))
            }
            Volume::Fat(fs) => fs.space(flash),
        }
    }
}
