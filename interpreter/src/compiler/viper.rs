//! `@micropython.viper`: the variables and expressions of such a function have machine types, known now.
//!
//! Their values are Python ints all the same; what makes them machine values is that an operation which could leave
//! 32 bits is followed by one that cuts its result ([`Op::Machine`]). A pointer is an address.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::names::Variable;
use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Machine, Op, Slot};
use crate::syntax::ast::*;

/// Operators in one expression that may follow each other: this code recurses along them.
const MAX_CHAIN: usize = 64;

/// What the official compiler knows about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Object,
    Bool,
    Int,
    Uint,
    /// Of items of this many bytes; 0: nothing is known about what it points to.
    Pointer(u8),
}

impl Type {
    /// The type with this name, which is also how a value is converted to it.
    fn named(name: &str) -> Option<Type> {
        Some(match name {
            "object" => Type::Object,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "ptr" => Type::Pointer(0),
            "ptr8" => Type::Pointer(1),
            "ptr16" => Type::Pointer(2),
            "ptr32" => Type::Pointer(4),
            _ => return None,
        })
    }

    fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Uint)
    }

    /// How a value becomes one of this type.
    fn conversion(self) -> Option<Machine> {
        match self {
            Type::Object => None,
            Type::Bool => Some(Machine::Bool),
            Type::Int => Some(Machine::Int),
            Type::Uint => Some(Machine::Uint),
            Type::Pointer(_) => Some(Machine::Pointer),
        }
    }
}

/// What is known in the function being compiled.
#[derive(Default)]
pub(super) struct Viper<'s> {
    types: Vec<(&'s str, Type)>,
    returns: Option<Type>,
}

