//! Indices and slices of sequences, the same for all of them.

use super::native::{Args, ExcKind, R};
use crate::heap::Kind;
use crate::value::Val;
use crate::vm::Vm;

/// A slice applied to a sequence: `count` items from `start` in steps of `step`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First item (for an empty span, where it would be).
    pub start: usize,
    /// The start as Python's `slice.indices` gives it (may be −1 for negative steps).
    pub first: i64,
    /// One past the last item for step 1; as Python's `slice.indices` gives it (may be −1 for negative steps).
    pub stop: i64,
    /// Distance between items, not 0.
    pub step: i64,
    /// Number of items.
    pub count: usize,
}

impl Span {
    /// The indices, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |i| self.at(i))
    }
    /// Index of item `i` of the span.
    #[inline]
    pub fn at(self, i: usize) -> usize {
        (self.start as i64 + i as i64 * self.step) as usize
    }
}

/// Is it an integer, or an object that may have `__index__`?
pub fn is_index(vm: &Vm, v: Val) -> bool {
    v.is_small() || v.is_bool() || matches!(vm.heap.kind(v), Some(Kind::BigInt | Kind::Instance))
}

/// Is it an object of the program's that has this method?
///
/// # Errors
/// Whatever looking it up raises.
pub fn knows(vm: &mut Vm, v: Val, method: &str) -> R<bool> {
    Ok(vm.heap.is(v, Kind::Instance) && vm.getattr_opt(v, method)?.is_some())
}

/// The one optional argument of `list(iterable)` and its like.
///
/// # Errors
/// TypeError for more arguments or keywords.
pub fn one_optional(vm: &mut Vm, args: Args, name: &str) -> R<Option<Val>> {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    if args.n > 1 {
        return Err(vm.type_error(format_args!("{name} expected at most 1 argument, got {}", args.n)));
    }
    Ok(args.opt(vm, 0))
}

/// An integer or object with `__index__` as i64; beyond that the nearest i64.
///
/// # Errors
/// TypeError "'x' object cannot be interpreted as an integer".
pub fn clamped(vm: &mut Vm, v: Val) -> R<i64> {
    if let Some(i) = vm.heap.as_i64(v) {
        return Ok(i);
    }
    if vm.heap.is(v, Kind::BigInt) {
        return Ok(if vm.heap.big(v).negative { i64::MIN } else { i64::MAX });
    }
    vm.index(v)
}

/// The place that an index means in a sequence of `len` items, counted from the end if negative.
///
/// # Errors
/// IndexError "`what` out of range"; TypeError of `clamped`.
pub fn index(vm: &mut Vm, v: Val, len: usize, what: &str) -> R<usize> {
    if let Some(i) = v.as_small()
        && i >= 0
        && (i as usize) < len
    {
        return Ok(i as usize);
    }
    let i = clamped(vm, v)?;
    let at = if i < 0 { i.saturating_add(len as i64) } else { i };
    if at < 0 || at >= len as i64 {
        return Err(vm.raise(ExcKind::IndexError, format_args!("{what} out of range")));
    }
    Ok(at as usize)
}

/// TypeError for an index that is neither an integer nor a slice, for `what` = "list", "tuple" …
pub fn bad_index(vm: &mut Vm, what: &str, v: Val) -> super::native::Raised {
    let got = vm.type_name(v);
    vm.type_error(format_args!("{what} indices must be integers or slices, not {got}"))
}

/// A bound of a slice: an integer, `None`, or an object with `__index__`.
fn bound(vm: &mut Vm, v: Val) -> R<Option<i64>> {
    if v.is_none() || v.is_null() {
        return Ok(None);
    }
    if !is_index(vm, v) {
        return Err(
            vm.type_error(format_args!("slice indices must be integers or None or have an __index__ method"))
        );
    }
    clamped(vm, v).map(Some)
}

