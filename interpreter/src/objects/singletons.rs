//! `None`, `Ellipsis` and `NotImplemented`.

use super::native::{Args, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

fn print_none(_: &mut Vm, _: Val, out: &mut Out, _: bool) -> R<()> {
    out.push("None");
    Ok(())
}
fn print_ellipsis(_: &mut Vm, _: Val, out: &mut Out, _: bool) -> R<()> {
    out.push("Ellipsis");
    Ok(())
}
fn print_not_implemented(_: &mut Vm, _: Val, out: &mut Out, _: bool) -> R<()> {
    out.push("NotImplemented");
    Ok(())
}
fn new_none(_: &mut Vm, _: Val, _: Args) -> R {
    Ok(Val::NONE)
}

/// `NoneType`.
pub static NONE: NativeType = NativeType {
    id: ids::NONE,
    name: "NoneType",
    print: Some(print_none),
    new: Some(new_none),
    ..NativeType::EMPTY
};
/// The type of `...`.
pub static ELLIPSIS: NativeType =
    NativeType { id: ids::ELLIPSIS, name: "ellipsis", print: Some(print_ellipsis), ..NativeType::EMPTY };
/// The type of `NotImplemented`.
pub static NOT_IMPLEMENTED: NativeType = NativeType {
    id: ids::NOT_IMPLEMENTED,
    name: "NotImplementedType",
    print: Some(print_not_implemented),
    ..NativeType::EMPTY
};
