//! `re`: regular expressions, on [`crate::regex`].

pub mod pattern;
pub mod result;
mod sub;

pub use pattern::PATTERN;
pub use result::MATCH;

use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::regex;
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The module.
pub static RE: NativeModule = NativeModule {
    id: modules::RE,
    name: "re",
    entries: &[
        Entry::FnKw("compile", 1, 2, compile),
        Entry::FnKw("match", 2, 3, match_),
        Entry::FnKw("search", 2, 3, search),
        Entry::FnKw("fullmatch", 2, 3, fullmatch),
        Entry::FnKw("sub", 3, 5, sub),
        Entry::FnKw("subn", 3, 5, subn),
        Entry::FnKw("split", 2, 4, split),
        Entry::FnKw("findall", 2, 3, findall),
        Entry::FnKw("finditer", 2, 3, finditer),
        Entry::Fn("escape", 1, 1, escape),
        Entry::Type("Pattern", &PATTERN),
        Entry::Type("Match", &MATCH),
        Entry::Val("error", ExcKind::ValueError.val()),
        Entry::Val("PatternError", ExcKind::ValueError.val()),
        Entry::Int("A", regex::ASCII as i64),
        Entry::Int("ASCII", regex::ASCII as i64),
        Entry::Int("I", regex::IGNORECASE as i64),
        Entry::Int("IGNORECASE", regex::IGNORECASE as i64),
        Entry::Int("M", regex::MULTILINE as i64),
        Entry::Int("MULTILINE", regex::MULTILINE as i64),
        Entry::Int("S", regex::DOTALL as i64),
        Entry::Int("DOTALL", regex::DOTALL as i64),
        Entry::Int("X", regex::VERBOSE as i64),
        Entry::Int("VERBOSE", regex::VERBOSE as i64),
        Entry::Int("DEBUG", 128),
    ],
    ..NativeModule::EMPTY
};

fn compile(vm: &mut Vm, args: Args) -> R {
    let [pattern, flags] = args.parse(vm, "compile", ["pattern", "flags"], 1)?;
    pattern::compile(vm, pattern, flags)
}

fn match_(vm: &mut Vm, args: Args) -> R {
    let [pattern, string, flags] = args.parse(vm, "match", ["pattern", "string", "flags"], 2)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "match", &[string])
}

fn search(vm: &mut Vm, args: Args) -> R {
    let [pattern, string, flags] = args.parse(vm, "search", ["pattern", "string", "flags"], 2)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "search", &[string])
}

fn fullmatch(vm: &mut Vm, args: Args) -> R {
    let [pattern, string, flags] = args.parse(vm, "fullmatch", ["pattern", "string", "flags"], 2)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "fullmatch", &[string])
}

fn or_zero(value: Val) -> Val {
    if value.is_null() { Val::ZERO } else { value }
}

fn sub(vm: &mut Vm, args: Args) -> R {
    let [pattern, repl, string, count, flags] =
        args.parse(vm, "sub", ["pattern", "repl", "string", "count", "flags"], 3)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "sub", &[repl, string, or_zero(count)])
}

fn subn(vm: &mut Vm, args: Args) -> R {
    let [pattern, repl, string, count, flags] =
        args.parse(vm, "subn", ["pattern", "repl", "string", "count", "flags"], 3)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "subn", &[repl, string, or_zero(count)])
}

fn split(vm: &mut Vm, args: Args) -> R {
    let [pattern, string, most, flags] =
        args.parse(vm, "split", ["pattern", "string", "maxsplit", "flags"], 2)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "split", &[string, or_zero(most)])
}

fn findall(vm: &mut Vm, args: Args) -> R {
    let [pattern, string, flags] = args.parse(vm, "findall", ["pattern", "string", "flags"], 2)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "findall", &[string])
}

fn finditer(vm: &mut Vm, args: Args) -> R {
    let [pattern, string, flags] = args.parse(vm, "finditer", ["pattern", "string", "flags"], 2)?;
    let pattern = pattern::compile(vm, pattern, flags)?;
    vm.call_method(pattern, "finditer", &[string])
}

/// A backslash before every character that means something in a pattern.
fn escape(vm: &mut Vm, args: Args) -> R {
    let given = args.get(vm, 0);
    let Some(text) = vm.heap.as_bytes(given) else {
        return Err(vm.type_error(format_args!("expected string or bytes-like object")));
    };
    let is_bytes = vm.heap.is_bytes(given);
    let mut out = alloc::vec::Vec::new();
    if out.try_reserve_exact(text.len().saturating_mul(2)).is_err() {
        return Err(vm.no_memory());
    }
    for &byte in text {
        if b"()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    if is_bytes {
        return Ok(vm.heap.new_bytes(&out)?);
    }
    // Only ASCII was put between the characters of a str.
    vm.new_str(core::str::from_utf8(&out).unwrap_or(""))
}
