//! `collections.deque`: a ring of values. An object cell: word 1 a list that holds the ring, word 2 the
//! position of the first item, word 3 the number of items. The ring's last slot holds the greatest
//! length (or None), so the capacity is one less than the list's length.

use core::fmt::Write;

use super::native::{Args, Entry, ExcKind, NativeType, R};
use crate::heap::{F_A, F_V1, Kind, header};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{BinOp, CmpOp, Out, Vm};

/// The type.
pub static DEQUE: NativeType = NativeType {
    id: ids::DEQUE,
    name: "deque",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(|vm, deque| Ok(len(vm, deque))),
    unhashable: true,
    inplace: Some(inplace),
    compare: Some(compare),
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(crate::objects::iterators::iter_by_index),
    entries: &[
        Entry::Fn("append", 2, 2, append),
        Entry::Fn("appendleft", 2, 2, appendleft),
        Entry::Fn("pop", 1, 1, pop),
        Entry::Fn("popleft", 1, 1, popleft),
        Entry::Fn("extend", 2, 2, extend),
        Entry::Fn("extendleft", 2, 2, extendleft),
        Entry::Fn("clear", 1, 1, clear),
        Entry::Fn("rotate", 1, 2, rotate),
        Entry::Fn("count", 2, 2, count),
        Entry::Fn("copy", 1, 1, copy),
        Entry::Get("maxlen", |vm, deque| Ok(limit(vm, deque))),
    ],
    ..NativeType::EMPTY
};

/// Raise IndexError where a full deque would drop an item (MicroPython's third argument).
const CHECKED: u32 = F_A;

fn ring(vm: &Vm, deque: Val) -> Val {
    vm.heap.val(deque, 1)
}

fn capacity(vm: &Vm, deque: Val) -> usize {
    vm.heap.list(ring(vm, deque)).len() - 1
}

fn limit(vm: &Vm, deque: Val) -> Val {
    vm.heap.list(ring(vm, deque)).last().copied().unwrap_or(Val::NONE)
}

fn len(vm: &Vm, deque: Val) -> usize {
    vm.heap.w(deque, 3) as usize
}

/// The place in the ring of item `i`.
fn slot(vm: &Vm, deque: Val, i: usize) -> usize {
    let (at, capacity) = (vm.heap.w(deque, 2) as usize + i, capacity(vm, deque));
    if at >= capacity { at - capacity } else { at }
}

fn get(vm: &Vm, deque: Val, i: usize) -> Val {
    vm.heap.list(ring(vm, deque))[slot(vm, deque, i)]
}

fn put(vm: &mut Vm, deque: Val, i: usize, value: Val) {
    let (ring, at) = (ring(vm, deque), slot(vm, deque, i));
    vm.heap.list_mut(ring)[at] = value;
}

fn set_len(vm: &mut Vm, deque: Val, len: usize) {
    vm.heap.set_w(deque, 3, len as u32);
}

fn set_first(vm: &mut Vm, deque: Val, first: usize) {
    vm.heap.set_w(deque, 2, first as u32);
}

fn new_deque(vm: &mut Vm, limit: Val, checked: bool) -> R {
    let ring = vm.heap.new_list(&[limit])?;
    let flags = F_V1 | if checked { CHECKED } else { 0 };
    Ok(vm.heap.alloc_cell(header(Kind::Object, flags, ids::DEQUE), ring.bits(), 0, 0)?)
}

/// Makes room for one more item; false if the greatest length is reached.
fn make_room(vm: &mut Vm, deque: Val) -> R<bool> {
    let (n, old) = (len(vm, deque), capacity(vm, deque));
    let limit = limit(vm, deque);
    let most = if limit == Val::NONE { usize::MAX } else { vm.index(limit)? as usize };
    if n >= most {
        return Ok(false);
    }
    if n < old {
        return Ok(true);
    }
    let grown = (old + old / 2 + 4).min(most);
    let fresh = vm.heap.new_list_cap(grown + 1)?;
    for i in 0..grown {
        let value = if i < n { get(vm, deque, i) } else { Val::NONE };
        vm.heap.list_push(fresh, value)?;
    }
    vm.heap.list_push(fresh, limit)?;
    vm.heap.set_val(deque, 1, fresh);
    set_first(vm, deque, 0);
    Ok(true)
}

