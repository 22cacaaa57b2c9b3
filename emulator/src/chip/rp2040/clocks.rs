//! CLOCKS (data sheet section 2.15): multiplexers and dividers, the frequency counter, and what
//! they make of the oscillators.

use super::gpout::Wanted;
use super::pll::Pll;
use super::rosc::Rosc;
use super::shared::Frequencies;
use super::xosc::{XOSC_HZ, Xosc};
use crate::clock::Time;

const CLK_REF_CTRL: u32 = 0x30;
const CLK_REF_SELECTED: u32 = 0x38;
const CLK_SYS_CTRL: u32 = 0x3C;
const CLK_SYS_SELECTED: u32 = 0x44;
const CLK_SYS_RESUS_STATUS: u32 = 0x7C;

const FC0_MIN_KHZ: u32 = 0x84;
const FC0_MAX_KHZ: u32 = 0x88;
const FC0_INTERVAL: u32 = 0x90;
const FC0_SRC: u32 = 0x94;
const FC0_STATUS: u32 = 0x98;
const FC0_RESULT: u32 = 0x9C;
const WAKE_EN0: u32 = 0xA0;
const ENABLED0: u32 = 0xB0;
const ENABLED1: u32 = 0xB4;
const LAST: u32 = 0xC8;

const CTRL_KILL: u32 = 1 << 10;
const CTRL_ENABLE: u32 = 1 << 11;

// FC0_STATUS
const FC0_PASS: u32 = 1;
const FC0_DONE: u32 = 1 << 4;
const FC0_RUNNING: u32 = 1 << 8;
const FC0_FAIL: u32 = 1 << 16;
const FC0_SLOW: u32 = 1 << 20;
const FC0_FAST: u32 = 1 << 24;
const FC0_DIED: u32 = 1 << 28;

/// Ten generators (GPOUT0 to 3, REF, SYS, PERI, USB, ADC, RTC) of CTRL, DIV, SELECTED.
#[derive(Clone, Debug)]
pub struct Clocks {
    regs: [u32; LAST as usize / 4],
    /// The frequency counter's result, and when it is there.
    counted: u32,
    counted_at: Time,
}

const REF: usize = 4;
const SYS: usize = 5;
const PERI: usize = 6;
const USB: usize = 7;
const ADC: usize = 8;
const RTC: usize = 9;

impl Default for Clocks {
    fn default() -> Clocks {
        let mut regs = [0; LAST as usize / 4];
        for generator in 0..10 {
            regs[generator * 3 + 1] = 1 << 8;
        }
        // CLK_SYS_RESUS_CTRL, FC0_MAX_KHZ, FC0_DELAY, FC0_INTERVAL, WAKE_EN and SLEEP_EN
        for (offset, value) in [
            (0x78, 0xFF),
            (0x88, 0x01FF_FFFF),
            (0x8C, 1),
            (0x90, 8),
            (0xA0, u32::MAX),
            (0xA4, 0x7FFF),
            (0xA8, u32::MAX),
            (0xAC, 0x7FFF),
        ] {
            regs[offset / 4] = value;
        }
        Clocks { regs, counted: 0, counted_at: Time::ZERO }
    }
}

impl Clocks {
    /// Reads a register.
    pub fn read(&mut self, now: Time, offset: u32) -> u32 {
        match offset {
            // One-hot; the auxiliary source of REF and SYS is position 1 or 2 of their own mux.
            CLK_REF_SELECTED => 1 << (self.regs[CLK_REF_CTRL as usize / 4] & 3),
            CLK_SYS_SELECTED => 1 << (self.regs[CLK_SYS_CTRL as usize / 4] & 1),
            o if o < CLK_SYS_CTRL + 0x3C && o % 12 == 8 => 1,
            CLK_SYS_RESUS_STATUS => 0,
            FC0_STATUS => self.counter_status(now),
            FC0_RESULT if now >= self.counted_at => self.counted,
            FC0_RESULT => 0,
            ENABLED0 | ENABLED1 => self.regs[(offset - ENABLED0 + WAKE_EN0) as usize / 4],
            _ => self.regs.get(offset as usize / 4).copied().unwrap_or(0),
        }
    }

    fn counter_status(&self, now: Time) -> u32 {
        let register = |offset: u32| self.regs[offset as usize / 4];
        if register(FC0_SRC) == 0 {
            return 0;
        }
        if now < self.counted_at {
            return FC0_RUNNING;
        }
        let khz = self.counted >> 5;
        let (slow, fast) = (khz < register(FC0_MIN_KHZ), khz > register(FC0_MAX_KHZ));
        let bit = |on: bool, bit: u32| if on { bit } else { 0 };
        let judged = bit(!slow && !fast, FC0_PASS) | bit(slow || fast, FC0_FAIL);
        FC0_DONE | judged | bit(slow, FC0_SLOW) | bit(fast, FC0_FAST) | bit(khz == 0, FC0_DIED)
    }

    /// Writes a register. The caller recomputes the frequencies afterwards.
    pub fn write(&mut self, now: Time, offset: u32, value: u32, sources: &Sources) {
        if let Some(register) = self.regs.get_mut(offset as usize / 4) {
            *register = value;
        }
        if offset == FC0_SRC {
            let hz = self.frequencies(sources);
            let hz = match value {
                1 => sources.pll_sys,
                2 => sources.pll_usb,
                3 | 4 => sources.rosc,
                5 => sources.xosc,
                8 => hz.reference,
                9 => hz.sys,
                10 => hz.peri,
                11 => hz.usb,
                12 => hz.adc,
                13 => hz.rtc,
                // Clocks from pins are not counted.
                _ => 0,
            };
            // Kilohertz with five binary places.
            self.counted = (hz * 32 / 1000) as u32;
            let interval = self.regs[FC0_INTERVAL as usize / 4] & 0xF;
            self.counted_at = now + Time(980 << interval);
        }
    }

