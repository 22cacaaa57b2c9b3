//! The parts of a file: header, strings, constants, and a tree of functions' bytes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::strings::STATIC;
use super::{M, MpyError};
use crate::bytecode::Const;

/// Functions nest no deeper than this.
const DEPTH: usize = 24;

const VERSION: u8 = 6;
/// The largest integers that bytecode may hold have so many bits.
const SMALL_INT_BITS: u8 = 31;

// Types of constants.
const NONE: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const ELLIPSIS: u8 = 4;
const STR: u8 = 5;
const BYTES: u8 = 6;
const INT: u8 = 7;
const FLOAT: u8 = 8;
const COMPLEX: u8 = 9;
const TUPLE: u8 = 10;

/// A whole file.
pub struct File<'a> {
    strings: Vec<Cow<'a, str>>,
    pub constants: Vec<Const>,
    pub code: Code<'a>,
}

/// A function: its prelude and bytecode, and the functions inside it.
pub struct Code<'a> {
    pub bytes: &'a [u8],
    pub children: Vec<Code<'a>>,
}

impl<'a> File<'a> {
    pub fn parse(bytes: &'a [u8]) -> M<File<'a>> {
        let mut r = Reader { bytes };
        let [magic, version, features, bits] = r.take(4)? else { return Err(MpyError::Incompatible) };
        if (*magic, *version) != (b'M', VERSION) || *bits > SMALL_INT_BITS {
            return Err(MpyError::Incompatible);
        }
        if features >> 2 & 0x2F != 0 {
            return Err(MpyError::Native);
        }
        if features & 0x40 != 0 {
            return Err(MpyError::Incompatible);
        }
        let (n_strings, n_constants) = (r.uint()?, r.uint()?);
        let mut strings = r.room(n_strings)?;
        for _ in 0..n_strings {
            strings.push(r.string()?);
        }
        let mut constants = r.room(n_constants)?;
        for _ in 0..n_constants {
            constants.push(r.constant(0)?);
        }
        let code = r.code(0)?;
        Ok(File { strings, constants, code })
    }

    pub fn string(&self, index: usize) -> M<&str> {
        self.strings.get(index).map(|s| &**s).ok_or(MpyError::Incompatible)
    }
}

/// A place in the file.
pub struct Reader<'a> {
    pub bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn byte(&mut self) -> M<u8> {
        let (&first, rest) = self.bytes.split_first().ok_or(MpyError::Incompatible)?;
        self.bytes = rest;
        Ok(first)
    }

    pub fn take(&mut self, n: usize) -> M<&'a [u8]> {
        let (now, rest) = self.bytes.split_at_checked(n).ok_or(MpyError::Incompatible)?;
        self.bytes = rest;
        Ok(now)
    }

    /// Seven bits a byte, the highest first.
    pub fn uint(&mut self) -> M<usize> {
        let mut n: u32 = 0;
        loop {
            let b = self.byte()?;
            if n >> 24 != 0 {
                return Err(MpyError::Incompatible);
            }
            n = n << 7 | u32::from(b & 0x7F);
            if b & 0x80 == 0 {
                return Ok(n as usize);
            }
        }
    }

    /// An empty vector for `n` items, each of which takes at least a byte of the file.
    fn room<T>(&self, n: usize) -> M<Vec<T>> {
        let mut items = Vec::new();
        if n > self.bytes.len() {
            return Err(MpyError::Incompatible);
        }
        items.try_reserve_exact(n).map_err(|_| MpyError::NoMemory)?;
        Ok(items)
    }

    fn text(&mut self, n: usize) -> M<&'a str> {
        let text = core::str::from_utf8(self.take(n)?).map_err(|_| MpyError::Incompatible)?;
        // A zero ends it.
        self.byte()?;
        Ok(text)
    }

    fn string(&mut self) -> M<Cow<'a, str>> {
        let n = self.uint()?;
        if n & 1 == 0 {
            return Ok(Cow::Borrowed(self.text(n >> 1)?));
        }
        let known = (n >> 1).checked_sub(1).and_then(|i| STATIC.get(i));
        known.map(|s| Cow::Borrowed(*s)).ok_or(MpyError::Incompatible)
    }

    fn constant(&mut self, depth: usize) -> M<Const> {
        let kind = self.byte()?;
        match kind {
            NONE => return Ok(Const::None),
            FALSE | TRUE => return Ok(Const::Bool(kind == TRUE)),
            ELLIPSIS => return Ok(Const::Ellipsis),
            _ => {}
        }
        let n = self.uint()?;
        Ok(match kind {
            STR => Const::Str(copy(self.text(n)?)?),
            BYTES => {
                let bytes = self.take(n)?;
                self.byte()?;
                let mut copy = Vec::new();
                copy.try_reserve_exact(n).map_err(|_| MpyError::NoMemory)?;
                copy.extend_from_slice(bytes);
                Const::Bytes(copy)
            }
            INT => integer(self.digits(n)?)?,
            FLOAT => Const::Float(float(self.digits(n)?)?),
            COMPLEX => complex(self.digits(n)?)?,
            TUPLE if depth < DEPTH => {
                let mut items = self.room(n)?;
                for _ in 0..n {
                    items.push(self.constant(depth + 1)?);
                }
                Const::Tuple(items)
            }
            _ => return Err(MpyError::Incompatible),
        })
    }

    /// The text of a number.
    fn digits(&mut self, n: usize) -> M<&'a str> {
        core::str::from_utf8(self.take(n)?).map_err(|_| MpyError::Incompatible)
    }

    fn code(&mut self, depth: usize) -> M<Code<'a>> {
        let head = self.uint()?;
        if head & 3 != 0 {
            return Err(MpyError::Native);
        }
        if depth == DEPTH || crate::stack::lacks(512) {
            return Err(MpyError::TooLarge);
        }
        let bytes = self.take(head >> 3)?;
        let mut children = Vec::new();
        if head & 4 != 0 {
            let n = self.uint()?;
            children = self.room(n)?;
            for _ in 0..n {
                children.push(self.code(depth + 1)?);
            }
        }
        Ok(Code { bytes, children })
    }
}

fn copy(text: &str) -> M<String> {
    let mut s = String::new();
    s.try_reserve_exact(text.len()).map_err(|_| MpyError::NoMemory)?;
    s.push_str(text);
    Ok(s)
}

fn integer(text: &str) -> M<Const> {
    if let Ok(i) = text.parse() {
        return Ok(Const::Int(i));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MpyError::Incompatible);
    }
    Ok(Const::BigInt(copy(text)?))
}

fn float(text: &str) -> M<f64> {
    text.parse().map_err(|_| MpyError::Incompatible)
}

/// `2j` or `1+2j`.
fn complex(text: &str) -> M<Const> {
    let text = text.trim_start_matches('(').trim_end_matches(')');
    let imaginary = text.strip_suffix('j').ok_or(MpyError::Incompatible)?;
    let bytes = imaginary.as_bytes();
    let sign = (1..bytes.len()).rev().find(|&i| matches!(bytes[i], b'+' | b'-') && bytes[i - 1] | 32 != b'e');
    let (re, im) = match sign {
        Some(i) => (float(&imaginary[..i])?, &imaginary[i..]),
        None => (0.0, imaginary),
    };
    Ok(Const::Complex(re, float(im)?))
}
