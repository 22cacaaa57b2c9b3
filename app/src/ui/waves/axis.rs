//! The time axis: which instants are shown, and where its marks go.

/// The shortest span that can be shown, in nanoseconds.
const MIN_SPAN: u64 = 200;

/// The longest: some three years.
const MAX_SPAN: u64 = 100_000_000_000_000_000;

/// The instants in view, in nanoseconds of virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The left edge.
    pub start: u64,
    /// How much time fits.
    pub span: u64,
}

impl View {
    /// The right edge.
    pub fn end(self) -> u64 {
        self.start.saturating_add(self.span)
    }

    /// The instant at a share (0 to 1) of the width.
    pub fn time_at(self, share: f64) -> u64 {
        let offset = share * self.span as f64;
        (self.start as f64 + offset).max(0.0).round() as u64
    }

    /// Where an instant lies, as a share of the width; outside 0 to 1 when out of view.
    pub fn share_of(self, time: u64) -> f64 {
        (time as i128 - self.start as i128) as f64 / self.span as f64
    }

    /// Shows `factor` times as much, keeping the instant at `share` where it is.
    pub fn zoomed(self, factor: f64, share: f64) -> Self {
        let fixed = self.start as f64 + share * self.span as f64;
        let span = (self.span as f64 * factor).clamp(MIN_SPAN as f64, MAX_SPAN as f64);
        let start = (fixed - share * span).max(0.0);
        Self { start: start.round() as u64, span: span.round() as u64 }
    }

    /// Moves by a share of the width; never before the start of time.
    pub fn panned(self, share: f64) -> Self {
        let start = self.start as f64 + share * self.span as f64;
        Self { start: start.max(0.0).round() as u64, ..self }
    }

    /// Everything from `from` to `to`, with a little room.
    pub fn fitting(from: u64, to: u64) -> Self {
        let span = to.saturating_sub(from).max(MIN_SPAN);
        Self { start: from, span: span + span / 50 }
    }
}

/// Marks: their distance and instants, for a width of `points` with at least `room` between two.
pub fn ticks(view: View, points: f32, room: f32) -> (u64, Vec<u64>) {
    let count = (f64::from(points) / f64::from(room)).max(1.0);
    let step = nice_step(view.span as f64 / count);
    let first = view.start.div_ceil(step) * step;
    let marks = (0..).map(|i| first + i * step).take_while(|t| *t <= view.end()).take(1_000).collect();
    (step, marks)
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
fn nice_step(least: f64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if step as f64 >= least || step >= u64::MAX / 10 {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// An instant with as many digits as marks `step` apart need: `1.25 s`, `12.003 ms`.
pub fn label(time: u64, step: u64) -> String {
    let (unit, scale) = match time.max(step) {
        0..1_000 => ("ns", 1_u64),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let mut digits = 0;
    let mut finest = scale;
    while finest > step.max(1) {
        finest /= 10;
        digits += 1;
    }
    if digits == 0 {
        return format!("{} {unit}", time / scale);
    }
    let divisor = scale / 10_u64.pow(digits);
    format!("{}.{:0width$} {unit}", time / scale, time % scale / divisor.max(1), width = digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_instant_under_the_pointer() {
        let view = View { start: 1_000_000, span: 2_000_000 };
        let at = view.time_at(0.25);
        let closer = view.zoomed(0.5, 0.25);
        assert_eq!(closer.time_at(0.25), at);
        assert_eq!(closer.span, 1_000_000);
        let farther = view.zoomed(1e30, 0.5);
        assert_eq!(farther.span, MAX_SPAN);
        assert_eq!(view.zoomed(1e-30, 0.5).span, MIN_SPAN);
    }

    #[test]
    fn time_has_a_start() {
        let view = View { start: 10, span: 1_000 };
        assert_eq!(view.panned(-5.0).start, 0);
        assert_eq!(view.panned(0.5).start, 510);
    }

    #[test]
    fn marks_are_round_and_far_enough_apart() {
        for span in [200, 12_345, 1_000_000_000, 86_400_000_000_000] {
            let view = View { start: 777, span };
            let (step, marks) = ticks(view, 900.0, 100.0);
            assert!(marks.len() <= 10, "{span}: {} marks", marks.len());
            assert!(marks.iter().all(|mark| mark % step == 0));
            assert!(step as f64 * 900.0 / span as f64 >= 99.0);
        }
    }

    #[test]
    fn labels_have_the_digits_that_tell_marks_apart() {
        assert_eq!(label(0, 100), "0 ns");
        assert_eq!(label(1_250_000_000, 10_000_000), "1.25 s");
        assert_eq!(label(2_000_000_000, 500_000_000), "2.0 s");
        assert_eq!(label(12_003_000, 1_000), "12.003 ms");
        assert_eq!(label(3_000_000_000, 1_000_000_000), "3 s");
        assert_eq!(label(20_000_000, 20_000_000), "20 ms");
    }
}
