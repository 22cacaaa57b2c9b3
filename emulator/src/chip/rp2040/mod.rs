//! The RP2040: memory map, cores, and a file for each peripheral.
//!
//! [`Rp2040`] answers register accesses and handles events; [`Chip`] holds it together with the
//! cores and runs them.
//!
//! What of the data sheet is not built; all else of a register block works, and `register_tests.rs` compares the
//! reset values and writable bits of every register.
//!
//! | block | not built |
//! |---|---|
//! | CLOCKS | clocks from pins (GPIN), the resuscitator, duty cycles of outputs other than one half, gating in sleep |
//! | XOSC, ROSC, PLL | start-up times; ROSC's law of frequency but for its divider; the RTC as a cause to wake from dormancy |
//! | BUSCTRL | contention, priorities; counters of memory, flash and ROM accesses |
//! | XIP | the cache: its counters stand still, flash has no wait states; the stream has each word at once |
//! | SSI | frames of two and four lines, transmit levels, interrupts; transfers take no time |
//! | USB | host mode; isochronous endpoints; double-buffered endpoints' single interrupts are as the SDK uses them |
//! | UART | IrDA, DMA on errors, stick parity |
//! | SPI | the TI and National formats |
//! | I2C | ten-bit addresses, arbitration, TX_CMD_BLOCK |
//! | ADC | noise and non-linearity |
//! | PIO | all nine instructions and both synchronisers are there; a block lags 500 ns behind the cores' interrupts |
//! | DMA | bus errors of register blocks; a batch of 64 unpaced transfers happens at its first |
//! | RTC, TIMER, PWM, WATCHDOG, RESETS, SIO, IO and pads | glitch filters, slew rates and hysteresis of pads |
//! | PSM, VREG, SYSCFG, TBMAN | hold what is written; but for PSM's core 1 nothing loses its power |
//! | MPU | registers only |

mod adc;
mod bootrom;
mod busctrl;
mod clocks;
mod cores;
mod debug;
mod dma;
mod ear;
mod flash;
mod gpout;
mod i2c;
mod pins;
mod pio;
mod plain;
mod pll;
mod pwm;
#[cfg(test)]
mod register_tests;
mod resets;
mod rosc;
mod rtc;
mod shared;
mod sio;
mod snapshot;
mod spi;
mod ssi;
mod steady;
#[cfg(test)]
mod testing;
mod timer;
mod uart;
mod usb;
mod usb_host;
mod watchdog;
#[cfg(test)]
mod wired_tests;
mod xip;
mod xosc;

use crate::cpu::memory::Memory;
use crate::cpu::{Access, Bus, Steady};
use crate::world::{Gpio, Input, World};

use adc::Adc;
use bootrom::Mailbox;
use busctrl::BusCtrl;
use clocks::{Clocks, Sources};
pub use cores::Chip;
use dma::Dma;
pub use flash::Flash;
use gpout::Gpouts;
use i2c::I2c;
use pio::Pio;
use plain::{Psm, SYSCFG_RESET, Storage, Vreg};
use pll::Pll;
use pwm::Pwm;
use resets::{Resets, bit};
use rosc::Rosc;
use rtc::Rtc;
use shared::{Event, Frequencies, Shared};
use sio::Sio;
use spi::Spi;
use ssi::{IoQspi, PADS_QSPI_RESET, Ssi};
use timer::Timer;
use uart::Uart;
use usb::Usb;
use usb_host::UsbHost;
use watchdog::Watchdog;
use xip::Xip;
use xosc::Xosc;

/// Where flash is mapped.
pub const XIP_BASE: u32 = 0x1000_0000;
/// Main memory.
pub const SRAM_BASE: u32 = 0x2000_0000;
/// Bytes of main memory.
pub const SRAM_BYTES: usize = 264 * 1024;

