//! SPI0 and SPI1 (data sheet section 4.4): PL022 in Motorola format, master and slave.
//!
//! The TI and National formats are not built. As on the chip, a slave with SPH = 0 takes one word each time it is
//! selected, and a master with SPH = 0 lets its chip select go for a bit's time between words.

use std::collections::VecDeque;

use super::pins::function;
use super::shared::{Event, Shared, irq};
use crate::clock::Time;
use crate::world::{Heard, SpiBus};

const SSPCR0: u32 = 0x000;
pub const SSPCR1: u32 = 0x004;
const SSPDR: u32 = 0x008;
const SSPSR: u32 = 0x00C;
const SSPCPSR: u32 = 0x010;
const SSPIMSC: u32 = 0x014;
const SSPRIS: u32 = 0x018;
const SSPMIS: u32 = 0x01C;
const SSPICR: u32 = 0x020;
const SSPDMACR: u32 = 0x024;

const CR0_SPO: u32 = 1 << 6;
const CR0_SPH: u32 = 1 << 7;
const CR1_LBM: u32 = 1;
const CR1_SSE: u32 = 1 << 1;
const CR1_MS: u32 = 1 << 2;
const CR1_SOD: u32 = 1 << 3;
const INT_ROR: u32 = 1;
const INT_RT: u32 = 1 << 1;
const INT_RX: u32 = 1 << 2;
const INT_TX: u32 = 1 << 3;

const FIFO: usize = 8;

/// Pins with SPI0's or SPI1's RX function; the others lie so far above each.
const RX_PINS: [u32; 2] = [0x0011_0011, 0x1100_1100];
const RX: u32 = 0;
const CSN: u32 = 1;
const SCK: u32 = 2;
const TX: u32 = 3;

/// One PL022.
#[derive(Clone, Debug)]
pub struct Spi {
    number: usize,
    cr0: u32,
    cr1: u32,
    cpsr: u32,
    imsc: u32,
    /// Latched interrupts: overrun, receive timeout.
    latched: u32,
    dmacr: u32,
    tx: VecDeque<u16>,
    rx: VecDeque<u16>,
    /// What the word on the wires will bring back.
    shifting: Option<u16>,
    /// Chip select is high between two words.
    gap: bool,
    slave: Slave,
}

/// The shift register of a slave.
#[derive(Clone, Copy, Debug, Default)]
struct Slave {
    selected: bool,
    /// What is still to be sent, the next bit on top of the word's length.
    out: u16,
    /// Bits received of the present word.
    word: u16,
    count: u8,
    /// With SPH = 0: the word is through, the next one needs a new selection.
    full: bool,
}

impl Spi {
    /// SPI `number` at reset.
    pub fn new(number: usize) -> Spi {
        Spi {
            number,
            cr0: 0,
            cr1: 0,
            cpsr: 0,
            imsc: 0,
            latched: 0,
            dmacr: 0,
            tx: VecDeque::new(),
            rx: VecDeque::new(),
            shifting: None,
            gap: false,
            slave: Slave::default(),
        }
    }

    fn is_slave(&self) -> bool {
        self.cr1 & CR1_MS != 0
    }

    fn pin(&self, s: &Shared, role: u32) -> Option<u8> {
        s.pins.find(function::SPI, RX_PINS[self.number] << role)
    }

    fn event(&self) -> Event {
        if self.number == 0 { Event::Spi0 } else { Event::Spi1 }
    }

    fn bits(&self) -> u8 {
        (self.cr0 & 0xF) as u8 + 1
    }

    fn hz(&self, s: &Shared) -> u32 {
        let divisor = u64::from(self.cpsr.max(2)) * u64::from((self.cr0 >> 8 & 0xFF) + 1);
        (s.hz.peri / divisor).clamp(1, 125_000_000) as u32
    }

