//! `machine.UART`.

use core::fmt::Write;

use super::{int_or, optional_pin};
use crate::hal::{Parity, UART_BREAK, UART_RX, UartConfig};
use crate::heap::cell::header;
use crate::heap::{Kind, Root};
use crate::modules::stream::{self, Ops};
use crate::modules::{events, time};
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

const CTS: i64 = 1;
const RTS: i64 = 2;
const INV_TX: i64 = 1;
const INV_RX: i64 = 2;
const IRQ_TXIDLE: u16 = 0x20;
const IRQ_RXIDLE: u16 = 0x40;
const IRQ_BREAK: u16 = 0x200;
/// An event like [`UART_RX`], but found here: what was written has left.
pub const TX_IDLE: u8 = 4;
/// The events that the three stand for.
const IRQS: [(u16, u8); 3] = [(IRQ_TXIDLE, TX_IDLE), (IRQ_RXIDLE, UART_RX), (IRQ_BREAK, UART_BREAK)];

// w1 = controller | tx << 8 | rx << 16, w2 = baud rate,
// w3 = timeout in ms | timeout between characters << 16.

/// The number of a UART's controller.
pub fn id(vm: &Vm, v: Val) -> u8 {
    vm.heap.w(v, 1) as u8
}

/// What printing tells beyond the object's own words, by controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    bits: u8,
    parity: Option<bool>,
    stop: u8,
    txbuf: u16,
    rxbuf: u16,
    invert: u8,
    /// Trigger of the handler; 0 without one.
    irq: u16,
    /// When to look whether everything has left, for a handler that waits for it; µs.
    look_at: Option<u64>,
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let (pins, baud, timeouts) = (vm.heap.w(v, 1), vm.heap.w(v, 2), vm.heap.w(v, 3));
    let s = vm.state.uarts[(pins & 1) as usize];
    let parity = match s.parity {
        None => "None",
        Some(false) => "0",
        Some(true) => "1",
    };
    let invert = ["None", "INV_TX", "INV_RX", "INV_TX|INV_RX"][usize::from(s.invert & 3)];
    let _ = write!(
        out,
        "UART({}, baudrate={baud}, bits={}, parity={parity}, stop={}, tx={}, rx={}, txbuf={}, rxbuf={}, \
         timeout={}, timeout_char={}, invert={invert}, irq={})",
        pins & 0xFF,
        s.bits,
        s.stop,
        pins >> 8 & 0xFF,
        pins >> 16 & 0xFF,
        s.txbuf,
        s.rxbuf,
        timeouts & 0xFFFF,
        timeouts >> 16,
        s.irq
    );
    Ok(())
}

