//! Between integers and digits of any base from 2 to 36.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Big, BigError, BigRef, BigResult, Poll, limbs};

impl Big {
    /// Reads digits with an optional sign. Single underscores may stand between digits; white space
    /// and base prefixes are the caller's.
    pub fn parse(text: &str, radix: u32) -> BigResult {
        Big::parse_polling(text, radix, &mut super::go_on)
    }

    /// [`Big::parse`] of long text.
    pub fn parse_polling(text: &str, radix: u32, poll: Poll) -> BigResult {
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        let mut limbs = Vec::new();
        let (chunk_len, _) = chunk(radix);
        let (mut value, mut scale, mut in_chunk) = (0u32, 1u32, 0);
        let mut after_digit = false;
        for &byte in digits {
            if byte == b'_' && after_digit {
                after_digit = false;
                continue;
            }
            let digit = (byte as char).to_digit(radix).ok_or(BigError::BadLiteral)?;
            after_digit = true;
            value = value * radix + digit;
            scale *= radix;
            in_chunk += 1;
            if in_chunk == chunk_len {
                if !poll() {
                    return Err(BigError::Interrupted);
                }
                limbs::mul_add_small(&mut limbs, scale, value)?;
                (value, scale, in_chunk) = (0, 1, 0);
            }
        }
        if !after_digit {
            return Err(BigError::BadLiteral);
        }
        if in_chunk > 0 {
            limbs::mul_add_small(&mut limbs, scale, value)?;
        }
        Ok(Big::from_parts(negative, limbs))
    }
}

impl BigRef<'_> {
    /// The digits, with a minus sign where negative.
    pub fn to_text(self, radix: u32, upper: bool) -> BigResult<String> {
        self.to_text_polling(radix, upper, &mut super::go_on)
    }

    /// [`BigRef::to_text`] of a long number.
    pub fn to_text_polling(self, radix: u32, upper: bool, poll: Poll) -> BigResult<String> {
        let mut reversed = Vec::new();
        // An upper bound: every digit carries at least floor(log2(radix)) bits.
        let room = self.bit_length() / radix.ilog2() as usize + 2;
        reversed.try_reserve_exact(room).map_err(|_| BigError::NoMemory)?;
        if self.is_zero() {
            reversed.push(b'0');
        }
        let mut rest = limbs::copied(self.limbs)?;
        let (chunk_len, scale) = chunk(radix);
        while !rest.is_empty() {
            if !poll() {
                return Err(BigError::Interrupted);
            }
            let mut part = limbs::div_small_in_place(&mut rest, scale);
            rest.truncate(limbs::normal_len(&rest));
            for _ in 0..chunk_len {
                if part == 0 && rest.is_empty() {
                    break;
                }
                let digit = char::from_digit(part % radix, radix).unwrap_or('0');
                reversed.push(if upper { digit.to_ascii_uppercase() } else { digit } as u8);
                part /= radix;
            }
        }
        if self.negative {
            reversed.push(b'-');
        }
        reversed.reverse();
        // Only ASCII was pushed, so the conversion cannot fail.
        String::from_utf8(reversed).map_err(|_| BigError::BadLiteral)
    }
}

/// How many digits of a base fit 32 bits, and the base to that power.
fn chunk(radix: u32) -> (u32, u32) {
    let digits = u32::MAX.ilog(radix);
    (digits, radix.pow(digits))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{big, text};
    use super::*;

    #[test]
    fn text_round_trips_in_every_base() {
        for radix in 2..=36 {
            for value in [
                "0",
                "1",
                "-35",
                "4294967295",
                "4294967296",
                "123456789012345678901234567890",
                "-1000000000000000000",
            ] {
                let digits = big(value).as_ref().to_text(radix, radix % 2 == 0).unwrap();
                assert_eq!(text(&Big::parse(&digits, radix).unwrap()), value, "base {radix}: {digits}");
            }
        }
        assert_eq!(big("255").as_ref().to_text(16, true).unwrap(), "FF");
    }

    #[test]
    fn refuses_malformed_literals() {
        for bad in ["", "-", "_1", "1_", "1__2", "12a", " 1"] {
            assert_eq!(Big::parse(bad, 10), Err(BigError::BadLiteral), "{bad:?}");
        }
        assert_eq!(text(&Big::parse("1_000_000_000_000", 10).unwrap()), "1000000000000");
    }
}
