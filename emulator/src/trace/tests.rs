use super::decode::{SpiLines, UartFrame};
use super::export::Selection;
use super::store::CHUNK;
use super::*;

/// A small deterministic generator, so that every run tests the same traces.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn digital_view_equals_brute_force() {
    let mut random = Lcg(1);
    for round in 0..40 {
        let mut trace = Trace::new();
        let ch = trace.define(Channel::digital("GP0", Some(0)));
        let mut all = Vec::new();
        let (mut t, mut level) = (random.below(50), random.below(2) == 1);
        let gap = [2, 5, 1000, 40][round % 4];
        for _ in 0..random.below(12_000) {
            trace.edge(ch, Time(t), level);
            all.push((t, level));
            level = !level;
            t += random.below(gap);
        }
        let t0 = random.below(t + 10);
        let t1 = t0 + 1 + random.below(t + 100);
        let columns = 1 + random.below(300) as usize;
        let view = trace.digital_view(ch, Time(t0), Time(t1), columns);
        assert_eq!(view.len(), columns);
        for (k, column) in view.iter().enumerate() {
            let a = boundary(Time(t0), Time(t1), columns, k).0;
            let b = boundary(Time(t0), Time(t1), columns, k + 1).0;
            let level_before = |x: u64| all.iter().rev().find(|&&(t, _)| t < x).map(|&(_, l)| l);
            let expected = DigitalColumn {
                first: level_before(a),
                last: level_before(b),
                edges: all.iter().filter(|&&(t, _)| a <= t && t < b).count() as u32,
            };
            assert_eq!(*column, expected, "round {round}, column {k} [{a}, {b})");
        }
    }
}

#[test]
fn analog_view_equals_brute_force() {
    let mut random = Lcg(2);
    for round in 0..40 {
        let mut trace = Trace::new();
        let ch = trace.define(Channel::analog("A", "V"));
        let mut all: Vec<(u64, f32)> = Vec::new();
        let mut t = random.below(50);
        let gap = [2, 5, 1000, 40][round % 4];
        for _ in 0..random.below(12_000) {
            let value = random.below(10_000) as f32 - 5000.0;
            trace.sample(ch, Time(t), value);
            if all.last().is_none_or(|&(_, last)| last != value) {
                all.push((t, value));
            }
            t += random.below(gap);
        }
        let t0 = random.below(t + 10);
        let t1 = t0 + 1 + random.below(t + 100);
        let columns = 1 + random.below(300) as usize;
        let view = trace.analog_view(ch, Time(t0), Time(t1), columns);
        for (k, column) in view.iter().enumerate() {
            let a = boundary(Time(t0), Time(t1), columns, k).0;
            let b = boundary(Time(t0), Time(t1), columns, k + 1).0;
            let within: Vec<f32> = all.iter().filter(|&&(t, _)| a <= t && t < b).map(|&(_, v)| v).collect();
            let held = all.iter().rev().find(|&&(t, _)| t < a).map(|&(_, v)| v);
            let starts_with_sample = all.iter().any(|&(t, _)| t == a) && !within.is_empty();
            let mut values = within.clone();
            if let (Some(held), false) = (held, starts_with_sample) {
                values.insert(0, held);
            }
            let expected = values.first().map(|&first| AnalogColumn {
                first,
                last: *values.last().unwrap(),
                min: values.iter().copied().fold(f32::INFINITY, f32::min),
                max: values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
                samples: within.len() as u32,
            });
            assert_eq!(*column, expected, "round {round}, column {k} [{a}, {b})");
        }
    }
}

#[test]
fn bus_view_neither_loses_nor_invents_items() {
    let mut random = Lcg(3);
    for _ in 0..40 {
        let mut trace = Trace::new();
        let ch = trace.define(Channel::bus("UART"));
        let mut t = 0;
        let mut all = Vec::new();
        for n in 0..random.below(9_000) {
            t += random.below(30);
            let end = t + 1 + random.below(40);
            let item =
                BusItem { start: Time(t), end: Time(end), what: BusData::Uart { byte: n as u8, ok: true } };
            trace.bus(ch, item);
            all.push(item);
            t = end;
        }
        let t0 = random.below(t + 1);
        let t1 = t0 + 1 + random.below(t + 1);
        let columns = 1 + random.below(400) as usize;
        let view = trace.bus_view(ch, Time(t0), Time(t1), columns);
        let seen: u32 = view
            .iter()
            .map(|v| match v {
                BusView::One(_) => 1,
                BusView::Many { count, .. } => *count,
            })
            .sum();
        let inside = all.iter().filter(|i| i.end.0 > t0 && i.start.0 < t1).count() as u32;
        // The last block may reach over the right border by the items of one column.
        assert!(seen >= inside);
        assert!(seen - inside <= (t1 - t0) as u32 / columns as u32 + 1);
        // Blocks are at least about a column apart: no more of them than fit.
        assert!(view.len() <= 2 * columns + 2, "{} pieces in {columns} columns", view.len());
    }
}

