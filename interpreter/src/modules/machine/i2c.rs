//! `machine.I2C` and `machine.SoftI2C`: the same methods on a controller and on bit-banged pins.

use core::fmt::Write;

use super::{int_or, optional_pin, pin_arg};
use crate::hal::{Error, I2cConfig, PinMode, Pull};
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeType, R, Raised};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

const DEFAULT_FREQ: i64 = 400_000;
const DEFAULT_SOFT_FREQ: i64 = 500_000;
const DEFAULT_TIMEOUT_US: i64 = 50_000;
/// Bytes of a transfer that need no allocation.
const CHUNK: usize = 256;

// I2C: w1 = controller | scl << 8 | sda << 16, w2 = frequency, w3 = timeout in µs.
// SoftI2C: w1 = scl << 8 | sda << 16, w2 = frequency, w3 = timeout in µs.

/// A bus, as its object describes it.
#[derive(Clone, Copy)]
enum Bus {
    Hard { id: u8 },
    Soft(Soft),
}

/// Bit-banging: open-drain pins and half a clock period.
#[derive(Clone, Copy)]
struct Soft {
    scl: u8,
    sda: u8,
    half_us: u32,
    timeout_us: u32,
}

fn bus(vm: &Vm, v: Val) -> Bus {
    let pins = vm.heap.w(v, 1);
    let freq = vm.heap.w(v, 2).max(1);
    if vm.heap.aux(v) == ids::I2C {
        return Bus::Hard { id: pins as u8 };
    }
    // A period is two halves; below 2 µs the code itself is the limit.
    let half_us = 500_000 / freq;
    Bus::Soft(Soft { scl: (pins >> 8) as u8, sda: (pins >> 16) as u8, half_us, timeout_us: vm.heap.w(v, 3) })
}

impl Soft {
    fn wait(self, vm: &mut Vm) {
        if self.half_us > 0 {
            vm.hal.delay_us(self.half_us);
        }
    }

    /// Lets the clock go and waits for a device that holds it.
    fn clock_high(self, vm: &mut Vm) -> Result<(), Error> {
        vm.hal.pin_write(self.scl, true);
        self.wait(vm);
        if !vm.hal.pin_read(self.scl) {
            let end = vm.hal.ticks_us() + u64::from(self.timeout_us);
            while !vm.hal.pin_read(self.scl) {
                if vm.hal.ticks_us() > end {
                    return Err(Error::Timeout);
                }
                // The device may be an `I2CTarget` of this board, which answers in a callback.
                vm.poll().map_err(|_| Error::Interrupted)?;
            }
        }
        Ok(())
    }

    fn start(self, vm: &mut Vm) -> Result<(), Error> {
        vm.hal.pin_write(self.sda, true);
        self.wait(vm);
        self.clock_high(vm)?;
        vm.hal.pin_write(self.sda, false);
        self.wait(vm);
        Ok(())
    }

    fn stop(self, vm: &mut Vm) -> Result<(), Error> {
        vm.hal.pin_write(self.scl, false);
        self.wait(vm);
        vm.hal.pin_write(self.sda, false);
        self.wait(vm);
        let result = self.clock_high(vm);
        vm.hal.pin_write(self.sda, true);
        self.wait(vm);
        result
    }

    /// Clocks a bit out; gives the line's level while the clock is high.
    fn bit(self, vm: &mut Vm, high: bool) -> Result<bool, Error> {
        vm.hal.pin_write(self.scl, false);
        vm.hal.pin_write(self.sda, high);
        self.wait(vm);
        self.clock_high(vm)?;
        Ok(vm.hal.pin_read(self.sda))
    }

    /// Gives whether the byte was acknowledged.
    fn write_byte(self, vm: &mut Vm, byte: u8) -> Result<bool, Error> {
        for i in (0..8).rev() {
            self.bit(vm, byte >> i & 1 == 1)?;
        }
        let acknowledged = !self.bit(vm, true)?;
        vm.hal.pin_write(self.scl, false);
        Ok(acknowledged)
    }

    fn read_byte(self, vm: &mut Vm, acknowledge: bool) -> Result<u8, Error> {
        let mut byte = 0;
        for _ in 0..8 {
            byte = byte << 1 | u8::from(self.bit(vm, true)?);
        }
        self.bit(vm, !acknowledge)?;
        vm.hal.pin_write(self.scl, false);
        vm.hal.pin_write(self.sda, true);
        Ok(byte)
    }

