//! One fixed memory for everything Python: cells that never move, buffers that are compacted, precise roots.
//!
//! - An object is one 16-byte **cell** (`cell.rs`). What does not fit is in a **buffer** that the cell owns
//!   (`buffer.rs`); a collection moves buffers together and fixes their owners, so big blocks never fragment.
//! - **Roots** are the VM's stack up to [`Heap::sp`], the table [`Root`], and the **temp log**: every allocated
//!   cell is noted there, so native code may hold values across allocations without ceremony. The VM empties the
//!   log when it returns to bytecode; a native that loops over many allocations brackets them with
//!   [`Heap::mark_temps`] and [`Heap::release_temps`]. The one thing to take care of: a value read out of a
//!   container is only safe while it stays in there. [`Heap::keep`] it before calling back into Python.
//! - Slices (`heap.bytes(v)`, `heap.list(v)`) borrow the heap, allocation needs it mutably: a slice cannot be
//!   held across an allocation.
//! - With [`Heap::stress`] every allocation collects and compacts.

mod arena;
pub mod blocks;
mod buffer;
pub mod cell;
mod foreign;
mod gc;
mod hash;
mod lookup;
mod num;
mod qstr;
mod seq;
mod table;
mod text;

use crate::hal::Pending;
use crate::value::Val;
use alloc::alloc::Layout;
use alloc::vec::Vec;
use arena::Region;
use blocks::Blocks;
pub use buffer::Move;
pub use cell::{F_A, F_B, F_BUF, F_BUFVALS, F_V1, F_V2, F_V3, Kind, header};
pub use hash::{NeedsVm, combine_hashes};
pub use qstr::{hash_bytes, q};
pub use table::Probe;

/// The heap is full, even after a collection. The VM turns it into MemoryError.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("memory allocation failed: the heap is full")]
pub struct NoMemory;

/// Places for values that always live. Append freely (up to [`Root::COUNT`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Root {
    /// Text of the interned strings.
    QstrText,
    /// Hash index over them.
    QstrIndex,
    /// The exception being raised.
    Exception,
    /// `sys.modules`.
    Modules,
    /// The module `__main__`.
    Main,
    /// Functions to call when an interrupt or a timer asks for it.
    Callbacks,
    /// Shapes of instances.
    Shapes,
    /// Whatever else the VM keeps.
    Vm,
    /// Whatever else native modules keep (a list).
    Natives,
    /// `sys.path`.
    Path,
    /// `sys.argv`.
    Argv,
    /// Handlers of pins and UARTs (a list).
    Irq,
    /// Timers that run and their callbacks (a list).
    Timers,
    /// What `micropython.schedule` has queued (a list).
    Scheduled,
    /// The instructions that special frames return to.
    Stubs,
    /// A MemoryError made in good time.
    SpareMemoryError,
    /// The exception being handled, or None.
    Handling,
    /// All classes in Python that something refers to: a list that keeps none of them alive.
    Classes,
    /// Names assigned in native modules: dicts by module.
    ModuleDicts,
    /// Attributes of functions: dicts by function.
    FunctionDicts,
    /// The value sent to a delegating generator.
    Sent,
    /// The exception thrown into a delegating generator.
    Thrown,
    /// What the event loop of `asyncio` keeps (a list).
    Asyncio,
    /// Handlers of interrupt lines (a list).
    Lines,
    /// What is mounted where (a list of path, object …); NULL: the flash at `/`.
    Mounts,
    /// Stacks and roots of the threads that do not run (a list).
    Threads,
    /// The body of a class that `__build_class__` makes of a plain function: (function, namespace).
    ClassBody,
    /// The StopIteration with a value that a Python iterator has ended with.
    Stopped,
    /// The function of `sys.settrace`.
    Tracer,
    /// The frames of the traced thread (a list).
    Frames,
}

impl Root {
    /// Number of places.
    pub const COUNT: usize = 36;
}

/// Place in the temp log, to be given back to [`Heap::release_temps`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TempMark(usize);

/// Figures of the memory, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// The whole arena without its bookkeeping.
    pub total: usize,
    /// In use, garbage not yet collected included.
    pub used: usize,
    /// Not in use.
    pub free: usize,
    /// Largest block that could be allocated without a collection.
    pub largest: usize,
    /// Cells in use (16 bytes each).
    pub cells: usize,
    /// Highest amount seen live by a collection, or in use now.
    pub peak: usize,
    /// All that was ever allocated.
    pub allocated: usize,
    /// Collections so far.
    pub collections: usize,
}

