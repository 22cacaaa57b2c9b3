//! `machine.WDT`.

use super::int_or;
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [id, timeout] = args.parse(vm, "WDT", ["id", "timeout"], 0)?;
    int_or(vm, id, 0, "id", 0, 0)?;
    let timeout = int_or(vm, timeout, 5000, "timeout", 1, i64::from(u32::MAX))? as u32;
    vm.hal.watchdog_start(timeout).map_err(|e| vm.raise_hal(e))?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::WDT), 0, 0, 0)?)
}

fn feed(vm: &mut Vm, _: Args) -> R {
    vm.hal.watchdog_feed();
    Ok(Val::NONE)
}

/// The type.
pub static WDT: NativeType = NativeType {
    id: ids::WDT,
    name: "WDT",
    new: Some(new),
    entries: &[Entry::Fn("feed", 1, 1, feed)],
    ..NativeType::EMPTY
};
