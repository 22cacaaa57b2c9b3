//! Stable sorting of a list, with comparisons that may run Python code.
//!
//! A bottom-up merge sort over runs of insertion sort; the shorter of two runs is merged from a spare list. The items are moved to a list that Python code cannot see,
//! so that a comparison that changes the list being sorted does no harm. If a comparison raises, the merge
//! underway is completed by copying: the list then holds its items in some order, none lost.

use super::native::R;
use crate::heap::Heap;
use crate::value::Val;
use crate::vm::Vm;

/// Runs of this many items are sorted by insertion.
const RUN: usize = 8;

/// Sorts a list in place. `key` is NULL or None for none.
///
/// # Errors
/// Whatever comparisons or the key function raise; ValueError if they changed the list meanwhile.
pub fn sort(vm: &mut Vm, list: Val, key: Val, reverse: bool) -> R<()> {
    let n = vm.heap.list_len(list);
    let items = vm.heap.new_list_cap(0)?;
    // From here on the list is empty until its items come back.
    vm.heap.swap_contents(list, items);
    let result = sort_items(vm, items, key, reverse, n);
    let changed = vm.heap.list_len(list) != 0;
    vm.heap.swap_contents(list, items);
    result?;
    if changed {
        return Err(vm.value_error(format_args!("list modified during sort")));
    }
    Ok(())
}

fn sort_items(vm: &mut Vm, items: Val, key: Val, reverse: bool, n: usize) -> R<()> {
    if n == 0 {
        return Ok(());
    }
    let with_key = !key.is_null() && !key.is_none();
    let mut keys = items;
    if with_key {
        keys = vm.heap.new_list_cap(n)?;
        for i in 0..n {
            let mark = vm.heap.mark_temps();
            let item = vm.heap.list(items)[i];
            let k = vm.call(key, &[item])?;
            vm.heap.list_push(keys, k)?;
            vm.heap.release_temps(mark);
        }
    }
    if n < 2 {
        return Ok(());
    }
    let spare = |heap: &mut Heap| -> R {
        let list = heap.new_list_cap(n / 2)?;
        heap.list_splice(list, 0, 0, items, n / 2)?;
        Ok(list)
    };
    let spare_keys = spare(&mut vm.heap)?;
    let spare_items = if with_key { spare(&mut vm.heap)? } else { spare_keys };
    Sorter { vm, keys, items, spare_keys, spare_items, with_key, reverse }.run(n)
}

struct Sorter<'a> {
    vm: &'a mut Vm,
    /// What is compared.
    keys: Val,
    /// What is sorted: the same list, or one that follows every move of the keys.
    items: Val,
    spare_keys: Val,
    spare_items: Val,
    with_key: bool,
    reverse: bool,
}

