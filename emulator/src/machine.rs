//! A board under power: chip, flash contents, bench and console, run in slices of virtual time.
//!
//! A [`Machine`] is made on the thread that runs it and stays there (the engine is not `Send`).
//! What others see of it while it runs is the trace.

use std::any::Any;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::air::Frame;
use crate::bench::{Bench, BenchWorld, SetInputError};
use crate::chip::{self, Area, Chip, ChipKind, ChipOptions, Demand, DiskError, DiskInfo, DiskRequest};
use crate::clock::Time;
use crate::cpu::EngineError;
use crate::cpu::debug::Halt as DebugHalt;
use crate::cpu::fault::FaultReport;
use crate::cpu::probe::Probe;
use crate::image::{Image, Segment};
use crate::record::{Journal, Stimulus};
use crate::trace::{Channel, ChannelId, SharedTrace};
use crate::world::{Gpio, World};

mod debug;
mod history;
mod semihosting;

use history::History;
pub use history::{GoBackError, HistoryOptions, Snapshot};

/// How long changed flash contents wait until they are saved.
const SAVE_AFTER: Time = Time::from_secs(1);

/// How long a USB drive may take for an answer.
const DISK_PATIENCE: Time = Time::from_secs(5);

/// Which of a chip's areas is the flash.
const FLASH: usize = 0;

/// Largest flash a chip can map.
const MAX_FLASH: usize = 16 << 20;

/// Why a machine cannot be made, or its flash not be kept.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The CPU engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The chip cannot be debugged.
    #[error("this chip has no place for a debugger")]
    NoDebugPort,
    /// The image has bytes where the board has no memory.
    #[error("{name} does not fit this board: it has {len} bytes at {address:#010x}, but {areas}")]
    DoesNotFit {
        /// The image's name.
        name: String,
        /// Where the segment lies.
        address: u32,
        /// How long it is.
        len: usize,
        /// What memory the board has, as text.
        areas: String,
    },
    /// The image is for memory only.
    #[error("{name} has nothing for the flash at {flash:#010x}: the board would not start from it")]
    NotInFlash {
        /// The image's name.
        name: String,
        /// Where flash begins.
        flash: u32,
    },
    /// The flash file cannot be read or written.
    #[error("cannot {doing} the flash contents {path}: {source}")]
    FlashFile {
        /// Read or save.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a machine is made of besides the bench and the image.
#[derive(Clone, Debug)]
pub struct MachineOptions {
    /// The microcontroller; a bench's board decides it.
    pub chip: ChipKind,
    /// Where the flash contents are kept between runs; `None` forgets them.
    pub flash_file: Option<PathBuf>,
    /// Bytes of flash: a power of two up to 16 MiB.
    pub flash_bytes: usize,
    /// The number that programs take as the board's own.
    pub unique_id: [u8; 8],
    /// See [`ChipOptions::console`]; a bench's board decides it.
    pub console: Option<(Gpio, Gpio)>,
    /// What the flash holds at power-on besides the image: where, from its start, and the bytes. What does not fit
    /// is left out.
    pub contents: Vec<(usize, Vec<u8>)>,
}

impl Default for MachineOptions {
    fn default() -> MachineOptions {
        MachineOptions {
            chip: ChipKind::Rp2040,
            flash_file: None,
            flash_bytes: 2 << 20,
            unique_id: [0xE6, 0x60, 0x58, 0x38, 0x83, 0x41, 0x4C, 0x2A],
            console: None,
            contents: Vec::new(),
        }
    }
}

/// Why a run ended.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The time asked for has passed.
    Deadline,
    /// A HardFault. Running on enters the guest's own handler.
    Fault(Box<FaultReport>),
    /// Nothing runs any more until a reset.
    Halted(Halt),
    /// A debugger's orders stopped this core.
    Debug(u8, DebugHalt),
}

