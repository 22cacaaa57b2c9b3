//! Storage of dict, set and frozenset: insertion-ordered hash tables.
//!
//! One buffer: `[entries …][index]`. An entry is `key, value` (dict) or `key` (set), and has the key's hash as a
//! third or second word if the table is *hashed* (`F_A`): that is so once a key was added whose hash only the VM
//! knows. w2 = words of entries in use, removed ones included (their key is NULL); w3 = live entries; aux = log2
//! of the index's slots in the low 5 bits (0 = no index, up to 10 entries), above it 10 bits that count changes; the
//! top bit says that the table is being printed.
//!
//! The index lies at the end of the buffer. A slot is 1, 2 or 4 bytes: the entry's number + 1, 0 = empty. Removing
//! an entry leaves its slot; slots vanish when the table is rebuilt. At most 5/6 of the slots are used.
//!
//! A *namespace* (`F_B`) is a dict whose keys are interned strings and whose entries keep their numbers for good,
//! so that bytecode may cache them: a removed name keeps its entry with the value UNBOUND.

use super::buffer::Move;
use super::cell::{F_A, F_B, F_BUF, F_BUFVALS, Kind, header};
use super::hash::NeedsVm;
use super::{Heap, NoMemory};
use crate::value::{Qstr, Val};

/// Outcome of looking for a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Probe {
    /// The entry's number.
    Found(usize),
    /// Not there.
    Missing,
    /// The VM must compare the wanted key with this entry's; then probe again from `next` if they differ. If the
    /// table's [`Heap::table_version`] changed meanwhile, start again.
    Ask {
        /// The entry's number.
        entry: usize,
        /// Where to go on.
        next: Cursor,
    },
}

/// A place in a probe sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    slot: u32,
    step: u32,
}

/// Tables up to this many entries have no index.
const NO_INDEX: usize = 10;
pub(super) const LOG2: u16 = 0x1f;
const VERSION: u16 = 0x7fe0;
const PRINTING: u16 = 0x8000;

impl Heap {
    /// An empty dict with room for `cap` entries.
    pub fn new_dict(&mut self, cap: usize) -> Result<Val, NoMemory> {
        self.new_table(Kind::Dict, cap, false)
    }
    /// An empty set with room for `cap` entries.
    pub fn new_set(&mut self, cap: usize) -> Result<Val, NoMemory> {
        self.new_table(Kind::Set, cap, false)
    }
    /// An empty table of kind Dict, Set or FrozenSet.
    pub fn new_table(&mut self, kind: Kind, cap: usize, hashed: bool) -> Result<Val, NoMemory> {
        let t = self.alloc_cell(header(kind, F_BUFVALS | if hashed { F_A } else { 0 }, 0), 0, 0, 0)?;
        if cap > 0 {
            self.table_allocate(t, cap)?;
        }
        Ok(t)
    }

