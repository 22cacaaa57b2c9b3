//! Embeds the examples: every file below `assets/examples/` becomes part of the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../assets/examples");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut source = String::from("&[\n");
    for folder in sorted(&root).into_iter().filter(|path| path.is_dir()) {
        let mut files = Vec::new();
        collect(&folder, &mut files);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(source, "    Example {{ name: {name:?}, files: &[");
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let relative = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            let path = file.canonicalize().unwrap_or(file);
            let _ =
                writeln!(source, "        ({relative:?}, include_bytes!({:?})),", path.display().to_string());
        }
        source.push_str("    ] },\n");
    }
    source.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("examples.rs");
    fs::write(out, source).expect("OUT_DIR can be written");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        // A board's flash and the like, left by running an example.
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    let read = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = read.map(|entry| entry.path()).filter(|path| !hidden(path)).collect();
    paths.sort();
    paths
}
