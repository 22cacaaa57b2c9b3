//! Arbitrary-precision integers: sign and magnitude over 32-bit limbs.
//!
//! Pure arithmetic with Python's rules (floor division, two's-complement view for the bit operators);
//! it knows nothing of the heap. Operands are borrowed ([`BigRef`]), results owned ([`Big`]), and every
//! allocation can fail: an integer is as large as the program asks for, so running out is an
//! ordinary outcome that must end in a `MemoryError`.
//!
//! Magnitudes are least significant limb first and *normalised*: no leading zero limb, zero is the
//! empty slice and never negative.

use alloc::vec::Vec;
use core::cmp::Ordering;

mod bits;
mod bytes;
mod float;
mod limbs;
mod power;
mod text;

pub use limbs::bit_length as limbs_bit_length;
pub(crate) use limbs::{add_to, compare, mul_to, shl_to, short_quotient, sub_in_place, wide};

/// A borrowed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BigRef<'a> {
    /// True for values below zero.
    pub negative: bool,
    /// The magnitude, least significant limb first, normalised.
    pub limbs: &'a [u32],
}

/// An owned integer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Big {
    /// True for values below zero.
    pub negative: bool,
    /// The magnitude, least significant limb first, normalised.
    pub limbs: Vec<u32>,
}

/// Why an operation gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BigError {
    /// The result does not fit the memory there is.
    #[error("memory allocation failed")]
    NoMemory,
    /// Division or modulo by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// `pow(a, -1, m)` where `a` and `m` have a common factor.
    #[error("base is not invertible for the given modulus")]
    NotInvertible,
    /// Text that is not an integer of the wanted base.
    #[error("invalid literal")]
    BadLiteral,
    /// The caller's [`Poll`] asked for an end.
    #[error("interrupted")]
    Interrupted,
    /// `int.to_bytes` of a value that does not fit.
    #[error("int too big to convert")]
    TooBig,
    /// `int.to_bytes` of a negative value without `signed=True`.
    #[error("can't convert negative int to unsigned")]
    NegativeToUnsigned,
}

/// What operations that may take long call again and again: false ends them with [`BigError::Interrupted`].
pub type Poll<'p> = &'p mut dyn FnMut() -> bool;

/// For operands that are short enough.
fn go_on() -> bool {
    true
}

/// What an operation on big integers returns.
pub type BigResult<T = Big> = Result<T, BigError>;

/// The limbs of a machine integer, for mixing small and big operands without allocation.
#[derive(Clone, Copy, Debug)]
pub struct SmallLimbs {
    negative: bool,
    limbs: [u32; 2],
    len: usize,
}

impl SmallLimbs {
    /// Splits a machine integer.
    pub fn new(value: i64) -> Self {
        let magnitude = value.unsigned_abs();
        let limbs = [magnitude as u32, (magnitude >> 32) as u32];
        let len = if limbs[1] != 0 { 2 } else { usize::from(limbs[0] != 0) };
        Self { negative: value < 0, limbs, len }
    }

    /// The integer as an operand.
    pub fn as_ref(&self) -> BigRef<'_> {
        BigRef { negative: self.negative, limbs: &self.limbs[..self.len] }
    }
}

impl Big {
    /// From a sign and a magnitude that may have leading zero limbs.
    pub fn from_parts(negative: bool, mut limbs: Vec<u32>) -> Self {
        limbs.truncate(limbs::normal_len(&limbs));
        Self { negative: negative && !limbs.is_empty(), limbs }
    }

    /// From a machine integer.
    pub fn from_i64(value: i64) -> BigResult {
        SmallLimbs::new(value).as_ref().to_big()
    }

    /// The integer as an operand.
    pub fn as_ref(&self) -> BigRef<'_> {
        BigRef { negative: self.negative, limbs: &self.limbs }
    }

    /// The value if it fits 64 bits.
    pub fn to_i64(&self) -> Option<i64> {
        self.as_ref().to_i64()
    }
}

