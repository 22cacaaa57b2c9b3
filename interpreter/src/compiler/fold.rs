//! Values known at compile time: literals, arithmetic on them, `const()` names.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::names::Variable;
use super::unit::{Codegen, Gen};
use crate::bigint::Big;
use crate::bytecode::{Const, Slot};
use crate::format::parse_float;
use crate::syntax::ast::*;

/// How deep into an expression folding looks: it recurses.
const MAX_DEPTH: u8 = 8;

#[inline(never)]
fn literal(expr: &Expr<'_>) -> Option<Const> {
    Some(match &expr.kind {
        ExprKind::None => Const::None,
        ExprKind::True => Const::Bool(true),
        ExprKind::False => Const::Bool(false),
        ExprKind::Ellipsis => Const::Ellipsis,
        ExprKind::Int(value) => Const::Int(i64::from(*value)),
        ExprKind::BigInt(digits, radix) => big(digits, *radix)?,
        ExprKind::Float(text) => Const::Float(f64::from(parse_float(text)?)),
        ExprKind::Imaginary(text) => Const::Complex(0.0, f64::from(parse_float(text)?)),
        ExprKind::Str(text) => Const::Str(String::from(&**text)),
        ExprKind::Bytes(bytes) => Const::Bytes(bytes.to_vec()),
        _ => return None,
    })
}

impl<'a, 's> Codegen<'a, 's> {
    /// The value of `expr`, if it is known now.
    #[inline(never)]
    pub(super) fn fold(&self, expr: &Expr<'s>) -> Option<Const> {
        self.fold_within(expr, MAX_DEPTH)
    }

    /// Whether `expr` has a value that is known now.
    #[inline(never)]
    pub(super) fn is_constant(&self, expr: &Expr<'s>) -> bool {
        self.fold(expr).is_some()
    }

    /// The truth of `expr`, if its value is known now.
    #[inline(never)]
    pub(super) fn known_truth(&self, expr: &Expr<'s>) -> Option<bool> {
        self.fold(expr).map(|value| Self::truth(&value))
    }

    fn fold_within(&self, expr: &Expr<'s>, depth: u8) -> Option<Const> {
        let depth = depth.checked_sub(1)?;
        match &expr.kind {
            ExprKind::Name(name) => self.const_value(name).cloned(),
            ExprKind::Tuple(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.fold_within(item, depth)?);
                }
                Some(Const::Tuple(values))
            }
            ExprKind::Unary(op, value) => unary(*op, self.fold_within(value, depth)?),
            ExprKind::Binary(op, left, right) => {
                let left = self.fold_within(left, depth)?;
                binary(*op, left, self.fold_within(right, depth)?)
            }
            _ => literal(expr),
        }
    }

    fn const_value(&self, name: &'s str) -> Option<&Const> {
        if self.known.consts.is_empty()
            || !matches!(self.variable(&self.mangled(name)), Variable::Global | Variable::Namespace)
        {
            return None;
        }
        self.known.consts.iter().find(|c| c.0 == name).map(|c| &c.1)
    }

    /// Loads the value of a `const()` name.
    pub(super) fn load_folded(&mut self, name: &'s str, dest: Slot) -> bool {
        match self.const_value(name).cloned() {
            Some(value) => {
                self.constant(dest, value);
                true
            }
            None => false,
        }
    }

    /// `name = const(value)` of a module or class makes `name` known from here on, as in
    /// MicroPython. True if it need not be stored: the name starts with an underscore, so it is
    /// private to the file.
    ///
    /// # Errors
    /// SyntaxError if the value is not known now, or if the name has another value already.
    #[inline(never)]
    pub(super) fn define_const(&mut self, name: &'s str, value: &Expr<'s>) -> Gen<bool> {
        let ExprKind::Call(callee, args) = &value.kind else { return Ok(false) };
        let (ExprKind::Name("const"), [Arg::Positional(arg)]) = (&callee.kind, &args[..]) else {
            return Ok(false);
        };
        if !matches!(self.variable(name), Variable::Global | Variable::Namespace) {
            return Ok(false);
        }
        let Some(value) = self.fold(arg) else {
            if self.is_never_constant(arg) {
                return self.error(arg.span, "not a constant");
            }
            // Arithmetic that is left to the machine: the name is a variable like others.
            return Ok(false);
        };
        match self.known.consts.iter().find(|c| c.0 == name) {
            Some(known) if known.1 != value => return self.error(callee.span, "constant redefined"),
            Some(_) => {}
            None => self.known.consts.push((name.into(), value)),
        }
        Ok(name.starts_with('_') && !self.unit.prints)
    }

    /// Whether `expr` contains a name or an operation that no constant has. Calls and attributes
    /// (`math.pi`) may be constants.
    fn is_never_constant(&self, expr: &Expr<'s>) -> bool {
        match &expr.kind {
            ExprKind::Name(_) => self.fold(expr).is_none(),
            ExprKind::Unary(_, value) => self.is_never_constant(value),
            ExprKind::Binary(op, left, right) => {
                let right_value = self.fold(right);
                let invalid = match (op, right_value) {
                    (BinaryOp::MatrixMultiply, _) => true,
                    (BinaryOp::ShiftLeft | BinaryOp::ShiftRight, Some(Const::Int(by))) => by < 0,
                    (BinaryOp::Modulo | BinaryOp::FloorDivide, Some(Const::Int(by))) => by == 0,
                    _ => false,
                };
                invalid || self.is_never_constant(left) || self.is_never_constant(right)
            }
            _ => false,
        }
    }

    /// Truth of a constant.
    pub(super) fn truth(value: &Const) -> bool {
        match value {
            Const::None => false,
            Const::Bool(b) => *b,
            Const::Int(i) => *i != 0,
            Const::Float(f) => *f != 0.0,
            Const::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Const::Str(s) => !s.is_empty(),
            Const::Bytes(b) => !b.is_empty(),
            Const::Tuple(items) => !items.is_empty(),
            _ => true,
        }
    }
}

