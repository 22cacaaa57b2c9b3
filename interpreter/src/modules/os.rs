//! `os`: the file system.

use alloc::string::String;
use alloc::vec::Vec;

use super::attrtuple::{self, Fields};
use super::vfs::{self, Place, volume};
use crate::fs::{FsError, FsResult, Handle, Kind as FileKind, Lfs, MAX_PATH, OpenMode, Volume, resolve};
use crate::hal::{Flash, Hal};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

const EPERM: i32 = 1;
const EEXIST: i32 = 17;
const ENAMETOOLONG: i32 = 36;
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
        self.state.fs = Some(Volume::Lfs(fs));
        Ok(())
    }

    /// Runs an operation of the file system.
    ///
    /// # Errors
    /// Its error; ENODEV if none is mounted.
    pub fn try_fs<T>(&mut self, f: impl FnOnce(&mut Volume, &mut dyn Flash) -> FsResult<T>) -> FsResult<T> {
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
    pub fn with_fs<T>(&mut self, f: impl FnOnce(&mut Volume, &mut dyn Flash) -> FsResult<T>) -> R<T> {
        self.try_fs(f).map_err(|FsError(errno)| self.raise_os(errno))
    }

    /// The text of a path argument.
    ///
    /// # Errors
    /// TypeError if it is neither str nor bytes; OSError(ENAMETOOLONG).
    pub fn path_text(&mut self, v: Val) -> R<String> {
        match self.heap.as_bytes(v).and_then(|bytes| core::str::from_utf8(bytes).ok()) {
            Some(path) if path.len() > MAX_PATH => Err(self.raise_os(ENAMETOOLONG)),
            Some(path) => Ok(String::from(path)),
            None => {
                let name = self.type_name(v);
                Err(self.type_error(format_args!("path should be string or bytes, not {name}")))
            }
        }
    }

    /// What is at a path: for `import`. Errors mean that nothing is.
    pub fn path_kind(&mut self, path: &str) -> Option<FileKind> {
        let kind = match self.locate(path) {
            Ok(Place::Root) => return Some(FileKind::Dir),
            Ok(Place::Native(fs, path)) if fs.is_null() => {
                return self.try_fs(|fs, flash| fs.stat(flash, &path)).ok().map(|entry| entry.kind);
            }
            Ok(Place::Native(fs, path)) => {
                volume::on(self, fs, |fs, flash| fs.stat(flash, &path)).map(|entry| Some(entry.kind))
            }
            Ok(Place::Python(fs, path)) => self.python_kind(fs, &path),
            Err(raised) => Err(raised),
        };
        kind.unwrap_or_else(|_| {
            self.take_exc();
            None
        })
    }

    /// A whole file; `None` if there is none.
    ///
    /// # Errors
    /// OSError; MemoryError if it does not fit; what a file system in Python raises.
    pub fn read_file(&mut self, path: &str) -> R<Option<Vec<u8>>> {
        let (fs, path) = match self.locate(path) {
            Ok(Place::Native(fs, path)) => (fs, path),
            Ok(Place::Python(fs, path)) => return self.read_python(fs, &path).map(Some),
            Ok(Place::Root) => return Ok(None),
            Err(_) => {
                self.take_exc();
                return Ok(None);
            }
        };
        let size = match volume::on(self, fs, |fs, flash| Ok(fs.stat(flash, &path).ok())) {
            Ok(Some(entry)) if entry.kind == FileKind::File => entry.size,
            Ok(_) => return Ok(None),
            // Without a file system there are no files.
            Err(raised) if fs.is_null() && self.state.fs.is_none() => {
                let _ = raised;
                self.take_exc();
                return Ok(None);
            }
            Err(raised) => return Err(raised),
        };
        self.make_room(size as usize + OPEN_BYTES);
        let read = |fs: &mut Volume, flash: &mut dyn Flash| {
            let file = fs.open(flash, &path, OpenMode::READ)?;
            let result = read_whole(fs, flash, file);
            fs.close(flash, file)?;
            match result {
                Err(FsError::NO_MEMORY) => Ok(None),
                other => other.map(Some),
            }
        };
        match volume::on(self, fs, read)? {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(self.no_memory()),
        }
    }

    /// A whole file of a file system in Python.
    fn read_python(&mut self, fs: Val, path: &str) -> R<Vec<u8>> {
        let (path, mode) = (self.new_str(path)?, self.new_str("rb")?);
        let file = self.call_method(fs, "open", &[path, mode])?;
        self.heap.keep(file)?;
        let has_ioctl = self.getattr_opt(file, "ioctl")?.is_some();
        let mut chunk = 0;
        if has_ioctl {
            let size = self.call_method(file, "ioctl", &[Val::small(IOCTL_BUFFER_SIZE), Val::ZERO])?;
            chunk = self.index(size)?;
        }
        // It may say how much it likes to be read at a time.
        let chunk = if chunk > 0 { chunk.min(255) as usize } else { 64 };
        let buffer = self.heap.new_bytearray_zeroed(chunk)?;
        let mut bytes = Vec::new();
        let result = loop {
            let mark = self.heap.mark_temps();
            let n = match self.call_method(file, "readinto", &[buffer]) {
                Ok(n) if n.is_none() => 0,
                Ok(n) => match self.index(n) {
                    Ok(n) => n.clamp(0, chunk as i64) as usize,
                    Err(raised) => break Err(raised),
                },
                Err(raised) => break Err(raised),
            };
            if n == 0 {
                break Ok(());
            }
            if bytes.try_reserve(n).is_err() {
                break Err(self.no_memory());
            }
            bytes.extend_from_slice(&self.heap.bytes(buffer)[..n]);
            self.heap.release_temps(mark);
        };
        if has_ioctl {
            self.call_method(file, "ioctl", &[Val::small(IOCTL_CLOSE), Val::ZERO])?;
        } else {
            self.call_method(file, "close", &[])?;
        }
        result.map(|()| bytes)
    }

    /// A whole text file; `None` if there is none.
    ///
    /// # Errors
    /// As [`Vm::read_file`]; UnicodeError if it is not UTF-8.
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
}

