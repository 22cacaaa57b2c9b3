//! A small image to try a board or an emulator with: the LED on GP25 blinks once a second and the
//! USB serial port sends back what it receives.
#![no_std]
#![no_main]

use cortex_m_rt as _;
use rp2040_hal::{self as hal, clocks::init_clocks_and_plls, pac, usb::UsbBus};
use usb_device::{
    bus::UsbBusAllocator,
    device::{StringDescriptors, UsbDeviceBuilder, UsbVidPid},
};
use usbd_serial::{SerialPort, USB_CLASS_CDC};

#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
#[used]
pub static BOOT2_FIRMWARE: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// The crystal of the Pico, in Hz.
const XOSC_HZ: u32 = 12_000_000;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        cortex_m::asm::wfe();
    }
}

#[hal::entry]
fn main() -> ! {
    let mut pac = pac::Peripherals::take().unwrap();
    let mut watchdog = hal::Watchdog::new(pac.WATCHDOG);
    let clocks = init_clocks_and_plls(
        XOSC_HZ,
        pac.XOSC,
        pac.CLOCKS,
        pac.PLL_SYS,
        pac.PLL_USB,
        &mut pac.RESETS,
        &mut watchdog,
    )
    .ok()
    .unwrap();
    let timer = hal::Timer::new(pac.TIMER, &mut pac.RESETS, &clocks);
    let sio = hal::Sio::new(pac.SIO);
    let pins = hal::gpio::Pins::new(pac.IO_BANK0, pac.PADS_BANK0, sio.gpio_bank0, &mut pac.RESETS);
    let mut led = pins.gpio25.into_push_pull_output();

    let bus = UsbBusAllocator::new(UsbBus::new(
        pac.USBCTRL_REGS,
        pac.USBCTRL_DPRAM,
        clocks.usb_clock,
        true,
        &mut pac.RESETS,
    ));
    let mut serial = SerialPort::new(&bus);
    let mut device = UsbDeviceBuilder::new(&bus, UsbVidPid(0x2e8a, 0x0005))
        .strings(&[StringDescriptors::default()
            .manufacturer("Solderless")
            .product("Echo")
            .serial_number("0")])
        .unwrap()
        .max_packet_size_0(64)
        .unwrap()
        .device_class(USB_CLASS_CDC)
        .build();

    use embedded_hal::digital::PinState;
    let mut buf = [0; 64];
    let mut held = 0;
    let mut sent = 0;
    loop {
        let on = (timer.get_counter().ticks() / 500_000) & 1 == 0;
        use embedded_hal::digital::OutputPin;
        let _ = led.set_state(if on { PinState::High } else { PinState::Low });
        device.poll(&mut [&mut serial]);
        if sent < held {
            if let Ok(n) = serial.write(&buf[sent..held]) {
                sent += n;
            }
        } else if let Ok(n) = serial.read(&mut buf) {
            (held, sent) = (n, 0);
        }
    }
}
