//! `list`.

use super::index::{self, Span, bad_index, is_index, one_optional};
use super::iterators::{self, Walk};
use super::native::{Args, BinOp, CmpOp, Entry, ExcKind, NativeType, R};
use super::sort;
use crate::heap::Kind;
use crate::heap::cell::F_A;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    // F_A marks a list that is being printed.
    if vm.heap.flag(v, F_A) {
        out.push("[...]");
        return Ok(());
    }
    vm.heap.set_flag(v, F_A, true);
    out.push("[");
    let mut result = Ok(());
    let mut i = 0;
    while let Some(&item) = vm.heap.list(v).get(i) {
        if i > 0 {
            out.push(", ");
        }
        result = print_item(vm, item, out);
        if result.is_err() {
            break;
        }
        i += 1;
    }
    vm.heap.set_flag(v, F_A, false);
    out.push("]");
    result
}

/// Writes the repr of an item, which is kept alive meanwhile.
pub(super) fn print_item(vm: &mut Vm, item: Val, out: &mut Out) -> R<()> {
    let mark = vm.heap.mark_temps();
    vm.heap.keep(item)?;
    let result = out.repr(vm, item);
    vm.heap.release_temps(mark);
    result?;
    out.flush(vm)
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    match one_optional(vm, args, "list")? {
        Some(items) => from_iterable(vm, items),
        None => Ok(vm.heap.new_list_cap(0)?),
    }
}

/// A new list of what an iterable gives.
///
/// # Errors
/// TypeError if it is not iterable; whatever the iteration raises.
pub fn from_iterable(vm: &mut Vm, items: Val) -> R {
    if matches!(vm.heap.kind(items), Some(Kind::List | Kind::Tuple)) {
        return Ok(vm.heap.new_list_of(items)?);
    }
    let list = vm.heap.new_list_cap(0)?;
    extend_with(vm, list, items)?;
    Ok(list)
}

