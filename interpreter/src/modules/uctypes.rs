//! `uctypes`: structures in memory, described by dicts of offsets and types.
//!
//! A struct object is a cell of kind Object: w1 = address, w2 = descriptor, w3 = the object that owns the memory, if
//! it is one of ours, so that it stays (MicroPython leaves that to the script); `F_A` = packed, `F_B` = big-endian.
//!
//! Numbers in descriptors are those of the official port, which come from 31-bit ints: a scalar has its type in bits
//! 27 to 30, an aggregate in bits 29 and 30; bit fields have their position from bit 17, their length from bit 22.

use core::fmt::Write;

use crate::heap::{F_A, F_B, F_V2, F_V3, Kind, header};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, NativeType, R};
use crate::objects::typecode;
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

const LITTLE_ENDIAN: i64 = 0;
const BIG_ENDIAN: i64 = 1;
const NATIVE: i64 = 2;

/// Position of a bit field's position and length.
const BF_POS: u32 = 17;
const BF_LEN: u32 = 22;
const OFFSET: i64 = (1 << BF_POS) - 1;

const UINT8: u8 = 0;
/// The first of the bit field types: 8 more than the type of the scalar they lie in.
const BITFIELDS: u8 = 8;
const FLOAT32: u8 = 14;
const FLOAT64: u8 = 15;

const STRUCT: u8 = 0;
const PTR: u8 = 1;
const ARRAY: u8 = 2;

/// A pointer in memory has as many bytes as a chip's.
const POINTER: usize = 4;

/// The constant of a type number, which has `bits` bits at the top of a 31-bit int.
const fn constant(number: u8, bits: u32) -> i64 {
    (((number as i32) << (32 - bits)) >> 1) as i64
}

const fn scalar(number: u8) -> i64 {
    constant(number, 4)
}

/// Splits a number of a descriptor into the type of `bits` bits and the rest.
fn split(value: i64, bits: u32) -> (u8, i64) {
    let rest = 31 - bits;
    ((value >> rest & ((1 << bits) - 1)) as u8, value & ((1 << rest) - 1))
}

/// The type code of struct for a scalar type.
fn code_of(number: u8) -> u8 {
    match number {
        FLOAT32 => b'f',
        FLOAT64 => b'd',
        n => b"BbHhIiQq"[usize::from(n & 7)],
    }
}

fn size_of(number: u8) -> usize {
    typecode::size_of(code_of(number)).unwrap_or(1)
}

/// How the fields of a structure lie.
#[derive(Clone, Copy)]
struct Layout {
    packed: bool,
    big_endian: bool,
}

impl Layout {
    fn new(vm: &mut Vm, v: Option<Val>) -> R<Layout> {
        let layout = match v {
            Some(v) => vm.int_in(v, "layout type", LITTLE_ENDIAN, NATIVE)?,
            None => NATIVE,
        };
        Ok(Layout { packed: layout != NATIVE, big_endian: layout == BIG_ENDIAN })
    }

    fn flags(self) -> u32 {
        (if self.packed { F_A } else { 0 }) | if self.big_endian { F_B } else { 0 }
    }
}

/// A struct object, taken apart.
#[derive(Clone, Copy)]
struct Struct {
    address: u32,
    desc: Val,
    owner: Val,
    layout: Layout,
}

impl Struct {
    fn of(vm: &Vm, v: Val) -> Struct {
        Struct {
            address: vm.heap.w(v, 1),
            desc: vm.heap.val(v, 2),
            owner: vm.heap.val(v, 3),
            layout: Layout { packed: vm.heap.flag(v, F_A), big_endian: vm.heap.flag(v, F_B) },
        }
    }

    fn make(self, vm: &mut Vm) -> R {
        let head = header(Kind::Object, F_V2 | F_V3 | self.layout.flags(), ids::UCTYPES_STRUCT);
        Ok(vm.heap.alloc_cell(head, self.address, self.desc.bits(), self.owner.bits())?)
    }

