//! The state of code generation: one [`Unit`] a frame, and the slots in it.
//!
//! Slots are handed out like a stack: variables at the bottom, temporaries above them. A call's
//! window is always built at the top, so nothing that is still needed lies above it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::scope::{Scopes, mangle};
use super::unwind::Block;
use super::viper::Viper;
use super::{Known, Mode};
use crate::bytecode::{BuildError, Const, Flags, Op, Proto, ProtoBuilder, Slot};
use crate::syntax::ast::*;
use crate::syntax::{Parse, SyntaxError};

/// Slots that instructions can name.
const NEAR: u16 = 64;
/// Variables that get a slot of their own; the others share a list in the slot after them.
pub(super) const MAX_LOCALS: usize = 40;

pub(super) type Gen<T = ()> = Parse<T>;

/// The code of one frame while it grows.
pub(super) struct Unit<'a, 's> {
    pub b: ProtoBuilder,
    /// The scope whose frame this is.
    pub scope: usize,
    /// Mangled names of the variables with a slot, by slot.
    pub locals: Vec<Cow<'s, str>>,
    /// Mangled names of those kept in the list in slot `spill`.
    pub spilled: Vec<Cow<'s, str>>,
    pub spill: Slot,
    /// The slot of the first closure cell from outside; the others follow.
    pub first_free: Slot,
    /// Variables of comprehensions being compiled: scope, name, slot.
    pub comp_vars: Vec<(usize, Cow<'s, str>, Slot)>,
    /// Where temporaries start.
    pub first_temp: u16,
    /// The next free slot.
    pub top: u16,
    /// The most slots in use at any time.
    pub high: u16,
    /// Bit n: slot n certainly holds a value. All ones where control does not get to.
    pub assigned: u64,
    /// Bit n: slot n is read where it may be unset.
    pub unbind: u64,
    /// What surrounds the statement being compiled, in this frame.
    pub blocks: Vec<Block<'a, 's>>,
    /// In the body of a top-level class: a method uses `__class__`.
    pub class_cell: bool,
    /// Constants that lie in slots, see `pin.rs`.
    pub pins: Vec<(Const, Slot)>,
    /// What is known in a function of machine values.
    pub viper: Option<Box<Viper<'s>>>,
    /// Expression statements print: module level of interactive input.
    pub prints: bool,
}

/// Generates code for the top-level statement `scopes` were made of.
pub(super) struct Codegen<'a, 's> {
    pub source: &'s str,
    pub scopes: Scopes<'s>,
    /// The scope whose names are being looked up: the unit's, or a comprehension in it.
    pub scope: usize,
    pub unit: Box<Unit<'a, 's>>,
    /// The frames around it.
    pub outer: Vec<(Box<Unit<'a, 's>>, usize)>,
    pub known: &'a mut Known,
    /// A byte offset and its line, near where code is being generated.
    cursor: (usize, u32),
}

impl<'a, 's> Unit<'a, 's> {
    #[inline(never)]
    pub fn new(scope: usize, name: &str, qualname: String, file: Rc<str>) -> Box<Unit<'a, 's>> {
        let mut b = ProtoBuilder::new();
        b.proto.name = name.into();
        b.proto.qualname = qualname;
        b.proto.file = file;
        Box::new(Unit {
            b,
            scope,
            locals: Vec::new(),
            spilled: Vec::new(),
            spill: 0,
            first_free: 0,
            comp_vars: Vec::new(),
            first_temp: 0,
            top: 0,
            high: 0,
            assigned: 0,
            unbind: 0,
            blocks: Vec::new(),
            class_cell: false,
            pins: Vec::new(),
            viper: None,
            prints: false,
        })
    }

    pub fn module(file: Rc<str>, namespace: bool) -> Box<Unit<'a, 's>> {
        let mut unit = Unit::new(0, "<module>", "<module>".into(), file);
        unit.b.proto.flags |= Flags::MODULE;
        unit.b.proto.first_line = 1;
        if namespace {
            // The mapping comes as the one parameter.
            unit.b.proto.flags |= Flags::CLASS;
            unit.b.proto.positional = 1;
            unit.b.proto.slot_names.push(".namespace".into());
            unit.scope = 1;
            (unit.first_temp, unit.top, unit.high) = (1, 1, 1);
        }
        unit
    }

