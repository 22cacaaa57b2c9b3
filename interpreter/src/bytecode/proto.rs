//! What the compiler hands to the virtual machine: plain data, built with [`ProtoBuilder`].

use super::op::{Field, Op, Word};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// A slot number of a frame, unscaled. 0..=63 are near.
pub type Slot = u8;

/// A constant of a proto.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// Any int that fits.
    Int(i64),
    /// A larger int: decimal digits, perhaps with a leading `-`.
    BigInt(String),
    /// A float (rounded to the interpreter's 32-bit floats at load).
    Float(f64),
    /// An imaginary literal's complex value.
    Complex(f64, f64),
    /// A str; identifiers and short texts are interned.
    Str(String),
    /// A bytes object.
    Bytes(Vec<u8>),
    /// A tuple of constants.
    Tuple(Vec<Const>),
    /// A frozenset of constants (`x in {1, 2}`).
    FrozenSet(Vec<Const>),
    /// A builtin by name whatever the program rebinds it to (`AssertionError` of assert).
    Builtin(&'static str),
    /// A function or class body.
    Code(Box<Proto>),
}

impl Const {
    /// Can one object stand for both? (0.0 and -0.0, 1 and True differ.)
    pub(crate) fn is_same(&self, other: &Const) -> bool {
        match (self, other) {
            (Const::Code(_), _) | (Const::FrozenSet(_) | Const::Complex(..), _) => false,
            (Const::Float(x), Const::Float(y)) => x.to_bits() == y.to_bits(),
            (Const::Tuple(x), Const::Tuple(y)) => {
                x.len() == y.len() && x.iter().zip(y).all(|(a, b)| a.is_same(b))
            }
            (x, y) => x == y,
        }
    }
}

/// Properties of a code object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// Has a `*args` parameter.
    pub const VARARGS: Flags = Flags(1);
    /// Has a `**kwargs` parameter.
    pub const VARKW: Flags = Flags(2);
    /// A call makes a generator (also for coroutines).
    pub const GENERATOR: Flags = Flags(4);
    /// `async def`: the generator is a coroutine.
    pub const COROUTINE: Flags = Flags(8);
    /// A class body: slot 0 is the namespace dict.
    pub const CLASS: Flags = Flags(16);
    /// Module-level code (no parameters).
    pub const MODULE: Flags = Flags(32);
    /// Has keyword-only parameters. Set by the loader: a call of code without flags needs no arranging.
    pub const KEYWORD_ONLY: Flags = Flags(64);
    /// Not ready to run: not compiled yet (see [`Proto::deferred`]), or kept as bytes. Set by the loader.
    pub const DEFERRED: Flags = Flags(128);

    /// Are all parameters plain positional ones, and is the code there? It may be that of a generator.
    pub fn positional_only(self) -> bool {
        self.0 & !(Flags::GENERATOR.0 | Flags::COROUTINE.0) == 0
    }

    /// Are all flags of `other` set?
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl core::ops::BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl core::ops::BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

/// One row of the exception table: an exception raised by an instruction in `start..end` (words) continues at
/// `handler` with the exception in slot `slot`. The first row that covers the instruction wins: inner ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First word covered.
    pub start: u32,
    /// First word no longer covered.
    pub end: u32,
    /// Where to go on.
    pub handler: u32,
    /// Where the exception is put.
    pub slot: Slot,
}

/// Compiled code of one function, class body or module part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proto {
    /// `__name__`; `<module>`, `<lambda>`, `<listcomp>` …
    pub name: String,
    /// `__qualname__`.
    pub qualname: String,
    /// File for tracebacks.
    pub file: Rc<str>,
    /// Line of the `def`.
    pub first_line: u32,
    /// Docstring.
    pub doc: Option<String>,
    /// A frozen function that is compiled when first called: its number. Nothing else but
    /// `keyword_only` counts then.
    pub deferred: Option<u16>,
    /// Number of positional parameters (with the positional-only ones).
    pub positional: u8,
    /// How many of them are positional-only.
    pub positional_only: u8,
    /// Number of keyword-only parameters.
    pub keyword_only: u8,
    /// Properties.
    pub flags: Flags,
    /// Slots of the frame: parameters, locals, temporaries and the arguments of calls (call windows included).
    pub slots: u16,
    /// Names of the slots that are variables, from slot 0 (parameters first); temporaries have none.
    pub slot_names: Vec<String>,
    /// Names of the closure cells this code takes from its definer, in order.
    pub free_names: Vec<String>,
    /// Constants, named by `LoadConst`, `MakeFunction`.
    pub consts: Vec<Const>,
    /// Names of globals, attributes, imports.
    pub names: Vec<String>,
    /// Instructions.
    pub code: Vec<u32>,
    /// (first word, line), ascending by word.
    pub lines: Vec<(u32, u32)>,
    /// Exception table.
    pub handlers: Vec<Handler>,
    /// (first word, start and end in the source), ascending by word; only where the builder was asked for them.
    pub spans: Vec<(u32, u32, u32)>,
}