    /// What lies at an offset from here.
    fn at(self, offset: i64, desc: Val) -> Struct {
        Struct { address: self.address.wrapping_add(offset as u32), desc, ..self }
    }
}

fn is_struct(vm: &Vm, v: Val) -> bool {
    vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == ids::UCTYPES_STRUCT
}

// ---- memory ----

/// Reads `out.len()` bytes; registers are read in one access where size and alignment allow.
fn load(vm: &mut Vm, address: u32, out: &mut [u8]) -> R<()> {
    if vm.heap.read_address(address, out) {
        return Ok(());
    }
    let unit = unit(address, out.len());
    for (i, part) in out.chunks_mut(unit).enumerate() {
        match vm.hal.mem_read(address.wrapping_add((i * unit) as u32), unit as u8) {
            Ok(v) => part.copy_from_slice(&v.to_le_bytes()[..unit]),
            Err(e) => return Err(vm.raise_hal(e)),
        }
    }
    Ok(())
}

fn store(vm: &mut Vm, address: u32, bytes: &[u8]) -> R<()> {
    if vm.heap.write_address(address, bytes) {
        return Ok(());
    }
    let unit = unit(address, bytes.len());
    for (i, part) in bytes.chunks(unit).enumerate() {
        let mut word = [0; 4];
        word[..unit].copy_from_slice(part);
        let at = address.wrapping_add((i * unit) as u32);
        vm.hal.mem_write(at, unit as u8, u32::from_le_bytes(word)).map_err(|e| vm.raise_hal(e))?;
    }
    Ok(())
}

/// The size of the accesses for `n` bytes at an address.
fn unit(address: u32, n: usize) -> usize {
    [4, 2].into_iter().find(|&u| n.is_multiple_of(u) && address.is_multiple_of(u as u32)).unwrap_or(1)
}

fn load_scalar(vm: &mut Vm, number: u8, address: u32, big_endian: bool) -> R {
    let mut bytes = [0; 8];
    let size = size_of(number);
    load(vm, address, &mut bytes[..size])?;
    typecode::read(vm, code_of(number), &bytes[..size], big_endian)
}

fn store_scalar(vm: &mut Vm, number: u8, address: u32, value: Val, big_endian: bool) -> R<()> {
    let mut bytes = [0; 8];
    let size = size_of(number);
    if number >= FLOAT32 {
        typecode::write(vm, code_of(number), value, &mut bytes, big_endian)?;
    } else {
        // As in C, what does not fit is cut off.
        bytes = low_u64(vm, value)?.to_le_bytes();
        if big_endian {
            bytes[..size].reverse();
        }
    }
    store(vm, address, &bytes[..size])
}

fn low_u64(vm: &mut Vm, value: Val) -> R<u64> {
    let i = vm.index_val(value)?;
    Ok(if vm.heap.is(i, Kind::BigInt) { vm.heap.big(i).low_u64() } else { vm.index(i)? as u64 })
}

// ---- descriptors ----

/// The parts of an aggregate's descriptor: its type, its offset, and the rest of the tuple.
struct Aggregate {
    kind: u8,
    offset: i64,
    second: Val,
    third: Option<Val>,
}

impl Aggregate {
    fn of(vm: &mut Vm, tuple: Val) -> R<Aggregate> {
        let items = vm.heap.items(tuple);
        let (first, second, third) = match *items {
            [first, second] => (first, second, None),
            [first, second, third] => (first, second, Some(third)),
            _ => return Err(bad(vm)),
        };
        let (kind, offset) = split(vm.index(first)?, 2);
        if kind > ARRAY || (third.is_some() && kind != ARRAY) {
            return Err(bad(vm));
        }
        Ok(Aggregate { kind, offset, second, third })
    }

