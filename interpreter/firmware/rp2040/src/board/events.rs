//! What interrupts report: a short queue and the flag that the virtual machine looks at.

use core::cell::RefCell;

use critical_section::Mutex;
use interpreter::hal::{EDGE_FALL, EDGE_RISE, Event, Events, LEVEL_HIGH, LEVEL_LOW, Pending};
use rp2040_hal::pac::{self, NVIC, interrupt};

use super::{Pico, clock, regs};

static PENDING: Pending = Pending::new();

/// What is to be delivered. One slot a source, so that nothing overflows: edges that come faster than
/// they are served merge, as in the hardware.
struct Queue {
    /// Interrupt lines that have fired.
    lines: u32,
    alarm: bool,
    /// When the interpreter wants its alarm, µs.
    alarm_at: Option<u64>,
    pins: [u8; 30],
    /// A bit a pin with something in `pins`.
    waiting: u32,
    /// Levels asked for, switched off until their event is taken: else they would interrupt for ever.
    levels: [u8; 30],
    /// Flags by UART.
    uart: [u8; 2],
}

static QUEUE: Mutex<RefCell<Queue>> = Mutex::new(RefCell::new(Queue {
    lines: 0,
    alarm: false,
    alarm_at: None,
    pins: [0; 30],
    waiting: 0,
    levels: [0; 30],
    uart: [0; 2],
}));

fn with<T>(f: impl FnOnce(&mut Queue) -> T) -> T {
    critical_section::with(|cs| f(&mut QUEUE.borrow_ref_mut(cs)))
}

pub fn start() {
    regs().TIMER.inte().write(|w| unsafe { w.bits(0b111) });
    // The handlers below exist.
    unsafe {
        NVIC::unmask(pac::Interrupt::TIMER_IRQ_0);
        NVIC::unmask(pac::Interrupt::TIMER_IRQ_1);
        NVIC::unmask(pac::Interrupt::TIMER_IRQ_2);
        NVIC::unmask(pac::Interrupt::IO_IRQ_BANK0);
    }
}

/// Makes the interpreter look at what there is to do.
pub fn wake() {
    PENDING.set();
}

/// Reports the interrupt character.
pub fn keyboard_interrupt() {
    PENDING.interrupt();
}

/// Does Ctrl-C wait?
pub fn interrupted() -> bool {
    PENDING.interrupted()
}

pub fn uart_event(id: usize, flags: u8) {
    with(|q| q.uart[id] |= flags);
    PENDING.set();
}

pub fn set_alarm(at: Option<u64>) {
    with(|q| {
        (q.alarm_at, q.alarm) = (at, false);
        match at {
            Some(at) => clock::arm(1, at),
            None => clock::disarm(1),
        }
    });
}

/// Forgets everything, at a soft reset.
pub fn clear() {
    set_alarm(None);
    with(|q| {
        for pin in 0..30 {
            enable_irq(pin, 0);
            (q.pins[pin as usize], q.levels[pin as usize]) = (0, 0);
        }
        (q.waiting, q.uart, q.lines) = (0, [0; 2], 0);
    });
}

/// Four bits a pin in the registers: level low, level high, edge low, edge high, the same as in [`Event::Pin`].
fn nibble(pin: u8) -> (usize, u32) {
    (usize::from(pin / 8), u32::from(pin % 8) * 4)
}

fn enable_irq(pin: u8, flags: u8) {
    let (register, shift) = nibble(pin);
    regs()
        .IO_BANK0
        .proc0_inte(register)
        .modify(|r, w| unsafe { w.bits(r.bits() & !(0xF << shift) | u32::from(flags) << shift) });
}

/// Asks for edges or levels of a pin.
pub fn pin_irq(pin: u8, flags: u8) {
    with(|q| {
        let (register, shift) = nibble(pin);
        // Edges from before are not meant.
        regs().IO_BANK0.intr(register).write(|w| unsafe { w.bits(0xF << shift) });
        q.pins[pin as usize] = 0;
        q.waiting &= !(1 << pin);
        q.levels[pin as usize] = flags & (LEVEL_LOW | LEVEL_HIGH);
        enable_irq(pin, flags);
    });
}

