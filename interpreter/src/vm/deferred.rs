//! Functions whose code is made ready when they are first called: many of a program's functions never are.
//!
//! Nothing that calls takes code with the flag DEFERRED for a simple case, so all calls of it come through
//! `enter_function`. Such code is of two kinds:
//!
//! - A function of a frozen module, not compiled: a code cell without a buffer, w2 = its number among all frozen functions |
//!   keyword-only parameters << 16.
//! - Any other function, its instructions as bytes (`bytecode::packed`): its buffer is `[constants … bytes … description]`.

use super::Vm;
use super::description::room_for;
use super::source::COMPILE_STACK;
use crate::bytecode::{Const, Flags, Proto, packed};
use crate::compiler::{Mode, compile_at};
use crate::heap::Kind;
use crate::heap::cell::{F_BUF, F_V3, header};
use crate::modules::frozen;
use crate::objects::native::{ExcKind, R};
use crate::value::Val;
use alloc::boxed::Box;

impl Vm {
    /// The code object of a function that is compiled later.
    pub(super) fn load_deferred(&mut self, number: u16, keyword_only: u8) -> R {
        let aux = u16::from(Flags::DEFERRED.0) << 8;
        let what = u32::from(number) | u32::from(keyword_only) << 16;
        let code = self.heap.alloc_cell(header(Kind::Code, F_V3, aux), 0, what, Val::NULL.bits())?;
        Ok(self.heap.keep(code)?)
    }

    /// Makes a function's code ready to run. This takes memory even while a script has locked the heap: the official
    /// firmware needs none at a first call.
    ///
    /// # Errors
    /// As [`Vm::compile_deferred`].
    pub(super) fn ready(&mut self, f: Val) -> R<()> {
        self.compile_deferred(f)?;
        let code = self.heap.val(f, 1);
        if !self.code_flags(code).has(Flags::DEFERRED) {
            return Ok(());
        }
        self.lend(|vm| vm.unpack(code))
    }

    /// Makes instructions of the bytes that they are kept as.
    ///
    /// # Errors
    /// MemoryError.
    pub(super) fn unpack(&mut self, code: Val) -> R<()> {
        let (n, words) = (self.heap.w(code, 2) as usize, self.code_words(code));
        let mut unpacked = room_for(words)?;
        unpacked.resize(words, 0);
        let bytes = packed::unpack(&self.heap.buf(code)[4 * n..], &mut unpacked, n);
        let (lines, rest) = self.description_behind(code, 4 * n + bytes);
        let behind = 4 * (n + words);
        // (Some instructions take more bytes than words have, but what is described must not be cut off.)
        let need = (behind + lines.len() + rest.len()).max(self.heap.buf_cap(code));
        self.heap.resize_buffer(code, need)?;
        let b = self.heap.buf_mut(code);
        let (described, end) = (behind + lines.len(), b.len() - rest.len());
        b.copy_within(rest, end);
        b.copy_within(lines, behind);
        b[described..end].fill(0);
        let b = &mut self.heap.buf_vals_mut(code, n + words)[n..];
        for (to, word) in b.iter_mut().zip(unpacked) {
            *to = Val::from_bits(word);
        }
        let aux = self.heap.aux(code) & !(u16::from(Flags::DEFERRED.0) << 8);
        self.heap.set_head(code, Self::code_header(aux) | F_BUF);
        Ok(())
    }

    /// Compiles a frozen function's code if that has not been done.
    ///
    /// # Errors
    /// MemoryError; RecursionError where the native stack has no room for the compiler.
    pub(crate) fn compile_deferred(&mut self, f: Val) -> R<()> {
        let code = self.heap.val(f, 1);
        if !self.code_flags(code).has(Flags::DEFERRED) || self.heap.flag(code, F_BUF) {
            return Ok(());
        }
        if crate::stack::lacks(COMPILE_STACK) {
            return Err(self.recursion_error());
        }
        let number = self.heap.w(code, 2) as u16;
        let (chunk, text) = frozen::place(number);
        self.heap.make_way_for_code(frozen::size_of_chunk(chunk) + text.len().saturating_mul(12) + 4096);
        let level = self.state.opt_level;
        let mut compiled = None;
        let ran = self.hal.guarded(&mut || {
            compiled = frozen::chunk(chunk).and_then(|source| {
                let source = source.get(text.clone())?;
                let module = compile_at(source, frozen::file(number), Mode::Exec, level).ok()?;
                let mut code = function_of(module)?;
                code.move_down(frozen::lines_before(number));
                Some(code)
            });
        });
        if !ran {
            return Err(self.no_memory());
        }
        let Some(proto) = compiled else {
            return Err(self.raise(ExcKind::SystemError, format_args!("bad frozen function")));
        };
        let globals = self.heap.val(f, 2);
        let new = self.load_as(&proto, globals, false)?;
        drop(proto);
        self.heap.swap_contents(code, new);
        // The frame of a function lies in its aux: there may be more than one over this code.
        let slots = self.code_slots(code);
        let mut at = None;
        while let Some(function) = self.heap.next_cell(at, Kind::Function) {
            at = Some(function);
            if self.heap.val(function, 1) == code {
                self.heap.set_aux(function, 4 * slots as u16);
            }
        }
        Ok(())
    }
}

/// The one function in what was compiled of it: the last of a module, or of the class that stands around it. (Code of
/// its defaults may come before it.)
fn function_of(module: Proto) -> Option<Box<Proto>> {
    let last = |proto: Proto| {
        proto.consts.into_iter().rev().find_map(|c| if let Const::Code(code) = c { Some(code) } else { None })
    };
    let inner = last(module)?;
    if inner.flags.has(Flags::CLASS) { last(*inner) } else { Some(inner) }
}
