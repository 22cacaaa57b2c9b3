//! Calls: what is callable, how arguments find their parameters, calls from native code.
//!
//! A call window is `[return pc][caller's registers][callee][positional …][(name, value) …]`, built by the caller
//! at `dst`. A frame of the callee begins at `dst + 3`. Addresses in the first two slots are offsets into the
//! arena, the return pc with bit 0 set: to the collector they are an integer and a pointer that is no cell.

use super::Vm;
use crate::bytecode::{Flags, Op};
use crate::heap::cell::{F_A, F_V1, F_V2, F_V3, header};
use crate::heap::{Kind, q};
use crate::objects::native::{ANY, Args, Entry, R};
use crate::registry::{self, ids};
use crate::value::{Imm, Val};
use alloc::string::String;
use alloc::vec::Vec;

/// What preparing a call led to.
pub(crate) enum Next {
    /// The result is there: nothing to run.
    Value(Val),
    /// A frame was entered: `vm.pc` and `vm.r` are its.
    Frame,
}

/// Stub instructions, by their place in the stub code.
pub(crate) const STUB_EXIT: usize = 0;
pub(crate) const STUB_INIT: usize = 1;
pub(crate) const STUB_CLASS: usize = 2;
pub(crate) const STUB_GEN: usize = 3;
/// Not returned to: where an exception goes that leaves the loop.
pub(crate) const STUB_RAISED: usize = 4;
/// After a special method, see `special.rs`.
pub(crate) const STUB_VALUE: usize = 5;
pub(crate) const STUB_BRANCH: usize = 6;
pub(crate) const STUB_STORE: usize = 7;
pub(crate) const STUB_ATTR: usize = 8;
pub(crate) const STUB_NEXT: usize = 9;
pub(crate) const STUB_ANSWER: usize = 10;
pub(crate) const STUBS: [Op; 11] = [
    Op::Exit,
    Op::InitDone,
    Op::ClassDone,
    Op::GenDone,
    Op::ExitRaised,
    Op::ValueDone,
    Op::BranchDone,
    Op::StoreDone,
    Op::AttrDone,
    Op::NextDone,
    Op::AnswerDone,
];

/// Moves `n` slots up by `by`. There are few: a loop is faster than a call.
///
/// # Safety
/// The slots and `by` more are on the stack.
#[inline(always)]
pub(super) unsafe fn move_up(from: *mut Val, n: usize, by: usize) {
    for i in (0..n).rev() {
        // SAFETY: the caller's promise. (Volatile, or the compiler makes it a call.)
        unsafe { *from.add(i + by) = from.add(i).read_volatile() };
    }
}

impl Vm {
    // ---- addresses on the stack ----

    // On 32-bit targets they are the addresses themselves.

    #[inline(always)]
    fn offset(&self, p: *const u8) -> u32 {
        if cfg!(target_pointer_width = "32") {
            p.expose_provenance() as u32
        } else {
            (p as usize).wrapping_sub(self.base as usize) as u32
        }
    }
    #[inline(always)]
    fn address(&self, offset: u32) -> *mut u8 {
        if cfg!(target_pointer_width = "32") {
            core::ptr::with_exposed_provenance_mut(offset as usize)
        } else {
            self.base.wrapping_add(offset as usize)
        }
    }
    #[inline(always)]
    pub(crate) fn pc_to_val(&self, pc: *const u32) -> Val {
        Val::from_bits(self.offset(pc.cast()) + 1)
    }
    #[inline(always)]
    pub(crate) fn val_to_pc(&self, v: Val) -> *const u32 {
        self.address(v.bits().wrapping_sub(1)).cast()
    }
    #[inline(always)]
    pub(crate) fn r_to_val(&self, r: *mut Val) -> Val {
        Val::from_bits(self.offset(r.cast()))
    }
    #[inline(always)]
    pub(crate) fn val_to_r(&self, v: Val) -> *mut Val {
        self.address(v.bits()).cast()
    }
    /// The number of a slot, from its address.
    #[inline(always)]
    pub(crate) fn slot_index(&self, p: *mut Val) -> usize {
        (p as usize - self.heap.stack_ptr() as usize) / 4
    }
    /// Address of a stub instruction.
    #[inline(always)]
    pub(crate) fn stub(&self, which: usize) -> *const u32 {
        self.stubs.wrapping_add(which)
    }
    /// Which stub a return address is.
    #[inline]
    pub(crate) fn stub_of(&self, pc: *const u32) -> Option<usize> {
        let d = (pc as usize).wrapping_sub(self.stubs as usize);
        if d < STUBS.len() * 4 { Some(d / 4) } else { None }
    }

