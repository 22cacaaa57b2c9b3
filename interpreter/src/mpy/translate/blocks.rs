//! `try`, `with` and leaving them: the reasons with which control passes through `finally`.

use super::*;

impl Translator<'_, '_> {
    /// The ordinary way into a `finally`.
    pub(super) fn crosses(from: u32, to: u32, state: &mut State) -> M {
        for block in &mut state.blocks {
            if block.mode == Mode::Guarded && from < block.handler && block.handler <= to {
                if block.kind == BlockKind::Except {
                    return Err(MpyError::Incompatible);
                }
                block.mode = Mode::Finished;
            }
        }
        Ok(())
    }

    /// The ends of a `finally` on the way out: go on as the reason says.
    pub(super) fn dispatch(&mut self, id: usize) -> M {
        self.tries[id].dispatched = true;
        for (label, mut state) in core::mem::take(&mut self.tries[id].ends) {
            self.b.place(label);
            let (at, _) = state.pop()?;
            let number = self.home(at)?;
            let (at, _) = state.pop()?;
            let result = self.home(at)?;
            for n in 0..self.tries[id].reasons.len() {
                let reason = self.tries[id].reasons[n];
                let next = self.b.label();
                let this = i8::try_from(n + 1).map_err(|_| MpyError::TooLarge)?;
                self.b.branch(Op::JNEqImm, number, this as u8, 0, next);
                self.state = state.clone();
                match reason {
                    Reason::Return => self.leave(usize::MAX, reason, result)?,
                    Reason::Jump { blocks, .. } => self.leave(blocks, reason, 0)?,
                }
                self.b.place(next);
            }
            self.b.a(Op::ReturnNone, 0);
        }
        Ok(())
    }

    /// Leaves up to `blocks` statements, running their `finally`, then does what `reason` says.
    pub(super) fn leave(&mut self, blocks: usize, reason: Reason, result: Slot) -> M {
        let mut left = blocks;
        while left > 0 {
            let Some(block) = self.state.blocks.pop() else {
                if reason == Reason::Return {
                    break;
                }
                return Err(MpyError::Incompatible);
            };
            left -= 1;
            if block.kind == BlockKind::Except {
                continue;
            }
            if self.state.stack.len() < block.depth {
                return Err(MpyError::Incompatible);
            }
            self.state.stack.truncate(block.depth);
            if block.mode != Mode::Guarded {
                // Its `finally` is what is being left.
                continue;
            }
            let reason = match reason {
                Reason::Return => reason,
                Reason::Jump { target, drops, .. } => Reason::Jump { target, blocks: left, drops },
            };
            let this = &mut self.tries[block.id];
            if this.dispatched {
                return Err(MpyError::Incompatible);
            }
            let known = this.reasons.iter().position(|r| *r == reason);
            let number = known.unwrap_or_else(|| {
                this.reasons.push(reason);
                this.reasons.len() - 1
            }) + 1;
            let (to, top) = (self.home(block.depth)?, self.home(block.depth + 1)?);
            if reason == Reason::Return {
                self.copy(to, result);
            } else {
                self.b.a(Op::LoadNone, to);
            }
            self.b.abx(Op::LoadInt, top, number as u16);
            let mut state = self.state.clone();
            state.blocks.push(Block { mode: Mode::Leaving, ..block });
            state.push(Kind::Value, Place::Home)?;
            state.push(Kind::Value, Place::Home)?;
            let label = self.enter(block.handler, state)?;
            self.b.jump(Op::Jump, 0, label);
            return Ok(());
        }
        match reason {
            Reason::Return => self.b.a(Op::Return, result),
            Reason::Jump { target, drops, .. } => {
                if drops {
                    self.drop_iterator()?;
                }
                let label = self.enter(target, self.state.clone())?;
                self.b.jump(Op::Jump, 0, label);
            }
        }
        Ok(())
    }

    // ---- try and with ----

