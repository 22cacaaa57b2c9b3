//! `scipy.optimize`: roots and minima of functions of one variable, and fitting of curves.

use super::{callable, value};
use crate::modules::numpy::convert::{self, float, floats, int, to_floats};
use crate::modules::numpy::linalg::{array, eliminate};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// What counts as the same without being told.
const TOLERANCE: f32 = 2.4e-7;

fn iterations(vm: &mut Vm, v: Val, default: i64) -> R<i64> {
    let n = int(vm, v, default)?;
    if n <= 0 {
        return Err(vm.value_error(format_args!("maxiter must be > 0")));
    }
    Ok(n)
}

/// `bisect(f, a, b, *, xtol=2.4e-7, maxiter=100)`
fn bisect(vm: &mut Vm, args: Args) -> R {
    let [f, a, b, xtol, maxiter] = args.parse(vm, "bisect", ["fun", "a", "b", "*xtol", "*maxiter"], 3)?;
    callable(vm, f)?;
    let (a, b) = (vm.to_float(a)?, vm.to_float(b)?);
    let (xtol, maxiter) = (float(vm, xtol, TOLERANCE)?, iterations(vm, maxiter, 100)?);
    let (fa, fb) = (value(vm, f, a)?, value(vm, f, b)?);
    if fa * fb > 0.0 {
        return Err(vm.value_error(format_args!("function has the same sign at the ends of interval")));
    }
    // From the end where the function is negative.
    let (mut x, mut step) = if fa < 0.0 { (a, b - a) } else { (b, a - b) };
    for _ in 0..maxiter {
        step *= 0.5;
        if value(vm, f, x + step)? < 0.0 {
            x += step;
        }
        if step.abs() < xtol {
            break;
        }
    }
    crate::modules::numpy::convert::float_value(vm, x)
}

/// `newton(f, x0, *, tol=2.4e-7, rtol=0, maxiter=50)`: along the line through the last two points.
fn newton(vm: &mut Vm, args: Args) -> R {
    let [f, x, tol, rtol, maxiter] =
        args.parse(vm, "newton", ["fun", "x0", "*tol", "*rtol", "*maxiter"], 2)?;
    callable(vm, f)?;
    let mut x = vm.to_float(x)?;
    let (tol, rtol) = (float(vm, tol, TOLERANCE)?, float(vm, rtol, 0.0)?);
    let maxiter = iterations(vm, maxiter, 50)?;
    let mut step = if x == 0.0 { 1e-3 } else { 1e-3 * x.abs() };
    for _ in 0..maxiter {
        let y = value(vm, f, x)?;
        if y == 0.0 {
            break;
        }
        let slope = (value(vm, f, x + step)? - y) / step;
        if slope == 0.0 {
            break;
        }
        step = y / slope;
        x -= step;
        if step.abs() < tol + rtol * x.abs() {
            break;
        }
    }
    crate::modules::numpy::convert::float_value(vm, x)
}

/// `fmin(f, x0, *, xatol=2.4e-7, fatol=2.4e-7, maxiter=200)`: the simplex of Nelder and Mead, which in one
/// dimension is two points.
fn fmin(vm: &mut Vm, args: Args) -> R {
    let [f, x, xatol, fatol, maxiter] =
        args.parse(vm, "fmin", ["fun", "x0", "*xatol", "*fatol", "*maxiter"], 2)?;
    callable(vm, f)?;
    let (xatol, fatol) = (float(vm, xatol, TOLERANCE)?, float(vm, fatol, TOLERANCE)?);
    let maxiter = iterations(vm, maxiter, 200)?;
    let x = vm.to_float(x)?;
    let mut best = (x, value(vm, f, x)?);
    let x = if x.abs() > 1e-9 { 1.05 * x } else { 0.00025 };
    let mut worst = (x, value(vm, f, x)?);
    for _ in 0..maxiter {
        if worst.1 < best.1 {
            core::mem::swap(&mut best, &mut worst);
        }
        if (worst.0 - best.0).abs() < xatol || (worst.1 - best.1).abs() < fatol && worst.0 != best.0 {
            break;
        }
        // The point that many distances beyond the best one, seen from the worst.
        let at = |vm: &mut Vm, k: f32| {
            let x = best.0 + k * (best.0 - worst.0);
            value(vm, f, x).map(|y| (x, y))
        };
        let reflected = at(vm, 1.0)?;
        worst = if reflected.1 < best.1 {
            let expanded = at(vm, 2.0)?;
            if expanded.1 < reflected.1 { expanded } else { reflected }
        } else if reflected.1 < worst.1 {
            let contracted = at(vm, 0.5)?;
            if contracted.1 <= reflected.1 { contracted } else { at(vm, -0.5)? }
        } else {
            // Contraction and shrinking lead to the same point.
            at(vm, -0.5)?
        };
    }
    let best = if worst.1 < best.1 { worst } else { best };
    crate::modules::numpy::convert::float_value(vm, best.0)
}

