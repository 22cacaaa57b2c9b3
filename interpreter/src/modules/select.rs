//! `select`: waiting until one of several streams can be read or written.

use super::stream;
use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::Vm;

pub const POLLIN: u32 = 1;
pub const POLLOUT: u32 = 4;
pub const POLLERR: u32 = 8;
pub const POLLHUP: u32 = 16;

/// How often streams are asked that cannot say by themselves that something has changed, in µs.
const ASK_AGAIN_US: u64 = 1000;

const ENOENT: i32 = 2;

/// Asks all of `entries` (a list of object, events wanted, events seen); gives how many have something.
fn ask(vm: &mut Vm, entries: Val) -> R<usize> {
    let (mut i, mut ready) = (0, 0);
    while i + 2 < vm.heap.list_len(entries) {
        let (object, wanted) = (vm.heap.list(entries)[i], vm.heap.list(entries)[i + 1].small_value() as u32);
        let mark = vm.heap.mark_temps();
        let seen = stream::poll(vm, object, wanted)?;
        vm.heap.release_temps(mark);
        // What is asked may have changed the list.
        if let Some(place) = vm.heap.list_mut(entries).get_mut(i + 2) {
            *place = Val::small(seen as i32);
        }
        ready += usize::from(seen != 0);
        i += 3;
    }
    Ok(ready)
}

/// Waits until something is ready or the time (ms, `None`: for ever) is over.
fn wait(vm: &mut Vm, entries: Val, timeout: Option<u64>) -> R<usize> {
    let deadline = timeout.map(|ms| vm.hal.ticks_us().saturating_add(ms.saturating_mul(1000)));
    loop {
        let ready = ask(vm, entries)?;
        let now = vm.hal.ticks_us();
        if ready > 0 || deadline.is_some_and(|at| now >= at) {
            return Ok(ready);
        }
        vm.poll()?;
        vm.idle_until((now + ASK_AGAIN_US).min(deadline.unwrap_or(u64::MAX)))?;
        vm.poll()?;
    }
}

/// A time-out in milliseconds: absent, None and negative mean for ever.
fn timeout_ms(vm: &mut Vm, v: Option<Val>) -> R<Option<u64>> {
    match v {
        Some(v) if !v.is_none() => Ok(u64::try_from(vm.index(v)?).ok()),
        _ => Ok(None),
    }
}

// ---- poll: w1 = list of object, events wanted, events seen ----

fn new_poll(vm: &mut Vm, _: Args) -> R {
    let list = vm.heap.new_list(&[])?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::POLL), list.bits(), 0, 0)?)
}

fn place(vm: &Vm, entries: Val, object: Val) -> Option<usize> {
    let same =
        |entry: Val| entry == object || console(vm, entry).is_some_and(|e| Some(e) == console(vm, object));
    vm.heap.list(entries).chunks(3).position(|entry| same(entry[0])).map(|i| i * 3)
}

/// Which of the console's streams an object is: `sys.stdin` gives a new object every time.
fn console(vm: &Vm, v: Val) -> Option<u32> {
    let is = vm.heap.is(v, Kind::Object) && matches!(vm.heap.aux(v), ids::CONSOLE | ids::CONSOLE_TEXT);
    is.then(|| vm.heap.w(v, 1))
}

fn mask(vm: &mut Vm, v: Option<Val>) -> R<Val> {
    match v {
        Some(v) => Ok(Val::small(vm.int_in(v, "eventmask", 0, 0xffff)? as i32)),
        None => Ok(Val::small((POLLIN | POLLOUT) as i32)),
    }
}

fn register(vm: &mut Vm, args: Args) -> R {
    let (poll, object) = (args.get(vm, 0), args.get(vm, 1));
    let wanted = mask(vm, args.opt(vm, 2))?;
    stream::check(vm, object)?;
    let entries = vm.heap.val(poll, 1);
    match place(vm, entries, object) {
        Some(at) => vm.heap.list_mut(entries)[at + 1] = wanted,
        None => {
            for v in [object, wanted, Val::ZERO] {
                vm.heap.list_push(entries, v)?;
            }
        }
    }
    Ok(Val::NONE)
}

fn unregister(vm: &mut Vm, args: Args) -> R {
    let (poll, object) = (args.get(vm, 0), args.get(vm, 1));
    let entries = vm.heap.val(poll, 1);
    if let Some(at) = place(vm, entries, object) {
        vm.heap.list_remove(entries, at, at + 3);
    }
    Ok(Val::NONE)
}