/// The memory of one virtual machine.
// In this order: what the VM's assembly code uses comes first.
#[repr(C)]
pub struct Heap {
    /// One past the last slot of the VM's stack in use.
    pub(crate) top: *mut Val,
    /// First free cell; each links to the next by its word 1.
    pub(crate) free: u32,
    pub(crate) temps: *mut Val,
    pub(crate) temp_len: usize,
    pub(crate) temp_cap: usize,
    /// The cells may not grow below this address before the next collection.
    floor: u32,
    region: Region,
    stack: *mut Val,
    stack_len: usize,
    /// The main stack, its length, and the slots of it in use while another one is in its place.
    main_stack: (*mut Val, usize, usize),
    pub(crate) roots: [Val; Root::COUNT],
    stress: bool,
    /// While allocation is forbidden: true, and the list of free cells is put aside.
    locked: bool,
    locked_free: u32,
    peak: usize,
    collections: usize,
    /// Bytes that collections have freed.
    freed: usize,
    /// Collect once so many bytes are allocated; 0: only when memory runs out.
    threshold: u32,
    /// Bytes of buffers that may be allocated until then.
    budget: u32,
    /// Free cells kept out of the list for the threshold's sake.
    rationed: u32,
    /// Something else than frames refers to instructions: no code may move.
    pub(crate) code_stays: bool,
    /// The class of the instances of each shape, which is a cell's `aux`; NULL for numbers not in use and for classes
    /// that a collection found unused.
    pub(crate) shape_classes: Vec<Val>,
    /// The end of the buffers after the last collection.
    settled: u32,
    /// Tells of Ctrl-C.
    watch: &'static Pending,
    /// The arena's memory, if this heap allocated it.
    own: Option<(*mut u8, Layout)>,
}

/// Of a heap without a machine.
static QUIET: Pending = Pending::new();

impl Drop for Heap {
    fn drop(&mut self) {
        if let Some((mem, layout)) = self.own {
            // SAFETY: allocated in `with_stack` with this layout; nothing borrows the heap any more.
            unsafe { alloc::alloc::dealloc(mem, layout) };
        }
    }
}

/// Slots of the VM's stack unless told otherwise (4 bytes each).
pub const STACK_SLOTS: usize = 2048;
const TEMPS: usize = 128;

impl Heap {
    /// A heap of `bytes` in memory of its own, for the host; the VM's stack has `STACK_SLOTS` slots.
    pub fn with_size(bytes: usize) -> Result<Heap, NoMemory> {
        Heap::with_stack(bytes, STACK_SLOTS)
    }

    /// As [`Heap::with_size`], with a stack of `slots` slots.
    pub fn with_stack(bytes: usize, slots: usize) -> Result<Heap, NoMemory> {
        let layout = Layout::from_size_align(bytes.max(16), 16).map_err(|_| NoMemory)?;
        // SAFETY: the layout's size is not 0.
        let mem = unsafe { alloc::alloc::alloc_zeroed(layout) };
        if mem.is_null() {
            return Err(NoMemory);
        }
        // SAFETY: the memory is ours alone, zeroed, and aligned to 16.
        let heap = unsafe { Blocks::create(mem, layout.size(), 512) }
            .ok_or(NoMemory)
            .and_then(|blocks| Heap::on(blocks, slots));
        match heap {
            Ok(mut heap) => {
                heap.own = Some((mem, layout));
                Ok(heap)
            }
            Err(e) => {
                // SAFETY: allocated above with this layout; nothing refers to it any more.
                unsafe { alloc::alloc::dealloc(mem, layout) };
                Err(e)
            }
        }
    }