    /// The number of elements of an array, and their type if they are scalars.
    fn elements(&self, vm: &mut Vm) -> R<(u32, u8)> {
        let (number, n) = split(vm.index(self.second)?, 4);
        Ok((n as u32, number))
    }
}

#[cold]
fn bad(vm: &mut Vm) -> crate::objects::native::Raised {
    vm.type_error(format_args!("syntax error in uctypes descriptor"))
}

/// A tuple's or dict's own object, whatever class it has.
fn kind_of(vm: &Vm, v: Val) -> (Val, Option<Kind>) {
    let v = vm.unwrap(v);
    (v, vm.heap.kind(v))
}

/// The size of what a descriptor describes, and the alignment it asks for. `depth` bounds descriptors that
/// contain themselves.
fn measure(vm: &mut Vm, desc: Val, layout: Layout, depth: u32) -> R<(usize, usize)> {
    if depth > 16 {
        return Err(vm.raise(ExcKind::RecursionError, format_args!("uctypes descriptor nested too deeply")));
    }
    let (desc, kind) = kind_of(vm, desc);
    match kind {
        Some(Kind::Tuple) => {
            let aggregate = Aggregate::of(vm, desc)?;
            match (aggregate.kind, aggregate.third) {
                (STRUCT, _) => measure(vm, aggregate.second, layout, depth + 1),
                (PTR, _) => Ok((POINTER, POINTER)),
                (_, third) => {
                    let (n, number) = aggregate.elements(vm)?;
                    let (size, align) = match third {
                        Some(element) => measure(vm, element, layout, depth + 1)?,
                        None => (size_of(number), size_of(number)),
                    };
                    Ok((size.saturating_mul(n as usize), align))
                }
            }
        }
        Some(Kind::Dict) => {
            let (mut size, mut align) = (0, 1);
            let fields = vm.call_method(desc, "values", &[])?;
            vm.for_each(fields, |vm, field| {
                let (end, wants) = if vm.as_int(field).is_some() {
                    let (number, mut offset) = split(vm.index(field)?, 4);
                    if (BITFIELDS..FLOAT32).contains(&number) {
                        offset &= OFFSET;
                    }
                    (offset as usize + size_of(number), size_of(number))
                } else {
                    let (tuple, kind) = kind_of(vm, field);
                    if kind != Some(Kind::Tuple) {
                        return Err(bad(vm));
                    }
                    let offset = Aggregate::of(vm, tuple)?.offset as usize;
                    let (size, align) = measure(vm, tuple, layout, depth + 1)?;
                    (offset.saturating_add(size), align)
                };
                size = size.max(end);
                align = align.max(wants);
                Ok(())
            })?;
            if !layout.packed {
                size = size.next_multiple_of(align);
            }
            Ok((size, align))
        }
        _ => Err(bad(vm)),
    }
}

// ---- struct ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let this = Struct::of(vm, v);
    let (desc, kind) = kind_of(vm, this.desc);
    let what = match kind {
        Some(Kind::Dict) => "STRUCT",
        Some(Kind::Tuple) => match Aggregate::of(vm, desc)?.kind {
            PTR => "PTR",
            ARRAY => "ARRAY",
            _ => "STRUCT",
        },
        _ => "ERROR",
    };
    let _ = write!(out, "<struct {what} {:x}>", this.address);
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.nkw > 0 || !(2..=3).contains(&args.n) {
        return Err(vm.type_error(format_args!("struct() takes 2 or 3 positional arguments")));
    }
    let (address, desc) = (args.get(vm, 0), args.get(vm, 1));
    let address = low_u64(vm, address)? as u32;
    let layout = Layout::new(vm, args.opt(vm, 2))?;
    let owner = vm.heap.owner_of(address).unwrap_or(Val::NONE);
    Struct { address, desc, owner, layout }.make(vm)
}

