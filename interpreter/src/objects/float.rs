//! Python's float: 32 bits, as on every board.

use core::cmp::Ordering;
use core::fmt::Write;

use alloc::format;
use alloc::string::String;

use super::int;
use super::integer::{self, is_integer};
use super::native::{Args, BinOp, CmpOp, Entry, ExcKind, NativeType, R, UnOp};
use crate::bigint::Big;
use crate::format::{parse_float, write_float_repr};
use crate::heap::q;
use crate::real;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// Decimals that no 32-bit float has: rounding to them changes nothing.
const MAX_DIGITS: i64 = 150;

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let f = vm.heap.as_float(v).unwrap_or(0.0);
    if write_float_repr(out, f).is_err() {
        return Err(vm.no_memory());
    }
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("float() takes no keyword arguments")));
    }
    if args.n > 1 {
        return Err(vm.type_error(format_args!("float expected at most 1 argument, got {}", args.n)));
    }
    let Some(v) = args.opt(vm, 0) else { return Ok(Val::ZERO_F) };
    if let Some(text) = int::text_of(vm, v)? {
        return match parse_float(&text) {
            Some(f) => Ok(vm.heap.new_float(f)?),
            None => {
                let shown = vm.repr_text(v)?;
                Err(vm.value_error(format_args!("could not convert string to float: {shown}")))
            }
        };
    }
    let inner = vm.unwrap(v);
    let number = vm.heap.is_float(inner)
        || is_integer(&vm.heap, inner)
        || vm.special(v, q::__float__).is_some()
        || vm.special(v, q::__index__).is_some();
    if !number {
        let t = vm.type_name(v);
        return Err(
            vm.type_error(format_args!("float() argument must be a string or a real number, not '{t}'"))
        );
    }
    if !vm.heap.is_float(inner)
        && !is_integer(&vm.heap, inner)
        && let Some(method) = vm.special(v, q::__float__)
    {
        let f = vm.call_bound(method, v, &[])?;
        let value = vm.unwrap(f);
        if vm.heap.is_float(value) {
            return Ok(value);
        }
        let (t, got) = (vm.type_name(v), vm.type_name(f));
        return Err(vm.type_error(format_args!("{t}.__float__ returned non-float (type {got})")));
    }
    let f = vm.to_float(v)?;
    Ok(vm.heap.new_float(f)?)
}

// ---- operators ----

fn truth(vm: &mut Vm, v: Val) -> R<bool> {
    Ok(vm.heap.as_float(v) != Some(0.0))
}

fn unary(vm: &mut Vm, op: UnOp, v: Val) -> R {
    let f = vm.heap.as_float(v).unwrap_or(0.0);
    let result = match op {
        UnOp::Neg => -f,
        UnOp::Pos => f,
        UnOp::Abs => f.abs(),
        UnOp::Invert => return Ok(Val::NOT_IMPLEMENTED),
    };
    Ok(vm.heap.new_float(result)?)
}

/// The operand as a float, if it is a float or an int.
pub(super) fn operand(vm: &mut Vm, v: Val) -> R<Option<f32>> {
    if let Some(f) = quick(vm, v) {
        return Ok(Some(f));
    }
    if is_integer(&vm.heap, v) { Ok(Some(integer::to_float(vm, v))) } else { Ok(None) }
}

