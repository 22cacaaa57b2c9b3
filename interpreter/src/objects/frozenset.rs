//! `frozenset`.

use super::index::one_optional;
use super::native::{Args, Entry, NativeType, R};
use super::set;
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    set::print_set(vm, v, out, "frozenset")
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let Some(items) = one_optional(vm, args, "frozenset")? else {
        return Ok(vm.heap.new_table(Kind::FrozenSet, 0, false)?);
    };
    if vm.heap.is(items, Kind::FrozenSet) {
        Ok(items)
    } else {
        set::from_iterable(vm, Kind::FrozenSet, items)
    }
}

// ---- operators ----

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    match vm.heap.hash_simple(v) {
        Ok(h) => Ok(h as u32),
        // Not reached: a set that needs the VM for its keys stores their hashes.
        Err(_) => Ok(vm.heap.hash_identity(v) as u32),
    }
}

/// The type.
pub static FROZENSET: NativeType = NativeType {
    id: ids::FROZENSET,
    name: "frozenset",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(set::len),
    hash: Some(hash),
    binary: Some(set::binary),
    compare: Some(set::compare),
    contains: Some(set::contains),
    iter: Some(set::iter),
    entries: &[
        Entry::Fn("copy", 1, 1, set::copy),
        Entry::Fn("difference", 1, 255, set::difference),
        Entry::Fn("intersection", 1, 255, set::intersection),
        Entry::Fn("isdisjoint", 2, 2, set::is_disjoint),
        Entry::Fn("issubset", 2, 2, set::is_subset),
        Entry::Fn("issuperset", 2, 2, set::is_superset),
        Entry::Fn("symmetric_difference", 2, 2, set::symmetric_difference),
        Entry::Fn("union", 1, 255, set::union),
    ],
    ..NativeType::EMPTY
};
