//! `array.array`: items of one type code, packed. A cell of kind Array: word 1 the buffer, word 2 the
//! length in bytes, aux the type code.

use core::fmt::Write;

use super::buffer::Buffer;
use super::native::{Args, Entry, ExcKind, NativeType, R};
use super::typecode;
use crate::heap::{F_BUFVALS, Kind};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{BinOp, CmpOp, Out, Vm};

/// The type.
pub static ARRAY: NativeType = NativeType {
    id: ids::ARRAY,
    name: "array",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(|vm, array| Ok(len(vm, array))),
    unhashable: true,
    binary: Some(binary),
    inplace: Some(inplace),
    compare: Some(compare),
    contains: None,
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(crate::objects::iterators::iter_by_index),
    entries: &[
        Entry::Fn("append", 2, 2, append),
        Entry::Fn("extend", 2, 2, extend),
        Entry::Fn("pop", 1, 2, pop),
        Entry::Fn("insert", 3, 3, insert),
        Entry::Fn("remove", 2, 2, remove),
        Entry::Fn("index", 2, 2, index),
        Entry::Fn("count", 2, 2, count),
        Entry::Fn("reverse", 1, 1, reverse),
        Entry::Fn("tobytes", 1, 1, tobytes),
        Entry::Fn("frombytes", 2, 2, frombytes),
        Entry::Fn("tolist", 1, 1, tolist),
        Entry::Fn("fromlist", 2, 2, extend),
        Entry::Fn("byteswap", 1, 1, byteswap),
        Entry::Get("typecode", |vm, array| {
            let code = [code(vm, array)];
            vm.new_str(core::str::from_utf8(&code).unwrap_or("B"))
        }),
        Entry::Get("itemsize", |vm, array| Ok(Val::small(size(vm, array) as i32))),
    ],
    ..NativeType::EMPTY
};

fn code(vm: &Vm, array: Val) -> u8 {
    vm.heap.aux(array) as u8
}

fn size(vm: &Vm, array: Val) -> usize {
    typecode::size_of(code(vm, array)).unwrap_or(1)
}

fn len(vm: &Vm, array: Val) -> usize {
    vm.heap.bytes(array).len() / size(vm, array)
}

fn whole(vm: &Vm, array: Val) -> Buffer {
    Buffer { owner: array, start: 0, len: vm.heap.bytes(array).len(), typecode: code(vm, array) }
}

/// An empty array.
pub fn new_array(vm: &mut Vm, code: u8) -> R {
    let array = vm.heap.new_bytearray_zeroed(0)?;
    let objects = if code == b'O' { F_BUFVALS } else { 0 };
    let head = vm.heap.head(array) & !0xff & 0xffff | objects | Kind::Array as u32 | u32::from(code) << 16;
    vm.heap.set_head(array, head);
    Ok(array)
}

fn print(vm: &mut Vm, array: Val, out: &mut Out, _repr: bool) -> R<()> {
    let _ = write!(out, "array('{}'", code(vm, array) as char);
    for i in 0..len(vm, array) {
        out.push(if i == 0 { ", [" } else { ", " });
        let mark = vm.heap.mark_temps();
        let item = item(vm, array, i)?;
        out.repr(vm, item)?;
        vm.heap.release_temps(mark);
        out.flush(vm)?;
    }
    out.push(if vm.heap.bytes(array).is_empty() { ")" } else { "])" });
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n == 0 || args.n > 2 || args.nkw > 0 {
        return Err(vm.type_error(format_args!("array() takes 1 or 2 positional arguments")));
    }
    let given = args.get(vm, 0);
    let code = match vm.heap.str_opt(given).map(str::as_bytes) {
        Some(&[code]) => code,
        _ => return Err(vm.type_error(format_args!("array() argument 1 must be a unicode character"))),
    };
    // The codes of struct that mean padding, text or bool are no array codes.
    if typecode::size_of(code).is_none()
        || matches!(code, b'x' | b's' | b'p' | b'c' | b'?' | b'e' | b'n' | b'N')
    {
        return Err(
            vm.value_error(format_args!("bad typecode (must be b, B, h, H, i, I, l, L, q, Q, f or d)"))
        );
    }
    let array = new_array(vm, code)?;
    let Some(source) = args.opt(vm, 1) else { return Ok(array) };
    if matches!(vm.heap.kind(source), Some(Kind::Bytes | Kind::ByteArray)) {
        append_bytes(vm, array, source)?;
    } else {
        extend_from(vm, array, source)?;
    }
    Ok(array)
}

fn item(vm: &mut Vm, array: Val, i: usize) -> R {
    let buffer = whole(vm, array);
    typecode::read_item(vm, buffer.typecode, &buffer, i)
}

fn push(vm: &mut Vm, array: Val, value: Val) -> R<()> {
    let (code, size) = (code(vm, array), size(vm, array));
    let mut bytes = [0; 8];
    typecode::write(vm, code, value, &mut bytes, false)?;
    Ok(vm.heap.push_bytes(array, &bytes[..size])?)
}