#[interrupt]
fn IO_IRQ_BANK0() {
    let bank = regs().IO_BANK0;
    with(|q| {
        for register in 0..4 {
            let mut flags = bank.proc0_ints(register).read().bits();
            bank.intr(register).write(|w| unsafe { w.bits(flags) });
            while flags != 0 {
                let index = flags.trailing_zeros() / 4;
                let seen = (flags >> (index * 4) & 0xF) as u8;
                let pin = register * 8 + index as usize;
                q.pins[pin] |= seen;
                q.waiting |= 1 << pin;
                if seen & (LEVEL_LOW | LEVEL_HIGH) != 0 {
                    let (_, shift) = nibble(pin as u8);
                    bank.proc0_inte(register).modify(|r, w| unsafe { w.bits(r.bits() & !(0b11 << shift)) });
                }
                flags &= !(0xF << (index * 4));
            }
        }
    });
    PENDING.set();
}

/// Lines of peripherals that programs drive by their registers.
const LINES: [pac::Interrupt; 5] = [
    pac::Interrupt::PIO0_IRQ_0,
    pac::Interrupt::PIO1_IRQ_0,
    pac::Interrupt::DMA_IRQ_0,
    pac::Interrupt::I2C0_IRQ,
    pac::Interrupt::I2C1_IRQ,
];

/// Switches one of those lines.
pub fn irq_line(line: u8, on: bool) {
    for interrupt in LINES {
        if interrupt as u8 == line {
            if on {
                // SAFETY: the handler exists, and it only writes the queue.
                unsafe { NVIC::unmask(interrupt) };
            } else {
                NVIC::mask(interrupt);
            }
        }
    }
}

/// A line has fired. Only the program knows how to quiet its peripheral: the line stays off until it has.
fn line_fired(interrupt: pac::Interrupt) {
    NVIC::mask(interrupt);
    with(|q| q.lines |= 1 << interrupt as u32);
    PENDING.set();
}

#[interrupt]
fn PIO0_IRQ_0() {
    line_fired(pac::Interrupt::PIO0_IRQ_0);
}

#[interrupt]
fn PIO1_IRQ_0() {
    line_fired(pac::Interrupt::PIO1_IRQ_0);
}

#[interrupt]
fn DMA_IRQ_0() {
    line_fired(pac::Interrupt::DMA_IRQ_0);
}

#[interrupt]
fn I2C0_IRQ() {
    line_fired(pac::Interrupt::I2C0_IRQ);
}

#[interrupt]
fn I2C1_IRQ() {
    line_fired(pac::Interrupt::I2C1_IRQ);
}

fn acknowledge_timer(alarm: usize) {
    regs().TIMER.intr().write(|w| unsafe { w.bits(1 << alarm) });
}

/// Ends a sleep; there is nothing to report.
#[interrupt]
fn TIMER_IRQ_0() {
    acknowledge_timer(0);
}

#[interrupt]
fn TIMER_IRQ_1() {
    acknowledge_timer(1);
    with(|q| match q.alarm_at {
        Some(at) if at <= clock::now() => {
            (q.alarm_at, q.alarm) = (None, true);
            PENDING.set();
        }
        Some(at) => clock::arm(1, at),
        None => {}
    });
}

#[interrupt]
fn TIMER_IRQ_2() {
    acknowledge_timer(2);
    super::console::unstick();
}

impl Events for Pico {
    fn pending(&self) -> &'static Pending {
        &PENDING
    }

    fn next_event(&mut self) -> Option<Event> {
        with(|q| {
            if core::mem::take(&mut q.alarm) {
                return Some(Event::Alarm);
            }
            if q.waiting != 0 {
                let pin = q.waiting.trailing_zeros() as u8;
                q.waiting &= q.waiting - 1;
                let flags = core::mem::take(&mut q.pins[pin as usize]);
                let levels = q.levels[pin as usize];
                if levels != 0 {
                    let (register, shift) = nibble(pin);
                    regs()
                        .IO_BANK0
                        .proc0_inte(register)
                        .modify(|r, w| unsafe { w.bits(r.bits() | u32::from(levels) << shift) });
                }
                debug_assert!(flags & (EDGE_FALL | EDGE_RISE | LEVEL_LOW | LEVEL_HIGH) != 0);
                return Some(Event::Pin { pin, flags });
            }
            if q.lines != 0 {
                let line = q.lines.trailing_zeros() as u8;
                q.lines &= q.lines - 1;
                return Some(Event::Line { line });
            }
            let id = q.uart.iter().position(|&flags| flags != 0)?;
            Some(Event::Uart { id: id as u8, flags: core::mem::take(&mut q.uart[id]) })
        })
    }

    fn disable_irq(&mut self) -> bool {
        let on = cortex_m::register::primask::read().is_active();
        cortex_m::interrupt::disable();
        on
    }

    fn restore_irq(&mut self, on: bool) {
        if on {
            // As it was before `disable_irq`.
            unsafe { cortex_m::interrupt::enable() };
        }
    }
}
