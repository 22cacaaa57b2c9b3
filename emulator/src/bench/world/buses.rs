//! The buses of a bench: from the chip's transactions, or from edges on bit-banged lines, to the parts.

use std::cmp::Reverse;

use super::play::{Lines, Meaning};
use super::{BenchWorld, Event, GPIOS};
use crate::air::Frame;
use crate::clock::Time;
use crate::net::{Driver, i2c_wave, spi_wave, uart_wave};
use crate::part::Role;
use crate::trace::decode::I2cDecoder;
use crate::trace::{Channel, SharedTrace};
use crate::world::{
    Drive, Gpio, Heard, I2cBus, I2cEvent, I2cReply, Input, Level, Microvolts, SpiBus, UartLine, World,
};

impl BenchWorld {
    /// Forwards a step to the part it is for.
    fn i2c_step(&mut self, group: usize, event: I2cEvent) -> I2cReply {
        let nobody = I2cReply { ack: false, byte: 0xFF, stretch: Time::ZERO };
        if let I2cEvent::Start { address, .. } = event {
            let slots = &self.i2c[group].slots;
            let found =
                slots.iter().copied().find(|&slot| self.slots[slot].part.i2c_address() == Some(address));
            self.i2c[group].active = found;
        }
        let Some(slot) = self.i2c[group].active else { return nobody };
        if event == I2cEvent::Stop {
            self.i2c[group].active = None;
        }
        self.call(slot, |part, cx| part.i2c(cx, event))
    }

    /// An edge on a net that may be a line of a bit-banged I2C bus.
    pub(super) fn i2c_edge(&mut self, net: usize, high: bool) {
        for index in 0..self.i2c.len() {
            let (sda, scl) = (self.i2c[index].sda, self.i2c[index].scl);
            if net != sda && net != scl {
                continue;
            }
            let (sda_high, scl_high) = (self.nets[sda].high(), self.nets[scl].high());
            if self.playing {
                // The parts were called with the whole transaction.
                self.i2c[index].adapter.follow(sda_high, scl_high);
                self.i2c[index].decoder = I2cDecoder::new(sda_high, scl_high);
                continue;
            }
            let mut items = Vec::new();
            let decoder = &mut self.i2c[index].decoder;
            if net == sda {
                decoder.sda(self.now, high, &mut items);
            } else {
                decoder.scl(self.now, high, &mut items);
            }
            if !items.is_empty() {
                let id = self.bus_channel(format!("I2C {}/{}", self.net_name(sda), self.net_name(scl)));
                let mut trace = self.trace.write();
                items.into_iter().for_each(|item| trace.bus(id, item));
            }
            if let Some(event) = self.i2c[index].adapter.lines(sda_high, scl_high) {
                let reply = self.i2c_step(index, event);
                self.i2c[index].adapter.answer(event, reply);
            }
            let level = if self.i2c[index].adapter.pulls_low { Level::Low } else { Level::Z };
            self.drive(sda, Driver::Adapter(index), Drive::output(level));
        }
    }

    /// An edge at a part's pin that may be a line of a bit-banged SPI bus.
    pub(super) fn spi_edge(&mut self, slot: usize, pin: usize, high: bool) {
        let role = self.slots[slot].kind.pins[pin].role;
        // While a transaction is played the parts have been called with the whole word.
        let clock = role == Role::Sck && !self.playing;
        if !clock && role != Role::Cs || !self.spi.contains(&slot) {
            return;
        }
        let selected = self.is_selected(slot);
        if role == Role::Sck && high && selected {
            let mosi = self.slots[slot].net_of(Role::Mosi).is_some_and(|net| self.nets[net].high());
            self.call(slot, |part, cx| part.spi_clock(cx, mosi));
        } else {
            // Data changes on the falling edge; not selected, the line is let go.
            let level = if selected { Level::from(self.slots[slot].part.spi_out()) } else { Level::Z };
            let miso = self.slots[slot].kind.pins.iter().position(|pin| pin.role == Role::Miso);
            if let Some(pin) = miso
                && let Some(net) = self.slots[slot].nets[pin]
            {
                self.drive(net, Driver::Part(slot, pin), Drive::output(level));
            }
        }
    }

