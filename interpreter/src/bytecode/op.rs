//! The op table. Enum, operand kinds and documentation come from this one list.

/// What one operand byte (or the 16-bit `bx`) of an instruction means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Unused, zero.
    No,
    /// A slot that is written.
    D,
    /// A slot that is read.
    S,
    /// The first of several consecutive slots (read, written, or used as a call window).
    B,
    /// A plain count or selector, not scaled.
    N,
    /// A signed 8-bit number.
    I,
    /// `bx`: index of a constant.
    K,
    /// `bx`: index of a name, loaded as a slot of the globals.
    G,
    /// `bx`: signed jump distance in words, from this instruction.
    J,
    /// `bx`: a far slot number, unscaled.
    F,
    /// `bx`: a signed 16-bit number.
    X,
}

/// What a word that follows an instruction means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Low half: name index. High half: an inline cache, zero in a proto.
    Name,
    /// Signed jump distance in bytes, from the instruction's first word.
    Jump,
    /// An inline cache, zero in a proto.
    Cache,
    /// A plain number whose meaning the op documents.
    Raw,
    /// Index of a constant.
    Const,
}

/// Selectors of [`Op::Machine`]. Operands are in consecutive slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Machine {
    /// The low 32 bits of an int, signed.
    Int,
    /// The low 32 bits of an int, unsigned.
    Uint,
    /// Truth.
    Bool,
    /// An address: that of a buffer's bytes, which stay there from now on; or an int.
    Pointer,
    /// `value << count`
    ShiftLeft,
    /// `value >> count`
    ShiftRight,
    /// `value >> count` of an unsigned value
    ShiftRightUint,
    /// Address, index: the unsigned item there.
    Load8,
    /// The same of two bytes.
    Load16,
    /// Four bytes; signed.
    Load32,
    /// Address, index, value: the value's low bits go there.
    Store8,
    /// The same of two bytes.
    Store16,
    /// Four bytes.
    Store32,
    /// Machine code (bytes), number of parameters, [`Assembled`]: a function.
    Function,
}

/// What the number that machine code returns stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Assembled {
    Int,
    Uint,
    Bool,
    Object,
}

