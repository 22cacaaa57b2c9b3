//! UART0 and UART1: the PL011. Reception is interrupt-driven into a ring, and so is sending beyond the FIFO out of one.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::ops::Deref;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use critical_section::Mutex;
use interpreter::hal::{Error, Parity, Result, UART_BREAK, UART_RX, Uart, UartConfig};
use rp2040_hal::pac::{self, NVIC, interrupt};

use super::frequency::peri_hz;
use super::{Pico, clock, console, events, pins, regs, reset_and_release};

/// RESETS bits.
const RESET: [u32; 2] = [1 << 22, 1 << 23];

#[derive(Debug)]
pub struct Unit {
    pins: [Option<u8>; 4],
    baudrate: u32,
    /// µs of one bit, rounded up.
    bit_us: u32,
}

/// What a UART has received.
struct Ring {
    bytes: Vec<u8>,
    head: usize,
    len: usize,
    /// What somebody wants to hear of.
    report: u8,
}

impl Ring {
    const EMPTY: Ring = Ring { bytes: Vec::new(), head: 0, len: 0, report: 0 };

    fn push(&mut self, byte: u8) {
        let size = self.bytes.len();
        // A full ring loses the newest byte, as a full hardware FIFO does.
        if self.len < size {
            self.bytes[(self.head + self.len) % size] = byte;
            self.len += 1;
        }
    }

    fn pop(&mut self) -> Option<u8> {
        (self.len > 0).then(|| {
            let byte = self.bytes[self.head];
            self.head = (self.head + 1) % self.bytes.len();
            self.len -= 1;
            byte
        })
    }
}

static RINGS: [Mutex<RefCell<Ring>>; 2] = [const { Mutex::new(RefCell::new(Ring::EMPTY)) }; 2];
/// What waits to be sent behind the FIFO.
static SENDING: [Mutex<RefCell<Ring>>; 2] = [const { Mutex::new(RefCell::new(Ring::EMPTY)) }; 2];

fn ring<T>(id: u8, f: impl FnOnce(&mut Ring) -> T) -> T {
    critical_section::with(|cs| f(&mut RINGS[usize::from(id & 1)].borrow_ref_mut(cs)))
}

fn sending<T>(id: u8, f: impl FnOnce(&mut Ring) -> T) -> T {
    critical_section::with(|cs| f(&mut SENDING[usize::from(id & 1)].borrow_ref_mut(cs)))
}

/// Fills the FIFO; it interrupts again when it is almost empty, as long as something waits behind it.
fn send(id: u8, ring: &mut Ring) {
    with(id, |uart| {
        while ring.len > 0 && uart.uartfr().read().txff().bit_is_clear() {
            let Some(byte) = ring.pop() else { break };
            uart.uartdr().write(|w| unsafe { w.bits(u32::from(byte)) });
        }
        uart.uartimsc().modify(|_, w| w.txim().bit(ring.len > 0));
    });
}

fn with<T>(id: u8, f: impl FnOnce(&pac::uart0::RegisterBlock) -> T) -> T {
    let regs = regs();
    if id == 0 { f(regs.UART0.deref()) } else { f(regs.UART1.deref()) }
}

/// No UART.
const NONE: u8 = u8::MAX;
/// The UART that is a second console, or [`NONE`].
static SECOND_CONSOLE: AtomicU8 = AtomicU8::new(NONE);

/// The UART that is a second console.
pub fn second_console() -> Option<u8> {
    Some(SECOND_CONSOLE.load(Ordering::Relaxed)).filter(|&id| id != NONE)
}

/// Makes a UART a second console, or none.
pub fn set_second_console(id: Option<u8>) {
    SECOND_CONSOLE.store(id.unwrap_or(NONE), Ordering::Relaxed);
}

/// Keeps a received byte, unless it is the interrupt character of a console.
fn take(id: u8, ring: &mut Ring, byte: u8) {
    if second_console() == Some(id) && console::is_interrupt_char(byte) {
        ring.len = 0;
        events::keyboard_interrupt();
    } else {
        ring.push(byte);
    }
}

/// A UART has received something since the last sleep: there may be no reason to sleep.
static RECEIVED: AtomicBool = AtomicBool::new(false);

/// Whether that is so; forgets it. Called with interrupts off.
pub fn take_received() -> bool {
    let received = RECEIVED.load(Ordering::Relaxed);
    RECEIVED.store(false, Ordering::Relaxed);
    received
}

