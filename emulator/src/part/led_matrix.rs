//! The micro:bit's display: 25 LEDs in a square, wired as three rows of nine columns.

use super::{Context, OutputInfo, Part, PartType, Picture, PinInfo, Properties, Role};
use crate::clock::Time;

const ROWS: usize = 3;
const COLUMNS: usize = 9;
const SIDE: usize = 5;

/// What a fully lit LED looks like.
const LIT: [f64; 3] = [255.0, 60.0, 40.0];
/// What a dark one looks like.
const DARK: [f64; 3] = [38.0, 30.0, 30.0];

/// A display whose first row is not switched for so long is not being scanned.
const STILL: Time = Time::from_millis(60);

/// The LED at each row's columns, as x and y in the square (micro:bit v1 schematic, "SB2").
const AT: [[Option<(usize, usize)>; COLUMNS]; ROWS] = [
    [
        Some((0, 0)),
        Some((2, 0)),
        Some((4, 0)),
        Some((4, 3)),
        Some((3, 3)),
        Some((2, 3)),
        Some((1, 3)),
        Some((0, 3)),
        Some((1, 2)),
    ],
    [
        Some((4, 2)),
        Some((0, 2)),
        Some((2, 2)),
        Some((1, 0)),
        Some((3, 0)),
        Some((3, 4)),
        Some((1, 4)),
        None,
        None,
    ],
    [
        Some((2, 4)),
        Some((4, 4)),
        Some((0, 4)),
        Some((0, 1)),
        Some((1, 1)),
        Some((2, 1)),
        Some((3, 1)),
        Some((4, 1)),
        Some((3, 2)),
    ],
];

const fn pin(name: &'static str, description: &'static str) -> PinInfo {
    PinInfo { name, role: Role::Input, default: None, required: true, description }
}

const ROW: &str = "A row: high lights its LEDs whose column is low.";
const COLUMN: &str = "A column: low lights its LED of the row that is high.";

const fn led(name: &'static str) -> OutputInfo {
    OutputInfo { name, title: name, unit: "", min: 0.0, max: 1.0 }
}

pub(super) static TYPE: PartType = PartType {
    name: "led_matrix",
    title: "5×5 LED matrix",
    description: "The micro:bit's display. Its 25 LEDs are wired as three rows of nine columns, one row being lit at \
                  a time; an LED that is on whenever its row's turn comes shines at full brightness.",
    pins: &[
        pin("row1", ROW),
        pin("row2", ROW),
        pin("row3", ROW),
        pin("col1", COLUMN),
        pin("col2", COLUMN),
        pin("col3", COLUMN),
        pin("col4", COLUMN),
        pin("col5", COLUMN),
        pin("col6", COLUMN),
        pin("col7", COLUMN),
        pin("col8", COLUMN),
        pin("col9", COLUMN),
    ],
    inputs: &[],
    // By x and y, from the upper left.
    outputs: &[
        led("led00"),
        led("led10"),
        led("led20"),
        led("led30"),
        led("led40"),
        led("led01"),
        led("led11"),
        led("led21"),
        led("led31"),
        led("led41"),
        led("led02"),
        led("led12"),
        led("led22"),
        led("led32"),
        led("led42"),
        led("led03"),
        led("led13"),
        led("led23"),
        led("led33"),
        led("led43"),
        led("led04"),
        led("led14"),
        led("led24"),
        led("led34"),
        led("led44"),
    ],
    properties: &[],
    make: |_: &Properties| Ok(Box::new(LedMatrix::default())),
};

#[derive(Clone, Default)]
struct LedMatrix {
    /// Bit *5 y + x*: the LED is on now.
    on: u32,
    /// Since when.
    since: Time,
    /// How long each LED was on in this frame.
    lit: [u64; SIDE * SIDE],
    frame: Time,
    /// Of the last whole frame.
    brightness: [f64; SIDE * SIDE],
}

impl LedMatrix {
    fn accumulate(&mut self, now: Time) {
        let span = now.saturating_sub(self.since).nanos();
        let mut on = self.on;
        while on != 0 {
            self.lit[on.trailing_zeros() as usize] += span;
            on &= on - 1;
        }
        self.since = now;
    }