    /// A heap on an arena made by [`Blocks::create`], shared with Rust's allocator. One heap to an arena.
    pub fn on(blocks: Blocks, slots: usize) -> Result<Heap, NoMemory> {
        let region = blocks.0;
        let stack = blocks.alloc(slots * 4, 8).cast::<Val>();
        let temps = blocks.alloc(TEMPS * 4, 8).cast::<Val>();
        if stack.is_null() || temps.is_null() {
            return Err(NoMemory);
        }
        // SAFETY: the block is ours and has room for `slots` values.
        unsafe { stack.write_bytes(0, slots) };
        let mut heap = Heap {
            region,
            free: 0,
            floor: 0,
            temps,
            temp_len: 0,
            temp_cap: TEMPS,
            stack,
            stack_len: slots,
            main_stack: (stack, slots, 0),
            top: stack,
            roots: [Val::NULL; Root::COUNT],
            stress: false,
            locked: false,
            locked_free: 0,
            peak: 0,
            collections: 0,
            freed: 0,
            threshold: 0,
            budget: u32::MAX,
            rationed: 0,
            code_stays: false,
            shape_classes: Vec::new(),
            settled: region.top(),
            watch: &QUIET,
            own: None,
        };
        heap.set_floor(0);
        Ok(heap)
    }

    /// From now on collections and the growing of tables stop when this tells of Ctrl-C: what needs memory then fails.
    pub fn stop_on(&mut self, watch: &'static Pending) {
        self.watch = watch;
    }

    /// Does Ctrl-C wait?
    #[inline(always)]
    pub fn interrupted(&self) -> bool {
        self.watch.interrupted()
    }

    /// The allocator of pinned blocks on the same arena.
    pub fn blocks(&self) -> Blocks {
        Blocks(self.region)
    }

    /// Was memory so short that a native allocation took from the reserve? The VM asks at safe points.
    pub fn emergency(&self) -> bool {
        self.region.emergency()
    }

    #[inline(always)]
    pub(super) fn at(&self, addr: u32) -> *mut u32 {
        self.region.at(addr)
    }

    // ---- roots ----

    /// The class of the instances of a shape.
    #[inline(always)]
    pub(crate) fn shape_class(&self, shape: u16) -> Val {
        self.shape_classes[shape as usize]
    }

    /// A value of the root table.
    #[inline(always)]
    pub fn root(&self, r: Root) -> Val {
        self.roots[r as usize]
    }
    /// Sets a value of the root table.
    #[inline(always)]
    pub fn set_root(&mut self, r: Root, v: Val) {
        self.roots[r as usize] = v;
    }

    /// Slot `i` of the VM's stack. Panics beyond its end.
    #[inline(always)]
    pub fn slot(&self, i: usize) -> Val {
        assert!(i < self.stack_len);
        // SAFETY: in range, and slots are always initialised.
        unsafe { self.stack.add(i).read() }
    }
    /// Writes slot `i` of the VM's stack. Panics beyond its end.
    #[inline(always)]
    pub fn set_slot(&mut self, i: usize, v: Val) {
        assert!(i < self.stack_len);
        // SAFETY: in range.
        unsafe { self.stack.add(i).write(v) }
    }
    /// The VM's stack: first slot (for the VM's own unsafe code). It does not move for the heap's life.
    #[inline(always)]
    pub fn stack_ptr(&self) -> *mut Val {
        self.stack
    }
    /// Number of slots of the VM's stack in use: the collector marks those.
    #[inline]
    pub fn sp(&self) -> usize {
        (self.top as usize - self.stack as usize) / size_of::<Val>()
    }
    /// Sets the number of slots in use.
    #[inline]
    pub fn set_sp(&mut self, n: usize) {
        self.top = self.stack.wrapping_add(n);
    }
    /// Sets the end of the slots in use by its address, which lies in the stack.
    #[inline(always)]
    pub fn set_top(&mut self, top: *mut Val) {
        self.top = top;
    }
    /// Puts another stack in place: the buffer of a cell, or the main one. `sp` slots of it are in use; what the
    /// stack put away has in use stays alive as long as its cell does.
    pub fn use_stack(&mut self, cell: Option<Val>, sp: usize) {
        let in_use = self.sp();
        if self.stack == self.main_stack.0 {
            self.main_stack.2 = in_use;
        } else if let Some(owner) = self.stack_cell() {
            self.set_w(owner, 2, in_use as u32);
        }
        match cell {
            Some(cell) => {
                self.stack = self.buf_ptr(cell).cast();
                self.stack_len = self.buf_cap(cell) / size_of::<Val>();
                self.set_w(cell, 2, 0);
            }
            None => {
                (self.stack, self.stack_len) = (self.main_stack.0, self.main_stack.1);
                self.main_stack.2 = 0;
            }
        }
        self.set_sp(sp);
    }

