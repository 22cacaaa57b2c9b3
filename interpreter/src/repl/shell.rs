//! One life of the interpreter, from start to soft reset: boot.py, main.py, the prompt.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Action, Completion, END, Input, Repl, Terminal};
use crate::compiler::Mode;
use crate::modules::{events, frozen, sys};
use crate::objects::native::{ExcKind, R};
use crate::value::Val;
use crate::vm::{Out, Vm};

/// How a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// By itself, or by an exception that was shown.
    Done,
    /// By SystemExit: the interpreter restarts.
    Exit,
}

/// The virtual machine as the prompt's surroundings.
struct Screen<'a>(&'a mut Vm);

impl Terminal for Screen<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.hal.console_write(bytes);
    }

    fn make_room(&mut self, bytes: usize) {
        self.0.make_room(bytes);
    }

    fn complete(&mut self, text: &str) -> Completion {
        match complete(self.0, text) {
            Ok(completion) => completion,
            Err(_) => {
                // A property that raises, or no memory: nothing to offer.
                self.0.take_exc();
                Completion::default()
            }
        }
    }
}

/// Runs until the next soft reset; `raw` is the prompt's mode from before it. Gives the mode to go on with.
///
/// The caller then makes a new virtual machine: nothing of the old one is left.
#[inline(never)]
pub fn session(vm: &mut Vm, raw: bool) -> bool {
    vm.hal.set_interrupt_char(None);
    let board = vm.hal.board();
    let mut repl = Repl::new(sys::BANNER, board, raw);
    if let Err(error) = vm.mount_fs() {
        let mut out = Out::console();
        let _ = core::fmt::Write::write_fmt(&mut out, format_args!("no file system: {error}\n"));
        let _ = out.finish(vm);
    }
    let ended =
        run_file(vm, "boot.py") == End::Exit || (repl.is_friendly() && run_file(vm, "main.py") == End::Exit);
    if !ended {
        repl.start(&mut Screen(vm));
        prompt(vm, &mut repl);
    }
    vm.write_console(b"MPY: soft reboot\n");
    vm.hal.console_flush();
    vm.end_threads();
    events::clear(vm);
    let _ = vm.try_fs(|fs, flash| {
        fs.close_unless(flash, |_| false);
        Ok(())
    });
    vm.hal.soft_reset();
    !repl.is_friendly()
}

/// Serves the prompt until a soft reset is asked for.
fn prompt(vm: &mut Vm, repl: &mut Repl) {
    loop {
        let byte = next_byte(vm);
        match repl.feed(byte, &mut Screen(vm)) {
            Action::None => {}
            Action::SoftReset => return,
            Action::Run { source, input, framed } => {
                let mode = if input == Input::Single { Mode::Single } else { Mode::Exec };
                if run(vm, source, "<stdin>", mode, framed) == End::Exit {
                    return;
                }
                repl.ready(&mut Screen(vm));
            }
        }
    }
}

/// Waits for a byte; callbacks run meanwhile.
fn next_byte(vm: &mut Vm) -> u8 {
    loop {
        if let Some(byte) = vm.hal.console_read() {
            return byte;
        }
        if vm.poll().is_err() {
            vm.take_exc();
        }
        vm.heap.clear_temps();
        if !vm.hal.console_readable() {
            // Threads that a program has left behind go on.
            let until = vm.input_deadline();
            if vm.idle_until(until).is_err() {
                vm.take_exc();
            }
        }
    }
}

/// Runs a file if it exists.
fn run_file(vm: &mut Vm, path: &str) -> End {
    match vm.read_source(path) {
        Ok(None) => End::Done,
        Ok(Some(source)) => run(vm, source, path, Mode::Exec, false),
        Err(_) => {
            report(vm);
            End::Done
        }
    }
}

