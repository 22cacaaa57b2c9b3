//! The special methods that native types have by their slots: `list.__len__`, `super().__getitem__(i)` and so on.
//! They are natives like others, in a table of their own; each works on the native part of what it is called on.

use super::native::{Args, BinOp, CmpOp, Entry, NativeType, R, UnOp};
use crate::registry::{self, ids};
use crate::value::Val;
use crate::vm::Vm;

/// The special method `name` of native type `t`, if its slots stand for one.
pub(crate) fn find(t: &'static NativeType, name: &str) -> Option<Val> {
    if !name.starts_with("__") {
        return None;
    }
    let have = match name {
        "__len__" => t.len.is_some(),
        "__getitem__" => t.get_item.is_some(),
        "__setitem__" | "__delitem__" => t.set_item.is_some(),
        "__contains__" => t.contains.is_some() || t.iter.is_some(),
        "__iter__" => t.iter.is_some() || t.next.is_some(),
        "__next__" => t.next.is_some(),
        "__call__" => t.call.is_some(),
        "__bool__" => t.truth.is_some(),
        "__neg__" | "__pos__" | "__invert__" | "__abs__" => t.unary.is_some(),
        "__index__" | "__int__" => t.id == ids::INT,
        "__float__" => matches!(t.id, ids::INT | ids::FLOAT),
        _ => match binary_of(name) {
            Some((_, false)) => t.binary.is_some(),
            Some((_, true)) => t.reflected.is_some(),
            None => inplace_of(name).is_some() && t.inplace.is_some(),
        },
    };
    if !have {
        return None;
    }
    let i = DUNDER.entries.iter().position(|e| e.name() == name)?;
    Some(registry::type_fn(&DUNDER, i))
}

const BINARY: [(&str, &str, &str); 14] = [
    ("__add__", "__radd__", "__iadd__"),
    ("__sub__", "__rsub__", "__isub__"),
    ("__mul__", "__rmul__", "__imul__"),
    ("__truediv__", "__rtruediv__", "__itruediv__"),
    ("__floordiv__", "__rfloordiv__", "__ifloordiv__"),
    ("__mod__", "__rmod__", "__imod__"),
    ("__pow__", "__rpow__", "__ipow__"),
    ("__matmul__", "__rmatmul__", "__imatmul__"),
    ("__lshift__", "__rlshift__", "__ilshift__"),
    ("__rshift__", "__rrshift__", "__irshift__"),
    ("__and__", "__rand__", "__iand__"),
    ("__or__", "__ror__", "__ior__"),
    ("__xor__", "__rxor__", "__ixor__"),
    ("__divmod__", "__rdivmod__", ""),
];

fn binary_of(name: &str) -> Option<(BinOp, bool)> {
    BINARY.iter().zip(BinOp::ALL).find_map(|((m, r, _), op)| {
        if *m == name {
            Some((op, false))
        } else if *r == name {
            Some((op, true))
        } else {
            None
        }
    })
}
fn inplace_of(name: &str) -> Option<BinOp> {
    BINARY.iter().zip(BinOp::ALL).find_map(|((_, _, i), op)| (*i == name && !name.is_empty()).then_some(op))
}

fn receiver(vm: &Vm, args: Args) -> Val {
    vm.unwrap(args.get(vm, 0))
}

