//! From the stack machine's bytecode to ours.
//!
//! Slots: parameters, cells from outside, other variables; for each level of `try` one for the exception; then one
//! for each height of the stack. Entries of the stack are moved there only when they must be: until then they are
//! names for where their value is.
//!
//! Code is translated in the order of its addresses as far as it can be reached, so that what meets at a place is
//! known when that place is come to. A handler is translated once for each way of coming to it (see `Mode`), for the
//! stack machine finds different things on its stack then. Who leaves a `finally` early puts the number of a *reason*
//! there; at the handler's end, code that is made last goes on according to it.

mod blocks;
mod calls;
mod slots;
mod values;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::flow::{Block, BlockKind, Entry, Kind, Mode, Place, State};
use super::op::*;
use super::read::{Code, File, Reader};
use super::{M, MpyError};
use crate::bytecode::{Const, Flags, Label, Op, Proto, ProtoBuilder, Slot};

/// Slots that instructions can name.
const NEAR: usize = 64;

const GENERATOR: usize = 1;
const VARKEYWORDS: usize = 2;
const VARARGS: usize = 4;

/// Entries of the stack that an iterator takes.
const ITER: usize = 4;

/// Lists of more items than this are built one by one.
const AT_ONCE: usize = 8;

/// A handler is translated up to four times, and one inside it as often again: somewhere that must end.
const MOST_WORDS: u32 = 30_000;
const MOST_STEPS: u32 = 60_000;

/// Binary operations by number; the one in between is the matching of exceptions.
const COMPARE: [Op; 8] = [Op::Lt, Op::Gt, Op::Eq, Op::Le, Op::Ge, Op::Ne, Op::In, Op::Is];
const EXCEPTION_MATCH: i32 = 8;
const INPLACE: [Op; 13] = [
    Op::IOr,
    Op::IXor,
    Op::IAnd,
    Op::ILShift,
    Op::IRShift,
    Op::IAdd,
    Op::ISub,
    Op::IMul,
    Op::IMatMul,
    Op::IFloorDiv,
    Op::ITrueDiv,
    Op::IMod,
    Op::IPow,
];
const PLAIN: [Op; 13] = [
    Op::Or,
    Op::Xor,
    Op::And,
    Op::LShift,
    Op::RShift,
    Op::Add,
    Op::Sub,
    Op::Mul,
    Op::MatMul,
    Op::FloorDiv,
    Op::TrueDiv,
    Op::Mod,
    Op::Pow,
];
const UNARY_OPS: [Op; 4] = [Op::Pos, Op::Neg, Op::Invert, Op::Not];

/// How a function is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Module,
    Class,
    Function,
}

/// The module's code.
pub fn module(file: &File<'_>, source: Rc<str>) -> M<Box<Proto>> {
    function(file, &file.code, Role::Module, 0, "", &source)
}

/// What stands before a function's bytecode.
struct Prelude {
    state: usize,
    exceptions: usize,
    flags: usize,
    positional: usize,
    keyword_only: usize,
    defaults: usize,
}

impl Prelude {
    fn read(r: &mut Reader<'_>) -> M<Prelude> {
        let z = usize::from(r.byte()?);
        let mut p = Prelude {
            state: z >> 3 & 15,
            exceptions: z >> 2 & 1,
            flags: 0,
            positional: z & 3,
            keyword_only: 0,
            defaults: 0,
        };
        let (mut more, mut n) = (z & 0x80 != 0, 0);
        while more {
            let z = usize::from(r.byte()?);
            if n > 6 {
                return Err(MpyError::Incompatible);
            }
            p.state |= (z & 0x30) << (2 * n);
            p.exceptions |= (z & 0x02) << n;
            p.flags |= (z >> 6 & 1) << n;
            p.positional |= (z & 4) << n;
            p.keyword_only |= (z >> 3 & 1) << n;
            p.defaults |= (z & 1) << n;
            more = z & 0x80 != 0;
            n += 1;
        }
        p.state += 1;
        Ok(p)
    }
}

