//! DEFLATE (RFC 1951) and its checksums. Knows nothing of the heap: bytes come and go by [`Io`].
//!
//! Nothing is read ahead: a stream that holds more than the compressed data is left exactly at its end.

mod checksum;
mod compress;

pub use checksum::{adler32, crc32};
pub use compress::{Compressor, Output};

use alloc::vec::Vec;

/// Where compressed bytes come from and plain ones go.
pub trait Io {
    /// The next compressed byte.
    ///
    /// # Errors
    /// [`Stop::Io`] if there is none.
    fn byte(&mut self) -> Result<u8, Stop>;
    /// Takes a plain byte.
    ///
    /// # Errors
    /// [`Stop::Io`] if it has no room.
    fn put(&mut self, byte: u8) -> Result<(), Stop>;
    /// The plain byte that was put `distance` calls ago, if it is still known.
    fn back(&self, distance: usize) -> Option<u8>;
}

/// Why decompressing ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The source or the sink failed, and knows why.
    Io,
    /// The data are not what DEFLATE allows.
    Data,
}

/// What comes next in the compressed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    Stored,
    Coded,
    Done,
}

const LITERALS: usize = 288;
const DISTANCES: usize = 32;
/// Both tables: 16 counts and the symbols, for literals and for distances.
const TABLES: usize = 16 + LITERALS + 16 + DISTANCES;
const DISTANCE_TABLE: usize = 16 + LITERALS;

/// A decompressor between two bytes of output.
#[derive(Clone, Debug)]
pub struct Inflate {
    phase: Phase,
    last: bool,
    /// Bits of the byte read last that are still to be used.
    bits: u8,
    bit_count: u8,
    /// Bytes still to be copied: from the input if stored, else from `distance` back.
    left: u16,
    distance: u16,
    /// Canonical codes, as counts by length and symbols in the order of their codes.
    tables: [u16; TABLES],
}

impl Default for Inflate {
    fn default() -> Inflate {
        Inflate {
            phase: Phase::Header,
            last: false,
            bits: 0,
            bit_count: 0,
            left: 0,
            distance: 0,
            tables: [0; TABLES],
        }
    }
}

/// Base and extra bits of the length codes from 257 on.
fn length_of(symbol: u16) -> Option<(u16, u8)> {
    Some(match symbol {
        257..=264 => (symbol - 254, 0),
        265..=284 => {
            let extra = (symbol - 261) / 4;
            (3 + ((4 + (symbol - 261) % 4) << extra), extra as u8)
        }
        285 => (258, 0),
        _ => return None,
    })
}

/// Base and extra bits of the distance codes.
fn distance_of(symbol: u16) -> Option<(u16, u8)> {
    Some(match symbol {
        0..=3 => (symbol + 1, 0),
        4..=29 => {
            let extra = symbol / 2 - 1;
            (1 + ((2 + symbol % 2) << extra), extra as u8)
        }
        _ => return None,
    })
}

impl Inflate {
    /// Bytes that [`Inflate::save`] writes.
    pub const SAVED: usize = 8 + 2 * TABLES;

    /// Writes the state to bytes, where a heap can keep it.
    pub fn save(&self, out: &mut [u8]) {
        let phase = [Phase::Header, Phase::Stored, Phase::Coded, Phase::Done];
        let phase = phase.iter().position(|p| *p == self.phase).unwrap_or(0) as u8;
        let head = [phase, u8::from(self.last), self.bits, self.bit_count];
        let words = [self.left, self.distance];
        out[..4].copy_from_slice(&head);
        // Tables are in use within coded blocks only.
        let tables = if self.phase == Phase::Coded { &self.tables[..] } else { &[] };
        for (to, word) in out[4..].chunks_exact_mut(2).zip(words.iter().chain(tables)) {
            to.copy_from_slice(&word.to_le_bytes());
        }
    }

    /// The state that was written to bytes.
    pub fn restore(saved: &[u8]) -> Inflate {
        let mut state = Inflate::default();
        let &[phase, last, bits, bit_count, ref words @ ..] = saved else { return state };
        state.phase = match phase {
            0 => Phase::Header,
            1 => Phase::Stored,
            2 => Phase::Coded,
            _ => Phase::Done,
        };
        (state.last, state.bits, state.bit_count) = (last != 0, bits, bit_count);
        let mut words = words.chunks_exact(2).map(|w| u16::from_le_bytes([w[0], w[1]]));
        state.left = words.next().unwrap_or(0);
        state.distance = words.next().unwrap_or(0);
        if state.phase == Phase::Coded {
            for (to, word) in state.tables.iter_mut().zip(words) {
                *to = word;
            }
        }
        state
    }

