//! `solderless ls`

use std::process::ExitCode;

use anyhow::Result;

use super::board::{SerialArgs, open};
use crate::session::Command;

/// List a folder of a board's filesystem
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder
    #[arg(default_value = "/")]
    folder: String,
    #[command(flatten)]
    board: SerialArgs,
    /// One JSON array
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let mut board = open(args.board.target()?, Command::Stop, |_| {})?;
    let entries = board.worker.files(|files| files.list(&args.folder))?;
    if args.json {
        println!("{}", serde_json::to_string(&entries)?);
        return Ok(ExitCode::SUCCESS);
    }
    for entry in entries {
        if entry.folder {
            println!("{:>9}  {}/", "", entry.name);
        } else {
            println!("{:>9}  {}", entry.size, entry.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}
