//! Runs the interpreter on inputs made at random: `fuzz TARGET SECONDS [SEED] [FOLDER...]`.
//!
//! TARGET is the name of a folder in `fuzz/corpus` (source, repl, mpy); its files, and those of further folders,
//! are what new inputs are made from. The work is done in a child process, which may crash; inputs that crash it
//! are kept in the folder `fuzz-found` of the current one. The same seed gives the same inputs.

#[path = "../fuzz/mutate.rs"]
mod mutate;
#[path = "../fuzz/run.rs"]
mod run;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use run::Target;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let child = args.first().is_some_and(|arg| arg == "--child");
    let args = &args[usize::from(child)..];
    let (Some(target), Some(seconds)) =
        (args.first().and_then(|name| Target::named(name)), args.get(1).and_then(|n| n.parse().ok()))
    else {
        eprintln!("usage: fuzz source|repl|mpy SECONDS [SEED] [FOLDER...]");
        return ExitCode::from(2);
    };
    let seed: u64 = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(&args[0])];
    if target == Target::Mpy {
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mpy"));
    }
    folders.extend(args.iter().skip(3).map(PathBuf::from));
    let span = Duration::from_secs(seconds);
    if child {
        work(target, span, seed, &folders)
    } else {
        parent(&args[0], span, seed, &args[3.min(args.len())..])
    }
}

/// Makes inputs and runs them until the time is over.
fn work(target: Target, span: Duration, seed: u64, folders: &[PathBuf]) -> ExitCode {
    let seeds = read_all(folders);
    if seeds.is_empty() {
        eprintln!("no files to begin with");
        return ExitCode::from(2);
    }
    let current = current_file();
    let mut rng = mutate::Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (begun, mut count) = (Instant::now(), 0u64);
    // Native code may nest deeply before its bound: as much stack as `run` has.
    let fuzz = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        while begun.elapsed() < span {
            let input = match target {
                Target::Source => mutate::source(&mut rng, &seeds),
                Target::Repl => mutate::repl(&mut rng, &seeds),
                Target::Mpy => mutate::mpy(&mut rng, &seeds),
            };
            if fs::write(&current, &input).is_err() {
                break;
            }
            run::run(target, &input);
            count += 1;
            if count % 64 == 0 {
                println!("{count}");
            }
        }
        println!("{count}");
    });
    match fuzz.map(|thread| thread.join()) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::from(101),
    }
}

fn current_file() -> PathBuf {
    std::env::var_os("FUZZ_CURRENT").map_or_else(|| PathBuf::from("fuzz-current"), PathBuf::from)
}

/// Starts children until the time is over, and keeps what crashed them.
fn parent(target: &str, span: Duration, seed: u64, folders: &[String]) -> ExitCode {
    let begun = Instant::now();
    // In memory where there is such a place: it is written for each input.
    let shm = Path::new("/dev/shm");
    let folder = if shm.is_dir() { shm.to_path_buf() } else { std::env::temp_dir() };
    let current = folder.join(format!("fuzz-{target}-{}", std::process::id()));
    let (mut total, mut found, mut stubborn, mut round) = (0u64, Vec::<String>::new(), 0, 0);
    while begun.elapsed() < span {
        let left = (span - begun.elapsed()).as_secs() + 1;
        let child = Command::new(std::env::current_exe().unwrap_or_default())
            .args(["--child", target, &left.to_string(), &(seed + (round << 20)).to_string()])
            .args(folders)
            .env("FUZZ_CURRENT", &current)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else { return ExitCode::from(2) };
        round += 1;
        let mut last = 0;
        for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
            last = line.ok().and_then(|line| line.parse().ok()).unwrap_or(last);
        }
        let mut said = String::new();
        let _ = child.stderr.take().map(|mut err| err.read_to_string(&mut said));
        let code = child.wait().ok().and_then(|status| status.code());
        total += last;
        match code {
            Some(0) => {}
            Some(run::CATCHES_EVERYTHING) => stubborn += 1,
            Some(2) => {
                eprint!("{said}");
                return ExitCode::from(2);
            }
            _ => {
                let what = match code {
                    Some(run::HANGS) => "it does not heed Ctrl-C".to_string(),
                    Some(_) => said.lines().take(2).collect::<Vec<_>>().join(" "),
                    None => "it overflowed the stack, or worse".to_string(),
                };
                // Thread numbers differ from run to run.
                let place =
                    what.split_once("panicked at").map_or(what.as_str(), |(_, rest)| rest).to_string();
                if !found.contains(&place) || code == Some(run::HANGS) {
                    let file = PathBuf::from("fuzz-found").join(format!("{target}-{}-{}", seed, found.len()));
                    let _ = fs::create_dir_all("fuzz-found");
                    let _ = fs::copy(&current, &file);
                    println!("{}: {place}", file.display());
                    found.push(place);
                }
            }
        }
    }
    let _ = fs::remove_file(&current);
    println!(
        "{target}: {total} inputs in {:.1} minutes, {} crashes, {stubborn} inputs that catch every Ctrl-C",
        begun.elapsed().as_secs_f64() / 60.0,
        found.len()
    );
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read_all(folders: &[PathBuf]) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| {
            path.is_file() && path.extension().is_none_or(|e| !["out", "exp"].iter().any(|no| e == *no))
        })
        .collect();
    if folders.first().is_some_and(|folder| folder.ends_with("mpy")) {
        files.retain(|path| path.extension().is_some_and(|e| e == "mpy"));
    }
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).filter(|text| !text.is_empty()).collect()
}
