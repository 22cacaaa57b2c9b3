//! FAT12, FAT16 and FAT32 with long names, as on SD cards and USB sticks.
//!
//! A volume keeps one sector in memory; everything else is read from the device when it is needed. Open files
//! keep the place of their directory entry and the cluster they stand in.

mod folders;
mod table;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Entry, FsError, FsResult, Handle, Kind, OpenMode, Whence};
use crate::hal::Flash;

const EIO: FsError = FsError(5);
const NOT_DIR: FsError = FsError(20);
/// What the official firmware says of a folder that is not empty.
const DENIED: FsError = FsError(13);

/// Bytes of a directory entry.
const ENTRY: usize = 32;
const ATTR_DIR: u8 = 0x10;
const ATTR_VOLUME: u8 = 0x08;
const ATTR_LONG: u8 = 0x0F;
const DELETED: u8 = 0xE5;
/// Characters in a long name's entry, and where they lie.
const LONG_CHARS: usize = 13;
const LONG_AT: [usize; LONG_CHARS] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
/// Entries of a root folder with a place of its own.
const ROOT_ENTRIES: u32 = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Fat12,
    Fat16,
    Fat32,
}

/// Where a directory entry is: sector and byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    sector: u32,
    at: usize,
}

/// A directory entry that was found.
#[derive(Clone, Debug)]
struct Found {
    name: String,
    attributes: u8,
    cluster: u32,
    size: u32,
    /// Seconds since 1970.
    mtime: u64,
    place: Place,
    /// The number of its first entry in the folder (of the long name), and of its last.
    first: u32,
    last: u32,
}

impl Found {
    fn is_dir(&self) -> bool {
        self.attributes & ATTR_DIR != 0
    }
}

#[derive(Debug)]
struct OpenFile {
    place: Place,
    first: u32,
    size: u32,
    at: u32,
    /// The cluster with the number `index` in the file; 0: not known.
    cluster: u32,
    index: u32,
    mode: OpenMode,
    changed: bool,
}

#[derive(Debug)]
struct Slot {
    generation: u8,
    file: Option<OpenFile>,
}

/// A mounted volume.
#[derive(Debug)]
pub struct Fat {
    width: Width,
    sector_size: u32,
    cluster_sectors: u32,
    fat_start: u32,
    fat_sectors: u32,
    fats: u32,
    /// The root folder's sectors (FAT12, FAT16) or its first cluster (FAT32).
    root_start: u32,
    root_sectors: u32,
    root_cluster: u32,
    data_start: u32,
    clusters: u32,
    /// Where the search for a free cluster begins.
    hint: u32,
    window: Box<[u8]>,
    in_window: u32,
    changed: bool,
    slots: Vec<Slot>,
    /// Nanoseconds since 1970, for new entries.
    now: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn put(bytes: &mut [u8], at: usize, n: usize, value: u32) {
    bytes[at..at + n].copy_from_slice(&value.to_le_bytes()[..n]);
}

/// Date and time as FAT has them, in steps of two seconds since 1980.
fn to_stamp(ns: u64) -> (u32, u32) {
    let [year, month, day, hour, minute, second, ..] =
        crate::modules::time::calendar((ns / 1_000_000_000) as i64);
    let date = (year.clamp(1980, 2107) - 1980) << 9 | month << 5 | day;
    (date as u32, (hour << 11 | minute << 5 | (second / 2)) as u32)
}

fn from_stamp(date: u32, time: u32) -> u64 {
    let fields = [date >> 9, date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2];
    let mut fields = fields.map(i64::from);
    fields[0] += 1980;
    if fields[1] == 0 || fields[2] == 0 {
        return 0;
    }
    crate::modules::time::seconds(&fields).max(0) as u64
}

impl Fat {
    // ---- volumes ----

