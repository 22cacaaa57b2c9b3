//! `rp2.Flash`: the part of the flash that holds the file system, as a block device.

use crate::hal::Error;
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

const EINVAL: i32 = 22;
/// The unit of programming.
const PAGE: usize = 256;

// w1 = first block, w2 = number of blocks.

/// `Flash(*, start=0, len=all)`, in bytes from the start of the file system's part.
fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [start, len] = args.parse(vm, "Flash", ["*start", "*len"], 0)?;
    let block = i64::from(vm.hal.flash_block_size());
    let all = block * i64::from(vm.hal.flash_block_count());
    let start = if start.is_null() { 0 } else { vm.int_in(start, "start", 0, all)? };
    let len = if len.is_null() { all - start } else { vm.int_in(len, "len", 0, all - start)? };
    if start % block != 0 || len % block != 0 {
        return Err(vm.value_error(format_args!("start and len must be multiples of {block}")));
    }
    let (first, count) = ((start / block) as u32, (len / block) as u32);
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::FLASH), first, count, 0)?)
}

/// The device's block behind arguments (block, buffer, offset), where they fit.
fn target(vm: &mut Vm, args: Args, len: usize) -> R<(u32, u32)> {
    let flash = args.get(vm, 0);
    let block = args.get(vm, 1);
    let block = vm.index(block)?;
    let offset = match args.opt(vm, 3) {
        Some(offset) => vm.index(offset)?,
        None => 0,
    };
    let size = i64::from(vm.hal.flash_block_size());
    let (first, count) = (vm.heap.w(flash, 1), i64::from(vm.heap.w(flash, 2)));
    let start = block.checked_mul(size).and_then(|at| at.checked_add(offset)).unwrap_or(-1);
    if block < 0 || offset < 0 || start < 0 || start + len as i64 > count * size {
        return Err(vm.raise_os(EINVAL));
    }
    Ok((first + (start / size) as u32, (start % size) as u32))
}

/// Does `f` in pieces that lie within a block each and are `PAGE` bytes at most.
fn in_pieces(
    vm: &mut Vm,
    args: Args,
    buffer: Buffer,
    mut f: impl FnMut(&mut Vm, u32, u32, Buffer) -> Result<(), Error>,
) -> R {
    let (mut block, mut offset) = target(vm, args, buffer.len)?;
    let size = vm.hal.flash_block_size();
    let mut done = 0;
    while done < buffer.len {
        let len = (buffer.len - done).min(PAGE).min((size - offset) as usize);
        let piece = Buffer { start: buffer.start + done, len, ..buffer };
        f(vm, block, offset, piece).map_err(|e| vm.raise_hal(e))?;
        done += len;
        offset += len as u32;
        (block, offset) = (block + offset / size, offset % size);
    }
    Ok(Val::ZERO)
}

fn readblocks(vm: &mut Vm, args: Args) -> R {
    let buffer = args.get(vm, 2);
    let buffer = Buffer::write(vm, buffer)?;
    in_pieces(vm, args, buffer, |vm, block, offset, piece| {
        let mut bytes = [0; PAGE];
        vm.hal.flash_read(block, offset, &mut bytes[..piece.len])?;
        piece.bytes_mut(&mut vm.heap).copy_from_slice(&bytes[..piece.len]);
        Ok(())
    })
}

/// Without an offset the blocks are erased before.
fn writeblocks(vm: &mut Vm, args: Args) -> R {
    let buffer = args.get(vm, 2);
    let buffer = Buffer::read(vm, buffer)?;
    let erase = args.n < 4;
    in_pieces(vm, args, buffer, |vm, block, offset, piece| {
        if erase && offset == 0 {
            vm.hal.flash_erase(block)?;
        }
        // Pages are programmed whole; 0xFF leaves what is there.
        let start = offset as usize % PAGE;
        let mut page = [0xFF; 2 * PAGE];
        page[start..start + piece.len].copy_from_slice(piece.bytes(&vm.heap));
        let len = (start + piece.len).next_multiple_of(PAGE);
        vm.hal.flash_program(block, offset - start as u32, &page[..len])
    })
}

fn ioctl(vm: &mut Vm, args: Args) -> R {
    let (flash, request) = (args.get(vm, 0), args.get(vm, 1));
    match vm.index(request)? {
        // Start, stop, flush.
        1..=3 => Ok(Val::ZERO),
        4 => Ok(Val::small(vm.heap.w(flash, 2) as i32)),
        5 => Ok(Val::small(vm.hal.flash_block_size() as i32)),
        6 => {
            let block = args.get(vm, 2);
            let count = i64::from(vm.heap.w(flash, 2));
            let block = vm.int_in(block, "block", 0, count - 1)? as u32 + vm.heap.w(flash, 1);
            vm.hal.flash_erase(block).map_err(|e| vm.raise_hal(e))?;
            Ok(Val::ZERO)
        }
        _ => Err(vm.raise_os(EINVAL)),
    }
}

/// The type.
pub static FLASH: NativeType = NativeType {
    id: ids::FLASH,
    name: "Flash",
    new: Some(new),
    entries: &[
        Entry::Fn("ioctl", 3, 3, ioctl),
        Entry::Fn("readblocks", 3, 4, readblocks),
        Entry::Fn("writeblocks", 3, 4, writeblocks),
    ],
    ..NativeType::EMPTY
};
