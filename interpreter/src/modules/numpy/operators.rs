//! What the operators do with arrays: broadcasting, the types of results, one loop for each kind of number.

use super::convert::operand;
use super::dtype::{Dtype, Place, RUN};
use super::view::{View, Walk, broadcast, copy};
use crate::objects::native::{BinOp, CmpOp, R, Raised, UnOp};
use crate::value::Val;
use crate::vm::Vm;

/// What is done with two numbers. The order is that of the functions' tables below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// An operator.
    Binary(BinOp),
    /// A comparison.
    Compare(CmpOp),
    /// The lesser.
    Minimum,
    /// The greater.
    Maximum,
    /// The angle of (y, x).
    Arctan2,
    /// What the functions `bitwise_and` … do, which never refuse a pair of integers.
    Bitwise(BinOp),
}

fn float_op(op: Op, x: f32, y: f32) -> f32 {
    match op {
        Op::Binary(BinOp::Add) => x + y,
        Op::Binary(BinOp::Sub) => x - y,
        Op::Binary(BinOp::Mul) => x * y,
        Op::Binary(BinOp::TrueDiv) => x / y,
        Op::Binary(BinOp::FloorDiv) => libm::floorf(x / y),
        Op::Binary(BinOp::Mod) => {
            let r = libm::fmodf(x, y);
            if r != 0.0 && (r < 0.0) != (y < 0.0) { r + y } else { r }
        }
        Op::Binary(BinOp::Pow) => power(x, y),
        Op::Minimum => {
            if y < x || y.is_nan() {
                y
            } else {
                x
            }
        }
        Op::Maximum => {
            if y > x || y.is_nan() {
                y
            } else {
                x
            }
        }
        Op::Arctan2 => libm::atan2f(x, y),
        _ => f32::NAN,
    }
}

/// `x ** y`; small whole exponents by multiplication, which is quicker and exact for whole numbers.
fn power(x: f32, y: f32) -> f32 {
    if y.abs() <= 16.0 && libm::truncf(y) == y {
        let (mut n, mut square, mut product) = (y.abs() as u32, x, 1.0);
        while n > 0 {
            if n & 1 != 0 {
                product *= square;
            }
            square *= square;
            n >>= 1;
        }
        return if y < 0.0 { 1.0 / product } else { product };
    }
    libm::powf(x, y)
}

fn int_op(op: Op, x: i32, y: i32) -> i32 {
    let op = if let Op::Bitwise(op) = op { Op::Binary(op) } else { op };
    match op {
        Op::Binary(BinOp::Add) => x.wrapping_add(y),
        Op::Binary(BinOp::Sub) => x.wrapping_sub(y),
        Op::Binary(BinOp::Mul) => x.wrapping_mul(y),
        // By zero is zero, as in numpy.
        Op::Binary(BinOp::FloorDiv) if y != 0 => {
            x.wrapping_div_euclid(y) - i32::from(y < 0 && x.wrapping_rem(y) != 0)
        }
        Op::Binary(BinOp::Mod) if y != 0 => {
            let r = x.wrapping_rem(y);
            if r != 0 && (r < 0) != (y < 0) { r + y } else { r }
        }
        Op::Binary(BinOp::And) => x & y,
        Op::Binary(BinOp::Or) => x | y,
        Op::Binary(BinOp::Xor) => x ^ y,
        Op::Binary(BinOp::LShift) => x.checked_shl(y as u32).unwrap_or(0),
        Op::Binary(BinOp::RShift) => x.checked_shr(y as u32).unwrap_or(if x < 0 { -1 } else { 0 }),
        Op::Minimum => x.min(y),
        Op::Maximum => x.max(y),
        _ => 0,
    }
}

fn complex_op(op: BinOp, (a, b): (f32, f32), (c, d): (f32, f32)) -> (f32, f32) {
    match op {
        BinOp::Add => (a + c, b + d),
        BinOp::Sub => (a - c, b - d),
        BinOp::Mul => (a * c - b * d, a * d + b * c),
        BinOp::TrueDiv => {
            let n = c * c + d * d;
            ((a * c + b * d) / n, (b * c - a * d) / n)
        }
        _ => (f32::NAN, f32::NAN),
    }
}

fn holds(op: CmpOp, order: core::cmp::Ordering) -> bool {
    match op {
        CmpOp::Lt => order.is_lt(),
        CmpOp::Le => order.is_le(),
        CmpOp::Gt => order.is_gt(),
        CmpOp::Ge => order.is_ge(),
        CmpOp::Eq => order.is_eq(),
        CmpOp::Ne => order.is_ne(),
    }
}

