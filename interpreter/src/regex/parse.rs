//! From a pattern's text to its tree.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{ASCII, DOTALL, IGNORECASE, MULTILINE, PatternError, VERBOSE};

/// How deep groups may nest: bounds the parser's and the emitter's recursion.
const NESTING_MAX: u32 = 60;

/// Native stack that must be left for the emitter, which then nests as deeply.
const EMITTER: usize = 1024;

/// A part of a character class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassItem {
    /// Characters from the first to the second, both included.
    Range(u32, u32),
    /// `d`, `w`, `s` or their negations in upper case.
    Kind(u8),
}

/// Places that match without consuming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Place {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    /// `$` without MULTILINE: the end, or before a newline at the end.
    LastLineEnd,
    WordEdge,
    NotWordEdge,
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Empty,
    Char { c: u32, fold: bool },
    Any { newline: bool },
    Class { negated: bool, fold: bool, items: Vec<ClassItem> },
    Place(Place),
    Group(u32, Box<Node>),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Repeat { node: Box<Node>, min: u32, max: Option<u32>, greedy: bool },
    SameAs { group: u32, fold: bool },
    Look { node: Box<Node>, behind: bool, negated: bool },
}

/// Reads one pattern.
pub struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    unicode: bool,
    depth: u32,
    open: Vec<u32>,
    pub flags: u32,
    pub groups: u32,
    pub names: Vec<(String, u32)>,
}

type Parsed<T = Node> = Result<T, PatternError>;

impl<'a> Parser<'a> {
    pub fn new(text: &'a [u8], unicode: bool, flags: u32) -> Self {
        Self { text, at: 0, unicode, depth: 0, open: Vec::new(), flags, groups: 0, names: Vec::new() }
    }

    /// Reads the whole pattern.
    pub fn pattern(&mut self) -> Parsed {
        let node = self.either()?;
        if self.at < self.text.len() {
            return Err(self.error_at("unbalanced parenthesis", self.at));
        }
        Ok(node)
    }

    fn error_at(&self, message: &'static str, position: usize) -> PatternError {
        PatternError { message, position }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn flag(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// The next character.
    fn next_char(&mut self) -> Option<u32> {
        let rest = self.text.get(self.at..)?;
        let (c, len) = super::exec::decode(rest, self.unicode)?;
        self.at += len;
        Some(c)
    }

    fn either(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > NESTING_MAX || crate::stack::lacks(EMITTER) {
            return Err(self.error_at("too many nested groups", self.at));
        }
        let mut branches = Vec::new();
        loop {
            branches.push(self.sequence()?);
            if !self.take(b'|') {
                break;
            }
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.swap_remove(0) } else { Node::Either(branches) })
    }

    fn sequence(&mut self) -> Parsed {
        let mut nodes = Vec::new();
        loop {
            if self.flag(VERBOSE) {
                self.skip_blank();
            }
            match self.peek() {
                None | Some(b'|' | b')') => break,
                Some(b'*' | b'+' | b'?') => return Err(self.error_at("nothing to repeat", self.at)),
                Some(_) => {}
            }
            let atom = self.atom()?;
            nodes.push(self.repeats(atom)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.swap_remove(0),
            _ => Node::Sequence(nodes),
        })
    }

    fn skip_blank(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'#' {
                while self.peek().is_some_and(|b| b != b'\n') {
                    self.at += 1;
                }
            } else if byte.is_ascii_whitespace() || byte == 0x0b {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn repeats(&mut self, atom: Node) -> Parsed {
        let mut node = atom;
        let mut repeated = false;
        loop {
            if self.flag(VERBOSE) {
                self.skip_blank();
            }
            let start = self.at;
            let Some((min, max)) = self.quantifier()? else { return Ok(node) };
            if repeated {
                return Err(self.error_at("multiple repeat", start));
            }
            if matches!(node, Node::Place(_) | Node::Empty) && start == 0 {
                return Err(self.error_at("nothing to repeat", start));
            }
            let greedy = !self.take(b'?');
            node = Node::Repeat { node: Box::new(node), min, max, greedy };
            repeated = true;
        }
    }

    fn quantifier(&mut self) -> Parsed<Option<(u32, Option<u32>)>> {
        let start = self.at;
        if self.take(b'*') {
            return Ok(Some((0, None)));
        }
        if self.take(b'+') {
            return Ok(Some((1, None)));
        }
        if self.take(b'?') {
            return Ok(Some((0, Some(1))));
        }
        if !self.take(b'{') {
            return Ok(None);
        }
        let min = self.number();
        let max = if self.take(b',') { self.number() } else { min };
        let comma = self.text[start..self.at].contains(&b',');
        if !self.take(b'}') || (min.is_none() && !comma) {
            // Not a quantifier after all: a brace like any other character.
            self.at = start;
            return Ok(None);
        }
        let (min, max) = (min.unwrap_or(0), max);
        if max.is_some_and(|max| max < min) {
            return Err(self.error_at("min repeat greater than max repeat", start));
        }
        Ok(Some((min, max)))
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = core::str::from_utf8(&self.text[start..self.at]).ok()?;
        if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u32::MAX)) }
    }

