//! The native file systems as objects: littlefs v2, on the board's flash or on a block device in Python, and FAT.

use alloc::string::String;
use alloc::vec::Vec;

use super::S_IFDIR;
use super::device::Device;
use crate::fs::{Entry as DirEntry, Fat, FsError, FsResult, Kind as FileKind, Lfs, Volume, resolve};
use crate::hal::{Flash, Hal};
use crate::heap::Kind;
use crate::heap::cell::{F_V1, F_V3, header};
use crate::modules::{io, os};
use crate::objects::native::{Args, Entry, ExcKind, NativeType, R, Raised};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

const EBUSY: i32 = 16;
const EROFS: i32 = 30;
const ENOTDIR: i32 = 20;
const S_IFREG: i32 = 0x8000;

// w1 = block device, None for the board's flash; w2 = 1 + place among the volumes, 0 for the flash, | READ_ONLY;
// w3 = its current folder (str), NULL for the root.

/// It was mounted with `readonly=True`.
const READ_ONLY: u32 = 1 << 16;

/// The object of the board's flash.
///
/// # Errors
/// MemoryError.
pub fn flash(vm: &mut Vm) -> R {
    let flags = F_V1 | F_V3;
    Ok(vm.heap.alloc_cell(header(Kind::Object, flags, ids::VFS_LFS2), Val::NONE.bits(), 0, 0)?)
}

/// Is it one of ours?
pub fn is(vm: &Vm, object: Val) -> bool {
    vm.heap.is(object, Kind::Object) && matches!(vm.heap.aux(object), ids::VFS_LFS2 | ids::VFS_FAT)
}

/// Is it FAT? (NULL, the board's flash, is not.)
pub fn is_fat(vm: &Vm, object: Val) -> bool {
    vm.heap.is(object, Kind::Object) && vm.heap.aux(object) == ids::VFS_FAT
}

/// 1 + its place among the volumes; 0 for the flash, which NULL stands for as well.
fn number(vm: &Vm, object: Val) -> usize {
    if object.is_null() { 0 } else { (vm.heap.w(object, 2) & !READ_ONLY) as usize }
}

/// Fails where nothing may be changed.
///
/// # Errors
/// OSError(EROFS).
pub fn check_writable(vm: &mut Vm, object: Val) -> R<()> {
    if object.is_null() || vm.heap.w(object, 2) & READ_ONLY == 0 { Ok(()) } else { Err(vm.raise_os(EROFS)) }
}

/// Closes the files whose objects are gone. Called after a collection.
pub fn close_lost(vm: &mut Vm) {
    let volumes = [&vm.state.fs].into_iter().chain(&vm.state.volumes);
    if !volumes.flatten().any(Volume::any_open) {
        return;
    }
    // What is there: files, and the objects of the volumes by number.
    let (mut files, mut objects) = (Vec::new(), [Val::NULL; MOST + 1]);
    let mut at = None;
    while let Some(cell) = vm.heap.next_cell(at, Kind::Object) {
        at = Some(cell);
        if is(vm, cell) {
            objects[number(vm, cell)] = cell;
        } else if let Some((fs, handle)) = io::open_file(vm, cell) {
            files.push((number(vm, fs), handle));
        }
    }
    for (number, object) in objects.into_iter().enumerate() {
        // A volume without an object has no device any more; the flash needs none.
        if number == 0 || !object.is_null() {
            let keep = |handle| files.contains(&(number, handle));
            let object = if number == 0 { Val::NULL } else { object };
            let closed = on(vm, object, |fs, flash| {
                fs.close_unless(flash, keep);
                Ok(())
            });
            if closed.is_err() {
                // A device's exception: there is nobody to tell.
                vm.take_exc();
            }
        }
    }
}

/// Runs an operation of a file system; NULL is the board's flash.
///
/// # Errors
/// OSError; what a block device raises.
pub fn on<T>(vm: &mut Vm, object: Val, f: impl FnOnce(&mut Volume, &mut dyn Flash) -> FsResult<T>) -> R<T> {
    let Some(place) = number(vm, object).checked_sub(1) else { return vm.with_fs(f) };
    // While it works its device's Python code runs, which must find the machine whole.
    let Some(mut volume) = vm.state.volumes.get_mut(place).and_then(Option::take) else {
        return Err(vm.raise_os(EBUSY));
    };
    let device = vm.heap.val(object, 1);
    let whole = matches!(volume, Volume::Fat(_));
    let (result, raised) = match Device::new(vm, device, whole) {
        Ok(mut device) => {
            let result = f(&mut volume, &mut device);
            (result, device.raised)
        }
        Err(Raised) => (Err(FsError::NO_DEVICE), true),
    };
    vm.state.volumes[place] = Some(volume);
    match result {
        Ok(v) => Ok(v),
        Err(_) if raised => Err(Raised),
        Err(FsError(errno)) => Err(vm.raise_os(errno)),
    }
}

