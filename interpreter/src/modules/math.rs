//! `math`: functions of floats (32 bits), and of integers of any size where Python has them.

use crate::objects::native::{Args, BinOp, Entry, ExcKind, NativeModule, R, UnOp};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

pub(super) fn domain_error(vm: &mut Vm) -> crate::objects::native::Raised {
    vm.value_error(format_args!("math domain error"))
}

pub(super) fn range_error(vm: &mut Vm) -> crate::objects::native::Raised {
    vm.raise(ExcKind::OverflowError, format_args!("math range error"))
}

/// Applies a function; a NaN out of a number is a domain error, an infinity out of a finite one a range error.
fn apply1(vm: &mut Vm, args: Args, f: fn(f32) -> f32) -> R {
    let x = args.get(vm, 0);
    let x = vm.to_float(x)?;
    let y = f(x);
    finish(vm, y, x.is_nan(), x.is_finite())
}

fn apply2(vm: &mut Vm, args: Args, f: fn(f32, f32) -> f32) -> R {
    let (x, y) = (args.get(vm, 0), args.get(vm, 1));
    let (x, y) = (vm.to_float(x)?, vm.to_float(y)?);
    let z = f(x, y);
    finish(vm, z, x.is_nan() || y.is_nan(), x.is_finite() && y.is_finite())
}

fn finish(vm: &mut Vm, y: f32, had_nan: bool, was_finite: bool) -> R {
    if y.is_nan() && !had_nan {
        return Err(domain_error(vm));
    }
    if y.is_infinite() && was_finite {
        return Err(range_error(vm));
    }
    Ok(vm.heap.new_float(y)?)
}

macro_rules! functions {
    ($($name:ident $apply:ident $f:expr;)*) => {
        $(fn $name(vm: &mut Vm, args: Args) -> R { $apply(vm, args, $f) })*
    };
}

functions! {
    acos apply1 libm::acosf;
    acosh apply1 libm::acoshf;
    asin apply1 libm::asinf;
    asinh apply1 libm::asinhf;
    atan apply1 libm::atanf;
    cbrt apply1 libm::cbrtf;
    cos apply1 crate::real::cos;
    cosh apply1 libm::coshf;
    degrees apply1 f32::to_degrees;
    erf apply1 libm::erff;
    erfc apply1 libm::erfcf;
    exp apply1 libm::expf;
    exp2 apply1 libm::exp2f;
    expm1 apply1 libm::expm1f;
    fabs apply1 libm::fabsf;
    radians apply1 f32::to_radians;
    sin apply1 crate::real::sin;
    sinh apply1 |x| libm::copysignf(libm::sinhf(libm::fabsf(x)), x);
    sqrt apply1 crate::real::sqrt;
    tan apply1 libm::tanf;
    tanh apply1 libm::tanhf;
    atan2 apply2 libm::atan2f;
    copysign apply2 libm::copysignf;
    fmod apply2 libm::fmodf;
    nextafter apply2 libm::nextafterf;
    remainder apply2 libm::remainderf;
    ulp apply1 |x| libm::nextafterf(libm::fabsf(x), f32::INFINITY) - libm::fabsf(x);
}

/// Poles are domain errors, not range errors.
fn with_poles(vm: &mut Vm, args: Args, allowed: fn(f32) -> bool, f: fn(f32) -> f32) -> R {
    let v = args.get(vm, 0);
    let x = vm.to_float(v)?;
    if !x.is_nan() && !allowed(x) {
        return Err(domain_error(vm));
    }
    apply1(vm, args, f)
}

fn pow(vm: &mut Vm, args: Args) -> R {
    let (x, y) = (args.get(vm, 0), args.get(vm, 1));
    let y = vm.to_float(y)?;
    if vm.to_float(x)? == 0.0 && y < 0.0 && y.is_finite() {
        return Err(domain_error(vm));
    }
    apply2(vm, args, libm::powf)
}

fn log1p(vm: &mut Vm, args: Args) -> R {
    with_poles(vm, args, |x| x > -1.0, libm::log1pf)
}

fn atanh(vm: &mut Vm, args: Args) -> R {
    with_poles(vm, args, |x| x > -1.0 && x < 1.0, libm::atanhf)
}

