//! The search for a key in a dict or set: the path that nearly every access takes.
//!
//! It reads the table's buffer directly, since on the chip the bounds checks and repeated field reads of the
//! general code (`table.rs`) cost more than the search. Whatever it cannot decide without the VM it leaves to that
//! code.

use super::Heap;
use super::cell::{F_A, Kind};
use super::hash::NeedsVm;
use super::table::{LOG2, index_bytes};
use crate::value::{Qstr, Val};

/// What a hash is multiplied by; the top bits of the product are the first slot of the index.
pub(super) const GOLDEN: u32 = 0x9e37_79b1;

/// The usual search on the chip, by hand.
#[cfg(target_arch = "arm")]
mod by_hand {
    use super::{GOLDEN, Heap, Kind};
    use crate::value::{Imm, Val};

    core::arch::global_asm!(
        include_str!("find.s"),
        KIND_DICT = const Kind::Dict as u32,
        TAG_QSTR = const Val::imm(Imm::Qstr, 0).bits(),
        GOLDEN = const GOLDEN,
        same_key = sym same_key,
    );

    unsafe extern "C" {
        pub fn solderless_table_find(table: u32, key: Val, hash: i32, heap: *const ()) -> u32;
    }

    /// 0: another key, 1: the same, 2: only the VM can tell.
    extern "C" fn same_key(have: Val, key: Val, hash: i32, heap: *const ()) -> u32 {
        // SAFETY: `solderless_table_find` passes on what it was given, a reference.
        match unsafe { (*heap.cast::<Heap>()).same_key(have, key, hash, false) } {
            Ok(same) => u32::from(same),
            Err(_) => 2,
        }
    }
}

/// What a search needs to know of the key, found out once.
#[derive(Clone, Copy)]
struct Wanted {
    key: Val,
    hash: i32,
    /// Values with these bits under `mask` are certainly other keys: immediates of the same sort.
    mask: u32,
    tag: u32,
}

impl Heap {
    /// Looks for a key whose hash is known: its entry.
    #[inline(always)]
    fn locate(&self, t: Val, key: Val, hash: i32) -> Result<Option<*mut Val>, NeedsVm> {
        #[cfg(target_arch = "arm")]
        {
            let head = self.head(t);
            let usual = key.is_small() || key.is_qstr() || self.is(key, Kind::Str);
            // An index of less than 2^16 slots, and no hashes in the entries.
            if usual && head & (F_A | 1 << 20) == 0 && self.w(t, 2) != 0 {
                // SAFETY: a table with entries in use; `&self` keeps it in place.
                return match unsafe {
                    by_hand::solderless_table_find(t.bits(), key, hash, (&raw const *self).cast())
                } {
                    0 => Ok(None),
                    1 => Err(NeedsVm),
                    at => Ok(Some(self.at(at).cast())),
                };
            }
        }
        let stride = self.stride(t);
        // SAFETY: the number of an entry in use.
        let entry = |e| unsafe { self.buf_ptr(t).cast::<Val>().add(e * stride) };
        Ok(self.search(t, key, hash)?.map(entry))
    }

    /// The hash of a small int, or of a str that knows it; else [`Heap::hash_simple`].
    #[inline(always)]
    fn quick_hash(&self, key: Val) -> Result<i32, NeedsVm> {
        if key.is_small() {
            return Ok(key.small_value());
        }
        if key.is_ptr() {
            let head = self.head(key);
            if head & 0xff == Kind::Str as u32 && head >> 16 != 0 {
                return Ok((head >> 16) as i32);
            }
        }
        self.hash_simple(key)
    }

    /// The value of a key in a dict.
    ///
    /// # Errors
    /// As [`Heap::table_lookup`]; `NeedsVm` if the hash does.
    #[inline(never)]
    pub fn table_get(&self, d: Val, key: Val) -> Result<Option<Val>, NeedsVm> {
        debug_assert!(self.is(d, Kind::Dict));
        let Some(entry) = self.locate(d, key, self.quick_hash(key)?)? else { return Ok(None) };
        // SAFETY: an entry of a dict, which has a second word.
        let value = unsafe { entry.add(1).read() };
        // A removed name of a namespace is not there.
        Ok(if value == Val::UNBOUND { None } else { Some(value) })
    }

    /// Gives a key in a dict another value; false if it is not there.
    ///
    /// # Errors
    /// As [`Heap::table_get`].
    #[inline(never)]
    pub fn table_replace(&mut self, d: Val, key: Val, value: Val) -> Result<bool, NeedsVm> {
        debug_assert!(self.is(d, Kind::Dict));
        let Some(entry) = self.locate(d, key, self.quick_hash(key)?)? else { return Ok(false) };
        // SAFETY: as in `table_get`; `&mut self` keeps all others away.
        unsafe {
            if entry.add(1).read() == Val::UNBOUND {
                return Ok(false);
            }
            entry.add(1).write(value);
        }
        Ok(true)
    }

    /// Looks for a key whose hash is known: the number of its entry.
    ///
    /// # Errors
    /// `NeedsVm` if comparing with some key on the way takes the VM: then [`Heap::table_probe`] is the way.
    #[inline]
    pub fn table_lookup(&self, t: Val, key: Val, hash: i32) -> Result<Option<usize>, NeedsVm> {
        let Some(entry) = self.locate(t, key, hash)? else { return Ok(None) };
        // The distance in words: a dict's entries have two, unless hashes are stored.
        let words = (entry as usize - self.buf_ptr(t) as usize) / size_of::<Val>();
        let head = self.head(t);
        Ok(Some(match (head & 0xff == Kind::Dict as u32, head & F_A != 0) {
            (true, false) => words / 2,
            (false, false) => words,
            (true, true) => words / 3,
            (false, true) => words / 2,
        }))
    }