const XIP_MIRRORS: [u32; 4] = [XIP_BASE, 0x1100_0000, 0x1200_0000, 0x1300_0000];
const XIP_CTRL_BASE: u32 = 0x1400_0000;
const XIP_SRAM_BASE: u32 = 0x1500_0000;
const XIP_SSI_BASE: u32 = 0x1800_0000;
const SRAM_BANKS_BASE: u32 = 0x2100_0000;
const APB_BASE: u32 = 0x4000_0000;
const APB_BYTES: u32 = 0x0007_0000;
const DMA_BASE: u32 = 0x5000_0000;
const USBCTRL_DPRAM_BASE: u32 = 0x5010_0000;
const DPRAM_MASK: u32 = 0xFFFF_0000;
const USBCTRL_REGS_BASE: u32 = 0x5011_0000;
const PIO0_BASE: u32 = 0x5020_0000;
const PIO1_BASE: u32 = 0x5030_0000;
const XIP_AUX_BASE: u32 = 0x5040_0000;
const SIO_BASE: u32 = 0xD000_0000;

/// The world's name for the flash's chip select, where the BOOTSEL button is.
pub const BOOTSEL: Gpio = 31;

/// How many cycles after an access to a FIFO, or one in vain to a spinlock, the cores still take short turns.
const TALK: u64 = 4096;

/// Registers, memory and events: everything but the cores. A clone shares the memory.
#[derive(Clone)]
pub struct Rp2040 {
    s: Shared,
    flash: Flash,
    sram: Memory,
    mailbox: Mailbox,
    clocks: Clocks,
    gpouts: Gpouts,
    resets: Resets,
    pll_sys: Pll,
    pll_usb: Pll,
    xosc: Xosc,
    rosc: Rosc,
    psm: Psm,
    vreg: Vreg,
    syscfg: Storage<7>,
    busctrl: BusCtrl,
    ssi: Ssi,
    xip: Xip,
    io_qspi: IoQspi,
    pads_qspi: Storage<7>,
    sio: Sio,
    timer: Timer,
    watchdog: Watchdog,
    rtc: Rtc,
    uart: [Uart; 2],
    usb: Usb,
    usb_host: UsbHost,
    i2c: [I2c; 2],
    spi: [Spi; 2],
    adc: Adc,
    pwm: Pwm,
    pio: [Pio; 2],
    dma: Dma,
    /// Memory that a bus master other than the cores wrote, as offsets: translated code must go.
    memory_changed: Option<(u32, u32)>,
    /// SEV was executed: by which core.
    sev: [bool; 2],
    /// Which cores were asleep when the present turn began.
    asleep: [bool; 2],
    /// Instructions executed on a second core that is off now.
    retired: u64,
    /// The cores count as talking to each other until this cycle.
    talks_until: u64,
    inputs: Vec<Input>,
}

impl Rp2040 {
    fn new(world: Box<dyn World>, flash: Flash, sram: Memory) -> Rp2040 {
        let hz = Frequencies { reference: 1, sys: 1, peri: 0, usb: 0, adc: 0, rtc: 0 };
        let mut chip = Rp2040 {
            s: Shared::new(world, hz),
            flash,
            sram,
            mailbox: Mailbox::default(),
            clocks: Clocks::default(),
            gpouts: Gpouts::default(),
            resets: Resets::default(),
            pll_sys: Pll::default(),
            pll_usb: Pll::default(),
            xosc: Xosc::default(),
            rosc: Rosc::default(),
            psm: Psm::default(),
            vreg: Vreg::default(),
            syscfg: Storage::with(&SYSCFG_RESET),
            busctrl: BusCtrl::default(),
            ssi: Ssi::default(),
            xip: Xip::default(),
            io_qspi: IoQspi::default(),
            pads_qspi: Storage::with(&PADS_QSPI_RESET),
            sio: Sio::default(),
            timer: Timer::default(),
            watchdog: Watchdog::default(),
            rtc: Rtc::default(),
            uart: [Uart::new(0), Uart::new(1)],
            usb: Usb::default(),
            usb_host: UsbHost::default(),
            i2c: [I2c::new(0), I2c::new(1)],
            spi: [Spi::new(0), Spi::new(1)],
            adc: Adc::default(),
            pwm: Pwm::default(),
            pio: [Pio::new(0), Pio::new(1)],
            dma: Dma::default(),
            memory_changed: None,
            sev: [false; 2],
            asleep: [false; 2],
            retired: 0,
            talks_until: 0,
            inputs: Vec::new(),
        };
        chip.frequencies_changed(0);
        chip.s.pins_changed(u32::MAX);
        chip
    }

