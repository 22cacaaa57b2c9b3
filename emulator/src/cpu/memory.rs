//! Guest memory that the engine and the peripherals share.
//!
//! The engine reads and writes it through a raw pointer while it runs, so no Rust reference to
//! its bytes may live across that; every access here is a bounds-checked copy.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The engine maps whole pages of this size.
pub const PAGE: usize = 4096;

struct Pages {
    ptr: *mut u8,
    layout: Layout,
    /// The range written through handles, not by the engine, since the last copy.
    written: Cell<Option<(usize, usize)>>,
    /// The last copy made or restored: the next shares its unchanged pages.
    copied: RefCell<Option<MemoryCopy>>,
}

/// The contents of a [`Memory`] at some moment. Copies share the pages that did not change between them.
#[derive(Clone)]
pub struct MemoryCopy {
    pages: Rc<[Rc<[u8; PAGE]>]>,
}

impl MemoryCopy {
    /// The pages, each with an address that identifies it among all copies.
    pub fn pages(&self) -> impl Iterator<Item = usize> {
        self.pages.iter().map(|page| Rc::as_ptr(page) as usize)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: `ptr` came from `alloc_zeroed` with this very layout and is freed only here.
        unsafe { dealloc(self.ptr, self.layout) }
    }
}

/// A block of guest memory; a clone is another handle to the same bytes.
#[derive(Clone)]
pub struct Memory {
    pages: Rc<Pages>,
    len: usize,
}

impl Memory {
    /// Zeroed memory of `len` bytes (rounded up to whole pages for the engine).
    pub fn new(len: usize) -> Memory {
        let size = len.next_multiple_of(PAGE).max(PAGE);
        let layout = Layout::from_size_align(size, PAGE).expect("guest memory below 2 GiB");
        // SAFETY: the layout has a non-zero size.
        let ptr = unsafe { alloc_zeroed(layout) };
        if ptr.is_null() {
            handle_alloc_error(layout);
        }
        let (written, copied) = (Cell::new(None), RefCell::new(None));
        Memory { pages: Rc::new(Pages { ptr, layout, written, copied }), len }
    }

    /// Length in bytes.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The whole pages behind the memory, for the engine.
    pub(super) fn host(&self) -> (*mut u8, usize) {
        (self.pages.ptr, self.pages.layout.size())
    }

