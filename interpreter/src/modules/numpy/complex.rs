//! Functions of complex numbers.

use super::convert::{self, is_number};
use super::dtype::{Dtype, Place, RUN};
use super::view::{View, Walk, copy};
use crate::objects::native::{Args, R};
use crate::value::Val;
use crate::vm::Vm;

/// Is it a complex number or an array of such?
pub fn is(vm: &Vm, v: Val) -> bool {
    vm.heap.as_complex(v).is_some() || View::opt(&vm.heap, v).is_some_and(|v| v.dtype == Dtype::Complex)
}

/// Applies a function to a number or to each element; the result is complex.
pub fn apply(vm: &mut Vm, v: Val, f: fn(f32, f32) -> (f32, f32)) -> R {
    let view = match convert::scalar(vm, v, None)? {
        Some(view) => view,
        None => convert::argument(vm, v)?,
    };
    let out = view.like(vm, Dtype::Complex)?;
    let mut walk = Walk::new([&view, &out]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        let (mut re, mut im) = ([0.0; RUN], [0.0; RUN]);
        a.load_c(&vm.heap, &mut re[..n], &mut im[..n]);
        for i in 0..n {
            (re[i], im[i]) = f(re[i], im[i]);
        }
        b.store_c(&mut vm.heap, &re[..n], &im[..n]);
    }
    if is_number(vm, v) { convert::item(vm, out.place()) } else { out.object(vm) }
}

/// e to the power of it.
pub fn exp(re: f32, im: f32) -> (f32, f32) {
    let size = libm::expf(re);
    (size * crate::real::cos(im), size * crate::real::sin(im))
}

/// The root with a real part that is not negative.
pub fn sqrt(re: f32, im: f32) -> (f32, f32) {
    if re == 0.0 && im == 0.0 {
        return (0.0, 0.0);
    }
    let half = libm::sqrtf((re.abs() + crate::real::hypot(re, im)) / 2.0);
    let other = im.abs() / (2.0 * half);
    if re >= 0.0 { (half, libm::copysignf(other, im)) } else { (other, libm::copysignf(half, im)) }
}

/// The absolute values.
pub fn magnitude(vm: &mut Vm, view: &View) -> R<View> {
    let out = view.like(vm, Dtype::Float)?;
    let mut walk = Walk::new([view, &out]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        let (mut re, mut im) = ([0.0; RUN], [0.0; RUN]);
        a.load_c(&vm.heap, &mut re[..n], &mut im[..n]);
        re[..n].iter_mut().zip(&im).for_each(|(re, im)| *re = crate::real::hypot(*re, *im));
        b.store_f(&mut vm.heap, &re[..n]);
    }
    Ok(out)
}

/// The real (0) or imaginary (4) parts as an array; of real ones themselves or zeros.
fn part(vm: &mut Vm, v: Val, skip: usize) -> R {
    if is_number(vm, v) {
        let (re, im) = match vm.heap.as_complex(v) {
            Some(parts) => parts,
            None => (vm.to_float(v)?, 0.0),
        };
        return crate::modules::numpy::convert::float_value(vm, if skip == 0 { re } else { im });
    }
    let view = convert::argument(vm, v)?;
    let out = if view.dtype == Dtype::Complex {
        View { dtype: Dtype::Float, offset: view.offset + skip, ..view }.copy_as(vm, Dtype::Float)?
    } else if skip == 0 {
        view.copy_as(vm, view.dtype)?
    } else {
        view.like(vm, view.dtype)?
    };
    out.object(vm)
}

/// `real(x)`
pub fn real(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    part(vm, v, 0)
}

/// `imag(x)`
pub fn imag(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    part(vm, v, 4)
}

/// `conjugate(x)`
pub fn conjugate(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    if is_number(vm, v) {
        return match vm.heap.as_complex(v) {
            Some((re, im)) => Ok(vm.heap.new_complex(re, -im)?),
            None => Ok(v),
        };
    }
    let view = convert::argument(vm, v)?;
    let out = view.like(vm, view.dtype)?;
    copy(vm, &view, &out)?;
    if view.dtype == Dtype::Complex {
        for i in 0..out.len() {
            let flat = out.flat().place().nth(i);
            let im = Place { dtype: Dtype::Float, at: flat.at + 4, ..flat };
            let x = -im.f(&vm.heap);
            im.store_f(&mut vm.heap, &[x]);
        }
    }
    out.object(vm)
}
