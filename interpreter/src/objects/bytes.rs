//! `bytes`.

use super::buffer::{self, Buffer};
use super::index::{self, bad_index, is_index};
use super::iterators::{self, Walk};
use super::native::{Args, BinOp, CmpOp, Entry, NativeType, R};
use super::str::compare_bytes;
use super::text::{STRETCH, as_str, bad_operand, finish, pause, repeat};
use super::{codec, formatting, text_case as case, text_search as search};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};
use alloc::string::String;
use core::fmt::Write;

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    print_bytes(vm, v, false, out)
}

/// Writes the `repr` of bytes or a bytearray, which takes long for many.
pub(super) fn print_bytes(vm: &mut Vm, v: Val, bytearray: bool, out: &mut Out) -> R<()> {
    const STRETCH: usize = 256;
    if vm.heap.bytes(v).len() <= STRETCH {
        write_repr(vm.heap.bytes(v), bytearray, out);
        return Ok(());
    }
    let quote = quote_of(vm.heap.bytes(v));
    let _ = write!(out, "b{quote}");
    let mut at = 0;
    // A callback may make a bytearray shorter meanwhile.
    while let Some(rest) = vm.heap.bytes(v).get(at..).filter(|rest| !rest.is_empty()) {
        let part = &rest[..rest.len().min(STRETCH)];
        write_escaped(part, quote, bytearray, out);
        at += part.len();
        out.flush(vm)?;
    }
    let _ = out.write_char(quote);
    Ok(())
}

fn quote_of(s: &[u8]) -> char {
    if s.contains(&b'\'') && !s.contains(&b'"') { '"' } else { '\'' }
}

/// Writes bytes as `repr` does: `b'…'`, in single quotes unless there are those and no double ones. A bytearray
/// escapes single quotes in any case.
pub fn write_repr(s: &[u8], bytearray: bool, out: &mut dyn Write) {
    let quote = quote_of(s);
    // A failing sink reports it itself.
    let _ = write!(out, "b{quote}");
    write_escaped(s, quote, bytearray, out);
    let _ = out.write_char(quote);
}

fn write_escaped(s: &[u8], quote: char, bytearray: bool, out: &mut dyn Write) {
    for &b in s {
        let _ = match b {
            b'\\' => out.write_str("\\\\"),
            b'\n' => out.write_str("\\n"),
            b'\r' => out.write_str("\\r"),
            b'\t' => out.write_str("\\t"),
            b'\'' if bytearray => out.write_str("\\'"),
            _ if char::from(b) == quote => write!(out, "\\{quote}"),
            b' '..0x7f => out.write_char(char::from(b)),
            _ => write!(out, "\\x{b:02x}"),
        };
    }
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [source, encoding, errors] = args.parse(vm, "bytes", ["source", "encoding", "errors"], 0)?;
    if vm.heap.is_bytes(source) && encoding.is_null() {
        return Ok(source);
    }
    if encoding.is_null()
        && vm.heap.is(source, Kind::Instance)
        && let Some(f) = vm.getattr_opt(source, "__bytes__")?
    {
        let made = vm.call(f, &[])?;
        return match vm.as_native(made, &BYTES) {
            Some(b) => Ok(b),
            None => {
                let got = vm.type_name(made);
                Err(vm.type_error(format_args!("__bytes__ returned non-bytes (type {got})")))
            }
        };
    }
    let builder = from_source(vm, source, encoding, errors, "bytes")?;
    finish(vm, builder, Kind::Bytes)
}

/// What `bytes()` and `bytearray()` make of their arguments, as a new bytearray.
pub(super) fn from_source(vm: &mut Vm, source: Val, encoding: Val, errors: Val, name: &str) -> R {
    if source.is_null() {
        return Ok(vm.heap.new_builder(0)?);
    }
    if let Some(s) = as_str(vm, source) {
        if encoding.is_null() {
            return Err(vm.type_error(format_args!("string argument without an encoding")));
        }
        let made = codec::encode(vm, s, encoding, errors)?;
        let n = vm.heap.bytes(made).len();
        let new = vm.heap.new_builder(n)?;
        vm.heap.push_text(new, made, 0, n)?;
        return Ok(new);
    }
    if !encoding.is_null() || !errors.is_null() {
        return Err(vm.type_error(format_args!("encoding without a string argument")));
    }
    if let Some(b) = Buffer::opt(vm, source) {
        let n = b.bytes(&vm.heap).len();
        let new = vm.heap.new_builder(n)?;
        vm.heap.push_text(new, b.owner, b.start, b.start + n)?;
        return Ok(new);
    }
    if vm.heap.is_int(source) || source.is_bool() {
        let n = index::clamped(vm, source)?;
        if n < 0 {
            return Err(vm.value_error(format_args!("negative count")));
        }
        let Ok(n) = u32::try_from(n) else {
            return Err(vm.raise(
                super::native::ExcKind::OverflowError,
                format_args!("cannot fit 'int' into an index-sized integer"),
            ));
        };
        let n = n as usize;
        return Ok(vm.heap.new_bytearray_zeroed(n)?);
    }
    let it = match vm.iter(source) {
        Ok(it) => it,
        Err(raised) => {
            if vm.exc_is(super::native::ExcKind::TypeError) {
                vm.take_exc();
                let got = vm.type_name(source);
                return Err(vm.type_error(format_args!("cannot convert '{got}' object to {name}")));
            }
            return Err(raised);
        }
    };
    vm.heap.keep(it)?;
    let new = vm.heap.new_builder(0)?;
    extend(vm, new, it, if name == "bytes" { "bytes" } else { "byte" })?;
    Ok(new)
}

