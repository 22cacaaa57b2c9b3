//! `BaseExceptionGroup` and `ExceptionGroup`, and what `except*` does with them.
//!
//! A group's `args` are its message and its exceptions as they were given; `exceptions` makes a tuple of the latter.

use super::exception;
use super::native::{Args, Entry, ExcKind, R};
use crate::heap::cell::{F_V1, header};
use crate::heap::{Kind, q};
use crate::value::Val;
use crate::vm::{Out, Vm, X_CAUSE, X_CONTEXT, X_TRACEBACK};
use core::fmt::Write;

/// Is it a group?
pub(crate) fn is_group(vm: &Vm, v: Val) -> bool {
    vm.heap.is(v, Kind::Exception) && vm.isinstance(v, ExcKind::BaseExceptionGroup.val())
}

/// `str(group)`.
pub(super) fn print(vm: &mut Vm, v: Val, out: &mut Out) -> R<()> {
    let message = message(vm, v)?;
    out.str(vm, message)?;
    let n = members(vm, v)?.len();
    let _ = write!(out, " ({n} sub-exception{})", if n == 1 { "" } else { "s" });
    Ok(())
}

/// `BaseExceptionGroup(message, exceptions)` and its subclasses.
pub(super) fn new(vm: &mut Vm, class: Val, args: Args) -> R {
    if args.n != 2 {
        return Err(vm.type_error(format_args!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            args.n
        )));
    }
    let (message, given) = (args.get(vm, 0), args.get(vm, 1));
    if !vm.heap.is_str(message) {
        let t = vm.type_name(message);
        return Err(
            vm.type_error(format_args!("BaseExceptionGroup.__new__() argument 1 must be str, not {t}"))
        );
    }
    if !matches!(vm.heap.kind(given), Some(Kind::List | Kind::Tuple)) {
        return Err(vm.type_error(format_args!("second argument (exceptions) must be a sequence")));
    }
    let n = vm.heap.items(given).len();
    if n == 0 {
        return Err(vm.value_error(format_args!("second argument (exceptions) must be a non-empty sequence")));
    }
    let mut plain = true;
    for i in 0..n {
        let e = vm.heap.items(given)[i];
        if !vm.heap.is(e, Kind::Exception) {
            return Err(
                vm.value_error(format_args!("Item {i} of second argument (exceptions) is not an exception"))
            );
        }
        plain &= vm.isinstance(e, ExcKind::Exception.val());
    }
    let mut class = class;
    if class == ExcKind::BaseExceptionGroup.val() {
        if plain {
            class = ExcKind::ExceptionGroup.val();
        }
    } else if !plain && vm.issubclass(class, ExcKind::Exception.val()) {
        if class == ExcKind::ExceptionGroup.val() {
            return Err(vm.type_error(format_args!("Cannot nest BaseExceptions in an ExceptionGroup")));
        }
        let name = vm.class_name(class);
        return Err(vm.type_error(format_args!("Cannot nest BaseExceptions in '{name}'")));
    }
    vm.new_exception(class, &[message, given])
}

/// `BaseExceptionGroup.__init__`: `args` are `__new__`'s.
fn init(_: &mut Vm, _: Args) -> R {
    Ok(Val::NONE)
}

fn part(vm: &mut Vm, v: Val, i: usize) -> R {
    let args = vm.heap.val(v, 2);
    match vm.heap.tuple(args).get(i) {
        Some(&v) => Ok(v),
        None => Err(vm.type_error(format_args!("the group has lost its args"))),
    }
}

fn message(vm: &mut Vm, v: Val) -> R {
    part(vm, v, 0)
}

/// The exceptions of a group.
pub(crate) fn members(vm: &mut Vm, v: Val) -> R<alloc::vec::Vec<Val>> {
    let given = part(vm, v, 1)?;
    if !matches!(vm.heap.kind(given), Some(Kind::List | Kind::Tuple)) {
        return Err(vm.type_error(format_args!("the group has lost its exceptions")));
    }
    let all = vm.heap.items(given).to_vec();
    for &e in &all {
        vm.heap.keep(e)?;
    }
    Ok(all)
}

fn exceptions(vm: &mut Vm, v: Val) -> R {
    let all = members(vm, v)?;
    Ok(vm.heap.new_tuple(&all)?)
}

/// What `split` and `subgroup` choose by.
#[derive(Clone, Copy)]
enum Choice {
    /// A class or a tuple of classes.
    Classes(Val),
    /// A function of an exception.
    Function(Val),
    /// The leaves that are in this list.
    Leaves(Val),
}

