//! `solderless flash`

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use emulator::machine;

use crate::flash::{self, Volume};

/// Read and write the files in an emulated board's flash while the board is off
///
/// FLASH is the file that `--flash` keeps a board's flash in (the window keeps a project's in
/// .solderless/flash.bin), or any raw copy of a flash chip. littlefs and FAT are found by themselves.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List a folder
    Ls {
        /// The flash contents
        flash: PathBuf,
        /// The folder
        #[arg(default_value = "/")]
        folder: String,
    },
    /// Copy a file out
    Get {
        /// The flash contents
        flash: PathBuf,
        /// The file on the board
        path: String,
        /// Its place here; its own name when absent, `-` for standard output
        to: Option<PathBuf>,
    },
    /// Copy a file in
    Put {
        /// The flash contents
        flash: PathBuf,
        /// The file here; `-` for standard input
        from: PathBuf,
        /// Its path on the board; its own name when absent
        path: Option<String>,
    },
    /// Remove a file or an empty folder
    Rm {
        /// The flash contents
        flash: PathBuf,
        /// What to remove
        path: String,
    },
    /// Where file systems lie and how full they are
    Df {
        /// The flash contents
        flash: PathBuf,
    },
}

pub fn run(args: Args) -> Result<ExitCode> {
    match args.action {
        Action::Ls { flash, folder } => {
            for entry in Volume::open(&load(&flash)?)?.list(&folder)? {
                match entry.size {
                    None => println!("{:>9}  {}/", "", entry.name),
                    Some(size) => println!("{size:>9}  {}", entry.name),
                }
            }
        }
        Action::Get { flash, path, to } => {
            let bytes = Volume::open(&load(&flash)?)?.read(&path)?;
            let own = path.rsplit(['/', ':']).next().unwrap_or(&path);
            let to = to.unwrap_or_else(|| PathBuf::from(own));
            if to.as_os_str() == "-" {
                std::io::stdout().write_all(&bytes)?;
            } else {
                std::fs::write(&to, bytes).with_context(|| to.display().to_string())?;
            }
        }
        Action::Put { flash, from, path } => {
            let mut bytes = Vec::new();
            if from.as_os_str() == "-" {
                std::io::stdin().read_to_end(&mut bytes).context("standard input")?;
            } else {
                bytes = std::fs::read(&from).with_context(|| from.display().to_string())?;
            }
            let own = || from.file_name().unwrap_or_default().to_string_lossy().into_owned();
            change(&flash, |volume| volume.write(&path.unwrap_or_else(own), &bytes))?;
        }
        Action::Rm { flash, path } => change(&flash, |volume| volume.remove(&path))?,
        Action::Df { flash } => {
            let contents = load(&flash)?;
            let usage = Volume::open(&contents)?.usage()?;
            for (n, place) in flash::find(&contents).into_iter().enumerate() {
                print!("{} at {:#x}, {} KiB", place.kind, place.offset, place.len / 1024);
                if n == 0 {
                    print!(
                        ": {} KiB used, {} KiB free",
                        usage.used / 1024,
                        (usage.total - usage.used) / 1024
                    );
                }
                println!();
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn load(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// Changes the files and writes the flash contents back in one step; after an error they stay as they were.
fn change(path: &Path, work: impl FnOnce(&mut Volume) -> Result<(), flash::FlashError>) -> Result<()> {
    let mut contents = load(path)?;
    let mut volume = Volume::open(&contents)?;
    work(&mut volume)?;
    volume.save(&mut contents)?;
    machine::replace(path, &contents).with_context(|| path.display().to_string())
}
