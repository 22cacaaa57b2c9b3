//! `tuple`.

use super::index::{self, bad_index, is_index, one_optional};
use super::iterators::{self, Walk};
use super::list;
use super::native::{Args, BinOp, CmpOp, Entry, NativeType, R};
use crate::heap::{Kind, combine_hashes};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let n = vm.heap.tuple(v).len();
    out.push("(");
    for i in 0..n {
        if i > 0 {
            out.push(", ");
        }
        let item = vm.heap.tuple(v)[i];
        list::print_item(vm, item, out)?;
    }
    out.push(if n == 1 { ",)" } else { ")" });
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    match one_optional(vm, args, "tuple")? {
        Some(items) => from_iterable(vm, items),
        None => Ok(vm.heap.new_tuple(&[])?),
    }
}

/// A tuple of what an iterable gives.
///
/// # Errors
/// TypeError if it is not iterable; whatever the iteration raises.
pub fn from_iterable(vm: &mut Vm, items: Val) -> R {
    if vm.heap.is_tuple(items) {
        return Ok(items);
    }
    let items = list::as_items(vm, items)?;
    Ok(vm.heap.new_tuple_of(items, 0, vm.heap.items(items).len())?)
}

// ---- operators ----

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(vm.heap.tuple(v).len())
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    if let Ok(h) = vm.heap.hash_simple(v) {
        return Ok(h as u32);
    }
    vm.enter_native()?;
    let result = hash_items(vm, v);
    vm.leave_native();
    result
}

fn hash_items(vm: &mut Vm, v: Val) -> R<u32> {
    let mut h = 0x0034_5678;
    for i in 0..vm.heap.tuple(v).len() {
        let item = vm.heap.tuple(v)[i];
        let (item, _) = super::keys::hash(vm, item)?;
        h = combine_hashes(h, item);
    }
    Ok(h as u32)
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    match op {
        BinOp::Add => {
            let Some(b) = vm.as_native(b, &TUPLE) else {
                if index::knows(vm, b, "__radd__")? {
                    return Ok(Val::NOT_IMPLEMENTED);
                }
                let got = vm.type_name(b);
                return Err(
                    vm.type_error(format_args!("can only concatenate tuple (not \"{got}\") to tuple"))
                );
            };
            match (vm.heap.tuple(a).len(), vm.heap.tuple(b).len()) {
                (_, 0) => Ok(a),
                (0, _) => Ok(b),
                (m, n) => {
                    let items = vm.heap.new_list_cap(m + n)?;
                    vm.heap.list_extend(items, a)?;
                    vm.heap.list_extend(items, b)?;
                    Ok(vm.heap.new_tuple_of(items, 0, m + n)?)
                }
            }
        }
        BinOp::Mul => repeat(vm, a, b),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn reflected(vm: &mut Vm, op: BinOp, other: Val, v: Val) -> R {
    if op == BinOp::Mul { repeat(vm, v, other) } else { Ok(Val::NOT_IMPLEMENTED) }
}

fn repeat(vm: &mut Vm, v: Val, times: Val) -> R {
    let n = vm.heap.tuple(v).len();
    let Some(times) = index::times(vm, times, n)? else { return Ok(Val::NOT_IMPLEMENTED) };
    if n == 0 || times == 1 {
        return Ok(v);
    }
    let items = vm.heap.new_list_times(v, times)?;
    Ok(vm.heap.new_tuple_of(items, 0, n * times)?)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    match vm.as_native(b, &TUPLE) {
        Some(b) => list::compare_items(vm, op, a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    Ok(list::position(vm, v, x, 0, usize::MAX)?.is_some())
}

// ---- items ----

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    let n = vm.heap.tuple(v).len();
    if is_index(vm, i) {
        let at = index::index(vm, i, n, "tuple index")?;
        return Ok(vm.heap.tuple(v)[at]);
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(bad_index(vm, "tuple", i));
    }
    if let Some((start, count)) = index::plain(vm, i, n) {
        return if count == n { Ok(v) } else { Ok(vm.heap.new_tuple_of(v, start, start + count)?) };
    }
    let s = index::span(vm, i, n)?;
    if s.step == 1 {
        return if s.count == n { Ok(v) } else { Ok(vm.heap.new_tuple_of(v, s.start, s.start + s.count)?) };
    }
    let items = vm.heap.new_list_cap(s.count)?;
    for k in 0..s.count {
        let item = vm.heap.tuple(v)[s.at(k)];
        vm.heap.list_push(items, item)?;
    }
    Ok(vm.heap.new_tuple_of(items, 0, s.count)?)
}

fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::from_start(vm, Walk::Tuple, v)
}

/// The type.
pub static TUPLE: NativeType = NativeType {
    id: ids::TUPLE,
    name: "tuple",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(len),
    hash: Some(hash),
    binary: Some(binary),
    reflected: Some(reflected),
    compare: Some(compare),
    contains: Some(contains),
    get_item: Some(get_item),
    iter: Some(iter),
    entries: &[Entry::Fn("count", 2, 2, list::count), Entry::Fn("index", 2, 4, list::index_of)],
    ..NativeType::EMPTY
};
