//! The syntax tree of one statement or expression.
//!
//! Names are slices of the source, so a tree costs no copies of text; it lives only until its
//! top-level statement has been compiled. Annotations are parsed and dropped: nothing here
//! evaluates them.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// A range of byte offsets into the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// From the start of `self` to the end of `other`.
    pub const fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }
}

/// A name where it stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident<'s> {
    pub name: &'s str,
    pub span: Span,
}

/// A node of its own on the heap: rules hand these on, so that their frames stay small.
pub type BoxExpr<'s> = Box<Expr<'s>>;

#[derive(Clone, Debug)]
pub struct Expr<'s> {
    pub span: Span,
    pub kind: ExprKind<'s>,
}

#[derive(Clone, Debug)]
pub enum ExprKind<'s> {
    None,
    True,
    False,
    Ellipsis,
    /// An int literal that fits.
    Int(i32),
    /// Digits without prefix and underscores, and their radix, of an int literal beyond `Int`.
    BigInt(Box<str>, u8),
    /// Decimal text without underscores: the compiler chooses the precision.
    Float(Box<str>),
    /// The same, of an imaginary literal, without its `j`.
    Imaginary(Box<str>),
    Str(Box<str>),
    Bytes(Box<[u8]>),
    /// An f-string (or a concatenation with one).
    Joined(Vec<FPart<'s>>),
    /// A t-string.
    Template(Vec<FPart<'s>>),
    Name(&'s str),
    Unary(UnaryOp, Box<Expr<'s>>),
    Binary(BinaryOp, Box<Expr<'s>>, Box<Expr<'s>>),
    Bool(BoolOp, Vec<Expr<'s>>),
    Compare(Box<Expr<'s>>, Vec<(CompareOp, Expr<'s>)>),
    If(Box<IfExpr<'s>>),
    Lambda(Box<Lambda<'s>>),
    Call(Box<Expr<'s>>, Vec<Arg<'s>>),
    Attribute(Box<Attribute<'s>>),
    Subscript(Box<Expr<'s>>, Box<Expr<'s>>),
    Slice(Box<Slice<'s>>),
    Tuple(Vec<Expr<'s>>),
    List(Vec<Expr<'s>>),
    Set(Vec<Expr<'s>>),
    Dict(Vec<DictItem<'s>>),
    ListComp(Box<Comprehension<'s>>),
    SetComp(Box<Comprehension<'s>>),
    /// The element is the key; `value` is set.
    DictComp(Box<Comprehension<'s>>),
    Generator(Box<Comprehension<'s>>),
    Starred(Box<Expr<'s>>),
    /// `name := value`
    Named(Box<Named<'s>>),
    Yield(Option<Box<Expr<'s>>>),
    YieldFrom(Box<Expr<'s>>),
    Await(Box<Expr<'s>>),
}

/// `object.name`
#[derive(Clone, Debug)]
pub struct Attribute<'s> {
    pub object: BoxExpr<'s>,
    pub name: Ident<'s>,
}

/// `name := value`
#[derive(Clone, Debug)]
pub struct Named<'s> {
    pub name: Ident<'s>,
    pub value: BoxExpr<'s>,
}

#[derive(Clone, Debug)]
pub struct IfExpr<'s> {
    pub test: BoxExpr<'s>,
    pub body: BoxExpr<'s>,
    pub orelse: BoxExpr<'s>,
}

#[derive(Clone, Debug)]
pub struct Slice<'s> {
    pub lower: Option<BoxExpr<'s>>,
    pub upper: Option<BoxExpr<'s>>,
    pub step: Option<BoxExpr<'s>>,
}

#[derive(Clone, Debug)]
pub enum DictItem<'s> {
    Pair(BoxExpr<'s>, BoxExpr<'s>),
    /// `**mapping`
    Unpack(BoxExpr<'s>),
}

#[derive(Clone, Debug)]
pub struct Comprehension<'s> {
    pub element: BoxExpr<'s>,
    pub value: Option<BoxExpr<'s>>,
    /// At least one.
    pub clauses: Vec<CompClause<'s>>,
}

#[derive(Clone, Debug)]
pub struct CompClause<'s> {
    pub is_async: bool,
    pub target: BoxExpr<'s>,
    pub iter: BoxExpr<'s>,
    pub conditions: Vec<Expr<'s>>,
}

#[derive(Clone, Debug)]
pub enum Arg<'s> {
    Positional(BoxExpr<'s>),
    /// `*iterable`
    Star(BoxExpr<'s>),
    Keyword(Ident<'s>, BoxExpr<'s>),
    /// `**mapping`
    DoubleStar(BoxExpr<'s>),
}

/// A piece of an f-string.
#[derive(Clone, Debug)]
pub enum FPart<'s> {
    Text(Box<str>),
    Field(Box<FField<'s>>),
}

/// A replacement field `{value!conversion:spec}`. The text of a self-documenting `{value=}` is a
/// `FPart::Text` before it, and its default conversion has become `r`.
#[derive(Clone, Debug)]
pub struct FField<'s> {
    pub value: BoxExpr<'s>,
    /// Its source, which a t-string keeps.
    pub source: &'s str,
    pub conversion: Option<Conversion>,
    /// Empty where there is none.
    pub spec: Vec<FPart<'s>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    Str,
    Repr,
    Ascii,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Positive,
    Negative,
    Invert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    Xor,
    And,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    PositionalOnly,
    Plain,
    /// `*args`
    Star,
    KeywordOnly,
    /// `**kwargs`
    DoubleStar,
}

#[derive(Clone, Debug)]
pub struct Param<'s> {
    pub name: Ident<'s>,
    pub kind: ParamKind,
    /// The text of its annotation.
    pub annotation: Option<&'s str>,
    pub default: Option<BoxExpr<'s>>,
}

#[derive(Clone, Debug)]
pub struct Lambda<'s> {
    pub params: Vec<Param<'s>>,
    pub body: BoxExpr<'s>,
}

pub type Block<'s> = Vec<Stmt<'s>>;

#[derive(Clone, Debug)]
pub struct Stmt<'s> {
    pub span: Span,
    pub kind: StmtKind<'s>,
}

#[derive(Clone, Debug)]
pub enum StmtKind<'s> {
    Expr(BoxExpr<'s>),
    /// `a = b = value`: targets from left to right.
    Assign(Vec<Expr<'s>>, BoxExpr<'s>),
    AugAssign(BoxExpr<'s>, BinaryOp, BoxExpr<'s>),
    /// `target: annotation = value`, the annotation as its text.
    AnnAssign(BoxExpr<'s>, Option<&'s str>, Option<BoxExpr<'s>>),
    Return(Option<BoxExpr<'s>>),
    Delete(Vec<Expr<'s>>),
    Pass,
    Break,
    Continue,
    Raise(Option<BoxExpr<'s>>, Option<BoxExpr<'s>>),
    Global(Vec<Ident<'s>>),
    Nonlocal(Vec<Ident<'s>>),
    Assert(BoxExpr<'s>, Option<BoxExpr<'s>>),
    Import(Vec<Alias<'s>>),
    ImportFrom(Box<ImportFrom<'s>>),
    If(Vec<Branch<'s>>, Block<'s>),
    While(BoxExpr<'s>, Block<'s>, Block<'s>),
    For(Box<For<'s>>),
    With(Box<With<'s>>),
    Try(Box<Try<'s>>),
    Match(Box<Match<'s>>),
    Function(Box<Function<'s>>),
    Class(Box<Class<'s>>),
}

/// One `if` or `elif`.
#[derive(Clone, Debug)]
pub struct Branch<'s> {
    pub test: BoxExpr<'s>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct For<'s> {
    pub is_async: bool,
    pub target: BoxExpr<'s>,
    pub iter: BoxExpr<'s>,
    pub body: Block<'s>,
    pub orelse: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct With<'s> {
    pub is_async: bool,
    /// Manager and, after `as`, target.
    pub items: Vec<(BoxExpr<'s>, Option<BoxExpr<'s>>)>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct Try<'s> {
    pub body: Block<'s>,
    /// The clauses are `except*`.
    pub star: bool,
    pub handlers: Vec<Handler<'s>>,
    pub orelse: Block<'s>,
    pub finally: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct Handler<'s> {
    pub span: Span,
    /// None in a bare `except:`.
    pub kind: Option<BoxExpr<'s>>,
    pub name: Option<Ident<'s>>,
    pub body: Block<'s>,
}

/// `import module as name`, or one name of a `from` import.
#[derive(Clone, Debug)]
pub struct Alias<'s> {
    /// Dotted in a plain import; its dots may have spaces around them in the source only.
    pub path: Vec<Ident<'s>>,
    pub name: Option<Ident<'s>>,
}

#[derive(Clone, Debug)]
pub struct ImportFrom<'s> {
    /// Number of leading dots.
    pub level: u32,
    /// Empty in `from . import x`.
    pub path: Vec<Ident<'s>>,
    /// None for `*`.
    pub names: Option<Vec<Alias<'s>>>,
}

#[derive(Clone, Debug)]
pub struct Function<'s> {
    pub is_async: bool,
    pub name: Ident<'s>,
    pub params: Vec<Param<'s>>,
    /// The text of its return annotation.
    pub returns: Option<&'s str>,
    pub decorators: Vec<Expr<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct Class<'s> {
    pub name: Ident<'s>,
    pub args: Vec<Arg<'s>>,
    pub decorators: Vec<Expr<'s>>,
    pub body: Block<'s>,
}

/// What a parser hands out at a time.
#[derive(Clone, Debug)]
pub enum Piece<'s> {
    /// A statement; several where semicolons join simple ones.
    Block(Block<'s>),
    /// The head of a class (its body is empty); its statements follow as pieces.
    ClassStart(Box<Class<'s>>),
    ClassEnd,
}

#[derive(Clone, Debug)]
pub struct Match<'s> {
    pub subject: BoxExpr<'s>,
    pub cases: Vec<Case<'s>>,
}

#[derive(Clone, Debug)]
pub struct Case<'s> {
    pub pattern: Pattern<'s>,
    pub guard: Option<BoxExpr<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct Pattern<'s> {
    pub span: Span,
    pub kind: PatternKind<'s>,
}

#[derive(Clone, Debug)]
pub enum PatternKind<'s> {
    /// A literal or dotted name, compared by `==`.
    Value(BoxExpr<'s>),
    /// None, True or False, compared by identity.
    Singleton(BoxExpr<'s>),
    /// `_`
    Wildcard,
    Capture(Ident<'s>),
    Sequence(Vec<Pattern<'s>>),
    /// `*name` or `*_` (None), only inside a sequence.
    Star(Option<Ident<'s>>),
    Mapping(Box<MappingPattern<'s>>),
    Class(Box<ClassPattern<'s>>),
    As(Box<Pattern<'s>>, Ident<'s>),
    Or(Vec<Pattern<'s>>),
}

#[derive(Clone, Debug)]
pub struct MappingPattern<'s> {
    pub items: Vec<(BoxExpr<'s>, Pattern<'s>)>,
    pub rest: Option<Ident<'s>>,
}

#[derive(Clone, Debug)]
pub struct ClassPattern<'s> {
    pub class: BoxExpr<'s>,
    pub positional: Vec<Pattern<'s>>,
    pub keywords: Vec<(Ident<'s>, Pattern<'s>)>,
}

impl<'s> Expr<'s> {
    pub fn new(span: Span, kind: ExprKind<'s>) -> Expr<'s> {
        Expr { span, kind }
    }

    /// What CPython's messages call an expression of this form.
    pub fn form(&self) -> &'static str {
        match &self.kind {
            ExprKind::None => "None",
            ExprKind::True => "True",
            ExprKind::False => "False",
            ExprKind::Ellipsis => "ellipsis",
            ExprKind::Int(_)
            | ExprKind::BigInt(..)
            | ExprKind::Float(_)
            | ExprKind::Imaginary(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_) => "literal",
            ExprKind::Joined(_) => "f-string expression",
            ExprKind::Template(_) => "t-string expression",
            ExprKind::Name(_) => "name",
            ExprKind::Unary(..) | ExprKind::Binary(..) | ExprKind::Bool(..) => "expression",
            ExprKind::Compare(..) => "comparison",
            ExprKind::If(_) => "conditional expression",
            ExprKind::Lambda(_) => "lambda",
            ExprKind::Call(..) => "function call",
            ExprKind::Attribute(..) => "attribute",
            ExprKind::Subscript(..) => "subscript",
            ExprKind::Slice(_) => "slice",
            ExprKind::Tuple(_) => "tuple",
            ExprKind::List(_) => "list",
            ExprKind::Set(_) => "set display",
            ExprKind::Dict(_) => "dict literal",
            ExprKind::ListComp(_) => "list comprehension",
            ExprKind::SetComp(_) => "set comprehension",
            ExprKind::DictComp(_) => "dict comprehension",
            ExprKind::Generator(_) => "generator expression",
            ExprKind::Starred(_) => "starred",
            ExprKind::Named(..) => "named expression",
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "yield expression",
            ExprKind::Await(_) => "await expression",
        }
    }
}