    /// The search, of any table for any key.
    #[inline(never)]
    fn search(&self, t: Val, key: Val, hash: i32) -> Result<Option<usize>, NeedsVm> {
        let head = self.head(t);
        let words = self.w(t, 2) as usize;
        if words == 0 {
            return Ok(None);
        }
        let stride = 1 + usize::from(head & 0xff == Kind::Dict as u32) + usize::from(head & F_A != 0);
        let stored = if head & F_A != 0 { stride - 1 } else { 0 };
        let first = self.buf_ptr(t).cast::<Val>();
        let (mask, tag) = if key.is_small() {
            (1, 1)
        } else if key.is_qstr() {
            (0xff, Val::qstr(Qstr(0)).bits())
        } else {
            (0, 1)
        };
        let wanted = Wanted { key, hash, mask, tag };
        let log2 = (head >> 16) as u16 & LOG2;
        if log2 == 0 {
            let (mut at, mut entry) = (0, 0);
            while at < words {
                // SAFETY: the buffer begins with `words` words of entries, `stride` to each; `&self` keeps it in
                // place.
                let p = unsafe { first.add(at) };
                // SAFETY: as above.
                let have = unsafe { p.read() };
                // SAFETY: as above; the stored hash is one of the entry's words.
                if have == key || self.may_match(have, wanted, unsafe { p.add(stored) }, stored)? {
                    return Ok(Some(entry));
                }
                at += stride;
                entry += 1;
            }
            return Ok(None);
        }
        let cap = self.buf_cap(t);
        // SAFETY: the last `index_bytes` bytes of the buffer are the index.
        let index = unsafe { self.buf_ptr(t).add(cap - index_bytes(log2)) };
        let mut slot = (hash as u32).wrapping_mul(GOLDEN) >> (32 - u32::from(log2));
        let slots = (1u32 << log2) - 1;
        let mut step = 0;
        loop {
            // SAFETY: `slot` is below the number of slots, each of the width that goes with it, aligned to it.
            let number = unsafe {
                if log2 <= 8 {
                    u32::from(index.add(slot as usize).read())
                } else if log2 <= 16 {
                    u32::from(index.cast::<u16>().add(slot as usize).read_unaligned())
                } else {
                    index.cast::<u32>().add(slot as usize).read_unaligned()
                }
            } as usize;
            if number == 0 {
                return Ok(None);
            }
            debug_assert!(number * stride <= words);
            // SAFETY: the index has numbers of entries in use only.
            let p = unsafe { first.add((number - 1) * stride) };
            // SAFETY: as above.
            let have = unsafe { p.read() };
            // SAFETY: as above; the stored hash is one of the entry's words.
            if have == key || self.may_match(have, wanted, unsafe { p.add(stored) }, stored)? {
                return Ok(Some(number - 1));
            }
            step += 1;
            slot = (slot + step) & slots;
        }
    }

    /// Is an entry's key, which is not the very same value, equal to the wanted one?
    #[inline(always)]
    fn may_match(
        &self,
        have: Val,
        wanted: Wanted,
        stored: *const Val,
        hashed: usize,
    ) -> Result<bool, NeedsVm> {
        if have.bits() & wanted.mask == wanted.tag {
            return Ok(false);
        }
        // SAFETY: a word of the entry, as the caller says.
        if hashed != 0 && unsafe { stored.read() } != Val::small(wanted.hash) {
            return Ok(false);
        }
        self.same_key(have, wanted.key, wanted.hash, hashed != 0)
    }

    /// The comparison of two keys that are not identical; `have` may be that of a removed entry.
    #[inline(never)]
    fn same_key(&self, have: Val, key: Val, hash: i32, hashed: bool) -> Result<bool, NeedsVm> {
        if have.is_null() {
            return Ok(false);
        }
        if hashed {
            // Keys of the program's own classes may be here: all that is known is the hash.
            return self.eq_simple(have, key);
        }
        if key.is_qstr() || self.is(key, Kind::Str) {
            let have_hash = if have.is_ptr() {
                let head = self.head(have);
                if head & 0xff != Kind::Str as u32 {
                    return Ok(false);
                }
                if head >> 16 == 0 { self.str_hash(have) } else { (head >> 16) as u16 }
            } else if let Some(q) = have.as_qstr() {
                self.qstr_hash(q)
            } else {
                return Ok(false);
            };
            return Ok(i32::from(have_hash) == hash && self.same_text(have, key));
        }
        if self.is(key, Kind::Tuple) {
            // Comparing finds a difference sooner than hashing.
            return if self.is(have, Kind::Tuple) { self.eq_simple(have, key) } else { Ok(false) };
        }
        if self.hash_simple(have) != Ok(hash) { Ok(false) } else { self.eq_simple(have, key) }
    }

    /// Have two strs the same bytes?
    #[inline]
    pub(super) fn same_text(&self, a: Val, b: Val) -> bool {
        let (x, y) = (self.bytes(a), self.bytes(b));
        x.len() == y.len() && x.iter().zip(y).all(|(p, q)| p == q)
    }

    /// The value of an entry just looked up; None if it is UNBOUND.
    #[inline(always)]
    pub(super) fn value_of(&self, d: Val, entry: usize) -> Option<Val> {
        let stride = 2 + usize::from(self.head(d) & F_A != 0);
        debug_assert!(entry * stride + 1 < self.w(d, 2) as usize);
        // SAFETY: the entry is in use, and a dict's entries have at least two words.
        let value = unsafe { self.buf_ptr(d).cast::<Val>().add(entry * stride + 1).read() };
        if value == Val::UNBOUND { None } else { Some(value) }
    }
}
