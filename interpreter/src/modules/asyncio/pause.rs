//! What a coroutine awaits to let others run: for a time, in a queue, for a stream, or until it is woken.

use super::{Place, event_loop, get, queue};
use crate::heap::Kind;
use crate::heap::cell::{F_A, F_V1, header};
use crate::modules::time;
use crate::objects::native::{Args, ExcKind, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

// w1 = where to wait: a task queue, a stream, or None; w2 = for what (one of these), w3 = ticks or events.

/// The pause has not begun.
const ARMED: u32 = F_A;

const FOR_TIME: u32 = 0;
const FOR_QUEUE: u32 = 1;
const FOR_STREAM: u32 = 2;
const FOR_WAKING: u32 = 3;

/// A pause that is over.
///
/// # Errors
/// MemoryError.
pub fn new(vm: &mut Vm) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::PAUSE), Val::NONE.bits(), 0, 0)?)
}

/// A pause to be awaited at once: the common one, unless somebody has one but does not await it yet.
fn arm(vm: &mut Vm, at: Val, what: u32, detail: u32) -> R {
    let mut pause = get(vm, Place::Pause)?;
    if vm.heap.flag(pause, ARMED) {
        // Left armed for ever if nobody awaits it; another takes its place.
        pause = new(vm)?;
        super::set(vm, Place::Pause, pause)?;
    }
    vm.heap.set_val(pause, 1, at);
    vm.heap.set_w(pause, 2, what);
    vm.heap.set_w(pause, 3, detail);
    vm.heap.set_flag(pause, ARMED, true);
    Ok(pause)
}

fn next(vm: &mut Vm, pause: Val) -> R<Option<Val>> {
    if !vm.heap.flag(pause, ARMED) {
        return Ok(None);
    }
    let current = get(vm, Place::Current)?;
    if current.is_none() {
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("no running event loop")));
    }
    vm.heap.set_flag(pause, ARMED, false);
    let (at, detail) = (vm.heap.val(pause, 1), vm.heap.w(pause, 3));
    vm.heap.set_val(pause, 1, Val::NONE);
    match vm.heap.w(pause, 2) {
        FOR_TIME => {
            let run = get(vm, Place::Run)?;
            queue::push(vm, run, current, detail);
        }
        FOR_QUEUE => {
            let now = event_loop::ticks(vm);
            queue::push(vm, at, current, now);
        }
        FOR_STREAM => event_loop::watch(vm, at, detail, current)?,
        _ => {}
    }
    Ok(Some(Val::NONE))
}

fn for_ms(vm: &mut Vm, ms: i64) -> R {
    let now = event_loop::ticks(vm);
    let due = time::add_ticks(vm, i64::from(now), ms.max(0))?;
    arm(vm, Val::NONE, FOR_TIME, due)
}

/// `sleep_ms(ms)`.
pub fn sleep_ms(vm: &mut Vm, args: Args) -> R {
    let ms = args.get(vm, 0);
    let ms = vm.index(ms)?;
    for_ms(vm, ms)
}

/// `sleep(seconds)`.
pub fn sleep(vm: &mut Vm, args: Args) -> R {
    let seconds = args.get(vm, 0);
    let ms = match vm.heap.as_i64(seconds) {
        Some(whole) => whole.saturating_mul(1000),
        None => (f64::from(vm.to_float(seconds)?) * 1000.0) as i64,
    };
    for_ms(vm, ms)
}

/// `_wait(queue)`: until the task is taken from the queue and woken; `_wait()`: until it is woken.
pub fn wait(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        Some(at) if queue::is(vm, at) => arm(vm, at, FOR_QUEUE, 0),
        Some(_) => Err(vm.type_error(format_args!("expected a TaskQueue"))),
        None => arm(vm, Val::NONE, FOR_WAKING, 0),
    }
}

/// `_ready(stream, events, quiet=False)`: until a stream is ready for one of the events (of `select`). It is
/// quiet if only Python code can make it ready: the processor may then sleep until an interrupt.
pub fn ready(vm: &mut Vm, args: Args) -> R {
    let (stream, events) = (args.get(vm, 0), args.get(vm, 1));
    let events = vm.int_in(events, "events", 1, 0xffff)? as u32;
    crate::modules::stream::check(vm, stream)?;
    let quiet = match args.opt(vm, 2) {
        Some(quiet) => vm.truth(quiet)?,
        None => false,
    };
    arm(vm, stream, FOR_STREAM, events | if quiet { event_loop::QUIET } else { 0 })
}

/// Is it a pause?
pub fn is(vm: &Vm, v: Val) -> bool {
    vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == ids::PAUSE
}

/// A step of a pause that is itself a task's coroutine: true while it lasts.
///
/// # Errors
/// As awaiting it.
pub fn step(vm: &mut Vm, pause: Val) -> R<bool> {
    Ok(next(vm, pause)?.is_some())
}

/// The type.
pub static PAUSE: NativeType =
    NativeType { id: ids::PAUSE, name: "Pause", next: Some(next), ..NativeType::EMPTY };