/// Appends the bytes that an iterator gives.
pub(super) fn extend(vm: &mut Vm, v: Val, it: Val, name: &str) -> R<()> {
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(it)? else { return Ok(()) };
        let b = buffer::byte(vm, item, name)?;
        vm.heap.push_byte(v, b)?;
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

// ---- operators ----

pub(super) fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(vm.heap.bytes(v).len())
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    Ok(u32::from(vm.heap.str_hash(v)))
}

/// The operators of bytes and bytearray; the result is of the left operand's type. A str may be added, as on every
/// board with MicroPython: protocols are put together that way.
pub(super) fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    match op {
        BinOp::Add => {
            let Some(b) = Buffer::or_text(vm, b) else {
                let knows = index::knows(vm, b, "__radd__")?;
                return if knows { Ok(Val::NOT_IMPLEMENTED) } else { Err(bad_operand(vm, a, b)) };
            };
            let kind = vm.heap.cell_kind(a);
            let (m, n) = (vm.heap.bytes(a).len(), b.bytes(&vm.heap).len());
            // Bytes do not change: one operand may stand for the sum.
            if kind == Kind::Bytes && n == 0 {
                return Ok(a);
            }
            let all = vm.heap.is(b.owner, Kind::Bytes) && n == vm.heap.bytes(b.owner).len();
            if kind == Kind::Bytes && m == 0 && all {
                return Ok(b.owner);
            }
            let new = vm.heap.new_builder(m.saturating_add(n))?;
            vm.heap.push_text(new, a, 0, m)?;
            vm.heap.push_text(new, b.owner, b.start, b.start + n)?;
            finish(vm, new, kind)
        }
        BinOp::Mul => repeat(vm, a, b),
        BinOp::Mod => formatting::percent(vm, a, b),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

pub(super) fn reflected(vm: &mut Vm, op: BinOp, other: Val, v: Val) -> R {
    if op == BinOp::Mul { repeat(vm, v, other) } else { Ok(Val::NOT_IMPLEMENTED) }
}

/// Compares with anything bytes-like.
pub(super) fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    // A bytearray compares with any buffer, bytes do not compare with arrays (as in CPython).
    if vm.heap.is(a, Kind::Bytes) && vm.heap.is(b, Kind::Array) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let (Some(x), Some(y)) = (Buffer::of(&vm.heap, a), Buffer::opt(vm, b)) else {
        return Ok(Val::NOT_IMPLEMENTED);
    };
    Ok(Val::bool(compare_bytes(op, x.bytes(&vm.heap), y.bytes(&vm.heap))))
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
        let at = index::index(vm, i, n, "index")?;
        return Ok(Val::small(i32::from(vm.heap.bytes(v)[at])));
    }
    if !vm.heap.is(i, Kind::Slice) {
        return Err(bad_index(vm, "byte", i));
    }
    slice(vm, v, i)
}

/// A slice of bytes or bytearray as a new object of its type.
pub(super) fn slice(vm: &mut Vm, v: Val, i: Val) -> R {
    let s = index::span(vm, i, vm.heap.bytes(v).len())?;
    if s.step == 1 {
        return Ok(vm.heap.slice_text(v, s.start, s.start + s.count)?);
    }
    let kind = vm.heap.cell_kind(v);
    let new = vm.heap.new_builder(s.count)?;
    for k in (0..s.count).step_by(STRETCH) {
        let n = (s.count - k).min(STRETCH);
        vm.heap.grow_text(new, n)?;
        vm.heap.copy_spaced((new, k, 1), (v, s.at(k), s.step as isize), n);
        pause(vm, v)?;
    }
    finish(vm, new, kind)
}

pub(super) fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::from_start(vm, Walk::Bytes, v)
}

// ---- methods ----

fn decode(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [encoding, errors] = args.skip(1).parse(vm, "decode", ["encoding", "errors"], 0)?;
    let b = Buffer::read(vm, v)?;
    codec::decode(vm, b, encoding, errors)
}

