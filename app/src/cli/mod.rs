//! The command line: one file a subcommand. Only this part of the program prints.

mod bench;
mod board;
mod cat;
mod console;
mod exec;
mod flash;
mod gdb;
mod ls;
mod output;
mod ports;
#[cfg(target_os = "linux")]
mod pty;
mod put;
mod repl;
mod rm;
mod run;
mod serve;
mod speed;
mod uart;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A desktop workbench for MicroPython without the hardware.
#[derive(Debug, Parser)]
#[command(name = "solderless", version, args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Without a subcommand the window opens. Try: solderless run assets/examples/01-blink --for 5s"
)]
pub struct Cli {
    #[command(flatten)]
    window: WindowArgs,
    #[command(subcommand)]
    command: Option<Sub>,
}

/// How the window opens.
#[derive(Args, Clone, Debug, Default)]
pub struct WindowArgs {
    /// A project folder to open; the last one, or an example, when absent
    pub project: Option<PathBuf>,
    /// How to draw; tried in the platform's best order when absent
    #[arg(long, value_parser = ["glow", "wgpu"])]
    pub renderer: Option<String>,
    /// Begin with the board on this serial port
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// Write a picture of the window to this PNG file, then quit
    #[arg(long, value_name = "FILE")]
    pub screenshot: Option<PathBuf>,
    /// When to take the picture, in seconds
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    pub after: f64,
    /// A command to carry out at the start, such as `toggle-theme`; may be given several times
    #[arg(long = "do", value_name = "COMMAND")]
    pub commands: Vec<crate::command::Command>,
    /// The window's size, such as 1280x800
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub size: Option<(f32, f32)>,
    /// Write all that enters the emulated board, with its time, to this file, until it is switched off
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Let what such a file holds enter the emulated board again
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// Where settings, recovered texts and copies of examples are kept
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Open the window
    Gui(Box<WindowArgs>),
    Run(run::Args),
    Repl(repl::Args),
    Ports(ports::Args),
    Upload(upload::Args),
    Ls(ls::Args),
    Cat(cat::Args),
    Rm(rm::Args),
    Put(put::Args),
    Exec(exec::Args),
    Flash(flash::Args),
    Serve(serve::Args),
    Bench(bench::Args),
}

impl WindowArgs {
    /// What the window needs to know.
    pub fn options(self) -> crate::ui::Options {
        crate::ui::Options {
            project: self.project,
            renderer: self.renderer,
            screenshot: self.screenshot,
            after: std::time::Duration::try_from_secs_f64(self.after).unwrap_or_default(),
            commands: self.commands,
            data: self.data,
            target: self.port.map(|port| crate::session::Target::Serial { port }),
            size: self.size,
            record: self.record,
            replay: self.replay,
        }
    }
}

fn size(text: &str) -> Result<(f32, f32), String> {
    let parse = |number: &str| number.trim().parse::<f32>().ok().filter(|n| (200.0..=16_000.0).contains(n));
    text.split_once('x')
        .and_then(|(width, height)| Some((parse(width)?, parse(height)?)))
        .ok_or_else(|| format!("`{text}` is no size: give width and height in points, such as 1280x800"))
}

/// What the arguments ask for: a window, or something that is over already.
pub enum Asked {
    /// Open the window.
    Window(Box<WindowArgs>),
    /// Leave with this code.
    Done(ExitCode),
}

/// Reads the arguments and does what they say, except opening the window.
pub fn main() -> Asked {
    let cli = Cli::parse();
    let done = match cli.command {
        None => return Asked::Window(Box::new(cli.window)),
        Some(Sub::Gui(args)) => return Asked::Window(args),
        Some(Sub::Run(args)) => run::run(args),
        Some(Sub::Repl(args)) => repl::run(args),
        Some(Sub::Ports(args)) => ports::run(args),
        Some(Sub::Upload(args)) => upload::run(args),
        Some(Sub::Ls(args)) => ls::run(args),
        Some(Sub::Cat(args)) => cat::run(args),
        Some(Sub::Rm(args)) => rm::run(args),
        Some(Sub::Put(args)) => put::run(args),
        Some(Sub::Exec(args)) => exec::run(args),
        Some(Sub::Flash(args)) => flash::run(args),
        Some(Sub::Serve(args)) => serve::run(args),
        Some(Sub::Bench(args)) => bench::run(args),
    };
    Asked::Done(done.unwrap_or_else(|error| {
        eprintln!("solderless: {error:#}");
        ExitCode::FAILURE
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_folder_opens_the_window_and_a_word_is_a_subcommand() {
        let cli = Cli::parse_from(["solderless", "my/project"]);
        assert_eq!(cli.window.project, Some(PathBuf::from("my/project")));
        assert!(matches!(Cli::parse_from(["solderless", "ports"]).command, Some(Sub::Ports(_))));
    }
}
