//! `solderless bench --emulator`: how fast the emulator itself is, here and now.
//!
//! All times are CPU seconds of this process (or of QEMU's), so that a loaded machine shows in them as little as
//! possible; what counts are ratios within one run. The board is driven without a session: nothing but the
//! emulator is measured, with its trace on.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::{Image, Segment};
use emulator::machine::{Machine, MachineOptions, Stop};
use emulator::trace::SharedTrace;
use serde_json::{Value, json};

use crate::session::BUILT_IN_FIRMWARE;

const QEMU: &str = "qemu-system-arm";

/// Something measured.
struct Row {
    name: &'static str,
    /// Virtual and CPU seconds.
    virtual_seconds: f64,
    cpu_seconds: f64,
    instructions: u64,
    figure: f64,
    unit: &'static str,
    target: Option<Target>,
}

/// What a figure should be.
#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    Below(f64),
}

impl Target {
    fn met(self, figure: f64) -> bool {
        match self {
            Target::AtLeast(least) => figure >= least,
            Target::Below(limit) => figure < limit,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::AtLeast(least) => write!(f, ">= {least}"),
            Target::Below(limit) => write!(f, "< {limit}"),
        }
    }
}

/// Measures everything; fails when a target is missed.
pub fn run(firmware: Option<&Path>, json: bool) -> Result<ExitCode> {
    let image = match firmware {
        Some(path) => Image::load(path)?,
        None => Image::parse(BUILT_IN_FIRMWARE, "the built-in firmware")?,
    };
    if !json {
        println!(
            "{:<28} {:>12} {:>10} {:>7} {:>12} {:<18} target",
            "what", "virtual s", "CPU s", "MIPS", "figure", ""
        );
    }
    let mut all_met = true;
    let measurements: [&dyn Fn() -> Result<Measured>; 9] = [
        &|| boot(&image),
        &|| busy(&image, "one core busy", BUSY, Target::AtLeast(2.0)),
        &|| both_busy(&image),
        &|| asleep(&image),
        &|| waits(&image, "waits of 500 us", SHORT_WAITS),
        &|| waits(&image, "waits for a pin", PIN_WAIT),
        &|| files(&image),
        &microbit,
        &against_qemu,
    ];
    for measure in measurements {
        match measure()? {
            Measured::Is(row) => {
                all_met &= row.target.is_none_or(|target| target.met(row.figure));
                if json { println!("{}", row.json()) } else { println!("{}", row.line()) }
            }
            Measured::Skipped(name, why) if json => {
                println!("{}", json!({"event": "speed", "what": name, "skipped": why}));
            }
            Measured::Skipped(name, why) => println!("{name:<28} skipped: {why}"),
        }
    }
    Ok(if all_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

enum Measured {
    Is(Row),
    Skipped(&'static str, String),
}

impl Row {
    fn mips(&self) -> f64 {
        self.instructions as f64 / self.cpu_seconds.max(1e-9) / 1e6
    }

    fn line(&self) -> String {
        let target = self.target.map_or_else(String::new, |target| {
            format!("{target}: {}", if target.met(self.figure) { "met" } else { "MISSED" })
        });
        format!(
            "{:<28} {:>12.3} {:>10.3} {:>7.0} {:>12.2} {:<18} {target}",
            self.name,
            self.virtual_seconds,
            self.cpu_seconds,
            self.mips(),
            self.figure,
            self.unit
        )
    }

    fn json(&self) -> Value {
        json!({
            "event": "speed",
            "what": self.name,
            "virtual_seconds": self.virtual_seconds,
            "cpu_seconds": self.cpu_seconds,
            "instructions": self.instructions,
            "mips": self.mips(),
            "figure": self.figure,
            "unit": self.unit,
            "target": self.target.map(|target| target.to_string()),
            "met": self.target.map(|target| target.met(self.figure)),
        })
    }
}

/// A board whose console is typed into.
struct Board {
    machine: Machine,
    said: Vec<u8>,
}

impl Board {
    fn new(bench: &Bench, image: &Image) -> Result<Board> {
        let machine = Machine::on_bench(bench, image, SharedTrace::default(), MachineOptions::default())?;
        Ok(Board { machine, said: Vec::new() })
    }

    /// Runs for a span of the board's time.
    fn run(&mut self, span: Time) -> Result<()> {
        let end = self.machine.now() + span;
        while self.machine.now() < end {
            match self.machine.run_until(end) {
                Stop::Deadline | Stop::Debug(..) => {}
                Stop::Fault(report) => bail!("{report}"),
                Stop::Halted(halt) => bail!("{halt}"),
            }
        }
        self.said.extend(self.machine.console_read());
        Ok(())
    }

    /// Runs until the board has said `text`, and forgets what it said.
    fn expect(&mut self, text: &str) -> Result<()> {
        for _ in 0..300_000 {
            self.run(Time::from_millis(1))?;
            if self.said.windows(text.len()).any(|window| window == text.as_bytes()) {
                self.said.clear();
                return Ok(());
            }
        }
        bail!("the board never said {text:?}, but {:?}", String::from_utf8_lossy(&self.said));
    }

    /// Boots to the prompt.
    fn boot(image: &Image) -> Result<Board> {
        let mut board = Board::new(&Bench::pico(), image)?;
        board.expect(">>> ")?;
        Ok(board)
    }

    /// Starts a script in paste mode, and waits until it says `go`.
    fn start(&mut self, script: &str) -> Result<()> {
        let bytes = format!("\x05{}\x04", script.replace('\n', "\r"));
        let mut bytes = bytes.as_bytes();
        while let [first, ..] = bytes {
            // At a typist's pace: a serial console has no way to say that it is too much.
            bytes = &bytes[self.machine.console_write(std::slice::from_ref(first))..];
            self.run(Time::from_millis(1))?;
        }
        // The echo has the word in quotes.
        self.expect("\ngo\r")
    }

    /// What `action` costs.
    fn measure(&mut self, action: impl FnOnce(&mut Board) -> Result<()>) -> Result<(f64, f64, u64)> {
        let (before, cpu) = (self.machine.stats(), cpu_seconds()?);
        action(self)?;
        let cpu = cpu_seconds()? - cpu;
        let after = self.machine.stats();
        let virtual_seconds = (after.time - before.time).as_secs_f64();
        Ok((virtual_seconds, cpu, after.instructions - before.instructions))
    }

    /// How many times real time a span is.
    fn row(&mut self, name: &'static str, span: Time, target: Option<Target>) -> Result<Measured> {
        let (virtual_seconds, cpu_seconds, instructions) = self.measure(|board| board.run(span))?;
        let figure = virtual_seconds / cpu_seconds;
        let unit = "x real time";
        Ok(Measured::Is(Row { name, virtual_seconds, cpu_seconds, instructions, figure, unit, target }))
    }
}

fn boot(image: &Image) -> Result<Measured> {
    // The first machine of a process pays for what the system gives it.
    let mut best: Option<Row> = None;
    for _ in 0..3 {
        let cpu = cpu_seconds()?;
        let mut board = Board::boot(image)?;
        let cpu_seconds = cpu_seconds()? - cpu;
        let stats = board.machine.stats();
        board.said.clear();
        if best.as_ref().is_none_or(|row| cpu_seconds < row.cpu_seconds) {
            best = Some(Row {
                name: "boot to >>>",
                virtual_seconds: stats.time.as_secs_f64(),
                cpu_seconds,
                instructions: stats.instructions,
                figure: cpu_seconds,
                unit: "CPU s",
                target: Some(Target::Below(0.3)),
            });
        }
    }
    best.map(Measured::Is).context("nothing was measured")
}

/// Calls, loops, lists, dictionaries, integers: what a program does that does not wait.
const WORK: &str = "
def work(n):
    a = [i * i for i in range(20)]
    d = {}
    s = 0
    for i in range(n):
        s += a[i % 20] ^ i
        d[i & 7] = s & 0xff
        s = (s * 31 + len(a)) & 0xffffff
    return s
";

const BUSY: &str = "
print('go')
while True:
    work(1000)
";

const BOTH_BUSY: &str = "
import _thread
def forever():
    while True:
        work(1000)
_thread.start_new_thread(forever, ())
print('go')
forever()
";

const ASLEEP: &str = "
import time
print('go')
time.sleep(1000000)
";

const SHORT_WAITS: &str = "
import time
print('go')
while True:
    time.sleep_us(500)
";

const PIN_WAIT: &str = "
import machine
pin = machine.Pin(14, machine.Pin.IN, machine.Pin.PULL_UP)
print('go')
while True:
    machine.time_pulse_us(pin, 0, 100000)
";

const FILES: &str = "
b = bytes(range(256)) * 4
print('go')
for n in range(8):
    f = open('/speed.bin', 'wb')
    for i in range(128):
        f.write(b)
    f.close()
print('do' + 'ne')
";

fn busy(image: &Image, name: &'static str, script: &str, target: Target) -> Result<Measured> {
    let mut board = Board::boot(image)?;
    board.start(&format!("{WORK}{script}"))?;
    board.run(Time::from_millis(200))?;
    board.row(name, Time::from_secs(5), Some(target))
}

fn both_busy(image: &Image) -> Result<Measured> {
    let name = "both cores busy";
    let mut board = Board::boot(image)?;
    board.start(&format!("{WORK}{BOTH_BUSY}"))?;
    board.run(Time::from_millis(200))?;
    if board.machine.cores() < 2 {
        let why = "this firmware's threads share one core: give one that uses both, with --firmware";
        return Ok(Measured::Skipped(name, why.into()));
    }
    board.row(name, Time::from_secs(5), Some(Target::AtLeast(1.0)))
}

fn asleep(image: &Image) -> Result<Measured> {
    let mut board = Board::boot(image)?;
    board.start(ASLEEP)?;
    board.row("asleep", Time::from_secs(1000), Some(Target::AtLeast(1000.0)))
}

fn waits(image: &Image, name: &'static str, script: &str) -> Result<Measured> {
    let mut board = Board::boot(image)?;
    board.start(script)?;
    board.run(Time::from_millis(200))?;
    board.row(name, Time::from_secs(5), None)
}

fn files(image: &Image) -> Result<Measured> {
    let mut board = Board::boot(image)?;
    board.start(FILES)?;
    let (virtual_seconds, cpu_seconds, instructions) = board.measure(|board| board.expect("done"))?;
    let (figure, unit) = (virtual_seconds / cpu_seconds, "x real time");
    let name = "1 MB to files";
    Ok(Measured::Is(Row { name, virtual_seconds, cpu_seconds, instructions, figure, unit, target: None }))
}

fn microbit() -> Result<Measured> {
    let name = "micro:bit busy";
    let bench = Bench::parse("[board]\ntype = \"microbit\"\n", Path::new("bench.toml"))?;
    let places = bench.board.firmware.as_ref().map_or(&[][..], |firmware| firmware.paths);
    let Some(path) = places.iter().map(PathBuf::from).find(|path| path.is_file()) else {
        return Ok(Measured::Skipped(name, "its MicroPython is not installed".into()));
    };
    let mut board = Board::new(&bench, &Image::load(&path)?)?;
    board.expect(">>> ")?;
    board.start(&format!("{WORK}{BUSY}"))?;
    board.row(name, Time::from_secs(5), None)
}

/// A loop of eight or nine instructions, with a load, a store and a branch that is taken half the time.
#[rustfmt::skip]
const LOOP: [u16; 17] = [
    0x4809, // 80 ldr r0, [pc, #36]   turns
    0x4C0A, // 82 ldr r4, [pc, #40]   memory
    0x2100, // 84 movs r1, #0
    0x2200, // 86 movs r2, #0
    0x6823, // 88 ldr r3, [r4]        the loop
    0x3301, // 8a adds r3, #1
    0x6023, // 8c str r3, [r4]
    0x08DA, // 8e lsrs r2, r3, #3
    0xD200, // 90 bcs 94
    0x4059, // 92 eors r1, r3
    0x1889, // 94 adds r1, r1, r2
    0x3801, // 96 subs r0, #1
    0xD1F6, // 98 bne 88
    0x4805, // 9a ldr r0, [pc, #20]   AIRCR
    0x4905, // 9c ldr r1, [pc, #20]   system reset
    0x6001, // 9e str r1, [r0]
    0xE7FE, // a0 b .
];

/// The loop as a program for a Cortex-M0 with memory at 0x20000000.
fn loop_image(turns: u32) -> Vec<u8> {
    let mut words = [0u32; 0x30];
    (words[0], words[1]) = (0x2000_3000, 0x81);
    for (i, pair) in LOOP.chunks(2).enumerate() {
        words[0x20 + i] = pair.iter().rev().fold(0, |word, &half| word << 16 | u32::from(half));
    }
    words[0x2A..0x2E].copy_from_slice(&[turns, 0x2000_0000, 0xE000_ED0C, 0x05FA_0004]);
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Both execute the loop in turn; the best of each counts.
fn against_qemu() -> Result<Measured> {
    const TURNS: u32 = 10_000_000;
    let name = "Cortex-M0 loop, and QEMU's";
    let there = Command::new(QEMU).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_err() {
        return Ok(Measured::Skipped(name, format!("{QEMU} is not installed")));
    }
    let folder = std::env::temp_dir().join(format!("solderless-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = (|| {
        let (mut ours, mut theirs) = (None::<Row>, f64::INFINITY);
        for _ in 0..3 {
            let empty = qemu(&folder, 1)?;
            theirs = theirs.min(qemu(&folder, TURNS)? - empty);
            let row = our_loop(name, TURNS)?;
            if ours.as_ref().is_none_or(|best| row.cpu_seconds < best.cpu_seconds) {
                ours = Some(row);
            }
        }
        let mut row = ours.context("nothing was measured")?;
        row.figure = theirs / row.cpu_seconds;
        Ok(Measured::Is(row))
    })();
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

fn our_loop(name: &'static str, turns: u32) -> Result<Row> {
    let bench = Bench::parse("[board]\ntype = \"microbit\"\n", Path::new("bench.toml"))?;
    let segments = vec![Segment { address: 0, bytes: loop_image(turns) }];
    let image = Image { name: "loop".into(), segments };
    let mut board = Board::new(&bench, &image)?;
    let (virtual_seconds, cpu_seconds, instructions) = board.measure(|board| {
        while board.machine.stats().resets == 0 {
            board.run(Time::from_millis(1))?;
        }
        Ok(())
    })?;
    let target = Some(Target::AtLeast(0.8));
    Ok(Row { name, virtual_seconds, cpu_seconds, instructions, figure: 0.0, unit: "of QEMU's MIPS", target })
}

/// CPU seconds that QEMU takes for the loop, its start included.
fn qemu(folder: &Path, turns: u32) -> Result<f64> {
    let image = folder.join("loop.bin");
    std::fs::write(&image, loop_image(turns))?;
    let before = children_cpu_seconds()?;
    let status = Command::new(QEMU)
        .args([
            "-M", "microbit", "-icount", "shift=6", "-display", "none", "-monitor", "none", "-serial", "none",
        ])
        .args(["-no-reboot", "-kernel"])
        .arg(&image)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context(QEMU)?;
    if !status.success() {
        bail!("{QEMU} failed: {status}");
    }
    Ok(children_cpu_seconds()? - before)
}

#[cfg(unix)]
fn usage(who: nix::sys::resource::UsageWho) -> Result<f64> {
    use nix::sys::time::TimeValLike;
    let usage = nix::sys::resource::getrusage(who)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(micros as f64 / 1e6)
}

/// CPU seconds of this process.
#[cfg(unix)]
fn cpu_seconds() -> Result<f64> {
    usage(nix::sys::resource::UsageWho::RUSAGE_SELF)
}

/// CPU seconds of the processes started and waited for.
#[cfg(unix)]
fn children_cpu_seconds() -> Result<f64> {
    usage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN)
}

#[cfg(not(unix))]
fn cpu_seconds() -> Result<f64> {
    bail!("CPU time is measured on Unix systems only")
}

#[cfg(not(unix))]
fn children_cpu_seconds() -> Result<f64> {
    cpu_seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_counts_its_turns_and_resets() {
        let row = our_loop("loop", 100_000).unwrap();
        // Four instructions before and four behind; in each turn eight, and one more when a bit is clear. After the
        // reset it begins anew, for the rest of a millisecond: 16,000 cycles at the most.
        let low = 100_000 * 8 + 8;
        assert!((low + 45_000..low + 55_000 + 16_000).contains(&row.instructions), "{}", row.instructions);
    }

    #[test]
    fn targets_are_met_or_not() {
        assert!(Target::AtLeast(2.0).met(2.0) && !Target::AtLeast(2.0).met(1.9));
        assert!(Target::Below(0.3).met(0.2) && !Target::Below(0.3).met(0.3));
    }
}
