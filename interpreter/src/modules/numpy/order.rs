//! Sorting, by heapsort on integer keys: no memory beyond the keys, no bad cases.

use super::convert::{self, axis};
use super::dtype::{Dtype, Place, RUN};
use super::view::{Lanes, View};
use crate::objects::native::{Args, R};
use crate::value::Val;
use crate::vm::Vm;
use alloc::vec::Vec;

/// Sorts in place; gives up when `stop` says so.
pub fn heapsort<T: Ord + Copy>(items: &mut [T], stop: &dyn Fn() -> bool) {
    let n = items.len();
    for i in (0..n / 2).rev() {
        sift(items, i, n);
    }
    for end in (1..n).rev() {
        items.swap(0, end);
        sift(items, 0, end);
        if end & 0x3f == 0 && stop() {
            return;
        }
    }
}

fn sift<T: Ord + Copy>(items: &mut [T], mut at: usize, end: usize) {
    let item = items[at];
    loop {
        let mut child = 2 * at + 1;
        if child >= end {
            break;
        }
        if child + 1 < end && items[child] < items[child + 1] {
            child += 1;
        }
        if items[child] <= item {
            break;
        }
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

fn vector<T: Copy>(vm: &mut Vm, n: usize, x: T) -> R<Vec<T>> {
    vm.make_room(n * size_of::<T>());
    let mut out = Vec::new();
    out.try_reserve_exact(n).map_err(|_| vm.no_memory())?;
    out.resize(n, x);
    Ok(out)
}

/// The keys of a lane, sorted.
///
/// # Errors
/// MemoryError, KeyboardInterrupt.
pub fn sorted_keys(vm: &mut Vm, lane: Place, n: usize) -> R<Vec<i32>> {
    let mut keys = vector(vm, n, 0)?;
    for (i, run) in keys.chunks_mut(RUN).enumerate() {
        lane.nth(i * RUN).load_key(&vm.heap, run);
    }
    heapsort(&mut keys, &|| vm.heap.interrupted());
    vm.unless_interrupted()?;
    Ok(keys)
}

fn sort_axis(vm: &mut Vm, view: &View, axis: usize) -> R<()> {
    if view.is_empty() {
        return Ok(());
    }
    let mut lanes = Lanes::new(view, axis);
    while let Some(lane) = lanes.next(vm)? {
        let keys = sorted_keys(vm, lane, lanes.n)?;
        for (i, run) in keys.chunks(RUN).enumerate() {
            lane.nth(i * RUN).store_key(&mut vm.heap, run);
        }
    }
    Ok(())
}

/// The array as an argument and its axis: absent is the last, `None` means all elements in one dimension.
fn operand(vm: &mut Vm, v: Val, ax: Val) -> R<(View, usize)> {
    let view = View::of(vm, v)?;
    if view.dtype == Dtype::Complex {
        return Err(vm.type_error(format_args!("input must not be complex: use sort_complex")));
    }
    if ax.is_null() {
        return Ok((view, view.ndim - 1));
    }
    match axis(vm, ax, view.ndim)? {
        Some(ax) => Ok((view, ax)),
        None => Ok((view.dense_as(vm, view.dtype)?.flat(), 0)),
    }
}

/// `sort(array, *, axis=-1)`
pub fn sort(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "sort", ["a", "axis"], 1)?;
    let v = if View::opt(&vm.heap, v).is_none() { convert::argument(vm, v)?.object(vm)? } else { v };
    let (view, axis) = operand(vm, v, ax)?;
    let out = view.copy_as(vm, view.dtype)?;
    sort_axis(vm, &out, axis)?;
    out.object(vm)
}

/// `array.sort(*, axis=-1)`
pub fn sort_method(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "sort", ["self", "axis"], 1)?;
    let (view, axis) = operand(vm, v, ax)?;
    sort_axis(vm, &view, axis)?;
    Ok(Val::NONE)
}

/// `argsort(array, *, axis=-1)`: the indices as uint16; equal elements stay in order.
pub fn argsort(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "argsort", ["a", "axis"], 1)?;
    let v = if View::opt(&vm.heap, v).is_none() { convert::argument(vm, v)?.object(vm)? } else { v };
    let (view, axis) = operand(vm, v, ax)?;
    if view.shape[axis] > 65535 {
        return Err(vm.value_error(format_args!("axis too long")));
    }
    let out = view.like(vm, Dtype::U16)?;
    if view.is_empty() {
        return out.object(vm);
    }
    let (mut from, mut to) = (Lanes::new(&view, axis), Lanes::new(&out, axis));
    while let (Some(a), Some(b)) = (from.next(vm)?, to.next(vm)?) {
        let mut pairs = vector(vm, from.n, (0, 0u16))?;
        for (i, pair) in pairs.iter_mut().enumerate() {
            *pair = (a.nth(i).key(&vm.heap), i as u16);
        }
        heapsort(&mut pairs, &|| vm.heap.interrupted());
        vm.unless_interrupted()?;
        for (i, pair) in pairs.iter().enumerate() {
            b.nth(i).store_i(&mut vm.heap, &[i32::from(pair.1)]);
        }
    }
    out.object(vm)
}

/// `sort_complex(array)`: by the real, then by the imaginary part.
pub fn sort_complex(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = View::of(vm, v)?;
    if view.ndim != 1 {
        return Err(vm.value_error(format_args!("input must be one-dimensional")));
    }
    let out = view.copy_as(vm, Dtype::Complex)?;
    let n = out.len();
    let real = Place { dtype: Dtype::Float, ..out.place() };
    let imaginary = Place { at: real.at + 4, ..real };
    let mut pairs = vector(vm, n, (0, 0))?;
    for (i, pair) in pairs.iter_mut().enumerate() {
        *pair = (real.nth(i).key(&vm.heap), imaginary.nth(i).key(&vm.heap));
    }
    heapsort(&mut pairs, &|| vm.heap.interrupted());
    vm.unless_interrupted()?;
    for (i, pair) in pairs.iter().enumerate() {
        real.nth(i).store_key(&mut vm.heap, &[pair.0]);
        imaginary.nth(i).store_key(&mut vm.heap, &[pair.1]);
    }
    out.object(vm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heapsort_sorts() {
        let mut x = 7u32;
        for n in 0..200 {
            let mut items: Vec<u32> = (0..n)
                .map(|_| {
                    x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    x >> 26
                })
                .collect();
            let mut want = items.clone();
            want.sort_unstable();
            heapsort(&mut items, &|| false);
            assert_eq!(items, want);
        }
    }
}
