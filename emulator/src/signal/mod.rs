//! What drives a part's input: a constant, a slider, a generator or a column of a data set, with noise and
//! dropouts on top.
//!
//! A signal is a pure function of virtual time: asking twice gives the same value, in whatever order, on every
//! host (only IEEE arithmetic and a software sine are used).

mod data;
mod unit;

pub use data::{DataError, DataFile, Series, TimeBase};
pub use unit::{Conversion, alternatives, conversion};

use std::sync::Arc;

use crate::clock::Time;

/// How often a smoothly changing signal is looked at by parts that wait for it to change.
const RESOLUTION: Time = Time::from_millis(1);

/// A part input's value over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Where the value comes from.
    pub source: Source,
    /// From the source's unit to the input's.
    pub conversion: Conversion,
    /// Random deviation.
    pub noise: Option<Noise>,
    /// Times at which the value is stuck.
    pub dropout: Option<Dropout>,
}

/// Where a signal's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Always this.
    Constant(f64),
    /// Set by hand.
    Slider(Slider),
    /// A formula.
    Generator(Generator),
    /// A column of a data set.
    Column(Column),
}

/// A value set by hand, within limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slider {
    /// The present value.
    pub value: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The distance between neighbouring values; 0 for any.
    pub step: f64,
}

/// A periodic or random function between `min` and `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Generator {
    /// The form.
    pub shape: Shape,
    /// The lowest value.
    pub min: f64,
    /// The highest value.
    pub max: f64,
    /// A period; for noise, how long a value holds. Not zero.
    pub period: Time,
    /// Where in its period the signal begins, 0 to 1.
    pub phase: f64,
    /// The share of the period for which a square wave is high (it begins high), 0 to 1.
    pub duty: f64,
    /// What noise is derived from.
    pub seed: u64,
}

/// A generator's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Begins in the middle, rising.
    Sine,
    /// Begins high.
    Square,
    /// Begins low, rising.
    Triangle,
    /// Rises from low to high and falls back at once.
    Ramp,
    /// Evenly distributed values.
    Noise,
}

impl Shape {
    /// All shapes with their names in `bench.toml`.
    pub const ALL: [(&'static str, Shape); 5] = [
        ("sine", Shape::Sine),
        ("square", Shape::Square),
        ("triangle", Shape::Triangle),
        ("ramp", Shape::Ramp),
        ("noise", Shape::Noise),
    ];
}

/// A data set's column as a function of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The values and when they hold, shared by all who use them.
    pub series: Arc<Series>,
    /// Between two values.
    pub interpolation: Interpolation,
    /// Start again after the end, else the last value stays.
    pub repeat: bool,
    /// How much faster than recorded; 1 for as recorded. Above zero.
    pub speed: f64,
}

/// What holds between two values of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The earlier value.
    Hold,
    /// The straight line between them.
    Linear,
}

/// A random deviation with a normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// The standard deviation in the input's unit.
    pub deviation: f64,
    /// How long one value holds. Not zero.
    pub period: Time,
    /// What it is derived from.
    pub seed: u64,
}

/// A sensor that now and then sticks at its last value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// How probable it is that a period is lost, 0 to 1.
    pub probability: f64,
    /// The period. Not zero.
    pub period: Time,
    /// What it is derived from.
    pub seed: u64,
}

impl Signal {
    /// Always `value`.
    pub fn constant(value: f64) -> Signal {
        Signal::from(Source::Constant(value))
    }

    /// The value at an instant, in the input's unit.
    pub fn value(&self, t: Time) -> f64 {
        let at = self.dropout.map_or(t, |dropout| dropout.effective(t));
        let mut value = self.conversion.apply(self.source.value(at));
        if let Some(noise) = self.noise {
            value += noise.deviation * normal(noise.seed, at.0 / noise.period.0.max(1));
        }
        value
    }

