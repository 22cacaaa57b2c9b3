//! Compiled patterns: an object cell whose word 1 is the tuple (pattern, program as bytes, flags,
//! number of groups, dict of group names).

use alloc::vec::Vec;

use super::result;
use crate::heap::{F_V1, Kind, header};
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::regex::{self, Anchor, Limit, Subject};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// The type.
pub static PATTERN: NativeType = NativeType {
    id: ids::RE_PATTERN,
    name: "Pattern",
    print: Some(print),
    entries: &[
        Entry::FnKw("match", 2, 4, |vm, args| find_one(vm, args, Anchor::Start)),
        Entry::FnKw("search", 2, 4, |vm, args| find_one(vm, args, Anchor::Anywhere)),
        Entry::FnKw("fullmatch", 2, 4, |vm, args| find_one(vm, args, Anchor::Full)),
        Entry::FnKw("findall", 2, 4, findall),
        Entry::FnKw("finditer", 2, 4, finditer),
        Entry::FnKw("split", 2, 3, super::sub::split),
        Entry::FnKw("sub", 3, 4, super::sub::sub),
        Entry::FnKw("subn", 3, 4, super::sub::subn),
        Entry::Get("pattern", |vm, pattern| Ok(field(vm, pattern, SOURCE))),
        Entry::Get("flags", |vm, pattern| Ok(field(vm, pattern, FLAGS))),
        Entry::Get("groups", |vm, pattern| Ok(field(vm, pattern, GROUPS))),
        Entry::Get("groupindex", |vm, pattern| Ok(field(vm, pattern, NAMES))),
    ],
    ..NativeType::EMPTY
};

pub const SOURCE: usize = 0;
const PROGRAM: usize = 1;
const FLAGS: usize = 2;
const GROUPS: usize = 3;
pub const NAMES: usize = 4;

/// A field of a pattern.
pub fn field(vm: &Vm, pattern: Val, field: usize) -> Val {
    vm.heap.tuple(vm.heap.val(pattern, 1))[field]
}

/// The number of groups without group 0.
pub fn groups(vm: &Vm, pattern: Val) -> usize {
    vm.heap.as_i64(field(vm, pattern, GROUPS)).unwrap_or(0) as usize
}

/// Compiles a str or bytes; a compiled pattern is given back as it is.
pub fn compile(vm: &mut Vm, source: Val, flags: Val) -> R {
    if vm.as_native(source, &PATTERN).is_some() {
        return Ok(source);
    }
    let flags = if flags.is_null() { 0 } else { vm.index(flags)? as u32 };
    let unicode = vm.heap.is_str(source);
    let Some(text) = vm.heap.as_bytes(source) else {
        return Err(vm.type_error(format_args!("first argument must be string or compiled pattern")));
    };
    // Its memory is Rust's, and the pattern may be a long one.
    let mut compiled = None;
    if !vm.hal.guarded(&mut || compiled = Some(regex::compile(text, unicode, flags))) {
        return Err(vm.no_memory());
    }
    let Some(compiled) = compiled else { return Err(vm.no_memory()) };
    let program = match compiled {
        Ok(program) => program,
        Err(error) => return Err(vm.value_error(format_args!("{error}"))),
    };
    let bytes = vm.heap.new_bytearray_zeroed(program.words.len() * 4)?;
    for (to, word) in vm.heap.text_mut(bytes).chunks_exact_mut(4).zip(&program.words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    let names = vm.heap.new_dict(program.names.len())?;
    for (name, group) in &program.names {
        let name = vm.new_str(name)?;
        vm.heap.dict_set(names, name, Val::small(*group as i32))?;
    }
    let flags = Val::small((program.flags & 0xffff) as i32);
    let fields = vm.heap.new_tuple(&[source, bytes, flags, Val::small(program.groups as i32), names])?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::RE_PATTERN), fields.bits(), 0, 0)?)
}

/// A str pattern as one of bytes, and the other way round.
///
/// # Errors
/// UnicodeError if the bytes are no UTF-8, and what [`compile`] raises.
fn other_sort(vm: &mut Vm, pattern: Val) -> R {
    let (source, flags) = (field(vm, pattern, SOURCE), field(vm, pattern, FLAGS));
    let text = vm.heap.bytes(source).to_vec();
    let source = if vm.heap.is_str(source) {
        vm.heap.new_bytes(&text)?
    } else {
        let Ok(text) = core::str::from_utf8(&text) else {
            return Err(vm.type_error(format_args!("cannot use a bytes pattern on a string object")));
        };
        vm.new_str(text)?
    };
    compile(vm, source, flags)
}

/// A search through one string, which may be continued from match to match.
pub struct Search {
    pub pattern: Val,
    pub string: Val,
    words: Vec<u32>,
    /// Byte offsets: where to go on, and where the string is taken to end.
    pub at: usize,
    pub end: usize,
    advance: bool,
}

