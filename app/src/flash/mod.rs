//! The file systems inside a board's flash contents: found by their signatures, read and written without a board.

mod fat;
mod littlefs;

use std::fmt;

use thiserror::Error;

/// How large a micro:bit's flash is. No board with littlefs or FAT has so little.
const MICROBIT: usize = 256 << 10;

/// File systems begin at whole sectors.
const SECTOR: usize = 4096;

/// Why a file in flash cannot be worked with.
#[derive(Debug, Error)]
pub enum FlashError {
    /// No signature of a file system anywhere.
    #[error("no littlefs or FAT file system in these flash contents; a board makes one when it first starts")]
    NoFileSystem,
    /// The flash of a board whose MicroPython has a file system of its own.
    #[error(
        "these are a micro:bit's flash contents: its MicroPython keeps files in a format of its own, not littlefs or \
         FAT, which can only be reached on the running board (open(), os.listdir() and os.remove() at its prompt)"
    )]
    OwnFormat,
    /// The file system refuses.
    #[error("{path}: {why}")]
    Refused {
        /// The path on the board.
        path: String,
        /// What it says.
        why: String,
    },
    /// The file system is damaged.
    #[error("the {kind} file system at {offset:#x} cannot be used: {why}")]
    Damaged {
        /// Which kind.
        kind: Kind,
        /// Where it begins.
        offset: usize,
        /// What it says.
        why: String,
    },
}

/// Kinds of file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// littlefs, version 2.
    LittleFs,
    /// FAT12, FAT16 or FAT32.
    Fat,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::LittleFs => "littlefs",
            Kind::Fat => "FAT",
        })
    }
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Bytes of a file; `None` for a folder.
    pub size: Option<u64>,
}

/// How full a file system is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// All of it.
    pub total: u64,
    /// What files and their administration take.
    pub used: u64,
}

/// Where a file system lies in the flash contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its kind.
    pub kind: Kind,
    /// Its first byte.
    pub offset: usize,
    /// Its bytes.
    pub len: usize,
    /// Bytes of a block.
    pub block: usize,
}

/// What every file system can do. Paths are absolute.
trait FileSystem {
    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, String>;
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String>;
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), String>;
    fn remove(&mut self, path: &str) -> Result<(), String>;
    fn usage(&mut self) -> Result<Usage, String>;
    /// Writes everything back; gives the contents.
    fn close(self: Box<Self>) -> Result<Vec<u8>, String>;
}

/// The file systems in flash contents, in the order in which they lie there.
pub fn find(flash: &[u8]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for offset in (0..flash.len()).step_by(SECTOR) {
        if places.last().is_some_and(|place| offset < place.offset + place.len) {
            continue;
        }
        let found = littlefs::at(&flash[offset..]).or_else(|| fat::at(&flash[offset..]));
        places.extend(found.map(|place| Place { offset, ..place }));
    }
    places
}

/// A file system taken out of flash contents.
pub struct Volume {
    /// Where it lies.
    pub place: Place,
    files: Box<dyn FileSystem>,
}

impl Volume {
    /// Opens the first file system there is.
    pub fn open(flash: &[u8]) -> Result<Volume, FlashError> {
        let place = *find(flash).first().ok_or(match flash.len() {
            MICROBIT => FlashError::OwnFormat,
            _ => FlashError::NoFileSystem,
        })?;
        let bytes = flash[place.offset..place.offset + place.len].to_vec();
        let files: Result<Box<dyn FileSystem>, String> = match place.kind {
            Kind::LittleFs => littlefs::open(bytes, place.block),
            Kind::Fat => fat::open(bytes),
        };
        let files =
            files.map_err(|why| FlashError::Damaged { kind: place.kind, offset: place.offset, why })?;
        Ok(Volume { place, files })
    }

    /// A folder's entries, folders first, by name.
    pub fn list(&mut self, folder: &str) -> Result<Vec<Entry>, FlashError> {
        let mut entries = self.files.list(&absolute(folder)).map_err(refused(folder))?;
        entries.sort_by(|a, b| (a.size.is_some(), &a.name).cmp(&(b.size.is_some(), &b.name)));
        Ok(entries)
    }

