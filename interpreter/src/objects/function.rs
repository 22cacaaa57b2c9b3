//! Functions, native functions, bound methods, cells and code objects.

use super::native::{Args, Entry, NativeType, R};
use crate::bytecode::Flags;
use crate::heap::Kind;
use crate::registry::{self, ids};
use crate::value::{Imm, Val};
use crate::vm::{Out, Vm};
use core::fmt::Write;

fn print_function(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    vm.compile_deferred(v)?;
    let name = vm.function_name(v);
    let _ = write!(out, "<function {name} at 0x{:08x}>", v.bits());
    Ok(())
}

fn code(vm: &mut Vm, f: Val) -> R {
    vm.compile_deferred(f)?;
    vm.code_of(f)
}

/// The cells that it takes from outside.
fn closure(vm: &mut Vm, f: Val) -> R {
    let n = vm.code_free(vm.heap.val(f, 1));
    if n == 0 {
        return Ok(Val::NONE);
    }
    let extras = vm.heap.val(f, 3);
    let all = vm.heap.tuple(extras).len();
    Ok(vm.heap.new_tuple_of(extras, all - n, all)?)
}

/// `FunctionType(code, globals, name=None, argdefs=None, closure=None)`
fn new(vm: &mut Vm, _: Val, args: Args) -> R {
    let names = ["code", "globals", "name", "argdefs", "closure"];
    let [code, globals, name, defaults, closure] = args.parse(vm, "function", names, 2)?;
    if !vm.heap.is(code, Kind::Code) {
        let t = vm.type_name(code);
        return Err(vm.type_error(format_args!("function() argument 'code' must be code, not {t}")));
    }
    if !vm.heap.is(globals, Kind::Dict) {
        let t = vm.type_name(globals);
        return Err(vm.type_error(format_args!("function() argument 'globals' must be dict, not {t}")));
    }
    let mut extras = alloc::vec::Vec::new();
    for (i, v) in [defaults, closure].into_iter().enumerate() {
        if vm.heap.is_tuple(v) {
            extras.extend_from_slice(vm.heap.tuple(v));
        } else if !v.is_null() && !v.is_none() {
            return Err(vm.type_error(format_args!("arg {} ({}) must be tuple", i + 4, names[i + 3])));
        }
    }
    let cells =
        if vm.heap.is_tuple(closure) { vm.heap.tuple(closure).to_vec() } else { alloc::vec::Vec::new() };
    let wanted = vm.code_free(code);
    if wanted > 0 && !vm.heap.is_tuple(closure) {
        return Err(vm.type_error(format_args!("arg 5 (closure) must be tuple")));
    }
    if cells.len() != wanted {
        let n = cells.len();
        return Err(vm.value_error(format_args!("function requires closure of length {wanted}, not {n}")));
    }
    if !cells.iter().all(|&c| vm.heap.is(c, Kind::Cell)) {
        return Err(vm.type_error(format_args!("arg 5 (closure) expected cell")));
    }
    if extras.len() - cells.len() > vm.code_positional(code) {
        return Err(vm.value_error(format_args!("more defaults than parameters")));
    }
    let f = vm.function_of(code, globals, &extras)?;
    if vm.heap.is_str(name) {
        vm.heap.keep(f)?;
        vm.set_function_attr(f, crate::heap::q::__name__, name)?;
    }
    Ok(f)
}
fn globals(vm: &mut Vm, f: Val) -> R {
    Ok(vm.heap.val(f, 2))
}
fn defaults(vm: &mut Vm, f: Val) -> R {
    vm.compile_deferred(f)?;
    let code = vm.heap.val(f, 1);
    let extras = vm.heap.val(f, 3);
    if extras.is_null() {
        return Ok(Val::NONE);
    }
    let free = vm.code_free(code);
    let kw = if vm.heap.flag(f, crate::heap::cell::F_A) { vm.code_counts(code).1 } else { 0 };
    let n = vm.heap.tuple(extras).len() - free - kw;
    if n == 0 { Ok(Val::NONE) } else { Ok(vm.heap.new_tuple_of(extras, 0, n)?) }
}

/// `function`.
pub static FUNCTION: NativeType = NativeType {
    id: ids::FUNCTION,
    name: "function",
    print: Some(print_function),
    new: Some(new),
    entries: &[
        Entry::Get("__code__", code),
        Entry::Get("__globals__", globals),
        Entry::Get("__closure__", closure),
        Entry::Get("__defaults__", defaults),
    ],
    ..NativeType::EMPTY
};

