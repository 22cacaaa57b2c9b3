//! Expressions. [`Codegen::into`] puts a value into a given slot, [`Codegen::any`] wherever it
//! is cheapest, [`Codegen::temp`] into a fresh slot at the top.

use alloc::vec::Vec;

use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Op, Slot};
use crate::syntax::ast::*;

/// Elements of a display that are built in one instruction; more are appended.
const CHUNK: usize = 16;

pub(super) fn binary_op(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Or => Op::Or,
        BinaryOp::Xor => Op::Xor,
        BinaryOp::And => Op::And,
        BinaryOp::ShiftLeft => Op::LShift,
        BinaryOp::ShiftRight => Op::RShift,
        BinaryOp::Add => Op::Add,
        BinaryOp::Subtract => Op::Sub,
        BinaryOp::Multiply => Op::Mul,
        BinaryOp::MatrixMultiply => Op::MatMul,
        BinaryOp::Divide => Op::TrueDiv,
        BinaryOp::FloorDivide => Op::FloorDiv,
        BinaryOp::Modulo => Op::Mod,
        BinaryOp::Power => Op::Pow,
    }
}

fn compare_op(op: CompareOp) -> Op {
    match op {
        CompareOp::Equal => Op::Eq,
        CompareOp::NotEqual => Op::Ne,
        CompareOp::Less => Op::Lt,
        CompareOp::LessEqual => Op::Le,
        CompareOp::Greater => Op::Gt,
        CompareOp::GreaterEqual => Op::Ge,
        CompareOp::In => Op::In,
        CompareOp::NotIn => Op::NotIn,
        CompareOp::Is => Op::Is,
        CompareOp::IsNot => Op::IsNot,
    }
}

/// The signed byte that `x + c` and `x - c` can carry: a subtraction is negative, so that it
/// stays one for operands that define their own.
pub(super) fn immediate(op: BinaryOp, right: &Const) -> Option<u8> {
    let Const::Int(value) = *right else { return None };
    match op {
        BinaryOp::Add if (0..=127).contains(&value) => Some(value as u8),
        BinaryOp::Subtract if (1..=128).contains(&value) => Some((-value) as i8 as u8),
        _ => None,
    }
}

/// Whether code for `expr` writes its destination before it has read all its operands.
fn writes_early(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Bool(..)
        | ExprKind::ListComp(_)
        | ExprKind::SetComp(_)
        | ExprKind::DictComp(_)
        | ExprKind::List(_)
        | ExprKind::Tuple(_)
        | ExprKind::Set(_)
        | ExprKind::Dict(_) => true,
        ExprKind::Compare(_, rest) => rest.len() > 1,
        ExprKind::If(parts) => writes_early(&parts.body) || writes_early(&parts.orelse),
        ExprKind::Named(node) => writes_early(&node.value),
        _ => false,
    }
}

impl<'a, 's> Codegen<'a, 's> {
    /// Evaluates into a variable: not before all operands have been read.
    pub(super) fn evaluate_variable(&mut self, expr: &'a Expr<'s>, slot: Slot) -> Gen {
        if !writes_early(expr) || self.is_constant(expr) {
            return self.into(expr, slot);
        }
        let top = self.unit.top;
        let temp = self.temp(expr)?;
        self.move_to(slot, temp);
        self.free_to(top);
        Ok(())
    }

    /// Evaluates into a fresh slot at the top.
    pub(super) fn temp(&mut self, expr: &'a Expr<'s>) -> Gen<Slot> {
        let slot = self.alloc(expr.span)?;
        self.into(expr, slot)?;
        Ok(slot)
    }

    /// Evaluates into some slot: a variable's own or a fresh one.
    pub(super) fn any(&mut self, expr: &'a Expr<'s>) -> Gen<Slot> {
        if let ExprKind::Name(name) = expr.kind
            && let Some(slot) = self.local(name)
        {
            return Ok(slot);
        }
        match self.pinned(expr) {
            Some(slot) => Ok(slot),
            None => self.temp(expr),
        }
    }

