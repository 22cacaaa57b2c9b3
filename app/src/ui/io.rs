//! Disk, dialogs and port lists, on threads of their own: the window asks and goes on drawing.

use crate::device;
use crate::project::{WatchError, Watcher};
use crossbeam_channel::{Receiver, Sender, TryIter, unbounded};
use emulator::bench::{Bench, BenchErrors};
use emulator::signal::DataFile;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files larger than this are not opened as text.
const MAX_TEXT: u64 = 8 << 20;

/// Trees larger than this are cut: a home folder opened by mistake must not fill the memory.
const MAX_ENTRIES: usize = 4_000;

/// What the window asks for.
pub enum Job {
    /// List the project.
    Tree(PathBuf),
    /// Read a text file.
    Read(PathBuf),
    /// Write a text file, all or nothing.
    Write {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
        /// The document's revision that this text is.
        revision: u64,
    },
    /// Write bytes, all or nothing, and say so.
    Export(PathBuf, Vec<u8>),
    /// Create a file or a folder.
    Create {
        /// Where.
        path: PathBuf,
        /// A folder?
        folder: bool,
    },
    /// Rename a file or folder.
    Rename(PathBuf, PathBuf),
    /// Delete a file, or a folder with all that is in it.
    Delete(PathBuf),
    /// Write the files of an example into a folder, without touching files that are there.
    Install {
        /// The folder.
        folder: PathBuf,
        /// Relative paths and contents.
        files: Vec<(PathBuf, &'static [u8])>,
    },
    /// Keep unsaved texts where a crash does not reach them; none removes the file.
    Recover(PathBuf, Vec<Unsaved>),
    /// Read a bench, with the data sets it names.
    Bench {
        /// The text of bench.toml.
        text: String,
        /// Where it is saved.
        path: PathBuf,
    },
    /// Read the headings of a CSV file.
    Columns(PathBuf),
    /// List serial ports.
    Ports,
    /// Tell of changes that other programs make in a folder; of this one only.
    Watch(PathBuf),
    /// Ask for a folder.
    PickFolder(PathBuf),
    /// Ask for a recording, starting in a folder.
    PickRecording(PathBuf),
    /// Ask where to save under a proposed name, then make the contents and save them.
    PickSave(String, Contents),
}

/// Makes a file's contents, on the thread that writes them.
pub type Contents = Box<dyn FnOnce() -> std::io::Result<Vec<u8>> + Send>;

/// What came of it.
#[derive(Debug)]
pub enum Done {
    /// The project's files, folders first, each with its depth.
    Tree(PathBuf, Vec<Entry>),
    /// A file's text.
    Read(PathBuf, String),
    /// A file was written.
    Written {
        /// Which.
        path: PathBuf,
        /// The revision that is on disk now.
        revision: u64,
    },
    /// The project's files changed: list them again.
    Changed,
    /// A file was created: open it.
    Created(PathBuf),
    /// Somebody created, wrote, renamed or deleted these.
    Touched(Vec<PathBuf>),
    /// A file or folder has another name.
    Renamed(PathBuf, PathBuf),
    /// A file or folder is gone.
    Deleted(PathBuf),
    /// An example is in place.
    Installed(PathBuf),
    /// What a bench describes, or what is wrong with it.
    Bench(String, Result<Bench, BenchErrors>),
    /// The headings of a CSV file.
    Columns(PathBuf, Vec<String>),
    /// Serial ports.
    Ports(Vec<device::PortInfo>),
    /// The user chose a folder.
    Folder(PathBuf),
    /// The user chose a recording to be replayed.
    Recording(PathBuf),
    /// An export was written.
    Exported(PathBuf),
    /// It did not work: a sentence for the user.
    Failed(String),
    /// A file that was asked for cannot be shown: its path and why.
    Unreadable(PathBuf, String),
}

/// A file or folder of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub path: PathBuf,
    /// How deep below the project folder, from 0.
    pub depth: usize,
    /// A folder?
    pub folder: bool,
}

