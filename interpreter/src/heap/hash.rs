//! Hash and equality of values that need no Python code to be run.
//!
//! Hashes are within the range of small integers. Numbers that are equal have equal hashes: an integer is reduced
//! modulo 2^30 − 1 unless it is small, and so is a float with an integral value.

use super::Heap;
use super::cell::Kind;
use crate::value::Val;

/// Only the VM can tell: a class of the program's is involved, or a type that has no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NeedsVm;

/// Tuples nested deeper than this are left to the VM, which watches the native stack.
const DEPTH: u32 = 32;

const MODULUS: u64 = (1 << 30) - 1;

impl Heap {
    /// The hash of a value, if no Python code is needed for it.
    #[inline]
    pub fn hash_simple(&self, v: Val) -> Result<i32, NeedsVm> {
        if v.is_small() {
            return Ok(v.small_value());
        }
        if let Some(q) = v.as_qstr() {
            return Ok(i32::from(self.qstr_hash(q)));
        }
        if v.is_ptr() {
            // A str's hash is kept in its header once it is known.
            let head = self.head(v);
            if head & 0xff == Kind::Str as u32 && head >> 16 != 0 {
                return Ok((head >> 16) as i32);
            }
        }
        self.hash_deep(v, 0)
    }

    fn hash_deep(&self, v: Val, depth: u32) -> Result<i32, NeedsVm> {
        if v.is_small() {
            return Ok(v.small_value());
        }
        if !v.is_ptr() {
            if v.is_qstr() {
                return Ok(i32::from(self.str_hash(v)));
            }
            if let Some(f) = v.as_unboxed_float() {
                return Ok(hash_float(f));
            }
            return Ok(match v {
                Val::FALSE => 0,
                Val::TRUE => 1,
                _ => mix(v.bits()),
            });
        }
        match self.cell_kind(v) {
            Kind::Str | Kind::Bytes => Ok(i32::from(self.str_hash(v))),
            Kind::Float => Ok(self.as_float(v).map_or(0, hash_float)),
            Kind::BigInt => {
                let b = self.big(v);
                let r = b.limbs.iter().rev().fold(0, |r, l| (r * 4 + u64::from(*l)) % MODULUS) as i32;
                Ok(if b.negative { -r } else { r })
            }
            Kind::Complex => {
                let (re, im) = self.as_complex(v).unwrap_or_default();
                if im == 0.0 {
                    Ok(hash_float(re))
                } else {
                    Ok(mix(hash_float(re) as u32 ^ mix(im.to_bits()) as u32))
                }
            }
            Kind::Tuple => {
                if depth >= DEPTH {
                    return Err(NeedsVm);
                }
                let mut h = 0x0034_5678;
                for item in self.tuple(v) {
                    h = combine_hashes(h, self.hash_deep(*item, depth + 1)?);
                }
                Ok(h)
            }
            Kind::FrozenSet => {
                let mut h = 0x0123_4567u32;
                let mut pos = 0;
                while let Some((next, key, _)) = self.table_next(v, pos) {
                    h ^= mix(self.table_hash(v, next - 1, key) as u32) as u32;
                    pos = next;
                }
                Ok(mix(h))
            }
            Kind::BoundMethod => Ok(mix(self.w(v, 1) ^ self.w(v, 2).rotate_left(5))),
            Kind::Instance
            | Kind::Object
            | Kind::Exception
            | Kind::List
            | Kind::Dict
            | Kind::Set
            | Kind::ByteArray
            | Kind::Array
            | Kind::MemoryView
            | Kind::Range
            | Kind::Slice
            | Kind::DictView => Err(NeedsVm),
            _ => Ok(self.hash_identity(v)),
        }
    }

    /// The hash of an object whose equality is identity.
    #[inline]
    pub fn hash_identity(&self, v: Val) -> i32 {
        mix(v.bits() >> 3)
    }

    /// `a == b`, if no Python code is needed for it. Items of tuples are equal also if they are identical.
    #[inline]
    pub fn eq_simple(&self, a: Val, b: Val) -> Result<bool, NeedsVm> {
        if a.both_small(b) || (a.is_qstr() && b.is_qstr()) {
            return Ok(a == b);
        }
        self.eq_deep(a, b, 0)
    }

