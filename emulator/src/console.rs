//! What a board says on its console, with the times at which it said it.

use crate::clock::Time;

/// Bytes as they came, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    bytes: Vec<u8>,
    /// When, for the bytes from a position on; positions and times increase.
    times: Vec<(usize, Time)>,
}

impl Said {
    /// Appends bytes that came at `t`, which must not lie before what is there.
    pub fn push(&mut self, t: Time, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.times.last().is_none_or(|&(_, last)| last != t) {
            self.times.push((self.bytes.len(), t));
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends what another line said later.
    pub fn extend(&mut self, later: Said) {
        later.pieces().for_each(|(t, bytes)| self.push(t, bytes));
    }

    /// Forgets what was not said before `t`.
    pub fn keep_before(&mut self, t: Time) {
        let kept = self.times.partition_point(|&(_, at)| at < t);
        if let Some(&(len, _)) = self.times.get(kept) {
            self.bytes.truncate(len);
            self.times.truncate(kept);
        }
    }

    /// The bytes without their times.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of each instant.
    pub fn pieces(&self) -> impl Iterator<Item = (Time, &[u8])> {
        let ends = self.times.iter().skip(1).map(|&(at, _)| at).chain([self.bytes.len()]);
        self.times.iter().zip(ends).map(|(&(from, t), to)| (t, &self.bytes[from..to]))
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.times.clear();
    }

    /// Forgets the oldest bytes beyond the last `len`.
    pub fn keep_last(&mut self, len: usize) {
        let excess = self.bytes.len().saturating_sub(len);
        self.bytes.drain(..excess);
        let gone = self.times.partition_point(|&(at, _)| at <= excess).saturating_sub(1);
        self.times.drain(..gone);
        self.times.iter_mut().for_each(|(at, _)| *at = at.saturating_sub(excess));
        if self.bytes.is_empty() {
            self.times.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_their_times() {
        let mut said = Said::default();
        for (t, text) in [(1, "ab"), (1, "c"), (5, ""), (7, "de")] {
            said.push(Time(t), text.as_bytes());
        }
        let pieces = |said: &Said| said.pieces().map(|(t, b)| (t.0, b.to_vec())).collect::<Vec<_>>();
        assert_eq!(pieces(&said), [(1, b"abc".to_vec()), (7, b"de".to_vec())]);
        let mut early = said.clone();
        early.keep_before(Time(7));
        assert_eq!(pieces(&early), [(1, b"abc".to_vec())]);
        early.keep_before(Time(1));
        assert!(early.is_empty());
        said.keep_last(3);
        assert_eq!(pieces(&said), [(1, b"c".to_vec()), (7, b"de".to_vec())]);
        said.keep_last(2);
        assert_eq!(pieces(&said), [(7, b"de".to_vec())]);
        said.keep_last(0);
        assert!(said.is_empty() && pieces(&said).is_empty());
    }
}