impl Proto {
    /// Drops the line numbers, its own and those of the code in it.
    pub(crate) fn forget_lines(&mut self) {
        self.first_line = 1;
        self.lines.clear();
        for constant in &mut self.consts {
            if let Const::Code(code) = constant {
                code.forget_lines();
            }
        }
    }

    /// Moves it and the code in it by so many lines: it was compiled apart from what stands before it.
    pub(crate) fn move_down(&mut self, lines: u32) {
        self.first_line += lines;
        self.lines.iter_mut().for_each(|(_, line)| *line += lines);
        for constant in &mut self.consts {
            if let Const::Code(code) = constant {
                code.move_down(lines);
            }
        }
    }
}

/// A jump target of a [`ProtoBuilder`], placed or not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(u32);

/// What can go wrong when a function is too large for the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A jump of more than 32,767 words.
    #[error("code too large: a jump is out of range")]
    Jump,
    /// More than 65,535 constants or names.
    #[error("too many constants or names")]
    Pool,
    /// A jump to a label that was never placed.
    #[error("internal compiler error: jump to a label that was not placed")]
    Label,
}

/// Jumps to jumps that are followed.
const MAX_HOPS: usize = 4;

const UNPLACED: u32 = u32::MAX;

/// Builds the code, pools and tables of one [`Proto`].
///
/// ```ignore
/// let mut b = ProtoBuilder::new();
/// b.line(1);
/// b.abc(Op::Add, 2, 0, 1);
/// b.a(Op::Return, 2);
/// ```
#[derive(Debug, Default)]
pub struct ProtoBuilder {
    /// The fields that the compiler fills itself (names, parameters, flags, …).
    pub proto: Proto,
    labels: Vec<u32>,
    fixups: Vec<Fixup>,
    overflow: bool,
    /// Note where in the source instructions come from, not only on which line.
    pub traces: bool,
}

#[derive(Debug)]
struct Fixup {
    /// The word to patch.
    word: u32,
    /// First word of the instruction.
    start: u32,
    label: Label,
    /// In a following word (bytes), not in bx (words).
    wide: bool,
}

