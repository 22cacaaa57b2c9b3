//! `set`, and what `frozenset` shares with it.

use super::index::one_optional;
use super::iterators::{self, Walk};
use super::native::{Args, BinOp, CmpOp, Entry, ExcKind, NativeType, R};
use super::{frozenset, keys, list};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    print_set(vm, v, out, "set")
}

/// Writes a set or frozenset.
pub(super) fn print_set(vm: &mut Vm, v: Val, out: &mut Out, name: &str) -> R<()> {
    if vm.heap.table_len(v) == 0 {
        out.push(name);
        out.push("()");
        return Ok(());
    }
    if vm.heap.table_set_printing(v, true) {
        out.push(name);
        out.push("(...)");
        return Ok(());
    }
    let frozen = name == "frozenset";
    out.push(if frozen { "frozenset({" } else { "{" });
    let (mut pos, mut first) = (0, true);
    let mut result = Ok(());
    while let Some((next, key, _)) = vm.heap.table_next(v, pos) {
        pos = next;
        if !first {
            out.push(", ");
        }
        first = false;
        result = list::print_item(vm, key, out);
        if result.is_err() {
            break;
        }
    }
    vm.heap.table_set_printing(v, false);
    out.push(if frozen { "})" } else { "}" });
    result
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    match one_optional(vm, args, "set")? {
        Some(items) => from_iterable(vm, Kind::Set, items),
        None => Ok(vm.heap.new_set(0)?),
    }
}

/// A new set (or frozenset) of what an iterable gives.
///
/// # Errors
/// TypeError if it is not iterable or an item not hashable; whatever the iteration raises.
pub fn from_iterable(vm: &mut Vm, kind: Kind, items: Val) -> R {
    if let Some(other) = as_set(vm, items) {
        return Ok(vm.heap.table_copy(other, kind)?);
    }
    let new = vm.heap.new_table(kind, 0, false)?;
    update_with(vm, new, items)?;
    Ok(new)
}

fn update_with(vm: &mut Vm, s: Val, items: Val) -> R<()> {
    if let Some(other) = as_set(vm, items) {
        if other == s {
            return Ok(());
        }
        let mut pos = 0;
        while let Some((next, key, _)) = vm.heap.table_next(other, pos) {
            pos = next;
            keys::add(vm, s, key)?;
            vm.poll()?;
        }
        return Ok(());
    }
    let it = vm.iter(items)?;
    vm.heap.keep(it)?;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(it)? else { return Ok(()) };
        vm.heap.keep(item)?;
        keys::add(vm, s, item)?;
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

/// The value as a set or frozenset, if it is one (or derived from one).
pub(super) fn as_set(vm: &mut Vm, v: Val) -> Option<Val> {
    match vm.heap.kind(v)? {
        Kind::Set | Kind::FrozenSet => Some(v),
        Kind::Instance => vm.as_native(v, &SET).or_else(|| vm.as_native(v, &frozenset::FROZENSET)),
        _ => None,
    }
}

/// The value as a set or frozenset: itself, or a new set of what it gives.
fn to_set(vm: &mut Vm, v: Val) -> R {
    match as_set(vm, v) {
        Some(s) => Ok(s),
        None => from_iterable(vm, Kind::Set, v),
    }
}

// ---- operators ----

pub(super) fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(vm.heap.table_len(v))
}

