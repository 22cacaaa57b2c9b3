//! I2C0 and I2C1: the DesignWare controller as master.

use core::ops::Deref;

use interpreter::hal::{Error, I2c, I2cConfig, Pull, Result};
use rp2040_hal::pac;

use super::frequency::sys_hz;
use super::{Pico, clock, pins, regs, reset_and_release};

/// RESETS bits.
const RESET: [u32; 2] = [1 << 3, 1 << 4];

#[derive(Clone, Copy, Debug, Default)]
pub struct Unit {
    scl: u8,
    sda: u8,
    /// Hz; 0: not open.
    freq: u32,
    /// Half a clock period, µs, for what is bit-banged.
    half_us: u32,
    timeout_us: u32,
    /// The last transfer kept the bus: the next begins with a repeated start.
    held: bool,
}

fn with<T>(id: u8, f: impl FnOnce(&pac::i2c0::RegisterBlock) -> T) -> T {
    let regs = regs();
    if id == 0 { f(regs.I2C0.deref()) } else { f(regs.I2C1.deref()) }
}

/// Whether a pin can be this controller's line: they repeat every four pins, SDA on even ones.
fn fits(id: u8, pin: u8, scl: bool) -> bool {
    pin < pins::COUNT && pin & 1 == u8::from(scl) && pin >> 1 & 1 == id
}

/// Why a transfer was given up: IC_TX_ABRT_SOURCE.
fn abort_cause(source: u32) -> Error {
    const NO_ADDRESS_ACK: u32 = 1 << 0;
    const NO_DATA_ACK: u32 = 1 << 3;
    if source & (NO_ADDRESS_ACK | NO_DATA_ACK) != 0 { Error::NoAck } else { Error::Io }
}

/// Cycles of the system clock in a clock period.
fn period(freq: u32) -> u32 {
    (sys_hz() + freq / 2) / freq
}

/// Sets what counts cycles of the system clock.
fn set_timing(id: u8, freq: u32) {
    // The period is split 2:3 high to low, as fast mode wants.
    let period = period(freq);
    let low = period * 3 / 5;
    let high = period - low;
    // 300 ns that SDA holds after SCL falls (120 ns in fast mode plus).
    let mhz = sys_hz() / 1_000_000;
    let hold = if freq < 1_000_000 { mhz * 3 / 10 } else { mhz * 3 / 25 } + 1;
    with(id, |i2c| {
        i2c.ic_enable().write(|w| w.enable().clear_bit());
        i2c.ic_fs_scl_hcnt().write(|w| unsafe { w.bits(high) });
        i2c.ic_fs_scl_lcnt().write(|w| unsafe { w.bits(low) });
        i2c.ic_fs_spklen().write(|w| unsafe { w.bits((low / 16).max(1)) });
        i2c.ic_sda_hold().modify(|r, w| unsafe { w.bits(r.bits() & !0xFFFF | hold) });
        i2c.ic_enable().write(|w| w.enable().set_bit());
    });
}

impl Pico {
    /// The system clock has changed.
    pub fn follow_i2c(&mut self) {
        for id in 0..2 {
            if self.i2c[id].freq != 0 {
                set_timing(id as u8, self.i2c[id].freq);
            }
        }
    }
}

impl Unit {
    /// Runs until `done`, an abort or the timeout. On an abort waits for the stop condition.
    fn wait(
        &self,
        i2c: &pac::i2c0::RegisterBlock,
        done: impl Fn(&pac::i2c0::RegisterBlock) -> bool,
    ) -> Result {
        let end = clock::now() + u64::from(self.timeout_us);
        loop {
            if i2c.ic_raw_intr_stat().read().tx_abrt().bit_is_set() {
                let source = i2c.ic_tx_abrt_source().read().bits();
                while i2c.ic_raw_intr_stat().read().stop_det().bit_is_clear() && clock::now() < end {}
                let _ = i2c.ic_clr_tx_abrt().read();
                let _ = i2c.ic_clr_stop_det().read();
                return Err(abort_cause(source));
            }
            if done(i2c) {
                return Ok(());
            }
            if clock::now() > end {
                return Err(Error::Timeout);
            }
        }
    }

    fn select(&mut self, i2c: &pac::i2c0::RegisterBlock, addr: u8) {
        // The address may only change while the controller is off; a bus that is held stays held.
        if i2c.ic_tar().read().bits() & 0x3FF != u32::from(addr) || !self.held {
            i2c.ic_enable().write(|w| w.enable().clear_bit());
            i2c.ic_tar().write(|w| unsafe { w.bits(u32::from(addr)) });
            i2c.ic_enable().write(|w| w.enable().set_bit());
        }
    }

    /// DATA_CMD bits of one byte of a transfer.
    fn command(&self, index: usize, len: usize, stop: bool, low: u32) -> u32 {
        const STOP: u32 = 1 << 9;
        const RESTART: u32 = 1 << 10;
        let restart = if index == 0 && self.held { RESTART } else { 0 };
        let stop = if index + 1 == len && stop { STOP } else { 0 };
        low | restart | stop
    }