    /// Number of live entries.
    #[inline(always)]
    pub fn table_len(&self, t: Val) -> usize {
        self.w(t, 3) as usize
    }
    /// Changes whenever an entry is added or removed (modulo 1024).
    #[inline(always)]
    pub fn table_version(&self, t: Val) -> u16 {
        self.aux(t) >> 5 & 0x3ff
    }
    /// Number of entries in use, removed ones included: the upper bound of entry numbers.
    #[inline]
    pub fn table_used(&self, t: Val) -> usize {
        entries(self.w(t, 2) as usize, self.stride(t))
    }
    /// Key and value (NULL in a set) of an entry; the key is NULL if it was removed.
    #[inline]
    pub fn table_entry(&self, t: Val, entry: usize) -> (Val, Val) {
        let at = entry * self.stride(t);
        assert!(at < self.w(t, 2) as usize);
        // SAFETY: an entry in use, which has a second word in a dict.
        unsafe {
            let e = self.buf_ptr(t).cast::<Val>().add(at);
            (e.read(), if self.is(t, Kind::Dict) { e.add(1).read() } else { Val::NULL })
        }
    }
    /// The next live entry at or after number `from`: (number + 1, key, value).
    #[inline]
    pub fn table_next(&self, t: Val, from: usize) -> Option<(usize, Val, Val)> {
        let used = self.table_used(t);
        let mut i = from;
        while i < used {
            let (key, value) = self.table_entry(t, i);
            i += 1;
            if !key.is_null() && value != Val::UNBOUND {
                return Some((i, key, value));
            }
        }
        None
    }
    /// The last live entry before number `below`: (number, key, value).
    pub fn table_prev(&self, t: Val, below: usize) -> Option<(usize, Val, Val)> {
        let mut i = below.min(self.table_used(t));
        while i > 0 {
            i -= 1;
            let (key, value) = self.table_entry(t, i);
            if !key.is_null() && value != Val::UNBOUND {
                return Some((i, key, value));
            }
        }
        None
    }
    /// The hash of an entry's key: the stored one, or computed.
    pub fn table_hash(&self, t: Val, entry: usize, key: Val) -> i32 {
        if self.flag(t, F_A) {
            let stride = self.stride(t);
            self.buf_vals(t, self.w(t, 2) as usize)[entry * stride + stride - 1].small_value()
        } else {
            self.hash_simple(key).unwrap_or(0)
        }
    }
    /// Overwrites the value of a dict's entry. (A removed name of a namespace comes back.)
    #[inline]
    pub fn table_set_value(&mut self, t: Val, entry: usize, value: Val) {
        let at = entry * self.stride(t) + 1;
        assert!(at < self.w(t, 2) as usize);
        // SAFETY: a word of an entry in use; `&mut self` keeps all others away.
        let old = unsafe { self.buf_ptr(t).cast::<Val>().add(at).replace(value) };
        if old == Val::UNBOUND && value != Val::UNBOUND {
            let live = self.w(t, 3) + 1;
            self.set_w(t, 3, live);
            self.bump_version(t);
        }
    }

    /// Looks for a key with this hash, from the beginning (`None`) or where an earlier probe stopped to ask.
    pub fn table_probe(&self, t: Val, key: Val, hash: i32, from: Option<Cursor>) -> Probe {
        let log2 = self.aux(t) & LOG2;
        if log2 == 0 {
            let used = self.table_used(t);
            for entry in from.map_or(0, |c| c.slot as usize)..used {
                match self.entry_matches(t, entry, key, hash) {
                    Ok(true) => return Probe::Found(entry),
                    Ok(false) => {}
                    Err(NeedsVm) => {
                        return Probe::Ask { entry, next: Cursor { slot: entry as u32 + 1, step: 0 } };
                    }
                }
            }
            return Probe::Missing;
        }
        let index = Index::of(self, t);
        let mut c = from.unwrap_or(Cursor { slot: index.first(hash), step: 0 });
        loop {
            let number = index.get(self.buf(t), c.slot);
            if number == 0 {
                return Probe::Missing;
            }
            c = index.after(c);
            let entry = number as usize - 1;
            match self.entry_matches(t, entry, key, hash) {
                Ok(true) => return Probe::Found(entry),
                Ok(false) => {}
                Err(NeedsVm) => return Probe::Ask { entry, next: c },
            }
        }
    }

    #[inline]
    fn entry_matches(&self, t: Val, entry: usize, key: Val, hash: i32) -> Result<bool, NeedsVm> {
        let (have, _) = self.table_entry(t, entry);
        if have == key {
            return Ok(true);
        }
        if have.is_null() || (have.is_qstr() && key.is_qstr()) {
            return Ok(false);
        }
        if have.both_small(key) {
            return Ok(false);
        }
        if self.flag(t, F_A) {
            if self.table_hash(t, entry, have) != hash {
                return Ok(false);
            }
        } else if self.hash_simple(have) != Ok(hash) {
            return Ok(false);
        }
        self.eq_simple(have, key)
    }

