//! The channels' data, in chunks that can be dropped from the front, with what makes looking things up fast:
//! edges are found by binary search (an edge's level follows from its index, only its time is stored), analogue
//! samples carry minima and maxima of every 16, 256 and 4,096 of them.

use std::collections::VecDeque;

use super::{BusItem, Time};

/// Entries in a chunk. Even, so that dropping whole chunks keeps the parity that gives an edge its level.
pub(super) const CHUNK: usize = 4096;

/// A sequence ordered by time that grows at the end and loses whole chunks at the front.
///
/// Positions are absolute: the first entry ever pushed is 0, and what was dropped keeps its numbers.
#[derive(Debug)]
pub(super) struct Chunked<T> {
    chunks: VecDeque<Vec<T>>,
    /// Each chunk's first time, close together for searching.
    firsts: VecDeque<u64>,
    dropped: usize,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Chunked { chunks: VecDeque::new(), firsts: VecDeque::new(), dropped: 0, len: 0 }
    }
}

impl<T: Timed> Chunked<T> {
    /// The first position still stored.
    pub fn start(&self) -> usize {
        self.dropped
    }

    /// One past the last position.
    pub fn end(&self) -> usize {
        self.len
    }

    /// Appends; true when that began a new chunk.
    pub fn push(&mut self, entry: T) -> bool {
        let fresh = self.len.is_multiple_of(CHUNK);
        if fresh {
            self.chunks.push_back(Vec::new());
            self.firsts.push_back(entry.time());
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(entry);
        }
        self.len += 1;
        fresh
    }

    /// The entry at an absolute position, if it is stored.
    pub fn get(&self, at: usize) -> Option<&T> {
        let at = at.checked_sub(self.dropped)?;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// The newest entry.
    pub fn last(&self) -> Option<&T> {
        self.chunks.back()?.last()
    }

    /// Forgets the oldest chunk unless it is the one being written; true if it did.
    pub fn drop_oldest(&mut self) -> bool {
        if self.chunks.len() < 2 {
            return false;
        }
        self.chunks.pop_front();
        self.firsts.pop_front();
        self.dropped += CHUNK;
        true
    }

    /// Forgets the entries from position `len` on.
    pub fn truncate(&mut self, len: usize) {
        let kept = len.saturating_sub(self.dropped).min(self.len - self.dropped);
        let chunks = kept.div_ceil(CHUNK);
        self.chunks.truncate(chunks);
        self.firsts.truncate(chunks);
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.truncate(kept - (chunks - 1) * CHUNK);
        }
        self.len = self.dropped + kept;
    }

    /// The last entry of the oldest chunk that may be dropped.
    pub fn oldest_droppable(&self) -> Option<&T> {
        if self.chunks.len() < 2 { None } else { self.chunks.front()?.last() }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>()
    }

    /// The first position whose time is not before `t`.
    pub fn rank(&self, t: u64) -> usize {
        let after = self.firsts.partition_point(|&first| first < t);
        let Some(index) = after.checked_sub(1) else { return self.dropped };
        let chunk = &self.chunks[index];
        let base = self.dropped + index * CHUNK;
        let before = |at: usize| chunk[at].time() < t;
        // Where the answer would be if entries were evenly spread; most recordings nearly are, and a cache miss
        // costs more than a division.
        let (first, last) = (self.firsts[index], chunk.last().map_or(0, Timed::time));
        let share = (t - first) as f64 / last.saturating_sub(first).max(1) as f64;
        let guess = ((share * chunk.len() as f64) as usize).min(chunk.len() - 1);
        // From there in doubling steps to both borders `low` (before) and `high` (not before).
        let (mut low, mut high) = (0, chunk.len());
        let mut step = 1;
        if before(guess) {
            low = guess;
            while low + step < high {
                if !before(low + step) {
                    high = low + step;
                    break;
                }
                low += step;
                step *= 2;
            }
        } else {
            high = guess;
            while low + step < high {
                if before(high - step) {
                    low = high - step;
                    break;
                }
                high -= step;
                step *= 2;
            }
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if before(middle) { low = middle } else { high = middle }
        }
        base + high
    }
}