fn push_back(vm: &mut Vm, deque: Val, value: Val) -> R<()> {
    if !make_room(vm, deque)? {
        if vm.heap.flag(deque, CHECKED) {
            return Err(vm.raise(ExcKind::IndexError, format_args!("full")));
        }
        if len(vm, deque) == 0 {
            return Ok(());
        }
        take_front(vm, deque);
    }
    let n = len(vm, deque);
    set_len(vm, deque, n + 1);
    put(vm, deque, n, value);
    Ok(())
}

fn push_front(vm: &mut Vm, deque: Val, value: Val) -> R<()> {
    if !make_room(vm, deque)? {
        if vm.heap.flag(deque, CHECKED) {
            return Err(vm.raise(ExcKind::IndexError, format_args!("full")));
        }
        if len(vm, deque) == 0 {
            return Ok(());
        }
        take_back(vm, deque);
    }
    let first = slot(vm, deque, capacity(vm, deque) - 1);
    set_first(vm, deque, first);
    set_len(vm, deque, len(vm, deque) + 1);
    put(vm, deque, 0, value);
    Ok(())
}

fn take_front(vm: &mut Vm, deque: Val) -> Val {
    let value = get(vm, deque, 0);
    put(vm, deque, 0, Val::NONE);
    set_first(vm, deque, slot(vm, deque, 1));
    set_len(vm, deque, len(vm, deque) - 1);
    value
}

fn take_back(vm: &mut Vm, deque: Val) -> Val {
    let last = len(vm, deque) - 1;
    let value = get(vm, deque, last);
    put(vm, deque, last, Val::NONE);
    set_len(vm, deque, last);
    value
}

fn print(vm: &mut Vm, deque: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("deque([");
    let mut i = 0;
    while i < len(vm, deque) {
        if i > 0 {
            out.push(", ");
        }
        let value = get(vm, deque, i);
        out.repr(vm, value)?;
        out.flush(vm)?;
        i += 1;
    }
    out.push("]");
    let limit = limit(vm, deque);
    if limit != Val::NONE {
        let most = vm.index(limit)?;
        let _ = write!(out, ", maxlen={most}");
    }
    out.push(")");
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [source, limit, flags] = args.parse(vm, "deque", ["iterable", "maxlen", "flags"], 0)?;
    let limit = if limit.is_null() { Val::NONE } else { limit };
    if limit != Val::NONE && !(0..=i64::from(Val::INT_MAX)).contains(&vm.index(limit)?) {
        return Err(vm.value_error(format_args!("maxlen must be non-negative")));
    }
    let checked = !flags.is_null() && vm.truth(flags)?;
    let deque = new_deque(vm, limit, checked)?;
    if !source.is_null() {
        vm.for_each(source, |vm, value| push_back(vm, deque, value))?;
    }
    Ok(deque)
}

