//! `micropython.RingIO`: a ring of bytes between an interrupt and the rest of a script, as a stream.
//!
//! The cell: w1 = the bytearray, w2 = where to read next, w3 = where to write next. One byte stays free, so that
//! the two are equal only if the ring is empty. Nothing is allocated by reading into a buffer or writing.

use core::fmt::Write;

use super::stream::{self, Ops};
use crate::heap::{F_V1, Kind, header};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// The largest size of the ring's buffer in bytes, as on the official firmware.
const LARGEST: usize = 65_535;

fn print(_vm: &mut Vm, _ring: Val, out: &mut Out, _repr: bool) -> R<()> {
    let _ = out.write_str("<RingIO>");
    Ok(())
}

/// `RingIO(size)` or `RingIO(buffer)`.
fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n != 1 || args.nkw > 0 {
        return Err(vm.type_error(format_args!("RingIO() takes exactly one argument, a size or a buffer")));
    }
    let given = args.get(vm, 0);
    let whole = vm.heap.is(given, Kind::ByteArray);
    let size = if whole {
        Buffer::write(vm, given)?.len
    } else {
        usize::try_from(vm.index(given)?).unwrap_or(0).saturating_add(1)
    };
    if !(2..=LARGEST).contains(&size) {
        return Err(vm.value_error(format_args!(
            "RingIO() needs a size from 1 to {}, or a buffer of one byte more",
            LARGEST - 1
        )));
    }
    let bytes = if whole { given } else { vm.heap.new_bytearray_zeroed(size)? };
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::RING_IO), bytes.bits(), 0, 0)?)
}

/// Positions and size of a ring. A bytearray that was shortened meanwhile makes the ring smaller.
fn state(vm: &Vm, ring: Val) -> (usize, usize, usize) {
    let size = vm.heap.bytes(vm.heap.val(ring, 1)).len().max(1);
    ((vm.heap.w(ring, 2) as usize) % size, (vm.heap.w(ring, 3) as usize) % size, size)
}

/// Bytes that can be read.
pub fn available(vm: &Vm, ring: Val) -> usize {
    let (read, write, size) = state(vm, ring);
    (write + size - read) % size
}

/// Bytes that can be written.
pub fn room(vm: &Vm, ring: Val) -> usize {
    state(vm, ring).2 - 1 - available(vm, ring)
}

fn take(vm: &mut Vm, ring: Val, out: &mut [u8]) -> R<Option<usize>> {
    let n = out.len().min(available(vm, ring));
    let (read, _, size) = state(vm, ring);
    let bytes = vm.heap.bytes(vm.heap.val(ring, 1));
    for (i, byte) in out[..n].iter_mut().enumerate() {
        *byte = bytes[(read + i) % size];
    }
    vm.heap.set_w(ring, 2, ((read + n) % size) as u32);
    Ok(Some(n))
}

fn put(vm: &mut Vm, ring: Val, data: &[u8]) -> R<Option<usize>> {
    let n = data.len().min(room(vm, ring));
    let (_, write, size) = state(vm, ring);
    let bytes = vm.heap.val(ring, 1);
    let bytes = vm.heap.text_mut(bytes);
    for (i, &byte) in data[..n].iter().enumerate() {
        bytes[(write + i) % size] = byte;
    }
    vm.heap.set_w(ring, 3, ((write + n) % size) as u32);
    Ok(Some(n))
}

fn close(_vm: &mut Vm, _ring: Val) -> R<()> {
    Ok(())
}

/// What it does as a stream.
pub static OPS: Ops =
    Ops { text: false, read: take, write: put, seek: stream::no_seek, flush: stream::no_flush, close };

fn any(vm: &mut Vm, args: Args) -> R {
    let ring = args.get(vm, 0);
    Ok(Val::small(available(vm, ring) as i32))
}

/// The type.
pub static RING_IO: NativeType = NativeType {
    id: ids::RING_IO,
    name: "RingIO",
    print: Some(print),
    new: Some(new),
    entries: &[
        Entry::Fn("any", 1, 1, any),
        stream::READ,
        stream::READLINE,
        stream::READINTO,
        stream::WRITE,
        stream::CLOSE,
    ],
    ..NativeType::EMPTY
};
