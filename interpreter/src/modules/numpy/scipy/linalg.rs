//! `scipy.linalg`: equations with triangular matrices.

use crate::modules::numpy::convert;
use crate::modules::numpy::linalg::{array, square};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;
use alloc::vec::Vec;

/// The matrix, its size, and the right side of the equation.
fn operands(vm: &mut Vm, a: Val, b: Val) -> R<(Vec<f32>, usize, Vec<f32>)> {
    let (a, n) = square(vm, a)?;
    let b = convert::argument(vm, b)?;
    if b.dims() != [n] {
        return Err(vm.value_error(format_args!("input arrays are not compatible")));
    }
    if (0..n).any(|i| a[i * n + i] == 0.0) {
        return Err(vm.value_error(format_args!("input matrix is singular")));
    }
    let b = convert::to_floats(vm, &b)?;
    Ok((a, n, b))
}

/// Solves for the lower triangle of `a`.
fn forward(a: &[f32], n: usize, b: &mut [f32]) {
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| f64::from(a[i * n + k]) * f64::from(b[k])).sum();
        b[i] = (f64::from(b[i]) - sum) as f32 / a[i * n + i];
    }
}

/// Solves for an upper triangle, whose element (i, k) `at` finds.
pub fn backward(n: usize, b: &mut [f32], at: &dyn Fn(usize, usize) -> f32) {
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| f64::from(at(i, k)) * f64::from(b[k])).sum();
        b[i] = (f64::from(b[i]) - sum) as f32 / at(i, i);
    }
}

/// `solve_triangular(a, b, lower=False)`
fn solve_triangular(vm: &mut Vm, args: Args) -> R {
    let [a, b, lower] = args.parse(vm, "solve_triangular", ["a", "b", "lower"], 2)?;
    let lower = convert::flag(vm, lower, false)?;
    let (a, n, mut b) = operands(vm, a, b)?;
    if lower {
        forward(&a, n, &mut b);
    } else {
        backward(n, &mut b, &|i, k| a[i * n + k]);
    }
    array(vm, &b, &[n])
}

/// `cho_solve(L, b)`: solves L·Lᵀ·x = b.
fn cho_solve(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    let (a, n, mut b) = operands(vm, a, b)?;
    forward(&a, n, &mut b);
    backward(n, &mut b, &|i, k| a[k * n + i]);
    array(vm, &b, &[n])
}

/// The module.
pub static LINALG: NativeModule = NativeModule {
    id: modules::SCIPY_LINALG,
    name: "scipy.linalg",
    entries: &[
        Entry::Fn("cho_solve", 2, 2, cho_solve),
        Entry::FnKw("solve_triangular", 2, 3, solve_triangular),
    ],
    ..NativeModule::EMPTY
};