/// Something with a time to search by.
pub(super) trait Timed {
    fn time(&self) -> u64;
}

impl Timed for u64 {
    fn time(&self) -> u64 {
        *self
    }
}

impl Timed for (u64, f32) {
    fn time(&self) -> u64 {
        self.0
    }
}

impl Timed for BusItem {
    fn time(&self) -> u64 {
        self.start.0
    }
}

/// Level changes: only their times, since levels alternate.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// The level after edge 0.
    first: bool,
    pub times: Chunked<u64>,
}

impl Edges {
    /// The level after the edge at a position.
    pub fn level(&self, at: usize) -> bool {
        self.first ^ (at % 2 == 1)
    }

    /// The level after all edges, `None` before the first.
    pub fn last_level(&self) -> Option<bool> {
        self.times.end().checked_sub(1).map(|at| self.level(at))
    }

    /// The level before the edge at a position: `None` where nothing is known yet.
    pub fn level_before(&self, at: usize) -> Option<bool> {
        at.checked_sub(1).map(|at| self.level(at))
    }

    /// Appends a change; a time before the newest edge's is moved up to it. True when a chunk began.
    pub fn push(&mut self, t: u64, high: bool) -> bool {
        if self.last_level() == Some(high) {
            return false;
        }
        if self.times.end() == 0 {
            self.first = high;
        }
        let t = self.times.last().map_or(t, |&last| t.max(last));
        self.times.push(t)
    }
}

/// Minimum and maximum of a run of samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub min: f32,
    pub max: f32,
}

impl Range {
    pub const EMPTY: Range = Range { min: f32::INFINITY, max: f32::NEG_INFINITY };

    pub fn add(&mut self, v: f32) {
        self.join(Range { min: v, max: v });
    }

    fn join(&mut self, other: Range) {
        // Written so that a NaN (a part without a value) does not widen a range, and without branches.
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }
}

/// Samples that hold until the next, with a pyramid of ranges.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pub points: Chunked<(u64, f32)>,
    pyramids: VecDeque<Pyramid>,
}

#[derive(Debug)]
struct Pyramid {
    by_16: Vec<Range>,
    by_256: Vec<Range>,
    all: Range,
}

impl Samples {
    /// Appends a value; the same value again is not stored. True when a chunk began.
    pub fn push(&mut self, t: u64, value: f32) -> bool {
        let mut t = t;
        if let Some(&(last_t, last)) = self.points.last() {
            if last.to_bits() == value.to_bits() {
                return false;
            }
            t = t.max(last_t);
        }
        let at = self.points.end() % CHUNK;
        let fresh = self.points.push((t, value));
        if fresh {
            self.pyramids.push_back(Pyramid::new());
        }
        if let Some(pyramid) = self.pyramids.back_mut() {
            pyramid.add(at, value);
        }
        fresh
    }

    /// Forgets the samples from position `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.points.truncate(len);
        self.pyramids.truncate(self.points.chunks.len());
        if let (Some(points), Some(pyramid)) = (self.points.chunks.back(), self.pyramids.back_mut()) {
            *pyramid = Pyramid::new();
            points.iter().enumerate().for_each(|(at, &(_, value))| pyramid.add(at, value));
        }
    }

    /// Forgets the oldest chunk.
    pub fn drop_oldest(&mut self) -> bool {
        let dropped = self.points.drop_oldest();
        if dropped {
            self.pyramids.pop_front();
        }
        dropped
    }

    /// Minimum and maximum over positions `from..to`; [`Range::EMPTY`] when there are none.
    pub fn range(&self, from: usize, to: usize) -> Range {
        let start = self.points.start();
        let (mut at, to) = (from.max(start) - start, to.min(self.points.end()).saturating_sub(start));
        let mut range = Range::EMPTY;
        while at < to {
            let (chunk, within) = (at / CHUNK, at % CHUNK);
            let end = (to - chunk * CHUNK).min(CHUNK);
            let pyramid = &self.pyramids[chunk];
            if within == 0 && end == CHUNK {
                range.join(pyramid.all);
            } else if let Some(points) = self.points.chunks.get(chunk) {
                pyramid.add_part(&mut range, points, within, end);
            }
            at = (chunk + 1) * CHUNK;
        }
        range
    }
}

