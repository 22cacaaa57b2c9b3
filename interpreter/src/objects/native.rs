//! How Rust code presents itself to Python: functions, types and modules as static tables.
//!
//! Nothing here costs RAM: a native function, type or module is an immediate value that names its row in the
//! [`crate::registry`]. Every file in `objects/` holds one [`NativeType`] with the same order inside:
//! print, new, operators, items, iteration, attributes, methods table. Modules hold one [`NativeModule`].

use crate::value::Val;
use crate::vm::{Out, Vm};

/// An exception was raised: it is in [`Vm::exc`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised;

/// What everything that can raise returns.
pub type R<T = Val> = Result<T, Raised>;

/// A native function. Methods get `self` (class methods the class) as argument 0.
pub type Native = fn(&mut Vm, Args) -> R;

/// The arguments of a native call: slots of the VM's stack, `n` positional ones, then `nkw` pairs (name, value).
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// First slot, as an index into the stack.
    pub base: usize,
    /// Number of positional arguments.
    pub n: usize,
    /// Number of keyword arguments.
    pub nkw: usize,
}

impl Args {
    /// Positional argument `i`, which must exist.
    #[inline]
    pub fn get(self, vm: &Vm, i: usize) -> Val {
        debug_assert!(i < self.n);
        vm.stack(self.base + i)
    }
    /// Positional argument `i`, if it was given.
    #[inline]
    pub fn opt(self, vm: &Vm, i: usize) -> Option<Val> {
        if i < self.n { Some(vm.stack(self.base + i)) } else { None }
    }
    /// Keyword argument `name`, if it was given.
    pub fn kw(self, vm: &Vm, name: &str) -> Option<Val> {
        (0..self.nkw).find_map(|i| {
            let (k, v) = self.pair(vm, i);
            (vm.heap.as_str(k) == Some(name)).then_some(v)
        })
    }
    /// Name and value of keyword argument `i`.
    pub fn pair(self, vm: &Vm, i: usize) -> (Val, Val) {
        debug_assert!(i < self.nkw);
        let slot = self.base + self.n + 2 * i;
        (vm.stack(slot), vm.stack(slot + 1))
    }
    /// The arguments without the first `k` positional ones.
    pub fn skip(self, k: usize) -> Args {
        debug_assert!(k <= self.n);
        Args { base: self.base + k, n: self.n - k, nkw: self.nkw }
    }
    /// The positional arguments as a vector-like slice of the stack (borrows the heap).
    pub fn slice(self, vm: &Vm) -> &[Val] {
        vm.stack_slice(self.base, self.n)
    }
    /// Matches the arguments (after skipping `self` yourself) against `names`, CPython's wording on errors:
    /// the first `required` ones must be given, positionally or by keyword; names starting with `*` are
    /// keyword-only (`*key`). Absent ones are [`Val::NULL`].
    ///
    /// # Errors
    /// TypeError for missing, surplus, repeated and unknown arguments.
    pub fn parse<const N: usize>(
        self,
        vm: &mut Vm,
        f: &str,
        names: [&str; N],
        required: usize,
    ) -> R<[Val; N]> {
        let mut out = [Val::NULL; N];
        self.parse_into(vm, f, &names, required, &mut out)?;
        Ok(out)
    }

