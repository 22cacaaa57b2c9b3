//! From a [`Proto`] to a code object.
//!
//! A code cell: w1 = a fixed buffer `[constants … instructions … description]` (see `description.rs`), w2 = number of
//! constants, w3 = docstring (or, once a script has asked for `__code__`, a tuple of that and the globals); aux =
//! positional parameters | flags << 8; F_A: *simple* (a call with exactly the positional parameters needs no arranging). Constants are reached relative to the pc, like a literal pool.

use super::Vm;
use super::description::{Description, Indescribable, room_for};
use crate::bytecode::{Const, Field, Flags, Op, Proto, Word, packed};
use crate::heap::cell::{F_A, F_BUFVALS, F_V3, header};
use crate::heap::{Kind, Move};
use crate::objects::native::{ExcKind, R, Raised};
use crate::value::Val;
use alloc::vec::Vec;

impl Vm {
    /// Loads compiled code that belongs to the globals `globals` (a namespace dict).
    ///
    /// # Errors
    /// MemoryError; SystemError for a proto that is not sound or too large.
    pub fn load(&mut self, proto: &Proto, globals: Val) -> R {
        let once = proto.flags.has(Flags::MODULE) || proto.flags.has(Flags::CLASS);
        self.load_as(proto, globals, !once)
    }

    /// The same; `packed`: as bytes until it is called (see `deferred.rs`).
    pub(super) fn load_as(&mut self, proto: &Proto, globals: Val, packed: bool) -> R {
        self.enter_native()?;
        let code = self.load_inner(proto, globals, packed);
        self.leave_native();
        code
    }

    fn load_inner(&mut self, proto: &Proto, globals: Val, packed: bool) -> R {
        self.heap.set_flag(globals, crate::heap::cell::F_B, true);
        if let Some(number) = proto.deferred {
            return self.load_deferred(number, proto.keyword_only);
        }
        let n = proto.consts.len();
        let mut flags = proto.flags;
        if proto.keyword_only > 0 {
            flags |= Flags::KEYWORD_ONLY;
        }
        if packed {
            flags |= Flags::DEFERRED;
        }
        let aux = u16::from(proto.positional) | u16::from(flags.0) << 8;
        let words = self.words_of(proto)?;
        let bytes = if packed { self.packed(proto, words, globals)? } else { Vec::new() };
        let described = Description::of(&mut self.heap, proto, words, self.state.opt_level < 3);
        let description = match described {
            Ok(description) => description,
            Err(Indescribable::NoMemory) => return Err(Raised),
            Err(Indescribable::TooLarge) => return Err(self.too_large()),
        };
        let Description { lines, rest } = &description;
        let behind = 4 * n + if packed { bytes.len() } else { 4 * words };
        let code = self.heap.alloc_cell(Self::code_header(aux), 0, 0, Val::NULL.bits())?;
        self.heap.alloc_buffer(code, behind + lines.len() + rest.len(), Move::Fixed)?;
        let b = self.heap.buf_mut(code);
        b.fill(0);
        b[4 * n..4 * n + bytes.len()].copy_from_slice(&bytes);
        b[behind..behind + lines.len()].copy_from_slice(lines);
        let end = b.len();
        b[end - rest.len()..].copy_from_slice(rest);
        drop((description, bytes));
        self.heap.set_w(code, 2, n as u32);
        for (i, c) in proto.consts.iter().enumerate() {
            let mark = self.heap.mark_temps();
            let v = self.load_const(c, globals)?;
            self.heap.buf_vals_mut(code, n)[i] = v;
            self.heap.release_temps(mark);
        }
        let mark = self.heap.mark_temps();
        let mut i = 0;
        while i < words && !packed {
            let (op, mut loaded) = self.relocated(proto, i, words, globals)?;
            packed::reach_constant(op, &mut loaded, n + i);
            let b = &mut self.heap.buf_vals_mut(code, n + words)[n + i..];
            b.iter_mut().zip(loaded).take(op.len_words()).for_each(|(to, w)| *to = Val::from_bits(w));
            i += op.len_words();
        }
        if let Some(doc) = &proto.doc {
            let doc = self.heap.new_str(doc)?;
            self.heap.set_val(code, 3, doc);
        }
        self.heap.release_temps(mark);
        Ok(self.heap.keep(code)?)
    }

