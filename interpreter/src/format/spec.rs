//! The format-spec mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use alloc::string::String;

/// Where a value stands in its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
    /// `=`: padding between the sign and the digits.
    AfterSign,
}

/// What stands before numbers that are not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// `-` (the default): nothing.
    #[default]
    Minus,
    /// `+`
    Plus,
    /// A space.
    Space,
}

/// A parsed format spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The padding character, a space unless given.
    pub fill: char,
    /// The alignment, if one was given (or implied by a leading `0`).
    pub align: Option<Align>,
    /// The sign option; `None` where none was written.
    pub sign: Option<Sign>,
    /// `z`: negative zero is written as zero.
    pub no_negative_zero: bool,
    /// `#`: prefixes for integers, a decimal point always for floats.
    pub alternate: bool,
    /// The minimum width in characters.
    pub width: usize,
    /// `,` or `_` between groups of digits.
    pub grouping: Option<char>,
    /// The precision, if given.
    pub precision: Option<usize>,
    /// The type character, if given.
    pub kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }
}

/// What is wrong with a spec, for a value of a type. The texts are CPython's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Something follows the type character, or a part is out of order.
    #[error("Invalid format specifier '{spec}' for object of type '{type_name}'")]
    Invalid {
        /// The spec as given.
        spec: String,
        /// The value's type.
        type_name: &'static str,
    },
    /// The type character does not fit the value.
    #[error("Unknown format code '{code}' for object of type '{type_name}'")]
    UnknownCode {
        /// The type character.
        code: char,
        /// The value's type.
        type_name: &'static str,
    },
    /// A width or precision beyond any string.
    #[error("Too many decimal digits in format string")]
    TooManyDigits,
    /// `format(1, ".2d")`
    #[error("Precision not allowed in integer format specifier")]
    PrecisionForInt,
    /// `format("a", "+")`
    #[error("Sign not allowed in string format specifier")]
    SignForStr,
    /// `format("a", "z")`
    #[error("Negative zero coercion (z) not allowed in string format specifier")]
    NegativeZeroForStr,
    /// `format("a", "#")`
    #[error("Alternate form (#) not allowed in string format specifier")]
    AlternateForStr,
    /// `format("a", "=5")`
    #[error("'=' alignment not allowed in string format specifier")]
    AfterSignForStr,
    /// `format("a", ",")`
    #[error("Cannot specify '{grouping}' with '{code}'.")]
    GroupingWith {
        /// The grouping character.
        grouping: char,
        /// The type character.
        code: char,
    },
    /// `format(65, "+c")`
    #[error("Sign not allowed with integer format specifier 'c'")]
    SignForChar,
    /// `format(-1, "c")`
    #[error("%c arg not in range(0x110000)")]
    CharRange,
    /// The text does not fit the memory.
    #[error("memory allocation failed")]
    NoMemory,
    /// The sink refused the text (its own error says why).
    #[error("could not write the text")]
    Sink,
}

impl From<core::fmt::Error> for FormatError {
    fn from(_: core::fmt::Error) -> Self {
        Self::Sink
    }
}

impl Spec {
    /// Parses a spec for a value of type `type_name` (used in the error's text).
    pub fn parse(text: &str, type_name: &'static str) -> Result<Self, FormatError> {
        let mut spec = Self::default();
        let mut rest = text;
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let mut fill_given = false;
        if let (Some(fill), Some(align)) = (first, second.and_then(align_of)) {
            spec.fill = fill;
            spec.align = Some(align);
            fill_given = true;
            rest = chars.as_str();
        } else if let Some(align) = first.and_then(align_of) {
            spec.align = Some(align);
            rest = &text[1..];
        }
        spec.sign = match rest.as_bytes().first() {
            Some(b'-') => Some(Sign::Minus),
            Some(b'+') => Some(Sign::Plus),
            Some(b' ') => Some(Sign::Space),
            _ => None,
        };
        if spec.sign.is_some() {
            rest = &rest[1..];
        }
        spec.no_negative_zero = take(&mut rest, 'z');
        spec.alternate = take(&mut rest, '#');
        if !fill_given && take(&mut rest, '0') {
            spec.fill = '0';
            spec.align = spec.align.or(Some(Align::AfterSign));
        }
        spec.width = number(&mut rest)?.unwrap_or(0);
        if take(&mut rest, ',') {
            spec.grouping = Some(',');
        } else if take(&mut rest, '_') {
            spec.grouping = Some('_');
        }
        let invalid = || FormatError::Invalid { spec: String::from(text), type_name };
        if take(&mut rest, '.') {
            spec.precision = Some(number(&mut rest)?.ok_or_else(invalid)?);
        }
        let mut tail = rest.chars();
        spec.kind = tail.next();
        if tail.next().is_some() {
            return Err(invalid());
        }
        Ok(spec)
    }

    /// True for the empty spec, which means `str(value)`.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The error for this spec's type character.
    pub fn unknown_code(&self, type_name: &'static str) -> FormatError {
        FormatError::UnknownCode { code: self.kind.unwrap_or(' '), type_name }
    }
}

fn align_of(c: char) -> Option<Align> {
    match c {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::AfterSign),
        _ => None,
    }
}

fn take(rest: &mut &str, wanted: char) -> bool {
    match rest.strip_prefix(wanted) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

/// A decimal number at the front of `rest`, if one stands there.
pub(super) fn number(rest: &mut &str) -> Result<Option<usize>, FormatError> {
    let len = rest.bytes().take_while(u8::is_ascii_digit).count();
    if len == 0 {
        return Ok(None);
    }
    let value: i32 = rest[..len].parse().map_err(|_| FormatError::TooManyDigits)?;
    *rest = &rest[len..];
    Ok(usize::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_part() {
        let spec = Spec::parse("*^+z#012,.3f", "float").unwrap();
        assert_eq!(
            spec,
            Spec {
                fill: '*',
                align: Some(Align::Center),
                sign: Some(Sign::Plus),
                no_negative_zero: true,
                alternate: true,
                width: 12,
                grouping: Some(','),
                precision: Some(3),
                kind: Some('f'),
            }
        );
        assert_eq!(Spec::parse("<<", "str").unwrap().fill, '<');
        assert_eq!(Spec::parse("05", "int").unwrap().align, Some(Align::AfterSign));
        assert_eq!(Spec::parse("é>5", "str").unwrap().fill, 'é');
        assert!(Spec::parse("", "str").unwrap().is_empty());
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!(
            alloc::format!("{}", Spec::parse("5dd", "int").unwrap_err()),
            "Invalid format specifier '5dd' for object of type 'int'"
        );
        assert_eq!(Spec::parse("99999999999", "int"), Err(FormatError::TooManyDigits));
        assert!(matches!(Spec::parse(".f", "float"), Err(FormatError::Invalid { .. })));
    }
}
