//! Regular expressions: Python's `re` syntax, matched by backtracking without native recursion.
//!
//! [`compile`] turns a pattern into a program of 32-bit words, which the `re` module keeps in a bytes
//! object on the heap; [`search`] runs it. Text is UTF-8 or bytes; positions are byte offsets.
//!
//! Source: the Python library reference, `re` — Regular expression operations. Differences: a
//! look-behind must have one fixed width (as in CPython); conditional groups, atomic groups and
//! possessive quantifiers are refused.

mod exec;
mod parse;
mod program;

pub use exec::{Anchor, Limit, Subject, UNSET, search};
pub use program::compile;

use alloc::string::String;
use alloc::vec::Vec;

/// `re.IGNORECASE`
pub const IGNORECASE: u32 = 2;
/// `re.MULTILINE`
pub const MULTILINE: u32 = 8;
/// `re.DOTALL`
pub const DOTALL: u32 = 16;
/// `re.VERBOSE`
pub const VERBOSE: u32 = 64;
/// `re.ASCII`
pub const ASCII: u32 = 256;

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program; see `program.rs` for its words.
    pub words: Vec<u32>,
    /// Capture groups, not counting group 0.
    pub groups: u32,
    /// Named groups.
    pub names: Vec<(String, u32)>,
    /// Flags, with those set inside the pattern.
    pub flags: u32,
}

/// What is wrong with a pattern. The texts are CPython's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {position}")]
pub struct PatternError {
    /// What is wrong.
    pub message: &'static str,
    /// Where, as a byte offset into the pattern.
    pub position: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(pattern: &str, flags: u32, text: &str, anchor: Anchor) -> Option<Vec<Option<(usize, usize)>>> {
        let program = compile(pattern.as_bytes(), true, flags).expect(pattern);
        let subject = Subject { text: text.as_bytes(), unicode: true, end: text.len(), advance: false };
        let slots = search(&program.words, &subject, 0, anchor, &mut || true).expect("within limits")?;
        let pairs = slots.chunks(2).take(program.groups as usize + 1);
        Some(
            pairs.map(|p| (p[0] != UNSET && p[1] != UNSET).then(|| (p[0] as usize, p[1] as usize))).collect(),
        )
    }

    fn found<'a>(pattern: &str, text: &'a str) -> Option<&'a str> {
        groups(pattern, 0, text, Anchor::Anywhere).map(|g| g[0].map(|(a, b)| &text[a..b]).unwrap())
    }

    #[test]
    fn finds_what_python_finds() {
        for (pattern, text, expected) in [
            ("a*b", "xxaaab", Some("aaab")),
            ("a+?", "aaa", Some("a")),
            ("(a|ab)(c|bcd)(d*)", "abcd", Some("abcd")),
            ("[a-c]+", "xxabcabz", Some("abcab")),
            ("[^a-c]+", "abxyzc", Some("xyz")),
            (r"\d{2,3}", "a1b12345", Some("123")),
            (r"\d{2,3}?", "12345", Some("12")),
            (r"x{,2}y", "xxxy", Some("xxy")),
            (r"a{x}", "a{x}", Some("a{x}")),
            (r"\bfoo\b", "a foo b", Some("foo")),
            (r"\Bo", "foo", Some("o")),
            ("^b", "a\nb", None),
            ("(?m)^b$", "a\nb\nc", Some("b")),
            ("a$", "a\n", Some("a")),
            (r"a\Z", "a\n", None),
            ("a.c", "a\nc", None),
            ("(?s)a.c", "a\nc", Some("a\nc")),
            ("(?i)äB", "xÄb", Some("Äb")),
            (r"(a)\1", "abaa", Some("aa")),
            (r"(?P<q>['x]).*?(?P=q)", "'ab' x", Some("'ab'")),
            ("foo(?=bar)", "foobaz foobar", Some("foo")),
            ("foo(?!bar)...", "foobar foobaz", Some("foobaz")),
            ("(?<=-)\\w+", "spam-egg", Some("egg")),
            ("(?<!-)\\bx", "-x x", Some("x")),
            ("(a*)*", "aaa", Some("aaa")),
            ("(a*)+b", "aaab", Some("aaab")),
            ("(?:)*", "a", Some("")),
            ("(?x) a b # comment\n c", "abc", Some("abc")),
            ("[]a]+", "]a", Some("]a")),
            (r"[\w.-]+@[\w.-]+", "to me@x-y.org!", Some("me@x-y.org")),
            ("ä.ö", "-äüö-", Some("äüö")),
            (".*ö", "äüöx", Some("äüö")),
            ("", "abc", Some("")),
            ("(?i:A)b", "ab", Some("ab")),
            (r"\x41\u00e9", "Aé", Some("Aé")),
        ] {
            assert_eq!(found(pattern, text), expected, "{pattern:?} in {text:?}");
        }
    }

    #[test]
    fn reports_groups() {
        assert_eq!(
            groups("(a)|(b)", 0, "b", Anchor::Start),
            Some(alloc::vec![Some((0, 1)), None, Some((0, 1))])
        );
        assert_eq!(groups("(a)(b)?", 0, "ac", Anchor::Start).unwrap(), [Some((0, 1)), Some((0, 1)), None]);
        assert_eq!(groups("(?:(a)|b)*", 0, "ab", Anchor::Start).unwrap(), [Some((0, 2)), Some((0, 1))]);
        assert_eq!(groups("a|ab", 0, "ab", Anchor::Full).unwrap(), [Some((0, 2))]);
        assert_eq!(groups("b", 0, "ab", Anchor::Start), None);
    }

    #[test]
    fn names_what_is_wrong() {
        for (pattern, text) in [
            ("(a", "missing ), unterminated subpattern at position 0"),
            ("a)", "unbalanced parenthesis at position 1"),
            ("[a", "unterminated character set at position 0"),
            ("*a", "nothing to repeat at position 0"),
            ("a**", "multiple repeat at position 2"),
            ("a{3,2}", "min repeat greater than max repeat at position 1"),
            (r"\q", "bad escape at position 0"),
            ("a\\", "bad escape (end of pattern) at position 1"),
            ("[b-a]", "bad character range at position 1"),
            (r"\2", "invalid group reference at position 0"),
            ("(?P<1>a)", "bad character in group name at position 4"),
            ("(?P<n>a)(?P<n>b)", "redefinition of group name at position 12"),
            ("(?<=a*)b", "look-behind requires fixed-width pattern at position 0"),
            ("(?z)", "unknown extension at position 1"),
        ] {
            let error = compile(pattern.as_bytes(), true, 0).expect_err(pattern);
            assert_eq!(alloc::format!("{error}"), text, "{pattern:?}");
        }
        let deep = "(".repeat(5000);
        assert!(compile(deep.as_bytes(), true, 0).is_err());
        assert!(compile(b"((a{1000}){1000}){1000}", true, 0).is_err());
    }

    #[test]
    fn catastrophic_patterns_can_be_interrupted() {
        let program = compile(b"(a|a)*b", true, 0).unwrap();
        let text = "a".repeat(60);
        let subject = Subject { text: text.as_bytes(), unicode: true, end: text.len(), advance: false };
        let mut polls = 0;
        let mut poll = || {
            polls += 1;
            polls < 5
        };
        assert_eq!(search(&program.words, &subject, 0, Anchor::Start, &mut poll), Err(Limit::Interrupted));
    }
}