fn received(id: u8) {
    RECEIVED.store(true, Ordering::Relaxed);
    // First, so that what happens from here on interrupts once more.
    let mask = with(id, |uart| uart.uartmis().read().bits());
    with(id, |uart| uart.uarticr().write(|w| unsafe { w.bits(mask) }));
    // Bytes have come, or have been waiting for a while; UARTMIS.
    const RECEIVED_SOME: u32 = 1 << 4 | 1 << 6;
    const BREAK: u32 = 1 << 9;
    let flag = |bits, flag| if mask & bits != 0 { flag } else { 0 };
    let happened = flag(RECEIVED_SOME | BREAK, UART_RX) | flag(BREAK, UART_BREAK);
    let report = with(id, |uart| {
        ring(id, |ring| {
            while uart.uartfr().read().rxfe().bit_is_clear() {
                take(id, ring, uart.uartdr().read().bits() as u8);
            }
            ring.report
        })
    });
    sending(id, |ring| send(id, ring));
    if report & happened != 0 {
        events::uart_event(usize::from(id), report & happened);
    }
}

#[interrupt]
fn UART0_IRQ() {
    received(0);
}

#[interrupt]
fn UART1_IRQ() {
    received(1);
}

/// Whether a pin can be this UART's line. In each four pins: TX, RX, CTS, RTS; UART1 has pins 4-11 and 20-27.
fn fits(id: u8, pin: u8, role: u8) -> bool {
    let unit = u8::from(matches!(pin, 4..=11 | 20..=27));
    pin < pins::COUNT && pin & 3 == role && unit == id
}

/// The divider in 64ths.
fn divider(baudrate: u32) -> u32 {
    ((u64::from(peri_hz()) * 4 + u64::from(baudrate) / 2) / u64::from(baudrate)) as u32
}

impl Pico {
    /// clk_peri has changed: what is being sent or received at this moment is lost.
    pub fn follow_uart(&mut self) {
        for id in 0..2 {
            let Some(unit) = &self.uart[usize::from(id)] else { continue };
            let divider = divider(unit.baudrate);
            with(id, |uart| {
                uart.uartibrd().write(|w| unsafe { w.bits(divider >> 6) });
                uart.uartfbrd().write(|w| unsafe { w.bits(divider & 0x3F) });
                // Writing it makes the dividers take effect.
                uart.uartlcr_h().modify(|_, w| w);
            });
        }
    }
}

impl Uart for Pico {
    fn uart_default_pins(&self, id: u8) -> Option<(u8, u8)> {
        [(0, 1), (4, 5)].get(id as usize).copied()
    }

    fn uart_init(&mut self, id: u8, config: &UartConfig) -> Result<u32> {
        if id > 1 {
            return Err(Error::NoDevice);
        }
        if !fits(id, config.tx, 0) {
            return Err(Error::Invalid("bad TX pin"));
        }
        if !fits(id, config.rx, 1) {
            return Err(Error::Invalid("bad RX pin"));
        }
        if config.cts.is_some_and(|pin| !fits(id, pin, 2)) {
            return Err(Error::Invalid("bad CTS pin"));
        }
        if config.rts.is_some_and(|pin| !fits(id, pin, 3)) {
            return Err(Error::Invalid("bad RTS pin"));
        }
        if config.baudrate == 0 || config.baudrate > peri_hz() / 16 {
            return Err(Error::Invalid("baudrate out of range"));
        }
        let buffer = |size: u16, error| {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(usize::from(size)).map_err(|_| Error::Invalid(error))?;
            bytes.resize(usize::from(size), 0);
            Ok(bytes)
        };
        let bytes = buffer(config.rxbuf, "no memory for rxbuf")?;
        let waiting = Ring { bytes: buffer(config.txbuf, "no memory for txbuf")?, ..Ring::EMPTY };
        drop(sending(id, |ring| core::mem::replace(ring, waiting)));
        let report = ring(id, |ring| ring.report);
        let old = ring(id, |ring| core::mem::replace(ring, Ring { bytes, head: 0, len: 0, report }));
        drop(old);

        reset_and_release(RESET[id as usize]);
        let divider = divider(config.baudrate);
        with(id, |uart| {
            uart.uartibrd().write(|w| unsafe { w.bits(divider >> 6) });
            uart.uartfbrd().write(|w| unsafe { w.bits(divider & 0x3F) });
            uart.uartlcr_h().write(|w| {
                unsafe { w.wlen().bits(config.bits - 5) };
                w.pen().bit(config.parity != Parity::None).eps().bit(config.parity == Parity::Even);
                w.stp2().bit(config.stop == 2).fen().set_bit()
            });
            // Receive interrupt at half a FIFO, and when the line falls silent with bytes in it.
            uart.uartifls().write(|w| unsafe { w.bits(2 << 3) });
            uart.uartimsc().write(|w| w.rxim().set_bit().rtim().set_bit().beim().set_bit());
            uart.uartcr().write(|w| {
                w.uarten().set_bit().txe().set_bit().rxe().set_bit();
                w.ctsen().bit(config.cts.is_some()).rtsen().bit(config.rts.is_some())
            });
        });
        let pins = [Some(config.tx), Some(config.rx), config.cts, config.rts];
        for pin in pins.into_iter().flatten() {
            pins::set_function(pin, pins::FUNC_UART);
        }
        // Inversion is a matter of the pin: OUTOVER and INOVER of GPIOx_CTRL.
        let bank = regs().IO_BANK0;
        for (pin, bit) in [
            (config.tx, config.invert_tx.then_some(1 << 8)),
            (config.rx, config.invert_rx.then_some(1 << 16)),
        ] {
            if let Some(bit) = bit {
                bank.gpio(pin as usize).gpio_ctrl().modify(|r, w| unsafe { w.bits(r.bits() | bit) });
            }
        }
        self.uart[id as usize] =
            Some(Unit { pins, baudrate: config.baudrate, bit_us: 1_000_000u32.div_ceil(config.baudrate) });
        // The handlers above exist.
        unsafe { NVIC::unmask(if id == 0 { pac::Interrupt::UART0_IRQ } else { pac::Interrupt::UART1_IRQ }) };
        Ok(((u64::from(peri_hz()) * 4 + u64::from(divider) / 2) / u64::from(divider)) as u32)
    }

