//! `io`: files of the board's file system, and files in memory.

use alloc::format;

use super::stream::{self, Ops};
use super::vfs::{Place, volume};
use crate::fs::{FsError, Handle, OpenMode, Whence};
use crate::heap::Kind;
use crate::heap::cell::{F_V1, F_V3, header};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- files: w1 = handle (or CLOSED), w3 = file system (NULL: the board's flash) ----

/// No handle has this number.
const CLOSED: u32 = u32::MAX;

/// `mode` of `open`: how to open, and whether as text.
fn parse_mode(mode: &str) -> Option<(OpenMode, bool)> {
    let mut kinds = mode.chars().filter(|c| "rwax".contains(*c));
    let kind = kinds.next()?;
    let rest_known = mode.chars().all(|c| "rwaxbt+".contains(c));
    let binary = mode.contains('b');
    if kinds.next().is_some() || !rest_known || (binary && mode.contains('t')) {
        return None;
    }
    let plus = mode.contains('+');
    let open = OpenMode {
        read: kind == 'r' || plus,
        write: kind != 'r' || plus,
        create: kind != 'r',
        exclusive: kind == 'x',
        truncate: kind == 'w',
        append: kind == 'a',
    };
    Some((open, !binary))
}

/// `open(file, mode='r', …)`; `buffering`, `encoding` and the like are taken and mean nothing here.
///
/// # Errors
/// ValueError for a bad mode; OSError.
pub fn open(vm: &mut Vm, args: Args) -> R {
    let names = ["file", "mode", "buffering", "encoding", "errors", "newline"];
    let [file, mode, ..] = args.parse(vm, "open", names, 1)?;
    let mode = if mode.is_null() { alloc::string::String::from("r") } else { vm.str_arg(mode)? };
    let path = vm.path_text(file)?;
    match vm.locate(&path)? {
        Place::Native(fs, path) => open_on(vm, fs, &path, &mode),
        Place::Python(fs, path) => {
            let (path, mode) = (vm.new_str(&path)?, vm.new_str(&mode)?);
            vm.call_method(fs, "open", &[path, mode])
        }
        Place::Root => Err(vm.raise_os(FsError::IS_DIR.0)),
    }
}

/// Opens a file of a native file system (NULL: the board's flash) by its absolute path there.
///
/// # Errors
/// ValueError for a bad mode; OSError; what a block device raises.
pub fn open_on(vm: &mut Vm, fs: Val, path: &str, mode: &str) -> R {
    let Some((open, text)) = parse_mode(mode) else {
        return Err(vm.value_error(format_args!("invalid mode: '{mode}'")));
    };
    if open.write {
        volume::check_writable(vm, fs)?;
    }
    // The cell first: a file that is open and has no owner would stay open.
    let id = if text { ids::TEXT_IO } else { ids::FILE_IO };
    let object = vm.heap.alloc_cell(header(Kind::Object, F_V3, id), CLOSED, 0, fs.bits())?;
    vm.need_room(super::os::OPEN_BYTES)?;
    let handle = volume::on(vm, fs, |fs, flash| fs.open(flash, path, open))?;
    vm.heap.set_w(object, 1, u32::from(handle.bits()));
    if open.write {
        let now = vm.hal.wall_us() * 1000;
        // A file system without room for the time still opens the file.
        volume::on(vm, fs, |fs, flash| Ok(fs.set_mtime(flash, path, now).is_ok()))?;
    }
    Ok(object)
}

/// The file system and the handle of a file that is open.
pub fn open_file(vm: &Vm, v: Val) -> Option<(Val, Handle)> {
    let is_file = vm.heap.is(v, Kind::Object) && matches!(vm.heap.aux(v), ids::TEXT_IO | ids::FILE_IO);
    let bits = if is_file { vm.heap.w(v, 1) } else { CLOSED };
    (bits != CLOSED).then(|| (vm.heap.val(v, 3), Handle::from_bits(bits as u16)))
}

/// Runs an operation on the file system of an open file.
fn on_fs<T>(
    vm: &mut Vm,
    file: Val,
    f: impl FnOnce(&mut crate::fs::Volume, &mut dyn crate::hal::Flash) -> crate::fs::FsResult<T>,
) -> R<T> {
    let fs = vm.heap.val(file, 3);
    volume::on(vm, fs, f)
}

fn handle(vm: &mut Vm, file: Val) -> R<Handle> {
    match vm.heap.w(file, 1) {
        // Scripts for a Pico know the error by its number where the file system is FAT.
        CLOSED if volume::is_fat(vm, vm.heap.val(file, 3)) => Err(vm.raise_os(FsError::INVALID.0)),
        CLOSED => Err(vm.value_error(format_args!("I/O operation on closed file"))),
        bits => Ok(Handle::from_bits(bits as u16)),
    }
}

fn file_read(vm: &mut Vm, file: Val, buf: &mut [u8]) -> R<Option<usize>> {
    let handle = handle(vm, file)?;
    on_fs(vm, file, |fs, flash| fs.read(flash, handle, buf)).map(Some)
}

fn file_write(vm: &mut Vm, file: Val, bytes: &[u8]) -> R<Option<usize>> {
    let handle = handle(vm, file)?;
    on_fs(vm, file, |fs, flash| fs.write(flash, handle, bytes)).map(Some)
}

fn file_seek(vm: &mut Vm, file: Val, offset: i64, whence: stream::Whence) -> R<i64> {
    let handle = handle(vm, file)?;
    let whence = [Whence::Start, Whence::Current, Whence::End][whence as usize];
    let Ok(offset) = i32::try_from(offset) else { return Err(vm.raise_os(22)) };
    on_fs(vm, file, |fs, flash| fs.seek(flash, handle, offset, whence)).map(i64::from)
}

fn file_flush(vm: &mut Vm, file: Val) -> R<()> {
    let handle = handle(vm, file)?;
    on_fs(vm, file, |fs, flash| fs.sync(flash, handle))
}

fn file_close(vm: &mut Vm, file: Val) -> R<()> {
    if vm.heap.w(file, 1) != CLOSED {
        let handle = handle(vm, file)?;
        vm.heap.set_w(file, 1, CLOSED);
        on_fs(vm, file, |fs, flash| fs.close(flash, handle))?;
    }
    Ok(())
}

/// Binary files.
pub static FILE_OPS: Ops = Ops {
    text: false,
    read: file_read,
    write: file_write,
    seek: file_seek,
    flush: file_flush,
    close: file_close,
};

/// Text files.
pub static TEXT_OPS: Ops = Ops { text: true, ..FILE_OPS };

fn file_print(vm: &mut Vm, file: Val, out: &mut Out, _repr: bool) -> R<()> {
    let name = vm.type_name(file);
    out.push(&format!("<io.{name} {:08x}>", file.bits()));
    Ok(())
}

const FILE_ENTRIES: &[Entry] = &[
    stream::CLOSE,
    stream::FLUSH,
    stream::READ,
    stream::READINTO,
    stream::READLINE,
    stream::READLINES,
    stream::SEEK,
    stream::TELL,
    stream::WRITE,
    stream::ENTER,
    stream::EXIT,
];

/// A file opened with "b".
pub static FILE_IO: NativeType = NativeType {
    id: ids::FILE_IO,
    name: "FileIO",
    print: Some(file_print),
    next: Some(stream::next_line),
    entries: FILE_ENTRIES,
    ..NativeType::EMPTY
};

/// A file opened as text.
pub static TEXT_IO: NativeType = NativeType { id: ids::TEXT_IO, name: "TextIOWrapper", ..FILE_IO };

// ---- files in memory: w1 = bytearray (bytes until first written; None when closed), w2 = position ----

fn memory_new(vm: &mut Vm, args: Args, id: u16) -> R {
    if let Some(initial) = args.opt(vm, 0)
        && id == ids::BYTES_IO
        && vm.heap.is_bytes(initial)
    {
        return Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, id), initial.bits(), 0, 0)?);
    }
    let content = vm.heap.new_bytearray(&[])?;
    if let Some(initial) = args.opt(vm, 0).filter(|v| !v.is_none()) {
        if id == ids::STRING_IO {
            let text = vm.str_arg(initial)?;
            vm.heap.push_bytes(content, text.as_bytes())?;
        } else if let Some(room) = vm.heap.is_int(initial).then_some(initial) {
            // BytesIO(n): room for n bytes.
            let room = vm.int_in(room, "size", 0, i64::from(i32::MAX))?;
            vm.heap.grow_text(content, room as usize)?;
            vm.heap.set_w(content, 2, 0);
        } else {
            let buffer = Buffer::read(vm, initial)?;
            let mut done = 0;
            while done < buffer.len {
                let mut chunk = [0; 128];
                let n = (buffer.len - done).min(chunk.len());
                chunk[..n].copy_from_slice(&buffer.bytes(&vm.heap)[done..done + n]);
                vm.heap.push_bytes(content, &chunk[..n])?;
                done += n;
            }
        }
    }
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, id), content.bits(), 0, 0)?)
}

