//! A task: a coroutine, who waits for it, and what came of it.

use super::{Place, event_loop, get, queue};
use crate::heap::cell::{F_A, F_BUFVALS, header};
use crate::heap::{Kind, Move};
use crate::modules::time;
use crate::objects::native::{Args, Entry, ExcKind, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

// w1 = buffer of the fields, w2 = their number, w3 = when it is due (ticks in ms).

/// What a task's buffer holds.
#[derive(Clone, Copy)]
pub enum Field {
    Coroutine,
    /// While it runs: the task it waits for, or the exception to raise in it, or None. After its end: what
    /// came of it.
    Data,
    /// True: runs, nobody waits for it. A queue: the tasks that wait. A function: to be called at the end.
    /// None: has ended, nobody has asked. False: has ended.
    State,
    /// Links of the queue it is in: first child, next sibling, previous sibling or parent.
    Child,
    Next,
    Before,
    /// Order among tasks due at the same time.
    Turn,
    Queue,
}

const FIELDS: usize = 8;
/// It ended by an exception.
const FAILED: u32 = F_A;

/// A task that has not started.
///
/// # Errors
/// MemoryError.
pub fn new(vm: &mut Vm, coroutine: Val) -> R {
    let t = vm.heap.alloc_cell(header(Kind::Object, F_BUFVALS, ids::TASK), 0, 0, 0)?;
    vm.heap.alloc_buffer(t, 4 * FIELDS, Move::Movable)?;
    let fields = vm.heap.buf_vals_mut(t, FIELDS);
    fields.fill(Val::NULL);
    fields[Field::Coroutine as usize] = coroutine;
    fields[Field::Data as usize] = Val::NONE;
    fields[Field::State as usize] = Val::TRUE;
    fields[Field::Turn as usize] = Val::ZERO;
    vm.heap.set_w(t, 2, FIELDS as u32);
    Ok(t)
}

/// Is it a task?
pub fn is(vm: &Vm, v: Val) -> bool {
    vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == ids::TASK
}

/// # Errors
/// TypeError if it is no task.
pub fn check(vm: &mut Vm, v: Val) -> R<()> {
    if is(vm, v) {
        return Ok(());
    }
    let name = vm.type_name(v);
    Err(vm.type_error(format_args!("expected a Task, not {name}")))
}

/// A field of a task.
pub fn field(vm: &Vm, t: Val, f: Field) -> Val {
    vm.heap.buf_vals(t, FIELDS)[f as usize]
}

/// Writes a field of a task.
pub fn set_field(vm: &mut Vm, t: Val, f: Field, v: Val) {
    vm.heap.buf_vals_mut(t, FIELDS)[f as usize] = v;
}

/// When it is due (ticks in ms).
pub fn due(vm: &Vm, t: Val) -> i64 {
    i64::from(vm.heap.w(t, 3))
}

/// See [`due`].
pub fn set_due(vm: &mut Vm, t: Val, at: u32) {
    vm.heap.set_w(t, 3, at);
}

/// Has it ended?
pub fn has_ended(vm: &Vm, t: Val) -> bool {
    matches!(field(vm, t, Field::State), Val::NONE | Val::FALSE)
}

/// Notes how a task ended: with a value, or by an exception.
pub fn end(vm: &mut Vm, t: Val, outcome: Val, failed: bool) {
    set_field(vm, t, Field::Data, outcome);
    set_field(vm, t, Field::Coroutine, Val::NONE);
    vm.heap.set_flag(t, FAILED, failed);
}

/// Did it end by an exception?
pub fn has_failed(vm: &Vm, t: Val) -> bool {
    vm.heap.flag(t, FAILED)
}

fn make(vm: &mut Vm, _cls: Val, args: Args) -> R {
    // The second argument is the official class's: the globals of its loop.
    let [coroutine, _] = args.parse(vm, "Task", ["coro", "globals"], 1)?;
    new(vm, coroutine)
}

/// `await task`.
fn iter(vm: &mut Vm, t: Val) -> R {
    match field(vm, t, Field::State) {
        Val::NONE => set_field(vm, t, Field::State, Val::FALSE),
        Val::FALSE => {}
        Val::TRUE => {
            let waiting = queue::new(vm)?;
            set_field(vm, t, Field::State, waiting);
        }
        other if queue::is(vm, other) => {}
        _ => return Err(vm.raise(ExcKind::RuntimeError, format_args!("can't wait"))),
    }
    Ok(t)
}

/// A step of `await task`: waits, or gives what came of it.
fn next(vm: &mut Vm, t: Val) -> R<Option<Val>> {
    if has_ended(vm, t) {
        let outcome = field(vm, t, Field::Data);
        return Err(if has_failed(vm, t) {
            vm.raise_val(outcome)
        } else {
            vm.raise_args(ExcKind::StopIteration, &[outcome])
        });
    }
    let (current, waiting) = (get(vm, Place::Current)?, field(vm, t, Field::State));
    if current.is_none() || !queue::is(vm, waiting) {
        // Not in a task, or nobody has asked this one for an iterator.
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("no running event loop")));
    }
    let now = event_loop::ticks(vm);
    queue::push(vm, waiting, current, now);
    set_field(vm, current, Field::Data, t);
    Ok(Some(Val::NONE))
}

fn done(vm: &mut Vm, args: Args) -> R {
    Ok(Val::bool(has_ended(vm, args.get(vm, 0))))
}

/// Raises CancelledError in the task, or in the one it waits for.
fn cancel(vm: &mut Vm, args: Args) -> R {
    let mut t = args.get(vm, 0);
    if has_ended(vm, t) {
        return Ok(Val::FALSE);
    }
    let current = get(vm, Place::Current)?;
    if t == current {
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("can't cancel self")));
    }
    loop {
        let waits_for = field(vm, t, Field::Data);
        if !is(vm, waits_for) || has_ended(vm, waits_for) || waits_for == current {
            break;
        }
        t = waits_for;
    }
    let exc = vm.new_exception(ExcKind::CancelledError.val(), &[])?;
    set_field(vm, t, Field::Data, exc);
    event_loop::hurry(vm, t)?;
    Ok(Val::TRUE)
}

fn get_attr(vm: &mut Vm, t: Val, name: &str) -> R<Option<Val>> {
    let f = match name {
        "coro" => Field::Coroutine,
        "data" => Field::Data,
        "state" => Field::State,
        "ph_key" => return Ok(Some(Val::small(due(vm, t) as i32))),
        "_failed" => return Ok(Some(Val::bool(has_failed(vm, t)))),
        _ => return Ok(None),
    };
    Ok(Some(field(vm, t, f)))
}

fn set_attr(vm: &mut Vm, t: Val, name: &str, v: Val) -> R<bool> {
    let f = match name {
        "data" => Field::Data,
        "state" => Field::State,
        _ => return Ok(false),
    };
    if v.is_null() {
        return Ok(false);
    }
    set_field(vm, t, f, v);
    Ok(true)
}

/// Milliseconds until a task is due; negative if it was due before.
pub fn wait_ms(vm: &mut Vm, t: Val) -> i64 {
    let now = event_loop::ticks(vm);
    time::distance(due(vm, t), i64::from(now))
}

/// The type.
pub static TASK: NativeType = NativeType {
    id: ids::TASK,
    name: "Task",
    new: Some(make),
    iter: Some(iter),
    next: Some(next),
    get_attr: Some(get_attr),
    set_attr: Some(set_attr),
    entries: &[Entry::Fn("cancel", 1, 1, cancel), Entry::Fn("done", 1, 1, done)],
    ..NativeType::EMPTY
};