/// Configures the controller and gives the object's words.
fn setup(vm: &mut Vm, args: Args, id: u8, old: Option<[u32; 3]>) -> R<[u32; 3]> {
    let names = [
        "baudrate",
        "bits",
        "parity",
        "stop",
        "*tx",
        "*rx",
        "*cts",
        "*rts",
        "*txbuf",
        "*rxbuf",
        "*timeout",
        "*timeout_char",
        "*invert",
        "*flow",
    ];
    let [baudrate, bits, parity, stop, tx, rx, cts, rts, txbuf, rxbuf, timeout, timeout_char, invert, flow] =
        args.parse(vm, "UART", names, 0)?;
    let Some((mut default_tx, mut default_rx)) = vm.hal.uart_default_pins(id) else {
        return Err(vm.value_error(format_args!("UART({id}) doesn't exist")));
    };
    let (mut default_baud, mut old_timeout, mut old_char) = (115_200, 0, 0);
    if let Some([pins, baud, timeouts]) = old {
        (default_tx, default_rx) = ((pins >> 8) as u8, (pins >> 16) as u8);
        (default_baud, old_timeout, old_char) =
            (i64::from(baud), i64::from(timeouts & 0xFFFF), i64::from(timeouts >> 16));
    }
    let parity = match parity {
        v if v.is_null() || v.is_none() => Parity::None,
        v => match vm.index(v)? & 1 {
            0 => Parity::Even,
            _ => Parity::Odd,
        },
    };
    let flow = int_or(vm, flow, 0, "flow", 0, RTS | CTS)?;
    let invert = int_or(vm, invert, 0, "invert", 0, INV_TX | INV_RX)?;
    let (cts, rts) = (optional_pin(vm, cts)?, optional_pin(vm, rts)?);
    let config = UartConfig {
        tx: optional_pin(vm, tx)?.unwrap_or(default_tx),
        rx: optional_pin(vm, rx)?.unwrap_or(default_rx),
        baudrate: int_or(vm, baudrate, default_baud, "baudrate", 1, 10_000_000)? as u32,
        bits: int_or(vm, bits, 8, "bits", 5, 8)? as u8,
        parity,
        stop: int_or(vm, stop, 1, "stop", 1, 2)? as u8,
        rts: rts.filter(|_| flow & RTS != 0),
        cts: cts.filter(|_| flow & CTS != 0),
        invert_tx: invert & INV_TX != 0,
        invert_rx: invert & INV_RX != 0,
        rxbuf: int_or(vm, rxbuf, 256, "rxbuf", 0, 32_766)?.max(32) as u16,
        txbuf: int_or(vm, txbuf, 256, "txbuf", 0, 32_766)?.max(32) as u16,
    };
    let timeout = int_or(vm, timeout, old_timeout, "timeout", 0, 65_535)? as u32;
    let timeout_char = int_or(vm, timeout_char, old_char, "timeout_char", 0, 65_535)? as u32;
    vm.need_room(usize::from(config.rxbuf) + usize::from(config.txbuf) + 1024)?;
    vm.hal.uart_init(id, &config).map_err(|e| vm.raise_hal(e))?;
    vm.state.uarts[usize::from(id & 1)] = Settings {
        bits: config.bits,
        parity: match config.parity {
            Parity::None => None,
            Parity::Even => Some(false),
            Parity::Odd => Some(true),
        },
        stop: config.stop,
        txbuf: config.txbuf,
        rxbuf: config.rxbuf,
        invert: u8::from(config.invert_tx) | u8::from(config.invert_rx) << 1,
        irq: 0,
        look_at: None,
    };
    vm.hal.uart_irq(id, 0);
    // A message on its way is not torn: the pause between two characters is at least 13 bits.
    let timeout_char = timeout_char.max(13_000 / config.baudrate + 1);
    Ok([
        u32::from(id) | u32::from(config.tx) << 8 | u32::from(config.rx) << 16,
        config.baudrate,
        timeout | timeout_char << 16,
    ])
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n == 0 {
        return Err(vm.type_error(format_args!("UART() missing required argument 'id' (pos 1)")));
    }
    let which = args.get(vm, 0);
    let which = vm.index(which)?;
    let Ok(which) = u8::try_from(which) else {
        return Err(vm.value_error(format_args!("UART({which}) doesn't exist")));
    };
    let [w1, w2, w3] = setup(vm, args.skip(1), which, None)?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::UART), w1, w2, w3)?)
}

fn init(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let old = [vm.heap.w(v, 1), vm.heap.w(v, 2), vm.heap.w(v, 3)];
    let words = setup(vm, args.skip(1), old[0] as u8, Some(old))?;
    for (i, word) in words.into_iter().enumerate() {
        vm.heap.set_w(v, i + 1, word);
    }
    Ok(Val::NONE)
}

fn deinit(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let id = id(vm, v);
    vm.hal.uart_deinit(id);
    Ok(Val::NONE)
}

/// The µs that so many characters take.
fn chars_us(vm: &Vm, v: Val, chars: u64) -> u64 {
    chars * 10_000_000 / u64::from(vm.heap.w(v, 2).max(1))
}

/// Waits for the time that so many characters take; other threads run.
fn wait_chars(vm: &mut Vm, v: Val, chars: u64) -> R<()> {
    let (us, now) = (chars_us(vm, v, chars), vm.hal.ticks_us());
    vm.idle_until(now + us)
}