    /// Has the last block ended?
    pub fn done(&self) -> bool {
        self.phase == Phase::Done
    }

    fn bit(&mut self, io: &mut dyn Io) -> Result<u16, Stop> {
        if self.bit_count == 0 {
            self.bits = io.byte()?;
            self.bit_count = 8;
        }
        let bit = self.bits & 1;
        self.bits >>= 1;
        self.bit_count -= 1;
        Ok(u16::from(bit))
    }

    fn read_bits(&mut self, io: &mut dyn Io, count: u8) -> Result<u16, Stop> {
        let mut value = 0;
        for i in 0..count {
            value |= self.bit(io)? << i;
        }
        Ok(value)
    }

    /// A symbol of the table at `table`.
    fn symbol(&mut self, io: &mut dyn Io, table: usize) -> Result<u16, Stop> {
        let (mut code, mut first, mut index) = (0u16, 0u16, 0u16);
        for length in 1..16 {
            code |= self.bit(io)?;
            let count = self.tables[table + length];
            if code < first + count {
                return Ok(self.tables[table + 16 + usize::from(index + code - first)]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Stop::Data)
    }

    /// Makes the table at `table` from the lengths of its symbols' codes.
    fn build(&mut self, table: usize, lengths: &[u8]) -> Result<(), Stop> {
        let mut offsets = [0u16; 16];
        self.tables[table..table + 16].fill(0);
        for &length in lengths {
            self.tables[table + usize::from(length)] += 1;
        }
        self.tables[table] = 0;
        let mut free = 1i32;
        for length in 1..16 {
            let count = self.tables[table + length];
            free = (free << 1) - i32::from(count);
            if free < 0 {
                return Err(Stop::Data);
            }
            if length < 15 {
                offsets[length + 1] = offsets[length] + count;
            }
        }
        for (symbol, &length) in lengths.iter().enumerate() {
            if length != 0 {
                let at = &mut offsets[usize::from(length)];
                self.tables[table + 16 + usize::from(*at)] = symbol as u16;
                *at += 1;
            }
        }
        Ok(())
    }

    fn fixed_tables(&mut self) -> Result<(), Stop> {
        let mut lengths = [8; LITERALS];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.build(0, &lengths)?;
        self.build(DISTANCE_TABLE, &[5; 30])
    }

    fn dynamic_tables(&mut self, io: &mut dyn Io) -> Result<(), Stop> {
        const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let literals = usize::from(self.read_bits(io, 5)?) + 257;
        let distances = usize::from(self.read_bits(io, 5)?) + 1;
        let codes = usize::from(self.read_bits(io, 4)?) + 4;
        if literals > 286 || distances > 30 {
            return Err(Stop::Data);
        }
        let mut lengths = [0u8; LITERALS + DISTANCES];
        for &place in &ORDER[..codes] {
            lengths[usize::from(place)] = self.read_bits(io, 3)? as u8;
        }
        self.build(0, &lengths[..19])?;
        lengths[..19].fill(0);
        let mut at = 0;
        while at < literals + distances {
            let (value, times) = match self.symbol(io, 0)? {
                symbol @ 0..=15 => (symbol as u8, 1),
                16 if at > 0 => (lengths[at - 1], 3 + self.read_bits(io, 2)?),
                17 => (0, 3 + self.read_bits(io, 3)?),
                18 => (0, 11 + self.read_bits(io, 7)?),
                _ => return Err(Stop::Data),
            };
            let end = at + usize::from(times);
            if end > literals + distances {
                return Err(Stop::Data);
            }
            lengths[at..end].fill(value);
            at = end;
        }
        self.build(0, &lengths[..literals])?;
        self.build(DISTANCE_TABLE, &lengths[literals..literals + distances])
    }

    fn header(&mut self, io: &mut dyn Io) -> Result<(), Stop> {
        if self.last {
            self.phase = Phase::Done;
            return Ok(());
        }
        self.last = self.bit(io)? == 1;
        match self.read_bits(io, 2)? {
            0 => {
                self.bit_count = 0;
                let mut bytes = [0; 4];
                for byte in &mut bytes {
                    *byte = io.byte()?;
                }
                self.left = u16::from_le_bytes([bytes[0], bytes[1]]);
                if self.left != !u16::from_le_bytes([bytes[2], bytes[3]]) {
                    return Err(Stop::Data);
                }
                self.phase = Phase::Stored;
                return Ok(());
            }
            1 => self.fixed_tables()?,
            2 => self.dynamic_tables(io)?,
            _ => return Err(Stop::Data),
        }
        self.left = 0;
        self.phase = Phase::Coded;
        Ok(())
    }

    /// Puts up to `most` plain bytes; fewer only at the end. Gives how many.
    ///
    /// # Errors
    /// What `io` reports; [`Stop::Data`].
    pub fn run(&mut self, io: &mut dyn Io, most: usize) -> Result<usize, Stop> {
        let mut done = 0;
        while done < most {
            match self.phase {
                Phase::Done => break,
                Phase::Header => self.header(io)?,
                Phase::Stored | Phase::Coded if self.left > 0 => {
                    let byte = match self.phase {
                        Phase::Stored => io.byte()?,
                        _ => io.back(usize::from(self.distance)).ok_or(Stop::Data)?,
                    };
                    io.put(byte)?;
                    self.left -= 1;
                    done += 1;
                }
                Phase::Stored => self.phase = Phase::Header,
                Phase::Coded => match self.symbol(io, 0)? {
                    literal @ 0..=255 => {
                        io.put(literal as u8)?;
                        done += 1;
                    }
                    256 => self.phase = Phase::Header,
                    symbol => {
                        let (base, extra) = length_of(symbol).ok_or(Stop::Data)?;
                        self.left = base + self.read_bits(io, extra)?;
                        let symbol = self.symbol(io, DISTANCE_TABLE)?;
                        let (base, extra) = distance_of(symbol).ok_or(Stop::Data)?;
                        self.distance = base + self.read_bits(io, extra)?;
                    }
                },
            }
        }
        Ok(done)
    }
}

/// Compressed bytes in memory, and the plain ones.
struct Memory<'a> {
    from: core::slice::Iter<'a, u8>,
    to: Vec<u8>,
}

impl Io for Memory<'_> {
    fn byte(&mut self) -> Result<u8, Stop> {
        self.from.next().copied().ok_or(Stop::Data)
    }
    fn put(&mut self, byte: u8) -> Result<(), Stop> {
        if self.to.len() == self.to.capacity() {
            return Err(Stop::Io);
        }
        self.to.push(byte);
        Ok(())
    }
    fn back(&self, distance: usize) -> Option<u8> {
        self.to.get(self.to.len().checked_sub(distance)?).copied()
    }
}

