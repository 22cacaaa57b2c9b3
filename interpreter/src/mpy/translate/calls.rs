//! Functions, calls, and iteration.

use super::*;

impl Translator<'_, '_> {
    // ---- loops ----

    pub(super) fn get_iter(&mut self, i: Instr) -> M<Option<u32>> {
        // `yield from` and `await`, which ours does in one.
        let none = Instr::read(self.code, i.next)?;
        let plain = |at: u32| !self.jumped_to.get(at as usize).copied().unwrap_or(true);
        if none.op == LOAD_CONST_NONE && plain(none.at) && plain(none.next) {
            let from = Instr::read(self.code, none.next)?;
            if from.op == YIELD_FROM {
                self.settle()?;
                let (at, _) = self.state.pop_value()?;
                let slot = self.home(at)?;
                self.yield_from(slot, slot)?;
                self.state.push(Kind::Value, Place::Home)?;
                return Ok(Some(from.next));
            }
        }
        let value = self.state.pop_value()?;
        let window = self.scratch(&[value]);
        self.slot(window + 3)?;
        let k = self.b.constant(Const::Builtin("iter"));
        self.load(window as Slot + 3, value.0, value.1.place)?;
        self.b.abx(Op::LoadConst, window as Slot + 2, k);
        self.b.ab(Op::Call, window as Slot, 1);
        self.push_at(window as Slot)?;
        Ok(Some(i.next))
    }

    pub(super) fn yield_from(&mut self, to: Slot, from: Slot) -> M {
        if !self.b.proto.flags.has(Flags::GENERATOR) {
            return Err(MpyError::Incompatible);
        }
        self.b.ab(Op::GetYieldIter, from, from);
        self.b.abc(Op::YieldFrom, to, from, from + 1);
        Ok(())
    }

    pub(super) fn for_iter(&mut self, i: Instr) -> M {
        self.settle()?;
        let n = self.state.stack.len().checked_sub(ITER).ok_or(MpyError::Incompatible)?;
        if self.state.stack[n..].iter().any(|entry| entry.kind != Kind::Iter) {
            return Err(MpyError::Incompatible);
        }
        let (state, item) = (self.home(n)?, self.home(n + ITER)?);
        self.slot(usize::from(item) + 4)?;
        let mut after = self.state.clone();
        after.stack.truncate(n);
        self.entry = false;
        let exhausted = self.edge(i.at, i.arg as u32, after)?;
        let body = self.b.label();
        self.b.branch(Op::ForIter, state, item, item + 1, body);
        self.b.jump(Op::Jump, 0, exhausted);
        self.b.place(body);
        self.state.push(Kind::Value, Place::Home)
    }

    // ---- functions and calls ----

    pub(super) fn make_function(&mut self, i: Instr, has_defaults: bool) -> M {
        let child = self.children.get(i.arg as usize).ok_or(MpyError::Incompatible)?;
        let frees =
            if matches!(i.op, MAKE_CLOSURE | MAKE_CLOSURE_DEFARGS) { usize::from(i.extra) } else { 0 };
        let mut cells = Vec::new();
        for _ in 0..frees {
            let Kind::Cell(slot) = self.state.pop()?.1.kind else { return Err(MpyError::Incompatible) };
            cells.insert(0, slot);
        }
        let (mut keywords, mut defaults) = (None, None);
        if has_defaults {
            keywords = Some(self.state.pop()?).filter(|k| k.1.kind != Kind::Null);
            defaults = Some(self.state.pop()?).filter(|d| d.1.kind != Kind::Null);
            if [keywords, defaults].iter().flatten().any(|entry| !entry.1.kind.is_value()) {
                return Err(MpyError::Incompatible);
            }
        }
        let class = self.state.stack.last().is_some_and(|entry| entry.kind == Kind::BuildClass);
        let role = if class { Role::Class } else { Role::Function };
        let outer = match self.role {
            Role::Module => String::new(),
            Role::Class => self.qualname.clone(),
            Role::Function => alloc::format!("{}.<locals>", self.qualname),
        };
        let proto = function(self.file, child, role, frees, &outer, &self.source)?;
        let prelude = Prelude::read(&mut Reader { bytes: child.bytes })?;
        let positional = if defaults.is_some() { prelude.defaults } else { 0 };
        let taken: Vec<_> = [keywords, defaults].into_iter().flatten().collect();
        let base = self.scratch(&taken);
        let keyword_only = usize::from(proto.keyword_only);
        let has_keywords = keywords.is_some() && keyword_only > 0;
        let n = positional + if has_keywords { keyword_only } else { 0 } + frees;
        self.slot(base + n + 1)?;
        if let (Some(tuple), 1..) = (defaults, positional) {
            let tuple = self.value(tuple, base + n + 1)?;
            self.b.abc(Op::Unpack, base as Slot, tuple, positional as u8);
        }
        let mut at = base + positional;
        if let (Some(dict), true) = (keywords, has_keywords) {
            if dict.1.kind != Kind::Dict {
                return Err(MpyError::Incompatible);
            }
            let dict = self.value(dict, base + n + 1)?;
            let first = usize::from(proto.positional);
            for name in &proto.slot_names[first..first + keyword_only] {
                // Over the word of the instruction that follows.
                self.b.named(Op::NsLoad, at as Slot, dict, 1, name);
                self.b.ab(Op::Unbind, at as Slot, 1);
                at += 1;
            }
        }
        for cell in cells {
            self.b.ab(Op::Move, at as Slot, cell);
            at += 1;
        }
        let code = self.b.constant(Const::Code(proto));
        let base = base as Slot;
        self.b.with_word(Op::MakeFunction, base, positional as u8, u8::from(has_keywords), u32::from(code));
        self.push_at(base)?;
        if let (true, Some(top)) = (class, self.state.stack.last_mut()) {
            top.kind = Kind::Body;
        }
        Ok(())
    }

