//! Machine values of `@micropython.viper`: ints cut to 32 bits, and memory by address.

use super::Vm;
use crate::bytecode::Machine;
use crate::heap::Kind;
use crate::objects::native::{BinOp, R};
use crate::value::Val;

impl Vm {
    /// [`crate::bytecode::Op::Machine`]; operands start at `at`.
    pub(super) fn machine(&mut self, at: *const Val, how: usize) -> R {
        // SAFETY: the compiler reserves as many slots as the operation reads, and three lie in any frame's stack.
        let operand = |i: usize| unsafe { *at.add(i) };
        let value = operand(0);
        match Machine::ALL[how] {
            Machine::Int if value.is_small() => Ok(value),
            Machine::Int => {
                let bits = self.low_bits(value)?;
                self.signed(bits)
            }
            Machine::Uint => {
                let bits = self.low_bits(value)?;
                Ok(self.heap.new_uint(u64::from(bits))?)
            }
            Machine::Bool => Ok(Val::bool(self.truth(value)?)),
            Machine::Pointer => {
                let address = self.address_of(value)?;
                Ok(self.heap.new_uint(u64::from(address))?)
            }
            how @ (Machine::ShiftLeft | Machine::ShiftRight | Machine::ShiftRightUint) => {
                let (bits, count) = (self.low_bits(value)?, self.low_bits(operand(1))? & 0xff);
                match how {
                    Machine::ShiftLeft => self.signed(bits.checked_shl(count).unwrap_or(0)),
                    Machine::ShiftRight => self.signed((bits as i32 >> count.min(31)) as u32),
                    _ => Ok(self.heap.new_uint(u64::from(bits.checked_shr(count).unwrap_or(0)))?),
                }
            }
            how @ (Machine::Load8 | Machine::Load16 | Machine::Load32) => {
                let size = 1 << (how as u8 - Machine::Load8 as u8);
                let address = self.item_address(value, operand(1), size)?;
                let mut bytes = [0; 4];
                let bits = if self.heap.read_address(address, &mut bytes[..size as usize]) {
                    u32::from_le_bytes(bytes)
                } else {
                    self.hal.mem_read(address, size as u8).map_err(|e| self.raise_hal(e))?
                };
                self.signed(bits)
            }
            Machine::Function => crate::objects::assembled::new(self, value, operand(1), operand(2)),
            how => {
                let size = 1 << (how as u8 - Machine::Store8 as u8);
                let address = self.item_address(value, operand(1), size)?;
                let bits = self.low_bits(operand(2))?;
                if !self.heap.write_address(address, &bits.to_le_bytes()[..size as usize]) {
                    self.hal.mem_write(address, size as u8, bits).map_err(|e| self.raise_hal(e))?;
                }
                Ok(Val::NONE)
            }
        }
    }

    fn signed(&mut self, bits: u32) -> R {
        Ok(self.heap.new_int(i64::from(bits as i32))?)
    }

    /// The low 32 bits of an int.
    fn low_bits(&mut self, v: Val) -> R<u32> {
        if v.is_small() {
            return Ok(v.small_value() as u32);
        }
        let Some(int) = self.as_int(v) else {
            let t = self.type_name(v);
            return Err(self.type_error(format_args!("can't convert {t} to int")));
        };
        if let Some(i) = self.heap.as_i64(int) {
            return Ok(i as u32);
        }
        let mask = self.heap.new_uint(u64::from(u32::MAX))?;
        let low = self.binary(BinOp::And, int, mask)?;
        Ok(self.heap.as_i64(low).unwrap_or(0) as u32)
    }

    /// The address that an int is, or the one of a buffer's bytes.
    fn address_of(&mut self, v: Val) -> R<u32> {
        let v = self.unwrap(v);
        match self.heap.kind(v) {
            Some(Kind::ByteArray | Kind::Bytes | Kind::Array | Kind::Str) => self.address_of_bytes(v),
            _ => self.low_bits(v),
        }
    }

    /// The address of the bytes of a built-in text or array, which do not move from now on.
    ///
    /// # Errors
    /// TypeError for an interned str: its text lies among others, and moves when they become more.
    pub(crate) fn address_of_bytes(&mut self, v: Val) -> R<u32> {
        if !v.is_ptr() {
            return Err(self.type_error(format_args!("a str has no address of its own; use bytes")));
        }
        Ok(self.heap.pin_bytes(v))
    }

    /// The text at an address, up to its zero byte.
    ///
    /// # Errors
    /// That of the board where nothing can be read.
    pub(crate) fn string_at(&mut self, address: u32) -> R {
        let text = self.heap.new_builder(0)?;
        let mut byte = [0];
        for i in 0.. {
            let at = address.wrapping_add(i);
            if !self.heap.read_address(at, &mut byte) {
                byte[0] = self.hal.mem_read(at, 1).map_err(|e| self.raise_hal(e))? as u8;
            }
            if byte[0] == 0 {
                break;
            }
            self.heap.push_bytes(text, &byte)?;
            self.poll()?;
        }
        Ok(self.heap.finish_str(text)?)
    }

    /// What machine code gets for an argument: an int, an address of bytes, or the object itself.
    pub(crate) fn machine_argument(&mut self, v: Val) -> R<u32> {
        let inner = self.unwrap(v);
        Ok(match inner {
            Val::NONE | Val::FALSE => 0,
            Val::TRUE => 1,
            _ if self.as_int(inner).is_some() => self.low_bits(inner)?,
            _ if inner.is_unboxed_float() => self.heap.as_float(inner).map_or(0, |f| f as i32 as u32),
            _ => match self.heap.kind(inner) {
                Some(Kind::ByteArray | Kind::Bytes | Kind::Array | Kind::Str) => {
                    self.address_of_bytes(inner)?
                }
                _ => v.bits(),
            },
        })
    }

    /// Runs machine code that takes up to four numbers and returns one.
    ///
    /// # Errors
    /// NotImplementedError where the machine is another.
    #[cfg(target_arch = "arm")]
    pub(crate) fn run_machine_code(&mut self, code: Val, args: [u32; 4]) -> R<u32> {
        let address = self.heap.pin_bytes(code) as usize | 1;
        // SAFETY: the bytes come from the assembler, which made them a function that keeps the registers which the
        // procedure call standard says it must, and they stay where they are. What the script's own instructions do
        // is the script's affair, as with `machine.mem32`.
        let function = unsafe {
            core::mem::transmute::<*const (), extern "C" fn(u32, u32, u32, u32) -> u32>(
                core::ptr::with_exposed_provenance(address),
            )
        };
        Ok(function(args[0], args[1], args[2], args[3]))
    }

    /// Runs machine code that takes up to four numbers and returns one.
    ///
    /// # Errors
    /// NotImplementedError where the machine is another.
    #[cfg(not(target_arch = "arm"))]
    pub(crate) fn run_machine_code(&mut self, _code: Val, _args: [u32; 4]) -> R<u32> {
        let message = format_args!("machine code runs on the board only");
        Err(self.raise(crate::objects::native::ExcKind::NotImplementedError, message))
    }

    fn item_address(&mut self, base: Val, index: Val, size: u32) -> R<u32> {
        Ok(self.low_bits(base)?.wrapping_add(self.low_bits(index)?.wrapping_mul(size)))
    }
}
