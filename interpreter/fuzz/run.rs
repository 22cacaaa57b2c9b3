//! One input, carried out: what the fuzzer does again and again, and the tests once for each file of
//! the corpus. Nothing here may panic, overflow or hang, whatever the input.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use interpreter::hal::host::Host;
use interpreter::hal::{Events, Pending};
use interpreter::repl::shell;
use interpreter::vm::{Out, Vm};

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Source text, run as a script.
    Source,
    /// Bytes typed at the prompt.
    Repl,
    /// A module's compiled form.
    Mpy,
}

impl Target {
    /// By its name, which is that of its corpus's folder.
    pub fn named(name: &str) -> Option<Target> {
        match name {
            "source" => Some(Target::Source),
            "repl" => Some(Target::Repl),
            "mpy" => Some(Target::Mpy),
            _ => None,
        }
    }
}

/// How long a program may run before Ctrl-C, and how long Ctrl-C may take.
const PATIENCE: Duration = Duration::from_millis(150);
const UNHEEDED: Duration = Duration::from_secs(20);

/// What the process's exit code says when one input was given up.
pub const CATCHES_EVERYTHING: i32 = 43;
/// A native function did not look whether Ctrl-C was pressed.
pub const HANGS: i32 = 44;

/// Inputs begun, so that the watch knows a new one from an old one.
static ROUND: AtomicU64 = AtomicU64::new(0);

/// Carries an input out.
pub fn run(target: Target, input: &[u8]) {
    ROUND.fetch_add(1, Ordering::SeqCst);
    let mut host = Host::new(16);
    host.sink = Some(|_| {});
    let pending = host.pending();
    let round = ROUND.load(Ordering::SeqCst);
    let watch = std::thread::spawn(move || watch(round, pending));
    match target {
        Target::Source => source(host, input),
        Target::Repl => repl(host, input),
        Target::Mpy => mpy(host, input),
    }
    ROUND.fetch_add(1, Ordering::SeqCst);
    watch.thread().unpark();
    // (A handle that is dropped detaches its thread, in which glibc before 2.41 has a race.)
    let _ = watch.join();
}

/// Presses Ctrl-C when an input takes too long, and ends the process when that does not help.
fn watch(round: u64, pending: &'static Pending) {
    let begun = Instant::now();
    let running = || ROUND.load(Ordering::SeqCst) == round;
    while running() && begun.elapsed() < PATIENCE {
        std::thread::park_timeout(PATIENCE);
    }
    let (mut pressed, mut heeded) = (Instant::now(), false);
    while running() {
        if !pending.interrupted() {
            // It took the last one.
            heeded = true;
            pressed = Instant::now();
        }
        pending.interrupt();
        if heeded && begun.elapsed() > UNHEEDED {
            std::process::exit(CATCHES_EVERYTHING);
        }
        if pressed.elapsed() > UNHEEDED {
            std::process::exit(HANGS);
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

fn source(host: Host, input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(mut vm) = Vm::new(128 * 1024, Box::new(host)) else { return };
    if vm.run_source("fuzz.py", text).is_err() {
        report(&mut vm);
    }
}

fn mpy(host: Host, input: &[u8]) {
    let Ok(mut vm) = Vm::new(128 * 1024, Box::new(host)) else { return };
    let globals = vm.module_globals(vm.main_module());
    if vm.run_mpy(input, globals).is_err() {
        report(&mut vm);
    }
}

fn repl(mut host: Host, input: &[u8]) {
    host.type_in(input);
    // However the input leaves the prompt, this ends it.
    for _ in 0..16 {
        host.type_in(b"\r\n\x04\x04\x02\x04");
    }
    let Ok(mut vm) = Vm::new(128 * 1024, Box::new(host)) else { return };
    shell::session(&mut vm, false);
}

fn report(vm: &mut Vm) {
    let exception = vm.take_exc();
    let mut out = Out::console();
    if vm.print_exception(exception, &mut out).is_ok() {
        let _ = out.finish(vm);
    }
}