/// Is it the board's own flash?
fn is_flash(vm: &Vm, device: Val) -> bool {
    vm.heap.is(device, Kind::Object) && vm.heap.aux(device) == ids::FLASH
}

/// As [`on`] for a device that has no volume yet; `whole` as in [`Device`].
fn on_device<T>(
    vm: &mut Vm,
    device: Val,
    whole: bool,
    f: impl FnOnce(&mut dyn Flash) -> FsResult<T>,
) -> R<T> {
    if is_flash(vm, device) && !whole {
        let flash: &mut dyn Flash = &mut *vm.hal as &mut dyn Hal;
        return f(flash).map_err(|FsError(errno)| vm.raise_os(errno));
    }
    let mut at = Device::new(vm, device, whole)?;
    let result = f(&mut at);
    let raised = at.raised;
    match result {
        Ok(v) => Ok(v),
        Err(_) if raised => Err(Raised),
        Err(FsError(errno)) => Err(vm.raise_os(errno)),
    }
}

/// Forgets the volumes of objects that are gone.
fn sweep(vm: &mut Vm) {
    if vm.state.volumes.iter().all(Option::is_none) {
        return;
    }
    vm.heap.collect();
    let mut used = 0u32;
    let mut at = None;
    while let Some(cell) = vm.heap.next_cell(at, Kind::Object) {
        at = Some(cell);
        if is(vm, cell) {
            used |= 1 << number(vm, cell);
        }
    }
    for (i, volume) in vm.state.volumes.iter_mut().enumerate() {
        if used & 2 << i == 0 {
            *volume = None;
        }
    }
}

/// Volumes besides the flash, at most.
const MOST: usize = 8;

fn make(vm: &mut Vm, device: Val, kind: u16) -> R {
    if is_flash(vm, device) && kind == ids::VFS_LFS2 {
        vm.mount_fs().map_err(|FsError(errno)| vm.raise_os(errno))?;
        return flash(vm);
    }
    sweep(vm);
    vm.need_room(os::OPEN_BYTES)?;
    let volume = if kind == ids::VFS_LFS2 {
        on_device(vm, device, false, |flash| Lfs::mount(flash).map(Volume::Lfs))?
    } else {
        on_device(vm, device, true, |flash| Fat::mount(flash).map(Volume::Fat))?
    };
    let place = match vm.state.volumes.iter().position(Option::is_none) {
        Some(place) => place,
        None if vm.state.volumes.len() < MOST => {
            vm.state.volumes.push(None);
            vm.state.volumes.len() - 1
        }
        None => return Err(vm.raise_os(FsError::TOO_MANY_OPEN.0)),
    };
    vm.state.volumes[place] = Some(volume);
    let object = flash(vm)?;
    vm.heap.set_aux(object, kind);
    vm.heap.set_val(object, 1, device);
    vm.heap.set_w(object, 2, 1 + place as u32);
    Ok(object)
}

/// The file system on a block device, whichever it is.
///
/// # Errors
/// OSError if there is none that is known.
pub fn probe(vm: &mut Vm, device: Val) -> R {
    if is_flash(vm, device) {
        return make(vm, device, ids::VFS_LFS2);
    }
    // FAT reads whole blocks only, which every device knows.
    match make(vm, device, ids::VFS_FAT) {
        Err(_) if vm.exc_is(ExcKind::OSError) => {
            vm.take_exc();
            make(vm, device, ids::VFS_LFS2)
        }
        other => other,
    }
}

/// `VfsLfs2(device, …)`; the sizes of caches that the official class takes are chosen here.
fn new_lfs(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let names = ["bdev", "*readsize", "*progsize", "*lookahead", "*mtime"];
    let [device, ..] = args.parse(vm, "VfsLfs2", names, 1)?;
    make(vm, device, ids::VFS_LFS2)
}

/// `VfsFat(device)`.
fn new_fat(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [device] = args.parse(vm, "VfsFat", ["bdev"], 1)?;
    make(vm, device, ids::VFS_FAT)
}

fn mkfs_lfs(vm: &mut Vm, args: Args) -> R {
    let names = ["bdev", "*readsize", "*progsize", "*lookahead"];
    let [device, ..] = args.parse(vm, "mkfs", names, 1)?;
    vm.need_room(os::OPEN_BYTES)?;
    on_device(vm, device, false, |flash| Lfs::format(flash))?;
    Ok(Val::NONE)
}

