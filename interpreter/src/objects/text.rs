//! What str, bytes and bytearray have in common. Their methods work on runs of bytes; where characters count (a str
//! that is not ASCII) offsets are converted.
//!
//! `text_search.rs` finds, splits and replaces; `text_case.rs` changes case, classifies and pads.

use super::buffer::Buffer;
use super::index;
use super::native::{Args, R, Raised};
use super::str;
use crate::heap::{Heap, Kind};
use crate::value::Val;
use crate::vm::Vm;

/// Bytes that are gone through between two looks for Ctrl-C.
pub(super) const STRETCH: usize = 4096;

/// Str, Bytes or ByteArray.
pub(super) fn kind_of(vm: &Vm, v: Val) -> Kind {
    match vm.heap.kind(v) {
        None => Kind::Str,
        Some(kind) => kind,
    }
}

/// Is it a str (and so made of characters)?
pub(super) fn is_chars(vm: &Vm, v: Val) -> bool {
    vm.heap.is_str(v)
}

/// The argument as a str object, if it is one or derived from it.
pub fn as_str(vm: &mut Vm, v: Val) -> Option<Val> {
    if vm.heap.is_str(v) {
        Some(v)
    } else if vm.heap.is(v, Kind::Instance) {
        vm.as_native(v, &str::STR)
    } else {
        None
    }
}

/// An argument of the same sort as `v`: a str for a str, something bytes-like for bytes.
pub(super) fn like(vm: &mut Vm, v: Val, x: Val) -> Option<Buffer> {
    if is_chars(vm, v) { as_str(vm, x).map(|x| Buffer::of_str(&vm.heap, x)) } else { Buffer::opt(vm, x) }
}

/// As [`like`].
///
/// # Errors
/// TypeError "`prefix`must be str, not int" or "a bytes-like object is required, not 'int'".
pub(super) fn needle(vm: &mut Vm, v: Val, x: Val, prefix: &str) -> R<Buffer> {
    match like(vm, v, x) {
        Some(b) => Ok(b),
        None => {
            let got = vm.type_name(x);
            Err(if is_chars(vm, v) {
                vm.type_error(format_args!("{prefix}must be str, not {got}"))
            } else {
                vm.type_error(format_args!("a bytes-like object is required, not '{got}'"))
            })
        }
    }
}

/// Turns a builder into an object of kind `kind`.
pub(super) fn finish(vm: &mut Vm, builder: Val, kind: Kind) -> R {
    Ok(match kind {
        Kind::Str => vm.heap.finish_str(builder)?,
        Kind::Bytes => vm.heap.finish_bytes(builder)?,
        _ => builder,
    })
}

/// A new text of the kind of `v` with its bytes changed in place by `f`, a stretch at a time; it keeps ASCII ASCII.
pub(super) fn mapped(vm: &mut Vm, v: Val, mut f: impl FnMut(&mut [u8])) -> R {
    let kind = kind_of(vm, v);
    let n = vm.heap.bytes(v).len();
    let new = vm.heap.new_builder(n)?;
    vm.heap.push_text(new, v, 0, n)?;
    for at in (0..n).step_by(STRETCH) {
        f(&mut vm.heap.text_mut(new)[at..n.min(at + STRETCH)]);
        vm.poll()?;
    }
    finish(vm, new, kind)
}

/// Bytes `from..to` as a new object of the kind of `v`.
pub(super) fn cut(vm: &mut Vm, v: Val, from: usize, to: usize) -> R {
    Ok(vm.heap.slice_text(v, from, to)?)
}

/// Appends the bytes of an argument to a builder.
pub(super) fn push_buffer(vm: &mut Vm, builder: Val, b: Buffer) -> R<()> {
    let len = b.bytes(&vm.heap).len();
    vm.heap.push_text(builder, b.owner, b.start, b.start + len)?;
    Ok(())
}

