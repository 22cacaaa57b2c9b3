//! `pow` in two and three arguments.

use super::{Big, BigError, BigRef, BigResult, Poll, SmallLimbs};

impl BigRef<'_> {
    /// `self ** exponent`
    pub fn pow(self, mut exponent: u32, poll: Poll) -> BigResult {
        let mut result = Big::from_i64(1)?;
        let mut base = self.to_big()?;
        loop {
            if exponent & 1 != 0 {
                result = result.as_ref().mul_polling(base.as_ref(), poll)?;
            }
            exponent >>= 1;
            if exponent == 0 {
                return Ok(result);
            }
            base = base.as_ref().mul_polling(base.as_ref(), poll)?;
        }
    }

    /// `pow(self, exponent, modulus)`; a negative exponent takes the inverse first. The result has
    /// the sign of the modulus.
    pub fn pow_mod(self, exponent: BigRef<'_>, modulus: BigRef<'_>, poll: Poll) -> BigResult {
        let mut base = self.div_mod(modulus)?.1;
        if exponent.negative {
            base = base.as_ref().inverse(modulus, poll)?;
        }
        let mut result = SmallLimbs::new(1).as_ref().div_mod(modulus)?.1;
        for bit in (0..exponent.bit_length()).rev() {
            let square = result.as_ref().mul_polling(result.as_ref(), poll)?;
            result = square.as_ref().div_mod_polling(modulus, poll)?.1;
            if exponent.limbs[bit / 32] >> (bit % 32) & 1 != 0 {
                let product = result.as_ref().mul_polling(base.as_ref(), poll)?;
                result = product.as_ref().div_mod_polling(modulus, poll)?.1;
            }
        }
        Ok(result)
    }

    /// The multiplicative inverse, by the extended Euclidean algorithm.
    fn inverse(self, modulus: BigRef<'_>, poll: Poll) -> BigResult {
        let magnitude = BigRef { negative: false, ..modulus };
        let (mut r0, mut r1) = (magnitude.to_big()?, self.div_mod(magnitude)?.1);
        let (mut t0, mut t1) = (Big::default(), Big::from_i64(1)?);
        while !r1.limbs.is_empty() {
            let (quotient, remainder) = r0.as_ref().div_mod_polling(r1.as_ref(), poll)?;
            let next = t0.as_ref().sub(quotient.as_ref().mul(t1.as_ref())?.as_ref())?;
            (r0, r1) = (r1, remainder);
            (t0, t1) = (t1, next);
        }
        if r0.limbs != [1] {
            return Err(BigError::NotInvertible);
        }
        Ok(t0.as_ref().div_mod(modulus)?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::BigError;
    use super::super::tests::{big, text};

    #[test]
    fn powers() {
        assert_eq!(text(&big("-3").as_ref().pow(41, &mut || true).unwrap()), "-36472996377170786403");
        assert_eq!(text(&big("0").as_ref().pow(0, &mut || true).unwrap()), "1");
    }

    #[test]
    fn modular_powers_agree_with_cpython() {
        for (base, exponent, modulus, expected) in [
            ("1180591620717411303424", "9", "10000000", "8365824"),
            ("0", "0", "13", "1"),
            ("3", "-1", "7", "5"),
            ("3", "5", "-7", "-2"),
            ("5", "0", "1", "0"),
        ] {
            let result = big(base)
                .as_ref()
                .pow_mod(big(exponent).as_ref(), big(modulus).as_ref(), &mut || true)
                .unwrap();
            assert_eq!(text(&result), expected, "pow({base}, {exponent}, {modulus})");
        }
        assert_eq!(
            big("2").as_ref().pow_mod(big("-1").as_ref(), big("4").as_ref(), &mut || true),
            Err(BigError::NotInvertible)
        );
        assert_eq!(
            big("2").as_ref().pow_mod(big("3").as_ref(), big("0").as_ref(), &mut || true),
            Err(BigError::DivisionByZero)
        );
    }
}
