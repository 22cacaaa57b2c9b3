//! Storage of str, bytes and bytearray.
//!
//! A `Str` or `Bytes` of up to 11 bytes lies in its cell: the last payload byte is the length. Longer ones have a
//! buffer: w2 = length in bytes, w3 = length in characters (for a str). `aux` caches the hash (0 = not computed);
//! `F_A` marks a str that is not all ASCII. A str is also any interned string (an immediate), and equality is by
//! text. A `ByteArray` always has its bytes in a buffer; w2 = length.

use super::cell::{F_A, F_BUF, Kind, header};
use super::{Heap, Move, NoMemory, hash_bytes, q};
use crate::value::{Qstr, Val};

/// Longest text that needs no buffer, in bytes.
pub const INLINE: usize = 11;

impl Heap {
    /// Is it a str (interned or not)?
    #[inline(always)]
    pub fn is_str(&self, v: Val) -> bool {
        v.is_qstr() || self.is(v, Kind::Str)
    }
    /// Is it a bytes object?
    #[inline(always)]
    pub fn is_bytes(&self, v: Val) -> bool {
        self.is(v, Kind::Bytes)
    }

    /// A str. The empty and the one-character ASCII strings are interned and cost nothing.
    pub fn new_str(&mut self, s: &str) -> Result<Val, NoMemory> {
        if let Some(v) = tiny(s.as_bytes()) {
            return Ok(v);
        }
        let v = self.alloc_text(Kind::Str, s.len())?;
        self.text_mut(v).copy_from_slice(s.as_bytes());
        self.seal(v);
        Ok(v)
    }

    /// A bytes object.
    pub fn new_bytes(&mut self, s: &[u8]) -> Result<Val, NoMemory> {
        let v = self.alloc_text(Kind::Bytes, s.len())?;
        self.text_mut(v).copy_from_slice(s);
        Ok(v)
    }

    /// A bytearray.
    pub fn new_bytearray(&mut self, s: &[u8]) -> Result<Val, NoMemory> {
        let v = self.new_bytearray_zeroed(s.len())?;
        self.text_mut(v).copy_from_slice(s);
        Ok(v)
    }

    /// A bytearray of `n` zeros.
    pub fn new_bytearray_zeroed(&mut self, n: usize) -> Result<Val, NoMemory> {
        let v = self.alloc_text(Kind::ByteArray, n)?;
        self.text_mut(v).fill(0);
        Ok(v)
    }

    /// The text of a str; `None` for anything else.
    #[inline]
    pub fn as_str(&self, v: Val) -> Option<&str> {
        if self.is_str(v) { Some(self.str(v)) } else { None }
    }
    /// The same as [`Heap::as_str`].
    #[inline]
    pub fn str_opt(&self, v: Val) -> Option<&str> {
        self.as_str(v)
    }
    /// The text of a value known to be a str.
    #[inline]
    pub fn str(&self, v: Val) -> &str {
        debug_assert!(self.is_str(v), "not a str: {v:?}");
        if !self.is_str(v) {
            return "";
        }
        // SAFETY: `new_str` and `finish_str` are the only makers of str cells and take or check UTF-8.
        unsafe { core::str::from_utf8_unchecked(self.bytes(v)) }
    }
    /// The bytes of a str, bytes, bytearray or array; `None` for anything else.
    #[inline]
    pub fn as_bytes(&self, v: Val) -> Option<&[u8]> {
        match self.kind(v) {
            Some(Kind::Str | Kind::Bytes | Kind::ByteArray | Kind::Array) => Some(self.bytes(v)),
            None if v.is_qstr() => Some(self.bytes(v)),
            _ => None,
        }
    }
    /// The bytes of a value known to be a str, bytes, bytearray or array.
    #[inline]
    pub fn bytes(&self, v: Val) -> &[u8] {
        if let Some(q) = v.as_qstr() {
            return self.qstr_bytes(q);
        }
        let head = self.head(v);
        if head & F_BUF != 0 {
            let n = self.w(v, 2) as usize;
            debug_assert!(n <= self.buf_cap(v));
            // SAFETY: the buffer holds `w2` bytes, all initialised; `&self` keeps it in place.
            return unsafe { core::slice::from_raw_parts(self.buf_ptr(v), n) };
        }
        if head & 0xff == Kind::ByteArray as u32 || head & 0xff == Kind::Array as u32 {
            return if head & F_A != 0 { self.foreign_bytes(v) } else { &[] };
        }
        let p = self.payload(v).as_ptr().cast::<u8>();
        // SAFETY: the payload is 12 bytes; the last one is the length, at most 11.
        unsafe { core::slice::from_raw_parts(p, (*p.add(INLINE) as usize).min(INLINE)) }
    }
    /// The bytes of a bytearray or array to write (or of a text that is being made).
    #[inline]
    pub fn text_mut(&mut self, v: Val) -> &mut [u8] {
        let s = self.bytes(v);
        let (p, n) = (s.as_ptr().cast_mut(), s.len());
        debug_assert!(v.is_ptr());
        if !v.is_ptr() {
            return &mut [];
        }
        // SAFETY: a cell's bytes lie in the arena, which is only reached through raw pointers; `&mut self` makes
        // this the only reference.
        unsafe { core::slice::from_raw_parts_mut(p, n) }
    }