    /// Makes an empty volume: FAT12 or FAT16, FAT32 from 65,525 clusters on.
    pub fn format(flash: &mut dyn Flash) -> FsResult {
        let (size, sectors) = (flash.flash_block_size(), flash.flash_block_count());
        if !size.is_power_of_two() || !(512..=4096).contains(&size) {
            return Err(FsError::INVALID);
        }
        // Clusters of 4 KiB up to 128 MB or so, larger ones above; single sectors on very small devices.
        let mut cluster = match u64::from(sectors) * u64::from(size) {
            0..0x20_0000 => 1,
            0x20_0000..0x0800_0000 => (4096 / size).max(1),
            0x0800_0000..0x4000_0000 => (16384 / size).max(1),
            _ => (32768 / size).max(1),
        };
        let root = ROOT_ENTRIES * ENTRY as u32 / size;
        let (wide, table, clusters) = loop {
            let most = sectors / cluster;
            let wide = if most < 4085 {
                12
            } else if most < 65_525 {
                16
            } else {
                32
            };
            let table = (u64::from(most + 2) * wide).div_ceil(8).div_ceil(u64::from(size)) as u32;
            let taken = if wide == 32 { 32 + table } else { 1 + table + root };
            let clusters = sectors.checked_sub(taken).ok_or(FsError::NO_SPACE)? / cluster;
            if clusters == 0 {
                return Err(FsError::NO_SPACE);
            }
            if wide == 16 && clusters < 4085 || wide == 32 && clusters < 65_525 {
                // Between two kinds: other clusters decide.
                cluster *= 2;
                continue;
            }
            break (wide, table, clusters);
        };
        let _ = clusters;
        let mut boot = vec![0; size as usize];
        boot[..3].copy_from_slice(&[0xEB, 0xFE, 0x90]);
        boot[3..11].copy_from_slice(b"MSDOS5.0");
        put(&mut boot, 11, 2, size);
        boot[13] = cluster as u8;
        put(&mut boot, 14, 2, if wide == 32 { 32 } else { 1 });
        boot[16] = 1;
        put(&mut boot, 17, 2, if wide == 32 { 0 } else { ROOT_ENTRIES });
        let short = sectors < 0x1_0000 && wide != 32;
        put(&mut boot, if short { 19 } else { 32 }, if short { 2 } else { 4 }, sectors);
        boot[21] = 0xF8;
        put(&mut boot, 24, 2, 63);
        put(&mut boot, 26, 2, 255);
        let (at, kind) = if wide == 32 { (64, b"FAT32   ") } else { (36, b"FAT     ") };
        if wide == 32 {
            put(&mut boot, 36, 4, table);
            put(&mut boot, 44, 4, 2);
            put(&mut boot, 48, 2, 1);
        } else {
            put(&mut boot, 22, 2, table);
        }
        boot[at] = 0x80;
        boot[at + 2] = 0x29;
        boot[at + 7..at + 18].copy_from_slice(b"NO NAME    ");
        boot[at + 18..at + 26].copy_from_slice(kind);
        boot[510..512].copy_from_slice(&[0x55, 0xAA]);
        let program = |flash: &mut dyn Flash, sector: u32, bytes: &[u8]| {
            flash.flash_program(sector, 0, bytes).map_err(|_| EIO)
        };
        program(flash, 0, &boot)?;
        boot.fill(0);
        let start = if wide == 32 { 32 } else { 1 };
        let end = start + table + if wide == 32 { cluster } else { root };
        for sector in 1..end {
            let first = sector == start;
            if first {
                put(&mut boot, 0, 4, if wide == 12 { 0xFF_FFF8 } else { 0xFFFF_FFF8 });
                if wide == 32 {
                    put(&mut boot, 4, 4, 0x0FFF_FFFF);
                    put(&mut boot, 8, 4, 0x0FFF_FFFF);
                }
            }
            program(flash, sector, &boot)?;
            if first {
                boot.fill(0);
            }
        }
        flash.flash_sync().map_err(|_| EIO)
    }

    /// # Errors
    /// ENODEV if there is no such volume.
    pub fn mount(flash: &mut dyn Flash) -> FsResult<Fat> {
        let size = flash.flash_block_size();
        if !(512..=4096).contains(&size) {
            return Err(FsError::INVALID);
        }
        let mut boot = vec![0; size as usize];
        flash.flash_read(0, 0, &mut boot).map_err(|_| EIO)?;
        let mut base = 0;
        let is_volume = |boot: &[u8]| {
            boot[510..512] == [0x55, 0xAA] && matches!(boot[0], 0xEB | 0xE9) && u16_at(boot, 11) == size
        };
        if !is_volume(&boot) && boot[510..512] == [0x55, 0xAA] {
            // A partition table: the first partition.
            base = u32_at(&boot, 446 + 8);
            if base == 0 || base >= flash.flash_block_count() {
                return Err(FsError::NO_DEVICE);
            }
            flash.flash_read(base, 0, &mut boot).map_err(|_| EIO)?;
        }
        if !is_volume(&boot) {
            return Err(FsError::NO_DEVICE);
        }
        let fat_sectors = match u16_at(&boot, 22) {
            0 => u32_at(&boot, 36),
            n => n,
        };
        let (fats, reserved) = (u32::from(boot[16]), u16_at(&boot, 14));
        let (cluster_sectors, root_entries) = (u32::from(boot[13]), u16_at(&boot, 17));
        let total = match u16_at(&boot, 19) {
            0 => u32_at(&boot, 32),
            n => n,
        };
        let root_sectors = (root_entries * ENTRY as u32).div_ceil(size);
        let root_start = base + reserved + fats * fat_sectors;
        let data_start = root_start + root_sectors;
        if !cluster_sectors.is_power_of_two() || !(1..=2).contains(&fats) || base + total <= data_start {
            return Err(FsError::NO_DEVICE);
        }
        let clusters = (base + total - data_start) / cluster_sectors;
        let width = match clusters {
            0..4085 => Width::Fat12,
            4085..65_525 => Width::Fat16,
            _ => Width::Fat32,
        };
        let root_cluster = if width == Width::Fat32 { u32_at(&boot, 44) } else { 0 };
        Ok(Fat {
            width,
            sector_size: size,
            cluster_sectors,
            fat_start: base + reserved,
            fat_sectors,
            fats,
            root_start,
            root_sectors,
            root_cluster,
            data_start,
            clusters,
            hint: 0,
            window: boot.into_boxed_slice(),
            in_window: base,
            changed: false,
            slots: Vec::new(),
            now: 0,
        })
    }

