//! `deflate`: streams that compress what is written to another stream, or decompress what is read from it.

use super::stream::{self, Ops};
use crate::deflate::{Compressor, Inflate, Io, Output, Stop, adler32, crc32};
use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, NativeType, R, Raised};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::Vm;

const AUTO: u32 = 0;
const RAW: u32 = 1;
const ZLIB: u32 = 2;
const GZIP: u32 = 3;

/// The window if none is asked for: small, as compressing searches it.
const DEFAULT_WBITS: u32 = 8;
const EINVAL: i32 = 22;

// ---- the object: w1 = list of the places below, w2 = format | wbits << 2 | close << 8 ----

/// The stream, None once closed.
const STREAM: usize = 0;
/// Each direction: window, state with sums in front; None until needed.
const READ_WINDOW: usize = 1;
const READ_STATE: usize = 2;
const WRITE_WINDOW: usize = 3;
const WRITE_STATE: usize = 4;
const PLACES: usize = 5;

fn place(vm: &Vm, object: Val, at: usize) -> Val {
    vm.heap.list(vm.heap.val(object, 1))[at]
}

fn set_place(vm: &mut Vm, object: Val, at: usize, value: Val) {
    let places = vm.heap.val(object, 1);
    vm.heap.list_mut(places)[at] = value;
}

fn format(vm: &Vm, object: Val) -> u32 {
    vm.heap.w(object, 2) & 3
}

fn wbits(vm: &Vm, object: Val) -> u32 {
    vm.heap.w(object, 2) >> 2 & 15
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [stream, format, wbits, close] =
        args.parse(vm, "DeflateIO", ["stream", "format", "wbits", "close"], 1)?;
    let format = if format.is_null() { 0 } else { vm.index(format)? };
    if !(i64::from(AUTO)..=i64::from(GZIP)).contains(&format) {
        return Err(vm.value_error(format_args!("format")));
    }
    let wbits = if wbits.is_null() { 0 } else { vm.index(wbits)? };
    if wbits != 0 && !(5..=15).contains(&wbits) {
        return Err(vm.value_error(format_args!("wbits")));
    }
    let close = !close.is_null() && vm.truth(close)?;
    let mut places = [Val::NONE; PLACES];
    places[STREAM] = stream;
    let places = vm.heap.new_list(&places)?;
    let options = format as u32 | (wbits as u32) << 2 | u32::from(close) << 8;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::DEFLATE_IO), places.bits(), options, 0)?)
}

fn open_stream(vm: &mut Vm, object: Val) -> R {
    match place(vm, object, STREAM) {
        stream if stream.is_none() => Err(vm.raise_os(EINVAL)),
        stream => Ok(stream),
    }
}

/// Where a direction's sums are kept, in front of its state: format, checksum, bytes, place in the window.
const SUMS: usize = 16;

fn sums(vm: &Vm, state: Val) -> [u32; 4] {
    let bytes = vm.heap.bytes(state);
    core::array::from_fn(|i| bytes[4 * i..4 * i + 4].try_into().map_or(0, u32::from_le_bytes))
}

fn set_sums(vm: &mut Vm, state: Val, sums: [u32; 4]) {
    let bytes = vm.heap.text_mut(state);
    for (to, sum) in bytes.chunks_exact_mut(4).zip(sums) {
        to.copy_from_slice(&sum.to_le_bytes());
    }
}

fn add_sum(format: u32, sum: u32, bytes: &[u8]) -> u32 {
    match format {
        ZLIB => adler32(sum, bytes),
        GZIP => crc32(sum, bytes),
        _ => 0,
    }
}

// ---- reading ----

fn stream_byte(vm: &mut Vm, stream: Val) -> R<u8> {
    let mut byte = [0];
    if stream::read_some(vm, stream, &mut byte)? == 0 {
        return Err(vm.raise(ExcKind::EOFError, format_args!("")));
    }
    Ok(byte[0])
}

/// Reads a header; gives the format and the window's size in bits.
fn read_header(vm: &mut Vm, stream: Val) -> R<Option<(u32, u32)>> {
    let (first, second) = (stream_byte(vm, stream)?, stream_byte(vm, stream)?);
    if (first, second) == (0x1F, 0x8B) {
        let mut rest = [0; 8];
        for byte in &mut rest {
            *byte = stream_byte(vm, stream)?;
        }
        let flags = rest[1];
        if rest[0] != 8 || flags & 0xE0 != 0 {
            return Ok(None);
        }
        if flags & 4 != 0 {
            let length = u16::from_le_bytes([stream_byte(vm, stream)?, stream_byte(vm, stream)?]);
            for _ in 0..length {
                stream_byte(vm, stream)?;
            }
        }
        // Name and comment, each up to a zero.
        for flag in [8, 16] {
            while flags & flag != 0 && stream_byte(vm, stream)? != 0 {}
        }
        if flags & 2 != 0 {
            stream_byte(vm, stream)?;
            stream_byte(vm, stream)?;
        }
        return Ok(Some((GZIP, 15)));
    }
    let valid = u16::from_be_bytes([first, second]) % 31 == 0
        && first & 15 == 8
        && first >> 4 <= 7
        && second & 0x20 == 0;
    Ok(valid.then(|| (ZLIB, u32::from(first >> 4) + 8)))
}

