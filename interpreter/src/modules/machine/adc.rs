//! `machine.ADC`.

use core::fmt::Write;

use super::pin_arg;
use crate::hal::{PinMode, Pull};
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// w1 = channel.

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let _ = write!(out, "<ADC channel={}>", vm.heap.w(v, 1));
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [source] = args.parse(vm, "ADC", ["id"], 1)?;
    // A small number is a channel, anything else a pin.
    let channel = match vm.heap.as_i64(source) {
        Some(n) if (0..i64::from(vm.hal.adc_channels())).contains(&n) => n as u8,
        _ => {
            let pin = pin_arg(vm, source)?;
            match vm.hal.adc_channel(pin) {
                Some(channel) => {
                    vm.hal.pin_configure(pin, PinMode::Analog, Pull::None);
                    channel
                }
                None => return Err(vm.value_error(format_args!("Pin doesn't have ADC capabilities"))),
            }
        }
    };
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::ADC), u32::from(channel), 0, 0)?)
}

fn read_u16(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let channel = vm.heap.w(v, 1) as u8;
    match vm.hal.adc_read_u16(channel) {
        Ok(value) => Ok(Val::small(i32::from(value))),
        Err(e) => Err(vm.raise_hal(e)),
    }
}

/// The type.
pub static ADC: NativeType = NativeType {
    id: ids::ADC,
    name: "ADC",
    print: Some(print),
    new: Some(new),
    entries: &[Entry::Int("CORE_TEMP", 4), Entry::Fn("read_u16", 1, 1, read_u16)],
    ..NativeType::EMPTY
};