/// The operand as a float, if it is one or a small int.
#[inline]
fn quick(vm: &Vm, v: Val) -> Option<f32> {
    if v.is_small() { Some(v.small_value() as f32) } else { vm.heap.as_float(v) }
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    if matches!(op, BinOp::MatMul | BinOp::LShift | BinOp::RShift | BinOp::And | BinOp::Or | BinOp::Xor) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    if let (Some(x), Some(y)) = (quick(vm, a), quick(vm, b)) {
        return arithmetic(vm, op, x, y);
    }
    match (operand(vm, a)?, operand(vm, b)?) {
        (Some(x), Some(y)) => arithmetic(vm, op, x, y),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn arithmetic(vm: &mut Vm, op: BinOp, x: f32, y: f32) -> R {
    if real::is_zero(y) {
        let message = match op {
            BinOp::TrueDiv => "float division by zero",
            BinOp::FloorDiv => "float floor division by zero",
            BinOp::Mod => "float modulo",
            BinOp::DivMod => "float divmod()",
            _ => "",
        };
        if !message.is_empty() {
            return Err(vm.raise(ExcKind::ZeroDivisionError, format_args!("{message}")));
        }
    }
    let result = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::TrueDiv => x / y,
        BinOp::FloorDiv => div_mod(x, y).0,
        BinOp::Mod => div_mod(x, y).1,
        BinOp::Pow => return pow(vm, x, y),
        BinOp::DivMod => {
            let (quotient, rest) = div_mod(x, y);
            let quotient = vm.heap.new_float(quotient)?;
            let rest = vm.heap.new_float(rest)?;
            return Ok(vm.heap.new_tuple(&[quotient, rest])?);
        }
        _ => return Ok(Val::NOT_IMPLEMENTED),
    };
    Ok(vm.heap.new_float(result)?)
}

/// Floor of the quotient, and the remainder with the divisor's sign.
pub fn div_mod(x: f32, y: f32) -> (f32, f32) {
    let mut rest = libm::fmodf(x, y);
    let mut quotient = (x - rest) / y;
    if rest != 0.0 {
        if (y < 0.0) != (rest < 0.0) {
            rest += y;
            quotient -= 1.0;
        }
    } else {
        rest = libm::copysignf(0.0, y);
    }
    if quotient != 0.0 {
        let floor = libm::floorf(quotient);
        quotient = if quotient - floor > 0.5 { floor + 1.0 } else { floor };
    } else {
        quotient = libm::copysignf(0.0, x / y);
    }
    (quotient, rest)
}

/// `x ** y`
pub fn pow(vm: &mut Vm, x: f32, y: f32) -> R {
    if x == 0.0 && y < 0.0 && y.is_finite() {
        return Err(
            vm.raise(ExcKind::ZeroDivisionError, format_args!("0.0 cannot be raised to a negative power"))
        );
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && libm::floorf(y) != y {
        return super::complex::pow(vm, (x, 0.0), (y, 0.0));
    }
    let result = libm::powf(x, y);
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        let text = vm.new_str("Numerical result out of range")?;
        return Err(vm.raise_args(ExcKind::OverflowError, &[Val::small(34), text]));
    }
    Ok(vm.heap.new_float(result)?)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let Some(x) = vm.heap.as_float(a) else { return Ok(Val::NOT_IMPLEMENTED) };
    /// Integers up to here are exact as floats.
    const EXACT: i32 = 1 << 24;
    let order = match vm.heap.as_float(b) {
        Some(y) => real::order(x, y),
        None if b.is_small() && b.small_value().abs() <= EXACT => real::order(x, b.small_value() as f32),
        None if is_integer(&vm.heap, b) => match compare_int(vm, x, b) {
            Ok(order) => order,
            Err(error) => return Err(integer::raise(vm, error)),
        },
        None => return Ok(Val::NOT_IMPLEMENTED),
    };
    Ok(Val::bool(match order {
        Some(order) => integer::holds(op, order),
        None => op == CmpOp::Ne,
    }))
}

/// The exact order of a float and an int of any size; None for NaN.
fn compare_int(vm: &Vm, x: f32, i: Val) -> Result<Option<Ordering>, crate::bigint::BigError> {
    if x.is_nan() {
        return Ok(None);
    }
    if x.is_infinite() {
        return Ok(Some(if x > 0.0 { Ordering::Greater } else { Ordering::Less }));
    }
    let whole = libm::truncf(x);
    let fraction = x.partial_cmp(&whole);
    let order = match vm.heap.as_i64(i) {
        Some(i) if x.abs() < 9.0e18 => (whole as i64).cmp(&i),
        _ => Big::from_f32(whole)?.as_ref().compare(integer::operand(&vm.heap, i).get()),
    };
    Ok(if order.is_eq() { fraction } else { Some(order) })
}

// ---- conversions ----

/// The int that a float truncates to.
///
/// # Errors
/// ValueError for NaN, OverflowError for infinities.
pub fn to_int(vm: &mut Vm, f: f32) -> R {
    if f.is_nan() {
        return Err(vm.value_error(format_args!("cannot convert float NaN to integer")));
    }
    if f.is_infinite() {
        return Err(int::overflow(vm, "cannot convert float infinity to integer"));
    }
    if f.abs() < 1e9 {
        return Ok(vm.heap.new_int(f as i64)?);
    }
    integer::make(vm, Big::from_f32(f))
}

/// Halves go to the even neighbour.
pub fn round_even(f: f32) -> f32 {
    libm::rintf(f)
}

/// `round(f, digits)`, correctly rounded from the exact value.
fn round_digits(f: f32, digits: i64) -> f32 {
    if !f.is_finite() || digits > MAX_DIGITS {
        return f;
    }
    if digits < -40 {
        return 0.0 * f;
    }
    if digits >= 0 {
        return format!("{f:.*}", digits as usize).parse().unwrap_or(f);
    }
    // Tens and up: exact in an integer of 128 bits, as the largest float is.
    let unit = 10i128.pow((-digits) as u32 % 39);
    let whole = if f.abs() < 1e38 { f as i128 } else { return f };
    let (quotient, rest) = (whole.div_euclid(unit), whole.rem_euclid(unit));
    let inexact = f - libm::truncf(f) != 0.0;
    let up = match (rest * 2).cmp(&unit) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => (inexact && f > 0.0) || (!inexact && quotient % 2 != 0),
    };
    let rounded = ((quotient + i128::from(up)) * unit) as f32;
    if rounded == 0.0 { libm::copysignf(0.0, f) } else { rounded }
}

