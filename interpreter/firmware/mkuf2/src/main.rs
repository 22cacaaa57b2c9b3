//! `mkuf2 IN.elf OUT.uf2`: packs the loadable segments of a 32-bit ELF file into UF2 blocks for the
//! RP2040's boot ROM. Format: <https://github.com/microsoft/uf2>.

use std::collections::BTreeMap;
use std::process::ExitCode;

/// Family id of the RP2040 in the UF2 registry.
const FAMILY_RP2040: u32 = 0xE48B_FF56;
/// Bytes of payload a block: one flash page.
const PAGE: u32 = 256;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(output), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: mkuf2 IN.elf OUT.uf2");
        return ExitCode::from(2);
    };
    let result = std::fs::read(&input)
        .map_err(|e| format!("{input}: {e}"))
        .and_then(|elf| pages(&elf).map_err(|e| format!("{input}: {e}")))
        .and_then(|pages| {
            let image = uf2(&pages);
            std::fs::write(&output, &image).map_err(|e| format!("{output}: {e}"))?;
            println!("{output}: {} pages, {} bytes of flash", pages.len(), pages.len() * PAGE as usize);
            Ok(())
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("mkuf2: {e}");
            ExitCode::FAILURE
        }
    }
}

fn u16_at(b: &[u8], at: usize) -> Result<u16, String> {
    let s = b.get(at..at + 2).ok_or_else(|| format!("ends before offset {at:#x}"))?;
    Ok(u16::from_le_bytes([s[0], s[1]]))
}

fn u32_at(b: &[u8], at: usize) -> Result<u32, String> {
    let s = b.get(at..at + 4).ok_or_else(|| format!("ends before offset {at:#x}"))?;
    Ok(u32::from_le_bytes([s[0], s[1], s[2], s[3]]))
}

/// The flash pages that the loadable segments touch, by physical address, unused bytes 0xFF.
fn pages(elf: &[u8]) -> Result<BTreeMap<u32, [u8; PAGE as usize]>, String> {
    const PT_LOAD: u32 = 1;
    if elf.get(..6) != Some(b"\x7fELF\x01\x01") {
        return Err("not a 32-bit little-endian ELF file".into());
    }
    let (table, entry, count) = (u32_at(elf, 28)? as usize, u16_at(elf, 42)? as usize, u16_at(elf, 44)? as usize);
    let mut pages = BTreeMap::new();
    for header in (0..count).map(|i| table + i * entry) {
        let (offset, address, size) =
            (u32_at(elf, header + 4)? as usize, u32_at(elf, header + 12)?, u32_at(elf, header + 16)? as usize);
        if u32_at(elf, header)? != PT_LOAD || size == 0 {
            continue;
        }
        let bytes = elf.get(offset..offset + size).ok_or("a segment ends behind the file")?;
        for (i, &byte) in bytes.iter().enumerate() {
            let at = address + i as u32;
            pages.entry(at / PAGE * PAGE).or_insert([0xFF; PAGE as usize])[(at % PAGE) as usize] = byte;
        }
    }
    match pages.is_empty() {
        true => Err("has no loadable segment".into()),
        false => Ok(pages),
    }
}

fn uf2(pages: &BTreeMap<u32, [u8; PAGE as usize]>) -> Vec<u8> {
    const FLAG_FAMILY: u32 = 0x2000;
    let mut out = Vec::with_capacity(pages.len() * 512);
    for (i, (address, page)) in pages.iter().enumerate() {
        let start = out.len();
        let words =
            [0x0A32_4655, 0x9E5D_5157, FLAG_FAMILY, *address, PAGE, i as u32, pages.len() as u32, FAMILY_RP2040];
        for word in words {
            out.extend(word.to_le_bytes());
        }
        out.extend(page);
        out.resize(start + 508, 0);
        out.extend(0x0AB1_6F30u32.to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file with one segment of `bytes` at `address`.
    fn elf(address: u32, bytes: &[u8]) -> Vec<u8> {
        let mut elf = b"\x7fELF\x01\x01".to_vec();
        elf.resize(84, 0);
        let mut put = |at: usize, v: u32| elf[at..at + 4].copy_from_slice(&v.to_le_bytes());
        put(28, 52);
        put(52, 1);
        put(56, 84);
        put(64, address);
        put(68, bytes.len() as u32);
        elf[42] = 32;
        elf[44] = 1;
        elf.extend(bytes);
        elf
    }

    #[test]
    fn splits_into_pages_and_numbers_the_blocks() {
        let image = uf2(&pages(&elf(0x1000_00FE, &[1, 2, 3])).unwrap());
        assert_eq!(image.len(), 2 * 512);
        assert_eq!(&image[32 + 254..32 + 256], &[1, 2]);
        assert_eq!(image[512 + 32..512 + 34], [3, 0xFF]);
        assert_eq!(image[512 + 12..512 + 28], [0, 1, 0, 0x10, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(image[28..32], [0x56, 0xFF, 0x8B, 0xE4]);
    }

    #[test]
    fn refuses_what_is_not_an_image() {
        assert!(pages(b"hello").is_err());
        let mut cut = elf(0x1000_0000, &[1, 2, 3]);
        cut.pop();
        assert!(pages(&cut).is_err());
    }
}
