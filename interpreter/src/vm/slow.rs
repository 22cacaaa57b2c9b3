//! The slow paths of the loop: what an instruction does when its quick case does not apply. Each works on `self.pc`
//! and `self.r`, which the loop has set to the instruction and the frame.

use super::Vm;
use super::call::{Next, STUB_ATTR};
use super::enter::native_to_cache;
use super::step::{KEY_KIND, KEY_MODULE, op_b, op_c, slot};
use crate::bytecode::{Flags, Op};
use crate::heap::cell::{F_A, F_B, F_BUF};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{ANY, BinOp, CmpOp, Entry, ExcKind, R, Raised};
use crate::value::{Imm, Qstr, Val};
use alloc::string::String;

impl Vm {
    // ---- slow paths ----

    /// What a method cache compares: the shape of an instance, the kind of a native object, a native module; 0 for what
    /// is not cached.
    #[inline(always)]
    pub(super) fn method_key(&self, v: Val) -> u32 {
        if v.is_ptr() {
            let head = self.heap.head(v);
            return match head & 0xff {
                k if k == Kind::Instance as u32 => head >> 16,
                k if (Kind::Str as u32..=Kind::FrozenSet as u32).contains(&k) => KEY_KIND | k,
                _ => 0,
            };
        }
        if v.is_qstr() {
            return KEY_KIND | Kind::Str as u32;
        }
        match v.imm_payload(Imm::NativeModule) {
            Some(id) => KEY_MODULE | id,
            None => 0,
        }
    }

    #[inline(always)]
    pub(super) fn identical(&self, a: Val, b: Val) -> bool {
        a == b || (a.is_ptr() && b.is_ptr() && self.heap.is(a, Kind::Float) && self.boxed_same(a, b))
    }
    pub(super) fn boxed_same(&self, a: Val, b: Val) -> bool {
        self.heap.is(b, Kind::Float) && self.heap.w(a, 1) == self.heap.w(b, 1)
    }

    #[inline(never)]
    pub(super) fn compare_truth(&mut self, op: CmpOp, x: Val, y: Val) -> R<bool> {
        let v = self.compare(op, x, y)?;
        self.truth(v)
    }

    #[inline(never)]
    pub(super) fn op_add_imm(&mut self, x: Val, imm: i32, inplace: bool) -> R {
        let (op, y) = if imm < 0 { (BinOp::Sub, Val::small(-imm)) } else { (BinOp::Add, Val::small(imm)) };
        if let Some(f) = x.as_unboxed_float()
            && let Some(v) = Val::try_float(f + imm as f32)
        {
            return Ok(v);
        }
        if inplace { self.inplace(op, x, y) } else { self.binary(op, x, y) }
    }

    pub(super) fn frame_code(&self) -> Val {
        // SAFETY: every frame has its function below slot 0.
        let f = unsafe { *self.r.sub(1) };
        self.heap.val(f, 1)
    }
    pub(crate) fn frame_globals(&self) -> Val {
        // SAFETY: as above.
        let f = unsafe { *self.r.sub(1) };
        if self.heap.is(f, Kind::Function) { self.heap.val(f, 2) } else { Val::NULL }
    }

    pub(super) fn slot_name(&self, i: usize) -> String {
        let name = self.code_names(self.frame_code()).nth(i).unwrap_or(Val::NONE);
        super::beginning(self.heap.as_str(name).unwrap_or("?"))
    }

    #[cold]
    pub(super) fn unbound_local(&mut self, i: usize) -> Raised {
        let n = self.slot_name(i);
        self.raise(
            ExcKind::UnboundLocalError,
            format_args!("cannot access local variable '{n}' where it is not associated with a value"),
        )
    }

    #[cold]
    pub(super) fn unbound_cell(&mut self, i: usize) -> Raised {
        let n = self.slot_name(i);
        if self.code_free_names(self.frame_code()).any(|f| self.heap.as_str(f) == Some(&n)) {
            return self.raise(
                ExcKind::NameError,
                format_args!("cannot access free variable '{n}' where it is not associated with a value in enclosing scope"),
            );
        }
        self.unbound_local(i)
    }

    /// A global that is not set: the builtin of that name, cached in the instruction.
    #[inline(never)]
    pub(super) fn load_builtin(&mut self, name: Val) -> R {
        let text = self.text(name).unwrap_or_default();
        match self.builtin(&text) {
            Some(v) => {
                if !v.is_ptr() && !self.builtins_changed {
                    // SAFETY: `pc` is a LoadGlobal in a code buffer that we may write; its next word is the cache.
                    unsafe { *self.pc.cast_mut().add(1) = v.bits() };
                }
                Ok(v)
            }
            None => Err(self.raise(ExcKind::NameError, format_args!("name '{text}' is not defined"))),
        }
    }

    /// A builtin by its name.
    pub fn builtin(&mut self, name: &str) -> Option<Val> {
        let q = self.heap.intern(name).ok()?;
        self.native_module_attr(&crate::builtins::BUILTINS, q).ok()?
    }

