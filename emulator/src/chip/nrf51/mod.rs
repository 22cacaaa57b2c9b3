//! The nRF51822: memory map and a file for each peripheral, with the names of the nRF51 Series
//! Reference Manual.
//!
//! [`Nrf51`] answers register accesses and handles events; [`Chip`] holds it together with the core.
//! Not built: SPIS1, whose registers read as zero, as no part of a bench is an SPI controller.

mod adc;
mod aes;
mod ccm;
mod clock;
mod debug;
mod ecb;
mod gpio;
mod gpiote;
mod lpcomp;
mod nvmc;
mod ppi;
mod qdec;
mod radio;
mod rng;
mod rtc;
mod shared;
mod soc;
mod spi;
mod temp;
#[cfg(test)]
mod testing;
mod timer;
mod twi;
mod uart;
mod wdt;

use crate::chip::ChipOptions;
use crate::cpu::memory::Memory;
use crate::cpu::{Access, Bus};
use crate::world::{Input, World};

use adc::Adc;
use ccm::Ccm;
use clock::{ClockPower, Reason, SYSTEMOFF};
use ecb::Ecb;
use gpiote::Gpiote;
use lpcomp::Lpcomp;
use nvmc::{Done, Nvmc};
use qdec::Qdec;
use radio::Radio;
use rng::Rng;
use rtc::Rtc;
use shared::{Event, Shared, id};
pub use soc::Chip;
use spi::Spi;
use temp::Temp;
use timer::Timer;
use twi::Twi;
use uart::Uart;
use wdt::Wdt;

/// Main memory.
pub const RAM_BASE: u32 = 0x2000_0000;
/// Bytes of main memory.
pub const RAM_BYTES: usize = 16 * 1024;
/// Bytes that are kept or lost together in system OFF.
const RAM_BLOCK: usize = 8 * 1024;

const FICR_BASE: u32 = 0x1000_0000;
const APB_BASE: u32 = 0x4000_0000;
const APB_BYTES: u32 = 0x0002_0000;
const GPIO_BASE: u32 = 0x5000_0000;

/// Tasks that PPI may trigger at one instant before time goes on.
const CHAIN: usize = 64;

/// Registers, memory and events: everything but the core. A clone shares the memory.
#[derive(Clone)]
pub struct Nrf51 {
    s: Shared,
    ram: Memory,
    nvmc: Nvmc,
    clock: ClockPower,
    radio: Radio,
    uart: Uart,
    twi: [Twi; 2],
    spi: [Spi; 2],
    gpiote: Gpiote,
    adc: Adc,
    timer: [Timer; 3],
    rtc: [Rtc; 2],
    temp: Temp,
    rng: Rng,
    wdt: Wdt,
    ecb: Ecb,
    ccm: Ccm,
    qdec: Qdec,
    lpcomp: Lpcomp,
    inputs: Vec<Input>,
}

impl Nrf51 {
    fn new(world: Box<dyn World>, nvmc: Nvmc, ram: Memory, options: ChipOptions) -> Nrf51 {
        let mut chip = Nrf51 {
            s: Shared::new(world),
            ram,
            nvmc,
            clock: ClockPower::default(),
            radio: Radio::default(),
            uart: Uart::new(options.console),
            twi: [Twi::new(0), Twi::new(1)],
            spi: [Spi::new(0), Spi::new(1)],
            gpiote: Gpiote::default(),
            adc: Adc::default(),
            timer: [0, 1, 2].map(Timer::new),
            rtc: [0, 1].map(Rtc::new),
            temp: Temp::default(),
            rng: Rng::new(u64::from_le_bytes(options.unique_id)),
            wdt: Wdt::default(),
            ecb: Ecb::default(),
            ccm: Ccm::default(),
            qdec: Qdec::default(),
            lpcomp: Lpcomp::default(),
            inputs: Vec::new(),
        };
        chip.s.pins_changed(u32::MAX);
        chip
    }

    /// Back to the state after a reset. Memory, the retained registers and the world keep theirs.
    fn reset(&mut self, reason: Reason) {
        self.s.reset();
        self.nvmc.reset();
        self.clock = self.clock.after_reset(reason);
        self.radio = Radio::default();
        self.uart = self.uart.after_reset();
        self.twi = [Twi::new(0), Twi::new(1)];
        self.spi = [Spi::new(0), Spi::new(1)];
        self.gpiote = Gpiote::default();
        self.adc = Adc::default();
        self.timer = [0, 1, 2].map(Timer::new);
        self.rtc = [0, 1].map(Rtc::new);
        self.temp = Temp::default();
        self.rng = self.rng.after_reset();
        self.wdt = Wdt::default();
        self.ecb = Ecb::default();
        self.ccm = Ccm::default();
        self.qdec = Qdec::default();
        self.lpcomp = Lpcomp::default();
        self.s.world.chip_reset(self.s.now);
        self.s.pins_changed(u32::MAX);
        self.s.replan_world();
    }

