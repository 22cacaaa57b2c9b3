//! Interned strings.
//!
//! Numbers 0 to 127 are the one-character ASCII strings, then come the empty string and the names below, all in
//! the program's read-only memory. Names met at run time are kept in the heap for good: their number is where
//! their record lies (`[hash16][len16][text, padded to 4]`; the top bit of the length marks text beyond ASCII), so
//! they need no table of offsets. All numbers fit 16
//! bits.

use super::cell::{Kind, header};
use super::{Heap, NoMemory, Root};
use crate::value::{Qstr, Val};

macro_rules! qstrs {
    (identifiers { $($id:ident)* } others { $($name:ident = $text:literal)* }) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, dead_code)]
        #[repr(u32)]
        enum Number { Empty = 128, $($id,)* $($name,)* End }
        /// The interned strings that the firmware knows: `q::append` is `"append"`.
        #[allow(non_upper_case_globals, missing_docs)]
        pub mod q {
            use super::{Number, Qstr};
            pub const EMPTY: Qstr = Qstr(Number::Empty as u32);
            $(pub const $id: Qstr = Qstr(Number::$id as u32);)*
            $(pub const $name: Qstr = Qstr(Number::$name as u32);)*
        }
        static NAMES: [&str; (Number::End as u32 - 128) as usize] = ["", $(stringify!($id),)* $($text,)*];
    };
}

qstrs! {
    identifiers {
        __abs__ __add__ __aenter__ __aexit__ __aiter__ __and__ __anext__ __await__ __bases__ __bool__ __bytes__
        __call__ __cause__ __class__ __class_getitem__ __complex__ __contains__ __context__ __del__ __delattr__
        __delete__ __delitem__ __dict__ __dir__ __divmod__ __doc__ __enter__ __eq__ __exit__ __file__ __float__
        __floordiv__ __format__ __ge__ __get__ __getattr__ __getattribute__ __getitem__ __globals__ __gt__ __hash__
        __iadd__ __iand__ __ifloordiv__ __ilshift__ __imatmul__ __imod__ __import__ __imul__ __index__ __init__
        __init_subclass__ __int__ __invert__ __ior__ __ipow__ __irshift__ __isub__ __iter__ __itruediv__ __ixor__
        __le__ __len__ __length_hint__ __lshift__ __lt__ __main__ __match_args__ __matmul__ __missing__ __mod__
        __module__ __mro__ __mul__ __name__ __ne__ __neg__ __new__ __next__ __notes__ __or__ __path__ __pos__
        __pow__ __qualname__ __radd__ __rand__ __rdivmod__ __repr__ __reversed__ __rfloordiv__ __rlshift__
        __rmatmul__ __rmod__ __rmul__ __ror__ __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__
        __rxor__ __set__ __set_name__ __setattr__ __setitem__ __slots__ __str__ __sub__ __subclasses__
        __suppress_context__ __traceback__ __truediv__ __xor__
        append args builtins close count decode encode end errno extend file flush format get index insert items
        join keys key name pop print read readline remove replace reverse send sep sort split start stop step
        strip throw update value values write args_ default errors encoding maxsplit keepends tabsize
        bytes bytearray str list tuple dict set frozenset object range slice int float complex memoryview
    }
    others {
        UNDERSCORE = "_"
        SELF = "self"
        TYPE = "type"
        MODULE = "<module>"
        LAMBDA = "<lambda>"
        LISTCOMP = "<listcomp>"
        SETCOMP = "<setcomp>"
        DICTCOMP = "<dictcomp>"
        GENEXPR = "<genexpr>"
        STDIN = "<stdin>"
        STRING = "<string>"
        UTF8 = "utf-8"
    }
}

const FIRST: u32 = 128;
/// Names met at run time start here; their number is `DYNAMIC + offset / 4`.
const DYNAMIC: u32 = 4096;
const _: () = assert!((Number::End as u32) < DYNAMIC);

static ASCII: [u8; 128] = {
    let mut t = [0; 128];
    let mut i = 0;
    while i < 128 {
        t[i] = i as u8;
        i += 1;
    }
    t
};

