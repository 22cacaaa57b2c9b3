//! Exceptions and tracebacks as objects. The classes come from [`ExcKind`]; the cells are laid out in
//! `vm/unwind.rs`.

use super::exception_group;
use super::native::{Args, Entry, ExcKind, NativeType, R};
use crate::heap::cell::{F_V1, header};
use crate::heap::{Kind, q};
use crate::registry::{EXC_BASE, ids};
use crate::value::{Qstr, Val};
use crate::vm::{Out, Vm, X_CAUSE, X_CONTEXT, X_SUPPRESS, X_TRACEBACK};
use core::fmt::Write;

fn print(vm: &mut Vm, v: Val, out: &mut Out, repr: bool) -> R<()> {
    let args = vm.heap.val(v, 2);
    let n = vm.heap.tuple(args).len();
    if repr {
        let class = vm.type_of(v);
        let name = vm.class_name(class);
        out.push(&name);
        if n == 1 {
            out.push("(");
            let a = vm.heap.tuple(args)[0];
            out.repr(vm, a)?;
            // As MicroPython and CPython before 3.7 have it.
            out.push(",)");
            return Ok(());
        }
        return out.repr(vm, args);
    }
    if n == 0 {
        return Ok(());
    }
    if exception_group::is_group(vm, v) {
        return exception_group::print(vm, v, out);
    }
    let first = vm.heap.tuple(args)[0];
    if n == 1 {
        if vm.isinstance(v, ExcKind::KeyError.val()) {
            return out.repr(vm, first);
        }
        if vm.isinstance(v, ExcKind::OSError.val())
            && let Some(errno) = first.as_small()
        {
            return match errno_text(errno) {
                Some(name) => {
                    let _ = write!(out, "[Errno {errno}] {name}");
                    Ok(())
                }
                None => out.str(vm, first),
            };
        }
        return out.str(vm, first);
    }
    if vm.isinstance(v, ExcKind::OSError.val()) && n == 2 {
        out.push("[Errno ");
        out.str(vm, first)?;
        out.push("] ");
        // The name before the details, as MicroPython has it.
        if let Some(name) = first.as_small().and_then(errno_text) {
            let _ = write!(out, "{name}: ");
        }
        let text = vm.heap.tuple(args)[1];
        return out.str(vm, text);
    }
    if vm.isinstance(v, ExcKind::SyntaxError.val()) {
        return out.str(vm, first);
    }
    out.repr(vm, args)
}

/// The name that MicroPython shows for an error number.
pub fn errno_text(errno: i32) -> Option<&'static str> {
    Some(match errno {
        1 => "EPERM",
        2 => "ENOENT",
        5 => "EIO",
        9 => "EBADF",
        11 => "EAGAIN",
        12 => "ENOMEM",
        13 => "EACCES",
        17 => "EEXIST",
        19 => "ENODEV",
        20 => "ENOTDIR",
        21 => "EISDIR",
        22 => "EINVAL",
        28 => "ENOSPC",
        39 => "ENOTEMPTY",
        95 => "EOPNOTSUPP",
        110 => "ETIMEDOUT",
        _ => return None,
    })
}

fn new(vm: &mut Vm, class: Val, args: Args) -> R {
    let e = vm.new_exception(class, &[])?;
    let a = vm.lend(|vm| vm.heap.new_tuple_from_slots(args.base, args.base + args.n))?;
    vm.heap.set_val(e, 2, a);
    for i in 0..args.nkw {
        // ImportError(name=…) and the like.
        let (k, v) = args.pair(vm, i);
        if vm.as_native_type(class).is_some() {
            let k = vm.heap.intern_val(k)?;
            vm.set_exception_attr(e, k, v)?;
        }
    }
    Ok(e)
}

/// `BaseException.__init__`: sets `args`.
pub(crate) fn init(vm: &mut Vm, args: Args) -> R {
    let e = args.get(vm, 0);
    let a = vm.heap.new_tuple_from_slots(args.base + 1, args.base + args.n)?;
    vm.heap.set_val(e, 2, a);
    Ok(Val::NONE)
}

