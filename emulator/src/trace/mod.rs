//! Everything that changed, on one axis of virtual time: pin edges, bus items, UART bytes, analogue values,
//! part inputs and outputs, console text. Writers append; the waveform view, decoders, exports and tests read.

pub mod decode;
pub mod export;
mod mark;
mod pictures;
mod store;
mod view;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Time;
use crate::world::Gpio;
pub use mark::TraceMark;
use pictures::Pictures;
use store::{Edges, Items, Samples, Texts};
pub use view::{AnalogColumn, BusView, DigitalColumn, boundary};

/// The default bound on a trace's memory in bytes; some 40 million edges.
pub const DEFAULT_BOUND: usize = 384 << 20;

/// A channel's index in its trace; stable for the trace's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u32);

/// What a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Logic level changes.
    Digital,
    /// A value that holds until the next sample: a voltage, a part's input or output.
    Analog,
    /// I2C, SPI or UART items, see [`BusItem`].
    Bus,
    /// Console text.
    Text,
}

/// What a channel is; its data lies in the [`Trace`].
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// What to show: `GP4`, `I2C GP4/GP5`, `bme280.temperature`. Unique within the trace.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The unit of an analogue channel (`V`, `°C`), else empty.
    pub unit: String,
    /// The pin it belongs to, if it is one pin's.
    pub gpio: Option<Gpio>,
    /// The part it is a value of; of a pin, the only part that is wired to it.
    pub part: Option<String>,
}

impl Channel {
    /// A pin's level.
    pub fn digital(name: impl Into<String>, gpio: Option<Gpio>) -> Channel {
        Channel { name: name.into(), kind: Kind::Digital, unit: String::new(), gpio, part: None }
    }

    /// A value with a unit.
    pub fn analog(name: impl Into<String>, unit: impl Into<String>) -> Channel {
        Channel { name: name.into(), kind: Kind::Analog, unit: unit.into(), gpio: None, part: None }
    }

    /// The same as a value or wire of a part.
    pub fn of(self, part: impl Into<String>) -> Channel {
        Channel { part: Some(part.into()), ..self }
    }

    /// Decoded bus items.
    pub fn bus(name: impl Into<String>) -> Channel {
        Channel { name: name.into(), kind: Kind::Bus, unit: String::new(), gpio: None, part: None }
    }

    /// Text.
    pub fn text(name: impl Into<String>) -> Channel {
        Channel { name: name.into(), kind: Kind::Text, unit: String::new(), gpio: None, part: None }
    }
}

/// One thing seen on a bus, with its place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusItem {
    /// Where it begins.
    pub start: Time,
    /// Where it ends.
    pub end: Time,
    /// What it is.
    pub what: BusData,
}

/// What a [`BusItem`] carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusData {
    /// An I2C start or repeated start.
    I2cStart,
    /// An I2C address byte.
    I2cAddress {
        /// The 7-bit address.
        address: u8,
        /// Whether the controller reads.
        read: bool,
        /// Whether a part acknowledged.
        ack: bool,
    },
    /// An I2C data byte.
    I2cData {
        /// The byte.
        byte: u8,
        /// Whether the part sent it.
        read: bool,
        /// Whether the receiver acknowledged.
        ack: bool,
    },
    /// An I2C stop.
    I2cStop,
    /// An SPI word in both directions.
    Spi {
        /// What the controller sent.
        mosi: u16,
        /// What it received.
        miso: u16,
        /// Bits in the word.
        bits: u8,
    },
    /// A UART frame.
    Uart {
        /// The byte.
        byte: u8,
        /// Whether parity and stop bit were as they should be.
        ok: bool,
    },
}