/// `curve_fit(f, x, y, p0, *, maxiter=100)`: the parameters with the least squares, by Levenberg's and Marquardt's
/// method.
fn curve_fit(vm: &mut Vm, args: Args) -> R {
    let [f, x, y, p0, maxiter] = args.parse(vm, "curve_fit", ["fun", "x", "y", "p0", "*maxiter"], 4)?;
    callable(vm, f)?;
    let maxiter = iterations(vm, maxiter, 100)?;
    let (x, y, p0) = (convert::argument(vm, x)?, convert::argument(vm, y)?, convert::argument(vm, p0)?);
    let (n, m) = (x.len(), p0.len());
    if y.len() != n || n == 0 {
        return Err(vm.value_error(format_args!("data must be of equal length")));
    }
    if m == 0 || m > 8 {
        return Err(vm.value_error(format_args!("between 1 and 8 parameters can be fitted")));
    }
    let (x, y, mut p) = (to_floats(vm, &x)?, to_floats(vm, &y)?, to_floats(vm, &p0)?);
    let at = |vm: &mut Vm, x: f32, p: &[f32]| -> R<f32> {
        let mark = vm.heap.mark_temps();
        let mut args = [Val::NULL; 9];
        args[0] = crate::modules::numpy::convert::float_value(vm, x)?;
        for (to, p) in args[1..].iter_mut().zip(p) {
            *to = crate::modules::numpy::convert::float_value(vm, *p)?;
        }
        let y = vm.call(f, &args[..1 + p.len()])?;
        let y = vm.to_float(y)?;
        vm.heap.release_temps(mark);
        Ok(y)
    };
    let cost = |vm: &mut Vm, p: &[f32]| -> R<f32> {
        let mut sum = 0.0;
        for (x, y) in x.iter().zip(&y) {
            let e = at(vm, *x, p)? - y;
            sum += e * e;
        }
        Ok(sum)
    };
    let (mut a, mut step, mut row) = (floats(vm, m * m)?, floats(vm, m)?, floats(vm, m)?);
    let (mut damping, mut now) = (1e-3, cost(vm, &p)?);
    for _ in 0..maxiter {
        a.fill(0.0);
        let mut gradient = floats(vm, m)?;
        for (x, y) in x.iter().zip(&y) {
            let base = at(vm, *x, &p)?;
            for k in 0..m {
                let h = 1e-3 * p[k].abs().max(1e-2);
                let old = p[k];
                p[k] += h;
                row[k] = (at(vm, *x, &p)? - base) / h;
                p[k] = old;
            }
            for k in 0..m {
                gradient[k] += row[k] * (y - base);
                for j in 0..m {
                    a[k * m + j] += row[k] * row[j];
                }
            }
        }
        let mut better = false;
        for _ in 0..8 {
            let mut damped = a.clone();
            for k in 0..m {
                damped[k * m + k] *= 1.0 + damping;
            }
            step.copy_from_slice(&gradient);
            let solved = eliminate(vm, &mut damped, m, &mut step, 1)? != 0.0;
            let tried: alloc::vec::Vec<f32> = p.iter().zip(&step).map(|(p, s)| p + s).collect();
            let then = if solved { cost(vm, &tried)? } else { f32::INFINITY };
            if then < now {
                better = now - then > 1e-7 * now;
                p.copy_from_slice(&tried);
                now = then;
                damping *= 0.1;
                break;
            }
            damping *= 10.0;
        }
        if !better {
            break;
        }
    }
    array(vm, &p, &[m])
}

/// The module.
pub static OPTIMIZE: NativeModule = NativeModule {
    id: modules::SCIPY_OPTIMIZE,
    name: "scipy.optimize",
    entries: &[
        Entry::FnKw("bisect", 3, 3, bisect),
        Entry::FnKw("curve_fit", 3, 4, curve_fit),
        Entry::FnKw("fmin", 2, 2, fmin),
        Entry::FnKw("newton", 2, 2, newton),
    ],
    ..NativeModule::EMPTY
};
