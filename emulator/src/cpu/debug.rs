//! Stopping a core at an instruction, without changing what it does.
//!
//! While a debugger is attached a hook sees every instruction before it is executed. A stop in the middle of a
//! block is only a look at it: the block's cycles were counted at its beginning, as always, and when the core goes
//! on it finishes the block before anything else happens. Interrupts therefore come at the same instants whether
//! or not someone stops and looks, which is what makes going back reliable.

use std::ffi::c_void;

use unicorn_engine_sys::uc_engine;

use super::hooks::{Break, Link};
use super::{Bus, engine};

/// The instruction of a semihosting call.
pub(super) const CALL: u16 = 0xBEAB;

/// A place in a machine's execution. Positions of a run increase, and they are the same in every run with the
/// same inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Instructions counted by both cores, the present block as a whole.
    pub counted: u64,
    /// Which instruction of its block comes next.
    pub index: u32,
}

/// Why a core stopped for its debugger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It was asked for one instruction.
    Step,
    /// The position asked for.
    Position,
    /// A breakpoint, or a BKPT instruction.
    Breakpoint,
    /// The program calls the computer that it is debugged from (BKPT 0xAB). The instruction is not executed.
    Call,
    /// The instruction before accessed a watched address.
    Watch {
        /// The address.
        address: u32,
        /// What was watched for.
        kind: WatchKind,
    },
}

/// Which accesses are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchKind {
    /// Loads.
    Read,
    /// Stores.
    Write,
    /// Both.
    Access,
}

/// Addresses whose accesses stop a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The first address.
    pub address: u32,
    /// Bytes.
    pub len: u32,
    /// Which accesses.
    pub kind: WatchKind,
}

/// What a debugger wants of a core.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Addresses of instructions to stop before.
    pub breakpoints: Vec<u32>,
    /// Accesses to stop after.
    pub watches: Vec<Watch>,
    /// Stop after one instruction.
    pub step: bool,
    /// Execute nothing while time passes. What the machine does is then no longer what it would do by itself.
    pub hold: bool,
    /// Stop before the first instruction at or after this position.
    pub until: Option<Position>,
    /// Do not stop for steps, breakpoints and watches, but note the last position where that would have happened.
    pub look_only: bool,
}

/// The debugger's part of a core's state.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    /// The hook is there.
    pub attached: bool,
    /// Someone answers semihosting calls.
    pub semihosting: bool,
    pub orders: Orders,
    /// Instructions counted by the other core.
    pub others: u64,
    /// The instruction that comes next in its block.
    pub index: u32,
    /// Stopped in a block: it goes on there before anything else.
    pub inside: bool,
    /// The core goes on from a stop: the first instruction has been stopped before already.
    pub resumed: bool,
    /// An access that the last instruction made.
    watched: Option<(u32, WatchKind)>,
    pub noted: Option<(Position, Halt)>,
}

impl Tracer {
    /// Called before each instruction; whether the core must stop there.
    fn look(&mut self, counted: u64, pc: u32, op: u16) -> Option<Halt> {
        let position = Position { counted: counted + self.others, index: self.index };
        let resumed = std::mem::take(&mut self.resumed);
        let watched = self.watched.take();
        if self.orders.until.is_some_and(|until| position >= until) {
            return Some(Halt::Position);
        }
        if resumed && !self.orders.look_only {
            return None;
        }
        let halt = if let Some((address, kind)) = watched {
            Halt::Watch { address, kind }
        } else if self.orders.breakpoints.contains(&pc) || op >> 8 == 0xBE && op != CALL {
            Halt::Breakpoint
        } else if self.orders.step {
            Halt::Step
        } else {
            return None;
        };
        if self.orders.look_only {
            self.noted = Some((position, halt));
            return None;
        }
        Some(halt)
    }
}

/// # Safety
/// As for the hooks in [`super::hooks`].
pub(super) unsafe extern "C" fn on_code<B: Bus>(
    engine: *mut uc_engine,
    address: u64,
    _size: u32,
    data: *mut c_void,
) {
    // SAFETY: the engine calls it with the link given when the hook was added; nothing else uses it meanwhile.
    let link = unsafe { &mut *data.cast::<Link<B>>() };
    if !link.tracer.attached {
        return;
    }
    let pc = address as u32;
    let op = link.half(pc);
    if let Some(halt) = link.tracer.look(link.instructions, pc, op) {
        link.tracer.inside = true;
        link.broke = Some(Break::Debug(halt));
        // SAFETY: the engine looks for a request to stop after this kind of hook, before the instruction.
        unsafe { engine::stop(engine) };
        return;
    }
    link.tracer.index += 1;
    if !link.tracer.orders.watches.is_empty() {
        // SAFETY: the engine that calls is open.
        let registers = std::array::from_fn(|n| unsafe { engine::reg(engine, engine::REGISTERS[n]) });
        link.tracer.watched = accesses(op, pc, &registers).and_then(|access| {
            let meets = |watch: &&Watch| {
                access.address < watch.address.saturating_add(watch.len)
                    && watch.address < access.address.saturating_add(access.len)
                    && (watch.kind == WatchKind::Access || (watch.kind == WatchKind::Write) == access.write)
            };
            let watch = link.tracer.orders.watches.iter().find(meets)?;
            Some((access.address.max(watch.address), watch.kind))
        });
    }
}