    /// The bytes of a bytearray or array as 32-bit words, as many as are whole; none if they lie in the cell.
    #[inline]
    pub fn words(&self, v: Val) -> &[u32] {
        if !v.is_ptr() || !self.flag(v, F_BUF) {
            return &[];
        }
        let s = self.bytes(v);
        // SAFETY: buffers are aligned to 8; the words lie within the bytes, and any bits are a u32.
        unsafe { core::slice::from_raw_parts(s.as_ptr().cast(), s.len() / 4) }
    }
    /// The same to write.
    #[inline]
    pub fn words_mut(&mut self, v: Val) -> &mut [u32] {
        if !v.is_ptr() || !self.flag(v, F_BUF) {
            return &mut [];
        }
        let s = self.text_mut(v);
        // SAFETY: as in `words`; `s` was the only reference.
        unsafe { core::slice::from_raw_parts_mut(s.as_mut_ptr().cast(), s.len() / 4) }
    }
    /// The bytes of a bytearray or array as 16-bit words, as many as are whole; none if they lie in the cell.
    #[inline]
    pub fn halves(&self, v: Val) -> &[u16] {
        if !v.is_ptr() || !self.flag(v, F_BUF) {
            return &[];
        }
        let s = self.bytes(v);
        // SAFETY: as in `words`.
        unsafe { core::slice::from_raw_parts(s.as_ptr().cast(), s.len() / 2) }
    }
    /// The same to write.
    #[inline]
    pub fn halves_mut(&mut self, v: Val) -> &mut [u16] {
        if !v.is_ptr() || !self.flag(v, F_BUF) {
            return &mut [];
        }
        let s = self.text_mut(v);
        // SAFETY: as in `words_mut`.
        unsafe { core::slice::from_raw_parts_mut(s.as_mut_ptr().cast(), s.len() / 2) }
    }

    /// The bytes of anything bytes-like (not a str): bytes, bytearray, array, memoryview. A memoryview's cell is
    /// w1 = owner, w2 = first byte, w3 = length in bytes.
    pub fn buffer(&self, v: Val) -> Option<&[u8]> {
        match self.kind(v)? {
            Kind::Bytes | Kind::ByteArray | Kind::Array => Some(self.bytes(v)),
            Kind::MemoryView => {
                let all = self.bytes(self.val(v, 1));
                let from = (self.w(v, 2) as usize).min(all.len());
                let to = from.saturating_add(self.w(v, 3) as usize).min(all.len());
                Some(&all[from..to])
            }
            _ => None,
        }
    }
    /// The same to write; `None` for bytes and views of them.
    pub fn buffer_mut(&mut self, v: Val) -> Option<&mut [u8]> {
        match self.kind(v)? {
            Kind::ByteArray | Kind::Array => Some(self.text_mut(v)),
            Kind::MemoryView => {
                let owner = self.val(v, 1);
                if self.is_bytes(owner) {
                    return None;
                }
                let n = self.bytes(owner).len();
                let from = (self.w(v, 2) as usize).min(n);
                let to = from.saturating_add(self.w(v, 3) as usize).min(n);
                Some(&mut self.text_mut(owner)[from..to])
            }
            _ => None,
        }
    }

