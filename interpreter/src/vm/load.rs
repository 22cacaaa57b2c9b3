//! From a [`Proto`] to a code object.
//!
//! A code cell: w1 = a fixed buffer `[constants … instructions …]`, w2 = number of constants, w3 = description
//! (see `call::meta`); aux = positional parameters | flags << 8; F_A: *simple* (a call with exactly the positional
//! parameters needs no arranging). Constants are reached relative to the pc, like a literal pool.

use super::Vm;
use super::call::meta;
use super::unwind::{LINES_FAR, LINES_LEAST};
use crate::bytecode::{Const, Field, Flags, Op, Proto, Word};
use crate::heap::cell::{F_A, F_BUFVALS, F_V3, header};
use crate::heap::{Kind, Move, NoMemory};
use crate::objects::native::{ExcKind, R};
use crate::value::Val;
use alloc::vec::Vec;

impl Vm {
    /// Loads compiled code that belongs to the globals `globals` (a namespace dict).
    ///
    /// # Errors
    /// MemoryError; SystemError for a proto that is not sound or too large.
    pub fn load(&mut self, proto: &Proto, globals: Val) -> R {
        self.enter_native()?;
        let code = self.load_inner(proto, globals);
        self.leave_native();
        code
    }

    fn load_inner(&mut self, proto: &Proto, globals: Val) -> R {
        self.heap.set_flag(globals, crate::heap::cell::F_B, true);
        if let Some(number) = proto.deferred {
            return self.load_deferred(number, proto.keyword_only);
        }
        let n = proto.consts.len();
        let mut flags = proto.flags;
        if proto.keyword_only > 0 {
            flags |= Flags::KEYWORD_ONLY;
        }
        let simple = proto.keyword_only == 0
            && !flags.has(Flags::VARARGS)
            && !flags.has(Flags::VARKW)
            && !flags.has(Flags::GENERATOR);
        let aux = u16::from(proto.positional) | u16::from(flags.0) << 8;
        let head = header(Kind::Code, F_BUFVALS | F_V3 | if simple { F_A } else { 0 }, aux);
        let code = self.heap.alloc_cell(head, 0, 0, Val::NULL.bits())?;
        self.heap.alloc_buffer(code, 4 * (n + proto.code.len() + 1), Move::Fixed)?;
        self.heap.buf_vals_mut(code, n).fill(Val::NULL);
        self.heap.set_w(code, 2, n as u32);
        for (i, c) in proto.consts.iter().enumerate() {
            let mark = self.heap.mark_temps();
            let v = self.load_const(c, globals)?;
            self.heap.buf_vals_mut(code, n)[i] = v;
            self.heap.release_temps(mark);
        }
        let mark = self.heap.mark_temps();
        // What is left of the buffer must read as instructions too: `forget_caches` walks to its end.
        let end = self.heap.buf_cap(code) / 4;
        let words = &mut self.heap.buf_vals_mut(code, end)[n..];
        words.fill(Val::from_bits(Op::ReturnNone as u32));
        for (to, w) in words.iter_mut().zip(&proto.code) {
            *to = Val::from_bits(*w);
        }
        self.relocate(proto, code, globals)?;
        let m = self.describe(proto)?;
        self.heap.set_val(code, 3, m);
        self.heap.release_temps(mark);
        Ok(self.heap.keep(code)?)
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

    /// Turns indices into interned names, global slots and distances; checks what the loop relies on.
    fn relocate(&mut self, proto: &Proto, code: Val, globals: Val) -> R<()> {
        let n = proto.consts.len();
        let len = proto.code.len();
        let set = |vm: &mut Vm, i: usize, w: u32| {
            vm.heap.buf_vals_mut(code, n + len)[n + i] = Val::from_bits(w);
        };
        let mut i = 0;
        while i < len {
            let word = proto.code[i];
            let Some(op) = Op::from_code(word as u8) else { return Err(self.bad_code("op", i)) };
            if i + op.len_words() > len {
                return Err(self.bad_code("length", i));
            }
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
                        let distance = n + i - bx;
                        if bx >= n || distance > 0xffff {
                            return Err(self.too_large());
                        }
                        set(self, i, word & 0xffff | (distance as u32) << 16);
                    }
                    Field::G => {
                        let Some(name) = proto.names.get(bx) else { return Err(self.bad_code("name", i)) };
                        let q = self.heap.intern(name)?;
                        let slot = self.heap.dict_slot(globals, q)?;
                        if slot > 0xffff {
                            return Err(self.too_large());
                        }
                        set(self, i, word & 0xffff | (slot as u32) << 16);
                    }
                    Field::J => {
                        let target = i as i64 + i64::from(bx as u16 as i16);
                        if target < 0 || target > proto.code.len() as i64 {
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
                let at = i + 1 + k;
                match kind {
                    Word::Name => {
                        let Some(name) = proto.names.get(proto.code[at] as u16 as usize) else {
                            return Err(self.bad_code("name word", i));
                        };
                        let q = self.heap.intern(name)?;
                        set(self, at, q.0 & 0xffff);
                    }
                    Word::Const => {
                        let c = proto.code[at] as usize;
                        if c >= n {
                            return Err(self.bad_code("const", i));
                        }
                        set(self, at, (n + i - c) as u32);
                    }
                    Word::Jump => {
                        let target = i as i64 + i64::from(proto.code[at] as i32 / 4);
                        if target < 0 || target > proto.code.len() as i64 {
                            return Err(self.bad_code("jump word", i));
                        }
                    }
                    Word::Cache => set(self, at, 0),
                    Word::Raw => {}
                }
            }
            i += op.len_words();
        }
        Ok(())
    }

    #[cold]
    fn bad_code(&mut self, why: &str, i: usize) -> crate::objects::native::Raised {
        self.raise(ExcKind::SystemError, format_args!("bad bytecode: {why} at {i}"))
    }
    #[cold]
    fn too_large(&mut self) -> crate::objects::native::Raised {
        self.raise(ExcKind::SystemError, format_args!("code too large"))
    }

    pub(super) fn describe(&mut self, proto: &Proto) -> R {
        let mut m = Vec::new();
        m.resize(meta::LEN, Val::NONE);
        m[meta::NAME] = Val::qstr(self.heap.intern(&proto.name)?);
        let prefix = proto.qualname.strip_suffix(&*proto.name).and_then(|p| p.strip_suffix('.'));
        m[meta::PREFIX] = match prefix {
            Some(prefix) if prefix.len() <= 32 => Val::qstr(self.heap.intern(prefix)?),
            Some(prefix) => self.heap.new_str(prefix)?,
            None => Val::NONE,
        };
        m[meta::FILE] = Val::qstr(self.heap.intern(&proto.file)?);
        let free = proto.free_names.len() as u32;
        m[meta::FIRST] =
            Val::small((proto.first_line.min((1 << meta::FREE_SHIFT) - 1) | free << meta::FREE_SHIFT) as i32);
        let lines = if self.state.opt_level < 3 { line_table(proto)? } else { Vec::new() };
        if !lines.is_empty() {
            m[meta::LINES] = self.heap.new_bytes(&lines)?;
        }
        let mut rows = room_for(8 * proto.handlers.len())?;
        for h in &proto.handlers {
            if h.end > 0xffff || h.handler as usize >= proto.code.len() || u16::from(h.slot) >= proto.slots {
                return Err(self.too_large());
            }
            for x in [h.start, h.end, h.handler, u32::from(h.slot)] {
                rows.extend_from_slice(&(x as u16).to_le_bytes());
            }
        }
        if !rows.is_empty() {
            m[meta::HANDLERS] = self.heap.new_bytes(&rows)?;
        }
        if let Some(doc) = &proto.doc {
            m[meta::DOC] = self.heap.new_str(doc)?;
        }
        let slots = u32::from(proto.slots.min(0x1fff));
        let counts = u32::from(proto.positional_only) | u32::from(proto.keyword_only) << 8 | slots << 16;
        m[meta::COUNTS] = Val::small(counts as i32);
        for name in proto.slot_names.iter().chain(&proto.free_names) {
            m.push(Val::qstr(self.heap.intern(name)?));
        }
        Ok(self.heap.new_tuple(&m)?)
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

/// See [`LINES_FAR`].
fn line_table(proto: &Proto) -> Result<Vec<u8>, NoMemory> {
    let mut table = room_for(proto.lines.len())?;
    let (mut pc, mut line) = (0, proto.first_line);
    for &(p, l) in &proto.lines {
        let (words, lines) = (p - pc, l.wrapping_sub(line) as i32);
        if lines == 0 {
            continue;
        }
        (pc, line) = (p, l);
        table.try_reserve(11).map_err(|_| NoMemory)?;
        let near = lines - LINES_LEAST;
        if words < 32 && (0..8).contains(&near) && (words << 3 | near as u32) != u32::from(LINES_FAR) {
            table.push((words << 3) as u8 | near as u8);
        } else {
            table.push(LINES_FAR);
            put_number(&mut table, words);
            put_number(&mut table, (lines << 1 ^ lines >> 31) as u32);
        }
    }
    Ok(table)
}

/// A vector for `n` items.
fn room_for<T>(n: usize) -> Result<Vec<T>, NoMemory> {
    let mut room = Vec::new();
    room.try_reserve_exact(n).map_err(|_| NoMemory)?;
    Ok(room)
}

fn put_number(out: &mut Vec<u8>, mut x: u32) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

fn is_identifier(s: &str) -> bool {
    !s.is_empty()
        && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !s.as_bytes()[0].is_ascii_digit()
}