fn mkfs_fat(vm: &mut Vm, args: Args) -> R {
    let [device] = args.parse(vm, "mkfs", ["bdev"], 1)?;
    vm.need_room(os::OPEN_BYTES)?;
    on_device(vm, device, true, |flash| Fat::format(flash))?;
    Ok(Val::NONE)
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let name = vm.type_name(v);
    out.push("<");
    out.push(&name);
    out.push(">");
    Ok(())
}

/// A path argument, made absolute in the file system.
fn path_in(vm: &mut Vm, object: Val, path: Option<Val>) -> R<String> {
    let folder = vm.heap.val(object, 3);
    let folder = if folder.is_null() { String::new() } else { vm.text(folder).unwrap_or_default() };
    let path = match path {
        Some(path) => vm.path_text(path)?,
        None => String::new(),
    };
    Ok(resolve(&folder, &path))
}

// ---- operations by absolute path, for `os` and for the methods below ----

/// What is in a folder.
///
/// # Errors
/// OSError; what a block device raises.
fn folder(vm: &mut Vm, object: Val, path: &str) -> R<Vec<DirEntry>> {
    vm.need_room(os::OPEN_BYTES)?;
    let mut list = Vec::new();
    on(vm, object, |fs, flash| fs.list(flash, path, |entry| list.push(entry)))?;
    Ok(list)
}

/// A folder's entries as `ilistdir` gives them: (name, type, inode, size).
///
/// # Errors
/// As listing it.
pub fn listing(vm: &mut Vm, object: Val, path: &str, as_bytes: bool) -> R {
    let found = folder(vm, object, path)?;
    let list = vm.heap.new_list(&[])?;
    for entry in found {
        let mark = vm.heap.mark_temps();
        let name =
            if as_bytes { vm.heap.new_bytes(entry.name.as_bytes())? } else { vm.new_str(&entry.name)? };
        let kind = if entry.kind == FileKind::Dir { S_IFDIR } else { S_IFREG };
        let size = vm.heap.new_uint(u64::from(entry.size))?;
        let tuple = vm.heap.new_tuple(&[name, Val::small(kind), Val::ZERO, size])?;
        vm.heap.list_push(list, tuple)?;
        vm.heap.release_temps(mark);
    }
    Ok(list)
}

pub fn stat(vm: &mut Vm, object: Val, path: &str) -> R {
    let (entry, mtime) = on(vm, object, |fs, flash| {
        let entry = fs.stat(flash, path)?;
        let mtime = fs.mtime(flash, path).unwrap_or(0);
        Ok((entry, mtime / 1_000_000_000))
    })?;
    let kind = if entry.kind == FileKind::Dir { S_IFDIR } else { S_IFREG };
    let size = vm.heap.new_uint(u64::from(entry.size))?;
    let mtime = vm.heap.new_uint(mtime)?;
    let zero = Val::ZERO;
    Ok(vm.heap.new_tuple(&[Val::small(kind), zero, zero, zero, zero, zero, size, mtime, mtime, mtime])?)
}

pub fn statvfs(vm: &mut Vm, object: Val) -> R {
    let (block, count, free) = on(vm, object, |fs, flash| fs.space(flash))?;
    let [block, count, free] = [block, count, free].map(|n| Val::small(n as i32));
    let zero = Val::ZERO;
    Ok(vm.heap.new_tuple(&[block, block, count, free, free, zero, zero, zero, zero, Val::small(255)])?)
}

pub fn mkdir(vm: &mut Vm, object: Val, path: &str) -> R {
    check_writable(vm, object)?;
    on(vm, object, |fs, flash| fs.mkdir(flash, path))?;
    Ok(Val::NONE)
}

pub fn remove(vm: &mut Vm, object: Val, path: &str) -> R {
    check_writable(vm, object)?;
    on(vm, object, |fs, flash| match fs.stat(flash, path)?.kind {
        FileKind::File => fs.remove(flash, path),
        FileKind::Dir => Err(FsError::IS_DIR),
    })?;
    Ok(Val::NONE)
}

pub fn rmdir(vm: &mut Vm, object: Val, path: &str) -> R {
    check_writable(vm, object)?;
    on(vm, object, |fs, flash| match fs.stat(flash, path)?.kind {
        FileKind::Dir => fs.remove(flash, path),
        FileKind::File => Err(FsError(ENOTDIR)),
    })?;
    Ok(Val::NONE)
}

pub fn rename(vm: &mut Vm, object: Val, from: &str, to: &str) -> R {
    check_writable(vm, object)?;
    on(vm, object, |fs, flash| fs.rename(flash, from, to))?;
    Ok(Val::NONE)
}

