//! `cmath`: functions of complex numbers.
//!
//! What is called often works on `f32`; inverse functions, which would cancel, work on `f64` and round once.

use super::math::{domain_error, isclose_args, range_error};
use crate::objects::complex::{Complex, number};
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// A complex number with room: nothing that comes from `f32` overflows when squared.
type Wide = (f64, f64);

fn argument(vm: &mut Vm, args: Args) -> R<Complex> {
    let v = args.get(vm, 0);
    number(vm, v)
}

fn is_finite((re, im): Complex) -> bool {
    re.is_finite() && im.is_finite()
}

fn has_nan((re, im): Complex) -> bool {
    re.is_nan() || im.is_nan()
}

fn result(vm: &mut Vm, (re, im): Complex) -> R {
    Ok(vm.heap.new_complex(re, im)?)
}

/// An infinity out of a finite number is a range error, a NaN out of a number a domain error.
fn checked(vm: &mut Vm, from: Complex, to: Complex) -> R {
    if has_nan(to) && !has_nan(from) {
        return Err(domain_error(vm));
    }
    if is_finite(from) && !is_finite(to) {
        return Err(range_error(vm));
    }
    result(vm, to)
}

// ---- polar coordinates ----

fn phase(vm: &mut Vm, args: Args) -> R {
    let (re, im) = argument(vm, args)?;
    Ok(vm.heap.new_float(libm::atan2f(im, re))?)
}

fn polar(vm: &mut Vm, args: Args) -> R {
    let (re, im) = argument(vm, args)?;
    let length = libm::hypotf(re, im);
    if length.is_infinite() && is_finite((re, im)) {
        return Err(range_error(vm));
    }
    let length = vm.heap.new_float(length)?;
    let angle = vm.heap.new_float(libm::atan2f(im, re))?;
    Ok(vm.heap.new_tuple(&[length, angle])?)
}

/// `length` turned by `angle`; a zero times an infinity does not occur.
fn turned(length: f32, angle: f32) -> Complex {
    if angle == 0.0 {
        return (length, length * angle);
    }
    let (sin, cos) = crate::real::sin_cos(angle);
    (length * cos, length * sin)
}

fn rect(vm: &mut Vm, args: Args) -> R {
    let (length, angle) = (args.get(vm, 0), args.get(vm, 1));
    let (length, angle) = (vm.to_float(length)?, vm.to_float(angle)?);
    if angle.is_infinite() && length != 0.0 && !length.is_nan() {
        return Err(domain_error(vm));
    }
    if length == 0.0 && !angle.is_finite() {
        return result(vm, (0.0, 0.0));
    }
    result(vm, turned(length, angle))
}

// ---- exponential and logarithms ----

fn exp(vm: &mut Vm, args: Args) -> R {
    let z = argument(vm, args)?;
    if z.1.is_infinite() && z.0.is_finite() {
        return Err(domain_error(vm));
    }
    let length = libm::expf(z.0);
    let value = if length == 0.0 && !z.1.is_finite() { (0.0, 0.0) } else { turned(length, z.1) };
    checked(vm, z, value)
}

/// ln|z|, exact near |z| = 1.
fn log_length((re, im): Complex) -> f32 {
    let (a, b) = (f64::from(re.abs().max(im.abs())), f64::from(re.abs().min(im.abs())));
    if a.is_infinite() {
        return f32::INFINITY;
    }
    // Products of two f32 are exact in f64, so that the sum has all digits that the logarithm needs.
    (libm::log1p((a - 1.0) * (a + 1.0) + b * b) / 2.0) as f32
}

fn logarithm(vm: &mut Vm, z: Complex) -> R<Complex> {
    if z == (0.0, 0.0) {
        return Err(domain_error(vm));
    }
    Ok((log_length(z), libm::atan2f(z.1, z.0)))
}

fn log(vm: &mut Vm, args: Args) -> R {
    let z = argument(vm, args)?;
    let value = logarithm(vm, z)?;
    let Some(base) = args.opt(vm, 1) else { return result(vm, value) };
    let base = number(vm, base)?;
    let base = if base == (0.0, 0.0) { (f32::NEG_INFINITY, 0.0) } else { logarithm(vm, base)? };
    if base == (0.0, 0.0) {
        return Err(vm.raise(ExcKind::ZeroDivisionError, format_args!("division by zero")));
    }
    result(vm, crate::objects::complex::divide(value, base))
}

