//! Cells: every object is exactly one block of 16 bytes that never moves.
//!
//! Word 0 is the header, `kind:8 | flags:8 | aux:16` from the low byte up; words 1 to 3 are the payload. The
//! flags say which payload words the collector follows, so it needs no table of kinds: whoever invents a kind
//! chooses its flags. A free cell's header is 0.

use super::{Heap, NoMemory};
use crate::value::Val;

/// Size of a cell in bytes.
pub const CELL: u32 = 16;

/// Word 1 is the address of a buffer this cell owns.
pub const F_BUF: u32 = 1 << 8;
/// The first `word 2` words of the buffer are values (of an array, whose word 2 counts bytes, all whole ones).
pub const F_BUFVALS: u32 = 1 << 9;
/// Word 1 is a value.
pub const F_V1: u32 = 1 << 10;
/// Word 2 is a value.
pub const F_V2: u32 = 1 << 11;
/// Word 3 is a value.
pub const F_V3: u32 = 1 << 12;
/// Free for the kind's own use.
pub const F_A: u32 = 1 << 13;
/// Free for the kind's own use.
pub const F_B: u32 = 1 << 14;
/// Reached in the current collection; clear outside of one.
pub(super) const F_MARK: u32 = 1 << 15;
/// Everything that makes the collector look inside.
pub(super) const F_SCAN: u32 = F_BUFVALS | F_V1 | F_V2 | F_V3;

/// What kind of object a cell is. Append freely; nothing depends on the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Not in use.
    Free = 0,
    /// A float that has no self-tagged form: w1 = bits.
    Float,
    /// w1, w2 = bits of the real and the imaginary part.
    Complex,
    /// An integer beyond 31 bits: sign in `F_A`, u32 limbs, least significant first. See `num.rs`.
    BigInt,
    /// UTF-8 text. See `text.rs`.
    Str,
    /// Bytes, laid out as `Str`.
    Bytes,
    /// w1 = buffer, w2 = length, w3 = number of memoryviews that forbid resizing.
    ByteArray,
    /// w1 = owner of the bytes (value), w2 = start byte, w3 = length in items; aux = type code | flags.
    MemoryView,
    /// `array.array`: as `ByteArray` (w2 = length in bytes), aux = type code.
    Array,
    /// w1 = buffer of values, w2 = length.
    List,
    /// Up to 3 items in the payload (aux = length), else as `List`.
    Tuple,
    /// See `table.rs`.
    Dict,
    /// See `table.rs`.
    Set,
    /// See `table.rs`.
    FrozenSet,
    /// start, stop, step (values).
    Range,
    /// start, stop, step (values).
    Slice,
    /// The view of a dict: w1 = dict, aux = 0 keys, 1 values, 2 items.
    DictView,
    /// An iterator of a built-in type: aux says which, the payload is its own. See `objects/iterators.rs`.
    Iter,
    /// An owned block of raw bytes or values for natives, without a Python type of its own.
    Raw,
    /// An object of a native type: aux = the type's number in the registry, the payload is the type's own.
    Object,
    /// A Python function.
    Function,
    /// A function with captured variables.
    Closure,
    /// A captured variable: w1 = its value.
    Cell,
    /// w1 = function, w2 = self.
    BoundMethod,
    /// Compiled code.
    Code,
    /// A Python class.
    Class,
    /// An object of a Python class: aux = shape, up to 3 attributes in the payload.
    Instance,
    /// The layout of the attributes of instances.
    Shape,
    /// A generator or coroutine.
    Generator,
    /// An exception.
    Exception,
    /// A traceback.
    Traceback,
    /// A Python module.
    Module,
    /// `property`.
    Property,
    /// `staticmethod`.
    StaticMethod,
    /// `classmethod`.
    ClassMethod,
    /// `super(…)`.
    Super,
    /// A bound native method: w1 = self, the rest is the VM's.
    BoundNative,
    /// Not a kind: the first number that is not in use.
    #[doc(hidden)]
    End,
}

impl Heap {
    /// Allocates a cell. `head` is `kind | flags | aux << 16` (see [`header`]). The payload is taken as it is.
    ///
    /// Values in the payload survive a collection that the allocation itself causes.
    #[inline]
    pub fn alloc_cell(&mut self, head: u32, w1: u32, w2: u32, w3: u32) -> Result<Val, NoMemory> {
        debug_assert!(head & 0xff != 0 && head & F_MARK == 0);
        if self.free == 0 || self.temp_len == self.temp_cap {
            self.refill(head, [w1, w2, w3])?;
        }
        let addr = self.free;
        let cell = self.at(addr);
        // SAFETY: `free` is the head of the list of free cells, each inside the arena and linked by its word 1;
        // `temp_len < temp_cap`, so the log has room for one more.
        unsafe {
            self.free = cell.add(1).read();
            cell.write(head);
            cell.add(1).write(w1);
            cell.add(2).write(w2);
            cell.add(3).write(w3);
            self.temps.add(self.temp_len).write(Val::ptr(addr));
        }
        self.temp_len += 1;
        Ok(Val::ptr(addr))
    }

