//! `heapq`: a list as a binary heap, its smallest item first.

use crate::objects::list::LIST;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// What is Python, fetched when first asked for.
const IN_PYTHON: &[&str] = &["merge", "nlargest", "nsmallest"];

/// The module.
pub static HEAPQ: NativeModule = NativeModule {
    id: modules::HEAPQ,
    name: "heapq",
    get_attr: Some(|vm, name| super::frozen::attribute(vm, "_heapq", IN_PYTHON, name)),
    entries: &[
        Entry::Fn("heappush", 2, 2, heappush),
        Entry::Fn("heappop", 1, 1, heappop),
        Entry::Fn("heapify", 1, 1, heapify),
        Entry::Fn("heapreplace", 2, 2, heapreplace),
        Entry::Fn("heappushpop", 2, 2, heappushpop),
    ],
    ..NativeModule::EMPTY
};

fn list_arg(vm: &mut Vm, value: Val) -> R {
    match vm.as_native(value, &LIST) {
        Some(list) => Ok(list),
        None => {
            let got = vm.type_name(value);
            Err(vm.type_error(format_args!("heap argument must be a list, not {got}")))
        }
    }
}

/// The item at `i`; a comparison in Python may have shortened the list.
fn at(vm: &mut Vm, list: Val, i: usize) -> R {
    match vm.heap.list(list).get(i) {
        Some(&item) => Ok(item),
        None => Err(vm.raise(ExcKind::RuntimeError, format_args!("list changed size during iteration"))),
    }
}

fn swap(vm: &mut Vm, list: Val, i: usize, j: usize) -> R<()> {
    at(vm, list, i.max(j))?;
    vm.heap.list_mut(list).swap(i, j);
    Ok(())
}

/// Moves the item at `i` up to where its parent is not larger.
fn sift_up(vm: &mut Vm, list: Val, mut i: usize) -> R<()> {
    while i > 0 {
        let parent = (i - 1) / 2;
        let (item, above) = (at(vm, list, i)?, at(vm, list, parent)?);
        if !vm.lt(item, above)? {
            break;
        }
        swap(vm, list, i, parent)?;
        i = parent;
    }
    Ok(())
}

/// Moves the item at `i` down to where its children are not smaller.
fn sift_down(vm: &mut Vm, list: Val, mut i: usize) -> R<()> {
    loop {
        vm.poll()?;
        let len = vm.heap.list(list).len();
        let mut least = 2 * i + 1;
        if least >= len {
            return Ok(());
        }
        if least + 1 < len {
            let (left, right) = (at(vm, list, least)?, at(vm, list, least + 1)?);
            if vm.lt(right, left)? {
                least += 1;
            }
        }
        let (child, item) = (at(vm, list, least)?, at(vm, list, i)?);
        if !vm.lt(child, item)? {
            return Ok(());
        }
        swap(vm, list, i, least)?;
        i = least;
    }
}

/// Puts `item` in the place of the first one, which is returned.
fn replace(vm: &mut Vm, list: Val, item: Val) -> R {
    let first = at(vm, list, 0)?;
    vm.heap.keep(first)?;
    vm.heap.list_mut(list)[0] = item;
    sift_down(vm, list, 0)?;
    Ok(first)
}

fn not_empty(vm: &mut Vm, list: Val) -> R<()> {
    if vm.heap.list(list).is_empty() {
        return Err(vm.raise(ExcKind::IndexError, format_args!("index out of range")));
    }
    Ok(())
}

fn heappush(vm: &mut Vm, args: Args) -> R {
    let list = list_arg(vm, args.get(vm, 0))?;
    let item = args.get(vm, 1);
    vm.heap.list_push(list, item)?;
    let last = vm.heap.list(list).len() - 1;
    sift_up(vm, list, last)?;
    Ok(Val::NONE)
}

fn heappop(vm: &mut Vm, args: Args) -> R {
    let list = list_arg(vm, args.get(vm, 0))?;
    not_empty(vm, list)?;
    let last = vm.heap.list(list).len() - 1;
    let item = at(vm, list, last)?;
    vm.heap.keep(item)?;
    vm.heap.list_truncate(list, last);
    if last == 0 { Ok(item) } else { replace(vm, list, item) }
}

fn heapify(vm: &mut Vm, args: Args) -> R {
    let list = list_arg(vm, args.get(vm, 0))?;
    for i in (0..vm.heap.list(list).len() / 2).rev() {
        sift_down(vm, list, i)?;
    }
    Ok(Val::NONE)
}

fn heapreplace(vm: &mut Vm, args: Args) -> R {
    let list = list_arg(vm, args.get(vm, 0))?;
    not_empty(vm, list)?;
    replace(vm, list, args.get(vm, 1))
}

fn heappushpop(vm: &mut Vm, args: Args) -> R {
    let list = list_arg(vm, args.get(vm, 0))?;
    let item = args.get(vm, 1);
    let Some(&first) = vm.heap.list(list).first() else { return Ok(item) };
    if vm.lt(first, item)? { replace(vm, list, item) } else { Ok(item) }
}
