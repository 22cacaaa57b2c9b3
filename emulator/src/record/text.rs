//! Recordings as text: a header, then a line an event. See [`Recording`].

use std::fmt::{self, Write};
use std::str::FromStr;

use super::{Entry, Header, Stimulus};
use crate::air::Frame;
use crate::chip::DiskRequest;
use crate::clock::Time;

pub(super) const MAGIC: &str = "solderless recording 1";

/// A session as a file.
///
/// The first line is `solderless recording 1`; empty lines and lines that begin with `#` say nothing. The lines of
/// the [`Header`] name what the board started from. Every other line is a time in seconds of virtual time with nine
/// decimals, not before the line above, and what came then. Of a radio's frame: when its first bit was sent, MHz,
/// bits a second, dBm, address in hexadecimal, and the bits after it.
///
/// ```text
/// board pico
/// firmware sha256 3f5a…
/// bench file bench.toml
/// bench sha256 91c0…
/// script file main.py
/// flash sha256 77e2…
/// flash holds 0x140000 ffff0102…
/// 0.412000000 type "print(1)\r\n\x04"
/// 1.500000000 set pot.position 0.75
/// 2.000000000 release pot.position
/// 2.500000000 hear 2.499990000 2407 1000000 -60 7469627500 0110…
/// 2.500000000 serial 9600 "AT\r\n"
/// 3.000000000 reset
/// 4.000000000 flash 0x140000 ffff0102
/// 9.000000000 end
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What it was made with.
    pub header: Header,
    /// What entered, in order of time.
    pub entries: Vec<Entry>,
    /// When the session ended; `None` when it was cut off.
    pub end: Option<Time>,
}

/// Why a text is no recording, or one of another board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// It does not begin as one.
    #[error("not a recording: its first line must be `{MAGIC}`")]
    NotARecording,
    /// A line makes no sense.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from one.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The board differs.
    #[error(
        "this recording was made with {what}: it would not repeat here\n  recorded with {recorded}\n  present       {present}\n  {advice}"
    )]
    Mismatch {
        /// What differs.
        what: &'static str,
        /// The digest in the recording.
        recorded: String,
        /// The digest of what is here.
        present: String,
        /// What to do.
        advice: &'static str,
    },
}

impl fmt::Display for Entry {
    /// A line of a recording, without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.at)?;
        match &self.what {
            Stimulus::Type(bytes) => write!(f, " type \"{}\"", bytes.escape_ascii()),
            Stimulus::Set { part, input, value } => write!(f, " set {part}.{input} {value}"),
            Stimulus::Release { part, input } => write!(f, " release {part}.{input}"),
            Stimulus::Hear(Frame { start, mhz, bit_rate, address, bits, dbm }) => {
                f.write_str(" hear ")?;
                seconds(f, *start)?;
                write!(f, " {mhz} {bit_rate} {dbm} {} ", hex(address))?;
                bits.iter().try_for_each(|&bit| f.write_char(if bit { '1' } else { '0' }))
            }
            Stimulus::Serial { baud, bytes } => write!(f, " serial {baud} \"{}\"", bytes.escape_ascii()),
            Stimulus::Reset => f.write_str(" reset"),
            Stimulus::Disk(DiskRequest::Read { lba, count }) => write!(f, " disk-read {lba} {count}"),
            Stimulus::Disk(DiskRequest::Write { lba, data }) => {
                write!(f, " disk-write {lba} ")?;
                data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Stimulus::Flash { offset, bytes } => {
                write!(f, " flash {offset:#x} {}", hex(bytes))
            }
        }
    }
}

fn seconds(f: &mut impl Write, t: Time) -> fmt::Result {
    write!(f, "{}.{:09}", t.nanos() / 1_000_000_000, t.nanos() % 1_000_000_000)
}

impl Recording {
    /// The last line of a session that ended at `t`.
    pub fn end_line(t: Time) -> String {
        let mut line = String::new();
        // Writing to a string cannot fail.
        let _ = seconds(&mut line, t);
        line + " end\n"
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header.to_text())?;
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))?;
        self.end.map_or(Ok(()), |end| f.write_str(&Recording::end_line(end)))
    }
}

