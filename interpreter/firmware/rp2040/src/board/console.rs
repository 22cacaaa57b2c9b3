//! The console: USB CDC, serviced in the USB interrupt; and a UART beside it where a program asks for one.
//!
//! Received bytes go into a ring. When it is full, packets stay in the controller, which then answers
//! NAK: the host waits and nothing is lost. While a script runs that never reads, this would also hold
//! back Ctrl-C: after [`STUCK_US`] without a byte taken, further input is searched for Ctrl-C and dropped.

use core::cell::RefCell;

use critical_section::Mutex;
use interpreter::hal::{Console, Uart};
use rp2040_hal::pac::{self, NVIC, interrupt};
use rp2040_hal::usb::UsbBus;
use usb_device::bus::UsbBusAllocator;
use usb_device::device::{StringDescriptors, UsbDevice, UsbDeviceBuilder, UsbDeviceState, UsbVidPid};
use usbd_serial::{SerialPort, USB_CLASS_CDC};

use super::{Pico, clock, events, uart};

/// Two paste windows and a packet.
const RING: usize = 1024;
const PACKET: usize = 64;
/// How long a full ring may hold back the host while a script runs, µs.
const STUCK_US: u64 = 500_000;
/// How long a byte waits for a host that listens but does not read, µs. Then output is dropped until it reads again.
const WRITE_TIMEOUT_US: u64 = 500_000;

struct Usb {
    device: UsbDevice<'static, UsbBus>,
    serial: SerialPort<'static, UsbBus, [u8; 128], [u8; 512]>,
    ring: [u8; RING],
    head: usize,
    len: usize,
    interrupt_char: Option<u8>,
    /// The ring is full and the interrupt switched off; since when, µs.
    stalled: Option<u64>,
    /// The ring has been full too long: input is only searched for the interrupt character.
    discarding: bool,
    /// The last write ran into the timeout.
    deaf: bool,
}

static USB: Mutex<RefCell<Option<Usb>>> = Mutex::new(RefCell::new(None));
static mut BUS: Option<UsbBusAllocator<UsbBus>> = None;
static ID: Mutex<RefCell<[u8; 8]>> = Mutex::new(RefCell::new([0; 8]));
static mut SERIAL_NUMBER: [u8; 16] = [b'0'; 16];

fn with<T>(f: impl FnOnce(&mut Usb) -> T) -> Option<T> {
    critical_section::with(|cs| USB.borrow_ref_mut(cs).as_mut().map(f))
}

/// The flash chip's number, read at start.
pub fn unique_id() -> [u8; 8] {
    critical_section::with(|cs| *ID.borrow_ref(cs))
}

/// Connects to the host. Called once.
pub fn start(bus: UsbBus, id: [u8; 8]) {
    critical_section::with(|cs| *ID.borrow_ref_mut(cs) = id);
    // Called once, before the interrupt is on: nobody else has these.
    let (bus, number) = unsafe {
        let number = &mut *(&raw mut SERIAL_NUMBER);
        for (i, digit) in number.iter_mut().enumerate() {
            let nibble = id[i / 2] >> (if i % 2 == 0 { 4 } else { 0 }) & 0xF;
            *digit = b"0123456789abcdef"[nibble as usize];
        }
        let bus: &'static UsbBusAllocator<UsbBus> = (*(&raw mut BUS)).insert(UsbBusAllocator::new(bus));
        (bus, core::str::from_utf8(number).unwrap_or("0"))
    };
    let serial = SerialPort::new_with_store(bus, [0; 128], [0; 512]);
    let strings = StringDescriptors::default()
        .manufacturer("Solderless")
        .product("Solderless MicroPython board")
        .serial_number(number);
    // The ids of a Pico with MicroPython: tools look for them.
    let device = UsbDeviceBuilder::new(bus, UsbVidPid(0x2E8A, 0x0005))
        .strings(&[strings])
        .and_then(|b| b.max_packet_size_0(64))
        .map(|b| b.device_class(USB_CLASS_CDC).build());
    if let Ok(device) = device {
        let usb = Usb {
            device,
            serial,
            ring: [0; RING],
            head: 0,
            len: 0,
            interrupt_char: None,
            stalled: None,
            discarding: false,
            deaf: false,
        };
        critical_section::with(|cs| *USB.borrow_ref_mut(cs) = Some(usb));
        // The handler below exists.
        unsafe { NVIC::unmask(pac::Interrupt::USBCTRL_IRQ) };
    }
}

impl Usb {
    /// Serves the controller and takes in what there is room for.
    fn poll(&mut self) {
        self.device.poll(&mut [&mut self.serial]);
        let mut packet = [0; PACKET];
        while self.discarding || RING - self.len >= PACKET {
            let Ok(n) = self.serial.read(&mut packet) else { break };
            for &byte in &packet[..n] {
                self.receive(byte);
            }
        }
        let full = !self.discarding && RING - self.len < PACKET;
        if full && self.stalled.is_none() {
            // The packet that waits would interrupt for ever.
            NVIC::mask(pac::Interrupt::USBCTRL_IRQ);
            let now = clock::now();
            self.stalled = Some(now);
            clock::arm(2, now + STUCK_US);
        }
    }

