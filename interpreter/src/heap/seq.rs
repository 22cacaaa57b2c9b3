//! Storage of list and tuple.
//!
//! A `List` has its items in a buffer; w2 = length; an empty new list has no buffer. A `Tuple` of up to 3 items
//! lies in its cell (aux = length), a longer one is laid out as a list with exactly the buffer it needs.

use super::cell::{F_BUF, F_BUFVALS, F_V1, F_V2, F_V3, Kind, header};
use super::{Heap, NoMemory};
use crate::value::Val;

const FLAGS: [u32; 4] = [0, F_V1, F_V1 | F_V2, F_V1 | F_V2 | F_V3];

impl Heap {
    /// A list of these items (which must be kept alive by a root, as always).
    pub fn new_list(&mut self, items: &[Val]) -> Result<Val, NoMemory> {
        let v = self.new_list_cap(items.len())?;
        self.set_w(v, 2, items.len() as u32);
        self.list_mut(v).copy_from_slice(items);
        Ok(v)
    }
    /// An empty list with room for `cap` items.
    pub fn new_list_cap(&mut self, cap: usize) -> Result<Val, NoMemory> {
        if cap == 0 {
            return self.alloc_cell(header(Kind::List, F_BUFVALS, 0), 0, 0, 0);
        }
        self.alloc_with_buffer(header(Kind::List, F_BUFVALS, 0), words(cap)?)
    }
    /// A list of the slots `from..to` of the VM's stack.
    pub fn new_list_from_slots(&mut self, from: usize, to: usize) -> Result<Val, NoMemory> {
        let v = self.new_list_cap(to - from)?;
        self.set_w(v, 2, (to - from) as u32);
        let src = self.slots(from, to).as_ptr();
        // SAFETY: the stack and the list's buffer are different blocks, both with room for `to - from` values.
        unsafe { copy_words(self.list_mut(v).as_mut_ptr(), src, to - from) };
        Ok(v)
    }
    /// The items of a list. `v` must be a list.
    #[inline]
    pub fn list(&self, v: Val) -> &[Val] {
        debug_assert!(self.is(v, Kind::List), "not a list: {v:?}");
        self.vals(v)
    }
    /// The items of a list, to write.
    #[inline]
    pub fn list_mut(&mut self, v: Val) -> &mut [Val] {
        debug_assert!(self.is(v, Kind::List), "not a list: {v:?}");
        let n = self.w(v, 2) as usize;
        self.buf_vals_mut(v, n)
    }
    /// Length of a list.
    #[inline(always)]
    pub fn list_len(&self, v: Val) -> usize {
        self.w(v, 2) as usize
    }
    /// Appends an item.
    #[inline]
    pub fn list_push(&mut self, v: Val, x: Val) -> Result<(), NoMemory> {
        let n = self.list_len(v);
        if n * 4 >= self.buf_cap(v) {
            self.list_make_room(v, x)?;
        }
        // SAFETY: the buffer has room for `n + 1` values.
        unsafe { self.buf_ptr(v).cast::<Val>().add(n).write(x) };
        self.set_w(v, 2, n as u32 + 1);
        Ok(())
    }
    /// Makes room for one more item, `x`, which may be new and known to the caller alone.
    #[cold]
    #[inline(never)]
    fn list_make_room(&mut self, v: Val, x: Val) -> Result<(), NoMemory> {
        self.keep_for(x, |h| h.list_reserve(v, 1))
    }
    /// Makes room for `more` items, with some to spare.
    pub fn list_reserve(&mut self, v: Val, more: usize) -> Result<(), NoMemory> {
        let need = self.list_len(v).checked_add(more).ok_or(NoMemory)?;
        if need * 4 <= self.buf_cap(v) {
            return Ok(());
        }
        self.grow_buffer(v, words(need)?, words(need + need / 4 + 2)?)
    }
    /// Makes room for exactly `more` items.
    pub fn list_reserve_exact(&mut self, v: Val, more: usize) -> Result<(), NoMemory> {
        let need = words(self.list_len(v).checked_add(more).ok_or(NoMemory)?)?;
        if need <= self.buf_cap(v) { Ok(()) } else { self.resize_buffer(v, need) }
    }
    /// Inserts an item at `i` (at most the length).
    pub fn list_insert(&mut self, v: Val, i: usize, x: Val) -> Result<(), NoMemory> {
        self.list_push(v, x)?;
        let items = self.list_mut(v);
        let after = items[i..].len() - 1;
        let p = items[i..].as_mut_ptr();
        // SAFETY: the list has `after` items behind the first of `p`.
        unsafe {
            copy_words_down(p.add(1), p, after);
            p.write(x);
        }
        Ok(())
    }
    /// Removes the items `from..to`.
    pub fn list_remove(&mut self, v: Val, from: usize, to: usize) {
        let items = self.list_mut(v);
        let n = items.len();
        let to = to.min(n);
        let from = from.min(to);
        let p = items.as_mut_ptr();
        // SAFETY: both are within the list.
        unsafe { copy_words(p.add(from), p.add(to), n - to) };
        self.list_truncate(v, n - (to - from));
    }
    /// Shortens a list to `n` items.
    pub fn list_truncate(&mut self, v: Val, n: usize) {
        if n >= self.list_len(v) {
            return;
        }
        self.set_w(v, 2, n as u32);
        if n == 0 {
            self.free_buffer(v);
        } else if n * 8 + 64 < self.buf_cap(v) {
            // Less memory than before is always to be had in place.
            let _ = self.resize_buffer(v, (n + n / 4) * 4);
        }
    }
    /// Appends all items of a list or tuple (which may be the same list).
    pub fn list_extend(&mut self, v: Val, src: Val) -> Result<(), NoMemory> {
        let more = self.items(src).len();
        self.list_splice(v, self.list_len(v), self.list_len(v), src, more)
    }
    /// Replaces the items `from..to` of a list with the first `count` items of a list or tuple (which may be the
    /// same list).
    pub fn list_splice(
        &mut self,
        v: Val,
        from: usize,
        to: usize,
        src: Val,
        count: usize,
    ) -> Result<(), NoMemory> {
        if src == v && from < self.list_len(v) {
            let mark = self.mark_temps();
            let copy = self.new_list_of(src)?;
            let r = self.list_splice(v, from, to, copy, count);
            self.release_temps(mark);
            return r;
        }
        let n = self.list_len(v);
        let new_len = n - (to - from) + count;
        if new_len > n {
            self.keep_for(src, |h| h.list_reserve(v, new_len - n))?;
            // What is above the old length must be initialised before it counts.
            for slot in &mut self.buf_vals_mut(v, new_len)[n..] {
                *slot = Val::NULL;
            }
            self.set_w(v, 2, new_len as u32);
        }
        let items = self.list_mut(v);
        if to != n && to != from + count {
            let (up, moved) = (from + count > to, n - to);
            let (dst, src) = (items[from + count..from + count + moved].as_mut_ptr(), items[to..n].as_ptr());
            // SAFETY: both have `moved` values, just checked.
            unsafe { if up { copy_words_down(dst, src, moved) } else { copy_words(dst, src, moved) } }
        }
        let dst = if count == 0 { core::ptr::null_mut() } else { items[from..from + count].as_mut_ptr() };
        if count > 0 {
            let from_items = self.items(src)[..count].as_ptr();
            // SAFETY: both have `count` values, just checked; they may overlap when a list is appended to itself.
            // the source is then below, or apart.
            unsafe { copy_words(dst, from_items, count) };
        }
        if new_len < n {
            self.list_truncate(v, new_len);
        }
        Ok(())
    }
    /// A new list with the items of a list or tuple.
    pub fn new_list_of(&mut self, src: Val) -> Result<Val, NoMemory> {
        let n = self.items(src).len();
        let v = self.new_list_cap(n)?;
        self.list_splice(v, 0, 0, src, n)?;
        Ok(v)
    }