/// One run of a comparison; the results are 0 and 1.
fn compare_run(vm: &mut Vm, op: CmpOp, a: Place, b: Place, out: Place, n: usize) {
    let mut result = [0; RUN];
    let result = &mut result[..n];
    if a.dtype.is_int() && b.dtype.is_int() {
        let (mut x, mut y) = ([0; RUN], [0; RUN]);
        a.load_i(&vm.heap, &mut x[..n]);
        b.load_i(&vm.heap, &mut y[..n]);
        for (i, r) in result.iter_mut().enumerate() {
            *r = i32::from(holds(op, x[i].cmp(&y[i])));
        }
    } else {
        let (mut x, mut y) = ([0.0; RUN], [0.0; RUN]);
        a.load_f(&vm.heap, &mut x[..n]);
        b.load_f(&vm.heap, &mut y[..n]);
        for (i, r) in result.iter_mut().enumerate() {
            *r = i32::from(match x[i].partial_cmp(&y[i]) {
                Some(order) => holds(op, order),
                None => op == CmpOp::Ne,
            });
        }
    }
    out.store_i(&mut vm.heap, result);
}

/// One run of `out = a op b`.
fn run(vm: &mut Vm, op: Op, a: Place, b: Place, out: Place, n: usize) {
    if a.dtype == Dtype::Complex || b.dtype == Dtype::Complex {
        return complex_run(vm, op, a, b, out, n);
    }
    if let Op::Compare(op) = op {
        return compare_run(vm, op, a, b, out, n);
    }
    let whole = a.dtype.is_int() && b.dtype.is_int() && (out.dtype.is_int() || out.dtype == Dtype::Bool);
    if whole {
        let (mut x, mut y) = ([0; RUN], [0; RUN]);
        a.load_i(&vm.heap, &mut x[..n]);
        b.load_i(&vm.heap, &mut y[..n]);
        let pairs = x[..n].iter_mut().zip(&y[..n]);
        match op {
            Op::Binary(BinOp::Add) => pairs.for_each(|(x, y)| *x = x.wrapping_add(*y)),
            Op::Binary(BinOp::Sub) => pairs.for_each(|(x, y)| *x = x.wrapping_sub(*y)),
            Op::Binary(BinOp::Mul) => pairs.for_each(|(x, y)| *x = x.wrapping_mul(*y)),
            _ => pairs.for_each(|(x, y)| *x = int_op(op, *x, *y)),
        }
        out.store_i(&mut vm.heap, &x[..n]);
    } else {
        let (mut x, mut y) = ([0.0; RUN], [0.0; RUN]);
        a.load_f(&vm.heap, &mut x[..n]);
        b.load_f(&vm.heap, &mut y[..n]);
        let pairs = x[..n].iter_mut().zip(&y[..n]);
        match op {
            Op::Binary(BinOp::Add) => pairs.for_each(|(x, y)| *x += *y),
            Op::Binary(BinOp::Sub) => pairs.for_each(|(x, y)| *x -= *y),
            Op::Binary(BinOp::Mul) => pairs.for_each(|(x, y)| *x *= *y),
            _ => pairs.for_each(|(x, y)| *x = float_op(op, *x, *y)),
        }
        out.store_f(&mut vm.heap, &x[..n]);
    }
}

#[inline(never)]
fn complex_run(vm: &mut Vm, op: Op, a: Place, b: Place, out: Place, n: usize) {
    for i in 0..n {
        let (mut re, mut im) = ([0.0; 2], [0.0; 2]);
        a.nth(i).load_c(&vm.heap, &mut re[..1], &mut im[..1]);
        b.nth(i).load_c(&vm.heap, &mut re[1..], &mut im[1..]);
        let (x, y) = ((re[0], im[0]), (re[1], im[1]));
        match op {
            Op::Binary(op) => {
                let (re, im) = complex_op(op, x, y);
                out.nth(i).store_c(&mut vm.heap, &[re], &[im]);
            }
            Op::Compare(op) => {
                let result = (x == y) == (op == CmpOp::Eq);
                out.nth(i).store_i(&mut vm.heap, &[i32::from(result)]);
            }
            _ => {}
        }
    }
}

fn unsupported(vm: &mut Vm) -> Raised {
    vm.type_error(format_args!("operation not supported for the input types"))
}

