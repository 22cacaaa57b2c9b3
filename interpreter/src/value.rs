//! A Python value in 32 bits.
//!
//! | low bits | meaning |
//! |---|---|
//! | `xx1` | 31-bit signed integer |
//! | `x10` | self-tagged `f32` (magnitudes from 2^-31 to below 2^33) |
//! | `000` | pointer to a heap cell, or [`Val::NULL`] |
//! | `100` | immediate: low byte `kind << 3 | 0b100`, 24 bits of payload |
//!
//! Floats keep all their bits: the encoding adds a bias and rotates so that the most common exponents land on
//! the tag `x10`. `+0.0` lands on an immediate of kind 0 and is handled as a float; the few other floats
//! (−0.0, subnormals, infinities, NaN, the very large and the very small) are boxed in a cell.
//! The method is float self-tagging (Melançon, Serrano, Feeley, arXiv 2411.16544).

use core::fmt;

/// A Python value. `Copy`, 4 bytes; equality of two `Val`s is identity, not Python's `==`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Val(u32);

/// An interned string: an index into the fixed names of the firmware or those added at run time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Qstr(pub u32);

/// What the 24-bit payload of an immediate means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Imm {
    /// `None`, `True` and the like (and +0.0, which is a float).
    Singleton = 0,
    /// An interned string.
    Qstr = 1,
    /// A native function: `table << 12 | index`.
    NativeFn = 2,
    /// A native type, by its place in the registry.
    NativeType = 3,
    /// A native module, by its place in the registry.
    NativeModule = 4,
}

/// What a value is, decoded once; for code that is not on a hot path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Unpacked {
    /// The absent value.
    Null,
    /// A 31-bit integer.
    Int(i32),
    /// A float that needs no cell.
    Float(f32),
    /// A cell's address.
    Ptr(u32),
    /// Kind and payload.
    Imm(Imm, u32),
}

const FLOAT_BIAS: u32 = 0x9000_0000;
const PLUS_ZERO: u32 = 0x8000_0004;

impl Val {
    /// No value at all: an empty slot. Never seen by Python code.
    pub const NULL: Val = Val(0);
    /// `None`.
    pub const NONE: Val = Val::imm(Imm::Singleton, 0);
    /// `False`.
    pub const FALSE: Val = Val::imm(Imm::Singleton, 1);
    /// `True`.
    pub const TRUE: Val = Val::imm(Imm::Singleton, 2);
    /// `Ellipsis`.
    pub const ELLIPSIS: Val = Val::imm(Imm::Singleton, 3);
    /// `NotImplemented`.
    pub const NOT_IMPLEMENTED: Val = Val::imm(Imm::Singleton, 4);
    /// A variable that has no value yet.
    pub const UNBOUND: Val = Val::imm(Imm::Singleton, 5);
    /// The end of an iteration, where that is not an exception.
    pub const STOP: Val = Val::imm(Imm::Singleton, 6);
    /// The float +0.0.
    pub const ZERO_F: Val = Val(PLUS_ZERO);
    /// The integers 0 and 1, for brevity.
    pub const ZERO: Val = Val::small(0);
    /// One.
    pub const ONE: Val = Val::small(1);

    /// Smallest integer that needs no cell.
    pub const INT_MIN: i32 = -(1 << 30);
    /// Largest integer that needs no cell.
    pub const INT_MAX: i32 = (1 << 30) - 1;

