//! `range`.

use super::index::{self, bad_index, is_index};
use super::iterators::{self, Walk};
use super::native::{Args, CmpOp, Entry, ExcKind, NativeType, R};
use crate::heap::{Kind, combine_hashes};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("range(");
    let (start, stop, step) = (vm.heap.val(v, 1), vm.heap.val(v, 2), vm.heap.val(v, 3));
    out.repr(vm, start)?;
    out.push(", ");
    out.repr(vm, stop)?;
    if step != Val::ONE {
        out.push(", ");
        out.repr(vm, step)?;
    }
    out.push(")");
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("range() takes no keyword arguments")));
    }
    if args.n == 0 || args.n > 3 {
        let (bound, n) = if args.n == 0 { ("at least 1", 0) } else { ("at most 3", args.n) };
        return Err(vm.type_error(format_args!("range expected {bound} argument{}, got {n}", plural(n))));
    }
    let mut parts = [Val::ZERO, Val::ZERO, Val::ONE];
    for i in 0..args.n {
        let x = args.get(vm, i);
        let x = integer(vm, x)?;
        parts[if args.n == 1 { 1 } else { i }] = x;
    }
    if parts[2] == Val::ZERO {
        return Err(vm.value_error(format_args!("range() arg 3 must not be zero")));
    }
    make(vm, parts)
}

fn plural(n: usize) -> &'static str {
    if n == 3 || n == 0 { "" } else { "s" }
}

fn make(vm: &mut Vm, parts: [Val; 3]) -> R {
    Ok(vm.heap.alloc_vals(Kind::Range, 0, parts)?)
}

/// An argument as an int of at most 64 bits (ranges go no further).
fn integer(vm: &mut Vm, v: Val) -> R {
    if v.is_small() {
        return Ok(v);
    }
    let i = vm.index(v)?;
    Ok(vm.heap.new_int(i)?)
}

fn parts(vm: &Vm, v: Val) -> (i64, i64, i64) {
    let part = |i| vm.heap.as_i64(vm.heap.val(v, i)).unwrap_or(0);
    (part(1), part(2), part(3))
}

/// Number of items of `start..stop` in steps of `step`, which is not 0.
pub fn count(start: i64, stop: i64, step: i64) -> u64 {
    let (first, last) = if step > 0 { (start, stop) } else { (stop, start) };
    if first >= last {
        return 0;
    }
    let distance = (i128::from(last) - i128::from(first) - 1) as u64;
    (distance / step.unsigned_abs()).saturating_add(1)
}

fn length(vm: &Vm, v: Val) -> u64 {
    let (start, stop, step) = parts(vm, v);
    count(start, stop, step)
}

/// Item `i` of a range, which need not exist.
pub(super) fn item(vm: &mut Vm, v: Val, i: i64) -> R<Option<Val>> {
    let (start, _, step) = parts(vm, v);
    if i < 0 || i as u64 >= length(vm, v) {
        return Ok(None);
    }
    let at = i128::from(start) + i128::from(i) * i128::from(step);
    Ok(Some(vm.heap.new_int(at as i64)?))
}

// ---- operators ----

fn truth(vm: &mut Vm, v: Val) -> R<bool> {
    Ok(length(vm, v) > 0)
}

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    let n = length(vm, v);
    if n > i32::MAX as u64 {
        return Err(
            vm.raise(ExcKind::OverflowError, format_args!("Python int too large to convert to C ssize_t"))
        );
    }
    Ok(n as usize)
}