    /// The hash of a str, bytes or bytearray; equal texts have equal hashes.
    #[inline]
    pub fn str_hash(&self, v: Val) -> u16 {
        if let Some(q) = v.as_qstr() {
            return self.qstr_hash(q);
        }
        let head = self.head(v);
        let hash = (head >> 16) as u16;
        if hash != 0 && head & 0xff != Kind::ByteArray as u32 {
            return hash;
        }
        let hash = hash_bytes(self.bytes(v));
        if head & 0xff == Kind::Str as u32 || head & 0xff == Kind::Bytes as u32 {
            // SAFETY: a cache in the header of a live cell; nobody holds a reference to a header.
            unsafe { self.at(v.bits()).write(head | u32::from(hash) << 16) };
        }
        hash
    }

    /// Are two strs equal by text?
    #[inline]
    pub fn str_eq(&self, a: Val, b: Val) -> bool {
        if a == b {
            return true;
        }
        if a.is_qstr() && b.is_qstr() {
            return false;
        }
        self.bytes(a) == self.bytes(b)
    }

    /// Is a str all ASCII?
    #[inline]
    pub fn is_ascii(&self, v: Val) -> bool {
        match v.as_qstr() {
            Some(q) => self.qstr_is_ascii(q),
            None => !self.flag(v, F_A),
        }
    }
    /// Length of a str in characters.
    pub fn char_len(&self, v: Val) -> usize {
        if self.is_ascii(v) {
            self.bytes(v).len()
        } else if v.is_ptr() && self.flag(v, F_BUF) {
            self.w(v, 3) as usize
        } else {
            count_chars(self.bytes(v))
        }
    }
    /// Byte offset of character `i` of a str (its length for any `i` beyond).
    pub fn char_to_byte(&self, v: Val, i: usize) -> usize {
        let s = self.bytes(v);
        if self.is_ascii(v) {
            return i.min(s.len());
        }
        let mut left = i;
        for (at, b) in s.iter().enumerate() {
            if b & 0xc0 != 0x80 {
                if left == 0 {
                    return at;
                }
                left -= 1;
            }
        }
        s.len()
    }
    /// Number of characters before byte `at` of a str.
    pub fn byte_to_char(&self, v: Val, at: usize) -> usize {
        if self.is_ascii(v) { at } else { count_chars(&self.bytes(v)[..at]) }
    }

    /// The bytes `from..to` of a text as a new object of the same type (a str must be cut between characters).
    pub fn slice_text(&mut self, v: Val, from: usize, to: usize) -> Result<Val, NoMemory> {
        let kind = if v.is_qstr() { Kind::Str } else { self.cell_kind(v) };
        let s = self.bytes(v);
        let to = to.min(s.len());
        let from = from.min(to);
        if kind != Kind::ByteArray && from == 0 && to == s.len() {
            return Ok(v);
        }
        if kind == Kind::Str
            && let Some(t) = tiny(&s[from..to])
        {
            return Ok(t);
        }
        let new = self.alloc_text(kind, to - from)?;
        self.copy_text(new, 0, v, from, to - from);
        self.seal(new);
        Ok(new)
    }

    /// Two texts one after another, as an object of kind `kind` (Str, Bytes or ByteArray).
    pub fn concat_text(&mut self, kind: Kind, a: Val, b: Val) -> Result<Val, NoMemory> {
        let (m, n) = (self.bytes(a).len(), self.bytes(b).len());
        let new = self.alloc_text(kind, m + n)?;
        self.copy_text(new, 0, a, 0, m);
        self.copy_text(new, m, b, 0, n);
        self.seal_or_tiny(new)
    }

