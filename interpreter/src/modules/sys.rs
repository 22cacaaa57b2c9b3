//! `sys`: the interpreter itself, and the console as streams.

use alloc::string::String;
use core::fmt::Write;

use super::attrtuple::{self, Fields};
use super::stream::{self, Ops};
use crate::heap::cell::header;
use crate::heap::{Kind, Root};
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

/// `sys.version` and the banner's first part.
pub const VERSION_TEXT: &str =
    concat!("3.12.0; Solderless ", env!("CARGO_PKG_VERSION"), " (as MicroPython v1.28.0)");

/// What the prompt greets with, before the board's name.
pub const BANNER: &str = concat!("Solderless v", env!("CARGO_PKG_VERSION"), ", as MicroPython v1.28.0");

// ---- the console: w1 = which (0 stdin, 1 stdout, 2 stderr), w2 = 1 for the binary stream below it ----

fn console_read(vm: &mut Vm, console: Val, buf: &mut [u8]) -> R<Option<usize>> {
    let Some(first) = buf.first_mut() else { return Ok(Some(0)) };
    *first = loop {
        if let Some(byte) = vm.hal.console_read() {
            break byte;
        }
        vm.poll()?;
        let until = vm.input_deadline();
        vm.idle_until(until)?;
    };
    // A terminal ends a line with CR.
    if vm.heap.w(console, 2) == 0 && *first == b'\r' {
        *first = b'\n';
    }
    Ok(Some(1))
}

fn text_write(vm: &mut Vm, _: Val, bytes: &[u8]) -> R<Option<usize>> {
    vm.write_console(bytes);
    vm.poll()?;
    Ok(Some(bytes.len()))
}

fn binary_write(vm: &mut Vm, _: Val, bytes: &[u8]) -> R<Option<usize>> {
    vm.hal.console_write(bytes);
    vm.poll()?;
    Ok(Some(bytes.len()))
}

fn no_close(_: &mut Vm, _: Val) -> R<()> {
    Ok(())
}

/// `sys.stdin` and the like.
pub static TEXT_OPS: Ops = Ops {
    text: true,
    read: console_read,
    write: text_write,
    seek: stream::no_seek,
    flush: stream::no_flush,
    close: no_close,
};

/// `sys.stdin.buffer` and the like.
pub static BINARY_OPS: Ops = Ops { text: false, write: binary_write, ..TEXT_OPS };

fn console(vm: &mut Vm, which: u32, binary: u32) -> R {
    let id = if binary == 0 { ids::CONSOLE_TEXT } else { ids::CONSOLE };
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, id), which, binary, 0)?)
}

fn console_buffer(vm: &mut Vm, v: Val) -> R {
    let which = vm.heap.w(v, 1);
    console(vm, which, 1)
}

fn fileno(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    Ok(Val::small(vm.heap.w(v, 1) as i32))
}

fn console_print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let (name, which) = (vm.type_name(v), vm.heap.w(v, 1));
    let _ = write!(out, "<io.{name} {which}>");
    Ok(())
}

/// `sys.stdin`, `sys.stdout`, `sys.stderr`.
pub static CONSOLE_TEXT: NativeType = NativeType { id: ids::CONSOLE_TEXT, name: "TextIOWrapper", ..CONSOLE };

