//! A push button that bounces.

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, Level, Pull};

const A: usize = 0;
const B: usize = 1;
const PRESSED: usize = 0;

pub(super) static TYPE: PartType = PartType {
    name: "button",
    title: "Push button",
    description: "Connects its two contacts while pressed. With the usual wiring to ground, switch on the pin's \
                  pull-up: it then reads 1, and 0 while pressed. Real contacts bounce; so does this one.",
    pins: &[
        PinInfo {
            name: "a",
            role: Role::Output,
            default: None,
            required: true,
            description: "To the pin that reads it.",
        },
        PinInfo {
            name: "b",
            role: Role::Input,
            default: Some("GND"),
            required: false,
            description: "To ground, or to 3V3 if the pin has a pull-down.",
        },
    ],
    inputs: &[InputInfo {
        name: "pressed",
        title: "Pressed",
        unit: "",
        min: 0.0,
        max: 1.0,
        default: 0.0,
        step: 1.0,
        switch: true,
    }],
    outputs: &[],
    properties: &[
        PropertyInfo {
            name: "bounce",
            title: "Bounce time",
            kind: PropertyKind::Number { default: 2.0, min: 0.0, max: 100.0, unit: "ms" },
        },
        PropertyInfo {
            name: "pull",
            title: "Resistor at pin a",
            kind: PropertyKind::Choice { default: "none", of: &["none", "up", "down"] },
        },
    ],
    make: |properties: &Properties| {
        Ok(Box::new(Button {
            bounce: Time((properties.number("bounce") * 1e6) as u64),
            pull: match properties.text("pull") {
                "up" => Pull::Up,
                "down" => Pull::Down,
                _ => Pull::None,
            },
            pressed: false,
            closed: false,
            settled_at: Time::ZERO,
            random: 0x2545_F491,
        }))
    },
};

#[derive(Clone)]
struct Button {
    bounce: Time,
    /// The resistor beside it.
    pull: Pull,
    /// What the finger does.
    pressed: bool,
    /// What the contact does.
    closed: bool,
    settled_at: Time,
    /// State of a small generator for the bounces' lengths, so that presses differ but runs repeat.
    random: u32,
}

impl Button {
    fn contact(&mut self, cx: &mut Context, closed: bool) {
        self.closed = closed;
        let level = if closed && cx.driven(B) { Level::from(cx.level(B)) } else { Level::Z };
        cx.drive(A, Drive { pull: self.pull, ..Drive::output(level) });
    }

    /// The next length of a bounce: between 1/16 and 5/16 of the bounce time.
    fn next_bounce(&mut self) -> Time {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        Time(self.bounce.0 / 16 + self.bounce.0 / 4 * u64::from(self.random >> 24) / 256)
    }
}

impl Part for Button {
    fn power_on(&mut self, cx: &mut Context) {
        self.pressed = cx.input(PRESSED) >= 0.5;
        self.contact(cx, self.pressed);
    }

    fn pin_changed(&mut self, cx: &mut Context, pin: usize, _high: bool) {
        if pin == B && self.closed {
            self.contact(cx, true);
        }
    }

    fn watches(&self, input: usize) -> bool {
        input == PRESSED
    }

    fn input_changed(&mut self, cx: &mut Context, _input: usize) {
        let pressed = cx.input(PRESSED) >= 0.5;
        if pressed == self.pressed {
            return;
        }
        self.pressed = pressed;
        self.contact(cx, pressed);
        if self.bounce > Time::ZERO {
            self.settled_at = cx.now + self.bounce;
            let next = self.next_bounce();
            cx.wake_at(cx.now + next);
        }
    }

    fn wake(&mut self, cx: &mut Context) {
        if cx.now >= self.settled_at {
            if self.closed != self.pressed {
                self.contact(cx, self.pressed);
            }
            return;
        }
        self.contact(cx, !self.closed);
        let next = self.next_bounce();
        cx.wake_at((cx.now + next).min(self.settled_at));
    }
}
