//! The RP2040: memory map, cores, and a file for each peripheral.
//!
//! [`Rp2040`] answers register accesses and handles events; [`Chip`] holds it together with the
//! cores and runs them.

mod adc;
mod bootrom;
mod clocks;
mod dma;
mod flash;
mod i2c;
mod pins;
mod pio;
mod plain;
mod pll;
mod pwm;
mod resets;
mod rosc;
mod rtc;
mod shared;
mod sio;
mod spi;
mod ssi;
#[cfg(test)]
mod testing;
mod timer;
mod uart;
mod usb;
mod usb_host;
mod watchdog;
mod xip;
mod xosc;

use crate::clock::Time;
use crate::cpu::memory::Memory;
use crate::cpu::{self, Access, Bus, Core, EngineError, Region, RegionKind};
use crate::image::boot2_checksum;
use crate::world::{Input, World};

use adc::Adc;
use bootrom::Mailbox;
use clocks::{Clocks, Sources};
use dma::Dma;
pub use flash::Flash;
use i2c::I2c;
use pio::Pio;
use plain::{Psm, Storage, Vreg};
use pll::Pll;
use pwm::Pwm;
use resets::{Resets, bit};
use rosc::Rosc;
use rtc::Rtc;
pub use shared::Demand;
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

/// Why the chip stopped.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The instant asked for is reached.
    Reached,
    /// A core took a HardFault; run on to let the guest handle it.
    Fault(Box<cpu::fault::FaultReport>),
    /// The guest demands something.
    Demand(Demand),
}

