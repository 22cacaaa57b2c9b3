//! Modules compiled by the official `mpy-cross` (`-O0`) from the sources beside them: they must print what
//! CPython prints for the source, and damaged or foreign files must be refused.

use interpreter::hal::host::Host;
use interpreter::objects::native::ExcKind;
use interpreter::vm::{Loader, Out, Vm};
use std::cell::RefCell;

thread_local! {
    static PRINTED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

const MODULES: [(&str, &[u8], &str); 3] = [
    ("coroutines", include_bytes!("mpy/coroutines.mpy"), include_str!("mpy/coroutines.out")),
    ("exceptions", include_bytes!("mpy/exceptions.mpy"), include_str!("mpy/exceptions.out")),
    ("functions", include_bytes!("mpy/functions.mpy"), include_str!("mpy/functions.out")),
];

fn file(path: &str) -> Option<&'static [u8]> {
    MODULES.iter().find(|(name, ..)| path.strip_suffix(".mpy") == Some(name)).map(|(_, bytes, _)| *bytes)
}

fn vm() -> Vm {
    let mut host = Host::new(8);
    host.sink =
        Some(|bytes| PRINTED.with_borrow_mut(|out| out.extend(bytes.iter().filter(|b| **b != b'\r'))));
    let mut vm = Vm::new(512 * 1024, Box::new(host)).expect("memory");
    vm.loader = Loader {
        kind: |_, path| file(path).map(|_| false),
        read: |_, path| Ok(file(path).map(<[u8]>::to_vec)),
    };
    vm
}

#[test]
fn modules_run_as_their_source_does() {
    let run = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
        for (name, _, expected) in MODULES {
            for stress in [false, true] {
                let mut vm = vm();
                vm.heap.set_stress(stress);
                PRINTED.take();
                if vm.run_source("main.py", &format!("import {name}")).is_err() {
                    let exception = vm.take_exc();
                    let mut out = Out::console();
                    vm.print_exception(exception, &mut out).expect("a printable exception");
                    out.finish(&mut vm).expect("memory");
                }
                assert_eq!(String::from_utf8_lossy(&PRINTED.take()), expected, "{name}, stress {stress}");
            }
        }
    });
    run.expect("a thread").join().expect("the same output");
}

/// What loading these bytes raises.
fn refusal(bytes: &[u8]) -> String {
    let mut vm = vm();
    let globals = vm.module_globals(vm.main_module());
    assert!(vm.run_mpy(bytes, globals).is_err());
    assert!(vm.exc_is(ExcKind::ValueError), "no ValueError");
    let exception = vm.take_exc();
    PRINTED.take();
    let mut out = Out::console();
    vm.print_exception(exception, &mut out).expect("a printable exception");
    out.finish(&mut vm).expect("memory");
    String::from_utf8_lossy(&PRINTED.take()).trim().to_string()
}

#[test]
fn what_is_no_module_of_this_version_is_refused() {
    assert_eq!(refusal(b""), "ValueError: incompatible .mpy file");
    assert_eq!(refusal(b"M\x05\x00\x1f"), "ValueError: incompatible .mpy file");
    assert_eq!(refusal(b"M\x06\x00\x3f\x00\x00"), "ValueError: incompatible .mpy file");
    // ARMv6-M in the header; then a function of the native kind.
    assert_eq!(refusal(b"M\x06\x13\x1f\x00\x00"), "ValueError: native code in .mpy unsupported");
    let (_, whole, _) = MODULES[2];
    for cut in (0..whole.len()).step_by(7) {
        assert!(refusal(&whole[..cut]).starts_with("ValueError: "));
    }
}
