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

    #[inline(never)]
    pub(super) fn call(
        &mut self,
        expr: &'a Expr<'s>,
        callee: &'a Expr<'s>,
        args: &'a [Arg<'s>],
        dest: Slot,
    ) -> Gen {
        let keywords = args.iter().filter(|a| matches!(a, Arg::Keyword(..))).count();
        let plain = !args.iter().any(|a| matches!(a, Arg::Star(_) | Arg::DoubleStar(_)))
            && args.len() + keywords + RESERVE < self.room();
        let base = self.window_base(dest, expr.span)?;
        match &callee.kind {
            _ if !plain => self.call_unpacked(expr.span, callee, args, base)?,
            ExprKind::Attribute(node) => self.call_attribute(expr.span, node, args, base, keywords as u8)?,
            _ => self.call_plain(expr.span, callee, args, base, keywords as u8)?,
        }
        self.move_to(dest, base);
        Ok(())
    }

    #[inline(never)]
    fn call_unpacked(&mut self, span: Span, callee: &'a Expr<'s>, args: &'a [Arg<'s>], base: Slot) -> Gen {
        let slot = self.alloc(span)?;
        self.into(callee, slot)?;
        self.unpacked(span, args, slot)?;
        self.line(span);
        self.unit.b.a(Op::CallEx, base);
        Ok(())
    }

    #[inline(never)]
    fn call_attribute(
        &mut self,
        span: Span,
        callee: &'a Attribute<'s>,
        args: &'a [Arg<'s>],
        base: Slot,
        keywords: u8,
    ) -> Gen {
        self.alloc(span)?;
        let receiver = self.alloc(span)?;
        self.into(&callee.object, receiver)?;
        self.arguments(args)?;
        self.line(span);
        let name = self.mangled(callee.name.name);
        let op = if keywords > 0 { Op::CallMethodKw } else { Op::CallMethod };
        self.unit.b.named(op, base, args.len() as u8 - keywords, keywords, &name);
        Ok(())
    }

    #[inline(never)]
    fn call_plain(
        &mut self,
        span: Span,
        callee: &'a Expr<'s>,
        args: &'a [Arg<'s>],
        base: Slot,
        keywords: u8,
    ) -> Gen {
        let slot = self.alloc(span)?;
        self.into(callee, slot)?;
        let positional = args.len() as u8 - keywords + self.super_arguments(callee, args, span)?;
        self.arguments(args)?;
        self.line(span);
        if keywords > 0 {
            self.unit.b.abc(Op::CallKw, base, positional, keywords);
        } else {
            self.unit.b.ab(Op::Call, base, positional);
        }
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
                    self.keyword_name(*name)?;
                    self.temp(value)?;
                }
                Arg::Star(_) | Arg::DoubleStar(_) => {}
            }
        }
        Ok(())
    }

    /// A keyword's name in a fresh slot.
    #[inline(never)]
    pub(super) fn keyword_name(&mut self, name: Ident<'s>) -> Gen<Slot> {
        let slot = self.alloc(name.span)?;
        let name = self.mangled(name.name);
        self.constant(slot, Const::Str(name.into()));
        Ok(slot)
    }

    /// What `super()` without arguments stands for: the class being defined and the first
    /// parameter. How many slots were filled.
    #[inline(never)]
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
    pub(super) fn unpacked(&mut self, span: Span, args: &'a [Arg<'s>], callee: Slot) -> Gen {
        let list = self.alloc(span)?;
        let dict = self.alloc(span)?;
        let (positional, keywords): (Vec<_>, Vec<_>) =
            args.iter().partition(|a| matches!(a, Arg::Positional(_) | Arg::Star(_)));
        let top = self.unit.top;
        let mut built = false;
        let alone = matches!(positional[..], [Arg::Star(_)]);
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
                // It need not become a list first.
                Arg::Star(value) if alone => self.into(value, list)?,
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
                    let pair = self.keyword_name(*name)?;
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
