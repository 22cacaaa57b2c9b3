//! `framebuf`: a picture in memory to draw on, as displays want their bytes.

mod canvas;
mod font;

use alloc::vec::Vec;

use self::canvas::{Arc, Format, Layout};
use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::buffer::Buffer;
use crate::objects::memoryview;
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::Vm;

/// Coordinates are bounded so that sums of a few of them cannot overflow.
const FAR: i64 = 1 << 20;

// ---- the object: w1 = the bytes' object, w2 = width | height << 16, w3 = stride | format << 16 ----

fn layout_of(vm: &Vm, frame: Val) -> Option<Layout> {
    let (size, rest) = (vm.heap.w(frame, 2), vm.heap.w(frame, 3));
    Some(Layout {
        width: (size & 0xFFFF) as i32,
        height: (size >> 16) as i32,
        stride: (rest & 0xFFFF) as usize,
        format: Format::from_number(i64::from(rest >> 16))?,
    })
}

/// The buffer and layout of `(buffer, width, height, format[, stride])`.
fn describe(vm: &mut Vm, items: &[Val], writable: bool) -> R<(Buffer, Layout)> {
    let buffer = if writable { Buffer::write(vm, items[0])? } else { Buffer::read(vm, items[0])? };
    let (width, height) = (vm.index(items[1])?, vm.index(items[2])?);
    let format = vm.index(items[3])?;
    let stride = match items.get(4) {
        Some(&stride) => vm.index(stride)?,
        None => width,
    };
    let Some(format) = Format::from_number(format) else {
        return Err(vm.value_error(format_args!("invalid format")));
    };
    match Layout::new(width, height, format, stride, buffer.len) {
        Some(layout) => Ok((buffer, layout)),
        None => Err(vm.value_error(format_args!("buffer, size and stride do not fit together"))),
    }
}

fn make(vm: &mut Vm, buffer: Val, layout: Layout) -> R {
    let size = layout.width as u32 | (layout.height as u32) << 16;
    let rest = layout.stride as u32 | (layout.format as u32) << 16;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::FRAME_BUFFER), buffer.bits(), size, rest)?)
}

fn new(vm: &mut Vm, cls: Val, args: Args) -> R {
    if args.n == 0 && cls != FRAME_BUFFER.val() {
        // A class in Python that has yet to call `super().__init__`.
        let empty = vm.heap.new_bytearray(&[])?;
        let layout = Layout { width: 0, height: 0, stride: 0, format: Format::MonoVlsb };
        return make(vm, empty, layout);
    }
    let names = ["buffer", "width", "height", "format", "stride"];
    let items = args.parse(vm, "FrameBuffer", names, 4)?;
    let given = if items[4].is_null() { 4 } else { 5 };
    let (_, layout) = describe(vm, &items[..given], true)?;
    make(vm, items[0], layout)
}

/// The bytes behind a FrameBuffer.
pub fn buffer(vm: &mut Vm, frame: Val) -> Option<Buffer> {
    let object = vm.heap.val(frame, 1);
    Buffer::opt(vm, object)
}

/// A method's own picture.
fn target(vm: &mut Vm, args: Args) -> R<(Buffer, Layout)> {
    let frame = args.get(vm, 0);
    match (buffer(vm, frame), layout_of(vm, frame)) {
        (Some(buffer), Some(layout)) => Ok((buffer, layout)),
        _ => Err(vm.value_error(format_args!("the buffer is gone"))),
    }
}

/// The picture of an argument: a FrameBuffer, or a tuple or list of what makes one.
fn source(vm: &mut Vm, v: Val) -> R<(Buffer, Layout)> {
    if let Some(frame) = vm.as_native(v, &FRAME_BUFFER)
        && let (Some(buffer), Some(layout)) = (buffer(vm, frame), layout_of(vm, frame))
    {
        return Ok((buffer, layout));
    }
    let plain = vm.unwrap(v);
    if !vm.heap.is_tuple(plain) && !vm.heap.is_list(plain) {
        let name = vm.type_name(v);
        return Err(vm.type_error(format_args!("expected FrameBuffer or tuple, not {name}")));
    }
    let items = vm.heap.items(plain);
    let mut found = [Val::NULL; 5];
    let n = items.len();
    if !(4..=5).contains(&n) {
        return Err(vm.value_error(format_args!("expected 4 or 5 items, got {n}")));
    }
    found[..n].copy_from_slice(items);
    describe(vm, &found[..n], false)
}

