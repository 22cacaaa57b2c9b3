//! `binascii`: hexadecimal, base 64 and checksums.

use alloc::vec::Vec;

use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The module.
pub static BINASCII: NativeModule = NativeModule {
    id: modules::BINASCII,
    name: "binascii",
    entries: &[
        Entry::Fn("hexlify", 1, 3, hexlify),
        Entry::Fn("unhexlify", 1, 1, unhexlify),
        Entry::Fn("b2a_hex", 1, 3, hexlify),
        Entry::Fn("a2b_hex", 1, 1, unhexlify),
        Entry::FnKw("b2a_base64", 1, 1, b2a_base64),
        Entry::Fn("a2b_base64", 1, 1, a2b_base64),
        Entry::Fn("crc32", 1, 2, crc32),
        Entry::Val("Error", ExcKind::ValueError.val()),
    ],
    ..NativeModule::EMPTY
};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a bytes-like object or an ASCII str, copied.
fn input(vm: &mut Vm, value: Val) -> R<Vec<u8>> {
    let buffer = if vm.heap.is_str(value) {
        Buffer { owner: value, start: 0, len: vm.heap.bytes(value).len(), typecode: b'B' }
    } else {
        Buffer::read(vm, value)?
    };
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(buffer.len).is_err() {
        return Err(vm.no_memory());
    }
    bytes.extend_from_slice(buffer.bytes(&vm.heap));
    Ok(bytes)
}

fn with_room(vm: &mut Vm, len: usize) -> R<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(len).is_err() {
        return Err(vm.no_memory());
    }
    Ok(out)
}

/// `hexlify(data[, sep[, bytes_per_sep]])`: a positive group is counted from the end, as in CPython.
fn hexlify(vm: &mut Vm, args: Args) -> R {
    let bytes = input(vm, args.get(vm, 0))?;
    let separator = match args.opt(vm, 1) {
        Some(separator) => match input(vm, separator)?[..] {
            [byte] => Some(byte),
            _ => return Err(vm.value_error(format_args!("sep must be length 1."))),
        },
        None => None,
    };
    let group = match args.opt(vm, 2) {
        Some(group) => vm.index(group)?,
        None => 1,
    };
    let mut out = with_room(vm, bytes.len().saturating_mul(3))?;
    let every = usize::try_from(group.unsigned_abs()).unwrap_or(usize::MAX);
    for (i, byte) in bytes.iter().enumerate() {
        vm.poll()?;
        let done = if group < 0 { i } else { bytes.len() - i };
        if let (Some(separator), true) = (separator, i > 0 && every > 0 && done.is_multiple_of(every)) {
            out.push(separator);
        }
        out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
    Ok(vm.heap.new_bytes(&out)?)
}

fn unhexlify(vm: &mut Vm, args: Args) -> R {
    let text = input(vm, args.get(vm, 0))?;
    if !text.len().is_multiple_of(2) {
        return Err(vm.value_error(format_args!("Odd-length string")));
    }
    let mut out = with_room(vm, text.len() / 2)?;
    for pair in text.chunks_exact(2) {
        vm.poll()?;
        let digit = |c: u8| (c as char).to_digit(16);
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err(vm.value_error(format_args!("Non-hexadecimal digit found")));
        };
        out.push((high << 4 | low) as u8);
    }
    Ok(vm.heap.new_bytes(&out)?)
}

fn b2a_base64(vm: &mut Vm, args: Args) -> R {
    let [data, newline] = args.parse(vm, "b2a_base64", ["data", "*newline"], 1)?;
    let bytes = input(vm, data)?;
    let newline = newline.is_null() || vm.truth(newline)?;
    let mut out = with_room(vm, bytes.len().div_ceil(3).saturating_mul(4).saturating_add(1))?;
    for chunk in bytes.chunks(3) {
        vm.poll()?;
        let word = chunk.iter().fold(0u32, |word, &b| word << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() { BASE64[(word >> (18 - 6 * i) & 63) as usize] } else { b'=' });
        }
    }
    if newline {
        out.push(b'\n');
    }
    Ok(vm.heap.new_bytes(&out)?)
}

/// Characters outside the alphabet are passed over, as CPython does when not strict.
fn a2b_base64(vm: &mut Vm, args: Args) -> R {
    let text = input(vm, args.get(vm, 0))?;
    let mut out = with_room(vm, text.len() / 4 * 3 + 3)?;
    let (mut word, mut digits, mut padding) = (0u32, 0, 0);
    for &c in &text {
        vm.poll()?;
        if c == b'=' {
            padding += 1;
            if digits >= 2 && digits + padding >= 4 {
                break;
            }
            continue;
        }
        let Some(digit) = BASE64.iter().position(|&d| d == c) else { continue };
        padding = 0;
        word = word << 6 | digit as u32;
        digits += 1;
        if digits == 4 {
            out.extend([(word >> 16) as u8, (word >> 8) as u8, word as u8]);
            (word, digits) = (0, 0);
        }
    }
    match (digits, padding) {
        (0, _) => {}
        (2, 2..) => out.push((word >> 4) as u8),
        (3, 1..) => out.extend([(word >> 10) as u8, (word >> 2) as u8]),
        _ => return Err(vm.value_error(format_args!("Incorrect padding"))),
    }
    Ok(vm.heap.new_bytes(&out)?)
}

/// The CRC-32 of ISO 3309 and zlib.
fn crc32(vm: &mut Vm, args: Args) -> R {
    let buffer = Buffer::read(vm, args.get(vm, 0))?;
    let start = match args.opt(vm, 1) {
        Some(start) => vm.index(start)? as u32,
        None => 0,
    };
    // Four bits at a time: a table of 16 words where the usual one has 256.
    let mut crc = !start;
    let mut at = 0;
    // A callback may make a bytearray shorter meanwhile.
    while let Some(rest) = buffer.bytes(&vm.heap).get(at..).filter(|rest| !rest.is_empty()) {
        let part = &rest[..rest.len().min(4096)];
        for &byte in part {
            crc ^= u32::from(byte);
            for _ in 0..2 {
                crc = (crc >> 4) ^ NIBBLES[(crc & 15) as usize];
            }
        }
        at += part.len();
        vm.poll()?;
    }
    Ok(vm.heap.new_int(i64::from(!crc))?)
}

const NIBBLES: [u32; 16] = {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (mut word, mut bit) = (i as u32, 0);
        while bit < 4 {
            word = (word >> 1) ^ ((word & 1) * 0xedb8_8320);
            bit += 1;
        }
        table[i] = word;
        i += 1;
    }
    table
};
