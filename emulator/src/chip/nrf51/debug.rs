//! The chip under a debugger: orders for its core, positions, registers and memory.

use super::Chip;
use super::nvmc::UICR_BASE;
use crate::chip::DebugPort;
use crate::chip::common::reach;
use crate::cpu::debug::{Halt, Orders, Position};
use crate::cpu::{EngineError, RegionKind};

impl DebugPort for Chip {
    fn attach(&mut self) -> Result<(), EngineError> {
        self.core.attach()
    }

    fn order(&mut self, [orders, _]: [Orders; 2]) {
        self.core.order(orders, 0);
    }

    fn answer_calls(&mut self, answer: bool) {
        self.core.answer_calls(answer);
    }

    fn cores(&self) -> u8 {
        1
    }

    fn is_inside(&self) -> bool {
        self.core.inside().is_some()
    }

    fn position(&self) -> Position {
        // Between blocks: behind all of the last one.
        Position { counted: self.core.instructions(), index: self.core.inside().unwrap_or(u32::MAX) }
    }

    fn take_noted(&mut self) -> Option<(u8, Position, Halt)> {
        self.core.take_noted().map(|(position, halt)| (0, position, halt))
    }

    fn core_registers(&self, core: u8) -> [u32; 17] {
        if core == 0 { self.core.all_registers() } else { [0; 17] }
    }

    fn set_core_register(&mut self, core: u8, register: usize, value: u32) {
        if core == 0 {
            self.core.set_register(register, value);
        }
    }

    fn peek(&self, address: u32, into: &mut [u8]) -> usize {
        reach::peek(&self.regions, address, into, &|at, piece| self.peek_registers(at, piece))
    }

    fn poke(&mut self, address: u32, bytes: &[u8]) -> bool {
        let Some(region) = reach::region(&self.regions, address).cloned() else { return false };
        let offset = address - region.base;
        let Some(end) = u32::try_from(bytes.len()).ok().and_then(|len| address.checked_add(len)) else {
            return false;
        };
        match &region.kind {
            RegionKind::Ram(memory) => {
                let written = memory.write(offset as usize, bytes);
                self.core.memory_written(address, end);
                written
            }
            // A programmer's write: no page has to be erased before.
            RegionKind::WritesTold(memory) => {
                let written = memory.write(offset as usize, bytes);
                self.bus.nvmc.set_dirty();
                if region.base != UICR_BASE {
                    self.core.forget_code(address, end);
                }
                written
            }
            RegionKind::Registers if address & 3 == 0 && bytes.len().is_multiple_of(4) => {
                reach::write_registers(&mut *self.bus, self.core.cycles(), address, bytes);
                true
            }
            _ => false,
        }
    }
}

impl Chip {
    fn peek_registers(&self, address: u32, into: &mut [u8]) {
        reach::peek_registers(&*self.bus, self.bus.s.world.trace(), self.core.cycles(), address, into);
    }
}
