//! `FunctionType(code, globals)`: code is bound to the globals it was loaded for (names are numbers of their entries),
//! so other globals get a copy of it.
//!
//! Which globals those are is kept with the code once a script has asked for `__code__`.

use super::Vm;
use crate::bytecode::{Field, Flags, Op, Word};
use crate::heap::cell::{F_BUF, header};
use crate::heap::{F_BUFVALS, Kind, Move};
use crate::objects::native::R;
use crate::value::Val;

impl Vm {
    /// `f.__code__`, which from now on knows its globals.
    ///
    /// # Errors
    /// MemoryError.
    pub(crate) fn code_of(&mut self, f: Val) -> R {
        let (code, globals) = (self.heap.val(f, 1), self.heap.val(f, 2));
        let doc = self.heap.val(code, 3);
        if !self.heap.is_tuple(doc) {
            let doc = self.code_doc(code);
            let both = self.heap.new_tuple(&[doc, globals])?;
            self.heap.set_val(code, 3, both);
        }
        Ok(code)
    }

    /// The docstring of code.
    pub(crate) fn code_doc(&self, code: Val) -> Val {
        match self.heap.val(code, 3) {
            both if self.heap.is_tuple(both) => self.heap.tuple(both)[0],
            Val::NULL => Val::NONE,
            doc => doc,
        }
    }

    /// A function of code that [`Vm::code_of`] has given, with other globals. `extras`: defaults of its last positional
    /// parameters and its cells.
    ///
    /// # Errors
    /// TypeError for globals that cannot serve as such; MemoryError.
    pub(crate) fn function_of(&mut self, code: Val, globals: Val, extras: &[Val]) -> R {
        let doc = self.heap.val(code, 3);
        let old = if self.heap.is_tuple(doc) { self.heap.tuple(doc)[1] } else { globals };
        let code = if old == globals {
            code
        } else {
            self.namespace(globals)?;
            self.rebound(code, old, globals)?
        };
        let extras = if extras.is_empty() { Val::NULL } else { self.heap.new_tuple(extras)? };
        self.new_function(code, globals, extras)
    }

    /// A copy of code that belongs to `old` for the globals `new`.
    fn rebound(&mut self, code: Val, old: Val, new: Val) -> R {
        self.enter_native()?;
        let copy = self.rebound_inner(code, old, new);
        self.leave_native();
        copy
    }

    fn rebound_inner(&mut self, code: Val, old: Val, new: Val) -> R {
        if self.code_flags(code).has(Flags::DEFERRED) && self.heap.flag(code, F_BUF) {
            self.unpack(code)?;
        }
        let head = self.heap.head(code);
        let n = self.heap.w(code, 2) as usize;
        let cap = self.heap.buf_cap(code) / 4;
        let copy = self.heap.alloc_cell(
            header(
                Kind::Code,
                head & (crate::heap::F_A | crate::heap::F_V3) | F_BUFVALS,
                self.heap.aux(code),
            ),
            0,
            0,
            Val::NULL.bits(),
        )?;
        self.heap.alloc_buffer(copy, 4 * cap, Move::Fixed)?;
        self.heap.set_w(copy, 2, 0);
        let words = self.heap.buf_vals(code, cap).to_vec();
        self.heap.buf_vals_mut(copy, cap).copy_from_slice(&words);
        self.heap.buf_vals_mut(copy, n).fill(Val::NULL);
        self.heap.set_w(copy, 2, n as u32);
        for (i, &v) in words[..n].iter().enumerate() {
            let mark = self.heap.mark_temps();
            let v = if self.heap.is(v, Kind::Code) { self.rebound(v, old, new)? } else { v };
            self.heap.buf_vals_mut(copy, n)[i] = v;
            self.heap.release_temps(mark);
        }
        let mut i = n;
        let end = n + self.code_words(code);
        while i < end {
            let word = words[i].bits();
            let Some(op) = Op::from_code(word as u8) else { break };
            if i + op.len_words() > end {
                break;
            }
            if op.fields().contains(&Field::G) {
                let (name, _) = self.heap.table_entry(old, (word >> 16) as usize);
                let name = self.heap.intern_val(name)?;
                let slot = self.heap.dict_slot(new, name)?;
                if slot > 0xffff {
                    return Err(self.type_error(format_args!("globals have too many names")));
                }
                self.heap.buf_vals_mut(copy, cap)[i] = Val::from_bits(word & 0xffff | (slot as u32) << 16);
            }
            for (k, kind) in op.words().iter().enumerate() {
                let w = &mut self.heap.buf_vals_mut(copy, cap)[i + 1 + k];
                match kind {
                    Word::Name => *w = Val::from_bits(w.bits() & 0xffff),
                    Word::Cache => *w = Val::NULL,
                    Word::Jump | Word::Raw | Word::Const => {}
                }
            }
            i += op.len_words();
        }
        let doc = self.code_doc(code);
        self.heap.set_val(copy, 3, doc);
        Ok(self.heap.keep(copy)?)
    }
}
