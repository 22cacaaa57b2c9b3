//! What is wrong with a bench file: where, what was found and what is allowed.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct BenchError {
    /// In which file.
    pub path: PathBuf,
    /// On which line, counting from 1; 0 if it is about the file as a whole.
    pub line: usize,
    /// At which character of the line, counting from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What is allowed or what to do; may be empty.
    pub help: String,
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "; {}", self.help) }
    }
}

/// Everything that is wrong with a bench file, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct BenchErrors(pub Vec<BenchError>);

impl BenchErrors {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> BenchErrors {
        BenchErrors(vec![BenchError {
            path: path.to_owned(),
            line: 0,
            column: 0,
            message: format!("cannot be read: {error}"),
            help: "name an existing bench.toml or its folder".to_owned(),
        }])
    }
}

impl fmt::Display for BenchErrors {
    /// A line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

/// Collects errors by their place in a text.
pub(super) struct Errors<'a> {
    path: &'a Path,
    text: &'a str,
    found: Vec<(usize, BenchError)>,
}

impl<'a> Errors<'a> {
    pub fn new(path: &'a Path, text: &'a str) -> Errors<'a> {
        Errors { path, text, found: Vec::new() }
    }

    /// Line and column of a byte offset.
    pub fn place(&self, at: usize) -> (usize, usize) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    pub fn add(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let (line, column) = self.place(span.start);
        let (message, help) = (message.into(), help.into());
        let error = BenchError { path: self.path.to_owned(), line, column, message, help };
        self.found.push((span.start, error));
    }

    /// The errors in the order of the file, or the value if there are none.
    pub fn finish<T>(mut self, value: T) -> Result<T, BenchErrors> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|(at, _)| *at);
        Err(BenchErrors(self.found.into_iter().map(|(_, error)| error).collect()))
    }
}

/// `did you mean "x"? ` if one of the names is near, then `label: a, b, c`.
pub(super) fn suggest(found: &str, label: &str, names: &[&str]) -> String {
    let near = names
        .iter()
        .map(|name| (distance(&found.to_lowercase(), &name.to_lowercase()), name))
        .min()
        .filter(|&(d, name)| d <= 1 + name.len().min(found.len()) / 4);
    let hint = near.map_or(String::new(), |(_, name)| format!("did you mean \"{name}\"? "));
    format!("{hint}{label}: {}", names.join(", "))
}

/// How many insertions, deletions, replacements or swaps of neighbours turn one text into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
