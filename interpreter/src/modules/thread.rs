//! `_thread`: threads that take turns between two instructions of bytecode. How they do is in `vm/thread.rs`.

use alloc::vec::Vec;

use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Vm, Wait};

/// Bytes of a thread's stack unless asked for otherwise.
const STACK: u32 = 4096;
const LEAST_STACK: u32 = 1024;
/// How often a native function that waits for a lock by itself looks again, in µs.
const LOOK_AGAIN_US: u64 = 1000;

// ---- locks: w1 = 1 while it is held ----

fn is_held(vm: &Vm, lock: Val) -> bool {
    vm.heap.w(lock, 1) != 0
}

fn allocate_lock(vm: &mut Vm, _: Args) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::LOCK), 0, 0, 0)?)
}

/// `acquire(wait=True, timeout=-1)`: the timeout is in seconds.
fn acquire(vm: &mut Vm, args: Args) -> R {
    let lock = args.get(vm, 0);
    let wait = match args.opt(vm, 1) {
        Some(wait) => vm.truth(wait)?,
        None => true,
    };
    let seconds = match args.opt(vm, 2) {
        Some(seconds) => vm.to_float(seconds)?,
        None => -1.0,
    };
    if !is_held(vm, lock) {
        vm.heap.set_w(lock, 1, 1);
        return Ok(Val::TRUE);
    }
    if !wait {
        return Ok(Val::FALSE);
    }
    let deadline = match seconds {
        s if s < 0.0 => u64::MAX,
        s => vm.hal.ticks_us().saturating_add((f64::from(s) * 1e6) as u64),
    };
    if let Some(blocked) = vm.block(Wait::Lock(lock, deadline)) {
        return Err(blocked);
    }
    loop {
        vm.poll()?;
        if !is_held(vm, lock) {
            vm.heap.set_w(lock, 1, 1);
            return Ok(Val::TRUE);
        }
        let now = vm.hal.ticks_us();
        if now >= deadline {
            return Ok(Val::FALSE);
        }
        vm.idle_until(deadline.min(now + LOOK_AGAIN_US))?;
    }
}

fn release(vm: &mut Vm, args: Args) -> R {
    let lock = args.get(vm, 0);
    if !is_held(vm, lock) {
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("release unlocked lock")));
    }
    // A thread that waits gets it as it is: held.
    if !vm.hand_over(lock) {
        vm.heap.set_w(lock, 1, 0);
    }
    Ok(Val::NONE)
}

fn locked(vm: &mut Vm, args: Args) -> R {
    Ok(Val::bool(is_held(vm, args.get(vm, 0))))
}

/// The type.
pub static LOCK: NativeType = NativeType {
    id: ids::LOCK,
    name: "lock",
    entries: &[
        Entry::Fn("acquire", 1, 3, acquire),
        Entry::Fn("locked", 1, 1, locked),
        Entry::Fn("release", 1, 1, release),
        Entry::Fn("__enter__", 1, 1, acquire),
        Entry::Fn("__exit__", 1, 4, release),
    ],
    ..NativeType::EMPTY
};

// ---- threads ----

/// `start_new_thread(function, args, kwargs={})`.
fn start_new_thread(vm: &mut Vm, args: Args) -> R {
    let (function, positional) = (args.get(vm, 0), args.get(vm, 1));
    if !vm.heap.is_tuple(positional) && !vm.heap.is(positional, Kind::List) {
        return Err(vm.type_error(format_args!("2nd arg must be a tuple")));
    }
    let positional = vm.collect_list(positional)?;
    let positional: Vec<Val> = vm.heap.list(positional).to_vec();
    let mut named = Vec::new();
    if let Some(dict) = args.opt(vm, 2) {
        if !vm.heap.is(dict, Kind::Dict) {
            return Err(vm.type_error(format_args!("optional 3rd arg must be a dictionary")));
        }
        let mut at = 0;
        while let Some((next, name, v)) = vm.heap.table_next(dict, at) {
            named.push((name, v));
            at = next;
        }
    }
    let bytes = if vm.state.thread_stack == 0 { STACK } else { vm.state.thread_stack.max(LEAST_STACK) };
    let id = vm.start_thread(function, &positional, &named, bytes as usize / size_of::<Val>())?;
    Ok(Val::small(i32::from(id)))
}

fn get_ident(vm: &mut Vm, _: Args) -> R {
    Ok(Val::small(i32::from(vm.thread_id())))
}

fn exit(vm: &mut Vm, _: Args) -> R {
    Err(vm.raise_args(ExcKind::SystemExit, &[]))
}

/// `stack_size(bytes=0)`: of threads to be started, 0: as many as usual. Gives what was set before.
fn stack_size(vm: &mut Vm, args: Args) -> R {
    let size = match args.opt(vm, 0) {
        Some(size) => vm.int_in(size, "size", 0, 1 << 20)? as u32,
        None => 0,
    };
    let before = core::mem::replace(&mut vm.state.thread_stack, size);
    Ok(Val::small(before as i32))
}

/// The module.
pub static THREAD: NativeModule = NativeModule {
    id: modules::THREAD,
    name: "_thread",
    entries: &[
        Entry::Type("LockType", &LOCK),
        Entry::Fn("allocate_lock", 0, 0, allocate_lock),
        Entry::Fn("exit", 0, 0, exit),
        Entry::Fn("get_ident", 0, 0, get_ident),
        Entry::Fn("stack_size", 0, 1, stack_size),
        Entry::Fn("start_new_thread", 2, 3, start_new_thread),
    ],
    ..NativeModule::EMPTY
};