    /// The value with exactly these bits.
    #[inline(always)]
    pub const fn from_bits(bits: u32) -> Val {
        Val(bits)
    }
    /// The value's bits.
    #[inline(always)]
    pub const fn bits(self) -> u32 {
        self.0
    }
    /// An immediate; `payload` has 24 bits.
    #[inline(always)]
    pub const fn imm(kind: Imm, payload: u32) -> Val {
        Val(payload << 8 | (kind as u32) << 3 | 0b100)
    }
    /// `True` or `False`.
    #[inline(always)]
    pub const fn bool(b: bool) -> Val {
        if b { Val::TRUE } else { Val::FALSE }
    }
    /// An integer known to be within [`Val::INT_MIN`]`..=`[`Val::INT_MAX`]; the top bit is lost otherwise.
    #[inline(always)]
    pub const fn small(i: i32) -> Val {
        Val((i as u32) << 1 | 1)
    }
    /// An integer, if it needs no cell. See [`crate::heap::Heap::new_int`] for any integer.
    #[inline(always)]
    pub const fn try_int(i: i64) -> Option<Val> {
        if i >= Val::INT_MIN as i64 && i <= Val::INT_MAX as i64 { Some(Val::small(i as i32)) } else { None }
    }
    /// A float, if it needs no cell. See [`crate::heap::Heap::new_float`] for any float.
    #[inline(always)]
    pub const fn try_float(f: f32) -> Option<Val> {
        let v = f.to_bits().wrapping_add(FLOAT_BIAS).rotate_left(3);
        if v & 3 == 2 || v == PLUS_ZERO { Some(Val(v)) } else { None }
    }
    /// An interned string.
    #[inline(always)]
    pub const fn qstr(q: Qstr) -> Val {
        Val::imm(Imm::Qstr, q.0)
    }
    /// The pointer to the cell at `addr` (a multiple of 8).
    #[inline(always)]
    pub const fn ptr(addr: u32) -> Val {
        debug_assert!(addr & 7 == 0);
        Val(addr)
    }

    /// Is there no value?
    #[inline(always)]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }
    /// Is it `None`?
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == Val::NONE.0
    }
    /// Is it `True` or `False`?
    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 == Val::TRUE.0 || self.0 == Val::FALSE.0
    }
    /// Is it an integer without a cell? (`True` and `False` are not.)
    #[inline(always)]
    pub const fn is_small(self) -> bool {
        self.0 & 1 == 1
    }
    /// Are both integers without a cell?
    #[inline(always)]
    pub const fn both_small(self, other: Val) -> bool {
        self.0 & other.0 & 1 == 1
    }
    /// The integer of a value known to be [`Val::is_small`].
    #[inline(always)]
    pub const fn small_value(self) -> i32 {
        self.0 as i32 >> 1
    }
    /// The integer, if it is one without a cell.
    #[inline(always)]
    pub const fn as_small(self) -> Option<i32> {
        if self.is_small() { Some(self.small_value()) } else { None }
    }
    /// Is it a float without a cell?
    #[inline(always)]
    pub const fn is_unboxed_float(self) -> bool {
        self.0 & 3 == 2 || self.0 == PLUS_ZERO
    }
    /// The float of a value known to be [`Val::is_unboxed_float`].
    #[inline(always)]
    pub const fn unboxed_float_value(self) -> f32 {
        f32::from_bits(self.0.rotate_right(3).wrapping_sub(FLOAT_BIAS))
    }
    /// The float, if it is one without a cell.
    #[inline(always)]
    pub const fn as_unboxed_float(self) -> Option<f32> {
        if self.is_unboxed_float() { Some(self.unboxed_float_value()) } else { None }
    }
    /// Does it point to a cell?
    #[inline(always)]
    pub const fn is_ptr(self) -> bool {
        self.0 & 7 == 0 && self.0 != 0
    }
    /// The interned string's number.
    #[inline(always)]
    pub const fn as_qstr(self) -> Option<Qstr> {
        match self.imm_payload(Imm::Qstr) {
            Some(n) => Some(Qstr(n)),
            None => None,
        }
    }
    /// Is it an interned string?
    #[inline(always)]
    pub const fn is_qstr(self) -> bool {
        self.0 & 0xff == (Imm::Qstr as u32) << 3 | 0b100
    }
    /// The payload, if it is an immediate of this kind.
    #[inline(always)]
    pub const fn imm_payload(self, kind: Imm) -> Option<u32> {
        if self.0 & 0xff == (kind as u32) << 3 | 0b100 { Some(self.0 >> 8) } else { None }
    }
    /// What it is.
    pub const fn unpack(self) -> Unpacked {
        if self.is_small() {
            Unpacked::Int(self.small_value())
        } else if self.is_unboxed_float() {
            Unpacked::Float(self.unboxed_float_value())
        } else if self.0 == 0 {
            Unpacked::Null
        } else if self.0 & 7 == 0 {
            Unpacked::Ptr(self.0)
        } else {
            let kind = match (self.0 & 0xff) >> 3 {
                1 => Imm::Qstr,
                2 => Imm::NativeFn,
                3 => Imm::NativeType,
                4 => Imm::NativeModule,
                _ => Imm::Singleton,
            };
            Unpacked::Imm(kind, self.0 >> 8)
        }
    }
}

