//! Slots: where the entries of the stack are, and moving them there.

use super::*;

impl Translator<'_, '_> {
    // ---- slots ----

    pub(super) fn slot(&mut self, n: usize) -> M<Slot> {
        if n >= NEAR {
            return Err(MpyError::TooLarge);
        }
        self.high = self.high.max(n + 1);
        Ok(n as Slot)
    }

    /// The slot that belongs to a height of the stack.
    pub(super) fn home(&mut self, at: usize) -> M<Slot> {
        self.slot(self.base + at)
    }

    /// The first slot above all those in use: by the stack, and by `more`, which are going to be used.
    pub(super) fn free(&self, more: &[(usize, Entry)]) -> usize {
        let stack = self.state.stack.iter().copied().enumerate();
        stack
            .chain(more.iter().copied())
            .map(|(at, entry)| match (entry.kind, entry.place) {
                (Kind::Iter, _) | (_, Place::Home) => self.base + at + 1,
                (_, Place::Slot(slot)) => usize::from(slot) + 1,
                _ => 0,
            })
            .fold(self.base, usize::max)
    }

    /// The first slot above those in use that belongs to no height of the stack as it is.
    pub(super) fn scratch(&self, more: &[(usize, Entry)]) -> usize {
        self.free(more).max(self.base + self.state.stack.len())
    }

    /// Pushes a value that is in this slot.
    pub(super) fn push_at(&mut self, slot: Slot) -> M {
        let home = usize::from(slot) == self.base + self.state.stack.len();
        self.state.push(Kind::Value, if home { Place::Home } else { Place::Slot(slot) })
    }

    pub(super) fn load(&mut self, to: Slot, at: usize, place: Place) -> M {
        match place {
            Place::Home => {
                let from = self.home(at)?;
                self.copy(to, from);
            }
            Place::Slot(from) => self.copy(to, from),
            Place::Int(i) => match i16::try_from(i) {
                Ok(i) => self.b.abx(Op::LoadInt, to, i as u16),
                Err(_) => {
                    let k = self.b.constant(Const::Int(i64::from(i)));
                    self.b.abx(Op::LoadConst, to, k);
                }
            },
            Place::Const(k) => self.b.abx(Op::LoadConst, to, k),
            Place::None => self.b.a(Op::LoadNone, to),
        }
        Ok(())
    }

    pub(super) fn copy(&mut self, to: Slot, from: Slot) {
        if to != from {
            self.b.ab(Op::Move, to, from);
        }
    }

    /// The slot where an entry's value is; it is loaded into slot `scratch` if it is nowhere yet.
    pub(super) fn value(&mut self, (at, entry): (usize, Entry), scratch: usize) -> M<Slot> {
        match entry.place {
            Place::Home => self.home(at),
            Place::Slot(slot) => Ok(slot),
            place => {
                let slot = self.slot(scratch)?;
                self.load(slot, at, place)?;
                Ok(slot)
            }
        }
    }

    /// Moves values to slots all at once: a source may be another's destination.
    pub(super) fn arrange(&mut self, moves: &[(Slot, (usize, Entry))]) -> M {
        let mut waiting: Vec<(Slot, Slot)> = Vec::new();
        let mut loads = Vec::new();
        for &(to, (at, entry)) in moves {
            match entry.place {
                Place::Home => waiting.push((to, self.home(at)?)),
                Place::Slot(from) => waiting.push((to, from)),
                place => loads.push((to, at, place)),
            }
        }
        waiting.retain(|(to, from)| to != from);
        while !waiting.is_empty() {
            let safe = waiting.iter().position(|(to, _)| waiting.iter().all(|(_, from)| from != to));
            match safe {
                Some(i) => {
                    let (to, from) = waiting.swap_remove(i);
                    self.b.ab(Op::Move, to, from);
                }
                None => {
                    // A circle: one value steps aside.
                    let aside = moves.iter().map(|m| usize::from(m.0) + 1).fold(self.free(&[]), usize::max);
                    let aside = waiting.iter().map(|m| usize::from(m.1) + 1).fold(aside, usize::max);
                    let aside = self.slot(aside)?;
                    let from = waiting[0].1;
                    self.b.ab(Op::Move, aside, from);
                    waiting.iter_mut().filter(|m| m.1 == from).for_each(|m| m.1 = aside);
                }
            }
        }
        for (to, at, place) in loads {
            self.load(to, at, place)?;
        }
        Ok(())
    }

    /// Brings every entry of the stack home.
    pub(super) fn settle(&mut self) -> M {
        let mut moves = Vec::new();
        for at in 0..self.state.stack.len() {
            let entry = self.state.stack[at];
            match entry.kind {
                Kind::Cell(_) => return Err(MpyError::Incompatible),
                kind if kind.is_kept() && entry.place != Place::Home => {
                    moves.push((self.home(at)?, (at, entry)));
                    self.state.stack[at].place = Place::Home;
                }
                _ => {}
            }
        }
        self.arrange(&moves)
    }

    /// The slot for a new value, which is pushed. It may be one of the operands', never another entry's.
    pub(super) fn result(&mut self) -> M<Slot> {
        self.result_of(Kind::Value)
    }