    /// Back to the state after a reset. Memory, the watchdog's scratch registers and the world
    /// keep theirs.
    fn reset(&mut self, cycle: u64) {
        self.s.reset();
        self.clocks = Clocks::default();
        self.gpouts = Gpouts::default();
        self.resets = Resets::default();
        self.pll_sys = Pll::default();
        self.pll_usb = Pll::default();
        self.xosc = Xosc::default();
        self.rosc = Rosc::default();
        self.psm = Psm::default();
        self.syscfg = Storage::with(&SYSCFG_RESET);
        self.busctrl = BusCtrl::default();
        self.ssi = Ssi::default();
        self.xip = Xip::default();
        self.io_qspi = IoQspi::default();
        self.pads_qspi = Storage::with(&PADS_QSPI_RESET);
        self.sio = Sio::default();
        self.timer = Timer::default();
        self.watchdog = self.watchdog.after_reset();
        self.uart = [Uart::new(0), Uart::new(1)];
        self.rtc = Rtc::default();
        self.reset_usb();
        self.i2c = [I2c::new(0), I2c::new(1)];
        self.spi = [Spi::new(0), Spi::new(1)];
        self.adc = Adc::default();
        self.pwm = Pwm::default();
        self.pio = [Pio::new(0), Pio::new(1)];
        self.dma = Dma::default();
        self.s.world.chip_reset(self.s.now);
        self.frequencies_changed(cycle);
        self.s.pins_changed(u32::MAX);
        self.s.replan_world();
    }

    /// Puts peripherals into their reset state, by RESETS' bits.
    fn reset_peripherals(&mut self, mask: u32) {
        let held = |bit: u32| mask >> bit & 1 != 0;
        if held(bit::IO_BANK0) {
            self.s.io_bank0_reset();
        }
        if held(bit::PADS_BANK0) {
            self.s.pads_bank0_reset();
        }
        if held(bit::IO_QSPI) {
            self.io_qspi = IoQspi::default();
        }
        if held(bit::PADS_QSPI) {
            self.pads_qspi = Storage::with(&PADS_QSPI_RESET);
        }
        if held(bit::PLL_SYS) {
            self.pll_sys = Pll::default();
        }
        if held(bit::PLL_USB) {
            self.pll_usb = Pll::default();
        }
        if held(bit::SYSCFG) {
            self.syscfg = Storage::with(&SYSCFG_RESET);
        }
        if held(bit::TIMER) {
            self.timer = Timer::default();
            for event in [Event::Alarm0, Event::Alarm1, Event::Alarm2, Event::Alarm3] {
                self.s.cancel(event);
            }
            self.tick_changed();
        }
        if held(bit::RTC) {
            self.rtc = Rtc::default();
            self.s.cancel(Event::Rtc);
            self.s.set_irq(shared::irq::RTC, false);
        }
        if held(bit::USBCTRL) {
            self.reset_usb();
        }
        if held(bit::DMA) {
            self.dma = Dma::default();
            self.s.cancel(Event::Dma);
            self.s.set_irq(shared::irq::DMA_0, false);
            self.s.set_irq(shared::irq::DMA_0 + 1, false);
        }
        if held(bit::ADC) {
            self.adc = Adc::default();
            self.s.cancel(Event::Adc);
            self.s.set_irq(shared::irq::ADC_FIFO, false);
        }
        if held(bit::PWM) {
            self.pwm = Pwm::default();
            self.pwm.refresh(&mut self.s);
        }
        self.update_watching();
        for n in 0..2 {
            if held([bit::UART0, bit::UART1][n]) {
                self.uart[n] = Uart::new(n);
                self.s.cancel([Event::Uart0, Event::Uart1][n]);
            }
            if held([bit::PIO0, bit::PIO1][n]) {
                self.pio[n] = Pio::new(n);
                self.pio[n].catch_up(&mut self.s);
                self.s.pins.pio[n] = Default::default();
                self.s.pins_changed(u32::MAX);
                self.s.pins.pio_looks[n] = 0;
                self.s.update_listening();
            }
            if held([bit::I2C0, bit::I2C1][n]) {
                self.i2c[n].leave_bus(&mut self.s);
                self.i2c[n] = I2c::new(n);
                self.s.cancel([Event::I2c0, Event::I2c1][n]);
                self.s.set_irq(shared::irq::I2C0 + n as u32, false);
            }
            if held([bit::SPI0, bit::SPI1][n]) {
                self.spi[n] = Spi::new(n);
                self.spi[n].drive(&mut self.s);
                self.s.cancel([Event::Spi0, Event::Spi1][n]);
                self.s.set_irq(shared::irq::SPI0 + n as u32, false);
            }
        }
    }

