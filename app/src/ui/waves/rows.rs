//! The rows of the waveforms: what is in them, reduced to what a view of so many columns needs.

use super::axis::View;
use emulator::clock::Time;
use emulator::trace::{AnalogColumn, BusView, ChannelId, DigitalColumn, Kind, SharedTrace, Trace};

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
}

/// Texts in view beyond this many are too narrow to be read.
const MAX_TEXTS: usize = 400;

/// A part with a picture and more values than these has no rows for them.
const MAX_OF_PICTURE: usize = 8;

/// All rows with data: pins, then buses, values, printed values and the console.
pub fn rows(board: Option<&SharedTrace>, printed: &Trace) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(board) = board {
        board.read(|trace| {
            let mut channels: Vec<_> = trace
                .channels()
                .filter(|(id, channel)| trace.len(*id) > 0 && !is_in_picture(trace, &channel.name))
                .collect();
            channels.sort_by_key(|(id, channel)| (order(channel.kind), channel.gpio, *id));
            rows.extend(channels.into_iter().map(|(id, channel)| Row {
                source: Source::Board(id),
                name: channel.name.clone(),
                kind: channel.kind,
                unit: channel.unit.clone(),
            }));
        });
    }
    let text = rows.iter().position(|row| row.kind == Kind::Text).unwrap_or(rows.len());
    let printed = printed.channels().map(|(id, channel)| Row {
        source: Source::Printed(id),
        name: format!("print {}", channel.name),
        kind: Kind::Analog,
        unit: String::new(),
    });
    rows.splice(text..text, printed);
    rows
}

/// Whether a value is one of the many of a part whose card shows them as a picture: the LEDs of a matrix.
fn is_in_picture(trace: &Trace, name: &str) -> bool {
    let Some((part, _)) = name.split_once('.') else { return false };
    let of_part = |other: &str| other.split_once('.').is_some_and(|(other, _)| other == part);
    trace.picture(part).is_some()
        && trace.channels().filter(|(_, channel)| of_part(&channel.name)).count() > MAX_OF_PICTURE
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
    use emulator::trace::Channel;

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
