//! SIO, IO_BANK0, PADS_BANK0: the pins.

use interpreter::hal::{PinMode, Pins, Pull};

use super::{Pico, events, regs};

pub const COUNT: u8 = 30;
/// FUNCSEL values, data sheet 2.19.2.
pub const FUNC_SPI: u8 = 1;
pub const FUNC_UART: u8 = 2;
pub const FUNC_I2C: u8 = 3;
pub const FUNC_PWM: u8 = 4;
pub const FUNC_SIO: u8 = 5;
pub const FUNC_NULL: u8 = 31;

static NAMES: [(&str, u8); 28] = [
    ("GP0", 0),
    ("GP1", 1),
    ("GP2", 2),
    ("GP3", 3),
    ("GP4", 4),
    ("GP5", 5),
    ("GP6", 6),
    ("GP7", 7),
    ("GP8", 8),
    ("GP9", 9),
    ("GP10", 10),
    ("GP11", 11),
    ("GP12", 12),
    ("GP13", 13),
    ("GP14", 14),
    ("GP15", 15),
    ("GP16", 16),
    ("GP17", 17),
    ("GP18", 18),
    ("GP19", 19),
    ("GP20", 20),
    ("GP21", 21),
    ("GP22", 22),
    ("GP25", 25),
    ("GP26", 26),
    ("GP27", 27),
    ("GP28", 28),
    ("LED", 25),
];

/// Gives a pin to a peripheral.
pub fn set_function(pin: u8, function: u8) {
    let regs = regs();
    regs.PADS_BANK0.gpio(pin as usize).modify(|_, w| w.ie().set_bit().od().clear_bit());
    regs.IO_BANK0.gpio(pin as usize).gpio_ctrl().write(|w| unsafe { w.bits(u32::from(function)) });
}

pub fn set_pull(pin: u8, pull: Pull) {
    regs()
        .PADS_BANK0
        .gpio(pin as usize)
        .modify(|_, w| w.pue().bit(pull == Pull::Up).pde().bit(pull == Pull::Down));
}

fn pull(pin: u8) -> Pull {
    let pad = regs().PADS_BANK0.gpio(pin as usize).read();
    match (pad.pue().bit(), pad.pde().bit()) {
        (true, _) => Pull::Up,
        (_, true) => Pull::Down,
        _ => Pull::None,
    }
}

/// Open-drain pins: SIO output is low, the level is the output enable. A bit a pin.
static OPEN_DRAIN: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);

fn is_open_drain(pin: u8) -> bool {
    OPEN_DRAIN.load(core::sync::atomic::Ordering::Relaxed) & (1 << pin) != 0
}

fn mark_open_drain(pin: u8, on: bool) {
    use core::sync::atomic::Ordering::Relaxed;
    let bits = OPEN_DRAIN.load(Relaxed) & !(1 << pin);
    OPEN_DRAIN.store(bits | u32::from(on) << pin, Relaxed);
}

/// Reads the level at the pad.
pub fn read(pin: u8) -> bool {
    regs().SIO.gpio_in().read().bits() >> pin & 1 == 1
}

/// Drives low or lets go, for bit-banged buses.
pub fn release(pin: u8, high: bool) {
    let sio = regs().SIO;
    let bit = 1 << pin;
    if high {
        sio.gpio_oe_clr().write(|w| unsafe { w.bits(bit) });
    } else {
        sio.gpio_out_clr().write(|w| unsafe { w.bits(bit) });
        sio.gpio_oe_set().write(|w| unsafe { w.bits(bit) });
    }
}

/// Puts every pin back to what it is after reset.
pub fn reset_all() {
    for pin in 0..COUNT {
        regs().SIO.gpio_oe_clr().write(|w| unsafe { w.bits(1 << pin) });
        regs().SIO.gpio_out_clr().write(|w| unsafe { w.bits(1 << pin) });
        mark_open_drain(pin, false);
        set_pull(pin, Pull::Down);
        set_function(pin, FUNC_NULL);
    }
}

impl Pins for Pico {
    fn pin_count(&self) -> u8 {
        COUNT
    }

    fn pin_by_name(&self, name: &str) -> Option<u8> {
        NAMES.iter().find(|(n, _)| *n == name).map(|&(_, pin)| pin)
    }

