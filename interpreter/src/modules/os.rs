//! `os`: the file system.

use alloc::string::String;
use alloc::vec::Vec;

use super::attrtuple::{self, Fields};
use crate::fs::{Entry as DirEntry, FsError, FsResult, Handle, Kind as FileKind, Lfs, OpenMode, resolve};
use crate::hal::{Flash, Hal};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// Bits of `st_mode` and of `ilistdir`'s type.
const S_IFDIR: i32 = 0x4000;
const S_IFREG: i32 = 0x8000;
/// Reported by `uname()`, and the version whose behaviour we follow.
pub const VERSION: &str = "1.28.0";

impl Vm {
    /// Mounts the file system, making one if there is none, as the official boot script does.
    ///
    /// # Errors
    /// What the flash reports: there is then no file system.
    pub fn mount_fs(&mut self) -> FsResult {
        if self.state.fs.is_some() {
            return Ok(());
        }
        let flash: &mut dyn Flash = &mut *self.hal as &mut dyn Hal;
        let fs = match Lfs::mount(flash) {
            Ok(fs) => fs,
            Err(FsError::NO_MEMORY) => return Err(FsError::NO_MEMORY),
            Err(_) => {
                Lfs::format(flash)?;
                Lfs::mount(flash)?
            }
        };
        self.state.fs = Some(fs);
        Ok(())
    }

    /// Runs an operation of the file system.
    ///
    /// # Errors
    /// Its error; ENODEV if none is mounted.
    pub fn try_fs<T>(&mut self, f: impl FnOnce(&mut Lfs, &mut dyn Flash) -> FsResult<T>) -> FsResult<T> {
        let flash: &mut dyn Flash = &mut *self.hal as &mut dyn Hal;
        match &mut self.state.fs {
            Some(fs) => f(fs, flash),
            None => Err(FsError::NO_DEVICE),
        }
    }

    /// As [`Vm::try_fs`], raising OSError.
    ///
    /// # Errors
    /// OSError.
    pub fn with_fs<T>(&mut self, f: impl FnOnce(&mut Lfs, &mut dyn Flash) -> FsResult<T>) -> R<T> {
        self.try_fs(f).map_err(|FsError(errno)| self.raise_os(errno))
    }

    /// A path argument, made absolute.
    ///
    /// # Errors
    /// TypeError if it is neither str nor bytes.
    pub fn path_arg(&mut self, v: Val) -> R<String> {
        let path = match self.heap.as_bytes(v).and_then(|bytes| core::str::from_utf8(bytes).ok()) {
            Some(path) => String::from(path),
            None => {
                let name = self.type_name(v);
                return Err(self.type_error(format_args!("path should be string or bytes, not {name}")));
            }
        };
        Ok(self.absolute(&path))
    }

    fn absolute(&self, path: &str) -> String {
        resolve(&self.state.cwd, path)
    }

    /// What is at a path: for `import`.
    pub fn path_kind(&mut self, path: &str) -> Option<FileKind> {
        let path = self.absolute(path);
        self.try_fs(|fs, flash| fs.stat(flash, &path)).ok().map(|entry| entry.kind)
    }

    /// A whole text file; `None` if there is none.
    ///
    /// # Errors
    /// OSError; MemoryError if it does not fit; UnicodeError if it is not UTF-8.
    pub fn read_source(&mut self, path: &str) -> R<Option<String>> {
        match self.read_file(path)? {
            Some(bytes) => self.source_text(bytes, path).map(Some),
            None => Ok(None),
        }
    }

    /// The bytes of a file as text.
    ///
    /// # Errors
    /// UnicodeError if it is not UTF-8.
    pub fn source_text(&mut self, bytes: Vec<u8>, path: &str) -> R<String> {
        String::from_utf8(bytes).map_err(|_| {
            self.raise(
                crate::objects::native::ExcKind::UnicodeError,
                format_args!("'{path}' is not UTF-8 text"),
            )
        })
    }

