//! Functions of frozen modules that are compiled when they are first called.
//!
//! Most of a module's functions are never called by a given script. Until then such a function is a code cell
//! without a buffer: flags = DEFERRED, w2 = its number among all frozen functions | keyword-only parameters << 16, w3 = the description of a function
//! without a name, which all of them share. Nothing that calls takes such code for a simple case, so all calls of it
//! come through `enter_function`.

use super::Vm;
use super::source::COMPILE_STACK;
use crate::bytecode::{Const, Flags, Proto};
use crate::compiler::{Mode, compile_at};
use crate::heap::cell::{F_V3, header};
use crate::heap::{Kind, Root};
use crate::modules::frozen;
use crate::objects::native::{ExcKind, R};
use crate::value::Val;
use alloc::boxed::Box;

impl Vm {
    /// The code object of a function that is compiled later.
    pub(super) fn load_deferred(&mut self, number: u16, keyword_only: u8) -> R {
        let stubs = self.heap.root(Root::Stubs);
        let mut description = self.heap.val(stubs, 3);
        if description.is_null() {
            description = self.describe(&Proto::default())?;
            self.heap.set_val(stubs, 3, description);
        }
        let aux = u16::from(Flags::DEFERRED.0) << 8;
        let what = u32::from(number) | u32::from(keyword_only) << 16;
        let code = self.heap.alloc_cell(header(Kind::Code, F_V3, aux), 0, what, description.bits())?;
        Ok(self.heap.keep(code)?)
    }

    /// Compiles a function's code if that has not been done.
    ///
    /// # Errors
    /// MemoryError; RecursionError where the native stack has no room for the compiler.
    pub(crate) fn compile_deferred(&mut self, f: Val) -> R<()> {
        let code = self.heap.val(f, 1);
        if !self.code_flags(code).has(Flags::DEFERRED) {
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
        let new = self.load(&proto, globals)?;
        drop(proto);
        self.heap.swap_contents(code, new);
        // The frame of a function lies in its aux: there may be more than one over this code.
        let slots = self.code_meta(code, super::meta::COUNTS).small_value() as u32 >> 16;
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
