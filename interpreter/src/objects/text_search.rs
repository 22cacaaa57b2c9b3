//! Methods of str, bytes and bytearray that find, split, strip, join and replace.

use super::buffer::{self, Buffer};
use super::index::is_index;
use super::list;
use super::native::{Args, Entry, R};
use super::text::{
    STRETCH, as_str, byte_range, char_at, char_before, cut, find, finish, is_chars, is_space, kind_of,
    length, like, limit, needle, pause, push_buffer, rfind,
};
use crate::heap::Kind;
use crate::value::Val;
use crate::vm::Vm;

/// What is looked for: a text, or for bytes also a single byte.
enum Sought {
    Run(Buffer),
    Byte([u8; 1]),
}

impl Sought {
    fn of(vm: &mut Vm, v: Val, x: Val) -> R<Sought> {
        if let Some(b) = like(vm, v, x) {
            return Ok(Sought::Run(b));
        }
        if !is_chars(vm, v) {
            if is_index(vm, x) {
                return Ok(Sought::Byte([buffer::byte(vm, x, "byte")?]));
            }
            let got = vm.type_name(x);
            return Err(
                vm.type_error(format_args!("argument should be integer or bytes-like object, not '{got}'"))
            );
        }
        let got = vm.type_name(x);
        Err(vm.type_error(format_args!("must be str, not {got}")))
    }

    fn bytes<'a>(&'a self, vm: &'a Vm) -> &'a [u8] {
        match self {
            Sought::Run(b) => b.bytes(&vm.heap),
            Sought::Byte(b) => b,
        }
    }
}

// ---- finding ----

/// The first, or last, place of a text in bytes `from..to` of `v`. Long searches can be interrupted.
fn search(
    vm: &mut Vm,
    v: Val,
    (mut from, mut to): (usize, usize),
    sought: &Sought,
    last: bool,
) -> R<Option<usize>> {
    loop {
        let (s, n) = (vm.heap.bytes(v), sought.bytes(vm));
        let Some(places) = (to + 1).checked_sub(from + n.len()).filter(|&places| places > 0) else {
            return Ok(None);
        };
        // In the worst case each place takes as many steps as there are bytes to compare.
        let part = places.min((4 * STRETCH / n.len().max(1)).max(1));
        let found = if last {
            let start = to - n.len() - (part - 1);
            rfind(&s[start..to], n).map(|i| start + i)
        } else {
            find(&s[from..from + part - 1 + n.len()], n).map(|i| from + i)
        };
        if found.is_some() || part == places {
            return Ok(found);
        }
        if last {
            to -= part
        } else {
            from += part
        }
        pause(vm, v)?;
    }
}

/// The place (in characters) of argument 1 in `self`, looking from the right if `last`.
fn place(vm: &mut Vm, args: Args, last: bool) -> R<Option<usize>> {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let sought = Sought::of(vm, v, x)?;
    let Some((from, to)) = byte_range(vm, v, args, 2)? else { return Ok(None) };
    let at = search(vm, v, (from, to), &sought, last)?;
    Ok(at.map(|i| if vm.heap.is_str(v) { vm.heap.byte_to_char(v, i) } else { i }))
}

fn number(at: Option<usize>) -> Val {
    Val::small(at.map_or(-1, |i| i as i32))
}

fn find_method(vm: &mut Vm, args: Args) -> R {
    Ok(number(place(vm, args, false)?))
}

fn rfind_method(vm: &mut Vm, args: Args) -> R {
    Ok(number(place(vm, args, true)?))
}

fn index_of(vm: &mut Vm, args: Args, last: bool) -> R {
    match place(vm, args, last)? {
        Some(i) => Ok(Val::small(i as i32)),
        None if is_chars(vm, args.get(vm, 0)) => Err(vm.value_error(format_args!("substring not found"))),
        None => Err(vm.value_error(format_args!("subsection not found"))),
    }
}

fn index_method(vm: &mut Vm, args: Args) -> R {
    index_of(vm, args, false)
}

fn rindex_method(vm: &mut Vm, args: Args) -> R {
    index_of(vm, args, true)
}

