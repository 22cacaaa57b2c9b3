//! Boots a firmware image and prints its console: `boot IMAGE [SECONDS] [TEXT TO TYPE] [BENCH.TOML]`.
//!
//! The least program that runs a board; also the way to measure the emulator.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::Image;
use emulator::machine::{Machine, MachineOptions, Stop};
use emulator::trace::SharedTrace;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, rest @ ..] = &arguments[..] else {
        return Err("usage: boot IMAGE [SECONDS] [TEXT TO TYPE] [BENCH.TOML]".into());
    };
    let seconds: f64 = rest.first().map_or(Ok(5.0), |s| s.parse())?;
    // Text is typed a line at a time, each when the console has been silent for a while.
    let text = rest.get(1).cloned().unwrap_or_default().replace("\\n", "\r\n");
    let mut lines = text.split_inclusive('\n');
    let image = Image::load(Path::new(path))?;
    let trace = SharedTrace::default();
    let bench = rest.get(2).map_or(Ok(Bench::pico()), |path| Bench::load(Path::new(path)))?;
    let mut machine = Machine::on_bench(&bench, &image, trace, MachineOptions::default())?;
    let started = Instant::now();
    let end = Time((seconds * 1e9) as u64);
    let mut quiet = 0;
    let mut pending: Vec<u8> = Vec::new();
    while machine.now() < end {
        match machine.run_for(Time::from_millis(1)) {
            Stop::Deadline | Stop::Debug(..) => {}
            Stop::Fault(report) => {
                eprintln!("{report}");
                break;
            }
            Stop::Halted(halt) => {
                eprintln!("{halt}");
                break;
            }
        }
        let bytes = machine.console_read();
        quiet = if bytes.is_empty() { quiet + 1 } else { 0 };
        std::io::stdout().write_all(&bytes)?;
        if pending.is_empty() && quiet > 200 && machine.console_ready() {
            quiet = 0;
            pending = lines.next().unwrap_or_default().into();
        }
        let taken = machine.console_write(&pending);
        pending.drain(..taken);
    }
    std::io::stdout().flush()?;
    let host = started.elapsed().as_secs_f64();
    let stats = machine.stats();
    let registers = machine.registers();
    eprintln!("\npc {:#010x}  lr {:#010x}", registers[15], registers[14]);
    eprintln!(
        "{} virtual in {host:.3} s ({:.1} x real time), {} instructions ({:.0} MIPS), asleep {}",
        stats.time,
        stats.time.as_secs_f64() / host,
        stats.instructions,
        stats.instructions as f64 / host / 1e6,
        stats.asleep,
    );
    Ok(())
}
