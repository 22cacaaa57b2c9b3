//! The one block of memory that everything lives in.
//!
//! ```text
//! [Arena][buffers and pinned blocks →        gap        ← cells]
//!         low                    top              cells_low    end
//! ```
//!
//! Buffers are bump-allocated at `top`. Every block has a header of 8 bytes (size with its state in the low 3
//! bits; owner's address, or the next hole), so the area can be walked. A collection slides owned buffers
//! together; holes remain only between blocks that may not move, and are kept in lists by size.
//!
//! The bookkeeping lies at the start of the arena and is only touched through raw pointers, because on the chip
//! the global allocator (`blocks`) uses it while a `Heap` is borrowed.
//!
//! Addresses are those of `Val` pointers: absolute on 32-bit targets, from the arena's start elsewhere.

/// A block that nothing uses.
pub(super) const FREE: u32 = 0;
/// A buffer with an owner cell; it may move.
pub(super) const OWNED: u32 = 1;
/// A buffer with an owner cell that may not move.
pub(super) const FIXED: u32 = 2;
/// A block without an owner that may not move.
pub(super) const PINNED: u32 = 3;

/// Bytes of a block's header.
pub(super) const HEAD: u32 = 8;
/// Holes of `8 * i` bytes are in list `i` (1..CLASSES), larger ones in list 0.
const CLASSES: usize = 17;

/// The bookkeeping at the start of the arena.
#[repr(C)]
pub(super) struct Arena {
    /// First block.
    pub low: u32,
    /// One past the last block.
    pub top: u32,
    /// Lowest cell.
    pub cells_low: u32,
    /// One past the highest cell.
    pub end: u32,
    /// Bytes of the gap that only marking and small pinned blocks may use.
    pub reserve: u32,
    /// Bytes in holes.
    pub hole_bytes: u32,
    /// Bytes in pinned blocks, headers included.
    pub pinned_bytes: u32,
    /// A pinned block had to be taken from the reserve: the VM should raise MemoryError soon.
    pub emergency: u32,
    /// Written into pinned blocks as they are allocated: see `Blocks::begin_epoch`.
    pub epoch: u32,
    holes: [u32; CLASSES],
}

/// A handle on the arena: all functions are on it so that no Rust reference to the arena itself exists.
#[derive(Clone, Copy)]
pub(super) struct Region(pub *mut Arena);

/// Rounds up to the blocks' granularity.
pub(super) const fn round8(n: u32) -> u32 {
    (n + 7) & !7
}

impl Region {
    /// Lays out an arena in `[mem, mem + len)`. `None` if it is too small to be of use.
    ///
    /// # Safety
    /// The region is valid for reads and writes, aligned to 16, and used by nothing else from now on.
    pub unsafe fn create(mem: *mut u8, len: usize, reserve: u32) -> Option<Region> {
        let len = len.min(0x7fff_fff0) & !15;
        let first = round8(size_of::<Arena>() as u32);
        if len < 1024 || !(mem as usize).is_multiple_of(16) {
            return None;
        }
        let start = if cfg!(target_pointer_width = "32") { mem as usize as u32 } else { 0 };
        let end = start + len as u32;
        let arena = Arena {
            low: start + first,
            top: start + first,
            cells_low: end,
            end,
            reserve: round8(reserve),
            hole_bytes: 0,
            pinned_bytes: 0,
            emergency: 0,
            epoch: 0,
            holes: [0; CLASSES],
        };
        let p = mem.cast::<Arena>();
        // SAFETY: the region is big enough, aligned and ours.
        unsafe { p.write(arena) };
        Some(Region(p))
    }

    /// The memory at an address.
    #[inline(always)]
    pub fn at(self, addr: u32) -> *mut u32 {
        #[cfg(target_pointer_width = "32")]
        {
            core::ptr::with_exposed_provenance_mut(addr as usize)
        }
        #[cfg(not(target_pointer_width = "32"))]
        {
            self.0.cast::<u8>().wrapping_add(addr as usize).cast::<u32>()
        }
    }

    /// The address of a pointer into the arena.
    #[inline(always)]
    pub fn addr(self, p: *const u8) -> u32 {
        #[cfg(target_pointer_width = "32")]
        {
            p as usize as u32
        }
        #[cfg(not(target_pointer_width = "32"))]
        {
            (p as usize - self.0 as usize) as u32
        }
    }

