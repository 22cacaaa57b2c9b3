//! A safe interface to the littlefs core.
//!
//! The core is a translation of the C reference implementation and keeps its raw pointers; this file
//! is the only one that sees them. Two invariants make it sound:
//!
//! * everything the core keeps a pointer to (its own state, the configuration, the caches, open files
//!   with their caches) lives in a `Box` that is neither moved out nor freed while the core knows it;
//! * the flash is lent for one call at a time: [`Session`] writes the pointer to it into the
//!   configuration and every entry point makes a new one, so that the callbacks never see a stale one.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;

use littlefs_rust_core as core_lfs;
use littlefs_rust_core::lfs_type::lfs_type::LFS_TYPE_DIR;
use littlefs_rust_core::{LFS_ERR_INVAL, LFS_ERR_IO, LfsConfig, LfsDir, LfsFile, LfsFileConfig, LfsInfo};

use super::MAX_PATH;
use crate::hal::Flash;

/// Flash pages are programmed whole: half a page is not possible on NOR flash behind XIP.
const PROG_SIZE: u32 = 256;
const READ_SIZE: u32 = 32;
const CACHE_SIZE: usize = 512;
/// The largest file kept inside its directory entry: no larger than the official firmware's cache, so that it can
/// read what was written here.
const INLINE_SIZE: u32 = 128;
const LOOKAHEAD: usize = 32;
/// Erase cycles after which a metadata block moves, as in the official firmware.
const BLOCK_CYCLES: i32 = 100;
/// The attribute in which the official firmware keeps the modification time: ns since 1970, 8 bytes LE.
const ATTR_MTIME: u8 = 1;

/// An `errno`: what `OSError` carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("file system error {0}")]
pub struct FsError(pub i32);

impl FsError {
    pub const NO_ENTRY: FsError = FsError(2);
    pub const BAD_HANDLE: FsError = FsError(9);
    pub const NO_MEMORY: FsError = FsError(12);
    pub const EXISTS: FsError = FsError(17);
    pub const NO_DEVICE: FsError = FsError(19);
    pub const IS_DIR: FsError = FsError(21);
    pub const INVALID: FsError = FsError(22);
    pub const TOO_MANY_OPEN: FsError = FsError(24);
    pub const NO_SPACE: FsError = FsError(28);
    pub const NAME_TOO_LONG: FsError = FsError(36);
}

pub type FsResult<T = ()> = Result<T, FsError>;

/// littlefs reports errors as negative errno values.
fn check(code: i32) -> FsResult<u32> {
    u32::try_from(code).map_err(|_| FsError(-code))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Dir,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: Kind,
    /// Bytes; 0 for a directory.
    pub size: u32,
}

/// An open file. Stays invalid after closing, even when its slot is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(u16);

impl Handle {
    /// As a number, to be kept in a Python object.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// From [`Handle::bits`]; any other number is a handle that is not open.
    pub fn from_bits(bits: u16) -> Handle {
        Handle(bits)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenMode {
    pub read: bool,
    pub write: bool,
    pub create: bool,
    /// Fail if the file exists.
    pub exclusive: bool,
    pub truncate: bool,
    pub append: bool,
}

impl OpenMode {
    pub const READ: OpenMode = OpenMode {
        read: true,
        write: false,
        create: false,
        exclusive: false,
        truncate: false,
        append: false,
    };
    pub const REPLACE: OpenMode =
        OpenMode { read: false, write: true, create: true, exclusive: false, truncate: true, append: false };

    fn flags(self) -> i32 {
        let flag = |on, bits| if on { bits } else { 0 };
        flag(self.read, 0x1)
            | flag(self.write, 0x2)
            | flag(self.create, 0x100)
            | flag(self.exclusive, 0x200)
            | flag(self.truncate, 0x400)
            | flag(self.append, 0x800)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    Start = 0,
    Current = 1,
    End = 2,
}

struct OpenFile {
    core: MaybeUninit<LfsFile>,
    config: LfsFileConfig,
    mode: OpenMode,
    cache: [u8; CACHE_SIZE],
}

struct Slot {
    /// Counts uses of the slot, so that an old handle is recognised.
    generation: u8,
    file: Option<Box<OpenFile>>,
}

struct Inner {
    core: MaybeUninit<core_lfs::Lfs>,
    config: LfsConfig,
    read_cache: [u8; CACHE_SIZE],
    prog_cache: [u8; CACHE_SIZE],
    lookahead: [u32; LOOKAHEAD / 4],
}

/// A mounted file system.
pub struct Lfs {
    inner: Box<Inner>,
    slots: Vec<Slot>,
}

impl core::fmt::Debug for Lfs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lfs").field("open", &self.slots.iter().filter(|s| s.file.is_some()).count()).finish()
    }
}

/// What the callbacks get: the flash, for as long as one call into the core lasts.
struct Session<'a> {
    flash: &'a mut dyn Flash,
}