fn gamma(vm: &mut Vm, args: Args) -> R {
    let pole = |x: f32| !(x <= 0.0 && libm::floorf(x) == x);
    with_poles(vm, args, pole, libm::tgammaf)
}

fn lgamma(vm: &mut Vm, args: Args) -> R {
    let pole = |x: f32| x.is_infinite() || !(x <= 0.0 && libm::floorf(x) == x);
    with_poles(vm, args, pole, libm::lgammaf)
}

/// The logarithm of a positive number; an int beyond the floats is split into mantissa and exponent.
fn logarithm(vm: &mut Vm, v: Val, f: fn(f32) -> f32) -> R<f32> {
    if vm.heap.is_int(v) && vm.heap.as_i64(v).is_none() {
        let (bits, negative) = (vm.heap.big(v).bit_length(), vm.heap.big(v).negative);
        if negative {
            return Err(domain_error(vm));
        }
        let shift = bits.saturating_sub(24);
        let amount = vm.heap.new_uint(shift as u64)?;
        let top = vm.binary(BinOp::RShift, v, amount)?;
        let top = vm.to_float(top)?;
        return Ok(f(top) + shift as f32 * f(2.0));
    }
    let x = vm.to_float(v)?;
    if x <= 0.0 {
        return Err(domain_error(vm));
    }
    Ok(f(x))
}

fn log(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    let x = logarithm(vm, x, libm::logf)?;
    let y = match args.opt(vm, 1) {
        None => x,
        Some(base) => {
            let base = logarithm(vm, base, libm::logf)?;
            if base == 0.0 {
                return Err(vm.raise(ExcKind::ZeroDivisionError, format_args!("division by zero")));
            }
            x / base
        }
    };
    Ok(vm.heap.new_float(y)?)
}

fn log2(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    let y = logarithm(vm, x, libm::log2f)?;
    Ok(vm.heap.new_float(y)?)
}

fn log10(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    let y = logarithm(vm, x, libm::log10f)?;
    Ok(vm.heap.new_float(y)?)
}

/// A float that is a whole number, as an int of any size.
fn whole(vm: &mut Vm, x: f32) -> R {
    if x.is_nan() {
        return Err(vm.value_error(format_args!("cannot convert float NaN to integer")));
    }
    if x.is_infinite() {
        return Err(
            vm.raise(ExcKind::OverflowError, format_args!("cannot convert float infinity to integer"))
        );
    }
    if x.abs() < 9.0e18 {
        return Ok(vm.heap.new_int(x as i64)?);
    }
    // Beyond 63 bits: 24 bits of mantissa, shifted.
    let bits = x.to_bits();
    let exponent = (bits >> 23 & 0xFF) as i64 - 150;
    let mantissa = i64::from(bits & 0x7F_FFFF | 0x80_0000);
    let mantissa = vm.heap.new_int(if x < 0.0 { -mantissa } else { mantissa })?;
    let shift = vm.heap.new_int(exponent)?;
    vm.binary(BinOp::LShift, mantissa, shift)
}

fn round_with(vm: &mut Vm, args: Args, method: &str, f: fn(f32) -> f32) -> R {
    let v = args.get(vm, 0);
    if vm.heap.is_int(v) {
        return Ok(v);
    }
    if let Some(custom) = vm.getattr_opt(v, method)? {
        return vm.call(custom, &[]);
    }
    let x = vm.to_float(v)?;
    whole(vm, f(x))
}

fn ceil(vm: &mut Vm, args: Args) -> R {
    round_with(vm, args, "__ceil__", libm::ceilf)
}

fn floor(vm: &mut Vm, args: Args) -> R {
    round_with(vm, args, "__floor__", libm::floorf)
}

fn trunc(vm: &mut Vm, args: Args) -> R {
    round_with(vm, args, "__trunc__", libm::truncf)
}

fn isfinite(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    Ok(Val::bool(vm.to_float(x)?.is_finite()))
}

fn isinf(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    Ok(Val::bool(vm.to_float(x)?.is_infinite()))
}

fn isnan(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    Ok(Val::bool(vm.to_float(x)?.is_nan()))
}

