//! A GDB server: the cores are threads, and execution also runs backwards.

use std::marker::PhantomData;
use std::net::TcpStream;

use gdbstub::common::{Signal, Tid};
use gdbstub::conn::ConnectionExt;
use gdbstub::stub::run_blocking::{BlockingEventLoop, Event, WaitForStopReasonError};
use gdbstub::stub::{DisconnectReason, GdbStub, MultiThreadStopReason};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadResume, MultiThreadResumeOps, MultiThreadSchedulerLocking,
    MultiThreadSchedulerLockingOps, MultiThreadSingleStep, MultiThreadSingleStepOps,
};
use gdbstub::target::ext::base::reverse_exec::{
    ReplayLogPosition, ReverseCont, ReverseContOps, ReverseStep, ReverseStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
    SwBreakpointOps, WatchKind as GdbWatchKind,
};
use gdbstub::target::ext::flash::{Flash, FlashOps};
use gdbstub::target::ext::memory_map::{MemoryMap, MemoryMapOps};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps, outputln};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{Target, TargetError, TargetResult};

use crate::clock::Time;
use crate::cpu::debug::{Halt, Orders, Watch, WatchKind};
use crate::machine::{Machine, MachineError, Stop};

/// Virtual time between two looks at the connection.
const SLICE: Time = Time::from_millis(2);

/// What a debugging session needs of the program around it.
pub trait Front {
    /// The board printed something.
    fn said(&mut self, bytes: &[u8]);
    /// What is typed into the board's console, if anything; called between slices.
    fn typed(&mut self) -> Vec<u8>;
    /// The board has come to this instant: the place to wait if that was faster than wanted.
    fn reached(&mut self, now: Time);
    /// The processor gave up; the debugger is told too.
    fn faulted(&mut self, report: &crate::cpu::fault::FaultReport, machine: &Machine);
    /// Whether the session is to end.
    fn closing(&mut self) -> bool;
}

/// Why debugging ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum GdbError {
    /// The line broke.
    #[error("the debugger's connection failed: {0}")]
    Connection(std::io::Error),
    /// The machine failed.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The debugger said something that makes no sense.
    #[error("the debugger's protocol failed: {0}")]
    Protocol(String),
}

