//! `FunctionType(code, globals)`: code is bound to the globals it was loaded for (names are numbers of their entries),
//! so other globals get a copy of it.
//!
//! Which globals those are is kept with the code once a script has asked for `__code__`.

use super::Vm;
use super::call::meta;
use crate::bytecode::{Field, Op, Word};
use crate::heap::cell::header;
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
        let (m, doc) = (self.heap.val(code, 3), self.code_meta(code, meta::DOC));
        if !self.heap.is_tuple(doc) {
            let both = self.heap.new_tuple(&[doc, globals])?;
            self.heap.tuple_mut(m)[meta::DOC] = both;
        }
        Ok(code)
    }

    /// The docstring of code.
    pub(crate) fn code_doc(&self, code: Val) -> Val {
        let doc = self.code_meta(code, meta::DOC);
        if self.heap.is_tuple(doc) { self.heap.tuple(doc)[0] } else { doc }
    }

    /// A function of code that [`Vm::code_of`] has given, with other globals. `extras`: defaults of its last positional
    /// parameters and its cells.
    ///
    /// # Errors
    /// TypeError for globals that cannot serve as such; MemoryError.
    pub(crate) fn function_of(&mut self, code: Val, globals: Val, extras: &[Val]) -> R {
        let doc = self.code_meta(code, meta::DOC);
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
        let end = self.heap.buf_cap(copy) / 4;
        self.heap.buf_vals_mut(copy, end).fill(Val::from_bits(Op::ReturnNone as u32));
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
        while i < cap {
            let word = words[i].bits();
            let Some(op) = Op::from_code(word as u8) else { break };
            if i + op.len_words() > cap {
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
        let mut m = self.heap.tuple(self.heap.val(code, 3)).to_vec();
        m[meta::DOC] = self.code_doc(code);
        let m = self.heap.new_tuple(&m)?;
        self.heap.set_val(copy, 3, m);
        Ok(self.heap.keep(copy)?)
    }
}