fn start_reading(vm: &mut Vm, object: Val, stream: Val) -> R<()> {
    let (asked, mut bits) = (format(vm, object), wbits(vm, object));
    let mut found = RAW;
    if asked == RAW {
        bits = if bits == 0 { DEFAULT_WBITS } else { bits };
    } else {
        match read_header(vm, stream)? {
            Some((format, most)) if asked == AUTO || asked == format => {
                found = format;
                bits = if bits == 0 { most } else { bits.min(most) };
            }
            _ => return Err(vm.raise_os(EINVAL)),
        }
    }
    let window = vm.heap.new_bytearray_zeroed(1 << bits)?;
    set_place(vm, object, READ_WINDOW, window);
    let state = vm.heap.new_bytearray_zeroed(SUMS + Inflate::SAVED)?;
    set_sums(vm, state, [found, u32::from(found == ZLIB), 0, 0]);
    Inflate::default().save(&mut vm.heap.text_mut(state)[SUMS..]);
    set_place(vm, object, READ_STATE, state);
    Ok(())
}

/// Between a stream and the bytes that `read` wants.
struct Source<'a> {
    vm: &'a mut Vm,
    stream: Val,
    window: Val,
    /// Of the next byte in the window.
    at: usize,
    /// All bytes ever put.
    total: usize,
    out: &'a mut [u8],
    put: usize,
}

impl Io for Source<'_> {
    fn byte(&mut self) -> Result<u8, Stop> {
        stream_byte(self.vm, self.stream).map_err(|_: Raised| Stop::Io)
    }
    fn put(&mut self, byte: u8) -> Result<(), Stop> {
        let window = self.vm.heap.text_mut(self.window);
        window[self.at] = byte;
        self.at = (self.at + 1) & (window.len() - 1);
        self.total += 1;
        self.out[self.put] = byte;
        self.put += 1;
        Ok(())
    }
    fn back(&self, distance: usize) -> Option<u8> {
        let window = self.vm.heap.bytes(self.window);
        (distance <= self.total.min(window.len()))
            .then(|| window[self.at.wrapping_sub(distance) & (window.len() - 1)])
    }
}

fn read(vm: &mut Vm, object: Val, buf: &mut [u8]) -> R<Option<usize>> {
    vm.poll()?;
    let stream = open_stream(vm, object)?;
    if place(vm, object, READ_STATE).is_none() {
        start_reading(vm, object, stream)?;
    }
    let (state, window) = (place(vm, object, READ_STATE), place(vm, object, READ_WINDOW));
    let mut inflate = Inflate::restore(&vm.heap.bytes(state)[SUMS..]);
    if inflate.done() {
        return Ok(Some(0));
    }
    let [format, sum, total, at] = sums(vm, state);
    let most = buf.len();
    let mut source = Source { vm, stream, window, at: at as usize, total: total as usize, out: buf, put: 0 };
    let result = inflate.run(&mut source, most);
    let (at, total, put) = (source.at as u32, source.total as u32, source.put);
    let sum = add_sum(format, sum, &buf[..put]);
    set_sums(vm, state, [format, sum, total, at]);
    inflate.save(&mut vm.heap.text_mut(state)[SUMS..]);
    match result {
        Err(Stop::Io) => return Err(Raised),
        Err(Stop::Data) => return Err(vm.raise_os(EINVAL)),
        Ok(_) => {}
    }
    if inflate.done() && !check_trailer(vm, stream, format, sum, total)? {
        return Err(vm.raise_os(EINVAL));
    }
    Ok(Some(put))
}

fn check_trailer(vm: &mut Vm, stream: Val, format: u32, sum: u32, total: u32) -> R<bool> {
    let mut trailer = [0; 8];
    let length = [0, 0, 4, 8][format as usize];
    for byte in &mut trailer[..length] {
        *byte = stream_byte(vm, stream)?;
    }
    let mut wanted = [0; 8];
    put_trailer(format, sum, total, &mut wanted);
    Ok(trailer == wanted)
}

/// The sums at the end of a stream, in the order of their bytes; gives their length.
fn put_trailer(format: u32, sum: u32, total: u32, out: &mut [u8; 8]) -> usize {
    match format {
        ZLIB => {
            out[..4].copy_from_slice(&sum.to_be_bytes());
            4
        }
        GZIP => {
            out[..4].copy_from_slice(&sum.to_le_bytes());
            out[4..].copy_from_slice(&total.to_le_bytes());
            8
        }
        _ => 0,
    }
}

// ---- writing ----

