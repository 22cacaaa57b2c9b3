//! `except*`: each clause takes its part of a group; what is left, and what the clauses raise, is raised behind them.
//!
//! What a clause takes and what comes of it all is worked out by two native functions (`objects/exception_group.rs`).

use super::unit::{Codegen, Gen};
use super::unwind::Block;
use crate::bytecode::{Const, Op, Slot};
use crate::syntax::ast::*;

impl<'a, 's> Codegen<'a, 's> {
    #[inline(never)]
    pub(super) fn try_star(&mut self, node: &'a Try<'s>) -> Gen {
        let top = self.unit.top;
        let before = self.unit.assigned;
        let end = self.unit.b.label();
        let cover = self.cover();
        self.unit.blocks.push(Block::Try(cover));
        self.block(&node.body)?;
        let cover = self.pop_cover();
        let body_end = self.unit.b.here();
        self.block(&node.orelse)?;
        let mut after = self.unit.assigned;
        if after != u64::MAX {
            self.unit.b.jump(Op::Jump, 0, end);
        }
        self.unit.assigned = before;
        let none = Span::default();
        let exception = self.alloc_many(3, none)?;
        let handler = self.unit.b.here();
        self.uncover_at(cover, body_end, handler, exception);
        self.unit.b.a(Op::EnterHandler, exception);
        let outer = self.cover();
        self.unit.blocks.push(Block::Handler(outer, exception, None));
        // What lies above the slot of a caught exception is lost, so the rest lies below those of the clauses.
        let (left, raised) = (self.alloc(none)?, self.alloc(none)?);
        self.move_to(left, exception);
        self.unit.b.abc(Op::BuildList, raised, raised, 0);
        for clause in &node.handlers {
            self.unit.assigned = before;
            self.star_clause(clause, left, raised)?;
        }
        after &= before;
        // What is to be raised after all, in a window of its own.
        let base = self.alloc_many(3, none)?;
        self.constant(base + 2, Const::Builtin("__except_star_end__"));
        for from in [exception, left, raised] {
            let slot = self.alloc(none)?;
            self.move_to(slot, from);
        }
        self.unit.b.ab(Op::Call, base, 3);
        let cover = self.pop_cover();
        let stop = self.unit.b.here();
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.jump(Op::JNone, base, end);
        self.unit.b.a(Op::Reraise, base);
        let here = self.unit.b.here();
        self.uncover_at(cover, stop, here, exception + 2);
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.a(Op::Reraise, exception + 2);
        self.unit.b.place(end);
        self.free_to(top);
        self.unit.assigned = after;
        Ok(())
    }

    #[inline(never)]
    fn star_clause(&mut self, clause: &'a Handler<'s>, left: Slot, raised: Slot) -> Gen {
        let top = self.unit.top;
        let next = self.unit.b.label();
        let none = Span::default();
        self.unit.b.jump(Op::JNone, left, next);
        // The group for the body and what was handled before; an exception of the body and what it handled.
        let caught = self.alloc_many(2, none)?;
        let failed = self.alloc_many(2, none)?;
        let base = self.alloc_many(3, none)?;
        self.constant(base + 2, Const::Builtin("__except_star__"));
        let slot = self.alloc(none)?;
        self.move_to(slot, left);
        if let Some(kind) = &clause.kind {
            self.line(kind.span);
            self.temp(kind)?;
        }
        self.unit.b.ab(Op::Call, base, 2);
        self.unit.b.abc(Op::Unpack, base, base, 2);
        self.move_to(caught, base);
        self.move_to(left, base + 1);
        self.free_to(u16::from(base));
        self.unit.b.jump(Op::JNone, caught, next);
        self.unit.b.a(Op::EnterHandler, caught);
        let cover = self.cover();
        self.unit.blocks.push(Block::Try(cover));
        self.unit.blocks.push(Block::Star);
        if let Some(name) = clause.name {
            self.store(name.name, caught, name.span)?;
        }
        self.block(&clause.body)?;
        self.unit.blocks.pop();
        let cover = self.pop_cover();
        let body_end = self.unit.b.here();
        let live = self.unit.assigned;
        if live != u64::MAX {
            self.unit.b.a(Op::LeaveHandler, caught);
            if let Some(name) = clause.name {
                self.end_handler_name(name)?;
            }
            self.unit.b.jump(Op::Jump, 0, next);
        }
        let here = self.unit.b.here();
        self.uncover_at(cover, body_end, here, failed);
        self.unit.b.a(Op::LeaveHandler, caught);
        if let Some(name) = clause.name {
            self.end_handler_name(name)?;
        }
        self.unit.b.ab(Op::ListAppend, raised, failed);
        self.unit.b.ab(Op::ListAppend, raised, caught);
        self.unit.b.place(next);
        self.free_to(top);
        Ok(())
    }
}