    /// Evaluates the first operand of an operation whose result goes to `dest`: there, if that is
    /// a temporary, so that long chains need no more slots than short ones.
    fn first(&mut self, expr: &'a Expr<'s>, dest: Slot) -> Gen<Slot> {
        if let ExprKind::Name(name) = expr.kind
            && let Some(slot) = self.local(name)
        {
            return Ok(slot);
        }
        if let Some(slot) = self.pinned(expr) {
            return Ok(slot);
        }
        if u16::from(dest) < self.unit.first_temp {
            return self.temp(expr);
        }
        self.into(expr, dest)?;
        Ok(dest)
    }

    /// Evaluates and drops the value.
    pub(super) fn effect(&mut self, expr: &'a Expr<'s>) -> Gen {
        if !matches!(expr.kind, ExprKind::Name(_)) && self.is_constant(expr) {
            return Ok(());
        }
        let top = self.unit.top;
        self.any(expr)?;
        self.free_to(top);
        Ok(())
    }

    /// Evaluates into `dest`, whose own value is no longer needed (unless it is a variable that
    /// `expr` reads; see [`Codegen::evaluate_variable`]).
    #[inline(never)]
    pub(super) fn into(&mut self, expr: &'a Expr<'s>, dest: Slot) -> Gen {
        let top = self.unit.top;
        if self.simple(expr, dest) {
            return Ok(());
        }
        self.operation(expr, dest)?;
        self.free_to(top);
        Ok(())
    }

    /// Loads a variable or a value known now.
    #[inline(never)]
    fn simple(&mut self, expr: &'a Expr<'s>, dest: Slot) -> bool {
        if let ExprKind::Name(name) = expr.kind {
            self.unit.b.span(expr.span.start, expr.span.end);
            self.load(name, dest);
            return true;
        }
        match self.fold(expr) {
            Some(value) => self.constant(dest, value),
            None => return false,
        }
        true
    }

    // It recurses: each form stands in a function of its own.
    fn operation(&mut self, expr: &'a Expr<'s>, dest: Slot) -> Gen {
        if self.unit.viper.is_some() && self.viper_operation(expr, dest)? {
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Joined(parts) => self.joined(parts, dest, expr.span),
            ExprKind::Template(parts) => self.template(parts, dest, expr.span),
            ExprKind::Unary(op, value) => self.unary(expr.span, *op, value, dest),
            ExprKind::Binary(..) => self.binary(expr, dest),
            ExprKind::Bool(op, items) => self.bool_value(*op, items, dest),
            ExprKind::Compare(left, rest) => self.comparison(expr, left, rest, dest),
            ExprKind::If(parts) => self.conditional(parts, dest),
            ExprKind::Lambda(lambda) => self.lambda(expr.span, lambda, dest),
            ExprKind::Call(callee, args) => self.call(expr, callee, args, dest),
            ExprKind::Attribute(node) => self.attribute(expr.span, node, dest),
            ExprKind::Subscript(object, index) => self.subscript(expr.span, object, index, dest),
            ExprKind::Slice(slice) => self.slice(expr, slice, dest),
            ExprKind::Tuple(items) => self.tuple(items, dest, expr.span),
            ExprKind::List(items) => self.list(items, dest, expr.span),
            ExprKind::Set(items) => self.set(items, dest),
            ExprKind::Dict(items) => self.dict(items, dest),
            ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::DictComp(comp) => {
                self.comprehension(expr, comp, dest)
            }
            ExprKind::Generator(comp) => self.generator(expr.span, comp, dest),
            ExprKind::Starred(inner) => self.error(inner.span, "can't use starred expression here"),
            ExprKind::Named(node) => {
                self.into(&node.value, dest)?;
                self.store(node.name.name, dest, node.name.span)
            }
            ExprKind::Yield(value) => self.yield_value(expr.span, value.as_deref(), dest),
            ExprKind::YieldFrom(value) => self.yield_from(expr.span, value, dest),
            ExprKind::Await(value) => {
                let from = self.any(value)?;
                self.line(expr.span);
                self.await_slot(dest, from, expr.span)
            }
            _ => self.error(expr.span, "internal compiler error: a constant that is none"),
        }
    }

    #[inline(never)]
    fn unary(&mut self, span: Span, op: UnaryOp, value: &'a Expr<'s>, dest: Slot) -> Gen {
        let value = self.first(value, dest)?;
        self.line(span);
        let op = match op {
            UnaryOp::Not => Op::Not,
            UnaryOp::Positive => Op::Pos,
            UnaryOp::Negative => Op::Neg,
            UnaryOp::Invert => Op::Invert,
        };
        self.unit.b.ab(op, dest, value);
        Ok(())
    }

