//! Moving code together after an import.
//!
//! Code does not move while it may run: frames keep addresses of instructions. But while a module is compiled, its
//! tree lies below the code that comes of it, and when the tree is gone, what is free is in pieces. So after an import
//! the code that no frame and no generator is in may move once.

use super::Vm;
use crate::heap::{F_BUFVALS, Kind, Root};
use crate::value::Val;
use alloc::vec::Vec;

impl Vm {
    /// Moves the code together that nobody is executing. Only for where no native function in progress holds the
    /// address of an instruction of code that is not in a frame.
    pub(super) fn settle_code(&mut self) {
        // The stacks of other threads are not looked through.
        if self.heap.root(Root::Threads).is_ptr() || self.state.heap_lock > 0 {
            return;
        }
        let mut busy: Vec<Val> = Vec::new();
        let stubs = self.heap.root(Root::Stubs);
        busy.push(stubs);
        for i in 0..self.heap.sp() {
            self.note_code(self.heap.slot(i), &mut busy);
        }
        let mut at = None;
        while let Some(generator) = self.heap.next_cell(at, Kind::Generator) {
            at = Some(generator);
            for i in 1..4 {
                self.note_code(Val::from_bits(self.heap.w(generator, i)), &mut busy);
            }
            if self.heap.flag(generator, F_BUFVALS) {
                let n = self.heap.buf_cap(generator) / 4;
                for i in 0..n {
                    self.note_code(self.heap.buf_vals(generator, n)[i], &mut busy);
                }
            }
        }
        self.heap.settle(&busy);
    }

    /// Notes the code of a function.
    fn note_code(&self, v: Val, busy: &mut Vec<Val>) {
        if v.is_ptr()
            && self.heap.is_cell(v)
            && matches!(self.heap.kind(v), Some(Kind::Function | Kind::Closure))
        {
            let code = self.heap.val(v, 1);
            if !busy.contains(&code) {
                busy.push(code);
            }
        }
    }
}
