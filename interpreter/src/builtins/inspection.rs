//! Builtins about objects: attributes, types, texts, namespaces.

use alloc::string::String;

use crate::heap::{Kind, q};
use crate::objects::native::{Args, ExcKind, R};
use crate::value::{Imm, Qstr, Val};
use crate::vm::{Out, Vm};

// ---- attributes ----

/// An attribute's name, interned.
#[inline]
fn name(vm: &mut Vm, v: Val) -> R<Qstr> {
    if let Some(name) = v.as_qstr() {
        return Ok(name);
    }
    let inner = vm.unwrap(v);
    if vm.heap.is_str(inner) {
        return Ok(vm.heap.intern_val(inner)?);
    }
    let t = vm.type_name(v);
    Err(vm.type_error(format_args!("attribute name must be string, not '{t}'")))
}

/// The attribute, None where looking for it ends in AttributeError.
fn find(vm: &mut Vm, v: Val, name: Qstr) -> R<Option<Val>> {
    match vm.getattr_opt_q(v, name) {
        Err(raised) => {
            if !vm.exc_is(ExcKind::AttributeError) {
                return Err(raised);
            }
            vm.take_exc();
            Ok(None)
        }
        found => found,
    }
}

pub(super) fn getattr(vm: &mut Vm, args: Args) -> R {
    let (v, key) = (args.get(vm, 0), args.get(vm, 1));
    let key = name(vm, key)?;
    if let Some(own) = vm.quick_own_attr(v, key) {
        return Ok(own);
    }
    match args.opt(vm, 2) {
        Some(default) => Ok(find(vm, v, key)?.unwrap_or(default)),
        None => vm.getattr_q(v, key),
    }
}

pub(super) fn hasattr(vm: &mut Vm, args: Args) -> R {
    let (v, key) = (args.get(vm, 0), args.get(vm, 1));
    let key = name(vm, key)?;
    Ok(Val::bool(find(vm, v, key)?.is_some()))
}

pub(super) fn setattr(vm: &mut Vm, args: Args) -> R {
    let (v, key, value) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let key = name(vm, key)?;
    vm.setattr_q(v, key, value)?;
    Ok(Val::NONE)
}

pub(super) fn delattr(vm: &mut Vm, args: Args) -> R {
    let (v, key) = (args.get(vm, 0), args.get(vm, 1));
    let key = name(vm, key)?;
    vm.setattr_q(v, key, Val::NULL)?;
    Ok(Val::NONE)
}

pub(super) fn dir(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        Some(v) => {
            if let Some(f) = vm.special(v, q::__dir__) {
                let names = vm.call_bound(f, v, &[])?;
                let list = vm.collect_list(names)?;
                crate::objects::sort::sort(vm, list, Val::NULL, false)?;
                return Ok(list);
            }
            vm.dir(v)
        }
        None => {
            let names = locals(vm, args)?;
            let list = vm.collect_list(names)?;
            crate::objects::sort::sort(vm, list, Val::NULL, false)?;
            Ok(list)
        }
    }
}

pub(super) fn vars(vm: &mut Vm, args: Args) -> R {
    let Some(v) = args.opt(vm, 0) else { return locals(vm, args) };
    match vm.getattr_opt(v, "__dict__")? {
        Some(dict) => Ok(dict),
        None => Err(vm.type_error(format_args!("vars() argument must have __dict__ attribute"))),
    }
}

pub(super) fn globals(vm: &mut Vm, _args: Args) -> R {
    Ok(vm.globals())
}

/// At module level the globals; in a function a snapshot of its variables.
pub(super) fn locals(vm: &mut Vm, _args: Args) -> R {
    vm.locals()
}

// ---- types ----

pub(super) fn isinstance(vm: &mut Vm, args: Args) -> R {
    let (v, classes) = (args.get(vm, 0), args.get(vm, 1));
    Ok(Val::bool(vm.isinstance_of(v, classes)?))
}

pub(super) fn issubclass(vm: &mut Vm, args: Args) -> R {
    let (class, classes) = (args.get(vm, 0), args.get(vm, 1));
    if !vm.is_class(class) {
        return Err(vm.type_error(format_args!("issubclass() arg 1 must be a class")));
    }
    let message = "issubclass() arg 2 must be a class, a tuple of classes, or a union";
    Ok(Val::bool(vm.issubclass_of(class, classes, message)?))
}

pub(crate) fn is_callable(vm: &mut Vm, v: Val) -> bool {
    if v.imm_payload(Imm::NativeFn).is_some() || vm.is_class(v) {
        return true;
    }
    if matches!(vm.heap.kind(v), Some(Kind::Function | Kind::Closure | Kind::BoundMethod | Kind::BoundNative))
    {
        return true;
    }
    vm.special(v, q::__call__).is_some() || vm.native_type_of(vm.unwrap(v)).call.is_some()
}

