//! `machine`: the board's hardware, a file a class.

pub mod adc;
pub mod i2c;
mod misc;
pub mod pin;
mod pulses;
pub mod pwm;
pub mod rtc;
pub mod signal;
pub mod spi;
pub mod timer;
pub mod uart;
pub mod wdt;

use crate::heap::Kind;
use crate::objects::native::{Entry, NativeModule, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::Vm;

/// The pin number behind an argument: a `Pin`, its number or its name.
///
/// # Errors
/// ValueError if there is no such pin; TypeError.
pub fn pin_arg(vm: &mut Vm, v: Val) -> R<u8> {
    if vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == ids::PIN {
        return Ok(vm.heap.w(v, 1) as u8);
    }
    if vm.heap.is_str(v) {
        let name = vm.str_arg(v)?;
        let count = vm.hal.pin_count();
        let by_number = name.strip_prefix("GPIO").and_then(|n| n.parse().ok()).filter(|&n: &u8| n < count);
        return match vm.hal.pin_by_name(&name).or(by_number) {
            Some(pin) => Ok(pin),
            None => Err(vm.value_error(format_args!("unknown named pin \"{name}\""))),
        };
    }
    let count = vm.hal.pin_count();
    let pin = vm.index(v)?;
    match u8::try_from(pin) {
        Ok(pin) if pin < count => Ok(pin),
        _ => Err(vm.value_error(format_args!("invalid pin"))),
    }
}

/// An optional pin: absent and None are none.
///
/// # Errors
/// As [`pin_arg`].
pub fn optional_pin(vm: &mut Vm, v: Val) -> R<Option<u8>> {
    if v.is_null() || v.is_none() { Ok(None) } else { pin_arg(vm, v).map(Some) }
}

/// An optional integer argument.
///
/// # Errors
/// As [`Vm::int_in`].
pub fn int_or(vm: &mut Vm, v: Val, default: i64, what: &str, min: i64, max: i64) -> R<i64> {
    if v.is_null() { Ok(default) } else { vm.int_in(v, what, min, max) }
}

/// Classes in Python, loaded when first asked for.
fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    let home = match name {
        "I2CTarget" => "_machine_i2ctarget",
        "I2S" => "_machine_i2s",
        _ => return Ok(None),
    };
    let module = vm.import(home)?;
    vm.getattr_opt(module, name)
}

/// The module.
pub static MACHINE: NativeModule = NativeModule {
    id: modules::MACHINE,
    name: "machine",
    get_attr: Some(get_attr),
    entries: &[
        Entry::Type("ADC", &adc::ADC),
        Entry::Type("I2C", &i2c::I2C),
        Entry::Type("PWM", &pwm::PWM),
        Entry::Type("Pin", &pin::PIN),
        Entry::Type("RTC", &rtc::RTC),
        Entry::Type("SPI", &spi::SPI),
        Entry::Type("Signal", &signal::SIGNAL),
        Entry::Type("SoftI2C", &i2c::SOFT_I2C),
        Entry::Type("SoftSPI", &spi::SOFT_SPI),
        Entry::Type("Timer", &timer::TIMER),
        Entry::Type("UART", &uart::UART),
        Entry::Type("WDT", &wdt::WDT),
        Entry::Int("PWRON_RESET", 1),
        Entry::Int("WDT_RESET", 3),
        Entry::FnKw("bitstream", 4, 4, pulses::bitstream),
        Entry::Fn("bootloader", 0, 1, misc::bootloader),
        Entry::Fn("deepsleep", 0, 1, misc::deepsleep),
        Entry::Fn("dht_readinto", 2, 2, pulses::dht_readinto),
        Entry::Fn("disable_irq", 0, 0, misc::disable_irq),
        Entry::Fn("enable_irq", 1, 1, misc::enable_irq),
        Entry::Fn("freq", 0, 2, misc::freq),
        Entry::Fn("idle", 0, 0, misc::idle),
        Entry::Fn("lightsleep", 0, 1, misc::lightsleep),
        Entry::Dyn("mem16", misc::mem16),
        Entry::Dyn("mem32", misc::mem32),
        Entry::Dyn("mem8", misc::mem8),
        Entry::Fn("reset", 0, 0, misc::reset),
        Entry::Fn("reset_cause", 0, 0, misc::reset_cause),
        Entry::Fn("soft_reset", 0, 0, misc::soft_reset),
        Entry::Fn("time_pulse_us", 2, 3, pulses::time_pulse_us),
        Entry::Fn("unique_id", 0, 0, misc::unique_id),
    ],
    ..NativeModule::EMPTY
};

pub use misc::MEM;

#[cfg(test)]
mod tests;