    /// A file's contents.
    pub fn read(&mut self, path: &str) -> Result<Vec<u8>, FlashError> {
        self.files.read(&absolute(path)).map_err(refused(path))
    }

    /// Makes a file with these contents, and the folders above it; one that is there is replaced.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), FlashError> {
        self.files.write(&absolute(path), bytes).map_err(refused(path))
    }

    /// Removes a file or an empty folder.
    pub fn remove(&mut self, path: &str) -> Result<(), FlashError> {
        self.files.remove(&absolute(path)).map_err(refused(path))
    }

    /// How full it is.
    pub fn usage(&mut self) -> Result<Usage, FlashError> {
        self.files.usage().map_err(refused("/"))
    }

    /// Puts the file system back into the flash contents that it came from.
    pub fn save(self, flash: &mut [u8]) -> Result<(), FlashError> {
        let Place { kind, offset, len, .. } = self.place;
        let bytes = self.files.close().map_err(|why| FlashError::Damaged { kind, offset, why })?;
        flash[offset..offset + len].copy_from_slice(&bytes[..len]);
        Ok(())
    }
}

fn absolute(path: &str) -> String {
    format!("/{}", path.trim_start_matches([':', '/']).trim_end_matches('/'))
}

fn refused(path: &str) -> impl FnOnce(String) -> FlashError {
    let path = path.to_owned();
    move |why| FlashError::Refused { path, why }
}

/// The folders above a path, the topmost first.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).filter(|folder| !folder.is_empty())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two megabytes of erased flash with a file system from 1.25 MiB on.
    fn flash(kind: Kind) -> Vec<u8> {
        const OFFSET: usize = 0x14_0000;
        let mut flash = vec![0xFF; 2 << 20];
        let len = flash.len() - OFFSET;
        let made = match kind {
            Kind::LittleFs => littlefs::format(len, SECTOR),
            Kind::Fat => fat::format(len),
        };
        flash[OFFSET..].copy_from_slice(&made);
        flash
    }

    #[test]
    fn files_are_written_and_read_in_both_kinds() {
        for kind in [Kind::LittleFs, Kind::Fat] {
            let mut contents = flash(kind);
            let mut volume = Volume::open(&contents).unwrap();
            assert_eq!((volume.place.kind, volume.place.offset), (kind, 0x14_0000));
            let long: Vec<u8> = (0..50_000u32).map(|n| ((n * n) >> 3) as u8).collect();
            volume.write("/main.py", b"print(1)\n").unwrap();
            volume.write("data/2026/log.bin", &long).unwrap();
            volume.write("main.py", b"print(2)\n").unwrap();
            volume.save(&mut contents).unwrap();

            let mut volume = Volume::open(&contents).unwrap();
            let names: Vec<_> =
                volume.list("/").unwrap().into_iter().map(|entry| (entry.name, entry.size)).collect();
            assert_eq!(names, [("data".to_owned(), None), ("main.py".to_owned(), Some(9))]);
            assert_eq!(volume.read("main.py").unwrap(), b"print(2)\n");
            assert_eq!(volume.read("/data/2026/log.bin").unwrap(), long);
            let usage = volume.usage().unwrap();
            assert!(usage.used >= 50_000 && usage.used < 100_000 && usage.total > 700_000, "{usage:?}");
            assert!(volume.remove("data").is_err(), "not empty");
            volume.remove("data/2026/log.bin").unwrap();
            assert!(volume.read("data/2026/log.bin").is_err());
            let error = volume.read("nothing").unwrap_err().to_string();
            assert!(error.starts_with("nothing: "), "{error}");
            assert!(volume.write("big", &vec![0; 1 << 20]).is_err(), "no space");
        }
    }

    #[test]
    fn flash_without_files_says_so() {
        assert!(matches!(Volume::open(&[0xFF; 1 << 16]), Err(FlashError::NoFileSystem)));
        assert!(matches!(Volume::open(&[0xFF; MICROBIT]), Err(FlashError::OwnFormat)));
        assert!(matches!(Volume::open(&[]), Err(FlashError::NoFileSystem)));
        assert_eq!(folders("/a/b/c").collect::<Vec<_>>(), ["/a", "/a/b"]);
    }
}
