//! FAT: for boards whose programs format their flash so.

use std::cell::RefCell;
use std::io::{Cursor, Read, Result as IoResult, Seek, SeekFrom, Write};
use std::rc::Rc;

use fatfs::{Dir, FsOptions};

use super::{Entry, FileSystem, Kind, Place, Usage, folders, word};

/// The whole of a file system in memory. Shared, because the driver keeps what it is given.
#[derive(Clone)]
struct Disk(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Disk {
    fn new(bytes: Vec<u8>) -> Disk {
        Disk(Rc::new(RefCell::new(Cursor::new(bytes))))
    }

    fn contents(&self) -> Vec<u8> {
        self.0.borrow().get_ref().clone()
    }
}

impl Read for Disk {
    fn read(&mut self, into: &mut [u8]) -> IoResult<usize> {
        self.0.borrow_mut().read(into)
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        let mut disk = self.0.borrow_mut();
        // A cursor would make the disk longer.
        let left = disk.get_ref().len().saturating_sub(disk.position() as usize);
        disk.write(&bytes[..bytes.len().min(left)])
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        self.0.borrow_mut().seek(to)
    }
}

/// Whether a file system begins here: its boot sector says how large it is.
pub fn at(bytes: &[u8]) -> Option<Place> {
    let named = bytes.get(54..57)? == b"FAT" || bytes.get(82..85)? == b"FAT";
    if bytes.get(510..512)? != [0x55, 0xAA] || !named {
        return None;
    }
    let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let sector = half(11);
    let sectors = if half(19) != 0 { half(19) } else { word(bytes, 32)? as usize };
    let len = sector.checked_mul(sectors)?;
    let sane = sector.is_power_of_two() && (512..=4096).contains(&sector) && sectors > 0;
    (sane && len <= bytes.len()).then_some(Place { kind: Kind::Fat, offset: 0, len, block: sector })
}

struct Fat {
    files: fatfs::FileSystem<Disk>,
    disk: Disk,
}

/// Opens a file system.
pub fn open(bytes: Vec<u8>) -> Result<Box<dyn FileSystem>, String> {
    let disk = Disk::new(bytes);
    let files = fatfs::FileSystem::new(disk.clone(), FsOptions::new()).map_err(say)?;
    Ok(Box::new(Fat { files, disk }))
}

/// A new file system.
#[cfg(test)]
pub fn format(len: usize) -> Vec<u8> {
    let mut disk = Disk::new(vec![0xFF; len]);
    fatfs::format_volume(&mut disk, fatfs::FormatVolumeOptions::new()).unwrap();
    disk.contents()
}

impl Fat {
    fn root(&self) -> Dir<'_, Disk> {
        self.files.root_dir()
    }
}

fn inner(path: &str) -> &str {
    path.trim_start_matches('/')
}

fn say(error: std::io::Error) -> String {
    error.to_string()
}

impl FileSystem for Fat {
    fn list(&mut self, folder: &str) -> Result<Vec<Entry>, String> {
        let folder = match inner(folder) {
            "" => self.root(),
            path => self.root().open_dir(path).map_err(say)?,
        };
        let mut entries = Vec::new();
        for entry in folder.iter() {
            let entry = entry.map_err(say)?;
            let name = entry.file_name();
            if name != "." && name != ".." {
                entries.push(Entry { name, size: entry.is_file().then(|| entry.len()) });
            }
        }
        Ok(entries)
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.root().open_file(inner(path)).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(say)?;
        Ok(bytes)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), String> {
        for folder in folders(path) {
            self.root().create_dir(inner(folder)).map_err(say)?;
        }
        let mut file = self.root().create_file(inner(path)).map_err(say)?;
        file.truncate().and_then(|()| file.write_all(bytes)).and_then(|()| file.flush()).map_err(say)
    }

    fn remove(&mut self, path: &str) -> Result<(), String> {
        self.root().remove(inner(path)).map_err(say)
    }

    fn usage(&mut self) -> Result<Usage, String> {
        let stats = self.files.stats().map_err(say)?;
        let cluster = u64::from(stats.cluster_size());
        let free = u64::from(stats.free_clusters()) * cluster;
        let total = u64::from(stats.total_clusters()) * cluster;
        Ok(Usage { total, used: total - free })
    }

    fn close(self: Box<Self>) -> Result<Vec<u8>, String> {
        let Fat { files, disk } = *self;
        files.unmount().map_err(say)?;
        Ok(disk.contents())
    }
}
