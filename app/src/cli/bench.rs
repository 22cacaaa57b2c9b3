//! `solderless bench`
//!
//! A driver of ours runs on the board beside the script: it compiles the script between two *marks* (stores
//! to a watchdog scratch register, which the emulator notes with its counters) and executes it between two
//! more. What the marks and an empty `exec` cost is measured in the same run and subtracted. So the figures
//! hold for any MicroPython firmware, and neither console nor file transfer is in them.
//!
//! The peak of the heap comes from a second run, in which the board collects garbage every kilobyte: only
//! then does "in use" mean "still needed". Firmware that cannot tell (`micropython.mem_peak`) gives none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use crossbeam_channel::Receiver;
use emulator::chip::ChipKind;
use emulator::cpu::probe::Mark;
use emulator::image::symbols;
use emulator::trace::SharedTrace;
use serde_json::{Value, json};

use super::board::{EmulatedArgs, duration, requests};
use crate::session::{Command, Event, Script, Speed, Worker};

/// Measure scripts on an emulated board: exact instructions and cycles, and the peak of the heap
///
/// The same script and firmware give the same figures, on every machine. Functions of the chip's boot ROM (float
/// arithmetic, bit counts) count one instruction for each cycle they take: more than they execute.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The scripts, or folders with a main.py
    #[arg(required_unless_present = "emulator")]
    scripts: Vec<PathBuf>,
    /// Measure the emulator instead: how fast it is, against real time and against QEMU where that is installed,
    /// in CPU seconds
    #[arg(long, conflicts_with = "scripts")]
    emulator: bool,
    #[command(flatten)]
    emulated: EmulatedArgs,
    /// Give up after so much of the board's time, such as 60s
    #[arg(long = "for", value_name = "TIME", value_parser = duration, default_value = "600s")]
    limit: Duration,
    /// The scripts are benchmarks for MicroPython's run-perfbench.py: measure what it would time, given
    /// these two numbers
    #[arg(long, num_args = 2, value_names = ["N", "M"])]
    perfbench: Option<Vec<u32>>,
    /// Do without the second run, which measures the heap
    #[arg(long)]
    no_heap: bool,
    /// Pass on what the scripts print
    #[arg(long)]
    output: bool,
    /// Write where the instructions went: a line `function count` each, for flame graphs
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The firmware's ELF file, whose functions the profile names
    #[arg(long, value_name = "FILE", requires = "profile")]
    elf: Option<PathBuf>,
    /// Compare with figures kept before, by --json
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// A line of JSON for each script
    #[arg(long)]
    json: bool,
}

/// Where a mark's meaning is stored, where it does no harm: numbers go to the word behind it. The watchdog's first
/// scratch registers; the register that the program's resets leave alone.
fn mark_register(chip: ChipKind) -> u32 {
    match chip {
        ChipKind::Rp2040 => 0x4005_800C,
        ChipKind::Nrf51822 => 0x4000_051C,
    }
}

// What marks mean.
const EMPTY: u32 = 1;
const EMPTY_END: u32 = 2;
const COMPILE: u32 = 3;
const COMPILE_END: u32 = 4;
const BARE: u32 = 5;
const BARE_END: u32 = 6;
const START: u32 = 7;
const END: u32 = 8;

// What numbers mean, in the order they are sent.
const COMPILE_PEAK: usize = 0;
const HEAP_PEAK: usize = 1;

/// Where the script's text waits on the board.
const SOURCE: &str = "_bench.txt";

/// What a script costs.
#[derive(Default)]
struct Figures {
    instructions: Option<u64>,
    cycles: Option<u64>,
    compile_instructions: Option<u64>,
    compile_cycles: Option<u64>,
    heap_peak: Option<u32>,
    compile_heap_peak: Option<u32>,
    virtual_seconds: f64,
    ok: bool,
    traceback: String,
    output: Vec<u8>,
    profile: Vec<(u32, u64)>,
}