/// Lets a debugger at the machine until it goes away. The machine is stopped when it comes, and runs on by itself
/// when the caller runs it afterwards.
pub fn serve(machine: &mut Machine, line: TcpStream, front: &mut dyn Front) -> Result<(), GdbError> {
    machine.attach_debugger()?;
    // Packets are small and each waits for its answer.
    line.set_nodelay(true).map_err(GdbError::Connection)?;
    let mut gdb = Gdb {
        machine,
        front,
        software: Vec::new(),
        hardware: Vec::new(),
        watches: Vec::new(),
        step: [false; 2],
        continued: [false; 2],
        locked: false,
        direction: Direction::Forwards,
        typed: Vec::new(),
        erased: false,
    };
    let ended = GdbStub::new(line).run_blocking::<Loop>(&mut gdb);
    gdb.machine.order(Default::default());
    match ended {
        Ok(DisconnectReason::Disconnect | DisconnectReason::Kill) => Ok(()),
        Ok(DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_)) => Ok(()),
        Err(error) if error.is_connection_error() => match error.into_connection_error() {
            Some((error, _)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
            Some((error, _)) => Err(GdbError::Connection(error)),
            None => Ok(()),
        },
        Err(error) if error.is_target_error() => Err(error
            .into_target_error()
            .map_or_else(|| GdbError::Protocol("the target failed".to_owned()), GdbError::Machine)),
        Err(error) => Err(GdbError::Protocol(error.to_string())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Forwards,
    /// One instruction of a core.
    StepBack(u8),
    /// To the last stop before.
    RunBack,
}

struct Gdb<'a> {
    machine: &'a mut Machine,
    front: &'a mut dyn Front,
    software: Vec<u32>,
    hardware: Vec<u32>,
    watches: Vec<Watch>,
    step: [bool; 2],
    /// The cores that were told to continue.
    continued: [bool; 2],
    /// A core that was told nothing stays where it is.
    locked: bool,
    direction: Direction,
    /// What the console has not taken yet.
    typed: Vec<u8>,
    /// Flash is being loaded.
    erased: bool,
}

impl Gdb<'_> {
    fn orders(&self, step: [bool; 2]) -> [Orders; 2] {
        let orders = |step: bool| Orders {
            breakpoints: self.software.iter().chain(&self.hardware).copied().collect(),
            watches: self.watches.clone(),
            step,
            ..Orders::default()
        };
        step.map(orders)
    }

    fn reason(&self, core: u8, halt: Halt) -> MultiThreadStopReason<u32> {
        let tid = tid(core);
        match halt {
            Halt::Step | Halt::Position | Halt::Call => {
                MultiThreadStopReason::SignalWithThread { tid, signal: Signal::SIGTRAP }
            }
            Halt::Breakpoint if self.hardware.contains(&self.machine.core_registers(core)[15]) => {
                MultiThreadStopReason::HwBreak(tid)
            }
            Halt::Breakpoint => MultiThreadStopReason::SwBreak(tid),
            Halt::Watch { address, kind } => {
                let kind = match kind {
                    WatchKind::Read => GdbWatchKind::Read,
                    WatchKind::Write => GdbWatchKind::Write,
                    WatchKind::Access => GdbWatchKind::ReadWrite,
                };
                MultiThreadStopReason::Watch { tid, kind, addr: address }
            }
        }
    }

    /// Runs backwards; at the beginning of what is kept gdb is told so.
    fn back(&mut self) -> Result<MultiThreadStopReason<u32>, MachineError> {
        let orders = match self.direction {
            Direction::StepBack(core) => {
                let mut step = [false; 2];
                step[usize::from(core & 1)] = true;
                step.map(|step| Orders { step, ..Orders::default() })
            }
            _ => self.orders([false; 2]),
        };
        Ok(match self.machine.run_back(&orders)? {
            Some((core, halt)) => self.reason(core, halt),
            None => MultiThreadStopReason::ReplayLog { tid: None, pos: ReplayLogPosition::Begin },
        })
    }

    /// Runs a slice forwards.
    fn ahead(&mut self) -> Option<MultiThreadStopReason<u32>> {
        self.typed.extend(self.front.typed());
        let stop = self.machine.run_for(SLICE);
        let said = self.machine.console_read();
        if !said.is_empty() {
            self.front.said(&said);
        }
        self.front.reached(self.machine.now());
        match stop {
            Stop::Deadline => {
                // Input enters between blocks, never where a debugger stopped.
                if !self.typed.is_empty() {
                    let taken = self.machine.console_write(&self.typed);
                    self.typed.drain(..taken);
                }
                None
            }
            Stop::Debug(core, halt) => Some(self.reason(core, halt)),
            Stop::Fault(report) => {
                self.front.faulted(&report, self.machine);
                let signal = Signal::SIGSEGV;
                Some(MultiThreadStopReason::SignalWithThread { tid: tid(report.core), signal })
            }
            Stop::Halted(crate::machine::Halt::Exited(code)) => {
                Some(MultiThreadStopReason::Exited(code as u8))
            }
            Stop::Halted(_) => Some(MultiThreadStopReason::Signal(Signal::SIGSTOP)),
        }
    }
}

fn tid(core: u8) -> Tid {
    // One and two.
    Tid::MIN.saturating_add(usize::from(core))
}

fn core(tid: Tid) -> u8 {
    (tid.get() - 1) as u8 & 1
}

struct Loop<'a>(PhantomData<&'a ()>);

impl<'a> BlockingEventLoop for Loop<'a> {
    type Target = Gdb<'a>;
    type Connection = TcpStream;
    type StopReason = MultiThreadStopReason<u32>;

