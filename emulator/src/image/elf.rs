//! ELF: the loadable segments at their physical addresses.

use super::{ImageError, Segment};

const EM_ARM: u16 = 40;
const PT_LOAD: u32 = 1;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7FELF")
}

pub(super) fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn parse(bytes: &[u8], name: &str) -> Result<Vec<Segment>, ImageError> {
    let truncated = |what: &str, offset: usize| ImageError::Truncated {
        name: name.to_string(),
        what: what.to_string(),
        offset,
    };
    let no_header = || truncated("the ELF header is not complete", bytes.len());
    let wrong = |found: String| ImageError::WrongFamily {
        name: name.to_string(),
        found,
        expected: "a 32-bit little-endian ARM",
    };
    if bytes.len() < 52 {
        return Err(no_header());
    }
    if (bytes[4], bytes[5]) != (1, 1) {
        return Err(wrong("a 64-bit or big-endian ELF".into()));
    }
    let machine = half(bytes, 18).ok_or_else(no_header)?;
    if machine != EM_ARM {
        return Err(wrong(format!("an ELF for machine {machine}")));
    }
    let table = word(bytes, 28).ok_or_else(no_header)? as usize;
    let size = half(bytes, 42).ok_or_else(no_header)? as usize;
    let count = half(bytes, 44).ok_or_else(no_header)? as usize;
    let mut segments = Vec::new();
    for n in 0..count {
        let at = table + n * size;
        let field = |i: usize| {
            word(bytes, at + i).ok_or_else(|| truncated(&format!("program header {n} is not complete"), at))
        };
        let (kind, offset, physical, len) = (field(0)?, field(4)? as usize, field(12)?, field(16)? as usize);
        if kind != PT_LOAD || len == 0 {
            continue;
        }
        let data = offset
            .checked_add(len)
            .and_then(|end| bytes.get(offset..end))
            .ok_or_else(|| truncated(&format!("segment {n} is not complete"), offset))?;
        segments.push(Segment { address: physical, bytes: data.to_vec() });
    }
    if segments.is_empty() {
        return Err(ImageError::Damaged {
            name: name.to_string(),
            what: "it has no loadable segment".into(),
            place: format!("{count} program headers"),
        });
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::*;

    fn elf(machine: u16, len: u32) -> Vec<u8> {
        let mut file = b"\x7FELF\x01\x01\x01".to_vec();
        file.resize(52, 0);
        file[18..20].copy_from_slice(&machine.to_le_bytes());
        file[28..32].copy_from_slice(&52u32.to_le_bytes());
        file[42..44].copy_from_slice(&32u16.to_le_bytes());
        file[44..46].copy_from_slice(&1u16.to_le_bytes());
        for field in [PT_LOAD, 84, 0x2000_0000, 0x1000_0000, len, len, 5, 4] {
            file.extend(field.to_le_bytes());
        }
        file.extend([7; 8]);
        file
    }

    #[test]
    fn segments_lie_at_physical_addresses() {
        let image = Image::parse(&elf(EM_ARM, 8), "fw.elf").unwrap();
        assert_eq!(image.segments, [Segment { address: 0x1000_0000, bytes: vec![7; 8] }]);
    }

    #[test]
    fn foreign_and_cut_files_are_refused() {
        let error = Image::parse(&elf(243, 8), "fw.elf").unwrap_err();
        assert!(matches!(error, ImageError::WrongFamily { .. }));
        for cut in [10, 60] {
            let error = Image::parse(&elf(EM_ARM, 8)[..cut], "fw.elf").unwrap_err();
            assert!(matches!(error, ImageError::Truncated { .. }));
        }
        let error = Image::parse(&elf(EM_ARM, u32::MAX), "fw.elf").unwrap_err();
        assert!(matches!(error, ImageError::Truncated { .. }));
    }
}