/// Why nothing runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Flash has no program that the chip would start.
    NoFirmware,
    /// The program asked for the USB boot loader (`machine.bootloader()`).
    Bootloader,
    /// A fault within the HardFault handler.
    Lockup,
    /// The program ended, with this code, through a semihosting call.
    Exited(i32),
}

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Halt::Exited(code) => return write!(f, "the program ended with code {code}"),
            Halt::NoFirmware => "flash has no program that would start: load a firmware image",
            Halt::Bootloader => "the board waits in its USB boot loader: reset it to go on",
            Halt::Lockup => "the processor is locked up: reset the board",
        })
    }
}

/// Counters of a machine since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Instructions executed. Functions of the boot ROM that are not emulated instruction by instruction count
    /// as many as the cycles they take on the chip, which is an upper bound.
    pub instructions: u64,
    /// Cycles of the system clock, sleep included.
    pub cycles: u64,
    /// Virtual time.
    pub time: Time,
    /// Of that, how long the first core slept.
    pub asleep: Time,
    /// How often the program or its watchdog reset the chip.
    pub resets: u64,
}

/// A board under power.
pub struct Machine {
    chip: Box<dyn Chip>,
    /// As [`Chip::areas`] tells.
    areas: Vec<Area>,
    options: MachineOptions,
    halted: Option<Halt>,
    /// Since when the flash contents differ from the file.
    dirty_since: Option<Time>,
    save_error: Option<MachineError>,
    resets: u64,
    console: Vec<u8>,
    console_channel: ChannelId,
    journal: Journal,
    history: Option<History>,
}

impl Machine {
    /// A board on a bench with firmware in its flash, powered on at time zero.
    pub fn on_bench(
        bench: &Bench,
        image: &Image,
        trace: SharedTrace,
        options: MachineOptions,
    ) -> Result<Machine, MachineError> {
        let board = bench.board;
        let options =
            MachineOptions { chip: board.chip, flash_bytes: board.flash, console: board.console, ..options };
        Machine::new(Box::new(BenchWorld::new(bench, trace)), image, options)
    }

    /// A board in a world with firmware in its flash, powered on at time zero.
    ///
    /// What the flash file holds comes first, then the image over it, so that new firmware meets
    /// the file system of the last run.
    pub fn new(
        world: Box<dyn World>,
        image: &Image,
        options: MachineOptions,
    ) -> Result<Machine, MachineError> {
        let flash_bytes = options.flash_bytes.clamp(4096, MAX_FLASH).next_power_of_two();
        let options = MachineOptions { flash_bytes, ..options };
        let console_channel = world.trace().write().define(Channel::text("console"));
        let what = ChipOptions { flash_bytes, unique_id: options.unique_id, console: options.console };
        let chip = options.chip.make(world, what)?;
        let areas = chip.areas();
        if let Some(path) = &options.flash_file {
            match fs::read(path) {
                Ok(mut bytes) => {
                    let flash = &areas[FLASH].memory;
                    bytes.truncate(flash.len());
                    flash.write(0, &bytes);
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    let path = path.clone();
                    return Err(MachineError::FlashFile { doing: "read", path, source });
                }
            }
        }
        let mut machine = Machine {
            chip,
            areas,
            options,
            halted: None,
            dirty_since: None,
            save_error: None,
            resets: 0,
            console: Vec::new(),
            console_channel,
            journal: Journal::default(),
            history: None,
        };
        machine.load(image)?;
        for (offset, bytes) in std::mem::take(&mut machine.options.contents) {
            machine.areas[FLASH].memory.write(offset, &bytes);
        }
        machine.boot();
        Ok(machine)
    }

    fn load(&mut self, image: &Image) -> Result<(), MachineError> {
        let mut in_flash = false;
        for segment in &image.segments {
            let len = segment.bytes.len();
            let takes = |area: &Area| {
                let offset = segment.address.checked_sub(area.base);
                offset.is_some_and(|offset| area.memory.write(offset as usize, &segment.bytes))
            };
            let Some(area) = self.areas.iter().position(takes) else {
                return Err(MachineError::DoesNotFit {
                    name: image.name.clone(),
                    address: segment.address,
                    len,
                    areas: describe(&self.areas),
                });
            };
            in_flash |= area == FLASH;
        }
        if !in_flash {
            let flash = self.areas[FLASH].base;
            return Err(MachineError::NotInFlash { name: image.name.clone(), flash });
        }
        Ok(())
    }