fn get_args(vm: &mut Vm, e: Val) -> R {
    Ok(vm.heap.val(e, 2))
}
fn get_value(vm: &mut Vm, e: Val) -> R {
    let args = vm.heap.val(e, 2);
    Ok(vm.heap.tuple(args).first().copied().unwrap_or(Val::NONE))
}
fn get_errno(vm: &mut Vm, e: Val) -> R {
    get_value(vm, e)
}
fn get_cause(vm: &mut Vm, e: Val) -> R {
    Ok(vm.exc_field(e, X_CAUSE))
}
fn get_context(vm: &mut Vm, e: Val) -> R {
    Ok(vm.exc_field(e, X_CONTEXT))
}
fn get_suppress(vm: &mut Vm, e: Val) -> R {
    Ok(Val::bool(vm.exc_field(e, X_SUPPRESS) == Val::TRUE))
}
fn get_traceback(vm: &mut Vm, e: Val) -> R {
    traceback(vm, e)
}

/// A traceback object for an exception's frames so far; None if there are none.
pub(crate) fn traceback(vm: &mut Vm, e: Val) -> R {
    let tb = vm.exc_field(e, X_TRACEBACK);
    if tb.is_none() {
        return Ok(tb);
    }
    Ok(vm.heap.alloc_cell(header(Kind::Traceback, F_V1, 0), tb.bits(), 0, 0)?)
}

fn with_traceback(vm: &mut Vm, args: Args) -> R {
    let (e, tb) = (args.get(vm, 0), args.get(vm, 1));
    set_attr(vm, e, q::__traceback__, tb)?;
    Ok(e)
}

fn add_note(vm: &mut Vm, args: Args) -> R {
    let (e, note) = (args.get(vm, 0), args.get(vm, 1));
    if !vm.heap.is_str(note) {
        let t = vm.type_name(note);
        return Err(vm.type_error(format_args!("note must be a str, not '{t}'")));
    }
    let notes = match vm.own_attr(e, q::__notes__) {
        Some(n) => n,
        None => {
            let n = vm.heap.new_list_cap(1)?;
            vm.set_exception_attr(e, q::__notes__, n)?;
            n
        }
    };
    vm.heap.list_push(notes, note)?;
    Ok(Val::NONE)
}

/// Sets one of the special attributes: false if `name` is none of them.
pub(crate) fn set_attr(vm: &mut Vm, e: Val, name: Qstr, v: Val) -> R<bool> {
    let field = match name {
        q::args => {
            if v.is_null() {
                return Err(vm.type_error(format_args!("args may not be deleted")));
            }
            let list = vm.collect_list(v)?;
            let n = vm.heap.list_len(list);
            let t = vm.heap.new_tuple_of(list, 0, n)?;
            vm.heap.set_val(e, 2, t);
            return Ok(true);
        }
        q::__cause__ => X_CAUSE,
        q::__context__ => X_CONTEXT,
        q::__suppress_context__ => X_SUPPRESS,
        q::__traceback__ => {
            let list = if vm.heap.is(v, Kind::Traceback) { vm.heap.val(v, 1) } else { Val::NONE };
            vm.set_exc_field(e, X_TRACEBACK, list)?;
            return Ok(true);
        }
        _ => return Ok(false),
    };
    vm.set_exc_field(e, field, if v.is_null() { Val::NONE } else { v })?;
    if field == X_CAUSE {
        vm.set_exc_field(e, X_SUPPRESS, Val::TRUE)?;
    }
    Ok(true)
}

/// For a SyntaxError with a place, the lines that CPython shows before its message.
pub(crate) fn print_syntax_location(vm: &mut Vm, e: Val, out: &mut Out) -> R<()> {
    if !vm.isinstance(e, ExcKind::SyntaxError.val()) {
        return Ok(());
    }
    let args = vm.heap.val(e, 2);
    let Some(&place) = vm.heap.tuple(args).get(1) else { return Ok(()) };
    if !vm.heap.is_tuple(place) || vm.heap.tuple(place).len() < 4 {
        return Ok(());
    }
    let [file, line, column, text] = [0, 1, 2, 3].map(|i| vm.heap.tuple(place)[i]);
    let file = vm.text(file).unwrap_or_default();
    let _ = writeln!(out, "  File \"{file}\", line {}", line.as_small().unwrap_or(0));
    if let Some(text) = vm.text(text) {
        let shown = text.trim();
        if !shown.is_empty() {
            let indent = text.chars().take_while(|c| c.is_whitespace()).count() as i32;
            let at = (column.as_small().unwrap_or(1) - 1 - indent).max(0) as usize;
            let _ = writeln!(out, "    {shown}");
            let _ = writeln!(out, "    {:at$}^", "");
        }
    }
    Ok(())
}