fn print_native(_: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let payload = v.imm_payload(Imm::NativeFn).unwrap_or(0);
    let name = registry::native_fn(payload).name();
    if registry::is_type_fn(payload) {
        let t = registry::native_type((payload >> 12) as u16).name;
        let _ = write!(out, "<method '{name}' of '{t}' objects>");
    } else {
        let _ = write!(out, "<built-in function {name}>");
    }
    Ok(())
}

fn native_name(vm: &mut Vm, v: Val) -> R {
    let name = registry::native_fn(v.imm_payload(Imm::NativeFn).unwrap_or(0)).name();
    vm.new_str(name)
}

/// `builtin_function_or_method`.
pub static NATIVE_FUNCTION: NativeType = NativeType {
    id: ids::NATIVE_FUNCTION,
    name: "builtin_function_or_method",
    print: Some(print_native),
    entries: &[Entry::Get("__name__", native_name), Entry::Get("__qualname__", native_name)],
    ..NativeType::EMPTY
};

fn print_method(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let (f, obj) = (vm.heap.val(v, 1), vm.heap.val(v, 2));
    if f.is_ptr() {
        let name = if vm.heap.is(f, Kind::Function) { vm.function_name(f) } else { vm.repr_text(f)? };
        let _ = write!(out, "<bound method {name} of ");
        out.repr(vm, obj)?;
        out.push(">");
    } else {
        let name = registry::native_fn(f.imm_payload(Imm::NativeFn).unwrap_or(0)).name();
        let t = vm.type_name(obj);
        let _ = write!(out, "<built-in method {name} of {t} object at 0x{:08x}>", obj.bits());
    }
    Ok(())
}

fn method_func(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 1))
}
fn method_self(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 2))
}
fn method_attr(vm: &mut Vm, v: Val, name: &str) -> R<Option<Val>> {
    if matches!(name, "__func__" | "__self__" | "__class__" | "__eq__" | "__hash__") {
        return Ok(None);
    }
    let f = vm.heap.val(v, 1);
    vm.getattr_opt(f, name)
}

fn method_compare(vm: &mut Vm, op: super::native::CmpOp, a: Val, b: Val) -> R {
    use super::native::CmpOp;
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) || !vm.heap.is(b, Kind::BoundMethod) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let same = vm.heap.w(a, 1) == vm.heap.w(b, 1) && vm.heap.w(a, 2) == vm.heap.w(b, 2);
    Ok(Val::bool(same == (op == CmpOp::Eq)))
}

/// `method`.
pub static METHOD: NativeType = NativeType {
    id: ids::METHOD,
    name: "method",
    print: Some(print_method),
    compare: Some(method_compare),
    get_attr: Some(method_attr),
    entries: &[Entry::Get("__func__", method_func), Entry::Get("__self__", method_self)],
    ..NativeType::EMPTY
};

fn cell_contents(vm: &mut Vm, v: Val) -> R {
    let x = vm.heap.val(v, 1);
    if x == Val::UNBOUND { Err(vm.value_error(format_args!("cell is empty"))) } else { Ok(x) }
}

/// `cell`.
pub static CELL: NativeType = NativeType {
    id: ids::CELL,
    name: "cell",
    entries: &[Entry::Get("cell_contents", cell_contents)],
    ..NativeType::EMPTY
};

fn print_code(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let name = vm.text(vm.code_name(v)).unwrap_or_default();
    let file = vm.text(vm.code_file(v)).unwrap_or_default();
    let line = vm.code_first_line(v);
    let _ = write!(out, "<code object {name} at 0x{:08x}, file \"{file}\", line {line}>", v.bits());
    Ok(())
}
fn co_name(vm: &mut Vm, v: Val) -> R {
    Ok(vm.code_name(v))
}
fn co_filename(vm: &mut Vm, v: Val) -> R {
    Ok(vm.code_file(v))
}
fn co_firstlineno(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(vm.code_first_line(v) as i32))
}
fn co_argcount(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(vm.code_positional(v) as i32))
}
/// As CPython numbers them; each function has the lowest two.
fn co_flags(vm: &mut Vm, v: Val) -> R {
    let flags = vm.code_flags(v);
    let mut bits = 0x03;
    for (flag, bit) in [(Flags::VARARGS, 0x04), (Flags::VARKW, 0x08), (Flags::COROUTINE, 0x80)] {
        bits |= if flags.has(flag) { bit } else { 0 };
    }
    let generator = flags.has(Flags::GENERATOR) && !flags.has(Flags::COROUTINE);
    Ok(Val::small(if generator { bits | 0x20 } else { bits }))
}
fn co_varnames(vm: &mut Vm, v: Val) -> R {
    let names = vm.code_names(v).collect::<alloc::vec::Vec<_>>();
    Ok(vm.heap.new_tuple(&names)?)
}

