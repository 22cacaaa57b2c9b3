//! `_onewire`: the bits of the 1-Wire bus on an open-drain pin; `frozen/onewire.py` makes a bus of them.

use super::machine::pin_arg;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

// Times in µs, after the data sheet of the DS18B20 (reset, presence, slots of 60 to 120 µs).
const RESET_LOW: u32 = 480;
const PRESENCE_AFTER: u32 = 70;
const RESET_REST: u32 = 410;
const START: u32 = 2;
/// From the release of the line: a slot is sampled within 15 µs of its start.
const SAMPLE_AFTER: u32 = 8;
const SLOT_REST: u32 = 52;
const ZERO_LOW: u32 = 62;
const RECOVERY: u32 = 8;

/// Runs one slot with interrupts held back.
fn held<T>(vm: &mut Vm, f: impl FnOnce(&mut Vm) -> T) -> T {
    let irq = vm.hal.disable_irq();
    let result = f(vm);
    vm.hal.restore_irq(irq);
    result
}

fn read_bit(vm: &mut Vm, pin: u8) -> bool {
    held(vm, |vm| {
        vm.hal.pin_write(pin, false);
        vm.hal.delay_us(START);
        vm.hal.pin_write(pin, true);
        vm.hal.delay_us(SAMPLE_AFTER);
        let bit = vm.hal.pin_read(pin);
        vm.hal.delay_us(SLOT_REST);
        bit
    })
}

fn write_bit(vm: &mut Vm, pin: u8, bit: bool) {
    held(vm, |vm| {
        vm.hal.pin_write(pin, false);
        vm.hal.delay_us(if bit { START } else { ZERO_LOW });
        vm.hal.pin_write(pin, true);
        vm.hal.delay_us(if bit { ZERO_LOW } else { RECOVERY });
    });
}

/// `reset(pin)`: does a device answer?
fn reset(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = pin_arg(vm, pin)?;
    vm.hal.pin_write(pin, false);
    vm.hal.delay_us(RESET_LOW);
    let present = held(vm, |vm| {
        vm.hal.pin_write(pin, true);
        vm.hal.delay_us(PRESENCE_AFTER);
        !vm.hal.pin_read(pin)
    });
    vm.hal.delay_us(RESET_REST);
    Ok(Val::bool(present))
}

fn readbit(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = pin_arg(vm, pin)?;
    Ok(Val::small(i32::from(read_bit(vm, pin))))
}

fn readbyte(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = pin_arg(vm, pin)?;
    // The least significant bit comes first.
    let byte = (0..8).fold(0, |byte, i| byte | i32::from(read_bit(vm, pin)) << i);
    Ok(Val::small(byte))
}

fn writebit(vm: &mut Vm, args: Args) -> R {
    let (pin, bit) = (args.get(vm, 0), args.get(vm, 1));
    let (pin, bit) = (pin_arg(vm, pin)?, vm.truth(bit)?);
    write_bit(vm, pin, bit);
    Ok(Val::NONE)
}

fn writebyte(vm: &mut Vm, args: Args) -> R {
    let (pin, byte) = (args.get(vm, 0), args.get(vm, 1));
    let (pin, byte) = (pin_arg(vm, pin)?, vm.index(byte)?);
    for i in 0..8 {
        write_bit(vm, pin, byte >> i & 1 != 0);
    }
    Ok(Val::NONE)
}

/// The bus's check sum, polynomial x^8 + x^5 + x^4 + 1: 0 over data with their own.
fn checksum(data: &[u8]) -> u8 {
    data.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x8c })
    })
}

fn crc8(vm: &mut Vm, args: Args) -> R {
    let data = args.get(vm, 0);
    let buffer = Buffer::read(vm, data)?;
    Ok(Val::small(i32::from(checksum(buffer.bytes(&vm.heap)))))
}

/// The module.
pub static ONEWIRE: NativeModule = NativeModule {
    id: modules::ONEWIRE,
    name: "_onewire",
    entries: &[
        Entry::Fn("crc8", 1, 1, crc8),
        Entry::Fn("readbit", 1, 1, readbit),
        Entry::Fn("readbyte", 1, 1, readbyte),
        Entry::Fn("reset", 1, 1, reset),
        Entry::Fn("writebit", 2, 2, writebit),
        Entry::Fn("writebyte", 2, 2, writebyte),
    ],
    ..NativeModule::EMPTY
};

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_check_sum_is_that_of_the_data_sheet() {
        // Maxim's application note 27: a ROM code and its check sum.
        let rom = [0x02, 0x1c, 0xb8, 0x01, 0x00, 0x00, 0x00, 0xa2];
        assert_eq!(checksum(&rom[..7]), rom[7]);
        assert_eq!(checksum(&rom), 0);
    }
}