/// The 16-bit hash of a text; never 0.
pub const fn hash_bytes(s: &[u8]) -> u16 {
    let mut h: u32 = 0x811c_9dc5;
    let mut i = 0;
    while i < s.len() {
        h = (h ^ s[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    let h = (h ^ h >> 16) as u16;
    if h == 0 { 1 } else { h }
}

const SLOTS: usize = 1024;
const _: () = assert!(NAMES.len() < SLOTS * 3 / 4);

static HASHES: [u16; NAMES.len()] = {
    let mut t = [0; NAMES.len()];
    let mut i = 0;
    while i < NAMES.len() {
        t[i] = hash_bytes(NAMES[i].as_bytes());
        i += 1;
    }
    t
};

/// Hash index over NAMES: place + 1, 0 = empty.
static INDEX: [u16; SLOTS] = {
    let mut t = [0u16; SLOTS];
    let mut i = 0;
    while i < NAMES.len() {
        let mut slot = hash_bytes(NAMES[i].as_bytes()) as usize % SLOTS;
        while t[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        t[slot] = i as u16 + 1;
        i += 1;
    }
    t
};

fn find_static(s: &[u8], hash: u16) -> Option<Qstr> {
    let mut slot = hash as usize % SLOTS;
    while INDEX[slot] != 0 {
        let i = INDEX[slot] as usize - 1;
        if HASHES[i] == hash && NAMES[i].as_bytes() == s {
            return Some(Qstr(FIRST + i as u32));
        }
        slot = (slot + 1) % SLOTS;
    }
    None
}

impl Heap {
    /// The interned string for a text, made if it is new. `NoMemory` also if the text has more than 32,767 bytes
    /// or all numbers are used up.
    pub fn intern(&mut self, s: &str) -> Result<Qstr, NoMemory> {
        let hash = hash_bytes(s.as_bytes());
        if let Some(q) = self.find_qstr_hashed(s.as_bytes(), hash) {
            return Ok(q);
        }
        let offset = self.reserve_qstr(s.len())?;
        let text = self.root(Root::QstrText);
        self.buf_mut(text)[offset + 4..offset + 4 + s.len()].copy_from_slice(s.as_bytes());
        Ok(self.add_qstr(offset, s.len(), hash))
    }

    /// The interned string with the text of a `str`.
    pub fn intern_val(&mut self, v: Val) -> Result<Qstr, NoMemory> {
        if let Some(q) = v.as_qstr() {
            return Ok(q);
        }
        let hash = self.str_hash(v);
        let s = self.bytes(v);
        if let Some(q) = self.find_qstr_hashed(s, hash) {
            return Ok(q);
        }
        let n = s.len();
        let offset = self.reserve_qstr(n)?;
        let text = self.root(Root::QstrText);
        let src = self.bytes(v).as_ptr();
        // SAFETY: both are `n` bytes inside the arena, in different objects; nothing allocates in between.
        unsafe { core::ptr::copy_nonoverlapping(src, self.buf_ptr(text).add(offset + 4), n) };
        Ok(self.add_qstr(offset, n, hash))
    }

    /// The interned string with this text, if there is one.
    pub fn find_qstr(&self, s: &str) -> Option<Qstr> {
        self.find_qstr_hashed(s.as_bytes(), hash_bytes(s.as_bytes()))
    }

    /// Number of strings that were interned at run time, and the bytes of their records.
    pub fn interned(&self) -> (usize, usize) {
        let (index, text) = (self.root(Root::QstrIndex), self.root(Root::QstrText));
        if index.is_null() || text.is_null() {
            return (0, 0);
        }
        (self.w(index, 3) as usize, self.w(text, 2) as usize)
    }

    /// The text of an interned string.
    pub fn qstr(&self, q: Qstr) -> &str {
        // SAFETY: only `str`s are interned.
        unsafe { core::str::from_utf8_unchecked(self.qstr_bytes(q)) }
    }

    /// The text of an interned string as bytes.
    #[inline(never)]
    pub fn qstr_bytes(&self, q: Qstr) -> &[u8] {
        let i = q.0 as usize;
        if i < 128 {
            &ASCII[i..i + 1]
        } else if q.0 < DYNAMIC {
            NAMES[i - FIRST as usize].as_bytes()
        } else {
            let record = self.record(q.0);
            // SAFETY: the record's text follows its head, and has the length that is noted there.
            unsafe {
                let n = usize::from(u16::from_le(record.add(1).read()) & 0x7fff);
                core::slice::from_raw_parts(record.add(2).cast::<u8>(), n)
            }
        }
    }

    /// Is an interned string all ASCII?
    #[inline]
    pub fn qstr_is_ascii(&self, q: Qstr) -> bool {
        // The firmware's own names are.
        q.0 < DYNAMIC || {
            let offset = (q.0 - DYNAMIC) as usize * 4;
            self.buf(self.root(Root::QstrText))[offset + 3] & 0x80 == 0
        }
    }

    /// The hash of an interned string.
    #[inline]
    pub fn qstr_hash(&self, q: Qstr) -> u16 {
        if q.0 < FIRST {
            hash_bytes(&[q.0 as u8])
        } else if q.0 < DYNAMIC {
            HASHES[(q.0 - FIRST) as usize]
        } else {
            self.dynamic_hash(q.0)
        }
    }

    /// The record of a string interned at run time: hash, length and a flag, text.
    #[inline(always)]
    fn record(&self, number: u32) -> *const u16 {
        let text = self.root(Root::QstrText);
        let offset = (number - DYNAMIC) as usize * 4;
        // Numbers are only made by `add_qstr`; one from anywhere else must not lead out of the buffer.
        assert!(offset < self.w(text, 2) as usize);
        self.buf_ptr(text).wrapping_add(offset).cast::<u16>()
    }

    #[inline(always)]
    fn dynamic_hash(&self, number: u32) -> u16 {
        // SAFETY: every record begins with its hash, and is aligned to 4.
        u16::from_le(unsafe { self.record(number).read() })
    }

    fn find_qstr_hashed(&self, s: &[u8], hash: u16) -> Option<Qstr> {
        if s.len() == 1 && s[0] < 128 {
            return Some(Qstr(u32::from(s[0])));
        }
        if let Some(q) = find_static(s, hash) {
            return Some(q);
        }
        let index = self.root(Root::QstrIndex);
        if index.is_null() {
            return None;
        }
        let slots = self.index_slots(index);
        let mut slot = hash as usize & (slots - 1);
        loop {
            let number = u32::from(self.index_slot(index, slot));
            if number == 0 {
                return None;
            }
            if self.dynamic_hash(number) == hash && self.qstr_bytes(Qstr(number)) == s {
                return Some(Qstr(number));
            }
            slot = (slot + 1) & (slots - 1);
        }
    }

    /// Number of slots of the index: a power of two. Word 3 of its cell counts the ones in use.
    fn index_slots(&self, index: Val) -> usize {
        1 << self.aux(index)
    }
    fn index_slot(&self, index: Val, slot: usize) -> u16 {
        let b = self.buf(index);
        u16::from_le_bytes([b[slot * 2], b[slot * 2 + 1]])
    }
    fn set_index_slot(&mut self, index: Val, hash: u16, number: u32) {
        let slots = self.index_slots(index);
        let mut slot = hash as usize & (slots - 1);
        while self.index_slot(index, slot) != 0 {
            slot = (slot + 1) & (slots - 1);
        }
        self.buf_mut(index)[slot * 2..slot * 2 + 2].copy_from_slice(&(number as u16).to_le_bytes());
    }

    /// Makes room for one more text of `n` bytes and returns where its record begins.
    fn reserve_qstr(&mut self, n: usize) -> Result<usize, NoMemory> {
        let mark = self.mark_temps();
        let r = self.reserve_qstr_inner(n);
        self.release_temps(mark);
        r
    }

    fn reserve_qstr_inner(&mut self, n: usize) -> Result<usize, NoMemory> {
        if self.root(Root::QstrText).is_null() {
            let text = self.alloc_cell(header(Kind::Raw, 0, 0), 0, 0, 0)?;
            self.alloc_buffer(text, 256, Move::Movable)?;
            self.set_root(Root::QstrText, text);
        }
        if self.root(Root::QstrIndex).is_null() {
            let index = self.new_index(6)?;
            self.set_root(Root::QstrIndex, index);
        }
        let text = self.root(Root::QstrText);
        let offset = self.w(text, 2) as usize;
        let size = 4 + n.next_multiple_of(4);
        if n > 0x7fff || DYNAMIC as usize + offset / 4 > 0xffff {
            return Err(NoMemory);
        }
        if self.buf_cap(text) < offset + size {
            self.resize_buffer(text, (offset + size).max(offset + offset / 4 + 32))?;
        }
        let index = self.root(Root::QstrIndex);
        let slots = self.index_slots(index);
        if (self.w(index, 3) as usize + 1) * 4 > slots * 3 {
            let bigger = self.new_index(self.aux(index) + 1)?;
            for slot in 0..slots {
                let number = u32::from(self.index_slot(index, slot));
                if number != 0 {
                    self.set_index_slot(bigger, self.dynamic_hash(number), number);
                }
            }
            let used = self.w(index, 3);
            self.set_w(bigger, 3, used);
            self.set_root(Root::QstrIndex, bigger);
            self.free_buffer(index);
        }
        Ok(offset)
    }

    fn new_index(&mut self, log2: u16) -> Result<Val, NoMemory> {
        let index = self.alloc_cell(header(Kind::Raw, 0, log2), 0, 0, 0)?;
        self.alloc_buffer(index, 2 << log2, Move::Movable)?;
        self.buf_mut(index).fill(0);
        Ok(index)
    }

    fn add_qstr(&mut self, offset: usize, n: usize, hash: u16) -> Qstr {
        let text = self.root(Root::QstrText);
        let b = self.buf_mut(text);
        b[offset..offset + 2].copy_from_slice(&hash.to_le_bytes());
        let beyond = if b[offset + 4..offset + 4 + n].is_ascii() { 0 } else { 0x8000 };
        b[offset + 2..offset + 4].copy_from_slice(&(n as u16 | beyond).to_le_bytes());
        self.set_w(text, 2, (offset + 4 + n.next_multiple_of(4)) as u32);
        let number = DYNAMIC + (offset / 4) as u32;
        let index = self.root(Root::QstrIndex);
        self.set_index_slot(index, hash, number);
        let used = self.w(index, 3);
        self.set_w(index, 3, used + 1);
        Qstr(number)
    }
}

use super::Move;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn known_names_have_their_constants() {
        let mut h = Heap::with_size(1 << 16).unwrap();
        assert_eq!(h.intern("append").unwrap(), q::append);
        assert_eq!(h.intern("").unwrap(), q::EMPTY);
        assert_eq!(h.intern("<module>").unwrap(), q::MODULE);
        assert_eq!(h.qstr(q::__init__), "__init__");
        assert_eq!(h.intern("a").unwrap(), Qstr(97));
        assert_eq!(h.qstr(Qstr(97)), "a");
        assert_eq!(h.find_qstr("not known"), None);
    }

    #[test]
    fn new_names_are_unique_and_survive() {
        let mut h = Heap::with_size(1 << 18).unwrap();
        for stress in [false, true] {
            h.set_stress(stress);
            let n = if stress { 60 } else { 2000 };
            let qs: alloc::vec::Vec<_> =
                (0..n).map(|i| h.intern(&format!("name_{stress}_{i}")).unwrap()).collect();
            h.clear_temps();
            h.collect();
            for (i, q) in qs.iter().enumerate() {
                let s = format!("name_{stress}_{i}");
                assert_eq!(h.qstr(*q), s);
                assert_eq!(h.intern(&s).unwrap(), *q);
                assert_eq!(h.find_qstr(&s), Some(*q));
                assert_eq!(h.qstr_hash(*q), hash_bytes(s.as_bytes()));
                let v = h.new_str(&s).unwrap();
                assert_eq!(h.intern_val(v).unwrap(), *q);
                h.clear_temps();
            }
        }
    }

    #[test]
    fn a_text_in_the_heap_can_be_interned() {
        let mut h = Heap::with_size(1 << 16).unwrap();
        h.set_stress(true);
        for s in ["short one", "quite a long name that needs a buffer", "grüße"] {
            let v = h.new_str(s).unwrap();
            let q = h.intern_val(v).unwrap();
            assert_eq!(h.qstr(q), s);
            assert_eq!(h.intern(s).unwrap(), q);
        }
    }
}
