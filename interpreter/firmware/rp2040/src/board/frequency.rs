//! The frequencies of clk_sys and clk_peri, and how they are changed while a program runs.
//!
//! The crystal, the timer's tick, USB and the ADC keep their own. PWM and I2C count clk_sys, UART and SPI clk_peri:
//! what is open is set up again for the rate that it had.

use core::sync::atomic::{AtomicU32, Ordering};

use interpreter::hal::{Error, Result};

use super::{Pico, XOSC_HZ, regs, reset_and_release};

/// What PLL_SYS is set to at boot, in Hz.
const BOOT_HZ: u32 = 125_000_000;
/// PLL_USB.
const USB_HZ: u32 = 48_000_000;

static SYS: AtomicU32 = AtomicU32::new(BOOT_HZ);
static PERI: AtomicU32 = AtomicU32::new(USB_HZ);

/// clk_sys in Hz.
pub fn sys_hz() -> u32 {
    SYS.load(Ordering::Relaxed)
}

/// clk_peri in Hz.
pub fn peri_hz() -> u32 {
    PERI.load(Ordering::Relaxed)
}

/// How a PLL reaches a frequency exactly: the multiplier and the two dividers.
#[derive(Clone, Copy)]
struct Pll {
    multiplier: u32,
    dividers: [u32; 2],
}

impl Pll {
    /// With the fastest oscillator that divides down to `hz`: data sheet, 2.18.2.
    fn reaching(hz: u32) -> Option<Pll> {
        const OSCILLATOR: core::ops::RangeInclusive<u32> = 750_000_000..=1_600_000_000;
        let multipliers = (16..=320)
            .rev()
            .filter(|m| OSCILLATOR.contains(&(m * u64::from(XOSC_HZ)).try_into().unwrap_or(0)));
        for multiplier in multipliers {
            let oscillator = (multiplier * u64::from(XOSC_HZ)) as u32;
            for first in (1..=7).rev() {
                for second in (1..=first).rev() {
                    if first * second * hz == oscillator {
                        return Some(Pll { multiplier: multiplier as u32, dividers: [first, second] });
                    }
                }
            }
        }
        None
    }
}

/// Runs clk_sys from the crystal while PLL_SYS is set anew.
fn set_sys(pll: Pll) {
    const PLL_SYS: u32 = 1 << 12;
    let regs = regs();
    let (clocks, sys) = (regs.CLOCKS, regs.PLL_SYS);
    clocks.clk_sys_ctrl().modify(|_, w| w.src().clk_ref());
    while clocks.clk_sys_selected().read().bits() != 1 << 0 {}
    reset_and_release(PLL_SYS);
    sys.cs().write(|w| unsafe { w.refdiv().bits(1) });
    sys.fbdiv_int().write(|w| unsafe { w.bits(pll.multiplier) });
    sys.pwr().modify(|_, w| w.pd().clear_bit().vcopd().clear_bit());
    while sys.cs().read().lock().bit_is_clear() {}
    let [first, second] = pll.dividers.map(|d| d as u8);
    sys.prim().write(|w| unsafe { w.postdiv1().bits(first).postdiv2().bits(second) });
    sys.pwr().modify(|_, w| w.postdivpd().clear_bit());
    clocks.clk_sys_ctrl().modify(|_, w| w.auxsrc().clksrc_pll_sys());
    clocks.clk_sys_ctrl().modify(|_, w| w.src().clksrc_clk_sys_aux());
    while clocks.clk_sys_selected().read().bits() != 1 << 1 {}
}

/// Takes clk_peri from clk_sys or from PLL_USB.
fn set_peri(from_usb: bool) {
    let clocks = regs().CLOCKS;
    clocks.clk_peri_ctrl().modify(|_, w| w.enable().clear_bit());
    // Two cycles of the slowest clock that it may have had: data sheet, 2.15.3.2.
    cortex_m::asm::delay(32);
    clocks.clk_peri_ctrl().modify(|_, w| match from_usb {
        true => w.auxsrc().clksrc_pll_usb(),
        false => w.auxsrc().clk_sys(),
    });
    clocks.clk_peri_ctrl().modify(|_, w| w.enable().set_bit());
}

/// At boot: the clock of UART and SPI is that of the USB, so that they do not notice when the CPU's changes.
pub fn start() {
    set_peri(true);
}

impl Pico {
    /// `machine.freq(sys, peri)`. Without `peri` it is that of PLL_USB, as the official firmware has it.
    pub fn set_frequencies(&mut self, sys: u32, peri: Option<u32>) -> Result {
        let sys = sys / 1000 * 1000;
        let pll = Pll::reaching(sys).ok_or(Error::Invalid("cannot change frequency"))?;
        let peri = peri.unwrap_or(USB_HZ);
        if peri != USB_HZ && peri / 1000 * 1000 != sys {
            return Err(Error::Invalid("peripheral freq must be 48_000_000 or the same as the MCU freq"));
        }
        critical_section::with(|_| {
            set_sys(pll);
            set_peri(peri == USB_HZ);
        });
        SYS.store(sys, Ordering::Relaxed);
        PERI.store(peri / 1000 * 1000, Ordering::Relaxed);
        self.follow_pwm();
        self.follow_i2c();
        self.follow_spi();
        self.follow_uart();
        Ok(())
    }
}