impl Choice {
    fn of(vm: &mut Vm, v: Val) -> R<Choice> {
        let is_exception = |vm: &Vm, c: Val| vm.is_class(c) && vm.issubclass(c, ExcKind::BaseException.val());
        let classes = is_exception(vm, v)
            || vm.heap.is_tuple(v) && vm.heap.tuple(v).iter().all(|&c| is_exception(vm, c));
        if classes {
            return Ok(Choice::Classes(v));
        }
        if crate::builtins::inspection::is_callable(vm, v) && !vm.is_class(v) {
            return Ok(Choice::Function(v));
        }
        Err(vm.type_error(format_args!(
            "expected an exception type, a tuple of exception types, or a callable (other than a class)"
        )))
    }

    fn takes(self, vm: &mut Vm, e: Val) -> R<bool> {
        match self {
            Choice::Classes(classes) => vm.exc_matches(e, classes),
            Choice::Function(f) => {
                let v = vm.call(f, &[e])?;
                vm.truth(v)
            }
            Choice::Leaves(list) => Ok(vm.heap.list(list).contains(&e)),
        }
    }
}

/// Both halves of an exception: what is chosen and what is not; None where there is nothing.
fn divide(vm: &mut Vm, e: Val, choice: Choice) -> R<(Val, Val)> {
    if choice.takes(vm, e)? {
        return Ok((e, Val::NONE));
    }
    if !is_group(vm, e) {
        return Ok((Val::NONE, e));
    }
    vm.enter_native()?;
    let halves = divide_members(vm, e, choice);
    vm.leave_native();
    halves
}

fn divide_members(vm: &mut Vm, group: Val, choice: Choice) -> R<(Val, Val)> {
    let (chosen, others) = (vm.heap.new_list_cap(0)?, vm.heap.new_list_cap(0)?);
    for e in members(vm, group)? {
        let (yes, no) = divide(vm, e, choice)?;
        for (list, half) in [(chosen, yes), (others, no)] {
            if !half.is_none() {
                vm.heap.list_push(list, half)?;
            }
        }
    }
    Ok((derived(vm, group, chosen)?, derived(vm, group, others)?))
}

/// A group like `group` of other exceptions; None if there are none.
fn derived(vm: &mut Vm, group: Val, list: Val) -> R {
    if vm.heap.list_len(list) == 0 {
        return Ok(Val::NONE);
    }
    let new = vm.call_method(group, "derive", &[list])?;
    if !is_group(vm, new) {
        return Err(vm.type_error(format_args!("derive must return an instance of BaseExceptionGroup")));
    }
    vm.heap.keep(new)?;
    for field in [X_TRACEBACK, X_CAUSE, X_CONTEXT] {
        let mut v = vm.exc_field(group, field);
        if field == X_TRACEBACK && vm.heap.is_list(v) {
            // Unwinding appends to it.
            v = vm.heap.new_list_of(v)?;
        }
        if !v.is_none() {
            vm.set_exc_field(new, field, v)?;
        }
    }
    if let Some(notes) = vm.own_attr(group, q::__notes__) {
        let notes = vm.collect_list(notes)?;
        vm.set_exception_attr(new, q::__notes__, notes)?;
    }
    Ok(new)
}

fn derive(vm: &mut Vm, args: Args) -> R {
    let (group, list) = (args.get(vm, 0), args.get(vm, 1));
    let message = message(vm, group)?;
    vm.call(ExcKind::BaseExceptionGroup.val(), &[message, list])
}

fn split(vm: &mut Vm, args: Args) -> R {
    let (group, by) = (args.get(vm, 0), args.get(vm, 1));
    let choice = Choice::of(vm, by)?;
    let (yes, no) = divide(vm, group, choice)?;
    Ok(vm.heap.new_tuple(&[yes, no])?)
}

fn subgroup(vm: &mut Vm, args: Args) -> R {
    let (group, by) = (args.get(vm, 0), args.get(vm, 1));
    let choice = Choice::of(vm, by)?;
    Ok(divide(vm, group, choice)?.0)
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry::FnKw("__init__", 1, super::native::ANY, init),
    Entry::Get("message", message),
    Entry::Get("exceptions", exceptions),
    Entry::Fn("derive", 2, 2, derive),
    Entry::Fn("split", 2, 2, split),
    Entry::Fn("subgroup", 2, 2, subgroup),
];

// ---- except* ----

