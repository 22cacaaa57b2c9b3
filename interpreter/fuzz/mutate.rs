//! Makes new inputs from old ones. The same seed gives the same inputs.

/// A small random number generator (xorshift).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `n` (0 when there is none).
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { ((self.next() >> 33) % n as u64) as usize }
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Text that means something to Python: most random text does not.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "if", "else", "elif", "for", "in", "while", "def", "class", "return", "yield", "yield from", "lambda", "try:",
    "except", "finally:", "with", "as", "raise", "import", "from", "global", "nonlocal", "del", "pass", "break",
    "continue", "async", "await", "match", "case", "not", "and", "or", "is", "None", "True", "False", "assert",
    "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "//",
    "%", "**", "@", "&", "|", "^", "~", "<<", ">>", "+=", "-=", "*=", "**=", "<<=", ":=", "->", "...", "_", "\\", "\n",
    "\n    ", "\n\t", "#", "'", "\"", "'''", "f'{x}'", "f'{x!r:>{y}}'", "rb'\\xff'", "'\\u1234'", "b''",
    "0", "1", "-1", "2", "7", "255", "256", "65535", "1000", "0x3fffffff", "0x40000000", "0x7fffffff", "0x80000000",
    "0xffffffff", "1<<31", "1<<64", "1<<200", "-1<<70", "1e10", "1e308", "1e-320", "0.1", "-0.0", "1j", "float('nan')",
    "float('inf')", "x", "y", "self", "len", "range", "list", "dict", "set", "tuple", "str", "bytes", "bytearray",
    "int", "float", "bool", "complex", "print", "repr", "sorted", "sum", "max", "min", "map", "filter", "zip",
    "enumerate", "reversed", "iter", "next", "type", "object", "super", "isinstance", "hasattr", "getattr", "setattr",
    "property", "staticmethod", "classmethod", "slice", "memoryview", "frozenset", "hash", "id", "abs", "pow",
    "divmod", "round", "ord", "chr", "hex", "bin", "exec", "eval", "compile", "globals", "locals", "__init__",
    "__call__", "__getattr__", "__setattr__", "__getitem__", "__iter__", "__next__", "__eq__", "__hash__", "__del__",
    "__repr__", "__len__", "__add__", "__enter__", "__exit__", "__class__", "__dict__", "__name__", "__new__",
    ".append", ".pop", ".sort", ".extend", ".insert", ".remove", ".index", ".keys", ".items", ".update", ".join",
    ".split", ".format", ".replace", ".find", ".encode", ".decode", ".send", ".throw", ".close", ".to_bytes",
    "import array", "import collections", "import struct", "import json", "import re", "import io", "import math",
    "import heapq", "import random", "import binascii", "import hashlib", "import gc", "import micropython",
    "import uctypes", "uctypes.addressof", "uctypes.bytearray_at", "uctypes.struct", "@micropython.viper\n", "ptr8", "ptr16",
    "ptr32", "import sys", "import asyncio", "import os", "import time", "import errno",
];

