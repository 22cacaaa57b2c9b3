//! What a snapshot costs: `cargo run -p emulator --example snapshots [FIRMWARE]`.
//!
//! Runs a busy script on the board, takes a snapshot every 100 ms of its time, and prints the host's CPU time for
//! taking and restoring one (median and worst) and what the history takes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::Image;
use emulator::machine::{HistoryOptions, Machine, MachineOptions};
use emulator::trace::SharedTrace;

const PROGRAM: &str =
    "l = []\rfor i in range(10**6):\r l.append([i, i * 1.5, str(i)])\r if len(l) > 500: l = []\r\r\r";
const SNAPSHOTS: u64 = 50;

fn figures(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let [median, worst] =
        [times[times.len() / 2], times[times.len() - 1]].map(|time| time.as_secs_f64() * 1e3);
    println!("{name}: median {median:.3} ms, worst {worst:.3} ms of {}", times.len());
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/solderless-rp2040.uf2");
    let image = Image::load(&std::env::args_os().nth(1).map_or(shipped, PathBuf::from))?;
    let mut board =
        Machine::on_bench(&Bench::pico(), &image, SharedTrace::default(), MachineOptions::default())?;
    board.keep_history(HistoryOptions::default());
    board.run_for(Time::from_millis(500));
    let mut sent = 0;
    while sent < PROGRAM.len() {
        sent += board.console_write(&PROGRAM.as_bytes()[sent..]);
        board.run_for(Time::from_millis(5));
    }
    let (mut taking, mut restoring, mut snapshots) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SNAPSHOTS {
        board.run_for(Time::from_millis(100));
        let before = Instant::now();
        snapshots.push(board.snapshot()?);
        taking.push(before.elapsed());
    }
    while let Some(snapshot) = snapshots.pop() {
        let before = Instant::now();
        assert!(board.restore(&snapshot)?);
        restoring.push(before.elapsed());
    }
    figures("taking a snapshot", taking);
    figures("restoring one", restoring);
    println!("history: {} snapshots, {} KiB", board.snapshots().count(), board.history_bytes() >> 10);
    Ok(())
}
