//! Puts `memory.x` where the linker looks for it, and the digest of the sources into the image.

#[path = "../digest.rs"]
mod digest;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), include_bytes!("memory.x")).expect("OUT_DIR is writable");
    println!("cargo:rustc-link-search={}", out.display());
    let interpreter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in digest::files(&interpreter).expect("the sources are readable") {
        println!("cargo:rerun-if-changed={}", file.display());
    }
    let digest = digest::of_sources(&interpreter).expect("the sources are readable");
    println!("cargo:rustc-env=BUILT_FROM={}{digest}", digest::MARK);
}