/// Applies a slice object to a sequence of `len` items.
///
/// # Errors
/// TypeError for bounds that are not integers, ValueError for step 0.
pub fn span(vm: &mut Vm, slice: Val, len: usize) -> R<Span> {
    let (start, stop, step) = (vm.heap.val(slice, 1), vm.heap.val(slice, 2), vm.heap.val(slice, 3));
    if (step.is_none() || step == Val::ONE)
        && let Some(s) = plain_span(start, stop, len)
    {
        return Ok(s);
    }
    if let Some(step) = step.as_small()
        && let Some(s) = small_span(start, stop, step, len)
    {
        return Ok(s);
    }
    let step = bound(vm, step)?.unwrap_or(1);
    let (start, stop) = (bound(vm, start)?, bound(vm, stop)?);
    match resolve(start, stop, step, len) {
        Some(s) => Ok(s),
        None => Err(vm.value_error(format_args!("slice step cannot be zero"))),
    }
}

/// First item and number of items of a slice with small bounds, or none, and step 1: most slices are that.
#[inline]
pub fn plain(vm: &Vm, slice: Val, len: usize) -> Option<(usize, usize)> {
    let step = vm.heap.val(slice, 3);
    if !step.is_none() && step != Val::ONE {
        return None;
    }
    let (start, stop) = plain_bounds(vm.heap.val(slice, 1), vm.heap.val(slice, 2), len)?;
    Some((start as usize, (stop - start).max(0) as usize))
}

/// The usual case in 32-bit arithmetic: small bounds, or none, and step 1.
#[inline]
fn plain_span(start: Val, stop: Val, len: usize) -> Option<Span> {
    let (start, stop) = plain_bounds(start, stop, len)?;
    let count = (stop - start).max(0) as usize;
    Some(Span { start: start as usize, first: i64::from(start), stop: i64::from(stop), step: 1, count })
}

/// Small bounds, or none, and a small step, in 32-bit arithmetic.
fn small_span(start: Val, stop: Val, step: i32, len: usize) -> Option<Span> {
    if len > Val::INT_MAX as usize || step == 0 {
        return None;
    }
    let n = len as i32;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let clip = |v: Val, default: i32| match v.as_small() {
        Some(i) if i < 0 => Some((i + n).max(low)),
        Some(i) => Some(i.min(high)),
        None if v.is_none() => Some(default),
        None => None,
    };
    let (first, last) = if step < 0 { (high, low) } else { (low, high) };
    let (start, stop) = (clip(start, first)?, clip(stop, last)?);
    let distance = if step < 0 { start - stop } else { stop - start };
    let count = match step.unsigned_abs() {
        _ if distance <= 0 => 0,
        1 => distance as u32,
        step => (distance as u32 - 1) / step + 1,
    };
    Some(Span {
        start: start.max(0) as usize,
        first: i64::from(start),
        stop: i64::from(stop),
        step: i64::from(step),
        count: count as usize,
    })
}

#[inline(always)]
fn plain_bounds(start: Val, stop: Val, len: usize) -> Option<(i32, i32)> {
    if len > Val::INT_MAX as usize {
        return None;
    }
    let n = len as i32;
    let clip = |v: Val, default: i32| match v.as_small() {
        Some(i) if i < 0 => Some((i + n).max(0)),
        Some(i) => Some(i.min(n)),
        None if v.is_none() => Some(default),
        None => None,
    };
    Some((clip(start, 0)?, clip(stop, n)?))
}