    /// Allocates a cell whose payload is three values (flags F_V1, F_V2, F_V3).
    #[inline]
    pub fn alloc_vals(&mut self, kind: Kind, aux: u16, v: [Val; 3]) -> Result<Val, NoMemory> {
        self.alloc_cell(header(kind, F_V1 | F_V2 | F_V3, aux), v[0].bits(), v[1].bits(), v[2].bits())
    }

    /// The next cell of a kind after `after` in the order of addresses: for walks over all of them.
    pub fn next_cell(&self, after: Option<Val>, kind: Kind) -> Option<Val> {
        let end = self.region.end();
        let mut p = after.map_or(self.region.cells_low(), |v| v.bits() + CELL);
        while p < end {
            let v = Val::ptr(p);
            if self.head(v) & 0xff == kind as u32 {
                return Some(v);
            }
            p += CELL;
        }
        None
    }

    /// The header of a cell.
    #[inline(always)]
    pub fn head(&self, v: Val) -> u32 {
        self.w(v, 0)
    }
    /// Writes the header of a cell.
    #[inline(always)]
    pub fn set_head(&mut self, v: Val, head: u32) {
        self.set_w(v, 0, head);
    }
    /// The kind of a cell; `v` must be a pointer.
    #[inline(always)]
    pub fn cell_kind(&self, v: Val) -> Kind {
        kind_of_header(self.head(v))
    }
    /// The kind of a value, `None` if it is not a cell.
    #[inline(always)]
    pub fn kind(&self, v: Val) -> Option<Kind> {
        if v.is_ptr() { Some(self.cell_kind(v)) } else { None }
    }
    /// Is it a cell of this kind?
    #[inline(always)]
    pub fn is(&self, v: Val, kind: Kind) -> bool {
        v.is_ptr() && self.head(v) & 0xff == kind as u32
    }
    /// The 16 bits of a cell's header that are its kind's own.
    #[inline(always)]
    pub fn aux(&self, v: Val) -> u16 {
        (self.head(v) >> 16) as u16
    }
    /// Writes them.
    #[inline(always)]
    pub fn set_aux(&mut self, v: Val, aux: u16) {
        self.set_w(v, 0, self.head(v) & 0xffff | u32::from(aux) << 16);
    }
    /// Is a flag (F_…) set in a cell's header?
    #[inline(always)]
    pub fn flag(&self, v: Val, flag: u32) -> bool {
        self.head(v) & flag != 0
    }
    /// Sets or clears a flag (F_…) in a cell's header.
    #[inline(always)]
    pub fn set_flag(&mut self, v: Val, flag: u32, on: bool) {
        let head = self.head(v);
        self.set_head(v, if on { head | flag } else { head & !flag });
    }

    /// Word `i` (0..=3) of a cell, as it is.
    #[inline(always)]
    pub fn w(&self, v: Val, i: usize) -> u32 {
        debug_assert!(i < 4 && self.is_cell_addr(v.bits()), "not a cell: {v:?}");
        // SAFETY: a pointer value that the roots keep alive is the address of a cell in the arena.
        unsafe { self.at(v.bits()).add(i).read() }
    }
    /// Writes word `i` of a cell.
    #[inline(always)]
    pub fn set_w(&mut self, v: Val, i: usize, word: u32) {
        debug_assert!(i < 4 && self.is_cell_addr(v.bits()), "not a cell: {v:?}");
        // SAFETY: as in `w`.
        unsafe { self.at(v.bits()).add(i).write(word) }
    }
    /// Payload word `i` (1..=3) of a cell, as a value.
    #[inline(always)]
    pub fn val(&self, v: Val, i: usize) -> Val {
        Val::from_bits(self.w(v, i))
    }
    /// Writes payload word `i` (1..=3) of a cell.
    #[inline(always)]
    pub fn set_val(&mut self, v: Val, i: usize, x: Val) {
        self.set_w(v, i, x.bits());
    }
    /// The payload as a slice of three values.
    #[inline(always)]
    pub(super) fn payload(&self, v: Val) -> &[Val; 3] {
        debug_assert!(self.is_cell_addr(v.bits()));
        // SAFETY: as in `w`; a cell's payload is 12 bytes, aligned to 4, and any bits are a `Val`.
        unsafe { &*self.at(v.bits()).add(1).cast::<[Val; 3]>() }
    }
    #[inline(always)]
    pub(super) fn payload_mut(&mut self, v: Val) -> &mut [Val; 3] {
        debug_assert!(self.is_cell_addr(v.bits()));
        // SAFETY: as in `payload`; `&mut self` makes it the only reference.
        unsafe { &mut *self.at(v.bits()).add(1).cast::<[Val; 3]>() }
    }
}

/// Puts a header together; `flags` from the F_… constants.
#[inline(always)]
pub const fn header(kind: Kind, flags: u32, aux: u16) -> u32 {
    kind as u32 | flags | (aux as u32) << 16
}

/// The kind in a header.
#[inline(always)]
pub const fn kind_of_header(head: u32) -> Kind {
    let kind = head as u8;
    debug_assert!(kind < Kind::End as u8);
    // SAFETY: `Kind` is `repr(u8)` with all values from 0 to `End`, and only `header` writes headers.
    unsafe { core::mem::transmute::<u8, Kind>(kind) }
}