fn string_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    memory_new(vm, args, ids::STRING_IO)
}

fn bytes_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    memory_new(vm, args, ids::BYTES_IO)
}

fn content(vm: &mut Vm, file: Val) -> R {
    let content = vm.heap.val(file, 1);
    if content.is_none() {
        return Err(vm.value_error(format_args!("I/O operation on closed file")));
    }
    Ok(content)
}

/// What may be written to: a copy of the bytes that the file was made of takes their place.
fn own_content(vm: &mut Vm, file: Val) -> R {
    let content = content(vm, file)?;
    if !vm.heap.is_bytes(content) {
        return Ok(content);
    }
    let n = vm.heap.bytes(content).len();
    let own = vm.heap.new_builder(n)?;
    vm.heap.push_text(own, content, 0, n)?;
    vm.heap.set_val(file, 1, own);
    Ok(own)
}

fn memory_read(vm: &mut Vm, file: Val, buf: &mut [u8]) -> R<Option<usize>> {
    let content = content(vm, file)?;
    let at = vm.heap.w(file, 2) as usize;
    let bytes = vm.heap.bytes(content);
    let rest = bytes.get(at..).unwrap_or(&[]);
    let n = rest.len().min(buf.len());
    buf[..n].copy_from_slice(&rest[..n]);
    vm.heap.set_w(file, 2, (at + n) as u32);
    Ok(Some(n))
}

