//! `machine.Timer`: any number of them on the one alarm of the hardware.

use core::fmt::Write;

use super::int_or;
use crate::heap::cell::header;
use crate::heap::{Kind, Root};
use crate::modules::events;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

const ONE_SHOT: i64 = 0;
const PERIODIC: i64 = 1;

/// A timer that runs. Its object is at the same index in the list at [`Root::Timers`], as (object, callback,
/// hard).
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// Next time, µs.
    at: u64,
    /// µs; `None`: once.
    period: Option<u64>,
}

// w1 = 1 + index of the running timer, 0: does not run. w2 = period in µs, for printing. w3 = mode.

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let mode = if i64::from(vm.heap.w(v, 3)) == PERIODIC { "PERIODIC" } else { "ONE_SHOT" };
    let _ = write!(out, "Timer(mode={mode}, tick_hz=1000000, period={})", vm.heap.w(v, 2));
    Ok(())
}

/// Asks the hardware for the earliest of all.
pub fn schedule(vm: &mut Vm) {
    let next = vm.state.timers.iter().flatten().map(|t| t.at).min();
    // Threads take turns by the same alarm.
    let now = vm.hal.ticks_us();
    let slice = vm.slice_end().filter(|&end| end > now);
    let next = [next, slice, super::uart::next_due(vm)].into_iter().flatten().min();
    vm.hal.set_alarm(next);
}

fn stop(vm: &mut Vm, v: Val) {
    if let Some(index) = (vm.heap.w(v, 1) as usize).checked_sub(1) {
        vm.heap.set_w(v, 1, 0);
        vm.state.timers[index] = None;
        let list = vm.heap.root(Root::Timers);
        if !list.is_null() && index < vm.heap.list_len(list) {
            vm.heap.list_mut(list)[index] = Val::NONE;
        }
        schedule(vm);
    }
}

fn start(vm: &mut Vm, v: Val, (callback, hard): (Val, bool), us: u64, periodic: bool) -> R<()> {
    stop(vm, v);
    let mut list = vm.heap.root(Root::Timers);
    if list.is_null() {
        list = vm.heap.new_list(&[])?;
        vm.heap.set_root(Root::Timers, list);
    }
    let index = match vm.state.timers.iter().position(Option::is_none) {
        Some(free) => free,
        None => {
            vm.state.timers.try_reserve(1).map_err(|_| vm.no_memory())?;
            vm.heap.list_push(list, Val::NONE)?;
            vm.state.timers.push(None);
            vm.state.timers.len() - 1
        }
    };
    let entry = vm.heap.new_tuple(&[v, callback, Val::bool(hard)])?;
    vm.heap.list_mut(list)[index] = entry;
    let at = vm.hal.ticks_us() + us;
    vm.state.timers[index] = Some(Running { at, period: periodic.then_some(us) });
    vm.heap.set_w(v, 1, index as u32 + 1);
    schedule(vm);
    Ok(())
}

fn configure(vm: &mut Vm, v: Val, args: Args) -> R<()> {
    let names = ["*mode", "*callback", "*period", "*tick_hz", "*freq", "*hard"];
    let [mode, callback, period, tick_hz, freq, hard] = args.parse(vm, "init", names, 0)?;
    let mode = int_or(vm, mode, PERIODIC, "mode", ONE_SHOT, PERIODIC)?;
    let us = if freq.is_null() {
        let period = int_or(vm, period, -1, "period", -1, i64::from(u32::MAX))?;
        if period < 0 {
            return Err(vm.value_error(format_args!("period or freq is needed")));
        }
        let hz = int_or(vm, tick_hz, 1000, "tick_hz", 1, 1_000_000)?;
        period as u64 * 1_000_000 / hz as u64
    } else {
        let hz = vm.to_float(freq)?;
        if hz.is_nan() || hz <= 0.0 {
            return Err(vm.value_error(format_args!("freq must be positive")));
        }
        (1e6 / hz) as u64
    };
    let callback = if callback.is_null() { Val::NONE } else { callback };
    vm.heap.set_w(v, 2, us.min(u64::from(u32::MAX)) as u32);
    vm.heap.set_w(v, 3, mode as u32);
    // A shorter period would leave no time for anything else.
    let hard = !hard.is_null() && vm.truth(hard)?;
    start(vm, v, (callback, hard), us.max(1), mode == PERIODIC)
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    // Timer(), Timer(-1), Timer(mode=…): the hardware timers that other numbers stand for are not given out.
    let id = match args.opt(vm, 0).or_else(|| args.kw(vm, "id")) {
        Some(id) => vm.index(id)?,
        None => -1,
    };
    if id != -1 {
        return Err(vm.value_error(format_args!("Timer doesn't exist: use Timer() or Timer(-1)")));
    }
    let v = vm.heap.alloc_cell(header(Kind::Object, 0, ids::TIMER), 0, 0, 0)?;
    if args.nkw > 0 {
        configure(vm, v, args.skip(args.n.min(1)))?;
    }
    Ok(v)
}

fn init(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    configure(vm, v, args.skip(1))?;
    Ok(Val::NONE)
}

fn deinit(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    stop(vm, v);
    Ok(Val::NONE)
}

/// Runs the callbacks that are due and asks for the next alarm.
///
/// # Errors
/// KeyboardInterrupt.
pub fn fire(vm: &mut Vm) -> R<()> {
    for index in 0..vm.state.timers.len() {
        let now = vm.hal.ticks_us();
        let Some(timer) = vm.state.timers[index].filter(|t| t.at <= now) else { continue };
        let list = vm.heap.root(Root::Timers);
        let entry = vm.heap.list(list)[index];
        vm.heap.keep(entry)?;
        let items = vm.heap.tuple(entry);
        let (object, callback, hard) = (items[0], items[1], items[2] == Val::TRUE);
        match timer.period {
            Some(period) => {
                // In step with the start; times that were missed are not made up for.
                let missed = (now - timer.at) / period;
                vm.state.timers[index] = Some(Running { at: timer.at + (missed + 1) * period, ..timer });
            }
            None => stop(vm, object),
        }
        if !callback.is_none() {
            let run = if hard { events::run_hard } else { events::run };
            run(vm, callback, object)?;
        }
    }
    super::uart::look(vm);
    schedule(vm);
    Ok(())
}

/// The type.
pub static TIMER: NativeType = NativeType {
    id: ids::TIMER,
    name: "Timer",
    print: Some(print),
    new: Some(new),
    entries: &[
        Entry::Int("ONE_SHOT", ONE_SHOT),
        Entry::Int("PERIODIC", PERIODIC),
        Entry::Fn("deinit", 1, 1, deinit),
        Entry::FnKw("init", 1, 1, init),
    ],
    ..NativeType::EMPTY
};