/// What an `except*` clause catches: a tuple of the group for its body (or None) and the exception that is left (or
/// None). Called by compiled code with the exception and the clause's classes.
pub(crate) fn star_match(vm: &mut Vm, args: Args) -> R {
    let (exc, classes) = (args.get(vm, 0), args.get(vm, 1));
    // Says what is wrong with the classes.
    let whole = vm.exc_matches(exc, classes)?;
    let all = if vm.heap.is_tuple(classes) { vm.heap.tuple(classes).to_vec() } else { alloc::vec![classes] };
    if all.iter().any(|&c| vm.issubclass(c, ExcKind::BaseExceptionGroup.val())) {
        return Err(vm.type_error(format_args!(
            "catching ExceptionGroup with except* is not allowed. Use except instead."
        )));
    }
    let (yes, no) = if is_group(vm, exc) {
        if whole { (exc, Val::NONE) } else { divide(vm, exc, Choice::Classes(classes))? }
    } else if whole {
        let text = vm.new_str("")?;
        let one = vm.heap.new_tuple(&[exc])?;
        let group = vm.call(ExcKind::BaseExceptionGroup.val(), &[text, one])?;
        vm.heap.keep(group)?;
        // It has the way of what it holds.
        let tb = exception::traceback(vm, exc)?;
        if !tb.is_none() {
            let list = vm.heap.val(tb, 1);
            let list = vm.heap.new_list_of(list)?;
            let tb = vm.heap.alloc_cell(header(Kind::Traceback, F_V1, 0), list.bits(), 0, 0)?;
            exception::set_attr(vm, group, q::__traceback__, tb)?;
        }
        (group, Val::NONE)
    } else {
        (Val::NONE, exc)
    };
    Ok(vm.heap.new_tuple(&[yes, no])?)
}

/// What is raised behind the clauses of `except*`, None if all is caught. Called by compiled code with the exception,
/// what no clause has caught (or None), and a list of pairs: what a clause has raised, what it had caught.
pub(crate) fn star_end(vm: &mut Vm, args: Args) -> R {
    let [exc, left, raised] = [0, 1, 2].map(|i| args.get(vm, i));
    let again = vm.heap.new_list_cap(0)?;
    let new = vm.heap.new_list_cap(0)?;
    if !left.is_none() {
        vm.heap.list_push(again, left)?;
    }
    for i in 0..vm.heap.list_len(raised) / 2 {
        let (e, caught) = (vm.heap.list(raised)[2 * i], vm.heap.list(raised)[2 * i + 1]);
        // `raise` alone raises the same again; `raise e` is something new, to be told by its way.
        let same = e == caught && steps(vm, e) == steps(vm, exc);
        vm.heap.list_push(if same { again } else { new }, e)?;
    }
    if !is_group(vm, exc) {
        // There was one at most: a clause has it, or it goes on.
        let only = vm.heap.list(new).first().or(vm.heap.list(again).first()).copied();
        return Ok(only.unwrap_or(Val::NONE));
    }
    let leaves = vm.heap.new_list_cap(0)?;
    for i in 0..vm.heap.list_len(again) {
        let e = vm.heap.list(again)[i];
        collect_leaves(vm, e, leaves)?;
    }
    let kept =
        if vm.heap.list_len(leaves) == 0 { Val::NONE } else { divide(vm, exc, Choice::Leaves(leaves))?.0 };
    if vm.heap.list_len(new) == 0 {
        return Ok(kept);
    }
    if !kept.is_none() {
        vm.heap.list_push(new, kept)?;
    }
    if vm.heap.list_len(new) == 1 {
        return Ok(vm.heap.list(new)[0]);
    }
    let text = vm.new_str("")?;
    vm.call(ExcKind::BaseExceptionGroup.val(), &[text, new])
}

/// How many frames an exception has passed.
fn steps(vm: &Vm, e: Val) -> usize {
    let tb = vm.exc_field(e, X_TRACEBACK);
    if vm.heap.is_list(tb) { vm.heap.list_len(tb) / 2 } else { 0 }
}

fn collect_leaves(vm: &mut Vm, e: Val, leaves: Val) -> R<()> {
    if !is_group(vm, e) {
        return Ok(vm.heap.list_push(leaves, e)?);
    }
    vm.enter_native()?;
    let mut result = Ok(());
    for e in members(vm, e)? {
        result = collect_leaves(vm, e, leaves);
        if result.is_err() {
            break;
        }
    }
    vm.leave_native();
    result
}
