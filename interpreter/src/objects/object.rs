//! `object`: what every class has. Its methods see whole objects, not native parts.

use super::native::{Args, CmpOp, Entry, ExcKind, NativeType, R};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};
use core::fmt::Write;

fn print(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let name = vm.type_name(v);
    let _ = write!(out, "<{name} object at 0x{:08x}>", v.bits());
    Ok(())
}

fn new(vm: &mut Vm, class: Val, args: Args) -> R {
    if args.n + args.nkw > 0 {
        return Err(vm.type_error(format_args!("object() takes no arguments")));
    }
    // A bare object is an instance of a native type without data.
    if vm.as_native_type(class).is_some() {
        return Ok(vm.heap.alloc_cell(crate::heap::cell::header(Kind::Object, 0, ids::OBJECT), 0, 0, 0)?);
    }
    vm.new_instance(class, None)
}

fn new_method(vm: &mut Vm, args: Args) -> R {
    let class = args.get(vm, 0);
    if !vm.is_class(class) {
        let t = vm.type_name(class);
        return Err(vm.type_error(format_args!("object.__new__(X): X is not a type object ({t})")));
    }
    if let Some(t) = vm.as_native_type(class)
        && t.id != ids::OBJECT
        && args.n == 1
    {
        return Err(vm.type_error(format_args!("object.__new__({}) is not safe, use {0}.__new__()", t.name)));
    }
    vm.default_new(class, args.skip(1))
}

fn init(vm: &mut Vm, args: Args) -> R {
    let obj = args.get(vm, 0);
    if vm.heap.is(obj, Kind::Exception) {
        return super::exception::init(vm, args);
    }
    let Some(part) = vm.native_part(obj) else { return Ok(Val::NONE) };
    // `super().__init__(…)` of a class derived from a mutable native type: fills the native part.
    let t = vm.native_type_of(part);
    if !matches!(t.id, ids::INT | ids::FLOAT | ids::STR | ids::BYTES | ids::TUPLE | ids::FROZENSET)
        && let Some(new) = t.new
    {
        let class = vm.type_of(obj);
        let fresh = new(vm, class, args.skip(1))?;
        vm.set_instance_slot(obj, 0, fresh);
    }
    Ok(Val::NONE)
}

fn name_arg(vm: &mut Vm, args: Args, i: usize) -> R<crate::value::Qstr> {
    let v = args.get(vm, i);
    if !vm.heap.is_str(v) {
        let t = vm.type_name(v);
        return Err(vm.type_error(format_args!("attribute name must be string, not '{t}'")));
    }
    Ok(vm.heap.intern_val(v)?)
}

fn getattribute(vm: &mut Vm, args: Args) -> R {
    let obj = args.get(vm, 0);
    let name = name_arg(vm, args, 1)?;
    let found = match vm.heap.kind(obj) {
        Some(Kind::Instance | Kind::Exception) => vm.generic_attr(obj, name)?,
        _ => vm.getattr_opt_q(obj, name)?,
    };
    match found {
        Some(v) => Ok(v),
        None => Err(vm.no_attribute(obj, name)),
    }
}

fn setattr(vm: &mut Vm, args: Args) -> R {
    let (obj, v) = (args.get(vm, 0), args.get(vm, 2));
    let name = name_arg(vm, args, 1)?;
    match vm.heap.kind(obj) {
        Some(Kind::Instance | Kind::Exception) => vm.generic_setattr(obj, name, v)?,
        Some(Kind::Class) => vm.set_class_attr(obj, name, v)?,
        _ => vm.setattr_q(obj, name, v)?,
    }
    Ok(Val::NONE)
}

fn delattr(vm: &mut Vm, args: Args) -> R {
    let obj = args.get(vm, 0);
    let name = name_arg(vm, args, 1)?;
    match vm.heap.kind(obj) {
        Some(Kind::Instance | Kind::Exception) => vm.generic_setattr(obj, name, Val::NULL)?,
        Some(Kind::Class) => vm.set_class_attr(obj, name, Val::NULL)?,
        _ => vm.setattr_q(obj, name, Val::NULL)?,
    }
    Ok(Val::NONE)
}

/// `object.__repr__`: of the native part or of the bare object, whatever the class overrides.
fn repr(vm: &mut Vm, args: Args) -> R {
    let obj = args.get(vm, 0);
    let mut out = Out::text();
    base_print(vm, obj, &mut out, true)?;
    let text = out.finish(vm)?;
    vm.new_str(&text)
}

fn str(vm: &mut Vm, args: Args) -> R {
    let obj = args.get(vm, 0);
    if vm.native_part(obj).is_none() && !vm.heap.is(obj, Kind::Exception) {
        return vm.repr(obj);
    }
    let mut out = Out::text();
    base_print(vm, obj, &mut out, false)?;
    let text = out.finish(vm)?;
    vm.new_str(&text)
}