/// Their `buffer`: the bytes as they are.
pub static CONSOLE: NativeType = NativeType {
    id: ids::CONSOLE,
    name: "FileIO",
    print: Some(console_print),
    next: Some(stream::next_line),
    entries: &[
        Entry::Get("buffer", console_buffer),
        stream::CLOSE,
        Entry::Fn("fileno", 1, 1, fileno),
        stream::FLUSH,
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

fn stdin(vm: &mut Vm) -> R {
    console(vm, 0, 0)
}

fn stdout(vm: &mut Vm) -> R {
    console(vm, 1, 0)
}

fn stderr(vm: &mut Vm) -> R {
    console(vm, 2, 0)
}

/// `input(prompt)`: a line from the console, with echo and simple editing.
///
/// # Errors
/// EOFError for Ctrl-D on an empty line; KeyboardInterrupt.
pub fn input(vm: &mut Vm, args: Args) -> R {
    if let Some(prompt) = args.opt(vm, 0) {
        let mut out = Out::console();
        out.str(vm, prompt)?;
        out.finish(vm)?;
    }
    let mut line: alloc::vec::Vec<u8> = alloc::vec::Vec::new();
    loop {
        let Some(byte) = vm.hal.console_read() else {
            vm.poll()?;
            let until = vm.input_deadline();
            vm.idle_until(until)?;
            continue;
        };
        match byte {
            b'\r' | b'\n' => {
                vm.hal.console_write(b"\r\n");
                return match core::str::from_utf8(&line) {
                    Ok(text) => Ok(vm.heap.new_str(text)?),
                    Err(_) => Err(vm.raise(ExcKind::UnicodeError, format_args!("the input is not UTF-8"))),
                };
            }
            4 if line.is_empty() => return Err(vm.raise_args(ExcKind::EOFError, &[])),
            8 | 127 => {
                if let Some(start) = line.iter().rposition(|b| b & 0xC0 != 0x80) {
                    line.truncate(start);
                    vm.hal.console_write(b"\x08 \x08");
                }
            }
            9 | 32.. => {
                line.try_reserve(1).map_err(|_| vm.no_memory())?;
                line.push(byte);
                vm.hal.console_write(&[byte]);
            }
            _ => {}
        }
    }
}

// ---- lists that programs change ----

fn path(vm: &mut Vm) -> R {
    let list = vm.heap.root(Root::Path);
    if !list.is_null() {
        return Ok(list);
    }
    let list = vm.heap.new_list(&[])?;
    for name in ["", ".frozen", "/lib"] {
        let name = vm.new_str(name)?;
        vm.heap.list_push(list, name)?;
    }
    vm.heap.set_root(Root::Path, list);
    Ok(list)
}

impl Vm {
    /// The list `sys.path`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn sys_path(&mut self) -> R {
        path(self)
    }
}

fn argv(vm: &mut Vm) -> R {
    let list = vm.heap.root(Root::Argv);
    if !list.is_null() {
        return Ok(list);
    }
    let list = vm.heap.new_list(&[])?;
    vm.heap.set_root(Root::Argv, list);
    Ok(list)
}

fn loaded(vm: &mut Vm) -> R {
    Ok(vm.heap.root(Root::Modules))
}

fn set_attr(vm: &mut Vm, name: &str, value: Val) -> R<bool> {
    let root = match name {
        "path" => Root::Path,
        "argv" => Root::Argv,
        _ => return Ok(false),
    };
    vm.heap.set_root(root, value);
    Ok(true)
}

// ---- what we are ----

fn version_tuple(vm: &mut Vm, items: [i32; 3]) -> R {
    let empty = vm.new_str("")?;
    let [major, minor, micro] = items.map(Val::small);
    Ok(vm.heap.new_tuple(&[major, minor, micro, empty])?)
}

fn implementation(vm: &mut Vm) -> R {
    let name = vm.new_str("micropython")?;
    let version = version_tuple(vm, [1, 28, 0])?;
    let machine = vm.hal.board();
    let machine = vm.new_str(machine)?;
    // Bytecode files of version 6.3; no machine code in them.
    let mpy = Val::small(0x0306);
    let build = vm.new_str("RPI_PICO")?;
    // Threads take turns: no two ever run at once.
    let thread = vm.new_str("GIL")?;
    attrtuple::new(vm, Fields::Implementation, &[name, version, machine, mpy, build, thread])
}

fn version_info(vm: &mut Vm) -> R {
    Ok(vm.heap.new_tuple(&[Val::small(3), Val::small(4), Val::small(0)])?)
}

fn platform(vm: &mut Vm) -> R {
    let platform = vm.hal.platform();
    vm.new_str(platform)
}

fn exit(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        Some(status) => Err(vm.raise_args(ExcKind::SystemExit, &[status])),
        None => Err(vm.raise_args(ExcKind::SystemExit, &[])),
    }
}

fn print_exception(vm: &mut Vm, args: Args) -> R {
    let exc = args.get(vm, 0);
    match args.opt(vm, 1) {
        None => {
            let mut out = Out::console();
            vm.print_exception(exc, &mut out)?;
            out.finish(vm)?;
        }
        Some(file) => {
            if vm.getattr_opt(file, "write")?.is_none() {
                let message = format_args!("stream operation not supported");
                return Err(vm.raise(ExcKind::OSError, message));
            }
            let mut out = Out::text();
            vm.print_exception(exc, &mut out)?;
            let text: String = out.finish(vm)?;
            let text = vm.new_str(&text)?;
            stream::write_str(vm, file, text)?;
        }
    }
    Ok(Val::NONE)
}

/// `sys.settrace(function)`
fn settrace(vm: &mut Vm, args: Args) -> R {
    let function = args.get(vm, 0);
    vm.set_trace(function)?;
    Ok(Val::NONE)
}

/// `sys.gettrace()`
fn gettrace(vm: &mut Vm, _: Args) -> R {
    Ok(vm.trace_function())
}

/// `sys._getframe(depth=0)`
fn getframe(vm: &mut Vm, args: Args) -> R {
    let depth = match args.opt(vm, 0) {
        Some(v) => vm.index(v)?.max(0),
        None => 0,
    };
    match vm.frame_at_depth(usize::try_from(depth).unwrap_or(usize::MAX - 1))? {
        Some(frame) => Ok(frame),
        None => Err(vm.value_error(format_args!("call stack is not deep enough"))),
    }
}

/// The module.
pub static SYS: NativeModule = NativeModule {
    id: modules::SYS,
    name: "sys",
    set_attr: Some(set_attr),
    entries: &[
        Entry::Fn("_getframe", 0, 1, getframe),
        Entry::Dyn("argv", argv),
        Entry::Str("byteorder", "little"),
        Entry::Fn("exit", 0, 1, exit),
        Entry::Fn("gettrace", 0, 0, gettrace),
        Entry::Dyn("implementation", implementation),
        Entry::Int("maxsize", i32::MAX as i64),
        Entry::Dyn("modules", loaded),
        Entry::Dyn("path", path),
        Entry::Dyn("platform", platform),
        Entry::Fn("print_exception", 1, 2, print_exception),
        Entry::Fn("settrace", 1, 1, settrace),
        Entry::Dyn("stderr", stderr),
        Entry::Dyn("stdin", stdin),
        Entry::Dyn("stdout", stdout),
        Entry::Str("version", VERSION_TEXT),
        Entry::Dyn("version_info", version_info),
    ],
    ..NativeModule::EMPTY
};