    // The fields, read and written one at a time through the raw pointer.
    #[inline(always)]
    pub fn low(self) -> u32 {
        // SAFETY: `self.0` points to the arena's bookkeeping for the arena's whole life (all functions below).
        unsafe { (*self.0).low }
    }
    #[inline(always)]
    pub fn top(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).top }
    }
    #[inline(always)]
    pub fn set_top(self, top: u32) {
        // SAFETY: see `low`.
        unsafe { (*self.0).top = top }
    }
    #[inline(always)]
    pub fn cells_low(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).cells_low }
    }
    #[inline(always)]
    pub fn set_cells_low(self, addr: u32) {
        // SAFETY: see `low`.
        unsafe { (*self.0).cells_low = addr }
    }
    #[inline(always)]
    pub fn end(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).end }
    }
    #[inline(always)]
    pub fn reserve(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).reserve }
    }
    pub fn hole_bytes(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).hole_bytes }
    }
    pub fn pinned_bytes(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).pinned_bytes }
    }
    pub fn add_pinned(self, bytes: i32) {
        // SAFETY: see `low`.
        unsafe { (*self.0).pinned_bytes = (*self.0).pinned_bytes.wrapping_add_signed(bytes) }
    }
    pub fn emergency(self) -> bool {
        // SAFETY: see `low`.
        unsafe { (*self.0).emergency != 0 }
    }
    pub fn epoch(self) -> u32 {
        // SAFETY: see `low`.
        unsafe { (*self.0).epoch }
    }
    pub fn set_epoch(self, epoch: u32) {
        // SAFETY: see `low`.
        unsafe { (*self.0).epoch = epoch }
    }
    pub fn set_emergency(self, on: bool) {
        // SAFETY: see `low`.
        unsafe { (*self.0).emergency = u32::from(on) }
    }

    /// Size (header included) and state of the block at `addr`.
    #[inline(always)]
    pub fn block(self, addr: u32) -> (u32, u32) {
        debug_assert!(addr >= self.low() && addr < self.top() && addr & 7 == 0);
        // SAFETY: blocks lie one after another from `low` to `top`, each starting with its header.
        let word = unsafe { self.at(addr).read() };
        (word & !7, word & 7)
    }
    /// Writes a block's header.
    #[inline(always)]
    pub fn set_block(self, addr: u32, size: u32, state: u32, owner: u32) {
        debug_assert!(size >= HEAD && size & 7 == 0);
        // SAFETY: as in `block`; the caller owns `[addr, addr + size)`.
        unsafe {
            self.at(addr).write(size | state);
            self.at(addr).add(1).write(owner);
        }
    }
    /// The owner of a block (or the next hole, if it is free).
    #[inline(always)]
    pub fn owner(self, addr: u32) -> u32 {
        // SAFETY: as in `block`.
        unsafe { self.at(addr).add(1).read() }
    }

    /// Takes `size` bytes (header included) at the top, leaving `keep` bytes of the gap.
    #[inline]
    pub fn bump(self, size: u32, keep: u32) -> Option<u32> {
        let top = self.top();
        if self.cells_low() - top < size.checked_add(keep)? {
            return None;
        }
        self.set_top(top + size);
        Some(top)
    }

    /// Takes a block of exactly `size` bytes out of the holes; the caller writes its header.
    pub fn take_hole(self, size: u32) -> Option<u32> {
        if self.hole_bytes() < size {
            return None;
        }
        let class = (size / 8) as usize;
        for i in class.max(1)..CLASSES {
            let hole = self.hole_head(i);
            if hole != 0 {
                self.set_hole_head(i, self.owner(hole));
                return Some(self.split(hole, size));
            }
        }
        let mut before = 0;
        let mut hole = self.hole_head(0);
        while hole != 0 {
            let next = self.owner(hole);
            if self.block(hole).0 >= size {
                if before == 0 {
                    self.set_hole_head(0, next);
                } else {
                    // SAFETY: `before` is a hole; its second word is the link.
                    unsafe { self.at(before).add(1).write(next) };
                }
                return Some(self.split(hole, size));
            }
            before = hole;
            hole = next;
        }
        None
    }

    /// Uses the first `size` bytes of a hole that is in no list any more; the rest becomes a hole.
    fn split(self, hole: u32, size: u32) -> u32 {
        let (have, state) = self.block(hole);
        debug_assert!(state == FREE && have >= size);
        self.change_hole_bytes(-(have as i32));
        if have > size {
            self.add_hole(hole + size, have - size);
        }
        hole
    }

    /// Makes `[addr, addr + size)` a hole.
    pub fn add_hole(self, addr: u32, size: u32) {
        let class = (size / 8) as usize;
        let class = if class < CLASSES { class } else { 0 };
        self.set_block(addr, size, FREE, self.hole_head(class));
        self.set_hole_head(class, addr);
        self.change_hole_bytes(size as i32);
    }

    /// Gives a block back: to the gap if it is the last one, else to the holes.
    pub fn free_block(self, addr: u32) {
        let (size, _) = self.block(addr);
        if addr + size == self.top() {
            self.set_top(addr);
        } else {
            self.add_hole(addr, size);
        }
    }

    /// Forgets all holes; the caller walks the blocks and adds them anew.
    pub fn clear_holes(self) {
        // SAFETY: see `low`.
        unsafe {
            (*self.0).holes = [0; CLASSES];
            (*self.0).hole_bytes = 0;
        }
    }

    /// Merges neighbouring holes and gives the last one back to the gap. Moves nothing.
    pub fn coalesce(self) {
        self.clear_holes();
        let mut p = self.low();
        while p < self.top() {
            let (size, state) = self.block(p);
            let mut next = p + size;
            if state == FREE {
                while next < self.top() && self.block(next).1 == FREE {
                    next += self.block(next).0;
                }
                if next == self.top() {
                    self.set_top(p);
                    return;
                }
                self.add_hole(p, next - p);
            }
            p = next;
        }
    }

    fn hole_head(self, class: usize) -> u32 {
        // SAFETY: see `low`; `class < CLASSES` is checked by the indexing.
        unsafe { (&raw const (*self.0).holes[class]).read() }
    }
    fn set_hole_head(self, class: usize, addr: u32) {
        // SAFETY: as in `hole_head`.
        unsafe { (&raw mut (*self.0).holes[class]).write(addr) }
    }
    fn change_hole_bytes(self, by: i32) {
        // SAFETY: see `low`.
        unsafe { (*self.0).hole_bytes = (*self.0).hole_bytes.wrapping_add_signed(by) }
    }
}
