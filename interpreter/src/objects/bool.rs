//! Python's bool: an int with two values.

use super::int;
use super::native::{Args, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

fn print(_vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push(if v == Val::TRUE { "True" } else { "False" });
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("bool() takes no keyword arguments")));
    }
    if args.n > 1 {
        return Err(vm.type_error(format_args!("bool expected at most 1 argument, got {}", args.n)));
    }
    match args.opt(vm, 0) {
        Some(v) => Ok(Val::bool(vm.truth(v)?)),
        None => Ok(Val::FALSE),
    }
}

/// The type.
pub static BOOL: NativeType = NativeType {
    id: ids::BOOL,
    name: "bool",
    base: Some(&int::INT),
    print: Some(print),
    new: Some(new),
    truth: Some(int::truth),
    unary: Some(int::unary),
    binary: Some(int::binary),
    reflected: Some(int::reflected),
    compare: Some(int::compare),
    ..NativeType::EMPTY
};