/// The value of a pointer.
fn pointer(vm: &mut Vm, this: Struct) -> R<u32> {
    let mut bytes = [0; POINTER];
    load(vm, this.address, &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// `int(v)` of a pointer.
pub fn int_of(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    if !is_struct(vm, v) {
        return Ok(None);
    }
    let this = Struct::of(vm, v);
    let (desc, kind) = kind_of(vm, this.desc);
    if kind == Some(Kind::Tuple) && Aggregate::of(vm, desc)?.kind == PTR {
        let address = pointer(vm, this)?;
        return Ok(Some(vm.heap.new_uint(u64::from(address))?));
    }
    Err(vm.type_error(format_args!("only a pointer of a struct can be converted to an int")))
}

/// Reads or writes element `i` of an array, or of the memory that a pointer points to.
fn element(vm: &mut Vm, v: Val, i: Val, value: Option<Val>) -> R {
    let this = Struct::of(vm, v);
    let (desc, kind) = kind_of(vm, this.desc);
    if kind != Some(Kind::Tuple) {
        return Err(vm.type_error(format_args!("struct: can't index")));
    }
    let aggregate = Aggregate::of(vm, desc)?;
    let i = vm.index(i)?;
    let (base, number, described) = match aggregate.kind {
        ARRAY => {
            let (n, number) = aggregate.elements(vm)?;
            if !(0..i64::from(n)).contains(&i) {
                return Err(vm.raise(ExcKind::IndexError, format_args!("struct: index out of range")));
            }
            (this, number, aggregate.third)
        }
        PTR => {
            let address = pointer(vm, this)?;
            let owner = vm.heap.owner_of(address).unwrap_or(Val::NONE);
            let target = Struct { address, owner, ..this };
            match vm.as_int(aggregate.second) {
                Some(_) => (target, split(vm.index(aggregate.second)?, 4).0, None),
                None => (target, UINT8, Some(aggregate.second)),
            }
        }
        _ => return Err(vm.type_error(format_args!("struct: can't index"))),
    };
    if let Some(desc) = described {
        if value.is_some() {
            return Err(vm.type_error(format_args!("struct: cannot assign to an aggregate")));
        }
        let (size, _) = measure(vm, desc, this.layout, 0)?;
        return base.at(i.wrapping_mul(size as i64), desc).make(vm);
    }
    let address = base.at(i.wrapping_mul(size_of(number) as i64), Val::NONE).address;
    match value {
        Some(value) => {
            store_scalar(vm, number, address, value, this.layout.big_endian)?;
            Ok(Val::NONE)
        }
        None => load_scalar(vm, number, address, this.layout.big_endian),
    }
}

fn get_item(vm: &mut Vm, v: Val, i: Val) -> R {
    element(vm, v, i, None)
}

fn set_item(vm: &mut Vm, v: Val, i: Val, value: Val) -> R<()> {
    if value.is_null() {
        return Err(vm.type_error(format_args!("'struct' object does not support item deletion")));
    }
    element(vm, v, i, Some(value)).map(|_| ())
}

/// Reads or writes a bit field.
fn bits(vm: &mut Vm, this: Struct, number: u8, field: i64, value: Option<Val>) -> R {
    let address = this.at(field & OFFSET, Val::NONE).address;
    let (at, len) = (field >> BF_POS & 31, field >> BF_LEN & 31);
    // A length of 0 stands for a whole word: 32 does not fit its five bits.
    let mask = if len == 0 { u64::from(u32::MAX) } else { (1 << len) - 1 };
    let unsigned = number & 6;
    let whole = load_scalar(vm, unsigned, address, this.layout.big_endian)?;
    let whole = low_u64(vm, whole)?;
    let Some(value) = value else {
        let mut bits = (whole >> at & mask) as i64;
        if number & 1 != 0 && bits as u64 > mask >> 1 {
            bits -= mask as i64 + 1;
        }
        return Ok(vm.heap.new_int(bits)?);
    };
    let bits = low_u64(vm, value)? & mask;
    let whole = vm.heap.new_uint(whole & !(mask << at) | bits << at)?;
    store_scalar(vm, unsigned, address, whole, this.layout.big_endian)?;
    Ok(Val::NONE)
}

/// Reads or writes the field of that name.
fn field(vm: &mut Vm, v: Val, name: &str, value: Option<Val>) -> R {
    let this = Struct::of(vm, v);
    let (desc, kind) = kind_of(vm, this.desc);
    if kind != Some(Kind::Dict) {
        return Err(vm.type_error(format_args!("struct: no fields")));
    }
    // The name is interned already: nothing is allocated, so that callbacks with a locked heap may read fields.
    let key = Val::qstr(vm.heap.intern(name)?);
    let described = vm.get_item(desc, key)?;
    if vm.as_int(described).is_some() {
        let (number, offset) = split(vm.index(described)?, 4);
        if (BITFIELDS..FLOAT32).contains(&number) {
            return bits(vm, this, number, offset, value);
        }
        let address = this.at(offset, Val::NONE).address;
        return match value {
            Some(value) => {
                store_scalar(vm, number, address, value, this.layout.big_endian)?;
                Ok(Val::NONE)
            }
            None => load_scalar(vm, number, address, this.layout.big_endian),
        };
    }
    let (tuple, kind) = kind_of(vm, described);
    if kind != Some(Kind::Tuple) {
        return Err(bad(vm));
    }
    let aggregate = Aggregate::of(vm, tuple)?;
    if value.is_some() {
        return Err(vm.type_error(format_args!("struct: cannot assign to an aggregate")));
    }
    match (aggregate.kind, aggregate.third) {
        (STRUCT, _) => this.at(aggregate.offset, aggregate.second).make(vm),
        (ARRAY, None) => {
            let (n, number) = aggregate.elements(vm)?;
            let array = this.at(aggregate.offset, tuple);
            // Bytes come as a bytearray, which is handier.
            if number == UINT8 { Ok(vm.heap.new_foreign(array.address, n)?) } else { array.make(vm) }
        }
        _ => this.at(aggregate.offset, tuple).make(vm),
    }
}

fn get_attr(vm: &mut Vm, v: Val, name: &str) -> R<Option<Val>> {
    field(vm, v, name, None).map(Some)
}

fn set_attr(vm: &mut Vm, v: Val, name: &str, value: Val) -> R<bool> {
    if value.is_null() {
        return Err(vm.type_error(format_args!("struct: fields cannot be deleted")));
    }
    field(vm, v, name, Some(value)).map(|_| true)
}

/// The bytes of a struct, for whoever wants a buffer.
pub fn bytes_of(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    if !is_struct(vm, v) {
        return Ok(None);
    }
    let this = Struct::of(vm, v);
    let (size, _) = measure(vm, this.desc, this.layout, 0)?;
    Ok(Some(vm.heap.new_foreign(this.address, size as u32)?))
}

/// `uctypes.struct`.
pub static UCTYPES_STRUCT: NativeType = NativeType {
    id: ids::UCTYPES_STRUCT,
    name: "struct",
    print: Some(print),
    new: Some(new),
    unhashable: true,
    get_item: Some(get_item),
    set_item: Some(set_item),
    get_attr: Some(get_attr),
    set_attr: Some(set_attr),
    ..NativeType::EMPTY
};

// ---- functions ----

fn sizeof(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let (desc, layout) = if is_struct(vm, v) {
        if args.n > 1 {
            return Err(vm.type_error(format_args!("a struct has its layout already")));
        }
        let this = Struct::of(vm, v);
        (this.desc, this.layout)
    } else if let Some(bytes) = Buffer::opt(vm, v).filter(|_| vm.heap.is(v, Kind::ByteArray)) {
        // An array of UINT8 that came out of a struct.
        return Ok(Val::small(bytes.len as i32));
    } else {
        (v, Layout::new(vm, args.opt(vm, 1))?)
    };
    let (size, _) = measure(vm, desc, layout, 0)?;
    Ok(vm.heap.new_uint(size as u64)?)
}

fn addressof(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let buffer = Buffer::read(vm, v)?;
    let address = vm.address_of_bytes(buffer.owner)?.wrapping_add(buffer.start as u32);
    Ok(vm.heap.new_uint(u64::from(address))?)
}

fn range_of(vm: &mut Vm, args: Args) -> R<(u32, u32)> {
    let (address, size) = (args.get(vm, 0), args.get(vm, 1));
    let address = low_u64(vm, address)? as u32;
    Ok((address, vm.int_in(size, "size", 0, i64::from(i32::MAX))? as u32))
}

fn bytes_at(vm: &mut Vm, args: Args) -> R {
    let (address, size) = range_of(vm, args)?;
    let source = vm.heap.new_foreign(address, size)?;
    let n = vm.heap.bytes(source).len();
    let new = vm.heap.new_builder(n)?;
    vm.heap.push_text(new, source, 0, n)?;
    Ok(vm.heap.finish_bytes(new)?)
}

fn bytearray_at(vm: &mut Vm, args: Args) -> R {
    let (address, size) = range_of(vm, args)?;
    Ok(vm.heap.new_foreign(address, size)?)
}

/// The module.
pub static UCTYPES: NativeModule = NativeModule {
    id: modules::UCTYPES,
    name: "uctypes",
    entries: &[
        Entry::Type("struct", &UCTYPES_STRUCT),
        Entry::Fn("sizeof", 1, 2, sizeof),
        Entry::Fn("addressof", 1, 1, addressof),
        Entry::Fn("bytes_at", 2, 2, bytes_at),
        Entry::Fn("bytearray_at", 2, 2, bytearray_at),
        Entry::Int("NATIVE", NATIVE),
        Entry::Int("LITTLE_ENDIAN", LITTLE_ENDIAN),
        Entry::Int("BIG_ENDIAN", BIG_ENDIAN),
        Entry::Int("VOID", scalar(UINT8)),
        Entry::Int("UINT8", scalar(UINT8)),
        Entry::Int("INT8", scalar(1)),
        Entry::Int("UINT16", scalar(2)),
        Entry::Int("INT16", scalar(3)),
        Entry::Int("UINT32", scalar(4)),
        Entry::Int("INT32", scalar(5)),
        Entry::Int("UINT64", scalar(6)),
        Entry::Int("INT64", scalar(7)),
        Entry::Int("BFUINT8", scalar(BITFIELDS)),
        Entry::Int("BFINT8", scalar(BITFIELDS + 1)),
        Entry::Int("BFUINT16", scalar(BITFIELDS + 2)),
        Entry::Int("BFINT16", scalar(BITFIELDS + 3)),
        Entry::Int("BFUINT32", scalar(BITFIELDS + 4)),
        Entry::Int("BFINT32", scalar(BITFIELDS + 5)),
        Entry::Int("BF_POS", BF_POS as i64),
        Entry::Int("BF_LEN", BF_LEN as i64),
        Entry::Int("FLOAT32", scalar(FLOAT32)),
        Entry::Int("FLOAT64", scalar(FLOAT64)),
        // C's names, at their sizes on the chip.
        Entry::Int("SHORT", scalar(3)),
        Entry::Int("USHORT", scalar(2)),
        Entry::Int("INT", scalar(5)),
        Entry::Int("UINT", scalar(4)),
        Entry::Int("LONG", scalar(5)),
        Entry::Int("ULONG", scalar(4)),
        Entry::Int("LONGLONG", scalar(7)),
        Entry::Int("ULONGLONG", scalar(6)),
        Entry::Int("PTR", constant(PTR, 2)),
        Entry::Int("ARRAY", constant(ARRAY, 2)),
    ],
    ..NativeModule::EMPTY
};
