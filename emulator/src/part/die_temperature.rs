//! The temperature of the board's microcontroller, for its built-in thermometer.

use super::{Context, InputInfo, Part, PartType, Properties};

const TEMPERATURE: usize = 0;

pub(super) static TYPE: PartType = PartType {
    name: "die_temperature",
    title: "Chip temperature",
    description: "How warm the board's microcontroller is: what its built-in thermometer measures.",
    pins: &[],
    inputs: &[InputInfo {
        name: "temperature",
        title: "Temperature",
        unit: "°C",
        min: -40.0,
        max: 125.0,
        default: 27.0,
        step: 0.25,
        switch: false,
    }],
    outputs: &[],
    properties: &[],
    make: |_: &Properties| Ok(Box::new(DieTemperature)),
};

#[derive(Clone)]
struct DieTemperature;

impl Part for DieTemperature {
    fn die_temperature(&mut self, cx: &mut Context) -> Option<f64> {
        Some(cx.input(TEMPERATURE))
    }
}