/// Requests of a stream's `ioctl`.
const IOCTL_CLOSE: i32 = 4;
const IOCTL_BUFFER_SIZE: i32 = 11;

/// Bytes that an open file or a walk through a folder takes.
pub const OPEN_BYTES: usize = 4096;

fn read_whole(fs: &mut Volume, flash: &mut dyn Flash, file: Handle) -> FsResult<Vec<u8>> {
    let size = fs.size(flash, file)? as usize;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| FsError::NO_MEMORY)?;
    bytes.resize(size, 0);
    let n = fs.read(flash, file, &mut bytes)?;
    bytes.truncate(n);
    Ok(bytes)
}

/// The path argument `i`, and where it leads.
fn place(vm: &mut Vm, args: Args, i: usize) -> R<Place> {
    let path = args.get(vm, i);
    let path = vm.path_text(path)?;
    vm.locate(&path)
}

/// Calls a method of a file system in Python with a path.
fn python(vm: &mut Vm, fs: Val, method: &str, path: &str) -> R {
    let path = vm.new_str(path)?;
    vm.call_method(fs, method, &[path])
}

/// An iterator of tuples (name, type, inode, size).
fn ilistdir(vm: &mut Vm, args: Args) -> R {
    let (path, as_bytes) = match args.opt(vm, 0) {
        Some(v) => (vm.path_text(v)?, !vm.heap.is_str(v)),
        None => (String::new(), false),
    };
    let top = resolve(&vm.state.cwd, &path) == "/" && (path.starts_with('/') || vm.at_root());
    let place = vm.locate(&path)?;
    // What is mounted below the root is among its folders.
    let points = if top { vm.mount_points() } else { Vec::new() };
    let list = vm.heap.new_list(&[])?;
    for name in points {
        let name = if as_bytes { vm.heap.new_bytes(name.as_bytes())? } else { vm.new_str(&name)? };
        let tuple = vm.heap.new_tuple(&[name, Val::small(vfs::S_IFDIR), Val::ZERO])?;
        vm.heap.list_push(list, tuple)?;
    }
    match place {
        Place::Root => {}
        Place::Native(fs, path) => {
            let own = volume::listing(vm, fs, &path, as_bytes)?;
            vm.for_each(own, |vm, item| Ok(vm.heap.list_push(list, item)?))?;
        }
        Place::Python(fs, path) => {
            let own = python(vm, fs, "ilistdir", &path)?;
            if vm.heap.list_len(list) == 0 {
                return vm.iter(own);
            }
            vm.for_each(own, |vm, item| Ok(vm.heap.list_push(list, item)?))?;
        }
    }
    vm.iter(list)
}

fn listdir(vm: &mut Vm, args: Args) -> R {
    let entries = ilistdir(vm, args)?;
    let list = vm.heap.new_list(&[])?;
    vm.for_each(entries, |vm, entry| {
        let name = vm.get_item(entry, Val::ZERO)?;
        Ok(vm.heap.list_push(list, name)?)
    })?;
    Ok(list)
}

fn stat(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_text(path)?;
    if resolve(&vm.state.cwd, &path) == "/" {
        return root_stat(vm);
    }
    match vm.locate(&path)? {
        Place::Root => root_stat(vm),
        Place::Native(fs, path) => volume::stat(vm, fs, &path),
        Place::Python(fs, path) => python(vm, fs, "stat", &path),
    }
}

/// The root is a folder, whatever is mounted there.
fn root_stat(vm: &mut Vm) -> R {
    let mut items = [Val::ZERO; 10];
    items[0] = Val::small(vfs::S_IFDIR);
    Ok(vm.heap.new_tuple(&items)?)
}