/// Bytes of source information, and cells.
fn sizes(r: &mut Reader<'_>) -> M<(usize, usize)> {
    let (mut info, mut cells) = (0, 0);
    for n in 0..4 {
        let z = usize::from(r.byte()?);
        cells |= (z & 1) << n;
        info |= (z >> 1 & 0x3F) << (6 * n);
        if z & 0x80 == 0 {
            return Ok((info, cells));
        }
    }
    Err(MpyError::Incompatible)
}

/// Where control goes after the `finally` blocks on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Return,
    /// To an address, after leaving so many blocks more; perhaps the iterator on top is dropped.
    Jump {
        target: u32,
        blocks: usize,
        drops: bool,
    },
}

/// One `try` or `with` statement of the function.
struct Try {
    /// Where the exception is kept.
    slot: Slot,
    depth: usize,
    /// Where the exception table leads.
    stub: Label,
    handler: Label,
    /// Why its `finally` may be run, numbered from 1.
    reasons: Vec<Reason>,
    /// Ends of its handler on the way out: what is known there, with the result and the reason on top.
    ends: Vec<(Label, State)>,
    level: usize,
    /// The code at its end has been made.
    dispatched: bool,
}

/// A place that control can jump to.
struct Target {
    label: Label,
    state: State,
    done: bool,
}

struct Translator<'f, 'a> {
    file: &'f File<'a>,
    children: &'f [Code<'a>],
    role: Role,
    code: &'a [u8],
    b: ProtoBuilder,
    /// The slot of each variable.
    slots: Vec<Slot>,
    /// Variables that are cells.
    cells: Vec<bool>,
    /// Variables that certainly hold something where they are read.
    bound: Vec<bool>,
    /// Variables that are deleted somewhere.
    deleted: Vec<bool>,
    /// Before any branch: what is assigned is assigned everywhere.
    entry: bool,
    /// First slot of the stack.
    base: usize,
    high: usize,
    jumped_to: Vec<bool>,
    /// By address and modes.
    targets: BTreeMap<(u32, u64), Target>,
    steps: u32,
    /// Where the instruction that loads `BaseException` ends.
    any_exception: u32,
    tries: Vec<Try>,
    /// Ranges of words, and the statement that catches exceptions there.
    covers: Vec<(u32, u32, usize)>,
    state: State,
    source: Rc<str>,
    qualname: String,
}

