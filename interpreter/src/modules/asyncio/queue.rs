//! Tasks in the order in which they are due: a pairing heap whose links lie in the tasks, so that queueing
//! takes no memory. Tasks due in the same millisecond come out as they went in.

use super::{event_loop, task};
use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::modules::time;
use crate::objects::native::{Args, Entry, ExcKind, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;
use task::Field;

// A queue: w1 = the first task or NULL, w2 = tasks queued so far, wrapping.

/// An empty queue.
///
/// # Errors
/// MemoryError.
pub fn new(vm: &mut Vm) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::TASK_QUEUE), 0, 0, 0)?)
}

/// Is it a queue?
pub fn is(vm: &Vm, v: Val) -> bool {
    vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == ids::TASK_QUEUE
}

/// The task that is due first, or NULL.
pub fn first(vm: &Vm, queue: Val) -> Val {
    vm.heap.val(queue, 1)
}

/// Is `a` due before `b`?
fn before(vm: &Vm, a: Val, b: Val) -> bool {
    let by_time = time::distance(task::due(vm, a), task::due(vm, b));
    let by_turn = || {
        let turn = |t| i64::from(task::field(vm, t, Field::Turn).small_value());
        time::distance(turn(a), turn(b))
    };
    by_time < 0 || by_time == 0 && by_turn() < 0
}

/// Makes one heap of two; either may be NULL.
fn meld(vm: &mut Vm, a: Val, b: Val) -> Val {
    if a.is_null() {
        return b;
    }
    if b.is_null() {
        return a;
    }
    let (parent, child) = if before(vm, b, a) { (b, a) } else { (a, b) };
    let eldest = task::field(vm, parent, Field::Child);
    task::set_field(vm, child, Field::Next, eldest);
    task::set_field(vm, child, Field::Before, parent);
    if !eldest.is_null() {
        task::set_field(vm, eldest, Field::Before, child);
    }
    task::set_field(vm, parent, Field::Child, child);
    parent
}

/// Makes one heap of a row of siblings: in pairs from the left, then all of them from the right.
fn meld_row(vm: &mut Vm, mut row: Val) -> Val {
    let mut pairs = Val::NULL;
    while !row.is_null() {
        let a = row;
        let b = cut(vm, a);
        row = if b.is_null() { Val::NULL } else { cut(vm, b) };
        let pair = meld(vm, a, b);
        task::set_field(vm, pair, Field::Next, pairs);
        pairs = pair;
    }
    let mut all = Val::NULL;
    while !pairs.is_null() {
        let next = cut(vm, pairs);
        all = meld(vm, all, pairs);
        pairs = next;
    }
    all
}

/// Takes a task out of its row of siblings; gives the next one.
fn cut(vm: &mut Vm, t: Val) -> Val {
    let next = task::field(vm, t, Field::Next);
    task::set_field(vm, t, Field::Next, Val::NULL);
    task::set_field(vm, t, Field::Before, Val::NULL);
    next
}

/// Queues a task that is in no queue, due at `due` (ticks in ms).
pub fn push(vm: &mut Vm, queue: Val, t: Val, due: u32) {
    let turn = vm.heap.w(queue, 2);
    vm.heap.set_w(queue, 2, turn.wrapping_add(1));
    task::set_due(vm, t, due);
    task::set_field(vm, t, Field::Turn, Val::small((turn & 0x3fff_ffff) as i32));
    for link in [Field::Child, Field::Next, Field::Before] {
        task::set_field(vm, t, link, Val::NULL);
    }
    task::set_field(vm, t, Field::Queue, queue);
    let head = first(vm, queue);
    let head = meld(vm, head, t);
    vm.heap.set_val(queue, 1, head);
}

/// Takes out the task that is due first.
pub fn pop(vm: &mut Vm, queue: Val) -> Option<Val> {
    let t = first(vm, queue);
    if t.is_null() {
        return None;
    }
    remove(vm, queue, t);
    Some(t)
}

