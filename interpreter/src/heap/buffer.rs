//! Buffers: the part of an object that does not fit its cell.
//!
//! A cell with the flag `F_BUF` owns one buffer; its word 1 is the buffer's address. A buffer's contents are raw
//! bytes, or begin with `word 2` values (`F_BUFVALS`).

use super::arena::{FIXED, FREE, HEAD, OWNED, round8};
use super::cell::F_BUF;
use super::{Heap, NoMemory};
use crate::value::Val;

/// May a buffer move?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// Yes: it is addressed through its owner only.
    Movable,
    /// No: something points into it (bytecode).
    Fixed,
}

/// Bytes of buffers allocated since the last collection that may lie below code.
const GARBAGE: u32 = 8 << 10;
/// Buffers below this many bytes are allocated without asking further whether they could be too long.
const SHORT: usize = 1 << 16;

impl Heap {
    /// Gives `cell` a buffer of at least `bytes` bytes. The cell must have none and must be reachable (a cell just
    /// allocated is), with 0 in word 2 if it has `F_BUFVALS`. The contents are undefined.
    pub fn alloc_buffer(&mut self, cell: Val, bytes: usize, how: Move) -> Result<(), NoMemory> {
        debug_assert!(!self.flag(cell, F_BUF));
        let block = self.alloc_block(cell, bytes, how)?;
        self.set_w(cell, 1, block + HEAD);
        self.set_flag(cell, F_BUF, true);
        Ok(())
    }

    /// A new cell with a buffer of at least `bytes` bytes, which may move. Words 2 and 3 are 0, the buffer's contents
    /// are undefined.
    #[inline]
    pub fn alloc_with_buffer(&mut self, head: u32, bytes: usize) -> Result<Val, NoMemory> {
        let r = self.region;
        // A locked heap has no free cells in the list, nor has one under stress.
        if bytes < SHORT && self.free != 0 && self.temp_len != self.temp_cap {
            let size = round8(bytes as u32) + HEAD;
            let block = r.top();
            if r.cells_low() - block >= size + r.reserve() && size <= self.budget {
                r.set_top(block + size);
                self.budget -= size;
                let cell = self.alloc_cell(head | F_BUF, block + HEAD, 0, 0)?;
                r.set_block(block, size, OWNED, cell.bits());
                return Ok(cell);
            }
        }
        self.alloc_with_buffer_slowly(head, bytes)
    }

    #[inline(never)]
    fn alloc_with_buffer_slowly(&mut self, head: u32, bytes: usize) -> Result<Val, NoMemory> {
        let cell = self.alloc_cell(head, 0, 0, 0)?;
        self.alloc_buffer(cell, bytes, Move::Movable)?;
        Ok(cell)
    }

    /// Makes `cell`'s buffer hold at least `bytes` bytes, or less if that is what is asked for, keeping what fits.
    /// A cell without a buffer gets one. A fixed buffer stays fixed but may be replaced by another.
    pub fn resize_buffer(&mut self, cell: Val, bytes: usize) -> Result<(), NoMemory> {
        if !self.flag(cell, F_BUF) {
            return self.alloc_buffer(cell, bytes, Move::Movable);
        }
        let Some(need) = block_size(bytes) else { return Err(NoMemory) };
        let r = self.region;
        let block = self.w(cell, 1) - HEAD;
        let (have, state) = r.block(block);
        if need <= have {
            if have - need >= HEAD {
                r.set_block(block, need, state, cell.bits());
                if block + have == r.top() {
                    r.set_top(block + need);
                } else {
                    r.add_hole(block + need, have - need);
                }
            }
            return Ok(());
        }
        if self.locked {
            return Err(NoMemory);
        }
        if !self.stress() && block + have == r.top() && r.bump(need - have, r.reserve()).is_some() {
            r.set_block(block, need, state, cell.bits());
            return Ok(());
        }
        let how = if state == FIXED { Move::Fixed } else { Move::Movable };
        // The new block is not yet known to the cell: if this collects, only the old one moves.
        let new = self.alloc_block(cell, bytes, how)?;
        let old = self.w(cell, 1) - HEAD;
        // A collection may have trimmed it.
        let (have, _) = r.block(old);
        // SAFETY: both blocks are in the arena and do not overlap; `have - HEAD` bytes fit the larger one.
        unsafe {
            let n = ((have - HEAD) / 4) as usize;
            core::ptr::copy_nonoverlapping(self.at(old + HEAD), self.at(new + HEAD), n);
        }
        self.set_w(cell, 1, new + HEAD);
        r.free_block(old);
        Ok(())
    }