fn log10(vm: &mut Vm, args: Args) -> R {
    let z = argument(vm, args)?;
    let (re, im) = logarithm(vm, z)?;
    result(vm, (re * core::f32::consts::LOG10_E, im * core::f32::consts::LOG10_E))
}

// ---- roots ----

fn wide_sqrt((re, im): Wide) -> Wide {
    if re == 0.0 && im == 0.0 {
        return (0.0, im);
    }
    let length = libm::sqrt(re * re + im * im);
    let s = libm::sqrt((length + re.abs()) / 2.0);
    let d = im.abs() / (2.0 * s);
    if re >= 0.0 { (s, d.copysign(im)) } else { (d, s.copysign(im)) }
}

fn sqrt(vm: &mut Vm, args: Args) -> R {
    let (re, im) = argument(vm, args)?;
    let value = if im.is_infinite() {
        (f32::INFINITY, im)
    } else if re.is_infinite() {
        let other = if im.is_nan() { im } else { 0f32.copysign(im) };
        if re > 0.0 { (re, other) } else { (other.abs(), f32::INFINITY.copysign(im)) }
    } else {
        narrow(wide_sqrt((re.into(), im.into())))
    };
    result(vm, value)
}

// ---- trigonometry: everything by the hyperbolic functions, as in C's annex G ----

/// z·i
fn times_i((re, im): Complex) -> Complex {
    (-im, re)
}

/// z/i
fn over_i((re, im): Complex) -> Complex {
    (im, -re)
}

fn hyperbolic_sine((re, im): Complex) -> Complex {
    let (sin, cos) = crate::real::sin_cos(im);
    (libm::copysignf(libm::sinhf(re.abs()), re) * cos, libm::coshf(re) * sin)
}

fn hyperbolic_cosine((re, im): Complex) -> Complex {
    let (sin, cos) = crate::real::sin_cos(im);
    (libm::coshf(re) * cos, libm::copysignf(libm::sinhf(re.abs()), re) * sin)
}

fn hyperbolic_tangent((re, im): Complex) -> Complex {
    if re.abs() > 20.0 {
        let (sin, cos) = crate::real::sin_cos(im);
        return (1f32.copysign(re), 4.0 * sin * cos * libm::expf(-2.0 * re.abs()));
    }
    // Kahan's formula.
    let (tx, ty, cx) = (libm::tanhf(re), libm::tanf(im), 1.0 / libm::coshf(re));
    let (txty, scale) = (tx * ty, 1.0 + tx * ty * tx * ty);
    (tx * (1.0 + ty * ty) / scale, ty / scale * cx * cx + 0.0 * txty)
}

macro_rules! functions {
    ($($name:ident $f:expr;)*) => {
        $(fn $name(vm: &mut Vm, args: Args) -> R {
            let z = argument(vm, args)?;
            let f: fn(Complex) -> Complex = $f;
            checked(vm, z, f(z))
        })*
    };
}

functions! {
    sin |z| over_i(hyperbolic_sine(times_i(z)));
    cos |z| hyperbolic_cosine(times_i(z));
    tan |z| over_i(hyperbolic_tangent(times_i(z)));
    sinh hyperbolic_sine;
    cosh hyperbolic_cosine;
    tanh hyperbolic_tangent;
    asin |z| over_i(wide_asinh(times_i(z)));
    acos wide_acos;
    atan |z| over_i(wide_atanh(times_i(z)));
    asinh wide_asinh;
    acosh wide_acosh;
    atanh wide_atanh;
}

fn narrow((re, im): Wide) -> Complex {
    (re as f32, im as f32)
}

/// The two roots of 1 - z and 1 + z.
fn roots((re, im): Complex) -> (Wide, Wide) {
    let (re, im) = (f64::from(re), f64::from(im));
    (wide_sqrt((1.0 - re, -im)), wide_sqrt((1.0 + re, im)))
}

fn real_asinh(x: f64) -> f64 {
    let a = x.abs();
    let y = libm::log1p(a + a * a / (1.0 + libm::sqrt(a * a + 1.0)));
    y.copysign(x)
}

fn wide_acos(z: Complex) -> Complex {
    let (a, b) = roots(z);
    narrow((2.0 * libm::atan2(a.0, b.0), real_asinh(b.0 * a.1 - b.1 * a.0)))
}

