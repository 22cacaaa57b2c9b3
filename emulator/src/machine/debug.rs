//! A machine under a debugger: it stops where it is told to, and runs backwards to the place before.
//!
//! Backwards means: from the newest snapshot before, forwards to the last place where it would have stopped. Since
//! a stop does not change what the machine does (see [`crate::cpu::debug`]), that is where it came by the first time.

use super::{HistoryOptions, Machine, MachineError, Stop};
use crate::clock::Time;
use crate::cpu::debug::{Halt, Orders, Position};

impl Machine {
    /// Lets a debugger stop the cores, at the price of speed, and keeps a history if there is none.
    pub fn attach_debugger(&mut self) -> Result<(), MachineError> {
        self.chip.debug_port_mut().ok_or(MachineError::NoDebugPort)?.attach()?;
        if self.history.is_none() {
            self.keep_history(HistoryOptions::default());
        }
        Ok(())
    }

    /// What the debugger wants of the cores from now on. Where one is held while another runs, what lies before can no
    /// longer be gone back to: nothing in the journal holds it again.
    pub fn order(&mut self, orders: [Orders; 2]) {
        if orders.iter().take(self.cores().into()).any(|orders| orders.hold) {
            self.forget_history();
        }
        if let Some(port) = self.chip.debug_port_mut() {
            port.order(orders);
        }
    }

    /// How many cores run: the second exists from its launch on.
    pub fn cores(&self) -> u8 {
        self.chip.debug_port().map_or(1, |port| port.cores())
    }

    /// A core's r0 to r12, sp, lr, pc, xpsr.
    pub fn core_registers(&self, core: u8) -> [u32; 17] {
        self.chip.debug_port().map_or([0; 17], |port| port.core_registers(core))
    }

    /// Sets one of [`Machine::core_registers`]. What lies before can then no longer be gone back to.
    pub fn set_core_register(&mut self, core: u8, register: usize, value: u32) {
        self.forget_history();
        if let Some(port) = self.chip.debug_port_mut() {
            port.set_core_register(core, register, value);
        }
    }

    /// Reads bytes as a core would, without any effect; gives how many there are before the first address at which
    /// nothing answers.
    pub fn peek(&self, address: u32, into: &mut [u8]) -> usize {
        self.chip.debug_port().map_or(0, |port| port.peek(address, into))
    }

    /// Writes to memory, flash or registers; false where nothing can be written. What lies before can then no
    /// longer be gone back to.
    pub fn poke(&mut self, address: u32, bytes: &[u8]) -> bool {
        self.forget_history();
        self.chip.debug_port_mut().is_some_and(|port| port.poke(address, bytes))
    }

    /// Whether a debugger's stop left a block unfinished.
    pub(super) fn is_inside(&self) -> bool {
        self.chip.debug_port().is_some_and(|port| port.is_inside())
    }

    /// Runs on from a debugger's stop to the end of the block, where something can enter.
    pub(super) fn finish_block(&mut self) {
        if self.is_inside() {
            self.order(Default::default());
            let now = self.now();
            self.chip.run_until(now);
        }
    }

    fn position(&self) -> Position {
        self.chip.debug_port().map(|port| port.position()).unwrap_or_default()
    }

    fn take_noted(&mut self) -> Option<(u8, Position, Halt)> {
        self.chip.debug_port_mut()?.take_noted()
    }

    /// Goes back to the last place before the present where these orders would have stopped a core; `None` at the
    /// beginning of what is kept, when there is no such place.
    pub fn run_back(&mut self, orders: &[Orders; 2]) -> Result<Option<(u8, Halt)>, MachineError> {
        let (mut end, present) = (self.position(), self.now());
        while self.rewind_before(end)? {
            let start = self.position();
            let look = |orders: &Orders| Orders { look_only: true, until: Some(end), ..orders.clone() };
            self.take_noted();
            self.run_to_position([look(&orders[0]), look(&orders[1])], end, present);
            if let Some((core, position, halt)) = self.take_noted() {
                self.rewind_before(position)?;
                let until = Orders { until: Some(position), ..Orders::default() };
                self.run_to_position([until.clone(), until], position, self.now());
                return Ok(Some((core, halt)));
            }
            end = start;
        }
        Ok(None)
    }

    /// Runs to where orders with this position stop a core. Time goes on in small steps near the end: the position
    /// may lie within a sleep.
    fn run_to_position(&mut self, orders: [Orders; 2], position: Position, near: Time) {
        const STEP: Time = Time::from_micros(10);
        self.order(orders);
        let mut deadline = near;
        loop {
            match self.run_until(deadline) {
                Stop::Debug(_, Halt::Position) | Stop::Halted(_) => break,
                Stop::Deadline if self.position() >= position => break,
                Stop::Deadline => deadline = self.now() + STEP,
                Stop::Debug(..) | Stop::Fault(_) => {}
            }
        }
        self.console.clear();
        self.order(Default::default());
    }

    /// Restores the newest snapshot before a position; without one the oldest, and the answer is false.
    fn rewind_before(&mut self, to: Position) -> Result<bool, MachineError> {
        let Some(history) = &mut self.history else { return Ok(false) };
        let (snapshot, before) = history.take_before(to);
        let Some(snapshot) = snapshot else { return Ok(false) };
        let restored = self.restore(&snapshot)?;
        if let Some(history) = &mut self.history {
            history.push(snapshot);
        }
        Ok(restored && before)
    }

    /// Something was changed by hand: history begins anew.
    fn forget_history(&mut self) {
        if let Some(history) = &mut self.history {
            history.clear();
        }
    }
}
