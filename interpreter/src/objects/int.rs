//! Python's int.

use core::fmt::Write;

use alloc::string::String;
use alloc::vec::Vec;

use super::buffer::Buffer;
use super::float;
use super::integer::{self, is_integer, operand};
use super::native::{Args, BinOp, CmpOp, Entry, ExcKind, NativeType, R, Raised, UnOp};
use crate::bigint::{Big, BigError, BigResult, Poll};
use crate::heap::{Kind, q};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

pub(super) fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    match vm.heap.as_i64(v) {
        Some(i) => {
            let _ = write!(out, "{i}");
        }
        None => out.push(&integer::to_text(vm, v, 10)?),
    }
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [x, base] = args.parse(vm, "int", ["x", "base"], 0)?;
    if x.is_null() {
        return match base.is_null() {
            true => Ok(Val::ZERO),
            false => Err(vm.type_error(format_args!("int() missing string argument"))),
        };
    }
    let text = text_of(vm, x)?;
    if base.is_null() {
        return match text {
            Some(text) => parse(vm, x, &text, 10),
            None => convert(vm, x),
        };
    }
    let base = vm.index(base)?;
    let Some(text) = text else {
        return Err(vm.type_error(format_args!("int() can't convert non-string with explicit base")));
    };
    match base {
        0 | 2..=36 => parse(vm, x, &text, base as u32),
        _ => Err(vm.value_error(format_args!("int() base must be >= 2 and <= 36, or 0"))),
    }
}

/// The text of a str or of a bytes-like object.
pub(super) fn text_of(vm: &mut Vm, v: Val) -> R<Option<String>> {
    let inner = vm.unwrap(v);
    if vm.heap.is_str(inner) {
        return vm.owned_text(inner);
    }
    // A struct of uctypes has bytes and may be a number, too.
    let buffer = if vm.heap.is(inner, Kind::Object) { None } else { Buffer::opt(vm, inner) };
    match buffer {
        Some(buffer) => Ok(Some(String::from_utf8_lossy(buffer.bytes(&vm.heap)).into_owned())),
        None => Ok(None),
    }
}

/// An int of any number, as `int(x)`.
fn convert(vm: &mut Vm, v: Val) -> R {
    if let Some(i) = vm.as_int(v) {
        return Ok(i);
    }
    let inner = vm.unwrap(v);
    if let Some(f) = vm.heap.as_float(inner) {
        return float::to_int(vm, f);
    }
    if let Some(address) = crate::modules::uctypes::int_of(vm, inner)? {
        return Ok(address);
    }
    for name in [q::__int__, q::__index__] {
        if let Some(f) = vm.special(v, name) {
            let i = vm.call_bound(f, v, &[])?;
            if let Some(i) = vm.as_int(i) {
                return Ok(i);
            }
            let t = vm.type_name(i);
            return Err(vm.type_error(format_args!("__int__ returned non-int (type {t})")));
        }
    }
    let t = vm.type_name(v);
    Err(vm.type_error(format_args!(
        "int() argument must be a string, a bytes-like object or a real number, not '{t}'"
    )))
}