#[expect(clippy::should_implement_trait, reason = "the operators' traits cannot fail")]
impl<'a> BigRef<'a> {
    /// A copy that owns its limbs.
    pub fn to_big(self) -> BigResult {
        Ok(Big { negative: self.negative, limbs: limbs::copied(self.limbs)? })
    }

    /// True for zero.
    pub fn is_zero(self) -> bool {
        self.limbs.is_empty()
    }

    /// The value if it fits 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        let magnitude = match *self.limbs {
            [] => 0,
            [low] => u64::from(low),
            [low, high] => u64::from(low) | u64::from(high) << 32,
            _ => return None,
        };
        if self.negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
    }

    /// The low 32 bits in two's complement, as a C cast would give them.
    pub fn low_u32(self) -> u32 {
        let low = self.limbs.first().copied().unwrap_or(0);
        if self.negative { low.wrapping_neg() } else { low }
    }

    /// The low 64 bits in two's complement.
    pub fn low_u64(self) -> u64 {
        let limb = |i: usize| u64::from(self.limbs.get(i).copied().unwrap_or(0));
        let low = limb(0) | limb(1) << 32;
        if self.negative { low.wrapping_neg() } else { low }
    }

    /// The number of bits of the magnitude (`int.bit_length`).
    pub fn bit_length(self) -> usize {
        limbs::bit_length(self.limbs)
    }

    /// Numeric order.
    pub fn compare(self, other: BigRef<'_>) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => limbs::compare(self.limbs, other.limbs),
            (true, true) => limbs::compare(other.limbs, self.limbs),
        }
    }

    /// `-self`
    pub fn neg(self) -> BigResult {
        let mut big = self.to_big()?;
        big.negative = !self.negative && !self.is_zero();
        Ok(big)
    }

    /// `self + other`
    pub fn add(self, other: BigRef<'_>) -> BigResult {
        if self.negative == other.negative {
            return Ok(Big::from_parts(self.negative, limbs::add(self.limbs, other.limbs)?));
        }
        match limbs::compare(self.limbs, other.limbs) {
            Ordering::Less => Ok(Big::from_parts(other.negative, limbs::sub(other.limbs, self.limbs)?)),
            _ => Ok(Big::from_parts(self.negative, limbs::sub(self.limbs, other.limbs)?)),
        }
    }

    /// `self - other`
    pub fn sub(self, other: BigRef<'_>) -> BigResult {
        self.add(BigRef { negative: !other.negative && !other.is_zero(), ..other })
    }

    /// `self * other`
    pub fn mul(self, other: BigRef<'_>) -> BigResult {
        self.mul_polling(other, &mut go_on)
    }

    /// [`BigRef::mul`] of long operands.
    pub fn mul_polling(self, other: BigRef<'_>, poll: Poll) -> BigResult {
        Ok(Big::from_parts(self.negative != other.negative, limbs::mul(self.limbs, other.limbs, poll)?))
    }

    /// `divmod(self, other)`: the quotient is rounded towards minus infinity, the remainder has the
    /// divisor's sign.
    pub fn div_mod(self, other: BigRef<'_>) -> BigResult<(Big, Big)> {
        self.div_mod_polling(other, &mut go_on)
    }

    /// [`BigRef::div_mod`] of long operands.
    pub fn div_mod_polling(self, other: BigRef<'_>, poll: Poll) -> BigResult<(Big, Big)> {
        if other.is_zero() {
            return Err(BigError::DivisionByZero);
        }
        let (quotient, remainder) = limbs::div_rem(self.limbs, other.limbs, poll)?;
        let mut quotient = Big::from_parts(self.negative != other.negative, quotient);
        let mut remainder = Big::from_parts(self.negative, remainder);
        if !remainder.limbs.is_empty() && self.negative != other.negative {
            quotient = quotient.as_ref().sub(SmallLimbs::new(1).as_ref())?;
            remainder = remainder.as_ref().add(other)?;
        }
        Ok((quotient, remainder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    pub(super) fn big(text: &str) -> Big {
        Big::parse(text, 10).expect("a number")
    }

    pub(super) fn text(value: &Big) -> String {
        value.as_ref().to_text(10, false).expect("memory").to_string()
    }

    #[test]
    fn adds_and_subtracts_across_signs() {
        let cases = [
            ("0", "0", "0", "0"),
            ("4294967295", "1", "4294967296", "4294967294"),
            ("-18446744073709551616", "1", "-18446744073709551615", "-18446744073709551617"),
            ("5", "-7", "-2", "12"),
        ];
        for (a, b, sum, difference) in cases {
            assert_eq!(text(&big(a).as_ref().add(big(b).as_ref()).unwrap()), sum);
            assert_eq!(text(&big(a).as_ref().sub(big(b).as_ref()).unwrap()), difference);
        }
    }

    #[test]
    fn division_floors_like_python() {
        let cases =
            [("7", "2", "3", "1"), ("-7", "2", "-4", "1"), ("7", "-2", "-4", "-1"), ("-7", "-2", "3", "-1")];
        for (a, b, quotient, remainder) in cases {
            let (q, r) = big(a).as_ref().div_mod(big(b).as_ref()).unwrap();
            assert_eq!((text(&q).as_str(), text(&r).as_str()), (quotient, remainder), "{a} by {b}");
        }
        assert_eq!(big("1").as_ref().div_mod(big("0").as_ref()), Err(BigError::DivisionByZero));
    }

    /// (a*b + r) divmod b gives back (a, r) for operands of many shapes, the hard cases of
    /// Knuth's algorithm D (limbs of all ones, tiny top limbs) among them.
    #[test]
    fn division_undoes_multiplication() {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for round in 0..3000 {
            let mut number = |max: u64| {
                let len = (random() % max + 1) as usize;
                let limbs = (0..len).map(|_| match random() % 4 {
                    0 => 0,
                    1 => u32::MAX,
                    2 => 0x8000_0000,
                    _ => random() as u32,
                });
                Big::from_parts(false, limbs.collect())
            };
            let (a, b, c) = (number(9), number(6), number(6));
            if b.limbs.is_empty() {
                continue;
            }
            let r = c.as_ref().div_mod(b.as_ref()).unwrap().1;
            let product = a.as_ref().mul(b.as_ref()).unwrap().as_ref().add(r.as_ref()).unwrap();
            assert_eq!(product.as_ref().div_mod(b.as_ref()).unwrap(), (a, r), "round {round}");
        }
    }

    #[test]
    fn long_calculations_end_when_asked_to() {
        let long = Big::from_parts(false, alloc::vec![u32::MAX; 40]);
        let x = long.as_ref();
        for allowed in [0, 3] {
            let mut left = allowed;
            let mut poll = || {
                left -= 1;
                left >= 0
            };
            assert_eq!(x.mul_polling(x, &mut poll), Err(BigError::Interrupted));
        }
        assert_eq!(x.pow(3, &mut || false), Err(BigError::Interrupted));
        assert_eq!(x.to_text_polling(10, false, &mut || false), Err(BigError::Interrupted));
        assert_eq!(Big::parse_polling("12345678901234567890", 10, &mut || false), Err(BigError::Interrupted));
        let square = x.mul_polling(x, &mut || true).unwrap();
        assert_eq!(square.as_ref().div_mod_polling(x, &mut || false), Err(BigError::Interrupted));
        assert_eq!(square.as_ref().div_mod_polling(x, &mut || true).unwrap().0, long);
    }

    #[test]
    fn converts_to_machine_integers() {
        for value in [0, 1, -1, i64::MAX, i64::MIN, 1 << 32, -(1 << 31)] {
            assert_eq!(Big::from_i64(value).unwrap().to_i64(), Some(value));
        }
        assert_eq!(big("9223372036854775808").to_i64(), None);
        assert_eq!(big("-9223372036854775809").to_i64(), None);
        assert_eq!(big("-1").as_ref().low_u32(), u32::MAX);
        assert_eq!(big("-4294967297").as_ref().low_u64(), (-4_294_967_297i64) as u64);
    }
}
