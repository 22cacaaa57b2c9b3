//! Floats: shortest text that reads back, fixed and exponent forms, and reading.

use alloc::string::String;
use core::fmt::Write;

use super::pad::{Number, write_number};
use super::spec::{FormatError, Spec};

/// Decimal exponents from here on are written as `1e+16`, as CPython's `repr` does.
const REPR_EXPONENT_MAX: i32 = 16;
/// Decimal exponents below this are written as `1e-05`.
const EXPONENT_MIN: i32 = -4;

/// A float's significant digits and decimal exponent: `d.ddd × 10^exponent`.
struct Decimal {
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// The shortest digits that read back as the same float.
    fn shortest(value: f32) -> Result<Self, FormatError> {
        Self::from_scientific(format_args!("{value:e}"), 16)
    }

    /// Exactly `count` significant digits, correctly rounded. Digits past the shortest text that reads back are
    /// zeros, not the tail of the binary fraction: `0.1` has no more digits in 32 bits than in a double's.
    fn rounded(value: f32, count: usize) -> Result<Self, FormatError> {
        let mut short = Self::shortest(value)?;
        if short.digits.len() <= count {
            short.pad(count)?;
            return Ok(short);
        }
        let decimals = count.saturating_sub(1);
        Self::from_scientific(format_args!("{value:.decimals$e}"), decimals)
    }

    fn from_scientific(text: core::fmt::Arguments<'_>, room: usize) -> Result<Self, FormatError> {
        let mut digits = with_room(room)?;
        digits.write_fmt(text)?;
        let split = digits.find('e').unwrap_or(digits.len());
        let exponent = digits.get(split + 1..).and_then(|e| e.parse().ok()).unwrap_or(0);
        digits.truncate(split);
        if digits.len() > 1 {
            digits.remove(1);
        }
        Ok(Self { digits, exponent })
    }

    /// Writes the digits with a decimal point where it belongs.
    fn positional(&self, out: &mut String) -> Result<(), FormatError> {
        let digits = self.digits.as_str();
        let point = self.exponent + 1;
        if point <= 0 {
            out.push_str("0.");
            for _ in point..0 {
                out.push('0');
            }
            out.push_str(digits);
        } else if digits.len() > point as usize {
            let (whole, fraction) = digits.split_at(point as usize);
            write!(out, "{whole}.{fraction}")?;
        } else {
            out.push_str(digits);
            for _ in digits.len()..point as usize {
                out.push('0');
            }
        }
        Ok(())
    }

    /// Writes `d.ddde+XX`.
    fn scientific(&self, out: &mut String, alternate: bool) -> Result<(), FormatError> {
        let (first, rest) = self.digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() || alternate {
            out.push('.');
        }
        out.push_str(rest);
        push_exponent(out, self.exponent)
    }

    /// Appends zeros up to `count` digits.
    fn pad(&mut self, count: usize) -> Result<(), FormatError> {
        let more = count.saturating_sub(self.digits.len());
        self.digits.try_reserve(more).map_err(|_| FormatError::NoMemory)?;
        self.digits.extend(core::iter::repeat_n('0', more));
        Ok(())
    }

    fn strip_zeros(&mut self) {
        let len = self.digits.trim_end_matches('0').len().max(1);
        self.digits.truncate(len);
    }
}

/// Writes a float as `repr` and `str` do: the shortest text that reads back as the same 32-bit float.
pub fn write_float_repr(sink: &mut dyn Write, value: f32) -> Result<(), FormatError> {
    if !value.is_finite() {
        return Ok(sink.write_str(non_finite(value))?);
    }
    if value.is_sign_negative() {
        sink.write_char('-')?;
    }
    let mut body = with_room(24)?;
    shortest_body(&mut body, value.abs())?;
    Ok(sink.write_str(&body)?)
}

