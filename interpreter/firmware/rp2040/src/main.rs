//! The Solderless interpreter on a Raspberry Pi Pico.
#![no_std]
#![no_main]

extern crate alloc;

mod board;

use rp2040_hal::{self as hal, clocks::init_clocks_and_plls, pac, usb::UsbBus};

#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
#[used]
pub static BOOT2_FIRMWARE: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        cortex_m::asm::wfe();
    }
}
struct Null;
unsafe impl core::alloc::GlobalAlloc for Null {
    unsafe fn alloc(&self, _l: core::alloc::Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _p: *mut u8, _l: core::alloc::Layout) {}
}
#[global_allocator]
static A: Null = Null;

#[hal::entry]
fn main() -> ! {
    let mut pac = pac::Peripherals::take().unwrap();
    let mut watchdog = hal::Watchdog::new(pac.WATCHDOG);
    let clocks = init_clocks_and_plls(
        board::XOSC_HZ,
        pac.XOSC,
        pac.CLOCKS,
        pac.PLL_SYS,
        pac.PLL_USB,
        &mut pac.RESETS,
        &mut watchdog,
    )
    .ok()
    .unwrap();
    let bus = UsbBus::new(pac.USBCTRL_REGS, pac.USBCTRL_DPRAM, clocks.usb_clock, true, &mut pac.RESETS);
    board::console::start(bus, [0; 8]);
    let mut board = board::Pico::new();
    let hal: &mut dyn interpreter::hal::Hal = &mut board;
    loop {
        if let Some(b) = hal.console_read() {
            hal.console_write(&[b]);
        } else {
            hal.sleep_until(u64::MAX);
        }
    }
}
