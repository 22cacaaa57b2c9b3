//! Arithmetic on ints of any size: machine integers while they fit, big integers beyond.

use alloc::string::String;

use super::native::{BinOp, CmpOp, ExcKind, R, Raised};
use crate::bigint::{self, Big, BigError, BigRef, SmallLimbs};
use crate::heap::Heap;
use crate::value::Val;
use crate::vm::Vm;

/// Shifts beyond this many bits could not be stored anyway.
const MAX_SHIFT: i64 = 1 << 27;

/// The exception for what a big-integer operation could not do.
pub fn raise(vm: &mut Vm, error: BigError) -> Raised {
    match error {
        BigError::NoMemory => vm.no_memory(),
        // The exception is there already.
        BigError::Interrupted => Raised,
        BigError::DivisionByZero => {
            vm.raise(ExcKind::ZeroDivisionError, format_args!("integer division or modulo by zero"))
        }
        BigError::NotInvertible | BigError::BadLiteral => vm.value_error(format_args!("{error}")),
        BigError::TooBig | BigError::NegativeToUnsigned => {
            vm.raise(ExcKind::OverflowError, format_args!("{error}"))
        }
    }
}

/// An int operand: its limbs, wherever they are.
pub enum Operand<'a> {
    Small(SmallLimbs),
    Big(BigRef<'a>),
}

impl Operand<'_> {
    pub fn get(&self) -> BigRef<'_> {
        match self {
            Operand::Small(limbs) => limbs.as_ref(),
            Operand::Big(limbs) => *limbs,
        }
    }
}

/// Is it an int or a bool?
pub fn is_integer(heap: &Heap, v: Val) -> bool {
    v.is_bool() || heap.is_int(v)
}

/// The limbs of a value known to be an int or a bool.
pub fn operand(heap: &Heap, v: Val) -> Operand<'_> {
    match v {
        Val::TRUE => Operand::Small(SmallLimbs::new(1)),
        Val::FALSE => Operand::Small(SmallLimbs::new(0)),
        _ if v.is_small() => Operand::Small(SmallLimbs::new(v.small_value().into())),
        _ => Operand::Big(heap.big(v)),
    }
}

/// The int object of a result.
pub fn make(vm: &mut Vm, big: Result<Big, BigError>) -> R {
    match big {
        Ok(big) => Ok(vm.heap.new_big(&big)?),
        Err(error) => Err(raise(vm, error)),
    }
}

/// The nearest float; infinite beyond the largest.
pub fn to_float(vm: &Vm, v: Val) -> f32 {
    match vm.heap.as_i64(v) {
        Some(i) => i as f32,
        None => operand(&vm.heap, v).get().to_f32(),
    }
}

/// The digits with sign.
pub fn to_text(vm: &mut Vm, v: Val, radix: u32) -> R<String> {
    let number = operand(&vm.heap, v);
    let text = if number.get().limbs.len() < 32 {
        number.get().to_text(radix, false)
    } else {
        let number = owned(vm, v)?;
        number.as_ref().to_text_polling(radix, false, &mut || vm.poll().is_ok())
    };
    text.map_err(|error| raise(vm, error))
}

fn no_division(vm: &mut Vm, op: BinOp) -> Raised {
    let message = match op {
        BinOp::Mod => "integer modulo by zero",
        BinOp::TrueDiv => "division by zero",
        _ => "integer division or modulo by zero",
    };
    vm.raise(ExcKind::ZeroDivisionError, format_args!("{message}"))
}

/// Quotient towards minus infinity and remainder with the divisor's sign.
fn div_mod(a: i64, b: i64) -> Option<(i64, i64)> {
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    if rest != 0 && (rest < 0) != (b < 0) { Some((quotient - 1, rest + b)) } else { Some((quotient, rest)) }
}

