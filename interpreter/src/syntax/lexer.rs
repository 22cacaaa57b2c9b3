//! Source text to tokens, on demand.
//!
//! The lexer keeps nothing but its place, so the parser can copy it to look ahead. Indentation
//! becomes `Indent` and `Dedent`; inside brackets line ends are spaces. Of an f-string only the
//! opening is a token: the parser asks for its text with [`Lexer::fstring_text`], and the fields
//! between are ordinary tokens, so that fields nest to any depth.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::ast::Span;
use super::error::{Parse, Position, SyntaxError};
use super::token::{Tok, Token};

/// Open brackets, and so also expressions nested by them.
const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;

/// Where a line starts: the column with tabs to multiples of 8, and with tabs as one.
/// Two lines whose order differs between the two mix tabs and spaces inconsistently.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Indent {
    column: u16,
    alternative: u16,
}

/// An open bracket: `b'f'` is the brace of an f-string's field.
#[derive(Clone, Copy)]
struct Bracket {
    open: u8,
    offset: u32,
}

#[derive(Clone)]
pub struct Lexer<'s> {
    src: &'s str,
    pos: usize,
    indents: Vec<Indent>,
    brackets: Vec<Bracket>,
    /// `Dedent` tokens to come.
    dedents: u16,
    /// An `Indent` token to come.
    indented: bool,
    line_start: bool,
}

/// How an f-string was opened.
#[derive(Clone, Copy, Debug)]
pub struct FQuote {
    pub quote: u8,
    pub triple: bool,
    pub raw: bool,
    /// `t"…"`: a template.
    pub template: bool,
    /// Offset of the opening.
    pub start: u32,
}

impl FQuote {
    /// A syntax error in the f-string or t-string.
    #[cold]
    pub fn error(&self, span: Span, message: &str) -> Box<SyntaxError> {
        let what = if self.template { 't' } else { 'f' };
        SyntaxError::new(span, format!("{what}-string: {message}"))
    }
}

/// What ended a stretch of f-string text; it has been consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FEnd {
    Field,
    Quote,
    /// The brace that closes the field whose spec this text is in.
    Spec,
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic())
}

fn is_name_part(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_alphanumeric() || is_mark(c)))
}

/// Combining marks, which names in many scripts contain.
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36F | 0x900..=0xDFF | 0x200C..=0x200D | 0x20D0..=0x20F0)
}

