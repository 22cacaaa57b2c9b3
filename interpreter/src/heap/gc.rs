//! Collection: mark, compact the buffers, sweep the cells.
//!
//! Marking uses the gap between buffers and cells as its stack; when that is full the cell stays marked but
//! unscanned, and a pass over all cells finds it again. Sweeping links free cells so that those nearest to the
//! end are used first, and gives free cells at the border back to the gap.
//!
//! When Ctrl-C comes a collection stops: marking is undone, or what has not moved yet stays where it is. Whoever needs
//! memory then gets what the gap has, or none; [`Vm::exc`](crate::vm::Vm::exc) makes that KeyboardInterrupt.

use super::arena::{FIXED, FREE, OWNED, PINNED, round8};
use super::cell::{CELL, F_B, F_BUF, F_BUFVALS, F_MARK, F_SCAN, F_V1, F_V2, F_V3, Kind};
use super::{Heap, NoMemory, Root, TEMPS};
use crate::value::Val;

/// Cells taken from the gap at a time.
const RUN: u32 = 32;
/// The marking stack has at least this many entries.
const LOCAL_STACK: usize = 32;
/// Cells scanned between two looks at Ctrl-C.
const STEPS: usize = 64;

struct MarkStack {
    base: *mut u32,
    len: usize,
    cap: usize,
    overflow: bool,
    /// Cells lie from here on in so many bytes.
    low: u32,
    bytes: u32,
    /// Cells to scan until the next look at Ctrl-C.
    steps: usize,
    interrupted: bool,
}

impl Heap {
    /// Collects garbage and compacts.
    pub fn collect(&mut self) {
        self.collect_keeping(0, [0; 3]);
    }

    /// Is it the address of a cell (in use or not)? Any word may be asked about.
    #[inline(always)]
    pub(super) fn is_cell_addr(&self, addr: u32) -> bool {
        let end = self.region.end();
        addr >= self.region.cells_low() && addr < end && (end - addr) & (CELL - 1) == 0
    }

    /// Could these bits, read from bytes, be a value? A pointer that leads to no object is none.
    pub fn is_value(&self, v: Val) -> bool {
        // SAFETY: it is the address of a cell, whose header may be read.
        !v.is_null()
            && (!v.is_ptr() || self.is_cell_addr(v.bits()) && unsafe { self.at(v.bits()).read() } != 0)
    }

