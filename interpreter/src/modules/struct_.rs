//! `struct`: values from and to bytes by a format.

use alloc::vec::Vec;

use crate::objects::buffer::Buffer;
use crate::objects::native::{ANY, Args, Entry, ExcKind, NativeModule, R};
use crate::objects::typecode;
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The module.
pub static STRUCT: NativeModule = NativeModule {
    id: modules::STRUCT,
    name: "struct",
    entries: &[
        Entry::Fn("calcsize", 1, 1, calcsize),
        Entry::Fn("pack", 1, ANY, pack),
        Entry::Fn("pack_into", 3, ANY, pack_into),
        Entry::Fn("unpack", 2, 2, unpack),
        Entry::Fn("unpack_from", 2, 3, unpack_from),
        Entry::Fn("iter_unpack", 2, 2, iter_unpack),
        Entry::Val("error", ExcKind::ValueError.val()),
    ],
    ..NativeModule::EMPTY
};

/// One element of a format: a type code with its count.
#[derive(Clone, Copy, Debug)]
struct Item {
    code: u8,
    /// Number of values, or length of an `s`.
    count: usize,
    /// Offset of the first byte.
    offset: usize,
}

/// A parsed format.
struct Format {
    items: Vec<Item>,
    big_endian: bool,
    /// Bytes in all.
    size: usize,
    /// Values in all.
    values: usize,
}

impl Format {
    fn parse(vm: &mut Vm, format: Val) -> R<Format> {
        let mut codes = Vec::new();
        let Some(text) = vm.heap.as_bytes(format) else {
            return Err(vm.type_error(format_args!("Struct() argument 1 must be a str or bytes object")));
        };
        if codes.try_reserve_exact(text.len()).is_err() {
            return Err(vm.no_memory());
        }
        codes.extend_from_slice(text);
        let (big_endian, native, mut rest) = match codes.first() {
            Some(b'>' | b'!') => (true, false, &codes[1..]),
            Some(b'<' | b'=') => (false, false, &codes[1..]),
            Some(b'@') => (false, true, &codes[1..]),
            _ => (false, true, &codes[..]),
        };
        let mut parsed = Format { items: Vec::new(), big_endian, size: 0, values: 0 };
        while let Some(&first) = rest.first() {
            if first.is_ascii_whitespace() {
                rest = &rest[1..];
                continue;
            }
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let count = rest[..digits]
                .iter()
                .try_fold(0usize, |n, &d| n.checked_mul(10)?.checked_add(usize::from(d - b'0')));
            let Some(count) = count.filter(|&n| n <= i32::MAX as usize) else {
                return Err(vm.value_error(format_args!("total struct size too long")));
            };
            let count = if digits == 0 { 1 } else { count };
            let Some(&code) = rest.get(digits) else {
                return Err(vm.value_error(format_args!("repeat count given without format specifier")));
            };
            rest = &rest[digits + 1..];
            let known = typecode::size_of(code).filter(|_| native || !matches!(code, b'n' | b'N' | b'P'));
            let Some(size) = known else {
                return Err(vm.value_error(format_args!("bad char in struct format")));
            };
            if native {
                parsed.size = parsed.size.next_multiple_of(size);
            }
            let end = count.checked_mul(size).and_then(|bytes| parsed.size.checked_add(bytes));
            let Some(end) = end.filter(|&end| end <= i32::MAX as usize) else {
                return Err(vm.value_error(format_args!("total struct size too long")));
            };
            if parsed.items.try_reserve(1).is_err() {
                return Err(vm.no_memory());
            }
            parsed.items.push(Item { code, count, offset: parsed.size });
            parsed.size = end;
            parsed.values += match code {
                b'x' => 0,
                b's' | b'p' => 1,
                _ => count,
            };
        }
        Ok(parsed)
    }

    fn unpack(&self, vm: &mut Vm, buffer: &Buffer, offset: usize) -> R {
        let out = vm.heap.new_list_cap(self.values)?;
        for item in &self.items {
            let start = offset + item.offset;
            match item.code {
                b'x' => {}
                b's' | b'p' => {
                    let bytes = copied(vm, buffer, start, item.count)?;
                    let content = match (item.code, bytes.first()) {
                        (b'p', Some(&len)) => &bytes[1..bytes.len().min(1 + usize::from(len))],
                        _ => &bytes[..],
                    };
                    let value = vm.heap.new_bytes(content)?;
                    vm.heap.list_push(out, value)?;
                }
                code => {
                    let size = typecode::size_of(code).unwrap_or(1);
                    for i in 0..item.count {
                        let mark = vm.heap.mark_temps();
                        let mut bytes = [0; 8];
                        let from = start + i * size;
                        bytes[..size].copy_from_slice(&buffer.bytes(&vm.heap)[from..from + size]);
                        let value = typecode::read(vm, code, &bytes[..size], self.big_endian)?;
                        vm.heap.list_push(out, value)?;
                        vm.heap.release_temps(mark);
                        vm.poll()?;
                    }
                }
            }
        }
        Ok(vm.heap.new_tuple_of(out, 0, self.values)?)
    }

