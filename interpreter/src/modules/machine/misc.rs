//! The functions of `machine`, and its views of memory.

use core::fmt::Write;

use crate::hal::ResetCause;
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::modules::time;
use crate::objects::native::{Args, ExcKind, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

pub fn reset(vm: &mut Vm, _: Args) -> R {
    vm.hal.console_flush();
    vm.hal.reset()
}

/// Ends the program and starts the interpreter afresh: the prompt knows it by this exception.
pub fn soft_reset(vm: &mut Vm, _: Args) -> R {
    Err(vm.raise_args(ExcKind::SystemExit, &[]))
}

pub fn bootloader(vm: &mut Vm, _: Args) -> R {
    vm.hal.console_flush();
    vm.hal.bootloader()
}

pub fn reset_cause(vm: &mut Vm, _: Args) -> R {
    Ok(Val::small(match vm.hal.reset_cause() {
        ResetCause::PowerOn => 1,
        ResetCause::Watchdog => 3,
    }))
}

pub fn unique_id(vm: &mut Vm, _: Args) -> R {
    let mut id = [0; 8];
    vm.hal.unique_id(&mut id);
    Ok(vm.heap.new_bytes(&id)?)
}

pub fn freq(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        None => {
            let hz = vm.hal.cpu_freq();
            Ok(vm.heap.new_uint(u64::from(hz))?)
        }
        Some(hz) => {
            let clock = |vm: &mut Vm, v| vm.int_in(v, "freq", 1, i64::from(u32::MAX)).map(|hz| hz as u32);
            let hz = clock(vm, hz)?;
            let peripherals = args.opt(vm, 1).map(|v| clock(vm, v)).transpose()?;
            vm.hal.set_cpu_freq(hz, peripherals).map_err(|e| vm.raise_hal(e))?;
            Ok(Val::NONE)
        }
    }
}

/// Sleeps until anything happens, at most a millisecond, as the official firmware's tick makes it.
pub fn idle(vm: &mut Vm, _: Args) -> R {
    vm.poll()?;
    let now = vm.hal.ticks_us();
    vm.idle_until(now + 1000)?;
    vm.poll()?;
    Ok(Val::NONE)
}

/// Sleeps with everything kept. Without a time: until an interrupt.
pub fn lightsleep(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        Some(ms) => {
            let ms = vm.index(ms)?.max(0) as u64;
            time::sleep_us(vm, ms.saturating_mul(1000))?;
        }
        None => {
            vm.hal.sleep_until(u64::MAX);
            vm.poll()?;
        }
    }
    Ok(Val::NONE)
}

/// Sleeps, then restarts the chip.
pub fn deepsleep(vm: &mut Vm, args: Args) -> R {
    lightsleep(vm, args)?;
    reset(vm, args)
}

pub fn disable_irq(vm: &mut Vm, _: Args) -> R {
    Ok(Val::bool(vm.hal.disable_irq()))
}

pub fn enable_irq(vm: &mut Vm, args: Args) -> R {
    let state = args.get(vm, 0);
    let on = vm.truth(state)?;
    vm.hal.restore_irq(on);
    Ok(Val::NONE)
}

// ---- mem8, mem16, mem32: w1 = bytes of an item ----

fn mem(vm: &mut Vm, size: u32) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::MEM), size, 0, 0)?)
}

pub fn mem8(vm: &mut Vm) -> R {
    mem(vm, 1)
}

pub fn mem16(vm: &mut Vm) -> R {
    mem(vm, 2)
}

pub fn mem32(vm: &mut Vm) -> R {
    mem(vm, 4)
}

fn mem_get(vm: &mut Vm, v: Val, address: Val) -> R {
    let size = vm.heap.w(v, 1) as u8;
    let address = vm.int_in(address, "address", 0, i64::from(u32::MAX))? as u32;
    match vm.hal.mem_read(address, size) {
        Ok(value) => Ok(vm.heap.new_uint(u64::from(value))?),
        Err(e) => Err(vm.raise_hal(e)),
    }
}

fn mem_set(vm: &mut Vm, v: Val, address: Val, value: Val) -> R<()> {
    if value.is_null() {
        return Err(vm.type_error(format_args!("memory cannot be deleted")));
    }
    let size = vm.heap.w(v, 1) as u8;
    let address = vm.int_in(address, "address", 0, i64::from(u32::MAX))? as u32;
    let value = vm.index(value)? as u32;
    vm.hal.mem_write(address, size, value).map_err(|e| vm.raise_hal(e))
}

fn mem_print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let _ = write!(out, "<{}-bit memory>", vm.heap.w(v, 1) * 8);
    Ok(())
}

/// `machine.mem32` and its like.
pub static MEM: NativeType = NativeType {
    id: ids::MEM,
    name: "mem",
    print: Some(mem_print),
    get_item: Some(mem_get),
    set_item: Some(mem_set),
    ..NativeType::EMPTY
};
