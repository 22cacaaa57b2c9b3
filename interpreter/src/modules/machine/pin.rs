//! `machine.Pin`.

use core::fmt::Write;

use super::pin_arg;
use crate::hal::{EDGE_FALL, EDGE_RISE, LEVEL_HIGH, LEVEL_LOW, PinMode, Pull};
use crate::heap::cell::header;
use crate::heap::{Kind, Root};
use crate::modules::events;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

const IN: i64 = 0;
const OUT: i64 = 1;
const OPEN_DRAIN: i64 = 2;
const ALT: i64 = 3;
const PULL_UP: i64 = 1;
const PULL_DOWN: i64 = 2;

/// The functions that `ALT_…` name, from 1.
const FUNCTIONS: [&str; 9] = ["SPI", "UART", "I2C", "PWM", "SIO", "PIO0", "PIO1", "GPCK", "USB"];

// w1 = pin number.

fn number(vm: &Vm, pin: Val) -> u8 {
    vm.heap.w(pin, 1) as u8
}

/// A `Pin` object for a pin, which stays as it is.
///
/// # Errors
/// MemoryError.
pub fn object(vm: &mut Vm, pin: u8) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::PIN), u32::from(pin), 0, 0)?)
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let pin = number(vm, v);
    let (mode, pull) = vm.hal.pin_mode(pin);
    let _ = write!(out, "Pin(GPIO{pin}, mode=");
    match mode {
        PinMode::In => out.push("IN"),
        PinMode::Out => out.push("OUT"),
        PinMode::OpenDrain => out.push("OPEN_DRAIN"),
        PinMode::Analog => out.push("ANALOG"),
        PinMode::Alt(_) => out.push("ALT"),
    }
    match pull {
        Pull::None => {}
        Pull::Up => out.push(", pull=PULL_UP"),
        Pull::Down => out.push(", pull=PULL_DOWN"),
    }
    if let PinMode::Alt(function) = mode {
        let _ = match FUNCTIONS.get(usize::from(function).wrapping_sub(1)) {
            Some(name) => write!(out, ", alt={name}"),
            None => write!(out, ", alt={function}"),
        };
    }
    out.push(")");
    Ok(())
}

/// Sets what is given: mode, pull, value.
fn configure(vm: &mut Vm, pin: u8, args: Args) -> R<()> {
    let [mode, pull, value, alt] = args.parse(vm, "Pin", ["mode", "pull", "*value", "*alt"], 0)?;
    let (mut new_mode, mut new_pull) = vm.hal.pin_mode(pin);
    let mode_given = !mode.is_null() && !mode.is_none();
    if mode_given {
        let function = super::int_or(vm, alt, 5, "alt", 0, 31)? as u8;
        new_mode = match vm.index(mode)? {
            IN => PinMode::In,
            OUT => PinMode::Out,
            OPEN_DRAIN => PinMode::OpenDrain,
            ALT => PinMode::Alt(function),
            _ => {
                return Err(
                    vm.value_error(format_args!("bad mode: use Pin.IN, Pin.OUT, Pin.OPEN_DRAIN or Pin.ALT"))
                );
            }
        };
        new_pull = Pull::None;
    }
    let pull_given = !pull.is_null();
    if pull_given {
        new_pull = match if pull.is_none() { 0 } else { vm.index(pull)? } {
            0 => Pull::None,
            PULL_UP => Pull::Up,
            PULL_DOWN => Pull::Down,
            _ => return Err(vm.value_error(format_args!("bad pull: use Pin.PULL_UP, Pin.PULL_DOWN or None"))),
        };
    }
    if !value.is_null() && !value.is_none() {
        let high = vm.truth(value)?;
        // An open-drain pin's level is its output enable: it is set once the mode is.
        if new_mode == PinMode::OpenDrain {
            vm.hal.pin_configure(pin, new_mode, new_pull);
        }
        vm.hal.pin_write(pin, high);
    }
    if mode_given || pull_given {
        vm.hal.pin_configure(pin, new_mode, new_pull);
    }
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n == 0 {
        return Err(vm.type_error(format_args!("Pin() missing required argument 'id' (pos 1)")));
    }
    let id = args.get(vm, 0);
    let pin = pin_arg(vm, id)?;
    configure(vm, pin, args.skip(1))?;
    object(vm, pin)
}

fn init(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = number(vm, pin);
    configure(vm, pin, args.skip(1))?;
    Ok(Val::NONE)
}

