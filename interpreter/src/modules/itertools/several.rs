//! Iterators over several iterables, and several over one.

use super::{Tool, keep, kept, make, make_of, phase, set_phase, size};
use crate::objects::native::{Args, R};
use crate::value::Val;
use crate::vm::Vm;

// ---- chain: iterator over iterables, current iterator or None ----

pub fn chain(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("chain() takes no keyword arguments")));
    }
    let iterables = vm.heap.new_tuple_from_slots(args.base, args.base + args.n)?;
    let outer = vm.iter(iterables)?;
    make(vm, Tool::Chain, &[outer, Val::NONE])
}

pub fn chain_from_iterable(vm: &mut Vm, args: Args) -> R {
    let outer = vm.iter(args.get(vm, 1))?;
    make(vm, Tool::Chain, &[outer, Val::NONE])
}

pub fn chain_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    loop {
        let inner = kept(vm, it, 1);
        if !inner.is_none() {
            if let Some(item) = vm.next(inner)? {
                return Ok(Some(item));
            }
            keep(vm, it, 1, Val::NONE);
        }
        let outer = kept(vm, it, 0);
        let Some(iterable) = vm.next(outer)? else { return Ok(None) };
        vm.heap.keep(iterable)?;
        let inner = vm.iter(iterable)?;
        keep(vm, it, 1, inner);
    }
}

// ---- compress: iterator over data, over selectors ----

pub fn compress(vm: &mut Vm, args: Args) -> R {
    let [data, selectors] = args.parse(vm, "compress", ["data", "selectors"], 2)?;
    let data = vm.iter(data)?;
    vm.heap.keep(data)?;
    let selectors = vm.iter(selectors)?;
    make(vm, Tool::Compress, &[data, selectors])
}

pub fn compress_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (data, selectors) = (kept(vm, it, 0), kept(vm, it, 1));
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(data)? else { return Ok(None) };
        vm.heap.keep(item)?;
        let Some(selector) = vm.next(selectors)? else { return Ok(None) };
        if vm.truth(selector)? {
            return Ok(Some(item));
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

// ---- groupby: iterator, key function or None, current item, its key, key of the last group; phase = groups begun << 2 | 1 if there is a
// current item | 2 if it has been given ----

const ITEM: usize = 2;
const KEY: usize = 3;
const GROUP_KEY: usize = 4;

pub fn groupby(vm: &mut Vm, args: Args) -> R {
    let [iterable, key] = args.parse(vm, "groupby", ["iterable", "key"], 1)?;
    let key = if key.is_null() { Val::NONE } else { key };
    let source = vm.iter(iterable)?;
    make(vm, Tool::GroupBy, &[source, key, Val::NONE, Val::NONE, Val::NONE])
}

/// Goes to the next item: false at the end.
fn advance(vm: &mut Vm, groups: Val) -> R<bool> {
    let (source, function) = (kept(vm, groups, 0), kept(vm, groups, 1));
    let number = phase(vm, groups) >> 2 << 2;
    set_phase(vm, groups, number);
    let Some(item) = vm.next(source)? else { return Ok(false) };
    keep(vm, groups, ITEM, item);
    let key = if function.is_none() { item } else { vm.call(function, &[item])? };
    keep(vm, groups, KEY, key);
    set_phase(vm, groups, number | 1);
    Ok(true)
}

pub fn groupby_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    if phase(vm, it) == 0 {
        if !advance(vm, it)? {
            return Ok(None);
        }
    } else {
        // The rest of the group that was given last.
        let old = kept(vm, it, GROUP_KEY);
        vm.heap.keep(old)?;
        while phase(vm, it) & 1 != 0 {
            let key = kept(vm, it, KEY);
            if phase(vm, it) & 2 == 0 && !vm.eq(key, old)? {
                break;
            }
            advance(vm, it)?;
            vm.poll()?;
        }
    }
    if phase(vm, it) & 1 == 0 {
        return Ok(None);
    }
    let number = (phase(vm, it) >> 2) + 1;
    set_phase(vm, it, number << 2 | 1);
    let key = kept(vm, it, KEY);
    keep(vm, it, GROUP_KEY, key);
    let number = vm.heap.new_uint(number.into())?;
    let group = make(vm, Tool::Grouper, &[it, key, number])?;
    Ok(Some(vm.heap.new_tuple(&[key, group])?))
}

// ---- one group: groupby, key, number ----

pub fn grouper_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (groups, key, number) = (kept(vm, it, 0), kept(vm, it, 1), kept(vm, it, 2));
    if vm.index(number)? != i64::from(phase(vm, groups) >> 2) {
        return Ok(None);
    }
    let state = phase(vm, groups);
    if state & 2 != 0 && !advance(vm, groups)? {
        return Ok(None);
    }
    let state = phase(vm, groups);
    let current = kept(vm, groups, KEY);
    if state & 1 == 0 || !vm.eq(key, current)? {
        return Ok(None);
    }
    set_phase(vm, groups, state | 2);
    Ok(Some(kept(vm, groups, ITEM)))
}

// ---- tee: iterator, node (a list of a value and the next node, None where nobody has been yet) ----

pub fn tee(vm: &mut Vm, args: Args) -> R {
    let n = match args.opt(vm, 1) {
        Some(n) => size(vm, n, "n must be >= 0")?,
        None => 2,
    };
    let source = vm.iter(args.get(vm, 0))?;
    vm.heap.keep(source)?;
    let node = vm.heap.new_list(&[Val::NONE, Val::NONE])?;
    let all = vm.heap.new_list(&[])?;
    for _ in 0..n {
        let one = make(vm, Tool::Tee, &[source, node])?;
        vm.heap.list_push(all, one)?;
    }
    Ok(vm.heap.new_tuple_of(all, 0, n)?)
}

pub fn tee_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (source, node) = (kept(vm, it, 0), kept(vm, it, 1));
    let next = vm.heap.list(node)[1];
    if !next.is_none() {
        keep(vm, it, 1, next);
        return Ok(Some(vm.heap.list(node)[0]));
    }
    let Some(item) = vm.next(source)? else { return Ok(None) };
    vm.heap.keep(item)?;
    let next = vm.heap.new_list(&[Val::NONE, Val::NONE])?;
    vm.heap.list_mut(node).copy_from_slice(&[item, next]);
    keep(vm, it, 1, next);
    Ok(Some(item))
}

// ---- zip_longest: fill value, iterators (None at their ends) ----

pub fn zip_longest(vm: &mut Vm, args: Args) -> R {
    let fill = args.kw(vm, "fillvalue");
    if args.nkw > usize::from(fill.is_some()) {
        return Err(vm.type_error(format_args!("zip_longest() got an unexpected keyword argument")));
    }
    let all = vm.heap.new_list(&[fill.unwrap_or(Val::NONE)])?;
    for i in 0..args.n {
        let source = vm.iter(args.get(vm, i))?;
        vm.heap.list_push(all, source)?;
    }
    make_of(vm, Tool::ZipLongest, all)
}

pub fn zip_longest_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let n = vm.heap.list_len(vm.heap.val(it, 1));
    let items = vm.heap.new_list(&[])?;
    let mut alive = false;
    for i in 1..n {
        let source = kept(vm, it, i);
        let item = if source.is_none() { None } else { vm.next(source)? };
        match item {
            Some(_) => alive = true,
            None => keep(vm, it, i, Val::NONE),
        }
        let item = item.unwrap_or(kept(vm, it, 0));
        vm.heap.list_push(items, item)?;
    }
    if alive { Ok(Some(vm.heap.new_tuple_of(items, 0, n - 1)?)) } else { Ok(None) }
}
