//! Transactions on the nets: played bit by bit where somebody reacts to single edges, otherwise only drawn into
//! the trace, which costs a fraction of it.

use std::collections::VecDeque;

use super::{BenchWorld, Event, GPIOS};
use crate::clock::Time;
use crate::net::{Driver, Line, Step, Wave};
use crate::part::Role;
use crate::trace::{BusData, BusItem, ChannelId};
use crate::world::{Drive, Gpio, Heard, I2cEvent, I2cReply, Level};

/// Who drives each line of a transaction, and on which net.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    pub clock: Option<(usize, Driver)>,
    pub data: Option<(usize, Driver)>,
    pub answer: Option<(usize, Driver)>,
    /// The net that samples are taken from.
    pub sampled: Option<usize>,
    /// High levels are let go.
    pub open_drain: bool,
}

impl Lines {
    fn get(&self, line: Line) -> Option<(usize, Driver)> {
        match line {
            Line::Clock => self.clock,
            Line::Data => self.data,
            Line::Answer => self.answer,
        }
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        [self.clock, self.data, self.answer].into_iter().flatten().map(|(net, _)| net)
    }
}

/// What a transaction means, for the row of its bus.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    I2c(I2cEvent, I2cReply),
    Spi { mosi: u16, miso: u16, bits: u8 },
    Uart { byte: u8 },
}

impl Meaning {
    /// The same with the bits that the controller sampled.
    fn with(self, bits: u16) -> Meaning {
        match self {
            Meaning::I2c(event, reply) => {
                let reply = I2cReply { ack: bits & 1 == 0, byte: (bits >> 1) as u8, ..reply };
                Meaning::I2c(event, reply)
            }
            Meaning::Spi { mosi, bits: count, .. } => Meaning::Spi { mosi, miso: bits, bits: count },
            uart => uart,
        }
    }

    /// Appends the items of a transaction on the bus from `start` to `end`.
    pub fn items(self, start: Time, end: Time, into: &mut Vec<BusItem>) {
        let mut item = |what: BusData| into.push(BusItem { start, end, what });
        match self {
            Meaning::I2c(I2cEvent::Start { address, read }, reply) => {
                // The start takes one of ten periods.
                let first = start + Time((end - start).0 / 10);
                let what = BusData::I2cAddress { address, read, ack: reply.ack };
                into.push(BusItem {
                    start: start + Time((first - start).0 / 2),
                    end: first,
                    what: BusData::I2cStart,
                });
                into.push(BusItem { start: first, end, what });
            }
            Meaning::I2c(I2cEvent::Write(byte), reply) => {
                item(BusData::I2cData { byte, read: false, ack: reply.ack });
            }
            Meaning::I2c(I2cEvent::Read { ack }, reply) => {
                item(BusData::I2cData { byte: reply.byte, read: true, ack });
            }
            Meaning::I2c(I2cEvent::Stop, _) => {
                let period = (end - start).0;
                let (start, end) = (start + Time(period / 2), start + Time(period * 3 / 4));
                into.push(BusItem { start, end, what: BusData::I2cStop });
            }
            Meaning::Spi { mosi, miso, bits } => item(BusData::Spi { mosi, miso, bits }),
            Meaning::Uart { byte } => item(BusData::Uart { byte, ok: true }),
        }
    }
}

/// A transaction under way on the nets.
#[derive(Clone, Debug)]
pub(super) struct Play {
    /// The pin that identifies the bus: its clock, or the only line.
    key: usize,
    lines: Lines,
    steps: VecDeque<(Time, Step)>,
    start: Time,
    end: Time,
    /// How much later than planned it is: the clock was held.
    late: Time,
    /// Since when somebody holds the clock.
    held: Option<Time>,
    bits: u16,
    meaning: Meaning,
    items: ChannelId,
}

impl BenchWorld {
    /// Whether somebody reacts to a net's single edges: the chip elsewhere, another pin of the board, or a part
    /// that does not take whole transactions there.
    pub(super) fn is_heard(&self, net: usize) -> bool {
        self.members[net] & self.listened != 0 || self.is_wired(net) || self.slots_hear(net)
    }

    /// Whether several pins of the board are on a net.
    pub(super) fn is_wired(&self, net: usize) -> bool {
        self.members[net].count_ones() > 1
    }

    fn slots_hear(&self, net: usize) -> bool {
        self.nets[net].pins.iter().any(|&(slot, pin)| {
            let role = self.slots[slot].kind.pins[pin].role;
            matches!(role, Role::Input | Role::Output | Role::OneWire)
        })
    }

