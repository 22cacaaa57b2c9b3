//! `solderless run`

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use emulator::image::places::Places;
use emulator::trace::export::{self, Selection};
use emulator::trace::{SharedTrace, Trace};
use serde_json::json;

use super::board::{EmulatedArgs, SerialArgs, UartArgs, duration, open, requests};
use super::console::forward_input;
use super::gdb;
use super::output::Output;
use super::uart::UartLine;
use crate::project::{explain, first_error};
use crate::session::{
    Command, Emulated, EmulatedBoard, Event, RunEnd, Script, Speed, Stats, Target, Watched,
};

/// Run a script on an emulated board, or with --port on a real one; or firmware; or a recording
///
/// Ends with code 0 when the script ends without an uncaught exception, or still runs when the time
/// given with --for is over; 1 after an exception or a failure; 130 after Ctrl-C. Firmware runs until
/// --for or Ctrl-C, or ends with code 1 at a HardFault. With --replay the board runs to the end of the
/// recording, which names its bench and firmware.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A script, a folder with a main.py, `-` for standard input, or firmware (.uf2, .elf, .hex, .bin)
    #[arg(required_unless_present = "replay")]
    what: Option<PathBuf>,
    #[command(flatten)]
    emulated: EmulatedArgs,
    #[command(flatten)]
    uart: UartArgs,
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
    #[arg(long, short, conflicts_with_all = ["bench", "firmware", "flash", "record", "replay", "uart_pty", "vcd", "csv", "bus_csv", "speed"])]
    port: Option<String>,
    /// Firmware only: wait for a debugger (gdb) at this port of this computer
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "3333", conflicts_with = "replay")]
    gdb: Option<u16>,
    /// Firmware only: the ELF file that names its functions in reports, when the image is none itself
    #[arg(long, value_name = "FILE")]
    elf: Option<PathBuf>,
    /// Firmware only: answer its calls to a debugger (semihosting): text, time, the end of the program
    #[arg(long)]
    semihosting: bool,
    /// Firmware only: sample call stacks into a file of folded stacks, as flame graph tools read
    #[arg(long, value_name = "FILE", conflicts_with = "gdb")]
    profile: Option<PathBuf>,
    /// Leave it to the board to find syntax errors
    #[arg(long)]
    unchecked: bool,
    /// JSON lines: output, then how it ended
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<ExitCode> {
    let output = Output::new(args.json);
    let named = args.what.clone().unwrap_or_else(|| PathBuf::from("."));
    if args.emulated.replay.is_some() {
        // A script or folder beside it says whose bench is meant.
        let emulated = match &args.what {
            Some(named) => args.emulated.clone().or_bench_in(folder_of(named)),
            None => args.emulated.clone(),
        };
        return args.watch(&output, emulated.target(args.speed));
    }
    if is_image(&named) {
        let emulated = EmulatedArgs { firmware: Some(named.clone()), ..args.emulated.clone() };
        return match args.gdb {
            Some(port) => args.debug(&output, folder_of(&named), emulated, port),
            None => args.watch(&output, emulated.or_bench_in(folder_of(&named)).target(args.speed)),
        };
    }
    if args.gdb.is_some() {
        bail!("--gdb is for firmware: give an .elf, .uf2, .hex or .bin file in place of {}", named.display());
    }
    let firmware_only = [
        ("--elf", args.elf.is_some()),
        ("--semihosting", args.semihosting),
        ("--profile", args.profile.is_some()),
    ];
    if let Some((option, _)) = firmware_only.iter().find(|(_, given)| *given) {
        bail!(
            "{option} is for firmware: give an .elf, .uf2, .hex or .bin file in place of {} (`solderless bench \
             --profile` samples a script)",
            named.display()
        );
    }
    let (script, folder) = read_script(&named)?;
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
    let stdin = named.as_os_str() == "-";
    let emulated = if stdin { args.emulated.clone() } else { args.emulated.clone().or_bench_in(&folder) };
    let target = match &args.port {
        Some(port) => SerialArgs { port: Some(port.clone()) }.target()?,
        None => match emulated.target(args.speed) {
            Target::Emulated(what) if !stdin => {
                let main = if named.is_dir() { named.join("main.py") } else { named.clone() };
                Target::Emulated(Emulated { script: Some(main), ..what })
            }
            target => target,
        },
    };
    let target = args.uart.wired(target);
    let uart = args.offer_uart()?;
    let events = output.clone();
    let outlet = uart.as_ref().map(UartLine::outlet).transpose()?.map(RefCell::new);
    let mut board = open(target, Command::Stop, move |event| {
        if let Some(outlet) = &outlet {
            outlet.borrow_mut().event(&event);
        }
        events.event(event);
    })?;
    if let Some(uart) = uart {
        uart.forward(board.requests.clone());
    }
    if let Some(emulated) = board.worker.emulated() {
        // Nobody sits before it: no need for idling at a person's pace.
        emulated.idles = false;
    }
    if !stdin {
        forward_input(board.requests.clone());
    }
    let end = board.worker.run(&script, args.limit)?;
    board.trace.read(|trace| args.export(trace))?;
    let stats = board.worker.emulated().map(|board| board.stats());
    Ok(conclude(&output, &end, stats.as_ref()))
}

