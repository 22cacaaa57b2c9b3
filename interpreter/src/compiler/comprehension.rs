//! Comprehensions run in the frame around them, with slots of their own for their variables;
//! generator expressions are functions.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::scope::ScopeKind;
use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Label, Op, Slot};
use crate::syntax::ast::*;

/// What becomes of a comprehension's elements; the slot is the collection's.
#[derive(Clone, Copy)]
enum Into {
    List(Slot),
    Set(Slot),
    Dict(Slot),
    Generator,
}

#[derive(Clone, Copy)]
struct Collect<'a, 's> {
    comp: &'a Comprehension<'s>,
    key: Span,
    into: Into,
}

impl<'a, 's> Codegen<'a, 's> {
    #[inline(never)]
    pub(super) fn comprehension(
        &mut self,
        expr: &'a Expr<'s>,
        comp: &'a Comprehension<'s>,
        dest: Slot,
    ) -> Gen {
        // The first iterable belongs to the scope outside.
        let state = self.alloc_many(2, expr.span)?;
        self.into(&comp.clauses[0].iter, state)?;
        let (op, into) = match expr.kind {
            ExprKind::ListComp(_) => (Op::BuildList, Into::List(dest)),
            ExprKind::SetComp(_) => (Op::BuildSet, Into::Set(dest)),
            _ => (Op::BuildDict, Into::Dict(dest)),
        };
        let (scope, vars) = self.enter_comprehension(expr.span, comp.clauses.len() > 1)?;
        self.line(expr.span);
        if comp.clauses[0].is_async {
            self.async_iterator(state, state, expr.span)?;
        } else {
            self.unit.b.ab(Op::GetIter, state, state);
        }
        self.unit.b.abc(op, dest, state, 0);
        let assigned = self.unit.assigned;
        self.clause(Collect { comp, key: expr.span, into }, 0, state)?;
        self.unit.assigned = assigned;
        self.scope = scope;
        self.unit.comp_vars.truncate(vars);
        Ok(())
    }

