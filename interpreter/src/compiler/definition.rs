//! Functions, lambdas, generator expressions and classes: a frame of their own each.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::names::Variable;
use super::scope::ScopeKind;
use super::unit::{Codegen, Gen, MAX_LOCALS, Unit};
use crate::bytecode::{Const, Flags, Op, Proto, ProtoBuilder, Slot};
use crate::syntax::ast::*;

/// Spilled variables that the prologue makes in one instruction.
const SPILL_CHUNK: usize = 16;

/// Decorators that choose a code generator in the official interpreter: there is one here.
const EMITTERS: [&str; 4] = ["native", "viper", "bytecode", "asm_thumb"];

fn is_emitter(decorator: &Expr<'_>) -> bool {
    match &decorator.kind {
        ExprKind::Attribute(node) => {
            matches!(node.object.kind, ExprKind::Name("micropython")) && EMITTERS.contains(&node.name.name)
        }
        _ => false,
    }
}

/// Whether a decorator is an attribute of `micropython` that chooses no code generator.
fn is_unknown_emitter(decorator: &Expr<'_>) -> bool {
    match &decorator.kind {
        ExprKind::Attribute(node) => match &node.object.kind {
            ExprKind::Name("micropython") => true,
            _ => is_unknown_emitter(&node.object),
        },
        _ => false,
    }
}

