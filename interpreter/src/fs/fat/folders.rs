//! Folders and the names in them; cluster 0 is the root.

use alloc::string::String;
use alloc::vec::Vec;

use super::{
    ATTR_LONG, ATTR_VOLUME, DELETED, EIO, ENTRY, Fat, Found, LONG_AT, LONG_CHARS, NOT_DIR, Place, Width,
    from_stamp, put, to_stamp, u16_at, u32_at,
};
use crate::fs::{FsError, FsResult};
use crate::hal::Flash;

/// The check sum of a short name that its long one carries.
fn short_sum(short: &[u8]) -> u8 {
    short.iter().fold(0u8, |sum, &b| sum.rotate_right(1).wrapping_add(b))
}

fn is_short_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "$%'-_@~`!(){}^#&".contains(c)
}

/// A name as 8 and 3 upper-case characters, if that loses nothing but the case of its letters.
fn short_name(name: &str) -> Option<([u8; 11], bool)> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let fits = |part: &str, n: usize| part.len() <= n && part.chars().all(is_short_char);
    if stem.is_empty() || !fits(stem, 8) || !fits(extension, 3) || name.ends_with('.') {
        return None;
    }
    let mut short = [b' '; 11];
    for (i, b) in stem.bytes().enumerate() {
        short[i] = b.to_ascii_uppercase();
    }
    for (i, b) in extension.bytes().enumerate() {
        short[8 + i] = b.to_ascii_uppercase();
    }
    Some((short, !name.bytes().any(|b| b.is_ascii_lowercase())))
}

fn check_name(name: &str) -> FsResult {
    if name.is_empty() || name.len() > 255 {
        return Err(FsError::NAME_TOO_LONG);
    }
    if name.chars().any(|c| c < ' ' || "\"*:<>?\\|/".contains(c)) {
        return Err(FsError::INVALID);
    }
    Ok(())
}

impl Fat {
    /// The place of entry `index` of a folder; `None` beyond its end.
    pub(super) fn entry_place(
        &mut self,
        flash: &mut dyn Flash,
        folder: u32,
        index: u32,
    ) -> FsResult<Option<Place>> {
        let byte = index * ENTRY as u32;
        let (mut sector, at) = (byte / self.sector_size, (byte % self.sector_size) as usize);
        let mut cluster = if folder == 0 { self.root_cluster } else { folder };
        if cluster == 0 {
            return Ok((sector < self.root_sectors).then(|| Place { sector: self.root_start + sector, at }));
        }
        while sector >= self.cluster_sectors {
            cluster = self.next(flash, cluster)?;
            if self.is_end(cluster) {
                return Ok(None);
            }
            sector -= self.cluster_sectors;
        }
        Ok(Some(Place { sector: self.sector_of(cluster) + sector, at }))
    }

    pub(super) fn raw(&mut self, flash: &mut dyn Flash, place: Place) -> FsResult<[u8; ENTRY]> {
        self.load(flash, place.sector)?;
        let mut raw = [0; ENTRY];
        raw.copy_from_slice(&self.window[place.at..place.at + ENTRY]);
        Ok(raw)
    }

    pub(super) fn set_raw(&mut self, flash: &mut dyn Flash, place: Place, raw: &[u8; ENTRY]) -> FsResult {
        self.load(flash, place.sector)?;
        self.window[place.at..place.at + ENTRY].copy_from_slice(raw);
        self.changed = true;
        Ok(())
    }