/// The bytes that a load or store touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Touched {
    pub address: u32,
    pub len: u32,
    pub write: bool,
}

/// What a 16-bit instruction loads or stores, given the registers before it.
pub(super) fn accesses(op: u16, pc: u32, registers: &[u32; 16]) -> Option<Touched> {
    let op = u32::from(op);
    let low = |shift: u32| registers[(op >> shift & 7) as usize];
    let (imm5, imm8) = (op >> 6 & 0x1F, op & 0xFF);
    let touched = |address: u32, len: u32, write: bool| Some(Touched { address, len, write });
    let load = op >> 11 & 1 != 0;
    match op >> 11 {
        0b01001 => touched((pc & !3).wrapping_add(4 + imm8 * 4), 4, false),
        // Register offset: STR, STRH, STRB, LDRSB, LDR, LDRH, LDRB, LDRSH.
        0b01010 | 0b01011 => {
            let kind = (op >> 9 & 7) as usize;
            touched(low(3).wrapping_add(low(6)), [4, 2, 1, 1, 4, 2, 1, 2][kind], kind < 3)
        }
        0b01100 | 0b01101 => touched(low(3).wrapping_add(imm5 * 4), 4, !load),
        0b01110 | 0b01111 => touched(low(3).wrapping_add(imm5), 1, !load),
        0b10000 | 0b10001 => touched(low(3).wrapping_add(imm5 * 2), 2, !load),
        0b10010 | 0b10011 => touched(registers[13].wrapping_add(imm8 * 4), 4, !load),
        0b10110 if op & 0xFE00 == 0xB400 => {
            let len = 4 * (op & 0x1FF).count_ones();
            touched(registers[13].wrapping_sub(len), len, true)
        }
        0b10111 if op & 0xFE00 == 0xBC00 => touched(registers[13], 4 * (op & 0x1FF).count_ones(), false),
        0b11000 | 0b11001 => touched(low(8), 4 * imm8.count_ones(), !load),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_and_stores_are_told_with_what_they_touch() {
        let mut registers = [0; 16];
        registers[1] = 0x2000_0100;
        registers[2] = 8;
        registers[13] = 0x2004_0000;
        let of = |op| accesses(op, 0x1000_0202, &registers).map(|t| (t.address, t.len, t.write));
        // ldr r0,[r1]; str r0,[r1,#4]; strb r0,[r1,#3]; ldrh r0,[r1,#2]
        assert_eq!(of(0x6808), Some((0x2000_0100, 4, false)));
        assert_eq!(of(0x6048), Some((0x2000_0104, 4, true)));
        assert_eq!(of(0x70C8), Some((0x2000_0103, 1, true)));
        assert_eq!(of(0x8848), Some((0x2000_0102, 2, false)));
        // str r0,[r1,r2]; ldrsb r0,[r1,r2]; ldrsh r0,[r1,r2]
        assert_eq!(of(0x5088), Some((0x2000_0108, 4, true)));
        assert_eq!(of(0x5688), Some((0x2000_0108, 1, false)));
        assert_eq!(of(0x5E88), Some((0x2000_0108, 2, false)));
        // push {r0,r1,lr}; pop {r0,pc}; stmia r1!,{r0,r2}; ldr r0,[pc,#4]; str r0,[sp,#8]
        assert_eq!(of(0xB503), Some((0x2003_FFF4, 12, true)));
        assert_eq!(of(0xBD01), Some((0x2004_0000, 8, false)));
        assert_eq!(of(0xC105), Some((0x2000_0100, 8, true)));
        assert_eq!(of(0x4801), Some((0x1000_0208, 4, false)));
        assert_eq!(of(0x9002), Some((0x2004_0008, 4, true)));
        // adds r0,#1; sxth r0,r1; cpsid i; b .
        assert_eq!([0x3001, 0xB208, 0xB672, 0xE7FE].map(of), [None; 4]);
    }
}
