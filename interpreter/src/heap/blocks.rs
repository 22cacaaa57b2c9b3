//! Pinned blocks: memory of the arena for Rust's own allocations on the chip.
//!
//! The firmware's `#[global_allocator]` delegates here, so that a `Box` and a Python list share one memory. These
//! blocks never move and nothing here collects or moves anything: it may be called while a `Heap` is borrowed.
//! When the gap is used up, small requests take from the arena's reserve and raise [`Blocks::emergency`];
//! the VM turns that into MemoryError at its next safe point. On the host Rust's allocator is the system's and
//! this is used by the `Heap` alone, for its stack and its log.

use super::arena::{FREE, HEAD, PINNED, Region, round8};

/// Largest request that may be served from the reserve, in bytes: paths, names and messages are shorter.
pub const RESERVE_LIMIT: usize = 768;

/// Set in the epoch while allocations are marked; else they carry the number of an epoch that is over.
const EPOCH_ON: u32 = 1 << 31;

/// The allocator's handle on an arena. `Copy`; all copies are the same arena.
#[derive(Clone, Copy)]
pub struct Blocks(pub(super) Region);

// SAFETY: the firmware is single-threaded and allocates outside of interrupts; the handle itself is a number.
unsafe impl Send for Blocks {}
// SAFETY: as above.
unsafe impl Sync for Blocks {}

impl Blocks {
    /// Lays out an arena in `[mem, mem + len)`; `reserve` bytes are kept for emergencies.
    /// `None` if the region is smaller than 1 KiB or not aligned to 16.
    ///
    /// # Safety
    /// The region is valid for reads and writes and used by nothing else from now on.
    pub unsafe fn create(mem: *mut u8, len: usize, reserve: u32) -> Option<Blocks> {
        // SAFETY: passed on to the caller.
        unsafe { Region::create(mem, len, reserve) }.map(Blocks)
    }

    /// Allocates `size` bytes aligned to `align` (a power of two); null if there is no room.
    pub fn alloc(self, size: usize, align: usize) -> *mut u8 {
        let extra = if align > 8 { align } else { 0 };
        let Ok(size32) = u32::try_from(size + extra) else { return core::ptr::null_mut() };
        if size32 > 0x4000_0000 {
            return core::ptr::null_mut();
        }
        let need = round8(size32) + HEAD;
        let Some(block) = self.find(need, size) else { return core::ptr::null_mut() };
        let mut start = block;
        let mut bytes = need;
        if extra != 0 {
            // The part before the aligned address becomes a hole of its own.
            let data = self.0.at(block + HEAD) as usize;
            let skip = (data.next_multiple_of(align) - data) as u32;
            if skip > 0 {
                self.0.set_block(block + skip, need - skip, PINNED, 0);
                self.0.add_hole(block, skip);
                start += skip;
                bytes -= skip;
            }
        }
        self.0.set_block(start, bytes, PINNED, self.0.epoch());
        self.0.add_pinned(bytes as i32);
        self.0.at(start + HEAD).cast::<u8>()
    }

    /// Gives back what `alloc` returned.
    ///
    /// # Safety
    /// `p` came from `alloc` of the same arena and was not freed since.
    pub unsafe fn free(self, p: *mut u8) {
        let block = self.0.addr(p) - HEAD;
        let (size, state) = self.0.block(block);
        debug_assert!(state == PINNED && state != FREE);
        self.0.add_pinned(-(size as i32));
        self.0.free_block(block);
    }

    /// Begins to mark allocations, so that those of a computation that is given up can be freed together.
    pub fn begin_epoch(self) {
        // The numbers are not used again, so that what outlives its epoch is safe from later ones. They
        // wrap after 2^31 computations.
        self.0.set_epoch((self.0.epoch() & !EPOCH_ON).wrapping_add(1) & !EPOCH_ON | EPOCH_ON);
    }

    /// Ends the marking; what was allocated stays.
    pub fn end_epoch(self) {
        self.0.set_epoch(self.0.epoch() & !EPOCH_ON);
    }

    /// Ends the marking and frees what was allocated since it began.
    ///
    /// # Safety
    /// Nobody refers to any of it any more.
    pub unsafe fn drop_epoch(self) {
        let (r, epoch) = (self.0, self.0.epoch());
        let mut block = r.low();
        while block < r.top() {
            let (size, state) = r.block(block);
            if state == PINNED && r.owner(block) == epoch {
                r.add_pinned(-(size as i32));
                r.set_block(block, size, FREE, 0);
            }
            block += size;
        }
        r.coalesce();
        self.end_epoch();
    }

    /// Bytes that a block returned by `alloc` can hold.
    ///
    /// # Safety
    /// As for `free`.
    pub unsafe fn usable(self, p: *mut u8) -> usize {
        (self.0.block(self.0.addr(p) - HEAD).0 - HEAD) as usize
    }

    /// Was the reserve touched since the last collection that could restore it?
    pub fn emergency(self) -> bool {
        self.0.emergency()
    }

    /// Bytes in use by pinned blocks, headers included.
    pub fn bytes(self) -> usize {
        self.0.pinned_bytes() as usize
    }

    fn find(self, need: u32, size: usize) -> Option<u32> {
        let r = self.0;
        if let Some(b) = r.take_hole(need).or_else(|| r.bump(need, r.reserve())) {
            return Some(b);
        }
        r.coalesce();
        if let Some(b) = r.take_hole(need).or_else(|| r.bump(need, r.reserve())) {
            return Some(b);
        }
        if size > RESERVE_LIMIT {
            return None;
        }
        let b = r.bump(need, 0)?;
        r.set_emergency(true);
        Some(b)
    }
}
