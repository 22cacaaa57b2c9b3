//! Tuples whose items have names: `sys.implementation`, `os.uname()`.

use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::native::{CmpOp, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// The field names of each kind of such tuple.
static FIELDS: &[&[&str]] = &[
    &["name", "version", "_machine", "_mpy", "_build", "_thread"],
    &["sysname", "nodename", "release", "version", "machine"],
];

/// Which field names a tuple has.
#[derive(Clone, Copy, Debug)]
pub enum Fields {
    Implementation = 0,
    Uname = 1,
}

/// Makes one; w1 is the tuple of items, w2 the index into [`FIELDS`].
///
/// # Errors
/// MemoryError.
pub fn new(vm: &mut Vm, fields: Fields, items: &[Val]) -> R {
    debug_assert_eq!(FIELDS[fields as usize].len(), items.len());
    let tuple = vm.heap.new_tuple(items)?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::ATTRTUPLE), tuple.bits(), fields as u32, 0)?)
}

fn fields(vm: &Vm, v: Val) -> &'static [&'static str] {
    FIELDS.get(vm.heap.w(v, 2) as usize).copied().unwrap_or(&[])
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let tuple = vm.heap.val(v, 1);
    for (i, name) in fields(vm, v).iter().enumerate() {
        out.push(if i == 0 { "(" } else { ", " });
        out.push(name);
        out.push("=");
        let item = vm.heap.tuple(tuple)[i];
        out.repr(vm, item)?;
    }
    out.push(")");
    Ok(())
}

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(fields(vm, v).len())
}

fn get_item(vm: &mut Vm, v: Val, index: Val) -> R {
    let tuple = vm.heap.val(v, 1);
    vm.get_item(tuple, index)
}

fn iter(vm: &mut Vm, v: Val) -> R {
    let tuple = vm.heap.val(v, 1);
    vm.iter(tuple)
}

fn get_attr(vm: &mut Vm, v: Val, name: &str) -> R<Option<Val>> {
    let tuple = vm.heap.val(v, 1);
    Ok(fields(vm, v).iter().position(|f| *f == name).map(|i| vm.heap.tuple(tuple)[i]))
}

fn compare(vm: &mut Vm, op: CmpOp, v: Val, other: Val) -> R {
    let tuple = vm.heap.val(v, 1);
    let other = if vm.native_type_of(other).id == ids::ATTRTUPLE { vm.heap.val(other, 1) } else { other };
    vm.compare(op, tuple, other)
}

/// The type.
pub static ATTRTUPLE: NativeType = NativeType {
    id: ids::ATTRTUPLE,
    name: "tuple",
    print: Some(print),
    len: Some(len),
    compare: Some(compare),
    get_item: Some(get_item),
    iter: Some(iter),
    get_attr: Some(get_attr),
    ..NativeType::EMPTY
};