/// Takes a task out of the queue it is in.
pub fn remove(vm: &mut Vm, queue: Val, t: Val) {
    let row = task::field(vm, t, Field::Child);
    let rest = meld_row(vm, row);
    if first(vm, queue) == t {
        vm.heap.set_val(queue, 1, rest);
    } else {
        let (before, next) = (task::field(vm, t, Field::Before), task::field(vm, t, Field::Next));
        let link = if task::field(vm, before, Field::Child) == t { Field::Child } else { Field::Next };
        task::set_field(vm, before, link, next);
        if !next.is_null() {
            task::set_field(vm, next, Field::Before, before);
        }
        let head = first(vm, queue);
        let head = meld(vm, head, rest);
        vm.heap.set_val(queue, 1, head);
    }
    for link in [Field::Child, Field::Next, Field::Before, Field::Queue] {
        task::set_field(vm, t, link, Val::NULL);
    }
}

fn make(vm: &mut Vm, _cls: Val, _: Args) -> R {
    new(vm)
}

fn peek_native(vm: &mut Vm, args: Args) -> R {
    let head = first(vm, args.get(vm, 0));
    Ok(if head.is_null() { Val::NONE } else { head })
}

fn push_native(vm: &mut Vm, args: Args) -> R {
    let (queue, t) = (args.get(vm, 0), args.get(vm, 1));
    task::check(vm, t)?;
    let due = match args.opt(vm, 2) {
        Some(due) => vm.index(due)? as u32,
        None => event_loop::ticks(vm),
    };
    let old = task::field(vm, t, Field::Queue);
    if !old.is_null() {
        remove(vm, old, t);
    }
    push(vm, queue, t, due);
    Ok(Val::NONE)
}

fn pop_native(vm: &mut Vm, args: Args) -> R {
    match pop(vm, args.get(vm, 0)) {
        Some(t) => Ok(vm.heap.keep(t)?),
        None => Err(vm.raise(ExcKind::IndexError, format_args!("empty queue"))),
    }
}

fn remove_native(vm: &mut Vm, args: Args) -> R {
    let (queue, t) = (args.get(vm, 0), args.get(vm, 1));
    task::check(vm, t)?;
    if task::field(vm, t, Field::Queue) == queue {
        remove(vm, queue, t);
    }
    Ok(Val::NONE)
}

/// The type.
pub static TASK_QUEUE: NativeType = NativeType {
    id: ids::TASK_QUEUE,
    name: "TaskQueue",
    new: Some(make),
    truth: Some(|vm, queue| Ok(!first(vm, queue).is_null())),
    entries: &[
        Entry::Fn("peek", 1, 1, peek_native),
        Entry::Fn("pop", 1, 1, pop_native),
        Entry::Fn("push", 2, 3, push_native),
        Entry::Fn("remove", 2, 2, remove_native),
    ],
    ..NativeType::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hal::host::Host;
    use crate::heap::testing::Rng;
    use alloc::boxed::Box;
    use alloc::vec::Vec;

    #[test]
    fn tasks_come_out_by_time_and_then_by_turn() {
        let mut vm = Vm::new(1 << 20, Box::new(Host::default())).unwrap();
        let queue = new(&mut vm).unwrap();
        let tasks: Vec<Val> = (0..60).map(|_| task::new(&mut vm, Val::NONE).unwrap()).collect();
        let mut rng = Rng(12345);
        let mut model: Vec<(u32, usize, Val)> = Vec::new();
        for turn in 0..5000 {
            let t = tasks[rng.below(tasks.len())];
            match model.iter().position(|entry| entry.2 == t) {
                Some(at) if rng.below(2) == 0 => {
                    model.remove(at);
                    remove(&mut vm, queue, t);
                }
                Some(_) => {
                    let least = (0..model.len()).min_by_key(|&i| (model[i].0, model[i].1)).unwrap();
                    assert_eq!(pop(&mut vm, queue), Some(model.remove(least).2));
                }
                None => {
                    let due = rng.below(20) as u32;
                    model.push((due, turn, t));
                    push(&mut vm, queue, t, due);
                }
            }
        }
        model.sort_unstable_by_key(|entry| (entry.0, entry.1));
        for (_, _, t) in model {
            assert_eq!(pop(&mut vm, queue), Some(t));
        }
        assert_eq!(pop(&mut vm, queue), None);
    }
}
