//! The rows of the waveforms: what is in them, reduced to what a view of so many columns needs.

use super::axis::View;
use emulator::clock::Time;
use emulator::trace::{AnalogColumn, BusView, Channel, ChannelId, DigitalColumn, Kind, SharedTrace, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// Where a row's data lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// What the emulator recorded.
    Board(ChannelId),
    /// What a script printed.
    Printed(ChannelId),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where its data lies.
    pub source: Source,
    /// Unique among rows.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The unit of its values.
    pub unit: String,
    /// For a part with a display, the channels of its lamps: the row shows pictures.
    pub lamps: Vec<ChannelId>,
    /// How many of them stand beside each other.
    pub width: usize,
}

/// What is drawn of a row.
#[derive(Clone, Debug)]
pub enum Data {
    /// One entry a column.
    Digital(Vec<DigitalColumn>),
    /// One entry a column, and the range of values they span.
    Analog(Vec<Option<AnalogColumn>>, (f32, f32)),
    /// Items.
    Bus(Vec<BusView>),
    /// Instants and texts.
    Text(Vec<(u64, String)>),
    /// Pictures in the middle of slots of equal length.
    Film(Film),
}

/// What a display showed.
#[derive(Clone, Debug)]
pub struct Film {
    /// Lamps beside each other.
    pub width: usize,
    /// The length of a slot in nanoseconds.
    pub slot: u64,
    /// The slots' beginnings, and each lamp's brightness in their middle, from 0 to 1.
    pub pictures: Vec<(u64, Vec<f32>)>,
}

/// Texts in view beyond this many are too narrow to be read.
const MAX_TEXTS: usize = 400;

/// A part with a picture and more values and wires of its own than these has one row for all of them.
const MAX_OF_PICTURE: usize = 8;

/// Device pixels between two pictures of a film.
const SLOT: usize = 44;

/// All rows with data: pins, then buses, values, printed values and the console.
pub fn rows(board: Option<&SharedTrace>, printed: &Trace) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(board) = board {
        board.read(|trace| {
            let displays = displays(trace);
            rows.extend(displays.iter().filter_map(|part| film(trace, part)));
            let in_picture =
                |channel: &Channel| channel.part.as_ref().is_some_and(|part| displays.contains(part));
            let mut channels: Vec<_> =
                trace.channels().filter(|(id, channel)| trace.len(*id) > 0 && !in_picture(channel)).collect();
            channels.sort_by_key(|(id, channel)| (order(channel.kind), channel.gpio, *id));
            rows.extend(channels.into_iter().map(|(id, channel)| Row {
                source: Source::Board(id),
                name: channel.name.clone(),
                kind: channel.kind,
                unit: channel.unit.clone(),
                lamps: Vec::new(),
                width: 0,
            }));
        });
    }
    let text = rows.iter().position(|row| row.kind == Kind::Text).unwrap_or(rows.len());
    let printed = printed.channels().map(|(id, channel)| Row {
        source: Source::Printed(id),
        name: format!("print {}", channel.name),
        kind: Kind::Analog,
        unit: String::new(),
        lamps: Vec::new(),
        width: 0,
    });
    rows.splice(text..text, printed);
    rows
}

/// Parts with a display whose many values and wires a picture shows better: a matrix of LEDs.
fn displays(trace: &Trace) -> BTreeSet<String> {
    let mut counts = BTreeMap::<&String, usize>::new();
    for part in trace.channels().filter_map(|(_, channel)| channel.part.as_ref()) {
        *counts.entry(part).or_default() += 1;
    }
    let many =
        counts.into_iter().filter(|&(part, count)| count > MAX_OF_PICTURE && trace.picture(part).is_some());
    many.map(|(part, _)| part.clone()).collect()
}

/// The row of a display whose every lamp has a channel.
fn film(trace: &Trace, part: &str) -> Option<Row> {
    let picture = trace.picture(part)?;
    let own = |channel: &Channel| channel.kind == Kind::Analog && channel.part.as_deref() == Some(part);
    let lamps: Vec<_> = trace.channels().filter(|(_, channel)| own(channel)).map(|(id, _)| id).collect();
    (lamps.len() == picture.width * picture.height && !lamps.is_empty()).then(|| Row {
        source: Source::Board(lamps[0]),
        name: part.to_owned(),
        kind: Kind::Analog,
        unit: String::new(),
        width: picture.width,
        lamps,
    })
}

