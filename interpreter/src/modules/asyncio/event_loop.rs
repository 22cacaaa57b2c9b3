//! The event loop: runs the task that is due, else sleeps.

use super::task::Field;
use super::{Place, get, pause, queue, set, task};
use crate::heap::Kind;
use crate::modules::{select, stream};
use crate::objects::native::{Args, Entry, ExcKind, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Resume, Step, Vm};

/// How often streams are asked whether they are ready, in µs.
const ASK_AGAIN_US: u64 = 1000;

/// Now, as tasks measure time: milliseconds that wrap.
pub fn ticks(vm: &mut Vm) -> u32 {
    (vm.hal.ticks_us() / 1000) as u32 & crate::modules::time::TICKS_MASK as u32
}

pub fn ticks_native(vm: &mut Vm, _: Args) -> R {
    Ok(Val::small(ticks(vm) as i32))
}

/// Has a task run now, wherever it waits.
///
/// # Errors
/// MemoryError.
pub fn hurry(vm: &mut Vm, t: Val) -> R<()> {
    let run = get(vm, Place::Run)?;
    let at = task::field(vm, t, Field::Queue);
    if at == run && task::wait_ms(vm, t) <= 0 {
        return Ok(());
    }
    if at.is_null() {
        forget_streams(vm, t)?;
    } else {
        queue::remove(vm, at, t);
    }
    let now = ticks(vm);
    queue::push(vm, run, t, now);
    Ok(())
}

/// `_wake(task)`: it runs now.
pub fn wake(vm: &mut Vm, args: Args) -> R {
    let t = args.get(vm, 0);
    task::check(vm, t)?;
    if !task::has_ended(vm, t) {
        hurry(vm, t)?;
    }
    Ok(Val::NONE)
}

/// A new task, due now. Besides coroutines, whatever has a `send` method will do, and what `sleep` gives.
fn start(vm: &mut Vm, coroutine: Val) -> R {
    if !pause::is(vm, coroutine) && vm.getattr_opt(coroutine, "send")?.is_none() {
        return Err(vm.type_error(format_args!("coroutine expected")));
    }
    let t = task::new(vm, coroutine)?;
    let (run, now) = (get(vm, Place::Run)?, ticks(vm));
    queue::push(vm, run, t, now);
    Ok(t)
}

pub fn create_task(vm: &mut Vm, args: Args) -> R {
    let coroutine = args.get(vm, 0);
    start(vm, coroutine)
}

/// The task behind an awaitable.
fn promote(vm: &mut Vm, v: Val) -> R {
    if task::is(vm, v) { Ok(v) } else { start(vm, v) }
}

// ---- streams: a list of stream, reader, writer, whether it is quiet ----

const READER: usize = 1;
const WRITER: usize = 2;
const IS_QUIET: usize = 3;
const ENTRY: usize = 4;

/// Beside the events: only Python code can make the stream ready.
pub const QUIET: u32 = 1 << 16;

/// Has a task wait for a stream.
///
/// # Errors
/// MemoryError.
pub fn watch(vm: &mut Vm, stream: Val, events: u32, t: Val) -> R<()> {
    let io = get(vm, Place::Io)?;
    let which = if events & select::POLLOUT == 0 { READER } else { WRITER };
    let found = vm.heap.list(io).chunks(ENTRY).position(|entry| entry[0] == stream && entry[which].is_none());
    let at = match found {
        Some(i) => ENTRY * i,
        None => {
            let at = vm.heap.list_len(io);
            for v in [stream, Val::NONE, Val::NONE, Val::bool(events & QUIET != 0)] {
                vm.heap.list_push(io, v)?;
            }
            at
        }
    };
    vm.heap.list_mut(io)[at + which] = t;
    Ok(())
}

/// A task no longer waits for any stream.
fn forget_streams(vm: &mut Vm, t: Val) -> R<()> {
    let io = get(vm, Place::Io)?;
    for i in (0..vm.heap.list_len(io)).step_by(ENTRY).rev() {
        for which in [READER, WRITER] {
            if vm.heap.list(io)[i + which] == t {
                vm.heap.list_mut(io)[i + which] = Val::NONE;
            }
        }
        drop_if_unused(vm, io, i);
    }
    Ok(())
}