    /// A text `times` times, as an object of kind `kind`.
    pub fn repeat_text(&mut self, kind: Kind, v: Val, times: usize) -> Result<Val, NoMemory> {
        let n = self.bytes(v).len();
        let new = self.alloc_text(kind, n.checked_mul(times).ok_or(NoMemory)?)?;
        let (mut done, end) = (n.min(n * times), n * times);
        self.copy_text(new, 0, v, 0, done);
        while done < end {
            // What is there doubles.
            let more = done.min(end - done);
            self.copy_text(new, done, new, 0, more);
            done += more;
        }
        self.seal_or_tiny(new)
    }

    /// Copies `n` bytes from one text to another; both in range, `to` a cell with bytes of its own.
    pub fn copy_text(&mut self, to: Val, at: usize, from: Val, start: usize, n: usize) {
        let src = self.bytes(from)[start..start + n].as_ptr();
        let dst = self.text_mut(to)[at..at + n].as_mut_ptr();
        // SAFETY: both ranges were just checked; they may overlap if `to` is `from`.
        unsafe { core::ptr::copy(src, dst, n) };
    }

    /// Copies `n` bytes from one text to another, every `step`-th from index `from` on to every `to_step`-th from `at`
    /// on. All are in range, the texts are two, and `to` is a cell with bytes of its own.
    pub fn copy_spaced(
        &mut self,
        (to, at, to_step): (Val, usize, isize),
        (src, from, step): (Val, usize, isize),
        n: usize,
    ) {
        let Some(last) = n.checked_sub(1) else { return };
        let end = |at: usize, step: isize| at.wrapping_add_signed(step.wrapping_mul(last as isize));
        let mut p: *const u8 = self.bytes(src).as_ptr();
        let len = self.bytes(src).len();
        assert!(from < len && end(from, step) < len && to != src);
        let bytes = self.text_mut(to);
        assert!(at < bytes.len() && end(at, to_step) < bytes.len());
        let mut q = bytes.as_mut_ptr().wrapping_add(at);
        p = p.wrapping_add(from);
        for _ in 0..n {
            // SAFETY: the first and the last index are in range, so are all between; nothing moves meanwhile.
            unsafe { q.write(p.read()) };
            (p, q) = (p.wrapping_offset(step), q.wrapping_offset(to_step));
        }
    }

    // ---- building a text piece by piece ----

