//! What the fuzzer found, and what it begins with: none of it may crash the interpreter.

#[path = "../fuzz/run.rs"]
mod run;

use run::Target;
use std::fs;
use std::path::Path;

fn replay(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let target = Target::named(name).expect("a target");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    // Native code may nest deeply before its bound; test threads have small stacks.
    let run = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        for file in files {
            println!("{}", file.display());
            run::run(target, &fs::read(file).expect("a readable file"));
        }
    });
    run.expect("a thread").join().expect("no crash");
}

#[test]
fn the_corpus_of_every_target_runs() {
    // One after another: they share the watch on programs that do not end.
    replay("source");
    replay("repl");
    replay("mpy");
}