fn big(digits: &str, radix: u8) -> Option<Const> {
    if let Ok(value) = i64::from_str_radix(digits, u32::from(radix)) {
        return Some(Const::Int(value));
    }
    if radix == 10 {
        return Some(Const::BigInt(digits.into()));
    }
    let value = Big::parse(digits, u32::from(radix)).ok()?;
    Some(Const::BigInt(value.as_ref().to_text(10, false).ok()?))
}

#[inline(never)]
fn unary(op: UnaryOp, value: Const) -> Option<Const> {
    Some(match (op, value) {
        (UnaryOp::Not, value) => Const::Bool(!Codegen::truth(&value)),
        (UnaryOp::Negative, Const::Int(i)) => Const::Int(i.checked_neg()?),
        (UnaryOp::Negative, Const::BigInt(digits)) => {
            if let Some(positive) = digits.strip_prefix('-') {
                Const::BigInt(positive.into())
            } else if digits == "9223372036854775808" {
                Const::Int(i64::MIN)
            } else {
                Const::BigInt(format!("-{digits}"))
            }
        }
        (UnaryOp::Negative, Const::Float(f)) => Const::Float(-f),
        (UnaryOp::Negative, Const::Complex(re, im)) => Const::Complex(-re, -im),
        (UnaryOp::Positive, value @ (Const::Int(_) | Const::BigInt(_) | Const::Float(_))) => value,
        (UnaryOp::Invert, Const::Int(i)) => Const::Int(!i),
        _ => return None,
    })
}

/// Integer arithmetic that fits 64 bits, and sums that make complex literals (`1+2j`).
/// Floats are left to the machine that runs the code: it has their precision.
#[inline(never)]
fn binary(op: BinaryOp, left: Const, right: Const) -> Option<Const> {
    let (a, b) = match (left, right) {
        (Const::Int(a), Const::Int(b)) => (a, b),
        (Const::Int(a), Const::Complex(re, im)) => return complex(op, a as f64, re, im),
        (Const::Float(a), Const::Complex(re, im)) => return complex(op, a, re, im),
        _ => return None,
    };
    Some(Const::Int(match op {
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::And => a & b,
        BinaryOp::ShiftLeft => {
            let bits = u32::try_from(b).ok().filter(|&b| b < 63)?;
            a.checked_mul(1i64 << bits)?
        }
        BinaryOp::ShiftRight => a >> u32::try_from(b).ok()?.min(63),
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Subtract => a.checked_sub(b)?,
        BinaryOp::Multiply => a.checked_mul(b)?,
        BinaryOp::FloorDivide if b != 0 => {
            let quotient = a.checked_div(b)?;
            if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
        }
        BinaryOp::Modulo if b != 0 => {
            let rest = a.checked_rem(b)?;
            if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
        }
        BinaryOp::Power => a.checked_pow(u32::try_from(b).ok()?)?,
        _ => return None,
    }))
}

fn complex(op: BinaryOp, a: f64, re: f64, im: f64) -> Option<Const> {
    match op {
        BinaryOp::Add => Some(Const::Complex(a + re, im)),
        BinaryOp::Subtract => Some(Const::Complex(a - re, -im)),
        _ => None,
    }
}