    fn reset_usb(&mut self) {
        self.usb = Usb::default();
        self.s.set_irq(shared::irq::USBCTRL, false);
        self.usb_host.kick(&mut self.s, &mut self.usb);
    }

    /// Recomputes what depends on clocks, at CPU cycle `cycle`.
    fn frequencies_changed(&mut self, cycle: u64) {
        let sources = Sources::new(&self.rosc, &self.xosc, &self.pll_sys, &self.pll_usb);
        let mut hz = self.clocks.frequencies(&sources);
        if (hz.sys == 0) != self.s.stopped {
            self.pio_catches_up();
            self.s.stopped = hz.sys == 0;
            self.s.call_back();
            self.pwm.refresh(&mut self.s);
            self.pio_catches_up();
        }
        if self.s.stopped {
            // The cores stand still; their cycles go on as if they slept.
            hz.sys = self.s.hz.sys;
        }
        if hz != self.s.hz {
            let sys_changed = hz.sys != self.s.hz.sys;
            self.s.hz = hz;
            if sys_changed {
                self.s.set_hz(cycle, hz.sys);
            }
            self.tick_changed();
            self.pwm.refresh(&mut self.s);
        }
        self.gpouts.set(&mut self.s, self.clocks.outputs(&sources));
    }

    /// Whether the cores have no clock: the oscillators are dormant or off.
    pub fn is_stopped(&self) -> bool {
        self.s.stopped
    }

    /// A pin wakes the oscillators.
    fn wake_oscillators(&mut self) {
        if self.xosc.wake() | self.rosc.wake() {
            let cycle = self.s.clock.cycle_at(self.s.now);
            self.frequencies_changed(cycle);
        }
    }

    fn tick_changed(&mut self) {
        let nanos = self.watchdog.tick_nanos(self.s.hz.reference);
        self.timer.set_tick(&mut self.s, nanos);
    }

    /// Copies memory as the processor would see it; registers read as zero.
    fn copy_from_guest(&self, from: u32, into: &mut [u8]) {
        let ok = if from >= SRAM_BASE {
            self.sram.read((from - SRAM_BASE) as usize, into)
        } else if from >= XIP_BASE {
            self.flash.memory().read((from & 0x00FF_FFFF) as usize, into)
        } else {
            false
        };
        if !ok {
            into.fill(0);
        }
    }

    /// The flash chip's contents changed by a command: translated code must go.
    fn flash_written(&mut self) {
        if let Some((start, end)) = self.flash.take_changed() {
            let (a, b) = self.s.flash_changed.unwrap_or((start, end));
            self.s.flash_changed = Some((a.min(start), b.max(end)));
            self.s.call_back();
        }
    }

    /// Where an address in the unstriped mirror of main memory lies in the striped one.
    fn bank_offset(offset: u32) -> usize {
        let (bank, word) = (offset >> 16, offset >> 2 & 0x3FFF);
        ((word * 4 + bank) * 4) as usize
    }

