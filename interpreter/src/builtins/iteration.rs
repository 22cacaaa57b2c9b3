//! Builtins that walk over iterables.

use super::lazy;
use crate::heap::{Kind, Root, q};
use crate::objects::native::{Args, BinOp, CmpOp, ExcKind, R};
use crate::objects::range;
use crate::objects::sort::sort;
use crate::value::Val;
use crate::vm::Vm;

pub(super) fn iter(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    match args.opt(vm, 1) {
        Some(sentinel) => lazy::callable_iterator(vm, v, sentinel),
        None => vm.iter(v),
    }
}

pub(super) fn next(vm: &mut Vm, args: Args) -> R {
    let it = args.get(vm, 0);
    if let Some(default) = args.opt(vm, 1) {
        return Ok(vm.next(it)?.unwrap_or(default));
    }
    // A Python iterator's own StopIteration passes with its value.
    if let Some(f) = vm.special(it, q::__next__) {
        return vm.call_bound(f, it, &[]);
    }
    if vm.heap.is(it, Kind::Generator) {
        return vm.call_method(it, "__next__", &[]);
    }
    vm.heap.set_root(Root::Stopped, Val::NULL);
    let depth = vm.depth;
    if let Some(v) = vm.next(it)? {
        return Ok(v);
    }
    // The value of an iterator that `enumerate` and the like have asked directly.
    let stopped = vm.heap.root(Root::Stopped);
    if !stopped.is_null() && vm.stopped_depth == depth + 1 {
        vm.heap.set_root(Root::Stopped, Val::NULL);
        return Err(vm.raise_val(stopped));
    }
    Err(vm.raise_args(ExcKind::StopIteration, &[]))
}

pub(super) fn len(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    if vm.heap.is(v, Kind::Range) {
        // It may be longer than anything in memory.
        let part = |i| vm.heap.as_i64(vm.heap.val(v, i)).unwrap_or(0);
        let len = range::count(part(1), part(2), part(3));
        return Ok(vm.heap.new_uint(len)?);
    }
    let len = vm.len(v)?;
    Ok(vm.heap.new_int(len as i64)?)
}

/// Whether an item whose truth is `wanted` comes up.
fn finds(vm: &mut Vm, args: Args, wanted: bool) -> R<bool> {
    let v = args.get(vm, 0);
    let it = vm.iter(v)?;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(it)? else { return Ok(false) };
        if vm.truth(item)? == wanted {
            return Ok(true);
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

pub(super) fn all(vm: &mut Vm, args: Args) -> R {
    Ok(Val::bool(!finds(vm, args, false)?))
}

pub(super) fn any(vm: &mut Vm, args: Args) -> R {
    Ok(Val::bool(finds(vm, args, true)?))
}

pub(super) fn max(vm: &mut Vm, args: Args) -> R {
    extreme(vm, args, "max")
}

pub(super) fn min(vm: &mut Vm, args: Args) -> R {
    extreme(vm, args, "min")
}

fn extreme(vm: &mut Vm, args: Args, name: &str) -> R {
    let (mut key, mut default) = (Val::NONE, Val::NULL);
    for i in 0..args.nkw {
        let (k, v) = args.pair(vm, i);
        match vm.heap.as_str(k) {
            Some("key") => key = v,
            Some("default") => default = v,
            other => {
                let other = crate::vm::beginning(other.unwrap_or("?"));
                return Err(
                    vm.type_error(format_args!("{name}() got an unexpected keyword argument '{other}'"))
                );
            }
        }
    }
    if args.n == 0 {
        return Err(vm.type_error(format_args!("{name} expected at least 1 argument, got 0")));
    }
    // The best item so far and its key, where a collection sees them.
    let best = vm.lend(|vm| vm.heap.new_list(&[Val::NULL, Val::NULL]))?;
    if args.n > 1 {
        if !default.is_null() {
            return Err(vm.type_error(format_args!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
        for i in 0..args.n {
            let item = args.get(vm, i);
            consider(vm, best, item, key, name == "max")?;
        }
    } else {
        let v = args.get(vm, 0);
        vm.for_each(v, |vm, item| consider(vm, best, item, key, name == "max"))?;
    }
    let found = vm.heap.list(best)[0];
    if !found.is_null() {
        return Ok(found);
    }
    if default.is_null() {
        return Err(vm.value_error(format_args!("{name}() arg is an empty sequence")));
    }
    Ok(default)
}

fn consider(vm: &mut Vm, best: Val, item: Val, key: Val, max: bool) -> R<()> {
    let rank = if key.is_none() { item } else { vm.call(key, &[item])? };
    let current = vm.heap.list(best)[1];
    let better = if vm.heap.list(best)[0].is_null() {
        true
    } else {
        let op = if max { CmpOp::Gt } else { CmpOp::Lt };
        let result = vm.compare(op, rank, current)?;
        vm.truth(result)?
    };
    if better {
        vm.heap.list_mut(best).copy_from_slice(&[item, rank]);
    }
    Ok(())
}

pub(super) fn sum(vm: &mut Vm, args: Args) -> R {
    let [iterable, start] = args.parse(vm, "sum", ["iterable", "start"], 1)?;
    let mut total = if start.is_null() { Val::ZERO } else { start };
    let inner = vm.unwrap(total);
    let joined = match vm.heap.kind(inner) {
        _ if vm.heap.is_str(inner) => "strings [use ''.join(seq) instead]",
        Some(Kind::Bytes) => "bytes [use b''.join(seq) instead]",
        Some(Kind::ByteArray) => "bytearray [use b''.join(seq) instead]",
        _ => "",
    };
    if !joined.is_empty() {
        return Err(vm.type_error(format_args!("sum() can't sum {joined}")));
    }
    let it = vm.iter(iterable)?;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(it)? else { return Ok(total) };
        total = vm.binary(BinOp::Add, total, item)?;
        total = vm.heap.release_temps_keeping(mark, total);
        vm.poll()?;
    }
}

pub(super) fn sorted(vm: &mut Vm, args: Args) -> R {
    if args.n > 1 {
        return Err(vm.type_error(format_args!("sorted expected 1 argument, got {}", args.n)));
    }
    let [iterable, key, reverse] = args.parse(vm, "sorted", ["iterable", "*key", "*reverse"], 1)?;
    let reverse = !reverse.is_null() && vm.truth(reverse)?;
    let list = vm.collect_list(iterable)?;
    sort(vm, list, if key.is_none() { Val::NULL } else { key }, reverse)?;
    Ok(list)
}