    pub(super) fn setup(&mut self, i: Instr) -> M {
        self.settle()?;
        let handler = i.arg as u32;
        if handler <= i.at {
            return Err(MpyError::Incompatible);
        }
        let kind = match i.op {
            SETUP_WITH => BlockKind::With,
            SETUP_EXCEPT => BlockKind::Except,
            _ => BlockKind::Finally,
        };
        self.entry = false;
        let level = self.state.blocks.len();
        let first = self.base.checked_sub(level + 1).ok_or(MpyError::Incompatible)?;
        if first < self.b.proto.slot_names.len() {
            return Err(MpyError::Incompatible);
        }
        if kind == BlockKind::With {
            // The manager's __exit__ goes below it; then __enter__ is called.
            let (at, _) = self.state.pop_value()?;
            let (exit, object, window) = (self.home(at)?, self.home(at + 1)?, self.home(at + 2)?);
            self.slot(usize::from(window) + 5)?;
            self.copy(object, exit);
            self.b.ab(Op::WithExit, exit, object);
            self.b.ab(Op::Move, window + 3, object);
            self.b.named(Op::CallMethod, window, 0, 0, "__enter__");
            self.state.push(Kind::Value, Place::Home)?;
            self.state.push(Kind::Value, Place::Home)?;
        }
        let id = self.tries.len();
        let depth = self.state.stack.len();
        self.state.blocks.push(Block { id, kind, handler, depth, mode: Mode::Guarded });
        let mut caught = self.state.clone();
        if let Some(block) = caught.blocks.last_mut() {
            block.mode = Mode::Raised;
        }
        caught.push(Kind::Value, Place::Home)?;
        let (stub, label) = (self.b.label(), self.enter(handler, caught)?);
        self.tries.push(Try {
            slot: first as Slot,
            depth,
            stub,
            handler: label,
            reasons: Vec::new(),
            ends: Vec::new(),
            level,
            dispatched: false,
        });
        if kind == BlockKind::With {
            self.state.push(Kind::Value, Place::Home)?;
        }
        Ok(())
    }

    /// Calls `__exit__`, which may end the exception, and takes it and the manager off the stack.
    pub(super) fn with_cleanup(&mut self) -> M {
        self.settle()?;
        let block = self.state.blocks.last().copied().ok_or(MpyError::Incompatible)?;
        let tops = if block.mode == Mode::Leaving { 2 } else { 1 };
        let outer = &self.state.blocks[..self.state.blocks.len() - 1];
        let floor = outer.iter().rev().find(|b| b.mode == Mode::Guarded).map_or(0, |b| b.depth);
        if block.kind != BlockKind::With
            || block.mode == Mode::Guarded
            || self.state.stack.len() != block.depth + tops
            || block.depth < floor + 2
            || self.state.stack[block.depth - 2..].iter().any(|entry| !entry.kind.is_value())
        {
            return Err(MpyError::Incompatible);
        }
        let exception = self.tries[block.id].slot;
        let exit = self.home(block.depth - 2)?;
        let window = self.home(block.depth + tops)?;
        self.slot(usize::from(window) + 7)?;
        self.copy(window + 2, exit);
        if block.mode == Mode::Raised {
            self.b.ab(Op::ExcInfo, window + 3, exception);
        } else {
            for n in 3..6 {
                self.b.a(Op::LoadNone, window + n);
            }
        }
        self.b.ab(Op::Call, window, 3);
        for n in 0..tops {
            let (to, from) = (self.home(block.depth - 2 + n)?, self.home(block.depth + n)?);
            self.b.ab(Op::Move, to, from);
        }
        if block.mode == Mode::Raised {
            let on = self.b.label();
            self.b.jump(Op::JFalse, window, on);
            self.b.a(Op::LoadNone, exit);
            self.b.place(on);
        }
        self.state.stack.truncate(block.depth - 2 + tops);
        self.state.stack.iter_mut().skip(block.depth - 2).for_each(|entry| entry.kind = Kind::Value);
        if let Some(block) = self.state.blocks.last_mut() {
            block.depth -= 2;
        }
        Ok(())
    }

    pub(super) fn end_finally(&mut self, i: Instr) -> M<Option<u32>> {
        self.settle()?;
        let block = self.state.blocks.pop().ok_or(MpyError::Incompatible)?;
        let exception = self.tries[block.id].slot;
        match block.mode {
            Mode::Guarded => return Err(MpyError::Incompatible),
            Mode::Finished => {
                self.state.pop_value()?;
            }
            Mode::Raised if block.kind == BlockKind::Except => {
                self.b.a(Op::Reraise, exception);
                return Ok(None);
            }
            Mode::Raised => {
                // What ended the exception has put None in its place.
                let (at, _) = self.state.pop_value()?;
                let (top, on) = (self.home(at)?, self.b.label());
                self.b.jump(Op::JNone, top, on);
                self.b.a(Op::Reraise, exception);
                self.b.place(on);
            }
            Mode::Leaving => {
                if self.tries[block.id].dispatched {
                    return Err(MpyError::Incompatible);
                }
                let label = self.b.label();
                self.tries[block.id].ends.push((label, self.state.clone()));
                self.b.jump(Op::Jump, 0, label);
                return Ok(None);
            }
        }
        Ok(Some(i.next))
    }
}