/// The integer arguments from `first` on: coordinates are bounded.
fn ints<const N: usize>(vm: &mut Vm, args: Args, first: usize) -> R<[i32; N]> {
    let mut out = [0; N];
    for (i, out) in out.iter_mut().enumerate() {
        let v = args.get(vm, first + i);
        *out = vm.index(v)?.clamp(-FAR, FAR) as i32;
    }
    Ok(out)
}

fn colour(vm: &mut Vm, args: Args, i: usize) -> R<u32> {
    match args.opt(vm, i) {
        Some(v) => Ok(vm.index(v)? as u32),
        None => Ok(1),
    }
}

fn flag(vm: &mut Vm, args: Args, i: usize) -> R<bool> {
    match args.opt(vm, i) {
        Some(v) => vm.truth(v),
        None => Ok(false),
    }
}

// ---- methods ----

fn rectangle(vm: &mut Vm, args: Args, [x, y, w, h]: [i32; 4], colour: u32) -> R {
    let (buffer, layout) = target(vm, args)?;
    // In bands of 16 rows, which are whole bytes in every format.
    let end = y.saturating_add(h).min(layout.height);
    let mut y = y.max(0);
    while y < end {
        let next = end.min((y / 16 + 1) * 16);
        layout.fill_rect(buffer.bytes_mut(&mut vm.heap), (x, y), (w, next - y), colour);
        y = next;
        pause(vm, &[buffer])?;
    }
    Ok(Val::NONE)
}

fn fill(vm: &mut Vm, args: Args) -> R {
    let colour = colour(vm, args, 1)?;
    let all = 1 << 16;
    rectangle(vm, args, [0, 0, all, all], colour)
}

fn fill_rect(vm: &mut Vm, args: Args) -> R {
    let place = ints(vm, args, 1)?;
    let colour = colour(vm, args, 5)?;
    rectangle(vm, args, place, colour)
}

fn hline(vm: &mut Vm, args: Args) -> R {
    let [x, y, w] = ints(vm, args, 1)?;
    let colour = colour(vm, args, 4)?;
    rectangle(vm, args, [x, y, w, 1], colour)
}

fn vline(vm: &mut Vm, args: Args) -> R {
    let [x, y, h] = ints(vm, args, 1)?;
    let colour = colour(vm, args, 4)?;
    rectangle(vm, args, [x, y, 1, h], colour)
}

fn rect(vm: &mut Vm, args: Args) -> R {
    let [x, y, w, h] = ints(vm, args, 1)?;
    let colour = colour(vm, args, 5)?;
    if flag(vm, args, 6)? {
        return rectangle(vm, args, [x, y, w, h], colour);
    }
    for side in [[x, y, w, 1], [x, y + h - 1, w, 1], [x, y, 1, h], [x + w - 1, y, 1, h]] {
        rectangle(vm, args, side, colour)?;
    }
    Ok(Val::NONE)
}

fn pixel(vm: &mut Vm, args: Args) -> R {
    let [x, y] = ints(vm, args, 1)?;
    let (buffer, layout) = target(vm, args)?;
    if args.n == 3 {
        return Ok(match layout.contains(x, y) {
            true => Val::small(layout.get(buffer.bytes(&vm.heap), x, y) as i32),
            false => Val::NONE,
        });
    }
    let colour = colour(vm, args, 3)?;
    layout.set(buffer.bytes_mut(&mut vm.heap), x, y, colour);
    Ok(Val::NONE)
}