    // ---- files ----

    pub fn open(&mut self, flash: &mut dyn Flash, path: &str, mode: OpenMode) -> FsResult<Handle> {
        let (folder, name) = self.folder_of(flash, path)?;
        if name.is_empty() {
            return Err(FsError::IS_DIR);
        }
        let file = match self.find_in(flash, folder, name)? {
            Some(found) if found.is_dir() => return Err(FsError::IS_DIR),
            Some(_) if mode.exclusive => return Err(FsError::EXISTS),
            Some(found) => {
                let mut file = OpenFile {
                    place: found.place,
                    first: found.cluster,
                    size: found.size,
                    at: 0,
                    cluster: 0,
                    index: 0,
                    mode,
                    changed: false,
                };
                if mode.truncate && file.size + file.first > 0 {
                    self.free_chain(flash, file.first)?;
                    (file.first, file.size, file.changed) = (0, 0, true);
                }
                file
            }
            None if !mode.create => return Err(FsError::NO_ENTRY),
            None => {
                let raw = self.fresh(0x20, 0);
                let place = self.add(flash, folder, name, &raw)?;
                OpenFile { place, first: 0, size: 0, at: 0, cluster: 0, index: 0, mode, changed: false }
            }
        };
        self.flush(flash)?;
        let index = match self.slots.iter().position(|s| s.file.is_none()) {
            Some(index) => index,
            None if self.slots.len() < 250 => {
                self.slots.try_reserve(1).map_err(|_| FsError::NO_MEMORY)?;
                self.slots.push(Slot { generation: 0, file: None });
                self.slots.len() - 1
            }
            None => return Err(FsError::TOO_MANY_OPEN),
        };
        let slot = &mut self.slots[index];
        slot.generation = slot.generation.wrapping_add(1);
        slot.file = Some(file);
        Ok(Handle::from_bits(index as u16 | u16::from(slot.generation) << 8))
    }

    fn slot(&mut self, handle: Handle) -> FsResult<&mut Option<OpenFile>> {
        let [index, generation] = handle.bits().to_le_bytes();
        let slot = self.slots.get_mut(index as usize).filter(|s| s.generation == generation);
        slot.map(|s| &mut s.file).filter(|f| f.is_some()).ok_or(FsError::BAD_HANDLE)
    }

    /// Lends an open file to `f` together with the volume.
    fn with_file<T>(
        &mut self,
        handle: Handle,
        f: impl FnOnce(&mut Fat, &mut OpenFile) -> FsResult<T>,
    ) -> FsResult<T> {
        let Some(mut file) = self.slot(handle)?.take() else { return Err(FsError::BAD_HANDLE) };
        let result = f(self, &mut file);
        self.slots[usize::from(handle.bits() as u8)].file = Some(file);
        result
    }

    /// The cluster at the file's position, made if it is the one after its last and `grow`.
    fn cluster_at(&mut self, flash: &mut dyn Flash, file: &mut OpenFile, grow: bool) -> FsResult<u32> {
        let wanted = file.at / (self.cluster_sectors * self.sector_size);
        if file.first == 0 {
            if !grow {
                return Err(EIO);
            }
            file.first = self.extend(flash, 0)?;
            file.changed = true;
        }
        if file.cluster == 0 || file.index > wanted {
            (file.cluster, file.index) = (file.first, 0);
        }
        while file.index < wanted {
            let mut next = self.next(flash, file.cluster)?;
            if self.is_end(next) {
                if !grow {
                    return Err(EIO);
                }
                next = self.extend(flash, file.cluster)?;
            }
            (file.cluster, file.index) = (next, file.index + 1);
        }
        Ok(file.cluster)
    }