    /// The header of code with this `aux`, which will have a buffer.
    pub(super) fn code_header(aux: u16) -> u32 {
        let flags = Flags((aux >> 8) as u8);
        let arranged = [Flags::KEYWORD_ONLY, Flags::VARARGS, Flags::VARKW, Flags::GENERATOR, Flags::DEFERRED];
        let simple = !arranged.into_iter().any(|f| flags.has(f));
        header(Kind::Code, F_BUFVALS | F_V3 | if simple { F_A } else { 0 }, aux)
    }

    /// The instructions as bytes.
    fn packed(&mut self, proto: &Proto, words: usize, globals: Val) -> R<Vec<u8>> {
        let mut bytes = room_for(3 * words)?;
        let mut i = 0;
        while i < words {
            let (op, loaded) = self.relocated(proto, i, words, globals)?;
            bytes.try_reserve(packed::LONGEST).map_err(|_| Raised)?;
            packed::encode(op, loaded, &mut bytes);
            i += op.len_words();
        }
        Ok(bytes)
    }

    /// How many words the instructions take, with a return at the end if there is none.
    fn words_of(&mut self, proto: &Proto) -> R<usize> {
        let (mut i, mut last) = (0, Op::Move);
        while let Some(word) = proto.code.get(i) {
            let Some(op) = Op::from_code(*word as u8) else { return Err(self.bad_code("op", i)) };
            last = op;
            i += op.len_words();
        }
        if i != proto.code.len() {
            return Err(self.bad_code("length", i));
        }
        Ok(i + usize::from(last.goes_on()))
    }

    fn load_const(&mut self, c: &Const, globals: Val) -> R {
        Ok(match c {
            Const::None => Val::NONE,
            Const::Bool(b) => Val::bool(*b),
            Const::Ellipsis => Val::ELLIPSIS,
            Const::Int(i) => self.heap.new_int(*i)?,
            Const::BigInt(s) => {
                let big = crate::bigint::Big::parse(s, 10);
                let Ok(big) = big else {
                    return Err(self.raise(ExcKind::SystemError, format_args!("bad integer constant")));
                };
                self.heap.new_big(&big)?
            }
            Const::Float(f) => self.heap.new_float(*f as f32)?,
            Const::Complex(re, im) => self.heap.new_complex(*re as f32, *im as f32)?,
            Const::Str(s) => {
                if s.len() <= 32 && is_identifier(s) {
                    Val::qstr(self.heap.intern(s)?)
                } else {
                    self.heap.new_str(s)?
                }
            }
            Const::Bytes(b) => self.heap.new_bytes(b)?,
            Const::Tuple(items) => {
                let items = self.load_consts(items, globals)?;
                self.heap.new_tuple(&items)?
            }
            Const::FrozenSet(items) => {
                let items = self.load_consts(items, globals)?;
                let set = self.heap.new_table(Kind::FrozenSet, items.len(), false)?;
                for v in items {
                    self.set_insert(set, v)?;
                }
                set
            }
            Const::Builtin(name) => match self.builtin(name) {
                Some(v) => v,
                None => return Err(self.raise(ExcKind::SystemError, format_args!("no builtin '{name}'"))),
            },
            Const::Code(p) => self.load(p, globals)?,
        })
    }

    fn load_consts(&mut self, items: &[Const], globals: Val) -> R<Vec<Val>> {
        let mut loaded = room_for(items.len())?;
        for c in items {
            let v = self.load_const(c, globals)?;
            loaded.push(self.heap.keep(v)?);
        }
        Ok(loaded)
    }