/// Reads `text`; `v` is what the error shows.
fn parse(vm: &mut Vm, v: Val, text: &str, base: u32) -> R {
    match read(text, base, &mut || vm.poll().is_ok()) {
        Ok(i) => integer::make(vm, Ok(i)),
        Err(BigError::Interrupted) => Err(Raised),
        Err(_) => {
            let shown = vm.repr_text(v)?;
            Err(vm.value_error(format_args!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

fn read(text: &str, mut base: u32, poll: Poll) -> BigResult {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first().ok_or(BigError::BadLiteral)? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let mut digits = digits;
    if prefix != 0 && (base == 0 || base == prefix) {
        base = prefix;
        digits = &digits[2..];
        digits = digits.strip_prefix('_').unwrap_or(digits);
    } else if base == 0 {
        base = 10;
        let zeros = |b| b == b'0' || b == b'_';
        if digits.len() > 1 && digits.starts_with('0') && !digits.bytes().all(zeros) {
            return Err(BigError::BadLiteral);
        }
    }
    if digits.starts_with(['-', '+']) {
        return Err(BigError::BadLiteral);
    }
    let mut big = Big::parse_polling(digits, base, poll)?;
    big.negative = negative && !big.limbs.is_empty();
    Ok(big)
}

// ---- operators ----

pub(super) fn truth(_vm: &mut Vm, v: Val) -> R<bool> {
    Ok(v != Val::ZERO && v != Val::FALSE)
}

pub(super) fn unary(vm: &mut Vm, op: UnOp, v: Val) -> R {
    if let Some(i) = vm.heap.as_i64(v) {
        let result = match op {
            UnOp::Neg => i.checked_neg(),
            UnOp::Pos => Some(i),
            UnOp::Invert => Some(!i),
            UnOp::Abs => i.checked_abs(),
        };
        if let Some(result) = result {
            return Ok(vm.heap.new_int(result)?);
        }
    }
    let limbs = operand(&vm.heap, v);
    let x = limbs.get();
    let result = match op {
        UnOp::Pos => return Ok(v),
        UnOp::Abs if !x.negative => return Ok(v),
        UnOp::Neg | UnOp::Abs => x.neg(),
        UnOp::Invert => x.invert(),
    };
    integer::make(vm, result)
}

pub(super) fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    if is_integer(&vm.heap, b) { integer::binary(vm, op, a, b) } else { Ok(Val::NOT_IMPLEMENTED) }
}

pub(super) fn reflected(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    if is_integer(&vm.heap, a) { integer::binary(vm, op, a, b) } else { Ok(Val::NOT_IMPLEMENTED) }
}

pub(super) fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    if !is_integer(&vm.heap, b) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    Ok(Val::bool(integer::compare(&vm.heap, op, a, b)))
}

// ---- methods ----

fn bit_length(vm: &mut Vm, args: Args) -> R {
    let bits = operand(&vm.heap, args.get(vm, 0)).get().bit_length();
    Ok(vm.heap.new_int(bits as i64)?)
}

fn bit_count(vm: &mut Vm, args: Args) -> R {
    let ones: u32 = operand(&vm.heap, args.get(vm, 0)).get().limbs.iter().map(|l| l.count_ones()).sum();
    Ok(vm.heap.new_int(ones.into())?)
}

/// The int itself, of a bool its number.
fn itself(vm: &mut Vm, v: Val) -> R {
    Ok(vm.as_int(v).unwrap_or(v))
}

fn conjugate(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    itself(vm, v)
}

fn as_integer_ratio(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let v = itself(vm, v)?;
    Ok(vm.heap.new_tuple(&[v, Val::ONE])?)
}

fn is_integer_method(_vm: &mut Vm, _args: Args) -> R {
    Ok(Val::TRUE)
}

fn byte_order(vm: &mut Vm, v: Val) -> R<bool> {
    if v.is_null() {
        return Ok(true);
    }
    match vm.heap.as_str(v) {
        Some("big") => Ok(true),
        Some("little") => Ok(false),
        Some(_) => Err(vm.value_error(format_args!("byteorder must be either 'little' or 'big'"))),
        None => {
            let t = vm.type_name(v);
            Err(vm.type_error(format_args!("byteorder must be str, not {t}")))
        }
    }
}

fn flag(vm: &mut Vm, v: Val) -> R<bool> {
    if v.is_null() { Ok(false) } else { vm.truth(v) }
}

fn from_bytes(vm: &mut Vm, args: Args) -> R {
    let cls = args.get(vm, 0);
    let [bytes, order, signed] = args.skip(1).parse(vm, "from_bytes", ["bytes", "byteorder", "signed"], 1)?;
    let (big_endian, signed) = (byte_order(vm, order)?, flag(vm, signed)?);
    let result = match Buffer::opt(vm, bytes) {
        Some(buffer) => Big::from_bytes(buffer.bytes(&vm.heap), big_endian, signed),
        None => {
            let bytes = byte_items(vm, bytes)?;
            Big::from_bytes(&bytes, big_endian, signed)
        }
    };
    let i = integer::make(vm, result)?;
    if cls == INT.val() { Ok(i) } else { vm.call(cls, &[i]) }
}

/// The bytes that an iterable of ints gives.
fn byte_items(vm: &mut Vm, v: Val) -> R<Vec<u8>> {
    if vm.heap.is_str(vm.unwrap(v)) {
        let t = vm.type_name(v);
        return Err(vm.type_error(format_args!("cannot convert '{t}' object to bytes")));
    }
    let mut bytes = Vec::new();
    vm.for_each(v, |vm, item| {
        let item = vm.index(item)?;
        let Ok(byte) = u8::try_from(item) else {
            return Err(vm.value_error(format_args!("bytes must be in range(0, 256)")));
        };
        if bytes.try_reserve(1).is_err() {
            return Err(vm.no_memory());
        }
        bytes.push(byte);
        Ok(())
    })?;
    Ok(bytes)
}

fn to_bytes(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [length, order, signed] = args.skip(1).parse(vm, "to_bytes", ["length", "byteorder", "signed"], 0)?;
    let length = if length.is_null() { 1 } else { vm.index(length)? };
    let big_endian = byte_order(vm, order)?;
    // Unless asked otherwise a negative int is written as such, as MicroPython does.
    let signed = if signed.is_null() { operand(&vm.heap, v).get().negative } else { vm.truth(signed)? };
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error(format_args!("length argument must be non-negative")));
    };
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(length).is_err() {
        return Err(vm.no_memory());
    }
    bytes.resize(length, 0);
    let written = operand(&vm.heap, v).get().write_bytes(&mut bytes, big_endian, signed);
    written.map_err(|error| integer::raise(vm, error))?;
    Ok(vm.heap.new_bytes(&bytes)?)
}

fn round(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let v = itself(vm, v)?;
    match args.opt(vm, 1) {
        None | Some(Val::NONE) => Ok(v),
        Some(digits) => {
            let digits = vm.index(digits)?;
            integer::round_to(vm, v, digits.saturating_neg())
        }
    }
}

/// The error for a base type's constructor called with a number that has no such text.
#[cold]
pub(super) fn overflow(vm: &mut Vm, message: &str) -> Raised {
    vm.raise(ExcKind::OverflowError, format_args!("{message}"))
}

/// The type.
pub static INT: NativeType = NativeType {
    id: ids::INT,
    name: "int",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    truth: Some(truth),
    unary: Some(unary),
    binary: Some(binary),
    reflected: Some(reflected),
    compare: Some(compare),
    entries: &[
        Entry::Class("from_bytes", 1, 4, from_bytes),
        Entry::FnKw("to_bytes", 1, 4, to_bytes),
        Entry::Fn("bit_length", 1, 1, bit_length),
        Entry::Fn("bit_count", 1, 1, bit_count),
        Entry::Fn("conjugate", 1, 1, conjugate),
        Entry::Fn("as_integer_ratio", 1, 1, as_integer_ratio),
        Entry::Fn("is_integer", 1, 1, is_integer_method),
        Entry::Fn("__round__", 1, 2, round),
        Entry::Fn("__index__", 1, 1, conjugate),
        Entry::Fn("__int__", 1, 1, conjugate),
        Entry::Get("real", itself),
        Entry::Get("imag", |_, _| Ok(Val::ZERO)),
        Entry::Get("numerator", itself),
        Entry::Get("denominator", |_, _| Ok(Val::ONE)),
    ],
    ..NativeType::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_every_base_are_read() {
        let value = |text, base| read(text, base, &mut || true).ok().and_then(|b| b.to_i64());
        for (text, base, expected) in [
            (" 12\n", 10, Some(12)),
            ("-1_000", 10, Some(-1000)),
            ("0x1F", 16, Some(31)),
            ("1F", 16, Some(31)),
            ("0b101", 0, Some(5)),
            ("0o17", 0, Some(15)),
            ("0x_f", 0, Some(15)),
            ("0", 0, Some(0)),
            ("00", 0, Some(0)),
            ("z", 36, Some(35)),
            ("0b1", 16, Some(0xb1)),
            ("", 10, None),
            ("-", 10, None),
            ("1__0", 10, None),
            ("_1", 10, None),
            ("1_", 10, None),
            ("--1", 10, None),
            ("012", 0, None),
            ("0x", 16, None),
            ("9", 8, None),
            ("1.5", 10, None),
        ] {
            assert_eq!(value(text, base), expected, "{text:?} in base {base}");
        }
    }
}