/// Registers, memory and events: everything but the cores.
pub struct Rp2040 {
    s: Shared,
    flash: Flash,
    sram: Memory,
    mailbox: Mailbox,
    clocks: Clocks,
    resets: Resets,
    pll_sys: Pll,
    pll_usb: Pll,
    xosc: Xosc,
    rosc: Rosc,
    psm: Psm,
    vreg: Vreg,
    syscfg: Storage<7>,
    busctrl: Storage<10>,
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
            resets: Resets::default(),
            pll_sys: Pll::default(),
            pll_usb: Pll::default(),
            xosc: Xosc::default(),
            rosc: Rosc::default(),
            psm: Psm::default(),
            vreg: Vreg::default(),
            syscfg: Storage::with(&[]),
            busctrl: Storage::with(&[]),
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
        self.resets = Resets::default();
        self.pll_sys = Pll::default();
        self.pll_usb = Pll::default();
        self.xosc = Xosc::default();
        self.rosc = Rosc::default();
        self.psm = Psm::default();
        self.syscfg = Storage::with(&[]);
        self.busctrl = Storage::with(&[]);
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
            self.syscfg = Storage::with(&[]);
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
            }
            if held([bit::I2C0, bit::I2C1][n]) {
                self.i2c[n] = I2c::new(n);
                self.s.cancel([Event::I2c0, Event::I2c1][n]);
                self.s.set_irq(shared::irq::I2C0 + n as u32, false);
            }
            if held([bit::SPI0, bit::SPI1][n]) {
                self.spi[n] = Spi::new(n);
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
        let hz = self.clocks.frequencies(&sources);
        if hz != self.s.hz {
            self.s.hz = hz;
            self.s.set_sys_hz(cycle, hz.sys);
            self.tick_changed();
            self.pwm.refresh(&mut self.s);
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
            0x4000_8000 => self.clocks.read(offset),
            0x4000_C000 => self.resets.read(offset),
            0x4001_0000 => self.psm.read(offset),
            0x4001_4000 => s.io_bank0_read(offset),
            0x4001_8000 => self.io_qspi.read(offset),
            0x4001_C000 => s.pads_bank0_read(offset),
            0x4002_0000 => self.pads_qspi.read(offset),
            0x4002_4000 => self.xosc.read(offset),
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
            0x4006_0000 => self.rosc.read(offset),
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
                self.clocks.write(offset, value, &sources);
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
                self.xosc.write(offset, value);
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
            0x4003_C000 => self.spi[0].write(s, offset, value),
            0x4004_0000 => self.spi[1].write(s, offset, value),
            0x4004_4000 => self.i2c[0].write(s, offset, value),
            0x4004_8000 => self.i2c[1].write(s, offset, value),
            0x4004_C000 => self.adc.write(s, offset, value),
            0x4005_0000 => self.pwm.write(s, offset, value),
            0x4005_C000 => self.rtc.write(s, offset, value),
            0x4005_4000 => self.timer.write(s, offset, value),
            0x4005_8000 => {
                self.watchdog.write(s, offset, value);
                self.tick_changed();
            }
            0x4006_0000 => {
                self.rosc.write(offset, value);
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

    /// Reads a whole word at an aligned address.
    fn read_word(&mut self, core: u8, cycle: u64, address: u32) -> u32 {
        match address >> 24 {
            0xD0 => {
                self.pio_catches_up();
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
                0x10 => access.stall += self.rom_call(value),
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
            Event::Alarm0 => self.timer.alarm(s, 0),
            Event::Alarm1 => self.timer.alarm(s, 1),
            Event::Alarm2 => self.timer.alarm(s, 2),
            Event::Alarm3 => self.timer.alarm(s, 3),
            Event::Watchdog => self.watchdog.expire(s),
            Event::Uart0 => self.uart[0].tick(s),
            Event::Uart1 => self.uart[1].tick(s),
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
            Input::UartRx { gpio, byte, baud, .. } => {
                for uart in &mut self.uart {
                    if uart.rx_pin(s) == Some(gpio) {
                        let understood = uart.understands(s, baud);
                        uart.receive(s, if understood { byte } else { byte ^ 0xA5 }, !understood);
                    }
                }
            }
        }
    }
}

impl Bus for Rp2040 {
    fn read(&mut self, access: &mut Access, address: u32, size: u32) -> u32 {
        self.s.at_cycle(access.cycle);
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
        self.write_narrow(access, address, size, value);
        self.dma_after();
    }

    fn irq_lines(&mut self, core: u8) -> u32 {
        self.s.irq_lines(core)
    }

    fn come_back_at(&self, core: u8) -> u64 {
        if self.sev[usize::from(1 - (core & 1))] { 0 } else { self.s.come_back_at(core) }
    }

    fn send_event(&mut self, core: u8) {
        // Only a running second core has someone to wake.
        if self.sio.core1_runs {
            self.sev[usize::from(1 - (core & 1))] = true;
        }
    }
}

/// The words core 0 sends to start core 1 (section 2.8.2); the last three are its vector table,
/// stack and entry.
const LAUNCH: [Option<u32>; 6] = [Some(0), Some(0), Some(1), None, None, None];

/// How far one core may run ahead of the other, in cycles.
const INTERLEAVE: u64 = 64;

/// The whole chip.
pub struct Chip {
    bus: Box<Rp2040>,
    core0: Core<Rp2040>,
    /// Made when core 0 launches it.
    core1: Option<Core<Rp2040>>,
    launch: Vec<u32>,
    regions: Vec<Region>,
    rom: Memory,
    asleep: Time,
    /// When code that ran from memory is forgotten.
    review: Time,
}

/// How long after a reset or a flash operation code that ran from memory is forgotten: boot
/// loaders and flash functions run there, in pages that hold the stack and variables otherwise.
const REVIEW: Time = Time::from_millis(20);

impl Chip {
    /// A chip at power-on with erased flash of `flash_bytes` (a power of two, up to 16 MiB).
    pub fn new(world: Box<dyn World>, flash_bytes: usize, unique_id: [u8; 8]) -> Result<Chip, EngineError> {
        let rom = Memory::new(bootrom::ROM_BYTES);
        rom.write(0, &bootrom::image());
        let flash = Memory::new(flash_bytes);
        let sram = Memory::new(SRAM_BYTES);
        let xip_sram = Memory::new(16 * 1024);
        let region = |base: u32, memory: &Memory, kind: fn(Memory) -> RegionKind| Region {
            base,
            size: memory.len() as u32,
            kind: kind(memory.clone()),
        };
        let registers = |base: u32, size: u32| Region { base, size, kind: RegionKind::Registers };
        let mut regions = vec![
            region(SRAM_BASE, &sram, RegionKind::Ram),
            region(0, &rom, RegionKind::WritesIgnored),
            registers(SIO_BASE, 0x1000),
            registers(APB_BASE, APB_BYTES),
        ];
        // A write to the caching mirror only drops a cache line; to the others it is a bus fault
        // (XIP_CTRL.ERR_BADWRITE).
        regions.extend(XIP_MIRRORS.map(|base| {
            let cached = base == XIP_BASE;
            region(base, &flash, if cached { RegionKind::WritesIgnored } else { RegionKind::ReadOnly })
        }));
        regions.extend([
            registers(XIP_CTRL_BASE, 0x4000),
            region(XIP_SRAM_BASE, &xip_sram, RegionKind::Ram),
            registers(XIP_SSI_BASE, 0x4000),
            registers(SRAM_BANKS_BASE, 0x4_0000),
            registers(DMA_BASE, 0x4000),
            registers(USBCTRL_DPRAM_BASE, 0x4000),
            registers(USBCTRL_REGS_BASE, 0x4000),
            registers(PIO0_BASE, 0x4000),
            registers(PIO1_BASE, 0x4000),
            registers(XIP_AUX_BASE, 0x1000),
            registers(bootrom::MAILBOX, 0x1000),
        ]);
        let bus = Box::new(Rp2040::new(world, Flash::new(flash.clone(), unique_id), sram.clone()));
        let core0 = Self::make_core(0, &regions, &rom, &bus)?;
        let mut chip = Chip {
            bus,
            core0,
            core1: None,
            launch: Vec::new(),
            regions,
            rom,
            asleep: Time::ZERO,
            review: REVIEW,
        };
        chip.bus.s.demand = None;
        Ok(chip)
    }

    fn make_core(
        number: u8,
        regions: &[Region],
        rom: &Memory,
        bus: &Rp2040,
    ) -> Result<Core<Rp2040>, EngineError> {
        let code: [(&[u32], &Memory); 3] =
            [(&[0], rom), (&XIP_MIRRORS, bus.flash.memory()), (&[SRAM_BASE], &bus.sram)];
        Core::new(number, regions, &code)
    }

    /// Starts the boot ROM's work: what the watchdog's scratch registers ask for, else the
    /// second-stage boot loader in flash. False when there is none: the chip would wait for a UF2.
    pub fn boot(&mut self) -> bool {
        self.core1 = None;
        self.launch.clear();
        self.review = self.bus.s.now + REVIEW;
        let bus = &mut self.bus;
        let [magic, sp, pc] = [4, 6, 7].map(|n| bus.watchdog.scratch(n));
        let key = bus.watchdog.scratch(5);
        if magic == 0xB007_C0D3 && key == pc ^ magic.wrapping_neg() {
            // Section 2.8.1.1: vector through scratch, once.
            bus.watchdog.write(&mut bus.s, 0x1C, 0);
            self.core0.start(pc | 1, sp, 0);
            return true;
        }
        let boot2 = bus.flash.memory().to_vec(0, 256);
        let sum = u32::from_le_bytes([boot2[252], boot2[253], boot2[254], boot2[255]]);
        if boot2_checksum(&boot2[..252]) != sum {
            return false;
        }
        let at = bootrom::BOOT_STACK;
        bus.sram.write((at - SRAM_BASE) as usize, &boot2);
        // The ROM has released what it needs to read flash.
        let ready = bus.resets.read(0) & !(1 << bit::IO_QSPI | 1 << bit::PADS_QSPI);
        bus.resets.write(0, ready);
        bus.ssi.set_serial();
        self.core0.start(at | 1, at, 0);
        // A zero link register tells the boot loader to go on to the program.
        self.core0.set_lr(0);
        self.core0.forget_code(at, at + 256);
        true
    }

    /// Resets the chip; memory keeps its contents.
    pub fn reset(&mut self) {
        let cycle = self.core0.cycles();
        self.bus.reset(cycle);
        self.core1 = None;
        self.launch.clear();
    }

    /// The reset came from the RUN pin, not from the watchdog.
    pub fn reset_by_run_pin(&mut self) {
        self.reset();
        self.bus.watchdog = Watchdog::default();
        self.bus.vreg.had_run();
        self.bus.tick_changed();
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.bus.s.now
    }

    /// How long core 0 has slept.
    pub fn asleep(&self) -> Time {
        self.asleep
    }

    /// Core 0's r0 to r12, sp, lr, pc.
    pub fn registers(&self) -> [u32; 16] {
        self.core0.registers()
    }

    /// Cycles of the system clock since power-on.
    pub fn cycles(&self) -> u64 {
        self.core0.cycles()
    }

    /// Instructions executed by both cores.
    pub fn instructions(&self) -> u64 {
        self.core0.instructions() + self.core1.as_ref().map_or(0, Core::instructions)
    }

    /// The flash chip.
    pub fn flash(&mut self) -> &mut Flash {
        &mut self.bus.flash
    }

    /// Main memory.
    pub fn sram(&self) -> &Memory {
        &self.bus.sram
    }

    /// The nets and parts behind the pins.
    pub fn world(&self) -> &dyn World {
        self.bus.s.world.as_ref()
    }

    /// As [`Chip::world`]; what it plans anew is looked at when the chip runs on.
    pub fn world_mut(&mut self) -> &mut dyn World {
        self.bus.s.world.as_mut()
    }

    /// Bytes sent by UART0 since the last call.
    pub fn uart0_sent(&mut self) -> Vec<u8> {
        self.bus.uart[0].take_sent()
    }

    /// Types into UART0; gives how many bytes were taken.
    pub fn uart0_type(&mut self, bytes: &[u8]) -> usize {
        let bus = &mut *self.bus;
        bus.uart[0].type_in(&mut bus.s, bytes)
    }

    /// Whether the console has a listener: the USB serial port is open, or UART0 has both pins.
    pub fn console_ready(&self) -> bool {
        self.bus.usb_host.open() || !self.bus.usb.attached() && self.bus.uart[0].connected(&self.bus.s)
    }

    /// Types into the console: USB once its port is open, else UART0.
    pub fn console_write(&mut self, bytes: &[u8]) -> usize {
        let bus = &mut *self.bus;
        if bus.usb_host.open() {
            bus.usb_host.write(&mut bus.s, bytes)
        } else if self.console_ready() {
            self.uart0_type(bytes)
        } else {
            0
        }
    }

    /// What the console printed since the last call.
    pub fn console_read(&mut self) -> Vec<u8> {
        let mut bytes = self.uart0_sent();
        if self.bus.usb_host.open() {
            // UART0 is an ordinary port then, and its bytes belong to whatever it is wired to.
            bytes.clear();
        }
        bytes.extend(self.bus.usb_host.read());
        bytes
    }

    /// All code in flash may have changed.
    pub fn forget_code(&mut self) {
        self.core0.forget_all_code();
        if let Some(core) = &mut self.core1 {
            core.forget_all_code();
        }
    }

    /// Runs until `deadline` or an earlier reason to stop.
    pub fn run_until(&mut self, deadline: Time) -> Stop {
        self.bus.s.replan_world();
        loop {
            self.fire_due();
            if let Some(demand) = self.bus.s.demand.take() {
                return Stop::Demand(demand);
            }
            self.bus.s.called_back();
            if let Some((start, end)) = self.bus.memory_changed.take() {
                for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                    core.memory_written(SRAM_BASE + start, SRAM_BASE + end);
                }
            }
            self.answer_boot();
            if let Some((start, end)) = self.bus.s.flash_changed.take() {
                self.forget_flash(start, end);
                self.review = self.bus.s.now + REVIEW;
            }
            let now = self.bus.s.now;
            if now >= deadline {
                return Stop::Reached;
            }
            if now >= self.review {
                self.review = Time::NEVER;
                for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                    core.forget_ram_code();
                }
            }
            let until = deadline.min(self.bus.s.next()).min(self.review);
            let until = self.bus.s.clock.cycle_at(until);
            let stop = if self.core1.is_some() { self.run_both(until) } else { self.run_one(until) };
            if let Some(stop) = stop {
                return stop;
            }
        }
    }

    /// Handles every event up to the cores' present.
    fn fire_due(&mut self) {
        let bus = &mut *self.bus;
        let cycle = self.core0.cycles();
        let reached = bus.s.now.max(bus.s.clock.time_at(cycle));
        while let Some((event, at)) = bus.s.take_due(reached) {
            bus.s.now = bus.s.now.max(at);
            bus.event(event);
            bus.dma_after();
        }
        bus.s.now = reached;
        let reference = bus.s.clock.hz() / 1_000_000;
        self.core0.set_systick_reference(reference);
    }

    fn run_one(&mut self, until: u64) -> Option<Stop> {
        let clock = self.bus.s.clock.clone();
        match self.core0.run(&mut self.bus, until, |cycle| clock.time_at(cycle)) {
            cpu::Stop::Reached => None,
            cpu::Stop::Asleep => {
                let now = self.core0.cycles();
                let next = until.min(self.core0.next_tick()).min(self.bus.s.come_back_at(0)).max(now);
                self.asleep += clock.time_at(next).saturating_sub(clock.time_at(now));
                self.core0.skip_to(next);
                None
            }
            cpu::Stop::Fault(report) => Some(self.faulted(report)),
            cpu::Stop::ResetRequest => Some(Stop::Demand(Demand::Reset)),
        }
    }

    /// Runs both cores turn about, none further than [`INTERLEAVE`] cycles ahead.
    fn run_both(&mut self, until: u64) -> Option<Stop> {
        let clock = self.bus.s.clock.clone();
        let time = |cycle: u64| clock.time_at(cycle);
        loop {
            let from = self.core0.cycles();
            // Asleep alike, both skip to what wakes one of them.
            let core1 = self.core1.as_mut()?;
            let horizon = if self.core0.is_asleep() && core1.is_asleep() {
                until.min(self.core0.next_tick()).min(core1.next_tick())
            } else {
                until.min(from + INTERLEAVE)
            };
            for number in 0..2u8 {
                let core = if number == 0 { &mut self.core0 } else { self.core1.as_mut()? };
                if std::mem::take(&mut self.bus.sev[usize::from(number)]) {
                    core.set_event();
                }
                match core.run(&mut self.bus, horizon, time) {
                    cpu::Stop::Reached => {}
                    cpu::Stop::Asleep => core.skip_to(horizon),
                    cpu::Stop::Fault(report) => return Some(self.faulted(report)),
                    cpu::Stop::ResetRequest => return Some(Stop::Demand(Demand::Reset)),
                }
            }
            let reached = self.core0.cycles();
            if reached >= until
                || self.bus.s.come_back_at(0) <= reached
                || self.bus.s.come_back_at(1) <= reached
                || !self.bus.sio.core1_runs
            {
                return None;
            }
        }
    }

    fn faulted(&mut self, report: Box<cpu::fault::FaultReport>) -> Stop {
        self.bus.s.now = self.bus.s.now.max(report.at);
        Stop::Fault(report)
    }

    /// Core 1's part of the launch protocol, and its end when it is powered off.
    fn answer_boot(&mut self) {
        if self.core1.is_some() && !self.bus.sio.core1_runs {
            self.core1 = None;
            self.launch.clear();
        }
        while let Some(word) = self.bus.sio.to_boot.pop_front() {
            let expected = LAUNCH[self.launch.len()];
            if expected.is_none_or(|expected| expected == word) {
                self.launch.push(word);
            } else {
                // Out of step: the sequence starts anew, with this word if it fits.
                self.launch.clear();
                if word == 0 {
                    self.launch.push(word);
                }
            }
            let bus = &mut *self.bus;
            bus.sio.push(&mut bus.s, 0, word);
            self.core0.set_event();
            if let [_, _, _, vtor, sp, pc] = self.launch[..] {
                self.launch.clear();
                // Without memory for a second engine core 1 stays where it is, waiting.
                if let Ok(mut core) = Self::make_core(1, &self.regions, &self.rom, &self.bus) {
                    core.start(pc, sp, vtor);
                    core.set_lr(bootrom::CORE1_RETURN);
                    core.skip_to(self.core0.cycles());
                    self.bus.sio.core1_runs = true;
                    self.core1 = Some(core);
                }
            }
        }
    }

    fn forget_flash(&mut self, start: u32, end: u32) {
        for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
            for base in XIP_MIRRORS {
                core.forget_code(base + start, base + end);
            }
        }
    }
}
