//! Runs a Python file on the host: `run [--stress] [--heap KB] FILE [ARGS]`. Exit code 1 after an uncaught exception.
//!
//! For tests and for comparing with other implementations; modules are found beside the script.

use interpreter::hal::host::Host;
use interpreter::vm::{Loader, Out, Vm};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn to_stdout(bytes: &[u8]) {
    let text: Vec<u8> = bytes.iter().copied().filter(|b| *b != b'\r').collect();
    let _ = std::io::stdout().write_all(&text);
    let _ = std::io::stdout().flush();
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    let (mut stress, mut heap) = (false, 4096);
    while let Some(flag) = args.next_if(|a| a.starts_with("--")) {
        match flag.as_str() {
            "--stress" => stress = true,
            "--heap" => heap = args.next().and_then(|n| n.parse().ok()).unwrap_or(heap),
            _ => {
                eprintln!("unknown option {flag}");
                return ExitCode::from(2);
            }
        }
    }
    let Some(file) = args.next() else {
        eprintln!("usage: run [--stress] [--heap KB] FILE");
        return ExitCode::from(2);
    };
    let source = match std::fs::read_to_string(&file) {
        Ok(s) => s,
        Err(e) => {
            eprintln!("{file}: {e}");
            return ExitCode::from(2);
        }
    };
    // Deep recursion of native code is bounded; give debug builds room for it.
    let run = move || {
        let mut host = Host::new(64);
        host.sink = Some(to_stdout);
        let mut vm = match Vm::new(heap * 1024, Box::new(host)) {
            Ok(vm) => vm,
            Err(e) => {
                eprintln!("{e}");
                return ExitCode::from(2);
            }
        };
        vm.loader = Loader {
            kind: |_, path| std::fs::metadata(path).ok().map(|m| m.is_dir()),
            read: |_, path| Ok(std::fs::read(path).ok()),
        };
        if let Some(folder) = Path::new(&file).parent().filter(|f| !f.as_os_str().is_empty())
            && let Ok(list) = vm.sys_path()
            && let Ok(folder) = vm.new_str(&folder.to_string_lossy())
        {
            let _ = vm.heap.list_insert(list, 0, folder);
        }
        vm.heap.set_stress(stress);
        if vm.run_source(&file, &source).is_ok() {
            return ExitCode::SUCCESS;
        }
        let exc = vm.take_exc();
        if let Some(code) = vm.exit_code(exc) {
            return ExitCode::from(code as u8);
        }
        let mut out = Out::console();
        if vm.print_exception(exc, &mut out).is_ok() {
            let _ = out.finish(&mut vm);
        }
        ExitCode::from(1)
    };
    match std::thread::Builder::new().stack_size(64 << 20).spawn(run).map(|t| t.join()) {
        Ok(Ok(code)) => code,
        _ => ExitCode::from(3),
    }
}
