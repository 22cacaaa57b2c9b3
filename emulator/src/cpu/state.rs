//! A core at rest: everything of it that is not memory.

use std::rc::Rc;

use super::engine::{EngineError, Saved};
use super::nvic::Ppb;
use super::{Bus, Core, Sleep};

/// A core between two runs. Clones share the registers.
#[derive(Clone)]
pub struct CoreState {
    registers: Rc<Saved>,
    ppb: Ppb,
    pc: u32,
    cycles: u64,
    instructions: u64,
    fall_through: u32,
    sleep: Option<Sleep>,
    locked_up: bool,
    bad_vector: bool,
    /// Of the block that a debugger stopped in.
    inside: Option<Inside>,
}

/// How far a block had come.
#[derive(Clone, Copy)]
struct Inside {
    block: u32,
    block_cycles: u32,
    accessing: u32,
    index: u32,
}

impl<B: Bus> Core<B> {
    /// The core as it stands now.
    pub fn save(&self) -> Result<CoreState, EngineError> {
        let link = self.link();
        Ok(CoreState {
            registers: Rc::new(self.engine.save()?),
            ppb: link.ppb.clone(),
            pc: self.pc,
            cycles: self.cycles,
            instructions: link.instructions,
            fall_through: link.fall_through,
            sleep: self.sleep,
            locked_up: self.locked_up,
            bad_vector: self.bad_vector,
            inside: link.tracer.inside.then_some(Inside {
                block: link.block,
                block_cycles: link.block_cycles,
                accessing: link.accessing,
                index: link.tracer.index,
            }),
        })
    }

    /// Puts the core back. Memory is the caller's affair, and so is [`Core::memory_written`] for what changes in
    /// it; what the probe noted stays.
    pub fn restore(&mut self, state: &CoreState) -> Result<(), EngineError> {
        self.engine.restore(&state.registers)?;
        self.pc = state.pc;
        self.cycles = state.cycles;
        self.sleep = state.sleep;
        self.locked_up = state.locked_up;
        self.bad_vector = state.bad_vector;
        let link = self.link_mut();
        link.ppb = state.ppb.clone();
        link.instructions = state.instructions;
        link.fall_through = state.fall_through;
        link.tracer.inside = state.inside.is_some();
        if let Some(inside) = state.inside {
            link.block = inside.block;
            link.block_cycles = inside.block_cycles;
            link.accessing = inside.accessing;
            link.tracer.index = inside.index;
        }
        Ok(())
    }
}
