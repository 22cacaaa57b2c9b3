//! `machine.SPI` and `machine.SoftSPI`.

use core::fmt::Write;

use super::{int_or, optional_pin};
use crate::hal::{PinMode, Pull, SpiConfig};
use crate::heap::Kind;
use crate::heap::cell::header;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

const MSB: i64 = 1;
const LSB: i64 = 0;
/// Bytes moved at a time.
const CHUNK: usize = 128;
/// In place of a pin: none.
const NO_PIN: u32 = 0xFF;

// w1 = sck | mosi << 8 | miso << 16 | controller << 24,
// w2 = rate, w3 = polarity | phase << 1 | lsb first << 2 | bits << 8.

#[derive(Clone, Copy)]
struct Settings {
    id: u8,
    config: SpiConfig,
}

impl Settings {
    fn words(&self) -> [u32; 3] {
        let c = &self.config;
        let pin = |p: Option<u8>| p.map_or(NO_PIN, u32::from);
        [
            u32::from(c.sck) | pin(c.mosi) << 8 | pin(c.miso) << 16 | u32::from(self.id) << 24,
            c.baudrate,
            u32::from(c.polarity)
                | u32::from(c.phase) << 1
                | u32::from(c.lsb_first) << 2
                | u32::from(c.bits) << 8,
        ]
    }

    fn of(vm: &Vm, v: Val) -> Settings {
        let (pins, baudrate, flags) = (vm.heap.w(v, 1), vm.heap.w(v, 2), vm.heap.w(v, 3));
        let pin = |shift: u32| Some((pins >> shift) as u8).filter(|&p| u32::from(p) != NO_PIN);
        Settings {
            id: (pins >> 24) as u8,
            config: SpiConfig {
                sck: pins as u8,
                mosi: pin(8),
                miso: pin(16),
                baudrate,
                polarity: flags & 1 != 0,
                phase: flags & 2 != 0,
                bits: (flags >> 8) as u8,
                lsb_first: flags & 4 != 0,
            },
        }
    }
}

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let Settings { id, config: c } = Settings::of(vm, v);
    let _ = if vm.heap.aux(v) == ids::SPI { write!(out, "SPI({id}, ") } else { write!(out, "SoftSPI(") };
    let (baudrate, polarity, phase) = (c.baudrate, u8::from(c.polarity), u8::from(c.phase));
    let _ = write!(out, "baudrate={baudrate}, polarity={polarity}, phase={phase}, ");
    let _ = if vm.heap.aux(v) == ids::SPI {
        write!(out, "bits={}, ", c.bits)
    } else {
        write!(out, "firstbit={}, ", if c.lsb_first { LSB } else { MSB })
    };
    let _ = write!(out, "sck={}", c.sck);
    for (name, pin) in [("mosi", c.mosi), ("miso", c.miso)] {
        let _ = match pin {
            Some(pin) => write!(out, ", {name}={pin}"),
            None => write!(out, ", {name}=None"),
        };
    }
    out.push(")");
    Ok(())
}

/// Changes settings by what is given.
fn parse(vm: &mut Vm, args: Args, hard: bool, mut s: Settings) -> R<Settings> {
    let names = ["baudrate", "*polarity", "*phase", "*bits", "*firstbit", "*sck", "*mosi", "*miso"];
    let [baudrate, polarity, phase, bits, firstbit, sck, mosi, miso] = args.parse(vm, "SPI", names, 0)?;
    let c = &mut s.config;
    c.baudrate = int_or(vm, baudrate, i64::from(c.baudrate), "baudrate", 1, 100_000_000)? as u32;
    c.polarity = int_or(vm, polarity, i64::from(c.polarity), "polarity", 0, 1)? == 1;
    c.phase = int_or(vm, phase, i64::from(c.phase), "phase", 0, 1)? == 1;
    let (least, most) = if hard { (4, 16) } else { (8, 8) };
    c.bits = int_or(vm, bits, i64::from(c.bits), "bits", least, most)? as u8;
    let firstbit = int_or(vm, firstbit, if c.lsb_first { LSB } else { MSB }, "firstbit", LSB, MSB)?;
    c.lsb_first = firstbit == LSB;
    c.sck = optional_pin(vm, sck)?.unwrap_or(c.sck);
    for (given, pin) in [(mosi, &mut c.mosi), (miso, &mut c.miso)] {
        if !given.is_null() {
            *pin = optional_pin(vm, given)?;
        }
    }
    Ok(s)
}

