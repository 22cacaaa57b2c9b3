//! UF2: 512-byte blocks, each with its own address, as a board's boot drive takes them.

use super::{FAMILY_RP2040, ImageError, Segment};

const BLOCK: usize = 512;
const MAGIC_START0: u32 = 0x0A32_4655;
const MAGIC_START1: u32 = 0x9E5D_5157;
const MAGIC_END: u32 = 0x0AB1_6F30;
const FLAG_NOT_MAIN_FLASH: u32 = 0x0000_0001;
const FLAG_FAMILY: u32 = 0x0000_2000;
const MAX_PAYLOAD: usize = 476;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC_START0.to_le_bytes())
}

fn family_name(id: u32) -> String {
    let name = match id {
        FAMILY_RP2040 => "the RP2040",
        0xE48B_FF57 => "absolute RP2350 or RP2040 blocks",
        0xE48B_FF59 => "the RP2350 (ARM)",
        0xE48B_FF5A => "the RP2350 (RISC-V)",
        0x1C5F_21B0 => "the ESP32",
        0xBFDD_4EEE => "the ESP32-S2",
        0xC47E_5767 => "the ESP32-S3",
        0xADA5_2840 => "the nRF52840",
        0x621E_937A => "the nRF52833",
        0x6D0922FA => "the STM32F407",
        0x5775_5A57 => "the STM32F4",
        0x6885_1A93 | 0x6874_4C63 => "the SAMD21",
        0x5511_4460 => "the SAMD51",
        _ => return format!("UF2 family {id:#010x}"),
    };
    format!("{name} (UF2 family {id:#010x})")
}

pub(super) fn parse(bytes: &[u8], name: &str) -> Result<Vec<Segment>, ImageError> {
    let damaged = |what: String, block: usize| ImageError::Damaged {
        name: name.to_string(),
        what,
        place: format!("block {block}, byte {}", block * BLOCK),
    };
    let mut segments = Vec::new();
    let mut wrong_family = None;
    let mut announced = 0;
    let blocks = bytes.chunks(BLOCK);
    let count = blocks.len();
    for (n, block) in blocks.enumerate() {
        if block.len() < BLOCK {
            return Err(ImageError::Truncated {
                name: name.to_string(),
                what: format!("block {n} has {} of 512 bytes", block.len()),
                offset: n * BLOCK,
            });
        }
        let word = |i: usize| u32::from_le_bytes([block[i], block[i + 1], block[i + 2], block[i + 3]]);
        if word(0) != MAGIC_START0 || word(4) != MAGIC_START1 || word(508) != MAGIC_END {
            return Err(damaged("a block's magic numbers are wrong".into(), n));
        }
        let (flags, address, len, total, family) =
            (word(8), word(12), word(16) as usize, word(24) as usize, word(28));
        if len > MAX_PAYLOAD {
            return Err(damaged(format!("a block claims {len} bytes of payload"), n));
        }
        if flags & FLAG_NOT_MAIN_FLASH != 0 {
            continue;
        }
        // Blocks of another family are skipped, as the boot ROM does: one file may serve several
        // chips.
        if flags & FLAG_FAMILY != 0 && family != FAMILY_RP2040 {
            wrong_family.get_or_insert(family);
            continue;
        }
        announced = announced.max(total);
        segments.push(Segment { address, bytes: block[32..32 + len].to_vec() });
    }
    if segments.is_empty() {
        return Err(match wrong_family {
            Some(family) => ImageError::WrongFamily {
                name: name.to_string(),
                found: family_name(family),
                expected: "the RP2040",
            },
            None => damaged("no block carries data for the flash".into(), 0),
        });
    }
    if wrong_family.is_none() && segments.len() < announced {
        return Err(ImageError::Truncated {
            name: name.to_string(),
            what: format!("{} of {announced} blocks are there", segments.len()),
            offset: count * BLOCK,
        });
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::*;

    fn block(n: u32, total: u32, address: u32, family: u32, fill: u8) -> Vec<u8> {
        let mut block = Vec::new();
        for word in [MAGIC_START0, MAGIC_START1, FLAG_FAMILY, address, 256, n, total, family] {
            block.extend(word.to_le_bytes());
        }
        block.resize(32 + 256, fill);
        block.resize(508, 0);
        block.extend(MAGIC_END.to_le_bytes());
        block
    }

    #[test]
    fn blocks_become_one_segment() {
        let mut file = block(0, 2, 0x1000_0000, FAMILY_RP2040, 1);
        file.extend(block(1, 2, 0x1000_0100, FAMILY_RP2040, 2));
        let image = Image::parse(&file, "fw.uf2").unwrap();
        assert_eq!(image.segments.len(), 1);
        assert_eq!(image.segments[0].bytes.len(), 512);
        assert_eq!(image.segments[0].bytes[256], 2);
    }

    #[test]
    fn bad_files_say_what_is_wrong() {
        let file = block(0, 2, 0x1000_0000, FAMILY_RP2040, 1);
        assert!(matches!(Image::parse(&file, "fw.uf2"), Err(ImageError::Truncated { .. })));
        assert!(matches!(Image::parse(&file[..100], "fw.uf2"), Err(ImageError::Truncated { .. })));
        let file = block(0, 1, 0x1000_0000, 0xE48B_FF59, 1);
        let error = Image::parse(&file, "fw.uf2").unwrap_err().to_string();
        assert!(error.contains("RP2350") && error.contains("RP2040"), "{error}");
        let mut file = block(0, 1, 0x1000_0000, FAMILY_RP2040, 1);
        file[16..20].copy_from_slice(&500u32.to_le_bytes());
        assert!(matches!(Image::parse(&file, "fw.uf2"), Err(ImageError::Damaged { .. })));
    }
}
