//! Everything that changed, on one axis of virtual time: pin edges, bus items, UART bytes, analogue values,
//! part inputs and outputs, console text. Writers append; the waveform view, decoders, exports and tests read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Time;
use crate::world::Gpio;

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

#[derive(Debug)]
enum Data {
    Digital(Vec<(Time, bool)>),
    Analog(Vec<(Time, f32)>),
    Bus(Vec<BusItem>),
    Text(Vec<(Time, Vec<u8>)>),
}

/// The store. Appending in order of time; see [`SharedTrace`] for sharing it with a reader.
#[derive(Debug, Default)]
pub struct Trace {
    channels: Vec<(Channel, Data)>,
}

impl Trace {
    /// An empty trace.
    pub fn new() -> Trace {
        Trace::default()
    }

    /// Adds a channel, or gives the one that already has this name and kind.
    pub fn define(&mut self, channel: Channel) -> ChannelId {
        if let Some(at) =
            self.channels.iter().position(|(c, _)| c.name == channel.name && c.kind == channel.kind)
        {
            return ChannelId(at as u32);
        }
        let data = match channel.kind {
            Kind::Digital => Data::Digital(Vec::new()),
            Kind::Analog => Data::Analog(Vec::new()),
            Kind::Bus => Data::Bus(Vec::new()),
            Kind::Text => Data::Text(Vec::new()),
        };
        self.channels.push((channel, data));
        ChannelId(self.channels.len() as u32 - 1)
    }

    /// All channels in the order of their definition.
    pub fn channels(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.channels.iter().enumerate().map(|(i, (c, _))| (ChannelId(i as u32), c))
    }

    /// Records a level; a repetition of the present level is not stored.
    pub fn edge(&mut self, channel: ChannelId, t: Time, high: bool) {
        if let Some((_, Data::Digital(edges))) = self.channels.get_mut(channel.0 as usize)
            && edges.last().is_none_or(|&(_, last)| last != high)
        {
            edges.push((t, high));
        }
    }

    /// Records a value; a repetition of the present value is not stored.
    pub fn sample(&mut self, channel: ChannelId, t: Time, value: f32) {
        if let Some((_, Data::Analog(samples))) = self.channels.get_mut(channel.0 as usize)
            && samples.last().is_none_or(|&(_, last)| last != value)
        {
            samples.push((t, value));
        }
    }

    /// Records something seen on a bus.
    pub fn bus(&mut self, channel: ChannelId, item: BusItem) {
        if let Some((_, Data::Bus(items))) = self.channels.get_mut(channel.0 as usize) {
            items.push(item);
        }
    }

    /// Records console text.
    pub fn text(&mut self, channel: ChannelId, t: Time, text: &[u8]) {
        if let Some((_, Data::Text(texts))) = self.channels.get_mut(channel.0 as usize) {
            texts.push((t, text.to_vec()));
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
