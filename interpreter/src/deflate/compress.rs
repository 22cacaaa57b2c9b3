//! Compression with the fixed codes and a window of the caller's choice: one block, the longest and then nearest
//! match at every place. Small in code and memory rather than thorough.

const SHORTEST: usize = 3;
const LONGEST: usize = 258;

/// A compressor between two bytes of input. The window is the caller's: a power of two in length.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compressor {
    bits: u32,
    bit_count: u32,
    /// Where the next byte goes in the window, and how many it holds.
    next: usize,
    held: usize,
}

/// What comes next in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Match {
    distance: usize,
    length: usize,
}

impl Compressor {
    /// Bytes that [`Compressor::save`] gives.
    pub const SAVED: usize = 12;

    /// The state as bytes, for a heap to keep.
    pub fn save(&self) -> [u8; Self::SAVED] {
        let mut out = [0; Self::SAVED];
        let words = [self.bits, self.bit_count << 16 | self.next as u32, self.held as u32];
        for (to, word) in out.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// The state that was saved.
    pub fn restore(saved: &[u8]) -> Compressor {
        let word = |i: usize| {
            saved.get(4 * i..4 * i + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
        };
        Compressor {
            bits: word(0),
            bit_count: word(1) >> 16,
            next: (word(1) & 0xFFFF) as usize,
            held: word(2) as usize,
        }
    }

    /// Begins the one block. Bytes that are complete go to `out`; here and below there are few at a time.
    pub fn start(&mut self, out: &mut Output) {
        self.put(out, 0b011, 3);
    }

    /// Ends the block.
    pub fn finish(&mut self, out: &mut Output) {
        self.put(out, 0, 7);
        if self.bit_count > 0 {
            self.put(out, 0, 8 - self.bit_count);
        }
    }

    /// Encodes the start of `source`, which must not be empty: gives how many bytes of it that took. The caller
    /// then calls [`Compressor::push`] with them.
    pub fn step(&mut self, window: &[u8], source: &[u8], out: &mut Output) -> usize {
        match self.longest(window, source) {
            None => {
                self.literal(out, u16::from(source[0]));
                1
            }
            Some(found) => {
                self.copy(out, found);
                found.length
            }
        }
    }

    /// Adds encoded bytes to the window.
    pub fn push(&mut self, window: &mut [u8], bytes: &[u8]) {
        for &byte in bytes {
            window[self.next] = byte;
            self.next = (self.next + 1) & (window.len() - 1);
        }
        self.held = (self.held + bytes.len()).min(window.len());
    }

    fn longest(&self, window: &[u8], source: &[u8]) -> Option<Match> {
        let limit = source.len().min(LONGEST);
        let mut best = Match { distance: 0, length: SHORTEST - 1 };
        if limit < SHORTEST {
            return None;
        }
        let mask = window.len() - 1;
        for distance in 1..=self.held {
            let start = self.next.wrapping_sub(distance);
            if window[start & mask] != source[0] {
                continue;
            }
            // Past the window's end the match goes on in the source itself.
            let at = |i: usize| {
                if i < distance { window[start.wrapping_add(i) & mask] } else { source[i - distance] }
            };
            if best.length < limit && at(best.length) != source[best.length] {
                continue;
            }
            let length = (1..limit).find(|&i| at(i) != source[i]).unwrap_or(limit);
            if length > best.length {
                best = Match { distance, length };
                if length == limit {
                    break;
                }
            }
        }
        (best.length >= SHORTEST).then_some(best)
    }

    fn literal(&mut self, out: &mut Output, symbol: u16) {
        let (code, length) = match symbol {
            0..=143 => (0x30 + symbol, 8),
            144..=255 => (0x190 + symbol - 144, 9),
            256..=279 => (symbol - 256, 7),
            _ => (0xC0 + symbol - 280, 8),
        };
        // Codes are sent from their top bit on.
        self.put(out, u32::from(code.reverse_bits() >> (16 - length)), length);
    }

    fn copy(&mut self, out: &mut Output, Match { distance, length }: Match) {
        let length = length as u32;
        if length == 258 {
            self.literal(out, 285);
        } else {
            let (symbol, extra, value) = code(length - 3, 4);
            self.literal(out, 257 + symbol);
            self.put(out, value, extra);
        }
        let (symbol, extra, value) = code(distance as u32 - 1, 2);
        self.put(out, u32::from((symbol as u8).reverse_bits() >> 3), 5);
        self.put(out, value, extra);
    }

    fn put(&mut self, out: &mut Output, bits: u32, count: u32) {
        self.bits |= bits << self.bit_count;
        self.bit_count += count;
        while self.bit_count >= 8 {
            out.bytes[out.len] = self.bits as u8;
            out.len += 1;
            self.bits >>= 8;
            self.bit_count -= 8;
        }
    }
}

/// The code of a length or distance (from 0 on): groups of `group` codes have one extra bit more each.
fn code(value: u32, group: u32) -> (u16, u32, u32) {
    if value < 2 * group {
        return (value as u16, 0, 0);
    }
    let extra = (value / group).ilog2();
    let top = value >> extra;
    ((extra * group + top) as u16, extra, value & ((1 << extra) - 1))
}

/// What one step gives: at most 34 bits and what was left.
#[derive(Clone, Copy, Debug, Default)]
pub struct Output {
    bytes: [u8; 8],
    len: usize,
}

impl Output {
    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::inflate;
    use alloc::vec;
    use alloc::vec::Vec;

    fn compress(data: &[u8], window: usize) -> Vec<u8> {
        let (mut state, mut window, mut out) = (Compressor::default(), vec![0; window], Vec::new());
        let mut step = |f: &mut dyn FnMut(&mut Compressor, &mut [u8], &mut Output)| {
            let mut output = Output::default();
            f(&mut state, &mut window, &mut output);
            out.extend_from_slice(output.bytes());
        };
        step(&mut |state, _, out| state.start(out));
        let mut rest = data;
        while !rest.is_empty() {
            step(&mut |state, window, out| {
                let n = state.step(window, rest, out);
                state.push(window, &rest[..n]);
                *state = Compressor::restore(&state.save());
                rest = &rest[n..];
            });
        }
        step(&mut |state, _, out| state.finish(out));
        out
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let mut noise = 12345u32;
        for round in 0..200 {
            let data: Vec<u8> = (0..round * 17)
                .map(|_| {
                    noise = noise.wrapping_mul(1_103_515_245).wrapping_add(12345);
                    (noise >> 16) as u8 % (1 + round as u8 % 7) * 40
                })
                .collect();
            for window in [32, 256, 4096] {
                let packed = compress(&data, window);
                assert_eq!(inflate(&packed, data.len()).unwrap(), data);
            }
        }
        assert_eq!(compress(&[b'0'; 100], 256), b"3\xa0\x03\x00\x00");
    }
}