pub(super) fn callable(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    Ok(Val::bool(is_callable(vm, v)))
}

/// Its argument.
pub(super) fn itself(vm: &mut Vm, args: Args) -> R {
    Ok(args.get(vm, 0))
}

// ---- texts ----

pub(super) fn repr(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.repr(v)
}

pub(super) fn ascii(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.ascii(v)
}

pub(super) fn format(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let spec = args.opt(vm, 1).unwrap_or(Val::qstr(q::EMPTY));
    if !vm.heap.is_str(spec) {
        let t = vm.type_name(spec);
        return Err(vm.type_error(format_args!("format() argument 2 must be str, not {t}")));
    }
    vm.format(v, spec)
}

/// `sep` or `end`: a str, or the default for None.
fn separator(vm: &mut Vm, v: Val, name: &str, default: &str) -> R<String> {
    if v.is_null() || v.is_none() {
        return Ok(default.into());
    }
    let inner = vm.unwrap(v);
    match vm.owned_text(inner)? {
        Some(text) => Ok(text),
        None => {
            let t = vm.type_name(v);
            Err(vm.type_error(format_args!("{name} must be None or a string, not {t}")))
        }
    }
}

pub(super) fn print(vm: &mut Vm, args: Args) -> R {
    let (mut sep, mut end, mut file) = (Val::NULL, Val::NULL, Val::NONE);
    for i in 0..args.nkw {
        let (key, value) = args.pair(vm, i);
        match vm.heap.as_str(key) {
            Some("sep") => sep = value,
            Some("end") => end = value,
            Some("file") => file = value,
            Some("flush") => {}
            other => {
                let other = crate::vm::beginning(other.unwrap_or("?"));
                return Err(
                    vm.type_error(format_args!("'{other}' is an invalid keyword argument for print()"))
                );
            }
        }
    }
    let sep = separator(vm, sep, "sep", " ")?;
    let end = separator(vm, end, "end", "\n")?;
    if !file.is_none() {
        return print_to(vm, args, file, &sep, &end);
    }
    let mut out = Out::console();
    for i in 0..args.n {
        if i > 0 {
            out.push(&sep);
        }
        let v = args.get(vm, i);
        out.str(vm, v)?;
    }
    out.push(&end);
    out.finish(vm)?;
    Ok(Val::NONE)
}

/// Prints to an object with `write`, which is called for every piece, as CPython does.
fn print_to(vm: &mut Vm, args: Args, file: Val, sep: &str, end: &str) -> R {
    let write = |vm: &mut Vm, text: &str| -> R<()> {
        if !text.is_empty() {
            let text = vm.new_str(text)?;
            vm.call_method(file, "write", &[text])?;
        }
        Ok(())
    };
    for i in 0..args.n {
        if i > 0 {
            write(vm, sep)?;
        }
        let mut out = Out::text();
        let v = args.get(vm, i);
        out.str(vm, v)?;
        let text = out.finish(vm)?;
        write(vm, &text)?;
    }
    write(vm, end)?;
    Ok(Val::NONE)
}

const WELCOME: &str = "Welcome to Solderless, a MicroPython-compatible interpreter.\n\
    \n\
    help(object)      its methods and attributes\n\
    help('modules')   the modules there are\n\
    Ctrl-A raw mode   Ctrl-B normal mode   Ctrl-C interrupt\n\
    Ctrl-D on an empty line: soft reset    Ctrl-E paste mode\n";

pub(super) fn help(vm: &mut Vm, args: Args) -> R {
    let mut out = Out::console();
    match args.opt(vm, 0) {
        None => out.push(WELCOME),
        Some(v) if vm.heap.as_str(v) == Some("modules") => {
            for module in crate::registry::native_modules() {
                out.push(module.name);
                out.push("\n");
            }
        }
        Some(v) => {
            out.push("object ");
            out.str(vm, v)?;
            out.push(" is of type ");
            let t = vm.type_name(v);
            out.push(&t);
            out.push("\n");
            let names = vm.dir(v)?;
            for i in 0..vm.heap.list_len(names) {
                let name = vm.heap.list(names)[i];
                let key = vm.heap.intern_val(name)?;
                let Some(value) = find(vm, v, key)? else { continue };
                out.push("  ");
                out.str(vm, name)?;
                out.push(" -- ");
                out.str(vm, value)?;
                out.push("\n");
                out.flush(vm)?;
            }
        }
    }
    out.finish(vm)?;
    Ok(Val::NONE)
}