/// Translates a function whose first `frees` parameters are cells.
fn function(
    file: &File<'_>,
    code: &Code<'_>,
    role: Role,
    frees: usize,
    outer: &str,
    source: &Rc<str>,
) -> M<Box<Proto>> {
    if crate::stack::lacks(2048) {
        return Err(MpyError::TooLarge);
    }
    let mut r = Reader { bytes: code.bytes };
    let prelude = Prelude::read(&mut r)?;
    let (info, n_cells) = sizes(&mut r)?;
    let mut info = Reader { bytes: r.take(info)? };
    let cells = r.take(n_cells)?;
    let body = r.bytes;
    let n_args = prelude.positional.checked_sub(frees).ok_or(MpyError::Incompatible)?;
    let params = n_args
        + prelude.keyword_only
        + usize::from(prelude.flags & VARARGS != 0)
        + usize::from(prelude.flags & VARKEYWORDS != 0);
    let takes_none = role != Role::Function;
    if params > 40 || prelude.defaults > n_args || (takes_none && params != 0) || prelude.exceptions > 28 {
        return Err(MpyError::TooLarge);
    }

    // Variables: the largest number that the code names, and at least the parameters.
    let mut locals = frees + params;
    let mut deleted = alloc::vec![false; 256];
    let mut jumped_to = alloc::vec![false; body.len()];
    let mut starts = alloc::vec![false; body.len()];
    let mut at = 0;
    while (at as usize) < body.len() {
        let i = Instr::read(body, at)?;
        starts[at as usize] = true;
        if (LOAD_FAST_N..=DELETE_DEREF).contains(&i.op) {
            let n = usize::try_from(i.arg).ok().filter(|n| *n < 256).ok_or(MpyError::Incompatible)?;
            locals = locals.max(n + 1);
            deleted[n] |= i.op == DELETE_FAST;
        }
        if i.jumps() {
            jumped_to[i.arg as usize] = true;
        }
        if i.op == END_FINALLY
            && let Some(next) = jumped_to.get_mut(i.next as usize)
        {
            // Where the ways through a handler meet again.
            *next = true;
        }
        at = i.next;
    }
    if jumped_to.iter().zip(&starts).any(|(jump, start)| *jump && !start) {
        return Err(MpyError::Incompatible);
    }
    drop(starts);
    locals = cells.iter().fold(locals, |n, c| n.max(usize::from(*c) + 1));

    // A class body's namespace comes as its one parameter.
    let shift = usize::from(role == Role::Class);
    let base = shift + locals + prelude.exceptions;
    if base + 8 > NEAR {
        return Err(MpyError::TooLarge);
    }
    let slot_of = |n: usize| {
        if n < frees {
            shift + params + n
        } else if n < frees + params {
            shift + n - frees
        } else {
            shift + n
        }
    };
    let mut t = Translator {
        file,
        children: &code.children,
        role,
        code: body,
        b: ProtoBuilder::new(),
        slots: (0..locals).map(|n| slot_of(n) as Slot).collect(),
        cells: (0..locals).map(|n| n < frees || cells.contains(&(n as u8))).collect(),
        bound: (0..locals).map(|n| n < frees + params && !deleted[n]).collect(),
        deleted,
        entry: true,
        base,
        high: base + 1,
        jumped_to,
        targets: BTreeMap::new(),
        steps: 0,
        any_exception: 0,
        tries: Vec::new(),
        covers: Vec::new(),
        state: State::default(),
        source: source.clone(),
        qualname: String::new(),
    };
    let name = file.string(info.uint()?)?;
    let proto = &mut t.b.proto;
    proto.name = name.into();
    proto.qualname = if outer.is_empty() { name.into() } else { alloc::format!("{outer}.{name}") };
    t.qualname = proto.qualname.clone();
    proto.file = source.clone();
    proto.positional = (n_args + shift) as u8;
    proto.keyword_only = prelude.keyword_only as u8;
    proto.slot_names = alloc::vec![String::new(); shift + locals];
    for n in 0..prelude.positional + prelude.keyword_only {
        let name = file.string(info.uint()?)?;
        let name = if n < frees { ".cell" } else { name };
        proto.slot_names[slot_of(n)] = name.into();
    }
    for (i, name) in proto.slot_names.iter_mut().enumerate().filter(|(_, name)| name.is_empty()) {
        // The file does not say what variables are called.
        *name = alloc::format!(".{i}");
    }
    proto.free_names = (0..frees).map(|n| alloc::format!(".cell{n}")).collect();
    for (flag, ours) in
        [(VARARGS, Flags::VARARGS), (VARKEYWORDS, Flags::VARKW), (GENERATOR, Flags::GENERATOR)]
    {
        if prelude.flags & flag != 0 {
            proto.flags |= ours;
        }
    }
    match role {
        Role::Module => proto.flags |= Flags::MODULE,
        Role::Class => proto.flags |= Flags::CLASS,
        Role::Function => {}
    }
    let lines = line_table(info.bytes);
    proto.first_line = lines.first().map_or(1, |l| l.1);
    t.prologue(frees, params, cells)?;
    t.run(&lines, true)?;
    t.finish(&lines)
}

/// Addresses and the lines that begin there.
fn line_table(mut bytes: &[u8]) -> Vec<(u32, u32)> {
    let (mut at, mut line, mut table) = (0u32, 1u32, Vec::new());
    while let Some((&c, rest)) = bytes.split_first() {
        let (code, lines);
        if c & 0x80 == 0 {
            (code, lines) = (c & 0x1F, u32::from(c >> 5));
            bytes = rest;
        } else {
            let Some((&d, rest)) = rest.split_first() else { break };
            (code, lines) = (c & 0x0F, u32::from(c) << 4 & 0x700 | u32::from(d));
            bytes = rest;
        }
        at += u32::from(code);
        line = line.wrapping_add(lines) & 0xFF_FFFF;
        table.push((at, line));
    }
    table
}

impl Translator<'_, '_> {
    // ---- the whole function ----