    /// As in MicroPython, what has no value stays 0.
    fn pack(&self, vm: &mut Vm, args: Args, buffer: &Buffer, offset: usize) -> R<()> {
        if args.n > self.values {
            return Err(vm.value_error(format_args!(
                "pack expected {} items for packing (got {})",
                self.values, args.n
            )));
        }
        buffer.bytes_mut(&mut vm.heap)[offset..offset + self.size].fill(0);
        let mut next = 0;
        for item in &self.items {
            let start = offset + item.offset;
            match item.code {
                b'x' => {}
                b's' | b'p' => {
                    let Some(value) = args.opt(vm, next) else { return Ok(()) };
                    next += 1;
                    let source = if vm.heap.is_str(value) {
                        Buffer { owner: value, start: 0, len: vm.heap.bytes(value).len(), typecode: b'B' }
                    } else {
                        Buffer::read(vm, value)?
                    };
                    let skip = usize::from(item.code == b'p');
                    let len = source.len.min(item.count.saturating_sub(skip));
                    let bytes = copied(vm, &source, 0, len)?;
                    let out = &mut buffer.bytes_mut(&mut vm.heap)[start..start + item.count];
                    if skip == 1 && item.count > 0 {
                        out[0] = len.min(255) as u8;
                    }
                    if item.count > 0 {
                        out[skip..skip + len].copy_from_slice(&bytes);
                    }
                }
                code => {
                    let size = typecode::size_of(code).unwrap_or(1);
                    for i in 0..item.count {
                        let Some(value) = args.opt(vm, next) else { return Ok(()) };
                        next += 1;
                        let mut bytes = [0; 8];
                        typecode::write(vm, code, value, &mut bytes, self.big_endian)?;
                        let from = start + i * size;
                        buffer.bytes_mut(&mut vm.heap)[from..from + size].copy_from_slice(&bytes[..size]);
                    }
                }
            }
        }
        Ok(())
    }
}

fn copied(vm: &mut Vm, buffer: &Buffer, start: usize, len: usize) -> R<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(len).is_err() {
        return Err(vm.no_memory());
    }
    out.extend_from_slice(&buffer.bytes(&vm.heap)[start..start + len]);
    Ok(out)
}

/// Where a format of `size` bytes at `offset` (perhaps counted from the end) lies in a buffer.
fn place(vm: &mut Vm, what: &str, offset: Val, size: usize, len: usize) -> R<usize> {
    let given = vm.index(offset)?;
    let at = if given < 0 { given + len as i64 } else { given };
    match usize::try_from(at) {
        Ok(at) if at.checked_add(size).is_some_and(|end| end <= len) => Ok(at),
        Ok(at) => Err(vm.value_error(format_args!(
            "{what} requires a buffer of at least {} bytes for {what} {size} bytes at offset {given} (actual buffer size is {len})",
            at.saturating_add(size)
        ))),
        Err(_) => Err(vm.value_error(format_args!("offset {given} out of range for {len}-byte buffer"))),
    }
}

fn calcsize(vm: &mut Vm, args: Args) -> R {
    let format = Format::parse(vm, args.get(vm, 0))?;
    Ok(vm.heap.new_int(format.size as i64)?)
}

fn pack(vm: &mut Vm, args: Args) -> R {
    let format = Format::parse(vm, args.get(vm, 0))?;
    let out = vm.heap.new_bytearray_zeroed(format.size)?;
    let buffer = Buffer { owner: out, start: 0, len: format.size, typecode: b'B' };
    format.pack(vm, args.skip(1), &buffer, 0)?;
    Ok(vm.heap.finish_bytes(out)?)
}

fn pack_into(vm: &mut Vm, args: Args) -> R {
    let format = Format::parse(vm, args.get(vm, 0))?;
    let buffer = Buffer::write(vm, args.get(vm, 1))?;
    let offset = place(vm, "pack_into", args.get(vm, 2), format.size, buffer.len)?;
    format.pack(vm, args.skip(3), &buffer, offset)?;
    Ok(Val::NONE)
}

fn unpack(vm: &mut Vm, args: Args) -> R {
    let format = Format::parse(vm, args.get(vm, 0))?;
    let buffer = Buffer::read(vm, args.get(vm, 1))?;
    if buffer.len != format.size {
        return Err(vm.value_error(format_args!("unpack requires a buffer of {} bytes", format.size)));
    }
    format.unpack(vm, &buffer, 0)
}

fn unpack_from(vm: &mut Vm, args: Args) -> R {
    let format = Format::parse(vm, args.get(vm, 0))?;
    let buffer = Buffer::read(vm, args.get(vm, 1))?;
    let offset = args.opt(vm, 2).unwrap_or(Val::ZERO);
    let offset = place(vm, "unpack_from", offset, format.size, buffer.len)?;
    format.unpack(vm, &buffer, offset)
}

/// All records at once: an iterator over the list of them.
fn iter_unpack(vm: &mut Vm, args: Args) -> R {
    let format = Format::parse(vm, args.get(vm, 0))?;
    let buffer = Buffer::read(vm, args.get(vm, 1))?;
    if format.size == 0 || !buffer.len.is_multiple_of(format.size) {
        return Err(vm.value_error(format_args!(
            "iterative unpacking requires a buffer of a multiple of {} bytes",
            format.size
        )));
    }
    let records = vm.heap.new_list_cap(buffer.len / format.size)?;
    for offset in (0..buffer.len).step_by(format.size) {
        let mark = vm.heap.mark_temps();
        let record = format.unpack(vm, &buffer, offset)?;
        vm.heap.list_push(records, record)?;
        vm.heap.release_temps(mark);
    }
    vm.iter(records)
}
