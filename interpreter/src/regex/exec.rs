//! Running a program over a text.

use alloc::vec::Vec;

use super::program::*;

/// A slot that no position was saved in.
pub const UNSET: u32 = u32::MAX;
/// Instructions between two polls.
const POLL_EVERY: u32 = 2_000;
/// How deep look-arounds may nest (each is a call of the matcher).
const LOOK_DEPTH_MAX: u32 = 16;

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The text: UTF-8 if `unicode`, else bytes.
    pub text: &'a [u8],
    /// Whether to read characters or bytes.
    pub unicode: bool,
    /// The byte offset at which the text is taken to end.
    pub end: usize,
    /// A match at the very start must not be empty (the previous one was, and ended here).
    pub advance: bool,
}

/// Where a match may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// `search`
    Anywhere,
    /// `match`
    Start,
    /// `fullmatch`
    Full,
}

/// Why a search was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// No memory for another way to come back to.
    #[error("memory allocation failed")]
    NoMemory,
    /// The poll said to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A way to come back to when a match fails.
enum Retry {
    /// Go on at an instruction and position.
    At { pc: u32, pos: u32 },
    /// Undo the saving of a position.
    Unsave { slot: u32, old: u32 },
    /// A run may give back characters, from `pos` down to `least`.
    Shorten { pc: u32, pos: u32, least: u32 },
}

/// Searches from byte offset `start`; gives the slots (two a group) of the leftmost match. `poll` is
/// called now and then; false ends the search.
pub fn search(
    program: &[u32],
    subject: &Subject<'_>,
    start: usize,
    anchor: Anchor,
    poll: &mut dyn FnMut() -> bool,
) -> Result<Option<Vec<u32>>, Limit> {
    let mut slots = Vec::new();
    slots.try_reserve_exact(program[0] as usize).map_err(|_| Limit::NoMemory)?;
    let full = anchor == Anchor::Full;
    let mut matcher = Matcher { program, subject, poll, steps: 0, full, not_end: UNSET };
    if subject.advance {
        matcher.not_end = start as u32;
    }
    let mut pos = start;
    loop {
        slots.clear();
        slots.resize(program[0] as usize, UNSET);
        if matcher.run(HEADER, pos, &mut slots, 0)? {
            return Ok(Some(slots));
        }
        matcher.not_end = UNSET;
        if anchor != Anchor::Anywhere || pos >= subject.end {
            return Ok(None);
        }
        pos += decode(&subject.text[pos..subject.end], subject.unicode).map_or(1, |(_, len)| len);
    }
}

struct Matcher<'a, 'p> {
    program: &'a [u32],
    subject: &'a Subject<'a>,
    poll: &'p mut dyn FnMut() -> bool,
    steps: u32,
    full: bool,
    /// Where the whole match must not end.
    not_end: u32,
}

impl Matcher<'_, '_> {
    fn run(&mut self, mut pc: usize, mut pos: usize, slots: &mut [u32], depth: u32) -> Result<bool, Limit> {
        let mut retries: Vec<Retry> = Vec::new();
        loop {
            self.steps += 1;
            if self.steps.is_multiple_of(POLL_EVERY) && !(self.poll)() {
                return Err(Limit::Interrupted);
            }
            let word = self.program[pc];
            let (op, argument) = (word & 0xff, word >> 8);
            let matched = match op {
                MATCH => {
                    if depth > 0 || ((!self.full || pos == self.subject.end) && pos as u32 != self.not_end) {
                        return Ok(true);
                    }
                    false
                }
                CHAR | CHAR_FOLD | ANY | CLASS => match self.single(pc, pos) {
                    Some(len) => {
                        pos += len;
                        pc += self.single_words(pc);
                        true
                    }
                    None => false,
                },
                JUMP => {
                    pc = argument as usize;
                    true
                }
                SPLIT => {
                    push(&mut retries, Retry::At { pc: argument, pos: pos as u32 })?;
                    pc += 1;
                    true
                }
                SPLIT_LAZY => {
                    push(&mut retries, Retry::At { pc: pc as u32 + 1, pos: pos as u32 })?;
                    pc = argument as usize;
                    true
                }
                SAVE => {
                    let slot = argument as usize;
                    push(&mut retries, Retry::Unsave { slot: argument, old: slots[slot] })?;
                    slots[slot] = pos as u32;
                    pc += 1;
                    true
                }
                PLACE => {
                    pc += 1;
                    self.is_place(argument, pos)
                }
                SAME_AS => {
                    pc += 1;
                    match self.same_as(argument, slots, pos) {
                        Some(len) => {
                            pos += len;
                            true
                        }
                        None => false,
                    }
                }
                LOOK => {
                    let mode = self.program[pc + 1];
                    let matched = self.look(pc + 2, mode, pos, slots, depth, &mut retries)?;
                    pc = argument as usize;
                    matched
                }
                PROGRESS => {
                    pc += 1;
                    slots[argument as usize] != pos as u32
                }
                RUN => {
                    let (least, most) = (self.program[pc + 1], self.program[pc + 2]);
                    let next = pc + 3 + argument as usize;
                    match self.run_of(pc + 3, pos, least, most)? {
                        Some((least_pos, last_pos)) => {
                            if last_pos > least_pos {
                                let retry = Retry::Shorten {
                                    pc: next as u32,
                                    pos: last_pos as u32,
                                    least: least_pos as u32,
                                };
                                push(&mut retries, retry)?;
                            }
                            pos = last_pos;
                            pc = next;
                            true
                        }
                        None => false,
                    }
                }
                _ => false,
            };
            if matched {
                continue;
            }
            match self.retry(&mut retries, slots) {
                Some(at) => (pc, pos) = at,
                None => return Ok(false),
            }
        }
    }

