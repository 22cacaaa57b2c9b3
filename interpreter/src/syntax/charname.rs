//! The characters that `\\N{NAME}` knows: letters and digits by rule, others from a list of those that a small screen or
//! a console may want. All 34,000 names of Unicode would not fit into a microcontroller's flash.

/// Name, tab, character; a line each, by code point.
const NAMES: &str = "\
    SPACE\t\u{20}\n\
    EXCLAMATION MARK\t!\n\
    QUOTATION MARK\t\"\n\
    NUMBER SIGN\t#\n\
    DOLLAR SIGN\t$\n\
    PERCENT SIGN\t%\n\
    AMPERSAND\t&\n\
    APOSTROPHE\t'\n\
    LEFT PARENTHESIS\t(\n\
    RIGHT PARENTHESIS\t)\n\
    ASTERISK\t*\n\
    PLUS SIGN\t+\n\
    COMMA\t,\n\
    HYPHEN-MINUS\t-\n\
    FULL STOP\t.\n\
    SOLIDUS\t/\n\
    COLON\t:\n\
    SEMICOLON\t;\n\
    LESS-THAN SIGN\t<\n\
    EQUALS SIGN\t=\n\
    GREATER-THAN SIGN\t>\n\
    QUESTION MARK\t?\n\
    COMMERCIAL AT\t@\n\
    LEFT SQUARE BRACKET\t[\n\
    REVERSE SOLIDUS\t\\\n\
    RIGHT SQUARE BRACKET\t]\n\
    CIRCUMFLEX ACCENT\t^\n\
    LOW LINE\t_\n\
    GRAVE ACCENT\t`\n\
    LEFT CURLY BRACKET\t{\n\
    VERTICAL LINE\t|\n\
    RIGHT CURLY BRACKET\t}\n\
    TILDE\t~\n\
    NO-BREAK SPACE\t\u{a0}\n\
    CENT SIGN\t¢\n\
    POUND SIGN\t£\n\
    YEN SIGN\t¥\n\
    SECTION SIGN\t§\n\
    COPYRIGHT SIGN\t©\n\
    LEFT-POINTING DOUBLE ANGLE QUOTATION MARK\t«\n\
    REGISTERED SIGN\t®\n\
    DEGREE SIGN\t°\n\
    PLUS-MINUS SIGN\t±\n\
    SUPERSCRIPT TWO\t²\n\
    SUPERSCRIPT THREE\t³\n\
    MICRO SIGN\tµ\n\
    PILCROW SIGN\t¶\n\
    MIDDLE DOT\t·\n\
    SUPERSCRIPT ONE\t¹\n\
    RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK\t»\n\
    VULGAR FRACTION ONE QUARTER\t¼\n\
    VULGAR FRACTION ONE HALF\t½\n\
    VULGAR FRACTION THREE QUARTERS\t¾\n\
    LATIN CAPITAL LETTER A WITH DIAERESIS\tÄ\n\
    LATIN CAPITAL LETTER O WITH DIAERESIS\tÖ\n\
    MULTIPLICATION SIGN\t×\n\
    LATIN CAPITAL LETTER U WITH DIAERESIS\tÜ\n\
    LATIN SMALL LETTER SHARP S\tß\n\
    LATIN SMALL LETTER A WITH GRAVE\tà\n\
    LATIN SMALL LETTER A WITH DIAERESIS\tä\n\
    LATIN SMALL LETTER C WITH CEDILLA\tç\n\
    LATIN SMALL LETTER E WITH GRAVE\tè\n\
    LATIN SMALL LETTER E WITH ACUTE\té\n\
    LATIN SMALL LETTER N WITH TILDE\tñ\n\
    LATIN SMALL LETTER O WITH DIAERESIS\tö\n\
    DIVISION SIGN\t÷\n\
    LATIN SMALL LETTER U WITH DIAERESIS\tü\n\
    ZERO WIDTH SPACE\t\u{200b}\n\
    EN DASH\t–\n\
    EM DASH\t—\n\
    LEFT SINGLE QUOTATION MARK\t‘\n\
    RIGHT SINGLE QUOTATION MARK\t’\n\
    LEFT DOUBLE QUOTATION MARK\t“\n\
    RIGHT DOUBLE QUOTATION MARK\t”\n\
    BULLET\t•\n\
    HORIZONTAL ELLIPSIS\t…\n\
    PER MILLE SIGN\t‰\n\
    EURO SIGN\t€\n\
    DEGREE CELSIUS\t℃\n\
    DEGREE FAHRENHEIT\t℉\n\
    NUMERO SIGN\t№\n\
    TRADE MARK SIGN\t™\n\
    OHM SIGN\tΩ\n\
    KELVIN SIGN\tK\n\
    LEFTWARDS ARROW\t←\n\
    UPWARDS ARROW\t↑\n\
    RIGHTWARDS ARROW\t→\n\
    DOWNWARDS ARROW\t↓\n\
    LEFT RIGHT ARROW\t↔\n\
    UP DOWN ARROW\t↕\n\
    RIGHTWARDS DOUBLE ARROW\t⇒\n\
    PARTIAL DIFFERENTIAL\t∂\n\
    INCREMENT\t∆\n\
    NABLA\t∇\n\
    ELEMENT OF\t∈\n\
    N-ARY PRODUCT\t∏\n\
    N-ARY SUMMATION\t∑\n\
    SQUARE ROOT\t√\n\
    INFINITY\t∞\n\
    INTEGRAL\t∫\n\
    ALMOST EQUAL TO\t≈\n\
    NOT EQUAL TO\t≠\n\
    LESS-THAN OR EQUAL TO\t≤\n\
    GREATER-THAN OR EQUAL TO\t≥\n\
    BOX DRAWINGS LIGHT HORIZONTAL\t─\n\
    BOX DRAWINGS LIGHT VERTICAL\t│\n\
    UPPER HALF BLOCK\t▀\n\
    LOWER HALF BLOCK\t▄\n\
    FULL BLOCK\t█\n\
    LIGHT SHADE\t░\n\
    MEDIUM SHADE\t▒\n\
    DARK SHADE\t▓\n\
    BLACK SQUARE\t■\n\
    WHITE SQUARE\t□\n\
    BLACK UP-POINTING TRIANGLE\t▲\n\
    BLACK RIGHT-POINTING TRIANGLE\t▶\n\
    BLACK DOWN-POINTING TRIANGLE\t▼\n\
    BLACK LEFT-POINTING TRIANGLE\t◀\n\
    WHITE CIRCLE\t○\n\
    BLACK CIRCLE\t●\n\
    BLACK SUN WITH RAYS\t☀\n\
    CLOUD\t☁\n\
    UMBRELLA\t☂\n\
    SNOWMAN\t☃\n\
    BLACK STAR\t★\n\
    WHITE STAR\t☆\n\
    BLACK HEART SUIT\t♥\n\
    CHECK MARK\t✓\n\
    HEAVY CHECK MARK\t✔\n\
    BALLOT X\t✗\n\
    REPLACEMENT CHARACTER\t�\n\
    SNAKE\t🐍\n\
    THUMBS UP SIGN\t👍\n\
    FIRE\t🔥\n\
    GRINNING FACE\t😀\n\
    ROCKET\t🚀\n\
";

