//! `str.format` templates: `{name!conversion:spec}` fields between literal text.

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is; `{{` and `}}` come as single braces.
    Literal(&'a str),
    /// A replacement field.
    Field {
        /// What stands before `!` and `:`: empty, a number or a name, then `.attr` and `[key]` parts.
        name: &'a str,
        /// `r`, `s` or `a`.
        conversion: Option<char>,
        /// The spec, which may hold fields of its own.
        spec: &'a str,
    },
}

/// One step into a value: `.attr` or `[key]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access<'a> {
    /// `.name`
    Attribute(&'a str),
    /// `[0]`
    Index(usize),
    /// `[name]`
    Key(&'a str),
}

/// What is wrong with a template. The texts are CPython's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `"{"`
    #[error("Single '{{' encountered in format string")]
    SingleOpen,
    /// `"}"`
    #[error("Single '}}' encountered in format string")]
    SingleClose,
    /// `"{a"`
    #[error("expected '}}' before end of string")]
    NoEnd,
    /// `"{!}"`
    #[error("unmatched '{{' in format spec")]
    BadConversion,
    /// `"{a!rx}"`
    #[error("expected ':' after conversion specifier")]
    AfterConversion,
    /// `"{a.}"`
    #[error("Empty attribute in format string")]
    EmptyAttribute,
    /// `"{a[0}"`
    #[error("Missing ']' in format string")]
    NoBracketEnd,
    /// `"{a[0]b}"`
    #[error("Only '.' or '[' may follow ']' in format field specifier")]
    AfterBracket,
    /// `"{0}{}"`
    #[error("cannot switch from manual field specification to automatic field numbering")]
    ManualToAutomatic,
    /// `"{}{0}"`
    #[error("cannot switch from automatic field numbering to manual field specification")]
    AutomaticToManual,
    /// Fields nested more than once in a spec.
    #[error("Max string recursion exceeded")]
    TooDeep,
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

/// Goes on reading at a position given by [`Pieces::position`].
pub fn pieces_from(template: &str, position: usize) -> Pieces<'_> {
    Pieces { template, rest: template.get(position..).unwrap_or("") }
}

impl<'a> Pieces<'a> {
    /// How many bytes of the template have been read.
    pub fn position(&self) -> usize {
        self.template.len() - self.rest.len()
    }

    fn field(&mut self) -> Result<Piece<'a>, TemplateError> {
        let text = &self.rest[1..];
        if text.is_empty() {
            return Err(TemplateError::SingleOpen);
        }
        let end = matching_brace(text).ok_or(TemplateError::NoEnd)?;
        self.rest = &text[end + 1..];
        let field = &text[..end];
        let mut in_bracket = false;
        let split = field.find(|c| {
            match c {
                '[' => in_bracket = true,
                ']' => in_bracket = false,
                '!' | ':' => return !in_bracket,
                _ => {}
            }
            false
        });
        let Some(split) = split else { return Ok(Piece::Field { name: field, conversion: None, spec: "" }) };
        let (name, mut rest) = field.split_at(split);
        let mut conversion = None;
        if let Some(after) = rest.strip_prefix('!') {
            let c = after.chars().next().ok_or(TemplateError::BadConversion)?;
            conversion = Some(c);
            rest = &after[c.len_utf8()..];
            if !rest.is_empty() && !rest.starts_with(':') {
                return Err(TemplateError::AfterConversion);
            }
        }
        Ok(Piece::Field { name, conversion, spec: rest.strip_prefix(':').unwrap_or("") })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, TemplateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find(['{', '}']).unwrap_or(self.rest.len());
        if end > 0 {
            let (literal, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(Ok(Piece::Literal(literal)));
        }
        let doubled = self.rest.get(..2).filter(|two| matches!(*two, "{{" | "}}"));
        if let Some(two) = doubled {
            self.rest = &self.rest[2..];
            return Some(Ok(Piece::Literal(&two[..1])));
        }
        let piece = if self.rest.starts_with('{') { self.field() } else { Err(TemplateError::SingleClose) };
        if piece.is_err() {
            self.rest = "";
        }
        Some(piece)
    }
}

/// Splits a field's name into its first part (empty, number or keyword) and the accesses after it.
pub fn split_name(name: &str) -> (&str, Accesses<'_>) {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, rest) = name.split_at(end);
    (first, Accesses { rest })
}

/// The `.attr` and `[key]` parts of a field's name, in order.
pub struct Accesses<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Accesses<'a> {
    type Item = Result<Access<'a>, TemplateError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (rest, dot) = match self.rest.as_bytes().first()? {
            b'.' => (&self.rest[1..], true),
            b'[' => (&self.rest[1..], false),
            _ => {
                self.rest = "";
                return Some(Err(TemplateError::AfterBracket));
            }
        };
        if dot {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            self.rest = after;
            return Some(if name.is_empty() {
                Err(TemplateError::EmptyAttribute)
            } else {
                Ok(Access::Attribute(name))
            });
        }
        let Some(end) = rest.find(']') else {
            self.rest = "";
            return Some(Err(TemplateError::NoBracketEnd));
        };
        let key = &rest[..end];
        self.rest = &rest[end + 1..];
        if key.is_empty() {
            return Some(Err(TemplateError::EmptyAttribute));
        }
        Some(Ok(key.parse().map_or(Access::Key(key), Access::Index)))
    }
}

/// The end of a field whose opening brace is already read; braces nest, and `[...]` hides them.
fn matching_brace(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut in_bracket = false;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'[' if depth == 0 => in_bracket = true,
            b']' => in_bracket = false,
            b'{' if !in_bracket => depth += 1,
            b'}' if !in_bracket && depth == 0 => return Some(i),
            b'}' if !in_bracket => depth -= 1,
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
        let parts: Vec<_> = pieces("a{{{0.x[k]!r:>{1}}}}b{}").collect::<Result<_, _>>().unwrap();
        assert_eq!(
            parts,
            [
                Piece::Literal("a"),
                Piece::Literal("{"),
                Piece::Field { name: "0.x[k]", conversion: Some('r'), spec: ">{1}" },
                Piece::Literal("}"),
                Piece::Literal("b"),
                Piece::Field { name: "", conversion: None, spec: "" },
            ]
        );
    }

    #[test]
    fn splits_names() {
        let (first, rest) = split_name("0.x[3][key].y");
        let rest: Vec<_> = rest.collect::<Result<_, _>>().unwrap();
        assert_eq!(first, "0");
        assert_eq!(
            rest,
            [Access::Attribute("x"), Access::Index(3), Access::Key("key"), Access::Attribute("y")]
        );
        assert_eq!(split_name("a[0]b").1.find_map(Result::err), Some(TemplateError::AfterBracket));
        assert_eq!(split_name("a[0").1.find_map(Result::err), Some(TemplateError::NoBracketEnd));
    }

    #[test]
    fn names_what_is_wrong() {
        let error = |template| pieces(template).find_map(Result::err).unwrap();
        assert_eq!(error("{"), TemplateError::SingleOpen);
        assert_eq!(error("a}"), TemplateError::SingleClose);
        assert_eq!(error("{0"), TemplateError::NoEnd);
        assert_eq!(error("{0!rx}"), TemplateError::AfterConversion);
        assert_eq!(alloc::format!("{}", error("}")), "Single '}' encountered in format string");
    }
}