fn inplace(vm: &mut Vm, op: BinOp, deque: Val, other: Val) -> R {
    if op != BinOp::Add {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    vm.for_each(other, |vm, value| push_back(vm, deque, value))?;
    Ok(deque)
}

fn compare(vm: &mut Vm, op: CmpOp, deque: Val, other: Val) -> R {
    if vm.as_native(other, &DEQUE).is_none() {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let (a, b) = (vm.collect_list(deque)?, vm.collect_list(other)?);
    vm.compare(op, a, b)
}

fn position(vm: &mut Vm, deque: Val, index: Val) -> R<usize> {
    let (given, n) = (vm.index(index)?, len(vm, deque) as i64);
    let at = if given < 0 { given + n } else { given };
    if (0..n).contains(&at) {
        return Ok(at as usize);
    }
    Err(vm.raise(ExcKind::IndexError, format_args!("deque index out of range")))
}

fn get_item(vm: &mut Vm, deque: Val, index: Val) -> R {
    let at = position(vm, deque, index)?;
    Ok(get(vm, deque, at))
}

fn set_item(vm: &mut Vm, deque: Val, index: Val, value: Val) -> R<()> {
    if value.is_null() {
        return Err(vm.type_error(format_args!("'deque' object doesn't support item deletion")));
    }
    let at = position(vm, deque, index)?;
    put(vm, deque, at, value);
    Ok(())
}

fn append(vm: &mut Vm, args: Args) -> R {
    push_back(vm, args.get(vm, 0), args.get(vm, 1))?;
    Ok(Val::NONE)
}

fn appendleft(vm: &mut Vm, args: Args) -> R {
    push_front(vm, args.get(vm, 0), args.get(vm, 1))?;
    Ok(Val::NONE)
}

fn not_empty(vm: &mut Vm, deque: Val) -> R<()> {
    if len(vm, deque) > 0 {
        return Ok(());
    }
    Err(vm.raise(ExcKind::IndexError, format_args!("pop from an empty deque")))
}

fn pop(vm: &mut Vm, args: Args) -> R {
    not_empty(vm, args.get(vm, 0))?;
    Ok(take_back(vm, args.get(vm, 0)))
}

fn popleft(vm: &mut Vm, args: Args) -> R {
    not_empty(vm, args.get(vm, 0))?;
    Ok(take_front(vm, args.get(vm, 0)))
}

fn extend(vm: &mut Vm, args: Args) -> R {
    let (deque, source) = (args.get(vm, 0), args.get(vm, 1));
    // A deque that is extended by itself must not grow while it is read.
    let items = vm.collect_list(source)?;
    vm.for_each(items, |vm, value| push_back(vm, deque, value))?;
    Ok(Val::NONE)
}

fn extendleft(vm: &mut Vm, args: Args) -> R {
    let (deque, source) = (args.get(vm, 0), args.get(vm, 1));
    let items = vm.collect_list(source)?;
    vm.for_each(items, |vm, value| push_front(vm, deque, value))?;
    Ok(Val::NONE)
}

fn clear(vm: &mut Vm, args: Args) -> R {
    let deque = args.get(vm, 0);
    while len(vm, deque) > 0 {
        take_back(vm, deque);
    }
    Ok(Val::NONE)
}

fn rotate(vm: &mut Vm, args: Args) -> R {
    let deque = args.get(vm, 0);
    let steps = match args.opt(vm, 1) {
        Some(steps) => vm.index(steps)?,
        None => 1,
    };
    let n = len(vm, deque);
    if n > 1 {
        for _ in 0..steps.rem_euclid(n as i64) {
            let value = take_back(vm, deque);
            push_front(vm, deque, value)?;
        }
    }
    Ok(Val::NONE)
}

fn count(vm: &mut Vm, args: Args) -> R {
    let (deque, wanted) = (args.get(vm, 0), args.get(vm, 1));
    let (mut count, mut i) = (0, 0);
    while i < len(vm, deque) {
        let value = get(vm, deque, i);
        count += i32::from(vm.eq(value, wanted)?);
        i += 1;
        vm.poll()?;
    }
    Ok(Val::small(count))
}

fn copy(vm: &mut Vm, args: Args) -> R {
    let deque = args.get(vm, 0);
    let (limit, checked) = (limit(vm, deque), vm.heap.flag(deque, CHECKED));
    let copy = new_deque(vm, limit, checked)?;
    for i in 0..len(vm, deque) {
        let value = get(vm, deque, i);
        push_back(vm, copy, value)?;
    }
    Ok(copy)
}