    /// Addresses a device without data, bit by bit: the controller cannot. Gives whether it answered.
    fn probe(&self, addr: u8) -> bool {
        let half = || clock::spin_us(self.half_us);
        let clock_high = || {
            pins::release(self.scl, true);
            let end = clock::now() + u64::from(self.timeout_us);
            while !pins::read(self.scl) && clock::now() < end {}
        };
        pins::release(self.sda, true);
        pins::release(self.scl, true);
        for pin in [self.sda, self.scl] {
            pins::set_function(pin, pins::FUNC_SIO);
        }
        half();
        pins::release(self.sda, false);
        half();
        for bit in (0..8).rev() {
            pins::release(self.scl, false);
            pins::release(self.sda, addr << 1 >> bit & 1 == 1);
            half();
            clock_high();
            half();
        }
        pins::release(self.scl, false);
        pins::release(self.sda, true);
        half();
        clock_high();
        half();
        let acknowledged = !pins::read(self.sda);
        pins::release(self.scl, false);
        pins::release(self.sda, false);
        half();
        clock_high();
        half();
        pins::release(self.sda, true);
        half();
        for pin in [self.sda, self.scl] {
            pins::set_function(pin, pins::FUNC_I2C);
        }
        acknowledged
    }
}

impl I2c for Pico {
    fn i2c_default_pins(&self, id: u8) -> Option<(u8, u8)> {
        [(5, 4), (7, 6)].get(id as usize).copied()
    }

    fn i2c_init(&mut self, id: u8, config: &I2cConfig) -> Result<u32> {
        if id > 1 {
            return Err(Error::NoDevice);
        }
        if !fits(id, config.scl, true) {
            return Err(Error::Invalid("bad SCL pin"));
        }
        if !fits(id, config.sda, false) {
            return Err(Error::Invalid("bad SDA pin"));
        }
        let freq = config.freq.clamp(10_000, 1_000_000);
        reset_and_release(RESET[id as usize]);
        with(id, |i2c| {
            i2c.ic_enable().write(|w| w.enable().clear_bit());
            i2c.ic_con().write(|w| {
                w.speed().fast().master_mode().enabled().ic_slave_disable().slave_disabled();
                w.ic_restart_en().enabled().tx_empty_ctrl().enabled()
            });
            i2c.ic_tx_tl().write(|w| unsafe { w.bits(0) });
            i2c.ic_rx_tl().write(|w| unsafe { w.bits(0) });
        });
        set_timing(id, freq);
        for pin in [config.scl, config.sda] {
            pins::set_pull(pin, Pull::Up);
            pins::set_function(pin, pins::FUNC_I2C);
        }
        self.i2c[id as usize] = Unit {
            scl: config.scl,
            sda: config.sda,
            freq,
            half_us: (500_000 / freq).max(1),
            timeout_us: config.timeout_us,
            held: false,
        };
        Ok(sys_hz() / period(freq))
    }

    fn i2c_write(&mut self, id: u8, addr: u8, bytes: &[u8], stop: bool) -> Result<usize> {
        let unit = self.i2c.get_mut(id as usize).ok_or(Error::NoDevice)?;
        if bytes.is_empty() {
            return if unit.probe(addr) { Ok(0) } else { Err(Error::NoAck) };
        }
        with(id, |i2c| {
            unit.select(i2c, addr);
            let mut sent = 0;
            let result = bytes.iter().enumerate().try_for_each(|(i, &byte)| {
                let command = unit.command(i, bytes.len(), stop, u32::from(byte));
                i2c.ic_data_cmd().write(|w| unsafe { w.bits(command) });
                // Empty means sent and answered, as `tx_empty_ctrl` is on.
                unit.wait(i2c, |i2c| i2c.ic_raw_intr_stat().read().tx_empty().bit_is_set())?;
                sent = i + 1;
                Ok(())
            });
            let result = result.and_then(|()| match stop {
                true => unit.wait(i2c, |i2c| i2c.ic_raw_intr_stat().read().stop_det().bit_is_set()),
                false => Ok(()),
            });
            let _ = i2c.ic_clr_stop_det().read();
            unit.held = !stop && result.is_ok();
            match result {
                // The address was acknowledged, a byte was not: tell how far it went.
                Err(Error::NoAck) if sent > 0 => Ok(sent),
                other => other.map(|()| bytes.len()),
            }
        })
    }

    fn i2c_read(&mut self, id: u8, addr: u8, buf: &mut [u8], stop: bool) -> Result {
        const READ: u32 = 1 << 8;
        let unit = self.i2c.get_mut(id as usize).ok_or(Error::NoDevice)?;
        let len = buf.len();
        if len == 0 {
            return Ok(());
        }
        with(id, |i2c| {
            unit.select(i2c, addr);
            let result = buf.iter_mut().enumerate().try_for_each(|(i, byte)| {
                let command = unit.command(i, len, stop, READ);
                i2c.ic_data_cmd().write(|w| unsafe { w.bits(command) });
                unit.wait(i2c, |i2c| i2c.ic_rxflr().read().bits() != 0)?;
                *byte = i2c.ic_data_cmd().read().bits() as u8;
                Ok(())
            });
            let result = result.and_then(|()| match stop {
                true => unit.wait(i2c, |i2c| i2c.ic_raw_intr_stat().read().stop_det().bit_is_set()),
                false => Ok(()),
            });
            let _ = i2c.ic_clr_stop_det().read();
            unit.held = !stop && result.is_ok();
            result
        })
    }
}
