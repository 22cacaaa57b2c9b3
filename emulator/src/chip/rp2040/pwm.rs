//! PWM (data sheet section 4.5): eight slices with two outputs each.
//!
//! A slice's counter is a function of time: it is worked out when it is looked at, and only slices that
//! somebody sees (a pin, an interrupt, a DMA channel) plan events. In the modes that count at channel B the
//! pin's edges move the counter, or its level lets it run.

use super::pins::{GPIOS, Output, function};
use super::shared::{Event, Shared, irq};
use crate::clock::Time;

const CSR: u32 = 0x00;
const DIV: u32 = 0x04;
const CTR: u32 = 0x08;
const CC: u32 = 0x0C;
const TOP: u32 = 0x10;
const STRIDE: u32 = 0x14;
const EN: u32 = 0xA0;
const INTR: u32 = 0xA4;
const INTE: u32 = 0xA8;
const INTF: u32 = 0xAC;
const INTS: u32 = 0xB0;

const SLICES: usize = 8;
const CSR_EN: u32 = 1;
const CSR_PH_CORRECT: u32 = 1 << 1;
const CSR_A_INV: u32 = 1 << 2;
const CSR_B_INV: u32 = 1 << 3;
/// Bits 5..4, DIVMODE: what counts.
const MODE_FREE: u32 = 0;
const MODE_LEVEL: u32 = 1;
const MODE_RISE: u32 = 2;
const CSR_PH_RET: u32 = 1 << 6;
const CSR_PH_ADV: u32 = 1 << 7;

/// One slice. Its position counts the steps since the period began: up to TOP and, if phase-correct, back.
#[derive(Clone, Copy, Debug)]
struct Slice {
    csr: u32,
    div: u32,
    cc: u32,
    top: u32,
    /// Values that take effect when the counter wraps.
    next_cc: u32,
    next_top: u32,
    position: u64,
    /// Channel B is high, for the mode that runs only then.
    gate: bool,
    /// Sixteenths of a step that edges have made.
    edges: u64,
    /// Since this instant the slice has run at the present rate, and has made so many steps: counted from there,
    /// no rounding adds up.
    epoch: Time,
    done: u64,
}

impl Default for Slice {
    fn default() -> Slice {
        let (cc, top) = (0, 0xFFFF);
        Slice {
            csr: 0,
            div: 16,
            cc,
            top,
            next_cc: cc,
            next_top: top,
            position: 0,
            gate: false,
            edges: 0,
            epoch: Time::ZERO,
            done: 0,
        }
    }
}

impl Slice {
    fn runs(&self, hz: u64) -> bool {
        let mode = self.mode();
        self.csr & CSR_EN != 0 && hz > 0 && (mode == MODE_FREE || mode == MODE_LEVEL && self.gate)
    }

    fn mode(&self) -> u32 {
        self.csr >> 4 & 3
    }

    /// Steps in a period.
    fn period(&self) -> u64 {
        let top = u64::from(self.top);
        if self.csr & CSR_PH_CORRECT != 0 { (2 * top).max(1) } else { top + 1 }
    }

    /// Sixteenths of a clock cycle that a step takes; a divider of zero means 256.
    fn step(&self) -> u128 {
        if self.div >> 4 == 0 { (256 << 4 | self.div & 0xF).into() } else { self.div.into() }
    }

    /// Whole steps in a span.
    fn steps(&self, span: Time, hz: u64) -> u64 {
        (u128::from(span.0) * u128::from(hz) * 16 / (self.step() * 1_000_000_000)) as u64
    }

    /// How long so many steps take, rounded up: then they are over.
    fn span(&self, steps: u64, hz: u64) -> Time {
        let ns = (u128::from(steps) * self.step() * 1_000_000_000).div_ceil(u128::from(hz) * 16);
        Time(ns.min(u64::MAX.into()) as u64)
    }

    /// Counts from `now` on.
    fn rebase(&mut self, now: Time) {
        self.epoch = now;
        self.done = 0;
    }

