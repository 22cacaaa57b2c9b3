//! A script that runs into every limit there is: each must be an exception of the right kind. On a board the same
//! script shows that none is a crash.

use interpreter::hal::host::Host;
use interpreter::vm::{Out, Vm};
use std::cell::RefCell;

thread_local! {
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

#[test]
fn every_limit_is_an_exception() {
    let run = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
        let mut host = Host::new(8);
        host.sink = Some(|bytes| {
            PRINTED.with_borrow_mut(|out| out.push_str(&String::from_utf8_lossy(bytes).replace('\r', "")));
        });
        let mut vm = Vm::new(256 * 1024, Box::new(host)).expect("memory");
        if vm.run_source("limits.py", include_str!("limits/limits.py")).is_err() {
            let exception = vm.take_exc();
            let mut out = Out::console();
            vm.print_exception(exception, &mut out).expect("a printable exception");
            out.finish(&mut vm).expect("memory");
        }
        let printed = PRINTED.take();
        let (limits, last) = printed.trim_end().rsplit_once('\n').expect("lines");
        assert_eq!(last, "and on 45 [1, {'a': 2}]");
        assert!(limits.lines().count() > 30, "{printed}");
        for line in limits.lines() {
            assert!(line.ends_with("Error"), "{line}");
        }
    });
    run.expect("a thread").join().expect("no crash");
}