    /// Begins the next word if the shift register is free.
    fn start(&mut self, s: &mut Shared) {
        let ready = self.cr1 & CR1_SSE != 0 && !self.is_slave();
        if self.shifting.is_some() || self.gap || !ready {
            return;
        }
        let Some(word) = self.tx.pop_front() else {
            self.select(s, false);
            return;
        };
        self.select(s, true);
        let hz = self.hz(s);
        let mut answer = match self.pin(s, SCK) {
            Some(sck) => {
                let bus = SpiBus {
                    sck,
                    mosi: self.pin(s, TX),
                    miso: self.pin(s, RX),
                    hz,
                    polarity: self.cr0 & CR0_SPO != 0,
                    phase: self.cr0 & CR0_SPH != 0,
                };
                let answer = s.world.spi(s.now, bus, word, self.bits());
                s.transacted = true;
                s.replan_world();
                answer
            }
            None => 0,
        };
        if self.cr1 & CR1_LBM != 0 {
            answer = word;
        }
        self.shifting = Some(answer);
        let span = Time(u64::from(self.bits()) * 1_000_000_000 / u64::from(hz));
        s.schedule_in(self.event(), span);
    }

    /// Drives the chip select that the controller itself has.
    fn select(&mut self, s: &mut Shared, selected: bool) {
        let pins = RX_PINS[self.number] << CSN;
        let out = if selected { s.pins.spi.out & !pins } else { s.pins.spi.out | pins };
        if out != s.pins.spi.out {
            s.pins.spi.out = out;
            s.pins_changed(pins);
        }
    }

    /// The clock's idle level follows its polarity.
    fn idle_clock(&mut self, s: &mut Shared) {
        let pins = RX_PINS[self.number] << SCK;
        let high = self.cr0 & CR0_SPO != 0;
        s.pins.spi.out = if high { s.pins.spi.out | pins } else { s.pins.spi.out & !pins };
        s.pins_changed(pins);
    }

    /// Which of its pins it drives: a slave its TX alone, and that while selected.
    pub fn drive(&mut self, s: &mut Shared) {
        let pins = RX_PINS[self.number];
        let ours = pins << CSN | pins << SCK | pins << TX;
        let sends = self.slave.selected && self.cr1 & CR1_SOD == 0;
        let driven = match (self.is_slave(), sends) {
            (false, _) => ours,
            (true, true) => pins << TX,
            (true, false) => 0,
        };
        let oe = s.pins.spi.oe & !ours | driven;
        if oe != s.pins.spi.oe {
            s.pins.spi.oe = oe;
            s.pins_changed(ours);
        }
    }

    /// The pins whose edges matter.
    pub fn watches(&self, s: &Shared) -> u32 {
        if !self.is_slave() || self.cr1 & CR1_SSE == 0 {
            return 0;
        }
        [CSN, SCK].into_iter().filter_map(|role| self.pin(s, role)).fold(0, |pins, pin| pins | 1 << pin)
    }

    /// Slave: an edge at a pin.
    pub fn edge(&mut self, s: &mut Shared, gpio: u8, high: bool) {
        if !self.is_slave() || self.cr1 & CR1_SSE == 0 {
            return;
        }
        if self.pin(s, CSN) == Some(gpio) {
            self.slave = Slave { selected: !high, ..Slave::default() };
            if self.slave.selected && self.cr0 & CR0_SPH == 0 {
                self.load();
                self.put(s);
            }
            self.drive(s);
        } else if self.pin(s, SCK) == Some(gpio) {
            // Without a pin chip select reads low.
            if self.pin(s, CSN).is_none() {
                self.slave.selected = true;
                self.drive(s);
            }
            if self.slave.selected && !self.slave.full {
                self.clock(s, high != (self.cr0 & CR0_SPO != 0));
            }
        }
        self.update(s);
    }

    /// Slave: a word begins.
    fn load(&mut self) {
        let word = self.tx.pop_front().unwrap_or(0);
        self.slave.out = word << (16 - self.bits());
        (self.slave.word, self.slave.count) = (0, 0);
    }