/// A text that is not on disk yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved {
    /// The file it belongs to.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

/// Native dialogs, behind a trait so that tests can answer them.
pub trait Dialogs: Send + Sync {
    /// Asks for a folder, starting at one.
    fn pick_folder(&self, start: &Path) -> Option<PathBuf>;
    /// Asks for a file, starting in a folder.
    fn pick_open(&self, start: &Path) -> Option<PathBuf>;
    /// Asks where to save a file.
    fn pick_save(&self, name: &str) -> Option<PathBuf>;
}

/// The desktop's own dialogs.
pub struct NativeDialogs;

impl Dialogs for NativeDialogs {
    fn pick_folder(&self, start: &Path) -> Option<PathBuf> {
        rfd::FileDialog::new().set_title("Open a project folder").set_directory(start).pick_folder()
    }

    fn pick_open(&self, start: &Path) -> Option<PathBuf> {
        rfd::FileDialog::new()
            .set_title("Replay a recording")
            .set_directory(start)
            .add_filter("Recordings", &["txt"])
            .add_filter("All files", &["*"])
            .pick_file()
    }

    fn pick_save(&self, name: &str) -> Option<PathBuf> {
        rfd::FileDialog::new().set_title("Save as").set_file_name(name).save_file()
    }
}

/// The worker.
pub struct Io {
    jobs: Sender<Job>,
    done: Receiver<Done>,
    outbox: Sender<Done>,
    dialogs: Arc<dyn Dialogs>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Io {
    /// Starts the worker. `wake` is called after each answer and must not wait.
    pub fn start(dialogs: Arc<dyn Dialogs>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let (jobs, inbox) = unbounded::<Job>();
        let (outbox, done) = unbounded();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let (answers, wake_up) = (outbox.clone(), Arc::clone(&wake));
        std::thread::Builder::new()
            .name("disk".into())
            .spawn(move || {
                let mut watcher = None;
                for job in inbox {
                    let done = match job {
                        Job::Watch(folder) => match watch(&folder, answers.clone(), Arc::clone(&wake_up)) {
                            Ok(new) => {
                                watcher = Some(new);
                                None
                            }
                            Err(error) => Some(Done::Failed(error.to_string())),
                        },
                        job => carry_out(job),
                    };
                    if let Some(done) = done {
                        let _ = answers.send(done);
                        wake_up();
                    }
                }
                drop(watcher);
            })
            .expect("a thread for the disk");
        Self { jobs, done, outbox, dialogs, wake }
    }

    /// Asks for something. Dialogs get a thread each: they take as long as the user does.
    pub fn send(&self, job: Job) {
        let dialogs = Arc::clone(&self.dialogs);
        let ask: Box<dyn FnOnce() -> Option<Done> + Send> = match job {
            Job::PickFolder(start) => Box::new(move || dialogs.pick_folder(&start).map(Done::Folder)),
            Job::PickRecording(start) => Box::new(move || dialogs.pick_open(&start).map(Done::Recording)),
            Job::PickSave(name, contents) => Box::new(move || save_as(&*dialogs, &name, contents)),
            job => {
                let _ = self.jobs.send(job);
                return;
            }
        };
        in_dialog(self.outbox.clone(), Arc::clone(&self.wake), ask);
    }

    /// Asks where to save and saves, from any thread.
    pub fn saver(&self) -> impl FnOnce(String, Contents) + Send + 'static {
        let (outbox, wake, dialogs) =
            (self.outbox.clone(), Arc::clone(&self.wake), Arc::clone(&self.dialogs));
        move |name, contents| {
            in_dialog(outbox, wake, Box::new(move || save_as(&*dialogs, &name, contents)));
        }
    }

    /// The answers since the last call; does not wait.
    pub fn done(&self) -> TryIter<'_, Done> {
        self.done.try_iter()
    }
}

