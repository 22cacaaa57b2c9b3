//! What a text means: colours and errors, worked out on a thread of its own.
//!
//! The window sends a rope (a cheap clone) whenever a text changed and goes on drawing with what it
//! knew before, shifted by the edits since; the answer comes a frame or two later.

use super::document::Change;
use super::marks::shift;
use crossbeam_channel::{Receiver, Sender, TryIter, unbounded};
use ropey::Rope;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tree_sitter::{InputEdit, Node, Parser, Point, Tree};

/// What a piece of text is, so that a theme can colour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Kind {
    /// `def`, `while`, `and`, …
    Keyword,
    /// The name in a `def`, or what is called.
    Function,
    /// A name that MicroPython brings along.
    Builtin,
    /// A class's name, an annotation.
    Type,
    /// `True`, `None`, `LED_PIN`.
    Constant,
    /// A number.
    Number,
    /// A string.
    String,
    /// `\n` in a string.
    Escape,
    /// A comment.
    Comment,
    /// `@micropython.native`.
    Decorator,
    /// A parameter, a keyword argument, `self`; a key in TOML.
    Parameter,
    /// Operators and brackets.
    Operator,
}

/// A coloured range, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// From and to, in bytes of the text.
    pub bytes: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// An error in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as the board would say it.
    pub message: String,
}

/// A text to look at.
pub enum Job {
    /// The text is new or has changed.
    Text {
        /// Which document; the answer names it.
        document: u64,
        /// Its path: the ending tells the language.
        path: PathBuf,
        /// The text.
        rope: Rope,
        /// Its revision; the answer names it.
        revision: u64,
    },
    /// The document is closed.
    Close {
        /// Which one.
        document: u64,
    },
}

/// What is known about one revision of a text.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Which document.
    pub document: u64,
    /// Which revision of it.
    pub revision: u64,
    /// Coloured ranges in ascending order, without overlaps.
    pub spans: Vec<Span>,
    /// Errors, in characters.
    pub problems: Vec<(Range<usize>, Problem)>,
}

impl Analysis {
    /// The coloured ranges within `bytes` of a text that came from this one by `changes`.
    pub fn spans_in(&self, bytes: Range<usize>, changes: &[Change]) -> Vec<Span> {
        let forward = |at: usize| {
            changes
                .iter()
                .fold(at, |at, change| shift(at, change.start_byte, change.removed, change.inserted))
        };
        // Shifting keeps the order, so that the first span of the range is found by bisection.
        let first = self.spans.partition_point(|span| forward(span.bytes.end) <= bytes.start);
        let mut found = Vec::new();
        for span in &self.spans[first..] {
            let start = forward(span.bytes.start);
            if start >= bytes.end {
                break;
            }
            let within = start.max(bytes.start)..forward(span.bytes.end).min(bytes.end);
            if within.start < within.end {
                found.push(Span { bytes: within, kind: span.kind });
            }
        }
        found
    }
}

/// Finds the errors of a text of one language: byte range and message.
pub type Check = fn(&Path, &str) -> Vec<(Range<usize>, String)>;

/// The thread that looks at texts.
pub struct Analyst {
    jobs: Sender<Job>,
    results: Receiver<Analysis>,
}

impl Analyst {
    /// Starts the thread. `wake` is called on it after every answer and must not wait.
    pub fn start(check: Check, wake: impl Fn() + Send + 'static) -> Self {
        let (jobs, inbox) = unbounded::<Job>();
        let (outbox, results) = unbounded();
        std::thread::Builder::new()
            .name("analyst".into())
            .spawn(move || work(&inbox, &outbox, check, wake))
            .expect("a thread for the editor's parser");
        Self { jobs, results }
    }

    /// Asks for a look at a text.
    pub fn send(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// The answers that have come since the last call; does not wait.
    pub fn results(&self) -> TryIter<'_, Analysis> {
        self.results.try_iter()
    }

    /// Waits for the next answer (tests only: the window never waits).
    #[cfg(test)]
    pub fn wait(&self) -> Analysis {
        self.results.recv_timeout(std::time::Duration::from_secs(20)).expect("an answer")
    }
}

