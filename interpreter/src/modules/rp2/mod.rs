//! `_rp2`: what `rp2` (in `frozen/rp2.py`, which drives PIO and DMA by their registers) cannot say in Python: the
//! flash as a block device, and interrupts.

pub mod flash;

use crate::heap::Root;
use crate::modules::events;
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// Interrupt lines of the chip.
const LINES: i64 = 32;

fn line_arg(vm: &mut Vm, args: Args) -> R<u8> {
    let line = args.get(vm, 0);
    Ok(vm.int_in(line, "line", 0, LINES - 1)? as u8)
}

/// `on_irq(line, handler)`: calls `handler(line)` when the interrupt line fires, which is then off until [`rearm`].
fn on_irq(vm: &mut Vm, args: Args) -> R {
    let line = line_arg(vm, args)?;
    let handler = args.get(vm, 1);
    let mut list = vm.heap.root(Root::Lines);
    if list.is_null() {
        list = vm.heap.new_list(&[Val::NONE; LINES as usize])?;
        vm.heap.set_root(Root::Lines, list);
    }
    vm.heap.list_mut(list)[usize::from(line)] = handler;
    vm.hal.irq_line(line, !handler.is_none());
    Ok(Val::NONE)
}

/// `rearm(line)`: the handler has dealt with what the line fired for.
fn rearm(vm: &mut Vm, args: Args) -> R {
    let line = line_arg(vm, args)?;
    vm.hal.irq_line(line, true);
    Ok(Val::NONE)
}

/// Runs the handler of a line.
///
/// # Errors
/// KeyboardInterrupt.
pub fn fire(vm: &mut Vm, line: u8) -> R<()> {
    let list = vm.heap.root(Root::Lines);
    if list.is_null() {
        return Ok(());
    }
    match vm.heap.list(list)[usize::from(line & 31)] {
        Val::NONE => Ok(()),
        handler => events::run(vm, handler, Val::small(i32::from(line))),
    }
}

/// The module.
pub static RP2: NativeModule = NativeModule {
    id: modules::RP2,
    name: "_rp2",
    entries: &[
        Entry::Type("Flash", &flash::FLASH),
        Entry::Fn("on_irq", 2, 2, on_irq),
        Entry::Fn("rearm", 1, 1, rearm),
    ],
    ..NativeModule::EMPTY
};
