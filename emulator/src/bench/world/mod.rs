//! A bench that runs: nets, parts and trace behind a chip's pins.

mod air;
mod buses;
mod play;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use thiserror::Error;

use super::{Bench, PartSpec};
use crate::air::Frame;
use crate::board::Node;
use crate::clock::Time;
use crate::net::{Driver, I2cAdapter, Net, Wave};
use crate::part::{self, Action, Context, Part, PartType, Properties, Role};
use crate::signal::Feed;
use crate::trace::decode::I2cDecoder;
use crate::trace::{Channel, ChannelId, SharedTrace};
use crate::world::{Drive, Gpio, Input, Level, Microvolts};
use play::Play;

/// Nets 0 to 63 are the chip's pins.
const GPIOS: usize = 64;
const GROUND: usize = 64;
const SUPPLY: usize = 65;
const NETS: usize = 66;

/// How often part inputs and outputs are written to the trace.
const TICK: Time = Time::from_millis(20);

/// How many changes one change may cause before the bench is declared to oscillate.
const MAX_RIPPLE: usize = 10_000;

/// What the bench has to say to the person before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When.
    pub at: Time,
    /// What.
    pub message: String,
}

/// Why an input could not be set.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SetInputError {
    /// No such part.
    #[error("there is no part \"{part}\" on the bench; there are: {known}")]
    NoPart {
        /// What was asked for.
        part: String,
        /// What there is.
        known: String,
    },
    /// No such input.
    #[error("\"{part}\" has no input \"{input}\"; its inputs are: {known}")]
    NoInput {
        /// The part.
        part: String,
        /// What was asked for.
        input: String,
        /// What there is.
        known: String,
    },
    /// Not a number within the input's range.
    #[error("\"{part}\" cannot have {value} as {input}; allowed: {min} to {max} {unit}")]
    OutOfRange {
        /// The part.
        part: String,
        /// The input.
        input: String,
        /// What was asked for.
        value: String,
        /// The smallest value.
        min: f64,
        /// The largest value.
        max: f64,
        /// The unit.
        unit: &'static str,
    },
}

/// A part in its place.
#[derive(Clone)]
struct Slot {
    name: String,
    kind: &'static PartType,
    part: Box<dyn Part>,
    /// The net of each pin.
    nets: Vec<Option<usize>>,
    feeds: Vec<Feed>,
    /// The trace's channel of each input, if it is worth showing.
    input_channels: Vec<Option<ChannelId>>,
    output_channels: Vec<ChannelId>,
    outputs: Vec<f64>,
    /// Counts up when an earlier request to wake no longer holds.
    wake_ticket: u32,
    /// The same for each input's next change.
    input_tickets: Vec<u32>,
    /// When each pin's UART line is free.
    uart_free: Vec<Time>,
}

impl Slot {
    fn net_of(&self, role: Role) -> Option<usize> {
        let pin = self.kind.pins.iter().position(|pin| pin.role == role)?;
        self.nets[pin]
    }
}

/// An I2C bus with parts on it.
#[derive(Clone)]
struct I2cGroup {
    sda: usize,
    scl: usize,
    slots: Vec<usize>,
    /// The part that the present transfer is with.
    active: Option<usize>,
    adapter: I2cAdapter,
    decoder: I2cDecoder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Tick,
    Wake {
        slot: usize,
        ticket: u32,
    },
    Input {
        slot: usize,
        input: usize,
        ticket: u32,
    },
    UartStart {
        slot: usize,
        pin: usize,
        byte: u8,
        baud: u32,
    },
    Uart {
        net: usize,
        byte: u8,
        baud: u32,
    },
    Play {
        key: usize,
    },
    /// The first of the frames that are coming begins.
    Radio,
}