    fn is_selected(&self, slot: usize) -> bool {
        self.slots[slot].net_of(Role::Cs).is_none_or(|net| !self.nets[net].high())
    }

    /// A part begins to send a byte.
    pub(super) fn begin_uart(&mut self, slot: usize, pin: usize, byte: u8, baud: u32, start: Time) {
        let Some(net) = self.slots[slot].nets[pin].filter(|&net| net < GPIOS) else { return };
        self.pin_channel(net);
        let items = self.bus_channel(format!("UART {}", self.net_name(net)));
        let line = UartLine::new_8n1(net as Gpio, baud);
        let mut wave = Vec::new();
        let end = uart_wave(&mut wave, start, &line, byte);
        let data = Some((net, Driver::Part(slot, pin)));
        let lines = Lines { clock: None, data, answer: None, sampled: None, open_drain: false };
        if !self.is_heard(net) {
            let middle_of_stop = start + Time(line.frame_time().0 * 19 / 20);
            self.schedule(middle_of_stop, Event::Uart { net, byte, baud });
        }
        self.transact(net, lines, &wave, (start, end), Meaning::Uart { byte }, items);
    }

    /// A byte that a part sent has arrived.
    pub(super) fn deliver(&mut self, net: usize, byte: u8, baud: u32) {
        self.pending.push(Input::UartRx { at: self.now, gpio: net as Gpio, byte, baud });
    }

    /// The board talks on an I2C bus without parts: says so if a part is wired to one of its pins.
    fn explain_empty_bus(&mut self, sda: usize, scl: usize) {
        let near =
            self.i2c.iter().find(|group| [group.sda, group.scl].iter().any(|&net| net == sda || net == scl));
        let Some(group) = near else { return };
        let name = &self.slots[group.slots[0]].name;
        let message = format!(
            "the board uses SDA={} SCL={}, but \"{name}\" is wired to SDA={} SCL={}",
            self.net_name(sda),
            self.net_name(scl),
            self.net_name(group.sda),
            self.net_name(group.scl)
        );
        self.report_once(message);
    }
}

impl World for BenchWorld {
    fn pin_drive(&mut self, t: Time, gpio: Gpio, drive: Drive) {
        self.reach(t);
        let net = self.net(gpio);
        self.drawn &= !self.members[net];
        self.forget_plays(gpio);
        self.drive(net, Driver::Chip(gpio), drive);
        self.settle();
    }

    fn pin_levels(&mut self, t: Time) -> u64 {
        self.reach(t);
        self.levels
    }

    fn visible_levels(&mut self, t: Time) -> u64 {
        self.reach(t);
        let mut levels = self.levels;
        let (mut drawn, trace) = (self.drawn, self.trace.lock());
        while drawn != 0 {
            let gpio = drawn.trailing_zeros() as usize;
            drawn &= drawn - 1;
            if let Some(high) = self.pin_channels[gpio].and_then(|id| trace.level_at(id, t)) {
                levels = levels & !(1 << gpio) | u64::from(high) << gpio;
            }
        }
        levels
    }

    fn is_pulled_low(&mut self, t: Time, gpio: Gpio) -> bool {
        self.reach(t);
        let net = &self.nets[self.net(gpio)];
        net.driven() && !net.high()
    }

    fn listen(&mut self, gpios: u64) {
        self.listened = gpios;
    }

    fn heard(&mut self, t: Time, clock: Gpio) -> Heard {
        self.reach(t);
        self.heard_of(self.net(clock))
    }