impl fmt::Debug for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Val::NONE => f.write_str("None"),
            Val::TRUE => f.write_str("True"),
            Val::FALSE => f.write_str("False"),
            _ => write!(f, "{:?}", self.unpack()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_31_bits() {
        for i in [0, 1, -1, 42, Val::INT_MIN, Val::INT_MAX, -1000, 123_456_789] {
            let v = Val::try_int(i64::from(i)).unwrap();
            assert_eq!(v.as_small(), Some(i));
            assert_eq!(v.unpack(), Unpacked::Int(i));
            assert!(!v.is_ptr() && !v.is_unboxed_float() && v.as_qstr().is_none());
        }
        assert_eq!(Val::try_int(i64::from(Val::INT_MAX) + 1), None);
        assert_eq!(Val::try_int(i64::from(Val::INT_MIN) - 1), None);
        assert!(Val::ONE.both_small(Val::ZERO) && !Val::ONE.both_small(Val::TRUE));
    }

    #[test]
    fn floats_in_range_need_no_cell_and_lose_no_bit() {
        let mut x = 1u32;
        let mut unboxed = 0;
        for _ in 0..200_000 {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            let f = f32::from_bits(x);
            let in_range = f.abs() >= (2f32).powi(-31) && f.abs() < (2f32).powi(33);
            let v = Val::try_float(f);
            assert_eq!(v.is_some(), in_range, "{f}");
            if let Some(v) = v {
                unboxed += 1;
                assert_eq!(v.as_unboxed_float().unwrap().to_bits(), x);
                assert!(!v.is_small() && !v.is_ptr());
            }
        }
        assert!(unboxed > 10_000);
        assert_eq!(Val::try_float(0.0), Some(Val::ZERO_F));
        assert_eq!(Val::ZERO_F.as_unboxed_float().unwrap().to_bits(), 0);
        for f in [-0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40, 1e30] {
            assert_eq!(Val::try_float(f), None);
        }
    }

    #[test]
    fn immediates_are_distinct_from_all_else() {
        for v in
            [Val::NONE, Val::FALSE, Val::TRUE, Val::ELLIPSIS, Val::NOT_IMPLEMENTED, Val::UNBOUND, Val::STOP]
        {
            assert!(!v.is_ptr() && !v.is_small() && !v.is_unboxed_float() && !v.is_qstr() && !v.is_null());
        }
        let q = Val::qstr(Qstr(0xab_cdef));
        assert_eq!(q.as_qstr(), Some(Qstr(0xab_cdef)));
        assert_eq!(q.unpack(), Unpacked::Imm(Imm::Qstr, 0xab_cdef));
        assert_eq!(Val::imm(Imm::NativeFn, 0x80_0000).as_unboxed_float(), None);
        assert_eq!(Val::imm(Imm::NativeFn, 7 << 12 | 5).imm_payload(Imm::NativeFn), Some(7 << 12 | 5));
        assert!(Val::bool(true).is_bool() && Val::bool(true) == Val::TRUE);
    }

    #[test]
    fn pointers_are_multiples_of_eight() {
        let p = Val::ptr(0x2000_0010);
        assert!(p.is_ptr());
        assert_eq!(p.unpack(), Unpacked::Ptr(0x2000_0010));
        assert!(!Val::NULL.is_ptr() && Val::NULL.is_null());
    }
}