fn count(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let sought = Sought::of(vm, v, x)?;
    let Some((from, to)) = byte_range(vm, v, args, 2)? else { return Ok(Val::ZERO) };
    let (s, n) = (&vm.heap.bytes(v)[from..to], sought.bytes(vm));
    if n.is_empty() {
        let places = if is_chars(vm, v) { s.iter().filter(|b| **b & 0xc0 != 0x80).count() } else { s.len() };
        return Ok(Val::small(places as i32 + 1));
    }
    let n = n.len();
    let (mut i, mut found) = (from, 0);
    while let Some(at) = search(vm, v, (i, to), &sought, false)? {
        found += 1;
        i = at + n;
        pause(vm, v)?;
    }
    Ok(Val::small(found))
}

/// As [`like`], and as in MicroPython a str for bytes, too.
fn edge(vm: &mut Vm, v: Val, x: Val) -> Option<Buffer> {
    if is_chars(vm, v) { like(vm, v, x) } else { Buffer::or_text(vm, x) }
}

/// `x in v`.
pub(super) fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    if is_chars(vm, v) && like(vm, v, x).is_none() {
        let got = vm.type_name(x);
        return Err(vm.type_error(format_args!("'in <string>' requires string as left operand, not {got}")));
    }
    if !is_chars(vm, v) && edge(vm, v, x).is_none() && !is_index(vm, x) {
        let got = vm.type_name(x);
        return Err(vm.type_error(format_args!("a bytes-like object is required, not '{got}'")));
    }
    let sought = match as_str(vm, x) {
        Some(text) => Sought::Run(Buffer::of_str(&vm.heap, text)),
        None => Sought::of(vm, v, x)?,
    };
    let n = vm.heap.bytes(v).len();
    Ok(search(vm, v, (0, n), &sought, false)?.is_some())
}

/// `startswith` and `endswith`.
fn at_edge(vm: &mut Vm, args: Args, end: bool) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let range = byte_range(vm, v, args, 2)?;
    let test = |vm: &Vm, b: Buffer| {
        range.is_some_and(|(from, to)| {
            let (s, n) = (&vm.heap.bytes(v)[from..to], b.bytes(&vm.heap));
            if end { s.ends_with(n) } else { s.starts_with(n) }
        })
    };
    let name = if end { "endswith" } else { "startswith" };
    let sort = if is_chars(vm, v) { "str" } else { "bytes" };
    if vm.heap.is_tuple(x) {
        for i in 0..vm.heap.tuple(x).len() {
            let item = vm.heap.tuple(x)[i];
            let Some(b) = edge(vm, v, item) else {
                let got = vm.type_name(item);
                return Err(if sort == "str" {
                    vm.type_error(format_args!("tuple for {name} must only contain str, not {got}"))
                } else {
                    vm.type_error(format_args!("a bytes-like object is required, not '{got}'"))
                });
            };
            if test(vm, b) {
                return Ok(Val::TRUE);
            }
        }
        return Ok(Val::FALSE);
    }
    match edge(vm, v, x) {
        Some(b) => Ok(Val::bool(test(vm, b))),
        None => {
            let got = vm.type_name(x);
            Err(vm
                .type_error(format_args!("{name} first arg must be {sort} or a tuple of {sort}, not {got}")))
        }
    }
}

fn starts_with(vm: &mut Vm, args: Args) -> R {
    at_edge(vm, args, false)
}

fn ends_with(vm: &mut Vm, args: Args) -> R {
    at_edge(vm, args, true)
}

fn remove_prefix(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let b = needle(vm, v, x, "removeprefix() argument ")?;
    let n = vm.heap.bytes(v).len();
    let at = if vm.heap.bytes(v).starts_with(b.bytes(&vm.heap)) { b.len } else { 0 };
    cut(vm, v, at, n)
}

fn remove_suffix(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let b = needle(vm, v, x, "removesuffix() argument ")?;
    let n = vm.heap.bytes(v).len();
    let end = if vm.heap.bytes(v).ends_with(b.bytes(&vm.heap)) { n - b.len } else { n };
    cut(vm, v, 0, end)
}

// ---- splitting ----

/// Appends bytes `from..to` of `v` to a list.
fn push_cut(vm: &mut Vm, out: Val, v: Val, from: usize, to: usize) -> R<()> {
    let mark = vm.heap.mark_temps();
    // A part that is all of a str is that str; a bytearray is always copied.
    let part = cut(vm, v, from, to)?;
    vm.heap.list_push(out, part)?;
    vm.heap.release_temps(mark);
    pause(vm, v)
}

