//! Microcontrollers, and what a machine asks of one.

mod common;
pub mod nrf51;
pub mod rp2040;

use std::any::Any;

use crate::clock::Time;
use crate::console::Said;
use crate::cpu::EngineError;
use crate::cpu::debug::{Halt, Orders, Position};
use crate::cpu::fault::FaultReport;
use crate::cpu::memory::{Memory, MemoryCopy};
use crate::cpu::probe::Probe;
use crate::world::{Gpio, World};

/// The microcontrollers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChipKind {
    /// Raspberry Pi RP2040.
    Rp2040,
    /// Nordic nRF51822.
    Nrf51822,
}

impl ChipKind {
    /// The name on the package.
    pub const fn name(self) -> &'static str {
        match self {
            ChipKind::Rp2040 => "RP2040",
            ChipKind::Nrf51822 => "nRF51822",
        }
    }

    /// What its flash erases at once, in bytes.
    pub const fn flash_sector(self) -> u32 {
        match self {
            ChipKind::Rp2040 => 4096,
            ChipKind::Nrf51822 => 1024,
        }
    }

    /// A chip of this kind at power-on, its flash erased.
    pub fn make(self, world: Box<dyn World>, options: ChipOptions) -> Result<Box<dyn Chip>, EngineError> {
        Ok(match self {
            ChipKind::Rp2040 => Box::new(rp2040::Chip::new(world, options.flash_bytes, options.unique_id)?),
            ChipKind::Nrf51822 => Box::new(nrf51::Chip::new(world, options)?),
        })
    }
}

/// In what chips of a kind differ.
#[derive(Clone, Copy, Debug)]
pub struct ChipOptions {
    /// Bytes of flash.
    pub flash_bytes: usize,
    /// What programs take as the number of this very board.
    pub unique_id: [u8; 8],
    /// The pins that lead to the board's console, if it is a UART: the chip's transmitting and receiving one.
    pub console: Option<(Gpio, Gpio)>,
}

/// Why a chip stopped.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The instant asked for is reached.
    Reached,
    /// A core took a HardFault; run on to let the guest handle it.
    Fault(Box<FaultReport>),
    /// The guest demands something.
    Demand(Demand),
    /// A debugger's orders stopped this core.
    Debug(u8, Halt),
}

/// What a chip cannot go on from by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The watchdog or the system reset request resets the chip.
    Reset,
    /// The guest entered the USB boot loader.
    Bootsel,
}

/// A USB drive that the program presents to its computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskInfo {
    /// Vendor and product, as it says.
    pub name: String,
    /// How many blocks it has.
    pub blocks: u32,
    /// Bytes of a block.
    pub block_size: u32,
}

/// What the computer asks of a USB drive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskRequest {
    /// So many blocks from one on.
    Read {
        /// The first.
        lba: u32,
        /// How many.
        count: u16,
    },
    /// Whole blocks to write from one on.
    Write {
        /// The first.
        lba: u32,
        /// Their bytes.
        data: Vec<u8>,
    },
}

/// Why a USB drive did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// There is no drive, or it is not ready.
    #[error("the board presents no USB drive")]
    NoDisk,
    /// The drive said no.
    #[error("the USB drive refused")]
    Refused,
    /// The drive said nothing for too long.
    #[error("the USB drive does not answer")]
    Silent,
}

/// Memory that an image can be loaded to.
#[derive(Clone)]
pub struct Area {
    /// What to call it in a message.
    pub name: &'static str,
    /// Its first address.
    pub base: u32,
    /// Its bytes.
    pub memory: Memory,
}

/// A chip between two runs, the world behind its pins included.
pub struct Snapshot {
    /// All that is not memory: a type of the chip's own.
    state: Box<dyn Any>,
    /// What its memories held, in an order of its own.
    memories: Vec<MemoryCopy>,
}

impl Snapshot {
    /// The pages of memory it holds, each with an address that identifies it among all snapshots.
    pub fn pages(&self) -> impl Iterator<Item = usize> {
        self.memories.iter().flat_map(MemoryCopy::pages)
    }
}

/// A microcontroller with the world behind its pins.
///
/// It is made with its supply on; [`Chip::boot`] starts its program.
pub trait Chip {
    /// Starts the program as the boot code does after power-on or a reset. False when flash holds
    /// none that it would start.
    fn boot(&mut self) -> bool;

    /// Resets the chip, as its watchdog or program does; memory, world and time keep theirs.
    fn reset(&mut self);