    fn atom(&mut self) -> Parsed {
        let start = self.at;
        match self.peek() {
            Some(b'(') => return self.group(),
            Some(b'[') => return self.class(),
            Some(b'\\') => return self.escape(),
            _ => {}
        }
        let c = self.next_char().ok_or_else(|| self.error_at("bad character", start))?;
        Ok(match c {
            0x2e => Node::Any { newline: self.flag(DOTALL) },
            0x5e => Node::Place(if self.flag(MULTILINE) { Place::LineStart } else { Place::TextStart }),
            0x24 => Node::Place(if self.flag(MULTILINE) { Place::LineEnd } else { Place::LastLineEnd }),
            c => self.char_node(c),
        })
    }

    fn char_node(&self, c: u32) -> Node {
        Node::Char { c, fold: self.flag(IGNORECASE) }
    }

    fn group(&mut self) -> Parsed {
        let start = self.at;
        self.at += 1;
        let outer_flags = self.flags;
        let mut number = None;
        let mut look = None;
        if self.take(b'?') {
            match self.extension(start)? {
                Extension::Plain => {}
                Extension::Nothing => return Ok(Node::Empty),
                Extension::Node(node) => return Ok(node),
                Extension::Named(name) => number = Some(Some(name)),
                Extension::Look { behind, negated } => look = Some((behind, negated)),
            }
        } else {
            number = Some(None);
        }
        let number = match number {
            Some(name) => {
                self.groups += 1;
                if let Some(name) = name {
                    self.names.push((name, self.groups));
                }
                self.open.push(self.groups);
                Some(self.groups)
            }
            None => None,
        };
        let node = Box::new(self.either()?);
        if !self.take(b')') {
            return Err(self.error_at("missing ), unterminated subpattern", start));
        }
        self.flags = outer_flags;
        Ok(match (number, look) {
            (Some(number), _) => {
                self.open.pop();
                Node::Group(number, node)
            }
            (None, Some((behind, negated))) => {
                if behind && width(&node).is_none() {
                    return Err(self.error_at("look-behind requires fixed-width pattern", start));
                }
                Node::Look { node, behind, negated }
            }
            (None, None) => *node,
        })
    }