/// The world of a [`Bench`]. Made on the thread that runs it; the trace is what others see of it.
#[derive(Clone)]
pub struct BenchWorld {
    now: Time,
    nets: Vec<Net>,
    /// The net of each pin, and of ground and supply: its own, or with what wires connect it to.
    net_of: [usize; NETS],
    /// The pins on each net.
    members: [u64; NETS],
    /// Bit *n*: the level at pin *n*.
    levels: u64,
    /// Pins at which the chip reacts to single edges.
    listened: u64,
    /// Pins at which the latest transaction was only drawn: what can be seen there is in the trace.
    drawn: u64,
    plays: Vec<Play>,
    /// Edges come from a transaction of which the parts know.
    playing: bool,
    /// The bits that controllers sampled, by their clock's net, until they are asked for.
    heard: BTreeMap<usize, u16>,
    wave: Wave,
    slots: Vec<Slot>,
    i2c: Vec<I2cGroup>,
    /// Parts with an SPI clock.
    spi: Vec<usize>,
    events: BinaryHeap<Reverse<(Time, u64, Event)>>,
    sequence: u64,
    pending: Vec<Input>,
    /// Nets whose change has not been told to its parts yet, with whether the level changed.
    ripple: VecDeque<(usize, bool)>,
    actions: Vec<Action>,
    trace: SharedTrace,
    pin_names: Vec<String>,
    pin_channels: Vec<Option<ChannelId>>,
    volt_channels: BTreeMap<Gpio, ChannelId>,
    bus_channels: BTreeMap<String, ChannelId>,
    /// Frames from other benches that begin later, in order.
    coming: VecDeque<Frame>,
    /// Frames that began here, for other benches; the oldest go when nobody takes them.
    sent: VecDeque<Frame>,
    reports: Vec<Report>,
    /// Advice that has been given.
    told: BTreeSet<String>,
    report_channel: Option<ChannelId>,
}

impl BenchWorld {
    /// Wires up a bench and switches its supply on, at time zero. The board's own LED is a part named
    /// `board`, unless the bench has one of that name.
    pub fn new(bench: &Bench, trace: SharedTrace) -> BenchWorld {
        let mut nets: Vec<Net> = (0..NETS).map(|_| Net::default()).collect();
        nets[GROUND].fixed = Some(false);
        nets[SUPPLY].fixed = Some(true);
        let net_of = connect(bench);
        let mut members = [0; NETS];
        (0..GPIOS).for_each(|gpio| members[net_of[gpio]] |= 1u64 << gpio);
        let mut world = BenchWorld {
            now: Time::ZERO,
            nets,
            net_of,
            members,
            levels: members[net_of[SUPPLY]],
            listened: 0,
            drawn: 0,
            plays: Vec::new(),
            playing: false,
            heard: BTreeMap::new(),
            wave: Wave::new(),
            slots: Vec::new(),
            i2c: Vec::new(),
            spi: Vec::new(),
            events: BinaryHeap::new(),
            sequence: 0,
            pending: Vec::new(),
            ripple: VecDeque::new(),
            actions: Vec::new(),
            trace,
            pin_names: (0..GPIOS).map(|gpio| bench.board.label(gpio as Gpio)).collect(),
            pin_channels: vec![None; GPIOS],
            volt_channels: BTreeMap::new(),
            bus_channels: BTreeMap::new(),
            coming: VecDeque::new(),
            sent: VecDeque::new(),
            reports: Vec::new(),
            told: BTreeSet::new(),
            report_channel: None,
        };
        for spec in &bench.parts {
            world.place(spec);
        }
        if let (Some(led), None) = (&bench.board.led, bench.part("board"))
            && let Some(kind) = part::find("led")
        {
            let mut properties = Properties::defaults(kind.properties);
            properties.set("color", part::Value::Text(led.color.to_owned()));
            world.place(&PartSpec {
                name: "board".to_owned(),
                kind,
                pins: vec![Some(Node::Gpio(led.gpio)), Some(Node::Ground)],
                properties,
                inputs: Vec::new(),
                at: None,
                line: 0,
            });
        }
        // A pin that something is wired to has a row from the beginning.
        for slot in 0..world.slots.len() {
            for pin in 0..world.slots[slot].nets.len() {
                if let Some(net) = world.slots[slot].nets[pin].filter(|&net| net < GPIOS) {
                    world.pin_channel(net);
                }
            }
        }
        for slot in 0..world.slots.len() {
            world.call(slot, |part, cx| part.power_on(cx));
            for input in 0..world.slots[slot].feeds.len() {
                world.watch(slot, input);
            }
        }
        world.settle();
        world.record_values();
        world.schedule(TICK, Event::Tick);
        world
    }