    /// As [`Chip::reset`], by the reset pin.
    fn reset_by_pin(&mut self) {
        self.reset();
    }

    /// Runs until `deadline` or an earlier reason to stop.
    fn run_until(&mut self, deadline: Time) -> Stop;

    /// Now, in virtual time since power-on.
    fn now(&self) -> Time;

    /// Cycles of the system clock since power-on, sleep included.
    fn cycles(&self) -> u64;

    /// Instructions that all cores executed.
    fn instructions(&self) -> u64;

    /// How long the first core slept.
    fn asleep(&self) -> Time;

    /// The first core's r0 to r12, sp, lr, pc.
    fn registers(&self) -> [u32; 16];

    /// What is noted of the first core's program while it runs.
    fn probe(&mut self) -> &mut Probe;

    /// Whether turns of loops that wait are left out: for comparing, as nothing else changes by it.
    fn skip_waits(&mut self, on: bool);

    /// Cycles that were left out in that way, of all cores.
    fn skipped(&self) -> u64;

    /// Where images can be loaded to. The first is the flash that holds the program: its contents
    /// are what a board keeps.
    fn areas(&self) -> Vec<Area>;

    /// Whether flash changed since the last call, or since it was said to by
    /// [`Chip::flash_written`].
    fn take_flash_dirty(&mut self) -> bool;

    /// Flash was written from outside: what was translated of its code is forgotten.
    fn flash_written(&mut self);

    /// Whether someone listens at the other end of the console.
    fn console_ready(&self) -> bool;

    /// Types into the console; gives how many bytes were taken.
    fn console_write(&mut self, bytes: &[u8]) -> usize;

    /// What the console printed since the last call.
    fn console_read(&mut self) -> Said;

    /// The USB drive that the program presents, once it is ready.
    fn disk(&self) -> Option<&DiskInfo> {
        None
    }

    /// Asks something of the drive; the answers come in order from [`Chip::disk_answer`].
    fn disk_request(&mut self, request: DiskRequest) {
        let _ = request;
    }

    /// The drive's answer to the oldest request, if it has come.
    fn disk_answer(&mut self) -> Option<Result<Vec<u8>, DiskError>> {
        None
    }

    /// The nets and parts behind the pins.
    fn world(&self) -> &dyn World;

    /// As [`Chip::world`]; what it plans anew is looked at when the chip runs on.
    fn world_mut(&mut self) -> &mut dyn World;

    /// The chip as it stands now.
    fn snapshot(&self) -> Result<Snapshot, EngineError>;

    /// Puts the chip back to a snapshot of its own; another's does nothing.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError>;

    /// Where a debugger is connected, if the chip has such a port.
    fn debug_port(&self) -> Option<&dyn DebugPort> {
        None
    }

    /// As [`Chip::debug_port`], to do something there.
    fn debug_port_mut(&mut self) -> Option<&mut dyn DebugPort> {
        None
    }
}

/// What a debugger can do to a chip.
pub trait DebugPort {
    /// Lets a debugger stop the cores from now on.
    fn attach(&mut self) -> Result<(), EngineError>;

    /// What the debugger wants of the cores from now on.
    fn order(&mut self, orders: [Orders; 2]);

    /// Whether semihosting calls stop a core ([`Halt::Call`]) rather than being a fault.
    fn answer_calls(&mut self, answer: bool);

    /// How many cores there are now.
    fn cores(&self) -> u8;

    /// Whether a debugger's stop left something unfinished, so that nothing can enter.
    fn is_inside(&self) -> bool;

    /// Where the execution has come.
    fn position(&self) -> Position;

    /// The last place where orders that only look would have stopped a core, with the core.
    fn take_noted(&mut self) -> Option<(u8, Position, Halt)>;

    /// A core's r0 to r12, sp, lr, pc, xpsr; zeros for a core that does not run.
    fn core_registers(&self, core: u8) -> [u32; 17];

    /// Sets one of [`DebugPort::core_registers`].
    fn set_core_register(&mut self, core: u8, register: usize, value: u32);

    /// Reads bytes as core 0 would, without any effect; gives how many there are before the first address at which
    /// nothing answers.
    fn peek(&self, address: u32, into: &mut [u8]) -> usize;

    /// Writes to memory, flash or registers; false where nothing can be written.
    fn poke(&mut self, address: u32, bytes: &[u8]) -> bool;
}
