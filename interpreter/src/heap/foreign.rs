//! Addresses, for the code that asks for them: `uctypes`, DMA, machine code.
//!
//! Buffers move, so whoever is told an address must have the buffer fixed first: [`Heap::pin_bytes`]. In the other
//! direction a *foreign* bytearray shows memory that it does not own: a cell of kind ByteArray without a buffer and
//! with `F_A`, w1 = address, w2 = length, w3 = the object whose memory it is, if that is one of ours (so that it
//! lives as long). As soon as it has to grow it becomes an ordinary bytearray with a copy.
//!
//! Addresses are those of [`Val`]'s pointers: real ones on a chip, offsets in the arena on larger hosts.

use super::arena::{FIXED, FREE, HEAD, OWNED, PINNED};
use super::cell::{CELL, F_A, F_BUF, F_V3, Kind, header};
use super::{Heap, NoMemory};
use crate::value::Val;

impl Heap {
    /// The address of the bytes of a bytes, bytearray or array, which stay there for as long as the object lives and
    /// is not resized.
    pub fn pin_bytes(&mut self, v: Val) -> u32 {
        debug_assert!(v.is_ptr());
        let head = self.head(v);
        if head & F_BUF != 0 {
            let block = self.w(v, 1) - HEAD;
            let (size, state) = self.region.block(block);
            if state == OWNED {
                self.region.set_block(block, size, FIXED, v.bits());
            }
            return self.w(v, 1);
        }
        // A foreign one knows its address; short bytes lie in the cell, which never moves.
        if head & F_A != 0 { self.w(v, 1) } else { v.bits() + 4 }
    }