    /// RecursionError unless the stack has room up to `end`.
    #[inline]
    pub(crate) fn check_stack(&mut self, end: *mut Val) -> R<()> {
        if end > self.stack_end { Err(self.recursion_error()) } else { Ok(()) }
    }

    /// One past the last slot of a frame at `r` of the function `f`, whose aux is the frame's size in bytes.
    #[inline(always)]
    pub(crate) fn frame_end(&self, r: *mut Val, f: Val) -> *mut Val {
        r.wrapping_byte_add(self.heap.aux(f) as usize)
    }
    /// Sets the end of the stack to that of the frame `self.r`.
    #[inline]
    pub(crate) fn top_of_frame(&mut self) {
        // SAFETY: every frame has its function below slot 0.
        let f = unsafe { *self.r.sub(1) };
        let end = self.frame_end(self.r, f);
        self.heap.set_top(end);
    }

    // ---- code objects ----

    /// Number of positional parameters.
    #[inline]
    pub(crate) fn code_positional(&self, code: Val) -> usize {
        (self.heap.aux(code) & 0xff) as usize
    }
    #[inline]
    pub(crate) fn code_flags(&self, code: Val) -> Flags {
        Flags((self.heap.aux(code) >> 8) as u8)
    }
    /// First instruction.
    #[inline(always)]
    pub(crate) fn code_entry(&self, code: Val) -> *const u32 {
        self.heap.buf_ptr(code).cast::<u32>().wrapping_add(self.heap.w(code, 2) as usize)
    }
    /// Number of parameters with `*args` and `**kwargs`.
    pub(crate) fn code_params(&self, code: Val) -> usize {
        let f = self.code_flags(code);
        if f.positional_only() {
            return self.code_positional(code);
        }
        self.code_positional(code)
            + self.code_counts(code).1
            + usize::from(f.has(Flags::VARARGS))
            + usize::from(f.has(Flags::VARKW))
    }
    /// Name of a function, for messages: CPython uses the qualified one.
    pub(crate) fn function_name(&self, f: Val) -> String {
        self.code_qualname(self.heap.val(f, 1))
    }

    /// A function over a code object. `extras` is NULL or a tuple of defaults, keyword-only defaults, cells.
    pub(crate) fn new_function(&mut self, code: Val, globals: Val, extras: Val) -> R {
        let slots = self.code_slots(code);
        Ok(self.heap.alloc_cell(
            header(Kind::Function, F_V1 | F_V2 | F_V3, 4 * slots as u16),
            code.bits(),
            globals.bits(),
            extras.bits(),
        )?)
    }

    // ---- from bytecode ----