    fn pin_configure(&mut self, pin: u8, mode: PinMode, pull: Pull) {
        let sio = regs().SIO;
        let bit = 1 << pin;
        let level = self.pin_output(pin);
        mark_open_drain(pin, mode == PinMode::OpenDrain);
        set_pull(pin, if mode == PinMode::Analog { Pull::None } else { pull });
        match mode {
            PinMode::In => {
                sio.gpio_oe_clr().write(|w| unsafe { w.bits(bit) });
                set_function(pin, FUNC_SIO);
            }
            PinMode::Out => {
                self.pin_write(pin, level);
                sio.gpio_oe_set().write(|w| unsafe { w.bits(bit) });
                set_function(pin, FUNC_SIO);
            }
            PinMode::OpenDrain => {
                release(pin, level);
                set_function(pin, FUNC_SIO);
            }
            PinMode::Alt(function) => set_function(pin, function),
            PinMode::Analog => {
                sio.gpio_oe_clr().write(|w| unsafe { w.bits(bit) });
                set_function(pin, FUNC_NULL);
                regs().PADS_BANK0.gpio(pin as usize).modify(|_, w| w.ie().clear_bit().od().set_bit());
            }
        }
    }

    fn pin_mode(&self, pin: u8) -> (PinMode, Pull) {
        let function = (regs().IO_BANK0.gpio(pin as usize).gpio_ctrl().read().bits() & 0x1F) as u8;
        let out = regs().SIO.gpio_oe().read().bits() >> pin & 1 == 1;
        let mode = match function {
            FUNC_SIO if is_open_drain(pin) => PinMode::OpenDrain,
            FUNC_SIO if out => PinMode::Out,
            FUNC_SIO => PinMode::In,
            FUNC_NULL if !regs().PADS_BANK0.gpio(pin as usize).read().ie().bit() => PinMode::Analog,
            other => PinMode::Alt(other),
        };
        (mode, pull(pin))
    }

    fn pin_read(&mut self, pin: u8) -> bool {
        read(pin)
    }

    fn pin_write(&mut self, pin: u8, high: bool) {
        let sio = regs().SIO;
        let bit = 1 << pin;
        if is_open_drain(pin) {
            release(pin, high);
        } else if high {
            sio.gpio_out_set().write(|w| unsafe { w.bits(bit) });
        } else {
            sio.gpio_out_clr().write(|w| unsafe { w.bits(bit) });
        }
    }

    fn pin_output(&self, pin: u8) -> bool {
        let sio = regs().SIO;
        if is_open_drain(pin) {
            sio.gpio_oe().read().bits() >> pin & 1 == 0
        } else {
            sio.gpio_out().read().bits() >> pin & 1 == 1
        }
    }

    fn pin_irq(&mut self, pin: u8, flags: u8) {
        events::pin_irq(pin, flags);
    }

    fn bitstream(&mut self, pin: u8, timing: [u32; 4], data: &[u8]) {
        let cycles =
            timing.map(|ns| (u64::from(ns) * u64::from(super::frequency::sys_hz()) / 1_000_000_000) as u32);
        critical_section::with(|_| send_bits(1 << pin, cycles, data));
    }
}

/// Runs from RAM: a miss of the flash cache would stretch a pulse.
#[unsafe(link_section = ".data.send_bits")]
#[inline(never)]
fn send_bits(mask: u32, cycles: [u32; 4], data: &[u8]) {
    const SYST_CSR: *mut u32 = 0xE000_E010usize as *mut u32;
    const SYST_RVR: *mut u32 = 0xE000_E014usize as *mut u32;
    const SYST_CVR: *mut u32 = 0xE000_E018usize as *mut u32;
    const GPIO_OUT_SET: *mut u32 = 0xD000_0014usize as *mut u32;
    const GPIO_OUT_CLR: *mut u32 = 0xD000_0018usize as *mut u32;
    // SysTick is used by nothing else; SIO registers are written through their set and clear aliases.
    unsafe {
        SYST_RVR.write_volatile(0x00FF_FFFF);
        SYST_CVR.write_volatile(0);
        SYST_CSR.write_volatile(0b101);
        let mut edge = SYST_CVR.read_volatile();
        let wait = |since: u32, cycles: u32| {
            while (since.wrapping_sub(SYST_CVR.read_volatile()) & 0x00FF_FFFF) < cycles {}
        };
        for &byte in data {
            let mut bits = byte;
            for _ in 0..8 {
                let pair = if bits & 0x80 != 0 { 2 } else { 0 };
                bits <<= 1;
                GPIO_OUT_SET.write_volatile(mask);
                wait(edge, cycles[pair]);
                edge = edge.wrapping_sub(cycles[pair]);
                GPIO_OUT_CLR.write_volatile(mask);
                wait(edge, cycles[pair + 1]);
                edge = edge.wrapping_sub(cycles[pair + 1]);
            }
        }
        SYST_CSR.write_volatile(0);
    }
}
