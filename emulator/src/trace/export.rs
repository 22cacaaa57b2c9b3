//! A trace as files: VCD for waveform viewers, CSV for everything else.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::iter::Peekable;

use super::{BusData, ChannelId, Kind, Trace};
use crate::clock::Time;

/// What to write: a time range and, if not all, which channels.
#[derive(Clone, Debug)]
pub struct Selection {
    /// From here.
    pub from: Time,
    /// To before here.
    pub to: Time,
    /// Only these channels; `None` for all.
    pub channels: Option<Vec<ChannelId>>,
}

impl Default for Selection {
    fn default() -> Selection {
        Selection { from: Time::ZERO, to: Time::NEVER, channels: None }
    }
}

impl Selection {
    fn of(&self, trace: &Trace, kinds: &[Kind]) -> Vec<ChannelId> {
        trace
            .channels()
            .filter(|(id, channel)| {
                kinds.contains(&channel.kind)
                    && trace.len(*id) > 0
                    && self.channels.as_ref().is_none_or(|only| only.contains(id))
            })
            .map(|(id, _)| id)
            .collect()
    }
}

/// One change of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Level(bool),
    Value(f32),
}

type Source<'a> = Box<dyn Iterator<Item = (Time, Change)> + 'a>;

/// All changes of the channels, in order of time and then of channel.
struct Changes<'a> {
    sources: Vec<Peekable<Source<'a>>>,
    heap: BinaryHeap<Reverse<(Time, usize)>>,
}

impl<'a> Changes<'a> {
    fn new(trace: &'a Trace, channels: &[ChannelId], from: Time, to: Time) -> Changes<'a> {
        let mut changes = Changes { sources: Vec::new(), heap: BinaryHeap::new() };
        for (index, &id) in channels.iter().enumerate() {
            let source: Source = match trace.channel(id).map(|c| c.kind) {
                Some(Kind::Digital) => {
                    Box::new(trace.edges(id, from, to).map(|(t, level)| (t, Change::Level(level))))
                }
                _ => Box::new(trace.samples(id, from, to).map(|(t, v)| (t, Change::Value(v)))),
            };
            let mut source = source.peekable();
            if let Some(&(t, _)) = source.peek() {
                changes.heap.push(Reverse((t, index)));
            }
            changes.sources.push(source);
        }
        changes
    }
}

impl Iterator for Changes<'_> {
    type Item = (Time, usize, Change);

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((t, index)) = self.heap.pop()?;
        let source = &mut self.sources[index];
        let (_, change) = source.next()?;
        if let Some(&(t, _)) = source.peek() {
            self.heap.push(Reverse((t, index)));
        }
        Some((t, index, change))
    }
}

/// Writes digital channels as wires and analogue ones as reals, time scale 1 ns. A channel named `part.value`
/// lies in the scope of its part, the others in the scope `board`.
pub fn vcd(trace: &Trace, selection: &Selection, out: impl Write) -> io::Result<()> {
    let channels = selection.of(trace, &[Kind::Digital, Kind::Analog]);
    let mut writer = vcd::Writer::new(out);
    writer.version("Solderless")?;
    writer.timescale(1, vcd::TimescaleUnit::NS)?;
    // Scopes are written one after the other, so channels are declared scope by scope.
    let place = |id: ChannelId| {
        let name = trace.channel(id).map_or("", |c| c.name.as_str());
        match name.split_once('.') {
            Some((scope, name)) => (identifier(scope), identifier(name)),
            None => ("board".to_owned(), identifier(name)),
        }
    };
    let mut codes = vec![vcd::IdCode::FIRST; channels.len()];
    let mut order: Vec<usize> = (0..channels.len()).collect();
    order.sort_by_key(|&i| place(channels[i]).0);
    let mut open: Option<String> = None;
    for i in order {
        let (scope, name) = place(channels[i]);
        if open.as_ref() != Some(&scope) {
            if open.is_some() {
                writer.upscope()?;
            }
            writer.add_module(&scope)?;
            open = Some(scope);
        }
        codes[i] = match trace.channel(channels[i]).map(|c| c.kind) {
            Some(Kind::Digital) => writer.add_wire(1, &name)?,
            _ => writer.add_var(vcd::VarType::Real, 64, &name, None)?,
        };
    }
    if open.is_some() {
        writer.upscope()?;
    }
    writer.enddefinitions()?;

    writer.timestamp(selection.from.0)?;
    writer.begin(vcd::SimulationCommand::Dumpvars)?;
    for (i, &id) in channels.iter().enumerate() {
        match trace.channel(id).map(|c| c.kind) {
            Some(Kind::Digital) => {
                let level = trace.level_at(id, selection.from);
                writer.change_scalar(codes[i], level.map_or(vcd::Value::X, vcd::Value::from))?;
            }
            // A real has no "unknown".
            _ => writer.change_real(codes[i], decimal(trace.value_at(id, selection.from).unwrap_or(0.0)))?,
        }
    }
    writer.end()?;
    let mut now = selection.from;
    let after = selection.from + Time(1);
    for (t, i, change) in Changes::new(trace, &channels, after, selection.to) {
        if t != now {
            writer.timestamp(t.0)?;
            now = t;
        }
        match change {
            Change::Level(level) => writer.change_scalar(codes[i], level)?,
            Change::Value(value) => writer.change_real(codes[i], decimal(value))?,
        }
    }
    // The last timestamp tells a viewer how long the recording was.
    let end = trace.now().min(selection.to);
    if end > now {
        writer.timestamp(end.0)?;
    }
    writer.flush()
}