fn folder_of(path: &Path) -> &Path {
    if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) }
}

/// Firmware rather than a script, by the file's name.
fn is_image(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| ["uf2", "elf", "hex", "bin"].iter().any(|known| extension == *known))
}

impl Args {
    /// Lets firmware, or a recording, run by itself.
    fn watch(&self, output: &Rc<Output>, target: Target) -> Result<ExitCode> {
        let target = self.uart.wired(target);
        let uart = self.offer_uart()?;
        let events = output.clone();
        let outlet = uart.as_ref().map(UartLine::outlet).transpose()?.map(RefCell::new);
        let mut board = open(target, Command::Stop, move |event| {
            if let Some(outlet) = &outlet {
                outlet.borrow_mut().event(&event);
            }
            match event {
                Event::Fault(report) => eprintln!("{report}"),
                event => events.event(event),
            }
        })?;
        if let Some(uart) = uart {
            uart.forward(board.requests.clone());
        }
        if let Some(emulated) = board.worker.emulated() {
            emulated.idles = false;
            let places = self.places()?;
            if self.profile.is_some() {
                if places.is_empty() {
                    bail!("--profile needs the names of functions: give the firmware's ELF file with --elf");
                }
                emulated.start_profile();
            }
            emulated.set_places(places);
            emulated.machine().answer_calls(self.semihosting);
        }
        if self.emulated.replay.is_none() {
            forward_input(board.requests.clone());
        }
        let watched = board.worker.watch(self.limit)?;
        board.trace.read(|trace| self.export(trace))?;
        if let Some(emulated) = board.worker.emulated() {
            if let (Some(path), Some(profile)) = (&self.profile, emulated.profile()) {
                let places = self.places()?;
                File::create(path)
                    .and_then(|file| profile.write_folded(&places, BufWriter::new(file)))
                    .with_context(|| path.display().to_string())?;
            }
            if let Some(code) = emulated.exited() {
                return Ok(ExitCode::from(code as u8));
            }
        }
        let stats = board.worker.emulated().map(|board| board.stats());
        let end = RunEnd {
            ok: watched == Watched::ToTheEnd,
            stopped: watched == Watched::Stopped,
            traceback: String::new(),
        };
        Ok(conclude(output, &end, stats.as_ref()))
    }

    /// Opens the UART's line, if it is asked for, and says where it is.
    fn offer_uart(&self) -> Result<Option<UartLine>> {
        let Some((line, path)) = self.uart.line()? else { return Ok(None) };
        eprintln!("the UART is at {path}");
        Ok(Some(line))
    }

    /// Lets debuggers at firmware.
    fn debug(
        &self,
        output: &Rc<Output>,
        folder: &Path,
        emulated: EmulatedArgs,
        port: u16,
    ) -> Result<ExitCode> {
        if self.uart.uart_pty.is_some() {
            bail!("--uart-pty does not go together with --gdb");
        }
        let Target::Emulated(what) = emulated.or_bench_in(folder).target(self.speed) else {
            bail!("a debugger needs an emulated board");
        };
        let (asked, inbox) = requests(Command::Stop)?;
        let trace = SharedTrace::default();
        let mut board = EmulatedBoard::boot(&what, trace.clone())?;
        board.machine().answer_calls(self.semihosting);
        let places = self.places()?;
        forward_input(asked);
        gdb::serve(&mut board, port, output.clone(), &inbox, &|report, machine| {
            places.explain(report, machine)
        })?;
        trace.read(|trace| self.export(trace))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The functions of the firmware.
    fn places(&self) -> Result<Places> {
        let file = self.elf.as_ref().or(self.what.as_ref().filter(|path| path.is_file()));
        let Some(file) = file else { return Ok(Places::default()) };
        let places = Places::of(&std::fs::read(file).with_context(|| file.display().to_string())?);
        if self.elf.is_some() && places.is_empty() {
            bail!("{}: no symbols", file.display());
        }
        Ok(places)
    }

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