    /// The next way to try, undoing what was saved since.
    fn retry(&self, retries: &mut Vec<Retry>, slots: &mut [u32]) -> Option<(usize, usize)> {
        loop {
            match retries.pop()? {
                Retry::At { pc, pos } => return Some((pc as usize, pos as usize)),
                Retry::Unsave { slot, old } => slots[slot as usize] = old,
                Retry::Shorten { pc, pos, least } => {
                    let shorter = self.back(pos as usize);
                    if shorter > least as usize {
                        // There was room for this entry: one was just popped.
                        retries.push(Retry::Shorten { pc, pos: shorter as u32, least });
                    }
                    return Some((pc as usize, shorter));
                }
            }
        }
    }

    /// Where a run of `least` to `most` single-character matches may end: after the least, and after
    /// the longest.
    fn run_of(
        &mut self,
        body: usize,
        pos: usize,
        least: u32,
        most: u32,
    ) -> Result<Option<(usize, usize)>, Limit> {
        let (mut at, mut least_pos, mut count) = (pos, None, 0);
        if least == 0 {
            least_pos = Some(at);
        }
        while count < most {
            let Some(len) = self.single(body, at) else { break };
            at += len;
            count += 1;
            if count == least {
                least_pos = Some(at);
            }
            self.steps += 1;
            if self.steps.is_multiple_of(POLL_EVERY) && !(self.poll)() {
                return Err(Limit::Interrupted);
            }
        }
        Ok(least_pos.map(|least_pos| (least_pos, at)))
    }

    fn look(
        &mut self,
        body: usize,
        mode: u32,
        pos: usize,
        slots: &mut [u32],
        depth: u32,
        retries: &mut Vec<Retry>,
    ) -> Result<bool, Limit> {
        if depth >= LOOK_DEPTH_MAX {
            return Ok(false);
        }
        let (behind, negated) = (mode & 2 != 0, mode & 1 != 0);
        let mut start = pos;
        if behind {
            for _ in 0..mode >> 2 {
                if start == 0 {
                    return Ok(negated);
                }
                start = self.back(start);
            }
        }
        let mut inner = Vec::new();
        inner.try_reserve_exact(slots.len()).map_err(|_| Limit::NoMemory)?;
        inner.extend_from_slice(slots);
        let matched = self.run(body, start, &mut inner, depth + 1)?;
        if matched && !negated {
            for (slot, (old, &new)) in slots.iter_mut().zip(&inner).enumerate() {
                if *old != new {
                    push(retries, Retry::Unsave { slot: slot as u32, old: *old })?;
                    *old = new;
                }
            }
        }
        Ok(matched != negated)
    }

    /// The length of the character at `pos` if the single-character instruction at `pc` matches it.
    fn single(&self, pc: usize, pos: usize) -> Option<usize> {
        let rest = self.subject.text.get(pos..self.subject.end)?;
        let (c, len) = decode(rest, self.subject.unicode)?;
        let (op, argument) = (self.program[pc] & 0xff, self.program[pc] >> 8);
        let matched = match op {
            CHAR => c == argument,
            CHAR_FOLD => fold(c) == argument,
            ANY => argument != 0 || c != 10,
            _ => {
                let items = &self.program[pc + 1..pc + self.single_words(pc)];
                let (negated, folded) = (argument & 1 != 0, argument & 2 != 0);
                let inside = in_class(items, c)
                    || (folded && (in_class(items, fold(c)) || upper(c).is_some_and(|u| in_class(items, u))));
                inside != negated
            }
        };
        matched.then_some(len)
    }