fn start(vm: &mut Vm, mut s: Settings, hard: bool) -> R<Settings> {
    if hard {
        s.config.baudrate = vm.hal.spi_init(s.id, &s.config).map_err(|e| vm.raise_hal(e))?;
        return Ok(s);
    }
    let c = &s.config;
    vm.hal.pin_write(c.sck, c.polarity);
    vm.hal.pin_configure(c.sck, PinMode::Out, Pull::None);
    if let Some(mosi) = c.mosi {
        vm.hal.pin_configure(mosi, PinMode::Out, Pull::None);
    }
    if let Some(miso) = c.miso {
        vm.hal.pin_configure(miso, PinMode::In, Pull::None);
    }
    Ok(s)
}

fn object(vm: &mut Vm, s: Settings, id: u16) -> R {
    let [w1, w2, w3] = s.words();
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, id), w1, w2, w3)?)
}

const DEFAULT: SpiConfig = SpiConfig {
    sck: 0,
    mosi: None,
    miso: None,
    baudrate: 1_000_000,
    polarity: false,
    phase: false,
    bits: 8,
    lsb_first: false,
};

fn new_hard(vm: &mut Vm, cls: Val, args: Args) -> R {
    let id = match args.opt(vm, 0).or_else(|| args.kw(vm, "id")) {
        Some(id) => vm.index(id)?,
        None => 0,
    };
    let rest = args.skip(args.n.min(1));
    if id == -1 {
        return new_soft(vm, cls, rest);
    }
    let found = u8::try_from(id).ok().and_then(|id| Some((id, vm.hal.spi_default_pins(id)?)));
    let Some((id, (sck, mosi, miso))) = found else {
        return Err(vm.value_error(format_args!("SPI({id}) doesn't exist")));
    };
    let config = SpiConfig { sck, mosi: Some(mosi), miso: Some(miso), ..DEFAULT };
    let s = parse(vm, rest, true, Settings { id, config })?;
    let s = start(vm, s, true)?;
    object(vm, s, ids::SPI)
}

fn new_soft(vm: &mut Vm, _cls: Val, args: Args) -> R {
    for name in ["sck", "mosi", "miso"] {
        if args.kw(vm, name).is_none() {
            return Err(vm.type_error(format_args!("SoftSPI() missing required argument '{name}'")));
        }
    }
    let s = parse(vm, args, false, Settings { id: 0, config: SpiConfig { baudrate: 500_000, ..DEFAULT } })?;
    let s = start(vm, s, false)?;
    object(vm, s, ids::SOFT_SPI)
}

fn init(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let hard = vm.heap.aux(v) == ids::SPI;
    let old = Settings::of(vm, v);
    let s = parse(vm, args.skip(1), hard, old)?;
    let s = start(vm, s, hard)?;
    for (i, word) in s.words().into_iter().enumerate() {
        vm.heap.set_w(v, i + 1, word);
    }
    Ok(Val::NONE)
}

fn deinit(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    if vm.heap.aux(v) == ids::SPI {
        let id = Settings::of(vm, v).id;
        vm.hal.spi_deinit(id);
    }
    Ok(Val::NONE)
}

/// Exchanges bytes on bit-banged pins.
fn soft_transfer(vm: &mut Vm, c: &SpiConfig, buf: &mut [u8]) {
    // Below a microsecond the code itself is the limit.
    let half_us = 500_000 / c.baudrate.max(1);
    let wait = |vm: &mut Vm| {
        if half_us > 0 {
            vm.hal.delay_us(half_us);
        }
    };
    for byte in buf {
        let (mut out, mut back) = (*byte, 0u8);
        if c.lsb_first {
            out = out.reverse_bits();
        }
        for _ in 0..8 {
            if !c.phase {
                if let Some(mosi) = c.mosi {
                    vm.hal.pin_write(mosi, out & 0x80 != 0);
                }
                wait(vm);
                vm.hal.pin_write(c.sck, !c.polarity);
            } else {
                vm.hal.pin_write(c.sck, !c.polarity);
                if let Some(mosi) = c.mosi {
                    vm.hal.pin_write(mosi, out & 0x80 != 0);
                }
                wait(vm);
                vm.hal.pin_write(c.sck, c.polarity);
            }
            out <<= 1;
            back = back << 1 | c.miso.is_some_and(|pin| vm.hal.pin_read(pin)) as u8;
            wait(vm);
            if !c.phase {
                vm.hal.pin_write(c.sck, c.polarity);
            }
        }
        *byte = if c.lsb_first { back.reverse_bits() } else { back };
    }
}