fn len(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    match vm.native_type_of(v).len {
        Some(f) => {
            let n = f(vm, v)?;
            Ok(vm.heap.new_int(n as i64)?)
        }
        None => Err(vm.type_error(format_args!("object has no len()"))),
    }
}
fn getitem(vm: &mut Vm, args: Args) -> R {
    let (v, i) = (receiver(vm, args), args.get(vm, 1));
    match vm.native_type_of(v).get_item {
        Some(f) => f(vm, v, i),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}
fn setitem(vm: &mut Vm, args: Args) -> R {
    let (v, i, x) = (receiver(vm, args), args.get(vm, 1), args.get(vm, 2));
    if let Some(f) = vm.native_type_of(v).set_item {
        f(vm, v, i, x)?;
    }
    Ok(Val::NONE)
}
fn delitem(vm: &mut Vm, args: Args) -> R {
    let (v, i) = (receiver(vm, args), args.get(vm, 1));
    if let Some(f) = vm.native_type_of(v).set_item {
        f(vm, v, i, Val::NULL)?;
    }
    Ok(Val::NONE)
}
fn contains(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (receiver(vm, args), args.get(vm, 1));
    vm.contains(v, x).map(Val::bool)
}
fn iter(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    vm.iter(v)
}
fn next(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    match vm.next(v)? {
        Some(x) => Ok(x),
        None => Err(vm.raise_args(super::native::ExcKind::StopIteration, &[])),
    }
}
fn call(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    match vm.native_type_of(v).call {
        Some(f) => f(vm, v, args.skip(1)),
        None => vm.call_with(v, None, args.skip(1)),
    }
}
fn bool(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    vm.truth(v).map(Val::bool)
}
fn index(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    vm.index_val(v)
}
fn float(vm: &mut Vm, args: Args) -> R {
    let v = receiver(vm, args);
    let f = vm.to_float(v)?;
    Ok(vm.heap.new_float(f)?)
}

fn unary(vm: &mut Vm, args: Args, op: UnOp) -> R {
    let v = receiver(vm, args);
    vm.unary(op, v)
}
fn neg(vm: &mut Vm, args: Args) -> R {
    unary(vm, args, UnOp::Neg)
}
fn pos(vm: &mut Vm, args: Args) -> R {
    unary(vm, args, UnOp::Pos)
}
fn invert(vm: &mut Vm, args: Args) -> R {
    unary(vm, args, UnOp::Invert)
}
fn abs(vm: &mut Vm, args: Args) -> R {
    unary(vm, args, UnOp::Abs)
}

fn binary<const OP: usize>(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (receiver(vm, args), vm.unwrap(args.get(vm, 1)));
    match vm.native_type_of(a).binary {
        Some(f) => f(vm, BinOp::ALL[OP], a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}
fn reflected<const OP: usize>(vm: &mut Vm, args: Args) -> R {
    let (b, a) = (receiver(vm, args), vm.unwrap(args.get(vm, 1)));
    match vm.native_type_of(b).reflected {
        Some(f) => f(vm, BinOp::ALL[OP], a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}
fn inplace<const OP: usize>(vm: &mut Vm, args: Args) -> R {
    let whole = args.get(vm, 0);
    let (a, b) = (receiver(vm, args), vm.unwrap(args.get(vm, 1)));
    match vm.native_type_of(a).inplace {
        Some(f) => {
            let v = f(vm, BinOp::ALL[OP], a, b)?;
            Ok(if v == a { whole } else { v })
        }
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn compare(vm: &mut Vm, args: Args, op: CmpOp) -> R {
    let (a, b) = (receiver(vm, args), vm.unwrap(args.get(vm, 1)));
    match vm.native_type_of(a).compare {
        Some(f) => f(vm, op, a, b),
        None => Ok(Val::NOT_IMPLEMENTED),
    }
}
fn eq(vm: &mut Vm, args: Args) -> R {
    compare(vm, args, CmpOp::Eq)
}

/// The table; no Python class.
pub static DUNDER: NativeType = NativeType {
    id: ids::DUNDER,
    name: "slot wrapper",
    entries: &[
        Entry::Fn("__len__", 1, 1, len),
        Entry::Fn("__getitem__", 2, 2, getitem),
        Entry::Fn("__setitem__", 3, 3, setitem),
        Entry::Fn("__delitem__", 2, 2, delitem),
        Entry::Fn("__contains__", 2, 2, contains),
        Entry::Fn("__iter__", 1, 1, iter),
        Entry::Fn("__next__", 1, 1, next),
        Entry::FnKw("__call__", 1, super::native::ANY, call),
        Entry::Fn("__bool__", 1, 1, bool),
        Entry::Fn("__index__", 1, 1, index),
        Entry::Fn("__int__", 1, 1, index),
        Entry::Fn("__float__", 1, 1, float),
        Entry::Fn("__neg__", 1, 1, neg),
        Entry::Fn("__pos__", 1, 1, pos),
        Entry::Fn("__invert__", 1, 1, invert),
        Entry::Fn("__abs__", 1, 1, abs),
        Entry::Fn("__eq__", 2, 2, eq),
        Entry::Fn("__add__", 2, 2, binary::<0>),
        Entry::Fn("__sub__", 2, 2, binary::<1>),
        Entry::Fn("__mul__", 2, 2, binary::<2>),
        Entry::Fn("__truediv__", 2, 2, binary::<3>),
        Entry::Fn("__floordiv__", 2, 2, binary::<4>),
        Entry::Fn("__mod__", 2, 2, binary::<5>),
        Entry::Fn("__pow__", 2, 2, binary::<6>),
        Entry::Fn("__lshift__", 2, 2, binary::<8>),
        Entry::Fn("__rshift__", 2, 2, binary::<9>),
        Entry::Fn("__and__", 2, 2, binary::<10>),
        Entry::Fn("__or__", 2, 2, binary::<11>),
        Entry::Fn("__xor__", 2, 2, binary::<12>),
        Entry::Fn("__divmod__", 2, 2, binary::<13>),
        Entry::Fn("__radd__", 2, 2, reflected::<0>),
        Entry::Fn("__rsub__", 2, 2, reflected::<1>),
        Entry::Fn("__rmul__", 2, 2, reflected::<2>),
        Entry::Fn("__rtruediv__", 2, 2, reflected::<3>),
        Entry::Fn("__rfloordiv__", 2, 2, reflected::<4>),
        Entry::Fn("__rmod__", 2, 2, reflected::<5>),
        Entry::Fn("__rpow__", 2, 2, reflected::<6>),
        Entry::Fn("__rand__", 2, 2, reflected::<10>),
        Entry::Fn("__ror__", 2, 2, reflected::<11>),
        Entry::Fn("__rxor__", 2, 2, reflected::<12>),
        Entry::Fn("__iadd__", 2, 2, inplace::<0>),
        Entry::Fn("__isub__", 2, 2, inplace::<1>),
        Entry::Fn("__imul__", 2, 2, inplace::<2>),
        Entry::Fn("__iand__", 2, 2, inplace::<10>),
        Entry::Fn("__ior__", 2, 2, inplace::<11>),
        Entry::Fn("__ixor__", 2, 2, inplace::<12>),
    ],
    ..NativeType::EMPTY
};