    /// Calls `dst[2]` with `n` positional and `nkw` keyword arguments.
    ///
    /// The window lies on the stack, above all live slots; a frame that is entered returns to `ret`.
    pub(crate) fn prepare(&mut self, dst: *mut Val, mut n: usize, nkw: usize, ret: *const u32) -> R<Next> {
        loop {
            // SAFETY: the window is on the stack (the compiler's slot count or `check_stack` saw to it).
            let callee = unsafe { *dst.add(2) };
            match callee.imm_payload(Imm::NativeFn) {
                Some(payload) => {
                    let args = Args { base: self.slot_index(dst) + 3, n, nkw };
                    return self.call_native(payload, args).map(Next::Value);
                }
                None if !callee.is_ptr() => {
                    if let Some(t) = self.as_native_type(callee) {
                        let args = Args { base: self.slot_index(dst) + 3, n, nkw };
                        let Some(new) = t.new else {
                            return Err(self.type_error(format_args!("cannot create '{}' instances", t.name)));
                        };
                        return new(self, callee, args).map(Next::Value);
                    }
                    return Err(self.not_callable(callee));
                }
                None => {}
            }
            match self.heap.cell_kind(callee) {
                Kind::Function | Kind::Closure => return self.enter_function(dst, callee, n, nkw, ret),
                Kind::BoundMethod => {
                    let (f, obj) = (self.heap.val(callee, 1), self.heap.val(callee, 2));
                    // SAFETY: `insert_self` made room for one more argument.
                    unsafe {
                        self.insert_self(dst, n + 2 * nkw, obj)?;
                        *dst.add(2) = f;
                    }
                    n += 1;
                }
                Kind::Class => return self.instantiate(dst, callee, n, nkw, ret),
                Kind::StaticMethod => {
                    let f = self.heap.val(callee, 1);
                    // SAFETY: as above.
                    unsafe { *dst.add(2) = f };
                }
                _ => {
                    if let Some(f) = self.special(callee, q::__call__) {
                        // SAFETY: as above.
                        unsafe {
                            self.insert_self(dst, n + 2 * nkw, callee)?;
                            *dst.add(2) = f;
                        }
                        n += 1;
                        continue;
                    }
                    let inner = self.unwrap(callee);
                    if let Some(call) = self.native_type_of(inner).call {
                        let args = Args { base: self.slot_index(dst) + 3, n, nkw };
                        return call(self, inner, args).map(Next::Value);
                    }
                    return Err(self.not_callable(callee));
                }
            }
        }
    }

    #[cold]
    fn not_callable(&mut self, v: Val) -> crate::objects::native::Raised {
        let t = self.type_name(v);
        self.type_error(format_args!("'{t}' object is not callable"))
    }

    /// Moves `words` argument slots up by one and puts `obj` in front.
    ///
    /// # Safety
    /// `dst` is a call window on the stack with that many argument slots.
    unsafe fn insert_self(&mut self, dst: *mut Val, words: usize, obj: Val) -> R<()> {
        self.check_stack(dst.wrapping_add(4 + words))?;
        // SAFETY: the caller's window, and room for one more was just checked.
        unsafe {
            move_up(dst.add(3), words, 1);
            *dst.add(3) = obj;
        }
        let top = self.slot_index(dst) + 4 + words;
        self.heap.set_sp(self.heap.sp().max(top));
        Ok(())
    }

    /// Calls a native function.
    pub(crate) fn call_native(&mut self, payload: u32, args: Args) -> R {
        let (name, min, max, kw, f, method) = match *registry::native_fn(payload) {
            Entry::Fn(name, min, max, f) => (name, min, max, false, f, true),
            Entry::FnKw(name, min, max, f) => (name, min, max, true, f, true),
            Entry::Class(name, min, max, f) => (name, min, max, true, f, true),
            Entry::Static(name, min, max, f) => (name, min, max, true, f, false),
            _ => return Err(self.not_callable(Val::imm(Imm::NativeFn, payload))),
        };
        let method = method && registry::is_type_fn(payload);
        if args.n < min as usize || (max != ANY && args.n > max as usize) {
            return Err(self.native_arity(payload, name, min, max, args.n, method));
        }
        if args.nkw > 0 && !kw {
            return Err(self.type_error(format_args!("{name}() takes no keyword arguments")));
        }
        if method && !registry::sees_whole_objects(payload) && min > 0 {
            let t = registry::native_type((payload >> 12) as u16);
            let obj = args.get(self, 0);
            if matches!(registry::native_fn(payload), Entry::Fn(..) | Entry::FnKw(..)) {
                match self.as_native(obj, t) {
                    Some(inner) => self.heap.set_slot(args.base, inner),
                    None => {
                        let got = self.type_name(obj);
                        return Err(self.type_error(format_args!(
                            "descriptor '{name}' for '{}' objects doesn't apply to a '{got}' object",
                            t.name
                        )));
                    }
                }
            }
        }
        f(self, args)
    }