    /// When the value may next differ from the one at `t`; `None` when it never will by itself. Smooth signals
    /// answer with the next millisecond.
    pub fn next_change(&self, t: Time) -> Option<Time> {
        let next_multiple = |period: Time| {
            let period = period.0.max(1);
            Time((t.0 / period + 1).saturating_mul(period))
        };
        let own = match &self.source {
            Source::Constant(_) | Source::Slider(_) => None,
            Source::Generator(generator) => match generator.shape {
                Shape::Square => generator.next_step(t),
                Shape::Noise => Some(next_multiple(generator.period)),
                _ => Some(next_multiple(RESOLUTION)),
            },
            Source::Column(column) => match column.interpolation {
                Interpolation::Hold => column.next_row(t),
                Interpolation::Linear if column.ends_before(t) => None,
                Interpolation::Linear => Some(next_multiple(RESOLUTION)),
            },
        };
        let noise = self.noise.map(|noise| next_multiple(noise.period));
        let dropout = self.dropout.filter(|_| own.is_some()).map(|dropout| next_multiple(dropout.period));
        own.into_iter().chain(noise).chain(dropout).min()
    }

    /// Whether the value can never change by itself.
    pub fn is_steady(&self) -> bool {
        matches!(self.source, Source::Constant(_) | Source::Slider(_)) && self.noise.is_none()
    }
}

impl From<Source> for Signal {
    fn from(source: Source) -> Signal {
        Signal { source, conversion: Conversion::IDENTITY, noise: None, dropout: None }
    }
}

/// A part's input: its signal, and the value that a hand has set over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    signal: Signal,
    by_hand: Option<f64>,
}

impl Feed {
    /// Fed by a signal.
    pub fn new(signal: Signal) -> Feed {
        Feed { signal, by_hand: None }
    }

    /// The value at an instant.
    pub fn value(&self, t: Time) -> f64 {
        self.by_hand.unwrap_or_else(|| self.signal.value(t))
    }

    /// The signal underneath.
    pub fn signal(&self) -> &Signal {
        &self.signal
    }

    /// Whether a value set by hand covers a signal that moves by itself.
    pub fn is_overridden(&self) -> bool {
        self.by_hand.is_some()
    }

    /// Sets a value by hand: moves a slider (within its limits), replaces a constant, covers anything else.
    pub fn set(&mut self, value: f64) {
        match &mut self.signal.source {
            Source::Slider(slider) => slider.value = value.clamp(slider.min, slider.max.max(slider.min)),
            Source::Constant(constant) => *constant = value,
            _ => self.by_hand = Some(value),
        }
    }

    /// Lets the signal through again.
    pub fn release(&mut self) {
        self.by_hand = None;
    }

    /// When the value may next change by itself.
    pub fn next_change(&self, t: Time) -> Option<Time> {
        if self.by_hand.is_some() { None } else { self.signal.next_change(t) }
    }
}

impl Source {
    fn value(&self, t: Time) -> f64 {
        match self {
            Source::Constant(value) => *value,
            Source::Slider(slider) => slider.value,
            Source::Generator(generator) => generator.value(t),
            Source::Column(column) => column.value(t),
        }
    }
}

impl Generator {
    /// The position in the period as nanoseconds.
    fn position(&self, t: Time) -> u64 {
        let period = self.period.0.max(1);
        let shift = (self.phase.clamp(0.0, 1.0) * period as f64) as u64;
        (t.0 % period + shift) % period
    }

    fn value(&self, t: Time) -> f64 {
        let period = self.period.0.max(1);
        let x = self.position(t) as f64 / period as f64;
        let share = match self.shape {
            Shape::Sine => 0.5 + 0.5 * libm::sin(x * std::f64::consts::TAU),
            Shape::Square => f64::from(self.position(t) < self.high_for()),
            Shape::Triangle => 1.0 - (2.0 * x - 1.0).abs(),
            Shape::Ramp => x,
            Shape::Noise => uniform(self.seed, t.0 / period),
        };
        self.min + (self.max - self.min) * share
    }

