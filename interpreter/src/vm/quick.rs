//! Operators on numbers whose result needs no memory, or only that of the result, and no Python code.

#[cfg(target_arch = "arm")]
use super::Vm;
#[cfg(target_arch = "arm")]
use super::step::{Go, TABLE, op_b, op_c, set, slot, value};
#[cfg(target_arch = "arm")]
use crate::bytecode::Op;
#[cfg(target_arch = "arm")]
use crate::objects::complex::{self, Complex};
use crate::objects::native::{BinOp, CmpOp};
use crate::value::Val;

/// Two small ints under an arithmetic operator, if the result is one too.
#[inline(always)]
pub(super) fn small_arith(op: BinOp, x: Val, y: Val) -> Option<Val> {
    let (a, b) = (x.bits() as i32, y.bits() as i32);
    match op {
        // Tagged: 2a+1.
        BinOp::Add => a.checked_add(b - 1).map(|v| Val::from_bits(v as u32)),
        BinOp::Sub => a.checked_sub(b).and_then(|v| v.checked_add(1)).map(|v| Val::from_bits(v as u32)),
        BinOp::Mul => {
            (a >> 1).checked_mul(b - 1).and_then(|v| v.checked_add(1)).map(|v| Val::from_bits(v as u32))
        }
        BinOp::And => Some(Val::from_bits((a & b) as u32)),
        BinOp::Or => Some(Val::from_bits((a | b) as u32)),
        BinOp::Xor => Some(Val::from_bits((a ^ b) as u32 | 1)),
        BinOp::RShift if b > 0 => Some(Val::small((a >> 1) >> (b >> 1).min(31))),
        BinOp::LShift if b > 0 && b >> 1 < 31 => {
            let v = (a >> 1) << (b >> 1);
            if v >> (b >> 1) == a >> 1 && (v << 1) >> 1 == v { Some(Val::small(v)) } else { None }
        }
        BinOp::FloorDiv if b > 1 => Some(Val::small((a >> 1).div_euclid(b >> 1))),
        BinOp::Mod if b > 1 => Some(Val::small((a >> 1).rem_euclid(b >> 1))),
        _ => None,
    }
}

/// Two unboxed floats under an arithmetic operator, if the result is one too.
#[inline(always)]
pub(super) fn float_arith(op: BinOp, x: Val, y: Val) -> Option<Val> {
    let (a, b) = (x.as_unboxed_float()?, y.as_unboxed_float()?);
    let v = match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a * b,
        BinOp::TrueDiv if b != 0.0 => a / b,
        _ => return None,
    };
    Val::try_float(v)
}

#[inline(always)]
fn ord(op: CmpOp, o: core::cmp::Ordering) -> bool {
    match op {
        CmpOp::Lt => o.is_lt(),
        CmpOp::Le => o.is_le(),
        CmpOp::Gt => o.is_gt(),
        CmpOp::Ge => o.is_ge(),
        CmpOp::Eq => o.is_eq(),
        CmpOp::Ne => o.is_ne(),
    }
}

/// A comparison that needs no Python code and cannot fail, decided.
#[inline(always)]
pub(super) fn quick_compare(op: CmpOp, x: Val, y: Val) -> Option<bool> {
    if x.both_small(y) {
        return Some(ord(op, (x.bits() as i32).cmp(&(y.bits() as i32))));
    }
    if x.is_unboxed_float() && y.is_unboxed_float() {
        return x.unboxed_float_value().partial_cmp(&y.unboxed_float_value()).map(|o| ord(op, o));
    }
    if x.is_qstr() && y.is_qstr() {
        match op {
            CmpOp::Eq => return Some(x == y),
            CmpOp::Ne => return Some(x != y),
            _ => {}
        }
    }
    None
}

#[inline(always)]
pub(super) fn quick_truth(v: Val) -> Option<bool> {
    match v {
        Val::TRUE => Some(true),
        Val::FALSE | Val::NONE => Some(false),
        v if v.is_small() => Some(v != Val::ZERO),
        _ => None,
    }
}

/// A number as a complex one, unless that takes more than a look.
#[cfg(target_arch = "arm")]
#[inline(always)]
fn quick_complex(vm: &Vm, v: Val) -> Option<Complex> {
    match vm.heap.as_complex(v) {
        Some(c) => Some(c),
        None if v.is_small() => Some((v.small_value() as f32, 0.0)),
        None => v.as_unboxed_float().map(|f| (f, 0.0)),
    }
}

/// `Add`, `Sub`, `Mul` or an in-place form of them, where an operand is a complex number.
///
/// # Safety
/// `pc` is such an instruction in the frame `r`.
#[cfg(target_arch = "arm")]
pub(super) unsafe extern "C-unwind" fn complex_arith(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    // SAFETY: the caller's promise; the table's handlers take what this one takes.
    unsafe {
        let w = *pc;
        let (x, y) = (quick_complex(vm, *slot(r, op_b(w))), quick_complex(vm, *slot(r, op_c(w))));
        let (Some(x), Some(y)) = (x, y) else { return TABLE[w as u8 as usize](pc, r, vm) };
        let op = w as u8;
        let c = if op == Op::Mul as u8 || op == Op::IMul as u8 {
            complex::multiply(x, y)
        } else if op == Op::Add as u8 || op == Op::IAdd as u8 {
            complex::add(x, y)
        } else {
            complex::subtract(x, y)
        };
        match vm.heap.new_complex(c.0, c.1) {
            Ok(v) => {
                vm.heap.release_temps(vm.mark);
                set(r, w, v, pc.add(1))
            }
            Err(full) => value(Err(full.into()), vm, pc),
        }
    }
}