    #[cold]
    fn native_arity(
        &mut self,
        payload: u32,
        name: &str,
        min: u8,
        max: u8,
        given: usize,
        method: bool,
    ) -> crate::objects::native::Raised {
        let own = usize::from(method);
        let (min, max) = (min as usize, max as usize);
        if given < own {
            let t = registry::native_type((payload >> 12) as u16).name;
            return self.type_error(format_args!("unbound method {t}.{name}() needs an argument"));
        }
        let given = given - own;
        let (min, max) = (min.saturating_sub(own), if max == ANY as usize { usize::MAX } else { max - own });
        let s = |n: usize| if n == 1 { "" } else { "s" };
        if min == max {
            // CPython qualifies the method where the count is exact.
            let qualified = if registry::is_type_fn(payload) {
                alloc::format!("{}.{name}", registry::native_type((payload >> 12) as u16).name)
            } else {
                String::from(name)
            };
            let name = qualified;
            return match min {
                0 => self.type_error(format_args!("{name}() takes no arguments ({given} given)")),
                1 => self.type_error(format_args!("{name}() takes exactly one argument ({given} given)")),
                _ => self.type_error(format_args!("{name}() takes exactly {min} arguments ({given} given)")),
            };
        }
        if given < min {
            self.type_error(format_args!("{name} expected at least {min} argument{}, got {given}", s(min)))
        } else {
            self.type_error(format_args!("{name} expected at most {max} argument{}, got {given}", s(max)))
        }
    }

    /// Calls a Python function whose window is at `dst`.
    pub(crate) fn enter_function(
        &mut self,
        dst: *mut Val,
        f: Val,
        n: usize,
        nkw: usize,
        ret: *const u32,
    ) -> R<Next> {
        let code = self.heap.val(f, 1);
        let simple = self.heap.flag(code, F_A);
        if !simple && self.code_flags(code).has(Flags::DEFERRED) {
            self.ready(f)?;
            return self.enter_function(dst, f, n, nkw, ret);
        }
        if !(simple && nkw == 0 && n == self.code_positional(code)) {
            if !self.bind_simply(dst, f, code, n, nkw)? {
                self.bind_args(dst, f, n, nkw)?;
            }
            if self.code_flags(code).has(Flags::GENERATOR) {
                return self.new_generator(dst, f).map(Next::Value);
            }
        }
        self.push_frame(dst, f, ret)?;
        Ok(Next::Frame)
    }

    /// Enters the frame of `f`, whose parameters lie at `dst + 3`.
    #[inline]
    pub(crate) fn push_frame(&mut self, dst: *mut Val, f: Val, ret: *const u32) -> R<()> {
        let r = dst.wrapping_add(3);
        let end = self.frame_end(r, f);
        self.check_stack(end)?;
        let (ret, caller) = (self.pc_to_val(ret), self.r_to_val(self.r));
        // SAFETY: `dst` is on the stack below `end`, which was checked.
        unsafe {
            *dst = ret;
            *dst.add(1) = caller;
            *dst.add(2) = f;
        }
        self.r = r;
        self.pc = self.code_entry(self.heap.val(f, 1));
        self.heap.set_top(end);
        Ok(())
    }

    /// Most keyword arguments that [`Vm::bind_simply`] arranges.
    const FEW: usize = 8;

    /// Arranges arguments in place, if the parameters are all positional ones and everything is in order: those given
    /// by name go to their places, defaults into the rest. False: nothing was changed.
    pub(super) fn bind_simply(&mut self, dst: *mut Val, f: Val, code: Val, n: usize, nkw: usize) -> R<bool> {
        let aux = self.heap.aux(code);
        let positional = aux as usize;
        let positional = positional & 0xff;
        if !Flags((aux >> 8) as u8).positional_only()
            || n + nkw > positional
            || nkw > Self::FEW
            || nkw > 0 && positional > 32
        {
            return Ok(false);
        }
        let extras = self.heap.val(f, 3);
        let extras = if extras.is_null() { &[] } else { self.heap.tuple(extras) };
        let first_default = positional + self.code_free(code) - extras.len();
        if nkw == 0 {
            if n < first_default {
                return Ok(false);
            }
            if dst.wrapping_add(3 + positional) > self.stack_end {
                return Err(self.recursion_error());
            }
            for i in n..positional {
                // SAFETY: room for the parameters was just checked.
                unsafe { *dst.add(3 + i) = extras[i - first_default] };
            }
            return Ok(true);
        }
        if dst.wrapping_add(3 + positional.max(n + 2 * nkw)) > self.stack_end {
            return Err(self.recursion_error());
        }
        let mut named = [(0, Val::NULL); Self::FEW];
        // SAFETY: the window has these argument slots, and there is room for the parameters, as was just checked.
        unsafe {
            let args = dst.add(3);
            let (positional_only, _) = self.code_counts(code);
            let mut seen = 0u32;
            for (k, place) in named.iter_mut().enumerate().take(nkw) {
                let key = *args.add(n + 2 * k);
                let from = n.max(positional_only);
                let mut names = self.code_names(code).take(positional).skip(from);
                let Some(i) = names.position(|name| name == key).map(|i| from + i) else {
                    return Ok(false);
                };
                if seen & 1 << i != 0 {
                    return Ok(false);
                }
                seen |= 1 << i;
                *place = (i, *args.add(n + 2 * k + 1));
            }
            if (n..first_default).any(|i| seen & 1 << i == 0) {
                return Ok(false);
            }
            for i in n.max(first_default)..positional {
                *args.add(i) = extras[i - first_default];
            }
            // Places without a default are all named.
            for &(i, v) in &named[..nkw] {
                *args.add(i) = v;
            }
        }
        Ok(true)
    }

