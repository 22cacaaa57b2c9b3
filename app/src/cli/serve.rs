//! `solderless serve`

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::board::{EmulatedArgs, UartArgs};
use crate::session::Speed;

/// Offer an emulated board as a serial device, for mpremote, Thonny and other tools
///
/// The first line printed is the path of a pseudo-terminal, the second that of the UART's with --uart-pty. Any
/// number of programs may open and close it one after the other, as they would a board's port. Ctrl-C ends it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// On a pseudo-terminal (the only way so far)
    #[arg(long)]
    pty: bool,
    #[command(flatten)]
    emulated: EmulatedArgs,
    #[command(flatten)]
    uart: UartArgs,
    /// `real`, `max`, or a factor such as 2 or 0.1
    #[arg(long, default_value = "real")]
    speed: Speed,
}

#[cfg(not(target_os = "linux"))]
pub fn run(_args: Args) -> Result<ExitCode> {
    bail!("this needs Linux; `solderless repl` works here")
}

#[cfg(target_os = "linux")]
pub fn run(args: Args) -> Result<ExitCode> {
    if !args.pty {
        bail!("say how: `solderless serve --pty`");
    }
    on_pty(&args)
}

#[cfg(target_os = "linux")]
fn on_pty(args: &Args) -> Result<ExitCode> {
    use std::cell::RefCell;
    use std::io::Write;
    use std::rc::Rc;

    use super::board::open;
    use super::pty::Line;
    use crate::session::{Command, Event, State};

    let line = Line::open()?;
    let uart = args.uart.line()?;
    let mut outlet = line.outlet.try_clone()?;
    let mut uart_outlet = uart.as_ref().map(|(uart, _)| uart.outlet()).transpose()?;
    let lost = Rc::new(RefCell::new(None));
    let last_words = lost.clone();
    let emit = RefCell::new(move |event| {
        if let Some(uart) = &mut uart_outlet {
            uart.event(&event);
        }
        match event {
            Event::Output(bytes) => outlet.push(&bytes),
            // Time for what the client had no room for.
            Event::Stats(_) => outlet.flush(),
            Event::Fault(report) => eprintln!("{report}"),
            Event::Failed { doing, why } => eprintln!("solderless: {doing}: {why}"),
            Event::State(State::Lost { why }) => *last_words.borrow_mut() = Some(why),
            _ => {}
        }
    });
    let target = args.uart.wired(args.emulated.target(args.speed));
    let mut board = open(target, Command::Close, move |event| (emit.borrow_mut())(event))?;
    println!("{}", line.path.display());
    if let Some((uart, path)) = uart {
        println!("{path}");
        uart.forward(board.requests.clone());
    }
    std::io::stdout().flush()?;

    let requests = board.requests.clone();
    line.forward(move |_, bytes| bytes.is_empty() || requests.send(Command::Input(bytes)).is_ok());
    board.worker.serve();
    match lost.borrow_mut().take() {
        Some(why) => bail!(why),
        None => Ok(ExitCode::SUCCESS),
    }
}