    /// Copies `into.len()` bytes from `offset`; false (and nothing copied) when out of range.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> bool {
        if offset.checked_add(into.len()).is_none_or(|end| end > self.len) {
            return false;
        }
        // SAFETY: the range lies inside the allocation (checked above), and `into` cannot overlap
        // it because no reference to guest memory is ever made.
        unsafe { self.pages.ptr.add(offset).copy_to_nonoverlapping(into.as_mut_ptr(), into.len()) }
        true
    }

    /// Copies `from` to `offset`; false (and nothing copied) when out of range.
    pub fn write(&self, offset: usize, from: &[u8]) -> bool {
        if offset.checked_add(from.len()).is_none_or(|end| end > self.len) {
            return false;
        }
        // SAFETY: as in `read`.
        unsafe { self.pages.ptr.add(offset).copy_from_nonoverlapping(from.as_ptr(), from.len()) }
        self.note(offset, from.len());
        true
    }

    /// Fills a range; false (and nothing written) when out of range.
    pub fn fill(&self, offset: usize, len: usize, byte: u8) -> bool {
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return false;
        }
        // SAFETY: the range lies inside the allocation.
        unsafe { self.pages.ptr.add(offset).write_bytes(byte, len) }
        self.note(offset, len);
        true
    }

    fn note(&self, offset: usize, len: usize) {
        let (start, end) = self.pages.written.get().unwrap_or((offset, offset + len));
        self.pages.written.set(Some((start.min(offset), end.max(offset + len))));
    }

    /// A copy of everything, sharing with the last copy what did not change since.
    pub fn copy(&self) -> MemoryCopy {
        self.copy_range(0, self.pages.layout.size() / PAGE)
    }

    /// As [`Memory::copy`] for memory that the guest cannot write: looks only at what handles wrote.
    pub fn copy_written(&self) -> MemoryCopy {
        let (start, end) = self.pages.written.get().unwrap_or((0, 0));
        self.copy_range(start / PAGE, end.div_ceil(PAGE))
    }

    fn copy_range(&self, from: usize, to: usize) -> MemoryCopy {
        let mut copied = self.pages.copied.borrow_mut();
        let pages = match &*copied {
            None => {
                let erased = Rc::new([0xFF; PAGE]);
                (0..self.pages.layout.size() / PAGE).map(|n| self.page(n, &erased)).collect()
            }
            Some(last) if (from..to).all(|n| self.same(n, &last.pages[n])) => last.pages.clone(),
            Some(last) => {
                let page =
                    |(n, page)| if (from..to).contains(&n) { self.page(n, page) } else { page.clone() };
                last.pages.iter().enumerate().map(page).collect()
            }
        };
        self.pages.written.set(None);
        copied.insert(MemoryCopy { pages }).clone()
    }

    fn page(&self, n: usize, like: &Rc<[u8; PAGE]>) -> Rc<[u8; PAGE]> {
        if self.same(n, like) {
            return like.clone();
        }
        let mut page = [0; PAGE];
        // SAFETY: page `n` lies inside the allocation, which is whole pages; no reference to it is made.
        unsafe { self.pages.ptr.add(n * PAGE).copy_to_nonoverlapping(page.as_mut_ptr(), PAGE) };
        Rc::new(page)
    }

    fn same(&self, n: usize, page: &[u8; PAGE]) -> bool {
        // SAFETY: page `n` lies inside the allocation. The reference ends here, and meanwhile neither the engine
        // runs nor does any handle write: this is the only thread that has either.
        let present = unsafe { std::slice::from_raw_parts(self.pages.ptr.add(n * PAGE), PAGE) };
        present == page
    }

    /// Puts the contents of a copy of this memory back, and calls `changed` with the range of each page that
    /// differed.
    pub fn restore(&self, copy: &MemoryCopy, mut changed: impl FnMut(usize, usize)) {
        for (n, page) in copy.pages.iter().enumerate() {
            if !self.same(n, page) {
                // SAFETY: page `n` lies inside the allocation: a copy has as many pages as its memory.
                unsafe { self.pages.ptr.add(n * PAGE).copy_from_nonoverlapping(page.as_ptr(), PAGE) };
                changed(n * PAGE, ((n + 1) * PAGE).min(self.len));
            }
        }
        self.pages.written.set(None);
        *self.pages.copied.borrow_mut() = Some(copy.clone());
    }

    /// The byte at `offset`, zero when out of range.
    pub fn read_u8(&self, offset: usize) -> u8 {
        let mut b = [0];
        self.read(offset, &mut b);
        b[0]
    }

    /// The little-endian halfword at `offset`, zero when out of range.
    pub fn read_u16(&self, offset: usize) -> u16 {
        let mut b = [0; 2];
        self.read(offset, &mut b);
        u16::from_le_bytes(b)
    }

    /// The little-endian word at `offset`, zero when out of range.
    pub fn read_u32(&self, offset: usize) -> u32 {
        let mut b = [0; 4];
        self.read(offset, &mut b);
        u32::from_le_bytes(b)
    }

    /// Writes a little-endian word; out of range is ignored.
    pub fn write_u32(&self, offset: usize, value: u32) {
        self.write(offset, &value.to_le_bytes());
    }

    /// A copy of `len` bytes from `offset`, shortened at the end of the memory.
    pub fn to_vec(&self, offset: usize, len: usize) -> Vec<u8> {
        let start = offset.min(self.len);
        let mut bytes = vec![0; len.min(self.len - start)];
        self.read(start, &mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_stay_in_range() {
        let memory = Memory::new(6);
        assert!(memory.write(2, &[1, 2, 3, 4]));
        assert!(!memory.write(3, &[1, 2, 3, 4]));
        assert!(!memory.read(usize::MAX, &mut [0; 2]));
        assert_eq!(memory.read_u32(2), 0x0403_0201);
        assert_eq!(memory.read_u32(4), 0);
        assert_eq!(memory.to_vec(4, 100), [3, 4]);
    }

    #[test]
    fn copies_share_what_did_not_change() {
        let memory = Memory::new(4 * PAGE);
        memory.write(0, &[1]);
        let first = memory.copy();
        memory.write(2 * PAGE + 5, &[2]);
        let second = memory.copy_written();
        let differ: Vec<_> = first.pages().zip(second.pages()).map(|(a, b)| a != b).collect();
        assert_eq!(differ, [false, false, true, false]);
        assert!(first.pages().eq(first.clone().pages()) && second.pages().eq(memory.copy().pages()));
        let mut changed = Vec::new();
        memory.restore(&first, |start, end| changed.push((start, end)));
        assert_eq!(changed, [(2 * PAGE, 3 * PAGE)]);
        assert_eq!(memory.to_vec(2 * PAGE + 5, 1), [0]);
        assert!(memory.copy_written().pages().eq(first.pages()));
        memory.restore(&second, |_, _| {});
        assert_eq!((memory.read_u8(0), memory.read_u8(2 * PAGE + 5)), (1, 2));
    }

    #[test]
    fn a_clone_shares_the_bytes() {
        let memory = Memory::new(16);
        let other = memory.clone();
        other.write_u32(0, 7);
        assert_eq!(memory.read_u32(0), 7);
    }
}