    pub(super) fn result_of(&mut self, kind: Kind) -> M<Slot> {
        let at = self.state.stack.len();
        let slot = self.home(at)?;
        if self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot)) {
            let slot = self.slot(self.scratch(&[]))?;
            self.state.push(kind, Place::Slot(slot))?;
            return Ok(slot);
        }
        self.state.push(kind, Place::Home)?;
        Ok(slot)
    }

    /// A variable is about to change: entries that stand for it get their own copy.
    pub(super) fn changes(&mut self, slot: Slot) -> M {
        if self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot)) {
            self.settle()
        } else {
            Ok(())
        }
    }

    pub(super) fn drop_iterator(&mut self) -> M {
        for _ in 0..ITER {
            if self.state.pop()?.1.kind != Kind::Iter {
                return Err(MpyError::Incompatible);
            }
        }
        Ok(())
    }

    /// Settles the stack but keeps the value in a slot; where it is then.
    pub(super) fn settle_beside(&mut self, slot: Slot) -> M<Slot> {
        let end = self.base + self.state.stack.len();
        let mut kept = slot;
        if (self.base..end).contains(&usize::from(slot)) {
            kept = self.slot(self.scratch(&[]).max(usize::from(slot) + 1))?;
            self.copy(kept, slot);
        }
        self.settle()?;
        Ok(kept)
    }

    pub(super) fn null(&mut self) -> M {
        self.state.push(Kind::Null, Place::None)?;
        // A null, an iterator and two more nulls are the other form of an iterator on the stack.
        let n = self.state.stack.len();
        if n < ITER {
            return Ok(());
        }
        let form: Vec<Kind> = self.state.stack[n - ITER..].iter().map(|entry| entry.kind).collect();
        if form[..] == [Kind::Null, Kind::Value, Kind::Null, Kind::Null] {
            let entry = self.state.stack[n - 3];
            let scratch = self.base + n;
            let from = self.value((n - 3, entry), scratch)?;
            self.state.stack.truncate(n - ITER);
            let to = self.home(n - ITER)?;
            self.home(n)?;
            if self.state.stack.iter().any(|e| matches!(e.place, Place::Slot(s) if s == to || s == to + 1)) {
                return Err(MpyError::TooLarge);
            }
            self.b.ab(Op::GetIter, to, from);
            for _ in 0..ITER {
                self.state.push(Kind::Iter, Place::None)?;
            }
        }
        Ok(())
    }

    pub(super) fn duplicate(&mut self, n: usize) -> M {
        let (at, entry) = self.state.peek(n)?;
        let place = match entry.place {
            Place::Home if entry.kind.is_value() => Place::Slot(self.home(at)?),
            place => place,
        };
        if !entry.kind.is_value() && entry.kind != Kind::Null {
            return Err(MpyError::Incompatible);
        }
        // A copy is not what a container under construction is known by.
        let kind = if entry.kind.is_value() { Kind::Value } else { entry.kind };
        self.state.push(kind, place)
    }

    /// The top entry goes below `n - 1` others.
    pub(super) fn rotate(&mut self, n: usize, next: u32) -> M {
        let len = self.state.stack.len();
        let from = len.checked_sub(n).ok_or(MpyError::Incompatible)?;
        let guarded = self.state.blocks.iter().rev().find(|block| block.mode == Mode::Guarded);
        if let Some(block) = guarded.copied().filter(|block| from < block.depth) {
            // The end of an `async with`: what the handler relies on may be touched on the way into it.
            let jump = Instr::read(self.code, next)?;
            if jump.op != JUMP || (jump.arg as u32) < block.handler || self.jumped_to[next as usize] {
                return Err(MpyError::Incompatible);
            }
        }
        for at in from..len {
            let entry = self.state.stack[at];
            match entry.kind {
                Kind::Null | Kind::Method(_) => {}
                kind if kind.is_value() => {
                    if entry.place == Place::Home {
                        let slot = self.home(at)?;
                        self.state.stack[at].place = Place::Slot(slot);
                    }
                }
                _ => return Err(MpyError::Incompatible),
            }
        }
        self.state.stack[from..].rotate_right(1);
        for at in from..len {
            let home = self.home(at)?;
            if self.state.stack[at].place == Place::Slot(home) {
                self.state.stack[at].place = Place::Home;
            }
        }
        Ok(())
    }

    // ---- building ----

    /// Takes the top `n` objects, lowest first.
    pub(super) fn take(&mut self, n: usize) -> M<Vec<(usize, Entry)>> {
        let mut entries = Vec::new();
        entries.try_reserve(n.min(self.state.stack.len())).map_err(|_| MpyError::NoMemory)?;
        for _ in 0..n {
            entries.push(self.state.pop_value()?);
        }
        entries.reverse();
        Ok(entries)
    }

    /// Puts values into consecutive slots from `first`, at least one of which exists.
    pub(super) fn fill(&mut self, first: usize, entries: &[(usize, Entry)]) -> M {
        self.slot(first + entries.len())?;
        let moves: Vec<_> =
            entries.iter().enumerate().map(|(n, entry)| ((first + n) as Slot, *entry)).collect();
        self.arrange(&moves)
    }
}
