//! Calls: the window is built in place at the top of the frame.

use alloc::vec::Vec;

use super::names::Variable;
use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Op, Slot};
use crate::syntax::ast::*;

/// Free slots that must remain above a window's arguments to evaluate the last of them.
const RESERVE: usize = 8;

impl<'a, 's> Codegen<'a, 's> {
    /// Where a call's window starts: at `dest` if that is the topmost temporary, so that the
    /// result needs no move.
    pub(super) fn window_base(&mut self, dest: Slot, span: Span) -> Gen<Slot> {
        let slot = u16::from(dest);
        if slot + 1 == self.unit.top && slot >= self.unit.first_temp {
            self.alloc(span)?;
            Ok(dest)
        } else {
            self.alloc_many(2, span)
        }
    }

    pub(super) fn call(
        &mut self,
        expr: &'a Expr<'s>,
        callee: &'a Expr<'s>,
        args: &'a [Arg<'s>],
        dest: Slot,
    ) -> Gen {
        let base = self.window_base(dest, expr.span)?;
        let keywords = args.iter().filter(|a| matches!(a, Arg::Keyword(..))).count();
        let plain = !args.iter().any(|a| matches!(a, Arg::Star(_) | Arg::DoubleStar(_)))
            && args.len() + keywords + RESERVE < self.room();
        if !plain {
            let slot = self.alloc(expr.span)?;
            self.into(callee, slot)?;
            self.unpacked(expr.span, args, slot)?;
            self.line(expr.span);
            self.unit.b.a(Op::CallEx, base);
            self.move_to(dest, base);
            return Ok(());
        }
        let positional = (args.len() - keywords) as u8;
        if let ExprKind::Attribute(object, name) = &callee.kind {
            self.alloc(expr.span)?;
            let receiver = self.alloc(expr.span)?;
            self.into(object, receiver)?;
            self.arguments(args)?;
            self.line(expr.span);
            let name = self.mangled(name.name);
            let op = if keywords > 0 { Op::CallMethodKw } else { Op::CallMethod };
            self.unit.b.named(op, base, positional, keywords as u8, &name);
        } else {
            let slot = self.alloc(expr.span)?;
            self.into(callee, slot)?;
            let extra = self.super_arguments(callee, args, expr.span)?;
            self.arguments(args)?;
            self.line(expr.span);
            if keywords > 0 {
                self.unit.b.abc(Op::CallKw, base, positional, keywords as u8);
            } else {
                self.unit.b.ab(Op::Call, base, positional + extra);
            }
        }
        self.move_to(dest, base);
        Ok(())
    }

    /// Evaluates positional arguments, then (name, value) pairs, into consecutive slots.
    fn arguments(&mut self, args: &'a [Arg<'s>]) -> Gen {
        for arg in args {
            match arg {
                Arg::Positional(value) => {
                    self.temp(value)?;
                }
                Arg::Keyword(name, value) => {
                    let slot = self.alloc(name.span)?;
                    let name = self.mangled(name.name);
                    self.constant(slot, Const::Str(name.into()));
                    self.temp(value)?;
                }
                Arg::Star(_) | Arg::DoubleStar(_) => {}
            }
        }
        Ok(())
    }

    /// What `super()` without arguments stands for: the class being defined and the first
    /// parameter. How many slots were filled.
    fn super_arguments(&mut self, callee: &'a Expr<'s>, args: &'a [Arg<'s>], span: Span) -> Gen<u8> {
        if !args.is_empty() || !matches!(callee.kind, ExprKind::Name("super")) {
            return Ok(0);
        }
        let Variable::Cell(class) = self.variable("__class__") else { return Ok(0) };
        let scope = self.unit.scope;
        let Some(first) = self.scopes.all[scope].symbols.first().filter(|s| s.param).map(|s| s.name.clone())
        else {
            return Ok(0);
        };
        let slot = self.alloc(span)?;
        self.unit.b.ab(Op::LoadCell, slot, class);
        let slot = self.alloc(span)?;
        let inner = core::mem::replace(&mut self.scope, scope);
        self.load_mangled(&first, slot);
        self.scope = inner;
        Ok(2)
    }

    /// Arguments for CallEx: a list in the next slot, a dict or None in the one after it.
    fn unpacked(&mut self, span: Span, args: &'a [Arg<'s>], callee: Slot) -> Gen {
        let list = self.alloc(span)?;
        let dict = self.alloc(span)?;
        let (positional, keywords): (Vec<_>, Vec<_>) =
            args.iter().partition(|a| matches!(a, Arg::Positional(_) | Arg::Star(_)));
        let top = self.unit.top;
        let mut built = false;
        for arg in positional {
            match arg {
                Arg::Positional(value) => {
                    let slot = self.temp(value)?;
                    if built {
                        self.unit.b.ab(Op::ListAppend, list, slot);
                    } else {
                        self.unit.b.abc(Op::BuildList, list, slot, 1);
                    }
                }
                Arg::Star(value) => {
                    if !built {
                        self.unit.b.abc(Op::BuildList, list, list, 0);
                    }
                    let slot = self.any(value)?;
                    self.line(value.span);
                    self.unit.b.ab(Op::ListExtend, list, slot);
                }
                _ => {}
            }
            built = true;
            self.free_to(top);
        }
        if !built {
            self.unit.b.abc(Op::BuildList, list, list, 0);
        }
        if keywords.is_empty() {
            self.unit.b.a(Op::LoadNone, dict);
        } else {
            self.unit.b.abc(Op::BuildDict, dict, dict, 0);
        }
        for arg in keywords {
            match arg {
                Arg::Keyword(name, value) => {
                    // A pair alone as a dict: merging finds repeated names.
                    let pair = self.alloc(name.span)?;
                    let name = self.mangled(name.name);
                    self.constant(pair, Const::Str(name.into()));
                    self.temp(value)?;
                    self.unit.b.abc(Op::BuildDict, pair, pair, 1);
                    self.unit.b.abc(Op::DictMerge, dict, pair, callee);
                }
                Arg::DoubleStar(value) => {
                    let slot = self.any(value)?;
                    self.line(value.span);
                    self.unit.b.abc(Op::DictMerge, dict, slot, callee);
                }
                _ => {}
            }
            self.free_to(top);
        }
        Ok(())
    }
}
