//! A project: a folder with scripts and a `bench.toml`.

mod imports;
mod recent;
mod syntax;
mod watch;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use imports::needed;
pub use recent::Recent;
pub use syntax::{explain, first_error};
pub use watch::{WatchError, Watcher};

/// The file that says what is wired to the board.
pub const BENCH: &str = "bench.toml";
/// The script a board starts by itself.
pub const MAIN: &str = "main.py";

/// Why a folder is no project.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// Nothing there.
    #[error("{}: there is no such file or folder", .0.display())]
    Missing(PathBuf),
    /// The system's own words.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What.
        source: std::io::Error,
    },
}

/// A folder that is worked in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    folder: PathBuf,
    script: Option<PathBuf>,
}

impl Project {
    /// Opens a folder, or the folder of a script.
    pub fn open(path: &Path) -> Result<Project, ProjectError> {
        let io = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => ProjectError::Missing(path.to_path_buf()),
            _ => ProjectError::Io { path: path.to_path_buf(), source },
        };
        let path = path.canonicalize().map_err(io)?;
        if path.is_dir() {
            let main = path.join(MAIN);
            let script = if main.is_file() { Some(main) } else { only_script(&path) };
            return Ok(Project { folder: path, script });
        }
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Project { folder, script: Some(path) })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder's name.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or(self.folder.as_os_str()).to_string_lossy().into_owned()
    }

    /// What Run runs: the script opened, else main.py, else the only script.
    pub fn script(&self) -> Option<&Path> {
        self.script.as_deref()
    }

    /// Its bench.toml, if it has one.
    pub fn bench(&self) -> Option<PathBuf> {
        let path = self.folder.join(BENCH);
        path.is_file().then_some(path)
    }

    /// Every file in it, without hidden ones and Python's caches, in the order of a file tree.
    pub fn files(&self) -> Result<Vec<PathBuf>, ProjectError> {
        let mut files = Vec::new();
        walk(&self.folder, &mut files)?;
        Ok(files)
    }
}

/// Is this a file that a person works on?
pub fn shown(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !(name.starts_with('.') || name.ends_with('~') || name == "__pycache__")
}

fn only_script(folder: &Path) -> Option<PathBuf> {
    let mut scripts = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        (path.extension()? == "py").then_some(path)
    });
    let first = scripts.next()?;
    scripts.next().is_none().then_some(first)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), ProjectError> {
    let io = |source| ProjectError::Io { path: folder.to_path_buf(), source };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if shown(&entry.path()) {
            // Links are not followed: a link to a folder above would have no end.
            entries.push((!entry.file_type().map_err(io)?.is_dir(), entry.path()));
        }
    }
    entries.sort();
    for (is_file, path) in entries {
        if is_file { files.push(path) } else { walk(&path, files)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for name in files {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        place
    }

    #[test]
    fn a_folder_is_opened_with_its_main_script() {
        let place = folder(&["main.py", "other.py", "bench.toml"]);
        let project = Project::open(place.path()).unwrap();
        assert!(project.script().unwrap().ends_with("main.py"));
        assert!(project.bench().unwrap().ends_with("bench.toml"));
    }

    #[test]
    fn a_script_is_opened_with_its_folder_and_an_only_script_is_the_one_meant() {
        let place = folder(&["blink.py"]);
        assert!(Project::open(place.path()).unwrap().script().unwrap().ends_with("blink.py"));
        let project = Project::open(&place.path().join("blink.py")).unwrap();
        assert_eq!(project.folder(), place.path().canonicalize().unwrap());
        assert_eq!(project.bench(), None);
    }

    #[test]
    fn files_come_folders_first_without_hidden_ones() {
        let place = folder(&["z.py", "lib/b.py", "lib/a.py", ".git/x", "a.py~", "__pycache__/a.pyc"]);
        let project = Project::open(place.path()).unwrap();
        let files = project.files().unwrap();
        let names: Vec<_> =
            files.iter().map(|path| path.strip_prefix(project.folder()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["lib/a.py", "lib/b.py", "z.py"]);
    }

    #[test]
    fn a_missing_folder_is_said_to_be() {
        assert!(matches!(Project::open(Path::new("/no/such/folder")), Err(ProjectError::Missing(_))));
    }
}
