//! The emulated board: a machine, run in slices at the pace asked for.
//!
//! Slices end at whole milliseconds of virtual time, and bytes enter and leave only between slices.
//! What happens at which virtual time therefore does not depend on the host, nor on the pace.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use emulator::bench::{Bench, BenchErrors};
use emulator::board::Board;
use emulator::clock::Time;
use emulator::cpu::debug::Orders;
use emulator::debug::Profile;
use emulator::image::places::Places;
use emulator::image::{Image, ImageError};
use emulator::machine::{Halt, HistoryOptions, Machine, MachineError, MachineOptions, Stop};
use emulator::record::{Header, Journal, Recording, RecordingError};
use emulator::trace::SharedTrace;
use thiserror::Error;

use super::message::{BenchSource, Emulated, Speed, Stats, Upload};
use super::recorder::{Recorder, RecorderError};
use super::replay::{self, Replay};
use crate::device::LinkError;

/// Our firmware for the RP2040; `./dev firmware` makes it.
pub const BUILT_IN_FIRMWARE: &[u8] = include_bytes!("../../../assets/solderless-rp2040.uf2");

/// Virtual time between two looks at the console.
const SLICE: u64 = 1_000_000;
/// Virtual time between two samples of a profile: nothing that a program does by the clock has this period.
const SAMPLE: u64 = 97_000;
/// How long an instruction may take that sends the processor to sleep.
const LONGEST_STEP: Time = Time::from_secs(10);
/// How long the host may be busy before someone looks at the inbox again.
const BUSY: Duration = Duration::from_millis(5);
/// Further behind its pace than this, a board stops trying to catch up.
const LAG: Duration = Duration::from_millis(200);
/// A board without USB has no one to wait for: after so long it is typed to regardless.
const UNREADY: Duration = Duration::from_secs(3);
/// At full speed, a board that is asleep and silent for this long runs at real time: at its prompt
/// nothing would come of a busy host.
const IDLE_AFTER: Duration = Duration::from_millis(300);

/// Why an emulated board cannot be made.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The bench makes no sense; a line for each error, with file, line, and what is allowed.
    #[error("{0}")]
    Bench(BenchErrors),
    /// The firmware is no image for this board.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// There is none.
    #[error("there is no firmware for the {board}: {advice}")]
    NoFirmware {
        /// What it is called.
        board: &'static str,
        /// How to get one.
        advice: &'static str,
    },
    /// The machine cannot be made.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The recording cannot be read.
    #[error("cannot read the recording {path}: {why}")]
    Recording {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The recording makes no sense, or not on this board.
    #[error("{path}: {why}")]
    BadRecording {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: RecordingError,
    },
    /// What a recording was made with is not where it was.
    #[error("{path} was made with the {what} {}, which is not there: give it with --{what}", name.display())]
    Gone {
        /// The recording.
        path: PathBuf,
        /// Bench or firmware.
        what: &'static str,
        /// Its file.
        name: PathBuf,
    },
    /// There is no UART at the pins that are to be offered.
    #[error("{0}")]
    Uart(String),
    /// A new recording cannot be written.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
}

/// A board in this process. Not to be sent between threads: it is made where it runs.
pub struct EmulatedBoard {
    name: String,
    machine: Machine,
    speed: Speed,
    /// Where pace is counted from: an instant of the host and the board's time then.
    anchor: (Instant, Duration),
    /// When the board last said or was told something, or was seen busy.
    active: Instant,
    /// Did the chip reset itself since last asked?
    restarted: bool,
    kind: &'static Board,
    /// What the bench says belongs on the board.
    uploads: Vec<Upload>,
    /// Does full speed end when the board idles?
    pub idles: bool,
    sample: Sample,
    /// What is to be sent to the UART that is offered, at which rate.
    serial: (u32, VecDeque<u8>),
    /// What a recording of this session begins with.
    header: Header,
    recorder: Option<Recorder>,
    /// Why recording ended before its time, until it has been told.
    record_error: Option<String>,
    /// When the recording that is being replayed ends.
    replay_end: Option<Duration>,
    /// The firmware's functions, when its image tells.
    places: Places,
    profile: Option<Profile>,
    /// The code with which the program ended.
    exited: Option<i32>,
}