    fn receive(&mut self, byte: u8) {
        if self.interrupt_char == Some(byte) {
            (self.len, self.discarding) = (0, false);
            events::keyboard_interrupt();
        } else if self.len < RING {
            self.ring[(self.head + self.len) % RING] = byte;
            self.len += 1;
        }
    }

    /// Lets the host send again.
    fn resume(&mut self) {
        if self.stalled.take().is_some() {
            clock::disarm(2);
            self.poll();
            if self.stalled.is_none() {
                // The handler exists.
                unsafe { NVIC::unmask(pac::Interrupt::USBCTRL_IRQ) };
            }
        }
    }

    fn listening(&self) -> bool {
        self.device.state() == UsbDeviceState::Configured && self.serial.dtr()
    }
}

#[interrupt]
fn USBCTRL_IRQ() {
    with(Usb::poll);
}

/// The ring has been full for a while: gives the interrupt character a way.
pub fn unstick() {
    with(|usb| {
        if usb.stalled.is_some() && usb.interrupt_char.is_some() {
            usb.discarding = true;
            usb.resume();
        }
    });
}

/// Sends a last message before the chip restarts, if the console is not in use right now.
pub fn write_last(mut bytes: &[u8]) {
    critical_section::with(|cs| {
        let Ok(mut usb) = USB.borrow(cs).try_borrow_mut() else { return };
        let Some(usb) = usb.as_mut() else { return };
        let deadline = clock::now() + WRITE_TIMEOUT_US;
        while !bytes.is_empty() && usb.listening() && clock::now() < deadline {
            let n = usb.serial.write(bytes).unwrap_or(0);
            bytes = &bytes[n..];
            usb.device.poll(&mut [&mut usb.serial]);
        }
        while usb.serial.flush().is_err() && clock::now() < deadline {
            usb.device.poll(&mut [&mut usb.serial]);
        }
    });
}

/// Whether a byte waits.
pub fn readable() -> bool {
    with(|usb| usb.len > 0).unwrap_or(false)
}

/// Whether a byte is the interrupt character.
pub fn is_interrupt_char(byte: u8) -> bool {
    with(|usb| usb.interrupt_char == Some(byte)).unwrap_or(false)
}

impl Pico {
    /// Sends to the second console, if there is one: waits while the line is slower than the program.
    fn write_second(&mut self, mut bytes: &[u8]) {
        let Some(id) = uart::second_console() else { return };
        let mut deadline = clock::now() + WRITE_TIMEOUT_US;
        while !bytes.is_empty() && clock::now() < deadline {
            let n = self.uart_write(id, bytes);
            if n > 0 {
                bytes = &bytes[n..];
                deadline = clock::now() + WRITE_TIMEOUT_US;
            }
        }
    }
}

impl Console for Pico {
    fn console_read(&mut self) -> Option<u8> {
        let byte = with(|usb| {
            if usb.len == 0 {
                return None;
            }
            let byte = usb.ring[usb.head];
            usb.head = (usb.head + 1) % RING;
            usb.len -= 1;
            usb.discarding = false;
            if RING - usb.len >= 2 * PACKET {
                usb.resume();
            }
            Some(byte)
        });
        byte.flatten().or_else(|| self.uart_read(uart::second_console()?))
    }

    fn console_readable(&mut self) -> bool {
        readable() || uart::second_console().is_some_and(|id| self.uart_any(id) > 0)
    }

    fn console_writable(&mut self) -> bool {
        true
    }

    fn console_write(&mut self, mut bytes: &[u8]) {
        self.write_second(bytes);
        let mut deadline = clock::now() + WRITE_TIMEOUT_US;
        while !bytes.is_empty() {
            let sent = with(|usb| {
                if !usb.listening() {
                    return None;
                }
                let n = usb.serial.write(bytes).unwrap_or(0);
                // With the interrupt masked for a full ring nobody else sends.
                if n == 0 && usb.stalled.is_some() {
                    usb.poll();
                }
                usb.deaf &= n == 0;
                Some((n, usb.deaf))
            });
            match sent.flatten() {
                None => return,
                Some((0, true)) => return,
                Some((0, false)) if clock::now() > deadline => {
                    with(|usb| usb.deaf = true);
                    return;
                }
                Some((0, false)) => {}
                Some((n, _)) => {
                    bytes = &bytes[n..];
                    deadline = clock::now() + WRITE_TIMEOUT_US;
                }
            }
        }
    }

    fn console_flush(&mut self) {
        let deadline = clock::now() + WRITE_TIMEOUT_US;
        while with(|usb| usb.listening() && usb.serial.flush().is_err()).unwrap_or(false)
            && clock::now() < deadline
        {}
    }

    fn set_interrupt_char(&mut self, byte: Option<u8>) {
        with(|usb| {
            usb.interrupt_char = byte;
            if byte.is_none() {
                usb.discarding = false;
            }
        });
    }

    fn duplicate_console(&mut self, uart: Option<u8>) {
        uart::set_second_console(uart);
    }

    fn duplicated_console(&self) -> Option<u8> {
        uart::second_console()
    }
}