/// Decompresses what gives `len` plain bytes. `None` without memory, or if the data are bad.
pub fn inflate(data: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut to = Vec::new();
    to.try_reserve_exact(len).ok()?;
    let mut io = Memory { from: data.iter(), to };
    Inflate::default().run(&mut io, len).ok()?;
    Some(io.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_of_blocks() {
        // Stored, fixed and dynamic codes.
        assert_eq!(inflate(b"\x01\x05\x00\xfa\xffhello", 5).unwrap(), b"hello");
        assert_eq!(inflate(b"30\xa0=\x00\x00", 100).unwrap(), [b'0'; 100]);
        let dynamic = b"\x05\xc1\x81\x01\x000\x04\x04\xb1\x95\\\x1f\xcfn\x86o\x82d\x06Qq\xc8\x9d\xc5X}<e\xb5g\x83\x0f\x89X\x07\xab";
        assert_eq!(inflate(dynamic, 35).unwrap(), b"13371813150|13764518736|12345678901");
    }

    #[test]
    fn bad_data_are_reported() {
        for bad in [&b"\x07"[..], b"", b"\x01\x05\x00\xfa\xfehello", b"\x05\xc1\x81\x01", b"\xff\xff\xff"] {
            assert_eq!(inflate(bad, 5), None);
        }
    }

    #[test]
    fn a_saved_state_goes_on() {
        let data = b"30\xa0=\x00\x00";
        let mut io = Memory { from: data.iter(), to: Vec::with_capacity(100) };
        let mut state = Inflate::default();
        let mut saved = [0; Inflate::SAVED];
        while !state.done() {
            state.run(&mut io, 1).unwrap();
            state.save(&mut saved);
            state = Inflate::restore(&saved);
        }
        assert_eq!(io.to, [b'0'; 100]);
    }
}