/// `a op b` of ints and bools.
pub fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    if a.both_small(b)
        && let Some(v) = small_binary(op, a.small_value(), b.small_value())
    {
        return Ok(v);
    }
    if matches!(op, BinOp::Add | BinOp::Sub | BinOp::Mul) && !(a.is_bool() || b.is_bool()) {
        return big_arithmetic(vm, op, a, b);
    }
    if op == BinOp::FloorDiv && a.is_ptr() {
        let mut limbs = [[0]; 2];
        let [p, q] = &mut limbs;
        if let (Some(x), Some(y)) = (limbs_of(&vm.heap, a, p), limbs_of(&vm.heap, b, q))
            && !x.negative
            && !y.negative
            && !y.is_zero()
            && let Some(quotient) = bigint::short_quotient(x.limbs, y.limbs)
        {
            return Ok(Val::small(quotient as i32));
        }
    }
    if a.is_bool() && b.is_bool() {
        let (x, y) = (a == Val::TRUE, b == Val::TRUE);
        match op {
            BinOp::And => return Ok(Val::bool(x && y)),
            BinOp::Or => return Ok(Val::bool(x || y)),
            BinOp::Xor => return Ok(Val::bool(x != y)),
            _ => {}
        }
    }
    match op {
        BinOp::TrueDiv => return true_div(vm, a, b),
        BinOp::Pow => return pow(vm, a, b),
        BinOp::LShift | BinOp::RShift => return shift(vm, op, a, b),
        BinOp::MatMul => return Ok(Val::NOT_IMPLEMENTED),
        _ => {}
    }
    if let (Some(x), Some(y)) = (vm.heap.as_i64(a), vm.heap.as_i64(b)) {
        if y == 0 && matches!(op, BinOp::FloorDiv | BinOp::Mod | BinOp::DivMod) {
            return Err(no_division(vm, op));
        }
        let result = match op {
            BinOp::Add => x.checked_add(y),
            BinOp::Sub => x.checked_sub(y),
            BinOp::Mul => x.checked_mul(y),
            BinOp::FloorDiv => div_mod(x, y).map(|d| d.0),
            BinOp::Mod => div_mod(x, y).map(|d| d.1),
            BinOp::And => Some(x & y),
            BinOp::Or => Some(x | y),
            BinOp::Xor => Some(x ^ y),
            _ => match div_mod(x, y) {
                Some((quotient, rest)) => {
                    let (quotient, rest) = (vm.heap.new_int(quotient)?, vm.heap.new_int(rest)?);
                    return Ok(vm.heap.new_tuple(&[quotient, rest])?);
                }
                None => None,
            },
        };
        if let Some(result) = result {
            return Ok(vm.heap.new_int(result)?);
        }
    }
    big_binary(vm, op, a, b)
}

/// The common operations in 32-bit arithmetic, where the result needs no cell.
fn small_binary(op: BinOp, x: i32, y: i32) -> Option<Val> {
    let result = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x.checked_mul(y)?,
        BinOp::And => x & y,
        BinOp::Or => x | y,
        BinOp::Xor => x ^ y,
        BinOp::FloorDiv | BinOp::Mod if y > 0 => {
            let (quotient, rest) = (x / y, x % y);
            let below = i32::from(rest < 0);
            if op == BinOp::FloorDiv { quotient - below } else { rest + below * y }
        }
        BinOp::RShift if (0..31).contains(&y) => x >> y,
        _ => return None,
    };
    if (Val::INT_MIN..=Val::INT_MAX).contains(&result) { Some(Val::small(result)) } else { None }
}

/// The limbs of an int; a small one is put into `one`. None for a bool.
#[inline(always)]
fn limbs_of<'a>(heap: &'a Heap, v: Val, one: &'a mut [u32; 1]) -> Option<BigRef<'a>> {
    if let Some(small) = v.as_small() {
        one[0] = small.unsigned_abs();
        return Some(BigRef { negative: small < 0, limbs: &one[..usize::from(small != 0)] });
    }
    if v.is_ptr() { Some(heap.big(v)) } else { None }
}

/// Results of up to this many limbs are calculated on the stack.
const FEW: usize = 8;

