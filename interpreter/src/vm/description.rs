//! What code tells of itself: names, lines, handlers of exceptions.
//!
//! It lies in the code's own buffer, which is `[constants … instructions … lines, zeros … handlers … names … tail]`; the
//! tail stands at the very end and is read from there:
//!
//! | bytes from the end | what |
//! |---|---|
//! | 2 | number of names, and which of the last four rows are there |
//! | 4 | name |
//! | 6 | file |
//! | 8 | words of instructions |
//! | 12 | line of the `def`, and slots of the frame << [`SLOTS_SHIFT`] |
//! | two each | number of cells from outside; positional-only and keyword-only parameters; what stands before the name in the qualified one; number of handlers |
//!
//! Names are numbers of interned strings: those of the slots that are variables, then those of the cells. A handler
//! is four numbers of 16 bits. For the lines see [`LINES_FAR`]. The docstring, if any, is in the cell.

use super::Vm;
use crate::bytecode::{Flags, Proto};
use crate::heap::{F_BUF, Heap, NoMemory, q};
use crate::value::{Qstr, Val};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Bytes of the tail that are always there. (Buffers take a multiple of eight, so they are three words.)
const LINE: usize = 12;
const LINE_BITS: u32 = (1 << SLOTS_SHIFT) - 1;
const SLOTS_SHIFT: u32 = 19;
/// Most slots of a frame.
const SLOTS_MOST: u32 = 0x1fff;

const FREE: u16 = 1 << 12;
const PARAMS: u16 = 1 << 13;
const PREFIX: u16 = 1 << 14;
const HANDLERS: u16 = 1 << 15;
const NAMES_MOST: usize = FREE as usize - 1;

/// The table of lines: a byte `words << 3 | lines - LINES_LEAST` for each change of line, from the one before; where that
/// does not fit, this byte and two numbers of seven bits a byte (the lines with their sign in the lowest bit). A zero
/// ends it.
const LINES_FAR: u8 = 0xff;
/// The least distance of lines in a byte.
const LINES_LEAST: i32 = -2;

/// A description that is being made: what stands before the zeros, and what behind them.
pub(super) struct Description {
    /// The lines.
    pub lines: Vec<u8>,
    /// Handlers, names and tail.
    pub rest: Vec<u8>,
}

/// Why there is none.
pub(super) enum Indescribable {
    NoMemory,
    TooLarge,
}

impl From<NoMemory> for Indescribable {
    fn from(_: NoMemory) -> Self {
        Indescribable::NoMemory
    }
}

impl Description {
    /// That of a proto whose instructions take this many words.
    pub fn of(heap: &mut Heap, proto: &Proto, words: usize, lines: bool) -> Result<Self, Indescribable> {
        let names = proto.slot_names.len() + proto.free_names.len();
        let handlers = proto.handlers.len();
        if words > 0xffff || names > NAMES_MOST || handlers > 0xffff {
            return Err(Indescribable::TooLarge);
        }
        let lines = if lines { line_table(proto)? } else { Vec::new() };
        let mut rest = room_for(8 * handlers + 2 * names + LINE + 8)?;
        let mut put = |x: usize| rest.extend_from_slice(&(x as u16).to_le_bytes());
        for h in &proto.handlers {
            if h.end > 0xffff || h.handler as usize >= proto.code.len() || u16::from(h.slot) >= proto.slots {
                return Err(Indescribable::TooLarge);
            }
            for x in [h.start as usize, h.end as usize, h.handler as usize, usize::from(h.slot)] {
                put(x);
            }
        }
        for name in proto.slot_names.iter().chain(&proto.free_names) {
            put(heap.intern(name)?.0 as usize);
        }
        // From the end backwards: the highest of them comes first.
        let mut head = names as u16;
        if handlers > 0 {
            head |= HANDLERS;
            put(handlers);
        }
        let prefix = proto.qualname.strip_suffix(&*proto.name).and_then(|p| p.strip_suffix('.'));
        if let Some(prefix) = prefix {
            head |= PREFIX;
            put(heap.intern(prefix)?.0 as usize);
        }
        if proto.positional_only > 0 || proto.keyword_only > 0 {
            head |= PARAMS;
            put(usize::from(proto.positional_only) | usize::from(proto.keyword_only) << 8);
        }
        if !proto.free_names.is_empty() {
            head |= FREE;
            put(proto.free_names.len());
        }
        let place = proto.first_line.min(LINE_BITS) | u32::from(proto.slots).min(SLOTS_MOST) << SLOTS_SHIFT;
        put(place as usize & 0xffff);
        put(place as usize >> 16);
        put(words);
        put(heap.intern(&proto.file)?.0 as usize);
        put(heap.intern(&proto.name)?.0 as usize);
        put(usize::from(head));
        Ok(Description { lines, rest })
    }
}