    /// What the four clock outputs give.
    pub fn outputs(&self, sources: &Sources) -> [Wanted; 4] {
        let hz = self.frequencies(sources);
        std::array::from_fn(|n| {
            let (ctrl, div) = (self.regs[3 * n], self.regs[3 * n + 1]);
            if ctrl & CTRL_ENABLE == 0 || ctrl & CTRL_KILL != 0 {
                return Wanted::default();
            }
            let source = match ctrl >> 5 & 0xF {
                0 => sources.pll_sys,
                3 => sources.pll_usb,
                4 => sources.rosc,
                5 => sources.xosc,
                6 => hz.sys,
                7 => hz.usb,
                8 => hz.adc,
                9 => hz.rtc,
                10 => hz.reference,
                _ => 0,
            };
            // An integer part of zero means 65536.
            let divider = if div >> 8 == 0 { u64::from(div) | 0x100_0000 } else { div.into() };
            Wanted { hz: source, divider }
        })
    }

    /// The divider of a generator in 256ths.
    fn divide(&self, hz: u64, generator: usize) -> u64 {
        let div = u64::from(self.regs[generator * 3 + 1]);
        // An integer part of zero means 65536.
        let div = if div >> 8 == 0 { div | 0x100_0000 } else { div };
        hz * 256 / div
    }

    /// What the multiplexers and dividers make of the sources.
    pub fn frequencies(&self, sources: &Sources) -> Frequencies {
        let ctrl = |generator: usize| self.regs[generator * 3];
        let aux = |generator: usize| ctrl(generator) >> 5 & 7;
        let reference = match ctrl(REF) & 3 {
            0 => sources.rosc,
            2 => sources.xosc,
            _ if aux(REF) == 0 => sources.pll_usb,
            _ => 0,
        };
        let reference = self.divide(reference, REF);
        let sys = if ctrl(SYS) & 1 == 0 {
            reference
        } else {
            match aux(SYS) {
                0 => sources.pll_sys,
                1 => sources.pll_usb,
                2 => sources.rosc,
                3 => sources.xosc,
                _ => 0,
            }
        };
        let sys = self.divide(sys, SYS);
        let enabled = |generator: usize, hz: u64| {
            if ctrl(generator) >> 11 & 1 != 0 { hz } else { 0 }
        };
        let peri = match aux(PERI) {
            0 => sys,
            1 => sources.pll_sys,
            2 => sources.pll_usb,
            3 => sources.rosc,
            4 => sources.xosc,
            _ => 0,
        };
        let source = |generator: usize| match aux(generator) {
            0 => sources.pll_usb,
            1 => sources.pll_sys,
            2 => sources.rosc,
            3 => sources.xosc,
            _ => 0,
        };
        Frequencies {
            reference,
            sys,
            peri: enabled(PERI, peri),
            usb: enabled(USB, self.divide(source(USB), USB)),
            adc: enabled(ADC, self.divide(source(ADC), ADC)),
            rtc: enabled(RTC, self.divide(source(RTC), RTC)),
        }
    }
}

/// The oscillators' frequencies in hertz.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    pub rosc: u64,
    pub xosc: u64,
    pub pll_sys: u64,
    pub pll_usb: u64,
}

impl Sources {
    /// What the oscillators and PLLs give now.
    pub fn new(rosc: &Rosc, xosc: &Xosc, pll_sys: &Pll, pll_usb: &Pll) -> Sources {
        let xosc = if xosc.running() { XOSC_HZ } else { 0 };
        Sources { rosc: rosc.hz(), xosc, pll_sys: pll_sys.hz(xosc), pll_usb: pll_usb.hz(xosc) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: Sources =
        Sources { rosc: 6_500_000, xosc: 12_000_000, pll_sys: 125_000_000, pll_usb: 48_000_000 };

    #[test]
    fn at_reset_everything_runs_from_the_ring_oscillator() {
        let hz = Clocks::default().frequencies(&SOURCES);
        assert_eq!((hz.reference, hz.sys, hz.peri), (6_500_000, 6_500_000, 0));
    }

    #[test]
    fn the_usual_set_up_gives_the_usual_frequencies() {
        let mut clocks = Clocks::default();
        clocks.write(Time::ZERO, CLK_REF_CTRL, 2, &SOURCES);
        clocks.write(Time::ZERO, CLK_SYS_CTRL, 1, &SOURCES);
        clocks.write(Time::ZERO, 0x48, 1 << 11, &SOURCES);
        clocks.write(Time::ZERO, 0x54, 1 << 11, &SOURCES);
        clocks.write(Time::ZERO, 0x6C, 1 << 11, &SOURCES);
        clocks.write(Time::ZERO, 0x70, 1024 << 8, &SOURCES);
        let hz = clocks.frequencies(&SOURCES);
        assert_eq!((hz.reference, hz.sys, hz.peri), (12_000_000, 125_000_000, 125_000_000));
        assert_eq!((hz.usb, hz.rtc), (48_000_000, 46_875));
        assert_eq!(clocks.read(Time::from_secs(1), CLK_REF_SELECTED), 4);
        assert_eq!(clocks.read(Time::from_secs(1), CLK_SYS_SELECTED), 2);
        clocks.write(Time::ZERO, FC0_SRC, 9, &SOURCES);
        assert_eq!(clocks.read(Time::from_secs(1), FC0_RESULT) >> 5, 125_000);
    }
}