fn base_print(vm: &mut Vm, obj: Val, out: &mut Out, repr: bool) -> R<()> {
    let inner = vm.unwrap(obj);
    match vm.native_type_of(inner).print {
        Some(f) if !vm.heap.is(inner, Kind::Instance) => f(vm, inner, out, repr),
        _ => print(vm, obj, out, repr),
    }
}

fn hash(vm: &mut Vm, args: Args) -> R {
    let obj = vm.unwrap(args.get(vm, 0));
    if vm.heap.is(obj, Kind::Instance) || vm.heap.is(obj, Kind::Exception) {
        let h = vm.heap.hash_identity(obj);
        return Ok(Val::small(h));
    }
    let h = vm.hash(obj)?;
    Ok(vm.heap.new_int(i64::from(h))?)
}

fn compare_native(vm: &mut Vm, args: Args, op: CmpOp) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    let (x, y) = (vm.unwrap(a), vm.unwrap(b));
    if !vm.heap.is(x, Kind::Instance)
        && let Some(f) = vm.native_type_of(x).compare
    {
        return f(vm, op, x, y);
    }
    Ok(match op {
        CmpOp::Eq if a == b => Val::TRUE,
        CmpOp::Ne if a == b => Val::FALSE,
        _ => Val::NOT_IMPLEMENTED,
    })
}

fn eq(vm: &mut Vm, args: Args) -> R {
    compare_native(vm, args, CmpOp::Eq)
}

fn ne(vm: &mut Vm, args: Args) -> R {
    let a = args.get(vm, 0);
    if let Some(f) = vm.special(a, crate::heap::q::__eq__) {
        let b = args.get(vm, 1);
        let v = vm.call_bound(f, a, &[b])?;
        if v == Val::NOT_IMPLEMENTED {
            return Ok(v);
        }
        let t = vm.truth(v)?;
        return Ok(Val::bool(!t));
    }
    compare_native(vm, args, CmpOp::Ne)
}

fn lt(vm: &mut Vm, args: Args) -> R {
    compare_native(vm, args, CmpOp::Lt)
}
fn le(vm: &mut Vm, args: Args) -> R {
    compare_native(vm, args, CmpOp::Le)
}
fn gt(vm: &mut Vm, args: Args) -> R {
    compare_native(vm, args, CmpOp::Gt)
}
fn ge(vm: &mut Vm, args: Args) -> R {
    compare_native(vm, args, CmpOp::Ge)
}

fn init_subclass(vm: &mut Vm, args: Args) -> R {
    if args.nkw > 0 {
        let name = vm.class_name(args.get(vm, 0));
        return Err(vm.type_error(format_args!("{name}.__init_subclass__() takes no keyword arguments")));
    }
    Ok(Val::NONE)
}

fn format(vm: &mut Vm, args: Args) -> R {
    let (v, spec) = (args.get(vm, 0), args.get(vm, 1));
    vm.base_format(v, spec)
}

fn dir(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.dir(v)
}

fn doc(_: &mut Vm, _: Val) -> R {
    Ok(Val::NONE)
}

fn reduce(vm: &mut Vm, args: Args) -> R {
    let t = vm.type_name(args.get(vm, 0));
    Err(vm.raise(ExcKind::TypeError, format_args!("cannot pickle '{t}' object")))
}

/// The type.
pub static OBJECT: NativeType = NativeType {
    id: ids::OBJECT,
    name: "object",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    entries: &[
        Entry::Static("__new__", 1, super::native::ANY, new_method),
        Entry::FnKw("__init__", 1, super::native::ANY, init),
        Entry::Fn("__getattribute__", 2, 2, getattribute),
        Entry::Fn("__setattr__", 3, 3, setattr),
        Entry::Fn("__delattr__", 2, 2, delattr),
        Entry::Fn("__repr__", 1, 1, repr),
        Entry::Fn("__str__", 1, 1, str),
        Entry::Fn("__hash__", 1, 1, hash),
        Entry::Fn("__eq__", 2, 2, eq),
        Entry::Fn("__ne__", 2, 2, ne),
        Entry::Fn("__lt__", 2, 2, lt),
        Entry::Fn("__le__", 2, 2, le),
        Entry::Fn("__gt__", 2, 2, gt),
        Entry::Fn("__ge__", 2, 2, ge),
        Entry::Class("__init_subclass__", 1, 1, init_subclass),
        Entry::Fn("__format__", 2, 2, format),
        Entry::Fn("__dir__", 1, 1, dir),
        Entry::Fn("__reduce__", 1, 1, reduce),
        Entry::Get("__doc__", doc),
    ],
    ..NativeType::EMPTY
};