const BASE_ENTRIES: &[Entry] = &[
    Entry::FnKw("__init__", 1, super::native::ANY, init),
    Entry::Get("args", get_args),
    Entry::Get("__cause__", get_cause),
    Entry::Get("__context__", get_context),
    Entry::Get("__suppress_context__", get_suppress),
    Entry::Get("__traceback__", get_traceback),
    Entry::Fn("with_traceback", 2, 2, with_traceback),
    Entry::Fn("add_note", 2, 2, add_note),
];
const STOP_ENTRIES: &[Entry] = &[Entry::Get("value", get_value)];
const EXIT_ENTRIES: &[Entry] = &[Entry::Get("code", get_value)];
const SYNTAX_ENTRIES: &[Entry] = &[Entry::Get("msg", get_value)];
const OS_ENTRIES: &[Entry] = &[Entry::Get("errno", get_errno)];

const N: usize = ExcKind::ALL.len();

static TYPES: [NativeType; N] = {
    let mut t = [NativeType::EMPTY; N];
    let mut i = 0;
    while i < N {
        let kind = ExcKind::ALL[i];
        t[i].id = EXC_BASE + i as u16;
        t[i].name = kind.name();
        t[i].subclassable = true;
        t[i].print = Some(print);
        t[i].new = match kind {
            ExcKind::BaseExceptionGroup | ExcKind::ExceptionGroup => Some(exception_group::new),
            _ => Some(new),
        };
        t[i].base = match kind.base() {
            Some(b) => Some(&TYPES[b as usize]),
            None => None,
        };
        t[i].entries = match kind {
            ExcKind::BaseException => BASE_ENTRIES,
            ExcKind::StopIteration => STOP_ENTRIES,
            ExcKind::SystemExit => EXIT_ENTRIES,
            ExcKind::OSError => OS_ENTRIES,
            ExcKind::SyntaxError => SYNTAX_ENTRIES,
            ExcKind::BaseExceptionGroup | ExcKind::ExceptionGroup => exception_group::ENTRIES,
            _ => &[],
        };
        i += 1;
    }
    t
};

/// The type of the exception with this place in [`ExcKind::ALL`].
pub(crate) fn type_at(i: u16) -> &'static NativeType {
    &TYPES[i as usize]
}

/// The type of a built-in exception.
pub(crate) fn type_of_kind(kind: ExcKind) -> &'static NativeType {
    &TYPES[kind as usize]
}

/// Is it one of the exception types?
pub(crate) fn is_exception_type(t: &NativeType) -> bool {
    t.id >= EXC_BASE
}

fn tb_lineno(vm: &mut Vm, v: Val) -> R {
    let list = vm.heap.val(v, 1);
    match *vm.heap.list(list) {
        [.., f, at] => Ok(Val::small(vm.line_at(vm.heap.val(f, 1), at.small_value() as u32) as i32)),
        _ => Ok(Val::NONE),
    }
}

fn tb_frame(vm: &mut Vm, v: Val) -> R {
    let list = vm.heap.val(v, 1);
    match *vm.heap.list(list) {
        [.., f, at] => vm.new_left_frame(f, at),
        _ => Ok(Val::NONE),
    }
}

/// The next frame inwards, where the exception came from.
fn tb_next(vm: &mut Vm, v: Val) -> R {
    let list = vm.heap.val(v, 1);
    let n = vm.heap.list_len(list);
    if n <= 2 {
        return Ok(Val::NONE);
    }
    let inner = vm.heap.list(list)[..n - 2].to_vec();
    let inner = vm.heap.new_list(&inner)?;
    Ok(vm.heap.alloc_cell(header(Kind::Traceback, F_V1, 0), inner.bits(), 0, 0)?)
}

/// `traceback`.
pub static TRACEBACK: NativeType = NativeType {
    id: ids::TRACEBACK,
    name: "traceback",
    entries: &[
        Entry::Get("tb_lineno", tb_lineno),
        Entry::Get("tb_frame", tb_frame),
        Entry::Get("tb_next", tb_next),
    ],
    ..NativeType::EMPTY
};
