//! The chip itself: identity, clock, randomness, reset, watchdog.

use interpreter::hal::{Error, ResetCause, Result, System};
use rp2040_hal::rom_data;

use super::{Pico, events, frequency, pins, regs};

/// The longest time that the watchdog can count: 24 bits of half microseconds (erratum E1).
const WATCHDOG_MAX_MS: u32 = 8388;

impl System for Pico {
    fn board(&self) -> &'static str {
        "Raspberry Pi Pico with RP2040"
    }

    fn platform(&self) -> &'static str {
        "rp2"
    }

    fn unique_id(&mut self, id: &mut [u8; 8]) {
        *id = super::console::unique_id();
    }

    fn cpu_freq(&self) -> u32 {
        frequency::sys_hz()
    }

    fn set_cpu_freq(&mut self, hz: u32, peripherals: Option<u32>) -> Result {
        self.set_frequencies(hz, peripherals)
    }

    fn bootsel(&mut self) -> bool {
        super::flash::bootsel()
    }

    fn random(&mut self) -> u32 {
        let rosc = regs().ROSC;
        (0..32).fold(0u32, |word, _| {
            // Some cycles between the bits, so that they differ.
            cortex_m::asm::delay(30);
            word << 1 | u32::from(rosc.randombit().read().randombit().bit())
        })
    }

    fn reset(&mut self) -> ! {
        let regs = regs();
        // Everything but the oscillators restarts; no scratch value asks the boot ROM for anything.
        regs.PSM.wdsel().write(|w| unsafe { w.bits(0x0001_FFFF & !0b11) });
        regs.WATCHDOG.scratch4().write(|w| unsafe { w.bits(0) });
        regs.WATCHDOG.ctrl().write(|w| w.trigger().set_bit());
        loop {
            cortex_m::asm::wfi();
        }
    }

    fn bootloader(&mut self) -> ! {
        rom_data::reset_to_usb_boot(0, 0)
    }

    fn reset_cause(&self) -> ResetCause {
        if regs().WATCHDOG.reason().read().bits() != 0 { ResetCause::Watchdog } else { ResetCause::PowerOn }
    }

    fn watchdog_start(&mut self, timeout_ms: u32) -> Result {
        if !(1..=WATCHDOG_MAX_MS).contains(&timeout_ms) {
            return Err(Error::Invalid("timeout must be 1..8388 ms"));
        }
        let regs = regs();
        regs.PSM.wdsel().write(|w| unsafe { w.bits(0x0001_FFFF & !0b11) });
        // It counts twice a tick of a microsecond (erratum E1).
        WATCHDOG_LOAD.store(timeout_ms * 2000, core::sync::atomic::Ordering::Relaxed);
        self.watchdog_feed();
        regs.WATCHDOG.ctrl().modify(|_, w| w.enable().set_bit());
        Ok(())
    }

    fn watchdog_feed(&mut self) {
        let load = WATCHDOG_LOAD.load(core::sync::atomic::Ordering::Relaxed);
        regs().WATCHDOG.load().write(|w| unsafe { w.bits(load) });
    }

    fn irq_line(&mut self, line: u8, on: bool) {
        events::irq_line(line, on);
    }

    fn mem_read(&mut self, address: u32, size: u8) -> Result<u32> {
        if address % u32::from(size) != 0 {
            return Err(Error::Invalid("address is not aligned"));
        }
        // What the script asks for; an address with nothing behind is a HardFault, as on any board.
        Ok(unsafe {
            match size {
                1 => u32::from((address as *const u8).read_volatile()),
                2 => u32::from((address as *const u16).read_volatile()),
                _ => (address as *const u32).read_volatile(),
            }
        })
    }

    fn mem_write(&mut self, address: u32, size: u8, value: u32) -> Result {
        if address % u32::from(size) != 0 {
            return Err(Error::Invalid("address is not aligned"));
        }
        // As above.
        unsafe {
            match size {
                1 => (address as *mut u8).write_volatile(value as u8),
                2 => (address as *mut u16).write_volatile(value as u16),
                _ => (address as *mut u32).write_volatile(value),
            }
        }
        Ok(())
    }

    fn guarded(&mut self, f: &mut dyn FnMut()) -> bool {
        crate::memory::guarded(f)
    }

    fn soft_reset(&mut self) {
        use interpreter::hal::{Pwm, Spi, Uart};
        events::clear();
        for id in 0..2 {
            self.uart_deinit(id);
            self.uart_irq(id, 0);
            self.spi_deinit(id);
        }
        for pin in 0..pins::COUNT {
            self.pwm_stop(pin);
        }
        for line in 0..32 {
            events::irq_line(line, false);
        }
        // What programs drive by its registers stands still until one wakes it again.
        super::regs().RESETS.reset().modify(|_, w| w.dma().set_bit().pio0().set_bit().pio1().set_bit());
        pins::reset_all();
    }
}

static WATCHDOG_LOAD: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);