    /// A bytearray that shows `len` bytes from `address` without owning them.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn new_foreign(&mut self, address: u32, len: u32) -> Result<Val, NoMemory> {
        let owner = self.owner_of(address).unwrap_or(Val::NONE);
        self.alloc_cell(header(Kind::ByteArray, F_A | F_V3, 0), address, len, owner.bits())
    }

    /// The object in whose bytes an address lies.
    pub fn owner_of(&self, address: u32) -> Option<Val> {
        let r = self.region;
        if address >= r.cells_low() && address < r.end() {
            // Cells are counted from the end: the arena need not begin at a multiple of their size.
            let cell = r.end() - ((r.end() - 1 - address) / CELL + 1) * CELL;
            return (self.kind(Val::ptr(cell)) != Some(Kind::Free)).then_some(Val::ptr(cell));
        }
        if address < r.low() || address >= r.top() {
            return None;
        }
        let mut block = r.low();
        loop {
            let (size, state) = r.block(block);
            if address < block + size {
                return (state != FREE && state != PINNED).then(|| Val::ptr(r.owner(block)));
            }
            block += size;
        }
    }

    /// Are these addresses inside of the arena?
    pub fn has_addresses(&self, address: u32, len: usize) -> bool {
        let r = self.region;
        address >= r.low() && u64::from(address) + len as u64 <= u64::from(r.end())
    }

    /// May a script read (or write) these addresses of the arena? On a chip all of them: they are as real as those of
    /// `machine.mem8`. On a host, where nothing but the arena has addresses, those that were given away: the bytes of a
    /// pinned buffer and the short ones in cells; a str may not be written.
    fn is_accessible(&self, address: u32, len: usize, write: bool) -> bool {
        if cfg!(target_pointer_width = "32") || len == 0 {
            return self.has_addresses(address, len);
        }
        let Some(owner) = self.owner_of(address) else { return false };
        match self.kind(owner) {
            Some(Kind::Bytes | Kind::ByteArray | Kind::Array) => {}
            Some(Kind::Str) if !write => {}
            _ => return false,
        }
        let (start, end) = if self.flag(owner, F_BUF) {
            let block = self.w(owner, 1) - HEAD;
            let (size, state) = self.region.block(block);
            if state != FIXED {
                return false;
            }
            (block + HEAD, block + size)
        } else if matches!(self.kind(owner), Some(Kind::ByteArray | Kind::Array)) {
            return false;
        } else {
            // Short bytes, behind which their number stands.
            (owner.bits() + 4, owner.bits() + CELL - 1)
        };
        address >= start && u64::from(address) + len as u64 <= u64::from(end)
    }

    /// Copies bytes out of the arena. False, and nothing done, if the addresses lie elsewhere.
    pub fn read_address(&self, address: u32, out: &mut [u8]) -> bool {
        let inside = self.is_accessible(address, out.len(), false);
        if inside {
            // SAFETY: the range lies in the arena, all of which is initialised; `out` is not part of it, being a
            // reference while the arena is only reached through raw pointers.
            unsafe {
                let from = self.at(address & !3).cast::<u8>().add((address & 3) as usize);
                core::ptr::copy_nonoverlapping(from, out.as_mut_ptr(), out.len());
            }
        }
        inside
    }

    /// Copies bytes into the arena: into buffers that were pinned, says the script. False, and nothing done, if the
    /// addresses lie elsewhere.
    pub fn write_address(&mut self, address: u32, bytes: &[u8]) -> bool {
        let inside = self.is_accessible(address, bytes.len(), true);
        if inside {
            // SAFETY: as in `read_address`; `&mut self`: nobody holds a slice of the arena. What a script writes
            // over on a chip is its own affair, as on every MicroPython.
            unsafe {
                let to = self.at(address & !3).cast::<u8>().add((address & 3) as usize);
                core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            }
        }
        inside
    }

    /// The bytes of a foreign bytearray. On a host those that were not given away are none.
    pub(super) fn foreign_bytes(&self, v: Val) -> &[u8] {
        let (address, len) = (self.w(v, 1), self.w(v, 2) as usize);
        if len == 0 || (cfg!(not(target_pointer_width = "32")) && !self.is_accessible(address, len, true)) {
            return &[];
        }
        // SAFETY: in the arena, all bytes are initialised. Elsewhere on a chip it is the script that vouches for the
        // address, as with `machine.mem8`: every bit pattern is a byte.
        unsafe {
            let from = self.at(address & !3).cast::<u8>().add((address & 3) as usize);
            core::slice::from_raw_parts(from, len)
        }
    }

    /// Gives a foreign bytearray a copy of its bytes to own, before it grows.
    pub(super) fn own_bytes(&mut self, v: Val) -> Result<(), NoMemory> {
        let n = self.foreign_bytes(v).len();
        let copy = self.new_builder(n)?;
        self.set_w(copy, 2, n as u32);
        if n > 0 {
            self.copy_text(copy, 0, v, 0, n);
        }
        self.swap_contents(v, copy);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap() -> Heap {
        Heap::with_size(64 * 1024).expect("a heap")
    }

    #[test]
    fn a_pinned_buffer_stays_where_it_is() {
        let mut heap = heap();
        let before = heap.new_bytes(&[1; 1000]).unwrap();
        let pinned = heap.new_bytes(&[7; 100]).unwrap();
        let address = heap.pin_bytes(pinned);
        heap.set_root(super::super::Root::Vm, pinned);
        let _ = before;
        heap.clear_temps();
        heap.collect();
        let mut read = [0; 100];
        assert!(heap.read_address(address, &mut read));
        assert_eq!(read, [7; 100]);
        assert_eq!(heap.pin_bytes(pinned), address);
        assert_eq!(heap.owner_of(address + 99), Some(pinned));
    }

    #[test]
    fn a_foreign_bytearray_writes_through_until_it_grows() {
        let mut heap = heap();
        let owner = heap.new_bytearray_zeroed(20).unwrap();
        let address = heap.pin_bytes(owner);
        let view = heap.new_foreign(address + 4, 3).unwrap();
        heap.text_mut(view).copy_from_slice(b"abc");
        assert_eq!(&heap.bytes(owner)[..8], b"\0\0\0\0abc\0");
        heap.push_byte(view, b'd').unwrap();
        heap.text_mut(view)[0] = b'x';
        assert_eq!(heap.bytes(view), b"xbcd");
        assert_eq!(&heap.bytes(owner)[..8], b"\0\0\0\0abc\0");
        assert!(!heap.write_address(0, b"nowhere"));
        // What was not given away is not to be had on a host: the cell's head, another object, the end of the buffer.
        let list = heap.new_list(&[Val::NONE; 8]).unwrap();
        for wrong in [owner.bits(), list.bits() + 4, heap.w(list, 1), address.wrapping_sub(4), address + 22] {
            assert!(!heap.write_address(wrong, b"1234") && !heap.read_address(wrong, &mut [0; 4]), "{wrong}");
        }
        assert!(heap.write_address(address + 16, b"last"));
    }
}