fn split_args(vm: &mut Vm, args: Args, name: &str) -> R<(Val, Option<Buffer>, usize)> {
    let v = args.get(vm, 0);
    let [sep, max] = args.skip(1).parse(vm, name, ["sep", "maxsplit"], 0)?;
    let max = limit(vm, max)?;
    if sep.is_null() || sep.is_none() {
        return Ok((v, None, max));
    }
    let Some(b) = like(vm, v, sep) else {
        let got = vm.type_name(sep);
        return Err(if is_chars(vm, v) {
            vm.type_error(format_args!("must be str or None, not {got}"))
        } else {
            vm.type_error(format_args!("a bytes-like object is required, not '{got}'"))
        });
    };
    if b.len == 0 {
        return Err(vm.value_error(format_args!("empty separator")));
    }
    Ok((v, Some(b), max))
}

fn split(vm: &mut Vm, args: Args) -> R {
    let (v, sep, max) = split_args(vm, args, "split")?;
    let out = vm.heap.new_list_cap(0)?;
    let chars = is_chars(vm, v);
    let n = vm.heap.bytes(v).len();
    let mut at = 0;
    let mut parts = 0;
    if let Some(sep) = sep {
        while parts < max {
            let Some(i) = search(vm, v, (at, n), &Sought::Run(sep), false)? else { break };
            push_cut(vm, out, v, at, i)?;
            at = i + sep.len;
            parts += 1;
        }
        push_cut(vm, out, v, at.min(n), n)?;
        return Ok(out);
    }
    loop {
        let s = vm.heap.bytes(v);
        while at < n && is_space(char_at(s, at, chars).0, chars) {
            at += char_at(s, at, chars).1;
        }
        if at == n {
            return Ok(out);
        }
        if parts == max {
            push_cut(vm, out, v, at, n)?;
            return Ok(out);
        }
        let start = at;
        while at < n && !is_space(char_at(s, at, chars).0, chars) {
            at += char_at(s, at, chars).1;
        }
        push_cut(vm, out, v, start, at)?;
        parts += 1;
    }
}

fn rsplit(vm: &mut Vm, args: Args) -> R {
    let (v, sep, max) = split_args(vm, args, "rsplit")?;
    let out = vm.heap.new_list_cap(0)?;
    let chars = is_chars(vm, v);
    let mut end = vm.heap.bytes(v).len();
    let mut parts = 0;
    if let Some(sep) = sep {
        while parts < max {
            let Some(i) = search(vm, v, (0, end), &Sought::Run(sep), true)? else { break };
            push_cut(vm, out, v, i + sep.len, end)?;
            end = i;
            parts += 1;
        }
        push_cut(vm, out, v, 0, end)?;
    } else {
        loop {
            let s = vm.heap.bytes(v);
            while end > 0 && is_space(char_before(s, end, chars).0, chars) {
                end -= char_before(s, end, chars).1;
            }
            if end == 0 {
                break;
            }
            if parts == max {
                push_cut(vm, out, v, 0, end)?;
                break;
            }
            let stop = end;
            while end > 0 && !is_space(char_before(s, end, chars).0, chars) {
                end -= char_before(s, end, chars).1;
            }
            push_cut(vm, out, v, end, stop)?;
            parts += 1;
        }
    }
    vm.heap.list_mut(out).reverse();
    Ok(out)
}

fn split_lines(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [keep] = args.skip(1).parse(vm, "splitlines", ["keepends"], 0)?;
    let keep = !keep.is_null() && vm.truth(keep)?;
    let chars = is_chars(vm, v);
    let out = vm.heap.new_list_cap(0)?;
    let n = vm.heap.bytes(v).len();
    let (mut start, mut i) = (0, 0);
    while i < n {
        let s = vm.heap.bytes(v);
        let (c, len) = char_at(s, i, chars);
        let breaks = matches!(c, '\n' | '\r')
            || (chars && matches!(c, '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'));
        if !breaks {
            i += len;
            continue;
        }
        let end = i + len + usize::from(c == '\r' && s.get(i + 1) == Some(&b'\n'));
        push_cut(vm, out, v, start, if keep { end } else { i })?;
        start = end;
        i = end;
    }
    if start < n {
        push_cut(vm, out, v, start, n)?;
    }
    Ok(out)
}

