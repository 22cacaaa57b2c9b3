//! Source lines in tracebacks, with carets under what failed.
//!
//! Code keeps the line of each instruction, not the column. Where the file is still there, it is compiled once more
//! to find that out, and the result dropped.

use super::source::COMPILE_STACK;
use super::{Out, Vm};
use crate::bytecode::{Const, Proto};
use crate::heap::Root;
use crate::syntax::{carets, line_text};
use crate::value::Val;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Write;

/// Compiling takes about this many bytes for each byte of the source; it is left where there is no room for it.
const ROOM: usize = 24;

/// A file that a traceback passes through.
#[derive(Default)]
pub(super) struct Listing {
    pub file: String,
    text: Option<String>,
    code: Option<Box<Proto>>,
}

fn function<'p>(proto: &'p Proto, qualname: &str, first_line: u32) -> Option<&'p Proto> {
    if proto.qualname == qualname && proto.first_line == first_line {
        return Some(proto);
    }
    proto.consts.iter().find_map(|c| match c {
        Const::Code(inner) => function(inner, qualname, first_line),
        _ => None,
    })
}

impl Listing {
    /// The file with this name, if it is there and there is room for it.
    pub fn of(vm: &mut Vm, file: String) -> Listing {
        if file.starts_with(['<', '.']) || (vm.loader.kind)(vm, &file) != Some(false) {
            return Listing { file, ..Listing::default() };
        }
        let exc = vm.heap.root(Root::Exception);
        let bytes = (vm.loader.read)(vm, &file);
        vm.heap.set_root(Root::Exception, exc);
        let text = bytes.ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
        let room = vm.heap.stats().free / ROOM;
        let mut code = None;
        if let Some(text) = text.as_ref().filter(|t| t.len() < room && !crate::stack::lacks(COMPILE_STACK)) {
            vm.heap.make_way_for_code(text.len().saturating_mul(6).saturating_add(8192));
            vm.hal.guarded(&mut || code = crate::compiler::compile_spans(text));
        }
        Listing { file, text, code }
    }

    /// Writes the line of instruction `at`.
    pub fn show(&self, vm: &Vm, code: Val, at: u32, line: u32, out: &mut Out) {
        let Some(text) = &self.text else { return };
        let shown = line_text(text, line);
        if shown.trim().is_empty() {
            return;
        }
        let _ = writeln!(out, "    {}", shown.trim());
        if let Some((from, to)) = self.span(vm, code, at) {
            let start = shown.as_ptr() as usize - text.as_ptr() as usize;
            let inside = |offset: u32| (offset as usize).checked_sub(start).filter(|o| *o <= shown.len());
            if let (Some(from), Some(to)) = (inside(from), inside(to))
                && let Some(carets) = carets(shown, from, to)
            {
                let _ = writeln!(out, "    {carets}");
            }
        }
    }

    /// The part of the source that instruction `at` comes from.
    fn span(&self, vm: &Vm, code: Val, at: u32) -> Option<(u32, u32)> {
        let proto = function(self.code.as_ref()?, &vm.code_qualname(code), vm.code_first_line(code))?;
        let known = proto.spans.iter().rev().find(|s| s.0 <= at)?;
        Some((known.1, known.2))
    }
}
