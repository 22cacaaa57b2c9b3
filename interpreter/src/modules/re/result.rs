//! Match objects: an object cell whose words are the pattern, the string, and a tuple of byte offsets
//! (two a group, -1 where a group took no part).

use core::fmt::Write;

use super::pattern::{self, Search};
use crate::heap::{F_V1, F_V2, F_V3, Kind, header};
use crate::objects::native::{ANY, Args, Entry, ExcKind, NativeType, R};
use crate::regex::UNSET;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// The type.
pub static MATCH: NativeType = NativeType {
    id: ids::RE_MATCH,
    name: "Match",
    print: Some(print),
    get_item: Some(|vm, found, group| {
        let group = group_number(vm, found, group)?;
        text_of(vm, found, group, Val::NONE)
    }),
    entries: &[
        Entry::Fn("group", 1, ANY, group),
        Entry::FnKw("groups", 1, 2, groups),
        Entry::FnKw("groupdict", 1, 2, groupdict),
        Entry::Fn("start", 1, 2, |vm, args| edge(vm, args, 0)),
        Entry::Fn("end", 1, 2, |vm, args| edge(vm, args, 1)),
        Entry::Fn("span", 1, 2, span),
        Entry::Fn("expand", 2, 2, expand),
        Entry::Get("string", |vm, found| Ok(vm.heap.val(found, 2))),
        Entry::Get("re", |vm, found| Ok(vm.heap.val(found, 1))),
        Entry::Get("lastindex", lastindex),
        Entry::Get("lastgroup", lastgroup),
    ],
    ..NativeType::EMPTY
};

/// Makes a match object of a search's slots.
pub fn new_match(vm: &mut Vm, search: &Search, slots: &[u32]) -> R {
    let count = 2 * (pattern::groups(vm, search.pattern) + 1);
    let list = vm.heap.new_list_cap(count)?;
    for &slot in &slots[..count] {
        let offset = if slot == UNSET { Val::small(-1) } else { Val::small(slot as i32) };
        vm.heap.list_push(list, offset)?;
    }
    let offsets = vm.heap.new_tuple_of(list, 0, count)?;
    let head = header(Kind::Object, F_V1 | F_V2 | F_V3, ids::RE_MATCH);
    Ok(vm.heap.alloc_cell(head, search.pattern.bits(), search.string.bits(), offsets.bits())?)
}

/// The text of a group by slots; `absent` for a group that took no part (NULL: an empty text).
pub fn slice(vm: &mut Vm, string: Val, slots: &[u32], group: usize, absent: Val) -> R {
    let (start, end) = (slots[2 * group], slots[2 * group + 1]);
    if start == UNSET || end == UNSET {
        if !absent.is_null() {
            return Ok(absent);
        }
        return Ok(vm.heap.slice_text(string, 0, 0)?);
    }
    Ok(vm.heap.slice_text(string, start as usize, end as usize)?)
}

/// The byte offsets of a group, if it took part.
fn offsets(vm: &Vm, found: Val, group: usize) -> Option<(usize, usize)> {
    let slots = vm.heap.tuple(vm.heap.val(found, 3));
    let at = |i: usize| vm.heap.as_i64(slots[i]).and_then(|offset| usize::try_from(offset).ok());
    Some((at(2 * group)?, at(2 * group + 1)?))
}

/// The text of a group; `absent` where it took no part.
pub fn text_of(vm: &mut Vm, found: Val, group: usize, absent: Val) -> R {
    let string = vm.heap.val(found, 2);
    match offsets(vm, found, group) {
        Some((start, end)) => Ok(vm.heap.slice_text(string, start, end)?),
        None => Ok(absent),
    }
}

/// The number of a group given by number or name.
pub fn group_number(vm: &mut Vm, found: Val, group: Val) -> R<usize> {
    let pattern = vm.heap.val(found, 1);
    let number = if vm.heap.is_str(group) {
        vm.heap.dict_get(pattern::field(vm, pattern, pattern::NAMES), group).and_then(|n| vm.heap.as_i64(n))
    } else {
        Some(vm.index(group)?)
    };
    match number.and_then(|n| usize::try_from(n).ok()) {
        Some(number) if number <= pattern::groups(vm, pattern) => Ok(number),
        _ => Err(vm.raise(ExcKind::IndexError, format_args!("no such group"))),
    }
}

fn print(vm: &mut Vm, found: Val, out: &mut Out, _repr: bool) -> R<()> {
    let (start, end) = char_span(vm, found, 0);
    let _ = write!(out, "<re.Match object; span=({start}, {end}), match=");
    let text = text_of(vm, found, 0, Val::NONE)?;
    out.repr(vm, text)?;
    out.push(">");
    Ok(())
}