pub(super) fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    match as_set(vm, b) {
        Some(b) => combine(vm, op, a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}

/// `a op b` of two sets as a new one of the kind of `a`.
pub(super) fn combine(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let kind = vm.heap.cell_kind(a);
    match op {
        BinOp::Or => {
            let new = vm.heap.table_copy(a, kind)?;
            update_with(vm, new, b)?;
            Ok(new)
        }
        BinOp::And => filtered(vm, kind, a, b, true),
        BinOp::Sub => filtered(vm, kind, a, b, false),
        BinOp::Xor => {
            let new = filtered(vm, kind, a, b, false)?;
            let rest = filtered(vm, Kind::Set, b, a, false)?;
            update_with(vm, new, rest)?;
            Ok(new)
        }
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

/// The items of `a` that are (or are not) in `b`.
fn filtered(vm: &mut Vm, kind: Kind, a: Val, b: Val, wanted: bool) -> R {
    let new = vm.heap.new_table(kind, 0, false)?;
    let mut pos = 0;
    while let Some((next, key, _)) = vm.heap.table_next(a, pos) {
        pos = next;
        let mark = vm.heap.mark_temps();
        vm.heap.keep(key)?;
        if keys::contains(vm, b, key)? == wanted {
            keys::add(vm, new, key)?;
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
    Ok(new)
}

fn inplace(vm: &mut Vm, op: BinOp, v: Val, other: Val) -> R {
    let Some(other) = as_set(vm, other) else { return Ok(Val::NOT_IMPLEMENTED) };
    if op == BinOp::Or {
        update_with(vm, v, other)?;
        return Ok(v);
    }
    let new = combine(vm, op, v, other)?;
    if new != Val::NOT_IMPLEMENTED {
        vm.heap.swap_contents(v, new);
        return Ok(v);
    }
    Ok(new)
}

pub(super) fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    match as_set(vm, b) {
        Some(b) => compare_sets(vm, op, a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}

/// Compares two sets: `<` is "proper subset of".
pub(super) fn compare_sets(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let (m, n) = (vm.heap.table_len(a), vm.heap.table_len(b));
    let yes = match op {
        CmpOp::Eq => m == n && subset(vm, a, b)?,
        CmpOp::Ne => m != n || !subset(vm, a, b)?,
        CmpOp::Lt => m < n && subset(vm, a, b)?,
        CmpOp::Le => m <= n && subset(vm, a, b)?,
        CmpOp::Gt => m > n && subset(vm, b, a)?,
        CmpOp::Ge => m >= n && subset(vm, b, a)?,
    };
    Ok(Val::bool(yes))
}

fn subset(vm: &mut Vm, a: Val, b: Val) -> R<bool> {
    let mut pos = 0;
    while let Some((next, key, _)) = vm.heap.table_next(a, pos) {
        pos = next;
        let mark = vm.heap.mark_temps();
        vm.heap.keep(key)?;
        if !keys::contains(vm, b, key)? {
            return Ok(false);
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
    Ok(true)
}

/// Have a set and an iterable nothing in common?
pub(super) fn disjoint(vm: &mut Vm, s: Val, other: Val) -> R<bool> {
    let other = to_set(vm, other)?;
    let common = filtered(vm, Kind::Set, s, other, true)?;
    Ok(vm.heap.table_len(common) == 0)
}

pub(super) fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    let x = lookup_key(vm, x)?;
    keys::contains(vm, v, x)
}

/// A set may be looked for in a set although it is not hashable: as the frozenset equal to it.
fn lookup_key(vm: &mut Vm, x: Val) -> R {
    if vm.heap.is(x, Kind::Set) { Ok(vm.heap.table_copy(x, Kind::FrozenSet)?) } else { Ok(x) }
}

// ---- iteration ----

pub(super) fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::over_table(vm, Walk::Set, v)
}

// ---- methods ----

fn add(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    keys::add(vm, v, x)?;
    Ok(Val::NONE)
}

fn clear(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.heap.table_clear(v);
    Ok(Val::NONE)
}

pub(super) fn copy(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let kind = vm.heap.cell_kind(v);
    if kind == Kind::FrozenSet { Ok(v) } else { Ok(vm.heap.table_copy(v, kind)?) }
}

/// Applies an operator with each of the other arguments in turn; always a new set.
fn fold(vm: &mut Vm, args: Args, op: BinOp) -> R {
    let v = args.get(vm, 0);
    let kind = vm.heap.cell_kind(v);
    let mut result = vm.heap.table_copy(v, kind)?;
    for i in 1..args.n {
        let other = args.get(vm, i);
        let other = to_set(vm, other)?;
        result = combine(vm, op, result, other)?;
    }
    Ok(result)
}

/// The same in place.
fn fold_inplace(vm: &mut Vm, args: Args, op: BinOp) -> R {
    let v = args.get(vm, 0);
    let result = fold(vm, args, op)?;
    vm.heap.swap_contents(v, result);
    Ok(Val::NONE)
}

pub(super) fn difference(vm: &mut Vm, args: Args) -> R {
    fold(vm, args, BinOp::Sub)
}

fn difference_update(vm: &mut Vm, args: Args) -> R {
    fold_inplace(vm, args, BinOp::Sub)
}

fn discard(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let x = lookup_key(vm, x)?;
    keys::discard(vm, v, x)?;
    Ok(Val::NONE)
}

pub(super) fn intersection(vm: &mut Vm, args: Args) -> R {
    fold(vm, args, BinOp::And)
}

fn intersection_update(vm: &mut Vm, args: Args) -> R {
    fold_inplace(vm, args, BinOp::And)
}

pub(super) fn is_disjoint(vm: &mut Vm, args: Args) -> R {
    let (v, other) = (args.get(vm, 0), args.get(vm, 1));
    Ok(Val::bool(disjoint(vm, v, other)?))
}

pub(super) fn is_subset(vm: &mut Vm, args: Args) -> R {
    let (v, other) = (args.get(vm, 0), args.get(vm, 1));
    let other = to_set(vm, other)?;
    compare_sets(vm, CmpOp::Le, v, other)
}

pub(super) fn is_superset(vm: &mut Vm, args: Args) -> R {
    let (v, other) = (args.get(vm, 0), args.get(vm, 1));
    let other = to_set(vm, other)?;
    compare_sets(vm, CmpOp::Ge, v, other)
}

fn pop(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let Some((next, key, _)) = vm.heap.table_next(v, 0) else {
        return Err(vm.raise(ExcKind::KeyError, format_args!("pop from an empty set")));
    };
    vm.heap.keep(key)?;
    vm.heap.table_remove(v, next - 1);
    Ok(key)
}

fn remove(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let key = lookup_key(vm, x)?;
    if keys::discard(vm, v, key)? { Ok(Val::NONE) } else { Err(keys::key_error(vm, x)) }
}

pub(super) fn symmetric_difference(vm: &mut Vm, args: Args) -> R {
    fold(vm, args, BinOp::Xor)
}

fn symmetric_difference_update(vm: &mut Vm, args: Args) -> R {
    fold_inplace(vm, args, BinOp::Xor)
}

pub(super) fn union(vm: &mut Vm, args: Args) -> R {
    fold(vm, args, BinOp::Or)
}

fn update(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    for i in 1..args.n {
        let other = args.get(vm, i);
        update_with(vm, v, other)?;
    }
    Ok(Val::NONE)
}

/// The type.
pub static SET: NativeType = NativeType {
    id: ids::SET,
    name: "set",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(len),
    unhashable: true,
    binary: Some(binary),
    inplace: Some(inplace),
    compare: Some(compare),
    contains: Some(contains),
    iter: Some(iter),
    entries: &[
        Entry::Fn("add", 2, 2, add),
        Entry::Fn("clear", 1, 1, clear),
        Entry::Fn("copy", 1, 1, copy),
        Entry::Fn("difference", 1, 255, difference),
        Entry::Fn("difference_update", 1, 255, difference_update),
        Entry::Fn("discard", 2, 2, discard),
        Entry::Fn("intersection", 1, 255, intersection),
        Entry::Fn("intersection_update", 1, 255, intersection_update),
        Entry::Fn("isdisjoint", 2, 2, is_disjoint),
        Entry::Fn("issubset", 2, 2, is_subset),
        Entry::Fn("issuperset", 2, 2, is_superset),
        Entry::Fn("pop", 1, 1, pop),
        Entry::Fn("remove", 2, 2, remove),
        Entry::Fn("symmetric_difference", 2, 2, symmetric_difference),
        Entry::Fn("symmetric_difference_update", 2, 2, symmetric_difference_update),
        Entry::Fn("union", 1, 255, union),
        Entry::Fn("update", 1, 255, update),
    ],
    ..NativeType::EMPTY
};