/// What `isclose` is asked to compare, and its tolerances.
pub(super) fn isclose_args(vm: &mut Vm, args: Args) -> R<(Val, Val, f32, f32)> {
    let [a, b, rel, abs] = args.parse(vm, "isclose", ["a", "b", "*rel_tol", "*abs_tol"], 2)?;
    let rel = if rel.is_null() { 1e-9 } else { vm.to_float(rel)? };
    let abs = if abs.is_null() { 0.0 } else { vm.to_float(abs)? };
    if rel < 0.0 || abs < 0.0 {
        return Err(vm.value_error(format_args!("tolerances must be non-negative")));
    }
    Ok((a, b, rel, abs))
}

fn isclose(vm: &mut Vm, args: Args) -> R {
    let (a, b, rel, abs) = isclose_args(vm, args)?;
    let (a, b) = (vm.to_float(a)?, vm.to_float(b)?);
    let difference = libm::fabsf(a - b);
    let close = a == b
        || (difference.is_finite()
            && (difference <= rel * libm::fabsf(a).max(libm::fabsf(b)) || difference <= abs));
    Ok(Val::bool(close))
}

fn frexp(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    let x = vm.to_float(x)?;
    let (mantissa, exponent) = if x.is_finite() { libm::frexpf(x) } else { (x, 0) };
    let mantissa = vm.heap.new_float(mantissa)?;
    Ok(vm.heap.new_tuple(&[mantissa, Val::small(exponent)])?)
}

fn ldexp(vm: &mut Vm, args: Args) -> R {
    let (x, e) = (args.get(vm, 0), args.get(vm, 1));
    let x = vm.to_float(x)?;
    let e = vm.index(e)?.clamp(-10_000, 10_000) as i32;
    let y = libm::ldexpf(x, e);
    finish(vm, y, x.is_nan(), x.is_finite())
}

fn modf(vm: &mut Vm, args: Args) -> R {
    let x = args.get(vm, 0);
    let x = vm.to_float(x)?;
    let (fraction, whole) = if x.is_infinite() { (libm::copysignf(0.0, x), x) } else { libm::modff(x) };
    let (fraction, whole) = (vm.heap.new_float(libm::copysignf(fraction, x))?, vm.heap.new_float(whole)?);
    Ok(vm.heap.new_tuple(&[fraction, whole])?)
}

fn hypot(vm: &mut Vm, args: Args) -> R {
    let mut result = 0.0;
    for i in 0..args.n {
        let x = args.get(vm, i);
        result = libm::hypotf(result, vm.to_float(x)?);
    }
    Ok(vm.heap.new_float(result)?)
}

fn dist(vm: &mut Vm, args: Args) -> R {
    let p = vm.collect_list(args.get(vm, 0))?;
    let q = vm.collect_list(args.get(vm, 1))?;
    let n = vm.heap.list_len(p);
    if n != vm.heap.list_len(q) {
        return Err(vm.value_error(format_args!("both points must have the same number of dimensions")));
    }
    let mut result = 0.0;
    for i in 0..n {
        let (a, b) = (vm.heap.list(p)[i], vm.heap.list(q)[i]);
        result = libm::hypotf(result, vm.to_float(a)? - vm.to_float(b)?);
    }
    Ok(vm.heap.new_float(result)?)
}

/// A float that is exact for sums of few 32-bit floats; it rounds once at the end.
fn fsum(vm: &mut Vm, args: Args) -> R {
    let items = args.get(vm, 0);
    let (mut sum, mut lost) = (0f64, 0f64);
    vm.for_each(items, |vm, item| {
        // Neumaier's summation.
        let x = f64::from(vm.to_float(item)?);
        let t = sum + x;
        lost += if sum.abs() >= x.abs() { (sum - t) + x } else { (x - t) + sum };
        sum = t;
        Ok(())
    })?;
    Ok(vm.heap.new_float(if sum.is_finite() { (sum + lost) as f32 } else { sum as f32 })?)
}

fn prod(vm: &mut Vm, args: Args) -> R {
    let [items, start] = args.parse(vm, "prod", ["iterable", "*start"], 1)?;
    let mut product = if start.is_null() { Val::ONE } else { start };
    vm.for_each(items, |vm, item| {
        product = vm.binary(BinOp::Mul, product, item)?;
        vm.heap.keep(product)?;
        Ok(())
    })?;
    Ok(product)
}

