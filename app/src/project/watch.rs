//! Noticing what other programs do to a project's files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use thiserror::Error;

use super::shown;

/// An editor's save is several events (write, rename, change of times): taken together.
const SETTLE: Duration = Duration::from_millis(150);

/// Why a folder cannot be watched.
#[derive(Debug, Error)]
#[error("{}: changes by other programs will not be noticed: {source}", folder.display())]
pub struct WatchError {
    folder: PathBuf,
    source: notify::Error,
}

/// Watches a folder and all below it until dropped.
pub struct Watcher {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl Watcher {
    /// Calls `changed` (on a thread of its own) with the files created, written, renamed or deleted.
    pub fn new(
        folder: &Path,
        changed: impl Fn(Vec<PathBuf>) + Send + 'static,
    ) -> Result<Watcher, WatchError> {
        let failed = |source| WatchError { folder: folder.to_path_buf(), source };
        let root = folder.to_path_buf();
        let mut debouncer = new_debouncer(SETTLE, None, move |result: DebounceEventResult| {
            // Errors mean that a change may have been missed; the next one is seen again.
            let Ok(events) = result else { return };
            let mut paths: Vec<PathBuf> = events
                .iter()
                .filter(|event| !matches!(event.kind, EventKind::Access(_) | EventKind::Other))
                .flat_map(|event| event.paths.iter())
                .filter(|path| is_work(&root, path))
                .cloned()
                .collect();
            paths.sort();
            paths.dedup();
            if !paths.is_empty() {
                changed(paths);
            }
        })
        .map_err(failed)?;
        debouncer.watch(folder, RecursiveMode::Recursive).map_err(failed)?;
        Ok(Watcher { _debouncer: debouncer })
    }
}

/// Neither hidden nor a cache, all the way down from the project's folder.
fn is_work(root: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.ancestors().filter(|part| !part.as_os_str().is_empty()).all(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_is_told_once_and_hidden_files_never() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().canonicalize().unwrap();
        let (sender, told) = std::sync::mpsc::channel();
        let _watcher = Watcher::new(&folder, move |paths| sender.send(paths).unwrap()).unwrap();
        std::fs::write(folder.join(".hidden"), "x").unwrap();
        // As editors save: a new file under another name, then renamed over the old one.
        std::fs::write(folder.join("main.py~"), "a = 1\n").unwrap();
        std::fs::rename(folder.join("main.py~"), folder.join("main.py")).unwrap();
        let paths = told.recv_timeout(Duration::from_secs(20)).expect("the save was noticed");
        assert_eq!(paths, [folder.join("main.py")]);
    }

    #[test]
    fn hidden_folders_are_nobodys_work() {
        let root = Path::new("/p");
        assert!(is_work(root, Path::new("/p/lib/a.py")));
        assert!(!is_work(root, Path::new("/p/.git/index")));
        assert!(!is_work(root, Path::new("/p/lib/__pycache__/a.pyc")));
    }
}