    fn wait_for_stop_reason(
        gdb: &mut Gdb<'a>,
        line: &mut TcpStream,
    ) -> Result<Event<Self::StopReason>, WaitForStopReasonError<MachineError, std::io::Error>> {
        if gdb.direction != Direction::Forwards {
            let reason = gdb.back().map_err(WaitForStopReasonError::Target)?;
            gdb.direction = Direction::Forwards;
            return Ok(Event::TargetStopped(reason));
        }
        loop {
            if line.peek().map_err(WaitForStopReasonError::Connection)?.is_some() {
                let byte = ConnectionExt::read(line).map_err(WaitForStopReasonError::Connection)?;
                return Ok(Event::IncomingData(byte));
            }
            if gdb.front.closing() {
                return Ok(Event::TargetStopped(MultiThreadStopReason::Exited(0)));
            }
            if let Some(reason) = gdb.ahead() {
                return Ok(Event::TargetStopped(reason));
            }
        }
    }

    fn on_interrupt(_: &mut Gdb<'a>) -> Result<Option<Self::StopReason>, MachineError> {
        Ok(Some(MultiThreadStopReason::Signal(Signal::SIGINT)))
    }
}

/// A Cortex-M0+ as GDB knows M-profile cores.
enum ArmV6M {}

impl gdbstub::arch::Arch for ArmV6M {
    type Usize = u32;
    type Registers = Registers;
    type BreakpointKind = usize;
    type RegId = RegId;

    fn target_description_xml() -> Option<&'static str> {
        Some(concat!(
            r#"<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">"#,
            r#"<architecture>arm</architecture><feature name="org.gnu.gdb.arm.m-profile">"#,
            r#"<reg name="r0" bitsize="32"/><reg name="r1" bitsize="32"/><reg name="r2" bitsize="32"/>"#,
            r#"<reg name="r3" bitsize="32"/><reg name="r4" bitsize="32"/><reg name="r5" bitsize="32"/>"#,
            r#"<reg name="r6" bitsize="32"/><reg name="r7" bitsize="32"/><reg name="r8" bitsize="32"/>"#,
            r#"<reg name="r9" bitsize="32"/><reg name="r10" bitsize="32"/><reg name="r11" bitsize="32"/>"#,
            r#"<reg name="r12" bitsize="32"/><reg name="sp" bitsize="32" type="data_ptr"/>"#,
            r#"<reg name="lr" bitsize="32"/><reg name="pc" bitsize="32" type="code_ptr"/>"#,
            r#"<reg name="xpsr" bitsize="32"/></feature></target>"#
        ))
    }
}

/// r0 to r12, sp, lr, pc, xpsr.
#[derive(Clone, Debug, Default, PartialEq)]
struct Registers([u32; 17]);

impl gdbstub::arch::Registers for Registers {
    type ProgramCounter = u32;

    fn pc(&self) -> u32 {
        self.0[15]
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        self.0.iter().flat_map(|word| word.to_le_bytes()).for_each(|byte| write_byte(Some(byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        for (register, bytes) in self.0.iter_mut().zip(bytes.chunks_exact(4)) {
            *register = u32::from_le_bytes(bytes.try_into().map_err(|_| ())?);
        }
        Ok(())
    }
}

/// An index into [`Registers`].
#[derive(Clone, Copy, Debug)]
struct RegId(usize);

impl gdbstub::arch::RegId for RegId {
    fn from_raw_id(id: usize) -> Option<(RegId, Option<std::num::NonZeroUsize>)> {
        (id < 17).then(|| (RegId(id), std::num::NonZeroUsize::new(4)))
    }
}

impl Target for Gdb<'_> {
    type Arch = ArmV6M;
    type Error = MachineError;

    fn base_ops(&mut self) -> BaseOps<'_, ArmV6M, MachineError> {
        BaseOps::MultiThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }

    fn support_memory_map(&mut self) -> Option<MemoryMapOps<'_, Self>> {
        Some(self)
    }

    fn support_flash_operations(&mut self) -> Option<FlashOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadBase for Gdb<'_> {
    fn read_registers(&mut self, registers: &mut Registers, tid: Tid) -> TargetResult<(), Self> {
        registers.0 = self.machine.core_registers(core(tid));
        Ok(())
    }

    fn write_registers(&mut self, registers: &Registers, tid: Tid) -> TargetResult<(), Self> {
        let old = self.machine.core_registers(core(tid));
        for (n, (&new, old)) in registers.0.iter().zip(old).enumerate() {
            if new != old {
                self.machine.set_core_register(core(tid), n, new);
            }
        }
        Ok(())
    }