    fn boot(&mut self) {
        self.halted = if self.chip.boot() { None } else { Some(Halt::NoFirmware) };
    }

    /// Now, in virtual time since power-on.
    pub fn now(&self) -> Time {
        self.chip.now()
    }

    /// Runs for a span of virtual time.
    pub fn run_for(&mut self, span: Time) -> Stop {
        self.run_until(self.now() + span)
    }

    /// Runs until an instant of virtual time or an earlier reason to stop. A halted board lets
    /// no time pass.
    pub fn run_until(&mut self, deadline: Time) -> Stop {
        let stop = loop {
            // Where a debugger stopped a core nothing enters: it finishes its block first.
            if !self.is_inside() {
                if let Err(error) = self.remember() {
                    // The machine can run on, only not go back.
                    self.history = None;
                    self.save_error = Some(error);
                }
                while let Some(what) = self.journal.take_due(self.now()) {
                    self.enter(what);
                }
            }
            if let Some(halt) = self.halted {
                break Stop::Halted(halt);
            }
            let until = deadline.min(self.journal.next()).min(self.next_snapshot());
            match self.chip.run_until(until) {
                chip::Stop::Reached if self.now() >= deadline => break Stop::Deadline,
                chip::Stop::Reached => {}
                chip::Stop::Fault(report) => {
                    if report.lockup {
                        self.halted = Some(Halt::Lockup);
                    }
                    break Stop::Fault(report);
                }
                chip::Stop::Debug(core, DebugHalt::Call) => self.call(core),
                chip::Stop::Debug(core, halt) => break Stop::Debug(core, halt),
                chip::Stop::Demand(Demand::Reset) => {
                    self.resets += 1;
                    self.chip.reset();
                    self.boot();
                }
                chip::Stop::Demand(Demand::Bootsel) => self.halted = Some(Halt::Bootloader),
            }
        };
        self.collect_console();
        self.keep_flash();
        stop
    }

    // What enters from outside. Each is written into the journal with the time of its coming.

    /// The reset pin: resets the chip. Flash, parts and time stay as they are.
    pub fn reset(&mut self) {
        self.finish_block();
        self.journal.push(self.now(), Stimulus::Reset);
        self.enter(Stimulus::Reset);
    }

    /// Lets something enter that is in the journal.
    fn enter(&mut self, what: Stimulus) {
        match what {
            Stimulus::Type(bytes) => {
                self.chip.console_write(&bytes);
            }
            Stimulus::Set { part, input, value } => {
                let now = self.now();
                if let Some(bench) = self.bench() {
                    // In a recording of another bench there may be inputs that this one does not have.
                    let _ = bench.set_input(now, &part, &input, value);
                }
            }
            Stimulus::Release { part, input } => {
                let now = self.now();
                if let Some(bench) = self.bench() {
                    let _ = bench.release_input(now, &part, &input);
                }
            }
            Stimulus::Hear(frame) => {
                if let Some(bench) = self.bench() {
                    bench.hear(frame);
                }
            }
            Stimulus::Serial { baud, bytes } => {
                let now = self.now();
                if let Some(bench) = self.bench() {
                    bench.serial_send(now, baud, &bytes);
                }
            }
            Stimulus::Reset => {
                self.collect_console();
                self.chip.reset_by_pin();
                self.boot();
            }
            Stimulus::Disk(request) => self.chip.disk_request(request),
            Stimulus::Flash { offset, bytes } => {
                if self.areas[FLASH].memory.write(offset, &bytes) {
                    self.chip.flash_written();
                }
            }
        }
    }

