//! The file system's part of the flash, through the boot ROM.
//!
//! While the flash erases or programs nobody can read it, code included: the sequence runs from RAM with
//! interrupts off.

use interpreter::hal::{Error, Flash, Result};
use rp2040_hal::rom_data;

use super::Pico;

/// Where the file system begins in the flash, and its blocks: the last 704 KiB. `memory.x` has the same
/// number as the end of the program. (The official firmware, which is smaller, has it at 0xA0000.)
pub const FS_START: u32 = 0x0015_0000;
pub const FS_BLOCKS: u32 = 176;
const BLOCK: u32 = 4096;
const PAGE: u32 = 256;
const XIP_BASE: u32 = 0x1000_0000;
/// Past the cache: what was just programmed must be what is read.
const XIP_NOCACHE_BASE: u32 = 0x1300_0000;

enum Job<'a> {
    Erase,
    Program(&'a [u8]),
}

/// The second-stage boot loader, copied: it sets the flash to fast reading again.
type Boot2 = [u32; 64];

/// What the sequence calls: looked up before the flash goes away.
struct Rom {
    connect: unsafe extern "C" fn(),
    exit_xip: unsafe extern "C" fn(),
    erase: unsafe extern "C" fn(u32, usize, u32, u8),
    program: unsafe extern "C" fn(u32, *const u8, usize),
    flush: unsafe extern "C" fn(),
}

/// Runs one job. Interrupts are off.
#[unsafe(link_section = ".data.flash_job")]
#[inline(never)]
fn run(rom: &Rom, boot2: &Boot2, address: u32, data: *const u8, len: usize) {
    // The functions are the boot ROM's, and nothing touches the flash until the boot loader's copy has
    // restored reading: this function is in RAM, its caller's data on the stack.
    unsafe {
        (rom.connect)();
        (rom.exit_xip)();
        if data.is_null() {
            (rom.erase)(address, len, 1 << 16, 0xD8);
        } else {
            (rom.program)(address, data, len);
        }
        (rom.flush)();
        let restore: extern "C" fn() = core::mem::transmute(boot2.as_ptr() as usize | 1);
        restore();
    }
}

/// Looks everything up that the flash will not be there for.
fn prepare() -> (Rom, Boot2) {
    let rom = Rom {
        connect: rom_data::connect_internal_flash::ptr(),
        exit_xip: rom_data::flash_exit_xip::ptr(),
        erase: rom_data::flash_range_erase::ptr(),
        program: rom_data::flash_range_program::ptr(),
        flush: rom_data::flash_flush_cache::ptr(),
    };
    // The first 256 bytes of the flash are the boot loader.
    (rom, unsafe { core::ptr::read_volatile(XIP_BASE as *const Boot2) })
}

fn perform(address: u32, job: Job) {
    let (rom, boot2) = prepare();
    // A page on the stack: the caller's bytes may lie in flash.
    let mut page = [0; PAGE as usize];
    critical_section::with(|_| match job {
        Job::Erase => run(&rom, &boot2, address, core::ptr::null(), BLOCK as usize),
        Job::Program(bytes) => {
            for (i, chunk) in bytes.chunks_exact(PAGE as usize).enumerate() {
                page.copy_from_slice(chunk);
                run(&rom, &boot2, address + i as u32 * PAGE, page.as_ptr(), page.len());
            }
        }
    });
}

