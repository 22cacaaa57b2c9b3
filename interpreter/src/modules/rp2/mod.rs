//! `rp2`: the chip's own peripherals. PIO and DMA are driven by their registers in Python, in `frozen/_rp2_….py`,
//! loaded when first asked for; here is what cannot be said there: the flash as a block device, and interrupts.

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

/// `_pin(pin)`: a pin's number.
fn pin(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let number = super::machine::pin_arg(vm, pin)?;
    Ok(Val::small(i32::from(number)))
}

/// `bootsel_button()`: 1 while the button is held.
fn bootsel_button(vm: &mut Vm, _: Args) -> R {
    Ok(Val::small(i32::from(vm.hal.bootsel())))
}

fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    let home = match name {
        "PIO" | "PIOASMError" | "StateMachine" => "_rp2_pio",
        "asm_pio" | "asm_pio_encode" => "_rp2_asm",
        "DMA" => "_rp2_dma",
        _ => return Ok(None),
    };
    let module = vm.import(home)?;
    let found = vm.getattr_opt(module, name)?;
    if home == "_rp2_asm" {
        // It is large, and programs are assembled once: whoever wants it again loads it again.
        let (modules, key) = (vm.heap.root(Root::Modules), vm.new_str(home)?);
        vm.heap.dict_remove(modules, key);
    }
    Ok(found)
}

/// The module.
pub static RP2: NativeModule = NativeModule {
    id: modules::RP2,
    name: "rp2",
    get_attr: Some(get_attr),
    entries: &[
        Entry::Type("Flash", &flash::FLASH),
        Entry::Fn("_on_irq", 2, 2, on_irq),
        Entry::Fn("_pin", 1, 1, pin),
        Entry::Fn("_rearm", 1, 1, rearm),
        Entry::Fn("bootsel_button", 0, 0, bootsel_button),
    ],
    ..NativeModule::EMPTY
};
