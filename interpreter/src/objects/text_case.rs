//! Methods of str, bytes and bytearray that change case, classify and translate.

use super::buffer::Buffer;
use super::keys;
use super::native::{Args, Entry, ExcKind, R};
use super::text::{STRETCH, as_str, char_at, finish, is_chars, is_space, kind_of, mapped, pause};
use crate::value::Val;
use crate::vm::Vm;

// ---- case ----

/// Which case a character gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
    Swap,
    /// The first one upper, the others lower.
    Capital,
    /// The first of each word upper, the others lower.
    Title,
}

fn change_case(vm: &mut Vm, args: Args, case: Case) -> R {
    let v = args.get(vm, 0);
    if !is_chars(vm, v) || vm.heap.is_ascii(v) {
        let mut start = true;
        return mapped(vm, v, |s| {
            for b in s {
                *b = match (case, start) {
                    (Case::Lower, _) | (Case::Capital | Case::Title, false) => b.to_ascii_lowercase(),
                    (Case::Swap, _) if b.is_ascii_uppercase() => b.to_ascii_lowercase(),
                    _ => b.to_ascii_uppercase(),
                };
                start = case == Case::Title && !b.is_ascii_alphabetic();
            }
        });
    }
    let n = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(n)?;
    let (mut i, mut start) = (0, true);
    while i < n {
        vm.poll()?;
        let (c, len) = char_at(vm.heap.bytes(v), i, true);
        i += len;
        let upper = match (case, start) {
            (Case::Lower, _) | (Case::Capital | Case::Title, false) => false,
            (Case::Swap, _) => !c.is_uppercase(),
            _ => true,
        };
        start = case == Case::Title && !c.is_lowercase() && !c.is_uppercase();
        let mut push = |c: char| -> R<()> {
            let mut buf = [0; 4];
            Ok(vm.heap.push_bytes(out, c.encode_utf8(&mut buf).as_bytes())?)
        };
        if upper && matches!(case, Case::Capital | Case::Title) {
            // Only the first of several letters that one becomes.
            for (i, c) in c.to_uppercase().enumerate() {
                if i == 0 { push(c)? } else { c.to_lowercase().try_for_each(&mut push)? }
            }
        } else if upper {
            c.to_uppercase().try_for_each(&mut push)?;
        } else {
            c.to_lowercase().try_for_each(&mut push)?;
        }
    }
    Ok(vm.heap.finish_str(out)?)
}

fn lower(vm: &mut Vm, args: Args) -> R {
    change_case(vm, args, Case::Lower)
}

fn upper(vm: &mut Vm, args: Args) -> R {
    change_case(vm, args, Case::Upper)
}

fn swap_case(vm: &mut Vm, args: Args) -> R {
    change_case(vm, args, Case::Swap)
}

fn capitalize(vm: &mut Vm, args: Args) -> R {
    change_case(vm, args, Case::Capital)
}

fn title(vm: &mut Vm, args: Args) -> R {
    change_case(vm, args, Case::Title)
}

/// Case folding: lower case, and "ß" as "ss".
pub(super) fn case_fold(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    if vm.heap.is_ascii(v) {
        return change_case(vm, args, Case::Lower);
    }
    let n = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(n)?;
    let mut i = 0;
    while i < n {
        vm.poll()?;
        let (c, len) = char_at(vm.heap.bytes(v), i, true);
        i += len;
        if matches!(c, 'ß' | 'ẞ') {
            vm.heap.push_bytes(out, b"ss")?;
            continue;
        }
        for c in c.to_lowercase() {
            let c = if c == 'ς' { 'σ' } else { c };
            let mut buf = [0; 4];
            vm.heap.push_bytes(out, c.encode_utf8(&mut buf).as_bytes())?;
        }
    }
    Ok(vm.heap.finish_str(out)?)
}

// ---- classification ----