fn partition_at(vm: &mut Vm, args: Args, last: bool) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    let sep = needle(vm, v, x, "")?;
    if sep.len == 0 {
        return Err(vm.value_error(format_args!("empty separator")));
    }
    let n = vm.heap.bytes(v).len();
    let at = search(vm, v, (0, n), &Sought::Run(sep), last)?;
    let (a, c) = match at {
        Some(i) => (i, i + sep.len),
        None if last => (0, 0),
        None => (n, n),
    };
    let head = cut(vm, v, 0, a)?;
    let middle = cut(vm, v, a, c)?;
    let tail = cut(vm, v, c, n)?;
    Ok(vm.heap.new_tuple(&[head, middle, tail])?)
}

fn partition(vm: &mut Vm, args: Args) -> R {
    partition_at(vm, args, false)
}

fn rpartition(vm: &mut Vm, args: Args) -> R {
    partition_at(vm, args, true)
}

// ---- stripping ----

fn strip_sides(vm: &mut Vm, args: Args, name: &str, left: bool, right: bool) -> R {
    let v = args.get(vm, 0);
    let chars = is_chars(vm, v);
    let set = match args.opt(vm, 1) {
        None => None,
        Some(x) if x.is_none() => None,
        Some(x) => match like(vm, v, x) {
            Some(b) => Some(b),
            None if chars => return Err(vm.type_error(format_args!("{name} arg must be None or str"))),
            None => return Buffer::read_strict(vm, x).map(|_| Val::NONE),
        },
    };
    let strips = |vm: &Vm, c: char, at: usize, n: usize| match set {
        None => is_space(c, chars),
        Some(set) => find_char(set.bytes(&vm.heap), &vm.heap.bytes(v)[at..at + n], chars),
    };
    let (mut from, mut to) = (0, vm.heap.bytes(v).len());
    while left && from < to {
        let (c, n) = char_at(vm.heap.bytes(v), from, chars);
        if !strips(vm, c, from, n) {
            break;
        }
        from += n;
        pause(vm, v)?;
    }
    while right && from < to {
        let (c, n) = char_before(vm.heap.bytes(v), to, chars);
        if !strips(vm, c, to - n, n) {
            break;
        }
        to -= n;
        pause(vm, v)?;
    }
    cut(vm, v, from, to)
}

/// Is this character one of those in `set`?
fn find_char(set: &[u8], c: &[u8], chars: bool) -> bool {
    let mut i = 0;
    while i < set.len() {
        let (_, n) = char_at(set, i, chars);
        if &set[i..i + n] == c {
            return true;
        }
        i += n;
    }
    false
}

fn strip(vm: &mut Vm, args: Args) -> R {
    strip_sides(vm, args, "strip", true, true)
}

fn lstrip(vm: &mut Vm, args: Args) -> R {
    strip_sides(vm, args, "lstrip", true, false)
}

fn rstrip(vm: &mut Vm, args: Args) -> R {
    strip_sides(vm, args, "rstrip", false, true)
}

// ---- joining and replacing ----

fn join(vm: &mut Vm, args: Args) -> R {
    let (v, items) = (args.get(vm, 0), args.get(vm, 1));
    let kind = kind_of(vm, v);
    let items = match list::as_items(vm, items) {
        Ok(items) => items,
        Err(raised) => {
            if vm.exc_is(super::native::ExcKind::TypeError) && vm.iter(items).is_err() {
                vm.take_exc();
                return Err(vm.type_error(format_args!("can only join an iterable")));
            }
            return Err(raised);
        }
    };
    if let &[one] = vm.heap.items(items)
        && kind == Kind::Str
        && vm.heap.is_str(one)
    {
        return Ok(one);
    }
    let (mut size, mut i) = (0, 0);
    while let Some(&item) = vm.heap.items(items).get(i) {
        let Some(b) = like(vm, v, item) else {
            let got = vm.type_name(item);
            let want = if kind == Kind::Str { "str instance" } else { "a bytes-like object" };
            return Err(vm.type_error(format_args!("sequence item {i}: expected {want}, {got} found")));
        };
        size += b.len;
        pause(vm, v)?;
        i += 1;
    }
    let n = vm.heap.items(items).len();
    let sep = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(size + sep * n.saturating_sub(1))?;
    for i in 0..n {
        if i > 0 {
            vm.heap.push_text(out, v, 0, sep)?;
        }
        // A callback may have made a list shorter.
        let Some(&item) = vm.heap.items(items).get(i) else { break };
        if let Some(b) = like(vm, v, item) {
            push_buffer(vm, out, b)?;
        }
        pause(vm, v)?;
    }
    finish(vm, out, kind)
}