fn work(inbox: &Receiver<Job>, outbox: &Sender<Analysis>, check: Check, wake: impl Fn()) {
    let mut known: HashMap<u64, Parsed> = HashMap::new();
    while let Ok(first) = inbox.recv() {
        // Only the newest text of each document matters; fast typing queues up several.
        let mut newest = HashMap::new();
        for job in std::iter::once(first).chain(inbox.try_iter()) {
            match job {
                Job::Text { document, path, rope, revision } => {
                    newest.insert(document, (path, rope, revision));
                }
                Job::Close { document } => {
                    newest.remove(&document);
                    known.remove(&document);
                }
            }
        }
        for (document, (path, rope, revision)) in newest {
            let spans = match path.extension().and_then(|e| e.to_str()) {
                Some("py" | "pyi") => known.entry(document).or_default().python(&rope),
                Some("toml") => toml_spans(&rope.to_string()),
                _ => Vec::new(),
            };
            let text = rope.to_string();
            let problems = check(&path, &text)
                .into_iter()
                .map(|(bytes, message)| (problem_range(&rope, bytes), Problem { message }))
                .collect();
            if outbox.send(Analysis { document, revision, spans, problems }).is_err() {
                return;
            }
            wake();
        }
    }
}

/// Bytes to characters; never empty where there is a character to underline.
fn problem_range(rope: &Rope, bytes: Range<usize>) -> Range<usize> {
    let end = rope.len_bytes();
    let start = rope.byte_to_char(bytes.start.min(end));
    let stop = rope.byte_to_char(bytes.end.clamp(bytes.start.min(end), end));
    if stop > start {
        return start..stop;
    }
    // Errors at the end of a line or of the text point at the last character before.
    let at_line_end = start >= rope.len_chars() || rope.char(start) == '\n';
    if at_line_end && start > 0 && rope.char(start - 1) != '\n' {
        start - 1..start
    } else {
        start..(start + 1).min(rope.len_chars())
    }
}

// ---- Python ----

/// The last text of a document and its tree, so that the next parse can be incremental.
#[derive(Default)]
struct Parsed {
    last: Option<(Rope, Tree)>,
}

impl Parsed {
    fn python(&mut self, rope: &Rope) -> Vec<Span> {
        let mut parser = Parser::new();
        if parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_err() {
            return Vec::new();
        }
        let old = self.last.take().map(|(old, mut tree)| {
            tree.edit(&difference(&old, rope));
            tree
        });
        let mut read = |byte: usize, _: Point| {
            if byte >= rope.len_bytes() {
                return &[][..];
            }
            let (chunk, start, _, _) = rope.chunk_at_byte(byte);
            &chunk.as_bytes()[byte - start..]
        };
        let Some(tree) = parser.parse_with_options(&mut read, old.as_ref(), None) else {
            return Vec::new();
        };
        let mut spans = Vec::new();
        collect(&tree, rope, &mut spans);
        self.last = Some((rope.clone(), tree));
        spans
    }
}

/// The smallest single edit that turns one text into the other.
fn difference(old: &Rope, new: &Rope) -> InputEdit {
    let start = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let room = old.len_chars().min(new.len_chars()) - start;
    let (mut a, mut b) = (old.chars_at(old.len_chars()), new.chars_at(new.len_chars()));
    let mut same = 0;
    while same < room && a.prev() == b.prev() {
        same += 1;
    }
    let point = |rope: &Rope, char: usize| {
        let byte = rope.char_to_byte(char);
        let row = rope.char_to_line(char);
        (byte, Point { row, column: byte - rope.line_to_byte(row) })
    };
    let (start_byte, start_position) = point(old, start);
    let (old_end_byte, old_end_position) = point(old, old.len_chars() - same);
    let (new_end_byte, new_end_position) = point(new, new.len_chars() - same);
    InputEdit { start_byte, old_end_byte, new_end_byte, start_position, old_end_position, new_end_position }
}