/// Appends the bytes of a bytes-like object, which must be a whole number of items.
fn append_bytes(vm: &mut Vm, array: Val, source: Val) -> R<()> {
    let buffer = Buffer::read(vm, source)?;
    if !buffer.len.is_multiple_of(size(vm, array)) {
        return Err(vm.value_error(format_args!("bytes length not a multiple of item size")));
    }
    let old = vm.heap.grow_text(array, buffer.len)?;
    vm.heap.copy_text(array, old, buffer.owner, buffer.start, buffer.len);
    Ok(())
}

fn extend_from(vm: &mut Vm, array: Val, source: Val) -> R<()> {
    if vm.heap.is(source, Kind::Array) && code(vm, source) == code(vm, array) {
        return append_bytes(vm, array, source);
    }
    vm.for_each(source, |vm, value| push(vm, array, value))
}

fn binary(vm: &mut Vm, op: BinOp, array: Val, other: Val) -> R {
    match op {
        BinOp::Add if vm.heap.is(other, Kind::Array) => {
            let sum = new_array(vm, code(vm, array))?;
            append_bytes(vm, sum, array)?;
            extend_from(vm, sum, other)?;
            Ok(sum)
        }
        BinOp::Mul if vm.heap.is_int(other) => {
            let times = usize::try_from(vm.index(other)?).unwrap_or(0);
            let product = new_array(vm, code(vm, array))?;
            for _ in 0..times {
                append_bytes(vm, product, array)?;
            }
            Ok(product)
        }
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn inplace(vm: &mut Vm, op: BinOp, array: Val, other: Val) -> R {
    if op != BinOp::Add {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    extend_from(vm, array, other)?;
    Ok(array)
}

fn compare(vm: &mut Vm, op: CmpOp, array: Val, other: Val) -> R {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return ordered(vm, op, array, other);
    }
    let same = if vm.heap.is(other, Kind::Array) {
        let n = len(vm, array);
        let mut same = n == len(vm, other);
        for i in 0..n {
            if !same {
                break;
            }
            let (a, b) = (item(vm, array, i)?, item(vm, other, i)?);
            same = vm.eq(a, b)?;
            vm.poll()?;
        }
        same
    } else {
        return Ok(Val::NOT_IMPLEMENTED);
    };
    Ok(Val::bool(same == (op == CmpOp::Eq)))
}

fn ordered(vm: &mut Vm, op: CmpOp, array: Val, other: Val) -> R {
    if !vm.heap.is(other, Kind::Array) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let (a, b) = (vm.collect_list(array)?, vm.collect_list(other)?);
    vm.compare(op, a, b)
}

/// An index argument within the array.
fn position(vm: &mut Vm, array: Val, index: Val) -> R<usize> {
    let (given, n) = (vm.index(index)?, len(vm, array) as i64);
    let at = if given < 0 { given + n } else { given };
    if (0..n).contains(&at) {
        Ok(at as usize)
    } else {
        Err(vm.raise(ExcKind::IndexError, format_args!("array index out of range")))
    }
}

fn get_item(vm: &mut Vm, array: Val, index: Val) -> R {
    if vm.heap.is(index, Kind::Slice) {
        let range = crate::objects::slice::indices(vm, index, len(vm, array))?;
        let size = size(vm, array);
        let part = new_array(vm, code(vm, array))?;
        vm.heap.grow_text(part, range.count * size)?;
        if range.step == 1 {
            vm.heap.copy_text(part, 0, array, range.start * size, range.count * size);
            return Ok(part);
        }
        for (to, from) in range.iter().enumerate() {
            vm.heap.copy_text(part, to * size, array, from * size, size);
            vm.unless_interrupted()?;
        }
        return Ok(part);
    }
    let at = position(vm, array, index)?;
    item(vm, array, at)
}

fn set_item(vm: &mut Vm, array: Val, index: Val, value: Val) -> R<()> {
    let (code, size) = (code(vm, array), size(vm, array));
    if vm.heap.is(index, Kind::Slice) {
        let range = crate::objects::slice::indices(vm, index, len(vm, array))?;
        if range.step != 1 {
            return Err(vm.raise(
                ExcKind::NotImplementedError,
                format_args!("only slices with step=1 (aka None) are supported"),
            ));
        }
        let source = if value.is_null() {
            new_array(vm, code)?
        } else if vm.heap.is(value, Kind::Array)
            || !vm.heap.is(value, Kind::Bytes) && !vm.heap.is(value, Kind::ByteArray)
        {
            let copy = new_array(vm, code)?;
            extend_from(vm, copy, value)?;
            copy
        } else {
            value
        };
        return replace(vm, array, range.start * size, range.count * size, source);
    }
    let at = position(vm, array, index)?;
    if value.is_null() {
        let empty = new_array(vm, code)?;
        return replace(vm, array, at * size, size, empty);
    }
    let buffer = whole(vm, array);
    typecode::write_item(vm, code, &buffer, at, value)
}

/// Replaces `count` bytes from `start` by the bytes of `source`.
fn replace(vm: &mut Vm, array: Val, start: usize, count: usize, source: Val) -> R<()> {
    let (old, new) = (vm.heap.bytes(array).len(), vm.heap.bytes(source).len());
    let tail = old - start - count;
    if new > count {
        vm.heap.grow_text(array, new - count)?;
    }
    vm.heap.copy_text(array, start + new, array, start + count, tail);
    vm.heap.copy_text(array, start, source, 0, new);
    if new < count {
        vm.heap.resize_text(array, old - count + new)?;
    }
    Ok(())
}

fn append(vm: &mut Vm, args: Args) -> R {
    push(vm, args.get(vm, 0), args.get(vm, 1))?;
    Ok(Val::NONE)
}

fn extend(vm: &mut Vm, args: Args) -> R {
    extend_from(vm, args.get(vm, 0), args.get(vm, 1))?;
    Ok(Val::NONE)
}

fn pop(vm: &mut Vm, args: Args) -> R {
    let array = args.get(vm, 0);
    if len(vm, array) == 0 {
        return Err(vm.raise(ExcKind::IndexError, format_args!("pop from empty array")));
    }
    let at = match args.opt(vm, 1) {
        Some(index) => position(vm, array, index)?,
        None => len(vm, array) - 1,
    };
    let value = item(vm, array, at)?;
    let (size, empty) = (size(vm, array), new_array(vm, code(vm, array))?);
    replace(vm, array, at * size, size, empty)?;
    Ok(value)
}

fn insert(vm: &mut Vm, args: Args) -> R {
    let (array, index) = (args.get(vm, 0), args.get(vm, 1));
    let (given, n) = (vm.index(index)?, len(vm, array) as i64);
    let at = if given < 0 { (given + n).max(0) } else { given.min(n) } as usize;
    let one = new_array(vm, code(vm, array))?;
    push(vm, one, args.get(vm, 2))?;
    replace(vm, array, at * size(vm, array), 0, one)?;
    Ok(Val::NONE)
}

/// The index of the first item equal to `value`.
fn find(vm: &mut Vm, array: Val, value: Val) -> R<Option<usize>> {
    for i in 0..len(vm, array) {
        let candidate = item(vm, array, i)?;
        if vm.eq(candidate, value)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn found(vm: &mut Vm, args: Args) -> R<usize> {
    match find(vm, args.get(vm, 0), args.get(vm, 1))? {
        Some(at) => Ok(at),
        None => Err(vm.value_error(format_args!("array.index(x): x not in array"))),
    }
}

fn remove(vm: &mut Vm, args: Args) -> R {
    let (array, at) = (args.get(vm, 0), found(vm, args)?);
    let (size, empty) = (size(vm, array), new_array(vm, code(vm, array))?);
    replace(vm, array, at * size, size, empty)?;
    Ok(Val::NONE)
}

fn index(vm: &mut Vm, args: Args) -> R {
    Ok(Val::small(found(vm, args)? as i32))
}

fn count(vm: &mut Vm, args: Args) -> R {
    let (array, value) = (args.get(vm, 0), args.get(vm, 1));
    let mut count = 0;
    for i in 0..len(vm, array) {
        let candidate = item(vm, array, i)?;
        count += i32::from(vm.eq(candidate, value)?);
    }
    Ok(Val::small(count))
}

fn reverse(vm: &mut Vm, args: Args) -> R {
    let array = args.get(vm, 0);
    let size = size(vm, array);
    let bytes = vm.heap.text_mut(array);
    // Reversing all bytes reverses the items and each item's bytes; the latter is undone.
    bytes.reverse();
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    Ok(Val::NONE)
}

fn byteswap(vm: &mut Vm, args: Args) -> R {
    let array = args.get(vm, 0);
    let size = size(vm, array);
    vm.heap.text_mut(array).chunks_exact_mut(size).for_each(<[u8]>::reverse);
    Ok(Val::NONE)
}

fn tobytes(vm: &mut Vm, args: Args) -> R {
    let array = args.get(vm, 0);
    let n = vm.heap.bytes(array).len();
    let out = vm.heap.new_bytearray_zeroed(n)?;
    vm.heap.copy_text(out, 0, array, 0, n);
    Ok(vm.heap.finish_bytes(out)?)
}

fn frombytes(vm: &mut Vm, args: Args) -> R {
    append_bytes(vm, args.get(vm, 0), args.get(vm, 1))?;
    Ok(Val::NONE)
}

fn tolist(vm: &mut Vm, args: Args) -> R {
    vm.collect_list(args.get(vm, 0))
}