    /// An empty bytearray with room for `cap` bytes: a builder for [`Heap::finish_str`] or `finish_bytes`.
    pub fn new_builder(&mut self, cap: usize) -> Result<Val, NoMemory> {
        let v = self.alloc_cell(header(Kind::ByteArray, 0, 0), 0, 0, 0)?;
        if cap > 0 {
            self.alloc_buffer(v, cap, Move::Movable)?;
        }
        Ok(v)
    }
    /// Appends to a bytearray (or an array's bytes).
    pub fn push_bytes(&mut self, v: Val, s: &[u8]) -> Result<(), NoMemory> {
        let n = self.grow_text(v, s.len())?;
        self.text_mut(v)[n..].copy_from_slice(s);
        Ok(())
    }
    /// Appends bytes `from..to` of another text.
    pub fn push_text(&mut self, v: Val, src: Val, from: usize, to: usize) -> Result<(), NoMemory> {
        let n = self.grow_text(v, to - from)?;
        self.copy_text(v, n, src, from, to - from);
        Ok(())
    }
    /// Appends one byte.
    #[inline]
    pub fn push_byte(&mut self, v: Val, b: u8) -> Result<(), NoMemory> {
        self.push_bytes(v, &[b])
    }
    /// Lengthens a bytearray by `by` bytes of undefined contents; returns the old length.
    pub fn grow_text(&mut self, v: Val, by: usize) -> Result<usize, NoMemory> {
        let n = self.w(v, 2) as usize;
        let need = n.checked_add(by).ok_or(NoMemory)?;
        if need > self.buf_cap(v) {
            if self.flag(v, F_A) {
                self.own_bytes(v)?;
            }
            self.grow_buffer(v, need, need.saturating_add((need >> 2) + 8))?;
        }
        self.set_w(v, 2, need as u32);
        Ok(n)
    }
    /// Shortens or lengthens (with zeros) a bytearray.
    pub fn resize_text(&mut self, v: Val, n: usize) -> Result<(), NoMemory> {
        let old = self.w(v, 2) as usize;
        if n > old {
            self.grow_text(v, n - old)?;
            self.text_mut(v)[old..].fill(0);
        } else {
            self.set_w(v, 2, n as u32);
            if n == 0 {
                self.free_buffer(v);
            } else if n + n / 2 + 32 < self.buf_cap(v) {
                self.resize_buffer(v, n)?;
            }
        }
        Ok(())
    }
    /// Turns a builder into a str without copying its buffer. The contents must be UTF-8 (checked in debug
    /// builds; bytes that are not give the replacement character).
    pub fn finish_str(&mut self, v: Val) -> Result<Val, NoMemory> {
        if let Some(t) = tiny(self.bytes(v)) {
            self.free_buffer(v);
            self.set_w(v, 2, 0);
            return Ok(t);
        }
        if core::str::from_utf8(self.bytes(v)).is_err() {
            let fixed = alloc::string::String::from_utf8_lossy(self.bytes(v)).into_owned();
            return self.new_str(&fixed);
        }
        self.finish(v, Kind::Str)
    }
    /// Turns a builder into a bytes object without copying its buffer.
    pub fn finish_bytes(&mut self, v: Val) -> Result<Val, NoMemory> {
        self.finish(v, Kind::Bytes)
    }

    fn finish(&mut self, v: Val, kind: Kind) -> Result<Val, NoMemory> {
        debug_assert!(self.is(v, Kind::ByteArray));
        let n = self.w(v, 2) as usize;
        if n <= INLINE {
            let mut bytes = [0u8; INLINE + 1];
            bytes[..n].copy_from_slice(self.bytes(v));
            bytes[INLINE] = n as u8;
            self.free_buffer(v);
            self.set_head(v, header(kind, 0, 0));
            for (i, w) in bytes.chunks_exact(4).enumerate() {
                self.set_w(v, i + 1, u32::from_ne_bytes([w[0], w[1], w[2], w[3]]));
            }
        } else {
            self.resize_buffer(v, n)?;
            self.set_head(v, header(kind, F_BUF, 0));
            self.set_w(v, 3, 0);
        }
        self.seal(v);
        Ok(v)
    }

    /// A text of `n` bytes of undefined contents, to be filled with `text_mut` and sealed.
    pub(super) fn alloc_text(&mut self, kind: Kind, n: usize) -> Result<Val, NoMemory> {
        if n <= INLINE && kind != Kind::ByteArray {
            return self.alloc_cell(header(kind, 0, 0), 0, 0, u32::from_ne_bytes([0, 0, 0, n as u8]));
        }
        if n == 0 {
            return self.alloc_cell(header(kind, 0, 0), 0, 0, 0);
        }
        let v = self.alloc_with_buffer(header(kind, 0, 0), n)?;
        self.set_w(v, 2, n as u32);
        Ok(v)
    }

    /// Notes what is known about a str once its text is complete.
    pub(super) fn seal(&mut self, v: Val) {
        if !self.is(v, Kind::Str) {
            return;
        }
        let s = self.bytes(v);
        let ascii = s.is_ascii();
        let chars = if ascii { s.len() } else { count_chars(s) };
        self.set_flag(v, F_A, !ascii);
        if self.flag(v, F_BUF) {
            self.set_w(v, 3, chars as u32);
        }
    }

    fn seal_or_tiny(&mut self, v: Val) -> Result<Val, NoMemory> {
        if self.is(v, Kind::Str)
            && let Some(t) = tiny(self.bytes(v))
        {
            return Ok(t);
        }
        self.seal(v);
        Ok(v)
    }
}