fn access(vm: &mut Vm, pin: u8, value: Option<Val>) -> R {
    match value {
        Some(value) => {
            let high = vm.truth(value)?;
            vm.hal.pin_write(pin, high);
            Ok(Val::NONE)
        }
        None => Ok(Val::small(i32::from(vm.hal.pin_read(pin)))),
    }
}

fn value(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let (pin, value) = (number(vm, pin), args.opt(vm, 1));
    access(vm, pin, value)
}

fn call(vm: &mut Vm, v: Val, args: Args) -> R {
    if args.n > 1 || args.nkw > 0 {
        return Err(vm.type_error(format_args!("a Pin is called with one value or none")));
    }
    let (pin, value) = (number(vm, v), args.opt(vm, 0));
    access(vm, pin, value)
}

fn on(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = number(vm, pin);
    vm.hal.pin_write(pin, true);
    Ok(Val::NONE)
}

fn off(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = number(vm, pin);
    vm.hal.pin_write(pin, false);
    Ok(Val::NONE)
}

fn toggle(vm: &mut Vm, args: Args) -> R {
    let pin = args.get(vm, 0);
    let pin = number(vm, pin);
    let high = vm.hal.pin_output(pin);
    vm.hal.pin_write(pin, !high);
    Ok(Val::NONE)
}

/// The list at [`Root::Irq`]: for each pin its handler, its `Pin` object, the trigger flags, and whether it is a hard one.
const PER_PIN: usize = 4;
/// UART handlers follow the pins: handler, object, hard.
pub const UART_HANDLERS: usize = 32 * PER_PIN;
/// Entries for a UART.
pub const PER_UART: usize = 3;

/// The list of handlers, made when first needed.
///
/// # Errors
/// MemoryError.
pub fn handlers(vm: &mut Vm) -> R {
    let list = vm.heap.root(Root::Irq);
    if !list.is_null() {
        return Ok(list);
    }
    let list = vm.heap.new_list(&[])?;
    for _ in 0..UART_HANDLERS + 2 * PER_UART {
        vm.heap.list_push(list, Val::NONE)?;
    }
    vm.heap.set_root(Root::Irq, list);
    Ok(list)
}

fn irq(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let names = ["handler", "trigger", "*hard", "*wake", "*priority"];
    let [handler, trigger, hard, ..] = args.skip(1).parse(vm, "irq", names, 0)?;
    let hard = !hard.is_null() && vm.truth(hard)?;
    let pin = number(vm, v);
    if args.n == 1 && args.nkw == 0 {
        return irq_object(vm, v);
    }
    let all = i64::from(LEVEL_LOW | LEVEL_HIGH | EDGE_FALL | EDGE_RISE);
    let trigger = super::int_or(vm, trigger, i64::from(EDGE_FALL | EDGE_RISE), "trigger", 0, all)? as u8;
    let list = handlers(vm)?;
    let handler = if handler.is_null() { Val::NONE } else { handler };
    let at = usize::from(pin) * PER_PIN;
    let entry = [handler, v, Val::small(i32::from(trigger)), Val::bool(hard)];
    vm.heap.list_mut(list)[at..at + PER_PIN].copy_from_slice(&entry);
    vm.state.events.pins[usize::from(pin)] = 0;
    vm.hal.pin_irq(pin, if handler.is_none() { 0 } else { trigger });
    irq_object(vm, v)
}

/// Runs the handler of a pin.
///
/// # Errors
/// KeyboardInterrupt.
pub fn fire(vm: &mut Vm, pin: u8, flags: u8) -> R<()> {
    let list = vm.heap.root(Root::Irq);
    if list.is_null() {
        return Ok(());
    }
    let at = usize::from(pin) * PER_PIN;
    let (handler, object) = (vm.heap.list(list)[at], vm.heap.list(list)[at + 1]);
    if handler.is_none() {
        return Ok(());
    }
    vm.heap.keep(handler)?;
    vm.heap.keep(object)?;
    vm.state.events.flags = u16::from(flags);
    let hard = vm.heap.list(list)[at + 3] == Val::TRUE;
    let run = if hard { events::run_hard } else { events::run };
    run(vm, handler, object)
}

// ---- the object that irq() returns: w1 = pin number, or UARTS + that of a UART ----

const UARTS: u32 = 32;

fn irq_object(vm: &mut Vm, pin: Val) -> R {
    let pin = u32::from(number(vm, pin));
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::PIN_IRQ), pin, 0, 0)?)
}