impl Machine {
    /// All of them in the order of their numbers.
    pub const ALL: [Machine; 14] = [
        Machine::Int,
        Machine::Uint,
        Machine::Bool,
        Machine::Pointer,
        Machine::ShiftLeft,
        Machine::ShiftRight,
        Machine::ShiftRightUint,
        Machine::Load8,
        Machine::Load16,
        Machine::Load32,
        Machine::Store8,
        Machine::Store16,
        Machine::Store32,
        Machine::Function,
    ];
}

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident [$a:ident $b:ident $c:ident] $([$($w:ident)+])?;)*) => {
        /// Every operation. `r[x]` is slot x of the frame.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name),* }

        impl Op {
            /// All ops in the order of their codes.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];
            const FIELDS: &'static [[Field; 3]] = &[$([Field::$a, Field::$b, Field::$c]),*];
            const WORDS: &'static [&'static [Word]] = &[$(&[$($(Word::$w),+)?]),*];
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

// Rows: name [a b c] [extra words]. A `bx` operand stands in the b column with No in c.
ops! {
    // ---- moves and loads
    /// `r[a] = r[b]`.
    Move [D S No];
    /// `r[a] = r[bx]` for a far slot.
    LoadFar [D F No];
    /// `r[bx] = r[a]` for a far slot.
    StoreFar [S F No];
    /// `r[a] = consts[bx]`.
    LoadConst [D K No];
    /// `r[a] = bx` as a small int.
    LoadInt [D X No];
    /// `r[a] = None`.
    LoadNone [D No No];
    /// `r[a .. a+b] = UNBOUND`: for locals that may be read unset, `del`, absent keyword-only defaults.
    Unbind [B N No];
    /// Raises UnboundLocalError if `r[a]` is UNBOUND; the name is `slot_names[a]`.
    CheckBound [S No No];

    // ---- cells: variables shared with inner functions
    /// `r[a] = new cell holding r[b]`; a may equal b (a parameter that is captured).
    MakeCell [D S No];
    /// `r[a] = contents of cell r[b]`; unset raises NameError (free) or UnboundLocalError, named by `slot_names[b]`.
    LoadCell [D S No];
    /// `cell r[a] = r[b]`.
    StoreCell [S S No];
    /// Unsets the cell in `r[a]`; already unset raises.
    DelCell [S No No];
    /// `r[a .. a+b] = the function's closure cells`, in the order of `free_names`. Once, at entry.
    CopyFree [B N No];

    // ---- globals
    /// `r[a] = global bx`, else the builtin of that name, else NameError. The cache keeps a builtin.
    LoadGlobal [D G No] [Cache];
    /// `global bx = r[a]`.
    StoreGlobal [S G No];
    /// Unsets global bx; NameError if it is unset. a is 0.
    DelGlobal [No G No];

    // ---- names in a namespace dict: class bodies, exec with locals
    /// If dict (or mapping) `r[b]` has the name: `r[a] = value` and skip the next c words; else go on (with a
    /// LoadGlobal or LoadCell into the same slot).
    NsLoad [D S N] [Name];
    /// `r[a][name] = r[b]`.
    NsStore [S S No] [Name];
    /// `del r[a][name]`; NameError if absent.
    NsDel [S No No] [Name];

    // ---- arithmetic: r[a] = r[b] op r[c]
    /// `+`
    Add [D S S];
    /// `-`
    Sub [D S S];
    /// `*`
    Mul [D S S];
    /// `/`
    TrueDiv [D S S];
    /// `//`
    FloorDiv [D S S];
    /// `%`
    Mod [D S S];
    /// `**`
    Pow [D S S];
    /// `@`
    MatMul [D S S];
    /// `<<`
    LShift [D S S];
    /// `>>`
    RShift [D S S];
    /// `&`
    And [D S S];
    /// `|`
    Or [D S S];
    /// `^`
    Xor [D S S];
    // In-place forms, in the same order. The compiler stores r[a] back to the target.
    /// `+=`
    IAdd [D S S];
    /// `-=`
    ISub [D S S];
    /// `*=`
    IMul [D S S];
    /// `/=`
    ITrueDiv [D S S];
    /// `//=`
    IFloorDiv [D S S];
    /// `%=`
    IMod [D S S];
    /// `**=`
    IPow [D S S];
    /// `@=`
    IMatMul [D S S];
    /// `<<=`
    ILShift [D S S];
    /// `>>=`
    IRShift [D S S];
    /// `&=`
    IAnd [D S S];
    /// `|=`
    IOr [D S S];
    /// `^=`
    IXor [D S S];
    /// `r[a] = r[b] + c`, or for negative c `r[b] - (-c)`: what the source said (it matters for `__add__`/`__sub__`).
    AddImm [D S I];
    /// `r[b] += c` into `r[a]`, or `-=` for negative c.
    IAddImm [D S I];
    /// `-r[b]`
    Neg [D S No];
    /// `+r[b]`
    Pos [D S No];
    /// `~r[b]`
    Invert [D S No];
    /// `not r[b]`
    Not [D S No];

    // ---- comparisons: r[a] = r[b] op r[c]
    /// `<`
    Lt [D S S];
    /// `<=`
    Le [D S S];
    /// `>`
    Gt [D S S];
    /// `>=`
    Ge [D S S];
    /// `==`
    Eq [D S S];
    /// `!=`
    Ne [D S S];
    /// `is`
    Is [D S S];
    /// `is not`
    IsNot [D S S];
    /// `r[a] = r[b] in r[c]`
    In [D S S];
    /// `r[a] = r[b] not in r[c]`
    NotIn [D S S];

    // ---- jumps
    /// Jumps by bx words; polls if backward.
    Jump [No J No];
    /// Jumps if `r[a]` is true; polls if backward.
    JTrue [S J No];
    /// Jumps if `r[a]` is false; polls if backward.
    JFalse [S J No];
    /// Jumps if `r[a] is None`.
    JNone [S J No];
    /// Jumps if `r[a] is not None`.
    JNotNone [S J No];
    // Compare and branch: jump if `r[a] op r[b]` is true (J…) or not true (JN…). Polls if backward.
    /// if `<`
    JLt [S S No] [Jump];
    /// if `<=`
    JLe [S S No] [Jump];
    /// if `>`
    JGt [S S No] [Jump];
    /// if `>=`
    JGe [S S No] [Jump];
    /// if `==`
    JEq [S S No] [Jump];
    /// if `!=`
    JNe [S S No] [Jump];
    /// unless `<`
    JNLt [S S No] [Jump];
    /// unless `<=`
    JNLe [S S No] [Jump];
    /// unless `>`
    JNGt [S S No] [Jump];
    /// unless `>=`
    JNGe [S S No] [Jump];
    /// unless `==`
    JNEq [S S No] [Jump];
    /// unless `!=`
    JNNe [S S No] [Jump];
    // The same with a small int b in place of r[b].
    /// if `< b`
    JLtImm [S I No] [Jump];
    /// if `<= b`
    JLeImm [S I No] [Jump];
    /// if `> b`
    JGtImm [S I No] [Jump];
    /// if `>= b`
    JGeImm [S I No] [Jump];
    /// if `== b`
    JEqImm [S I No] [Jump];
    /// if `!= b`
    JNeImm [S I No] [Jump];
    /// unless `< b`
    JNLtImm [S I No] [Jump];
    /// unless `<= b`
    JNLeImm [S I No] [Jump];
    /// unless `> b`
    JNGtImm [S I No] [Jump];
    /// unless `>= b`
    JNGeImm [S I No] [Jump];
    /// unless `== b`
    JNEqImm [S I No] [Jump];
    /// unless `!= b`
    JNNeImm [S I No] [Jump];
    /// Jumps if `r[a] is r[b]`.
    JIs [S S No] [Jump];
    /// Jumps if `r[a] is not r[b]`.
    JIsNot [S S No] [Jump];

    // ---- loops
    /// Prepares a `for` over `range(start, stop, step)`. In: `r[a], r[a+1], r[a+2]` = start, stop, step (supply
    /// 0 and 1 where the source left them out) and `r[b]` = what the name `range` evaluated to (evaluated before
    /// the arguments). c = number of arguments the source had (1, 2, 3). Out: the loop state in `r[a..a+3]`, for
    /// ForRange. If `r[b]` is not the builtin `range` (or the numbers are unusual), calls it with the c arguments
    /// and iterates over the result. Follow with `Jump` to the ForRange at the loop's bottom.
    RangeInit [B S N];
    /// Bottom of a range loop: if the state `r[a..a+3]` has a next number, `r[b] = it` and jump (to the body's
    /// start, backward); else go on. c: first free temporary (call window for the generic case, 3 slots).
    ForRange [B D B] [Jump];
    /// `r[a], r[a+1] = iteration state over r[b]` (two consecutive slots; a may equal b).
    GetIter [B S No];
    /// Bottom of a loop: if the state `r[a], r[a+1]` has a next item, `r[b] = it` and jump; else go on.
    /// c: first free temporary (call window, 3 slots), above all live slots. Enter the loop with `Jump` to this op.
    ForIter [B D B] [Jump];

    // ---- calls (see the window in the module's text)
    /// Calls `r[a+2]` with b positional arguments `r[a+3]..`; result in `r[a]`.
    Call [B N No];
    /// The same with b positional arguments, then c pairs (name constant, value) in consecutive slots.
    CallKw [B N N];
    /// `r[a] = r[a+3].name(r[a+4].. b arguments)`: the object sits in `r[a+3]`, no bound method is made.
    CallMethod [B N No] [Name Cache];
    /// The same with b positional arguments, then c pairs (name constant, value).
    CallMethodKw [B N N] [Name Cache];
    /// Calls `r[a+2]` with the positional arguments in the list or tuple `r[a+3]` and the keywords in the dict
    /// `r[a+4]` (None: no keywords).
    CallEx [B No No];
    /// Returns `r[a]`.
    Return [S No No];
    /// Returns None.
    ReturnNone [No No No];

    // ---- functions and classes
    /// `r[a] = function of code constant (word)`. From `r[a]` upwards lie, in this order: b defaults of the last b
    /// positional parameters; if c is 1 the defaults of ALL keyword-only parameters (UNBOUND: none); the cells
    /// of the child's `free_names`.
    MakeFunction [B N N] [Const];
    /// `r[a] = class`. `r[a+2]` = function of the class body (made by MakeFunction from a proto with
    /// `Flags::CLASS`), `r[a+3]` = its name, then b bases, then c pairs (name constant, value). The body's one parameter,
    /// slot 0, is its namespace dict; it must return its `__class__` cell if an inner function uses it, else None.
    MakeClass [B N N];
    /// `r[a] = super().name` machinery without a call of `super`: `r[a] = super(r[b], r[c])`. Only emit it when the
    /// global `super` cannot be rebound; otherwise load `super` and Call it (zero-argument super: pass the
    /// `__class__` cell's contents and the first parameter explicitly).
    Super [D S S];

    // ---- attributes and items
    /// `r[a] = r[b].name`; c is a cache, 0.
    GetAttr [D S N] [Name Cache];
    /// `r[a].name = r[b]`; c is a cache, 0.
    SetAttr [S S N] [Name Cache];
    /// `del r[a].name`
    DelAttr [S No No] [Name];
    /// `r[a] = r[b][r[c]]`
    GetItem [D S S];
    /// `r[a] = r[b][r[c]:r[c+1]]`; None: left out.
    GetSlice [D S B];
    /// `r[a][r[b]] = r[c]`
    SetItem [S S S];
    /// `del r[a][r[b]]`
    DelItem [S S No];
    /// `r[a] = slice(r[b], r[b+1][, r[b+2]])`; c = 2 or 3.
    BuildSlice [D B N];

    // ---- building values
    /// `r[a] = tuple(r[b .. b+c])`
    BuildTuple [D B N];
    /// `r[a] = list(r[b .. b+c])`
    BuildList [D B N];
    /// `r[a] = set(r[b .. b+c])`
    BuildSet [D B N];
    /// `r[a] = dict of c pairs (key, value) at r[b]..`
    BuildDict [D B N];
    /// `r[a] = r[b .. b+c] (all str) concatenated`
    BuildStr [D B N];
    /// `r[a] = format(conv(r[b]), spec)`: c & 3 = conversion (0 none, 1 `!s`, 2 `!r`, 3 `!a`); c & 4: spec in `r[b+1]`.
    Format [D B N];
    /// `r[a].append(r[b])` on a list (comprehensions, star displays).
    ListAppend [S S No];
    /// `r[a].extend(r[b])` on a list; a non-iterable raises TypeError "Value after * must be an iterable".
    ListExtend [S S No];
    /// `r[a] = tuple(list r[b])`
    ListToTuple [D S No];
    /// `r[a].add(r[b])` on a set.
    SetAdd [S S No];
    /// `r[a].update(r[b])` on a set.
    SetUpdate [S S No];
    /// `r[a][r[b]] = r[c]` on a dict (comprehensions).
    DictAdd [S S S];
    /// `r[a].update(r[b])` on a dict: `{**x}`.
    DictUpdate [S S No];
    /// The same for call keywords: a repeated key raises TypeError naming the callee in `r[c]`.
    DictMerge [S S S];
    /// `r[a .. a+c] = the exactly c items of r[b]`.
    Unpack [B S N];
    /// `r[a ..]` = items of `r[b]` around a star: word = before | after << 8; the star's list is `r[a + before]`.
    UnpackEx [B S No] [Raw];

    // ---- exceptions
    /// `raise r[a]` (class or instance), chaining `__context__`.
    Raise [S No No];
    /// `raise r[a] from r[b]`.
    RaiseFrom [S S No];
    /// `raise` with nothing: re-raises what is being handled, or RuntimeError.
    RaiseAgain [No No No];
    /// Re-raises the exception in `r[a]` as it was (end of a finally or of unmatched except clauses): no new context.
    Reraise [S No No];
    /// Starts handling `r[a]`: keeps the exception handled so far in `r[a+1]`. First op of every handler.
    EnterHandler [B No No];
    /// Ends handling: restores what EnterHandler kept in `r[a+1]`. On every way out of a handler, and first in the
    /// cleanup handler that covers the handler itself (followed by Reraise of the new exception).
    LeaveHandler [B No No];
    /// Jumps if exception `r[a]` does not match class or tuple `r[b]`; polls nothing.
    JNotExc [S S No] [Jump];
    /// `r[a], r[a+1], r[a+2] = type(r[b]), r[b], traceback of r[b]`: arguments for `__exit__`.
    ExcInfo [B S No];
    /// `r[a] = bound __exit__ of r[b]` after checking that `r[b]` is a context manager; call `__enter__` with CallMethod.
    WithExit [D S No];
    /// The same for `__aexit__` and async with.
    AsyncWithExit [D S No];

    // ---- generators and coroutines. A call of a function with Flags::GENERATOR makes the generator by itself.
    /// Yields `r[b]`; the value sent in lands in `r[a]`. c = number of live slots (all of `r[0..c]` survive).
    Yield [D S N];
    /// `r[a] = what yield from iterates over r[b]` (generators and coroutines: themselves; else `iter(r[b])`). c = 1: for a
    /// GetIter that nothing else sees, lists and tuples stay themselves too.
    GetYieldIter [D S N];
    /// `r[a] = what await waits on for r[b]` (coroutines: themselves; else `__await__()`, else `__iter__` as in MicroPython).
    GetAwaitable [D S No];
    /// Delegates to `r[b]` (from GetYieldIter/GetAwaitable) until it ends; its return value lands in `r[a]`.
    /// c = number of live slots, which include b.
    YieldFrom [D S N];

    // ---- import
    /// `r[a] = __import__(name, level = b, from-list = tuple in r[c])`. With c's slot holding None: `import a.b` gives
    /// the top package `a`; else the innermost module. a may equal c.
    Import [D N S] [Name];
    /// `r[a] = r[b].name`, trying the submodule; ImportError "cannot import name".
    ImportFrom [D S No] [Name];
    /// Copies the public names of module `r[a]` into the globals (or into the namespace dict `r[b]` if c is 1).
    ImportStar [S S N];

    // ---- match statements
    /// `r[a] = r[b] is a sequence for patterns (not str, bytes, bytearray)`.
    MatchSequence [D S No];
    /// `r[a] = r[b] is a mapping for patterns`.
    MatchMapping [D S No];
    /// `r[a] = tuple of values of mapping r[b] at the keys in tuple r[c], or None if one is missing`.
    MatchKeys [D S S];
    /// `r[a] = tuple of attributes, or None if r[b] is not an instance of r[c]`. `r[a]` holds, before, the tuple of
    /// keyword attribute names; word = number of positional sub-patterns.
    MatchClass [D S S] [Raw];
    /// `r[a] = len(r[b])`.
    Len [D S No];

    // ---- machine values of `@micropython.viper`
    /// `r[a] = ` what [`Machine`] c makes of `r[b]`, `r[b+1]` and `r[b+2]`.
    Machine [D B N];

    // ---- the prompt
    /// Prints `repr(r[a])` unless None, and keeps it in `_`.
    PrintExpr [S No No];

    // ---- never emitted by a compiler: where stub frames return to
    /// Leaves the run loop: the result of a call from native code.
    Exit [No No No];
    /// After `__init__`: checks for None, returns the instance.
    InitDone [No No No];
    /// After a class body: builds the class.
    ClassDone [No No No];
    /// After a generator's frame: the generator is finished.
    GenDone [No No No];
    /// Leaves the run loop with an exception.
    ExitRaised [No No No];
    /// After a special method that gives the value of an instruction of one word.
    ValueDone [No No No];
    /// After a special method that a compare-and-branch asked.
    BranchDone [No No No];
    /// After a special method whose result is of no interest.
    StoreDone [No No No];
    /// After a property's getter.
    AttrDone [No No No];
    /// After the `__next__` of the iterator of a loop.
    NextDone [No No No];
    /// After a special method that an instruction of one word asked something: a truth, an iterator, what a builtin
    /// function gives.
    AnswerDone [No No No];
    /// In the place of an instruction, for once: the loop looks for its dispatch table and does that instruction.
    Retable [No No No];
}

impl Op {
    /// The op with this code.
    pub fn from_code(code: u8) -> Option<Op> {
        Self::ALL.get(code as usize).copied()
    }

    /// Meanings of the operands a, b, c.
    pub const fn fields(self) -> [Field; 3] {
        Self::FIELDS[self as usize]
    }

    /// Meanings of the words that follow.
    pub const fn words(self) -> &'static [Word] {
        Self::WORDS[self as usize]
    }

    /// The name as in the table.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// May the instruction behind it be the next one?
    pub fn goes_on(self) -> bool {
        use Op::{Jump, Raise, RaiseAgain, RaiseFrom, Reraise, Return, ReturnNone};
        !matches!(self, Return | ReturnNone | Jump | Raise | RaiseFrom | RaiseAgain | Reraise)
    }

    /// Length with extra words, in words.
    pub fn len_words(self) -> usize {
        1 + self.words().len()
    }
}