/// What two equal ranges have in common: length, first item, step (if it matters).
fn canonical(vm: &Vm, v: Val) -> (u64, i64, i64) {
    let (start, stop, step) = parts(vm, v);
    match count(start, stop, step) {
        0 => (0, 0, 0),
        1 => (1, start, 0),
        n => (n, start, step),
    }
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    let (n, start, step) = canonical(vm, v);
    let h =
        [n as i64, start, step].into_iter().fold(17, |h, x| combine_hashes(h, x as i32 ^ (x >> 32) as i32));
    Ok(h as u32)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    if !vm.heap.is(b, Kind::Range) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let same = canonical(vm, a) == canonical(vm, b);
    match op {
        CmpOp::Eq => Ok(Val::bool(same)),
        CmpOp::Ne => Ok(Val::bool(!same)),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

/// Where an integer is in a range.
fn find(vm: &mut Vm, v: Val, x: Val) -> R<Option<u64>> {
    let Some(x) = vm.heap.as_i64(x) else {
        if vm.heap.is(x, Kind::BigInt) {
            return Ok(None);
        }
        // Anything else may be equal to an item (1.0, or an object that says so).
        for i in 0..length(vm, v) {
            let mark = vm.heap.mark_temps();
            let Some(item) = item(vm, v, i as i64)? else { break };
            let equal = super::list::equal_items(vm, item, x)?;
            vm.heap.release_temps(mark);
            if equal {
                return Ok(Some(i));
            }
            vm.poll()?;
        }
        return Ok(None);
    };
    let (start, _, step) = parts(vm, v);
    let offset = i128::from(x) - i128::from(start);
    let step = i128::from(step);
    let i = offset / step;
    Ok(if offset % step == 0 && i >= 0 && i < i128::from(length(vm, v)) { Some(i as u64) } else { None })
}

fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    Ok(find(vm, v, x)?.is_some())
}

// ---- items ----

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    if is_index(vm, i) {
        let n = length(vm, v).min(i64::MAX as u64) as i64;
        let i = index::clamped(vm, i)?;
        let at = if i < 0 { i.saturating_add(n) } else { i };
        return match item(vm, v, at)? {
            Some(x) => Ok(x),
            None => Err(vm.raise(ExcKind::IndexError, format_args!("range object index out of range"))),
        };
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(bad_index(vm, "range", i));
    }
    let n = len(vm, v)?;
    let s = index::span(vm, i, n)?;
    let (start, _, step) = parts(vm, v);
    let clip = |x: i128| x.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    let at = |i: i64| clip(i128::from(start) + i128::from(i) * i128::from(step));
    let bounds = [at(s.first), at(s.stop), step.saturating_mul(s.step)];
    let mut parts = [Val::NULL; 3];
    for (part, x) in parts.iter_mut().zip(bounds) {
        *part = vm.heap.new_int(x)?;
    }
    make(vm, parts)
}

fn iter(vm: &mut Vm, v: Val) -> R {
    iter_from(vm, v, false)
}

/// The first number and the count of a range of small ints, one by one.
fn simple(vm: &Vm, v: Val) -> Option<(i32, i32)> {
    let [start, stop, step] = [1, 2, 3].map(|i| vm.heap.val(v, i));
    let n = stop.as_small()?.checked_sub(start.as_small()?)?.max(0);
    (step == Val::ONE).then_some((start.small_value(), n))
}

fn iter_from(vm: &mut Vm, v: Val, reversed: bool) -> R {
    if let Some((start, n)) = simple(vm, v)
        && n < Val::INT_MAX
        && start > Val::INT_MIN
    {
        let (first, step) = if reversed { (start + n - 1, -1) } else { (start, 1) };
        return iterators::new(vm, Walk::Range, Val::small(first), Val::small(step), Val::small(n));
    }
    let (start, stop, step) = parts(vm, v);
    let n = count(start, stop, step);
    let (first, step) = if reversed && n > 0 {
        ((i128::from(start) + i128::from(n - 1) * i128::from(step)) as i64, step.saturating_neg())
    } else {
        (start, step)
    };
    let last = i128::from(first) + i128::from(n) * i128::from(step);
    let small = |x: i128| i64::try_from(x).ok().and_then(Val::try_int);
    if let (Some(a), Some(_), Some(s), Some(n)) =
        (small(first.into()), small(last), small(step.into()), small(n.into()))
    {
        return iterators::new(vm, Walk::Range, a, s, n);
    }
    if !reversed {
        return iterators::from_start(vm, Walk::BigRange, v);
    }
    let bounds = [first, first.saturating_add((n as i64).saturating_mul(step)), step];
    let mut parts = [Val::NULL; 3];
    for (part, x) in parts.iter_mut().zip(bounds) {
        *part = vm.heap.new_int(x)?;
    }
    let back = make(vm, parts)?;
    iterators::from_start(vm, Walk::BigRange, back)
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

fn count_of(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    Ok(Val::small(i32::from(find(vm, v, x)?.is_some())))
}

fn index_of(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    match find(vm, v, x)? {
        Some(i) => Ok(vm.heap.new_uint(i)?),
        None => {
            let text = vm.repr_text(x)?;
            Err(vm.value_error(format_args!("{text} is not in range")))
        }
    }
}

/// An iterator over a range from its end.
///
/// # Errors
/// MemoryError.
pub(crate) fn backwards(vm: &mut Vm, v: Val) -> R {
    iter_from(vm, v, true)
}

fn reversed(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    iter_from(vm, v, true)
}

/// The type.
pub static RANGE: NativeType = NativeType {
    id: ids::RANGE,
    name: "range",
    print: Some(print),
    new: Some(new),
    truth: Some(truth),
    len: Some(len),
    hash: Some(hash),
    compare: Some(compare),
    contains: Some(contains),
    get_item: Some(get_item),
    iter: Some(iter),
    entries: &[
        Entry::Get("start", start),
        Entry::Get("stop", stop),
        Entry::Get("step", step),
        Entry::Fn("count", 2, 2, count_of),
        Entry::Fn("index", 2, 2, index_of),
        Entry::Fn("__reversed__", 1, 1, reversed),
    ],
    ..NativeType::EMPTY
};