/// `a + b`, `a - b` or `a * b` of ints that are no bools.
fn big_arithmetic(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let mut limbs = [[0]; 2];
    let [p, q] = &mut limbs;
    let (Some(x), Some(y)) = (limbs_of(&vm.heap, a, p), limbs_of(&vm.heap, b, q)) else {
        return Ok(Val::NOT_IMPLEMENTED);
    };
    let (m, n) = (x.limbs.len(), y.limbs.len());
    let length = if op == BinOp::Mul { m + n } else { m.max(n) + 1 };
    if length <= FEW {
        let mut out = [0; FEW];
        let negative = add_or_multiply(op, x, y, &mut out[..length]);
        return Ok(vm.heap.new_int_parts(negative, &out[..length])?);
    }
    if op == BinOp::Mul && length > LONG_SIDE && m.saturating_mul(n) > LONG {
        return long_binary(vm, op, a, b);
    }
    let int = vm.heap.build_int(length, |heap, out| {
        let mut limbs = [[0]; 2];
        let [p, q] = &mut limbs;
        match (limbs_of(heap, a, p), limbs_of(heap, b, q)) {
            (Some(x), Some(y)) => add_or_multiply(op, x, y, out),
            _ => false,
        }
    });
    Ok(int?)
}

fn big_binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let (left, right) = (operand(&vm.heap, a), operand(&vm.heap, b));
    let (x, y) = (left.get(), right.get());
    if y.is_zero() && matches!(op, BinOp::FloorDiv | BinOp::Mod | BinOp::DivMod) {
        return Err(no_division(vm, op));
    }
    if matches!(op, BinOp::Mul | BinOp::FloorDiv | BinOp::Mod | BinOp::DivMod)
        && x.limbs.len().saturating_mul(y.limbs.len()) > LONG
    {
        return long_binary(vm, op, a, b);
    }
    let result = match op {
        BinOp::Add => x.add(y),
        BinOp::Sub => x.sub(y),
        BinOp::Mul => x.mul(y),
        BinOp::FloorDiv => x.div_mod(y).map(|d| d.0),
        BinOp::Mod => x.div_mod(y).map(|d| d.1),
        BinOp::And => x.and(y),
        BinOp::Or => x.or(y),
        BinOp::Xor => x.xor(y),
        BinOp::DivMod => {
            let parts = x.div_mod(y);
            let (quotient, rest) = parts.map_err(|error| raise(vm, error))?;
            let (quotient, rest) = (vm.heap.new_big(&quotient)?, vm.heap.new_big(&rest)?);
            return Ok(vm.heap.new_tuple(&[quotient, rest])?);
        }
        _ => return Ok(Val::NOT_IMPLEMENTED),
    };
    make(vm, result)
}

/// Products of limbs that a calculation may take without looking whether it should end.
const LONG: usize = 4096;
/// Two operands with so many limbs together at most take fewer.
const LONG_SIDE: usize = 128;

/// A copy of an int that stays in place while events are served.
fn owned(vm: &mut Vm, v: Val) -> R<Big> {
    let copy = operand(&vm.heap, v).get().to_big();
    copy.map_err(|error| raise(vm, error))
}

/// Multiplication and division of long operands, which Ctrl-C can end.
fn long_binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let (x, y) = (owned(vm, a)?, owned(vm, b)?);
    let (x, y) = (x.as_ref(), y.as_ref());
    let poll = &mut || vm.poll().is_ok();
    let result = match op {
        BinOp::Mul => x.mul_polling(y, poll),
        BinOp::FloorDiv => x.div_mod_polling(y, poll).map(|d| d.0),
        BinOp::Mod => x.div_mod_polling(y, poll).map(|d| d.1),
        _ => {
            let parts = x.div_mod_polling(y, poll);
            let (quotient, rest) = parts.map_err(|error| raise(vm, error))?;
            let (quotient, rest) = (vm.heap.new_big(&quotient)?, vm.heap.new_big(&rest)?);
            return Ok(vm.heap.new_tuple(&[quotient, rest])?);
        }
    };
    make(vm, result)
}

/// Writes the magnitude of `x + y`, `x - y` or `x * y` to all of `out`, and says whether it is negative.
fn add_or_multiply(op: BinOp, x: BigRef, y: BigRef, out: &mut [u32]) -> bool {
    if op == BinOp::Mul {
        bigint::mul_to(out, x.limbs, y.limbs);
        return x.negative != y.negative;
    }
    let y_negative = y.negative != (op == BinOp::Sub);
    if x.negative == y_negative {
        bigint::add_to(out, x.limbs, y.limbs);
        return x.negative;
    }
    let (more, less, negative) = if bigint::compare(x.limbs, y.limbs).is_lt() {
        (y.limbs, x.limbs, y_negative)
    } else {
        (x.limbs, y.limbs, x.negative)
    };
    let (low, high) = out.split_at_mut(more.len());
    low.copy_from_slice(more);
    high.fill(0);
    bigint::sub_in_place(low, less);
    negative
}

