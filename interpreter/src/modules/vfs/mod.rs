//! `vfs`: what is mounted where. The board's flash is mounted at `/` at the start; programs mount file systems on
//! block devices of their own ([`volume`]), and objects in Python that behave like a file system.

mod device;
pub mod volume;

use alloc::string::String;

use crate::fs::{Kind as FileKind, resolve};
use crate::heap::Root;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

const EPERM: i32 = 1;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
/// The bit of `st_mode` that says that it is a folder.
pub const S_IFDIR: i32 = 0x4000;

/// Where a path leads.
pub enum Place {
    /// To a native file system (see [`volume`]); the path is absolute there.
    Native(Val, String),
    /// To a file system in Python; the path is as it wants it.
    Python(Val, String),
    /// To `/` itself, where nothing is mounted.
    Root,
}

/// The list of path, object, path, object …; made when something is mounted besides the flash.
fn mounts(vm: &mut Vm) -> R {
    let list = vm.heap.root(Root::Mounts);
    if !list.is_null() {
        return Ok(list);
    }
    let list = vm.heap.new_list(&[])?;
    if vm.state.fs.is_some() {
        let (path, flash) = (vm.new_str("/")?, volume::flash(vm)?);
        vm.heap.list_push(list, path)?;
        vm.heap.list_push(list, flash)?;
    }
    vm.heap.set_root(Root::Mounts, list);
    Ok(list)
}