    /// POWER of a peripheral was cleared: its registers lose what they held.
    fn power_off(&mut self, id: usize) {
        let s = &mut self.s;
        s.interface[id] = Default::default();
        s.update_irq(id);
        let console = &self.uart;
        match id {
            id::RADIO => {
                s.cancel(Event::Radio);
                self.radio = Radio::default();
            }
            id::UART0 => {
                s.cancel(Event::UartTx);
                self.uart = console.after_reset();
                s.hold_pins(id, &[]);
            }
            id::SPI0 | id::SPI1 => {
                self.twi[id - id::SPI0].shut_down(s);
                self.spi[id - id::SPI0].shut_down(s);
                s.hold_pins(id, &[]);
            }
            id::GPIOTE => {
                self.gpiote = Gpiote::default();
                s.watched = Default::default();
                s.hold_pins(id, &[]);
            }
            id::ADC => {
                s.cancel(Event::Adc);
                self.adc = Adc::default();
            }
            id::TIMER0..=id::TIMER2 => {
                let n = id - id::TIMER0;
                s.cancel([Event::Timer0, Event::Timer1, Event::Timer2][n]);
                self.timer[n] = Timer::new(n);
            }
            id::RTC0 | id::RTC1 => {
                let n = usize::from(id == id::RTC1);
                s.cancel([Event::Rtc0, Event::Rtc1][n]);
                self.rtc[n] = Rtc::new(n);
            }
            id::TEMP => s.cancel(Event::Temp),
            id::RNG => {
                s.cancel(Event::Rng);
                self.rng = self.rng.after_reset();
            }
            id::ECB => {
                s.cancel(Event::Ecb);
                self.ecb = Ecb::default();
            }
            id::CCM => {
                s.cancel(Event::Ccm);
                self.ccm = Ccm::default();
            }
            id::QDEC => {
                s.cancel(Event::Qdec);
                self.qdec = Qdec::default();
                s.hold_pins(id, &[]);
            }
            id::LPCOMP => {
                s.cancel(Event::Lpcomp);
                self.lpcomp = Lpcomp::default();
            }
            _ => {}
        }
    }

    /// System OFF: nothing runs but the comparator; pins keep what they do.
    fn switch_off(&mut self) {
        let s = &mut self.s;
        s.off = true;
        let comparator = s.scheduled(Event::Lpcomp);
        s.forget_plans();
        s.schedule(Event::Lpcomp, comparator);
        s.replan_world();
        self.lpcomp.detected = false;
    }

    /// What wakes the chip from system OFF, if it is there.
    fn wakes(&self) -> Option<Reason> {
        let pin = self.s.woken_from_off().then_some(Reason::Off);
        pin.or(self.lpcomp.detected.then_some(Reason::Lpcomp))
    }

    /// Memory loses in system OFF what no setting keeps.
    fn lose_memory(&mut self) {
        for block in (0..RAM_BYTES / RAM_BLOCK).filter(|&block| !self.clock.retains(block)) {
            self.ram.fill(block * RAM_BLOCK, RAM_BLOCK, 0);
        }
    }

    /// Triggers a task.
    fn task(&mut self, id: usize, task: u32) {
        let s = &mut self.s;
        match id {
            id::CLOCK => {
                // The slow clock may stop: what it has driven so far counts.
                self.rtc.iter_mut().for_each(|rtc| rtc.tick(s));
                self.clock.task(s, task);
                self.rtc.iter_mut().for_each(|rtc| rtc.tick(s));
            }
            id::RADIO => self.radio.task(s, &self.ram, RAM_BASE, task),
            id::UART0 => self.uart.task(s, task),
            id::SPI0 | id::SPI1 => self.twi[id - id::SPI0].task(s, task),
            id::GPIOTE => self.gpiote.task(s, task),
            id::ADC => self.adc.task(s, task),
            id::TIMER0..=id::TIMER2 => self.timer[id - id::TIMER0].task(s, task),
            id::RTC0 => self.rtc[0].task(s, task),
            id::RTC1 => self.rtc[1].task(s, task),
            id::TEMP => self.temp.task(s, task),
            id::RNG => self.rng.task(s, task),
            id::WDT => self.wdt.task(s, task),
            id::ECB => self.ecb.task(s, task),
            id::CCM => self.ccm.task(s, task),
            id::QDEC => self.qdec.task(s, task),
            id::LPCOMP => self.lpcomp.task(s, task),
            id::PPI => s.ppi.task(task),
            _ => {}
        }
    }

