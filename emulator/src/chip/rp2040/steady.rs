//! Registers that programs wait for: which of them only answer when they are read, and how long the answer holds
//! while nothing else happens.
//!
//! Most change with the events that peripherals plan, before which no turn of a waiting loop is left out; the
//! timer's count changes by the clock, and what PIO machines do shows at their own ticks.

use super::{DMA_BASE, PIO0_BASE, PIO1_BASE, Rp2040, SIO_BASE, USBCTRL_DPRAM_BASE, USBCTRL_REGS_BASE};
use crate::clock::Time;
use crate::cpu::Steady;

const TIMER: u32 = 0x4005_4000;
const TIMERAWH: u32 = TIMER + 0x24;
const TIMERAWL: u32 = TIMER + 0x28;

const GPIO_IN: u32 = SIO_BASE + 0x004;
const GPIO_OUT: u32 = SIO_BASE + 0x010;
const FIFO_ST: u32 = SIO_BASE + 0x050;
const SPINLOCK_ST: u32 = SIO_BASE + 0x05C;
const DIV_CSR: u32 = SIO_BASE + 0x078;
const SPINLOCK0: u32 = SIO_BASE + 0x100;
const SPINLOCK31: u32 = SIO_BASE + 0x17C;

impl Rp2040 {
    /// As [`crate::cpu::Bus::steady`].
    pub(super) fn steady_word(&mut self, core: u8, cycle: u64, address: u32) -> Option<Steady> {
        let until = match address {
            TIMERAWH | TIMERAWL => {
                let now = self.s.now.max(self.s.clock.time_at(cycle));
                let step = if address == TIMERAWL { 1 } else { 1 << 32 };
                let (count, until) = self.timer.count_until(now, step);
                let until = self.cycle_at(until);
                return Some(Steady {
                    value: (count / step) as u32,
                    until,
                    counts: address == TIMERAWL,
                    fast: false,
                });
            }
            GPIO_IN => self.pio_quiet_until(cycle)?,
            GPIO_OUT | FIFO_ST | SPINLOCK_ST | DIV_CSR => Time::NEVER,
            // A lock that is held stays so when it is read; a free one is taken by that.
            SPINLOCK0..=SPINLOCK31 if self.sio.is_locked((address - SPINLOCK0) / 4) => Time::NEVER,
            _ => match address & 0xFFFF_C000 {
                // CLOCKS: the selected sources; RESETS: done; the PLLs
                0x4000_8000 if matches!(address & 0xFFF, 0x38 | 0x44) => Time::NEVER,
                0x4000_C000 | 0x4002_8000 | 0x4002_C000 => Time::NEVER,
                // UART, SPI: flags, not data. They and I2C hear the pins, which PIO may move.
                0x4003_4000 | 0x4003_8000 if address & 0xFFF == 0x18 => self.pio_quiet_until(cycle)?,
                0x4003_C000 | 0x4004_0000 if address & 0xFFF == 0x0C => self.pio_quiet_until(cycle)?,
                // I2C: raw interrupts, status, FIFO levels
                0x4004_4000 | 0x4004_8000 if matches!(address & 0xFFF, 0x34 | 0x70 | 0x74 | 0x78) => {
                    self.pio_quiet_until(cycle)?
                }
                // ADC: CS, RESULT, FCS
                0x4004_C000 if address & 0xFFF < 0x0C => Time::NEVER,
                DMA_BASE => Time::NEVER,
                PIO0_BASE | PIO1_BASE if matches!(address & 0xFFF, 0x004 | 0x00C | 0x030) => {
                    self.pio_quiet_until(cycle)?
                }
                USBCTRL_DPRAM_BASE => Time::NEVER,
                USBCTRL_REGS_BASE if matches!(address & 0xFFF, 0x50 | 0x58) => Time::NEVER,
                _ => return None,
            },
        };
        // Reading these changes nothing, so it may be done out of turn; but the cores do not count as talking by it.
        let value = match address >> 24 {
            0xD0 => self.sio.read(&mut self.s, core, address & 0xFFF),
            _ => self.read_word(core, cycle, address),
        };
        Some(Steady { value, until: self.cycle_at(until), counts: false, fast: address >> 24 == 0xD0 })
    }

    /// As [`crate::cpu::Bus::counts_on`], for TIMERAWL.
    pub(super) fn timer_counts_on(&self, cycle: u64, ahead: u64) -> u64 {
        let now = self.s.now.max(self.s.clock.time_at(cycle));
        self.cycle_at(self.timer.counts_on(now, ahead))
    }

    fn cycle_at(&self, until: Time) -> u64 {
        if until == Time::NEVER { u64::MAX } else { self.s.clock.cycle_at(until) }
    }

    /// Until when no PIO machine does anything; `None` when one has something to do by `cycle`.
    fn pio_quiet_until(&self, cycle: u64) -> Option<Time> {
        let until = self.pio.iter().map(|pio| pio.quiet_until(&self.s)).min()?;
        (until > self.s.now.max(self.s.clock.time_at(cycle))).then_some(until)
    }
}
