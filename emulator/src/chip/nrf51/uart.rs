//! UART0 (reference manual, chapter 28).

use std::collections::VecDeque;

use super::gpio::selected;
use super::shared::{Event, HFCLK, Shared, id};
use crate::chip::common::terminal::Terminal;
use crate::clock::Time;
use crate::console::Said;
use crate::world::{Gpio, Level, UartLine};

const ERRORSRC: u32 = 0x480;
const ENABLE: u32 = 0x500;
const PSELRTS: u32 = 0x508;
const PSELTXD: u32 = 0x50C;
const PSELCTS: u32 = 0x510;
const PSELRXD: u32 = 0x514;
const RXD: u32 = 0x518;
const TXD: u32 = 0x51C;
const BAUDRATE: u32 = 0x524;
const CONFIG: u32 = 0x56C;

const TASK_STARTRX: u32 = 0;
const TASK_STOPRX: u32 = 1;
const TASK_STARTTX: u32 = 2;
const TASK_STOPTX: u32 = 3;
const TASK_SUSPEND: u32 = 7;
const EVENT_RXDRDY: u32 = 2;
const EVENT_TXDRDY: u32 = 7;
const EVENT_ERROR: u32 = 9;
const EVENT_RXTO: u32 = 17;

const ENABLED: u32 = 4;
const DISCONNECTED: u32 = u32::MAX;
const CONFIG_HWFC: u32 = 1;
const CONFIG_PARITY: u32 = 0xE;
const ERROR_OVERRUN: u32 = 1;
const ERROR_FRAMING: u32 = 4;

/// Bytes that the receiver holds.
const FIFO: usize = 6;
/// With flow control, the sender is asked to stop when no more than so many have room.
const RESERVE: usize = 4;

/// The UART.
#[derive(Clone, Debug)]
pub struct Uart {
    /// The pins that lead to the board's console: transmitting, receiving.
    console: Option<(Gpio, Gpio)>,
    enable: u32,
    pselrts: u32,
    pseltxd: u32,
    pselcts: u32,
    pselrxd: u32,
    baudrate: u32,
    config: u32,
    errorsrc: u32,
    transmits: bool,
    receives: bool,
    /// The byte in TXD waits for the one before it.
    txd: Option<u8>,
    sending: bool,
    rx: VecDeque<u8>,
    rxd: u8,
    /// Who is at the other end of the console.
    terminal: Terminal,
}

impl Uart {
    /// A UART at reset.
    pub fn new(console: Option<(Gpio, Gpio)>) -> Uart {
        Uart {
            console,
            enable: 0,
            pselrts: DISCONNECTED,
            pseltxd: DISCONNECTED,
            pselcts: DISCONNECTED,
            pselrxd: DISCONNECTED,
            baudrate: 0x0400_0000,
            config: 0,
            errorsrc: 0,
            transmits: false,
            receives: false,
            txd: None,
            sending: false,
            rx: VecDeque::new(),
            rxd: 0,
            terminal: Terminal::default(),
        }
    }

    /// What remains after a reset: the terminal at the other end.
    pub fn after_reset(&self) -> Uart {
        Uart { terminal: self.terminal.clone(), ..Uart::new(self.console) }
    }

    fn line(&self, tx: Gpio) -> UartLine {
        let baud = ((u64::from(self.baudrate) * HFCLK) >> 32).max(1) as u32;
        let odd_parity = (self.config & CONFIG_PARITY == CONFIG_PARITY).then_some(false);
        UartLine { odd_parity, ..UartLine::new_8n1(tx, baud) }
    }

    /// The receiving pin, if there is one.
    pub fn rx_pin(&self) -> Option<Gpio> {
        (self.enable == ENABLED).then(|| selected(self.pselrxd)).flatten()
    }

    fn controls_flow(&self) -> bool {
        self.enable == ENABLED && self.config & CONFIG_HWFC != 0
    }

    /// Whether the sender at the other end may go on.
    fn has_room(&self) -> bool {
        self.receives && self.rx.len() < FIFO - RESERVE
    }

    /// Levels changed: CTS may be among them.
    pub fn pins_changed(&mut self, s: &mut Shared) {
        if self.controls_flow() {
            self.send(s);
        }
    }

    fn tx_pin(&self) -> Option<Gpio> {
        (self.enable == ENABLED).then(|| selected(self.pseltxd)).flatten()
    }

    /// Whether the board's console is connected, both ways.
    pub fn connected(&self) -> bool {
        let (tx, rx) = (self.tx_pin(), self.rx_pin());
        match self.console {
            Some((a, b)) => (tx, rx) == (Some(a), Some(b)),
            None => tx.is_some() && rx.is_some(),
        }
    }