fn replace(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [old, new, max] = args.skip(1).parse(vm, "replace", ["old", "new", "count"], 2)?;
    let old = needle(vm, v, old, "replace() argument 1 ")?;
    let new = needle(vm, v, new, "replace() argument 2 ")?;
    let max = limit(vm, max)?;
    let (kind, chars) = (kind_of(vm, v), is_chars(vm, v));
    let n = vm.heap.bytes(v).len();
    let mut at = 0;
    let mut done = 0;
    if old.len == 0 {
        // Between all characters, and at both ends.
        let out = vm.heap.new_builder(n)?;
        while done < max {
            push_buffer(vm, out, new)?;
            done += 1;
            if at == n {
                return finish(vm, out, kind);
            }
            let len = char_at(vm.heap.bytes(v), at, chars).1;
            vm.heap.push_text(out, v, at, at + len)?;
            at += len;
            pause(vm, v)?;
        }
        vm.heap.push_text(out, v, at, n)?;
        return finish(vm, out, kind);
    }
    let mut out = None;
    while done < max {
        let Some(i) = search(vm, v, (at, n), &Sought::Run(old), false)? else { break };
        let out = match out {
            Some(out) => out,
            None => *out.insert(vm.heap.new_builder(n)?),
        };
        vm.heap.push_text(out, v, at, i)?;
        push_buffer(vm, out, new)?;
        at = i + old.len;
        done += 1;
        pause(vm, v)?;
    }
    match out {
        None if matches!(kind, Kind::Str | Kind::Bytes) => Ok(v),
        None => cut(vm, v, 0, n),
        Some(out) => {
            at = at.min(n);
            vm.heap.push_text(out, v, at, n)?;
            finish(vm, out, kind)
        }
    }
}

