//! `gc`: the garbage collector.

use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

fn collect(vm: &mut Vm, args: Args) -> R {
    vm.clear_above(args);
    vm.heap.collect();
    super::vfs::volume::close_lost(vm);
    Ok(Val::NONE)
}

fn mem_free(vm: &mut Vm, _: Args) -> R {
    let free = vm.heap.stats().free;
    Ok(vm.heap.new_uint(free as u64)?)
}

fn mem_alloc(vm: &mut Vm, _: Args) -> R {
    let used = vm.heap.stats().used;
    Ok(vm.heap.new_uint(used as u64)?)
}

// Memory that runs out is collected whether or not this is off: the setting is remembered for programs
// that ask.
fn enable(vm: &mut Vm, _: Args) -> R {
    vm.state.gc_disabled = false;
    Ok(Val::NONE)
}

fn disable(vm: &mut Vm, _: Args) -> R {
    vm.state.gc_disabled = true;
    Ok(Val::NONE)
}

fn isenabled(vm: &mut Vm, _: Args) -> R {
    Ok(Val::bool(!vm.state.gc_disabled))
}

fn threshold(vm: &mut Vm, args: Args) -> R {
    match args.opt(vm, 0) {
        None => Ok(Val::small(vm.state.gc_threshold)),
        Some(v) => {
            // Kept in whole cells, as the official firmware keeps it in blocks.
            let bytes = vm.index(v)?.clamp(-1, i64::from(Val::INT_MAX)) as i32;
            vm.state.gc_threshold = if bytes < 0 { -1 } else { bytes & !15 };
            vm.clear_above(args);
            vm.heap.set_threshold(vm.state.gc_threshold.max(0) as u32);
            Ok(Val::NONE)
        }
    }
}

/// The module.
pub static GC: NativeModule = NativeModule {
    id: modules::GC,
    name: "gc",
    entries: &[
        Entry::Fn("collect", 0, 1, collect),
        Entry::Fn("disable", 0, 0, disable),
        Entry::Fn("enable", 0, 0, enable),
        Entry::Fn("isenabled", 0, 0, isenabled),
        Entry::Fn("mem_alloc", 0, 0, mem_alloc),
        Entry::Fn("mem_free", 0, 0, mem_free),
        Entry::Fn("threshold", 0, 1, threshold),
    ],
    ..NativeModule::EMPTY
};
