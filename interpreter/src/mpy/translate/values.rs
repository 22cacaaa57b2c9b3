//! Instructions that make and store values.

use super::*;

impl Translator<'_, '_> {
    // ---- instructions ----

    pub(super) fn string(&self, i: i32) -> M<String> {
        Ok(self.file.string(i as usize)?.into())
    }

    pub(super) fn variable(&self, n: i32, cell: bool) -> M<(usize, Slot)> {
        let n = n as usize;
        match (self.slots.get(n), self.cells.get(n)) {
            (Some(slot), Some(is_cell)) if *is_cell == cell => Ok((n, *slot)),
            _ => Err(MpyError::Incompatible),
        }
    }

    pub(super) fn variable_op(&mut self, i: Instr) -> M {
        match i.op {
            LOAD_FAST_N => {
                if let Ok((_, slot)) = self.variable(i.arg, true) {
                    return self.state.push(Kind::Cell(slot), Place::None);
                }
                let (n, slot) = self.variable(i.arg, false)?;
                if !self.bound[n] {
                    self.b.a(Op::CheckBound, slot);
                }
                self.state.push(Kind::Value, Place::Slot(slot))?;
            }
            STORE_FAST_N => {
                let (n, slot) = self.variable(i.arg, false)?;
                let value = self.state.pop_value()?;
                if value.1.place == Place::Slot(slot) {
                    return Ok(());
                }
                // The value may lie where the others go.
                let scratch = self.scratch(&[value]);
                let used = self.state.stack.iter().any(|entry| entry.place == Place::Slot(slot));
                let value = if used {
                    let aside = self.slot(scratch)?;
                    self.load(aside, value.0, value.1.place)?;
                    self.changes(slot)?;
                    (value.0, Entry { kind: Kind::Value, place: Place::Slot(aside) })
                } else {
                    value
                };
                self.load(slot, value.0, value.1.place)?;
                if self.entry && !self.deleted[n] {
                    self.bound[n] = true;
                }
            }
            DELETE_FAST => {
                let (_, slot) = self.variable(i.arg, false)?;
                self.changes(slot)?;
                self.b.a(Op::CheckBound, slot);
                self.b.ab(Op::Unbind, slot, 1);
            }
            LOAD_DEREF => {
                let (_, slot) = self.variable(i.arg, true)?;
                let to = self.result()?;
                self.b.ab(Op::LoadCell, to, slot);
            }
            STORE_DEREF => {
                let (_, slot) = self.variable(i.arg, true)?;
                let value = self.state.pop_value()?;
                let scratch = self.scratch(&[value]);
                let value = self.value(value, scratch)?;
                self.b.ab(Op::StoreCell, slot, value);
            }
            _ => {
                let (_, slot) = self.variable(i.arg, true)?;
                self.b.a(Op::DelCell, slot);
            }
        }
        Ok(())
    }