    fn read_register(&mut self, core: u8, cycle: u64, address: u32) -> u32 {
        let s = &mut self.s;
        let offset = address & 0xFFF;
        match address & 0xFFFF_C000 {
            0x4000_0000 => plain::sysinfo(offset),
            0x4000_4000 => self.syscfg.read(offset),
            0x4000_8000 => self.clocks.read(s.now, offset),
            0x4000_C000 => self.resets.read(offset),
            0x4001_0000 => self.psm.read(offset),
            0x4001_4000 => s.io_bank0_read(offset),
            0x4001_8000 => self.io_qspi.read(offset),
            0x4001_C000 => s.pads_bank0_read(offset),
            0x4002_0000 => self.pads_qspi.read(offset),
            0x4002_4000 => self.xosc.read(s, offset),
            0x4002_8000 => self.pll_sys.read(offset),
            0x4002_C000 => self.pll_usb.read(offset),
            0x4003_0000 => self.busctrl.read(offset),
            0x4003_4000 => self.uart[0].read(s, offset),
            0x4003_8000 => self.uart[1].read(s, offset),
            0x4003_C000 => self.spi[0].read(s, offset),
            0x4004_0000 => self.spi[1].read(s, offset),
            0x4004_4000 => self.i2c[0].read(s, offset),
            0x4004_8000 => self.i2c[1].read(s, offset),
            0x4004_C000 => self.adc.read(s, offset),
            0x4005_0000 => self.pwm.read(s, offset),
            0x4005_4000 => self.timer.read(s, offset),
            0x4005_8000 => self.watchdog.read(s, offset),
            0x4005_C000 => self.rtc.read(s, offset),
            0x4006_0000 => self.rosc.read(s, offset),
            0x4006_4000 => self.vreg.read(offset),
            0x4006_C000 => plain::tbman(offset),
            _ => {
                let _ = (core, cycle);
                0
            }
        }
    }

    fn write_register(&mut self, cycle: u64, address: u32, value: u32) {
        let s = &mut self.s;
        let offset = address & 0xFFF;
        match address & 0xFFFF_C000 {
            XIP_CTRL_BASE => self.xip.write(offset, value),
            DMA_BASE => self.dma.write(s, offset, value),
            PIO0_BASE => self.pio[0].write(s, offset, value),
            PIO1_BASE => self.pio[1].write(s, offset, value),
            USBCTRL_REGS_BASE => {
                self.usb.write(s, offset, value);
                self.kick_usb();
            }
            XIP_SSI_BASE => {
                let forced = self.io_qspi.forced_select().is_some();
                self.ssi.write(offset, value, &mut self.flash, forced);
                self.flash_written();
            }
            0x4000_4000 => self.syscfg.write(offset, value),
            0x4000_8000 => {
                let sources = Sources::new(&self.rosc, &self.xosc, &self.pll_sys, &self.pll_usb);
                self.clocks.write(s.now, offset, value, &sources);
                self.frequencies_changed(cycle);
            }
            0x4000_C000 => {
                let entered = self.resets.write(offset, value);
                if entered != 0 {
                    self.reset_peripherals(entered);
                    self.frequencies_changed(cycle);
                }
            }
            0x4001_0000 => {
                match self.psm.write(offset, value) {
                    Some(false) => {
                        self.sio.core1_runs = false;
                        self.s.call_back();
                    }
                    // Core 1's boot code empties its FIFO and tells core 0 so with a zero.
                    Some(true) => self.sio.restart_core1(&mut self.s),
                    None => {}
                }
            }
            0x4001_4000 => {
                s.io_bank0_write(offset, value);
                self.pwm.refresh(s);
                let sources = Sources::new(&self.rosc, &self.xosc, &self.pll_sys, &self.pll_usb);
                self.gpouts.set(s, self.clocks.outputs(&sources));
                self.update_watching();
            }
            0x4001_8000 => {
                self.io_qspi.write(offset, value);
                if let Some(selected) = self.io_qspi.forced_select() {
                    self.flash.select(selected);
                    self.flash_written();
                }
            }
            0x4001_C000 => s.pads_bank0_write(offset, value),
            0x4002_0000 => self.pads_qspi.write(offset, value),
            0x4002_4000 => {
                self.xosc.write(s, offset, value);
                self.frequencies_changed(cycle);
            }
            0x4002_8000 => {
                self.pll_sys.write(offset, value);
                self.frequencies_changed(cycle);
            }
            0x4002_C000 => {
                self.pll_usb.write(offset, value);
                self.frequencies_changed(cycle);
            }
            0x4003_0000 => self.busctrl.write(offset, value),
            0x4003_4000 => self.uart[0].write(s, offset, value),
            0x4003_8000 => self.uart[1].write(s, offset, value),
            0x4003_C000 | 0x4004_0000 => {
                self.spi[usize::from(address >= 0x4004_0000)].write(s, offset, value);
                if offset == spi::SSPCR1 {
                    self.update_watching();
                }
            }
            0x4004_4000 | 0x4004_8000 => {
                self.i2c[usize::from(address >= 0x4004_8000)].write(s, offset, value);
                if matches!(offset, i2c::IC_CON | i2c::IC_ENABLE) {
                    self.update_watching();
                }
            }
            0x4004_C000 => self.adc.write(s, offset, value),
            0x4005_0000 => self.pwm.write(s, offset, value),
            0x4005_C000 => self.rtc.write(s, offset, value),
            0x4005_4000 => self.timer.write(s, offset, value),
            0x4005_8000 => {
                self.watchdog.write(s, offset, value);
                self.tick_changed();
            }
            0x4006_0000 => {
                self.rosc.write(s, offset, value);
                self.frequencies_changed(cycle);
            }
            0x4006_4000 => self.vreg.write(offset, value),
            _ => {}
        }
    }

