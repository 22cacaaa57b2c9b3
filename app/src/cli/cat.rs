//! `solderless cat`

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::board::{SerialArgs, open};
use crate::session::Command;

/// Print a file of a board's filesystem, byte for byte
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The files
    #[arg(required = true)]
    paths: Vec<String>,
    #[command(flatten)]
    board: SerialArgs,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let mut board = open(args.board.target()?, Command::Stop, |_| {})?;
    for path in &args.paths {
        let bytes = board.worker.files(|files| files.read(path, |_| {}))?;
        let mut out = std::io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}