    fn support_single_register_access(
        &mut self,
    ) -> Option<gdbstub::target::ext::base::single_register_access::SingleRegisterAccessOps<'_, Tid, Self>>
    {
        Some(self)
    }

    fn read_addrs(&mut self, start: u32, data: &mut [u8], _: Tid) -> TargetResult<usize, Self> {
        Ok(self.machine.peek(start, data))
    }

    fn write_addrs(&mut self, start: u32, data: &[u8], _: Tid) -> TargetResult<(), Self> {
        if self.machine.poke(start, data) { Ok(()) } else { Err(TargetError::NonFatal) }
    }

    fn list_active_threads(&mut self, active: &mut dyn FnMut(Tid)) -> Result<(), MachineError> {
        (0..self.machine.cores()).for_each(|core| active(tid(core)));
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl ThreadExtraInfo for Gdb<'_> {
    fn thread_extra_info(&self, tid: Tid, buffer: &mut [u8]) -> Result<usize, MachineError> {
        let text = format!("core {}", core(tid));
        let len = text.len().min(buffer.len());
        buffer[..len].copy_from_slice(&text.as_bytes()[..len]);
        Ok(len)
    }
}

impl gdbstub::target::ext::base::single_register_access::SingleRegisterAccess<Tid> for Gdb<'_> {
    fn read_register(&mut self, tid: Tid, RegId(id): RegId, into: &mut [u8]) -> TargetResult<usize, Self> {
        into[..4].copy_from_slice(&self.machine.core_registers(core(tid))[id].to_le_bytes());
        Ok(4)
    }

    fn write_register(&mut self, tid: Tid, RegId(id): RegId, value: &[u8]) -> TargetResult<(), Self> {
        let value = value.try_into().map_err(|_| TargetError::NonFatal)?;
        self.machine.set_core_register(core(tid), id, u32::from_le_bytes(value));
        Ok(())
    }
}

impl MultiThreadResume for Gdb<'_> {
    fn resume(&mut self) -> Result<(), MachineError> {
        self.direction = Direction::Forwards;
        let mut orders = self.orders(self.step);
        for (n, orders) in orders.iter_mut().enumerate() {
            orders.hold = self.locked && !self.step[n] && !self.continued[n];
        }
        self.machine.order(orders);
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), MachineError> {
        self.step = [false; 2];
        self.continued = [false; 2];
        self.locked = false;
        Ok(())
    }

    fn set_resume_action_continue(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), MachineError> {
        self.continued[usize::from(core(tid))] = true;
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_scheduler_locking(&mut self) -> Option<MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }

    fn support_reverse_step(&mut self) -> Option<ReverseStepOps<'_, Tid, Self>> {
        Some(self)
    }

    fn support_reverse_cont(&mut self) -> Option<ReverseContOps<'_, Tid, Self>> {
        Some(self)
    }
}

impl MultiThreadSchedulerLocking for Gdb<'_> {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), MachineError> {
        self.locked = true;
        Ok(())
    }
}

impl MultiThreadSingleStep for Gdb<'_> {
    fn set_resume_action_step(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), MachineError> {
        self.step[usize::from(core(tid))] = true;
        Ok(())
    }
}

impl ReverseStep<Tid> for Gdb<'_> {
    fn reverse_step(&mut self, tid: Tid) -> Result<(), MachineError> {
        self.direction = Direction::StepBack(core(tid));
        Ok(())
    }
}

impl ReverseCont<Tid> for Gdb<'_> {
    fn reverse_cont(&mut self) -> Result<(), MachineError> {
        self.direction = Direction::RunBack;
        Ok(())
    }
}

impl Breakpoints for Gdb<'_> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

/// Adds an address once.
fn add(all: &mut Vec<u32>, address: u32) -> bool {
    if !all.contains(&(address & !1)) {
        all.push(address & !1);
    }
    true
}

fn remove<T: PartialEq>(all: &mut Vec<T>, one: &T) -> bool {
    let at = all.iter().position(|other| other == one);
    at.map(|at| all.remove(at)).is_some()
}

