//! The projects opened lately, remembered between runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// More than anyone looks through.
const KEPT: usize = 12;

/// Folders, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    folders: Vec<PathBuf>,
}

impl Recent {
    /// What was remembered; nothing when there is no such memory, or it cannot be read.
    pub fn load() -> Recent {
        file().map(|path| Recent::load_from(&path)).unwrap_or_default()
    }

    /// Puts a folder first and remembers that. Failing to is no reason to disturb anyone.
    pub fn add(&mut self, folder: &Path) {
        self.put_first(folder);
        if let Some(path) = file() {
            let _ = self.save_to(&path);
        }
    }

    /// Those that are still there.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path).filter(|folder| folder.is_dir())
    }

    fn put_first(&mut self, folder: &Path) {
        self.folders.retain(|known| known != folder);
        self.folders.insert(0, folder.to_path_buf());
        self.folders.truncate(KEPT);
    }

    fn load_from(path: &Path) -> Recent {
        std::fs::read_to_string(path)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    fn save_to(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_string_pretty(self)?)
    }
}

fn file() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "solderless")?.config_dir().join("recent.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_comes_first_and_once() {
        let mut recent = Recent::default();
        for name in ["/a", "/b", "/a"] {
            recent.put_first(Path::new(name));
        }
        assert_eq!(recent.folders, [PathBuf::from("/a"), PathBuf::from("/b")]);
        for number in 0..40 {
            recent.put_first(Path::new(&format!("/{number}")));
        }
        assert_eq!(recent.folders.len(), KEPT);
    }

    #[test]
    fn it_is_kept_in_a_file_and_survives_a_broken_one() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("sub/recent.json");
        let mut recent = Recent::default();
        recent.put_first(place.path());
        recent.save_to(&path).unwrap();
        assert_eq!(Recent::load_from(&path), recent);
        std::fs::write(&path, "{ broken").unwrap();
        assert_eq!(Recent::load_from(&path), Recent::default());
    }
}
