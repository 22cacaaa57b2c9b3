//! `str`.

use super::buffer::Buffer;
use super::index::{self, is_index};
use super::iterators::{self, Walk};
use super::native::{Args, BinOp, CmpOp, Entry, NativeType, R};
use super::text::{as_str, bad_operand, repeat};
use super::{codec, formatting, text_case as case, text_search as search};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::{Qstr, Val};
use crate::vm::{Out, Vm};
use core::fmt::Write;

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, repr: bool) -> R<()> {
    if repr {
        return print_repr(vm, v, out);
    } else {
        out.push(vm.heap.str(v));
    }
    Ok(())
}

/// Writes `repr`, which takes long for a long str.
fn print_repr(vm: &mut Vm, v: Val, out: &mut Out) -> R<()> {
    const STRETCH: usize = 256;
    let s = vm.heap.str(v);
    let quote = quote_of(s);
    let _ = out.write_char(quote);
    let mut at = 0;
    while at < vm.heap.str(v).len() {
        let rest = &vm.heap.str(v)[at..];
        let part = &rest[..rest.floor_char_boundary(STRETCH)];
        write_escaped(part, quote, out);
        at += part.len();
        out.flush(vm)?;
    }
    let _ = out.write_char(quote);
    Ok(())
}

fn quote_of(s: &str) -> char {
    if s.contains('\'') && !s.contains('"') { '"' } else { '\'' }
}

/// Writes a str as `repr` does: in single quotes unless it has those and no double ones.
pub fn write_repr(s: &str, out: &mut dyn Write) {
    let quote = quote_of(s);
    // A failing sink reports it itself.
    let _ = out.write_char(quote);
    write_escaped(s, quote, out);
    let _ = out.write_char(quote);
}

fn write_escaped(s: &str, quote: char, out: &mut dyn Write) {
    let mut plain = 0;
    for (i, c) in s.char_indices() {
        let escape = match c {
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ if c == quote => "",
            _ if case::is_printable_char(c) => continue,
            _ => "",
        };
        let _ = out.write_str(&s[plain..i]);
        plain = i + c.len_utf8();
        let code = c as u32;
        let _ = match (escape, code) {
            ("", _) if c == quote => write!(out, "\\{c}"),
            ("", 0..0x100) => write!(out, "\\x{code:02x}"),
            ("", 0..0x10000) => write!(out, "\\u{code:04x}"),
            ("", _) => write!(out, "\\U{code:08x}"),
            _ => out.write_str(escape),
        };
    }
    let _ = out.write_str(&s[plain..]);
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [object, encoding, errors] = args.parse(vm, "str", ["object", "encoding", "errors"], 0)?;
    if object.is_null() {
        return vm.new_str("");
    }
    if encoding.is_null() && errors.is_null() {
        return vm.str(object);
    }
    if vm.heap.is_str(object) {
        return Err(vm.type_error(format_args!("decoding str is not supported")));
    }
    let Some(b) = Buffer::opt(vm, object) else {
        let got = vm.type_name(object);
        return Err(vm.type_error(format_args!("decoding to str: need a bytes-like object, {got} found")));
    };
    codec::decode(vm, b, encoding, errors)
}

// ---- operators ----

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(vm.heap.char_len(v))
}

fn hash(vm: &mut Vm, v: Val) -> R<u32> {
    Ok(u32::from(vm.heap.str_hash(v)))
}

fn binary(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    match op {
        BinOp::Add => match as_str(vm, b) {
            Some(b) if vm.heap.bytes(b).is_empty() => Ok(a),
            Some(b) if vm.heap.bytes(a).is_empty() => Ok(b),
            Some(b) => Ok(vm.heap.concat_text(Kind::Str, a, b)?),
            None if index::knows(vm, b, "__radd__")? => Ok(Val::NOT_IMPLEMENTED),
            None => Err(bad_operand(vm, a, b)),
        },
        BinOp::Mul => repeat(vm, a, b),
        BinOp::Mod => formatting::percent(vm, a, b),
        _ => Ok(Val::NOT_IMPLEMENTED),
    }
}

fn reflected(vm: &mut Vm, op: BinOp, other: Val, v: Val) -> R {
    if op == BinOp::Mul { repeat(vm, v, other) } else { Ok(Val::NOT_IMPLEMENTED) }
}

fn compare(vm: &mut Vm, op: CmpOp, a: Val, b: Val) -> R {
    let Some(b) = as_str(vm, b) else { return Ok(Val::NOT_IMPLEMENTED) };
    // UTF-8 sorts as its characters do.
    let (x, y) = (vm.heap.bytes(a), vm.heap.bytes(b));
    Ok(Val::bool(compare_bytes(op, x, y)))
}

