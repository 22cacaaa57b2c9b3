//! `compile`, `eval`, `exec`, `__import__`.
//!
//! Code is bound to the globals it runs in, so what `compile` gives is the checked source with
//! its file name and mode; running it compiles it for the globals at hand.

use alloc::string::String;
use alloc::vec::Vec;

use crate::compiler::{self, Mode};
use crate::fs::FsError;
use crate::heap::Kind;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

/// What `compile` gives: source, file name, mode.
pub static COMPILED: NativeType = NativeType { id: ids::COMPILED, name: "code", ..NativeType::EMPTY };

fn is_compiled(vm: &Vm, v: Val) -> bool {
    vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == ids::COMPILED
}

/// Room for a text, which may be long: garbage makes way for it.
fn room(vm: &mut Vm, len: usize) -> R<String> {
    let mut text = String::new();
    if text.try_reserve_exact(len).is_err() {
        vm.heap.collect();
        text.try_reserve_exact(len).map_err(|_| vm.no_memory())?;
    }
    Ok(text)
}

/// The text of a str or bytes-like source.
fn text_of(vm: &mut Vm, v: Val, name: &str) -> R<String> {
    let inner = vm.unwrap(v);
    if vm.heap.is_str(inner) {
        let mut text = room(vm, vm.heap.bytes(inner).len())?;
        text.push_str(vm.heap.as_str(inner).unwrap_or_default());
        return Ok(text);
    }
    if let Some(buffer) = Buffer::opt(vm, inner) {
        let mut text = room(vm, buffer.bytes(&vm.heap).len())?;
        return match core::str::from_utf8(buffer.bytes(&vm.heap)) {
            Ok(source) => {
                text.push_str(source);
                Ok(text)
            }
            Err(_) => Err(vm.raise(
                crate::objects::native::ExcKind::SyntaxError,
                format_args!("(unicode error) 'utf-8' codec can't decode the source"),
            )),
        };
    }
    Err(vm.type_error(format_args!("{name}() arg 1 must be a string, bytes or code object")))
}

pub(super) fn compile(vm: &mut Vm, args: Args) -> R {
    let names = ["source", "filename", "mode", "flags", "dont_inherit", "optimize"];
    let [source, file, mode, ..] = args.parse(vm, "compile", names, 3)?;
    let text = text_of(vm, source, "compile")?;
    let Some(file_name) = vm.owned_text(file)? else {
        let t = vm.type_name(file);
        return Err(vm.type_error(format_args!("expected str, bytes or os.PathLike object, not {t}")));
    };
    let (number, mode) = match vm.heap.as_str(mode) {
        Some("exec") => (0, Mode::Exec),
        Some("eval") => (1, Mode::Eval),
        Some("single") => (2, Mode::Single),
        _ => {
            return Err(vm.value_error(format_args!("compile() mode must be 'exec', 'eval' or 'single'")));
        }
    };
    // As `compile_source` does: the compiler's memory comes from the same arena.
    vm.heap.make_way_for_code(text.len().saturating_mul(6).saturating_add(8192));
    let mut compiled = None;
    if !vm.hal.guarded(&mut || compiled = Some(compiler::compile(&text, &file_name, mode).map(|_| ()))) {
        return Err(vm.no_memory());
    }
    if let Some(Err(error)) = compiled {
        return Err(vm.raise_syntax_error(&error, &file_name));
    }
    let text = vm.new_str(&text)?;
    Ok(vm.heap.alloc_vals(Kind::Object, ids::COMPILED, [text, file, Val::small(number)])?)
}

pub(super) fn eval(vm: &mut Vm, args: Args) -> R {
    run(vm, args, "eval", Mode::Eval)
}

pub(super) fn exec(vm: &mut Vm, args: Args) -> R {
    run(vm, args, "exec", Mode::Exec)?;
    Ok(Val::NONE)
}

/// `execfile(path)`: runs a file in the module that calls it.
pub(super) fn execfile(vm: &mut Vm, args: Args) -> R {
    let path = args.get(vm, 0);
    let path = vm.path_text(path)?;
    let Some(text) = vm.read_source(&path)? else { return Err(vm.raise_os(FsError::NO_ENTRY.0)) };
    let globals = vm.globals();
    vm.exec_source(&text, &path, Mode::Exec, globals, None)?;
    Ok(Val::NONE)
}

fn run(vm: &mut Vm, args: Args, name: &str, mode: Mode) -> R {
    let [source, globals, locals] = args.parse(vm, name, ["source", "globals", "locals"], 1)?;
    let given = |v: Val| if v.is_null() || v.is_none() { None } else { Some(v) };
    let (globals, mut locals) = (given(globals), given(locals));
    if let Some(g) = globals
        && !vm.heap.is(g, Kind::Dict)
    {
        let t = vm.type_name(g);
        return Err(vm.type_error(format_args!("{name}() globals must be a dict, not {t}")));
    }
    if globals.is_none() && locals.is_none() {
        // In a function its variables can be read, as a snapshot.
        let own = vm.locals()?;
        if own != vm.globals() {
            locals = Some(own);
        }
    }
    let globals = globals.unwrap_or(vm.globals());
    let locals = locals.filter(|&l| l != globals);
    let (text, file, mode) = if is_compiled(vm, source) {
        let (text, file) = (vm.heap.val(source, 1), vm.heap.val(source, 2));
        let mode = match vm.heap.val(source, 3).as_small() {
            Some(0) => Mode::Exec,
            Some(1) => Mode::Eval,
            _ => Mode::Single,
        };
        (text_of(vm, text, name)?, vm.text(file).unwrap_or_default(), mode)
    } else {
        (text_of(vm, source, name)?, String::from("<string>"), mode)
    };
    let mode = match (mode, locals) {
        (mode, None) => mode,
        (Mode::Eval, Some(_)) => Mode::EvalIn,
        (Mode::Single, Some(_)) => Mode::SingleIn,
        (_, Some(_)) => Mode::ExecIn,
    };
    vm.exec_source(&text, &file, mode, globals, locals)
}

/// `__build_class__(func, name, *bases, **kw)`.
pub(super) fn build_class(vm: &mut Vm, args: Args) -> R {
    let (body, name) = (args.get(vm, 0), args.get(vm, 1));
    let bases: Vec<Val> = args.skip(2).slice(vm).to_vec();
    let kw: Vec<(Val, Val)> = (0..args.nkw).map(|i| args.pair(vm, i)).collect();
    vm.build_class(body, name, &bases, &kw)
}

pub(super) fn import(vm: &mut Vm, args: Args) -> R {
    let names = ["name", "globals", "locals", "fromlist", "level"];
    let [name, _, _, from, level] = args.parse(vm, "__import__", names, 1)?;
    if !vm.heap.is_str(name) {
        let t = vm.type_name(name);
        return Err(vm.type_error(format_args!("__import__() argument 1 must be str, not {t}")));
    }
    let level = if level.is_null() { 0 } else { vm.index(level)? };
    let Ok(level) = usize::try_from(level) else {
        return Err(vm.value_error(format_args!("level must be >= 0")));
    };
    let name = vm.heap.intern_val(name)?;
    let from = if from.is_null() || !vm.truth(from)? { Val::NONE } else { from };
    vm.import_name(name, level, from)
}