    /// Arranges arguments into parameters: defaults, keywords, `*args`, `**kwargs`. CPython's words on errors.
    fn bind_args(&mut self, dst: *mut Val, f: Val, n: usize, nkw: usize) -> R<()> {
        let code = self.heap.val(f, 1);
        let flags = self.code_flags(code);
        let positional = self.code_positional(code);
        let (positional_only, keyword_only) = self.code_counts(code);
        let params = self.code_params(code);
        let args = Args { base: self.slot_index(dst) + 3, n, nkw };
        // The parameters are put together above the arguments, where the collector sees both, and moved down.
        let out = args.base + n + 2 * nkw;
        self.check_stack(dst.wrapping_add(3 + n + 2 * nkw + params + 1))?;
        let sp = self.heap.sp();
        for i in 0..params {
            self.heap.set_slot(out + i, Val::UNBOUND);
        }
        self.heap.set_sp(sp.max(out + params));
        let result = self.bind_into(f, code, args, out, (flags, positional, positional_only, keyword_only));
        if result.is_ok() {
            for i in 0..params {
                let v = self.heap.slot(out + i);
                self.heap.set_slot(args.base + i, v);
            }
        }
        self.heap.set_sp(sp.max(args.base + params));
        result
    }

    fn bind_into(
        &mut self,
        f: Val,
        code: Val,
        args: Args,
        out: usize,
        (flags, positional, positional_only, keyword_only): (Flags, usize, usize, usize),
    ) -> R<()> {
        let named = positional + keyword_only;
        let varargs = flags.has(Flags::VARARGS);
        let varkw = flags.has(Flags::VARKW);
        for i in 0..args.n.min(positional) {
            let v = args.get(self, i);
            self.heap.set_slot(out + i, v);
        }
        if varargs {
            let from = args.base + positional.min(args.n);
            let rest = self.heap.new_tuple_from_slots(from, args.base + args.n)?;
            self.heap.set_slot(out + named, rest);
        }
        let kwargs = if varkw {
            let d = self.heap.new_dict(args.nkw)?;
            self.heap.set_slot(out + named + usize::from(varargs), d);
            d
        } else {
            Val::NULL
        };
        let mut misplaced: Vec<Val> = Vec::new();
        for k in 0..args.nkw {
            let (key, v) = args.pair(self, k);
            let place = self.code_names(code).take(named).position(|p| self.heap.str_eq(p, key));
            match place {
                Some(i) if i >= positional_only => {
                    if self.heap.slot(out + i) != Val::UNBOUND {
                        let (fname, key) = (self.function_name(f), self.text(key).unwrap_or_default());
                        return Err(self
                            .type_error(format_args!("{fname}() got multiple values for argument '{key}'")));
                    }
                    self.heap.set_slot(out + i, v);
                }
                _ if varkw => {
                    if self.heap.dict_get(kwargs, key).is_some() {
                        let (fname, key) = (self.function_name(f), self.text(key).unwrap_or_default());
                        return Err(self.type_error(format_args!(
                            "{fname}() got multiple values for keyword argument '{key}'"
                        )));
                    }
                    self.heap.dict_set(kwargs, key, v)?;
                }
                Some(_) => misplaced.push(key),
                None => {
                    let (fname, key) = (self.function_name(f), self.text(key).unwrap_or_default());
                    return Err(
                        self.type_error(format_args!("{fname}() got an unexpected keyword argument '{key}'"))
                    );
                }
            }
        }
        if !misplaced.is_empty() {
            let fname = self.function_name(f);
            let names =
                misplaced.iter().map(|&k| self.text(k).unwrap_or_default()).collect::<Vec<_>>().join(", ");
            return Err(self.type_error(format_args!(
                "{fname}() got some positional-only arguments passed as keyword arguments: '{names}'"
            )));
        }
        let extras = self.heap.val(f, 3);
        let n_extras = if extras.is_null() { 0 } else { self.heap.tuple(extras).len() };
        let n_free = self.code_free(code);
        let kw_defaults = if n_extras > n_free && self.heap.flag(f, F_A) { keyword_only } else { 0 };
        let defaults = n_extras - n_free - kw_defaults;
        if args.n > positional && !varargs {
            let given_kw = (positional..named).filter(|&i| self.heap.slot(out + i) != Val::UNBOUND).count();
            return Err(self.too_many(f, positional, defaults, args.n, given_kw));
        }
        for i in 0..defaults {
            let place = out + positional - defaults + i;
            if self.heap.slot(place) == Val::UNBOUND {
                let v = self.heap.tuple(extras)[i];
                self.heap.set_slot(place, v);
            }
        }
        for i in 0..kw_defaults {
            let place = out + positional + i;
            if self.heap.slot(place) == Val::UNBOUND {
                let v = self.heap.tuple(extras)[defaults + i];
                self.heap.set_slot(place, v);
            }
        }
        for (from, to, what) in [(0, positional, "positional"), (positional, named, "keyword-only")] {
            let missing: Vec<usize> =
                (from..to).filter(|&i| self.heap.slot(out + i) == Val::UNBOUND).collect();
            if !missing.is_empty() {
                return Err(self.missing_args(f, code, &missing, what));
            }
        }
        Ok(())
    }

