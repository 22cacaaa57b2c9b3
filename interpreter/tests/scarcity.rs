//! Memory that does not suffice: every case runs again in heaps of many sizes, from one in which the machine hardly
//! starts to what the case needs. Whatever comes of it is right but a panic; and the machine goes on afterwards.

use interpreter::hal::host::Host;
use interpreter::vm::{Out, Vm};
use std::fs;
use std::path::{Path, PathBuf};

/// Sizes tried for each case; `SCARCITY_STEPS` asks for another number.
const STEPS: usize = 12;
/// The smallest heap tried, in bytes.
const LEAST: usize = 24 << 10;
/// In this the cases have all that they need.
const PLENTY: usize = 512 << 10;

fn scripts() -> Vec<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files: Vec<_> = ["cases", "allocation"]
        .iter()
        .flat_map(|folder| fs::read_dir(tests.join(folder)).expect("scripts"))
        .map(|entry| entry.expect("a script").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    files
}

/// Runs a script in a heap of this size; gives the most that it used, if the machine started.
fn run(name: &str, source: &str, bytes: usize) -> Option<usize> {
    let mut host = Host::new(16);
    host.sink = Some(|_| {});
    let mut vm = Vm::new(bytes, Box::new(host)).ok()?;
    vm.mount_fs().expect("a file system");
    if vm.run_source(name, source).is_err() {
        let exception = vm.take_exc();
        let mut out = Out::console();
        // There may be too little for that too.
        if vm.print_exception(exception, &mut out).and_then(|()| out.finish(&mut vm)).is_err() {
            vm.take_exc();
        }
    }
    let globals = vm.module_globals(vm.main_module());
    vm.heap.table_clear(globals);
    vm.heap.collect();
    if vm.run_source("after.py", "assert ' '.join([str(i) for i in range(9)])[-1] == '8'").is_err() {
        vm.take_exc();
    }
    Some(vm.heap.stats().peak)
}

#[test]
fn any_heap_may_be_too_small() {
    let only = std::env::var("SCARCITY_CASE").ok();
    let steps = std::env::var("SCARCITY_STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(STEPS);
    let work = move || {
        let mut seed = 1u32;
        let mut failures = Vec::new();
        for file in scripts() {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            if only.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            let source = fs::read_to_string(&file).expect("readable");
            let most = run(&name, &source, PLENTY).expect("room") + (8 << 10);
            for step in 0..steps {
                // Somewhere in each of so many parts of the range.
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let part = most.saturating_sub(LEAST) / steps;
                let bytes = LEAST + part * step + (seed >> 8) as usize % part.max(1);
                if std::panic::catch_unwind(|| run(&name, &source, bytes)).is_err() {
                    failures.push(format!("{name} in {bytes} bytes"));
                }
            }
        }
        assert!(failures.is_empty(), "{failures:#?}");
    };
    // Native code may nest deeply before its bound.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work).expect("a thread");
    thread.join().expect("no panic");
}