    /// The parts' names with their kinds.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &'static PartType)> {
        self.slots.iter().map(|slot| (slot.name.as_str(), slot.kind))
    }

    /// What can be seen of the parts now: part, output, value.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &'static str, f64)> {
        self.slots.iter().flat_map(|slot| {
            let infos = slot.kind.outputs.iter().zip(&slot.outputs);
            infos.map(|(info, value)| (slot.name.as_str(), info.name, *value))
        })
    }

    /// An input's present value.
    pub fn input(&self, part: &str, input: &str) -> Option<f64> {
        let slot = self.slots.iter().find(|slot| slot.name == part)?;
        let index = slot.kind.input(input)?;
        slot.feeds.get(index).map(|feed| feed.value(self.now))
    }

    /// Sets an input by hand at `t`, as turning a knob does. What moved the input before is covered until
    /// [`BenchWorld::release_input`].
    pub fn set_input(&mut self, t: Time, part: &str, input: &str, value: f64) -> Result<(), SetInputError> {
        let (slot, index) = self.find_input(part, input)?;
        let info = &self.slots[slot].kind.inputs[index];
        if !(info.min..=info.max).contains(&value) {
            return Err(SetInputError::OutOfRange {
                part: part.to_owned(),
                input: input.to_owned(),
                value: value.to_string(),
                min: info.min,
                max: info.max,
                unit: info.unit,
            });
        }
        self.reach(t);
        self.slots[slot].feeds[index].set(value);
        self.input_was_set(slot, index);
        Ok(())
    }

    /// Lets the bench's own signal drive an input again.
    pub fn release_input(&mut self, t: Time, part: &str, input: &str) -> Result<(), SetInputError> {
        let (slot, index) = self.find_input(part, input)?;
        self.reach(t);
        self.slots[slot].feeds[index].release();
        self.input_was_set(slot, index);
        Ok(())
    }

    /// Sends bytes through the serial adapter, whose rate it is from now on; nothing happens without one.
    pub fn serial_send(&mut self, t: Time, baud: u32, bytes: &[u8]) {
        self.reach(t);
        if let Some(slot) = self.serial_adapter() {
            self.call(slot, |part, cx| part.serial_send(cx, baud, bytes));
            self.settle();
        }
    }

    /// What came through the serial adapter since the last call.
    pub fn serial_take(&mut self) -> Vec<u8> {
        self.serial_adapter().map(|slot| self.slots[slot].part.serial_take()).unwrap_or_default()
    }

    /// When the serial adapter will have sent all that it was given.
    pub fn serial_sent(&self) -> Time {
        self.serial_adapter()
            .and_then(|slot| self.slots[slot].uart_free.first().copied())
            .unwrap_or(Time::ZERO)
    }

    fn serial_adapter(&self) -> Option<usize> {
        self.slots.iter().position(|slot| *slot.kind == part::serial_adapter::TYPE)
    }

    /// What the bench has to say, oldest first; each is told once.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    fn find_input(&self, part: &str, input: &str) -> Result<(usize, usize), SetInputError> {
        let slot = self.slots.iter().position(|slot| slot.name == part).ok_or_else(|| {
            let known: Vec<_> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
            SetInputError::NoPart { part: part.to_owned(), known: known.join(", ") }
        })?;
        let kind = self.slots[slot].kind;
        let index = kind.input(input).filter(|&i| i < self.slots[slot].feeds.len()).ok_or_else(|| {
            let known: Vec<_> = kind.inputs.iter().map(|input| input.name).collect();
            SetInputError::NoInput { part: part.to_owned(), input: input.to_owned(), known: known.join(", ") }
        })?;
        Ok((slot, index))
    }

    fn input_was_set(&mut self, slot: usize, input: usize) {
        let info = &self.slots[slot].kind.inputs[input];
        if self.slots[slot].input_channels[input].is_none() {
            let name = format!("{}.{}", self.slots[slot].name, info.name);
            let channel = Channel::analog(name, info.unit).of(&self.slots[slot].name);
            let id = self.trace.lock().define(channel);
            self.slots[slot].input_channels[input] = Some(id);
        }
        if let Some(id) = self.slots[slot].input_channels[input] {
            let value = self.slots[slot].feeds[input].value(self.now);
            self.trace.write().sample(id, self.now, value as f32);
        }
        if self.slots[slot].part.watches(input) {
            self.call(slot, |part, cx| part.input_changed(cx, input));
            self.watch(slot, input);
            self.settle();
        }
    }

    // Building.

    fn place(&mut self, spec: &PartSpec) {
        // The bench file was checked with the same properties; a bench made by hand may still be wrong.
        let part = match (spec.kind.make)(&spec.properties) {
            Ok(part) => part,
            Err(why) => return self.report(format!("\"{}\" is left out: {why}", spec.name)),
        };
        let index = self.slots.len();
        if spec.kind.is_wire() {
            return;
        }
        let nets: Vec<_> =
            spec.pins.iter().map(|node| node.map(|node| self.net_of[place_of(node)])).collect();
        for (pin, net) in nets.iter().enumerate() {
            let Some(net) = *net else { continue };
            self.nets[net].pins.push((index, pin));
            if spec.kind.pins[pin].role == Role::Analog {
                self.nets[net].analog = Some((index, pin));
            }
        }
        let mut trace = self.trace.lock();
        let name = |value: &str| format!("{}.{value}", spec.name);
        let input_channels = spec
            .inputs
            .iter()
            .zip(spec.kind.inputs)
            .map(|(signal, info)| {
                let constant =
                    matches!(signal.source, crate::signal::Source::Constant(_)) && signal.is_steady();
                (!constant).then(|| trace.define(Channel::analog(name(info.name), info.unit).of(&spec.name)))
            })
            .collect();
        let output_channels = spec
            .kind
            .outputs
            .iter()
            .map(|info| trace.define(Channel::analog(name(info.name), info.unit).of(&spec.name)))
            .collect();
        drop(trace);
        let slot = Slot {
            name: spec.name.clone(),
            kind: spec.kind,
            part,
            feeds: spec.inputs.iter().cloned().map(Feed::new).collect(),
            input_channels,
            output_channels,
            outputs: vec![0.0; spec.kind.outputs.len()],
            wake_ticket: 0,
            input_tickets: vec![0; spec.inputs.len()],
            uart_free: vec![Time::ZERO; nets.len()],
            nets,
        };
        if let (Some(sda), Some(scl)) = (slot.net_of(Role::Sda), slot.net_of(Role::Scl)) {
            match self.i2c.iter_mut().find(|group| group.sda == sda && group.scl == scl) {
                Some(group) => group.slots.push(index),
                None => self.i2c.push(I2cGroup {
                    sda,
                    scl,
                    slots: vec![index],
                    active: None,
                    adapter: I2cAdapter::new(),
                    decoder: I2cDecoder::new(true, true),
                }),
            }
        }
        if slot.net_of(Role::Sck).is_some() {
            self.spi.push(index);
        }
        self.slots.push(slot);
    }

    /// The net of a pin.
    fn net(&self, gpio: Gpio) -> usize {
        self.net_of[usize::from(gpio) % GPIOS]
    }

    /// The trace's channel of a net; its pins' are made when something first happens there.
    fn pin_channel(&mut self, net: usize) -> Option<ChannelId> {
        let mut members = self.members[net];
        while members != 0 {
            let gpio = members.trailing_zeros() as usize;
            members &= members - 1;
            if self.pin_channels[gpio].is_none() {
                let mut channel = Channel::digital(self.pin_names[gpio].clone(), Some(gpio as Gpio));
                let mut slots = self.nets[net].pins.iter().map(|&(slot, _)| slot);
                if let Some(slot) = slots.next().filter(|first| slots.all(|slot| slot == *first)) {
                    channel = channel.of(&self.slots[slot].name);
                }
                self.pin_channels[gpio] = Some(self.trace.lock().define(channel));
            }
        }
        self.pin_channels.get(net).copied().flatten()
    }

    fn bus_channel(&mut self, name: String) -> ChannelId {
        if let Some(&id) = self.bus_channels.get(&name) {
            return id;
        }
        let id = self.trace.lock().define(Channel::bus(name.clone()));
        self.bus_channels.insert(name, id);
        id
    }

    fn report(&mut self, message: String) {
        let mut trace = self.trace.write();
        let id = *self.report_channel.get_or_insert_with(|| trace.define(Channel::text("bench")));
        trace.text(id, self.now, format!("{message}\n").as_bytes());
        drop(trace);
        self.reports.push(Report { at: self.now, message });
    }

    /// For what would otherwise be said with every transfer.
    fn report_once(&mut self, message: String) {
        if self.told.insert(message.clone()) {
            self.report(message);
        }
    }

    // Time.

    fn schedule(&mut self, at: Time, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at, self.sequence, event)));
    }

    /// Lets what is due up to `t` happen. Called at the head of everything the chip asks: its present may lie
    /// a little after an event that it has not fetched yet.
    fn reach(&mut self, t: Time) {
        while let Some(&Reverse((at, _, event))) = self.events.peek() {
            if at > t {
                break;
            }
            self.events.pop();
            self.now = self.now.max(at);
            self.happen(event);
            self.settle();
        }
        self.now = self.now.max(t);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Tick => {
                self.follow_voltages();
                self.record_values();
                self.schedule(self.now + TICK, Event::Tick);
            }
            Event::Wake { slot, ticket } => {
                if self.slots[slot].wake_ticket == ticket {
                    self.call(slot, |part, cx| part.wake(cx));
                }
            }
            Event::Input { slot, input, ticket } => {
                if self.slots[slot].input_tickets[input] == ticket {
                    self.call(slot, |part, cx| part.input_changed(cx, input));
                    self.watch(slot, input);
                }
            }
            Event::Radio => {
                if let Some(frame) = self.coming.pop_front() {
                    self.tell_parts(None, &frame);
                    self.pending.push(Input::Radio(frame));
                }
            }
            Event::UartStart { slot, pin, byte, baud } => self.begin_uart(slot, pin, byte, baud, self.now),
            Event::Uart { net, byte, baud } => self.deliver(net, byte, baud),
            Event::Play { key } => self.go_on(key),
        }
    }

    /// Schedules an input's next change for a part that wants to hear of it.
    fn watch(&mut self, slot: usize, input: usize) {
        if !self.slots[slot].part.watches(input) {
            return;
        }
        self.slots[slot].input_tickets[input] += 1;
        let ticket = self.slots[slot].input_tickets[input];
        if let Some(at) = self.slots[slot].feeds[input].next_change(self.now) {
            self.schedule(at, Event::Input { slot, input, ticket });
        }
    }

    /// Writes inputs and outputs to the trace.
    fn record_values(&mut self) {
        for index in 0..self.slots.len() {
            let mut outputs = std::mem::take(&mut self.slots[index].outputs);
            if !outputs.is_empty() {
                self.call(index, |part, cx| part.outputs(cx, &mut outputs));
            }
            let slot = &mut self.slots[index];
            slot.outputs = outputs;
            let picture = slot.part.picture();
            let mut trace = self.trace.write();
            if let Some(picture) = picture {
                trace.set_picture(&slot.name, self.now, picture);
            }
            for (id, value) in slot.output_channels.iter().zip(&slot.outputs) {
                trace.sample(*id, self.now, *value as f32);
            }
            for (id, feed) in slot.input_channels.iter().zip(&slot.feeds) {
                if let Some(id) = id {
                    trace.sample(*id, self.now, feed.value(self.now) as f32);
                }
            }
        }
        self.trace.write().advance(self.now);
    }

    /// A voltage at a digital input crosses its thresholds.
    fn follow_voltages(&mut self) {
        for net in 0..GPIOS {
            if self.nets[net].analog.is_some() {
                self.update(net);
            }
        }
    }

    // Nets.

    /// Calls a part and does what it asks for.
    fn call<R>(&mut self, index: usize, f: impl FnOnce(&mut dyn Part, &mut Context) -> R) -> R {
        let (mut levels, mut driven) = (0, 0);
        for (pin, net) in self.slots[index].nets.iter().enumerate() {
            if let Some(net) = net {
                levels |= u32::from(self.nets[*net].high()) << pin;
                driven |= u32::from(self.nets[*net].driven()) << pin;
            }
        }
        let mut actions = std::mem::take(&mut self.actions);
        let slot = &mut self.slots[index];
        let mut cx = Context { now: self.now, feeds: &slot.feeds, levels, driven, actions: &mut actions };
        let result = f(slot.part.as_mut(), &mut cx);
        for action in actions.drain(..) {
            self.act(index, action);
        }
        self.actions = actions;
        result
    }

    fn act(&mut self, index: usize, action: Action) {
        match action {
            Action::Drive { pin, drive } => {
                if let Some(net) = self.slots[index].nets[pin] {
                    self.drive(net, Driver::Part(index, pin), drive);
                }
            }
            Action::Wake(at) => {
                self.slots[index].wake_ticket += 1;
                let ticket = self.slots[index].wake_ticket;
                self.schedule(at.max(self.now), Event::Wake { slot: index, ticket });
            }
            Action::Uart { pin, byte, baud } => {
                let bit = 1_000_000_000 / u64::from(baud.max(1));
                let start = self.slots[index].uart_free[pin].max(self.now);
                self.slots[index].uart_free[pin] = start + Time(10 * bit);
                self.schedule(start, Event::UartStart { slot: index, pin, byte, baud });
            }
            Action::Radio(frame) => {
                self.tell_parts(Some(index), &frame);
                self.pending.push(Input::Radio(frame.clone()));
                self.keep_sent(frame);
            }
            Action::Report(message) => {
                let message = format!("\"{}\": {message}", self.slots[index].name);
                self.report(message);
            }
        }
    }

    fn drive(&mut self, net: usize, driver: Driver, drive: Drive) {
        if self.nets[net].set(driver, drive) {
            self.update(net);
        }
    }

    /// The voltage of a net's analogue source.
    fn analog(&mut self, net: usize) -> Option<Microvolts> {
        let (slot, pin) = self.nets[net].analog?;
        Some(self.call(slot, |part, cx| part.volts(cx, pin)))
    }

    /// Works out a net's state anew; a change is recorded now and told to the parts by [`Self::settle`].
    fn update(&mut self, net: usize) {
        let analog = self.analog(net);
        let new = self.nets[net].resolve(analog);
        let old = self.nets[net].state.replace(new);
        if old == Some(new) {
            return;
        }
        if self.nets[net].fixed.is_some() {
            return self.check_supply(net);
        }
        if new.conflict && !old.is_some_and(|old| old.conflict) {
            self.report_conflict(net);
        }
        let level_changed = old.map(|old| old.high) != Some(new.high);
        if level_changed && net < GPIOS {
            // A pin that nobody drives or is wired to is not worth a row until it moves.
            let quiet = old.is_none() && !new.driven && !new.high;
            let known = self.pin_channels[net].is_some();
            if known || !quiet {
                self.pin_channel(net);
                let mut trace = self.trace.write();
                let mut members = self.members[net];
                while members != 0 {
                    let gpio = members.trailing_zeros() as usize;
                    members &= members - 1;
                    let Some(id) = self.pin_channels[gpio] else { continue };
                    if let (false, Some(old)) = (known, old) {
                        trace.edge(id, Time::ZERO, old.high);
                    }
                    trace.edge(id, self.now, new.high);
                }
            }
            let first = old.is_none() && !new.high;
            let members = self.members[net];
            self.levels = if new.high { self.levels | members } else { self.levels & !members };
            self.drawn &= !members;
            if !first {
                let input = Input::PinChanged { at: self.now, gpio: net as Gpio, high: new.high };
                self.pending.push(input);
            }
            if !self.plays.is_empty() {
                self.clock_let_go(net);
            }
        }
        let driven_changed = old.map(|old| old.driven) != Some(new.driven);
        if level_changed || driven_changed {
            self.ripple.push_back((net, level_changed));
        }
    }

    /// A part that drives a supply shorts it.
    fn check_supply(&mut self, net: usize) {
        let wrong = if net == GROUND { Level::High } else { Level::Low };
        if self.nets[net].drivers.iter().any(|(_, drive)| drive.level == wrong) {
            self.report_conflict(net);
        }
    }

    fn report_conflict(&mut self, net: usize) {
        let side = |level: Level| {
            let mut names: Vec<String> = Vec::new();
            for (driver, drive) in &self.nets[net].drivers {
                if drive.level == level {
                    names.push(match *driver {
                        Driver::Chip(_) => "the board".to_owned(),
                        Driver::Part(slot, _) => format!("\"{}\"", self.slots[slot].name),
                        Driver::Adapter(_) => "a part on the bus".to_owned(),
                    });
                }
            }
            if names.is_empty() { "the supply".to_owned() } else { names.join(" and ") }
        };
        let name = match net {
            GROUND => "GND",
            SUPPLY => "3V3",
            gpio => &self.pin_names[gpio],
        };
        let message = format!(
            "short circuit at {name}: {} drives it high, {} drives it low; a real board could be damaged",
            side(Level::High),
            side(Level::Low)
        );
        self.report(message);
    }

    /// Tells parts and adapters of changes until nothing changes any more.
    fn settle(&mut self) {
        for _ in 0..MAX_RIPPLE {
            let Some((net, level_changed)) = self.ripple.pop_front() else { return };
            let high = self.nets[net].high();
            for at in 0..self.nets[net].pins.len() {
                let (slot, pin) = self.nets[net].pins[at];
                self.call(slot, |part, cx| part.pin_changed(cx, pin, high));
                if level_changed {
                    self.spi_edge(slot, pin, high);
                }
            }
            if level_changed {
                self.i2c_edge(net, high);
            }
        }
        self.ripple.clear();
        self.report("the wiring oscillates: an output feeds back into its own input".to_owned());
    }

    fn net_name(&self, net: usize) -> &str {
        match net {
            GROUND => "GND",
            SUPPLY => "3V3",
            gpio => &self.pin_names[gpio],
        }
    }
}

fn place_of(node: Node) -> usize {
    match node {
        Node::Gpio(gpio) => usize::from(gpio) % GPIOS,
        Node::Ground => GROUND,
        Node::Supply => SUPPLY,
    }
}

/// The net of each place. Of places that wires connect, the supply or ground gives its name to the net, or else
/// the lowest pin.
fn connect(bench: &Bench) -> [usize; NETS] {
    let mut net_of = std::array::from_fn(|place| place);
    let rank = |net: usize| if net >= GPIOS { net } else { NETS + GPIOS - net };
    for part in bench.parts.iter().filter(|part| part.kind.is_wire()) {
        let mut ends = part.pins.iter().copied().flatten().map(|node| net_of[place_of(node)]);
        if let (Some(a), Some(b)) = (ends.next(), ends.next()) {
            let (from, to) = if (a >= GPIOS, rank(a)) > (b >= GPIOS, rank(b)) { (b, a) } else { (a, b) };
            net_of.iter_mut().filter(|net| **net == from).for_each(|net| *net = to);
        }
    }
    net_of
}