#[test]
fn single_values_and_snapping() {
    let mut trace = Trace::new();
    let ch = trace.define(Channel::digital("GP1", Some(1)));
    for (t, level) in [(10, true), (20, false), (20, false), (30, true)] {
        trace.edge(ch, Time(t), level);
    }
    assert_eq!(trace.len(ch), 3, "a repeated level is not an edge");
    assert_eq!(trace.level_at(ch, Time(9)), None);
    assert_eq!(trace.level_at(ch, Time(10)), Some(true));
    assert_eq!(trace.level_at(ch, Time(29)), Some(false));
    assert_eq!(trace.next_edge(ch, Time(10)), Some((Time(20), false)));
    assert_eq!(trace.previous_edge(ch, Time(10)), None);
    assert_eq!(trace.previous_edge(ch, Time(31)), Some((Time(30), true)));
    assert_eq!(trace.define(Channel::digital("GP1", Some(1))), ch);
    // A late edge is moved up, never lost: parity would break otherwise.
    trace.edge(ch, Time(5), false);
    assert_eq!(trace.edges(ch, Time(0), Time(100)).last(), Some((Time(30), false)));
}

#[test]
fn memory_stays_within_the_bound() {
    let bound = 40 * CHUNK * 8;
    let mut trace = Trace::with_bound(bound);
    let fast = trace.define(Channel::digital("fast", None));
    let slow = trace.define(Channel::digital("slow", None));
    trace.edge(slow, Time(5), true);
    let total = 100 * CHUNK as u64;
    for n in 0..total {
        trace.edge(fast, Time(n * 10), n % 2 == 0);
    }
    assert!(trace.bytes() <= bound, "{} of {bound}", trace.bytes());
    let from = trace.dropped_before().unwrap();
    assert!(from > Time::ZERO);
    assert_eq!(trace.level_at(slow, Time(total)), Some(true), "a channel's newest chunk stays");
    // What is left still has the right levels.
    for (t, level) in trace.edges(fast, Time::ZERO, Time::NEVER) {
        assert_eq!(level, t.0 / 10 % 2 == 0);
    }
    let view = trace.digital_view(fast, from + Time(1), Time(total * 10), 7);
    assert!(view.iter().all(|c| c.first.is_some()));
}

#[test]
fn clear_keeps_what_holds_now() {
    let mut trace = Trace::new();
    let pin = trace.define(Channel::digital("GP1", Some(1)));
    let value = trace.define(Channel::analog("v", "V"));
    trace.edge(pin, Time(1), true);
    trace.sample(value, Time(2), 1.5);
    trace.advance(Time(50));
    trace.clear();
    assert_eq!(trace.level_at(pin, Time(49)), None);
    assert_eq!(trace.level_at(pin, Time(50)), Some(true));
    assert_eq!(trace.value_at(value, Time(60)), Some(1.5));
}

#[test]
fn uart_frames_are_decoded_with_parity_and_framing_errors() {
    let mut trace = Trace::new();
    let ch = trace.define(Channel::digital("TX", Some(0)));
    trace.edge(ch, Time(0), true);
    let bit = 1_000_000_000 / 9600;
    let mut t = 1000;
    let mut send = |bits: &[u8]| {
        for &level in bits {
            trace.edge(ch, Time(t), level == 1);
            t += bit;
        }
    };
    send(&[0, 1, 0, 0, 0, 0, 0, 1, 0, /* even parity */ 0, 1]); // 'A'
    send(&[0, 1, 0, 0, 0, 0, 0, 1, 0, /* wrong */ 1, 1]);
    send(&[0, 1, 1, 0, 0, 0, 0, 1, 0, /* even parity */ 1, /* no stop bit */ 0]);
    send(&[1, 1]);
    let frame = UartFrame { baud: 9600, bits: 8, odd_parity: Some(false) };
    let items = decode::uart(&trace, ch, &frame, Time::ZERO, Time::NEVER);
    let seen: Vec<_> = items.iter().map(|i| i.what).collect();
    let byte = |byte, ok| BusData::Uart { byte, ok };
    assert_eq!(seen, [byte(b'A', true), byte(b'A', false), byte(b'C', false)]);
}

