//! Iterators over one iterable, or none.

use super::{Tool, keep, kept, make, phase, set_phase, size};
use crate::objects::native::{Args, BinOp, R};
use crate::value::Val;
use crate::vm::Vm;

/// The iterator's source ended or is left: it gives nothing more.
const OVER: u32 = u32::MAX;

fn over(vm: &mut Vm, it: Val) -> Option<Val> {
    set_phase(vm, it, OVER);
    None
}

// ---- accumulate: iterator, function or None, total ----

pub fn accumulate(vm: &mut Vm, args: Args) -> R {
    let [iterable, function, initial] = args.parse(vm, "accumulate", ["iterable", "func", "*initial"], 1)?;
    let function = if function.is_null() { Val::NONE } else { function };
    let source = vm.iter(iterable)?;
    let has_initial = !initial.is_null() && !initial.is_none();
    let initial = if has_initial { initial } else { Val::NONE };
    let it = make(vm, Tool::Accumulate, &[source, function, initial])?;
    set_phase(vm, it, if has_initial { 1 } else { 0 });
    Ok(it)
}

/// Phases: 0 start, 1 the initial value is next, 2 there is a total.
pub fn accumulate_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    if phase(vm, it) == 1 {
        set_phase(vm, it, 2);
        return Ok(Some(kept(vm, it, 2)));
    }
    let source = kept(vm, it, 0);
    let Some(item) = vm.next(source)? else { return Ok(None) };
    let total = if phase(vm, it) == 0 {
        set_phase(vm, it, 2);
        item
    } else {
        let (function, total) = (kept(vm, it, 1), kept(vm, it, 2));
        vm.heap.keep(item)?;
        if function.is_none() {
            vm.binary(BinOp::Add, total, item)?
        } else {
            vm.call(function, &[total, item])?
        }
    };
    keep(vm, it, 2, total);
    Ok(Some(total))
}

// ---- batched: iterator, size, strict ----

pub fn batched(vm: &mut Vm, args: Args) -> R {
    let [iterable, n, strict] = args.parse(vm, "batched", ["iterable", "n", "*strict"], 2)?;
    if size(vm, n, "n must be at least one")? == 0 {
        return Err(vm.value_error(format_args!("n must be at least one")));
    }
    let strict = Val::bool(!strict.is_null() && vm.truth(strict)?);
    let source = vm.iter(iterable)?;
    make(vm, Tool::Batched, &[source, n, strict])
}

pub fn batched_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (source, n) = (kept(vm, it, 0), kept(vm, it, 1));
    let n = vm.index(n)? as usize;
    let batch = vm.heap.new_list(&[])?;
    while vm.heap.list_len(batch) < n {
        let Some(item) = vm.next(source)? else { break };
        vm.heap.list_push(batch, item)?;
    }
    match vm.heap.list_len(batch) {
        0 => Ok(None),
        len if len < n && kept(vm, it, 2) == Val::TRUE => {
            Err(vm.value_error(format_args!("batched(): incomplete batch")))
        }
        len => Ok(Some(vm.heap.new_tuple_of(batch, 0, len)?)),
    }
}

// ---- count: next, step ----

pub fn count(vm: &mut Vm, args: Args) -> R {
    let [start, step] = args.parse(vm, "count", ["start", "step"], 0)?;
    let start = if start.is_null() { Val::ZERO } else { start };
    let step = if step.is_null() { Val::ONE } else { step };
    for v in [start, step] {
        if !vm.heap.is_int(v) && !vm.heap.is_float(v) && vm.heap.as_complex(v).is_none() {
            // Fractions and the like say that they are numbers.
            if vm.getattr_opt(v, "__float__")?.is_none() {
                return Err(vm.type_error(format_args!("a number is required")));
            }
        }
    }
    make(vm, Tool::Count, &[start, step])
}

pub fn count_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (value, step) = (kept(vm, it, 0), kept(vm, it, 1));
    let next = vm.binary(BinOp::Add, value, step)?;
    keep(vm, it, 0, next);
    Ok(Some(value))
}

// ---- cycle: iterator or None at its end, items so far ----

pub fn cycle(vm: &mut Vm, args: Args) -> R {
    let source = vm.iter(args.get(vm, 0))?;
    let seen = vm.heap.new_list(&[])?;
    make(vm, Tool::Cycle, &[source, seen])
}

pub fn cycle_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (source, seen) = (kept(vm, it, 0), kept(vm, it, 1));
    if !source.is_none() {
        if let Some(item) = vm.next(source)? {
            vm.heap.list_push(seen, item)?;
            return Ok(Some(item));
        }
        keep(vm, it, 0, Val::NONE);
    }
    let at = phase(vm, it) as usize;
    let Some(&item) = vm.heap.list(seen).get(at) else { return Ok(None) };
    let next = if at + 1 < vm.heap.list_len(seen) { at + 1 } else { 0 };
    set_phase(vm, it, next as u32);
    Ok(Some(item))
}

// ---- dropwhile, filterfalse, takewhile, starmap: function, iterator ----

fn with_function(vm: &mut Vm, tool: Tool, args: Args) -> R {
    let source = vm.iter(args.get(vm, 1))?;
    make(vm, tool, &[args.get(vm, 0), source])
}

pub fn dropwhile(vm: &mut Vm, args: Args) -> R {
    with_function(vm, Tool::DropWhile, args)
}

pub fn filterfalse(vm: &mut Vm, args: Args) -> R {
    with_function(vm, Tool::FilterFalse, args)
}