impl Sorter<'_> {
    fn run(&mut self, n: usize) -> R<()> {
        let mut from = 0;
        while from < n {
            self.insertion(from, (from + RUN).min(n))?;
            from += RUN;
            self.vm.poll()?;
        }
        let mut width = RUN;
        while width < n {
            let mut from = 0;
            while from + width < n {
                self.merge(from, from + width, (from + 2 * width).min(n))?;
                from += 2 * width;
            }
            width *= 2;
        }
        Ok(())
    }

    /// Does `b` belong before `a`, which stands before it?
    #[inline]
    fn before(&mut self, b: Val, a: Val) -> R<bool> {
        let (x, y) = if self.reverse { (a, b) } else { (b, a) };
        if x.both_small(y) {
            return Ok(x.small_value() < y.small_value());
        }
        if let (Some(x), Some(y)) = (x.as_unboxed_float(), y.as_unboxed_float()) {
            return Ok(x < y);
        }
        let heap = &self.vm.heap;
        if heap.is_str(x) && heap.is_str(y) {
            return Ok(heap.bytes(x) < heap.bytes(y));
        }
        let mark = self.vm.heap.mark_temps();
        let less = self.vm.lt(x, y);
        self.vm.heap.release_temps(mark);
        less
    }

    fn insertion(&mut self, from: usize, to: usize) -> R<()> {
        for i in from + 1..to {
            let mut j = i;
            let key = self.vm.heap.list(self.keys)[i];
            while j > from {
                let other = self.vm.heap.list(self.keys)[j - 1];
                if !self.before(key, other)? {
                    break;
                }
                j -= 1;
            }
            self.vm.heap.list_mut(self.keys)[j..=i].rotate_right(1);
            if self.with_key {
                self.vm.heap.list_mut(self.items)[j..=i].rotate_right(1);
            }
        }
        Ok(())
    }

    /// Merges the sorted runs `from..mid` and `mid..to`.
    fn merge(&mut self, from: usize, mid: usize, to: usize) -> R<()> {
        let keys = self.vm.heap.list(self.keys);
        let (last, first) = (keys[mid - 1], keys[mid]);
        if !self.before(first, last)? {
            return Ok(());
        }
        if mid - from <= to - mid { self.merge_up(from, mid, to) } else { self.merge_down(from, mid, to) }
    }

    /// Merges with the left run in the spare lists, from the left end.
    fn merge_up(&mut self, from: usize, mid: usize, to: usize) -> R<()> {
        let n = mid - from;
        copy(&mut self.vm.heap, self.keys, from, self.spare_keys, 0, n);
        if self.with_key {
            copy(&mut self.vm.heap, self.items, from, self.spare_items, 0, n);
        }
        let (mut left, mut right, mut at) = (0, mid, from);
        let mut result = Ok(());
        while left < n && right < to {
            let (a, b) = (self.vm.heap.list(self.spare_keys)[left], self.vm.heap.list(self.keys)[right]);
            let take_right = match self.vm.poll().and_then(|()| self.before(b, a)) {
                Ok(yes) => yes,
                Err(raised) => {
                    result = Err(raised);
                    break;
                }
            };
            if take_right {
                self.vm.heap.list_mut(self.keys)[at] = b;
                if self.with_key {
                    copy(&mut self.vm.heap, self.items, right, self.items, at, 1);
                }
                right += 1;
            } else {
                self.vm.heap.list_mut(self.keys)[at] = a;
                if self.with_key {
                    copy(&mut self.vm.heap, self.spare_items, left, self.items, at, 1);
                }
                left += 1;
            }
            at += 1;
        }
        // What is left of the left run; what is left of the right run is in place.
        copy(&mut self.vm.heap, self.spare_keys, left, self.keys, at, n - left);
        if self.with_key {
            copy(&mut self.vm.heap, self.spare_items, left, self.items, at, n - left);
        }
        result
    }

    /// Merges with the right run in the spare lists, from the right end.
    fn merge_down(&mut self, from: usize, mid: usize, to: usize) -> R<()> {
        let n = to - mid;
        copy(&mut self.vm.heap, self.keys, mid, self.spare_keys, 0, n);
        if self.with_key {
            copy(&mut self.vm.heap, self.items, mid, self.spare_items, 0, n);
        }
        let (mut left, mut right, mut at) = (mid, n, to);
        let mut result = Ok(());
        while left > from && right > 0 {
            let (a, b) =
                (self.vm.heap.list(self.keys)[left - 1], self.vm.heap.list(self.spare_keys)[right - 1]);
            let take_left = match self.vm.poll().and_then(|()| self.before(b, a)) {
                Ok(yes) => yes,
                Err(raised) => {
                    result = Err(raised);
                    break;
                }
            };
            at -= 1;
            if take_left {
                left -= 1;
                self.vm.heap.list_mut(self.keys)[at] = a;
                if self.with_key {
                    copy(&mut self.vm.heap, self.items, left, self.items, at, 1);
                }
            } else {
                right -= 1;
                self.vm.heap.list_mut(self.keys)[at] = b;
                if self.with_key {
                    copy(&mut self.vm.heap, self.spare_items, right, self.items, at, 1);
                }
            }
        }
        // What is left of the right run belongs between the rest of the left one and what is in place.
        copy(&mut self.vm.heap, self.spare_keys, 0, self.keys, at - right, right);
        if self.with_key {
            copy(&mut self.vm.heap, self.spare_items, 0, self.items, at - right, right);
        }
        result
    }
}

/// Copies `n` items between lists.
fn copy(heap: &mut Heap, from: Val, start: usize, to: Val, at: usize, n: usize) {
    for i in 0..n {
        let item = heap.list(from)[start + i];
        heap.list_mut(to)[at + i] = item;
    }
}
