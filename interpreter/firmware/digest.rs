//! The digest of what the firmware image is built from. The build puts it into the image, and a test
//! compares it with the sources beside it, so that a stale image does not go unnoticed.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What stands before the digest in the image.
pub const MARK: &str = "built from sources ";

/// Files and folders of the `interpreter` crate that end up in the image.
const SOURCES: [&str; 9] = [
    "Cargo.toml",
    "build.rs",
    "src",
    "frozen",
    "firmware/rp2040/Cargo.toml",
    "firmware/rp2040/Cargo.lock",
    "firmware/rp2040/build.rs",
    "firmware/rp2040/memory.x",
    "firmware/rp2040/src",
];

/// All source files, sorted. Unit tests in files of their own do not count.
pub fn files(interpreter: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&interpreter.join(source), &mut files)?;
    }
    files.sort();
    Ok(files)
}

/// The digest as hexadecimal digits: SHA-256 over every file's path and contents.
pub fn of_sources(interpreter: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    for file in files(interpreter)? {
        let name = file.strip_prefix(interpreter).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let contents = fs::read(&file)?;
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update((contents.len() as u64).to_le_bytes());
        hasher.update(&contents);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let name = path.file_stem().unwrap_or_default();
    if name == "tests" || name == "bin" {
        return Ok(());
    }
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