    /// [`Args::parse`] for any number of names: what would otherwise be there once for each.
    #[inline(never)]
    fn parse_into(self, vm: &mut Vm, f: &str, names: &[&str], required: usize, out: &mut [Val]) -> R<()> {
        let positional = names.iter().position(|n| n.starts_with('*')).unwrap_or(names.len());
        if self.n > positional {
            return Err(vm.raise(
                ExcKind::TypeError,
                format_args!(
                    "{f}() takes at most {positional} argument{} ({} given)",
                    if positional == 1 { "" } else { "s" },
                    self.n
                ),
            ));
        }
        for (i, x) in out.iter_mut().enumerate().take(self.n) {
            *x = self.get(vm, i);
        }
        for k in 0..self.nkw {
            let (key, value) = self.pair(vm, k);
            let key = vm.heap.as_str(key).unwrap_or("");
            let Some(i) = names.iter().position(|n| n.trim_start_matches('*') == key) else {
                let key = alloc::string::String::from(key);
                return Err(vm.raise(
                    ExcKind::TypeError,
                    format_args!("{f}() got an unexpected keyword argument '{key}'"),
                ));
            };
            if !out[i].is_null() {
                let name = names[i].trim_start_matches('*');
                return Err(vm.raise(
                    ExcKind::TypeError,
                    format_args!("argument for {f}() given by name ('{name}') and position ({})", i + 1),
                ));
            }
            out[i] = value;
        }
        if let Some(i) = (0..required).find(|&i| out[i].is_null()) {
            let name = names[i].trim_start_matches('*');
            return Err(vm.raise(
                ExcKind::TypeError,
                format_args!("{f}() missing required argument '{name}' (pos {})", i + 1),
            ));
        }
        Ok(())
    }
}

/// No upper bound on the number of positional arguments.
pub const ANY: u8 = 255;

