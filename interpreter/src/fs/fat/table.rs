//! Sectors through the window, and the table that links clusters.

use super::{EIO, Fat, Width};
use crate::fs::{FsError, FsResult};
use crate::hal::Flash;

impl Fat {
    // ---- sectors ----

    pub(super) fn flush(&mut self, flash: &mut dyn Flash) -> FsResult {
        if self.changed {
            flash.flash_program(self.in_window, 0, &self.window).map_err(|_| EIO)?;
            self.changed = false;
        }
        Ok(())
    }

    pub(super) fn load(&mut self, flash: &mut dyn Flash, sector: u32) -> FsResult {
        if self.in_window != sector {
            self.flush(flash)?;
            self.in_window = u32::MAX;
            flash.flash_read(sector, 0, &mut self.window).map_err(|_| EIO)?;
            self.in_window = sector;
        }
        Ok(())
    }

    pub(super) fn clear_sector(&mut self, flash: &mut dyn Flash, sector: u32) -> FsResult {
        self.flush(flash)?;
        self.window.fill(0);
        (self.in_window, self.changed) = (sector, true);
        Ok(())
    }

    // ---- the table ----

    pub(super) fn is_end(&self, cluster: u32) -> bool {
        cluster < 2 || cluster >= self.clusters + 2
    }

    pub(super) fn table_byte(&mut self, flash: &mut dyn Flash, at: u32) -> FsResult<u8> {
        self.load(flash, self.fat_start + at / self.sector_size)?;
        Ok(self.window[(at % self.sector_size) as usize])
    }

    pub(super) fn next(&mut self, flash: &mut dyn Flash, cluster: u32) -> FsResult<u32> {
        let (at, n) = match self.width {
            Width::Fat12 => (cluster + cluster / 2, 2),
            Width::Fat16 => (cluster * 2, 2),
            Width::Fat32 => (cluster * 4, 4),
        };
        let mut value = 0;
        for i in 0..n {
            value |= u32::from(self.table_byte(flash, at + i)?) << (8 * i);
        }
        Ok(match self.width {
            Width::Fat12 if cluster & 1 == 1 => value >> 4,
            Width::Fat12 => value & 0xFFF,
            Width::Fat16 => value,
            Width::Fat32 => value & 0x0FFF_FFFF,
        })
    }

    pub(super) fn link(&mut self, flash: &mut dyn Flash, cluster: u32, value: u32) -> FsResult {
        let (at, n, mask) = match self.width {
            Width::Fat12 if cluster & 1 == 1 => (cluster + cluster / 2, 2, 0xFFF0),
            Width::Fat12 => (cluster + cluster / 2, 2, 0x0FFF),
            Width::Fat16 => (cluster * 2, 2, 0xFFFF),
            Width::Fat32 => (cluster * 4, 4, 0x0FFF_FFFF),
        };
        let value = if mask == 0xFFF0 { value << 4 } else { value };
        for copy in 0..self.fats {
            for i in 0..n {
                let place = at + i;
                let sector = self.fat_start + copy * self.fat_sectors + place / self.sector_size;
                self.load(flash, sector)?;
                let byte = &mut self.window[(place % self.sector_size) as usize];
                let (mask, value) = ((mask >> (8 * i)) as u8, (value >> (8 * i)) as u8);
                *byte = *byte & !mask | value & mask;
                self.changed = true;
            }
        }
        Ok(())
    }

    /// A free cluster, which now ends the chain that `before` (0: none) ended.
    pub(super) fn extend(&mut self, flash: &mut dyn Flash, before: u32) -> FsResult<u32> {
        for i in 0..self.clusters {
            let cluster = 2 + (self.hint + i) % self.clusters;
            if self.next(flash, cluster)? == 0 {
                self.hint = cluster - 1;
                self.link(flash, cluster, 0x0FFF_FFFF)?;
                if before != 0 {
                    self.link(flash, before, cluster)?;
                }
                return Ok(cluster);
            }
        }
        Err(FsError::NO_SPACE)
    }

    pub(super) fn free_chain(&mut self, flash: &mut dyn Flash, mut cluster: u32) -> FsResult {
        while !self.is_end(cluster) {
            let next = self.next(flash, cluster)?;
            self.link(flash, cluster, 0)?;
            cluster = next;
        }
        Ok(())
    }

    pub(super) fn sector_of(&self, cluster: u32) -> u32 {
        self.data_start + (cluster - 2) * self.cluster_sectors
    }
}