pub fn run(args: Args) -> Result<ExitCode> {
    if args.emulator {
        return super::speed::run(args.emulated.firmware.as_deref(), args.json);
    }
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    let (_requests, inbox) = requests(Command::Stop)?;
    if !args.json {
        println!(
            "{:<24} {:>14} {:>14} {:>12} {:>10} {:>9}{}",
            "script",
            "instructions",
            "cycles",
            "compile",
            "heap peak",
            "seconds",
            if baseline.is_some() { "   ratio" } else { "" }
        );
    }
    let (mut all_ok, mut ratios) = (true, Vec::new());
    let mut profile: BTreeMap<u32, u64> = BTreeMap::new();
    for path in &args.scripts {
        let (name, figures) = measure(&args, path, &inbox)?;
        all_ok &= figures.ok;
        if args.output {
            use std::io::Write;
            std::io::stderr().write_all(&figures.output)?;
        }
        for &(block, count) in &figures.profile {
            *profile.entry(block).or_default() += count;
        }
        let before = baseline.as_ref().and_then(|baseline| baseline.get(&name)).copied();
        let ratio = figures.instructions.zip(before).map(|(now, before)| now as f64 / before.max(1) as f64);
        ratios.extend(ratio);
        if args.json {
            println!("{}", figures.json(&name, ratio));
        } else {
            println!("{}", figures.row(&name, ratio));
            if !figures.ok {
                eprintln!("{}", figures.traceback.trim_end());
            }
        }
    }
    if ratios.len() > 1 {
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        if args.json {
            println!("{}", json!({"event": "mean", "ratio": mean, "scripts": ratios.len()}));
        } else {
            println!("{:<24} {mean:>94.3}", format!("geometric mean of {}", ratios.len()));
        }
    }
    if let Some(file) = &args.profile {
        write_profile(file, args.elf.as_deref(), &profile)?;
    }
    Ok(if all_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure(args: &Args, path: &Path, inbox: &Receiver<Command>) -> Result<(String, Figures)> {
    let file = if path.is_dir() { path.join("main.py") } else { path.to_path_buf() };
    let source = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let name = if path.is_dir() { path } else { &file };
    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let script = Script { name: name.clone(), source, folder: Some(folder) };
    let mut figures = run_once(args, &script, inbox, false)?;
    if figures.ok && !args.no_heap {
        let heap = run_once(args, &script, inbox, true)?;
        figures.heap_peak = heap.heap_peak;
        figures.compile_heap_peak = heap.compile_heap_peak;
    }
    Ok((name, figures))
}

/// A fresh board for each run, so that no run depends on the one before.
fn run_once(args: &Args, script: &Script, inbox: &Receiver<Command>, heap: bool) -> Result<Figures> {
    let emulated = args.emulated.clone();
    let emulated = match &script.folder {
        Some(folder) => emulated.or_bench_in(folder),
        None => emulated,
    };
    let printed = Rc::new(RefCell::new(Vec::new()));
    let sink = printed.clone();
    let emit = move |event| {
        if let Event::Output(bytes) = event {
            sink.borrow_mut().extend(bytes);
        }
    };
    let mut worker = Worker::open(emulated.target(Speed::Max), SharedTrace::default(), inbox.clone(), emit)?;
    worker.prepare(script)?;
    worker.files(|files| files.write(SOURCE, script.source.as_bytes(), |_| {}))?;
    let Some(board) = worker.emulated() else { bail!("only emulated boards can be measured") };
    // Nobody sits before it: no need for idling at a person's pace.
    board.idles = false;
    let chip = board.kind().chip;
    let (mark, number) = (mark_register(chip), mark_register(chip) + 4);
    let probe = board.machine().probe();
    probe.watch(mark..=number + 3);
    if args.profile.is_some() {
        probe.profile(START, END);
    }
    let driver =
        Script { name: "<bench>".into(), source: args.driver(chip, &script.name, heap), folder: None };
    let end = worker.run(&driver, Some(args.limit))?;
    let probe = worker.emulated().map(|board| board.machine().probe());
    let (marks, profile) = probe.map(|probe| (probe.take_marks(), probe.take_profile())).unwrap_or_default();
    let numbers: Vec<u32> =
        marks.iter().filter(|mark| mark.address == number).map(|mark| mark.value).collect();
    let marks: Vec<Mark> = marks.into_iter().filter(|found| found.address == mark).collect();
    let empty = least(&marks, EMPTY, EMPTY_END).unwrap_or_default();
    let bare = least(&marks, BARE, BARE_END).unwrap_or_default();
    let total = least(&marks, START, END);
    let compile = least(&marks, COMPILE, COMPILE_END).map(|cost| cost.less(empty));
    let net = total.map(|cost| cost.less(bare));
    let over_time = end.ok && total.is_none();
    let traceback = if over_time { "It still ran when the time was over.".into() } else { end.traceback };
    Ok(Figures {
        instructions: net.map(|cost| cost.instructions),
        cycles: net.map(|cost| cost.cycles),
        compile_instructions: compile.map(|cost| cost.instructions),
        compile_cycles: compile.map(|cost| cost.cycles),
        heap_peak: numbers.get(HEAP_PEAK).copied(),
        compile_heap_peak: numbers.get(COMPILE_PEAK).copied(),
        virtual_seconds: net.map_or(0.0, |cost| cost.cycles as f64) / hz(chip),
        ok: end.ok && total.is_some(),
        traceback,
        output: printed.take(),
        profile,
    })
}

/// Cycles of the clock a second: what the firmware sets after power-on.
fn hz(chip: ChipKind) -> f64 {
    match chip {
        ChipKind::Rp2040 => 125e6,
        ChipKind::Nrf51822 => 16e6,
    }
}

impl Args {
    /// What runs on the board. Names of its own begin with `_sb_`, for the script shares its module.
    fn driver(&self, chip: ChipKind, name: &str, heap: bool) -> String {
        let (at, number) = (mark_register(chip), mark_register(chip) + 4);
        let name = json!(name).to_string();
        let mut lines = vec![
            "import gc, machine".to_string(),
            "_sb_m = machine.mem32".into(),
            format!("_sb_f = open({SOURCE:?})"),
            "_sb_s = _sb_f.read()".into(),
            "_sb_f.close()".into(),
            // Where there is no `compile`, `exec` gets the text: then compiling is in what it costs.
            "try: _sb_c = compile\nexcept NameError: _sb_c = None".into(),
        ];
        if heap {
            lines.extend([
                "import micropython".into(),
                "_sb_p = getattr(micropython, 'mem_peak', None)".into(),
                "gc.collect()".into(),
                "gc.threshold(1024)".into(),
                "if _sb_p: _sb_p(True)".into(),
                format!("if _sb_c: _sb_s = _sb_c(_sb_s, {name}, 'exec')"),
                format!("if _sb_p: _sb_m[{number}] = _sb_p()"),
                "gc.collect()".into(),
                "if _sb_p: _sb_p(True)".into(),
            ]);
        } else {
            // Thrice, because the clock's interrupt may fall into one of them.
            lines.extend(std::iter::repeat_n(
                [format!("_sb_m[{at}] = {EMPTY}"), format!("_sb_m[{at}] = {EMPTY_END}")].join("\n"),
                3,
            ));
            lines.extend([
                "gc.collect()".into(),
                format!("if _sb_c:\n _sb_m[{at}] = {COMPILE}"),
                format!(" _sb_s = _sb_c(_sb_s, {name}, 'exec')"),
                format!(" _sb_m[{at}] = {COMPILE_END}"),
            ]);
        }
        let mark = |value| if heap { "pass".to_string() } else { format!("_sb_m[{at}] = {value}") };
        let bracket =
            |start, action: &str, end| format!("{}\ntry:\n {action}\nfinally:\n {}", mark(start), mark(end));
        match self.perfbench.as_deref() {
            Some(&[n, m]) => {
                // As run-perfbench.py chooses: the largest set of parameters within N and M.
                lines.extend([
                    "exec(_sb_s)".into(),
                    format!("_sb_k = max(k for k in bm_params if 10 * k[0] <= 12 * {n} and k[1] <= {m})"),
                    "_sb_r, _sb_o = bm_setup(bm_params[_sb_k])".into(),
                ]);
                lines.extend(std::iter::repeat_n([mark(BARE), mark(BARE_END)].join("\n"), 3));
                lines.push(bracket(START, "_sb_r()", END));
                lines.push("print(*_sb_o())".into());
            }
            _ => {
                lines.push("_sb_e = _sb_c('', '', 'exec') if _sb_c else ''\ngc.collect()".into());
                lines.extend(std::iter::repeat_n(bracket(BARE, "exec(_sb_e)", BARE_END), 3));
                lines.push(bracket(START, "exec(_sb_s)", END));
            }
        }
        if heap {
            lines.push(format!("if _sb_p: _sb_m[{number}] = _sb_p()"));
        }
        lines.join("\n") + "\n"
    }
}

#[derive(Clone, Copy, Default)]
struct Cost {
    instructions: u64,
    cycles: u64,
}

impl Cost {
    fn less(self, other: Cost) -> Cost {
        Cost {
            instructions: self.instructions.saturating_sub(other.instructions),
            cycles: self.cycles.saturating_sub(other.cycles),
        }
    }
}

/// What lies between two marks: the least where there are several pairs.
fn least(marks: &[Mark], from: u32, to: u32) -> Option<Cost> {
    let pairs = marks.windows(2).filter(|pair| pair[0].value == from && pair[1].value == to);
    let costs = pairs.map(|pair| Cost {
        instructions: pair[1].instructions - pair[0].instructions,
        cycles: pair[1].cycles - pair[0].cycles,
    });
    costs.min_by_key(|cost| cost.instructions)
}

impl Figures {
    fn json(&self, name: &str, ratio: Option<f64>) -> Value {
        let mut all = json!({
            "event": "bench",
            "script": name,
            "instructions": self.instructions,
            "cycles": self.cycles,
            "compile_instructions": self.compile_instructions,
            "compile_cycles": self.compile_cycles,
            "heap_peak": self.heap_peak,
            "compile_heap_peak": self.compile_heap_peak,
            "virtual_seconds": self.virtual_seconds,
            "output": String::from_utf8_lossy(&self.output).replace("\r\n", "\n"),
            "ok": self.ok,
            "traceback": self.traceback,
        });
        if let Some(ratio) = ratio {
            all["ratio"] = json!(ratio);
        }
        all
    }

    fn row(&self, name: &str, ratio: Option<f64>) -> String {
        fn figure<T: ToString>(number: Option<T>) -> String {
            number.map_or_else(|| "-".into(), |number| grouped(&number.to_string()))
        }
        let ratio = ratio.map_or_else(String::new, |ratio| format!(" {ratio:>7.3}"));
        format!(
            "{name:<24} {:>14} {:>14} {:>12} {:>10} {:>9.4}{ratio}",
            figure(self.instructions),
            figure(self.cycles),
            figure(self.compile_instructions),
            figure(self.heap_peak),
            self.virtual_seconds,
        )
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Instructions by script, from lines that --json wrote.
fn read_baseline(file: &Path) -> Result<BTreeMap<String, u64>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut baseline = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let value: Value = serde_json::from_str(line).with_context(|| file.display().to_string())?;
        if let (Some(script), Some(count)) = (value["script"].as_str(), value["instructions"].as_u64()) {
            baseline.insert(script.to_string(), count);
        }
    }
    Ok(baseline)
}

fn write_profile(file: &Path, elf: Option<&Path>, blocks: &BTreeMap<u32, u64>) -> Result<()> {
    let functions = match elf {
        None => Vec::new(),
        Some(elf) => symbols::symbols(&std::fs::read(elf).with_context(|| elf.display().to_string())?),
    };
    if elf.is_some() && functions.is_empty() {
        bail!("{}: no symbols", elf.unwrap_or(file).display());
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (&block, &count) in blocks {
        let name = match symbols::at(&functions, block) {
            Some(symbol) => symbol.name.clone(),
            None => format!("{block:#010x}"),
        };
        *counts.entry(name).or_default() += count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let lines: String = counts.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
    std::fs::write(file, lines).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(value: u32, instructions: u64) -> Mark {
        Mark { address: 0, value, instructions, cycles: 2 * instructions }
    }

    #[test]
    fn the_least_of_several_pairs_counts() {
        let marks = [mark(BARE, 0), mark(BARE_END, 9), mark(BARE, 10), mark(BARE_END, 15)];
        assert_eq!(least(&marks, BARE, BARE_END).map(|cost| (cost.instructions, cost.cycles)), Some((5, 10)));
        assert!(least(&marks, START, END).is_none());
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(["1", "123", "1234", "1234567"].map(grouped), ["1", "123", "1,234", "1,234,567"]);
    }
}
