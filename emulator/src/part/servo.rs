//! A model servo: turns to the angle that the width of its pulses tells.

use super::{Context, OutputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;

/// Degrees a second, as a small servo turns at 5 V.
const SPEED: f64 = 500.0;
/// Without pulses for so long it stays where it is.
const HOLD: Time = Time::from_millis(100);

pub(super) static TYPE: PartType = PartType {
    name: "servo",
    title: "Servo",
    description: "Turns its arm to an angle between 0 and 180 degrees. Give it 50 pulses a second (PWM): 0.5 ms \
                  wide for 0 degrees, 2.5 ms for 180 degrees.",
    pins: &[PinInfo {
        name: "signal",
        role: Role::Input,
        default: None,
        required: true,
        description: "To the pin that gives the pulses.",
    }],
    inputs: &[],
    outputs: &[
        OutputInfo { name: "angle", title: "Angle of the arm", unit: "°", min: 0.0, max: 180.0 },
        OutputInfo { name: "pulse", title: "Pulse width", unit: "us", min: 0.0, max: 3000.0 },
    ],
    properties: &[
        PropertyInfo {
            name: "min_us",
            title: "Pulse width at 0 degrees",
            kind: PropertyKind::Number { default: 500.0, min: 300.0, max: 1400.0, unit: "us" },
        },
        PropertyInfo {
            name: "max_us",
            title: "Pulse width at 180 degrees",
            kind: PropertyKind::Number { default: 2500.0, min: 1600.0, max: 2800.0, unit: "us" },
        },
    ],
    make: |properties: &Properties| {
        Ok(Box::new(Servo {
            min_us: properties.number("min_us"),
            max_us: properties.number("max_us"),
            high: false,
            rose: Time::ZERO,
            pulse: None,
            angle: 90.0,
            seen: Time::ZERO,
        }))
    },
};

#[derive(Clone)]
struct Servo {
    min_us: f64,
    max_us: f64,
    high: bool,
    rose: Time,
    /// The last pulse's end and width.
    pulse: Option<(Time, Time)>,
    angle: f64,
    /// The time for which `angle` holds.
    seen: Time,
}

impl Servo {
    /// Turns the arm as far as it comes until `now`.
    fn turn(&mut self, now: Time) {
        let elapsed = (now - self.seen).as_secs_f64();
        self.seen = now;
        let Some((end, width)) = self.pulse else { return };
        if now - end > HOLD + Time::from_millis(20) {
            return;
        }
        let us = width.0 as f64 / 1e3;
        let target = ((us - self.min_us) / (self.max_us - self.min_us)).clamp(0.0, 1.0) * 180.0;
        let reach = SPEED * elapsed;
        self.angle += (target - self.angle).clamp(-reach, reach);
    }
}

impl Part for Servo {
    fn pin_changed(&mut self, cx: &mut Context, _pin: usize, high: bool) {
        if high == self.high {
            return;
        }
        self.high = high;
        self.turn(cx.now);
        if high {
            self.rose = cx.now;
            return;
        }
        let width = cx.now - self.rose;
        // Anything else is no servo pulse and is ignored, as the real one's electronics do.
        if (Time::from_micros(200)..=Time::from_micros(3000)).contains(&width) {
            self.pulse = Some((cx.now, width));
        }
    }

    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {
        self.turn(cx.now);
        out[0] = self.angle;
        let recent = self.pulse.filter(|(end, _)| cx.now - *end < HOLD);
        out[1] = recent.map_or(0.0, |(_, width)| width.0 as f64 / 1e3);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;
    use super::*;

    fn pulses(rig: &mut Rig, us: u64, count: usize) {
        for _ in 0..count {
            rig.pin("signal", true);
            rig.wait(Time::from_micros(us));
            rig.pin("signal", false);
            rig.wait(Time::from_micros(20_000 - us));
        }
    }

    #[test]
    fn pulse_widths_become_angles_at_a_limited_speed() {
        let mut rig = Rig::new("servo", &[]);
        rig.pin("signal", false);
        pulses(&mut rig, 2500, 2);
        let angle = rig.outputs()[0];
        assert!(angle > 95.0 && angle < 130.0, "on its way: {angle}");
        pulses(&mut rig, 2500, 50);
        assert_eq!(rig.outputs(), [180.0, 2500.0]);
        pulses(&mut rig, 1500, 50);
        assert_eq!(rig.outputs(), [90.0, 1500.0]);
        pulses(&mut rig, 10, 50);
        assert_eq!(rig.outputs(), [90.0, 0.0], "no servo pulse");
    }
}
