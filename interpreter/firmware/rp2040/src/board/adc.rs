//! ADC: four pins and the temperature sensor.

use interpreter::hal::{Adc, Error, Result};

use super::{Pico, regs, reset_and_release};

const FIRST_PIN: u8 = 26;
const TEMPERATURE: u8 = 4;
/// RESETS bit.
const RESET: u32 = 1 << 0;

/// Switches the converter on when it is first used.
fn start() {
    let adc = regs().ADC;
    if regs().RESETS.reset().read().adc().bit_is_set() || adc.cs().read().en().bit_is_clear() {
        reset_and_release(RESET);
        adc.cs().write(|w| w.en().set_bit());
        while adc.cs().read().ready().bit_is_clear() {}
    }
}

impl Adc for Pico {
    fn adc_channel(&self, pin: u8) -> Option<u8> {
        (FIRST_PIN..FIRST_PIN + 4).contains(&pin).then(|| pin - FIRST_PIN)
    }

    fn adc_channels(&self) -> u8 {
        TEMPERATURE + 1
    }

    fn adc_read_u16(&mut self, channel: u8) -> Result<u16> {
        if channel > TEMPERATURE {
            return Err(Error::NoDevice);
        }
        start();
        let adc = regs().ADC;
        adc.cs().modify(|_, w| {
            let w = unsafe { w.ainsel().bits(channel) };
            w.ts_en().bit(channel == TEMPERATURE).start_once().set_bit()
        });
        while adc.cs().read().ready().bit_is_clear() {}
        let raw = adc.result().read().bits() as u16 & 0xFFF;
        // The top bits again at the bottom, so that full scale is 65535.
        Ok(raw << 4 | raw >> 8)
    }
}
