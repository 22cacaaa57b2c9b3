//! TWI0 and TWI1 (reference manual, chapter 29): the I2C controllers. They share their registers'
//! addresses with SPI0 and SPI1; ENABLE says which of the two is meant.

use super::gpio::selected;
use super::shared::{Event, HFCLK, Shared, id};
use crate::clock::Time;
use crate::world::{I2cBus, I2cEvent, I2cReply, Level};

const ERRORSRC: u32 = 0x4C4;
const ENABLE: u32 = 0x500;
const PSELSCL: u32 = 0x508;
const PSELSDA: u32 = 0x50C;
const RXD: u32 = 0x518;
const TXD: u32 = 0x51C;
const FREQUENCY: u32 = 0x524;
const ADDRESS: u32 = 0x588;

const TASK_STARTRX: u32 = 0;
const TASK_STARTTX: u32 = 2;
const TASK_STOP: u32 = 5;
const TASK_SUSPEND: u32 = 7;
const TASK_RESUME: u32 = 8;
const EVENT_STOPPED: u32 = 1;
const EVENT_RXDREADY: u32 = 2;
const EVENT_TXDSENT: u32 = 7;
const EVENT_ERROR: u32 = 9;
const EVENT_BB: u32 = 14;
const EVENT_SUSPENDED: u32 = 18;
const SHORT_BB_SUSPEND: u32 = 0;
const SHORT_BB_STOP: u32 = 1;

/// ENABLE's value for TWI.
pub const ENABLED: u32 = 5;
const ERROR_ANACK: u32 = 1 << 1;
const ERROR_DNACK: u32 = 1 << 2;

/// What the wires are doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Nothing.
    Idle,
    /// Between two bytes with the clock held low.
    Held,
    /// The start and the address byte; whether it will be acknowledged.
    Address { ack: bool },
    /// A data byte, with what came back.
    Data { reply: I2cReply },
    /// The stop.
    Stop,
}

/// One controller.
#[derive(Clone, Debug)]
pub struct Twi {
    number: usize,
    enable: u32,
    pselscl: u32,
    pselsda: u32,
    frequency: u32,
    address: u32,
    errorsrc: u32,
    phase: Phase,
    reading: bool,
    suspended: bool,
    /// A stop follows as soon as the wires allow it.
    stops: bool,
    txd: Option<u8>,
    rxd: u8,
    /// RXD has not been read: the next byte has to wait.
    full: bool,
}

impl Twi {
    /// Controller `number` at reset.
    pub fn new(number: usize) -> Twi {
        Twi {
            number,
            enable: 0,
            pselscl: u32::MAX,
            pselsda: u32::MAX,
            frequency: 0x0400_0000,
            address: 0,
            errorsrc: 0,
            phase: Phase::Idle,
            reading: false,
            suspended: false,
            stops: false,
            txd: None,
            rxd: 0,
            full: false,
        }
    }

    fn id(&self) -> usize {
        id::SPI0 + self.number
    }

    fn event(&self) -> Event {
        [Event::Serial0, Event::Serial1][self.number]
    }

    /// Whether ENABLE says TWI.
    pub fn is_enabled(&self) -> bool {
        self.enable == ENABLED
    }

    fn bus(&self) -> Option<I2cBus> {
        let hz = match self.frequency {
            0x0198_0000 => 100_000,
            0x0668_0000 => 400_000,
            other => ((u64::from(other) * HFCLK) >> 32).max(1000) as u32,
        };
        Some(I2cBus { sda: selected(self.pselsda)?, scl: selected(self.pselscl)?, hz })
    }

    /// A step on the wires that takes `bits` clock periods.
    fn step(&mut self, s: &mut Shared, event: I2cEvent, bits: u64) -> I2cReply {
        let nobody = I2cReply { ack: false, byte: 0xFF, stretch: Time::ZERO };
        let (reply, hz) = match self.bus() {
            Some(bus) => (s.world.i2c(s.now, bus, event), bus.hz),
            None => (nobody, 100_000),
        };
        s.replan_world();
        let span = Time(bits * 1_000_000_000 / u64::from(hz)) + reply.stretch;
        s.schedule_in(self.event(), span);
        reply
    }