    /// A new list with the items of a list or tuple `times` times.
    pub fn new_list_times(&mut self, src: Val, times: usize) -> Result<Val, NoMemory> {
        let n = self.items(src).len();
        let all = n.checked_mul(times).ok_or(NoMemory)?;
        let v = self.new_list_cap(all)?;
        if all > 0 {
            let (p, mut dst) = (self.items(src).as_ptr(), self.buf_ptr(v).cast::<Val>());
            for _ in 0..times {
                // SAFETY: the list is new and has room for `n * times` values.
                unsafe {
                    if n == 1 {
                        dst.write(p.read())
                    } else {
                        copy_words(dst, p, n)
                    }
                    dst = dst.add(n);
                }
            }
            self.set_w(v, 2, all as u32);
        }
        Ok(v)
    }

    /// A new list with the items `from..to` of a list or tuple.
    pub fn new_list_part(&mut self, src: Val, from: usize, to: usize) -> Result<Val, NoMemory> {
        let n = to - from;
        let v = self.new_list_cap(n)?;
        self.set_w(v, 2, n as u32);
        if n > 0 {
            let p = self.items(src)[from..to].as_ptr();
            // SAFETY: the list is new, so the two do not overlap; both have `n` values.
            unsafe { copy_words(self.buf_ptr(v).cast::<Val>(), p, n) };
        }
        Ok(v)
    }