fn memory_write(vm: &mut Vm, file: Val, bytes: &[u8]) -> R<Option<usize>> {
    let content = own_content(vm, file)?;
    let at = vm.heap.w(file, 2) as usize;
    let end = at + bytes.len();
    if vm.heap.bytes(content).len() < end {
        // A gap left by seeking beyond the end is zeros.
        vm.heap.resize_text(content, end)?;
    }
    vm.heap.text_mut(content)[at..end].copy_from_slice(bytes);
    vm.heap.set_w(file, 2, end as u32);
    Ok(Some(bytes.len()))
}

fn memory_seek(vm: &mut Vm, file: Val, offset: i64, whence: stream::Whence) -> R<i64> {
    let content = content(vm, file)?;
    let base = match whence {
        0 => 0,
        1 => i64::from(vm.heap.w(file, 2)),
        _ => vm.heap.bytes(content).len() as i64,
    };
    let at = base + offset;
    let Ok(position) = u32::try_from(at) else { return Err(vm.raise_os(22)) };
    vm.heap.set_w(file, 2, position);
    Ok(at)
}

fn memory_close(vm: &mut Vm, file: Val) -> R<()> {
    vm.heap.set_val(file, 1, Val::NONE);
    Ok(())
}

/// `BytesIO`.
pub static BYTES_OPS: Ops = Ops {
    text: false,
    read: memory_read,
    write: memory_write,
    seek: memory_seek,
    flush: stream::no_flush,
    close: memory_close,
};