/// The str of no or one ASCII character, which is interned.
fn tiny(s: &[u8]) -> Option<Val> {
    match s {
        [] => Some(Val::qstr(q::EMPTY)),
        [c] if *c < 128 => Some(Val::qstr(Qstr(u32::from(*c)))),
        _ => None,
    }
}

fn count_chars(s: &[u8]) -> usize {
    s.iter().filter(|b| **b & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn heap() -> Heap {
        let mut h = Heap::with_stack(64 << 10, 16).unwrap();
        h.set_stress(true);
        h
    }

    #[test]
    fn texts_of_every_length() {
        let mut h = heap();
        for unit in ["x", "é", "→", "🦀"] {
            let mut s = String::new();
            for n in 0..30 {
                let v = h.new_str(&s).unwrap();
                assert_eq!((h.str(v), h.char_len(v), h.is_ascii(v)), (s.as_str(), n, n == 0 || unit == "x"));
                assert_eq!(h.str_hash(v), hash_bytes(s.as_bytes()));
                assert_eq!(h.str_hash(v), hash_bytes(s.as_bytes()));
                for i in 0..=n {
                    assert_eq!(h.char_to_byte(v, i), i * unit.len());
                    assert_eq!(h.byte_to_char(v, i * unit.len()), i);
                    let t = h.slice_text(v, i * unit.len(), s.len()).unwrap();
                    assert_eq!(h.str(t), &s[i * unit.len()..]);
                    let u = h.concat_text(Kind::Str, t, v).unwrap();
                    assert_eq!(h.char_len(u), n - i + n);
                    assert!(h.str_eq(t, t));
                }
                let b = h.new_bytes(s.as_bytes()).unwrap();
                assert_eq!(h.bytes(b), s.as_bytes());
                assert_eq!(h.str_hash(b), h.str_hash(v));
                s.push_str(unit);
                h.clear_temps();
            }
        }
    }

    #[test]
    fn a_builder_becomes_a_str_or_bytes() {
        let mut h = heap();
        for n in [0, 1, 5, 11, 12, 50] {
            let b = h.new_builder(4).unwrap();
            let word = h.new_str("ab").unwrap();
            for i in 0..n {
                if i % 2 == 0 {
                    h.push_text(b, word, 0, 1).unwrap();
                } else {
                    h.push_byte(b, b'b').unwrap();
                }
            }
            let v = h.finish_str(b).unwrap();
            let want: String = "ab".chars().cycle().take(n).collect();
            assert_eq!(h.as_str(v), Some(want.as_str()));
            let b = h.new_builder(0).unwrap();
            h.push_text(b, v, 0, n).unwrap();
            let v = h.finish_bytes(b).unwrap();
            assert_eq!((h.is_bytes(v), h.bytes(v)), (true, want.as_bytes()));
        }
        let b = h.new_builder(0).unwrap();
        h.push_bytes(b, b"bad \xff text").unwrap();
        let v = h.finish_str(b).unwrap();
        assert_eq!(h.str(v), "bad \u{fffd} text");
    }

    #[test]
    fn bytearrays_grow_and_shrink() {
        let mut h = heap();
        let v = h.new_bytearray(b"abc").unwrap();
        h.push_bytes(v, &[b'x'; 100]).unwrap();
        assert_eq!((h.bytes(v).len(), h.bytes(v)[102]), (103, b'x'));
        h.resize_text(v, 2).unwrap();
        assert_eq!(h.bytes(v), b"ab");
        assert!(h.buf_cap(v) < 16);
        h.resize_text(v, 4).unwrap();
        assert_eq!(h.bytes(v), b"ab\0\0");
        h.resize_text(v, 0).unwrap();
        assert_eq!(h.bytes(v), b"");
        let r = h.repeat_text(Kind::Str, Val::qstr(Qstr(97)), 20).unwrap();
        assert_eq!(h.str(r), "aaaaaaaaaaaaaaaaaaaa");
        assert_eq!(h.repeat_text(Kind::Bytes, r, usize::MAX), Err(NoMemory));
    }
}
