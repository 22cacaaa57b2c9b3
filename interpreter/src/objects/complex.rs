//! Python's complex.

use super::float;
use super::native::{Args, BinOp, CmpOp, Entry, ExcKind, NativeType, R, UnOp};
use crate::format::parse_float;
use crate::heap::q;
use crate::real;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// Real and imaginary part.
pub(crate) type Complex = (f32, f32);

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let (re, im) = vm.heap.as_complex(v).unwrap_or_default();
    if re == 0.0 && re.is_sign_positive() {
        part(out, im);
        out.push("j");
        return Ok(());
    }
    out.push("(");
    part(out, re);
    if im.is_sign_positive() || im.is_nan() {
        out.push("+");
    }
    part(out, im);
    out.push("j)");
    Ok(())
}

/// A part: as a float, without `.0`.
fn part(out: &mut Out, f: f32) {
    let mut text = Out::text();
    float::write(&mut text, f);
    let text = text.as_str();
    out.push(text.strip_suffix(".0").unwrap_or(text));
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [real, imag] = args.parse(vm, "complex", ["real", "imag"], 0)?;
    if !real.is_null() && vm.heap.is_str(vm.unwrap(real)) {
        if !imag.is_null() {
            return Err(vm.type_error(format_args!("complex() can't take second arg if first is a string")));
        }
        let text = vm.text(vm.unwrap(real)).unwrap_or_default();
        return match read(&text) {
            Some((re, im)) => Ok(vm.heap.new_complex(re, im)?),
            None => Err(vm.value_error(format_args!("complex() arg is a malformed string"))),
        };
    }
    if !imag.is_null() && vm.heap.is_str(vm.unwrap(imag)) {
        return Err(vm.type_error(format_args!("complex() second arg can't be a string")));
    }
    let mut parts = [(0.0, 0.0); 2];
    for (part, v) in parts.iter_mut().zip([real, imag]) {
        if !v.is_null() {
            *part = number(vm, v)?;
        }
    }
    let [(a, b), (c, d)] = parts;
    Ok(vm.heap.new_complex(a - d, b + c)?)
}

/// Any number as a complex one.
///
/// # Errors
/// TypeError if it is none.
pub(crate) fn number(vm: &mut Vm, v: Val) -> R<Complex> {
    if let Some(f) = vm.special(v, q::__complex__) {
        let c = vm.call_bound(f, v, &[])?;
        if let Some(c) = vm.heap.as_complex(c) {
            return Ok(c);
        }
        let t = vm.type_name(c);
        return Err(vm.type_error(format_args!("__complex__ returned non-complex (type {t})")));
    }
    let inner = vm.unwrap(v);
    match operand(vm, inner)? {
        Some(c) => Ok(c),
        None => Ok((vm.to_float(v)?, 0.0)),
    }
}

fn read(text: &str) -> Option<Complex> {
    let text = text.trim();
    let text = match text.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?.trim(),
        None => text,
    };
    let Some(body) = text.strip_suffix(['j', 'J']) else { return Some((parse_float(text)?, 0.0)) };
    // The imaginary part starts at the last sign that is not an exponent's.
    let bytes = body.as_bytes();
    let split = (0..bytes.len())
        .rev()
        .find(|&i| matches!(bytes[i], b'+' | b'-') && !(i > 0 && matches!(bytes[i - 1], b'e' | b'E')))
        .unwrap_or(0);
    let (re, im) = body.split_at(split);
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        _ => parse_float(im)?,
    };
    let re = if re.is_empty() { 0.0 } else { parse_float(re)? };
    Some((re, im))
}

// ---- operators ----

fn operand(vm: &mut Vm, v: Val) -> R<Option<Complex>> {
    if let Some(c) = vm.heap.as_complex(v) {
        return Ok(Some(c));
    }
    Ok(float::operand(vm, v)?.map(|f| (f, 0.0)))
}

fn unary(vm: &mut Vm, op: UnOp, v: Val) -> R {
    let (re, im) = vm.heap.as_complex(v).unwrap_or_default();
    match op {
        UnOp::Neg => Ok(vm.heap.new_complex(-re, -im)?),
        UnOp::Pos => Ok(v),
        UnOp::Abs => Ok(vm.heap.new_float(real::hypot(re, im))?),
        UnOp::Invert => Ok(Val::NOT_IMPLEMENTED),
    }
}

/// `x + y`
#[inline]
pub(crate) fn add((a, b): Complex, (c, d): Complex) -> Complex {
    (a + c, b + d)
}

/// `x - y`
#[inline]
pub(crate) fn subtract((a, b): Complex, (c, d): Complex) -> Complex {
    (a - c, b - d)
}

/// `x * y`
#[inline]
pub(crate) fn multiply((a, b): Complex, (c, d): Complex) -> Complex {
    (a * c - b * d, a * d + b * c)
}