fn line(vm: &mut Vm, args: Args) -> R {
    let [x1, y1, x2, y2] = ints(vm, args, 1)?;
    let colour = colour(vm, args, 5)?;
    let (buffer, layout) = target(vm, args)?;
    layout.line(buffer.bytes_mut(&mut vm.heap), (x1, y1), (x2, y2), colour);
    Ok(Val::NONE)
}

fn ellipse(vm: &mut Vm, args: Args) -> R {
    let [cx, cy, rx, ry] = ints(vm, args, 1)?;
    let arc = Arc {
        centre: (cx, cy),
        colour: colour(vm, args, 5)?,
        fill: flag(vm, args, 6)?,
        quadrants: match args.opt(vm, 7) {
            Some(v) => vm.index(v)? as u32 & 15,
            None => 15,
        },
    };
    let (buffer, layout) = target(vm, args)?;
    layout.ellipse(buffer.bytes_mut(&mut vm.heap), &arc, rx.min(1 << 15), ry.min(1 << 15));
    Ok(Val::NONE)
}

fn poly(vm: &mut Vm, args: Args) -> R {
    let [x, y] = ints(vm, args, 1)?;
    let coordinates = args.get(vm, 3);
    let (colour, fill) = (colour(vm, args, 4)?, flag(vm, args, 5)?);
    Buffer::read(vm, coordinates)?;
    let mut points: Vec<(i32, i32)> = Vec::new();
    while let (Some(px), Some(py)) = (
        memoryview::item(vm, coordinates, 2 * points.len())?,
        memoryview::item(vm, coordinates, 2 * points.len() + 1)?,
    ) {
        let mut whole = |v: Val| -> R<i32> {
            // Official drawing code truncates floats.
            let value = if vm.heap.is_float(v) { vm.to_float(v)? as i64 } else { vm.index(v)? };
            Ok(value.clamp(-FAR, FAR) as i32)
        };
        let point = (whole(px)?, whole(py)?);
        if points.try_reserve(1).is_err() {
            return Err(vm.no_memory());
        }
        points.push(point);
    }
    let (buffer, layout) = target(vm, args)?;
    if !layout.polygon(buffer.bytes_mut(&mut vm.heap), (x, y), &points, colour, fill) {
        return Err(vm.no_memory());
    }
    Ok(Val::NONE)
}

fn blit(vm: &mut Vm, args: Args) -> R {
    let from = args.get(vm, 1);
    let (from_buffer, from) = source(vm, from)?;
    let [x, y] = ints(vm, args, 2)?;
    let key = match args.opt(vm, 4) {
        Some(v) => vm.index(v)?,
        None => -1,
    };
    let palette = match args.opt(vm, 5) {
        Some(v) if !v.is_none() => Some(source(vm, v)?),
        _ => None,
    };
    let (buffer, to) = target(vm, args)?;
    let columns = (-x).max(0)..from.width.min(to.width.saturating_sub(x));
    let rows = (-y).max(0)..from.height.min(to.height.saturating_sub(y));
    // A part of a row at a time: source and target may be one object.
    let mut part = [0; 32];
    for row in rows {
        pause(vm, &[from_buffer, buffer])?;
        let mut column = columns.start;
        while column < columns.end {
            let n = (columns.end - column).min(part.len() as i32);
            for (i, colour) in (column..column + n).zip(&mut part) {
                *colour = from.get(from_buffer.bytes(&vm.heap), i, row);
                if let Some((buffer, layout)) = &palette
                    && layout.contains(*colour as i32, 0)
                {
                    *colour = layout.get(buffer.bytes(&vm.heap), *colour as i32, 0);
                }
            }
            let bytes = buffer.bytes_mut(&mut vm.heap);
            for (i, &colour) in (column..column + n).zip(&part) {
                if i64::from(colour) != key {
                    to.set(bytes, x + i, y + row, colour);
                }
            }
            column += n;
        }
    }
    Ok(Val::NONE)
}

/// Looks for Ctrl-C between two rows. A callback may have made a bytearray shorter.
fn pause(vm: &mut Vm, buffers: &[Buffer]) -> R<()> {
    vm.poll()?;
    if buffers.iter().any(|buffer| buffer.bytes(&vm.heap).len() < buffer.len) {
        return Err(vm.value_error(format_args!("buffer too small")));
    }
    Ok(())
}

