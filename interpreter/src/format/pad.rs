//! Padding to a width, and grouping of digits.

use core::fmt::Write;

use super::spec::{Align, FormatError, Sign, Spec};

/// Writes a string in its field: the spec of a `str` (precision cuts, default alignment left).
pub fn write_padded(sink: &mut dyn Write, spec: &Spec, text: &str) -> Result<(), FormatError> {
    if spec.kind.is_some_and(|kind| kind != 's') {
        return Err(spec.unknown_code("str"));
    }
    if spec.sign.is_some() {
        return Err(FormatError::SignForStr);
    }
    if spec.no_negative_zero {
        return Err(FormatError::NegativeZeroForStr);
    }
    if spec.alternate {
        return Err(FormatError::AlternateForStr);
    }
    if let Some(grouping) = spec.grouping {
        return Err(FormatError::GroupingWith { grouping, code: 's' });
    }
    // A bare `0` before the width sets "=" alignment for numbers; for strings it only sets the fill.
    let align = match spec.align {
        Some(Align::AfterSign) if spec.fill == '0' => Align::Left,
        Some(Align::AfterSign) => return Err(FormatError::AfterSignForStr),
        other => other.unwrap_or(Align::Left),
    };
    let text = match spec.precision {
        Some(limit) => text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end]),
        None => text,
    };
    let room = spec.width.saturating_sub(text.chars().count());
    let before = before(align, room);
    fill(sink, spec.fill, before)?;
    sink.write_str(text)?;
    fill(sink, spec.fill, room - before)
}

/// The parts of a number, ready to be put in a field.
pub(super) struct Number<'a> {
    pub negative: bool,
    /// `0x` and the like.
    pub prefix: &'a str,
    /// The digits that grouping applies to.
    pub whole: &'a str,
    /// Decimal point, fraction, exponent, percent sign.
    pub tail: &'a str,
    /// Digits in a group.
    pub group: usize,
}

/// Writes a number in its field (default alignment right).
pub(super) fn write_number(
    sink: &mut dyn Write,
    spec: &Spec,
    number: &Number<'_>,
) -> Result<(), FormatError> {
    let sign = match (number.negative, spec.sign.unwrap_or_default()) {
        (true, _) => "-",
        (false, Sign::Minus) => "",
        (false, Sign::Plus) => "+",
        (false, Sign::Space) => " ",
    };
    let fixed = sign.len() + number.prefix.len() + number.tail.len();
    let align = spec.align.unwrap_or(Align::Right);
    let digits = number.whole.len();
    // Zero padding takes part in the grouping: format(1234, "010,") is 00,001,234.
    let padded_digits = match spec.grouping {
        Some(_) if align == Align::AfterSign && spec.fill == '0' => {
            let room = spec.width.saturating_sub(fixed);
            let grouped = |digits: usize| digits + digits.saturating_sub(1) / number.group;
            // The fewest digits that fill the room; the division is at most one digit short.
            let least = room * number.group / (number.group + 1);
            digits.max(least + usize::from(grouped(least) < room))
        }
        _ => digits,
    };
    let separators = if spec.grouping.is_some() { padded_digits.saturating_sub(1) / number.group } else { 0 };
    let room = spec.width.saturating_sub(fixed + padded_digits + separators);
    let before = if align == Align::AfterSign { 0 } else { before(align, room) };
    fill(sink, spec.fill, before)?;
    sink.write_str(sign)?;
    sink.write_str(number.prefix)?;
    if align == Align::AfterSign {
        fill(sink, spec.fill, room)?;
    }
    match spec.grouping {
        None => sink.write_str(number.whole)?,
        Some(separator) => {
            // Some at a time: a field may be far wider than the number.
            let mut some = [0; 64];
            let (mut n, mut in_group) = (0, (padded_digits + number.group - 1) % number.group + 1);
            for left in (1..=padded_digits).rev() {
                some[n] = digits.checked_sub(left).map_or(b'0', |i| number.whole.as_bytes()[i]);
                n += 1;
                in_group -= 1;
                if in_group == 0 && left > 1 {
                    some[n] = separator as u8;
                    n += 1;
                    in_group = number.group;
                }
                if left == 1 || n + 2 > some.len() {
                    sink.write_str(core::str::from_utf8(&some[..n]).map_err(|_| core::fmt::Error)?)?;
                    n = 0;
                }
            }
        }
    }
    sink.write_str(number.tail)?;
    let after = if align == Align::AfterSign { 0 } else { room - before };
    fill(sink, spec.fill, after)
}

fn before(align: Align, room: usize) -> usize {
    match align {
        Align::Left => 0,
        Align::Right | Align::AfterSign => room,
        Align::Center => room / 2,
    }
}

fn fill(sink: &mut dyn Write, c: char, count: usize) -> Result<(), FormatError> {
    // Many at a time: a field may be far wider than what is in it.
    let mut some = [0; 64];
    let width = c.len_utf8();
    let most = some.len() / width;
    for place in some.chunks_exact_mut(width) {
        c.encode_utf8(place);
    }
    let some = core::str::from_utf8(&some[..most * width]).map_err(|_| core::fmt::Error)?;
    let mut left = count;
    while left > 0 {
        let n = left.min(most);
        sink.write_str(&some[..n * width])?;
        left -= n;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn padded(spec: &str, text: &str) -> Result<String, FormatError> {
        let mut out = String::new();
        write_padded(&mut out, &Spec::parse(spec, "str")?, text).map(|()| out)
    }

    #[test]
    fn strings_in_fields() {
        for (spec, text, expected) in [
            ("", "ab", "ab"),
            ("5", "ab", "ab   "),
            (">5", "ab", "   ab"),
            ("*^6", "abc", "*abc**"),
            (".2", "äöü", "äö"),
            ("4", "äöü", "äöü "),
            ("05", "ab", "ab000"),
        ] {
            assert_eq!(padded(spec, text).unwrap(), expected, "{spec}");
        }
        assert_eq!(padded("+", "a"), Err(FormatError::SignForStr));
        assert_eq!(padded("=5", "a"), Err(FormatError::AfterSignForStr));
        assert_eq!(padded("d", "a"), Err(FormatError::UnknownCode { code: 'd', type_name: "str" }));
    }
}
