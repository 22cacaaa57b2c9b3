//! `micropython`: scheduling, the interrupt key, figures about memory.

use core::fmt::Write;

use super::events;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// `const` and the code emitters' decorators: the compiler has no use for them.
fn same(vm: &mut Vm, args: Args) -> R {
    Ok(args.get(vm, 0))
}

fn opt_level(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        None => Ok(Val::small(vm.state.opt_level as i32)),
        Some(v) => {
            vm.state.opt_level = vm.int_in(v, "level", 0, 3)? as u32;
            Ok(Val::NONE)
        }
    }
}

fn schedule(vm: &mut Vm, args: Args) -> R {
    let (function, argument) = (args.get(vm, 0), args.get(vm, 1));
    events::schedule(vm, function, argument)?;
    Ok(Val::NONE)
}

fn kbd_intr(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let byte = vm.int_in(v, "character", -1, 255)?;
    let byte = u8::try_from(byte).ok();
    vm.state.kbd_intr = byte;
    vm.hal.set_interrupt_char(byte);
    Ok(Val::NONE)
}

fn mem_info(vm: &mut Vm, _: Args) -> R {
    let stats = vm.heap.stats();
    let mut out = Out::console();
    let _ = writeln!(out, "stack: {} out of {}", vm.heap.sp() * 4, vm.heap.stack_len() * 4);
    let _ = writeln!(out, "GC: total: {}, used: {}, free: {}", stats.total, stats.used, stats.free);
    let _ = writeln!(
        out,
        " cells: {}, largest free block: {}, peak: {}, collections: {}",
        stats.cells, stats.largest, stats.peak, stats.collections
    );
    out.finish(vm)?;
    Ok(Val::NONE)
}

fn mem_total(vm: &mut Vm, _: Args) -> R {
    let allocated = vm.heap.stats().allocated;
    Ok(vm.heap.new_uint(allocated as u64)?)
}

fn mem_current(vm: &mut Vm, _: Args) -> R {
    let used = vm.heap.stats().used;
    Ok(vm.heap.new_uint(used as u64)?)
}

/// The most that was in use so far, garbage known as such not counted. Ours alone: with a true argument the
/// count starts afresh.
fn mem_peak(vm: &mut Vm, args: Args) -> R {
    let peak = vm.heap.stats().peak;
    if let Some(reset) = args.opt(vm, 0)
        && vm.truth(reset)?
    {
        vm.clear_above(args);
        vm.heap.reset_peak();
    }
    Ok(vm.heap.new_uint(peak as u64)?)
}

fn stack_use(vm: &mut Vm, _: Args) -> R {
    Ok(Val::small(vm.heap.sp() as i32 * 4))
}

fn heap_lock(vm: &mut Vm, _: Args) -> R {
    vm.state.heap_lock += 1;
    vm.heap.set_locked(true);
    Ok(Val::NONE)
}

fn heap_unlock(vm: &mut Vm, _: Args) -> R {
    if vm.state.heap_lock == 0 {
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("heap is not locked")));
    }
    vm.state.heap_lock -= 1;
    if vm.state.heap_lock == 0 {
        vm.heap.set_locked(false);
    }
    Ok(Val::small(vm.state.heap_lock as i32))
}

fn heap_locked(vm: &mut Vm, _: Args) -> R {
    Ok(Val::small(vm.state.heap_lock as i32))
}

/// The names that were interned while the board ran, and the bytes they take.
fn qstr_info(vm: &mut Vm, _: Args) -> R {
    let (count, bytes) = vm.heap.interned();
    let mut out = Out::console();
    let _ = writeln!(out, "qstr pool: n_qstr={count}, n_total_bytes={bytes}");
    out.finish(vm)?;
    Ok(Val::NONE)
}

/// Exceptions in callbacks need no buffer of their own here: the virtual machine keeps a reserve.
fn alloc_emergency_exception_buf(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    vm.int_in(v, "size", 0, 65_535)?;
    Ok(Val::NONE)
}

/// The module.
pub static MICROPYTHON: NativeModule = NativeModule {
    id: modules::MICROPYTHON,
    name: "micropython",
    entries: &[
        Entry::Type("RingIO", &super::ringio::RING_IO),
        Entry::Fn("alloc_emergency_exception_buf", 1, 1, alloc_emergency_exception_buf),
        Entry::Fn("bytecode", 1, 1, same),
        Entry::Fn("const", 1, 1, same),
        Entry::Fn("heap_lock", 0, 0, heap_lock),
        Entry::Fn("heap_locked", 0, 0, heap_locked),
        Entry::Fn("heap_unlock", 0, 0, heap_unlock),
        Entry::Fn("kbd_intr", 1, 1, kbd_intr),
        Entry::Fn("mem_current", 0, 0, mem_current),
        Entry::Fn("mem_info", 0, 1, mem_info),
        Entry::Fn("mem_peak", 0, 1, mem_peak),
        Entry::Fn("mem_total", 0, 0, mem_total),
        Entry::Fn("native", 1, 1, same),
        Entry::Fn("opt_level", 0, 1, opt_level),
        Entry::Fn("qstr_info", 0, 1, qstr_info),
        Entry::Fn("schedule", 2, 2, schedule),
        Entry::Fn("stack_use", 0, 0, stack_use),
        Entry::Fn("viper", 1, 1, same),
    ],
    ..NativeModule::EMPTY
};