    fn kick_usb(&mut self) {
        if self.usb.kicked {
            self.usb_host.kick(&mut self.s, &mut self.usb);
        }
    }

    /// A core accesses an SIO register: through some the cores talk to each other.
    fn talk(&mut self, cycle: u64, offset: u32, write: bool) {
        if self.sio.waits_for_other(offset, write) {
            self.talks_until = cycle + TALK;
        }
    }

    /// Reads a whole word at an aligned address.
    fn read_word(&mut self, core: u8, cycle: u64, address: u32) -> u32 {
        match address >> 24 {
            0xD0 => {
                if address & 0xFFF == sio::GPIO_HI_IN {
                    self.io_qspi.button = self.s.world.is_pulled_low(self.s.now, BOOTSEL);
                    return self.io_qspi.inputs();
                }
                self.pio_catches_up();
                self.talk(cycle, address & 0xFFF, false);
                self.sio.read(&mut self.s, core, address & 0xFFF)
            }
            0x40 => self.read_register(core, cycle, address & !0x3000),
            0x14 => self.xip.read(address & 0xFF, &self.flash),
            0x18 => {
                let forced = self.io_qspi.forced_select().is_some();
                let value = self.ssi.read(address & 0xFF, &mut self.flash, forced);
                self.flash_written();
                value
            }
            0x21 => self.sram.read_u32(Self::bank_offset(address & 0x00FF_FFFC)),
            0x50 => match address & 0xFFFF_0000 {
                DMA_BASE => self.dma.read(address & 0xFFF),
                USBCTRL_DPRAM_BASE => self.usb.dpram_read(address & 0xFFF),
                USBCTRL_REGS_BASE => self.usb.read(&mut self.s, address & 0xFFF),
                PIO0_BASE => self.pio[0].read(&mut self.s, address & 0xFFF),
                PIO1_BASE => self.pio[1].read(&mut self.s, address & 0xFFF),
                XIP_AUX_BASE => self.xip.stream(&self.flash),
                _ => 0,
            },
            0xF0 => {
                let n = (address >> 2 & 3) as usize;
                self.mailbox.registers[n]
            }
            _ => 0,
        }
    }

