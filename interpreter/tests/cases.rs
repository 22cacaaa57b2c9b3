//! Python scripts with CPython's output: every file in `cases/` is run twice, normally and with a
//! collection (and compaction) at every allocation, and must print what its `.out` file says.

use interpreter::hal::host::Host;
use interpreter::vm::{Out, Vm};
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

thread_local! {
    static PRINTED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn capture(bytes: &[u8]) {
    PRINTED.with_borrow_mut(|printed| printed.extend(bytes.iter().filter(|&&b| b != b'\r')));
}

/// What a script prints; an uncaught exception's traceback comes last.
fn output_of(file: &Path, stress: bool) -> String {
    let source = fs::read_to_string(file).expect("a readable case");
    PRINTED.take();
    let mut host = Host::new(64);
    host.sink = Some(capture);
    let mut vm = Vm::new(512 * 1024, Box::new(host)).expect("memory");
    vm.heap.set_stress(stress);
    let name = file.file_name().expect("a file").to_string_lossy();
    if vm.run_source(&name, &source).is_err() {
        let exception = vm.take_exc();
        let mut out = Out::console();
        vm.print_exception(exception, &mut out).expect("a printable exception");
        out.finish(&mut vm).expect("memory");
    }
    String::from_utf8_lossy(&PRINTED.take()).into_owned()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("cases").map(|entry| entry.expect("a case").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "py"));
    files.sort();
    assert!(files.len() >= 10, "the cases are missing");
    files
}

/// Says where the output first differs, or nothing.
fn difference(file: &Path, stress: bool) -> Option<String> {
    let expected = fs::read_to_string(file.with_extension("out")).expect("a .out file beside each case");
    let Ok(printed) = std::panic::catch_unwind(|| output_of(file, stress)) else {
        return Some(format!("{}: panicked", file.display()));
    };
    if printed == expected {
        return None;
    }
    let mut lines = printed.lines().zip(expected.lines()).enumerate();
    let place = match lines.find(|(_, (got, want))| got != want) {
        Some((line, (got, want))) => format!("line {}\n  printed  {got}\n  expected {want}", line + 1),
        None => format!("{} lines in place of {}", printed.lines().count(), expected.lines().count()),
    };
    Some(format!("{}: {place}", file.display()))
}

fn check(stress: bool) {
    // Native code may nest deeply before its bound; test threads have small stacks.
    let run = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        let failures: Vec<_> = cases().iter().filter_map(|file| difference(file, stress)).collect();
        assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
    });
    if let Err(panic) = run.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn cases_print_what_cpython_prints() {
    check(false);
}

#[test]
fn cases_do_the_same_under_the_stress_collector() {
    check(true);
}