/// `hex(sep, bytes_per_sep)`, for anything bytes-like.
pub(super) fn hex(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [sep, group] = args.skip(1).parse(vm, "hex", ["sep", "bytes_per_sep"], 0)?;
    let sep = if sep.is_null() {
        None
    } else {
        match vm.heap.as_bytes(sep) {
            Some(&[b]) if b.is_ascii() => Some(b),
            Some(_) => return Err(vm.value_error(format_args!("sep must be length 1."))),
            None => return Err(vm.type_error(format_args!("sep must be str or bytes."))),
        }
    };
    let group = if group.is_null() { 1 } else { index::clamped(vm, group)? };
    let b = Buffer::read(vm, v)?;
    let n = b.bytes(&vm.heap).len();
    let out = vm.heap.new_builder(n * 2)?;
    for i in 0..n {
        // Groups are counted from the right unless the number is negative.
        let from = if group > 0 { n - i } else { i };
        if let Some(sep) = sep
            && i > 0
            && group != 0
            && (from as u64).is_multiple_of(group.unsigned_abs())
        {
            vm.heap.push_byte(out, sep)?;
        }
        vm.poll()?;
        let byte = b.bytes(&vm.heap).get(i).copied().unwrap_or(0);
        let digit = |d: u8| char::from_digit(u32::from(d), 16).unwrap_or('0') as u8;
        vm.heap.push_bytes(out, &[digit(byte >> 4), digit(byte & 15)])?;
    }
    Ok(vm.heap.finish_str(out)?)
}

/// The bytes that hexadecimal text stands for, as a new bytearray.
pub(super) fn from_hex_text(vm: &mut Vm, text: Val) -> R {
    let Some(text) = as_str(vm, text) else {
        let got = vm.type_name(text);
        return Err(vm.type_error(format_args!("fromhex() argument must be str, not {got}")));
    };
    let n = vm.heap.bytes(text).len();
    let out = vm.heap.new_builder(n / 2)?;
    let mut i = 0;
    while i < n {
        let s = vm.heap.bytes(text);
        if s[i].is_ascii_whitespace() {
            i += 1;
            continue;
        }
        let digit = |at: usize| s.get(at).and_then(|b| char::from(*b).to_digit(16));
        let (Some(high), Some(low)) = (digit(i), digit(i + 1)) else {
            let at = if digit(i).is_none() { i } else { i + 1 };
            return Err(vm.value_error(format_args!(
                "non-hexadecimal number found in fromhex() arg at position {at}"
            )));
        };
        vm.heap.push_byte(out, (high << 4 | low) as u8)?;
        i += 2;
        vm.poll()?;
    }
    Ok(out)
}

fn from_hex(vm: &mut Vm, args: Args) -> R {
    let text = args.get(vm, 1);
    let made = from_hex_text(vm, text)?;
    finish(vm, made, Kind::Bytes)
}

pub(super) const DECODE: Entry = Entry::FnKw("decode", 1, 3, decode);
pub(super) const HEX: Entry = Entry::FnKw("hex", 1, 3, hex);
pub(super) const TRANSLATE: Entry = Entry::FnKw("translate", 2, 3, case::translate_bytes);
pub(super) const MAKETRANS: Entry = Entry::Static("maketrans", 2, 2, case::maketrans_bytes);

/// `repr` as Rust text, for messages.
pub fn repr_text(s: &[u8]) -> String {
    let mut out = String::new();
    write_repr(s, false, &mut out);
    out
}

/// MicroPython's own: the template's text with its fields filled in, as bytes.
fn format(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let text = formatting::format_with_args(vm, v, args.skip(1))?;
    let text = vm.heap.bytes(text).to_vec();
    Ok(vm.heap.new_bytes(&text)?)
}

/// The type.
pub static BYTES: NativeType = NativeType {
    id: ids::BYTES,
    name: "bytes",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    len: Some(len),
    hash: Some(hash),
    binary: Some(binary),
    reflected: Some(reflected),
    compare: Some(compare),
    contains: Some(search::contains),
    get_item: Some(get_item),
    iter: Some(iter),
    entries: &[
        case::CAPITALIZE,
        search::CENTER,
        search::COUNT,
        DECODE,
        search::ENDSWITH,
        search::EXPANDTABS,
        search::FIND,
        Entry::FnKw("format", 1, 255, format),
        Entry::Class("fromhex", 2, 2, from_hex),
        HEX,
        search::INDEX,
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
        MAKETRANS,
        search::PARTITION,
        search::REMOVEPREFIX,
        search::REMOVESUFFIX,
        search::REPLACE,
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
        TRANSLATE,
        case::UPPER,
        search::ZFILL,
    ],
    ..NativeType::EMPTY
};