    /// Adds an entry whose key is known not to be there. `hash` is the key's; `simple` says that
    /// [`Heap::hash_simple`] knows it too. In a set `value` is ignored.
    pub fn table_add(
        &mut self,
        t: Val,
        key: Val,
        hash: i32,
        simple: bool,
        value: Val,
    ) -> Result<(), NoMemory> {
        debug_assert!((Val::INT_MIN..=Val::INT_MAX).contains(&hash));
        if !simple && !self.flag(t, F_A) {
            let cap = self.table_len(t) + 1;
            self.keep_two(key, value, |h| h.table_rebuild(t, cap, true))?;
        }
        let n = self.w(t, 2) as usize;
        let head = self.head(t);
        let stride = self.stride(t);
        let log2 = (head >> 16) as u16 & LOG2;
        if (n + stride) * 4 + index_bytes(log2) > self.buf_cap(t) {
            self.keep_two(key, value, |h| h.table_grow(t))?;
            // That may have changed the header, the number of words and the index.
            return self.table_append(t, key, hash, value);
        }
        self.table_append(t, key, hash, value)
    }

    /// Adds a small int or interned string to a set that has no index, has room, and holds nothing but such: they are
    /// equal only to themselves. Whether it was new; None: the set is not like that, and nothing has happened.
    pub fn set_add_quick(&mut self, s: Val, key: Val) -> Option<bool> {
        let head = self.head(s);
        let plain = Kind::Set as u32 | F_BUF;
        let n = self.w(s, 2) as usize;
        if !(key.is_small() || key.is_qstr())
            || head & (0xff | F_BUF | F_A | u32::from(LOG2) << 16) != plain
            || (n + 1) * 4 > self.buf_cap(s)
        {
            return None;
        }
        let first = self.buf_ptr(s).cast::<Val>();
        for i in 0..n {
            // SAFETY: the buffer begins with `n` words of entries, one to each.
            let have = unsafe { first.add(i).read() };
            if have == key {
                return Some(false);
            }
            if !(have.is_small() || have.is_qstr()) {
                return None;
            }
        }
        // SAFETY: there is room for one word more, as was checked.
        unsafe { first.add(n).write(key) };
        self.set_w(s, 2, n as u32 + 1);
        let live = self.w(s, 3) + 1;
        self.set_w(s, 3, live);
        self.bump_version(s);
        Some(true)
    }

    /// Writes a new entry, for which there is room.
    fn table_append(&mut self, t: Val, key: Val, hash: i32, value: Val) -> Result<(), NoMemory> {
        let head = self.head(t);
        let stride = self.stride(t);
        let n = self.w(t, 2) as usize;
        debug_assert!((n + stride) * 4 <= self.buf_cap(t));
        // SAFETY: the buffer has room for one more entry of `stride` words.
        unsafe {
            let e = self.buf_ptr(t).cast::<Val>().add(n);
            e.write(key);
            if head & 0xff == Kind::Dict as u32 {
                e.add(1).write(value);
            }
            if head & F_A != 0 {
                e.add(stride - 1).write(Val::small(hash));
            }
        }
        self.set_w(t, 2, (n + stride) as u32);
        let live = self.w(t, 3) + 1;
        self.set_w(t, 3, live);
        self.bump_version(t);
        if (head >> 16) as u16 & LOG2 != 0 {
            self.index_add(t, entries(n, stride), hash);
        }
        Ok(())
    }

    /// Removes an entry.
    pub fn table_remove(&mut self, t: Val, entry: usize) {
        let stride = self.stride(t);
        let n = self.w(t, 2) as usize;
        let dict = self.is(t, Kind::Dict);
        let namespace = self.flag(t, F_B);
        let e = &mut self.buf_vals_mut(t, n)[entry * stride..];
        debug_assert!(!e[0].is_null());
        if namespace {
            if e[1] == Val::UNBOUND {
                return;
            }
            e[1] = Val::UNBOUND;
        } else {
            e[0] = Val::NULL;
            if dict {
                e[1] = Val::NULL;
            }
        }
        let live = self.w(t, 3) - 1;
        self.set_w(t, 3, live);
        self.bump_version(t);
        if namespace {
            return;
        }
        if live == 0 {
            self.set_w(t, 2, 0);
            if self.aux(t) & LOG2 != 0 {
                let index = Index::of(self, t);
                self.buf_mut(t)[index.start..].fill(0);
            }
        } else if self.aux(t) & LOG2 == 0 && entry * stride + stride == n {
            // Without an index nothing refers to the number, so it can be used again.
            self.set_w(t, 2, (n - stride) as u32);
        }
    }

