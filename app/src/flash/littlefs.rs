//! littlefs: the file system of MicroPython's and of our boards. The code is the board's own.

use interpreter::fs::{self, FsError, Lfs, OpenMode};
use interpreter::hal::{Error, Flash};

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

impl Flash for Blocks {
    fn flash_block_size(&self) -> u32 {
        self.block as u32
    }

    fn flash_block_count(&self) -> u32 {
        (self.bytes.len() / self.block) as u32
    }

    fn flash_read(&mut self, block: u32, offset: u32, into: &mut [u8]) -> Result<(), Error> {
        into.copy_from_slice(self.range(block, offset, into.len())?);
        Ok(())
    }

    fn flash_program(&mut self, block: u32, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        self.range(block, offset, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    fn flash_erase(&mut self, block: u32) -> Result<(), Error> {
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

struct LittleFs {
    blocks: Blocks,
    files: Lfs,
}

/// Opens a file system.
pub fn open(bytes: Vec<u8>, block: usize) -> Result<Box<dyn FileSystem>, String> {
    let mut blocks = Blocks { bytes, block };
    let files = Lfs::mount(&mut blocks).map_err(say)?;
    Ok(Box::new(LittleFs { blocks, files }))
}

/// A new file system.
#[cfg(test)]
pub fn format(len: usize, block: usize) -> Vec<u8> {
    let mut blocks = Blocks { bytes: vec![0xFF; len], block };
    Lfs::format(&mut blocks).unwrap();
    blocks.bytes
}

fn say(error: FsError) -> String {
    match error {
        FsError::NO_ENTRY => "no such file or folder".into(),
        FsError::EXISTS => "it exists already".into(),
        FsError::IS_DIR => "it is a folder".into(),
        FsError(20) => "a part of the path is a file".into(),
        FsError(39) => "the folder is not empty".into(),
        FsError(84) => "its data are damaged".into(),
        FsError::NO_SPACE => "no space is left".into(),
        FsError::NAME_TOO_LONG => "the name is too long".into(),
        other => other.to_string(),
    }
}

impl FileSystem for LittleFs {
    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        let each = |entry: fs::Entry| {
            let size = (entry.kind == fs::Kind::File).then_some(entry.size.into());
            entries.push(Entry { name: entry.name, size });
        };
        self.files.list(&mut self.blocks, folder, each).map_err(say)?;
        Ok(entries)
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let (files, blocks) = (&mut self.files, &mut self.blocks);
        let file = files.open(blocks, path, OpenMode::READ).map_err(say)?;
        let read = files.size(blocks, file).and_then(|size| {
            let mut bytes = vec![0; size as usize];
            let len = files.read(blocks, file, &mut bytes)?;
            bytes.truncate(len);
            Ok(bytes)
        });
        files.close(blocks, file).map_err(say)?;
        read.map_err(say)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let (files, blocks) = (&mut self.files, &mut self.blocks);
        for folder in folders(path) {
            match files.mkdir(blocks, folder) {
                Ok(()) | Err(FsError::EXISTS) => {}
                Err(error) => return Err(say(error)),
            }
        }
        let file = files.open(blocks, path, OpenMode::REPLACE).map_err(say)?;
        let written = files.write(blocks, file, bytes);
        let closed = files.close(blocks, file);
        written.map_err(say)?;
        closed.map_err(say)
    }

    fn remove(&mut self, path: &str) -> Result<(), String> {
        self.files.remove(&mut self.blocks, path).map_err(say)
    }

    fn usage(&mut self) -> Result<Usage, String> {
        let used = self.files.used_blocks(&mut self.blocks).map_err(say)?;
        let [used, total] =
            [used, self.blocks.flash_block_count()].map(|n| u64::from(n) * self.blocks.block as u64);
        Ok(Usage { total, used })
    }

    fn close(mut self: Box<Self>) -> Result<Vec<u8>, String> {
        self.files.unmount(&mut self.blocks).map_err(say)?;
        Ok(self.blocks.bytes)
    }
}
