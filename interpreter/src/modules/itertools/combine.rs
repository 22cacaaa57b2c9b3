//! Products, permutations and combinations: pools of items, and a bytearray-like list of indices into them.
//! Each keeps a list: indices (a list of small ints), then what is named below. Phase 0: nothing given yet,
//! [`OVER`]: everything has been.

use super::{Tool, kept, make, make_of, phase, set_phase, size};
use crate::objects::native::{Args, R};
use crate::value::Val;
use crate::vm::Vm;

const OVER: u32 = 2;

fn index(vm: &Vm, indices: Val, i: usize) -> usize {
    vm.heap.list(indices)[i].as_small().unwrap_or(0) as usize
}

fn set_index(vm: &mut Vm, indices: Val, i: usize, value: usize) {
    vm.heap.list_mut(indices)[i] = Val::small(value as i32);
}

/// A list of `n` indices.
fn new_indices(vm: &mut Vm, n: usize, value: impl Fn(usize) -> usize) -> R {
    let list = vm.heap.new_list_cap(n)?;
    for i in 0..n {
        vm.heap.list_push(list, Val::small(value(i) as i32))?;
    }
    Ok(list)
}

/// The tuple of the items that the first `n` indices choose.
fn chosen(vm: &mut Vm, n: usize, item: impl Fn(&Vm, usize) -> Val) -> R<Option<Val>> {
    let items = vm.heap.new_list_cap(n)?;
    for i in 0..n {
        let item = item(vm, i);
        vm.heap.list_push(items, item)?;
    }
    Ok(Some(vm.heap.new_tuple_of(items, 0, n)?))
}

fn end(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    set_phase(vm, it, OVER);
    Ok(None)
}

// ---- product: indices, then a pool each ----

pub fn product(vm: &mut Vm, args: Args) -> R {
    let repeat = args.kw(vm, "repeat");
    if args.nkw > usize::from(repeat.is_some()) {
        return Err(vm.type_error(format_args!("product() got an unexpected keyword argument")));
    }
    let repeat = match repeat {
        Some(n) => size(vm, n, "repeat argument cannot be negative")?,
        None => 1,
    };
    let all = vm.heap.new_list(&[Val::NONE])?;
    for i in 0..args.n {
        let pool = vm.collect_list(args.get(vm, i))?;
        vm.heap.list_push(all, pool)?;
    }
    let n = args.n;
    for i in n..n.saturating_mul(repeat) {
        let pool = vm.heap.list(all)[1 + i - n];
        vm.heap.list_push(all, pool)?;
    }
    if repeat == 0 {
        vm.heap.list_truncate(all, 1);
    }
    let n = vm.heap.list_len(all) - 1;
    let indices = new_indices(vm, n, |_| 0)?;
    vm.heap.list_mut(all)[0] = indices;
    make_of(vm, Tool::Product, all)
}

pub fn product_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let indices = kept(vm, it, 0);
    let n = vm.heap.list_len(indices);
    let pool_len = |vm: &Vm, i: usize| vm.heap.list_len(kept(vm, it, 1 + i));
    match phase(vm, it) {
        0 if (0..n).any(|i| pool_len(vm, i) == 0) => return end(vm, it),
        0 => set_phase(vm, it, 1),
        OVER => return Ok(None),
        _ => {
            // The last place that can go on does; those after it start again.
            let Some(i) = (0..n).rev().find(|&i| index(vm, indices, i) + 1 < pool_len(vm, i)) else {
                return end(vm, it);
            };
            let value = index(vm, indices, i) + 1;
            set_index(vm, indices, i, value);
            (i + 1..n).for_each(|i| set_index(vm, indices, i, 0));
        }
    }
    chosen(vm, n, |vm, i| vm.heap.list(kept(vm, it, 1 + i))[index(vm, indices, i)])
}

// ---- combinations: indices, pool; with or without replacement ----

fn new_combinations(vm: &mut Vm, args: Args, tool: Tool, name: &str) -> R {
    let [iterable, r] = args.parse(vm, name, ["iterable", "r"], 2)?;
    let pool = vm.collect_list(iterable)?;
    let r = size(vm, r, "r must be non-negative")?;
    let n = vm.heap.list_len(pool);
    let again = tool == Tool::CombinationsWithReplacement;
    let none = if again { n == 0 && r > 0 } else { r > n };
    let indices = new_indices(vm, if none { 0 } else { r }, |i| if again { 0 } else { i })?;
    let it = make(vm, tool, &[indices, pool])?;
    if none {
        set_phase(vm, it, OVER);
    }
    Ok(it)
}

pub fn combinations(vm: &mut Vm, args: Args) -> R {
    new_combinations(vm, args, Tool::Combinations, "combinations")
}

pub fn combinations_with_replacement(vm: &mut Vm, args: Args) -> R {
    new_combinations(vm, args, Tool::CombinationsWithReplacement, "combinations_with_replacement")
}

pub fn combinations_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (indices, pool) = (kept(vm, it, 0), kept(vm, it, 1));
    let (r, n) = (vm.heap.list_len(indices), vm.heap.list_len(pool));
    let again = vm.heap.w(it, 2) == Tool::CombinationsWithReplacement as u32;
    match phase(vm, it) {
        0 => set_phase(vm, it, 1),
        OVER => return Ok(None),
        _ => {
            let most = |i: usize| if again { n - 1 } else { i + n - r };
            let Some(i) = (0..r).rev().find(|&i| index(vm, indices, i) != most(i)) else {
                return end(vm, it);
            };
            let value = index(vm, indices, i) + 1;
            for j in i..r {
                set_index(vm, indices, j, if again { value } else { value + j - i });
            }
        }
    }
    chosen(vm, r, |vm, i| vm.heap.list(pool)[index(vm, indices, i)])
}

// ---- permutations: indices of all items, pool, how often each of the r places can still change ----

pub fn permutations(vm: &mut Vm, args: Args) -> R {
    let [iterable, r] = args.parse(vm, "permutations", ["iterable", "r"], 1)?;
    let pool = vm.collect_list(iterable)?;
    let n = vm.heap.list_len(pool);
    let r = if r.is_null() || r.is_none() { n } else { size(vm, r, "r must be non-negative")? };
    let indices = new_indices(vm, n, |i| i)?;
    let cycles = new_indices(vm, if r > n { 0 } else { r }, |i| n - i)?;
    let it = make(vm, Tool::Permutations, &[indices, pool, cycles])?;
    if r > n {
        set_phase(vm, it, OVER);
    }
    Ok(it)
}

pub fn permutations_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (indices, pool, cycles) = (kept(vm, it, 0), kept(vm, it, 1), kept(vm, it, 2));
    let (n, r) = (vm.heap.list_len(pool), vm.heap.list_len(cycles));
    match phase(vm, it) {
        0 => set_phase(vm, it, 1),
        OVER => return Ok(None),
        _ => {
            let mut moved = false;
            for i in (0..r).rev() {
                let left = index(vm, cycles, i) - 1;
                if left > 0 {
                    set_index(vm, cycles, i, left);
                    vm.heap.list_mut(indices).swap(i, n - left);
                    moved = true;
                    break;
                }
                vm.heap.list_mut(indices)[i..].rotate_left(1);
                set_index(vm, cycles, i, n - i);
            }
            if !moved {
                return end(vm, it);
            }
        }
    }
    chosen(vm, r, |vm, i| vm.heap.list(pool)[index(vm, indices, i)])
}
