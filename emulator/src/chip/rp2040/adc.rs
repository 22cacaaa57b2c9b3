//! ADC (data sheet section 4.9): twelve bits, four pins and the temperature sensor.

use std::collections::VecDeque;

use super::shared::{Event, Shared, irq};
use crate::clock::Time;
use crate::world::VDD;

const CS: u32 = 0x00;
const RESULT: u32 = 0x04;
const FCS: u32 = 0x08;
const FIFO: u32 = 0x0C;
const DIV: u32 = 0x10;
const INTR: u32 = 0x14;
const INTE: u32 = 0x18;
const INTF: u32 = 0x1C;
const INTS: u32 = 0x20;

const CS_EN: u32 = 1;
const CS_TS_EN: u32 = 1 << 1;
const CS_START_ONCE: u32 = 1 << 2;
const CS_START_MANY: u32 = 1 << 3;
const CS_READY: u32 = 1 << 8;
const CS_ERR: u32 = 1 << 9;
const CS_ERR_STICKY: u32 = 1 << 10;
const FCS_EN: u32 = 1;
const FCS_SHIFT: u32 = 1 << 1;
const FCS_ERR: u32 = 1 << 2;
const FCS_DREQ_EN: u32 = 1 << 3;
const FCS_UNDER: u32 = 1 << 10;
const FCS_OVER: u32 = 1 << 11;

/// Clock cycles of a conversion.
const CONVERSION: u64 = 96;
const DEPTH: usize = 4;
/// The pin of input 0; the next three follow.
const FIRST_PIN: u8 = 26;
const TEMPERATURE_INPUT: u32 = 4;

/// The converter.
#[derive(Clone, Debug, Default)]
pub struct Adc {
    cs: u32,
    result: u32,
    fcs: u32,
    div: u32,
    inte: u32,
    intf: u32,
    fifo: VecDeque<u32>,
    /// A conversion is going on.
    busy: bool,
    /// When the last conversion began, for free running.
    began: Time,
}

impl Adc {
    fn cycles(&self, s: &Shared, cycles_256: u64) -> Time {
        let hz = u128::from(s.hz.adc.max(1)) * 256;
        Time((u128::from(cycles_256) * 1_000_000_000 / hz) as u64)
    }

    fn start(&mut self, s: &mut Shared) {
        if self.cs & CS_EN == 0 || s.hz.adc == 0 {
            return;
        }
        self.busy = true;
        self.began = s.now;
        let span = self.cycles(s, CONVERSION * 256);
        s.schedule_in(Event::Adc, span);
    }

    /// What the selected input measures now.
    fn sample(&mut self, s: &mut Shared) -> u32 {
        let input = self.cs >> 12 & 7;
        let volts = match input {
            0..=3 => s.world.pin_volts(s.now, FIRST_PIN + input as u8),
            // 0.706 V at 27 °C, 1.721 mV less for each degree more.
            TEMPERATURE_INPUT if self.cs & CS_TS_EN != 0 => {
                let millidegrees = i64::from(s.world.die_temperature(s.now));
                706_000 - (millidegrees - 27_000) * 1721 / 1000
            }
            _ => 0,
        };
        // An answer of the world may have moved its next event.
        s.replan_world();
        (volts * 4096 / VDD).clamp(0, 4095) as u32
    }

    /// A conversion is done, or the time for the next one has come.
    pub fn tick(&mut self, s: &mut Shared) {
        if !self.busy {
            if self.cs & CS_START_MANY != 0 {
                self.start(s);
            }
            return;
        }
        self.busy = false;
        self.result = self.sample(s);
        self.cs &= !CS_ERR;
        if self.fcs & FCS_EN != 0 {
            if self.fifo.len() >= DEPTH {
                self.fcs |= FCS_OVER;
            } else {
                let shift = if self.fcs & FCS_SHIFT != 0 { 4 } else { 0 };
                self.fifo.push_back(self.result >> shift);
            }
        }
        self.next_input();
        if self.cs & CS_START_MANY != 0 && self.cs & CS_EN != 0 {
            // DIV counts cycles between beginnings, less one; a conversion takes its time anyway.
            let period = u64::from(self.div) + 256;
            let at = self.began + self.cycles(s, period.max(CONVERSION * 256));
            if at > s.now {
                s.schedule(Event::Adc, at);
            } else {
                self.start(s);
            }
        }
        self.update(s);
    }

    /// Round robin: the next of the chosen inputs.
    fn next_input(&mut self) {
        let chosen = self.cs >> 16 & 0x1F;
        if chosen == 0 {
            return;
        }
        let input = self.cs >> 12 & 7;
        let next = (1..=5).map(|n| (input + n) % 5).find(|n| chosen >> n & 1 != 0).unwrap_or(input);
        self.cs = self.cs & !(7 << 12) | next << 12;
    }