    #[cold]
    fn too_many(
        &mut self,
        f: Val,
        positional: usize,
        defaults: usize,
        given: usize,
        given_kw: usize,
    ) -> crate::objects::native::Raised {
        let name = self.function_name(f);
        let were = if given == 1 && given_kw == 0 { "was" } else { "were" };
        let s = |n: usize| if n == 1 { "" } else { "s" };
        let mut extra = String::new();
        if given_kw > 0 {
            extra = alloc::format!(
                " positional argument{} (and {given_kw} keyword-only argument{})",
                s(given),
                s(given_kw)
            );
        }
        if defaults > 0 {
            let least = positional - defaults;
            self.type_error(format_args!(
                "{name}() takes from {least} to {positional} positional arguments but {given}{extra} {were} given"
            ))
        } else {
            self.type_error(format_args!(
                "{name}() takes {positional} positional argument{} but {given}{extra} {were} given",
                s(positional)
            ))
        }
    }

    #[cold]
    fn missing_args(
        &mut self,
        f: Val,
        code: Val,
        missing: &[usize],
        what: &str,
    ) -> crate::objects::native::Raised {
        let fname = self.function_name(f);
        let mut list = String::new();
        for (k, &i) in missing.iter().enumerate() {
            if k > 0 {
                list.push_str(match (k + 1 == missing.len(), missing.len()) {
                    (true, 2) => " and ",
                    (true, _) => ", and ",
                    _ => ", ",
                });
            }
            list.push('\'');
            let name = self.code_names(code).nth(i).unwrap_or(Val::NONE);
            list.push_str(self.heap.as_str(name).unwrap_or("?"));
            list.push('\'');
        }
        let s = if missing.len() == 1 { "" } else { "s" };
        self.type_error(format_args!(
            "{fname}() missing {} required {what} argument{s}: {list}",
            missing.len()
        ))
    }