fn statvfs(vm: &mut Vm, args: Args) -> R {
    match place(vm, args, 0)? {
        Place::Root => {
            let mut items = [Val::ZERO; 10];
            items[9] = Val::small(255);
            Ok(vm.heap.new_tuple(&items)?)
        }
        Place::Native(fs, _) => volume::statvfs(vm, fs),
        Place::Python(fs, path) => python(vm, fs, "statvfs", &path),
    }
}

fn mkdir(vm: &mut Vm, args: Args) -> R {
    match place(vm, args, 0)? {
        Place::Native(fs, path) if path != "/" => volume::mkdir(vm, fs, &path),
        Place::Python(fs, path) if path != "/" => python(vm, fs, "mkdir", &path),
        _ => Err(vm.raise_os(EEXIST)),
    }
}

fn remove(vm: &mut Vm, args: Args) -> R {
    match place(vm, args, 0)? {
        Place::Root => Err(vm.raise_os(EPERM)),
        Place::Native(fs, path) => volume::remove(vm, fs, &path),
        Place::Python(fs, path) => python(vm, fs, "remove", &path),
    }
}

fn rmdir(vm: &mut Vm, args: Args) -> R {
    match place(vm, args, 0)? {
        Place::Root => Err(vm.raise_os(EPERM)),
        Place::Native(fs, path) => volume::rmdir(vm, fs, &path),
        Place::Python(fs, path) => python(vm, fs, "rmdir", &path),
    }
}

fn rename(vm: &mut Vm, args: Args) -> R {
    match (place(vm, args, 0)?, place(vm, args, 1)?) {
        (Place::Native(fs, from), Place::Native(other, to)) if fs == other => {
            volume::rename(vm, fs, &from, &to)
        }
        (Place::Python(fs, from), Place::Python(other, to)) if fs == other => {
            let (from, to) = (vm.new_str(&from)?, vm.new_str(&to)?);
            vm.call_method(fs, "rename", &[from, to])
        }
        // Not from one file system to another.
        _ => Err(vm.raise_os(EPERM)),
    }
}

fn chdir(vm: &mut Vm, args: Args) -> R {
    let given = args.get(vm, 0);
    let given = vm.path_text(given)?;
    let place = vm.locate(&given)?;
    match &place {
        Place::Root => {}
        Place::Native(fs, path) => volume::check_folder(vm, *fs, path)?,
        Place::Python(fs, path) => {
            python(vm, *fs, "chdir", path)?;
        }
    }
    vm.set_cwd(&place, &given);
    Ok(Val::NONE)
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

/// `os.dupterm_notify(stream)`: input is looked for anyway. A UART's own interrupt tells of it.
fn dupterm_notify(vm: &mut Vm, _: Args) -> R {
    vm.poll()?;
    Ok(Val::NONE)
}

fn getcwd(vm: &mut Vm, _: Args) -> R {
    let cwd = resolve(&vm.state.cwd, "");
    if !vm.at_root()
        && let Place::Python(fs, _) = vm.locate("")?
    {
        // Below the mount it keeps its own.
        let own = vm.call_method(fs, "getcwd", &[])?;
        let own = vm.text(own).unwrap_or_default();
        let joined = alloc::format!("{}{own}", cwd.trim_end_matches('/'));
        return vm.new_str(&joined);
    }
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
        vm.poll()?;
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
        Entry::Type("VfsFat", &volume::VFS_FAT),
        Entry::Type("VfsLfs2", &volume::VFS_LFS2),
        Entry::Fn("chdir", 1, 1, chdir),
        Entry::Fn("dupterm", 0, 2, dupterm),
        Entry::Fn("dupterm_notify", 1, 1, dupterm_notify),
        Entry::Fn("getcwd", 0, 0, getcwd),
        Entry::Fn("ilistdir", 0, 1, ilistdir),
        Entry::Fn("listdir", 0, 1, listdir),
        Entry::Fn("mkdir", 1, 1, mkdir),
        Entry::FnKw("mount", 0, 2, vfs::mount),
        Entry::Fn("remove", 1, 1, remove),
        Entry::Fn("rename", 2, 2, rename),
        Entry::Fn("rmdir", 1, 1, rmdir),
        Entry::Str("sep", "/"),
        Entry::Fn("stat", 1, 1, stat),
        Entry::Fn("statvfs", 1, 1, statvfs),
        Entry::Fn("sync", 0, 0, sync),
        Entry::Fn("umount", 1, 1, vfs::umount),
        Entry::Fn("uname", 0, 0, uname),
        Entry::Fn("unlink", 1, 1, remove),
        Entry::Fn("urandom", 1, 1, urandom),
    ],
    ..NativeModule::EMPTY
};