/// A number of 16 bits that begins so many bytes before the end; 0 where there is nothing.
#[inline]
fn number(b: &[u8], back: usize) -> u16 {
    let at = b.len().wrapping_sub(back);
    match b.get(at..at.wrapping_add(2)) {
        Some(x) => u16::from_le_bytes([x[0], x[1]]),
        None => 0,
    }
}

/// One of the rows that may be missing, which is 0 then.
#[inline(never)]
fn row(b: &[u8], flag: u16) -> u16 {
    let head = number(b, 2);
    if head & flag == 0 {
        return 0;
    }
    number(b, LINE + 2 * rows(head & (flag | (flag - 1))))
}

/// How many of the rows are there that may be missing.
fn rows(head: u16) -> usize {
    usize::from((head >> 12 & 1) + (head >> 13 & 1) + (head >> 14 & 1) + (head >> 15))
}

/// Where the names lie.
#[inline(never)]
fn names(b: &[u8]) -> Range<usize> {
    let head = number(b, 2);
    let end = b.len().saturating_sub(LINE + 2 * rows(head));
    end.saturating_sub(2 * (usize::from(head) & NAMES_MOST))..end
}

impl Vm {
    /// The buffer of code; empty if that is not compiled yet.
    #[inline]
    fn code_buffer(&self, code: Val) -> &[u8] {
        self.heap.buf(code)
    }

    /// A word of the tail, counted from the end; 0 where there is none.
    #[inline]
    fn tail(&self, code: Val, back: usize) -> u32 {
        let words = self.heap.buf_cap(code) / 4;
        self.heap.buf_vals(code, words).get(words.wrapping_sub(back)).map_or(0, |word| word.bits())
    }

    /// `__name__`.
    pub(crate) fn code_name(&self, code: Val) -> Val {
        let name = if self.heap.flag(code, F_BUF) { Qstr(self.tail(code, 1) & 0xffff) } else { q::EMPTY };
        Val::qstr(name)
    }

    /// The file.
    pub(crate) fn code_file(&self, code: Val) -> Val {
        let file = if self.heap.flag(code, F_BUF) { Qstr(self.tail(code, 2) >> 16) } else { q::EMPTY };
        Val::qstr(file)
    }

    /// `__qualname__`.
    pub(crate) fn code_qualname(&self, code: Val) -> String {
        let name = self.heap.as_str(self.code_name(code)).unwrap_or("?");
        let b = self.code_buffer(code);
        if number(b, 2) & PREFIX == 0 {
            return super::beginning(name);
        }
        let prefix = self.heap.qstr(Qstr(row(b, PREFIX).into()));
        alloc::format!("{prefix}.{name}")
    }

    /// Words of its instructions.
    pub(super) fn code_words(&self, code: Val) -> usize {
        (self.tail(code, 2) & 0xffff) as usize
    }

    /// Line of the `def`.
    pub(crate) fn code_first_line(&self, code: Val) -> u32 {
        self.tail(code, 3) & LINE_BITS
    }

    /// Slots of its frame.
    #[inline]
    pub(super) fn code_slots(&self, code: Val) -> u32 {
        self.tail(code, 3) >> SLOTS_SHIFT
    }

    /// (positional-only, keyword-only) parameters.
    pub(crate) fn code_counts(&self, code: Val) -> (usize, usize) {
        if self.code_flags(code).has(Flags::DEFERRED) && !self.heap.flag(code, F_BUF) {
            return (0, (self.heap.w(code, 2) >> 16) as usize);
        }
        let counts = usize::from(row(self.code_buffer(code), PARAMS));
        (counts & 0xff, counts >> 8)
    }

    /// How many cells a function of this code takes from outside.
    #[inline]
    pub(crate) fn code_free(&self, code: Val) -> usize {
        if self.tail(code, 1) >> 16 & u32::from(FREE) == 0 {
            return 0;
        }
        // It is the first row.
        (self.tail(code, 4) >> 16) as usize
    }

