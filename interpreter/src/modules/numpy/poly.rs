//! Polynomials, interpolation, convolution, integration of sampled curves.

use super::convert;
use super::dtype::{Dtype, Place, RUN};
use super::linalg::{array, triangularize};
use super::scipy::linalg::backward;
use super::view::View;
use crate::objects::native::{Args, R};
use crate::vm::Vm;

/// `polyval(coefficients, x)`
pub fn polyval(vm: &mut Vm, args: Args) -> R {
    let (p, x) = (args.get(vm, 0), args.get(vm, 1));
    let p = convert::argument(vm, p)?;
    let p = convert::to_floats(vm, &p)?;
    super::ufunc::apply(vm, x, crate::value::Val::NULL, &|x| p.iter().fold(0.0, |y, c| y * x + c))
}

/// `polyfit(x, y, degree)` or `polyfit(y, degree)`: least squares, the coefficient of the highest power first.
pub fn polyfit(vm: &mut Vm, args: Args) -> R {
    let (y, degree) = (args.get(vm, args.n - 2), args.get(vm, args.n - 1));
    let y = convert::argument(vm, y)?;
    let n = y.len();
    let y = convert::to_floats(vm, &y)?;
    let degree = vm.index(degree)?;
    if degree < 0 || degree as usize >= n {
        return Err(vm.value_error(format_args!("more degrees of freedom than data points")));
    }
    let x = if args.n == 3 {
        let x = args.get(vm, 0);
        let x = convert::argument(vm, x)?;
        convert::to_floats(vm, &x)?
    } else {
        let mut x = convert::floats(vm, n)?;
        x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32);
        x
    };
    if x.len() != n {
        return Err(vm.value_error(format_args!("input vectors must be of equal length")));
    }
    // Powers of x scaled to at most 1 stay near each other; y beside them. The triangle solves the least squares.
    let m = degree as usize + 1;
    let scale = x.iter().fold(0.0f32, |a, x| a.max(x.abs()));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let width = m + 1;
    let mut a = convert::floats(vm, n * width)?;
    for (i, row) in a.chunks_exact_mut(width).enumerate() {
        let mut p = 1.0;
        for to in &mut row[..m] {
            *to = p;
            p *= x[i] / scale;
        }
        row[m] = y[i];
    }
    triangularize(vm, &mut a, m, width)?;
    let mut c = convert::floats(vm, m)?;
    for (k, c) in c.iter_mut().enumerate() {
        if a[k * width + k].abs() < 1e-7 {
            return Err(vm.value_error(format_args!("could not invert Vandermonde matrix")));
        }
        *c = a[k * width + m];
    }
    backward(m, &mut c, &|i, k| a[i * width + k]);
    let mut p = 1.0;
    for c in &mut c {
        *c /= p;
        p *= scale;
    }
    c.reverse();
    array(vm, &c, &[m])
}

/// `interp(x, xp, fp, *, left=None, right=None)`
pub fn interp(vm: &mut Vm, args: Args) -> R {
    let [x, xp, fp, left, right] = args.parse(vm, "interp", ["x", "xp", "fp", "left", "right"], 3)?;
    let (xp, fp) = (convert::argument(vm, xp)?, convert::argument(vm, fp)?);
    let n = xp.len();
    if xp.ndim != 1 || fp.ndim != 1 || n < 2 || fp.len() != n {
        return Err(vm.value_error(format_args!("interp is defined for 1D iterables of equal length")));
    }
    let (xs, ys) = (convert::to_floats(vm, &xp)?, convert::to_floats(vm, &fp)?);
    let left = convert::float(vm, left, ys[0])?;
    let right = convert::float(vm, right, ys[n - 1])?;
    super::ufunc::apply(vm, x, crate::value::Val::NULL, &|x| {
        if x < xs[0] {
            return left;
        }
        if x > xs[n - 1] {
            return right;
        }
        // The first point that is not before x.
        let i = xs.partition_point(|p| *p < x).max(1);
        let (a, b) = (xs[i - 1], xs[i]);
        if x == b { ys[i] } else { ys[i - 1] + (x - a) * (ys[i] - ys[i - 1]) / (b - a) }
    })
}

/// `trapz(y, x=None, dx=1.0)`
pub fn trapz(vm: &mut Vm, args: Args) -> R {
    let [y, x, dx] = args.parse(vm, "trapz", ["y", "x", "dx"], 1)?;
    let y = convert::argument(vm, y)?;
    if y.ndim != 1 {
        return Err(vm.value_error(format_args!("trapz is defined for 1D iterables")));
    }
    let (ys, n) = (y.place(), y.len());
    let dx = f64::from(convert::float(vm, dx, 1.0)?);
    let mut xs = None;
    if !x.is_null() && !x.is_none() {
        let x = convert::argument(vm, x)?;
        if x.ndim != 1 || x.len() != n {
            return Err(vm.value_error(format_args!("trapz is defined for 1D arrays of equal length")));
        }
        xs = Some(x.place());
    }
    let at = |vm: &Vm, p: Place, i: usize| f64::from(p.nth(i).f(&vm.heap));
    let mut sum = 0.0;
    for i in 1..n {
        if i % 64 == 0 {
            vm.poll()?;
        }
        let width = xs.map_or(dx, |x| at(vm, x, i) - at(vm, x, i - 1));
        sum += (at(vm, ys, i) + at(vm, ys, i - 1)) * 0.5 * width;
    }
    crate::modules::numpy::convert::float_value(vm, sum as f32)
}

/// `convolve(a, v)`: all points where the two overlap.
pub fn convolve(vm: &mut Vm, args: Args) -> R {
    let (a, v) = (args.get(vm, 0), args.get(vm, 1));
    let (a, v) = (convert::argument(vm, a)?, convert::argument(vm, v)?);
    if a.ndim != 1 || v.ndim != 1 || a.is_empty() || v.is_empty() {
        return Err(vm.type_error(format_args!("convolve arguments must be linear arrays")));
    }
    if a.dtype == Dtype::Complex || v.dtype == Dtype::Complex {
        return Err(vm.type_error(format_args!("function is not implemented for complex dtype")));
    }
    let (short, long) = if a.len() < v.len() { (a, v) } else { (v, a) };
    let taps = convert::to_floats(vm, &short)?;
    let (n, m) = (long.len(), taps.len());
    let out = View::new(vm, Dtype::Float, &[n + m - 1])?;
    for i in 0..n + m - 1 {
        vm.poll()?;
        // out[i] = sum of taps[k] * long[i - k]
        let (from, to) = (i.saturating_sub(n - 1), i.min(m - 1));
        let (mut sum, mut k) = (0.0f64, from);
        while k <= to {
            let count = (to + 1 - k).min(RUN);
            let mut x = [0.0; RUN];
            let back = Place { step: -long.strides[0], ..long.place().nth(i - k) };
            back.load_f(&vm.heap, &mut x[..count]);
            sum += f64::from(x[..count].iter().zip(&taps[k..]).map(|(x, t)| x * t).sum::<f32>());
            k += count;
        }
        super::create::nth(&out, i).store_f(&mut vm.heap, &[sum as f32]);
    }
    out.object(vm)
}