impl ProtoBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of words so far: where the next instruction will start.
    pub fn here(&self) -> u32 {
        self.proto.code.len() as u32
    }

    /// The following instructions belong to this source line.
    pub fn line(&mut self, line: u32) {
        let here = self.here();
        match self.proto.lines.last_mut() {
            Some(last) if last.1 == line => {}
            Some(last) if last.0 == here => last.1 = line,
            _ => self.proto.lines.push((here, line)),
        }
    }

    /// The following instructions come from these bytes of the source.
    pub fn span(&mut self, start: u32, end: u32) {
        if self.traces {
            self.proto.spans.push((self.here(), start, end));
        }
    }

    /// Index of a name, added once.
    pub fn name(&mut self, name: &str) -> u16 {
        let names = &mut self.proto.names;
        let i = names.iter().position(|n| n == name).unwrap_or_else(|| {
            names.push(name.into());
            names.len() - 1
        });
        self.index(i)
    }

    /// Index of a constant, added once (code objects always anew; -0.0 and 0.0, 1 and True stay apart).
    pub fn constant(&mut self, value: Const) -> u16 {
        let i = self.proto.consts.iter().position(|c| c.is_same(&value)).unwrap_or_else(|| {
            self.proto.consts.push(value);
            self.proto.consts.len() - 1
        });
        self.index(i)
    }

    fn index(&mut self, i: usize) -> u16 {
        u16::try_from(i).unwrap_or_else(|_| {
            self.overflow = true;
            0
        })
    }

    /// Emits an instruction with operands as numbers (slots unscaled; counts and signed bytes as they are). Extra
    /// words are emitted as zero: set them with [`Self::word`] only through the methods below.
    pub fn abc(&mut self, op: Op, a: u8, b: u8, c: u8) {
        let mut word = op as u32;
        for (i, (field, x)) in op.fields().into_iter().zip([a, b, c]).enumerate() {
            let x = match field {
                Field::D | Field::S | Field::B => {
                    // Only with more operands alive at once than a frame has near slots.
                    self.overflow |= x >= 64;
                    x << 2
                }
                _ => x,
            };
            word |= (x as u32) << (8 * (i + 1));
        }
        self.proto.code.push(word);
    }

    /// [`Self::abc`] with c = 0.
    pub fn ab(&mut self, op: Op, a: u8, b: u8) {
        self.abc(op, a, b, 0);
    }

    /// [`Self::abc`] with b = c = 0.
    pub fn a(&mut self, op: Op, a: u8) {
        self.abc(op, a, 0, 0);
    }

    /// An op with a 16-bit operand that is not a jump: LoadFar, StoreFar, LoadConst, LoadInt (cast the i16),
    /// LoadGlobal (its cache word is added), StoreGlobal, DelGlobal.
    pub fn abx(&mut self, op: Op, a: Slot, bx: u16) {
        debug_assert!(a < 64);
        self.proto.code.push(op as u32 | (a as u32) << 10 | (bx as u32) << 16);
        for _ in op.words() {
            self.proto.code.push(0);
        }
    }

    /// An op with a Name word (and its caches): NsLoad, GetAttr, SetAttr, CallMethod, Import …
    pub fn named(&mut self, op: Op, a: u8, b: u8, c: u8, name: &str) {
        let name = self.name(name);
        self.abc(op, a, b, c);
        for word in op.words() {
            self.proto.code.push(if *word == Word::Name { name as u32 } else { 0 });
        }
    }

    /// An op with a Raw or Const word: UnpackEx, MatchClass, MakeFunction.
    pub fn with_word(&mut self, op: Op, a: u8, b: u8, c: u8, word: u32) {
        self.abc(op, a, b, c);
        self.proto.code.push(word);
    }

    /// A label to be placed later.
    pub fn label(&mut self) -> Label {
        self.labels.push(UNPLACED);
        Label(self.labels.len() as u32 - 1)
    }

    /// Places a label here.
    pub fn place(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.here();
    }

    /// A label placed here.
    pub fn label_here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Jump, JTrue, JFalse, JNone, JNotNone.
    pub fn jump(&mut self, op: Op, a: Slot, to: Label) {
        let start = self.here();
        self.fixups.push(Fixup { word: start, start, label: to, wide: false });
        self.abx(op, a, 0);
    }

    /// Compare-and-branch, JIs, JIsNot, JNotExc, ForRange, ForIter: an op with a Jump word.
    pub fn branch(&mut self, op: Op, a: u8, b: u8, c: u8, to: Label) {
        let start = self.here();
        self.abc(op, a, b, c);
        self.fixups.push(Fixup { word: start + 1, start, label: to, wide: true });
        self.proto.code.push(0);
    }

    /// Adds a row to the exception table (call it when the inner ones are already added).
    pub fn handler(&mut self, start: u32, end: u32, handler: u32, slot: Slot) {
        if start < end {
            self.proto.handlers.push(Handler { start, end, handler, slot });
        }
    }

    /// Puts `words`, complete instructions without jumps, before all code so far: a prologue that is known only
    /// when the body has been generated. They belong to the line where the code begins.
    pub fn prepend(&mut self, words: &[u32]) {
        let n = words.len() as u32;
        if n == 0 {
            return;
        }
        let proto = &mut self.proto;
        proto.code.splice(0..0, words.iter().copied());
        self.labels.iter_mut().filter(|l| **l != UNPLACED).for_each(|l| *l += n);
        for fixup in &mut self.fixups {
            fixup.word += n;
            fixup.start += n;
        }
        proto.lines.iter_mut().for_each(|l| l.0 += n);
        proto.spans.iter_mut().for_each(|s| s.0 += n);
        proto.lines.insert(0, (0, proto.first_line));
        for handler in &mut proto.handlers {
            handler.start += n;
            handler.end += n;
            handler.handler += n;
        }
    }

    /// Where a jump to `target` goes on to, if an unconditional jump stands there. Loops' bottoms must go back, which
    /// such a jump might not.
    fn passes_on(&self, from: &Fixup, target: u32) -> Option<u32> {
        let op = |at: u32| self.proto.code.get(at as usize).map(|w| *w as u8);
        if op(target) != Some(Op::Jump as u8)
            || op(from.start).is_none_or(|o| o == Op::ForIter as u8 || o == Op::ForRange as u8)
        {
            return None;
        }
        let next = self.fixups.binary_search_by_key(&target, |f| f.start).ok()?;
        let to = self.labels[self.fixups[next].label.0 as usize];
        (to != UNPLACED && to != target).then_some(to)
    }

    /// Resolves the jumps.
    ///
    /// # Errors
    /// [`BuildError`] if the code is too large for its encoding.
    pub fn finish(mut self) -> Result<Proto, BuildError> {
        if self.overflow {
            return Err(BuildError::Pool);
        }
        for f in &self.fixups {
            let mut target = self.labels[f.label.0 as usize];
            if target == UNPLACED {
                return Err(BuildError::Label);
            }
            let fits = |to: u32| f.wide || i16::try_from(to as i32 - f.start as i32).is_ok();
            for _ in 0..MAX_HOPS {
                match self.passes_on(f, target) {
                    Some(to) if fits(to) => target = to,
                    _ => break,
                }
            }
            let distance = target as i32 - f.start as i32;
            let word = &mut self.proto.code[f.word as usize];
            if f.wide {
                *word = (distance * 4) as u32;
            } else {
                let distance = i16::try_from(distance).map_err(|_| BuildError::Jump)?;
                *word = *word & 0xffff | (distance as u16 as u32) << 16;
            }
        }
        Ok(self.proto)
    }
}