fn modify(vm: &mut Vm, args: Args) -> R {
    let (poll, object) = (args.get(vm, 0), args.get(vm, 1));
    let wanted = mask(vm, args.opt(vm, 2))?;
    let entries = vm.heap.val(poll, 1);
    match place(vm, entries, object) {
        Some(at) => {
            vm.heap.list_mut(entries)[at + 1] = wanted;
            Ok(Val::NONE)
        }
        None => Err(vm.raise_os(ENOENT)),
    }
}

/// The list of (object, events) of those that are ready; with `once` they are not asked again.
fn collect(vm: &mut Vm, args: Args, once: bool) -> R {
    let poll = args.get(vm, 0);
    let timeout = timeout_ms(vm, args.opt(vm, 1))?;
    let entries = vm.heap.val(poll, 1);
    wait(vm, entries, timeout)?;
    let found = vm.heap.new_list(&[])?;
    for i in (0..vm.heap.list_len(entries)).step_by(3) {
        let (object, seen) = (vm.heap.list(entries)[i], vm.heap.list(entries)[i + 2]);
        if seen == Val::ZERO {
            continue;
        }
        if once {
            vm.heap.list_mut(entries)[i + 1] = Val::ZERO;
        }
        let pair = vm.heap.new_tuple(&[object, seen])?;
        vm.heap.list_push(found, pair)?;
    }
    Ok(found)
}

fn poll(vm: &mut Vm, args: Args) -> R {
    collect(vm, args, false)
}

fn ipoll(vm: &mut Vm, args: Args) -> R {
    let once = match args.opt(vm, 2) {
        Some(flags) => vm.index(flags)? & 1 != 0,
        None => false,
    };
    let found = collect(vm, args, once)?;
    vm.iter(found)
}

/// What `select.poll()` gives.
pub static POLL: NativeType = NativeType {
    id: ids::POLL,
    name: "poll",
    entries: &[
        Entry::Fn("ipoll", 1, 3, ipoll),
        Entry::Fn("modify", 3, 3, modify),
        Entry::Fn("poll", 1, 2, poll),
        Entry::Fn("register", 2, 3, register),
        Entry::Fn("unregister", 2, 2, unregister),
    ],
    ..NativeType::EMPTY
};

/// `select(readers, writers, errors, timeout=None)`: the timeout is in seconds.
fn select(vm: &mut Vm, args: Args) -> R {
    let entries = vm.heap.new_list(&[])?;
    let mut ends = [0; 3];
    for (i, events) in [POLLIN, POLLOUT, POLLERR | POLLHUP].into_iter().enumerate() {
        let group = args.get(vm, i);
        vm.for_each(group, |vm, object| {
            stream::check(vm, object)?;
            for v in [object, Val::small(events as i32), Val::ZERO] {
                vm.heap.list_push(entries, v)?;
            }
            Ok(())
        })?;
        ends[i] = vm.heap.list_len(entries);
    }
    let timeout = match args.opt(vm, 3) {
        Some(v) if !v.is_none() => {
            let seconds = vm.to_float(v)?;
            (seconds >= 0.0).then_some((f64::from(seconds) * 1000.0) as u64)
        }
        _ => None,
    };
    wait(vm, entries, timeout)?;
    let groups = [vm.heap.new_list(&[])?, vm.heap.new_list(&[])?, vm.heap.new_list(&[])?];
    for i in (0..vm.heap.list_len(entries)).step_by(3) {
        let (object, seen) = (vm.heap.list(entries)[i], vm.heap.list(entries)[i + 2]);
        if seen != Val::ZERO {
            let group = ends.iter().position(|&end| i < end).unwrap_or(2);
            vm.heap.list_push(groups[group], object)?;
        }
    }
    Ok(vm.heap.new_tuple(&groups)?)
}

/// The module.
pub static SELECT: NativeModule = NativeModule {
    id: modules::SELECT,
    name: "select",
    entries: &[
        Entry::Int("POLLERR", POLLERR as i64),
        Entry::Int("POLLHUP", POLLHUP as i64),
        Entry::Int("POLLIN", POLLIN as i64),
        Entry::Int("POLLOUT", POLLOUT as i64),
        Entry::Fn("poll", 0, 0, new_poll),
        Entry::Fn("select", 3, 4, select),
    ],
    ..NativeModule::EMPTY
};