    /// The sector and byte of the file's position, and how many bytes follow in that sector.
    fn locate(
        &mut self,
        flash: &mut dyn Flash,
        file: &mut OpenFile,
        grow: bool,
    ) -> FsResult<(u32, usize, usize)> {
        let cluster = self.cluster_at(flash, file, grow)?;
        let sector = self.sector_of(cluster) + file.at / self.sector_size % self.cluster_sectors;
        let at = (file.at % self.sector_size) as usize;
        Ok((sector, at, self.sector_size as usize - at))
    }

    pub fn read(&mut self, flash: &mut dyn Flash, handle: Handle, buf: &mut [u8]) -> FsResult<usize> {
        self.with_file(handle, |fat, file| {
            if !file.mode.read {
                return Err(FsError::BAD_HANDLE);
            }
            let wanted = buf.len().min(file.size.saturating_sub(file.at) as usize);
            let mut done = 0;
            while done < wanted {
                let (sector, at, room) = fat.locate(flash, file, false)?;
                let n = room.min(wanted - done);
                fat.load(flash, sector)?;
                buf[done..done + n].copy_from_slice(&fat.window[at..at + n]);
                done += n;
                file.at += n as u32;
            }
            Ok(done)
        })
    }

    pub fn write(&mut self, flash: &mut dyn Flash, handle: Handle, bytes: &[u8]) -> FsResult<usize> {
        self.with_file(handle, |fat, file| {
            if !file.mode.write {
                return Err(FsError::BAD_HANDLE);
            }
            if file.mode.append {
                file.at = file.size;
            }
            let mut done = 0;
            while done < bytes.len() {
                let (sector, at, room) = fat.locate(flash, file, true)?;
                let n = room.min(bytes.len() - done);
                if n == fat.sector_size as usize {
                    fat.flush(flash)?;
                    fat.in_window = sector;
                } else {
                    fat.load(flash, sector)?;
                }
                fat.window[at..at + n].copy_from_slice(&bytes[done..done + n]);
                fat.changed = true;
                done += n;
                file.at += n as u32;
                file.size = file.size.max(file.at);
                file.changed = true;
            }
            Ok(done)
        })
    }

    pub fn seek(
        &mut self,
        flash: &mut dyn Flash,
        handle: Handle,
        offset: i32,
        whence: Whence,
    ) -> FsResult<u32> {
        self.with_file(handle, |fat, file| {
            let base = match whence {
                Whence::Start => 0,
                Whence::Current => file.at,
                Whence::End => file.size,
            };
            let at = base.checked_add_signed(offset).ok_or(FsError::INVALID)?;
            if at > file.size && file.mode.write {
                // What lies between is reserved, and as it was on the medium.
                file.at = at - 1;
                fat.cluster_at(flash, file, true)?;
                (file.size, file.changed) = (at, true);
            }
            file.at = at.min(file.size);
            Ok(file.at)
        })
    }

    pub fn size(&mut self, _: &mut dyn Flash, handle: Handle) -> FsResult<u32> {
        self.with_file(handle, |_, file| Ok(file.size))
    }

    pub fn sync(&mut self, flash: &mut dyn Flash, handle: Handle) -> FsResult {
        self.with_file(handle, |fat, file| {
            if file.changed {
                let mut raw = fat.raw(flash, file.place)?;
                put(&mut raw, 20, 2, file.first >> 16);
                put(&mut raw, 26, 2, file.first & 0xFFFF);
                put(&mut raw, 28, 4, file.size);
                let (date, time) = to_stamp(fat.now);
                put(&mut raw, 22, 2, time);
                put(&mut raw, 24, 2, date);
                fat.set_raw(flash, file.place, &raw)?;
                file.changed = false;
            }
            fat.flush(flash)?;
            flash.flash_sync().map_err(|_| EIO)
        })
    }

    pub fn close(&mut self, flash: &mut dyn Flash, handle: Handle) -> FsResult {
        let result = self.sync(flash, handle);
        *self.slot(handle)? = None;
        result
    }

    pub fn any_open(&self) -> bool {
        self.slots.iter().any(|slot| slot.file.is_some())
    }

    pub fn close_unless(&mut self, flash: &mut dyn Flash, keep: impl Fn(Handle) -> bool) {
        for index in 0..self.slots.len() {
            let generation = u16::from(self.slots[index].generation);
            let handle = Handle::from_bits(index as u16 | generation << 8);
            if !keep(handle) {
                let _ = self.close(flash, handle);
            }
        }
    }