    /// Removes all entries and frees the buffer (but not a namespace's).
    pub fn table_clear(&mut self, t: Val) {
        if self.flag(t, F_B) {
            for entry in 0..self.table_used(t) {
                self.table_remove(t, entry);
            }
            return;
        }
        self.set_w(t, 2, 0);
        self.set_w(t, 3, 0);
        self.free_buffer(t);
        self.set_flag(t, F_A, false);
        let version = self.aux(t) & !LOG2;
        self.set_aux(t, version);
        self.bump_version(t);
    }

    /// A copy of a table as kind `kind` (a set may become a frozenset or the reverse, not a dict).
    pub fn table_copy(&mut self, t: Val, kind: Kind) -> Result<Val, NoMemory> {
        if self.flag(t, F_BUF)
            && self.table_used(t) == self.table_len(t)
            && self.is(t, Kind::Dict) == (kind == Kind::Dict)
            && let Some(copy) = self.copy_as_is(t, kind)?
        {
            return Ok(copy);
        }
        let new = self.new_table(kind, self.table_len(t), self.flag(t, F_A))?;
        self.copy_entries(t, new, false)?;
        Ok(new)
    }

    /// A copy of a table without removed entries: of its buffer, byte for byte. None if the new buffer has another size.
    fn copy_as_is(&mut self, t: Val, kind: Kind) -> Result<Option<Val>, NoMemory> {
        let new = self.new_table(kind, 0, self.flag(t, F_A))?;
        self.alloc_buffer(new, self.buf_cap(t), Move::Movable)?;
        let n = self.buf_cap(t);
        if self.buf_cap(new) != n {
            self.free_buffer(new);
            return Ok(None);
        }
        // SAFETY: the two buffers are different blocks, each of `n` bytes.
        unsafe { core::ptr::copy_nonoverlapping(self.buf_ptr(t), self.buf_ptr(new), n) };
        self.set_w(new, 2, self.w(t, 2));
        self.set_w(new, 3, self.w(t, 3));
        self.set_aux(new, self.aux(t) & LOG2);
        Ok(Some(new))
    }

    /// Marks a table as being printed; says whether it was before.
    pub fn table_set_printing(&mut self, t: Val, on: bool) -> bool {
        let aux = self.aux(t);
        self.set_aux(t, if on { aux | PRINTING } else { aux & !PRINTING });
        aux & PRINTING != 0
    }

    // ---- keys that need no VM ----

