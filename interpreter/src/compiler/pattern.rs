//! `match`: each pattern is a test that jumps away when it fails.
//!
//! Names are bound as the pattern goes along, as CPython's own documentation allows.

use alloc::vec::Vec;

use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Label, Op, Slot};
use crate::syntax::ast::*;

/// Whether a pattern always matches.
fn irrefutable(pattern: &Pattern<'_>) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Capture(_) => true,
        PatternKind::As(inner, _) => irrefutable(inner),
        PatternKind::Or(items) => items.iter().any(irrefutable),
        _ => false,
    }
}

impl<'a, 's> Codegen<'a, 's> {
    #[inline(never)]
    pub(super) fn match_statement(&mut self, node: &'a Match<'s>) -> Gen {
        let top = self.unit.top;
        let end = self.unit.b.label();
        let subject = self.temp(&node.subject)?;
        let mut after = u64::MAX;
        let mut exhaustive = false;
        for (i, case) in node.cases.iter().enumerate() {
            if i + 1 < node.cases.len() && case.guard.is_none() && irrefutable(&case.pattern) {
                let what = match &case.pattern.kind {
                    PatternKind::Capture(name) => alloc::format!("name capture '{}'", name.name),
                    _ => "wildcard".into(),
                };
                let message = alloc::format!("{what} makes remaining patterns unreachable");
                return self.error(case.pattern.span, &message);
            }
            let next = self.unit.b.label();
            let inner = self.unit.top;
            let before = self.unit.assigned;
            self.line(case.pattern.span);
            self.pattern(&case.pattern, subject, next)?;
            if let Some(guard) = &case.guard {
                self.jump_if(guard, false, next)?;
            }
            self.free_to(inner);
            self.block(&case.body)?;
            after &= self.unit.assigned;
            exhaustive |= case.guard.is_none() && irrefutable(&case.pattern);
            if !self.is_unreachable() {
                self.unit.b.jump(Op::Jump, 0, end);
            }
            self.unit.b.place(next);
            self.unit.assigned = before;
        }
        self.unit.b.place(end);
        if !exhaustive {
            after &= self.unit.assigned;
        }
        self.unit.assigned = after;
        self.free_to(top);
        Ok(())
    }