    /// A new list with `count` items of a list or tuple, from `start` in steps of `step`.
    pub fn new_list_stepped(
        &mut self,
        src: Val,
        start: usize,
        step: isize,
        count: usize,
    ) -> Result<Val, NoMemory> {
        let v = self.new_list_cap(count)?;
        let Some(more) = count.checked_sub(1) else { return Ok(v) };
        let items = self.items(src);
        // Neither end may be outside; then nothing between is.
        assert!(
            start < items.len() && start.wrapping_add_signed(step.wrapping_mul(more as isize)) < items.len()
        );
        let mut from = items[start..].as_ptr();
        let mut to = self.buf_ptr(v).cast::<Val>();
        // SAFETY: the list is new and has room for `count` values; all places read are items of the other.
        unsafe {
            let end = to.add(count);
            while to < end {
                to.write(from.read());
                to = to.add(1);
                from = from.wrapping_offset(step);
            }
        }
        self.set_w(v, 2, count as u32);
        Ok(v)
    }

    /// A tuple of these items (which must be kept alive by a root, as always).
    pub fn new_tuple(&mut self, items: &[Val]) -> Result<Val, NoMemory> {
        let v =
            self.alloc_tuple(items.len(), [0, 1, 2].map(|i| items.get(i).copied().unwrap_or(Val::NULL)))?;
        if items.len() > 3 {
            self.tuple_mut(v).copy_from_slice(items);
        }
        Ok(v)
    }
    /// A tuple of the slots `from..to` of the VM's stack.
    pub fn new_tuple_from_slots(&mut self, from: usize, to: usize) -> Result<Val, NoMemory> {
        let n = to - from;
        let v = self.alloc_tuple(n, [Val::NULL; 3])?;
        let src = self.slots(from, to).as_ptr();
        // SAFETY: the stack and the tuple do not overlap; both have `n` values.
        unsafe { copy_words(self.tuple_mut(v).as_mut_ptr(), src, n) };
        Ok(v)
    }
    /// A tuple of the items `from..to` of a list or tuple.
    pub fn new_tuple_of(&mut self, src: Val, from: usize, to: usize) -> Result<Val, NoMemory> {
        let n = to - from;
        let v = self.alloc_tuple(n, [Val::NULL; 3])?;
        let p = self.items(src)[from..to].as_ptr();
        // SAFETY: the tuple is new, so the two do not overlap; both have `n` values.
        unsafe { copy_words(self.tuple_mut(v).as_mut_ptr(), p, n) };
        Ok(v)
    }
    /// The items of a tuple. `v` must be a tuple.
    #[inline]
    pub fn tuple(&self, v: Val) -> &[Val] {
        debug_assert!(self.is(v, Kind::Tuple), "not a tuple: {v:?}");
        self.items(v)
    }
    /// The items of a tuple that is being made.
    pub fn tuple_mut(&mut self, v: Val) -> &mut [Val] {
        debug_assert!(self.is(v, Kind::Tuple), "not a tuple: {v:?}");
        if self.flag(v, F_BUF) {
            let n = self.w(v, 2) as usize;
            self.buf_vals_mut(v, n)
        } else {
            let n = self.aux(v) as usize;
            &mut self.payload_mut(v)[..n.min(3)]
        }
    }
    /// The items of a list or tuple.
    #[inline]
    pub fn items(&self, v: Val) -> &[Val] {
        debug_assert!(matches!(self.kind(v), Some(Kind::List | Kind::Tuple)), "no items: {v:?}");
        let head = self.head(v);
        if head & 0xff == Kind::List as u32 || head & F_BUF != 0 {
            self.vals(v)
        } else {
            &self.payload(v)[..((head >> 16) as usize).min(3)]
        }
    }
    /// Is it a tuple?
    #[inline(always)]
    pub fn is_tuple(&self, v: Val) -> bool {
        self.is(v, Kind::Tuple)
    }
    /// Is it a list?
    #[inline(always)]
    pub fn is_list(&self, v: Val) -> bool {
        self.is(v, Kind::List)
    }

