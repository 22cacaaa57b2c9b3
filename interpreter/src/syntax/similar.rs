//! "Did you mean": how near two names are, by CPython's measure.

use alloc::vec::Vec;

/// Longer names are not compared.
pub const MAX_NAME: usize = 40;
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

/// What it costs to turn `wanted` into another `name`, if that is little enough and less than `best`.
pub fn cost(wanted: &str, name: &str, best: Option<u16>) -> Option<u16> {
    if name.is_empty() || name.len() > MAX_NAME || name == wanted {
        return None;
    }
    let most = (wanted.len() + name.len() + 3) as u16 * MOVE / 6;
    let most = most.min(best.map_or(u16::MAX, |b| b.saturating_sub(1)));
    Some(distance(wanted.as_bytes(), name.as_bytes())).filter(|&cost| cost <= most)
}

/// The name that is nearest to `wanted`, if one is near.
pub fn closest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut best = None;
    if wanted.len() <= MAX_NAME {
        for name in names {
            if let Some(cost) = cost(wanted, name, best.map(|b: (u16, &str)| b.0)) {
                best = Some((cost, name));
            }
        }
    }
    best.map(|b| b.1)
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

    #[test]
    fn the_nearest_name_wins_and_far_ones_do_not() {
        let names = || ["while", "with", "if"].into_iter();
        assert_eq!(closest("whlie", names()), Some("while"));
        assert_eq!(closest("wth", names()), Some("with"));
        assert_eq!(closest("banana", names()), None);
        assert_eq!(closest("if", ["if"].into_iter()), None);
    }
}