/// The type of the bits of two integers: of the wider one, of the signed one of two as wide.
fn wider(a: Dtype, b: Dtype) -> Dtype {
    match (a, b) {
        (Dtype::Bool, Dtype::Bool) => Dtype::Bool,
        (Dtype::I16, _) | (_, Dtype::I16) => Dtype::I16,
        (Dtype::U16, _) | (_, Dtype::U16) => Dtype::U16,
        _ => a.promote(b),
    }
}

/// The type of the result of `a op b`.
fn result_dtype(vm: &mut Vm, op: Op, a: Dtype, b: Dtype) -> R<Dtype> {
    let promoted = a.promote(b);
    Ok(match op {
        Op::Compare(CmpOp::Eq | CmpOp::Ne) => Dtype::Bool,
        _ if promoted == Dtype::Complex
            && !matches!(op, Op::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::TrueDiv)) =>
        {
            return Err(unsupported(vm));
        }
        Op::Compare(_) => Dtype::Bool,
        Op::Binary(BinOp::TrueDiv | BinOp::Pow) | Op::Arctan2 => promoted.promote(Dtype::Float),
        Op::Binary(BinOp::And | BinOp::Or | BinOp::Xor) => {
            if a == Dtype::Bool && b == Dtype::Bool {
                return Ok(Dtype::Bool);
            }
            if !a.is_int() || !b.is_int() {
                return Err(unsupported(vm));
            }
            if !promoted.is_int() {
                return Err(vm.type_error(format_args!("dtype of int32 is not supported")));
            }
            promoted
        }
        // An unsigned remainder of a signed divisor may be as large as either.
        Op::Binary(BinOp::Mod) if a == Dtype::U16 && b == Dtype::I8 => Dtype::Float,
        Op::Binary(BinOp::LShift | BinOp::RShift) => {
            if !a.is_int() || !b.is_int() {
                return Err(unsupported(vm));
            }
            wider(a, b)
        }
        Op::Bitwise(_) => {
            if !a.is_int() || !b.is_int() {
                return Err(unsupported(vm));
            }
            wider(a, b)
        }
        _ => promoted,
    })
}

/// `a op b`, broadcast, as a new array.
///
/// # Errors
/// ValueError if the shapes do not fit, TypeError if the types do not.
pub fn apply(vm: &mut Vm, op: Op, a: &View, b: &View) -> R<View> {
    let dtype = result_dtype(vm, op, a.dtype, b.dtype)?;
    apply_as(vm, op, a, b, dtype)
}

/// The same with the type of the result given.
///
/// # Errors
/// As [`apply`].
pub fn apply_as(vm: &mut Vm, op: Op, a: &View, b: &View, dtype: Dtype) -> R<View> {
    let (shape, ndim) = broadcast(vm, &[a, b])?;
    let out = View::new(vm, dtype, &shape[..ndim])?;
    into(vm, op, a, b, &out)?;
    Ok(out)
}

/// `out = a op b`, both stretched to the shape of `out`.
fn into(vm: &mut Vm, op: Op, a: &View, b: &View, out: &View) -> R<()> {
    let (Some(a), Some(b)) = (a.stretched(out.dims()), b.stretched(out.dims())) else {
        broadcast(vm, &[a, b, out])?;
        return Err(vm.value_error(format_args!("non-broadcastable output operand")));
    };
    let mut walk = Walk::new([&a, &b, out]);
    while let Some(([a, b, o], n)) = walk.next(vm)? {
        run(vm, op, a, b, o, n);
    }
    Ok(())
}

// ---- the type's hooks ----

/// Both operands as views, one of which is an ndarray.
fn operands(vm: &mut Vm, a: Val, b: Val) -> R<Option<(View, View)>> {
    let (x, y) = (View::opt(&vm.heap, a), View::opt(&vm.heap, b));
    let other = x.or(y).map(|v| v.dtype);
    let x = match x {
        Some(x) => Some(x),
        None => operand(vm, a, other)?,
    };
    let y = match y {
        Some(y) => Some(y),
        None => operand(vm, b, other)?,
    };
    Ok(x.zip(y))
}

/// `a op b`, where one of them is an ndarray.
///
/// # Errors
/// As [`apply`].
pub fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    let Some((x, y)) = operands(vm, a, b)? else { return Ok(Val::NOT_IMPLEMENTED) };
    match op {
        BinOp::MatMul => super::linalg::product(vm, &x, &y),
        BinOp::DivMod => {
            let quotient = apply(vm, Op::Binary(BinOp::FloorDiv), &x, &y)?.object(vm)?;
            let remainder = apply(vm, Op::Binary(BinOp::Mod), &x, &y)?.object(vm)?;
            Ok(vm.heap.new_tuple(&[quotient, remainder])?)
        }
        _ => apply(vm, Op::Binary(op), &x, &y)?.object(vm),
    }
}

