//! What displays showed, over time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Picture;
use crate::clock::Time;

/// Bytes that the pictures of all parts may take; beyond, each part's oldest go (its newest always stays).
const BOUND: usize = 96 << 20;

/// Every part's pictures, oldest first, each lasting until the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Pictures {
    parts: BTreeMap<String, VecDeque<(Time, Arc<Picture>)>>,
    bytes: usize,
}

/// The newest pictures at some instant.
pub(super) type Newest = BTreeMap<String, (Time, Arc<Picture>)>;

fn bytes(picture: &Picture) -> usize {
    size_of::<(Time, Arc<Picture>)>() + size_of::<Picture>() + size_of_val(&picture.rgb[..])
}

impl Pictures {
    /// A part shows this from `t` on; nothing happens when it does already.
    pub fn push(&mut self, part: &str, t: Time, picture: Picture) {
        if self.newest_of(part).is_some_and(|(_, old)| **old == picture) {
            return;
        }
        self.bytes += bytes(&picture);
        self.parts.entry(part.to_owned()).or_default().push_back((t, Arc::new(picture)));
        while self.bytes > BOUND {
            let oldest = self.parts.values_mut().filter(|pictures| pictures.len() > 1);
            let Some(pictures) = oldest.min_by_key(|pictures| pictures[0].0) else { break };
            if let Some((_, dropped)) = pictures.pop_front() {
                self.bytes -= bytes(&dropped);
            }
        }
    }

    fn newest_of(&self, part: &str) -> Option<&(Time, Arc<Picture>)> {
        self.parts.get(part)?.back()
    }

    /// What a part showed at an instant; of a time that is no longer kept, the oldest that is.
    pub fn at(&self, part: &str, t: Time) -> Option<&Arc<Picture>> {
        let pictures = self.parts.get(part)?;
        let next = pictures.partition_point(|&(at, _)| at <= t);
        pictures.get(next.saturating_sub(1)).map(|(_, picture)| picture)
    }

    /// Everything's newest picture.
    pub fn newest(&self) -> Newest {
        let newest = |(part, pictures): (&String, &VecDeque<(Time, Arc<Picture>)>)| {
            Some((part.clone(), pictures.back()?.clone()))
        };
        self.parts.iter().filter_map(newest).collect()
    }

    /// Forgets what came after `newest` was asked for.
    pub fn rewind(&mut self, newest: &Newest) {
        self.parts.retain(|part, _| newest.contains_key(part));
        for (part, (at, picture)) in newest {
            let pictures = self.parts.entry(part.clone()).or_default();
            pictures.truncate(pictures.partition_point(|(when, _)| when < at));
            pictures.push_back((*at, picture.clone()));
        }
        self.bytes = self.parts.values().flatten().map(|(_, picture)| bytes(picture)).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(n: u8) -> Picture {
        Picture { width: 1, height: 1, rgb: vec![[n; 3]] }
    }

    #[test]
    fn pictures_last_until_the_next_and_can_be_taken_back() {
        let mut pictures = Pictures::default();
        pictures.push("oled", Time(10), picture(1));
        pictures.push("oled", Time(20), picture(1));
        pictures.push("oled", Time(30), picture(2));
        let shown = |pictures: &Pictures, t| pictures.at("oled", Time(t)).map(|p| p.rgb[0][0]);
        assert_eq!([0, 10, 29, 30, 99].map(|t| shown(&pictures, t)), [1, 1, 1, 2, 2].map(Some));
        let (mark, bytes) = (pictures.newest(), pictures.bytes);
        pictures.push("oled", Time(40), picture(3));
        pictures.push("strip", Time(40), picture(4));
        assert_eq!(shown(&pictures, 40), Some(3));
        pictures.rewind(&mark);
        assert_eq!((shown(&pictures, 40), pictures.bytes), (Some(2), bytes));
        assert!(pictures.at("strip", Time(40)).is_none());
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut pictures = Pictures::default();
        for n in 0..200u32 {
            let rgb = vec![[n as u8; 3]; 1 << 18];
            pictures.push("wall", Time(u64::from(n)), Picture { width: 512, height: 512, rgb });
        }
        assert!(pictures.bytes <= BOUND);
        assert_eq!(pictures.at("wall", Time(199)).unwrap().rgb[0][0], 199);
        assert!(pictures.at("wall", Time(0)).unwrap().rgb[0][0] > 50);
    }
}
