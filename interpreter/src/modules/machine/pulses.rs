//! Signals bit by bit on a pin: pulses measured and sent, LED strips, DHT sensors.

use super::pin_arg;
use crate::hal::{PinMode, Pull};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, R};
use crate::value::Val;
use crate::vm::Vm;

/// Waits for a level and measures how long it lasts, in µs. -2: it did not come; -1: it did not end.
pub fn time_pulse_us(vm: &mut Vm, args: Args) -> R {
    let (pin, level) = (args.get(vm, 0), args.get(vm, 1));
    let (pin, level) = (pin_arg(vm, pin)?, vm.truth(level)?);
    let timeout = match args.opt(vm, 2) {
        Some(v) => vm.int_in(v, "timeout_us", 0, i64::from(u32::MAX))? as u64,
        None => 1_000_000,
    };
    let begin = vm.hal.ticks_us();
    while vm.hal.pin_read(pin) != level {
        if vm.hal.ticks_us() - begin >= timeout {
            return Ok(Val::small(-2));
        }
    }
    let start = vm.hal.ticks_us();
    while vm.hal.pin_read(pin) == level {
        if vm.hal.ticks_us() - start >= timeout {
            return Ok(Val::small(-1));
        }
    }
    let lasted = vm.hal.ticks_us() - start;
    Ok(vm.heap.new_uint(lasted)?)
}

/// `bitstream(pin, encoding, timing, data)`: drives LED strips and the like.
pub fn bitstream(vm: &mut Vm, args: Args) -> R {
    let [pin, encoding, timing, data] = [0, 1, 2, 3].map(|i| args.get(vm, i));
    let pin = pin_arg(vm, pin)?;
    // 0 is the only encoding there is: high-low.
    vm.int_in(encoding, "encoding", 0, 0)?;
    let list = vm.collect_list(timing)?;
    if vm.heap.list_len(list) != 4 {
        return Err(
            vm.value_error(format_args!("timing needs (high_0, low_0, high_1, low_1) in nanoseconds"))
        );
    }
    let mut ns = [0; 4];
    for (i, ns) in ns.iter_mut().enumerate() {
        let item = vm.heap.list(list)[i];
        *ns = vm.int_in(item, "timing", 0, 100_000_000)? as u32;
    }
    let (_, pull) = vm.hal.pin_mode(pin);
    vm.hal.pin_configure(pin, PinMode::Out, pull);
    let buffer = Buffer::read(vm, data)?;
    vm.hal.bitstream(pin, ns, buffer.bytes(&vm.heap));
    Ok(Val::NONE)
}

const ETIMEDOUT: i32 = 110;
/// The sensor is woken by a low level of 18 ms or more.
const DHT_WAKE_US: u32 = 18_000;
/// No level of an answer lasts longer.
const DHT_LEVEL_US: u64 = 100;
/// A high level longer than this is a 1: 26 to 28 µs are a 0, 70 are a 1.
const DHT_ONE_US: u64 = 48;
const DHT_BYTES: usize = 5;

/// How long the pin stays at a level, in µs; `None`: too long.
fn level_us(vm: &mut Vm, pin: u8, level: bool) -> Option<u64> {
    let start = vm.hal.ticks_us();
    while vm.hal.pin_read(pin) == level {
        if vm.hal.ticks_us() - start > DHT_LEVEL_US {
            return None;
        }
    }
    Some(vm.hal.ticks_us() - start)
}

/// The answer of a DHT sensor that was just woken: low and high of the greeting, then a bit for every high.
fn dht_answer(vm: &mut Vm, pin: u8) -> Option<[u8; DHT_BYTES]> {
    let mut bytes = [0; DHT_BYTES];
    for greeting in [true, false, true] {
        level_us(vm, pin, greeting)?;
    }
    for bit in 0..8 * DHT_BYTES {
        level_us(vm, pin, false)?;
        let one = level_us(vm, pin, true)? > DHT_ONE_US;
        bytes[bit / 8] = bytes[bit / 8] << 1 | u8::from(one);
    }
    Some(bytes)
}

/// `dht_readinto(pin, buf)`: asks a DHT11 or DHT22 for its five bytes.
pub fn dht_readinto(vm: &mut Vm, args: Args) -> R {
    let (pin, target) = (args.get(vm, 0), args.get(vm, 1));
    let pin = pin_arg(vm, pin)?;
    let buffer = Buffer::write(vm, target)?;
    if buffer.len < DHT_BYTES {
        return Err(vm.value_error(format_args!("buffer too small")));
    }
    vm.hal.pin_write(pin, false);
    vm.hal.pin_configure(pin, PinMode::OpenDrain, Pull::Up);
    vm.hal.delay_us(DHT_WAKE_US);
    let irq = vm.hal.disable_irq();
    vm.hal.pin_write(pin, true);
    let answer = dht_answer(vm, pin);
    vm.hal.restore_irq(irq);
    let Some(answer) = answer else { return Err(vm.raise_os(ETIMEDOUT)) };
    buffer.bytes_mut(&mut vm.heap)[..DHT_BYTES].copy_from_slice(&answer);
    Ok(Val::NONE)
}