fn expand_tabs(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [size] = args.skip(1).parse(vm, "expandtabs", ["tabsize"], 0)?;
    let size = if size.is_null() { 8 } else { super::index::clamped(vm, size)?.clamp(0, 1 << 16) as usize };
    let (kind, chars) = (kind_of(vm, v), is_chars(vm, v));
    let n = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(n)?;
    let (mut i, mut column) = (0, 0);
    while i < n {
        let (c, len) = char_at(vm.heap.bytes(v), i, chars);
        match c {
            '\t' => {
                let fill = if size == 0 { 0 } else { size - column % size };
                for _ in 0..fill {
                    vm.heap.push_byte(out, b' ')?;
                }
                column += fill;
            }
            _ => {
                vm.heap.push_text(out, v, i, i + len)?;
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
        }
        i += len;
        pause(vm, v)?;
    }
    finish(vm, out, kind)
}

// ---- padding ----

/// Pads to the width in argument 1 with argument 2; `place(padding, width)` says how much of it goes to the left.
fn pad(vm: &mut Vm, args: Args, name: &str, place: fn(usize, usize) -> usize) -> R {
    let (v, width) = (args.get(vm, 0), args.get(vm, 1));
    let width = super::index::clamped(vm, width)?.max(0) as usize;
    let fill = match args.opt(vm, 2) {
        None => None,
        Some(x) => {
            let b = like(vm, v, x).filter(|b| {
                let s = b.bytes(&vm.heap);
                !s.is_empty() && char_at(s, 0, is_chars(vm, v)).1 == s.len()
            });
            let Some(b) = b else {
                let got = vm.type_name(x);
                return Err(if is_chars(vm, v) && like(vm, v, x).is_some() {
                    vm.type_error(format_args!("The fill character must be exactly one character long"))
                } else if is_chars(vm, v) {
                    vm.type_error(format_args!("The fill character must be a unicode character, not {got}"))
                } else {
                    vm.type_error(format_args!(
                        "{name}() argument 2 must be a byte string of length 1, not {got}"
                    ))
                });
            };
            Some(b)
        }
    };
    let n = vm.heap.bytes(v).len();
    let have = length(&vm.heap, v);
    if width <= have {
        return cut(vm, v, 0, n);
    }
    let kind = kind_of(vm, v);
    let total = width - have;
    let left = place(total, width);
    let out = vm.heap.new_builder(n.saturating_add(total))?;
    for i in 0..=total {
        if i == left {
            vm.heap.push_text(out, v, 0, n)?;
        }
        if i < total {
            match fill {
                Some(b) => push_buffer(vm, out, b)?,
                None => vm.heap.push_byte(out, b' ')?,
            }
            pause(vm, v)?;
        }
    }
    finish(vm, out, kind)
}

fn center(vm: &mut Vm, args: Args) -> R {
    pad(vm, args, "center", |total, width| total / 2 + (total & width & 1))
}

fn ljust(vm: &mut Vm, args: Args) -> R {
    pad(vm, args, "ljust", |_, _| 0)
}

fn rjust(vm: &mut Vm, args: Args) -> R {
    pad(vm, args, "rjust", |total, _| total)
}

fn zfill(vm: &mut Vm, args: Args) -> R {
    let (v, width) = (args.get(vm, 0), args.get(vm, 1));
    let width = super::index::clamped(vm, width)?.max(0) as usize;
    let n = vm.heap.bytes(v).len();
    let have = length(&vm.heap, v);
    if width <= have {
        return cut(vm, v, 0, n);
    }
    let kind = kind_of(vm, v);
    let sign = usize::from(matches!(vm.heap.bytes(v).first(), Some(b'+' | b'-')));
    let out = vm.heap.new_builder(n.saturating_add(width - have))?;
    vm.heap.push_text(out, v, 0, sign)?;
    let zeros = vm.heap.grow_text(out, width - have)?;
    vm.heap.text_mut(out)[zeros..].fill(b'0');
    vm.heap.push_text(out, v, sign, n)?;
    finish(vm, out, kind)
}

/// The methods of this file, for the types' tables.
pub(super) const FIND: Entry = Entry::Fn("find", 2, 4, find_method);
pub(super) const RFIND: Entry = Entry::Fn("rfind", 2, 4, rfind_method);
pub(super) const INDEX: Entry = Entry::Fn("index", 2, 4, index_method);
pub(super) const RINDEX: Entry = Entry::Fn("rindex", 2, 4, rindex_method);
pub(super) const COUNT: Entry = Entry::Fn("count", 2, 4, count);
pub(super) const STARTSWITH: Entry = Entry::Fn("startswith", 2, 4, starts_with);
pub(super) const ENDSWITH: Entry = Entry::Fn("endswith", 2, 4, ends_with);
pub(super) const REMOVEPREFIX: Entry = Entry::Fn("removeprefix", 2, 2, remove_prefix);
pub(super) const REMOVESUFFIX: Entry = Entry::Fn("removesuffix", 2, 2, remove_suffix);
pub(super) const SPLIT: Entry = Entry::FnKw("split", 1, 3, split);
pub(super) const RSPLIT: Entry = Entry::FnKw("rsplit", 1, 3, rsplit);
pub(super) const SPLITLINES: Entry = Entry::FnKw("splitlines", 1, 2, split_lines);
pub(super) const PARTITION: Entry = Entry::Fn("partition", 2, 2, partition);
pub(super) const RPARTITION: Entry = Entry::Fn("rpartition", 2, 2, rpartition);
pub(super) const STRIP: Entry = Entry::Fn("strip", 1, 2, strip);
pub(super) const LSTRIP: Entry = Entry::Fn("lstrip", 1, 2, lstrip);
pub(super) const RSTRIP: Entry = Entry::Fn("rstrip", 1, 2, rstrip);
pub(super) const JOIN: Entry = Entry::Fn("join", 2, 2, join);
pub(super) const REPLACE: Entry = Entry::FnKw("replace", 3, 4, replace);
pub(super) const EXPANDTABS: Entry = Entry::FnKw("expandtabs", 1, 2, expand_tabs);
pub(super) const CENTER: Entry = Entry::Fn("center", 2, 3, center);
pub(super) const LJUST: Entry = Entry::Fn("ljust", 2, 3, ljust);
pub(super) const RJUST: Entry = Entry::Fn("rjust", 2, 3, rjust);
pub(super) const ZFILL: Entry = Entry::Fn("zfill", 2, 2, zfill);
