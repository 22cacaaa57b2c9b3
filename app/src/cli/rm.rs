//! `solderless rm`

use std::process::ExitCode;

use anyhow::Result;

use super::board::{SerialArgs, open};
use crate::session::Command;

/// Delete files and empty folders on a board
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What to delete
    #[arg(required = true)]
    paths: Vec<String>,
    /// Folders with all that is in them
    #[arg(long, short)]
    recursive: bool,
    #[command(flatten)]
    board: SerialArgs,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let mut board = open(args.board.target()?, Command::Stop, |_| {})?;
    board.worker.files(|files| {
        args.paths
            .iter()
            .try_for_each(|path| if args.recursive { files.remove_all(path) } else { files.remove(path) })
    })?;
    Ok(ExitCode::SUCCESS)
}