/// Compares two runs of bytes.
pub(super) fn compare_bytes(op: CmpOp, x: &[u8], y: &[u8]) -> bool {
    match op {
        CmpOp::Lt => x < y,
        CmpOp::Le => x <= y,
        CmpOp::Gt => x > y,
        CmpOp::Ge => x >= y,
        CmpOp::Eq => x == y,
        CmpOp::Ne => x != y,
    }
}

// ---- items ----

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    if let Some(i) = i.as_small()
        && i >= 0
        && vm.heap.is_ascii(v)
        && let Some(&c) = vm.heap.bytes(v).get(i as usize)
    {
        return Ok(Val::qstr(Qstr(u32::from(c))));
    }
    if is_index(vm, i) {
        let at = index::index(vm, i, vm.heap.char_len(v), "string index")?;
        let from = vm.heap.char_to_byte(v, at);
        let to = from + iterators::char_len(vm.heap.bytes(v)[from]);
        return Ok(vm.heap.slice_text(v, from, to)?);
    }
    if !vm.heap.is(i, Kind::Slice) {
        let got = vm.type_name(i);
        return Err(vm.type_error(format_args!("string indices must be integers, not '{got}'")));
    }
    let s = index::span(vm, i, vm.heap.char_len(v))?;
    if s.step == 1 {
        let (from, to) = (vm.heap.char_to_byte(v, s.start), vm.heap.char_to_byte(v, s.start + s.count));
        return Ok(vm.heap.slice_text(v, from, to)?);
    }
    let out = vm.heap.new_builder(s.count)?;
    let ascii = vm.heap.is_ascii(v);
    let mut from = if s.count > 0 { vm.heap.char_to_byte(v, s.start) } else { 0 };
    for k in 0..s.count {
        if ascii {
            let c = vm.heap.bytes(v)[s.at(k)];
            vm.heap.push_byte(out, c)?;
        } else {
            if k > 0 {
                from = step_chars(vm.heap.bytes(v), from, s.step);
            }
            let to = from + iterators::char_len(vm.heap.bytes(v)[from]);
            vm.heap.push_text(out, v, from, to)?;
        }
        vm.poll()?;
    }
    Ok(vm.heap.finish_str(out)?)
}

/// The byte where the character begins that is `step` characters from the one at byte `from`.
fn step_chars(s: &[u8], mut from: usize, step: i64) -> usize {
    for _ in 0..step {
        from += iterators::char_len(s[from]);
    }
    for _ in step..0 {
        from -= 1;
        while s[from] & 0xc0 == 0x80 {
            from -= 1;
        }
    }
    from
}

fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::from_start(vm, Walk::Str, v)
}

// ---- methods ----

fn encode(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [encoding, errors] = args.skip(1).parse(vm, "encode", ["encoding", "errors"], 0)?;
    codec::encode(vm, v, encoding, errors)
}

fn format(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    formatting::format_with_args(vm, v, args.skip(1))
}

fn format_map(vm: &mut Vm, args: Args) -> R {
    let (v, map) = (args.get(vm, 0), args.get(vm, 1));
    formatting::format_with_map(vm, v, map)
}

/// The type.
pub static STR: NativeType = NativeType {
    id: ids::STR,
    name: "str",
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
        Entry::Fn("casefold", 1, 1, case::case_fold),
        search::CENTER,
        search::COUNT,
        Entry::FnKw("encode", 1, 3, encode),
        search::ENDSWITH,
        search::EXPANDTABS,
        search::FIND,
        Entry::FnKw("format", 1, 255, format),
        Entry::Fn("format_map", 2, 2, format_map),
        search::INDEX,
        case::ISALNUM,
        case::ISALPHA,
        case::ISASCII,
        Entry::Fn("isdecimal", 1, 1, case::is_decimal),
        case::ISDIGIT,
        Entry::Fn("isidentifier", 1, 1, case::is_identifier),
        case::ISLOWER,
        Entry::Fn("isnumeric", 1, 1, case::is_numeric),
        Entry::Fn("isprintable", 1, 1, case::is_printable),
        case::ISSPACE,
        case::ISTITLE,
        case::ISUPPER,
        search::JOIN,
        search::LJUST,
        case::LOWER,
        search::LSTRIP,
        Entry::Static("maketrans", 1, 3, case::maketrans_str),
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
        Entry::Fn("translate", 2, 2, case::translate_str),
        case::UPPER,
        search::ZFILL,
    ],
    ..NativeType::EMPTY
};