// ---- methods ----

fn own(vm: &Vm, args: Args) -> f32 {
    vm.heap.as_float(args.get(vm, 0)).unwrap_or(0.0)
}

fn is_integer_method(vm: &mut Vm, args: Args) -> R {
    let f = own(vm, args);
    Ok(Val::bool(f.is_finite() && libm::truncf(f) == f))
}

fn conjugate(vm: &mut Vm, args: Args) -> R {
    Ok(args.get(vm, 0))
}

fn as_integer_ratio(vm: &mut Vm, args: Args) -> R {
    let f = own(vm, args);
    if f.is_nan() {
        return Err(vm.value_error(format_args!("cannot convert NaN to integer ratio")));
    }
    if f.is_infinite() {
        return Err(int::overflow(vm, "cannot convert Infinity to integer ratio"));
    }
    let (mut mantissa, mut exponent) = libm::frexpf(f);
    while mantissa != libm::truncf(mantissa) {
        mantissa *= 2.0;
        exponent -= 1;
    }
    let mantissa = mantissa as i64;
    let (mut numerator, mut denominator) = (vm.heap.new_int(mantissa)?, Val::ONE);
    let by = Val::small(exponent.abs());
    if exponent > 0 {
        numerator = integer::binary(vm, BinOp::LShift, numerator, by)?;
    } else {
        denominator = integer::binary(vm, BinOp::LShift, denominator, by)?;
    }
    Ok(vm.heap.new_tuple(&[numerator, denominator])?)
}

fn hex(vm: &mut Vm, args: Args) -> R {
    let text = hex_text(own(vm, args));
    vm.new_str(&text)
}

/// The digits that CPython's 64-bit float of the same value shows.
fn hex_text(f: f32) -> String {
    let sign = if f.is_sign_negative() && !f.is_nan() { "-" } else { "" };
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return format!("{sign}inf");
    }
    if f == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = f64::from(f).to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    format!("{sign}0x1.{:013x}p{exponent:+}", bits & 0xf_ffff_ffff_ffff)
}

fn fromhex(vm: &mut Vm, args: Args) -> R {
    let (cls, v) = (args.get(vm, 0), args.get(vm, 1));
    let text = vm.text(vm.unwrap(v)).unwrap_or_default();
    let Some(f) = read_hex(&text) else {
        return Err(vm.value_error(format_args!("invalid hexadecimal floating-point string")));
    };
    let f = vm.heap.new_float(f)?;
    if cls == FLOAT.val() { Ok(f) } else { vm.call(cls, &[f]) }
}

