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
    Name(&'s str),
    Unary(UnaryOp, Box<Expr<'s>>),
    Binary(BinaryOp, Box<Expr<'s>>, Box<Expr<'s>>),
    Bool(BoolOp, Vec<Expr<'s>>),
    Compare(Box<Expr<'s>>, Vec<(CompareOp, Expr<'s>)>),
    If(Box<IfExpr<'s>>),
    Lambda(Box<Lambda<'s>>),
    Call(Box<Expr<'s>>, Vec<Arg<'s>>),
    Attribute(Box<Expr<'s>>, Ident<'s>),
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
    Named(Ident<'s>, Box<Expr<'s>>),
    Yield(Option<Box<Expr<'s>>>),
    YieldFrom(Box<Expr<'s>>),
    Await(Box<Expr<'s>>),
}

#[derive(Clone, Debug)]
pub struct IfExpr<'s> {
    pub test: Expr<'s>,
    pub body: Expr<'s>,
    pub orelse: Expr<'s>,
}

#[derive(Clone, Debug)]
pub struct Slice<'s> {
    pub lower: Option<Expr<'s>>,
    pub upper: Option<Expr<'s>>,
    pub step: Option<Expr<'s>>,
}

#[derive(Clone, Debug)]
pub enum DictItem<'s> {
    Pair(Expr<'s>, Expr<'s>),
    /// `**mapping`
    Unpack(Expr<'s>),
}

#[derive(Clone, Debug)]
pub struct Comprehension<'s> {
    pub element: Expr<'s>,
    pub value: Option<Expr<'s>>,
    /// At least one.
    pub clauses: Vec<CompClause<'s>>,
}

#[derive(Clone, Debug)]
pub struct CompClause<'s> {
    pub is_async: bool,
    pub target: Expr<'s>,
    pub iter: Expr<'s>,
    pub conditions: Vec<Expr<'s>>,
}

#[derive(Clone, Debug)]
pub enum Arg<'s> {
    Positional(Expr<'s>),
    /// `*iterable`
    Star(Expr<'s>),
    Keyword(Ident<'s>, Expr<'s>),
    /// `**mapping`
    DoubleStar(Expr<'s>),
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
    pub value: Expr<'s>,
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
    pub default: Option<Expr<'s>>,
}

#[derive(Clone, Debug)]
pub struct Lambda<'s> {
    pub params: Vec<Param<'s>>,
    pub body: Expr<'s>,
}

pub type Block<'s> = Vec<Stmt<'s>>;

#[derive(Clone, Debug)]
pub struct Stmt<'s> {
    pub span: Span,
    pub kind: StmtKind<'s>,
}

#[derive(Clone, Debug)]
pub enum StmtKind<'s> {
    Expr(Expr<'s>),
    /// `a = b = value`: targets from left to right.
    Assign(Vec<Expr<'s>>, Expr<'s>),
    AugAssign(Expr<'s>, BinaryOp, Expr<'s>),
    /// `target: annotation = value`, the annotation dropped.
    AnnAssign(Expr<'s>, Option<Expr<'s>>),
    Return(Option<Expr<'s>>),
    Delete(Vec<Expr<'s>>),
    Pass,
    Break,
    Continue,
    Raise(Option<Expr<'s>>, Option<Expr<'s>>),
    Global(Vec<Ident<'s>>),
    Nonlocal(Vec<Ident<'s>>),
    Assert(Expr<'s>, Option<Expr<'s>>),
    Import(Vec<Alias<'s>>),
    ImportFrom(Box<ImportFrom<'s>>),
    If(Vec<Branch<'s>>, Block<'s>),
    While(Expr<'s>, Block<'s>, Block<'s>),
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
    pub test: Expr<'s>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct For<'s> {
    pub is_async: bool,
    pub target: Expr<'s>,
    pub iter: Expr<'s>,
    pub body: Block<'s>,
    pub orelse: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct With<'s> {
    pub is_async: bool,
    /// Manager and, after `as`, target.
    pub items: Vec<(Expr<'s>, Option<Expr<'s>>)>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct Try<'s> {
    pub body: Block<'s>,
    pub handlers: Vec<Handler<'s>>,
    pub orelse: Block<'s>,
    pub finally: Block<'s>,
}

#[derive(Clone, Debug)]
pub struct Handler<'s> {
    pub span: Span,
    /// None in a bare `except:`.
    pub kind: Option<Expr<'s>>,
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

#[derive(Clone, Debug)]
pub struct Match<'s> {
    pub subject: Expr<'s>,
    pub cases: Vec<Case<'s>>,
}

#[derive(Clone, Debug)]
pub struct Case<'s> {
    pub pattern: Pattern<'s>,
    pub guard: Option<Expr<'s>>,
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
    Value(Expr<'s>),
    /// None, True or False, compared by identity.
    Singleton(Expr<'s>),
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
    pub items: Vec<(Expr<'s>, Pattern<'s>)>,
    pub rest: Option<Ident<'s>>,
}

#[derive(Clone, Debug)]
pub struct ClassPattern<'s> {
    pub class: Expr<'s>,
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