    /// Moves on to `now`; gives whether the counter wrapped.
    fn advance(&mut self, now: Time, hz: u64) -> bool {
        if !self.runs(hz) {
            self.rebase(now);
            return false;
        }
        let total = self.steps(now.saturating_sub(self.epoch), hz);
        let steps = total - self.done;
        self.done = total;
        self.step_on(steps)
    }

    /// Channel B has risen or fallen so often; gives whether the counter wrapped.
    fn count(&mut self, edges: u32) -> bool {
        if self.csr & CSR_EN == 0 {
            return false;
        }
        self.edges += u64::from(edges) * 16;
        let step = self.step() as u64;
        let steps = self.edges / step;
        self.edges %= step;
        self.step_on(steps)
    }

    fn step_on(&mut self, mut steps: u64) -> bool {
        // The first wrap may change the period; after it all periods are alike.
        let to_wrap = self.period().saturating_sub(self.position);
        if steps < to_wrap {
            self.position += steps;
            return false;
        }
        steps -= to_wrap;
        (self.cc, self.top) = (self.next_cc, self.next_top);
        self.position = steps % self.period();
        true
    }

    /// When the slice reaches a position that lies ahead.
    fn reaches(&self, position: u64, hz: u64) -> Time {
        self.epoch + self.span(self.done + (position - self.position), hz)
    }

    /// Whether neither output changes within a period.
    fn is_constant(&self) -> bool {
        let constant = |compare: u32| compare == 0 || compare > self.top;
        constant(self.cc & 0xFFFF) && constant(self.cc >> 16)
    }

    /// The counter's value.
    fn counter(&self) -> u32 {
        let (top, position) = (u64::from(self.top), self.position);
        if self.csr & CSR_PH_CORRECT != 0 && position > top {
            (2 * top - position) as u32
        } else {
            position as u32
        }
    }

    fn level(&self, channel: u32) -> bool {
        let compare = self.cc >> (16 * channel) & 0xFFFF;
        let inverted = self.csr & if channel == 0 { CSR_A_INV } else { CSR_B_INV } != 0;
        (self.counter() < compare) != inverted
    }

    /// The next position (after the present) at which an output changes or the counter wraps.
    fn next_position(&self, outputs: bool) -> u64 {
        let period = self.period();
        let mut next = period;
        if outputs {
            for compare in [self.cc & 0xFFFF, self.cc >> 16].map(u64::from) {
                let falls = compare;
                // On the way back the counter falls below the level one step after it reaches it.
                let rises = period.saturating_sub(compare).saturating_add(1);
                for at in [falls, if self.csr & CSR_PH_CORRECT != 0 { rises } else { period }] {
                    if at > self.position && at < next {
                        next = at;
                    }
                }
            }
        }
        next
    }
}

/// The eight slices.
#[derive(Clone, Debug, Default)]
pub struct Pwm {
    slices: [Slice; SLICES],
    intr: u32,
    inte: u32,
    intf: u32,
    /// Wraps that DMA has not answered yet, a bit a slice.
    dreq: u32,
    /// The clock at which the slices have run so far.
    hz: u64,
}

