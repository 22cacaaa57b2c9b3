//! `scipy`: what of it ulab has, on the arrays of `numpy`.

pub mod integrate;
pub mod linalg;
pub mod optimize;
pub mod signal;
pub mod special;

use crate::objects::native::{Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// Calls the program's function of one number.
///
/// # Errors
/// What it raises; TypeError if its result is no number.
pub fn value(vm: &mut Vm, f: Val, x: f32) -> R<f32> {
    let mark = vm.heap.mark_temps();
    let x = crate::modules::numpy::convert::float_value(vm, x)?;
    let y = vm.call(f, &[x])?;
    let y = vm.to_float(y)?;
    vm.heap.release_temps(mark);
    Ok(y)
}

/// TypeError unless it can be called.
///
/// # Errors
/// TypeError "first argument must be a callable".
pub fn callable(vm: &mut Vm, f: Val) -> R<()> {
    if super::convert::is_number(vm, f) || f.is_none() || vm.heap.is_str(f) {
        return Err(vm.type_error(format_args!("first argument must be a callable")));
    }
    Ok(())
}

/// The module.
pub static SCIPY: NativeModule = NativeModule {
    id: modules::SCIPY,
    name: "scipy",
    entries: &[
        Entry::Module("integrate", &integrate::INTEGRATE),
        Entry::Module("linalg", &linalg::LINALG),
        Entry::Module("optimize", &optimize::OPTIMIZE),
        Entry::Module("signal", &signal::SIGNAL),
        Entry::Module("special", &special::SPECIAL),
    ],
    ..NativeModule::EMPTY
};