    /// `Class(...)`: makes the instance and runs `__init__`, without native recursion where both are ordinary.
    fn instantiate(&mut self, dst: *mut Val, class: Val, n: usize, nkw: usize, ret: *const u32) -> R<Next> {
        let kept = self.class_init(class);
        let (instance, init) = if kept.is_ptr() {
            (self.new_instance(class, None)?, kept)
        } else {
            match self.instantiate_any(dst, class, n, nkw)? {
                (instance, Some(init)) => (instance, init),
                (instance, None) => return Ok(Next::Value(instance)),
            }
        };
        // A stub frame keeps the instance and returns it when `__init__` is done.
        let words = n + 2 * nkw;
        self.check_stack(dst.wrapping_add(7 + words + 1))?;
        let (ret_val, caller) = (self.pc_to_val(ret), self.r_to_val(self.r));
        // SAFETY: the window and four slots more are on the stack, as just checked.
        unsafe {
            move_up(dst.add(3), words, 4);
            *dst = ret_val;
            *dst.add(1) = caller;
            *dst.add(2) = instance;
            *dst.add(3) = Val::NULL;
            *dst.add(4) = Val::NULL;
            *dst.add(5) = init;
            *dst.add(6) = instance;
        }
        let saved = self.r;
        let inner = dst.wrapping_add(3);
        self.heap.set_sp(self.heap.sp().max(self.slot_index(dst) + 7 + words));
        self.r = inner;
        match self.enter_function(inner, init, n + 1, nkw, self.stub(STUB_INIT)) {
            Ok(Next::Frame) => Ok(Next::Frame),
            Ok(Next::Value(v)) => {
                // A generator function as __init__.
                self.r = saved;
                self.check_init_result(v)?;
                Ok(Next::Value(instance))
            }
            Err(e) => {
                self.r = saved;
                Err(e)
            }
        }
    }

    /// The instance of a class that is not ordinary, and its `__init__` if that is a function yet to be called.
    #[inline(never)]
    fn instantiate_any(&mut self, dst: *mut Val, class: Val, n: usize, nkw: usize) -> R<(Val, Option<Val>)> {
        let args = Args { base: self.slot_index(dst) + 3, n, nkw };
        if let Some(call) = self.special(class, q::__call__) {
            let v = self.call_with(call, Some(class), args)?;
            return Ok((v, None));
        }
        self.make_instance(class, args)
    }

    /// What `type.__call__` does: the instance of a class, and its `__init__` if that is a function yet to be called.
    pub(crate) fn make_instance(&mut self, class: Val, args: Args) -> R<(Val, Option<Val>)> {
        let (n, nkw) = (args.n, args.nkw);
        let instance = match self.python_attr(class, q::__new__) {
            Some(new) => {
                let new = if self.heap.is(new, Kind::StaticMethod) { self.heap.val(new, 1) } else { new };
                let v = self.call_with(new, Some(class), args)?;
                if !self.isinstance(v, class) {
                    return Ok((v, None));
                }
                v
            }
            None => self.default_new(class, args)?,
        };
        self.heap.keep(instance)?;
        let class = self.type_of(instance);
        let Some(init) = self.python_attr(class, q::__init__) else {
            if n + nkw > 0
                && self.native_base(class).is_none_or(|t| t.id == ids::OBJECT)
                && self.python_attr(class, q::__new__).is_none()
            {
                let name = self.class_name(class);
                return Err(self.type_error(format_args!("{name}() takes no arguments")));
            }
            return Ok((instance, None));
        };
        if self.heap.is(init, Kind::Function) {
            return Ok((instance, Some(init)));
        }
        let init = self.bind(init, instance, class)?;
        let v = self.call_with(init, None, args)?;
        self.check_init_result(v)?;
        Ok((instance, None))
    }

    pub(crate) fn check_init_result(&mut self, v: Val) -> R<()> {
        if v.is_none() {
            return Ok(());
        }
        let t = self.type_name(v);
        Err(self.type_error(format_args!("__init__() should return None, not '{t}'")))
    }

    // ---- from native code ----

    /// Calls `f` with positional arguments.
    ///
    /// # Errors
    /// Whatever the call raises; RecursionError when native code nests too deeply.
    pub fn call(&mut self, f: Val, args: &[Val]) -> R {
        self.call_kw(f, args, &[])
    }