impl std::fmt::Display for BusData {
    /// A label for the waveform row: `S`, `76W`, `F4+`, `3F-` (not acknowledged), `P`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = |ack: bool| if ack { '+' } else { '-' };
        match *self {
            BusData::I2cStart => write!(f, "S"),
            BusData::I2cAddress { address, read, ack } => {
                write!(f, "{address:02X}{}{}", if read { 'R' } else { 'W' }, sign(ack))
            }
            BusData::I2cData { byte, ack, .. } => write!(f, "{byte:02X}{}", sign(ack)),
            BusData::I2cStop => write!(f, "P"),
            BusData::Spi { mosi, miso, bits } => {
                let digits = usize::from(bits).div_ceil(4);
                write!(f, "{mosi:0digits$X}/{miso:0digits$X}")
            }
            BusData::Uart { byte, ok } => {
                match byte {
                    b'\n' => write!(f, "\\n")?,
                    b'\r' => write!(f, "\\r")?,
                    b' '..=b'~' => write!(f, "{}", byte as char)?,
                    _ => write!(f, "{byte:02X}")?,
                }
                if ok { Ok(()) } else { write!(f, "!") }
            }
        }
    }
}

/// What a display or a strip of LEDs shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue of each pixel, rows from the top, pixels from the left.
    pub rgb: Vec<[u8; 3]>,
}

#[derive(Debug)]
enum Data {
    Digital(Edges),
    Analog(Samples),
    Bus(Items),
    Text(Texts),
}

impl Data {
    fn bytes(&self) -> usize {
        match self {
            Data::Digital(edges) => edges.times.bytes(),
            // The pyramid adds a sixteenth and a bit of eight bytes a sample.
            Data::Analog(samples) => samples.points.bytes() + samples.points.bytes() / 28,
            Data::Bus(items) => items.items.bytes(),
            Data::Text(texts) => texts.bytes,
        }
    }

    /// The time up to which data would go if the oldest piece were dropped.
    fn droppable(&self) -> Option<u64> {
        match self {
            Data::Digital(edges) => edges.times.oldest_droppable().copied(),
            Data::Analog(samples) => samples.points.oldest_droppable().map(|&(t, _)| t),
            Data::Bus(items) => items.items.oldest_droppable().map(|item| item.end.0),
            Data::Text(texts) => texts.pieces.front().map(|&(t, _)| t),
        }
    }

    fn drop_oldest(&mut self) -> bool {
        match self {
            Data::Digital(edges) => edges.times.drop_oldest(),
            Data::Analog(samples) => samples.drop_oldest(),
            Data::Bus(items) => items.items.drop_oldest(),
            Data::Text(texts) => texts.drop_oldest(),
        }
    }
}

/// The store. Appending goes in order of time within a channel; an entry that comes late is moved up to its
/// predecessor. See [`SharedTrace`] for sharing it with a reader.
#[derive(Debug)]
pub struct Trace {
    channels: Vec<(Channel, Data)>,
    by_name: HashMap<String, ChannelId>,
    now: Time,
    bound: usize,
    bytes: usize,
    dropped_before: Option<Time>,
    /// How often everything was forgotten.
    clearings: u32,
    pictures: Pictures,
}

impl Default for Trace {
    fn default() -> Trace {
        Trace::new()
    }
}

impl Trace {
    /// An empty trace with the default memory bound.
    pub fn new() -> Trace {
        Trace::with_bound(DEFAULT_BOUND)
    }

    /// An empty trace that drops its oldest data beyond `bound` bytes (a chunk a channel always stays).
    pub fn with_bound(bound: usize) -> Trace {
        Trace {
            channels: Vec::new(),
            by_name: HashMap::new(),
            now: Time::ZERO,
            bound,
            bytes: 0,
            dropped_before: None,
            clearings: 0,
            pictures: Pictures::default(),
        }
    }

    /// Adds a channel, or gives the one that already has this name. (A name has one kind: writing another kind
    /// of data into it does nothing.)
    pub fn define(&mut self, channel: Channel) -> ChannelId {
        if let Some(&id) = self.by_name.get(&channel.name) {
            return id;
        }
        let data = match channel.kind {
            Kind::Digital => Data::Digital(Edges::default()),
            Kind::Analog => Data::Analog(Samples::default()),
            Kind::Bus => Data::Bus(Items::default()),
            Kind::Text => Data::Text(Texts::default()),
        };
        let id = ChannelId(self.channels.len() as u32);
        self.by_name.insert(channel.name.clone(), id);
        self.channels.push((channel, data));
        id
    }

