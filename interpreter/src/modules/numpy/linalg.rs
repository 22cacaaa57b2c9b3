//! `numpy.linalg` and the products of arrays. Matrices are worked on as 32-bit floats, as numpy does with such.

use super::convert::{self, axis, floats, from_floats, to_floats};
use super::dtype::{Dtype, Place, RUN};
use super::reduce::sum_f;
use super::view::{Lanes, View};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;
use alloc::vec::Vec;

/// A new array of floats as an object.
///
/// # Errors
/// MemoryError.
#[inline(never)]
pub fn array(vm: &mut Vm, from: &[f32], dims: &[usize]) -> R {
    from_floats(vm, from, dims)?.object(vm)
}

/// A square matrix as an argument: its elements and size.
///
/// # Errors
/// TypeError, ValueError.
#[inline(never)]
pub fn square(vm: &mut Vm, v: Val) -> R<(Vec<f32>, usize)> {
    let view = convert::argument(vm, v)?;
    if view.ndim != 2 || view.shape[0] != view.shape[1] {
        return Err(vm.value_error(format_args!("input must be square matrix")));
    }
    if view.dtype == Dtype::Complex {
        return Err(vm.type_error(format_args!("function is not implemented for complex dtype")));
    }
    let n = view.shape[0];
    Ok((to_floats(vm, &view)?, n))
}

/// Eliminates `a` (n × n) and does the same to `b` (n × m). Returns the determinant; 0: `a` is singular.
pub fn eliminate(vm: &mut Vm, a: &mut [f32], n: usize, b: &mut [f32], m: usize) -> R<f32> {
    let scale = a.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let mut det = 1.0;
    for k in 0..n {
        vm.poll()?;
        let mut pivot = k;
        for i in k + 1..n {
            if a[i * n + k].abs() > a[pivot * n + k].abs() {
                pivot = i;
            }
        }
        let p = a[pivot * n + k];
        det *= if pivot == k { p } else { -p };
        // What is so small beside the matrix is a rounding error.
        if p.abs() < 1e-7 * scale {
            return Ok(0.0);
        }
        if pivot != k {
            for j in 0..n {
                a.swap(k * n + j, pivot * n + j);
            }
            for j in 0..m {
                b.swap(k * m + j, pivot * m + j);
            }
        }
        for i in 0..n {
            let below = i > k;
            if i == k || !below && m == 0 {
                continue;
            }
            let f = a[i * n + k] / p;
            if f != 0.0 {
                for j in k..n {
                    a[i * n + j] -= f * a[k * n + j];
                }
                for j in 0..m {
                    b[i * m + j] -= f * b[k * m + j];
                }
            }
        }
    }
    for k in 0..n {
        for j in 0..m {
            b[k * m + j] /= a[k * n + k];
        }
    }
    Ok(det)
}

fn det(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let (mut a, n) = square(vm, v)?;
    let det = eliminate(vm, &mut a, n, &mut [], 0)?;
    crate::modules::numpy::convert::float_value(vm, det)
}

fn inv(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let (mut a, n) = square(vm, v)?;
    let mut b = floats(vm, n * n)?;
    for i in 0..n {
        b[i * n + i] = 1.0;
    }
    if eliminate(vm, &mut a, n, &mut b, n)? == 0.0 && n > 0 {
        return Err(vm.value_error(format_args!("input matrix is singular")));
    }
    array(vm, &b, &[n, n])
}

fn solve(vm: &mut Vm, args: Args) -> R {
    let (v, b) = (args.get(vm, 0), args.get(vm, 1));
    let (mut a, n) = square(vm, v)?;
    let view = convert::argument(vm, b)?;
    if view.shape[0] != n || view.ndim > 2 {
        return Err(vm.value_error(format_args!("input arrays are not compatible")));
    }
    let mut b = to_floats(vm, &view)?;
    let m = if view.ndim == 2 { view.shape[1] } else { 1 };
    if eliminate(vm, &mut a, n, &mut b, m)? == 0.0 && n > 0 {
        return Err(vm.value_error(format_args!("input matrix is singular")));
    }
    array(vm, &b, view.dims())
}