    fn start(&mut self, s: &mut Shared, read: bool) {
        if !self.is_enabled() || !matches!(self.phase, Phase::Idle | Phase::Held) {
            return;
        }
        self.reading = read;
        (self.suspended, self.stops, self.full) = (false, false, false);
        let address = (self.address & 0x7F) as u8;
        let reply = self.step(s, I2cEvent::Start { address, read }, 10);
        self.phase = Phase::Address { ack: reply.ack };
    }

    /// Goes on with what is wanted next, if anything.
    fn proceed(&mut self, s: &mut Shared) {
        if self.stops {
            self.stops = false;
            self.txd = None;
            self.step(s, I2cEvent::Stop, 1);
            self.phase = Phase::Stop;
        } else if self.suspended {
            self.phase = Phase::Held;
        } else if self.reading && !self.full {
            let ack = !s.short(self.id(), SHORT_BB_STOP);
            let reply = self.step(s, I2cEvent::Read { ack }, 9);
            self.phase = Phase::Data { reply };
        } else if let (false, Some(byte)) = (self.reading, self.txd.take()) {
            let reply = self.step(s, I2cEvent::Write(byte), 9);
            self.phase = Phase::Data { reply };
        } else {
            self.phase = Phase::Held;
        }
    }

    fn error(&mut self, s: &mut Shared, source: u32) {
        self.errorsrc |= source;
        self.txd = None;
        // Only a stop or a new start leads on from here.
        self.suspended = true;
        s.raise(self.id(), EVENT_ERROR);
    }

    /// The step is over.
    pub fn tick(&mut self, s: &mut Shared) {
        match self.phase {
            Phase::Address { ack } => {
                if !ack {
                    self.error(s, ERROR_ANACK);
                }
                self.proceed(s);
            }
            Phase::Data { reply } => {
                if self.reading {
                    self.rxd = reply.byte;
                    self.full = true;
                    s.raise(self.id(), EVENT_RXDREADY);
                } else {
                    s.raise(self.id(), EVENT_TXDSENT);
                    if !reply.ack {
                        self.error(s, ERROR_DNACK);
                    }
                }
                s.raise(self.id(), EVENT_BB);
                if s.short(self.id(), SHORT_BB_STOP) {
                    self.stops = true;
                } else if s.short(self.id(), SHORT_BB_SUSPEND) {
                    self.suspended = true;
                    s.raise(self.id(), EVENT_SUSPENDED);
                }
                self.proceed(s);
            }
            Phase::Stop => {
                self.phase = Phase::Idle;
                s.raise(self.id(), EVENT_STOPPED);
            }
            Phase::Idle | Phase::Held => {}
        }
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match task {
            TASK_STARTRX => self.start(s, true),
            TASK_STARTTX => self.start(s, false),
            TASK_STOP if self.is_enabled() => {
                self.stops = self.phase != Phase::Stop;
                match self.phase {
                    Phase::Held => self.proceed(s),
                    Phase::Idle => {
                        self.stops = false;
                        s.raise(self.id(), EVENT_STOPPED);
                    }
                    _ => {}
                }
            }
            TASK_SUSPEND => self.suspended = true,
            TASK_RESUME if self.suspended => {
                self.suspended = false;
                self.go_on(s);
            }
            _ => {}
        }
    }

    fn go_on(&mut self, s: &mut Shared) {
        if self.phase == Phase::Held {
            self.proceed(s);
        }
    }

    /// Lets go of the wires, as when its power is cut.
    pub fn shut_down(&mut self, s: &mut Shared) {
        if self.phase != Phase::Idle
            && let Some(bus) = self.bus()
        {
            s.world.i2c(s.now, bus, I2cEvent::Stop);
            s.replan_world();
        }
        s.cancel(self.event());
        *self = Twi::new(self.number);
    }