    /// The instruction at `i` with interned names and global slots for their numbers, behind the last one a return.
    /// Checks what the loop relies on. Constants stay numbers: see [`packed::reach_constant`].
    #[inline(never)]
    fn relocated(&mut self, proto: &Proto, i: usize, words: usize, globals: Val) -> R<(Op, packed::Words)> {
        let n = proto.consts.len();
        let Some(&word) = proto.code.get(i) else {
            return Ok((Op::ReturnNone, [Op::ReturnNone as u32, 0, 0]));
        };
        let Some(op) = Op::from_code(word as u8) else { return Err(self.bad_code("op", i)) };
        let mut loaded = [word, 0, 0];
        let bx = (word >> 16) as usize;
        for (k, field) in op.fields().into_iter().enumerate() {
            let x = (word >> (8 * (k + 1)) & 0xff) as usize;
            match field {
                Field::D | Field::S | Field::B => {
                    // The first of no slots at all may lie one past the end.
                    let end = proto.slots as usize + usize::from(field == Field::B);
                    if !x.is_multiple_of(4) || x / 4 >= end {
                        return Err(self.bad_code("slot", i));
                    }
                }
                Field::K => {
                    if bx >= n || n + i - bx > 0xffff {
                        return Err(self.too_large());
                    }
                }
                Field::G => {
                    let Some(name) = proto.names.get(bx) else { return Err(self.bad_code("name", i)) };
                    let q = self.heap.intern(name)?;
                    let slot = self.heap.dict_slot(globals, q)?;
                    if slot > 0xffff {
                        return Err(self.too_large());
                    }
                    loaded[0] = word & 0xffff | (slot as u32) << 16;
                }
                Field::J => {
                    let target = i as i64 + i64::from(bx as u16 as i16);
                    if target < 0 || target >= words as i64 {
                        return Err(self.bad_code("jump", i));
                    }
                }
                Field::F => {
                    if bx >= proto.slots as usize {
                        return Err(self.bad_code("far", i));
                    }
                }
                Field::No | Field::N | Field::I | Field::X => {}
            }
        }
        for (k, kind) in op.words().iter().enumerate() {
            let word = proto.code[i + 1 + k];
            loaded[1 + k] = match kind {
                Word::Name => {
                    let Some(name) = proto.names.get(word as u16 as usize) else {
                        return Err(self.bad_code("name word", i));
                    };
                    self.heap.intern(name)?.0 & 0xffff
                }
                Word::Const if word as usize >= n => return Err(self.bad_code("const", i)),
                Word::Jump => {
                    let target = i as i64 + i64::from(word as i32 / 4);
                    if target < 0 || target >= words as i64 {
                        return Err(self.bad_code("jump word", i));
                    }
                    word
                }
                Word::Cache => 0,
                Word::Const | Word::Raw => word,
            };
        }
        Ok((op, loaded))
    }

    #[cold]
    fn bad_code(&mut self, why: &str, i: usize) -> crate::objects::native::Raised {
        self.raise(ExcKind::SystemError, format_args!("bad bytecode: {why} at {i}"))
    }
    #[cold]
    fn too_large(&mut self) -> crate::objects::native::Raised {
        self.raise(ExcKind::SystemError, format_args!("code too large"))
    }

    /// Runs a code object as a function of no arguments (of one, the namespace, for class-like code).
    ///
    /// # Errors
    /// What it raises.
    pub fn run_code(&mut self, code: Val, globals: Val, namespace: Option<Val>) -> R {
        let f = self.new_function(code, globals, Val::NULL)?;
        match namespace {
            Some(ns) => self.call(f, &[ns]),
            None => self.call(f, &[]),
        }
    }
}

fn is_identifier(s: &str) -> bool {
    !s.is_empty()
        && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !s.as_bytes()[0].is_ascii_digit()
}