/// `a op= b`, where `a` is an ndarray: its type stays.
///
/// # Errors
/// As [`apply`]; TypeError if the result's type cannot become the array's.
pub fn inplace(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    if matches!(op, BinOp::MatMul | BinOp::DivMod) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let Some((x, mut y)) = operands(vm, a, b)? else { return Ok(Val::NOT_IMPLEMENTED) };
    let result = result_dtype(vm, Op::Binary(op), x.dtype, y.dtype)?;
    let narrows = match x.dtype {
        Dtype::Complex => false,
        Dtype::Float => result == Dtype::Complex,
        _ => !y.dtype.is_int() || matches!(op, BinOp::TrueDiv | BinOp::Pow),
    };
    if narrows {
        return Err(vm.type_error(format_args!(
            "cannot cast output from dtype('{}') to dtype('{}') with casting rule 'same_kind'",
            result.name(),
            x.dtype.name()
        )));
    }
    if y.owner == x.owner && (y.offset, y.strides, y.shape) != (x.offset, x.strides, x.shape) {
        // What is read must not be what was just written.
        y = y.copy_as(vm, y.dtype)?;
    }
    into(vm, Op::Binary(op), &x, &y, &x)?;
    Ok(a)
}

/// `a cmp b`, where `a` is an ndarray.
///
/// # Errors
/// As [`apply`].
pub fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let Some((x, y)) = operands(vm, a, b)? else { return Ok(Val::NOT_IMPLEMENTED) };
    apply(vm, Op::Compare(op), &x, &y)?.object(vm)
}

/// `-a` and so on.
///
/// # Errors
/// TypeError for `~` of floats; MemoryError.
pub fn unary(vm: &mut Vm, op: UnOp, a: Val) -> R {
    let x = View::of(vm, a)?;
    if op == UnOp::Abs && x.dtype == Dtype::Complex {
        return super::complex::magnitude(vm, &x)?.object(vm);
    }
    if op == UnOp::Invert && !x.dtype.is_int() {
        return Err(unsupported(vm));
    }
    let out = x.like(vm, x.dtype)?;
    if op == UnOp::Pos {
        copy(vm, &x, &out)?;
        return out.object(vm);
    }
    let mut walk = Walk::new([&x, &out]);
    while let Some(([from, to], n)) = walk.next(vm)? {
        if x.dtype == Dtype::Complex {
            let (mut re, mut im) = ([0.0; RUN], [0.0; RUN]);
            from.load_c(&vm.heap, &mut re[..n], &mut im[..n]);
            re.iter_mut().chain(&mut im).for_each(|x| *x = -*x);
            to.store_c(&mut vm.heap, &re[..n], &im[..n]);
        } else if x.dtype == Dtype::Float {
            let mut f = [0.0; RUN];
            from.load_f(&vm.heap, &mut f[..n]);
            f.iter_mut().for_each(|f| *f = if op == UnOp::Neg { -*f } else { f.abs() });
            to.store_f(&mut vm.heap, &f[..n]);
        } else {
            let mut i = [0; RUN];
            from.load_i(&vm.heap, &mut i[..n]);
            for i in &mut i[..n] {
                *i = match op {
                    UnOp::Neg => -*i,
                    UnOp::Invert if x.dtype == Dtype::Bool => i32::from(*i == 0),
                    UnOp::Invert => !*i,
                    _ => i.abs(),
                };
            }
            to.store_i(&mut vm.heap, &i[..n]);
        }
    }
    out.object(vm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_division_rounds_down() {
        for x in -7..=7 {
            for y in [-3, -2, -1, 1, 2, 3] {
                let q = int_op(Op::Binary(BinOp::FloorDiv), x, y);
                let r = int_op(Op::Binary(BinOp::Mod), x, y);
                assert_eq!(q, libm::floorf(x as f32 / y as f32) as i32, "{x} // {y}");
                assert_eq!(q * y + r, x);
                assert_eq!(float_op(Op::Binary(BinOp::Mod), x as f32, y as f32), r as f32);
            }
        }
        assert_eq!(int_op(Op::Binary(BinOp::Mod), 5, 0), 0);
    }
}