    pub(super) fn op_del_global(&mut self, entry: usize) -> R<()> {
        let globals = self.frame_globals();
        let (key, v) = self.heap.table_entry(globals, entry);
        if v == Val::UNBOUND {
            let n = self.text(key).unwrap_or_default();
            return Err(self.raise(ExcKind::NameError, format_args!("name '{n}' is not defined")));
        }
        self.heap.table_remove(globals, entry);
        Ok(())
    }

    pub(super) fn ns_load(&mut self, ns: Val, name: Qstr) -> R<Option<Val>> {
        if self.heap.is(ns, Kind::Dict) {
            return Ok(self.heap.dict_get_qstr(ns, name));
        }
        match self.get_item(ns, Val::qstr(name)) {
            Ok(v) => Ok(Some(v)),
            Err(raised) => {
                if !self.exc_is(ExcKind::KeyError) {
                    return Err(raised);
                }
                self.take_exc();
                Ok(None)
            }
        }
    }

    pub(super) fn ns_store(&mut self, ns: Val, name: Qstr, v: Val) -> R<()> {
        let dict = self.heap.is(ns, Kind::Dict);
        if !v.is_null() {
            return if dict {
                Ok(self.heap.dict_set_qstr(ns, name, v)?)
            } else {
                self.set_item(ns, Val::qstr(name), v)
            };
        }
        let gone = if dict {
            self.heap.dict_del_qstr(ns, name).is_some()
        } else {
            match self.del_item(ns, Val::qstr(name)) {
                Ok(()) => true,
                Err(raised) => {
                    if !self.exc_is(ExcKind::KeyError) {
                        return Err(raised);
                    }
                    self.take_exc();
                    false
                }
            }
        };
        if gone {
            return Ok(());
        }
        let n = self.name_text(name)?;
        Err(self.raise(ExcKind::NameError, format_args!("name '{n}' is not defined")))
    }

    pub(super) fn op_range_init(&mut self, state: *mut Val, range: Val, n: usize) -> R<()> {
        // SAFETY: three consecutive slots, as the op says.
        let [start, stop, step] = unsafe { [*state, *state.add(1), *state.add(2)] };
        if range == crate::objects::range::RANGE.val()
            && let (Some(a), Some(b), Some(s)) = (start.as_small(), stop.as_small(), step.as_small())
            && s != 0
        {
            // The difference of two small ints fits 32 bits.
            let distance = if s > 0 { b - a } else { a - b };
            let count = match s.unsigned_abs() {
                _ if distance <= 0 => 0,
                1 => distance,
                by => ((distance as u32 - 1) / by + 1) as i32,
            };
            // The number after the last one is calculated too.
            let end = if count == 0 { Some(a) } else { (a + (count - 1) * s).checked_add(s) };
            let small = Val::INT_MIN..=Val::INT_MAX;
            if small.contains(&count) && end.is_some_and(|end| small.contains(&end)) {
                // SAFETY: as above.
                unsafe {
                    *state.add(1) = Val::small(count);
                    // ForRange adds it to a tagged number: without a tag of its own. To the collector it may look
                    // like a cell's address, which does no harm.
                    *state.add(2) = Val::from_bits((s as u32) << 1);
                }
                return Ok(());
            }
        }
        let v = match n {
            1 => self.call(range, &[stop])?,
            2 => self.call(range, &[start, stop])?,
            _ => self.call(range, &[start, stop, step])?,
        };
        let it = self.iter(v)?;
        // SAFETY: as above.
        unsafe {
            *state = it;
            *state.add(1) = Val::small(-1);
        }
        Ok(())
    }

    /// ForIter and ForRange over an iterator object.
    pub(super) fn op_for_next(&mut self, w: u32, it: Val) -> R<()> {
        let pc = self.pc;
        if self.heap.is(it, Kind::Generator) {
            // SAFETY: operand c names the first free temporary, where a window may be built.
            let dst = unsafe { slot(self.r, op_c(w)) };
            if !self.for_generator(it, dst, pc)? {
                self.pc = pc.wrapping_add(2);
            }
            return Ok(());
        }
        match self.next(it)? {
            Some(v) => {
                // SAFETY: the op's target slot and jump word.
                unsafe {
                    *slot(self.r, op_b(w)) = v;
                    self.pc = pc.byte_offset(*pc.add(1) as i32 as isize);
                }
                self.poll_loop()
            }
            None => {
                self.pc = pc.wrapping_add(2);
                Ok(())
            }
        }
    }

    /// Ends a call from bytecode that may have raised `sp`.
    pub(super) fn call_done(&mut self, dst: *mut Val, next: Next, ret: *const u32) {
        if let Next::Value(v) = next {
            // SAFETY: the window's first slot takes the result; the frame has its function below slot 0.
            unsafe { *dst = v };
            self.top_of_frame();
            self.pc = ret;
        }
    }

