//! The Raspberry Pi Pico behind the interpreter's hardware traits: one file a peripheral.
//!
//! Pins and buses are chosen by scripts at run time, which the HAL's typed pins cannot express: below the
//! clocks, USB and boot ROM, for which the HAL serves, these files write registers through its PAC. The
//! names are the RP2040 data sheet's.

mod adc;
mod clock;
pub mod console;
mod events;
mod flash;
pub mod frequency;
mod i2c;
mod pins;
mod pwm;
mod spi;
mod system;
mod uart;

pub use events::{interrupted, wake};
pub use flash::unique_id;
use rp2040_hal::pac;

/// The crystal of the Pico, in Hz.
pub const XOSC_HZ: u32 = 12_000_000;

/// The wall clock at power-on, µs since 1970: 2021-01-01, as the official firmware has it.
pub const FIRST_WALL_US: u64 = 1_609_459_200_000_000;

/// The board. It has no state of its own beyond what a register cannot tell.
#[derive(Debug)]
pub struct Pico {
    pwm: [pwm::Channel; 30],
    spi: [Option<spi::Unit>; 2],
    /// Timeouts of the I2C controllers, µs.
    i2c: [i2c::Unit; 2],
    uart: [Option<uart::Unit>; 2],
    /// µs between the timer and the wall clock.
    wall_offset: u64,
}

impl Pico {
    pub fn new() -> Pico {
        events::start();
        Pico {
            pwm: [pwm::Channel::default(); 30],
            spi: [None; 2],
            i2c: [i2c::Unit::default(); 2],
            uart: [None, None],
            wall_offset: 0,
        }
    }
}

/// Lets the pins and their peripherals out of reset.
pub fn take_pins(resets: &mut pac::RESETS) {
    // IO_BANK0, PADS_BANK0, PWM; I2C, SPI and UART are reset when a script opens them.
    resets.reset().modify(|_, w| w.io_bank0().clear_bit().pads_bank0().clear_bit().pwm().clear_bit());
    while {
        let done = resets.reset_done().read();
        done.io_bank0().bit_is_clear() || done.pads_bank0().bit_is_clear() || done.pwm().bit_is_clear()
    } {}
    // TIMER counts microseconds of the watchdog's tick, which the clock setup started.
    resets.reset().modify(|_, w| w.timer().clear_bit());
    while resets.reset_done().read().timer().bit_is_clear() {}
}

/// The register blocks. Made anew wherever they are used.
fn regs() -> pac::Peripherals {
    // Only one core runs, interrupt handlers write registers that nothing else does or through the
    // set/clear aliases, and `Pico` is the only user outside of them.
    unsafe { pac::Peripherals::steal() }
}

/// Takes peripherals, a bit each as in RESETS.RESET, through a reset.
fn reset_and_release(mask: u32) {
    let resets = regs().RESETS;
    // Bits as in the data sheet, 2.14.3.
    resets.reset().modify(|r, w| unsafe { w.bits(r.bits() | mask) });
    resets.reset().modify(|r, w| unsafe { w.bits(r.bits() & !mask) });
    while resets.reset_done().read().bits() & mask != mask {}
}
