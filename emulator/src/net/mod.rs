//! Nets: what is wired together, who drives it, and which level and voltage come of it.

mod draw;
mod i2c;

pub(crate) use draw::{Line, Step, Wave, i2c_wave, spi_wave, uart_wave};
pub(crate) use i2c::{I2cAdapter, Notice};

use crate::world::{Drive, Gpio, Level, Microvolts, Pull, VDD};

/// Below this an RP2040 input reads low, above [`INPUT_HIGH`] high; between them it keeps what it read.
const INPUT_LOW: Microvolts = 800_000;
/// See [`INPUT_LOW`].
const INPUT_HIGH: Microvolts = 2_000_000;

/// Who drives a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Driver {
    /// The chip, through this pin.
    Chip(Gpio),
    /// A part's pin.
    Part(usize, usize),
    /// The adapter that answers on a bit-banged bus for its parts.
    Adapter(usize),
}

/// What comes of all drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The logic level.
    pub high: bool,
    /// Someone delivers current: not merely pulled or floating.
    pub driven: bool,
    /// Neither driven nor pulled.
    pub floating: bool,
    /// One driver pulls high what another pulls low.
    pub conflict: bool,
}

/// Some pins wired together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Net {
    /// Those who drive it, each once.
    pub drivers: Vec<(Driver, Drive)>,
    /// The part pins on it.
    pub pins: Vec<(usize, usize)>,
    /// The part pin that delivers a voltage to it.
    pub analog: Option<(usize, usize)>,
    /// A supply: always this level.
    pub fixed: Option<bool>,
    /// What came of the drivers last.
    pub state: Option<Resolved>,
}

impl Net {
    /// Replaces what a driver does; true if that was a change.
    pub fn set(&mut self, driver: Driver, drive: Drive) -> bool {
        match self.drivers.iter_mut().find(|(who, _)| *who == driver) {
            Some((_, old)) if *old == drive => false,
            Some((_, old)) => {
                *old = drive;
                true
            }
            None => {
                self.drivers.push((driver, drive));
                true
            }
        }
    }

    /// What a driver does.
    pub fn drive_of(&self, driver: Driver) -> Drive {
        self.drivers.iter().find(|(who, _)| *who == driver).map_or(Drive::FLOATING, |&(_, drive)| drive)
    }

    /// The level, low before anything happened.
    pub fn high(&self) -> bool {
        self.fixed.unwrap_or_else(|| self.state.is_some_and(|state| state.high))
    }

    /// Whether someone delivers current.
    pub fn driven(&self) -> bool {
        self.fixed.is_some() || self.analog.is_some() || self.state.is_some_and(|state| state.driven)
    }

    /// What comes of the drivers, given the voltage of the analogue source if there is one.
    pub fn resolve(&self, analog: Option<Microvolts>) -> Resolved {
        let has = |level| self.drivers.iter().any(|(_, drive)| drive.level == level);
        let pulled =
            |pull| self.drivers.iter().any(|(_, drive)| drive.level == Level::Z && drive.pull == pull);
        let (low, high) = (has(Level::Low), has(Level::High));
        let (up, down) = (pulled(Pull::Up), pulled(Pull::Down));
        if low || high {
            // Ground wins: open-drain buses live on it, and a short to ground looks like it.
            return Resolved { high: !low, driven: true, floating: false, conflict: low && high };
        }
        let kept = self.high();
        if let Some(volts) = analog {
            let high = if kept { volts > INPUT_LOW } else { volts >= INPUT_HIGH };
            return Resolved { high, driven: true, floating: false, conflict: false };
        }
        // An external pull-up of some kilohms beats a pad's pull-down: parts only have pull-ups.
        let high = if up { true } else { !down && kept };
        Resolved { high, driven: false, floating: !up && !down, conflict: false }
    }

    /// The voltage, given that of the analogue source if there is one.
    pub fn volts(&self, analog: Option<Microvolts>) -> Microvolts {
        let state = self.resolve(analog);
        match analog {
            Some(volts) if !self.drivers.iter().any(|(_, drive)| drive.level != Level::Z) => volts,
            _ if state.high => VDD,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(drives: &[Drive]) -> Net {
        let mut net = Net::default();
        for (i, drive) in drives.iter().enumerate() {
            net.set(Driver::Chip(i as Gpio), *drive);
        }
        net
    }

    #[test]
    fn outputs_beat_pulls_and_ground_beats_high() {
        let (low, high) = (Drive::output(Level::Low), Drive::output(Level::High));
        let (up, down) = (Drive::input(Pull::Up), Drive::input(Pull::Down));
        let of = |drives: &[Drive]| {
            let r = net(drives).resolve(None);
            (r.high, r.driven, r.floating, r.conflict)
        };
        assert_eq!(of(&[low, up]), (false, true, false, false));
        assert_eq!(of(&[high, down]), (true, true, false, false));
        assert_eq!(of(&[high, low]), (false, true, false, true));
        assert_eq!(of(&[up, Drive::FLOATING]), (true, false, false, false));
        assert_eq!(of(&[up, down]), (true, false, false, false));
        assert_eq!(of(&[down]), (false, false, false, false));
        assert_eq!(of(&[Drive::FLOATING]), (false, false, true, false));
    }

    #[test]
    fn a_floating_net_keeps_its_level() {
        let mut net = net(&[Drive::output(Level::High)]);
        net.state = Some(net.resolve(None));
        net.set(Driver::Chip(0), Drive::FLOATING);
        assert!(net.resolve(None).high);
    }

    #[test]
    fn a_voltage_reads_with_hysteresis_and_yields_to_an_output() {
        let mut net = net(&[Drive::FLOATING]);
        for (volts, high) in [(1_900_000, false), (2_000_000, true), (900_000, true), (800_000, false)] {
            net.state = Some(net.resolve(Some(volts)));
            assert_eq!(net.high(), high, "{volts}");
            assert_eq!(net.volts(Some(volts)), volts);
        }
        net.set(Driver::Chip(0), Drive::output(Level::High));
        assert_eq!(net.volts(Some(1_000_000)), VDD);
    }
}