/// Walks all leaves, without recursion: a hostile text can nest thousands deep.
fn collect(tree: &Tree, rope: &Rope, spans: &mut Vec<Span>) {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let whole = matches!(node.kind(), "comment");
        if !whole && cursor.goto_first_child() {
            continue;
        }
        if let Some(kind) = leaf_kind(&node, rope)
            && node.start_byte() < node.end_byte()
        {
            spans.push(Span { bytes: node.byte_range(), kind });
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

fn leaf_kind(node: &Node<'_>, rope: &Rope) -> Option<Kind> {
    let kind = match node.kind() {
        "comment" => Kind::Comment,
        "string_start" | "string_content" | "string_end" => Kind::String,
        "escape_sequence" | "escape_interpolation" => Kind::Escape,
        "integer" | "float" => Kind::Number,
        "true" | "false" | "none" | "ellipsis" => Kind::Constant,
        "identifier" => return identifier_kind(node, rope),
        word if word.starts_with(|c: char| c.is_ascii_lowercase()) && !node.is_named() => Kind::Keyword,
        "@" => Kind::Decorator,
        _ if !node.is_named() => Kind::Operator,
        _ => return None,
    };
    Some(kind)
}

fn identifier_kind(node: &Node<'_>, rope: &Rope) -> Option<Kind> {
    let name = rope.byte_slice(node.byte_range()).to_string();
    let parent = node.parent()?;
    let is = |parent: &Node<'_>, field: &str, child: &Node<'_>| {
        parent.child_by_field_name(field).is_some_and(|n| n.id() == child.id())
    };
    let grand = parent.parent();
    match parent.kind() {
        "function_definition" if is(&parent, "name", node) => return Some(Kind::Function),
        "class_definition" if is(&parent, "name", node) => return Some(Kind::Type),
        "type" => return Some(Kind::Type),
        "decorator" => return Some(Kind::Decorator),
        "keyword_argument" if is(&parent, "name", node) => return Some(Kind::Parameter),
        "parameters" | "lambda_parameters" | "list_splat_pattern" | "dictionary_splat_pattern" => {
            return Some(Kind::Parameter);
        }
        "default_parameter" | "typed_default_parameter" if is(&parent, "name", node) => {
            return Some(Kind::Parameter);
        }
        "typed_parameter" => return Some(Kind::Parameter),
        "call" if is(&parent, "function", node) => {
            return Some(if BUILTINS.contains(&name.as_str()) { Kind::Builtin } else { Kind::Function });
        }
        "attribute" if is(&parent, "attribute", node) => {
            let grand = grand?;
            if grand.kind() == "call" && is(&grand, "function", &parent) {
                return Some(Kind::Function);
            }
            if grand.kind() == "decorator" {
                return Some(Kind::Decorator);
            }
        }
        "attribute" if grand.is_some_and(|g| g.kind() == "decorator") => return Some(Kind::Decorator),
        _ => {}
    }
    if name == "self" || name == "cls" {
        return Some(Kind::Parameter);
    }
    let shouting = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    shouting.then_some(Kind::Constant)
}

/// The names that MicroPython's `builtins` has and that scripts call.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
];

// ---- TOML ----

/// Colours for bench.toml: line by line is enough, since it has no nesting worth a parser.
fn toml_spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        toml_line(line, line_start, &mut spans);
        line_start += line.len();
    }
    spans
}