fn transfer(vm: &mut Vm, v: Val, buf: &mut [u8]) -> R<()> {
    let s = Settings::of(vm, v);
    if vm.heap.aux(v) == ids::SPI {
        vm.hal.spi_transfer(s.id, buf).map_err(|e| vm.raise_hal(e))
    } else {
        soft_transfer(vm, &s.config, buf);
        Ok(())
    }
}

/// Sends `len` bytes, from `source` or a fill byte, and puts what comes back into `target`.
fn exchange(
    vm: &mut Vm,
    v: Val,
    len: usize,
    source: Option<Buffer>,
    fill: u8,
    target: Option<Buffer>,
) -> R<()> {
    let mut chunk = [fill; CHUNK];
    let mut done = 0;
    while done < len {
        let n = (len - done).min(CHUNK);
        match &source {
            Some(source) => chunk[..n].copy_from_slice(&source.bytes(&vm.heap)[done..done + n]),
            None => chunk[..n].fill(fill),
        }
        transfer(vm, v, &mut chunk[..n])?;
        if let Some(target) = &target {
            target.bytes_mut(&mut vm.heap)[done..done + n].copy_from_slice(&chunk[..n]);
        }
        done += n;
    }
    Ok(())
}

fn fill_arg(vm: &mut Vm, args: Args, i: usize) -> R<u8> {
    match args.opt(vm, i) {
        Some(v) => Ok(vm.index(v)? as u8),
        None => Ok(0),
    }
}

fn read(vm: &mut Vm, args: Args) -> R {
    let (v, n) = (args.get(vm, 0), args.get(vm, 1));
    let n = vm.int_in(n, "nbytes", 0, 1 << 24)? as usize;
    let fill = fill_arg(vm, args, 2)?;
    let target = vm.heap.new_bytearray_zeroed(n)?;
    let buffer = Buffer::write(vm, target)?;
    exchange(vm, v, n, None, fill, Some(buffer))?;
    Ok(vm.heap.finish_bytes(target)?)
}

fn readinto(vm: &mut Vm, args: Args) -> R {
    let (v, target) = (args.get(vm, 0), args.get(vm, 1));
    let fill = fill_arg(vm, args, 2)?;
    let buffer = Buffer::write(vm, target)?;
    let len = buffer.len;
    exchange(vm, v, len, None, fill, Some(buffer))?;
    Ok(Val::NONE)
}

fn write(vm: &mut Vm, args: Args) -> R {
    let (v, data) = (args.get(vm, 0), args.get(vm, 1));
    let buffer = Buffer::read(vm, data)?;
    let len = buffer.len;
    if vm.heap.aux(v) == ids::SPI {
        // Nothing comes back: straight from the Python heap, however long.
        let id = Settings::of(vm, v).id;
        let sent = vm.hal.spi_write(id, buffer.bytes(&vm.heap));
        sent.map_err(|e| vm.raise_hal(e))?;
    } else {
        exchange(vm, v, len, Some(buffer), 0, None)?;
    }
    Ok(Val::NONE)
}

fn write_readinto(vm: &mut Vm, args: Args) -> R {
    let (v, data, target) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let (source, target) = (Buffer::read(vm, data)?, Buffer::write(vm, target)?);
    if source.len != target.len {
        return Err(vm.value_error(format_args!("buffers must be the same length")));
    }
    let len = source.len;
    exchange(vm, v, len, Some(source), 0, Some(target))?;
    Ok(Val::NONE)
}

const ENTRIES: &[Entry] = &[
    Entry::Int("LSB", LSB),
    Entry::Int("MSB", MSB),
    Entry::Fn("deinit", 1, 1, deinit),
    Entry::FnKw("init", 1, 2, init),
    Entry::Fn("read", 2, 3, read),
    Entry::Fn("readinto", 2, 3, readinto),
    Entry::Fn("write", 2, 2, write),
    Entry::Fn("write_readinto", 3, 3, write_readinto),
];

/// The controllers.
pub static SPI: NativeType = NativeType {
    id: ids::SPI,
    name: "SPI",
    print: Some(print),
    new: Some(new_hard),
    entries: ENTRIES,
    ..NativeType::EMPTY
};

/// The same on any pins.
pub static SOFT_SPI: NativeType =
    NativeType { id: ids::SOFT_SPI, name: "SoftSPI", new: Some(new_soft), ..SPI };