    fn pin_volts(&mut self, t: Time, gpio: Gpio) -> Microvolts {
        self.reach(t);
        let net = self.net(gpio);
        let analog = self.analog(net);
        let volts = self.nets[net].volts(analog);
        let mut trace = self.trace.write();
        let name = &self.pin_names[usize::from(gpio) % GPIOS];
        let id = *self
            .volt_channels
            .entry(gpio)
            .or_insert_with(|| trace.define(Channel::analog(format!("{name} volts"), "V")));
        trace.sample(id, t, (volts as f64 / 1e6) as f32);
        volts
    }

    fn die_temperature(&mut self, t: Time) -> i32 {
        self.reach(t);
        let given =
            (0..self.slots.len()).find_map(|slot| self.call(slot, |part, cx| part.die_temperature(cx)));
        given.map_or(27_000, |degrees| (degrees * 1000.0).round() as i32)
    }

    fn i2c(&mut self, t: Time, bus: I2cBus, event: I2cEvent) -> I2cReply {
        self.reach(t);
        let (sda, scl) = (self.net(bus.sda), self.net(bus.scl));
        let group = self.i2c.iter().position(|group| group.sda == sda && group.scl == scl);
        let mut reply = I2cReply { ack: false, byte: 0xFF, stretch: Time::ZERO };
        if let Some(group) = group {
            reply = self.i2c_step(group, event);
            self.settle();
        } else if matches!(event, I2cEvent::Start { .. }) {
            self.explain_empty_bus(sda, scl);
        }
        self.pin_channel(sda);
        self.pin_channel(scl);
        let items = self.bus_channel(format!("I2C {}/{}", self.net_name(sda), self.net_name(scl)));
        let mut wave = std::mem::take(&mut self.wave);
        wave.clear();
        i2c_wave(&mut wave, t, bus.hz, event, reply);
        let periods = match event {
            I2cEvent::Start { .. } => 10,
            I2cEvent::Stop => 1,
            _ => 9,
        };
        let lines = Lines {
            clock: Some((scl, Driver::Chip(bus.scl))),
            data: Some((sda, Driver::Chip(bus.sda))),
            answer: None,
            sampled: (self.is_wired(sda) && self.is_wired(scl)).then_some(sda),
            open_drain: true,
        };
        let end = t + Time(periods * 1_000_000_000 / u64::from(bus.hz.max(1)));
        self.transact(scl, lines, &wave, (t, end), Meaning::I2c(event, reply), items);
        self.wave = wave;
        reply
    }

    fn spi(&mut self, t: Time, bus: SpiBus, word: u16, bits: u8) -> u16 {
        self.reach(t);
        let net = |gpio: Option<Gpio>| gpio.map(|gpio| self.net(gpio));
        let (sck, mosi, miso) = (self.net(bus.sck), net(bus.mosi), net(bus.miso));
        let bits = bits.clamp(1, 16);
        // Nobody selected: the line's own level.
        let idle = miso.is_some_and(|net| self.nets[net].high());
        let mut answer = if idle { !0 } else { 0 };
        let mut answers = None;
        for at in 0..self.spi.len() {
            let slot = self.spi[at];
            if self.slots[slot].net_of(Role::Sck) != Some(sck) || !self.is_selected(slot) {
                continue;
            }
            let hears = mosi.is_some() && self.slots[slot].net_of(Role::Mosi) == mosi;
            let is_heard = miso.is_some() && self.slots[slot].net_of(Role::Miso) == miso;
            let word_out = self.call(slot, |part, cx| {
                let mut out = 0;
                for bit in (0..bits).rev() {
                    out = out << 1 | u16::from(part.spi_out());
                    part.spi_clock(cx, hears && word >> bit & 1 != 0);
                }
                out
            });
            if is_heard {
                answer = word_out;
                let pin = self.slots[slot].kind.pins.iter().position(|pin| pin.role == Role::Miso);
                answers = miso.zip(pin).map(|(net, pin)| (net, Driver::Part(slot, pin)));
            }
        }
        self.settle();
        if bits < 16 {
            answer &= (1 << bits) - 1;
        }
        let mut names = vec![self.net_name(sck).to_owned()];
        names.extend([mosi, miso].into_iter().flatten().map(|net| self.net_name(net).to_owned()));
        for net in [Some(sck), mosi, miso].into_iter().flatten() {
            self.pin_channel(net);
        }
        let items = self.bus_channel(format!("SPI {}", names.join("/")));
        let mut wave = std::mem::take(&mut self.wave);
        wave.clear();
        let end = spi_wave(&mut wave, t, &bus, word, answer, bits);
        let nobody = answers.is_none();
        let lines = Lines {
            clock: Some((sck, Driver::Chip(bus.sck))),
            data: mosi.zip(bus.mosi).map(|(net, gpio)| (net, Driver::Chip(gpio))),
            // What nobody answers is drawn as it is read, but drives nothing.
            answer: answers
                .or(miso.filter(|&net| !self.is_heard(net)).map(|net| (net, Driver::Adapter(usize::MAX)))),
            sampled: miso.filter(|&net| nobody && self.is_wired(net)),
            open_drain: false,
        };
        let meaning = Meaning::Spi { mosi: word, miso: answer, bits };
        self.transact(sck, lines, &wave, (t, end), meaning, items);
        self.wave = wave;
        answer
    }

