//! Packs the modules in `frozen/`: without comments, blank lines and wide indentation, and compressed.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut sources = Vec::new();
    collect(&folder, "", &mut sources);
    sources.sort();
    let mut table = String::from("&[\n");
    for (name, path) in sources {
        let text = fs::read_to_string(&path).expect("frozen modules are UTF-8");
        let text = strip(&text);
        let data = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10);
        let file = out.join(format!("{}.deflate", name.replace('/', ".")));
        fs::write(&file, &data).expect("OUT_DIR is writable");
        let file = file.display().to_string();
        let _ = writeln!(
            table,
            "Frozen {{ name: {name:?}, len: {}, data: include_bytes!({file:?}) }},",
            text.len()
        );
    }
    table.push(']');
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

/// Python source without what running it does not need. Indentation must be by four spaces.
fn strip(source: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
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
            finish(&mut line, depth > 0, &mut out);
        } else {
            line.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    finish(&mut line, false, &mut out);
    out
}

/// Writes a logical line; one that goes on in brackets stays open.
fn finish(line: &mut String, goes_on: bool, out: &mut String) {
    let text = line.trim_end();
    let bare = text.trim_start_matches(' ');
    if !bare.is_empty() {
        if out.is_empty() || out.ends_with('\n') {
            let indent = (text.len() - bare.len()) / 4;
            out.extend(std::iter::repeat_n(' ', indent));
        } else if !out.ends_with(['(', '[', '{']) {
            out.push(' ');
        }
        out.push_str(bare);
    }
    if !goes_on && !bare.is_empty() {
        out.push('\n');
    }
    line.clear();
}