    /// Makes `cell`'s buffer hold `need` bytes, and `roomy` bytes if they are to be had: for what grows again and
    /// again. When memory is short the room shrinks step by step, so that the last bytes do not cost a collection
    /// each.
    #[inline(never)]
    pub fn grow_buffer(&mut self, cell: Val, need: usize, roomy: usize) -> Result<(), NoMemory> {
        if self.locked {
            return Err(NoMemory);
        }
        if self.stress() || !self.flag(cell, F_BUF) {
            return self.resize_buffer(cell, roomy).or_else(|_| self.resize_buffer(cell, need));
        }
        if self.grow_in_place(cell, need, roomy) {
            return Ok(());
        }
        let (Some(size), Some(_)) = (block_size(roomy), block_size(need)) else { return Err(NoMemory) };
        let r = self.region;
        if r.cells_low() - r.top() < size.saturating_add(r.reserve()) {
            self.collect_with(cell);
            // It may have become the last block.
            if self.grow_in_place(cell, need, roomy) {
                return Ok(());
            }
        }
        let less = need.saturating_add(need / 16);
        self.resize_buffer(cell, roomy).or_else(|_| self.resize_buffer(cell, less.min(roomy)))
    }

    /// Lengthens the last buffer before the gap: to `roomy` bytes, or at least by half of what the gap has.
    fn grow_in_place(&mut self, cell: Val, need: usize, roomy: usize) -> bool {
        let (Some(need), Some(roomy)) = (block_size(need), block_size(roomy)) else { return false };
        let r = self.region;
        let block = self.w(cell, 1) - HEAD;
        let (have, state) = r.block(block);
        if block + have != r.top() || roomy <= have {
            return false;
        }
        let room = have + (r.cells_low() - r.top()).saturating_sub(r.reserve());
        if room < need {
            return false;
        }
        let size = if room >= roomy { roomy } else { need + (((room - need) / 2) & !7) };
        r.set_top(block + size);
        r.set_block(block, size, state, cell.bits());
        true
    }

    /// Takes `cell`'s buffer away and frees it. Word 1 becomes 0.
    pub fn free_buffer(&mut self, cell: Val) {
        if self.flag(cell, F_BUF) {
            self.region.free_block(self.w(cell, 1) - HEAD);
            self.set_flag(cell, F_BUF, false);
            self.set_w(cell, 1, 0);
        }
    }

    /// Exchanges the buffers (and words 1, 2 and 3, and the flags) of two cells of one kind.
    pub fn swap_contents(&mut self, a: Val, b: Val) {
        for i in 0..4 {
            let (x, y) = (self.w(a, i), self.w(b, i));
            self.set_w(a, i, y);
            self.set_w(b, i, x);
        }
        for cell in [a, b] {
            if self.flag(cell, F_BUF) {
                let block = self.w(cell, 1) - HEAD;
                let (size, state) = self.region.block(block);
                self.region.set_block(block, size, state, cell.bits());
            }
        }
    }

    /// Bytes that `cell`'s buffer can hold; 0 without one.
    #[inline]
    pub fn buf_cap(&self, cell: Val) -> usize {
        if self.flag(cell, F_BUF) { (self.region.block(self.w(cell, 1) - HEAD).0 - HEAD) as usize } else { 0 }
    }

    /// The address of `cell`'s buffer, for the VM's own unsafe code. It may move at any allocation unless fixed.
    #[inline(always)]
    pub fn buf_ptr(&self, cell: Val) -> *mut u8 {
        debug_assert!(self.flag(cell, F_BUF));
        self.at(self.w(cell, 1)).cast::<u8>()
    }

