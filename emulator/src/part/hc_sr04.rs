//! HC-SR04: measures a distance by ultrasound. Source: the module's data sheet (Elecfreaks).

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, Role};
use crate::clock::Time;
use crate::world::{Drive, Level};

const TRIG: usize = 0;
const ECHO: usize = 1;
const DISTANCE: usize = 0;

/// From the trigger's end to the echo's begin: eight periods at 40 kHz and what the electronics take.
const BURST: Time = Time::from_micros(450);
/// The speed of sound that everybody reckons with, in centimetres a second (20 °C).
const SOUND: f64 = 34_320.0;
/// Farther away nothing comes back, and the echo ends after this time.
const TIMEOUT: Time = Time::from_millis(38);

pub(super) static TYPE: PartType = PartType {
    name: "hc_sr04",
    title: "HC-SR04 distance sensor",
    description: "Measures how far away something is, 2 to 400 cm, by ultrasound: give it a pulse of 10 µs at \
                  trig and measure the length of the pulse at echo, 58 µs a centimetre.",
    pins: &[
        PinInfo {
            name: "trig",
            role: Role::Input,
            default: None,
            required: true,
            description: "To the pin that starts a measurement.",
        },
        PinInfo {
            name: "echo",
            role: Role::Output,
            default: None,
            required: true,
            description: "To the pin that measures (a real one needs a divider from 5 V to 3.3 V).",
        },
    ],
    inputs: &[InputInfo {
        name: "distance",
        title: "Distance",
        unit: "cm",
        min: 0.0,
        max: 1000.0,
        default: 100.0,
        step: 1.0,
        switch: false,
    }],
    outputs: &[],
    properties: &[],
    make: |_: &Properties| Ok(Box::new(HcSr04 { high: false, rose: Time::ZERO, state: State::Ready })),
};

#[derive(Clone, Copy, PartialEq)]
enum State {
    Ready,
    /// The burst is on its way; the echo will last so long.
    Sending {
        echo: Time,
    },
    Echoing,
}

#[derive(Clone)]
struct HcSr04 {
    high: bool,
    rose: Time,
    state: State,
}

impl Part for HcSr04 {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(ECHO, Drive::output(Level::Low));
    }

    fn pin_changed(&mut self, cx: &mut Context, pin: usize, high: bool) {
        if pin != TRIG || high == self.high {
            return;
        }
        self.high = high;
        if high {
            self.rose = cx.now;
        } else if self.state == State::Ready && cx.now - self.rose >= Time::from_micros(8) {
            let distance = cx.input(DISTANCE);
            let echo = if (2.0..=400.0).contains(&distance) {
                Time((distance * 2.0 / SOUND * 1e9) as u64)
            } else {
                TIMEOUT
            };
            self.state = State::Sending { echo };
            cx.wake_at(cx.now + BURST);
        }
    }

    fn wake(&mut self, cx: &mut Context) {
        if let State::Sending { echo } = self.state {
            cx.drive(ECHO, Drive::output(Level::High));
            cx.wake_at(cx.now + echo);
            self.state = State::Echoing;
        } else {
            cx.drive(ECHO, Drive::output(Level::Low));
            self.state = State::Ready;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;
    use super::*;

    fn echo(rig: &mut Rig) -> Option<Time> {
        rig.edges.clear();
        rig.pin("trig", true);
        rig.wait(Time::from_micros(10));
        rig.pin("trig", false);
        rig.wait(Time::from_millis(60));
        let edges: Vec<_> = rig.edges.iter().filter(|edge| edge.1 == ECHO).collect();
        match edges.as_slice() {
            [(a, _, true), (b, _, false)] => Some(*b - *a),
            _ => None,
        }
    }

    #[test]
    fn the_echo_is_as_long_as_the_way() {
        let mut rig = Rig::new("hc_sr04", &[]);
        rig.pin("trig", false);
        for cm in [2.0, 50.0, 123.4, 400.0] {
            rig.set("distance", cm);
            let us = echo(&mut rig).unwrap().0 as f64 / 1e3;
            // What micropython-hcsr04 and its kin reckon: time / 2 / 29.1 cm.
            assert!((us / 2.0 / 29.1 - cm).abs() < 0.01 + cm * 0.002, "{us} µs for {cm} cm");
        }
        rig.set("distance", 500.0);
        assert_eq!(echo(&mut rig), Some(TIMEOUT));
    }

    #[test]
    fn a_short_pulse_does_not_trigger() {
        let mut rig = Rig::new("hc_sr04", &[]);
        rig.pin("trig", false);
        rig.edges.clear();
        rig.pin("trig", true);
        rig.wait(Time::from_micros(2));
        rig.pin("trig", false);
        rig.wait(Time::from_millis(50));
        assert!(rig.edges.iter().all(|edge| edge.1 == TRIG));
    }
}
