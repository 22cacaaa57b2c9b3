//! Places in a trace to go back to: how far each channel had come.
//!
//! Positions, not times: bus controllers draw a transaction's edges when it begins, so at any instant a channel
//! may already hold some that lie ahead.

use super::pictures::Newest;
use super::store::{Edges, Items, Samples, Texts};
use super::{ChannelId, Data, SharedTrace, Time, Trace};

/// How far a trace had come when [`Trace::mark`] was called.
#[derive(Clone, Debug)]
pub struct TraceMark {
    now: Time,
    clearings: u32,
    ends: Vec<End>,
    pictures: Newest,
}

/// Where a channel ends: its number of entries ever made, and how long the last one is if it can grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    entries: usize,
    length: usize,
}

impl TraceMark {
    /// The recording's present then.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of::<TraceMark>() + self.ends.len() * size_of::<End>()
    }
}

impl Trace {
    /// This place in the recording.
    pub fn mark(&self) -> TraceMark {
        TraceMark {
            now: self.now,
            clearings: self.clearings,
            ends: self.channels.iter().map(|(_, data)| data.end()).collect(),
            pictures: self.pictures.newest(),
        }
    }

    /// Whether [`Trace::rewind`] can go there: nothing before it was forgotten that is needed to go on from it.
    pub fn holds(&self, mark: &TraceMark) -> bool {
        mark.clearings == self.clearings
            && mark.ends.len() <= self.channels.len()
            && self.channels.iter().zip(&mark.ends).all(|((_, data), end)| data.holds(*end))
    }

    /// Forgets what was recorded after a mark, new channels included; false (and nothing done) when the trace
    /// no longer reaches back to it.
    pub fn rewind(&mut self, mark: &TraceMark) -> bool {
        if !self.holds(mark) {
            return false;
        }
        self.channels.truncate(mark.ends.len());
        let channels = self.channels.len() as u32;
        self.by_name.retain(|_, id| *id < ChannelId(channels));
        for ((_, data), end) in self.channels.iter_mut().zip(&mark.ends) {
            data.truncate(*end);
        }
        self.now = mark.now;
        self.pictures.rewind(&mark.pictures);
        self.bytes = self.channels.iter().map(|(_, data)| data.bytes()).sum();
        true
    }
}

impl SharedTrace {
    /// As [`Trace::rewind`].
    pub fn rewind(&self, mark: &TraceMark) -> bool {
        self.write().rewind(mark)
    }
}

impl Data {
    fn end(&self) -> End {
        let (entries, length) = match self {
            Data::Digital(Edges { times, .. }) => (times.end(), 0),
            Data::Analog(Samples { points, .. }) => (points.end(), 0),
            Data::Bus(Items { items }) => (items.end(), 0),
            Data::Text(texts) => (texts.end(), texts.pieces.back().map_or(0, |(_, piece)| piece.len())),
        };
        End { entries, length }
    }

    /// The entry before an end decides how the next is stored: it must still be there.
    fn holds(&self, end: End) -> bool {
        let start = match self {
            Data::Digital(edges) => edges.times.start(),
            Data::Analog(samples) => samples.points.start(),
            Data::Bus(items) => items.items.start(),
            Data::Text(texts) => texts.start(),
        };
        end.entries > start || end.entries == 0 && start == 0
    }

    fn truncate(&mut self, end: End) {
        match self {
            Data::Digital(edges) => edges.times.truncate(end.entries),
            Data::Analog(samples) => samples.truncate(end.entries),
            Data::Bus(items) => items.items.truncate(end.entries),
            Data::Text(texts) => texts.truncate(end.entries, end.length),
        }
    }
}

impl Texts {
    fn start(&self) -> usize {
        self.dropped
    }

    fn end(&self) -> usize {
        self.dropped + self.pieces.len()
    }

    fn truncate(&mut self, entries: usize, length: usize) {
        self.pieces.truncate(entries.saturating_sub(self.dropped));
        if let Some((_, piece)) = self.pieces.back_mut() {
            piece.truncate(length);
        }
        let piece = |(_, piece): &(u64, Vec<u8>)| piece.len() + size_of::<(u64, Vec<u8>)>();
        self.bytes = self.pieces.iter().map(piece).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BusData, BusItem, Channel};
    use super::*;

    /// Some of everything, `from..to` being steps of a microsecond.
    fn record(trace: &mut Trace, from: u64, to: u64) {
        let pin = trace.define(Channel::digital("GP0", Some(0)));
        let volts = trace.define(Channel::analog("v", "V"));
        let bus = trace.define(Channel::bus("UART"));
        let text = trace.define(Channel::text("console"));
        for n in from..to {
            let t = Time::from_micros(n);
            trace.edge(pin, t, n % 3 == 0);
            trace.sample(volts, t, (n % 777) as f32);
            let what = BusData::Uart { byte: n as u8, ok: true };
            trace.bus(bus, BusItem { start: t, end: t + Time(900), what });
            // Two pieces at the same instant join.
            trace.text(text, Time::from_micros(n / 2), &[n as u8]);
            trace.advance(t);
        }
    }

    fn dump(trace: &Trace) -> Vec<String> {
        let all = |id| {
            let edges: Vec<_> = trace.edges(id, Time::ZERO, Time::NEVER).collect();
            let samples: Vec<_> = trace.samples(id, Time::ZERO, Time::NEVER).collect();
            let items: Vec<_> = trace.items(id, Time::ZERO, Time::NEVER).collect();
            let texts: Vec<_> = trace.texts(id, Time::ZERO, Time::NEVER).collect();
            let view = trace.analog_view(id, Time::ZERO, Time::from_millis(20), 7);
            format!("{edges:?}{samples:?}{items:?}{texts:?}{view:?}")
        };
        let channels = trace.channels();
        channels
            .map(|(id, channel)| format!("{channel:?} {}", all(id)))
            .chain([trace.now().to_string()])
            .collect()
    }

    #[test]
    fn what_is_recorded_again_after_going_back_is_the_same() {
        for at in [0, 1, 2, 4095, 4096, 4097, 9001] {
            let (mut straight, mut back) = (Trace::new(), Trace::new());
            record(&mut straight, 0, 12_000);
            record(&mut back, 0, at);
            let mark = back.mark();
            record(&mut back, at, at + 5_000);
            let late = back.define(Channel::text("late"));
            back.text(late, Time::ZERO, b"x");
            assert!(back.rewind(&mark));
            record(&mut back, at, 12_000);
            assert!(dump(&straight) == dump(&back), "at {at}");
            assert_eq!(straight.bytes(), back.bytes());
        }
    }

    #[test]
    fn a_trace_says_when_it_no_longer_reaches_back() {
        let mut trace = Trace::with_bound(400_000);
        record(&mut trace, 0, 10);
        let old = trace.mark();
        record(&mut trace, 10, 30_000);
        let young = trace.mark();
        record(&mut trace, 30_000, 30_010);
        assert!(trace.dropped_before().is_some());
        assert!(!trace.holds(&old) && !trace.rewind(&old));
        assert!(trace.rewind(&young));
        trace.clear();
        assert!(!trace.holds(&young));
    }
}