fn toml_line(line: &str, offset: usize, spans: &mut Vec<Span>) {
    let bytes = line.as_bytes();
    let mut push = |range: Range<usize>, kind| {
        spans.push(Span { bytes: offset + range.start..offset + range.end, kind });
    };
    if line.trim_start().starts_with('[') && line.trim_end().ends_with(']') && !line.contains('=') {
        let start = line.len() - line.trim_start().len();
        push(start..line.trim_end().len(), Kind::Type);
        return;
    }
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        match bytes[at] {
            b'#' => {
                push(at..line.trim_end().len().max(at), Kind::Comment);
                return;
            }
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && quote == b'"' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                push(from..at, Kind::String);
            }
            c if c.is_ascii_alphanumeric() || c == b'_' || c == b'-' || c == b'+' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || b"_-+.".contains(&bytes[at]))
                {
                    at += 1;
                }
                let word = &line[from..at];
                let is_key = line[at..].trim_start().starts_with('=');
                if is_key {
                    push(from..at, Kind::Parameter);
                } else if matches!(word, "true" | "false") {
                    push(from..at, Kind::Constant);
                } else {
                    push(from..at, Kind::Number);
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            c if c.is_ascii() => {
                at += 1;
                push(from..at, Kind::Operator);
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::Document;

    fn no_check(_: &Path, _: &str) -> Vec<(Range<usize>, String)> {
        Vec::new()
    }

    fn kinds(text: &str) -> Vec<(String, Kind)> {
        let rope = Rope::from_str(text);
        Parsed::default()
            .python(&rope)
            .into_iter()
            .map(|span| (text[span.bytes].to_owned(), span.kind))
            .collect()
    }

    fn kind_of(text: &str, piece: &str) -> Option<Kind> {
        kinds(text).into_iter().find(|(t, _)| t == piece).map(|(_, kind)| kind)
    }

    #[test]
    fn python_is_told_apart() {
        let text =
            "@native\ndef blink(times, pin=LED):  # x\n    print(f'a{times}\\n', 1.5, None)\n    pin.on()\n";
        for (piece, kind) in [
            ("native", Kind::Decorator),
            ("def", Kind::Keyword),
            ("blink", Kind::Function),
            ("times", Kind::Parameter),
            ("LED", Kind::Constant),
            ("# x", Kind::Comment),
            ("print", Kind::Builtin),
            ("1.5", Kind::Number),
            ("None", Kind::Constant),
            ("\\n", Kind::Escape),
            ("on", Kind::Function),
        ] {
            assert_eq!(kind_of(text, piece), Some(kind), "{piece}");
        }
    }

    #[test]
    fn spans_ascend_and_do_not_overlap() {
        let rope =
            Rope::from_str("x = [1, 'ä', f\"{y!r:>{w}}\"]\nclass A(B):\n  def f(self, *a, **k): ...\n");
        let spans = Parsed::default().python(&rope);
        assert!(spans.len() > 20);
        assert!(spans.windows(2).all(|pair| pair[0].bytes.end <= pair[1].bytes.start));
    }

    #[test]
    fn parsing_again_after_edits_gives_what_a_fresh_parse_gives() {
        let mut document = Document::new("def f(a):\n    return a + 1\n\nprint(f(2))\n");
        let mut parsed = Parsed::default();
        parsed.python(document.rope());
        for (at, text) in [(6, "b, "), (0, "import x\n"), (3, "'''"), (3, ""), (20, "é")] {
            document.select(at, at + 2);
            document.insert(text);
            assert_eq!(parsed.python(document.rope()), Parsed::default().python(document.rope()));
        }
    }

    #[test]
    fn spans_follow_edits_until_the_next_analysis() {
        let mut document = Document::new("");
        document.insert("a = 12 # c");
        let spans = Parsed::default().python(document.rope());
        let analysis = Analysis { revision: document.revision(), spans, ..Default::default() };
        document.select(0, 0);
        document.insert("xx");
        let changes = document.changes_since(analysis.revision).unwrap();
        let spans = analysis.spans_in(0..document.rope().len_bytes(), changes);
        let text = document.text();
        let number = spans.iter().find(|span| span.kind == Kind::Number).unwrap();
        assert_eq!(&text[number.bytes.clone()], "12");
    }

    #[test]
    fn the_thread_answers_with_the_newest_revision_and_wakes() {
        let (woke, waked) = unbounded();
        let analyst = Analyst::start(no_check, move || woke.send(()).unwrap());
        for revision in 0..50 {
            analyst.send(Job::Text {
                document: 7,
                path: "main.py".into(),
                rope: Rope::from_str("x = 1"),
                revision,
            });
        }
        let mut last = analyst.wait();
        while last.revision != 49 {
            last = analyst.wait();
        }
        assert_eq!(last.document, 7);
        assert!(!last.spans.is_empty());
        assert!(waked.recv().is_ok());
    }

    #[test]
    fn deep_nesting_does_not_overflow() {
        let text = "(".repeat(20_000);
        let spans = Parsed::default().python(&Rope::from_str(&text));
        assert!(spans.iter().all(|span| span.bytes.end <= text.len()));
    }

    #[test]
    fn an_error_at_the_end_of_a_line_is_shown_on_its_last_character() {
        let rope = Rope::from_str("x = \ny");
        assert_eq!(problem_range(&rope, 4..4), 3..4);
        assert_eq!(problem_range(&rope, 6..6), 5..6);
        assert_eq!(problem_range(&rope, 99..120), 5..6);
        assert_eq!(problem_range(&Rope::from_str(""), 0..0), 0..0);
    }

    #[test]
    fn toml_is_told_apart() {
        let text = "[board]\ntype = \"pico\" # ä\n[[part]]\naddress = 0x76\nok = true\n";
        let spans: Vec<_> = toml_spans(text).into_iter().map(|s| (&text[s.bytes], s.kind)).collect();
        for expected in [
            ("[board]", Kind::Type),
            ("type", Kind::Parameter),
            ("\"pico\"", Kind::String),
            ("# ä", Kind::Comment),
            ("[[part]]", Kind::Type),
            ("0x76", Kind::Number),
            ("true", Kind::Constant),
        ] {
            assert!(spans.contains(&expected), "{expected:?} in {spans:?}");
        }
    }
}