    /// Jumps to `fail` unless the value in `subject` matches.
    fn pattern(&mut self, pattern: &'a Pattern<'s>, subject: Slot, fail: Label) -> Gen {
        let top = self.unit.top;
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => {}
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => {
                self.store(name.name, subject, name.span)?;
            }
            PatternKind::Value(value) => {
                let value = self.any(value)?;
                self.line(span);
                self.unit.b.branch(Op::JNEq, subject, value, 0, fail);
            }
            PatternKind::Singleton(value) => {
                let value = self.any(value)?;
                self.unit.b.branch(Op::JIsNot, subject, value, 0, fail);
            }
            PatternKind::As(inner, name) => {
                self.pattern(inner, subject, fail)?;
                self.store(name.name, subject, name.span)?;
            }
            PatternKind::Or(items) => self.alternatives(items, subject, fail)?,
            PatternKind::Sequence(items) => self.sequence(items, subject, fail, span)?,
            PatternKind::Mapping(node) => self.mapping(node, subject, fail, span)?,
            PatternKind::Class(node) => self.class_pattern(node, subject, fail, span)?,
        }
        self.free_to(top);
        Ok(())
    }

    #[inline(never)]
    fn alternatives(&mut self, items: &'a [Pattern<'s>], subject: Slot, fail: Label) -> Gen {
        let matched = self.unit.b.label();
        let before = self.unit.assigned;
        let mut after = u64::MAX;
        for (i, item) in items.iter().enumerate() {
            self.unit.assigned = before;
            if i + 1 == items.len() {
                self.pattern(item, subject, fail)?;
            } else {
                let next = self.unit.b.label();
                self.pattern(item, subject, next)?;
                self.unit.b.jump(Op::Jump, 0, matched);
                self.unit.b.place(next);
            }
            after &= self.unit.assigned;
        }
        self.unit.b.place(matched);
        self.unit.assigned = after;
        Ok(())
    }

    #[inline(never)]
    fn sequence(&mut self, items: &'a [Pattern<'s>], subject: Slot, fail: Label, span: Span) -> Gen {
        let test = self.alloc(span)?;
        self.unit.b.ab(Op::MatchSequence, test, subject);
        self.unit.b.jump(Op::JFalse, test, fail);
        let star = items.iter().position(|p| matches!(p.kind, PatternKind::Star(_)));
        let fixed = items.len() - usize::from(star.is_some());
        self.unit.b.ab(Op::Len, test, subject);
        let count = self.alloc(span)?;
        self.constant(count, Const::Int(fixed as i64));
        let op = if star.is_some() { Op::JNGe } else { Op::JNEq };
        self.unit.b.branch(op, test, count, 0, fail);
        self.free_to(u16::from(test));
        if items.iter().all(|p| matches!(p.kind, PatternKind::Wildcard | PatternKind::Star(None))) {
            return Ok(());
        }
        let base = self.alloc_many(items.len(), span)?;
        match star {
            Some(before) => {
                let after = fixed - before;
                self.unit.b.with_word(Op::UnpackEx, base, subject, 0, before as u32 | (after as u32) << 8);
            }
            None => self.unit.b.abc(Op::Unpack, base, subject, items.len() as u8),
        }
        for (i, item) in items.iter().enumerate() {
            self.pattern(item, base + i as Slot, fail)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn mapping(&mut self, node: &'a MappingPattern<'s>, subject: Slot, fail: Label, span: Span) -> Gen {
        let values = self.alloc(span)?;
        self.unit.b.ab(Op::MatchMapping, values, subject);
        self.unit.b.jump(Op::JFalse, values, fail);
        if node.items.is_empty() && node.rest.is_none() {
            return Ok(());
        }
        let keys = self.alloc(span)?;
        let top = self.unit.top;
        let base = self.alloc_many(0, span)?;
        for (key, _) in &node.items {
            self.temp(key)?;
        }
        self.unit.b.abc(Op::BuildTuple, keys, base, node.items.len() as u8);
        self.free_to(top);
        self.unit.b.abc(Op::MatchKeys, values, subject, keys);
        self.unit.b.jump(Op::JNone, values, fail);
        if let Some(rest) = node.rest {
            // A copy without the keys that were matched.
            let dict = self.alloc(span)?;
            self.unit.b.abc(Op::BuildDict, dict, dict, 0);
            self.unit.b.ab(Op::DictUpdate, dict, subject);
            let parts = self.alloc_many(node.items.len(), span)?;
            self.unit.b.abc(Op::Unpack, parts, keys, node.items.len() as u8);
            for i in 0..node.items.len() {
                self.unit.b.ab(Op::DelItem, dict, parts + i as Slot);
            }
            self.store(rest.name, dict, rest.span)?;
            self.free_to(top);
        }
        let patterns = node.items.iter().map(|(_, p)| p);
        self.parts(patterns.collect(), values, fail, span)
    }

    #[inline(never)]
    fn class_pattern(&mut self, node: &'a ClassPattern<'s>, subject: Slot, fail: Label, span: Span) -> Gen {
        let values = self.alloc(span)?;
        let class = self.any(&node.class)?;
        let names =
            node.keywords.iter().map(|(name, _)| Const::Str(self.mangled(name.name).into())).collect();
        self.constant(values, Const::Tuple(names));
        self.line(span);
        self.unit.b.with_word(Op::MatchClass, values, subject, class, node.positional.len() as u32);
        self.unit.b.jump(Op::JNone, values, fail);
        self.free_to(u16::from(values) + 1);
        let patterns = node.positional.iter().chain(node.keywords.iter().map(|(_, p)| p));
        self.parts(patterns.collect(), values, fail, span)
    }

    /// Matches the items of the tuple in `values` one by one.
    #[inline(never)]
    fn parts(&mut self, patterns: Vec<&'a Pattern<'s>>, values: Slot, fail: Label, span: Span) -> Gen {
        if patterns.is_empty() {
            return Ok(());
        }
        let base = self.alloc_many(patterns.len(), span)?;
        self.unit.b.abc(Op::Unpack, base, values, patterns.len() as u8);
        for (i, pattern) in patterns.into_iter().enumerate() {
            self.pattern(pattern, base + i as Slot, fail)?;
        }
        Ok(())
    }
}