    #[inline(never)]
    pub(super) fn op_call(&mut self, dst: *mut Val, n: usize, nkw: usize, ret: *const u32) -> R<()> {
        if self.heap.emergency() {
            // Native code had to take from the reserve: time to stop before nothing is left.
            self.heap.collect();
            if self.heap.emergency() {
                return Err(self.no_memory());
            }
        }
        let next = self.prepare(dst, n, nkw, ret)?;
        self.call_done(dst, next, ret);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn op_call_method(&mut self, dst: *mut Val, n: usize, nkw: usize) -> R<()> {
        let ret = self.pc.wrapping_add(3);
        // SAFETY: the window's slot 3 holds the object; the instruction's next word is the name with its cache.
        let (obj, name) = unsafe { (*dst.add(3), Qstr(*self.pc.add(1) & 0xffff)) };
        let (f, with_self) = self.get_method(obj, name)?;
        let own = usize::from(with_self);
        if nkw == 0 && self.heap.is(obj, Kind::Generator) {
            // SAFETY: the window's slot 4 holds the argument.
            let sent = if n == 1 { unsafe { *dst.add(4) } } else { Val::NONE };
            if name == q::send && n == 1 || name == q::__next__ && n == 0 {
                return self.resume_call(obj, sent, ret, STUB_ATTR);
            }
        }
        let key = self.method_key(obj);
        let given = n + own;
        let native = match f.imm_payload(Imm::NativeFn).map(crate::registry::native_fn) {
            Some(&Entry::Fn(_, min, max, native))
                if nkw == 0 && given >= min as usize && (given <= max as usize || max == ANY) =>
            {
                Some(native_to_cache(f, native))
            }
            _ => None,
        };
        let cache = match key {
            0 => None,
            KEY_KIND.. if with_self => native,
            KEY_MODULE..KEY_KIND if !with_self => native,
            KEY_MODULE.. => None,
            _ => (with_self && self.heap.is(f, Kind::Function)).then_some(f.bits()),
        };
        if let Some(cache) = cache {
            // SAFETY: the instruction is in a code buffer that we may write, its two next words are its caches. A
            // function kept there lives as long as its class's dict has it: a change there empties all caches.
            unsafe {
                let at = self.pc.cast_mut();
                *at.add(1) = *at.add(1) & 0xffff | key << 16;
                *at.add(2) = cache;
            }
        }
        // SAFETY: the window has n + 2 * nkw argument slots after the object.
        unsafe {
            *dst.add(2) = f;
            if !with_self {
                for i in 0..n + 2 * nkw {
                    *dst.add(3 + i) = *dst.add(4 + i);
                }
            }
        }
        let next = self.prepare(dst, n + own, nkw, ret)?;
        self.call_done(dst, next, ret);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn op_call_ex(&mut self, dst: *mut Val) -> R<()> {
        let ret = self.pc.wrapping_add(1);
        // SAFETY: the window holds the positional list in slot 3, the keywords in slot 4.
        let (args, kw) = unsafe { (*dst.add(3), *dst.add(4)) };
        let args = if matches!(self.heap.kind(args), Some(Kind::List | Kind::Tuple)) {
            args
        } else {
            match self.iter(args) {
                Ok(it) => {
                    self.heap.keep(it)?;
                    self.collect_list(it)?
                }
                Err(raised) => {
                    if !self.exc_is(ExcKind::TypeError) {
                        return Err(raised);
                    }
                    self.take_exc();
                    // SAFETY: the window holds the callee in slot 2.
                    let f = unsafe { *dst.add(2) };
                    let (name, t) = (self.callee_name(f), self.type_name(args));
                    return Err(
                        self.type_error(format_args!("{name} argument after * must be an iterable, not {t}"))
                    );
                }
            }
        };
        self.heap.keep(args)?;
        self.heap.keep(kw)?;
        let n = self.heap.items(args).len();
        let nkw = if kw.is_none() { 0 } else { self.heap.table_len(kw) };
        self.check_stack(dst.wrapping_add(3 + n + 2 * nkw + 1))?;
        let base = self.slot_index(dst) + 3;
        for i in 0..n {
            let v = self.heap.items(args)[i];
            self.heap.set_slot(base + i, v);
        }
        let (mut i, mut at) = (0, base + n);
        while nkw > 0
            && let Some((next, k, v)) = self.heap.table_next(kw, i)
        {
            i = next;
            if !self.heap.is_str(k) {
                return Err(self.type_error(format_args!("keywords must be strings")));
            }
            self.heap.set_slot(at, k);
            self.heap.set_slot(at + 1, v);
            at += 2;
        }
        self.heap.set_sp(self.heap.sp().max(at));
        let next = self.prepare(dst, n, nkw, ret)?;
        self.call_done(dst, next, ret);
        Ok(())
    }

    pub(super) fn op_make_function(&mut self, code: Val, from: *mut Val, defaults: usize, kw: usize) -> R {
        let kw_defaults = if kw == 1 { self.code_counts(code).1 } else { 0 };
        let free = self.code_free(code);
        let n = defaults + kw_defaults + free;
        let extras = if n == 0 {
            Val::NULL
        } else {
            let at = self.slot_index(from);
            self.heap.new_tuple_from_slots(at, at + n)?
        };
        let globals = self.frame_globals();
        let f = self.new_function(code, globals, extras)?;
        self.heap.set_flag(f, F_A, kw == 1);
        Ok(f)
    }

    pub(super) fn op_make_class(&mut self, dst: *mut Val, bases: usize, nkw: usize) -> R<()> {
        let ret = self.pc.wrapping_add(1);
        if let Some(class) = self.class_by_hook(dst, bases, nkw)? {
            // SAFETY: the window's first slot takes the result.
            unsafe { *dst = class };
            self.pc = ret;
            return Ok(());
        }
        let words = bases + 2 * nkw;
        // A stub frame keeps body's window apart: `[ret][r][namespace holder] [name, bases …] [stub][r][body] [namespace]`.
        // Slot 2 (the body) becomes the stub frame's "function": the namespace dict; the body moves up.
        let inner = dst.wrapping_add(3 + 1 + words + 1);
        self.check_stack(inner.wrapping_add(5))?;
        // Only a base or a keyword can bring a metaclass.
        let ns = if words == 0 {
            self.heap.new_namespace(4)?
        } else {
            let at = self.slot_index(dst) + 4;
            let given = self.heap.slots(at, at + bases).to_vec();
            let kw: alloc::vec::Vec<(Val, Val)> = (0..nkw)
                .map(|i| at + bases + 2 * i)
                .map(|at| (self.heap.slot(at), self.heap.slot(at + 1)))
                .collect();
            let name = self.heap.slot(at - 1);
            self.class_namespace(name, &given, &kw)?
        };
        let (ret_val, caller) = (self.pc_to_val(ret), self.r_to_val(self.r));
        // SAFETY: the window and the slots above it are on the stack, as just checked.
        let body = unsafe {
            let body = *dst.add(2);
            *dst = ret_val;
            *dst.add(1) = caller;
            *dst.add(2) = ns;
            // What ClassDone needs to know: bases | keywords << 8.
            *inner.sub(1) = Val::small((bases | nkw << 8) as i32);
            *inner = Val::NULL;
            *inner.add(1) = Val::NULL;
            *inner.add(2) = body;
            *inner.add(3) = ns;
            body
        };
        // What has just been written must outlast what a namespace of a metaclass's own does.
        self.heap.set_sp(self.heap.sp().max(self.slot_index(inner) + 4));
        let f_globals = self.frame_globals();
        if let Some(name) = self.heap.dict_get_qstr(f_globals, q::__name__) {
            self.ns_store(ns, q::__module__, name)?;
        }
        let code = self.heap.val(body, 1);
        let qualname = self.code_qualname(code);
        let qualname = self.heap.new_str(&qualname)?;
        self.ns_store(ns, q::__qualname__, qualname)?;
        let saved = self.r;
        self.r = dst.wrapping_add(3);
        // The stub's registers are where the words begin; ClassDone finds them below the body's window.
        if let Err(e) = self.push_frame(inner, body, self.stub(super::call::STUB_CLASS)) {
            self.r = saved;
            return Err(e);
        }
        Ok(())
    }

    /// The body of a class has returned: `self.r` is the stub frame, its slots the name, bases, keywords.
    pub(super) fn op_class_done(&mut self) -> R<()> {
        let r = self.r;
        let at = self.slot_index(r);
        // Where the word with the counts lies follows from itself: it is the slot before the body's result.
        // SAFETY: laid out by `op_make_class`.
        let (ret, caller, ns) = unsafe { (self.val_to_pc(*r.sub(3)), self.val_to_r(*r.sub(2)), *r.sub(1)) };
        // SAFETY: the instruction that made the class precedes the return address.
        let w = unsafe { *ret.sub(1) };
        let (bases, nkw) = (op_b(w), op_c(w));
        let words = bases + 2 * nkw;
        let cell = self.heap.slot(at + 1 + words + 1);
        self.heap.set_sp(at + 1 + words + 2);
        let name = self.heap.slot(at);
        let bases: alloc::vec::Vec<Val> = self.heap.slots(at + 1, at + 1 + bases).to_vec();
        let first_kw = at + 1 + bases.len();
        let kw: alloc::vec::Vec<(Val, Val)> = (0..nkw)
            .map(|i| (self.heap.slot(first_kw + 2 * i), self.heap.slot(first_kw + 2 * i + 1)))
            .collect();
        // From here on errors belong to the frame of the class statement.
        self.pc = ret.wrapping_sub(1);
        self.r = caller;
        let class = self.finish_class(name, &bases, ns, &kw, cell)?;
        // SAFETY: the window's first slot takes the result.
        unsafe { *r.sub(3) = class };
        self.pc = ret;
        self.top_of_frame();
        Ok(())
    }

    #[inline(never)]
    pub(super) fn op_get_attr(&mut self, obj: Val, at: *mut u32) -> R {
        // SAFETY: `at` is a GetAttr in a code buffer that we may write.
        let name = unsafe { Qstr(*at.add(1) & 0xffff) };
        let v = self.getattr_q(obj, name)?;
        if let Some(place) = self.cacheable_place(obj, name) {
            // SAFETY: as above; caches are ours to write.
            unsafe {
                *at = *at & 0x00ff_ffff | (place as u32) << 24;
                *at.add(1) = name.0;
                *at.add(2) = self.heap.head(obj);
            }
        } else if let Some(key) = self.cacheable_value(obj, name, v) {
            // SAFETY: as above. A value in a class lives as long as it is there, and the class notes that it is cached.
            unsafe {
                *at.add(1) = name.0 | key << 16;
                *at.add(2) = v.bits();
            }
        }
        Ok(v)
    }

    /// The key (as of method caches) under which attribute `v` of `obj` may be kept: data of its class, or what a module
    /// in the firmware always has.
    fn cacheable_value(&mut self, obj: Val, name: Qstr, v: Val) -> Option<u32> {
        if let Some(id) = obj.imm_payload(Imm::NativeModule) {
            let m = crate::registry::native_module(id as u16);
            let fixed = !v.is_ptr()
                && m.get_attr.is_none()
                && m.set_attr.is_none()
                && m.id != crate::registry::modules::BUILTINS;
            let text = self.heap.qstr(name);
            let entry = m.entries.iter().find(|e| e.name() == text)?;
            return (fixed && !matches!(entry, Entry::Dyn(..))).then_some(KEY_MODULE | id);
        }
        // The cache must not look like that of an own attribute.
        if !self.heap.is(obj, Kind::Instance) || v.bits() as u8 == Kind::Instance as u8 {
            return None;
        }
        let shape = self.heap.aux(obj);
        let class = self.heap.shape_class(shape);
        if self.class_has_hooks(class) || self.shapes.find(shape, name).is_some() {
            return None;
        }
        self.note_cached_data(class, name, v).then_some(u32::from(shape))
    }

    /// Where an instance's own attribute lies, if reading and writing it needs nothing else: bytes from the start of
    /// the cell or of the buffer.
    pub(super) fn cacheable_place(&mut self, obj: Val, name: Qstr) -> Option<usize> {
        if !self.heap.is(obj, Kind::Instance) {
            return None;
        }
        let shape = self.heap.aux(obj);
        let place = self.shapes.find(shape, name)?;
        let class = self.heap.shape_class(shape);
        if self.class_has_hooks(class) || name == super::shape::NATIVE_PART {
            return None;
        }
        if self.heap.flag(class, F_B)
            && let Some(attr) = self.class_attr(class, name)
            && !matches!(self.heap.kind(attr), Some(Kind::Function))
            && attr.is_ptr()
        {
            return None;
        }
        let place = if self.heap.flag(obj, F_BUF) { place } else { place + 1 };
        (place < 64).then_some(4 * place)
    }

    #[inline(never)]
    pub(super) fn op_set_attr(&mut self, obj: Val, v: Val, at: *mut u32) -> R<()> {
        // SAFETY: `at` is a SetAttr in a code buffer that we may write.
        let name = unsafe { Qstr(*at.add(1) & 0xffff) };
        let before = if self.heap.is(obj, Kind::Instance) { self.heap.aux(obj) } else { 0 };
        self.setattr_q(obj, name, v)?;
        if let Some(place) = self.cacheable_place(obj, name) {
            let after = self.heap.aux(obj);
            let grown = before != after;
            if grown
                && (self.heap.flag(obj, F_BUF) || self.shapes.count(after) != self.shapes.count(before) + 1)
            {
                return Ok(());
            }
            // SAFETY: as above.
            unsafe {
                *at = *at & 0x00ff_ffff | (place as u32) << 24;
                *at.add(1) = name.0 | if grown { u32::from(after) << 16 } else { 0 };
                *at.add(2) = self.heap.head(obj) & 0xffff | u32::from(before) << 16;
            }
        }
        Ok(())
    }

    /// After a change in a class that inline caches did not see coming: empties all of them.
    pub(crate) fn forget_caches(&mut self) {
        self.shapes.forget_known();
        let mut at = None;
        while let Some(code) = self.heap.next_cell(at, Kind::Code) {
            at = Some(code);
            if !self.heap.flag(code, F_BUF)
                || code == self.heap.root(Root::Stubs)
                || self.code_flags(code).has(Flags::DEFERRED)
            {
                continue;
            }
            let n = self.heap.w(code, 2) as usize;
            let words = n + self.code_words(code);
            let b = self.heap.buf_vals_mut(code, words);
            let mut i = n;
            while i < words {
                let Some(op) = Op::from_code(b[i].bits() as u8) else { break };
                match op {
                    Op::GetAttr | Op::SetAttr | Op::CallMethod | Op::CallMethodKw => {
                        b[i + 1] = Val::from_bits(b[i + 1].bits() & 0xffff);
                        b[i + 2] = Val::NULL;
                    }
                    Op::LoadGlobal => b[i + 1] = Val::NULL,
                    _ => {}
                }
                i += op.len_words();
            }
        }
    }

    pub(super) fn op_build_set(&mut self, from: *mut Val, n: usize) -> R {
        let s = self.heap.new_set(n)?;
        for i in 0..n {
            // SAFETY: n consecutive slots, as the op says.
            let v = unsafe { *from.add(i) };
            self.set_insert(s, v)?;
        }
        Ok(s)
    }

    pub(super) fn op_build_dict(&mut self, from: *mut Val, n: usize) -> R {
        let d = self.heap.new_dict(n)?;
        for i in 0..n {
            // SAFETY: n pairs of slots, as the op says.
            let (k, v) = unsafe { (*from.add(2 * i), *from.add(2 * i + 1)) };
            self.dict_store(d, k, v)?;
        }
        Ok(d)
    }

    pub(super) fn op_build_str(&mut self, from: *mut Val, n: usize) -> R {
        let b = self.heap.new_builder(16)?;
        for i in 0..n {
            // SAFETY: n consecutive slots, as the op says.
            let v = unsafe { *from.add(i) };
            let v = if self.heap.is_str(v) { v } else { self.str(v)? };
            let len = self.heap.bytes(v).len();
            self.heap.push_text(b, v, 0, len)?;
        }
        Ok(self.heap.finish_str(b)?)
    }

    pub(super) fn op_format(&mut self, from: *mut Val, how: usize) -> R {
        // SAFETY: one or two slots, as the op says.
        let mut v = unsafe { *from };
        v = match how & 3 {
            1 => self.str(v)?,
            2 => self.repr(v)?,
            3 => self.ascii(v)?,
            _ => v,
        };
        if how & 4 == 0 {
            if self.heap.is_str(v) {
                return Ok(v);
            }
            return self.format(v, Val::qstr(q::EMPTY));
        }
        // SAFETY: as above.
        let spec = unsafe { *from.add(1) };
        self.format(v, spec)
    }

    /// `ascii(v)`.
    ///
    /// # Errors
    /// As [`Vm::repr`].
    pub fn ascii(&mut self, v: Val) -> R {
        let text = self.repr_text(v)?;
        self.new_str(&crate::objects::formatting::ascii(&text))
    }

    /// `format(v, spec)`.
    ///
    /// # Errors
    /// ValueError for a bad spec; what `__format__` raises.
    pub fn format(&mut self, v: Val, spec: Val) -> R {
        if let Some(f) = self.special(v, q::__format__) {
            let s = self.call_bound(f, v, &[spec])?;
            return self.formatted(s);
        }
        if self.heap.bytes(spec).is_empty() {
            return self.str(v);
        }
        self.base_format(v, spec)
    }

    /// What a `__format__` gave, which must be a str.
    pub(super) fn formatted(&mut self, s: Val) -> R {
        if self.heap.is_str(s) {
            return Ok(s);
        }
        let t = self.type_name(s);
        Err(self.type_error(format_args!("__format__ must return a str, not {t}")))
    }

    /// `object.__format__(v, spec)`, that of the native part if there is one.
    pub(crate) fn base_format(&mut self, v: Val, spec: Val) -> R {
        let inner = self.unwrap(v);
        let text = self.text(spec).unwrap_or_default();
        if self.heap.is(inner, Kind::Instance) {
            if text.is_empty() {
                return self.str(v);
            }
            let t = self.type_name(v);
            return Err(self.type_error(format_args!("unsupported format string passed to {t}.__format__")));
        }
        let mut out = super::Out::text();
        crate::objects::formatting::format_value(self, inner, &text, &mut out)?;
        let text = out.finish(self)?;
        self.new_str(&text)
    }

    pub(super) fn op_list_extend(&mut self, list: Val, v: Val) -> R<()> {
        if matches!(self.heap.kind(v), Some(Kind::List | Kind::Tuple)) {
            return Ok(self.heap.list_extend(list, v)?);
        }
        let it = match self.iter(v) {
            Ok(it) => it,
            Err(raised) => {
                if !self.exc_is(ExcKind::TypeError) {
                    return Err(raised);
                }
                self.take_exc();
                let t = self.type_name(v);
                return Err(self.type_error(format_args!("Value after * must be an iterable, not {t}")));
            }
        };
        self.for_each(it, |vm, x| Ok(vm.heap.list_push(list, x)?))
    }

    /// `d.update(v)` for a mapping; with `callee` a repeated key is an error.
    pub(super) fn dict_update(&mut self, d: Val, v: Val, callee: Option<Val>) -> R<()> {
        let inner = self.unwrap(v);
        if self.heap.is(inner, Kind::Dict) {
            let mut i = 0;
            while let Some((next, k, x)) = self.heap.table_next(inner, i) {
                i = next;
                self.dict_put(d, k, x, callee)?;
            }
            return Ok(());
        }
        if self.getattr_opt(v, "keys")?.is_none() {
            let t = self.type_name(v);
            if let Some(f) = callee {
                let name = self.callee_name(f);
                return Err(
                    self.type_error(format_args!("{name} argument after ** must be a mapping, not {t}"))
                );
            }
            return Err(self.type_error(format_args!("'{t}' object is not a mapping")));
        }
        let keys = self.call_method(v, "keys", &[])?;
        self.for_each(keys, |vm, k| {
            let x = vm.get_item(v, k)?;
            vm.dict_put(d, k, x, callee)
        })
    }

    pub(super) fn callee_name(&mut self, f: Val) -> String {
        let f = if self.heap.is(f, Kind::BoundMethod) { self.heap.val(f, 1) } else { f };
        if self.heap.is(f, Kind::Function) {
            let module = self.heap.dict_get_qstr(self.heap.val(f, 2), q::__name__).and_then(|m| self.text(m));
            let name = self.function_name(f);
            return match module {
                Some(m) => alloc::format!("{m}.{name}()"),
                None => alloc::format!("{name}()"),
            };
        }
        self.repr_text(f).unwrap_or_default()
    }

    pub(super) fn dict_put(&mut self, d: Val, k: Val, v: Val, callee: Option<Val>) -> R<()> {
        if let Some(f) = callee {
            if !self.heap.is_str(k) {
                return Err(self.type_error(format_args!("keywords must be strings")));
            }
            if self.dict_lookup(d, k)?.is_some() {
                let (name, key) = (self.callee_name(f), self.text(k).unwrap_or_default());
                return Err(
                    self.type_error(format_args!("{name} got multiple values for keyword argument '{key}'"))
                );
            }
        }
        self.dict_store(d, k, v)
    }

    pub(super) fn op_unpack(&mut self, dst: *mut Val, v: Val, n: usize) -> R<()> {
        let list = self.unpack_list(v, Some(n))?;
        let got = self.heap.items(list).len();
        if got < n {
            return Err(
                self.value_error(format_args!("not enough values to unpack (expected {n}, got {got})"))
            );
        }
        if got > n {
            return Err(self.value_error(format_args!("too many values to unpack (expected {n})")));
        }
        for i in 0..n {
            // SAFETY: n consecutive slots, as the op says.
            unsafe { *dst.add(i) = self.heap.items(list)[i] };
        }
        Ok(())
    }

    /// The items of an iterable as a list or tuple; of at most `limit + 1` of them.
    pub(super) fn unpack_list(&mut self, v: Val, limit: Option<usize>) -> R {
        if matches!(self.heap.kind(v), Some(Kind::List | Kind::Tuple)) {
            return Ok(v);
        }
        let it = match self.iter(v) {
            Ok(it) => it,
            Err(raised) => {
                if !self.exc_is(ExcKind::TypeError) || self.special(v, q::__iter__).is_some() {
                    return Err(raised);
                }
                self.take_exc();
                let t = self.type_name(v);
                return Err(self.type_error(format_args!("cannot unpack non-iterable {t} object")));
            }
        };
        self.heap.keep(it)?;
        let list = self.heap.new_list_cap(limit.unwrap_or(4))?;
        loop {
            let mark = self.heap.mark_temps();
            let Some(x) = self.next(it)? else { return Ok(list) };
            self.heap.list_push(list, x)?;
            self.heap.release_temps(mark);
            if limit.is_some_and(|n| self.heap.list_len(list) > n) {
                return Ok(list);
            }
        }
    }

    pub(super) fn op_unpack_ex(&mut self, dst: *mut Val, v: Val, spec: u32) -> R<()> {
        let (before, after) = ((spec & 0xff) as usize, (spec >> 8 & 0xff) as usize);
        let all = self.unpack_list(v, None)?;
        self.heap.keep(all)?;
        let n = self.heap.items(all).len();
        if n < before + after {
            return Err(self.value_error(format_args!(
                "not enough values to unpack (expected at least {}, got {n})",
                before + after
            )));
        }
        let star = self.heap.new_list_cap(n - before - after)?;
        for i in before..n - after {
            let x = self.heap.items(all)[i];
            self.heap.list_push(star, x)?;
        }
        // SAFETY: before + 1 + after consecutive slots, as the op says.
        unsafe {
            for i in 0..before {
                *dst.add(i) = self.heap.items(all)[i];
            }
            *dst.add(before) = star;
            for i in 0..after {
                *dst.add(before + 1 + i) = self.heap.items(all)[n - after + i];
            }
        }
        Ok(())
    }

    pub(super) fn op_raise(&mut self, v: Val, cause: Option<Val>) -> R<()> {
        let e = self.exception_from(v)?;
        self.heap.keep(e)?;
        if let Some(c) = cause {
            let c = if c.is_none() {
                c
            } else {
                match self.exception_from(c) {
                    Ok(c) => c,
                    Err(_) => {
                        self.take_exc();
                        return Err(
                            self.type_error(format_args!("exception causes must derive from BaseException"))
                        );
                    }
                }
            };
            self.set_exc_field(e, super::unwind::X_CAUSE, c)?;
            self.set_exc_field(e, super::unwind::X_SUPPRESS, Val::TRUE)?;
        }
        Err(self.raise_val(e))
    }

    pub(super) fn op_raise_again(&mut self) -> R<()> {
        let e = self.heap.root(Root::Handling);
        if self.heap.is(e, Kind::Exception) {
            return Err(self.raise_val(e));
        }
        Err(self.raise(ExcKind::RuntimeError, format_args!("No active exception to reraise")))
    }

    pub(super) fn op_with_exit(&mut self, v: Val, enter: Qstr, exit: Qstr) -> R {
        let class = self.type_of(v);
        let has_enter = self.class_attr(class, enter).is_some();
        let found = self.class_attr(class, exit);
        match found {
            Some(f) if has_enter => self.bind(f, v, class),
            _ => {
                let t = self.type_name(v);
                let a = if enter == q::__aenter__ { "asynchronous " } else { "" };
                let missed = if has_enter { " (missed __exit__ method)" } else { "" };
                Err(self.type_error(format_args!(
                    "'{t}' object does not support the {a}context manager protocol{missed}"
                )))
            }
        }
    }

    pub(super) fn op_match_keys(&mut self, v: Val, keys: Val) -> R {
        let n = self.heap.tuple(keys).len();
        let out = self.heap.new_list_cap(n)?;
        for i in 0..n {
            let k = self.heap.tuple(keys)[i];
            let inner = self.unwrap(v);
            match self.dict_lookup(inner, k)? {
                Some(x) => self.heap.list_push(out, x)?,
                None => return Ok(Val::NONE),
            }
        }
        Ok(self.heap.new_tuple_of(out, 0, n)?)
    }

    pub(super) fn op_match_class(&mut self, v: Val, class: Val, names: Val, positional: usize) -> R {
        if !self.is_class(class) {
            return Err(self.type_error(format_args!("called match pattern must be a class")));
        }
        if !self.isinstance(v, class) {
            return Ok(Val::NONE);
        }
        let out = self.heap.new_list_cap(positional)?;
        if positional > 0 {
            let match_args = self.find_attr(class, q::__match_args__)?;
            match match_args {
                Some(args) if self.heap.is_tuple(args) => {
                    let max = self.heap.tuple(args).len();
                    if positional > max {
                        let n = self.class_name(class);
                        return Err(self.type_error(format_args!(
                            "{n}() accepts {max} positional sub-patterns ({positional} given)"
                        )));
                    }
                    for i in 0..positional {
                        let name = self.heap.tuple(args)[i];
                        let name = self.heap.intern_val(name)?;
                        match self.getattr_opt_q(v, name)? {
                            Some(x) => self.heap.list_push(out, x)?,
                            None => return Ok(Val::NONE),
                        }
                    }
                }
                // Built-in types match themselves.
                _ if positional == 1 && self.native_base(class).is_some() => self.heap.list_push(out, v)?,
                _ => {
                    let n = self.class_name(class);
                    return Err(self.type_error(format_args!(
                        "{n}() accepts 0 positional sub-patterns ({positional} given)"
                    )));
                }
            }
        }
        let n = if names.is_none() { 0 } else { self.heap.tuple(names).len() };
        for i in 0..n {
            let name = self.heap.tuple(names)[i];
            let name = self.heap.intern_val(name)?;
            match self.getattr_opt_q(v, name)? {
                Some(x) => self.heap.list_push(out, x)?,
                None => return Ok(Val::NONE),
            }
        }
        let n = self.heap.list_len(out);
        Ok(self.heap.new_tuple_of(out, 0, n)?)
    }

    /// `obj[lower:upper]`: of a list without a slice object.
    pub(super) fn op_get_slice(&mut self, obj: Val, lower: Val, upper: Val) -> R {
        if self.heap.is(obj, Kind::List) {
            let len = self.heap.list_len(obj);
            let place = |v: Val, absent: usize| match v {
                Val::NONE => Some(absent),
                _ if v.is_small() && v.small_value() >= 0 => Some((v.small_value() as usize).min(len)),
                _ if v.is_small() => Some((len as i64 + i64::from(v.small_value())).max(0) as usize),
                _ => None,
            };
            if let (Some(from), Some(to)) = (place(lower, 0), place(upper, len)) {
                return Ok(self.heap.new_list_part(obj, from, to.max(from))?);
            }
        }
        let slice = self.heap.alloc_vals(Kind::Slice, 0, [lower, upper, Val::NONE])?;
        self.get_item(obj, slice)
    }

    pub(super) fn op_print_expr(&mut self, v: Val) -> R<()> {
        if v.is_none() {
            return Ok(());
        }
        let globals = self.frame_globals();
        self.heap.dict_set_qstr(globals, q::UNDERSCORE, v)?;
        let mut out = super::Out::console();
        out.repr(self, v)?;
        out.push("\n");
        out.finish(self)?;
        Ok(())
    }
}