/// Looks for Ctrl-C in the middle of work on a text.
///
/// # Errors
/// KeyboardInterrupt and what callbacks raise; RuntimeError if one of them made a bytearray shorter.
#[inline]
pub(super) fn pause(vm: &mut Vm, v: Val) -> R<()> {
    if vm.pending().is_set() { pause_now(vm, v) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn pause_now(vm: &mut Vm, v: Val) -> R<()> {
    let n = vm.heap.bytes(v).len();
    vm.poll()?;
    if vm.heap.bytes(v).len() < n {
        let message = format_args!("bytearray changed size during iteration");
        return Err(vm.raise(super::native::ExcKind::RuntimeError, message));
    }
    Ok(())
}

/// The character (or byte, if not `chars`) at byte `i`, and how many bytes it takes.
#[inline]
pub(super) fn char_at(s: &[u8], i: usize, chars: bool) -> (char, usize) {
    let first = s[i];
    if !chars || first < 0x80 {
        return (char::from(first), 1);
    }
    let n = super::iterators::char_len(first);
    let tail = s.get(i + 1..i + n).unwrap_or(&[]);
    let head = u32::from(first) & (0x7f >> n);
    let code = tail.iter().fold(head, |c, b| c << 6 | u32::from(b & 0x3f));
    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), n)
}

/// The character that ends at byte `end`, and how many bytes it takes.
pub(super) fn char_before(s: &[u8], end: usize, chars: bool) -> (char, usize) {
    let mut i = end - 1;
    while chars && i > 0 && s[i] & 0xc0 == 0x80 {
        i -= 1;
    }
    char_at(s, i, chars)
}

/// White space as Python sees it.
#[inline]
pub(super) fn is_space(c: char, chars: bool) -> bool {
    matches!(c, ' ' | '\t'..='\r') || (chars && (c.is_whitespace() || matches!(c, '\x1c'..='\x1f')))
}

/// The range of bytes meant by the optional arguments `first` and `first + 1` of a method of `v`.
pub(super) fn byte_range(vm: &mut Vm, v: Val, args: Args, first: usize) -> R<Option<(usize, usize)>> {
    let (start, end) = (args.opt(vm, first), args.opt(vm, first + 1));
    if start.is_none() && end.is_none() {
        return Ok(Some((0, vm.heap.bytes(v).len())));
    }
    let n = length(&vm.heap, v);
    Ok(index::range_args(vm, start, end, n)?.map(|(from, to)| {
        if vm.heap.is_str(v) {
            (vm.heap.char_to_byte(v, from), vm.heap.char_to_byte(v, to))
        } else {
            (from, to)
        }
    }))
}

/// Length in characters of a str, in bytes of anything else.
pub(super) fn length(heap: &Heap, v: Val) -> usize {
    if heap.is_str(v) { heap.char_len(v) } else { heap.bytes(v).len() }
}

/// The optional argument `maxsplit` or `count`: negative means no limit.
pub(super) fn limit(vm: &mut Vm, v: Val) -> R<usize> {
    if v.is_null() {
        return Ok(usize::MAX);
    }
    let n = index::clamped(vm, v)?;
    Ok(usize::try_from(n).unwrap_or(usize::MAX))
}

/// The first place of `needle` in `s`.
pub(super) fn find(s: &[u8], needle: &[u8]) -> Option<usize> {
    let Some(&first) = needle.first() else { return Some(0) };
    if needle.len() > s.len() {
        return None;
    }
    let last = s.len() - needle.len();
    (0..=last).find(|&i| s[i] == first && s[i..].starts_with(needle))
}

/// The last place of `needle` in `s`.
pub(super) fn rfind(s: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.len() > s.len() {
        return None;
    }
    (0..=s.len() - needle.len()).rev().find(|&i| s[i..].starts_with(needle))
}

/// TypeError for text of the wrong sort, naming what was got.
pub(super) fn bad_operand(vm: &mut Vm, v: Val, x: Val) -> Raised {
    let got = vm.type_name(x);
    match kind_of(vm, v) {
        Kind::Str => vm.type_error(format_args!("can only concatenate str (not \"{got}\") to str")),
        Kind::Bytes => vm.type_error(format_args!("can't concat {got} to bytes")),
        _ => vm.type_error(format_args!("can't concat {got} to bytearray")),
    }
}

/// Repeats a text as an object of its kind; NotImplemented if `times` is no integer.
pub(super) fn repeat(vm: &mut Vm, v: Val, times: Val) -> R {
    let kind = kind_of(vm, v);
    let n = vm.heap.bytes(v).len();
    match index::times(vm, times, n)? {
        None => Ok(Val::NOT_IMPLEMENTED),
        Some(1) if kind != Kind::ByteArray => Ok(v),
        Some(times) => Ok(vm.heap.repeat_text(kind, v, if n == 0 { 0 } else { times })?),
    }
}