/// Writes a float by its format spec.
pub fn write_float(sink: &mut dyn Write, spec: &Spec, value: f32) -> Result<(), FormatError> {
    let kind = spec.kind.unwrap_or(' ');
    if !matches!(kind, ' ' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%') {
        return Err(spec.unknown_code("float"));
    }
    if let (Some(grouping), 'n') = (spec.grouping, kind) {
        return Err(FormatError::GroupingWith { grouping, code: 'n' });
    }
    let mut body = with_room(48)?;
    let magnitude = value.abs();
    if !value.is_finite() {
        body.push_str(if value.is_nan() { "nan" } else { "inf" });
        if kind == '%' {
            body.push('%');
        }
    } else {
        write_body(&mut body, spec, kind, magnitude)?;
    }
    if kind.is_ascii_uppercase() {
        body.make_ascii_uppercase();
    }
    let mut negative = value.is_sign_negative() && !value.is_nan();
    if spec.no_negative_zero && body.bytes().all(|b| !b.is_ascii_digit() || b == b'0') && value.is_finite() {
        negative = false;
    }
    let whole_len =
        if value.is_finite() { body.bytes().take_while(u8::is_ascii_digit).count() } else { body.len() };
    let (whole, tail) = body.split_at(whole_len);
    write_number(sink, spec, &Number { negative, prefix: "", whole, tail, group: 3 })
}

fn write_body(body: &mut String, spec: &Spec, kind: char, value: f32) -> Result<(), FormatError> {
    let precision = spec.precision.unwrap_or(6);
    // The formatter takes 16-bit precisions; digits past them would all be zeros anyway.
    let exact = precision.min(usize::from(u16::MAX) - 1);
    body.try_reserve(precision.saturating_add(48)).map_err(|_| FormatError::NoMemory)?;
    match kind {
        'e' | 'E' => {
            let decimal = Decimal::rounded(value, exact + 1)?;
            let at = body.len();
            decimal.scientific(body, spec.alternate)?;
            let e = body[at..].find('e').map_or(body.len(), |i| at + i);
            for _ in exact..precision {
                body.insert(e, '0');
            }
        }
        'f' | 'F' | '%' => {
            let mut decimal = Decimal::shortest(value)?;
            decimal.exponent += if kind == '%' && value != 0.0 { 2 } else { 0 };
            // Up to the last decimal, as in `Decimal::rounded`.
            let count = usize::try_from(decimal.exponent + 1 + exact as i32).unwrap_or(0);
            if decimal.digits.len() <= count {
                decimal.pad(count)?;
                decimal.positional(body)?;
            } else if kind == '%' {
                // A percentage may exceed the range of f32, so it is scaled as f64 (exactly).
                write!(body, "{:.exact$}", f64::from(value) * 100.0)?;
            } else {
                write!(body, "{value:.exact$}")?;
            }
            for _ in exact..precision {
                body.push('0');
            }
            if precision == 0 && spec.alternate {
                body.push('.');
            }
            if kind == '%' {
                body.push('%');
            }
        }
        ' ' if spec.precision.is_none() => return shortest_body(body, value),
        _ => {
            let significant = exact.max(1);
            let mut decimal = Decimal::rounded(value, significant)?;
            let by_type = kind == ' ';
            // Without a type the point counts as a digit more: format(12.0, ".2") is 1.2e+01.
            let limit = significant as i32 - i32::from(by_type);
            if !spec.alternate {
                decimal.strip_zeros();
            }
            if decimal.exponent < EXPONENT_MIN || decimal.exponent >= limit.max(i32::from(!by_type)) {
                return decimal.scientific(body, spec.alternate);
            }
            let at = body.len();
            decimal.positional(body)?;
            if !body[at..].contains('.') && (by_type || spec.alternate) {
                body.push_str(if by_type { ".0" } else { "." });
            }
        }
    }
    Ok(())
}

fn shortest_body(body: &mut String, value: f32) -> Result<(), FormatError> {
    let decimal = Decimal::shortest(value)?;
    if !(EXPONENT_MIN..REPR_EXPONENT_MAX).contains(&decimal.exponent) {
        return decimal.scientific(body, false);
    }
    decimal.positional(body)?;
    if !body.contains('.') {
        body.push_str(".0");
    }
    Ok(())
}

fn push_exponent(out: &mut String, exponent: i32) -> Result<(), FormatError> {
    let sign = if exponent < 0 { '-' } else { '+' };
    Ok(write!(out, "e{sign}{:02}", exponent.unsigned_abs())?)
}

fn non_finite(value: f32) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn with_room(len: usize) -> Result<String, FormatError> {
    let mut text = String::new();
    text.try_reserve(len).map_err(|_| FormatError::NoMemory)?;
    Ok(text)
}

