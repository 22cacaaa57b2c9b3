//! SPI0 and SPI1 (reference manual, chapter 23): the controllers. They share their registers'
//! addresses with TWI0 and TWI1; ENABLE says which of the two is meant.

use std::collections::VecDeque;

use super::gpio::selected;
use super::shared::{Event, HFCLK, Shared, id};
use crate::clock::Time;
use crate::world::{Level, SpiBus};

const ENABLE: u32 = 0x500;
const PSELSCK: u32 = 0x508;
const PSELMOSI: u32 = 0x50C;
const PSELMISO: u32 = 0x510;
const RXD: u32 = 0x518;
const TXD: u32 = 0x51C;
const FREQUENCY: u32 = 0x524;
const CONFIG: u32 = 0x554;

const EVENT_READY: u32 = 2;

/// ENABLE's value for SPI.
pub const ENABLED: u32 = 1;
const CONFIG_ORDER: u32 = 1;
const CONFIG_CPHA: u32 = 2;
const CONFIG_CPOL: u32 = 4;

/// RXD and TXD are double buffered.
const BUFFER: usize = 2;

/// One controller.
#[derive(Clone, Debug)]
pub struct Spi {
    number: usize,
    enable: u32,
    pselsck: u32,
    pselmosi: u32,
    pselmiso: u32,
    frequency: u32,
    config: u32,
    tx: VecDeque<u8>,
    rx: VecDeque<u8>,
    /// What comes back with the byte on the wires.
    moving: Option<u8>,
    rxd: u8,
}

impl Spi {
    /// Controller `number` at reset.
    pub fn new(number: usize) -> Spi {
        Spi {
            number,
            enable: 0,
            pselsck: u32::MAX,
            pselmosi: u32::MAX,
            pselmiso: u32::MAX,
            frequency: 0x0400_0000,
            config: 0,
            tx: VecDeque::new(),
            rx: VecDeque::new(),
            moving: None,
            rxd: 0,
        }
    }

    fn id(&self) -> usize {
        id::SPI0 + self.number
    }

    fn event(&self) -> Event {
        [Event::Serial0, Event::Serial1][self.number]
    }

    /// Whether ENABLE says SPI.
    pub fn is_enabled(&self) -> bool {
        self.enable == ENABLED
    }

    fn hz(&self) -> u32 {
        ((u64::from(self.frequency) * HFCLK) >> 32).max(1000) as u32
    }

    fn ordered(&self, byte: u8) -> u8 {
        if self.config & CONFIG_ORDER != 0 { byte.reverse_bits() } else { byte }
    }

    fn start(&mut self, s: &mut Shared) {
        if self.moving.is_some() || !self.is_enabled() {
            return;
        }
        let Some(byte) = self.tx.pop_front() else { return };
        let mut answer = 0;
        if let Some(sck) = selected(self.pselsck) {
            let bus = SpiBus {
                sck,
                mosi: selected(self.pselmosi),
                miso: selected(self.pselmiso),
                hz: self.hz(),
                polarity: self.config & CONFIG_CPOL != 0,
                phase: self.config & CONFIG_CPHA != 0,
            };
            answer = s.world.spi(s.now, bus, u16::from(self.ordered(byte)), 8) as u8;
            s.replan_world();
        }
        self.moving = Some(self.ordered(answer));
        s.schedule_in(self.event(), Time(8_000_000_000 / u64::from(self.hz())));
    }

    /// A byte is through.
    pub fn tick(&mut self, s: &mut Shared) {
        if let Some(byte) = self.moving.take() {
            if self.rx.len() < BUFFER {
                self.rx.push_back(byte);
            }
            if self.rx.len() == 1 {
                s.raise(self.id(), EVENT_READY);
            }
        }
        self.start(s);
    }

    /// Stops at once, as when its power is cut.
    pub fn shut_down(&mut self, s: &mut Shared) {
        s.cancel(self.event());
        *self = Spi::new(self.number);
    }

    fn hold(&self, s: &mut Shared) {
        let mut pins = Vec::new();
        if self.is_enabled() {
            pins.extend(selected(self.pselsck).map(|pin| (pin, Level::from(self.config & CONFIG_CPOL != 0))));
            pins.extend(selected(self.pselmosi).map(|pin| (pin, Level::Low)));
            pins.extend(selected(self.pselmiso).map(|pin| (pin, Level::Z)));
        }
        s.hold_pins(self.id(), &pins);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            ENABLE => self.enable,
            PSELSCK => self.pselsck,
            PSELMOSI => self.pselmosi,
            PSELMISO => self.pselmiso,
            RXD => {
                if let Some(byte) = self.rx.pop_front() {
                    self.rxd = byte;
                    if !self.rx.is_empty() {
                        s.raise(self.id(), EVENT_READY);
                    }
                }
                u32::from(self.rxd)
            }
            FREQUENCY => self.frequency,
            CONFIG => self.config,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        let was = self.is_enabled();
        match offset {
            ENABLE => self.enable = value & 7,
            PSELSCK => self.pselsck = value,
            PSELMOSI => self.pselmosi = value,
            PSELMISO => self.pselmiso = value,
            TXD if self.is_enabled() && self.tx.len() < BUFFER => {
                self.tx.push_back(value as u8);
                return self.start(s);
            }
            FREQUENCY => self.frequency = value,
            CONFIG => self.config = value & 7,
            _ => return,
        }
        if was || self.is_enabled() {
            self.hold(s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const BENCH: &str = "[[part]]\ntype = \"mcp3008\"\n\
                         pins = { sck = \"P13\", miso = \"P14\", mosi = \"P15\", cs = \"P16\" }\n\
                         inputs.ch0 = 1.65\n";

    #[test]
    fn a_converter_answers() {
        let mut s = shared(BENCH);
        let mut spi = Spi::new(1);
        for (offset, value) in
            [(PSELSCK, 23), (PSELMISO, 22), (PSELMOSI, 21), (FREQUENCY, 0x1000_0000), (ENABLE, ENABLED)]
        {
            spi.write(&mut s, offset, value);
        }
        // Chip select: P16 is P0.16.
        s.gpio_write(0x518, 1 << 16);
        let mut answers = Vec::new();
        for byte in [1, 0x80, 0] {
            spi.write(&mut s, TXD, byte);
            run(&mut s, Time::from_micros(8), |s, _| spi.tick(s));
            assert!(s.raised(4, EVENT_READY));
            s.interface[4].events = 0;
            answers.push(spi.read(&mut s, RXD));
        }
        assert_eq!((answers[1] & 3) << 8 | answers[2], 512);
    }
}
