//! Packs the modules in `frozen/`: without comments and wide indentation, and compressed.
//!
//! A module is taken apart: the bodies of its functions and methods go into chunks of several KB, which are unpacked one
//! at a time when a function is first called; what importing runs keeps a number in place of each. Lines keep
//! their numbers, so that tracebacks tell the ones of the files here.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Bytes from which on a chunk takes no further function.
const CHUNK: usize = 6144;

/// Modules, or the beginnings of their names, that stay whole: what interrupt handlers and programs with a locked heap
/// call cannot be compiled then, and drivers keep time.
const WHOLE: [&str; 7] = ["asyncio/", "_rp2_", "_machine_i2ctarget", "neopixel", "onewire", "dht", "ds18x20"];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut sources = Vec::new();
    collect(&folder, "", &mut sources);
    sources.sort();
    let mut pack = Pack { out: out.clone(), ..Pack::default() };
    for (name, path) in sources {
        let text = fs::read_to_string(&path).expect("frozen modules are UTF-8");
        let first = pack.functions.len();
        let lines = constants(strip(&text));
        let source = if WHOLE.iter().any(|start| name.starts_with(start)) {
            let mut whole = Text::default();
            lines.iter().for_each(|line| whole.push(line));
            whole.text
        } else {
            pack.take_apart(&lines)
        };
        let source = pack.packed(&name.replace('/', "."), &source);
        let file = format!(".frozen/{name}");
        let _ = writeln!(
            pack.modules,
            "Frozen {{ name: {name:?}, file: {file:?}, source: {source}, first: {first} }},"
        );
    }
    pack.end_chunk();
    let table = format!(
        "static MODULES: &[Frozen] = &[\n{}];\nstatic CHUNKS: &[Chunk] = &[\n{}];\nstatic FUNCTIONS: &[Place] = &[\n{}];\n",
        pack.modules,
        pack.chunks,
        pack.functions.concat()
    );
    fs::write(out.join("frozen.rs"), table).expect("OUT_DIR is writable");
}

/// All modules below a folder, with `/` between the parts of their names.
fn collect(folder: &Path, prefix: &str, into: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        println!("cargo:rerun-if-changed={}", entry.display());
        let name = entry.file_stem().expect("a name").to_string_lossy().into_owned();
        if entry.is_dir() {
            collect(&entry, &format!("{prefix}{name}/"), into);
        } else if entry.extension().is_some_and(|extension| extension == "py") {
            into.push((format!("{prefix}{name}"), entry));
        }
    }
}

/// A logical line.
struct Line {
    /// Where it begins, from 1.
    number: usize,
    indent: usize,
    /// Without indentation and comments; lines that go on in brackets are joined.
    text: String,
}

/// What will be in the program.
#[derive(Default)]
struct Pack {
    out: PathBuf,
    modules: String,
    chunks: String,
    functions: Vec<String>,
    chunk: String,
    chunk_count: usize,
    /// Number of the chunk's first function.
    chunk_first: usize,
}

impl Pack {
    /// The source with a number in place of the body of each function that can be compiled alone.
    fn take_apart(&mut self, lines: &[Line]) -> String {
        let mut out = Text::default();
        let mut class = None;
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            at += 1;
            if line.indent == 0 {
                class = line.text.strip_prefix("class ").map(|rest| {
                    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().expect("a class's name")
                });
            }
            let function = line.text.starts_with("def ") || line.text.starts_with("async def ");
            let depth = usize::from(class.is_some());
            if !function || line.indent != depth || !line.text.ends_with(':') {
                out.push(line);
                continue;
            }
            let body = lines[at..].iter().take_while(|l| l.indent > depth).count();
            let body = &lines[at..at + body];
            // `__class__` comes from the class around it.
            if body.iter().any(|l| l.text.contains("super(") || l.text.contains("__class__")) {
                out.push(line);
                continue;
            }
            at += body.len();
            out.push(&Line {
                text: format!("{}{}", line.text, self.functions.len()),
                number: line.number,
                ..*line
            });
            self.function(class, line, body);
        }
        out.text
    }

    fn function(&mut self, class: Option<&str>, def: &Line, body: &[Line]) {
        let mut text = Text { next: def.number, ..Text::default() };
        if let Some(class) = class {
            text.text = format!("class {class}:\n");
        }
        text.push(def);
        body.iter().for_each(|line| text.push(line));
        if !self.chunk.is_empty() && self.chunk.len() + text.text.len() > CHUNK {
            self.end_chunk();
        }
        let start = self.chunk.len();
        if start == 0 {
            self.chunk_first = self.functions.len();
        }
        self.chunk.push_str(&text.text);
        let before = def.number - 1 - usize::from(class.is_some());
        self.functions.push(format!("Place {{ start: {start}, before: {before} }},\n"));
    }

    fn end_chunk(&mut self) {
        let text = std::mem::take(&mut self.chunk);
        let packed = self.packed(&format!("chunk{}", self.chunk_count), &text);
        let _ = writeln!(self.chunks, "Chunk {{ first: {}, text: {packed} }},", self.chunk_first);
        self.chunk_count += 1;
    }

    /// The expression for compressed text.
    fn packed(&self, name: &str, text: &str) -> String {
        let file = self.out.join(format!("{name}.deflate"));
        let data = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10);
        fs::write(&file, data).expect("OUT_DIR is writable");
        format!("Packed {{ len: {}, data: include_bytes!({:?}) }}", text.len(), file.display().to_string())
    }
}