impl Pwm {
    /// Moves all slices on to now, drives their pins and plans what comes next. To be called when a planned
    /// change is due, when a pin's function changes and when the clock does.
    pub fn refresh(&mut self, s: &mut Shared) {
        let mut seen = [false; SLICES];
        for gpio in 0..GPIOS {
            seen[gpio / 2 % SLICES] |= s.pins.function(gpio) == function::PWM;
        }
        let (mut out, mut oe, mut next) = (0, u32::MAX, Time::NEVER);
        let inputs = s.pins.pwm_inputs;
        for (n, slice) in self.slices.iter_mut().enumerate() {
            let mut wrapped = slice.advance(s.now, self.hz);
            if inputs & channel_b(n) != 0 {
                oe &= !channel_b(n);
                let edges = std::mem::take(&mut s.pins.pwm_edges[n]);
                if slice.mode() >= MODE_RISE {
                    wrapped |= slice.count(edges[(slice.mode() - MODE_RISE) as usize]);
                }
                slice.gate = s.pins.pwm_high(n);
            }
            if wrapped {
                self.intr |= 1 << n;
                self.dreq |= 1 << n;
                s.dreq_changed = true;
            }
            if self.hz != s.sys_hz() {
                slice.rebase(s.now);
            }
            for channel in 0..2 {
                // GPIO 2n and 2n + 1, and again 16 above.
                let pins = 0x0001_0001 << (2 * n as u32 + channel);
                out |= if slice.level(channel) { pins } else { 0 };
            }
            // A slice that nobody sees plans nothing: its wraps are noticed when it is looked at.
            let pending = (slice.cc, slice.top) != (slice.next_cc, slice.next_top);
            let edges = seen[n] && (pending || !slice.is_constant());
            if slice.runs(s.sys_hz()) && (edges || (self.inte | s.pwm_paces) >> n & 1 != 0) {
                let position = slice.next_position(edges);
                next = next.min(slice.reaches(position, s.sys_hz()));
            }
        }
        self.hz = s.sys_hz();
        let at = if next == Time::NEVER { next } else { next.max(s.now + Time(1)) };
        s.schedule(Event::Pwm, at);
        let changed = if s.pins.pwm.oe == oe { s.pins.pwm.out ^ out } else { u32::MAX };
        s.pins.pwm = Output { out, oe };
        if changed != 0 {
            s.pins_changed(changed);
        }
        s.set_irq(irq::PWM_WRAP, self.intr & self.inte | self.intf != 0);
    }

    /// DMA requests, a bit a slice: it has wrapped since the last transfer.
    pub fn dreq(&self) -> u32 {
        self.dreq
    }

    /// DMA has answered a slice's request.
    pub fn answered(&mut self, slice: usize) {
        self.dreq &= !(1 << slice);
    }

    /// Tells the pins which of them count.
    fn choose_inputs(&self, s: &mut Shared) {
        let counting = |&n: &usize| self.slices[n].mode() != MODE_FREE;
        s.pins.pwm_inputs = (0..SLICES).filter(counting).fold(0, |pins, n| pins | channel_b(n));
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        self.refresh(s);
        if let Some(slice) = self.slices.get((offset / STRIDE) as usize) {
            return match offset % STRIDE {
                CSR => slice.csr,
                DIV => slice.div,
                CTR => slice.counter(),
                CC => slice.next_cc,
                TOP => slice.next_top,
                _ => 0,
            };
        }
        match offset {
            EN => (0..SLICES).fold(0, |en, n| en | (self.slices[n].csr & CSR_EN) << n),
            INTR => self.intr,
            INTE => self.inte,
            INTF => self.intf,
            INTS => self.intr & self.inte | self.intf,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        self.refresh(s);
        if let Some(slice) = self.slices.get_mut((offset / STRIDE) as usize) {
            match offset % STRIDE {
                CSR => {
                    if (slice.csr ^ value) & 0x3F != 0 {
                        slice.rebase(s.now);
                    }
                    slice.csr = value & 0x3F;
                    slice.edges = 0;
                    if value & CSR_PH_ADV != 0 {
                        slice.position = (slice.position + 1) % slice.period();
                    }
                    if value & CSR_PH_RET != 0 {
                        slice.position = (slice.position + slice.period() - 1) % slice.period();
                    }
                    slice.position = slice.position.min(slice.period() - 1);
                }
                DIV => {
                    slice.rebase(s.now);
                    slice.div = value & 0xFFF;
                }
                CTR => slice.position = u64::from(value & 0xFFFF).min(slice.period() - 1),
                CC => slice.next_cc = value,
                TOP => slice.next_top = value & 0xFFFF,
                _ => {}
            }
            // A slice that stands still takes new values at once.
            if slice.csr & CSR_EN == 0 {
                (slice.cc, slice.top) = (slice.next_cc, slice.next_top);
            }
        } else {
            match offset {
                EN => {
                    for (n, slice) in self.slices.iter_mut().enumerate() {
                        slice.csr = slice.csr & !CSR_EN | value >> n & 1;
                    }
                }
                INTR => self.intr &= !value,
                INTE => self.inte = value & 0xFF,
                INTF => self.intf = value & 0xFF,
                _ => {}
            }
        }
        self.choose_inputs(s);
        self.refresh(s);
    }
}

/// The two pins of a slice's channel B; it sees either's level.
fn channel_b(slice: usize) -> u32 {
    0x0002_0002 << (2 * slice)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, select, shared};
    use super::*;
    use crate::trace::SharedTrace;