impl Search {
    /// Checks the string's type and prepares the program. `pos` and `end_pos` are character
    /// positions, NULL where not given.
    pub fn new(vm: &mut Vm, pattern: Val, string: Val, pos: Val, end_pos: Val) -> R<Search> {
        let unicode = vm.heap.is_str(field(vm, pattern, SOURCE));
        let Some(text) = vm.heap.as_bytes(string) else {
            let got = vm.type_name(string);
            return Err(vm.type_error(format_args!("expected string or bytes-like object, got '{got}'")));
        };
        let len = text.len();
        // As in MicroPython the pattern may be of the other sort than the subject; it is compiled anew for that.
        let pattern = if unicode == vm.heap.is_str(string) { pattern } else { other_sort(vm, pattern)? };
        let mut words = Vec::new();
        let program = vm.heap.bytes(field(vm, pattern, PROGRAM));
        if words.try_reserve_exact(program.len() / 4).is_err() {
            return Err(vm.no_memory());
        }
        words.extend(
            program.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])),
        );
        let at = if pos.is_null() { 0 } else { offset(vm, string, pos)? };
        let end = if end_pos.is_null() { len } else { offset(vm, string, end_pos)? };
        Ok(Search { pattern, string, words, at, end, advance: false })
    }

    /// The next match as slots (two byte offsets a group); moves on past it.
    pub fn next(&mut self, vm: &mut Vm, anchor: Anchor) -> R<Option<Vec<u32>>> {
        // A search looks for Ctrl-C itself, but many short ones would not.
        vm.unless_interrupted()?;
        if self.at > self.end {
            return Ok(None);
        }
        loop {
            let unicode = vm.heap.is_str(self.string);
            let text = vm.heap.bytes(self.string);
            // A bytearray may have shrunk since.
            let end = self.end.min(text.len());
            if self.at > end {
                return Ok(None);
            }
            let subject = Subject { text, unicode, end, advance: self.advance };
            let mut poll = || !vm.interrupt_pending();
            match regex::search(&self.words, &subject, self.at, anchor, &mut poll) {
                Ok(None) => {
                    self.at = usize::MAX;
                    return Ok(None);
                }
                Ok(Some(slots)) => {
                    self.at = slots[1] as usize;
                    self.advance = slots[0] == slots[1];
                    return Ok(Some(slots));
                }
                Err(Limit::NoMemory) => return Err(vm.no_memory()),
                Err(Limit::Interrupted) => vm.poll()?,
            }
        }
    }
}

/// The byte offset of a character position, cut to the string.
fn offset(vm: &mut Vm, string: Val, position: Val) -> R<usize> {
    let position = usize::try_from(vm.index(position)?).unwrap_or(0);
    if vm.heap.is_str(string) {
        let position = position.min(vm.heap.char_len(string));
        return Ok(vm.heap.char_to_byte(string, position));
    }
    Ok(position.min(vm.heap.bytes(string).len()))
}

fn print(vm: &mut Vm, pattern: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("re.compile(");
    let source = field(vm, pattern, SOURCE);
    out.repr(vm, source)?;
    out.push(")");
    Ok(())
}

fn search_args(vm: &mut Vm, args: Args, name: &str) -> R<Search> {
    let pattern = args.get(vm, 0);
    let [string, pos, end_pos] = args.skip(1).parse(vm, name, ["string", "pos", "endpos"], 1)?;
    Search::new(vm, pattern, string, pos, end_pos)
}

fn find_one(vm: &mut Vm, args: Args, anchor: Anchor) -> R {
    let mut search = search_args(vm, args, "match")?;
    match search.next(vm, anchor)? {
        Some(slots) => result::new_match(vm, &search, &slots),
        None => Ok(Val::NONE),
    }
}

/// The text of the groups, as findall gives it: the match, the only group, or a tuple of all groups.
fn found(vm: &mut Vm, search: &Search, slots: &[u32]) -> R {
    let groups = groups(vm, search.pattern);
    if groups <= 1 {
        return result::slice(vm, search.string, slots, groups, Val::NULL);
    }
    let list = vm.heap.new_list_cap(groups)?;
    for group in 1..=groups {
        let text = result::slice(vm, search.string, slots, group, Val::NULL)?;
        vm.heap.list_push(list, text)?;
    }
    Ok(vm.heap.new_tuple_of(list, 0, groups)?)
}

fn findall(vm: &mut Vm, args: Args) -> R {
    let mut search = search_args(vm, args, "findall")?;
    let out = vm.heap.new_list_cap(0)?;
    while let Some(slots) = search.next(vm, Anchor::Anywhere)? {
        let mark = vm.heap.mark_temps();
        let text = found(vm, &search, &slots)?;
        vm.heap.list_push(out, text)?;
        vm.heap.release_temps(mark);
    }
    Ok(out)
}

/// An iterator over the list of matches.
fn finditer(vm: &mut Vm, args: Args) -> R {
    let mut search = search_args(vm, args, "finditer")?;
    let out = vm.heap.new_list_cap(0)?;
    while let Some(slots) = search.next(vm, Anchor::Anywhere)? {
        let mark = vm.heap.mark_temps();
        let found = result::new_match(vm, &search, &slots)?;
        vm.heap.list_push(out, found)?;
        vm.heap.release_temps(mark);
    }
    vm.iter(out)
}
