//! `asyncio`: the event loop and what it runs are here; what is easier said in Python (events, locks,
//! queues, `gather`, `wait_for`, streams) lies in `frozen/asyncio/` and is loaded when first asked for.
//!
//! - [`task`]: a coroutine and where it stands. [`queue`]: tasks by the time they are due.
//! - [`pause`]: what a coroutine awaits to give up the processor. [`event_loop`]: who runs next.

pub mod event_loop;
pub mod pause;
pub mod queue;
pub mod task;

use crate::heap::Root;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// What the loop keeps, by place in the list at [`Root::Asyncio`].
#[derive(Clone, Copy)]
pub enum Place {
    /// The queue of tasks that run or sleep.
    Run,
    /// Who waits for streams: stream, task that wants to read, task that wants to write, and so on.
    Io,
    /// The task that runs.
    Current,
    /// The task whose end stops `run_forever`, not yet queued.
    Stop,
    /// The exception handler, or None.
    Handler,
    /// A [`pause::PAUSE`] to be used again and again.
    Pause,
}

const PLACES: usize = 6;

/// The loop's list.
///
/// # Errors
/// MemoryError.
fn state(vm: &mut Vm) -> R {
    let list = vm.heap.root(Root::Asyncio);
    if !list.is_null() {
        return Ok(list);
    }
    let list = vm.heap.new_list(&[Val::NONE; PLACES])?;
    vm.heap.set_root(Root::Asyncio, list);
    let pause = pause::new(vm)?;
    vm.heap.list_mut(list)[Place::Pause as usize] = pause;
    renew(vm)?;
    Ok(list)
}

/// Forgets all tasks.
fn renew(vm: &mut Vm) -> R<()> {
    let (run, io) = (queue::new(vm)?, vm.heap.new_list(&[])?);
    set(vm, Place::Run, run)?;
    set(vm, Place::Io, io)
}

/// What the loop keeps at a place.
///
/// # Errors
/// MemoryError when nothing is kept yet and there is no room.
pub fn get(vm: &mut Vm, place: Place) -> R {
    let list = state(vm)?;
    Ok(vm.heap.list(list)[place as usize])
}

/// See [`get`].
///
/// # Errors
/// As [`get`].
pub fn set(vm: &mut Vm, place: Place, value: Val) -> R<()> {
    let list = state(vm)?;
    vm.heap.list_mut(list)[place as usize] = value;
    Ok(())
}

/// The frozen modules of the package.
const SUBMODULES: &[&str] = &["core", "event", "funcs", "groups", "lock", "queues", "stream"];

/// The frozen module that has a name of ours.
fn home(name: &str) -> Option<&'static str> {
    Some(match name {
        "gather" | "wait_for" | "wait_for_ms" => "asyncio.funcs",
        "Event" | "ThreadSafeFlag" => "asyncio.event",
        "BoundedSemaphore" | "Lock" | "Semaphore" => "asyncio.lock",
        "TaskGroup" | "timeout" | "timeout_at" => "asyncio.groups",
        "Queue" | "PriorityQueue" | "LifoQueue" | "QueueEmpty" | "QueueFull" => "asyncio.queues",
        "StreamReader" | "StreamWriter" | "open_connection" | "start_server" => "asyncio.stream",
        _ => return None,
    })
}

fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    match name {
        // The loop's own names: the official package has them in a module, which is there unasked.
        "core" => {
            let full = vm.new_str("asyncio.core")?;
            let modules = vm.heap.root(Root::Modules);
            return match vm.dict_lookup(modules, full)? {
                None => vm.import("asyncio.core").map(Some),
                loaded => Ok(loaded),
            };
        }
        "cur_task" => return get(vm, Place::Current).map(Some),
        "_task_queue" => return get(vm, Place::Run).map(Some),
        "__path__" => return vm.new_str(".frozen/asyncio").map(Some),
        // A submodule, once it is loaded.
        _ if SUBMODULES.contains(&name) => {
            let modules = vm.heap.root(Root::Modules);
            let full = vm.new_str(&alloc::format!("asyncio.{name}"))?;
            return vm.dict_lookup(modules, full);
        }
        _ => {}
    }
    let Some(home) = home(name) else { return Ok(None) };
    let module = vm.import(home)?;
    vm.getattr_opt(module, name)
}

/// Submodules are found in `sys.modules`: their names need no place here.
fn set_attr(_: &mut Vm, name: &str, _: Val) -> R<bool> {
    Ok(SUBMODULES.contains(&name))
}

fn get_event_loop(_: &mut Vm, _: Args) -> R {
    Ok(event_loop::LOOP.val())
}

fn new_event_loop(vm: &mut Vm, _: Args) -> R {
    renew(vm)?;
    Ok(event_loop::LOOP.val())
}

fn current_task(vm: &mut Vm, _: Args) -> R {
    match get(vm, Place::Current)? {
        Val::NONE => Err(vm.raise(ExcKind::RuntimeError, format_args!("no running event loop"))),
        task => Ok(task),
    }
}

/// The module.
pub static ASYNCIO: NativeModule = NativeModule {
    id: modules::ASYNCIO,
    name: "asyncio",
    get_attr: Some(get_attr),
    set_attr: Some(set_attr),
    entries: &[
        Entry::Val("CancelledError", ExcKind::CancelledError.val()),
        Entry::Type("Loop", &event_loop::LOOP),
        Entry::Type("Task", &task::TASK),
        Entry::Type("TaskQueue", &queue::TASK_QUEUE),
        Entry::Val("TimeoutError", ExcKind::TimeoutError.val()),
        Entry::Fn("_ready", 2, 3, pause::ready),
        Entry::Fn("_wait", 0, 1, pause::wait),
        Entry::Fn("_wake", 1, 1, event_loop::wake),
        Entry::Fn("create_task", 1, 1, event_loop::create_task),
        Entry::Fn("current_task", 0, 0, current_task),
        Entry::Fn("get_event_loop", 0, 2, get_event_loop),
        Entry::Fn("new_event_loop", 0, 0, new_event_loop),
        Entry::Fn("run", 1, 1, event_loop::run),
        Entry::Fn("run_until_complete", 0, 1, event_loop::run_until_complete),
        Entry::Fn("sleep", 1, 2, pause::sleep),
        Entry::Fn("sleep_ms", 1, 1, pause::sleep_ms),
        Entry::Fn("ticks", 0, 0, event_loop::ticks_native),
    ],
    ..NativeModule::EMPTY
};