/// Do all characters pass, and is there one?
fn all(vm: &mut Vm, args: Args, test: fn(char, bool) -> bool) -> R {
    let v = args.get(vm, 0);
    let chars = is_chars(vm, v);
    let mut i = 0;
    while i < vm.heap.bytes(v).len() {
        let s = vm.heap.bytes(v);
        let stop = s.len().min(i + STRETCH);
        while i < stop {
            let (c, len) = char_at(s, i, chars);
            if !test(c, chars) {
                return Ok(Val::FALSE);
            }
            i += len;
        }
        pause(vm, v)?;
    }
    Ok(Val::bool(i > 0))
}

fn is_letter(c: char, chars: bool) -> bool {
    c.is_ascii_alphabetic() || (chars && !c.is_ascii() && c.is_alphabetic())
}

/// A digit: for characters beyond ASCII those with a numeric value that are not fractions or letters' numerals.
fn is_digit_char(c: char, chars: bool) -> bool {
    c.is_ascii_digit()
        || (chars && !c.is_ascii() && c.is_numeric() && !matches!(c, '¼'..='¾' | '\u{2150}'..='\u{218b}'))
}

fn is_alpha(vm: &mut Vm, args: Args) -> R {
    all(vm, args, is_letter)
}

fn is_alnum(vm: &mut Vm, args: Args) -> R {
    all(vm, args, |c, chars| is_letter(c, chars) || c.is_ascii_digit() || (chars && c.is_numeric()))
}

pub(super) fn is_ascii(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    Ok(Val::bool(vm.heap.bytes(v).is_ascii()))
}

pub(super) fn is_decimal(vm: &mut Vm, args: Args) -> R {
    all(vm, args, |c, chars| {
        is_digit_char(c, chars)
            && !matches!(c, '²' | '³' | '¹' | '\u{2070}'..='\u{209c}' | '\u{2460}'..='\u{249b}' | '\u{2776}'..='\u{2793}')
    })
}

fn is_digit(vm: &mut Vm, args: Args) -> R {
    all(vm, args, is_digit_char)
}

pub(super) fn is_identifier(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let mut chars = vm.heap.str(v).chars();
    let first = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
    let rest = first && chars.all(|c| (c == '_' || c.is_alphanumeric()) && !vm.heap.interrupted());
    vm.unless_interrupted()?;
    Ok(Val::bool(rest))
}

pub(super) fn is_numeric(vm: &mut Vm, args: Args) -> R {
    all(vm, args, |c, _| c.is_numeric())
}

/// Is a character printed as it is by `repr`?
pub fn is_printable_char(c: char) -> bool {
    c == ' '
        || !(c.is_control()
            || c.is_whitespace()
            || c as u32 & 0xfffe == 0xfffe
            || matches!(c as u32, 0x4_0000..)
            || matches!(
                c,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                    | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
                    | '\u{e0000}'..='\u{10ffff}'
            ))
}

pub(super) fn is_printable(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let all = vm.heap.str(v).chars().all(|c| is_printable_char(c) && !vm.heap.interrupted());
    vm.unless_interrupted()?;
    Ok(Val::bool(all))
}

fn is_space_method(vm: &mut Vm, args: Args) -> R {
    all(vm, args, is_space)
}

/// Is there a cased character, and does every one pass?
fn cased(vm: &mut Vm, args: Args, upper: bool) -> R {
    let v = args.get(vm, 0);
    let chars = is_chars(vm, v);
    let (mut i, mut any, mut polled) = (0, false, 0);
    while i < vm.heap.bytes(v).len() {
        if i - polled > STRETCH {
            polled = i;
            pause(vm, v)?;
            continue;
        }
        let (c, len) = char_at(vm.heap.bytes(v), i, chars);
        i += len;
        if !chars && !c.is_ascii() {
            continue;
        }
        if if upper { c.is_lowercase() } else { c.is_uppercase() } {
            return Ok(Val::FALSE);
        }
        any |= if upper { c.is_uppercase() } else { c.is_lowercase() };
    }
    Ok(Val::bool(any))
}

fn is_lower(vm: &mut Vm, args: Args) -> R {
    cased(vm, args, false)
}