    /// Gives the comprehension's variables their slots; the scope and the variables before.
    #[inline(never)]
    fn enter_comprehension(&mut self, key: Span, nested: bool) -> Gen<(usize, usize)> {
        let before = (self.scope, self.unit.comp_vars.len());
        let scope = self.scopes.child(self.scope, key);
        debug_assert!(self.scopes.all[scope].kind == ScopeKind::Comprehension);
        let names: Vec<(Cow<'s, str>, bool)> = self.scopes.all[scope]
            .symbols
            .iter()
            .filter(|s| s.bound && !s.global && !s.nonlocal)
            .map(|s| (s.name.clone(), s.cell))
            .collect();
        self.scope = scope;
        for (name, cell) in names {
            let slot = self.alloc(key)?;
            self.unit.assigned &= !(1 << slot);
            if nested || cell {
                // A clause may read what only a later one sets.
                self.unit.b.ab(Op::Unbind, slot, 1);
            }
            if cell {
                self.unit.b.ab(Op::MakeCell, slot, slot);
            }
            self.unit.comp_vars.push((scope, name, slot));
        }
        Ok(before)
    }

    /// The loops from clause `i` inwards; `state` holds the iterator of this one.
    #[inline(never)]
    fn clause(&mut self, collect: Collect<'a, 's>, i: usize, state: Slot) -> Gen {
        let clause = &collect.comp.clauses[i];
        let (body, bottom) = (self.unit.b.label(), self.unit.b.label());
        let top = self.unit.top;
        if clause.is_async {
            let end = self.unit.b.label();
            self.unit.b.place(bottom);
            self.async_next(state, &clause.target, end)?;
            self.clause_body(collect, i, bottom)?;
            self.unit.b.jump(Op::Jump, 0, bottom);
            self.unit.b.place(end);
            self.free_to(top);
            return Ok(());
        }
        self.unit.b.jump(Op::Jump, 0, bottom);
        self.unit.b.place(body);
        let item = self.loop_target(&clause.target)?;
        self.free_to(top);
        self.clause_body(collect, i, bottom)?;
        self.unit.b.place(bottom);
        let window = self.window(3, collect.key)?;
        self.unit.b.branch(Op::ForIter, state, item, window, body);
        Ok(())
    }

    #[inline(never)]
    fn clause_body(&mut self, collect: Collect<'a, 's>, i: usize, next: Label) -> Gen {
        let Collect { comp, key, into } = collect;
        let top = self.unit.top;
        for condition in &comp.clauses[i].conditions {
            self.jump_if(condition, false, next)?;
        }
        if let Some(inner) = comp.clauses.get(i + 1) {
            let state = self.alloc_many(2, key)?;
            self.into(&inner.iter, state)?;
            self.line(inner.iter.span);
            if inner.is_async {
                self.async_iterator(state, state, inner.iter.span)?;
            } else {
                self.unit.b.ab(Op::GetIter, state, state);
            }
            self.clause(collect, i + 1, state)?;
            self.free_to(top);
            return Ok(());
        }
        let live = self.unit.top as u8;
        let element = self.any(&comp.element)?;
        match into {
            Into::Generator => {
                let sent = self.alloc(key)?;
                self.unit.b.abc(Op::Yield, sent, element, live);
            }
            Into::List(list) => self.unit.b.ab(Op::ListAppend, list, element),
            Into::Set(set) => self.unit.b.ab(Op::SetAdd, set, element),
            Into::Dict(dict) => {
                let value = match &comp.value {
                    Some(value) => self.any(value)?,
                    None => element,
                };
                self.unit.b.abc(Op::DictAdd, dict, element, value);
            }
        }
        self.free_to(top);
        Ok(())
    }

    /// The body of a generator expression: a function of the first iterator.
    #[inline(never)]
    pub(super) fn generator_body(&mut self, key: Span, comp: &'a Comprehension<'s>) -> Gen {
        let state = self.alloc_many(2, key)?;
        if comp.clauses[0].is_async {
            self.async_iterator(state, 0, key)?;
        } else {
            self.unit.b.ab(Op::GetIter, state, 0);
        }
        self.clause(Collect { comp, key, into: Into::Generator }, 0, state)?;
        self.unit.b.a(Op::ReturnNone, 0);
        Ok(())
    }

    /// The slot an iteration puts its item into, with the code that takes it apart from there:
    /// call it where the loop's body starts.
    pub(super) fn loop_target(&mut self, target: &'a Expr<'s>) -> Gen<Slot> {
        if let ExprKind::Name(name) = target.kind
            && let Some(slot) = self.local_target(name)
        {
            self.store(name, slot, target.span)?;
            return Ok(slot);
        }
        // The window of the loop's bottom may lie on it: the item is taken from there at once.
        let item = self.alloc(target.span)?;
        self.assign(target, item)?;
        Ok(item)
    }

    /// `state = aiter(from)`.
    pub(super) fn async_iterator(&mut self, state: Slot, from: Slot, span: Span) -> Gen {
        let top = self.unit.top;
        self.call_method(state, from, "__aiter__", &[], span)?;
        self.free_to(top);
        Ok(())
    }

    /// `dest = object.name(args)` with values that are in slots.
    #[inline(never)]
    pub(super) fn call_method(
        &mut self,
        dest: Slot,
        object: Slot,
        name: &str,
        args: &[Slot],
        span: Span,
    ) -> Gen {
        let top = self.unit.top;
        let base = self.alloc_many(4 + args.len(), span)?;
        self.move_to(base + 3, object);
        for (i, arg) in args.iter().enumerate() {
            self.move_to(base + 4 + i as Slot, *arg);
        }
        self.unit.b.named(Op::CallMethod, base, args.len() as u8, 0, name);
        self.move_to(dest, base);
        self.free_to(top);
        Ok(())
    }

    /// One step of an asynchronous loop: the next item to `target`, or a jump to `end`.
    #[inline(never)]
    pub(super) fn async_next(&mut self, state: Slot, target: &'a Expr<'s>, end: Label) -> Gen {
        let top = self.unit.top;
        let go_on = self.unit.b.label();
        // The exception's slots: the one handled before is kept in the second.
        let exception = self.alloc_many(2, target.span)?;
        let item = self.alloc(target.span)?;
        let start = self.unit.b.here();
        self.call_method(item, state, "__anext__", &[], target.span)?;
        self.await_slot(item, item, target.span)?;
        let stop = self.unit.b.here();
        self.unit.b.jump(Op::Jump, 0, go_on);
        let handler = self.unit.b.here();
        self.unit.b.handler(start, stop, handler, exception);
        let class = self.alloc(target.span)?;
        self.constant(class, Const::Builtin("StopAsyncIteration"));
        let other = self.unit.b.label();
        self.unit.b.a(Op::EnterHandler, exception);
        self.unit.b.branch(Op::JNotExc, exception, class, 0, other);
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.jump(Op::Jump, 0, end);
        self.unit.b.place(other);
        self.unit.b.a(Op::LeaveHandler, exception);
        self.unit.b.a(Op::Reraise, exception);
        self.unit.b.place(go_on);
        self.assign(target, item)?;
        self.free_to(top);
        Ok(())
    }
}