    fn prologue(&mut self, frees: usize, params: usize, cells: &[u8]) -> M {
        let line = self.b.proto.first_line;
        self.b.line(line);
        if frees > 0 {
            let first = self.slots[0];
            self.b.ab(Op::CopyFree, first, frees as u8);
        }
        if frees + params < self.slots.len() {
            let (first, n) = (self.slots[frees + params], self.slots.len() - frees - params);
            self.b.ab(Op::Unbind, first, n as u8);
        }
        for &n in cells {
            let slot = self.slots[usize::from(n)];
            if usize::from(n) < frees {
                return Err(MpyError::Incompatible);
            }
            self.b.ab(Op::MakeCell, slot, slot);
        }
        Ok(())
    }

    /// Translates what can be reached: from the start (`live`), or only from places that wait.
    fn run(&mut self, lines: &[(u32, u32)], mut live: bool) -> M {
        let mut at = 0;
        loop {
            if !live {
                let Some((&next, target)) = self.targets.iter_mut().find(|(_, target)| !target.done) else {
                    break;
                };
                at = next.0;
                target.done = true;
                let (label, state) = (target.label, target.state.clone());
                self.b.place(label);
                self.state = state;
                self.entry = false;
            } else if self.jumped_to.get(at as usize).copied().unwrap_or(false) {
                self.settle()?;
                self.entry = false;
                let label = self.enter(at, self.state.clone())?;
                match self.targets.get_mut(&(at, self.state.modes())) {
                    Some(target) if !target.done => {
                        target.done = true;
                        self.b.place(label);
                    }
                    _ => {
                        self.b.jump(Op::Jump, 0, label);
                        live = false;
                        continue;
                    }
                }
            }
            self.steps += 1;
            if self.b.here() > MOST_WORDS || self.steps > MOST_STEPS {
                return Err(MpyError::TooLarge);
            }
            let i = Instr::read(self.code, at)?;
            let line = lines.iter().rev().find(|l| l.0 <= at).map_or(1, |l| l.1);
            self.b.line(line);
            let from = self.b.here();
            let cover = self
                .state
                .blocks
                .iter()
                .rev()
                .find(|block| block.mode == Mode::Guarded)
                .map(|block| block.id);
            let next = self.instruction(i)?;
            let to = self.b.here();
            if let Some(id) = cover.filter(|_| from < to) {
                match self.covers.last_mut() {
                    Some(last) if last.1 == from && last.2 == id => last.1 = to,
                    _ => self.covers.push((from, to, id)),
                }
            }
            match next {
                Some(next) => {
                    let mut state = core::mem::take(&mut self.state);
                    Self::crosses(at, next, &mut state)?;
                    self.state = state;
                    at = next;
                    live = true;
                }
                None => live = false,
            }
        }
        Ok(())
    }

    /// The label of an address to which control goes in this state (with everything at home).
    fn edge(&mut self, from: u32, to: u32, mut state: State) -> M<Label> {
        Self::crosses(from, to, &mut state)?;
        self.enter(to, state)
    }

    fn enter(&mut self, to: u32, state: State) -> M<Label> {
        let key = (to, state.modes());
        if let Some(target) = self.targets.get_mut(&key) {
            if target.state.blocks == state.blocks
                && target.state.stack.len() == state.stack.len()
                && !target.done
            {
                // Where two kinds of objects meet there is just an object.
                for (a, b) in target.state.stack.iter_mut().zip(&state.stack) {
                    if a.kind != b.kind && a.kind.is_value() && b.kind.is_value() {
                        a.kind = Kind::Value;
                    }
                }
                if target
                    .state
                    .stack
                    .iter()
                    .zip(&state.stack)
                    .all(|(a, b)| a.kind == b.kind || (a.kind == Kind::Value && b.kind.is_value()))
                {
                    return Ok(target.label);
                }
            }
            let loose = |a: Kind, b: Kind| a == b || (a == Kind::Value && b.is_value());
            let fits = target.state.blocks == state.blocks
                && target.state.stack.len() == state.stack.len()
                && target.state.stack.iter().zip(&state.stack).all(|(a, b)| loose(a.kind, b.kind));
            return if fits { Ok(target.label) } else { Err(MpyError::Incompatible) };
        }
        let label = self.b.label();
        self.targets.insert(key, Target { label, state, done: false });
        Ok(label)
    }