/// The Greek letters from alpha on, by code point; `.` where the final sigma stands.
const GREEK: &str = "ALPHA BETA GAMMA DELTA EPSILON ZETA ETA THETA IOTA KAPPA LAMDA MU NU XI OMICRON PI RHO . SIGMA TAU \
    UPSILON PHI CHI PSI OMEGA";

const DIGITS: &str = "ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE";

/// The place of a word among others, in any case.
fn place(words: &str, word: &str) -> Option<u32> {
    words.split(' ').position(|w| w.eq_ignore_ascii_case(word)).map(|i| i as u32)
}

/// What follows `prefix`, in any case.
fn rest<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let head = name.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}

fn letter(name: &str, script: &str, of: impl Fn(&str, bool) -> Option<u32>) -> Option<char> {
    let name = rest(name, script)?;
    let (word, small) = match rest(name, " SMALL LETTER ") {
        Some(word) => (word, true),
        None => (rest(name, " CAPITAL LETTER ")?, false),
    };
    char::from_u32(of(word, small)?)
}

/// The character with this name; as in CPython, the case of the name's letters does not matter.
pub fn named(name: &str) -> Option<char> {
    let latin = |word: &str, small: bool| match word.as_bytes() {
        [b] if b.is_ascii_alphabetic() => {
            Some(u32::from(if small { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() }))
        }
        _ => None,
    };
    let greek = |word: &str, small: bool| Some(place(GREEK, word)? + if small { 0x3b1 } else { 0x391 });
    letter(name, "LATIN", latin)
        .or_else(|| letter(name, "GREEK", greek).filter(|_| !name.ends_with('.')))
        .or_else(|| char::from_u32(place(DIGITS, rest(name, "DIGIT ")?)? + u32::from(b'0')))
        .or_else(|| {
            let mut lines = NAMES.lines().filter_map(|line| line.split_once('\t'));
            lines.find(|line| line.0.eq_ignore_ascii_case(name))?.1.chars().next()
        })
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn characters_are_found_by_name_in_any_case() {
        assert_eq!(named("DEGREE SIGN"), Some('°'));
        assert_eq!(named("degree sign"), Some('°'));
        assert_eq!(named("LATIN SMALL LETTER A"), Some('a'));
        assert_eq!(named("Latin Capital Letter z"), Some('Z'));
        assert_eq!(named("GREEK SMALL LETTER OMEGA"), Some('ω'));
        assert_eq!(named("GREEK CAPITAL LETTER OMEGA"), Some('Ω'));
        assert_eq!(named("DIGIT SEVEN"), Some('7'));
        assert_eq!(named("QUOTATION MARK"), Some('"'));
        assert_eq!(named("SNAKE"), Some('\u{1f40d}'));
        for unknown in ["", "DEGREE", "GREEK SMALL LETTER .", "LATIN SMALL LETTER 1", "DIGIT TEN", "°"] {
            assert_eq!(named(unknown), None, "{unknown}");
        }
    }
}
