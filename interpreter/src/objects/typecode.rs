//! The items of `struct`, `array` and `memoryview`: type codes, sizes, and conversion to and from bytes.

use super::buffer::Buffer;
use super::native::{ExcKind, R};
use crate::bigint::{BigError, SmallLimbs};
use crate::heap::Kind;
use crate::value::Val;
use crate::vm::Vm;

/// The size in bytes of an item, which is its alignment too (native sizes are those of 32-bit ARM).
/// `None` for a letter that is no type code.
pub fn size_of(code: u8) -> Option<usize> {
    Some(match code {
        b'b' | b'B' | b'c' | b'?' | b'x' | b's' | b'p' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'l' | b'L' | b'n' | b'N' | b'f' | b'P' | b'O' | b'S' => 4,
        b'q' | b'Q' | b'd' => 8,
        _ => return None,
    })
}

/// True for codes of signed integers.
pub fn is_signed(code: u8) -> bool {
    matches!(code, b'b' | b'h' | b'i' | b'l' | b'q' | b'n')
}

/// True for the floating-point codes.
pub fn is_float(code: u8) -> bool {
    matches!(code, b'e' | b'f' | b'd')
}

/// Reads an item from exactly its bytes.
pub fn read(vm: &mut Vm, code: u8, bytes: &[u8], big_endian: bool) -> R {
    let mut raw = 0u64;
    for i in 0..bytes.len() {
        let byte = if big_endian { bytes[i] } else { bytes[bytes.len() - 1 - i] };
        raw = raw << 8 | u64::from(byte);
    }
    let value = match code {
        b'?' => return Ok(Val::bool(raw != 0)),
        b'c' => return Ok(vm.heap.new_bytes(bytes)?),
        b'e' => return Ok(vm.heap.new_float(half_to_f32(raw as u16))?),
        b'f' => return Ok(vm.heap.new_float(f32::from_bits(raw as u32))?),
        b'd' => return Ok(vm.heap.new_float(f64::from_bits(raw) as f32)?),
        b'O' => {
            let object = Val::from_bits(raw as u32);
            return if vm.heap.is_value(object) {
                Ok(object)
            } else {
                Err(vm.value_error(format_args!("these bytes are no object")))
            };
        }
        b'S' => return vm.string_at(raw as u32),
        code if is_signed(code) => {
            let unused = 64 - 8 * bytes.len() as u32;
            vm.heap.new_int((raw << unused) as i64 >> unused)?
        }
        _ => vm.heap.new_uint(raw)?,
    };
    Ok(value)
}

/// Writes an item over `out`, which has the item's size.
///
/// # Errors
/// TypeError for a value of the wrong kind; OverflowError for an integer that does not fit.
pub fn write(vm: &mut Vm, code: u8, value: Val, out: &mut [u8; 8], big_endian: bool) -> R<()> {
    let size = size_of(code).unwrap_or(1);
    let raw = match code {
        b'?' => u64::from(vm.truth(value)?),
        b'c' => {
            let byte = match vm.heap.as_bytes(value) {
                Some([byte]) => *byte,
                _ => {
                    return Err(
                        vm.value_error(format_args!("char format requires a bytes object of length 1"))
                    );
                }
            };
            u64::from(byte)
        }
        b'e' => u64::from(f32_to_half(vm.to_float(value)?)),
        b'f' => u64::from(vm.to_float(value)?.to_bits()),
        b'd' => f64::from(vm.to_float(value)?).to_bits(),
        b'O' => u64::from(value.bits()),
        _ => return write_int(vm, code, value, &mut out[..size], big_endian),
    };
    let bytes = raw.to_le_bytes();
    for i in 0..size {
        out[if big_endian { size - 1 - i } else { i }] = bytes[i];
    }
    Ok(())
}

fn write_int(vm: &mut Vm, code: u8, value: Val, out: &mut [u8], big_endian: bool) -> R<()> {
    let result = if vm.heap.is(value, Kind::BigInt) {
        vm.heap.big(value).write_bytes(out, big_endian, is_signed(code))
    } else {
        let small = vm.index(value)?;
        SmallLimbs::new(small).as_ref().write_bytes(out, big_endian, is_signed(code))
    };
    match result {
        Ok(()) => Ok(()),
        Err(BigError::NoMemory) => Err(vm.no_memory()),
        Err(_) => {
            Err(vm.raise(ExcKind::OverflowError, format_args!("value out of range for '{}'", code as char)))
        }
    }
}

/// Reads item `index` of a buffer whose items have type code `code`.
pub fn read_item(vm: &mut Vm, code: u8, buffer: &Buffer, index: usize) -> R {
    let size = size_of(code).unwrap_or(1);
    let mut item = [0; 8];
    item[..size].copy_from_slice(&buffer.bytes(&vm.heap)[index * size..(index + 1) * size]);
    read(vm, code, &item[..size], false)
}

/// Writes item `index` of a writable buffer whose items have type code `code`.
pub fn write_item(vm: &mut Vm, code: u8, buffer: &Buffer, index: usize, value: Val) -> R<()> {
    let size = size_of(code).unwrap_or(1);
    let mut item = [0; 8];
    write(vm, code, value, &mut item, false)?;
    buffer.bytes_mut(&mut vm.heap)[index * size..(index + 1) * size].copy_from_slice(&item[..size]);
    Ok(())
}

/// IEEE 754 binary16 to binary32.
fn half_to_f32(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let exponent = u32::from(half >> 10 & 0x1f);
    let fraction = u32::from(half & 0x3ff);
    match exponent {
        0 => {
            // Zero and subnormals: fraction × 2^-24, exact in a binary32.
            let magnitude = fraction as f32 * f32::from_bits((127 - 24) << 23);
            f32::from_bits(magnitude.to_bits() | sign)
        }
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// Binary32 to binary16, rounded to nearest even; what is too large becomes infinite.
fn f32_to_half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    if magnitude >= 0x4780_0000 {
        return sign | 0x7c00;
    }
    let (mantissa, shift) = if magnitude >= 0x3880_0000 {
        (magnitude - 0x3800_0000, 13)
    } else {
        let exponent = magnitude >> 23;
        if exponent < 102 {
            return sign;
        }
        (magnitude & 0x7f_ffff | 0x80_0000, 126 - exponent)
    };
    let (kept, lost, half) = (mantissa >> shift, mantissa & ((1 << shift) - 1), 1 << (shift - 1));
    let up = lost > half || (lost == half && kept & 1 != 0);
    sign | (kept + u32::from(up)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_trip() {
        for half in 0..=0xffffu16 {
            let value = half_to_f32(half);
            if !value.is_nan() {
                assert_eq!(f32_to_half(value), half, "{half:#06x}");
            }
        }
        assert_eq!(f32_to_half(65520.0), 0x7c00);
        assert_eq!(f32_to_half(65519.0), 0x7bff);
        assert_eq!(f32_to_half(1.0 + 1.0 / 2048.0), 0x3c00);
    }
}
