//! Shifts and the bit operators, in two's complement of unlimited width as Python defines them.

use alloc::vec::Vec;

use super::{Big, BigError, BigRef, BigResult, SmallLimbs, limbs};

#[expect(clippy::should_implement_trait, reason = "the operators' traits cannot fail")]
impl BigRef<'_> {
    /// `self << bits`
    pub fn shl(self, bits: usize) -> BigResult {
        if self.is_zero() {
            return Ok(Big::default());
        }
        Ok(Big::from_parts(self.negative, limbs::shl(self.limbs, bits)?))
    }

    /// `self >> bits`, rounded towards minus infinity.
    pub fn shr(self, bits: usize) -> BigResult {
        let shifted = Big::from_parts(self.negative, limbs::shr(self.limbs, bits)?);
        if !self.negative || !self.has_bits_below(bits) {
            return Ok(shifted);
        }
        // A negative value that lost bits is rounded down: one further from zero.
        let one = limbs::add(&shifted.limbs, &[1])?;
        Ok(Big::from_parts(true, one))
    }

    /// `~self`
    pub fn invert(self) -> BigResult {
        let one = SmallLimbs::new(1);
        let mut big = self.add(one.as_ref())?;
        big.negative = !big.negative && !big.limbs.is_empty();
        Ok(big)
    }

    /// `self & other`
    pub fn and(self, other: BigRef<'_>) -> BigResult {
        self.bitwise(other, |a, b| a & b)
    }

    /// `self | other`
    pub fn or(self, other: BigRef<'_>) -> BigResult {
        self.bitwise(other, |a, b| a | b)
    }

    /// `self ^ other`
    pub fn xor(self, other: BigRef<'_>) -> BigResult {
        self.bitwise(other, |a, b| a ^ b)
    }

    /// True if any of the lowest `bits` bits of the magnitude is set.
    fn has_bits_below(self, bits: usize) -> bool {
        let (whole, part) = (bits / 32, bits % 32);
        self.limbs.iter().take(whole).any(|&limb| limb != 0)
            || self.limbs.get(whole).is_some_and(|&limb| limb & ((1u32 << part) - 1) != 0)
    }

    fn bitwise(self, other: BigRef<'_>, op: fn(u32, u32) -> u32) -> BigResult {
        // One limb more than the longer operand holds the sign.
        let len = self.limbs.len().max(other.limbs.len()) + 1;
        let (mut a, mut b) = (TwosComplement::new(self), TwosComplement::new(other));
        let mut out = Vec::new();
        out.try_reserve_exact(len).map_err(|_| BigError::NoMemory)?;
        out.extend((0..len).map(|_| op(a.next_limb(), b.next_limb())));
        let negative = out[len - 1] >> 31 != 0;
        if negative {
            let mut carry = true;
            for limb in out.iter_mut() {
                (*limb, carry) = (!*limb).overflowing_add(u32::from(carry));
            }
        }
        Ok(Big::from_parts(negative, out))
    }
}

/// The limbs of an integer in two's complement, endlessly sign-extended.
pub(super) struct TwosComplement<'a> {
    value: BigRef<'a>,
    index: usize,
    carry: bool,
}

impl<'a> TwosComplement<'a> {
    pub(super) fn new(value: BigRef<'a>) -> Self {
        Self { value, index: 0, carry: value.negative }
    }

    pub(super) fn next_limb(&mut self) -> u32 {
        let limb = self.value.limbs.get(self.index).copied().unwrap_or(0);
        self.index += 1;
        if !self.value.negative {
            return limb;
        }
        let (limb, carry) = (!limb).overflowing_add(u32::from(self.carry));
        self.carry = carry;
        limb
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{big, text};

    #[test]
    fn bit_operators_agree_with_machine_integers() {
        let values =
            [0i64, 1, -1, 5, -5, 0xffff_ffff, -0xffff_ffff, 1 << 32, -(1 << 32), 0x1234_5678_9abc, -77];
        for a in values {
            for b in values {
                let (x, y) = (big(&alloc::format!("{a}")), big(&alloc::format!("{b}")));
                assert_eq!(x.as_ref().and(y.as_ref()).unwrap().to_i64(), Some(a & b), "{a} & {b}");
                assert_eq!(x.as_ref().or(y.as_ref()).unwrap().to_i64(), Some(a | b), "{a} | {b}");
                assert_eq!(x.as_ref().xor(y.as_ref()).unwrap().to_i64(), Some(a ^ b), "{a} ^ {b}");
            }
            let x = big(&alloc::format!("{a}"));
            assert_eq!(x.as_ref().invert().unwrap().to_i64(), Some(!a), "~{a}");
            for bits in [0, 1, 31, 32, 33, 63] {
                assert_eq!(x.as_ref().shr(bits).unwrap().to_i64(), Some(a >> bits), "{a} >> {bits}");
            }
        }
        assert_eq!(text(&big("-1").as_ref().shr(500).unwrap()), "-1");
    }

    #[test]
    fn left_shift_multiplies_by_powers_of_two() {
        assert_eq!(text(&big("3").as_ref().shl(70).unwrap()), "3541774862152233910272");
        assert_eq!(text(&big("-3").as_ref().shl(32).unwrap()), "-12884901888");
        assert_eq!(text(&big("0").as_ref().shl(100_000_000).unwrap()), "0");
    }
}