    fn write_word(&mut self, access: &mut Access, address: u32, value: u32) {
        let cycle = access.cycle;
        match address >> 24 {
            0xD0 => {
                self.pio_catches_up();
                self.talk(cycle, address & 0xFFF, true);
                self.sio.write(&mut self.s, access.core, address & 0xFFF, value);
                self.pio_catches_up();
            }
            0x40 | 0x14 | 0x18 | 0x50 => {
                // The three mirrors of each peripheral: exclusive or, set, clear.
                let alias = address >> 12 & 3;
                let address = address & !0x3000;
                let value = if alias == 0 {
                    value
                } else {
                    let offset = address & 0xFFF;
                    let old = match address & !0xFFF {
                        // Reading has side effects, and flags are cleared through the clear alias.
                        USBCTRL_REGS_BASE if Usb::clears(offset) => {
                            self.usb.write(&mut self.s, offset, if alias == 2 { 0 } else { value });
                            self.kick_usb();
                            return;
                        }
                        USBCTRL_REGS_BASE => self.usb.peek(offset),
                        _ => self.read_word(access.core, cycle, address),
                    };
                    match alias {
                        1 => old ^ value,
                        2 => old | value,
                        _ => old & !value,
                    }
                };
                self.write_register(cycle, address, value);
            }
            0x21 => self.sram.write_u32(Self::bank_offset(address & 0x00FF_FFFC), value),
            0xF0 => match address & 0xFF {
                0x10 => {
                    let cycles = self.rom_call(value);
                    access.stall += cycles;
                    // What the ROM computes counts as one instruction a cycle, which is more than it takes. The
                    // time of flash operations is the flash's.
                    if !matches!(value as u8, bootrom::FLASH_RANGE_ERASE | bootrom::FLASH_RANGE_PROGRAM) {
                        access.instructions += cycles;
                    }
                }
                offset => self.mailbox.registers[(offset >> 2 & 3) as usize] = value,
            },
            _ => {}
        }
    }

    /// Writes 1, 2 or 4 bytes.
    fn write_narrow(&mut self, access: &mut Access, address: u32, size: u32, value: u32) {
        if address >> 24 == 0x21 && size < 4 {
            let at = Self::bank_offset(address & 0x00FF_FFFC) + (address & 3) as usize;
            self.sram.write(at, &value.to_le_bytes()[..size as usize]);
            return;
        }
        if address & DPRAM_MASK == USBCTRL_DPRAM_BASE {
            self.usb.dpram_write(address & 0xFFF, size, value);
            self.kick_usb();
            return;
        }
        // A narrow write reaches a register on all byte lanes (section 2.1.4).
        let value = match size {
            1 => (value & 0xFF) * 0x0101_0101,
            2 => (value & 0xFFFF) * 0x0001_0001,
            _ => value,
        };
        self.write_word(access, address & !3, value);
    }

    /// After an access or event: DMA looks whether it can go on.
    #[inline]
    fn dma_after(&mut self) {
        if self.dma.is_active() && std::mem::take(&mut self.s.dreq_changed) {
            self.dma_run();
        }
    }

    /// A bus master other than the cores wrote to memory.
    fn memory_changed(&mut self, start: u32, end: u32) {
        if self.memory_changed.is_none() {
            self.s.call_back();
        }
        let (a, b) = self.memory_changed.unwrap_or((start, end));
        self.memory_changed = Some((a.min(start), b.max(end)));
    }

    /// Handles an event.
    fn event(&mut self, event: Event) {
        let s = &mut self.s;
        match event {
            Event::World => {
                self.pio_catches_up();
                let s = &mut self.s;
                let mut inputs = std::mem::take(&mut self.inputs);
                s.world.advance(s.now, &mut inputs);
                for input in inputs.drain(..) {
                    self.input(input);
                }
                self.inputs = inputs;
                self.s.replan_world();
                self.pio_catches_up();
            }
            Event::Edges => self.edges(),
            Event::Wake => self.wake_oscillators(),
            Event::Gpout => self.gpouts.refresh(s),
            Event::Alarm0 => self.timer.alarm(s, 0),
            Event::Alarm1 => self.timer.alarm(s, 1),
            Event::Alarm2 => self.timer.alarm(s, 2),
            Event::Alarm3 => self.timer.alarm(s, 3),
            Event::Watchdog => self.watchdog.expire(s),
            Event::Uart0 | Event::Uart1 => {
                // PIO may send what is heard.
                self.pio_catches_up();
                self.edges();
                self.uart[usize::from(event == Event::Uart1)].tick(&mut self.s);
            }
            Event::Rtc => self.rtc.tick(s),
            Event::Usb => self.usb_host.act(s, &mut self.usb),
            Event::I2c0 => self.i2c[0].tick(s),
            Event::I2c1 => self.i2c[1].tick(s),
            Event::Spi0 => self.spi[0].tick(s),
            Event::Spi1 => self.spi[1].tick(s),
            Event::Adc => self.adc.tick(s),
            Event::Pwm => self.pwm.refresh(s),
            Event::Dma => self.dma_run(),
            Event::Pio0 => self.pio[0].catch_up(s),
            Event::Pio1 => self.pio[1].catch_up(s),
        }
    }