/// Runs a source with Ctrl-C on, and shows how it ended.
fn run(vm: &mut Vm, source: String, file: &str, mode: Mode, framed: bool) -> End {
    let main = vm.main_module();
    let globals = vm.module_globals(main);
    if matches!(mode, Mode::Exec) {
        // What the program before left has died since: this one's code would stay above it, and part the memory.
        vm.heap.collect();
    }
    let interrupt = vm.state.kbd_intr;
    vm.hal.set_interrupt_char(interrupt);
    let result = vm.exec_source(&source, file, mode, globals, None);
    // What arrives from here on is for the prompt; an interrupt that came too late is void.
    vm.hal.set_interrupt_char(None);
    drop(source);
    if framed {
        vm.hal.console_write(END);
    }
    let end = match result {
        Ok(_) => End::Done,
        Err(_) if vm.exc_is(ExcKind::SystemExit) => {
            vm.take_exc();
            End::Exit
        }
        Err(_) => {
            report(vm);
            End::Done
        }
    };
    if framed {
        vm.hal.console_write(END);
    }
    vm.heap.clear_temps();
    end
}

/// Shows the exception that was raised.
fn report(vm: &mut Vm) {
    let exc = vm.take_exc();
    let mut out = Out::console();
    let shown = vm.heap.keep(exc).map_err(|e| e.into()).and_then(|_| vm.print_exception(exc, &mut out));
    if shown.and_then(|()| out.finish(vm)).is_err() {
        vm.take_exc();
        vm.write_console(b"MemoryError\n");
    }
}

// ---- completion ----

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Completes the name (perhaps dotted) at the end of `text`.
fn complete(vm: &mut Vm, text: &str) -> R<Completion> {
    let start = text.bytes().rposition(|b| !is_name(b) && b != b'.').map_or(0, |i| i + 1);
    let dotted = &text[start..];
    let (path, prefix) = match dotted.rsplit_once('.') {
        Some((path, prefix)) => (Some(path), prefix),
        None => (None, dotted),
    };
    let before = text[..start].trim_end();
    let mut names: Vec<String> = Vec::new();
    let mut offer = |name: &str| {
        let hidden = prefix.is_empty() && name.starts_with('_');
        if name.starts_with(prefix) && !hidden && !names.iter().any(|n| n == name) {
            names.push(String::from(name));
        }
    };
    let importing = matches!(before, "import" | "from");
    match path {
        None if importing => {
            for module in crate::registry::native_modules() {
                offer(module.name);
            }
            for name in frozen::names().filter(|n| !n.contains('/')) {
                offer(name);
            }
        }
        Some(path) => {
            if let Some(object) = resolve(vm, path)? {
                each_name(vm, object, &mut offer)?;
            }
        }
        None => {
            let main = vm.main_module();
            each_name(vm, main, &mut offer)?;
            let builtins = crate::builtins::BUILTINS.val();
            each_name(vm, builtins, &mut offer)?;
        }
    }
    names.sort();
    let common = match names.split_first() {
        None => return Ok(Completion::default()),
        Some((first, rest)) => rest.iter().fold(first.len(), |n, name| {
            n.min(first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count())
        }),
    };
    let insert = String::from(&names[0][prefix.len()..common]);
    let choices = if names.len() > 1 { names } else { Vec::new() };
    Ok(Completion { insert, choices })
}

/// The object that a dotted name means, if it does.
fn resolve(vm: &mut Vm, path: &str) -> R<Option<Val>> {
    let mut parts = path.split('.');
    let Some(first) = parts.next() else { return Ok(None) };
    let main = vm.main_module();
    let mut object = match vm.getattr_opt(main, first)? {
        Some(object) => object,
        None => match vm.getattr_opt(crate::builtins::BUILTINS.val(), first)? {
            Some(object) => object,
            None => return Ok(None),
        },
    };
    for part in parts {
        vm.heap.keep(object)?;
        match vm.getattr_opt(object, part)? {
            Some(next) => object = next,
            None => return Ok(None),
        }
    }
    Ok(Some(object))
}

fn each_name(vm: &mut Vm, object: Val, offer: &mut dyn FnMut(&str)) -> R<()> {
    let names = vm.dir(object)?;
    for i in 0..vm.heap.list_len(names) {
        let name = vm.heap.list(names)[i];
        if let Some(name) = vm.heap.as_str(name) {
            offer(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
