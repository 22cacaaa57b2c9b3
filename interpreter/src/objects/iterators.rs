//! The iterators of the built-in types: one cell of kind `Iter`, whose aux says what it walks over.

use super::memoryview;
use super::native::{ExcKind, NativeType, R};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};
use core::fmt::Write;

/// What an iterator walks over. The payload is three values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Walk {
    /// Nothing more to come.
    Done = 0,
    /// A list: w1 = list, w2 = next index.
    List,
    /// A tuple: w1 = tuple, w2 = next index.
    Tuple,
    /// A str: w1 = str, w2 = next byte.
    Str,
    /// Anything bytes-like: w1 = object, w2 = next index.
    Bytes,
    /// A range of small integers: w1 = next, w2 = step, w3 = how many are left.
    Range,
    /// Any other range, w1 = range, w2 = next index.
    BigRange,
    /// A dict's keys: w1 = dict, w2 = next entry, w3 = length at the start.
    Keys,
    /// A dict's values, as `Keys`.
    Values,
    /// A dict's items, as `Keys`.
    Items,
    /// A set or frozenset, as `Keys`.
    Set,
    /// A list backwards: w1 = list, w2 = index after the next.
    ListBack,
    /// A dict's keys backwards: w1 = dict, w2 = entry after the next, w3 = length at the start.
    KeysBack,
    /// A dict's values backwards.
    ValuesBack,
    /// A dict's items backwards.
    ItemsBack,
    /// Any sequence backwards by its items: w1 = object, w2 = index after the next.
    SequenceBack,
    /// Any object with `__getitem__`, from 0 until IndexError: w1 = object, w2 = next index.
    Sequence,
}

const NAMES: [&str; 17] = [
    "iterator",
    "list_iterator",
    "tuple_iterator",
    "str_iterator",
    "bytes_iterator",
    "range_iterator",
    "longrange_iterator",
    "dict_keyiterator",
    "dict_valueiterator",
    "dict_itemiterator",
    "set_iterator",
    "list_reverseiterator",
    "dict_reversekeyiterator",
    "dict_reversevalueiterator",
    "dict_reverseitemiterator",
    "reversed",
    "iterator",
];

/// An iterator.
///
/// # Errors
/// MemoryError.
pub fn new(vm: &mut Vm, walk: Walk, of: Val, b: Val, c: Val) -> R {
    Ok(vm.heap.alloc_vals(Kind::Iter, walk as u16, [of, b, c])?)
}

/// An iterator over `of` from index 0.
///
/// # Errors
/// MemoryError.
pub fn from_start(vm: &mut Vm, walk: Walk, of: Val) -> R {
    new(vm, walk, of, Val::ZERO, Val::NULL)
}

/// An iterator over any native sequence, by `get_item` from 0 until IndexError.
///
/// # Errors
/// MemoryError.
pub fn iter_by_index(vm: &mut Vm, of: Val) -> R {
    from_start(vm, Walk::Sequence, of)
}

/// An iterator over a dict or set, which must not change its size meanwhile.
///
/// # Errors
/// MemoryError.
pub fn over_table(vm: &mut Vm, walk: Walk, of: Val) -> R {
    let len = vm.heap.table_len(of) as i32;
    let from = match walk {
        Walk::KeysBack | Walk::ValuesBack | Walk::ItemsBack => vm.heap.table_used(of) as i32,
        _ => 0,
    };
    new(vm, walk, of, Val::small(from), Val::small(len))
}

fn walk_of(vm: &Vm, it: Val) -> Walk {
    const ALL: [Walk; 17] = [
        Walk::Done,
        Walk::List,
        Walk::Tuple,
        Walk::Str,
        Walk::Bytes,
        Walk::Range,
        Walk::BigRange,
        Walk::Keys,
        Walk::Values,
        Walk::Items,
        Walk::Set,
        Walk::ListBack,
        Walk::KeysBack,
        Walk::ValuesBack,
        Walk::ItemsBack,
        Walk::SequenceBack,
        Walk::Sequence,
    ];
    ALL.get(vm.heap.aux(it) as usize).copied().unwrap_or(Walk::Done)
}

fn print(vm: &mut Vm, it: Val, out: &mut Out, _repr: bool) -> R<()> {
    let name = NAMES.get(vm.heap.aux(it) as usize).copied().unwrap_or("iterator");
    let _ = write!(out, "<{name} object at 0x{:08x}>", it.bits());
    Ok(())
}

fn iter(_vm: &mut Vm, it: Val) -> R {
    Ok(it)
}