/// An int argument, any size, through `__index__`.
fn integer(vm: &mut Vm, v: Val) -> R {
    if vm.heap.is_int(v) {
        return Ok(v);
    }
    let value = vm.index(v)?;
    Ok(vm.heap.new_int(value)?)
}

fn gcd2(vm: &mut Vm, a: Val, b: Val) -> R {
    let (mut a, mut b) = (vm.unary(UnOp::Abs, a)?, vm.unary(UnOp::Abs, b)?);
    while vm.truth(b)? {
        (a, b) = (b, vm.binary(BinOp::Mod, a, b)?);
        vm.poll()?;
    }
    Ok(a)
}

fn gcd(vm: &mut Vm, args: Args) -> R {
    let mut result = Val::ZERO;
    for i in 0..args.n {
        let v = args.get(vm, i);
        let v = integer(vm, v)?;
        result = gcd2(vm, result, v)?;
    }
    Ok(result)
}

fn lcm(vm: &mut Vm, args: Args) -> R {
    let mut result = Val::ONE;
    for i in 0..args.n {
        let v = args.get(vm, i);
        let v = integer(vm, v)?;
        if !vm.truth(v)? {
            return Ok(Val::ZERO);
        }
        let divisor = gcd2(vm, result, v)?;
        let part = vm.binary(BinOp::FloorDiv, v, divisor)?;
        let product = vm.binary(BinOp::Mul, result, part)?;
        result = vm.unary(UnOp::Abs, product)?;
    }
    Ok(result)
}

/// An argument that counts something.
fn count(vm: &mut Vm, v: Val, what: &str) -> R<i64> {
    let n = vm.index(v)?;
    if n < 0 {
        return Err(vm.value_error(format_args!("{what}")));
    }
    Ok(n)
}

/// The product of `from..=to`, split in halves so that factors of like size meet.
fn product(vm: &mut Vm, from: i64, to: i64) -> R {
    if from > to {
        return Ok(Val::ONE);
    }
    if from == to {
        return Ok(vm.heap.new_int(from)?);
    }
    let middle = from + (to - from) / 2;
    let mark = vm.heap.mark_temps();
    let low = product(vm, from, middle)?;
    let high = product(vm, middle + 1, to)?;
    let result = vm.binary(BinOp::Mul, low, high)?;
    vm.poll()?;
    Ok(vm.heap.release_temps_keeping(mark, result))
}

fn factorial(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let n = count(vm, v, "factorial() not defined for negative values")?;
    product(vm, 2, n)
}

fn perm(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let n = count(vm, v, "n must be a non-negative integer")?;
    let k = match args.opt(vm, 1) {
        Some(v) if !v.is_none() => count(vm, v, "k must be a non-negative integer")?,
        _ => n,
    };
    if k > n { Ok(Val::ZERO) } else { product(vm, n - k + 1, n) }
}

fn comb(vm: &mut Vm, args: Args) -> R {
    let (n, k) = (args.get(vm, 0), args.get(vm, 1));
    let n = count(vm, n, "n must be a non-negative integer")?;
    let k = count(vm, k, "k must be a non-negative integer")?;
    if k > n {
        return Ok(Val::ZERO);
    }
    let k = k.min(n - k);
    let above = product(vm, n - k + 1, n)?;
    let below = product(vm, 2, k)?;
    vm.binary(BinOp::FloorDiv, above, below)
}

fn isqrt(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let n = integer(vm, v)?;
    if vm.lt(n, Val::ZERO)? {
        return Err(vm.value_error(format_args!("isqrt() argument must be nonnegative")));
    }
    if !vm.truth(n)? {
        return Ok(Val::ZERO);
    }
    // Newton's method from above: 2^ceil(bits / 2).
    let bits = match vm.heap.as_i64(n) {
        Some(i) => 64 - i.leading_zeros() as usize,
        None => vm.heap.big(n).bit_length(),
    };
    let shift = Val::small(bits.div_ceil(2) as i32);
    let mut x = vm.binary(BinOp::LShift, Val::ONE, shift)?;
    loop {
        let quotient = vm.binary(BinOp::FloorDiv, n, x)?;
        let sum = vm.binary(BinOp::Add, x, quotient)?;
        let next = vm.binary(BinOp::RShift, sum, Val::ONE)?;
        if !vm.lt(next, x)? {
            return Ok(x);
        }
        x = next;
    }
}

