//! Another micro:bit within reach, as far as its radio goes: it sends strings as MicroPython's `radio` module does and
//! hears what the board sends.

use super::{Context, InputInfo, OutputInfo, Part, PartType, Properties, PropertyInfo, PropertyKind};
use crate::air::{Crc, Format, Frame};
use crate::clock::Time;

const VALUE: usize = 0;
const STRENGTH: usize = 1;

/// The `radio` module's base address and how its packets lie on the air. `length` may be 32 to 251 there; what it
/// limits is what a receiver takes.
const BASE_ADDRESS: [u8; 4] = 0x7562_6974_u32.to_le_bytes();
const FORMAT: Format = Format {
    s0: false,
    length_bits: 8,
    s1_bits: 0,
    longest: 251,
    fixed: 0,
    big_endian: false,
    whitening: Some(0x18),
    crc: Crc { len: 2, skip_address: false, polynomial: 0x1_1021, initial: 0xFFFF },
};
/// What `radio.send` puts before a string, and `radio.receive` wants to see.
const STRING: [u8; 3] = [1, 0, 1];

/// How long an echo takes to come.
const ECHO: Time = Time::from_millis(200);

pub(super) static TYPE: PartType = PartType {
    name: "radio_peer",
    title: "Micro:bit within radio reach",
    description: "A second micro:bit, of which there is only the radio. It sends its value as text again and again, or \
                  sends back what it hears.",
    pins: &[],
    inputs: &[
        InputInfo {
            name: "value",
            title: "Value it sends",
            unit: "",
            min: -1e6,
            max: 1e6,
            default: 0.0,
            step: 1.0,
            switch: false,
        },
        InputInfo {
            name: "strength",
            title: "Strength of its signal",
            unit: "dBm",
            min: -100.0,
            max: -20.0,
            default: -60.0,
            step: 1.0,
            switch: false,
        },
    ],
    outputs: &[
        OutputInfo { name: "heard", title: "Messages heard", unit: "", min: 0.0, max: 1e6 },
        OutputInfo { name: "last", title: "Last number heard", unit: "", min: -1e6, max: 1e6 },
    ],
    properties: &[
        PropertyInfo {
            name: "sends",
            title: "It sends",
            kind: PropertyKind::Choice { default: "value", of: &["value", "echo", "nothing"] },
        },
        PropertyInfo {
            name: "period",
            title: "Time between values",
            kind: PropertyKind::Number { default: 1.0, min: 0.01, max: 3600.0, unit: "s" },
        },
        PropertyInfo {
            name: "channel",
            title: "Channel",
            kind: PropertyKind::Integer { default: 7, min: 0, max: 83 },
        },
        PropertyInfo {
            name: "group",
            title: "Group",
            kind: PropertyKind::Integer { default: 0, min: 0, max: 255 },
        },
        PropertyInfo {
            name: "data_rate",
            title: "Bits a second",
            kind: PropertyKind::Choice { default: "1M", of: &["250K", "1M", "2M"] },
        },
    ],
    make: |properties: &Properties| {
        Ok(Box::new(RadioPeer {
            mode: match properties.text("sends") {
                "value" => Mode::Value { period: Time((properties.number("period") * 1e9) as u64) },
                "echo" => Mode::Echo,
                _ => Mode::Silent,
            },
            mhz: 2400 + properties.integer("channel") as u16,
            group: properties.integer("group") as u8,
            bit_rate: match properties.text("data_rate") {
                "250K" => 250_000,
                "2M" => 2_000_000,
                _ => 1_000_000,
            },
            answer: None,
            heard: 0,
            last: 0.0,
        }))
    },
};

#[derive(Clone, Copy)]
enum Mode {
    Value { period: Time },
    Echo,
    Silent,
}

#[derive(Clone)]
struct RadioPeer {
    mode: Mode,
    mhz: u16,
    group: u8,
    bit_rate: u32,
    /// The text that it will send back.
    answer: Option<Vec<u8>>,
    heard: u32,
    last: f64,
}