    /// Makes this the frame of a top-level class's body: the namespace, then a place for the cell
    /// of `__class__`, should a method ask for it.
    pub fn begin_class(&mut self, line: u32) {
        self.b.proto.flags |= Flags::CLASS;
        self.b.proto.positional = 1;
        self.b.proto.first_line = line;
        self.b.line(line);
        self.b.proto.slot_names.extend([".namespace".into(), "__class__".into()]);
        (self.first_temp, self.top, self.high) = (2, 2, 2);
        self.assigned = 1;
    }

    /// The end of the body of a top-level class.
    pub fn end_class(mut self: Box<Self>, source: &str) -> Gen<Box<Proto>> {
        let cell = self.class_cell;
        self.return_class_cell(cell);
        if cell {
            let mut prologue = ProtoBuilder::new();
            prologue.ab(Op::Unbind, 1, 1);
            prologue.ab(Op::MakeCell, 1, 1);
            self.b.prepend(&prologue.proto.code);
        }
        self.finish(source)
    }

    /// The return of a class body: its `__class__` cell if a method uses it.
    pub fn return_class_cell(&mut self, cell: bool) {
        if cell {
            self.b.a(Op::Return, 1);
        } else {
            self.b.a(Op::ReturnNone, 0);
        }
    }

    /// What a frame is between two statements of a module or class: its code and its slots.
    fn carry(&mut self, from: Box<Unit<'_, '_>>) {
        let from = *from;
        (self.top, self.high, self.first_temp) = (from.top, from.high, from.first_temp);
        (self.assigned, self.class_cell) = (from.assigned, from.class_cell);
        self.b = from.b;
    }

    pub fn end_module(&mut self) {
        self.b.a(Op::ReturnNone, 0);
    }

    /// Resolves jumps; the error of code too large points at the start.
    #[inline(never)]
    pub fn finish(mut self: Box<Self>, source: &str) -> Gen<Box<Proto>> {
        self.b.proto.slots = self.high;
        // Many functions wait for the end of their module: no room for growth that will not come.
        let proto = &mut self.b.proto;
        proto.code.shrink_to_fit();
        proto.consts.shrink_to_fit();
        proto.names.shrink_to_fit();
        proto.lines.shrink_to_fit();
        proto.slot_names.shrink_to_fit();
        proto.free_names.shrink_to_fit();
        proto.handlers.shrink_to_fit();
        let line = self.b.proto.first_line;
        self.b.finish().map(Box::new).map_err(|error: BuildError| {
            let start = crate::syntax::line_text(source, line).as_ptr() as usize;
            let start = start.saturating_sub(source.as_ptr() as usize) as u32;
            SyntaxError::new(Span::new(start, start + 1), format!("{error}"))
        })
    }
}

impl<'a, 's> Codegen<'a, 's> {
    #[inline(never)]
    pub fn new(
        source: &'s str,
        scopes: Scopes<'s>,
        unit: Box<Unit<'_, '_>>,
        known: &'a mut Known,
        mode: Mode,
    ) -> Box<Codegen<'a, 's>> {
        // Between top-level statements a module's frame has neither variables nor blocks: only
        // its code lives on, so the lifetimes of the last statement's tree end here.
        let mut fresh = Unit::new(unit.scope, "", String::new(), unit.b.proto.file.clone());
        fresh.carry(unit);
        fresh.prints = matches!(mode, Mode::Single | Mode::SingleIn);
        let scope = fresh.scope;
        Box::new(Codegen { source, scopes, scope, unit: fresh, outer: Vec::new(), known, cursor: (0, 1) })
    }

    #[inline(never)]
    #[expect(clippy::boxed_local, reason = "it is large: moving it would take stack")]
    pub fn into_unit<'x, 'y>(mut self: Box<Self>) -> Box<Unit<'x, 'y>> {
        let mut unit = Unit::new(self.unit.scope, "", String::new(), self.unit.b.proto.file.clone());
        if self.unit.scope == 1 {
            self.unit.class_cell |= self.scopes.all[1].class_cell;
        }
        unit.carry(self.unit);
        unit
    }

