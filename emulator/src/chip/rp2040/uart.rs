//! UART0 and UART1 (data sheet section 4.2): PL011.
//!
//! Bytes go out as whole frames. They come in as whole frames of parts, or as edges of the line where those move
//! it ([`Ear`]). The infrared codec is not built.

use std::collections::VecDeque;

use super::ear::{self, Ear, Frame};
use super::pins::function;
use super::shared::{Event, Shared, irq};
use crate::chip::common::terminal::Terminal;
use crate::clock::Time;
use crate::console::Said;
use crate::net::{Step, uart_wave};
use crate::world::UartLine;

const UARTDR: u32 = 0x000;
const UARTRSR: u32 = 0x004;
const UARTFR: u32 = 0x018;
const UARTILPR: u32 = 0x020;
const UARTIBRD: u32 = 0x024;
const UARTFBRD: u32 = 0x028;
const UARTLCR_H: u32 = 0x02C;
const UARTCR: u32 = 0x030;
const UARTIFLS: u32 = 0x034;
const UARTIMSC: u32 = 0x038;
const UARTRIS: u32 = 0x03C;
const UARTMIS: u32 = 0x040;
const UARTICR: u32 = 0x044;
const UARTDMACR: u32 = 0x048;

const FR_CTS: u32 = 1;
const FR_BUSY: u32 = 1 << 3;
const FR_RXFE: u32 = 1 << 4;
const FR_TXFF: u32 = 1 << 5;
const FR_RXFF: u32 = 1 << 6;
const FR_TXFE: u32 = 1 << 7;
const LCR_BRK: u32 = 1;
const LCR_PEN: u32 = 1 << 1;
const LCR_EPS: u32 = 1 << 2;
const LCR_STP2: u32 = 1 << 3;
const LCR_FEN: u32 = 1 << 4;
const LCR_SPS: u32 = 1 << 7;
const CR_UARTEN: u32 = 1;
const CR_LBE: u32 = 1 << 7;
const CR_RTS: u32 = 1 << 11;
const CR_RTSEN: u32 = 1 << 14;
const CR_CTSEN: u32 = 1 << 15;
const CR_TXE: u32 = 1 << 8;
const CR_RXE: u32 = 1 << 9;
const INT_CTS: u32 = 1 << 1;
const INT_RX: u32 = 1 << 4;
const INT_TX: u32 = 1 << 5;
const INT_RT: u32 = 1 << 6;
const INT_FE: u32 = 1 << 7;
const INT_PE: u32 = 1 << 8;
const INT_BE: u32 = 1 << 9;
const INT_OE: u32 = 1 << 10;
const DR_FE: u32 = 1 << 8;
const DR_PE: u32 = 1 << 9;
const DR_BE: u32 = 1 << 10;
const DR_OE: u32 = 1 << 11;

const FIFO: usize = 32;
/// Bit times of silence after which received bytes below the level interrupt.
const SILENCE: u64 = 32;

/// Pins with UART0's or UART1's TX function; RX, CTS and RTS lie one, two and three above each.
const TX_PINS: [u32; 2] = [0x1001_1001, 0x0110_0110];

/// One PL011.
#[derive(Clone, Debug)]
pub struct Uart {
    number: usize,
    rx: VecDeque<u32>,
    tx: VecDeque<u8>,
    /// A byte is in the shift register, and gone at `sent_at`.
    sending: bool,
    sent_at: Time,
    /// When the receiver's silence is long enough for its interrupt.
    silent_at: Time,
    /// When the next typed byte has arrived.
    typed_at: Time,
    /// The receiving line, and when the frame on it can be read.
    ear: Ear,
    heard_at: Time,
    overrun: bool,
    rsr: u32,
    ilpr: u32,
    ibrd: u32,
    fbrd: u32,
    lcr_h: u32,
    cr: u32,
    ifls: u32,
    imsc: u32,
    ris: u32,
    dmacr: u32,
    /// Who is at the other end when this is the console.
    terminal: Terminal,
}

