//! `property`, `staticmethod`, `classmethod`, `super`. Static and class methods keep their function in w1; a property
//! getter, setter and deleter in w1 to w3.

use super::native::{Args, Entry, NativeType, R};
use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

fn new_property(vm: &mut Vm, _: Val, args: Args) -> R {
    let v = args.parse(vm, "property", ["fget", "fset", "fdel", "doc"], 0)?;
    let f = |x: Val| if x.is_null() { Val::NONE } else { x };
    Ok(vm.heap.alloc_vals(Kind::Property, 0, [f(v[0]), f(v[1]), f(v[2])])?)
}

fn with(vm: &mut Vm, args: Args, i: usize) -> R {
    let p = args.get(vm, 0);
    let mut f = [vm.heap.val(p, 1), vm.heap.val(p, 2), vm.heap.val(p, 3)];
    f[i] = args.get(vm, 1);
    Ok(vm.heap.alloc_vals(Kind::Property, 0, f)?)
}
fn getter(vm: &mut Vm, args: Args) -> R {
    with(vm, args, 0)
}
fn setter(vm: &mut Vm, args: Args) -> R {
    with(vm, args, 1)
}
fn deleter(vm: &mut Vm, args: Args) -> R {
    with(vm, args, 2)
}
fn fget(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 1))
}
fn fset(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 2))
}
fn fdel(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 3))
}

/// `property`.
pub static PROPERTY: NativeType = NativeType {
    id: ids::PROPERTY,
    name: "property",
    new: Some(new_property),
    entries: &[
        Entry::Fn("getter", 2, 2, getter),
        Entry::Fn("setter", 2, 2, setter),
        Entry::Fn("deleter", 2, 2, deleter),
        Entry::Get("fget", fget),
        Entry::Get("fset", fset),
        Entry::Get("fdel", fdel),
    ],
    ..NativeType::EMPTY
};

fn wrap(vm: &mut Vm, kind: Kind, name: &str, args: Args) -> R {
    if args.n != 1 || args.nkw > 0 {
        return Err(vm.type_error(format_args!("{name} expected 1 argument, got {}", args.n)));
    }
    let f = args.get(vm, 0);
    Ok(vm.heap.alloc_cell(header(kind, F_V1, 0), f.bits(), 0, 0)?)
}
fn new_static(vm: &mut Vm, _: Val, args: Args) -> R {
    wrap(vm, Kind::StaticMethod, "staticmethod", args)
}
fn new_class(vm: &mut Vm, _: Val, args: Args) -> R {
    wrap(vm, Kind::ClassMethod, "classmethod", args)
}

/// `staticmethod`.
pub static STATICMETHOD: NativeType = NativeType {
    id: ids::STATICMETHOD,
    name: "staticmethod",
    new: Some(new_static),
    entries: &[Entry::Get("__func__", fget)],
    ..NativeType::EMPTY
};

/// `classmethod`.
pub static CLASSMETHOD: NativeType = NativeType {
    id: ids::CLASSMETHOD,
    name: "classmethod",
    new: Some(new_class),
    entries: &[Entry::Get("__func__", fget)],
    ..NativeType::EMPTY
};

fn new_super(vm: &mut Vm, _: Val, args: Args) -> R {
    if args.n != 2 || args.nkw > 0 {
        // Without arguments the compiler supplies them, inside of a method.
        return Err(vm.raise(super::native::ExcKind::RuntimeError, format_args!("super(): no arguments")));
    }
    let (class, obj) = (args.get(vm, 0), args.get(vm, 1));
    vm.new_super(class, obj)
}

fn print_super(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    use core::fmt::Write;
    let (class, obj) = (vm.heap.val(v, 1), vm.heap.val(v, 2));
    let (c, o) = (vm.class_name(class), vm.type_name(obj));
    let _ = write!(out, "<super: <class '{c}'>, <{o} object>>");
    Ok(())
}

/// `super`.
pub static SUPER: NativeType = NativeType {
    id: ids::SUPER,
    name: "super",
    new: Some(new_super),
    print: Some(print_super),
    ..NativeType::EMPTY
};