    /// Takes both pins while enabled; open drain, so neither is driven between transfers.
    fn hold(&self, s: &mut Shared) {
        let pins = if self.is_enabled() { [self.pselscl, self.pselsda].map(selected) } else { [None; 2] };
        let pins: Vec<_> = pins.into_iter().flatten().map(|pin| (pin, Level::Z)).collect();
        s.hold_pins(self.id(), &pins);
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            ERRORSRC => self.errorsrc,
            ENABLE => self.enable,
            PSELSCL => self.pselscl,
            PSELSDA => self.pselsda,
            RXD => {
                let full = std::mem::take(&mut self.full);
                if full && self.reading {
                    self.go_on(s);
                }
                u32::from(self.rxd)
            }
            FREQUENCY => self.frequency,
            ADDRESS => self.address,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            // Bits are cleared by writing ones.
            ERRORSRC => self.errorsrc &= !value,
            ENABLE => {
                let was = self.is_enabled();
                self.enable = value & 7;
                if was || self.is_enabled() {
                    self.hold(s);
                }
            }
            PSELSCL | PSELSDA => {
                *if offset == PSELSCL { &mut self.pselscl } else { &mut self.pselsda } = value;
                if self.is_enabled() {
                    self.hold(s);
                }
            }
            TXD if self.is_enabled() => {
                self.txd = Some(value as u8);
                self.go_on(s);
            }
            FREQUENCY => self.frequency = value,
            ADDRESS => self.address = value & 0x7F,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const BENCH: &str = "[[part]]\ntype = \"bme280\"\npins = { sda = \"P20\", scl = \"P19\" }\n";

    fn twi(s: &mut Shared, address: u32) -> Twi {
        let mut twi = Twi::new(0);
        let settings =
            [(PSELSCL, 0), (PSELSDA, 30), (FREQUENCY, 0x0198_0000), (ENABLE, ENABLED), (ADDRESS, address)];
        for (offset, value) in settings {
            twi.write(s, offset, value);
        }
        twi
    }

    fn wait(s: &mut Shared, twi: &mut Twi) {
        run(s, Time::from_micros(200), |s, _| twi.tick(s));
    }

    fn take(s: &mut Shared) -> u32 {
        std::mem::take(&mut s.interface[id::SPI0].events)
    }

    #[test]
    fn a_register_is_read_as_drivers_do() {
        let mut s = shared(BENCH);
        let mut twi = twi(&mut s, 0x76);
        twi.task(&mut s, TASK_STARTTX);
        twi.write(&mut s, TXD, 0xD0);
        wait(&mut s, &mut twi);
        assert_eq!(take(&mut s), 1 << EVENT_TXDSENT | 1 << EVENT_BB);
        // A repeated start; the only byte is the last.
        s.interface[id::SPI0].shorts = 1 << SHORT_BB_SUSPEND;
        twi.task(&mut s, TASK_STARTRX);
        s.interface[id::SPI0].shorts = 1 << SHORT_BB_STOP;
        twi.task(&mut s, TASK_RESUME);
        wait(&mut s, &mut twi);
        wait(&mut s, &mut twi);
        assert_eq!(take(&mut s), 1 << EVENT_RXDREADY | 1 << EVENT_BB | 1 << EVENT_STOPPED);
        assert_eq!(twi.read(&mut s, RXD), 0x60, "the part's identity");
        assert_eq!(twi.phase, Phase::Idle);
    }

    #[test]
    fn a_byte_waits_for_resume() {
        let mut s = shared(BENCH);
        let mut twi = twi(&mut s, 0x76);
        s.interface[id::SPI0].shorts = 1 << SHORT_BB_SUSPEND;
        twi.task(&mut s, TASK_STARTRX);
        for _ in 0..3 {
            wait(&mut s, &mut twi);
        }
        assert_eq!(take(&mut s), 1 << EVENT_RXDREADY | 1 << EVENT_BB | 1 << EVENT_SUSPENDED);
        twi.read(&mut s, RXD);
        wait(&mut s, &mut twi);
        assert_eq!(take(&mut s), 0);
        twi.task(&mut s, TASK_RESUME);
        wait(&mut s, &mut twi);
        assert_ne!(take(&mut s) & 1 << EVENT_RXDREADY, 0);
        twi.task(&mut s, TASK_STOP);
        wait(&mut s, &mut twi);
        assert_eq!(take(&mut s), 1 << EVENT_STOPPED);
    }

    #[test]
    fn nobody_there_is_an_error() {
        let mut s = shared(BENCH);
        let mut twi = twi(&mut s, 0x42);
        twi.task(&mut s, TASK_STARTTX);
        twi.write(&mut s, TXD, 0);
        wait(&mut s, &mut twi);
        assert_eq!(take(&mut s), 1 << EVENT_ERROR);
        assert_eq!(twi.read(&mut s, ERRORSRC), ERROR_ANACK);
        twi.task(&mut s, TASK_STOP);
        wait(&mut s, &mut twi);
        assert_eq!(take(&mut s), 1 << EVENT_STOPPED);
    }
}
