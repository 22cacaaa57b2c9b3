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
mod i2c;
mod pins;
mod pwm;
mod spi;
mod system;
mod uart;

use rp2040_hal::pac;

/// The crystal of the Pico, in Hz.
pub const XOSC_HZ: u32 = 12_000_000;
/// What the PLLs are set to at boot, in Hz: also the clock of SPI, UART and I2C.
pub const SYS_HZ: u32 = 125_000_000;

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
        adc::start();
        events::start();
        Pico {
            pwm: [pwm::Channel::default(); 30],
            spi: [None; 2],
            i2c: [i2c::Unit::default(); 2],
            uart: [None, None],
            // The official firmware starts on 2021-01-01 too.
            wall_offset: 1_609_459_200_000_000,
        }
    }
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
