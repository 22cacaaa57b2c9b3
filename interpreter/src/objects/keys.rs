//! Dicts and sets with any hashable keys: the heap's tables plus Python's `__hash__` and `__eq__`.

use super::native::{ExcKind, R};
use crate::heap::cell::F_B;
use crate::heap::{NeedsVm, Probe};
use crate::value::Val;
use crate::vm::Vm;

/// Where a key is, or what it takes to add it.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The entry's number, if the key is there.
    pub entry: Option<usize>,
    hash: i32,
    simple: bool,
}

/// The hash of a key within the range of small integers, and whether the heap knows it without the VM.
///
/// # Errors
/// TypeError "unhashable type"; whatever a `__hash__` raises.
pub fn hash(vm: &mut Vm, key: Val) -> R<(i32, bool)> {
    match vm.heap.hash_simple(key) {
        Ok(h) => Ok((h, true)),
        Err(NeedsVm) => {
            let h = vm.hash(key)?;
            Ok(((h << 1) >> 1, false))
        }
    }
}

/// Looks for a key in a dict, set or frozenset.
///
/// # Errors
/// As [`hash`]; whatever an `__eq__` raises.
pub fn find(vm: &mut Vm, table: Val, key: Val) -> R<Found> {
    let (hash, simple) = hash(vm, key)?;
    find_hashed(vm, table, key, hash, simple)
}

fn find_hashed(vm: &mut Vm, table: Val, key: Val, hash: i32, simple: bool) -> R<Found> {
    let found = |entry| Ok(Found { entry, hash, simple });
    if let Ok(entry) = vm.heap.table_lookup(table, key, hash) {
        // A removed name of a namespace is not there.
        return found(entry.filter(|e| vm.heap.table_entry(table, *e).1 != Val::UNBOUND));
    }
    let mut from = None;
    loop {
        match vm.heap.table_probe(table, key, hash, from) {
            Probe::Found(entry) => {
                // A removed name of a namespace.
                let gone = vm.heap.table_entry(table, entry).1 == Val::UNBOUND;
                return found(if gone { None } else { Some(entry) });
            }
            Probe::Missing => return found(None),
            Probe::Ask { entry, next } => {
                let (other, _) = vm.heap.table_entry(table, entry);
                let version = vm.heap.table_version(table);
                vm.heap.keep(other)?;
                let equal = vm.eq(other, key)?;
                if vm.heap.table_version(table) != version {
                    from = None;
                } else if equal {
                    return found(Some(entry));
                } else {
                    from = Some(next);
                }
            }
        }
    }
}

/// The value of a key in a dict.
///
/// # Errors
/// As [`find`].
pub fn get(vm: &mut Vm, dict: Val, key: Val) -> R<Option<Val>> {
    if let Ok(value) = vm.heap.table_get(dict, key) {
        return Ok(value);
    }
    let found = find(vm, dict, key)?;
    Ok(found.entry.map(|e| vm.heap.table_entry(dict, e).1))
}

/// Sets the value of a key in a dict.
///
/// # Errors
/// As [`find`]; MemoryError.
pub fn set(vm: &mut Vm, dict: Val, key: Val, value: Val) -> R<()> {
    let found = find(vm, dict, key)?;
    put(vm, dict, key, value, found)
}

/// Sets the value of a key just looked for.
///
/// # Errors
/// MemoryError.
pub fn put(vm: &mut Vm, dict: Val, key: Val, value: Val, found: Found) -> R<()> {
    if let Some(entry) = found.entry {
        vm.heap.table_set_value(dict, entry, value);
        return Ok(());
    }
    if vm.heap.flag(dict, F_B) {
        // A namespace: the names are interned, and a removed name has its entry still.
        if !vm.heap.is_str(key) {
            let got = vm.type_name(key);
            return Err(vm.type_error(format_args!("names must be strings, not '{got}'")));
        }
        let name = vm.heap.intern_val(key)?;
        vm.heap.dict_set_qstr(dict, name, value)?;
        return Ok(());
    }
    vm.heap.table_add(dict, key, found.hash, found.simple, value)?;
    Ok(())
}

/// Removes a key from a dict and returns its value, if it was there.
///
/// # Errors
/// As [`find`].
pub fn remove(vm: &mut Vm, dict: Val, key: Val) -> R<Option<Val>> {
    let found = find(vm, dict, key)?;
    Ok(found.entry.map(|e| {
        let value = vm.heap.table_entry(dict, e).1;
        vm.heap.table_remove(dict, e);
        value
    }))
}

/// Is a key in a dict, set or frozenset?
///
/// # Errors
/// As [`find`].
pub fn contains(vm: &mut Vm, table: Val, key: Val) -> R<bool> {
    Ok(find(vm, table, key)?.entry.is_some())
}

/// Adds a key to a set; false if it was there.
///
/// # Errors
/// As [`find`]; MemoryError.
pub fn add(vm: &mut Vm, set: Val, key: Val) -> R<bool> {
    if let Some(new) = vm.heap.set_add_quick(set, key) {
        return Ok(new);
    }
    let found = find(vm, set, key)?;
    if found.entry.is_some() {
        return Ok(false);
    }
    vm.heap.table_add(set, key, found.hash, found.simple, Val::NULL)?;
    Ok(true)
}

/// Removes a key from a set; false if it was not there.
///
/// # Errors
/// As [`find`].
pub fn discard(vm: &mut Vm, set: Val, key: Val) -> R<bool> {
    let found = find(vm, set, key)?;
    if let Some(entry) = found.entry {
        vm.heap.table_remove(set, entry);
    }
    Ok(found.entry.is_some())
}

/// Raises `KeyError(key)`.
pub fn key_error(vm: &mut Vm, key: Val) -> super::native::Raised {
    vm.raise_args(ExcKind::KeyError, &[key])
}
