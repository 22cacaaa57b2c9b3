//! Constants that a function's loops use over and over get slots, loaded once at its start.

use alloc::vec::Vec;

use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Slot};
use crate::syntax::ast::*;

/// Slots for constants in one function.
const MOST: usize = 8;
/// Slots that variables and pinned constants may take together; calls and temporaries need the rest.
const ROOM: usize = 44;

/// Constants used as operands in loops, with how often.
struct Counter<'c, 'a, 's> {
    codegen: &'c Codegen<'a, 's>,
    found: Vec<(Const, u32)>,
    /// Loops around the place being looked at.
    depth: u32,
}

impl<'s> Counter<'_, '_, 's> {
    fn block(&mut self, block: &[Stmt<'s>]) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn body(&mut self, block: &[Stmt<'s>]) {
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
    }

    fn stmt(&mut self, stmt: &Stmt<'s>) {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Assign(targets, value) => {
                targets.iter().for_each(|t| self.expr(t));
                // A name takes a constant where it is.
                if matches!(&targets[..], [target] if matches!(target.kind, ExprKind::Name(_))) {
                    self.expr(value);
                } else {
                    self.operand(value);
                }
            }
            StmtKind::AugAssign(target, op, value) => {
                self.expr(target);
                if self.codegen.immediate_of(*op, value).is_none() {
                    self.operand(value);
                }
            }
            StmtKind::AnnAssign(_, _, Some(value)) => self.expr(value),
            StmtKind::Return(Some(value)) => self.expr(value),
            StmtKind::Assert(test, _) => self.expr(test),
            StmtKind::If(branches, orelse) => {
                for branch in branches {
                    self.expr(&branch.test);
                    self.block(&branch.body);
                }
                self.block(orelse);
            }
            StmtKind::While(test, body, orelse) => {
                self.depth += 1;
                self.expr(test);
                self.depth -= 1;
                self.body(body);
                self.block(orelse);
            }
            StmtKind::For(node) => {
                self.expr(&node.iter);
                self.body(&node.body);
                self.block(&node.orelse);
            }
            StmtKind::With(node) => {
                node.items.iter().for_each(|(manager, _)| self.expr(manager));
                self.block(&node.body);
            }
            StmtKind::Try(node) => {
                self.block(&node.body);
                self.block(&node.orelse);
                self.block(&node.finally);
            }
            _ => {}
        }
    }

    /// A value that an instruction takes from any slot.
    fn operand(&mut self, expr: &Expr<'s>) {
        if self.depth > 0
            && let Some(value) = self.codegen.fold(expr)
        {
            if matches!(value, Const::Int(_) | Const::Float(_) | Const::Str(_) | Const::Bytes(_)) {
                self.count(value);
            }
            return;
        }
        self.expr(expr);
    }

    fn count(&mut self, value: Const) {
        match self.found.iter_mut().find(|f| f.0.is_same(&value)) {
            Some(found) => found.1 += self.depth,
            None => self.found.push((value, self.depth)),
        }
    }

    fn expr(&mut self, expr: &Expr<'s>) {
        match &expr.kind {
            ExprKind::Unary(_, value) | ExprKind::Await(value) | ExprKind::Starred(value) => self.expr(value),
            ExprKind::Binary(op, left, right) => {
                self.operand(left);
                if self.codegen.immediate_of(*op, right).is_none() {
                    self.operand(right);
                }
            }
            ExprKind::Bool(_, items)
            | ExprKind::Tuple(items)
            | ExprKind::List(items)
            | ExprKind::Set(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Compare(left, rest) => {
                self.operand(left);
                for (_, right) in rest {
                    // Branches have room for small ones.
                    if !matches!(self.codegen.fold(right), Some(Const::Int(-128..=127))) {
                        self.operand(right);
                    }
                }
            }
            ExprKind::If(parts) => {
                self.expr(&parts.test);
                self.expr(&parts.body);
                self.expr(&parts.orelse);
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                for arg in args {
                    match arg {
                        Arg::Positional(value)
                        | Arg::Star(value)
                        | Arg::Keyword(_, value)
                        | Arg::DoubleStar(value) => self.expr(value),
                    }
                }
            }
            ExprKind::Attribute(node) => self.expr(&node.object),
            ExprKind::Subscript(object, index) => {
                self.expr(object);
                self.operand(index);
            }
            ExprKind::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step].into_iter().flatten() {
                    self.expr(part);
                }
            }
            ExprKind::Named(node) => self.expr(&node.value),
            ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::DictComp(comp) => {
                self.depth += 1;
                self.expr(&comp.element);
                comp.value.iter().for_each(|value| self.expr(value));
                comp.clauses.iter().flat_map(|c| &c.conditions).for_each(|c| self.expr(c));
                self.depth -= 1;
            }
            _ => {}
        }
    }
}

impl<'a, 's> Codegen<'a, 's> {
    /// Gives slots to the constants that the loops of a function's body use, and loads them.
    #[inline(never)]
    pub(super) fn pin_constants(&mut self, body: &'a [Stmt<'s>]) -> Gen {
        // What a generator keeps in slots it copies whenever it goes on.
        if self.scopes.all[self.unit.scope].generator || !has_loop(body) {
            return Ok(());
        }
        let mut counter = Counter { codegen: self, found: Vec::new(), depth: 0 };
        counter.block(body);
        let mut found = counter.found;
        found.sort_by_key(|f| core::cmp::Reverse(f.1));
        found.truncate(MOST.min(ROOM.saturating_sub(usize::from(self.unit.first_temp))));
        for (value, _) in found {
            let slot = self.alloc(Span::default())?;
            self.unit.first_temp = self.unit.top;
            self.unit.b.proto.slot_names.push(".const".into());
            self.constant(slot, value.clone());
            self.unit.pins.push((value, slot));
        }
        Ok(())
    }

    /// The slot where this value lies since the function's start.
    pub(super) fn pinned(&self, expr: &Expr<'s>) -> Option<Slot> {
        if self.unit.pins.is_empty() {
            return None;
        }
        let value = self.fold(expr)?;
        self.unit.pins.iter().find(|p| p.0.is_same(&value)).map(|p| p.1)
    }
}

fn has_loop(block: &[Stmt<'_>]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::While(..) | StmtKind::For(_) => true,
        StmtKind::If(branches, orelse) => branches.iter().any(|b| has_loop(&b.body)) || has_loop(orelse),
        StmtKind::With(node) => has_loop(&node.body),
        StmtKind::Try(node) => has_loop(&node.body) || has_loop(&node.orelse),
        _ => false,
    })
}
