//! littlefs: the file system of MicroPython's and of our boards.

use littlefs_rust::{Config, Error, FileType, Filesystem, Storage};

use super::{Entry, FileSystem, Kind, Place, Usage, folders, word};

/// The whole of a file system in memory, as flash.
struct Blocks {
    bytes: Vec<u8>,
    block: usize,
}

impl Blocks {
    fn range(&mut self, block: u32, offset: u32, len: usize) -> Result<&mut [u8], Error> {
        let from = block as usize * self.block + offset as usize;
        self.bytes.get_mut(from..from + len).ok_or(Error::Io)
    }
}

impl Storage for Blocks {
    fn read(&mut self, block: u32, offset: u32, into: &mut [u8]) -> Result<(), Error> {
        into.copy_from_slice(self.range(block, offset, into.len())?);
        Ok(())
    }

    fn write(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), Error> {
        self.range(block, offset, data.len())?.copy_from_slice(data);
        Ok(())
    }

    fn erase(&mut self, block: u32) -> Result<(), Error> {
        let size = self.block;
        self.range(block, 0, size)?.fill(0xFF);
        Ok(())
    }
}

/// Whether a file system begins here: its superblock says how large it is.
pub fn at(bytes: &[u8]) -> Option<Place> {
    if bytes.get(8..16)? != b"littlefs" {
        return None;
    }
    let version = word(bytes, 20)?;
    let [block, count] = [word(bytes, 24)? as usize, word(bytes, 28)? as usize];
    let len = block.checked_mul(count)?;
    let sane = version >> 16 == 2 && block.is_power_of_two() && block >= 128 && count >= 2;
    (sane && len <= bytes.len()).then_some(Place { kind: Kind::LittleFs, offset: 0, len, block })
}

fn config(bytes: &[u8], block: usize) -> Config {
    let mut config = Config::new(block as u32, (bytes.len() / block) as u32);
    // As small as any board's: what fits the cache is kept in the folder, and the board must be able to read it there.
    (config.read_size, config.prog_size, config.cache_size, config.lookahead_size) = (32, 32, 128, 32);
    config
}

struct LittleFs {
    files: Filesystem<Blocks>,
    total: u64,
    block: u64,
}

/// Opens a file system.
pub fn open(bytes: Vec<u8>, block: usize) -> Result<Box<dyn FileSystem>, String> {
    let (config, total) = (config(&bytes, block), bytes.len() as u64);
    let files = Filesystem::mount(Blocks { bytes, block }, config).map_err(|(error, _)| error.to_string())?;
    Ok(Box::new(LittleFs { files, total, block: block as u64 }))
}

/// A new file system.
#[cfg(test)]
pub fn format(len: usize, block: usize) -> Vec<u8> {
    let mut blocks = Blocks { bytes: vec![0xFF; len], block };
    let config = config(&blocks.bytes, block);
    Filesystem::format(&mut blocks, &config).unwrap();
    blocks.bytes
}

fn say(error: Error) -> String {
    error.to_string()
}

impl FileSystem for LittleFs {
    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, String> {
        let entries = self.files.list_dir(folder).map_err(say)?;
        Ok(entries
            .into_iter()
            .filter(|entry| entry.name != "." && entry.name != "..")
            .map(|entry| Entry {
                name: entry.name.clone(),
                size: (entry.file_type == FileType::File).then_some(entry.size.into()),
            })
            .collect())
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        self.files.read_to_vec(path).map_err(say)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), String> {
        for folder in folders(path) {
            if !self.files.exists(folder) {
                self.files.mkdir(folder).map_err(say)?;
            }
        }
        self.files.write_file(path, bytes).map_err(say)
    }

    fn remove(&mut self, path: &str) -> Result<(), String> {
        self.files.remove(path).map_err(say)
    }

    fn usage(&mut self) -> Result<Usage, String> {
        let used = u64::from(self.files.fs_size().map_err(say)?) * self.block;
        Ok(Usage { total: self.total, used })
    }

    fn close(self: Box<Self>) -> Result<Vec<u8>, String> {
        self.files.unmount().map(|blocks| blocks.bytes).map_err(say)
    }
}
