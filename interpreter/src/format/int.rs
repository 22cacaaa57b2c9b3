//! Integers in the format-spec mini-language.

use core::fmt::Write;

use super::pad::{Number, write_number};
use super::spec::{FormatError, Spec};

/// Room for the digits of any 64-bit magnitude in base 2.
pub const DIGITS_MAX: usize = 64;

/// The digits of a magnitude in a base from 2 to 36.
pub fn digits_of(mut magnitude: u64, radix: u32, upper: bool, buffer: &mut [u8; DIGITS_MAX]) -> &str {
    let mut at = DIGITS_MAX;
    loop {
        // 64-bit division is a library call on small cores: leave it as soon as the rest fits 32 bits.
        let digit = if let Ok(small) = u32::try_from(magnitude) {
            magnitude = u64::from(small / radix);
            small % radix
        } else {
            let digit = (magnitude % u64::from(radix)) as u32;
            magnitude /= u64::from(radix);
            digit
        };
        let c = char::from_digit(digit, radix).unwrap_or('0');
        at -= 1;
        buffer[at] = if upper { c.to_ascii_uppercase() } else { c } as u8;
        if magnitude == 0 {
            break;
        }
    }
    core::str::from_utf8(&buffer[at..]).unwrap_or("")
}

impl Spec {
    /// The base and letter case that an integer's type character asks for; `None` where the
    /// character is not one of the integer types (`c` and the float types are the caller's).
    pub fn int_radix(&self) -> Option<(u32, bool)> {
        match self.kind {
            None | Some('d' | 'n') => Some((10, false)),
            Some('b') => Some((2, false)),
            Some('o') => Some((8, false)),
            Some('x') => Some((16, false)),
            Some('X') => Some((16, true)),
            _ => None,
        }
    }

    /// True for the type characters that format an int as a float.
    pub fn is_float_kind(&self) -> bool {
        matches!(self.kind, Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%'))
    }
}

/// Writes an integer whose digits are already in the base that [`Spec::int_radix`] names.
pub fn write_int(sink: &mut dyn Write, spec: &Spec, negative: bool, digits: &str) -> Result<(), FormatError> {
    if spec.precision.is_some() {
        return Err(FormatError::PrecisionForInt);
    }
    let Some((radix, _)) = spec.int_radix() else { return Err(spec.unknown_code("int")) };
    if let (Some(grouping), Some(code)) = (spec.grouping, spec.kind)
        && (code == 'n' || (grouping == ',' && radix != 10))
    {
        return Err(FormatError::GroupingWith { grouping, code });
    }
    let prefix = match spec.kind {
        Some('b') if spec.alternate => "0b",
        Some('o') if spec.alternate => "0o",
        Some('x') if spec.alternate => "0x",
        Some('X') if spec.alternate => "0X",
        _ => "",
    };
    let group = if radix == 10 { 3 } else { 4 };
    write_number(sink, spec, &Number { negative, prefix, whole: digits, tail: "", group })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn formatted(spec: &str, value: i64) -> Result<String, FormatError> {
        let spec = Spec::parse(spec, "int")?;
        let (radix, upper) = spec.int_radix().unwrap_or((10, false));
        let mut buffer = [0; DIGITS_MAX];
        let digits = digits_of(value.unsigned_abs(), radix, upper, &mut buffer);
        let mut out = String::new();
        write_int(&mut out, &spec, value < 0, digits).map(|()| out)
    }

    #[test]
    fn integers_in_fields() {
        for (spec, value, expected) in [
            ("", 0, "0"),
            ("", i64::MIN, "-9223372036854775808"),
            ("5", 42, "   42"),
            ("<5", 42, "42   "),
            ("^5", 42, " 42  "),
            ("05", -42, "-0042"),
            ("+", 42, "+42"),
            (" ", 42, " 42"),
            ("#x", 255, "0xff"),
            ("#X", 255, "0XFF"),
            ("#010b", 5, "0b00000101"),
            ("o", 8, "10"),
            (",", 1_234_567, "1,234,567"),
            ("_x", 0x1234_5678, "1234_5678"),
            ("010,", 1234, "00,001,234"),
            ("09,", 1234, "0,001,234"),
            ("08,", 1234, "0,001,234"),
            ("06,", 12, "00,012"),
            ("*=6", -12, "-***12"),
        ] {
            assert_eq!(formatted(spec, value).unwrap(), expected, "{spec:?} of {value}");
        }
        assert_eq!(formatted(".2", 1), Err(FormatError::PrecisionForInt));
        assert_eq!(formatted("s", 1), Err(FormatError::UnknownCode { code: 's', type_name: "int" }));
        assert_eq!(formatted(",x", 1), Err(FormatError::GroupingWith { grouping: ',', code: 'x' }));
    }
}
