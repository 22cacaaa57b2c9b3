//! The four clock outputs (data sheet section 2.15.7): CLK_GPOUT0 to 3 on GPIO 21, 23, 24 and 25.
//!
//! An output's edges are worked out from the instant it was set up, so that no rounding adds up. Its duty cycle is
//! one half, as with DC50; only outputs on a pin plan events.

use super::pins::function;
use super::shared::{Event, Shared};
use crate::clock::Time;

const PINS: [usize; 4] = [21, 23, 24, 25];

/// What an output gives: a frequency in hertz and its divider in 256ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub hz: u64,
    pub divider: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Output {
    wanted: Wanted,
    /// Since when it runs like this, and how many edges it has made.
    since: Time,
    edges: u64,
}

impl Output {
    /// When an edge comes.
    fn at(&self, edge: u64) -> Time {
        let Wanted { hz, divider } = self.wanted;
        let ns =
            (u128::from(edge) * u128::from(divider) * 1_000_000_000).div_ceil(u128::from(hz.max(1)) * 512);
        self.since + Time(ns.min(u64::MAX.into()) as u64)
    }
}

/// The outputs.
#[derive(Clone, Debug, Default)]
pub struct Gpouts {
    outputs: [Output; 4],
}

impl Gpouts {
    /// Clocks or pin functions changed.
    pub fn set(&mut self, s: &mut Shared, wanted: [Wanted; 4]) {
        for ((output, wanted), pin) in self.outputs.iter_mut().zip(wanted).zip(PINS) {
            let seen = s.pins.function(pin) == function::GPCK;
            let wanted = if seen { wanted } else { Wanted::default() };
            if wanted != output.wanted {
                *output = Output { wanted, since: s.now, edges: 0 };
            }
        }
        self.refresh(s);
    }

    /// Makes the edges that are due and plans the next.
    pub fn refresh(&mut self, s: &mut Shared) {
        let (mut out, mut next) = (0, Time::NEVER);
        for (output, pin) in self.outputs.iter_mut().zip(PINS) {
            if output.wanted.hz == 0 {
                continue;
            }
            while output.at(output.edges + 1) <= s.now {
                output.edges += 1;
            }
            // The first edge rises.
            out |= ((output.edges & 1) as u32) << pin;
            next = next.min(output.at(output.edges + 1));
        }
        s.schedule(Event::Gpout, next);
        let all = PINS.iter().fold(0, |pins, pin| pins | 1 << pin);
        let changed = if s.pins.clock.oe == all { s.pins.clock.out ^ out } else { all };
        (s.pins.clock.out, s.pins.clock.oe) = (out, all);
        if changed != 0 {
            s.pins_changed(changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pins::function;
    use super::super::testing::Rig;
    use crate::clock::Time;

    const CLOCKS: u32 = 0x4000_8000;

    #[test]
    fn a_clock_comes_out_at_its_frequency() {
        let mut rig = Rig::new("");
        rig.select(function::GPCK, &[21, 25]);
        // GPOUT0: CLK_SYS by 125.5; GPOUT3: XOSC by 12.
        rig.write(CLOCKS + 4, 125 << 8 | 128);
        rig.write(CLOCKS, 6 << 5 | 1 << 11);
        rig.write(CLOCKS + 0x28, 12 << 8);
        rig.write(CLOCKS + 0x24, 5 << 5 | 1 << 11);
        let start = rig.chip.s.now.0;
        rig.run(Time::from_millis(1));
        for (pin, period) in [("GP21", 1004.0), ("GP25", 1000.0)] {
            let edges: Vec<_> = rig.edges(pin).into_iter().filter(|edge| edge.0 > start).collect();
            assert_eq!(edges.len(), (2e6 / period) as usize, "{pin}");
            for (n, (t, high)) in edges.into_iter().enumerate() {
                assert_eq!(high, n % 2 == 0);
                let right = start as f64 + (n + 1) as f64 * period / 2.0;
                assert!((t as f64 - right).abs() <= 1.0, "{pin} edge {n} at {t}");
            }
        }
        rig.write(CLOCKS, 6 << 5);
        let edges = rig.edges("GP21").len();
        rig.run(Time::from_millis(1));
        assert!(rig.edges("GP21").len() <= edges + 1, "off");
    }

    #[test]
    fn the_frequency_counter_counts_and_judges() {
        let mut rig = Rig::new("");
        rig.write(CLOCKS + 0x84, 124_900);
        rig.write(CLOCKS + 0x88, 125_100);
        for (source, khz) in [(1, 125_000), (2, 48_000), (5, 12_000), (9, 125_000), (13, 46)] {
            rig.write(CLOCKS + 0x94, source);
            assert_eq!(rig.read(CLOCKS + 0x98), 1 << 8, "it runs");
            rig.run(Time::from_micros(251));
            let passes = khz == 125_000;
            assert_eq!(rig.read(CLOCKS + 0x98), if passes { 1 << 4 | 1 } else { 1 << 4 | 1 << 16 | 1 << 20 });
            assert_eq!(rig.read(CLOCKS + 0x9C) >> 5, khz);
        }
    }

    #[test]
    fn dormant_the_chip_stands_still_until_a_pin_moves() {
        let mut rig = Rig::new("[[part]]\ntype = \"button\"\nbounce = 0\npins = { a = \"GP15\" }\n");
        rig.select(5, &[15]);
        // Everything from the crystal; DORMANT_WAKE_INTE: GP15 falls.
        rig.write(CLOCKS + 0x3C, 0);
        rig.run(Time::from_micros(10));
        rig.write(0x4001_4000 + 0x164, 4 << 28);
        // The tick of TIMER.
        rig.write(0x4005_802C, 1 << 9 | 12);
        rig.run(Time::from_micros(10));
        let timer = rig.read(0x4005_4028);
        assert_eq!(timer, 10);
        rig.write(0x4002_4008, 0x636F_6D61);
        assert!(rig.chip.is_stopped());
        rig.run(Time::from_secs(3));
        assert!(rig.chip.is_stopped());
        let now = rig.chip.s.now;
        let world: &mut dyn std::any::Any = rig.chip.s.world.as_mut();
        let bench = world.downcast_mut::<crate::bench::BenchWorld>().unwrap();
        bench.set_input(now, "button", "pressed", 1.0).unwrap();
        rig.run(Time::from_micros(10));
        assert!(!rig.chip.is_stopped());
        assert_eq!(rig.read(0x4005_4028), timer + 10, "time stood still");
        assert_eq!(rig.read(0x4002_4008), 0x7761_6B65);
    }
}