fn shift(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let by = vm.heap.as_i64(b);
    if operand(&vm.heap, b).get().negative {
        return Err(vm.value_error(format_args!("negative shift count")));
    }
    let value = vm.heap.as_i64(a);
    if value == Some(0) {
        return Ok(Val::ZERO);
    }
    if op == BinOp::RShift {
        return match (value, by) {
            (Some(x), Some(by)) => Ok(vm.heap.new_int(x >> by.min(63))?),
            (_, Some(by)) => {
                let result =
                    operand(&vm.heap, a).get().shr(usize::try_from(by).unwrap_or(usize::MAX).min(1 << 30));
                make(vm, result)
            }
            (..) => Ok(if operand(&vm.heap, a).get().negative { Val::small(-1) } else { Val::ZERO }),
        };
    }
    match by.filter(|&by| by <= MAX_SHIFT) {
        Some(by) => {
            if let Some(x) = value
                && by < 62
                && x.unsigned_abs() < 1 << (62 - by)
            {
                return Ok(vm.heap.new_int(x << by)?);
            }
            let n = operand(&vm.heap, a).get().limbs.len() + by as usize / 32 + 1;
            Ok(vm.heap.build_int(n, |heap, out| {
                let value = operand(heap, a);
                bigint::shl_to(out, value.get().limbs, by as usize);
                value.get().negative
            })?)
        }
        None => Err(vm.no_memory()),
    }
}

/// `a / b`, correctly rounded.
fn true_div(vm: &mut Vm, a: Val, b: Val) -> R {
    if let (Some(x), Some(y)) = (vm.heap.as_i64(a), vm.heap.as_i64(b)) {
        if y == 0 {
            return Err(no_division(vm, BinOp::TrueDiv));
        }
        const EXACT: u64 = 1 << 24;
        if x.unsigned_abs() <= EXACT && y.unsigned_abs() <= EXACT {
            return Ok(vm.heap.new_float(x as f32 / y as f32)?);
        }
    }
    let (left, right) = (operand(&vm.heap, a), operand(&vm.heap, b));
    let (x, y) = (left.get(), right.get());
    if y.is_zero() {
        return Err(no_division(vm, BinOp::TrueDiv));
    }
    let quotient = quotient_of(x, y).map_err(|error| raise(vm, error))?;
    if quotient.is_infinite() {
        return Err(
            vm.raise(ExcKind::OverflowError, format_args!("integer division result too large for a float"))
        );
    }
    Ok(vm.heap.new_float(quotient)?)
}

/// The quotient scaled to some 60 bits, the lowest of which says whether there are more.
fn quotient_of(x: BigRef<'_>, y: BigRef<'_>) -> Result<f32, BigError> {
    let scale = 60 + y.bit_length() as i64 - x.bit_length() as i64;
    let (x, y) = if scale >= 0 {
        (x.shl(scale as usize)?, y.to_big()?)
    } else {
        (x.to_big()?, y.shl(-scale as usize)?)
    };
    let magnitude = |v: &Big| Big { negative: false, limbs: v.limbs.clone() };
    let negative = x.negative != y.negative;
    let (quotient, rest) = magnitude(&x).as_ref().div_mod(magnitude(&y).as_ref())?;
    let mut bits = quotient.as_ref().low_u64();
    if !rest.as_ref().is_zero() {
        bits |= 1;
    }
    // Where the result will be subnormal fewer bits count: keep the rounding single.
    let value =
        libm::ldexp(bits as f64, i32::try_from(-scale).unwrap_or(if scale < 0 { 2000 } else { -2000 }))
            as f32;
    Ok(if negative { -value } else { value })
}

