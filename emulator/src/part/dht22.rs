//! DHT22 (AM2302) and DHT11: temperature and humidity over one wire. Source: Aosong's data sheets.

use std::collections::VecDeque;

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, Level, Pull};

const DATA: usize = 0;
const TEMPERATURE: usize = 0;
const HUMIDITY: usize = 1;

pub(super) static TYPE: PartType = PartType {
    name: "dht22",
    title: "DHT22 / DHT11",
    description: "Measures temperature and humidity and tells them over a single wire. The dht module of \
                  MicroPython reads it, at most every two seconds.",
    pins: &[PinInfo {
        name: "data",
        role: Role::Output,
        default: None,
        required: true,
        description: "To any pin; the module brings its own pull-up.",
    }],
    inputs: &[
        InputInfo {
            name: "temperature",
            title: "Temperature",
            unit: "°C",
            min: -40.0,
            max: 80.0,
            default: 22.0,
            step: 0.1,
            switch: false,
        },
        InputInfo {
            name: "humidity",
            title: "Relative humidity",
            unit: "%",
            min: 0.0,
            max: 100.0,
            default: 45.0,
            step: 0.5,
            switch: false,
        },
    ],
    outputs: &[],
    properties: &[PropertyInfo {
        name: "chip",
        title: "Chip",
        kind: PropertyKind::Choice { default: "dht22", of: &["dht22", "dht11"] },
    }],
    make: |properties: &Properties| {
        Ok(Box::new(Dht {
            dht22: properties.text("chip") == "dht22",
            high: true,
            fell: Time::ZERO,
            answer: VecDeque::new(),
        }))
    },
};

#[derive(Clone)]
struct Dht {
    dht22: bool,
    high: bool,
    fell: Time,
    /// What it still has to say: level and for how long.
    answer: VecDeque<(Level, Time)>,
}

impl Dht {
    /// The five bytes: humidity, temperature, sum.
    fn data(&self, cx: &Context) -> [u8; 5] {
        let (t, h) = (cx.input(TEMPERATURE), cx.input(HUMIDITY).clamp(0.0, 100.0));
        let [a, b, c, d] = if self.dht22 {
            let sign = if t < 0.0 { 0x8000 } else { 0 };
            let t = (t.abs() * 10.0).round() as u16 | sign;
            let [a, b] = ((h * 10.0).round() as u16).to_be_bytes();
            let [c, d] = t.to_be_bytes();
            [a, b, c, d]
        } else {
            // Whole percent; degrees and tenths, from 0 to 50.
            let tenths = (t.clamp(0.0, 50.0) * 10.0).round() as u16;
            [h.round() as u8, 0, (tenths / 10) as u8, (tenths % 10) as u8]
        };
        [a, b, c, d, a.wrapping_add(b).wrapping_add(c).wrapping_add(d)]
    }

    fn say_next(&mut self, cx: &mut Context) {
        let drive = |level| match level {
            Level::Low => Drive::output(Level::Low),
            // The pull-up makes it high.
            _ => Drive::input(Pull::Up),
        };
        match self.answer.pop_front() {
            Some((level, time)) => {
                cx.drive(DATA, drive(level));
                cx.wake_at(cx.now + time);
            }
            None => cx.drive(DATA, drive(Level::Z)),
        }
    }
}

impl Part for Dht {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(DATA, Drive::input(Pull::Up));
    }

    fn pin_changed(&mut self, cx: &mut Context, _pin: usize, high: bool) {
        if high == self.high {
            return;
        }
        self.high = high;
        if !self.answer.is_empty() {
            return; // its own voice
        }
        if !high {
            self.fell = cx.now;
            return;
        }
        let start = if self.dht22 { Time::from_micros(800) } else { Time::from_millis(17) };
        if cx.now - self.fell < start {
            return;
        }
        let us = Time::from_micros;
        self.answer.extend([(Level::Z, us(30)), (Level::Low, us(80)), (Level::Z, us(80))]);
        for byte in self.data(cx) {
            for bit in (0..8).rev() {
                let one = byte >> bit & 1 != 0;
                self.answer.push_back((Level::Low, us(50)));
                self.answer.push_back((Level::Z, us(if one { 70 } else { 26 })));
            }
        }
        // The line goes up at the very end; until then what is heard is the sensor itself.
        self.answer.extend([(Level::Low, us(50)), (Level::Z, us(1)), (Level::Z, us(1))]);
        self.say_next(cx);
    }

    fn wake(&mut self, cx: &mut Context) {
        self.say_next(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    /// Reads as MicroPython does: the high times of the pulses, a bit is one if its pulse is long.
    fn read(rig: &mut Rig, ms: u64) -> Option<[u8; 5]> {
        rig.pin("data", false);
        rig.wait(Time::from_millis(ms));
        rig.edges.clear();
        rig.pin("data", true);
        rig.wait(Time::from_millis(10));
        let edges = std::mem::take(&mut rig.edges);
        let highs: Vec<_> =
            edges.windows(2).filter(|pair| pair[0].2).map(|pair| pair[1].0 - pair[0].0).collect();
        // Its release, the answer, then the bits.
        let bits = highs.get(2..42)?;
        let mut bytes = [0; 5];
        for (i, high) in bits.iter().enumerate() {
            bytes[i / 8] = bytes[i / 8] << 1 | u8::from(*high > Time::from_micros(48));
        }
        assert!(rig.level("data"));
        Some(bytes)
    }

    #[test]
    fn a_dht22_tells_tenths_and_signs() {
        let mut rig = Rig::new("dht22", &[]);
        rig.set("temperature", 23.7);
        rig.set("humidity", 61.2);
        assert_eq!(read(&mut rig, 18), Some([2, 100, 0, 237, 83]));
        rig.wait(Time::from_secs(2));
        rig.set("temperature", -10.1);
        assert_eq!(read(&mut rig, 1), Some([2, 100, 0x80, 101, 75]), "and a second time");
        assert_eq!(read(&mut rig, 0), None, "too short a call");
    }

    #[test]
    fn a_dht11_tells_whole_percent() {
        let mut rig = Rig::new("dht22", &[("chip", Value::Text("dht11".into()))]);
        assert_eq!(read(&mut rig, 18), Some([45, 0, 22, 0, 67]));
        assert_eq!(read(&mut rig, 1), None, "it needs 18 ms");
    }
}
