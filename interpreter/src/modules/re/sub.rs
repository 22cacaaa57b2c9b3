//! `sub`, `subn` and `split`.

use super::pattern::Search;
use super::result;
use crate::objects::native::{Args, R};
use crate::regex::Anchor;
use crate::value::Val;
use crate::vm::Vm;

/// `pattern.sub(repl, string, count=0)`
pub fn sub(vm: &mut Vm, args: Args) -> R {
    Ok(substitute(vm, args, "sub")?.0)
}

/// `pattern.subn(repl, string, count=0)`: the string and how often it was changed.
pub fn subn(vm: &mut Vm, args: Args) -> R {
    let (text, count) = substitute(vm, args, "subn")?;
    Ok(vm.heap.new_tuple(&[text, Val::small(count)])?)
}

fn substitute(vm: &mut Vm, args: Args, name: &str) -> R<(Val, i32)> {
    let pattern = args.get(vm, 0);
    let [repl, string, most] = args.skip(1).parse(vm, name, ["repl", "string", "count"], 2)?;
    let most = if most.is_null() { 0 } else { vm.index(most)? };
    let mut search = Search::new(vm, pattern, string, Val::NULL, Val::NULL)?;
    let is_text = vm.heap.as_bytes(repl).is_some();
    let out = vm.heap.new_builder(search.end)?;
    let (mut count, mut copied) = (0, 0);
    while most == 0 || i64::from(count) < most {
        let Some(slots) = search.next(vm, Anchor::Anywhere)? else { break };
        let mark = vm.heap.mark_temps();
        let (start, end) = (slots[0] as usize, slots[1] as usize);
        vm.heap.push_text(out, string, copied, start)?;
        let found = result::new_match(vm, &search, &slots)?;
        if is_text {
            push_template(vm, out, found, repl)?;
        } else {
            let text = vm.call(repl, &[found])?;
            let Some(len) = vm.heap.as_bytes(text).map(<[u8]>::len) else {
                let got = vm.type_name(text);
                return Err(vm.type_error(format_args!("expected str instance, {got} found")));
            };
            vm.heap.keep(text)?;
            vm.heap.push_text(out, text, 0, len)?;
        }
        vm.heap.release_temps(mark);
        copied = end;
        count += 1;
        vm.poll()?;
    }
    let end = search.end.min(vm.heap.bytes(string).len());
    vm.heap.push_text(out, string, copied, end)?;
    Ok((finish_like(vm, out, string)?, count))
}

/// Ends a builder as str or bytes, whichever `model` is.
pub fn finish_like(vm: &mut Vm, out: Val, model: Val) -> R {
    if vm.heap.is_str(model) {
        return Ok(vm.heap.finish_str(out)?);
    }
    Ok(vm.heap.finish_bytes(out)?)
}

/// Appends a replacement template, with `\1`, `\g<1>`, `\g<name>` and character escapes filled in.
pub fn push_template(vm: &mut Vm, out: Val, found: Val, template: Val) -> R<()> {
    let mut at = 0;
    loop {
        let Some(bytes) = vm.heap.as_bytes(template) else {
            return Err(vm.type_error(format_args!("expected str instance")));
        };
        let plain = bytes[at..].iter().take_while(|&&b| b != b'\\').count();
        let (next, after) = (bytes.get(at + plain + 1).copied(), at + plain + 2);
        let has_escape = at + plain < bytes.len();
        vm.heap.push_text(out, template, at, at + plain)?;
        if !has_escape {
            return Ok(());
        }
        at = after;
        match next {
            Some(b'g') => {
                let (group, end) = named_group(vm, found, template, at)?;
                push_group(vm, out, found, group)?;
                at = end;
            }
            Some(digit @ b'0'..=b'9') => {
                let mut group = usize::from(digit - b'0');
                let second = vm.heap.bytes(template).get(at).copied().filter(u8::is_ascii_digit);
                if let Some(second) = second {
                    group = group * 10 + usize::from(second - b'0');
                    at += 1;
                }
                let group = result::group_number(vm, found, Val::small(group as i32));
                let group = invalid_reference(vm, group)?;
                push_group(vm, out, found, group)?;
            }
            Some(letter) => {
                let byte = match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'f' => 12,
                    b'v' => 11,
                    b'a' => 7,
                    b'b' => 8,
                    b'\\' => b'\\',
                    _ if letter.is_ascii_alphabetic() => {
                        return Err(vm.value_error(format_args!("bad escape \\{}", letter as char)));
                    }
                    other => {
                        vm.heap.push_byte(out, b'\\')?;
                        other
                    }
                };
                vm.heap.push_byte(out, byte)?;
            }
            None => return Err(vm.value_error(format_args!("bad escape (end of pattern)"))),
        }
    }
}