    /// The words that a single-character instruction takes.
    fn single_words(&self, pc: usize) -> usize {
        let word = self.program[pc];
        if word & 0xff == CLASS { 1 + 2 * (word >> 10) as usize } else { 1 }
    }

    fn same_as(&self, argument: u32, slots: &[u32], pos: usize) -> Option<usize> {
        let group = (argument >> 1) as usize;
        let (start, end) = (slots[group * 2], slots[group * 2 + 1]);
        if start == UNSET || end == UNSET {
            return None;
        }
        let text = self.subject.text;
        let (wanted, rest) = (&text[start as usize..end as usize], &text[pos..self.subject.end]);
        if argument & 1 == 0 {
            return rest.starts_with(wanted).then_some(wanted.len());
        }
        let (mut i, mut j) = (0, 0);
        while i < wanted.len() {
            let (a, a_len) = decode(&wanted[i..], self.subject.unicode)?;
            let (b, b_len) = decode(&rest[j..], self.subject.unicode)?;
            if fold(a) != fold(b) {
                return None;
            }
            (i, j) = (i + a_len, j + b_len);
        }
        Some(j)
    }

    fn is_place(&self, place: u32, pos: usize) -> bool {
        use super::parse::Place;
        let (text, end) = (self.subject.text, self.subject.end);
        let is = |wanted: Place| place == wanted as u32;
        if is(Place::TextStart) {
            pos == 0
        } else if is(Place::TextEnd) {
            pos == end
        } else if is(Place::LineStart) {
            pos == 0 || text[pos - 1] == b'\n'
        } else if is(Place::LineEnd) {
            pos == end || text[pos] == b'\n'
        } else if is(Place::LastLineEnd) {
            pos == end || (pos + 1 == end && text[pos] == b'\n')
        } else {
            let word_at = |at: usize| {
                text.get(at..end)
                    .and_then(|rest| decode(rest, self.subject.unicode))
                    .is_some_and(|(c, _)| is_word(c))
            };
            let edge = (pos > 0 && word_at(self.back(pos))) != word_at(pos);
            edge == is(Place::WordEdge)
        }
    }

    /// The start of the character before `pos`.
    fn back(&self, pos: usize) -> usize {
        let mut at = pos.saturating_sub(1);
        while self.subject.unicode && at > 0 && self.subject.text[at] & 0xc0 == 0x80 {
            at -= 1;
        }
        at
    }
}

fn push(retries: &mut Vec<Retry>, retry: Retry) -> Result<(), Limit> {
    retries.try_reserve(1).map_err(|_| Limit::NoMemory)?;
    retries.push(retry);
    Ok(())
}

/// The first character (or byte) and its length in bytes.
pub fn decode(bytes: &[u8], unicode: bool) -> Option<(u32, usize)> {
    let first = *bytes.first()?;
    if !unicode || first < 0x80 {
        return Some((u32::from(first), 1));
    }
    let len = match first {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    };
    let tail = bytes.get(1..len)?;
    let lead = u32::from(first) & (0x7f >> len);
    Some((tail.iter().fold(lead, |c, &b| c << 6 | u32::from(b) & 0x3f), len))
}

/// The lower-case form, for comparisons without case.
pub fn fold(c: u32) -> u32 {
    let Some(c) = char::from_u32(c) else { return c };
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only as u32,
        _ => c as u32,
    }
}

fn upper(c: u32) -> Option<u32> {
    let mut upper = char::from_u32(c)?.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => Some(only as u32),
        _ => None,
    }
}

fn is_word(c: u32) -> bool {
    c == u32::from(b'_') || char::from_u32(c).is_some_and(char::is_alphanumeric)
}

fn in_class(items: &[u32], c: u32) -> bool {
    items.chunks_exact(2).any(|item| match (item[0] as u8, item[1]) {
        (kind, KIND) => {
            let is = match kind.to_ascii_lowercase() {
                b'd' => char::from_u32(c).is_some_and(|c| c.is_ascii_digit()),
                b'w' => is_word(c),
                _ => char::from_u32(c).is_some_and(char::is_whitespace),
            };
            is != kind.is_ascii_uppercase()
        }
        (_, high) => item[0] <= c && c <= high,
    })
}
