//! Block devices in Python as the flash of a native file system.

use crate::hal::{Error, Flash, Result};
use crate::objects::native::R;
use crate::value::Val;
use crate::vm::Vm;

/// Requests of a block device's `ioctl`.
const SYNC: i32 = 3;
const BLOCK_COUNT: i32 = 4;
const BLOCK_SIZE: i32 = 5;
const ERASE: i32 = 6;

const EINVAL: i32 = 22;

/// A block device while a file system works on it.
pub struct Device<'a> {
    vm: &'a mut Vm,
    object: Val,
    block_size: u32,
    blocks: u32,
    /// Only whole blocks are read and written, without an offset: what FAT needs, and all that some devices know.
    whole: bool,
    old: bool,
    /// Its Python code has raised an exception, which is in the machine.
    pub raised: bool,
}

fn ask(vm: &mut Vm, object: Val, request: i32, argument: i32) -> R {
    vm.call_method(object, "ioctl", &[Val::small(request), Val::small(argument)])
}

impl<'a> Device<'a> {
    /// A device of `object`.
    ///
    /// # Errors
    /// OSError(EINVAL) if it does not tell a size; what it raises.
    pub fn new(vm: &'a mut Vm, object: Val, whole: bool) -> R<Device<'a>> {
        // The oldest kind of device has methods `count` and `sync` in place of `ioctl`, and blocks of 512 bytes.
        let old = vm.getattr_opt(object, "ioctl")?.is_none();
        let size = if old { Val::NONE } else { ask(vm, object, BLOCK_SIZE, 0)? };
        // None is the usual size.
        let block_size = if size.is_none() { 512 } else { vm.index(size)? };
        let blocks =
            if old { vm.call_method(object, "count", &[])? } else { ask(vm, object, BLOCK_COUNT, 0)? };
        let blocks = vm.index(blocks)?;
        let (Ok(block_size), Ok(blocks)) = (u32::try_from(block_size), u32::try_from(blocks)) else {
            return Err(vm.raise_os(EINVAL));
        };
        if block_size < 64 || blocks == 0 {
            return Err(vm.raise_os(EINVAL));
        }
        Ok(Device { vm, object, block_size, blocks, whole, old, raised: false })
    }

    /// Runs a call. It returns 0 or None; a negative number is an error, a positive one a mistake of the device's.
    fn call(&mut self, f: impl FnOnce(&mut Vm, Val) -> R) -> Result {
        if self.raised {
            return Err(Error::Io);
        }
        let object = self.object;
        let answer = match f(self.vm, object) {
            Ok(v) if v.is_none() => Ok(0),
            Ok(v) if self.vm.heap.is_str(v) => {
                Err(self.vm.type_error(format_args!("can't convert str to int")))
            }
            Ok(v) => self.vm.index(v),
            Err(raised) => Err(raised),
        };
        match answer {
            Ok(0) => Ok(()),
            Ok(1..) if !self.whole => Err(Error::Invalid("bad answer")),
            Ok(_) => Err(Error::Io),
            Err(_) => {
                self.raised = true;
                Err(Error::Io)
            }
        }
    }
}

impl Flash for Device<'_> {
    fn flash_block_size(&self) -> u32 {
        self.block_size
    }

    fn flash_block_count(&self) -> u32 {
        self.blocks
    }

    fn flash_read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result {
        let mark = self.vm.heap.mark_temps();
        let count = if self.whole { 2 } else { 3 };
        let result = self.call(|vm, object| {
            let bytes = vm.heap.new_bytearray_zeroed(buf.len())?;
            let arguments = [Val::small(block as i32), bytes, Val::small(offset as i32)];
            let answer = vm.call_method(object, "readblocks", &arguments[..count])?;
            let read = vm.heap.bytes(bytes);
            let n = read.len().min(buf.len());
            buf[..n].copy_from_slice(&read[..n]);
            Ok(answer)
        });
        self.vm.heap.release_temps(mark);
        result
    }

    fn flash_program(&mut self, block: u32, offset: u32, bytes: &[u8]) -> Result {
        let mark = self.vm.heap.mark_temps();
        let count = if self.whole { 2 } else { 3 };
        let result = self.call(|vm, object| {
            let bytes = vm.heap.new_bytearray(bytes)?;
            let arguments = [Val::small(block as i32), bytes, Val::small(offset as i32)];
            vm.call_method(object, "writeblocks", &arguments[..count])
        });
        self.vm.heap.release_temps(mark);
        result
    }

    fn flash_erase(&mut self, block: u32) -> Result {
        self.call(|vm, object| ask(vm, object, ERASE, block as i32))
    }

    fn flash_sync(&mut self) -> Result {
        let old = self.old;
        self.call(
            |vm, object| if old { vm.call_method(object, "sync", &[]) } else { ask(vm, object, SYNC, 0) },
        )
    }
}