    /// A frame is over: what the eye sees of it. Its rows share it, so a third of it is all there can be.
    fn finish(&mut self, now: Time) {
        self.accumulate(now);
        let frame = now.saturating_sub(self.frame).nanos().max(1) as f64;
        for (brightness, lit) in self.brightness.iter_mut().zip(&mut self.lit) {
            *brightness = (ROWS as f64 * std::mem::take(lit) as f64 / frame).min(1.0);
        }
        self.frame = now;
    }
}

impl Part for LedMatrix {
    fn pin_changed(&mut self, cx: &mut Context, pin: usize, high: bool) {
        self.accumulate(cx.now);
        if pin == 0 && high && cx.now.saturating_sub(self.frame) > Time::from_millis(1) {
            self.finish(cx.now);
        }
        self.on = 0;
        for (row, leds) in AT.iter().enumerate() {
            if !cx.level(row) || !cx.driven(row) {
                continue;
            }
            for (column, at) in leds.iter().enumerate() {
                let column = ROWS + column;
                if let (Some((x, y)), false, true) = (at, cx.level(column), cx.driven(column)) {
                    self.on |= 1 << (SIDE * y + x);
                }
            }
        }
    }

    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {
        if cx.now.saturating_sub(self.frame) > STILL {
            self.finish(cx.now);
        }
        out.copy_from_slice(&self.brightness);
    }

    fn picture(&self) -> Option<Picture> {
        let rgb = self.brightness.iter().map(|&brightness| {
            // Eyes see a lamp at a tenth of its power as a third as bright.
            let seen = brightness.sqrt();
            let mix = |n: usize| (DARK[n] + (LIT[n] - DARK[n]) * seen) as u8;
            [mix(0), mix(1), mix(2)]
        });
        Some(Picture { width: SIDE, height: SIDE, rgb: rgb.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;
    use super::*;

    /// Scans one frame of 18 ms with these columns low in each row.
    fn frame(rig: &mut Rig, columns: [&[&str]; 3]) {
        for (row, low) in ["row1", "row2", "row3"].into_iter().zip(columns) {
            low.iter().for_each(|column| rig.pin(column, false));
            rig.pin(row, true);
            rig.wait(Time::from_millis(6));
            rig.pin(row, false);
            low.iter().for_each(|column| rig.pin(column, true));
        }
    }

    fn shown(rig: &mut Rig) -> Vec<(usize, f64)> {
        let outputs = rig.outputs().into_iter().enumerate();
        outputs
            .filter(|&(_, value)| value > 0.05)
            .map(|(n, value)| (n, (value * 10.0).round() / 10.0))
            .collect()
    }

    #[test]
    fn a_scanned_picture_shines_steadily() {
        let mut rig = Rig::new("led_matrix", &[]);
        ["row1", "row2", "row3"].into_iter().for_each(|row| rig.pin(row, false));
        for _ in 0..3 {
            // The corners
            frame(&mut rig, [&["col1", "col3"], &[], &["col2", "col3"]]);
        }
        assert_eq!(shown(&mut rig), [(0, 1.0), (4, 1.0), (20, 1.0), (24, 1.0)]);
        assert_eq!(rig.picture().unwrap().rgb[0], [255, 60, 40]);
        assert_eq!(rig.picture().unwrap().rgb[1], [38, 30, 30]);
        rig.wait(Time::from_secs(1));
        assert_eq!(shown(&mut rig), []);
    }

    #[test]
    fn a_shorter_turn_is_dimmer() {
        let mut rig = Rig::new("led_matrix", &[]);
        ["row1", "row2", "row3"].into_iter().for_each(|row| rig.pin(row, false));
        for _ in 0..3 {
            rig.pin("row1", true);
            rig.pin("col1", false);
            rig.wait(Time::from_millis(3));
            rig.pin("col1", true);
            rig.wait(Time::from_millis(3));
            rig.pin("row1", false);
            rig.wait(Time::from_millis(12));
        }
        assert_eq!(shown(&mut rig), [(0, 0.5)]);
    }
}