    /// The entry from number `index` on, and where to go on after it.
    pub(super) fn entry_from(
        &mut self,
        flash: &mut dyn Flash,
        folder: u32,
        mut index: u32,
    ) -> FsResult<Option<Found>> {
        let (mut long, mut first): (Vec<u16>, u32) = (Vec::new(), index);
        let mut sum = 0;
        while let Some(place) = self.entry_place(flash, folder, index)? {
            let raw = self.raw(flash, place)?;
            match raw[0] {
                0 => return Ok(None),
                DELETED => long.clear(),
                order if raw[11] & 0x3F == ATTR_LONG => {
                    if order & 0x40 != 0 {
                        (long, first, sum) = (Vec::new(), index, raw[13]);
                    }
                    // They come in reverse order.
                    let part = LONG_AT.map(|at| u16_at(&raw, at) as u16);
                    long.splice(0..0, part);
                }
                _ if raw[11] & ATTR_VOLUME != 0 || raw[0] == b'.' => long.clear(),
                _ => {
                    let name = if long.is_empty() || sum != short_sum(&raw[..11]) {
                        first = index;
                        let part = |from: usize, to: usize, lower: bool| {
                            let text: String = raw[from..to].iter().map(|&b| char::from(b)).collect();
                            let text = String::from(text.trim_end());
                            if lower { text.to_ascii_lowercase() } else { text }
                        };
                        // Bits 3 and 4: the stem and the extension are meant in lower case.
                        let (stem, extension) =
                            (part(0, 8, raw[12] & 8 != 0), part(8, 11, raw[12] & 16 != 0));
                        if extension.is_empty() { stem } else { stem + "." + &extension }
                    } else {
                        let end = long.iter().position(|&c| c == 0 || c == 0xFFFF).unwrap_or(long.len());
                        String::from_utf16_lossy(&long[..end])
                    };
                    let high = if self.width == Width::Fat32 { u16_at(&raw, 20) << 16 } else { 0 };
                    return Ok(Some(Found {
                        name,
                        attributes: raw[11],
                        cluster: u16_at(&raw, 26) | high,
                        size: u32_at(&raw, 28),
                        mtime: from_stamp(u16_at(&raw, 24), u16_at(&raw, 22)),
                        place,
                        first,
                        last: index,
                    }));
                }
            }
            index += 1;
        }
        Ok(None)
    }

    pub(super) fn find_in(
        &mut self,
        flash: &mut dyn Flash,
        folder: u32,
        name: &str,
    ) -> FsResult<Option<Found>> {
        let mut index = 0;
        while let Some(found) = self.entry_from(flash, folder, index)? {
            if found.name.to_lowercase() == name.to_lowercase() {
                return Ok(Some(found));
            }
            index = found.last + 1;
        }
        Ok(None)
    }

