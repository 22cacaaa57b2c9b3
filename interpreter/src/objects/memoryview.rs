//! `memoryview`: a window on the bytes of another object. One dimension, contiguous.
//!
//! The cell: w1 = owner, w2 = first byte, w3 = length in bytes, aux = type code. If the owner shrinks, the window
//! ends where the owner does.

use super::buffer::Buffer;
use super::index::{self, is_index};
use super::iterators::{self, Walk};
use super::native::{Args, CmpOp, Entry, ExcKind, NativeType, R};
use super::str::compare_bytes;
use super::{bytes, typecode};
use crate::heap::cell::{F_V1, header};
use crate::heap::{Heap, Kind};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- new ----

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [object] = args.parse(vm, "memoryview", ["object"], 1)?;
    let Some(b) = Buffer::or_text(vm, object) else {
        let got = vm.type_name(object);
        return Err(vm.type_error(format_args!("memoryview: a bytes-like object is required, not '{got}'")));
    };
    view(vm, b)
}

/// A memoryview of a run of bytes.
///
/// # Errors
/// MemoryError.
pub fn view(vm: &mut Vm, b: Buffer) -> R {
    let head = header(Kind::MemoryView, F_V1, u16::from(b.typecode));
    Ok(vm.heap.alloc_cell(head, b.owner.bits(), b.start as u32, b.len as u32)?)
}

/// The bytes that a memoryview shows.
pub fn parts(heap: &Heap, v: Val) -> Buffer {
    let owner = heap.val(v, 1);
    let all = heap.bytes(owner).len();
    let start = (heap.w(v, 2) as usize).min(all);
    let len = (heap.w(v, 3) as usize).min(all - start);
    Buffer { owner, start, len, typecode: heap.aux(v) as u8 }
}

/// The size of an item in bytes.
fn size_of(code: u8) -> usize {
    typecode::size_of(code).unwrap_or(1)
}

// ---- operators ----

fn print(_: &mut Vm, _: Val, out: &mut Out, _: bool) -> R<()> {
    out.push("<memoryview>");
    Ok(())
}

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    let b = parts(&vm.heap, v);
    Ok(b.len / size_of(b.typecode))
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    let b = parts(&vm.heap, v);
    if b.writable(&vm.heap) {
        return Err(vm.value_error(format_args!("cannot hash writable memoryview object")));
    }
    Ok(u32::from(crate::heap::hash_bytes(b.bytes(&vm.heap))))
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let (CmpOp::Eq | CmpOp::Ne, Some(y)) = (op, Buffer::opt(vm, b)) else { return Ok(Val::NOT_IMPLEMENTED) };
    let x = parts(&vm.heap, a);
    Ok(Val::bool(compare_bytes(op, x.bytes(&vm.heap), y.bytes(&vm.heap))))
}

// ---- items ----

/// Item `i` of anything bytes-like, if it is there.
pub fn item(vm: &mut Vm, v: Val, i: usize) -> R<Option<Val>> {
    let Some(b) = Buffer::of(&vm.heap, v) else { return Ok(None) };
    if b.typecode == b'B' {
        return Ok(b.bytes(&vm.heap).get(i).map(|x| Val::small(i32::from(*x))));
    }
    let size = size_of(b.typecode);
    if (i + 1) * size > b.len {
        return Ok(None);
    }
    typecode::read_item(vm, b.typecode, &b, i).map(Some)
}

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    let n = len(vm, v)?;
    if is_index(vm, i) {
        let at = match index::index(vm, i, n, "index") {
            Ok(at) => at,
            Err(raised) => return Err(out_of_bounds(vm, raised)),
        };
        return match item(vm, v, at)? {
            Some(x) => Ok(x),
            None => Err(vm.raise(ExcKind::IndexError, format_args!("index out of bounds on dimension 1"))),
        };
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(vm.type_error(format_args!("memoryview: invalid slice key")));
    }
    let b = slice(vm, v, i)?;
    view(vm, b)
}

fn out_of_bounds(vm: &mut Vm, raised: super::native::Raised) -> super::native::Raised {
    if vm.exc_is(ExcKind::IndexError) {
        vm.take_exc();
        return vm.raise(ExcKind::IndexError, format_args!("index out of bounds on dimension 1"));
    }
    raised
}

fn slice(vm: &mut Vm, v: Val, i: Val) -> R<Buffer> {
    let n = len(vm, v)?;
    let s = index::span(vm, i, n)?;
    if s.step != 1 {
        return Err(vm.raise(
            ExcKind::NotImplementedError,
            format_args!("memoryview: only slices with step 1 are supported"),
        ));
    }
    let b = parts(&vm.heap, v);
    let size = size_of(b.typecode);
    Ok(Buffer { start: b.start + s.start * size, len: s.count * size, ..b })
}