impl<'s> Lexer<'s> {
    pub fn new(src: &'s str) -> Lexer<'s> {
        let pos = if src.starts_with('\u{FEFF}') { 3 } else { 0 };
        Lexer {
            src,
            pos,
            indents: Vec::new(),
            brackets: Vec::new(),
            dedents: 0,
            indented: false,
            line_start: true,
        }
    }

    /// For text that is one expression: leading space is no indentation.
    pub fn for_expression(src: &'s str) -> Lexer<'s> {
        let mut lexer = Lexer::new(src);
        lexer.pos = src.len() - src.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']).len();
        lexer.line_start = false;
        lexer
    }

    pub fn source(&self) -> &'s str {
        self.src
    }

    pub fn in_brackets(&self) -> bool {
        !self.brackets.is_empty()
    }

    /// The error for the innermost open bracket, if it is on a line before `offset`'s.
    pub fn unclosed_before(&self, offset: u32) -> Option<Box<SyntaxError>> {
        let bracket = self.brackets.last()?;
        let lines =
            &self.src.as_bytes()[bracket.offset as usize..(offset as usize).max(bracket.offset as usize)];
        lines.contains(&b'\n').then(|| never_closed(*bracket))
    }

    /// Whether reading on ends inside the innermost bracket that is open now.
    pub fn stays_open(&mut self) -> bool {
        let depth = self.brackets.len();
        loop {
            match self.next() {
                // An f-string's inside is the parser's: let the open bracket decide.
                Ok(Token { tok: Tok::FStart | Tok::End, .. }) => return true,
                Ok(_) if self.brackets.len() < depth => return false,
                Ok(_) => {}
                Err(_) => return self.at_end() && self.brackets.len() >= depth,
            }
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.src.as_bytes().get(self.pos + ahead).copied().unwrap_or(0)
    }

    /// Where the next token is looked for.
    pub fn offset(&self) -> u32 {
        self.pos as u32
    }

    /// How many levels of indentation are open.
    pub fn level(&self) -> usize {
        self.indents.len()
    }

    pub fn at_end(&self) -> bool {
        self.pos >= self.src.len()
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start as u32, self.pos as u32)
    }

    fn token(&self, tok: Tok, start: usize) -> Token {
        Token { tok, span: self.span_from(start) }
    }

    fn line_of(&self, offset: usize) -> u32 {
        Position::of(self.src, offset as u32).line
    }

    /// Continues at the line after `offset`'s, outside all brackets: the parser's way out of an error.
    pub fn resume_after_line(&mut self, offset: u32) {
        let bytes = self.src.as_bytes();
        let mut pos = (offset as usize).min(bytes.len());
        while pos < bytes.len() && bytes[pos] != b'\n' && bytes[pos] != b'\r' {
            pos += 1;
        }
        self.pos = pos;
        self.skip_line_end();
        self.brackets.clear();
        self.dedents = 0;
        self.indented = false;
        self.line_start = true;
    }

    /// Consumes one line end if there is one here.
    fn skip_line_end(&mut self) -> bool {
        match self.peek(0) {
            b'\r' if self.peek(1) == b'\n' => self.pos += 2,
            b'\r' | b'\n' if !self.at_end() => self.pos += 1,
            _ => return false,
        }
        true
    }

    fn skip_comment(&mut self) {
        while !self.at_end() && !matches!(self.peek(0), b'\n' | b'\r') {
            self.pos += 1;
        }
    }

    pub fn next(&mut self) -> Parse<Token> {
        if self.line_start && self.brackets.is_empty() {
            self.begin_line()?;
        }
        if self.dedents > 0 {
            self.dedents -= 1;
            return Ok(self.token(Tok::Dedent, self.pos));
        }
        if core::mem::take(&mut self.indented) {
            return Ok(self.token(Tok::Indent, self.pos));
        }
        self.skip_space()?;
        let start = self.pos;
        if self.at_end() {
            if let Some(&bracket) = self.brackets.last() {
                return Err(never_closed(bracket));
            }
            // A last line without line end still ends; then only `End` follows.
            if !self.line_start {
                self.line_start = true;
                return Ok(self.token(Tok::Newline, start));
            }
            return Ok(self.token(Tok::End, start));
        }
        match self.peek(0) {
            b'\n' | b'\r' => {
                self.skip_line_end();
                self.line_start = true;
                Ok(Token { tok: Tok::Newline, span: Span::new(start as u32, start as u32) })
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'"' | b'\'' => self.string(start),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.name(),
            _ => self.operator(),
        }
    }

    /// Skips blank lines and compares the next line's indentation with the open ones.
    fn begin_line(&mut self) -> Parse<()> {
        let begin = loop {
            let begin = self.pos;
            while matches!(self.peek(0), b' ' | b'\t' | b'\x0c') {
                self.pos += 1;
            }
            if self.peek(0) == b'#' {
                self.skip_comment();
            }
            if self.at_end() {
                self.dedents = self.indents.len() as u16;
                self.indents.clear();
                return Ok(());
            }
            if !self.skip_line_end() {
                break begin;
            }
        };
        self.line_start = false;
        let here = self.span_from(self.pos);
        let indent = self.measure(begin)?;
        let inconsistent = || SyntaxError::tab(here, "inconsistent use of tabs and spaces in indentation");
        let depth = self.indents.iter().take_while(|i| i.column <= indent.column).count();
        let level = depth.checked_sub(1).map(|i| self.indents[i]);
        self.dedents = (self.indents.len() - depth) as u16;
        self.indents.truncate(depth);
        if level.map_or(0, |l| l.column) == indent.column {
            return if level.is_some_and(|l| l != indent) { Err(inconsistent()) } else { Ok(()) };
        }
        if self.dedents > 0 {
            return Err(SyntaxError::indentation(
                here,
                "unindent does not match any outer indentation level",
            ));
        }
        if level.map_or(0, |l| l.alternative) >= indent.alternative {
            return Err(inconsistent());
        }
        if depth >= MAX_INDENTS {
            return Err(SyntaxError::indentation(here, "too many levels of indentation"));
        }
        self.indents.push(indent);
        self.indented = true;
        Ok(())
    }

    /// The indentation of the line whose first token is at `pos`.
    fn measure(&self, begin: usize) -> Parse<Indent> {
        let mut indent = Indent { column: 0, alternative: 0 };
        for &b in &self.src.as_bytes()[begin..self.pos] {
            match b {
                b'\t' => {
                    indent.column = (indent.column / 8 + 1) * 8;
                    indent.alternative += 1;
                }
                b'\x0c' => indent = Indent { column: 0, alternative: 0 },
                _ => {
                    indent.column += 1;
                    indent.alternative += 1;
                }
            }
            if indent.column > 4000 {
                return Err(SyntaxError::indentation(
                    self.span_from(begin),
                    "too many levels of indentation",
                ));
            }
        }
        Ok(indent)
    }

    fn skip_space(&mut self) -> Parse<()> {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\x0c' => self.pos += 1,
                b'#' => self.skip_comment(),
                b'\n' | b'\r' if self.in_brackets() && !self.at_end() => {
                    self.skip_line_end();
                }
                b'\\' => {
                    let start = self.pos;
                    self.pos += 1;
                    if self.at_end() {
                        return Err(SyntaxError::new(self.span_from(start), "unexpected EOF while parsing"));
                    }
                    if !self.skip_line_end() {
                        return Err(SyntaxError::new(
                            self.span_from(start),
                            "unexpected character after line continuation character",
                        ));
                    }
                    // A line of nothing may end this way.
                    if self.at_end() && !self.is_blank_before(start) {
                        return Err(SyntaxError::new(self.span_from(start), "unexpected EOF while parsing"));
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// Whether only space stands before `offset` on its line.
    fn is_blank_before(&self, offset: usize) -> bool {
        let line = self.src[..offset].rsplit(['\n', '\r']).next().unwrap_or("");
        line.trim().is_empty()
    }

    fn char(&self) -> Option<char> {
        self.src.get(self.pos..)?.chars().next()
    }

    fn name(&mut self) -> Parse<Token> {
        let start = self.pos;
        match self.char() {
            Some(c) if is_name_start(c) => self.pos += c.len_utf8(),
            Some(c) => {
                self.pos += c.len_utf8();
                let code = c as u32;
                let message =
                    if c.is_control() || c.is_whitespace() || matches!(code, 0x200B..=0x200F | 0xFEFF) {
                        format!("invalid non-printable character U+{code:04X}")
                    } else {
                        format!("invalid character '{c}' (U+{code:04X})")
                    };
                return Err(SyntaxError::new(self.span_from(start), message));
            }
            None => return Ok(self.token(Tok::End, start)),
        }
        while let Some(c) = self.char().filter(|&c| is_name_part(c)) {
            self.pos += c.len_utf8();
        }
        let text = &self.src[start..self.pos];
        if matches!(self.peek(0), b'"' | b'\'') && is_string_prefix(text) {
            return self.string(start);
        }
        Ok(self.token(Tok::keyword(text).unwrap_or(Tok::Name), start))
    }

    /// A literal whose prefix starts at `start` and whose quote is here.
    fn string(&mut self, start: usize) -> Parse<Token> {
        let prefix = &self.src[start..self.pos];
        let quote = self.peek(0);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.pos += if triple { 3 } else { 1 };
        if prefix.contains(['f', 'F', 't', 'T']) {
            return Ok(self.token(Tok::FStart, start));
        }
        loop {
            let b = self.peek(0);
            if self.at_end() || (!triple && matches!(b, b'\n' | b'\r')) {
                return Err(self.unterminated("string", triple, start));
            }
            match b {
                b'\\' => {
                    self.pos += 1;
                    if !self.at_end() && !self.skip_line_end() {
                        self.pos += 1;
                    }
                }
                _ if b == quote && (!triple || (self.peek(1) == quote && self.peek(2) == quote)) => {
                    self.pos += if triple { 3 } else { 1 };
                    return Ok(self.token(Tok::Str, start));
                }
                _ => self.pos += 1,
            }
        }
    }

    fn unterminated(&mut self, what: &str, triple: bool, start: usize) -> Box<SyntaxError> {
        // The line end that is the text's last is no line of its own.
        let end = self.pos - usize::from(self.at_end() && self.src.ends_with(['\n', '\r']));
        let line = self.line_of(end.max(start));
        let triple = if triple { "triple-quoted " } else { "" };
        SyntaxError::new(
            Span::new(start as u32, start as u32 + 1),
            format!("unterminated {triple}{what} literal (detected at line {line})"),
        )
    }

    /// How the f-string token `span` opens.
    pub fn fquote(&self, span: Span) -> FQuote {
        let text = &self.src[span.start as usize..span.end as usize];
        let quote = text.as_bytes().last().copied().unwrap_or(b'"');
        let prefix_len = text.find(quote as char).unwrap_or(0);
        FQuote {
            quote,
            triple: text.len() - prefix_len == 3,
            raw: text[..prefix_len].contains(['r', 'R']),
            template: text[..prefix_len].contains(['t', 'T']),
            start: span.start,
        }
    }

    /// The text of an f-string up to the next field or its end; `in_spec` inside a format spec,
    /// where braces do not double.
    pub fn fstring_text(&mut self, q: FQuote, in_spec: bool) -> Parse<(Span, FEnd)> {
        let start = self.pos;
        loop {
            let b = self.peek(0);
            let text = self.span_from(start);
            if self.at_end() || (!q.triple && matches!(b, b'\n' | b'\r')) {
                let what = if q.template { "t-string" } else { "f-string" };
                return Err(self.unterminated(what, q.triple, q.start as usize));
            }
            match b {
                b'\\' => {
                    self.pos += 1;
                    if self.peek(0) == b'N' && self.peek(1) == b'{' && !q.raw {
                        // The braces of a character's name are no field.
                        while !self.at_end()
                            && !matches!(self.peek(0), b'}' | b'\n')
                            && self.peek(0) != q.quote
                        {
                            self.pos += 1;
                        }
                        self.pos += usize::from(self.peek(0) == b'}');
                    } else if !matches!(self.peek(0), b'{' | b'}') && !self.at_end() && !self.skip_line_end()
                    {
                        self.pos += 1;
                    }
                }
                b'{' if !in_spec && self.peek(1) == b'{' => self.pos += 2,
                b'{' => {
                    if self.brackets.len() >= MAX_BRACKETS {
                        return Err(q.error(text, "expressions nested too deeply"));
                    }
                    self.brackets.push(Bracket { open: b'f', offset: self.pos as u32 });
                    self.pos += 1;
                    return Ok((text, FEnd::Field));
                }
                b'}' if in_spec => {
                    self.brackets.pop();
                    self.pos += 1;
                    return Ok((text, FEnd::Spec));
                }
                b'}' if self.peek(1) == b'}' => self.pos += 2,
                b'}' => {
                    let here = Span::new(self.pos as u32, self.pos as u32 + 1);
                    return Err(q.error(here, "single '}' is not allowed"));
                }
                _ if b == q.quote && (!q.triple || (self.peek(1) == b && self.peek(2) == b)) => {
                    self.pos += if q.triple { 3 } else { 1 };
                    return Ok((text, FEnd::Quote));
                }
                _ => self.pos += 1,
            }
        }
    }

    fn digits(&mut self, radix: u32, kind: &str) -> Parse<()> {
        loop {
            while (self.peek(0) as char).is_digit(radix) {
                self.pos += 1;
            }
            if self.peek(0) != b'_' {
                break;
            }
            self.pos += 1;
            if !(self.peek(0) as char).is_digit(radix) {
                return Err(SyntaxError::new(
                    self.span_from(self.pos - 1),
                    format!("invalid {kind} literal"),
                ));
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Parse<Token> {
        let start = self.pos;
        let mut tok = Tok::Int;
        let radix = match (self.peek(0), self.peek(1)) {
            (b'0', b'x' | b'X') => 16,
            (b'0', b'o' | b'O') => 8,
            (b'0', b'b' | b'B') => 2,
            _ => 10,
        };
        let kind = match radix {
            16 => "hexadecimal",
            8 => "octal",
            2 => "binary",
            _ => "decimal",
        };
        if radix != 10 {
            self.pos += 2;
            if self.peek(0) == b'_' {
                self.pos += 1;
            }
            if !(self.peek(0) as char).is_digit(radix) {
                return Err(self.bad_digit(start, radix, kind));
            }
            self.digits(radix, kind)?;
            if self.peek(0).is_ascii_digit() {
                return Err(self.bad_digit(start, radix, kind));
            }
        } else {
            self.digits(10, kind)?;
            let int_end = self.pos;
            if self.peek(0) == b'.' {
                self.pos += 1;
                tok = Tok::Float;
                if self.peek(0).is_ascii_digit() {
                    self.digits(10, kind)?;
                }
            }
            if matches!(self.peek(0), b'e' | b'E') {
                let sign = matches!(self.peek(1), b'+' | b'-') as usize;
                if self.peek(1 + sign).is_ascii_digit() {
                    self.pos += 1 + sign;
                    tok = Tok::Float;
                    self.digits(10, kind)?;
                }
            }
            if matches!(self.peek(0), b'j' | b'J') {
                self.pos += 1;
                tok = Tok::Imaginary;
            }
            let text = &self.src[start..int_end];
            if tok == Tok::Int && text.starts_with('0') && text.bytes().any(|b| !matches!(b, b'0' | b'_')) {
                return Err(SyntaxError::new(
                    self.span_from(start),
                    "leading zeros in decimal integer literals are not permitted; \
                     use an 0o prefix for octal integers",
                ));
            }
        }
        // A keyword may follow directly (`1if x else 2`), another name may not.
        if let Some(c) = self.char().filter(|&c| is_name_part(c)) {
            let rest = &self.src[self.pos..];
            let end = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
            if !matches!(&rest[..end], "and" | "else" | "for" | "if" | "in" | "is" | "not" | "or") {
                let kind = if tok == Tok::Imaginary { "imaginary" } else { kind };
                let here = Span::new(start as u32, (self.pos + c.len_utf8()) as u32);
                return Err(SyntaxError::new(here, format!("invalid {kind} literal")));
            }
        }
        Ok(self.token(tok, start))
    }

    fn bad_digit(&mut self, start: usize, radix: u32, kind: &str) -> Box<SyntaxError> {
        let b = self.peek(0);
        self.pos += self.char().map_or(0, char::len_utf8);
        let span = Span::new(start as u32, self.pos as u32);
        if b.is_ascii_digit() && radix < 10 {
            SyntaxError::new(span, format!("invalid digit '{}' in {kind} literal", b as char))
        } else {
            SyntaxError::new(span, format!("invalid {kind} literal"))
        }
    }

    fn open(&mut self, tok: Tok) -> Parse<Token> {
        let start = self.pos;
        let open = self.peek(0);
        self.pos += 1;
        if self.brackets.len() >= MAX_BRACKETS {
            return Err(SyntaxError::new(self.span_from(start), "too many nested parentheses"));
        }
        self.brackets.push(Bracket { open, offset: start as u32 });
        Ok(self.token(tok, start))
    }

    fn close(&mut self, tok: Tok) -> Parse<Token> {
        let start = self.pos;
        let close = self.peek(0);
        self.pos += 1;
        let span = self.span_from(start);
        let Some(bracket) = self.brackets.pop() else {
            return Err(SyntaxError::new(span, format!("unmatched '{}'", close as char)));
        };
        let open = if bracket.open == b'f' { b'{' } else { bracket.open };
        if !matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
            if bracket.open == b'f' {
                return Err(SyntaxError::new(span, format!("f-string: unmatched '{}'", close as char)));
            }
            let (there, here) = (self.line_of(bracket.offset as usize), self.line_of(start));
            let on = if there == here { alloc::string::String::new() } else { format!(" on line {there}") };
            return Err(SyntaxError::new(
                span,
                format!(
                    "closing parenthesis '{}' does not match opening parenthesis '{}'{on}",
                    close as char, open as char
                ),
            ));
        }
        Ok(self.token(tok, start))
    }

    fn operator(&mut self) -> Parse<Token> {
        let start = self.pos;
        let in_field = self.brackets.last().is_some_and(|b| b.open == b'f');
        let (b0, b1, b2) = (self.peek(0), self.peek(1), self.peek(2));
        let (tok, len) = match (b0, b1, b2) {
            (b'(', ..) => return self.open(Tok::LeftParen),
            (b'[', ..) => return self.open(Tok::LeftBracket),
            (b'{', ..) => return self.open(Tok::LeftBrace),
            (b')', ..) => return self.close(Tok::RightParen),
            (b']', ..) => return self.close(Tok::RightBracket),
            (b'}', ..) => return self.close(Tok::RightBrace),
            (b',', ..) => (Tok::Comma, 1),
            // Directly inside a field a colon starts the spec, whatever follows it.
            (b':', b'=', _) if !in_field => (Tok::ColonEqual, 2),
            (b':', ..) => (Tok::Colon, 1),
            (b';', ..) => (Tok::Semicolon, 1),
            (b'.', b'.', b'.') => (Tok::Dots, 3),
            (b'.', ..) => (Tok::Dot, 1),
            (b'@', b'=', _) => (Tok::AtEqual, 2),
            (b'@', ..) => (Tok::At, 1),
            (b'-', b'>', _) => (Tok::Arrow, 2),
            (b'=', b'=', _) => (Tok::EqualEqual, 2),
            (b'=', ..) => (Tok::Equal, 1),
            (b'!', b'=', _) => (Tok::NotEqual, 2),
            (b'!', ..) => (Tok::Bang, 1),
            (b'<', b'<', b'=') => (Tok::ShiftLeftEqual, 3),
            (b'<', b'<', _) => (Tok::ShiftLeft, 2),
            (b'<', b'=', _) => (Tok::LessEqual, 2),
            (b'<', ..) => (Tok::Less, 1),
            (b'>', b'>', b'=') => (Tok::ShiftRightEqual, 3),
            (b'>', b'>', _) => (Tok::ShiftRight, 2),
            (b'>', b'=', _) => (Tok::GreaterEqual, 2),
            (b'>', ..) => (Tok::Greater, 1),
            (b'+', b'=', _) => (Tok::PlusEqual, 2),
            (b'+', ..) => (Tok::Plus, 1),
            (b'-', b'=', _) => (Tok::MinusEqual, 2),
            (b'-', ..) => (Tok::Minus, 1),
            (b'*', b'*', b'=') => (Tok::DoubleStarEqual, 3),
            (b'*', b'*', _) => (Tok::DoubleStar, 2),
            (b'*', b'=', _) => (Tok::StarEqual, 2),
            (b'*', ..) => (Tok::Star, 1),
            (b'/', b'/', b'=') => (Tok::DoubleSlashEqual, 3),
            (b'/', b'/', _) => (Tok::DoubleSlash, 2),
            (b'/', b'=', _) => (Tok::SlashEqual, 2),
            (b'/', ..) => (Tok::Slash, 1),
            (b'%', b'=', _) => (Tok::PercentEqual, 2),
            (b'%', ..) => (Tok::Percent, 1),
            (b'&', b'=', _) => (Tok::AmperEqual, 2),
            (b'&', ..) => (Tok::Amper, 1),
            (b'|', b'=', _) => (Tok::BarEqual, 2),
            (b'|', ..) => (Tok::Bar, 1),
            (b'^', b'=', _) => (Tok::CaretEqual, 2),
            (b'^', ..) => (Tok::Caret, 1),
            (b'~', ..) => (Tok::Tilde, 1),
            _ => {
                self.pos += 1;
                let message = match b0 {
                    0 => "source code cannot contain null bytes".into(),
                    b if b.is_ascii_control() => format!("invalid non-printable character U+{b:04X}"),
                    _ => "invalid syntax".into(),
                };
                return Err(SyntaxError::new(self.span_from(start), message));
            }
        };
        self.pos += len;
        Ok(self.token(tok, start))
    }
}

fn never_closed(bracket: Bracket) -> Box<SyntaxError> {
    let open = if bracket.open == b'f' { '{' } else { bracket.open as char };
    SyntaxError::new(Span::new(bracket.offset, bracket.offset + 1), format!("'{open}' was never closed"))
}

fn is_string_prefix(text: &str) -> bool {
    let mut lower = [0u8; 2];
    if text.is_empty() || text.len() > 2 {
        return false;
    }
    for (to, from) in lower.iter_mut().zip(text.bytes()) {
        *to = from.to_ascii_lowercase();
    }
    matches!(
        &lower[..text.len()],
        b"r" | b"b" | b"u" | b"f" | b"t" | b"rb" | b"br" | b"fr" | b"rf" | b"tr" | b"rt"
    )
}