fn is_symmetric(a: &[f32], n: usize) -> bool {
    (0..n).all(|i| (0..i).all(|j| (a[i * n + j] - a[j * n + i]).abs() <= 1e-6 * a[i * n + j].abs().max(1.0)))
}

fn cholesky(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let (mut a, n) = square(vm, v)?;
    if !is_symmetric(&a, n) {
        return Err(vm.value_error(format_args!("input matrix is asymmetric")));
    }
    for i in 0..n {
        vm.poll()?;
        for j in 0..=i {
            let mut sum = f64::from(a[i * n + j]);
            for k in 0..j {
                sum -= f64::from(a[i * n + k]) * f64::from(a[j * n + k]);
            }
            let sum = sum as f32;
            if i == j {
                if sum <= 0.0 {
                    return Err(vm.value_error(format_args!("matrix is not positive definite")));
                }
                a[i * n + i] = libm::sqrtf(sum);
            } else {
                a[i * n + j] = sum / a[j * n + j];
            }
        }
        a[i * n + i + 1..(i + 1) * n].fill(0.0);
    }
    array(vm, &a, &[n, n])
}

/// Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
fn eig(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let (mut a, n) = square(vm, v)?;
    if !is_symmetric(&a, n) {
        return Err(vm.value_error(format_args!("input matrix is asymmetric")));
    }
    let mut vectors = floats(vm, n * n)?;
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for sweep in 0.. {
        let mut off = 0.0;
        let mut all = 0.0;
        for i in 0..n {
            for j in 0..n {
                all += a[i * n + j] * a[i * n + j];
                off += if i == j { 0.0 } else { a[i * n + j] * a[i * n + j] };
            }
        }
        if off <= all * 1e-13 {
            break;
        }
        if sweep == 50 {
            return Err(vm.value_error(format_args!("iterations did not converge")));
        }
        for p in 0..n {
            vm.poll()?;
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let sign = if theta < 0.0 { -1.0 } else { 1.0 };
                let t = sign / (theta.abs() + libm::sqrtf(theta * theta + 1.0));
                let c = 1.0 / libm::sqrtf(t * t + 1.0);
                let s = t * c;
                let rotate = |m: &mut [f32], x: usize, y: usize| {
                    let (f, g) = (m[x], m[y]);
                    m[x] = c * f - s * g;
                    m[y] = s * f + c * g;
                };
                for k in 0..n {
                    rotate(&mut a, k * n + p, k * n + q);
                }
                for k in 0..n {
                    rotate(&mut a, p * n + k, q * n + k);
                    rotate(&mut vectors, k * n + p, k * n + q);
                }
            }
        }
    }
    let mut values = floats(vm, n)?;
    for i in 0..n {
        values[i] = a[i * n + i];
    }
    let values = array(vm, &values, &[n])?;
    let vectors = array(vm, &vectors, &[n, n])?;
    Ok(vm.heap.new_tuple(&[values, vectors])?)
}

/// `qr(matrix, mode='reduced')`, by Householder's reflections.
fn qr(vm: &mut Vm, args: Args) -> R {
    let [v, mode] = args.parse(vm, "qr", ["a", "mode"], 1)?;
    let view = convert::argument(vm, v)?;
    if view.ndim != 2 {
        return Err(vm.value_error(format_args!("operation is defined for 2D arrays only")));
    }
    let complete = match vm.heap.as_str(mode) {
        _ if mode.is_null() => false,
        Some("reduced") => false,
        Some("complete") => true,
        _ => return Err(vm.value_error(format_args!("mode must be complete, or reduced"))),
    };
    let (m, n) = (view.shape[0], view.shape[1]);
    let rows = to_floats(vm, &view)?;
    // Beside the matrix the unit matrix, which becomes the transpose of Q.
    let width = n + m;
    let mut a = floats(vm, m * width)?;
    for i in 0..m {
        a[i * width..i * width + n].copy_from_slice(&rows[i * n..(i + 1) * n]);
        a[i * width + n + i] = 1.0;
    }
    triangularize(vm, &mut a, n, width)?;
    let size = if complete { m } else { m.min(n) };
    let q = View::new(vm, Dtype::Float, &[m, size])?;
    let r = View::new(vm, Dtype::Float, &[size, n])?;
    for (i, row) in a.chunks_exact(width).take(size).enumerate() {
        for (j, x) in row.iter().enumerate() {
            let to =
                if j < n { r.index_first(i).place().nth(j) } else { q.index_first(j - n).place().nth(i) };
            to.store_f(&mut vm.heap, &[*x]);
        }
    }
    let (q, r) = (q.object(vm)?, r.object(vm)?);
    Ok(vm.heap.new_tuple(&[q, r])?)
}