    fn send(&mut self, s: &mut Shared) {
        if self.sending || !self.transmits || self.enable != ENABLED {
            return;
        }
        // Flow control: who receives pulls CTS low while it has room.
        if selected(self.pselcts).is_some_and(|cts| self.controls_flow() && s.pins.level(cts)) {
            return;
        }
        let Some(byte) = self.txd.take() else { return };
        let pin = self.tx_pin();
        let line = self.line(pin.unwrap_or(0));
        if pin.is_some() {
            s.world.uart_tx(s.now, line, byte);
            s.replan_world();
            if self.console.is_none_or(|(tx, _)| Some(tx) == pin) {
                self.terminal.show(s.now, byte);
            }
        }
        self.sending = true;
        s.schedule_in(Event::UartTx, line.frame_time());
    }

    /// A frame was sent.
    pub fn sent(&mut self, s: &mut Shared) {
        self.sending = false;
        s.raise(id::UART0, EVENT_TXDRDY);
        self.send(s);
    }

    /// A byte of the terminal's has arrived.
    pub fn typed(&mut self, s: &mut Shared) {
        let waits = self.controls_flow() && selected(self.pselrts).is_some() && !self.has_room();
        if !waits
            && let Some(byte) = self.terminal.next_typed()
            && self.connected()
        {
            self.receive(s, byte, true);
        }
        if self.terminal.is_typing() {
            s.schedule_in(Event::UartRx, self.line(0).frame_time());
        }
    }

    /// Types into the console; gives how many bytes were taken.
    pub fn type_in(&mut self, s: &mut Shared, bytes: &[u8]) -> usize {
        let n = self.terminal.type_in(bytes);
        if n > 0 && s.scheduled(Event::UartRx) == Time::NEVER {
            s.schedule_in(Event::UartRx, self.line(0).frame_time());
        }
        n
    }

    /// Takes what was sent to the console since the last call.
    pub fn take_sent(&mut self) -> Said {
        self.terminal.take_sent()
    }

    /// A frame sent at `baud` arrives.
    pub fn receive_at(&mut self, s: &mut Shared, byte: u8, baud: u32) {
        let own = self.line(0).baud;
        let good = own.abs_diff(baud) < own / 20;
        self.receive(s, if good { byte } else { byte ^ 0xA5 }, good);
    }

    fn receive(&mut self, s: &mut Shared, byte: u8, good: bool) {
        if self.enable != ENABLED || !self.receives {
            return;
        }
        if !good {
            self.errorsrc |= ERROR_FRAMING;
            s.raise(id::UART0, EVENT_ERROR);
        }
        if self.rx.len() >= FIFO {
            self.errorsrc |= ERROR_OVERRUN;
            return s.raise(id::UART0, EVENT_ERROR);
        }
        self.rx.push_back(byte);
        if self.rx.len() == 1 {
            s.raise(id::UART0, EVENT_RXDRDY);
        }
        self.ask(s);
    }

