//! What the subcommands share: which board is meant, opening it, and Ctrl-C.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use crossbeam_channel::{Receiver, Sender, unbounded};
use emulator::board::{self, BOARDS, Board};
use emulator::trace::SharedTrace;

use super::uart::UartLine;
use crate::device::ports;
use crate::project::BENCH;
use crate::session::{BenchSource, Command, Emulated, Event, Speed, Target, Worker};

/// A board on a serial port.
#[derive(Args, Clone, Debug)]
pub struct SerialArgs {
    /// The serial port, as `solderless ports` lists it; may be left out when only one board is plugged in
    #[arg(long, short)]
    pub port: Option<String>,
}

/// An emulated board.
#[derive(Args, Clone, Debug)]
pub struct EmulatedArgs {
    /// Parts and wiring; a bare board when absent
    #[arg(long, value_name = "FILE")]
    pub bench: Option<PathBuf>,
    /// Which bare board, when there is no bench: pico, xiao-rp2040, microbit
    #[arg(long, value_name = "NAME", conflicts_with = "bench", value_parser = bare_board)]
    pub board: Option<&'static Board>,
    /// A firmware image (UF2, Intel HEX, ELF or BIN) in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub firmware: Option<PathBuf>,
    /// A file that keeps the board's flash from one run to the next
    #[arg(long, value_name = "FILE")]
    pub flash: Option<PathBuf>,
    /// Write everything that enters the board, with its time, to this file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Let what such a file holds enter again: on the board, bench, firmware and flash contents that it names
    #[arg(long, value_name = "FILE", conflicts_with = "flash")]
    pub replay: Option<PathBuf>,
}

/// A UART of an emulated board.
#[derive(Args, Clone, Debug)]
pub struct UartArgs {
    /// Offer a UART of the board as a second pseudo-terminal; PINS are the board's transmitting and receiving one
    #[arg(long, value_name = "PINS", num_args = 0..=1, default_missing_value = "GP0,GP1", value_parser = pins)]
    pub uart_pty: Option<(String, String)>,
}

impl UartArgs {
    /// The board with its UART wired up, if that is asked for.
    pub fn wired(&self, target: Target) -> Target {
        match target {
            Target::Emulated(what) => Target::Emulated(Emulated { uart: self.uart_pty.clone(), ..what }),
            target => target,
        }
    }

    /// The line that is asked for, and its path.
    pub fn line(&self) -> Result<Option<(UartLine, String)>> {
        self.uart_pty.as_ref().map(|_| UartLine::open()).transpose()
    }
}

impl SerialArgs {
    /// The port meant.
    pub fn target(&self) -> Result<Target> {
        if let Some(port) = &self.port {
            return Ok(Target::Serial { port: port.clone() });
        }
        let boards: Vec<_> = ports()?.into_iter().filter(|port| !port.id.is_empty()).collect();
        match boards.as_slice() {
            [one] => Ok(Target::Serial { port: one.name.clone() }),
            [] => bail!("no board is plugged in; give a port with --port"),
            many => {
                let names: Vec<&str> = many.iter().map(|port| port.name.as_str()).collect();
                bail!("several boards are plugged in ({}): choose one with --port", names.join(", "))
            }
        }
    }
}

/// A bench with a board and nothing around it.
fn bare(board: &Board) -> BenchSource {
    BenchSource::Text { text: format!("[board]\ntype = {:?}\n", board.name), path: BENCH.into() }
}

fn bare_board(name: &str) -> Result<&'static Board, String> {
    let known = || BOARDS.map(|board| board.name).join(", ");
    board::find(name).ok_or_else(|| format!("there is no such board; boards: {}", known()))
}

impl EmulatedArgs {
    /// A folder's bench is the one meant, unless the arguments name another or a bare board.
    pub fn or_bench_in(mut self, folder: &Path) -> EmulatedArgs {
        if self.board.is_none() {
            self.bench = self.bench.or_else(|| Some(folder.join(BENCH)).filter(|file| file.is_file()));
        }
        self
    }

    /// The board described.
    pub fn target(&self, speed: Speed) -> Target {
        Target::Emulated(Emulated {
            bench: self.bench.clone().map(BenchSource::File).or_else(|| self.board.map(bare)),
            firmware: self.firmware.clone(),
            flash: self.flash.clone(),
            speed,
            record: self.record.clone(),
            replay: self.replay.clone(),
            script: None,
            uart: None,
        })
    }
}

/// A board opened for a subcommand, on its own thread: the main one.
pub struct Opened {
    /// Works with the board.
    pub worker: Worker,
    /// For requests from other threads (standard input, signals).
    pub requests: Sender<Command>,
    /// What an emulated board records.
    pub trace: SharedTrace,
}

/// Opens a board. Ctrl-C asks it to do `on_interrupt`; pressed three times it ends this program at once.
pub fn open(target: Target, on_interrupt: Command, emit: impl Fn(Event) + 'static) -> Result<Opened> {
    let (requests, inbox) = requests(on_interrupt)?;
    let trace = SharedTrace::default();
    let worker = Worker::open(target, trace.clone(), inbox, emit)?;
    Ok(Opened { worker, requests, trace })
}

/// Where requests to boards go in and come out; Ctrl-C puts `on_interrupt` in. To be called once.
pub fn requests(on_interrupt: Command) -> Result<(Sender<Command>, Receiver<Command>)> {
    static PRESSED: AtomicUsize = AtomicUsize::new(0);
    let (requests, inbox) = unbounded();
    let asked = requests.clone();
    ctrlc::set_handler(move || {
        if PRESSED.fetch_add(1, Ordering::Relaxed) >= 2 {
            std::process::exit(130);
        }
        let _ = asked.send(on_interrupt.clone());
    })
    .context("Ctrl-C cannot be caught")?;
    Ok((requests, inbox))
}

/// Reads `GP0,GP1`: the names of two pins.
fn pins(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once(',').map(|(tx, rx)| (tx.trim().to_owned(), rx.trim().to_owned()));
    pair.filter(|(tx, rx)| !tx.is_empty() && !rx.is_empty())
        .ok_or_else(|| format!("`{text}` is no pair of pins: give the board's TX and RX, such as GP0,GP1"))
}

/// Reads `5`, `5s`, `1.5s`, `250ms`, `2min`, `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "s" => 1.0,
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        "min" | "m" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * factor).ok())
        .ok_or_else(|| format!("`{text}` is no duration: give for example 5s, 250ms or 2min"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        assert_eq!(duration("5"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2min"), Ok(Duration::from_secs(120)));
        for wrong in ["", "s", "-1s", "5 parsecs", "1e400"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
