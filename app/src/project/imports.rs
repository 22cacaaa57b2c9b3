//! Which of a project's files a script needs on the board: those it imports, and those they import.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::session::Upload;

/// The modules and packages beside a script, or in `lib` there, that it imports by name.
pub fn needed(folder: &Path, source: &str) -> Vec<Upload> {
    let mut found: Vec<Upload> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut names = imported(source);
    while let Some(name) = names.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let places = [
            (folder.join(format!("{name}.py")), format!("/{name}.py")),
            (folder.join(&name), format!("/{name}")),
            (folder.join(format!("lib/{name}.py")), format!("/lib/{name}.py")),
            (folder.join("lib").join(&name), format!("/lib/{name}")),
        ];
        for (from, to) in places {
            let scripts = if to.ends_with(".py") && from.is_file() {
                vec![from.clone()]
            } else if !to.ends_with(".py") && from.join("__init__.py").is_file() {
                scripts_below(&from)
            } else {
                continue;
            };
            for script in scripts {
                names.extend(std::fs::read_to_string(script).map(|text| imported(&text)).unwrap_or_default());
            }
            found.push(Upload { from, to });
            break;
        }
    }
    found.sort_by(|a, b| a.to.cmp(&b.to));
    found
}

/// The top names of what a source text imports, wherever in it. A text within a string that looks like
/// an import costs a look at the disk, no more.
fn imported(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in source.lines().flat_map(|line| line.split(';')).map(str::trim) {
        let listed = if let Some(list) = statement.strip_prefix("import ") {
            list
        } else if let Some(module) = statement.strip_prefix("from ") {
            module.split_whitespace().next().unwrap_or("")
        } else {
            continue;
        };
        for name in listed.split(',') {
            let name: String =
                name.trim().chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

fn scripts_below(folder: &Path) -> Vec<PathBuf> {
    let mut scripts = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => scripts.extend(scripts_below(&path)),
            Ok(_) if path.extension().is_some_and(|extension| extension == "py") => scripts.push(path),
            _ => {}
        }
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_in_all_their_forms() {
        let source =
            "import a, b as c\nfrom d.e import f\n  import g; import h\nfrom . import i\nimportant = 1\n";
        assert_eq!(imported(source), ["a", "b", "d", "g", "h"]);
    }

    #[test]
    fn modules_packages_and_what_they_import_are_needed() {
        let place = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("helper.py", "import deep\n"),
            ("deep.py", "import helper\n"),
            ("lib/sensor.py", ""),
            ("pack/__init__.py", "from pack import inner\n"),
            ("pack/inner.py", "import late\n"),
            ("late.py", ""),
            ("unused.py", ""),
            ("data/readme.txt", ""),
        ] {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let needed = needed(place.path(), "import helper, sensor, pack, data, machine\n");
        let names: Vec<&str> = needed.iter().map(|upload| upload.to.as_str()).collect();
        assert_eq!(names, ["/deep.py", "/helper.py", "/late.py", "/lib/sensor.py", "/pack"]);
    }
}
