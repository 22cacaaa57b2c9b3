//! `solderless repl`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::board::{EmulatedArgs, SerialArgs, open};
use super::console::{RawTerminal, forward_keys};
use crate::session::{Command, Event, Speed, State};

/// Talk to a board's prompt: an emulated one, or with --port a real one. Ctrl-] leaves
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    emulated: EmulatedArgs,
    /// `real`, `max`, or a factor such as 2 or 0.1
    #[arg(long, default_value = "real")]
    speed: Speed,
    /// A real board at this serial port
    #[arg(long, short, conflicts_with_all = ["bench", "firmware", "flash", "record", "replay", "speed"])]
    port: Option<String>,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let target = match &args.port {
        Some(port) => SerialArgs { port: Some(port.clone()) }.target()?,
        None => args.emulated.target(args.speed),
    };
    let lost = std::rc::Rc::new(std::cell::RefCell::new(None));
    let last_words = lost.clone();
    let board = open(target, Command::Input(vec![3]), move |event| match event {
        // Byte for byte: the board draws its own prompt line with control sequences.
        Event::Output(bytes) => {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(&bytes).and_then(|()| out.flush());
        }
        Event::Failed { doing, why } => eprint!("\r\nsolderless: {doing}: {why}\r\n"),
        Event::Fault(report) => eprint!("\r\n{}\r\n", report.replace('\n', "\r\n")),
        Event::State(State::Lost { why }) => *last_words.borrow_mut() = Some(why),
        _ => {}
    })?;
    if std::io::stdin().is_terminal() {
        eprintln!("Ctrl-] leaves.");
    }
    let mut worker = board.worker;
    {
        let _raw = RawTerminal::enter();
        forward_keys(board.requests.clone());
        if args.port.is_some() {
            // A real board has said its banner long ago: have it show its prompt.
            worker.send(b"\r")?;
        }
        worker.serve();
    }
    println!();
    if let Some(why) = lost.borrow_mut().take() {
        anyhow::bail!(why);
    }
    Ok(ExitCode::SUCCESS)
}