fn is_upper(vm: &mut Vm, args: Args) -> R {
    cased(vm, args, true)
}

fn is_title(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let chars = is_chars(vm, v);
    let (mut i, mut any, mut inside, mut polled) = (0, false, false, 0);
    while i < vm.heap.bytes(v).len() {
        if i - polled > STRETCH {
            polled = i;
            pause(vm, v)?;
            continue;
        }
        let (c, len) = char_at(vm.heap.bytes(v), i, chars);
        i += len;
        let known = chars || c.is_ascii();
        if known && c.is_uppercase() {
            if inside {
                return Ok(Val::FALSE);
            }
            (any, inside) = (true, true);
        } else if known && c.is_lowercase() {
            if !inside {
                return Ok(Val::FALSE);
            }
        } else {
            inside = false;
        }
    }
    Ok(Val::bool(any))
}

// ---- translation ----

/// `str.translate(table)`: the table maps code points to code points, strs or None.
pub(super) fn translate_str(vm: &mut Vm, args: Args) -> R {
    let (v, table) = (args.get(vm, 0), args.get(vm, 1));
    let n = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(n)?;
    let mut i = 0;
    while i < n {
        let (c, len) = char_at(vm.heap.bytes(v), i, true);
        let mark = vm.heap.mark_temps();
        let key = Val::small(c as i32);
        let to = if vm.heap.is(table, crate::heap::Kind::Dict) {
            keys::get(vm, table, key)?
        } else {
            match vm.get_item(table, key) {
                Ok(to) => Some(to),
                Err(_) if vm.exc_is(ExcKind::LookupError) => {
                    vm.take_exc();
                    None
                }
                Err(raised) => return Err(raised),
            }
        };
        match to {
            None => vm.heap.push_text(out, v, i, i + len)?,
            Some(to) if to.is_none() => {}
            Some(to) => {
                if let Some(text) = as_str(vm, to) {
                    let n = vm.heap.bytes(text).len();
                    vm.heap.push_text(out, text, 0, n)?;
                } else {
                    let code = super::index::clamped(vm, to)?;
                    let Some(c) = u32::try_from(code).ok().and_then(char::from_u32) else {
                        return Err(
                            vm.value_error(format_args!("character mapping must be in range(0x110000)"))
                        );
                    };
                    let mut buf = [0; 4];
                    vm.heap.push_bytes(out, c.encode_utf8(&mut buf).as_bytes())?;
                }
            }
        }
        vm.heap.release_temps(mark);
        i += len;
        vm.poll()?;
    }
    Ok(vm.heap.finish_str(out)?)
}

/// `str.maketrans`: a table for `translate`.
pub(super) fn maketrans_str(vm: &mut Vm, args: Args) -> R {
    let [x, y, z] = args.parse(vm, "maketrans", ["x", "y", "z"], 1)?;
    let table = vm.heap.new_dict(0)?;
    if y.is_null() {
        if !vm.heap.is(x, crate::heap::Kind::Dict) {
            return Err(
                vm.type_error(format_args!("if you give only one argument to maketrans it must be a dict"))
            );
        }
        let mut pos = 0;
        while let Some((next, key, value)) = vm.heap.table_next(x, pos) {
            pos = next;
            let key = match vm.heap.as_str(key).map(|s| (s.chars().next(), s.chars().count())) {
                Some((Some(c), 1)) => Val::small(c as i32),
                Some(_) => {
                    return Err(
                        vm.value_error(format_args!("string keys in translate table must be of length 1"))
                    );
                }
                None => key,
            };
            keys::set(vm, table, key, value)?;
        }
        return Ok(table);
    }
    let (Some(x), Some(y)) = (as_str(vm, x), as_str(vm, y)) else {
        return Err(vm.type_error(format_args!(
            "first maketrans argument must be a string if there is a second argument"
        )));
    };
    if vm.heap.char_len(x) != vm.heap.char_len(y) {
        return Err(vm.value_error(format_args!("the first two maketrans arguments must have equal length")));
    }
    let (mut i, mut j) = (0, 0);
    while i < vm.heap.bytes(x).len() {
        let (a, m) = char_at(vm.heap.bytes(x), i, true);
        let (b, n) = char_at(vm.heap.bytes(y), j, true);
        vm.heap.dict_set(table, Val::small(a as i32), Val::small(b as i32))?;
        i += m;
        j += n;
    }
    if !z.is_null() {
        let Some(z) = as_str(vm, z) else {
            let got = vm.type_name(z);
            return Err(vm.type_error(format_args!("maketrans() argument 3 must be str, not {got}")));
        };
        let mut i = 0;
        while i < vm.heap.bytes(z).len() {
            let (c, n) = char_at(vm.heap.bytes(z), i, true);
            vm.heap.dict_set(table, Val::small(c as i32), Val::NONE)?;
            i += n;
        }
    }
    Ok(table)
}

