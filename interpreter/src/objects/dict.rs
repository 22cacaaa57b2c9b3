//! `dict`.

use super::dictview;
use super::iterators::{self, Walk};
use super::keys;
use super::list;
use super::native::{Args, BinOp, CmpOp, Entry, ExcKind, NativeType, R};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    if vm.heap.table_set_printing(v, true) {
        out.push("{...}");
        return Ok(());
    }
    let result = print_entries(vm, v, out);
    vm.heap.table_set_printing(v, false);
    result
}

fn print_entries(vm: &mut Vm, v: Val, out: &mut Out) -> R<()> {
    out.push("{");
    let mut pos = 0;
    let mut first = true;
    while let Some((next, key, value)) = vm.heap.table_next(v, pos) {
        pos = next;
        if !first {
            out.push(", ");
        }
        first = false;
        let mark = vm.heap.mark_temps();
        vm.heap.keep(value)?;
        list::print_item(vm, key, out)?;
        out.push(": ");
        list::print_item(vm, value, out)?;
        vm.heap.release_temps(mark);
    }
    out.push("}");
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let d = vm.heap.new_dict(args.nkw)?;
    update_from_args(vm, d, args, "dict")?;
    Ok(d)
}

/// `d.update(…)` with whatever `dict()` takes.
fn update_from_args(vm: &mut Vm, d: Val, args: Args, name: &str) -> R<()> {
    if args.n > 1 {
        return Err(vm.type_error(format_args!("{name} expected at most 1 argument, got {}", args.n)));
    }
    if let Some(from) = args.opt(vm, 0) {
        update(vm, d, from)?;
    }
    for i in 0..args.nkw {
        let (key, value) = args.pair(vm, i);
        keys::set(vm, d, key, value)?;
    }
    Ok(())
}

/// Copies the entries of a mapping, or pairs from an iterable, into a dict.
///
/// # Errors
/// TypeError or ValueError if there are no pairs; whatever the iteration raises.
pub fn update(vm: &mut Vm, d: Val, from: Val) -> R<()> {
    if let Some(other) = vm.as_native(from, &DICT) {
        return update_from_dict(vm, d, other);
    }
    if vm.heap.is(from, Kind::Instance)
        && let Some(get_keys) = vm.getattr_opt(from, "keys")?
    {
        let names = vm.call(get_keys, &[])?;
        let it = vm.iter(names)?;
        vm.heap.keep(it)?;
        while let Some(key) = vm.next(it)? {
            let value = vm.get_item(from, key)?;
            keys::set(vm, d, key, value)?;
        }
        return Ok(());
    }
    let it = vm.iter(from)?;
    vm.heap.keep(it)?;
    let mut i = 0;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(pair) = vm.next(it)? else { return Ok(()) };
        vm.heap.keep(pair)?;
        let pair = match list::as_items(vm, pair) {
            Ok(pair) => pair,
            Err(raised) => {
                if vm.exc_is(ExcKind::TypeError) {
                    vm.take_exc();
                    return Err(vm.type_error(format_args!(
                        "cannot convert dictionary update sequence element #{i} to a sequence"
                    )));
                }
                return Err(raised);
            }
        };
        let &[key, value] = vm.heap.items(pair) else {
            let n = vm.heap.items(pair).len();
            return Err(vm.value_error(format_args!(
                "dictionary update sequence element #{i} has length {n}; 2 is required"
            )));
        };
        keys::set(vm, d, key, value)?;
        vm.heap.release_temps(mark);
        vm.poll()?;
        i += 1;
    }
}

fn update_from_dict(vm: &mut Vm, d: Val, other: Val) -> R<()> {
    if d == other {
        return Ok(());
    }
    let mut pos = 0;
    let size = vm.heap.table_len(other);
    while let Some((next, key, value)) = vm.heap.table_next(other, pos) {
        pos = next;
        let mark = vm.heap.mark_temps();
        vm.heap.keep(key)?;
        vm.heap.keep(value)?;
        keys::set(vm, d, key, value)?;
        vm.heap.release_temps(mark);
        vm.poll()?;
        if vm.heap.table_len(other) != size {
            return Err(vm.raise(ExcKind::RuntimeError, format_args!("dict mutated during update")));
        }
    }
    Ok(())
}

// ---- operators ----

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(vm.heap.table_len(v))
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let (BinOp::Or, Some(b)) = (op, vm.as_native(b, &DICT)) else { return Ok(Val::NOT_IMPLEMENTED) };
    let new = vm.heap.table_copy(a, Kind::Dict)?;
    update_from_dict(vm, new, b)?;
    Ok(new)
}

