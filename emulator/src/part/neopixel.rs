//! A strip of WS2812 LEDs ("NeoPixel"). Source: Worldsemi's data sheet WS2812B.

use super::{
    Context, OutputInfo, Part, PartType, Picture, PinInfo, Properties, PropertyInfo, PropertyKind, Role,
};
use crate::clock::Time;

/// A bit whose high time is longer is a one (0.4 µs and 0.8 µs nominally).
const ONE: Time = Time(600);
/// A pause as long as this shows what was sent.
const LATCH: Time = Time::from_micros(50);

pub(super) static TYPE: PartType = PartType {
    name: "neopixel",
    title: "NeoPixel strip",
    description: "A row of colour LEDs (WS2812) on a single wire. The neopixel module of MicroPython drives it.",
    pins: &[PinInfo {
        name: "data",
        role: Role::Input,
        default: None,
        required: true,
        description: "To any pin.",
    }],
    inputs: &[],
    outputs: &[OutputInfo { name: "brightness", title: "Mean brightness", unit: "", min: 0.0, max: 1.0 }],
    properties: &[
        PropertyInfo {
            name: "pixels",
            title: "Number of LEDs",
            kind: PropertyKind::Integer { default: 8, min: 1, max: 1024 },
        },
        PropertyInfo {
            name: "order",
            title: "Order of the colours on the wire",
            kind: PropertyKind::Choice { default: "GRB", of: &["GRB", "RGB", "GRBW", "RGBW"] },
        },
    ],
    make: |properties: &Properties| {
        let order = properties.text("order");
        let pixels = properties.integer("pixels") as usize;
        Ok(Box::new(NeoPixel {
            green_first: order.starts_with('G'),
            channels: order.len(),
            incoming: vec![0; pixels * order.len()],
            shown: vec![0; pixels * order.len()],
            bits: 0,
            high: false,
            edge: Time::ZERO,
        }))
    },
};

#[derive(Clone)]
struct NeoPixel {
    green_first: bool,
    /// Bytes a pixel.
    channels: usize,
    /// What came since the last pause, `bits` of it.
    incoming: Vec<u8>,
    shown: Vec<u8>,
    bits: usize,
    high: bool,
    /// The last edge.
    edge: Time,
}

impl NeoPixel {
    fn latch(&mut self, now: Time) {
        if !self.high && self.bits > 0 && now - self.edge >= LATCH {
            // LEDs beyond the data keep what they show.
            let bytes = (self.bits / 8).min(self.shown.len());
            self.shown[..bytes].copy_from_slice(&self.incoming[..bytes]);
            self.bits = 0;
        }
    }
}

impl Part for NeoPixel {
    fn pin_changed(&mut self, cx: &mut Context, _pin: usize, high: bool) {
        if high == self.high {
            return;
        }
        if high {
            self.latch(cx.now);
        } else {
            let one = cx.now - self.edge > ONE;
            if let Some(byte) = self.incoming.get_mut(self.bits / 8) {
                *byte = *byte << 1 | u8::from(one);
            }
            self.bits += 1;
        }
        self.high = high;
        self.edge = cx.now;
    }

    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {
        self.latch(cx.now);
        let sum: u32 = self.shown.iter().map(|&byte| u32::from(byte)).sum();
        out[0] = f64::from(sum) / (255.0 * self.shown.len() as f64);
    }

    fn picture(&self) -> Option<Picture> {
        let rgb: Vec<[u8; 3]> = self
            .shown
            .chunks(self.channels)
            .map(|pixel| {
                let (r, g) = if self.green_first { (pixel[1], pixel[0]) } else { (pixel[0], pixel[1]) };
                // A fourth channel is white.
                let white = pixel.get(3).copied().unwrap_or(0);
                [r, g, pixel[2]].map(|channel| channel.saturating_add(white))
            })
            .collect();
        Some(Picture { width: rgb.len(), height: 1, rgb })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    fn send(rig: &mut Rig, bytes: &[u8]) {
        for byte in bytes {
            for bit in (0..8).rev() {
                let one = byte >> bit & 1 != 0;
                rig.pin("data", true);
                rig.wait(Time(if one { 800 } else { 400 }));
                rig.pin("data", false);
                rig.wait(Time(if one { 450 } else { 850 }));
            }
        }
        rig.wait(Time::from_micros(60));
        rig.outputs();
    }

    #[test]
    fn colours_arrive_in_their_order() {
        let mut rig = Rig::new("neopixel", &[("pixels", Value::Integer(3))]);
        rig.pin("data", false);
        rig.wait(Time::from_micros(100));
        send(&mut rig, &[1, 2, 3, 255, 0, 128]);
        let picture = rig.picture().unwrap();
        assert_eq!((picture.width, picture.height), (3, 1));
        assert_eq!(picture.rgb, [[2, 1, 3], [0, 255, 128], [0, 0, 0]]);
        // More than there are LEDs falls off the end; less leaves the rest as it is.
        send(&mut rig, &[9; 20]);
        assert_eq!(rig.picture().unwrap().rgb, [[9; 3]; 3]);
        send(&mut rig, &[0, 0, 0]);
        assert_eq!(rig.picture().unwrap().rgb, [[0; 3], [9; 3], [9; 3]]);
    }
}