    /// A whole file; `None` if there is none.
    ///
    /// # Errors
    /// OSError; MemoryError if it does not fit.
    pub fn read_file(&mut self, path: &str) -> R<Option<Vec<u8>>> {
        let path = self.absolute(path);
        if let Ok(entry) = self.try_fs(|fs, flash| fs.stat(flash, &path)) {
            self.make_room(entry.size as usize + OPEN_BYTES);
        }
        let read = |fs: &mut Lfs, flash: &mut dyn Flash| {
            let file = fs.open(flash, &path, OpenMode::READ)?;
            let result = read_whole(fs, flash, file);
            fs.close(flash, file)?;
            result
        };
        match self.try_fs(read) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FsError::NO_ENTRY | FsError::IS_DIR | FsError::NO_DEVICE) => Ok(None),
            Err(FsError::NO_MEMORY) => Err(self.no_memory()),
            Err(FsError(errno)) => Err(self.raise_os(errno)),
        }
    }
}

/// Bytes that an open file or a walk through a folder takes.
pub const OPEN_BYTES: usize = 4096;

fn read_whole(fs: &mut Lfs, flash: &mut dyn Flash, file: Handle) -> FsResult<Vec<u8>> {
    let size = fs.size(flash, file)? as usize;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| FsError::NO_MEMORY)?;
    bytes.resize(size, 0);
    let n = fs.read(flash, file, &mut bytes)?;
    bytes.truncate(n);
    Ok(bytes)
}

/// The entries of a directory argument (the current one if absent).
fn entries(vm: &mut Vm, args: Args) -> R<Vec<DirEntry>> {
    let path = match args.opt(vm, 0) {
        Some(v) => vm.path_arg(v)?,
        None => vm.absolute(""),
    };
    vm.make_room(OPEN_BYTES);
    let mut list = Vec::new();
    vm.with_fs(|fs, flash| fs.list(flash, &path, |entry| list.push(entry)))?;
    Ok(list)
}

fn listdir(vm: &mut Vm, args: Args) -> R {
    let found = entries(vm, args)?;
    let list = vm.heap.new_list(&[])?;
    for entry in found {
        let name = vm.new_str(&entry.name)?;
        vm.heap.list_push(list, name)?;
    }
    Ok(list)
}

/// Tuples (name, type, inode, size).
fn ilistdir(vm: &mut Vm, args: Args) -> R {
    let found = entries(vm, args)?;
    let list = vm.heap.new_list(&[])?;
    for entry in found {
        let name = vm.new_str(&entry.name)?;
        let kind = if entry.kind == FileKind::Dir { S_IFDIR } else { S_IFREG };
        let size = vm.heap.new_uint(u64::from(entry.size))?;
        let tuple = vm.heap.new_tuple(&[name, Val::small(kind), Val::ZERO, size])?;
        vm.heap.list_push(list, tuple)?;
    }
    vm.iter(list)
}

fn stat(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_arg(path)?;
    let entry = vm.with_fs(|fs, flash| fs.stat(flash, &path))?;
    let mtime = vm.try_fs(|fs, flash| fs.mtime(flash, &path)).unwrap_or(0) / 1_000_000_000;
    let kind = if entry.kind == FileKind::Dir { S_IFDIR } else { S_IFREG };
    let size = vm.heap.new_uint(u64::from(entry.size))?;
    let mtime = vm.heap.new_uint(mtime)?;
    let zero = Val::ZERO;
    Ok(vm.heap.new_tuple(&[Val::small(kind), zero, zero, zero, zero, zero, size, mtime, mtime, mtime])?)
}

fn statvfs(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    vm.path_arg(path)?;
    let (block, count) = (vm.hal.flash_block_size(), vm.hal.flash_block_count());
    let used = vm.with_fs(|fs, flash| fs.used_blocks(flash))?;
    let free = Val::small(count.saturating_sub(used) as i32);
    let (block, count, zero) = (Val::small(block as i32), Val::small(count as i32), Val::ZERO);
    Ok(vm.heap.new_tuple(&[block, block, count, free, free, zero, zero, zero, zero, Val::small(255)])?)
}

fn mkdir(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_arg(path)?;
    vm.with_fs(|fs, flash| fs.mkdir(flash, &path))?;
    Ok(Val::NONE)
}

fn remove(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_arg(path)?;
    vm.with_fs(|fs, flash| match fs.stat(flash, &path)?.kind {
        FileKind::File => fs.remove(flash, &path),
        FileKind::Dir => Err(FsError::IS_DIR),
    })?;
    Ok(Val::NONE)
}