    /// Calls `f` with positional and keyword arguments (names are str).
    ///
    /// # Errors
    /// As [`Vm::call`].
    pub fn call_kw(&mut self, f: Val, args: &[Val], kw: &[(Val, Val)]) -> R {
        let dst = self.native_window(args.len() + 2 * kw.len())?;
        let base = self.slot_index(dst) + 3;
        for (i, &v) in args.iter().enumerate() {
            self.heap.set_slot(base + i, v);
        }
        for (i, &(k, v)) in kw.iter().enumerate() {
            self.heap.set_slot(base + args.len() + 2 * i, k);
            self.heap.set_slot(base + args.len() + 2 * i + 1, v);
        }
        self.run_window(dst, f, args.len(), kw.len())
    }

    /// Calls `f` with `first` (if given) and the arguments of another call.
    ///
    /// # Errors
    /// As [`Vm::call`].
    pub fn call_with(&mut self, f: Val, first: Option<Val>, args: Args) -> R {
        let own = usize::from(first.is_some());
        let words = args.n + 2 * args.nkw;
        let dst = self.native_window(words + own)?;
        let base = self.slot_index(dst) + 3;
        if let Some(v) = first {
            self.heap.set_slot(base, v);
        }
        for i in 0..words {
            let v = self.heap.slot(args.base + i);
            self.heap.set_slot(base + own + i, v);
        }
        self.run_window(dst, f, args.n + own, args.nkw)
    }

    /// Calls an unbound attribute of a class (a function, static or class method …) on `obj`.
    ///
    /// # Errors
    /// As [`Vm::call`].
    pub(crate) fn call_bound(&mut self, attr: Val, obj: Val, args: &[Val]) -> R {
        if matches!(self.heap.kind(attr), Some(Kind::Function | Kind::Closure)) {
            let dst = self.native_window(args.len() + 1)?;
            let base = self.slot_index(dst) + 3;
            self.heap.set_slot(base, obj);
            for (i, &v) in args.iter().enumerate() {
                self.heap.set_slot(base + 1 + i, v);
            }
            return self.run_window(dst, attr, args.len() + 1, 0);
        }
        let class = self.type_of(obj);
        let f = self.bind(attr, obj, class)?;
        self.call(f, args)
    }

    /// Calls `obj.name(*args)`.
    ///
    /// # Errors
    /// AttributeError if there is no such method; whatever it raises.
    pub fn call_method(&mut self, obj: Val, name: &str, args: &[Val]) -> R {
        let name = self.heap.intern(name)?;
        let (f, with_self) = self.get_method(obj, name)?;
        if with_self { self.call_bound_raw(f, obj, args) } else { self.call(f, args) }
    }

    fn call_bound_raw(&mut self, f: Val, obj: Val, args: &[Val]) -> R {
        let dst = self.native_window(args.len() + 1)?;
        let base = self.slot_index(dst) + 3;
        self.heap.set_slot(base, obj);
        for (i, &v) in args.iter().enumerate() {
            self.heap.set_slot(base + 1 + i, v);
        }
        self.run_window(dst, f, args.len() + 1, 0)
    }

    /// Room for a window with `words` argument slots on top of the stack.
    pub(crate) fn native_window(&mut self, words: usize) -> R<*mut Val> {
        let dst = self.heap.stack_ptr().wrapping_add(self.heap.sp());
        self.check_stack(dst.wrapping_add(3 + words + 1))?;
        for i in 0..3 {
            self.heap.set_slot(self.heap.sp() + i, Val::NULL);
        }
        Ok(dst)
    }

    /// Calls `f` on a window from [`Vm::native_window`] and waits for the result.
    fn run_window(&mut self, dst: *mut Val, f: Val, n: usize, nkw: usize) -> R {
        self.enter_native()?;
        let base = self.slot_index(dst);
        let (pc, r, sp) = (self.pc, self.r, self.heap.sp());
        self.heap.set_slot(base + 2, f);
        self.heap.set_sp(base + 3 + n + 2 * nkw);
        let result = match self.prepare(dst, n, nkw, self.stub(STUB_EXIT)) {
            Ok(Next::Value(v)) => Ok(v),
            Ok(Next::Frame) => self.run().map(|()| self.heap.slot(base)),
            Err(e) => Err(e),
        };
        self.pc = pc;
        self.r = r;
        self.heap.set_sp(sp);
        self.leave_native();
        let v = result?;
        if v.is_ptr() { Ok(self.heap.keep(v)?) } else { Ok(v) }
    }
}