    /// Slave: puts the next bit on its TX.
    fn put(&mut self, s: &mut Shared) {
        let pins = RX_PINS[self.number] << TX;
        let high = self.slave.out & 0x8000 != 0;
        self.slave.out <<= 1;
        s.pins.spi.out = if high { s.pins.spi.out | pins } else { s.pins.spi.out & !pins };
        s.pins_changed(pins);
    }

    /// Slave: the clock leaves (leading) or returns to its idle level.
    fn clock(&mut self, s: &mut Shared, leading: bool) {
        let second = self.cr0 & CR0_SPH != 0;
        if leading == second {
            // The edge on which data changes.
            if second && self.slave.count == 0 {
                self.load();
            }
            if second || self.slave.count > 0 {
                self.put(s);
            }
            return;
        }
        let bit = self.pin(s, RX).is_some_and(|pin| s.pins.input(pin.into()));
        self.slave.word = self.slave.word << 1 | u16::from(bit);
        self.slave.count += 1;
        if self.slave.count == self.bits() {
            self.receive(self.slave.word);
            self.slave.count = 0;
            self.slave.full = !second && self.pin(s, CSN).is_some();
            if !second && !self.slave.full {
                self.load();
            }
        }
    }

    fn receive(&mut self, word: u16) {
        if self.rx.len() < FIFO {
            self.rx.push_back(word);
        } else {
            self.latched |= INT_ROR;
        }
    }

    /// A word is through, or the gap after one.
    pub fn tick(&mut self, s: &mut Shared) {
        self.gap = false;
        if let Some(word) = self.shifting.take() {
            let heard = self.pin(s, SCK).map_or(Heard::AsReplied, |sck| s.world.heard(s.now, sck));
            self.receive(match heard {
                Heard::Bits(bits) if self.cr1 & CR1_LBM == 0 => bits,
                _ => word,
            });
            if self.cr0 & CR0_SPH == 0 && self.pin(s, CSN).is_some() {
                self.select(s, false);
                self.gap = true;
                let span = Time(1_000_000_000 / u64::from(self.hz(s)));
                let at = s.now + span;
                s.schedule(self.event(), at);
            }
        }
        self.start(s);
        self.update(s);
    }

    fn raw(&self) -> u32 {
        let bit = |on: bool, bit: u32| if on { bit } else { 0 };
        // The receive timeout (32 bit times without a read) is taken as over once the line is idle.
        let waiting = !self.rx.is_empty() && self.shifting.is_none();
        self.latched
            | bit(waiting, INT_RT)
            | bit(self.rx.len() >= FIFO / 2, INT_RX)
            | bit(self.tx.len() <= FIFO / 2, INT_TX)
    }

    fn update(&mut self, s: &mut Shared) {
        s.set_irq(irq::SPI0 + self.number as u32, self.raw() & self.imsc != 0);
        s.dreq_changed = true;
    }

