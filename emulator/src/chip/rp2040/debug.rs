//! The chip under a debugger: orders for its cores, positions, registers and memory.

use super::{Chip, XIP_BASE};
use crate::chip::common::reach;
use crate::chip::{self, DebugPort};
use crate::cpu::debug::{Halt, Orders, Position};
use crate::cpu::{EngineError, RegionKind};

impl DebugPort for Chip {
    fn attach(&mut self) -> Result<(), EngineError> {
        self.orders.get_or_insert_default();
        self.core0.attach()?;
        self.core1.as_mut().map_or(Ok(()), |core| core.attach())
    }

    fn order(&mut self, orders: [Orders; 2]) {
        let counted = [self.core0.instructions(), self.core1.as_ref().map_or(0, |core| core.instructions())];
        self.core0.order(orders[0].clone(), counted[1] + self.bus.retired);
        if let Some(core) = &mut self.core1 {
            core.order(orders[1].clone(), counted[0] + self.bus.retired);
        }
        self.orders = Some(orders);
    }

    fn answer_calls(&mut self, answer: bool) {
        self.answers_calls = answer;
        for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
            core.answer_calls(answer);
        }
    }

    fn cores(&self) -> u8 {
        1 + u8::from(self.core1.is_some())
    }

    fn is_inside(&self) -> bool {
        self.turn.is_some()
            || self.core0.inside().is_some()
            || self.core1.as_ref().is_some_and(|core| core.inside().is_some())
    }

    fn position(&self) -> Position {
        let inside = self.core0.inside().or(self.core1.as_ref().and_then(|core| core.inside()));
        // Between blocks: behind all of the last one.
        Position { counted: chip::Chip::instructions(self), index: inside.unwrap_or(u32::MAX) }
    }

    fn take_noted(&mut self) -> Option<(u8, Position, Halt)> {
        let first = self.core0.take_noted().map(|(position, halt)| (0, position, halt));
        let second = self.core1.as_mut().and_then(|core| core.take_noted()).map(|(at, halt)| (1, at, halt));
        first.into_iter().chain(second).max_by_key(|&(_, position, _)| position)
    }

    fn core_registers(&self, core: u8) -> [u32; 17] {
        match (core, &self.core1) {
            (0, _) => self.core0.all_registers(),
            (_, Some(core)) => core.all_registers(),
            (_, None) => [0; 17],
        }
    }

    fn set_core_register(&mut self, core: u8, register: usize, value: u32) {
        match (core, &mut self.core1) {
            (0, _) => self.core0.set_register(register, value),
            (_, Some(core)) => core.set_register(register, value),
            (_, None) => {}
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
                for core in std::iter::once(&mut self.core0).chain(&mut self.core1) {
                    core.memory_written(address, end);
                }
                written
            }
            _ if region.base == XIP_BASE => {
                let written = self.bus.flash.memory().write(offset as usize, bytes);
                self.bus.flash.set_dirty();
                self.forget_flash(offset, offset + bytes.len() as u32);
                written
            }
            RegionKind::Registers if address & 3 == 0 && bytes.len().is_multiple_of(4) => {
                reach::write_registers(&mut *self.bus, self.core0.cycles(), address, bytes);
                true
            }
            _ => false,
        }
    }
}

impl Chip {
    fn peek_registers(&self, address: u32, into: &mut [u8]) {
        reach::peek_registers(&*self.bus, self.bus.s.world.trace(), self.core0.cycles(), address, into);
    }
}