    #[inline(never)]
    fn conditional(&mut self, parts: &'a IfExpr<'s>, dest: Slot) -> Gen {
        let (orelse, end) = (self.unit.b.label(), self.unit.b.label());
        self.jump_if(&parts.test, false, orelse)?;
        let before = self.unit.assigned;
        self.into(&parts.body, dest)?;
        self.unit.b.jump(Op::Jump, 0, end);
        self.unit.b.place(orelse);
        let after = core::mem::replace(&mut self.unit.assigned, before);
        self.into(&parts.orelse, dest)?;
        self.unit.b.place(end);
        self.unit.assigned &= after;
        Ok(())
    }

    #[inline(never)]
    fn attribute(&mut self, span: Span, node: &'a Attribute<'s>, dest: Slot) -> Gen {
        let object = self.first(&node.object, dest)?;
        self.line(span);
        let name = self.mangled(node.name.name);
        self.unit.b.named(Op::GetAttr, dest, object, 0, &name);
        Ok(())
    }

    #[inline(never)]
    fn subscript(&mut self, span: Span, object: &'a Expr<'s>, index: &'a Expr<'s>, dest: Slot) -> Gen {
        let object = self.first(object, dest)?;
        if let ExprKind::Slice(slice) = &index.kind
            && slice.step.is_none()
        {
            let base = self.bounds(slice, 2, index.span)?;
            self.line(span);
            self.unit.b.abc(Op::GetSlice, dest, object, base);
            return Ok(());
        }
        let index = self.any(index)?;
        self.line(span);
        self.unit.b.abc(Op::GetItem, dest, object, index);
        Ok(())
    }

    #[inline(never)]
    fn yield_value(&mut self, span: Span, value: Option<&'a Expr<'s>>, dest: Slot) -> Gen {
        // What is yielded need not outlive it, nor what lay where the value sent goes to, unless that is a variable.
        let mut live = self.unit.top as u8;
        if self.is_last_temporary(dest) {
            live = dest;
        }
        let from = match value {
            Some(value) => self.any(value)?,
            None => {
                let temp = self.alloc(span)?;
                self.unit.b.a(Op::LoadNone, temp);
                temp
            }
        };
        self.line(span);
        self.unit.b.abc(Op::Yield, dest, from, live);
        Ok(())
    }

    #[inline(never)]
    fn yield_from(&mut self, span: Span, value: &'a Expr<'s>, dest: Slot) -> Gen {
        // Where the result goes there is room for the iterator until then, unless that is a variable.
        let alone = self.is_last_temporary(dest);
        let from = self.any(value)?;
        let iter = if alone { dest } else { self.alloc(span)? };
        self.line(span);
        self.unit.b.ab(Op::GetYieldIter, iter, from);
        if alone {
            self.free_to(u16::from(dest) + 1);
        }
        self.delegate(dest, iter);
        Ok(())
    }

    /// Is it a temporary above which none is in use?
    fn is_last_temporary(&self, slot: Slot) -> bool {
        u16::from(slot) >= self.unit.first_temp && u16::from(slot) + 1 == self.unit.top
    }

    /// `dest = await from`.
    #[inline(never)]
    pub(super) fn await_slot(&mut self, dest: Slot, from: Slot, span: Span) -> Gen {
        let top = self.unit.top;
        let iter = self.alloc(span)?;
        self.unit.b.ab(Op::GetAwaitable, iter, from);
        self.delegate(dest, iter);
        self.free_to(top);
        Ok(())
    }

    fn delegate(&mut self, dest: Slot, iter: Slot) {
        let live = self.unit.top as u8;
        self.unit.b.abc(Op::YieldFrom, dest, iter, live);
    }

    // Operators