    /// Operations on globals, attributes, a class's namespace, modules.
    pub(super) fn name_op(&mut self, i: Instr) -> M {
        let name = if i.op == IMPORT_STAR { String::new() } else { self.string(i.arg)? };
        let in_class = self.role == Role::Class;
        match i.op {
            LOAD_NAME | LOAD_GLOBAL => {
                if name == "BaseException" {
                    self.any_exception = i.next;
                }
                let to = self.result()?;
                if in_class && i.op == LOAD_NAME {
                    // Over the two words of the instruction that follows.
                    self.b.named(Op::NsLoad, to, 0, 2, &name);
                }
                let name = self.b.name(&name);
                self.b.abx(Op::LoadGlobal, to, name);
            }
            STORE_NAME | STORE_GLOBAL => {
                let value = self.state.pop_value()?;
                let scratch = self.scratch(&[value]);
                let value = self.value(value, scratch)?;
                if in_class && i.op == STORE_NAME {
                    self.b.named(Op::NsStore, 0, value, 0, &name);
                } else {
                    let name = self.b.name(&name);
                    self.b.abx(Op::StoreGlobal, value, name);
                }
            }
            DELETE_NAME if in_class => self.b.named(Op::NsDel, 0, 0, 0, &name),
            DELETE_NAME | DELETE_GLOBAL => {
                let name = self.b.name(&name);
                self.b.abx(Op::DelGlobal, 0, name);
            }
            LOAD_ATTR | IMPORT_FROM => {
                let object = if i.op == LOAD_ATTR { self.state.pop_value()? } else { self.state.peek(0)? };
                if !object.1.kind.is_value() {
                    return Err(MpyError::Incompatible);
                }
                let scratch = self.scratch(&[object]);
                let object = self.value(object, scratch)?;
                let to = self.result()?;
                let op = if i.op == LOAD_ATTR { Op::GetAttr } else { Op::ImportFrom };
                self.b.named(op, to, object, 0, &name);
            }
            LOAD_METHOD => {
                if !self.state.peek(0)?.1.kind.is_value() {
                    return Err(MpyError::Incompatible);
                }
                self.state.push(Kind::Method(method(i.arg)?), Place::None)?;
            }
            LOAD_SUPER_METHOD => {
                let object = self.state.pop_value()?;
                let class = self.state.pop_value()?;
                self.state.pop_value()?;
                let scratch = self.scratch(&[object, class]);
                let (object, class) = (self.value(object, scratch)?, self.value(class, scratch + 1)?);
                let to = self.result()?;
                self.b.abc(Op::Super, to, class, object);
                self.state.push(Kind::Method(method(i.arg)?), Place::None)?;
            }
            STORE_ATTR => {
                let object = self.state.pop_value()?;
                let value = self.state.pop()?;
                let scratch = self.scratch(&[object, value]);
                let object = self.value(object, scratch)?;
                if value.1.kind == Kind::Null {
                    self.b.named(Op::DelAttr, object, 0, 0, &name);
                } else if value.1.kind.is_value() {
                    let value = self.value(value, scratch + 1)?;
                    self.b.named(Op::SetAttr, object, value, 0, &name);
                } else {
                    return Err(MpyError::Incompatible);
                }
            }
            IMPORT_NAME => {
                let names = self.state.pop_value()?;
                let (_, level) = self.state.pop_value()?;
                let Place::Int(level @ 0..=255) = level.place else { return Err(MpyError::Incompatible) };
                let scratch = self.scratch(&[names]);
                let names = self.value(names, scratch)?;
                let to = self.result()?;
                self.b.named(Op::Import, to, level as u8, names, &name);
            }
            _ => {
                let module = self.state.pop_value()?;
                let scratch = self.scratch(&[module]);
                let module = self.value(module, scratch)?;
                self.b.abc(Op::ImportStar, module, 0, u8::from(in_class));
            }
        }
        Ok(())
    }

    pub(super) fn binary(&mut self, i: Instr) -> M<Option<u32>> {
        let right = self.state.pop_value()?;
        let left = self.state.pop_value()?;
        let scratch = self.scratch(&[left, right]);
        let (a, b) = (self.value(left, scratch)?, self.value(right, scratch + 1)?);
        if i.arg == EXCEPTION_MATCH {
            // The jump that follows is part of it.
            let jump = Instr::read(self.code, i.next)?;
            if jump.op != POP_JUMP_IF_FALSE || self.jumped_to[i.next as usize] {
                return Err(MpyError::Incompatible);
            }
            let class = self.settle_beside(b)?;
            self.entry = false;
            let block = self.state.blocks.last().copied().ok_or(MpyError::Incompatible)?;
            if block.mode != Mode::Raised {
                // No exception: `async with` asks in its `finally`.
                let label = self.edge(i.at, jump.arg as u32, self.state.clone())?;
                self.b.jump(Op::Jump, 0, label);
                return Ok(None);
            }
            if i.at == self.any_exception {
                // It always matches: what the code does if not may make no sense.
                return Ok(Some(jump.next));
            }
            let label = self.edge(i.at, jump.arg as u32, self.state.clone())?;
            let exception = self.tries[block.id].slot;
            self.b.branch(Op::JNotExc, exception, class, 0, label);
            return Ok(Some(jump.next));
        }
        let n = i.arg as usize;
        let known = if n < COMPARE.len() { COMPARE.get(n) } else { INPLACE.iter().chain(&PLAIN).nth(n - 9) };
        let op = *known.ok_or(MpyError::Incompatible)?;
        let to = self.result()?;
        self.b.abc(op, to, a, b);
        Ok(Some(i.next))
    }

