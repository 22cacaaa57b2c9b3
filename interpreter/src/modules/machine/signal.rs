//! `machine.Signal`: a pin that may be inverted.

use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

// w1 = the pin (any object with value()), w2 = 1 if inverted.

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n == 0 {
        return Err(vm.type_error(format_args!("Signal() missing required argument 'pin' (pos 1)")));
    }
    let first = args.get(vm, 0);
    let invert = args.kw(vm, "invert");
    let invert = match invert {
        Some(v) => vm.truth(v)?,
        None => false,
    };
    // Signal(pin) or Signal(what Pin() takes).
    let is_pin = vm.heap.is(first, Kind::Object) && vm.heap.aux(first) == ids::PIN;
    let pin = if is_pin || vm.getattr_opt(first, "value")?.is_some() {
        first
    } else {
        let class = super::pin::PIN.val();
        let mut positional = alloc::vec::Vec::new();
        for i in 0..args.n {
            positional.push(args.get(vm, i));
        }
        let mut named = alloc::vec::Vec::new();
        for i in 0..args.nkw {
            let (key, value) = args.pair(vm, i);
            if vm.heap.str_opt(key) != Some("invert") {
                named.push((key, value));
            }
        }
        vm.call_kw(class, &positional, &named)?
    };
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::SIGNAL), pin.bits(), u32::from(invert), 0)?)
}

fn set(vm: &mut Vm, v: Val, on: bool) -> R {
    let (pin, inverted) = (vm.heap.val(v, 1), vm.heap.w(v, 2) == 1);
    vm.call_method(pin, "value", &[Val::small(i32::from(on != inverted))])
}

fn access(vm: &mut Vm, v: Val, value: Option<Val>) -> R {
    if let Some(value) = value {
        let on = vm.truth(value)?;
        return set(vm, v, on);
    }
    let (pin, inverted) = (vm.heap.val(v, 1), vm.heap.w(v, 2) == 1);
    let level = vm.call_method(pin, "value", &[])?;
    let on = vm.truth(level)? != inverted;
    Ok(Val::small(i32::from(on)))
}

fn value(vm: &mut Vm, args: Args) -> R {
    let (v, value) = (args.get(vm, 0), args.opt(vm, 1));
    access(vm, v, value)
}

fn call(vm: &mut Vm, v: Val, args: Args) -> R {
    let value = args.opt(vm, 0);
    access(vm, v, value)
}

fn on(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    set(vm, v, true)
}

fn off(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    set(vm, v, false)
}

/// The type.
pub static SIGNAL: NativeType = NativeType {
    id: ids::SIGNAL,
    name: "Signal",
    new: Some(new),
    call: Some(call),
    entries: &[Entry::Fn("off", 1, 1, off), Entry::Fn("on", 1, 1, on), Entry::Fn("value", 1, 2, value)],
    ..NativeType::EMPTY
};
