//! The builtin functions and the names of the builtin types.
//!
//! One file a group of functions: [`numbers`], [`iteration`], [`inspection`], [`source`]. The
//! types that only builtins make (`map`, `zip` …) are in [`lazy`].

pub(crate) mod inspection;
mod iteration;
pub mod lazy;
mod numbers;
mod source;

#[cfg(test)]
mod tests;

use crate::modules::{io, sys};
use crate::objects::native::{ANY, Entry, ExcKind, NativeModule};
use crate::objects::*;
use crate::value::Val;

pub use source::COMPILED;

const NAMES: &[Entry] = &[
    // Functions
    Entry::Fn("__template__", 0, 6, crate::modules::templatelib::template),
    Entry::Fn("abs", 1, 1, numbers::abs),
    Entry::Fn("all", 1, 1, iteration::all),
    Entry::Fn("any", 1, 1, iteration::any),
    Entry::Fn("ascii", 1, 1, inspection::ascii),
    Entry::Fn("bin", 1, 1, numbers::bin),
    Entry::Fn("callable", 1, 1, inspection::callable),
    Entry::Fn("chr", 1, 1, numbers::chr),
    // Known to the compiler, which needs no import for it; this is for what it cannot fold.
    Entry::Fn("const", 1, 1, inspection::itself),
    Entry::FnKw("compile", 0, ANY, source::compile),
    Entry::Fn("delattr", 2, 2, inspection::delattr),
    Entry::Fn("dir", 0, 1, inspection::dir),
    Entry::Fn("divmod", 2, 2, numbers::divmod),
    Entry::FnKw("eval", 0, ANY, source::eval),
    Entry::FnKw("exec", 0, ANY, source::exec),
    Entry::Fn("execfile", 1, 1, source::execfile),
    Entry::Fn("format", 1, 2, inspection::format),
    Entry::Fn("getattr", 2, 3, inspection::getattr),
    Entry::Fn("globals", 0, 0, inspection::globals),
    Entry::Fn("hasattr", 2, 2, inspection::hasattr),
    Entry::Fn("hash", 1, 1, numbers::hash),
    Entry::Fn("help", 0, 1, inspection::help),
    Entry::Fn("hex", 1, 1, numbers::hex),
    Entry::Fn("id", 1, 1, numbers::id),
    Entry::Fn("input", 0, 1, sys::input),
    Entry::Fn("isinstance", 2, 2, inspection::isinstance),
    Entry::Fn("issubclass", 2, 2, inspection::issubclass),
    Entry::Fn("iter", 1, 2, iteration::iter),
    Entry::Fn("len", 1, 1, iteration::len),
    Entry::Fn("locals", 0, 0, inspection::locals),
    Entry::FnKw("max", 0, ANY, iteration::max),
    Entry::FnKw("min", 0, ANY, iteration::min),
    Entry::Fn("next", 1, 2, iteration::next),
    Entry::Fn("oct", 1, 1, numbers::oct),
    Entry::FnKw("open", 0, ANY, io::open),
    Entry::Fn("ord", 1, 1, numbers::ord),
    Entry::FnKw("pow", 0, ANY, numbers::pow),
    Entry::FnKw("print", 0, ANY, inspection::print),
    Entry::Fn("repr", 1, 1, inspection::repr),
    Entry::FnKw("round", 0, ANY, numbers::round),
    Entry::Fn("setattr", 3, 3, inspection::setattr),
    Entry::FnKw("sorted", 0, ANY, iteration::sorted),
    Entry::FnKw("sum", 0, ANY, iteration::sum),
    Entry::Fn("vars", 0, 1, inspection::vars),
    Entry::FnKw("__build_class__", 2, ANY, source::build_class),
    Entry::FnKw("__import__", 0, ANY, source::import),
    // Types
    Entry::Type("bool", &bool::BOOL),
    Entry::Type("bytearray", &bytearray::BYTEARRAY),
    Entry::Type("bytes", &bytes::BYTES),
    Entry::Type("classmethod", &descriptors::CLASSMETHOD),
    Entry::Type("complex", &complex::COMPLEX),
    Entry::Type("dict", &dict::DICT),
    Entry::Type("enumerate", &lazy::ENUMERATE),
    Entry::Type("filter", &lazy::FILTER),
    Entry::Type("float", &float::FLOAT),
    Entry::Type("frozenset", &frozenset::FROZENSET),
    Entry::Type("int", &int::INT),
    Entry::Type("list", &list::LIST),
    Entry::Type("map", &lazy::MAP),
    Entry::Type("memoryview", &memoryview::MEMORYVIEW),
    Entry::Type("object", &object::OBJECT),
    Entry::Type("property", &descriptors::PROPERTY),
    Entry::Type("range", &range::RANGE),
    Entry::Type("reversed", &lazy::REVERSED),
    Entry::Type("set", &set::SET),
    Entry::Type("slice", &slice::SLICE),
    Entry::Type("staticmethod", &descriptors::STATICMETHOD),
    Entry::Type("str", &str::STR),
    Entry::Type("super", &descriptors::SUPER),
    Entry::Type("tuple", &tuple::TUPLE),
    Entry::Type("type", &class::TYPE),
    Entry::Type("zip", &lazy::ZIP),
    // What compiled code calls for `except*`
    Entry::Fn("__except_star__", 2, 2, exception_group::star_match),
    Entry::Fn("__except_star_end__", 3, 3, exception_group::star_end),
    // Values
    Entry::Val("Ellipsis", Val::ELLIPSIS),
    Entry::Val("NotImplemented", Val::NOT_IMPLEMENTED),
    Entry::Dyn("__debug__", |vm| Ok(Val::bool(vm.state.opt_level == 0))),
];

const COUNT: usize = {
    let (mut n, mut i) = (NAMES.len(), 0);
    while i < ExcKind::ALL.len() {
        n += ExcKind::ALL[i].is_builtin() as usize;
        i += 1;
    }
    n
};

/// [`NAMES`] and the exceptions.
const ENTRIES: [Entry; COUNT] = {
    let mut all = [NAMES[0]; COUNT];
    let mut n = 0;
    while n < NAMES.len() {
        all[n] = NAMES[n];
        n += 1;
    }
    let mut i = 0;
    while i < ExcKind::ALL.len() {
        let kind = ExcKind::ALL[i];
        if kind.is_builtin() {
            all[n] = Entry::Val(kind.name(), kind.val());
            n += 1;
        }
        i += 1;
    }
    all
};

/// The module `builtins`.
pub static BUILTINS: NativeModule = NativeModule {
    id: crate::registry::modules::BUILTINS,
    name: "builtins",
    entries: &ENTRIES,
    ..NativeModule::EMPTY
};