    /// The folder that a path's last part is in, and that part.
    pub(super) fn folder_of<'p>(&mut self, flash: &mut dyn Flash, path: &'p str) -> FsResult<(u32, &'p str)> {
        let path = path.trim_matches('/');
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut cluster = 0;
        for part in folders.split('/').filter(|p| !p.is_empty()) {
            let found = self.find_in(flash, cluster, part)?.ok_or(FsError::NO_ENTRY)?;
            if !found.is_dir() {
                return Err(NOT_DIR);
            }
            cluster = found.cluster;
        }
        Ok((cluster, name))
    }

    pub(super) fn find(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult<Found> {
        let (folder, name) = self.folder_of(flash, path)?;
        self.find_in(flash, folder, name)?.ok_or(FsError::NO_ENTRY)
    }

    /// The cluster of a folder by its path.
    pub(super) fn folder(&mut self, flash: &mut dyn Flash, path: &str) -> FsResult<u32> {
        if path.trim_matches('/').is_empty() {
            return Ok(0);
        }
        let found = self.find(flash, path)?;
        if found.is_dir() { Ok(found.cluster) } else { Err(NOT_DIR) }
    }

    /// A short name for a long one that no other entry of the folder has: its beginning, `~` and a number.
    pub(super) fn numbered_name(
        &mut self,
        flash: &mut dyn Flash,
        folder: u32,
        name: &str,
    ) -> FsResult<[u8; 11]> {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let clean = |text: &str, n: usize| -> Vec<u8> {
            text.chars()
                .filter(|&c| c != '.' && c != ' ')
                .map(|c| if is_short_char(c) { c.to_ascii_uppercase() as u8 } else { b'_' })
                .take(n)
                .collect()
        };
        let (stem, extension) = (clean(stem, 8), clean(extension, 3));
        for number in 1..100_000u32 {
            let tail = alloc::format!("~{number}");
            let keep = stem.len().min(8 - tail.len());
            let mut short = [b' '; 11];
            short[..keep].copy_from_slice(&stem[..keep]);
            short[keep..keep + tail.len()].copy_from_slice(tail.as_bytes());
            short[8..8 + extension.len()].copy_from_slice(&extension);
            if !self.has_short(flash, folder, &short)? {
                return Ok(short);
            }
        }
        Err(FsError::NO_SPACE)
    }

    pub(super) fn has_short(
        &mut self,
        flash: &mut dyn Flash,
        folder: u32,
        short: &[u8; 11],
    ) -> FsResult<bool> {
        let mut index = 0;
        while let Some(place) = self.entry_place(flash, folder, index)? {
            let raw = self.raw(flash, place)?;
            if raw[0] == 0 {
                break;
            }
            if raw[..11] == short[..] && raw[11] & ATTR_VOLUME == 0 {
                return Ok(true);
            }
            index += 1;
        }
        Ok(false)
    }

    /// The first of `n` free entries in a row, making the folder longer if need be.
    pub(super) fn free_entries(&mut self, flash: &mut dyn Flash, folder: u32, n: u32) -> FsResult<u32> {
        let (mut index, mut run, mut ended) = (0, 0, false);
        loop {
            let Some(place) = self.entry_place(flash, folder, index)? else {
                let mut cluster = if folder == 0 { self.root_cluster } else { folder };
                if cluster == 0 {
                    return Err(FsError::NO_SPACE);
                }
                loop {
                    let next = self.next(flash, cluster)?;
                    if self.is_end(next) {
                        break;
                    }
                    cluster = next;
                }
                let fresh = self.extend(flash, cluster)?;
                for i in 0..self.cluster_sectors {
                    self.clear_sector(flash, self.sector_of(fresh) + i)?;
                }
                continue;
            };
            let kind = self.raw(flash, place)?[0];
            ended |= kind == 0;
            run = if ended || kind == DELETED { run + 1 } else { 0 };
            index += 1;
            if run == n {
                return Ok(index - n);
            }
        }
    }

    /// Adds an entry to a folder: `raw` without its name.
    pub(super) fn add(
        &mut self,
        flash: &mut dyn Flash,
        folder: u32,
        name: &str,
        raw: &[u8; ENTRY],
    ) -> FsResult<Place> {
        check_name(name)?;
        let (short, long) = match short_name(name) {
            Some((short, true)) => (short, Vec::new()),
            other => {
                let short = match other {
                    Some((short, _)) if !self.has_short(flash, folder, &short)? => short,
                    _ => self.numbered_name(flash, folder, name)?,
                };
                (short, name.encode_utf16().collect::<Vec<u16>>())
            }
        };
        let parts = long.len().div_ceil(LONG_CHARS);
        let index = self.free_entries(flash, folder, parts as u32 + 1)?;
        for i in 0..parts {
            let part = parts - 1 - i;
            let mut entry = [0; ENTRY];
            entry[0] = (part + 1) as u8 | if i == 0 { 0x40 } else { 0 };
            entry[11] = ATTR_LONG;
            entry[13] = short_sum(&short);
            for (k, at) in LONG_AT.into_iter().enumerate() {
                let c = match (part * LONG_CHARS + k).cmp(&long.len()) {
                    core::cmp::Ordering::Less => long[part * LONG_CHARS + k],
                    core::cmp::Ordering::Equal => 0,
                    core::cmp::Ordering::Greater => 0xFFFF,
                };
                put(&mut entry, at, 2, u32::from(c));
            }
            let place = self.entry_place(flash, folder, index + i as u32)?.ok_or(EIO)?;
            self.set_raw(flash, place, &entry)?;
        }
        let place = self.entry_place(flash, folder, index + parts as u32)?.ok_or(EIO)?;
        let mut raw = *raw;
        raw[..11].copy_from_slice(&short);
        raw[12] = 0;
        self.set_raw(flash, place, &raw)?;
        Ok(place)
    }

    /// A new entry's bytes, without a name.
    pub(super) fn fresh(&self, attributes: u8, cluster: u32) -> [u8; ENTRY] {
        let mut raw = [0; ENTRY];
        raw[11] = attributes;
        let (date, time) = to_stamp(self.now);
        for at in [14, 22] {
            put(&mut raw, at, 2, time);
            put(&mut raw, at + 2, 2, date);
        }
        put(&mut raw, 18, 2, date);
        put(&mut raw, 20, 2, cluster >> 16);
        put(&mut raw, 26, 2, cluster & 0xFFFF);
        raw
    }

    pub(super) fn delete(&mut self, flash: &mut dyn Flash, folder: u32, found: &Found) -> FsResult {
        for index in found.first..=found.last {
            if let Some(place) = self.entry_place(flash, folder, index)? {
                self.load(flash, place.sector)?;
                self.window[place.at] = DELETED;
                self.changed = true;
            }
        }
        Ok(())
    }
}