    fn write(self, vm: &mut Vm, addr: u8, bytes: &[u8], stop: bool) -> Result<usize, Error> {
        self.start(vm)?;
        let mut acknowledged = 0;
        let result = self.write_byte(vm, addr << 1).and_then(|ack| {
            if !ack {
                return Err(Error::NoAck);
            }
            for &byte in bytes {
                if !self.write_byte(vm, byte)? {
                    break;
                }
                acknowledged += 1;
            }
            Ok(acknowledged)
        });
        if stop || result.is_err() {
            self.stop(vm)?;
        }
        result
    }

    fn read(self, vm: &mut Vm, addr: u8, buf: &mut [u8], stop: bool) -> Result<(), Error> {
        self.start(vm)?;
        let len = buf.len();
        let result = self.write_byte(vm, addr << 1 | 1).and_then(|ack| {
            if !ack {
                return Err(Error::NoAck);
            }
            for (i, byte) in buf.iter_mut().enumerate() {
                *byte = self.read_byte(vm, i + 1 < len)?;
            }
            Ok(())
        });
        if stop || result.is_err() {
            self.stop(vm)?;
        }
        result
    }
}

/// Raises what went wrong; an interrupt has been raised where it was noticed.
fn raise(vm: &mut Vm, error: Error) -> Raised {
    if error == Error::Interrupted { Raised } else { vm.raise_hal(error) }
}

impl Bus {
    /// Writes; gives how many bytes were acknowledged.
    fn write(self, vm: &mut Vm, addr: u8, bytes: &[u8], stop: bool) -> R<usize> {
        let result = match self {
            Bus::Hard { id } => vm.hal.i2c_write(id, addr, bytes, stop),
            Bus::Soft(soft) => soft.write(vm, addr, bytes, stop),
        };
        let acknowledged = result.map_err(|e| raise(vm, e))?;
        // If the device is an `I2CTarget` of this board, its callback comes before the program goes on.
        vm.poll()?;
        Ok(acknowledged)
    }

    fn read(self, vm: &mut Vm, addr: u8, buf: &mut [u8], stop: bool) -> R<()> {
        let result = match self {
            Bus::Hard { id } => vm.hal.i2c_read(id, addr, buf, stop),
            Bus::Soft(soft) => soft.read(vm, addr, buf, stop),
        };
        result.map_err(|e| raise(vm, e))?;
        vm.poll()
    }
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let (pins, freq) = (vm.heap.w(v, 1), vm.heap.w(v, 2));
    let (scl, sda) = (pins >> 8 & 0xFF, pins >> 16 & 0xFF);
    let _ = if vm.heap.aux(v) == ids::I2C {
        write!(out, "I2C({}, freq={freq}, scl={scl}, sda={sda}, timeout={})", pins & 0xFF, vm.heap.w(v, 3))
    } else {
        write!(out, "SoftI2C(scl={scl}, sda={sda}, freq={freq})")
    };
    Ok(())
}

fn setup_hard(vm: &mut Vm, args: Args, id: u8, old: Option<(u8, u8)>) -> R<(u32, u32, u32)> {
    let names = ["freq", "*scl", "*sda", "*timeout"];
    let [freq, scl, sda, timeout] = args.parse(vm, "I2C", names, 0)?;
    let freq = int_or(vm, freq, DEFAULT_FREQ, "freq", 1, 10_000_000)? as u32;
    let timeout_us = int_or(vm, timeout, DEFAULT_TIMEOUT_US, "timeout", 0, i64::from(u32::MAX))? as u32;
    let Some((default_scl, default_sda)) = old.or(vm.hal.i2c_default_pins(id)) else {
        return Err(vm.value_error(format_args!("I2C({id}) doesn't exist")));
    };
    let scl = optional_pin(vm, scl)?.unwrap_or(default_scl);
    let sda = optional_pin(vm, sda)?.unwrap_or(default_sda);
    let reached =
        vm.hal.i2c_init(id, &I2cConfig { scl, sda, freq, timeout_us }).map_err(|e| vm.raise_hal(e))?;
    Ok((u32::from(id) | u32::from(scl) << 8 | u32::from(sda) << 16, reached, timeout_us))
}