/// Start and end of a group in characters (bytes in bytes); -1 where it took no part.
fn char_span(vm: &Vm, found: Val, group: usize) -> (i32, i32) {
    let string = vm.heap.val(found, 2);
    let is_str = vm.heap.is_str(string);
    let position = |at: usize| if is_str { vm.heap.byte_to_char(string, at) } else { at } as i32;
    match offsets(vm, found, group) {
        Some((start, end)) => (position(start), position(end)),
        None => (-1, -1),
    }
}

fn group(vm: &mut Vm, args: Args) -> R {
    let found = args.get(vm, 0);
    if args.n <= 2 {
        let wanted = args.opt(vm, 1).unwrap_or(Val::ZERO);
        let number = group_number(vm, found, wanted)?;
        return text_of(vm, found, number, Val::NONE);
    }
    let out = vm.heap.new_list_cap(args.n - 1)?;
    for i in 1..args.n {
        let number = group_number(vm, found, args.get(vm, i))?;
        let text = text_of(vm, found, number, Val::NONE)?;
        vm.heap.list_push(out, text)?;
    }
    Ok(vm.heap.new_tuple_of(out, 0, args.n - 1)?)
}

fn groups(vm: &mut Vm, args: Args) -> R {
    let found = args.get(vm, 0);
    let [absent] = args.skip(1).parse(vm, "groups", ["default"], 0)?;
    let absent = if absent.is_null() { Val::NONE } else { absent };
    let count = pattern::groups(vm, vm.heap.val(found, 1));
    let out = vm.heap.new_list_cap(count)?;
    for group in 1..=count {
        let text = text_of(vm, found, group, absent)?;
        vm.heap.list_push(out, text)?;
    }
    Ok(vm.heap.new_tuple_of(out, 0, count)?)
}

fn groupdict(vm: &mut Vm, args: Args) -> R {
    let found = args.get(vm, 0);
    let [absent] = args.skip(1).parse(vm, "groupdict", ["default"], 0)?;
    let absent = if absent.is_null() { Val::NONE } else { absent };
    let names = pattern::field(vm, vm.heap.val(found, 1), pattern::NAMES);
    let out = vm.heap.new_dict(vm.heap.table_len(names))?;
    let mut at = 0;
    while let Some((next, name, group)) = vm.heap.table_next(names, at) {
        let group = vm.heap.as_i64(group).unwrap_or(0) as usize;
        let text = text_of(vm, found, group, absent)?;
        vm.heap.dict_set(out, name, text)?;
        at = next;
    }
    Ok(out)
}

fn span_arg(vm: &mut Vm, args: Args) -> R<(i32, i32)> {
    let found = args.get(vm, 0);
    let group = args.opt(vm, 1).unwrap_or(Val::ZERO);
    let group = group_number(vm, found, group)?;
    Ok(char_span(vm, found, group))
}

fn edge(vm: &mut Vm, args: Args, which: usize) -> R {
    let (start, end) = span_arg(vm, args)?;
    Ok(Val::small(if which == 0 { start } else { end }))
}

fn span(vm: &mut Vm, args: Args) -> R {
    let (start, end) = span_arg(vm, args)?;
    Ok(vm.heap.new_tuple(&[Val::small(start), Val::small(end)])?)
}

fn expand(vm: &mut Vm, args: Args) -> R {
    let (found, template) = (args.get(vm, 0), args.get(vm, 1));
    let out = vm.heap.new_builder(0)?;
    super::sub::push_template(vm, out, found, template)?;
    super::sub::finish_like(vm, out, template)
}

/// The group that ended last, which is the last one a pattern closed.
fn lastindex(vm: &mut Vm, found: Val) -> R {
    let count = pattern::groups(vm, vm.heap.val(found, 1));
    let mut last: Option<(usize, usize)> = None;
    for group in 1..=count {
        if let Some((_, end)) = offsets(vm, found, group)
            && last.is_none_or(|(_, latest)| end > latest)
        {
            last = Some((group, end));
        }
    }
    Ok(last.map_or(Val::NONE, |(group, _)| Val::small(group as i32)))
}

fn lastgroup(vm: &mut Vm, found: Val) -> R {
    let last = lastindex(vm, found)?;
    let names = pattern::field(vm, vm.heap.val(found, 1), pattern::NAMES);
    let mut at = 0;
    while let Some((next, name, group)) = vm.heap.table_next(names, at) {
        if group == last {
            return Ok(name);
        }
        at = next;
    }
    Ok(Val::NONE)
}