fn wide_acosh(z: Complex) -> Complex {
    let (re, im) = (f64::from(z.0), f64::from(z.1));
    let (a, b) = (wide_sqrt((re - 1.0, im)), wide_sqrt((re + 1.0, im)));
    narrow((real_asinh(a.0 * b.0 + a.1 * b.1), 2.0 * libm::atan2(a.1, b.0)))
}

fn wide_asinh((re, im): Complex) -> Complex {
    let (x, y) = (f64::from(re), f64::from(im));
    let (a, b) = (wide_sqrt((1.0 + y, -x)), wide_sqrt((1.0 - y, x)));
    narrow((real_asinh(a.0 * b.1 - b.0 * a.1), libm::atan2(y, a.0 * b.0 - a.1 * b.1)))
}

fn wide_atanh((re, im): Complex) -> Complex {
    let (x, y) = (f64::from(re.abs()), f64::from(im));
    let y = if re.is_sign_negative() { -y } else { y };
    let near = (1.0 - x) * (1.0 - x) + y * y;
    let value =
        (libm::log1p(4.0 * x / near) / 4.0, -libm::atan2(-2.0 * y, (1.0 - x) * (1.0 + x) - y * y) / 2.0);
    let (a, b) = narrow(value);
    if re.is_sign_negative() { (-a, -b) } else { (a, b) }
}

// ---- questions ----

fn isnan(vm: &mut Vm, args: Args) -> R {
    Ok(Val::bool(has_nan(argument(vm, args)?)))
}

fn isinf(vm: &mut Vm, args: Args) -> R {
    let (re, im) = argument(vm, args)?;
    Ok(Val::bool(re.is_infinite() || im.is_infinite()))
}

fn isfinite(vm: &mut Vm, args: Args) -> R {
    Ok(Val::bool(is_finite(argument(vm, args)?)))
}

fn isclose(vm: &mut Vm, args: Args) -> R {
    let (a, b, rel, abs) = isclose_args(vm, args)?;
    let (a, b) = (number(vm, a)?, number(vm, b)?);
    let difference = libm::hypotf(a.0 - b.0, a.1 - b.1);
    let size = libm::hypotf(a.0, a.1).max(libm::hypotf(b.0, b.1));
    Ok(Val::bool(a == b || (difference.is_finite() && size.is_finite() && difference <= abs.max(rel * size))))
}

/// The constants that are complex.
fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    let im = match name {
        "infj" => f32::INFINITY,
        "nanj" => f32::NAN,
        _ => return Ok(None),
    };
    Ok(Some(vm.heap.new_complex(0.0, im)?))
}

/// The module.
pub static CMATH: NativeModule = NativeModule {
    id: modules::CMATH,
    name: "cmath",
    get_attr: Some(get_attr),
    entries: &[
        Entry::Fn("acos", 1, 1, acos),
        Entry::Fn("acosh", 1, 1, acosh),
        Entry::Fn("asin", 1, 1, asin),
        Entry::Fn("asinh", 1, 1, asinh),
        Entry::Fn("atan", 1, 1, atan),
        Entry::Fn("atanh", 1, 1, atanh),
        Entry::Fn("cos", 1, 1, cos),
        Entry::Fn("cosh", 1, 1, cosh),
        Entry::Float("e", core::f32::consts::E),
        Entry::Fn("exp", 1, 1, exp),
        Entry::Float("inf", f32::INFINITY),
        Entry::FnKw("isclose", 2, 2, isclose),
        Entry::Fn("isfinite", 1, 1, isfinite),
        Entry::Fn("isinf", 1, 1, isinf),
        Entry::Fn("isnan", 1, 1, isnan),
        Entry::Fn("log", 1, 2, log),
        Entry::Fn("log10", 1, 1, log10),
        Entry::Float("nan", f32::NAN),
        Entry::Fn("phase", 1, 1, phase),
        Entry::Float("pi", core::f32::consts::PI),
        Entry::Fn("polar", 1, 1, polar),
        Entry::Fn("rect", 2, 2, rect),
        Entry::Fn("sin", 1, 1, sin),
        Entry::Fn("sinh", 1, 1, sinh),
        Entry::Fn("sqrt", 1, 1, sqrt),
        Entry::Fn("tan", 1, 1, tan),
        Entry::Fn("tanh", 1, 1, tanh),
        Entry::Float("tau", core::f32::consts::TAU),
    ],
    ..NativeModule::EMPTY
};