/// `bytes.translate(table, delete=b'')`.
pub(super) fn translate_bytes(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let [table, delete] = args.skip(1).parse(vm, "translate", ["table", "delete"], 1)?;
    let table = if table.is_none() { None } else { Some(Buffer::read_strict(vm, table)?) };
    if table.is_some_and(|t| t.len != 256) {
        return Err(vm.value_error(format_args!("translation table must be 256 characters long")));
    }
    let delete = if delete.is_null() { None } else { Some(Buffer::read_strict(vm, delete)?) };
    let kind = kind_of(vm, v);
    let n = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(n)?;
    for i in 0..n {
        pause(vm, v)?;
        let b = vm.heap.bytes(v)[i];
        if delete.is_some_and(|d| d.bytes(&vm.heap).contains(&b)) {
            continue;
        }
        let b = table.map_or(b, |t| t.bytes(&vm.heap).get(b as usize).copied().unwrap_or(b));
        vm.heap.push_byte(out, b)?;
    }
    finish(vm, out, kind)
}

/// `bytes.maketrans(from, to)`.
pub(super) fn maketrans_bytes(vm: &mut Vm, args: Args) -> R {
    let [x, y] = args.parse(vm, "maketrans", ["frm", "to"], 2)?;
    let (x, y) = (Buffer::read_strict(vm, x)?, Buffer::read_strict(vm, y)?);
    if x.len != y.len {
        return Err(vm.value_error(format_args!("maketrans arguments must have same length")));
    }
    let mut table = [0u8; 256];
    for (i, b) in table.iter_mut().enumerate() {
        *b = i as u8;
    }
    for (a, b) in x.bytes(&vm.heap).iter().zip(y.bytes(&vm.heap)) {
        table[*a as usize] = *b;
    }
    Ok(vm.heap.new_bytes(&table)?)
}

/// The methods of this file, for the types' tables.
pub(super) const LOWER: Entry = Entry::Fn("lower", 1, 1, lower);
pub(super) const UPPER: Entry = Entry::Fn("upper", 1, 1, upper);
pub(super) const SWAPCASE: Entry = Entry::Fn("swapcase", 1, 1, swap_case);
pub(super) const CAPITALIZE: Entry = Entry::Fn("capitalize", 1, 1, capitalize);
pub(super) const TITLE: Entry = Entry::Fn("title", 1, 1, title);
pub(super) const ISALPHA: Entry = Entry::Fn("isalpha", 1, 1, is_alpha);
pub(super) const ISALNUM: Entry = Entry::Fn("isalnum", 1, 1, is_alnum);
pub(super) const ISASCII: Entry = Entry::Fn("isascii", 1, 1, is_ascii);
pub(super) const ISDIGIT: Entry = Entry::Fn("isdigit", 1, 1, is_digit);
pub(super) const ISSPACE: Entry = Entry::Fn("isspace", 1, 1, is_space_method);
pub(super) const ISLOWER: Entry = Entry::Fn("islower", 1, 1, is_lower);
pub(super) const ISUPPER: Entry = Entry::Fn("isupper", 1, 1, is_upper);
pub(super) const ISTITLE: Entry = Entry::Fn("istitle", 1, 1, is_title);
