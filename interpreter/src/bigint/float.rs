//! Between integers and floats, correctly rounded.

use super::{Big, BigRef, BigResult, limbs};

impl BigRef<'_> {
    /// The nearest `f32`, ties to even; infinite beyond the largest finite one, as MicroPython has it. (CPython
    /// raises OverflowError, but only where its wider floats end.)
    pub fn to_f32(self) -> f32 {
        let bits = self.bit_length();
        if bits > 128 {
            return if self.negative { f32::NEG_INFINITY } else { f32::INFINITY };
        }
        // The top 64 bits, with a sticky bit for what lies below them.
        let drop = bits.saturating_sub(64);
        let limb = |i: usize| u128::from(self.limbs.get(i).copied().unwrap_or(0));
        let whole = limb(0) | limb(1) << 32 | limb(2) << 64 | limb(3) << 96;
        let mut top = (whole >> drop) as u64;
        if whole & ((1u128 << drop) - 1) != 0 {
            top |= 1;
        }
        let scaled = top as f32 * f32::from_bits(((drop as u32) + 127) << 23);
        if self.negative { -scaled } else { scaled }
    }
}

impl Big {
    /// The integer part of a finite float, rounded towards zero.
    pub fn from_f32(value: f32) -> BigResult {
        let bits = value.to_bits();
        let exponent = (bits >> 23 & 0xff) as i32 - 150;
        let mantissa = bits & 0x7f_ffff | 0x80_0000;
        let magnitude = if exponent <= -24 {
            limbs::copied(&[])?
        } else if exponent < 0 {
            limbs::copied(&[mantissa >> -exponent])?
        } else {
            limbs::shl(&[mantissa], exponent as usize)?
        };
        Ok(Big::from_parts(value < 0.0, magnitude))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{big, text};
    use super::*;

    #[test]
    fn rounds_to_nearest_even() {
        for (integer, float) in [
            ("0", 0.0f32),
            ("16777217", 16_777_216.0),
            ("16777219", 16_777_220.0),
            ("-4294967296", -4_294_967_296.0),
            ("340282346638528859811704183484516925440", f32::MAX),
            ("36893492543417679873", 36_893_490_000_000_000_000.0),
        ] {
            let expected: f32 = integer.parse().unwrap();
            assert_eq!(big(integer).as_ref().to_f32(), expected, "{integer}");
            assert!((expected - float).abs() <= float.abs() * 1e-6);
        }
        assert_eq!(big("340282366920938463463374607431768211456").as_ref().to_f32(), f32::INFINITY);
    }

    #[test]
    fn truncates_floats() {
        for (float, integer) in [
            (0.9f32, "0"),
            (-1.9, "-1"),
            (1e10, "10000000000"),
            (f32::MAX, "340282346638528859811704183484516925440"),
        ] {
            assert_eq!(text(&Big::from_f32(float).unwrap()), integer);
        }
    }
}
