//! `slice`.

use super::index;
use super::native::{Args, CmpOp, Entry, NativeType, R};
use super::{keys, list};
use crate::heap::{Kind, combine_hashes};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("slice(");
    for i in 1..=3 {
        let part = vm.heap.val(v, i);
        out.repr(vm, part)?;
        out.push(if i < 3 { ", " } else { ")" });
    }
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("slice() takes no keyword arguments")));
    }
    if args.n == 0 || args.n > 3 {
        let bound = if args.n == 0 { "at least 1 argument" } else { "at most 3 arguments" };
        return Err(vm.type_error(format_args!("slice expected {bound}, got {}", args.n)));
    }
    let mut parts = [Val::NONE; 3];
    for i in 0..args.n {
        parts[if args.n == 1 { 1 } else { i }] = args.get(vm, i);
    }
    Ok(vm.heap.alloc_vals(Kind::Slice, 0, parts)?)
}

/// What a slice object picks from a sequence of `len` items.
///
/// # Errors
/// TypeError for bounds that are not integers, ValueError for step 0.
pub fn indices(vm: &mut Vm, slice: Val, len: usize) -> R<index::Span> {
    index::span(vm, slice, len)
}

// ---- operators ----

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    let mut h = 0x0051_1ce5;
    for i in 1..=3 {
        let part = vm.heap.val(v, i);
        let (part, _) = keys::hash(vm, part)?;
        h = combine_hashes(h, part);
    }
    Ok(h as u32)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    if !vm.heap.is(b, Kind::Slice) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    for i in 1..=3 {
        let (x, y) = (vm.heap.val(a, i), vm.heap.val(b, i));
        if !list::equal_items(vm, x, y)? {
            return match op {
                CmpOp::Eq => Ok(Val::FALSE),
                CmpOp::Ne => Ok(Val::TRUE),
                _ => vm.compare(op, x, y),
            };
        }
    }
    Ok(Val::bool(matches!(op, CmpOp::Eq | CmpOp::Le | CmpOp::Ge)))
}

// ---- attributes and methods ----

fn start(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 1))
}

fn stop(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 2))
}

fn step(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 3))
}

fn indices_method(vm: &mut Vm, args: Args) -> R {
    let (v, n) = (args.get(vm, 0), args.get(vm, 1));
    let n = index::clamped(vm, n)?;
    if n < 0 {
        return Err(vm.value_error(format_args!("length should not be negative")));
    }
    let n = n.min(1 << 40) as usize;
    let s = index::span(vm, v, n)?;
    let mut parts = [Val::NULL; 3];
    for (part, x) in parts.iter_mut().zip([s.first, s.stop, s.step]) {
        *part = vm.heap.new_int(x)?;
    }
    Ok(vm.heap.new_tuple(&parts)?)
}

/// The type.
pub static SLICE: NativeType = NativeType {
    id: ids::SLICE,
    name: "slice",
    print: Some(print),
    new: Some(new),
    hash: Some(hash),
    compare: Some(compare),
    entries: &[
        Entry::Get("start", start),
        Entry::Get("stop", stop),
        Entry::Get("step", step),
        Entry::Fn("indices", 2, 2, indices_method),
    ],
    ..NativeType::EMPTY
};