fn save_as(dialogs: &dyn Dialogs, name: &str, contents: Contents) -> Option<Done> {
    let path = dialogs.pick_save(name)?;
    match contents() {
        Ok(bytes) => carry_out(Job::Export(path, bytes)),
        Err(error) => Some(Done::Failed(format!("Cannot make {name}: {error}"))),
    }
}

/// Runs something that takes as long as the user does, on a thread of its own.
fn in_dialog(
    outbox: Sender<Done>,
    wake: Arc<dyn Fn() + Send + Sync>,
    ask: Box<dyn FnOnce() -> Option<Done> + Send>,
) {
    let answers = outbox.clone();
    let spawned = std::thread::Builder::new().name("dialog".into()).spawn(move || {
        if let Some(done) = ask() {
            let _ = answers.send(done);
            wake();
        }
    });
    if let Err(error) = spawned {
        let _ = outbox.send(Done::Failed(format!("Cannot show a dialog: {error}")));
    }
}

fn watch(
    folder: &Path,
    outbox: Sender<Done>,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> Result<Watcher, WatchError> {
    let tell = move |paths| {
        let _ = outbox.send(Done::Touched(paths));
        wake();
    };
    Watcher::new(folder, tell)
}

fn carry_out(job: Job) -> Option<Done> {
    let name = |path: &Path| path.display().to_string();
    let done = match job {
        Job::Tree(folder) => {
            let mut entries = Vec::new();
            list(&folder, 0, &mut entries);
            Done::Tree(folder, entries)
        }
        Job::Read(path) => match read_text(&path) {
            Ok(text) => Done::Read(path, text),
            Err(why) => Done::Unreadable(path, why),
        },
        Job::Write { path, text, revision } => match write_atomically(&path, text.as_bytes()) {
            Ok(()) => Done::Written { path, revision },
            Err(error) => Done::Failed(format!("Cannot save {}: {error}", name(&path))),
        },
        Job::Export(path, bytes) => match write_atomically(&path, &bytes) {
            Ok(()) => Done::Exported(path),
            Err(error) => Done::Failed(format!("Cannot save {}: {error}", name(&path))),
        },
        Job::Create { path, folder } => match create(&path, folder) {
            Ok(()) if folder => Done::Changed,
            Ok(()) => Done::Created(path),
            Err(error) => Done::Failed(format!("Cannot create {}: {error}", name(&path))),
        },
        Job::Rename(from, to) => match rename(&from, &to) {
            Ok(()) => Done::Renamed(from, to),
            Err(error) => Done::Failed(format!("Cannot rename {}: {error}", name(&from))),
        },
        Job::Delete(path) => {
            let result = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match result {
                Ok(()) => Done::Deleted(path),
                Err(error) => Done::Failed(format!("Cannot delete {}: {error}", name(&path))),
            }
        }
        Job::Install { folder, files } => match install(&folder, &files) {
            Ok(()) => Done::Installed(folder),
            Err(error) => Done::Failed(format!("Cannot write the example to {}: {error}", name(&folder))),
        },
        Job::Recover(path, unsaved) => {
            if unsaved.is_empty() {
                let _ = fs::remove_file(&path);
            } else if let Ok(json) = serde_json::to_vec(&unsaved)
                && let Err(error) = write_atomically(&path, &json)
            {
                return Some(Done::Failed(format!("Cannot keep unsaved text in {}: {error}", name(&path))));
            }
            return None;
        }
        Job::Bench { text, path } => {
            let read = Bench::parse(&text, &path);
            Done::Bench(text, read)
        }
        Job::Columns(path) => match DataFile::load(&path) {
            Ok(file) => Done::Columns(path, file.columns().to_vec()),
            Err(error) => Done::Failed(error.to_string()),
        },
        Job::Ports => match device::ports() {
            Ok(ports) => Done::Ports(ports),
            Err(error) => Done::Failed(format!("Cannot list serial ports: {error}")),
        },
        Job::PickFolder(_) | Job::PickRecording(_) | Job::PickSave(..) | Job::Watch(_) => return None,
    };
    Some(done)
}

fn read_text(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_TEXT {
        return Err(format!("it is larger than {} MiB", MAX_TEXT >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    if bytes.contains(&0) {
        return Err("it is not a text file".to_owned());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes to a neighbour first and then renames, so that a crash leaves the old or the new file, whole.
fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut neighbour = path.file_name().unwrap_or_default().to_os_string();
    neighbour.push(".solderless-tmp");
    let neighbour = path.with_file_name(neighbour);
    let mut file = fs::File::create(&neighbour)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    if let Ok(metadata) = fs::metadata(path) {
        let _ = fs::set_permissions(&neighbour, metadata.permissions());
    }
    fs::rename(&neighbour, path)
}

fn create(path: &Path, folder: bool) -> std::io::Result<()> {
    if folder {
        return fs::create_dir_all(path);
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path).map(drop)
}

fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    if to.exists() {
        return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "the name is taken"));
    }
    fs::rename(from, to)
}

fn install(folder: &Path, files: &[(PathBuf, &'static [u8])]) -> std::io::Result<()> {
    for (path, bytes) in files {
        let path = folder.join(path);
        if !path.exists() {
            write_atomically(&path, bytes)?;
        }
    }
    Ok(())
}

fn list(folder: &Path, depth: usize, entries: &mut Vec<Entry>) {
    let Ok(read) = fs::read_dir(folder) else { return };
    let mut found: Vec<(bool, PathBuf)> = read
        .flatten()
        .map(|entry| (!entry.path().is_dir(), entry.path()))
        .filter(|(_, path)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !name.starts_with('.') && name != "__pycache__" && !name.ends_with(".solderless-tmp")
        })
        .collect();
    found.sort();
    for (is_file, path) in found {
        if entries.len() >= MAX_ENTRIES {
            return;
        }
        entries.push(Entry { path: path.clone(), depth, folder: !is_file });
        // Deep trees are no MicroPython project; links may go in circles.
        if !is_file && depth < 8 && !path.is_symlink() {
            list(&path, depth + 1, entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_folders_first_without_hidden_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["main.py", ".git/config", "lib/bme280.py", "a.csv"] {
            write_atomically(&folder.path().join(name), b"x").unwrap();
        }
        let mut entries = Vec::new();
        list(folder.path(), 0, &mut entries);
        let names: Vec<_> = entries
            .iter()
            .map(|e| (e.path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned(), e.depth))
            .collect();
        let expected = [("lib", 0), ("lib/bme280.py", 1), ("a.csv", 0), ("main.py", 0)];
        assert_eq!(
            names,
            expected.map(|(name, depth)| (name.replace('/', std::path::MAIN_SEPARATOR_STR), depth))
        );
    }

    #[test]
    fn refuses_to_open_what_is_no_text_and_to_overwrite_by_renaming() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&a, [0, 1, 2]).unwrap();
        fs::write(&b, "text").unwrap();
        assert!(read_text(&a).unwrap_err().contains("not a text file"));
        assert!(
            matches!(carry_out(Job::Rename(a.clone(), b.clone())), Some(Done::Failed(why)) if why.contains("taken"))
        );
        assert_eq!(fs::read_to_string(&b).unwrap(), "text");
        assert!(matches!(carry_out(Job::Create { path: b, folder: false }), Some(Done::Failed(_))));
    }

    #[test]
    fn an_example_does_not_overwrite_the_users_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.py");
        fs::write(&path, "mine").unwrap();
        install(folder.path(), &[("main.py".into(), b"ours"), ("b/c.txt".into(), b"new")]).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "mine");
        assert_eq!(fs::read_to_string(folder.path().join("b/c.txt")).unwrap(), "new");
    }
}
