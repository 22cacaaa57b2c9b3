//! A potentiometer between the supplies.

use super::{Context, InputInfo, OutputInfo, Part, PartType, PinInfo, Properties, Role};
use crate::world::{Microvolts, VDD};

const POSITION: usize = 0;

pub(super) static TYPE: PartType = PartType {
    name: "potentiometer",
    title: "Potentiometer",
    description: "A knob whose wiper gives a voltage between 0 V (0 %) and 3.3 V (100 %) to an analogue input. \
                  It also stands in for any sensor with an analogue output, such as a light-dependent resistor.",
    pins: &[PinInfo {
        name: "wiper",
        role: Role::Analog,
        default: None,
        required: true,
        description: "To an analogue input; the ends lie at GND and 3V3.",
    }],
    inputs: &[InputInfo {
        name: "position",
        title: "Position",
        unit: "%",
        min: 0.0,
        max: 100.0,
        default: 50.0,
        step: 0.5,
        switch: false,
    }],
    outputs: &[OutputInfo { name: "voltage", title: "Wiper voltage", unit: "V", min: 0.0, max: 3.3 }],
    properties: &[],
    make: |_: &Properties| Ok(Box::new(Potentiometer)),
};

#[derive(Clone)]
struct Potentiometer;

impl Potentiometer {
    fn wiper(cx: &Context) -> Microvolts {
        let share = (cx.input(POSITION) / 100.0).clamp(0.0, 1.0);
        (VDD as f64 * share).round() as Microvolts
    }
}

impl Part for Potentiometer {
    fn volts(&mut self, cx: &mut Context, _pin: usize) -> Microvolts {
        Potentiometer::wiper(cx)
    }

    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {
        out[0] = Potentiometer::wiper(cx) as f64 / 1e6;
    }
}