    /// Triggers what PPI's channels have led to.
    fn triggered(&mut self) {
        for _ in 0..CHAIN {
            let Some((id, task)) = self.s.tasks.pop_front() else { return };
            self.task(id, task);
        }
        if !self.s.tasks.is_empty() {
            // Events and tasks that trigger each other in a circle: let time pass between.
            self.s.schedule_in(Event::Tasks, crate::clock::Time::from_micros(1));
        }
    }

    fn read_register(&mut self, id: usize, offset: u32) -> u32 {
        let s = &mut self.s;
        if let id::TIMER0..=id::TIMER2 = id {
            self.timer[id - id::TIMER0].refresh(s);
        }
        let s = &mut self.s;
        match (id, offset) {
            (id::PPI, _) => s.ppi.read(offset),
            (id::NVMC, _) => self.nvmc.read(offset),
            (_, 0..0x100) => 0,
            (_, 0x100..0x180) => s.interface[id].events >> ((offset - 0x100) / 4) & 1,
            (_, 0x200) => s.interface[id].shorts,
            (_, 0x300..=0x308) => s.interface[id].inten,
            (_, 0xFFC) => 1,
            (id::CLOCK, _) => self.clock.read(s, offset),
            (id::RADIO, _) => self.radio.read(offset),
            (id::UART0, _) => self.uart.read(s, offset),
            (id::SPI0 | id::SPI1, _) => {
                let n = id - id::SPI0;
                if self.spi[n].is_enabled() {
                    self.spi[n].read(s, offset)
                } else {
                    self.twi[n].read(s, offset)
                }
            }
            (id::GPIOTE, _) => self.gpiote.read(offset),
            (id::ADC, _) => self.adc.read(offset),
            (id::TIMER0..=id::TIMER2, _) => self.timer[id - id::TIMER0].read(offset),
            (id::RTC0, _) => self.rtc[0].read(s, offset),
            (id::RTC1, _) => self.rtc[1].read(s, offset),
            (id::TEMP, _) => self.temp.read(offset),
            (id::RNG, _) => self.rng.read(offset),
            (id::WDT, _) => self.wdt.read(offset),
            (id::ECB, _) => self.ecb.read(offset),
            (id::CCM, _) => self.ccm.read(offset),
            (id::QDEC, _) => self.qdec.read(offset),
            (id::LPCOMP, _) => self.lpcomp.read(offset),
            _ => 0,
        }
    }

    fn write_register(&mut self, access: &mut Access, id: usize, offset: u32, value: u32) {
        let s = &mut self.s;
        match (id, offset) {
            (id::NVMC, _) => {
                if Nvmc::erases_page(offset) && self.clock.protects(value) {
                    return;
                }
                let done = self.nvmc.write(offset, value);
                self.flash_done(access, done);
            }
            (id::PPI, 0x100..) => s.ppi.write(offset, value),
            (_, 0..0x100) if value & 1 != 0 => self.task(id, offset / 4),
            (_, 0..0x100) => {}
            (_, 0x100..0x180) => {
                if let id::TIMER0..=id::TIMER2 = id {
                    self.timer[id - id::TIMER0].refresh(s);
                }
                let bit = 1 << ((offset - 0x100) / 4);
                let events = &mut s.interface[id].events;
                *events = if value & 1 != 0 { *events | bit } else { *events & !bit };
                s.update_irq(id);
            }
            (_, 0x200) => s.interface[id].shorts = value,
            (_, 0x300 | 0x304 | 0x308) => {
                let inten = &mut s.interface[id].inten;
                *inten = match offset {
                    0x300 => value,
                    0x304 => *inten | value,
                    _ => *inten & !value,
                };
                s.update_irq(id);
                match id {
                    id::RTC0 => self.rtc[0].tick(s),
                    id::RTC1 => self.rtc[1].tick(s),
                    _ => {}
                }
            }
            (id::CLOCK, SYSTEMOFF) if value & 1 != 0 => self.switch_off(),
            (id::CLOCK, _) => self.clock.write(offset, value),
            (_, 0xFFC) if value & 1 == 0 => self.power_off(id),
            (id::RADIO, _) => self.radio.write(offset, value),
            (id::UART0, _) => self.uart.write(s, offset, value),
            (id::SPI0 | id::SPI1, _) => {
                // Both keep the settings; only the one that is enabled acts.
                self.twi[id - id::SPI0].write(s, offset, value);
                self.spi[id - id::SPI0].write(s, offset, value);
            }
            (id::GPIOTE, _) => self.gpiote.write(s, offset, value),
            (id::ADC, _) => self.adc.write(offset, value),
            (id::TIMER0..=id::TIMER2, _) => self.timer[id - id::TIMER0].write(s, offset, value),
            (id::RTC0, _) => self.rtc[0].write(s, offset, value),
            (id::RTC1, _) => self.rtc[1].write(s, offset, value),
            (id::RNG, _) => self.rng.write(offset, value),
            (id::WDT, _) => self.wdt.write(s, offset, value),
            (id::ECB, _) => self.ecb.write(offset, value),
            (id::CCM, _) => self.ccm.write(offset, value),
            (id::QDEC, _) => self.qdec.write(s, offset, value),
            (id::LPCOMP, _) => self.lpcomp.write(offset, value),
            _ => {}
        }
    }