/// One name in a native type or module. Counts of methods include `self` (or the class).
#[derive(Clone, Copy)]
pub enum Entry {
    /// A function or method: name, fewest and most positional arguments ([`ANY`]); no keywords.
    Fn(&'static str, u8, u8, Native),
    /// The same, taking keywords as well (it checks them itself, see [`Args::parse`]).
    FnKw(&'static str, u8, u8, Native),
    /// In a type: a class method; argument 0 is the class. Takes keywords.
    Class(&'static str, u8, u8, Native),
    /// In a type: a static method. Takes keywords.
    Static(&'static str, u8, u8, Native),
    /// In a type: a read-only attribute computed from the object.
    Get(&'static str, fn(&mut Vm, Val) -> R),
    /// In a module or a type: an attribute computed whenever it is read, the same for all instances.
    Dyn(&'static str, fn(&mut Vm) -> R),
    /// An integer constant.
    Int(&'static str, i64),
    /// A float constant.
    Float(&'static str, f32),
    /// A string constant.
    Str(&'static str, &'static str),
    /// A type.
    Type(&'static str, &'static NativeType),
    /// Any immediate value.
    Val(&'static str, Val),
    /// In a module: a submodule.
    Module(&'static str, &'static NativeModule),
}

impl Entry {
    /// The name in Python.
    pub fn name(&self) -> &'static str {
        match *self {
            Entry::Fn(n, ..)
            | Entry::FnKw(n, ..)
            | Entry::Class(n, ..)
            | Entry::Static(n, ..)
            | Entry::Get(n, _)
            | Entry::Dyn(n, _)
            | Entry::Int(n, _)
            | Entry::Float(n, _)
            | Entry::Str(n, _)
            | Entry::Type(n, _)
            | Entry::Val(n, _)
            | Entry::Module(n, _) => n,
        }
    }
}

/// A unary operator that a type can implement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnOp {
    /// `-x`
    Neg,
    /// `+x`
    Pos,
    /// `~x`
    Invert,
    /// `abs(x)`
    Abs,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    LShift,
    RShift,
    And,
    Or,
    Xor,
    /// `divmod(a, b)`
    DivMod,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum CmpOp {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

/// A native type. Write statics as `NativeType { name: "list", …, ..NativeType::EMPTY }`. Slots that are `None`
/// mean that the type lacks the operation. Subclasses written in Python are unwrapped before a slot or method is
/// called: a slot always sees an object of its own kind.
#[derive(Clone, Copy)]
#[allow(clippy::type_complexity)]
pub struct NativeType {
    /// Its place in the registry: one of [`crate::registry::ids`].
    pub id: u16,
    /// `__name__`.
    pub name: &'static str,
    /// The base class, if it is not object.
    pub base: Option<&'static NativeType>,
    /// May Python classes derive from it?
    pub subclassable: bool,
    /// Writes `repr` (or `str` if the flag is false and they differ).
    pub print: Option<fn(&mut Vm, Val, &mut Out, repr: bool) -> R<()>>,
    /// Makes an instance; arguments are those after the class. `cls` is this type, or a Python class derived from it
    /// (the result is then wrapped by the caller: make your own kind). None: "cannot create 'x' instances".
    pub new: Option<fn(&mut Vm, cls: Val, Args) -> R>,
    /// Calls an instance.
    pub call: Option<fn(&mut Vm, Val, Args) -> R>,
    /// Truth; else by `len`; else true.
    pub truth: Option<fn(&mut Vm, Val) -> R<bool>>,
    /// `len(x)`.
    pub len: Option<fn(&mut Vm, Val) -> R<usize>>,
    /// `hash(x)`. None: by identity, unless `unhashable`.
    pub hash: Option<fn(&mut Vm, Val) -> R<u32>>,
    /// "unhashable type".
    pub unhashable: bool,
    /// `-x` and so on; [`Val::NOT_IMPLEMENTED`] if not supported.
    pub unary: Option<fn(&mut Vm, UnOp, Val) -> R>,
    /// `self op other`; [`Val::NOT_IMPLEMENTED`] if the other operand is not understood.
    pub binary: Option<fn(&mut Vm, BinOp, Val, Val) -> R>,
    /// `other op self` (arguments in source order: other, self).
    pub reflected: Option<fn(&mut Vm, BinOp, Val, Val) -> R>,
    /// `self op= other`, result to be stored; [`Val::NOT_IMPLEMENTED`]: use `binary`.
    pub inplace: Option<fn(&mut Vm, BinOp, Val, Val) -> R>,
    /// `self cmp other`: a bool or [`Val::NOT_IMPLEMENTED`]. None: only identity.
    pub compare: Option<fn(&mut Vm, CmpOp, Val, Val) -> R>,
    /// `x in self`; None: by iteration.
    pub contains: Option<fn(&mut Vm, Val, Val) -> R<bool>>,
    /// `self[index]`.
    pub get_item: Option<fn(&mut Vm, Val, Val) -> R>,
    /// `self[index] = value`; a [`Val::NULL`] value deletes.
    pub set_item: Option<fn(&mut Vm, Val, Val, Val) -> R<()>>,
    /// `iter(self)`.
    pub iter: Option<fn(&mut Vm, Val) -> R>,
    /// The next item of an iterator, None at its end. A type with `next` and without `iter` is its own iterator.
    pub next: Option<fn(&mut Vm, Val) -> R<Option<Val>>>,
    /// Attributes beyond `entries`, asked first: None if there is none of that name.
    pub get_attr: Option<fn(&mut Vm, Val, name: &str) -> R<Option<Val>>>,
    /// Sets an attribute (a [`Val::NULL`] value deletes): false if there is none of that name.
    pub set_attr: Option<fn(&mut Vm, Val, name: &str, Val) -> R<bool>>,
    /// Methods and constants.
    pub entries: &'static [Entry],
}

impl NativeType {
    /// A type with nothing in it.
    pub const EMPTY: NativeType = NativeType {
        id: 0,
        name: "",
        base: None,
        subclassable: false,
        print: None,
        new: None,
        call: None,
        truth: None,
        len: None,
        hash: None,
        unhashable: false,
        unary: None,
        binary: None,
        reflected: None,
        inplace: None,
        compare: None,
        contains: None,
        get_item: None,
        set_item: None,
        iter: None,
        next: None,
        get_attr: None,
        set_attr: None,
        entries: &[],
    };

    /// The type as a value.
    pub const fn val(&self) -> Val {
        Val::imm(crate::value::Imm::NativeType, self.id as u32)
    }

    /// Is it `other` or derived from it?
    pub fn is_subtype(&self, other: &NativeType) -> bool {
        let mut t = Some(self);
        while let Some(x) = t {
            if x.id == other.id {
                return true;
            }
            t = x.base;
        }
        // The only native type with two bases.
        if other.id == ExcKind::BaseExceptionGroup.native_type().id {
            return self.id == ExcKind::ExceptionGroup.native_type().id;
        }
        other.id == crate::registry::ids::OBJECT
    }
}

/// A module in Rust.
#[derive(Clone, Copy)]
#[allow(clippy::type_complexity)]
pub struct NativeModule {
    /// Its place in the registry: one of [`crate::registry::modules`].
    pub id: u16,
    /// The name that `import` finds it by (`os`, `umachine` … aliases are the import machinery's).
    pub name: &'static str,
    /// Run once at its first import.
    pub init: Option<fn(&mut Vm) -> R<()>>,
    /// Attributes beyond `entries`, asked first.
    pub get_attr: Option<fn(&mut Vm, name: &str) -> R<Option<Val>>>,
    /// Takes an assignment (a [`Val::NULL`] value deletes): false leaves it to the module's dict in RAM.
    pub set_attr: Option<fn(&mut Vm, name: &str, Val) -> R<bool>>,
    /// Its names.
    pub entries: &'static [Entry],
}

impl NativeModule {
    /// A module with nothing in it.
    pub const EMPTY: NativeModule =
        NativeModule { id: 0, name: "", init: None, get_attr: None, set_attr: None, entries: &[] };

    /// The module as a value.
    pub const fn val(&self) -> Val {
        Val::imm(crate::value::Imm::NativeModule, self.id as u32)
    }
}

macro_rules! exceptions {
    ($($name:ident : $base:ident),* $(,)?) => {
        /// The built-in exceptions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum ExcKind { BaseException, $($name),* }

        impl ExcKind {
            /// All of them, in order.
            pub const ALL: &'static [ExcKind] = &[ExcKind::BaseException, $(ExcKind::$name),*];

            /// Its name in Python.
            pub const fn name(self) -> &'static str {
                const NAMES: &[&str] = &["BaseException", $(stringify!($name)),*];
                NAMES[self as usize]
            }
            /// Its base class.
            pub const fn base(self) -> Option<ExcKind> {
                const BASES: &[Option<ExcKind>] = &[None, $(Some(ExcKind::$base)),*];
                BASES[self as usize]
            }
        }
    };
}

exceptions! {
    Exception: BaseException,
    SystemExit: BaseException,
    KeyboardInterrupt: BaseException,
    GeneratorExit: BaseException,
    ArithmeticError: Exception,
    ZeroDivisionError: ArithmeticError,
    OverflowError: ArithmeticError,
    FloatingPointError: ArithmeticError,
    AssertionError: Exception,
    AttributeError: Exception,
    BufferError: Exception,
    EOFError: Exception,
    ImportError: Exception,
    ModuleNotFoundError: ImportError,
    LookupError: Exception,
    IndexError: LookupError,
    KeyError: LookupError,
    MemoryError: Exception,
    NameError: Exception,
    UnboundLocalError: NameError,
    OSError: Exception,
    FileNotFoundError: OSError,
    FileExistsError: OSError,
    PermissionError: OSError,
    IsADirectoryError: OSError,
    NotADirectoryError: OSError,
    TimeoutError: OSError,
    RuntimeError: Exception,
    NotImplementedError: RuntimeError,
    RecursionError: RuntimeError,
    StopIteration: Exception,
    StopAsyncIteration: Exception,
    SyntaxError: Exception,
    IndentationError: SyntaxError,
    TabError: IndentationError,
    SystemError: Exception,
    TypeError: Exception,
    ValueError: Exception,
    UnicodeError: ValueError,
    UnicodeDecodeError: UnicodeError,
    UnicodeEncodeError: UnicodeError,
    Warning: Exception,
    DeprecationWarning: Warning,
    RuntimeWarning: Warning,
    UserWarning: Warning,
    CancelledError: BaseException,
    BaseExceptionGroup: BaseException,
    ExceptionGroup: Exception,
}

impl ExcKind {
    /// Is it a name in `builtins`? (The others belong to modules.)
    pub const fn is_builtin(self) -> bool {
        !matches!(self, ExcKind::CancelledError)
    }
    /// The class as a native type.
    pub fn native_type(self) -> &'static NativeType {
        crate::objects::exception::type_of_kind(self)
    }
    /// The class as a value.
    pub const fn val(self) -> Val {
        Val::imm(crate::value::Imm::NativeType, crate::registry::EXC_BASE as u32 + self as u32)
    }
}