    fn raw(&self) -> u32 {
        let threshold = (self.fcs >> 24 & 0xF) as usize;
        u32::from(self.fifo.len() >= threshold.max(1))
    }

    fn update(&mut self, s: &mut Shared) {
        s.set_irq(irq::ADC_FIFO, self.raw() & self.inte | self.intf != 0);
        s.dreq_changed = true;
    }

    /// The DMA request.
    pub fn dreq(&self) -> bool {
        self.fcs & FCS_DREQ_EN != 0 && self.raw() != 0
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            CS => {
                let ready = self.cs & CS_EN != 0 && !self.busy;
                self.cs | if ready { CS_READY } else { 0 }
            }
            RESULT => self.result,
            FCS => {
                let bit = |on: bool, n: u32| u32::from(on) << n;
                self.fcs
                    | bit(self.fifo.is_empty(), 8)
                    | bit(self.fifo.len() >= DEPTH, 9)
                    | (self.fifo.len() as u32) << 16
            }
            FIFO => {
                let value = self.fifo.pop_front().unwrap_or_else(|| {
                    self.fcs |= FCS_UNDER;
                    0
                });
                self.update(s);
                value
            }
            DIV => self.div,
            INTR => self.raw(),
            INTE => self.inte,
            INTF => self.intf,
            INTS => self.raw() & self.inte | self.intf,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            CS => {
                let sticky = self.cs & CS_ERR_STICKY & !value;
                self.cs = value & 0x001F_700B | self.cs & CS_ERR | sticky;
                if value & CS_EN == 0 {
                    self.busy = false;
                    s.cancel(Event::Adc);
                } else if value & (CS_START_ONCE | CS_START_MANY) != 0
                    && !self.busy
                    && s.scheduled(Event::Adc) == Time::NEVER
                {
                    self.start(s);
                }
            }
            FCS => {
                let flags = self.fcs & (FCS_UNDER | FCS_OVER) & !value;
                self.fcs = value & 0x0F00_0000 | value & (FCS_EN | FCS_SHIFT | FCS_ERR | FCS_DREQ_EN) | flags;
            }
            DIV => self.div = value & 0x00FF_FFFF,
            INTE => self.inte = value & 1,
            INTF => self.intf = value & 1,
            _ => {}
        }
        self.update(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const BENCH: &str =
        "[[part]]\ntype = \"potentiometer\"\npins = { wiper = \"GP27\" }\ninputs.position = 25\n";

    fn setup() -> (Adc, Shared) {
        let (s, _) = shared(BENCH, 31, &[]);
        (Adc::default(), s)
    }

    fn once(adc: &mut Adc, s: &mut Shared, cs: u32) -> u32 {
        adc.write(s, CS, cs | CS_EN | CS_START_ONCE);
        assert_eq!(adc.read(s, CS) & CS_READY, 0);
        run(s, Time::from_micros(2), |s, _| adc.tick(s));
        assert_ne!(adc.read(s, CS) & CS_READY, 0, "96 cycles at 48 MHz");
        adc.read(s, RESULT)
    }

    #[test]
    fn pins_and_the_temperature_sensor() {
        let (mut adc, mut s) = setup();
        assert_eq!(once(&mut adc, &mut s, 1 << 12), 1024);
        assert_eq!(once(&mut adc, &mut s, 0), 0);
        let raw = once(&mut adc, &mut s, 4 << 12 | CS_TS_EN);
        let celsius = 27.0 - (f64::from(raw) * 3.3 / 4096.0 - 0.706) / 0.001721;
        assert!((celsius - 27.0).abs() < 0.5, "{celsius}");
    }

    #[test]
    fn free_running_round_robin_fills_the_fifo_at_its_rate() {
        let (mut adc, mut s) = setup();
        adc.write(&mut s, FCS, FCS_EN | 3 << 24);
        adc.write(&mut s, INTE, 1);
        // 480 cycles apart: 10 us.
        adc.write(&mut s, DIV, 479 << 8);
        adc.write(&mut s, CS, CS_EN | CS_START_MANY | 0b00011 << 16);
        run(&mut s, Time::from_micros(21), |s, _| adc.tick(s));
        assert_eq!(s.irq_lines(0) & 1 << irq::ADC_FIFO, 0);
        run(&mut s, Time::from_micros(2), |s, _| adc.tick(s));
        assert_ne!(s.irq_lines(0) & 1 << irq::ADC_FIFO, 0);
        assert_eq!([0; 3].map(|_| adc.read(&mut s, FIFO)), [0, 1024, 0]);
        run(&mut s, Time::from_micros(100), |s, _| adc.tick(s));
        let fcs = adc.read(&mut s, FCS);
        assert_eq!((fcs >> 16 & 0xF, fcs & FCS_OVER), (4, FCS_OVER));
        adc.write(&mut s, CS, 0);
        assert_eq!(s.scheduled(Event::Adc), Time::NEVER);
    }
}