    fn setup(pins: &[u32]) -> (Pwm, Shared, SharedTrace) {
        let (mut s, trace) = shared("", function::PWM, pins);
        let mut pwm = Pwm::default();
        pwm.refresh(&mut s);
        (pwm, s, trace)
    }

    fn edges(trace: &SharedTrace, pin: &str) -> Vec<(u64, bool)> {
        let trace = trace.lock();
        let Some(id) = trace.find(pin) else { return Vec::new() };
        trace.edges(id, Time::ZERO, Time::NEVER).map(|(t, high)| (t.0, high)).collect()
    }

    const SLICE_7: u32 = 7 * STRIDE;

    #[test]
    fn both_outputs_have_their_duty_without_drift() {
        let (mut pwm, mut s, trace) = setup(&[14, 15]);
        // 125 MHz / (3 + 5/16) / 1000: no whole number of nanoseconds.
        pwm.write(&mut s, SLICE_7 + DIV, 3 << 4 | 5);
        pwm.write(&mut s, SLICE_7 + TOP, 999);
        pwm.write(&mut s, SLICE_7 + CC, 750 << 16 | 250);
        pwm.write(&mut s, SLICE_7 + CSR, CSR_EN | CSR_B_INV);
        run(&mut s, Time::from_secs(1), |s, _| pwm.refresh(s));
        let a = edges(&trace, "GP14");
        let period: f64 = 1000.0 * (3.0 + 5.0 / 16.0) * 8.0;
        assert_eq!(a.len(), 1 + 2 * (1e9 / period).ceil() as usize, "low at first");
        let rises: Vec<_> = a.iter().filter(|edge| edge.1).map(|edge| edge.0).collect();
        for (n, rise) in rises.iter().enumerate() {
            assert!((*rise as f64 - n as f64 * period).abs() <= 1.0, "period {n} begins at {rise}");
        }
        assert!((a[2].0 - a[1].0).abs_diff(6_625) <= 1, "a quarter of 26.5 us high");
        let b = edges(&trace, "GP15");
        let high: u64 = b.windows(2).filter(|pair| pair[0].1).map(|pair| pair[1].0 - pair[0].0).sum();
        assert!((high as f64 / 1e9 - 0.25).abs() < 1e-4, "inverted: {high}");
    }

    #[test]
    fn phase_correct_pulses_are_centred() {
        let (mut pwm, mut s, trace) = setup(&[14]);
        pwm.write(&mut s, SLICE_7 + TOP, 100);
        pwm.write(&mut s, SLICE_7 + CC, 25);
        pwm.write(&mut s, SLICE_7 + CSR, CSR_EN | CSR_PH_CORRECT);
        run(&mut s, Time::from_micros(10), |s, _| pwm.refresh(s));
        let edges = edges(&trace, "GP14");
        // Up to 100 and back take 1600 ns; low from 25 to the step after 25 on the way back.
        let lows: Vec<_> =
            edges.windows(2).filter(|p| !p[0].1 && p[0].0 > 0).map(|p| (p[0].0, p[1].0)).collect();
        assert_eq!(lows[..2], [(200, 1408), (1800, 3008)]);
    }

    #[test]
    fn new_values_wait_for_the_wrap_which_interrupts() {
        let (mut pwm, mut s, trace) = setup(&[14]);
        pwm.write(&mut s, SLICE_7 + TOP, 124);
        pwm.write(&mut s, SLICE_7 + CC, 50);
        pwm.write(&mut s, INTE, 1 << 7);
        pwm.write(&mut s, SLICE_7 + CSR, CSR_EN);
        run(&mut s, Time(600), |s, _| pwm.refresh(s));
        assert_eq!(s.irq_lines(0) & 1 << irq::PWM_WRAP, 0);
        assert_eq!(pwm.read(&mut s, SLICE_7 + CTR), 75);
        pwm.write(&mut s, SLICE_7 + CC, 100);
        run(&mut s, Time(400), |s, _| pwm.refresh(s));
        assert_ne!(s.irq_lines(0) & 1 << irq::PWM_WRAP, 0);
        pwm.write(&mut s, INTR, 1 << 7);
        assert_eq!(s.irq_lines(0) & 1 << irq::PWM_WRAP, 0);
        run(&mut s, Time(1000), |s, _| pwm.refresh(s));
        let times: Vec<_> = edges(&trace, "GP14").into_iter().filter(|edge| edge.0 > 0).collect();
        assert_eq!(times, [(400, false), (1000, true), (1800, false), (2000, true)]);
    }

