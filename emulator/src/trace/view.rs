//! What a view draws: a channel's data between two instants, reduced to one entry a column of pixels.
//!
//! The cost depends on the number of columns, not of samples.

use super::store::{Edges, Items, Samples};
use super::{BusItem, Time};

/// A digital channel within one column `[a, b)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitalColumn {
    /// The level with which the column begins (before an edge at exactly `a`); `None` before the first record.
    pub first: Option<bool>,
    /// The level with which it ends.
    pub last: Option<bool>,
    /// Edges in it: 0 draws a line, 1 a step, more a block.
    pub edges: u32,
}

/// An analogue channel within one column `[a, b)`: samples hold until the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnalogColumn {
    /// The value at the column's begin.
    pub first: f32,
    /// The value at its end.
    pub last: f32,
    /// The smallest value in it.
    pub min: f32,
    /// The largest value in it.
    pub max: f32,
    /// Samples in it: 0 means the value was held throughout.
    pub samples: u32,
}

/// A piece of a bus row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusView {
    /// An item wide enough to be told apart.
    One(BusItem),
    /// Neighbouring items that are narrower than a column.
    Many {
        /// Where the first begins.
        start: Time,
        /// Where the last ends.
        end: Time,
        /// How many they are.
        count: u32,
    },
}

/// The column boundaries: `boundary(t0, t1, n, 0) == t0`, `boundary(t0, t1, n, n) == t1`, rounded down between.
pub fn boundary(t0: Time, t1: Time, columns: usize, k: usize) -> Time {
    let span = u128::from(t1.0.saturating_sub(t0.0));
    Time(t0.0 + (span * k as u128 / columns.max(1) as u128) as u64)
}

pub(super) fn digital(edges: &Edges, t0: Time, t1: Time, columns: usize) -> Vec<DigitalColumn> {
    let mut out = Vec::with_capacity(columns);
    let mut from = edges.times.rank(t0.0);
    for k in 0..columns {
        let end = boundary(t0, t1, columns, k + 1).0;
        let to = edges.times.rank(end);
        out.push(DigitalColumn {
            first: edges.level_before(from),
            last: edges.level_before(to),
            edges: (to - from) as u32,
        });
        from = to;
    }
    out
}

pub(super) fn analog(samples: &Samples, t0: Time, t1: Time, columns: usize) -> Vec<Option<AnalogColumn>> {
    let mut out = Vec::with_capacity(columns);
    let points = &samples.points;
    let mut from = points.rank(t0.0);
    for k in 0..columns {
        let (begin, end) = (boundary(t0, t1, columns, k).0, boundary(t0, t1, columns, k + 1).0);
        let to = points.rank(end);
        let value = |at: usize| points.get(at).map(|&(_, v)| v);
        let held = from.checked_sub(1).and_then(value);
        // The value held from before shows in this column unless a sample lies exactly on its begin.
        let replaced = from < to && points.get(from).is_some_and(|&(t, _)| t == begin);
        let first = if replaced { value(from) } else { held.or_else(|| value(from).filter(|_| from < to)) };
        out.push(first.map(|first| {
            let mut range = samples.range(from, to);
            range.add(first);
            let last = if from < to { value(to - 1).unwrap_or(first) } else { first };
            AnalogColumn { first, last, min: range.min, max: range.max, samples: (to - from) as u32 }
        }));
        from = to;
    }
    out
}

pub(super) fn bus(store: &Items, t0: Time, t1: Time, columns: usize) -> Vec<BusView> {
    let items = &store.items;
    let mut out = Vec::new();
    let mut at = store.first_ending_after(t0);
    let width = (t1.0.saturating_sub(t0.0) / columns.max(1) as u64).max(1);
    while let Some(&item) = items.get(at) {
        if item.start >= t1 {
            break;
        }
        if item.end.0 - item.start.0 >= width {
            out.push(BusView::One(item));
            at += 1;
            continue;
        }
        // Everything that begins within the next column's width is one block.
        let limit = item.start.0.saturating_add(width);
        let to = items.rank(limit).max(at + 1);
        let last = items.get(to - 1).copied().unwrap_or(item);
        let count = (to - at) as u32;
        let joined = match out.last_mut() {
            Some(BusView::Many { end, count: n, .. }) if item.start.0 < end.0.saturating_add(width) => {
                *end = last.end;
                *n += count;
                true
            }
            _ => false,
        };
        if !joined {
            out.push(if count == 1 {
                BusView::One(item)
            } else {
                BusView::Many { start: item.start, end: last.end, count }
            });
        }
        at = to;
    }
    out
}