    /// The whole buffer as bytes; empty without one.
    #[inline]
    pub fn buf(&self, cell: Val) -> &[u8] {
        let n = self.buf_cap(cell);
        if n == 0 {
            return &[];
        }
        // SAFETY: the buffer has `n` bytes, all initialised (the arena is); `&self` keeps it in place.
        unsafe { core::slice::from_raw_parts(self.buf_ptr(cell), n) }
    }
    /// The whole buffer as bytes, to write.
    #[inline]
    pub fn buf_mut(&mut self, cell: Val) -> &mut [u8] {
        let n = self.buf_cap(cell);
        if n == 0 {
            return &mut [];
        }
        // SAFETY: as in `buf`; `&mut self` makes it the only reference.
        unsafe { core::slice::from_raw_parts_mut(self.buf_ptr(cell), n) }
    }
    /// The first `n` words of the buffer as values (at most as many as there are).
    #[inline]
    pub fn buf_vals(&self, cell: Val, n: usize) -> &[Val] {
        let n = n.min(self.buf_cap(cell) / 4);
        if n == 0 {
            return &[];
        }
        // SAFETY: as in `buf`; buffers are aligned to 8 and any bits are a `Val`.
        unsafe { core::slice::from_raw_parts(self.buf_ptr(cell).cast::<Val>(), n) }
    }
    /// The first `n` words of the buffer as values, to write.
    #[inline]
    pub fn buf_vals_mut(&mut self, cell: Val, n: usize) -> &mut [Val] {
        let n = n.min(self.buf_cap(cell) / 4);
        if n == 0 {
            return &mut [];
        }
        // SAFETY: as in `buf_vals`; `&mut self` makes it the only reference.
        unsafe { core::slice::from_raw_parts_mut(self.buf_ptr(cell).cast::<Val>(), n) }
    }

    /// Is this pointer that of a cell? What lies on the stack besides values may look like one.
    pub fn is_cell(&self, v: Val) -> bool {
        let r = self.region;
        let below_end = r.end().wrapping_sub(v.bits());
        v.bits() >= r.cells_low() && v.bits() < r.end() && below_end.is_multiple_of(super::cell::CELL)
    }

    /// Collects unless `bytes` bytes are free in one piece; `Err` if they are not even then. For code about to use
    /// Rust's allocator on the chip.
    pub fn ensure_gap(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let fits = |h: &Heap| {
            let r = h.region;
            (r.cells_low() - r.top()) as usize >= bytes.saturating_add(r.reserve() as usize)
        };
        if !fits(self) {
            self.collect();
        }
        if fits(self) { Ok(()) } else { Err(NoMemory) }
    }

    /// Before code is made, which takes `bytes` bytes of Rust's allocator: as [`Heap::ensure_gap`], if that is possible.
    /// And code does not move as long as it runs: much garbage below it would become a part of the free memory by itself,
    /// parted by the code from the rest.
    pub fn make_way_for_code(&mut self, bytes: usize) {
        if self.region.top().saturating_sub(self.settled) > GARBAGE {
            self.collect();
        }
        let _ = self.ensure_gap(bytes);
    }

    fn alloc_block(&mut self, owner: Val, bytes: usize, how: Move) -> Result<u32, NoMemory> {
        let Some(size) = block_size(bytes) else { return Err(NoMemory) };
        if self.locked {
            return Err(NoMemory);
        }
        let r = self.region;
        if self.stress() || size > self.budget {
            self.collect_with(owner);
        }
        self.budget = self.budget.saturating_sub(size);
        let mut block = None;
        if how == Move::Fixed {
            // What will not move is best where it does not part the gap.
            block = r.take_hole(size);
        }
        if block.is_none() {
            block = r.bump(size, r.reserve());
        }
        if block.is_none() {
            self.collect_with(owner);
            block = r.bump(size, r.reserve()).or_else(|| r.take_hole(size));
        }
        let block = block.ok_or(NoMemory)?;
        r.set_block(block, size, if how == Move::Fixed { FIXED } else { OWNED }, owner.bits());
        debug_assert!(r.block(block).1 != FREE);
        Ok(block)
    }

    /// Collects; `cell` survives even if nothing refers to it.
    fn collect_with(&mut self, cell: Val) {
        if self.temp_len < self.temp_cap {
            let mark = self.mark_temps();
            let _ = self.keep(cell);
            self.collect();
            self.release_temps(mark);
        } else {
            self.collect();
        }
    }
}

/// Size of the block for a buffer of `bytes` bytes.
fn block_size(bytes: usize) -> Option<u32> {
    if bytes > 0x3fff_ffff { None } else { Some(round8(bytes as u32) + HEAD) }
}