fn start_writing(vm: &mut Vm, object: Val, stream: Val) -> R<()> {
    let format = format(vm, object);
    let bits = match wbits(vm, object) {
        0 => DEFAULT_WBITS,
        bits => bits,
    };
    let window = vm.heap.new_bytearray_zeroed(1 << bits)?;
    let state = vm.heap.new_bytearray_zeroed(SUMS + Compressor::SAVED)?;
    set_sums(vm, state, [format, u32::from(format == ZLIB), 0, 0]);
    let first = 8 | (bits.saturating_sub(8).max(1) << 4) as u8;
    let flags = 31 - (u16::from_be_bytes([first, 0x80]) % 31) as u8;
    let header: &[u8] = match format {
        ZLIB => &[first, 0x80 | flags],
        GZIP => &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3],
        _ => &[],
    };
    if !header.is_empty() && stream::write_some(vm, stream, header).is_err() {
        vm.take_exc();
        return Err(vm.raise_os(EINVAL));
    }
    set_place(vm, object, WRITE_WINDOW, window);
    set_place(vm, object, WRITE_STATE, state);
    step(vm, stream, state, |compressor, _, out| compressor.start(out))
}

/// Lets the compressor do something and sends what it gives, a byte at a time: streams that fail then know where.
fn step(
    vm: &mut Vm,
    stream: Val,
    state: Val,
    f: impl FnOnce(&mut Compressor, &mut Vm, &mut Output),
) -> R<()> {
    let mut compressor = Compressor::restore(&vm.heap.bytes(state)[SUMS..]);
    let mut out = Output::default();
    f(&mut compressor, vm, &mut out);
    vm.heap.text_mut(state)[SUMS..].copy_from_slice(&compressor.save());
    for &byte in out.bytes() {
        stream::write_some(vm, stream, &[byte])?;
    }
    Ok(())
}

fn write(vm: &mut Vm, object: Val, bytes: &[u8]) -> R<Option<usize>> {
    let stream = open_stream(vm, object)?;
    if place(vm, object, WRITE_STATE).is_none() {
        start_writing(vm, object, stream)?;
    }
    let (state, window) = (place(vm, object, WRITE_STATE), place(vm, object, WRITE_WINDOW));
    let [format, sum, total, _] = sums(vm, state);
    let sum = add_sum(format, sum, bytes);
    set_sums(vm, state, [format, sum, total.wrapping_add(bytes.len() as u32), 0]);
    let mut rest = bytes;
    while !rest.is_empty() {
        step(vm, stream, state, |compressor, vm, out| {
            let n = compressor.step(vm.heap.bytes(window), rest, out);
            compressor.push(vm.heap.text_mut(window), &rest[..n]);
            rest = &rest[n..];
        })?;
        vm.poll()?;
    }
    Ok(Some(bytes.len()))
}

fn finish_writing(vm: &mut Vm, stream: Val, state: Val) -> R<()> {
    step(vm, stream, state, |compressor, _, out| compressor.finish(out))?;
    let [format, sum, total, _] = sums(vm, state);
    let mut trailer = [0; 8];
    match put_trailer(format, sum, total, &mut trailer) {
        0 => Ok(()),
        n => stream::write_some(vm, stream, &trailer[..n]),
    }
}

fn close(vm: &mut Vm, object: Val) -> R<()> {
    let stream = place(vm, object, STREAM);
    if stream.is_none() {
        return Ok(());
    }
    let state = place(vm, object, WRITE_STATE);
    let finished = if state.is_none() { Ok(()) } else { finish_writing(vm, stream, state) };
    let places = vm.heap.val(object, 1);
    vm.heap.list_mut(places).fill(Val::NONE);
    if vm.heap.w(object, 2) >> 8 != 0 {
        stream::close_any(vm, stream)?;
    }
    finished
}

/// The operations of a DeflateIO.
pub static OPS: Ops = Ops { text: false, read, write, seek: stream::no_seek, flush: stream::no_flush, close };

/// The type.
pub static DEFLATE_IO: NativeType = NativeType {
    id: ids::DEFLATE_IO,
    name: "DeflateIO",
    new: Some(new),
    next: Some(stream::next_line),
    entries: &[
        stream::CLOSE,
        stream::READ,
        stream::READINTO,
        stream::READLINE,
        stream::READLINES,
        stream::WRITE,
        stream::ENTER,
        stream::EXIT,
    ],
    ..NativeType::EMPTY
};

// ---- for zlib, which is Python ----

fn checksum(vm: &mut Vm, args: Args, start: u32, f: fn(u32, &[u8]) -> u32) -> R {
    let data = args.get(vm, 0);
    let data = Buffer::read(vm, data)?;
    let start = match args.opt(vm, 1) {
        Some(v) => vm.index(v)? as u32,
        None => start,
    };
    let sum = f(start, data.bytes(&vm.heap));
    Ok(vm.heap.new_uint(sum.into())?)
}

/// The module.
pub static DEFLATE: NativeModule = NativeModule {
    id: modules::DEFLATE,
    name: "deflate",
    entries: &[
        Entry::Int("AUTO", AUTO as i64),
        Entry::Type("DeflateIO", &DEFLATE_IO),
        Entry::Int("GZIP", GZIP as i64),
        Entry::Int("RAW", RAW as i64),
        Entry::Int("ZLIB", ZLIB as i64),
        Entry::Fn("_adler32", 1, 2, |vm, args| checksum(vm, args, 1, adler32)),
        Entry::Fn("_crc32", 1, 2, |vm, args| checksum(vm, args, 0, crc32)),
    ],
    ..NativeModule::EMPTY
};