impl Uart {
    /// UART `number` at reset.
    pub fn new(number: usize) -> Uart {
        Uart {
            number,
            rx: VecDeque::new(),
            tx: VecDeque::new(),
            sending: false,
            sent_at: Time::NEVER,
            silent_at: Time::NEVER,
            typed_at: Time::NEVER,
            ear: Ear::default(),
            heard_at: Time::NEVER,
            overrun: false,
            rsr: 0,
            ilpr: 0,
            ibrd: 0,
            fbrd: 0,
            lcr_h: 0,
            cr: CR_TXE | CR_RXE,
            ifls: 0x12,
            imsc: 0,
            ris: 0,
            dmacr: 0,
            terminal: Terminal::default(),
        }
    }

    fn event(&self) -> Event {
        if self.number == 0 { Event::Uart0 } else { Event::Uart1 }
    }

    fn fifo(&self) -> usize {
        if self.lcr_h & LCR_FEN != 0 { FIFO } else { 1 }
    }

    /// Bits a second.
    fn baud(&self, s: &Shared) -> u32 {
        let divisor = u64::from(self.ibrd) * 64 + u64::from(self.fbrd);
        let baud = (s.hz.peri * 4).checked_div(divisor).unwrap_or(0);
        u32::try_from(baud).unwrap_or(u32::MAX).max(1)
    }

    /// Whether parity is odd, if there is one. Stick parity ([`LCR_SPS`]) is not built.
    fn parity(&self) -> Option<bool> {
        (self.lcr_h & LCR_PEN != 0 && self.lcr_h & LCR_SPS == 0).then_some(self.lcr_h & LCR_EPS == 0)
    }

    fn line(&self, s: &Shared, tx: u8) -> UartLine {
        UartLine {
            tx,
            baud: self.baud(s),
            bits: 5 + (self.lcr_h >> 5 & 3) as u8,
            odd_parity: self.parity(),
            stop_bits: if self.lcr_h & LCR_STP2 != 0 { 2 } else { 1 },
        }
    }

    /// Enabled and on pins both ways: someone can talk to it.
    pub fn connected(&self, s: &Shared) -> bool {
        let tx = s.pins.find(function::UART, TX_PINS[self.number]);
        self.cr & CR_UARTEN != 0 && tx.is_some() && self.rx_pin(s).is_some()
    }

    /// The receiving pin, if one is selected.
    pub fn rx_pin(&self, s: &Shared) -> Option<u8> {
        s.pins.find(function::UART, TX_PINS[self.number] << 1)
    }

    fn start(&mut self, s: &mut Shared) {
        let off = self.cr & CR_UARTEN == 0 || self.cr & CR_TXE == 0 || self.lcr_h & LCR_BRK != 0;
        if self.sending || off || self.cr & CR_CTSEN != 0 && !self.clear_to_send(s) {
            return;
        }
        let Some(byte) = self.tx.pop_front() else { return };
        // The interrupt comes of the FIFO's falling to its level, not of being there.
        if self.tx.len() == self.tx_level() {
            self.ris |= INT_TX;
        }
        let pin = s.pins.find(function::UART, TX_PINS[self.number]);
        let line = self.line(s, pin.unwrap_or(0));
        if self.cr & CR_LBE != 0 {
            self.receive(s, byte & line.mask());
        } else if let Some(tx) = pin {
            s.world.uart_tx(s.now, UartLine { tx, ..line }, byte);
            s.transacted = true;
            s.replan_world();
            self.terminal.show(s.now, byte);
        }
        self.sending = true;
        self.sent_at = s.now + line.frame_time();
        self.update(s);
    }

    fn plan(&self, s: &mut Shared) {
        s.schedule(self.event(), self.sent_at.min(self.silent_at).min(self.typed_at).min(self.heard_at));
    }

    /// Something planned is due.
    pub fn tick(&mut self, s: &mut Shared) {
        if self.sent_at <= s.now {
            self.sent_at = Time::NEVER;
            self.sending = false;
            self.start(s);
        }
        if self.typed_at <= s.now {
            self.typed_at = Time::NEVER;
            if let Some(byte) = self.terminal.next_typed() {
                self.receive(s, byte);
            }
            if self.terminal.is_typing() {
                self.typed_at = s.now + self.line(s, 0).frame_time();
            }
        }
        if self.heard_at <= s.now {
            self.heard_at = Time::NEVER;
            let line = self.line(s, 0);
            if let Some(frame) = self.ear.take(&line) {
                self.receive_frame(s, frame);
            }
        }
        if self.silent_at <= s.now {
            self.silent_at = Time::NEVER;
            if !self.rx.is_empty() {
                self.ris |= INT_RT;
            }
        }
        self.update(s);
    }