fn order(kind: Kind) -> u8 {
    match kind {
        Kind::Digital => 0,
        Kind::Bus => 1,
        Kind::Analog => 2,
        Kind::Text => 3,
    }
}

/// Reads with the trace a row lies in.
pub fn with<R>(
    row: &Row,
    board: Option<&SharedTrace>,
    printed: &Trace,
    read: impl FnOnce(&Trace, ChannelId) -> R,
) -> Option<R> {
    match row.source {
        Source::Board(id) => board.map(|board| board.read(|trace| read(trace, id))),
        Source::Printed(id) => Some(read(printed, id)),
    }
}

/// What a view of a row needs.
pub fn data(row: &Row, trace: &Trace, id: ChannelId, view: View, columns: usize) -> Data {
    let (t0, t1) = (Time(view.start), Time(view.end()));
    if !row.lamps.is_empty() {
        return Data::Film(pictures(row, trace, view, columns));
    }
    match row.kind {
        Kind::Digital => Data::Digital(trace.digital_view(id, t0, t1, columns)),
        Kind::Analog => {
            let columns = trace.analog_view(id, t0, t1, columns);
            let range = range(&columns);
            Data::Analog(columns, range)
        }
        Kind::Bus => Data::Bus(trace.bus_view(id, t0, t1, columns)),
        Kind::Text => Data::Text(
            trace
                .texts(id, t0, t1)
                .take(MAX_TEXTS)
                .map(|(t, bytes)| (t.0, one_line(bytes)))
                .filter(|(_, text)| !text.is_empty())
                .collect(),
        ),
    }
}

/// Slots lie on multiples of their length, so that pictures keep still while the view moves.
fn pictures(row: &Row, trace: &Trace, view: View, columns: usize) -> Film {
    let slot = (view.span / (columns / SLOT).max(1) as u64).max(1);
    let now = trace.now().0;
    let starts = (view.start / slot..).map(|n| n * slot).take_while(|start| *start < view.end());
    let pictures = starts.filter(|start| start + slot / 2 <= now).filter_map(|start| {
        let at = Time(start + slot / 2);
        let lamps: Option<Vec<f32>> = row.lamps.iter().map(|id| trace.value_at(*id, at)).collect();
        Some((start, lamps?))
    });
    Film { width: row.width, slot, pictures: pictures.collect() }
}

/// Text as one line of printable characters.
fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split(|c: char| c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join("  ").trim().to_owned()
}

/// The values in view, with room above and below; never empty.
fn range(columns: &[Option<AnalogColumn>]) -> (f32, f32) {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for column in columns.iter().flatten() {
        low = low.min(column.min);
        high = high.max(column.max);
    }
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    // A value that does not change lies in the middle of a range that looks like one.
    let flat = high.abs().max(low.abs()) * 0.01;
    let room = if high - low > flat * 0.01 { (high - low) * 0.08 } else { flat.max(0.1) };
    (low - room, high + room)
}

/// What a row has at an instant, in words; `full` adds how long a level lasts.
pub fn value_at(row: &Row, trace: &Trace, id: ChannelId, time: u64, full: bool) -> String {
    let t = Time(time);
    if !row.lamps.is_empty() {
        let lit = row.lamps.iter().filter(|id| trace.value_at(**id, t).is_some_and(|value| value > 0.002));
        return format!("{} lit", lit.count());
    }
    match row.kind {
        Kind::Digital => {
            let Some(level) = trace.level_at(id, t) else { return String::new() };
            let name = if level { "high" } else { "low" };
            if !full {
                return name.to_owned();
            }
            let before = trace.previous_edge(id, Time(time.saturating_add(1))).map(|(t, _)| t.0);
            let after = trace.next_edge(id, t).map(|(t, _)| t.0);
            match (before, after) {
                (Some(a), Some(b)) => format!("{name} for {}", crate::ui::kit::time_span((b - a) as i64)),
                _ => name.to_owned(),
            }
        }
        Kind::Analog => match trace.value_at(id, t) {
            Some(value) => {
                let text = crate::ui::kit::short_number(f64::from(value));
                if row.unit.is_empty() { text } else { format!("{text} {}", row.unit) }
            }
            None => String::new(),
        },
        Kind::Bus => {
            let item = trace.items(id, t, Time(time.saturating_add(1))).next();
            item.map(|item| describe(&item.what)).unwrap_or_default()
        }
        Kind::Text => String::new(),
    }
}