/// Reads a float as `float(text)` does: white space around it, single underscores between digits,
/// `inf`, `infinity` and `nan` in any case. `None` where the text is no float.
pub fn parse_float(text: &str) -> Option<f32> {
    let text = text.trim();
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    if bare.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        if !text.contains('_') {
            return text.parse().ok();
        }
        let between_digits = |i: usize| {
            let digit =
                |j: Option<usize>| j.and_then(|j| text.as_bytes().get(j)).is_some_and(u8::is_ascii_digit);
            digit(i.checked_sub(1)) && digit(Some(i + 1))
        };
        if !text.match_indices('_').all(|(i, _)| between_digits(i)) {
            return None;
        }
        let mut plain = String::new();
        plain.try_reserve(text.len()).ok()?;
        plain.extend(text.chars().filter(|&c| c != '_'));
        return plain.parse().ok();
    }
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if bare.eq_ignore_ascii_case("inf") || bare.eq_ignore_ascii_case("infinity") {
        Some(f32::INFINITY.copysign(sign))
    } else if bare.eq_ignore_ascii_case("nan") {
        Some(f32::NAN.copysign(sign))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(spec: &str, value: f32) -> Result<String, FormatError> {
        let mut out = String::new();
        write_float(&mut out, &Spec::parse(spec, "float")?, value).map(|()| out)
    }

    fn repr(value: f32) -> String {
        let mut out = String::new();
        write_float_repr(&mut out, value).unwrap();
        out
    }

    #[test]
    fn repr_is_shortest_and_reads_back() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.33333334"),
            (123_456.79, "123456.79"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (f32::MAX, "3.4028235e+38"),
            (f32::INFINITY, "inf"),
            (f32::NEG_INFINITY, "-inf"),
            (f32::NAN, "nan"),
        ] {
            assert_eq!(repr(value), expected);
            if !value.is_nan() {
                assert_eq!(parse_float(expected), Some(value));
            }
        }
    }

    #[test]
    fn floats_in_fields() {
        for (spec, value, expected) in [
            (".2f", 0.125, "0.12"),
            (".2f", 2.675, "2.67"),
            (".0f", 2.5, "2"),
            ("#.0f", 2.5, "2."),
            ("8.3f", 2.5, "   2.500"),
            ("08.3f", -2.5, "-002.500"),
            ("+.1f", 2.5, "+2.5"),
            (",.2f", 1_234_567.5, "1,234,567.50"),
            ("e", 12345.5, "1.234550e+04"),
            (".0e", 12345.5, "1e+04"),
            ("E", 0.0, "0.000000E+00"),
            ("g", 100_000.0, "100000"),
            ("g", 1_000_000.0, "1e+06"),
            ("g", 0.0001, "0.0001"),
            ("g", 0.00001, "1e-05"),
            ("#g", 1.0, "1.00000"),
            (".3g", 1234.0, "1.23e+03"),
            ("G", 1e10, "1E+10"),
            ("%", 0.25, "25.000000%"),
            (".1%", 0.125, "12.5%"),
            ("", 1.5, "1.5"),
            ("", 1e16, "1e+16"),
            (".3", 12.0, "12.0"),
            (".2", 12.0, "1.2e+01"),
            (".1", 5.0, "5e+00"),
            ("z.1f", -0.01, "0.0"),
            (".1f", -0.01, "-0.0"),
            (".10f", 0.1, "0.1000000000"),
            (".0f", 1e19, "10000000000000000000"),
            (".7g", 1e28, "1e+28"),
            (".3f", 6e-5, "0.000"),
            (".5f", 6e-5, "0.00006"),
            (".9f", 0.0, "0.000000000"),
            (".2%", 3e38, "30000000000000000000000000000000000000000.00%"),
            ("8", f32::NAN, "     nan"),
            ("F", f32::NEG_INFINITY, "-INF"),
            ("<8.1f", 1.0, "1.0     "),
        ] {
            assert_eq!(formatted(spec, value).unwrap(), expected, "{spec:?} of {value}");
        }
        assert_eq!(formatted("d", 1.0), Err(FormatError::UnknownCode { code: 'd', type_name: "float" }));
    }

    #[test]
    fn reads_what_python_reads() {
        for (text, value) in [
            (" 1.5 ", 1.5),
            ("1_000.5", 1000.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("-1e3", -1000.0),
            ("+Inf", f32::INFINITY),
        ] {
            assert_eq!(parse_float(text), Some(value), "{text:?}");
        }
        for bad in ["", "abc", "1__0", "_1", "1_", "1e", "1.5x", "--1", "- 1", "1_.5"] {
            assert_eq!(parse_float(bad), None, "{bad:?}");
        }
        assert!(parse_float("-nan").is_some_and(f32::is_nan));
    }
}
