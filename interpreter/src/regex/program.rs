//! From a pattern's tree to its program.
//!
//! A program is a list of words; an instruction is a word `op | argument << 8`, some followed by
//! plain words. The first three words are a header: number of slots, number of groups, flags.

use alloc::vec::Vec;

use super::parse::{ClassItem, Node, Parser, width};
use super::{PatternError, Program};

/// The first instruction's index.
pub const HEADER: usize = 3;
/// A pattern that expands to more words than this is refused.
const WORDS_MAX: usize = 16_384;

/// The whole pattern (or look-around) has matched.
pub const MATCH: u32 = 0;
/// Argument: the character.
pub const CHAR: u32 = 1;
/// Argument: the character in lower case.
pub const CHAR_FOLD: u32 = 2;
/// Argument: 1 to match newlines too.
pub const ANY: u32 = 3;
/// Argument: number of items << 2 | fold << 1 | negated. Two words an item: low and high, or the
/// letter of a kind and [`KIND`].
pub const CLASS: u32 = 4;
/// Argument: target.
pub const JUMP: u32 = 5;
/// Goes on; on failure at the target (argument).
pub const SPLIT: u32 = 6;
/// Goes on at the target; on failure here.
pub const SPLIT_LAZY: u32 = 7;
/// Argument: the slot that gets the position.
pub const SAVE: u32 = 8;
/// Argument: a [`super::parse::Place`].
pub const PLACE: u32 = 9;
/// Argument: group << 1 | fold.
pub const SAME_AS: u32 = 10;
/// Argument: where to go on after the body, which follows and ends in MATCH. One word:
/// width << 2 | behind << 1 | negated.
pub const LOOK: u32 = 11;
/// Fails if nothing was consumed since the slot (argument) was saved.
pub const PROGRESS: u32 = 12;
/// As many of the single-character instruction that follows as possible. Argument: the length of
/// that instruction in words. Two words: least and most (`u32::MAX`: any number).
pub const RUN: u32 = 13;

/// Marks a class item that is a kind (`\d`), not a range.
pub const KIND: u32 = u32::MAX;

/// Compiles a pattern.
///
/// # Errors
/// [`PatternError`] with CPython's text and the byte offset.
pub fn compile(pattern: &[u8], unicode: bool, flags: u32) -> Result<Program, PatternError> {
    let mut parser = Parser::new(pattern, unicode, flags);
    let tree = parser.pattern()?;
    let mut emitter = Emitter { words: alloc::vec![0, 0, 0], slots: (parser.groups + 1) * 2 };
    emitter.push(SAVE, 0)?;
    emitter.node(&tree)?;
    emitter.push(SAVE, 1)?;
    emitter.push(MATCH, 0)?;
    let mut words = emitter.words;
    words[0] = emitter.slots;
    words[1] = parser.groups;
    words[2] = parser.flags;
    Ok(Program { words, groups: parser.groups, names: parser.names, flags: parser.flags })
}

struct Emitter {
    words: Vec<u32>,
    slots: u32,
}

type Emitted<T = ()> = Result<T, PatternError>;

impl Emitter {
    fn push(&mut self, op: u32, argument: u32) -> Emitted<usize> {
        self.word(op | argument << 8)
    }

    fn word(&mut self, word: u32) -> Emitted<usize> {
        let too_large = PatternError { message: "regular expression is too large", position: 0 };
        if self.words.len() >= WORDS_MAX || self.words.try_reserve(1).is_err() {
            return Err(too_large);
        }
        self.words.push(word);
        Ok(self.words.len() - 1)
    }

    /// Sets the target of a jump to here.
    fn land(&mut self, at: usize) {
        self.words[at] = self.words[at] & 0xff | (self.words.len() as u32) << 8;
    }

    fn node(&mut self, node: &Node) -> Emitted {
        match node {
            Node::Empty => {}
            Node::Char { c, fold: false } => _ = self.push(CHAR, *c)?,
            Node::Char { c, fold: true } => _ = self.push(CHAR_FOLD, super::exec::fold(*c))?,
            Node::Any { newline } => _ = self.push(ANY, u32::from(*newline))?,
            Node::Class { negated, fold, items } => {
                self.push(CLASS, (items.len() as u32) << 2 | u32::from(*fold) << 1 | u32::from(*negated))?;
                for item in items {
                    let (low, high) = match *item {
                        ClassItem::Range(low, high) => (low, high),
                        ClassItem::Kind(kind) => (u32::from(kind), KIND),
                    };
                    self.word(low)?;
                    self.word(high)?;
                }
            }
            Node::Place(place) => _ = self.push(PLACE, *place as u32)?,
            Node::Group(number, node) => {
                self.push(SAVE, number * 2)?;
                self.node(node)?;
                self.push(SAVE, number * 2 + 1)?;
            }
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.node(node))?,
            Node::Either(nodes) => self.either(nodes)?,
            Node::Repeat { node, min, max, greedy } => self.repeat(node, *min, *max, *greedy)?,
            Node::SameAs { group, fold } => _ = self.push(SAME_AS, group << 1 | u32::from(*fold))?,
            Node::Look { node, behind, negated } => {
                let at = self.push(LOOK, 0)?;
                let chars = if *behind { width(node).unwrap_or(0) } else { 0 };
                self.word(chars << 2 | u32::from(*behind) << 1 | u32::from(*negated))?;
                self.node(node)?;
                self.push(MATCH, 0)?;
                self.land(at);
            }
        }
        Ok(())
    }

    fn either(&mut self, nodes: &[Node]) -> Emitted {
        let mut exits = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            if i + 1 == nodes.len() {
                self.node(node)?;
                break;
            }
            let split = self.push(SPLIT, 0)?;
            self.node(node)?;
            exits.push(self.push(JUMP, 0)?);
            self.land(split);
        }
        for exit in exits {
            self.land(exit);
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, greedy: bool) -> Emitted {
        if greedy && matches!(node, Node::Char { .. } | Node::Any { .. } | Node::Class { .. }) {
            let at = self.push(RUN, 0)?;
            self.word(min)?;
            self.word(max.unwrap_or(u32::MAX))?;
            let body = self.words.len();
            self.node(node)?;
            let len = (self.words.len() - body) as u32;
            self.words[at] |= len << 8;
            return Ok(());
        }
        for _ in 0..min {
            self.node(node)?;
        }
        let split = if greedy { SPLIT } else { SPLIT_LAZY };
        match max {
            Some(max) => {
                let mut exits = Vec::new();
                for _ in min..max {
                    // Greedily past it on failure, lazily past it first.
                    exits.push(self.push(split, 0)?);
                    self.node(node)?;
                }
                for exit in exits {
                    self.land(exit);
                }
            }
            None => {
                let slot = self.slots;
                self.slots += 1;
                let start = self.push(split, 0)?;
                self.push(SAVE, slot)?;
                self.node(node)?;
                self.push(PROGRESS, slot)?;
                self.push(JUMP, start as u32)?;
                self.land(start);
            }
        }
        Ok(())
    }
}