    /// Puts bytes on the receiving line, as a terminal would; gives how many were taken.
    pub fn type_in(&mut self, s: &mut Shared, bytes: &[u8]) -> usize {
        let n = self.terminal.type_in(bytes);
        if n > 0 && self.typed_at == Time::NEVER {
            self.typed_at = s.now + self.line(s, 0).frame_time();
            self.plan(s);
        }
        n
    }

    /// Takes what was sent since the last call.
    pub fn take_sent(&mut self) -> Said {
        self.terminal.take_sent()
    }

    /// The pins whose edges matter: RX and CTS.
    pub fn watches(&self, s: &Shared) -> u32 {
        let bit = |pin: Option<u8>| pin.map_or(0, |pin| 1 << pin);
        bit(self.rx_pin(s)) | bit(self.cts_pin(s))
    }

    fn cts_pin(&self, s: &Shared) -> Option<u8> {
        s.pins.find(function::UART, TX_PINS[self.number] << 2)
    }

    /// CTS, which is low on the wire when it says so; an input without a pin reads low.
    fn clear_to_send(&self, s: &Shared) -> bool {
        !self.cts_pin(s).is_some_and(|pin| s.pins.input(pin.into()))
    }

    /// An edge at a pin.
    pub fn edge(&mut self, s: &mut Shared, t: Time, gpio: u8, high: bool) {
        if self.rx_pin(s) == Some(gpio) && self.cr & CR_UARTEN != 0 && self.cr & CR_RXE != 0 {
            let line = self.line(s, 0);
            if let Some(at) = self.ear.edge(t, high, &line) {
                self.heard_at = at.max(s.now);
                self.plan(s);
            }
        }
        if self.cts_pin(s) == Some(gpio) {
            self.ris |= INT_CTS;
            self.start(s);
            self.update(s);
        }
    }

    /// A part has sent a byte (8N1) at `baud`.
    pub fn hear(&mut self, s: &mut Shared, byte: u8, baud: u32) {
        let mut wave = Vec::new();
        uart_wave(&mut wave, Time::ZERO, &UartLine::new_8n1(0, baud), byte);
        let edge = |(t, step)| match step {
            Step::Edge(_, high) => Some((t, high)),
            Step::Sample => None,
        };
        let edges: Vec<_> = wave.into_iter().filter_map(edge).collect();
        let frame = ear::read(Time::ZERO, &edges, &self.line(s, 0));
        self.receive_frame(s, frame);
    }

    /// A byte arrives as it should.
    fn receive(&mut self, s: &mut Shared, byte: u8) {
        self.receive_frame(s, Frame { byte, ..Frame::default() });
    }

    /// A frame arrives.
    fn receive_frame(&mut self, s: &mut Shared, frame: Frame) {
        if self.cr & CR_UARTEN == 0 || self.cr & CR_RXE == 0 {
            return;
        }
        if self.rx.len() >= self.fifo() {
            self.overrun = true;
            self.ris |= INT_OE;
        } else {
            let over = if std::mem::take(&mut self.overrun) { DR_OE } else { 0 };
            let flags = [
                (frame.framing, DR_FE, INT_FE),
                (frame.parity, DR_PE, INT_PE),
                (frame.is_break, DR_BE, INT_BE),
            ];
            let (mut word, mut raised) = (u32::from(frame.byte) | over, 0);
            for (_, flag, interrupt) in flags.into_iter().filter(|flag| flag.0) {
                word |= flag;
                raised |= interrupt;
            }
            self.rx.push_back(word);
            self.ris |= raised;
        }
        self.silent_at = s.now + Time(SILENCE * 1_000_000_000 / u64::from(self.baud(s)));
        self.update(s);
    }

    /// Holds the transmitting line low, or lets it go.
    fn send_break(&mut self, s: &mut Shared, on: bool) {
        let pins = TX_PINS[self.number];
        s.pins.uart.out = if on { s.pins.uart.out & !pins } else { s.pins.uart.out | pins };
        s.pins_changed(pins);
        if on && self.cr & CR_LBE != 0 {
            self.receive_frame(s, Frame { byte: 0, framing: true, parity: false, is_break: true });
        }
    }