/// Control bytes and escape sequences of a terminal.
const KEYS: &[&str] = &[
    "\x01",
    "\x02",
    "\x03",
    "\x04",
    "\x05",
    "\x05A\x01",
    "\r",
    "\n",
    "\t",
    "\x08",
    "\x7f",
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[H",
    "\x1b[F",
    "\x1b[3~",
    "\x1b",
    "\x17",
    "\x15",
    "\x0b",
    "\x00",
];

/// A new source text.
pub fn source(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut text = excerpt(rng, seeds);
    for _ in 0..1 + rng.below(6) {
        match rng.below(10) {
            0 => {
                // Part of another text in the middle of this one.
                let other = excerpt(rng, seeds);
                let at = line_start(rng, &text);
                text.splice(at..at, other);
            }
            1 | 2 => swap_tokens(rng, &mut text),
            3 => repeat(rng, &mut text),
            4 => bytes(rng, &mut text),
            _ => replace_token(rng, &mut text),
        }
    }
    text.truncate(16 * 1024);
    text
}

/// New bytes to type.
pub fn repl(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut typed = Vec::new();
    for _ in 0..1 + rng.below(5) {
        if rng.below(3) == 0 {
            typed.extend(rng.pick(KEYS).bytes());
        }
        let text = if rng.below(2) == 0 { excerpt(rng, seeds) } else { source(rng, seeds) };
        typed.extend(text.iter().take(1024).map(|&byte| if byte == b'\n' { b'\r' } else { byte }));
    }
    for _ in 0..rng.below(12) {
        let at = rng.below(typed.len() + 1);
        typed.splice(at..at, rng.pick(KEYS).bytes());
    }
    typed
}

/// A new compiled module.
pub fn mpy(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut data = seeds[rng.below(seeds.len())].clone();
    for _ in 0..1 + rng.below(3) {
        if rng.below(8) == 0 {
            // Part of another one.
            let other = &seeds[rng.below(seeds.len())];
            let from = rng.below(other.len());
            let piece = other[from..(from + rng.below(64)).min(other.len())].to_vec();
            let at = rng.below(data.len() + 1);
            let end = if rng.below(2) == 0 { at } else { (at + piece.len()).min(data.len()) };
            data.splice(at..end, piece);
        } else {
            bytes(rng, &mut data);
        }
    }
    data
}

/// A few lines of one of the seeds, so that inputs stay short.
fn excerpt(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let text = &seeds[rng.below(seeds.len())];
    let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    if lines.len() < 40 {
        return text.clone();
    }
    let start = rng.below(lines.len());
    let count = 1 + rng.below(60);
    lines.iter().skip(start).take(count).flat_map(|line| line.iter().copied()).collect()
}

fn line_start(rng: &mut Rng, text: &[u8]) -> usize {
    let at = rng.below(text.len() + 1);
    text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |i| i + 1)
}

/// A run of letters and digits, or one other byte.
fn token(rng: &mut Rng, text: &[u8]) -> core::ops::Range<usize> {
    if text.is_empty() {
        return 0..0;
    }
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let at = rng.below(text.len());
    if !word(text[at]) {
        return at..at + 1;
    }
    let start = text[..at].iter().rposition(|&byte| !word(byte)).map_or(0, |i| i + 1);
    let end = text[at..].iter().position(|&byte| !word(byte)).map_or(text.len(), |i| at + i);
    start..end
}

fn replace_token(rng: &mut Rng, text: &mut Vec<u8>) {
    let mut range = token(rng, text);
    if rng.below(4) == 0 {
        // Insert in place of replacing.
        range = range.end..range.end;
    }
    let mut new = if rng.below(4) == 0 { text[token(rng, text)].to_vec() } else { rng.pick(WORDS).into() };
    if rng.below(3) == 0 {
        new.insert(0, b' ');
        new.push(b' ');
    }
    text.splice(range, new);
}

fn swap_tokens(rng: &mut Rng, text: &mut Vec<u8>) {
    let (a, b) = (token(rng, text), token(rng, text));
    let (a, b) = if a.start <= b.start { (a, b) } else { (b, a) };
    if a.end <= b.start {
        let (first, second) = (text[a.clone()].to_vec(), text[b.clone()].to_vec());
        text.splice(b, first);
        text.splice(a, second);
    }
}

/// The same again and again: nesting, long lines, large numbers.
fn repeat(rng: &mut Rng, text: &mut Vec<u8>) {
    let start = token(rng, text).start;
    let end = (start + 1 + rng.below(24)).min(text.len());
    let piece = text[start..end].to_vec();
    let times = [2, 3, 10, 100, 1000][rng.below(5)];
    let many = piece.repeat(times.min(8 * 1024 / piece.len().max(1)));
    text.splice(start..end, many);
}

/// Bytes without regard for what they mean.
pub fn bytes(rng: &mut Rng, data: &mut Vec<u8>) {
    for _ in 0..1 + rng.below(4) {
        let at = rng.below(data.len() + 1);
        match rng.below(6) {
            0 if at < data.len() => data[at] ^= 1 << rng.below(8),
            1 if at < data.len() => data[at] = rng.next() as u8,
            2 => data.insert(at, rng.next() as u8),
            3 if at < data.len() => {
                data.remove(at);
            }
            4 => {
                let end = (at + rng.below(16)).min(data.len());
                data.drain(at..end);
            }
            _ => {
                let end = (at + rng.below(32)).min(data.len());
                let piece = data[at..end].to_vec();
                let to = rng.below(data.len() + 1);
                data.splice(to..to, piece);
            }
        }
    }
}
