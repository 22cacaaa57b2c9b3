//! `%` formatting: `%[(key)][flags][width][.precision][length]type`.

use super::spec::{Align, FormatError, Sign, Spec, number};

/// A width or precision: none, written out, or taken from the next argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Not given.
    None,
    /// Written in the template.
    Given(usize),
    /// `*`
    FromArgument,
}

/// One conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion<'a> {
    /// The mapping key in parentheses.
    pub key: Option<&'a str>,
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// A space.
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    /// The minimum width.
    pub width: Amount,
    /// The precision.
    pub precision: Amount,
    /// The type character.
    pub kind: char,
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is.
    Literal(&'a str),
    /// `%%`
    Percent,
    /// A conversion.
    Conversion(Conversion<'a>),
}

/// What is wrong with a template. The texts are CPython's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PercentError {
    /// The template ends within a conversion.
    #[error("incomplete format")]
    Incomplete,
    /// `%(key` without its end.
    #[error("incomplete format key")]
    IncompleteKey,
    /// A width that no string can have.
    #[error("width too big")]
    WidthTooBig,
    /// A type character that is none.
    #[error("unsupported format character '{kind}' (0x{:x}) at index {index}", *kind as u32)]
    Unsupported {
        /// The character.
        kind: char,
        /// Its place in the template, in characters.
        index: usize,
    },
}

/// The pieces of a template, in order.
pub struct Pieces<'a> {
    template: &'a str,
    rest: &'a str,
}

/// Starts reading a template.
pub fn pieces(template: &str) -> Pieces<'_> {
    Pieces { template, rest: template }
}

impl<'a> Pieces<'a> {
    /// How many bytes of the template have been read: with [`pieces_from`], a caller that must let
    /// go of the text between pieces finds its way back.
    pub fn position(&self) -> usize {
        self.template.len() - self.rest.len()
    }

    fn conversion(&mut self) -> Result<Piece<'a>, PercentError> {
        let mut rest = &self.rest[1..];
        let mut conversion = Conversion {
            key: None,
            left: false,
            plus: false,
            space: false,
            alternate: false,
            zero: false,
            width: Amount::None,
            precision: Amount::None,
            kind: ' ',
        };
        if let Some(after) = rest.strip_prefix('(') {
            let end = key_end(after).ok_or(PercentError::IncompleteKey)?;
            conversion.key = Some(&after[..end]);
            rest = &after[end + 1..];
        }
        loop {
            match rest.as_bytes().first() {
                Some(b'-') => conversion.left = true,
                Some(b'+') => conversion.plus = true,
                Some(b' ') => conversion.space = true,
                Some(b'#') => conversion.alternate = true,
                Some(b'0') => conversion.zero = true,
                _ => break,
            }
            rest = &rest[1..];
        }
        conversion.width = amount(&mut rest)?;
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            conversion.precision = match amount(&mut rest)? {
                Amount::None => Amount::Given(0),
                given => given,
            };
        }
        rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
        let kind = rest.chars().next().ok_or(PercentError::Incomplete)?;
        if !"diouxXeEfFgGcrsab%".contains(kind) {
            let before = self.template.len() - rest.len();
            return Err(PercentError::Unsupported { kind, index: self.template[..before].chars().count() });
        }
        self.rest = &rest[kind.len_utf8()..];
        if kind == '%' {
            return Ok(Piece::Percent);
        }
        conversion.kind = kind;
        Ok(Piece::Conversion(conversion))
    }
}

/// Goes on reading a template at a position given by [`Pieces::position`].
pub fn pieces_from(template: &str, position: usize) -> Pieces<'_> {
    Pieces { template, rest: template.get(position..).unwrap_or("") }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, PercentError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        if self.rest.starts_with('%') {
            let piece = self.conversion();
            if piece.is_err() {
                self.rest = "";
            }
            return Some(piece);
        }
        let end = self.rest.find('%').unwrap_or(self.rest.len());
        let (literal, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Ok(Piece::Literal(literal)))
    }
}

impl Conversion<'_> {
    /// The same directions as a format spec, once width and precision are known. A negative `*`
    /// width means left alignment: pass its magnitude and set [`Conversion::left`].
    pub fn to_spec(&self, width: usize, precision: Option<usize>) -> Spec {
        let numeric = !matches!(self.kind, 'c' | 'r' | 's' | 'a' | 'b');
        let align = match (self.left, numeric) {
            (true, _) => Align::Left,
            (false, true) if self.zero => Align::AfterSign,
            _ => Align::Right,
        };
        Spec {
            fill: if align == Align::AfterSign { '0' } else { ' ' },
            align: Some(align),
            sign: match (numeric, self.plus, self.space) {
                (true, true, _) => Some(Sign::Plus),
                (true, false, true) => Some(Sign::Space),
                _ => None,
            },
            alternate: self.alternate && numeric,
            width,
            precision,
            kind: Some(match self.kind {
                'i' | 'u' => 'd',
                'r' | 'a' | 'b' | 'c' => 's',
                kind => kind,
            }),
            ..Spec::default()
        }
    }
}

fn amount(rest: &mut &str) -> Result<Amount, PercentError> {
    if let Some(after) = rest.strip_prefix('*') {
        *rest = after;
        return Ok(Amount::FromArgument);
    }
    match number(rest) {
        Ok(Some(value)) => Ok(Amount::Given(value)),
        Ok(None) => Ok(Amount::None),
        Err(FormatError::TooManyDigits | _) => Err(PercentError::WidthTooBig),
    }
}

/// The end of a key, whose parentheses may nest.
fn key_end(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(i),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn splits_a_template() {
        let parts: Vec<_> = pieces("a%5.2f%%b%(k)-s").collect::<Result<_, _>>().unwrap();
        assert_eq!(parts[0], Piece::Literal("a"));
        let Piece::Conversion(first) = parts[1] else { panic!("{parts:?}") };
        assert_eq!((first.width, first.precision, first.kind), (Amount::Given(5), Amount::Given(2), 'f'));
        assert_eq!(parts[2], Piece::Percent);
        assert_eq!(parts[3], Piece::Literal("b"));
        let Piece::Conversion(last) = parts[4] else { panic!("{parts:?}") };
        assert_eq!((last.key, last.left, last.kind), (Some("k"), true, 's'));
        assert_eq!(parts.len(), 5);
    }

    #[test]
    fn names_what_is_wrong() {
        let error = |template| pieces(template).find_map(Result::err).unwrap();
        assert_eq!(error("abc%"), PercentError::Incomplete);
        assert_eq!(error("%(abc"), PercentError::IncompleteKey);
        assert_eq!(alloc::format!("{}", error("é%y")), "unsupported format character 'y' (0x79) at index 2");
    }

    #[test]
    fn becomes_a_spec() {
        let spec_of = |template| match pieces(template).next().unwrap().unwrap() {
            Piece::Conversion(conversion) => conversion.to_spec(6, None),
            other => panic!("{other:?}"),
        };
        assert_eq!((spec_of("%06d").fill, spec_of("%06d").align), ('0', Some(Align::AfterSign)));
        assert_eq!(spec_of("%-06d").align, Some(Align::Left));
        assert_eq!(spec_of("%06s").fill, ' ');
        assert_eq!(spec_of("%i").kind, Some('d'));
    }
}