/// Makes the first `n` columns of a matrix of `width` columns an upper triangle, by Householder's reflections.
pub fn triangularize(vm: &mut Vm, a: &mut [f32], n: usize, width: usize) -> R<()> {
    let m = a.len() / width;
    let mut w = floats(vm, m)?;
    for k in 0..n.min(m.saturating_sub(1)) {
        vm.poll()?;
        let mut size = 0.0;
        let mut below = false;
        for i in k..m {
            w[i] = a[i * width + k];
            size += w[i] * w[i];
            below |= i > k && w[i] != 0.0;
        }
        if !below {
            continue;
        }
        let norm = libm::copysignf(libm::sqrtf(size), w[k]);
        // |w|² after the next line.
        size += norm * (2.0 * w[k] + norm);
        w[k] += norm;
        for j in k..width {
            let mut dot = 0.0;
            for i in k..m {
                dot += w[i] * a[i * width + j];
            }
            let f = 2.0 * dot / size;
            for i in k..m {
                a[i * width + j] -= f * w[i];
            }
        }
        for i in k + 1..m {
            a[i * width + k] = 0.0;
        }
    }
    Ok(())
}

/// `norm(array, axis=None)`
fn norm(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "norm", ["x", "axis"], 1)?;
    let view = convert::argument(vm, v)?;
    let view = if view.dtype == Dtype::Complex { super::complex::magnitude(vm, &view)? } else { view };
    let size = |vm: &Vm, lane: Place, n: usize| {
        let mut sum = 0.0;
        super::view::each_f(&vm.heap, lane, n, &mut |run| {
            run.iter().for_each(|x| sum += f64::from(*x) * f64::from(*x));
        });
        libm::sqrtf(sum as f32)
    };
    let Some(axis) = axis(vm, ax, view.ndim)? else {
        let flat = view.dense_as(vm, view.dtype)?.flat();
        let norm = size(vm, flat.place(), flat.len());
        return crate::modules::numpy::convert::float_value(vm, norm);
    };
    let mut dims = view.shape;
    dims[axis] = 1;
    let mut out = View::new(vm, Dtype::Float, &dims[..view.ndim])?;
    let (mut from, mut to) = (Lanes::new(&view, axis), Lanes::new(&out, axis));
    while let (Some(a), Some(b)) = (from.next(vm)?, to.next(vm)?) {
        let norm = size(vm, a, from.n);
        b.store_f(&mut vm.heap, &[norm]);
    }
    if view.ndim == 1 {
        return convert::item(vm, out.place());
    }
    out.remove_axis(axis);
    out.object(vm)
}

// ---- products ----

/// The sum of products of two lanes.
#[inline(never)]
fn dot_lanes(vm: &Vm, a: Place, b: Place, n: usize) -> f32 {
    let (mut x, mut y) = ([0.0; RUN], [0.0; RUN]);
    let (mut sum, mut i) = (0f64, 0);
    while i < n {
        let k = (n - i).min(RUN);
        a.nth(i).load_f(&vm.heap, &mut x[..k]);
        b.nth(i).load_f(&vm.heap, &mut y[..k]);
        sum += f64::from(x[..k].iter().zip(&y[..k]).map(|(x, y)| x * y).sum::<f32>());
        i += k;
    }
    sum as f32
}