/// The double that is written with as few digits as the single: 0.1, not 0.10000000149011612.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// A name as VCD readers accept it: no white space.
fn identifier(name: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '.' { c } else { '_' };
    name.chars().map(clean).collect()
}

/// Writes digital (0/1) and analogue channels as CSV: `time_s`, then a column a channel (`name (unit)`), a row
/// for every instant at which something changes; a value holds until its next change, and a cell is empty
/// before the first.
pub fn csv(trace: &Trace, selection: &Selection, out: impl Write) -> io::Result<()> {
    let channels = selection.of(trace, &[Kind::Digital, Kind::Analog]);
    let mut writer = csv::Writer::from_writer(out);
    let mut row = vec!["time_s".to_owned()];
    for &id in &channels {
        let Some(channel) = trace.channel(id) else { continue };
        row.push(if channel.unit.is_empty() {
            channel.name.clone()
        } else {
            format!("{} ({})", channel.name, channel.unit)
        });
    }
    writer.write_record(&row)?;
    for (i, &id) in channels.iter().enumerate() {
        row[i + 1] = match trace.channel(id).map(|c| c.kind) {
            Some(Kind::Digital) => trace.level_at(id, selection.from).map(|l| cell(Change::Level(l))),
            _ => trace.value_at(id, selection.from).map(|v| cell(Change::Value(v))),
        }
        .unwrap_or_default();
    }
    let mut now = selection.from;
    let mut pending = row[1..].iter().any(|c| !c.is_empty());
    let after = selection.from + Time(1);
    for (t, i, change) in Changes::new(trace, &channels, after, selection.to) {
        if t != now {
            if pending {
                row[0] = seconds(now);
                writer.write_record(&row)?;
            }
            now = t;
        }
        row[i + 1] = cell(change);
        pending = true;
    }
    if pending {
        row[0] = seconds(now);
        writer.write_record(&row)?;
    }
    writer.flush()
}

/// Writes the bus channels' items as CSV: `start_s,end_s,bus,kind,address,direction,data,returned,ack`.
pub fn csv_bus(trace: &Trace, selection: &Selection, out: impl Write) -> io::Result<()> {
    let mut items: Vec<_> = selection
        .of(trace, &[Kind::Bus])
        .into_iter()
        .flat_map(|id| trace.items(id, selection.from, selection.to).map(move |item| (item, id)))
        .collect();
    items.sort_by_key(|(item, id)| (item.start, *id));
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([
        "start_s",
        "end_s",
        "bus",
        "kind",
        "address",
        "direction",
        "data",
        "returned",
        "ack",
    ])?;
    for (item, id) in items {
        let bus = trace.channel(id).map_or("", |c| c.name.as_str());
        let direction = |read: bool| if read { "read" } else { "write" };
        let yes = |ok: bool| if ok { "1" } else { "0" };
        let (start, end) = (seconds(item.start), seconds(item.end));
        let hex = |v: u16| format!("0x{v:02X}");
        let rest: [String; 6] = match item.what {
            BusData::I2cStart => ["start".into(), "".into(), "".into(), "".into(), "".into(), "".into()],
            BusData::I2cStop => ["stop".into(), "".into(), "".into(), "".into(), "".into(), "".into()],
            BusData::I2cAddress { address, read, ack } => [
                "address".into(),
                hex(address.into()),
                direction(read).into(),
                "".into(),
                "".into(),
                yes(ack).into(),
            ],
            BusData::I2cData { byte, read, ack } => [
                "data".into(),
                "".into(),
                direction(read).into(),
                hex(byte.into()),
                "".into(),
                yes(ack).into(),
            ],
            BusData::Spi { mosi, miso, .. } => {
                ["word".into(), "".into(), "".into(), hex(mosi), hex(miso), "".into()]
            }
            BusData::Uart { byte, ok } => {
                ["frame".into(), "".into(), "".into(), hex(byte.into()), "".into(), yes(ok).into()]
            }
        };
        let head = [start, end, bus.to_owned()];
        writer.write_record(head.iter().chain(rest.iter()))?;
    }
    writer.flush()
}

fn cell(change: Change) -> String {
    match change {
        Change::Level(level) => u8::from(level).to_string(),
        Change::Value(value) => value.to_string(),
    }
}

/// Seconds with nanoseconds, exact.
fn seconds(t: Time) -> String {
    format!("{}.{:09}", t.0 / 1_000_000_000, t.0 % 1_000_000_000)
}
