//! What files, `StringIO`, UARTs and the console have in common: Python's stream methods, written once
//! on a small table of operations that each stream type fills in.

use crate::heap::Kind;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, ExcKind, R};
use crate::value::Val;
use crate::vm::Vm;

/// Bytes moved at a time between the Python heap and a stream.
const CHUNK: usize = 256;

/// Where `seek` counts from: 0 start, 1 position, 2 end, as in Python.
pub type Whence = i64;

/// What a stream type can do. `None` as a result of reading or writing: nothing now, try later.
#[derive(Clone, Copy)]
pub struct Ops {
    /// Text: `read` and `write` take str, and sizes count characters.
    pub text: bool,
    /// Reads some bytes; `Some(0)` is the end.
    pub read: fn(&mut Vm, Val, &mut [u8]) -> R<Option<usize>>,
    /// Writes some bytes.
    pub write: fn(&mut Vm, Val, &[u8]) -> R<Option<usize>>,
    /// Moves; gives the new position. Streams without a position raise OSError(EINVAL).
    pub seek: fn(&mut Vm, Val, i64, Whence) -> R<i64>,
    pub flush: fn(&mut Vm, Val) -> R<()>,
    pub close: fn(&mut Vm, Val) -> R<()>,
}

/// For streams without a position.
///
/// # Errors
/// Always OSError(EINVAL).
pub fn no_seek(vm: &mut Vm, _: Val, _: i64, _: Whence) -> R<i64> {
    Err(vm.raise_os(22))
}

/// For streams that hold nothing back.
///
/// # Errors
/// Never.
pub fn no_flush(_: &mut Vm, _: Val) -> R<()> {
    Ok(())
}

/// The operations of a stream object.
///
/// # Errors
/// TypeError if it is no stream.
fn ops(vm: &mut Vm, stream: Val) -> R<&'static Ops> {
    match native_ops(vm, stream) {
        Some(ops) => Ok(ops),
        None => {
            let name = vm.type_name(stream);
            Err(vm.type_error(format_args!("stream operation not supported by '{name}'")))
        }
    }
}

/// The operations of a stream of a native type.
fn native_ops(vm: &Vm, stream: Val) -> Option<&'static Ops> {
    use super::{deflate, io, machine::uart, ringio, sys};
    use crate::registry::ids;
    if vm.heap.is(stream, Kind::Object) {
        match vm.heap.aux(stream) {
            ids::FILE_IO => Some(&io::FILE_OPS),
            ids::TEXT_IO => Some(&io::TEXT_OPS),
            ids::STRING_IO => Some(&io::STRING_OPS),
            ids::BYTES_IO => Some(&io::BYTES_OPS),
            ids::DEFLATE_IO => Some(&deflate::OPS),
            ids::UART => Some(&uart::OPS),
            ids::RING_IO => Some(&ringio::OPS),
            ids::CONSOLE_TEXT => Some(&sys::TEXT_OPS),
            ids::CONSOLE => Some(&sys::BINARY_OPS),
            _ => None,
        }
    } else {
        None
    }
}

/// The request of `ioctl` that asks for readiness.
const IOCTL_POLL: i32 = 3;
const EINVAL: i32 = 22;

/// Can the object be asked with [`poll`]?
///
/// # Errors
/// OSError if it is no stream.
pub fn check(vm: &mut Vm, stream: Val) -> R<()> {
    if native_ops(vm, stream).is_none() && vm.getattr_opt(stream, "ioctl")?.is_none() {
        return Err(vm.raise(ExcKind::OSError, format_args!("stream operation not supported")));
    }
    Ok(())
}

/// Which of the events (bits of `select`) a stream is ready for: those wanted, errors and hang-ups.
///
/// # Errors
/// OSError with what the `ioctl` method of a stream in Python reports; what it raises.
pub fn poll(vm: &mut Vm, stream: Val, wanted: u32) -> R<u32> {
    use super::select::{POLLIN, POLLOUT};
    use crate::registry::ids;
    if native_ops(vm, stream).is_none() {
        let answer = vm.call_method(stream, "ioctl", &[Val::small(IOCTL_POLL), Val::small(wanted as i32)])?;
        let answer = vm.index(answer)?;
        return match u32::try_from(answer) {
            Ok(events) => Ok(events),
            Err(_) => Err(vm.raise_os(i32::try_from(-answer).unwrap_or(EINVAL))),
        };
    }
    let (readable, writable) = match vm.heap.aux(stream) {
        ids::UART => {
            let id = super::machine::uart::id(vm, stream);
            (vm.hal.uart_any(id) > 0, vm.hal.uart_writable(id))
        }
        ids::RING_IO => (super::ringio::available(vm, stream) > 0, super::ringio::room(vm, stream) > 0),
        ids::CONSOLE_TEXT | ids::CONSOLE => {
            let input = vm.heap.w(stream, 1) == 0;
            (input && vm.hal.console_readable(), !input && vm.hal.console_writable())
        }
        // Files and streams in memory never make anybody wait.
        _ => (true, true),
    };
    let ready = if readable { POLLIN } else { 0 } | if writable { POLLOUT } else { 0 };
    Ok(ready & wanted)
}

