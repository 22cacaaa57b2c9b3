//! Arrays in files: numpy's own format, and text.

use super::convert::{self, int};
use super::dtype::Dtype;
use super::view::View;
use crate::heap::Kind;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, ExcKind, R, Raised};
use crate::value::Val;
use crate::vm::Vm;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

const MAGIC: &[u8] = b"\x93NUMPY";

fn open(vm: &mut Vm, file: Val, mode: &str) -> R {
    let Some(open) = vm.builtin("open") else {
        return Err(vm.raise(ExcKind::NameError, format_args!("name 'open' is not defined")));
    };
    let mode = vm.new_str(mode)?;
    vm.call(open, &[file, mode])
}

fn write(vm: &mut Vm, stream: Val, text: &str) -> R<()> {
    let mark = vm.heap.mark_temps();
    let text = vm.new_str(text)?;
    vm.call_method(stream, "write", &[text])?;
    vm.heap.release_temps(mark);
    Ok(())
}

/// Closes the file whatever came of the work on it.
fn close<T>(vm: &mut Vm, stream: Val, result: R<T>) -> R<T> {
    match result {
        Ok(x) => vm.call_method(stream, "close", &[]).map(|_| x),
        Err(raised) => {
            let exc = vm.take_exc();
            vm.heap.keep(exc)?;
            let closed = vm.call_method(stream, "close", &[]);
            if closed.is_err() {
                vm.take_exc();
            }
            let _ = raised;
            Err(vm.raise_val(exc))
        }
    }
}

/// `save(file, array)`
pub fn save(vm: &mut Vm, args: Args) -> R {
    let (file, v) = (args.get(vm, 0), args.get(vm, 1));
    let view = convert::argument(vm, v)?;
    let dense = view.dense_as(vm, view.dtype)?;
    let descr = match view.dtype {
        Dtype::Bool => "|b1",
        Dtype::U8 => "|u1",
        Dtype::I8 => "|i1",
        Dtype::U16 => "<u2",
        Dtype::I16 => "<i2",
        Dtype::Float => "<f4",
        Dtype::Complex => "<c8",
    };
    let mut head = String::new();
    let _ = write!(head, "{{'descr': '{descr}', 'fortran_order': False, 'shape': (");
    for (i, n) in view.dims().iter().enumerate() {
        let _ = write!(head, "{}{n}", if i > 0 { ", " } else { "" });
    }
    head.push_str(if view.ndim == 1 { ",), }" } else { "), }" });
    // Together with the ten bytes before it a multiple of 64, and a line end.
    while !(head.len() + 11).is_multiple_of(64) {
        head.push(' ');
    }
    head.push('\n');
    let mut start = Vec::from(MAGIC);
    start.extend_from_slice(&[1, 0, head.len() as u8, (head.len() >> 8) as u8]);
    start.extend_from_slice(head.as_bytes());
    let start = vm.heap.new_bytes(&start)?;
    let n = dense.len() * dense.dtype.size();
    let body = Buffer { owner: dense.owner, start: dense.offset, len: n, typecode: b'B' };
    let body = crate::objects::memoryview::view(vm, body)?;
    let stream = open(vm, file, "wb")?;
    let mut result = Ok(Val::NONE);
    for part in [start, body] {
        result = result.and_then(|_| vm.call_method(stream, "write", &[part]));
    }
    close(vm, stream, result)?;
    Ok(Val::NONE)
}

fn corrupted(vm: &mut Vm) -> Raised {
    vm.raise(ExcKind::RuntimeError, format_args!("corrupted file"))
}

/// What follows a key in the header of a file.
fn field<'a>(head: &'a str, key: &str) -> &'a str {
    head.split_once(key).map_or("", |(_, rest)| rest.trim_start_matches([':', ' ', '\'']))
}