/// Waits `timeout` for the first byte and `timeout_char` for each further one.
fn read(vm: &mut Vm, v: Val, buf: &mut [u8]) -> R<Option<usize>> {
    let (id, timeouts) = (id(vm, v), vm.heap.w(v, 3));
    // Never less than two characters' time, so that a message on its way is not torn.
    let char_us = (20_000_000 / u64::from(vm.heap.w(v, 2).max(1))).max(u64::from(timeouts >> 16) * 1000);
    let mut deadline = vm.hal.ticks_us() + u64::from(timeouts & 0xFFFF) * 1000;
    let mut n = 0;
    while n < buf.len() {
        if let Some(byte) = vm.hal.uart_read(id) {
            buf[n] = byte;
            n += 1;
            deadline = vm.hal.ticks_us() + char_us;
        } else if vm.hal.ticks_us() >= deadline {
            break;
        } else {
            vm.poll()?;
            // Bytes wake the processor, but not a thread that others run before.
            let until = deadline.min(vm.input_deadline());
            vm.idle_until(until)?;
        }
    }
    Ok((n > 0).then_some(n))
}

fn write(vm: &mut Vm, v: Val, bytes: &[u8]) -> R<Option<usize>> {
    let id = id(vm, v);
    let mut done = 0;
    while done < bytes.len() {
        let n = vm.hal.uart_write(id, &bytes[done..]);
        done += n;
        if n == 0 {
            vm.poll()?;
            wait_chars(vm, v, 4)?;
        }
    }
    let uart = usize::from(id & 1);
    if vm.state.uarts[uart].irq & IRQ_TXIDLE != 0 && !bytes.is_empty() {
        let left = chars_us(vm, v, bytes.len() as u64 + 1);
        vm.state.uarts[uart].look_at = Some(vm.hal.ticks_us() + left);
        super::timer::schedule(vm);
    }
    Ok(Some(done))
}

fn flush_all(vm: &mut Vm, v: Val) -> R<()> {
    let id = id(vm, v);
    while !vm.hal.uart_txdone(id) {
        vm.poll()?;
        wait_chars(vm, v, 1)?;
    }
    Ok(())
}

fn close(vm: &mut Vm, v: Val) -> R<()> {
    let id = id(vm, v);
    vm.hal.uart_deinit(id);
    Ok(())
}

/// As a stream.
pub static OPS: Ops = Ops { text: false, read, write, seek: stream::no_seek, flush: flush_all, close };

fn any(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let id = id(vm, v);
    Ok(Val::small(vm.hal.uart_any(id) as i32))
}

fn txdone(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let id = id(vm, v);
    Ok(Val::bool(vm.hal.uart_txdone(id)))
}

fn sendbreak(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let id = id(vm, v);
    vm.hal.uart_break(id);
    Ok(Val::NONE)
}

/// Once the line has been silent for this many characters, it is idle.
const IDLE_CHARS: u64 = 4;

/// Where a UART's handler is in the list of [`super::pin::handlers`].
fn place(id: usize) -> usize {
    super::pin::UART_HANDLERS + (id & 1) * super::pin::PER_UART
}

/// Sets what the handler is called for.
fn set_trigger(vm: &mut Vm, id: u8, trigger: u16) {
    let wanted = IRQS.iter().filter(|(irq, _)| trigger & irq != 0);
    let flags = wanted.fold(0, |flags, (_, event)| flags | event & !TX_IDLE);
    vm.hal.uart_irq(id, flags);
    let settings = &mut vm.state.uarts[usize::from(id & 1)];
    (settings.irq, settings.look_at) = (trigger, None);
}

fn irq(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let id = id(vm, v);
    let [handler, trigger, hard] = args.skip(1).parse(vm, "irq", ["handler", "trigger", "*hard"], 0)?;
    if args.n == 1 && args.nkw == 0 {
        return super::pin::uart_irq_object(vm, id);
    }
    let trigger = int_or(vm, trigger, 0, "trigger", 0, 0xFFFF)? as u16;
    let unknown = trigger & !(IRQ_TXIDLE | IRQ_RXIDLE | IRQ_BREAK);
    if unknown != 0 {
        return Err(vm.value_error(format_args!("trigger {unknown:#06x} unsupported")));
    }
    let hard = !hard.is_null() && vm.truth(hard)?;
    let handler = if handler.is_null() { Val::NONE } else { handler };
    let list = super::pin::handlers(vm)?;
    let at = place(usize::from(id));
    vm.heap.list_mut(list)[at..at + 3].copy_from_slice(&[handler, v, Val::bool(hard)]);
    set_trigger(vm, id, if handler.is_none() { 0 } else { trigger });
    super::pin::uart_irq_object(vm, id)
}