    fn uart_tx(&mut self, t: Time, line: UartLine, byte: u8) {
        self.reach(t);
        let net = self.net(line.tx);
        self.pin_channel(net);
        let items = self.bus_channel(format!("UART {}", self.net_name(net)));
        let mut wave = std::mem::take(&mut self.wave);
        wave.clear();
        let end = uart_wave(&mut wave, t, &line, byte);
        let data = Some((net, Driver::Chip(line.tx)));
        let lines = Lines { clock: None, data, answer: None, sampled: None, open_drain: false };
        self.transact(net, lines, &wave, (t, end), Meaning::Uart { byte: byte & line.mask() }, items);
        self.wave = wave;
        for at in 0..self.nets[net].pins.len() {
            let (slot, pin) = self.nets[net].pins[at];
            let role = self.slots[slot].kind.pins[pin].role;
            if role == Role::Tx {
                let name = &self.slots[slot].name;
                let message = format!(
                    "the board sends at {}, where \"{name}\" sends too: wire its \"{}\" to the board's receiving pin",
                    self.net_name(net),
                    self.slots[slot].kind.pins[pin].name
                );
                self.report_once(message);
            }
            if role != Role::Rx {
                continue;
            }
            let Some(baud) = self.slots[slot].part.uart_baud() else { continue };
            if baud.abs_diff(line.baud) * 25 > baud {
                let name = &self.slots[slot].name;
                let message = format!("\"{name}\" listens at {baud} baud, the board sends at {}", line.baud);
                self.report_once(message);
                continue;
            }
            self.call(slot, |part, cx| part.uart_byte(cx, byte));
        }
        self.settle();
    }

    fn radio_send(&mut self, t: Time, frame: Frame) {
        self.chip_sends(t, frame);
    }

    fn next_event(&self) -> Option<Time> {
        if !self.pending.is_empty() {
            return Some(self.now);
        }
        self.events.peek().map(|Reverse((at, ..))| *at)
    }

    fn advance(&mut self, t: Time, inputs: &mut Vec<Input>) {
        self.reach(t);
        self.trace.lock().advance(self.now);
        inputs.append(&mut self.pending);
    }

    fn chip_reset(&mut self, t: Time) {
        self.reach(t);
        for gpio in 0..GPIOS as Gpio {
            let (net, driver) = (self.net(gpio), Driver::Chip(gpio));
            if self.nets[net].drivers.iter().any(|(who, _)| *who == driver) {
                self.forget_plays(gpio);
                self.drive(net, driver, Drive::FLOATING);
            }
        }
        self.settle();
    }

    fn trace(&self) -> &SharedTrace {
        &self.trace
    }
}
