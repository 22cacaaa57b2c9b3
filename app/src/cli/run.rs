//! `solderless run`

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use emulator::trace::Trace;
use emulator::trace::export::{self, Selection};
use serde_json::json;

use super::board::{EmulatedArgs, SerialArgs, duration, open};
use super::console::forward_input;
use super::output::Output;
use crate::project::{BENCH, explain, first_error};
use crate::session::{Command, RunEnd, Script, Speed, Stats};

/// Run a script on an emulated board, or with --port on a real one
///
/// Ends with code 0 when the script ends without an uncaught exception, or still runs when the time
/// given with --for is over; 1 after an exception or a failure; 130 after Ctrl-C.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The script, or a folder with a main.py; `-` for standard input
    script: PathBuf,
    #[command(flatten)]
    emulated: EmulatedArgs,
    /// Stop after so much of the board's time, such as 5s or 250ms
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Duration>,
    /// `max`, `real`, or a factor such as 2 or 0.1
    #[arg(long, default_value = "max")]
    speed: Speed,
    /// Write every pin edge to a value change dump
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// Write levels and values over time to a CSV file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write every bus transaction to a CSV file
    #[arg(long, value_name = "FILE")]
    bus_csv: Option<PathBuf>,
    /// Run on a real board at this serial port
    #[arg(long, short, conflicts_with_all = ["bench", "firmware", "flash", "vcd", "csv", "bus_csv", "speed"])]
    port: Option<String>,
    /// Leave it to the board to find syntax errors
    #[arg(long)]
    unchecked: bool,
    /// JSON lines: output, then how it ended
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let (script, folder) = read_script(&args.script)?;
    let output = Output::new(args.json);
    if !args.unchecked
        && let Some(error) = first_error(&script.source)
    {
        let text = explain(&script.name, &script.source, &error);
        if args.json {
            output.json(json!({
                "event": "syntax_error", "file": script.name, "line": error.line, "column": error.column,
                "end_column": error.end_column, "kind": error.kind.name(), "message": error.message,
            }));
        } else {
            eprintln!("{text}");
        }
        return Ok(ExitCode::FAILURE);
    }
    let mut emulated = args.emulated.clone();
    // A project is a folder: its bench.toml is meant unless another is named.
    let beside = folder.join(BENCH);
    if emulated.bench.is_none() && args.script.as_os_str() != "-" && beside.is_file() {
        emulated.bench = Some(beside);
    }
    let target = match &args.port {
        Some(port) => SerialArgs { port: Some(port.clone()) }.target()?,
        None => emulated.target(args.speed),
    };
    let events = output.clone();
    let mut board = open(target, Command::Stop, move |event| events.event(event))?;
    if let Some(emulated) = board.worker.emulated() {
        // Nobody sits before it: no need for idling at a person's pace.
        emulated.idles = false;
    }
    if args.script.as_os_str() != "-" {
        forward_input(board.requests.clone());
    }
    let end = board.worker.run(&script, args.limit)?;
    board.trace.read(|trace| args.export(trace))?;
    let stats = board.worker.emulated().map(|board| board.stats());
    Ok(conclude(&output, &end, stats.as_ref()))
}

impl Args {
    /// Writes the files asked for. Also after an exception: that is when one wants to see what happened.
    fn export(&self, trace: &Trace) -> Result<()> {
        let all = Selection::default();
        let write = |path: &Option<PathBuf>, writer: Writer| match path {
            None => Ok(()),
            Some(path) => File::create(path)
                .and_then(|file| writer(trace, &all, BufWriter::new(file)))
                .with_context(|| path.display().to_string()),
        };
        write(&self.vcd, export::vcd)?;
        write(&self.csv, export::csv)?;
        write(&self.bus_csv, export::csv_bus)
    }
}

type Writer = fn(&Trace, &Selection, BufWriter<File>) -> std::io::Result<()>;

/// Tells how a program ended, and gives the exit code for it.
pub fn conclude(output: &Output, end: &RunEnd, stats: Option<&Stats>) -> ExitCode {
    if output.is_json() {
        output.json(json!({
            "event": "end",
            "ok": end.ok,
            "stopped": end.stopped,
            "traceback": end.traceback,
            "virtual_seconds": stats.map(|stats| stats.virtual_time.as_secs_f64()),
            "instructions": stats.map(|stats| stats.instructions),
            "mips": stats.map(|stats| stats.mips),
            "real_time_ratio": stats.map(|stats| stats.ratio),
        }));
    } else if !end.traceback.is_empty() {
        eprintln!("{}", end.traceback.trim_end());
    }
    match end {
        RunEnd { ok: true, .. } => ExitCode::SUCCESS,
        RunEnd { stopped: true, .. } => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}

/// The script, and the folder it lies in.
fn read_script(path: &Path) -> Result<(Script, PathBuf)> {
    if path.as_os_str() == "-" {
        let mut source = String::new();
        std::io::stdin().read_to_string(&mut source).context("standard input")?;
        return Ok((Script { name: "<stdin>".into(), source, folder: None }, PathBuf::from(".")));
    }
    let file = if path.is_dir() { path.join("main.py") } else { path.to_path_buf() };
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let source = String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!("{}: not UTF-8 text (byte {})", file.display(), error.utf8_error().valid_up_to())
    })?;
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((Script { name, source, folder: Some(folder.clone()) }, folder))
}