fn drop_if_unused(vm: &mut Vm, io: Val, i: usize) {
    if vm.heap.list(io)[i + READER].is_none() && vm.heap.list(io)[i + WRITER].is_none() {
        vm.heap.list_remove(io, i, i + ENTRY);
    }
}

/// Queues the tasks whose streams are ready.
fn ask_streams(vm: &mut Vm) -> R<()> {
    let io = get(vm, Place::Io)?;
    let mut i = 0;
    while i < vm.heap.list_len(io) {
        let entry = &vm.heap.list(io)[i..i + ENTRY];
        let (stream, reader, writer) = (entry[0], entry[READER], entry[WRITER]);
        let wanted = if reader.is_none() { 0 } else { select::POLLIN }
            | if writer.is_none() { 0 } else { select::POLLOUT };
        let mark = vm.heap.mark_temps();
        vm.heap.keep(stream)?;
        let seen = stream::poll(vm, stream, wanted)?;
        vm.heap.release_temps(mark);
        if vm.heap.list(io).get(i) != Some(&stream) {
            // Asking has changed the list: from the start.
            i = 0;
            continue;
        }
        // Errors and hang-ups wake both.
        for (which, other) in [(READER, select::POLLOUT), (WRITER, select::POLLIN)] {
            let t = vm.heap.list(io)[i + which];
            if seen & !other != 0 && !t.is_none() {
                vm.heap.list_mut(io)[i + which] = Val::NONE;
                let (run, now) = (get(vm, Place::Run)?, ticks(vm));
                queue::push(vm, run, t, now);
            }
        }
        let before = vm.heap.list_len(io);
        drop_if_unused(vm, io, i);
        if vm.heap.list_len(io) == before {
            i += ENTRY;
        }
    }
    Ok(())
}

// ---- running ----

/// The task to run next, off the queue; sleeps until there is one. `None`: there never will be.
fn next_task(vm: &mut Vm, main: Val) -> R<Option<Val>> {
    loop {
        let io = get(vm, Place::Io)?;
        let streams = vm.heap.list_len(io) > 0;
        if streams {
            ask_streams(vm)?;
        }
        let run = get(vm, Place::Run)?;
        let first = queue::first(vm, run);
        let mut deadline = u64::MAX;
        if !first.is_null() {
            let wait = task::wait_ms(vm, first);
            if wait <= 0 {
                vm.poll()?;
                return Ok(queue::pop(vm, run));
            }
            deadline = (vm.hal.ticks_us() / 1000 + wait as u64) * 1000;
        } else if !streams && (main.is_null() || task::has_ended(vm, main)) {
            return Ok(None);
        }
        let loud = |entry: &[Val]| entry[IS_QUIET] == Val::FALSE;
        if vm.heap.list(io).chunks(ENTRY).any(loud) {
            deadline = deadline.min(vm.hal.ticks_us() + ASK_AGAIN_US);
        }
        vm.idle_until(deadline)?;
    }
}

/// Runs a task to its next pause. `Some(value, failed)`: it has ended.
fn step(vm: &mut Vm, t: Val) -> R<Option<(Val, bool)>> {
    let (coroutine, exc) = (task::field(vm, t, Field::Coroutine), task::field(vm, t, Field::Data));
    task::set_field(vm, t, Field::Data, Val::NONE);
    let throw = vm.heap.is(exc, Kind::Exception);
    let result = if vm.heap.is(coroutine, Kind::Generator) {
        vm.step_generator(coroutine, if throw { Resume::Throw(exc) } else { Resume::Send(Val::NONE) })
    } else if pause::is(vm, coroutine) {
        if throw {
            Err(vm.raise_val(exc))
        } else {
            pause::step(vm, coroutine)
                .map(|more| if more { Step::Yield(Val::NONE) } else { Step::Return(Val::NONE) })
        }
    } else {
        let result = if throw {
            vm.call_method(coroutine, "throw", &[exc])
        } else {
            vm.call_method(coroutine, "send", &[Val::NONE])
        };
        match result {
            Ok(v) => Ok(Step::Yield(v)),
            Err(raised) => vm.stop_value(raised).map(Step::Return),
        }
    };
    match result {
        Ok(Step::Yield(_)) => Ok(None),
        Ok(Step::Return(v)) => Ok(Some((v, false))),
        Err(raised) => {
            if vm.exc_is(ExcKind::Exception) || vm.exc_is(ExcKind::CancelledError) {
                Ok(Some((vm.take_exc(), true)))
            } else {
                Err(raised)
            }
        }
    }
}