    /// Makes what was put off, and the proto.
    fn finish(mut self, lines: &[(u32, u32)]) -> M<Box<Proto>> {
        // Inner statements first: leaving them may give outer ones a reason, and lead to code not come to before.
        loop {
            let waiting = (0..self.tries.len()).filter(|&id| !self.tries[id].dispatched);
            let Some(id) = waiting.max_by_key(|&id| self.tries[id].level) else { break };
            self.dispatch(id)?;
            self.run(lines, false)?;
        }
        let mut stubs = Vec::new();
        for id in 0..self.tries.len() {
            let (slot, stub, handler, depth) =
                (self.tries[id].slot, self.tries[id].stub, self.tries[id].handler, self.tries[id].depth);
            // The exception arrives above all that is still needed.
            let top = self.home(depth)?;
            stubs.push((self.b.here(), top));
            self.b.place(stub);
            self.b.ab(Op::Move, slot, top);
            self.b.jump(Op::Jump, 0, handler);
        }
        for (from, to, id) in core::mem::take(&mut self.covers) {
            self.b.handler(from, to, stubs[id].0, stubs[id].1);
        }
        // Code that cannot end here ends here all the same.
        self.b.a(Op::ReturnNone, 0);
        self.b.proto.slots = self.high as u16;
        self.b.finish().map(Box::new).map_err(|_| MpyError::TooLarge)
    }