    fn high_for(&self) -> u64 {
        (self.duty.clamp(0.0, 1.0) * self.period.0.max(1) as f64) as u64
    }

    /// The next edge of a square wave.
    fn next_step(&self, t: Time) -> Option<Time> {
        let (position, high_for) = (self.position(t), self.high_for());
        let period = self.period.0.max(1);
        if high_for == 0 || high_for >= period {
            return None;
        }
        let target = if position < high_for { high_for } else { period };
        Some(t + Time(target - position))
    }
}

impl Column {
    /// The place in the recording: nanoseconds since its first row, and the nanoseconds at which this run
    /// through it began.
    fn place(&self, t: Time) -> (u64, u64) {
        let elapsed = if self.speed == 1.0 { t.0 } else { (t.0 as f64 * self.speed) as u64 };
        let length = self.series.length();
        if self.repeat && length > 0 { (elapsed % length, elapsed - elapsed % length) } else { (elapsed, 0) }
    }

    fn ends_before(&self, t: Time) -> bool {
        !self.repeat && self.place(t).0 >= self.series.times.last().copied().unwrap_or(0)
    }

    fn value(&self, t: Time) -> f64 {
        let series = &self.series;
        let (place, _) = self.place(t);
        let after = series.times.partition_point(|&row| row <= place);
        let Some(before) = after.checked_sub(1) else {
            return series.values.first().copied().unwrap_or(f64::NAN);
        };
        let value = series.values[before];
        match (self.interpolation, series.times.get(after)) {
            (Interpolation::Linear, Some(&next)) => {
                let start = series.times[before];
                let share = (place - start) as f64 / (next - start) as f64;
                value + (series.values[after] - value) * share
            }
            _ => value,
        }
    }

    fn next_row(&self, t: Time) -> Option<Time> {
        let (place, run) = self.place(t);
        let after = self.series.times.partition_point(|&row| row <= place);
        let next = match self.series.times.get(after) {
            Some(&next) => next,
            None if self.repeat && self.series.length() > 0 => self.series.length(),
            None => return None,
        };
        let at = run.saturating_add(next);
        let at = if self.speed == 1.0 { at } else { (at as f64 / self.speed).ceil() as u64 };
        Some(Time(at.max(t.0 + 1)))
    }
}

impl Dropout {
    /// The instant whose value shows at `t`: before a lost period, the end of the last good one.
    fn effective(&self, t: Time) -> Time {
        let period = self.period.0.max(1);
        let now = t.0 / period;
        // A chance of 1 would search for ever: a sensor stuck for a thousand periods is stuck enough.
        let good = (0..=now.min(1000)).find(|back| {
            let n = now - back;
            n == 0 || uniform(self.seed, n) >= self.probability
        });
        match good {
            Some(0) => t,
            Some(back) => Time((now - back + 1) * period - 1),
            None => Time((now - 1000) * period),
        }
    }
}

/// A well mixed number for the `n`th draw of a seed (the SplitMix64 finaliser).
fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Evenly distributed over 0 to 1 (1 excluded).
fn uniform(seed: u64, n: u64) -> f64 {
    (mix(seed, n) >> 11) as f64 / (1u64 << 53) as f64
}

