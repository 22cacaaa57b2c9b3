//! SPI0 and SPI1: the PL022 as master.

use core::ops::Deref;

use interpreter::hal::{Error, Result, Spi, SpiConfig};
use rp2040_hal::pac;

use super::frequency::peri_hz;
use super::{Pico, pins, regs, reset_and_release};

/// RESETS bits.
const RESET: [u32; 2] = [1 << 16, 1 << 17];
const FIFO: usize = 8;

#[derive(Clone, Copy, Debug)]
pub struct Unit {
    baudrate: u32,
    bits: u8,
    lsb_first: bool,
    pins: [Option<u8>; 3],
}

fn with<T>(id: u8, f: impl FnOnce(&pac::spi0::RegisterBlock) -> T) -> T {
    let regs = regs();
    if id == 0 { f(regs.SPI0.deref()) } else { f(regs.SPI1.deref()) }
}

/// Whether a pin can be this controller's line. In each four pins: RX, CSn, SCK, TX; the controller changes every eight.
fn fits(id: u8, pin: u8, role: u8) -> bool {
    pin < pins::COUNT && pin & 3 == role && pin >> 3 & 1 == id
}

/// CPSR (even, 2..=254) and SCR + 1 that come closest below a rate.
fn dividers(baudrate: u32) -> (u32, u32) {
    let clock = peri_hz();
    let prescale = (2..=254)
        .step_by(2)
        .find(|&p| u64::from(clock) < u64::from(p + 2) * 256 * u64::from(baudrate))
        .unwrap_or(254);
    let post = (2..=256).rev().find(|&post| clock / (prescale * (post - 1)) > baudrate).unwrap_or(1);
    (prescale, post)
}

impl Unit {
    /// Sends and receives `len` words; keeps no more in flight than the FIFO holds.
    fn run(
        &self,
        spi: &pac::spi0::RegisterBlock,
        len: usize,
        mut send: impl FnMut(usize) -> u16,
        mut receive: impl FnMut(usize, u16),
    ) {
        let (mut sent, mut received) = (0, 0);
        while received < len {
            let status = spi.sspsr().read();
            if sent < len && sent < received + FIFO && status.tnf().bit_is_set() {
                let word = u32::from(send(sent));
                spi.sspdr().write(|w| unsafe { w.bits(word) });
                sent += 1;
            }
            if status.rne().bit_is_set() {
                receive(received, spi.sspdr().read().bits() as u16);
                received += 1;
            }
        }
    }

    /// Bytes a word takes in the buffers.
    fn word_size(&self) -> usize {
        if self.bits > 8 { 2 } else { 1 }
    }

    /// Puts the bits into the order of the wire: the controller only sends the most significant first.
    fn wire(&self, word: u16) -> u16 {
        if self.lsb_first { word.reverse_bits() >> (16 - self.bits) } else { word }
    }

    fn word(&self, bytes: &[u8], index: usize) -> u16 {
        let word = match self.word_size() {
            1 => u16::from(bytes[index]),
            _ => u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]),
        };
        self.wire(word)
    }
}

impl Pico {
    /// clk_peri has changed.
    pub fn follow_spi(&mut self) {
        for id in 0..2 {
            let Some(unit) = self.spi[usize::from(id)] else { continue };
            let (prescale, post) = dividers(unit.baudrate.max(1));
            with(id, |spi| {
                spi.sspcr1().write(|w| w.sse().clear_bit());
                spi.sspcpsr().write(|w| unsafe { w.bits(prescale) });
                spi.sspcr0().modify(|_, w| unsafe { w.scr().bits((post - 1) as u8) });
                spi.sspcr1().write(|w| w.sse().set_bit());
            });
        }
    }
}

impl Spi for Pico {
    fn spi_default_pins(&self, id: u8) -> Option<(u8, u8, u8)> {
        [(18, 19, 16), (10, 11, 8)].get(id as usize).copied()
    }

    fn spi_init(&mut self, id: u8, config: &SpiConfig) -> Result<u32> {
        if id > 1 {
            return Err(Error::NoDevice);
        }
        if !fits(id, config.sck, 2) {
            return Err(Error::Invalid("bad SCK pin"));
        }
        if config.mosi.is_some_and(|pin| !fits(id, pin, 3)) {
            return Err(Error::Invalid("bad MOSI pin"));
        }
        if config.miso.is_some_and(|pin| !fits(id, pin, 0)) {
            return Err(Error::Invalid("bad MISO pin"));
        }
        if !(4..=16).contains(&config.bits) {
            return Err(Error::Invalid("bits must be 4..16"));
        }
        let (prescale, post) = dividers(config.baudrate.max(1));
        reset_and_release(RESET[id as usize]);
        with(id, |spi| {
            spi.sspcpsr().write(|w| unsafe { w.bits(prescale) });
            let control = u32::from(config.bits - 1)
                | u32::from(config.polarity) << 6
                | u32::from(config.phase) << 7
                | (post - 1) << 8;
            spi.sspcr0().write(|w| unsafe { w.bits(control) });
            spi.sspcr1().write(|w| w.sse().set_bit());
        });
        let pins = [Some(config.sck), config.mosi, config.miso];
        for pin in pins.into_iter().flatten() {
            pins::set_function(pin, pins::FUNC_SPI);
        }
        let (baudrate, bits, lsb_first) = (config.baudrate, config.bits, config.lsb_first);
        self.spi[id as usize] = Some(Unit { baudrate, bits, lsb_first, pins });
        Ok(peri_hz() / (prescale * post))
    }

    fn spi_deinit(&mut self, id: u8) {
        if let Some(unit) = self.spi.get_mut(id as usize).and_then(Option::take) {
            with(id, |spi| spi.sspcr1().write(|w| w.sse().clear_bit()));
            for pin in unit.pins.into_iter().flatten() {
                pins::set_function(pin, pins::FUNC_NULL);
            }
        }
    }

    fn spi_transfer(&mut self, id: u8, buf: &mut [u8]) -> Result {
        let unit = self.spi.get(id as usize).copied().flatten().ok_or(Error::NoDevice)?;
        let len = buf.len() / unit.word_size();
        let buf = core::cell::Cell::from_mut(buf).as_slice_of_cells();
        let word = |i: usize| match unit.word_size() {
            1 => unit.wire(u16::from(buf[i].get())),
            _ => unit.wire(u16::from_le_bytes([buf[2 * i].get(), buf[2 * i + 1].get()])),
        };
        with(id, |spi| {
            unit.run(spi, len, word, |i, word| {
                let [low, high] = unit.wire(word).to_le_bytes();
                if unit.word_size() == 1 {
                    buf[i].set(low);
                } else {
                    buf[2 * i].set(low);
                    buf[2 * i + 1].set(high);
                }
            });
        });
        Ok(())
    }

    fn spi_write(&mut self, id: u8, bytes: &[u8]) -> Result {
        let unit = self.spi.get(id as usize).copied().flatten().ok_or(Error::NoDevice)?;
        let len = bytes.len() / unit.word_size();
        with(id, |spi| unit.run(spi, len, |i| unit.word(bytes, i), |_, _| {}));
        Ok(())
    }
}