    /// The value for a key that needs no VM (a str, number, …), if it is there.
    #[inline]
    pub fn dict_get(&self, d: Val, key: Val) -> Option<Val> {
        if let Some(name) = key.as_qstr() {
            return self.dict_get_qstr(d, name);
        }
        let hash = self.hash_simple(key).ok()?;
        let entry = self.lookup_simple(d, key, hash)?;
        self.value_of(d, entry)
    }
    /// The entry of a key that needs no VM.
    fn lookup_simple(&self, t: Val, key: Val, hash: i32) -> Option<usize> {
        match self.table_lookup(t, key, hash) {
            Ok(found) => found,
            // Some other key does need it: then it is not this one.
            Err(NeedsVm) => match self.table_probe(t, key, hash, None) {
                Probe::Found(entry) => Some(entry),
                _ => None,
            },
        }
    }
    /// Sets the value for a key that needs no VM. A key that does is added without a comparison.
    pub fn dict_set(&mut self, d: Val, key: Val, value: Val) -> Result<(), NoMemory> {
        let hash = self.hash_simple(key);
        debug_assert!(hash.is_ok(), "this key needs the VM");
        let h = hash.unwrap_or(0);
        match self.lookup_simple(d, key, h) {
            Some(entry) => {
                self.table_set_value(d, entry, value);
                Ok(())
            }
            None => self.table_add(d, key, h, hash.is_ok(), value),
        }
    }
    /// Removes the entry of a key that needs no VM and returns its value.
    pub fn dict_remove(&mut self, d: Val, key: Val) -> Option<Val> {
        let hash = self.hash_simple(key).ok()?;
        let entry = self.lookup_simple(d, key, hash)?;
        let value = self.value_of(d, entry);
        self.table_remove(d, entry);
        value
    }
    /// Is a key that needs no VM in the set (or dict)?
    pub fn table_contains(&self, t: Val, key: Val) -> bool {
        if self.is(t, Kind::Dict) {
            return self.dict_get(t, key).is_some();
        }
        self.hash_simple(key).is_ok_and(|hash| self.lookup_simple(t, key, hash).is_some())
    }
    /// Adds a key that needs no VM to a set, unless it is there.
    pub fn set_add(&mut self, s: Val, key: Val) -> Result<(), NoMemory> {
        let hash = self.hash_simple(key);
        debug_assert!(hash.is_ok(), "this key needs the VM");
        let h = hash.unwrap_or(0);
        match self.lookup_simple(s, key, h) {
            Some(_) => Ok(()),
            None => self.table_add(s, key, h, hash.is_ok(), Val::NULL),
        }
    }

    // ---- namespaces ----

    /// An empty namespace: a dict of interned names whose entries keep their numbers.
    pub fn new_namespace(&mut self, cap: usize) -> Result<Val, NoMemory> {
        let d = self.new_dict(cap)?;
        self.set_flag(d, F_B, true);
        Ok(d)
    }
    /// The number of a name's entry, made with the value UNBOUND if it is new. Entries are `key, value` pairs of 8
    /// bytes from the start of the buffer.
    pub fn dict_slot(&mut self, d: Val, name: Qstr) -> Result<usize, NoMemory> {
        let (key, hash) = (Val::qstr(name), i32::from(self.qstr_hash(name)));
        if let Some(entry) = self.lookup_simple(d, key, hash) {
            return Ok(entry);
        }
        self.table_add(d, key, hash, true, Val::UNBOUND)?;
        let live = self.w(d, 3) - 1;
        self.set_w(d, 3, live);
        Ok(self.table_used(d) - 1)
    }
    /// The value of a name, if it is there.
    #[inline]
    pub fn dict_get_qstr(&self, d: Val, name: Qstr) -> Option<Val> {
        let entry = self.lookup_simple(d, Val::qstr(name), i32::from(self.qstr_hash(name)))?;
        self.value_of(d, entry)
    }
    /// Sets the value of a name.
    pub fn dict_set_qstr(&mut self, d: Val, name: Qstr, value: Val) -> Result<(), NoMemory> {
        self.dict_set(d, Val::qstr(name), value)
    }
    /// Removes a name and returns its value, if it was there.
    pub fn dict_del_qstr(&mut self, d: Val, name: Qstr) -> Option<Val> {
        self.dict_remove(d, Val::qstr(name))
    }

    // ---- inside ----

    #[inline(always)]
    pub(super) fn stride(&self, t: Val) -> usize {
        let head = self.head(t);
        1 + usize::from(head & 0xff == Kind::Dict as u32) + usize::from(head & F_A != 0)
    }

    fn bump_version(&mut self, t: Val) {
        let aux = self.aux(t);
        self.set_aux(t, aux & !VERSION | aux.wrapping_add(1 << 5) & VERSION);
    }

