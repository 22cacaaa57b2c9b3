//! "Did you mean": the name nearest to one that is not defined, by CPython's measure.

use super::Vm;
use super::unwind::X_TRACEBACK;
use crate::objects::native::{Entry, ExcKind};
use crate::value::Val;
use alloc::string::String;
use alloc::vec::Vec;

/// Longer names are not compared.
const MAX_NAME: usize = 40;
/// Cost of a letter more or less, and of another letter.
const MOVE: u16 = 2;
/// Cost of the same letter in another case.
const CASE: u16 = 1;

/// How much it costs to turn one name into another.
fn distance(a: &[u8], b: &[u8]) -> u16 {
    let mut row: Vec<u16> = (0..=b.len() as u16).map(|i| i * MOVE).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i as u16 + 1) * MOVE;
        for (j, y) in b.iter().enumerate() {
            let same = match (x == y, x.eq_ignore_ascii_case(y)) {
                (true, _) => 0,
                (_, true) => CASE,
                _ => MOVE,
            };
            let best = (diagonal + same).min(row[j] + MOVE).min(row[j + 1] + MOVE);
            diagonal = core::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

/// The best name so far.
struct Search<'n> {
    wanted: &'n [u8],
    best: Option<(u16, String)>,
}

impl Search<'_> {
    fn consider(&mut self, name: &str) {
        if name.is_empty() || name.len() > MAX_NAME || name.starts_with('.') || name.as_bytes() == self.wanted
        {
            return;
        }
        let most = (self.wanted.len() + name.len() + 3) as u16 * MOVE / 6;
        let most = most.min(self.best.as_ref().map_or(u16::MAX, |b| b.0.saturating_sub(1)));
        let cost = distance(self.wanted, name.as_bytes());
        if cost <= most {
            self.best = Some((cost, super::beginning(name)));
        }
    }
}

impl Vm {
    /// The name that was meant, if `exc` is a NameError whose text says which is not defined.
    pub(super) fn name_meant(&mut self, exc: Val, text: &str) -> Option<String> {
        if !self.isinstance(exc, ExcKind::NameError.val()) {
            return None;
        }
        let wanted = text.strip_prefix("name '")?.strip_suffix("' is not defined")?;
        if wanted.len() > MAX_NAME {
            return None;
        }
        let mut search = Search { wanted: wanted.as_bytes(), best: None };
        let tb = self.exc_field(exc, X_TRACEBACK);
        if self.heap.is_list(tb) && self.heap.list_len(tb) > 0 {
            let f = self.heap.list(tb)[0];
            let (code, globals) = (self.heap.val(f, 1), self.heap.val(f, 2));
            for name in self.code_names(code) {
                search.consider(self.heap.as_str(name).unwrap_or(""));
            }
            let mut next = 0;
            while let Some((entry, name, v)) = self.heap.table_next(globals, next) {
                next = entry;
                if v != Val::UNBOUND {
                    search.consider(self.heap.as_str(name).unwrap_or(""));
                }
            }
        }
        let names = crate::builtins::BUILTINS.entries.iter().map(Entry::name);
        names.for_each(|name| search.consider(name));
        search.best.map(|b| b.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters_and_case() {
        assert_eq!(distance(b"abc", b"abc"), 0);
        assert_eq!(distance(b"abc", b"aBc"), CASE);
        assert_eq!(distance(b"abc", b"ab"), MOVE);
        assert_eq!(distance(b"lenght", b"length"), 2 * MOVE);
    }
}