    fn alloc_tuple(&mut self, n: usize, w: [Val; 3]) -> Result<Val, NoMemory> {
        if n <= 3 {
            let head = header(Kind::Tuple, FLAGS[n], n as u16);
            return self.alloc_cell(head, w[0].bits(), w[1].bits(), w[2].bits());
        }
        let v = self.alloc_with_buffer(header(Kind::Tuple, F_BUFVALS, 0), words(n)?)?;
        self.buf_vals_mut(v, n).fill(Val::NULL);
        self.set_w(v, 2, n as u32);
        Ok(v)
    }

    #[inline]
    fn vals(&self, v: Val) -> &[Val] {
        let n = self.w(v, 2) as usize;
        if n == 0 {
            return &[];
        }
        debug_assert!(n * 4 <= self.buf_cap(v));
        // SAFETY: the buffer begins with `w2` values; `&self` keeps it in place.
        unsafe { core::slice::from_raw_parts(self.buf_ptr(v).cast::<Val>(), n) }
    }

    /// Runs `f` with `v` kept alive.
    pub(super) fn keep_for<T>(
        &mut self,
        v: Val,
        f: impl FnOnce(&mut Heap) -> Result<T, NoMemory>,
    ) -> Result<T, NoMemory> {
        if !v.is_ptr() {
            return f(self);
        }
        let mark = self.mark_temps();
        self.keep(v)?;
        let r = f(self);
        self.release_temps(mark);
        r
    }
}

/// Copies `n` words upwards from the lowest: they may overlap if `dst` is below `src`. Lists are short as a rule, and
/// the library's memmove takes longer to begin than they take to copy.
///
/// # Safety
/// Both are valid for `n` words.
#[inline(always)]
pub(super) unsafe fn copy_words(dst: *mut Val, src: *const Val, n: usize) {
    #[cfg(target_arch = "arm")]
    // SAFETY: as the caller says; four words at a time, then one at a time, never more than `n`.
    unsafe {
        core::arch::asm!(
            "b 2f",
            "1:",
            "ldmia r1!, {{r2, r3, r4, r5}}",
            "stmia r0!, {{r2, r3, r4, r5}}",
            "2:",
            "subs {n}, {n}, #4",
            "bhs 1b",
            "adds {n}, {n}, #4",
            "beq 4f",
            "3:",
            "ldmia r1!, {{r2}}",
            "stmia r0!, {{r2}}",
            "subs {n}, {n}, #1",
            "bne 3b",
            "4:",
            n = inout(reg) n => _,
            inout("r0") dst => _,
            inout("r1") src => _,
            out("r2") _, out("r3") _, out("r4") _, out("r5") _,
            options(nostack),
        );
    }
    #[cfg(not(target_arch = "arm"))]
    // SAFETY: as the caller says.
    unsafe {
        core::ptr::copy(src, dst, n);
    }
}

