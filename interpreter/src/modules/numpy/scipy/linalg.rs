//! `scipy.linalg`: equations with triangular matrices.

use crate::modules::numpy::convert;
use crate::modules::numpy::linalg::{array, doubles, square};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;
use alloc::vec::Vec;

/// The matrix, its size, and the right side of the equation.
fn operands(vm: &mut Vm, a: Val, b: Val) -> R<(Vec<f64>, usize, Vec<f64>)> {
    let (a, n) = square(vm, a)?;
    let b = convert::argument(vm, b)?;
    if b.dims() != [n] {
        return Err(vm.value_error(format_args!("input arrays are not compatible")));
    }
    if (0..n).any(|i| a[i * n + i] == 0.0) {
        return Err(vm.value_error(format_args!("input matrix is singular")));
    }
    let b = doubles(vm, &b)?;
    Ok((a, n, b))
}

/// Solves for the lower triangle of `a`.
fn forward(a: &[f64], n: usize, b: &mut [f64]) {
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| a[i * n + k] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
}

/// Solves for the upper triangle, whose element (i, k) `at` finds.
fn backward(n: usize, b: &mut [f64], at: &dyn Fn(usize, usize) -> f64) {
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| at(i, k) * b[k]).sum();
        b[i] = (b[i] - sum) / at(i, i);
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