/// Smith's method: no overflow on the way.
pub(crate) fn divide((a, b): Complex, (c, d): Complex) -> Complex {
    if c.abs() >= d.abs() {
        let ratio = d / c;
        let scale = c + d * ratio;
        ((a + b * ratio) / scale, (b - a * ratio) / scale)
    } else {
        let ratio = c / d;
        let scale = c * ratio + d;
        ((a * ratio + b) / scale, (b * ratio - a) / scale)
    }
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let (Some(x), Some(y)) = (operand(vm, a)?, operand(vm, b)?) else { return Ok(Val::NOT_IMPLEMENTED) };
    let (re, im) = match op {
        BinOp::Add => add(x, y),
        BinOp::Sub => subtract(x, y),
        BinOp::Mul => multiply(x, y),
        BinOp::TrueDiv if y == (0.0, 0.0) => {
            return Err(vm.raise(ExcKind::ZeroDivisionError, format_args!("complex division by zero")));
        }
        BinOp::TrueDiv => divide(x, y),
        BinOp::Pow => return pow(vm, x, y),
        _ => return Ok(Val::NOT_IMPLEMENTED),
    };
    Ok(vm.heap.new_complex(re, im)?)
}

/// `x ** y`
///
/// # Errors
/// ZeroDivisionError for zero to a negative or complex power.
pub fn pow(vm: &mut Vm, x: Complex, y: Complex) -> R {
    if y == (0.0, 0.0) {
        return Ok(vm.heap.new_complex(1.0, 0.0)?);
    }
    if x == (0.0, 0.0) {
        if y.1 != 0.0 || y.0 < 0.0 {
            return Err(
                vm.raise(ExcKind::ZeroDivisionError, format_args!("0.0 to a negative or complex power"))
            );
        }
        return Ok(vm.heap.new_complex(0.0, 0.0)?);
    }
    // Small whole exponents exactly, by squaring.
    if y.1 == 0.0 && libm::truncf(y.0) == y.0 && y.0.abs() <= 100.0 {
        let (mut n, mut base, mut result) = (y.0.abs() as u32, x, (1.0, 0.0));
        while n > 0 {
            if n & 1 == 1 {
                result = multiply(result, base);
            }
            base = multiply(base, base);
            n >>= 1;
        }
        if y.0 < 0.0 {
            result = divide((1.0, 0.0), result);
        }
        return Ok(vm.heap.new_complex(result.0, result.1)?);
    }
    let (size, angle) = (real::hypot(x.0, x.1), libm::atan2f(x.1, x.0));
    let mut length = libm::powf(size, y.0);
    let mut turn = angle * y.0;
    if y.1 != 0.0 {
        length /= libm::expf(angle * y.1);
        turn += y.1 * libm::logf(size);
    }
    Ok(vm.heap.new_complex(length * real::cos(turn), length * real::sin(turn))?)
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let wanted = match op {
        CmpOp::Eq => true,
        CmpOp::Ne => false,
        _ => return Ok(Val::NOT_IMPLEMENTED),
    };
    match (operand(vm, a)?, operand(vm, b)?) {
        (Some(x), Some(y)) => Ok(Val::bool((x == y) == wanted)),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn truth(vm: &mut Vm, v: Val) -> R<bool> {
    Ok(vm.heap.as_complex(v) != Some((0.0, 0.0)))
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    let (re, im) = vm.heap.as_complex(v).unwrap_or_default();
    // A complex without imaginary part equals its real part, so it hashes like it.
    let real = vm.heap.new_float(re)?;
    let real = vm.hash(real)? as u32;
    Ok(if im == 0.0 { real } else { real.wrapping_add(im.to_bits().wrapping_mul(1_000_003)) })
}

// ---- methods ----

fn conjugate(vm: &mut Vm, args: Args) -> R {
    let (re, im) = vm.heap.as_complex(args.get(vm, 0)).unwrap_or_default();
    Ok(vm.heap.new_complex(re, -im)?)
}

fn real(vm: &mut Vm, v: Val) -> R {
    let (re, _) = vm.heap.as_complex(v).unwrap_or_default();
    Ok(vm.heap.new_float(re)?)
}

fn imag(vm: &mut Vm, v: Val) -> R {
    let (_, im) = vm.heap.as_complex(v).unwrap_or_default();
    Ok(vm.heap.new_float(im)?)
}

/// The type.
pub static COMPLEX: NativeType = NativeType {
    id: ids::COMPLEX,
    name: "complex",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    truth: Some(truth),
    hash: Some(hash),
    unary: Some(unary),
    binary: Some(binary),
    reflected: Some(binary),
    compare: Some(compare),
    entries: &[Entry::Fn("conjugate", 1, 1, conjugate), Entry::Get("real", real), Entry::Get("imag", imag)],
    ..NativeType::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn texts_are_read() {
        let cases: Vec<(&str, Option<Complex>)> = [
            ("1+2j", Some((1.0, 2.0))),
            (" (1-2j) ", Some((1.0, -2.0))),
            ("j", Some((0.0, 1.0))),
            ("-j", Some((0.0, -1.0))),
            ("1e-3+2e+1j", Some((1e-3, 20.0))),
            ("3", Some((3.0, 0.0))),
            ("1+2", None),
            ("x", None),
            ("", None),
        ]
        .into();
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn division_undoes_multiplication() {
        for (x, y) in [((1.0, 2.0), (3.0, -4.0)), ((0.0, 1.0), (0.5, 8.0)), ((2.0, 0.0), (0.0, 4.0))] {
            assert_eq!(divide(multiply(x, y), y), x);
        }
    }
}
