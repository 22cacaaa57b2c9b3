//! The views that `dict.keys()`, `values()` and `items()` give.

use super::iterators::{self, Walk};
use super::native::{Args, BinOp, CmpOp, Entry, NativeType, R};
use super::{keys, list, set};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// A view of the keys.
pub const KEYS: u16 = 0;
/// A view of the values.
pub const VALUES: u16 = 1;
/// A view of the items.
pub const ITEMS: u16 = 2;

const NAMES: [&str; 3] = ["dict_keys", "dict_values", "dict_items"];

// ---- print, new ----

/// A view of a dict.
///
/// # Errors
/// MemoryError.
pub fn new(vm: &mut Vm, d: Val, what: u16) -> R {
    Ok(vm.heap.alloc_vals(Kind::DictView, what, [d, Val::NULL, Val::NULL])?)
}

fn parts(vm: &Vm, v: Val) -> (Val, u16) {
    (vm.heap.val(v, 1), vm.heap.aux(v))
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let (_, what) = parts(vm, v);
    out.push(NAMES[what as usize]);
    out.push("(");
    let items = list::from_iterable(vm, v)?;
    list::print_item(vm, items, out)?;
    out.push(")");
    Ok(())
}

// ---- operators ----

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    let (d, _) = parts(vm, v);
    Ok(vm.heap.table_len(d))
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    let (_, what) = parts(vm, v);
    if what == VALUES {
        return Ok(vm.heap.hash_identity(v) as u32);
    }
    Err(vm.type_error(format_args!("unhashable type: '{}'", NAMES[what as usize])))
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let is_values = |v: Val| vm.heap.is(v, Kind::DictView) && parts(vm, v).1 == VALUES;
    if is_values(a) || is_values(b) || !matches!(op, BinOp::And | BinOp::Or | BinOp::Xor | BinOp::Sub) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let a = set::from_iterable(vm, Kind::Set, a)?;
    let b = set::from_iterable(vm, Kind::Set, b)?;
    set::combine(vm, op, a, b)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let set_like = |vm: &Vm, v: Val| match vm.heap.kind(v) {
        Some(Kind::Set | Kind::FrozenSet) => true,
        Some(Kind::DictView) => parts(vm, v).1 != VALUES,
        _ => false,
    };
    if !set_like(vm, a) || !set_like(vm, b) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let a = set::from_iterable(vm, Kind::Set, a)?;
    let b = set::from_iterable(vm, Kind::Set, b)?;
    set::compare_sets(vm, op, a, b)
}

fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    let (d, what) = parts(vm, v);
    match what {
        KEYS => keys::contains(vm, d, x),
        ITEMS => {
            if !vm.heap.is_tuple(x) {
                return Ok(false);
            }
            let &[key, value] = vm.heap.tuple(x) else { return Ok(false) };
            match keys::get(vm, d, key)? {
                Some(have) => list::equal_items(vm, have, value),
                None => Ok(false),
            }
        }
        _ => {
            let mut pos = 0;
            while let Some((next, _, value)) = vm.heap.table_next(d, pos) {
                pos = next;
                if list::equal_items(vm, value, x)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

// ---- iteration ----

fn iter(vm: &mut Vm, v: Val) -> R {
    let (d, what) = parts(vm, v);
    let walk = [Walk::Keys, Walk::Values, Walk::Items][what as usize];
    iterators::over_table(vm, walk, d)
}

// ---- methods ----

fn reversed(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let (d, what) = parts(vm, v);
    let walk = [Walk::KeysBack, Walk::ValuesBack, Walk::ItemsBack][what as usize];
    iterators::over_table(vm, walk, d)
}

fn is_disjoint(vm: &mut Vm, args: Args) -> R {
    let (v, other) = (args.get(vm, 0), args.get(vm, 1));
    let a = set::from_iterable(vm, Kind::Set, v)?;
    Ok(Val::bool(set::disjoint(vm, a, other)?))
}

fn mapping(vm: &mut Vm, v: Val) -> R {
    let (d, _) = parts(vm, v);
    Ok(vm.heap.table_copy(d, Kind::Dict)?)
}

/// The type.
pub static DICTVIEW: NativeType = NativeType {
    id: ids::DICTVIEW,
    name: "dict_view",
    print: Some(print),
    len: Some(len),
    hash: Some(hash),
    binary: Some(binary),
    reflected: Some(binary),
    compare: Some(compare),
    contains: Some(contains),
    iter: Some(iter),
    entries: &[
        Entry::Fn("isdisjoint", 2, 2, is_disjoint),
        Entry::Get("mapping", mapping),
        Entry::Fn("__reversed__", 1, 1, reversed),
    ],
    ..NativeType::EMPTY
};
