//! `machine.PWM`.

use core::fmt::Write;

use super::pin_arg;
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// w1 = pin number.

fn pin(vm: &Vm, v: Val) -> u8 {
    vm.heap.w(v, 1) as u8
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let pin = pin(vm, v);
    let (freq, duty) = (vm.hal.pwm_freq(pin), vm.hal.pwm_duty_u16(pin));
    let _ = write!(out, "<PWM pin={pin} freq={freq} duty_u16={duty}>");
    Ok(())
}

/// Sets what is given.
fn configure(vm: &mut Vm, pin: u8, args: Args) -> R<()> {
    let names = ["*freq", "*duty_u16", "*duty_ns", "*invert"];
    let [freq, duty_u16, duty_ns, invert] = args.parse(vm, "PWM", names, 0)?;
    if !duty_u16.is_null() && !duty_ns.is_null() {
        return Err(vm.value_error(format_args!("duty_u16 and duty_ns exclude each other")));
    }
    vm.hal.pwm_start(pin).map_err(|e| vm.raise_hal(e))?;
    if !freq.is_null() {
        set_freq(vm, pin, freq)?;
    }
    if !duty_u16.is_null() {
        set_duty_u16(vm, pin, duty_u16)?;
    }
    if !duty_ns.is_null() {
        set_duty_ns(vm, pin, duty_ns)?;
    }
    if !invert.is_null() {
        let invert = vm.truth(invert)?;
        vm.hal.pwm_invert(pin, invert).map_err(|e| vm.raise_hal(e))?;
    }
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n == 0 {
        return Err(vm.type_error(format_args!("PWM() missing required argument 'dest' (pos 1)")));
    }
    let dest = args.get(vm, 0);
    let pin = pin_arg(vm, dest)?;
    configure(vm, pin, args.skip(1))?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::PWM), u32::from(pin), 0, 0)?)
}

fn init(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let pin = pin(vm, v);
    configure(vm, pin, args.skip(1))?;
    Ok(Val::NONE)
}

fn deinit(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let pin = pin(vm, v);
    vm.hal.pwm_stop(pin);
    Ok(Val::NONE)
}

fn set_freq(vm: &mut Vm, pin: u8, v: Val) -> R<()> {
    // Drivers compute frequencies as floats now and then.
    let freq = match vm.heap.as_float(v) {
        Some(f) => f as i64,
        None => vm.index(v)?,
    };
    let freq = u32::try_from(freq).unwrap_or(0);
    vm.hal.pwm_set_freq(pin, freq).map_err(|e| vm.raise_hal(e))
}

fn set_duty_u16(vm: &mut Vm, pin: u8, v: Val) -> R<()> {
    // Above the range is full on, as on the official firmware.
    let duty = vm.index(v)?.clamp(0, 65_535) as u16;
    vm.hal.pwm_set_duty_u16(pin, duty).map_err(|e| vm.raise_hal(e))
}

fn set_duty_ns(vm: &mut Vm, pin: u8, v: Val) -> R<()> {
    let ns = vm.int_in(v, "duty_ns", 0, i64::from(u32::MAX))? as u32;
    vm.hal.pwm_set_duty_ns(pin, ns).map_err(|e| vm.raise_hal(e))
}

fn freq(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let pin = pin(vm, v);
    match args.opt(vm, 1) {
        None => Ok(vm.heap.new_uint(u64::from(vm.hal.pwm_freq(pin)))?),
        Some(v) => set_freq(vm, pin, v).map(|()| Val::NONE),
    }
}

fn duty_u16(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let pin = pin(vm, v);
    match args.opt(vm, 1) {
        None => Ok(Val::small(i32::from(vm.hal.pwm_duty_u16(pin)))),
        Some(v) => set_duty_u16(vm, pin, v).map(|()| Val::NONE),
    }
}

fn duty_ns(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let pin = pin(vm, v);
    match args.opt(vm, 1) {
        None => Ok(vm.heap.new_uint(u64::from(vm.hal.pwm_duty_ns(pin)))?),
        Some(v) => set_duty_ns(vm, pin, v).map(|()| Val::NONE),
    }
}

/// The type.
pub static PWM: NativeType = NativeType {
    id: ids::PWM,
    name: "PWM",
    print: Some(print),
    new: Some(new),
    entries: &[
        Entry::Fn("deinit", 1, 1, deinit),
        Entry::Fn("duty_ns", 1, 2, duty_ns),
        Entry::Fn("duty_u16", 1, 2, duty_u16),
        Entry::Fn("freq", 1, 2, freq),
        Entry::FnKw("init", 1, 1, init),
    ],
    ..NativeType::EMPTY
};