/// What the counters were when statistics were last asked for.
struct Sample {
    at: Instant,
    time: Duration,
    instructions: u64,
}

impl EmulatedBoard {
    /// Builds the board and switches it on, at virtual time zero. What a recording that is to be replayed was made
    /// with is found by the names in it, unless it is given.
    pub fn boot(what: &Emulated, trace: SharedTrace) -> Result<EmulatedBoard, OpenError> {
        let replay = what.replay.as_deref().map(Replay::read).transpose()?;
        let mut bench = match (&what.bench, &replay) {
            (None, Some(replay)) => replay.bench()?,
            (source, _) => load_bench(source.as_ref())?,
        };
        let recorded = replay.as_ref().and_then(|replay| replay.uart());
        if let Some((tx, rx)) = what.uart.as_ref().or(recorded.as_ref()) {
            bench.add_serial_adapter(tx, rx).map_err(OpenError::Uart)?;
        }
        let mut firmware = what.firmware.clone().or_else(|| bench.firmware.clone());
        let mut options = MachineOptions { flash_file: what.flash.clone(), ..MachineOptions::default() };
        if let Some(replay) = &replay {
            if what.firmware.is_none() {
                firmware = replay.firmware()?.or(firmware);
            }
            // The recording knows what was in flash; what the replay does to it is nobody's loss.
            options.flash_file = None;
            options.contents.clone_from(&replay.recording.header.contents);
        }
        let image = load_firmware(firmware.as_deref(), bench.board)?;
        let mut machine = Machine::on_bench(&bench, &image, trace, options)?;
        let header = replay::header(what, &bench, firmware.as_deref(), &image, &machine);
        let mut replay_end = None;
        if let Some(replay) = replay {
            replay.check(&header)?;
            let recording = replay.recording;
            let last = recording.entries.last().map(|entry| entry.at);
            replay_end = recording.end.or(last).map(|end| Duration::from_nanos(end.nanos()));
            machine.replay(Journal::ahead(recording.entries));
        }
        let recorder = match &what.record {
            Some(path) => Some(Recorder::create(path, header.clone(), machine.journal())?),
            None => None,
        };
        let now = Instant::now();
        Ok(EmulatedBoard {
            name: format!("the emulated {}", bench.board.title),
            kind: bench.board,
            machine,
            speed: what.speed,
            anchor: (now, Duration::ZERO),
            active: now,
            restarted: false,
            uploads: uploads(&bench),
            idles: true,
            sample: Sample { at: now, time: Duration::ZERO, instructions: 0 },
            serial: (emulator::part::serial_adapter::BAUD, VecDeque::new()),
            header,
            recorder,
            record_error: None,
            replay_end,
            places: Places::default(),
            profile: None,
            exited: None,
        })
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Virtual time since power-on.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.machine.now().nanos())
    }

    /// Which board it is.
    pub fn kind(&self) -> &'static Board {
        self.kind
    }

    /// The files and folders that the bench says belong on the board.
    pub fn uploads(&self) -> &[Upload] {
        &self.uploads
    }

    /// The machine itself, for what only it can tell.
    pub fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Runs to the next whole slice.
    fn run_slice(&mut self) -> Stop {
        let end = Time((self.machine.now().nanos() / SLICE + 1) * SLICE);
        let Some(profile) = &mut self.profile else { return self.machine.run_until(end) };
        loop {
            let next = end.min(self.machine.now() + Time(SAMPLE));
            let stop = self.machine.run_until(next);
            profile.sample(&self.machine, &self.places);
            if next == end || !matches!(stop, Stop::Deadline) {
                return stop;
            }
        }
    }

    /// Samples call stacks from now on.
    pub fn start_profile(&mut self) {
        self.profile = Some(Profile::default());
    }

    /// The samples taken since [`EmulatedBoard::start_profile`].
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// The code with which the program ended through a semihosting call, if it did.
    pub fn exited(&self) -> Option<i32> {
        self.exited
    }

    /// Names addresses in reports from now on.
    pub fn set_places(&mut self, places: Places) {
        self.places = places;
    }

    /// When the recording that is being replayed ends.
    pub fn replay_end(&self) -> Option<Duration> {
        self.replay_end
    }

    /// The session so far as a recording.
    pub fn recording(&self) -> String {
        let entries = self.machine.journal().past().to_vec();
        Recording { header: self.header.clone(), entries, end: Some(self.machine.now()) }.to_string()
    }

    fn record(&mut self) {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.sync(self.machine.journal())
        {
            self.recorder = None;
            self.record_error = Some(error.to_string());
        }
    }

    /// Types at the console; says how many bytes were taken.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        if !self.machine.console_ready() && self.now() < UNREADY {
            return 0;
        }
        self.active = Instant::now();
        self.machine.console_write(bytes)
    }

    /// Runs on until the board says something, `wait` of its time is over, it is ahead of its pace,
    /// or the host has been busy for a while.
    pub fn pump(&mut self, wait: Duration, into: &mut Vec<u8>) -> Result<(), LinkError> {
        let (started, until) = (Instant::now(), self.now() + wait);
        loop {
            if self.due() <= self.now() {
                return Ok(());
            }
            let before = self.machine.stats();
            self.record();
            if !self.serial.1.is_empty() && self.machine.serial_backlog() < Time(SLICE) {
                // As many as a slice takes, and one more to fill it.
                self.send_serial(1 + (self.serial.0 / 10_000) as usize);
            }
            let stop = self.run_slice();
            let said = self.machine.console_read();
            self.note_activity(&before, !said.is_empty());
            into.extend_from_slice(&said);
            if self.machine.stats().resets != before.resets {
                self.restarted = true;
            }
            match stop {
                Stop::Deadline | Stop::Debug(..) => {}
                Stop::Fault(report) => {
                    return Err(LinkError::Fault(self.places.explain(&report, &self.machine)));
                }
                Stop::Halted(halt @ Halt::Exited(code)) => {
                    self.exited = Some(code);
                    return Err(LinkError::Fault(halt.to_string()));
                }
                Stop::Halted(halt) => return Err(LinkError::Fault(halt.to_string())),
            }
            if !said.is_empty() || self.now() >= until || started.elapsed() >= BUSY {
                return Ok(());
            }
        }
    }

    fn note_activity(&mut self, before: &emulator::machine::Stats, said: bool) {
        let after = self.machine.stats();
        let asleep = (after.asleep - before.asleep).nanos();
        // An interpreter at its prompt wakes every millisecond only to sleep again.
        if said || asleep < (after.time - before.time).nanos() / 2 {
            self.active = Instant::now();
        }
    }

    /// The pace in force: full speed is real time for a board with nothing to do.
    fn pace(&self) -> Speed {
        match self.speed {
            Speed::Max if self.idles && self.active.elapsed() > IDLE_AFTER => Speed::REAL,
            speed => speed,
        }
    }

    /// The virtual time the board may reach by now.
    fn due(&mut self) -> Duration {
        let (host, board) = self.anchor;
        match self.pace() {
            Speed::Paused => {
                self.anchor = (Instant::now(), self.now());
                Duration::ZERO
            }
            Speed::Max => {
                self.anchor = (Instant::now(), self.now());
                Duration::MAX
            }
            Speed::Times(factor) => {
                let due = board + host.elapsed().mul_f32(factor);
                if due.saturating_sub(self.now()) > LAG.mul_f32(factor) {
                    // The host cannot keep up: what is lost is lost.
                    self.anchor = (Instant::now(), self.now() + LAG.mul_f32(factor));
                }
                due
            }
        }
    }

    /// How long the host can leave the board alone.
    pub fn rest(&mut self) -> Duration {
        let due = self.due();
        match self.pace() {
            Speed::Paused => Duration::from_secs(1),
            Speed::Max => Duration::ZERO,
            Speed::Times(factor) => {
                let ahead = (self.now() + Duration::from_millis(1)).saturating_sub(due);
                Duration::try_from_secs_f64(ahead.as_secs_f64() / f64::from(factor)).unwrap_or(BUSY)
            }
        }
    }

    /// The pace asked for.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Changes the pace.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
        self.anchor = (Instant::now(), self.now());
        self.active = Instant::now();
    }

    /// Feeds a part's input with a constant, or (`None`) with what the bench says.
    pub fn set_input(&mut self, part: &str, input: &str, value: Option<f64>) -> Result<(), String> {
        match value {
            Some(value) => self.machine.set_input(part, input, value),
            None => self.machine.release_input(part, input),
        }
        .map_err(|error| error.to_string())
    }

    /// Keeps a history from now on, for [`EmulatedBoard::go_back`].
    pub fn keep_history(&mut self) {
        self.machine.keep_history(HistoryOptions::default());
    }

    /// Goes back to an instant, or as near to it as is kept.
    pub fn go_back(&mut self, to: Duration) -> Result<(), String> {
        let to = time(to).max(self.machine.earliest().unwrap_or(Time::ZERO)).min(self.machine.now());
        self.machine.go_back_to(to).map_err(|error| error.to_string())?;
        self.set_speed(self.speed);
        self.restarted = false;
        Ok(())
    }

    /// Lets the first core execute one instruction from an instant on, or goes back to before the last; says where
    /// the core is then.
    pub fn step_instruction(&mut self, from: Option<Duration>, back: bool) -> Result<String, String> {
        if let Some(from) = from {
            self.go_back(from)?;
        }
        self.machine.attach_debugger().map_err(|error| error.to_string())?;
        let orders = [Orders { step: true, ..Orders::default() }, Orders::default()];
        let done = if back {
            match self.machine.run_back(&orders) {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err("this is the beginning of what is kept".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        } else {
            self.machine.order(orders);
            let stop = self.machine.run_until(self.machine.now() + LONGEST_STEP);
            match stop {
                Stop::Deadline => Err("the processor sleeps and nothing wakes it".to_owned()),
                Stop::Halted(halt) => Err(halt.to_string()),
                Stop::Fault(_) | Stop::Debug(..) => Ok(()),
            }
        };
        self.machine.order(Default::default());
        self.set_speed(self.speed);
        done?;
        let pc = self.machine.core_registers(0)[15];
        let place = self.places.place(pc).map(|place| format!(" in {place}")).unwrap_or_default();
        Ok(format!("pc {pc:#010x}{place}"))
    }

    /// Runs on to an instant; nobody hears what the board says meanwhile.
    pub fn run_to(&mut self, to: Duration) -> Result<(), LinkError> {
        while self.machine.now() < time(to) {
            if let Stop::Halted(halt) = self.machine.run_until(time(to)) {
                return Err(LinkError::Fault(halt.to_string()));
            }
        }
        self.machine.console_read();
        Ok(())
    }

    /// What the board has said since the last whole slice.
    pub fn said_in_slice(&self) -> Vec<u8> {
        let now = self.machine.now();
        let from = Time(now.nanos() / SLICE * SLICE);
        self.machine.world().trace().read(|trace| {
            let Some(console) = trace.find("console") else { return Vec::new() };
            trace.texts(console, from, now).flat_map(|(_, text)| text.iter().copied()).collect()
        })
    }

    /// Whether what entered once is still to enter again.
    pub fn is_replaying(&self) -> bool {
        self.machine.is_replaying()
    }

    /// What entered later does not enter again.
    pub fn stop_replay(&mut self) {
        self.machine.stop_replay();
    }

    /// Counts up whenever somebody acts on the board.
    pub fn acts(&self) -> u64 {
        self.machine.journal().acts()
    }

    /// Sends bytes to the UART that is offered, when the wire is free for them.
    pub fn serial_write(&mut self, baud: u32, bytes: &[u8]) {
        if self.serial.0 != baud {
            // What waits is still sent at the old rate.
            self.send_serial(usize::MAX);
            self.serial.0 = baud;
            self.machine.serial_write(baud, &[]);
        }
        self.serial.1.extend(bytes);
        self.active = Instant::now();
    }

    fn send_serial(&mut self, most: usize) {
        let count = self.serial.1.len().min(most);
        if count > 0 {
            let bytes: Vec<u8> = self.serial.1.drain(..count).collect();
            self.machine.serial_write(self.serial.0, &bytes);
        }
    }

    /// What came from the UART that is offered.
    pub fn serial_read(&mut self) -> Vec<u8> {
        self.machine.serial_read()
    }

    /// Did the chip reset itself (its program, its watchdog, a panic) since the last call?
    pub fn take_restarted(&mut self) -> bool {
        std::mem::take(&mut self.restarted)
    }

    /// What the bench has to say: short circuits, wrong rates. Each is told once.
    pub fn take_reports(&mut self) -> Vec<String> {
        let reports = self.machine.bench().map(|bench| bench.take_reports()).unwrap_or_default();
        let mut lines: Vec<String> =
            reports.into_iter().map(|report| format!("at {}: {}", report.at, report.message)).collect();
        lines.extend(self.machine.take_save_error().map(|error| error.to_string()));
        lines.extend(self.record_error.take());
        lines
    }

    /// How it is getting on, counted since the last call.
    pub fn stats(&mut self) -> Stats {
        let (counters, at) = (self.machine.stats(), Instant::now());
        let virtual_time = self.now();
        let seconds = at.duration_since(self.sample.at).as_secs_f64().max(1e-6);
        let ratio = virtual_time.saturating_sub(self.sample.time).as_secs_f64() / seconds;
        let mips = counters.instructions.saturating_sub(self.sample.instructions) as f64 / seconds / 1e6;
        self.sample = Sample { at, time: virtual_time, instructions: counters.instructions };
        let outputs = self.machine.bench().map(|bench| {
            bench
                .outputs()
                .map(|(part, output, value)| ((part.to_string(), output.to_string()), value))
                .collect()
        });
        Stats {
            virtual_time,
            ratio,
            mips,
            instructions: counters.instructions,
            outputs: outputs.unwrap_or_default(),
        }
    }

    /// The reset button. Time goes on, parts keep their power.
    pub fn reset(&mut self) {
        self.machine.reset();
        self.active = Instant::now();
    }
}

impl Drop for EmulatedBoard {
    fn drop(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            // Nobody is left to tell about a failure.
            let _ = recorder.finish(self.machine.journal(), self.machine.now());
        }
    }
}