/// Whether a byte begins a character.
fn starts_char(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// Turns collected bytes into what reading gives.
fn finish(vm: &mut Vm, builder: Val, text: bool) -> R {
    if !text {
        return Ok(vm.heap.finish_bytes(builder)?);
    }
    if core::str::from_utf8(vm.heap.bytes(builder)).is_err() {
        return Err(vm.raise(ExcKind::UnicodeError, format_args!("the file is not UTF-8 text")));
    }
    Ok(vm.heap.finish_str(builder)?)
}

/// Collects up to `limit` bytes (or characters, of text). `None`: a stream had nothing at all.
fn collect(vm: &mut Vm, stream: Val, ops: &Ops, limit: Option<usize>, stop_at_line: bool) -> R<Option<Val>> {
    let builder = vm.heap.new_builder(0)?;
    let mut units = 0;
    let mut chunk = [0; CHUNK];
    loop {
        // Characters are at least a byte each: as many bytes never give too many.
        let wanted = limit.map_or(CHUNK, |limit| limit - units).min(if stop_at_line { 1 } else { CHUNK });
        if wanted == 0 {
            break;
        }
        let Some(n) = (ops.read)(vm, stream, &mut chunk[..wanted])? else {
            if vm.heap.bytes(builder).is_empty() {
                return Ok(None);
            }
            break;
        };
        if n == 0 {
            break;
        }
        vm.heap.push_bytes(builder, &chunk[..n])?;
        units += if ops.text { chunk[..n].iter().filter(|&&b| starts_char(b)).count() } else { n };
        if ops.text && limit == Some(units) {
            complete_char(vm, stream, ops, builder)?;
        }
        if stop_at_line && chunk[0] == b'\n' {
            break;
        }
    }
    finish(vm, builder, ops.text).map(Some)
}

/// Reads the rest of the last character.
fn complete_char(vm: &mut Vm, stream: Val, ops: &Ops, builder: Val) -> R<()> {
    loop {
        let bytes = vm.heap.bytes(builder);
        let last = bytes.iter().rposition(|&b| starts_char(b)).unwrap_or(0);
        let length = match bytes.get(last) {
            Some(0xC0..=0xDF) => 2,
            Some(0xE0..=0xEF) => 3,
            Some(0xF0..) => 4,
            _ => 1,
        };
        let mut byte = [0];
        if bytes.len() - last >= length || (ops.read)(vm, stream, &mut byte)? != Some(1) {
            return Ok(());
        }
        vm.heap.push_bytes(builder, &byte)?;
    }
}

/// An optional size argument: absent, None and negative mean all.
fn size_arg(vm: &mut Vm, args: Args, i: usize) -> R<Option<usize>> {
    match args.opt(vm, i) {
        Some(v) if !v.is_none() => Ok(usize::try_from(vm.index(v)?).ok()),
        _ => Ok(None),
    }
}

fn read(vm: &mut Vm, args: Args) -> R {
    let stream = args.get(vm, 0);
    let limit = size_arg(vm, args, 1)?;
    let ops = ops(vm, stream)?;
    Ok(collect(vm, stream, ops, limit, false)?.unwrap_or(Val::NONE))
}

fn readline(vm: &mut Vm, args: Args) -> R {
    let stream = args.get(vm, 0);
    let limit = size_arg(vm, args, 1)?;
    let ops = ops(vm, stream)?;
    Ok(collect(vm, stream, ops, limit, true)?.unwrap_or(Val::NONE))
}

/// The next line, for iteration.
///
/// # Errors
/// What reading raises.
pub fn next_line(vm: &mut Vm, stream: Val) -> R<Option<Val>> {
    let ops = ops(vm, stream)?;
    let line = collect(vm, stream, ops, None, true)?;
    Ok(line.filter(|&line| !vm.heap.bytes(line).is_empty()))
}

fn readlines(vm: &mut Vm, args: Args) -> R {
    let stream = args.get(vm, 0);
    let lines = vm.heap.new_list(&[])?;
    loop {
        let mark = vm.heap.mark_temps();
        let Some(line) = next_line(vm, stream)? else { return Ok(lines) };
        vm.heap.list_push(lines, line)?;
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

fn readinto(vm: &mut Vm, args: Args) -> R {
    let (stream, target) = (args.get(vm, 0), args.get(vm, 1));
    let ops = ops(vm, stream)?;
    let buffer = Buffer::write(vm, target)?;
    let limit = size_arg(vm, args, 2)?.unwrap_or(usize::MAX).min(buffer.len);
    let mut chunk = [0; CHUNK];
    let mut done = 0;
    while done < limit {
        let wanted = (limit - done).min(CHUNK);
        match (ops.read)(vm, stream, &mut chunk[..wanted])? {
            None if done == 0 => return Ok(Val::NONE),
            None | Some(0) => break,
            Some(n) => {
                buffer.bytes_mut(&mut vm.heap)[done..done + n].copy_from_slice(&chunk[..n]);
                done += n;
            }
        }
    }
    Ok(Val::small(done as i32))
}

/// Writes the bytes of an object to a stream; gives how many were taken.
fn write_from(
    vm: &mut Vm,
    stream: Val,
    ops: &Ops,
    data: Val,
    from: usize,
    to: Option<usize>,
) -> R<Option<usize>> {
    if ops.text && !vm.heap.is_str(data) {
        let name = vm.type_name(data);
        return Err(vm.type_error(format_args!("write() argument must be str, not {name}")));
    }
    // A str where bytes are wanted passes, as on the official firmware: drivers rely on it.
    let buffer = if vm.heap.is_str(data) { None } else { Some(Buffer::read(vm, data)?) };
    let len = buffer.map_or_else(|| vm.heap.bytes(data).len(), |b| b.len);
    let end = to.map_or(len, |to| to.min(len));
    let mut chunk = [0; CHUNK];
    let mut done = from.min(end);
    while done < end {
        vm.poll()?;
        let n = (end - done).min(CHUNK);
        let bytes = match &buffer {
            Some(buffer) => buffer.bytes(&vm.heap),
            None => vm.heap.bytes(data),
        };
        // A callback may have made a bytearray shorter.
        let Some(bytes) = bytes.get(done..done + n) else { break };
        chunk[..n].copy_from_slice(bytes);
        match (ops.write)(vm, stream, &chunk[..n])? {
            None if done == from => return Ok(None),
            None | Some(0) => break,
            Some(n) => done += n,
        }
    }
    Ok(Some(done - from.min(end)))
}

fn write(vm: &mut Vm, args: Args) -> R {
    let (stream, data) = (args.get(vm, 0), args.get(vm, 1));
    let ops = ops(vm, stream)?;
    // write(data, length) and write(data, offset, length), as the official firmware has them.
    let (from, to) = match (size_arg(vm, args, 2)?, size_arg(vm, args, 3)?) {
        (None, _) => (0, None),
        (Some(length), None) => (0, Some(length)),
        (Some(offset), Some(length)) => (offset, Some(offset.saturating_add(length))),
    };
    let written = write_from(vm, stream, ops, data, from, to)?;
    match written {
        None => Ok(Val::NONE),
        // Text counts characters.
        Some(_) if ops.text => Ok(Val::small(vm.heap.char_len(data) as i32)),
        Some(n) => Ok(Val::small(n as i32)),
    }
}

/// Writes text to a stream object, whatever its type: for `print(file=…)`.
///
/// # Errors
/// What writing raises.
pub fn write_str(vm: &mut Vm, stream: Val, text: Val) -> R<()> {
    if vm.heap.is(stream, Kind::Object) {
        let ops = ops(vm, stream)?;
        write_from(vm, stream, ops, text, 0, None)?;
    } else {
        vm.call_method(stream, "write", &[text])?;
    }
    Ok(())
}

/// What a stream method in Python returned: a count, or an error as a negative number.
fn count(vm: &mut Vm, result: Val) -> R<usize> {
    if result.is_none() {
        return Err(vm.raise_os(11));
    }
    let n = vm.index(result)?;
    usize::try_from(n).map_err(|_| vm.raise_os(n.unsigned_abs() as i32))
}

/// Reads some bytes from any stream, native or with a `readinto` in Python; 0 is the end.
///
/// # Errors
/// What reading raises; OSError(EAGAIN) if there is nothing now.
pub fn read_some(vm: &mut Vm, stream: Val, buf: &mut [u8]) -> R<usize> {
    if vm.heap.is(stream, Kind::Object) {
        let ops = ops(vm, stream)?;
        return match (ops.read)(vm, stream, buf)? {
            Some(n) => Ok(n),
            None => Err(vm.raise_os(11)),
        };
    }
    let mark = vm.heap.mark_temps();
    let target = vm.heap.new_bytearray_zeroed(buf.len())?;
    let result = vm.call_method(stream, "readinto", &[target])?;
    let n = count(vm, result)?.min(buf.len());
    buf[..n].copy_from_slice(&vm.heap.bytes(target)[..n]);
    vm.heap.release_temps(mark);
    Ok(n)
}

/// Writes all of the bytes to any stream, native or with a `write` in Python.
///
/// # Errors
/// What writing raises.
pub fn write_some(vm: &mut Vm, stream: Val, bytes: &[u8]) -> R<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let n = if vm.heap.is(stream, Kind::Object) {
            let ops = ops(vm, stream)?;
            (ops.write)(vm, stream, rest)?.unwrap_or(0)
        } else {
            let mark = vm.heap.mark_temps();
            let data = vm.heap.new_bytearray(rest)?;
            let result = vm.call_method(stream, "write", &[data])?;
            vm.heap.release_temps(mark);
            if result.is_none() { rest.len() } else { count(vm, result)? }
        };
        if n == 0 {
            return Err(vm.raise_os(5));
        }
        rest = rest.get(n..).unwrap_or(&[]);
    }
    Ok(())
}

/// Closes any stream; one in Python by its `close`, or else its `ioctl`.
///
/// # Errors
/// What closing raises.
pub fn close_any(vm: &mut Vm, stream: Val) -> R<()> {
    if vm.heap.is(stream, Kind::Object) {
        let ops = ops(vm, stream)?;
        return (ops.close)(vm, stream);
    }
    if vm.getattr_opt(stream, "close")?.is_some() {
        vm.call_method(stream, "close", &[])?;
    } else if let Some(ioctl) = vm.getattr_opt(stream, "ioctl")? {
        vm.call(ioctl, &[Val::small(4), Val::ZERO])?;
    }
    Ok(())
}

fn seek(vm: &mut Vm, args: Args) -> R {
    let (stream, offset) = (args.get(vm, 0), args.get(vm, 1));
    let offset = vm.index(offset)?;
    let whence = match args.opt(vm, 2) {
        Some(v) => vm.int_in(v, "whence", 0, 2)?,
        None => 0,
    };
    let ops = ops(vm, stream)?;
    let at = (ops.seek)(vm, stream, offset, whence)?;
    Ok(vm.heap.new_int(at)?)
}

fn tell(vm: &mut Vm, args: Args) -> R {
    let stream = args.get(vm, 0);
    let ops = ops(vm, stream)?;
    let at = (ops.seek)(vm, stream, 0, 1)?;
    Ok(vm.heap.new_int(at)?)
}

fn flush(vm: &mut Vm, args: Args) -> R {
    let stream = args.get(vm, 0);
    let ops = ops(vm, stream)?;
    (ops.flush)(vm, stream)?;
    Ok(Val::NONE)
}

fn close(vm: &mut Vm, args: Args) -> R {
    let stream = args.get(vm, 0);
    let ops = ops(vm, stream)?;
    (ops.close)(vm, stream)?;
    Ok(Val::NONE)
}

fn enter(vm: &mut Vm, args: Args) -> R {
    Ok(args.get(vm, 0))
}

/// The methods of every stream type.
pub const READ: Entry = Entry::Fn("read", 1, 2, read);
pub const READLINE: Entry = Entry::Fn("readline", 1, 2, readline);
pub const READLINES: Entry = Entry::Fn("readlines", 1, 1, readlines);
pub const READINTO: Entry = Entry::Fn("readinto", 2, 3, readinto);
pub const WRITE: Entry = Entry::Fn("write", 2, 4, write);
pub const SEEK: Entry = Entry::Fn("seek", 2, 3, seek);
pub const TELL: Entry = Entry::Fn("tell", 1, 1, tell);
pub const FLUSH: Entry = Entry::Fn("flush", 1, 1, flush);
pub const CLOSE: Entry = Entry::Fn("close", 1, 1, close);
pub const ENTER: Entry = Entry::Fn("__enter__", 1, 1, enter);
pub const EXIT: Entry = Entry::Fn("__exit__", 1, 4, close);