    pub(super) fn build(&mut self, i: Instr) -> M {
        let n = i.arg as usize;
        let entries = self.take(n)?;
        let first = self.scratch(&entries);
        let (op, add, kind) = match i.op {
            BUILD_LIST => (Op::BuildList, Op::ListAppend, Kind::List),
            BUILD_SET => (Op::BuildSet, Op::SetAdd, Kind::Set),
            _ => (Op::BuildTuple, Op::ListAppend, Kind::Value),
        };
        if n <= AT_ONCE {
            self.fill(first, &entries)?;
            let to = self.result_of(kind)?;
            self.b.abc(op, to, first as Slot, n as u8);
            return Ok(());
        }
        let all = self.slot(first)?;
        let op = if i.op == BUILD_TUPLE { Op::BuildList } else { op };
        self.b.abc(op, all, all, 0);
        for entry in entries {
            let item = self.value(entry, first + 1)?;
            self.b.ab(add, all, item);
        }
        let to = self.result_of(kind)?;
        if i.op == BUILD_TUPLE {
            self.b.ab(Op::ListToTuple, to, all);
        } else {
            self.copy(to, all);
        }
        Ok(())
    }

    pub(super) fn store_comp(&mut self, arg: usize) -> M {
        let kind = match arg & 3 {
            0 => Kind::List,
            1 => Kind::Dict,
            _ => Kind::Set,
        };
        let value = self.state.pop_value()?;
        let second = if kind == Kind::Dict { Some(self.state.pop_value()?) } else { None };
        let height =
            (arg >> 2).checked_sub(1 + usize::from(second.is_some())).ok_or(MpyError::Incompatible)?;
        let into = self.state.peek(height)?;
        if into.1.kind != kind {
            return Err(MpyError::Incompatible);
        }
        let scratch = self.scratch(&[value]).max(second.map_or(0, |second| self.free(&[second])));
        let a = self.value(value, scratch)?;
        let into = self.value(into, scratch)?;
        match (kind, second) {
            (Kind::Dict, Some(second)) => {
                let b = self.value(second, scratch + 1)?;
                self.b.abc(Op::DictAdd, into, a, b);
            }
            (Kind::List, _) => self.b.ab(Op::ListAppend, into, a),
            _ => self.b.ab(Op::SetAdd, into, a),
        }
        Ok(())
    }

    /// The items land in reverse: the first one on top.
    pub(super) fn unpack(&mut self, before: usize, after: Option<usize>) -> M {
        let from = self.state.pop_value()?;
        let n = before + after.map_or(0, |after| after + 1);
        if n >= NEAR {
            return Err(MpyError::TooLarge);
        }
        let first = self.scratch(&[from]);
        self.slot(first + n)?;
        let from = self.value(from, first + n)?;
        match after {
            None => self.b.abc(Op::Unpack, first as Slot, from, n as u8),
            Some(after) => {
                self.b.with_word(Op::UnpackEx, first as Slot, from, 0, (before | after << 8) as u32);
            }
        }
        for item in (0..n).rev() {
            self.state.push(Kind::Value, Place::Slot((first + item) as Slot))?;
        }
        Ok(())
    }

    pub(super) fn is_string(&self, entry: Entry) -> bool {
        let Place::Const(k) = entry.place else { return false };
        matches!(self.b.proto.consts.get(usize::from(k)), Some(Const::Str(_)))
    }
}