    /// Does a transaction's steps, in time or at once.
    pub(super) fn transact(
        &mut self,
        key: usize,
        lines: Lines,
        wave: &Wave,
        (start, end): (Time, Time),
        meaning: Meaning,
        items: ChannelId,
    ) {
        self.finish_play(key);
        if lines.all().any(|net| self.is_heard(net)) {
            self.heard.remove(&key);
            let steps = wave.iter().copied().collect();
            let late = Time::ZERO;
            let play = Play { key, lines, steps, start, end, late, held: None, bits: 0, meaning, items };
            self.plays.push(play);
            self.go_on(key);
            return;
        }
        let mut trace = self.trace.write();
        for &(t, step) in wave {
            if let Step::Edge(line, high) = step
                && let Some((net, _)) = lines.get(line)
                && let Some(id) = self.pin_channels.get(net).copied().flatten()
            {
                trace.edge(id, t, high);
            }
        }
        let mut list = Vec::new();
        meaning.items(start, end, &mut list);
        list.into_iter().for_each(|item| trace.bus(items, item));
        drop(trace);
        for net in lines.all().filter(|&net| net < GPIOS) {
            self.drawn |= self.members[net];
        }
    }

    fn play(&self, key: usize) -> Option<usize> {
        self.plays.iter().position(|play| play.key == key)
    }

    /// Does what is due of a transaction and plans the next.
    pub(super) fn go_on(&mut self, key: usize) {
        let Some(index) = self.play(key) else { return };
        if let Some(since) = self.plays[index].held {
            // Somebody held the clock; all that follows comes so much later.
            let Some((net, _)) = self.plays[index].lines.clock else { return };
            if !self.nets[net].high() {
                return;
            }
            let play = &mut self.plays[index];
            play.held = None;
            play.late += self.now - since;
        }
        while let Some(&(at, step)) = self.plays[index].steps.front() {
            let at = at + self.plays[index].late;
            if at > self.now {
                return self.schedule(at, Event::Play { key });
            }
            self.plays[index].steps.pop_front();
            self.playing = true;
            self.step(index, step);
            self.settle();
            self.playing = false;
            if self.plays[index].held.is_some() {
                return;
            }
        }
        self.end_play(index);
    }

    /// The next transaction begins, or the chip takes its pins away: what is left happens now.
    fn finish_play(&mut self, key: usize) {
        let Some(index) = self.play(key) else { return };
        self.playing = true;
        while let Some((_, step)) = self.plays[index].steps.pop_front() {
            self.step(index, step);
            self.settle();
        }
        self.playing = false;
        self.end_play(index);
    }

    fn step(&mut self, index: usize, step: Step) {
        let play = &mut self.plays[index];
        match step {
            Step::Sample => {
                if let Some(net) = play.lines.sampled {
                    play.bits = play.bits << 1 | u16::from(self.nets[net].high());
                }
            }
            Step::Edge(line, high) => {
                let Some((net, driver)) = play.lines.get(line) else { return };
                let open = play.lines.open_drain;
                let old = self.nets[net].drive_of(driver);
                let level = if high && open { Level::Z } else { Level::from(high) };
                self.drive(net, driver, Drive { level, ..old });
                if open && high && line == Line::Clock && !self.nets[net].high() {
                    self.plays[index].held = Some(self.now);
                }
            }
        }
    }

    fn end_play(&mut self, index: usize) {
        let play = self.plays.remove(index);
        let mut meaning = play.meaning;
        if play.lines.sampled.is_some() {
            meaning = meaning.with(play.bits);
            self.heard.insert(play.key, play.bits);
        }
        let mut list = Vec::new();
        meaning.items(play.start, play.end + play.late, &mut list);
        let mut trace = self.trace.write();
        list.into_iter().for_each(|item| trace.bus(play.items, item));
    }

    /// A net changed: a transaction may have waited for its clock.
    pub(super) fn clock_let_go(&mut self, net: usize) {
        for index in 0..self.plays.len() {
            let play = &self.plays[index];
            if play.held.is_some() && play.lines.clock.is_some_and(|(clock, _)| clock == net) {
                self.schedule(self.now, Event::Play { key: play.key });
            }
        }
    }

    /// The chip drives a pin otherwise: what is still to come of its transaction there does not.
    pub(super) fn forget_plays(&mut self, gpio: Gpio) {
        let driver = Driver::Chip(gpio);
        for play in &mut self.plays {
            for line in [&mut play.lines.clock, &mut play.lines.data] {
                if line.is_some_and(|(_, who)| who == driver) {
                    *line = None;
                }
            }
        }
    }

    /// See [`World::heard`](crate::world::World::heard).
    pub(super) fn heard_of(&mut self, key: usize) -> Heard {
        match self.play(key) {
            Some(index) if self.plays[index].lines.sampled.is_some() => Heard::NotYet,
            Some(_) => Heard::AsReplied,
            None => self.heard.remove(&key).map_or(Heard::AsReplied, Heard::Bits),
        }
    }
}