    /// All channels in the order of their definition.
    pub fn channels(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.channels.iter().enumerate().map(|(i, (c, _))| (ChannelId(i as u32), c))
    }

    /// A channel by its id.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(id.0 as usize).map(|(c, _)| c)
    }

    /// A channel by its name.
    pub fn find(&self, name: &str) -> Option<ChannelId> {
        self.by_name.get(name).copied()
    }

    /// The present: how far the recording has come, even when nothing changed.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Moves the present forward.
    pub fn advance(&mut self, t: Time) {
        self.now = self.now.max(t);
    }

    /// The instant before which data was dropped to stay within the memory bound.
    pub fn dropped_before(&self) -> Option<Time> {
        self.dropped_before
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all data; the channels and the present stay.
    pub fn clear(&mut self) {
        for (channel, data) in &mut self.channels {
            let level = match data {
                Data::Digital(edges) => edges.last_level().map(|level| (level, 0.0)),
                Data::Analog(samples) => samples.points.last().map(|&(_, v)| (false, v)),
                _ => None,
            };
            *data = match channel.kind {
                Kind::Digital => Data::Digital(Edges::default()),
                Kind::Analog => Data::Analog(Samples::default()),
                Kind::Bus => Data::Bus(Items::default()),
                Kind::Text => Data::Text(Texts::default()),
            };
            // What holds now is not forgotten: it would never be recorded again.
            match (data, level) {
                (Data::Digital(edges), Some((level, _))) => drop(edges.push(self.now.0, level)),
                (Data::Analog(samples), Some((_, v))) => drop(samples.push(self.now.0, v)),
                _ => {}
            }
        }
        self.bytes = self.channels.iter().map(|(_, data)| data.bytes()).sum();
        self.dropped_before = None;
        self.clearings += 1;
    }

    /// Records a level; a repetition of the present level is not stored.
    pub fn edge(&mut self, channel: ChannelId, t: Time, high: bool) {
        if let Some((_, Data::Digital(edges))) = self.channels.get_mut(channel.0 as usize)
            && edges.push(t.0, high)
        {
            self.grown();
        }
    }

    /// Records a value; a repetition of the present value is not stored.
    pub fn sample(&mut self, channel: ChannelId, t: Time, value: f32) {
        if let Some((_, Data::Analog(samples))) = self.channels.get_mut(channel.0 as usize)
            && samples.push(t.0, value)
        {
            self.grown();
        }
    }

    /// Records something seen on a bus.
    pub fn bus(&mut self, channel: ChannelId, item: BusItem) {
        if let Some((_, Data::Bus(items))) = self.channels.get_mut(channel.0 as usize)
            && items.push(item)
        {
            self.grown();
        }
    }

    /// Records console text.
    pub fn text(&mut self, channel: ChannelId, t: Time, text: &[u8]) {
        if let Some((_, Data::Text(texts))) = self.channels.get_mut(channel.0 as usize) {
            texts.push(t.0, text);
            // Text comes in small pieces: count it exactly only now and then.
            if texts.pieces.len().is_multiple_of(256) {
                self.grown();
            }
        }
    }

    /// What a part shows from `t` on.
    pub fn set_picture(&mut self, part: &str, t: Time, picture: Picture) {
        self.pictures.push(part, t, picture);
    }

    /// What a part with a display shows now. The `Arc` changes when the picture does.
    pub fn picture(&self, part: &str) -> Option<Arc<Picture>> {
        self.picture_at(part, Time::NEVER)
    }

    /// What it showed at an instant; of a time that is no longer kept, the oldest picture that is.
    pub fn picture_at(&self, part: &str, t: Time) -> Option<Arc<Picture>> {
        self.pictures.at(part, t).cloned()
    }

    /// Keeps within the memory bound after a channel began a new chunk.
    fn grown(&mut self) {
        self.bytes = self.channels.iter().map(|(_, data)| data.bytes()).sum();
        while self.bytes > self.bound {
            let oldest = self
                .channels
                .iter_mut()
                .filter_map(|(_, data)| data.droppable().map(|t| (t, data)))
                .min_by_key(|&(t, _)| t);
            let Some((t, data)) = oldest else { return };
            let before = data.bytes();
            if !data.drop_oldest() {
                return;
            }
            self.bytes -= before - data.bytes();
            self.dropped_before = Some(self.dropped_before.map_or(Time(t), |d| d.max(Time(t))));
        }
    }

    // Reading single values.

    /// The level at an instant (an edge at exactly `t` has happened); `None` before the first record and for
    /// channels of another kind.
    pub fn level_at(&self, channel: ChannelId, t: Time) -> Option<bool> {
        let edges = self.edges_of(channel)?;
        edges.level_before(edges.times.rank(t.0.saturating_add(1)))
    }

    /// The value at an instant.
    pub fn value_at(&self, channel: ChannelId, t: Time) -> Option<f32> {
        let Some((_, Data::Analog(samples))) = self.channels.get(channel.0 as usize) else { return None };
        let at = samples.points.rank(t.0.saturating_add(1)).checked_sub(1)?;
        samples.points.get(at).map(|&(_, v)| v)
    }

    /// The newest value of an analogue channel.
    pub fn last_value(&self, channel: ChannelId) -> Option<f32> {
        let Some((_, Data::Analog(samples))) = self.channels.get(channel.0 as usize) else { return None };
        samples.points.last().map(|&(_, v)| v)
    }

    /// The first edge after `t`, for a cursor that snaps.
    pub fn next_edge(&self, channel: ChannelId, t: Time) -> Option<(Time, bool)> {
        let edges = self.edges_of(channel)?;
        let at = edges.times.rank(t.0.saturating_add(1));
        edges.times.get(at).map(|&e| (Time(e), edges.level(at)))
    }

    /// The last edge before `t`.
    pub fn previous_edge(&self, channel: ChannelId, t: Time) -> Option<(Time, bool)> {
        let edges = self.edges_of(channel)?;
        let at = edges.times.rank(t.0).checked_sub(1)?;
        edges.times.get(at).map(|&e| (Time(e), edges.level(at)))
    }

    /// How many entries (edges, samples, items, pieces) a channel holds.
    pub fn len(&self, channel: ChannelId) -> usize {
        match self.channels.get(channel.0 as usize).map(|(_, data)| data) {
            Some(Data::Digital(e)) => e.times.end() - e.times.start(),
            Some(Data::Analog(s)) => s.points.end() - s.points.start(),
            Some(Data::Bus(i)) => i.items.end() - i.items.start(),
            Some(Data::Text(t)) => t.pieces.len(),
            None => 0,
        }
    }

    /// Whether no channel holds anything.
    pub fn is_empty(&self) -> bool {
        (0..self.channels.len()).all(|i| self.len(ChannelId(i as u32)) == 0)
    }

    // Reading ranges.

    /// The edges in `[t0, t1)`, oldest first.
    pub fn edges(&self, channel: ChannelId, t0: Time, t1: Time) -> impl Iterator<Item = (Time, bool)> + '_ {
        let edges = self.edges_of(channel);
        let from = edges.map_or(0, |e| e.times.rank(t0.0));
        (from..)
            .map_while(move |at| edges.and_then(|e| Some((Time(*e.times.get(at)?), e.level(at)))))
            .take_while(move |&(t, _)| t < t1)
    }

    /// The samples in `[t0, t1)`, oldest first.
    pub fn samples(&self, channel: ChannelId, t0: Time, t1: Time) -> impl Iterator<Item = (Time, f32)> + '_ {
        let samples = match self.channels.get(channel.0 as usize) {
            Some((_, Data::Analog(samples))) => Some(samples),
            _ => None,
        };
        let from = samples.map_or(0, |s| s.points.rank(t0.0));
        (from..)
            .map_while(move |at| samples.and_then(|s| s.points.get(at)))
            .map(|&(t, v)| (Time(t), v))
            .take_while(move |&(t, _)| t < t1)
    }

    /// The bus items that overlap `[t0, t1)`, oldest first.
    pub fn items(&self, channel: ChannelId, t0: Time, t1: Time) -> impl Iterator<Item = BusItem> + '_ {
        let items = match self.channels.get(channel.0 as usize) {
            Some((_, Data::Bus(items))) => Some(items),
            _ => None,
        };
        let from = items.map_or(0, |i| i.first_ending_after(Time(t0.0.saturating_sub(1))));
        let items = items.map(|i| &i.items);
        (from..)
            .map_while(move |at| items.and_then(|i| i.get(at)))
            .copied()
            .take_while(move |item| item.start < t1)
    }

    /// The text in `[t0, t1)` in the pieces in which it came.
    pub fn texts(&self, channel: ChannelId, t0: Time, t1: Time) -> impl Iterator<Item = (Time, &[u8])> + '_ {
        let texts = match self.channels.get(channel.0 as usize) {
            Some((_, Data::Text(texts))) => Some(&texts.pieces),
            _ => None,
        };
        texts
            .into_iter()
            .flatten()
            .map(|(t, piece)| (Time(*t), piece.as_slice()))
            .skip_while(move |&(t, _)| t < t0)
            .take_while(move |&(t, _)| t < t1)
    }

    // Reading for drawing: see [`boundary`] for where columns lie.

    /// A digital channel in `columns` columns over `[t0, t1)`; empty for other kinds.
    pub fn digital_view(&self, channel: ChannelId, t0: Time, t1: Time, columns: usize) -> Vec<DigitalColumn> {
        self.edges_of(channel).map_or_else(Vec::new, |edges| view::digital(edges, t0, t1, columns))
    }

    /// An analogue channel in `columns` columns; `None` where nothing was recorded yet.
    pub fn analog_view(
        &self,
        channel: ChannelId,
        t0: Time,
        t1: Time,
        columns: usize,
    ) -> Vec<Option<AnalogColumn>> {
        match self.channels.get(channel.0 as usize) {
            Some((_, Data::Analog(samples))) => view::analog(samples, t0, t1, columns),
            _ => Vec::new(),
        }
    }

    /// A bus channel's items, those narrower than a column joined.
    pub fn bus_view(&self, channel: ChannelId, t0: Time, t1: Time, columns: usize) -> Vec<BusView> {
        match self.channels.get(channel.0 as usize) {
            Some((_, Data::Bus(items))) => view::bus(items, t0, t1, columns),
            _ => Vec::new(),
        }
    }

    fn edges_of(&self, channel: ChannelId) -> Option<&Edges> {
        match self.channels.get(channel.0 as usize) {
            Some((_, Data::Digital(edges))) => Some(edges),
            _ => None,
        }
    }
}

/// A trace that a machine's thread writes and a window reads. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct SharedTrace {
    trace: Arc<Mutex<Trace>>,
    generation: Arc<AtomicU64>,
}

impl SharedTrace {
    /// Shares a trace.
    pub fn new(trace: Trace) -> SharedTrace {
        SharedTrace { trace: Arc::new(Mutex::new(trace)), generation: Arc::default() }
    }

    /// The trace, for as short as possible: the machine stands still meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Trace> {
        // A reader that panicked cannot have left a half-written trace: readers only read.
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The trace for writing: readers see by [`SharedTrace::generation`] that something is new.
    pub fn write(&self) -> MutexGuard<'_, Trace> {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.lock()
    }

    /// Reads under the lock.
    pub fn read<R>(&self, f: impl FnOnce(&Trace) -> R) -> R {
        f(&self.lock())
    }

    /// Counts up with every write: a view redraws only when it differs from what it drew.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
