//! Guest memory that the engine and the peripherals share.
//!
//! The engine reads and writes it through a raw pointer while it runs, so no Rust reference to
//! its bytes may live across that; every access here is a bounds-checked copy.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::rc::Rc;

/// The engine maps whole pages of this size.
pub const PAGE: usize = 4096;

struct Pages {
    ptr: *mut u8,
    layout: Layout,
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
        Memory { pages: Rc::new(Pages { ptr, layout }), len }
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
        true
    }

    /// Fills a range; false (and nothing written) when out of range.
    pub fn fill(&self, offset: usize, len: usize, byte: u8) -> bool {
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return false;
        }
        // SAFETY: the range lies inside the allocation.
        unsafe { self.pages.ptr.add(offset).write_bytes(byte, len) }
        true
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
    fn a_clone_shares_the_bytes() {
        let memory = Memory::new(16);
        let other = memory.clone();
        other.write_u32(0, 7);
        assert_eq!(memory.read_u32(0), 7);
    }
}