/// What `UART.irq()` returns.
///
/// # Errors
/// MemoryError.
pub fn uart_irq_object(vm: &mut Vm, id: u8) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::PIN_IRQ), UARTS + u32::from(id), 0, 0)?)
}

fn irq_flags(vm: &mut Vm, _args: Args) -> R {
    Ok(Val::small(i32::from(vm.state.events.flags)))
}

fn irq_trigger(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let which = vm.heap.w(v, 1);
    if let Some(id) = which.checked_sub(UARTS) {
        return super::uart::trigger(vm, id as u8, args.opt(vm, 1));
    }
    let pin = which as u8;
    let list = handlers(vm)?;
    let at = usize::from(pin) * PER_PIN;
    let old = vm.heap.list(list)[at + 2];
    if let Some(new) = args.opt(vm, 1) {
        let trigger = vm.int_in(new, "trigger", 0, 15)? as u8;
        vm.heap.list_mut(list)[at + 2] = Val::small(i32::from(trigger));
        let armed = !vm.heap.list(list)[at].is_none();
        vm.hal.pin_irq(pin, if armed { trigger } else { 0 });
    }
    Ok(if old.is_none() { Val::ZERO } else { old })
}

/// What `Pin.irq()` and `UART.irq()` give.
pub static PIN_IRQ: NativeType = NativeType {
    id: ids::PIN_IRQ,
    name: "irq",
    entries: &[Entry::Fn("flags", 1, 1, irq_flags), Entry::Fn("trigger", 1, 2, irq_trigger)],
    ..NativeType::EMPTY
};

// ---- Pin.board and Pin.cpu ----

fn names_attr(vm: &mut Vm, v: Val, name: &str) -> R<Option<Val>> {
    let board = vm.heap.w(v, 1) == 0;
    let pin = if board {
        vm.hal.pin_by_name(name)
    } else {
        name.strip_prefix("GPIO").and_then(|n| n.parse().ok()).filter(|&n: &u8| n < vm.hal.pin_count())
    };
    pin.map(|pin| object(vm, pin)).transpose()
}

fn names(vm: &mut Vm, which: u32) -> R {
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::PIN_NAMES), which, 0, 0)?)
}

fn board(vm: &mut Vm) -> R {
    names(vm, 0)
}

fn cpu(vm: &mut Vm) -> R {
    names(vm, 1)
}

/// `Pin.board` and `Pin.cpu`.
pub static PIN_NAMES: NativeType =
    NativeType { id: ids::PIN_NAMES, name: "pins", get_attr: Some(names_attr), ..NativeType::EMPTY };

/// The type.
pub static PIN: NativeType = NativeType {
    id: ids::PIN,
    name: "Pin",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    call: Some(call),
    entries: &[
        Entry::Int("ALT", ALT),
        Entry::Int("ALT_GPCK", 8),
        Entry::Int("ALT_I2C", 3),
        Entry::Int("ALT_PIO0", 6),
        Entry::Int("ALT_PIO1", 7),
        Entry::Int("ALT_PWM", 4),
        Entry::Int("ALT_SIO", 5),
        Entry::Int("ALT_SPI", 1),
        Entry::Int("ALT_UART", 2),
        Entry::Int("ALT_USB", 9),
        Entry::Int("IN", IN),
        Entry::Int("IRQ_FALLING", EDGE_FALL as i64),
        Entry::Int("IRQ_HIGH_LEVEL", LEVEL_HIGH as i64),
        Entry::Int("IRQ_LOW_LEVEL", LEVEL_LOW as i64),
        Entry::Int("IRQ_RISING", EDGE_RISE as i64),
        Entry::Int("OPEN_DRAIN", OPEN_DRAIN),
        Entry::Int("OUT", OUT),
        Entry::Int("PULL_DOWN", PULL_DOWN),
        Entry::Int("PULL_UP", PULL_UP),
        Entry::Dyn("board", board),
        Entry::Dyn("cpu", cpu),
        Entry::Fn("high", 1, 1, on),
        Entry::FnKw("init", 1, 3, init),
        Entry::FnKw("irq", 1, 3, irq),
        Entry::Fn("low", 1, 1, off),
        Entry::Fn("off", 1, 1, off),
        Entry::Fn("on", 1, 1, on),
        Entry::Fn("toggle", 1, 1, toggle),
        Entry::Fn("value", 1, 2, value),
    ],
    ..NativeType::EMPTY
};
