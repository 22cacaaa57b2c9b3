//! `solderless exec`

use std::process::ExitCode;

use anyhow::Result;

use super::board::{SerialArgs, open};
use super::output::Output;
use super::run::conclude;
use crate::session::{Command, Script};

/// Run a line of Python on a board, in the interpreter as it is
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The Python
    code: String,
    #[command(flatten)]
    board: SerialArgs,
    /// JSON lines: output, then how it ended
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let output = Output::new(args.json);
    let events = output.clone();
    let mut board = open(args.board.target()?, Command::Stop, move |event| events.event(event))?;
    let end = board.worker.exec(&Script { source: args.code, ..Script::default() })?;
    Ok(conclude(&output, &end, None))
}