    /// Moves RTS, if that is what flow control wants.
    fn ask(&self, s: &mut Shared) {
        if self.controls_flow() {
            self.hold(s);
        }
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_STARTRX => {
                self.receives = true;
                self.ask(s);
            }
            TASK_STOPRX => {
                self.receives = false;
                self.ask(s);
                s.raise(id::UART0, EVENT_RXTO);
            }
            TASK_STARTTX => {
                self.transmits = true;
                self.send(s);
            }
            TASK_STOPTX => self.transmits = false,
            TASK_SUSPEND => (self.transmits, self.receives) = (false, false),
            _ => {}
        }
    }

    /// Takes the transmitting pin, whose line idles high, and RTS, which is low while there is room.
    fn hold(&self, s: &mut Shared) {
        let rts = selected(self.pselrts).filter(|_| self.controls_flow());
        let rts = rts.map(|pin| (pin, Level::from(!self.has_room())));
        let pins: Vec<_> = self.tx_pin().map(|pin| (pin, Level::High)).into_iter().chain(rts).collect();
        s.hold_pins(id::UART0, &pins);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            ERRORSRC => self.errorsrc,
            ENABLE => self.enable,
            PSELRTS => self.pselrts,
            PSELTXD => self.pseltxd,
            PSELCTS => self.pselcts,
            PSELRXD => self.pselrxd,
            RXD => {
                if let Some(byte) = self.rx.pop_front() {
                    self.rxd = byte;
                    // The next byte of the FIFO moves up.
                    if !self.rx.is_empty() {
                        s.raise(id::UART0, EVENT_RXDRDY);
                    }
                    self.ask(s);
                }
                u32::from(self.rxd)
            }
            BAUDRATE => self.baudrate,
            CONFIG => self.config,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            // Bits are cleared by writing ones.
            ERRORSRC => self.errorsrc &= !value,
            ENABLE => {
                self.enable = value & 7;
                self.hold(s);
                self.send(s);
            }
            PSELRTS => {
                self.pselrts = value;
                self.hold(s);
            }
            PSELTXD => {
                self.pseltxd = value;
                self.hold(s);
            }
            PSELCTS => self.pselcts = value,
            PSELRXD => self.pselrxd = value,
            TXD => {
                self.txd = Some(value as u8);
                self.send(s);
            }
            BAUDRATE => self.baudrate = value,
            CONFIG => {
                self.config = value & 0xF;
                self.hold(s);
                self.send(s);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    fn uart(s: &mut Shared) -> Uart {
        let mut uart = Uart::new(Some((24, 25)));
        for (offset, value) in [(BAUDRATE, 0x01D7_E000), (PSELTXD, 24), (PSELRXD, 25), (ENABLE, ENABLED)] {
            uart.write(s, offset, value);
        }
        uart.task(s, TASK_STARTTX);
        uart.task(s, TASK_STARTRX);
        uart
    }

    fn act(uart: &mut Uart) -> impl FnMut(&mut Shared, Event) {
        |s, event| match event {
            Event::UartTx => uart.sent(s),
            _ => uart.typed(s),
        }
    }

    #[test]
    fn bytes_go_out_one_frame_after_the_other() {
        let mut s = shared("");
        let mut uart = uart(&mut s);
        uart.write(&mut s, TXD, b'H'.into());
        uart.write(&mut s, TXD, b'i'.into());
        run(&mut s, Time::from_micros(80), act(&mut uart));
        assert!(!s.raised(id::UART0, EVENT_TXDRDY));
        run(&mut s, Time::from_micros(100), act(&mut uart));
        assert!(s.raised(id::UART0, EVENT_TXDRDY));
        assert_eq!(uart.take_sent().bytes(), b"Hi");
        // What goes to another pin is not the console's.
        uart.write(&mut s, PSELTXD, 3);
        assert!(!uart.connected());
        uart.write(&mut s, TXD, b'x'.into());
        assert!(uart.take_sent().is_empty());
    }

    #[test]
    fn bytes_come_in_through_a_fifo_of_six() {
        let mut s = shared("");
        let mut uart = uart(&mut s);
        assert!(uart.connected());
        uart.type_in(&mut s, b"12345678");
        run(&mut s, Time::from_millis(1), act(&mut uart));
        assert!(s.raised(id::UART0, EVENT_ERROR), "two too many");
        let mut read = Vec::new();
        while s.raised(id::UART0, EVENT_RXDRDY) {
            s.interface[id::UART0].events = 0;
            read.push(uart.read(&mut s, RXD) as u8);
        }
        assert_eq!(read, b"123456");
        assert_eq!(uart.read(&mut s, ERRORSRC), ERROR_OVERRUN);
    }

    #[test]
    fn flow_control_stops_both_ways() {
        let mut s = shared("");
        let mut uart = uart(&mut s);
        // RTS is P1 (pin 2); CTS is P0 (pin 3), which the port drives high: nobody has room.
        s.gpio_write(0x518, 1 << 3);
        s.gpio_write(0x508, 1 << 3);
        for (offset, value) in [(PSELRTS, 2), (PSELCTS, 3), (CONFIG, CONFIG_HWFC)] {
            uart.write(&mut s, offset, value);
        }
        assert!(!s.pins.level(2), "there is room");
        uart.write(&mut s, TXD, b'x'.into());
        run(&mut s, Time::from_millis(1), act(&mut uart));
        assert!(uart.take_sent().is_empty());
        s.gpio_write(0x50C, 1 << 3);
        uart.pins_changed(&mut s);
        assert_eq!(uart.take_sent().bytes(), b"x");
        uart.type_in(&mut s, b"12345678");
        run(&mut s, Time::from_millis(1), act(&mut uart));
        assert!(s.pins.level(2) && !s.raised(id::UART0, EVENT_ERROR));
        let mut read = Vec::new();
        for _ in 0..8 {
            read.push(uart.read(&mut s, RXD) as u8);
            run(&mut s, Time::from_micros(100), act(&mut uart));
        }
        assert_eq!(read, b"12345678");
        assert_eq!(uart.read(&mut s, ERRORSRC), 0);
    }
}