    /// Before and after pins are looked at or changed: PIO machines may lag behind, or wait for a pin.
    fn pio_catches_up(&mut self) {
        for pio in &mut self.pio {
            if pio.is_running() {
                pio.catch_up(&mut self.s);
            }
        }
    }

    fn input(&mut self, input: Input) {
        let s = &mut self.s;
        match input {
            Input::PinChanged { .. } => {
                let levels = s.world.pin_levels(s.now) as u32;
                s.levels_changed(levels);
            }
            // It has no radio.
            Input::Radio(_) => {}
            Input::UartRx { gpio, byte, baud, .. } => {
                for uart in &mut self.uart {
                    if uart.rx_pin(s) == Some(gpio) {
                        uart.hear(s, byte, baud);
                    }
                }
            }
        }
    }

    /// Hands edges at their pins to UART, SPI and I2C.
    fn edges(&mut self) {
        let s = &mut self.s;
        // What they do may make further edges.
        for (t, gpio, high) in std::mem::take(&mut s.edges) {
            self.uart.iter_mut().for_each(|uart| uart.edge(s, t, gpio, high));
            self.spi.iter_mut().for_each(|spi| spi.edge(s, gpio, high));
            self.i2c.iter_mut().for_each(|i2c| i2c.edge(s, gpio, high));
        }
    }

    /// Which pins' edges matter follows from pin functions and from what the buses are set to.
    fn update_watching(&mut self) {
        let s = &self.s;
        let uart = self.uart.iter().fold(0, |pins, uart| pins | uart.watches(s));
        let spi = self.spi.iter().fold(0, |pins, spi| pins | spi.watches(s));
        let i2c = self.i2c.iter().fold(0, |pins, i2c| pins | i2c.watches(s));
        self.s.pins.watched = uart | spi | i2c;
    }
}

impl Bus for Rp2040 {
    fn read(&mut self, access: &mut Access, address: u32, size: u32) -> u32 {
        self.s.at_cycle(access.cycle);
        self.busctrl.count(address);
        access.fast = address >> 24 == 0xD0;
        let word = self.read_word(access.core, access.cycle, address & !3);
        self.dma_after();
        let shifted = word >> ((address & 3) * 8);
        match size {
            1 => shifted & 0xFF,
            2 => shifted & 0xFFFF,
            _ => shifted,
        }
    }

    fn write(&mut self, access: &mut Access, address: u32, size: u32, value: u32) {
        self.s.at_cycle(access.cycle);
        self.busctrl.count(address);
        access.fast = address >> 24 == 0xD0;
        self.write_narrow(access, address, size, value);
        self.dma_after();
    }

    fn irq_lines(&mut self, core: u8) -> u32 {
        self.s.irq_lines(core)
    }

    fn come_back_at(&self, core: u8) -> u64 {
        let other = usize::from(1 - (core & 1));
        // One that is awake finds the event when its turn comes.
        if self.sev[other] && self.asleep[other] { 0 } else { self.s.come_back_at(core) }
    }

    fn send_event(&mut self, core: u8) {
        // Only a running second core has someone to wake.
        if self.sio.core1_runs {
            self.sev[usize::from(1 - (core & 1))] = true;
        }
    }

    fn steady(&mut self, core: u8, cycle: u64, address: u32, size: u32) -> Option<Steady> {
        let word = self.steady_word(core, cycle, address & !3)?;
        let shifted = word.value >> ((address & 3) * 8);
        let value = if size == 4 { shifted } else { shifted & ((1 << (8 * size)) - 1) };
        Some(Steady { value, ..word })
    }

    fn counts_on(&self, _: u32, cycle: u64, ahead: u64) -> u64 {
        self.timer_counts_on(cycle, ahead)
    }

    fn skipped(&mut self, address: u32, times: u64) {
        self.busctrl.count_many(address, times);
    }
}
