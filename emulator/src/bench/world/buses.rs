//! The buses of a bench: from the chip's transactions, or from edges on bit-banged lines, to the parts.

use std::cmp::Reverse;

use super::{BenchWorld, GPIOS};
use crate::air::Frame;
use crate::clock::Time;
use crate::net::{Driver, I2cChannels, SpiChannels, draw_i2c, draw_spi, draw_uart};
use crate::part::Role;
use crate::trace::{Channel, SharedTrace};
use crate::world::{
    Drive, Gpio, I2cBus, I2cEvent, I2cReply, Input, Level, Microvolts, SpiBus, UartLine, World,
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
            let (sda_high, scl_high) = (self.nets[sda].high(), self.nets[scl].high());
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
        if !matches!(role, Role::Sck | Role::Cs) || !self.spi.contains(&slot) {
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

    /// A byte that a part sent has arrived.
    pub(super) fn deliver(&mut self, slot: usize, pin: usize, byte: u8, baud: u32, start: Time) {
        let Some(net) = self.slots[slot].nets[pin].filter(|&net| net < GPIOS) else { return };
        let gpio = net as Gpio;
        let pin_channel = self.pin_channel(net);
        let items = self.bus_channel(format!("UART {}", self.net_name(net)));
        let line = UartLine::new_8n1(gpio, baud);
        draw_uart(&mut self.trace.write(), pin_channel, items, start, &line, byte);
        self.pending.push(Input::UartRx { at: self.now, gpio, byte, baud });
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
        self.drive(usize::from(gpio) % GPIOS, Driver::Chip(gpio), drive);
        self.settle();
    }

    fn pin_levels(&mut self, t: Time) -> u64 {
        self.reach(t);
        self.levels
    }

    fn pin_volts(&mut self, t: Time, gpio: Gpio) -> Microvolts {
        self.reach(t);
        let net = usize::from(gpio) % GPIOS;
        let analog = self.analog(net);
        let volts = self.nets[net].volts(analog);
        let mut trace = self.trace.write();
        let name = &self.pin_names[net];
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
        let (sda, scl) = (usize::from(bus.sda) % GPIOS, usize::from(bus.scl) % GPIOS);
        let group = self.i2c.iter().position(|group| group.sda == sda && group.scl == scl);
        let mut reply = I2cReply { ack: false, byte: 0xFF, stretch: Time::ZERO };
        if let Some(group) = group {
            reply = self.i2c_step(group, event);
            self.settle();
        } else if matches!(event, I2cEvent::Start { .. }) {
            self.explain_empty_bus(sda, scl);
        }
        let channels = I2cChannels {
            sda: self.pin_channel(sda),
            scl: self.pin_channel(scl),
            items: self.bus_channel(format!("I2C {}/{}", self.pin_names[sda], self.pin_names[scl])),
        };
        draw_i2c(&mut self.trace.write(), channels, t, bus.hz, event, reply);
        reply
    }

    fn spi(&mut self, t: Time, bus: SpiBus, word: u16, bits: u8) -> u16 {
        self.reach(t);
        let net = |gpio: Option<Gpio>| gpio.map(|gpio| usize::from(gpio) % GPIOS);
        let (sck, mosi, miso) = (usize::from(bus.sck) % GPIOS, net(bus.mosi), net(bus.miso));
        let bits = bits.clamp(1, 16);
        // Nobody selected: the line's own level.
        let idle = miso.is_some_and(|net| self.nets[net].high());
        let mut answer = if idle { !0 } else { 0 };
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
            }
        }
        self.settle();
        if bits < 16 {
            answer &= (1 << bits) - 1;
        }
        let mut names = vec![self.pin_names[sck].clone()];
        names.extend([mosi, miso].into_iter().flatten().map(|net| self.pin_names[net].clone()));
        let channels = SpiChannels {
            sck: self.pin_channel(sck),
            mosi: mosi.map(|net| self.pin_channel(net)),
            miso: miso.map(|net| self.pin_channel(net)),
            items: self.bus_channel(format!("SPI {}", names.join("/"))),
        };
        draw_spi(&mut self.trace.write(), channels, t, &bus, word, answer, bits);
        answer
    }

    fn uart_tx(&mut self, t: Time, line: UartLine, byte: u8) {
        self.reach(t);
        let net = usize::from(line.tx) % GPIOS;
        let pin = self.pin_channel(net);
        let items = self.bus_channel(format!("UART {}", self.pin_names[net]));
        draw_uart(&mut self.trace.write(), pin, items, t, &line, byte);
        for at in 0..self.nets[net].pins.len() {
            let (slot, pin) = self.nets[net].pins[at];
            let role = self.slots[slot].kind.pins[pin].role;
            if role == Role::Tx {
                let name = &self.slots[slot].name;
                let message = format!(
                    "the board sends at {}, where \"{name}\" sends too: wire its \"{}\" to the board's receiving pin",
                    self.pin_names[net], self.slots[slot].kind.pins[pin].name
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
        for net in 0..GPIOS {
            let driven = self.nets[net].drivers.iter().any(|(driver, _)| matches!(driver, Driver::Chip(_)));
            if driven {
                self.drive(net, Driver::Chip(net as Gpio), Drive::FLOATING);
            }
        }
        self.settle();
    }

    fn trace(&self) -> &SharedTrace {
        &self.trace
    }
}