    /// The cell whose buffer is the stack in place, by the list at [`Root::Threads`].
    fn stack_cell(&self) -> Option<Val> {
        let values = self.root(Root::Threads);
        if values.is_null() {
            return None;
        }
        let owns = |v: &&Val| self.is(**v, Kind::Raw) && self.buf_ptr(**v).cast() == self.stack;
        self.list(values).iter().find(owns).copied()
    }

    /// Number of slots of the VM's stack.
    #[inline(always)]
    pub fn stack_len(&self) -> usize {
        self.stack_len
    }
    /// The slots `from..to` of the VM's stack.
    pub fn slots(&self, from: usize, to: usize) -> &[Val] {
        assert!(from <= to && to <= self.stack_len);
        // SAFETY: in range and initialised; `&self` keeps writers away.
        unsafe { core::slice::from_raw_parts(self.stack.add(from), to - from) }
    }

    /// Where the temp log stands.
    #[inline(always)]
    pub fn mark_temps(&self) -> TempMark {
        TempMark(self.temp_len)
    }
    /// Forgets everything logged since `mark`.
    #[inline(always)]
    pub fn release_temps(&mut self, mark: TempMark) {
        debug_assert!(mark.0 <= self.temp_len);
        self.temp_len = mark.0;
    }
    /// Forgets everything logged since `mark` but `v`, which is what came out of it.
    #[inline(always)]
    pub fn release_temps_keeping(&mut self, mark: TempMark, v: Val) -> Val {
        self.temp_len = mark.0;
        if self.temp_len < self.temp_cap {
            // SAFETY: below the capacity.
            unsafe { self.temps.add(self.temp_len).write(v) };
            self.temp_len += 1;
        }
        v
    }
    /// Empties the temp log: for the VM, when nothing native is underway.
    #[inline(always)]
    pub fn clear_temps(&mut self) {
        self.temp_len = 0;
    }
    /// Notes `v` in the temp log: it lives until the log is released.
    #[inline]
    pub fn keep(&mut self, v: Val) -> Result<Val, NoMemory> {
        if self.temp_len == self.temp_cap {
            self.grow_temps(v)?;
        }
        // SAFETY: below the capacity.
        unsafe { self.temps.add(self.temp_len).write(v) };
        self.temp_len += 1;
        Ok(v)
    }

    // ---- figures ----

    /// Figures of the memory. Walks the list of free cells.
    pub fn stats(&self) -> Stats {
        let r = self.region;
        let total = (r.end() - r.low()) as usize;
        let cells = self.cells_used();
        let used = self.used();
        Stats {
            total,
            used,
            free: total - used,
            largest: (r.cells_low() - r.top()).saturating_sub(r.reserve()) as usize,
            cells,
            peak: self.peak.max(used.min(total)),
            allocated: used.wrapping_add(self.freed),
            collections: self.collections,
        }
    }

    fn cells_used(&self) -> usize {
        let r = self.region;
        let mut free_cells = self.rationed as usize;
        // While the heap is locked the list is put aside.
        let mut p = if self.locked { self.locked_free } else { self.free };
        while p != 0 {
            free_cells += 1;
            // SAFETY: `p` is a free cell, linked by its word 1.
            p = unsafe { self.at(p).add(1).read() };
        }
        ((r.end() - r.cells_low()) / cell::CELL) as usize - free_cells
    }

    fn used(&self) -> usize {
        let r = self.region;
        self.cells_used() * cell::CELL as usize + (r.top() - r.low() - r.hole_bytes()) as usize
    }

    /// Turns stress mode on or off: collect and compact at every allocation.
    pub fn set_stress(&mut self, on: bool) {
        self.stress = on;
        if on {
            // The fast path must miss: cells in the list are found again by the next sweep.
            self.free = 0;
        }
    }
    /// Forbids allocation (every attempt fails) or allows it again.
    pub fn set_locked(&mut self, on: bool) {
        if on == self.locked {
            return;
        }
        self.locked = on;
        if on {
            self.locked_free = core::mem::take(&mut self.free);
        } else if !self.stress {
            self.free = core::mem::take(&mut self.locked_free);
        }
    }

    /// Is stress mode on?
    pub fn stress(&self) -> bool {
        self.stress
    }
}

#[cfg(test)]
pub(crate) mod testing {
    /// A small random number generator, the same on every run.
    pub struct Rng(pub u64);

    impl Rng {
        /// A number below `n`.
        pub fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            ((self.0 >> 16) % n as u64) as usize
        }
    }
}
