//! PWM: eight slices of two channels. Two pins 16 apart share a channel, two neighbours share a slice.

use interpreter::hal::{Error, Pwm, Result};

use super::frequency::sys_hz;
use super::{Pico, pins, regs};

/// A larger TOP could not be exceeded by a 16-bit compare value, and 100 % could not be reached.
const TOP_MAX: u32 = 65_534;

#[derive(Clone, Copy, Debug, Default)]
enum Duty {
    /// Not set: low.
    #[default]
    None,
    U16(u16),
    Ns(u32),
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Channel {
    on: bool,
    /// Hz, as asked for.
    freq: u32,
    duty: Duty,
    invert: bool,
}

fn slice(pin: u8) -> usize {
    usize::from(pin >> 1 & 7)
}

/// DIV in sixteenths and TOP.
fn timing(pin: u8) -> (u32, u32) {
    let ch = regs().PWM;
    let ch = ch.ch(slice(pin));
    (ch.div().read().bits() & 0xFFF, ch.top().read().bits() & 0xFFFF)
}

impl Pico {
    /// Sets the compare value of a pin from its duty.
    fn apply_duty(&mut self, pin: u8) {
        let (div16, top) = timing(pin);
        let period = top + 1;
        let compare = match self.pwm[pin as usize].duty {
            Duty::None => 0,
            Duty::U16(duty) => (u32::from(duty) * period + 32_767) / 65_535,
            Duty::Ns(ns) => {
                let ticks =
                    u64::from(ns) * u64::from(sys_hz()) * 16 / u64::from(div16.max(1)) / 1_000_000_000;
                ticks.min(u64::from(period)) as u32
            }
        };
        let pwm = regs().PWM;
        let shift = u32::from(pin & 1) * 16;
        pwm.ch(slice(pin))
            .cc()
            .modify(|r, w| unsafe { w.bits(r.bits() & !(0xFFFF << shift) | compare.min(0xFFFF) << shift) });
    }

    /// The pins that share the slice and run.
    fn sharers(&self, pin: u8) -> impl Iterator<Item = u8> + use<> {
        let on: u32 = (0..30).filter(|&p| self.pwm[p].on).map(|p| 1 << p).sum();
        (0..30u8).filter(move |&p| slice(p) == slice(pin) && on >> p & 1 == 1)
    }
}

impl Pico {
    /// The system clock has changed: a frequency that is now out of reach stays as near as it may.
    pub fn follow_pwm(&mut self) {
        for pin in 0..30 {
            let Channel { on, freq, .. } = self.pwm[usize::from(pin)];
            if on && freq != 0 {
                let _ = self.pwm_set_freq(pin, freq);
            }
        }
    }
}

impl Pwm for Pico {
    fn pwm_start(&mut self, pin: u8) -> Result {
        let first = self.sharers(pin).next().is_none();
        self.pwm[pin as usize].on = true;
        let pwm = regs().PWM;
        if first && pwm.ch(slice(pin)).csr().read().en().bit_is_clear() {
            self.pwm_set_freq(pin, 1907)?;
        }
        self.apply_duty(pin);
        pwm.ch(slice(pin)).csr().modify(|_, w| w.en().set_bit());
        pins::set_function(pin, pins::FUNC_PWM);
        Ok(())
    }

    fn pwm_stop(&mut self, pin: u8) {
        self.pwm[pin as usize] = Channel::default();
        pins::set_function(pin, pins::FUNC_NULL);
        if self.sharers(pin).next().is_none() {
            regs().PWM.ch(slice(pin)).csr().modify(|_, w| w.en().clear_bit());
        }
    }

    fn pwm_set_freq(&mut self, pin: u8, hz: u32) -> Result {
        if hz == 0 || hz > sys_hz() / 2 {
            return Err(Error::Invalid("freq too large"));
        }
        // Sixteenths of a system clock in a period; the divider is 1..=255 15/16 in sixteenths.
        let wanted = u64::from(sys_hz()) * 16;
        let div16 = wanted.div_ceil(u64::from(hz) * u64::from(TOP_MAX + 1)).max(16);
        if div16 > 0xFFF {
            return Err(Error::Invalid("freq too small"));
        }
        let period = (wanted + div16 * u64::from(hz) / 2) / (div16 * u64::from(hz));
        let pwm = regs().PWM;
        let ch = pwm.ch(slice(pin));
        ch.div().write(|w| unsafe { w.bits(div16 as u32) });
        ch.top().write(|w| unsafe { w.bits((period as u32).saturating_sub(1).clamp(1, TOP_MAX)) });
        for sharer in self.sharers(pin) {
            self.pwm[sharer as usize].freq = hz;
            self.apply_duty(sharer);
        }
        Ok(())
    }

    fn pwm_freq(&self, pin: u8) -> u32 {
        let (div16, top) = timing(pin);
        let period = u64::from(div16) * u64::from(top + 1);
        if period == 0 { 0 } else { ((u64::from(sys_hz()) * 16 + period / 2) / period) as u32 }
    }

    fn pwm_set_duty_u16(&mut self, pin: u8, duty: u16) -> Result {
        self.pwm[pin as usize].duty = Duty::U16(duty);
        self.apply_duty(pin);
        Ok(())
    }

    fn pwm_duty_u16(&self, pin: u8) -> u16 {
        if let Duty::U16(duty) = self.pwm[pin as usize].duty {
            return duty;
        }
        let (_, top) = timing(pin);
        let compare = regs().PWM.ch(slice(pin)).cc().read().bits() >> (u32::from(pin & 1) * 16) & 0xFFFF;
        (compare * 65_535 / (top + 1)).min(65_535) as u16
    }

    fn pwm_set_duty_ns(&mut self, pin: u8, ns: u32) -> Result {
        self.pwm[pin as usize].duty = Duty::Ns(ns);
        self.apply_duty(pin);
        Ok(())
    }

    fn pwm_duty_ns(&self, pin: u8) -> u32 {
        let (div16, _) = timing(pin);
        let compare = regs().PWM.ch(slice(pin)).cc().read().bits() >> (u32::from(pin & 1) * 16) & 0xFFFF;
        (u64::from(compare) * u64::from(div16) * 1_000_000_000 / 16 / u64::from(sys_hz())) as u32
    }

    fn pwm_invert(&mut self, pin: u8, invert: bool) -> Result {
        self.pwm[pin as usize].invert = invert;
        let pwm = regs().PWM;
        pwm.ch(slice(pin)).csr().modify(|_, w| match pin & 1 {
            0 => w.a_inv().bit(invert),
            _ => w.b_inv().bit(invert),
        });
        Ok(())
    }
}