#[test]
fn spi_words_are_decoded_in_every_mode_and_only_while_selected() {
    for (polarity, phase) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut trace = Trace::new();
        let sck = trace.define(Channel::digital("SCK", None));
        let mosi = trace.define(Channel::digital("MOSI", None));
        let cs = trace.define(Channel::digital("CS", None));
        let mut t = 0;
        let mut step = |trace: &mut Trace, ch, level| {
            t += 10;
            trace.edge(ch, Time(t), level);
        };
        step(&mut trace, cs, true);
        step(&mut trace, sck, polarity);
        for (select, bits) in [(false, 8), (true, 3), (true, 8), (true, 8)] {
            step(&mut trace, cs, !select);
            for bit in 0..bits {
                let level = 0xA5 >> (7 - bit) & 1 == 1;
                if !phase {
                    step(&mut trace, mosi, level);
                    step(&mut trace, sck, !polarity);
                    step(&mut trace, sck, polarity);
                } else {
                    step(&mut trace, sck, !polarity);
                    step(&mut trace, mosi, level);
                    step(&mut trace, sck, polarity);
                }
            }
            step(&mut trace, cs, true);
        }
        let lines = SpiLines { sck, mosi: Some(mosi), miso: None, cs: Some(cs), polarity, phase, bits: 8 };
        let items = decode::spi(&trace, &lines, Time::ZERO, Time::NEVER);
        let seen: Vec<_> = items.iter().map(|i| i.what).collect();
        let word = BusData::Spi { mosi: 0xA5, miso: 0, bits: 8 };
        assert_eq!(seen, [word, word], "mode {polarity} {phase}");
    }
}

#[test]
fn vcd_reads_back() {
    let mut trace = Trace::new();
    let pin = trace.define(Channel::digital("GP25", Some(25)));
    let value = trace.define(Channel::analog("bme 280.temperature", "°C"));
    trace.edge(pin, Time(0), false);
    trace.edge(pin, Time(500), true);
    trace.sample(value, Time(500), 21.1);
    trace.edge(pin, Time(900), false);
    trace.advance(Time(1000));
    let mut bytes = Vec::new();
    export::vcd(&trace, &Selection::default(), &mut bytes).unwrap();
    let mut parser = vcd::Parser::new(bytes.as_slice());
    let header = parser.parse_header().unwrap();
    let gp25 = header.find_var(&["board", "GP25"]).unwrap().code;
    let temperature = header.find_var(&["bme_280", "temperature"]).unwrap().code;
    let commands: Vec<_> = parser.map(Result::unwrap).collect();
    use vcd::Command::*;
    let from_first_time: Vec<_> = commands.into_iter().skip_while(|c| *c != Timestamp(500)).collect();
    assert_eq!(
        from_first_time,
        [
            Timestamp(500),
            ChangeScalar(gp25, vcd::Value::V1),
            ChangeReal(temperature, 21.1),
            Timestamp(900),
            ChangeScalar(gp25, vcd::Value::V0),
            Timestamp(1000),
        ]
    );
}

#[test]
fn csv_has_a_row_an_instant_and_holds_values() {
    let mut trace = Trace::new();
    let pin = trace.define(Channel::digital("GP25", Some(25)));
    let value = trace.define(Channel::analog("pot.volts", "V"));
    trace.edge(pin, Time(0), false);
    trace.edge(pin, Time(1_500_000_000), true);
    trace.sample(value, Time(1_500_000_000), 0.5);
    trace.sample(value, Time(2_000_000_001), 0.75);
    let mut bytes = Vec::new();
    export::csv(&trace, &Selection::default(), &mut bytes).unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "time_s,GP25,pot.volts (V)\n0.000000000,0,\n1.500000000,1,0.5\n2.000000001,1,0.75\n"
    );
}
