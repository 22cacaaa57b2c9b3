//! `errno`: the numbers that OSError carries (those of MicroPython, which are Linux's).

use crate::objects::native::{Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The module.
pub static ERRNO: NativeModule = NativeModule {
    id: modules::ERRNO,
    name: "errno",
    get_attr: Some(get_attr),
    entries: &[
        Entry::Int("EPERM", 1),
        Entry::Int("ENOENT", 2),
        Entry::Int("EIO", 5),
        Entry::Int("EBADF", 9),
        Entry::Int("EAGAIN", 11),
        Entry::Int("ENOMEM", 12),
        Entry::Int("EACCES", 13),
        Entry::Int("EBUSY", 16),
        Entry::Int("EEXIST", 17),
        Entry::Int("ENODEV", 19),
        Entry::Int("ENOTDIR", 20),
        Entry::Int("EISDIR", 21),
        Entry::Int("EINVAL", 22),
        Entry::Int("ENOSPC", 28),
        Entry::Int("EROFS", 30),
        Entry::Int("ENOTEMPTY", 39),
        Entry::Int("EOPNOTSUPP", 95),
        Entry::Int("EADDRINUSE", 98),
        Entry::Int("ECONNABORTED", 103),
        Entry::Int("ECONNRESET", 104),
        Entry::Int("ENOBUFS", 105),
        Entry::Int("ENOTCONN", 107),
        Entry::Int("ETIMEDOUT", 110),
        Entry::Int("ECONNREFUSED", 111),
        Entry::Int("EHOSTUNREACH", 113),
        Entry::Int("EALREADY", 114),
        Entry::Int("EINPROGRESS", 115),
    ],
    ..NativeModule::EMPTY
};

/// `errno.errorcode`, made when it is asked for.
fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    if name != "errorcode" {
        return Ok(None);
    }
    let codes = vm.heap.new_dict(ERRNO.entries.len())?;
    for entry in ERRNO.entries {
        if let Entry::Int(name, number) = *entry {
            let name = vm.heap.new_str(name)?;
            vm.heap.dict_set(codes, Val::small(number as i32), name)?;
        }
    }
    Ok(Some(codes))
}