/// The next item.
pub(crate) fn next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let walk = walk_of(vm, it);
    if walk == Walk::List {
        let (of, at) = (vm.heap.val(it, 1), vm.heap.val(it, 2));
        if let Some(&item) = vm.heap.list(of).get(at.small_value() as usize) {
            vm.heap.set_val(it, 2, Val::small(at.small_value() + 1));
            return Ok(Some(item));
        }
        return Ok(finish(vm, it));
    }
    let of = vm.heap.val(it, 1);
    let at = vm.heap.val(it, 2).as_small().unwrap_or(0);
    let i = at as usize;
    let item = match walk {
        Walk::Done => None,
        Walk::List => vm.heap.list(of).get(i).copied(),
        Walk::Tuple => vm.heap.tuple(of).get(i).copied(),
        Walk::Str => {
            let s = vm.heap.bytes(of);
            if i >= s.len() {
                None
            } else {
                let end = i + char_len(s[i]);
                vm.heap.set_val(it, 2, Val::small(end as i32));
                return Ok(Some(vm.heap.slice_text(of, i, end)?));
            }
        }
        Walk::Bytes => memoryview::item(vm, of, i)?,
        Walk::Range => {
            let left = vm.heap.val(it, 3).small_value();
            if left == 0 {
                return Ok(None);
            }
            vm.heap.set_val(it, 3, Val::small(left - 1));
            let step = vm.heap.val(it, 2).small_value();
            // The last step may leave the range of small integers, but is never looked at then.
            vm.heap.set_val(it, 1, Val::small(of.small_value().wrapping_add(step)));
            return Ok(Some(of));
        }
        Walk::BigRange => super::range::item(vm, of, i as i64)?,
        Walk::Keys | Walk::Values | Walk::Items | Walk::Set => return next_entry(vm, it, walk, of, i),
        Walk::KeysBack | Walk::ValuesBack | Walk::ItemsBack => {
            check_size(vm, it, of, "dictionary")?;
            let Some((entry, key, value)) = vm.heap.table_prev(of, i) else { return Ok(finish(vm, it)) };
            vm.heap.set_val(it, 2, Val::small(entry as i32));
            return entry_item(vm, walk, key, value).map(Some);
        }
        Walk::ListBack => {
            let n = vm.heap.list_len(of);
            if i == 0 || i > n {
                return Ok(finish(vm, it));
            }
            vm.heap.set_val(it, 2, Val::small(at - 1));
            return Ok(Some(vm.heap.list(of)[i - 1]));
        }
        Walk::SequenceBack => {
            if i == 0 {
                return Ok(finish(vm, it));
            }
            vm.heap.set_val(it, 2, Val::small(at - 1));
            return item_or_end(vm, it, of, at - 1);
        }
        Walk::Sequence => {
            vm.heap.set_val(it, 2, Val::small(at + 1));
            return item_or_end(vm, it, of, at);
        }
    };
    match item {
        Some(item) => {
            vm.heap.set_val(it, 2, Val::small(at + 1));
            Ok(Some(item))
        }
        None => Ok(finish(vm, it)),
    }
}

fn finish(vm: &mut Vm, it: Val) -> Option<Val> {
    vm.heap.set_aux(it, Walk::Done as u16);
    vm.heap.set_val(it, 1, Val::NONE);
    None
}

fn item_or_end(vm: &mut Vm, it: Val, of: Val, at: i32) -> R<Option<Val>> {
    match vm.get_item(of, Val::small(at)) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => {
            if vm.exc_is(ExcKind::IndexError) || vm.exc_is(ExcKind::StopIteration) {
                vm.take_exc();
                Ok(finish(vm, it))
            } else {
                Err(raised)
            }
        }
    }
}

fn check_size(vm: &mut Vm, it: Val, of: Val, what: &str) -> R<()> {
    if vm.heap.table_len(of) as i32 != vm.heap.val(it, 3).small_value() {
        // It stays like that, as in CPython.
        vm.heap.set_val(it, 3, Val::small(-1));
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("{what} changed size during iteration")));
    }
    Ok(())
}

fn next_entry(vm: &mut Vm, it: Val, walk: Walk, of: Val, at: usize) -> R<Option<Val>> {
    check_size(vm, it, of, if walk == Walk::Set { "Set" } else { "dictionary" })?;
    let Some((next, key, value)) = vm.heap.table_next(of, at) else { return Ok(finish(vm, it)) };
    vm.heap.set_val(it, 2, Val::small(next as i32));
    entry_item(vm, walk, key, value).map(Some)
}

fn entry_item(vm: &mut Vm, walk: Walk, key: Val, value: Val) -> R {
    match walk {
        Walk::Values | Walk::ValuesBack => Ok(value),
        Walk::Items | Walk::ItemsBack => Ok(vm.heap.new_tuple(&[key, value])?),
        _ => Ok(key),
    }
}

/// Bytes of the character that begins with this byte.
pub(super) fn char_len(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// The type.
pub static ITER: NativeType = NativeType {
    id: ids::ITER,
    name: "iterator",
    print: Some(print),
    iter: Some(iter),
    next: Some(next),
    ..NativeType::EMPTY
};
