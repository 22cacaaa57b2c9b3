//! Rust's allocator may run out inside of native functions: on a chip its memory comes from the same arena as the
//! objects'. Requests that a script can make large must then raise MemoryError. (Small ones, up to
//! `RESERVE_LIMIT` bytes, are served from a reserve there, and compiling is given up as a whole.) Here each large
//! request fails in its turn; one that cannot be refused ends the process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use interpreter::hal::host::Host;
use interpreter::heap::blocks::RESERVE_LIMIT;
use interpreter::objects::native::ExcKind;
use interpreter::vm::{Out, Vm};

thread_local! {
    /// Large requests to come until one fails; 0: none will.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    /// Whether to show what is printed.
    static WRONG: Cell<bool> = const { Cell::new(false) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Bytes that the machine has made sure of, which it may take without asking, and within how many requests of any
    /// size: what comes later does not rely on them.
    static PROMISED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Failing;

fn refuses(size: usize) -> bool {
    let (bytes, requests) = PROMISED.get();
    PROMISED.set((bytes, requests.saturating_sub(1)));
    if size <= RESERVE_LIMIT || LEFT.get() == 0 || GUARDED.get() {
        return false;
    }
    if requests > 0 && size <= bytes {
        PROMISED.set((bytes - size, requests - 1));
        return false;
    }
    LEFT.set(LEFT.get() - 1);
    if LEFT.get() == 0 {
        FAILED.set(true);
    }
    FAILED.get()
}

// SAFETY: the system's allocator does the work; null is an answer that the trait allows.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(p, layout) }
    }
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && refuses(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: passed on.
        unsafe { System.realloc(p, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// Runs a script in which the `n`-th large request fails. False if there are not so many.
fn run(name: &str, source: &str, n: usize) -> bool {
    let mut host = Host::new(16);
    host.sink = Some(|text| {
        if WRONG.get() {
            print!("{}", String::from_utf8_lossy(text));
        }
    });
    host.guard = Some(|on| GUARDED.set(on));
    host.room = Some(|bytes| PROMISED.set((bytes, 8)));
    let mut vm = Vm::new(256 * 1024, Box::new(host)).expect("memory");
    vm.mount_fs().expect("a file system");
    FAILED.set(false);
    PROMISED.set((0, 0));
    LEFT.set(n);
    let result = vm.run_source(name, source);
    LEFT.set(0);
    let failed = FAILED.get();
    if result.is_err() {
        let memory = vm.exc_is(ExcKind::MemoryError);
        let exception = vm.take_exc();
        if !(failed && memory) {
            WRONG.set(true);
            let mut out = Out::console();
            let _ = vm.print_exception(exception, &mut out).and_then(|()| out.finish(&mut vm));
            panic!("{name}, request {n}: not a MemoryError");
        }
    }
    // And life goes on.
    assert!(vm.run_source("after.py", "assert ' '.join([str(i) for i in range(9)])[-1] == '8'").is_ok());
    failed
}

#[test]
fn every_large_request_may_fail() {
    let only = std::env::var("ALLOCATION_CASE").ok();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allocation");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("scripts").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let work = move || {
        for file in files {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            if only.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            let source = std::fs::read_to_string(&file).expect("readable");
            let mut n = 1;
            while run(&name, &source, n) {
                n += 1;
            }
            println!("{name}: {} requests", n - 1);
            assert!(n > 1, "{name} makes no large request");
        }
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work).expect("a thread");
    thread.join().expect("no failure");
}
