//! What a recording was made with: its first lines.

use std::fmt::Write;

use super::text::{self, RecordingError};
use crate::image::Image;

/// What a recording was made with: without the same things it would not repeat.
///
/// Digests decide; the names say where to look for the things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The board's name in a bench file.
    pub board: String,
    /// SHA-256 of the firmware in hexadecimal, as [`Image::digest`] gives it; empty when it was not noted.
    pub firmware: String,
    /// The firmware's file; `None` for the one that belongs to the board.
    pub firmware_file: Option<String>,
    /// SHA-256 of the bench in hexadecimal, as [`crate::bench::Bench::digest`] gives it.
    pub bench: String,
    /// The bench's file; `None` for a bare board.
    pub bench_file: Option<String>,
    /// The board's pins that the serial adapter was wired to, if there was one: transmitting and receiving.
    pub uart: Option<String>,
    /// The script that was run, if one was.
    pub script: Option<String>,
    /// SHA-256 of the flash contents at power-on, firmware and files, in hexadecimal.
    pub flash: String,
    /// What flash held at power-on besides the firmware: where, from the start of flash, and the bytes.
    pub contents: Vec<(usize, Vec<u8>)>,
}

/// What flash is compared by.
const BLOCK: usize = 256;

/// What flash holds besides an image that was loaded to it; `base` is where the processor sees its first byte.
pub fn contents(flash: &[u8], base: u32, image: &Image) -> Vec<(usize, Vec<u8>)> {
    let mut plain = vec![0xFF; flash.len()];
    for segment in &image.segments {
        let Some(offset) = segment.address.checked_sub(base) else { continue };
        if let Some(place) = plain.get_mut(offset as usize..).and_then(|p| p.get_mut(..segment.bytes.len())) {
            place.copy_from_slice(&segment.bytes);
        }
    }
    let mut found: Vec<(usize, Vec<u8>)> = Vec::new();
    for (n, (held, plain)) in flash.chunks(BLOCK).zip(plain.chunks(BLOCK)).enumerate() {
        if held == plain {
            continue;
        }
        match found.last_mut() {
            Some((offset, bytes)) if *offset + bytes.len() == n * BLOCK => bytes.extend(held),
            _ => found.push((n * BLOCK, held.to_vec())),
        }
    }
    found
}

impl Header {
    /// The first lines of a file.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}\n", text::MAGIC);
        let mut line = |key: &str, value: &str| {
            // A name that breaks the line would break the file; the digest stands for the thing anyhow.
            if !value.is_empty() && !value.contains(['\n', '\r']) {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{key} {value}");
            }
        };
        line("board", &self.board);
        line("firmware file", self.firmware_file.as_deref().unwrap_or_default());
        line("firmware sha256", &self.firmware);
        line("bench file", self.bench_file.as_deref().unwrap_or_default());
        line("bench sha256", &self.bench);
        line("uart pins", self.uart.as_deref().unwrap_or_default());
        line("script file", self.script.as_deref().unwrap_or_default());
        line("flash sha256", &self.flash);
        for (offset, bytes) in &self.contents {
            line("flash holds", &format!("{offset:#x} {}", text::hex(bytes)));
        }
        out
    }

    /// Takes a line of a file, if it is one of a header's; an error says what is wrong with it.
    pub(super) fn take(&mut self, line: &str) -> Option<Result<(), String>> {
        let value =
            |key: &str| line.strip_prefix(key)?.strip_prefix(' ').map(|value| value.trim().to_owned());
        if let Some(board) = value("board") {
            self.board = board;
        } else if let Some(file) = value("firmware file") {
            self.firmware_file = Some(file);
        } else if let Some(digest) = value("firmware sha256") {
            self.firmware = digest;
        } else if let Some(file) = value("bench file") {
            self.bench_file = Some(file);
        } else if let Some(digest) = value("bench sha256") {
            self.bench = digest;
        } else if let Some(pins) = value("uart pins") {
            self.uart = Some(pins);
        } else if let Some(file) = value("script file") {
            self.script = Some(file);
        } else if let Some(digest) = value("flash sha256") {
            self.flash = digest;
        } else if let Some(held) = value("flash holds") {
            return Some(text::placed_bytes(&held).map(|held| self.contents.push(held)));
        } else {
            return None;
        }
        Some(Ok(()))
    }

    /// Whether a board is the one the recording was made with; the error says what to do.
    pub fn check(&self, present: &Header) -> Result<(), RecordingError> {
        let named = |file: &Option<String>| file.as_ref().map_or(String::new(), |file| format!(" ({file})"));
        let mismatch = |what, recorded: &str, present: &str, names: [String; 2], advice| {
            let [recorded_name, present_name] = names;
            Err(RecordingError::Mismatch {
                what,
                recorded: format!("{recorded}{recorded_name}"),
                present: format!("{present}{present_name}"),
                advice,
            })
        };
        if !self.firmware.is_empty() && self.firmware != present.firmware {
            let names = [named(&self.firmware_file), named(&present.firmware_file)];
            let advice = "give the firmware of then with --firmware, or record anew";
            return mismatch("other firmware", &self.firmware, &present.firmware, names, advice);
        }
        if self.bench != present.bench {
            let names = [named(&self.bench_file), named(&present.bench_file)];
            let advice = "give the bench of then with --bench, or record anew";
            return mismatch("another bench", &self.bench, &present.bench, names, advice);
        }
        if self.flash != present.flash {
            let names = [String::new(), String::new()];
            let advice = "record anew: what the flash held then is not known";
            return mismatch("other files in flash", &self.flash, &present.flash, names, advice);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Segment;

    #[test]
    fn what_flash_holds_besides_the_firmware_is_found() {
        let segments = vec![Segment { address: 0x1000_0100, bytes: vec![7; 300] }];
        let image = Image { name: "x".into(), segments };
        let mut flash = vec![0xFF; 4096];
        flash[0x100..0x100 + 300].fill(7);
        assert_eq!(contents(&flash, 0x1000_0000, &image), []);
        flash[0x8FF] = 1;
        flash[0x900] = 2;
        let found = contents(&flash, 0x1000_0000, &image);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1.len(), found[0].1[0xFF], found[0].1[0x100]), (0x800, 512, 1, 2));
    }

    #[test]
    fn another_board_is_refused_with_what_to_do() {
        let header = Header {
            firmware: "ab".into(),
            bench: "cd".into(),
            bench_file: Some("/x/bench.toml".into()),
            flash: "ef".into(),
            ..Header::default()
        };
        assert_eq!(header.check(&header), Ok(()));
        for (other, signs) in [
            (
                Header { firmware: "12".into(), ..header.clone() },
                ["other firmware", "--firmware", "ab", "12"],
            ),
            (
                Header { bench: "12".into(), ..header.clone() },
                ["another bench", "--bench", "cd (/x/bench.toml)", "12"],
            ),
            (Header { flash: "12".into(), ..header.clone() }, ["other files", "record anew", "ef", "12"]),
        ] {
            let message = header.check(&other).unwrap_err().to_string();
            assert!(signs.iter().all(|sign| message.contains(sign)), "{message}");
        }
        // Recordings of before did not note the firmware by itself.
        let old = Header { firmware: String::new(), ..header.clone() };
        assert_eq!(old.check(&header), Ok(()));
    }
}