    /// The flash was busy: the processor stood still, and code may have changed.
    fn flash_done(&mut self, access: &mut Access, done: Done) {
        access.stall += done.cycles;
        if let Some((start, end)) = done.changed {
            let (a, b) = self.s.flash_changed.unwrap_or((start, end));
            self.s.flash_changed = Some((a.min(start), b.max(end)));
        }
    }

    /// Handles an event.
    fn event(&mut self, event: Event) {
        let s = &mut self.s;
        match event {
            Event::World => {
                let mut inputs = std::mem::take(&mut self.inputs);
                s.world.advance(s.now, &mut inputs);
                for input in inputs.drain(..) {
                    self.input(input);
                }
                self.inputs = inputs;
                self.s.replan_world();
            }
            Event::Tasks => {}
            Event::HighClock => self.clock.high_started(s),
            Event::LowClock => {
                self.clock.low_started(s);
                self.rtc.iter_mut().for_each(|rtc| rtc.plan(s));
            }
            Event::Calibration => self.clock.calibrated(s),
            Event::Radio => self.radio.tick(s, &self.ram, RAM_BASE),
            Event::UartTx => self.uart.sent(s),
            Event::UartRx => self.uart.typed(s),
            Event::Serial0 => self.serial_tick(0),
            Event::Serial1 => self.serial_tick(1),
            Event::Adc => self.adc.tick(s),
            Event::Timer0 => self.timer[0].tick(s),
            Event::Timer1 => self.timer[1].tick(s),
            Event::Timer2 => self.timer[2].tick(s),
            Event::Rtc0 => self.rtc[0].tick(s),
            Event::Rtc1 => self.rtc[1].tick(s),
            Event::Temp => self.temp.tick(s),
            Event::Rng => self.rng.tick(s),
            Event::Wdt => self.wdt.expire(s),
            Event::Ecb => self.ecb.tick(s, &self.ram, RAM_BASE),
            Event::Ccm => self.ccm.tick(s, &self.ram, RAM_BASE),
            Event::Qdec => self.qdec.tick(s),
            Event::Lpcomp => self.lpcomp.tick(s),
        }
        self.triggered();
    }

    fn serial_tick(&mut self, n: usize) {
        if self.spi[n].is_enabled() {
            self.spi[n].tick(&mut self.s);
        } else {
            self.twi[n].tick(&mut self.s);
        }
    }

    fn input(&mut self, input: Input) {
        let s = &mut self.s;
        match input {
            Input::PinChanged { .. } => {
                let levels = s.world.pin_levels(s.now) as u32;
                s.levels_changed(levels);
                self.uart.pins_changed(s);
            }
            Input::Radio(frame) => self.radio.hear(s, frame),
            Input::UartRx { gpio, byte, baud, .. } => {
                if self.uart.rx_pin() == Some(gpio) {
                    self.uart.receive_at(s, byte, baud);
                }
            }
        }
    }
}

impl Bus for Nrf51 {
    fn read(&mut self, access: &mut Access, address: u32, size: u32) -> u32 {
        self.s.at_cycle(access.cycle);
        let offset = address & 0xFFC;
        let word = if address >> 24 == GPIO_BASE >> 24 {
            self.s.gpio_read(offset)
        } else {
            self.read_register((address >> 12 & 0x1F) as usize, offset)
        };
        self.triggered();
        let shifted = word >> ((address & 3) * 8);
        match size {
            1 => shifted & 0xFF,
            2 => shifted & 0xFFFF,
            _ => shifted,
        }
    }

    fn write(&mut self, access: &mut Access, address: u32, size: u32, value: u32) {
        self.s.at_cycle(access.cycle);
        if address < APB_BASE {
            if self.clock.protects(address) {
                return;
            }
            let done = self.nvmc.store(address, size, value);
            return self.flash_done(access, done);
        }
        let offset = address & 0xFFC;
        if address >> 24 == GPIO_BASE >> 24 {
            self.s.gpio_write(offset, value);
        } else {
            self.write_register(access, (address >> 12 & 0x1F) as usize, offset, value);
        }
        self.triggered();
    }

    fn irq_lines(&mut self, _core: u8) -> u32 {
        self.s.irq_lines()
    }

    fn come_back_at(&self, _core: u8) -> u64 {
        self.s.come_back_at()
    }

    fn send_event(&mut self, _core: u8) {}
}
