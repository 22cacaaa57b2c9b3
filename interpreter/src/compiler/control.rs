//! Branches, loops, `try` and `with`.

use super::names::Variable;
use super::unit::{Codegen, Gen};
use super::unwind::{Block, Cover, Loop};
use crate::bytecode::{Const, Label, Op, Slot};
use crate::syntax::ast::*;

/// Whether a `:=` occurs in a condition: then it is generated before the loop's body.
fn binds(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Named(..) => true,
        ExprKind::Unary(_, e) | ExprKind::Await(e) => binds(e),
        ExprKind::Attribute(node) => binds(&node.object),
        ExprKind::Binary(_, a, b) | ExprKind::Subscript(a, b) => binds(a) || binds(b),
        ExprKind::Bool(_, items) => items.iter().any(binds),
        ExprKind::Compare(a, rest) => binds(a) || rest.iter().any(|(_, e)| binds(e)),
        ExprKind::Name(_) | ExprKind::Int(_) | ExprKind::True | ExprKind::False | ExprKind::None => false,
        ExprKind::Call(f, args) => {
            binds(f)
                || args.iter().any(|a| match a {
                    Arg::Positional(e) | Arg::Star(e) | Arg::Keyword(_, e) | Arg::DoubleStar(e) => binds(e),
                })
        }
        // Rare forms: as if they did.
        _ => true,
    }
}

