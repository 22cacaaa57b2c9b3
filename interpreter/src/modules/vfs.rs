//! `vfs`: what is mounted where. The board has one file system, its flash, mounted at `/`.

use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

fn print(_: &mut Vm, _: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("<VfsLfs2>");
    Ok(())
}

/// The object of the file system on flash. It has no state: all of them are the same.
fn object(vm: &mut Vm) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::VFS_LFS2), 0, 0, 0)?)
}

/// `mount()`: a list of (object, path).
fn mount(vm: &mut Vm, args: Args) -> R {
    if args.n > 0 || args.nkw > 0 {
        // Block devices written in Python and second file systems are not supported.
        return Err(vm.raise_os(95));
    }
    let list = vm.heap.new_list(&[])?;
    if vm.state.fs.is_some() {
        let (fs, path) = (object(vm)?, vm.new_str("/")?);
        let pair = vm.heap.new_tuple(&[fs, path])?;
        vm.heap.list_push(list, pair)?;
    }
    Ok(list)
}

/// The type of the file system on flash.
pub static VFS_LFS2: NativeType =
    NativeType { id: ids::VFS_LFS2, name: "VfsLfs2", print: Some(print), ..NativeType::EMPTY };

/// The module.
pub static VFS: NativeModule = NativeModule {
    id: modules::VFS,
    name: "vfs",
    entries: &[Entry::FnKw("mount", 0, 2, mount)],
    ..NativeModule::EMPTY
};
