//! `solderless ports`

use std::process::ExitCode;

use anyhow::Result;

use crate::device::ports;

/// List the serial ports, with what USB says about each
#[derive(clap::Args, Debug)]
pub struct Args {
    /// One JSON array
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let ports = ports()?;
    if args.json {
        println!("{}", serde_json::to_string(&ports)?);
    } else if ports.is_empty() {
        eprintln!("no serial ports; plug a board in, with a cable that carries data");
    }
    let width = ports.iter().map(|port| port.name.len()).max().unwrap_or(0);
    for port in ports.iter().filter(|_| !args.json) {
        println!("{:width$}  {:9}  {}", port.name, port.id, port.title);
    }
    Ok(ExitCode::SUCCESS)
}