    /// Gives an empty table without a buffer room for `cap` entries.
    fn table_allocate(&mut self, t: Val, cap: usize) -> Result<(), NoMemory> {
        let log2 = log2_for(cap);
        let bytes = cap.checked_mul(4 * self.stride(t)).ok_or(NoMemory)?;
        self.resize_buffer(t, bytes.checked_add(index_bytes(log2)).ok_or(NoMemory)?)?;
        let aux = self.aux(t);
        self.set_aux(t, aux & !LOG2 | log2);
        if log2 != 0 {
            let index = Index::of(self, t);
            self.buf_mut(t)[index.start..].fill(0);
        }
        Ok(())
    }

    /// Makes room for at least one more entry.
    fn table_grow(&mut self, t: Val) -> Result<(), NoMemory> {
        let used = self.table_used(t);
        let live = if self.flag(t, F_B) { used } else { self.table_len(t) };
        // As long as it lasts without an index.
        let most = if live < NO_INDEX { NO_INDEX } else { usize::MAX };
        let cap = if live < 2 { live + 2 } else { live + live / 4 + 2 }.min(most);
        if live < used && !self.flag(t, F_B) {
            return self.table_rebuild(t, cap, self.flag(t, F_A));
        }
        let log2 = self.aux(t) & LOG2;
        let cap = if log2 == 0 { cap } else { cap.min(limit(log2)) };
        if cap <= used
            || (log2 == 0 && cap > NO_INDEX && used >= NO_INDEX)
            || log2_for(cap.max(used + 1)) != log2
        {
            // The index must be larger.
            let cap = cap.max(live + live / 4 + 2);
            let hashed = self.flag(t, F_A);
            return match self.table_rebuild(t, cap, hashed) {
                Err(_) if !self.interrupted() => self.table_rebuild(t, live + live / 16 + 1, hashed),
                done => done,
            };
        }
        // Same index: make the buffer longer and move the index to its new end.
        let index = index_bytes(log2);
        let old = self.buf_cap(t);
        let bytes = cap * 4 * self.stride(t) + index;
        self.resize_buffer(t, bytes)?;
        let new = self.buf_cap(t);
        self.buf_mut(t).copy_within(old - index..old, new - index);
        Ok(())
    }

    /// Rebuilds a table with room for `cap` entries, dropping the removed ones. It stays as it is if memory lacks or
    /// Ctrl-C comes.
    fn table_rebuild(&mut self, t: Val, cap: usize, hashed: bool) -> Result<(), NoMemory> {
        let mark = self.mark_temps();
        let kind = self.cell_kind(t);
        let r = self.new_table(kind, cap, hashed).and_then(|new| {
            if let Err(stopped) = self.copy_entries(t, new, self.flag(t, F_B)) {
                self.set_w(new, 2, 0);
                self.free_buffer(new);
                return Err(stopped);
            }
            let version = self.aux(t) & !LOG2;
            let aux = self.aux(new) & LOG2 | version;
            self.set_aux(new, aux);
            if self.flag(t, F_B) {
                self.set_flag(new, F_B, true);
                let live = self.w(t, 3);
                self.set_w(new, 3, live);
            }
            self.swap_contents(t, new);
            self.bump_version(t);
            self.set_w(new, 2, 0);
            self.free_buffer(new);
            Ok(())
        });
        self.release_temps(mark);
        r
    }

    /// Copies the live entries of a table (`all`: also a namespace's removed names) into an empty one that has room
    /// for them. Gives up when Ctrl-C comes.
    fn copy_entries(&mut self, from: Val, to: Val, all: bool) -> Result<(), NoMemory> {
        let mut pos = 0;
        let mut n = 0;
        let stride = self.stride(to);
        let hashed = self.flag(to, F_A);
        let dict = self.is(to, Kind::Dict);
        let indexed = self.aux(to) & LOG2 != 0;
        loop {
            let found = if all && pos < self.table_used(from) {
                let (key, value) = self.table_entry(from, pos);
                Some((pos + 1, key, value))
            } else {
                self.table_next(from, pos)
            };
            let Some((next, key, value)) = found else { break };
            if n & 0x3f == 0x3f && self.interrupted() {
                return Err(NoMemory);
            }
            let hash = if hashed || indexed { self.table_hash(from, next - 1, key) } else { 0 };
            pos = next;
            let end = (n + 1) * stride;
            self.set_w(to, 2, end as u32);
            let e = &mut self.buf_vals_mut(to, end)[n * stride..];
            e[0] = key;
            if dict {
                e[1] = value;
            }
            if hashed {
                e[stride - 1] = Val::small(hash);
            }
            if indexed {
                self.index_add(to, n, hash);
            }
            n += 1;
        }
        self.set_w(to, 3, n as u32);
        Ok(())
    }