fn has_star(args: &[Arg<'_>]) -> bool {
    args.iter().any(|a| matches!(a, Arg::Star(_) | Arg::DoubleStar(_)))
}

/// Where a class is being made.
#[derive(Clone, Copy)]
pub(super) struct ClassHead {
    /// The window of MakeClass.
    base: Slot,
    /// The slot for the function of the body.
    function: Slot,
}

impl<'a, 's> Codegen<'a, 's> {
    // Frames

    /// Starts the frame of the child scope `key`.
    #[inline(never)]
    fn enter(&mut self, key: Span, name: &str, span: Span) -> Gen {
        let scope = self.scopes.child(self.scope, key);
        let outer = &self.unit.b.proto;
        let function = self.scopes.all[self.unit.scope].kind == ScopeKind::Function;
        let qualname = if outer.flags.has(Flags::MODULE) {
            String::from(name)
        } else if function {
            format!("{}.<locals>.{name}", outer.qualname)
        } else {
            format!("{}.{name}", outer.qualname)
        };
        let mut unit = Unit::new(scope, name, qualname, outer.file.clone());
        unit.b.proto.first_line = self.line_of(span.start);
        unit.b.traces = self.unit.b.traces;
        let line = unit.b.proto.first_line;
        unit.b.line(line);
        self.layout(&mut unit, span)?;
        let outer = core::mem::replace(&mut self.unit, unit);
        self.outer.push((outer, self.scope));
        self.scope = scope;
        Ok(())
    }

    /// Gives the variables of a frame their slots.
    #[inline(never)]
    fn layout(&self, unit: &mut Unit<'a, 's>, span: Span) -> Gen {
        let scope = &self.scopes.all[unit.scope];
        if scope.kind == ScopeKind::Class {
            unit.locals.push(".namespace".into());
            if scope.class_cell {
                unit.locals.push("__class__".into());
            }
        } else {
            let own = || scope.symbols.iter().filter(|s| s.bound && !s.global && !s.nonlocal);
            let params = own().filter(|s| s.param);
            let cells = own().filter(|s| !s.param && s.cell);
            unit.locals.extend(params.chain(cells).map(|s| s.name.clone()));
            if unit.locals.len() + scope.frees.len() > MAX_LOCALS + 8 {
                return self.error(span, "too many parameters and variables shared with inner functions");
            }
            for symbol in own().filter(|s| !s.param && !s.cell) {
                if unit.locals.len() + scope.frees.len() < MAX_LOCALS {
                    unit.locals.push(symbol.name.clone());
                } else {
                    unit.spilled.push(symbol.name.clone());
                }
            }
        }
        let mut names: Vec<String> = unit.locals.iter().map(|n| String::from(&**n)).collect();
        if !unit.spilled.is_empty() {
            unit.spill = names.len() as Slot;
            names.push(".spilled".into());
        }
        unit.first_free = names.len() as Slot;
        names.extend(scope.frees.iter().map(|n| String::from(&**n)));
        unit.b.proto.free_names = scope.frees.iter().map(|n| String::from(&**n)).collect();
        unit.top = names.len() as u16;
        unit.first_temp = unit.top;
        unit.high = unit.top;
        unit.b.proto.slot_names = names;
        Ok(())
    }

    /// Ends the current frame: its prologue, its proto.
    #[inline(never)]
    fn leave(&mut self) -> Gen<Box<Proto>> {
        let words = self.prologue()?;
        let Some((outer, scope)) = self.outer.pop() else {
            return self.error(Span::default(), "no frame to leave");
        };
        let mut unit = core::mem::replace(&mut self.unit, outer);
        self.scope = scope;
        unit.b.prepend(&words);
        unit.finish(self.source)
    }

    #[inline(never)]
    fn prologue(&mut self) -> Gen<Vec<u32>> {
        let mut p = ProtoBuilder::new();
        let unit = &self.unit;
        let scope = &self.scopes.all[unit.scope];
        if !scope.frees.is_empty() {
            p.ab(Op::CopyFree, unit.first_free, scope.frees.len() as u8);
        }
        let mut unbind = unit.unbind;
        for (slot, name) in unit.locals.iter().enumerate() {
            let (cell, param) = match scope.kind {
                ScopeKind::Class => (slot == 1, false),
                _ => scope
                    .symbols
                    .iter()
                    .find(|s| s.name == *name)
                    .map_or((false, false), |s| (s.cell, s.param)),
            };
            if param {
                unbind &= !(1 << slot);
            }
            if cell {
                unbind &= !(1 << slot);
                if !param {
                    p.ab(Op::Unbind, slot as Slot, 1);
                }
                p.ab(Op::MakeCell, slot as Slot, slot as Slot);
            }
        }
        let mut slot = 0;
        while slot < unit.locals.len() {
            let run = (unbind >> slot).trailing_ones() as usize;
            let run = run.min(unit.locals.len() - slot);
            if run > 0 {
                p.ab(Op::Unbind, slot as Slot, run as u8);
            }
            slot += run.max(1);
        }
        let (spilled, spill) = (unit.spilled.len(), unit.spill);
        if spilled > 0 {
            let top = core::mem::replace(&mut self.unit.top, self.unit.first_temp);
            let first = self.alloc_many(SPILL_CHUNK, Span::default())?;
            self.free_to(top);
            p.ab(Op::Unbind, first, SPILL_CHUNK as u8);
            p.abc(Op::BuildList, spill, first, spilled.min(SPILL_CHUNK) as u8);
            for _ in SPILL_CHUNK..spilled {
                p.ab(Op::ListAppend, spill, first);
            }
        }
        Ok(p.proto.code)
    }

    /// The slot of this frame that holds the cell of a variable which an inner function shares.
    fn cell_slot(&self, name: &str) -> Slot {
        if let Variable::Cell(slot) = self.variable(name) {
            return slot;
        }
        if name == "__class__" && self.scopes.all[self.unit.scope].class_cell {
            return 1;
        }
        self.free_slot(name)
    }

    // Functions

    fn parameters(&mut self, params: &[Param<'s>]) {
        let proto = &mut self.unit.b.proto;
        for param in params {
            match param.kind {
                ParamKind::PositionalOnly => {
                    proto.positional += 1;
                    proto.positional_only += 1;
                }
                ParamKind::Plain => proto.positional += 1,
                ParamKind::KeywordOnly => proto.keyword_only += 1,
                ParamKind::Star => proto.flags |= Flags::VARARGS,
                ParamKind::DoubleStar => proto.flags |= Flags::VARKW,
            }
        }
        self.unit.assigned = 0;
        for (slot, symbol) in self.scopes.all[self.unit.scope].symbols.iter().enumerate() {
            if symbol.param && !symbol.deleted {
                self.unit.assigned |= 1 << slot;
            }
        }
    }

    fn flags(&mut self) {
        let scope = &self.scopes.all[self.unit.scope];
        let flags = &mut self.unit.b.proto.flags;
        if scope.coroutine {
            *flags |= Flags::GENERATOR | Flags::COROUTINE;
        } else if scope.generator {
            *flags |= Flags::GENERATOR;
        }
    }

    /// `dest = function`, with its defaults evaluated here. `body` generates the code.
    #[inline(never)]
    fn make_function(
        &mut self,
        (key, name, span): (Span, &str, Span),
        params: &'a [Param<'s>],
        dest: Slot,
        body: impl FnOnce(&mut Self) -> Gen,
    ) -> Gen {
        let top = self.unit.top;
        // The values lie from the result's slot upwards.
        let in_place = u16::from(dest) + 1 == top && u16::from(dest) >= self.unit.first_temp;
        let base = if in_place { dest } else { self.alloc(span)? };
        self.free_to(u16::from(base));
        let mut positional = 0;
        for param in params {
            if let (ParamKind::PositionalOnly | ParamKind::Plain, Some(default)) =
                (param.kind, &param.default)
            {
                self.temp(default)?;
                positional += 1;
            }
        }
        let keyword_only = || params.iter().filter(|p| p.kind == ParamKind::KeywordOnly);
        let keywords = keyword_only().any(|p| p.default.is_some());
        if keywords {
            for param in keyword_only() {
                match &param.default {
                    Some(default) => {
                        self.temp(default)?;
                    }
                    None => {
                        let slot = self.alloc(span)?;
                        self.unit.b.ab(Op::Unbind, slot, 1);
                    }
                }
            }
        }
        let values = self.unit.top;
        self.enter(key, name, span)?;
        self.parameters(params);
        self.flags();
        body(self)?;
        let proto = self.leave()?;
        self.finish_function(proto, base, values, positional, keywords, span)?;
        self.move_to(dest, base);
        self.free_to(top);
        Ok(())
    }

    /// Appends the cells to the values that lie from `base` to `values`, and makes the function.
    #[inline(never)]
    fn finish_function(
        &mut self,
        proto: Box<Proto>,
        base: Slot,
        values: u16,
        positional: u8,
        keywords: bool,
        span: Span,
    ) -> Gen {
        self.free_to(values);
        for name in &proto.free_names {
            let cell = self.cell_slot(name);
            let slot = self.alloc(span)?;
            self.unit.b.ab(Op::Move, slot, cell);
        }
        if self.unit.top == u16::from(base) {
            self.alloc(span)?;
        }
        let code = self.unit.b.constant(Const::Code(proto));
        self.unit.b.with_word(Op::MakeFunction, base, positional, u8::from(keywords), u32::from(code));
        Ok(())
    }

    #[inline(never)]
    pub(super) fn lambda(&mut self, key: Span, lambda: &'a Lambda<'s>, dest: Slot) -> Gen {
        self.make_function((key, "<lambda>", key), &lambda.params, dest, |gen_| {
            gen_.line(lambda.body.span);
            if gen_.scopes.all[gen_.unit.scope].generator {
                gen_.effect(&lambda.body)?;
                gen_.unit.b.a(Op::ReturnNone, 0);
                return Ok(());
            }
            let slot = gen_.any(&lambda.body)?;
            gen_.unit.b.a(Op::Return, slot);
            Ok(())
        })
    }

    #[inline(never)]
    pub(super) fn generator(&mut self, key: Span, comp: &'a Comprehension<'s>, dest: Slot) -> Gen {
        let base = self.window_base(dest, key)?;
        let function = self.alloc(key)?;
        self.enter(key, "<genexpr>", key)?;
        self.unit.b.proto.positional = 1;
        self.unit.assigned = 1;
        self.flags();
        self.generator_body(key, comp)?;
        let proto = self.leave()?;
        self.finish_function(proto, function, u16::from(function), 0, false, key)?;
        self.free_to(u16::from(function) + 1);
        // The first iterable's iterator is made here and now.
        let iter = self.temp(&comp.clauses[0].iter)?;
        self.line(key);
        if !comp.clauses[0].is_async {
            self.unit.b.abc(Op::GetYieldIter, iter, iter, 1);
        }
        self.unit.b.ab(Op::Call, base, 1);
        self.move_to(dest, base);
        Ok(())
    }

    /// Evaluates decorators, each the callee of a call whose argument is the next one's result.
    /// Returns the slot for what they decorate.
    #[inline(never)]
    fn decorators(&mut self, decorators: &'a [Expr<'s>], span: Span) -> Gen<Slot> {
        for decorator in decorators.iter().filter(|d| !is_emitter(d)) {
            if is_unknown_emitter(decorator) {
                return self.error(decorator.span, "invalid micropython decorator");
            }
            self.alloc_many(2, span)?;
            self.temp(decorator)?;
        }
        self.alloc(span)
    }

    /// Calls the decorators of what lies in `slot`, innermost first; the slot of the result.
    fn decorate(&mut self, decorators: &'a [Expr<'s>], mut slot: Slot) -> Slot {
        for decorator in decorators.iter().rev().filter(|d| !is_emitter(d)) {
            self.line(decorator.span);
            slot -= 3;
            self.unit.b.ab(Op::Call, slot, 1);
        }
        slot
    }

    #[inline(never)]
    pub(super) fn function(&mut self, node: &'a Function<'s>) -> Gen {
        let top = self.unit.top;
        let span = node.name.span;
        let slot = self.decorators(&node.decorators, span)?;
        if Self::is_assembly(node) {
            self.assembled(node, slot)?;
        } else {
            self.function_object(node, slot)?;
            self.keep_annotations(node, slot)?;
        }
        let slot = self.decorate(&node.decorators, slot);
        self.store(node.name.name, slot, span)?;
        self.free_to(top);
        Ok(())
    }

    /// Gives the function in `slot` the texts of its annotations, where the module's source mentions such things: names
    /// and texts by turns, of which `__annotations__` is made when it is asked for. Of other functions they are read
    /// from their file then (`vm/written.rs`), so that they cost nothing.
    #[inline(never)]
    fn keep_annotations(&mut self, node: &'a Function<'s>, slot: Slot) -> Gen {
        let params = node.params.iter().filter_map(|p| Some((p.name.name, p.annotation?)));
        let all = || params.clone().chain(node.returns.map(|text| ("return", text)));
        if all().next().is_none() || self.known.deferring {
            return Ok(());
        }
        let source = self.source;
        let mentions = || ["__annotations__", "get_type_hints"].iter().any(|name| source.contains(name));
        if !*self.known.annotates.get_or_insert_with(mentions) {
            return Ok(());
        }
        let texts = all().flat_map(|(name, text)| [name, text]).map(|s| Const::Str(s.into())).collect();
        let top = self.unit.top;
        let kept = self.temp_constant(Const::Tuple(texts), node.name.span)?;
        self.unit.b.named(Op::SetAttr, slot, kept, 0, "__annotations__");
        self.free_to(top);
        Ok(())
    }

    fn temp_constant(&mut self, value: Const, span: Span) -> Gen<Slot> {
        let slot = self.alloc(span)?;
        self.constant(slot, value);
        Ok(slot)
    }

    #[inline(never)]
    fn function_object(&mut self, node: &'a Function<'s>, dest: Slot) -> Gen {
        self.make_function((node.name.span, node.name.name, node.name.span), &node.params, dest, |gen_| {
            gen_.pin_constants(&node.body)?;
            if gen_.known.deferring
                && let [Stmt { kind: StmtKind::Expr(number), .. }] = &node.body[..]
                && let ExprKind::Int(n) = number.kind
            {
                gen_.unit.b.proto.deferred = u16::try_from(n).ok();
            }
            if super::viper::is_viper(&node.decorators) {
                gen_.begin_viper(node);
            }
            if let [Stmt { kind: StmtKind::Expr(first), .. }, ..] = &node.body[..]
                && let ExprKind::Str(doc) = &first.kind
            {
                let source = gen_.source;
                if *gen_.known.documents.get_or_insert_with(|| source.contains("__doc__")) {
                    gen_.unit.b.proto.doc = Some((&**doc).into());
                }
            }
            gen_.block(&node.body)?;
            if !gen_.is_unreachable() {
                gen_.return_statement(None)?;
            }
            Ok(())
        })
    }

    // Classes

    #[inline(never)]
    pub(super) fn class(&mut self, node: &'a Class<'s>) -> Gen {
        let top = self.unit.top;
        let span = node.name.span;
        let head = self.class_window(node)?;
        self.enter(span, node.name.name, span)?;
        self.begin_class_body();
        self.block(&node.body)?;
        let class_cell = self.scopes.all[self.unit.scope].class_cell;
        self.unit.return_class_cell(class_cell);
        let proto = self.leave()?;
        self.finish_function(proto, head.function, u16::from(head.function), 0, false, span)?;
        self.class_arguments(node, head)?;
        self.make_class(node, head)?;
        self.free_to(top);
        Ok(())
    }

    /// The decorators of a class and the start of the window that makes it.
    fn class_window(&mut self, node: &'a Class<'s>) -> Gen<ClassHead> {
        let span = node.name.span;
        let first = self.decorators(&node.decorators, span)?;
        let base = self.window_base(first, span)?;
        let function = self.alloc(span)?;
        Ok(ClassHead { base, function })
    }

    /// Name, bases and keywords, behind the function of the body.
    fn class_arguments(&mut self, node: &'a Class<'s>, head: ClassHead) -> Gen<ClassHead> {
        self.free_to(u16::from(head.function) + 1);
        if has_star(&node.args) {
            self.unpacked(node.name.span, &node.args, head.function)?;
            return Ok(head);
        }
        let name = self.alloc(node.name.span)?;
        self.constant(name, Const::Str(node.name.name.into()));
        for arg in &node.args {
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
        Ok(head)
    }

    fn make_class(&mut self, node: &'a Class<'s>, head: ClassHead) -> Gen {
        let span = node.name.span;
        if has_star(&node.args) {
            self.build_class(node, head)?;
            let slot = self.decorate(&node.decorators, head.base);
            return self.store(node.name.name, slot, span);
        }
        let bases = node.args.iter().filter(|a| matches!(a, Arg::Positional(_))).count();
        let keywords = node.args.len() - bases;
        self.line(span);
        self.unit.b.abc(Op::MakeClass, head.base, bases as u8, keywords as u8);
        let slot = self.decorate(&node.decorators, head.base);
        self.store(node.name.name, slot, span)
    }

    /// A class whose bases or keywords are unpacked, which lie behind the body's function: by a call.
    fn build_class(&mut self, node: &'a Class<'s>, head: ClassHead) -> Gen {
        let span = node.name.span;
        let (function, bases) = (head.function, head.function + 1);
        self.free_to(u16::from(function) + 3);
        let first = self.alloc_many(2, span)?;
        self.move_to(first, function);
        self.constant(first + 1, Const::Str(node.name.name.into()));
        self.unit.b.abc(Op::BuildList, first, first, 2);
        self.line(span);
        self.unit.b.ab(Op::ListExtend, first, bases);
        self.move_to(bases, first);
        self.constant(function, Const::Builtin("__build_class__"));
        self.unit.b.a(Op::CallEx, head.base);
        Ok(())
    }

    fn begin_class_body(&mut self) {
        self.unit.b.proto.flags |= Flags::CLASS;
        self.unit.b.proto.positional = 1;
        self.unit.assigned = 1;
    }

    // A top-level class in pieces: nothing outside it can be in a cell.

    /// Everything before the body: the window, and a frame for the body.
    pub(super) fn class_head<'x, 'y>(&mut self, node: &'a Class<'s>) -> Gen<(ClassHead, Box<Unit<'x, 'y>>)> {
        let span = node.name.span;
        let head = self.class_window(node)?;
        let head = self.class_arguments(node, head)?;
        let name = node.name.name;
        let mut body = Unit::new(1, name, name.into(), self.unit.b.proto.file.clone());
        let line = self.line_of(span.start);
        body.b.traces = self.unit.b.traces;
        body.begin_class(line);
        Ok((head, body))
    }

    /// Everything after the body.
    pub(super) fn class_end(&mut self, node: &'a Class<'s>, head: ClassHead, body: Box<Proto>) -> Gen {
        let code = self.unit.b.constant(Const::Code(body));
        self.unit.b.with_word(Op::MakeFunction, head.function, 0, 0, u32::from(code));
        self.make_class(node, head)?;
        self.free_to(self.unit.first_temp);
        Ok(())
    }
}
