//! Instructions as bytes: what functions are kept as that have not been called yet.
//!
//! An op, its operands in their order, then what its further words say. Caches are left out, and numbers
//! that may be large take seven bits a byte, signed ones with the sign in the lowest bit.

use super::op::{Field, Op, Word};
use alloc::vec::Vec;

/// The words of one instruction; those that it does not have are 0.
pub type Words = [u32; 3];

/// What an op is followed by: how many operand bytes.
const BYTES: u16 = 3;
/// A `bx` operand without a sign.
const BX: u16 = 1 << 2;
/// One with a sign.
const SIGNED: u16 = 1 << 3;
/// The word of a name.
const NAME: u16 = 1 << 4;
/// That of a jump.
const JUMP: u16 = 1 << 5;
/// That of a constant, or a plain number.
const NUMBER: u16 = 1 << 6;
/// A constant is named, by `bx` or by that word.
const CONSTANT: u16 = 1 << 7;
/// How many words follow the first.
const WORDS: u32 = 8;

/// The same of each op, and of codes that are none.
static SHAPES: [u16; 256] = {
    let mut shapes = [0; 256];
    let mut i = 0;
    while i < Op::ALL.len() {
        shapes[i] = shape(Op::ALL[i]);
        i += 1;
    }
    shapes
};

const fn shape(op: Op) -> u16 {
    let mut shape = 0;
    let mut k = 0;
    while k < 3 {
        match op.fields()[k] {
            Field::No => {}
            Field::K => shape |= BX | CONSTANT,
            Field::G | Field::F => shape |= BX,
            Field::J | Field::X => shape |= SIGNED,
            Field::D | Field::S | Field::B | Field::N | Field::I => shape = k as u16 + 1,
        }
        k += 1;
    }
    if matches!(op, Op::GetAttr | Op::SetAttr) {
        // The third is a cache.
        shape = 2;
    }
    shape |= (op.words().len() as u16) << WORDS;
    match op.words() {
        [] | [Word::Cache] => shape,
        [Word::Name, ..] => shape | NAME,
        [Word::Jump, ..] => shape | JUMP,
        [Word::Const] => shape | NUMBER | CONSTANT,
        _ => shape | NUMBER,
    }
}

/// Appends an instruction. Constants are by number, caches empty. The vector should have room for [`LONGEST`] more bytes.
pub fn encode(op: Op, words: Words, out: &mut Vec<u8>) {
    let shape = SHAPES[usize::from(op as u8)];
    let [byte, operands @ ..] = words[0].to_le_bytes();
    out.push(byte);
    out.extend_from_slice(&operands[..usize::from(shape & BYTES)]);
    if shape & BX != 0 {
        put(out, words[0] >> 16);
    }
    if shape & SIGNED != 0 {
        put(out, folded(words[0] as i32 >> 16));
    }
    if shape & NAME != 0 {
        out.extend_from_slice(&(words[1] as u16).to_le_bytes());
    }
    if shape & JUMP != 0 {
        put(out, folded(words[1] as i32 / 4));
    }
    if shape & NUMBER != 0 {
        put(out, words[1]);
    }
}

/// The most bytes that an instruction takes.
pub const LONGEST: usize = 16;