/// `a ** b`
fn pow(vm: &mut Vm, a: Val, b: Val) -> R {
    if operand(&vm.heap, b).get().negative {
        let (x, y) = (to_float(vm, a), to_float(vm, b));
        return super::float::pow(vm, x, y);
    }
    let base = vm.heap.as_i64(a);
    match (base, vm.heap.as_i64(b)) {
        (Some(0), Some(0)) | (Some(1), _) => return Ok(Val::ONE),
        (Some(0), _) => return Ok(Val::ZERO),
        (Some(-1), _) => {
            let odd = operand(&vm.heap, b).get().low_u32() & 1 == 1;
            return Ok(Val::small(if odd { -1 } else { 1 }));
        }
        (Some(x), Some(y)) => {
            if let Some(result) = u32::try_from(y).ok().and_then(|y| x.checked_pow(y)) {
                return Ok(vm.heap.new_int(result)?);
            }
        }
        _ => {}
    }
    match vm.heap.as_i64(b).and_then(|y| u32::try_from(y).ok()) {
        Some(exponent) if i64::from(exponent) <= MAX_SHIFT => {
            let base = owned(vm, a)?;
            let result = base.as_ref().pow(exponent, &mut || vm.poll().is_ok());
            make(vm, result)
        }
        _ => Err(vm.no_memory()),
    }
}

/// `pow(a, b, modulus)`
///
/// # Errors
/// TypeError unless all are ints; ValueError for a modulus of 0 or a base that is not invertible.
pub fn pow_mod(vm: &mut Vm, a: Val, b: Val, modulus: Val) -> R {
    if ![a, b, modulus].iter().all(|&v| is_integer(&vm.heap, v)) {
        return Err(
            vm.type_error(format_args!("pow() 3rd argument not allowed unless all arguments are integers"))
        );
    }
    if operand(&vm.heap, modulus).get().is_zero() {
        return Err(vm.value_error(format_args!("pow() 3rd argument cannot be 0")));
    }
    let (x, y, m) = (owned(vm, a)?, owned(vm, b)?, owned(vm, modulus)?);
    let result = x.as_ref().pow_mod(y.as_ref(), m.as_ref(), &mut || vm.poll().is_ok());
    make(vm, result)
}

/// `a cmp b` of ints and bools.
pub fn compare(heap: &Heap, op: CmpOp, a: Val, b: Val) -> bool {
    let order = match (heap.as_i64(a), heap.as_i64(b)) {
        (Some(x), Some(y)) => x.cmp(&y),
        _ => operand(heap, a).get().compare(operand(heap, b).get()),
    };
    holds(op, order)
}

/// Whether an order satisfies a comparison.
pub fn holds(op: CmpOp, order: core::cmp::Ordering) -> bool {
    match op {
        CmpOp::Lt => order.is_lt(),
        CmpOp::Le => order.is_le(),
        CmpOp::Gt => order.is_gt(),
        CmpOp::Ge => order.is_ge(),
        CmpOp::Eq => order.is_eq(),
        CmpOp::Ne => order.is_ne(),
    }
}

/// Rounds to a multiple of `10 ** digits`, halves to the even multiple.
pub fn round_to(vm: &mut Vm, v: Val, digits: i64) -> R {
    if digits <= 0 {
        return Ok(v);
    }
    let Some(digits) = u32::try_from(digits).ok().filter(|&d| d < 100_000) else { return Ok(Val::ZERO) };
    let round = |x: BigRef<'_>| -> Result<Big, BigError> {
        let unit = SmallLimbs::new(10).as_ref().pow(digits, &mut || true)?;
        let (quotient, rest) = x.div_mod(unit.as_ref())?;
        let twice = rest.as_ref().shl(1)?;
        let up = match twice.as_ref().compare(unit.as_ref()) {
            core::cmp::Ordering::Less => false,
            core::cmp::Ordering::Greater => true,
            core::cmp::Ordering::Equal => quotient.as_ref().low_u32() & 1 == 1,
        };
        let quotient = if up { quotient.as_ref().add(SmallLimbs::new(1).as_ref())? } else { quotient };
        quotient.as_ref().mul(unit.as_ref())
    };
    let result = round(operand(&vm.heap, v).get());
    make(vm, result)
}