/// Bounds and step as a span over `len` items; `None` if the step is 0.
pub fn resolve(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Option<Span> {
    let step = step.max(-i64::MAX);
    let n = len as i64;
    let clip = |x: i64| {
        let x = if x < 0 { x.saturating_add(n) } else { x };
        if step < 0 { x.clamp(-1, n - 1) } else { x.clamp(0, n) }
    };
    let (first, last) = if step < 0 { (n - 1, -1) } else { (0, n) };
    let start = start.map_or(first, clip);
    let stop = stop.map_or(last, clip);
    let count = match step {
        0 => return None,
        s if s > 0 && start < stop => (stop - start - 1) / s + 1,
        s if s < 0 && stop < start => (start - stop - 1) / -s + 1,
        _ => 0,
    };
    Some(Span { start: start.max(0) as usize, first: start, stop, step, count: count as usize })
}

/// The optional `start, end` arguments of `find`, `index`, `count` …: a range within `len` items, or `None` if the
/// start lies beyond the end.
///
/// # Errors
/// TypeError for arguments that are not integers or None.
pub fn range_args(
    vm: &mut Vm,
    start: Option<Val>,
    end: Option<Val>,
    len: usize,
) -> R<Option<(usize, usize)>> {
    let start = match start {
        Some(v) => bound(vm, v)?,
        None => None,
    };
    let end = match end {
        Some(v) => bound(vm, v)?,
        None => None,
    };
    let n = len as i64;
    let from_end = |x: i64| if x < 0 { x.saturating_add(n).max(0) } else { x };
    let start = start.map_or(0, from_end);
    let end = end.map_or(n, from_end).min(n);
    Ok(if start > end { None } else { Some((start as usize, end as usize)) })
}

/// How often a sequence of `len` items is to be repeated: an integer, negative ones count as 0. `None` if `v` is an
/// object of the program's without `__index__`, which may know how to multiply.
///
/// # Errors
/// TypeError if `v` is anything else; MemoryError if the result is longer than memory could be.
pub fn times(vm: &mut Vm, v: Val, len: usize) -> R<Option<usize>> {
    if !is_index(vm, v) {
        let got = vm.type_name(v);
        return Err(vm.type_error(format_args!("can't multiply sequence by non-int of type '{got}'")));
    }
    if vm.heap.is(v, Kind::Instance) && !knows(vm, v, "__index__")? {
        return Ok(None);
    }
    let n = clamped(vm, v)?.max(0) as u64;
    if n.saturating_mul(len.max(1) as u64) > u64::from(u32::MAX >> 2) && len > 0 {
        return Err(vm.no_memory());
    }
    Ok(Some(n.min(u64::from(u32::MAX)) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items that a span visits, against counting by hand as the language reference defines it.
    #[test]
    fn slices_visit_what_the_reference_says() {
        for len in 0..7usize {
            for step in [-3, -2, -1, 1, 2, 3, i64::MAX, i64::MIN] {
                for a in -9..10i64 {
                    for b in -9..10i64 {
                        let (start, stop) = ((a != 9).then_some(a), (b != 9).then_some(b));
                        let s = resolve(start, stop, step, len).unwrap();
                        let n = len as i64;
                        let abs = |x: i64| if x < 0 { x + n } else { x };
                        let mut want = alloc::vec![];
                        let range: alloc::vec::Vec<i64> =
                            if step > 0 { (0..n).collect() } else { (0..n).rev().collect() };
                        let first = range.iter().copied().find(|&i| {
                            start.is_none_or(|x| if step > 0 { i >= abs(x) } else { i <= abs(x) })
                        });
                        if let Some(first) = first {
                            for i in range {
                                let within =
                                    stop.is_none_or(|x| if step > 0 { i < abs(x) } else { i > abs(x) });
                                let passed = if step > 0 { i >= first } else { i <= first };
                                if within && passed && (i - first).unsigned_abs() % step.unsigned_abs() == 0 {
                                    want.push(i as usize);
                                }
                            }
                        }
                        let got: alloc::vec::Vec<usize> = (0..s.count).map(|i| s.at(i)).collect();
                        assert_eq!(got, want, "[{start:?}:{stop:?}:{step}] of {len}");
                        let value = |x: Option<i64>| x.map_or(Val::NONE, |x| Val::small(x as i32));
                        if step.unsigned_abs() < 9 {
                            assert_eq!(small_span(value(start), value(stop), step as i32, len), Some(s));
                        }
                        if step == 1 {
                            assert_eq!(plain_span(value(start), value(stop), len), Some(s));
                        }
                    }
                }
            }
        }
        assert_eq!(resolve(None, None, 0, 3), None);
    }
}