fn scroll(vm: &mut Vm, args: Args) -> R {
    let [dx, dy] = ints(vm, args, 1)?;
    let (buffer, layout) = target(vm, args)?;
    let (w, h) = (layout.width, layout.height);
    // From the side that the picture moves to.
    for i in 0..(h - dy.abs()).max(0) {
        pause(vm, &[buffer])?;
        let bytes = buffer.bytes_mut(&mut vm.heap);
        let y = if dy > 0 { h - 1 - i } else { i };
        for j in 0..(w - dx.abs()).max(0) {
            let x = if dx > 0 { w - 1 - j } else { j };
            let colour = layout.get(bytes, x - dx, y - dy);
            layout.set(bytes, x, y, colour);
        }
    }
    Ok(Val::NONE)
}

fn text(vm: &mut Vm, args: Args) -> R {
    let text = args.get(vm, 1);
    let text = vm.str_arg(text)?;
    let [mut x, y] = ints(vm, args, 2)?;
    let colour = colour(vm, args, 4)?;
    let (buffer, layout) = target(vm, args)?;
    let bytes = buffer.bytes_mut(&mut vm.heap);
    for c in text.chars() {
        if x >= layout.width {
            break;
        }
        for (dy, row) in (0..).zip(font::rows(c)) {
            (0..8)
                .filter(|dx| row << dx & 0x80 != 0)
                .for_each(|dx| layout.set(bytes, x + dx, y + dy, colour));
        }
        x += font::WIDTH;
    }
    Ok(Val::NONE)
}

/// The type.
pub static FRAME_BUFFER: NativeType = NativeType {
    id: ids::FRAME_BUFFER,
    name: "FrameBuffer",
    subclassable: true,
    new: Some(new),
    entries: &[
        Entry::Fn("blit", 4, 6, blit),
        Entry::Fn("ellipse", 6, 8, ellipse),
        Entry::Fn("fill", 2, 2, fill),
        Entry::Fn("fill_rect", 6, 6, fill_rect),
        Entry::Fn("hline", 5, 5, hline),
        Entry::Fn("line", 6, 6, line),
        Entry::Fn("pixel", 3, 4, pixel),
        Entry::Fn("poly", 5, 6, poly),
        Entry::Fn("rect", 6, 7, rect),
        Entry::Fn("scroll", 3, 3, scroll),
        Entry::Fn("text", 4, 5, text),
        Entry::Fn("vline", 5, 5, vline),
    ],
    ..NativeType::EMPTY
};

/// `FrameBuffer1(buffer, width, height[, stride])`, the module's oldest form.
fn frame_buffer1(vm: &mut Vm, args: Args) -> R {
    let (buffer, width, height) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let stride = args.opt(vm, 3).unwrap_or(width);
    let (_, layout) = describe(vm, &[buffer, width, height, Val::ZERO, stride], true)?;
    make(vm, buffer, layout)
}

/// The module.
pub static FRAMEBUF: NativeModule = NativeModule {
    id: modules::FRAMEBUF,
    name: "framebuf",
    entries: &[
        Entry::Type("FrameBuffer", &FRAME_BUFFER),
        Entry::Fn("FrameBuffer1", 3, 4, frame_buffer1),
        Entry::Int("GS2_HMSB", Format::Gs2Hmsb as i64),
        Entry::Int("GS4_HMSB", Format::Gs4Hmsb as i64),
        Entry::Int("GS8", Format::Gs8 as i64),
        Entry::Int("MONO_HLSB", Format::MonoHlsb as i64),
        Entry::Int("MONO_HMSB", Format::MonoHmsb as i64),
        Entry::Int("MONO_VLSB", Format::MonoVlsb as i64),
        Entry::Int("MVLSB", Format::MonoVlsb as i64),
        Entry::Int("RGB565", Format::Rgb565 as i64),
    ],
    ..NativeModule::EMPTY
};