    fn eq_deep(&self, a: Val, b: Val, depth: u32) -> Result<bool, NeedsVm> {
        if self.is_str(a) && self.is_str(b) {
            return Ok(self.str_eq(a, b));
        }
        if let (Some(x), Some(y)) = (self.number(a), self.number(b)) {
            return Ok(self.numbers_equal(x, y));
        }
        let (Some(ka), Some(kb)) = (self.kind(a), self.kind(b)) else {
            let other = if a.is_ptr() { a } else { b };
            return if a == b || !other.is_ptr() || !self.compares_itself(other) {
                Ok(a == b)
            } else {
                Err(NeedsVm)
            };
        };
        match (ka, kb) {
            (Kind::Bytes, Kind::Bytes) => Ok(self.bytes(a) == self.bytes(b)),
            (Kind::Tuple, Kind::Tuple) => {
                if a == b && depth == 0 {
                    // Not necessarily equal to itself item by item, but Python says identical items are.
                    return Ok(true);
                }
                if depth >= DEPTH {
                    return Err(NeedsVm);
                }
                let (x, y) = (self.tuple(a), self.tuple(b));
                if x.len() != y.len() {
                    return Ok(false);
                }
                for (p, q) in x.iter().zip(y) {
                    if p == q {
                        continue;
                    }
                    if p.both_small(*q) || !self.eq_deep(*p, *q, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Kind::BoundMethod, Kind::BoundMethod) => {
                Ok(self.w(a, 1) == self.w(b, 1) && self.w(a, 2) == self.w(b, 2))
            }
            _ if self.compares_itself(a) || self.compares_itself(b) => Err(NeedsVm),
            _ => Ok(a == b),
        }
    }

    /// May this cell be equal to an object of another kind, or in ways that are not ours?
    fn compares_itself(&self, v: Val) -> bool {
        !matches!(
            self.cell_kind(v),
            Kind::Float
                | Kind::Complex
                | Kind::BigInt
                | Kind::Str
                | Kind::Tuple
                | Kind::Function
                | Kind::Closure
                | Kind::Cell
                | Kind::BoundMethod
                | Kind::Code
                | Kind::Class
                | Kind::Generator
                | Kind::Iter
                | Kind::Module
                | Kind::Bytes
        ) || self.cell_kind(v) == Kind::Bytes
    }

    fn number(&self, v: Val) -> Option<Number> {
        if v.is_small() {
            return Some(Number::Int(v.small_value()));
        }
        if let Some(f) = self.as_float(v) {
            return Some(Number::Float(f));
        }
        match v {
            Val::FALSE => Some(Number::Int(0)),
            Val::TRUE => Some(Number::Int(1)),
            _ => match self.kind(v) {
                Some(Kind::BigInt) => Some(Number::Big(v)),
                Some(Kind::Complex) => Some(Number::Complex(v)),
                _ => None,
            },
        }
    }

    fn numbers_equal(&self, a: Number, b: Number) -> bool {
        use Number::{Big, Complex, Float, Int};
        match (a, b) {
            (Int(x), Int(y)) => x == y,
            (Float(x), Float(y)) => x == y,
            // Both are exact as f64.
            (Int(x), Float(y)) | (Float(y), Int(x)) => f64::from(x) == f64::from(y),
            (Big(x), Big(y)) => {
                let (x, y) = (self.big(x), self.big(y));
                x.negative == y.negative && x.limbs == y.limbs
            }
            (Big(x), Float(y)) | (Float(y), Big(x)) => self.big_eq_float(x, y),
            (Int(_), Big(_)) | (Big(_), Int(_)) => false,
            (Complex(x), Complex(y)) => self.as_complex(x) == self.as_complex(y),
            (Complex(x), real) | (real, Complex(x)) => {
                let (re, im) = self.as_complex(x).unwrap_or_default();
                im == 0.0 && self.numbers_equal(Float(re), real)
            }
        }
    }

    fn big_eq_float(&self, v: Val, f: f32) -> bool {
        let b = self.big(v);
        if !f.is_finite() || f.is_sign_negative() != b.negative {
            return false;
        }
        // A float of this size is a 24-bit number shifted left.
        let bits = f.to_bits();
        let exponent = (bits >> 23 & 0xff) as i32 - 150;
        let mantissa = bits & 0x7f_ffff | 0x80_0000;
        if exponent < 0 {
            // Below 2^24, while a big integer is at least 2^30.
            return false;
        }
        let (limb, shift) = (exponent as usize / 32, exponent as u32 % 32);
        let wide = u64::from(mantissa) << shift;
        let word = |i: usize| match i {
            _ if i == limb => wide as u32,
            _ if i == limb + 1 => (wide >> 32) as u32,
            _ => 0,
        };
        let n = if wide >> 32 != 0 { limb + 2 } else { limb + 1 };
        b.limbs.len() == n && b.limbs.iter().enumerate().all(|(i, l)| *l == word(i))
    }
}

enum Number {
    Int(i32),
    Float(f32),
    Big(Val),
    Complex(Val),
}

/// Folds one more item's hash into a tuple's.
#[inline]
pub fn combine_hashes(h: i32, item: i32) -> i32 {
    mix((h as u32).wrapping_mul(1_000_003) ^ item as u32)
}

/// Spreads bits and brings them into the range of small integers.
#[inline]
fn mix(h: u32) -> i32 {
    let h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
    (h ^ h >> 13) as i32 >> 2
}

fn hash_float(f: f32) -> i32 {
    let whole = f as i32;
    if whole as f32 == f && (Val::INT_MIN..=Val::INT_MAX).contains(&whole) {
        return whole;
    }
    let bits = f.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 150;
    if !f.is_finite() || exponent < 0 {
        return mix(bits);
    }
    // mantissa × 2^exponent modulo 2^30 − 1: a rotation of 30 bits.
    let m = (bits & 0x7f_ffff | 0x80_0000) as u64;
    let r = ((m << (exponent % 30)) % MODULUS) as i32;
    if f < 0.0 { -r } else { r }
}