    pub(super) fn call(&mut self, i: Instr) -> M {
        let (positional, keywords) = (i.arg as usize & 0xFF, i.arg as usize >> 8 & 0xFF);
        let mut args = Vec::new();
        for _ in 0..positional + 2 * keywords {
            args.insert(0, self.state.pop()?);
        }
        let callee = self.state.pop()?;
        let class = callee.1.kind == Kind::BuildClass;
        let body = usize::from(class);
        if args.iter().skip(body).any(|arg| !arg.1.kind.is_value())
            || class
                && !(positional >= 2
                    && args.first().is_some_and(|arg| arg.1.kind == Kind::Body)
                    && self.is_string(args[1].1))
        {
            return Err(MpyError::Incompatible);
        }
        let mut moves = Vec::new();
        let window;
        let (op, name, mut at) = match callee.1.kind {
            Kind::Method(name) if i.op == CALL_METHOD => {
                let object = self.state.pop_value()?;
                window = self.scratch(&[]);
                moves.push((self.slot(window + 3)?, object));
                let op = if keywords > 0 { Op::CallMethodKw } else { Op::CallMethod };
                (op, Some(name), window + 4)
            }
            Kind::BuildClass if i.op == CALL_FUNCTION => {
                window = self.scratch(&[]);
                (Op::MakeClass, None, window + 2)
            }
            kind if kind.is_value() && i.op == CALL_FUNCTION => {
                window = self.scratch(&[]);
                moves.push((self.slot(window + 2)?, callee));
                (if keywords > 0 { Op::CallKw } else { Op::Call }, None, window + 3)
            }
            _ => return Err(MpyError::Incompatible),
        };
        for arg in args {
            moves.push((self.slot(at)?, arg));
            at += 1;
        }
        // The names of keywords are strings in any sound file; a call relies on it.
        for n in 0..keywords {
            let (_, (_, name)) = moves[moves.len() - 2 * (keywords - n)];
            if !self.is_string(name) {
                return Err(MpyError::Incompatible);
            }
        }
        self.slot(at + 1)?;
        self.arrange(&moves)?;
        let base = self.slot(window)?;
        match (op, name) {
            (_, Some(name)) => {
                let name = self.string(i32::from(name))?;
                self.b.named(op, base, positional as u8, keywords as u8, &name);
            }
            (Op::MakeClass, _) => self.b.abc(op, base, positional as u8 - 2, keywords as u8),
            _ => self.b.abc(op, base, positional as u8, keywords as u8),
        }
        self.push_at(base)
    }

    /// A call with `*` or `**` among its arguments: a list and a dict of them are made.
    pub(super) fn call_unpacked(&mut self, i: Instr) -> M {
        let (positional, keywords) = (i.arg as usize & 0xFF, i.arg as usize >> 8 & 0xFF);
        let (_, stars) = self.state.pop_value()?;
        let stars = match stars.place {
            Place::Int(n) => n as u32,
            _ => return Err(MpyError::Incompatible),
        };
        let mut pairs = Vec::new();
        for _ in 0..keywords {
            let value = self.state.pop_value()?;
            pairs.insert(0, (self.state.pop()?, value));
        }
        let args = self.take(positional)?;
        let callee = self.state.pop()?;
        let object =
            if matches!(callee.1.kind, Kind::Method(_)) { Some(self.state.pop_value()?) } else { None };
        let mut all: Vec<_> = args.clone();
        all.extend(pairs.iter().flat_map(|(key, value)| [*key, *value]));
        all.push(callee);
        all.extend(object);
        let window = self.scratch(&all);
        self.slot(window + 7)?;
        let base = window as Slot;
        let (function, list, dict, scratch) = (base + 2, base + 3, base + 4, base + 5);
        match (callee.1.kind, object) {
            (Kind::Method(name), Some(object)) if i.op == CALL_METHOD_VAR_KW => {
                let object = self.value(object, usize::from(scratch))?;
                let name = self.string(i32::from(name))?;
                self.b.named(Op::GetAttr, function, object, 0, &name);
            }
            (kind, None) if kind.is_value() && i.op == CALL_FUNCTION_VAR_KW => {
                self.load(function, callee.0, callee.1.place)?;
            }
            _ => return Err(MpyError::Incompatible),
        }
        self.b.abc(Op::BuildList, list, list, 0);
        for (n, arg) in args.into_iter().enumerate() {
            let value = self.value(arg, usize::from(scratch))?;
            let star = n < 32 && stars >> n & 1 != 0;
            self.b.ab(if star { Op::ListExtend } else { Op::ListAppend }, list, value);
        }
        if pairs.is_empty() {
            self.b.a(Op::LoadNone, dict);
        } else {
            self.b.abc(Op::BuildDict, dict, dict, 0);
        }
        for (key, value) in pairs {
            if key.1.kind == Kind::Null {
                let value = self.value(value, usize::from(scratch))?;
                self.b.abc(Op::DictMerge, dict, value, function);
                continue;
            }
            if !key.1.kind.is_value() || !self.is_string(key.1) {
                return Err(MpyError::Incompatible);
            }
            self.load(scratch, key.0, key.1.place)?;
            self.load(scratch + 1, value.0, value.1.place)?;
            self.b.abc(Op::BuildDict, scratch, scratch, 1);
            self.b.abc(Op::DictMerge, dict, scratch, function);
        }
        self.b.a(Op::CallEx, base);
        self.push_at(base)
    }
}