/// Reads the flash chip's own number: command 4Bh, four bytes of nothing, then eight bytes.
#[unsafe(link_section = ".data.flash_command")]
#[inline(never)]
fn command(rom: &Rom, boot2: &Boot2, bytes: &mut [u8; 13]) {
    const SS_CTRL: *mut u32 = 0x4001_800C as *mut u32;
    const SSI_SR: *const u32 = 0x1800_0028 as *const u32;
    const SSI_DR0: *mut u32 = 0x1800_0060 as *mut u32;
    const TFNF: u32 = 1 << 1;
    const RFNE: u32 = 1 << 3;
    /// OUTOVER of chip select.
    const LOW: u32 = 2 << 8;
    const HIGH: u32 = 3 << 8;
    // As in `run`; the registers are those of the flash interface, which is ours until reading is restored.
    unsafe {
        (rom.connect)();
        (rom.exit_xip)();
        let select = |level: u32| {
            SS_CTRL.write_volatile(SS_CTRL.read_volatile() & !HIGH | level);
            SS_CTRL.read_volatile();
        };
        select(LOW);
        let (mut sent, mut received) = (0, 0);
        // Bounded: a flash that does not answer has the number that was there before.
        let mut patience = 100_000;
        while received < bytes.len() && patience > 0 {
            patience -= 1;
            let status = SSI_SR.read_volatile();
            if status & TFNF != 0 && sent < bytes.len() && sent < received + 8 {
                SSI_DR0.write_volatile(u32::from(*bytes.as_ptr().add(sent)));
                sent += 1;
            }
            if status & RFNE != 0 {
                *bytes.as_mut_ptr().add(received) = SSI_DR0.read_volatile() as u8;
                received += 1;
            }
        }
        select(HIGH);
        (rom.flush)();
        let restore: extern "C" fn() = core::mem::transmute(boot2.as_ptr() as usize | 1);
        restore();
    }
}

/// The board's number: that of its flash chip.
pub fn unique_id() -> [u8; 8] {
    let mut bytes = [0; 13];
    bytes[0] = 0x4B;
    let (rom, boot2) = prepare();
    critical_section::with(|_| command(&rom, &boot2, &mut bytes));
    let mut id = [0; 8];
    id.copy_from_slice(&bytes[5..]);
    id
}

/// Lets go of the flash's chip select and looks at its level: the button pulls it low. Interrupts are off.
#[unsafe(link_section = ".data.sample_select")]
#[inline(never)]
fn sample_select() -> bool {
    const SS_CTRL: *mut u32 = 0x4001_800C as *mut u32;
    const GPIO_HI_IN: *const u32 = 0xD000_0008 as *const u32;
    /// OEOVER of chip select: never driven.
    const RELEASED: u32 = 2 << 12;
    const OEOVER: u32 = 3 << 12;
    const SELECT: u32 = 1 << 1;
    // This function is in RAM, and the flash is not read until its chip select is driven again.
    unsafe {
        let driven = SS_CTRL.read_volatile();
        SS_CTRL.write_volatile(driven & !OEOVER | RELEASED);
        // The line needs a moment; the same register, so that the loop stays.
        for _ in 0..1000 {
            SS_CTRL.read_volatile();
        }
        let high = GPIO_HI_IN.read_volatile() & SELECT != 0;
        SS_CTRL.write_volatile(driven);
        high
    }
}

/// Is the BOOTSEL button held?
pub fn bootsel() -> bool {
    critical_section::with(|_| !sample_select())
}

fn address(block: u32, offset: u32, len: usize) -> Result<u32> {
    if block >= FS_BLOCKS || offset as usize + len > BLOCK as usize {
        return Err(Error::Invalid("outside the flash"));
    }
    Ok(FS_START + block * BLOCK + offset)
}

impl Flash for Pico {
    fn flash_block_size(&self) -> u32 {
        BLOCK
    }

    fn flash_block_count(&self) -> u32 {
        FS_BLOCKS
    }

    fn flash_read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result {
        let from = XIP_NOCACHE_BASE + address(block, offset, buf.len())?;
        // In the flash, which is mapped whole.
        buf.copy_from_slice(unsafe { core::slice::from_raw_parts(from as *const u8, buf.len()) });
        Ok(())
    }

    fn flash_program(&mut self, block: u32, offset: u32, bytes: &[u8]) -> Result {
        let at = address(block, offset, bytes.len())?;
        if at % PAGE != 0 || bytes.len() % PAGE as usize != 0 {
            return Err(Error::Invalid("flash is programmed in pages of 256 bytes"));
        }
        perform(at, Job::Program(bytes));
        Ok(())
    }

    fn flash_erase(&mut self, block: u32) -> Result {
        perform(address(block, 0, BLOCK as usize)?, Job::Erase);
        Ok(())
    }
}