/// The module.
pub static MATH: NativeModule = NativeModule {
    id: modules::MATH,
    name: "math",
    entries: &[
        Entry::Fn("acos", 1, 1, acos),
        Entry::Fn("acosh", 1, 1, acosh),
        Entry::Fn("asin", 1, 1, asin),
        Entry::Fn("asinh", 1, 1, asinh),
        Entry::Fn("atan", 1, 1, atan),
        Entry::Fn("atan2", 2, 2, atan2),
        Entry::Fn("atanh", 1, 1, atanh),
        Entry::Fn("cbrt", 1, 1, cbrt),
        Entry::Fn("ceil", 1, 1, ceil),
        Entry::Fn("comb", 2, 2, comb),
        Entry::Fn("copysign", 2, 2, copysign),
        Entry::Fn("cos", 1, 1, cos),
        Entry::Fn("cosh", 1, 1, cosh),
        Entry::Fn("degrees", 1, 1, degrees),
        Entry::Fn("dist", 2, 2, dist),
        Entry::Float("e", core::f32::consts::E),
        Entry::Fn("erf", 1, 1, erf),
        Entry::Fn("erfc", 1, 1, erfc),
        Entry::Fn("exp", 1, 1, exp),
        Entry::Fn("exp2", 1, 1, exp2),
        Entry::Fn("expm1", 1, 1, expm1),
        Entry::Fn("fabs", 1, 1, fabs),
        Entry::Fn("factorial", 1, 1, factorial),
        Entry::Fn("floor", 1, 1, floor),
        Entry::Fn("fmod", 2, 2, fmod),
        Entry::Fn("frexp", 1, 1, frexp),
        Entry::Fn("fsum", 1, 1, fsum),
        Entry::Fn("gamma", 1, 1, gamma),
        Entry::Fn("gcd", 0, crate::objects::native::ANY, gcd),
        Entry::Fn("hypot", 0, crate::objects::native::ANY, hypot),
        Entry::Float("inf", f32::INFINITY),
        Entry::FnKw("isclose", 2, 2, isclose),
        Entry::Fn("isfinite", 1, 1, isfinite),
        Entry::Fn("isinf", 1, 1, isinf),
        Entry::Fn("isnan", 1, 1, isnan),
        Entry::Fn("isqrt", 1, 1, isqrt),
        Entry::Fn("lcm", 0, crate::objects::native::ANY, lcm),
        Entry::Fn("ldexp", 2, 2, ldexp),
        Entry::Fn("lgamma", 1, 1, lgamma),
        Entry::Fn("log", 1, 2, log),
        Entry::Fn("log10", 1, 1, log10),
        Entry::Fn("log1p", 1, 1, log1p),
        Entry::Fn("log2", 1, 1, log2),
        Entry::Fn("modf", 1, 1, modf),
        Entry::Float("nan", f32::NAN),
        Entry::Fn("nextafter", 2, 2, nextafter),
        Entry::Fn("perm", 1, 2, perm),
        Entry::Float("pi", core::f32::consts::PI),
        Entry::Fn("pow", 2, 2, pow),
        Entry::FnKw("prod", 1, 1, prod),
        Entry::Fn("radians", 1, 1, radians),
        Entry::Fn("remainder", 2, 2, remainder),
        Entry::Fn("sin", 1, 1, sin),
        Entry::Fn("sinh", 1, 1, sinh),
        Entry::Fn("sqrt", 1, 1, sqrt),
        Entry::Fn("tan", 1, 1, tan),
        Entry::Fn("tanh", 1, 1, tanh),
        Entry::Float("tau", core::f32::consts::TAU),
        Entry::Fn("trunc", 1, 1, trunc),
        Entry::Fn("ulp", 1, 1, ulp),
    ],
    ..NativeModule::EMPTY
};