/// Tells whoever waits for a task that it has ended. An exception that nobody takes is kept for the
/// loop's handler: the task runs once more, and if still nobody has asked for it, the handler hears of it.
fn settle(vm: &mut Vm, t: Val, outcome: Val, failed: bool, is_main: bool) -> R<()> {
    let run = get(vm, Place::Run)?;
    let mut taken = is_main;
    match task::field(vm, t, Field::State) {
        Val::TRUE => task::set_field(vm, t, Field::State, if is_main { Val::FALSE } else { Val::NONE }),
        waiting if queue::is(vm, waiting) => {
            while let Some(waiter) = queue::pop(vm, waiting) {
                task::set_field(vm, waiter, Field::Data, Val::NONE);
                let now = ticks(vm);
                queue::push(vm, run, waiter, now);
                taken = true;
            }
            task::set_field(vm, t, Field::State, Val::FALSE);
        }
        callback => {
            task::end(vm, t, outcome, failed);
            let exc = if failed { outcome } else { Val::NONE };
            vm.call(callback, &[t, exc])?;
            task::set_field(vm, t, Field::State, Val::FALSE);
            taken = true;
        }
    }
    task::end(vm, t, outcome, failed);
    if failed && !taken && !vm.isinstance(outcome, ExcKind::CancelledError.val()) {
        let now = ticks(vm);
        queue::push(vm, run, t, now);
    }
    Ok(())
}

/// Hands an exception that nobody has asked for to the handler.
fn report(vm: &mut Vm, t: Val) -> R<()> {
    let context = vm.heap.new_dict(3)?;
    let exc = task::field(vm, t, Field::Data);
    let message = vm.new_str("Task exception wasn't retrieved")?;
    for (name, v) in [("message", message), ("exception", exc), ("future", t)] {
        let name = vm.new_str(name)?;
        vm.dict_store(context, name, v)?;
    }
    call_handler(vm, context)
}

/// Runs tasks until `main` has ended (NULL: until none is left) and gives its value.
fn run_tasks(vm: &mut Vm, main: Val) -> R {
    loop {
        let mark = vm.heap.mark_temps();
        let next = next_task(vm, main);
        let t = match next {
            Ok(Some(t)) => t,
            other => {
                set(vm, Place::Current, Val::NONE)?;
                return other.map(|_| Val::NONE);
            }
        };
        vm.heap.keep(t)?;
        set(vm, Place::Current, t)?;
        if task::has_ended(vm, t) {
            // It failed and was put here to wait for somebody who asks.
            if task::field(vm, t, Field::State).is_none() {
                report(vm, t)?;
            }
        } else if let Some((outcome, failed)) = step(vm, t)? {
            vm.heap.keep(outcome)?;
            let is_main = t == main;
            settle(vm, t, outcome, failed, is_main)?;
            if is_main {
                set(vm, Place::Current, Val::NONE)?;
                return if failed { Err(vm.raise_val(outcome)) } else { Ok(outcome) };
            }
        }
        vm.heap.release_temps(mark);
    }
}

/// `run(coroutine)`.
pub fn run(vm: &mut Vm, args: Args) -> R {
    let coroutine = args.get(vm, 0);
    let t = start(vm, coroutine)?;
    run_tasks(vm, t)
}