/// Normally distributed with mean 0 and deviation 1: the sum of twelve even ones, which needs no logarithm.
fn normal(seed: u64, n: u64) -> f64 {
    (0..12).map(|k| uniform(seed, n.wrapping_mul(12).wrapping_add(k))).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(shape: Shape) -> Signal {
        Signal::from(Source::Generator(Generator {
            shape,
            min: -1.0,
            max: 3.0,
            period: Time::from_secs(4),
            phase: 0.0,
            duty: 0.25,
            seed: 7,
        }))
    }

    fn column(interpolation: Interpolation, repeat: bool, speed: f64) -> Signal {
        let series = Series { times: vec![0, 1_000_000_000, 2_000_000_000], values: vec![10.0, 20.0, 0.0] };
        Signal::from(Source::Column(Column { series: Arc::new(series), interpolation, repeat, speed }))
    }

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn generators_take_their_known_values() {
        let sine = generator(Shape::Sine);
        assert_eq!(sine.value(at(0)), 1.0);
        assert!((sine.value(at(1000)) - 3.0).abs() < 1e-12);
        assert!((sine.value(at(3000)) + 1.0).abs() < 1e-12);
        let square = generator(Shape::Square);
        assert_eq!((square.value(at(999)), square.value(at(1000)), square.value(at(4000))), (3.0, -1.0, 3.0));
        let triangle = generator(Shape::Triangle);
        assert_eq!(
            (triangle.value(at(0)), triangle.value(at(2000)), triangle.value(at(3000))),
            (-1.0, 3.0, 1.0)
        );
        assert_eq!(generator(Shape::Ramp).value(at(3000)), 2.0);
    }

    #[test]
    fn a_square_wave_names_its_next_edge_exactly() {
        let square = generator(Shape::Square);
        let mut t = Time::ZERO;
        for expected in [1000, 4000, 5000, 8000, 9000] {
            t = square.next_change(t).unwrap();
            assert_eq!(t, at(expected));
            assert_ne!(square.value(t), square.value(Time(t.0 - 1)));
        }
    }

    #[test]
    fn columns_hold_interpolate_repeat_and_run_faster() {
        let hold = column(Interpolation::Hold, false, 1.0);
        assert_eq!((hold.value(at(999)), hold.value(at(1000)), hold.value(at(9000))), (10.0, 20.0, 0.0));
        assert_eq!(hold.next_change(at(500)), Some(at(1000)));
        assert_eq!(hold.next_change(at(2000)), None);
        let linear = column(Interpolation::Linear, false, 1.0);
        assert_eq!((linear.value(at(500)), linear.value(at(1750))), (15.0, 5.0));
        // The last row lasts as long as the mean distance of the rows: 1 s.
        let repeat = column(Interpolation::Hold, true, 1.0);
        assert_eq!(
            (repeat.value(at(2999)), repeat.value(at(3000)), repeat.value(at(4500))),
            (0.0, 10.0, 20.0)
        );
        assert_eq!(repeat.next_change(at(2500)), Some(at(3000)));
        let fast = column(Interpolation::Hold, false, 10.0);
        assert_eq!((fast.value(at(99)), fast.value(at(100))), (10.0, 20.0));
        assert_eq!(fast.next_change(at(10)), Some(at(100)));
    }

    #[test]
    fn noise_has_the_asked_deviation_and_repeats() {
        let mut signal = Signal::constant(5.0);
        signal.noise = Some(Noise { deviation: 2.0, period: at(1), seed: 3 });
        let values: Vec<f64> = (0..20_000).map(|ms| signal.value(at(ms))).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!((mean - 5.0).abs() < 0.05, "{mean}");
        assert!((variance.sqrt() - 2.0).abs() < 0.05, "{}", variance.sqrt());
        assert_eq!(signal.value(at(17)), values[17]);
        assert_eq!(signal.next_change(at(17)), Some(at(18)));
    }

    #[test]
    fn a_dropout_holds_the_last_good_value() {
        let mut signal = generator(Shape::Ramp);
        signal.dropout = Some(Dropout { probability: 0.5, period: at(100), seed: 1 });
        let clean = generator(Shape::Ramp);
        let mut stuck = 0;
        for period in 1..30 {
            let (a, b) = (signal.value(at(period * 100)), signal.value(at(period * 100 + 99)));
            if a == b {
                stuck += 1;
                assert_eq!(a, signal.value(Time(period * 100_000_000 - 1)));
            } else {
                assert_eq!(a, clean.value(at(period * 100)));
            }
        }
        assert!((8..22).contains(&stuck), "{stuck} of 29");
    }
}