fn inplace(vm: &mut Vm, op: BinOp, v: Val, other: Val) -> R {
    if op != BinOp::Or {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    update(vm, v, other)?;
    Ok(v)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let (CmpOp::Eq | CmpOp::Ne, Some(b)) = (op, vm.as_native(b, &DICT)) else {
        return Ok(Val::NOT_IMPLEMENTED);
    };
    let same = equal(vm, a, b)?;
    Ok(Val::bool(same == (op == CmpOp::Eq)))
}

fn equal(vm: &mut Vm, a: Val, b: Val) -> R<bool> {
    if vm.heap.table_len(a) != vm.heap.table_len(b) {
        return Ok(false);
    }
    let mut pos = 0;
    while let Some((next, key, value)) = vm.heap.table_next(a, pos) {
        pos = next;
        let mark = vm.heap.mark_temps();
        vm.heap.keep(key)?;
        vm.heap.keep(value)?;
        let same = match keys::get(vm, b, key)? {
            Some(other) => list::equal_items(vm, value, other)?,
            None => false,
        };
        vm.heap.release_temps(mark);
        if !same {
            return Ok(false);
        }
        vm.poll()?;
    }
    Ok(true)
}

fn contains(vm: &mut Vm, v: Val, key: Val) -> R<bool> {
    keys::contains(vm, v, key)
}

// ---- items ----

fn get_item(vm: &mut Vm, v: Val, key: Val) -> R {
    match keys::get(vm, v, key)? {
        Some(value) => Ok(value),
        None => Err(keys::key_error(vm, key)),
    }
}

fn set_item(vm: &mut Vm, v: Val, key: Val, value: Val) -> R<()> {
    if !value.is_null() {
        // Most often the key is there already.
        if vm.heap.table_replace(v, key, value) == Ok(true) {
            return Ok(());
        }
        return keys::set(vm, v, key, value);
    }
    match keys::remove(vm, v, key)? {
        Some(_) => Ok(()),
        None => Err(keys::key_error(vm, key)),
    }
}

fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::over_table(vm, Walk::Keys, v)
}

// ---- methods ----

fn clear(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.heap.table_clear(v);
    Ok(Val::NONE)
}

fn copy(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    Ok(vm.heap.table_copy(v, Kind::Dict)?)
}

fn from_keys(vm: &mut Vm, args: Args) -> R {
    let [cls, items, value] = args.parse(vm, "fromkeys", ["cls", "iterable", "value"], 2)?;
    let value = if value.is_null() { Val::NONE } else { value };
    let plain = cls == DICT.val();
    let d = if plain { vm.heap.new_dict(0)? } else { vm.call(cls, &[])? };
    vm.heap.keep(d)?;
    let it = vm.iter(items)?;
    vm.heap.keep(it)?;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(key) = vm.next(it)? else { return Ok(d) };
        if plain {
            keys::set(vm, d, key, value)?;
        } else {
            vm.set_item(d, key, value)?;
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

fn get(vm: &mut Vm, args: Args) -> R {
    let (v, key) = (args.get(vm, 0), args.get(vm, 1));
    let value = match vm.heap.table_get(v, key) {
        Ok(value) => value,
        Err(_) => keys::get(vm, v, key)?,
    };
    Ok(value.or(args.opt(vm, 2)).unwrap_or(Val::NONE))
}

fn items(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    dictview::new(vm, v, dictview::ITEMS)
}

fn keys_view(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    dictview::new(vm, v, dictview::KEYS)
}

fn pop(vm: &mut Vm, args: Args) -> R {
    let (v, key) = (args.get(vm, 0), args.get(vm, 1));
    match keys::remove(vm, v, key)?.or(args.opt(vm, 2)) {
        Some(value) => Ok(value),
        None => Err(keys::key_error(vm, key)),
    }
}

fn pop_item(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let Some((entry, key, value)) = vm.heap.table_prev(v, usize::MAX) else {
        return Err(vm.raise(ExcKind::KeyError, format_args!("popitem(): dictionary is empty")));
    };
    let pair = vm.heap.new_tuple(&[key, value])?;
    vm.heap.table_remove(v, entry);
    Ok(pair)
}

fn set_default(vm: &mut Vm, args: Args) -> R {
    let (v, key) = (args.get(vm, 0), args.get(vm, 1));
    let value = args.opt(vm, 2).unwrap_or(Val::NONE);
    let found = keys::find(vm, v, key)?;
    if let Some(entry) = found.entry {
        return Ok(vm.heap.table_entry(v, entry).1);
    }
    keys::put(vm, v, key, value, found)?;
    Ok(value)
}

fn update_method(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    update_from_args(vm, v, args.skip(1), "update")?;
    Ok(Val::NONE)
}

fn values(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    dictview::new(vm, v, dictview::VALUES)
}

fn reversed(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    iterators::over_table(vm, Walk::KeysBack, v)
}

/// The items of a dict as a list of pairs.
///
/// # Errors
/// MemoryError.
pub fn items_list(vm: &mut Vm, d: Val) -> R {
    let list = vm.heap.new_list_cap(vm.heap.table_len(d))?;
    let mut pos = 0;
    while let Some((next, key, value)) = vm.heap.table_next(d, pos) {
        pos = next;
        let mark = vm.heap.mark_temps();
        let pair = vm.heap.new_tuple(&[key, value])?;
        vm.heap.list_push(list, pair)?;
        vm.heap.release_temps(mark);
    }
    Ok(list)
}

/// The type.
pub static DICT: NativeType = NativeType {
    id: ids::DICT,
    name: "dict",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(len),
    unhashable: true,
    binary: Some(binary),
    inplace: Some(inplace),
    compare: Some(compare),
    contains: Some(contains),
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(iter),
    entries: &[
        Entry::Fn("clear", 1, 1, clear),
        Entry::Fn("copy", 1, 1, copy),
        Entry::Class("fromkeys", 2, 3, from_keys),
        Entry::Fn("get", 2, 3, get),
        Entry::Fn("items", 1, 1, items),
        Entry::Fn("keys", 1, 1, keys_view),
        Entry::Fn("pop", 2, 3, pop),
        Entry::Fn("popitem", 1, 1, pop_item),
        Entry::Fn("setdefault", 2, 3, set_default),
        Entry::FnKw("update", 1, 2, update_method),
        Entry::Fn("values", 1, 1, values),
        Entry::Fn("__reversed__", 1, 1, reversed),
    ],
    ..NativeType::EMPTY
};
