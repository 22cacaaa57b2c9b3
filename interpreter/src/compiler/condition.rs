//! Conditions: jumps instead of truth values wherever the form allows it.

use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Label, Op};
use crate::syntax::ast::*;

/// The compare-and-branch op: `wanted` is the outcome that jumps.
fn branch_op(op: CompareOp, wanted: bool, immediate: bool) -> Option<Op> {
    Some(match (op, wanted, immediate) {
        (CompareOp::Less, true, false) => Op::JLt,
        (CompareOp::LessEqual, true, false) => Op::JLe,
        (CompareOp::Greater, true, false) => Op::JGt,
        (CompareOp::GreaterEqual, true, false) => Op::JGe,
        (CompareOp::Equal, true, false) => Op::JEq,
        (CompareOp::NotEqual, true, false) => Op::JNe,
        (CompareOp::Less, false, false) => Op::JNLt,
        (CompareOp::LessEqual, false, false) => Op::JNLe,
        (CompareOp::Greater, false, false) => Op::JNGt,
        (CompareOp::GreaterEqual, false, false) => Op::JNGe,
        (CompareOp::Equal, false, false) => Op::JNEq,
        (CompareOp::NotEqual, false, false) => Op::JNNe,
        (CompareOp::Less, true, true) => Op::JLtImm,
        (CompareOp::LessEqual, true, true) => Op::JLeImm,
        (CompareOp::Greater, true, true) => Op::JGtImm,
        (CompareOp::GreaterEqual, true, true) => Op::JGeImm,
        (CompareOp::Equal, true, true) => Op::JEqImm,
        (CompareOp::NotEqual, true, true) => Op::JNeImm,
        (CompareOp::Less, false, true) => Op::JNLtImm,
        (CompareOp::LessEqual, false, true) => Op::JNLeImm,
        (CompareOp::Greater, false, true) => Op::JNGtImm,
        (CompareOp::GreaterEqual, false, true) => Op::JNGeImm,
        (CompareOp::Equal, false, true) => Op::JNEqImm,
        (CompareOp::NotEqual, false, true) => Op::JNNeImm,
        (CompareOp::Is, true, _) | (CompareOp::IsNot, false, _) => Op::JIs,
        (CompareOp::Is, false, _) | (CompareOp::IsNot, true, _) => Op::JIsNot,
        (CompareOp::In | CompareOp::NotIn, ..) => return None,
    })
}

impl<'a, 's> Codegen<'a, 's> {
    /// Jumps to `to` if the truth of `expr` is `wanted`, else goes on.
    pub(super) fn jump_if(&mut self, expr: &'a Expr<'s>, wanted: bool, to: Label) -> Gen {
        if let Some(truth) = self.known_truth(expr) {
            if truth == wanted {
                self.unit.b.jump(Op::Jump, 0, to);
            }
            return Ok(());
        }
        let top = self.unit.top;
        match &expr.kind {
            ExprKind::Unary(UnaryOp::Not, inner) => return self.jump_if(inner, !wanted, to),
            ExprKind::Bool(op, items) => return self.jump_if_bool(*op, items, wanted, to),
            ExprKind::Compare(left, rest) => self.jump_if_compare(expr, left, rest, wanted, to)?,
            _ => {
                let slot = self.any(expr)?;
                self.line(expr.span);
                self.unit.b.jump(if wanted { Op::JTrue } else { Op::JFalse }, slot, to);
            }
        }
        self.free_to(top);
        Ok(())
    }

    #[inline(never)]
    fn jump_if_bool(&mut self, op: BoolOp, items: &'a [Expr<'s>], wanted: bool, to: Label) -> Gen {
        // `a or b` is decided by the first true item, `a and b` by the first false one.
        let decides = op == BoolOp::Or;
        let Some((last, others)) = items.split_last() else { return Ok(()) };
        let skip = self.unit.b.label();
        let mut assigned = u64::MAX;
        for item in others {
            self.jump_if(item, decides, if decides == wanted { to } else { skip })?;
            assigned &= self.unit.assigned;
        }
        self.jump_if(last, wanted, to)?;
        self.unit.b.place(skip);
        self.unit.assigned &= assigned;
        Ok(())
    }

    #[inline(never)]
    fn jump_if_compare(
        &mut self,
        expr: &'a Expr<'s>,
        left: &'a Expr<'s>,
        rest: &'a [(CompareOp, Expr<'s>)],
        wanted: bool,
        to: Label,
    ) -> Gen {
        let Some((last, others)) = rest.split_last() else { return Ok(()) };
        let skip = self.unit.b.label();
        let mut left = self.any(left)?;
        let mut assigned = u64::MAX;
        for (op, right) in others {
            let right = self.any(right)?;
            self.line(expr.span);
            // A link that fails decides the whole chain.
            self.branch(*op, left, right, false, if wanted { skip } else { to })?;
            assigned &= self.unit.assigned;
            left = right;
        }
        let (op, right) = last;
        let known = self.fold(right);
        self.line(expr.span);
        match known {
            Some(Const::None) if matches!(op, CompareOp::Is | CompareOp::IsNot) => {
                let none = (*op == CompareOp::Is) == wanted;
                self.unit.b.jump(if none { Op::JNone } else { Op::JNotNone }, left, to);
            }
            Some(Const::Int(value @ -128..=127))
                if !matches!(op, CompareOp::Is | CompareOp::IsNot | CompareOp::In | CompareOp::NotIn) =>
            {
                if let Some(op) = branch_op(*op, wanted, true) {
                    self.unit.b.branch(op, left, value as i8 as u8, 0, to);
                }
            }
            _ => {
                let right = self.any(right)?;
                self.line(expr.span);
                self.branch(*op, left, right, wanted, to)?;
            }
        }
        self.unit.b.place(skip);
        self.unit.assigned &= assigned;
        Ok(())
    }

    fn branch(&mut self, op: CompareOp, left: u8, right: u8, wanted: bool, to: Label) -> Gen {
        match branch_op(op, wanted, false) {
            Some(op) => self.unit.b.branch(op, left, right, 0, to),
            None => {
                let temp = self.alloc(Span::default())?;
                self.compare(op, temp, left, right);
                self.unit.b.jump(if wanted { Op::JTrue } else { Op::JFalse }, temp, to);
            }
        }
        Ok(())
    }
}
