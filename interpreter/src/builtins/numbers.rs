//! Builtins on numbers and characters.

use crate::heap::q;
use crate::objects::integer;
use crate::objects::native::{Args, BinOp, R, UnOp};
use crate::real;
use crate::value::Val;
use crate::vm::Vm;

pub(super) fn abs(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    if let Some(f) = v.as_unboxed_float() {
        return Ok(vm.heap.new_float(f.abs())?);
    }
    if let Some((re, im)) = vm.heap.as_complex(v) {
        return Ok(vm.heap.new_float(real::hypot(re, im))?);
    }
    vm.unary(UnOp::Abs, v)
}

fn radix(vm: &mut Vm, args: Args, radix: u32, prefix: &str) -> R {
    let v = args.get(vm, 0);
    let v = vm.index_val(v)?;
    let mut digits = integer::to_text(vm, v, radix)?;
    if digits.try_reserve(prefix.len()).is_err() {
        return Err(vm.no_memory());
    }
    digits.insert_str(usize::from(digits.starts_with('-')), prefix);
    vm.new_str(&digits)
}

pub(super) fn bin(vm: &mut Vm, args: Args) -> R {
    radix(vm, args, 2, "0b")
}

pub(super) fn oct(vm: &mut Vm, args: Args) -> R {
    radix(vm, args, 8, "0o")
}

pub(super) fn hex(vm: &mut Vm, args: Args) -> R {
    radix(vm, args, 16, "0x")
}

pub(super) fn chr(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let code = vm.index(v)?;
    if !(0..0x11_0000).contains(&code) {
        return Err(vm.value_error(format_args!("chr() arg not in range(0x110000)")));
    }
    // Lone surrogates have no UTF-8 form.
    let c = char::from_u32(code as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    vm.new_str(c.encode_utf8(&mut [0; 4]))
}

pub(super) fn ord(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let inner = vm.unwrap(v);
    let (code, len) = if let Some(text) = vm.heap.as_str(inner) {
        let mut chars = text.chars();
        (chars.next().map(u32::from), usize::min(1, text.len()) + chars.count())
    } else if let Some(buffer) = crate::objects::buffer::Buffer::opt(vm, inner) {
        let bytes = buffer.bytes(&vm.heap);
        (bytes.first().map(|&b| b.into()), bytes.len())
    } else {
        let t = vm.type_name(v);
        return Err(vm.type_error(format_args!("ord() expected string of length 1, but {t} found")));
    };
    match code {
        Some(code) if len == 1 => Ok(Val::small(code as i32)),
        _ => Err(vm.type_error(format_args!("ord() expected a character, but string of length {len} found"))),
    }
}

pub(super) fn divmod(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    vm.binary(BinOp::DivMod, a, b)
}

pub(super) fn pow(vm: &mut Vm, args: Args) -> R {
    let [base, exp, modulus] = args.parse(vm, "pow", ["base", "exp", "mod"], 2)?;
    if modulus.is_null() || modulus.is_none() {
        return vm.binary(BinOp::Pow, base, exp);
    }
    if let Some(f) = vm.special(base, q::__pow__) {
        return vm.call_bound(f, base, &[exp, modulus]);
    }
    let (base, exp, modulus) = (vm.unwrap(base), vm.unwrap(exp), vm.unwrap(modulus));
    integer::pow_mod(vm, base, exp, modulus)
}

pub(super) fn round(vm: &mut Vm, args: Args) -> R {
    let [number, digits] = args.parse(vm, "round", ["number", "ndigits"], 1)?;
    let given = [digits];
    let rest = if digits.is_null() || digits.is_none() { &given[..0] } else { &given[..] };
    if let Some(f) = vm.special(number, q::__round__) {
        return vm.call_bound(f, number, rest);
    }
    let inner = vm.unwrap(number);
    if vm.heap.is_float(inner) || integer::is_integer(&vm.heap, inner) {
        return vm.call_method(inner, "__round__", rest);
    }
    let t = vm.type_name(number);
    Err(vm.type_error(format_args!("type {t} doesn't define __round__ method")))
}

pub(super) fn hash(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let hash = vm.hash(v)?;
    Ok(vm.heap.new_int(hash.into())?)
}

/// The value's bits: an address, or the value itself where it has none.
pub(super) fn id(vm: &mut Vm, args: Args) -> R {
    let bits = args.get(vm, 0).bits();
    Ok(vm.heap.new_uint(bits.into())?)
}