    /// Sets a part's input by hand, see [`BenchWorld::set_input`]. A machine without a bench has no inputs.
    pub fn set_input(&mut self, part: &str, input: &str, value: f64) -> Result<(), SetInputError> {
        self.finish_block();
        let now = self.now();
        self.parts(part)?.set_input(now, part, input, value)?;
        let (part, input) = (part.to_owned(), input.to_owned());
        self.journal.push(now, Stimulus::Set { part, input, value });
        Ok(())
    }

    /// Lets the bench drive an input again, see [`BenchWorld::release_input`].
    pub fn release_input(&mut self, part: &str, input: &str) -> Result<(), SetInputError> {
        self.finish_block();
        let now = self.now();
        self.parts(part)?.release_input(now, part, input)?;
        let (part, input) = (part.to_owned(), input.to_owned());
        self.journal.push(now, Stimulus::Release { part, input });
        Ok(())
    }

    /// A radio on another bench begins to send, see [`BenchWorld::hear`].
    pub fn hear(&mut self, frame: Frame) {
        self.finish_block();
        self.journal.push(self.now(), Stimulus::Hear(frame.clone()));
        self.enter(Stimulus::Hear(frame));
    }

    /// What was sent by radio on this bench since the last call.
    pub fn take_frames(&mut self) -> Vec<Frame> {
        self.bench().map(BenchWorld::take_frames).unwrap_or_default()
    }

    fn parts(&mut self, part: &str) -> Result<&mut BenchWorld, SetInputError> {
        let none = || SetInputError::NoPart { part: part.to_owned(), known: String::new() };
        self.bench().ok_or_else(none)
    }

    /// Sends bytes through the bench's serial adapter, whose rate it is from now on. They take their time on the wire,
    /// one behind the other: see [`Machine::serial_backlog`].
    pub fn serial_write(&mut self, baud: u32, bytes: &[u8]) {
        self.finish_block();
        let what = Stimulus::Serial { baud, bytes: bytes.to_vec() };
        self.journal.push(self.now(), what.clone());
        self.enter(what);
    }

    /// What came through the serial adapter since the last call.
    pub fn serial_read(&mut self) -> Vec<u8> {
        self.bench().map(BenchWorld::serial_take).unwrap_or_default()
    }

    /// How long the serial adapter is still busy with what it was given.
    pub fn serial_backlog(&mut self) -> Time {
        let now = self.now();
        self.bench().map_or(Time::ZERO, |bench| bench.serial_sent().saturating_sub(now))
    }

    /// What has entered so far and, after going back or with a recording, what is still to come.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Lets what another machine's journal holds enter at its times, in place of what this one's holds. The other
    /// machine must have started from the same flash and bench; to be called at power-on.
    pub fn replay(&mut self, journal: Journal) {
        self.journal = journal;
    }

    /// Lets nothing more enter by itself.
    pub fn stop_replay(&mut self) {
        self.journal.forget_future();
    }

    /// SHA-256 of the flash contents in hexadecimal.
    pub fn flash_digest(&self) -> String {
        digest(&self.flash())
    }

    /// Whether someone listens at the other end of the console: its USB port is open, or the
    /// program uses its UART.
    pub fn console_ready(&self) -> bool {
        self.chip.console_ready()
    }

    /// Types into the board's console; gives how many bytes were taken. The rest is to be offered
    /// again after running on: the board is not ready for it.
    pub fn console_write(&mut self, bytes: &[u8]) -> usize {
        self.finish_block();
        let taken = self.chip.console_write(bytes);
        if taken > 0 {
            self.journal.push(self.now(), Stimulus::Type(bytes[..taken].to_vec()));
        }
        taken
    }

    /// The USB drive that the program presents to its computer, once it is ready.
    pub fn usb_disk(&self) -> Option<&DiskInfo> {
        self.chip.disk()
    }

    /// Reads blocks of the USB drive; the board runs on until they have come.
    pub fn usb_disk_read(&mut self, lba: u32, count: u16) -> Result<Vec<u8>, DiskError> {
        self.ask_disk(DiskRequest::Read { lba, count })
    }

