//! The Solderless interpreter on a Raspberry Pi Pico.
#![no_std]
#![no_main]

extern crate alloc;

mod board;
mod intrinsics;
mod memory;

use core::fmt::Write;
use core::mem::MaybeUninit;

use alloc::boxed::Box;
use board::{Pico, console};
use interpreter::hal::{Clock, System};
use interpreter::heap::Heap;
use interpreter::repl::shell;
use interpreter::vm::Vm;
use rp2040_hal::clocks::init_clocks_and_plls;
use rp2040_hal::usb::UsbBus;
use rp2040_hal::{self as hal, pac};

#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
#[used]
pub static BOOT2_FIRMWARE: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// Slots of the virtual machine's own stack, 4 bytes each.
const VM_STACK_SLOTS: usize = 2048;

/// What the image was built from. A test looks for it, to find out whether the image is stale.
static BUILT_FROM: &str = env!("BUILT_FROM");

#[hal::entry]
fn main() -> ! {
    // Used, so that the linker keeps it.
    core::hint::black_box(BUILT_FROM);
    memory::guard_stack();
    start();
    let mut raw = false;
    let mut wall_us = board::FIRST_WALL_US;
    loop {
        let mut slot = MaybeUninit::uninit();
        let vm = begin(&mut slot, wall_us);
        raw = shell::session(vm, raw);
        wall_us = vm.hal.wall_us();
    }
}

/// Starts clocks, pins and the console.
#[inline(never)]
fn start() {
    // The first and only time.
    let Some(mut pac) = pac::Peripherals::take() else { loop {} };
    let mut watchdog = hal::Watchdog::new(pac.WATCHDOG);
    let clocks = init_clocks_and_plls(
        board::XOSC_HZ,
        pac.XOSC,
        pac.CLOCKS,
        pac.PLL_SYS,
        pac.PLL_USB,
        &mut pac.RESETS,
        &mut watchdog,
    );
    // Without its crystal the board has neither USB nor time: there is nothing to go on with.
    let Ok(clocks) = clocks else { loop {} };
    board::frequency::start();
    board::take_pins(&mut pac.RESETS);
    let id = board::unique_id();
    console::start(
        UsbBus::new(pac.USBCTRL_REGS, pac.USBCTRL_DPRAM, clocks.usb_clock, true, &mut pac.RESETS),
        id,
    );
}

/// Makes the virtual machine of a new life. Everything of the last one is gone: the memory is laid out
/// anew, which is why the old machine is not dropped.
///
/// Not inlined, so that what it has on the stack is gone when the machine runs.
#[inline(never)]
fn begin(slot: &mut MaybeUninit<Vm>, wall_us: u64) -> &mut Vm {
    let heap = memory::arena().and_then(|blocks| Heap::on(blocks, VM_STACK_SLOTS).ok());
    let Some(heap) = heap else { panic!("the memory is too small") };
    let mut pico = Pico::new();
    pico.set_wall_us(wall_us);
    match Vm::on(heap, Box::new(pico)) {
        Ok(vm) => slot.write(vm),
        Err(_) => panic!("the heap is too small"),
    }
}

/// Where a panic writes: the console, if it is not in use at this moment.
struct Last;

impl Write for Last {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        console::write_last(s.as_bytes());
        Ok(())
    }
}

/// Says what happened and restarts the chip: a board that hangs helps nobody.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = write!(Last, "\r\nThe firmware stopped: {info}\r\n");
    Pico::new().reset()
}

/// A stack overflow, or an address with nothing behind (`machine.mem32`).
#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    let _ = write!(Last, "\r\nHardFault at {:#010x}, called from {:#010x}\r\n", frame.pc(), frame.lr());
    Pico::new().reset()
}
