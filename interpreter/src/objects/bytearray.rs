//! `bytearray`.

use super::buffer::{self, Buffer};
use super::bytes;
use super::index::{self, bad_index, is_index};
use super::native::{Args, BinOp, Entry, ExcKind, NativeType, R};
use super::text::bad_operand;
use super::{text_case as case, text_search as search};
use crate::heap::{F_A, Kind};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("bytearray(");
    bytes::print_bytes(vm, v, true, out)?;
    out.push(")");
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [source, encoding, errors] = args.parse(vm, "bytearray", ["source", "encoding", "errors"], 0)?;
    bytes::from_source(vm, source, encoding, errors, "bytearray")
}

// ---- operators ----

fn inplace(vm: &mut Vm, op: BinOp, v: Val, other: Val) -> R {
    match op {
        BinOp::Add => {
            let Some(b) = Buffer::or_text(vm, other) else { return Err(bad_operand(vm, v, other)) };
            let n = b.bytes(&vm.heap).len();
            vm.heap.push_text(v, b.owner, b.start, b.start + n)?;
            Ok(v)
        }
        BinOp::Mul => {
            let n = vm.heap.bytes(v).len();
            let Some(times) = index::times(vm, other, n)? else { return Ok(Val::NOT_IMPLEMENTED) };
            if times == 0 {
                vm.heap.resize_text(v, 0)?;
            }
            for _ in 1..times {
                vm.heap.push_text(v, v, 0, n)?;
            }
            Ok(v)
        }
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

// ---- items ----

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    if i.is_small()
        && let Some(&b) = vm.heap.bytes(v).get(i.small_value() as usize)
    {
        return Ok(Val::small(i32::from(b)));
    }
    let n = vm.heap.bytes(v).len();
    if is_index(vm, i) {
        let at = index::index(vm, i, n, "bytearray index")?;
        return Ok(Val::small(i32::from(vm.heap.bytes(v)[at])));
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(bad_index(vm, "bytearray", i));
    }
    bytes::slice(vm, v, i)
}

fn set_item(vm: &mut Vm, v: Val, i: Val, x: Val) -> R<()> {
    if i.both_small(x)
        && let Ok(byte) = u8::try_from(x.small_value())
        && let Ok(at) = usize::try_from(i.small_value())
        && let Some(b) = vm.heap.text_mut(v).get_mut(at)
    {
        *b = byte;
        return Ok(());
    }
    if is_index(vm, i) {
        let at = index::index(vm, i, vm.heap.bytes(v).len(), "bytearray index")?;
        if x.is_null() {
            return splice(vm, v, at, at + 1, None);
        }
        // Memory that is not the bytearray's own takes numbers as C does.
        let b = if vm.heap.flag(v, F_A) { vm.index(x)? as u8 } else { buffer::byte(vm, x, "byte")? };
        vm.heap.text_mut(v)[at] = b;
        return Ok(());
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(bad_index(vm, "bytearray", i));
    }
    // The new bytes in an object of their own: they may be the bytearray's.
    let source = match Buffer::opt(vm, x) {
        _ if x.is_null() => None,
        Some(b) if b.owner != v => Some(b),
        _ if vm.heap.is_int(x) || vm.heap.is_str(x) => {
            return Err(vm.type_error(format_args!(
                "can assign only bytes, buffers, or iterables of ints in range(0, 256)"
            )));
        }
        _ => {
            let made = bytes::from_source(vm, x, Val::NULL, Val::NULL, "bytearray")?;
            Some(Buffer::read(vm, made)?)
        }
    };
    let s = index::span(vm, i, vm.heap.bytes(v).len())?;
    if s.step == 1 {
        return splice(vm, v, s.start, s.start + s.count, source);
    }
    let n = source.map_or(0, |b| b.bytes(&vm.heap).len());
    if n == 0 {
        let step = s.step.unsigned_abs() as usize;
        let first = if s.step > 0 || s.count == 0 { s.start } else { s.at(s.count - 1) };
        let all = vm.heap.text_mut(v);
        let (mut to, mut next, mut left) = (first, first, s.count);
        for from in first..all.len() {
            if from == next && left > 0 {
                (next, left) = (next + step, left - 1);
            } else {
                all[to] = all[from];
                to += 1;
            }
        }
        if s.count > 0 {
            vm.heap.resize_text(v, to)?;
        }
        return Ok(());
    }
    if n != s.count {
        return Err(vm.value_error(format_args!(
            "attempt to assign bytes of size {n} to extended slice of size {}",
            s.count
        )));
    }
    if let Some(b) = source {
        vm.heap.copy_spaced((v, s.start, s.step as isize), (b.owner, b.start, 1), n);
    }
    Ok(())
}

/// Replaces the bytes `from..to`.
fn splice(vm: &mut Vm, v: Val, from: usize, to: usize, source: Option<Buffer>) -> R<()> {
    let old = vm.heap.bytes(v).len();
    let n = source.map_or(0, |b| b.bytes(&vm.heap).len());
    let new = old - (to - from) + n;
    if new > old {
        vm.heap.grow_text(v, new - old)?;
    }
    vm.heap.text_mut(v).copy_within(to..old, from + n);
    if let Some(b) = source {
        vm.heap.copy_text(v, from, b.owner, b.start, n);
    }
    vm.heap.resize_text(v, new)?;
    Ok(())
}

// ---- methods ----

fn append(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let b = buffer::byte(vm, x, "byte")?;
    vm.heap.push_byte(v, b)?;
    Ok(Val::NONE)
}

fn clear(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.heap.resize_text(v, 0)?;
    Ok(Val::NONE)
}

fn copy(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    Ok(vm.heap.slice_text(v, 0, usize::MAX)?)
}

fn extend(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    if let Some(b) = Buffer::opt(vm, x) {
        let n = b.bytes(&vm.heap).len();
        vm.heap.push_text(v, b.owner, b.start, b.start + n)?;
        return Ok(Val::NONE);
    }
    let it = match vm.iter(x) {
        Ok(it) => it,
        Err(raised) => {
            if vm.exc_is(ExcKind::TypeError) {
                vm.take_exc();
                let got = vm.type_name(x);
                return Err(vm.type_error(format_args!("can't extend bytearray with {got}")));
            }
            return Err(raised);
        }
    };
    vm.heap.keep(it)?;
    bytes::extend(vm, v, it, "byte")?;
    Ok(Val::NONE)
}

fn from_hex(vm: &mut Vm, args: Args) -> R {
    let text = args.get(vm, 1);
    bytes::from_hex_text(vm, text)
}

fn insert(vm: &mut Vm, args: Args) -> R {
    let (v, i, x) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let b = buffer::byte(vm, x, "byte")?;
    let i = index::clamped(vm, i)?;
    let n = vm.heap.bytes(v).len() as i64;
    let at = if i < 0 { i.saturating_add(n).max(0) } else { i.min(n) } as usize;
    vm.heap.push_byte(v, b)?;
    vm.heap.text_mut(v)[at..].rotate_right(1);
    Ok(Val::NONE)
}

fn pop(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let n = vm.heap.bytes(v).len();
    if n == 0 {
        return Err(vm.raise(ExcKind::IndexError, format_args!("pop from empty bytearray")));
    }
    let at = match args.opt(vm, 1) {
        Some(i) => index::index(vm, i, n, "pop index")?,
        None => n - 1,
    };
    let b = vm.heap.bytes(v)[at];
    splice(vm, v, at, at + 1, None)?;
    Ok(Val::small(i32::from(b)))
}

fn remove(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let b = buffer::byte(vm, x, "byte")?;
    match vm.heap.bytes(v).iter().position(|y| *y == b) {
        Some(at) => {
            splice(vm, v, at, at + 1, None)?;
            Ok(Val::NONE)
        }
        None => Err(vm.value_error(format_args!("value not found in bytearray"))),
    }
}

fn reverse(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.heap.text_mut(v).reverse();
    Ok(Val::NONE)
}

/// The type.
pub static BYTEARRAY: NativeType = NativeType {
    id: ids::BYTEARRAY,
    name: "bytearray",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(bytes::len),
    unhashable: true,
    binary: Some(bytes::binary),
    reflected: Some(bytes::reflected),
    inplace: Some(inplace),
    compare: Some(bytes::compare),
    contains: Some(search::contains),
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(bytes::iter),
    entries: &[
        Entry::Fn("append", 2, 2, append),
        case::CAPITALIZE,
        search::CENTER,
        Entry::Fn("clear", 1, 1, clear),
        Entry::Fn("copy", 1, 1, copy),
        search::COUNT,
        bytes::DECODE,
        search::ENDSWITH,
        search::EXPANDTABS,
        Entry::Fn("extend", 2, 2, extend),
        search::FIND,
        Entry::Class("fromhex", 2, 2, from_hex),
        bytes::HEX,
        search::INDEX,
        Entry::Fn("insert", 3, 3, insert),
        case::ISALNUM,
        case::ISALPHA,
        case::ISASCII,
        case::ISDIGIT,
        case::ISLOWER,
        case::ISSPACE,
        case::ISTITLE,
        case::ISUPPER,
        search::JOIN,
        search::LJUST,
        case::LOWER,
        search::LSTRIP,
        bytes::MAKETRANS,
        search::PARTITION,
        Entry::Fn("pop", 1, 2, pop),
        Entry::Fn("remove", 2, 2, remove),
        search::REMOVEPREFIX,
        search::REMOVESUFFIX,
        search::REPLACE,
        Entry::Fn("reverse", 1, 1, reverse),
        search::RFIND,
        search::RINDEX,
        search::RJUST,
        search::RPARTITION,
        search::RSPLIT,
        search::RSTRIP,
        search::SPLIT,
        search::SPLITLINES,
        search::STARTSWITH,
        search::STRIP,
        case::SWAPCASE,
        case::TITLE,
        bytes::TRANSLATE,
        case::UPPER,
        search::ZFILL,
    ],
    ..NativeType::EMPTY
};