    /// Writes whole blocks to the USB drive; the board runs on until they are there.
    pub fn usb_disk_write(&mut self, lba: u32, data: Vec<u8>) -> Result<(), DiskError> {
        self.ask_disk(DiskRequest::Write { lba, data }).map(drop)
    }

    fn ask_disk(&mut self, request: DiskRequest) -> Result<Vec<u8>, DiskError> {
        if self.chip.disk().is_none() {
            return Err(DiskError::NoDisk);
        }
        self.finish_block();
        // Answers to requests that a journal repeated are nobody's.
        while self.chip.disk_answer().is_some() {}
        self.journal.push(self.now(), Stimulus::Disk(request.clone()));
        self.enter(Stimulus::Disk(request));
        let end = self.now() + DISK_PATIENCE;
        while self.now() < end {
            if let Some(answer) = self.chip.disk_answer() {
                return answer;
            }
            if !matches!(self.run_for(Time::from_millis(1)), Stop::Deadline) {
                break;
            }
        }
        Err(DiskError::Silent)
    }

    /// What the board has printed since the last call.
    pub fn console_read(&mut self) -> Vec<u8> {
        self.collect_console();
        std::mem::take(&mut self.console)
    }

    fn collect_console(&mut self) {
        let said = self.chip.console_read();
        if !said.is_empty() {
            let mut trace = self.chip.world().trace().write();
            said.pieces().for_each(|(t, bytes)| trace.text(self.console_channel, t, bytes));
            self.console.extend_from_slice(said.bytes());
        }
    }

    /// The nets and parts around the board.
    pub fn world(&self) -> &dyn World {
        self.chip.world()
    }

    /// As [`Machine::world`], to change something.
    pub fn world_mut(&mut self) -> &mut dyn World {
        self.chip.world_mut()
    }

    /// The world as what it is, for what only that type offers.
    pub fn world_as<W: World>(&mut self) -> Option<&mut W> {
        let any: &mut dyn Any = self.chip.world_mut();
        any.downcast_mut()
    }

    /// The bench's world, when the machine was made from one.
    pub fn bench(&mut self) -> Option<&mut BenchWorld> {
        self.world_as()
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        Stats {
            instructions: self.chip.instructions(),
            cycles: self.chip.cycles(),
            time: self.chip.now(),
            asleep: self.chip.asleep(),
            resets: self.resets,
        }
    }

    /// Whether turns of loops that wait for time or for a register are left out; they are at first. For comparing:
    /// nothing changes by it but the time that it takes the host.
    pub fn skip_waits(&mut self, on: bool) {
        self.chip.skip_waits(on);
    }

    /// Cycles that were left out in that way.
    pub fn skipped(&self) -> u64 {
        self.chip.skipped()
    }

    /// What is noted of the first core's program while it runs.
    pub fn probe(&mut self) -> &mut Probe {
        self.chip.probe()
    }

    /// The first core's r0 to r12, sp, lr, pc.
    pub fn registers(&self) -> [u32; 16] {
        self.chip.registers()
    }

    /// Bytes of flash or main memory at an address, for inspection; shorter where memory ends.
    pub fn memory(&self, address: u32, len: usize) -> Vec<u8> {
        let bytes = |area: &Area| {
            let offset = address.checked_sub(area.base)? as usize;
            (offset < area.memory.len()).then(|| area.memory.to_vec(offset, len))
        };
        self.areas.iter().find_map(bytes).unwrap_or_default()
    }

    /// How large the flash is.
    pub fn flash_bytes(&self) -> usize {
        self.options.flash_bytes
    }

    /// Where the processor sees the flash.
    pub fn flash_base(&self) -> u32 {
        self.areas[FLASH].base
    }

    /// What the flash erases at once, in bytes.
    pub fn flash_sector(&self) -> u32 {
        self.options.chip.flash_sector()
    }