fn describe(what: &emulator::trace::BusData) -> String {
    use emulator::trace::BusData as B;
    let ack = |ack: bool| if ack { "acknowledged" } else { "not acknowledged" };
    match *what {
        B::I2cStart => "start".to_owned(),
        B::I2cStop => "stop".to_owned(),
        B::I2cAddress { address, read, ack: a } => {
            format!("address 0x{address:02X}, {}, {}", if read { "read" } else { "write" }, ack(a))
        }
        B::I2cData { byte, ack: a, .. } => format!("0x{byte:02X} ({byte}), {}", ack(a)),
        B::Spi { mosi, miso, .. } => format!("out 0x{mosi:02X}, in 0x{miso:02X}"),
        B::Uart { byte, ok } => {
            let sign = char::from(byte);
            let shown = if sign.is_ascii_graphic() { format!(" '{sign}'") } else { String::new() };
            format!("0x{byte:02X}{shown}{}", if ok { "" } else { ", framing error" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::trace::Picture;

    fn blinking() -> SharedTrace {
        let mut trace = Trace::new();
        let value = trace.define(Channel::analog("pot.position", "V"));
        let pin = trace.define(Channel::digital("GP15", Some(15)));
        let early = trace.define(Channel::digital("GP2", Some(2)));
        trace.define(Channel::digital("GP3", Some(3)));
        for i in 0..10 {
            trace.edge(pin, Time(i * 500), i % 2 == 0);
            trace.sample(value, Time(i * 500), i as f32);
        }
        trace.edge(early, Time(0), true);
        SharedTrace::new(trace)
    }

    #[test]
    fn rows_come_by_kind_and_pin_and_only_with_data() {
        let mut printed = Trace::new();
        printed.define(Channel::analog("temp", ""));
        let names: Vec<_> = rows(Some(&blinking()), &printed).into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["GP2", "GP15", "pot.position", "print temp"]);
    }

    #[test]
    fn values_are_told_in_words() {
        let board = blinking();
        let rows = rows(Some(&board), &Trace::new());
        let tell = |row: &Row, t, full| {
            with(row, Some(&board), &Trace::new(), |trace, id| value_at(row, trace, id, t, full)).unwrap()
        };
        assert_eq!(tell(&rows[1], 750, true), "low for 500 ns");
        assert_eq!(tell(&rows[1], 500, true), "low for 500 ns");
        assert_eq!(tell(&rows[1], 1_250, false), "high");
        assert_eq!(tell(&rows[2], 750, true), "1 V");
    }

    #[test]
    fn a_display_is_one_row_of_pictures() {
        let mut trace = Trace::new();
        let own = |channel: Channel| Channel { part: Some("display".to_owned()), ..channel };
        for n in 0..9 {
            let lamp = trace.define(own(Channel::analog(format!("display.led{n}"), "")));
            trace.sample(lamp, Time(0), 0.0);
            trace.sample(lamp, Time(1_000), if n == 4 { 1.0 } else { 0.0 });
        }
        let wire = trace.define(own(Channel::digital("P3", Some(4))));
        trace.edge(wire, Time(0), true);
        trace.set_picture("display", Time::ZERO, Picture { width: 3, height: 3, rgb: vec![[0; 3]; 9] });
        trace.advance(Time(2_000));
        let board = SharedTrace::new(trace);
        let rows = rows(Some(&board), &Trace::new());
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["display"]);
        let view = View { start: 0, span: 4_000 };
        let read = |trace: &Trace, id| {
            (data(&rows[0], trace, id, view, 4 * SLOT), value_at(&rows[0], trace, id, 1_500, true))
        };
        let (film, words) = with(&rows[0], Some(&board), &Trace::new(), read).unwrap();
        let Data::Film(film) = film else { panic!("pictures") };
        assert_eq!((film.width, film.slot, film.pictures.len()), (3, 1_000, 2));
        assert_eq!(film.pictures[0], (0, vec![0.0; 9]));
        assert_eq!(film.pictures[1].1[4], 1.0);
        assert_eq!(words, "1 lit");
    }

    #[test]
    fn a_constant_value_still_has_a_range() {
        let board = blinking();
        let rows = rows(Some(&board), &Trace::new());
        let view = View { start: 4_600, span: 300 };
        let data = with(&rows[2], Some(&board), &Trace::new(), |t, id| data(&rows[2], t, id, view, 10));
        let Some(Data::Analog(columns, (low, high))) = data else { panic!("analogue") };
        assert!(columns.iter().all(Option::is_some));
        assert!(low < 9.0 && high > 9.0);
    }
}