fn extend_with(vm: &mut Vm, list: Val, items: Val) -> R<()> {
    if matches!(vm.heap.kind(items), Some(Kind::List | Kind::Tuple)) {
        vm.heap.list_extend(list, items)?;
        return Ok(());
    }
    // What knows its length gets room for it at once. (An instance of a subclass may have its own idea of it.)
    if vm.unwrap(items) == items
        && let Some(len) = vm.plain_type_of(items).and_then(|t| t.len)
    {
        let n = len(vm, items)?;
        vm.heap.list_reserve_exact(list, n)?;
    }
    let it = vm.iter(items)?;
    vm.heap.keep(it)?;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(it)? else { return Ok(()) };
        vm.heap.list_push(list, item)?;
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

/// A value as a list or tuple whose items can be read: itself, or a new list of what it gives.
pub(super) fn as_items(vm: &mut Vm, v: Val) -> R {
    if matches!(vm.heap.kind(v), Some(Kind::List | Kind::Tuple)) { Ok(v) } else { from_iterable(vm, v) }
}

// ---- operators ----

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(vm.heap.list_len(v))
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    match op {
        BinOp::Add => {
            let Some(b) = vm.as_native(b, &LIST) else {
                if index::knows(vm, b, "__radd__")? {
                    return Ok(Val::NOT_IMPLEMENTED);
                }
                let got = vm.type_name(b);
                return Err(vm.type_error(format_args!("can only concatenate list (not \"{got}\") to list")));
            };
            let new = vm.heap.new_list_cap(vm.heap.list_len(a) + vm.heap.list_len(b))?;
            vm.heap.list_extend(new, a)?;
            vm.heap.list_extend(new, b)?;
            Ok(new)
        }
        BinOp::Mul => repeat(vm, a, b),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn reflected(vm: &mut Vm, op: BinOp, other: Val, v: Val) -> R {
    if op == BinOp::Mul { repeat(vm, v, other) } else { Ok(Val::NOT_IMPLEMENTED) }
}

fn repeat(vm: &mut Vm, v: Val, times: Val) -> R {
    let n = vm.heap.list_len(v);
    let Some(times) = index::times(vm, times, n)? else { return Ok(Val::NOT_IMPLEMENTED) };
    Ok(vm.heap.new_list_times(v, times)?)
}

fn inplace(vm: &mut Vm, op: BinOp, v: Val, other: Val) -> R {
    match op {
        BinOp::Add => {
            extend_with(vm, v, other)?;
            Ok(v)
        }
        BinOp::Mul => {
            let n = vm.heap.list_len(v);
            let Some(times) = index::times(vm, other, n)? else { return Ok(Val::NOT_IMPLEMENTED) };
            if times == 0 {
                vm.heap.list_truncate(v, 0);
                return Ok(v);
            }
            vm.heap.list_reserve(v, n * (times - 1))?;
            for _ in 1..times {
                vm.heap.list_splice(v, vm.heap.list_len(v), vm.heap.list_len(v), v, n)?;
            }
            Ok(v)
        }
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    match vm.as_native(b, &LIST) {
        Some(b) => compare_items(vm, op, a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}

/// Compares two lists, or two tuples, item by item.
pub(super) fn compare_items(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let lens = |vm: &Vm| (vm.heap.items(a).len(), vm.heap.items(b).len());
    let (m, n) = lens(vm);
    if m != n && matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Val::bool(op == CmpOp::Ne));
    }
    let mut i = 0;
    while let (Some(&x), Some(&y)) = (vm.heap.items(a).get(i), vm.heap.items(b).get(i)) {
        if !equal_items(vm, x, y)? {
            return match op {
                CmpOp::Eq => Ok(Val::FALSE),
                CmpOp::Ne => Ok(Val::TRUE),
                _ => vm.compare(op, x, y),
            };
        }
        vm.poll()?;
        i += 1;
    }
    let (m, n) = lens(vm);
    Ok(Val::bool(match op {
        CmpOp::Lt => m < n,
        CmpOp::Le => m <= n,
        CmpOp::Gt => m > n,
        CmpOp::Ge => m >= n,
        CmpOp::Eq => m == n,
        CmpOp::Ne => m != n,
    }))
}

/// Are two items of containers the same, or equal?
pub(super) fn equal_items(vm: &mut Vm, x: Val, y: Val) -> R<bool> {
    if x == y {
        return Ok(true);
    }
    if let Ok(equal) = vm.heap.eq_simple(x, y) {
        return Ok(equal);
    }
    let mark = vm.heap.mark_temps();
    vm.heap.keep(x)?;
    vm.heap.keep(y)?;
    vm.enter_native()?;
    let result = vm.eq(x, y);
    vm.leave_native();
    vm.heap.release_temps(mark);
    result
}

/// The first place at or after `from` and before `to` where a list or tuple has an item equal to `x`.
pub(super) fn position(vm: &mut Vm, v: Val, x: Val, from: usize, to: usize) -> R<Option<usize>> {
    let mut i = from;
    while i < to {
        if x.is_small() || x.is_qstr() {
            // As long as the items are of the same sort there is nothing to compare but the values themselves.
            let items = vm.heap.items(v);
            let items = &items[i.min(items.len())..to.min(items.len())];
            let same_sort = |item: &Val| if x.is_small() { item.is_small() } else { item.is_qstr() };
            let skipped = items.iter().position(|item| *item == x || !same_sort(item)).unwrap_or(items.len());
            i += skipped;
        }
        let Some(&item) = vm.heap.items(v).get(i) else { break };
        if i >= to {
            break;
        }
        if equal_items(vm, item, x)? {
            return Ok(Some(i));
        }
        vm.poll()?;
        i += 1;
    }
    Ok(None)
}

fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    Ok(position(vm, v, x, 0, usize::MAX)?.is_some())
}

// ---- items ----

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    if vm.heap.is(i, Kind::Slice) {
        return slice(vm, v, i);
    }
    if is_index(vm, i) {
        let at = index::index(vm, i, vm.heap.list_len(v), "list index")?;
        return Ok(vm.heap.list(v)[at]);
    }
    Err(bad_index(vm, "list", i))
}

fn slice(vm: &mut Vm, v: Val, i: Val) -> R {
    if let Some((start, count)) = index::plain(vm, i, vm.heap.list_len(v)) {
        return Ok(vm.heap.new_list_part(v, start, start + count)?);
    }
    let s = index::span(vm, i, vm.heap.list_len(v))?;
    if s.step == 1 {
        return Ok(vm.heap.new_list_part(v, s.start, s.start + s.count)?);
    }
    // A step that is longer than an isize goes with one item at most.
    Ok(vm.heap.new_list_stepped(v, s.start, s.step as isize, s.count)?)
}

fn set_item(vm: &mut Vm, v: Val, i: Val, x: Val) -> R<()> {
    if is_index(vm, i) {
        let at = index::index(vm, i, vm.heap.list_len(v), "list assignment index")?;
        if x.is_null() {
            vm.heap.list_remove(v, at, at + 1);
        } else {
            vm.heap.list_mut(v)[at] = x;
        }
        return Ok(());
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(bad_index(vm, "list", i));
    }
    if x.is_null() {
        let s = index::span(vm, i, vm.heap.list_len(v))?;
        delete_span(vm, v, s);
        return Ok(());
    }
    // The items first: making them may change the list.
    let items = match vm.heap.kind(x) {
        Some(Kind::List | Kind::Tuple) => x,
        _ => match vm.iter(x) {
            Ok(it) => from_iterable(vm, it)?,
            Err(raised) => {
                if vm.exc_is(ExcKind::TypeError) {
                    vm.take_exc();
                    return Err(vm.type_error(format_args!("can only assign an iterable")));
                }
                return Err(raised);
            }
        },
    };
    let n = vm.heap.items(items).len();
    if let Some((start, count)) = index::plain(vm, i, vm.heap.list_len(v)) {
        vm.heap.list_splice(v, start, start + count, items, n)?;
        return Ok(());
    }
    let s = index::span(vm, i, vm.heap.list_len(v))?;
    if s.step == 1 {
        vm.heap.list_splice(v, s.start, s.start + s.count, items, n)?;
        return Ok(());
    }
    if n != s.count {
        return Err(vm.value_error(format_args!(
            "attempt to assign sequence of size {n} to extended slice of size {}",
            s.count
        )));
    }
    let items = if items == v { vm.heap.new_list_of(v)? } else { items };
    for k in 0..n {
        let item = vm.heap.items(items)[k];
        vm.heap.list_mut(v)[s.at(k)] = item;
    }
    Ok(())
}

fn delete_span(vm: &mut Vm, v: Val, s: Span) {
    if s.count == 0 {
        return;
    }
    if s.step == 1 {
        vm.heap.list_remove(v, s.start, s.start + s.count);
        return;
    }
    // From the lowest place up, whatever the direction.
    let step = s.step.unsigned_abs() as usize;
    let first = if s.step > 0 { s.start } else { s.at(s.count - 1) };
    let items = vm.heap.list_mut(v);
    let mut to = first;
    for from in first..items.len() {
        let removed = (from - first).is_multiple_of(step) && (from - first) / step < s.count;
        if !removed {
            items[to] = items[from];
            to += 1;
        }
    }
    vm.heap.list_truncate(v, to);
}

fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::from_start(vm, Walk::List, v)
}

