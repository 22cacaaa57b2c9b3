//! The channels' data, in chunks that can be dropped from the front, with what makes looking things up fast:
//! edges are found by binary search (an edge's level follows from its index, only its time is stored), analogue
//! samples carry minima and maxima of every 16, 256 and 4,096 of them.

use std::collections::VecDeque;

use super::BusItem;

/// Entries in a chunk. Even, so that dropping whole chunks keeps the parity that gives an edge its level.
pub(super) const CHUNK: usize = 4096;

/// A sequence ordered by time that grows at the end and loses whole chunks at the front.
///
/// Positions are absolute: the first entry ever pushed is 0, and what was dropped keeps its numbers.
#[derive(Debug)]
pub(super) struct Chunked<T> {
    chunks: VecDeque<Vec<T>>,
    dropped: usize,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Chunked { chunks: VecDeque::new(), dropped: 0, len: 0 }
    }
}

impl<T> Chunked<T> {
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
        self.dropped += CHUNK;
        true
    }

    /// The last entry of the oldest chunk that may be dropped.
    pub fn oldest_droppable(&self) -> Option<&T> {
        if self.chunks.len() < 2 { None } else { self.chunks.front()?.last() }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>()
    }

    /// The first position for which `before` is false, given that it is true for a prefix; searched by doubling
    /// steps from `from`, which must not lie beyond the answer. Cheap when the answer is near.
    pub fn partition_from(&self, from: usize, before: impl Fn(&T) -> bool) -> usize {
        let mut low = from.max(self.dropped);
        let holds = |at: usize| self.get(at).is_some_and(&before);
        let mut step = 1;
        while holds(low + step - 1) {
            low += step;
            step *= 2;
        }
        // The answer lies in low ..= low + step - 1.
        let mut high = low + step - 1;
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// As [`Chunked::partition_from`] over everything stored.
    pub fn partition(&self, before: impl Fn(&T) -> bool) -> usize {
        let chunk = self.chunks.partition_point(|chunk| chunk.first().is_some_and(&before));
        match chunk.checked_sub(1) {
            None => self.dropped,
            Some(chunk) => self.dropped + chunk * CHUNK + self.chunks[chunk].partition_point(&before),
        }
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
        // A NaN (a part without a value) does not widen a range.
        self.min = self.min.min(v);
        self.max = self.max.max(v);
    }

    fn join(&mut self, other: Range) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
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
            self.pyramids.push_back(Pyramid {
                by_16: Vec::with_capacity(CHUNK / 16),
                by_256: Vec::with_capacity(CHUNK / 256),
                all: Range::EMPTY,
            });
        }
        if let Some(pyramid) = self.pyramids.back_mut() {
            for (level, width) in [(&mut pyramid.by_16, 16), (&mut pyramid.by_256, 256)] {
                if at % width == 0 {
                    level.push(Range::EMPTY);
                }
                if let Some(range) = level.last_mut() {
                    range.add(value);
                }
            }
            pyramid.all.add(value);
        }
        fresh
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
        let mut range = Range::EMPTY;
        let mut at = from.max(self.points.start());
        let to = to.min(self.points.end());
        while at < to {
            let relative = at - self.points.start();
            let (chunk, within) = (relative / CHUNK, relative % CHUNK);
            let pyramid = &self.pyramids[chunk];
            let left = to - at;
            at += if within == 0 && left >= CHUNK {
                range.join(pyramid.all);
                CHUNK
            } else if within.is_multiple_of(256) && left >= 256 {
                range.join(pyramid.by_256[within / 256]);
                256
            } else if within.is_multiple_of(16) && left >= 16 {
                range.join(pyramid.by_16[within / 16]);
                16
            } else {
                if let Some(&(_, v)) = self.points.get(at) {
                    range.add(v);
                }
                1
            };
        }
        range
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
}

/// Console text in pieces as it came.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub pieces: VecDeque<(u64, Vec<u8>)>,
    pub bytes: usize,
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
                true
            }
        }
    }
}