pub fn takewhile(vm: &mut Vm, args: Args) -> R {
    with_function(vm, Tool::TakeWhile, args)
}

pub fn starmap(vm: &mut Vm, args: Args) -> R {
    with_function(vm, Tool::Starmap, args)
}

/// The next item that the function says false of, or any item if it is None and the item is false.
fn next_false(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (function, source) = (kept(vm, it, 0), kept(vm, it, 1));
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(source)? else { return Ok(None) };
        vm.heap.keep(item)?;
        let answer = if function.is_none() { item } else { vm.call(function, &[item])? };
        if !vm.truth(answer)? {
            return Ok(Some(item));
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

pub fn filterfalse_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    next_false(vm, it)
}

pub fn dropwhile_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    if phase(vm, it) == 1 {
        let source = kept(vm, it, 1);
        return vm.next(source);
    }
    let item = next_false(vm, it)?;
    set_phase(vm, it, 1);
    Ok(item)
}

pub fn takewhile_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    if phase(vm, it) == OVER {
        return Ok(None);
    }
    let (function, source) = (kept(vm, it, 0), kept(vm, it, 1));
    let Some(item) = vm.next(source)? else { return Ok(None) };
    vm.heap.keep(item)?;
    let answer = vm.call(function, &[item])?;
    if vm.truth(answer)? { Ok(Some(item)) } else { Ok(over(vm, it)) }
}

pub fn starmap_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (function, source) = (kept(vm, it, 0), kept(vm, it, 1));
    let Some(item) = vm.next(source)? else { return Ok(None) };
    let arguments = vm.collect_list(item)?;
    let arguments = alloc::vec::Vec::from(vm.heap.list(arguments));
    vm.call(function, &arguments).map(Some)
}

// ---- islice: iterator, index of the next item to give, where to stop or None, step; phase = items taken ----

pub fn islice(vm: &mut Vm, args: Args) -> R {
    const STOP: &str = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const START: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STEP: &str = "Step for islice() must be a positive integer or None.";
    let number = |vm: &mut Vm, i: usize, message: &str| match args.opt(vm, i) {
        Some(v) if !v.is_none() => size(vm, v, message).map(Some),
        _ => Ok(None),
    };
    let (start, stop) = match args.n {
        2 => (None, number(vm, 1, STOP)?),
        _ => (number(vm, 1, START)?, number(vm, 2, STOP)?),
    };
    let step = number(vm, 3, STEP)?.unwrap_or(1);
    if step == 0 {
        return Err(vm.value_error(format_args!("{STEP}")));
    }
    let source = vm.iter(args.get(vm, 0))?;
    vm.heap.keep(source)?;
    let start = vm.heap.new_uint(start.unwrap_or(0) as u64)?;
    let stop = match stop {
        Some(stop) => vm.heap.new_uint(stop as u64)?,
        None => Val::NONE,
    };
    let step = vm.heap.new_uint(step as u64)?;
    make(vm, Tool::Islice, &[source, start, stop, step])
}

pub fn islice_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let (source, next, stop, step) = (kept(vm, it, 0), kept(vm, it, 1), kept(vm, it, 2), kept(vm, it, 3));
    let (next, step) = (vm.index(next)? as u64, vm.index(step)? as u64);
    let stop = if stop.is_none() { u64::MAX } else { vm.index(stop)? as u64 };
    let mut taken = u64::from(phase(vm, it));
    while taken <= next {
        if taken == next && taken >= stop {
            return Ok(None);
        }
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(source)? else {
            keep(vm, it, 2, Val::ZERO);
            return Ok(None);
        };
        taken += 1;
        set_phase(vm, it, taken as u32);
        if taken > next {
            vm.heap.keep(item)?;
            let next = vm.heap.new_uint(next.saturating_add(step).min(stop))?;
            keep(vm, it, 1, next);
            return Ok(Some(item));
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
    Ok(None)
}

// ---- pairwise: iterator, item before; phase 1 if there is one ----

pub fn pairwise(vm: &mut Vm, args: Args) -> R {
    let source = vm.iter(args.get(vm, 0))?;
    make(vm, Tool::Pairwise, &[source, Val::NONE])
}

pub fn pairwise_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let source = kept(vm, it, 0);
    if phase(vm, it) == 0 {
        let Some(item) = vm.next(source)? else { return Ok(None) };
        keep(vm, it, 1, item);
        set_phase(vm, it, 1);
    }
    let Some(item) = vm.next(source)? else { return Ok(None) };
    vm.heap.keep(item)?;
    let pair = vm.heap.new_tuple(&[kept(vm, it, 1), item])?;
    keep(vm, it, 1, item);
    Ok(Some(pair))
}

// ---- repeat: object, times left or None ----

pub fn repeat(vm: &mut Vm, args: Args) -> R {
    let [object, times] = args.parse(vm, "repeat", ["object", "times"], 1)?;
    let times = match times.is_null() {
        true => Val::NONE,
        false => {
            let times = vm.index(times)?.max(0);
            vm.heap.new_int(times)?
        }
    };
    make(vm, Tool::Repeat, &[object, times])
}

pub fn repeat_next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    let times = kept(vm, it, 1);
    if !times.is_none() {
        let times = vm.index(times)?;
        if times == 0 {
            return Ok(None);
        }
        let left = vm.heap.new_int(times - 1)?;
        keep(vm, it, 1, left);
    }
    Ok(Some(kept(vm, it, 0)))
}
