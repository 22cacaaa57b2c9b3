//! Functions applied to each element: those of `math`, and any Python function through `vectorize`.

use super::complex;
use super::convert::{self, is_number};
use super::dtype::{Dtype, Place, RUN};
use super::view::{View, Walk};
use crate::heap::{F_V1, Kind, header};
use crate::objects::native::{Args, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// Applies a function to a number or to each element; `out` takes the result if it is given.
pub fn apply(vm: &mut Vm, v: Val, out: Val, f: &dyn Fn(f32) -> f32) -> R {
    if is_number(vm, v) {
        let x = vm.to_float(v)?;
        return crate::modules::numpy::convert::float_value(vm, f(x));
    }
    let view = convert::argument(vm, v)?;
    if view.dtype == Dtype::Complex {
        return Err(vm.type_error(format_args!("function is not implemented for complex dtype")));
    }
    let (object, to) = convert::output(vm, out, Dtype::Float, view.dims())?;
    let mut walk = Walk::new([&view, &to]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        let mut x = [0.0; RUN];
        a.load_f(&vm.heap, &mut x[..n]);
        x[..n].iter_mut().for_each(|x| *x = f(*x));
        b.store_f(&mut vm.heap, &x[..n]);
    }
    Ok(object)
}

fn named(vm: &mut Vm, args: Args, name: &str, f: fn(f32) -> f32) -> R {
    let [v, out] = args.parse(vm, name, ["x", "*out"], 1)?;
    apply(vm, v, out, &f)
}

macro_rules! functions {
    ($($name:ident $f:expr;)*) => {
        $(#[doc = concat!("`", stringify!($name), "(x, *, out=None)`")]
        pub fn $name(vm: &mut Vm, args: Args) -> R {
            named(vm, args, stringify!($name), $f)
        })*
    };
}

functions! {
    acos libm::acosf;
    acosh libm::acoshf;
    asin libm::asinf;
    asinh libm::asinhf;
    atan libm::atanf;
    atanh libm::atanhf;
    ceil libm::ceilf;
    cos crate::real::cos;
    cosh libm::coshf;
    degrees f32::to_degrees;
    erf libm::erff;
    erfc libm::erfcf;
    expm1 libm::expm1f;
    floor libm::floorf;
    gamma libm::tgammaf;
    gammaln libm::lgammaf;
    log libm::logf;
    log10 libm::log10f;
    log1p libm::log1pf;
    log2 libm::log2f;
    radians f32::to_radians;
    sin crate::real::sin;
    sinc sin_over_x;
    sinh libm::sinhf;
    tan libm::tanf;
    tanh libm::tanhf;
}

fn sin_over_x(x: f32) -> f32 {
    let x = x * core::f32::consts::PI;
    if x == 0.0 { 1.0 } else { crate::real::sin(x) / x }
}

/// `exp(x, *, out=None)`, also of complex numbers.
pub fn exp(vm: &mut Vm, args: Args) -> R {
    let [v, out] = args.parse(vm, "exp", ["x", "*out"], 1)?;
    if complex::is(vm, v) {
        return complex::apply(vm, v, complex::exp);
    }
    apply(vm, v, out, &libm::expf)
}

/// `sqrt(x, *, out=None, dtype=float)`; with `dtype=complex` also of negative numbers.
pub fn sqrt(vm: &mut Vm, args: Args) -> R {
    let [v, out, dtype] = args.parse(vm, "sqrt", ["x", "*out", "*dtype"], 1)?;
    match convert::dtype(vm, dtype, Dtype::Float)? {
        Dtype::Complex => return complex::apply(vm, v, complex::sqrt),
        Dtype::Float if complex::is(vm, v) => return complex::apply(vm, v, complex::sqrt),
        Dtype::Float => {}
        _ => return Err(vm.type_error(format_args!("dtype must be float, or complex"))),
    }
    apply(vm, v, out, &libm::sqrtf)
}

/// `around(x, *, decimals=0, out=None)`: halves go to the even neighbour.
pub fn around(vm: &mut Vm, args: Args) -> R {
    let [v, decimals, out] = args.parse(vm, "around", ["x", "decimals", "*out"], 1)?;
    let decimals = convert::int(vm, decimals, 0)?.clamp(-38, 38) as i32;
    let scale = libm::powf(10.0, decimals.abs() as f32);
    apply(vm, v, out, &|x| {
        let y = libm::rintf(if decimals < 0 { x / scale } else { x * scale });
        if decimals < 0 { y * scale } else { y / scale }
    })
}

/// `abs(x)` as a function of the module.
pub fn abs(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let v = if is_number(vm, v) || View::opt(&vm.heap, v).is_some() {
        v
    } else {
        convert::argument(vm, v)?.object(vm)?
    };
    vm.unary(crate::vm::UnOp::Abs, v)
}

// ---- vectorize ----

/// `vectorize(function, *, otypes=None)`: a function that is applied to each element.
pub fn vectorize(vm: &mut Vm, args: Args) -> R {
    let [f, otypes] = args.parse(vm, "vectorize", ["pyfunc", "otypes"], 1)?;
    let callable = f.is_ptr() || vm.native_type_of(f).call.is_some() || !is_number(vm, f);
    if !callable || is_number(vm, f) {
        return Err(vm.type_error(format_args!("first argument must be a callable")));
    }
    let dtype = convert::dtype(vm, otypes, Dtype::Float)?;
    let head = header(Kind::Object, F_V1, ids::NUMPY_VECTORIZED);
    Ok(vm.heap.alloc_cell(head, f.bits(), dtype as u32, 0)?)
}

fn call(vm: &mut Vm, v: Val, args: Args) -> R {
    let [x] = args.parse(vm, "vectorized function", ["x"], 1)?;
    let f = vm.heap.val(v, 1);
    let dtype = Dtype::from_code(vm.heap.w(v, 2) as u8).unwrap_or(Dtype::Float);
    let view = match convert::scalar(vm, x, None)? {
        Some(view) => view,
        None => convert::argument(vm, x)?,
    };
    let out = view.like(vm, dtype)?;
    let object = out.object(vm)?;
    let mut walk = Walk::new([&view, &out]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        for i in 0..n {
            let mark = vm.heap.mark_temps();
            let x = convert::item(vm, a.nth(i))?;
            let y = vm.call(f, &[x])?;
            convert::set(vm, Place { ..b.nth(i) }, y)?;
            vm.heap.release_temps(mark);
        }
    }
    Ok(object)
}

/// What `vectorize` returns.
pub static VECTORIZED: NativeType = NativeType {
    id: ids::NUMPY_VECTORIZED,
    name: "function",
    call: Some(call),
    print: Some(|_, _, out: &mut Out, _| {
        out.push("<vectorized function>");
        Ok(())
    }),
    ..NativeType::EMPTY
};