    /// Names of the slots that are variables, from slot 0.
    pub(crate) fn code_names(&self, code: Val) -> impl ExactSizeIterator<Item = Val> + '_ {
        let b = self.code_buffer(code);
        let free = 2 * self.code_free(code);
        let names = names(b);
        numbers(&b[names.start..names.end - free])
    }

    /// Names of the cells from outside.
    pub(crate) fn code_free_names(&self, code: Val) -> impl ExactSizeIterator<Item = Val> + '_ {
        let b = self.code_buffer(code);
        let free = 2 * self.code_free(code);
        let names = names(b);
        numbers(&b[names.end - free..names.end])
    }

    /// Where an exception that word `at` raised goes on, and the slot for it.
    pub(super) fn find_handler(&self, code: Val, at: u32) -> Option<(u32, usize)> {
        let b = self.code_buffer(code);
        let n = usize::from(row(b, HANDLERS));
        let end = names(b).start;
        let rows = b.get(end.checked_sub(8 * n)?..end)?;
        rows.chunks_exact(8).find_map(|row| {
            let u = |i: usize| u32::from(u16::from_le_bytes([row[i], row[i + 1]]));
            (at >= u(0) && at < u(2)).then(|| (u(4), u(6) as usize))
        })
    }

    /// Where in the buffer the lines are, which begin at `from`, and what comes behind the zeros after them.
    #[inline(never)]
    pub(super) fn description_behind(&self, code: Val, from: usize) -> (Range<usize>, Range<usize>) {
        let b = self.code_buffer(code);
        let rest = names(b).start.saturating_sub(8 * usize::from(row(b, HANDLERS)));
        // (The last byte of an entry is not zero.)
        let lines = b.get(from..rest).unwrap_or_default();
        let zeros = lines.iter().rev().take_while(|x| **x == 0).count();
        (from..from + lines.len() - zeros, rest..b.len())
    }

    /// The source line of word `at` of a code object.
    pub(crate) fn line_at(&self, code: Val, at: u32) -> u32 {
        self.line_range(code, at).0
    }

    /// The source line of word `at` of a code object, the first word of that line's piece of code and the first
    /// behind it.
    pub(crate) fn line_range(&self, code: Val, at: u32) -> (u32, u32, u32) {
        let b = self.code_buffer(code);
        let table = if self.code_flags(code).has(Flags::DEFERRED) {
            &[]
        } else {
            let from = 4 * (self.heap.w(code, 2) as usize + self.code_words(code));
            &b[self.description_behind(code, from).0]
        };
        let mut line = self.code_first_line(code);
        let (mut pc, mut i) = (0, 0);
        let number = |i: &mut usize| {
            let (mut x, mut shift) = (0u32, 0);
            while let Some(&b) = table.get(*i) {
                *i += 1;
                x |= u32::from(b & 0x7f) << shift;
                shift += 7;
                if b & 0x80 == 0 {
                    break;
                }
            }
            x
        };
        let mut from = 0;
        while i < table.len() && table[i] != 0 {
            let first = table[i];
            i += 1;
            let (words, lines) = if first == LINES_FAR {
                let (words, d) = (number(&mut i), number(&mut i));
                (words, (d >> 1) as i32 ^ -((d & 1) as i32))
            } else {
                (u32::from(first >> 3), i32::from(first & 7) + LINES_LEAST)
            };
            pc += words;
            if pc > at {
                return (line, from, pc);
            }
            from = pc;
            line = line.wrapping_add_signed(lines);
        }
        (line, from, i32::MAX as u32 >> 1)
    }
}

/// Interned strings from their numbers.
fn numbers(b: &[u8]) -> impl ExactSizeIterator<Item = Val> + '_ {
    b.chunks_exact(2).map(|x| Val::qstr(Qstr(u16::from_le_bytes([x[0], x[1]]).into())))
}

/// See [`LINES_FAR`].
fn line_table(proto: &Proto) -> Result<Vec<u8>, NoMemory> {
    let mut table = room_for(proto.lines.len())?;
    let (mut pc, mut line) = (0, proto.first_line);
    for &(p, l) in &proto.lines {
        let (words, lines) = (p - pc, l.wrapping_sub(line) as i32);
        if lines == 0 {
            continue;
        }
        (pc, line) = (p, l);
        table.try_reserve(11).map_err(|_| NoMemory)?;
        let near = lines - LINES_LEAST;
        let byte = words << 3 | near as u32;
        if words < 32 && (0..8).contains(&near) && byte != u32::from(LINES_FAR) && byte != 0 {
            table.push(byte as u8);
        } else {
            table.push(LINES_FAR);
            put_number(&mut table, words);
            put_number(&mut table, (lines << 1 ^ lines >> 31) as u32);
        }
    }
    Ok(table)
}

/// A vector for `n` items.
pub(super) fn room_for<T>(n: usize) -> Result<Vec<T>, NoMemory> {
    let mut room = Vec::new();
    room.try_reserve_exact(n).map_err(|_| NoMemory)?;
    Ok(room)
}

fn put_number(out: &mut Vec<u8>, mut x: u32) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}