/// Whether a decorator asks for this code generator.
pub(crate) fn is_viper(decorators: &[Expr<'_>]) -> bool {
    decorators.iter().any(|d| match &d.kind {
        ExprKind::Attribute(node) => {
            matches!(node.object.kind, ExprKind::Name("micropython")) && node.name.name == "viper"
        }
        _ => false,
    })
}

fn load_of(size: u8) -> Machine {
    match size {
        2 => Machine::Load16,
        4 => Machine::Load32,
        _ => Machine::Load8,
    }
}

fn store_of(size: u8) -> Machine {
    match size {
        2 => Machine::Store16,
        4 => Machine::Store32,
        _ => Machine::Store8,
    }
}

impl<'a, 's> Codegen<'a, 's> {
    /// The start of a viper function: its arguments become machine values.
    #[inline(never)]
    pub(super) fn begin_viper(&mut self, node: &'a Function<'s>) {
        let mut viper = Viper { types: Vec::new(), returns: node.returns.and_then(Type::named) };
        for param in &node.params {
            if let Some(kind) = param.annotation.and_then(Type::named)
                && let Variable::Slot(slot) = self.variable(param.name.name)
            {
                viper.types.push((param.name.name, kind));
                self.convert(slot, kind);
            }
        }
        self.unit.viper = Some(Box::new(viper));
    }

    /// Turns the value in `slot` into one of this type.
    fn convert(&mut self, slot: Slot, to: Type) {
        if let Some(how) = to.conversion() {
            self.machine(how, slot, slot);
        }
    }

    fn machine(&mut self, how: Machine, dest: Slot, base: Slot) {
        self.unit.b.abc(Op::Machine, dest, base, how as u8);
    }

    fn known_type(&self, name: &str) -> Type {
        let Some(viper) = &self.unit.viper else { return Type::Object };
        if self.scope != self.unit.scope {
            return Type::Object;
        }
        viper.types.iter().find(|t| t.0 == name).map_or(Type::Object, |t| t.1)
    }

    /// The type of an expression's value.
    #[inline(never)]
    pub(super) fn viper_type(&self, expr: &Expr<'s>) -> Type {
        if self.unit.viper.is_none() {
            return Type::Object;
        }
        match self.fold(expr) {
            // What the official small ints hold.
            Some(Const::Int(-0x4000_0000..=0x3fff_ffff)) => return Type::Int,
            Some(Const::Bool(_)) => return Type::Bool,
            Some(_) => return Type::Object,
            None => {}
        }
        match &expr.kind {
            ExprKind::Name(name) => self.known_type(name),
            ExprKind::Unary(UnaryOp::Not, _) => Type::Bool,
            ExprKind::Unary(_, value) => {
                Some(self.viper_type(value)).filter(|t| t.is_number()).unwrap_or(Type::Object)
            }
            ExprKind::Binary(op, left, right) => {
                let left = self.viper_type(left);
                if left.is_number() && self.viper_type(right).is_number() && *op != BinaryOp::Divide {
                    left
                } else {
                    Type::Object
                }
            }
            ExprKind::Compare(..) => Type::Bool,
            ExprKind::Call(callee, args) => self.cast(callee, args).map_or(Type::Object, |c| c.0),
            ExprKind::Subscript(object, _) => match self.viper_type(object) {
                Type::Pointer(1..) => Type::Int,
                _ => Type::Object,
            },
            ExprKind::If(parts) => {
                let kind = self.viper_type(&parts.body);
                if self.viper_type(&parts.orelse) == kind { kind } else { Type::Object }
            }
            ExprKind::Bool(_, items) => {
                let kind = items.first().map_or(Type::Object, |e| self.viper_type(e));
                if items.iter().all(|e| self.viper_type(e) == kind) { kind } else { Type::Object }
            }
            ExprKind::Named(node) => self.viper_type(&node.value),
            _ => Type::Object,
        }
    }

    /// `int(x)` and the like: the type and the `x`.
    fn cast<'e>(&self, callee: &Expr<'s>, args: &'e [Arg<'s>]) -> Option<(Type, &'e Expr<'s>)> {
        let (ExprKind::Name(name), [Arg::Positional(value)]) = (&callee.kind, args) else { return None };
        let kind = Type::named(name).filter(|k| *k != Type::Object)?;
        matches!(self.variable(name), Variable::Global).then_some((kind, value))
    }

    fn chain(&self, expr: &Expr<'s>) -> Gen {
        let (mut n, mut left) = (0, expr);
        while let ExprKind::Binary(_, l, _) = &left.kind {
            (n, left) = (n + 1, l);
        }
        if n > MAX_CHAIN {
            self.error(expr.span, "expression too complex for a viper function")
        } else {
            Ok(())
        }
    }

    /// Generates what machine values need other code for. False: `expr` is like any other.
    #[inline(never)]
    pub(super) fn viper_operation(&mut self, expr: &'a Expr<'s>, dest: Slot) -> Gen<bool> {
        match &expr.kind {
            ExprKind::Binary(op, left, right) => {
                self.chain(expr)?;
                let kind = self.viper_type(expr);
                if !kind.is_number() {
                    return Ok(false);
                }
                let same = self.viper_type(right) == kind;
                let base = self.alloc_many(2, expr.span)?;
                let (mut a, mut b) = (base, base + 1);
                let shift = matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight);
                if shift {
                    self.into(left, a)?;
                    self.into(right, b)?;
                } else {
                    a = self.operand(left, a)?;
                    b = self.operand(right, b)?;
                }
                self.line(expr.span);
                match (op, kind) {
                    // They take the count as the machine does.
                    (BinaryOp::ShiftLeft, _) => self.machine(Machine::ShiftLeft, dest, base),
                    (BinaryOp::ShiftRight, Type::Uint) => self.machine(Machine::ShiftRightUint, dest, base),
                    (BinaryOp::ShiftRight, _) => self.machine(Machine::ShiftRight, dest, base),
                    _ => self.unit.b.abc(super::expression::binary_op(*op), dest, a, b),
                }
                let stays =
                    same && matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Modulo);
                if !stays && *op != BinaryOp::ShiftRight {
                    self.convert(dest, kind);
                }
                Ok(true)
            }
            ExprKind::Unary(UnaryOp::Negative | UnaryOp::Invert, value) => {
                let kind = self.viper_type(value);
                if !kind.is_number() {
                    return Ok(false);
                }
                let slot = self.any(value)?;
                self.line(expr.span);
                let negative = matches!(expr.kind, ExprKind::Unary(UnaryOp::Negative, _));
                self.unit.b.ab(if negative { Op::Neg } else { Op::Invert }, dest, slot);
                self.convert(dest, kind);
                Ok(true)
            }
            ExprKind::Call(callee, args) => {
                let Some((kind, value)) = self.cast(callee, args) else { return Ok(false) };
                let slot = self.any(value)?;
                self.line(expr.span);
                match kind.conversion() {
                    Some(how) => self.machine(how, dest, slot),
                    None => self.move_to(dest, slot),
                }
                Ok(true)
            }
            ExprKind::Subscript(object, index) => {
                let Type::Pointer(size @ 1..) = self.viper_type(object) else { return Ok(false) };
                let base = self.alloc_many(2, expr.span)?;
                self.into(object, base)?;
                self.into(index, base + 1)?;
                self.line(expr.span);
                self.machine(load_of(size), dest, base);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// A variable's own slot, or the value in `slot`.
    fn operand(&mut self, expr: &'a Expr<'s>, slot: Slot) -> Gen<Slot> {
        if let ExprKind::Name(name) = expr.kind
            && let Some(own) = self.local(name)
        {
            return Ok(own);
        }
        self.into(expr, slot)?;
        Ok(slot)
    }

    /// A variable was assigned a value of this type: its first one decides what it holds.
    #[inline(never)]
    pub(super) fn viper_assigned(&mut self, name: &'s str, kind: Type) {
        let Variable::Slot(slot) = self.variable(name) else { return };
        let known = self.known_type(name);
        if known != kind && known != Type::Object {
            return self.convert(slot, known);
        }
        if let Some(viper) = &mut self.unit.viper
            && self.scope == self.unit.scope
            && !viper.types.iter().any(|t| t.0 == name)
        {
            viper.types.push((name, kind));
        }
    }

    /// `name: annotation`: what the annotation says about a variable, converting the value it has.
    pub(super) fn viper_annotated(&mut self, target: &Expr<'s>, annotation: Option<&str>, assigned: bool) {
        let (ExprKind::Name(name), Some(kind)) = (&target.kind, annotation.and_then(Type::named)) else {
            return;
        };
        if let Some(viper) = &mut self.unit.viper {
            viper.types.retain(|t| t.0 != *name);
            viper.types.push((name, kind));
            if assigned && let Variable::Slot(slot) = self.variable(name) {
                self.convert(slot, kind);
            }
        }
    }

    /// `pointer[index] = value`; false if the object is no pointer.
    #[inline(never)]
    pub(super) fn viper_store(&mut self, object: &'a Expr<'s>, index: &'a Expr<'s>, from: Slot) -> Gen<bool> {
        let Type::Pointer(size @ 1..) = self.viper_type(object) else { return Ok(false) };
        let base = self.alloc_many(3, object.span)?;
        self.into(object, base)?;
        self.into(index, base + 1)?;
        self.move_to(base + 2, from);
        self.machine(store_of(size), base, base);
        Ok(true)
    }

    /// `target op= value` of machine values, as `target = target op value`; false if there are none.
    #[inline(never)]
    pub(super) fn viper_augmented(
        &mut self,
        target: &'a Expr<'s>,
        op: BinaryOp,
        value: &'a Expr<'s>,
    ) -> Gen<bool> {
        let kind = self.viper_type(target);
        if !kind.is_number() || !self.viper_type(value).is_number() {
            return Ok(false);
        }
        let base = self.alloc_many(2, target.span)?;
        self.into(target, base)?;
        self.into(value, base + 1)?;
        self.line(target.span);
        match (op, kind) {
            (BinaryOp::ShiftLeft, _) => self.machine(Machine::ShiftLeft, base, base),
            (BinaryOp::ShiftRight, Type::Uint) => self.machine(Machine::ShiftRightUint, base, base),
            (BinaryOp::ShiftRight, _) => self.machine(Machine::ShiftRight, base, base),
            _ => self.unit.b.abc(super::expression::binary_op(op), base, base, base + 1),
        }
        self.convert(base, kind);
        self.assign(target, base)?;
        Ok(true)
    }

    /// The value that a viper function returns, in a slot of its own; None elsewhere or if objects are returned.
    #[inline(never)]
    pub(super) fn viper_return(&mut self, value: Option<&'a Expr<'s>>, span: Span) -> Gen<Option<Slot>> {
        let Some(kind) = self.unit.viper.as_ref().and_then(|v| v.returns).filter(|k| *k != Type::Object)
        else {
            return Ok(None);
        };
        let slot = self.alloc(span)?;
        match value {
            Some(value) if !matches!(value.kind, ExprKind::None) => self.into(value, slot)?,
            // As a machine value None is 0.
            _ => self.constant(slot, Const::Int(0)),
        }
        self.convert(slot, kind);
        Ok(Some(slot))
    }
}
