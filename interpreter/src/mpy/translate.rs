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
    // ---- slots ----

    fn slot(&mut self, n: usize) -> M<Slot> {
        if n >= NEAR {
            return Err(MpyError::TooLarge);
        }
        self.high = self.high.max(n + 1);
        Ok(n as Slot)
    }

    /// The slot that belongs to a height of the stack.
    fn home(&mut self, at: usize) -> M<Slot> {
        self.slot(self.base + at)
    }

    /// The first slot above all those in use: by the stack, and by `more`, which are going to be used.
    fn free(&self, more: &[(usize, Entry)]) -> usize {
        let stack = self.state.stack.iter().copied().enumerate();
        stack
            .chain(more.iter().copied())
            .map(|(at, entry)| match (entry.kind, entry.place) {
                (Kind::Iter, _) | (_, Place::Home) => self.base + at + 1,
                (_, Place::Slot(slot)) => usize::from(slot) + 1,
                _ => 0,
            })
            .fold(self.base, usize::max)
    }

    /// The first slot above those in use that belongs to no height of the stack as it is.
    fn scratch(&self, more: &[(usize, Entry)]) -> usize {
        self.free(more).max(self.base + self.state.stack.len())
    }

    /// Pushes a value that is in this slot.
    fn push_at(&mut self, slot: Slot) -> M {
        let home = usize::from(slot) == self.base + self.state.stack.len();
        self.state.push(Kind::Value, if home { Place::Home } else { Place::Slot(slot) })
    }

    fn load(&mut self, to: Slot, at: usize, place: Place) -> M {
        match place {
            Place::Home => {
                let from = self.home(at)?;
                self.copy(to, from);
            }
            Place::Slot(from) => self.copy(to, from),
            Place::Int(i) => match i16::try_from(i) {
                Ok(i) => self.b.abx(Op::LoadInt, to, i as u16),
                Err(_) => {
                    let k = self.b.constant(Const::Int(i64::from(i)));
                    self.b.abx(Op::LoadConst, to, k);
                }
            },
            Place::Const(k) => self.b.abx(Op::LoadConst, to, k),
            Place::None => self.b.a(Op::LoadNone, to),
        }
        Ok(())
    }

    fn copy(&mut self, to: Slot, from: Slot) {
        if to != from {
            self.b.ab(Op::Move, to, from);
        }
    }

    /// The slot where an entry's value is; it is loaded into slot `scratch` if it is nowhere yet.
    fn value(&mut self, (at, entry): (usize, Entry), scratch: usize) -> M<Slot> {
        match entry.place {
            Place::Home => self.home(at),
            Place::Slot(slot) => Ok(slot),
            place => {
                let slot = self.slot(scratch)?;
                self.load(slot, at, place)?;
                Ok(slot)
            }
        }
    }

    /// Moves values to slots all at once: a source may be another's destination.
    fn arrange(&mut self, moves: &[(Slot, (usize, Entry))]) -> M {
        let mut waiting: Vec<(Slot, Slot)> = Vec::new();
        let mut loads = Vec::new();
        for &(to, (at, entry)) in moves {
            match entry.place {
                Place::Home => waiting.push((to, self.home(at)?)),
                Place::Slot(from) => waiting.push((to, from)),
                place => loads.push((to, at, place)),
            }
        }
        waiting.retain(|(to, from)| to != from);
        while !waiting.is_empty() {
            let safe = waiting.iter().position(|(to, _)| waiting.iter().all(|(_, from)| from != to));
            match safe {
                Some(i) => {
                    let (to, from) = waiting.swap_remove(i);
                    self.b.ab(Op::Move, to, from);
                }
                None => {
                    // A circle: one value steps aside.
                    let aside = moves.iter().map(|m| usize::from(m.0) + 1).fold(self.free(&[]), usize::max);
                    let aside = waiting.iter().map(|m| usize::from(m.1) + 1).fold(aside, usize::max);
                    let aside = self.slot(aside)?;
                    let from = waiting[0].1;
                    self.b.ab(Op::Move, aside, from);
                    waiting.iter_mut().filter(|m| m.1 == from).for_each(|m| m.1 = aside);
                }
            }
        }
        for (to, at, place) in loads {
            self.load(to, at, place)?;
        }
        Ok(())
    }

    /// Brings every entry of the stack home.
    fn settle(&mut self) -> M {
        let mut moves = Vec::new();
        for at in 0..self.state.stack.len() {
            let entry = self.state.stack[at];
            match entry.kind {
                Kind::Cell(_) => return Err(MpyError::Incompatible),
                kind if kind.is_kept() && entry.place != Place::Home => {
                    moves.push((self.home(at)?, (at, entry)));
                    self.state.stack[at].place = Place::Home;
                }
                _ => {}
            }
        }
        self.arrange(&moves)
    }

    /// The slot for a new value, which is pushed. It may be one of the operands', never another entry's.
    fn result(&mut self) -> M<Slot> {
        self.result_of(Kind::Value)
    }

    fn result_of(&mut self, kind: Kind) -> M<Slot> {
        let at = self.state.stack.len();
        let slot = self.home(at)?;
        if self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot)) {
            let slot = self.slot(self.scratch(&[]))?;
            self.state.push(kind, Place::Slot(slot))?;
            return Ok(slot);
        }
        self.state.push(kind, Place::Home)?;
        Ok(slot)
    }

    /// A variable is about to change: entries that stand for it get their own copy.
    fn changes(&mut self, slot: Slot) -> M {
        if self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot)) {
            self.settle()
        } else {
            Ok(())
        }
    }

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

    /// The ordinary way into a `finally`.
    fn crosses(from: u32, to: u32, state: &mut State) -> M {
        for block in &mut state.blocks {
            if block.mode == Mode::Guarded && from < block.handler && block.handler <= to {
                if block.kind == BlockKind::Except {
                    return Err(MpyError::Incompatible);
                }
                block.mode = Mode::Finished;
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

    /// The ends of a `finally` on the way out: go on as the reason says.
    fn dispatch(&mut self, id: usize) -> M {
        self.tries[id].dispatched = true;
        for (label, mut state) in core::mem::take(&mut self.tries[id].ends) {
            self.b.place(label);
            let (at, _) = state.pop()?;
            let number = self.home(at)?;
            let (at, _) = state.pop()?;
            let result = self.home(at)?;
            for n in 0..self.tries[id].reasons.len() {
                let reason = self.tries[id].reasons[n];
                let next = self.b.label();
                let this = i8::try_from(n + 1).map_err(|_| MpyError::TooLarge)?;
                self.b.branch(Op::JNEqImm, number, this as u8, 0, next);
                self.state = state.clone();
                match reason {
                    Reason::Return => self.leave(usize::MAX, reason, result)?,
                    Reason::Jump { blocks, .. } => self.leave(blocks, reason, 0)?,
                }
                self.b.place(next);
            }
            self.b.a(Op::ReturnNone, 0);
        }
        Ok(())
    }

    /// Leaves up to `blocks` statements, running their `finally`, then does what `reason` says.
    fn leave(&mut self, blocks: usize, reason: Reason, result: Slot) -> M {
        let mut left = blocks;
        while left > 0 {
            let Some(block) = self.state.blocks.pop() else {
                if reason == Reason::Return {
                    break;
                }
                return Err(MpyError::Incompatible);
            };
            left -= 1;
            if block.kind == BlockKind::Except {
                continue;
            }
            if self.state.stack.len() < block.depth {
                return Err(MpyError::Incompatible);
            }
            self.state.stack.truncate(block.depth);
            if block.mode != Mode::Guarded {
                // Its `finally` is what is being left.
                continue;
            }
            let reason = match reason {
                Reason::Return => reason,
                Reason::Jump { target, drops, .. } => Reason::Jump { target, blocks: left, drops },
            };
            let this = &mut self.tries[block.id];
            if this.dispatched {
                return Err(MpyError::Incompatible);
            }
            let known = this.reasons.iter().position(|r| *r == reason);
            let number = known.unwrap_or_else(|| {
                this.reasons.push(reason);
                this.reasons.len() - 1
            }) + 1;
            let (to, top) = (self.home(block.depth)?, self.home(block.depth + 1)?);
            if reason == Reason::Return {
                self.copy(to, result);
            } else {
                self.b.a(Op::LoadNone, to);
            }
            self.b.abx(Op::LoadInt, top, number as u16);
            let mut state = self.state.clone();
            state.blocks.push(Block { mode: Mode::Leaving, ..block });
            state.push(Kind::Value, Place::Home)?;
            state.push(Kind::Value, Place::Home)?;
            let label = self.enter(block.handler, state)?;
            self.b.jump(Op::Jump, 0, label);
            return Ok(());
        }
        match reason {
            Reason::Return => self.b.a(Op::Return, result),
            Reason::Jump { target, drops, .. } => {
                if drops {
                    self.drop_iterator()?;
                }
                let label = self.enter(target, self.state.clone())?;
                self.b.jump(Op::Jump, 0, label);
            }
        }
        Ok(())
    }

    fn drop_iterator(&mut self) -> M {
        for _ in 0..ITER {
            if self.state.pop()?.1.kind != Kind::Iter {
                return Err(MpyError::Incompatible);
            }
        }
        Ok(())
    }

    // ---- instructions ----

    fn string(&self, i: i32) -> M<String> {
        Ok(self.file.string(i as usize)?.into())
    }

    fn variable(&self, n: i32, cell: bool) -> M<(usize, Slot)> {
        let n = n as usize;
        match (self.slots.get(n), self.cells.get(n)) {
            (Some(slot), Some(is_cell)) if *is_cell == cell => Ok((n, *slot)),
            _ => Err(MpyError::Incompatible),
        }
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

    /// Settles the stack but keeps the value in a slot; where it is then.
    fn settle_beside(&mut self, slot: Slot) -> M<Slot> {
        let end = self.base + self.state.stack.len();
        let mut kept = slot;
        if (self.base..end).contains(&usize::from(slot)) {
            kept = self.slot(self.scratch(&[]).max(usize::from(slot) + 1))?;
            self.copy(kept, slot);
        }
        self.settle()?;
        Ok(kept)
    }

    fn null(&mut self) -> M {
        self.state.push(Kind::Null, Place::None)?;
        // A null, an iterator and two more nulls are the other form of an iterator on the stack.
        let n = self.state.stack.len();
        if n < ITER {
            return Ok(());
        }
        let form: Vec<Kind> = self.state.stack[n - ITER..].iter().map(|entry| entry.kind).collect();
        if form[..] == [Kind::Null, Kind::Value, Kind::Null, Kind::Null] {
            let entry = self.state.stack[n - 3];
            let scratch = self.base + n;
            let from = self.value((n - 3, entry), scratch)?;
            self.state.stack.truncate(n - ITER);
            let to = self.home(n - ITER)?;
            self.home(n)?;
            if self.state.stack.iter().any(|e| matches!(e.place, Place::Slot(s) if s == to || s == to + 1)) {
                return Err(MpyError::TooLarge);
            }
            self.b.ab(Op::GetIter, to, from);
            for _ in 0..ITER {
                self.state.push(Kind::Iter, Place::None)?;
            }
        }
        Ok(())
    }

    fn duplicate(&mut self, n: usize) -> M {
        let (at, entry) = self.state.peek(n)?;
        let place = match entry.place {
            Place::Home if entry.kind.is_value() => Place::Slot(self.home(at)?),
            place => place,
        };
        if !entry.kind.is_value() && entry.kind != Kind::Null {
            return Err(MpyError::Incompatible);
        }
        // A copy is not what a container under construction is known by.
        let kind = if entry.kind.is_value() { Kind::Value } else { entry.kind };
        self.state.push(kind, place)
    }

    /// The top entry goes below `n - 1` others.
    fn rotate(&mut self, n: usize, next: u32) -> M {
        let len = self.state.stack.len();
        let from = len.checked_sub(n).ok_or(MpyError::Incompatible)?;
        let guarded = self.state.blocks.iter().rev().find(|block| block.mode == Mode::Guarded);
        if let Some(block) = guarded.copied().filter(|block| from < block.depth) {
            // The end of an `async with`: what the handler relies on may be touched on the way into it.
            let jump = Instr::read(self.code, next)?;
            if jump.op != JUMP || (jump.arg as u32) < block.handler || self.jumped_to[next as usize] {
                return Err(MpyError::Incompatible);
            }
        }
        for at in from..len {
            let entry = self.state.stack[at];
            match entry.kind {
                Kind::Null | Kind::Method(_) => {}
                kind if kind.is_value() => {
                    if entry.place == Place::Home {
                        let slot = self.home(at)?;
                        self.state.stack[at].place = Place::Slot(slot);
                    }
                }
                _ => return Err(MpyError::Incompatible),
            }
        }
        self.state.stack[from..].rotate_right(1);
        for at in from..len {
            let home = self.home(at)?;
            if self.state.stack[at].place == Place::Slot(home) {
                self.state.stack[at].place = Place::Home;
            }
        }
        Ok(())
    }

    fn variable_op(&mut self, i: Instr) -> M {
        match i.op {
            LOAD_FAST_N => {
                if let Ok((_, slot)) = self.variable(i.arg, true) {
                    return self.state.push(Kind::Cell(slot), Place::None);
                }
                let (n, slot) = self.variable(i.arg, false)?;
                if !self.bound[n] {
                    self.b.a(Op::CheckBound, slot);
                }
                self.state.push(Kind::Value, Place::Slot(slot))?;
            }
            STORE_FAST_N => {
                let (n, slot) = self.variable(i.arg, false)?;
                let value = self.state.pop_value()?;
                if value.1.place == Place::Slot(slot) {
                    return Ok(());
                }
                // The value may lie where the others go.
                let scratch = self.scratch(&[value]);
                let used = self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot));
                let value = if used {
                    let aside = self.slot(scratch)?;
                    self.load(aside, value.0, value.1.place)?;
                    self.changes(slot)?;
                    (value.0, Entry { kind: Kind::Value, place: Place::Slot(aside) })
                } else {
                    value
                };
                self.load(slot, value.0, value.1.place)?;
                if self.entry && !self.deleted[n] {
                    self.bound[n] = true;
                }
            }
            DELETE_FAST => {
                let (_, slot) = self.variable(i.arg, false)?;
                self.changes(slot)?;
                self.b.a(Op::CheckBound, slot);
                self.b.ab(Op::Unbind, slot, 1);
            }
            LOAD_DEREF => {
                let (_, slot) = self.variable(i.arg, true)?;
                let to = self.result()?;
                self.b.ab(Op::LoadCell, to, slot);
            }
            STORE_DEREF => {
                let (_, slot) = self.variable(i.arg, true)?;
                let value = self.state.pop_value()?;
                let scratch = self.scratch(&[value]);
                let value = self.value(value, scratch)?;
                self.b.ab(Op::StoreCell, slot, value);
            }
            _ => {
                let (_, slot) = self.variable(i.arg, true)?;
                self.b.a(Op::DelCell, slot);
            }
        }
        Ok(())
    }

    /// Operations on globals, attributes, a class's namespace, modules.
    fn name_op(&mut self, i: Instr) -> M {
        let name = if i.op == IMPORT_STAR { String::new() } else { self.string(i.arg)? };
        let in_class = self.role == Role::Class;
        match i.op {
            LOAD_NAME | LOAD_GLOBAL => {
                if name == "BaseException" {
                    self.any_exception = i.next;
                }
                let to = self.result()?;
                if in_class && i.op == LOAD_NAME {
                    // Over the two words of the instruction that follows.
                    self.b.named(Op::NsLoad, to, 0, 2, &name);
                }
                let name = self.b.name(&name);
                self.b.abx(Op::LoadGlobal, to, name);
            }
            STORE_NAME | STORE_GLOBAL => {
                let value = self.state.pop_value()?;
                let scratch = self.scratch(&[value]);
                let value = self.value(value, scratch)?;
                if in_class && i.op == STORE_NAME {
                    self.b.named(Op::NsStore, 0, value, 0, &name);
                } else {
                    let name = self.b.name(&name);
                    self.b.abx(Op::StoreGlobal, value, name);
                }
            }
            DELETE_NAME if in_class => self.b.named(Op::NsDel, 0, 0, 0, &name),
            DELETE_NAME | DELETE_GLOBAL => {
                let name = self.b.name(&name);
                self.b.abx(Op::DelGlobal, 0, name);
            }
            LOAD_ATTR | IMPORT_FROM => {
                let object = if i.op == LOAD_ATTR { self.state.pop_value()? } else { self.state.peek(0)? };
                if !object.1.kind.is_value() {
                    return Err(MpyError::Incompatible);
                }
                let scratch = self.scratch(&[object]);
                let object = self.value(object, scratch)?;
                let to = self.result()?;
                let op = if i.op == LOAD_ATTR { Op::GetAttr } else { Op::ImportFrom };
                self.b.named(op, to, object, 0, &name);
            }
            LOAD_METHOD => {
                if !self.state.peek(0)?.1.kind.is_value() {
                    return Err(MpyError::Incompatible);
                }
                self.state.push(Kind::Method(method(i.arg)?), Place::None)?;
            }
            LOAD_SUPER_METHOD => {
                let object = self.state.pop_value()?;
                let class = self.state.pop_value()?;
                self.state.pop_value()?;
                let scratch = self.scratch(&[object, class]);
                let (object, class) = (self.value(object, scratch)?, self.value(class, scratch + 1)?);
                let to = self.result()?;
                self.b.abc(Op::Super, to, class, object);
                self.state.push(Kind::Method(method(i.arg)?), Place::None)?;
            }
            STORE_ATTR => {
                let object = self.state.pop_value()?;
                let value = self.state.pop()?;
                let scratch = self.scratch(&[object, value]);
                let object = self.value(object, scratch)?;
                if value.1.kind == Kind::Null {
                    self.b.named(Op::DelAttr, object, 0, 0, &name);
                } else if value.1.kind.is_value() {
                    let value = self.value(value, scratch + 1)?;
                    self.b.named(Op::SetAttr, object, value, 0, &name);
                } else {
                    return Err(MpyError::Incompatible);
                }
            }
            IMPORT_NAME => {
                let names = self.state.pop_value()?;
                let (_, level) = self.state.pop_value()?;
                let Place::Int(level @ 0..=255) = level.place else { return Err(MpyError::Incompatible) };
                let scratch = self.scratch(&[names]);
                let names = self.value(names, scratch)?;
                let to = self.result()?;
                self.b.named(Op::Import, to, level as u8, names, &name);
            }
            _ => {
                let module = self.state.pop_value()?;
                let scratch = self.scratch(&[module]);
                let module = self.value(module, scratch)?;
                self.b.abc(Op::ImportStar, module, 0, u8::from(in_class));
            }
        }
        Ok(())
    }

    fn binary(&mut self, i: Instr) -> M<Option<u32>> {
        let right = self.state.pop_value()?;
        let left = self.state.pop_value()?;
        let scratch = self.scratch(&[left, right]);
        let (a, b) = (self.value(left, scratch)?, self.value(right, scratch + 1)?);
        if i.arg == EXCEPTION_MATCH {
            // The jump that follows is part of it.
            let jump = Instr::read(self.code, i.next)?;
            if jump.op != POP_JUMP_IF_FALSE || self.jumped_to[i.next as usize] {
                return Err(MpyError::Incompatible);
            }
            let class = self.settle_beside(b)?;
            self.entry = false;
            let block = self.state.blocks.last().copied().ok_or(MpyError::Incompatible)?;
            if block.mode != Mode::Raised {
                // No exception: `async with` asks in its `finally`.
                let label = self.edge(i.at, jump.arg as u32, self.state.clone())?;
                self.b.jump(Op::Jump, 0, label);
                return Ok(None);
            }
            if i.at == self.any_exception {
                // It always matches: what the code does if not may make no sense.
                return Ok(Some(jump.next));
            }
            let label = self.edge(i.at, jump.arg as u32, self.state.clone())?;
            let exception = self.tries[block.id].slot;
            self.b.branch(Op::JNotExc, exception, class, 0, label);
            return Ok(Some(jump.next));
        }
        let n = i.arg as usize;
        let known = if n < COMPARE.len() { COMPARE.get(n) } else { INPLACE.iter().chain(&PLAIN).nth(n - 9) };
        let op = *known.ok_or(MpyError::Incompatible)?;
        let to = self.result()?;
        self.b.abc(op, to, a, b);
        Ok(Some(i.next))
    }

    // ---- loops ----

    fn get_iter(&mut self, i: Instr) -> M<Option<u32>> {
        // `yield from` and `await`, which ours does in one.
        let none = Instr::read(self.code, i.next)?;
        let plain = |at: u32| !self.jumped_to.get(at as usize).copied().unwrap_or(true);
        if none.op == LOAD_CONST_NONE && plain(none.at) && plain(none.next) {
            let from = Instr::read(self.code, none.next)?;
            if from.op == YIELD_FROM {
                self.settle()?;
                let (at, _) = self.state.pop_value()?;
                let slot = self.home(at)?;
                self.yield_from(slot, slot)?;
                self.state.push(Kind::Value, Place::Home)?;
                return Ok(Some(from.next));
            }
        }
        let value = self.state.pop_value()?;
        let window = self.scratch(&[value]);
        self.slot(window + 3)?;
        let k = self.b.constant(Const::Builtin("iter"));
        self.load(window as Slot + 3, value.0, value.1.place)?;
        self.b.abx(Op::LoadConst, window as Slot + 2, k);
        self.b.ab(Op::Call, window as Slot, 1);
        self.push_at(window as Slot)?;
        Ok(Some(i.next))
    }

    fn yield_from(&mut self, to: Slot, from: Slot) -> M {
        if !self.b.proto.flags.has(Flags::GENERATOR) {
            return Err(MpyError::Incompatible);
        }
        self.b.ab(Op::GetYieldIter, from, from);
        self.b.abc(Op::YieldFrom, to, from, from + 1);
        Ok(())
    }

    fn for_iter(&mut self, i: Instr) -> M {
        self.settle()?;
        let n = self.state.stack.len().checked_sub(ITER).ok_or(MpyError::Incompatible)?;
        if self.state.stack[n..].iter().any(|entry| entry.kind != Kind::Iter) {
            return Err(MpyError::Incompatible);
        }
        let (state, item) = (self.home(n)?, self.home(n + ITER)?);
        self.slot(usize::from(item) + 4)?;
        let mut after = self.state.clone();
        after.stack.truncate(n);
        self.entry = false;
        let exhausted = self.edge(i.at, i.arg as u32, after)?;
        let body = self.b.label();
        self.b.branch(Op::ForIter, state, item, item + 1, body);
        self.b.jump(Op::Jump, 0, exhausted);
        self.b.place(body);
        self.state.push(Kind::Value, Place::Home)
    }

    // ---- building ----

    /// Takes the top `n` objects, lowest first.
    fn take(&mut self, n: usize) -> M<Vec<(usize, Entry)>> {
        let mut entries = Vec::new();
        entries.try_reserve(n.min(self.state.stack.len())).map_err(|_| MpyError::NoMemory)?;
        for _ in 0..n {
            entries.push(self.state.pop_value()?);
        }
        entries.reverse();
        Ok(entries)
    }

    /// Puts values into consecutive slots from `first`, at least one of which exists.
    fn fill(&mut self, first: usize, entries: &[(usize, Entry)]) -> M {
        self.slot(first + entries.len())?;
        let moves: Vec<_> =
            entries.iter().enumerate().map(|(n, entry)| ((first + n) as Slot, *entry)).collect();
        self.arrange(&moves)
    }

    fn build(&mut self, i: Instr) -> M {
        let n = i.arg as usize;
        let entries = self.take(n)?;
        let first = self.scratch(&entries);
        let (op, add, kind) = match i.op {
            BUILD_LIST => (Op::BuildList, Op::ListAppend, Kind::List),
            BUILD_SET => (Op::BuildSet, Op::SetAdd, Kind::Set),
            _ => (Op::BuildTuple, Op::ListAppend, Kind::Value),
        };
        if n <= AT_ONCE {
            self.fill(first, &entries)?;
            let to = self.result_of(kind)?;
            self.b.abc(op, to, first as Slot, n as u8);
            return Ok(());
        }
        let all = self.slot(first)?;
        let op = if i.op == BUILD_TUPLE { Op::BuildList } else { op };
        self.b.abc(op, all, all, 0);
        for entry in entries {
            let item = self.value(entry, first + 1)?;
            self.b.ab(add, all, item);
        }
        let to = self.result_of(kind)?;
        if i.op == BUILD_TUPLE {
            self.b.ab(Op::ListToTuple, to, all);
        } else {
            self.copy(to, all);
        }
        Ok(())
    }

    fn store_comp(&mut self, arg: usize) -> M {
        let kind = match arg & 3 {
            0 => Kind::List,
            1 => Kind::Dict,
            _ => Kind::Set,
        };
        let value = self.state.pop_value()?;
        let second = if kind == Kind::Dict { Some(self.state.pop_value()?) } else { None };
        let height =
            (arg >> 2).checked_sub(1 + usize::from(second.is_some())).ok_or(MpyError::Incompatible)?;
        let into = self.state.peek(height)?;
        if into.1.kind != kind {
            return Err(MpyError::Incompatible);
        }
        let scratch = self.scratch(&[value]).max(second.map_or(0, |second| self.free(&[second])));
        let a = self.value(value, scratch)?;
        let into = self.value(into, scratch)?;
        match (kind, second) {
            (Kind::Dict, Some(second)) => {
                let b = self.value(second, scratch + 1)?;
                self.b.abc(Op::DictAdd, into, a, b);
            }
            (Kind::List, _) => self.b.ab(Op::ListAppend, into, a),
            _ => self.b.ab(Op::SetAdd, into, a),
        }
        Ok(())
    }

    /// The items land in reverse: the first one on top.
    fn unpack(&mut self, before: usize, after: Option<usize>) -> M {
        let from = self.state.pop_value()?;
        let n = before + after.map_or(0, |after| after + 1);
        if n >= NEAR {
            return Err(MpyError::TooLarge);
        }
        let first = self.scratch(&[from]);
        self.slot(first + n)?;
        let from = self.value(from, first + n)?;
        match after {
            None => self.b.abc(Op::Unpack, first as Slot, from, n as u8),
            Some(after) => {
                self.b.with_word(Op::UnpackEx, first as Slot, from, 0, (before | after << 8) as u32);
            }
        }
        for item in (0..n).rev() {
            self.state.push(Kind::Value, Place::Slot((first + item) as Slot))?;
        }
        Ok(())
    }

    // ---- functions and calls ----

    fn make_function(&mut self, i: Instr, has_defaults: bool) -> M {
        let child = self.children.get(i.arg as usize).ok_or(MpyError::Incompatible)?;
        let frees =
            if matches!(i.op, MAKE_CLOSURE | MAKE_CLOSURE_DEFARGS) { usize::from(i.extra) } else { 0 };
        let mut cells = Vec::new();
        for _ in 0..frees {
            let Kind::Cell(slot) = self.state.pop()?.1.kind else { return Err(MpyError::Incompatible) };
            cells.insert(0, slot);
        }
        let (mut keywords, mut defaults) = (None, None);
        if has_defaults {
            keywords = Some(self.state.pop()?).filter(|k| k.1.kind != Kind::Null);
            defaults = Some(self.state.pop()?).filter(|d| d.1.kind != Kind::Null);
            if [keywords, defaults].iter().flatten().any(|entry| !entry.1.kind.is_value()) {
                return Err(MpyError::Incompatible);
            }
        }
        let class = self.state.stack.last().is_some_and(|entry| entry.kind == Kind::BuildClass);
        let role = if class { Role::Class } else { Role::Function };
        let outer = match self.role {
            Role::Module => String::new(),
            Role::Class => self.qualname.clone(),
            Role::Function => alloc::format!("{}.<locals>", self.qualname),
        };
        let proto = function(self.file, child, role, frees, &outer, &self.source)?;
        let prelude = Prelude::read(&mut Reader { bytes: child.bytes })?;
        let positional = if defaults.is_some() { prelude.defaults } else { 0 };
        let taken: Vec<_> = [keywords, defaults].into_iter().flatten().collect();
        let base = self.scratch(&taken);
        let keyword_only = usize::from(proto.keyword_only);
        let has_keywords = keywords.is_some() && keyword_only > 0;
        let n = positional + if has_keywords { keyword_only } else { 0 } + frees;
        self.slot(base + n + 1)?;
        if let (Some(tuple), 1..) = (defaults, positional) {
            let tuple = self.value(tuple, base + n + 1)?;
            self.b.abc(Op::Unpack, base as Slot, tuple, positional as u8);
        }
        let mut at = base + positional;
        if let (Some(dict), true) = (keywords, has_keywords) {
            if dict.1.kind != Kind::Dict {
                return Err(MpyError::Incompatible);
            }
            let dict = self.value(dict, base + n + 1)?;
            let first = usize::from(proto.positional);
            for name in &proto.slot_names[first..first + keyword_only] {
                // Over the word of the instruction that follows.
                self.b.named(Op::NsLoad, at as Slot, dict, 1, name);
                self.b.ab(Op::Unbind, at as Slot, 1);
                at += 1;
            }
        }
        for cell in cells {
            self.b.ab(Op::Move, at as Slot, cell);
            at += 1;
        }
        let code = self.b.constant(Const::Code(proto));
        let base = base as Slot;
        self.b.with_word(Op::MakeFunction, base, positional as u8, u8::from(has_keywords), u32::from(code));
        self.push_at(base)?;
        if let (true, Some(top)) = (class, self.state.stack.last_mut()) {
            top.kind = Kind::Body;
        }
        Ok(())
    }

    fn call(&mut self, i: Instr) -> M {
        let (positional, keywords) = (i.arg as usize & 0xFF, i.arg as usize >> 8 & 0xFF);
        let mut args = Vec::new();
        for _ in 0..positional + 2 * keywords {
            args.insert(0, self.state.pop()?);
        }
        let callee = self.state.pop()?;
        let class = callee.1.kind == Kind::BuildClass;
        let body = usize::from(class);
        if args.iter().skip(body).any(|arg| !arg.1.kind.is_value())
            || class
                && !(positional >= 2
                    && args.first().is_some_and(|arg| arg.1.kind == Kind::Body)
                    && self.is_string(args[1].1))
        {
            return Err(MpyError::Incompatible);
        }
        let mut moves = Vec::new();
        let window;
        let (op, name, mut at) = match callee.1.kind {
            Kind::Method(name) if i.op == CALL_METHOD => {
                let object = self.state.pop_value()?;
                window = self.scratch(&[]);
                moves.push((self.slot(window + 3)?, object));
                let op = if keywords > 0 { Op::CallMethodKw } else { Op::CallMethod };
                (op, Some(name), window + 4)
            }
            Kind::BuildClass if i.op == CALL_FUNCTION => {
                window = self.scratch(&[]);
                (Op::MakeClass, None, window + 2)
            }
            kind if kind.is_value() && i.op == CALL_FUNCTION => {
                window = self.scratch(&[]);
                moves.push((self.slot(window + 2)?, callee));
                (if keywords > 0 { Op::CallKw } else { Op::Call }, None, window + 3)
            }
            _ => return Err(MpyError::Incompatible),
        };
        for arg in args {
            moves.push((self.slot(at)?, arg));
            at += 1;
        }
        // The names of keywords are strings in any sound file; a call relies on it.
        for n in 0..keywords {
            let (_, (_, name)) = moves[moves.len() - 2 * (keywords - n)];
            if !self.is_string(name) {
                return Err(MpyError::Incompatible);
            }
        }
        self.slot(at + 1)?;
        self.arrange(&moves)?;
        let base = self.slot(window)?;
        match (op, name) {
            (_, Some(name)) => {
                let name = self.string(i32::from(name))?;
                self.b.named(op, base, positional as u8, keywords as u8, &name);
            }
            (Op::MakeClass, _) => self.b.abc(op, base, positional as u8 - 2, keywords as u8),
            _ => self.b.abc(op, base, positional as u8, keywords as u8),
        }
        self.push_at(base)
    }

    fn is_string(&self, entry: Entry) -> bool {
        let Place::Const(k) = entry.place else { return false };
        matches!(self.b.proto.consts.get(usize::from(k)), Some(Const::Str(_)))
    }

    /// A call with `*` or `**` among its arguments: a list and a dict of them are made.
    fn call_unpacked(&mut self, i: Instr) -> M {
        let (positional, keywords) = (i.arg as usize & 0xFF, i.arg as usize >> 8 & 0xFF);
        let (_, stars) = self.state.pop_value()?;
        let stars = match stars.place {
            Place::Int(n) => n as u32,
            _ => return Err(MpyError::Incompatible),
        };
        let mut pairs = Vec::new();
        for _ in 0..keywords {
            let value = self.state.pop_value()?;
            pairs.insert(0, (self.state.pop()?, value));
        }
        let args = self.take(positional)?;
        let callee = self.state.pop()?;
        let object =
            if matches!(callee.1.kind, Kind::Method(_)) { Some(self.state.pop_value()?) } else { None };
        let mut all: Vec<_> = args.clone();
        all.extend(pairs.iter().flat_map(|(key, value)| [*key, *value]));
        all.push(callee);
        all.extend(object);
        let window = self.scratch(&all);
        self.slot(window + 7)?;
        let base = window as Slot;
        let (function, list, dict, scratch) = (base + 2, base + 3, base + 4, base + 5);
        match (callee.1.kind, object) {
            (Kind::Method(name), Some(object)) if i.op == CALL_METHOD_VAR_KW => {
                let object = self.value(object, usize::from(scratch))?;
                let name = self.string(i32::from(name))?;
                self.b.named(Op::GetAttr, function, object, 0, &name);
            }
            (kind, None) if kind.is_value() && i.op == CALL_FUNCTION_VAR_KW => {
                self.load(function, callee.0, callee.1.place)?;
            }
            _ => return Err(MpyError::Incompatible),
        }
        self.b.abc(Op::BuildList, list, list, 0);
        for (n, arg) in args.into_iter().enumerate() {
            let value = self.value(arg, usize::from(scratch))?;
            let star = n < 32 && stars >> n & 1 != 0;
            self.b.ab(if star { Op::ListExtend } else { Op::ListAppend }, list, value);
        }
        if pairs.is_empty() {
            self.b.a(Op::LoadNone, dict);
        } else {
            self.b.abc(Op::BuildDict, dict, dict, 0);
        }
        for (key, value) in pairs {
            if key.1.kind == Kind::Null {
                let value = self.value(value, usize::from(scratch))?;
                self.b.abc(Op::DictMerge, dict, value, function);
                continue;
            }
            if !key.1.kind.is_value() || !self.is_string(key.1) {
                return Err(MpyError::Incompatible);
            }
            self.load(scratch, key.0, key.1.place)?;
            self.load(scratch + 1, value.0, value.1.place)?;
            self.b.abc(Op::BuildDict, scratch, scratch, 1);
            self.b.abc(Op::DictMerge, dict, scratch, function);
        }
        self.b.a(Op::CallEx, base);
        self.push_at(base)
    }

    // ---- try and with ----

    fn setup(&mut self, i: Instr) -> M {
        self.settle()?;
        let handler = i.arg as u32;
        if handler <= i.at {
            return Err(MpyError::Incompatible);
        }
        let kind = match i.op {
            SETUP_WITH => BlockKind::With,
            SETUP_EXCEPT => BlockKind::Except,
            _ => BlockKind::Finally,
        };
        self.entry = false;
        let level = self.state.blocks.len();
        let first = self.base.checked_sub(level + 1).ok_or(MpyError::Incompatible)?;
        if first < self.b.proto.slot_names.len() {
            return Err(MpyError::Incompatible);
        }
        if kind == BlockKind::With {
            // The manager's __exit__ goes below it; then __enter__ is called.
            let (at, _) = self.state.pop_value()?;
            let (exit, object, window) = (self.home(at)?, self.home(at + 1)?, self.home(at + 2)?);
            self.slot(usize::from(window) + 5)?;
            self.copy(object, exit);
            self.b.ab(Op::WithExit, exit, object);
            self.b.ab(Op::Move, window + 3, object);
            self.b.named(Op::CallMethod, window, 0, 0, "__enter__");
            self.state.push(Kind::Value, Place::Home)?;
            self.state.push(Kind::Value, Place::Home)?;
        }
        let id = self.tries.len();
        let depth = self.state.stack.len();
        self.state.blocks.push(Block { id, kind, handler, depth, mode: Mode::Guarded });
        let mut caught = self.state.clone();
        if let Some(block) = caught.blocks.last_mut() {
            block.mode = Mode::Raised;
        }
        caught.push(Kind::Value, Place::Home)?;
        let (stub, label) = (self.b.label(), self.enter(handler, caught)?);
        self.tries.push(Try {
            slot: first as Slot,
            depth,
            stub,
            handler: label,
            reasons: Vec::new(),
            ends: Vec::new(),
            level,
            dispatched: false,
        });
        if kind == BlockKind::With {
            self.state.push(Kind::Value, Place::Home)?;
        }
        Ok(())
    }

    /// Calls `__exit__`, which may end the exception, and takes it and the manager off the stack.
    fn with_cleanup(&mut self) -> M {
        self.settle()?;
        let block = self.state.blocks.last().copied().ok_or(MpyError::Incompatible)?;
        let tops = if block.mode == Mode::Leaving { 2 } else { 1 };
        let outer = &self.state.blocks[..self.state.blocks.len() - 1];
        let floor = outer.iter().rev().find(|b| b.mode == Mode::Guarded).map_or(0, |b| b.depth);
        if block.kind != BlockKind::With
            || block.mode == Mode::Guarded
            || self.state.stack.len() != block.depth + tops
            || block.depth < floor + 2
            || self.state.stack[block.depth - 2..].iter().any(|entry| !entry.kind.is_value())
        {
            return Err(MpyError::Incompatible);
        }
        let exception = self.tries[block.id].slot;
        let exit = self.home(block.depth - 2)?;
        let window = self.home(block.depth + tops)?;
        self.slot(usize::from(window) + 7)?;
        self.copy(window + 2, exit);
        if block.mode == Mode::Raised {
            self.b.ab(Op::ExcInfo, window + 3, exception);
        } else {
            for n in 3..6 {
                self.b.a(Op::LoadNone, window + n);
            }
        }
        self.b.ab(Op::Call, window, 3);
        for n in 0..tops {
            let (to, from) = (self.home(block.depth - 2 + n)?, self.home(block.depth + n)?);
            self.b.ab(Op::Move, to, from);
        }
        if block.mode == Mode::Raised {
            let on = self.b.label();
            self.b.jump(Op::JFalse, window, on);
            self.b.a(Op::LoadNone, exit);
            self.b.place(on);
        }
        self.state.stack.truncate(block.depth - 2 + tops);
        self.state.stack.iter_mut().skip(block.depth - 2).for_each(|entry| entry.kind = Kind::Value);
        if let Some(block) = self.state.blocks.last_mut() {
            block.depth -= 2;
        }
        Ok(())
    }

    fn end_finally(&mut self, i: Instr) -> M<Option<u32>> {
        self.settle()?;
        let block = self.state.blocks.pop().ok_or(MpyError::Incompatible)?;
        let exception = self.tries[block.id].slot;
        match block.mode {
            Mode::Guarded => return Err(MpyError::Incompatible),
            Mode::Finished => {
                self.state.pop_value()?;
            }
            Mode::Raised if block.kind == BlockKind::Except => {
                self.b.a(Op::Reraise, exception);
                return Ok(None);
            }
            Mode::Raised => {
                // What ended the exception has put None in its place.
                let (at, _) = self.state.pop_value()?;
                let (top, on) = (self.home(at)?, self.b.label());
                self.b.jump(Op::JNone, top, on);
                self.b.a(Op::Reraise, exception);
                self.b.place(on);
            }
            Mode::Leaving => {
                if self.tries[block.id].dispatched {
                    return Err(MpyError::Incompatible);
                }
                let label = self.b.label();
                self.tries[block.id].ends.push((label, self.state.clone()));
                self.b.jump(Op::Jump, 0, label);
                return Ok(None);
            }
        }
        Ok(Some(i.next))
    }
}

fn method(name: i32) -> M<u16> {
    u16::try_from(name).map_err(|_| MpyError::TooLarge)
}
