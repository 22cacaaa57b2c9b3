//! Assignment to every form of target.

use super::unit::{Codegen, Gen};
use crate::bytecode::{Op, Slot};
use crate::syntax::ast::*;

/// The in-place op of an operator.
fn inplace_op(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Or => Op::IOr,
        BinaryOp::Xor => Op::IXor,
        BinaryOp::And => Op::IAnd,
        BinaryOp::ShiftLeft => Op::ILShift,
        BinaryOp::ShiftRight => Op::IRShift,
        BinaryOp::Add => Op::IAdd,
        BinaryOp::Subtract => Op::ISub,
        BinaryOp::Multiply => Op::IMul,
        BinaryOp::MatrixMultiply => Op::IMatMul,
        BinaryOp::Divide => Op::ITrueDiv,
        BinaryOp::FloorDivide => Op::IFloorDiv,
        BinaryOp::Modulo => Op::IMod,
        BinaryOp::Power => Op::IPow,
    }
}

impl<'a, 's> Codegen<'a, 's> {
    /// `target = … = value`
    #[inline(never)]
    pub(super) fn assignment(&mut self, targets: &'a [Expr<'s>], value: &'a Expr<'s>) -> Gen {
        let top = self.unit.top;
        if let [target] = targets {
            match (&target.kind, &value.kind) {
                (ExprKind::Name(name), _) => {
                    if self.define_const(name, value)? {
                        return Ok(());
                    }
                    if let Some(slot) = self.local_target(name) {
                        let kind = self.viper_type(value);
                        self.evaluate_variable(value, slot)?;
                        self.store(name, slot, target.span)?;
                        if self.unit.viper.is_some() {
                            self.viper_assigned(name, kind);
                        }
                        return Ok(());
                    }
                }
                (ExprKind::Tuple(targets), ExprKind::Tuple(values)) if self.pairwise(targets, values)? => {
                    self.free_to(top);
                    return Ok(());
                }
                _ => {}
            }
        }
        // With several targets the first may change the variable that the value was read from.
        let from = if targets.len() == 1 { self.any(value)? } else { self.temp(value)? };
        for target in targets {
            self.assign(target, from)?;
        }
        self.free_to(top);
        Ok(())
    }

    /// `a, b = x, y` without making a tuple, if the forms allow it.
    #[inline(never)]
    fn pairwise(&mut self, targets: &'a [Expr<'s>], values: &'a [Expr<'s>]) -> Gen<bool> {
        let starred = |items: &[Expr]| items.iter().any(|e| matches!(e.kind, ExprKind::Starred(_)));
        if targets.len() != values.len() || targets.len() > 4 || starred(targets) || starred(values) {
            return Ok(false);
        }
        let top = self.unit.top;
        let Some((last_value, first_values)) = values.split_last() else { return Ok(false) };
        let base = self.unit.top as Slot;
        for value in first_values {
            self.temp(value)?;
        }
        // The last value can go straight to a variable: all the others have been read.
        let last_target = &targets[targets.len() - 1];
        let direct = match last_target.kind {
            ExprKind::Name(name)
                if targets
                    .iter()
                    .all(|t| matches!(t.kind, ExprKind::Name(n) if self.local_target(n).is_some()))
                    && targets[..targets.len() - 1]
                        .iter()
                        .all(|t| !matches!(t.kind, ExprKind::Name(n) if n == name)) =>
            {
                self.local_target(name)
            }
            _ => None,
        };
        match direct {
            Some(slot) => {
                self.evaluate_variable(last_value, slot)?;
                for (i, target) in targets[..targets.len() - 1].iter().enumerate() {
                    self.assign(target, base + i as Slot)?;
                }
                self.assign(last_target, slot)?;
            }
            None => {
                self.temp(last_value)?;
                for (i, target) in targets.iter().enumerate() {
                    self.assign(target, base + i as Slot)?;
                }
            }
        }
        self.free_to(top);
        Ok(true)
    }

    /// Stores the value in slot `from`.
    #[inline(never)]
    pub(super) fn assign(&mut self, target: &'a Expr<'s>, from: Slot) -> Gen {
        let top = self.unit.top;
        match &target.kind {
            ExprKind::Name(name) => self.store(name, from, target.span)?,
            ExprKind::Attribute(node) => {
                let object = self.any(&node.object)?;
                self.line(target.span);
                let name = self.mangled(node.name.name);
                self.unit.b.named(Op::SetAttr, object, from, 0, &name);
            }
            ExprKind::Subscript(object, index) if self.viper_store(object, index, from)? => {}
            ExprKind::Subscript(object, index) => {
                let object = self.any(object)?;
                let index = self.any(index)?;
                self.line(target.span);
                self.unit.b.abc(Op::SetItem, object, index, from);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => self.unpack(items, from, target.span)?,
            ExprKind::Starred(inner) => self.assign(inner, from)?,
            _ => return self.error(target.span, "cannot assign to this expression"),
        }
        self.free_to(top);
        Ok(())
    }

    fn unpack(&mut self, items: &'a [Expr<'s>], from: Slot, span: Span) -> Gen {
        let star = items.iter().position(|e| matches!(e.kind, ExprKind::Starred(_)));
        let base = match self.consecutive_targets(items) {
            Some(slot) if !(slot..slot + items.len() as Slot).contains(&from) => slot,
            _ => self.alloc_many(items.len(), span)?,
        };
        self.line(span);
        match star {
            Some(before) => {
                let after = items.len() - before - 1;
                self.unit.b.with_word(Op::UnpackEx, base, from, 0, before as u32 | (after as u32) << 8);
            }
            None => self.unit.b.abc(Op::Unpack, base, from, items.len() as u8),
        }
        for (i, item) in items.iter().enumerate() {
            self.assign(item, base + i as Slot)?;
        }
        Ok(())
    }

    /// The first slot, if the targets are variables that lie one after the other.
    fn consecutive_targets(&self, items: &[Expr<'s>]) -> Option<Slot> {
        let slot_of = |e: &Expr<'s>| match e.kind {
            ExprKind::Name(name) => self.local_target(name),
            _ => None,
        };
        let first = slot_of(items.first()?)?;
        let in_order = items.iter().enumerate().all(|(i, e)| slot_of(e) == Some(first + i as Slot));
        in_order.then_some(first)
    }

    /// `target op= value`
    #[inline(never)]
    pub(super) fn augmented(&mut self, target: &'a Expr<'s>, op: BinaryOp, value: &'a Expr<'s>) -> Gen {
        let top = self.unit.top;
        if self.unit.viper.is_some() && self.viper_augmented(target, op, value)? {
            self.free_to(top);
            return Ok(());
        }
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(slot) = self.local(name) {
                    self.inplace(slot, slot, op, value, target.span)?;
                    self.store(name, slot, target.span)?;
                } else {
                    let temp = self.alloc(target.span)?;
                    self.load(name, temp);
                    self.inplace(temp, temp, op, value, target.span)?;
                    self.store(name, temp, target.span)?;
                }
            }
            ExprKind::Attribute(node) => {
                let object = self.any(&node.object)?;
                let temp = self.alloc(target.span)?;
                self.line(target.span);
                let name = self.mangled(node.name.name);
                self.unit.b.named(Op::GetAttr, temp, object, 0, &name);
                self.inplace(temp, temp, op, value, target.span)?;
                self.unit.b.named(Op::SetAttr, object, temp, 0, &name);
            }
            ExprKind::Subscript(object, index) => {
                let object = self.any(object)?;
                let index = self.any(index)?;
                let temp = self.alloc(target.span)?;
                self.line(target.span);
                self.unit.b.abc(Op::GetItem, temp, object, index);
                self.inplace(temp, temp, op, value, target.span)?;
                self.unit.b.abc(Op::SetItem, object, index, temp);
            }
            _ => return self.error(target.span, "illegal expression for augmented assignment"),
        }
        self.free_to(top);
        Ok(())
    }

    #[inline(never)]
    fn inplace(&mut self, dest: Slot, left: Slot, op: BinaryOp, value: &'a Expr<'s>, span: Span) -> Gen {
        if let Some(value) = self.immediate_of(op, value) {
            self.line(span);
            self.unit.b.abc(Op::IAddImm, dest, left, value);
            return Ok(());
        }
        let right = self.any(value)?;
        self.line(span);
        self.unit.b.abc(inplace_op(op), dest, left, right);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn delete_target(&mut self, target: &'a Expr<'s>) -> Gen {
        let top = self.unit.top;
        self.line(target.span);
        match &target.kind {
            ExprKind::Name(name) => self.delete(name, target.span)?,
            ExprKind::Attribute(node) => {
                let object = self.any(&node.object)?;
                let name = self.mangled(node.name.name);
                self.unit.b.named(Op::DelAttr, object, 0, 0, &name);
            }
            ExprKind::Subscript(object, index) => {
                let object = self.any(object)?;
                let index = self.any(index)?;
                self.unit.b.ab(Op::DelItem, object, index);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for item in items {
                    self.delete_target(item)?;
                }
            }
            _ => return self.error(target.span, "cannot delete this expression"),
        }
        self.free_to(top);
        Ok(())
    }
}