impl Pyramid {
    fn new() -> Pyramid {
        Pyramid {
            by_16: Vec::with_capacity(CHUNK / 16),
            by_256: Vec::with_capacity(CHUNK / 256),
            all: Range::EMPTY,
        }
    }

    /// Adds the sample at a position within the chunk.
    fn add(&mut self, at: usize, value: f32) {
        for (level, width) in [(&mut self.by_16, 16), (&mut self.by_256, 256)] {
            if at.is_multiple_of(width) {
                level.push(Range::EMPTY);
            }
            if let Some(range) = level.last_mut() {
                range.add(value);
            }
        }
        self.all.add(value);
    }

    /// Positions `from..to` of the chunk: samples up to a full 16, sixteens up to a full 256, and back down.
    fn add_part(&self, range: &mut Range, points: &[(u64, f32)], from: usize, to: usize) {
        let samples = |range: &mut Range, a: usize, b: usize| {
            points[a..b].iter().for_each(|&(_, v)| range.add(v));
        };
        let (a16, b16) = (from.next_multiple_of(16), to / 16 * 16);
        if a16 >= b16 {
            return samples(range, from, to);
        }
        samples(range, from, a16);
        samples(range, b16, to);
        let join = |range: &mut Range, level: &[Range]| level.iter().for_each(|&other| range.join(other));
        let (a256, b256) = (a16.next_multiple_of(256), b16 / 256 * 256);
        if a256 >= b256 {
            return join(range, &self.by_16[a16 / 16..b16 / 16]);
        }
        join(range, &self.by_16[a16 / 16..a256 / 16]);
        join(range, &self.by_16[b256 / 16..b16 / 16]);
        join(range, &self.by_256[a256 / 256..b256 / 256]);
    }
}

/// Bus items, ordered by their start.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub items: Chunked<BusItem>,
}

impl Items {
    /// Appends an item; one that would begin before its predecessor ends is shortened.
    pub fn push(&mut self, mut item: BusItem) -> bool {
        if let Some(last) = self.items.last() {
            item.start = item.start.max(last.end);
            item.end = item.end.max(item.start);
        }
        self.items.push(item)
    }

    /// The first item that ends after `t`: items do not overlap, so it is the one before the first that begins
    /// then, or that one.
    pub fn first_ending_after(&self, t: Time) -> usize {
        let mut at = self.items.rank(t.0);
        // Starts and stops have no length: several may lie before.
        while at > self.items.start() && self.items.get(at - 1).is_some_and(|item| item.end > t) {
            at -= 1;
        }
        while self.items.get(at).is_some_and(|item| item.end <= t) {
            at += 1;
        }
        at
    }
}

/// Console text in pieces as it came.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub pieces: VecDeque<(u64, Vec<u8>)>,
    pub bytes: usize,
    /// Pieces forgotten at the front.
    pub dropped: usize,
}

impl Texts {
    /// Appends a piece; bytes of the same instant join the piece before.
    pub fn push(&mut self, t: u64, text: &[u8]) {
        self.bytes += text.len();
        if let Some((last, piece)) = self.pieces.back_mut()
            && *last == t
        {
            piece.extend_from_slice(text);
            return;
        }
        self.bytes += size_of::<(u64, Vec<u8>)>();
        self.pieces.push_back((t, text.to_vec()));
    }

    /// Forgets the oldest piece.
    pub fn drop_oldest(&mut self) -> bool {
        match self.pieces.pop_front() {
            None => false,
            Some((_, piece)) => {
                self.bytes -= piece.len() + size_of::<(u64, Vec<u8>)>();
                self.dropped += 1;
                true
            }
        }
    }
}
