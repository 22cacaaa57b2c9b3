//! Everything that enters a machine, with its virtual time: what a session needs to be repeated.
//!
//! A run is a function of image, bench and inputs. The first two are files; a [`Journal`] holds the third. Speed,
//! pauses and the host do not matter and are not recorded.

mod header;
mod text;

pub use header::{Header, contents};
pub use text::{Recording, RecordingError};

use crate::air::Frame;
use crate::chip::DiskRequest;
use crate::clock::Time;

/// Something that enters a machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Stimulus {
    /// Bytes that the console took.
    Type(Vec<u8>),
    /// A part's input is set by hand.
    Set {
        /// The part's name.
        part: String,
        /// The input's name.
        input: String,
        /// The value in the input's unit.
        value: f64,
    },
    /// A part's input follows the bench again.
    Release {
        /// The part's name.
        part: String,
        /// The input's name.
        input: String,
    },
    /// A radio on another bench begins to send.
    Hear(Frame),
    /// Bytes that a program on this computer sends through the serial adapter.
    Serial {
        /// Its rate from now on.
        baud: u32,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The RUN pin resets the chip.
    Reset,
    /// The computer asks something of the board's USB drive.
    Disk(DiskRequest),
    /// Someone outside writes to the flash chip.
    Flash {
        /// Where the first byte goes, from the start of flash.
        offset: usize,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// A [`Stimulus`] and when it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The machine's present then.
    pub at: Time,
    /// What came.
    pub what: Stimulus,
}

/// What entered a machine so far and, after going back, what is still to come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    entries: Vec<Entry>,
    /// How many have entered.
    past: usize,
    /// How often entries were taken back: who copies them must begin anew.
    revision: u32,
    /// How many have entered that were not there before.
    acts: u64,
}

impl Journal {
    /// A journal whose entries all lie ahead, ordered by time.
    pub fn ahead(mut entries: Vec<Entry>) -> Journal {
        entries.sort_by_key(|entry| entry.at);
        Journal { entries, ..Journal::default() }
    }

    /// What has entered, oldest first.
    pub fn past(&self) -> &[Entry] {
        &self.entries[..self.past]
    }

    /// What is to come.
    pub fn future(&self) -> &[Entry] {
        &self.entries[self.past..]
    }

    /// Counts up whenever entries that were written down are no longer so.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Counts up whenever somebody acts on the machine, rather than what was done once coming again.
    pub fn acts(&self) -> u64 {
        self.acts
    }

    /// When something is to come.
    pub fn next(&self) -> Time {
        self.future().first().map_or(Time::NEVER, |entry| entry.at)
    }

    /// The next entry that is due at `now`; it has entered then.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<Stimulus> {
        let entry = self.entries.get(self.past).filter(|entry| entry.at <= now)?;
        self.past += 1;
        Some(entry.what.clone())
    }

    /// Writes down what enters now. From here on things take another course: what was still to come is forgotten.
    pub(crate) fn push(&mut self, at: Time, what: Stimulus) {
        self.forget_future();
        self.acts += 1;
        self.entries.push(Entry { at, what });
        self.past += 1;
    }

    /// Nothing more is to come.
    pub(crate) fn forget_future(&mut self) {
        if self.past < self.entries.len() {
            self.entries.truncate(self.past);
            self.revision += 1;
        }
    }

    /// Back to when `past` entries had entered; the others are to come again.
    pub(crate) fn rewind(&mut self, past: usize) {
        self.past = past.min(self.entries.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(at: u64, text: &str) -> Entry {
        Entry { at: Time(at), what: Stimulus::Type(text.into()) }
    }

    #[test]
    fn what_was_taken_back_comes_again_until_something_new_enters() {
        let mut journal = Journal::default();
        journal.push(Time(1), Stimulus::Reset);
        journal.push(Time(5), Stimulus::Type(b"a".to_vec()));
        journal.rewind(1);
        assert_eq!((journal.past().len(), journal.next()), (1, Time(5)));
        assert_eq!(journal.take_due(Time(4)), None);
        assert_eq!(journal.take_due(Time(5)), Some(Stimulus::Type(b"a".to_vec())));
        assert_eq!((journal.next(), journal.revision()), (Time::NEVER, 0));
        journal.rewind(1);
        journal.push(Time(3), Stimulus::Type(b"b".to_vec()));
        assert_eq!(journal.past()[1], typed(3, "b"));
        assert_eq!((journal.future(), journal.revision()), (&[][..], 1));
    }

    #[test]
    fn a_recording_plays_in_order_of_time() {
        let mut journal = Journal::ahead(vec![typed(7, "b"), typed(2, "a"), typed(7, "c")]);
        let mut heard = Vec::new();
        while let Some(Stimulus::Type(bytes)) = journal.take_due(Time(7)) {
            heard.extend(bytes);
        }
        assert_eq!(heard, b"abc");
    }
}