/// Where the mount with the longest path that leads to `absolute` is in the list.
fn covering(vm: &Vm, list: Val, absolute: &str) -> Option<usize> {
    let covers = |path: &str| {
        path == "/"
            || absolute.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let length = |i: usize| vm.heap.as_str(vm.heap.list(list)[i]).filter(|p| covers(p)).map(str::len);
    (0..vm.heap.list_len(list)).step_by(2).filter_map(|i| length(i).map(|n| (n, i))).max().map(|(_, i)| i)
}

impl Vm {
    /// Where a path leads, relative ones from the current folder.
    ///
    /// # Errors
    /// OSError(ENODEV) if nothing is mounted there.
    pub fn locate(&mut self, given: &str) -> R<Place> {
        let absolute = resolve(&self.state.cwd, given);
        if self.heap.root(Root::Mounts).is_null() {
            return Ok(Place::Native(Val::NULL, absolute));
        }
        let list = mounts(self)?;
        let Some(at) = covering(self, list, &absolute) else {
            return if absolute == "/" { Ok(Place::Root) } else { Err(self.raise_os(ENODEV)) };
        };
        let (path, object) = (self.heap.list(list)[at], self.heap.list(list)[at + 1]);
        let mounted = self.text(path).unwrap_or_default();
        let rest = absolute.strip_prefix(mounted.trim_end_matches('/')).unwrap_or("");
        let rest = String::from(if rest.is_empty() { "/" } else { rest });
        if volume::is(self, object) {
            return Ok(Place::Native(object, rest));
        }
        // A file system in Python has a current folder of its own.
        let own = covering(self, list, &resolve(&self.state.cwd, "")) == Some(at);
        let path = if own && !given.starts_with('/') && !(given.is_empty() && self.at_root()) {
            String::from(given)
        } else {
            rest
        };
        Ok(Place::Python(object, path))
    }

    /// Is the current folder `/`?
    pub fn at_root(&self) -> bool {
        matches!(self.state.cwd.as_str(), "" | "/")
    }

    /// Makes a folder in which something is mounted the current one.
    pub fn set_cwd(&mut self, place: &Place, given: &str) {
        self.state.cwd = match place {
            // Its own folders are its own affair.
            Place::Python(object, _) => {
                let list = self.heap.root(Root::Mounts);
                let at = self.heap.list(list).chunks(2).position(|pair| pair[1] == *object).unwrap_or(0);
                let path = self.text(self.heap.list(list)[2 * at]).unwrap_or_default();
                let inside = resolve(&self.state.cwd, given);
                // Two slashes: not at the top of what is mounted there.
                if path == "/" && inside != "/" { String::from("//") } else { path }
            }
            _ => resolve(&self.state.cwd, given),
        };
    }

    /// The names of what is mounted directly below `/`.
    pub fn mount_points(&self) -> alloc::vec::Vec<String> {
        let list = self.heap.root(Root::Mounts);
        if list.is_null() {
            return alloc::vec::Vec::new();
        }
        let paths = self.heap.list(list).chunks(2).filter_map(|pair| self.text(pair[0]));
        paths.filter_map(|p| p.strip_prefix('/').filter(|n| !n.is_empty()).map(String::from)).collect()
    }

    /// What a file system in Python says about a path; None: OSError.
    ///
    /// # Errors
    /// What it raises but OSError.
    pub fn python_kind(&mut self, object: Val, path: &str) -> R<Option<FileKind>> {
        let path = self.new_str(path)?;
        match self.call_method(object, "stat", &[path]) {
            Ok(stat) => {
                let mode = self.get_item(stat, Val::ZERO)?;
                let mode = self.index(mode)?;
                Ok(Some(if mode & i64::from(S_IFDIR) != 0 { FileKind::Dir } else { FileKind::File }))
            }
            Err(raised) => {
                if !self.exc_is(ExcKind::OSError) {
                    return Err(raised);
                }
                self.take_exc();
                Ok(None)
            }
        }
    }
}

/// `mount()`: a list of (object, path). `mount(fs, path, *, readonly=False, mkfs=False)`.
pub fn mount(vm: &mut Vm, args: Args) -> R {
    let names = ["fsobj", "mount_point", "*readonly", "*mkfs"];
    let [object, path, readonly, mkfs] = args.parse(vm, "mount", names, 0)?;
    let list = mounts(vm)?;
    if object.is_null() {
        let out = vm.heap.new_list(&[])?;
        for i in (0..vm.heap.list_len(list)).step_by(2) {
            let pair = [vm.heap.list(list)[i + 1], vm.heap.list(list)[i]];
            let pair = vm.heap.new_tuple(&pair)?;
            vm.heap.list_push(out, pair)?;
        }
        return Ok(out);
    }
    if path.is_null() {
        return Err(vm.type_error(format_args!("mount() missing required argument 'mount_point' (pos 2)")));
    }
    let path = vm.str_arg(path)?;
    let path = resolve("/", &path);
    let (readonly, mkfs) = (
        if readonly.is_null() { Val::FALSE } else { readonly },
        if mkfs.is_null() { Val::FALSE } else { mkfs },
    );
    // A block device: the file system is found out.
    let object = match vm.getattr_opt(object, "mount")? {
        Some(_) => object,
        None => volume::probe(vm, object)?,
    };
    vm.heap.keep(object)?;
    vm.call_method(object, "mount", &[readonly, mkfs])?;
    if (0..vm.heap.list_len(list)).step_by(2).any(|i| vm.heap.as_str(vm.heap.list(list)[i]) == Some(&path)) {
        return Err(vm.raise_os(EPERM));
    }
    let path = vm.new_str(&path)?;
    vm.heap.list_push(list, path)?;
    vm.heap.list_push(list, object)?;
    Ok(Val::NONE)
}

/// `umount(object or path)`.
pub fn umount(vm: &mut Vm, args: Args) -> R {
    let what = args.get(vm, 0);
    let list = mounts(vm)?;
    let path = vm.owned_text(what)?.map(|p| resolve("/", &p));
    let found = (0..vm.heap.list_len(list)).step_by(2).find(|&i| match &path {
        Some(path) => vm.heap.as_str(vm.heap.list(list)[i]) == Some(path),
        None => vm.heap.list(list)[i + 1] == what,
    });
    let Some(i) = found else { return Err(vm.raise_os(EINVAL)) };
    let (path, object) = (vm.heap.list(list)[i], vm.heap.list(list)[i + 1]);
    vm.heap.keep(object)?;
    vm.heap.keep(path)?;
    vm.heap.list_remove(list, i, i + 2);
    // Whoever is inside finds itself at the top.
    let path = vm.text(path).unwrap_or_default();
    if resolve(&vm.state.cwd, "").starts_with(&path) {
        vm.state.cwd.clear();
    }
    vm.call_method(object, "umount", &[])?;
    Ok(Val::NONE)
}

/// The module.
pub static VFS: NativeModule = NativeModule {
    id: modules::VFS,
    name: "vfs",
    entries: &[
        Entry::Type("VfsFat", &volume::VFS_FAT),
        Entry::Type("VfsLfs2", &volume::VFS_LFS2),
        Entry::FnKw("mount", 0, 2, mount),
        Entry::Fn("umount", 1, 1, umount),
    ],
    ..NativeModule::EMPTY
};
