//! `int.from_bytes` and `int.to_bytes`.

use super::bits::TwosComplement;
use super::{Big, BigError, BigRef, BigResult, limbs};

impl Big {
    /// The integer that `bytes` spell, as two's complement if `signed`.
    pub fn from_bytes(bytes: &[u8], big_endian: bool, signed: bool) -> BigResult {
        let mut out = limbs::zeros(bytes.len().div_ceil(4))?;
        let byte = |i: usize| if big_endian { bytes[bytes.len() - 1 - i] } else { bytes[i] };
        for (i, limb) in out.iter_mut().enumerate() {
            let mut four = [0; 4];
            let n = (bytes.len() - 4 * i).min(4);
            if big_endian {
                let end = bytes.len() - 4 * i;
                four[..n].copy_from_slice(&bytes[end - n..end]);
                four[..n].reverse();
            } else {
                four[..n].copy_from_slice(&bytes[4 * i..4 * i + n]);
            }
            *limb = u32::from_le_bytes(four);
        }
        let negative = signed && !bytes.is_empty() && byte(bytes.len() - 1) >> 7 != 0;
        if negative {
            // Sign-extend the top limb, then negate.
            let used = bytes.len() % 4 * 8;
            if used != 0
                && let Some(top) = out.last_mut()
            {
                *top |= u32::MAX << used;
            }
            let mut carry = true;
            for limb in out.iter_mut() {
                (*limb, carry) = (!*limb).overflowing_add(u32::from(carry));
            }
        }
        Ok(Big::from_parts(negative, out))
    }
}

impl BigRef<'_> {
    /// Writes the integer over the whole of `out`.
    ///
    /// # Errors
    /// [`BigError::TooBig`] if it does not fit, [`BigError::NegativeToUnsigned`] if it is negative
    /// and `signed` is false.
    pub fn write_bytes(self, out: &mut [u8], big_endian: bool, signed: bool) -> BigResult<()> {
        if self.negative && !signed {
            return Err(BigError::NegativeToUnsigned);
        }
        // A signed value needs its sign bit too, except that -2**n has the sign in its top bit.
        let power_of_two = self.negative && self.limbs.iter().map(|limb| limb.count_ones()).sum::<u32>() == 1;
        let bits = self.bit_length() + usize::from(signed && !power_of_two && !self.is_zero());
        if bits > out.len() * 8 {
            return Err(BigError::TooBig);
        }
        let mut source = TwosComplement::new(self);
        let (mut limb, len) = (0, out.len());
        for i in 0..len {
            if i % 4 == 0 {
                limb = source.next_limb();
            }
            out[if big_endian { len - 1 - i } else { i }] = limb as u8;
            limb >>= 8;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{big, text};
    use super::*;

    #[test]
    fn bytes_round_trip() {
        for value in
            ["0", "1", "255", "256", "-1", "-128", "-129", "65535", "-4294967296", "1234567890123456789"]
        {
            for big_endian in [false, true] {
                let mut buffer = [0xaau8; 9];
                big(value).as_ref().write_bytes(&mut buffer, big_endian, true).unwrap();
                assert_eq!(text(&Big::from_bytes(&buffer, big_endian, true).unwrap()), value);
            }
        }
        assert_eq!(text(&Big::from_bytes(&[0x80], true, true).unwrap()), "-128");
        assert_eq!(text(&Big::from_bytes(&[1, 0, 0, 0, 0], true, false).unwrap()), "4294967296");
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let mut one = [0u8; 1];
        assert_eq!(big("256").as_ref().write_bytes(&mut one, true, false), Err(BigError::TooBig));
        assert_eq!(big("128").as_ref().write_bytes(&mut one, true, true), Err(BigError::TooBig));
        assert_eq!(big("-1").as_ref().write_bytes(&mut one, true, false), Err(BigError::NegativeToUnsigned));
        assert_eq!(big("-128").as_ref().write_bytes(&mut one, true, true), Ok(()));
        assert_eq!(big("-129").as_ref().write_bytes(&mut one, true, true), Err(BigError::TooBig));
    }
}