impl<'a, 's> Codegen<'a, 's> {
    #[inline(never)]
    pub(super) fn if_statement(&mut self, branches: &'a [Branch<'s>], orelse: &'a [Stmt<'s>]) -> Gen {
        let end = self.unit.b.label();
        let mut after = u64::MAX;
        for (i, branch) in branches.iter().enumerate() {
            self.line(branch.test.span);
            if self.jumps_out(branch)? {
                continue;
            }
            let next = self.unit.b.label();
            self.jump_if(&branch.test, false, next)?;
            let assigned = self.unit.assigned;
            self.block(&branch.body)?;
            after &= self.unit.assigned;
            let last = i + 1 == branches.len() && orelse.is_empty();
            if !last && !self.is_unreachable() {
                self.unit.b.jump(Op::Jump, 0, end);
            }
            self.unit.b.place(next);
            self.unit.assigned = assigned;
        }
        self.block(orelse)?;
        self.unit.b.place(end);
        self.unit.assigned &= after;
        Ok(())
    }

    /// `if test: break` or `continue`, as one jump; false if it is another branch or there is something to do first.
    fn jumps_out(&mut self, branch: &'a Branch<'s>) -> Gen<bool> {
        let (breaks, Some(Block::Loop(target))) = (
            match branch.body[..] {
                [Stmt { kind: StmtKind::Break, .. }] => true,
                [Stmt { kind: StmtKind::Continue, .. }] => false,
                _ => return Ok(false),
            },
            self.unit.blocks.last(),
        ) else {
            return Ok(false);
        };
        let to = if breaks { target.break_to } else { target.continue_to };
        self.jump_if(&branch.test, true, to)?;
        let assigned = self.unit.assigned;
        if let (true, Some(Block::Loop(target))) = (breaks, self.unit.blocks.last_mut()) {
            target.break_state &= assigned;
        }
        Ok(true)
    }

    // Loops

    fn push_loop(&mut self, break_to: Label, continue_to: Label) {
        self.unit.blocks.push(Block::Loop(Loop { break_to, continue_to, break_state: u64::MAX }));
    }

    fn pop_loop(&mut self) -> u64 {
        match self.unit.blocks.pop() {
            Some(Block::Loop(l)) => l.break_state,
            _ => u64::MAX,
        }
    }

    #[inline(never)]
    pub(super) fn while_statement(
        &mut self,
        test: &'a Expr<'s>,
        body: &'a [Stmt<'s>],
        orelse: &'a [Stmt<'s>],
    ) -> Gen {
        let known = self.known_truth(test);
        let (start, again, end) = (self.unit.b.label(), self.unit.b.label(), self.unit.b.label());
        let exit = self.unit.b.label();
        let exits;
        let before = self.unit.assigned;
        self.push_loop(end, again);
        if known == Some(true) {
            self.unit.b.place(start);
            self.unit.b.place(again);
            self.block(body)?;
            self.unit.b.jump(Op::Jump, 0, again);
            exits = u64::MAX;
        } else if binds(test) || known == Some(false) {
            self.unit.b.place(start);
            self.unit.b.place(again);
            self.line(test.span);
            self.jump_if(test, false, exit)?;
            exits = self.unit.assigned;
            self.block(body)?;
            self.unit.b.jump(Op::Jump, 0, again);
        } else {
            self.unit.b.jump(Op::Jump, 0, again);
            self.unit.b.place(start);
            self.block(body)?;
            self.unit.b.place(again);
            self.unit.assigned = before;
            self.line(test.span);
            self.jump_if(test, true, start)?;
            exits = before;
        }
        self.unit.b.place(exit);
        let breaks = self.pop_loop();
        self.unit.assigned = exits;
        self.block(orelse)?;
        self.unit.b.place(end);
        self.unit.assigned &= breaks;
        Ok(())
    }

    #[inline(never)]
    pub(super) fn for_statement(&mut self, node: &'a For<'s>) -> Gen {
        let top = self.unit.top;
        let (start, again, end) = (self.unit.b.label(), self.unit.b.label(), self.unit.b.label());
        if node.is_async {
            return self.async_for(node);
        }
        let range = self.range_loop(&node.iter)?;
        let state = match range {
            Some(state) => state,
            None => {
                let state = self.alloc_many(2, node.iter.span)?;
                let from = self.any(&node.iter)?;
                self.line(node.iter.span);
                self.unit.b.ab(Op::GetIter, state, from);
                self.free_to(u16::from(state) + 2);
                state
            }
        };
        let before = self.unit.assigned;
        let inner = self.unit.top;
        self.push_loop(end, again);
        self.unit.b.jump(Op::Jump, 0, again);
        self.unit.b.place(start);
        self.line(node.target.span);
        let item = self.loop_target(&node.target)?;
        if let (Some(_), ExprKind::Name(name)) = (range, &node.target.kind) {
            self.viper_assigned(name, super::viper::Type::Int);
        }
        self.free_to(inner);
        self.block(&node.body)?;
        self.unit.b.place(again);
        self.line(node.target.span);
        let window = self.window(3, node.iter.span)?;
        let op = if range.is_some() { Op::ForRange } else { Op::ForIter };
        self.unit.b.branch(op, state, item, window, start);
        let breaks = self.pop_loop();
        self.free_to(top);
        self.unit.assigned = before;
        self.block(&node.orelse)?;
        self.unit.b.place(end);
        self.unit.assigned &= breaks;
        Ok(())
    }

    /// `range(…)` with one to three plain arguments, prepared as a counting loop: its state.
    #[inline(never)]
    fn range_loop(&mut self, iter: &'a Expr<'s>) -> Gen<Option<Slot>> {
        let ExprKind::Call(callee, args) = &iter.kind else { return Ok(None) };
        let plain = matches!(args.len(), 1..=3) && args.iter().all(|a| matches!(a, Arg::Positional(_)));
        if !plain
            || !matches!(callee.kind, ExprKind::Name("range"))
            || !matches!(self.variable("range"), Variable::Global)
        {
            return Ok(None);
        }
        let state = self.alloc_many(3, iter.span)?;
        let range = self.alloc(iter.span)?;
        self.line(iter.span);
        self.load_global("range", range);
        // One argument is the stop.
        let first = if args.len() == 1 { 1 } else { 0 };
        for (i, arg) in args.iter().enumerate() {
            if let Arg::Positional(value) = arg {
                self.into(value, state + first + i as Slot)?;
            }
        }
        if args.len() == 1 {
            self.constant(state, Const::Int(0));
        }
        if args.len() < 3 {
            self.constant(state + 2, Const::Int(1));
        }
        self.line(iter.span);
        self.unit.b.abc(Op::RangeInit, state, range, args.len() as u8);
        self.free_to(u16::from(state) + 3);
        Ok(Some(state))
    }

    #[inline(never)]
    fn async_for(&mut self, node: &'a For<'s>) -> Gen {
        let top = self.unit.top;
        let (again, end, exhausted) = (self.unit.b.label(), self.unit.b.label(), self.unit.b.label());
        let state = self.alloc(node.iter.span)?;
        let from = self.any(&node.iter)?;
        self.line(node.iter.span);
        self.async_iterator(state, from, node.iter.span)?;
        self.free_to(u16::from(state) + 1);
        let before = self.unit.assigned;
        self.push_loop(end, again);
        self.unit.b.place(again);
        self.line(node.target.span);
        self.async_next(state, &node.target, exhausted)?;
        self.block(&node.body)?;
        self.unit.b.jump(Op::Jump, 0, again);
        self.unit.b.place(exhausted);
        let breaks = self.pop_loop();
        self.free_to(top);
        self.unit.assigned = before;
        self.block(&node.orelse)?;
        self.unit.b.place(end);
        self.unit.assigned &= breaks;
        Ok(())
    }

    // try

    #[inline(never)]
    pub(super) fn try_statement(&mut self, node: &'a Try<'s>) -> Gen {
        if node.finally.is_empty() {
            return self.try_handlers(node);
        }
        let top = self.unit.top;
        let before = self.unit.assigned;
        let end = self.unit.b.label();
        let cover = self.cover();
        self.unit.blocks.push(Block::Finally(cover, &node.finally));
        if node.handlers.is_empty() {
            self.block(&node.body)?;
        } else {
            self.try_handlers(node)?;
        }
        let cover = self.pop_cover();
        let exception = self.alloc_many(3, Span::default())?;
        let after = self.unit.assigned;
        let normal_start = self.unit.b.here();
        self.free_to(top);
        // The way without exception.
        if after != u64::MAX {
            self.block(&node.finally)?;
            if !self.is_unreachable() {
                self.unit.b.jump(Op::Jump, 0, end);
            }
        }
        let after = self.unit.assigned;
        // The way of an exception.
        self.free_to(u16::from(exception) + 3);
        self.unit.assigned = before;
        let handler = self.unit.b.here();
        self.uncover_at(cover, normal_start, handler, exception);
        self.unit.b.a(Op::EnterHandler, exception);
        let inner = self.cover();
        self.unit.blocks.push(Block::Handler(inner, exception, None));
        self.block(&node.finally)?;
        let inner = self.pop_cover();
        let stop = self.unit.b.here();
        if !self.is_unreachable() {
            self.unit.b.a(Op::LeaveHandler, exception);
            self.unit.b.a(Op::Reraise, exception);
        }
        self.leave_handler_on_error(inner, stop, exception);
        self.unit.b.place(end);
        self.free_to(top);
        self.unit.assigned = after;
        Ok(())
    }

    /// The code that ends a handler, covered up to word `stop`, when an exception leaves it.
    #[inline(never)]
    fn leave_handler_on_error(&mut self, cover: Cover, stop: u32, exception: Slot) {
        let here = self.unit.b.here();
        self.uncover_at(cover, stop, here, exception + 2);
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.a(Op::Reraise, exception + 2);
    }

    fn try_handlers(&mut self, node: &'a Try<'s>) -> Gen {
        if node.star { self.try_star(node) } else { self.try_except(node) }
    }

    #[inline(never)]
    fn try_except(&mut self, node: &'a Try<'s>) -> Gen {
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
        let exception = self.alloc_many(3, Span::default())?;
        let handler = self.unit.b.here();
        self.uncover_at(cover, body_end, handler, exception);
        self.unit.b.a(Op::EnterHandler, exception);
        let outer = self.cover();
        self.unit.blocks.push(Block::Handler(outer, exception, None));
        for clause in &node.handlers {
            let next = self.unit.b.label();
            self.unit.assigned = before;
            if let Some(kind) = &clause.kind {
                self.line(kind.span);
                let inner = self.unit.top;
                let class = self.any(kind)?;
                self.unit.b.branch(Op::JNotExc, exception, class, 0, next);
                self.free_to(inner);
            }
            self.handler_body(clause, exception)?;
            if !self.is_unreachable() {
                self.unit.b.jump(Op::Jump, 0, end);
            }
            after &= self.unit.assigned;
            self.unit.b.place(next);
        }
        let cover = self.pop_cover();
        let stop = self.unit.b.here();
        if node.handlers.last().is_some_and(|h| h.kind.is_some()) {
            self.unit.b.a(Op::LeaveHandler, exception);
            self.unit.b.a(Op::Reraise, exception);
        }
        self.leave_handler_on_error(cover, stop, exception);
        self.unit.b.place(end);
        self.free_to(top);
        self.unit.assigned = after;
        Ok(())
    }

    /// The body of a matching clause, and the end of the handler where it ends normally.
    #[inline(never)]
    fn handler_body(&mut self, clause: &'a Handler<'s>, exception: Slot) -> Gen {
        let Some(name) = clause.name else {
            self.block(&clause.body)?;
            if !self.is_unreachable() {
                self.end_handler(exception);
            }
            return Ok(());
        };
        self.store(name.name, exception, name.span)?;
        // The clause has a cover of its own in place of the one around all clauses.
        let outer = self.pop_cover();
        let outer = self.suspend(outer);
        let cover = self.cover();
        self.unit.blocks.push(Block::Handler(cover, exception, Some(name)));
        self.block(&clause.body)?;
        let cover = self.pop_cover();
        let live = self.unit.assigned;
        let over = self.unit.b.label();
        let end = self.unit.b.here();
        if live != u64::MAX {
            self.end_handler(exception);
            self.end_handler_name(name)?;
            self.unit.b.jump(Op::Jump, 0, over);
        }
        let here = self.unit.b.here();
        self.uncover_at(cover, end, here, exception + 2);
        let assigned = core::mem::replace(&mut self.unit.assigned, live);
        self.unit.b.a(Op::LeaveHandler, exception);
        self.end_handler_name(name)?;
        self.unit.b.a(Op::Reraise, exception + 2);
        self.unit.b.place(over);
        self.unit.assigned = if live == u64::MAX { live } else { assigned };
        let outer = self.resume(outer);
        self.unit.blocks.push(Block::Handler(outer, exception, None));
        Ok(())
    }

    fn end_handler(&mut self, exception: Slot) {
        self.unit.b.a(Op::LeaveHandler, exception);
    }

    // with

    pub(super) fn with_statement(&mut self, node: &'a With<'s>) -> Gen {
        self.with_items(&node.items, &node.body, node.is_async)
    }

    #[inline(never)]
    fn with_items(
        &mut self,
        items: &'a [(BoxExpr<'s>, Option<BoxExpr<'s>>)],
        body: &'a [Stmt<'s>],
        is_async: bool,
    ) -> Gen {
        let Some(((manager, target), rest)) = items.split_first() else { return self.block(body) };
        let top = self.unit.top;
        let span = manager.span;
        let end = self.unit.b.label();
        let exit = self.alloc(span)?;
        let inner = self.unit.top;
        let object = self.any(manager)?;
        self.line(span);
        self.unit.b.ab(if is_async { Op::AsyncWithExit } else { Op::WithExit }, exit, object);
        let value = self.alloc(span)?;
        self.call_method(value, object, if is_async { "__aenter__" } else { "__enter__" }, &[], span)?;
        if is_async {
            self.await_slot(value, value, span)?;
        }
        let before = self.unit.assigned;
        let cover = self.cover();
        self.unit.blocks.push(Block::With(cover, exit, is_async));
        if let Some(target) = target {
            self.assign(target, value)?;
        }
        self.free_to(inner);
        self.with_items(rest, body, is_async)?;
        let cover = self.pop_cover();
        let after = self.unit.assigned;
        let covered = self.unit.b.here();
        if after != u64::MAX {
            self.line(span);
            self.exit_normally(exit, is_async)?;
            self.unit.b.jump(Op::Jump, 0, end);
        }
        // An exception: __exit__ sees it and may end it.
        self.unit.assigned = before;
        let exception = self.alloc_many(3, span)?;
        let handler = self.unit.b.here();
        self.uncover_at(cover, covered, handler, exception);
        self.line(span);
        self.unit.b.a(Op::EnterHandler, exception);
        let cover = self.cover();
        let result = self.alloc(span)?;
        let base = self.window_base(result, span)?;
        let callee = self.alloc(span)?;
        self.move_to(callee, exit);
        let info = self.alloc_many(3, span)?;
        self.unit.b.ab(Op::ExcInfo, info, exception);
        self.unit.b.ab(Op::Call, base, 3);
        self.move_to(result, base);
        self.free_to(u16::from(result) + 1);
        if is_async {
            self.await_slot(result, result, span)?;
        }
        let suppressed = self.unit.b.label();
        self.unit.b.jump(Op::JTrue, result, suppressed);
        let stop = self.unit.b.here();
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.a(Op::Reraise, exception);
        self.leave_handler_on_error(cover, stop, exception);
        self.unit.b.place(suppressed);
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.place(end);
        self.free_to(top);
        // The exception may have come before anything in the body was assigned.
        self.unit.assigned = after & before;
        Ok(())
    }

    /// Calls `exit(None, None, None)`.
    pub(super) fn exit_normally(&mut self, exit: Slot, is_async: bool) -> Gen {
        let top = self.unit.top;
        let base = self.alloc_many(6, Span::default())?;
        self.move_to(base + 2, exit);
        for i in 3..6 {
            self.unit.b.a(Op::LoadNone, base + i);
        }
        self.unit.b.ab(Op::Call, base, 3);
        if is_async {
            self.free_to(u16::from(base) + 1);
            self.await_slot(base, base, Span::default())?;
        }
        self.free_to(top);
        Ok(())
    }
}