    /// Makes sure that one cell is free and the log has room. `head` and `words` are those of the cell to come:
    /// values among them survive.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&mut self, head: u32, words: [u32; 3]) -> Result<(), NoMemory> {
        if self.locked {
            return self.lend(head);
        }
        if self.temp_len == self.temp_cap {
            self.enlarge_temps(head, words)?;
        }
        if self.stress {
            self.collect_keeping(head, words);
            if self.free == 0 {
                self.carve(1);
            }
            if self.free != 0 {
                // Only one, so that the next allocation comes here again; the sweep finds the others.
                // SAFETY: `free` is a free cell.
                unsafe { self.at(self.free).add(1).write(0) };
            }
        } else if self.free == 0 {
            self.carve(RUN);
            if self.free == 0 {
                self.collect_keeping(head, words);
                if self.free == 0 {
                    self.carve(RUN);
                }
            }
        }
        if self.free == 0 { Err(NoMemory) } else { Ok(()) }
    }

    /// A cell while the heap is locked: only for what the official firmware keeps on its stack or in a reserve, so
    /// that code written to run without allocation does so here.
    fn lend(&mut self, head: u32) -> Result<(), NoMemory> {
        let kinds = [
            Kind::Iter,
            Kind::Slice,
            Kind::Super,
            Kind::BoundMethod,
            Kind::BoundNative,
            Kind::Exception,
            Kind::Traceback,
        ];
        if self.temp_len == self.temp_cap || !kinds.iter().any(|kind| *kind as u32 == head & 0xff) {
            return Err(NoMemory);
        }
        let cell = self.locked_free;
        if cell == 0 {
            self.carve(1);
            return if self.free == 0 { Err(NoMemory) } else { Ok(()) };
        }
        // SAFETY: `locked_free` is the head of a list of free cells, linked by word 1; the first one changes lists.
        unsafe {
            self.locked_free = self.at(cell).add(1).read();
            self.at(cell).add(1).write(0);
        }
        self.free = cell;
        Ok(())
    }

    /// Moves up to `n` cells from the gap to the list of free cells.
    fn carve(&mut self, n: u32) {
        let r = self.region;
        let floor = self.floor.max(r.top() + r.reserve());
        let n = n.min(r.cells_low().saturating_sub(floor) / CELL);
        let mut p = r.cells_low() - n * CELL;
        r.set_cells_low(p);
        for _ in 0..n {
            // SAFETY: the cell lies in what was the gap.
            unsafe {
                self.at(p).write(0);
                self.at(p).add(1).write(self.free);
            }
            self.free = p;
            p += CELL;
        }
    }

    pub(super) fn grow_temps(&mut self, keep: Val) -> Result<(), NoMemory> {
        self.enlarge_temps(F_V1, [keep.bits(), 0, 0])
    }

    /// Doubles the temp log.
    fn enlarge_temps(&mut self, head: u32, words: [u32; 3]) -> Result<(), NoMemory> {
        let cap = self.temp_cap * 2;
        let blocks = self.blocks();
        let mut new = blocks.alloc(cap * 4, 8).cast::<Val>();
        if new.is_null() {
            self.collect_keeping(head, words);
            new = blocks.alloc(cap * 4, 8).cast::<Val>();
            if new.is_null() {
                return Err(NoMemory);
            }
        }
        // SAFETY: both blocks are ours; the new one is twice as long; the old one came from `alloc`.
        unsafe {
            new.copy_from_nonoverlapping(self.temps, self.temp_len);
            blocks.free(self.temps.cast());
        }
        self.temps = new;
        self.temp_cap = cap;
        Ok(())
    }

    /// Gives a log that once was long back, so that its block does not stay in the buffers' way.
    fn shrink_temps(&mut self) {
        if self.temp_cap <= TEMPS || self.temp_len > TEMPS / 2 {
            return;
        }
        let blocks = self.blocks();
        // The old block goes first, so that the new one can take its place.
        let mut kept = [Val::NULL; TEMPS];
        for (i, slot) in kept.iter_mut().enumerate().take(self.temp_len) {
            // SAFETY: `i < temp_len`.
            *slot = unsafe { self.temps.add(i).read() };
        }
        // SAFETY: `temps` came from `alloc`.
        unsafe { blocks.free(self.temps.cast()) };
        let new = blocks.alloc(TEMPS * 4, 8).cast::<Val>();
        debug_assert!(!new.is_null(), "a block larger than this was just freed");
        // SAFETY: the block has room for TEMPS values.
        unsafe { new.copy_from_nonoverlapping(kept.as_ptr(), self.temp_len) };
        self.temps = new;
        self.temp_cap = TEMPS;
    }

    /// Collects once every so many bytes allocated, not only when memory runs out; 0 ends that.
    pub fn set_threshold(&mut self, bytes: u32) {
        self.threshold = if bytes == 0 { 0 } else { bytes.max(CELL) };
        self.collect();
    }

    /// Forgets the peak so far, so that [`Stats::peak`](super::Stats) tells of what comes.
    pub fn reset_peak(&mut self) {
        self.collect();
        self.peak = 0;
    }

    /// Leaves only as many cells in the list of free ones as may be used before the next collection; the
    /// next sweep finds the others.
    fn ration(&mut self, free: u32) {
        let all = self.free;
        let (mut p, mut left) = (all, self.threshold / CELL);
        while p != 0 && left > 1 {
            // SAFETY: `p` is a free cell, linked by its word 1.
            p = unsafe { self.at(p).add(1).read() };
            left -= 1;
        }
        if p != 0 {
            // SAFETY: as above.
            unsafe { self.at(p).add(1).write(0) };
            self.rationed = free.saturating_sub(self.threshold / CELL);
        }
    }

    fn collect_keeping(&mut self, head: u32, words: [u32; 3]) {
        if !self.mark(head, words) {
            self.unmark();
            // Until the next collection everything may be used.
            self.floor = 0;
            return;
        }
        self.collections += 1;
        let before = self.used();
        self.rationed = 0;
        self.forget_dead_classes();
        self.shrink_temps();
        // The stacks of other threads are not looked through.
        let code_moves = !self.code_stays && !self.root(Root::Threads).is_ptr();
        if code_moves {
            self.note_busy_code();
        }
        self.compact(code_moves);
        let free_cells = self.sweep();
        self.set_floor(free_cells);
        let r = self.region;
        if r.emergency() && r.cells_low() - r.top() >= 2 * r.reserve() {
            r.set_emergency(false);
        }
        let cells = (r.end() - r.cells_low()) / CELL - free_cells;
        let live = (cells * CELL + r.top() - r.low() - r.hole_bytes()) as usize;
        self.peak = self.peak.max(live);
        self.settled = r.top();
        self.freed = self.freed.wrapping_add(before.saturating_sub(live));
        self.budget = u32::MAX;
        if self.threshold != 0 && !self.locked && !self.stress {
            self.budget = self.threshold;
            self.ration(free_cells);
        }
    }

    /// Decides how far the cells may grow before the next collection: until free cells make up 7/16 of all free
    /// memory. The buffers always find the larger half in one piece.
    pub(super) fn set_floor(&mut self, free_cells: u32) {
        let r = self.region;
        let gap = u64::from((r.cells_low() - r.top()).saturating_sub(r.reserve()));
        let free = u64::from(free_cells * CELL);
        let most = if self.threshold == 0 { gap } else { u64::from(self.threshold).saturating_sub(free) };
        let growth = ((gap + free) * 7 / 16).saturating_sub(free).min(most).max(u64::from(CELL)).min(gap);
        self.floor = r.cells_low() - (growth as u32 & !(CELL - 1));
    }

    // ---- mark ----

    /// Marks what is reachable. False: it was given up because of Ctrl-C.
    fn mark(&mut self, head: u32, words: [u32; 3]) -> bool {
        let mut local = [0u32; LOCAL_STACK];
        let r = self.region;
        let gap = ((r.cells_low() - r.top()) / 4) as usize;
        let (base, cap) =
            if gap > LOCAL_STACK { (self.at(r.top()), gap) } else { (local.as_mut_ptr(), LOCAL_STACK) };
        let (low, bytes) = (r.cells_low(), r.end() - r.cells_low());
        let mut s =
            MarkStack { base, len: 0, cap, overflow: false, low, bytes, steps: 1, interrupted: false };
        for (flag, word) in [F_V1, F_V2, F_V3].into_iter().zip(words) {
            if head & flag != 0 {
                self.mark_word(word, &mut s);
            }
        }
        for i in 0..self.roots.len() {
            if i == Root::Classes as usize {
                // The list alone: what only it refers to goes.
                let list = self.roots[i];
                if !list.is_null() {
                    self.set_flag(list, F_MARK, true);
                }
                continue;
            }
            self.mark_word(self.roots[i].bits(), &mut s);
            self.drain(&mut s);
        }
        for i in 0..self.main_stack.2 {
            // SAFETY: at most the stack's length were in use when it was put away.
            self.mark_word(unsafe { self.main_stack.0.add(i).read() }.bits(), &mut s);
            self.drain(&mut s);
        }
        debug_assert!(self.sp() <= self.stack_len);
        for i in 0..self.sp().min(self.stack_len) {
            // SAFETY: `i` is below the stack's length.
            self.mark_word(unsafe { self.stack.add(i).read() }.bits(), &mut s);
            self.drain(&mut s);
        }
        for i in 0..self.temp_len {
            // SAFETY: `i` is below the log's length.
            self.mark_word(unsafe { self.temps.add(i).read() }.bits(), &mut s);
            self.drain(&mut s);
        }
        while s.overflow && !s.interrupted {
            s.overflow = false;
            let mut p = r.cells_low();
            while p < r.end() {
                // SAFETY: `p` is a cell.
                let head = unsafe { self.at(p).read() };
                if head & F_MARK != 0 && head & F_SCAN != 0 {
                    self.scan(p, head, &mut s);
                    self.drain(&mut s);
                }
                p += CELL;
            }
        }
        !s.interrupted
    }

    /// Takes all marks away.
    fn unmark(&mut self) {
        let r = self.region;
        let mut p = r.cells_low();
        while p < r.end() {
            // SAFETY: `p` is a cell.
            unsafe {
                let head = self.at(p).read();
                self.at(p).write(head & !F_MARK);
            }
            p += CELL;
        }
    }

    #[inline(always)]
    fn mark_word(&self, word: u32, s: &mut MarkStack) {
        // (Cells end at a multiple of their size: what is no multiple from below is none from above.)
        if word & 7 != 0 || word.wrapping_sub(s.low) >= s.bytes || word.wrapping_sub(s.low) & (CELL - 1) != 0
        {
            return;
        }
        let p = self.at(word);
        // SAFETY: it is a cell's address. A free cell has header 0 and is left alone, so that a stale pointer
        // does no harm.
        unsafe {
            let head = p.read();
            if head == 0 || head & F_MARK != 0 {
                return;
            }
            p.write(head | F_MARK);
            if head & F_SCAN != 0 {
                if s.len < s.cap {
                    s.base.add(s.len).write(word);
                    s.len += 1;
                } else {
                    s.overflow = true;
                }
            }
        }
    }

    fn drain(&self, s: &mut MarkStack) {
        while s.len > 0 {
            s.steps -= 1;
            if s.steps == 0 {
                s.steps = STEPS;
                s.interrupted |= self.watch.interrupted();
            }
            if s.interrupted {
                s.len = 0;
                return;
            }
            s.len -= 1;
            // SAFETY: `len` was above 0; the entries are cells' addresses.
            let (p, head) = unsafe {
                let p = s.base.add(s.len).read();
                (p, self.at(p).read())
            };
            self.scan(p, head, s);
        }
    }

    /// Marks what the cell at `p` refers to.
    #[inline]
    fn scan(&self, p: u32, head: u32, s: &mut MarkStack) {
        let cell = self.at(p);
        // SAFETY: `p` is a marked cell; with F_BUFVALS its word 1 is its buffer, which holds at least `word 2`
        // values.
        unsafe {
            if head & F_BUFVALS != 0 {
                let mut q = self.at(cell.add(1).read());
                // An array of objects counts in bytes.
                let count = cell.add(2).read() >> if head & 0xff == Kind::Array as u32 { 2 } else { 0 };
                for _ in 0..count {
                    self.mark_word(q.read(), s);
                    q = q.add(1);
                }
                if head & 0xff == Kind::Generator as u32 {
                    self.note_functions_of(Val::ptr(p));
                }
            }
            if head & 0xff == Kind::Instance as u32
                && let Some(class) = self.shape_classes.get((head >> 16) as usize)
            {
                self.mark_word(class.bits(), s);
            }
            if head & F_V1 != 0 {
                self.mark_word(cell.add(1).read(), s);
            }
            if head & F_V2 != 0 {
                self.mark_word(cell.add(2).read(), s);
            }
            if head & F_V3 != 0 {
                self.mark_word(cell.add(3).read(), s);
            }
        }
    }

    /// Takes the classes that were not marked out of the list of all, and out of the shapes.
    fn forget_dead_classes(&mut self) {
        let list = self.root(Root::Classes);
        if list.is_null() {
            return;
        }
        let n = self.list_len(list);
        let mut kept = 0;
        for i in 0..n {
            let class = self.list(list)[i];
            if self.head(class) & F_MARK != 0 {
                self.list_mut(list)[kept] = class;
                kept += 1;
            }
        }
        if kept == n {
            return;
        }
        self.set_w(list, 2, kept as u32);
        for i in 0..self.shape_classes.len() {
            let class = self.shape_classes[i];
            if !class.is_null() && self.head(class) & F_MARK == 0 {
                self.shape_classes[i] = Val::NULL;
            }
        }
    }

    // ---- compact ----

    /// Marks the code that frames may be in, with F_B: addresses of its instructions lie on the stack. (Those in generators
    /// were met when these were scanned.)
    fn note_busy_code(&self) {
        let stubs = self.root(Root::Stubs);
        if self.is_cell(stubs) {
            self.note_code(stubs);
        }
        for i in 0..self.sp().min(self.stack_len) {
            self.note_function(self.slot(i));
        }
    }

    /// Notes the code that a generator is in.
    #[inline(never)]
    fn note_functions_of(&self, generator: Val) {
        let n = self.w(generator, 2) as usize;
        self.buf_vals(generator, n).iter().for_each(|&v| self.note_function(v));
    }

    /// Notes the code of a function, if it is one.
    fn note_function(&self, v: Val) {
        if v.is_ptr() && self.is_cell(v) && matches!(self.kind(v), Some(Kind::Function | Kind::Closure)) {
            self.note_code(self.val(v, 1));
        }
    }

    fn note_code(&self, code: Val) {
        // SAFETY: it is a cell.
        unsafe { *self.at(code.bits()) |= F_B };
    }

    /// Is it code that nobody is in? Forgets that somebody is.
    #[inline(never)]
    fn is_idle_code(&mut self, owner: Val) -> bool {
        let busy = self.flag(owner, F_B);
        let code = self.cell_kind(owner) == Kind::Code;
        if code && busy {
            self.set_flag(owner, F_B, false);
        }
        code && !busy
    }

    /// Slides the live buffers together around what may not move, drops the dead ones. `code_moves`: so may code that
    /// nobody is in.
    fn compact(&mut self, code_moves: bool) {
        let r = self.region;
        r.clear_holes();
        let (mut p, top) = (r.low(), r.top());
        let mut dest = p;
        // Since the last new hole there was none for this size, nor is there for a larger one.
        let mut hopeless = u32::MAX;
        let mut moving = true;
        while p < top {
            let (size, state) = r.block(p);
            let owner = r.owner(p);
            let next = p + size;
            // SAFETY: owners are cells' addresses (cells_low has not risen since they were written).
            let live = |r: super::arena::Region| unsafe {
                let cell = r.at(owner);
                let head = cell.read();
                head & F_MARK != 0 && head & F_BUF != 0 && cell.add(1).read() == p + super::arena::HEAD
            };
            let moves = match state {
                OWNED => moving && live(r),
                FIXED => code_moves && live(r) && self.is_idle_code(Val::ptr(owner)) && moving,
                _ => false,
            };
            match state {
                _ if moves => {
                    let size = self.trimmed(owner, size);
                    let hole = if size < hopeless { r.take_hole(size) } else { None };
                    let to = hole.unwrap_or_else(|| {
                        hopeless = hopeless.min(size);
                        let to = dest;
                        dest += size;
                        to
                    });
                    if to != p {
                        // SAFETY: `to < p`: either below `dest`, or `dest` itself, which is never above `p`.
                        // The block's words are read before they are overwritten (memmove).
                        unsafe {
                            core::ptr::copy(r.at(p), r.at(to), (size / 4) as usize);
                            r.at(owner).add(1).write(to + super::arena::HEAD);
                        }
                        // Once it comes, nothing moves any more.
                        moving = !self.watch.interrupted();
                    }
                    r.set_block(to, size, state, owner);
                }
                OWNED | FIXED | PINNED if state == PINNED || live(r) => {
                    if dest < p {
                        r.add_hole(dest, p - dest);
                        hopeless = u32::MAX;
                    }
                    dest = next;
                }
                _ => debug_assert!(state == FREE || state == OWNED || state == FIXED),
            }
            p = next;
        }
        r.set_top(dest);
    }

    /// The size that a buffer keeps: lists and bytearrays give back the room they had to grow, but 1/64.
    #[inline]
    fn trimmed(&self, owner: u32, size: u32) -> u32 {
        let owner = Val::ptr(owner);
        let need = match self.cell_kind(owner) {
            Kind::List => self.w(owner, 2) * 4,
            Kind::ByteArray => self.w(owner, 2),
            _ => return size,
        };
        size.min(round8(need + need / 64) + super::arena::HEAD)
    }

    // ---- sweep ----

    /// Frees unmarked cells, clears the marks, and returns the number of cells in the free list.
    fn sweep(&mut self) -> u32 {
        let r = self.region;
        let (mut p, end) = (r.cells_low(), r.end());
        // SAFETY: every address from `cells_low` to `end` in steps of 16 is a cell.
        unsafe {
            while p < end && self.at(p).read() & F_MARK == 0 {
                p += CELL;
            }
            r.set_cells_low(p);
            let mut free = 0;
            let mut n = 0;
            while p < end {
                let cell = self.at(p);
                let head = cell.read();
                if head & F_MARK != 0 {
                    cell.write(head & !F_MARK);
                } else {
                    cell.write(0);
                    cell.add(1).write(free);
                    free = p;
                    n += 1;
                }
                p += CELL;
            }
            if self.locked {
                self.locked_free = free;
            } else {
                self.free = free;
            }
            n
        }
    }
}

#[cfg(test)]
mod tests;