impl SwBreakpoint for Gdb<'_> {
    fn add_sw_breakpoint(&mut self, address: u32, _: usize) -> TargetResult<bool, Self> {
        Ok(add(&mut self.software, address))
    }

    fn remove_sw_breakpoint(&mut self, address: u32, _: usize) -> TargetResult<bool, Self> {
        Ok(remove(&mut self.software, &(address & !1)))
    }
}

impl HwBreakpoint for Gdb<'_> {
    fn add_hw_breakpoint(&mut self, address: u32, _: usize) -> TargetResult<bool, Self> {
        Ok(add(&mut self.hardware, address))
    }

    fn remove_hw_breakpoint(&mut self, address: u32, _: usize) -> TargetResult<bool, Self> {
        Ok(remove(&mut self.hardware, &(address & !1)))
    }
}

fn watch(address: u32, len: u32, kind: GdbWatchKind) -> Watch {
    let kind = match kind {
        GdbWatchKind::Read => WatchKind::Read,
        GdbWatchKind::Write => WatchKind::Write,
        GdbWatchKind::ReadWrite => WatchKind::Access,
    };
    Watch { address, len, kind }
}

impl HwWatchpoint for Gdb<'_> {
    fn add_hw_watchpoint(&mut self, address: u32, len: u32, kind: GdbWatchKind) -> TargetResult<bool, Self> {
        self.watches.push(watch(address, len, kind));
        Ok(true)
    }

    fn remove_hw_watchpoint(
        &mut self,
        address: u32,
        len: u32,
        kind: GdbWatchKind,
    ) -> TargetResult<bool, Self> {
        Ok(remove(&mut self.watches, &watch(address, len, kind)))
    }
}

impl MonitorCmd for Gdb<'_> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), MachineError> {
        match String::from_utf8_lossy(command).trim() {
            "reset" | "reset halt" | "reset init" => {
                self.machine.reset();
                outputln!(out, "the board was reset");
            }
            "time" => {
                let earliest = self.machine.earliest().unwrap_or(self.machine.now());
                outputln!(out, "now {}; reverse execution reaches back to {earliest}", self.machine.now());
            }
            other => outputln!(out, "no command `{other}`; there are: reset, time"),
        }
        Ok(())
    }
}

impl MemoryMap for Gdb<'_> {
    fn memory_map_xml(&self, offset: u64, length: usize, buffer: &mut [u8]) -> TargetResult<usize, Self> {
        // All that is not flash can be written as it stands, or says so.
        let (base, size) = (self.machine.flash_base(), self.machine.flash_bytes() as u32);
        let rom = if base > 0 { "<memory type=\"rom\" start=\"0x0\" length=\"0x4000\"/>" } else { "" };
        let end = base + size;
        let map = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\" \
             \"http://sourceware.org/gdb/gdb-memory-map.dtd\"><memory-map>{rom}\
             <memory type=\"flash\" start=\"{base:#x}\" length=\"{size:#x}\"><property name=\"blocksize\">{:#x}\
             </property></memory><memory type=\"ram\" start=\"{end:#x}\" length=\"{:#x}\"/></memory-map>",
            self.machine.flash_sector(),
            0u32.wrapping_sub(end)
        );
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(map.len());
        let piece = &map.as_bytes()[from..];
        let len = piece.len().min(length).min(buffer.len());
        buffer[..len].copy_from_slice(&piece[..len]);
        Ok(len)
    }
}

impl Flash for Gdb<'_> {
    fn flash_erase(&mut self, start: u32, length: u32) -> TargetResult<(), Self> {
        self.flash_write(start, &vec![0xFF; length as usize])?;
        self.erased = true;
        Ok(())
    }

    fn flash_write(&mut self, start: u32, data: &[u8]) -> TargetResult<(), Self> {
        if self.machine.poke(start, data) { Ok(()) } else { Err(TargetError::NonFatal) }
    }

    fn flash_done(&mut self) -> TargetResult<(), Self> {
        // The new program starts from its beginning.
        if std::mem::take(&mut self.erased) {
            self.machine.reset();
        }
        Ok(())
    }
}