    #[test]
    fn nobody_looking_nothing_is_planned() {
        let (mut pwm, mut s, _) = setup(&[]);
        pwm.write(&mut s, SLICE_7 + CSR, CSR_EN);
        assert_eq!(s.scheduled(Event::Pwm), Time::NEVER);
        run(&mut s, Time::from_millis(10), |s, _| pwm.refresh(s));
        assert_eq!(pwm.read(&mut s, INTR), 1 << 7, "it wrapped all the same");
        assert_eq!(pwm.read(&mut s, SLICE_7 + CTR), (1_250_000 % 65_536));
        pwm.write(&mut s, SLICE_7 + CC, 10);
        select(&mut s, 14, function::PWM);
        pwm.refresh(&mut s);
        assert_ne!(s.scheduled(Event::Pwm), Time::NEVER);
        // Full on never changes.
        pwm.write(&mut s, SLICE_7 + CC, 0x1_0000);
        run(&mut s, Time::from_millis(2), |s, _| pwm.refresh(s));
        pwm.write(&mut s, SLICE_7 + CC, 0);
        run(&mut s, Time::from_millis(2), |s, _| pwm.refresh(s));
        assert_eq!(s.scheduled(Event::Pwm), Time::NEVER);
    }

    /// Moves GP15, channel B of slice 7, as seen from outside.
    fn outside(s: &mut Shared, high: bool) {
        s.levels_changed(if high { 1 << 15 } else { 0 });
    }

    #[test]
    fn edges_at_channel_b_count_through_the_divider() {
        let (mut pwm, mut s, _) = setup(&[15]);
        pwm.write(&mut s, SLICE_7 + DIV, 2 << 4);
        pwm.write(&mut s, SLICE_7 + TOP, 9);
        pwm.write(&mut s, INTE, 1 << 7);
        for (mode, expected) in [(MODE_RISE, 5), (MODE_RISE + 1, 5)] {
            pwm.write(&mut s, SLICE_7 + CSR, 0);
            pwm.write(&mut s, SLICE_7 + CTR, 0);
            pwm.write(&mut s, SLICE_7 + CSR, CSR_EN | mode << 4);
            for _ in 0..10 {
                outside(&mut s, true);
                outside(&mut s, false);
            }
            assert_eq!(pwm.read(&mut s, SLICE_7 + CTR), expected);
        }
        assert_eq!(pwm.read(&mut s, INTR), 0);
        for _ in 0..10 {
            outside(&mut s, true);
            outside(&mut s, false);
            run(&mut s, Time(10), |s, _| pwm.refresh(s));
        }
        assert_ne!(s.irq_lines(0) & 1 << irq::PWM_WRAP, 0, "at the twentieth edge, without being asked");
        assert_eq!(pwm.dreq(), 1 << 7);
        pwm.answered(7);
        assert_eq!(pwm.dreq(), 0);
    }

    #[test]
    fn a_gated_slice_runs_while_channel_b_is_high() {
        let (mut pwm, mut s, _) = setup(&[15]);
        pwm.write(&mut s, SLICE_7 + CSR, CSR_EN | MODE_LEVEL << 4);
        for high in [false, true, false, true, false] {
            outside(&mut s, high);
            run(&mut s, Time::from_micros(1), |s, _| pwm.refresh(s));
        }
        assert_eq!(pwm.read(&mut s, SLICE_7 + CTR), 250, "2 us at 125 MHz");
    }
}