/// Makes as many words as `out` has, which are 0, and tells how many bytes they were. Numbers of constants become the
/// distances to them: the first word comes so many words behind the first constant.
pub fn unpack(bytes: &[u8], out: &mut [u32], behind: usize) -> usize {
    let mut at = 0;
    let mut i = 0;
    while i < out.len() {
        // An op and three operands, if it has so many.
        let first = match bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
            Some(first) => u32::from_le_bytes(*first),
            None => bytes.iter().skip(at).rev().fold(0, |word, byte| word << 8 | u32::from(*byte)),
        };
        let shape = SHAPES[usize::from(first as u8)];
        let operands = shape & BYTES;
        at += 1 + usize::from(operands);
        let mut word = first & u32::MAX >> (24 - 8 * operands);
        if shape & !BYTES != 0 {
            let constant =
                |x: u32| if shape & CONSTANT != 0 { ((behind + i) as u32).wrapping_sub(x) } else { x };
            if shape & BX != 0 {
                word |= constant(number(bytes, &mut at)) << 16;
            } else if shape & SIGNED != 0 {
                word |= (unfolded(number(bytes, &mut at)) as u32) << 16;
            }
            let further = if shape & NAME != 0 {
                at += 2;
                bytes.get(at - 2..at).map_or(0, |name| u32::from(name[0]) | u32::from(name[1]) << 8)
            } else if shape & JUMP != 0 {
                (4 * unfolded(number(bytes, &mut at))) as u32
            } else if shape & NUMBER != 0 {
                constant(number(bytes, &mut at))
            } else {
                0
            };
            if let Some(place) = out.get_mut(i + 1).filter(|_| shape >> WORDS != 0) {
                *place = further;
            }
        }
        out[i] = word;
        i += 1 + usize::from(shape >> WORDS);
    }
    at
}

/// Turns the number of a constant in one instruction, if it has one, into the distance to it: see [`unpack`].
pub fn reach_constant(op: Op, words: &mut Words, behind: usize) {
    let shape = SHAPES[usize::from(op as u8)];
    if shape & CONSTANT == 0 {
        return;
    }
    if shape & BX != 0 {
        words[0] = words[0] & 0xffff | (behind as u32 - (words[0] >> 16)) << 16;
    } else {
        words[1] = behind as u32 - words[1];
    }
}

fn folded(x: i32) -> u32 {
    (x << 1 ^ x >> 31) as u32
}

fn unfolded(x: u32) -> i32 {
    (x >> 1) as i32 ^ -((x & 1) as i32)
}

fn put(out: &mut Vec<u8>, mut x: u32) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

/// The number of seven bits a byte that stands at `at`, which is moved behind it.
fn number(bytes: &[u8], at: &mut usize) -> u32 {
    let (mut x, mut shift) = (0, 0);
    loop {
        let byte = u32::from(bytes.get(*at).copied().unwrap_or(0));
        *at += 1;
        x |= (byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 || shift > 28 {
            return x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_op_comes_back_as_it_was() {
        for &op in Op::ALL {
            for pattern in [0u32, 1, 0x7f, 0x1234_5678, 0x8001_8001, u32::MAX] {
                let mut words = [op as u32, 0, 0];
                for (k, field) in op.fields().into_iter().enumerate() {
                    let byte = (pattern >> (8 * k)) & 0xff;
                    words[0] |= match field {
                        Field::D | Field::S | Field::B => (byte & 0x3f) << (8 * (k + 1) + 2),
                        Field::N if k == 2 && matches!(op, Op::GetAttr | Op::SetAttr) => 0,
                        Field::N | Field::I => byte << (8 * (k + 1)),
                        Field::K | Field::G | Field::F | Field::J | Field::X => (pattern & 0xffff) << 16,
                        Field::No => 0,
                    };
                }
                for (kind, word) in op.words().iter().zip(&mut words[1..]) {
                    *word = match kind {
                        Word::Name => pattern & 0xffff,
                        Word::Jump => (pattern as i32 >> 4 << 2) as u32,
                        Word::Raw | Word::Const => pattern,
                        Word::Cache => 0,
                    };
                }
                let mut bytes = Vec::new();
                encode(op, words, &mut bytes);
                assert!(bytes.len() <= LONGEST, "{op:?}");
                let length = bytes.len();
                for end in [0, 0xee] {
                    // Constants are counted backwards.
                    let mut out = [0; 3];
                    let n = op.len_words();
                    assert_eq!(unpack(&bytes, &mut out[..n], 0), length, "{op:?}");
                    if SHAPES[op as usize] & (CONSTANT | BX) == CONSTANT | BX {
                        out[0] = out[0] & 0xffff | (out[0] >> 16).wrapping_neg() << 16;
                    } else if SHAPES[op as usize] & CONSTANT != 0 {
                        out[1] = out[1].wrapping_neg();
                    }
                    assert_eq!(out, words, "{op:?}");
                    bytes.push(end);
                }
            }
        }
    }
}
