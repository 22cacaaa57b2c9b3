//! Callbacks: pin interrupts, timers, UARTs and `micropython.schedule`.
//!
//! Nothing here runs in an interrupt. The hardware queues what happened; the virtual machine comes here
//! between two instructions, where every Python function may run. A callback is never interrupted by
//! another one: what happens meanwhile waits until it ends.

use crate::hal::Event;
use crate::heap::Root;
use crate::objects::native::{ExcKind, R};
use crate::value::Val;
use crate::vm::Vm;

use super::machine::{pin, timer, uart};

/// Calls that `micropython.schedule` keeps at most.
pub const SCHEDULE_DEPTH: usize = 8;

/// What happened and has not been dealt with.
#[derive(Debug, Default)]
pub struct Pending {
    /// Flags by pin.
    pub pins: [u8; 32],
    /// A bit a pin with flags.
    pub pins_waiting: u32,
    /// Flags by UART: [`crate::hal::UART_RX`] and so on, [`uart::TX_IDLE`].
    pub uarts: [u8; 2],
    /// A bit an interrupt line.
    pub lines: u32,
    pub alarm: bool,
    /// What the handler of a pin or a UART that runs was called for: `irq().flags()`.
    pub flags: u16,
    /// A callback runs.
    running: bool,
    /// How often callbacks have run.
    pub served: u32,
}

impl Pending {
    /// Does a callback run?
    pub fn running(&self) -> bool {
        self.running
    }
}

/// Deals with events: raises KeyboardInterrupt, runs callbacks. The virtual machine has cleared its flag.
///
/// # Errors
/// KeyboardInterrupt. Other exceptions of callbacks are printed and end only the callback.
pub fn service(vm: &mut Vm) -> R<()> {
    if vm.heap.emergency() && !vm.pending().interrupted() {
        // A native had to take from the reserve: time to find out what is garbage.
        vm.heap.collect();
    }
    let interrupt = vm.pending().take_interrupt();
    while let Some(event) = vm.hal.next_event() {
        match event {
            Event::Alarm => vm.state.events.alarm = true,
            Event::Pin { pin, flags } => {
                vm.state.events.pins[usize::from(pin & 31)] |= flags;
                vm.state.events.pins_waiting |= 1 << (pin & 31);
            }
            Event::Uart { id, flags } => vm.state.events.uarts[usize::from(id & 1)] |= flags,
            Event::Line { line } => vm.state.events.lines |= 1 << (line & 31),
        }
    }
    if interrupt {
        if !idle(vm) {
            vm.pending().set();
        }
        return Err(vm.raise_args(ExcKind::KeyboardInterrupt, &[]));
    }
    if vm.state.events.running {
        return Ok(());
    }
    vm.state.events.running = true;
    vm.state.events.served = vm.state.events.served.wrapping_add(u32::from(!idle(vm)));
    let result = run_all(vm);
    vm.state.events.running = false;
    result
}

/// Whether nothing waits.
fn idle(vm: &Vm) -> bool {
    let e = &vm.state.events;
    let scheduled = vm.heap.root(Root::Scheduled);
    e.pins_waiting == 0
        && e.uarts == [0; 2]
        && e.lines == 0
        && !e.alarm
        && (scheduled.is_null() || vm.heap.list_len(scheduled) == 0)
}

fn run_all(vm: &mut Vm) -> R<()> {
    let queue = vm.heap.root(Root::Scheduled);
    let mut scheduled = if queue.is_null() { 0 } else { vm.heap.list_len(queue) };
    while !idle(vm) {
        let mark = vm.heap.mark_temps();
        if core::mem::take(&mut vm.state.events.alarm) {
            timer::fire(vm)?;
        } else if vm.state.events.pins_waiting != 0 {
            let index = vm.state.events.pins_waiting.trailing_zeros();
            vm.state.events.pins_waiting &= vm.state.events.pins_waiting - 1;
            let flags = core::mem::take(&mut vm.state.events.pins[index as usize]);
            pin::fire(vm, index as u8, flags)?;
        } else if let Some(id) = vm.state.events.uarts.iter().position(|&flags| flags != 0) {
            let flags = core::mem::take(&mut vm.state.events.uarts[id]);
            uart::fire(vm, id, flags)?;
        } else if vm.state.events.lines != 0 {
            let line = vm.state.events.lines.trailing_zeros();
            vm.state.events.lines &= vm.state.events.lines - 1;
            super::rp2::fire(vm, line as u8)?;
        } else if scheduled == 0 {
            // What callbacks have scheduled waits for the next time: the program runs in between.
            vm.pending().set();
            break;
        } else {
            scheduled -= 1;
            let queue = vm.heap.root(Root::Scheduled);
            let pair = vm.heap.list(queue)[0];
            vm.heap.keep(pair)?;
            vm.heap.list_remove(queue, 0, 1);
            let (function, argument) = (vm.heap.tuple(pair)[0], vm.heap.tuple(pair)[1]);
            run(vm, function, argument)?;
        }
        vm.heap.release_temps(mark);
    }
    Ok(())
}

/// Calls a callback; what it raises is printed, except KeyboardInterrupt.
///
/// # Errors
/// KeyboardInterrupt.
pub fn run(vm: &mut Vm, function: Val, argument: Val) -> R<()> {
    let result = vm.call(function, &[argument]);
    finish(vm, result)
}

/// Calls a callback that was asked for with `hard=True`: the heap is locked meanwhile. It would run in an interrupt
/// on the official firmware, so a script that allocates there must fail here as well.
///
/// # Errors
/// KeyboardInterrupt.
pub fn run_hard(vm: &mut Vm, function: Val, argument: Val) -> R<()> {
    vm.state.heap_lock += 1;
    vm.heap.set_locked(true);
    let result = vm.call(function, &[argument]);
    vm.state.heap_lock = vm.state.heap_lock.saturating_sub(1);
    vm.heap.set_locked(vm.state.heap_lock > 0);
    finish(vm, result)
}

fn finish(vm: &mut Vm, result: R) -> R<()> {
    if let Err(raised) = result {
        if vm.exc_is(ExcKind::KeyboardInterrupt) {
            return Err(raised);
        }
        let exc = vm.take_exc();
        vm.heap.keep(exc)?;
        vm.write_console(b"Uncaught exception in a callback\n");
        let mut out = crate::vm::Out::console();
        vm.print_exception(exc, &mut out)?;
        out.finish(vm)?;
    }
    Ok(())
}

/// `micropython.schedule(function, argument)`.
///
/// # Errors
/// RuntimeError if the queue is full.
pub fn schedule(vm: &mut Vm, function: Val, argument: Val) -> R<()> {
    let mut queue = vm.heap.root(Root::Scheduled);
    if queue.is_null() {
        queue = vm.heap.new_list(&[])?;
        vm.heap.set_root(Root::Scheduled, queue);
    }
    if vm.heap.list_len(queue) >= SCHEDULE_DEPTH {
        return Err(vm.raise(ExcKind::RuntimeError, format_args!("schedule queue full")));
    }
    let pair = vm.heap.new_tuple(&[function, argument])?;
    vm.heap.list_push(queue, pair)?;
    vm.pending().set();
    Ok(())
}

/// Forgets everything: at a soft reset.
pub fn clear(vm: &mut Vm) {
    vm.state.events = Pending::default();
    for root in [Root::Scheduled, Root::Irq, Root::Timers, Root::Asyncio, Root::Lines, Root::Mounts] {
        vm.heap.set_root(root, Val::NULL);
    }
    vm.state.timers.clear();
    vm.state.volumes.clear();
    while vm.hal.next_event().is_some() {}
}