/// `run_until_complete(awaitable)`; without one: until no task is left.
pub fn run_until_complete(vm: &mut Vm, args: Args) -> R {
    let main = match args.opt(vm, 0) {
        Some(v) if !v.is_none() => promote(vm, v)?,
        _ => Val::NULL,
    };
    if !main.is_null() && task::has_ended(vm, main) {
        task::set_field(vm, main, Field::State, Val::FALSE);
        let outcome = task::field(vm, main, Field::Data);
        return if task::has_failed(vm, main) { Err(vm.raise_val(outcome)) } else { Ok(outcome) };
    }
    run_tasks(vm, main)
}

// ---- Loop: there is one, and the class is the object ----

fn run_forever(vm: &mut Vm, _: Args) -> R {
    // A pause that is over ends at once: `stop` has only to queue it.
    let nothing = pause::new(vm)?;
    let stop = task::new(vm, nothing)?;
    set(vm, Place::Stop, stop)?;
    run_tasks(vm, stop)
}

fn stop(vm: &mut Vm, _: Args) -> R {
    let stop = get(vm, Place::Stop)?;
    if !stop.is_none() {
        set(vm, Place::Stop, Val::NONE)?;
        hurry(vm, stop)?;
    }
    Ok(Val::NONE)
}

fn close(_: &mut Vm, _: Args) -> R {
    Ok(Val::NONE)
}

fn set_exception_handler(vm: &mut Vm, args: Args) -> R {
    let handler = args.get(vm, 0);
    set(vm, Place::Handler, handler)?;
    Ok(Val::NONE)
}

fn get_exception_handler(vm: &mut Vm, _: Args) -> R {
    get(vm, Place::Handler)
}

fn call_handler(vm: &mut Vm, context: Val) -> R<()> {
    match get(vm, Place::Handler)? {
        Val::NONE => print_context(vm, context),
        handler => vm.call(handler, &[LOOP.val(), context]).map(|_| ()),
    }
}

fn call_exception_handler(vm: &mut Vm, args: Args) -> R {
    let context = args.get(vm, 0);
    call_handler(vm, context)?;
    Ok(Val::NONE)
}

/// What an item of an exception's context is.
fn item(vm: &mut Vm, context: Val, name: &str) -> R {
    let name = vm.new_str(name)?;
    Ok(vm.dict_lookup(context, name)?.unwrap_or(Val::NONE))
}

/// Prints an exception that nobody took.
fn print_context(vm: &mut Vm, context: Val) -> R<()> {
    let (message, t) = (item(vm, context, "message")?, item(vm, context, "future")?);
    let exc = item(vm, context, "exception")?;
    let mut out = Out::console();
    out.push(&vm.text(message).unwrap_or_default());
    out.push("\nfuture: ");
    out.repr(vm, t)?;
    out.push("\n");
    if vm.heap.is(exc, Kind::Exception) {
        vm.print_exception(exc, &mut out)?;
    }
    out.finish(vm)?;
    Ok(())
}

fn default_exception_handler(vm: &mut Vm, args: Args) -> R {
    let context = args.get(vm, 1);
    print_context(vm, context)?;
    Ok(Val::NONE)
}

/// `asyncio.Loop`, which is also what `get_event_loop()` gives.
pub static LOOP: NativeType = NativeType {
    id: ids::LOOP,
    name: "Loop",
    entries: &[
        Entry::Static("call_exception_handler", 1, 1, call_exception_handler),
        Entry::Static("close", 0, 0, close),
        Entry::Static("create_task", 1, 1, create_task),
        Entry::Static("default_exception_handler", 2, 2, default_exception_handler),
        Entry::Static("get_exception_handler", 0, 0, get_exception_handler),
        Entry::Static("run_forever", 0, 0, run_forever),
        Entry::Static("run_until_complete", 1, 1, run_until_complete),
        Entry::Static("set_exception_handler", 1, 1, set_exception_handler),
        Entry::Static("stop", 0, 0, stop),
    ],
    ..NativeType::EMPTY
};
