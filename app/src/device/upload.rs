//! Copying files and folders to a board: only what differs, and verified.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::files::{FileError, Files, PART, join};
use super::raw_repl::RawRepl;
use crate::session::{Upload, UploadProgress, UploadSummary};

/// Why an upload did not come about.
#[derive(Debug, Error)]
pub enum UploadError {
    /// On the board's side.
    #[error(transparent)]
    Board(#[from] FileError),
    /// On this side.
    #[error("{}: {source}", path.display())]
    Local {
        /// Here.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A file name the board cannot have.
    #[error("{}: its name is not Unicode, which MicroPython requires; rename it", path.display())]
    Name {
        /// Here.
        path: PathBuf,
    },
}

/// A file to copy, read already: a board must not be kept waiting by a slow disk.
struct Item {
    to: String,
    bytes: Vec<u8>,
}

/// Copies files and folders, skipping what the board already has, each written file verified.
pub fn upload(
    repl: &mut RawRepl<'_>,
    what: &[Upload],
    mut progress: impl FnMut(UploadProgress),
) -> Result<UploadSummary, UploadError> {
    let mut folders = Vec::new();
    let mut items = Vec::new();
    for Upload { from, to } in what {
        gather(from, to, &mut folders, &mut items)?;
    }
    let total = items.iter().map(|item| item.bytes.len() as u64).sum();
    let mut done = 0;
    let mut summary = UploadSummary::default();
    let mut files = Files::new(repl);
    for folder in folders {
        files.make_dir(&folder)?;
    }
    for Item { to, bytes } in items {
        let size = bytes.len() as u64;
        progress(UploadProgress { file: to.clone(), done, total });
        if files.holds(&to, &bytes)? {
            summary.skipped.push(to.clone());
        } else {
            files.write(&to, &bytes, |moved| {
                progress(UploadProgress { file: to.clone(), done: done + moved, total });
            })?;
            summary.written.push(to.clone());
            summary.bytes += size;
        }
        done += size;
        progress(UploadProgress { file: to, done, total });
    }
    Ok(summary)
}

/// Finds every file below `from` and reads it. Folders come before what is in them; the order is by
/// name, so that two uploads of the same folder do the same.
fn gather(
    from: &Path,
    to: &str,
    folders: &mut Vec<String>,
    items: &mut Vec<Item>,
) -> Result<(), UploadError> {
    let local = |source| UploadError::Local { path: from.to_path_buf(), source };
    let to = join("", to.trim_start_matches('/'));
    if !std::fs::metadata(from).map_err(local)?.is_dir() {
        if let Some((folder, _)) = to.rsplit_once('/')
            && !folder.is_empty()
            && !folders.iter().any(|known| known == folder)
        {
            folders.push(folder.to_string());
        }
        items.push(Item { bytes: std::fs::read(from).map_err(local)?, to });
        return Ok(());
    }
    if to != "/" {
        folders.push(to.clone());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(from).map_err(local)? {
        let entry = entry.map_err(local)?;
        let name = entry.file_name().into_string().map_err(|_| UploadError::Name { path: entry.path() })?;
        // Version control, editors' folders and Python's caches have no business on a board.
        if !name.starts_with('.') && name != "__pycache__" && !name.ends_with(PART) {
            names.push(name);
        }
    }
    names.sort();
    for name in names {
        gather(&from.join(&name), &join(&to, &name), folders, items)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_gathered_in_order_without_hidden_files() {
        let place = tempfile::tempdir().unwrap();
        for (name, text) in
            [("b.py", "b"), ("a.py", "a"), ("lib/z.py", "z"), (".git/x", "x"), ("lib/.y", "y")]
        {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (mut folders, mut items) = (Vec::new(), Vec::new());
        gather(place.path(), "/app", &mut folders, &mut items).unwrap();
        assert_eq!(folders, ["/app", "/app/lib"]);
        let names: Vec<&str> = items.iter().map(|item| item.to.as_str()).collect();
        assert_eq!(names, ["/app/a.py", "/app/b.py", "/app/lib/z.py"]);
    }

    #[test]
    fn a_file_brings_the_folder_it_goes_into() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.py"), "a").unwrap();
        let (mut folders, mut items) = (Vec::new(), Vec::new());
        gather(&place.path().join("a.py"), "lib/a.py", &mut folders, &mut items).unwrap();
        assert_eq!(folders, ["/lib"]);
        assert_eq!(items[0].to, "/lib/a.py");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error =
            gather(Path::new("/no/such.py"), "/such.py", &mut Vec::new(), &mut Vec::new()).err().unwrap();
        assert!(error.to_string().starts_with("/no/such.py: "), "{error}");
    }
}
