//! The kinds of token.

use super::ast::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub tok: Tok,
    pub span: Span,
}

/// Defines the keywords and operators with their text.
macro_rules! tokens {
    (keywords { $($kw:ident $kwtext:literal,)* } operators { $($op:ident $optext:literal,)* }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Tok {
            /// The end of a logical line.
            Newline,
            Indent,
            Dedent,
            /// The end of the source.
            End,
            Name,
            /// An int literal of any radix.
            Int,
            Float,
            /// An int or float literal with its `j`.
            Imaginary,
            /// A whole str or bytes literal with prefix and quotes.
            Str,
            /// Prefix and opening quotes of an f-string; its pieces are asked for by the parser.
            FStart,
            $($kw,)*
            $($op,)*
        }

        impl Tok {
            /// The keyword spelt `text`.
            pub fn keyword(text: &str) -> Option<Tok> {
                match text {
                    $($kwtext => Some(Tok::$kw),)*
                    _ => None,
                }
            }

            /// Spelling of a keyword or operator.
            pub fn text(self) -> Option<&'static str> {
                match self {
                    $(Tok::$kw => Some($kwtext),)*
                    $(Tok::$op => Some($optext),)*
                    _ => None,
                }
            }
        }
    };
}

tokens! {
    keywords {
        False "False",
        None "None",
        True "True",
        And "and",
        As "as",
        Assert "assert",
        Async "async",
        Await "await",
        Break "break",
        Class "class",
        Continue "continue",
        Def "def",
        Del "del",
        Elif "elif",
        Else "else",
        Except "except",
        Finally "finally",
        For "for",
        From "from",
        Global "global",
        If "if",
        Import "import",
        In "in",
        Is "is",
        Lambda "lambda",
        Nonlocal "nonlocal",
        Not "not",
        Or "or",
        Pass "pass",
        Raise "raise",
        Return "return",
        Try "try",
        While "while",
        With "with",
        Yield "yield",
    }
    operators {
        LeftParen "(",
        RightParen ")",
        LeftBracket "[",
        RightBracket "]",
        LeftBrace "{",
        RightBrace "}",
        Comma ",",
        Colon ":",
        ColonEqual ":=",
        Semicolon ";",
        Dot ".",
        Dots "...",
        At "@",
        AtEqual "@=",
        Arrow "->",
        Equal "=",
        Bang "!",
        EqualEqual "==",
        NotEqual "!=",
        Less "<",
        LessEqual "<=",
        Greater ">",
        GreaterEqual ">=",
        ShiftLeft "<<",
        ShiftLeftEqual "<<=",
        ShiftRight ">>",
        ShiftRightEqual ">>=",
        Plus "+",
        PlusEqual "+=",
        Minus "-",
        MinusEqual "-=",
        Star "*",
        StarEqual "*=",
        DoubleStar "**",
        DoubleStarEqual "**=",
        Slash "/",
        SlashEqual "/=",
        DoubleSlash "//",
        DoubleSlashEqual "//=",
        Percent "%",
        PercentEqual "%=",
        Amper "&",
        AmperEqual "&=",
        Bar "|",
        BarEqual "|=",
        Caret "^",
        CaretEqual "^=",
        Tilde "~",
    }
}
