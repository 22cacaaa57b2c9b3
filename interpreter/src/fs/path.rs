//! Paths: what `os.chdir` and relative names mean.

use alloc::string::String;

/// Bytes of the longest path; longer ones are ENAMETOOLONG.
pub const MAX_PATH: usize = 255;

/// Makes `path` absolute against `cwd` and resolves `.`, `..` and double slashes.
pub fn resolve(cwd: &str, path: &str) -> String {
    let mut out = String::new();
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => out.truncate(out.rfind('/').unwrap_or(0)),
            _ => {
                out.push('/');
                out.push_str(part);
            }
        }
    }
    if out.is_empty() {
        out.push('/');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn resolves_relative_names() {
        assert_eq!(resolve("/", "a.py"), "/a.py");
        assert_eq!(resolve("/lib", "a//b/./c"), "/lib/a/b/c");
        assert_eq!(resolve("/lib/x", "../y"), "/lib/y");
        assert_eq!(resolve("/lib", "../../.."), "/");
        assert_eq!(resolve("/lib", "/"), "/");
        assert_eq!(resolve("/lib", ""), "/lib");
    }
}