/// `irq().trigger([new])` of a UART: what it was.
///
/// # Errors
/// ValueError.
pub fn trigger(vm: &mut Vm, id: u8, new: Option<Val>) -> R {
    let old = vm.state.uarts[usize::from(id & 1)].irq;
    if let Some(new) = new {
        let all = i64::from(IRQ_TXIDLE | IRQ_RXIDLE | IRQ_BREAK);
        let new = vm.int_in(new, "trigger", 0, all)? as u16;
        set_trigger(vm, id, new);
    }
    Ok(Val::small(i32::from(old)))
}

/// When [`look`] is to be called, µs.
pub fn next_due(vm: &Vm) -> Option<u64> {
    vm.state.uarts.iter().filter_map(|uart| uart.look_at).min()
}

/// Sees whether what was written has left, where somebody waits for it.
pub fn look(vm: &mut Vm) {
    let now = vm.hal.ticks_us();
    for id in 0..2 {
        if vm.state.uarts[id].look_at.is_none_or(|at| at > now) {
            continue;
        }
        let idle = vm.hal.uart_txdone(id as u8);
        // The UART may have been slowed by its other side: once more after a while.
        vm.state.uarts[id].look_at = (!idle).then_some(now + 1000);
        if idle {
            vm.state.events.uarts[id] |= TX_IDLE;
        }
    }
}

/// Runs the handler of a UART.
///
/// # Errors
/// KeyboardInterrupt.
pub fn fire(vm: &mut Vm, id: usize, what: u8) -> R<()> {
    let list = vm.heap.root(Root::Irq);
    if list.is_null() {
        return Ok(());
    }
    let at = place(id);
    let hard = vm.heap.list(list)[at + 2] == Val::TRUE;
    let (handler, object) = (vm.heap.list(list)[at], vm.heap.list(list)[at + 1]);
    if handler.is_none() {
        return Ok(());
    }
    vm.heap.keep(handler)?;
    vm.heap.keep(object)?;
    if what & UART_RX != 0 {
        let idle_us = chars_us(vm, object, IDLE_CHARS);
        let mut before = vm.hal.uart_any(id as u8);
        loop {
            time::sleep_us(vm, idle_us)?;
            let now = vm.hal.uart_any(id as u8);
            if now == before {
                break;
            }
            before = now;
        }
    }
    vm.state.events.flags = IRQS.iter().filter(|(_, e)| what & e != 0).fold(0, |all, (irq, _)| all | irq);
    let run = if hard { events::run_hard } else { events::run };
    run(vm, handler, object)
}

/// The type.
pub static UART: NativeType = NativeType {
    id: ids::UART,
    name: "UART",
    print: Some(print),
    new: Some(new),
    next: Some(stream::next_line),
    entries: &[
        Entry::Int("CTS", CTS),
        Entry::Int("INV_RX", INV_RX),
        Entry::Int("INV_TX", INV_TX),
        Entry::Int("IRQ_BREAK", IRQ_BREAK as i64),
        Entry::Int("IRQ_RXIDLE", IRQ_RXIDLE as i64),
        Entry::Int("IRQ_TXIDLE", IRQ_TXIDLE as i64),
        Entry::Int("RTS", RTS),
        Entry::Fn("any", 1, 1, any),
        stream::CLOSE,
        Entry::Fn("deinit", 1, 1, deinit),
        stream::FLUSH,
        Entry::FnKw("init", 1, 5, init),
        Entry::FnKw("irq", 1, 3, irq),
        stream::READ,
        stream::READINTO,
        stream::READLINE,
        Entry::Fn("sendbreak", 1, 1, sendbreak),
        Entry::Fn("txdone", 1, 1, txdone),
        stream::WRITE,
    ],
    ..NativeType::EMPTY
};
