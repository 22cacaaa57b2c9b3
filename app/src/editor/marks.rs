//! Ranges that stay with the text they mark while the text around them changes.

use std::ops::Range;

/// Moves a position over the replacement of `at..at + removed` by `inserted` characters.
///
/// A position inside what was removed ends up after what was inserted.
pub fn shift(position: usize, at: usize, removed: usize, inserted: usize) -> usize {
    if position <= at {
        position
    } else if position >= at + removed {
        position - removed + inserted
    } else {
        at + inserted
    }
}

/// Marked ranges, each with something to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks<T> {
    items: Vec<(Range<usize>, T)>,
}

impl<T> Default for Marks<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T> Marks<T> {
    /// Replaces all marks.
    pub fn set(&mut self, items: Vec<(Range<usize>, T)>) {
        self.items = items;
        self.items.sort_by_key(|(range, _)| range.start);
    }

    /// All marks, by where they start.
    pub fn iter(&self) -> impl Iterator<Item = (&Range<usize>, &T)> {
        self.items.iter().map(|(range, value)| (range, value))
    }

    /// The marks that touch `range`.
    pub fn touching(&self, range: Range<usize>) -> impl Iterator<Item = (&Range<usize>, &T)> {
        self.iter().filter(move |(mark, _)| mark.start <= range.end && mark.end >= range.start)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Keeps the marks in place while `at..at + removed` is replaced by `inserted` characters.
    pub fn edit(&mut self, at: usize, removed: usize, inserted: usize) {
        for (range, _) in &mut self.items {
            let start = if range.start == at && removed == 0 {
                // Typing just before a mark pushes it on, as it does the text it marks.
                at + inserted
            } else {
                shift(range.start, at, removed, inserted)
            };
            let end = if range.end <= at { range.end } else { shift(range.end, at, removed, inserted) };
            *range = start..end.max(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(mark: Range<usize>, at: usize, removed: usize, inserted: usize) -> Range<usize> {
        let mut marks = Marks::default();
        marks.set(vec![(mark, ())]);
        marks.edit(at, removed, inserted);
        marks.iter().next().unwrap().0.clone()
    }

    #[test]
    fn a_mark_moves_with_text_inserted_before_it() {
        assert_eq!(after(10..14, 3, 0, 5), 15..19);
        assert_eq!(after(10..14, 10, 0, 5), 15..19);
    }

    #[test]
    fn a_mark_stays_when_text_changes_after_it() {
        assert_eq!(after(10..14, 20, 3, 5), 10..14);
        assert_eq!(after(10..14, 14, 0, 5), 10..14);
    }

    #[test]
    fn a_mark_grows_and_shrinks_with_its_inside() {
        assert_eq!(after(10..14, 12, 0, 5), 10..19);
        assert_eq!(after(10..14, 11, 2, 0), 10..12);
    }

    #[test]
    fn a_mark_whose_text_vanishes_becomes_empty() {
        let range = after(10..14, 5, 20, 1);
        assert_eq!(range.start, range.end);
        assert_eq!(range, 6..6);
    }
}