    fn index_add(&mut self, t: Val, entry: usize, hash: i32) {
        let index = Index::of(self, t);
        let mut c = Cursor { slot: index.first(hash), step: 0 };
        let buf = self.buf_mut(t);
        if index.width == 1 {
            let slots = &mut buf[index.start..];
            while slots[c.slot as usize] != 0 {
                c = index.after(c);
            }
            slots[c.slot as usize] = entry as u8 + 1;
            return;
        }
        while index.get(buf, c.slot) != 0 {
            c = index.after(c);
        }
        index.set(buf, c.slot, entry as u32 + 1);
    }

    fn keep_two<T>(
        &mut self,
        a: Val,
        b: Val,
        f: impl FnOnce(&mut Heap) -> Result<T, NoMemory>,
    ) -> Result<T, NoMemory> {
        self.keep_for(a, |h| h.keep_for(b, f))
    }
}

/// Where a table's index is and how wide its slots are.
#[derive(Clone, Copy)]
struct Index {
    start: usize,
    log2: u32,
    width: usize,
}

impl Index {
    fn of(h: &Heap, t: Val) -> Index {
        let log2 = h.aux(t) & LOG2;
        Index { start: h.buf_cap(t) - index_bytes(log2), log2: u32::from(log2), width: width(log2) }
    }
    /// The slot where a hash's probe sequence begins (Fibonacci hashing: the top bits of a product).
    #[inline]
    fn first(self, hash: i32) -> u32 {
        (hash as u32).wrapping_mul(super::lookup::GOLDEN) >> (32 - self.log2)
    }
    /// Triangular probing visits every slot of a power of two.
    #[inline]
    fn after(self, c: Cursor) -> Cursor {
        let step = c.step + 1;
        Cursor { slot: (c.slot + step) & ((1 << self.log2) - 1), step }
    }
    #[inline]
    fn get(self, buf: &[u8], slot: u32) -> u32 {
        let at = self.start + slot as usize * self.width;
        match self.width {
            1 => u32::from(buf[at]),
            2 => u32::from(u16::from_le_bytes([buf[at], buf[at + 1]])),
            _ => u32::from_le_bytes([buf[at], buf[at + 1], buf[at + 2], buf[at + 3]]),
        }
    }
    #[inline]
    fn set(self, buf: &mut [u8], slot: u32, number: u32) {
        let at = self.start + slot as usize * self.width;
        buf[at..at + self.width].copy_from_slice(&number.to_le_bytes()[..self.width]);
    }
}

/// Entries in this many words; the usual strides without a division, which the smallest cores lack.
#[inline]
fn entries(words: usize, stride: usize) -> usize {
    match stride {
        1 => words,
        2 => words / 2,
        _ => words / 3,
    }
}

/// Bytes of a slot.
fn width(log2: u16) -> usize {
    match log2 {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

/// Bytes of an index.
#[inline]
pub(super) fn index_bytes(log2: u16) -> usize {
    if log2 == 0 { 0 } else { width(log2) << log2 }
}

/// Most entries for an index of this size.
fn limit(log2: u16) -> usize {
    (1usize << log2) * 5 / 6
}

/// The index for `cap` entries.
fn log2_for(cap: usize) -> u16 {
    if cap <= NO_INDEX {
        return 0;
    }
    let mut log2 = 4;
    while limit(log2) < cap {
        log2 += 1;
    }
    log2
}

#[cfg(test)]
mod tests;