// ---- methods ----

/// `append`, which the chip's loop knows.
pub(crate) fn append(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    vm.heap.list_push(v, x)?;
    Ok(Val::NONE)
}

fn clear(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.heap.list_truncate(v, 0);
    Ok(Val::NONE)
}

fn copy(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    Ok(vm.heap.new_list_of(v)?)
}

/// `count`, for list and tuple.
pub(super) fn count(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let (mut n, mut from) = (0, 0);
    while let Some(at) = position(vm, v, x, from, usize::MAX)? {
        n += 1;
        from = at + 1;
    }
    Ok(Val::small(n))
}

fn extend(vm: &mut Vm, args: Args) -> R {
    let (v, items) = (args.get(vm, 0), args.get(vm, 1));
    extend_with(vm, v, items)?;
    Ok(Val::NONE)
}

/// `index`, for list and tuple.
pub(super) fn index_of(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let n = vm.heap.items(v).len();
    let range = index::range_args(vm, args.opt(vm, 2), args.opt(vm, 3), n)?;
    // A list may grow while it is searched, unless an end was given.
    let (from, to) = range.unwrap_or((0, 0));
    let to = if args.n < 4 && range.is_some() { usize::MAX } else { to };
    match position(vm, v, x, from, to)? {
        Some(at) => Ok(Val::small(at as i32)),
        None if vm.heap.is_tuple(v) => Err(vm.value_error(format_args!("tuple.index(x): x not in tuple"))),
        None => {
            let text = vm.repr_text(x)?;
            Err(vm.value_error(format_args!("{text} is not in list")))
        }
    }
}

