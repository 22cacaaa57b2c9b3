//! Intel HEX: lines of `:`, count, address, type, data and checksum in hexadecimal digits.

use super::{ImageError, Segment};

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b':') && bytes.get(1..9).is_some_and(|b| b.iter().all(u8::is_ascii_hexdigit))
}

pub(super) fn parse(bytes: &[u8], name: &str) -> Result<Vec<Segment>, ImageError> {
    let damaged = |what: &str, line: usize| ImageError::Damaged {
        name: name.to_string(),
        what: what.to_string(),
        place: format!("line {line}"),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("a line is not text", 0))?;
    let mut segments: Vec<Segment> = Vec::new();
    let (mut base, mut ended) = (0u32, false);
    for (n, line) in text.lines().enumerate() {
        let (n, line) = (n + 1, line.trim());
        if line.is_empty() {
            continue;
        }
        let digits = line.strip_prefix(':').ok_or_else(|| damaged("a line lacks its colon", n))?;
        if digits.len() % 2 != 0 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(damaged("a line is not pairs of hexadecimal digits", n));
        }
        let record: Vec<u8> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
                digit(pair[0]) << 4 | digit(pair[1])
            })
            .collect();
        let count = record.first().copied().unwrap_or(0) as usize;
        if record.len() != count + 5 {
            return Err(damaged("a line's length does not match its count", n));
        }
        if record.iter().fold(0u8, |sum, &b| sum.wrapping_add(b)) != 0 {
            return Err(damaged("a line's checksum is wrong", n));
        }
        let offset = u32::from(record[1]) << 8 | u32::from(record[2]);
        let data = &record[4..4 + count];
        let big_endian = |d: &[u8]| d.iter().fold(0u32, |v, &b| v << 8 | u32::from(b));
        match (record[3], count) {
            (0, _) => {
                let address = base.wrapping_add(offset);
                match segments.last_mut() {
                    Some(last) if last.address as usize + last.bytes.len() == address as usize => {
                        last.bytes.extend_from_slice(data);
                    }
                    _ => segments.push(Segment { address, bytes: data.to_vec() }),
                }
            }
            (1, _) => {
                ended = true;
                break;
            }
            (2, 2) => base = big_endian(data) << 4,
            (4, 2) => base = big_endian(data) << 16,
            (3 | 5, _) => {}
            _ => return Err(damaged("a line has an unknown record type", n)),
        }
    }
    if !ended {
        return Err(ImageError::Truncated {
            name: name.to_string(),
            what: "the end record is missing".into(),
            offset: bytes.len(),
        });
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use super::*;

    #[test]
    fn records_become_segments() {
        let text = ":020000041000EA\n:0400000001020304F2\n:00000001FF\n";
        let image = Image::parse(text.as_bytes(), "fw.hex").unwrap();
        assert_eq!(image.segments, [Segment { address: 0x1000_0000, bytes: vec![1, 2, 3, 4] }]);
    }

    #[test]
    fn bad_lines_are_named() {
        let text = ":020000041000EA\n:0400000001020304F3\n:00000001FF\n";
        let error = Image::parse(text.as_bytes(), "fw.hex").unwrap_err().to_string();
        assert!(error.contains("checksum") && error.contains("line 2"), "{error}");
        let text = ":020000041000EA\n";
        let error = Image::parse(text.as_bytes(), "fw.hex").unwrap_err();
        assert!(matches!(error, ImageError::Truncated { .. }));
    }
}
