//! Text to bytes and back: UTF-8, ASCII and Latin-1.

use super::buffer::Buffer;
use super::native::{ExcKind, R};
use crate::value::Val;
use crate::vm::Vm;
use alloc::string::String;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Errors {
    Strict,
    Ignore,
    Replace,
    Backslash,
}

fn arguments(vm: &mut Vm, encoding: Val, errors: Val) -> R<(Encoding, Errors)> {
    let name = |vm: &mut Vm, v: Val, what: &str| -> R<Option<String>> {
        if v.is_null() {
            return Ok(None);
        }
        match vm.heap.as_str(v).map(str::to_ascii_lowercase) {
            Some(s) => Ok(Some(s.replace('_', "-"))),
            None => {
                let got = vm.type_name(v);
                Err(vm.type_error(format_args!("argument '{what}' must be str, not {got}")))
            }
        }
    };
    let encoding = match name(vm, encoding, "encoding")?.as_deref() {
        None | Some("utf-8" | "utf8") => Encoding::Utf8,
        Some("ascii" | "us-ascii") => Encoding::Ascii,
        Some("latin-1" | "latin1" | "iso-8859-1") => Encoding::Latin1,
        Some(other) => return Err(vm.raise(ExcKind::LookupError, format_args!("unknown encoding: {other}"))),
    };
    let errors = match name(vm, errors, "errors")?.as_deref() {
        None | Some("strict") => Errors::Strict,
        Some("ignore") => Errors::Ignore,
        Some("replace") => Errors::Replace,
        Some("backslashreplace") => Errors::Backslash,
        Some(other) => {
            return Err(vm.raise(ExcKind::LookupError, format_args!("unknown error handler name '{other}'")));
        }
    };
    Ok((encoding, errors))
}

/// The bytes of a str. `encoding` and `errors` are strs or NULL.
///
/// # Errors
/// UnicodeEncodeError for characters that the encoding lacks; LookupError for unknown names.
pub fn encode(vm: &mut Vm, v: Val, encoding: Val, errors: Val) -> R {
    let (encoding, errors) = arguments(vm, encoding, errors)?;
    let n = vm.heap.bytes(v).len();
    let out = vm.heap.new_builder(n)?;
    if encoding == Encoding::Utf8 || vm.heap.is_ascii(v) {
        vm.heap.push_text(out, v, 0, n)?;
        return Ok(vm.heap.finish_bytes(out)?);
    }
    let (codec, limit) = if encoding == Encoding::Ascii { ("ascii", 128) } else { ("latin-1", 256) };
    let mut at = 0;
    let mut position = 0;
    while at < n {
        let (c, len) = super::text::char_at(vm.heap.bytes(v), at, true);
        let code = c as u32;
        match errors {
            _ if code < limit => vm.heap.push_byte(out, code as u8)?,
            Errors::Ignore => {}
            Errors::Replace => vm.heap.push_byte(out, b'?')?,
            Errors::Backslash => {
                let text = match code {
                    0..0x100 => alloc::format!("\\x{code:02x}"),
                    0x100..0x10000 => alloc::format!("\\u{code:04x}"),
                    _ => alloc::format!("\\U{code:08x}"),
                };
                vm.heap.push_bytes(out, text.as_bytes())?;
            }
            Errors::Strict => {
                let escaped = match code {
                    0..0x100 => alloc::format!("\\x{code:02x}"),
                    0x100..0x10000 => alloc::format!("\\u{code:04x}"),
                    _ => alloc::format!("\\U{code:08x}"),
                };
                return Err(vm.raise(
                    ExcKind::UnicodeEncodeError,
                    format_args!(
                        "'{codec}' codec can't encode character '{escaped}' in position {position}: ordinal not in range({limit})"
                    ),
                ));
            }
        }
        at += len;
        position += 1;
    }
    Ok(vm.heap.finish_bytes(out)?)
}

/// The str that some bytes stand for. `encoding` and `errors` are strs or NULL.
///
/// # Errors
/// UnicodeDecodeError for bytes that mean nothing; LookupError for unknown names.
pub fn decode(vm: &mut Vm, b: Buffer, encoding: Val, errors: Val) -> R {
    let (encoding, errors) = arguments(vm, encoding, errors)?;
    let out = vm.heap.new_builder(b.len)?;
    let mut at = 0;
    loop {
        let s = b.bytes(&vm.heap);
        let rest = s.get(at..).unwrap_or(&[]);
        // As far as it is plain.
        let (good, bad) = match encoding {
            Encoding::Utf8 => match core::str::from_utf8(rest) {
                Ok(_) => (rest.len(), 0),
                Err(e) => (e.valid_up_to(), e.error_len().unwrap_or(rest.len() - e.valid_up_to())),
            },
            _ => {
                let good = rest.iter().position(|b| *b >= 0x80).unwrap_or(rest.len());
                (good, usize::from(good < rest.len()))
            }
        };
        let start = b.start + at;
        vm.heap.push_text(out, b.owner, start, start + good)?;
        if bad == 0 {
            return Ok(vm.heap.finish_str(out)?);
        }
        at += good;
        let s = b.bytes(&vm.heap);
        let first = s[at];
        if encoding == Encoding::Latin1 {
            vm.heap.push_bytes(out, char::from(first).encode_utf8(&mut [0; 4]).as_bytes())?;
        } else {
            match errors {
                Errors::Ignore => {}
                Errors::Replace => vm.heap.push_bytes(out, "\u{fffd}".as_bytes())?,
                Errors::Backslash => {
                    for i in at..at + bad {
                        let text = alloc::format!("\\x{:02x}", b.bytes(&vm.heap)[i]);
                        vm.heap.push_bytes(out, text.as_bytes())?;
                    }
                }
                Errors::Strict if encoding == Encoding::Ascii => {
                    return Err(vm.raise(
                        ExcKind::UnicodeDecodeError,
                        format_args!(
                            "'ascii' codec can't decode byte 0x{first:02x} in position {at}: ordinal not in range(128)"
                        ),
                    ));
                }
                Errors::Strict => {
                    let reason = if matches!(first, 0x80..0xc2 | 0xf5..) {
                        "invalid start byte"
                    } else if at + bad == s.len() {
                        "unexpected end of data"
                    } else {
                        "invalid continuation byte"
                    };
                    if bad > 1 {
                        let last = at + bad - 1;
                        return Err(vm.raise(
                            ExcKind::UnicodeDecodeError,
                            format_args!(
                                "'utf-8' codec can't decode bytes in position {at}-{last}: {reason}"
                            ),
                        ));
                    }
                    return Err(vm.raise(
                        ExcKind::UnicodeDecodeError,
                        format_args!(
                            "'utf-8' codec can't decode byte 0x{first:02x} in position {at}: {reason}"
                        ),
                    ));
                }
            }
        }
        at += bad;
    }
}