/// Lines on their way to text in which they have the same numbers.
struct Text {
    text: String,
    next: usize,
}

impl Default for Text {
    fn default() -> Self {
        Text { text: String::new(), next: 1 }
    }
}

impl Text {
    fn push(&mut self, line: &Line) {
        self.text.extend(std::iter::repeat_n('\n', line.number.saturating_sub(self.next)));
        self.text.extend(std::iter::repeat_n(' ', line.indent));
        self.text.push_str(&line.text);
        self.text.push('\n');
        self.next = self.next.max(line.number) + line.text.matches('\n').count() + 1;
    }
}

/// Python source without what running it does not need. Indentation must be by four spaces.
fn strip(source: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line { number: 1, indent: 0, text: String::new() };
    // The part of the logical line since its last line break, and which line that is.
    let (mut part, mut number) = (String::new(), 1);
    let (mut quote, mut depth) = (None::<&str>, 0i32);
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match quote {
            Some(end) if rest.starts_with(end) => {
                taken = end.len();
                quote = None;
            }
            Some(_) if c == '\\' => taken += rest[1..].chars().next().map_or(0, char::len_utf8),
            Some(_) => {}
            None => match c {
                '"' | '\'' => {
                    let start = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| rest.starts_with(q));
                    taken = start.map_or(1, str::len);
                    quote = start;
                }
                '#' => {
                    rest = rest.find('\n').map_or("", |end| &rest[end..]);
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                _ => {}
            },
        }
        if c == '\n' && quote.is_none() {
            join(&mut line, &part);
            part.clear();
            number += 1;
            if depth == 0 {
                let next = Line { number, indent: 0, text: String::new() };
                let done = std::mem::replace(&mut line, next);
                lines.extend(Some(done).filter(|line| !line.text.is_empty()));
            }
        } else {
            number += rest[..taken].matches('\n').count();
            part.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    join(&mut line, &part);
    lines.extend(Some(line).filter(|line| !line.text.is_empty()));
    lines
}

/// Adds the next part to a logical line.
fn join(line: &mut Line, part: &str) {
    let part = part.trim_end();
    let bare = part.trim_start_matches(' ');
    if line.text.is_empty() {
        line.indent = (part.len() - bare.len()) / 4;
    } else if !bare.is_empty() && !line.text.ends_with(['(', '[', '{']) {
        line.text.push(' ');
    }
    line.text.push_str(bare);
}

/// Puts the numbers for the module's own `_NAME = const(number)`: the functions are compiled without the module
/// around them. (Not within strings.)
fn constants(mut lines: Vec<Line>) -> Vec<Line> {
    let mut known = HashMap::new();
    lines.retain(|line| {
        let parts =
            line.text.split_once(" = const(").filter(|_| line.indent == 0 && line.text.starts_with('_'));
        let Some((name, value)) = parts else { return true };
        let value = value.strip_suffix(')').expect("const() has one argument and ends the line");
        known.insert(name.to_string(), value.to_string());
        false
    });
    if known.is_empty() {
        return lines;
    }
    for line in &mut lines {
        let (mut new, mut word, mut quote) = (String::new(), String::new(), None);
        for c in line.text.chars().chain(['\n']) {
            if quote.is_none() && (c.is_alphanumeric() || c == '_') {
                word.push(c);
                continue;
            }
            new.push_str(known.get(&word).map_or(&word, |value| value));
            word.clear();
            match quote {
                Some(end) if end == c => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                _ => {}
            }
            new.push(c);
        }
        new.pop();
        line.text = new;
    }
    lines
}
