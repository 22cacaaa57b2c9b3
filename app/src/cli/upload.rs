//! `solderless upload`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::json;

use super::board::{SerialArgs, open};
use super::output::Output;
use crate::device::join;
use crate::session::{Command, Upload};

/// Copy files and folders to a board: only what differs, each file verified
///
/// A file goes to the board's top folder under its own name. So does a folder; a folder given with a
/// slash at its end (`src/`) gives what is in it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files and folders
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The folder on the board that receives them
    #[arg(long, default_value = "/")]
    to: String,
    /// Restart the interpreter afterwards, so that main.py runs
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    board: SerialArgs,
    /// JSON lines: progress, then a summary
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let what = args.paths.iter().map(|path| destination(path, &args.to)).collect::<Result<Vec<Upload>>>()?;
    let output = Output::new(args.json);
    let events = output.clone();
    let mut board = open(args.board.target()?, Command::Stop, move |event| events.event(event))?;
    let done = board.worker.upload(&what);
    output.clear_progress();
    let summary = done?;
    if args.reset {
        board.worker.soft_reset()?;
    }
    if args.json {
        output.json(json!({
            "event": "uploaded", "written": summary.written, "skipped": summary.skipped, "bytes": summary.bytes,
        }));
    } else {
        for path in &summary.written {
            println!("wrote   {path}");
        }
        for path in &summary.skipped {
            println!("has it  {path}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a path goes on the board.
fn destination(path: &Path, folder: &str) -> Result<Upload> {
    let content_only = path.is_dir() && path.to_string_lossy().ends_with(['/', '\\', '.']);
    let to = if content_only {
        folder.to_string()
    } else {
        let name = path
            .file_name()
            .with_context(|| format!("{}: give a file or folder by its name", path.display()))?;
        join(folder, name.to_str().with_context(|| format!("{}: its name is not Unicode", path.display()))?)
    };
    Ok(Upload { from: path.to_path_buf(), to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_by_name_and_its_content_with_a_slash() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("src");
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(destination(&folder, "/").unwrap().to, "/src");
        assert_eq!(destination(&folder.join(""), "/app").unwrap().to, "/app");
        assert_eq!(destination(Path::new("main.py"), "/lib/").unwrap().to, "/lib/main.py");
        assert!(destination(Path::new("/"), "/").is_ok());
        assert!(destination(Path::new(".."), "/").is_ok());
    }
}
