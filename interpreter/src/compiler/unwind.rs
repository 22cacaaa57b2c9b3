//! Leaving statements early: what `return`, `break` and `continue` must do on their way out.
//!
//! Exceptions cost nothing until they are raised: a table says which instructions a handler
//! covers. The code that leaves a block early (the body of its `finally`, the call of `__exit__`)
//! is generated in place, and must not be covered by what it leaves; so a block's cover is a list
//! of ranges.

use alloc::vec::Vec;

use super::unit::{Codegen, Gen};
use crate::bytecode::{Label, Op, Slot};
use crate::syntax::ast::*;

/// A statement around the code being generated.
pub(super) enum Block<'a, 's> {
    Loop(Loop),
    /// Covered code whose handlers need nothing done when it is left.
    Try(Cover),
    /// The body of a `finally` runs on the way out.
    Finally(Cover, &'a [Stmt<'s>]),
    /// `__exit__` (bound, in this slot) is called on the way out.
    With(Cover, Slot, bool),
    /// The body of an `except*` clause, which only an exception leaves early.
    Star,
    /// A handler with its exception in this slot; its name is unset on the way out.
    Handler(Cover, Slot, Option<Ident<'s>>),
}

pub(super) struct Loop {
    pub break_to: Label,
    pub continue_to: Label,
    /// Variables assigned at every `break` so far.
    pub break_state: u64,
}

/// The instructions that an exception handler covers.
pub(super) struct Cover {
    /// Where the current range starts.
    start: u32,
    ranges: Vec<(u32, u32)>,
}

impl<'a, 's> Codegen<'a, 's> {
    pub(super) fn cover(&self) -> Cover {
        Cover { start: self.unit.b.here(), ranges: Vec::new() }
    }

    /// Ends a cover at word `end`: exceptions in its ranges go to `handler`, with `slot` for them.
    pub(super) fn uncover_at(&mut self, mut cover: Cover, end: u32, handler: u32, slot: Slot) {
        cover.ranges.push((cover.start, end));
        for (start, end) in cover.ranges {
            self.unit.b.handler(start, end, handler, slot);
        }
    }

    /// Ends a cover's current range: another covers what follows.
    pub(super) fn suspend(&mut self, mut cover: Cover) -> Cover {
        cover.ranges.push((cover.start, self.unit.b.here()));
        cover
    }

    pub(super) fn resume(&mut self, mut cover: Cover) -> Cover {
        cover.start = self.unit.b.here();
        cover
    }

    /// Takes the innermost block, which the caller pushed.
    pub(super) fn pop_cover(&mut self) -> Cover {
        match self.unit.blocks.pop() {
            Some(
                Block::Try(cover)
                | Block::Finally(cover, _)
                | Block::With(cover, ..)
                | Block::Handler(cover, ..),
            ) => cover,
            _ => self.cover(),
        }
    }

    /// Generates what leaving all blocks from number `depth` inwards takes; then `jump` itself.
    #[inline(never)]
    pub(super) fn leave_blocks(&mut self, depth: usize, jump: impl FnOnce(&mut Self) -> Gen) -> Gen {
        let mut left: Vec<Block<'a, 's>> = Vec::new();
        let assigned = self.unit.assigned;
        while self.unit.blocks.len() > depth {
            let Some(mut block) = self.unit.blocks.pop() else { break };
            let here = self.unit.b.here();
            if let Block::Try(cover)
            | Block::Finally(cover, _)
            | Block::With(cover, ..)
            | Block::Handler(cover, ..) = &mut block
            {
                cover.ranges.push((cover.start, here));
            }
            match &block {
                Block::Loop(_) | Block::Try(_) | Block::Star => {}
                Block::Finally(_, body) => self.block(body)?,
                Block::With(_, exit, is_async) => self.exit_normally(*exit, *is_async)?,
                Block::Handler(_, slot, name) => {
                    self.unit.b.a(Op::LeaveHandler, *slot);
                    if let Some(name) = *name {
                        self.end_handler_name(name)?;
                    }
                }
            }
            left.push(block);
        }
        jump(self)?;
        let here = self.unit.b.here();
        while let Some(mut block) = left.pop() {
            if let Block::Try(cover)
            | Block::Finally(cover, _)
            | Block::With(cover, ..)
            | Block::Handler(cover, ..) = &mut block
            {
                cover.start = here;
            }
            self.unit.blocks.push(block);
        }
        self.unit.assigned = assigned;
        Ok(())
    }

    #[inline(never)]
    pub(super) fn return_statement(&mut self, value: Option<&'a Expr<'s>>) -> Gen {
        let top = self.unit.top;
        let leaves = self.unit.blocks.iter().any(|b| !matches!(b, Block::Loop(_) | Block::Try(_)));
        if let Some(slot) = self.viper_return(value, Span::default())? {
            self.leave_blocks(0, |gen_| {
                gen_.unit.b.a(Op::Return, slot);
                Ok(())
            })?;
            self.free_to(top);
            self.unreachable();
            return Ok(());
        }
        match value {
            Some(value) if !matches!(value.kind, ExprKind::None) => {
                // What runs on the way out must not change the value.
                let slot = if leaves { self.temp(value)? } else { self.any(value)? };
                self.leave_blocks(0, |gen_| {
                    gen_.unit.b.a(Op::Return, slot);
                    Ok(())
                })?;
            }
            _ => self.leave_blocks(0, |gen_| {
                gen_.unit.b.a(Op::ReturnNone, 0);
                Ok(())
            })?,
        }
        self.free_to(top);
        self.unreachable();
        Ok(())
    }

    /// SyntaxError for `return` in a clause of `except*`, and for `break` and `continue` of a loop around one.
    pub(super) fn check_star(&self, span: Span, returns: bool) -> Gen {
        let mut inwards = self.unit.blocks.iter().rev();
        let leaves = inwards.find(|b| match b {
            Block::Star => true,
            Block::Loop(_) => !returns,
            _ => false,
        });
        if let Some(Block::Star) = leaves {
            let message = "'break', 'continue' and 'return' cannot appear in an except* block";
            return self.error(span, message);
        }
        Ok(())
    }

    /// `break` or `continue`.
    #[inline(never)]
    pub(super) fn leave_loop(&mut self, breaks: bool) -> Gen {
        let Some(depth) = self.unit.blocks.iter().rposition(|b| matches!(b, Block::Loop(_))) else {
            return Ok(());
        };
        let assigned = self.unit.assigned;
        let Block::Loop(target) = &mut self.unit.blocks[depth] else { return Ok(()) };
        if breaks {
            target.break_state &= assigned;
        }
        let to = if breaks { target.break_to } else { target.continue_to };
        self.leave_blocks(depth + 1, |gen_| {
            gen_.unit.b.jump(Op::Jump, 0, to);
            Ok(())
        })?;
        self.unreachable();
        Ok(())
    }
}