    pub fn top_level(&mut self, block: &'a [Stmt<'s>]) -> Gen {
        self.block(block)
    }

    pub fn eval(&mut self, expr: &'a Expr<'s>) -> Gen {
        self.line(expr.span);
        let slot = self.any(expr)?;
        self.unit.b.a(Op::Return, slot);
        Ok(())
    }

    // Places in the source

    /// The following code belongs to the line of `span`.
    #[inline(never)]
    pub fn line(&mut self, span: Span) {
        let line = self.line_of(span.start);
        self.unit.b.line(line);
        self.unit.b.span(span.start, span.end);
    }

    /// The following instruction is its whole statement.
    pub fn no_span(&mut self) {
        self.unit.b.span(u32::MAX, u32::MAX);
    }

    pub fn line_of(&mut self, offset: u32) -> u32 {
        let offset = (offset as usize).min(self.source.len());
        let bytes = self.source.as_bytes();
        let breaks = |text: &[u8]| {
            let mut count = 0;
            for (i, &b) in text.iter().enumerate() {
                count += (b == b'\n' || (b == b'\r' && text.get(i + 1) != Some(&b'\n'))) as u32;
            }
            count
        };
        let (at, line) = self.cursor;
        let line =
            if offset >= at { line + breaks(&bytes[at..offset]) } else { line - breaks(&bytes[offset..at]) };
        self.cursor = (offset, line);
        line
    }

    #[cold]
    #[inline(never)]
    pub fn error<T>(&self, span: Span, message: &str) -> Gen<T> {
        Err(SyntaxError::new(span, message))
    }

    // Slots

    /// The next free slot.
    pub fn alloc(&mut self, span: Span) -> Gen<Slot> {
        self.alloc_many(1, span)
    }

    /// `n` consecutive free slots.
    #[inline(never)]
    pub fn alloc_many(&mut self, n: usize, span: Span) -> Gen<Slot> {
        let first = self.unit.top;
        let top = first as usize + n;
        if top > NEAR as usize {
            return self.error(span, "expression too complex: it needs more registers than a frame has");
        }
        self.unit.top = top as u16;
        // Even an empty range names a slot, which must be inside the frame.
        self.unit.high = self.unit.high.max(self.unit.top).max(first + 1);
        Ok(first as Slot)
    }

    /// Gives back all slots from `top`.
    pub fn free_to(&mut self, top: u16) {
        self.unit.top = top;
    }

    /// The first slot for a call window of `n` slots that an instruction makes for itself.
    pub fn window(&mut self, n: usize, span: Span) -> Gen<Slot> {
        let top = self.unit.top;
        let first = self.alloc_many(n, span)?;
        self.free_to(top);
        Ok(first)
    }

    /// How many slots are free.
    pub fn room(&self) -> usize {
        (NEAR - self.unit.top.min(NEAR)) as usize
    }

    #[inline(never)]
    pub fn constant(&mut self, dest: Slot, value: Const) {
        match value {
            Const::None => self.unit.b.a(Op::LoadNone, dest),
            Const::Int(i) if i16::try_from(i).is_ok() => self.unit.b.abx(Op::LoadInt, dest, i as i16 as u16),
            value => {
                let k = self.unit.b.constant(value);
                self.unit.b.abx(Op::LoadConst, dest, k);
            }
        }
    }

    pub fn move_to(&mut self, dest: Slot, from: Slot) {
        if dest != from {
            self.unit.b.ab(Op::Move, dest, from);
        }
    }

    /// What control does not get past: a return, a raise, a jump.
    pub fn unreachable(&mut self) {
        self.unit.assigned = u64::MAX;
    }

    pub fn is_unreachable(&self) -> bool {
        self.unit.assigned == u64::MAX
    }

    #[inline(never)]
    pub fn mangled(&self, name: &'s str) -> Cow<'s, str> {
        mangle(self.scopes.all[self.scope].class_name, name)
    }
}