    /// Drives RTS: low says that there is room.
    fn request_to_send(&mut self, s: &mut Shared) {
        let room =
            if self.cr & CR_RTSEN != 0 { self.rx.len() < self.rx_level() } else { self.cr & CR_RTS != 0 };
        let pins = TX_PINS[self.number] << 3;
        let out = if room { s.pins.uart.out & !pins } else { s.pins.uart.out | pins };
        if out != s.pins.uart.out {
            s.pins.uart.out = out;
            s.pins_changed(pins);
        }
    }

    /// Bytes of a FIFO at a level of UARTIFLS; a single register's level is empty to transmit, one byte to
    /// receive.
    fn level(&self, select: u32) -> usize {
        let depth = self.fifo();
        match select & 7 {
            0 => depth / 8,
            1 => depth / 4,
            2 => depth / 2,
            3 => depth * 3 / 4,
            _ => depth * 7 / 8,
        }
    }

    fn tx_level(&self) -> usize {
        self.level(self.ifls)
    }

    fn rx_level(&self) -> usize {
        self.level(self.ifls >> 3).max(1)
    }

    /// Recomputes what follows from the FIFOs' levels.
    fn update(&mut self, s: &mut Shared) {
        if self.rx.len() >= self.rx_level() {
            self.ris |= INT_RX
        } else {
            self.ris &= !INT_RX
        }
        if self.rx.is_empty() {
            self.ris &= !INT_RT;
            self.silent_at = Time::NEVER;
        }
        if self.tx.len() > self.tx_level() {
            self.ris &= !INT_TX;
        }
        self.request_to_send(s);
        let number = irq::UART0 + self.number as u32;
        s.set_irq(number, self.ris & self.imsc != 0);
        s.dreq_changed = true;
        self.plan(s);
    }