/// Copies `n` words downwards from the highest: they may overlap if `dst` is above `src`.
///
/// # Safety
/// Both are valid for `n` words.
#[inline(always)]
unsafe fn copy_words_down(dst: *mut Val, src: *const Val, n: usize) {
    #[cfg(target_arch = "arm")]
    // SAFETY: as the caller says.
    unsafe {
        core::arch::asm!(
            "b 2f",
            "1:",
            "ldr {t}, [{src}, {n}]",
            "str {t}, [{dst}, {n}]",
            "2:",
            "subs {n}, {n}, #4",
            "bhs 1b",
            n = inout(reg) n * 4 => _,
            dst = in(reg) dst,
            src = in(reg) src,
            t = out(reg) _,
            options(nostack),
        );
    }
    #[cfg(not(target_arch = "arm"))]
    // SAFETY: as the caller says.
    unsafe {
        core::ptr::copy(src, dst, n);
    }
}

/// Bytes of `n` values.
fn words(n: usize) -> Result<usize, NoMemory> {
    n.checked_mul(4).ok_or(NoMemory)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rng;
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    /// A list against a vector.
    fn model_test(seed: u64, steps: usize, stress: bool) {
        let mut h = Heap::with_stack(256 << 10, 16).unwrap();
        h.set_stress(stress);
        let mut rng = Rng(seed);
        let list = h.new_list(&[]).unwrap();
        h.set_root(crate::heap::Root::Vm, list);
        let mut model: Vec<i32> = vec![];
        for step in 0..steps {
            let x = step as i32;
            let n = model.len();
            match rng.below(8) {
                0..=2 => {
                    h.list_push(list, Val::small(x)).unwrap();
                    model.push(x);
                }
                3 => {
                    let at = rng.below(n + 1);
                    h.list_insert(list, at, Val::small(x)).unwrap();
                    model.insert(at, x);
                }
                4 if n > 0 => {
                    let from = rng.below(n);
                    let to = (from + rng.below(4)).min(n);
                    h.list_remove(list, from, to);
                    model.drain(from..to);
                }
                5 if n < 200 => {
                    let from = rng.below(n + 1);
                    let to = from + rng.below(n - from + 1);
                    let count = rng.below(n + 1);
                    h.list_splice(list, from, to, list, count).unwrap();
                    let copy = model[..count].to_vec();
                    model.splice(from..to, copy);
                }
                6 => {
                    let src =
                        h.new_tuple(&[Val::small(x), Val::small(1), Val::small(2), Val::small(3)]).unwrap();
                    let from = rng.below(n + 1);
                    let to = (from + rng.below(5)).min(n);
                    h.list_splice(list, from, to, src, 4).unwrap();
                    model.splice(from..to, [x, 1, 2, 3]);
                }
                _ if n > 300 => {
                    h.list_truncate(list, 3);
                    model.truncate(3);
                }
                _ => {}
            }
            h.clear_temps();
            let got: Vec<i32> = h.list(list).iter().map(|v| v.small_value()).collect();
            assert_eq!(got, model);
        }
    }

    #[test]
    fn list_is_like_a_vector() {
        model_test(11, 4000, false);
    }
    #[test]
    fn list_is_like_a_vector_under_stress() {
        model_test(12, 1500, true);
    }

    #[test]
    fn tuples_of_every_size() {
        let mut h = Heap::with_stack(64 << 10, 16).unwrap();
        h.set_stress(true);
        for n in 0..20 {
            let items: Vec<Val> = (0..n).map(Val::small).collect();
            let t = h.new_tuple(&items).unwrap();
            assert_eq!(h.tuple(t), items);
            let l = h.new_list_of(t).unwrap();
            assert_eq!(h.list(l), items);
            let half = n as usize / 2;
            let u = h.new_tuple_of(l, half, n as usize).unwrap();
            assert_eq!(h.tuple(u), &items[half..]);
            for (i, x) in items.iter().enumerate() {
                h.set_slot(i % 16, *x);
            }
            let m = items.len().min(16);
            if m == items.len() {
                let v = h.new_tuple_from_slots(0, m).unwrap();
                assert_eq!(h.tuple(v), items);
                let w = h.new_list_from_slots(0, m).unwrap();
                assert_eq!(h.list(w), items);
            }
        }
    }
}