fn rmdir(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_arg(path)?;
    vm.with_fs(|fs, flash| match fs.stat(flash, &path)?.kind {
        FileKind::Dir => fs.remove(flash, &path),
        FileKind::File => Err(FsError(20)),
    })?;
    Ok(Val::NONE)
}

fn rename(vm: &mut Vm, args: Args) -> R {
    let (from, to) = (args.get(vm, 0), args.get(vm, 1));
    let (from, to) = (vm.path_arg(from)?, vm.path_arg(to)?);
    vm.with_fs(|fs, flash| fs.rename(flash, &from, &to))?;
    Ok(Val::NONE)
}

fn chdir(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_arg(path)?;
    match vm.path_kind(&path) {
        Some(FileKind::Dir) => {
            vm.state.cwd = path;
            Ok(Val::NONE)
        }
        Some(FileKind::File) => Err(vm.raise_os(20)),
        None => Err(vm.raise_os(2)),
    }
}

/// `os.dupterm(uart)`: a second console beside USB; `None` ends it. Only `machine.UART` objects can be
/// one. Returns whether there was one before, as the official function returns the stream.
fn dupterm(vm: &mut Vm, args: Args) -> R {
    let before = vm.hal.duplicated_console().is_some();
    match args.opt(vm, 0) {
        None => {}
        Some(Val::NONE) => vm.hal.duplicate_console(None),
        Some(stream) => {
            let Some(uart) = vm.as_native(stream, &super::machine::uart::UART) else {
                let name = vm.type_name(stream);
                return Err(
                    vm.type_error(format_args!("the second console must be a UART or None, not {name}"))
                );
            };
            let id = super::machine::uart::id(vm, uart);
            vm.hal.duplicate_console(Some(id));
        }
    }
    Ok(if before { Val::TRUE } else { Val::NONE })
}

fn getcwd(vm: &mut Vm, _: Args) -> R {
    let cwd = vm.absolute("");
    vm.new_str(&cwd)
}

/// Files are written when they are closed or flushed; nothing else is held back.
fn sync(_: &mut Vm, _: Args) -> R {
    Ok(Val::NONE)
}

fn urandom(vm: &mut Vm, args: Args) -> R {
    let n = args.get(vm, 0);
    let n = vm.int_in(n, "size", 0, 65_536)? as usize;
    let builder = vm.heap.new_builder(n)?;
    let mut left = n;
    while left > 0 {
        let word = vm.hal.random().to_le_bytes();
        let take = left.min(4);
        vm.heap.push_bytes(builder, &word[..take])?;
        left -= take;
    }
    Ok(vm.heap.finish_bytes(builder)?)
}

fn uname(vm: &mut Vm, _: Args) -> R {
    let (platform, machine) = (vm.hal.platform(), vm.hal.board());
    let version = super::sys::VERSION_TEXT;
    let mut items = [Val::NONE; 5];
    for (item, text) in items.iter_mut().zip([platform, platform, VERSION, version, machine]) {
        *item = vm.new_str(text)?;
    }
    attrtuple::new(vm, Fields::Uname, &items)
}

/// The module.
pub static OS: NativeModule = NativeModule {
    id: modules::OS,
    name: "os",
    entries: &[
        Entry::Fn("chdir", 1, 1, chdir),
        Entry::Fn("dupterm", 0, 2, dupterm),
        Entry::Fn("getcwd", 0, 0, getcwd),
        Entry::Fn("ilistdir", 0, 1, ilistdir),
        Entry::Fn("listdir", 0, 1, listdir),
        Entry::Fn("mkdir", 1, 1, mkdir),
        Entry::Fn("remove", 1, 1, remove),
        Entry::Fn("rename", 2, 2, rename),
        Entry::Fn("rmdir", 1, 1, rmdir),
        Entry::Str("sep", "/"),
        Entry::Fn("stat", 1, 1, stat),
        Entry::Fn("statvfs", 1, 1, statvfs),
        Entry::Fn("sync", 0, 0, sync),
        Entry::Fn("uname", 0, 0, uname),
        Entry::Fn("unlink", 1, 1, remove),
        Entry::Fn("urandom", 1, 1, urandom),
    ],
    ..NativeModule::EMPTY
};