/// `load(file)`: also files of 64-bit floats, which become 32-bit ones.
pub fn load(vm: &mut Vm, args: Args) -> R {
    let file = args.get(vm, 0);
    let stream = open(vm, file, "rb")?;
    let data = vm.call_method(stream, "read", &[]);
    let data = close(vm, stream, data)?;
    let bytes = vm.heap.as_bytes(data).unwrap_or(&[]);
    let head = match bytes.get(..10) {
        Some(b) if b.starts_with(MAGIC) => {
            let n = usize::from(b[8]) | usize::from(b[9]) << 8;
            bytes.get(10..10 + n).and_then(|h| core::str::from_utf8(h).ok()).map(String::from)
        }
        _ => None,
    };
    let Some(head) = head else { return Err(corrupted(vm)) };
    let start = 10 + head.len();
    let descr = field(&head, "'descr'");
    let (order, kind) = (descr.chars().next().unwrap_or(' '), descr.get(1..2).unwrap_or(""));
    let width = descr.get(2..).and_then(|d| d.split('\'').next()?.parse::<usize>().ok()).unwrap_or(0);
    let dtype = match (order, kind, width) {
        ('|', "b", 1) => Dtype::Bool,
        ('|', "u", 1) => Dtype::U8,
        ('|', "i", 1) => Dtype::I8,
        ('<', "u", 2) => Dtype::U16,
        ('<', "i", 2) => Dtype::I16,
        ('<', "c", 8) => Dtype::Complex,
        ('<', "f", 4 | 8) => Dtype::Float,
        _ => return Err(vm.value_error(format_args!("cannot load array of dtype {order}{kind}{width}"))),
    };
    let (mut dims, mut ndim) = ([1; super::view::DIMS], 0);
    let shape = field(&head, "'shape'").trim_start_matches('(');
    for n in shape.split(')').next().unwrap_or("").split(',') {
        if let (Ok(n), true) = (n.trim().parse::<usize>(), ndim < dims.len()) {
            dims[ndim] = n;
            ndim += 1;
        }
    }
    let by_columns = field(&head, "'fortran_order'").starts_with("True");
    if by_columns {
        dims[..ndim].reverse();
    }
    let out = View::new(vm, dtype, &dims[..ndim])?;
    let n = out.len();
    if vm.heap.bytes(data).len() < start + n * width || ndim == 0 {
        return Err(corrupted(vm));
    }
    if width == dtype.size() {
        vm.heap.copy_text(out.owner, 0, data, start, n * width);
    } else {
        for i in 0..n {
            let mut raw = [0u8; 8];
            raw.copy_from_slice(&vm.heap.bytes(data)[start + i * 8..start + i * 8 + 8]);
            let x = f64::from_le_bytes(raw) as f32;
            super::create::nth(&out.flat(), i).store_f(&mut vm.heap, &[x]);
        }
    }
    let out = if by_columns { super::shape::reversed_axes(&out) } else { out };
    out.object(vm)
}

/// A text argument with a default.
fn text(vm: &Vm, v: Val, default: &str) -> String {
    String::from(vm.heap.as_str(v).unwrap_or(default))
}

/// `savetxt(file, array, *, delimiter=' ', header='', footer='', comments='# ')`
pub fn savetxt(vm: &mut Vm, args: Args) -> R {
    let names = ["fname", "X", "*delimiter", "*header", "*footer", "*comments"];
    let [file, v, delimiter, header, footer, comments] = args.parse(vm, "savetxt", names, 2)?;
    let view = convert::argument(vm, v)?;
    if view.ndim > 2 {
        return Err(vm.value_error(format_args!("array has too many dimensions")));
    }
    let (delimiter, comments) = (text(vm, delimiter, " "), text(vm, comments, "# "));
    let stream = open(vm, file, "w")?;
    let result = write_rows(vm, stream, &view, &delimiter, [header, footer], &comments);
    close(vm, stream, result)?;
    Ok(Val::NONE)
}

fn write_rows(
    vm: &mut Vm,
    stream: Val,
    view: &View,
    delimiter: &str,
    notes: [Val; 2],
    comments: &str,
) -> R<()> {
    let note = |vm: &mut Vm, note: Val| {
        let Some(note) = vm.heap.as_str(note).map(String::from) else { return Ok(()) };
        for line in note.split('\n') {
            write(vm, stream, &alloc::format!("{comments}{line}\n"))?;
        }
        Ok(())
    };
    note(vm, notes[0])?;
    let columns = if view.ndim == 2 { view.shape[1] } else { 1 };
    for row in 0..view.shape[0] {
        vm.poll()?;
        let place = if view.ndim == 2 { view.index_first(row).place() } else { view.place().nth(row) };
        let mut line = String::new();
        for i in 0..columns {
            let end = if i + 1 == columns { "\n" } else { delimiter };
            let x = place.nth(i).f(&vm.heap);
            if view.dtype == Dtype::Complex {
                let (mut re, mut im) = ([0.0], [0.0]);
                place.nth(i).load_c(&vm.heap, &mut re, &mut im);
                let _ = write!(line, "{x:.7}{:+.7}j{end}", im[0]);
            } else {
                let _ = write!(line, "{x:.7}{end}");
            }
        }
        write(vm, stream, &line)?;
    }
    note(vm, notes[1])
}

