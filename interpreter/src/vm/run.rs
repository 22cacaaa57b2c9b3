//! The loop over bytecode: it calls the handler of one op after the other (`step.rs`) until one leaves it.
//!
//! On the chip the loop is a few instructions of assembly (`arm.rs`), elsewhere the one below.

use super::Vm;
use crate::objects::native::{R, Raised};

impl Vm {
    /// Runs from `self.pc` in frame `self.r` until the frame that native code called returns. `Err`: it was left
    /// by an exception.
    pub(crate) fn run(&mut self) -> R<()> {
        let mark = self.heap.mark_temps();
        let outer = core::mem::replace(&mut self.mark, mark);
        let returned = self.run_level(false);
        self.mark = outer;
        if !returned {
            return Err(Raised);
        }
        self.heap.release_temps(mark);
        Ok(())
    }
}

#[cfg(target_arch = "arm")]
pub(super) use super::arm::drive;

/// Runs until the loop is left: true by a return, false by an exception.
#[cfg(not(target_arch = "arm"))]
pub(super) fn drive(vm: &mut Vm) -> bool {
    use super::step::TABLE;
    use crate::bytecode::Op;
    let mut ops = 0u32;
    loop {
        // The host's clock only moves when it is asked; threads that only compute must see time pass.
        ops = ops.wrapping_add(1);
        if ops & 0xfff == 0 && vm.has_threads() {
            vm.hal.delay_us(100);
        }
        // SAFETY: `pc` is an instruction of loaded code or a stub, and `r` its frame: see `step.rs`.
        unsafe {
            let op = *vm.pc as u8;
            if op == Op::Exit as u8 || op == Op::ExitRaised as u8 {
                return op == Op::Exit as u8;
            }
            let handler = if vm.tracing { super::trace::traced } else { TABLE[op as usize] };
            (vm.pc, vm.r) = handler(vm.pc, vm.r, vm).place();
        }
    }
}