fn insert(vm: &mut Vm, args: Args) -> R {
    let (v, i, x) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let i = index::clamped(vm, i)?;
    let n = vm.heap.list_len(v) as i64;
    let at = if i < 0 { i.saturating_add(n).max(0) } else { i.min(n) };
    vm.heap.list_insert(v, at as usize, x)?;
    Ok(Val::NONE)
}

fn pop(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let n = vm.heap.list_len(v);
    let i = match args.opt(vm, 1) {
        Some(i) => index::clamped(vm, i)?,
        None => -1,
    };
    if n == 0 {
        return Err(vm.raise(ExcKind::IndexError, format_args!("pop from empty list")));
    }
    let at = if i < 0 { i.saturating_add(n as i64) } else { i };
    if at < 0 || at >= n as i64 {
        return Err(vm.raise(ExcKind::IndexError, format_args!("pop index out of range")));
    }
    let item = vm.heap.list(v)[at as usize];
    vm.heap.keep(item)?;
    vm.heap.list_remove(v, at as usize, at as usize + 1);
    Ok(item)
}

fn remove(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    match position(vm, v, x, 0, usize::MAX)? {
        Some(at) => {
            vm.heap.list_remove(v, at, at + 1);
            Ok(Val::NONE)
        }
        None => Err(vm.value_error(format_args!("list.remove(x): x not in list"))),
    }
}

fn reverse(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.heap.list_mut(v).reverse();
    Ok(Val::NONE)
}

fn sort_method(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    if args.n > 1 {
        return Err(vm.type_error(format_args!("sort() takes no positional arguments")));
    }
    let [key, reverse] = args.skip(1).parse(vm, "sort", ["*key", "*reverse"], 0)?;
    let reverse = if reverse.is_null() { false } else { vm.truth(reverse)? };
    sort::sort(vm, v, key, reverse)?;
    Ok(Val::NONE)
}

fn reversed(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let n = vm.heap.list_len(v) as i32;
    iterators::new(vm, Walk::ListBack, v, Val::small(n), Val::NULL)
}

/// The type.
pub static LIST: NativeType = NativeType {
    id: ids::LIST,
    name: "list",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(len),
    unhashable: true,
    binary: Some(binary),
    reflected: Some(reflected),
    inplace: Some(inplace),
    compare: Some(compare),
    contains: Some(contains),
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(iter),
    entries: &[
        Entry::Fn("append", 2, 2, append),
        Entry::Fn("clear", 1, 1, clear),
        Entry::Fn("copy", 1, 1, copy),
        Entry::Fn("count", 2, 2, count),
        Entry::Fn("extend", 2, 2, extend),
        Entry::Fn("index", 2, 4, index_of),
        Entry::Fn("insert", 3, 3, insert),
        Entry::Fn("pop", 1, 2, pop),
        Entry::Fn("remove", 2, 2, remove),
        Entry::Fn("reverse", 1, 1, reverse),
        Entry::FnKw("sort", 1, 255, sort_method),
        Entry::Fn("__reversed__", 1, 1, reversed),
    ],
    ..NativeType::EMPTY
};
