//! A buzzer: passive (a small loudspeaker that needs a tone) or active (hums by itself while on).

use super::{Context, OutputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;

/// The tone of an active buzzer in hertz.
const OWN_TONE: f64 = 2300.0;
/// Without an edge for so long it is silent.
const SILENCE: Time = Time::from_millis(60);

pub(super) static TYPE: PartType = PartType {
    name: "buzzer",
    title: "Buzzer",
    description: "Sounds. A passive one plays the frequency that a pin gives it (PWM); an active one hums by \
                  itself while its pin is high.",
    pins: &[PinInfo {
        name: "signal",
        role: Role::Input,
        default: None,
        required: true,
        description: "To the pin that plays it; the other end lies at ground.",
    }],
    inputs: &[],
    outputs: &[
        OutputInfo { name: "frequency", title: "Tone", unit: "Hz", min: 0.0, max: 20_000.0 },
        OutputInfo { name: "duty", title: "Share of time at high level", unit: "", min: 0.0, max: 1.0 },
    ],
    properties: &[PropertyInfo {
        name: "kind",
        title: "Kind",
        kind: PropertyKind::Choice { default: "passive", of: &["passive", "active"] },
    }],
    make: |properties: &Properties| {
        Ok(Box::new(Buzzer { active: properties.text("kind") == "active", ..Buzzer::default() }))
    },
};

#[derive(Clone, Default)]
struct Buzzer {
    active: bool,
    high: bool,
    /// The last rising edge, and the time from the one before.
    rose: Option<Time>,
    period: Option<Time>,
    fell: Time,
    width: Time,
}

impl Part for Buzzer {
    fn power_on(&mut self, cx: &mut Context) {
        self.high = cx.level(0) && cx.driven(0);
    }

    fn pin_changed(&mut self, cx: &mut Context, _pin: usize, high: bool) {
        let high = high && cx.driven(0);
        if high == self.high {
            return;
        }
        self.high = high;
        if high {
            self.period = self.rose.map(|rose| cx.now - rose).filter(|period| *period < SILENCE);
            self.rose = Some(cx.now);
        } else if let Some(rose) = self.rose {
            self.fell = cx.now;
            self.width = cx.now - rose;
        }
    }

    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {
        if self.active {
            out[0] = if self.high { OWN_TONE } else { 0.0 };
            out[1] = f64::from(self.high);
            return;
        }
        let recent = self.rose.is_some_and(|rose| cx.now - rose < SILENCE);
        match self.period.filter(|_| recent) {
            Some(period) => {
                out[0] = 1e9 / period.0 as f64;
                out[1] = (self.width.0 as f64 / period.0 as f64).min(1.0);
            }
            None => out.fill(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    #[test]
    fn a_passive_buzzer_tells_frequency_and_duty() {
        let mut rig = Rig::new("buzzer", &[]);
        rig.pin("signal", false);
        for _ in 0..10 {
            rig.pin("signal", true);
            rig.wait(Time::from_micros(500));
            rig.pin("signal", false);
            rig.wait(Time::from_micros(1500));
        }
        assert_eq!(rig.outputs(), [500.0, 0.25]);
        rig.wait(Time::from_millis(100));
        assert_eq!(rig.outputs(), [0.0, 0.0]);
    }

    #[test]
    fn an_active_buzzer_hums_while_on() {
        let mut rig = Rig::new("buzzer", &[("kind", Value::Text("active".into()))]);
        assert_eq!(rig.outputs()[0], OWN_TONE);
        rig.pin("signal", false);
        assert_eq!(rig.outputs()[0], 0.0);
    }
}