impl FromStr for Recording {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Recording, RecordingError> {
        let mut lines = text.lines().enumerate();
        if lines.next().is_none_or(|(_, line)| line.trim_end() != MAGIC) {
            return Err(RecordingError::NotARecording);
        }
        let mut recording = Recording::default();
        let mut now = Time::ZERO;
        for (index, line) in lines {
            let wrong = |what: String| RecordingError::Line { line: index + 1, what };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if recording.end.is_some() {
                return Err(wrong("nothing can come after the end".to_owned()));
            }
            if let Some(taken) = recording.header.take(line) {
                taken.map_err(wrong)?;
                continue;
            }
            let (time, what) = line.split_once(' ').unwrap_or((line, ""));
            let at = parse_time(time).ok_or_else(|| wrong(format!("`{time}` is no time in seconds")))?;
            if at < now {
                return Err(wrong(format!("{time} s is before the line above")));
            }
            now = at;
            if what.trim() == "end" {
                recording.end = Some(at);
                continue;
            }
            let what = parse_stimulus(what.trim()).map_err(wrong)?;
            recording.entries.push(Entry { at, what });
        }
        Ok(recording)
    }
}

fn parse_time(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: u64 = format!("{fraction:0<9}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanos).map(Time)
}

fn parse_stimulus(text: &str) -> Result<Stimulus, String> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let input = |name: &str| {
        let (part, input) =
            name.rsplit_once('.').ok_or_else(|| format!("`{name}` is no input: expected part.input"))?;
        Ok::<_, String>((part.to_owned(), input.to_owned()))
    };
    match word {
        "type" => Ok(Stimulus::Type(quoted(rest)?)),
        "serial" => {
            let (baud, text) = rest.split_once(' ').ok_or("expected a rate and text")?;
            let baud = baud.parse().map_err(|_| format!("`{baud}` is no rate in bits a second"))?;
            Ok(Stimulus::Serial { baud, bytes: quoted(text)? })
        }
        "set" => {
            let (name, value) = rest.rsplit_once(' ').ok_or("expected an input and a value")?;
            let (part, input) = input(name)?;
            let value = value.parse().map_err(|_| format!("`{value}` is no number"))?;
            Ok(Stimulus::Set { part, input, value })
        }
        "release" => input(rest).map(|(part, input)| Stimulus::Release { part, input }),
        "hear" => parse_frame(rest).map(Stimulus::Hear).ok_or_else(|| {
            "expected a time, MHz, bits a second, dBm, an address in hexadecimal, and bits".to_owned()
        }),
        "reset" => Ok(Stimulus::Reset),
        "disk-read" | "disk-write" => {
            let request = rest.split_once(' ').and_then(|(lba, what)| {
                let lba = lba.parse().ok()?;
                Some(match word {
                    "disk-read" => DiskRequest::Read { lba, count: what.parse().ok()? },
                    _ => DiskRequest::Write { lba, data: parse_hex(what)? },
                })
            });
            let wanted = "expected a block's number and how many blocks, or bytes in hexadecimal";
            request.map(Stimulus::Disk).ok_or_else(|| wanted.to_owned())
        }
        "flash" => placed_bytes(rest).map(|(offset, bytes)| Stimulus::Flash { offset, bytes }),
        _ => Err(format!(
            "`{word}` is no event: expected type, set, release, hear, serial, reset, disk-read, disk-write, flash or end"
        )),
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |&byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    bytes.iter().flat_map(digits).collect()
}

/// `0x1000 ff01`: an offset and bytes.
pub(super) fn placed_bytes(text: &str) -> Result<(usize, Vec<u8>), String> {
    let (offset, bytes) = text.split_once(' ').ok_or("expected an offset and bytes")?;
    let offset = offset.strip_prefix("0x").and_then(|digits| usize::from_str_radix(digits, 16).ok());
    let placed = offset.zip(parse_hex(bytes));
    placed.ok_or_else(|| "expected an offset such as 0x1000 and bytes in hexadecimal".to_owned())
}

fn parse_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            &[high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

fn parse_frame(text: &str) -> Option<Frame> {
    let mut words = text.split(' ');
    let frame = Frame {
        start: parse_time(words.next()?)?,
        mhz: words.next()?.parse().ok()?,
        bit_rate: words.next()?.parse().ok().filter(|rate| *rate > 0)?,
        dbm: words.next()?.parse().ok()?,
        address: parse_hex(words.next()?)?,
        bits: words.next()?.chars().map(|bit| bit.to_digit(2).map(|bit| bit == 1)).collect::<Option<_>>()?,
    };
    words.next().is_none().then_some(frame)
}

/// Bytes in double quotes.
fn quoted(text: &str) -> Result<Vec<u8>, String> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.and_then(unescape).ok_or_else(|| "expected text in double quotes".to_owned())
}

/// The reverse of [`u8::escape_ascii`].
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                byte @ (b'\\' | b'"' | b'\'') => byte,
                b'x' => {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    (digit(rest.next()?)? << 4 | digit(rest.next()?)?) as u8
                }
                _ => return None,
            },
            b'"' => return None,
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording() -> Recording {
        let at = |ms, what| Entry { at: Time::from_millis(ms), what };
        Recording {
            header: Header {
                board: "pico".to_owned(),
                firmware: "12".to_owned(),
                firmware_file: None,
                bench: "cd".to_owned(),
                bench_file: Some("my bench.toml".to_owned()),
                uart: Some("GP0 GP1".to_owned()),
                script: Some("/x/main.py".to_owned()),
                flash: "ab".to_owned(),
                contents: vec![(0x100, vec![1, 255]), (0x2000, vec![0])],
            },
            entries: vec![
                at(1, Stimulus::Type((0..=255).collect())),
                at(1, Stimulus::Type(b"say \"\\n\"\r\n".to_vec())),
                at(20, Stimulus::Set { part: "my.pot".into(), input: "position".into(), value: 0.1 + 0.2 }),
                at(20, Stimulus::Release { part: "pot".into(), input: "position".into() }),
                at(
                    21,
                    Stimulus::Hear(Frame {
                        start: Time(20_999_990),
                        mhz: 2407,
                        bit_rate: 1_000_000,
                        address: vec![0x74, 0],
                        bits: vec![true, false, false],
                        dbm: -60,
                    }),
                ),
                at(21, Stimulus::Serial { baud: 9600, bytes: b"a\"\0".to_vec() }),
                at(3_000, Stimulus::Reset),
                at(3_000, Stimulus::Disk(DiskRequest::Read { lba: 7, count: 2 })),
                at(3_000, Stimulus::Disk(DiskRequest::Write { lba: 9, data: vec![1, 254] })),
                at(3_000, Stimulus::Flash { offset: 0x1F_F000, bytes: vec![0, 255, 16] }),
            ],
            end: Some(Time(9_000_000_001)),
        }
    }

    #[test]
    fn a_recording_survives_being_written_and_read() {
        let text = recording().to_string();
        assert_eq!(text.parse(), Ok(recording()));
        assert!(text.is_ascii() && text.lines().count() == 21);
        assert!(text.ends_with("\n9.000000001 end\n"));
        let commented = text.replace("\n", "\n# a remark\n\n");
        assert_eq!(commented.parse(), Ok(recording()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!("1.0 reset".parse::<Recording>(), Err(RecordingError::NotARecording));
        for (line, what) in [
            ("x reset", "`x` is no time in seconds"),
            ("1.0000000001 reset", "`1.0000000001` is no time in seconds"),
            (
                "1.0 jump",
                "`jump` is no event: expected type, set, release, hear, serial, reset, disk-read, disk-write, flash or end",
            ),
            ("1.0 type hello", "expected text in double quotes"),
            ("1.0 type \"\\q\"", "expected text in double quotes"),
            ("1.0 set pot 1", "`pot` is no input: expected part.input"),
            ("1.0 set pot.x y", "`y` is no number"),
            ("1.0 flash 12 zz", "expected an offset such as 0x1000 and bytes in hexadecimal"),
            (
                "1.0 hear 0.9 2407 0 -60 74 01",
                "expected a time, MHz, bits a second, dBm, an address in hexadecimal, and bits",
            ),
            ("flash holds 12", "expected an offset and bytes"),
            ("1.0 end\n1.0 reset", "nothing can come after the end"),
            ("1.0 reset\n0.5 reset", "0.5 s is before the line above"),
        ] {
            let error = format!("{MAGIC}\n{line}").parse::<Recording>().unwrap_err();
            let RecordingError::Line { what: said, .. } = error else { panic!("{line}: {error}") };
            assert_eq!(said, what, "{line}");
        }
    }
}