    fn extension(&mut self, start: usize) -> Parsed<Extension> {
        let at = self.at - 1;
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                Ok(Extension::Plain)
            }
            Some(b'#') => {
                while self.peek().is_some_and(|b| b != b')') {
                    self.at += 1;
                }
                if !self.take(b')') {
                    return Err(self.error_at("missing ), unterminated comment", start));
                }
                Ok(Extension::Nothing)
            }
            Some(c @ (b'=' | b'!')) => {
                self.at += 1;
                Ok(Extension::Look { behind: false, negated: c == b'!' })
            }
            Some(b'<') => {
                self.at += 1;
                match self.peek() {
                    Some(c @ (b'=' | b'!')) => {
                        self.at += 1;
                        Ok(Extension::Look { behind: true, negated: c == b'!' })
                    }
                    _ => Err(self.error_at("unknown extension", at)),
                }
            }
            Some(b'P') => {
                self.at += 1;
                self.named(at)
            }
            _ => self.inline_flags(at),
        }
    }

    fn named(&mut self, at: usize) -> Parsed<Extension> {
        let reference = match self.peek() {
            Some(b'<') => false,
            Some(b'=') => true,
            _ => return Err(self.error_at("unknown extension", at)),
        };
        self.at += 1;
        let start = self.at;
        let close = if reference { b')' } else { b'>' };
        while self.peek().is_some_and(|b| b != close) {
            self.at += 1;
        }
        if self.peek().is_none() {
            return Err(self.error_at("missing ), unterminated name", start));
        }
        let name = core::str::from_utf8(&self.text[start..self.at]).unwrap_or("");
        self.at += 1;
        let mut chars = name.chars();
        let starts_well = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !starts_well || !chars.all(|c| c.is_alphanumeric() || c == '_') {
            let message = if name.is_empty() { "missing group name" } else { "bad character in group name" };
            return Err(self.error_at(message, start));
        }
        let known = self.names.iter().find(|(known, _)| known == name).map(|&(_, number)| number);
        match (reference, known) {
            (true, Some(group)) => Ok(Extension::Node(Node::SameAs { group, fold: self.flag(IGNORECASE) })),
            (true, None) => Err(self.error_at("unknown group name", start)),
            (false, Some(_)) => Err(self.error_at("redefinition of group name", start)),
            (false, None) => Ok(Extension::Named(String::from(name))),
        }
    }

    /// `(?im)` for the rest of the pattern, `(?im:...)` and `(?-i:...)` for a group.
    fn inline_flags(&mut self, at: usize) -> Parsed<Extension> {
        let mut flags = self.flags;
        let mut removing = false;
        loop {
            let flag = match self.peek() {
                Some(b'i') => IGNORECASE,
                Some(b'm') => MULTILINE,
                Some(b's') => DOTALL,
                Some(b'x') => VERBOSE,
                Some(b'a') => ASCII,
                Some(b'u' | b'L') => 0,
                Some(b'-') if !removing => {
                    removing = true;
                    self.at += 1;
                    continue;
                }
                Some(b')') if !removing => {
                    self.at += 1;
                    self.flags = flags;
                    return Ok(Extension::Nothing);
                }
                Some(b':') => {
                    self.at += 1;
                    self.flags = flags;
                    return Ok(Extension::Plain);
                }
                _ => return Err(self.error_at("unknown extension", at)),
            };
            self.at += 1;
            flags = if removing { flags & !flag } else { flags | flag };
        }
    }

    fn escape(&mut self) -> Parsed {
        let start = self.at;
        self.at += 1;
        let byte = self.peek().ok_or_else(|| self.error_at("bad escape (end of pattern)", start))?;
        let place = match byte {
            b'A' => Some(Place::TextStart),
            b'Z' => Some(Place::TextEnd),
            b'b' => Some(Place::WordEdge),
            b'B' => Some(Place::NotWordEdge),
            _ => None,
        };
        if let Some(place) = place {
            self.at += 1;
            return Ok(Node::Place(place));
        }
        if matches!(byte, b'd' | b'D' | b'w' | b'W' | b's' | b'S') {
            self.at += 1;
            return Ok(Node::Class {
                negated: false,
                fold: false,
                items: alloc::vec![ClassItem::Kind(byte)],
            });
        }
        if (b'1'..=b'9').contains(&byte) {
            let group = self.number().unwrap_or(0);
            if group > self.groups {
                return Err(self.error_at("invalid group reference", start));
            }
            if self.open.contains(&group) {
                return Err(self.error_at("cannot refer to an open group", start));
            }
            return Ok(Node::SameAs { group, fold: self.flag(IGNORECASE) });
        }
        let c = self.escaped_char(start)?;
        Ok(self.char_node(c))
    }

    /// A character written with a backslash, outside or inside a class; the backslash is read.
    fn escaped_char(&mut self, start: usize) -> Parsed<u32> {
        let c = self.next_char().ok_or_else(|| self.error_at("bad escape (end of pattern)", start))?;
        let letter = u8::try_from(c).unwrap_or(0);
        Ok(match letter {
            b'n' => 10,
            b't' => 9,
            b'r' => 13,
            b'f' => 12,
            b'v' => 11,
            b'a' => 7,
            b'0' => 0,
            b'x' => self.hex(2, start)?,
            b'u' if self.unicode => self.hex(4, start)?,
            b'U' if self.unicode => self.hex(8, start)?,
            _ if letter.is_ascii_alphanumeric() => return Err(self.error_at("bad escape", start)),
            _ => c,
        })
    }

    fn hex(&mut self, len: usize, start: usize) -> Parsed<u32> {
        let digits = self.text.get(self.at..self.at + len).and_then(|d| core::str::from_utf8(d).ok());
        let value = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += len;
        value.ok_or_else(|| self.error_at("incomplete escape", start))
    }

    fn class(&mut self) -> Parsed {
        let start = self.at;
        self.at += 1;
        let negated = self.take(b'^');
        let mut items = Vec::new();
        let first = self.at;
        loop {
            let item_at = self.at;
            if self.peek() == Some(b']') && self.at > first {
                self.at += 1;
                break;
            }
            let Some(low) = self.class_member(start)? else {
                return Err(self.error_at("unterminated character set", start));
            };
            let is_range =
                self.peek() == Some(b'-') && self.text.get(self.at + 1).is_some_and(|&b| b != b']');
            if !is_range {
                items.push(low);
                continue;
            }
            self.at += 1;
            let high = self.class_member(start)?;
            match (low, high) {
                (ClassItem::Range(low, _), Some(ClassItem::Range(high, _))) if low <= high => {
                    items.push(ClassItem::Range(low, high));
                }
                (_, None) => return Err(self.error_at("unterminated character set", start)),
                _ => return Err(self.error_at("bad character range", item_at)),
            }
        }
        Ok(Node::Class { negated, fold: self.flag(IGNORECASE), items })
    }

    fn class_member(&mut self, start: usize) -> Parsed<Option<ClassItem>> {
        let at = self.at;
        if !self.take(b'\\') {
            return Ok(self.next_char().map(|c| ClassItem::Range(c, c)));
        }
        let c = match self.peek() {
            None => return Err(self.error_at("unterminated character set", start)),
            Some(kind @ (b'd' | b'D' | b'w' | b'W' | b's' | b'S')) => {
                self.at += 1;
                return Ok(Some(ClassItem::Kind(kind)));
            }
            Some(b'b') => {
                self.at += 1;
                8
            }
            Some(_) => self.escaped_char(at)?,
        };
        Ok(Some(ClassItem::Range(c, c)))
    }
}

enum Extension {
    /// `(?:`
    Plain,
    /// Comments and flags.
    Nothing,
    /// `(?P=name)`
    Node(Node),
    /// `(?P<name>`
    Named(String),
    Look {
        behind: bool,
        negated: bool,
    },
}

/// How many characters a node matches, if that is always the same number.
pub fn width(node: &Node) -> Option<u32> {
    match node {
        Node::Empty | Node::Place(_) | Node::Look { .. } => Some(0),
        Node::Char { .. } | Node::Any { .. } | Node::Class { .. } => Some(1),
        Node::Group(_, node) => width(node),
        Node::Sequence(nodes) => nodes.iter().try_fold(0u32, |sum, node| sum.checked_add(width(node)?)),
        Node::Either(nodes) => {
            let first = width(nodes.first()?)?;
            nodes.iter().all(|node| width(node) == Some(first)).then_some(first)
        }
        Node::Repeat { node, min, max, .. } if *max == Some(*min) => width(node)?.checked_mul(*min),
        Node::Repeat { .. } | Node::SameAs { .. } => None,
    }
}