fn set_item(vm: &mut Vm, v: Val, i: Val, x: Val) -> R<()> {
    let b = parts(&vm.heap, v);
    if !b.writable(&vm.heap) {
        return Err(vm.type_error(format_args!("cannot modify read-only memory")));
    }
    if x.is_null() {
        return Err(vm.type_error(format_args!("cannot delete memory")));
    }
    let n = len(vm, v)?;
    if is_index(vm, i) {
        let at = match index::index(vm, i, n, "index") {
            Ok(at) => at,
            Err(raised) => return Err(out_of_bounds(vm, raised)),
        };
        if b.typecode == b'B' {
            let Ok(byte) = u8::try_from(index::clamped(vm, x)?) else {
                return Err(vm.value_error(format_args!("memoryview: invalid value for format 'B'")));
            };
            b.bytes_mut(&mut vm.heap)[at] = byte;
            return Ok(());
        }
        return typecode::write_item(vm, b.typecode, &b, at, x);
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(vm.type_error(format_args!("memoryview: invalid slice key")));
    }
    let to = slice(vm, v, i)?;
    let from = Buffer::read(vm, x)?;
    if from.typecode != to.typecode || from.len != to.len {
        return Err(vm.value_error(format_args!(
            "memoryview assignment: lvalue and rvalue have different structures"
        )));
    }
    vm.heap.copy_text(to.owner, to.start, from.owner, from.start, to.len);
    Ok(())
}

fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::from_start(vm, Walk::Bytes, v)
}

// ---- attributes and methods ----

fn format(vm: &mut Vm, v: Val) -> R {
    let b = parts(&vm.heap, v);
    vm.new_str(core::str::from_utf8(&[b.typecode]).unwrap_or("B"))
}

fn item_size(vm: &mut Vm, v: Val) -> R {
    let b = parts(&vm.heap, v);
    Ok(Val::small(size_of(b.typecode) as i32))
}

fn nbytes(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(parts(&vm.heap, v).len as i32))
}

fn obj(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(v, 1))
}

fn read_only(vm: &mut Vm, v: Val) -> R {
    Ok(Val::bool(!parts(&vm.heap, v).writable(&vm.heap)))
}

fn cast(vm: &mut Vm, args: Args) -> R {
    let (v, code) = (args.get(vm, 0), args.get(vm, 1));
    let b = parts(&vm.heap, v);
    let code = match vm.heap.as_bytes(code) {
        Some(&[code]) if typecode::size_of(code).is_some() => code,
        _ => {
            return Err(vm.value_error(format_args!(
                "memoryview: destination format must be a native single character format"
            )));
        }
    };
    if !b.len.is_multiple_of(size_of(code)) {
        return Err(vm.type_error(format_args!("memoryview: length is not a multiple of itemsize")));
    }
    view(vm, Buffer { typecode: code, ..b })
}

fn release(_vm: &mut Vm, _args: Args) -> R {
    // Nothing is held: the owner may change its size at any time.
    Ok(Val::NONE)
}

fn to_bytes(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let b = parts(&vm.heap, v);
    let new = vm.heap.new_builder(b.len)?;
    vm.heap.push_text(new, b.owner, b.start, b.start + b.len)?;
    Ok(vm.heap.finish_bytes(new)?)
}

fn to_list(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let list = vm.heap.new_list_cap(0)?;
    let mut i = 0;
    while let Some(x) = item(vm, v, i)? {
        vm.heap.list_push(list, x)?;
        i += 1;
    }
    Ok(list)
}

fn enter(vm: &mut Vm, args: Args) -> R {
    Ok(args.get(vm, 0))
}

/// The type.
pub static MEMORYVIEW: NativeType = NativeType {
    id: ids::MEMORYVIEW,
    name: "memoryview",
    print: Some(print),
    new: Some(new),
    len: Some(len),
    hash: Some(hash),
    compare: Some(compare),
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(iter),
    entries: &[
        Entry::Fn("cast", 2, 2, cast),
        Entry::Get("format", format),
        Entry::FnKw("hex", 1, 3, bytes::hex),
        Entry::Get("itemsize", item_size),
        Entry::Get("nbytes", nbytes),
        Entry::Get("obj", obj),
        Entry::Get("readonly", read_only),
        Entry::Fn("release", 1, 1, release),
        Entry::Fn("tobytes", 1, 1, to_bytes),
        Entry::Fn("tolist", 1, 1, to_list),
        Entry::Fn("__enter__", 1, 1, enter),
        Entry::Fn("__exit__", 4, 4, release),
    ],
    ..NativeType::EMPTY
};