    /// A chain of operators from its innermost left operand outwards, without recursion: it may be
    /// as long as the source.
    #[inline(never)]
    fn binary(&mut self, expr: &'a Expr<'s>, dest: Slot) -> Gen {
        let mut chain = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary(_, left, _) = &leftmost.kind {
            chain.push(leftmost);
            leftmost = left;
            if self.is_constant(leftmost) {
                break;
            }
        }
        // Steps before the last need a slot that is no variable.
        let working = if chain.len() > 1 && u16::from(dest) < self.unit.first_temp {
            self.alloc(expr.span)?
        } else {
            dest
        };
        let mut left = self.first(leftmost, working)?;
        while let Some(node) = chain.pop() {
            let to = if chain.is_empty() { dest } else { working };
            self.binary_step(node, left, to)?;
            left = to;
        }
        Ok(())
    }

    #[inline(never)]
    fn binary_step(&mut self, node: &'a Expr<'s>, left: Slot, dest: Slot) -> Gen {
        let ExprKind::Binary(op, _, right) = &node.kind else { return Ok(()) };
        let top = self.unit.top;
        match self.immediate_of(*op, right) {
            Some(value) => {
                self.line(node.span);
                self.unit.b.abc(Op::AddImm, dest, left, value);
            }
            None => {
                let right = self.any(right)?;
                self.line(node.span);
                self.unit.b.abc(binary_op(*op), dest, left, right);
            }
        }
        self.free_to(top);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn immediate_of(&self, op: BinaryOp, right: &Expr<'s>) -> Option<u8> {
        immediate(op, &self.fold(right)?)
    }

    #[inline(never)]
    fn bool_value(&mut self, op: BoolOp, items: &'a [Expr<'s>], dest: Slot) -> Gen {
        let end = self.unit.b.label();
        let jump = if op == BoolOp::Or { Op::JTrue } else { Op::JFalse };
        let mut assigned = u64::MAX;
        for (i, item) in items.iter().enumerate() {
            self.into(item, dest)?;
            assigned &= self.unit.assigned;
            if i + 1 < items.len() {
                self.unit.b.jump(jump, dest, end);
            }
        }
        self.unit.b.place(end);
        self.unit.assigned = assigned;
        Ok(())
    }

    /// Emits `dest = left op right`.
    pub(super) fn compare(&mut self, op: CompareOp, dest: Slot, left: Slot, right: Slot) {
        self.unit.b.abc(compare_op(op), dest, left, right);
    }