    /// DMA requests: transmit, receive.
    pub fn dreq(&self) -> [bool; 2] {
        [self.dmacr & 2 != 0 && self.tx.len() < FIFO, self.dmacr & 1 != 0 && !self.rx.is_empty()]
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            SSPCR0 => self.cr0,
            SSPCR1 => self.cr1,
            SSPDR => {
                let word = self.rx.pop_front().unwrap_or(0);
                self.update(s);
                word.into()
            }
            SSPSR => {
                let bit = |on: bool, n: u32| u32::from(on) << n;
                bit(self.tx.is_empty(), 0)
                    | bit(self.tx.len() < FIFO, 1)
                    | bit(!self.rx.is_empty(), 2)
                    | bit(self.rx.len() >= FIFO, 3)
                    | bit(self.shifting.is_some() || self.gap || !self.tx.is_empty(), 4)
            }
            SSPCPSR => self.cpsr,
            SSPIMSC => self.imsc,
            SSPRIS => self.raw(),
            SSPMIS => self.raw() & self.imsc,
            SSPDMACR => self.dmacr,
            // PeriphID and PCellID
            0xFE0..=0xFFC => [0x22, 0x10, 0x34, 0, 0x0D, 0xF0, 0x05, 0xB1][(offset as usize - 0xFE0) / 4],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            SSPCR0 => {
                self.cr0 = value & 0xFFFF;
                self.idle_clock(s);
            }
            SSPCR1 => {
                self.cr1 = value & 0xF;
                if self.cr1 & CR1_SSE == 0 {
                    self.slave = Slave::default();
                } else if self.is_slave() && !self.slave.selected {
                    // It may be selected already.
                    self.slave.selected = self.pin(s, CSN).is_some_and(|pin| !s.pins.input(pin.into()));
                }
                self.drive(s);
                self.start(s);
            }
            SSPDR if self.tx.len() < FIFO => {
                let mask = (1u32 << self.bits()) - 1;
                self.tx.push_back((value & mask) as u16);
                self.start(s);
            }
            SSPCPSR => self.cpsr = value & 0xFE,
            SSPIMSC => self.imsc = value & 0xF,
            SSPICR => self.latched &= !(value & 3),
            SSPDMACR => self.dmacr = value & 3,
            _ => {}
        }
        self.update(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared, sio};
    use super::*;

    const BENCH: &str = "[[part]]\ntype = \"mcp3008\"\ninputs.ch3 = 1.0\n\
                         pins = { sck = \"GP18\", mosi = \"GP19\", miso = \"GP16\", cs = \"GP17\" }\n";

    #[test]
    fn a_transfer_takes_its_time_and_brings_the_answer() {
        let (mut s, _) = shared(BENCH, function::SPI, &[16, 18, 19]);
        let mut spi = Spi::new(0);
        sio(&mut s, 17, true);
        spi.write(&mut s, SSPCPSR, 250);
        spi.write(&mut s, SSPCR0, 7);
        spi.write(&mut s, SSPCR1, CR1_SSE);
        sio(&mut s, 17, false);
        for byte in [1, 0xB0, 0] {
            spi.write(&mut s, SSPDR, byte);
        }
        assert_ne!(spi.read(&mut s, SSPSR) & 1 << 4, 0, "busy");
        run(&mut s, Time(47_999), |s, _| spi.tick(s));
        assert_ne!(spi.read(&mut s, SSPSR) & 1 << 4, 0, "24 bits at 500 kHz take 48 us");
        run(&mut s, Time(1), |s, _| spi.tick(s));
        assert_eq!(spi.read(&mut s, SSPSR), 0b00111);
        let answer: Vec<_> = (0..3).map(|_| spi.read(&mut s, SSPDR)).collect();
        assert_eq!((answer[1] & 3) << 8 | answer[2], 310);
        assert_eq!(spi.read(&mut s, SSPSR), 0b00011);
    }

    #[test]
    fn the_fifo_overruns_and_says_so() {
        let (mut s, _) = shared("", function::SPI, &[18]);
        let mut spi = Spi::new(0);
        spi.write(&mut s, SSPCPSR, 2);
        spi.write(&mut s, SSPCR0, 15);
        spi.write(&mut s, SSPCR1, CR1_SSE | CR1_LBM);
        spi.write(&mut s, SSPIMSC, INT_ROR);
        for word in 0..9 {
            spi.write(&mut s, SSPDR, 0x1_0000 + word);
            run(&mut s, Time::from_micros(1), |s, _| spi.tick(s));
        }
        assert_ne!(s.irq_lines(0) & 1 << irq::SPI0, 0);
        spi.write(&mut s, SSPICR, 1);
        assert_eq!(s.irq_lines(0) & 1 << irq::SPI0, 0);
        let words: Vec<_> = (0..8).map(|_| spi.read(&mut s, SSPDR)).collect();
        assert_eq!(words, [0, 1, 2, 3, 4, 5, 6, 7], "looped back");
    }
}