/// Is there a folder of this path?
///
/// # Errors
/// OSError if there is none.
pub fn check_folder(vm: &mut Vm, object: Val, path: &str) -> R<()> {
    let fat = !object.is_null() && vm.heap.aux(object) == ids::VFS_FAT;
    match on(vm, object, |fs, flash| fs.stat(flash, path))?.kind {
        FileKind::Dir => Ok(()),
        // As the official firmware has it.
        FileKind::File if fat => Err(vm.raise_os(FsError::NO_ENTRY.0)),
        FileKind::File => Err(vm.raise_os(ENOTDIR)),
    }
}

// ---- methods ----

fn one_path(vm: &mut Vm, args: Args) -> R<(Val, String)> {
    let object = args.get(vm, 0);
    let path = path_in(vm, object, args.opt(vm, 1))?;
    Ok((object, path))
}

fn m_open(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    let mode = match args.opt(vm, 2) {
        Some(mode) => vm.str_arg(mode)?,
        None => String::from("r"),
    };
    io::open_on(vm, object, &path, &mode)
}

fn m_ilistdir(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    let as_bytes = args.opt(vm, 1).is_some_and(|p| !vm.heap.is_str(p));
    let list = listing(vm, object, &path, as_bytes)?;
    vm.iter(list)
}

fn m_mkdir(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    mkdir(vm, object, &path)
}

fn m_remove(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    remove(vm, object, &path)
}

fn m_rmdir(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    rmdir(vm, object, &path)
}

fn m_rename(vm: &mut Vm, args: Args) -> R {
    let (object, from) = one_path(vm, args)?;
    let to = path_in(vm, object, args.opt(vm, 2))?;
    rename(vm, object, &from, &to)
}

fn m_stat(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    stat(vm, object, &path)
}

fn m_statvfs(vm: &mut Vm, args: Args) -> R {
    let object = args.get(vm, 0);
    statvfs(vm, object)
}

fn m_chdir(vm: &mut Vm, args: Args) -> R {
    let (object, path) = one_path(vm, args)?;
    check_folder(vm, object, &path)?;
    let path = vm.new_str(&path)?;
    vm.heap.set_val(object, 3, path);
    Ok(Val::NONE)
}

fn m_getcwd(vm: &mut Vm, args: Args) -> R {
    let object = args.get(vm, 0);
    let path = path_in(vm, object, None)?;
    vm.new_str(&path)
}

/// Called by `vfs.mount` and `vfs.umount`: the volume was mounted when the object was made.
fn m_mount(vm: &mut Vm, args: Args) -> R {
    let (object, readonly) = (args.get(vm, 0), args.get(vm, 1));
    let flag = if vm.truth(readonly)? { READ_ONLY } else { 0 };
    vm.heap.set_w(object, 2, number(vm, object) as u32 | flag);
    Ok(Val::NONE)
}

fn m_umount(vm: &mut Vm, args: Args) -> R {
    let object = args.get(vm, 0);
    on(vm, object, |fs, flash| {
        fs.close_unless(flash, |_| false);
        Ok(())
    })?;
    Ok(Val::NONE)
}

const fn entries(mkfs: Entry) -> [Entry; 13] {
    [
        mkfs,
        Entry::Fn("chdir", 2, 2, m_chdir),
        Entry::Fn("getcwd", 1, 1, m_getcwd),
        Entry::Fn("ilistdir", 1, 2, m_ilistdir),
        Entry::Fn("mkdir", 2, 2, m_mkdir),
        Entry::Fn("mount", 3, 3, m_mount),
        Entry::Fn("open", 2, 3, m_open),
        Entry::Fn("remove", 2, 2, m_remove),
        Entry::Fn("rename", 3, 3, m_rename),
        Entry::Fn("rmdir", 2, 2, m_rmdir),
        Entry::Fn("stat", 2, 2, m_stat),
        Entry::Fn("statvfs", 2, 2, m_statvfs),
        Entry::Fn("umount", 1, 1, m_umount),
    ]
}

/// littlefs v2.
pub static VFS_LFS2: NativeType = NativeType {
    id: ids::VFS_LFS2,
    name: "VfsLfs2",
    print: Some(print),
    new: Some(new_lfs),
    entries: &entries(Entry::Static("mkfs", 1, 1, mkfs_lfs)),
    ..NativeType::EMPTY
};

/// FAT.
pub static VFS_FAT: NativeType = NativeType {
    id: ids::VFS_FAT,
    name: "VfsFat",
    print: Some(print),
    new: Some(new_fat),
    entries: &entries(Entry::Static("mkfs", 1, 1, mkfs_fat)),
    ..NativeType::EMPTY
};