    #[inline(never)]
    fn comparison(
        &mut self,
        expr: &'a Expr<'s>,
        left: &'a Expr<'s>,
        rest: &'a [(CompareOp, Expr<'s>)],
        dest: Slot,
    ) -> Gen {
        let mut left = self.first(left, dest)?;
        let end = self.unit.b.label();
        let mut assigned = u64::MAX;
        for (i, (op, right)) in rest.iter().enumerate() {
            let right = self.any(right)?;
            self.line(expr.span);
            self.compare(*op, dest, left, right);
            assigned &= self.unit.assigned;
            if i + 1 < rest.len() {
                self.unit.b.jump(Op::JFalse, dest, end);
            }
            left = right;
        }
        self.unit.b.place(end);
        self.unit.assigned = assigned;
        Ok(())
    }

    #[inline(never)]
    fn slice(&mut self, expr: &'a Expr<'s>, slice: &'a Slice<'s>, dest: Slot) -> Gen {
        let n = if slice.step.is_some() { 3 } else { 2 };
        let base = self.bounds(slice, n, expr.span)?;
        self.unit.b.abc(Op::BuildSlice, dest, base, n as u8);
        Ok(())
    }

    /// The first `n` parts of a slice in consecutive fresh slots.
    fn bounds(&mut self, slice: &'a Slice<'s>, n: usize, span: Span) -> Gen<Slot> {
        let base = self.alloc_many(n, span)?;
        for (i, part) in [&slice.lower, &slice.upper, &slice.step].into_iter().take(n).enumerate() {
            match part {
                Some(part) => self.into(part, base + i as Slot)?,
                None => self.unit.b.a(Op::LoadNone, base + i as Slot),
            }
        }
        Ok(base)
    }

    // Displays

    fn has_star(items: &[Expr<'s>]) -> bool {
        items.iter().any(|e| matches!(e.kind, ExprKind::Starred(_)))
    }

    /// How many of `n` elements one instruction can take from here, with slots left to evaluate them.
    fn chunk(&self, n: usize) -> usize {
        n.min(CHUNK).min(self.room().saturating_sub(8))
    }

    /// Evaluates `items` into consecutive fresh slots.
    #[inline(never)]
    pub(super) fn consecutive(&mut self, items: &'a [Expr<'s>], span: Span) -> Gen<Slot> {
        let base = self.alloc_many(0, span)?;
        for item in items {
            self.temp(item)?;
        }
        Ok(base)
    }

    #[inline(never)]
    fn tuple(&mut self, items: &'a [Expr<'s>], dest: Slot, span: Span) -> Gen {
        if Self::has_star(items) || items.len() > self.chunk(items.len()) {
            let list = self.alloc(span)?;
            self.list(items, list, span)?;
            self.unit.b.ab(Op::ListToTuple, dest, list);
        } else {
            let base = self.consecutive(items, span)?;
            self.unit.b.abc(Op::BuildTuple, dest, base, items.len() as u8);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn list(&mut self, items: &'a [Expr<'s>], dest: Slot, span: Span) -> Gen {
        // Constants come from a tuple: one instruction instead of one an element.
        if items.len() > 3 && self.constant_list(items, dest, span)? {
            return Ok(());
        }
        let star = items.iter().position(|e| matches!(e.kind, ExprKind::Starred(_))).unwrap_or(items.len());
        let first = self.chunk(star);
        let top = self.unit.top;
        let base = self.consecutive(&items[..first], span)?;
        self.unit.b.abc(Op::BuildList, dest, base, first as u8);
        self.free_to(top);
        for item in &items[first..] {
            self.append(item, dest)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn constant_list(&mut self, items: &'a [Expr<'s>], dest: Slot, span: Span) -> Gen<bool> {
        let Some(values) = items.iter().map(|e| self.fold(e)).collect::<Option<Vec<_>>>() else {
            return Ok(false);
        };
        let top = self.unit.top;
        let temp = self.alloc(span)?;
        self.unit.b.abc(Op::BuildList, dest, temp, 0);
        self.constant(temp, Const::Tuple(values));
        self.unit.b.ab(Op::ListExtend, dest, temp);
        self.free_to(top);
        Ok(true)
    }

    /// Appends an element, or the elements of a starred one, to the list in `list`.
    #[inline(never)]
    pub(super) fn append(&mut self, item: &'a Expr<'s>, list: Slot) -> Gen {
        let top = self.unit.top;
        match &item.kind {
            ExprKind::Starred(inner) => {
                let slot = self.any(inner)?;
                self.line(item.span);
                self.unit.b.ab(Op::ListExtend, list, slot);
            }
            _ => {
                let slot = self.any(item)?;
                self.unit.b.ab(Op::ListAppend, list, slot);
            }
        }
        self.free_to(top);
        Ok(())
    }

    #[inline(never)]
    fn set(&mut self, items: &'a [Expr<'s>], dest: Slot) -> Gen {
        let star = items.iter().position(|e| matches!(e.kind, ExprKind::Starred(_))).unwrap_or(items.len());
        let first = self.chunk(star);
        let top = self.unit.top;
        let base = self.consecutive(&items[..first], Span::default())?;
        self.unit.b.abc(Op::BuildSet, dest, base, first as u8);
        self.free_to(top);
        for item in &items[first..] {
            let (op, value) = match &item.kind {
                ExprKind::Starred(inner) => (Op::SetUpdate, &**inner),
                _ => (Op::SetAdd, item),
            };
            let slot = self.any(value)?;
            self.unit.b.ab(op, dest, slot);
            self.free_to(top);
        }
        Ok(())
    }

    #[inline(never)]
    fn dict(&mut self, items: &'a [DictItem<'s>], dest: Slot) -> Gen {
        let pairs = items.iter().take_while(|i| matches!(i, DictItem::Pair(..))).count();
        let first = self.chunk(pairs * 2) / 2;
        let top = self.unit.top;
        let base = self.alloc_many(0, Span::default())?;
        for item in &items[..first] {
            if let DictItem::Pair(key, value) = item {
                self.temp(key)?;
                self.temp(value)?;
            }
        }
        self.unit.b.abc(Op::BuildDict, dest, base, first as u8);
        self.free_to(top);
        for item in &items[first..] {
            match item {
                DictItem::Pair(key, value) => {
                    let key = self.any(key)?;
                    let value = self.any(value)?;
                    self.unit.b.abc(Op::DictAdd, dest, key, value);
                }
                DictItem::Unpack(e) => {
                    let slot = self.any(e)?;
                    self.unit.b.ab(Op::DictUpdate, dest, slot);
                }
            }
            self.free_to(top);
        }
        Ok(())
    }

    // f-strings

    #[inline(never)]
    fn joined(&mut self, parts: &'a [FPart<'s>], dest: Slot, span: Span) -> Gen {
        match parts {
            [] => self.constant(dest, Const::Str(alloc::string::String::new())),
            [part] => self.fpart(part, dest)?,
            _ => {
                let top = self.unit.top;
                let mut have = 0;
                let base = self.alloc_many(0, span)?;
                for part in parts {
                    // Long ones in several steps: what there is so far becomes the first part.
                    if have >= CHUNK || self.room() < 10 && have >= 2 {
                        self.unit.b.abc(Op::BuildStr, base, base, have as u8);
                        self.free_to(u16::from(base) + 1);
                        have = 1;
                    }
                    let slot = self.alloc(span)?;
                    self.fpart(part, slot)?;
                    have += 1;
                }
                self.unit.b.abc(Op::BuildStr, dest, base, have as u8);
                self.free_to(top);
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn fpart(&mut self, part: &'a FPart<'s>, dest: Slot) -> Gen {
        let field = match part {
            FPart::Text(text) => {
                self.constant(dest, Const::Str((&**text).into()));
                return Ok(());
            }
            FPart::Field(field) => field,
        };
        let top = self.unit.top;
        let mut how = match field.conversion {
            None => 0,
            Some(Conversion::Str) => 1,
            Some(Conversion::Repr) => 2,
            Some(Conversion::Ascii) => 3,
        };
        let value = self.temp(&field.value)?;
        if !field.spec.is_empty() {
            how |= 4;
            let spec = self.alloc(field.value.span)?;
            self.joined(&field.spec, spec, field.value.span)?;
        }
        self.line(field.value.span);
        self.unit.b.abc(Op::Format, dest, value, how);
        self.free_to(top);
        Ok(())
    }

    /// A t-string: the texts around its fields as one constant, and four values a field.
    #[inline(never)]
    fn template(&mut self, parts: &'a [FPart<'s>], dest: Slot, span: Span) -> Gen {
        let mut texts = Vec::new();
        let mut open = true;
        for part in parts {
            match part {
                FPart::Text(text) => {
                    texts.push(Const::Str((&**text).into()));
                    open = false;
                }
                FPart::Field(_) => {
                    if open {
                        texts.push(Const::Str("".into()));
                    }
                    open = true;
                }
            }
        }
        if open {
            texts.push(Const::Str("".into()));
        }
        let base = self.window_base(dest, span)?;
        let callee = self.alloc(span)?;
        self.constant(callee, Const::Builtin("__template__"));
        let strings = self.alloc(span)?;
        self.constant(strings, Const::Tuple(texts));
        let fields = self.alloc(span)?;
        self.unit.b.abc(Op::BuildList, fields, fields, 0);
        let top = self.unit.top;
        for part in parts {
            let FPart::Field(field) = part else { continue };
            let value = self.temp(&field.value)?;
            self.unit.b.ab(Op::ListAppend, fields, value);
            self.free_to(top);
            let slot = self.alloc(span)?;
            self.constant(slot, Const::Str(field.source.into()));
            self.unit.b.ab(Op::ListAppend, fields, slot);
            let conversion = match field.conversion {
                None => Const::None,
                Some(Conversion::Str) => Const::Str("s".into()),
                Some(Conversion::Repr) => Const::Str("r".into()),
                Some(Conversion::Ascii) => Const::Str("a".into()),
            };
            self.constant(slot, conversion);
            self.unit.b.ab(Op::ListAppend, fields, slot);
            self.joined(&field.spec, slot, span)?;
            self.unit.b.ab(Op::ListAppend, fields, slot);
            self.free_to(top);
        }
        self.line(span);
        self.unit.b.ab(Op::Call, base, 2);
        self.move_to(dest, base);
        Ok(())
    }
}
