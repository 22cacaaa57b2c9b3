//! Generators and coroutines as objects. How they run is in `vm/generator.rs`.

use super::native::{Args, Entry, ExcKind, NativeType, R};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Resume, Step, Vm};
use core::fmt::Write;

fn print(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let t = vm.native_type_of(v).name;
    let _ = write!(out, "<{t} object at 0x{:08x}>", v.bits());
    Ok(())
}

fn next(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    match vm.step_generator(v, Resume::Send(Val::NONE))? {
        Step::Yield(x) => Ok(Some(x)),
        Step::Return(_) => Ok(None),
    }
}

fn stop(vm: &mut Vm, step: Step) -> R {
    match step {
        Step::Yield(v) => Ok(v),
        Step::Return(Val::NONE) => Err(vm.raise_args(ExcKind::StopIteration, &[])),
        Step::Return(v) => Err(vm.raise_args(ExcKind::StopIteration, &[v])),
    }
}

fn next_method(vm: &mut Vm, args: Args) -> R {
    let g = args.get(vm, 0);
    let step = vm.step_generator(g, Resume::Send(Val::NONE))?;
    stop(vm, step)
}

fn send(vm: &mut Vm, args: Args) -> R {
    let (g, v) = (args.get(vm, 0), args.get(vm, 1));
    let step = vm.step_generator(g, Resume::Send(v))?;
    stop(vm, step)
}

fn throw(vm: &mut Vm, args: Args) -> R {
    let g = args.get(vm, 0);
    let mut e = args.get(vm, 1);
    if let Some(v) = args.opt(vm, 2).filter(|v| !v.is_none())
        && vm.is_class(e)
    {
        e = if vm.heap.is(v, Kind::Exception) { v } else { vm.call(e, &[v])? };
    }
    let e = if vm.throws_into_foreign(g)? { e } else { vm.exception_from(e)? };
    let step = vm.step_generator(g, Resume::Throw(e))?;
    stop(vm, step)
}

fn close(vm: &mut Vm, args: Args) -> R {
    let g = args.get(vm, 0);
    vm.close_generator(g)?;
    Ok(Val::NONE)
}

fn this(vm: &mut Vm, args: Args) -> R {
    Ok(args.get(vm, 0))
}

/// `generator`.
pub static GENERATOR: NativeType = NativeType {
    id: ids::GENERATOR,
    name: "generator",
    print: Some(print),
    next: Some(next),
    entries: &[
        Entry::Fn("send", 2, 2, send),
        Entry::Fn("throw", 2, 4, throw),
        Entry::Fn("close", 1, 1, close),
        Entry::Fn("__next__", 1, 1, next_method),
        Entry::Fn("__iter__", 1, 1, this),
    ],
    ..NativeType::EMPTY
};

/// `coroutine`: iterable as in MicroPython.
pub static COROUTINE: NativeType = NativeType {
    id: ids::COROUTINE,
    name: "coroutine",
    print: Some(print),
    next: Some(next),
    entries: &[
        Entry::Fn("send", 2, 2, send),
        Entry::Fn("throw", 2, 4, throw),
        Entry::Fn("close", 1, 1, close),
        Entry::Fn("__next__", 1, 1, next_method),
        Entry::Fn("__iter__", 1, 1, this),
        Entry::Fn("__await__", 1, 1, this),
    ],
    ..NativeType::EMPTY
};