    /// A copy of the flash contents.
    pub fn flash(&self) -> Vec<u8> {
        let memory = &self.areas[FLASH].memory;
        memory.to_vec(0, memory.len())
    }

    /// Replaces the flash contents from `offset` on, as a programmer would; reset afterwards.
    /// False when it does not fit.
    pub fn write_flash(&mut self, offset: usize, bytes: &[u8]) -> bool {
        let fits = offset.checked_add(bytes.len()).is_some_and(|end| end <= self.areas[FLASH].memory.len());
        if fits {
            self.finish_block();
            let what = Stimulus::Flash { offset, bytes: bytes.to_vec() };
            self.journal.push(self.now(), what.clone());
            self.enter(what);
        }
        fits
    }

    /// The boot loader's USB drive takes an image: it goes to flash, and the chip starts it. False when no boot loader
    /// runs: the chip has a program, and nobody held BOOTSEL at its reset.
    pub fn take_image(&mut self, image: &Image) -> Result<bool, MachineError> {
        if !matches!(self.halted, Some(Halt::Bootloader | Halt::NoFirmware)) {
            return Ok(false);
        }
        let flash = self.areas[FLASH].base;
        let place = |segment: &Segment| {
            let offset = segment.address.checked_sub(flash)? as usize;
            let end = offset.checked_add(segment.bytes.len())?;
            (end <= self.areas[FLASH].memory.len()).then_some(offset)
        };
        // All of it or nothing.
        let mut places = Vec::new();
        for segment in &image.segments {
            let Some(offset) = place(segment) else {
                let (name, address, len) = (image.name.clone(), segment.address, segment.bytes.len());
                return Err(MachineError::DoesNotFit { name, address, len, areas: describe(&self.areas) });
            };
            places.push(offset);
        }
        for (segment, offset) in image.segments.iter().zip(places) {
            self.write_flash(offset, &segment.bytes);
        }
        self.reset();
        Ok(true)
    }

    /// Writes the flash contents to their file now. The file is replaced in one step, so that a
    /// kill at any time leaves the old contents or the new.
    pub fn save_flash(&mut self) -> Result<(), MachineError> {
        self.chip.take_flash_dirty();
        self.dirty_since = None;
        let Some(path) = self.options.flash_file.clone() else { return Ok(()) };
        let contents = self.flash();
        replace(&path, &contents).map_err(|source| MachineError::FlashFile { doing: "save", path, source })
    }

    /// The last failure to save by itself, if there was one since the last call.
    pub fn take_save_error(&mut self) -> Option<MachineError> {
        self.save_error.take()
    }

    /// Saves changed flash contents once they have rested a while.
    fn keep_flash(&mut self) {
        let now = self.now();
        if self.chip.take_flash_dirty() {
            self.dirty_since = Some(now);
        }
        if self.dirty_since.is_some_and(|since| now.saturating_sub(since) >= SAVE_AFTER)
            && let Err(error) = self.save_flash()
        {
            self.save_error = Some(error);
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.dirty_since.is_some() || self.chip.take_flash_dirty() {
            // Nobody is left to tell about a failure.
            let _ = self.save_flash();
        }
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `flash is 2048 KiB at 0x10000000, memory is 264 KiB at 0x20000000`.
fn describe(areas: &[Area]) -> String {
    let size = |len: usize| if len < 1024 { format!("{len} bytes") } else { format!("{} KiB", len / 1024) };
    let area = |area: &Area| format!("{} is {} at {:#010x}", area.name, size(area.memory.len()), area.base);
    areas.iter().map(area).collect::<Vec<_>>().join(", ")
}

/// Replaces a file's contents in one step.
pub fn replace(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = fs::File::create(&new).and_then(|mut file| {
        file.write_all(contents)?;
        file.sync_data()
    });
    let result = written.and_then(|()| fs::rename(&new, path));
    if result.is_err() {
        let _ = fs::remove_file(&new);
    }
    result
}

#[cfg(test)]
mod tests;
