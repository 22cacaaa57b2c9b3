//! Bytes-like arguments: where the bytes of a bytes, bytearray, memoryview or array lie.

use super::native::{R, Raised};
use super::{array, bytearray, bytes, memoryview};
use crate::heap::{Heap, Kind};
use crate::modules::framebuf;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

/// A run of bytes inside an object. It stays valid across allocations: the bytes are looked up when asked for.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    /// The object that holds the bytes.
    pub owner: Val,
    /// First byte.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
    /// Item type as in `struct`: `B` for plain bytes.
    pub typecode: u8,
}

impl Buffer {
    /// The bytes of a bytes-like object, to read. As in MicroPython a str is one, too: its UTF-8.
    ///
    /// # Errors
    /// TypeError if it is not bytes-like.
    pub fn read(vm: &mut Vm, v: Val) -> R<Buffer> {
        match Buffer::or_text(vm, v) {
            Some(b) => Ok(b),
            None => {
                let got = vm.type_name(v);
                Err(vm.type_error(format_args!("a bytes-like object is required, not '{got}'")))
            }
        }
    }

    /// As [`Buffer::read`], but a str is not bytes-like: for methods of bytes that MicroPython is strict about, too.
    ///
    /// # Errors
    /// TypeError if it is not bytes-like.
    pub fn read_strict(vm: &mut Vm, v: Val) -> R<Buffer> {
        if super::text::as_str(vm, v).is_some() {
            return Err(vm.type_error(format_args!("a bytes-like object is required, not 'str'")));
        }
        Buffer::read(vm, v)
    }

    /// The bytes of a bytes-like object, to write.
    ///
    /// # Errors
    /// TypeError if it is not bytes-like or read-only.
    pub fn write(vm: &mut Vm, v: Val) -> R<Buffer> {
        match Buffer::opt(vm, v) {
            Some(b) if b.writable(&vm.heap) => Ok(b),
            _ => {
                let got = vm.type_name(v);
                Err(vm.type_error(format_args!("a read-write bytes-like object is required, not '{got}'")))
            }
        }
    }

    /// The bytes of a bytes-like object; `None` if it is something else.
    pub fn opt(vm: &mut Vm, v: Val) -> Option<Buffer> {
        if vm.heap.is(v, Kind::Instance) {
            let types = [&bytes::BYTES, &bytearray::BYTEARRAY, &array::ARRAY, &memoryview::MEMORYVIEW];
            let plain = types.into_iter().find_map(|t| vm.as_native(v, t));
            return match plain {
                Some(v) => Buffer::of(&vm.heap, v),
                None => vm.as_native(v, &framebuf::FRAME_BUFFER).and_then(|v| framebuf::buffer(vm, v)),
            };
        }
        if vm.heap.is(v, Kind::Object) {
            match vm.heap.aux(v) {
                ids::NDARRAY => return super::ndarray::buffer(&vm.heap, v),
                ids::FRAME_BUFFER => return framebuf::buffer(vm, v),
                _ => {}
            }
            let Ok(Some(bytes)) = crate::modules::uctypes::bytes_of(vm, v) else { return None };
            return Buffer::of(&vm.heap, bytes);
        }
        Buffer::of(&vm.heap, v)
    }

    /// As [`Buffer::opt`], and those of a str.
    pub fn or_text(vm: &mut Vm, v: Val) -> Option<Buffer> {
        let text = super::text::as_str(vm, v);
        text.map(|text| Buffer::of_str(&vm.heap, text)).or_else(|| Buffer::opt(vm, v))
    }

    /// The bytes of a built-in bytes-like object.
    pub fn of(heap: &Heap, v: Val) -> Option<Buffer> {
        let whole = |typecode| Buffer { owner: v, start: 0, len: heap.bytes(v).len(), typecode };
        match heap.kind(v)? {
            Kind::Bytes | Kind::ByteArray => Some(whole(b'B')),
            Kind::Array => Some(whole(heap.aux(v) as u8)),
            Kind::MemoryView => Some(memoryview::parts(heap, v)),
            Kind::Object => super::ndarray::buffer(heap, v),
            _ => None,
        }
    }

    /// The text of a str as a run of bytes, to read.
    pub fn of_str(heap: &Heap, v: Val) -> Buffer {
        Buffer { owner: v, start: 0, len: heap.bytes(v).len(), typecode: b'B' }
    }

    /// May the bytes be written? Those of a bytes object may not.
    pub fn writable(self, heap: &Heap) -> bool {
        matches!(heap.kind(self.owner), Some(Kind::ByteArray | Kind::Array))
    }

    /// The bytes; fewer than `len` if the owner has shrunk.
    pub fn bytes(self, heap: &Heap) -> &[u8] {
        let all = heap.bytes(self.owner);
        let start = self.start.min(all.len());
        &all[start..(start + self.len).min(all.len())]
    }

    /// The bytes, to write. Empty if they are read-only.
    pub fn bytes_mut(self, heap: &mut Heap) -> &mut [u8] {
        if !self.writable(heap) {
            return &mut [];
        }
        let all = heap.text_mut(self.owner);
        let start = self.start.min(all.len());
        let end = (start + self.len).min(all.len());
        &mut all[start..end]
    }
}

/// The number of a byte: an int from 0 to 255.
///
/// # Errors
/// TypeError, or ValueError with CPython's text for `what` ("byte" or "bytes").
pub fn byte(vm: &mut Vm, v: Val, what: &str) -> R<u8> {
    let i = super::index::clamped(vm, v)?;
    u8::try_from(i).map_err(|_| -> Raised { vm.value_error(format_args!("{what} must be in range(0, 256)")) })
}
