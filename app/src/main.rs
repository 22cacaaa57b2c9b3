//! The program: a window, or one of the subcommands.

use std::process::ExitCode;

use solderless::cli::{self, Asked};

fn main() -> ExitCode {
    match cli::main() {
        Asked::Done(code) => code,
        Asked::Window(_) if !has_display() => {
            eprintln!(
                "solderless: there is no display to open a window on (DISPLAY and WAYLAND_DISPLAY are not set).\n\
                 Without one, run a project like this:  solderless run assets/examples/01-blink --for 5s\n\
                 All it can do: solderless --help"
            );
            ExitCode::FAILURE
        }
        Asked::Window(args) => match solderless::ui::run(args.options()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("solderless: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Is there anything to open a window on? Other systems always have one.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