    // ---- by path ----

    pub fn stat(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult<Entry> {
        if path.trim_matches('/').is_empty() {
            return Ok(Entry { name: String::from("/"), kind: Kind::Dir, size: 0 });
        }
        let found = self.find(flash, path)?;
        let kind = if found.is_dir() { Kind::Dir } else { Kind::File };
        Ok(Entry { name: found.name, kind, size: found.size })
    }

    /// Nanoseconds since 1970.
    pub fn mtime(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult<u64> {
        Ok(self.find(flash, path)?.mtime * 1_000_000_000)
    }

    /// The time that entries get which are written from now on.
    pub fn set_mtime(&mut self, _: &mut dyn Flash, _: &str, ns: u64) -> FsResult {
        self.now = ns;
        Ok(())
    }

    pub fn list(&mut self, flash: &mut dyn Flash, path: &str, mut each: impl FnMut(Entry)) -> FsResult {
        let folder = self.folder(flash, path)?;
        let mut index = 0;
        while let Some(found) = self.entry_from(flash, folder, index)? {
            index = found.last + 1;
            let kind = if found.is_dir() { Kind::Dir } else { Kind::File };
            each(Entry { name: found.name, kind, size: found.size });
        }
        Ok(())
    }

    pub fn mkdir(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult {
        let (folder, name) = self.folder_of(flash, path)?;
        if name.is_empty() || self.find_in(flash, folder, name)?.is_some() {
            return Err(FsError::EXISTS);
        }
        let cluster = self.extend(flash, 0)?;
        let first = self.sector_of(cluster);
        for i in 1..self.cluster_sectors {
            self.clear_sector(flash, first + i)?;
        }
        self.clear_sector(flash, first)?;
        // The folder itself and the one above it.
        for (at, dots, to) in [(0, 1, cluster), (ENTRY, 2, folder)] {
            let mut raw = self.fresh(ATTR_DIR, to);
            raw[..11].fill(b' ');
            raw[..dots].fill(b'.');
            self.window[at..at + ENTRY].copy_from_slice(&raw);
        }
        let raw = self.fresh(ATTR_DIR, cluster);
        self.add(flash, folder, name, &raw)?;
        self.flush(flash)
    }

    pub fn remove(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult {
        let (folder, name) = self.folder_of(flash, path)?;
        let found = self.find_in(flash, folder, name)?.ok_or(FsError::NO_ENTRY)?;
        if found.is_dir() && self.entry_from(flash, found.cluster, 0)?.is_some() {
            return Err(DENIED);
        }
        self.delete(flash, folder, &found)?;
        self.free_chain(flash, found.cluster)?;
        self.flush(flash)
    }

    pub fn rename(&mut self, flash: &mut dyn Flash, from: &str, to: &str) -> FsResult {
        let (old_folder, old_name) = self.folder_of(flash, from)?;
        let found = self.find_in(flash, old_folder, old_name)?.ok_or(FsError::NO_ENTRY)?;
        let (folder, name) = self.folder_of(flash, to)?;
        if let Some(there) = self.find_in(flash, folder, name)?
            && there.place != found.place
        {
            if there.is_dir() || found.is_dir() {
                return Err(FsError::EXISTS);
            }
            self.delete(flash, folder, &there)?;
            self.free_chain(flash, there.cluster)?;
        }
        let raw = self.raw(flash, found.place)?;
        // The new entry before the old one goes, unless only the case of its letters changes.
        let same = folder == old_folder && old_name.to_lowercase() == name.to_lowercase();
        if same {
            self.delete(flash, old_folder, &found)?;
        }
        self.add(flash, folder, name, &raw)?;
        if !same {
            self.delete(flash, old_folder, &found)?;
        }
        if found.is_dir() && folder != old_folder {
            let place = self.entry_place(flash, found.cluster, 1)?.ok_or(EIO)?;
            let mut up = self.raw(flash, place)?;
            put(&mut up, 20, 2, folder >> 16);
            put(&mut up, 26, 2, folder & 0xFFFF);
            self.set_raw(flash, place, &up)?;
        }
        self.flush(flash)
    }

    /// Size of a cluster, how many there are, and how many are free.
    pub fn space(&mut self, flash: &mut dyn Flash) -> FsResult<(u32, u32, u32)> {
        let mut free = 0;
        for cluster in 2..self.clusters + 2 {
            free += u32::from(self.next(flash, cluster)? == 0);
        }
        Ok((self.cluster_sectors * self.sector_size, self.clusters, free))
    }
}