    fn uart_deinit(&mut self, id: u8) {
        let Some(unit) = self.uart.get_mut(id as usize).and_then(Option::take) else { return };
        if second_console() == Some(id) {
            set_second_console(None);
        }
        NVIC::mask(if id == 0 { pac::Interrupt::UART0_IRQ } else { pac::Interrupt::UART1_IRQ });
        with(id, |uart| uart.uartcr().write(|w| w.uarten().clear_bit()));
        drop(ring(id, |ring| core::mem::replace(ring, Ring::EMPTY)));
        drop(sending(id, |ring| core::mem::replace(ring, Ring::EMPTY)));
        for pin in unit.pins.into_iter().flatten() {
            pins::set_function(pin, pins::FUNC_NULL);
        }
    }

    fn uart_any(&mut self, id: u8) -> usize {
        self.drain(id);
        ring(id, |ring| ring.len)
    }

    fn uart_read(&mut self, id: u8) -> Option<u8> {
        self.drain(id);
        ring(id, Ring::pop)
    }

    fn uart_write(&mut self, id: u8, bytes: &[u8]) -> usize {
        if self.uart.get(id as usize).is_none_or(Option::is_none) {
            return bytes.len();
        }
        sending(id, |ring| {
            let taken = bytes.len().min(ring.bytes.len() - ring.len);
            bytes[..taken].iter().for_each(|&byte| ring.push(byte));
            send(id, ring);
            taken
        })
    }

    fn uart_writable(&mut self, id: u8) -> bool {
        self.uart.get(id as usize).is_none_or(Option::is_none)
            || sending(id, |ring| ring.len < ring.bytes.len())
    }

    fn uart_txdone(&mut self, id: u8) -> bool {
        self.uart.get(id as usize).is_none_or(Option::is_none)
            || sending(id, |ring| ring.len == 0)
                && with(id, |uart| uart.uartfr().read().busy().bit_is_clear())
    }

    fn uart_break(&mut self, id: u8) {
        let Some(Some(unit)) = self.uart.get(id as usize) else { return };
        while sending(id, |ring| ring.len > 0) {}
        with(id, |uart| {
            while uart.uartfr().read().busy().bit_is_set() {}
            uart.uartlcr_h().modify(|_, w| w.brk().set_bit());
            clock::spin_us(unit.bit_us * 13);
            uart.uartlcr_h().modify(|_, w| w.brk().clear_bit());
        });
    }

    fn uart_irq(&mut self, id: u8, flags: u8) {
        ring(id, |ring| ring.report = flags);
    }
}

impl Pico {
    /// Takes over what is in the FIFO but not yet worth an interrupt.
    fn drain(&mut self, id: u8) {
        if self.uart.get(id as usize).is_some_and(Option::is_some) {
            critical_section::with(|_| {
                with(id, |uart| {
                    ring(id, |ring| {
                        while ring.len < ring.bytes.len() && uart.uartfr().read().rxfe().bit_is_clear() {
                            take(id, ring, uart.uartdr().read().bits() as u8);
                        }
                    });
                });
            });
        }
    }
}