    /// DMA requests: transmit, receive.
    pub fn dreq(&self) -> [bool; 2] {
        [self.dmacr & 2 != 0 && self.tx.len() < self.fifo(), self.dmacr & 1 != 0 && !self.rx.is_empty()]
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            UARTDR => {
                let word = self.rx.pop_front().unwrap_or(0);
                self.rsr = word >> 8 & 0xF;
                self.update(s);
                word
            }
            UARTRSR => self.rsr,
            UARTFR => {
                let flag = |on: bool, bit: u32| if on { bit } else { 0 };
                flag(self.clear_to_send(s), FR_CTS)
                    | flag(self.sending || !self.tx.is_empty(), FR_BUSY)
                    | flag(self.rx.is_empty(), FR_RXFE)
                    | flag(self.tx.len() >= self.fifo(), FR_TXFF)
                    | flag(self.rx.len() >= self.fifo(), FR_RXFF)
                    | flag(self.tx.is_empty(), FR_TXFE)
            }
            UARTILPR => self.ilpr,
            UARTIBRD => self.ibrd,
            UARTFBRD => self.fbrd,
            UARTLCR_H => self.lcr_h,
            UARTCR => self.cr,
            UARTIFLS => self.ifls,
            UARTIMSC => self.imsc,
            UARTRIS => self.ris,
            UARTMIS => self.ris & self.imsc,
            UARTDMACR => self.dmacr,
            // PeriphID and PCellID
            0xFE0..=0xFFC => [0x11, 0x10, 0x34, 0, 0x0D, 0xF0, 0x05, 0xB1][(offset as usize - 0xFE0) / 4],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            UARTDR if self.tx.len() < self.fifo() => {
                self.tx.push_back(value as u8);
                self.start(s);
            }
            UARTRSR => self.rsr = 0,
            UARTILPR => self.ilpr = value & 0xFF,
            UARTIBRD => self.ibrd = value & 0xFFFF,
            UARTFBRD => self.fbrd = value & 0x3F,
            UARTLCR_H => {
                let changed = self.lcr_h ^ value;
                self.lcr_h = value & 0xFF;
                if changed & LCR_BRK != 0 {
                    self.send_break(s, value & LCR_BRK != 0);
                    self.start(s);
                }
            }
            UARTCR => {
                self.cr = value & 0xFF87;
                self.start(s);
            }
            UARTIFLS => self.ifls = value & 0x3F,
            UARTIMSC => self.imsc = value & 0x7FF,
            UARTICR => self.ris &= !value,
            UARTDMACR => self.dmacr = value & 7,
            _ => {}
        }
        self.update(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const MICROSECOND: u64 = 1_000;

    /// UART0 on GP0 and GP1 at 1 Mbit/s: a frame takes 10 us.
    fn setup(lcr_h: u32, cr: u32) -> (Uart, Shared) {
        let (mut s, _) = shared("", function::UART, &[0, 1]);
        let mut uart = Uart::new(0);
        uart.write(&mut s, UARTIBRD, 7);
        uart.write(&mut s, UARTFBRD, 52);
        uart.write(&mut s, UARTLCR_H, 0x60 | lcr_h);
        uart.write(&mut s, UARTCR, CR_UARTEN | CR_TXE | CR_RXE | cr);
        (uart, s)
    }

    fn pass(uart: &mut Uart, s: &mut Shared, microseconds: u64) {
        run(s, Time(microseconds * MICROSECOND), |s, _| uart.tick(s));
    }

    #[test]
    fn transmitting_interrupts_once_when_the_fifo_falls_to_its_level() {
        let (mut uart, mut s) = setup(LCR_FEN, 0);
        // Level 1/8: four bytes.
        uart.write(&mut s, UARTIFLS, 0);
        for byte in 0..8 {
            uart.write(&mut s, UARTDR, byte);
        }
        assert_eq!(uart.read(&mut s, UARTRIS) & INT_TX, 0, "seven wait");
        pass(&mut uart, &mut s, 25);
        assert_eq!(uart.read(&mut s, UARTRIS) & INT_TX, 0, "five wait");
        pass(&mut uart, &mut s, 10);
        assert_ne!(uart.read(&mut s, UARTRIS) & INT_TX, 0, "four wait");
        uart.write(&mut s, UARTICR, INT_TX);
        pass(&mut uart, &mut s, 100);
        assert_eq!(uart.read(&mut s, UARTRIS) & INT_TX, 0, "cleared is cleared");
        assert_eq!(uart.read(&mut s, UARTFR) & (FR_BUSY | FR_TXFE), FR_TXFE);
    }

    #[test]
    fn received_bytes_below_the_level_interrupt_after_silence() {
        let (mut uart, mut s) = setup(LCR_FEN, 0);
        uart.write(&mut s, UARTIMSC, INT_RT | INT_RX);
        uart.receive(&mut s, b'a');
        pass(&mut uart, &mut s, 30);
        uart.receive(&mut s, b'b');
        pass(&mut uart, &mut s, 31);
        assert_eq!(s.irq_lines(0) & 1 << irq::UART0, 0);
        pass(&mut uart, &mut s, 2);
        assert_eq!(uart.read(&mut s, UARTMIS), INT_RT);
        assert_ne!(s.irq_lines(0) & 1 << irq::UART0, 0);
        assert_eq!([0; 2].map(|_| uart.read(&mut s, UARTDR)), [b'a'.into(), b'b'.into()]);
        assert_eq!(uart.read(&mut s, UARTMIS), 0);
    }

    #[test]
    fn a_break_and_a_framing_error_stand_with_their_byte() {
        let (mut uart, mut s) = setup(LCR_FEN, CR_LBE);
        uart.write(&mut s, UARTLCR_H, 0x60 | LCR_FEN | LCR_BRK);
        uart.write(&mut s, UARTLCR_H, 0x60 | LCR_FEN);
        uart.receive_frame(&mut s, Frame { byte: 7, framing: true, ..Frame::default() });
        uart.write(&mut s, UARTDR, 8);
        let ris = uart.read(&mut s, UARTRIS);
        assert_eq!(ris & (INT_BE | INT_FE), INT_BE | INT_FE);
        assert_eq!([0; 3].map(|_| uart.read(&mut s, UARTDR)), [DR_BE | DR_FE, DR_FE | 7, 8]);
    }

    #[test]
    fn the_fifo_overruns_and_says_so_with_the_next_byte() {
        let (mut uart, mut s) = setup(0, 0);
        for byte in 1..=3 {
            uart.receive(&mut s, byte);
        }
        assert_ne!(uart.read(&mut s, UARTRIS) & INT_OE, 0);
        assert_eq!(uart.read(&mut s, UARTDR), 1, "one byte without a FIFO");
        uart.receive(&mut s, 4);
        assert_eq!(uart.read(&mut s, UARTDR), DR_OE | 4);
    }
}