fn read_hex(text: &str) -> Option<f32> {
    let text = text.trim();
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let rest = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
    let Some(rest) = rest else { return parse_float(text).filter(|f| !f.is_finite()) };
    let (digits, exponent) = match rest.find(['p', 'P']) {
        Some(i) => (&rest[..i], rest[i + 1..].parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut value, mut scale) = (0f64, exponent);
    for c in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    scale = scale.saturating_sub(4 * fraction.len() as i32);
    let f = libm::ldexp(value, scale) as f32;
    Some(if negative { -f } else { f })
}

fn round(vm: &mut Vm, args: Args) -> R {
    let f = own(vm, args);
    match args.opt(vm, 1) {
        None | Some(Val::NONE) => to_int(vm, round_even(f)),
        Some(digits) => {
            let digits = vm.index(digits)?;
            Ok(vm.heap.new_float(round_digits(f, digits))?)
        }
    }
}

fn trunc(vm: &mut Vm, args: Args) -> R {
    let f = own(vm, args);
    to_int(vm, f)
}

/// Writes a float as `str` does, for other types' texts.
pub(super) fn write(out: &mut Out, f: f32) {
    if write_float_repr(out, f).is_err() {
        let _ = out.write_char('?');
    }
}

/// The type.
pub static FLOAT: NativeType = NativeType {
    id: ids::FLOAT,
    name: "float",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    truth: Some(truth),
    unary: Some(unary),
    binary: Some(binary),
    reflected: Some(binary),
    compare: Some(compare),
    entries: &[
        Entry::Fn("is_integer", 1, 1, is_integer_method),
        Entry::Fn("as_integer_ratio", 1, 1, as_integer_ratio),
        Entry::Fn("hex", 1, 1, hex),
        Entry::Class("fromhex", 2, 2, fromhex),
        Entry::Fn("conjugate", 1, 1, conjugate),
        Entry::Fn("__round__", 1, 2, round),
        Entry::Fn("__trunc__", 1, 1, trunc),
        Entry::Fn("__int__", 1, 1, trunc),
        Entry::Fn("__float__", 1, 1, conjugate),
        Entry::Get("real", |_, v| Ok(v)),
        Entry::Get("imag", |_, _| Ok(Val::ZERO_F)),
    ],
    ..NativeType::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_floors_and_keeps_the_divisors_sign() {
        for (x, y, quotient, rest) in [
            (7.5, 2.0, 3.0, 1.5),
            (-7.5, 2.0, -4.0, 0.5),
            (7.5, -2.0, -4.0, -0.5),
            (-7.5, -2.0, 3.0, -1.5),
            (6.0, 3.0, 2.0, 0.0),
        ] {
            assert_eq!(div_mod(x, y), (quotient, rest), "{x} by {y}");
        }
        assert!(div_mod(0.0, -3.0).1.is_sign_negative());
    }

    #[test]
    fn rounding_is_half_even_of_the_exact_value() {
        for (f, digits, expected) in [
            (1.25, 1, 1.2),
            (1.35, 1, 1.4),
            (2.5, 0, 2.0),
            (25.0, -1, 20.0),
            (35.0, -1, 40.0),
            (-25.0, -1, -20.0),
            (123.456, -1, 120.0),
            (25.5, -1, 30.0),
            (5e30, 2, 5e30),
        ] {
            assert_eq!(round_digits(f, digits), expected, "{f} to {digits}");
        }
        assert_eq!(round_even(2.5), 2.0);
        assert_eq!(round_even(-1.5), -2.0);
    }

    #[test]
    fn hexadecimal_text_goes_both_ways() {
        assert_eq!(hex_text(1.5), "0x1.8000000000000p+0");
        assert_eq!(hex_text(-0.0), "-0x0.0p+0");
        assert_eq!(hex_text(0.15625), "0x1.4000000000000p-3");
        for f in [1.5f32, -0.1, 3.4e38, 1e-30] {
            assert_eq!(read_hex(&hex_text(f)), Some(f));
        }
        assert_eq!(read_hex("0x1.8p3"), Some(12.0));
        assert_eq!(read_hex("-inf"), Some(f32::NEG_INFINITY));
        assert_eq!(read_hex("1.5"), None);
        assert_eq!(read_hex("0x"), None);
    }
}