/// `code`.
pub static CODE: NativeType = NativeType {
    id: ids::CODE,
    name: "code",
    print: Some(print_code),
    entries: &[
        Entry::Get("co_name", co_name),
        Entry::Get("co_filename", co_filename),
        Entry::Get("co_flags", co_flags),
        Entry::Get("co_firstlineno", co_firstlineno),
        Entry::Get("co_argcount", co_argcount),
        Entry::Get("co_varnames", co_varnames),
    ],
    ..NativeType::EMPTY
};

const ANNOTATIONS: &str = "__annotations__";

impl Vm {
    /// An attribute of a function that is kept with it or follows from its code.
    ///
    /// # Errors
    /// What compiling a frozen function raises.
    pub(crate) fn function_attr(&mut self, f: Val, name: crate::value::Qstr) -> R<Option<Val>> {
        use crate::heap::q;
        if let Some(d) = self.function_dict(f)
            && let Some(v) = self.heap.dict_get_qstr(d, name)
        {
            if self.heap.is_tuple(v) && self.heap.qstr(name) == ANNOTATIONS {
                return self.make_annotations(f, name, v).map(Some);
            }
            return Ok(Some(v));
        }
        if matches!(name, q::__name__ | q::__qualname__ | q::__doc__) {
            self.compile_deferred(f)?;
        }
        let code = self.heap.val(f, 1);
        Ok(match name {
            q::__name__ => Some(self.code_name(code)),
            q::__qualname__ => {
                let name = self.code_qualname(code);
                self.heap.new_str(&name).ok()
            }
            q::__doc__ => Some(match self.code_doc(code) {
                Val::NONE => self.written_doc(f)?,
                doc => doc,
            }),
            q::__module__ => self.heap.dict_get_qstr(self.heap.val(f, 2), q::__name__),
            q::__dict__ => {
                let d = match self.function_dict(f) {
                    Some(d) => d,
                    None => self.make_function_dict(f)?,
                };
                Some(d)
            }
            _ if self.heap.qstr(name) == ANNOTATIONS => Some(self.make_annotations(f, name, Val::NULL)?),
            _ => None,
        })
    }

    /// Attributes of functions are rare: they live in one dict for all, by function.
    fn function_dict(&self, f: Val) -> Option<Val> {
        if !self.heap.flag(f, crate::heap::cell::F_B) {
            return None;
        }
        self.heap.dict_get(self.heap.root(crate::heap::Root::FunctionDicts), Val::small(f.bits() as i32 >> 4))
    }

    fn make_function_dict(&mut self, f: Val) -> R {
        let d = self.heap.new_dict(1)?;
        // The entry keeps the function alive, so that its address is not used again.
        self.heap.dict_set_qstr(d, crate::heap::q::EMPTY, f)?;
        let all = self.heap.root(crate::heap::Root::FunctionDicts);
        self.heap.dict_set(all, Val::small(f.bits() as i32 >> 4), d)?;
        self.heap.dict_del_qstr(d, crate::heap::q::EMPTY);
        self.heap.set_flag(f, crate::heap::cell::F_B, true);
        Ok(d)
    }

    /// Sets an attribute of a function (NULL deletes).
    pub(crate) fn set_function_attr(&mut self, f: Val, name: crate::value::Qstr, v: Val) -> R<()> {
        if FUNCTION.entries.iter().any(|e| e.name() == self.heap.qstr(name)) {
            return Err(
                self.raise(super::native::ExcKind::AttributeError, format_args!("readonly attribute"))
            );
        }
        let d = match self.function_dict(f) {
            Some(d) => d,
            None => self.make_function_dict(f)?,
        };
        if !v.is_null() {
            return Ok(self.heap.dict_set_qstr(d, name, v)?);
        }
        match self.heap.dict_del_qstr(d, name) {
            Some(_) => Ok(()),
            None => Err(self.no_attribute(f, name)),
        }
    }
}
