//! An LED with its series resistor.

use super::{Context, OutputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;

const ANODE: usize = 0;
const CATHODE: usize = 1;

pub(super) static TYPE: PartType = PartType {
    name: "led",
    title: "LED",
    description: "A light-emitting diode with its series resistor. It lights while its anode is driven high and \
                  its cathode low; switched quickly (PWM) it looks dimmed.",
    pins: &[
        PinInfo {
            name: "anode",
            role: Role::Input,
            default: Some("3V3"),
            required: false,
            description: "To the pin that switches it; to 3V3 if the cathode is switched.",
        },
        PinInfo {
            name: "cathode",
            role: Role::Input,
            default: Some("GND"),
            required: false,
            description: "To ground; or to the pin that switches it (then a low level lights it).",
        },
    ],
    inputs: &[],
    outputs: &[OutputInfo { name: "brightness", title: "Brightness", unit: "", min: 0.0, max: 1.0 }],
    properties: &[PropertyInfo {
        name: "color",
        title: "Colour",
        kind: PropertyKind::Choice {
            default: "red",
            of: &["red", "green", "blue", "yellow", "orange", "white"],
        },
    }],
    make: |_: &Properties| Ok(Box::new(Led::default())),
};

/// Counts how long it has been on.
#[derive(Clone, Default)]
struct Led {
    on: bool,
    /// Since when `on` holds and is not yet counted.
    since: Time,
    /// On-time counted since `asked`.
    lit: Time,
    /// When the brightness was last asked for.
    asked: Time,
}

impl Led {
    fn count(&mut self, cx: &Context) {
        if self.on {
            self.lit += cx.now - self.since;
        }
        self.since = cx.now;
        self.on = cx.level(ANODE) && cx.driven(ANODE) && !cx.level(CATHODE) && cx.driven(CATHODE);
    }
}

impl Part for Led {
    fn power_on(&mut self, cx: &mut Context) {
        self.count(cx);
    }

    fn pin_changed(&mut self, cx: &mut Context, _pin: usize, _high: bool) {
        self.count(cx);
    }

    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {
        self.count(cx);
        let window = (cx.now - self.asked).0;
        out[0] = if window == 0 { f64::from(self.on) } else { self.lit.0 as f64 / window as f64 };
        self.lit = Time::ZERO;
        self.asked = cx.now;
    }
}