/// `StringIO`; positions are bytes.
pub static STRING_OPS: Ops = Ops { text: true, ..BYTES_OPS };

fn getvalue(vm: &mut Vm, args: Args) -> R {
    let file = args.get(vm, 0);
    let content = content(vm, file)?;
    let n = vm.heap.bytes(content).len();
    let copy = vm.heap.new_builder(n)?;
    vm.heap.push_text(copy, content, 0, n)?;
    if vm.heap.aux(file) == ids::STRING_IO {
        Ok(vm.heap.finish_str(copy)?)
    } else {
        Ok(vm.heap.finish_bytes(copy)?)
    }
}

fn truncate(vm: &mut Vm, args: Args) -> R {
    let file = args.get(vm, 0);
    let content = content(vm, file)?;
    let size = match args.opt(vm, 1) {
        Some(v) if !v.is_none() => vm.int_in(v, "size", 0, i64::from(i32::MAX))? as usize,
        _ => vm.heap.w(file, 2) as usize,
    };
    if size < vm.heap.bytes(content).len() {
        let content = own_content(vm, file)?;
        vm.heap.resize_text(content, size)?;
    }
    Ok(Val::small(size as i32))
}

const MEMORY_ENTRIES: &[Entry] = &[
    stream::CLOSE,
    stream::FLUSH,
    Entry::Fn("getvalue", 1, 1, getvalue),
    stream::READ,
    stream::READINTO,
    stream::READLINE,
    stream::READLINES,
    stream::SEEK,
    stream::TELL,
    Entry::Fn("truncate", 1, 2, truncate),
    stream::WRITE,
    stream::ENTER,
    stream::EXIT,
];

/// Text in memory.
pub static STRING_IO: NativeType = NativeType {
    id: ids::STRING_IO,
    name: "StringIO",
    subclassable: true,
    print: Some(file_print),
    new: Some(string_new),
    next: Some(stream::next_line),
    entries: MEMORY_ENTRIES,
    ..NativeType::EMPTY
};

/// Bytes in memory.
pub static BYTES_IO: NativeType =
    NativeType { id: ids::BYTES_IO, name: "BytesIO", new: Some(bytes_new), ..STRING_IO };

// ---- streams written in Python ----

fn base_new(vm: &mut Vm, _cls: Val, _args: Args) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::IO_BASE), 0, 0, 0)?)
}

/// What stream classes in Python derive from. It has no methods: `print(file=…)` and the like call theirs.
pub static IO_BASE: NativeType = NativeType {
    id: ids::IO_BASE,
    name: "IOBase",
    subclassable: true,
    new: Some(base_new),
    ..NativeType::EMPTY
};

/// The module.
pub static IO: NativeModule = NativeModule {
    id: modules::IO,
    name: "io",
    entries: &[
        Entry::Type("BytesIO", &BYTES_IO),
        Entry::Type("FileIO", &FILE_IO),
        Entry::Type("IOBase", &IO_BASE),
        Entry::Type("StringIO", &STRING_IO),
        Entry::Type("TextIOWrapper", &TEXT_IO),
        Entry::FnKw("open", 1, 6, open),
    ],
    ..NativeModule::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_python() {
        let (mode, text) = parse_mode("rb+").unwrap();
        assert!(mode.read && mode.write && !mode.create && !text);
        let (mode, text) = parse_mode("a").unwrap();
        assert!(!mode.read && mode.append && mode.create && !mode.truncate && text);
        for bad in ["", "b", "rw", "rbt", "q", "r!"] {
            assert!(parse_mode(bad).is_none(), "{bad}");
        }
    }
}
