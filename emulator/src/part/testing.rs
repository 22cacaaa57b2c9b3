//! A part alone on the test bench: calls it as the world does.

use super::{Action, Context, Part, PartType, Picture, Properties, Role, Value, find};
use crate::air::Frame;
use crate::clock::Time;
use crate::signal::{Feed, Signal};
use crate::world::{I2cEvent, I2cReply, Level};

pub struct Rig {
    kind: &'static PartType,
    part: Box<dyn Part>,
    now: Time,
    feeds: Vec<Feed>,
    /// What the world drives each pin to; open lines are pulled up.
    outside: u32,
    drives: Vec<Level>,
    levels: u32,
    wake: Option<Time>,
    sent: Vec<u8>,
    /// What it sent by radio.
    pub frames: Vec<Frame>,
    /// Level changes at the pins: when, which pin, new level.
    pub edges: Vec<(Time, usize, bool)>,
}

impl Rig {
    pub fn new(kind: &str, properties: &[(&str, Value)]) -> Rig {
        let kind = find(kind).unwrap();
        let mut all = Properties::defaults(kind.properties);
        for (name, value) in properties {
            assert!(all.set(name, value.clone()), "no property {name}");
        }
        let feeds = kind.inputs.iter().map(|input| Feed::new(Signal::constant(input.default))).collect();
        let part = (kind.make)(&all).unwrap();
        let mut rig = Rig {
            kind,
            part,
            now: Time::ZERO,
            feeds,
            outside: !0,
            drives: vec![Level::Z; kind.pins.len()],
            levels: !0,
            wake: None,
            sent: Vec::new(),
            frames: Vec::new(),
            edges: Vec::new(),
        };
        rig.call(|part, cx| part.power_on(cx));
        rig
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut dyn Part, &mut Context) -> R) -> R {
        let mut actions = Vec::new();
        let mut cx = Context {
            now: self.now,
            feeds: &self.feeds,
            levels: self.levels,
            driven: !0,
            actions: &mut actions,
        };
        let result = f(self.part.as_mut(), &mut cx);
        for action in actions {
            match action {
                Action::Wake(t) => self.wake = Some(t),
                Action::Uart { byte, .. } => self.sent.push(byte),
                Action::Drive { pin, drive } => self.drives[pin] = drive.level,
                Action::Radio(frame) => self.frames.push(frame),
                Action::Report(_) => {}
            }
        }
        self.settle();
        result
    }

    /// Tells the part of levels that changed.
    fn settle(&mut self) {
        for pin in 0..self.drives.len() {
            let level = match self.drives[pin] {
                Level::Low => false,
                Level::High => true,
                Level::Z => self.outside >> pin & 1 != 0,
            };
            if (self.levels >> pin & 1 != 0) != level {
                self.levels ^= 1 << pin;
                self.edges.push((self.now, pin, level));
                self.call(|part, cx| part.pin_changed(cx, pin, level));
                return;
            }
        }
    }

    /// The board drives a pin (or lets go of an open line: high).
    pub fn pin(&mut self, name: &str, high: bool) {
        let pin = self.kind.pin(name).unwrap();
        self.outside = self.outside & !(1 << pin) | u32::from(high) << pin;
        self.settle();
    }

    pub fn level(&self, name: &str) -> bool {
        self.levels >> self.kind.pin(name).unwrap() & 1 != 0
    }

    pub fn outputs(&mut self) -> Vec<f64> {
        let mut out = vec![0.0; self.kind.outputs.len()];
        self.call(|part, cx| part.outputs(cx, &mut out));
        out
    }

    pub fn picture(&self) -> Option<Picture> {
        self.part.picture()
    }

    pub fn set(&mut self, input: &str, value: f64) {
        let index = self.kind.input(input).unwrap();
        self.feeds[index].set(value);
        if self.part.watches(index) {
            self.call(|part, cx| part.input_changed(cx, index));
        }
    }

    pub fn wait(&mut self, span: Time) {
        let end = self.now + span;
        while let Some(at) = self.wake.filter(|&at| at <= end) {
            self.wake = None;
            self.now = at;
            self.call(|part, cx| part.wake(cx));
        }
        self.now = end;
    }

    pub fn i2c(&mut self, event: I2cEvent) -> I2cReply {
        self.call(|part, cx| part.i2c(cx, event))
    }

    pub fn spi(&mut self, bytes: &[u8]) -> Vec<u8> {
        let cs = self.kind.pins.iter().position(|pin| pin.role == Role::Cs).unwrap();
        self.outside &= !(1 << cs);
        self.settle();
        let mut out = Vec::new();
        for &byte in bytes {
            let mut answer = 0;
            for bit in (0..8).rev() {
                answer = answer << 1 | u8::from(self.part.spi_out());
                self.call(|part, cx| part.spi_clock(cx, byte >> bit & 1 != 0));
            }
            out.push(answer);
        }
        self.outside |= 1 << cs;
        self.settle();
        out
    }

    pub fn radio(&mut self, frame: &Frame) {
        self.call(|part, cx| part.radio(cx, frame));
    }

    pub fn now(&self) -> Time {
        self.now
    }

    pub fn sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent)
    }
}
