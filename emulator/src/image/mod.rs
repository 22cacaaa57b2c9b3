//! Firmware images: UF2, Intel HEX, ELF and raw binaries, told apart by their content.
//!
//! An [`Image`] is a list of segments at addresses; what an address means is the chip's matter.

mod elf;
mod hex;
pub mod lines;
pub mod places;
pub mod symbols;
mod uf2;

use std::fs;
use std::path::{Path, PathBuf};

/// UF2 family of the RP2040.
pub const FAMILY_RP2040: u32 = 0xE48B_FF56;

/// Where a raw binary for the RP2040 is placed: the start of flash.
const FLASH: u32 = 0x1000_0000;

/// Why a file is not a usable image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file cannot be read.
    #[error("cannot read the firmware image {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing in it looks like firmware.
    #[error(
        "{name} is not a firmware image: expected UF2, Intel HEX, ELF, or a raw binary that starts with an \
         RP2040 second-stage boot loader"
    )]
    NotAnImage {
        /// The file's name.
        name: String,
    },
    /// It ends too early.
    #[error("{name} is truncated: {what} (byte {offset}); download or build it again")]
    Truncated {
        /// The file's name.
        name: String,
        /// What is missing.
        what: String,
        /// Where the file ends or the part begins.
        offset: usize,
    },
    /// It is for another chip.
    #[error("{name} is for another chip: {found}; this board needs firmware for {expected}")]
    WrongFamily {
        /// The file's name.
        name: String,
        /// What it is for.
        found: String,
        /// What the board needs.
        expected: &'static str,
    },
    /// It contradicts its own format.
    #[error("{name} is damaged: {what} ({place})")]
    Damaged {
        /// The file's name.
        name: String,
        /// What is wrong.
        what: String,
        /// Line or byte.
        place: String,
    },
}

/// Bytes at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where the first byte goes.
    pub address: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A firmware image: segments in order of address, none touching the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The file's name, for messages.
    pub name: String,
    /// What goes where.
    pub segments: Vec<Segment>,
}

impl Image {
    /// Reads and parses a file.
    pub fn load(path: &Path) -> Result<Image, ImageError> {
        let bytes = fs::read(path).map_err(|source| ImageError::Read { path: path.to_path_buf(), source })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Image::parse(&bytes, &name)
    }

    /// SHA-256 of what goes where, in hexadecimal: the same for the same firmware in another format.
    pub fn digest(&self) -> String {
        let mut bytes = Vec::new();
        for segment in &self.segments {
            bytes.extend(segment.address.to_le_bytes());
            bytes.extend((segment.bytes.len() as u64).to_le_bytes());
            bytes.extend(&segment.bytes);
        }
        crate::machine::digest(&bytes)
    }

    /// Parses an image; `name` is for error messages.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Image, ImageError> {
        let segments = if uf2::is(bytes) {
            uf2::parse(bytes, name)?
        } else if elf::is(bytes) {
            elf::parse(bytes, name)?
        } else if hex::is(bytes) {
            hex::parse(bytes, name)?
        } else if is_binary(bytes) {
            vec![Segment { address: FLASH, bytes: bytes.to_vec() }]
        } else {
            return Err(ImageError::NotAnImage { name: name.to_string() });
        };
        Ok(Image { name: name.to_string(), segments: join(segments) })
    }

    /// A copy of the image's bytes in `start..start + len`, gaps filled with 0xFF as erased flash.
    pub fn flatten(&self, start: u32, len: usize) -> Vec<u8> {
        let mut out = vec![0xFF; len];
        for segment in &self.segments {
            for (i, &byte) in segment.bytes.iter().enumerate() {
                let at = (segment.address as usize + i).checked_sub(start as usize);
                if let Some(slot) = at.and_then(|at| out.get_mut(at)) {
                    *slot = byte;
                }
            }
        }
        out
    }
}

/// A raw binary starts with a 256-byte boot loader that carries its own checksum.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.len() >= 256
        && u32::from_le_bytes([bytes[252], bytes[253], bytes[254], bytes[255]])
            == boot2_checksum(&bytes[..252])
}

/// The boot ROM's checksum of a second-stage boot loader's first 252 bytes (CRC-32/MPEG-2).
pub fn boot2_checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xFFFF_FFFF, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 != 0 { 0x04C1_1DB7 } else { 0 }
        })
    })
}

/// Sorts segments by address and joins those that touch; later bytes win where they overlap.
fn join(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.retain(|s| !s.bytes.is_empty());
    segments.sort_by_key(|s| s.address);
    let mut joined: Vec<Segment> = Vec::new();
    for segment in segments {
        match joined.last_mut() {
            Some(last) if segment.address as u64 <= last.address as u64 + last.bytes.len() as u64 => {
                let at = (segment.address - last.address) as usize;
                let end = at + segment.bytes.len();
                if end > last.bytes.len() {
                    last.bytes.resize(end, 0);
                }
                last.bytes[at..end].copy_from_slice(&segment.bytes);
            }
            _ => joined.push(segment),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc32_mpeg2() {
        // The published check value of that algorithm.
        assert_eq!(boot2_checksum(b"123456789"), 0x0376_E6E7);
    }

    #[test]
    fn a_binary_needs_a_boot_loader() {
        let mut bytes = vec![0x55; 300];
        assert!(matches!(Image::parse(&bytes, "x.bin"), Err(ImageError::NotAnImage { .. })));
        let sum = boot2_checksum(&bytes[..252]).to_le_bytes();
        bytes[252..256].copy_from_slice(&sum);
        let image = Image::parse(&bytes, "x.bin").unwrap();
        assert_eq!(image.segments[0].address, FLASH);
        assert_eq!(image.flatten(FLASH + 252, 4), sum);
    }

    #[test]
    fn text_and_nothing_are_not_images() {
        for bytes in [&b""[..], b"print('hello')\n", &[0; 4096]] {
            assert!(matches!(Image::parse(bytes, "main.py"), Err(ImageError::NotAnImage { .. })));
        }
    }

    #[test]
    fn touching_segments_join() {
        let segment = |address, bytes: &[u8]| Segment { address, bytes: bytes.to_vec() };
        let joined = join(vec![segment(8, &[3]), segment(0, &[1; 4]), segment(4, &[2; 4])]);
        assert_eq!(joined, [segment(0, &[1, 1, 1, 1, 2, 2, 2, 2, 3])]);
    }
}