fn time(time: Duration) -> Time {
    Time(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

fn load_bench(source: Option<&BenchSource>) -> Result<Bench, OpenError> {
    match source {
        None => Ok(Bench::pico()),
        Some(BenchSource::File(path)) => Bench::load(path).map_err(OpenError::Bench),
        Some(BenchSource::Text { text, path }) => Bench::parse(text, path).map_err(OpenError::Bench),
    }
}

/// Everything goes to the board's top folder, under its path from the bench's folder.
fn uploads(bench: &Bench) -> Vec<Upload> {
    let place = |path: &PathBuf| Upload {
        from: bench.dir.join(path),
        to: format!("/{}", path.to_string_lossy().replace('\\', "/").trim_start_matches("./")),
    };
    bench.upload.iter().map(place).collect()
}

/// The image named, else the one this program carries, else one that is installed.
fn load_firmware(path: Option<&Path>, board: &Board) -> Result<Image, OpenError> {
    Ok(match (path, &board.firmware) {
        (Some(path), _) => Image::load(path)?,
        (None, None) => Image::parse(BUILT_IN_FIRMWARE, "the built-in firmware")?,
        (None, Some(firmware)) => {
            let path = firmware.paths.iter().map(Path::new).find(|path| path.is_file());
            let missing = OpenError::NoFirmware { board: board.title, advice: firmware.advice };
            Image::load(path.ok_or(missing)?)?
        }
    })
}