fn new_hard(vm: &mut Vm, cls: Val, args: Args) -> R {
    // Without an id and with pins it is the bit-banged bus, as it once was called.
    let id = match args.opt(vm, 0).or_else(|| args.kw(vm, "id")) {
        Some(id) => vm.index(id)?,
        None => 0,
    };
    if id == -1 {
        return new_soft(vm, cls, args.skip(args.n.min(1)));
    }
    let Ok(id) = u8::try_from(id) else {
        return Err(vm.value_error(format_args!("I2C({id}) doesn't exist")));
    };
    let (pins, freq, timeout) = setup_hard(vm, args.skip(args.n.min(1)), id, None)?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::I2C), pins, freq, timeout)?)
}

fn setup_soft(vm: &mut Vm, args: Args) -> R<(u32, u32, u32)> {
    let [scl, sda, freq, timeout] = args.parse(vm, "SoftI2C", ["scl", "sda", "*freq", "*timeout"], 2)?;
    let (scl, sda) = (pin_arg(vm, scl)?, pin_arg(vm, sda)?);
    let freq = int_or(vm, freq, DEFAULT_SOFT_FREQ, "freq", 1, 10_000_000)? as u32;
    let timeout = int_or(vm, timeout, DEFAULT_TIMEOUT_US, "timeout", 0, i64::from(u32::MAX))? as u32;
    for pin in [scl, sda] {
        vm.hal.pin_configure(pin, PinMode::OpenDrain, Pull::Up);
        vm.hal.pin_write(pin, true);
    }
    Ok((u32::from(scl) << 8 | u32::from(sda) << 16, freq, timeout))
}

fn new_soft(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let (pins, freq, timeout) = setup_soft(vm, args)?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::SOFT_I2C), pins, freq, timeout)?)
}

fn init(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let pins = vm.heap.w(v, 1);
    let (pins, freq, timeout) = if vm.heap.aux(v) == ids::I2C {
        let old = ((pins >> 8) as u8, (pins >> 16) as u8);
        setup_hard(vm, args.skip(1), pins as u8, Some(old))?
    } else {
        setup_soft(vm, args.skip(1))?
    };
    for (i, word) in [pins, freq, timeout].into_iter().enumerate() {
        vm.heap.set_w(v, i + 1, word);
    }
    Ok(Val::NONE)
}

/// The bus stays: other objects may use it. Its pins are given back at a soft reset.
fn deinit(_: &mut Vm, _: Args) -> R {
    Ok(Val::NONE)
}

fn addr_arg(vm: &mut Vm, v: Val) -> R<u8> {
    Ok(vm.int_in(v, "addr", 0, 127)? as u8)
}

fn stop_arg(vm: &mut Vm, args: Args, i: usize) -> R<bool> {
    match args.opt(vm, i).or_else(|| args.kw(vm, "stop")) {
        Some(v) => vm.truth(v),
        None => Ok(true),
    }
}

fn scan(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let bus = bus(vm, v);
    let list = vm.heap.new_list(&[])?;
    // The addresses that the standard leaves to devices.
    for addr in 0x08..0x78 {
        let answered = match bus {
            Bus::Hard { id } => vm.hal.i2c_write(id, addr, &[], true),
            Bus::Soft(soft) => soft.write(vm, addr, &[], true),
        };
        match answered {
            Ok(_) => vm.heap.list_push(list, Val::small(i32::from(addr)))?,
            Err(Error::NoAck) => {}
            Err(e) => return Err(raise(vm, e)),
        }
        vm.poll()?;
    }
    Ok(list)
}

/// Bytes for a transfer: on the stack if they are few, else borrowed from Rust's heap.
struct Scratch {
    small: [u8; CHUNK],
    large: alloc::vec::Vec<u8>,
    len: usize,
}

impl Scratch {
    fn new(vm: &mut Vm, len: usize) -> R<Scratch> {
        let mut large = alloc::vec::Vec::new();
        if len > CHUNK {
            vm.make_room(len);
            large.try_reserve_exact(len).map_err(|_| vm.no_memory())?;
            large.resize(len, 0);
        }
        Ok(Scratch { small: [0; CHUNK], large, len })
    }

    fn bytes(&mut self) -> &mut [u8] {
        if self.large.is_empty() { &mut self.small[..self.len] } else { &mut self.large }
    }
}