impl RadioPeer {
    fn address(&self) -> Vec<u8> {
        [&BASE_ADDRESS[..], &[self.group]].concat()
    }

    fn send(&self, cx: &mut Context, text: &[u8]) {
        let length = (STRING.len() + text.len()).min(FORMAT.longest.into());
        let mut packet = vec![length as u8];
        packet.extend(STRING.iter().chain(text).take(length));
        let address = self.address();
        let bits = FORMAT.encode(&address, &packet);
        let dbm = cx.input(STRENGTH).round() as i8;
        cx.radio_send(Frame { start: cx.now, mhz: self.mhz, bit_rate: self.bit_rate, address, bits, dbm });
    }
}

impl Part for RadioPeer {
    fn power_on(&mut self, cx: &mut Context) {
        if let Mode::Value { period } = self.mode {
            cx.wake_at(cx.now + period);
        }
    }

    fn wake(&mut self, cx: &mut Context) {
        if let Some(text) = self.answer.take() {
            self.send(cx, &text);
        }
        if let Mode::Value { period } = self.mode {
            let text = cx.input(VALUE).to_string();
            self.send(cx, text.as_bytes());
            cx.wake_at(cx.now + period);
        }
    }

    fn radio(&mut self, cx: &mut Context, frame: &Frame) {
        if (frame.mhz, frame.bit_rate) != (self.mhz, self.bit_rate) || frame.address != self.address() {
            return;
        }
        let received = FORMAT.decode(&frame.address, &frame.bits);
        let Some(text) =
            received.packet[received.payload_at..].strip_prefix(&STRING).filter(|_| received.crc_ok)
        else {
            return;
        };
        self.heard += 1;
        if let Some(number) = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()) {
            self.last = number;
        }
        if let Mode::Echo = self.mode {
            self.answer = Some(text.to_vec());
            cx.wake_at(frame.end() + ECHO);
        }
    }

    fn outputs(&mut self, _: &mut Context, out: &mut [f64]) {
        out.copy_from_slice(&[self.heard.into(), self.last]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    fn text(frame: &Frame) -> Vec<u8> {
        let received = FORMAT.decode(&frame.address, &frame.bits);
        assert!(received.crc_ok);
        received.packet[4..].to_vec()
    }

    #[test]
    fn it_sends_its_value_again_and_again() {
        let mut rig = Rig::new("radio_peer", &[("period", Value::Number(0.5)), ("group", Value::Integer(3))]);
        rig.set("value", 21.5);
        rig.wait(Time::from_millis(600));
        rig.set("value", -4.0);
        rig.wait(Time::from_millis(600));
        let texts: Vec<_> = rig.frames.iter().map(text).collect();
        assert_eq!(texts, [b"21.5".to_vec(), b"-4".to_vec()]);
        assert_eq!(rig.frames[0].address.last(), Some(&3));
    }

    #[test]
    fn it_sends_back_what_it_hears_and_counts_it() {
        let mut rig = Rig::new("radio_peer", &[("sends", Value::Text("echo".to_owned()))]);
        let mut sender = Rig::new("radio_peer", &[]);
        sender.set("value", 42.0);
        sender.wait(Time::from_secs(1));
        rig.wait(sender.now());
        rig.radio(&sender.frames[0]);
        // Another channel, and one that was spoilt on the way.
        rig.radio(&Frame { mhz: 2410, ..sender.frames[0].clone() });
        let mut spoilt = sender.frames[0].clone();
        spoilt.bits[30] ^= true;
        rig.radio(&spoilt);
        assert_eq!(rig.outputs(), [1.0, 42.0]);
        assert!(rig.frames.is_empty());
        rig.wait(Time::from_secs(1));
        assert_eq!(rig.frames.len(), 1);
        assert_eq!(text(&rig.frames[0]), b"42");
    }
}