/// # Safety
/// `config.context` points to a live [`Session`], which every entry point ensures.
unsafe fn flash_of<'a>(config: *const LfsConfig) -> &'a mut dyn Flash {
    unsafe { (*(*config).context.cast::<Session<'a>>()).flash }
}

/// What a callback gives back.
fn code(result: crate::hal::Result) -> i32 {
    match result {
        Ok(()) => 0,
        Err(crate::hal::Error::Invalid(_)) => LFS_ERR_INVAL,
        Err(_) => LFS_ERR_IO,
    }
}

unsafe extern "C" fn read(config: *const LfsConfig, block: u32, offset: u32, buf: *mut u8, size: u32) -> i32 {
    // The core passes a buffer of `size` bytes that nothing else refers to during the call.
    let (flash, buf) = unsafe { (flash_of(config), core::slice::from_raw_parts_mut(buf, size as usize)) };
    code(flash.flash_read(block, offset, buf))
}

unsafe extern "C" fn prog(
    config: *const LfsConfig,
    block: u32,
    offset: u32,
    buf: *const u8,
    size: u32,
) -> i32 {
    // As above.
    let (flash, buf) = unsafe { (flash_of(config), core::slice::from_raw_parts(buf, size as usize)) };
    code(flash.flash_program(block, offset, buf))
}

unsafe extern "C" fn erase(config: *const LfsConfig, block: u32) -> i32 {
    // As above.
    let flash = unsafe { flash_of(config) };
    code(flash.flash_erase(block))
}

unsafe extern "C" fn sync(config: *const LfsConfig) -> i32 {
    // As above.
    let flash = unsafe { flash_of(config) };
    code(flash.flash_sync())
}

/// Can littlefs work with blocks of this size? A device in Python may say anything.
fn check_geometry(flash: &dyn Flash) -> FsResult<()> {
    let block_size = flash.flash_block_size();
    let cache = (CACHE_SIZE as u32).min(block_size);
    // Blocks of 64 bytes hold the pointers of files of as many blocks as the device may have then.
    let fits = (block_size >= 128 || block_size == 64 && flash.flash_block_count() <= 1 << 14)
        && block_size.is_multiple_of(cache)
        && cache.is_multiple_of(READ_SIZE)
        && cache.is_multiple_of(PROG_SIZE.min(block_size));
    if fits && flash.flash_block_count() > 0 { Ok(()) } else { Err(FsError::INVALID) }
}

impl Inner {
    fn new(flash: &dyn Flash) -> Box<Inner> {
        let block_size = flash.flash_block_size();
        let mut inner = Box::new(Inner {
            core: MaybeUninit::zeroed(),
            config: LfsConfig {
                context: ptr::null_mut(),
                read: Some(read),
                prog: Some(prog),
                erase: Some(erase),
                sync: Some(sync),
                read_size: READ_SIZE,
                prog_size: PROG_SIZE.min(block_size),
                block_size,
                block_count: flash.flash_block_count(),
                block_cycles: BLOCK_CYCLES,
                cache_size: (CACHE_SIZE as u32).min(block_size),
                lookahead_size: LOOKAHEAD as u32,
                compact_thresh: 0,
                read_buffer: ptr::null_mut(),
                prog_buffer: ptr::null_mut(),
                lookahead_buffer: ptr::null_mut(),
                name_max: 0,
                file_max: 0,
                attr_max: 0,
                metadata_max: 0,
                inline_max: INLINE_SIZE.min(block_size / 8),
            },
            read_cache: [0; CACHE_SIZE],
            prog_cache: [0; CACHE_SIZE],
            lookahead: [0; LOOKAHEAD / 4],
        });
        inner.config.read_buffer = inner.read_cache.as_mut_ptr().cast();
        inner.config.prog_buffer = inner.prog_cache.as_mut_ptr().cast();
        inner.config.lookahead_buffer = inner.lookahead.as_mut_ptr().cast();
        inner
    }

    /// Lends the flash to `call`, which gets the core.
    fn with<T>(
        &mut self,
        flash: &mut dyn Flash,
        call: impl FnOnce(*mut core_lfs::Lfs, *const LfsConfig) -> T,
    ) -> T {
        let mut session = Session { flash };
        self.config.context = ptr::from_mut(&mut session).cast();
        let result = call(self.core.as_mut_ptr(), &raw const self.config);
        self.config.context = ptr::null_mut();
        result
    }
}

/// A path as the core wants it: ended by a zero byte.
fn c_path(path: &str) -> FsResult<[u8; MAX_PATH + 1]> {
    let mut out = [0; MAX_PATH + 1];
    if path.bytes().any(|b| b == 0) {
        return Err(FsError::INVALID);
    }
    out.get_mut(..path.len())
        .filter(|_| path.len() <= MAX_PATH)
        .ok_or(FsError::NAME_TOO_LONG)?
        .copy_from_slice(path.as_bytes());
    Ok(out)
}

fn entry(info: &LfsInfo) -> Entry {
    let end = info.name.iter().position(|&b| b == 0).unwrap_or(info.name.len());
    let is_dir = u32::from(info.type_) == LFS_TYPE_DIR;
    Entry {
        name: String::from_utf8_lossy(&info.name[..end]).into_owned(),
        kind: if is_dir { Kind::Dir } else { Kind::File },
        size: if is_dir { 0 } else { info.size },
    }
}

impl Lfs {
    /// Erases everything and makes an empty file system.
    pub fn format(flash: &mut dyn Flash) -> FsResult {
        check_geometry(flash)?;
        Inner::new(flash).with(flash, |core, config| check(core_lfs::lfs_format(core, config)))?;
        Ok(())
    }

    /// # Errors
    /// EIO or "corrupt" (84) if there is no file system; [`Lfs::format`] makes one.
    pub fn mount(flash: &mut dyn Flash) -> FsResult<Lfs> {
        check_geometry(flash)?;
        let mut inner = Inner::new(flash);
        inner.with(flash, |core, config| check(core_lfs::lfs_mount(core, config)))?;
        Ok(Lfs { inner, slots: Vec::new() })
    }

    /// Closes all files and forgets the file system.
    pub fn unmount(mut self, flash: &mut dyn Flash) -> FsResult {
        self.close_unless(flash, |_| false);
        self.inner.with(flash, |core, _| check(core_lfs::lfs_unmount(core)))?;
        Ok(())
    }

    pub fn open(&mut self, flash: &mut dyn Flash, path: &str, mode: OpenMode) -> FsResult<Handle> {
        let path = c_path(path)?;
        let index = match self.slots.iter().position(|s| s.file.is_none()) {
            Some(index) => index,
            None if self.slots.len() < 250 => {
                self.slots.try_reserve(1).map_err(|_| FsError::NO_MEMORY)?;
                self.slots.push(Slot { generation: 0, file: None });
                self.slots.len() - 1
            }
            None => return Err(FsError::TOO_MANY_OPEN),
        };
        let mut file = Box::new(OpenFile {
            core: MaybeUninit::zeroed(),
            config: LfsFileConfig { buffer: ptr::null_mut(), attrs: ptr::null_mut(), attr_count: 0 },
            mode,
            cache: [0; CACHE_SIZE],
        });
        file.config.buffer = file.cache.as_mut_ptr().cast::<c_void>();
        let (core_file, config) = (file.core.as_mut_ptr(), &raw const file.config);
        self.inner.with(flash, |core, _| {
            check(core_lfs::lfs_file_opencfg(core, core_file, path.as_ptr(), mode.flags(), config))
        })?;
        let slot = &mut self.slots[index];
        slot.generation = slot.generation.wrapping_add(1);
        slot.file = Some(file);
        Ok(Handle(index as u16 | u16::from(slot.generation) << 8))
    }

    /// The open file behind a handle.
    fn file(&mut self, handle: Handle) -> FsResult<(&mut Inner, &mut OpenFile)> {
        let [index, generation] = handle.0.to_le_bytes();
        let slot = self.slots.get_mut(index as usize).filter(|s| s.generation == generation);
        let file = slot.and_then(|s| s.file.as_deref_mut()).ok_or(FsError::BAD_HANDLE)?;
        Ok((&mut self.inner, file))
    }

    /// Reads up to `buf.len()` bytes; 0 at the end of the file.
    pub fn read(&mut self, flash: &mut dyn Flash, handle: Handle, buf: &mut [u8]) -> FsResult<usize> {
        let (inner, file) = self.file(handle)?;
        if !file.mode.read {
            return Err(FsError::BAD_HANDLE);
        }
        let core_file = file.core.as_mut_ptr();
        let n = inner.with(flash, |core, _| {
            check(core_lfs::lfs_file_read(core, core_file, buf.as_mut_ptr().cast(), buf.len() as u32))
        })?;
        Ok(n as usize)
    }

    /// Writes all of `bytes` or fails; what does not fit is ENOSPC.
    pub fn write(&mut self, flash: &mut dyn Flash, handle: Handle, bytes: &[u8]) -> FsResult<usize> {
        let (inner, file) = self.file(handle)?;
        if !file.mode.write {
            return Err(FsError::BAD_HANDLE);
        }
        let core_file = file.core.as_mut_ptr();
        let n = inner.with(flash, |core, _| {
            check(core_lfs::lfs_file_write(core, core_file, bytes.as_ptr().cast(), bytes.len() as u32))
        })?;
        Ok(n as usize)
    }

    /// Gives back the new position.
    pub fn seek(
        &mut self,
        flash: &mut dyn Flash,
        handle: Handle,
        offset: i32,
        whence: Whence,
    ) -> FsResult<u32> {
        let (inner, file) = self.file(handle)?;
        let core_file = file.core.as_mut_ptr();
        inner.with(flash, |core, _| check(core_lfs::lfs_file_seek(core, core_file, offset, whence as i32)))
    }

    pub fn tell(&mut self, flash: &mut dyn Flash, handle: Handle) -> FsResult<u32> {
        let (inner, file) = self.file(handle)?;
        let core_file = file.core.as_mut_ptr();
        inner.with(flash, |core, _| check(core_lfs::lfs_file_tell(core, core_file)))
    }

    /// Bytes of an open file, with what is not written yet.
    pub fn size(&mut self, flash: &mut dyn Flash, handle: Handle) -> FsResult<u32> {
        let (inner, file) = self.file(handle)?;
        let core_file = file.core.as_mut_ptr();
        inner.with(flash, |core, _| check(core_lfs::lfs_file_size(core, core_file)))
    }

    /// Writes everything to flash; after it a power cut loses nothing of the file.
    pub fn sync(&mut self, flash: &mut dyn Flash, handle: Handle) -> FsResult {
        let (inner, file) = self.file(handle)?;
        let core_file = file.core.as_mut_ptr();
        inner.with(flash, |core, _| check(core_lfs::lfs_file_sync(core, core_file)))?;
        Ok(())
    }

    pub fn truncate(&mut self, flash: &mut dyn Flash, handle: Handle, size: u32) -> FsResult {
        let (inner, file) = self.file(handle)?;
        if !file.mode.write {
            return Err(FsError::BAD_HANDLE);
        }
        let core_file = file.core.as_mut_ptr();
        inner.with(flash, |core, _| check(core_lfs::lfs_file_truncate(core, core_file, size)))?;
        Ok(())
    }

    /// Writes what is outstanding and closes. The handle is gone even if that fails.
    pub fn close(&mut self, flash: &mut dyn Flash, handle: Handle) -> FsResult {
        let (inner, file) = self.file(handle)?;
        let core_file = file.core.as_mut_ptr();
        // The core takes the file off its list in any case, so that its memory may go.
        let result = inner.with(flash, |core, _| check(core_lfs::lfs_file_close(core, core_file)));
        self.slots[usize::from(handle.0 as u8)].file = None;
        result.map(|_| ())
    }

    /// Is a file open?
    pub fn any_open(&self) -> bool {
        self.slots.iter().any(|slot| slot.file.is_some())
    }

    /// Closes the open files that are not to be kept; errors are ignored, as at a reset.
    pub fn close_unless(&mut self, flash: &mut dyn Flash, keep: impl Fn(Handle) -> bool) {
        for index in 0..self.slots.len() {
            let handle = Handle(index as u16 | u16::from(self.slots[index].generation) << 8);
            if !keep(handle) {
                let _ = self.close(flash, handle);
            }
        }
    }

    pub fn stat(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult<Entry> {
        if path == "/" {
            return Ok(Entry { name: String::from("/"), kind: Kind::Dir, size: 0 });
        }
        let path = c_path(path)?;
        let mut info = LfsInfo { type_: 0, size: 0, name: [0; 256] };
        self.inner.with(flash, |core, _| check(core_lfs::lfs_stat(core, path.as_ptr(), &raw mut info)))?;
        Ok(entry(&info))
    }

    /// Nanoseconds since 1970 of the last [`Lfs::set_mtime`]; 0 if there was none.
    pub fn mtime(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult<u64> {
        let path = c_path(path)?;
        let mut time = [0; 8];
        let n = self.inner.with(flash, |core, _| {
            core_lfs::lfs_getattr(core, path.as_ptr(), ATTR_MTIME, time.as_mut_ptr().cast(), 8)
        });
        Ok(if n == 8 { u64::from_le_bytes(time) } else { 0 })
    }

    pub fn set_mtime(&mut self, flash: &mut dyn Flash, path: &str, ns: u64) -> FsResult {
        let (path, time) = (c_path(path)?, ns.to_le_bytes());
        self.inner.with(flash, |core, _| {
            check(core_lfs::lfs_setattr(core, path.as_ptr(), ATTR_MTIME, time.as_ptr().cast(), 8))
        })?;
        Ok(())
    }

    /// Calls `each` for every entry of a directory, without `.` and `..`, in the order on the flash.
    pub fn list(&mut self, flash: &mut dyn Flash, path: &str, mut each: impl FnMut(Entry)) -> FsResult {
        let path = c_path(path)?;
        let mut dir = Box::new(MaybeUninit::<LfsDir>::zeroed());
        let dir = dir.as_mut_ptr();
        self.inner.with(flash, |core, _| {
            check(core_lfs::lfs_dir_open(core, dir, path.as_ptr()))?;
            let mut info = LfsInfo { type_: 0, size: 0, name: [0; 256] };
            let result = loop {
                match check(core_lfs::lfs_dir_read(core, dir, &raw mut info)) {
                    Ok(0) => break Ok(()),
                    Ok(_) if matches!(&info.name[..3], [b'.', 0, _] | [b'.', b'.', 0]) => {}
                    Ok(_) => each(entry(&info)),
                    Err(e) => break Err(e),
                }
            };
            core_lfs::lfs_dir_close(core, dir);
            result
        })
    }

    pub fn mkdir(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult {
        let path = c_path(path)?;
        self.inner.with(flash, |core, _| check(core_lfs::lfs_mkdir(core, path.as_ptr())))?;
        Ok(())
    }

    /// Removes a file or an empty directory.
    pub fn remove(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult {
        let path = c_path(path)?;
        self.inner.with(flash, |core, _| check(core_lfs::lfs_remove(core, path.as_ptr())))?;
        Ok(())
    }

    /// Renames or moves; an existing file at `to` is replaced.
    pub fn rename(&mut self, flash: &mut dyn Flash, from: &str, to: &str) -> FsResult {
        let (from, to) = (c_path(from)?, c_path(to)?);
        self.inner.with(flash, |core, _| check(core_lfs::lfs_rename(core, from.as_ptr(), to.as_ptr())))?;
        Ok(())
    }

    /// Blocks in use.
    pub fn used_blocks(&mut self, flash: &mut dyn Flash) -> FsResult<u32> {
        self.inner.with(flash, |core, _| check(core_lfs::lfs_fs_size(core)))
    }
}

#[cfg(test)]
mod tests;