/// `loadtxt(file, *, delimiter=None, comments='#', max_rows=-1, usecols=None, dtype=float, skiprows=0)`
pub fn loadtxt(vm: &mut Vm, args: Args) -> R {
    let names = ["fname", "*delimiter", "*comments", "*max_rows", "*usecols", "*dtype", "*skiprows"];
    let [file, delimiter, comments, max_rows, usecols, dtype, skip] = args.parse(vm, "loadtxt", names, 1)?;
    let dtype = convert::dtype(vm, dtype, Dtype::Float)?;
    let delimiter = vm.heap.as_str(delimiter).map(String::from);
    let comments = text(vm, comments, "#");
    let (max_rows, skip) = (int(vm, max_rows, -1)?, int(vm, skip, 0)?);
    let mut columns = Vec::new();
    if !usecols.is_null() && !usecols.is_none() {
        let many = matches!(vm.heap.kind(usecols), Some(Kind::Tuple | Kind::List));
        let wanted = if many { usecols } else { vm.heap.new_tuple(&[usecols])? };
        for i in 0..vm.heap.items(wanted).len() {
            let column = vm.heap.items(wanted)[i];
            columns.push(usize::try_from(vm.index(column)?).unwrap_or(usize::MAX));
        }
    }
    let stream = open(vm, file, "r")?;
    let rows = read_rows(vm, stream, delimiter.as_deref(), &comments, max_rows, skip, &columns);
    let (data, width) = close(vm, stream, rows)?;
    let mut numbers = View::new(vm, Dtype::Float, &[1])?;
    numbers.owner = data;
    let n = vm.heap.bytes(data).len() / 4;
    if n == 0 {
        return Err(vm.value_error(format_args!("empty file")));
    }
    let numbers = numbers.with_dims(&[n / width, width]);
    let out = if dtype == Dtype::Float { numbers } else { numbers.copy_as(vm, dtype)? };
    out.object(vm)
}

/// The numbers of a file as the bytes of floats in an `array`, and how many make a row.
fn read_rows(
    vm: &mut Vm,
    stream: Val,
    delimiter: Option<&str>,
    comments: &str,
    max_rows: i64,
    mut skip: i64,
    columns: &[usize],
) -> R<(Val, usize)> {
    let data = crate::objects::array::new_array(vm, b'f')?;
    let (mut rows, mut width) = (0, 0);
    while max_rows < 0 || rows < max_rows {
        let mark = vm.heap.mark_temps();
        let line = vm.call_method(stream, "readline", &[])?;
        let line = text(vm, line, "");
        vm.heap.release_temps(mark);
        if line.is_empty() {
            break;
        }
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let line = if comments.is_empty() { &line } else { line.split(comments).next().unwrap_or("") };
        if line.trim().is_empty() {
            continue;
        }
        let mut fields: Vec<&str> = match delimiter {
            Some(d) if !d.trim().is_empty() => line.split(d).collect(),
            _ => line.split_whitespace().collect(),
        };
        if !columns.is_empty() {
            if columns.iter().any(|c| *c >= fields.len()) {
                return Err(vm.value_error(format_args!("usecols is too high")));
            }
            fields = columns.iter().map(|c| fields[*c]).collect();
        }
        if width == 0 {
            width = fields.len();
        } else if width != fields.len() {
            return Err(vm.value_error(format_args!("the number of columns changed")));
        }
        for field in fields {
            let Some(x) = crate::format::parse_float(field) else {
                let field = String::from(field.trim());
                return Err(vm.value_error(format_args!("could not convert string to float: '{field}'")));
            };
            vm.heap.push_bytes(data, &x.to_le_bytes())?;
        }
        rows += 1;
        vm.poll()?;
    }
    Ok((data, width.max(1)))
}