fn readfrom(vm: &mut Vm, args: Args) -> R {
    let (v, addr, n) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let addr = addr_arg(vm, addr)?;
    let n = vm.int_in(n, "nbytes", 0, 65_535)? as usize;
    let stop = stop_arg(vm, args, 3)?;
    let mut scratch = Scratch::new(vm, n)?;
    bus(vm, v).read(vm, addr, scratch.bytes(), stop)?;
    Ok(vm.heap.new_bytes(scratch.bytes())?)
}

fn readfrom_into(vm: &mut Vm, args: Args) -> R {
    let (v, addr, target) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let addr = addr_arg(vm, addr)?;
    let stop = stop_arg(vm, args, 3)?;
    let buffer = Buffer::write(vm, target)?;
    let mut scratch = Scratch::new(vm, buffer.len)?;
    bus(vm, v).read(vm, addr, scratch.bytes(), stop)?;
    buffer.bytes_mut(&mut vm.heap).copy_from_slice(scratch.bytes());
    Ok(Val::NONE)
}

fn writeto(vm: &mut Vm, args: Args) -> R {
    let (v, addr, data) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let addr = addr_arg(vm, addr)?;
    let stop = stop_arg(vm, args, 3)?;
    let buffer = Buffer::read(vm, data)?;
    let mut scratch = Scratch::new(vm, buffer.len)?;
    scratch.bytes().copy_from_slice(buffer.bytes(&vm.heap));
    let acknowledged = bus(vm, v).write(vm, addr, scratch.bytes(), stop)?;
    Ok(Val::small(acknowledged as i32))
}

fn writevto(vm: &mut Vm, args: Args) -> R {
    let (v, addr, vector) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let addr = addr_arg(vm, addr)?;
    let stop = stop_arg(vm, args, 3)?;
    let parts = vm.collect_list(vector)?;
    let mut bytes = alloc::vec::Vec::new();
    for i in 0..vm.heap.list_len(parts) {
        let part = vm.heap.list(parts)[i];
        let buffer = Buffer::read(vm, part)?;
        bytes.try_reserve(buffer.len).map_err(|_| vm.no_memory())?;
        bytes.extend_from_slice(buffer.bytes(&vm.heap));
    }
    let acknowledged = bus(vm, v).write(vm, addr, &bytes, stop)?;
    Ok(Val::small(acknowledged as i32))
}

/// addr, memaddr, and the register address as bytes.
fn memory_args(vm: &mut Vm, addr: Val, memaddr: Val, addrsize: Val) -> R<(u8, [u8; 4], usize)> {
    let addr = addr_arg(vm, addr)?;
    let memaddr = vm.int_in(memaddr, "memaddr", 0, i64::from(u32::MAX))? as u32;
    let bits = int_or(vm, addrsize, 8, "addrsize", 8, 32)?;
    if bits % 8 != 0 {
        return Err(vm.value_error(format_args!("addrsize must be 8, 16, 24 or 32")));
    }
    Ok((addr, memaddr.to_be_bytes(), 4 - bits as usize / 8))
}

fn readfrom_mem(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let names = ["addr", "memaddr", "nbytes", "*addrsize"];
    let [addr, memaddr, n, addrsize] = args.skip(1).parse(vm, "readfrom_mem", names, 3)?;
    let (addr, register, from) = memory_args(vm, addr, memaddr, addrsize)?;
    let n = vm.int_in(n, "nbytes", 0, 65_535)? as usize;
    let bus = bus(vm, v);
    let mut scratch = Scratch::new(vm, n)?;
    write_register(vm, bus, addr, &register[from..])?;
    bus.read(vm, addr, scratch.bytes(), true)?;
    Ok(vm.heap.new_bytes(scratch.bytes())?)
}

/// Addresses a register and keeps the bus.
fn write_register(vm: &mut Vm, bus: Bus, addr: u8, register: &[u8]) -> R<()> {
    if bus.write(vm, addr, register, false)? == register.len() { Ok(()) } else { Err(vm.raise_os(5)) }
}

fn readfrom_mem_into(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let names = ["addr", "memaddr", "buf", "*addrsize"];
    let [addr, memaddr, target, addrsize] = args.skip(1).parse(vm, "readfrom_mem_into", names, 3)?;
    let (addr, register, from) = memory_args(vm, addr, memaddr, addrsize)?;
    let buffer = Buffer::write(vm, target)?;
    let bus = bus(vm, v);
    let mut scratch = Scratch::new(vm, buffer.len)?;
    write_register(vm, bus, addr, &register[from..])?;
    bus.read(vm, addr, scratch.bytes(), true)?;
    buffer.bytes_mut(&mut vm.heap).copy_from_slice(scratch.bytes());
    Ok(Val::NONE)
}