/// The product of two vectors or matrices, as floats.
///
/// # Errors
/// ValueError if they do not fit.
pub fn product(vm: &mut Vm, a: &View, b: &View) -> R {
    if a.dtype == Dtype::Complex || b.dtype == Dtype::Complex {
        return Err(vm.type_error(format_args!("function is not implemented for complex dtype")));
    }
    let (inner_a, inner_b) = (a.ndim - 1, b.ndim.saturating_sub(2));
    if a.ndim > 2 || b.ndim > 2 || a.shape[inner_a] != b.shape[inner_b] {
        let mut shapes = alloc::string::String::new();
        super::view::push_shape(&mut shapes, a.dims());
        shapes.push_str(" and ");
        super::view::push_shape(&mut shapes, b.dims());
        let (m, n) = (a.shape[inner_a], b.shape[inner_b]);
        return Err(vm.value_error(format_args!(
            "shapes {shapes} not aligned: {m} (dim {inner_a}) != {n} (dim {inner_b})"
        )));
    }
    let n = a.shape[inner_a];
    if a.ndim == 1 && b.ndim == 1 {
        let sum = dot_lanes(vm, a.place(), b.place(), n);
        return crate::modules::numpy::convert::float_value(vm, sum);
    }
    let rows = if a.ndim == 2 { a.shape[0] } else { 1 };
    let columns = if b.ndim == 2 { b.shape[1] } else { 1 };
    let dims = match (a.ndim, b.ndim) {
        (2, 2) => &[rows, columns][..],
        (2, _) => &[rows],
        _ => &[columns],
    };
    let out = View::new(vm, Dtype::Float, dims)?;
    let to = Place { step: 4, ..out.place() };
    for i in 0..rows {
        let row = if a.ndim == 2 { a.index_first(i).place() } else { a.place() };
        for j in 0..columns {
            vm.poll()?;
            let column = if b.ndim == 2 { b.index_axis(1, j).place() } else { b.place() };
            let sum = dot_lanes(vm, row, column, n);
            to.nth(i * columns + j).store_f(&mut vm.heap, &[sum]);
        }
    }
    out.object(vm)
}

/// `dot(a, b)`
pub fn dot(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    let (a, b) = (convert::argument(vm, a)?, convert::argument(vm, b)?);
    product(vm, &a, &b)
}

/// `cross(a, b)` of two vectors of three.
pub fn cross(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    let (a, b) = (convert::argument(vm, a)?, convert::argument(vm, b)?);
    if a.dims() != [3] || b.dims() != [3] {
        return Err(vm.value_error(format_args!("cross is defined for 1D arrays of length 3")));
    }
    let dtype = if a.dtype == b.dtype { a.dtype } else { a.dtype.promote(b.dtype) };
    let out = View::new(vm, dtype, &[3])?;
    let get = |vm: &Vm, v: &View, i: usize| f64::from(v.place().nth(i % 3).f(&vm.heap));
    for i in 0..3 {
        let x = get(vm, &a, i + 1) * get(vm, &b, i + 2) - get(vm, &a, i + 2) * get(vm, &b, i + 1);
        out.place().nth(i).store_f(&mut vm.heap, &[x as f32]);
    }
    out.object(vm)
}

/// `trace(matrix)`
pub fn trace(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = convert::argument(vm, v)?;
    if view.ndim != 2 {
        return Err(vm.value_error(format_args!("input must be square matrix")));
    }
    let n = view.shape[0].min(view.shape[1]);
    let lane = Place { step: view.strides[0] + view.strides[1], ..view.place() };
    let sum = sum_f(vm, lane, n);
    if view.dtype.is_int() {
        crate::modules::numpy::convert::int_value(vm, sum as i64)
    } else {
        crate::modules::numpy::convert::float_value(vm, sum as f32)
    }
}

/// The module.
pub static LINALG: NativeModule = NativeModule {
    id: modules::NUMPY_LINALG,
    name: "numpy.linalg",
    entries: &[
        Entry::Fn("cholesky", 1, 1, cholesky),
        Entry::Fn("det", 1, 1, det),
        Entry::Fn("eig", 1, 1, eig),
        Entry::Fn("inv", 1, 1, inv),
        Entry::FnKw("norm", 1, 2, norm),
        Entry::FnKw("qr", 1, 2, qr),
        Entry::Fn("solve", 2, 2, solve),
    ],
    ..NativeModule::EMPTY
};