fn invalid_reference(vm: &mut Vm, group: R<usize>) -> R<usize> {
    match group {
        Ok(group) => Ok(group),
        Err(_) => {
            vm.take_exc();
            Err(vm.value_error(format_args!("invalid group reference")))
        }
    }
}

/// The group that `<...>` at `at` names, and where it ends.
fn named_group(vm: &mut Vm, found: Val, template: Val, at: usize) -> R<(usize, usize)> {
    let bytes = vm.heap.bytes(template);
    let close = bytes[at.min(bytes.len())..].iter().position(|&b| b == b'>');
    let (Some(b'<'), Some(close)) = (bytes.get(at).copied(), close) else {
        return Err(vm.value_error(format_args!("missing <")));
    };
    let name = core::str::from_utf8(&bytes[at + 1..at + close]).unwrap_or("");
    let wanted = match name.parse::<i32>() {
        Ok(number) => Val::small(number),
        Err(_) => {
            let name = alloc::string::String::from(name);
            vm.new_str(&name)?
        }
    };
    let group = result::group_number(vm, found, wanted);
    let group = if vm.heap.is_str(wanted) { group } else { invalid_reference(vm, group) };
    Ok((group?, at + close + 1))
}

fn push_group(vm: &mut Vm, out: Val, found: Val, group: usize) -> R<()> {
    let text = result::text_of(vm, found, group, Val::NONE)?;
    if let Some(len) = vm.heap.as_bytes(text).map(<[u8]>::len) {
        vm.heap.push_text(out, text, 0, len)?;
    }
    Ok(())
}

/// `pattern.split(string, maxsplit=0)`: groups of the pattern come between the parts.
pub fn split(vm: &mut Vm, args: Args) -> R {
    let pattern = args.get(vm, 0);
    let [string, most] = args.skip(1).parse(vm, "split", ["string", "maxsplit"], 1)?;
    let most = if most.is_null() { 0 } else { vm.index(most)? };
    let mut search = Search::new(vm, pattern, string, Val::NULL, Val::NULL)?;
    let out = vm.heap.new_list_cap(0)?;
    let groups = super::pattern::groups(vm, pattern);
    let (mut start, mut count) = (0, 0);
    while most == 0 || count < most {
        let Some(slots) = search.next(vm, Anchor::Anywhere)? else { break };
        if slots[0] == slots[1] {
            // MicroPython ends with the first match of nothing; what CPython does has changed twice.
            break;
        }
        let mark = vm.heap.mark_temps();
        let part = vm.heap.slice_text(string, start, slots[0] as usize)?;
        vm.heap.list_push(out, part)?;
        for group in 1..=groups {
            let text = result::slice(vm, string, &slots, group, Val::NONE)?;
            vm.heap.list_push(out, text)?;
        }
        vm.heap.release_temps(mark);
        start = slots[1] as usize;
        count += 1;
    }
    let rest = vm.heap.slice_text(string, start, search.end)?;
    vm.heap.list_push(out, rest)?;
    Ok(out)
}