    /// Translates an instruction; where control falls to afterwards.
    fn instruction(&mut self, i: Instr) -> M<Option<u32>> {
        match i.op {
            LOAD_CONST_FALSE | LOAD_CONST_TRUE => {
                let k = self.b.constant(Const::Bool(i.op == LOAD_CONST_TRUE));
                self.state.push(Kind::Value, Place::Const(k))?;
            }
            LOAD_CONST_NONE => self.state.push(Kind::Value, Place::None)?,
            LOAD_CONST_SMALL_INT => self.state.push(Kind::Value, Place::Int(i.arg))?,
            LOAD_CONST_STRING => {
                let text = self.string(i.arg)?;
                let k = self.b.constant(Const::Str(text));
                self.state.push(Kind::Value, Place::Const(k))?;
            }
            LOAD_CONST_OBJ => {
                let value = self.file.constants.get(i.arg as usize).ok_or(MpyError::Incompatible)?.clone();
                let k = self.b.constant(value);
                self.state.push(Kind::Value, Place::Const(k))?;
            }
            LOAD_NULL => self.null()?,
            LOAD_FAST_N..=DELETE_DEREF => self.variable_op(i)?,
            LOAD_NAME..=STORE_GLOBAL
            | DELETE_NAME
            | DELETE_GLOBAL
            | STORE_ATTR
            | IMPORT_NAME
            | IMPORT_FROM
            | IMPORT_STAR => self.name_op(i)?,
            LOAD_BUILD_CLASS => self.state.push(Kind::BuildClass, Place::None)?,
            LOAD_SUBSCR => {
                let index = self.state.pop_value()?;
                let base = self.state.pop_value()?;
                let scratch = self.scratch(&[index, base]);
                let (index, base) = (self.value(index, scratch)?, self.value(base, scratch + 1)?);
                let to = self.result()?;
                self.b.abc(Op::GetItem, to, base, index);
            }
            STORE_SUBSCR => {
                let index = self.state.pop_value()?;
                let base = self.state.pop_value()?;
                let value = self.state.pop()?;
                let scratch = self.scratch(&[index, base, value]);
                let (index, base) = (self.value(index, scratch)?, self.value(base, scratch + 1)?);
                if value.1.kind == Kind::Null {
                    self.b.ab(Op::DelItem, base, index);
                } else if value.1.kind.is_value() {
                    let value = self.value(value, scratch + 2)?;
                    self.b.abc(Op::SetItem, base, index, value);
                } else {
                    return Err(MpyError::Incompatible);
                }
            }
            DUP_TOP => self.duplicate(0)?,
            DUP_TOP_TWO => {
                self.duplicate(1)?;
                self.duplicate(1)?;
            }
            POP_TOP => {
                self.state.pop()?;
            }
            ROT_TWO => self.rotate(2, i.next)?,
            ROT_THREE => self.rotate(3, i.next)?,
            JUMP => {
                self.settle()?;
                self.entry = false;
                let label = self.edge(i.at, i.arg as u32, self.state.clone())?;
                self.b.jump(Op::Jump, 0, label);
                return Ok(None);
            }
            POP_JUMP_IF_TRUE | POP_JUMP_IF_FALSE => {
                let condition = self.state.pop_value()?;
                let scratch = self.scratch(&[condition]);
                let condition = self.value(condition, scratch)?;
                self.branch_on(i, condition)?;
            }
            JUMP_IF_TRUE_OR_POP | JUMP_IF_FALSE_OR_POP => {
                self.settle()?;
                let (at, entry) = self.state.peek(0)?;
                if !entry.kind.is_value() {
                    return Err(MpyError::Incompatible);
                }
                let condition = self.home(at)?;
                self.entry = false;
                let label = self.edge(i.at, i.arg as u32, self.state.clone())?;
                let op = if i.op == JUMP_IF_TRUE_OR_POP { Op::JTrue } else { Op::JFalse };
                self.b.jump(op, condition, label);
                self.state.pop()?;
            }
            SETUP_WITH | SETUP_EXCEPT | SETUP_FINALLY => self.setup(i)?,
            POP_EXCEPT_JUMP => {
                self.settle()?;
                let block = self.state.blocks.pop().ok_or(MpyError::Incompatible)?;
                if block.kind != BlockKind::Except || self.state.stack.len() < block.depth {
                    return Err(MpyError::Incompatible);
                }
                let label = self.edge(i.at, i.arg as u32, self.state.clone())?;
                self.b.jump(Op::Jump, 0, label);
                return Ok(None);
            }
            WITH_CLEANUP => self.with_cleanup()?,
            END_FINALLY => return self.end_finally(i),
            UNWIND_JUMP => {
                self.settle()?;
                let blocks = usize::from(i.extra & 0x7F);
                let reason = Reason::Jump { target: i.arg as u32, blocks, drops: i.extra & 0x80 != 0 };
                let state = self.state.clone();
                self.leave(blocks, reason, 0)?;
                self.state = state;
                return Ok(None);
            }
            FOR_ITER => self.for_iter(i)?,
            GET_ITER => return self.get_iter(i),
            GET_ITER_STACK => {
                let from = self.state.pop_value()?;
                let scratch = self.scratch(&[from]);
                let from = self.value(from, scratch)?;
                // The iteration's state is going to lie where the entries above may have their values.
                let at = self.state.stack.len();
                let (to, next) = (self.home(at)?, self.home(at + 1)?);
                let in_use = |slot| self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot));
                if in_use(to) || in_use(next) {
                    let aside = self.free(&[]).max(usize::from(from) + 1).max(usize::from(next) + 1);
                    let aside = self.slot(aside)?;
                    self.copy(aside, from);
                    self.settle()?;
                    self.b.ab(Op::GetIter, to, aside);
                } else {
                    self.b.ab(Op::GetIter, to, from);
                }
                for _ in 0..ITER {
                    self.state.push(Kind::Iter, Place::None)?;
                }
            }
            BUILD_TUPLE | BUILD_LIST | BUILD_SET => self.build(i)?,
            BUILD_MAP => {
                let to = self.result_of(Kind::Dict)?;
                self.b.abc(Op::BuildDict, to, to, 0);
            }
            STORE_MAP => {
                let key = self.state.pop_value()?;
                let value = self.state.pop_value()?;
                let map = self.state.peek(0)?;
                if map.1.kind != Kind::Dict {
                    return Err(MpyError::Incompatible);
                }
                let scratch = self.scratch(&[key, value]);
                let (key, value) = (self.value(key, scratch)?, self.value(value, scratch + 1)?);
                let map = self.value(map, scratch)?;
                self.b.abc(Op::DictAdd, map, key, value);
            }
            STORE_COMP => self.store_comp(i.arg as usize)?,
            BUILD_SLICE => {
                let n = if i.arg == 3 { 3 } else { 2 };
                let parts = self.take(n)?;
                let first = self.scratch(&parts);
                self.fill(first, &parts)?;
                let to = self.result()?;
                self.b.abc(Op::BuildSlice, to, first as u8, n as u8);
            }
            UNPACK_SEQUENCE => self.unpack(i.arg as usize, None)?,
            UNPACK_EX => self.unpack(i.arg as usize & 0xFF, Some(i.arg as usize >> 8))?,
            MAKE_FUNCTION | MAKE_CLOSURE => self.make_function(i, false)?,
            MAKE_FUNCTION_DEFARGS | MAKE_CLOSURE_DEFARGS => self.make_function(i, true)?,
            CALL_FUNCTION | CALL_METHOD => self.call(i)?,
            CALL_FUNCTION_VAR_KW | CALL_METHOD_VAR_KW => self.call_unpacked(i)?,
            RETURN_VALUE => {
                let (at, entry) = self.state.pop()?;
                let value = match entry.kind {
                    Kind::Cell(slot) if self.role == Role::Class => slot,
                    kind if kind.is_value() => {
                        let scratch = self.scratch(&[(at, entry)]);
                        self.value((at, entry), scratch)?
                    }
                    _ => return Err(MpyError::Incompatible),
                };
                let value = if self.state.blocks.is_empty() { value } else { self.settle_beside(value)? };
                self.leave(usize::MAX, Reason::Return, value)?;
                return Ok(None);
            }
            RAISE_LAST => {
                let raised = self.state.blocks.iter().rev().find(|block| block.mode == Mode::Raised);
                if let Some(id) = raised.map(|block| block.id) {
                    let slot = self.tries[id].slot;
                    self.b.a(Op::Reraise, slot);
                    return Ok(None);
                }
                self.b.a(Op::RaiseAgain, 0);
                return Ok(None);
            }
            RAISE_OBJ => {
                let exception = self.state.pop_value()?;
                let scratch = self.scratch(&[exception]);
                let exception = self.value(exception, scratch)?;
                self.b.a(Op::Raise, exception);
                return Ok(None);
            }
            RAISE_FROM => {
                let cause = self.state.pop_value()?;
                let exception = self.state.pop_value()?;
                let scratch = self.scratch(&[cause, exception]);
                let (cause, exception) = (self.value(cause, scratch)?, self.value(exception, scratch + 1)?);
                self.b.ab(Op::RaiseFrom, exception, cause);
                return Ok(None);
            }
            YIELD_VALUE => {
                if !self.b.proto.flags.has(Flags::GENERATOR) {
                    return Err(MpyError::Incompatible);
                }
                self.settle()?;
                let (at, _) = self.state.pop_value()?;
                let slot = self.home(at)?;
                self.b.abc(Op::Yield, slot, slot, slot + 1);
                self.state.push(Kind::Value, Place::Home)?;
            }
            YIELD_FROM => {
                // The value to send first; it is always None.
                self.state.pop_value()?;
                self.settle()?;
                let (at, _) = self.state.pop_value()?;
                let slot = self.home(at)?;
                self.yield_from(slot, slot)?;
                self.state.push(Kind::Value, Place::Home)?;
            }
            UNARY => {
                let value = self.state.pop_value()?;
                let scratch = self.scratch(&[value]);
                let value = self.value(value, scratch)?;
                let to = self.result()?;
                self.b.ab(UNARY_OPS[i.arg as usize & 3], to, value);
            }
            BINARY => return self.binary(i),
            _ => return Err(MpyError::Incompatible),
        }
        Ok(Some(i.next))
    }

    /// Jumps if `condition` is as the instruction says.
    fn branch_on(&mut self, i: Instr, condition: Slot) -> M {
        let condition = self.settle_beside(condition)?;
        self.entry = false;
        let label = self.edge(i.at, i.arg as u32, self.state.clone())?;
        let op = if i.op == POP_JUMP_IF_TRUE { Op::JTrue } else { Op::JFalse };
        self.b.jump(op, condition, label);
        Ok(())
    }
}

fn method(name: i32) -> M<u16> {
    u16::try_from(name).map_err(|_| MpyError::TooLarge)
}
