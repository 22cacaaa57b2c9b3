//! `solderless put`

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::board::{SerialArgs, open};
use crate::session::Command;

/// Write one file to a board under a name of your choice, verified
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file here; `-` for standard input
    from: PathBuf,
    /// Its path on the board
    to: String,
    #[command(flatten)]
    board: SerialArgs,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let mut bytes = Vec::new();
    if args.from.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes).context("standard input")?;
    } else {
        bytes = std::fs::read(&args.from).with_context(|| args.from.display().to_string())?;
    }
    let mut board = open(args.board.target()?, Command::Stop, |_| {})?;
    board.worker.files(|files| files.write(&args.to, &bytes, |_| {}))?;
    Ok(ExitCode::SUCCESS)
}
