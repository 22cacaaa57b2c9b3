//! Find and replace.

use super::document::{Document, is_word};
use std::ops::Range;

/// How to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindOptions {
    /// `LED` does not match `led`.
    pub case: bool,
    /// `led` does not match inside `sled`.
    pub whole_words: bool,
}

/// The matches of a needle in one revision of a text.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    /// What to look for; nothing matches when empty.
    pub needle: String,
    /// How to compare.
    pub options: FindOptions,
    matches: Vec<Range<usize>>,
    searched: Option<(u64, String, FindOptions)>,
}

impl Finder {
    /// All matches, in order; searches only if text, needle or options changed.
    pub fn matches(&mut self, document: &Document) -> &[Range<usize>] {
        let key = (document.revision(), self.needle.clone(), self.options);
        if self.searched.as_ref() != Some(&key) {
            self.matches = search(document, &self.needle, self.options);
            self.searched = Some(key);
        }
        &self.matches
    }

    /// The next match from `at` on, around the end of the text if need be.
    pub fn next(&mut self, document: &Document, at: usize) -> Option<Range<usize>> {
        let matches = self.matches(document);
        matches.iter().find(|range| range.start >= at).or_else(|| matches.first()).cloned()
    }

    /// The match before `at`, around the start of the text if need be.
    pub fn previous(&mut self, document: &Document, at: usize) -> Option<Range<usize>> {
        let matches = self.matches(document);
        matches.iter().rev().find(|range| range.end <= at).or_else(|| matches.last()).cloned()
    }

    /// Replaces every match as one undo step; returns how many there were.
    pub fn replace_all(&mut self, document: &mut Document, with: &str) -> usize {
        let edits: Vec<_> =
            self.matches(document).iter().map(|range| (range.clone(), with.to_owned())).collect();
        document.replace_many(&edits);
        edits.len()
    }
}

fn search(document: &Document, needle: &str, options: FindOptions) -> Vec<Range<usize>> {
    let fold = |c: char| if options.case { c } else { c.to_lowercase().next().unwrap_or(c) };
    let needle: Vec<char> = needle.chars().map(fold).collect();
    let text: Vec<char> = document.rope().chars().collect();
    let mut found = Vec::new();
    if needle.is_empty() {
        return found;
    }
    let mut at = 0;
    while at + needle.len() <= text.len() {
        let end = at + needle.len();
        let same = text[at..end].iter().zip(&needle).all(|(a, b)| fold(*a) == *b);
        let alone = !options.whole_words
            || !(at > 0 && is_word(text[at - 1]) || end < text.len() && is_word(text[end]));
        if same && alone {
            found.push(at..end);
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(needle: &str, case: bool, whole_words: bool) -> Finder {
        Finder { needle: needle.into(), options: FindOptions { case, whole_words }, ..Default::default() }
    }

    #[test]
    fn finds_by_case_and_whole_words() {
        let document = Document::new("led LED sled");
        assert_eq!(finder("led", false, false).matches(&document).len(), 3);
        assert_eq!(finder("led", true, false).matches(&document), [0..3, 9..12]);
        assert_eq!(finder("led", false, true).matches(&document), [0..3, 4..7]);
        assert!(finder("", false, false).matches(&document).is_empty());
    }

    #[test]
    fn goes_round_at_both_ends() {
        let document = Document::new("a b a");
        let mut finder = finder("a", false, false);
        assert_eq!(finder.next(&document, 1), Some(4..5));
        assert_eq!(finder.next(&document, 5), Some(0..1));
        assert_eq!(finder.previous(&document, 0), Some(4..5));
        assert_eq!(finder.previous(&document, 4), Some(0..1));
    }

    #[test]
    fn replaces_all_as_one_step_and_searches_the_new_text() {
        let mut document = Document::new("aa ää aa");
        let mut finder = finder("aa", false, false);
        assert_eq!(finder.replace_all(&mut document, "aaa"), 2);
        assert_eq!(document.text(), "aaa ää aaa");
        assert_eq!(finder.matches(&document).len(), 2);
        document.undo();
        assert_eq!(document.text(), "aa ää aa");
    }
}