fn writeto_mem(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let names = ["addr", "memaddr", "buf", "*addrsize"];
    let [addr, memaddr, data, addrsize] = args.skip(1).parse(vm, "writeto_mem", names, 3)?;
    let (addr, register, from) = memory_args(vm, addr, memaddr, addrsize)?;
    let register = &register[from..];
    let buffer = Buffer::read(vm, data)?;
    let mut scratch = Scratch::new(vm, register.len() + buffer.len)?;
    let (head, tail) = scratch.bytes().split_at_mut(register.len());
    head.copy_from_slice(register);
    tail.copy_from_slice(buffer.bytes(&vm.heap));
    let len = scratch.len;
    if bus(vm, v).write(vm, addr, scratch.bytes(), true)? != len {
        return Err(vm.raise_os(5));
    }
    Ok(Val::NONE)
}

// ---- the primitives of a bit-banged bus ----

fn soft(vm: &mut Vm, v: Val) -> R<Soft> {
    match bus(vm, v) {
        Bus::Soft(soft) => Ok(soft),
        Bus::Hard { .. } => Err(vm.raise_os(95)),
    }
}

fn start(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let soft = soft(vm, v)?;
    soft.start(vm).map_err(|e| vm.raise_hal(e))?;
    Ok(Val::NONE)
}

fn stop(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let soft = soft(vm, v)?;
    soft.stop(vm).map_err(|e| vm.raise_hal(e))?;
    Ok(Val::NONE)
}

fn write(vm: &mut Vm, args: Args) -> R {
    let (v, data) = (args.get(vm, 0), args.get(vm, 1));
    let soft = soft(vm, v)?;
    let buffer = Buffer::read(vm, data)?;
    let mut acknowledged = 0;
    for i in 0..buffer.len {
        let byte = buffer.bytes(&vm.heap)[i];
        if !soft.write_byte(vm, byte).map_err(|e| vm.raise_hal(e))? {
            break;
        }
        acknowledged += 1;
    }
    Ok(Val::small(acknowledged))
}

fn readinto(vm: &mut Vm, args: Args) -> R {
    let (v, target) = (args.get(vm, 0), args.get(vm, 1));
    let soft = soft(vm, v)?;
    let nack = match args.opt(vm, 2) {
        Some(v) => vm.truth(v)?,
        None => true,
    };
    let buffer = Buffer::write(vm, target)?;
    for i in 0..buffer.len {
        let last = i + 1 == buffer.len;
        let byte = soft.read_byte(vm, !(last && nack)).map_err(|e| vm.raise_hal(e))?;
        buffer.bytes_mut(&mut vm.heap)[i] = byte;
    }
    Ok(Val::NONE)
}

const ENTRIES: &[Entry] = &[
    Entry::Fn("deinit", 1, 1, deinit),
    Entry::FnKw("init", 1, 4, init),
    Entry::FnKw("readfrom", 3, 4, readfrom),
    Entry::FnKw("readfrom_into", 3, 4, readfrom_into),
    Entry::FnKw("readfrom_mem", 1, 4, readfrom_mem),
    Entry::FnKw("readfrom_mem_into", 1, 4, readfrom_mem_into),
    Entry::Fn("readinto", 2, 3, readinto),
    Entry::Fn("scan", 1, 1, scan),
    Entry::Fn("start", 1, 1, start),
    Entry::Fn("stop", 1, 1, stop),
    Entry::Fn("write", 2, 2, write),
    Entry::FnKw("writeto", 3, 4, writeto),
    Entry::FnKw("writeto_mem", 1, 4, writeto_mem),
    Entry::FnKw("writevto", 3, 4, writevto),
];

/// The controllers.
pub static I2C: NativeType = NativeType {
    id: ids::I2C,
    name: "I2C",
    print: Some(print),
    new: Some(new_hard),
    entries: ENTRIES,
    ..NativeType::EMPTY
};

/// The same on any two pins.
pub static SOFT_I2C: NativeType =
    NativeType { id: ids::SOFT_I2C, name: "SoftI2C", new: Some(new_soft), ..I2C };
